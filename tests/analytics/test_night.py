"""The simulated night of bench/night.py, small: the real flows, the calls that the docs promise, and not one 429."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from synced import held

pytestmark = pytest.mark.source

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "night.py"


@pytest.fixture(scope="module")
def simulation() -> Any:
    spec = importlib.util.spec_from_file_location("night", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["night"] = module
    spec.loader.exec_module(module)
    return module


def test_a_night_takes_one_call_of_analytics_for_each_account(simulation: Any, tmp_path: Path) -> None:
    done = simulation.night(30, 4, tmp_path)
    # One more says which days are settled.
    assert done.calls["ads_analytics"] == 30 + 1
    # A file: an order, a question whether it is done, and for the first ones some more while they wait.
    assert 2 * 30 <= done.calls["ads_read"] <= 2 * 30 + 4 * 8
    assert (done.refused, done.rows) == (0, 30 * 4 * 5)


def test_waits_are_shared_and_time_is_the_quota_s(simulation: Any, tmp_path: Path) -> None:
    done = simulation.night(120, 1, tmp_path, concurrency=32)
    assert done.refused == 0
    # One after the other, the files alone would take twenty minutes.
    assert done.minutes < 3


def test_the_work_that_is_measured_writes_every_row(simulation: Any, tmp_path: Path) -> None:
    done = simulation.written(6, 3, tmp_path)
    assert done.rows == 6 * 3 * 5
    assert held(tmp_path / "ads.duckdb", columns="COUNT(*), COUNT(DISTINCT (AD_ACCOUNT_ID, PRODUCT_GROUP_ID, DATE))") == [
        (6 * 3 * 31, 6 * 3 * 31)
    ]


ASKED = {"columns": ["IMPRESSION_1"], "start_date": "2026-10-28", "end_date": "2026-11-25"}


@pytest.mark.parametrize("accounts", [1, 30, 120])
def test_the_waits_for_reports_overlap(simulation: Any, monkeypatch: pytest.MonkeyPatch, accounts: int) -> None:
    """A report takes ten seconds to be made: so does one, and so do a hundred."""

    def seconds() -> tuple[float, Any]:
        server = simulation.Server(1)
        client = simulation.client_of(server, concurrency=4)
        began = server.now
        rows = client.analytics.get(range(1, accounts + 1), **ASKED)
        assert server.refused == 0
        assert [row["AD_ACCOUNT_ID"] for row in rows] == [str(n) for n in range(1, accounts + 1) for _ in range(29)]
        return server.now - began, rows

    ahead, rows = seconds()
    monkeypatch.setattr(simulation.planning, "ORDERED_AHEAD", 1)
    after_another, same = seconds()
    assert rows == same
    # A call takes 0.3 s. One for the currency, three for the report, a few questions too early; four at once.
    assert ahead < 18 + accounts * 5 * 0.3 / 4
    assert ahead <= after_another
    if accounts > 100:
        assert ahead < after_another / 4


def test_a_report_that_fails_takes_no_other_with_it(simulation: Any) -> None:
    server = simulation.Server(1)
    answer = server.send

    def send(request: Any) -> Any:
        reply = answer(request)
        if request.target.endswith("/7/reports") or "/9/reports?" in request.target:  # refused when ordered, and when asked for
            return simulation.Reply(403, reply.headers, b'{"code": 29, "message": "no role"}')
        return reply

    server.send = send
    told = []
    rows = simulation.client_of(server).analytics.get(range(1, 31), progress=told.append, **ASKED)
    assert sorted(rows.failed) == ["7", "9"]
    assert {row["AD_ACCOUNT_ID"] for row in rows} == {str(n) for n in range(1, 31)} - {"7", "9"}
    assert [one.done for one in told] == list(range(1, 31))


def test_at_most_so_many_reports_are_ordered_and_not_yet_read(simulation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = simulation.Server(1)
    answer, waiting, most = server.send, 0, 0

    def send(request: Any) -> Any:
        nonlocal waiting, most
        waiting += 1 if request.method == "POST" else -1 if request.target.startswith("/report/") else 0
        most = max(most, waiting)
        return answer(request)

    server.send = send
    monkeypatch.setattr(simulation.planning, "ORDERED_AHEAD", 10)
    client = simulation.client_of(server, concurrency=4)
    assert len(client.analytics.get(range(1, 61), **ASKED)) == 60 * 29
    assert 10 <= most <= 10 + 4
