"""The Containerfile: no engine builds it here, but what it says is held against the project, and its commands are run."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def instructions():
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", "", text)
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line]


def the(name):
    (found,) = (rest for word, rest in instructions() if word == name)
    return found


def test_it_runs_as_a_user_without_rights_on_a_python_we_support():
    assert the("FROM").endswith("python:3.12-slim")
    steps = [word for word, _ in instructions()]
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert the("USER") not in ("root", "0")


@pytest.mark.source
def test_what_it_copies_is_there_and_what_it_installs_are_extras():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    copied = [source for word, rest in instructions() if word == "COPY" for source in rest.split()[:-1]]
    assert all((ROOT / source).exists() for source in copied)
    assert {project["readme"], *project["license-files"], "pyproject.toml", "src"} <= set(copied)
    (extras,) = re.findall(r'"\.\[(.+?)\]"', " ".join(rest for word, rest in instructions() if word == "RUN"))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_its_command_serves_and_its_health_check_sees_it():
    """The commands as they stand, but for the address and the port: the tests serve nothing beyond this machine."""
    entry = [*json.loads(the("ENTRYPOINT")), *json.loads(the("CMD"))]
    assert entry[entry.index("--host") + 1] == "0.0.0.0"
    port = entry[entry.index("--port") + 1]
    assert port == the("EXPOSE")
    check = json.loads(the("HEALTHCHECK").partition("CMD ")[2])
    with socket.create_server(("127.0.0.1", 0)) as free:
        other = str(free.getsockname()[1])
    command = [sys.executable, "-c", "from pinshop.cli.tree import main; main()", *entry[1:]]
    command = [other if word == port else "127.0.0.1" if word == "0.0.0.0" else word for word in command]
    check = [sys.executable if word == "python" else word.replace(port, other) for word in check]
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(process.stdout.readline())
        assert facts["base_url"].endswith(f":{other}/v5")
        subprocess.run(check, check=True)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def test_one_consent_is_not_enough():
    command = [sys.executable, "-c", "from pinshop.cli.tree import main; main()", *json.loads(the("ENTRYPOINT"))[1:]]
    command.remove("--i-know-this-is-not-pinterest")
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert refused.returncode == 2
    assert "--i-know-this-is-not-pinterest" in refused.stderr


# ------------------------------------------------------------------------------------------ docs/emulator.md


def test_the_page_tells_every_control_route_and_option():
    from pinshop.cli.emulator import emulator
    from pinshop.emulator.control.routes import TABLE

    page = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) ([a-z-]+)", page.partition("## Control routes")[2]))
    assert told == {(row.method, row.path.partition("/")[0]) for row in TABLE}
    options = {
        name
        for parameter in emulator.params
        if not getattr(parameter, "hidden", False)
        for name in parameter.opts
        if name.startswith("--")
    }
    assert {name for name in options if f"`{name}" not in page and f"({name}" not in page} <= {"--host"}


@pytest.mark.parametrize("kind", ["yaml", "jsonl"])
def test_a_state_file_is_where_the_command_begins(tmp_path, kind):
    state = tmp_path / f"state.{kind}"
    account = {"id": "549700000001", "name": "Shoes", "currency": "EUR"}
    if kind == "yaml":
        state.write_text(f"ad_accounts:\n- {json.dumps(account)}\n")
    else:
        state.write_text(json.dumps({"operation": "ad_accounts/get", "path": "/v5/ad_accounts/549700000001", "body": account}))
    command = [sys.executable, "-c", "from pinshop.cli.tree import main; main()", "emulator", "--port", "0", "--json"]
    process = subprocess.Popen([*command, "--state", state], stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(process.stdout.readline())
        with contextlib.closing(http.client.HTTPConnection(urlsplit(facts["base_url"]).netloc)) as connection:
            headers = {"authorization": f"Bearer {facts['access_token']}"}
            connection.request("GET", "/v5/ad_accounts/549700000001", headers=headers)
            assert json.loads(connection.getresponse().read())["name"] == "Shoes"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
    both = subprocess.run(
        [*command, "--state", state, "--data", tmp_path / "x.db"], capture_output=True, text=True, check=False
    )
    assert both.returncode == 2
    state.write_text("campaigns: [{id: x}]")
    broken = subprocess.run([*command, "--state", state], capture_output=True, text=True, check=False, timeout=30)
    assert broken.returncode == 2
    assert "Traceback" not in broken.stderr
