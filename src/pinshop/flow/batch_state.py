"""What is known of the items of a batch at any moment: settled, under way, or not yet sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from pinshop.api import models
from pinshop.flow.matching import BatchTarget, Job
from pinshop.flow.outcomes import BatchResult, Outcome

T = TypeVar("T")

INTERRUPTED = "interrupted while it was being sent"


class BatchState(Generic[T]):
    """Every item is in one of two places or in none of them: settled, under way, or neither sent nor settled.

    The groups of a batch change it from threads of their own, and an interruption may read it at any line: so what is about
    to be sent is under way before it is sent, and what becomes known is settled before it ceases to be under way.
    """

    def __init__(self, target: BatchTarget, jobs: Sequence[Job]) -> None:
        self._target = target
        self._jobs = jobs
        self.look = f"look into the {target.place} before sending it again"
        self._outcomes: dict[int, Outcome[T]] = {}
        #: Items that may be executed at this moment, or were and nobody knows yet, and why.
        self._under_way: dict[int, str] = {}
        self._extra: dict[str, T] = {}
        #: What a journal knows: the newest id of a group before the first create that was sent with such a number.
        self._watermarks: dict[str, int | None] = {}
        #: Groups where something was sent before a newest id was known, and the items of them that may still be open. A
        #: newest id that was noted later says nothing about these.
        self._sent_blindly: set[str] = set()
        self._blind: set[int] = set()

    # ---------------------------------------------------------------------------------- questions

    def is_open(self, job: Job) -> bool:
        """Whether something is to be done about it: nothing is known, or it may have been executed."""
        return job.index not in self._outcomes or job.index in self._under_way

    def is_untouched(self, job: Job) -> bool:
        """Whether it was certainly not sent, and nothing else is known of it."""
        return job.index not in self._outcomes and job.index not in self._under_way

    def is_under_way(self, job: Job) -> bool:
        return job.index in self._under_way

    def is_blind(self, job: Job) -> bool:
        """Whether it was sent before a newest id was known."""
        return job.index in self._blind

    def watermark(self, group: str) -> int | None:
        return self._watermarks.get(bare(group))

    def ids_in(self, group: str) -> set[str]:
        # A copy: the lanes of other groups add to it from their threads.
        return {o.id for o in list(self._outcomes.values()) if o.id and self._is_in(o.index, group)}

    def jobs_created_in(self, group: str) -> list[Job]:
        outcomes = list(self._outcomes.values())
        return [self._jobs[o.index] for o in outcomes if o.state == "created" and self._is_in(o.index, group)]

    def jobs_open_in(self, group: str, but: Sequence[Job]) -> list[Job]:
        """Those of a group that may exist without our knowing, except these."""
        indexes = set(self._under_way) | {o.index for o in list(self._outcomes.values()) if o.state == "unknown"}
        indexes -= {job.index for job in but}
        return [self._jobs[index] for index in sorted(indexes) if self._is_in(index, group)]

    def _is_in(self, index: int, group: str) -> bool:
        return bare(self._jobs[index].group) == bare(group)

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
            return Outcome(index=job.index, given=job.item, state="unknown", message=why, advice=self.look)
        return Outcome(index=job.index, given=job.item, state="failed", message="not sent", advice="send it again")

    # ------------------------------------------------------------------------------------ changes

    def about_to_send(self, group: str, indexes: list[int], watermark: int | None) -> dict[str, Any]:
        """What a journal has to hold before these are sent; `send` follows when it does."""
        known = str(watermark) if watermark is not None else None
        record: dict[str, Any] = {"sending": indexes, "group": group, "watermark": known}
        if known is None:
            self._sent_blindly.add(bare(group))
        elif bare(group) in self._sent_blindly:
            record["late"] = True
        return record

    def send(self, indexes: list[int]) -> None:
        """From here on they may be executed."""
        self.doubt(indexes, INTERRUPTED)
        self.reopen(indexes)  # an unknown one of a run before this

    def doubt(self, indexes: Iterable[int], why: str) -> None:
        """They may have been executed, and this is why nobody knows."""
        self._under_way.update(dict.fromkeys(indexes, why))

    def unsend(self, indexes: Iterable[int]) -> None:
        """They were certainly not executed."""
        for index in indexes:
            self._under_way.pop(index, None)

    def reopen(self, indexes: Iterable[int]) -> None:
        """What was known of them is in question again."""
        for index in indexes:
            self._outcomes.pop(index, None)

    def settle(self, outcomes: Sequence[Outcome[T]]) -> None:
        """This is what became of them."""
        self.mark(outcomes)
        self.unsend([outcome.index for outcome in outcomes])

    def mark(self, outcomes: Sequence[Outcome[T]]) -> None:
        """As `settle`, for items of which none is under way."""
        self._outcomes.update((outcome.index, outcome) for outcome in outcomes)

    def found_more(self, rows: Iterable[Any]) -> None:
        """These exist, and nobody asked for them."""
        self._extra.update((row.id, row) for row in rows)

    def remember(self, records: Iterable[Mapping[str, Any]], *, damaged: bool = False) -> None:
        """Take over what an earlier run wrote to its journal.

        ``damaged``: records are missing. What they said is not known, so every item without an outcome counts as under way.
        """
        sent: set[int] = set()
        for record in records:
            self.settle([self._read(known) for known in record.get("outcomes", ())])
            if "sending" in record:
                group, watermark = bare(record.get("group", "")), record.get("watermark")
                if watermark is not None:
                    self._watermarks.setdefault(group, int(watermark))
                if watermark is None or record.get("late"):
                    self._sent_blindly.add(group)
                sending = record["sending"]
                self.reopen(sending)
                self.doubt(sending, "the run before this one was interrupted")
                sent.update(sending)
                if watermark is None:
                    self._blind.update(sending)
            if "unsent" in record:
                self.unsend(record["unsent"])
                self._blind.difference_update(record["unsent"])
        for index, outcome in self._outcomes.items():
            if outcome.state == "unknown":
                self._under_way[index] = outcome.message or "the run before this one could not settle it"
        if damaged:
            for job in self._jobs:
                if job.index not in self._outcomes:
                    self._under_way.setdefault(job.index, "the journal is damaged, and what it said of this item is lost")
                if job.index not in sent and bare(job.group) in self._sent_blindly:
                    self._blind.add(job.index)

    def _read(self, known: Mapping[str, Any]) -> Outcome[T]:
        index, entity = known["index"], known.get("entity")
        return Outcome(
            index=index,
            given=self._jobs[index].item,
            state=known["state"],
            entity=models.convert(entity, self._target.model) if entity is not None else None,
            code=known.get("code"),
            message=known.get("message"),
            advice=known.get("advice"),
        )


def bare(group: str) -> str:
    """The id of a group in one spelling: bodies may write it with AG in front."""
    return group.removeprefix("AG")


def recorded(outcome: Outcome[Any]) -> dict[str, Any]:
    """An outcome as a journal keeps it; `BatchState.remember` reads it."""
    record = {"index": outcome.index, "state": outcome.state}
    for name in ("entity", "code", "message", "advice"):
        if (value := getattr(outcome, name)) is not None:
            record[name] = msgspec.to_builtins(value)
    return record
