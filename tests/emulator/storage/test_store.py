"""The state's connection to SQLite: who closes it, and when."""

from __future__ import annotations

import gc
import sqlite3

import pytest

from pinshop.emulator import Emulator
from pinshop.emulator.storage import store
from pinshop.emulator.storage.store import Store
from pinshop.errors import ConfigurationError


@pytest.fixture
def opened(monkeypatch):
    """Every connection that is opened, held so that the test can ask it."""
    connections: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(*args, **options):
        connections.append(connect(*args, **options))
        return connections[-1]

    monkeypatch.setattr(store.sqlite3, "connect", remember)
    return connections


def _is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("select 1")
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False


def test_a_dropped_emulator_leaves_no_connection_open(opened, tmp_path):
    # Python 3.13 warns of a connection that ends open, wherever the collector happens to run.
    emulator = Emulator(data=tmp_path / "state.db")
    emulator.snapshot()
    twin = emulator.fork()
    twin.load(emulator.export())
    assert len(opened) >= 4
    assert not _is_closed(opened[0])
    del emulator, twin
    gc.collect()
    assert [_is_closed(connection) for connection in opened] == [True] * len(opened)


def test_closing_twice_is_closing_once(opened):
    state = Store()
    state.close()
    state.close()
    assert _is_closed(opened[0])


@pytest.mark.parametrize("content", [b"no database, only text" * 100, None])
def test_a_file_that_is_refused_is_closed(opened, tmp_path, content):
    path = tmp_path / "state.db"
    if content is None:
        other = sqlite3.connect(path)
        other.execute("create table theirs (a)")
        other.close()
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="data file"):
        Store(path)
    assert _is_closed(opened[-1])


def test_a_state_that_is_refused_leaves_nothing_open(opened):
    with Emulator() as emulator:
        before = len(opened)
        with pytest.raises(ConfigurationError):
            emulator.load("campaigns: [1]")
        assert [_is_closed(connection) for connection in opened[before:]] == [True]
