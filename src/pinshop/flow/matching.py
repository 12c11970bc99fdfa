"""Which stored row is which item that was sent: equal fields, and pairs one to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import UNSET, Struct, structs

from pinshop.api.checks import is_digits
from pinshop.api.operations import Call, Operation


class BatchTarget(Struct, frozen=True, kw_only=True):
    """What the engine must know about what it writes. Requests of one *group* go one after the other."""

    operation: Operation
    done: Literal["created", "updated"]
    model: Any
    #: What a group is called in messages.
    place: str = "ad group"
    #: The field of a row that names its group, where it has one.
    parent: str | None = None
    #: Fields the server may store otherwise than sent, so that they do not help to recognise an item.
    derived: frozenset[str] = frozenset()
    #: Fields that no server stores otherwise: a row with another value is another item.
    firm: frozenset[str] = frozenset()
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


def number_of(row: Any) -> int | None:
    """The id of a row as a number; None for a row that cannot be identified so. Higher ids are newer."""
    value = getattr(row, "id", None)
    if isinstance(value, str) and is_digits(value, 39) and not value.startswith("0"):
        return int(value)  # a zero in front would be a second spelling of an id
    return None


def with_text_id(row: Any) -> Any:
    """The row with its id as text, where a server wrote a JSON number."""
    value = getattr(row, "id", None)
    if isinstance(value, int) and not isinstance(value, bool):
        return structs.replace(row, id=str(value))
    return row


def alike(target: BatchTarget, job: Job, row: Any) -> bool:
    """Whether a row can be this item: every field that was sent and that the row carries is equal."""
    for name, sent in job.item.items():
        if name == "id" or name in target.derived:
            continue
        stored = getattr(row, name, UNSET)
        if stored is not UNSET and stored != sent:
            return False
    return True


def contradicts(target: BatchTarget, job: Job, row: Any) -> bool:
    """Whether a row certainly is not this item: a field that no server stores otherwise has another value."""
    return any(
        stored is not UNSET and stored != job.item[name]
        for name in target.firm
        if name in job.item and (stored := getattr(row, name, UNSET)) is not None
    )


def elsewhere(target: BatchTarget, group: str, row: Any) -> bool:
    """Whether a row says that it belongs to another group."""
    parent = getattr(row, target.parent, None) if target.parent else None
    return isinstance(parent, str) and bool(parent) and parent.removeprefix("AG") != group.removeprefix("AG")


def holds(row: Any, item: Mapping[str, Any]) -> bool:
    """Whether a row certainly has every value of an update. A field the row does not show proves nothing."""
    return all(getattr(row, name, UNSET) == sent for name, sent in item.items())


def lacks(row: Any, item: Mapping[str, Any]) -> bool:
    """Whether a row certainly has no value of an update."""
    shown = [
        (stored, sent) for name, sent in item.items() if name != "id" and (stored := getattr(row, name, UNSET)) is not UNSET
    ]
    return len(shown) == len(item) - 1 and all(stored != sent for stored, sent in shown)


def match(target: BatchTarget, jobs: Sequence[Job], rows: Sequence[Any]) -> dict[int, Any]:
    """Pair items with rows, as many as possible, one to one; of equal rows the earlier ones are taken."""
    fits = {job.index: [n for n, row in enumerate(rows) if alike(target, job, row)] for job in jobs}
    row_of: dict[int, int] = {}
    job_of: dict[int, int] = {}
    for job in jobs:
        _pair(job.index, fits, row_of, job_of)
    return {index: rows[n] for index, n in row_of.items()}


def _pair(start: int, fits: Mapping[int, list[int]], row_of: dict[int, int], job_of: dict[int, int]) -> None:
    """Find a row for one more item, moving others to another of their rows where that is needed (an augmenting path)."""
    reached_by: dict[int, int] = {}
    queue = [start]
    for index in queue:
        for n in fits[index]:
            if n in reached_by:
                continue
            reached_by[n] = index
            if n in job_of:
                queue.append(job_of[n])
                continue
            free: int | None = n
            while free is not None:
                mover = reached_by[free]
                job_of[free] = mover
                row_of[mover], free = free, row_of.get(mover)
            return


def place_of(target: BatchTarget, group: str) -> str:
    """A name for a group that no other group of the same base URL has."""
    return target.newest(group, 1, None).target if target.newest is not None else group


class Known(Struct):
    """What this client created in one place: it exists, whatever a list or an answer says."""

    newest: int = 0
    #: id -> whose it is: the batch, or the journal that a batch goes on with.
    owners: dict[str, str] = {}

    def add(self, ids: Iterable[str], owner: str) -> None:
        for one in ids:
            self.owners[one] = owner
            self.newest = max(self.newest, int(one))
        if len(self.owners) > 60_000:  # lower ids than the newest are not believed anyway
            for one in list(self.owners)[:10_000]:  # a copy: other threads add to it
                self.owners.pop(one, None)
