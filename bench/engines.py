"""dlt and Spark, each in an environment of its own: ``python engines.py dlt|spark COUNT`` prints two ratios of CPU seconds.

Ours asks a transport of constant answers. The first ratio is over the same tables, made beforehand and handed over from memory;
the second over tables that are made of the same answers by nothing but `pyarrow.json`, the least that reading them takes. The
three are measured in turn in one process, and a figure is the median of the ratios.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from server import COLUMNS, RATIOS

REQUIREMENTS = {
    "dlt": ("dlt[duckdb]>=1.20,<2", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
    "spark": ("pyspark>=4.0,<5", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
}
FIRST, LAST = datetime.date(2026, 8, 28), datetime.date(2026, 11, 25)
IDS = [str(2680059590000 + n) for n in range(250)]  # by 90 days: 22,500 rows of each ad account
LANES = {f"user{n}": [str(549755880000 + 10 * n + m) for m in range(10)] for n in range(4)}
ASKED: dict[str, Any] = {"columns": COLUMNS, "start_date": str(FIRST), "end_date": str(LAST)}


def folder() -> Path:
    """Where the answers are, for Spark's workers too."""
    return Path(os.environ["BENCH_ANSWERS"])


def report() -> bytes:
    """A report as Pinterest writes it: the rows of each promotion."""
    days = [str(FIRST + datetime.timedelta(n)) for n in range(90)]
    values = {name: (len(name) * 7919) % 10**6 for name in COLUMNS}
    found = {}
    for n, one in enumerate(IDS):
        mine = {name: (value + n) / 1000 if name in RATIOS else value + n for name, value in values.items()}
        found[one] = [{"PRODUCT_GROUP_ID": one, "DATE": day, **mine} for day in days]
    return json.dumps(found).encode()


@cache
def answer() -> bytes:
    return (folder() / "report.json").read_bytes()


class Answers:
    """A transport: every ad account has the same report, finished at once."""

    def send(self, request: Any) -> Any:
        from pinshop.api.http import Reply

        path = request.target.partition("?")[0]
        if path.endswith("/report"):
            body = answer()
        elif path.endswith("/reports"):
            body = b'{"report_status": "FINISHED", "token": "token", "url": "https://rows.invalid/report"}'
        elif path.endswith("metrics_ready_state"):
            body = b'{"conversion_metrics_ready": true, "non_conversion_metrics_ready": true}'
        else:
            body = b'{"currency": "EUR"}'
        return Reply(200, {"content-type": "application/json", "date": "Thu, 26 Nov 2026 12:00:00 GMT"}, body)

    def close(self) -> None: ...


def client(token: str | None = None) -> Any:
    from pinshop import Client

    return Client(token or "emulated_bench", base_url="https://rows.invalid/v5", transport=Answers(), pacing=False)


def save() -> None:
    """Write the report, and the table that comes of it."""
    import pyarrow as pa

    (folder() / "report.json").write_bytes(report())
    with client() as asked:
        plan = asked.analytics.plan(("1",), None, **ASKED)
        table = asked.analytics.batch(plan, plan.asks[0])
    with pa.OSFile(str(folder() / "table.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


@cache
def made() -> Any:
    """The table of an ad account, from memory."""
    import pyarrow as pa

    with pa.memory_map(str(folder() / "table.arrow")) as file:
        return pa.ipc.open_file(file).read_all()


def parsed() -> Any:
    """The same table, of the same answer."""
    import msgspec
    import pyarrow as pa
    from pyarrow import json as pajson

    table = made()
    constant = ("AD_ACCOUNT_ID", "CURRENCY")
    read_as = [(f.name, pa.string() if f.name == "DATE" else f.type) for f in table.schema if f.name not in constant]
    groups = msgspec.json.decode(answer(), type=dict[str, list[msgspec.Raw]])
    found = pajson.read_json(
        pa.BufferReader(b"\n".join(raw for raws in groups.values() for raw in raws)),
        parse_options=pajson.ParseOptions(explicit_schema=pa.schema(read_as), unexpected_field_behavior="error"),
    )
    columns = [(table if f.name in constant else found).column(f.name).cast(f.type) for f in table.schema]
    return pa.Table.from_arrays(columns, schema=table.schema)


def ratios(count: int, ours: Callable[[], object], *theirs: Callable[[], object]) -> list[float]:
    def seconds(do: Callable[[], object]) -> float:
        began = cpu()
        do()
        return cpu() - began

    for do in (ours, *theirs):  # what is loaded and started once
        do()
    taken = [[seconds(do) for do in (ours, *theirs)] for _ in range(count)]
    return [median(mine / other[n] for mine, *other in taken) for n in range(len(theirs))]


def cpu() -> float:
    """CPU seconds of this process and of all that it started, Spark's workers among them."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            used[int(stat.parent.name)] = sum(map(int, fields[11:15]))
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(pid, 0) for pid in ours) / os.sysconf("SC_CLK_TCK")


def run_dlt(count: int) -> list[float]:
    """90,000 rows of four ad accounts into a new DuckDB file."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(folder() / "dlt"),
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
    import dlt
    import duckdb

    from pinshop.integrations.dlt import pinterest_shopping_ads, with_tombstones

    accounts, turn = LANES["user0"][:4], iter(range(10**6))

    def load(source: Any) -> None:
        number = next(turn)
        file = folder() / f"{number}.duckdb"
        destination = dlt.destinations.duckdb(str(file))
        dlt.pipeline(f"bench{number}", destination=destination, dataset_name="ads").run(source)
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.sql("select count(*) from ads.product_group_analytics").fetchall() == [(90_000,)]
        file.unlink()

    def resource(table: Callable[[], Any]) -> Any:
        return dlt.resource(
            lambda: (table() for _ in accounts),
            name="product_group_analytics",
            write_disposition={"disposition": "merge", "strategy": "delete-insert"},
            primary_key=("ad_account_id", "product_group_id", "date"),
            columns={"gone": {"hard_delete": True, "data_type": "bool"}},
        )

    @cache
    def memory() -> list[Any]:
        return [with_tombstones(asked.analytics.get(one, None, **ASKED).to_arrow(), one, IDS, FIRST, LAST) for one in accounts]

    def of_json(number: int) -> Any:
        ready = memory()[number]
        found = parsed()
        columns = [found.column(n.upper()) if n.upper() in COLUMNS else ready.column(n) for n in ready.column_names]
        return ready.from_arrays(columns, schema=ready.schema)

    with client() as asked:
        source = pinterest_shopping_ads
        return ratios(
            count,
            lambda: load(source(asked, accounts, **ASKED).with_resources("product_group_analytics")),
            lambda: load(resource(iter(memory()).__next__)),
            lambda: load(resource(map(of_json, range(4)).__next__)),
        )


def run_spark(count: int) -> list[float]:
    """900,000 rows in four lanes, every cell read."""
    import spark_sources  # what the workers import
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    tokens = {name: f"emulated_{name}" for name in LANES}
    options = spark_sources.OPTIONS | {"access_tokens": json.dumps(tokens), "accounts": json.dumps(LANES)}

    def read(source: Any) -> Callable[[], None]:
        session.dataSource.register(source)
        frame = session.read.format(source.name()).options(**options)
        assert frame.load().count() == 900_000
        return lambda: frame.load().write.format("noop").mode("overwrite").save()

    found = ratios(count, *map(read, (spark_sources.Ours, spark_sources.Made, spark_sources.Parsed)))
    session.stop()
    return found


def rows(of: Callable[[], Any], accounts: list[str]) -> Iterator[Any]:
    for _ in accounts:
        yield from of().to_batches()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.environ["BENCH_ANSWERS"] = place
        save()
        print(json.dumps({"dlt": run_dlt, "spark": run_spark}[sys.argv[1]](int(sys.argv[2]))))
