"""Rows of analytics answers and reports."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.columns import COLUMNS
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
    """Makes rows, and keeps what it computed for questions that can only have the same answer.

    Whoever owns it calls `clear` when anything but the time has changed.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._series: dict[Any, Series] = {}
        self._lock = threading.Lock()

    def clear(self, seed: int) -> None:
        """Forget everything; from now on chance is that of this seed."""
        with self._lock:
            self._seed = seed
            self._series.clear()

    def rows(self, subjects: Iterable[Subject], query: Query, *, now: int, reporting: Reporting = AS_DESCRIBED) -> list[Struct]:
        """What the subjects earned, as rows of the analytics answer: ``{DATE, PRODUCT_GROUP_ID, …columns}``.

        Rows come by subject, then by date; columns in the order asked, each once; what has no value is absent. Unknown
        columns are absent too: refusing them is the caller's business. ``msgspec.json.encode`` writes the rows,
        ``msgspec.to_builtins`` makes them dicts.
        """
        layout, question = _layout(query, reporting, "PRODUCT_GROUP_ID"), Question(query, reporting, now)
        result: list[Struct] = []
        for subject in subjects:
            if subject.pieces or subject.stated or reporting.empty_rows == "zero":
                series = self._of(subject, question)
                result += _rows_of(series, layout, subject.attributes, subject.id)
                series.forget()
        return result

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
        items = Items(self._of(subject, Question(query, reporting, now)), sets, self._seed)
        result: list[Struct] = []
        for item_id in dict.fromkeys(item_id for one in sets for item_id, _ in one.items):
            values = {**subject.attributes, **attributes.get(item_id, {})}
            result += _rows_of(ItemSeries(items, item_id), layout, values, subject.id, item_id)
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
            live = (subject for subject in subjects if subject.pieces or subject.stated or reporting.empty_rows == "zero")
            sums = summed((self._of(subject, question) for subject in live), question, users)
            result += _make_rows(sums, layout, attributes, (one,))
        return result

    def _of(self, subject: Subject, question: Question) -> Series:
        """The series of a subject: the same one for every question that can only have the same answer."""
        key = (subject.id, question.key)
        with self._lock:
            series = self._series.pop(key, None)  # put back as the newest
        if series is None:
            series = Series(subject, question, lambda earlier: self._of(subject, question.instead(earlier)))
        with self._lock:
            while len(self._series) >= _CACHED:
                del self._series[next(iter(self._series))]
            self._series[key] = series
        return series


def _rows_of(series: Series, layout: _Layout, attributes: Mapping[str, Any], *ids: str) -> list[Struct]:
    """The rows: a date (if any), the ids and the columns, without those where nothing happened.

    Asked again for the same, the same rows: they are frozen.
    """
    asked = (layout.kind, ids, attributes)
    if series.made is None or series.made[0] != asked:
        series.made = (asked, _make_rows(series, layout, attributes, ids))
    return series.made[1]


def _make_rows(series: Series, layout: _Layout, attributes: Mapping[str, Any], ids: tuple[str, ...]) -> list[Struct]:
    count = len(series.dates)
    columns: list[Iterable[Any]] = []
    metrics: list[Sequence[Any]] = []
    for name in layout.names:
        column = COLUMNS.get(name)
        if name in attributes or (column is not None and column.attribute):
            value = attributes.get(name)
            if (
                value is None
                and name == "VIDEO_LENGTH"
                and series.subject.pieces[-1:]
                and series.subject.pieces[-1][2].creative_type in VIDEO
            ):
                value = VIDEO_SECONDS * 1000
            columns.append(repeat(msgspec.UNSET if value is None else value, count))
        else:
            values = series.column(name)
            if values is None:
                columns.append(repeat(msgspec.UNSET, count))
            else:
                columns.append(series.told(name, values))
                metrics.append(values)
    lead: list[Iterable[Any]] = [series.dates] if layout.dated else []
    made = list(map(layout.kind, *lead, *(repeat(one, count) for one in ids), *columns))
    if series.question.reporting.empty_rows == "zero":
        return made
    if not metrics:
        metrics = [series.column("IMPRESSION_1") or ()]
    if any(map(all, metrics)):
        return made  # one column without any zero: no row is all zero
    return [row for row, some in zip(made, map(any, zip(*metrics, strict=True)), strict=True) if some]


def ready(date: datetime.date, *, now: int, reporting: Reporting = AS_DESCRIBED) -> tuple[bool, bool]:
    """Whether conversion and other metrics of a UTC day are final (``resources/metrics_ready_state``)."""
    end = (date.toordinal() - EPOCH + 1) * DAY
    delivered = end <= known_until(reporting, now)
    processed = now // DAY - (end // DAY - 1) >= len(PROCESSED) - 1
    return delivered and (processed or not reporting.conversion_delay), delivered
