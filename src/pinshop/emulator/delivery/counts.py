"""Counts and money of one promotion over one range: from planned UTC days to reporting days, cut where a day is cut."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from operator import sub

from msgspec import Struct

from pinshop.emulator.delivery.market import CHILDREN, REMAINDERS, curve
from pinshop.emulator.delivery.model import DAY, EPOCH, Query, Reporting, Span, Subject

_WHOLE = (0, DAY, 0, DAY)


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


def gather(values: list[int], places: list[int] | None, size: int) -> list[int]:
    """Add values up by place; None: they are in place already."""
    if places is None:
        return values
    sums = [0] * size
    for place, value in zip(places, values, strict=True):
        sums[place] += value
    return sums


class Counts:
    """What was planned for one subject over one range, count by count, each computed when first asked for.

    An *entry* is a planned UTC day, a *cell* the part of it that is reported together, a *slot* a reporting day (or hour), a
    *bucket* one row: a slot, or the week, the month or the whole range that it lies in.
    """

    def __init__(self, subject: Subject, query: Query, reporting: Reporting, now: int) -> None:
        offset = query.utc_offset_seconds
        self.subject, self.query, self.reporting, self.now = subject, query, reporting, now
        self.hourly = query.granularity == "HOUR"
        self.today = (now + offset) // DAY
        self.by_conversion_day = query.conversion_report_time == "TIME_OF_CONVERSION" and not self.hourly
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
        self.slot_of_cell: list[int] | None = None
        if self.slots != slots:
            place = {slot: index for index, slot in enumerate(self.slots)}
            self.slot_of_cell = [place[slot] for slot in slots]

        self._noise = plan.noise
        if self.slots and not self.hourly:
            lowest, highest = min(lowest, self.slots[0]), max(highest, self.slots[-1])
        self._first_day, self._day_count = lowest, highest - lowest + 1
        self._steady = len(self.days) == self._day_count and self.days == list(range(lowest, highest + 1))
        self._contiguous = not self.hourly and len(self.slots) == self._day_count

        self.bucket_of_slot, self.dates = self._buckets()

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
            elif day * DAY > self.now:  # the clock was set back
                continue
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
        for computed in (self._cell, self._slot, self._bounds, self._entry_noise):
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
            values = self._slot[name] = gather(self.cell(name), self.slot_of_cell, len(self.slots))
        return values

    def video_spend(self) -> list[int]:
        """What was spent on videos, by bucket."""
        spend = self.cell("SPEND_IN_MICRO_DOLLAR")
        cells = [much if self.markets[entry].video else 0 for entry, much in zip(self.cells.entries, spend, strict=True)]
        slots = gather(cells, self.slot_of_cell, len(self.slots))
        return gather(slots, self.bucket_of_slot, len(self.dates))
