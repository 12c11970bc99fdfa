"""Single rows, remembered until anything is written: most calls only read, and read the same few rows."""

from __future__ import annotations

import sqlite3
from typing import Any

_MOST = 1000


def read(db: sqlite3.Connection, statement: str, key: int | str, *, named: bool = False) -> Any:
    """The one row of a statement with one argument, or None. ``named``: as `sqlite3.Row`."""
    cursor = db.execute(statement, (key,))
    row = cursor.fetchone()
    return sqlite3.Row(cursor, row) if named and row is not None else row


class Rows:
    """What was read of a connection through which alone its database is written."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int | str], Any] = {}
        self._as_of: tuple[int, int] | None = None

    def read(self, db: sqlite3.Connection, version: int, statement: str, key: int | str, *, named: bool = False) -> Any:
        """The same outside of a transaction. ``version`` says that the whole database was replaced, SQLite that rows were."""
        now = db.total_changes, version
        if now != self._as_of or len(self._found) >= _MOST:
            self._as_of, self._found = now, {}
        if (statement, key) not in self._found:
            self._found[statement, key] = read(db, statement, key, named=named)
        return self._found[statement, key]
