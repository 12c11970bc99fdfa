"""The composite action and the hooks, run step by step against a served emulator, with a stand-in for GitHub's command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pinshop import Client
from pinshop.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "pinshop-plans" / "action.yml"
RECIPE = ROOT / "docs" / "plans-in-a-repository.md"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are bash scripts")

#: Keeps what was commented, and gives it back: the two commands of GitHub's `gh` that the action calls.
GH = """\
#!{python}
import json, os, re, sys
kept = os.environ["COMMENTS"]
comments = json.load(open(kept)) if os.path.exists(kept) else []
if sys.argv[1:3] == ["pr", "comment"]:
    comments.append({{"body": open(sys.argv[sys.argv.index("--body-file") + 1]).read(), "viewerDidAuthor": True}})
    json.dump(comments, open(kept, "w"))
elif sys.argv[1:3] == ["pr", "view"]:
    query = sys.argv[sys.argv.index("--jq") + 1]
    assert "viewerDidAuthor" in query and "### Plan" in query
    found = [re.match("### Plan `([0-9a-f]{{12}})`", one["body"]) for one in comments if one["viewerDidAuthor"]]
    print(([one[1] for one in found if one] or [""])[-1])
else:
    sys.exit(f"not expected: {{sys.argv}}")
"""


class Runner:
    """What runs the steps of a composite action."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self.directory = directory
        bin_directory = directory / "bin"
        bin_directory.mkdir()
        (bin_directory / "gh").write_text(GH.format(python=sys.executable))
        (bin_directory / "gh").chmod(0o755)
        self.summary, self.comments = directory / "summary.md", directory / "comments.json"
        self._environment = {
            "PATH": f"{bin_directory}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "PINSHOP_CONFIG_DIR": str(directory / "config"),
            "COMMENTS": str(self.comments),
            "PINTEREST_ACCESS_TOKEN": emulator.access_token,
            "PINTEREST_BASE_URL": emulator.base_url,
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        self.action = yaml.safe_load(ACTION.read_text())

    def __call__(self, event: str = "pull_request", **given: str) -> tuple[int, dict[str, str], str]:
        """Exit code of the first step that fails, outputs of all, and what was printed."""
        inputs = {name: str(one.get("default", "")) for name, one in self.action["inputs"].items()}
        inputs |= {"install": "", **{name.replace("_", "-"): value for name, value in given.items()}}
        values = {f"inputs.{name}": value for name, value in inputs.items()}
        values |= {
            "github.event_name": event,
            "github.token": "emulated",
            "github.repository": "shop/promotions",
            "github.event.pull_request.number": "7" if event == "pull_request" else "",
        }
        outputs: dict[str, str] = {}
        printed = ""
        for step in self.action["runs"]["steps"]:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"], "what comes from outside must not be part of a script"
            if not self._holds(step["if"], values):
                continue
            output = self.directory / "output"
            output.write_text("")
            environment = {name: filled(text, values) for name, text in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=self.directory,
                text=True,
                capture_output=True,
                check=False,
                env={**self._environment, **environment, "GITHUB_OUTPUT": str(output)},
            )
            printed += done.stdout + done.stderr
            outputs |= dict(line.split("=", 1) for line in output.read_text().splitlines())
            if done.returncode:
                return done.returncode, outputs, printed
        return 0, outputs, printed

    @staticmethod
    def _holds(condition: str, values: dict[str, str]) -> bool:
        for term in condition.split(" && "):
            match = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", term)
            assert match, term
            if (values[match[1]] == match[3]) != (match[2] == "=="):
                return False
        return True


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\${{ ([\w.-]+) }}", lambda match: values[match[1]], text)


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    with Emulator() as emulator, Client(emulator.access_token, base_url=emulator.base_url) as client:
        (tmp_path / "promotions.yaml").write_text(
            f'account: "{emulator.ad_account_id}"\nad_groups:\n  - id: "{emulator.ad_group_id}"\n    promotions:\n'
            f'      - {{catalog_product_group_id: "{emulator.catalog_product_group_ids[0]}", status: ACTIVE}}\n'
        )
        yield emulator, client, Runner(emulator, tmp_path)


def statuses(emulator: Emulator, client: Client) -> list[Any]:
    return [row.status for row in client.promotions.list(emulator.ad_account_id, ad_group_id=emulator.ad_group_id)]


def test_plan_on_a_pull_request_apply_on_merge_drift_at_night(shop):
    emulator, client, run = shop
    code, outputs, printed = run(command="plan")
    assert (code, outputs["changes"]) == (0, "true"), printed
    (comment,) = json.loads(run.comments.read_text())
    assert comment["body"].startswith(f"### Plan `{outputs['plan-id']}`: 1 to create")
    assert "500.00 USD a day more" in run.summary.read_text()
    assert statuses(emulator, client) == []

    code, outputs, _ = run("schedule", command="drift")
    assert (code, outputs["drift"]) == (7, "true")
    code, _, printed = run(command="apply")
    assert code == 2
    assert "--max-spend" in printed
    code, _, printed = run(command="apply", max_spend="500")
    assert code == 0, printed
    assert statuses(emulator, client) == ["ACTIVE"]
    assert run("schedule", command="drift")[:2] == (0, {"drift": "false"})
    assert "already executed" in run(command="apply", max_spend="500")[2]
    assert statuses(emulator, client) == ["ACTIVE"]


def test_only_the_plan_that_was_commented_is_applied(shop):
    emulator, client, run = shop
    assert run(command="apply", max_spend="500")[0] == 2  # nothing was commented
    run(command="plan")
    commented = json.loads(run.comments.read_text())
    run(command="plan", comment="false", plan="other.json")
    run.comments.write_text(json.dumps([*commented, {"body": "### Plan `0123456789ab`", "viewerDidAuthor": False}]))
    code, _, printed = run(command="apply", plan="other.json", max_spend="500")
    other = json.loads((run.directory / "other.json").read_text())["id"][:12]
    if other != re.match("### Plan `(.{12})`", commented[0]["body"])[1]:  # made in another second
        assert (code, "was approved" in printed) == (2, True)
    assert run(command="apply", plan_id="0123456789ab", max_spend="500")[0] == 2
    assert run(command="apply", max_spend="500")[0] == 0
    assert statuses(emulator, client) == ["ACTIVE"]


def test_a_stale_plan_and_a_wrong_manifest_fail_the_job(shop):
    emulator, client, run = shop
    run(command="plan")
    client.promotions.create(
        emulator.ad_account_id, emulator.ad_group_id, [{"catalog_product_group_id": emulator.catalog_product_group_ids[1]}]
    )
    code, _, printed = run(command="apply", max_spend="500")
    assert (code, "does not fit any more" in printed) == (2, True)
    (run.directory / "promotions.yaml").write_text("ad_groups: [{id: x}]\n")
    code, _, printed = run(command="plan")
    assert (code, "promotions.yaml:1" in printed) == (2, True)


def test_the_recipe_calls_the_action_as_it_is():
    (workflow, *_) = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(name: .*?)```", RECIPE.read_text(), re.DOTALL)]
    action = yaml.safe_load(ACTION.read_text())
    used = [step for job in workflow["jobs"].values() for step in job["steps"] if "pinshop-plans" in step.get("uses", "")]
    assert [step["with"]["command"] for step in used] == ["plan", "apply", "drift"]
    assert all(set(step["with"]) <= set(action["inputs"]) for step in used)


def test_the_hooks_are_commands_that_do_what_they_say(tmp_path):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["pinshop-fmt", "pinshop-validate"]
    path = tmp_path / "promotions.yaml"
    path.write_text("account:   1\nad_groups: [ {id: 2} ]\n")
    assert all(re.search(hook["files"], f"shop/{path.name}") for hook in hooks)
    for hook in hooks:
        words = hook["entry"].split()
        assert words[0] == "pinshop"
        done = subprocess.run([sys.executable, "-m", *words, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert path.read_text().startswith('account: "1"\n')
    requirements = [text for hook in hooks for text in hook["additional_dependencies"]]
    project = (ROOT / "pyproject.toml").read_text()
    assert all(f'"{text}"' in project for text in requirements)
