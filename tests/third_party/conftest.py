"""Clients and judges that others wrote, each in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import virtualenvs


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.third_party)


def or_skip(make: Callable[[], Path]) -> Path:
    """In CI a witness that cannot be called is a failure; at a desk without a network it is a skip."""
    try:
        return make()
    except virtualenvs.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def foreign_venv() -> Callable[..., Path]:
    """``foreign_venv("pinterest-generated-client==0.1.12")`` is the Python of an environment with just that in it."""
    return lambda *requirements: or_skip(lambda: virtualenvs.python_with(*requirements))


@pytest.fixture(scope="session")
def foreign_npm() -> Callable[[str, str], Path]:
    """``foreign_npm("@stoplight/prism-cli@5", "prism")`` is a command of an npm package."""

    def make(package: str, command: str) -> Path:
        npm = shutil.which("npm")
        if not npm or not shutil.which("node"):
            pytest.skip(f"{package} needs node and npm")

        def install(home: Path) -> None:
            home.mkdir()
            virtualenvs.run(npm, "install", "--prefix", home, "--no-audit", "--no-fund", "--loglevel=error", package)

        return or_skip(lambda: virtualenvs.filled(command, install)) / "node_modules" / ".bin" / command

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
