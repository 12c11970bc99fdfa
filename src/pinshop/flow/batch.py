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
from pinshop.flow.batch_state import INTERRUPTED, BatchState, bare, recorded
from pinshop.flow.exchange import exchange
from pinshop.flow.matching import BatchTarget, Job, Known, holds, lacks, place_of
from pinshop.flow.outcomes import BatchResult, Outcome, Progress, keep_result
from pinshop.flow.reading_back import HOLD, ReadBack, Siblings, read_rows
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow, Stopped, Together, always

T = TypeVar("T")

#: How often items that are certainly missing are sent again after ambiguous failures.
ROUNDS = 3


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
        self._state: BatchState[T] = BatchState(target, jobs)
        self._stopped: list[PinshopError] = []

    def remember(self, records: Iterable[Mapping[str, Any]], *, damaged: bool = False) -> None:
        """Take over what an earlier run wrote to its journal; see `BatchState.remember`."""
        self._state.remember(records, damaged=damaged)

    def result(self) -> BatchResult[T]:
        """What is known now; what was certainly never executed counts as failed."""
        return self._state.result()

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
            if self._state.is_open(job):
                lanes.setdefault(bare(job.group), (job.group, []))[1].append(job)
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
                    if self._state.is_untouched(job)
                ]
            )  # not into the journal: resuming sends them

    def _new_reading(self, group: str, *, blindly: bool = False) -> ReadBack:
        target = self._target
        known = self._session.known.setdefault(place_of(target, group), Known())
        watermark = None if blindly else self._state.watermark(group)
        return ReadBack(target, group, known, self._owner, self._state.ids_in(group), watermark)

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

    def _recover(self, reading: ReadBack, jobs: list[Job]) -> Flow[list[Job]]:
        """After a crash: settle what was under way then, before anything new is sent. Returns what is still to be sent."""
        unclear = [job for job in jobs if self._state.is_under_way(job)]
        if not unclear or self._target.done == "updated":  # an update is simply sent again
            return jobs
        self._state.reopen([job.index for job in unclear])
        why = "the run before this one was interrupted"
        blind = [job for job in unclear if self._state.is_blind(job)]
        missing: list[Job] = []
        if blind:
            missing += yield from self._settle(self._new_reading(reading.group, blindly=True), blind, why)
        if rest := [job for job in unclear if not self._state.is_blind(job)]:
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
        indexes = [job.index for job in jobs]
        yield from self._record(self._state.about_to_send(group, indexes, reading.watermark))
        call = target.write(group, [job.item for job in jobs])
        self._state.send(indexes)
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
                self._state.doubt(indexes, error.message)
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
        self._state.doubt([job.index for job in taken.left], taken.why)
        return taken

    def _unsend(self, indexes: list[int]) -> Flow[None]:
        """Take back that these are under way: they were certainly not executed."""
        self._state.unsend(indexes)
        try:
            yield from self._record({"unsent": indexes})
        except PinshopError as error:  # what is being told already matters more
            self._notice(error.message)

    # -------------------------------------------------------------------------------- reading back

    def _settle(self, reading: ReadBack, jobs: list[Job], why: str, named: Sequence[str] = ()) -> Flow[list[Job]]:
        """Decide by reading the group back. Settles what is decided; returns the items that certainly do not exist."""
        self._state.doubt([job.index for job in jobs], f"{why}; {INTERRUPTED}")
        if not self._read_back or (reading.forbidden and reading.watermark is None):
            yield from self._leave_unknown(jobs, why)
            return []
        siblings = Siblings(self._state.jobs_created_in(reading.group), self._state.jobs_open_in(reading.group, jobs))
        verdict = yield from reading.settle(self._session, jobs, siblings, self._settle_seconds, named)
        found = verdict.found
        if verdict.extra:
            self._state.found_more(verdict.extra)
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
            [Outcome(index=j.index, given=j.item, state="unknown", message=why, advice=self._state.look) for j in jobs]
        )

    def _settled(self, outcomes: list[Outcome[T]], reading: ReadBack | None = None) -> Flow[None]:
        """Keep what became of these items: in memory, then in the journal, then told."""
        if not outcomes:
            return
        created = [outcome.id for outcome in outcomes if outcome.id and outcome.state == "created"]
        if reading is not None:
            reading.claim(created)
        self._state.settle(outcomes)
        yield from self._record({"outcomes": [recorded(outcome) for outcome in outcomes]})
        self._tell(outcomes)

    def _mark(self, outcomes: list[Outcome[T]]) -> None:
        self._state.mark(outcomes)
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
