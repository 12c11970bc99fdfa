"""Budgets are used when they are in demand, never exceeded, and what one leaves over others use."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinshop.emulator.delivery import budgets
from pinshop.emulator.delivery.budgets import Budget, Limit, Member, Pool, cut_spend
from pinshop.emulator.delivery.model import DAY, FOREVER
from pinshop.emulator.delivery.terms import Terms

FIRST = 20_500
TERMS = Terms(product_count=40, average_price_micro=45_000_000)


def pool(count: int, *limits: tuple[int, Limit], seed: int = 7, terms: Terms = TERMS, since: int = 0) -> Pool:
    members = [Member(str(4_260_000_000_000 + n), ((since, FOREVER, terms, FOREVER),)) for n in range(count)]
    return Pool(members, [Budget("campaigns 1", limits, frozenset(range(count)))], seed)


def by_day(pool: Pool, days: int) -> list[int]:
    plans = [pool.plan(place, FIRST, FIRST + days - 1) for place in range(len(pool.members))]
    return [sum(plan.spend[plan.days.index(day)] for plan in plans) for day in range(FIRST, FIRST + days)]


@pytest.mark.parametrize("count", [1, 5, 30, 200, 1_000])
@pytest.mark.parametrize("budget", [1_000, 50_000, 200_000, 600_000, 1_000_000, 2_000_000, 10_000_000, 50_000_000])
@pytest.mark.parametrize("event", ["CLICKTHROUGH", "IMPRESSION"])
def test_a_budget_in_demand_is_used(count: int, budget: int, event: str) -> None:
    """A click costs about 0.45: also budgets that buy no click at its price, or one and a half."""
    terms = Terms(product_count=40, average_price_micro=45_000_000, billable_event=event)
    wanted = by_day(pool(count, terms=terms), 7)
    for spent, demand in zip(by_day(pool(count, (0, Limit(daily=budget)), terms=terms), 7), wanted, strict=True):
        assert min(0.9 * budget, demand) <= spent <= budget


def test_a_day_with_changes_uses_a_budget_below_the_price_of_a_click() -> None:
    """Every change plans the rest of the day anew; eight come and go every hour, one stays."""
    spans = [[(at, at + 1800) for at in range(n * 60, DAY, 3600)] for n in range(8)] + [[(0, DAY)]]
    pieces = [tuple((FIRST * DAY + start, FIRST * DAY + end, TERMS, FOREVER) for start, end in one) for one in spans]
    members = [Member(str(n), one) for n, one in enumerate(pieces)]
    shared = Pool(members, [Budget("b", ((0, Limit(daily=200_000)),), frozenset(range(9)))], 7)
    spent = 0
    for place in range(9):
        plan = shared.plan(place, FIRST, FIRST)
        for index, counts in enumerate(zip(plan.impressions, plan.clicks, plan.spend, strict=True)):
            spent += cut_spend(counts, plan.markets[index], plan.parts.get(index, (0, DAY, 0, DAY)))
    assert 180_000 <= spent <= 200_000


def test_what_a_lifetime_budget_allows_a_day_is_used_below_the_price_of_a_click() -> None:
    members = [Member(str(n), ((FIRST * DAY, FOREVER, TERMS, FOREVER),)) for n in range(30)]
    limit = Limit(lifetime=6_000_000, last_day=FIRST + 29)
    spent = by_day(Pool(members, [Budget("b", ((0, limit),), frozenset(range(30)))], 7), 30)
    assert sum(spent) <= 6_000_000
    assert min(spent) >= 180_000


@pytest.mark.parametrize("event", ["CLICKTHROUGH", "IMPRESSION"])
@pytest.mark.parametrize("price", [1_000_000, 900_000_000])
def test_a_budget_in_demand_is_used_at_any_price(event: str, price: int) -> None:
    terms = Terms(product_count=90, average_price_micro=price, billable_event=event)
    free = by_day(pool(30, terms=terms), 7)
    assert min(free) > 10_000_000
    assert min(by_day(pool(30, (0, Limit(daily=10_000_000)), terms=terms), 7)) >= 9_000_000


def test_everybody_gets_a_turn() -> None:
    """200 promotions share 10 a day: some 20 clicks, each day to others."""
    shared = pool(200, (0, Limit(daily=10_000_000)))
    month = [sum(shared.plan(place, FIRST, FIRST + 29).spend) for place in range(200)]
    assert sum(1 for spent in month if spent) > 150


def test_what_one_leaves_over_others_use() -> None:
    few, many = Terms(product_count=1, average_price_micro=45_000_000), Terms(product_count=900, average_price_micro=45_000_000)
    members = [Member(str(n), ((0, FOREVER, few if n < 5 else many, FOREVER),)) for n in range(6)]
    shared = Pool(members, [Budget("b", ((0, Limit(daily=60_000_000)),), frozenset(range(6)))], 7)
    assert min(by_day(shared, 7)) > 57_000_000


def test_an_ad_groups_budget_and_the_campaigns_cap_bind_both() -> None:
    members = [Member(str(n), ((0, FOREVER, TERMS, FOREVER),)) for n in range(8)]
    inner = Budget("ad_groups 1", ((0, Limit(daily=5_000_000)),), frozenset(range(4)))
    outer = Budget("campaigns 1", ((0, Limit(daily=30_000_000)),), frozenset(range(8)))
    shared = Pool(members, [inner, outer], 7)
    plans = [shared.plan(place, FIRST, FIRST + 9) for place in range(8)]
    for day in range(10):
        first = sum(plan.spend[day] for plan in plans[:4])
        every = sum(plan.spend[day] for plan in plans)
        assert first <= 5_000_000
        assert 27_000_000 <= every <= 30_000_000


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1_000_000, 400_000_000),
    st.lists(st.tuples(st.integers(0, 20 * DAY), st.integers(0, 40)), max_size=6, unique_by=lambda change: change[0]),
    st.integers(0, 99),
)
def test_a_lifetime_budget_binds_however_its_end_is_moved(
    count: int, total: int, changes: list[tuple[int, int]], seed: int
) -> None:
    limits = [(0, Limit(lifetime=total, last_day=FIRST + 9))]
    for after, days in sorted(changes):
        limits.append((FIRST * DAY + after, Limit(lifetime=total, last_day=FIRST + days)))
    started = FIRST * DAY + 30_000
    members = [Member(str(n), ((started, FOREVER, TERMS, FOREVER),)) for n in range(count)]
    shared = Pool(members, [Budget("campaigns 1", tuple(limits), frozenset(range(count)))], seed)
    spent = 0
    for place in range(count):
        plan = shared.plan(place, FIRST, FIRST + 60)
        assert not any(stop > horizon for _, horizon, _, stop in plan.parts.values())
        for index, counts in enumerate(zip(plan.impressions, plan.clicks, plan.spend, strict=True)):
            spent += cut_spend(counts, plan.markets[index], plan.parts.get(index, (0, DAY, 0, DAY)))
    assert spent <= total
    wanted = by_day_total(count, seed, started)
    assert spent >= min(0.85 * total, 0.8 * wanted) or total < 5_000_000


def by_day_total(count: int, seed: int, started: int) -> int:
    """What they would spend in 60 days if nothing bound them."""
    members = [Member(str(n), ((started, FOREVER, TERMS, FOREVER),)) for n in range(count)]
    free = Pool(members, [], seed)
    return sum(sum(free.plan(place, FIRST, FIRST + 60).spend) for place in range(count))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, DAY - 1), min_size=1, max_size=200, unique=True), st.integers(1_000_000, 60_000_000))
def test_a_day_with_many_changes_stays_within_its_budget(seconds: list[int], budget: int) -> None:
    members = [Member("1", ((0, FOREVER, TERMS, FOREVER),))]
    members += [
        Member(str(2 + n), ((FIRST * DAY + second, FOREVER, TERMS, FOREVER),)) for n, second in enumerate(sorted(seconds))
    ]
    shared = Pool(members, [Budget("b", ((0, Limit(daily=budget)),), frozenset(range(len(members))))], 7)
    spent = 0
    for place in range(len(members)):
        plan = shared.plan(place, FIRST, FIRST)
        for index, counts in enumerate(zip(plan.impressions, plan.clicks, plan.spend, strict=True)):
            spent += cut_spend(counts, plan.markets[index], plan.parts.get(index, (0, DAY, 0, DAY)))
    assert spent <= budget


def test_a_first_budget_changes_no_day_before_it_however_many_changes_that_had() -> None:
    starts = [FIRST * DAY + 3_600 + 61 * n for n in range(200)]
    members = [Member(str(n), ((start, FOREVER, TERMS, FOREVER),)) for n, start in enumerate(starts)]

    def spent(shared: Pool, place: int) -> int:
        plan = shared.plan(place, FIRST, FIRST)
        each = enumerate(zip(plan.impressions, plan.clicks, plan.spend, strict=True))
        return sum(cut_spend(counts, plan.markets[n], plan.parts.get(n, (0, DAY, 0, DAY))) for n, counts in each)

    later = Budget("b", (((FIRST + 1) * DAY, Limit(daily=1_000_000)),), frozenset(range(len(members))))
    shared = Pool(members, [later], 7)
    alone = [spent(Pool([member], [], 7), 0) for member in members]
    assert [spent(shared, place) for place in range(len(members))] == alone
    assert alone[-1] > 0


def test_a_large_pool_is_planned_in_parts_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of a promotion's day but what it gets, 24 bytes; beside it, what a part of the days needs."""
    count, days = 500, 200
    limits = (0, Limit(lifetime=60_000_000_000, last_day=FIRST + days)), ((FIRST + 70) * DAY, Limit(daily=90_000_000))
    at_once = pool(count, *limits, since=FIRST * DAY)  # a lifetime budget is planned from then on
    expected = [at_once.plan(place, FIRST, FIRST + days - 1) for place in range(count)]
    monkeypatch.setattr(budgets, "_LARGE", 100)
    monkeypatch.setattr(budgets, "_AT_ONCE", 10 * count)
    in_parts = pool(count, *limits, since=FIRST * DAY)
    tracemalloc.start()
    try:
        first = in_parts.plan(0, FIRST, FIRST + days - 1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * count * days + 1_200 * count
    assert [first.spend, first.days] == [expected[0].spend, expected[0].days]
    for place, plan in enumerate(expected):
        found = in_parts.plan(place, FIRST, FIRST + days - 1)
        assert (found.impressions, found.clicks, found.spend) == (plan.impressions, plan.clicks, plan.spend)
