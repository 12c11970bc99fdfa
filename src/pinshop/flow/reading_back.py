"""Reading a group back after an ambiguous failure: what exists, what certainly does not, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from pinshop.api.checks import is_digits
from pinshop.api.http import Pause
from pinshop.api.models import decoders
from pinshop.api.operations import Call
from pinshop.errors import BadReply, PinshopError
from pinshop.flow.exchange import exchange
from pinshop.flow.matching import BatchTarget, Job, Known, alike, contradicts, match, number_of, with_text_id
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

#: What is missing is believed only after this many times `settle_seconds`, between two equal reads: 10 s by default. A list
#: may lag so long, and a server may execute so late.
HOLD = 5

#: How often the list is read before we stop guessing.
READS = 6

#: Pages read back at most, of 250 each.
PAGES = 400


class Verdict(Struct):
    """What a reading settled."""

    found: dict[int, Any]
    #: Why the items that were not found are not certainly missing; None if they are.
    why: str | None = None
    #: Rows that are equal to items that were sent, beyond one for each.
    extra: list[Any] = []
    #: Items that are certainly missing although others are in doubt.
    missing: list[Job] = []


class Siblings(Struct, frozen=True):
    """Other items of the same batch and group."""

    #: These exist; what equals them, too, was made twice.
    created: Sequence[Job] = ()
    #: Of these nobody knows; a row that equals one of them is nobody else's.
    open: Sequence[Job] = ()


class ReadBack:
    """One group that is written to, and what is known of it.

    ``id in reading`` says whether a promotion is known to have been created, by this batch or another one of this client.
    """

    def __init__(
        self, target: BatchTarget, group: str, known: Known, owner: str, claimed: set[str], watermark: int | None
    ) -> None:
        self._target = target
        self.group = group
        self._known = known
        self._owner = owner
        #: What this batch created here; a list that lacks one of them is an old copy.
        self._claimed: set[str] = set()
        #: The newest id before the first create; 0 in an empty group, None while it is not known.
        self.watermark = watermark
        #: The token may not read: asking again is of no use.
        self.forbidden = False
        self.claim(claimed)

    def __contains__(self, one: object) -> bool:
        if not isinstance(one, str):
            return False
        return one in self._claimed or self._known.owners.get(one, self._owner) != self._owner

    def claim(self, ids: Iterable[str]) -> None:
        """These exist, and are items of this batch."""
        numbers = [one for one in ids if is_digits(one)]
        self._claimed.update(numbers)
        self._known.add(numbers, self._owner)

    def newest(self) -> int | None:
        """What an id must exceed to be new, as far as that is known."""
        mine = max(map(int, self._claimed), default=-1)
        below = max(mine, self.watermark if self.watermark is not None else -1)
        return below if below >= 0 else None

    def look(self, session: Session) -> Flow[None]:
        """Note the newest id: the first row of the list."""
        if self._target.newest is None:
            self.forbidden = True
            return
        rows = yield from self._read(session, first_only=True)
        newest = max((_number(row) for row in rows), default=0)
        # What this client created exists, whether a list that lags shows it or not.
        self.watermark = max(newest, self._known.newest)

    def settle(
        self, session: Session, jobs: Sequence[Job], siblings: Siblings, settle_seconds: float, named: Sequence[str]
    ) -> Flow[Verdict]:
        """Read until every item is found, or two equal reads, far enough from each other, lack the same ones.

        Args:
            session: of the client.
            jobs: the items in question.
            siblings: other items of the same batch.
            settle_seconds: the wait before the first read.
            named: ids in an answer that was not believed.
        """
        before: list[Any] | None = None
        for number in range(READS):
            yield Pause(settle_seconds * (HOLD if number else 1), "before reading back")
            try:
                rows = yield from self._read(session)
            except PinshopError as error:
                return Verdict({}, f"reading back failed too: {error.message}")
            if not self._is_current(rows):
                before = None
                continue
            ids = [row.id for row in rows]
            if self.watermark is None:
                if ids == before:
                    return self._without_watermark(jobs, rows)
            else:
                verdict = self._judge(jobs, siblings, rows)
                if len(verdict.found) == len(jobs):
                    return verdict
                if ids == before:
                    return (yield from self._look_for(session, jobs, verdict, named))
            before = ids
        why = f"reading back gave no firm answer: the {self._target.place} kept changing, or lacked what is known to exist"
        return Verdict({}, why)

    def _is_current(self, rows: Sequence[Any]) -> bool:
        """Whether a list shows all that is known to exist.

        A copy that lags behind must not be taken for proof that something is missing, because what is missing is sent again.
        """
        numbers = {_number(row) for row in rows}
        known = {int(one) for one in self._claimed if int(one) > (self.watermark or 0)}
        return known <= numbers and (not self.watermark or self.watermark in numbers)

    def _judge(self, jobs: Sequence[Job], siblings: Siblings, rows: Sequence[Any]) -> Verdict:
        """Match what is newer than the watermark, and not known to be ours yet, with the items."""
        target = self._target
        fresh = [row for row in rows if _number(row) > (self.watermark or 0) and row.id not in self]
        found = match(target, jobs, fresh)
        taken = {row.id for row in found.values()}
        rest = [row for row in fresh if row.id not in taken]
        taken = {row.id for row in match(target, siblings.open, rest).values()}
        rest = [row for row in rest if row.id not in taken]
        extra = [row for row in rest if any(alike(target, job, row) for job in (*jobs, *siblings.created))]
        strangers = len(rest) - len(extra)
        if len(found) < len(jobs) and strangers:
            # Ours, stored in other words than we sent, or somebody else's: sending again could double it.
            return Verdict(found, f"read back: {strangers} new one(s) match none of the items sent", extra)
        return Verdict(found, None, extra)

    def _without_watermark(self, jobs: Sequence[Job], rows: Sequence[Any]) -> Verdict:
        """What is new cannot be told from what was there. But an item of which there is nothing at all is missing."""
        others = [row for row in rows if row.id not in self]
        missing = [job for job in jobs if all(contradicts(self._target, job, row) for row in others)]
        why = f"the newest of the {self._target.place} was not known before, so what is there may be older"
        return Verdict({}, None if len(missing) == len(jobs) else why, [], missing)

    def _look_for(self, session: Session, jobs: Sequence[Job], verdict: Verdict, named: Sequence[str]) -> Flow[Verdict]:
        """Ids that an answer names may exist although they are not new: what could be one of them is not missing."""
        asked = [one for one in named if one not in self]
        if verdict.why is not None or not asked or self._target.by_ids is None:
            return verdict
        try:
            rows = yield from read_rows(session, self._target.by_ids(asked), self._target.model)
        except PinshopError as error:
            return Verdict(verdict.found, f"looking for the ids in the answer failed too: {error.message}", verdict.extra)
        left = [job for job in jobs if job.index not in verdict.found]
        missing = [job for job in left if all(contradicts(self._target, job, row) for row in rows)]
        if len(missing) == len(left):
            return verdict
        why = "what the answer names exists, but is not new"
        return Verdict(verdict.found, why, verdict.extra, missing)

    def _read(self, session: Session, *, first_only: bool = False) -> Flow[list[Any]]:
        """The rows of the group, oldest first: the newest alone, or down to the watermark, or all.

        Raises:
            BadReply: the list cannot be trusted: its ids are no numbers, it is not in the order that was asked for, or it has
                no end.
        """
        newest = self._target.newest
        if newest is None:
            raise BadReply("this cannot be listed", sent=False)
        rows: dict[Any, Any] = {}
        lowest: int | None = None
        bookmark: str | None = None
        seen: set[str | None] = set()
        for number in range(PAGES):
            call = newest(self.group, 250 if number or not first_only else 1, bookmark)
            page = (yield from exchange(session, call, decoders.as_page(self._target.model))).value
            for row in map(with_text_id, page.items):
                value = number_of(row)
                if self.watermark is not None or first_only:
                    if value is None:
                        raise BadReply("the list has an id that is no number", sent=False)
                    if lowest is not None and value > lowest:
                        raise BadReply("the list is not in the order that was asked for", sent=False)
                    lowest = value
                rows[row.id if value is not None else len(rows)] = row
            reached = lowest is not None and (first_only or (self.watermark is not None and lowest <= self.watermark))
            if page.bookmark is None or reached:
                return list(reversed(rows.values()))
            seen.add(bookmark)
            bookmark = page.bookmark
            if bookmark in seen:
                raise BadReply("the list has no end: its bookmark came again", sent=False)
        raise BadReply(f"the list did not end within {PAGES} pages", sent=False)


def read_rows(session: Session, call: Call, model: Any) -> Flow[list[Any]]:
    """The first page of a list."""
    return (yield from exchange(session, call, decoders.as_page(model))).value.items


def _number(row: Any) -> int:
    value = number_of(row)
    return -1 if value is None else value
