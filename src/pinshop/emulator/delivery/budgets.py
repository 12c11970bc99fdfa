"""Budgets: what each promotion gets on each UTC day, as planned with what was known at that moment.

A day is planned when it begins. At every change within it (somebody starts, stops, bids otherwise; a budget is changed)
the rest of the day is planned anew, with what is left of the budgets: so nothing that is written touches the hours before.
What one promotion leaves over, the others may use.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import add, mul, sub
from typing import Any

from msgspec import Struct

from pinshop.emulator.delivery.market import WHOLE_DAY, Market, Noise, curve, demand, market
from pinshop.emulator.delivery.model import DAY, Piece, Plan, Stated, terms_at
from pinshop.emulator.delivery.terms import Terms

#: So many plans a day are made at once when something changes; from then on at most one in `_PAUSE` seconds.
_PROMPT_PLANS, _PAUSE = 48, 900

_WHOLE = (0, DAY, 0, DAY)

#: From so many members on, chance is computed anew rather than kept: 300,000 promotions would take 700 MB more.
_LARGE = 10_000


class Limit(Struct, frozen=True):
    """What a budget allows, from a moment on. Micro-currency; nothing set: no limit."""

    daily: int | None = None
    lifetime: int | None = None
    #: The UTC day a lifetime budget is to last until.
    last_day: int = 0

    def allowance(self, day: int, before: int) -> int | None:
        """How much may be spent on a UTC day, if so much was spent on the days before: what is left, spread evenly."""
        if self.lifetime is None:
            return self.daily
        return max(0, self.lifetime - before) // max(1, self.last_day - day + 1)


class Budget(Struct, frozen=True):
    """A budget, its history, and whom it binds."""

    key: str
    limits: tuple[tuple[int, Limit], ...]  # since which second
    members: frozenset[int]  # places in the pool


class Member(Struct, frozen=True):
    """A promotion as budgets see it."""

    id: str
    pieces: tuple[Piece, ...]
    currency: str = "USD"
    stated: Mapping[int, Stated] = {}


class _Line(Struct):
    """What a promotion wants on consecutive days, if no budget bound it."""

    place: int
    market: Market
    impressions: list[int]
    clicks: list[int]
    prices: list[int]
    spend: list[int]


class _Wishes(Struct):
    """What promotions want on one day, or in the rest of it: parallel lists, from which `ration` takes what is not allowed."""

    impressions: list[int]
    clicks: list[int]
    spend: list[int]
    prices: Sequence[int]
    per_impression: list[bool]
    #: Whether a budget has taken something already: then a unit may cost less than its price.
    cut: bool = False


class Pool:
    """Promotions that share budgets. ``budgets`` come from the narrowest to the widest."""

    def __init__(self, members: Sequence[Member], budgets: Sequence[Budget], seed: int) -> None:
        self.members, self._budgets, self._seed = members, budgets, seed
        self._noise = [Noise(seed, member.id) for member in members]
        self._chances = [Noise(seed, budget.key) for budget in budgets]
        self._markets: dict[tuple[int, Terms], Market] = {}
        self._counted = any(limit.lifetime is not None for budget in budgets for _, limit in budget.limits)
        self._range: tuple[int, int] | None = None
        self._plans: list[Plan] = []
        self._place: list[int] = []
        self._spent: list[int] = []

    def plan(self, place: int, first: int, last: int) -> Plan:
        """The plan of a member for these days at least (day numbers, both included)."""
        if self._range is None or first < self._range[0] or last > self._range[1]:
            if self._range is not None:
                first, last = min(first, self._range[0]), max(last, self._range[1])
            self._plan(first, last)
            self._range = first, last
        return self._plans[place]

    def _plan(self, first: int, last: int) -> None:
        self._plans = [Plan(noise, [], [], [], [], [], {}) for noise in self._noise]
        self._place = [0] * len(self.members)
        self._spent = [0] * len(self._budgets)
        begin = first
        if self._counted:  # what is left of a lifetime budget depends on every day before
            begin = min((member.pieces[0][0] // DAY for member in self.members if member.pieces), default=first)
            begin = min(first, begin)
        moments = {moment for member in self.members for piece in member.pieces for moment in piece[:2]}
        moments |= {since for budget in self._budgets for since, _ in budget.limits}
        low, high = begin * DAY, (last + 1) * DAY
        edges, within = {begin, first, last + 1}, dict[int, list[int]]()
        for moment in sorted(moments):
            if low <= moment < high:
                day, second = divmod(moment, DAY)
                edges |= {day, day + 1}
                if second:
                    within.setdefault(day, []).append(second)
        for start, end in pairwise(sorted(edges)):
            if start in within:
                self._changing_day(start, within[start], keep=start >= first)
            else:
                self._steady_days(start, end, keep=start >= first)
        for place, member in enumerate(self.members):
            if member.stated:
                self._state(place, member, first, last)

    # ---- days

    def _steady_days(self, start: int, end: int, *, keep: bool) -> None:
        """Days on which nothing changes: planned once, in whole columns."""
        count = end - start
        found = (self._line(place, piece, start, count) for place, piece in self._live(start * DAY))
        lines = [line for line in found if line is not None]
        planned: Iterable[tuple[Sequence[int], ...]] = [(line.impressions, line.clicks, line.spend) for line in lines]
        limits = self._limits(start * DAY)
        if limits or self._counted:
            days = _by_day(lines)
            members = self._members(lines)
            chances = {number: self._chance(number, start, count) for number, _ in limits}
            for offset, wishes in enumerate(days):
                for number, limit in limits:
                    allowed = limit.allowance(start + offset, self._spent[number])
                    _limit(wishes, members[number], allowed, chances[number][offset])
                if self._counted:
                    self._spent = [
                        before + sum(map(wishes.spend.__getitem__, mine))
                        for before, mine in zip(self._spent, members, strict=True)
                    ]
            planned = _by_line(days)
        if keep:
            for line, (impressions, clicks, spend) in zip(lines, planned, strict=True):
                plan = self._plans[line.place]
                plan.days += range(start, end)
                plan.impressions += impressions
                plan.clicks += clicks
                plan.spend += spend
                plan.markets += [line.market] * count

    def _changing_day(self, day: int, seconds: Sequence[int], *, keep: bool) -> None:
        """A day on which something changes: planned at its beginning, and anew at each change."""
        spent = [0] * len(self._budgets)
        for now, following in pairwise((*_planned_at(seconds), DAY)):
            lines, horizons, stops, realised = [], [], [], []
            for place, piece in self._live(day * DAY + now):
                line = self._line(place, piece, day, 1)
                if line is not None:
                    lines.append(line)
                    horizons.append(min(DAY, piece[3] - day * DAY))
                    stops.append(min(following, piece[1] - day * DAY))
            whole = [(line.impressions[0], line.clicks[0], line.spend[0]) for line in lines]
            for line, horizon in zip(lines, horizons, strict=True):
                if (now, horizon) != (0, DAY):
                    _narrow(line, now, horizon)
            wants = [(line.impressions[0], line.clicks[0], line.spend[0]) for line in lines]
            rest = _by_day(lines)
            members = self._members(lines)
            for number, limit in self._limits(day * DAY + now) if lines else ():
                allowed = limit.allowance(day, self._spent[number])
                left = None if allowed is None else max(0, allowed - spent[number])
                _limit(rest[0], members[number], left, self._chance(number, day, 1)[0])
            gots = [(seen[0], clicks[0], spend[0]) for seen, clicks, spend in _by_line(rest)]
            for line, full, want, got, horizon, stop in zip(lines, whole, wants, gots, horizons, stops, strict=True):
                part = (now, horizon, now, stop) if got != want else (0, DAY, now, stop)
                counts = got if got != want else full
                realised.append(cut_spend(counts, line.market, part))
                if keep:
                    plan = self._plans[line.place]
                    if part != (0, DAY, 0, DAY):
                        plan.parts[len(plan.days)] = part
                    plan.days.append(day)
                    plan.impressions.append(counts[0])
                    plan.clicks.append(counts[1])
                    plan.spend.append(counts[2])
                    plan.markets.append(line.market)
            for number, mine in enumerate(members):
                spent[number] += sum(map(realised.__getitem__, mine))
        if self._counted:
            self._spent = list(map(add, self._spent, spent))

    # ---- steps

    def _live(self, moment: int) -> Iterable[tuple[int, Piece]]:
        """Who is live at a moment. Moments only grow."""
        for number, member in enumerate(self.members):
            pieces, place = member.pieces, self._place[number]
            while place < len(pieces) and pieces[place][1] <= moment:
                place += 1
            self._place[number] = place
            if place < len(pieces) and pieces[place][0] <= moment:
                yield number, pieces[place]

    def _met(self, place: int, terms: Terms) -> Market:
        found = self._markets.get((place, terms))
        if found is None:
            member = self.members[place]
            found = self._markets[place, terms] = market(member.id, member.currency, terms, self._seed)
        return found

    def _line(self, place: int, piece: Piece, first: int, count: int) -> _Line | None:
        met = self._met(place, piece[2])
        if not met.impressions:
            return None
        impressions, clicks, prices = demand(met, self._noise[place], first, count)
        if len(self.members) > _LARGE:
            self._noise[place].forget()
        spend = list(map(mul, impressions if met.per_impression else clicks, prices))
        return _Line(place, met, impressions, clicks, prices, spend)

    def _limits(self, moment: int) -> list[tuple[int, Limit]]:
        """The budgets that limit something at a moment, by their numbers."""
        found = []
        for number, budget in enumerate(self._budgets):
            at = bisect_right(budget.limits, moment, key=lambda one: one[0]) - 1
            limit = budget.limits[at][1] if at >= 0 else Limit()
            if limit.daily is not None or limit.lifetime is not None:
                found.append((number, limit))
        return found

    def _members(self, lines: Sequence[_Line]) -> list[Sequence[int]]:
        """Whom of these each budget binds, by their places among them."""
        everybody = range(len(lines))
        return [
            everybody
            if len(budget.members) == len(self.members)
            else [number for number in everybody if lines[number].place in budget.members]
            for budget in self._budgets
        ]

    def _chance(self, number: int, first: int, count: int) -> list[tuple[int, int]]:
        """The chance of a budget on each day."""
        noise = self._chances[number]
        return list(zip(noise.days(0, first, count), noise.days(1, first, count), strict=True))

    def _state(self, place: int, member: Member, first: int, last: int) -> None:
        """Put what is stated in place of what was planned. The others keep what they had: budgets know the plan only."""
        plan = self._plans[place]
        rows = enumerate(zip(plan.days, plan.impressions, plan.clicks, plan.spend, plan.markets, strict=True))
        entries = [(*row, plan.parts.get(index, _WHOLE)) for index, row in rows if row[0] not in member.stated]
        pieces = [(piece[0], piece[2]) for piece in member.pieces]
        for day, one in member.stated.items():
            if first <= day <= last:
                met = self._met(place, one.terms or terms_at(pieces, day * DAY))
                entries.append((day, one.impressions, one.clicks, one.spend_micro, met, _WHOLE))
        entries.sort(key=lambda entry: (entry[0], entry[5][2]))
        self._plans[place] = Plan(
            plan.noise,
            days=[entry[0] for entry in entries],
            impressions=[entry[1] for entry in entries],
            clicks=[entry[2] for entry in entries],
            spend=[entry[3] for entry in entries],
            markets=[entry[4] for entry in entries],
            parts={index: entry[5] for index, entry in enumerate(entries) if entry[5] != _WHOLE},
        )


def _planned_at(seconds: Sequence[int]) -> list[int]:
    """When a day is planned: at its beginning and at its changes, but not all day long at each of thousands of them."""
    moments = [0]
    for second in seconds:
        if len(moments) < _PROMPT_PLANS or second >= moments[-1] + _PAUSE:
            moments.append(second)
        elif second > moments[-1]:  # it waits, and whatever comes meanwhile waits with it
            moments.append(moments[-1] + _PAUSE)
    return [moment for moment in moments if moment < DAY]


def _narrow(line: _Line, start: int, end: int) -> None:
    """Let a line of one day want only what falls between two seconds of it."""
    impressions, clicks = line.impressions[0], line.clicks[0]
    low, high = (impressions * curve(second) // WHOLE_DAY for second in (start, end))
    clicks = clicks * high // impressions - clicks * low // impressions if impressions else 0
    line.impressions[0], line.clicks[0] = high - low, clicks
    line.spend[0] = line.prices[0] * (high - low if line.market.per_impression else clicks)


def cut_spend(counts: tuple[int, int, int], met: Market, part: tuple[int, int, int, int]) -> int:
    """What is spent of a plan in the part of it that is lived."""
    impressions, clicks, spend = counts
    start, end, begin, stop = part
    base, length = curve(start), curve(end) - curve(start)
    if length <= 0 or not impressions:
        return 0
    seen = [impressions * (curve(second) - base) // length for second in (begin, stop)]
    billed = impressions
    if not met.per_impression:
        seen, billed = [clicks * one // impressions for one in seen], clicks
    return spend * seen[1] // billed - spend * seen[0] // billed if billed else 0


def _by_day(lines: Sequence[_Line]) -> list[_Wishes]:
    """What promotions want on several days, day by day."""
    per_impression = [line.market.per_impression for line in lines]
    names = ("impressions", "clicks", "spend", "prices")
    days = zip(*(zip(*(getattr(line, name) for line in lines), strict=True) for name in names), strict=True)
    return [_Wishes(list(seen), list(clicks), list(spend), prices, per_impression) for seen, clicks, spend, prices in days]


def _by_line(days: Sequence[_Wishes]) -> Iterable[tuple[tuple[int, ...], ...]]:
    """Impressions, clicks and spend of each promotion on these days."""
    names = ("impressions", "clicks", "spend")
    return zip(*(zip(*(getattr(day, name) for day in days), strict=True) for name in names), strict=True)


def _limit(wishes: _Wishes, mine: Sequence[int], allowed: int | None, chance: tuple[int, int]) -> None:
    """Hold those whom a budget binds to what it allows."""
    wanted = sum(map(wishes.spend.__getitem__, mine))
    if mine and allowed is not None and (wanted > allowed or not allowed):
        _ration(wishes, mine, allowed, max(1, wanted), chance)


def _ration(wishes: _Wishes, mine: Sequence[int], allowed: int, wanted: int, chance: tuple[int, int]) -> None:
    """Cut the wishes of a day down to what is allowed: for everybody by the same share, in whole clicks (or impressions).

    Clicks are given out along a walk over all, whenever the shares passed make up another one. Where the walk begins is
    the day's chance, so that shares below one click go now to these, now to those. What is then left buys further clicks;
    the last is had for what is left, if that is a quarter of its price, or so much that a tenth of the budget would not be
    used: so a budget below the price of one click buys one for all of it.
    """
    walk = _Walk(mine, chance[0] % len(mine))
    impressions, clicks, spend, prices = map(walk.along, (wishes.impressions, wishes.clicks, wishes.spend, wishes.prices))
    per_impression = walk.along(wishes.per_impression) if any(wishes.per_impression) else None
    units = clicks
    if per_impression is not None:  # what costs nothing is not given out
        billed = zip(per_impression, impressions, clicks, spend, strict=True)
        units = [wish and (seen if each else clicked) for each, seen, clicked, wish in billed]
    begin = chance[1] * wanted >> 16
    due = [(begin + passed * allowed) // wanted for passed in accumulate(units)]
    got = list(map(sub, due, (0, *due)))
    costs = list(map(mul, got, prices))
    enough = bisect_right(list(accumulate(costs)), allowed)
    if wishes.cut:
        costs = list(map(min, costs, spend))
    left = allowed - sum(costs[:enough])
    for place in range(enough, len(got)):  # prices above the mean may use all of it before the walk ends
        cost = got[place] * prices[place]
        if cost > left:
            got[place] = left // prices[place]
            cost = got[place] * prices[place]
        costs[place] = min(cost, spend[place])
        left -= costs[place]
    seen = [many * allowed // wanted for many in impressions]
    if per_impression is not None:
        for place, each in enumerate(per_impression):
            if each and units[place]:
                clicks[place] = clicks[place] * got[place] // impressions[place]
    # No price is below the least, unless a budget has cut the spend of a last click.
    if left and (10 * left > allowed or wishes.cut or min(prices) <= 4 * left):
        for place, many in enumerate(units):
            if not left:
                break
            if many > got[place]:
                price = min(prices[place], spend[place] - costs[place])
                if price > 0 and (price <= 4 * left or 10 * left > allowed):
                    got[place] += 1
                    costs[place] += min(left, price)
                    left -= min(left, price)
    if per_impression is None:
        walk.put(wishes.clicks, got)
        walk.put(wishes.impressions, list(map(max, seen, got)))
    else:
        given = list(zip(per_impression, units, seen, clicks, got, strict=True))
        walk.put(wishes.clicks, [clicked if each else many for each, _, _, clicked, many in given])
        walk.put(
            wishes.impressions,
            [(many if unit else share) if each else max(share, many) for each, unit, share, _, many in given],
        )
    walk.put(wishes.spend, costs)
    wishes.cut = True


class _Walk:
    """A walk over those whom a budget binds, from one of them on and round to the one before."""

    def __init__(self, mine: Sequence[int], start: int) -> None:
        self._mine, self._start = mine, start
        #: All of a pool are walked without a look at each.
        self._everybody = isinstance(mine, range)

    def along(self, values: Sequence[Any]) -> list[Any]:
        """The values in the order of the walk."""
        start = self._start
        if not self._everybody:
            values = [values[number] for number in self._mine]
        return [*values[start:], *values[:start]]

    def put(self, values: list[int], walked: list[int]) -> None:
        """Put values of the walk in their places."""
        turn = len(walked) - self._start
        back = [*walked[turn:], *walked[:turn]]
        if self._everybody:
            values[:] = back
        else:
            for number, value in zip(self._mine, back, strict=True):
                values[number] = value
