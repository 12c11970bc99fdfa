"""Environments of their own for what others wrote: nothing of theirs is installed beside pinshop."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES = ROOT / ".venvs"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.witness)


def unavailable(what: str, output: str):
    """In CI a witness that cannot be called is a failure; at a desk without a network it is a skip."""
    reason = f"{what} cannot be installed here: {output.strip()[-300:]}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder ``name`` below .venvs, filled once by ``install``, whichever test process comes first."""
    home = HOMES / name
    HOMES.mkdir(exist_ok=True)
    with (HOMES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".ready").exists():
            install(home)
            (home / ".ready").touch()
    return home


@pytest.fixture(scope="session")
def foreign_venv() -> Callable[..., Path]:
    """``foreign_venv("pinterest-generated-client==0.1.12")`` is the Python of an environment with just that in it."""

    def make(*requirements: str) -> Path:
        def install(home: Path) -> None:
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
            done = subprocess.run(
                [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                unavailable(" ".join(requirements), done.stderr)

        name = re.sub(r"[^A-Za-z0-9.]+", "-", "_".join(requirements)) + f"-py{sys.version_info[0]}{sys.version_info[1]}"
        return installed(name, install) / "bin" / "python"

    return make


def run_script(python: Path, script: Path, given: dict[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    """Run a script of a foreign client: one JSON object in, one out."""
    done = subprocess.run(
        [str(python), str(script), json.dumps(given)], capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def run_foreign() -> Callable[..., dict[str, Any]]:
    return run_script
