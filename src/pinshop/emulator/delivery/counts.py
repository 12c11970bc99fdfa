"""Counts and money of one promotion over one range: from planned UTC days to reporting days, cut where a day is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pinshop.emulator.delivery.market import CHILDREN, REMAINDERS, Market, curve
from pinshop.emulator.delivery.model import DAY, Span, Subject
from pinshop.emulator.delivery.packed import Packed, at, pack, pick, put, shares, shares_of_each, unpack, where
from pinshop.emulator.delivery.timeline import WHOLE, Question

#: What is planned; everything else follows from it.
_PLANNED = ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR")


def gather(values: Sequence[int], places: Sequence[int] | None, size: int) -> Sequence[int]:
    """Add values up by place; None: they are in place already."""
    if places is None:
        return values
    sums = [0] * size
    for place, value in zip(places, values, strict=True):
        sums[place] += value
    return sums


class Counts:
    """What was planned for one subject over one range, count by count, each computed when first asked for.

    Counts are packed lists: of entries, of cells or of slots, as its timeline has them.
    """

    def __init__(self, subject: Subject, question: Question) -> None:
        self.subject, self.question = subject, question
        plan = subject.plan(question.start // DAY, max(question.start, question.end - 1) // DAY)
        low, high = question.entries(plan, subject.stated)
        parts = {index - low: part for index, part in plan.parts.items() if low <= index < high} if plan.parts else {}
        self.timeline = question.timeline(plan.days[low:high], parts, subject.stated)
        self.dates = self.timeline.dates
        self.markets, self._noise = plan.markets[low:high], plan.noise
        #: The market, if it was the same all the time.
        self.market: Market | None = None
        if self.markets and self.markets.count(self.markets[0]) == len(self.markets):
            self.market = self.markets[0]
        planned = (plan.impressions, plan.clicks, plan.spend)
        self._full = {name: pack(values[low:high]) for name, values in zip(_PLANNED, planned, strict=True)}
        self._cell: dict[str, Packed] = {}
        self._slot: dict[str, Packed] = {}
        self._bounds: dict[str, list[Span]] = {}
        self._chances: dict[int, Packed] = {}

    def forget(self) -> None:
        """Let go of what was computed on the way: rows are kept, and few questions come back for other columns."""
        for computed in (self._cell, self._slot, self._bounds, self._chances):
            computed.clear()
        self._full = {name: self._full[name] for name in _PLANNED}

    # ---- planned days

    def chances(self, channel: int, days: Sequence[int] | None) -> Packed:
        """A day's chance, for each of some days of the timeline; None: for all of them."""
        found = self._chances.get(channel)
        if found is None:
            found = self._noise.packed(channel, self.timeline.first_day, self.timeline.day_count)
            self._chances[channel] = found
        return found if days is None else pick(found, self.timeline.day_count, days)

    def full(self, name: str) -> Packed:
        """A count of every entry of the plan, as planned."""
        values = self._full.get(name)
        if values is None:
            if name in REMAINDERS:
                whole, part = REMAINDERS[name]
                values = self.full(whole) - self.full(part)
            else:
                values = self._child(*CHILDREN[name])
                if "VIDEO" in name:
                    values = self._only(values, lambda met: met.video)
                elif "COLLECTION" in name:
                    values = self._only(values, lambda met: met.collection)
            self._full[name] = values
        return values

    def _child(self, parent: str, channel: int, share: int) -> Packed:
        parents, chances = self.full(parent), self.chances(channel, self.timeline.day_of_entry)
        if share or self.market is not None:
            return shares(parents, share or self.market.click_share, chances, len(self.markets))  # type: ignore[union-attr]
        return shares_of_each(parents, [met.click_share for met in self.markets], chances)

    def _only(self, values: Packed, shown: Callable[[Market], bool]) -> Packed:
        """The counts of the entries that have such counts."""
        if self.market is not None and shown(self.market):
            return values
        return where(values, [shown(met) for met in self.markets])

    # ---- cells and slots

    def cell(self, name: str) -> Packed:
        """A count (or the spend) in every cell."""
        values = self._cell.get(name)
        if values is None:
            timeline = self.timeline
            values = self.full(name)
            if not timeline.every_entry:
                values = pick(values, len(timeline.days), timeline.cell_entries)
            for index, (before, after) in zip(timeline.cuts, self._cut(name), strict=True):
                values = put(values, index, after - before)
            self._cell[name] = values
        return values

    def _cut(self, name: str) -> list[Span]:
        """For every cell that is cut: how much of what was planned falls before it, and up to its end."""
        bounds = self._bounds.get(name)
        if bounds is None:
            timeline = self.timeline
            entries = [timeline.cell_entries[index] for index in timeline.cuts]
            if name in REMAINDERS:
                whole, part = REMAINDERS[name]
                bounds = [(a - c, b - d) for (a, b), (c, d) in zip(self._cut(whole), self._cut(part), strict=True)]
            elif name == "IMPRESSION_1":
                bounds = []
                for entry, (begin, stop) in zip(entries, timeline.cuts.values(), strict=True):
                    planned_from, planned_to = timeline.parts.get(entry, WHOLE)[:2]
                    base, length = curve(planned_from), curve(planned_to) - curve(planned_from)
                    many = at(self._full[name], entry)
                    bounds.append((many * (curve(begin) - base) // length, many * (curve(stop) - base) // length))
            else:  # along its parent, so that no piece has more clicks than impressions
                bounds = []
                full = self.full(name)
                for index, entry in enumerate(entries):
                    parent = self.parent(name, entry)
                    (before, after), of = self._cut(parent)[index], at(self.full(parent), entry)
                    many = at(full, entry)
                    bounds.append((many * before // of, many * after // of) if of else (0, 0))
            self._bounds[name] = bounds
        return bounds

    def parent(self, name: str, entry: int) -> str:
        """Along which count another one is cut; money along what is billed."""
        if name != "SPEND_IN_MICRO_DOLLAR":
            return CHILDREN[name][0]
        per_impression = self.markets[entry].per_impression or not at(self._full["CLICKTHROUGH_1"], entry)
        return "IMPRESSION_1" if per_impression else "CLICKTHROUGH_1"

    def slot(self, name: str) -> Packed:
        """A count, or the spend, of every reporting day (or hour)."""
        values = self._slot.get(name)
        if values is None:
            values = self._slot[name] = self._slots_of(self.cell(name))
        return values

    def _slots_of(self, cells: Packed) -> Packed:
        places = self.timeline.slot_of_cell
        if places is None:
            return cells
        return pack(gather(unpack(cells, len(places)), places, len(self.timeline.slots)))

    def weighted(self, name: str, weights: Callable[[int], int], alike: int | None) -> Packed:
        """A count of every slot, each of its cells times the weight of its entry. ``alike``: what all weigh, if it is one."""
        if alike is not None:
            return self.slot(name) * alike
        timeline = self.timeline
        counts = unpack(self.cell(name), len(timeline.cell_entries))
        each = [many * weights(entry) for many, entry in zip(counts, timeline.cell_entries, strict=True)]
        return self._slots_of(pack(each))

    def buckets_of(self, slots: Sequence[int]) -> Sequence[int]:
        """What the slots of each bucket have together."""
        return gather(slots, self.timeline.bucket_of_slot, len(self.dates))

    def video_spend(self) -> Sequence[int]:
        """What was spent on videos, by bucket."""
        alike = None if self.market is None else int(self.market.video)
        spend = self.weighted("SPEND_IN_MICRO_DOLLAR", lambda entry: self.markets[entry].video, alike)
        return self.buckets_of(unpack(spend, len(self.timeline.slots)))
