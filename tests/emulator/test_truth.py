"""The page of truth says what the code does, and leaves nothing out."""

from __future__ import annotations

import sys
from pathlib import Path

from pinshop.api.endpoints import OAUTH_TOKEN, OPERATIONS
from pinshop.emulator import rules
from pinshop.emulator.handlers import HANDLERS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import emulator_truth as truth  # noqa: E402

NAMES = {rule["name"] for rule in rules.describe()}


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "emulator-truth.md").read_text("utf-8")
    assert written == truth.page(), "run: python docs/emulator_truth.py > docs/emulator-truth.md"


def test_every_operation_is_told_and_handled():
    ids = {operation.id for operation in OPERATIONS}
    assert set(truth.TRUTH) == ids
    assert set(HANDLERS) == ids - {OAUTH_TOKEN.id}


def test_every_rule_is_told_and_no_other():
    told = {name for one in truth.TRUTH.values() for name in one.rules} | set(truth.GENERAL)
    assert told == NAMES
