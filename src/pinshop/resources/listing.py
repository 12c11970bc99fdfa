"""Lists, fetched page by page: `Listing` and `AsyncListing`."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Concatenate, Generic, NoReturn, Self, overload

from pinshop.api.models import Page
from pinshop.flow.paging import Cursor, ListSpec
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Async, P, Resource, Sync, T, cache


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
        kind = AsyncListing if instance._client.asynchronous else Listing

        def bound(*args: Any, **kwargs: Any) -> Any:
            return kind(instance._client._run, instance._session, function(instance, *args, **kwargs))

        return cache(instance, function, bound)


class _Walk(Generic[T]):
    """What both listings hold: how to begin, and the first page if it has been read and not been walked yet."""

    def __init__(self, run: Callable[[Flow[Any]], Any], session: Session, paging: ListSpec[T]) -> None:
        self._run = run
        self._session = session
        self._paging = paging
        self._begun: tuple[Cursor[T], Page[T] | None] | None = None

    def _cursor(self) -> Cursor[T]:
        return Cursor(self._paging, self._session.emit)

    def _take_begun(self) -> tuple[Cursor[T], Page[T] | None]:
        begun, self._begun = self._begun, None
        return begun or (self._cursor(), None)

    def __repr__(self) -> str:
        first = self._paging.calls[0]
        more = f" and {len(self._paging.calls) - 1} more" if len(self._paging.calls) > 1 else ""
        query = f"?{first.query}" if first.query else ""
        what = f"{first.operation.id}: GET {first.path}{query}{more}"
        return f"<{type(self).__name__} of {what}; fetched page by page when walked>"


class Listing(_Walk[T], Iterable[T]):
    """The entries of a list, fetched page by page as they are asked for.

    It can be walked again, and then **fetches again**: nothing is held but the page at hand, and every walk sees the list as it
    is then. `all` gives a `list` to keep. In a condition it is true if there is at least one entry; the page read to find that
    out begins the next walk.
    """

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """The pages instead of the entries, each with its bookmark."""
        cursor, page = self._take_begun()
        if page is not None:
            yield page
        while (step := cursor.flow(self._session)) is not None:
            page = self._run(step).value
            cursor.take(page)
            yield page

    def all(self) -> list[T]:
        """Every entry, as a list."""
        return list(self)

    def first(self) -> T | None:
        """The first entry, or None if there is none. The page that was read begins the next walk."""
        cursor = self._cursor()
        skipped = False
        while (step := cursor.flow(self._session)) is not None:
            page: Page[T] = self._run(step).value
            cursor.take(page)
            if page.items:
                if not skipped:
                    self._begun = (cursor, page)
                return page.items[0]
            skipped = True
        return None

    def __bool__(self) -> bool:
        if self._begun is not None:
            return True
        return self.first() is not None


class AsyncListing(_Walk[T], AsyncIterable[T]):
    """The entries of a list, fetched page by page as they are asked for.

    It can be walked again, and then **fetches again**: nothing is held but the page at hand, and every walk sees the list as it
    is then. ``await ….all()`` gives a `list` to keep, ``await ….first()`` an entry or None.
    """

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for entry in page.items:
                yield entry

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages instead of the entries, each with its bookmark."""
        cursor, page = self._take_begun()
        if page is not None:
            yield page
        while (step := cursor.flow(self._session)) is not None:
            page = (await self._run(step)).value
            cursor.take(page)
            yield page

    async def all(self) -> list[T]:
        """Every entry, as a list."""
        return [entry async for entry in self]

    async def first(self) -> T | None:
        """The first entry, or None if there is none. The page that was read begins the next walk."""
        cursor = self._cursor()
        skipped = False
        while (step := cursor.flow(self._session)) is not None:
            page: Page[T] = (await self._run(step)).value
            cursor.take(page)
            if page.items:
                if not skipped:
                    self._begun = (cursor, page)
                return page.items[0]
            skipped = True
        return None

    def __bool__(self) -> NoReturn:
        raise TypeError("a list that is fetched cannot be awaited in a condition: ask `await listing.first() is not None`")
