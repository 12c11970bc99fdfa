"""A dlt pipeline, run by the Python of an environment with dlt: one JSON object in, one out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

given = json.loads(sys.argv[1])
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": given["data"], "RUNTIME__LOG_LEVEL": "CRITICAL"}

import dlt  # noqa: E402
import duckdb  # noqa: E402

from pinshop import Client  # noqa: E402
from pinshop.integrations.dlt import pinterest_shopping_ads  # noqa: E402


def main() -> dict:
    database = given["database"]
    destination = dlt.destinations.duckdb(database)
    if given.get("destination") == "filesystem":
        destination = dlt.destinations.filesystem(f"file://{database}")
    pipeline = dlt.pipeline(given["name"], destination=destination, dataset_name="ads")
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
        pipeline.run(source, **({"loader_file_format": "parquet"} if given.get("destination") == "filesystem" else {}))
    if given.get("destination") == "filesystem":
        tables = [folder.name for folder in Path(database, "ads").iterdir() if not folder.name.startswith("_dlt")]
        return {
            name: {"rows": duckdb.sql(f"select count(*) from '{database}/ads/{name}/*.parquet'").fetchall()[0][0]}
            for name in tables
            if list(Path(database, "ads", name).glob("*.parquet"))
        }
    found = {}
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.sql("select table_name from information_schema.tables where table_schema = 'ads'").fetchall()
        for (name,) in tables:
            if name.startswith("_dlt"):
                continue
            described = connection.sql(f"describe ads.{name}").fetchall()
            names = [row[0] for row in described if not row[0].startswith("_dlt")]
            rows = connection.sql(f"select {', '.join(names)} from ads.{name} order by all").fetchall()
            found[name] = {
                "types": {row[0]: row[1] for row in described if row[0] in names},
                "rows": [[None if cell is None else str(cell) for cell in row] for row in rows],
            }
    return found


if __name__ == "__main__":
    print("RESULT " + json.dumps(main()))
