"""A Spark job, run by the Python of an environment with PySpark or with Sail: one JSON object in, one out."""

from __future__ import annotations

import json
import os
import sys
import time


def session(engine: str):
    if engine == "sail":
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer("127.0.0.1", 0)
        server.start()
        spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
        from pyspark_pinshop import DefaultSource

        spark.dataSource.register(DefaultSource)
        return spark
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[4]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.python.filterPushdown.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )


def main(given):
    spark = session(given["engine"])
    found = {}
    for name, job in given["jobs"].items():
        began = time.monotonic()
        try:
            frame = (
                spark.read.format("pinterest_product_group_analytics")
                .options(**given["options"], **job.get("options", {}))
                .load()
            )
            if where := job.get("where"):
                frame = frame.where(where)
            if select := job.get("select"):
                frame = frame.selectExpr(*select)
            rows = [[None if cell is None else str(cell) for cell in row] for row in frame.collect()]
            found[name] = {"rows": rows, "columns": frame.columns, "types": [str(t) for _, t in frame.dtypes]}
        except Exception as error:  # noqa: BLE001 - what is raised is the result
            found[name] = {"error": str(error)[:2000]}
        found[name]["seconds"] = round(time.monotonic() - began, 2)
    spark.stop()
    return found


if __name__ == "__main__":
    print("RESULT " + json.dumps(main(json.loads(sys.argv[1]))))
