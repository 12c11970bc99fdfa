"""Tables, streams and sync, measured in a process of its own: ``python tables.py NAME COUNT`` prints the figure.

Seconds are of CPU unless the name begins with ``wall_``. Names in pairs do the same with pinshop and with the bare libraries.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from server import COLUMNS, ROWS

ACCOUNT = "549755885175"
KEYS = ("PRODUCT_GROUP_ID", "DATE")
FIRST = datetime.date(2026, 1, 1)


def timed(do: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time) -> float:
    """The fastest of ``count`` goes: the machine is shared, and nothing makes a computer faster than it is."""
    do()
    taken = []
    for _ in range(count):
        began = clock()
        do()
        taken.append(clock() - began)
    return min(taken)


def received() -> Any:
    from pinshop.analytics.plain_rows import Asked, split
    from pinshop.analytics.rows import Rows

    return Rows((), COLUMNS, blocks=[split(ROWS)], asked=Asked(keys=KEYS))


def rows(count: int) -> float:
    return timed(lambda: list(received()), count)


def bare_rows(count: int) -> float:
    decode = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal).decode
    return timed(lambda: decode(ROWS), count)


def arrow(count: int) -> float:
    return timed(lambda: received().to_arrow(), count)


def bare_arrow(count: int) -> float:
    """The fastest exact way that wakes no pandas: `pyarrow.json` over the rows, cut apart."""
    import pyarrow as pa
    from pyarrow import json as pajson

    from pinshop.analytics import tables

    schema = tables.schema_of(KEYS, COLUMNS)
    days = schema.get_field_index("DATE")
    options = pajson.ParseOptions(
        explicit_schema=schema.set(days, pa.field("DATE", pa.string())), unexpected_field_behavior="error"
    )
    cut = msgspec.json.Decoder(list[msgspec.Raw]).decode

    def make() -> Any:
        table = pajson.read_json(pa.BufferReader(b"\n".join(cut(ROWS))), parse_options=options)
        return table.set_column(days, "DATE", table.column("DATE").cast(pa.date32()))

    return timed(make, count)


# --------------------------------------------------------------------------------------------------- fetching


class Answers:
    """A transport of constant answers: those of a whole account of promotions, made once for each request."""

    def __init__(self, per_id: int = 1) -> None:
        self._made: dict[str, bytes] = {}
        self.night = 0
        self.per_id = per_id

    def body(self, target: str) -> bytes:
        from urllib.parse import parse_qs

        path, _, text = target.partition("?")
        if path.endswith("metrics_ready_state"):
            return b'{"conversion_metrics_ready": true, "non_conversion_metrics_ready": true}'
        if not path.endswith("analytics"):
            return b'{"currency": "EUR"}'
        key = f"{self.night}{target}"
        if key not in self._made:
            asked = parse_qs(text)
            first, last = (datetime.date.fromisoformat(asked[name][0]) for name in ("start_date", "end_date"))
            days = [str(first + datetime.timedelta(n)) for n in range((last - first).days + 1)]
            values = {name: (len(name) * 7919 + self.night) % 10**6 for name in COLUMNS}
            values |= {name: values[name] / 1000 for name in ("CTR", "ECTR", "SPEND_IN_DOLLAR", "CPC_IN_MICRO_DOLLAR")}
            self._made[key] = json.dumps(
                [{"PRODUCT_GROUP_ID": one, "DATE": day, **values} for one in asked["product_group_ids"] for day in days]
            ).encode()
        return self._made[key]

    def send(self, request: Any) -> Any:
        from pinshop.api.http import Reply

        return Reply(
            200, {"content-type": "application/json", "date": "Thu, 26 Nov 2026 12:00:00 GMT"}, self.body(request.target)
        )

    def close(self) -> None: ...


def wall_stream_rate(count: int) -> float:
    """Rows a second to Parquet, of ``count`` thousand rows."""
    return _stream(count)[0]


def stream_memory(count: int) -> float:
    """Most memory in use, in MB, while ``count`` thousand rows are streamed to Parquet."""
    return _stream(count)[1]


def _stream(thousands: int) -> tuple[float, float]:
    from pinshop import Client

    class Once(Answers):
        """One answer of 22,500 rows, whoever asks: what makes the answers is not measured."""

        def body(self, target: str) -> bytes:
            if "analytics" not in target:
                return super().body(target)
            if "" not in self._made:
                self._made[""] = super().body(target)
            return self._made[""]

    ids = thousands * 1000 // 90
    client = Client("emulated_bench", base_url="https://rows.invalid/v5", transport=Once(), pacing=False, concurrency=2)
    asked = {"columns": COLUMNS, "start_date": "2026-08-29", "end_date": "2026-11-26", "way": "sync"}
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = client.analytics.stream(ACCOUNT, range(1, ids + 1), to=Path(folder) / "rows.parquet", **asked)
        seconds = time.perf_counter() - began
    return done.rows / seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ------------------------------------------------------------------------------------------------------- sync


def wall_sync_night(count: int) -> float:
    """A night's transactions: 1,000 promotions of which 360 days are kept and 30 are replaced."""
    from pinshop.analytics import warehouse

    with tempfile.TemporaryDirectory() as folder:
        store = warehouse.DuckStore(Path(folder) / "ads.duckdb")
        schema, scopes, tables = _nights()
        store.prepare("analytics", COLUMNS, "bench", schema)
        for scope, table in zip(*_loads(schema), strict=True):
            store.replace(scope, table)
        turn = iter(range(10**6))

        def night() -> None:
            number = next(turn) % 2
            list(flows.map(store.replace, scopes, [pair[number] for pair in tables]))

        with ThreadPoolExecutor(4) as flows:  # as those of a client, which wait for each other at the file
            return timed(night, count, time.perf_counter)


def wall_bare_night(count: int) -> float:
    """The same rows replaced by nothing but DELETE and INSERT in a transaction per call."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ads.duckdb"
        schema, scopes, tables = _nights()

        def replace(ids: Any, first: Any, last: Any, table: Any) -> None:
            with duckdb.connect(path) as connection:
                connection.register("given", table)
                connection.execute("CREATE TABLE IF NOT EXISTS analytics AS SELECT * FROM given LIMIT 0")
                connection.execute("BEGIN")
                within = "AD_ACCOUNT_ID = ? AND DATE BETWEEN ? AND ? AND PRODUCT_GROUP_ID IN (SELECT unnest(?))"
                connection.execute(f"DELETE FROM analytics WHERE {within}", [ACCOUNT, first, last, list(ids)])
                connection.execute("INSERT INTO analytics SELECT * FROM given")
                connection.execute("COMMIT")

        for scope, table in zip(*_loads(schema), strict=True):
            replace(scope.ids, scope.first, scope.last, table)
        turn = iter(range(10**6))

        def night() -> None:
            number = next(turn) % 2
            for scope, pair in zip(scopes, tables, strict=True):
                replace(scope.ids, scope.first, scope.last, pair[number])

        return timed(night, count, time.perf_counter)


def _scope(ids: tuple[str, ...], first: datetime.date, days: int) -> Any:
    from pinshop.analytics.warehouse import Scope

    last = first + datetime.timedelta(days - 1)
    now = datetime.datetime(2026, 11, 26, 12)  # noqa: DTZ001 - UTC, as DuckDB's TIMESTAMP
    return Scope(
        table="analytics",
        ad_account_id=ACCOUNT,
        ids=ids,
        first=first,
        last=last,
        settled_until=None,
        columns=tuple(COLUMNS),
        compared=tuple(COLUMNS),
        read_at=now,
    )


def _table(scope: Any, schema: Any, night: int) -> Any:
    from pinshop.analytics import tables
    from pinshop.analytics.plain_rows import split

    days = [str(scope.first + datetime.timedelta(n)) for n in range((scope.last - scope.first).days + 1)]
    found = [
        {"PRODUCT_GROUP_ID": one, "DATE": day, **{name: n * 31 + len(name) + (night if n % 10 == 0 else 0) for name in COLUMNS}}
        for n, one in enumerate(scope.ids)
        for day in days
    ]
    return tables.from_block(split(json.dumps(found).encode(), {"AD_ACCOUNT_ID": ACCOUNT, "CURRENCY": "EUR"}), schema)


def _parts() -> list[tuple[str, ...]]:
    return [tuple(str(2680059590000 + n) for n in range(start, start + 250)) for start in range(0, 1000, 250)]


def _loads(schema: Any) -> tuple[list[Any], list[Any]]:
    scopes = [_scope(ids, FIRST + datetime.timedelta(90 * n), 90) for n in range(4) for ids in _parts()]
    return scopes, [_table(scope, schema, 0) for scope in scopes]


def _nights() -> tuple[Any, list[Any], list[Any]]:
    from pinshop.analytics import tables
    from pinshop.analytics.warehouse import KEYS as ALL_KEYS

    schema = tables.schema_of(ALL_KEYS, COLUMNS, other=True)
    scopes = [_scope(ids, FIRST + datetime.timedelta(330), 30) for ids in _parts()]
    return schema, scopes, [(_table(scope, schema, 1), _table(scope, schema, 2)) for scope in scopes]


# -------------------------------------------------------------------------------------- from the emulator


SERVED = """
import json, sys
from pinshop import Client
from pinshop.emulator import Emulator

with Emulator(now="2026-01-01T00:00:00Z") as emulator:
    client = Client(emulator.access_token, base_url=emulator.base_url, transport=emulator.transport(), pacing=False)
    groups = emulator.catalog_product_group_ids
    items = [{"catalog_product_group_id": groups[n % len(groups)]} for n in range(1000)]
    made = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
    emulator.clock.advance(days=95)
    print(json.dumps([emulator.base_url, emulator.access_token, emulator.ad_account_id, [one.id for one in made]]), flush=True)
    sys.stdin.read()
"""


def wall_query_share(count: int) -> float:
    """1,000 promotions by 90 days by 20 columns to Arrow, asynchronously: bare requests' seconds over ours, answers warm.

    By `batch`, which makes a table of each answer while others are under way. `get` and then `to_arrow` makes it after them.
    """
    with subprocess.Popen([sys.executable, "-c", SERVED], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        share = asyncio.run(_query_share(count, *json.loads(server.stdout.readline())))
        server.communicate(b"")
    return share


async def _query_share(count: int, url: str, token: str, account: str, ids: list[str]) -> float:
    import aiohttp
    import pyarrow as pa

    from pinshop import AsyncClient
    from pinshop.analytics import planning

    async with (
        AsyncClient(token, base_url=url, pacing=False) as client,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}) as session,
    ):
        await client.ad_accounts.get(account)  # says what day it is there
        plan = client.analytics.plan(account, ids, columns=COLUMNS, start_date="2026-01-06", end_date="2026-04-05")
        targets = [url + planning.sync_call(plan.query, ask, ask.ids or ()).target for ask in plan.asks]

        async def bare(target: str) -> None:
            async with session.get(target) as reply:
                await reply.read()

        async def whole() -> Any:
            return pa.concat_tables(await asyncio.gather(*(client.analytics.batch(plan, ask) for ask in plan.asks)))

        await whole()
        shares = []
        for _ in range(count):
            began = time.perf_counter()
            await asyncio.gather(*map(bare, targets))
            between = time.perf_counter()
            await whole()
            shares.append((between - began) / (time.perf_counter() - between))
    return sorted(shares)[count // 2]


if __name__ == "__main__":
    if (os.cpu_count() or 1) > 1 and not sys.argv[1].startswith(("wall_", "stream")):
        os.sched_setaffinity(0, {1})
    print(globals()[sys.argv[1]](int(sys.argv[2])))
