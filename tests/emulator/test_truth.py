"""The page of truth says what the code does, and leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

from pinshop.emulator import app, rules, truth
from pinshop.emulator.handlers import HANDLERS
from pinshop.operations import OAUTH_TOKEN, OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "pinshop" / "emulator"
NAMES = {rule["name"] for rule in rules.describe()}


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "emulator-truth.md").read_text("utf-8")
    assert written == truth.page(), "run: python -m pinshop.emulator.truth > docs/emulator-truth.md"


def test_every_operation_is_told_and_handled():
    ids = {operation.id for operation in OPERATIONS}
    assert set(truth.TRUTH) == ids
    assert app.HANDLER_ROOMS
    assert set(HANDLERS) == ids - {OAUTH_TOKEN.id}


def test_every_rule_is_told_and_no_other():
    told = {name for one in truth.TRUTH.values() for name in one.rules} | set(truth.GENERAL)
    assert told == NAMES


def test_every_rule_is_obeyed_somewhere():
    code = "\n".join(
        path.read_text("utf-8") for path in SOURCES.glob("*.py") if path.name not in ("rules.py", "truth.py", "console.py")
    )
    assert {name for name in NAMES if not re.search(rf"rules\.{name}\b", code)} == set()
