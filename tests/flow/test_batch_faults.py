"""The fault matrix: whatever breaks, at whatever point of a batch, nothing is created twice and no outcome is untrue."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from pinshop import AsyncClient, Client
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator
from pinshop.errors import ConnectError, PinshopError
from pinshop.flow.outcomes import BatchResult

HTML = "<html><body>Bad Gateway \xe9</body></html>"
#: What happens to one request: the fault the emulator is told. "refused" never reaches it.
FAULTS: dict[str, dict[str, Any]] = {
    "refused": {},
    "reset before": {"drop": True},
    "reset after": {"drop": True, "after_commit": True},
    "timeout before": {"hang": True},
    "timeout after": {"hang": True, "after_commit": True},
    "500 before": {"status": 500},
    "500 after": {"status": 500, "after_commit": True},
    "502 html before": {"status": 502, "body": HTML},
    "502 html after": {"status": 502, "body": HTML, "after_commit": True},
    "truncated": {"truncate": 40},
    "200 but html": {"status": 200, "body": HTML, "after_commit": True},
    "200 but cut": {"status": 200, "body": '{"items": [{"data": {"id": "42600', "after_commit": True},
    "200 but empty": {"status": 200, "body": '{"items": []}', "after_commit": True},
    "429": {"status": 429, "code": 8},
    "429 with Retry-After": {"status": 429, "code": 8, "headers": {"retry-after": "7"}},
    "429 with reset": {"status": 429, "code": 8, "headers": {"x-ratelimit-reset": "3"}},
    "400 with a wait": {"status": 400, "code": 1, "message": "Too fast. Retry after 3 seconds."},
    "401 expired": {"status": 401, "code": 2, "message": "Authentication failed."},
    "slow": {"latency_seconds": 61},
}
#: A list that is empty and says 200 cannot be told from the truth, so these befall writes only.
LIES = {"200 but empty"}
OPERATIONS = ("create", "update")
MODES = ("sync", "async")
SIZE = 100


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_772_366_400.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.now += seconds


class Renewable:
    """A token source whose token can always be refreshed."""

    can_refresh = True

    def __init__(self, token: str) -> None:
        self.token = token

    def header(self, now: float, /) -> str:
        return f"Bearer {self.token}"

    def refresh(self, rejected: str | None = None) -> Iterator[Any]:
        return iter(())


class Troubled:
    """A transport on which the n-th request meets a fault."""

    def __init__(self, emulator: Emulator, faults: dict[int, str]) -> None:
        self._emulator = emulator
        self._inner = emulator.transport()
        self._faults = faults
        self.count = 0

    def send(self, request: Request, /) -> Reply:
        kind = self._faults.get(self.count)
        self.count += 1
        if kind == "refused":
            raise ConnectError("Connection refused")
        if kind is not None and (kind not in LIES or request.method != "GET"):
            self._emulator.fail(**FAULTS[kind])
        return self._inner.send(request)

    def close(self) -> None:
        pass


class AsyncTroubled(Troubled):
    async def send(self, request: Request, /) -> Reply:  # type: ignore[override]
        return Troubled.send(self, request)

    async def close(self) -> None:  # type: ignore[override]
        pass


def url(n: int) -> str:
    return f"https://shop.example/?n={n}"


def new_items(emulator: Emulator, size: int) -> list[dict[str, Any]]:
    groups = emulator.catalog_product_group_ids
    return [{"catalog_product_group_id": groups[n % len(groups)], "tracking_url": url(n)} for n in range(size)]


def write(
    emulator: Emulator, operation: str, mode: str, items: list[dict[str, Any]], faults: dict[int, str], **options: Any
) -> Any:
    """One batch under faults. Returns the result, or the error that says nothing at all was executed."""
    time = Time()
    common = {"base_url": emulator.base_url, "clock": time, "on_event": lambda _: None, "random": lambda: 0.5}
    call = (emulator.ad_account_id, emulator.ad_group_id, items)
    try:
        if mode == "sync":
            with Client(
                Renewable(emulator.access_token), transport=Troubled(emulator, faults), sleep=time.sleep, **common
            ) as client:
                return getattr(client.promotions, operation)(*call, **options)

        async def run() -> Any:
            transport = AsyncTroubled(emulator, faults)
            async with AsyncClient(
                Renewable(emulator.access_token), transport=transport, sleep=time.asleep, **common
            ) as client:
                return await getattr(client.promotions, operation)(*call, **options)

        return asyncio.run(run())
    except PinshopError as error:
        return error


def stored(emulator: Emulator) -> list[Any]:
    with Client(emulator.access_token, transport=emulator.transport(), base_url=emulator.base_url) as client:
        every = client.promotions.list(
            emulator.ad_account_id,
            ad_group_id=emulator.ad_group_id,
            page_size=250,
            entity_statuses=["ACTIVE", "PAUSED", "ARCHIVED"],
        )
        return list(every)


def check_created(emulator: Emulator, result: BatchResult[Any] | PinshopError, items: list[dict[str, Any]]) -> BatchResult[Any]:
    """Outcomes and state agree: created is there once, failed is not there, unknown is there once at most."""
    rows = stored(emulator)
    count = Counter(row.tracking_url for row in rows)
    assert max(count.values(), default=0) <= 1, "doubled"
    if isinstance(result, PinshopError):
        assert not rows, "an exception says that nothing was executed"
        result = result.result  # type: ignore[attr-defined]
    ids = {row.id: row for row in rows}
    assert len(result) == len(items)
    for n, (outcome, item) in enumerate(zip(result, items, strict=True)):
        assert outcome.index == n
        if outcome.state == "created":
            assert ids[outcome.id].tracking_url == item["tracking_url"]
        elif outcome.state == "failed":
            assert count[item["tracking_url"]] == 0, outcome
    return result


def check_updated(emulator: Emulator, result: BatchResult[Any] | PinshopError, items: list[dict[str, Any]]) -> BatchResult[Any]:
    by_id = {row.id: row for row in stored(emulator)}
    if isinstance(result, PinshopError):
        assert not any(by_id[item["id"]].status == "PAUSED" for item in items)
        result = result.result  # type: ignore[attr-defined]
    assert len(result) == len(items)
    for outcome, item in zip(result, items, strict=True):
        if outcome.state == "updated":
            assert outcome.id == item["id"]
            assert by_id[item["id"]].status == "PAUSED"
        elif outcome.state == "failed":
            assert by_id[item["id"]].status == "ACTIVE", outcome
    return result


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    emulator = Emulator(now="2026-03-01T12:00:00Z")
    yield emulator
    emulator.close()


def one_run(emulator: Emulator, operation: str, mode: str, faults: dict[int, str]) -> BatchResult[Any]:
    emulator.reset()
    items = new_items(emulator, SIZE)
    if operation == "create":
        return check_created(emulator, write(emulator, "create", mode, items, faults), items)
    created = write(emulator, "create", "sync", items, {})
    changes = [{"id": outcome.id, "status": "PAUSED"} for outcome in created]
    return check_updated(emulator, write(emulator, "update", mode, changes, faults), changes)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere_changes_nothing(emulator, fault, operation, mode):
    """A single fault, at any request of a batch of 100: every item is written, exactly once, and known to be."""
    done = {"create": "created", "update": "updated"}[operation]
    for position in range(6):
        result = one_run(emulator, operation, mode, {position: fault})
        assert [o.state for o in result] == [done] * SIZE, (position, result.summary(), result.failed[:1], result.unknown[:1])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_told_truly(emulator, fault, operation, mode):
    """The same fault from some request on, for ever: what was written before stands, and no outcome is untrue."""
    for position in range(5):
        one_run(emulator, operation, mode, dict.fromkeys(range(position, 200), fault))


@pytest.mark.parametrize("pair", list(itertools.combinations(FAULTS, 2)), ids=" + ".join)
def test_two_faults_in_a_row_never_double(emulator, pair):
    """A fault while recovering from another one."""
    first, second = pair
    for position, swapped in itertools.product(range(1, 3), (False, True)):
        faults = dict(enumerate((second, first) if swapped else (first, second), position))
        one_run(emulator, "create", "sync", faults)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("position", range(0, SIZE, 7))
def test_one_refused_item_does_not_hide_the_others(emulator, position, mode):
    """Item k is refused by Pinterest while the answer of its request is lost: the refusal is told, the others are created."""
    emulator.reset()
    items = new_items(emulator, SIZE)
    items[position]["catalog_product_group_id"] = "1"
    request = 1 + position // 30
    result = check_created(emulator, write(emulator, "create", mode, items, {request: "reset after"}), items)
    assert [o.index for o in result if o.state != "created"] == [position]
    assert result[position].state == "failed"
    assert result[position].message


@pytest.mark.soak
def test_random_faults_never_double(emulator, rounds, capsys):
    """Any number of faults, drawn at random."""
    total, states = rounds(400, 20_000), Counter[str]()
    for seed in range(total):
        draw = random.Random(seed)
        rate = draw.choice((0.05, 0.2, 0.5, 0.9))
        faults = {n: draw.choice(list(FAULTS)) for n in range(300) if draw.random() < rate}
        result = one_run(emulator, draw.choice(OPERATIONS), draw.choice(MODES), faults)
        states.update(o.state for o in result)
    with capsys.disabled():
        print(f"\n{total} runs with random faults: {dict(states)}")
    assert states["created"]
    assert states["updated"]
