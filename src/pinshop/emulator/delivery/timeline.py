"""When what was planned is reported: the UTC days of a plan, cut where reporting days (or hours) are cut.

An *entry* is a planned UTC day, a *cell* the part of it that is reported together, a *slot* a reporting day (or hour), a
*bucket* one row: a slot, or the week, the month or the whole range that it lies in.
"""

from __future__ import annotations

import copy
import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable
from functools import lru_cache

import msgspec

from pinshop.emulator.delivery.market import delays, known
from pinshop.emulator.delivery.model import DAY, EPOCH, WHOLE, Parts, Plan, Query, Reporting, Span, begin_of

#: So many timelines of a question are kept: promotions of a shop mostly began on few days.
_TIMELINES = 256


def known_until(reporting: Reporting, now: int) -> int:
    """Up to which second delivery is reported."""
    return (now // 3600 - reporting.delivery_lag_hours) * 3600 if reporting.delivery_lag_hours else now


@lru_cache(maxsize=4096)
def date_of(day: int) -> str:
    """The date of a day number."""
    return datetime.date.fromordinal(day + EPOCH).isoformat()


class Question:
    """A query at a moment. Timelines depend on nothing else but a plan's days, so promotions mostly share one."""

    def __init__(self, query: Query, reporting: Reporting, now: int) -> None:
        self.query, self.reporting, self.now = query, reporting, now
        offset = query.utc_offset_seconds
        first, last = (date.toordinal() - EPOCH for date in (query.start_date, query.end_date))
        self.start = first * DAY + query.start_hour * 3600 - offset
        self.end = max(self.start, last * DAY + query.end_hour * 3600 - offset)
        self.known_to, self.today = known_until(reporting, now), (now + offset) // DAY
        self.hourly = query.granularity == "HOUR"
        self.by_conversion_day = query.conversion_report_time == "TIME_OF_CONVERSION" and not self.hourly
        #: Questions of which this is the same can only have the same answer, column by column.
        self.key = (self.known_to, self.today, reporting, *msgspec.structs.astuple(msgspec.structs.replace(query, columns=())))
        self._timelines: dict[Hashable, Timeline] = {}
        self._others: dict[Query, Question] = {}

    def instead(self, query: Query) -> Question:
        """Another question at the same moment."""
        if query not in self._others:
            self._others[query] = Question(query, self.reporting, self.now)
        return self._others[query]

    def timeline(self, days: list[int], parts: Parts, stated: Collection[int]) -> Timeline:
        """The timeline of these entries."""
        if stated:
            return Timeline(self, days, parts, stated)
        key = tuple(days), tuple(parts.items())
        found = self._timelines.get(key)
        if found is None:
            if len(self._timelines) >= _TIMELINES:
                self._timelines.clear()
            found = self._timelines[key] = Timeline(self, days, parts, stated)
        return found

    def entries(self, plan: Plan, stated: Collection[int]) -> tuple[int, int]:
        """Which entries of a plan are asked about and known: from and to, half open."""
        low, high = bisect_left(plan.days, self.start // DAY), bisect_right(plan.days, (self.end - 1) // DAY)
        while high > low and not stated and begin_of(plan.days, plan.parts, high - 1) >= self.known_to:
            high -= 1
        return low, high


class Timeline:
    """The cells, slots and buckets of planned days."""

    def __init__(self, question: Question, days: list[int], parts: Parts, stated: Collection[int]) -> None:
        self.question, self.days, self.parts = question, days, parts
        #: Of every cell, in order: the entry that it is of, and the slot that it is reported in.
        self.cell_entries: list[int] = []
        cell_slots: list[int] = []
        #: Cells that are not the whole of what was planned: from and to, in seconds of the day.
        self.cuts: dict[int, Span] = {}
        self._cut_into_cells(stated, cell_slots)
        self.every_entry = self.cell_entries == list(range(len(days)))
        self.slots = self._slots(cell_slots, stated)
        #: None: every cell is a slot.
        self.slot_of_cell: list[int] | None = None
        if self.slots != cell_slots:
            place = {slot: index for index, slot in enumerate(self.slots)}
            self.slot_of_cell = [place[slot] for slot in cell_slots]
        lowest, highest = (days[0], days[-1]) if days else (question.query.start_date.toordinal() - EPOCH,) * 2
        if self.slots and not question.hourly:
            lowest, highest = min(lowest, self.slots[0]), max(highest, self.slots[-1])
        #: The days whose chances are needed.
        self.first_day, self.day_count = lowest, highest - lowest + 1
        every_day = list(range(lowest, highest + 1))
        #: Which of these days every entry and every slot is of; None: one after the other.
        self.day_of_entry = None if days == every_day else [day - lowest for day in days]
        self.day_of_slot = None if self.slots == every_day else [slot - lowest for slot in self.slots]
        #: None: every slot is a bucket.
        self.bucket_of_slot, self.dates = self._buckets()
        self._reported: dict[tuple[int, int], tuple[int, ...]] = {}
        #: This timeline again and again, for so many subjects.
        self._repeated: dict[int, Timeline] = {}
        self.one, self.copies = self, 1

    def repeated(self, copies: int) -> Timeline:
        """The timeline of so many subjects side by side, of each of which this is the timeline."""
        if copies == 1:
            return self
        found = self._repeated.get(copies)
        if found is None:
            found = self._repeated[copies] = copy.copy(self)
            found.copies = copies
            entries, cells = len(self.days), len(self.cell_entries)
            found.days, found.slots, found.dates = self.days * copies, self.slots * copies, self.dates * copies
            found.parts = {n * entries + at: part for n in range(copies) for at, part in self.parts.items()}
            found.cuts = {n * cells + at: cut for n in range(copies) for at, cut in self.cuts.items()}
            found.cell_entries = _side_by_side(self.cell_entries, entries, copies)
            found.slot_of_cell = self.slot_of_cell and _side_by_side(self.slot_of_cell, len(self.slots), copies)
            found.bucket_of_slot = self.bucket_of_slot and _side_by_side(self.bucket_of_slot, len(self.dates), copies)
            found.day_of_entry = self.day_of_entry and _side_by_side(self.day_of_entry, self.day_count, copies)
            found.day_of_slot = self.day_of_slot and _side_by_side(self.day_of_slot, self.day_count, copies)
        return found

    def _cut_into_cells(self, stated: Collection[int], slots: list[int]) -> None:
        question = self.question
        offset, slot_seconds = question.query.utc_offset_seconds, 3600 if question.hourly else DAY
        for entry, day in enumerate(self.days):
            part = self.parts.get(entry, WHOLE)
            here, stop = max(day * DAY + part[2], question.start), min(day * DAY + part[3], question.end)
            if day not in stated:
                stop = min(stop, question.known_to)
            elif day * DAY > question.now:  # the clock was set back
                continue
            while here < stop:
                slot = (here + offset) // slot_seconds
                until = min(stop, (slot + 1) * slot_seconds - offset)
                cut = here - day * DAY, until - day * DAY
                if cut != part[:2]:
                    self.cuts[len(slots)] = cut
                self.cell_entries.append(entry)
                slots.append(slot)
                here = until

    def _slots(self, cell_slots: list[int], stated: Collection[int]) -> list[int]:
        question = self.question
        if question.reporting.empty_rows != "zero" and not question.by_conversion_day:
            return sorted(set(cell_slots))
        # People buy while nothing is live any more.
        query = question.query
        first, last = (date.toordinal() - EPOCH for date in (query.start_date, query.end_date))
        per_day = 24 if question.hourly else 1
        begin = query.start_hour if question.hourly else 0
        stop = 24 - query.end_hour if question.hourly and last <= question.today else 0
        until = (min(last, question.today) + 1) * per_day - stop
        if stated:  # also of a day that has begun in UTC, but not where the account is
            until = max(until, max(cell_slots, default=0) + 1)
        return list(range(first * per_day + begin, until))

    def _buckets(self) -> tuple[list[int] | None, list[str]]:
        query, reporting, slots = self.question.query, self.question.reporting, self.slots
        if query.granularity == "TOTAL":
            return [0] * len(slots), [""] if slots else []
        if query.granularity == "DAY":
            return None, [date_of(slot) for slot in slots]
        if query.granularity == "HOUR":
            if reporting.hour_date_format == "date":
                return None, [date_of(slot // 24) for slot in slots]
            return None, [f"{date_of(slot // 24)}T{slot % 24:02}:00:00" for slot in slots]
        if query.granularity == "WEEK":
            firsts = [slot - (slot + 3 - reporting.week_starts) % 7 for slot in slots]  # day 0 was a Thursday
        else:
            firsts = [slot - datetime.date.fromordinal(slot + EPOCH).day + 1 for slot in slots]
        distinct = sorted(set(firsts))
        place = {first: index for index, first in enumerate(distinct)}
        if reporting.bucket_date == "first_day_in_range":
            distinct = [max(first, query.start_date.toordinal() - EPOCH) for first in distinct]
        return [place[first] for first in firsts], [date_of(first) for first in distinct]

    def reported(self, by: int, window: int) -> tuple[int, ...]:
        """What share of its conversions is reported of every slot. The first are the oldest: no share is above the first."""
        if self.copies > 1:
            return self.one.reported(by, window) * self.copies
        found = self._reported.get((by, window))
        if found is None:
            if self.question.reporting.conversion_delay:
                found = tuple(known(by, window, self.question.today - slot) for slot in self.slots)
            else:
                found = (delays(by, window)[-1],) * len(self.slots)
            self._reported[by, window] = found
        return found


def _side_by_side(places: list[int], size: int, copies: int) -> list[int]:
    """Places in a list of so many, for several such lists one behind the other."""
    return [number * size + place for number in range(copies) for place in places]
