"""One definition, two colours: a method is written as a flow, and bound to the client that runs it.

`method` and `listing` are descriptors. Read from a synchronous client they give ``Callable[P, T]`` and an iterator, from an
asynchronous one ``Callable[P, Coroutine[…, T]]`` and an asynchronous iterator; type checkers see exactly that.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

P = ParamSpec("P")

T = TypeVar("T")

C = TypeVar("C")


class Sync:
    """Marks a client whose methods return."""


class Async:
    """Marks a client whose methods are awaited."""


class Resource(Generic[C]):
    """A group of methods of a client."""

    def __init__(self, client: Any, session: Session) -> None:
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
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        function = self._function
        run = instance._client._run

        def called(*args: Any, **kwargs: Any) -> Any:
            return run(function(instance, *args, **kwargs))

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await run(function(instance, *args, **kwargs))

        return cache(instance, function, awaited if inspect.iscoroutinefunction(run) else called)


def cache(instance: Any, function: Callable[..., Any], bound: Callable[..., Any]) -> Callable[..., Any]:
    """Dress ``bound`` as a method, and keep it on the instance, where it is found before this descriptor."""
    functools.update_wrapper(bound, function)
    bound.__wrapped__ = types.MethodType(function, instance)  # type: ignore[attr-defined] # signatures lose self
    instance.__dict__[function.__name__] = bound
    return bound
