"""Rows of analytics answers and reports."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, repeat
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.counts import Planned, planned, together
from pinshop.emulator.delivery.items import Items, ItemSeries, ItemSet
from pinshop.emulator.delivery.market import PROCESSED, VIDEO, VIDEO_SECONDS
from pinshop.emulator.delivery.model import DAY, EPOCH, Query, Reporting, Subject
from pinshop.emulator.delivery.series import Series
from pinshop.emulator.delivery.sums import Users, summed
from pinshop.emulator.delivery.timeline import Question, known_until

AS_DESCRIBED = Reporting()

_CACHED = 320  # a request has at most 250 ids; 90 days of 30 columns take about 100 kB


@lru_cache(maxsize=64)
def _row_type(names: tuple[str, ...], dated: bool, zeros: bool, *ids: str) -> type[Struct]:
    """A row as a Struct, since that is made and encoded faster than a dict; what is 0 (or UNSET) is not encoded."""
    fields: list[Any] = [("DATE", str)] if dated else []
    fields.extend((name, str) for name in ids)
    fields.extend((name, Any, msgspec.UNSET if zeros else 0) for name in names)
    return msgspec.defstruct("Row", fields, omit_defaults=True, gc=False, frozen=True)


class _Layout(Struct):
    """The form of the rows of one question."""

    names: tuple[str, ...]
    dated: bool
    kind: type[Struct]


def _layout(query: Query, reporting: Reporting, *ids: str) -> _Layout:
    names = tuple(dict.fromkeys(name for name in query.columns if name not in ("DATE", *ids)))
    dated = query.granularity != "TOTAL"
    return _Layout(names, dated, _row_type(names, dated, reporting.zero_metrics == "zero", *ids))


class Reporter:
    """Makes rows, and keeps them for questions that can only have the same answer.

    Whoever owns it calls `clear` when anything but the time has changed.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        #: question -> subject id -> the rows, and what they depend on beside.
        self._made: dict[Any, dict[str, tuple[_Layout, Mapping[str, Any], list[Struct]]]] = {}
        self._lock = threading.Lock()

    def clear(self, seed: int) -> None:
        """Forget everything; from now on chance is that of this seed."""
        with self._lock:
            self._seed = seed
            self._made.clear()

    def rows(self, subjects: Iterable[Subject], query: Query, *, now: int, reporting: Reporting = AS_DESCRIBED) -> list[Struct]:
        """What the subjects earned, as rows of the analytics answer: ``{DATE, PRODUCT_GROUP_ID, …columns}``.

        Rows come by subject, then by date; columns in the order asked, each once; what has no value is absent. Unknown
        columns are absent too: refusing them is the caller's business. ``msgspec.json.encode`` writes the rows,
        ``msgspec.to_builtins`` makes them dicts.
        """
        layout, question = _layout(query, reporting, "PRODUCT_GROUP_ID"), Question(query, reporting, now)
        asked = list(filter(partial(_is_told, reporting), subjects))
        made = self._kept(asked, question, layout)
        for batch in together(planned(subject, question) for subject in asked if made[subject.id] is None):
            ids, attributes = [one.subject.id for one in batch], [_attributes_of(one.subject) for one in batch]
            each = _make_rows(Series(batch, question), layout, attributes, ids)
            made.update(zip(ids, each, strict=True))
            self._keep(batch, question, layout, each)
        return [*chain.from_iterable(filter(None, made.values()))]

    def _kept(self, subjects: Sequence[Subject], question: Question, layout: _Layout) -> dict[str, list[Struct] | None]:
        """The rows of each subject, or None where they were not made yet. They are frozen, so they may be given out again."""
        found: dict[str, list[Struct] | None] = {}
        with self._lock:
            known = self._made.get(question.key, {})
            for subject in subjects:
                kept = known.get(subject.id)
                found[subject.id] = kept[2] if kept is not None and kept[:2] == (layout, subject.attributes) else None
        return found

    def _keep(self, batch: Sequence[Planned], question: Question, layout: _Layout, each: Sequence[list[Struct]]) -> None:
        with self._lock:
            known = self._made.pop(question.key, {})  # put back as the newest
            for one, rows in zip(batch, each, strict=True):
                known[one.subject.id] = layout, one.subject.attributes, rows
            while len(known) > _CACHED:
                del known[next(iter(known))]
            self._made[question.key] = known
            while sum(map(len, self._made.values())) > _CACHED:
                del self._made[next(iter(self._made))]

    def item_rows(
        self,
        subject: Subject,
        sets: Sequence[ItemSet],
        attributes: Mapping[str, Mapping[str, Any]],
        query: Query,
        *,
        now: int,
        reporting: Reporting = AS_DESCRIBED,
    ) -> list[Struct]:
        """What each item of a promotion earned: ``{DATE, PRODUCT_GROUP_ID, PRODUCT_ITEM_ID, …columns}``.

        The items' counts and money add up to the promotion's row of the same date. ``attributes`` holds the values of the
        attribute columns by item id.
        """
        if not (subject.pieces or subject.stated) or not sets:
            return []
        layout = _layout(query, reporting, "PRODUCT_GROUP_ID", "PRODUCT_ITEM_ID")
        question = Question(query, reporting, now)
        items = Items(Series([planned(subject, question)], question), sets, self._seed)
        result: list[Struct] = []
        for item_id in dict.fromkeys(item_id for one in sets for item_id, _ in one.items):
            values = {**_attributes_of(subject), **attributes.get(item_id, {})}
            (rows,) = _make_rows(ItemSeries(items, item_id), layout, [values], [subject.id], [item_id])
            result += rows
        return result

    def sum_rows(
        self,
        groups: Iterable[tuple[str, Mapping[str, Any], Iterable[Subject]]],
        key: str,
        query: Query,
        *,
        now: int,
        reporting: Reporting = AS_DESCRIBED,
        users: Users = "deduplicated",
    ) -> list[Struct]:
        """What promotions earned together: ``{DATE, <key>, …columns}`` for each (id, attributes, promotions)."""
        layout, question = _layout(query, reporting, key), Question(query, reporting, now)
        result: list[Struct] = []
        for one, attributes, subjects in groups:
            plans = (planned(subject, question) for subject in subjects if _is_told(reporting, subject))
            sums = summed((Series(batch, question) for batch in together(plans)), question, users)
            (rows,) = _make_rows(sums, layout, [attributes], [one])
            result += rows
        return result


def _is_told(reporting: Reporting, subject: Subject) -> bool:
    """Whether there are rows of a subject, as far as can be told without its plan."""
    return bool(subject.pieces or subject.stated) or reporting.empty_rows == "zero"


def _attributes_of(subject: Subject) -> Mapping[str, Any]:
    if subject.pieces and subject.pieces[-1][2].creative_type in VIDEO:
        return {"VIDEO_LENGTH": VIDEO_SECONDS * 1000, **subject.attributes}
    return subject.attributes


def _make_rows(
    series: Series, layout: _Layout, attributes: Sequence[Mapping[str, Any]], *ids: Sequence[str]
) -> list[list[Struct]]:
    """The rows of each subject: a date (if any), the ids and the columns, without those where nothing happened.

    ``attributes`` has those of each subject, and each of ``ids`` one id of each.
    """
    count, size = len(series.dates), len(series.dates) // len(attributes)
    columns: list[Iterable[Any]] = []
    metrics: list[Sequence[Any]] = []
    for name in layout.names:
        column = COLUMNS.get(name)
        if (column is not None and column.attribute) or any(name in one for one in attributes):
            columns.append(_for_each([one.get(name, msgspec.UNSET) for one in attributes], size))
        elif (values := series.column(name)) is None:
            columns.append(repeat(msgspec.UNSET, count))
        else:
            columns.append(series.told(name, values))
            metrics.append(values)
    lead: list[Iterable[Any]] = [series.dates] if layout.dated else []
    made = list(map(layout.kind, *lead, *(_for_each(one, size) for one in ids), *columns))
    rows = [made[start : start + size] for start in range(0, count, size)] if size else [[] for _ in attributes]
    if series.question.reporting.empty_rows != "zero":
        for place in reversed(_without_events(metrics or [series.column("IMPRESSION_1") or [0] * count])):
            del rows[place // size][place % size]
    return rows


def _for_each(values: Sequence[Any], size: int) -> Iterable[Any]:
    """Each value as often as a subject has rows."""
    return chain.from_iterable([repeat(value, size) for value in values])


def _without_events(metrics: Sequence[Sequence[Any]]) -> list[int]:
    """The places in which all of these columns are 0."""
    found: Iterable[int] = range(len(metrics[0]))
    for column in metrics:
        found = [place for place in found if not column[place]]
    return list(found)


def ready(date: datetime.date, *, now: int, reporting: Reporting = AS_DESCRIBED) -> tuple[bool, bool]:
    """Whether conversion and other metrics of a UTC day are final (``resources/metrics_ready_state``)."""
    end = (date.toordinal() - EPOCH + 1) * DAY
    delivered = end <= known_until(reporting, now)
    processed = now // DAY - (end // DAY - 1) >= len(PROCESSED) - 1
    return delivered and (processed or not reporting.conversion_delay), delivered
