"""Two hundred tasks share one client for ten minutes of emulated time: the whole quota is used, and no 429 comes back."""

from __future__ import annotations

import asyncio
import heapq
import itertools

import pytest

from pinshop import AsyncClient
from pinshop.emulator import Emulator
from pinshop.emulator.limits import Limits
from pinshop.emulator.refusals import Refusal
from pinshop.files.shared_pacer import SharedPacer
from pinshop.flow.pacing import Pacer, read_headers

TASKS, SECONDS, PER_MINUTE = 200, 600, 1000


class EmulatedTime:
    """Lets waiting tasks sleep on the emulator's clock: when all of them wait, it moves to the first who wakes."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self.awake = 0

    def now(self) -> float:
        return self._emulator.clock.seconds()

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now() + seconds, next(self._order), future))
        self.leave()
        await future

    def leave(self) -> None:
        """One task less is awake."""
        self.awake -= 1
        if self.awake or not self._sleepers:
            return
        wakes_at = self._sleepers[0][0]
        self._emulator.clock.set(max(wakes_at, self.now()))
        while self._sleepers and self._sleepers[0][0] <= wakes_at:
            heapq.heappop(self._sleepers)[2].set_result(None)
            self.awake += 1


@pytest.mark.parametrize("start", ["2026-03-02T12:00:00Z", "2026-03-02T12:00:37Z"])
def test_two_hundred_tasks_use_the_quota_and_are_never_refused(start):
    with Emulator(now=start, rate_limit="standard") as emulator:
        time = EmulatedTime(emulator)
        began = time.now()
        sent = [0] * TASKS

        async def worker(client: AsyncClient, number: int) -> None:
            while time.now() - began < SECONDS:
                await client.ad_accounts.get(emulator.ad_account_id)
                if time.now() - began < SECONDS:
                    sent[number] += 1
            time.leave()

        async def main() -> None:
            async with AsyncClient(
                emulator.access_token,
                base_url=emulator.base_url,
                transport=emulator.async_transport(),
                clock=time.now,
                sleep=time.sleep,
                max_attempts=1,
            ) as client:
                time.awake = TASKS
                await asyncio.gather(*(worker(client, number) for number in range(TASKS)))

        asyncio.run(main())
        print(f"\n{sum(sent):,} of {SECONDS // 60 * PER_MINUTE:,} calls, {emulator.calls.count(status=429)} refused")
        assert emulator.calls.count(status=429) == 0
        assert sum(sent) >= 0.98 * PER_MINUTE * SECONDS / 60
        assert max(sent) - min(sent) <= 2  # first come, first served


@pytest.mark.parametrize("step", [0.0001, 0.002, 0.009, 0.012])
@pytest.mark.parametrize("frozen", [False, True], ids=["moving", "frozen"])
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_users_who_call_as_fast_as_they_can_keep_100_a_second(tmp_path, step, frozen, shared):
    start = 1_000_000.37
    now = [start]
    limits = Limits("standard", real=lambda: now[0])
    pacers = [SharedPacer(tmp_path / str(n), clock=lambda: now[0]) if shared else Pacer() for n in range(4)]
    order = itertools.count()
    # They begin at different times, so that others call while one waits.
    turns = [(start + 0.3 * n, next(order), n, False) for n in range(4)]
    left, refused = [250] * 4, 0
    while turns:
        now[0], _, user, sends = heapq.heappop(turns)
        if not sends:
            wait = pacers[user].reserve("ads_read", now[0])
            heapq.heappush(turns, (now[0] + wait, next(order), user, True))
            continue
        headers: dict[str, str] = {}
        try:
            limits.spend("ads_read", str(user), "app", start if frozen else now[0], headers, frozen=frozen)
        except Refusal:
            refused += 1
        pacers[user].learn("ads_read", read_headers(headers), now[0])
        left[user] -= 1
        if left[user]:
            heapq.heappush(turns, (now[0] + step * (1 + 0.31 * user), next(order), user, False))
    assert refused == 0
