"""Rations: what promotions get of a day's budget that allows less than they want."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from typing import Any, TypeVar

from msgspec import Struct

from pinshop.emulator.delivery.packed import (
    Packed,
    array_of,
    everywhere,
    joined,
    pack,
    proportional,
    reaches,
    to_array,
    unpack,
)

_Value = TypeVar("_Value", int, bool)


class Wishes(Struct):
    """What promotions want on one day, or in the rest of it: parallel lists, from which `limit` takes what is not allowed."""

    impressions: array[int]
    clicks: list[int]
    spend: list[int]
    prices: list[int]
    #: Who pays for impressions; empty: nobody.
    per_impression: list[bool]
    #: Nobody wants more impressions.
    most: int
    #: Whether a budget has taken something already: then a unit may cost less than its price.
    cut: bool = False


def wishes_of(impressions: array[int], clicks: list[int], prices: list[int], per_impression: list[bool], most: int) -> Wishes:
    """Wishes that no budget has cut."""
    if any(per_impression):
        each = zip(per_impression, impressions, clicks, prices, strict=True)
        spend = [(seen if by else clicked) * price for by, seen, clicked, price in each]
    else:
        spend, per_impression = list(map(mul, clicks, prices)), []
    return Wishes(impressions, clicks, spend, prices, per_impression, most)


def limit(wishes: Wishes, mine: Sequence[int], allowed: int | None, chance: tuple[int, int]) -> None:
    """Hold those whom a budget binds to what it allows. ``mine``: their places; a range: everybody."""
    if not mine or allowed is None:
        return
    wanted = sum(wishes.spend if isinstance(mine, range) else map(wishes.spend.__getitem__, mine))
    if wanted > allowed or not allowed:
        _ration(wishes, mine, allowed, max(1, wanted), chance)


def _ration(wishes: Wishes, mine: Sequence[int], allowed: int, wanted: int, chance: tuple[int, int]) -> None:
    """Cut the wishes of a day down to what is allowed: for everybody by the same share, in whole clicks (or impressions).

    Clicks are given out along a walk over all, whenever the shares passed make up another one. Where the walk begins is
    the day's chance, so that shares below one click go now to these, now to those. What is then left buys further clicks;
    the last is had for what is left, if that is a quarter of its price, or so much that a tenth of the budget would not be
    used: so a budget below the price of one click buys one for all of it.
    """
    size = len(mine)
    walk = _Walk(mine, chance[0] % size)
    impressions, clicks, prices = walk.array(wishes.impressions), walk.list(wishes.clicks), walk.list(wishes.prices)
    per_impression = walk.list(wishes.per_impression) if wishes.per_impression else None
    spend = walk.list(wishes.spend) if wishes.cut or per_impression is not None else []
    units = clicks
    if per_impression is not None:  # what costs nothing is not given out
        billed = zip(per_impression, impressions, clicks, spend, strict=True)
        units = [wish and (seen if each else clicked) for each, seen, clicked, wish in billed]
    most = spend if wishes.cut else None
    got, costs, left = _give(units, prices, most, allowed, wanted, chance[1] * wanted >> 16)
    if per_impression is not None:
        each = zip(per_impression, units, impressions, clicks, got, strict=True)
        clicks = [clicked * many // whole if by and unit else clicked for by, unit, whole, clicked, many in each]
    _give_more(units, prices, most, allowed, got, costs, left)
    seen = proportional(joined([impressions]), size, allowed, wanted, most=wishes.most)
    if per_impression is None:
        walk.put(wishes.clicks, got)
        walk.put(wishes.impressions, _at_least(seen, got))
    else:
        given = list(zip(per_impression, units, unpack(seen, size), clicks, got, strict=True))
        walk.put(wishes.clicks, [clicked if each else many for each, _, _, clicked, many in given])
        shown = [(many if unit else share) if each else max(share, many) for each, unit, share, _, many in given]
        walk.put(wishes.impressions, array_of(shown))
    walk.put(wishes.spend, costs)
    wishes.cut = True


def _give(
    units: list[int], prices: list[int], most: list[int] | None, allowed: int, wanted: int, begin: int
) -> tuple[list[int], list[int], int]:
    """What everybody on the walk gets of the units, what that costs, and what is left. ``most``: nobody spends more."""
    size = len(units)
    passed = list(accumulate(units))
    due = proportional(pack(passed), size, allowed, wanted, begin, most=passed[-1])
    got = list(unpack(due - (due << 64 & everywhere(size)), size))
    costs = list(map(mul, got, prices))
    used, enough = sum(costs), size
    while used > allowed:
        enough -= 1
        used -= costs[enough]
    if most is not None:
        costs = list(map(min, costs, most))
        used = sum(costs[:enough])
    left = allowed - used
    for place in range(enough, size):  # prices above the mean may use all of it before the walk ends
        cost = got[place] * prices[place]
        if cost > left:
            got[place] = left // prices[place]
            cost = got[place] * prices[place]
        costs[place] = cost if most is None else min(cost, most[place])
        left -= costs[place]
    return got, costs, left


def _give_more(
    units: list[int], prices: list[int], most: list[int] | None, allowed: int, got: list[int], costs: list[int], left: int
) -> None:
    """Give what is left for further units."""
    # No price is below the least, unless a budget has cut the spend of a last click.
    least = min(prices) if left and most is None else 0
    for place, many in enumerate(units):
        if not left or (least > 4 * left and 10 * left <= allowed):
            break
        if many > got[place]:
            price = prices[place] if most is None else min(prices[place], most[place] - costs[place])
            if price > 0 and (price <= 4 * left or 10 * left > allowed):
                got[place] += 1
                costs[place] += min(left, price)
                left -= min(left, price)


def _at_least(counts: Packed, least: list[int]) -> array[int]:
    """The counts, each raised to its least."""
    size = len(least)
    if reaches(counts, pack(least), size):
        return to_array(counts, size)
    return array_of(list(map(max, unpack(counts, size), least)))


class _Walk:
    """A walk over those whom a budget binds, from one of them on and round to the one before."""

    def __init__(self, mine: Sequence[int], start: int) -> None:
        self._mine, self._start = mine, start
        #: All of a pool are walked without a look at each.
        self._everybody = isinstance(mine, range)

    def list(self, values: list[_Value]) -> list[_Value]:
        """The values in the order of the walk."""
        if not self._everybody:
            values = list(map(values.__getitem__, self._mine))
        return values[self._start :] + values[: self._start]

    def array(self, values: array[int]) -> array[int]:
        """The same, of an array."""
        if not self._everybody:
            values = array_of(list(map(values.__getitem__, self._mine)))
        return values[self._start :] + values[: self._start]

    def put(self, values: Any, walked: Any) -> None:
        """Put values of the walk (a list, or an array) in their places."""
        turn = len(walked) - self._start
        back = walked[turn:] + walked[:turn]
        if self._everybody:
            values[:] = back
        else:
            for number, value in zip(self._mine, back, strict=True):
                values[number] = value
