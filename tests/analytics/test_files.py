"""Files that are written whole or not at all, whatever the disk does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = """
import datetime, resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import duckdb
from earned import DAY, Earned
from pinshop.analytics import report
from pinshop.errors import PinshopError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
folder, made = Path(sys.argv[1]), Earned()
ids = [str(one) for one in range(1000, 1030)]
for one in ids:
    for back in range(30):
        made.rows["7"][one, made.today - back * DAY] = {name: int(one) * back + back for name in report.COLUMNS}
days = {"start_date": made.today - 29 * DAY, "end_date": made.today, "columns": report.COLUMNS}
client = made.client()
rows = client.analytics.get("7", ids, **days)
first = made.today - 29 * DAY
sinks = {
    "rows.csv": rows.to_csv,
    "rows.parquet": rows.to_parquet,
    "rows.duckdb": lambda path: rows.to_duckdb(path, mode="replace"),
    "rows.html": lambda path: report.report(rows, path),
    "stream.csv": lambda path: client.analytics.stream("7", ids, to=path, **days),
    "stream.parquet": lambda path: client.analytics.stream("7", ids, to=path, **days),
    "stream.duckdb": lambda path: client.analytics.stream("7", ids, to=path, mode="replace", **days),
    "sync.duckdb": lambda path: client.analytics.sync(path, "7", ids, columns=report.COLUMNS, start_date=first),
    "folder": lambda path: client.analytics.sync(path, "7", ids, columns=report.COLUMNS, start_date=first),
}
for name, write in sinks.items():
    path = folder / name
    for limit in (0, 10, 5000, 13000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            write(path)
        except (PinshopError, OSError) as error:
            assert str(path) in str(error) or f".{name}.parts" in str(error), (name, limit, str(error))
        else:
            assert limit, name
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    write(path)
    if path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as connection:
            assert connection.execute("SELECT COUNT(*) FROM analytics").fetchall() == [(len(rows),)], name
    assert not [one.name for one in folder.iterdir() if one.name.endswith(".new")], name
print("whole")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are Unix's")
def test_a_disk_that_was_full_keeps_nothing_from_being_written_later(tmp_path):
    """Limits of file sizes, which the system enforces as it does a full disk: at the first byte, in a header, in the middle."""
    tests = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", FULL, tmp_path, tests]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert (done.stdout, done.stderr[-2000:]) == ("whole\n", "")
