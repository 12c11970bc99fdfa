"""The items of a promotion: which of its events fall to each."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from pinshop.emulator.delivery.market import REMAINDERS
from pinshop.emulator.delivery.model import DAY, begin_of
from pinshop.emulator.delivery.packed import Packed, pack, unpack
from pinshop.emulator.delivery.series import Series
from pinshop.emulator.delivery.terms import ONE

#: Of the line: the golden ratio, so that any number of events in a row is spread evenly.
_STEP = 40_503


class ItemSet(Struct, frozen=True):
    """The items of a group from a moment on: ``(item id, whether it can be shown)``."""

    since: int
    items: tuple[tuple[str, bool], ...]


#: So many pieces a day's impressions are given out in, or two for each item.
_PIECES = 128


class Items:
    """How the events of a promotion are divided among its items.

    What is out of stock is not shown, unless everything is. Every item has a piece of a line from 0 to ``length``. The
    impressions of a planned day are cut into pieces of it, in order of time, and each piece is one item's, with all that
    follows from it: so hours add up to their day, and what is told of a day that is not over only grows.
    """

    def __init__(self, group: Series, sets: Sequence[ItemSet], seed: int) -> None:
        self.group = group
        self._sets = sets
        self._lines = [_Line(group.subject.id, one.items, seed) for one in sets]
        self._converted: dict[str, Mapping[str, list[int]]] = {}
        self._cells: dict[str, list[dict[str, int]]] = {}
        self._passed: dict[tuple[str, int], list[int]] = {}
        self._planned: dict[str, Sequence[int]] = {}
        timeline = group.timeline
        days, parts = timeline.days, timeline.parts
        chances = unpack(group.chances(0, timeline.day_of_entry), len(days))
        #: Of every entry: whose each of its pieces is.
        self._owners: list[list[str]] = []
        for entry, (many, chance) in enumerate(zip(self._full("IMPRESSION_1"), chances, strict=True)):
            line = self._at(begin_of(days, parts, entry))
            self._owners.append(line.owners(min(many, max(_PIECES, 2 * len(line.ids))), chance))

    def _at(self, moment: int) -> _Line:
        return self._lines[max(0, bisect_right(self._sets, moment, key=lambda one: one.since) - 1)]

    def _begin(self, slot: int) -> _Line:
        """The items with which a reporting day begins. Of one that began with none: those that were shown first."""
        timeline, offset = self.group.timeline, self.group.question.query.utc_offset_seconds
        line = self._at(slot * DAY - offset)
        if line.bounds[-1] or slot not in timeline.slots:
            return line
        place = timeline.slots.index(slot)
        cell = place if timeline.slot_of_cell is None else bisect_left(timeline.slot_of_cell, place)
        if cell == len(timeline.cell_entries) or (timeline.slot_of_cell or range(cell + 1))[cell] != place:
            return line
        entry = timeline.cell_entries[cell]
        return self._at(begin_of(timeline.days, timeline.parts, entry))

    def cells(self, name: str) -> list[dict[str, int]]:
        """A count of the promotion in every cell, by item."""
        if name not in self._cells:
            group, timeline = self.group, self.group.timeline
            cuts = dict(zip(timeline.cuts, group.cut(name), strict=True))
            found: list[dict[str, int]] = []
            for cell, entry in enumerate(timeline.cell_entries):
                passed = self._pass(name, entry)
                if cell in cuts:
                    before, after = cuts[cell]
                    passed = [min(max(many, before), after) for many in passed]
                counts: dict[str, int] = {}
                for owner, (before, after) in zip(self._owners[entry], pairwise(passed), strict=True):
                    if after > before:
                        counts[owner] = counts.get(owner, 0) + after - before
                found.append(counts)
            self._cells[name] = found
        return self._cells[name]

    def _full(self, name: str) -> Sequence[int]:
        if name not in self._planned:
            self._planned[name] = unpack(self.group.full(name), len(self.group.timeline.days))
        return self._planned[name]

    def _pass(self, name: str, entry: int) -> list[int]:
        """How much of a count of a planned day comes before each of its pieces, and before its end."""
        passed = self._passed.get((name, entry))
        if passed is None:
            pieces = len(self._owners[entry])
            many = self._full(name)[entry]
            if name in REMAINDERS:
                passed = [a - b for a, b in zip(*(self._pass(part, entry) for part in REMAINDERS[name]), strict=True)]
            elif name == "IMPRESSION_1":
                passed = [many * piece // max(1, pieces) for piece in range(pieces + 1)]
            else:
                parent = self.group.parent(name, entry)
                of = max(1, self._full(parent)[entry])
                passed = [many * before // of for before in self._pass(parent, entry)]
            self._passed[name, entry] = passed
        return passed

    def converted(self, stem: str, by: int) -> Mapping[str, list[int]]:
        """Conversions by item and slot. Event by event, so that a wider window only adds events to each item."""
        key = f"{stem} {by}"
        if key not in self._converted:
            group, slots = self.group, self.group.timeline.slots
            counts = unpack(group.converted(stem, by), len(slots))
            chances = unpack(group.slot_chances(0), len(slots))
            found: dict[str, list[int]] = {}
            for place, (slot, count, chance) in enumerate(zip(slots, counts, chances, strict=True)):
                for item_id, many in self._begin(slot).shares(count, chance):
                    found.setdefault(item_id, [0] * len(counts))[place] += many
            self._converted[key] = found
        return self._converted[key]


class _Line:
    """The pieces of a set's items."""

    def __init__(self, owner: str, items: Sequence[tuple[str, bool]], seed: int) -> None:
        self.ids = [item_id for item_id, _ in items]
        self.bounds = [0]
        anything = any(shown for _, shown in items)
        for item_id, shown in items:
            draw = hashlib.shake_128(f"{seed}|{owner}|{item_id}".encode()).digest(1)[0]
            self.bounds.append(self.bounds[-1] + (16 + (draw * draw >> 4) if shown or not anything else 0))

    def owners(self, count: int, chance: int) -> list[str]:
        """Whose each of so many events is, spread evenly along the line; nobody's, if the line has no length."""
        length = self.bounds[-1]
        steps = ((number * _STEP + chance) % ONE for number in range(count if length else 0))
        return [self.ids[bisect_right(self.bounds, step * length >> 16) - 1] for step in steps]

    def shares(self, count: int, chance: int) -> Iterator[tuple[str, int]]:
        """Events, one after the other, spread evenly along the line: whose they are, and how many at once."""
        length = self.bounds[-1]
        rounds, rest = divmod(count if length else 0, ONE)  # after so many events they fall where they fell before
        if rounds:
            for item_id, (low, high) in zip(self.ids, pairwise(self.bounds), strict=True):
                yield item_id, rounds * (-(-high * ONE // length) - -(-low * ONE // length))
        for item_id in self.owners(rest, chance):
            yield item_id, 1


class ItemSeries(Series):
    """One item's part of its promotion's series: every count is divided as the impressions are."""

    def __init__(self, items: Items, item_id: str) -> None:
        group = items.group
        super().__init__(group.batch, group.question)
        self._items, self._item_id = items, item_id

    def cell(self, name: str) -> Packed:
        """A count (or the spend) in every cell."""
        if name not in self._cell:
            self._cell[name] = pack([counts.get(self._item_id, 0) for counts in self._items.cells(name)])
        return self._cell[name]

    def converted(self, stem: str, by: int) -> Packed:
        """Conversions of every reporting day, as known now."""
        return pack(self._items.converted(stem, by).get(self._item_id, ()))

    def order_money(self, by: int) -> Sequence[int]:
        """What the orders of every reporting day bring: the item's part of what the promotion's bring."""
        if by or not self.subject.stated:
            return super().order_money(by)
        group, size = self._items.group, len(self.timeline.slots)
        whole, money = unpack(group.converted("CHECKOUT", by), size), group.order_money(by)
        before = [0] * size
        for item_id, others in self._items.converted("CHECKOUT", by).items():
            if item_id == self._item_id:
                break
            before = [a + b for a, b in zip(before, others, strict=True)]
        orders = unpack(self.converted("CHECKOUT", by), size)
        return [
            much * (low + mine) // of - much * low // of if of else 0
            for much, low, mine, of in zip(money, before, orders, whole, strict=True)
        ]
