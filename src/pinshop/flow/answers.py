"""What an answer to a batch says about every item, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from msgspec import Struct, structs

from pinshop.api import models
from pinshop.errors import advice_for
from pinshop.flow.matching import BatchTarget, Job, alike, contradicts, elsewhere, match, number_of, with_text_id
from pinshop.flow.outcomes import Outcome
from pinshop.flow.refusals import is_own_fault


class Taken(Struct):
    """What an answer settles, and what it leaves open."""

    outcomes: list[Outcome[Any]]
    #: Items that it says nothing sure about, and why.
    left: list[Job]
    why: str = ""
    #: Ids that it names, where it is not believed.
    named: list[str] = []
    #: index -> the words of a refusal that came together with data.
    reasons: dict[int, Outcome[Any]] = {}


def read_created(
    target: BatchTarget,
    group: str,
    jobs: Sequence[Job],
    entries: Sequence[models.BatchItem],
    newest: int | None,
    claimed: Container[str],
) -> Taken:
    """Put the entries of a create's answer to their items.

    Ids that an answer names exist, whatever stands beside them and in whatever order. But an answer that contradicts what is
    known is another request's (a proxy's cache, a connection out of step), and nothing of it is believed.

    Args:
        target: what is written.
        group: where.
        jobs: the items, in the order sent.
        entries: the entries of the answer.
        newest: the newest id known before; new ones are higher. None: not known.
        claimed: ids that exist already.
    """
    shown = [with_text_id(entry.data) for entry in entries]
    rows = [row if number_of(row) is not None else None for row in shown]
    named = [row.id for row in rows if row is not None]

    def not_believed(why: str) -> Taken:
        return Taken([], list(jobs), why, named)

    if len(entries) != len(jobs):
        return not_believed(f"the answer has {len(entries)} entries for {len(jobs)} items")
    if len(set(named)) < len(named):
        return not_believed("the answer names one id for two items")
    if any(one in claimed for one in named):
        return not_believed("the answer names what was created before")
    if newest is not None and any(int(one) <= newest for one in named):
        return not_believed("the answer names an id that is not new")
    if any(row is not None and elsewhere(target, group, row) for row in rows):
        return not_believed(f"the answer is about another {target.place}")
    if any(row is not None and _misplaced(target, job, row, jobs) for job, row in zip(jobs, rows, strict=True)):
        return _reordered(target, jobs, [row for row in rows if row is not None], named)
    taken = Taken([], [], "the answer says neither yes nor no")
    for job, entry, row in zip(jobs, entries, rows, strict=True):
        if row is not None:
            words = _words(entry) if entry.exceptions else None
            taken.outcomes.append(Outcome(index=job.index, given=job.item, state="created", entity=row, message=words))
        elif entry.exceptions and not _own_fault(entry) and not _names_something(entry.data):
            taken.outcomes.append(_failed(job, entry))
        else:
            taken.left.append(job)
    return taken


def _misplaced(target: BatchTarget, job: Job, row: Any, jobs: Sequence[Job]) -> bool:
    """Whether an entry is another item's than the one at its place. Nobody promises the order of an answer."""
    # A server may store something in other words than were sent; that alone does not make it another item.
    return contradicts(target, job, row) or (
        not alike(target, job, row) and any(alike(target, other, row) for other in jobs if other is not job)
    )


def _reordered(target: BatchTarget, jobs: Sequence[Job], rows: list[Any], named: list[str]) -> Taken:
    """An answer in another order: each row is told by its content, or the answer is about something else."""
    found = match(target, jobs, rows)
    if len(found) < len(rows):
        return Taken([], list(jobs), "the answer is about other items than were sent", named)
    outcomes: list[Outcome[Any]] = [
        Outcome(index=job.index, given=job.item, state="created", entity=found[job.index]) for job in jobs if job.index in found
    ]
    left = [job for job in jobs if job.index not in found]
    return Taken(outcomes, left, "the answer is not in the order of the request, so its refusals cannot be told apart")


def read_updated(target: BatchTarget, jobs: Sequence[Job], entries: Sequence[models.BatchItem]) -> Taken:
    """Put the entries of an update's answer to their items, by their ids. What is not plainly said is left to be compared."""
    if len(entries) != len(jobs):
        return Taken([], list(jobs), f"the answer has {len(entries)} entries for {len(jobs)} items")
    entries = [structs.replace(entry, data=with_text_id(entry.data)) for entry in entries]
    shown = [getattr(entry.data, "id", None) if entry.data is not None else None for entry in entries]
    expected = [job.item["id"] for job in jobs]
    if any(one is not None and one != job_id for one, job_id in zip(shown, expected, strict=True)):
        if sorted(map(str, shown)) != sorted(expected):
            return Taken([], list(jobs), "the answer is about other items than were sent")
        by_id = dict(zip(shown, entries, strict=True))
        entries = [by_id[job_id] for job_id in expected]
    taken = Taken([], [], "the answer says neither yes nor no", reasons={})
    for job, entry in zip(jobs, entries, strict=True):
        if entry.exceptions:
            if entry.data is None and not _own_fault(entry):
                taken.outcomes.append(_failed(job, entry))
                continue
            taken.reasons[job.index] = _failed(job, entry)  # it was executed, or this is an echo
            taken.left.append(job)
        elif entry.data is not None and entry.data.id == job.item["id"] and not contradicts(target, job, entry.data):
            taken.outcomes.append(Outcome(index=job.index, given=job.item, state="updated", entity=entry.data))
        else:
            taken.left.append(job)
    return taken


def _failed(job: Job, entry: models.BatchItem) -> Outcome[Any]:
    code = _code(entry.exceptions[0])
    return Outcome(
        index=job.index, given=job.item, state="failed", code=code, message=_words(entry), advice=advice_for(200, code)
    )


def _own_fault(entry: models.BatchItem) -> bool:
    return any(is_own_fault(_code(one), _text(one.message)) for one in entry.exceptions)


def _names_something(data: Any) -> bool:
    """Whether a row has an id, though none that can be read."""
    value = getattr(data, "id", None)
    return isinstance(value, str | int) and bool(value)


def _code(exception: Any) -> int | None:
    code = exception.code
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(entry: models.BatchItem) -> str:
    return "; ".join(_text(one.message) or f"code {_code(one)}" for one in entry.exceptions)
