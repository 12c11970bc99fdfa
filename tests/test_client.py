"""The clients, over real sockets: `Client` and `AsyncClient`, what they share, and what they leave behind (nothing)."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import pinshop
from pinshop import AsyncClient, Client, errors
from pinshop.api import operations
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator
from pinshop.errors import ConfigurationError, ConnectError, NotFound, PinshopError, ServerError
from pinshop.flow import events
from pinshop.flow.pacing import Pacer
from servers import Peer, http

TOKEN = "emulated_do_not_show_this_token"


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(now="2026-03-01T12:00:00Z") as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Emulator:
    served.reset()
    return served


def items(emulator: Emulator, size: int) -> list[Any]:
    groups = emulator.catalog_product_group_ids
    return [{"catalog_product_group_id": groups[n % len(groups)]} for n in range(size)]


# ----------------------------------------------------------------------------------- the whole life


def test_the_life_of_a_promotion(emulator):
    with Client(emulator.access_token, base_url=emulator.base_url) as client:
        account, ad_group = emulator.ad_account_id, emulator.ad_group_id
        result = client.promotions.create(account, ad_group, items(emulator, 35))
        result.raise_if_failed()
        first = result[0].id
        assert client.promotions.update(account, ad_group, [{"id": first, "status": "PAUSED"}])[0].entity.status == "PAUSED"
        assert client.promotions.get(account, first).status == "PAUSED"
        assert len(list(client.promotions.list(account, ad_group_id=ad_group))) == 35
        assert [len(p.items) for p in client.promotions.list(account, ad_group_id=ad_group, page_size=20).pages()] == [20, 15]
        paused = client.promotions.list(account, product_group_promotion_ids=[o.id for o in result], entity_statuses=["PAUSED"])
        assert [p.id for p in paused] == [first]
        emulator.clock.advance(days=3)
        rows = client.promotions.analytics(
            account,
            [o.id for o in result],
            start_date="2026-03-01",
            end_date="2026-03-03",
            columns=["IMPRESSION_1"],
            granularity="DAY",
        )
        assert len({row["PRODUCT_GROUP_ID"] for row in rows}) == 34
        with pytest.raises(NotFound):
            client.promotions.get(account, "1")


def test_the_same_life_awaited(emulator):
    async def life() -> None:
        async with AsyncClient(emulator.access_token, base_url=emulator.base_url) as client:
            account, ad_group = emulator.ad_account_id, emulator.ad_group_id
            result = await client.promotions.create(account, ad_group, items(emulator, 35))
            first = result[0].id
            assert first
            changed = await client.promotions.update(account, ad_group, [{"id": first, "status": "PAUSED"}])
            assert changed[0].entity
            assert changed[0].entity.status == "PAUSED"
            assert (await client.promotions.get(account, first)).status == "PAUSED"
            assert len([p async for p in client.promotions.list(account, ad_group_id=ad_group)]) == 35
            pages = [len(p.items) async for p in client.promotions.list(account, ad_group_id=ad_group, page_size=20).pages()]
            assert pages == [20, 15]
            several = await asyncio.gather(*(client.promotions.get(account, o.id or "") for o in result))
            assert [p.id for p in several] == [o.id for o in result]

    asyncio.run(life())


def test_threads_may_share_a_client(emulator):
    with Client(emulator.access_token, base_url=emulator.base_url) as client:
        ids = [o.id for o in client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items(emulator, 30))]
        got: Counter[Any] = Counter()

        def work() -> None:
            for one in ids:
                got[client.promotions.get(emulator.ad_account_id, one).id] += 1

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == Counter(dict.fromkeys(ids, 8))


def test_parts_of_a_job_run_at_once(emulator):
    """300 ids by the hour over 6 days: four calls, of which four may be under way."""
    lock, most, now = threading.Lock(), [0], [0]
    inner = emulator.transport()

    class Slow:
        def send(self, request: Request, /) -> Reply:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            threading.Event().wait(0.02)
            try:
                return inner.send(request)
            finally:
                with lock:
                    now[0] -= 1

        def close(self) -> None: ...

    client = Client(emulator.access_token, transport=Slow(), base_url=emulator.base_url, concurrency=3, pacing=False)
    items = [{"catalog_product_group_id": emulator.catalog_product_group_ids[0]}]
    made = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
    client.promotions.analytics(
        emulator.ad_account_id,
        [*range(1, 300), *(outcome.id for outcome in made)],
        start_date="2026-02-22",
        end_date="2026-02-27",
        columns=["IMPRESSION_1"],
        granularity="HOUR",
    )
    assert most[0] == 3


# ------------------------------------------------------------------------------------ nothing is left


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_closing_closes_every_socket(emulator, mode):
    account = emulator.ad_account_id

    def sync() -> None:
        with Client(emulator.access_token, base_url=emulator.base_url) as client:
            threads = [threading.Thread(target=lambda: list(client.ad_accounts.list())) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    async def asynchronous() -> None:
        async with AsyncClient(emulator.access_token, base_url=emulator.base_url) as client:
            await asyncio.gather(*(client.ad_accounts.get(account) for _ in range(4)))

    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sync() if mode == "sync" else asyncio.run(asynchronous())
        gc.collect()
    assert [str(w.message) for w in caught] == []


def test_a_transport_that_was_passed_in_is_its_owners():
    class Transport:
        closed = 0

        def send(self, request: Request, /) -> Reply:
            return Reply(200, {}, b"{}")

        def close(self) -> None:
            self.closed += 1

    transport = Transport()
    with Client(TOKEN, transport=transport):
        pass
    assert transport.closed == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_does_not_speak_on_its_parents_connections(emulator):
    with Client(emulator.access_token, base_url=emulator.base_url) as client:
        account = client.ad_accounts.get(emulator.ad_account_id).id
        pacer = client._session.pacer
        assert pacer is not None
        with warnings.catch_warnings(), pacer._lock:  # another thread holds it at that moment
            warnings.simplefilter("ignore", DeprecationWarning)
            context = multiprocessing.get_context("fork")
            queue = context.Queue()
            child = context.Process(target=lambda: queue.put([client.ad_accounts.get(account).id for _ in range(3)]))
            child.start()
        mine = [client.ad_accounts.get(account).id for _ in range(3)]
        assert queue.get(timeout=20) == mine == [account] * 3
        child.join(20)
        assert child.exitcode == 0
        child.close()
        queue.close()
        queue.join_thread()


# ------------------------------------------------------------------------------------------- options


def test_other_options_share_connections_quota_and_token():
    with Peer(http(b'{"id": "1"}')) as peer, Client(TOKEN, base_url=f"{peer.origin}/v5", headers={"X-A": "1"}) as client:
        view = client.with_options(max_attempts=1, headers={"X-B": "2"})
        assert view._session.pacer is client._session.pacer
        client.ad_accounts.get(1)
        view.ad_accounts.get(1)
        view.close()
        client.ad_accounts.get(1)
        assert peer.connections == 1
        assert [b"X-B: 2" in request for request in peer.requests] == [False, True, False]
        assert all(b"X-A: 1" in request for request in peer.requests)


@pytest.mark.parametrize(
    "arguments",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "line\nbreak"},
        {"base_url": "api.pinterest.com/v5"},
        {"base_url": "ftp://api.pinterest.com"},
        {"base_url": "https://user:secret@api.pinterest.com/v5"},
        {"base_url": "https://api.pinterest.com/v5?x=1"},
        {"base_url": "https://api.pinterest.com:99999/v5"},
        {"base_url": "https://api.pinterest.com/v5\r\nX: y"},
        {"api_version": "6.0"},
        {"max_attempts": 0},
        {"max_attempts": True},
        {"read_seconds": 0},
        {"read_seconds": float("nan")},
        {"connect_seconds": "5"},
        {"concurrency": 0},
        {"headers": {"X-A": "b\r\nX-Evil: 1"}},
        {"headers": {"X-A": 1}},
    ],
)
def test_arguments_that_cannot_work_are_refused_at_once(arguments):
    with pytest.raises(ConfigurationError) as caught:
        Client(**{"access_token": TOKEN, **arguments})
    assert TOKEN not in str(caught.value)
    assert "secret" not in str(caught.value).replace("'https://user:secret", "") or "user" in str(caught.value)


def test_an_unknown_option_is_named():
    with pytest.raises(
        ConfigurationError, match=r"unknown option timeout\. Did you mean read_seconds= .*There are connect_seconds"
    ):
        Client(TOKEN).with_options(timeout=3)  # type: ignore[call-arg]


def test_the_budget_is_shown_and_can_be_shared():
    pacer = Pacer(documented={"ads_read": (10, 60)})

    class Transport:
        def send(self, request: Request, /) -> Reply:
            return Reply(200, {"x-ratelimit-limit": "10, 100;w=1, 10;w=60"}, b'{"id": "1"}')

        def close(self) -> None: ...

    first, second = (Client(TOKEN, transport=Transport(), pacing=pacer, clock=lambda: 5.0) for _ in range(2))
    first.ad_accounts.get(1)
    second.ad_accounts.get(1)
    assert [(q.remaining, q.limit) for q in first.budget() if q.category == "ads_read"] == [(8, 10)]
    assert Client(TOKEN, transport=Transport(), pacing=False).budget() == []


# ------------------------------------------------------------------------------------------- secrets


def test_the_token_is_nowhere_to_be_seen(caplog):
    caplog.set_level(logging.DEBUG)

    class Transport:
        def send(self, request: Request, /) -> Reply:
            assert request.headers["Authorization"] == f"Bearer {TOKEN}"
            if request.method == "GET":
                raise ConnectError("refused")
            return Reply(500, {}, b"{}")

        def close(self) -> None: ...

    seen: list[events.Event] = []

    def hook(event: events.Event) -> None:
        seen.append(event)
        events.log(event)

    client = Client(TOKEN, transport=Transport(), sleep=lambda _: None, on_event=hook)
    shown = [repr(client), repr(client.promotions), str(vars(client.promotions).keys())]
    for act in (lambda: client.ad_accounts.get(1), lambda: client.send(operations.raw("POST", "/x", body={}))):
        try:
            act()
        except PinshopError as error:
            shown += [repr(error), str(error), repr(vars(error)), "".join(traceback.format_exception(error))]
            shown.append(repr(pickle.loads(pickle.dumps(error))))
    shown += [caplog.text, repr(seen)]
    assert "retrying because refused" in caplog.text
    assert not [text for text in shown if TOKEN in text]


def test_one_log_line_for_every_decision(caplog):
    class Transport:
        def send(self, request: Request, /) -> Reply:
            return Reply(503, {"x-pinterest-rid": "r1"}, b'{"code": 12, "message": "Sorry"}')

        def close(self) -> None: ...

    with caplog.at_level(logging.INFO, "pinshop"), pytest.raises(ServerError):
        Client(TOKEN, transport=Transport(), sleep=lambda _: None, max_attempts=2).ad_accounts.get(1)
    lines = [record.getMessage() for record in caplog.records if record.name == "pinshop"]
    assert len(lines) == 2
    assert "retrying because HTTP 503 (code 12): Sorry" in lines[0]
    assert "not retrying after 2 attempt(s)" in lines[1]


# ------------------------------------------------------------------------------------------ the names


def test_every_public_name_is_there_and_documented():
    for name in pinshop.__all__:
        assert getattr(pinshop, name).__doc__, name
    assert sorted(pinshop.__all__) == pinshop.__all__
    assert set(pinshop.__all__) <= set(dir(pinshop))
    with pytest.raises(AttributeError, match="no attribute 'Clint'"):
        pinshop.Clint  # noqa: B018
    assert {
        name
        for name in vars(errors)
        if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), PinshopError)
    } <= set(pinshop.__all__)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import pinshop", ["urllib3", "msgspec", "aiohttp", "asyncio"]),
        (
            "import pinshop; pinshop.Client('x')",
            ["aiohttp", "asyncio", "sqlite3", "concurrent.futures", "difflib", "pinshop.emulator"],
        ),
    ],
)
def test_nothing_is_loaded_before_it_is_used(code, absent):
    check = f"import sys; {code}; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
