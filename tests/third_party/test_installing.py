"""Installing over, beside and instead of the old client, in real environments: it works, or one sentence says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import virtualenvs

#: Environments take half a minute each: every run makes a few of them, `make soak` all.
SOAK = bool(os.environ.get("PINSHOP_SOAK"))

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = (
    "import pinterest.generated.client\n"
    "from pinterest.generated.client.api import product_group_promotions_api\n"
    "from pinterest.generated.client.models import *\n"
    "configuration = pinterest.generated.client.Configuration(access_token='x')\n"
    "api = product_group_promotions_api.ProductGroupPromotionsApi(pinterest.generated.client.ApiClient(configuration))\n"
    "print(pinterest.generated.client.__version__, EntityStatus('ACTIVE') == 'ACTIVE')\n"
)
OURS = "0.1.2+pinshop True\n"
REPAIR = "run: pip uninstall -y pinterest-generated-client; pip install --force-reinstall --no-deps pinshop"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Our own wheel, made of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "tree"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    try:
        virtualenvs.run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, copy)
    except virtualenvs.Unavailable as reason:
        pytest.skip(str(reason))
    return next(folder.glob("*.whl"))


@pytest.fixture
def environment(tmp_path, wheel):
    """``environment("install old", "install pinshop")`` is the Python of an environment where pip did that, step by step."""

    def make(*steps: str) -> Path:
        python = tmp_path / "venv" / "bin" / "python"
        try:
            virtualenvs.run(sys.executable, "-m", "venv", tmp_path / "venv")
            for step in steps:
                verb, *names = step.split()
                given = [str(wheel) if name == "pinshop" else name for name in names]
                more = ["--yes"] if verb == "uninstall" else ["--disable-pip-version-check", "--force-reinstall"]
                virtualenvs.run(python, "-m", "pip", verb, "--quiet", *more, *given)
        except virtualenvs.Unavailable as reason:
            pytest.skip(str(reason))
        return python

    return make


def run(python: Path, code: str) -> tuple[str, str]:
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return done.stdout, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""


@pytest.mark.parametrize("version", ["0.1.2", "0.1.3", "0.1.4"] if SOAK else ["0.1.2"])
def test_over_the_old_client_it_works_and_what_is_not_shipped_says_so(environment, version):
    python = environment(f"install pinterest-generated-client=={version}", "install pinshop")
    assert run(python, IMPORTS) == (OURS, "")
    for statement in (
        "from pinterest.generated.client.api.ads_api import AdsApi",  # left behind by the old client
        "from pinterest.generated.client.apis import AdsApi",
        "from pinterest.generated.client.model.ad_common import AdCommon",
    ):
        assert "is not part of pinshop" in run(python, statement)[1], statement


@pytest.mark.parametrize(
    "steps",
    [
        ("install pinshop", "install pinterest-generated-client==0.1.2"),
        ("install pinterest-generated-client==0.1.2", "install pinshop", "uninstall pinterest-generated-client"),
        ("install pinshop", "install pinterest-generated-client==0.1.4", "uninstall pinterest-generated-client"),
    ],
    ids=["overwritten", "uninstalled after", "overwritten and uninstalled"],
)
def test_mixed_files_say_how_to_repair_them(environment, steps):
    python = environment(*steps)
    out, last = run(python, IMPORTS)
    assert out == ""
    assert last.startswith("ImportError: ")
    assert REPAIR in last


@pytest.mark.skipif(not SOAK, reason="one environment more; make soak runs it")
def test_the_repair_repairs(environment):
    python = environment(
        "install pinterest-generated-client==0.1.2",
        "install pinshop",
        "uninstall pinterest-generated-client",
        "install pinshop",
    )
    assert run(python, IMPORTS) == (OURS, "")


@pytest.mark.parametrize(
    "order", ["pinterest-api-sdk=={} pinshop", "pinshop pinterest-api-sdk=={}"] if SOAK else ["pinterest-api-sdk=={} pinshop"]
)
def test_beside_the_sdk_of_today_in_one_command(environment, order):
    python = environment("install " + order.format("0.2.7"))
    assert run(python, IMPORTS) == (OURS, "")
    assert run(python, "from pinterest.client import PinterestSDKClient; print(1)") == ("1\n", "")


@pytest.mark.skipif(not SOAK, reason="one environment more; make soak runs it")
def test_beside_an_sdk_that_needs_the_old_client_one_of_them_works_and_the_other_says_so(environment):
    python = environment("install pinterest-api-sdk==0.1.3 pinshop")
    out, last = run(python, IMPORTS)
    assert out == OURS or REPAIR in last
