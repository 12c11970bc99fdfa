"""What no file of the repository may hold, and what it must."""

from __future__ import annotations

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


def test_every_package_has_its_tests():
    packages = [
        path.name
        for path in (ROOT / "src" / "pinshop").iterdir()
        if path.is_dir() and path.name[0] != "_" and path.name != "__pycache__"
    ]
    assert [name for name in packages if not list((ROOT / "tests" / name).rglob("test_*.py"))] == []


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
