"""`pinshop demo data`: an agency's month in a local Pinterest: a sync, thirty nights, what changed, dlt, Spark, a report."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinshop.cli import charts

if TYPE_CHECKING:
    from pinshop.client import Client
    from pinshop.emulator import Emulator

_COLUMNS = ("spend", "TOTAL_IMPRESSION", "TOTAL_CLICKTHROUGH", "TOTAL_CHECKOUT", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR")
_FIRST = "2026-01-05"
_NIGHTS, _ACCOUNTS, _PROMOTIONS = 30, 6, 4


def run(say: Callable[[str], object], folder: Path | None = None) -> None:
    """Play the month, and leave the table and the report in a folder."""
    from pinshop.analytics import report
    from pinshop.client import Client
    from pinshop.emulator import Emulator

    place = folder or Path(tempfile.mkdtemp(prefix="pinshop-demo-"))
    warehouse, fresh = place / "ads.duckdb", place / "fresh.duckdb"
    with Emulator(now="2026-01-05T06:00:00Z") as emulator:
        client = Client(
            emulator.access_token,
            base_url="http://emulator.local/v5",
            transport=emulator.transport(),
            sleep=lambda seconds: emulator.clock.advance(seconds=seconds),
        )
        accounts = emulator.scale(_ACCOUNTS, _PROMOTIONS)
        emulator.clock.advance(days=14)
        say(f"{_ACCOUNTS} ad accounts with {_PROMOTIONS} promotions each, live for two weeks.\n")
        done = client.analytics.sync(warehouse, accounts, columns=_COLUMNS, start_date=_FIRST)
        say(f"First sync: {done.calls} calls, {done.rows} rows.\n")
        say(f"{_NIGHTS} nights (a call answers 250 promotions, whatever the days):")
        changed = []
        for night in range(1, _NIGHTS + 1):
            emulator.clock.advance(days=1)
            done = client.analytics.sync(warehouse, accounts, columns=_COLUMNS, start_date=_FIRST)
            changed.append(done.changed)
            if night % 10 == 0:
                say(f"  night {night:2}: {done.calls} calls, {done.rows:4} rows read, {done.changed:3} changed")
        say(f"  rows that changed, night by night: {charts.line(changed)}")
        say("\nWhat the last night changed (late conversions):")
        late = [one for one in done.changed_since("yesterday") if one.before is not None]
        for one in late[:3]:
            say(f"  {one.date}  {one.product_group_id}  {one.column}: {one.before} -> {one.after}")
        client.analytics.sync(fresh, accounts, columns=_COLUMNS, start_date=_FIRST)
        names, rows_kept = _rows(fresh, "analytics")
        same = _rows(warehouse, "analytics", names)[1] == rows_kept
        say(f"\nA fresh full load holds the same rows: {same} ({rows_kept.total()} rows).")
        asked = {
            "columns": ",".join(_COLUMNS),
            "start_date": _FIRST,
            "end_date": str(max(row[names.index("DATE")] for row in rows_kept)),
        }
        emulator.rules.set("report_polls", 0)  # the other processes of Spark wait by a clock of their own
        emulator.rules.set("report_seconds", 0)
        through: dict[str, Callable[[], Counter[Any]]] = {
            "dlt": lambda: _through_dlt(client, accounts, asked, names, place),
            "Spark": lambda: _through_spark(emulator, accounts, asked, names),
        }
        for engine, rows_of in through.items():
            say(f"The same through {engine}: {_lacking(engine) or rows_of() == rows_kept}")
        today = emulator.clock.now().date()
        rows = client.analytics.get(accounts, None, columns=report.COLUMNS, start_date=_FIRST, end_date=today)
        path = place / "report.html"
        report.report(rows, path, title="An agency's month")
        client.close()
    say(f"The report, for a browser without a network: {path}\nThe table: {warehouse}\n")
    say("A night of 5,000 ad accounts with up to 250 promotions each, at 300 analytics calls a minute for each user")
    say("(these calls alone; what the whole night takes stands in docs/agency.md):")
    for users in (1, 4, 20):
        took = minutes(5_000 // users)
        words = f"{took:4.1f} minutes" if took >= 1 else "under a minute"
        say(f"  {users:2} user{'s' if users > 1 else ' '}: 5,000 calls, {words}")


def minutes(calls: int) -> float:
    """How long one user's pacer takes for so many analytics calls, on a clock of its own that only waiting moves."""
    from pinshop.flow.pacing import Pacer

    pacer, now = Pacer(), 0.0
    for _ in range(calls):
        now += pacer.reserve("ads_analytics", now)
    return now / 60


def _rows(path: Path, table: str, names: Sequence[str] = ()) -> tuple[list[str], Counter[tuple[Any, ...]]]:
    """The columns of a table, or these of it, and its rows."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        found = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
        kept = list(names) or [name for name in found if name not in ("read_at", "settled", "OTHER_COLUMNS")]
        listed = ", ".join(f'"{name}"' for name in kept)
        return kept, Counter(connection.execute(f"select {listed} from {table}").fetchall())  # noqa: S608 - tables of our own


def _lacking(engine: str) -> str | None:
    """What must be installed first, in a line."""
    module = {"dlt": "dlt", "Spark": "pyspark"}[engine]
    if importlib.util.find_spec(module) is None:
        return f"not shown, for {module} is not installed: pip install 'pinshop[{engine.lower()}]'"
    if engine == "Spark" and shutil.which("java") is None:
        return "not shown, for there is no Java: install version 17 or newer"
    return None


def _through_dlt(client: Client, accounts: Sequence[str], asked: Any, names: Sequence[str], place: Path) -> Counter[Any]:
    """The rows of a load into a DuckDB file."""
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # the demo sends nothing anywhere
    os.environ.setdefault("DLT_DATA_DIR", str(place / "dlt"))
    import dlt  # pyright: ignore[reportMissingImports] - it lives in environments of its own

    from pinshop.integrations.dlt import pinterest_shopping_ads

    path = place / "dlt.duckdb"
    pipeline = dlt.pipeline("demo", destination=dlt.destinations.duckdb(str(path)), dataset_name="ads")
    pipeline.run(pinterest_shopping_ads(client, accounts, **asked))
    return _rows(path, "ads.product_group_analytics", names)[1]


def _through_spark(emulator: Emulator, accounts: Sequence[str], asked: Any, names: Sequence[str]) -> Counter[Any]:
    """The rows of a frame, read by Spark on this machine."""
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports] - likewise

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for name in ("bindAddress", "host"):
        builder = builder.config(f"spark.driver.{name}", "127.0.0.1")
    session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    try:
        options = {
            **asked,
            "base_url": emulator.base_url,
            "access_token": emulator.access_token,
            "accounts": ",".join(accounts),
        }
        frame = session.read.format("pinterest_product_group_analytics").options(**options).load()
        return Counter(tuple(row) for row in frame.select(*names).collect())
    finally:
        session.stop()
