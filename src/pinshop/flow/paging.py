"""Lists as flows: page after page, by their bookmarks, to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from pinshop.api.models import Page
from pinshop.api.operations import Call
from pinshop.errors import BadReply
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Flow

T = TypeVar("T")


class ListSpec(msgspec.Struct, Generic[T]):
    """What a list method returns: the first call of each part, one after the other, and how to read a page."""

    calls: list[Call]
    decode: Callable[[bytes], Page[T]]


#: Pages with nothing new, one after the other, each with a new bookmark: a filter may leave some empty, but not this many.
_MOST_EMPTY_PAGES = 100


class Cursor(Generic[T]):
    """Page after page, as a state machine without I/O."""

    def __init__(self, paging: ListSpec[T], emit: events.Hook) -> None:
        self._rest = paging.calls[::-1]
        self._decode = paging.decode
        self._emit = emit
        self._bookmark: str | None = None
        self._seen: set[str] = set()
        self._empty = 0
        #: What tells pages apart: their size, and their first and last entry.
        self._pages: set[int] = set()

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
        self._empty = 0 if self._is_new(page) else self._empty + 1
        if self._empty > _MOST_EMPTY_PAGES and bookmark is not None and bookmark not in self._seen:
            raise BadReply(
                f"{self._empty} empty pages in a row, or repeated ones, each with a new bookmark; the list does not end",
                operation=self._rest[-1].operation.id,
                advice="narrow the list by its arguments, or ask Pinterest's support",
            )
        if bookmark is not None and bookmark in self._seen:
            # Following it would never end. Some servers repeat the last bookmark instead of sending null.
            self._emit(events.Noticed(self._rest[-1].operation.id, "the server repeated a bookmark; the list ends here"))
            bookmark = None
        if bookmark is None:
            self._rest.pop()
            self._seen.clear()
            self._pages.clear()
        else:
            self._seen.add(bookmark)
        self._bookmark = bookmark

    def _is_new(self, page: Page[T]) -> bool:
        """Whether a page has entries, and not those of a page before."""
        if not page.items:
            return False
        told = hash((len(page.items), repr(page.items[0]), repr(page.items[-1])))
        before = len(self._pages)
        self._pages.add(told)
        return len(self._pages) > before


def every(session: Session, spec: ListSpec[T]) -> Flow[list[T]]:
    """All entries of a list, page after page."""
    cursor = Cursor(spec, session.emit)
    found: list[T] = []
    while (step := cursor.flow(session)) is not None:
        page = (yield from step).value
        cursor.take(page)
        found += page.items
    return found
