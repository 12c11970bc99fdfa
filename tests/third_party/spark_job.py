"""Spark jobs, run by the Python of an environment with PySpark or with Sail: one JSON object in, one out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path

FORMAT = "pinterest_product_group_analytics"


@contextlib.contextmanager
def sail():
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    from pyspark_pinshop import DefaultSource

    server = SparkConnectServer("127.0.0.1", 0)  # it ends with its last reference, and the client then retries for minutes
    server.start()
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    spark.dataSource.register(DefaultSource)  # Sail looks for no modules
    yield spark
    spark.stop()
    server.stop()


@contextlib.contextmanager
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = (
        SparkSession.builder.master("local[4,3]")  # a task may be tried three times
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield made
    made.stop()


def run(engine, session, options, job, witness):
    if n := job.get("kill"):
        (witness / "kill").write_text(str(n))
    reader = session.read.format(FORMAT).options(**{**options, **job.get("options", {})})
    if schema := job.get("schema"):
        reader = reader.schema(schema)
    if engine == "spark":
        session.conf.set("spark.sql.python.filterPushdown.enabled", job.get("filters", "true"))
    frame = reader.load()
    if where := job.get("where"):
        frame = frame.where(where)
    if select := job.get("select"):
        frame = frame.selectExpr(*select)
    with contextlib.redirect_stdout(io.StringIO()) as plan:
        frame.explain(True)
    rows = [[None if cell is None else str(cell) for cell in row] for row in frame.collect()]
    return {"rows": rows, "columns": frame.columns, "types": [str(t) for _, t in frame.dtypes], "plan": plan.getvalue()}


def main(given):
    found = {}
    witness = Path(os.environ["PINSHOP_WITNESS"])
    with {"sail": sail, "spark": spark}[given["engine"]]() as session:
        for name, job in given["jobs"].items():
            began = time.monotonic()
            try:
                found[name] = run(given["engine"], session, given["options"], job, witness)
            except Exception as error:  # noqa: BLE001 - what is raised is the result
                found[name] = {"error": str(error)}
            found[name] |= {"began": began, "ended": time.monotonic(), "killed": [p.name for p in witness.glob("killed-*")]}
    return found


if __name__ == "__main__":
    print("RESULT " + json.dumps(main(json.load(sys.stdin))))
