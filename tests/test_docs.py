"""The examples of README and docs run as printed, and what they are said to print is what they print.

A page is one program, which a reader makes by copying what is seen: its ```python fences run from top to bottom in one empty
namespace, with an empty environment and an empty working directory. Nothing is put in for them. The words after ``python``
steer:

    ```python                    runs
    ```python no-run: reason     does not, and says why
    ```text output               right after a fence: what that fence prints; ``...`` stands for anything

A fence inside an HTML comment would be code that the reader does not see: there is none.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import io
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pinshop import Client
from pinshop.api.endpoints import OPERATIONS
from pinshop.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)


def programs(text: str) -> list[tuple[int, str, str, str | None]]:
    """(line, code, words after python, expected output or None) of each Python fence."""
    found: list[tuple[int, str, str, str | None]] = []
    for match in FENCE.finditer(text):
        language, _, words = match[2].strip().partition(" ")
        line = text.count("\n", 0, match.start()) + 2
        if language == "python":
            found.append((line, match[3], words.strip(), None))
        elif (language, words.strip()) == ("text", "output") and found:
            found[-1] = (*found[-1][:3], match[3])
    return found


def test_there_is_something_to_run():
    assert sum(len(programs(page.read_text(encoding="utf-8"))) for page in PAGES) > 5


WITH_CODE = [page for page in PAGES if programs(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page, monkeypatch, tmp_path):
    fences = programs(page.read_text(encoding="utf-8"))
    for line, _, words, _ in fences:
        assert not words or re.match(r"no-run: \w+", words), f"{page.name}:{line}: say why it does not run: no-run: reason"
    monkeypatch.chdir(tmp_path)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PINTEREST_", "PINSHOP_")) or name == "PINSHOP_SHARED"
    }
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        # A page may set what it likes: it is gone afterwards.
        with mock.patch.dict(os.environ, {**kept, "PINSHOP_CONFIG_DIR": str(tmp_path / "config")}, clear=True):
            run_fences(page, fences, namespace)
    finally:
        for value in [*namespace.values()]:
            if isinstance(value, Client | Emulator):  # a script's end closes them
                value.close()


def run_fences(page: Path, fences: list[tuple[int, str, str, str | None]], namespace: dict[str, Any]) -> None:
    for line, code, words, expected in fences:
        if words:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # Blank lines in front, so that a traceback shows the line of the page.
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
        if expected is not None:
            assert_printed(expected, printed.getvalue(), f"{page.name}:{line}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_code_is_hidden(page):
    hidden = re.findall(r"<!--.*?-->", page.read_text(encoding="utf-8"), re.DOTALL)
    assert [comment for comment in hidden if "```" in comment] == []


@pytest.fixture(scope="module")
def listings(tmp_path_factory):
    """Each page as the program a reader would have."""
    folder = tmp_path_factory.mktemp("pages")
    for page in WITH_CODE:
        code = "\n".join(code for _, code, words, _ in programs(page.read_text("utf-8")) if not words)
        (folder / f"{page.stem.replace('-', '_').lower()}_page.py").write_text(code, encoding="utf-8")
    return folder


CHECKERS = [("mypy", "--no-error-summary", "--ignore-missing-imports"), ("pyright", "--pythonpath", sys.executable)]


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda one: one[0])
def test_type_checkers_agree_with_what_is_printed(checker, listings):
    command = [sys.executable, "-m", *checker, *map(str, sorted(listings.glob("*.py")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=listings)
    assert done.returncode == 0, done.stdout[-4000:]


def assert_printed(expected: str, printed: str, where: str) -> None:
    plain = [re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip() + "\n" for text in (expected, printed)]
    if not doctest.OutputChecker().check_output(plain[0], plain[1], doctest.ELLIPSIS):
        raise AssertionError(f"{where} prints\n{plain[1]}\nand is said to print\n{plain[0]}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```python\na\n```\n", [("a\n", "", None)]),
        ("```python\na\n```\n```text output\n1\n```\n", [("a\n", "", "1\n")]),
        ("```python no-run: needs a browser\na\n```\n", [("a\n", "no-run: needs a browser", None)]),
        ("<!--\n```python\nhidden\n```\n-->\n", [("hidden\n", "", None)]),
        ("````md\n```python\nquoted\n```\n````\n", []),
        ("```console\n$ a\n```\n", []),
    ],
)
def test_fences_are_found(text, found):
    assert [tuple(program[1:]) for program in programs(text)] == found


def test_wrong_output_is_noticed():
    assert_printed("a ... c\n", "a b c  \n", "here")
    with pytest.raises(AssertionError, match="said to print"):
        assert_printed("a\n", "b\n", "here")


# ---------------------------------------------------------------------------------------------- docstrings


#: Methods that make several calls of others: their docs name those instead of a verb and a path.
COMPOSED = {"AdGroups.resume", "Campaigns.resume", "Promotions.resume", "Reports.wait", "Reports.download", "Reports.run"}
COMPOSED |= {"Bulk.wait", "Bulk.download", "Bulk.run"}


def endpoints() -> list[Any]:
    """The public methods of the resources, as they are written once for both clients."""
    import pinshop.resources
    from pinshop.resources import binding, listing

    found: list[Any] = []
    for module in pkgutil.iter_modules(pinshop.resources.__path__, "pinshop.resources."):
        for owner in vars(importlib.import_module(module.name)).values():
            if isinstance(owner, type) and issubclass(owner, binding.Resource) and owner.__module__ == module.name:
                found += [
                    pytest.param(inspect.getdoc(value) or "", id=f"{owner.__name__}.{name}")
                    for name, value in vars(owner).items()
                    if isinstance(value, binding.operation | listing.paginated) and owner.__name__ != "BaseClient"
                ]
    return [parameter for parameter in found if parameter.id not in COMPOSED]


@pytest.mark.parametrize("doc", endpoints())
def test_a_public_method_says_what_it_calls_and_what_it_raises(doc):
    called = re.findall(r"``(GET|POST|PATCH|DELETE) (/[^`?]*)[^`]*``", doc)
    assert called, "no verb and path"
    known = {(operation.verb, re.sub(r"{\w+}", "{}", operation.path)) for operation in OPERATIONS}
    assert {(verb, re.sub(r"{\w+}", "{}", path)) for verb, path in called} <= known
    assert "Source:" in doc
    assert "Raises:" in doc or called[0][0] == "GET", "a write must say how it can fail"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:\s]+)[^):]*\)", FENCE.sub("", page.read_text(encoding="utf-8")))
    assert [link for link in links if not (page.parent / link).exists()] == []
