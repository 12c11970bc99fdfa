"""Environments of their own for what others wrote, below .venvs: nothing of theirs is installed beside pinshop."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HOMES = Path(__file__).resolve().parent.parent / ".venvs"


class Unavailable(Exception):
    """It could not be installed: no network, most of the time."""


def filled(name: str, install: Callable[[Path], None]) -> Path:
    """The folder ``name`` below .venvs, filled once by ``install``, whichever process comes first."""
    home = HOMES / name
    HOMES.mkdir(exist_ok=True)
    with (HOMES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            install(home)
            (home / ".ready").touch()
    return home


def run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{command[-1]} cannot be installed here: {done.stderr.strip()[-300:]}")


def python_with(*requirements: str) -> Path:
    """The Python of an environment with just that in it.

    Raises:
        Unavailable: it is not there yet and cannot be made.
    """

    def install(home: Path) -> None:
        run(sys.executable, "-m", "venv", home)
        run(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)

    return filled(_name(requirements), install) / "bin" / "python"


def is_made(*requirements: str) -> bool:
    """Whether that environment is there already."""
    return (HOMES / _name(requirements) / ".ready").exists()


def _name(requirements: tuple[str, ...]) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", "_".join(requirements)) + f"-py{sys.version_info[0]}{sys.version_info[1]}"
