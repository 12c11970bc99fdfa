"""Spark and Sail themselves, in environments of their own: what they read equals what one machine reads, row by row.

Sail needs no Java and takes seconds: it runs wherever its environment was made once. ``make engines`` makes the environments,
and runs both at their full size.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

import virtualenvs
from pinshop import Client
from pinshop.emulator import Emulator

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"
COLUMNS = "SPEND_IN_DOLLAR,SPEND_IN_MICRO_DOLLAR,TOTAL_CLICKTHROUGH,TOTAL_CHECKOUT"
DAYS = {"start_date": "2026-02-17", "end_date": "2026-02-26"}
EVERYTHING = bool(os.environ.get("PINSHOP_ENGINES"))
ACCOUNTS, USERS, SOME = 200 if EVERYTHING else 24, 4, 2
ENGINES = {
    "sail": ("pysail>=0.6", "pyspark-client>=4.0,<5", "pandas>=2.2,<3", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
    "spark": ("pyspark>=4.0,<5", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2"),
}


def day(text):
    return datetime.date.fromisoformat(text)


#: What is filtered, what rows are left (``two``: two of the ad accounts), and on which days nothing else is asked for.
FILTERS = {
    "between": (
        "DATE >= DATE '2026-02-20' AND DATE <= DATE '2026-02-21'",
        lambda r, _: day("2026-02-20") <= r["DATE"] <= day("2026-02-21"),
        ("2026-02-20", "2026-02-21"),
    ),
    "one day": ("DATE = DATE '2026-02-20'", lambda r, _: r["DATE"] == day("2026-02-20"), ("2026-02-20", "2026-02-20")),
    "days": (
        "DATE IN (DATE '2026-02-18', DATE '2026-02-25')",
        lambda r, _: str(r["DATE"]) in ("2026-02-18", "2026-02-25"),
        ("2026-02-18", "2026-02-25"),
    ),
    "text": ("DATE < '2026-02-19'", lambda r, _: r["DATE"] < day("2026-02-19"), ("2026-02-17", "2026-02-19")),
    "moment": ("DATE > TIMESTAMP '2026-02-24 00:00:00'", lambda r, _: r["DATE"] > day("2026-02-24"), None),
    "account": ("AD_ACCOUNT_ID = '{0}'", lambda r, two: r["AD_ACCOUNT_ID"] == two[0], None),
    "accounts": ("AD_ACCOUNT_ID IN ('{0}', '{1}', 'no account')", lambda r, two: r["AD_ACCOUNT_ID"] in two, None),
    "null safe": ("AD_ACCOUNT_ID <=> '{1}'", lambda r, two: r["AD_ACCOUNT_ID"] == two[1], None),
    "no account": ("AD_ACCOUNT_ID IS NULL", lambda *_: False, None),
    "null": ("TOTAL_CHECKOUT IS NULL", lambda r, _: r["TOTAL_CHECKOUT"] is None, None),
    "not pushed": ("TOTAL_CLICKTHROUGH % 2 = 1", lambda r, _: (r["TOTAL_CLICKTHROUGH"] or 0) % 2 == 1, None),
    "either": (
        "DATE = DATE '2026-02-20' OR AD_ACCOUNT_ID = '{0}'",
        lambda r, two: r["DATE"] == day("2026-02-20") or r["AD_ACCOUNT_ID"] == two[0],
        None,
    ),
    "nothing": ("DATE > DATE '2026-03-20'", lambda *_: False, None),
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
        emulator.some = {name: accounts[:SOME] for name, accounts in emulator.lanes.items()}
        emulator.two = [emulator.some["user1"][0], emulator.some["user2"][1]]
        emulator.tokens, emulator.others = {}, {}
        for kind, tokens in ("user", emulator.tokens), ("other", emulator.others):
            for n, accounts in enumerate(emulator.lanes.values()):
                user = emulator.add_user(f"{kind}{n}", "ANALYST", accounts[0])
                with emulator.world.change() as store:
                    for account in accounts:
                        store.add_role(int(user), int(account), "ANALYST")
                tokens[f"user{n}"] = emulator.token(user_id=user)
        emulator.clock.advance(days=17)
        yield emulator


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request):
    if request.param == "spark" and not EVERYTHING:
        pytest.skip("Spark takes minutes; make engines runs it")
    if request.param == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer")
    if not EVERYTHING and not virtualenvs.is_made(*ENGINES[request.param]):
        pytest.skip(f"the environment of {request.param} takes minutes to install; make engines makes it")
    return request.param


def jobs_of(engine, agency):
    some = {"accounts": json.dumps(agency.some)}
    jobs = {
        "all": {},
        "sums": {"select": ["count(*) as n", "sum(SPEND_IN_MICRO_DOLLAR) as spend"], "options": some},
        "schema": {"schema": "TOTAL_CLICKTHROUGH bigint, DATE date", "options": some},
        "other schema": {"schema": "DATE string", "options": some},
        "empty account": {
            "options": {"access_tokens": json.dumps({"a": agency.access_token}), "accounts": agency.ad_account_id}
        },
        "unknown column": {"options": {**some, "columns": "NO_SUCH_COLUMN"}},
        "quota": {"options": {"daily_quota": "100"}},
    }
    jobs |= {name: {"where": where.format(*agency.two), "options": some} for name, (where, _, _) in FILTERS.items()}
    if engine == "spark":  # Sail's readers are threads of one process
        jobs["default settings"] = {"where": "DATE = DATE '2026-02-20'", "options": some, "filters": "false"}
        jobs["killed"] = {"kill": 60}
    return jobs


@pytest.fixture(scope="module")
def results(engine, foreign_venv, agency, tmp_path_factory):
    python = foreign_venv(*ENGINES[engine])
    witness = tmp_path_factory.mktemp("witness")
    options = {
        **DAYS,
        "columns": COLUMNS,
        "base_url": agency.base_url,
        "access_tokens": json.dumps(agency.tokens),
        "accounts": json.dumps(agency.lanes),
    }
    agency.calls.clear()
    agency.clock.advance(minutes=1)  # of what another engine spent, a new process knows nothing
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE / "witness")]),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PINSHOP_WITNESS": str(witness),
    }
    given = json.dumps({"engine": engine, "options": options, "jobs": jobs_of(engine, agency)})
    done = subprocess.run(
        [str(python), str(HERE / "spark_job.py")],
        input=given,
        capture_output=True,
        text=True,
        env=environ,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.partition("RESULT ")[2])
    for name, result in found.items():
        print(engine, name, len(result.get("rows", ())), "rows", round(result["ended"] - result["began"], 1), "s")
    notes = [json.loads(line) for path in witness.glob("*.jsonl") for line in path.read_text().splitlines()]
    for result in found.values():
        result["requests"] = [note for note in notes if result["began"] <= note["began"] <= result["ended"]]
    found["all"]["stderr"] = done.stderr
    return found


@pytest.fixture(scope="module")
def single(agency):
    """The same rows from one machine, with tokens of other users."""
    rows = []
    for name, accounts in agency.lanes.items():
        with Client(agency.others[name], base_url=agency.base_url, concurrency=8) as client:
            found = client.analytics.get(accounts, None, columns=COLUMNS.split(","), **DAYS)
        found.raise_if_failed()
        rows += found.to_arrow().to_pylist()
    return rows


def in_order(rows):
    return sorted(rows, key=lambda row: [(cell is not None, cell or "") for cell in row])


def rows_of(result, names):
    assert "error" not in result, result["error"]
    places = [result["columns"].index(name) for name in names]
    return in_order([row[place] for place in places] for row in result["rows"])


def as_text(rows):
    return in_order([None if cell is None else str(cell) for cell in row.values()] for row in rows)


def test_lanes_equal_one_machine_row_by_row(results, single):
    assert rows_of(results["all"], list(single[0])) == as_text(single)
    assert len(single) > ACCOUNTS
    types = dict(zip(results["all"]["columns"], results["all"]["types"], strict=True))
    assert types == {
        "AD_ACCOUNT_ID": "string",
        "CURRENCY": "string",
        "PRODUCT_GROUP_ID": "string",
        "DATE": "date",
        "SPEND_IN_DOLLAR": "decimal(38,18)",
        "SPEND_IN_MICRO_DOLLAR": "bigint",
        "TOTAL_CLICKTHROUGH": "bigint",
        "TOTAL_CHECKOUT": "bigint",
        "OTHER_COLUMNS": "string",
    }
    assert {note["status"] for note in results["all"]["requests"]} <= {200, 201}, "not one 429"


def test_no_token_is_used_by_two_processes_at_once(results, engine):
    for name in ("all", "killed"):
        uses = defaultdict(list)
        for note in results.get(name, {}).get("requests", ()):
            uses[note["token"], note["pid"]] += [note["began"], note["ended"]]
        tokens = {token for token, _ in uses if token}  # a report is fetched from where its URL points, without
        assert name not in results or len(tokens) == USERS
        for token in tokens:
            spans = sorted((min(times), max(times)) for (whose, _), times in uses.items() if whose == token)
            assert all(first[1] < second[0] for first, second in itertools.pairwise(spans)), (name, token, spans)
        if engine == "spark":
            assert len({pid for _, pid in uses}) >= USERS, "each lane has a process of its own"


@pytest.mark.parametrize("name", list(FILTERS))
def test_a_filter_leaves_the_rows_that_it_should(results, single, agency, name):
    _, keeps, _ = FILTERS[name]
    some = [one for ids in agency.some.values() for one in ids]
    rows = [row for row in single if row["AD_ACCOUNT_ID"] in some]
    assert rows_of(results[name], list(single[0])) == as_text(row for row in rows if keeps(row, agency.two))


def test_filters_on_days_and_accounts_narrow_what_is_asked_for(results, agency, engine):
    for name, (where, _, days) in FILTERS.items():
        if days and not (engine == "sail" and " IN " in where):  # Sail makes of IN an OR, which no filter can say
            asked = [note["days"] for note in results[name]["requests"] if note["days"]]
            assert {(first, last) for first, last in asked} == {days}, name
    narrowed = {"account": agency.two[:1]}
    if engine == "spark":
        narrowed |= {"null safe": agency.two[1:], "accounts": agency.two}
    for name, accounts in narrowed.items():
        assert {note["account"] for note in results[name]["requests"]} - {None} == set(accounts), name
    assert results["nothing"]["requests"] == []


def test_spark_s_default_settings_read_the_same_rows(results, engine):
    if engine != "spark":
        pytest.skip("Sail has no such setting")
    found, wanted = results["default settings"], results["one day"]
    assert rows_of(found, wanted["columns"]) == rows_of(wanted, wanted["columns"])
    assert {tuple(note["days"]) for note in found["requests"] if note["days"]} == {tuple(DAYS.values())}, "nothing narrows"


def test_sums_are_exact(results, single, agency):
    some = {one for ids in agency.some.values() for one in ids}
    rows = [row for row in single if row["AD_ACCOUNT_ID"] in some]
    spend = sum(row["SPEND_IN_MICRO_DOLLAR"] or 0 for row in rows)
    assert results["sums"]["rows"] == [[str(len(rows)), str(spend)]]


def test_a_schema_of_the_user_s_chooses_columns(results, single, agency):
    some = {one for ids in agency.some.values() for one in ids}
    expected = [
        {"TOTAL_CLICKTHROUGH": row["TOTAL_CLICKTHROUGH"], "DATE": row["DATE"]} for row in single if row["AD_ACCOUNT_ID"] in some
    ]
    assert rows_of(results["schema"], ["TOTAL_CLICKTHROUGH", "DATE"]) == as_text(expected)
    assert "schema[DATE]" in results["other schema"]["error"]


def test_an_account_that_earned_nothing_is_an_empty_table(results):
    assert results["empty account"]["rows"] == []
    assert results["empty account"]["types"] == results["all"]["types"]


def test_what_cannot_be_asked_is_refused_before_anything_is_sent(results):
    assert "NO_SUCH_COLUMN" in results["unknown column"]["error"]
    assert "analytics calls, and the app has 100 a day" in results["quota"]["error"]
    assert results["unknown column"]["requests"] == results["quota"]["requests"] == []


def test_a_task_that_is_killed_and_tried_again_doubles_nothing(results, engine, single):
    if engine != "spark":
        pytest.skip("Sail's readers are threads of one process")
    assert len(results["killed"]["killed"]) == 1
    assert rows_of(results["killed"], list(single[0])) == as_text(single)
    processes = defaultdict(set)
    for note in results["killed"]["requests"]:
        if note["token"]:
            processes[note["token"]].add(note["pid"])
    assert sorted(map(len, processes.values())) == [1] * (USERS - 1) + [2], "one lane was begun again"


def test_no_token_is_printed(results, agency):
    for name, result in results.items():
        for token in agency.tokens.values():
            assert token not in result.get("plan", "") + result.get("error", "") + result.get("stderr", ""), name
