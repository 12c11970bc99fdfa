"""One piece of work, measured in a process of its own: ``python work.py NAME URL COUNT`` prints seconds per call.

Runs in either environment: what begins with ``facade`` imports `pinterest.generated.client`, whoever provides it.
Seconds are of CPU, of all threads; those of ``wall_…`` are of the clock on the wall.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server import COLUMNS, ROWS

TOKEN = "emulated_token"
ACCOUNT, GROUP, PROMOTION = "549755885175", "2680059592706", "2680059592705"
TARGET = f"/ad_accounts/{ACCOUNT}/product_group_promotions/{PROMOTION}"


def timed(do: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time, *, warm: int = 20) -> float:
    for _ in range(min(warm, count)):
        do()
    began = clock()
    for _ in range(count):
        do()
    return (clock() - began) / count


# ------------------------------------------------------------------------------------------- the old interface


def _facade(url: str) -> tuple[Any, Any]:
    from pinterest.generated import client
    from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi

    configuration = client.Configuration(host=url)
    configuration.access_token = TOKEN
    api_client = client.ApiClient(configuration)
    return ProductGroupPromotionsApi(api_client), api_client


def facade_get(url: str, count: int) -> float:
    api, _ = _facade(url)
    return timed(lambda: api.product_group_promotion_get(ACCOUNT, PROMOTION), count)


def facade_create(url: str, count: int) -> float:
    from pinterest.generated.client.model.creative_type import CreativeType
    from pinterest.generated.client.model.entity_status import EntityStatus
    from pinterest.generated.client.model.product_group_promotion_common import ProductGroupPromotionCommon as Common
    from pinterest.generated.client.model.product_group_promotion_create_request import (
        ProductGroupPromotionCreateRequest as Create,
    )

    api, _ = _facade(url)

    def build_and_create() -> None:
        items = [
            Common(
                status=EntityStatus("ACTIVE"),
                tracking_url="https://www.pinterest.com",
                catalogs_product_group_id=str(1231235 + number),
                catalogs_product_group_name="Shoes",
                creative_type=CreativeType("REGULAR"),
                collections_hero_pin_id="123123",
                collections_hero_destination_url="http://www.pinterest.com",
                slideshow_collections_title="Title",
                slideshow_collections_description="Description",
            )
            for number in range(30)
        ]
        created = api.product_group_promotions_create(ACCOUNT, Create(ad_group_id=GROUP, product_group_promotion=items))
        assert created.value[29].data.id == PROMOTION

    return timed(build_and_create, count, warm=2)


def facade_analytics(url: str, count: int) -> float:
    import datetime

    from pinterest.generated.client.model.granularity import Granularity

    api, _ = _facade(url)
    first, last = datetime.date(2026, 1, 1), datetime.date(2026, 3, 31)

    def fetch() -> None:
        rows = api.product_groups_analytics(ACCOUNT, first, last, ["1"], COLUMNS, Granularity("DAY")).value
        assert len(rows) == 9000

    return timed(fetch, count, warm=0)


def wall_facade_async(url: str, count: int) -> float:
    """``count`` calls in all, 32 in flight, each answered after 20 ms."""
    api, _ = _facade(url.replace("/v5", "/slow/v5"))
    api.product_group_promotion_get(ACCOUNT, PROMOTION)
    began = time.perf_counter()
    for start in range(0, count, 32):
        size = min(32, count - start)
        threads = [api.product_group_promotion_get(ACCOUNT, PROMOTION, async_req=True) for _ in range(size)]
        for thread in threads:
            thread.get()
    return (time.perf_counter() - began) / count


# ----------------------------------------------------------------------------------------------- the library


def client_get(url: str, count: int) -> float:
    from pinshop import Client

    with Client(TOKEN, base_url=url) as client:
        return timed(lambda: client.promotions.get(ACCOUNT, PROMOTION), count)


def bare_get(url: str, count: int) -> float:
    get = _bare(url)
    return timed(get, count)


def _bare(url: str) -> Callable[[], object]:
    import msgspec
    import urllib3

    from pinshop.api.models import ProductGroupPromotion

    pool = urllib3.PoolManager(maxsize=64, retries=False)
    decode = msgspec.json.Decoder(ProductGroupPromotion).decode
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json", "Accept-Encoding": "gzip"}
    return lambda: decode(pool.request("GET", url + TARGET, headers=headers).data)


def _in_threads(do: Callable[[], object], count: int) -> float:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda _: do(), range(200)))
        began = time.process_time()
        list(threads.map(lambda _: do(), range(count)))
        return (time.process_time() - began) / count


def client_threads(url: str, count: int) -> float:
    from pinshop import Client

    with Client(TOKEN, base_url=url) as client:
        return _in_threads(lambda: client.promotions.get(ACCOUNT, PROMOTION), count)


def bare_threads(url: str, count: int) -> float:
    return _in_threads(_bare(url), count)


async def _async(get: Callable[[], Any], count: int, in_flight: int) -> float:
    async def worker(times: int) -> None:
        for _ in range(times):
            await get()

    async def all_of(total: int) -> None:
        await asyncio.gather(*(worker(total // in_flight) for _ in range(in_flight)))

    await all_of(max(in_flight * 2, 20))
    began = time.process_time()
    await all_of(count)
    return (time.process_time() - began) / (count // in_flight * in_flight)


def _async_client(url: str, count: int, in_flight: int) -> float:
    from pinshop import AsyncClient

    async def main() -> float:
        async with AsyncClient(TOKEN, base_url=url) as client:
            return await _async(lambda: client.promotions.get(ACCOUNT, PROMOTION), count, in_flight)

    return asyncio.run(main())


def _async_bare(url: str, count: int, in_flight: int) -> float:
    import aiohttp
    import msgspec

    from pinshop.api.models import ProductGroupPromotion

    decode = msgspec.json.Decoder(ProductGroupPromotion).decode
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}

    async def main() -> float:
        async with aiohttp.ClientSession(headers=headers) as session:

            async def get() -> object:
                async with session.get(url + TARGET) as reply:
                    return decode(await reply.read())

            return await _async(get, count, in_flight)

    return asyncio.run(main())


def async_get(url: str, count: int) -> float:
    return _async_client(url, count, 1)


def bare_async_get(url: str, count: int) -> float:
    return _async_bare(url, count, 1)


def async_get_64(url: str, count: int) -> float:
    return _async_client(url, count, 64)


def bare_async_get_64(url: str, count: int) -> float:
    return _async_bare(url, count, 64)


def client_rows(url: str, count: int) -> float:
    """Analytics through the whole client, the socket apart."""
    from pinshop import Client
    from pinshop.api.http import Reply

    reply = Reply(200, {"content-type": "application/json"}, ROWS)

    class Constant:
        def send(self, request: object) -> Reply:
            return reply

        def close(self) -> None:
            pass

    client = Client(TOKEN, base_url=url, transport=Constant(), pacing=False)
    asked = {"start_date": "2026-01-01", "end_date": "2026-03-31", "columns": COLUMNS, "granularity": "DAY"}
    return timed(lambda: list(client.promotions.analytics(ACCOUNT, ["1"], **asked)), count, warm=2)


def bare_rows(_: str, count: int) -> float:
    """The same rows from msgspec, as exact: floats would take half the time, and be other numbers."""
    from decimal import Decimal

    import msgspec

    decode = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal).decode
    return timed(lambda: len(decode(ROWS)), count, warm=2)


def memory_growth(url: str, count: int) -> float:
    """Resident memory after ``count`` calls over that after a tenth of them."""
    from pinshop import Client

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])

    with Client(TOKEN, base_url=url) as client:
        for _ in range(count // 10):
            client.promotions.get(ACCOUNT, PROMOTION)
        early = resident()
        for _ in range(count - count // 10):
            client.promotions.get(ACCOUNT, PROMOTION)
        return resident() / early


# ---------------------------------------------------------------------------------------------- the emulator


def _busy_emulator(promotions: int) -> tuple[Any, list[str]]:
    from pinshop import Client
    from pinshop.emulator import Emulator

    emulator = Emulator(now="2026-01-01T00:00:00Z")
    client = Client(emulator.access_token, transport=emulator.transport(), pacing=False)
    groups = emulator.catalog_product_group_ids
    items = [{"catalog_product_group_id": groups[n % len(groups)], "status": "ACTIVE"} for n in range(promotions)]
    result = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items, read_back=False)
    result.raise_if_failed()
    return emulator, [outcome.id or "" for outcome in result]


def emulator_analytics(_: str, count: int) -> float:
    """250 ids, 90 days, 20 columns, asked again, against encoding the JSON it answers: the ratio."""
    return _emulator_analytics(count, asked_before=True)


def emulator_first_analytics(_: str, count: int) -> float:
    """The same, asked for the first time: what the promotions earned is derived then."""
    return _emulator_analytics(count, asked_before=False)


def _emulator_analytics(count: int, *, asked_before: bool) -> float:
    import msgspec

    from pinshop.api.endpoints import PROMOTIONS_ANALYTICS
    from pinshop.api.http import Request
    from pinshop.api.operations import build

    emulator, ids = _busy_emulator(250)
    emulator.clock.advance(days=90)
    asked = {
        "start_date": "2026-01-02",
        "end_date": "2026-04-01",
        "granularity": "DAY",
        "columns": COLUMNS,
        "product_group_ids": ids,
    }
    call = build(PROMOTIONS_ANALYTICS, {"ad_account_id": emulator.ad_account_id}, asked)
    request = Request("GET", "http://emulator", "/v5" + call.target, {"authorization": f"Bearer {emulator.access_token}"})
    replies = []
    first = timed(lambda: replies.append(emulator.handle(request)), 1, warm=0)
    reply = replies[0]
    assert reply.status == 200, reply.body
    rows = msgspec.json.decode(reply.body)
    assert len(rows) > 20_000, len(rows)
    encode = msgspec.json.Encoder().encode
    ratios = []
    for _round in range(count):
        ours = timed(lambda: emulator.handle(request), 1, warm=0) if asked_before else first
        ratios.append(ours / timed(lambda: encode(rows), 3, warm=1))
    return sorted(ratios)[count // 2]


def emulator_reset(_: str, count: int) -> float:
    """Wall seconds of one reset after thirty writes."""
    emulator, _ids = _busy_emulator(30)
    emulator.reset()
    taken = []
    for _round in range(count):
        began = time.perf_counter()
        emulator.reset()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[count // 2]


def emulator_fork(_: str, count: int) -> float:
    """Wall seconds of what the pytest plugin does for each test: fork a template, and close the fork."""
    from pinshop.emulator import Emulator

    template = Emulator()
    return timed(lambda: template.fork().close(), count, time.perf_counter)


def emulator_page(_: str, count: int) -> float:
    """A page of 250 out of 1,000,000 promotions of one ad group in a data file, against one out of 1,000: the ratio."""
    import tempfile

    from pinshop.api.http import Request
    from pinshop.emulator import Emulator

    def page_of(emulator: Any, promotions: int) -> Callable[[], None]:
        (account,) = emulator.scale(1, promotions)
        (group,) = emulator.world.store.find("ad_groups", ad_account_id=int(account))
        target = f"/v5/ad_accounts/{account}/product_group_promotions?ad_group_id={group['id']}&page_size=250"
        request = Request("GET", "http://emulator", target, {"authorization": f"Bearer {emulator.access_token}"})

        def read() -> None:
            assert emulator.handle(request).status == 200

        return read

    with tempfile.TemporaryDirectory() as folder:
        large = page_of(Emulator(data=f"{folder}/large.db"), 1_000_000)
        small = page_of(Emulator(data=f"{folder}/small.db"), 1_000)
        ratios = [timed(large, 20) / timed(small, 20) for _round in range(count)]
    return sorted(ratios)[count // 2]


def emulator_factory(_: str, count: int) -> float:
    """Wall seconds to make 5,000 ad accounts of 200 promotions."""
    from pinshop.emulator import Emulator

    return timed(lambda: Emulator().scale(5_000, 200), count, time.perf_counter, warm=0)


class _Hammer(asyncio.Protocol):
    """One kept-alive connection that asks again as soon as it is answered, with as little Python as it takes."""

    done = 0

    def __init__(self, message: bytes) -> None:
        self._message = message

    def connection_made(self, transport: Any) -> None:
        self._write = transport.write
        self._write(self._message)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"}"):  # the end of the JSON object that every answer is
            assert data.startswith((b"HTTP/1.1 200", b"{")), data
            _Hammer.done += 1
            self._write(self._message)


async def _hammer(url: str, target: str, token: str, seconds: float, connections: int = 16) -> float:
    """Answers per second."""
    host, port = url.removeprefix("http://").partition("/")[0].split(":")
    message = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Hammer(message), host, int(port))
    await asyncio.sleep(0.2)
    before, began = _Hammer.done, time.perf_counter()
    await asyncio.sleep(seconds)
    return (_Hammer.done - before) / (time.perf_counter() - began)


def _planned_shop(ad_groups: int, promotions_each: int) -> tuple[Any, Any, Any]:
    """A client of an emulator in this process, with so many ad groups and promotions, and the manifest that declares them."""
    from pinshop import Client, plans
    from pinshop.emulator import Emulator

    emulator = Emulator(now="2026-03-01T12:00:00Z")
    client = Client(
        emulator.access_token,
        base_url=emulator.base_url,
        transport=emulator.transport(),
        clock=emulator.clock.seconds,
        pacing=False,
    )
    account = emulator.ad_account_id
    item = {"campaign_id": emulator.campaign_id, "billable_event": "IMPRESSION"}
    groups = [one.id for one in client.ad_groups.create(account, [{**item, "name": f"Group {n}"} for n in range(ad_groups)])]
    catalog = [
        client.catalog_product_groups.create(
            name=f"Part {n}", feed_id=emulator.feed_id, filters={"any_of": [{"BRAND": {"values": [f"B{n}"]}}]}
        ).id
        for n in range(promotions_each)
    ]
    lines = [f'account: "{account}"', "ad_groups:"]
    for group in groups:
        url = "https://shop.example/?g={adgroupid}&p="
        new = [{"catalog_product_group_id": part, "status": "PAUSED", "tracking_url": url + part} for part in catalog]
        client.promotions.create(account, group, new).raise_if_failed()
        lines += [f'  - id: "{group}"', "    promotions:"]
        for n, part in enumerate(catalog):
            status = "ACTIVE" if n % 10 == 0 else "PAUSED"
            lines += [f'      - catalog_product_group_id: "{part}"', f"        status: {status}"]
            lines += [f'        tracking_url: "{url}{part}"']
    return client, plans.parse_manifest("\n".join(lines)), groups


def plan_over_reads(_: str, count: int) -> float:
    """A plan of 10,000 promotions in 50 ad groups, a tenth of them changed, over the time of the reads it makes."""
    from pinshop import plans
    from pinshop.plans.live import Live, together

    client, manifest, groups = _planned_shop(50, 200)
    account = manifest.accounts[0].id

    def reads() -> Any:
        live = Live(client)
        yield from together(live.session, [live.user(), live.account(account), live.ad_groups(account, ids=groups)])
        yield from live.campaigns(account)
        yield from together(live.session, [live.promotions(account, group) for group in groups])

    reading = timed(lambda: client._run(reads()), count, warm=1)  # noqa: SLF001
    return timed(lambda: plans.make_plan(client, manifest), count, warm=1) / reading


def plan_memory(_: str, count: int) -> float:
    """The most memory (MB) that a plan of 10,000 promotions takes beside its manifest: pages that were compared are let go."""
    import tracemalloc

    from pinshop import plans

    client, manifest, _groups = _planned_shop(count, 200)
    plans.make_plan(client, manifest)
    tracemalloc.start()
    plans.make_plan(client, manifest)
    return tracemalloc.get_traced_memory()[1] / 1e6


def hammer(url: str, _: int) -> float:
    """GET/s of the server at ``url``; what to GET and with which token is in the environment."""
    target = os.environ.get("HAMMER_TARGET", "/v5" + TARGET)
    return asyncio.run(_hammer(url, target, os.environ.get("HAMMER_TOKEN", TOKEN), 2.0))


if __name__ == "__main__":
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    name, url, count = sys.argv[1:4]
    print(globals()[name](url, int(count)))
