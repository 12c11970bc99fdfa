"""Batch writes that tell the truth: every item ends as created, updated, failed or unknown, in the order given.

There is no idempotency key in this API. So before the first create the newest id of the ad group is noted; after a failure
that leaves open whether Pinterest executed the request (a timeout, a broken connection, a 5xx, an answer that is not one),
the ad group is read back down to that id, and what is found is matched with what was sent. Only what is certainly missing is
sent again. What cannot be decided is reported as unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, Protocol

import msgspec
from msgspec import UNSET, Struct

from pinshop.api import models
from pinshop.api.http import Pause
from pinshop.api.models import decoders
from pinshop.api.operations import Call, Operation
from pinshop.errors import (
    APIError,
    BadReply,
    BadRequest,
    Conflict,
    InvalidInput,
    PinshopError,
    TransportError,
    advice_for,
)
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.outcomes import BatchResult, Outcome, Progress, State, T
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow, Together


class Journal(Protocol):
    """Where a batch writes what it is about to do, and what came of it, before it goes on."""

    def write(self, record: Mapping[str, Any], /) -> None: ...


class BatchTarget(Struct, frozen=True, kw_only=True):
    """What the engine must know about what it writes. Requests of one *group* go one after the other."""

    operation: Operation
    done: Literal["created", "updated"]
    model: Any
    #: What a group is called in messages.
    place: str = "ad group"
    #: Fields the server may store otherwise than sent, so that they do not help to recognise an item.
    derived: frozenset[str] = frozenset()
    #: (group, items) -> the call that writes them.
    write: Callable[[str, list[Mapping[str, Any]]], Call]
    #: (group, page size, bookmark) -> the call that lists the group, newest first, whatever the status.
    newest: Callable[[str, int, str | None], Call] | None = None
    #: ids -> the call that lists exactly these.
    by_ids: Callable[[list[str]], Call] | None = None


class Job(Struct, kw_only=True):
    """One item on its way."""

    index: int
    group: str
    item: dict[str, Any]


#: How often items that are certainly missing are sent again after ambiguous failures.
ROUNDS = 3

#: How often the list may change while it is read back before we stop guessing.
READS = 5

#: Pages read back at most, of 250 each.
PAGES = 400


def check_settle_seconds(value: Any, operation: str) -> float:
    """How long to wait before reading back: 0 to 3600."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise InvalidInput("settle_seconds", value, "0 to 3600", operation=operation)
    return value


class Batch(Generic[T]):
    """A write of any number of items. ``run()`` is its flow; ``result()`` is what is known at any moment."""

    def __init__(
        self,
        session: Session,
        noun: BatchTarget,
        jobs: Sequence[Job],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._session = session
        self._noun = noun
        self._jobs = jobs
        self._read_back = read_back
        self._settle_seconds = settle_seconds
        self._progress = progress
        self._journal = journal
        self._look = f"look into the {noun.place} before sending it again"
        self._outcomes: dict[int, Outcome[T]] = {}
        self._claimed: set[str] = set()
        self._stopped: list[PinshopError] = []
        #: What a journal knows: the newest id of a group before the first create, and the chunk that was under way.
        self._watermarks: dict[str, str | None] = {}
        self._under_way: dict[str, list[int]] = {}

    def remember(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take over what an earlier run wrote to its journal."""
        for record in records:
            for known in record.get("outcomes", ()):
                entity = known.get("entity")
                outcome: Outcome[T] = Outcome(
                    index=known["index"],
                    given=self._jobs[known["index"]].item,
                    state=known["state"],
                    entity=models.convert(entity, self._noun.model) if entity is not None else None,
                    code=known.get("code"),
                    message=known.get("message"),
                    advice=known.get("advice"),
                )
                self._outcomes[outcome.index] = outcome
                if outcome.id:
                    self._claimed.add(outcome.id)
            if "sending" in record:
                group = record["group"]
                self._watermarks.setdefault(group, record.get("watermark"))
                self._under_way[group] = record["sending"]

    def result(self) -> BatchResult[T]:
        """What is known now; what was never sent counts as failed."""
        return BatchResult(
            self._noun.operation.id,
            (
                self._outcomes.get(job.index)
                or Outcome(index=job.index, given=job.item, state="failed", message="not sent", advice="send it again")
                for job in self._jobs
            ),
        )

    def run(self) -> Flow[BatchResult[T]]:
        """Write everything that has no outcome yet."""
        lanes: dict[str, list[Job]] = {}
        for job in self._jobs:
            if job.index not in self._outcomes or self._outcomes[job.index].state == "unknown":
                lanes.setdefault(job.group, []).append(job)
        try:
            if len(lanes) == 1:
                for group, jobs in lanes.items():
                    yield from self._lane(group, jobs)
            elif lanes:
                flows = [self._lane(group, jobs) for group, jobs in lanes.items()]
                yield Together(flows, self._session.options.concurrency)
        except BaseException as stop:
            if not isinstance(stop, GeneratorExit):
                stop.result = self.result()  # type: ignore[attr-defined] # Ctrl-C loses nothing that was known
            raise
        result = self.result()
        if self._stopped and not any(outcome.state != "failed" for outcome in result):
            # Nothing was executed: a wrong token or a dead network is an exception, not a result to be overlooked.
            error = self._stopped[0]
            error.result = result  # type: ignore[attr-defined]
            raise error
        return result

    # ------------------------------------------------------------------------------- one ad group

    def _lane(self, group: str, jobs: list[Job]) -> Flow[None]:
        try:
            if self._noun.done == "created" and self._read_back and group not in self._watermarks:
                self._watermarks[group] = yield from self._newest_id(group)
            jobs = yield from self._recover(group, jobs)
            for start in range(0, len(jobs), self._noun.operation.max_items):
                yield from self._chunk(group, jobs[start : start + self._noun.operation.max_items])
        except PinshopError as error:
            self._stopped.append(error)
            self._mark_all(
                [job for job in jobs if job.index not in self._outcomes],
                "failed",
                message=f"not sent: {error.message}",
                code=getattr(error, "code", None),
                advice=error.advice,
                journal=False,  # resuming sends them
            )

    def _recover(self, group: str, jobs: list[Job]) -> Flow[list[Job]]:
        """After a crash: settle what was under way then, before anything new is sent. Returns what is still to be sent."""
        open_then = set(self._under_way.get(group, ()))
        # Reported as unknown then, or not reported at all.
        unclear = [job for job in jobs if job.index in self._outcomes or job.index in open_then]
        if not unclear or self._noun.done == "updated":  # an update is simply sent again
            return jobs
        for job in unclear:
            self._outcomes.pop(job.index, None)
        missing = yield from self._settle(group, unclear, "the run before this one was interrupted")
        settled = {job.index for job in unclear} - {job.index for job in missing}
        return [job for job in jobs if job.index not in settled]

    def _newest_id(self, group: str) -> Flow[str | None]:
        """The highest id in the group, "0" in an empty one, None if it cannot be read (then nothing can be read back)."""
        if self._noun.newest is None:
            return None
        try:
            response = yield from exchange(self._session, self._noun.newest(group, 1, None), decoders.as_page(self._noun.model))
        except (APIError, BadReply) as error:
            self._notice(f"the {self._noun.place} cannot be read, so ambiguous failures will stay unknown: {error.message}")
            return None
        return max((entry.id for entry in response.value.items if _is_id(entry.id)), key=int, default="0")

    def _chunk(self, group: str, jobs: list[Job]) -> Flow[None]:
        noun = self._noun
        why = ""
        for _ in range(ROUNDS):
            self._write_journal(
                {"sending": [job.index for job in jobs], "group": group, "watermark": self._watermarks.get(group)}
            )
            try:
                response = yield from exchange(
                    self._session,
                    noun.write(group, [job.item for job in jobs]),
                    lambda body: models.decode_batch(body, noun.model),
                )
            except (APIError, BadReply, TransportError) as error:
                if isinstance(error, BadRequest | Conflict) and not error.maybe_executed:
                    words = error.server_message or error.message
                    self._mark_all(jobs, "failed", code=error.code, message=words, advice=error.advice)
                    return
                if not error.maybe_executed:
                    raise
                why = error.message
            except BaseException:
                # In memory only: the journal keeps the chunk as under way, so that resuming settles it.
                self._mark_all(jobs, "unknown", message="interrupted while it was being sent", journal=False)
                raise
            else:
                why, jobs = self._take(jobs, response.value)
            if not jobs:
                return
            try:
                if noun.done == "updated":
                    yield from self._compare(jobs, why)
                    return
                jobs = yield from self._settle(group, jobs, why)
            except BaseException:
                self._mark_all(
                    [job for job in jobs if job.index not in self._outcomes],
                    "unknown",
                    message=f"{why}; interrupted",
                    journal=False,
                )
                raise
            if not jobs:
                return
            self._notice(f"{why}; read back: {len(jobs)} item(s) certainly missing")
        words = f"{why} ({ROUNDS} times; read back: not created)"
        self._mark_all(jobs, "failed", message=words, advice="send it again later", journal=False)

    def _take(self, jobs: list[Job], entries: list[models.BatchItem]) -> tuple[str, list[Job]]:
        """Put the entries of an answer to their items. Returns those the answer does not settle, and why."""
        if len(entries) != len(jobs):
            return f"the answer has {len(entries)} entries for {len(jobs)} items", jobs
        done = self._noun.done
        rows = [entry.data for entry in entries]
        if any(row is not None and self._elsewhere(job, row, jobs) for job, row in zip(jobs, rows, strict=True)):
            return "the answer is not in the order of the request", jobs
        left: list[Job] = []
        outcomes: list[Outcome[T]] = []
        for job, entry in zip(jobs, entries, strict=True):
            known = entry.data is not None and _is_id(entry.data.id)
            if known and not entry.exceptions:
                outcomes.append(Outcome(index=job.index, given=job.item, state=done, entity=entry.data))
            elif entry.exceptions and (done == "updated" or not known):
                first = entry.exceptions[0]
                outcomes.append(
                    Outcome(
                        index=job.index,
                        given=job.item,
                        state="failed",
                        code=first.code,
                        message="; ".join(e.message or f"code {e.code}" for e in entry.exceptions),
                        advice=advice_for(200, first.code),
                    )
                )
            else:
                left.append(job)
        self._mark(outcomes)
        return "the answer says neither yes nor no", left

    def _elsewhere(self, job: Job, row: Any, jobs: list[Job]) -> bool:
        """Whether an entry is another item's than the one at its place. Nobody promises the order of an answer."""
        if self._noun.done == "updated":
            return bool(row.id != job.item["id"])
        # A server may store something in other words than were sent; that alone does not make it another item.
        return not self._alike(job, row) and any(self._alike(other, row) for other in jobs)

    # -------------------------------------------------------------------------------- reading back

    def _settle(self, group: str, jobs: list[Job], why: str) -> Flow[list[Job]]:
        """Decide by reading the group back. Marks what is decided; returns the items that certainly do not exist."""
        watermark = self._watermarks.get(group)
        if not self._read_back or watermark is None:
            self._mark_all(jobs, "unknown", message=why, advice=self._look)
            return []
        before: list[str] | None = None
        for _ in range(READS):
            yield Pause(self._settle_seconds, "before reading back")
            try:
                rows = yield from self._newer(group, watermark)
            except PinshopError as error:
                self._mark_all(
                    jobs, "unknown", message=f"{why}; reading back failed too: {error.message}",
                    advice=self._look,
                )  # fmt: skip
                return []
            if rows is None:
                before = None
                continue
            found = self._match(jobs, rows)
            ids = [row.id for row in rows]
            if len(found) == len(jobs) or ids == before:
                self._notice(f"{why}; read back: {len(found)} of {len(jobs)} item(s) exist")
                self._mark(
                    [
                        Outcome(index=j.index, given=j.item, state="created", entity=found[j.index])
                        for j in jobs
                        if j.index in found
                    ]
                )
                missing = [job for job in jobs if job.index not in found]
                strangers = len(rows) - len(found)
                if missing and strangers:
                    # Ours, stored in other words than we sent, or somebody else's: sending again could double it.
                    self._mark_all(
                        missing, "unknown", message=f"{why}; read back: {strangers} new one(s) match none of the items sent",
                        advice=self._look,
                    )  # fmt: skip
                    return []
                return missing
            before = ids
        words = (
            f"{why}; reading back gave no firm answer: the {self._noun.place} kept changing, or lacked what is known to exist"
        )
        self._mark_all(jobs, "unknown", message=words, advice=self._look)
        return []

    def _newer(self, group: str, watermark: str) -> Flow[list[Any] | None]:
        """What was created in the group after the watermark and is not known to be ours yet, oldest first.

        None: the list lacks what is known to exist. A copy that lags behind must not be taken for proof that something is
        missing, because what is missing is sent again.
        """
        newest = self._noun.newest
        if newest is None:
            raise BadReply("this cannot be listed", sent=False)
        rows: dict[str, Any] = {}
        reached = False
        bookmark: str | None = None
        for _ in range(PAGES):
            call = newest(group, 250, bookmark)
            page = (yield from exchange(self._session, call, decoders.as_page(self._noun.model))).value
            for row in page.items:
                if _is_id(row.id):
                    reached = reached or int(row.id) <= int(watermark)
                    rows[row.id] = row
            if reached or page.bookmark is None or page.bookmark == bookmark:
                known = {
                    outcome.id for outcome in self._outcomes.values() if outcome.id and self._jobs[outcome.index].group == group
                }
                if (watermark != "0" and watermark not in rows) or not known <= rows.keys():
                    return None
                fresh = [key for key in rows if int(key) > int(watermark) and key not in self._claimed]
                return [rows[key] for key in sorted(fresh, key=int)]
            bookmark = page.bookmark
        raise BadReply(f"the list did not end within {PAGES} pages", sent=False)

    def _match(self, jobs: list[Job], rows: list[Any]) -> dict[int, Any]:
        """Pair items with rows, as many as possible, one to one (augmenting paths; a chunk has 30 items)."""
        fits = {job.index: [n for n, row in enumerate(rows) if self._alike(job, row)] for job in jobs}
        taken: dict[int, int] = {}

        def place(index: int, tried: set[int]) -> bool:
            for n in fits[index]:
                if n not in tried:
                    tried.add(n)
                    if n not in taken or place(taken[n], tried):
                        taken[n] = index
                        return True
            return False

        for job in jobs:
            place(job.index, set())
        return {index: rows[n] for n, index in taken.items()}

    def _alike(self, job: Job, row: Any, *, ids: bool = False) -> bool:
        """Whether a row can be this item: every field that was sent and that the row carries is equal."""
        for name, sent in job.item.items():
            if (name == "id" and not ids) or name in self._noun.derived:
                continue
            stored = getattr(row, name, UNSET)
            if stored is not UNSET and stored != sent:
                return False
        return True

    def _compare(self, jobs: list[Job], why: str) -> Flow[None]:
        """An update without an answer: it is done if what is stored is what was sent."""
        by_id: dict[str, Any] = {}
        if self._read_back and self._noun.by_ids is not None:
            yield Pause(self._settle_seconds, "before reading back")
            try:
                call = self._noun.by_ids([job.item["id"] for job in jobs])
                page = (yield from exchange(self._session, call, decoders.as_page(self._noun.model))).value
                by_id = {row.id: row for row in page.items}
            except PinshopError as error:
                why += f"; reading back failed too: {error.message}"
        done = [job for job in jobs if (row := by_id.get(job.item["id"])) is not None and _holds(row, job.item)]
        self._mark([Outcome(index=j.index, given=j.item, state="updated", entity=by_id[j.item["id"]]) for j in done])
        self._mark_all(
            [job for job in jobs if job not in done], "unknown", message=why, advice="sending the same update again is safe"
        )

    # ------------------------------------------------------------------------------------- keeping

    def _mark_all(
        self,
        jobs: list[Job],
        state: State,
        *,
        message: str,
        code: int | None = None,
        advice: str | None = None,
        journal: bool = True,
    ) -> None:
        outcomes: list[Outcome[T]] = [
            Outcome(index=j.index, given=j.item, state=state, code=code, message=message, advice=advice) for j in jobs
        ]
        self._mark(outcomes, journal=journal)

    def _mark(self, outcomes: list[Outcome[T]], *, journal: bool = True) -> None:
        if not outcomes:
            return
        for outcome in outcomes:
            self._outcomes[outcome.index] = outcome
            if outcome.id:
                self._claimed.add(outcome.id)
        if journal:
            self._write_journal({"outcomes": [_recorded(outcome) for outcome in outcomes]})
        if self._progress is not None:
            for outcome in outcomes:
                self._progress(outcome)

    def _write_journal(self, record: Mapping[str, Any]) -> None:
        if self._journal is not None:
            self._journal.write(record)

    def _notice(self, what: str) -> None:
        self._session.emit(events.Noticed(self._noun.operation.id, what))


def _recorded(outcome: Outcome[Any]) -> dict[str, Any]:
    record = {"index": outcome.index, "state": outcome.state}
    for name in ("entity", "code", "message", "advice"):
        if (value := getattr(outcome, name)) is not None:
            record[name] = msgspec.to_builtins(value)
    return record


def _holds(row: Any, item: Mapping[str, Any]) -> bool:
    """Whether a row certainly has every value of an update. A field the row does not show proves nothing."""
    return all(getattr(row, name, UNSET) == sent for name, sent in item.items())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()
