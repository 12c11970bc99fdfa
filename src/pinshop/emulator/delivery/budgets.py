"""Budgets: what each promotion gets on each UTC day, as planned with what was known at that moment.

A day is planned when it begins. At every change within it (somebody starts, stops, bids otherwise; a budget is changed)
the rest of the day is planned anew, with what is left of the budgets: so nothing that is written touches the hours before.
What one promotion leaves over, the others may use.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import add, mul
from typing import TypeAlias

from msgspec import Struct

from pinshop.emulator.delivery.market import WHOLE_DAY, Market, Noise, Wish, curve, demand, market
from pinshop.emulator.delivery.model import DAY, WHOLE, Part, Piece, Plan, Span, Stated, terms_at
from pinshop.emulator.delivery.packed import array_of
from pinshop.emulator.delivery.rations import limit, wishes_of
from pinshop.emulator.delivery.terms import Terms

#: So many plans a day are made at once when something changes; from then on at most one in `_PAUSE` seconds.
_PROMPT_PLANS, _PAUSE = 48, 900

#: Of more members, chance and wishes are computed anew rather than kept: those of 300,000 promotions would take 700 MB.
_LARGE = 10_000

#: So many days of all promotions are planned at once, at most: 24 bytes for each.
_AT_ONCE = 10_000_000

#: Impressions, clicks and spend.
_Counts: TypeAlias = tuple[int, int, int]


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


class _Stretch(Struct):
    """What promotions get on consecutive days, or in a part of one."""

    days: list[int]
    places: list[int]
    markets: list[Market]
    #: One day behind the other, or one promotion behind the other.
    impressions: array[int]
    clicks: array[int]
    spend: array[int]
    by_day: bool = True
    #: Of a day that is not whole, for each promotion.
    parts: Sequence[Part] = ()

    def add_to(self, plan: Plan, place: int) -> None:
        """Add what a promotion gets to its plan."""
        at = bisect_left(self.places, place)
        if at == len(self.places) or self.places[at] != place:
            return
        count = len(self.days)
        mine = slice(at, None, len(self.places)) if self.by_day else slice(at * count, (at + 1) * count)
        if self.parts and self.parts[at] != WHOLE:
            plan.parts[len(plan.days)] = self.parts[at]
        plan.days += self.days
        plan.impressions += self.impressions[mine]
        plan.clicks += self.clicks[mine]
        plan.spend += self.spend[mine]
        plan.markets += [self.markets[at]] * count


class Pool:
    """Promotions that share budgets. ``budgets`` come from the narrowest to the widest."""

    def __init__(self, members: Sequence[Member], budgets: Sequence[Budget], seed: int) -> None:
        self.members, self._budgets, self._seed = members, budgets, seed
        self._noise: dict[int, Noise] = {}
        self._chances = [Noise(seed, budget.key) for budget in budgets]
        #: The terms of every member that were met last, and what they met.
        self._met_last: list[tuple[Terms, Market] | None] = [None] * len(members)
        self._counted = any(limit.lifetime is not None for budget in budgets for _, limit in budget.limits)
        self._range: tuple[int, int] | None = None
        self._stretches: list[_Stretch] = []
        self._place: list[int] = []
        self._spent: list[int] = []
        #: While days are planned: what members want on coming days, and the day with which planning ends.
        self._wishes: dict[int, Wish] = {}
        self._end = 0

    def plan(self, place: int, first: int, last: int) -> Plan:
        """The plan of a member for these days at least (day numbers, both included)."""
        if self._range is None or first < self._range[0] or last > self._range[1]:
            if self._range is not None:
                first, last = min(first, self._range[0]), max(last, self._range[1])
            self._plan(first, last)
            self._range = first, last
        plan = Plan(self._noise_of(place), [], array("Q"), array("Q"), array("Q"), [], {})
        for stretch in self._stretches:
            stretch.add_to(plan, place)
        member = self.members[place]
        return self._as_stated(plan, place, member, *self._range) if member.stated else plan

    def _plan(self, first: int, last: int) -> None:
        self._stretches, self._end = [], last + 1
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
                live = list(self._live(start * DAY))
                step = _days_at_once(len(live))
                for day in range(start, end, step):
                    self._steady_days(live, day, min(day + step, end), keep=start >= first)
        self._wishes.clear()

    # ---- days

    def _steady_days(self, live: Sequence[tuple[int, Piece]], start: int, end: int, *, keep: bool) -> None:
        """Days on which nothing changes: planned once, in whole columns."""
        places, markets = list[int](), list[Market]()
        impressions, clicks, prices = array("Q"), array("Q"), array("Q")
        for place, piece in live:
            wish = self._wish(place, piece, start, end - start)
            if wish is not None:
                mine = slice(start - wish.first, end - wish.first)
                places.append(place)
                markets.append(wish.met)
                impressions += wish.impressions[mine]
                clicks += wish.clicks[mine]
                prices += wish.prices[mine]
        if not places:
            return
        limits, days = self._limits(start * DAY), list(range(start, end))
        planned = _Stretch(days, places, markets, impressions, clicks, array("Q"), by_day=False)
        if limits or self._counted:
            planned = _Stretch(days, places, markets, array("Q"), array("Q"), array("Q"))
            self._ration_days(planned, limits, impressions, clicks, prices)
        elif keep:
            for at, met in enumerate(markets):
                mine = slice(at * len(days), (at + 1) * len(days))
                units = impressions if met.per_impression else clicks
                planned.spend += array_of(list(map(mul, units[mine], prices[mine])))
        if keep:
            self._stretches.append(planned)

    def _ration_days(
        self,
        planned: _Stretch,
        limits: Sequence[tuple[int, Limit]],
        impressions: array[int],
        clicks: array[int],
        prices: array[int],
    ) -> None:
        """Plan days with what is wanted on them, one promotion behind the other."""
        start, count = planned.days[0], len(planned.days)
        members, most = self._members(planned.places), _most(planned.markets)
        by_impression = [met.per_impression for met in planned.markets]
        chances = {number: self._chance(number, start, count) for number, _ in limits}
        for offset, day in enumerate(planned.days):
            mine = slice(offset, None, count)
            wishes = wishes_of(impressions[mine], clicks[mine].tolist(), prices[mine].tolist(), by_impression, most)
            for number, one in limits:
                allowed = one.allowance(day, self._spent[number])
                limit(wishes, members[number], allowed, chances[number][offset])
            if self._counted:
                self._count(members, wishes.spend, self._spent)
            planned.impressions += wishes.impressions
            planned.clicks += array_of(wishes.clicks)
            planned.spend += array_of(wishes.spend)

    def _changing_day(self, day: int, seconds: Sequence[int], *, keep: bool) -> None:
        """A day on which something changes: planned at its beginning, and anew at each change."""
        spent = [0] * len(self._budgets)
        bound = next((second for second in (0, *seconds) if self._limits(day * DAY + second)), DAY)
        for now, following in pairwise((*_planned_at(seconds, bound), DAY)):
            places, markets, spans = list[int](), list[Market](), list[Span]()
            whole, prices = list[_Counts](), list[int]()
            for place, piece in self._live(day * DAY + now):
                wish = self._wish(place, piece, day, 1)
                if wish is not None:
                    at = day - wish.first
                    seen, clicked, price = wish.impressions[at], wish.clicks[at], wish.prices[at]
                    places.append(place)
                    markets.append(wish.met)
                    spans.append((min(DAY, piece[3] - day * DAY), min(following, piece[1] - day * DAY)))
                    whole.append((seen, clicked, (seen if wish.met.per_impression else clicked) * price))
                    prices.append(price)
            if not places:
                continue
            members = self._members(places)
            narrowed = [_narrow(full, now, horizon) for full, (horizon, _) in zip(whole, spans, strict=True)]
            impressions, clicks = map(list, zip(*narrowed, strict=True))
            by_impression = [met.per_impression for met in markets]
            rest = wishes_of(array_of(impressions), clicks, prices, by_impression, _most(markets))
            wants = list(zip(impressions, clicks, rest.spend, strict=True))
            for number, one in self._limits(day * DAY + now):
                allowed = one.allowance(day, self._spent[number])
                left = None if allowed is None else max(0, allowed - spent[number])
                limit(rest, members[number], left, self._chance(number, day, 1)[0])
            gots = zip(rest.impressions, rest.clicks, rest.spend, strict=True)
            planned, parts = list[_Counts](), list[Part]()
            for full, want, got, (horizon, stop) in zip(whole, wants, gots, spans, strict=True):
                planned.append(got if got != want else full)
                parts.append((now, horizon, now, stop) if got != want else (0, DAY, now, stop))
            self._count(members, list(map(cut_spend, planned, markets, parts)), spent)
            if keep:
                got_impressions, got_clicks, got_spend = map(array_of, zip(*planned, strict=True))
                self._stretches.append(_Stretch([day], places, markets, got_impressions, got_clicks, got_spend, parts=parts))
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

    def _noise_of(self, place: int) -> Noise:
        noise = self._noise.get(place)
        if noise is None:
            noise = Noise(self._seed, self.members[place].id)
            if len(self.members) <= _LARGE:
                self._noise[place] = noise
        return noise

    def _met(self, place: int, terms: Terms) -> Market:
        known = self._met_last[place]
        if known is None or (known[0] is not terms and known[0] != terms):
            member = self.members[place]
            known = self._met_last[place] = (terms, market(member.id, member.currency, terms, self._seed))
        return known[1]

    def _wish(self, place: int, piece: Piece, first: int, count: int) -> Wish | None:
        """What a member wants on days that are all in a piece, and maybe on others; None: nothing.

        Computed for the days to come as well: there may be more to change than what it wants.
        """
        met = self._met(place, piece[2])
        if not met.impressions:
            return None
        known = self._wishes.get(place)
        if known is None or known.met is not met or not known.first <= first <= known.first + len(known.clicks) - count:
            ahead = min(self._end, -(-piece[1] // DAY), first + max(count, _days_at_once(len(self.members)))) - first
            known = demand(met, self._noise_of(place), first, ahead)
            if len(self.members) <= _LARGE:
                self._wishes[place] = known
        return known

    def _limits(self, moment: int) -> list[tuple[int, Limit]]:
        """The budgets that limit something at a moment, by their numbers."""
        found = []
        for number, budget in enumerate(self._budgets):
            at = bisect_right(budget.limits, moment, key=lambda one: one[0]) - 1
            limit = budget.limits[at][1] if at >= 0 else Limit()
            if limit.daily is not None or limit.lifetime is not None:
                found.append((number, limit))
        return found

    def _members(self, places: Sequence[int]) -> list[Sequence[int]]:
        """Whom of these each budget binds, by their places among them; a range: everybody."""
        everybody = range(len(places))
        return [
            everybody
            if len(budget.members) == len(self.members)
            else [number for number, place in enumerate(places) if place in budget.members]
            for budget in self._budgets
        ]

    def _count(self, members: Sequence[Sequence[int]], spend: Sequence[int], spent: list[int]) -> None:
        """Add what members spend to what was spent of each budget."""
        for number, mine in enumerate(members):
            spent[number] += sum(spend if isinstance(mine, range) else map(spend.__getitem__, mine))

    def _chance(self, number: int, first: int, count: int) -> list[tuple[int, int]]:
        """The chance of a budget on each day."""
        noise = self._chances[number]
        return list(zip(noise.days(0, first, count), noise.days(1, first, count), strict=True))

    def _as_stated(self, plan: Plan, place: int, member: Member, first: int, last: int) -> Plan:
        """The plan, but what is stated in place of what was planned. Others keep what they had: budgets know the plan only."""
        rows = enumerate(zip(plan.days, plan.impressions, plan.clicks, plan.spend, plan.markets, strict=True))
        entries = [(*row, plan.parts.get(index, WHOLE)) for index, row in rows if row[0] not in member.stated]
        pieces = [(piece[0], piece[2]) for piece in member.pieces]
        for day, one in member.stated.items():
            if first <= day <= last:
                met = self._met(place, one.terms or terms_at(pieces, day * DAY))
                entries.append((day, one.impressions, one.clicks, one.spend_micro, met, WHOLE))
        entries.sort(key=lambda entry: (entry[0], entry[5][2]))
        return Plan(
            plan.noise,
            days=[entry[0] for entry in entries],
            impressions=array_of([entry[1] for entry in entries]),
            clicks=array_of([entry[2] for entry in entries]),
            spend=array_of([entry[3] for entry in entries]),
            markets=[entry[4] for entry in entries],
            parts={index: entry[5] for index, entry in enumerate(entries) if entry[5] != WHOLE},
        )


def _planned_at(seconds: Sequence[int], bound: int) -> list[int]:
    """When a day is planned: at its beginning and at its changes, but not all day long at each of thousands of them.

    ``bound``: the second from which on a budget binds. Before it nobody waits, since there is nothing to divide anew.
    """
    moments = [0]
    for second in seconds:
        if second < bound or len(moments) < _PROMPT_PLANS or second >= moments[-1] + _PAUSE:
            moments.append(second)
        elif second > moments[-1]:  # it waits, and whatever comes meanwhile waits with it
            moments.append(moments[-1] + _PAUSE)
    return [moment for moment in moments if moment < DAY]


def _days_at_once(promotions: int) -> int:
    return max(1, _AT_ONCE // max(1, promotions))


def _most(markets: Sequence[Market]) -> int:
    """Nobody has more impressions on a day: it has at most 1.4 times those of a mean day."""
    return 2 * max(met.impressions for met in markets)


def _narrow(full: _Counts, start: int, end: int) -> tuple[int, int]:
    """The impressions and clicks of a day that fall between two seconds of it."""
    impressions, clicks, _ = full
    if (start, end) == (0, DAY):
        return impressions, clicks
    low, high = (impressions * curve(second) // WHOLE_DAY for second in (start, end))
    return high - low, clicks * high // impressions - clicks * low // impressions if impressions else 0


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
