"""What every test has: a closed network, repeatable randomness, and Pinterest's descriptions where they lie."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from openapi import Described

ROOT = Path(__file__).resolve().parent.parent
_VERDICTS = pytest.StashKey[Counter[str]]()
SOAK = bool(os.environ.get("PINSHOP_SOAK"))

# No deadline: the machine is shared, and a slow example is not a wrong one.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("soak" if SOAK else "ci" if os.environ.get("CI") else "local")


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return True
    host = address[0]
    try:
        return host in {"localhost", ""} or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _closed(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(sock: socket.socket, address: Any) -> Any:
        if not _is_here(address):
            message = f"a test tried to reach {address}; tests talk to this machine only"
            raise PermissionError(message)
        return connect(sock, address)

    return guarded


@pytest.fixture(scope="session", autouse=True)
def closed_network():
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _closed(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", _closed(socket.socket.connect_ex))
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def same_environment():
    """A test that leaves something in the environment fails, and not the ones that happen to come after it."""
    before = dict(os.environ)
    yield
    after = dict(os.environ)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    # Some libraries note something for themselves when they are imported: _RJEM_MALLOC_CONF.
    left = {name for name in changed if not name.startswith("_")} - {"PYTEST_CURRENT_TEST"}
    for name in left:
        os.environ.pop(name, None)
    os.environ.update({name: before[name] for name in left & before.keys()})
    assert left == set()


@pytest.fixture
def rounds() -> Callable[[int, int], int]:
    """``rounds(ci, soak)`` is how often to do it: the first number, or the second under ``make soak``. 0 skips."""

    def choose(ci: int, soak: int) -> int:
        number = soak if SOAK else ci
        if not number:
            pytest.skip("only in make soak" if soak else "not in make soak")
        return number

    return choose


class Statements:
    """How many statements SQLite was given: like time, but the same every time."""

    def __init__(self) -> None:
        self._total = self._seen = 0

    def count(self, _: str) -> None:
        self._total += 1

    def since(self) -> int:
        """How many there were since this was asked last."""
        new, self._seen = self._total - self._seen, self._total
        return new


@pytest.fixture
def statements(monkeypatch) -> Statements:
    """Counts the statements of every emulator that is made from now on."""
    counted, connect = Statements(), sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(counted.count)
        return connection

    monkeypatch.setattr("pinshop.emulator.storage.store.sqlite3.connect", traced)
    return counted


@cache
def _shared() -> Path | None:
    given = os.environ.get("PINSHOP_SHARED")
    path = Path(given) if given else ROOT.parent / "shared"
    if (path / "pinterest-api").is_dir():
        return path
    if given:  # whoever names a judge wants to be judged
        raise pytest.UsageError(f"PINSHOP_SHARED={given}: there is no folder pinterest-api in it")
    return None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with Pinterest's descriptions and the page this project implements: not ours to commit."""
    if (path := _shared()) is None:
        pytest.skip("Pinterest's descriptions are not here: set PINSHOP_SHARED, or lay shared/ beside the checkout")
    return path


@cache
def _description(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())


@pytest.fixture(scope="session")
def description(shared: Path) -> Callable[[str], dict[str, Any]]:
    """``description("5.23.0")`` is Pinterest's OpenAPI description of that version. Do not change it: it is shared."""
    return lambda version: _description(shared / "pinterest-api" / "openapi" / f"{version}.json")


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> Counter[str]:
    """How many replies were judged by Pinterest's descriptions, and why others were not; told at the end of the run."""
    return request.config.stash.setdefault(_VERDICTS, Counter())


@cache
def _described(folder: Path, api_version: str) -> Described:
    return Described.read(folder, api_version)


@pytest.fixture(scope="session")
def described(shared: Path) -> Callable[[str], Described]:
    """``described("5.23")`` judges requests and replies by Pinterest's description of that api_version."""
    return lambda api_version: _described(shared / "pinterest-api" / "openapi", api_version)


# ----------------------------------------------------------------------------------------- the last lines of a run


def pytest_configure(config: pytest.Config) -> None:
    config.stash.setdefault(_VERDICTS, Counter())
    _shared()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes: the first one tells
        session.config.workeroutput["verdicts"] = dict(session.config.stash[_VERDICTS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[_VERDICTS].update(getattr(node, "workeroutput", {}).get("verdicts", {}))


def _reason(report: Any) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _counted(counts: Counter[str]) -> str:
    return "; ".join(f"{count} × {reason}" for reason, count in counts.most_common())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Two lines: what was not judged and why, what was skipped and why."""
    verdicts = config.stash[_VERDICTS].copy()
    if verdicts:
        judged = verdicts.pop("judged", 0)
        terminalreporter.line(f"judged: {judged} replies; not judged: {verdicts.total()} ({_counted(verdicts) or 'none'})")
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    terminalreporter.line(f"skipped: {skipped.total()} ({_counted(skipped) or 'none'})")
