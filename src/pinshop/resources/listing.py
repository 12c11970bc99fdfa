"""Lists, fetched page by page: `Listing` and `AsyncListing`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Self, overload
from urllib.parse import quote

import msgspec

from pinshop.api.models import Page
from pinshop.api.operations import Call
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Flow

if TYPE_CHECKING:
    pass
from pinshop.resources.binding import Async, P, Resource, Sync, T, cache


class ListSpec(msgspec.Struct, Generic[T]):
    """What a list method returns: the first call of each part, one after the other, and how to read a page."""

    calls: list[Call]
    decode: Callable[[bytes], Page[T]]


class paginated(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A public list method, written as a function that returns a `ListSpec`."""

    def __init__(self, function: Callable[Concatenate[Any, P], ListSpec[T]]) -> None:
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
        kind = AsyncListing if inspect.iscoroutinefunction(instance._client._run) else Listing

        def bound(*args: Any, **kwargs: Any) -> Any:
            return kind(instance._client._run, instance._session, function(instance, *args, **kwargs))

        return cache(instance, function, bound)


class Cursor(Generic[T]):
    """Page after page, as a state machine without I/O."""

    def __init__(self, paging: ListSpec[T], emit: events.Hook) -> None:
        self._rest = paging.calls[::-1]
        self._decode = paging.decode
        self._emit = emit
        self._bookmark: str | None = None
        self._seen: set[str] = set()

    def flow(self, session: Session) -> Flow[Response[Page[T]]] | None:
        """The exchange for the next page, or None after the last."""
        if not self._rest:
            return None
        call = self._rest[-1]
        if self._bookmark is not None:
            join = "&" if call.query else ""
            call = msgspec.structs.replace(call, query=f"{call.query}{join}bookmark={quote(self._bookmark, safe='')}")
        return exchange(session, call, self._decode)

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

    def __init__(self, run: Callable[[Flow[Any]], Any], session: Session, paging: ListSpec[T]) -> None:
        self._run = run
        self._session = session
        self._walk = Cursor(paging, session.emit)
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

    def __init__(self, run: Callable[[Flow[Any]], Any], session: Session, paging: ListSpec[T]) -> None:
        self._run = run
        self._session = session
        self._walk = Cursor(paging, session.emit)
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
