"""`pinshop demo plans` shows what it says it shows."""

from __future__ import annotations

import pytest

from pinshop.cli import demo_plans


@pytest.mark.skipif("os.name == 'nt'", reason="a killed process has another exit code there")
def test_the_demo_of_plans_comes_to_its_end():
    lines: list[str] = []
    demo_plans.run(lines.append)
    text = "\n".join(lines)
    for said in (
        "nothing to change (2 as they shall be)",
        "40 to create, 1 to pause",
        "does not fit any more",
        "killed (exit code -9): {'PAUSED': 32} at Pinterest, and nobody was told",
        "40 new ones, none of them twice.",
        "already executed on",
        "1 to activate, 40 to pause",
        "42 promotions were created, each once, and those of the sale as PAUSED before any was activated.",
    ):
        assert said in text
