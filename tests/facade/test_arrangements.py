"""``pinterest`` is a namespace: the façade stands alone, and beside packages of Pinterest's that own the same name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pinterest.generated.client as old

SRC = Path(old.__file__).parents[3]
# What pinterest-api-sdk 0.2.7 installs as pinterest/__init__.py.
EXTENDS = '__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'


def run(code: str, *path: Path) -> str:
    """In a Python that sees these folders first, in this order."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def sdk(tmp_path) -> Path:
    (tmp_path / "sdk/pinterest/ads").mkdir(parents=True)
    (tmp_path / "sdk/pinterest/__init__.py").write_text(EXTENDS)
    (tmp_path / "sdk/pinterest/ads/__init__.py").write_text("campaigns = 'the sdk'")
    return tmp_path / "sdk"


@pytest.fixture
def alone(tmp_path) -> Path:
    (tmp_path / "ours/pinterest/generated").mkdir(parents=True)
    (tmp_path / "ours/pinterest/generated/client").symlink_to(Path(old.__file__).parent)
    return tmp_path / "ours"


BOTH = "import pinterest.ads, pinterest.generated.client as c; print(pinterest.ads.campaigns, c.ApiClient.__name__, c.__file__)"


def test_only_the_client_is_shipped():
    assert {path.name for path in (SRC / "pinterest").iterdir()} - {"__pycache__"} == {"generated"}
    assert {path.name for path in (SRC / "pinterest/generated").iterdir()} - {"__pycache__"} == {"client"}
    assert (SRC / "pinterest/generated/client/py.typed").exists()


def test_alone(alone):
    assert "ApiClient" in run("import pinterest.generated.client as c; print(c.ApiClient)", alone)


@pytest.mark.parametrize("order", [("sdk", "alone"), ("alone", "sdk")])
def test_beside_the_sdk_in_either_order(order, request):
    folders = [request.getfixturevalue(name) for name in order]
    assert run(BOTH, *folders).startswith("the sdk ApiClient")


def test_beside_the_sdk_in_one_folder(sdk):
    shutil.copytree(Path(old.__file__).parent, sdk / "pinterest/generated/client", ignore=shutil.ignore_patterns("__pycache__"))
    out = run(BOTH, sdk)
    assert out.startswith("the sdk ApiClient")
    assert str(sdk) in out


def test_importing_it_starts_nothing_heavy():
    code = (
        "import sys, pinterest.generated.client.apis, pinterest.generated.client.models\n"
        "print([m for m in ('asyncio', 'multiprocessing', 'pprint', 'urllib.request', 'dateutil', 'pinshop.api.columns', "
        "'pinshop.client', 'pinshop.emulator') if m in sys.modules])"
    )
    assert run(code, SRC).strip() == "[]"
