"""What no file of the repository may hold, and what it must."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import pinshop
from pinshop import version

pytestmark = pytest.mark.source

ROOT = Path(__file__).resolve().parent.parent

# Taken apart, so that this file does not find itself.
FORBIDDEN = {
    "a registry's host": ["pypi" + r"\.org", "pythonhosted" + r"\.org", r"registry\.npm" + r"js", r"npmjs" + r"\.(?:com|org)",
                          "deb" + r"\.debian\.org", "proxy" + r"\.golang\.org"],
    "a path of one machine": ["/wor" + "k/", "/roo" + "t/", "/hom" + r"e/[a-z]", "/tm" + r"p/[a-z]", "/Use" + r"rs/[a-z]"],
    "work left for later": [r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b"],
    "what looks like a real token": ["pin" + r"[ar]_[A-Za-z0-9]{12,}"],
}  # fmt: skip
VAGUE = {"utils", "util", "core", "base", "helpers", "helper", "common", "misc"}
BINARY = {".png", ".gz", ".parquet", ".ico", ".woff2"}


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_in_the_tree_holds(what):
    pattern = re.compile("|".join(FORBIDDEN[what]))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


def test_every_file_is_named_for_what_it_holds():
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stem in VAGUE] == []


#: Modules whose tests do not stand in the file of their name: where they stand, and why. A star is a whole folder.
TESTED_ELSEWHERE = {
    "integrations/dlt.py": ("third_party/test_dlt.py", "with dlt itself, in an environment of its own"),
    "api/params/*": ("api/test_params.py", "one table of rules, checked as one"),
    "api/models/*": ("api/test_models.py", "one way of decoding, for the models of all resources"),
    "api/checks.py": ("api/test_params.py", "the kinds of value, as they are met in items"),
    "api/macros.py": ("plans/test_manifest.py", "macros stand in URLs of manifests"),
    "api/reaches.py": ("analytics/test_query.py", "how far back a query may reach"),
    "api/codes.py": ("emulator/handlers/test_rules_of_pinterest.py", "codes that are taken and refused"),
    "money.py": ("api/test_money.py", "amounts of every currency"),
    "columns.py": ("api/test_columns.py", "the public face of api/columns.py"),
    "version.py": ("test_repository.py", "a version, written once"),
    "base_client.py": ("test_client.py", "everything runs over both clients"),
    "async_client.py": ("test_client.py", "everything runs over both clients"),
    "analytics/*": ("analytics/test_query.py", "from the question to the rows"),
    "cli/*": ("cli/test_access.py", "commands are tested as they are called; see also test_commands.py"),
    "credentials/*": ("credentials/test_credentials.py", "what is found depends on all the places together"),
    "files/atomic.py": ("files/test_batch_journal.py", "a write that is whole or not there is seen in what it writes"),
    "files/locks.py": ("files/test_shared_pacer.py", "a lock is seen by two processes that want it"),
    "files/opening.py": ("files/test_batch_journal.py", "what is no file is refused where a file is named"),
    "flow/oauth.py": ("flow/test_tokens.py", "the exchanges that tokens come from"),
    "flow/refreshing.py": ("flow/test_tokens.py", "when and how tokens are renewed"),
    "flow/outcomes.py": ("flow/test_batch.py", "what a batch ends as"),
    "flow/answers.py": ("flow/test_batch.py", "what an answer makes of a batch"),
    "flow/matching.py": ("flow/test_batch.py", "which stored item is which of a batch"),
    "flow/reading_back.py": ("flow/test_batch.py", "how a batch learns what was executed"),
    "flow/refusals.py": ("flow/test_exchange.py", "what a reply means for its call"),
    "flow/session.py": ("flow/test_exchange.py", "what a call is sent with"),
    "flow/steps.py": ("flow/test_exchange.py", "what a flow yields"),
    "flow/bulk.py": ("resources/test_bulk.py", "from the order to the entities"),
    "flow/jobs.py": ("flow/test_report_files.py", "files that are cut, links that expire, states that are not known"),
    "flow/paging.py": ("resources/test_listing.py", "page after page, and lists that servers do not end"),
    "flow/reports.py": ("resources/test_reports.py", "from the order to the rows"),
    "flow/secrets.py": ("test_secrets.py", "secrets are looked for everywhere"),
    "plans/*": ("plans/test_laws.py", "laws that hold for any manifest and any account; see also the files beside it"),
    "resources/*": ("resources/test_resources.py", "every operation, by one table; what is special has its own file"),
    "transports/*": ("transports/test_cases.py", "one table of cases for all transports"),
    "emulator/access.py": ("emulator/test_chain.py", "a step of the chain"),
    "emulator/facts.py": ("cli/test_emulator.py", "the first line of the command"),
    "emulator/seeded_numbers.py": ("emulator/test_emulator.py", "the same seed, the same bytes"),
    "emulator/clock.py": ("emulator/test_emulator.py", "set and moved through the emulator"),
    "emulator/faults.py": ("emulator/test_emulator.py", "made through the emulator"),
    "emulator/limits.py": ("emulator/test_chain.py", "a step of the chain"),
    "emulator/refusals.py": ("emulator/test_chain.py", "how the chain says no"),
    "emulator/requests.py": ("emulator/test_chain.py", "the first step of the chain"),
    "emulator/world.py": ("emulator/test_emulator.py", "what an emulator holds"),
    "emulator/control/*": ("emulator/test_console.py", "the pages, as a browser has them"),
    "emulator/server/*": ("emulator/test_emulator.py", "in-process and over a socket"),
    "emulator/storage/*": ("emulator/storage/test_store.py", "states go through the store"),
}


def _has_tests(module: Path) -> bool:
    """In the file of its name, or in that of the package it belongs to: handlers/feeds.py in test_handlers.py."""
    tests = ROOT / "tests"
    return (tests / module.with_name(f"test_{module.name}")).exists() or (
        module.parent.name != "" and (tests / module.parent.parent / f"test_{module.parent.name}.py").exists()
    )


def test_every_module_has_its_tests():
    package = ROOT / "src" / "pinshop"
    modules = [path.relative_to(package) for path in package.rglob("*.py") if not path.name.startswith("__")]
    without = [module for module in modules if not _has_tests(module)]
    unused = {pattern for pattern in TESTED_ELSEWHERE if not any(module.match(pattern) for module in modules)}
    assert unused == set(), "these modules are gone"
    assert {where for where, _ in TESTED_ELSEWHERE.values() if not (ROOT / "tests" / where).exists()} == set()
    untold = [str(module) for module in without if not any(module.match(pattern) for pattern in TESTED_ELSEWHERE)]
    assert untold == [], "no test of this name, and TESTED_ELSEWHERE does not say where its tests stand"


DISPLAYS = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.DictComp, ast.Subscript, ast.Call)


def test_the_formatter_is_off_for_tables_only():
    # A table stands at the top of its module: rows under one another, columns read from top to bottom.
    found = []
    for path in tracked():
        text = path.read_text(encoding="utf-8") if path.suffix == ".py" else ""
        lines = {number for number, line in enumerate(text.splitlines(), 1) if re.search(r"# fmt: (skip|off)$", line)}
        if lines:
            assignments = [node for node in ast.parse(text).body if isinstance(node, ast.Assign | ast.AnnAssign)]
            tables = {node.end_lineno for node in assignments if isinstance(node.value, DISPLAYS)}
            found += [f"{path.relative_to(ROOT)}:{number}" for number in sorted(lines - tables)]
    assert found == []


def test_the_version_is_written_once():
    # Nothing to keep in step: the package's metadata are made from the module, and pyproject.toml names none.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert pinshop.__version__ == version.__version__ == importlib.metadata.version("pinshop")
    said = [path for path in (ROOT / "src").rglob("*.py") if f'"{version.__version__}"' in path.read_text(encoding="utf-8")]
    assert [path.name for path in said] == ["version.py"]


def test_every_python_of_the_classifiers_is_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    classifiers = [text.rpartition(" ")[2] for text in project["classifiers"] if re.search(r"Python :: 3\.\d+$", text)]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == classifiers
    assert project["requires-python"] == f">={classifiers[0]}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {step["run"].split()[1] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step}
    assert called <= targets


def test_versions_of_the_api_are_not_compared_for_equality():
    """Each version has what went before: one that is looked for by its very name is lost in the next."""

    def is_version(node: ast.AST) -> bool:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return any(map(is_version, node.elts))
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.fullmatch(r"5\.\d+", node.value))

    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            compared = isinstance(node, ast.Compare) and any(map(is_version, [node.left, *node.comparators]))
            keyed = isinstance(node, ast.Dict) and any(key is not None and is_version(key) for key in node.keys)
            if compared or keyed:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_digits_are_those_of_ascii():
    """`str.isdigit` and an undirected ``\\d`` take the digits of every script, and ²."""
    of_bytes = {"src/pinshop/files/batch_journal.py": "bytes.isdigit knows ASCII only"}
    of_letters = r"[^\W\d_]"
    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            asks = node.func.attr in ("isdigit", "isdecimal", "isnumeric") and name not in of_bytes
            patterns = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            matches = of_re and any(r"\d" in one.replace(of_letters, "") for one in patterns) and "ASCII" not in ast.dump(node)
            if asks or matches:
                found.append(f"{name}:{node.lineno}")
    assert len(found) == 1, found
    assert found[0].startswith("src/pinshop/api/checks.py:"), found
