"""The pytest plugin, as the users of the package have it: each test here runs pytest on a suite of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

# Only a file of tests that stands in a folder of its own sees the plugin as a stranger does.
PROMOTE = """
def promote(client, emulator, status="ACTIVE"):
    items = [{"catalog_product_group_id": id, "status": status} for id in emulator.catalog_product_group_ids[:2]]
    return client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
"""


@pytest.fixture
def suite(pytester):
    """``suite(text, *options)`` runs pytest on a file with this text."""

    def run(text: str, *options: str):
        pytester.makepyfile(test_suite=PROMOTE + text)
        plugin = () if _is_installed() else ("-p", "pinshop.testing")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *plugin, *options)

    return run


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(point.value == "pinshop.testing" for point in entry_points(group="pytest11"))


def test_a_promotion_is_made_read_and_earns(suite):
    suite("""
def test_it(pinterest, pinterest_emulator):
    account = pinterest_emulator.ad_account_id
    result = promote(pinterest, pinterest_emulator)
    assert result.ok
    stored = list(pinterest.promotions.list(account, ad_group_id=pinterest_emulator.ad_group_id))
    assert len(stored) == 2
    pinterest_emulator.clock.advance(days=7)
    rows = pinterest.promotions.analytics(
        account, [p.id for p in stored], start_date="2026-03-02", end_date="2026-03-08", granularity="TOTAL",
        columns=["SPEND_IN_MICRO_DOLLAR"])
    assert all(row["SPEND_IN_MICRO_DOLLAR"] > 0 for row in rows) and len(rows) == 2
""").assert_outcomes(passed=1)


def test_every_test_begins_anew(suite):
    suite("""
import pytest

@pytest.mark.parametrize("n", range(3))
def test_it(n, pinterest, pinterest_emulator):
    assert list(pinterest.promotions.list(pinterest_emulator.ad_account_id, ad_group_id=pinterest_emulator.ad_group_id)) == []
    assert len(pinterest_emulator.calls) == 1 and pinterest_emulator.rules.duplicate_promotion == "allow"
    assert pinterest_emulator.clock.now().isoformat() == "2026-03-02T12:00:00+00:00"
    promote(pinterest, pinterest_emulator)
    pinterest_emulator.rules.set("duplicate_promotion", "refuse")
    pinterest_emulator.limits.use("trial")
    pinterest_emulator.clock.advance(days=1)
    pinterest_emulator.fail(status=500, times=None)
""").assert_outcomes(passed=3)


def test_the_marker_says_how_a_test_begins_and_the_nearest_wins(suite):
    suite("""
import pytest
pytestmark = pytest.mark.pinterest(seed=7, api_version="5.14")

def test_module(pinterest_emulator):
    assert (pinterest_emulator.seed, pinterest_emulator.api_version) == (7, "5.14")

@pytest.mark.pinterest(api_version="5.23", now="2025-01-01", rules={"duplicate_promotion": "refuse"}, rate_limit="standard")
def test_function(pinterest, pinterest_emulator):
    assert (pinterest_emulator.seed, pinterest_emulator.api_version) == (7, "5.23")
    assert pinterest_emulator.clock.now().year == 2025
    assert promote(pinterest, pinterest_emulator).ok
    assert len(promote(pinterest, pinterest_emulator).failed) == 2
    assert pinterest_emulator.limits.name == "standard"

@pytest.mark.pinterest(faults=[{"operation": "product_group_promotions/create", "status": 503, "times": 2}])
def test_faults(pinterest, pinterest_emulator):
    assert promote(pinterest, pinterest_emulator)
    assert pinterest_emulator.calls.count(status=503) > 0

@pytest.mark.pinterest(now="real")
def test_real_time(pinterest_emulator, monkeypatch):
    monkeypatch.setattr(pinterest_emulator.clock, "_real", lambda: 1_900_000_000.0)
    assert pinterest_emulator.clock.seconds() == 1_900_000_000.0
""").assert_outcomes(passed=4)


WRONG = {
    "sed=3": "got sed, allowed: seed, api_version",
    "'5.28'": "write its arguments with their names",
    "api_version='5.1'": "api_version: got '5.1'",
    "rules={'nonsense': 1}": "no rule 'nonsense'",
    "rate_limit='fast'": "rate limit: got 'fast'",
    "faults=[{'operation': 'x'}]": "no operation 'x'",
    "now='yesterday'": "now: got 'yesterday'",
}


def test_a_wrong_marker_is_told_in_one_line(suite):
    tests = (f"@pytest.mark.pinterest({marker})\ndef test_{n}(pinterest_emulator): pass\n" for n, marker in enumerate(WRONG))
    result = suite("import pytest\n" + "".join(tests))
    result.assert_outcomes(errors=len(WRONG))
    for message in WRONG.values():
        result.stdout.fnmatch_lines_random([f"*marker pinterest: *{message}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_state_lies_beside_the_test(pytester, suite):
    state = """
ad_accounts:
- {id: '549700000001', name: Shoes, currency: EUR}
campaigns:
- {id: '626700000001', ad_account_id: '549700000001', name: Spring}
"""
    (pytester.path / "seed.yaml").write_text(state)
    (pytester.path / "broken.yaml").write_text("campaigns: [{id: x}]")
    suite("""
import pytest

@pytest.mark.pinterest(state="seed.yaml")
@pytest.mark.parametrize("n", range(2))
def test_it(n, pinterest, pinterest_emulator):
    assert pinterest_emulator.ad_account_id == "549700000001"
    assert [campaign.name for campaign in pinterest.campaigns.list("549700000001")] == ["Spring"]
    pinterest_emulator.reset()
    assert pinterest_emulator.ad_account_id == "549700000001"

@pytest.mark.pinterest(state="absent.yaml")
def test_absent(pinterest_emulator): pass

@pytest.mark.pinterest(state="broken.yaml")
def test_broken(pinterest_emulator): pass
""").assert_outcomes(passed=2, errors=2)


def test_settings_of_a_whole_suite_come_from_conftest(pytester, suite):
    pytester.makeconftest("""
import pytest

@pytest.fixture(scope="session")
def pinterest_settings():
    return {"api_version": "5.6", "seed": 3}
""")
    suite("""
import pytest

def test_all(pinterest_emulator):
    assert (pinterest_emulator.api_version, pinterest_emulator.seed) == ("5.6", 3)

@pytest.mark.pinterest(seed=4)
def test_marker_beats_it(pinterest_emulator):
    assert (pinterest_emulator.api_version, pinterest_emulator.seed) == ("5.6", 4)
""").assert_outcomes(passed=2)


def test_waiting_takes_no_time_and_moves_the_emulated_clock(suite):
    suite("""
import asyncio
import time

import pytest

@pytest.fixture(autouse=True)
def no_real_waiting(monkeypatch):
    really = asyncio.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s") if seconds else really(0))

def test_retry_after(pinterest, pinterest_emulator):
    before = pinterest_emulator.clock.seconds()
    pinterest_emulator.fail("product_group_promotions/list", status=429, headers={"retry-after": "50"})
    list(pinterest.promotions.list(pinterest_emulator.ad_account_id, ad_group_id=pinterest_emulator.ad_group_id))
    assert pinterest_emulator.clock.seconds() - before >= 50

def test_latency(pinterest, pinterest_emulator):
    before = pinterest_emulator.clock.seconds()
    pinterest_emulator.fail("product_group_promotions/list", latency_seconds=50)
    list(pinterest.promotions.list(pinterest_emulator.ad_account_id, ad_group_id=pinterest_emulator.ad_group_id))
    assert pinterest_emulator.clock.seconds() - before >= 50

def test_asynchronously(pinterest_async, pinterest_emulator):
    before = pinterest_emulator.clock.seconds()
    pinterest_emulator.fail("product_group_promotions/list", status=429, headers={"retry-after": "50"})
    pinterest_emulator.fail("product_group_promotions/list", latency_seconds=50)

    async def read():
        found = pinterest_async.promotions.list(pinterest_emulator.ad_account_id, ad_group_id=pinterest_emulator.ad_group_id)
        return [promotion async for promotion in found]

    assert asyncio.run(read()) == []
    assert pinterest_emulator.clock.seconds() - before >= 100
""").assert_outcomes(passed=3)


def test_a_server_for_other_clients_is_one_socket_for_all_tests(suite):
    suite("""
import json, threading, urllib.request, urllib.error

origins = set()

def ask(server):
    request = urllib.request.Request(
        f"{server.base_url}/ad_accounts/{server.ad_account_id}", headers={"Authorization": f"Bearer {server.access_token}"})
    with urllib.request.urlopen(request) as reply:
        assert reply.headers["x-emulated"] == "true"
        return json.load(reply)

def test_one(pinterest_server):
    origins.add(pinterest_server.base_url)
    assert ask(pinterest_server)["id"] == pinterest_server.ad_account_id
    assert pinterest_server.calls.count() == 1

def test_two(pinterest_server, pinterest):
    origins.add(pinterest_server.base_url)
    assert ask(pinterest_server)["id"] == pinterest_server.ad_account_id
    assert pinterest.ad_accounts.get(pinterest_server.ad_account_id).id == pinterest_server.ad_account_id
    assert pinterest_server.calls.count() == 2 and len(origins) == 1

def test_nobody_answers_for_a_test_that_is_over():
    try:
        urllib.request.urlopen(origins.pop())
    except urllib.error.HTTPError as error:
        assert error.code == 503 and b"is over" in error.read()
        error.close()
    else:
        raise AssertionError
""").assert_outcomes(passed=3)


def test_a_failure_shows_the_calls(suite):
    result = suite("""
def test_it(pinterest, pinterest_emulator):
    promote(pinterest, pinterest_emulator)
    assert False
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Calls of the emulated Pinterest*", "*POST /v5/ad_accounts/*/product_group_promotions -> 20*"]
    )
    result.stdout.no_fnmatch_line("*emulated_*")


def test_workers_do_not_meet(suite):
    pytest.importorskip("xdist")
    suite(
        """
import pytest

@pytest.mark.parametrize("n", range(12))
def test_it(n, pinterest, pinterest_emulator, pinterest_server):
    assert promote(pinterest, pinterest_emulator).ok
    found = pinterest.promotions.list(pinterest_emulator.ad_account_id, ad_group_id=pinterest_emulator.ad_group_id)
    assert len(list(found)) == 2
""",
        "-n",
        "2",
    ).assert_outcomes(passed=12)


def test_the_examples_of_the_page_run(pytester, suite):
    page = (Path(__file__).resolve().parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python no-run: pytest runs it\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (conftest,) = re.findall(r"^```python no-run: a conftest.py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    tests = sum(example.count("def test_") for example in examples)
    assert tests >= 5
    suite("\n".join(examples)).assert_outcomes(passed=tests)
    pytester.makeconftest(conftest)
    suite("def test_it(pinterest_emulator): assert pinterest_emulator.api_version == '5.23'").assert_outcomes(passed=1)


def test_the_page_names_every_argument_with_its_default():
    from pinshop.testing import DEFAULTS

    page = (Path(__file__).resolve().parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", page.partition("## The marker")[2], re.MULTILINE))
    written = {"none": None, "`[]`": ()}
    assert {name: written.get(text, text.strip("`")) for name, text in rows.items()} == {
        name: value if value in (None, ()) else json.dumps(value) for name, value in DEFAULTS.items()
    }


def test_it_can_be_turned_off(suite):
    if not _is_installed():
        pytest.skip("the entry point is not installed yet: make installs it")
    suite("def test_it(pinterest_emulator): pass", "-p", "no:pinshop").assert_outcomes(errors=1)


def test_a_suite_that_does_not_use_it_does_not_pay_for_it():
    probe = (
        "import sys, pytest; before = set(sys.modules); import pinshop.testing; "
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {"pinshop", "pinshop.testing", "pinshop.version"}


def test_a_fork_is_cheaper_than_a_start(statements):
    from pinshop.emulator import Emulator

    template = Emulator()
    start = statements.since()
    twin = template.fork()
    fork = statements.since()
    assert 5 * fork < start
    assert twin.export() == template.export()
    twin.close()
    template.close()
