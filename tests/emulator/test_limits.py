"""Quotas by the emulated clock, and what waiting is worth where that clock is frozen. Real time is a number here."""

from __future__ import annotations

import heapq
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinshop.emulator.limits import Limits, Profile
from pinshop.emulator.refusals import Refusal
from pinshop.flow.pacing import Pacer, read_headers

NOW = 1_770_000_000.0
FRACTIONS = st.floats(0, 0.999)
#: Of the two windows: (requests, seconds) over everything, and of the category.
QUOTAS = st.tuples(st.integers(1, 12), st.sampled_from([1, 7, 60]), st.integers(1, 12), st.sampled_from([1, 60, 86_400]))


class Shop:
    """Limits whose real clock is `real`, and whose emulated clock stands at `now`, unless that is moved."""

    def __init__(self, profile: str | Profile, now: float = NOW) -> None:
        self.real, self.now = 0.0, now
        self.limits = Limits("none", real=lambda: self.real)
        self.limits.use(profile)

    def call(self, user: str = "user", category: str = "ads_read", *, frozen: bool = True) -> tuple[bool, dict[str, str]]:
        """Whether the call was answered, and the headers."""
        headers: dict[str, str] = {}
        try:
            self.limits.spend(category, user, "app", self.now, headers, frozen=frozen)
        except Refusal:
            return False, headers
        return True, headers

    def use_up(self) -> int:
        """The seconds that the first refusal tells to wait."""
        for _ in range(100):
            answered, headers = self.call()
            if not answered:
                return int(headers["x-ratelimit-reset"])
        raise AssertionError("the quota does not bind")


def profile_of(quotas: tuple[int, int, int, int]) -> Profile:
    return Profile(universal=quotas[:2], categories={"ads_read": quotas[2:]})


@given(QUOTAS, FRACTIONS, st.integers(1, 6), st.floats(0, 1e6))
@example((3, 60, 12, 60), 0.0005, 1, 0.0)
def test_who_waits_as_long_as_told_is_answered(quotas, fraction, rounds, before):
    shop = Shop(profile_of(quotas), NOW + fraction)
    shop.real = before
    for _ in range(rounds):
        shop.real += shop.use_up()
        assert shop.call()[0]


@given(QUOTAS, FRACTIONS, st.floats(0, 0.99), st.integers(1, 20))
def test_who_waits_less_is_refused_however_often_they_ask(quotas, fraction, share, times):
    shop = Shop(profile_of(quotas), NOW + fraction)
    left = shop.use_up() - fraction  # what is told is rounded up
    for _ in range(times):
        shop.real += left * share / times
        assert not shop.call()[0]


@given(QUOTAS, FRACTIONS, st.lists(st.sampled_from([0.0, 0.001, 0.02, 0.3, 1.0, 8.0]), min_size=20, max_size=200))
def test_no_window_of_real_time_answers_more_than_the_quota_and_one_window_cut_short(quotas, fraction, gaps):
    shop = Shop(profile_of(quotas), NOW + fraction)
    answered = []
    for gap in gaps:
        shop.real += gap
        if shop.call()[0]:
            answered.append(shop.real)
    for quota, seconds in quotas[:2], quotas[2:]:
        for first, beyond in zip(answered, answered[3 * quota :], strict=False):
            assert beyond - first >= seconds * 0.99, "three windows of which only the first may have been short"


@given(QUOTAS, FRACTIONS)
def test_who_never_waits_is_refused_at_the_same_call_in_every_run(quotas, fraction):
    shop = Shop(profile_of(quotas), NOW + fraction)
    allowed = min(quotas[0], quotas[2])
    assert [shop.call()[0] for _ in range(allowed + 50)] == [True] * allowed + [False] * 50


@given(QUOTAS, st.lists(st.tuples(st.floats(0, 70), st.booleans()), max_size=60))
def test_a_moving_clock_knows_no_real_time(quotas, steps):
    one, other = Shop(profile_of(quotas)), Shop(profile_of(quotas))
    for seconds, also in steps:
        one.now += seconds
        other.now += seconds
        other.real += 1000 if also else 0
        assert one.call(frozen=False) == other.call(frozen=False)


@given(QUOTAS, FRACTIONS, st.floats(0, 1e6))
def test_a_clock_that_is_set_forward_begins_the_window_of_that_moment(quotas, fraction, passed):
    shop = Shop(profile_of(quotas), NOW + fraction)
    shop.use_up()
    shop.real += passed
    shop.now += 2 * 86_400
    assert shop.call() == Shop(profile_of(quotas), shop.now).call()


def test_one_user_s_wait_is_nobody_else_s():
    shop = Shop(Profile(universal=(2, 60)))
    assert [shop.call(user)[0] for user in "aabb"] == [True] * 4
    shop.real = 59.0
    assert [shop.call(user)[0] for user in "ab"] == [False] * 2
    assert shop.call("c")[0]
    shop.real = 60.0
    assert [shop.call(user)[0] for user in "abc"] == [True] * 3
    assert [shop.call("c")[0], shop.call("c")[0]] == [False, False], "one of these was spent at the start of its window"


def test_a_wait_for_one_category_is_none_for_another_that_was_used_up_later():
    shop = Shop(Profile(categories={"ads_read": (1, 60), "ads_write": (1, 60)}))
    assert shop.call(category="ads_read")[0]
    shop.real = 50.0
    assert shop.call(category="ads_write")[0]
    shop.real = 60.0
    assert shop.call(category="ads_read")[0]
    assert not shop.call(category="ads_write")[0]
    shop.real = 110.0
    assert shop.call(category="ads_write")[0]


@pytest.mark.parametrize("fraction", [0.0, 0.37])
@pytest.mark.parametrize("under_way", [1, 8, 40])
@pytest.mark.parametrize("serving", [0.0005, 0.004, 0.0125, 0.03])
@pytest.mark.parametrize("frozen", [False, True], ids=["moving", "frozen"])
def test_paced_clients_with_calls_under_way_are_never_refused(fraction, under_way, serving, frozen):
    """Four users, the server answers one call after another; a slow one makes the calls take longer than the quota would."""
    start = NOW + fraction
    shop = Shop("standard", start)
    pacers = [Pacer() for _ in range(4)]
    order = itertools.count()
    turns = [(0.3 * n, next(order), n, "reserve", {}) for n in range(4) for _ in range(under_way)]
    heapq.heapify(turns)
    left, refused, free_at = [450] * 4, 0, 0.0
    while turns:
        shop.real, _, user, step, headers = heapq.heappop(turns)
        if step == "reserve":
            if left[user]:
                left[user] -= 1
                wait = pacers[user].reserve("ads_read", start + shop.real)
                heapq.heappush(turns, (shop.real + wait, next(order), user, "serve", {}))
        elif step == "serve":
            if free_at > shop.real:  # it stands in line
                heapq.heappush(turns, (free_at, next(order), user, "serve", {}))
                continue
            shop.now = start if frozen else start + shop.real
            answered, headers = shop.call(str(user), frozen=frozen)
            refused += not answered
            free_at = shop.real + serving
            heapq.heappush(turns, (free_at, next(order), user, "learn", headers))
        else:
            pacers[user].learn("ads_read", read_headers(headers), start + shop.real)
            heapq.heappush(turns, (shop.real, next(order), user, "reserve", {}))
    assert refused == 0
