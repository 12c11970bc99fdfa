"""The simulated night of bench/night.py, small: the real flows, the calls that the docs promise, and not one 429."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

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
    # A file: an order, a question whether it is done, one for a fresh link, and for the first ones some more while they wait.
    assert 3 * 30 <= done.calls["ads_read"] <= 3 * 30 + 4 * 8
    assert (done.refused, done.rows) == (0, 30 * 4 * 5)


def test_waits_are_shared_and_time_is_the_quota_s(simulation: Any, tmp_path: Path) -> None:
    done = simulation.night(120, 1, tmp_path, concurrency=32)
    assert done.refused == 0
    # One after the other, the files alone would take twenty minutes.
    assert done.minutes < 3
