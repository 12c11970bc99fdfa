"""`pinshop emulator` as its users run it: a process, its first line, its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from pinshop.cli.emulator import emulator
from pinshop.cli.tree import main

COMMAND = [sys.executable, "-c", "from pinshop.cli.tree import main; main()", "emulator", "--port", "0"]


@pytest.fixture
def run():
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process, process.stdout.readline()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _get(facts, path):
    request = urllib.request.Request(facts["base_url"] + path, headers={"Authorization": f"Bearer {facts['access_token']}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_is_all_a_client_needs_and_a_signal_ends_it_cleanly(run, number):
    process, line = run("--json", "--api-version", "5.14", "--seed", "3", "--now", "2026-03-02T12:00:00Z")
    facts = json.loads(line)
    assert facts["base_url"].startswith("http://127.0.0.1:")
    assert facts["base_url"].endswith("/v5")
    assert {"access_token", "ad_account_id", "ad_group_id", "catalog_product_group_ids"} <= set(facts)
    body = {
        "ad_group_id": facts["ad_group_id"],
        "product_group_promotion": [{"catalog_product_group_id": facts["catalog_product_group_ids"][0]}],
    }
    path = f"/ad_accounts/{facts['ad_account_id']}/product_group_promotions"
    request = urllib.request.Request(
        facts["base_url"] + path, json.dumps(body).encode(), {"Authorization": f"Bearer {facts['access_token']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        made = json.load(reply)["items"][0]["data"]
    assert _get(facts, f"{path}/{made['id']}")["items"][0]["data"]["status"] == "ACTIVE"  # wrapped, as 5.14 was
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_data_file_keeps_the_state(run, tmp_path):
    data = str(tmp_path / "state.db")
    process, line = run("--json", "--data", data)
    first = json.loads(line)
    process.kill()
    process.communicate()
    _, line = run("--json", "--data", data, "--seed", "9")
    second = json.loads(line)
    assert {name: first[name] for name in first if name != "base_url"} == {n: second[n] for n in second if n != "base_url"}


def test_for_people_it_says_what_it_is(run):
    _, line = run()
    assert "not Pinterest" in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--i-know-this-is-not-pinterest"),
        (["--api-version", "5.7"], "5.28"),
        (["--rule", "nope=1"], "no rule 'nope'"),
        (["--rule", "nope"], "NAME=VALUE"),
        (["--now", "soon"], "soon"),
        (["--port", "70000"], "65535"),
        (["--data", "/nonexistent/x.db"], "x.db"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, words):
    result = CliRunner().invoke(main, ["emulator", *options])
    assert result.exit_code == 2  # usage or configuration: nothing was served
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_port_that_is_taken_is_named(run):
    _, line = run("--json")
    port = json.loads(line)["base_url"].removesuffix("/v5").rpartition(":")[2]
    result = CliRunner().invoke(main, ["emulator", "--port", port])
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.output


def test_rules_are_listed_with_their_evidence():
    result = CliRunner().invoke(main, ["emulator", "--rules"])
    assert "duplicate_promotion=allow  (allow, refuse)" in result.output
    assert "no public statement" in result.output


def test_lines_for_a_shell_point_clients_at_it(run):
    _, line = run("--env")
    assert line.startswith("export PINTEREST_BASE_URL=http://127.0.0.1:")


def test_an_option_can_be_an_environment_variable(run, monkeypatch):
    monkeypatch.setenv("PINSHOP_EMULATOR_API_VERSION", "5.14")
    monkeypatch.setenv("PINSHOP_EMULATOR_SEED", "7")
    facts = json.loads(run("--json")[1])
    assert (facts["api_version"], facts["seed"], facts["app_id"]) == ("5.14", 7, "1400001")


def test_every_option_is_an_environment_variable_of_its_name(monkeypatch):
    names = {option.opts[0].removeprefix("--"): option.envvar for option in emulator.params}
    assert {name: "PINSHOP_EMULATOR_" + name.replace("-", "_").upper() for name in names} == names
    for name, value, words in (
        ("ALLOW_HOST", "a b http://c", "allow_hosts: got 'http://c'"),
        ("CORS", "*", "cors: got '*'"),
        ("RULE", "report_seconds=5 nonsense=1", "no rule 'nonsense'"),
    ):
        monkeypatch.setenv(f"PINSHOP_EMULATOR_{name}", value)
        assert words in CliRunner().invoke(main, ["emulator", "--port", "0"]).output
        monkeypatch.delenv(f"PINSHOP_EMULATOR_{name}")


def test_calls_are_logged_on_the_terminal_without_secrets(run):
    process, line = run("--json", "--log")
    facts = json.loads(line)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{facts['base_url']}/user_account?access_token={facts['access_token']}", timeout=20)
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert "GET /v5/user_account?access_token=(struck out) -> 401" in errors
