"""`pinshop demo data` where dlt and Spark are installed: both hold what the table holds."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"


def test_dlt_and_spark_hold_the_same_rows(foreign_venv, tmp_path):
    if not os.environ.get("PINSHOP_ENGINES"):
        pytest.skip("dlt and Spark take minutes to install; make engines runs this")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer")
    python = foreign_venv(
        "dlt[duckdb]>=1.20,<2",
        "pyspark>=4.0,<5",
        "pyarrow>=18",
        "msgspec>=0.20",
        "urllib3>=2",
        "click",
        "h11",
        "pyyaml",
        "starlette",
        "jinja2",
        "python-multipart",
        "uvicorn",
        "httptools",
    )
    program = "import pathlib, sys; from pinshop.cli import demo_data; demo_data.run(print, pathlib.Path(sys.argv[1]))"
    environ = {**os.environ, "PYTHONPATH": str(SRC), "HOME": str(tmp_path)}
    done = subprocess.run(
        [str(python), "-c", program, str(tmp_path)], capture_output=True, text=True, env=environ, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "A fresh full load holds the same rows: True" in done.stdout
    assert "The same through dlt: True" in done.stdout
    assert "The same through Spark: True" in done.stdout
