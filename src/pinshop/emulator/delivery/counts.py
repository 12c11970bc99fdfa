"""Counts and money of promotions over one range: from planned UTC days to reporting days, cut where a day is cut."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from msgspec import Struct

from pinshop.emulator.delivery.market import CHILDREN, REMAINDERS, Market, Noise, chances_of, curve
from pinshop.emulator.delivery.model import DAY, WHOLE, Span, Subject
from pinshop.emulator.delivery.packed import Packed, at, halved, joined, pack, pick, put, times, times_each, unpack, where
from pinshop.emulator.delivery.timeline import Question, Timeline

#: So many counts are computed together at most: lists of 48 kB. Each list of 128 kB would be taken from the system anew.
_TOGETHER = 6_000

#: So many promotions wait for others of their form at most.
_WAITING = 2_000


class Planned(Struct):
    """What was planned for one subject, as far as a question is about it and as it is known."""

    subject: Subject
    noise: Noise
    timeline: Timeline
    impressions: array[int]
    clicks: array[int]
    spend: array[int]
    markets: Sequence[Market]
    #: The market, if it was the same all the time.
    market: Market | None
    #: Every creative type it ever had.
    creative_types: frozenset[str]

    @property
    def form(self) -> Hashable:
        """Subjects of one form are computed together. One of which something is stated is alone."""
        alone = id(self) if self.subject.stated else None
        return id(self.timeline), self.market is None, self.creative_types, alone


def planned(subject: Subject, question: Question) -> Planned:
    """What was planned for a subject."""
    plan = subject.plan(question.start // DAY, max(question.start, question.end - 1) // DAY)
    low, high = question.entries(plan, subject.stated)
    parts = {index - low: part for index, part in plan.parts.items() if low <= index < high} if plan.parts else {}
    markets = plan.markets[low:high]
    return Planned(
        subject,
        plan.noise,
        question.timeline(plan.days[low:high], parts, subject.stated),
        plan.impressions[low:high],
        plan.clicks[low:high],
        plan.spend[low:high],
        markets,
        markets[0] if markets and markets.count(markets[0]) == len(markets) else None,
        frozenset(terms.creative_type for _, terms in subject.terms()),
    )


def together(subjects: Iterable[Planned]) -> Iterator[list[Planned]]:
    """Subjects, put together by their form; those that come first of each form stay first."""
    waiting: dict[Hashable, list[Planned]] = {}
    count = 0
    for subject in subjects:
        batch = waiting.setdefault(subject.form, [])
        batch.append(subject)
        count += 1
        timeline = subject.timeline
        if (len(batch) + 1) * max(timeline.day_count, len(timeline.slots), len(timeline.cell_entries)) > _TOGETHER:
            yield waiting.pop(subject.form)
            count -= len(batch)
        elif count >= _WAITING:
            yield from waiting.values()
            waiting, count = {}, 0
    yield from waiting.values()


def gather(values: Sequence[int], places: Sequence[int] | None, size: int) -> Sequence[int]:
    """Add values up by place; None: they are in place already."""
    if places is None:
        return values
    sums = [0] * size
    for place, value in zip(places, values, strict=True):
        sums[place] += value
    return sums


class Counts:
    """What was planned for subjects of one form over one range, count by count, each computed when first asked for.

    Counts are packed lists: of entries, of cells or of slots, as the timeline has them, subject after subject.
    """

    def __init__(self, batch: Sequence[Planned], question: Question) -> None:
        self.batch, self.question = batch, question
        #: One for all that they have in common.
        self.subject = batch[0].subject
        self.timeline = batch[0].timeline.repeated(len(batch))
        self.dates = self.timeline.dates
        #: The market of each subject, if it was the same all the time.
        self.alike = None if batch[0].market is None else [one.market for one in batch if one.market is not None]
        self._full = {
            "IMPRESSION_1": joined([one.impressions for one in batch]),
            "CLICKTHROUGH_1": joined([one.clicks for one in batch]),
            "SPEND_IN_MICRO_DOLLAR": joined([one.spend for one in batch]),
        }
        self._cell: dict[str, Packed] = {}
        self._slot: dict[str, Packed] = {}
        self._whole: dict[str, list[int]] = {}
        self._bounds: dict[str, list[Span]] = {}
        self._chances: dict[int, Packed] = {}

    @cached_property
    def markets(self) -> list[Market]:
        """The market of every entry."""
        return [*chain.from_iterable([one.markets for one in self.batch])]

    # ---- planned days

    def chances(self, channel: int, days: Sequence[int] | None) -> Packed:
        """A day's chance, for each of some days of the timeline; None: for all of them."""
        timeline = self.timeline
        found = self._chances.get(channel)
        if found is None:
            first, count = timeline.first_day, timeline.day_count
            found = self._chances[channel] = chances_of([one.noise for one in self.batch], channel, first, count)
        return found if days is None else pick(found, timeline.day_count * len(self.batch), days)

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
        parents, days = self.full(parent), self.timeline.days
        if share:
            parts = parents * share
        elif self.alike is not None:
            parts = times(parents, [met.click_share for met in self.alike], len(self.timeline.one.days))
        else:
            parts = times_each(parents, [met.click_share for met in self.markets])
        return halved(parts + self.chances(channel, self.timeline.day_of_entry), 16, len(days))

    def _only(self, values: Packed, shown: Callable[[Market], bool]) -> Packed:
        """The counts of the entries that have such counts."""
        if self.alike is not None and all(map(shown, self.alike)):
            return values
        return where(values, list(map(shown, self.markets)))

    # ---- cells and slots

    def cell(self, name: str) -> Packed:
        """A count (or the spend) in every cell."""
        values = self._cell.get(name)
        if values is None:
            timeline = self.timeline
            values = self.full(name)
            if not timeline.every_entry:
                values = pick(values, len(timeline.days), timeline.cell_entries)
            if timeline.cuts:
                pieces = [after - before for before, after in self.cut(name)]
                values = put(values, len(timeline.cell_entries), timeline.cuts, pieces)
            self._cell[name] = values
        return values

    def _at_cuts(self, name: str) -> list[int]:
        """A count of the entry of every cell that is cut."""
        found = self._whole.get(name)
        if found is None:
            timeline = self.timeline
            entries = [timeline.cell_entries[cell] for cell in timeline.cuts]
            found = self._whole[name] = at(self.full(name), len(timeline.days), entries)
        return found

    def cut(self, name: str) -> list[Span]:
        """For every cell that is cut: how much of what was planned falls before it, and up to its end."""
        bounds = self._bounds.get(name)
        if bounds is None:
            if name in REMAINDERS:
                whole, part = REMAINDERS[name]
                bounds = [(a - c, b - d) for (a, b), (c, d) in zip(self.cut(whole), self.cut(part), strict=True)]
            elif name == "IMPRESSION_1":
                bounds = []
                for many, (before, after, length) in zip(self._at_cuts(name), self._passed(), strict=True):
                    bounds.append((many * before // length, many * after // length))
            elif name == "SPEND_IN_MICRO_DOLLAR":
                bounds = self._cut_money()
            else:
                bounds = self._cut_along(name, CHILDREN[name][0])
            self._bounds[name] = bounds
        return bounds

    def _passed(self) -> list[tuple[int, int, int]]:
        """How much of the planned time has passed when a cell that is cut begins and ends, and how much it is."""
        timeline = self.timeline.one
        found = []
        for cell, (begin, stop) in timeline.cuts.items():
            planned_from, planned_to = timeline.parts.get(timeline.cell_entries[cell], WHOLE)[:2]
            base = curve(planned_from)
            found.append((curve(begin) - base, curve(stop) - base, curve(planned_to) - base))
        return found * len(self.batch)

    def _cut_along(self, name: str, parent: str) -> list[Span]:
        """Along its parent, so that no piece has more clicks than impressions."""
        each = zip(self._at_cuts(name), self._at_cuts(parent), self.cut(parent), strict=True)
        return [(many * before // of, many * after // of) if of else (0, 0) for many, of, (before, after) in each]

    def _cut_money(self) -> list[Span]:
        entries = [self.timeline.cell_entries[cell] for cell in self.timeline.cuts]
        each = zip(entries, self._at_cuts("CLICKTHROUGH_1"), strict=True)
        along = [self._billed(entry, clicks) for entry, clicks in each]
        found = {name: self._cut_along("SPEND_IN_MICRO_DOLLAR", name) for name in set(along)}
        return [found[name][number] for number, name in enumerate(along)]

    def _billed(self, entry: int, clicks: int) -> str:
        return "IMPRESSION_1" if self.markets[entry].per_impression or not clicks else "CLICKTHROUGH_1"

    def parent(self, name: str, entry: int) -> str:
        """Along which count another one is cut; money along what is billed."""
        if name != "SPEND_IN_MICRO_DOLLAR":
            return CHILDREN[name][0]
        return self._billed(entry, *at(self.full("CLICKTHROUGH_1"), len(self.timeline.days), [entry]))

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

    def weighted(self, name: str, weight: Callable[[Market], int], *, without: Collection[int] = ()) -> Packed:
        """A count of every slot, each of its cells times the weight of its market; 0 on days without weight."""
        timeline = self.timeline
        if self.alike is not None and not without:
            return times(self.slot(name), list(map(weight, self.alike)), len(timeline.one.slots))
        weights = [0 if day in without else weight(met) for day, met in zip(timeline.days, self.markets, strict=True)]
        return self._slots_of(times_each(self.cell(name), [weights[entry] for entry in timeline.cell_entries]))

    def buckets_of(self, slots: Sequence[int]) -> Sequence[int]:
        """What the slots of each bucket have together."""
        return gather(slots, self.timeline.bucket_of_slot, len(self.dates))

    def video_spend(self) -> Sequence[int]:
        """What was spent on videos, by bucket."""
        spend = self.weighted("SPEND_IN_MICRO_DOLLAR", lambda met: int(met.video))
        return self.buckets_of(unpack(spend, len(self.timeline.slots)))
