"""Batch writes that tell the truth: every item ends as created, updated, failed or unknown, in the order given.

There is no idempotency key in this API. So before the first create the newest id of the ad group is noted; after a failure
that leaves open whether Pinterest executed the request (a timeout, a broken connection, a 5xx, an answer that is not one, or
one that contradicts what is known), the ad group is read back down to that id, and what is found is matched with what was
sent. Only what is certainly missing is sent again. What cannot be decided is reported as unknown, never guessed.

What is about to be sent is held as under way before it is: wherever a batch is interrupted, its items are unknown at worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from pinshop.api import models
from pinshop.api.http import Pause
from pinshop.errors import (
    APIError,
    BadReply,
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    PinshopError,
    RateLimited,
    TransportError,
    Unauthorized,
)
from pinshop.flow import events
from pinshop.flow.answers import Taken, read_created, read_updated
from pinshop.flow.exchange import exchange
from pinshop.flow.matching import BatchTarget, Job, Known, holds, lacks, place_of
from pinshop.flow.outcomes import BatchResult, Outcome, Progress, keep_result
from pinshop.flow.reading_back import HOLD, ReadBack, Siblings, read_rows
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow, Stopped, Together, always

T = TypeVar("T")

#: How often items that are certainly missing are sent again after ambiguous failures.
ROUNDS = 3

_INTERRUPTED = "interrupted while it was being sent"


class Journal(Protocol):
    """Where a batch writes what it is about to do, and what came of it, before it goes on."""

    @property
    def path(self) -> object: ...
    def write(self, record: Mapping[str, Any], /) -> None: ...
    def close(self) -> None: ...


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
        target: BatchTarget,
        jobs: Sequence[Job],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._session = session
        self._target = target
        self._jobs = jobs
        self._read_back = read_back
        self._settle_seconds = settle_seconds
        self._progress = progress
        self._journal = journal
        #: Whose the ids are that this batch creates: a journal's, which another run may go on with, or its own.
        self._owner = str(journal.path) if journal is not None else f"batch {id(self)}"
        self._look = f"look into the {target.place} before sending it again"
        self._outcomes: dict[int, Outcome[T]] = {}
        #: Items that may be executed at this moment, or were and nobody knows yet, and why.
        self._under_way: dict[int, str] = {}
        self._extra: dict[str, T] = {}
        self._stopped: list[PinshopError] = []
        #: What a journal knows: the newest id of a group before the first create that was sent with such a number.
        self._watermarks: dict[str, int | None] = {}
        #: Groups where something was sent before a newest id was known, and the items of them that may still be open. A
        #: newest id that was noted later says nothing about these.
        self._sent_blindly: set[str] = set()
        self._blind: set[int] = set()

    def remember(self, records: Iterable[Mapping[str, Any]], *, damaged: bool = False) -> None:
        """Take over what an earlier run wrote to its journal.

        ``damaged``: records are missing. What they said is not known, so every item without an outcome counts as under way.
        """
        sent: set[int] = set()
        for record in records:
            for known in record.get("outcomes", ()):
                entity = known.get("entity")
                index = known["index"]
                self._outcomes[index] = Outcome(
                    index=index,
                    given=self._jobs[index].item,
                    state=known["state"],
                    entity=models.convert(entity, self._target.model) if entity is not None else None,
                    code=known.get("code"),
                    message=known.get("message"),
                    advice=known.get("advice"),
                )
                self._under_way.pop(index, None)
            if "sending" in record:
                group, watermark = _bare(record.get("group", "")), record.get("watermark")
                if watermark is not None:
                    self._watermarks.setdefault(group, int(watermark))
                if watermark is None or record.get("late"):
                    self._sent_blindly.add(group)
            for index in record.get("sending", ()):
                self._outcomes.pop(index, None)
                self._under_way[index] = "the run before this one was interrupted"
                sent.add(index)
                if record.get("watermark") is None:
                    self._blind.add(index)
            for index in record.get("unsent", ()):
                self._under_way.pop(index, None)
                self._blind.discard(index)
        for index, outcome in list(self._outcomes.items()):
            if outcome.state == "unknown":
                self._under_way[index] = outcome.message or "the run before this one could not settle it"
        if damaged:
            for job in self._jobs:
                if job.index not in self._outcomes:
                    self._under_way.setdefault(job.index, "the journal is damaged, and what it said of this item is lost")
                if job.index not in sent and _bare(job.group) in self._sent_blindly:
                    self._blind.add(job.index)

    def result(self) -> BatchResult[T]:
        """What is known now; what was certainly never executed counts as failed."""
        # In this order: an item that becomes known meanwhile is found in one of the two.
        under_way = dict(self._under_way)
        outcomes = dict(self._outcomes)
        return BatchResult(
            self._target.operation.id,
            (outcomes.get(job.index) or self._without_outcome(job, under_way.get(job.index)) for job in self._jobs),
            dict(self._extra).values(),
        )

    def _without_outcome(self, job: Job, why: str | None) -> Outcome[T]:
        if why is not None:
            return Outcome(index=job.index, given=job.item, state="unknown", message=why, advice=self._look)
        return Outcome(index=job.index, given=job.item, state="failed", message="not sent", advice="send it again")

    def run(self) -> Flow[BatchResult[T]]:
        """Write everything that has no outcome yet."""
        try:
            if self._journal is None:
                return (yield from self._run())
            return (yield from always(self._run(), self._journal.close))
        except GeneratorExit:
            raise
        except BaseException as stop:  # a second Ctrl-C, while the first was being told what is known
            if getattr(stop, "result", None) is None:
                keep_result(stop, self.result())
            raise

    def _run(self) -> Flow[BatchResult[T]]:
        lanes: dict[str, tuple[str, list[Job]]] = {}
        for job in self._jobs:
            if job.index not in self._outcomes or job.index in self._under_way:
                lanes.setdefault(_bare(job.group), (job.group, []))[1].append(job)
        try:
            if len(lanes) == 1:
                for group, jobs in lanes.values():
                    yield from self._lane(group, jobs)
            elif lanes:
                yield Together([self._lane(group, jobs) for group, jobs in lanes.values()], self._session.options.concurrency)
        except BaseException as stop:
            if not isinstance(stop, GeneratorExit):
                keep_result(stop, self.result())  # Ctrl-C loses nothing that was known
            raise
        result = self.result()
        if self._stopped and not any(outcome.state != "failed" for outcome in result):
            # Nothing was executed: a wrong token or a dead network is an exception, not a result to be overlooked.
            error = self._stopped[0]
            error.result = result
            raise error
        return result

    # ------------------------------------------------------------------------------- one ad group

    def _lane(self, group: str, jobs: list[Job]) -> Flow[None]:
        try:
            reading = self._new_reading(group)
            jobs = yield from self._recover(reading, jobs)
            for start in range(0, len(jobs), self._target.operation.max_items):
                yield from self._first_look(reading)
                yield from self._chunk(reading, jobs[start : start + self._target.operation.max_items])
        except PinshopError as error:
            self._stopped.append(error)
            self._mark(
                [
                    Outcome(
                        index=job.index,
                        given=job.item,
                        state="failed",
                        message=f"not sent: {error.message}",
                        code=getattr(error, "code", None),
                        advice=error.advice,
                    )
                    for job in jobs
                    if job.index not in self._outcomes and job.index not in self._under_way
                ]
            )  # not into the journal: resuming sends them

    def _new_reading(self, group: str, *, blindly: bool = False) -> ReadBack:
        target = self._target
        known = self._session.known.setdefault(place_of(target, group), Known())
        outcomes = list(self._outcomes.values())  # a copy: the lanes of other groups add to it from their threads
        claimed = {outcome.id for outcome in outcomes if outcome.id and self._same_group(outcome.index, group)}
        return ReadBack(target, group, known, self._owner, claimed, None if blindly else self._watermarks.get(_bare(group)))

    def _same_group(self, index: int, group: str) -> bool:
        return _bare(self._jobs[index].group) == _bare(group)

    def _first_look(self, reading: ReadBack) -> Flow[None]:
        """Note the newest id of the group before the first create. A look-up that failed is made up for before the next one."""
        if self._target.done == "updated" or not self._read_back or reading.watermark is not None or reading.forbidden:
            return
        try:
            yield from reading.look(self._session)
        except (APIError, BadReply) as error:
            if isinstance(error, RateLimited) or (isinstance(error, Unauthorized) and error.code != 3):
                raise  # the write would be refused as well
            reading.forbidden = isinstance(error, Unauthorized | Forbidden) and not error.foreign
            words = f"the {self._target.place} cannot be read, so ambiguous failures may stay unknown: {error.message}"
            self._notice(words)

    def _created_in(self, group: str) -> list[Job]:
        outcomes = list(self._outcomes.values())
        return [self._jobs[o.index] for o in outcomes if o.state == "created" and self._same_group(o.index, group)]

    def _open_in(self, group: str, but: Sequence[Job]) -> list[Job]:
        indexes = set(self._under_way) | {o.index for o in list(self._outcomes.values()) if o.state == "unknown"}
        indexes -= {job.index for job in but}
        return [self._jobs[index] for index in sorted(indexes) if self._same_group(index, group)]

    def _recover(self, reading: ReadBack, jobs: list[Job]) -> Flow[list[Job]]:
        """After a crash: settle what was under way then, before anything new is sent. Returns what is still to be sent."""
        unclear = [job for job in jobs if job.index in self._under_way]
        if not unclear or self._target.done == "updated":  # an update is simply sent again
            return jobs
        for job in unclear:
            self._outcomes.pop(job.index, None)
        why = "the run before this one was interrupted"
        blind = [job for job in unclear if job.index in self._blind]
        missing: list[Job] = []
        if blind:
            missing += yield from self._settle(self._new_reading(reading.group, blindly=True), blind, why)
        if rest := [job for job in unclear if job.index not in self._blind]:
            missing += yield from self._settle(reading, rest, why)
        settled = {job.index for job in unclear} - {job.index for job in missing}
        return [job for job in jobs if job.index not in settled]

    def _chunk(self, reading: ReadBack, jobs: list[Job]) -> Flow[None]:
        for number in range(ROUNDS):
            taken = yield from self._send(reading, jobs)
            if not taken.left:
                return
            if self._target.done == "updated":
                yield from self._compare(taken)
                return
            jobs = yield from self._settle(reading, taken.left, taken.why, taken.named)
            if not jobs:
                return
            self._notice(f"{taken.why}; read back: {len(jobs)} item(s) certainly missing")
            if number == ROUNDS - 1:
                # Not into the journal, which has them as unsent: resuming sends them.
                self._mark(self._failed(jobs, f"{taken.why} ({ROUNDS} times; read back: not created)", "send it again later"))

    def _send(self, reading: ReadBack, jobs: list[Job]) -> Flow[Taken]:
        """Send one request. What it leaves open stays under way."""
        target, group = self._target, reading.group
        watermark = str(reading.watermark) if reading.watermark is not None else None
        indexes = [job.index for job in jobs]
        record: dict[str, Any] = {"sending": indexes, "group": group, "watermark": watermark}
        if watermark is None:
            self._sent_blindly.add(_bare(group))
        elif _bare(group) in self._sent_blindly:
            record["late"] = True
        yield from self._record(record)
        call = target.write(group, [job.item for job in jobs])
        self._under_way.update(dict.fromkeys(indexes, _INTERRUPTED))
        for index in indexes:
            self._outcomes.pop(index, None)  # an unknown one of a run before this
        try:
            response = yield from exchange(self._session, call, lambda body: models.decode_batch(body, target.model))
        except (APIError, BadReply, TransportError) as error:
            if error.maybe_executed:
                taken = Taken([], jobs, error.message)
            elif isinstance(error, BadRequest | Conflict):
                words = error.server_message or error.message
                taken = Taken(self._failed(jobs, words, error.advice, error.code), [])
            else:
                yield from self._unsend(indexes)
                raise
        except PinshopError as error:
            if error.maybe_executed:
                self._under_way.update(dict.fromkeys(indexes, error.message))
            else:
                yield from self._unsend(indexes)
            raise
        except Stopped:
            if target.done == "created":  # a create is sent once, and this one was not
                yield from self._unsend(indexes)
            raise
        else:
            entries = response.value
            if target.done == "updated":
                taken = read_updated(target, jobs, entries)
            else:
                taken = read_created(target, group, jobs, entries, reading.newest(), reading)
        yield from self._settled(taken.outcomes, reading)
        self._under_way.update((job.index, taken.why) for job in taken.left)
        return taken

    def _unsend(self, indexes: list[int]) -> Flow[None]:
        """Take back that these are under way: they were certainly not executed."""
        for index in indexes:
            self._under_way.pop(index, None)
        try:
            yield from self._record({"unsent": indexes})
        except PinshopError as error:  # what is being told already matters more
            self._notice(error.message)

    # -------------------------------------------------------------------------------- reading back

    def _settle(self, reading: ReadBack, jobs: list[Job], why: str, named: Sequence[str] = ()) -> Flow[list[Job]]:
        """Decide by reading the group back. Settles what is decided; returns the items that certainly do not exist."""
        self._under_way.update((job.index, f"{why}; {_INTERRUPTED}") for job in jobs)
        if not self._read_back or (reading.forbidden and reading.watermark is None):
            yield from self._leave_unknown(jobs, why)
            return []
        siblings = Siblings(self._created_in(reading.group), self._open_in(reading.group, jobs))
        verdict = yield from reading.settle(self._session, jobs, siblings, self._settle_seconds, named)
        found = verdict.found
        if verdict.extra:
            self._extra.update((row.id, row) for row in verdict.extra)
            self._notice(
                f"{why}; read back: {len(verdict.extra)} more than were sent exist: something on the way to Pinterest executed "
                f"a request twice ({', '.join(row.id for row in verdict.extra[:30])})"
            )
        if found or verdict.why is None:
            self._notice(f"{why}; read back: {len(found)} of {len(jobs)} item(s) exist")
        yield from self._settled(
            [Outcome(index=j.index, given=j.item, state="created", entity=found[j.index]) for j in jobs if j.index in found],
            reading,
        )
        missing = [job for job in jobs if job.index not in found]
        if verdict.why is not None:
            sure = {job.index for job in verdict.missing}
            yield from self._leave_unknown([job for job in missing if job.index not in sure], f"{why}; {verdict.why}")
            missing = verdict.missing
        if missing:
            yield from self._unsend([job.index for job in missing])
        return missing

    def _compare(self, taken: Taken) -> Flow[None]:
        """An update without a plain answer: it is done if what is stored is what was sent."""
        jobs, why = taken.left, taken.why
        by_id: dict[str, Any] = {}
        if self._read_back and self._target.by_ids is not None:
            # A second look only where the answer gave a reason: to call an update refused takes more than to doubt it.
            for seconds in (self._settle_seconds, HOLD * self._settle_seconds)[: 2 if taken.reasons else 1]:
                yield Pause(seconds, "before reading back")
                try:
                    call = self._target.by_ids([job.item["id"] for job in jobs])
                    rows = yield from read_rows(self._session, call, self._target.model)
                except PinshopError as error:
                    why += f"; reading back failed too: {error.message}"
                    break
                by_id = {row.id: row for row in rows}
                done = [job for job in jobs if (row := by_id.get(job.item["id"])) is not None and holds(row, job.item)]
                yield from self._settled(
                    [Outcome(index=j.index, given=j.item, state="updated", entity=by_id[j.item["id"]]) for j in done]
                )
                jobs = [job for job in jobs if job not in done]
                if not jobs:
                    return
            else:
                # The answer gave a reason, and nothing of the change is there after all this time: refused.
                refused = [j for j in jobs if j.index in taken.reasons and lacks(by_id.get(j.item["id"]), j.item)]
                yield from self._settled([taken.reasons[job.index] for job in refused])
                jobs = [job for job in jobs if job not in refused]
        yield from self._settled([self._doubt(job, why, taken) for job in jobs])

    def _doubt(self, job: Job, why: str, taken: Taken) -> Outcome[T]:
        reason = taken.reasons.get(job.index)
        return Outcome(
            index=job.index,
            given=job.item,
            state="unknown",
            code=reason.code if reason else None,
            message=f"{reason.message}; {why}" if reason else why,
            advice="sending the same update again is safe",
        )

    # ------------------------------------------------------------------------------------- keeping

    def _failed(self, jobs: list[Job], message: str, advice: str | None, code: int | None = None) -> list[Outcome[T]]:
        return [Outcome(index=j.index, given=j.item, state="failed", code=code, message=message, advice=advice) for j in jobs]

    def _leave_unknown(self, jobs: list[Job], why: str) -> Flow[None]:
        yield from self._settled(
            [Outcome(index=j.index, given=j.item, state="unknown", message=why, advice=self._look) for j in jobs]
        )

    def _settled(self, outcomes: list[Outcome[T]], reading: ReadBack | None = None) -> Flow[None]:
        """Keep what became of these items: in memory, then in the journal, then told."""
        if not outcomes:
            return
        created = [outcome.id for outcome in outcomes if outcome.id and outcome.state == "created"]
        if reading is not None:
            reading.claim(created)
        self._outcomes.update((outcome.index, outcome) for outcome in outcomes)
        for outcome in outcomes:
            self._under_way.pop(outcome.index, None)
        yield from self._record({"outcomes": [_recorded(outcome) for outcome in outcomes]})
        self._tell(outcomes)

    def _mark(self, outcomes: list[Outcome[T]]) -> None:
        self._outcomes.update((outcome.index, outcome) for outcome in outcomes)
        self._tell(outcomes)

    def _tell(self, outcomes: list[Outcome[T]]) -> None:
        if self._progress is not None:
            for outcome in outcomes:
                self._progress(outcome)

    def _record(self, record: Mapping[str, Any]) -> Flow[None]:
        if self._journal is not None:
            yield Blocking(partial(self._journal.write, record))

    def _notice(self, what: str) -> None:
        self._session.emit(events.Noticed(self._target.operation.id, what))


def _bare(group: str) -> str:
    """The id of a group in one spelling: bodies may write it with AG in front."""
    return group.removeprefix("AG")


def _recorded(outcome: Outcome[Any]) -> dict[str, Any]:
    record = {"index": outcome.index, "state": outcome.state}
    for name in ("entity", "code", "message", "advice"):
        if (value := getattr(outcome, name)) is not None:
            record[name] = msgspec.to_builtins(value)
    return record
