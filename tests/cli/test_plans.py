"""Promotions as code from the command line: what a marketer's repository does, against an emulator that stays."""

from __future__ import annotations

import json
import shlex

import pytest
from click.testing import CliRunner

from pinshop import plans
from pinshop.cli.tree import main

AD_GROUP = "2680007368798"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("PINSHOP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def run(line: str, *, code: int = 0, emulator: str = "shop.db"):
        words = shlex.split(line)
        if words[0] not in ("fmt", "validate", "schema") and words[:2] != ["plan", "show"]:
            words.append(f"--emulator={emulator}")
        result = CliRunner().invoke(main, words, prog_name="pinshop")
        assert result.exit_code == code, (line, result.stdout, result.stderr, result.exception)
        return result

    run(f"promotions create --ad-group {AD_GROUP} 2680307368804 2680307368831")
    run("import -o promotions.yaml")
    return run


@pytest.fixture
def change(tmp_path):
    """Change the manifest as an editor would."""

    def change(old: str, new: str, count: int = 1) -> None:
        path = tmp_path / "promotions.yaml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    return change


def statuses(run) -> dict[str, str]:
    rows = [json.loads(line) for line in run("promotions list").stdout.splitlines()]
    return {row["catalog_product_group_name"]: row["status"] for row in rows}


def test_what_is_imported_has_an_empty_plan(run):
    shown = run("plan promotions.yaml --exit-code").stdout
    assert "nothing to change" in shown.lower() or "0 " in shown
    assert run("drift promotions.yaml").stdout.startswith("No drift")
    run("fmt promotions.yaml --check")
    assert "nothing wrong" in run("validate promotions.yaml").stderr


def test_a_plan_is_saved_shown_applied_once_and_taken_back(run, change):
    change("status: PAUSED", "status: ACTIVE", 9)
    run("plan promotions.yaml --out spring.json --exit-code", code=7)
    assert "could spend" in run("plan show spring.json").stdout
    assert json.loads(run("plan show spring.json --format json").stdout)["changes"]
    assert run("plan show spring.json --format markdown").stdout.startswith("#")
    run("apply spring.json", code=2)  # no terminal and no --yes
    assert set(statuses(run).values()) == {"PAUSED"}
    applied = run("apply spring.json --yes --max-spend 1000")
    assert "2 done" in applied.stdout
    assert set(statuses(run).values()) == {"ACTIVE"}
    assert "already executed" in run("apply spring.json --yes --max-spend 1000").stdout
    assert "Executed on" in run("plan show spring.json").stderr
    run("rollback --out back.json")
    run("apply back.json --yes")
    assert set(statuses(run).values()) == {"PAUSED"}


def test_money_is_guarded(run, change):
    change("status: PAUSED", "status: ACTIVE", 9)
    change('daily_spend_cap: "500.00 USD"', 'daily_spend_cap: "900.00 USD"')
    refused = run("apply promotions.yaml --yes", code=2)
    assert "900.00 USD" in refused.stderr
    assert "(--max-spend 900)" in refused.stderr  # as it is written here, not as in Python
    assert set(statuses(run).values()) == {"PAUSED"}
    assert "(--max-changes 3)" in run("apply promotions.yaml --yes --max-spend 900 --max-changes 2", code=2).stderr
    run("apply promotions.yaml --yes --max-spend 900.00")


def test_ctrl_c_in_an_apply_says_how_to_go_on(run, change, monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    change("status: PAUSED", "status: ACTIVE")
    monkeypatch.setattr(plans, "apply", interrupted)
    told = run("apply promotions.yaml --yes --journal .pinshop", code=130).stderr
    assert "The same command again does what is left" in told
    assert "resume" not in told


def test_a_stale_plan_is_refused(run, change):
    change("status: PAUSED", "status: ACTIVE")
    run("plan promotions.yaml --out spring.json")
    run(f"promotions create --ad-group {AD_GROUP} 2680307368891")
    assert "are new" in run("apply spring.json --yes --max-spend 1000", code=2).stderr


def test_drift_is_exit_code_7_and_names_the_field(run):
    promoted = json.loads(run("promotions list").stdout.splitlines()[0])["id"]
    run(f"promotions activate {promoted} --yes")
    shown = run("drift promotions.yaml", code=7).stdout
    assert "status: Pinterest has ACTIVE, the manifest says PAUSED" in shown
    assert json.loads(run("drift promotions.yaml --format json", code=7).stdout)
    run("drift promotions.yaml --ignore status")


def test_every_mistake_is_named(run, change):
    change("status: PAUSED", "status: RUNNING")
    change("name: Shopping", "nam: Shopping")
    told = run("validate promotions.yaml", code=2).stderr
    assert "RUNNING" in told
    assert "nam" in told
    assert "promotions.yaml:" in told
    assert "RUNNING" in run("plan promotions.yaml", code=2).stderr


def test_a_plan_for_one_emulator_does_not_run_on_another(run, change):
    change("status: PAUSED", "status: ACTIVE")
    run("plan promotions.yaml --out spring.json")
    told = run("apply spring.json --yes --max-spend 1000", code=2, emulator="other.db").stderr
    assert told.startswith("Plan") or "Error" in told


def test_the_schema_is_json_schema(run):
    schema = json.loads(run("schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_what_came_of_an_apply_is_json_where_json_is_asked_for(run, change):
    change("status: PAUSED", "status: ARCHIVED")
    done = json.loads(run("apply promotions.yaml --yes --json").stdout)
    assert (done["ok"], [(one["action"], one["stage"], one["state"]) for one in done["outcomes"]]) == (
        True,
        [("update", "pause", "done")],
    )
    assert json.loads(run("apply promotions.yaml --yes --json").stdout)["outcomes"] == []
    change("status: PAUSED", "status: ACTIVE")
    refused = json.loads(run("apply promotions.yaml --yes --json", code=2).stderr)
    assert refused["error"]["type"] == "GuardRefused"


def test_a_dry_run_of_apply_is_the_plan_and_what_would_refuse_it(run, change, tmp_path):
    change("status: PAUSED", "status: ACTIVE")
    before = sorted(path.name for path in tmp_path.iterdir())
    shown = run("apply promotions.yaml --dry-run")
    assert shown.stdout.splitlines()[1:] == run("plan promotions.yaml").stdout.splitlines()[1:]
    assert (
        "Would be refused: could spend up to 500.00 USD a day more than now; allowed: 0.00 USD (--max-spend 500)"
        in shown.stderr
    )
    assert "Dry run: nothing was sent." in shown.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert "refused" not in run("apply promotions.yaml --dry-run --max-spend 500").stderr
    run("plan promotions.yaml --out saved.plan.json")
    run("promotions create --ad-group 2680007368798 2680307368891")
    assert "are new" in run("apply saved.plan.json --dry-run --max-spend 500").stderr
    assert set(statuses(run).values()) == {"PAUSED"}
