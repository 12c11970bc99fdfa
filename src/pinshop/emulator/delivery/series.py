"""The metrics of one promotion over one range, column by column: sums, ratios, conversions and what they are worth."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from operator import add, mul, sub
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.counts import Counts, gather
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
    Market,
    delays,
    known,
)
from pinshop.emulator.delivery.model import DAY, Query, Reporting, Subject, terms_at
from pinshop.emulator.delivery.terms import ONE

#: Conversions that a stated checkout brings along.
_STATED = ("PAGE_VISIT", "ADD_TO_CART", "CHECKOUT")


def _types_with(name: str) -> frozenset[str] | None:
    """The creative types that have a metric; None: all."""
    return VIDEO if "VIDEO" in name else COLLECTION if "COLLECTION" in name else None


def is_composed(name: str) -> bool:
    """Whether a column follows from others."""
    column = COLUMNS.get(name)
    return name in SUMS or (column is not None and bool(column.sum_of or column.ratio))


class Series(Counts):
    """The metrics of one subject over one range, column by column, each computed when first asked for."""

    def __init__(
        self, subject: Subject, query: Query, reporting: Reporting, now: int, earlier: Callable[[Query], Series]
    ) -> None:
        super().__init__(subject, query, reporting, now)
        self.earlier = earlier
        self.made: tuple[Any, list[Struct]] | None = None
        self._columns: dict[str, list[Any] | None] = {}

    def forget(self) -> None:
        """Let go of what was computed on the way: rows are kept, and few questions come back for other columns."""
        super().forget()
        self._columns.clear()

    # ---- conversions, by reporting day

    def converted(self, stem: str, by: int) -> list[int]:
        """Conversions of every reporting day, as known now."""
        key = f"{stem} {by}"
        values = self._slot.get(key)
        if values is None:
            if by == 1 and not self.reporting.engagement_attribution:
                values = [0] * len(self.slots)
            elif self.by_conversion_day:
                values = self._on_day_of_conversion(stem, by)
            else:
                values = self._on_day_of_action(stem, by)
            if by == 0 and stem in _STATED:
                values = list(map(add, values, self._stated("checkouts"))) if self.subject.stated else values
            self._slot[key] = values
        return values

    def _stated(self, what: str) -> list[int]:
        """What is stated of conversions, by reporting day; a UTC day counts to the one that its noon lies in."""
        values = dict.fromkeys(self.slots, 0)
        for day, one in self.subject.stated.items():
            slot = (day * DAY + DAY // 2 + self.query.utc_offset_seconds) // DAY
            if one.checkouts is not None and slot in values:
                values[slot] += getattr(one, what)
        return list(values.values())

    def _window(self, by: int) -> int:
        query = self.query
        return (query.click_window_days, query.engagement_window_days, query.view_window_days)[by]

    def weighted_actions(self, stem: str, by: int) -> list[int]:
        """Clicks, close-ups or impressions of every reporting day, each times its share of conversions in 1/65536."""
        part, name = CONVERSIONS[stem][by], ATTRIBUTED_TO[by]
        told = {day for day, one in self.subject.stated.items() if one.checkouts is not None}
        if self.market is not None and not told:
            share = min(ONE - 1, self.market.checkout_share * part >> 16)
            weights = [actions * share for actions in self.slot(name)]
        else:
            shares = [
                0 if day in told else min(ONE - 1, met.checkout_share * part >> 16)
                for day, met in zip(self.days, self.markets, strict=True)
            ]
            cells = [actions * shares[entry] for actions, entry in zip(self.cell(name), self.cells.entries, strict=True)]
            weights = gather(cells, self.slot_of_cell, len(self.slots))
        return [weight >> 6 for weight in weights] if by == 2 else weights

    def slot_noise(self, channel: int) -> Sequence[int]:
        """A day's chance, for every reporting day."""
        numbers = self._noise.days(channel, self._first_day, self._day_count)
        return numbers if self._contiguous else [numbers[slot - self._first_day] for slot in self.slots]

    def _on_day_of_action(self, stem: str, by: int) -> list[int]:
        window = self._window(by)
        if self.reporting.conversion_delay and self.slots:
            ages = [self.today - slot for slot in self.slots]
            parts = known(by, window, ages[0], len(ages)) if self._contiguous else [known(by, window, a, 1)[0] for a in ages]
        else:
            parts = (delays(by, window)[-1],) * len(self.slots)
        # One random number for all windows and ages: wider or later only adds.
        return [
            ((weight * part >> 16) + chance) >> 16
            for weight, part, chance in zip(self.weighted_actions(stem, by), parts, self.slot_noise(5 + by), strict=True)
        ]

    def _on_day_of_conversion(self, stem: str, by: int) -> list[int]:
        window = self._window(by)
        happened = delays(by, window)
        counts = dict.fromkeys(self.slots, 0)
        source = self.earlier(
            msgspec.structs.replace(
                self.query,
                start_date=self.query.start_date - datetime.timedelta(days=window),
                conversion_report_time="TIME_OF_AD_ACTION",
                granularity="DAY",
            )
        )
        actions = source.weighted_actions(stem, by)
        for day, weight, chance in zip(source.slots, actions, source.slot_noise(5 + by), strict=True):
            before = 0
            if (weight * happened[-1] >> 16) + chance < ONE:
                continue  # none, ever
            for on, share in enumerate(happened, day):
                until = ((weight * share >> 16) + chance) >> 16
                if until > before and on in counts:
                    counts[on] += until - before
                before = until
        values = [counts[slot] for slot in self.slots]
        if not self.reporting.conversion_delay:
            return values
        last = len(PROCESSED) - 1
        return [
            (count * PROCESSED[min(self.today - slot, last)] + chance) >> 16
            for slot, count, chance in zip(self.slots, values, self.slot_noise(4 - by), strict=True)
        ]

    def _order_values(self) -> list[int]:
        """What an order of each reporting day brings, at the prices with which the day begins."""
        known, offset = self.subject.terms(), self.query.utc_offset_seconds
        if self.market is not None and len({terms.average_price_micro for _, terms in known}) == 1:
            means: Iterable[int] = (self.market.order_value,) * len(self.slots)
        else:
            prices = (terms_at(known, slot * DAY - offset).average_price_micro for slot in self.slots)
            means = [max(0, price) * 5 // 4 for price in prices]
        return [mean * (192 + (chance >> 9)) >> 8 for mean, chance in zip(means, self.slot_noise(2), strict=True)]

    # ---- columns, by bucket

    def column(self, name: str) -> list[Any] | None:
        """The values of a column, one per row; 0 may mean "no value". None: this subject has no such values."""
        if name not in self._columns:
            self._columns[name] = self._make(name)
        return self._columns[name]

    def told(self, name: str, values: list[Any]) -> list[Any]:
        """The values as they are told: nothing where the creative type then had no such metric."""
        types = _types_with(name)
        if types is None or self.reporting.zero_metrics == "absent":  # then 0 is not told either
            return values
        known = self.subject.terms()
        per_day, offset = 24 if self.hourly else 1, self.query.utc_offset_seconds
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for index, slot in enumerate(self.slots):
            bucket = index if self.bucket_of_slot is None else self.bucket_of_slot[index]
            first.setdefault(bucket, slot)
            last[bucket] = slot
        shown = []
        for bucket in range(len(self.dates)):
            begin, end = first[bucket] * DAY // per_day - offset, (last[bucket] + 1) * DAY // per_day - offset
            # Nothing is known of the time before it was live: what comes later must not change what is told of it.
            shown.append(end > known[0][0] and terms_at(known, begin).creative_type in types)
        return [value or (0 if there else msgspec.UNSET) for value, there in zip(values, shown, strict=True)]

    def first_markets(self) -> list[Market | None]:
        """The market that every bucket begins with; None where nothing was live."""
        found: dict[int, Market] = {}
        slots = range(len(self.slots)) if self.slot_of_cell is None else self.slot_of_cell
        for entry, slot in zip(self.cells.entries, slots, strict=True):
            found.setdefault(slot if self.bucket_of_slot is None else self.bucket_of_slot[slot], self.markets[entry])
        return [found.get(bucket) for bucket in range(len(self.dates))]

    def _make(self, name: str) -> list[Any] | None:
        types = _types_with(name)
        if types is not None and not any(terms.creative_type in types for _, terms in self.subject.terms()):
            return None
        if name in CHILDREN or name in ("IMPRESSION_1", "SPEND_IN_MICRO_DOLLAR"):
            return gather(self.slot(name), self.bucket_of_slot, len(self.dates))
        if name in _SPECIAL:
            return _SPECIAL[name](self)
        return self.composed(name) if is_composed(name) else self._conversions(name)

    def composed(self, name: str) -> list[Any] | None:
        """The values of a column that follows from others: a sum, or a quotient of sums."""
        column = COLUMNS[name]
        if column.ratio is None or SUMS.get(name) or column.sum_of:
            return self.sum(SUMS.get(name) or column.sum_of)
        over = self.sum(column.ratio.over)
        times, by = column.ratio.times, column.ratio.by
        if self.reporting.ratio_unit == "percent" and column.kind == "ratio" and not name.endswith("ROAS"):
            times *= 100
        if not column.ratio.under:
            return None if over is None else [value and value * times / by for value in over]
        under = self.sum(column.ratio.under)
        if over is None or under is None:
            return None
        if self.reporting.zero_metrics == "zero":
            pairs = zip(over, under, strict=True)
            return [value * times / (divisor * by) if divisor else msgspec.UNSET for value, divisor in pairs]
        if times == by == 1:
            return [value and divisor and value / divisor for value, divisor in zip(over, under, strict=True)]
        return [value and divisor and value * times / (divisor * by) for value, divisor in zip(over, under, strict=True)]

    def sum(self, names: tuple[str, ...]) -> list[Any] | None:
        total: list[Any] | None = None
        for name in names:
            values = self.column(name)
            if values is not None:
                total = values if total is None else list(map(add, total, values))
        return total

    def _conversions(self, name: str) -> list[int] | None:
        """TOTAL_<attribution>_<conversion> and its value, or None for what is not modelled.

        "The HOUR enum no longer provides data for conversion metrics" (5.17.0).
        """
        money = name.endswith("_VALUE_IN_MICRO_DOLLAR")
        total, _, rest = name.removesuffix("_VALUE_IN_MICRO_DOLLAR").partition("_")
        attribution, _, stem = rest.partition("_")
        if total != "TOTAL" or attribution not in ATTRIBUTIONS or stem not in CONVERSIONS or self.hourly:
            return None
        by = ATTRIBUTIONS.index(attribution)
        values = self.converted(stem, by)
        if money:
            if stem != "CHECKOUT":
                return None
            values = self.order_money(values, by)
        return gather(values, self.bucket_of_slot, len(self.dates))

    def order_money(self, orders: list[int], by: int) -> list[int]:
        """What the orders of every reporting day bring."""
        if by or not self.subject.stated:
            return list(map(mul, orders, self._order_values()))
        modelled = map(sub, orders, self._stated("checkouts"))
        return list(map(add, map(mul, modelled, self._order_values()), self._stated("checkout_value_micro")))


def _users(series: Series) -> list[int]:
    """People among impressions: each further one is likelier to be somebody again. At least 1, at most all."""
    seen = series.column("TOTAL_IMPRESSION") or []
    audiences = [met.audience if met else 1 for met in series.first_markets()]
    return [-(-many * audience // (many + audience)) for many, audience in zip(seen, audiences, strict=True)]


def _unique_views(suffix: str) -> Callable[[Series], list[Any] | None]:
    return lambda series: [views * 7 // 8 for views in series.column("VIDEO_P95_COMBINED" + suffix) or []]


def _watch_time(series: Series) -> list[float]:
    quarters = (
        series.sum(tuple(f"TOTAL_VIDEO_{part}" for part in ("P25_COMBINED", "P50_COMBINED", "P75_COMBINED", "P100_COMPLETE")))
        or []
    )
    starts = series.column("TOTAL_VIDEO_P0_COMBINED") or []
    return [VIDEO_SECONDS * passed / (4 * begun) if begun else 0 for passed, begun in zip(quarters, starts, strict=True)]


def _video_spend(series: Series) -> list[Any]:
    return [micro and micro / 1_000_000 for micro in series.video_spend()]


_SPECIAL: dict[str, Callable[[Series], list[Any] | None]] = {
    "TOTAL_IMPRESSION_USER": _users,
    "VIDEO_15SEC_UNIQUE_VIEWS_1": _unique_views("_1"),
    "VIDEO_15SEC_UNIQUE_VIEWS_2": _unique_views("_2"),
    "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": _watch_time,
    "VIDEO_SPEND_IN_DOLLAR": _video_spend,
    # Their values depend on a merchant's tag that is not modelled: no value, not zero.
    "PAGE_VISIT_ROAS": lambda _: None,
}
