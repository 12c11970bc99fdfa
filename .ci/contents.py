"""Check what is in the wheel and in the source distribution: every module and page, nothing else, one version."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BESIDE = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def main(wheel: Path, source: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z", "src"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    expected = {name.removeprefix("src/") for name in tracked.split("\0") if name}
    version = re.findall(r'__version__ = "(.+)"', (ROOT / "src/pinshop/version.py").read_text(encoding="utf-8"))[0]
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"pinshop-{version}.dist-info/METADATA").decode()
    expected |= {f"pinshop-{version}.dist-info/{name}" for name in BESIDE}
    if names != expected:
        sys.exit(f"the wheel lacks {sorted(expected - names)} and has {sorted(names - expected)} too many")
    if f"\nVersion: {version}\n" not in metadata or "\nLicense-Expression: MIT\n" not in metadata:
        sys.exit(f"the wheel's metadata do not say version {version} and the licence")
    with tarfile.open(source) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    lacks = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "tests/conftest.py"} - inside
    if lacks or not {f"src/{name}" for name in expected if not name.startswith("pinshop-")} <= inside:
        sys.exit(f"the source distribution lacks {sorted(lacks) or 'modules'}")
    print(f"{wheel.name}: {len(names)} files; {source.name}: {len(inside)} files")


main(Path(sys.argv[1]), Path(sys.argv[2]))
