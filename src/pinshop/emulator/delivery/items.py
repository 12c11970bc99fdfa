"""The items of a promotion: which of its events fall to each."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from pinshop.emulator.delivery.market import REMAINDERS
from pinshop.emulator.delivery.model import DAY, Span
from pinshop.emulator.delivery.packed import Packed, pack, unpack
from pinshop.emulator.delivery.series import Series
from pinshop.emulator.delivery.terms import ONE


class ItemSet(Struct, frozen=True):
    """The items of a group from a moment on: ``(item id, whether it can be shown)``."""

    since: int
    items: tuple[tuple[str, bool], ...]


class Items:
    """How the events of a promotion are divided among its items.

    What is out of stock is not shown, unless everything is. Every item has a piece of a line from 0 to ``length``.
    """

    def __init__(self, group: Series, sets: Sequence[ItemSet], seed: int) -> None:
        self.group = group
        self._sets = sets
        self._lines = [_Line(group.subject.id, one.items, seed) for one in sets]
        self._converted: dict[str, Mapping[str, list[int]]] = {}
        self._cells: dict[str, Sequence[int]] = {}
        days, parts, entries = group.timeline.days, group.timeline.parts, group.timeline.cell_entries
        moments = [days[entry] * DAY + (parts[entry][2] if entry in parts else 0) for entry in entries]
        #: The line of every cell.
        self.of_cell = [self._at(moment) for moment in moments]

    def _at(self, moment: int) -> _Line:
        return self._lines[max(0, bisect_right(self._sets, moment, key=lambda one: one.since) - 1)]

    def cells(self, name: str) -> Sequence[int]:
        """A count of the promotion in every cell."""
        if name not in self._cells:
            self._cells[name] = unpack(self.group.cell(name), len(self.of_cell))
        return self._cells[name]

    def converted(self, stem: str, by: int) -> Mapping[str, list[int]]:
        """Conversions by item and slot. Event by event, so that a wider window only adds events to each item."""
        key = f"{stem} {by}"
        if key not in self._converted:
            group, slots = self.group, self.group.timeline.slots
            offset = group.question.query.utc_offset_seconds
            counts = unpack(group.converted(stem, by), len(slots))
            chances = unpack(group.slot_chances(0), len(slots))
            found: dict[str, list[int]] = {}
            for place, (slot, count, chance) in enumerate(zip(slots, counts, chances, strict=True)):
                line = self._at(slot * DAY - offset)
                for item_id, many in line.shares(count, chance):
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
        self._place = {item_id: place for place, item_id in enumerate(self.ids)}

    def piece(self, item_id: str) -> tuple[int, int, int]:
        """Where an item's piece begins and ends, and how long the line is."""
        place = self._place.get(item_id)
        if place is None:
            return 0, 0, 1
        return self.bounds[place], self.bounds[place + 1], max(1, self.bounds[-1])

    def shares(self, count: int, chance: int) -> Iterator[tuple[str, int]]:
        """Events, one after the other, spread evenly along the line: whose they are, and how many at once."""
        length = self.bounds[-1]
        rounds, rest = divmod(count if length else 0, ONE)  # after so many events they fall where they fell before
        if rounds:
            for item_id, (low, high) in zip(self.ids, pairwise(self.bounds), strict=True):
                yield item_id, rounds * (-(-high * ONE // length) - -(-low * ONE // length))
        for number in range(rest):
            at = (number * 40_503 + chance) % ONE * length >> 16
            yield self.ids[bisect_right(self.bounds, at) - 1], 1


class ItemSeries(Series):
    """One item's part of its promotion's series: every count is cut as the impressions are, and the cuts meet."""

    def __init__(self, items: Items, item_id: str) -> None:
        group = items.group
        super().__init__(group.batch, group.question)
        self._items, self._item_id = items, item_id
        self._pieces: dict[str, list[Span]] = {}

    def cell(self, name: str) -> Packed:
        """A count (or the spend) in every cell."""
        if name not in self._cell:
            self._cell[name] = pack([after - before for before, after in self._piece(name)])
        return self._cell[name]

    def _piece(self, name: str) -> list[Span]:
        if name not in self._pieces:
            counts = self._items.cells(name) if name not in REMAINDERS else ()
            if name == "IMPRESSION_1":
                places = [line.piece(self._item_id) for line in self._items.of_cell]
                pieces = [
                    (count * low // whole, count * high // whole)
                    for count, (low, high, whole) in zip(counts, places, strict=True)
                ]
            elif name in REMAINDERS:
                whole_name, part = REMAINDERS[name]
                both = zip(self._piece(whole_name), self._piece(part), strict=True)
                pieces = [(a - c, b - d) for (a, b), (c, d) in both]
            else:
                pieces = []
                for cell, (entry, count) in enumerate(zip(self.timeline.cell_entries, counts, strict=True)):
                    parent = self.parent(name, entry)
                    of, (low, high) = self._items.cells(parent)[cell], self._piece(parent)[cell]
                    pieces.append((count * low // of, count * high // of) if of else (0, 0))
            self._pieces[name] = pieces
        return self._pieces[name]

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
