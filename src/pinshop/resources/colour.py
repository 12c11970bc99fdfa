"""One definition, two colours: a method is written as a flow, and bound to the client that runs it.

`method` and `listing` are descriptors. Read from a synchronous client they give ``Callable[P, T]`` and an iterator, from an
asynchronous one ``Callable[P, Coroutine[…, T]]`` and an asynchronous iterator; type checkers see exactly that.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload
from urllib.parse import quote

import msgspec

from pinshop import events, flow
from pinshop.flow import Flow, Response
from pinshop.operations import Call
from pinshop.wire import Page

if TYPE_CHECKING:
    from pinshop.resources.door import Door

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C")


class Sync:
    """Marks a client whose methods return."""


class Async:
    """Marks a client whose methods are awaited."""


class Resource(Generic[C]):
    """A group of methods of a client."""

    def __init__(self, door: Door[C], session: flow.Session) -> None:
        self._door = door
        self._session = session


class method(Generic[P, T]):  # noqa: N801 - used as a decorator
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
        run = instance._door._run  # noqa: SLF001

        def called(*args: Any, **kwargs: Any) -> Any:
            return run(function(instance, *args, **kwargs))

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await run(function(instance, *args, **kwargs))

        return _remember(instance, function, awaited if inspect.iscoroutinefunction(run) else called)


class Paging(msgspec.Struct, Generic[T]):
    """What a list method returns: the first call of each part, one after the other, and how to read a page."""

    calls: list[Call]
    decode: Callable[[bytes], Page[T]]


class listing(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A public list method, written as a function that returns a `Paging`."""

    def __init__(self, function: Callable[Concatenate[Any, P], Paging[T]]) -> None:
        self._function = function
        functools.update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, instance: Resource[Sync], owner: Any = None) -> Callable[P, Listing[T]]: ...
    @overload
    def __get__(self, instance: Resource[Async], owner: Any = None) -> Callable[P, AsyncListing[T]]: ...
    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        function = self._function
        kind = AsyncListing if inspect.iscoroutinefunction(instance._door._run) else Listing  # noqa: SLF001

        def bound(*args: Any, **kwargs: Any) -> Any:
            return kind(instance._door._run, instance._session, function(instance, *args, **kwargs))  # noqa: SLF001

        return _remember(instance, function, bound)


def _remember(instance: Any, function: Callable[..., Any], bound: Callable[..., Any]) -> Callable[..., Any]:
    """Dress ``bound`` as a method, and keep it on the instance, where it is found before this descriptor."""
    functools.update_wrapper(bound, function)
    bound.__wrapped__ = types.MethodType(function, instance)  # type: ignore[attr-defined] # signatures lose self
    instance.__dict__[function.__name__] = bound
    return bound


# -------------------------------------------------------------------------------------------- lists


class _Walk(Generic[T]):
    """Page after page, as a state machine without I/O."""

    def __init__(self, paging: Paging[T], emit: events.Hook) -> None:
        self._rest = paging.calls[::-1]
        self._decode = paging.decode
        self._emit = emit
        self._bookmark: str | None = None
        self._seen: set[str] = set()

    def flow(self, session: flow.Session) -> Flow[Response[Page[T]]] | None:
        """The exchange for the next page, or None after the last."""
        if not self._rest:
            return None
        call = self._rest[-1]
        if self._bookmark is not None:
            join = "&" if call.query else ""
            call = msgspec.structs.replace(call, query=f"{call.query}{join}bookmark={quote(self._bookmark, safe='')}")
        return flow.exchange(session, call, self._decode)

    def take(self, page: Page[T]) -> None:
        bookmark = page.bookmark or None
        if bookmark is not None and bookmark in self._seen:
            # Following it would never end. Some servers repeat the last bookmark instead of sending null.
            self._emit(events.Noticed(self._rest[-1].operation.id, "the server repeated a bookmark; the list ends here"))
            bookmark = None
        if bookmark is None:
            self._rest.pop()
            self._seen.clear()
        else:
            self._seen.add(bookmark)
        self._bookmark = bookmark


class Listing(Iterator[T]):
    """The entries of a list, fetched page by page as they are asked for."""

    def __init__(self, run: Callable[[Flow[Any]], Any], session: flow.Session, paging: Paging[T]) -> None:
        self._run = run
        self._session = session
        self._walk = _Walk(paging, session.emit)
        self._entries: Iterator[T] = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for entry in self._entries:
                return entry
            page = self._next_page()
            if page is None:
                raise StopIteration
            self._entries = iter(page.items)

    def pages(self) -> Iterator[Page[T]]:
        """The pages instead of the entries, each with its bookmark."""
        while (page := self._next_page()) is not None:
            yield page

    def _next_page(self) -> Page[T] | None:
        step = self._walk.flow(self._session)
        if step is None:
            return None
        page: Page[T] = self._run(step).value
        self._walk.take(page)
        return page


class AsyncListing(AsyncIterator[T]):
    """The entries of a list, fetched page by page as they are asked for."""

    def __init__(self, run: Callable[[Flow[Any]], Any], session: flow.Session, paging: Paging[T]) -> None:
        self._run = run
        self._session = session
        self._walk = _Walk(paging, session.emit)
        self._entries: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for entry in self._entries:
                return entry
            page = await self._next_page()
            if page is None:
                raise StopAsyncIteration
            self._entries = iter(page.items)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages instead of the entries, each with its bookmark."""
        while (page := await self._next_page()) is not None:
            yield page

    async def _next_page(self) -> Page[T] | None:
        step = self._walk.flow(self._session)
        if step is None:
            return None
        page: Page[T] = (await self._run(step)).value
        self._walk.take(page)
        return page
