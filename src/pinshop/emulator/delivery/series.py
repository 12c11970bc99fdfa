"""The metrics of one promotion over one range: from planned days to reporting days, column by column."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import add, mul, sub
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.budgets import terms_at
from pinshop.emulator.delivery.market import (
    ATTRIBUTED_TO,
    ATTRIBUTIONS,
    CHILDREN,
    COLLECTION,
    CONVERSIONS,
    PROCESSED,
    REMAINDERS,
    SUMS,
    VIDEO,
    VIDEO_SECONDS,
    Market,
    curve,
    delays,
    known,
)
from pinshop.emulator.delivery.model import DAY, EPOCH, Query, Reporting, Span, Subject
from pinshop.emulator.delivery.terms import ONE

_WHOLE = (0, DAY, 0, DAY)

#: Conversions that a stated checkout brings along.
_STATED = ("PAGE_VISIT", "ADD_TO_CART", "CHECKOUT")


def known_until(reporting: Reporting, now: int) -> int:
    """Up to which second delivery is reported."""
    return (now // 3600 - reporting.delivery_lag_hours) * 3600 if reporting.delivery_lag_hours else now


@lru_cache(maxsize=4096)
def date_of(day: int) -> str:
    """The date of a day number."""
    return datetime.date.fromordinal(day + EPOCH).isoformat()


class _Cells(Struct):
    """The parts of planned days that are reported together, in order."""

    entries: list[int]  # of the plan
    slots: list[int]
    cuts: dict[int, Span]  # cells that are not the whole of what was planned: from and to, in seconds of the day


def _gather(values: list[int], places: list[int] | None, size: int) -> list[int]:
    """Add values up by place; None: they are in place already."""
    if places is None:
        return values
    sums = [0] * size
    for place, value in zip(places, values, strict=True):
        sums[place] += value
    return sums


def is_composed(name: str) -> bool:
    """Whether a column follows from others."""
    column = COLUMNS.get(name)
    return name in SUMS or (column is not None and bool(column.sum_of or column.ratio))


def _types_with(name: str) -> frozenset[str] | None:
    """The creative types that have a metric; None: all."""
    return VIDEO if "VIDEO" in name else COLLECTION if "COLLECTION" in name else None


class Series:
    """The metrics of one subject over one range, column by column, each computed when first asked for."""

    def __init__(
        self, subject: Subject, query: Query, reporting: Reporting, now: int, earlier: Callable[[Query], Series]
    ) -> None:
        offset = query.utc_offset_seconds
        self.subject, self.query, self.reporting, self.now = subject, query, reporting, now
        self.earlier = earlier
        self.made: tuple[Any, list[Struct]] | None = None
        self.hourly = query.granularity == "HOUR"
        self.today = (now + offset) // DAY
        self.by_conversion_day = query.conversion_report_time == "TIME_OF_CONVERSION" and not self.hourly
        self._columns: dict[str, list[Any] | None] = {}
        self._full: dict[str, list[int]] = {}
        self._cell: dict[str, list[int]] = {}
        self._slot: dict[str, list[int]] = {}
        self._bounds: dict[str, list[Span]] = {}
        self._entry_noise: dict[int, Sequence[int]] = {}

        first, last = (date.toordinal() - EPOCH for date in (query.start_date, query.end_date))
        start = first * DAY + query.start_hour * 3600 - offset
        end = max(start, last * DAY + query.end_hour * 3600 - offset)
        plan = subject.plan(start // DAY, max(start, end - 1) // DAY)
        low, high = bisect_left(plan.days, start // DAY), bisect_right(plan.days, (end - 1) // DAY)
        known_to = known_until(reporting, now)
        while high > low and not subject.stated and plan.begins(high - 1) >= known_to:
            high -= 1
        self.days, self.markets = plan.days[low:high], plan.markets[low:high]
        self.parts = {index - low: part for index, part in plan.parts.items() if low <= index < high} if plan.parts else {}
        self._full["IMPRESSION_1"] = plan.impressions[low:high]
        self._full["CLICKTHROUGH_1"] = plan.clicks[low:high]
        self._full["SPEND_IN_MICRO_DOLLAR"] = plan.spend[low:high]
        #: The market, if it was the same all the time.
        self.market = self.markets[0] if len(set(map(id, self.markets))) == 1 else None
        self.cells = self._cells(start, end, known_to)
        slots = self.cells.slots
        lowest, highest = (self.days or [first])[0], (self.days or [first])[-1]
        if reporting.empty_rows == "zero" or self.by_conversion_day:  # people buy while nothing is live any more
            per_day = 24 if self.hourly else 1
            begin = query.start_hour if self.hourly else 0
            stop = 24 - query.end_hour if self.hourly and last <= self.today else 0
            self.slots = list(range(first * per_day + begin, (min(last, self.today) + 1) * per_day - stop))
        elif slots is self.days and slots == list(range(lowest, highest + 1)):
            self.slots = slots  # every day once; the number of days does not say so: one may be there twice, another missing
        else:
            self.slots = sorted(set(slots))
        self._whole = self.cells.entries == list(range(len(self.days)))
        self._slot_of_cell: list[int] | None = None
        if self.slots != slots:
            place = {slot: index for index, slot in enumerate(self.slots)}
            self._slot_of_cell = [place[slot] for slot in slots]

        self._noise = plan.noise
        if self.slots and not self.hourly:
            lowest, highest = min(lowest, self.slots[0]), max(highest, self.slots[-1])
        self._first_day, self._day_count = lowest, highest - lowest + 1
        self._steady = len(self.days) == self._day_count and self.days == list(range(lowest, highest + 1))
        self._contiguous = not self.hourly and len(self.slots) == self._day_count

        self._bucket_of_slot, self.dates = self._buckets()

    def _cells(self, start: int, end: int, known_to: int) -> _Cells:
        offset, slot_seconds = self.query.utc_offset_seconds, 3600 if self.hourly else DAY
        stated = self.subject.stated
        if slot_seconds == DAY and offset == 0 and not stated:  # every entry is a cell
            cuts = {entry: part[2:] for entry, part in self.parts.items() if part[:2] != part[2:]}
            if self.days and (last := len(self.days) - 1) >= 0:
                part = self.parts.get(last, _WHOLE)
                stop = min(part[3], known_to - self.days[last] * DAY)
                if (part[2], stop) != part[:2]:
                    cuts[last] = (part[2], stop)
            return _Cells(list(range(len(self.days))), self.days, cuts)
        cells = _Cells([], [], {})
        for entry, day in enumerate(self.days):
            part = self.parts.get(entry, _WHOLE)
            here, stop = max(day * DAY + part[2], start), min(day * DAY + part[3], end)
            if day not in stated:
                stop = min(stop, known_to)
            while here < stop:
                slot = (here + offset) // slot_seconds
                until = min(stop, (slot + 1) * slot_seconds - offset)
                cut = here - day * DAY, until - day * DAY
                if cut != part[:2]:
                    cells.cuts[len(cells.slots)] = cut
                cells.entries.append(entry)
                cells.slots.append(slot)
                here = until
        return cells

    def forget(self) -> None:
        """Let go of what was computed on the way: rows are kept, and few questions come back for other columns."""
        for computed in (self._columns, self._cell, self._slot, self._bounds, self._entry_noise):
            computed.clear()
        self._full = {name: self._full[name] for name in ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR")}

    # ---- buckets

    def _buckets(self) -> tuple[list[int] | None, list[str]]:
        granularity, slots, reporting = self.query.granularity, self.slots, self.reporting
        if granularity == "TOTAL":
            return [0] * len(slots), [""] if slots else []
        if granularity == "DAY":
            return None, [date_of(slot) for slot in slots]
        if granularity == "HOUR":
            if reporting.hour_date_format == "date":
                return None, [date_of(slot // 24) for slot in slots]
            return None, [f"{date_of(slot // 24)}T{slot % 24:02}:00:00" for slot in slots]
        if granularity == "WEEK":
            firsts = [slot - (slot + 3 - reporting.week_starts) % 7 for slot in slots]  # day 0 was a Thursday
        else:
            firsts = [slot - datetime.date.fromordinal(slot + EPOCH).day + 1 for slot in slots]
        distinct = sorted(set(firsts))
        place = {first: index for index, first in enumerate(distinct)}
        if reporting.bucket_date == "first_day_in_range":
            distinct = [max(first, self.query.start_date.toordinal() - EPOCH) for first in distinct]
        return [place[first] for first in firsts], [date_of(first) for first in distinct]

    # ---- planned days

    def entry_noise(self, channel: int) -> Sequence[int]:
        """A day's chance, for every entry of the plan."""
        found = self._entry_noise.get(channel)
        if found is None:
            numbers = self._noise.days(channel, self._first_day, self._day_count)
            found = numbers if self._steady else [numbers[day - self._first_day] for day in self.days]
            self._entry_noise[channel] = found
        return found

    def full(self, name: str) -> list[int]:
        """A count of every entry of the plan, as planned."""
        values = self._full.get(name)
        if values is None:
            if name in REMAINDERS:
                whole, part = REMAINDERS[name]
                values = list(map(sub, self.full(whole), self.full(part)))
            else:
                parent, channel, share = CHILDREN[name]
                parents, noise = self.full(parent), self.entry_noise(channel)
                if not share and self.market is not None:
                    share = self.market.click_share
                if share:
                    values = [(many * share + chance) >> 16 for many, chance in zip(parents, noise, strict=True)]
                else:
                    shares = [met.click_share for met in self.markets]
                    values = [(many * part + chance) >> 16 for many, part, chance in zip(parents, shares, noise, strict=True)]
                if parent.startswith("IMPRESSION_") and not self._shown_as(name):
                    kind = "video" if "VIDEO" in name else "collection"
                    values = [value if getattr(met, kind) else 0 for value, met in zip(values, self.markets, strict=True)]
            self._full[name] = values
        return values

    def _shown_as(self, name: str) -> bool:
        """Whether all entries have such counts."""
        if "VIDEO" in name:
            return all(met.video for met in self.markets)
        return "COLLECTION" not in name or all(met.collection for met in self.markets)

    # ---- cells and slots

    def cell(self, name: str) -> list[int]:
        """A count (or the spend) in every cell."""
        values = self._cell.get(name)
        if values is None:
            full = self.full(name)
            values = full if self._whole else [full[entry] for entry in self.cells.entries]
            if self.cells.cuts:
                values = list(values)
                for index, (before, after) in zip(self.cells.cuts, self._cut(name), strict=True):
                    values[index] = after - before
            self._cell[name] = values
        return values

    def _cut(self, name: str) -> list[Span]:
        """For every cell that is cut: how much of what was planned falls before it, and up to its end."""
        bounds = self._bounds.get(name)
        if bounds is None:
            full, entries = self.full(name), [self.cells.entries[index] for index in self.cells.cuts]
            if name == "IMPRESSION_1":
                bounds = []
                for entry, (begin, stop) in zip(entries, self.cells.cuts.values(), strict=True):
                    planned_from, planned_to = self.parts.get(entry, _WHOLE)[:2]
                    base, length = curve(planned_from), curve(planned_to) - curve(planned_from)
                    many = full[entry]
                    bounds.append((many * (curve(begin) - base) // length, many * (curve(stop) - base) // length))
            elif name in REMAINDERS:
                whole, part = REMAINDERS[name]
                bounds = [(a - c, b - d) for (a, b), (c, d) in zip(self._cut(whole), self._cut(part), strict=True)]
            else:  # along its parent, so that no piece has more clicks than impressions
                pieces = {parent: iter(self._cut(parent)) for parent in self._parents(name)}
                bounds = []
                for entry in entries:
                    cut = {parent: next(piece) for parent, piece in pieces.items()}
                    parent = self._parent(name, entry)
                    of, (before, after) = self.full(parent)[entry], cut[parent]
                    bounds.append((full[entry] * before // of, full[entry] * after // of) if of else (0, 0))
            self._bounds[name] = bounds
        return bounds

    def _parents(self, name: str) -> tuple[str, ...]:
        return ("IMPRESSION_1", "CLICKTHROUGH_1") if name == "SPEND_IN_MICRO_DOLLAR" else (CHILDREN[name][0],)

    def _parent(self, name: str, entry: int) -> str:
        """Along which count another one is cut; money along what is billed."""
        if name != "SPEND_IN_MICRO_DOLLAR":
            return CHILDREN[name][0]
        per_impression = self.markets[entry].per_impression or not self.full("CLICKTHROUGH_1")[entry]
        return "IMPRESSION_1" if per_impression else "CLICKTHROUGH_1"

    def slot(self, name: str) -> list[int]:
        """A count, or the spend, of every reporting day (or hour)."""
        values = self._slot.get(name)
        if values is None:
            values = self._slot[name] = _gather(self.cell(name), self._slot_of_cell, len(self.slots))
        return values

    def video_spend(self) -> list[int]:
        """What was spent on videos, by bucket."""
        spend = self.cell("SPEND_IN_MICRO_DOLLAR")
        cells = [much if self.markets[entry].video else 0 for entry, much in zip(self.cells.entries, spend, strict=True)]
        slots = _gather(cells, self._slot_of_cell, len(self.slots))
        return _gather(slots, self._bucket_of_slot, len(self.dates))

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
            weights = _gather(cells, self._slot_of_cell, len(self.slots))
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

            def until(delay: int, weight: int = weight, chance: int = chance) -> int:
                return ((weight * happened[delay] >> 16) + chance) >> 16

            for number in range(1, until(window) + 1):
                on = day + bisect_left(range(window), number, key=until)
                if on in counts:
                    counts[on] += 1
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
        pieces, offset = self.subject.pieces, self.query.utc_offset_seconds
        if self.market is not None and len({piece[2].average_price_micro for piece in pieces}) == 1:
            means: Iterable[int] = (self.market.order_value,) * len(self.slots)
        else:
            prices = (terms_at(pieces, slot * DAY - offset).average_price_micro for slot in self.slots)
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
        pieces = self.subject.pieces
        if types is None or all(piece[2].creative_type in types for piece in pieces):
            return values
        per_day, offset = 24 if self.hourly else 1, self.query.utc_offset_seconds
        first: dict[int, int] = {}
        for index, slot in enumerate(self.slots):
            first.setdefault(index if self._bucket_of_slot is None else self._bucket_of_slot[index], slot)
        moments = (first[bucket] * DAY // per_day - offset for bucket in range(len(self.dates)))
        shown = [terms_at(pieces, moment).creative_type in types for moment in moments]
        return [value or (0 if there else msgspec.UNSET) for value, there in zip(values, shown, strict=True)]

    def first_markets(self) -> list[Market | None]:
        """The market that every bucket begins with; None where nothing was live."""
        found: dict[int, Market] = {}
        slots = range(len(self.slots)) if self._slot_of_cell is None else self._slot_of_cell
        for entry, slot in zip(self.cells.entries, slots, strict=True):
            found.setdefault(slot if self._bucket_of_slot is None else self._bucket_of_slot[slot], self.markets[entry])
        return [found.get(bucket) for bucket in range(len(self.dates))]

    def _make(self, name: str) -> list[Any] | None:
        types = _types_with(name)
        if types is not None and not any(piece[2].creative_type in types for piece in self.subject.pieces):
            return None
        if name in CHILDREN or name in ("IMPRESSION_1", "SPEND_IN_MICRO_DOLLAR"):
            return _gather(self.slot(name), self._bucket_of_slot, len(self.dates))
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
        return _gather(values, self._bucket_of_slot, len(self.dates))

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
