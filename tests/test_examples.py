"""The demo runs as a newcomer runs it, and prints what the README shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def without_port(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:…", text)


def test_the_demo_prints_what_the_readme_shows():
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "demo.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [line.rstrip() for line in without_port(done.stdout).splitlines()]
    shown = re.search(r"```console\n\$ make demo\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown, "README.md shows no demo"
    assert [line.rstrip() for line in shown[1].splitlines()] == lines


def test_the_demo_fits_80_columns_and_its_chart_has_axes():
    shown = re.search(r"```console\n\$ make demo\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    lines = shown[1].splitlines()
    assert max(map(len, lines)) <= 80
    below = next(index for index, line in enumerate(lines) if line.strip().startswith("0 └"))
    assert re.fullmatch(r" *2026-03-01 +03-11 +03-21 +03-31", lines[below + 1])
    assert re.match(r" +[0-9,]+ │", lines[below - 1])
