"""A dlt pipeline, run by the Python of an environment with dlt: one JSON object in, one out."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from pathlib import Path

given = json.loads(sys.argv[1])
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": given["data"], "RUNTIME__LOG_LEVEL": "CRITICAL"}

import dlt  # noqa: E402
import duckdb  # noqa: E402
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient  # noqa: E402

from pinshop import Client  # noqa: E402
from pinshop.integrations.dlt import pinterest_shopping_ads  # noqa: E402

moments = itertools.count(1)


def moment() -> None:
    """One of the moments at which the process may kill itself."""
    if next(moments) == given.get("kill_at"):
        os.kill(os.getpid(), signal.SIGKILL)


def watch() -> None:
    """A moment comes before each file that is written, moved or deleted, and before each statement for DuckDB."""
    sent = DuckDbSqlClient.execute_query

    def execute_query(self, *args, **kwargs):
        moment()
        return sent(self, *args, **kwargs)

    def heard(event: str, args: tuple) -> None:
        if event in ("os.rename", "os.remove", "shutil.rmtree") or (event == "open" and "w" in str(args[1])):
            moment()

    DuckDbSqlClient.execute_query = execute_query
    sys.addaudithook(heard)


def main() -> dict:
    database = given["database"]
    destination = dlt.destinations.duckdb(database)
    if given.get("destination") == "filesystem":
        destination = dlt.destinations.filesystem(f"file://{database}")
    pipeline = dlt.pipeline(given["name"], destination=destination, dataset_name="ads")
    if pipeline.has_pending_data:  # as docs/engines.md says
        pipeline = pipeline.drop()
    with Client(given["access_token"], base_url=given["base_url"], sleep=lambda _: None) as client:
        source = pinterest_shopping_ads(
            client,
            given["accounts"],
            columns=given["columns"],
            start_date=given["start_date"],
            end_date=given["end_date"],
            **given.get("more", {}),
        )
        if only := given.get("only"):
            source = source.with_resources(*only)
        watch()
        pipeline.run(source, **({"loader_file_format": "parquet"} if given.get("destination") == "filesystem" else {}))
    print("MOMENTS", next(moments) - 1)
    if given.get("destination") == "filesystem":
        tables = {
            folder.name: f"'{folder}/*.parquet'" for folder in Path(database, "ads").iterdir() if [*folder.glob("*.parquet")]
        }
        return {name: rows_of(duckdb, table) for name, table in tables.items() if not name.startswith("_dlt")}
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.sql("select table_name from information_schema.tables where table_schema = 'ads'").fetchall()
        return {name: rows_of(connection, f"ads.{name}") for (name,) in tables if not name.startswith("_dlt")}


def rows_of(connection, table: str) -> dict:
    described = connection.sql(f"describe from {table}").fetchall()
    types = {name: kind for name, kind, *_ in described if not name.startswith("_dlt")}
    rows = connection.sql(f"select {', '.join(types)} from {table} order by all").fetchall()
    return {"types": types, "rows": [[None if cell is None else str(cell) for cell in row] for row in rows]}


if __name__ == "__main__":
    print("RESULT " + json.dumps(main()))
