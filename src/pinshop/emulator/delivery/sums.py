"""What several promotions earned together: their counts and money added up, ratios made of the sums.

Source of the levels: ``level`` of ``AdsAnalyticsCreateAsyncRequest`` in Pinterest's descriptions 5.6.0 to 5.23.0.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from msgspec import UNSET

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.series import Series, reached, summands, types_with, watch_time
from pinshop.emulator.delivery.timeline import Question

#: How people are counted that several promotions reached.
Users: TypeAlias = Literal["deduplicated", "sum", "absent"]

_WATCH_TIME = tuple(
    f"TOTAL_VIDEO_{part}" for part in ("P0_COMBINED", "P25_COMBINED", "P50_COMBINED", "P75_COMBINED", "P100_COMPLETE")
)

_PEOPLE, _VIDEO_SPEND = "TOTAL_IMPRESSION_USER", "VIDEO_SPEND_IN_DOLLAR"


@lru_cache(maxsize=512)
def parts_of(name: str) -> frozenset[str]:
    """The columns that must be added up so that a column can be told."""
    column, parts = COLUMNS.get(name), summands(name)
    if not parts and column is not None and column.ratio is not None:
        parts = column.ratio.over + column.ratio.under
    if parts:
        return frozenset().union(*map(parts_of, parts))
    if name == "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND":
        return frozenset().union(*map(parts_of, _WATCH_TIME))
    if name == _PEOPLE:
        return parts_of("TOTAL_IMPRESSION") | {name}
    return frozenset((name,))


class Sums(Series):
    """The columns of several series of one question together. Series are added one after the other, and not kept."""

    def __init__(self, question: Question, users: Users) -> None:
        # None of what a series computes from plans: only its columns are asked for.
        self.question = question
        self._users = users
        self._leaves = frozenset().union(*map(parts_of, question.query.columns)) or parts_of("IMPRESSION_1")
        self._leaves |= parts_of("IMPRESSION_1")
        self._dates: dict[Hashable, str] = {}
        self._added: dict[str, dict[Hashable, int]] = {}
        #: Of every bucket: the impressions of each reporting day, and the largest audience that was shown some of them.
        self._seen: dict[Hashable, dict[int, tuple[int, int]]] = {}
        #: The most people that one of them reached, by bucket.
        self._reached: dict[Hashable, int] = {}
        types = {types_with(name) for name in question.query.columns} if question.reporting.zero_metrics == "zero" else set()
        #: Of metrics that only some creative types have: the buckets in which one of them had it.
        self._had: dict[frozenset[str], set[Hashable]] = {each: set() for each in types if each is not None}
        self._columns: dict[str, Sequence[Any] | None] = {}

    def add(self, series: Series) -> None:
        """More promotions."""
        buckets: Sequence[Hashable] = series.timeline.slots if self.question.hourly else series.dates
        self._dates.update(zip(buckets, series.dates, strict=True))
        for name in self._leaves:
            values = series.video_spend() if name == _VIDEO_SPEND and series.column(name) is not None else series.column(name)
            if values is None:
                continue
            sums = self._added.setdefault(name, {})
            for bucket, value in zip(buckets, values, strict=True):
                if value:
                    sums[bucket] = sums.get(bucket, 0) + value
        for types, had in self._had.items():
            if not types.isdisjoint(series.batch[0].creative_types):
                had.update(bucket for bucket, there in zip(buckets, series.had(types), strict=True) if there)
        if _PEOPLE in self._leaves:
            self._add_people(series, buckets)

    def _add_people(self, series: Series, buckets: Sequence[Hashable]) -> None:
        for bucket, people in zip(buckets, series.column(_PEOPLE) or (), strict=True):
            self._reached[bucket] = max(self._reached.get(bucket, 0), people)
        timeline = series.timeline
        places = range(len(buckets)) if timeline.bucket_of_slot is None else timeline.bucket_of_slot
        for slot, place, audiences in zip(timeline.slots, places, series.audiences(), strict=True):
            seen = self._seen.setdefault(buckets[place], {})
            many, largest = seen.get(slot, (0, 1))
            seen[slot] = many + sum(audiences.values()), max(largest, *audiences) if audiences else largest

    def finish(self) -> Sums:
        """All are added."""
        self._buckets_in_order = sorted(self._dates)  # type: ignore[type-var]
        self.dates = [self._dates[bucket] for bucket in self._buckets_in_order]
        return self

    def told(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """The values as they are told: nothing where none of the promotions was of a creative type that has the metric."""
        had = self._had.get(types_with(name) or frozenset())
        if had is None:
            return values
        each = zip(values, self._buckets_in_order, strict=True)
        return [value if value or bucket in had else UNSET for value, bucket in each]

    def _make(self, name: str) -> Sequence[Any] | None:
        if name == "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND":
            return None if self.column("TOTAL_VIDEO_P0_COMBINED") is None else watch_time(self)
        if parts := summands(name):
            return self.sum(parts)
        column = COLUMNS.get(name)
        if column is not None and column.ratio is not None:
            return self.quotient(name, column.ratio)
        added = self._added.get(name)
        if added is None:
            return None
        values = [added.get(bucket, 0) for bucket in self._buckets_in_order]
        if name == _VIDEO_SPEND:
            return [micro and micro / 1_000_000 for micro in values]
        if column is None or column.kind != "users" or self._users == "sum":
            return values
        if self._users == "absent":
            return None
        return self._deduplicated(values) if name == _PEOPLE else values

    def _deduplicated(self, summed: list[int]) -> list[int]:
        """People, each once: among all impressions those of the largest audience; no fewer than one promotion reached."""
        found = []
        for bucket, most in zip(self._buckets_in_order, summed, strict=True):
            audiences: dict[int, int] = {}
            for many, largest in self._seen.get(bucket, {}).values():
                audiences[largest] = audiences.get(largest, 0) + many
            found.append(max(self._reached.get(bucket, 0), min(most, reached(audiences))))
        return found


def summed(series: Iterable[Series], question: Question, users: Users) -> Sums:
    """The sums of what each series tells."""
    sums = Sums(question, users)
    for one in series:
        sums.add(one)
    return sums.finish()


#: The levels above promotions, and the column of a row's id.
LEVELS: Mapping[str, str] = {"AD_GROUP": "AD_GROUP_ID", "CAMPAIGN": "CAMPAIGN_ID", "ADVERTISER": "AD_ACCOUNT_ID"}

#: What the columns that tell of an entity begin with, from the ad account downwards.
_TELLS = {
    "ADVERTISER": ("AD_ACCOUNT_", "ADVERTISER_"),
    "CAMPAIGN": ("CAMPAIGN_", "ORDER_LINE_", "IS_PREMIERE_CAMPAIGN"),
    "AD_GROUP": ("AD_GROUP_",),
}


def is_told(name: str, level: str) -> bool:
    """Whether rows of a level tell a column that is not a metric: those of an entity and of what it belongs to."""
    above = list(_TELLS)[: list(_TELLS).index(level) + 1]
    return any(name.startswith(_TELLS[one]) for one in above)
