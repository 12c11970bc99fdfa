"""Quotas: what is used, what is never exceeded, and what a reply teaches. Time is a number here."""

from __future__ import annotations

import heapq
import random
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.files.locks import ThreadLock
from pinshop.flow.pacing import Pacer, RateLimit, read_headers

STANDARD = "100, 100;w=1, 1000;w=60"


class FixedWindows:
    """A server that counts arrivals in aligned windows, as Envoy does, and answers with its headers."""

    def __init__(self, quotas: list[tuple[int, int]], offset: float) -> None:
        self.quotas = quotas
        self.offset = offset
        self.seen = [Counter[int]() for _ in quotas]

    def arrive(self, now: float) -> tuple[bool, dict[str, str]]:
        windows = [int((now + self.offset) // seconds) for _, seconds in self.quotas]
        ok = all(seen[w] < quota for seen, w, (quota, _) in zip(self.seen, windows, self.quotas, strict=True))
        if ok:
            for seen, w in zip(self.seen, windows, strict=True):
                seen[w] += 1
        left = [
            (quota - seen[w], seconds, quota) for seen, w, (quota, seconds) in zip(self.seen, windows, self.quotas, strict=True)
        ]
        remaining, seconds, quota = min(left)
        return ok, {
            "x-ratelimit-limit": ", ".join([str(quota), *(f"{q};w={s}" for q, s in self.quotas)]),
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-reset": str(int(seconds - (now + self.offset) % seconds) + 1),
        }


def simulate(pacers: list[Pacer], server: FixedWindows, *, tasks: int, until: float, seed: int) -> Counter[str]:
    """Tasks that call as fast as they may; each way takes 10 to 200 ms, the first one longer, for it has to connect."""
    draw = random.Random(seed)
    counts: Counter[str] = Counter()
    queue: list[tuple[float, int, str]] = [(0.0, n, "ask") for n in range(tasks)]
    heapq.heapify(queue)
    headers: dict[int, tuple[bool, dict[str, str]]] = {}
    connected: set[int] = set()
    while queue:
        now, task, what = heapq.heappop(queue)
        pacer = pacers[task % len(pacers)]
        if what == "ask":
            leave = now + pacer.reserve("ads_read", now)
            if leave < until:
                way = draw.uniform(0.01, 0.2) + (0 if task in connected else draw.uniform(0.02, 0.2))
                connected.add(task)
                heapq.heappush(queue, (leave + way, task, "arrive"))
        elif what == "arrive":
            headers[task] = server.arrive(now)
            counts["ok" if headers[task][0] else "429"] += 1
            heapq.heappush(queue, (now + draw.uniform(0.01, 0.2), task, "answer"))
        else:
            ok, sent = headers[task]
            pacer.learn("ads_read", read_headers(sent), now, refused=not ok)
            heapq.heappush(queue, (now, task, "ask"))
    return counts


@pytest.mark.parametrize("offset", [0.0, 0.37, 17.9, 59.5])
def test_two_hundred_tasks_use_the_quota_and_never_exceed_it(offset):
    """10 minutes at standard quota: at least 98 % of the 10,000 calls are made, and not one is refused."""
    counts = simulate([Pacer()], FixedWindows([(100, 1), (1000, 60)], offset), tasks=200, until=600, seed=1)
    assert counts["429"] == 0
    assert counts["ok"] >= 0.98 * 10_000


def test_processes_without_a_common_budget_notice_each_other():
    """Each learns from `remaining` what the others spend, so that refusals stay rare."""
    counts = simulate([Pacer(), Pacer()], FixedWindows([(100, 1), (1000, 60)], 7.0), tasks=20, until=600, seed=2)
    assert counts["429"] <= 0.02 * counts["ok"]
    assert counts["ok"] >= 0.9 * 10_000


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 20), st.integers(1, 10))
def test_no_window_of_any_alignment_holds_more_than_the_quota(gaps, quota, window):
    pacer = Pacer(documented={"ads_read": (quota, window)}, universal=(1000, 1))
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        times.append(now + pacer.reserve("ads_read", now))
    for n in range(len(times) - quota):
        assert times[n + quota] - times[n] > window


def test_slots_are_given_in_the_order_they_are_asked_for():
    pacer = Pacer(documented={"ads_read": (2, 10)})
    waits = [pacer.reserve("ads_read", 0.0) for _ in range(7)]
    assert waits == sorted(waits)
    assert waits[:2] == [0.0, 0.0]
    assert waits[2] == waits[3] > 10
    assert waits[6] > 30


def test_categories_do_not_take_from_each_other_but_share_the_universal_quota():
    pacer = Pacer(documented={"ads_read": (1, 60), "ads_analytics": (1, 60)}, universal=(3, 1))
    assert pacer.reserve("ads_read", 0.0) == 0
    assert pacer.reserve("ads_analytics", 0.0) == 0
    assert pacer.reserve("ads_write", 0.0) == 0
    assert 1 < pacer.reserve("ads_write", 0.0) < 2


def test_threads_never_get_the_same_slot():
    pacer = Pacer(documented={"ads_read": (1, 10)}, lock=ThreadLock())
    waits: list[float] = []

    def ask():
        waits.extend([pacer.reserve("ads_read", 0.0) for _ in range(20)])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({round(w, 3) for w in waits}) == 80


# ----------------------------------------------------------------------------------- learning


def test_headers_as_seen_in_real_traffic():
    told = read_headers({"x-ratelimit-limit": STANDARD, "x-ratelimit-remaining": "99", "x-ratelimit-reset": "1"})
    assert told == RateLimit(100, 99, 1.0, ((100, 1), (1000, 60)))
    assert read_headers({"x-ratelimit-reset": "67150"}).reset_seconds == 67150
    assert read_headers({}) == RateLimit()


@pytest.mark.parametrize(
    "text", ["", "x", "100;w=", "100;w=0", "0;w=60", "-1;w=60", "100;w=٣", "nan", "1e9;w=1", ";;;", ",,,", "9" * 40]
)
def test_headers_that_make_no_sense_are_nothing(text):
    told = read_headers({"x-ratelimit-limit": text, "x-ratelimit-remaining": text, "x-ratelimit-reset": text})
    assert told.windows == ()
    Pacer().learn("ads_read", told, 0.0)


def test_a_reply_replaces_documented_figures():
    pacer = Pacer()
    before = {(q.category, q.window_seconds): q for q in pacer.budget(0.0)}
    assert before["ads_read", 60].limit == 1000
    assert before["ads_read", 60].documented
    pacer.learn("ads_read", read_headers({"x-ratelimit-limit": "50, 50;w=60"}), 0.0)
    after = {(q.category, q.window_seconds): q for q in pacer.budget(0.0)}
    assert after["ads_read", 60].limit == 50
    assert not after["ads_read", 60].documented


def test_a_server_that_counts_nothing_is_not_slowed_down():
    pacer = Pacer()
    pacer.reserve("ads_read", 0.0)
    pacer.learn("ads_read", read_headers({}), 0.0)
    assert all(pacer.reserve("ads_read", 0.0) == 0 for _ in range(5000))


def test_one_reply_without_headers_does_not_undo_what_was_told():
    """Proxies answer too, and their pages carry no quota."""
    pacer = Pacer()
    pacer.learn("ads_read", read_headers({"x-ratelimit-limit": "1, 1;w=60"}), 0.0)
    pacer.learn("ads_read", read_headers({}), 0.0)
    pacer.reserve("ads_read", 0.0)
    assert pacer.reserve("ads_read", 0.0) > 60


def test_an_empty_quota_blocks_until_its_reset():
    pacer = Pacer()
    told = read_headers(
        {"x-ratelimit-limit": "1000, 100;w=1, 1000;w=60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "42"}
    )
    pacer.learn("ads_read", told, 100.0)
    assert pacer.reserve("ads_read", 100.0) == pytest.approx(42)
    assert pacer.reserve("ads_write", 100.0) == 0


def test_calls_of_somebody_else_are_counted():
    pacer = Pacer()
    pacer.reserve("ads_read", 0.0)
    told = read_headers(
        {"x-ratelimit-limit": "1000, 100;w=1, 1000;w=60", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "50"}
    )
    pacer.learn("ads_read", told, 0.5)
    assert [pacer.reserve("ads_read", 0.5) == 0 for _ in range(4)] == [True, True, True, False]


def test_a_daily_quota_is_not_waited_for():
    """Trial access: 1,000 calls a day. The wait is told, and no slot is taken."""
    pacer = Pacer()
    told = read_headers({"x-ratelimit-limit": "1000, 1000;w=86400", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "67150"})
    pacer.learn("ads_analytics", told, 0.0, refused=True)
    assert pacer.reserve("ads_analytics", 0.0) == pytest.approx(67150)
    assert pacer.reserve("ads_analytics", 67151.0) == 0


def test_the_budget_shows_what_is_left():
    pacer = Pacer()
    for _ in range(10):
        pacer.reserve("ads_analytics", 5.0)
    left = {(q.category, q.window_seconds): q.remaining for q in pacer.budget(5.0)}
    assert left["ads_analytics", 60] == 290
    assert left["all", 1] == 90
    assert {(q.category, q.window_seconds): q.remaining for q in pacer.budget(66.0)}["ads_analytics", 60] == 300


def told(limit: str, remaining: int, reset: float | str) -> RateLimit:
    return read_headers({"x-ratelimit-limit": limit, "x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": str(reset)})


@pytest.mark.parametrize("reset", [1_790_000_000, 1_790_000_000_000, 1_790_000_000.5, "9" * 30, 42_000, "soon", "-1", "1e9"])
def test_a_reset_that_is_no_wait_blocks_nobody_and_is_told(reset):
    pacer = Pacer()
    limit = told(STANDARD, 0, reset)
    assert limit.reset_seconds is None
    assert limit.ignored == str(reset)[:40]
    pacer.learn("ads_read", limit, 0.0, refused=True)
    assert pacer.reserve("ads_read", 0.0) < 1


def test_windows_that_differ_each_time_do_not_pile_up():
    pacer = Pacer()
    for n in range(2, 500):
        pacer.learn("ads_read", told(f"100, 100;w=1, 1000;w={n}", 99, 1), 0.0)
    assert [(q.limit, q.window_seconds) for q in pacer.budget(0.0) if q.category == "ads_read"] == [(1000, 499)]


def test_calls_are_remembered_when_their_window_changes():
    pacer = Pacer()
    pacer.learn("ads_read", told("2, 2;w=60", 2, 1), 0.0)
    pacer.reserve("ads_read", 0.0)
    pacer.reserve("ads_read", 0.0)
    pacer.learn("ads_read", told("2, 2;w=90", 1, 1), 0.0)
    assert pacer.reserve("ads_read", 0.0) > 60


def test_a_429_blocks_although_something_remains():
    pacer = Pacer()
    pacer.learn("ads_read", told("1000, 100;w=1, 1000;w=60", 7, 42), 100.0, refused=True)
    assert pacer.reserve("ads_read", 100.0) == pytest.approx(42)
    other = Pacer()
    other.learn("ads_read", told("1000, 100;w=1, 1000;w=60", 7, 42), 100.0)
    assert other.reserve("ads_read", 100.0) == 0


@pytest.mark.parametrize("quota", [3, 5000])
def test_a_quota_that_differs_from_the_documented_one_is_held(quota):
    pacer = Pacer()
    for _ in range(2):
        pacer.learn("ads_analytics", told(f"{quota}, {quota};w=60", quota, 1), 0.0)
    waits = [pacer.reserve("ads_analytics", float(n)) for n in range(quota + 1)]
    assert [w for w in waits[:quota] if w] == []
    assert waits[quota] > 0 or quota > 60


def test_who_would_not_wait_so_long_takes_no_slot():
    pacer = Pacer(documented={"ads_read": (1, 60)})
    pacer.reserve("ads_read", 0.0)
    assert pacer.reserve("ads_read", 0.0, 5.0) > 60
    assert pacer.reserve("ads_read", 0.0, 5.0) == pacer.reserve("ads_read", 0.0)  # nothing was taken in between
