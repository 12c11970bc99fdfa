"""Each extra that is missing is named, with the line that installs it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from no_extras import MISSING
from pinshop.errors import ConfigurationError
from pinshop.extras import required

ROOT = Path(__file__).resolve().parent.parent


def test_without_extras_pinshop_works_and_says_what_is_missing():
    # Elsewhere than in the checkout, so that nothing is found by chance.
    script = [sys.executable, "-W", "error", str(ROOT / "tests" / "no_extras.py"), "--hide"]
    ran = subprocess.run(script, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""


def test_the_extras_that_are_named_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {extra for _, extra in MISSING.values()} <= set(extras)


def test_a_module_that_fails_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_extra.py").write_text("import a_dependency_of_it_that_is_missing\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="a_dependency_of_it"):
        required("broken_extra", "cli", "x")
    with pytest.raises(
        ConfigurationError, match=r"x needs nowhere_at_all, which is not installed — pip install 'pinshop\[cli\]'"
    ):
        required("nowhere_at_all.inside", "cli", "x")
