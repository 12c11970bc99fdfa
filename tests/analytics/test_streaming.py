"""Streams: the file holds what `get` gives, whatever interrupted the work; parts are not asked for twice."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from earned import DAY, Earned
from pinshop.analytics import streaming
from pinshop.api.http import Reply
from pinshop.errors import ConfigurationError, Forbidden, InvalidInput
from pinshop.files import atomic

COLUMNS = ["IMPRESSION_1", "SPEND_IN_DOLLAR", "CTR"]
ASKED: dict[str, Any] = {"columns": COLUMNS, "start_date": "2026-03-02", "end_date": "2026-03-30"}
IDS = range(1000, 1600)


def server() -> Earned:
    made = Earned()
    for one in IDS:
        for n in range(0, 40, 3):
            made.rows["7"][str(one), made.today - n * DAY] = {"IMPRESSION_1": one + n, "SPEND_IN_DOLLAR": 0.25 * n, "CTR": 0.1}
    return made


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    with duckdb.connect(path, read_only=True) as connection:
        return connection.sql("SELECT * FROM analytics").to_arrow_table().to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["rows.parquet", "rows.duckdb", "deep/rows.db"])
def test_a_file_holds_what_get_gives(tmp_path, name):
    made = server()
    rows = made.client().analytics.get("7", IDS, **ASKED).to_arrow()
    done = server().client().analytics.stream("7", IDS, to=tmp_path / name, **ASKED)
    assert done == streaming.Streamed(tmp_path / name, rows.num_rows)
    assert read(tmp_path / name) == rows.to_pylist()
    assert list((tmp_path / name).parent.iterdir()) == [tmp_path / name]


def test_csv_has_the_shortest_form_of_every_value(tmp_path):
    made = server()
    done = made.client().analytics.stream("7", IDS, to=tmp_path / "rows.csv", **ASKED)
    with (tmp_path / "rows.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == done.rows
    assert {line["SPEND_IN_DOLLAR"] for line in lines} == {str(0.25 * n).removesuffix(".0") for n in range(3, 28, 3)}
    assert {line["CTR"] for line in lines} == {"0.1"}


def test_an_account_that_earned_nothing_has_the_same_schema(tmp_path):
    Earned().client().analytics.stream("7", ["1"], to=tmp_path / "none.parquet", **ASKED)
    server().client().analytics.stream("7", IDS, to=tmp_path / "some.parquet", **ASKED)
    none, some = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("none", "some"))
    assert none.schema == some.schema
    assert none.num_rows == 0


def test_what_was_not_asked_for_is_kept(tmp_path):
    made = server()
    made.refuse = lambda request: (
        Reply(200, {}, b'[{"PRODUCT_GROUP_ID": "1000", "DATE": "2026-03-03", "NEWER": 1.50}]')
        if "product_group_ids=1000" in request.target
        else None
    )
    made.client().analytics.stream("7", IDS, to=tmp_path / "rows.parquet", **ASKED)
    assert read(tmp_path / "rows.parquet")[0]["OTHER_COLUMNS"] == '{"NEWER":1.50}'


def test_an_interrupted_stream_goes_on(tmp_path):
    target = tmp_path / "rows.parquet"
    made = server()
    count = iter(range(100))

    def interrupt(request: Any) -> Any:
        if "product_groups" in request.target and next(count) == 2:
            raise KeyboardInterrupt
        return None

    made.refuse = interrupt
    client = made.client(concurrency=1)
    with pytest.raises(KeyboardInterrupt):
        client.analytics.stream("7", IDS, to=target, **ASKED)
    assert not target.exists()
    made.refuse = lambda _: None
    told: list[Any] = []
    client.analytics.stream("7", IDS, to=target, progress=told.append, **ASKED)
    assert told[-1].total == 1
    assert set(made.asked.values()) == {1}
    assert read(target) == server().client().analytics.get("7", IDS, **ASKED).to_arrow().to_pylist()


def test_another_query_does_not_take_the_parts(tmp_path):
    made = server()
    made.refuse = lambda request: Reply(403, {}, b"{}") if "product_group_ids=1500" in request.target else None
    client = made.client(concurrency=1)
    with pytest.raises(Forbidden):
        client.analytics.stream("7", IDS, to=tmp_path / "rows.parquet", **ASKED)
    made.refuse = lambda _: None
    client.analytics.stream("7", IDS, to=tmp_path / "rows.parquet", **{**ASKED, "columns": ["CTR"]})
    assert pq.read_table(tmp_path / "rows.parquet").schema.names[-1] == "CTR"


def test_a_failing_account_is_left_out_on_request(tmp_path):
    made = server()
    made.refuse = lambda request: Reply(403, {}, b"{}") if "/8/" in request.target else None
    both = {"7": IDS, "8": ["1"]}
    with pytest.raises(Forbidden):
        made.client().analytics.stream(["7", "8"], both, to=tmp_path / "rows.parquet", **ASKED)
    assert not (tmp_path / "rows.parquet").exists()
    done = made.client().analytics.stream(["7", "8"], both, to=tmp_path / "rows.parquet", partial=True, **ASKED)
    assert list(done.failed) == ["8"]
    assert {row["AD_ACCOUNT_ID"] for row in read(tmp_path / "rows.parquet")} == {"7"}


def test_a_full_disk_leaves_the_old_file_and_goes_on(tmp_path, monkeypatch):
    target = tmp_path / "rows.parquet"
    target.write_bytes(b"old")
    made = server()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "sync_file", full)
        with pytest.raises(OSError, match="No space"):
            made.client().analytics.stream("7", IDS, to=target, **ASKED)
    assert target.read_bytes() == b"old"
    assert made.client().analytics.stream("7", IDS, to=target, **ASKED).rows > 0


def test_names_and_modes_are_checked(tmp_path):
    client = server().client()
    with pytest.raises(InvalidInput, match=r"\.parquet, \.csv"):
        client.analytics.stream("7", IDS, to=tmp_path / "rows.xlsx", **ASKED)
    with pytest.raises(InvalidInput, match="mode"):
        client.analytics.stream("7", IDS, to=tmp_path / "rows.db", mode="merge", **ASKED)
    client.analytics.stream("7", IDS, to=tmp_path / "rows.db", **ASKED)
    with pytest.raises(InvalidInput, match="not there yet"):
        client.analytics.stream("7", IDS, to=tmp_path / "rows.db", **ASKED)
    client.analytics.stream("7", IDS, to=tmp_path / "rows.db", mode="append", **ASKED)
    client.analytics.stream("7", IDS, to=tmp_path / "rows.db", mode="replace", **ASKED)


def test_two_streams_to_one_file_do_not_mix(tmp_path):
    made = server()
    client = made.client()

    def second(request: Any) -> Any:
        if "product_groups" in request.target:
            with pytest.raises(ConfigurationError, match="another process"):
                server().client().analytics.stream("7", IDS, to=tmp_path / "rows.parquet", **ASKED)
        return None

    made.refuse = second
    client.analytics.stream("7", IDS, to=tmp_path / "rows.parquet", **ASKED)


def test_a_killed_stream_goes_on(tmp_path, rounds):
    """SIGKILL at a moment of its work: after the n-th answer."""
    code = textwrap.dedent(
        """
        import os, signal, sys
        sys.path[:0] = sys.argv[3:]
        import test_streaming as t
        made, count = t.server(), iter(range(100))
        def kill(request):
            if "product_groups" in request.target and next(count) == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
        made.refuse = kill
        made.client(concurrency=1).analytics.stream("7", t.IDS, to=sys.argv[1], **t.ASKED)
        """
    )
    here = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    expected = server().client().analytics.get("7", IDS, **ASKED).to_arrow().to_pylist()
    for n in range(rounds(2, 3)):
        target = tmp_path / f"{n}.parquet"
        done = subprocess.run([sys.executable, "-c", code, target, str(n), *here], check=False)
        assert done.returncode == -signal.SIGKILL
        made = server()
        made.client().analytics.stream("7", IDS, to=target, **ASKED)
        assert sum(made.asked.values()) == 29 * len(IDS) - 29 * 250 * n
        assert read(target) == expected


@pytest.mark.soak
@pytest.mark.source
def test_ten_million_rows_take_the_memory_of_one_million(rounds):
    """Memory within 10 %, and rows a second, too: the first rows are no quicker than the last."""
    thousands = rounds(0, 10_000)
    script = Path(__file__).resolve().parents[2] / "bench" / "tables.py"

    def measured(name: str, count: int) -> float:
        done = subprocess.run([sys.executable, str(script), name, str(count)], capture_output=True, text=True, check=True)
        return float(done.stdout.split()[-1])

    few, many = (measured("stream_memory", count) for count in (thousands // 10, thousands))
    assert many <= 1.1 * few
    few, many = (measured("wall_stream_rate", count) for count in (thousands // 10, thousands))
    assert many >= 0.9 * few
