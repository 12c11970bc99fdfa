"""CONTRIBUTING's words are enough: its diffs, applied to a copy, make a field and an endpoint that work end to end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.source

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def apply(text: str, tree: Path) -> int:
    """Apply the diffs of a text: lines of context and lines to take out stand together in the file, new ones go between."""
    count = 0
    for fence in re.findall(r"^ *```diff\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        file: Path | None = None
        group: list[str] = []
        for line in [*textwrap.dedent(fence).splitlines(), "+++ end"]:
            if not line.startswith("+++ "):
                group.append(line)
                continue
            if file is not None:
                for hunk in hunks(group):
                    change(file, hunk)
                    count += 1
            file, group = tree / line.removeprefix("+++ "), []
    return count


def hunks(lines: list[str]) -> list[list[str]]:
    """Cut where new lines are followed by old ones, unless they stand for those: context + new | old - new + new | …"""
    found: list[list[str]] = [[]]
    for line in lines:
        last = found[-1]
        if last and last[-1].startswith("+") and not line.startswith("+") and any(not one.startswith("+") for one in last):
            found.append([])
        found[-1].append(line)
    return found


def change(file: Path, hunk: list[str]) -> None:
    text = file.read_text(encoding="utf-8")
    old = "".join(line[1:] + "\n" for line in hunk if not line.startswith("+"))
    new = "".join(line[1:] + "\n" for line in hunk if not line.startswith("-"))
    assert text.count("\n" + old) == 1, f"{file.name} does not hold once:\n{old}"
    file.write_text(text.replace("\n" + old, "\n" + new), encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignore)
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "api" / "test_fields.py", tmp_path / "tests")
    return tmp_path


def run(tree: Path, *command: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(tree / "src")}
    done = subprocess.run([sys.executable, *command], cwd=tree, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FIELD = """
import pinshop
from pinshop import Client
from pinshop.emulator import Emulator

with Emulator() as emulator, Client(emulator.access_token, transport=emulator.transport()) as client:
    item = {"catalog_product_group_id": emulator.catalog_product_group_ids[0], "is_seasonal": True}
    created = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, [item])
    created.raise_if_failed()
    found = client.promotions.get(emulator.ad_account_id, created[0].id)
    client.promotions.update(emulator.ad_account_id, emulator.ad_group_id, [found.changed(is_seasonal=None)]).raise_if_failed()
    after = client.promotions.get(emulator.ad_account_id, created[0].id)
    try:
        client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, [{**item, "is_seasonal": "yes"}])
    except pinshop.InvalidInput as refused:
        print(pinshop.__file__, found.is_seasonal, after.is_seasonal, refused.field)
with Emulator(api_version="5.23") as emulator, Client(
    emulator.access_token, transport=emulator.transport(), api_version="5.23"
) as client:
    item = {"catalog_product_group_id": emulator.catalog_product_group_ids[0]}
    print(client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, [item])[0].entity.is_seasonal)
"""

ENDPOINT = """
import asyncio
import pinshop
from pinshop import AsyncClient, Client
from pinshop.emulator import Emulator

async def ask(emulator):
    async with AsyncClient(emulator.access_token, transport=emulator.async_transport()) as client:
        return await client.ad_accounts.countries()

with Emulator() as emulator, Client(emulator.access_token, transport=emulator.transport()) as client:
    print(pinshop.__file__, client.ad_accounts.countries()[0].code, asyncio.run(ask(emulator))[0].name)
"""


def test_a_field_is_added_by_these_words(tree: Path) -> None:
    assert apply(section("How to add a field"), tree) == 3
    said = run(tree, "-W", "error", "-c", FIELD).split()
    assert said == [str(tree / "src/pinshop/__init__.py"), "True", "None", "items[0].is_seasonal", "UNSET"]
    assert "passed" in run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_fields.py")


def test_a_field_that_is_added_by_half_is_found(tree: Path) -> None:
    row, answer, _ = section("How to add a field").split("   +++ ")[1:]
    for part in (row, answer):
        apply(f"```diff\n   +++ {part}".replace("```diff\n   ", "   ```diff\n   "), tree)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_fields.py"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is_seasonal" in done.stdout


def test_an_endpoint_is_added_by_these_words(tree: Path) -> None:
    assert apply(section("How to add an endpoint"), tree) == 9
    said = run(tree, "-W", "error", "-c", ENDPOINT).split(maxsplit=2)
    assert said == [str(tree / "src/pinshop/__init__.py"), "US", "United States of America\n"]
