"""Who may import whom: every wall of pyproject.toml is broken once in a copy, and no import goes round in a circle."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

pytestmark = pytest.mark.source

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS, EMULATOR, KNOW_THE_EMULATOR, FACADE = (contract["name"] for contract in CONTRACTS)
FACADE_PACKAGE = "pinterest.generated.client"
FORBIDDEN = CONTRACTS[1]["forbidden_modules"]


def _modules(layer: str) -> list[str]:
    """The modules of one line of the table of layers; those in brackets need not be there yet."""
    names = [name.strip() for name in layer.split("|")]
    return [name for name in names if not name.startswith("(") or (ROOT / "src" / "pinshop" / name.strip("()")).exists()]


def _layers() -> list[list[str]]:
    return [[name.strip("()") for name in _modules(layer)] for layer in CONTRACTS[0]["layers"]]


Plant = tuple[str, str]  # the module that breaks a wall, and what it imports


def _upward() -> list[Plant]:
    """Each pair of neighbours among the layers, and both ways where neither may import the other."""
    rows, plants = _layers(), []
    for above, below in itertools.pairwise(rows):
        plants += [(f"pinshop.{low}", f"pinshop.{high}") for low in below for high in above]
    for row in rows:
        plants += [(f"pinshop.{one}", f"pinshop.{other}") for one in row for other in row if one != other]
    return plants


def _others() -> dict[str, list[Plant]]:
    """wall -> what breaks it. These are planted together: each must be named."""
    bystanders = sorted(set(itertools.chain(*_layers())) - {"cli", "testing", "__main__"})
    return {
        EMULATOR: [("pinshop.emulator.chain", name) for name in FORBIDDEN],
        KNOW_THE_EMULATOR: [
            *((f"pinshop.{name}", "pinshop.emulator.rules") for name in bystanders),
            ("pinterest.generated.client.rest", "pinshop.emulator.rules"),
        ],
        FACADE: [(f"pinshop.{name}", "pinterest.generated.client.rest") for name in sorted(set(itertools.chain(*_layers())))],
    }


def _file(tree: Path, module: str) -> Path:
    stem = tree / "src" / Path(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources and of pyproject.toml."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def _lint(tree: Path) -> tuple[int, str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    ran = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)  # older versions of rich always use colors


def test_the_tree_as_it_is_breaks_no_wall(tree):
    code, said = _lint(tree)
    assert code == 0, said


@pytest.mark.parametrize(("module", "imported"), _upward())
def test_an_import_of_a_higher_layer_is_seen(tree, module, imported):
    _expect_red(tree, LAYERS, [(module, imported)])


@pytest.mark.parametrize(("wall", "plants"), _others().items())
def test_a_wall_that_is_broken_is_seen(tree, wall, plants):
    _expect_red(tree, wall, plants)


@pytest.mark.parametrize(("wall", "plants"), {LAYERS: _upward()[-1:], **_others()}.items())
def test_an_import_for_the_type_checker_only_is_seen_too(tree, wall, plants):
    _expect_red(tree, wall, plants[:1], "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    ")


def _expect_red(tree: Path, wall: str, plants: list[Plant], how: str = "") -> None:
    was = {path: path.read_text(encoding="utf-8") for module, _ in plants if (path := _file(tree, module))}
    for module, imported in plants:
        with _file(tree, module).open("a", encoding="utf-8") as file:
            file.write(f"\n{how}import {imported}\n")
    try:
        code, said = _lint(tree)
    finally:
        for path, text in was.items():
            path.write_text(text, encoding="utf-8")
    assert code == 1, said
    said = " ".join(said.split())
    assert f"{wall} BROKEN" in said
    broken = said.partition("Broken contracts")[2]
    assert [plant for plant in plants if not re.search(rf"{re.escape(plant[0])} -> {re.escape(plant[1])}\b", broken)] == []


def test_the_emulator_is_kept_from_everything_but_facts_and_errors():
    everything = {f"pinshop.{name}" for layer in CONTRACTS[0]["layers"] for name in _modules(layer)}
    allowed = {"pinshop.api", "pinshop.errors", "pinshop.extras", "pinshop.version"}
    assert {name.replace("(", "").replace(")", "") for name in everything} - allowed == set(FORBIDDEN) - {FACADE_PACKAGE}


def test_a_new_module_needs_a_layer(tree):
    path = tree / "src" / "pinshop" / "novelty.py"
    path.write_text("", encoding="utf-8")
    try:
        code, said = _lint(tree)
    finally:
        path.unlink()
    assert code == 1
    assert "novelty" in said


def _circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import one another, directly or round about (strongly connected components, after Tarjan)."""
    seen: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        seen[module] = lowest[module] = len(seen)
        stack.append(module)
        for other in sorted(imports[module]):
            if other not in seen:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == seen[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1 or module in imports[module]:
                found.append(sorted(group))

    for module in sorted(imports):
        if module not in seen:
            visit(module)
    return found


def test_circles_are_found():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
    assert _circles({"a": {"a"}, "b": {"c", "d"}, "c": {"b"}, "d": {"e"}, "e": {"c"}}) == [["a"], ["b", "c", "d", "e"]]


@pytest.mark.parametrize("package", ["pinshop", "pinterest.generated.client"])
def test_no_import_goes_round_in_a_circle(package):
    # Imports for type checkers are imports: what needs them to be hidden is a circle all the same.
    graph = grimp.build_graph(package, exclude_type_checking_imports=False, cache_dir=None)
    assert len(graph.modules) > 5
    assert _circles({module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}) == []
