"""The metrics of promotions over one range, column by column: sums, ratios, conversions and what they are worth."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import compress
from typing import Any

import msgspec

from pinshop.api.columns import COLUMNS, Ratio
from pinshop.emulator.delivery.counts import Counts, Planned, planned
from pinshop.emulator.delivery.market import (
    ATTRIBUTED_TO,
    ATTRIBUTIONS,
    CHILDREN,
    COLLECTION,
    CONVERSIONS,
    PROCESSED,
    SUMS,
    VIDEO,
    VIDEO_SECONDS,
    delays,
)
from pinshop.emulator.delivery.model import DAY, terms_at
from pinshop.emulator.delivery.packed import Packed, at, halved, pack, scaled, unpack
from pinshop.emulator.delivery.terms import ONE, Terms
from pinshop.emulator.delivery.timeline import Question

#: Conversions that a stated checkout brings along.
_STATED = ("PAGE_VISIT", "ADD_TO_CART", "CHECKOUT")


_VALUE = "_VALUE_IN_MICRO_DOLLAR"


@lru_cache(maxsize=512)
def types_with(name: str) -> frozenset[str] | None:
    """The creative types that have a metric; None: all."""
    return VIDEO if "VIDEO" in name else COLLECTION if "COLLECTION" in name else None


@lru_cache(maxsize=512)
def summands(name: str) -> tuple[str, ...]:
    """The columns that make up one that is a sum; none for others."""
    column = COLUMNS.get(name)
    return SUMS.get(name) or (column.sum_of if column is not None else ())


class Series(Counts):
    """The metrics of subjects of one form over one range, column by column, each computed when first asked for.

    A column has the values of all rows, subject after subject.
    """

    def __init__(self, batch: Sequence[Planned], question: Question) -> None:
        super().__init__(batch, question)
        self._columns: dict[str, Sequence[Any] | None] = {}
        self._earlier: dict[tuple[int, Question], Series] = {}

    @cached_property
    def known(self) -> list[list[tuple[int, Terms]]]:
        """The terms of each subject, see `Subject.terms`."""
        return [one.subject.terms() for one in self.batch]

    # ---- conversions, by reporting day

    def converted(self, stem: str, by: int) -> Packed:
        """Conversions of every reporting day, as known now."""
        key = f"{stem} {by}"
        values = self._slot.get(key)
        if values is None:
            question = self.question
            if by == 1 and not question.reporting.engagement_attribution:
                values = 0
            elif question.by_conversion_day:
                values = pack(self._on_day_of_conversion(stem, by))
            else:
                values = self._on_day_of_action(stem, by)
            if by == 0 and stem in _STATED and self.subject.stated:
                values += pack(self._stated("checkouts"))
            self._slot[key] = values
        return values

    def _stated(self, what: str) -> list[int]:
        """What is stated of conversions, by reporting day; a UTC day counts to the one that its noon lies in."""
        values = dict.fromkeys(self.timeline.slots, 0)
        for day, one in self.subject.stated.items():
            slot = (day * DAY + DAY // 2 + self.question.query.utc_offset_seconds) // DAY
            if one.checkouts is not None and slot in values:
                values[slot] += getattr(one, what)
        return list(values.values())

    def _window(self, by: int) -> int:
        query = self.question.query
        return (query.click_window_days, query.engagement_window_days, query.view_window_days)[by]

    def weighted_actions(self, stem: str, by: int) -> Packed:
        """Clicks, close-ups or impressions of every reporting day, each times its share of conversions in 1/65536."""
        part = CONVERSIONS[stem][by]
        told = {day for day, one in self.subject.stated.items() if one.checkouts is not None}
        weights = self.weighted(ATTRIBUTED_TO[by], lambda met: min(ONE - 1, met.checkout_share * part >> 16), without=told)
        return halved(weights, 6, len(self.timeline.slots)) if by == 2 else weights

    def slot_chances(self, channel: int) -> Packed:
        """A day's chance, for every reporting day."""
        return self.chances(channel, self.timeline.day_of_slot)

    def _on_day_of_action(self, stem: str, by: int) -> Packed:
        # One random number for all windows and ages: wider or later only adds.
        parts = self.timeline.reported(by, self._window(by))
        return halved(scaled(self.weighted_actions(stem, by), parts) + self.slot_chances(5 + by), 16, len(parts))

    def _on_day_of_conversion(self, stem: str, by: int) -> list[int]:
        question = self.question
        earlier = question.instead(
            msgspec.structs.replace(
                question.query,
                start_date=question.query.start_date - datetime.timedelta(days=self._window(by)),
                conversion_report_time="TIME_OF_AD_ACTION",
                granularity="DAY",
            )
        )
        found: list[int] = []
        for number, one in enumerate(self.batch):  # each may have been live on other days then
            key = number, earlier
            if key not in self._earlier:
                self._earlier[key] = Series([planned(one.subject, earlier)], earlier)
            found += self._converted_on(self._earlier[key], stem, by)
        if not question.reporting.conversion_delay:
            return found
        last = len(PROCESSED) - 1
        chances = unpack(self.slot_chances(4 - by), len(self.timeline.slots))
        return [
            (count * PROCESSED[min(question.today - slot, last)] + chance) >> 16
            for slot, count, chance in zip(self.timeline.slots, found, chances, strict=True)
        ]

    def _converted_on(self, source: Series, stem: str, by: int) -> list[int]:
        """How many conversions the actions of a range led to on each reporting day."""
        happened, slots = delays(by, self._window(by)), self.timeline.one.slots
        counts = dict.fromkeys(slots, 0)
        size = len(source.timeline.slots)
        actions = unpack(source.weighted_actions(stem, by), size)
        chances = unpack(source.slot_chances(5 + by), size)
        for day, weight, chance in zip(source.timeline.slots, actions, chances, strict=True):
            before = 0
            if (weight * happened[-1] >> 16) + chance < ONE:
                continue  # none, ever
            # While some actions of a day are not known, those later may yet turn out to have happened on it.
            whole = (day + 1) * DAY - self.question.query.utc_offset_seconds <= self.question.known_to
            for on, share in enumerate(happened if whole else happened[:1], day):
                until = ((weight * share >> 16) + chance) >> 16
                if until > before and on in counts:
                    counts[on] += until - before
                before = until
        return [counts[slot] for slot in slots]

    def order_money(self, by: int) -> Sequence[int]:
        """What the orders of every reporting day bring, at the prices with which it begins. Not packed: it has no bound."""
        slots = self.timeline.slots
        stated = self._stated("checkout_value_micro") if by == 0 and self.subject.stated else [0] * len(slots)
        orders = self.converted("CHECKOUT", by)
        if by == 0 and self.subject.stated:
            orders -= pack(self._stated("checkouts"))
        if not orders:
            return stated
        each = unpack(orders, len(slots))
        money, means, chances = list(stated), self._order_values(), self.slot_chances(2)
        sold = list(compress(range(len(slots)), each))  # on most days nothing is
        for place, chance in zip(sold, at(chances, len(slots), sold), strict=True):
            money[place] += each[place] * (means(place) * (192 + (chance >> 9)) >> 8)
        return money

    def _order_values(self) -> Callable[[int], int]:
        """What an order brings on average, by the place of its reporting day."""
        size, slots, offset = len(self.timeline.one.slots), self.timeline.slots, self.question.query.utc_offset_seconds
        known = self.known
        if self.alike is not None and all(len({terms.order_value_micro for _, terms in each}) == 1 for each in known):
            values = [met.order_value for met in self.alike]
            return lambda place: values[place // size]
        return lambda place: terms_at(known[place // size], slots[place] * DAY - offset).order_value_micro

    # ---- columns, by bucket

    def column(self, name: str) -> Sequence[Any] | None:
        """The values of a column, one per row; 0 may mean "no value". None: this subject has no such values."""
        if name not in self._columns:
            self._columns[name] = self._make(name)
        return self._columns[name]

    def told(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """The values as they are told: nothing where the creative type then had no such metric."""
        types = types_with(name)
        if types is None or self.question.reporting.zero_metrics == "absent":  # then 0 is not told either
            return values
        # What has no value, as a ratio over nothing, has none in either case.
        return [value if there or value else msgspec.UNSET for value, there in zip(values, self.had(types), strict=True)]

    def had(self, types: frozenset[str]) -> list[bool]:
        """Whether it was of one of these creative types, by bucket."""
        timeline = self.timeline.one
        per_day, offset = 24 if self.question.hourly else 1, self.question.query.utc_offset_seconds
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for index, slot in enumerate(timeline.slots):
            bucket = index if timeline.bucket_of_slot is None else timeline.bucket_of_slot[index]
            first.setdefault(bucket, slot)
            last[bucket] = slot
        spans = [
            (first[n] * DAY // per_day - offset, (last[n] + 1) * DAY // per_day - offset) for n in range(len(timeline.dates))
        ]
        # Nothing is known of the time before it was live: what comes later must not change what is told of it.
        return [
            end > known[0][0] and terms_at(known, begin).creative_type in types for known in self.known for begin, end in spans
        ]

    def audiences(self) -> list[dict[int, int]]:
        """How many impressions of every reporting day were shown to an audience of each size."""
        timeline = self.timeline
        found: list[dict[int, int]] = [{} for _ in timeline.slots]
        cells = unpack(self.cell("IMPRESSION_1") + self.cell("IMPRESSION_2"), len(timeline.cell_entries))
        slots = range(len(timeline.slots)) if timeline.slot_of_cell is None else timeline.slot_of_cell
        for entry, slot, many in zip(timeline.cell_entries, slots, cells, strict=True):
            audience = self.markets[entry].audience
            found[slot][audience] = found[slot].get(audience, 0) + many
        return found

    def _make(self, name: str) -> Sequence[Any] | None:
        if not self._has(name):
            return None
        if name in _SPECIAL:
            return _SPECIAL[name](self)
        column, parts = COLUMNS.get(name), summands(name)
        if column is not None and column.ratio is not None and not parts:
            return self.quotient(name, column.ratio)
        if name.endswith(_VALUE) and not parts:
            return self._value(name)
        if any(part.endswith(_VALUE) or part in _SPECIAL for part in parts):
            return self.sum(parts)
        slots = self.counts(name)
        return None if slots is None else self.buckets_of(unpack(slots, len(self.timeline.slots)))

    def _has(self, name: str) -> bool:
        """Whether it was ever of a creative type that has the metric."""
        types = types_with(name)
        return types is None or not types.isdisjoint(self.batch[0].creative_types)

    def counts(self, name: str) -> Packed | None:
        """The values of a column of counts, by reporting day (or hour). None: this subject has no such values."""
        if not self._has(name):
            return None
        if parts := summands(name):
            found = [counts for counts in map(self.counts, parts) if counts is not None]
            return sum(found) if found else None
        if name in CHILDREN or name in ("IMPRESSION_1", "SPEND_IN_MICRO_DOLLAR"):
            return self.slot(name)
        by, stem = _conversion(name)
        # "The HOUR enum no longer provides data for conversion metrics" (5.17.0).
        return self.converted(stem, by) if stem in CONVERSIONS and not self.question.hourly else None

    def _value(self, name: str) -> Sequence[int] | None:
        """What the orders bring."""
        by, stem = _conversion(name.removesuffix(_VALUE))
        return self.buckets_of(self.order_money(by)) if stem == "CHECKOUT" and not self.question.hourly else None

    def quotient(self, name: str, ratio: Ratio) -> Sequence[Any] | None:
        """The values of a column that is a quotient of sums."""
        reporting = self.question.reporting
        over, times, by = self.sum(ratio.over), ratio.times, ratio.by
        if reporting.ratio_unit == "percent" and COLUMNS[name].kind == "ratio" and not name.endswith("ROAS"):
            times *= 100
        if not ratio.under:
            return None if over is None else [value and value * times / by for value in over]
        under = self.sum(ratio.under)
        if over is None or under is None:
            return None
        if reporting.zero_metrics == "zero":
            pairs = zip(over, under, strict=True)
            return [value * times / (divisor * by) if divisor else msgspec.UNSET for value, divisor in pairs]
        if times == by == 1:
            return [value and divisor and value / divisor for value, divisor in zip(over, under, strict=True)]
        return [value and divisor and value * times / (divisor * by) for value, divisor in zip(over, under, strict=True)]

    def sum(self, names: tuple[str, ...]) -> Sequence[Any] | None:
        """The values of columns, added up row by row; None: it has none of them."""
        found = [values for values in map(self.column, names) if values is not None]
        if not found:
            return None
        total, *others = found
        for more in others:
            if more.count(0) * 2 > len(more):  # as most orders and all that is earned
                total = list(total)
                for place in compress(range(len(more)), more):
                    total[place] += more[place]
            else:
                total = [one + other for one, other in zip(total, more, strict=True)]
        return total


@lru_cache(maxsize=512)
def _conversion(name: str) -> tuple[int, str]:
    """What ``TOTAL_<attribution>_<conversion>`` is of; no conversion: it is not modelled."""
    total, _, rest = name.partition("_")
    attribution, _, stem = rest.partition("_")
    modelled = total == "TOTAL" and attribution in ATTRIBUTIONS
    return (ATTRIBUTIONS.index(attribution), stem) if modelled else (0, "")


def reached(audiences: Mapping[int, int]) -> int:
    """People among impressions: each further one is likelier to be somebody again. At least 1, at most all.

    On other terms it is shown to others: so no day has more people than its week, and no week more than its days together.
    """
    return sum(-(-many * audience // (many + audience)) for audience, many in audiences.items())


def _users(series: Series) -> list[int]:
    buckets: list[dict[int, int]] = [{} for _ in series.dates]
    places = series.timeline.bucket_of_slot
    for slot, audiences in enumerate(series.audiences()):
        bucket = buckets[slot if places is None else places[slot]]
        for audience, many in audiences.items():
            bucket[audience] = bucket.get(audience, 0) + many
    return list(map(reached, buckets))


def _unique_views(suffix: str) -> Callable[[Series], list[Any] | None]:
    return lambda series: [views * 7 // 8 for views in series.column("VIDEO_P95_COMBINED" + suffix) or []]


def watch_time(series: Series) -> list[Any]:
    """Seconds that a video was watched on average: so far as its quarters were reached."""
    quarters = (
        series.sum(tuple(f"TOTAL_VIDEO_{part}" for part in ("P25_COMBINED", "P50_COMBINED", "P75_COMBINED", "P100_COMPLETE")))
        or []
    )
    starts = series.column("TOTAL_VIDEO_P0_COMBINED") or []
    none = msgspec.UNSET if series.question.reporting.zero_metrics == "zero" else 0
    pairs = zip(quarters, starts, strict=True)
    return [passed and VIDEO_SECONDS * passed / (4 * begun) if begun else none for passed, begun in pairs]


def _video_spend(series: Series) -> list[Any]:
    return [micro and micro / 1_000_000 for micro in series.video_spend()]


_SPECIAL: dict[str, Callable[[Series], list[Any] | None]] = {
    "TOTAL_IMPRESSION_USER": _users,
    "VIDEO_15SEC_UNIQUE_VIEWS_1": _unique_views("_1"),
    "VIDEO_15SEC_UNIQUE_VIEWS_2": _unique_views("_2"),
    "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": watch_time,
    "VIDEO_SPEND_IN_DOLLAR": _video_spend,
    # Their values depend on a merchant's tag that is not modelled: no value, not zero.
    "PAGE_VISIT_ROAS": lambda _: None,
}
