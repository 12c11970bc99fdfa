"""Spark and Sail themselves, in environments of their own: what they read equals what one machine reads, row by row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pinshop import Client
from pinshop.emulator import Emulator

JOB = Path(__file__).with_name("spark_job.py")
SRC = Path(__file__).resolve().parents[2] / "src"
COLUMNS = "SPEND_IN_DOLLAR,SPEND_IN_MICRO_DOLLAR,TOTAL_CLICKTHROUGH"
DAYS = {"start_date": "2026-02-17", "end_date": "2026-02-26"}
ACCOUNTS, USERS = 200, 4
ENGINES = {
    "sail": ("pysail>=0.6", "pyspark-client>=4.0,<5", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
    "spark": ("pyspark>=4.0,<5", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
}


@pytest.fixture(scope="module")
def agency():
    """Two hundred ad accounts; four users see fifty each."""
    with Emulator(
        now="2026-02-10T12:00:00Z", rate_limit="standard", rules={"report_polls": 0, "report_seconds": 0}
    ) as emulator:
        made = emulator.scale(ACCOUNTS, 4)
        part = ACCOUNTS // USERS
        emulator.lanes = {f"user{n}": made[n * part : (n + 1) * part] for n in range(USERS)}
        emulator.tokens = {}
        for name, accounts in emulator.lanes.items():
            user = emulator.add_user(name, "ANALYST", accounts[0])
            with emulator.world.change() as store:
                for account in accounts:
                    store.add_role(int(user), int(account), "ANALYST")
            emulator.tokens[name] = emulator.token(user_id=user)
        emulator.clock.advance(days=17)
        yield emulator


@pytest.fixture(scope="module", params=list(ENGINES))
def results(request, foreign_venv, agency, tmp_path_factory):
    if not os.environ.get("PINSHOP_ENGINES"):
        pytest.skip("engines take minutes to install; make engines runs this")
    if request.param == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer")
    python = foreign_venv(*ENGINES[request.param])
    one = agency.lanes["user2"][7]
    jobs = {
        "all": {},
        "days": {"where": "DATE >= DATE '2026-02-20' AND DATE <= DATE '2026-02-21'"},
        "account": {"where": f"AD_ACCOUNT_ID = '{one}'"},
        "sums": {"select": ["count(*) as n", "sum(SPEND_IN_MICRO_DOLLAR) as spend"]},
    }
    options = {
        **DAYS,
        "columns": COLUMNS,
        "base_url": agency.base_url,
        "access_tokens": json.dumps(agency.tokens),
        "accounts": json.dumps(agency.lanes),
    }
    agency.calls.clear()
    environ = {**os.environ, "PYTHONPATH": str(SRC), "HOME": str(tmp_path_factory.mktemp("home"))}
    given = {"engine": request.param, "options": options, "jobs": jobs}
    done = subprocess.run(
        [str(python), str(JOB), json.dumps(given)], capture_output=True, text=True, env=environ, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.partition("RESULT ")[2])
    for name, result in found.items():
        assert "error" not in result, (name, result)
        print(request.param, name, len(result["rows"]), "rows", result["seconds"], "s")
    return found


@pytest.fixture(scope="module")
def single(agency):
    client = Client(agency.access_token, base_url=agency.base_url, pacing=False, concurrency=8)
    accounts = [one for ids in agency.lanes.values() for one in ids]
    table = client.analytics.get(accounts, None, columns=COLUMNS.split(","), **DAYS).to_arrow()
    client.close()
    return table


def as_text(rows, columns, wanted):
    places = [columns.index(name) for name in wanted]
    return sorted([row[place] for place in places] for row in rows)


def test_lanes_equal_one_machine_row_by_row(results, single, agency):
    names = single.column_names
    expected = sorted([None if cell is None else str(cell) for cell in row.values()] for row in single.to_pylist())
    assert as_text(results["all"]["rows"], results["all"]["columns"], names) == expected
    assert agency.calls.count(status=429) == 0


def test_filters_give_what_they_say(results, single):
    columns = results["all"]["columns"]
    day, account = columns.index("DATE"), columns.index("AD_ACCOUNT_ID")
    assert {row[day] for row in results["days"]["rows"]} == {"2026-02-20", "2026-02-21"}
    assert len({row[account] for row in results["account"]["rows"]}) == 1
    [[n, spend]] = results["sums"]["rows"]
    assert int(n) == single.num_rows
    assert int(spend) == sum(filter(None, single.column("SPEND_IN_MICRO_DOLLAR").to_pylist()))
