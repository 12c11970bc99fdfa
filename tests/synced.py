"""What a sync left behind, read back, and what a fresh full load would hold."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import duckdb

from earned import DAY, Earned
from pinshop.analytics import sync

COUNT, LATE = "IMPRESSION_1", "TOTAL_CHECKOUT"
#: A DuckDB file, a folder of Parquet files.
KINDS = ["ads.duckdb", "ads"]


class Killed(BaseException):
    """The process ended here."""


def held(path: Path, table: str = "analytics", columns: str = "*") -> list[tuple[Any, ...]]:
    if not path.suffix:
        listed = [str(file) for file in sync.parquet_files(path, table)]
        with duckdb.connect() as connection:
            rows = "read_parquet($files, union_by_name = true)"
            return connection.execute(f"SELECT {columns} FROM {rows} ORDER BY ALL", {"files": listed}).fetchall()
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


def rows_of(path: Path, columns: Any = (COUNT,)) -> list[tuple[Any, ...]]:
    return held(path, columns=", ".join(("AD_ACCOUNT_ID", "CURRENCY", "PRODUCT_GROUP_ID", "DATE", *columns)))


def truth(made: Earned, columns: Any = (COUNT,), first: datetime.date | None = None) -> list[tuple[Any, ...]]:
    """What a fresh full load would hold."""
    first = first or made.today - 89 * DAY
    return sorted(
        (account, made.currencies.get(account, "EUR"), one, day, *(values.get(name) for name in columns))
        for account, rows in made.rows.items()
        for (one, day), values in rows.items()
        if first <= day <= made.today and any(name in values for name in columns)
    )
