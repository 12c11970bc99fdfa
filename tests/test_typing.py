"""Types that find mistakes: three checkers see precise results, and every planted mistake in user code, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TYPING = Path(__file__).parent / "typing"
ROOT = TYPING.parent.parent
MARKED = {n for n, line in enumerate((TYPING / "mistakes.py").read_text("utf-8").splitlines(), 1) if "  # mistake" in line}

CHECKERS = {
    "mypy": [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--hide-error-context",
        "tests/typing/public.py",
        "tests/typing/mistakes.py",
    ],
    "pyright": [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "tests/typing"],
    # The third, from dependencies' comparison: ty is faster and misses unknown keywords of Unpack[TypedDict].
    "pyrefly": [
        sys.executable,
        "-m",
        "pyrefly",
        "check",
        "--output-format",
        "min-text",
        "--config",
        "tests/typing/pyrefly.toml",
    ],
}


# pyrefly is told where the sources are; the others find what is installed.
@pytest.mark.parametrize(
    "checker", [pytest.param(name, marks=[pytest.mark.source] if name == "pyrefly" else []) for name in CHECKERS]
)
def test_every_mistake_is_found_and_nothing_else(checker: str) -> None:
    done = subprocess.run(CHECKERS[checker], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    output = done.stdout + done.stderr
    found = re.findall(
        r"(\w+\.py):(\d+):.*", "\n".join(line for line in output.splitlines() if re.search(r"\berror\b", line, re.IGNORECASE))
    )
    assert done.returncode == 1, output
    assert {name for name, _ in found} == {"mistakes.py"}, output
    assert {int(line) for _, line in found} == MARKED, output


def test_there_are_many() -> None:
    assert len(MARKED) >= 35
