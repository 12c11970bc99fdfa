"""One definition for both clients: a method is written as a flow, and bound to the client that runs it.

`method` and `listing` are descriptors. Read from a synchronous client they give ``Callable[P, T]`` and an iterator, from an
asynchronous one ``Callable[P, Coroutine[…, T]]`` and an asynchronous iterator; type checkers see exactly that.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

import msgspec

from pinshop.api.checks import check_boolean
from pinshop.errors import InvalidInput
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Flow

P = ParamSpec("P")

T = TypeVar("T")

C = TypeVar("C")


class Sync:
    """Marks a client whose methods return."""


class Async:
    """Marks a client whose methods are awaited."""


class SyncResponse:
    """Marks the view of a client whose methods return a `Response`."""


class AsyncResponse:
    """Marks the view of an asynchronous client whose methods give a `Response` when awaited."""


class Runner(Protocol):
    """What a resource needs of its client: something that runs flows, and says how."""

    #: Whether `_run` has to be awaited.
    asynchronous: ClassVar[bool]
    #: Whether methods give a `Response` around their value.
    responses: bool

    def _run(self, flow: Flow[Any]) -> Any: ...


class Resource(Generic[C]):
    """A group of methods of a client."""

    def __init__(self, client: Runner, session: Session) -> None:
        self._client = client
        self._session = session


class operation(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A public method, written as a function that returns a flow."""

    def __init__(self, function: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self._function = function
        functools.update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, instance: Resource[Sync], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Resource[Async], owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, instance: Resource[SyncResponse], owner: Any = None) -> Callable[P, Response[T]]: ...
    @overload
    def __get__(
        self, instance: Resource[AsyncResponse], owner: Any = None
    ) -> Callable[P, Coroutine[Any, Any, Response[T]]]: ...
    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        function: Callable[..., Flow[Any]] = self._function
        client = instance._client
        run = client._run
        if client.responses:
            function = _with_response(function)

        def called(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                _check_behaviour(kwargs)
            return run(function(instance, *args, **kwargs))

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                _check_behaviour(kwargs)
            return await run(function(instance, *args, **kwargs))

        return cache(instance, function, awaited if client.asynchronous else called)


def _check_behaviour(arguments: dict[str, Any]) -> None:
    """Refuse what would end a call in its middle, before anything is sent or written."""
    progress = arguments.get("progress")
    if progress is not None and not callable(progress):
        raise InvalidInput("progress", progress, "a function")
    if "read_back" in arguments:
        check_boolean("read_back", arguments["read_back"])


def _with_response(function: Callable[..., Flow[Any]]) -> Callable[..., Flow[Response[Any]]]:
    """The flow of a method, with the last answer it had around its value."""

    @functools.wraps(function)
    def flow(instance: Any, *args: Any, **kwargs: Any) -> Flow[Response[Any]]:
        answers: list[Response[Any]] = []
        twin = copy.copy(instance)
        twin._session = msgspec.structs.replace(instance._session, answered=answers.append)
        value = yield from function(twin, *args, **kwargs)
        if not answers:
            return Response(value, 0, {}, 0, 0.0)
        return msgspec.structs.replace(answers[-1], value=value)

    return flow


def cache(instance: Any, function: Callable[..., Any], bound: Callable[..., Any]) -> Callable[..., Any]:
    """Cache the bound method on the instance."""
    functools.update_wrapper(bound, function)
    bound.__wrapped__ = types.MethodType(function, instance)  # type: ignore[attr-defined] # signatures lose self
    instance.__dict__[function.__name__] = bound
    return bound
