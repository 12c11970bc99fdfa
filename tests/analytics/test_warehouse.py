"""The tables of a sync: transactions that wait for each other share a connection, and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pinshop.analytics import files, warehouse
from pinshop.errors import BadReply

HELD_MOST = 5


def at_once(store: warehouse.DuckStore, works: list[Any]) -> list[Any]:
    """Do these, each of which waits for the one before it; their answers, or errors."""
    found: list[Any] = [None] * len(works)

    def one(index: int) -> None:
        def work(connection: Any) -> Any:
            if index + 1 < len(works):
                later[index + 1].start()
                while not store._waiting.number:
                    pass
            return works[index](connection)

        try:
            found[index] = store.read(work)
        except BadReply as error:
            found[index] = error

    later = [threading.Thread(target=one, args=(index,)) for index in range(len(works))]
    later[0].start()
    for thread in later:
        while not thread.ident:
            pass
        thread.join()
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    paths: list[Path] = []
    real = files.open_duckdb

    def count(path: Any, **options: Any) -> Any:
        paths.append(path)
        return real(path, **options)

    monkeypatch.setattr(files, "open_duckdb", count)
    return paths


def number(connection: Any) -> int:
    connection.execute("CREATE TABLE IF NOT EXISTS n AS SELECT 0 AS n")
    connection.execute("UPDATE n SET n = n + 1")
    ((found,),) = connection.execute("SELECT n FROM n").fetchall()
    return int(found)


@pytest.mark.parametrize(("seconds", "opens"), [(3600.0, 1), (0.0, HELD_MOST)])
def test_transactions_that_wait_share_a_connection_for_a_while(tmp_path, monkeypatch, opened, seconds, opens):
    monkeypatch.setattr(warehouse, "_OPEN_SECONDS", seconds)
    store = warehouse.DuckStore(tmp_path / "ads.duckdb")
    assert at_once(store, [number] * HELD_MOST) == [1, 2, 3, 4, 5]
    assert len(opened) == opens
    with files.open_duckdb(tmp_path / "ads.duckdb") as connection:  # nobody holds it any more
        assert number(connection) == 6


def test_a_transaction_that_fails_ends_alone(tmp_path, opened):
    def fails(connection: Any) -> int:
        connection.execute("BEGIN")
        number(connection)
        raise BadReply("twice")

    store = warehouse.DuckStore(tmp_path / "ads.duckdb")
    first, error, last = at_once(store, [number, fails, number])
    assert (first, last) == (1, 2)
    assert isinstance(error, BadReply)
    assert len(opened) == 2
