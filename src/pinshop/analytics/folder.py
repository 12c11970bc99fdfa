"""The tables of a sync as a folder of Parquet files: always readable, by anything.

    manifest.json                          names the files that count, with their checksums; replaced last
    analytics-549755885175-2026-03-….parquet   rows of one ad account and month
    analytics_history-….parquet            rows as they were before they changed
    sync_ids-….parquet, sync_days-….parquet, sync_tables-….parquet

A file is named for its content and never changed, so whoever reads the manifest first sees one moment of all tables,
whatever is being written. What a sync replaces stays until the next one begins, for those who are reading it.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from pinshop.analytics import files, tables, warehouse
from pinshop.analytics.files import literal, quoted
from pinshop.analytics.warehouse import Applied, Scope
from pinshop.api.models.decoding import decoder_of
from pinshop.errors import ConfigurationError
from pinshop.files import atomic

if TYPE_CHECKING:
    import duckdb
    import pyarrow

T = TypeVar("T")

_STATE = ("sync_tables", "sync_ids", "sync_days", "sync_accounts")

_MANIFEST = "manifest.json"


class Entry(Struct, frozen=True):
    """One file of a table. ``account`` and ``month`` (YYYY-MM) say which rows it has; a file without them has none or all."""

    name: str
    table: str
    sha256: str
    rows: int
    account: str = ""
    month: str = ""


class Manifest(Struct):
    """The files that count."""

    files: list[Entry] = []

    def of(self, table: str) -> list[Entry]:
        """The files of a table."""
        return [entry for entry in self.files if entry.table == table]


class FolderStore:
    """A folder of Parquet files, changed by one transaction after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def lock_path(self) -> Path:
        """What a sync holds while it works."""
        return self.path / ".lock"

    def manifest(self) -> Manifest:
        """What counts at this moment.

        Raises:
            ConfigurationError: the folder holds a manifest that pinshop did not write.
        """
        try:
            return decoder_of(Manifest).decode((self.path / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return Manifest()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.path / _MANIFEST} is no manifest of a sync: {error}") from error

    def prepare(self, table: str, columns: Sequence[str], setting: str, schema: pyarrow.Schema) -> list[str]:
        """See `warehouse.prepare`."""
        with self._lock, self._connection() as connection:
            known = self.manifest()
            self._clear(known)
            self._load(connection, known, table, lambda _: False)
            found = warehouse.prepare(connection, table, columns, setting, schema)
            names = (table, f"{table}_history")
            empty = [self._write(connection, f"SELECT * FROM {quoted(name)} LIMIT 0", name) for name in names]
            kept = [entry for entry in known.files if entry.month or entry.table not in (*names, *_STATE) or entry.rows]
            kept = [entry for entry in kept if entry.table not in _STATE]
            self._replace([*empty, *kept, *self._state(connection)])
            return found

    def read(self, ask: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Ask something of the tables."""
        with self._connection() as connection:
            known = self.manifest()
            for name in dict.fromkeys(entry.table for entry in known.files):
                connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {self._rows_of(known.of(name))}")
            return ask(connection)

    def replace(self, scope: Scope, found: pyarrow.Table) -> Applied:
        """Replace a scope: all of it, or nothing."""
        months = _months(scope.first, scope.last)

        def touched(entry: Entry) -> bool:
            return entry.table == scope.table and entry.account == scope.ad_account_id and entry.month in months

        with self._lock, self._connection() as connection:
            known = self.manifest()
            self._load(connection, known, scope.table, touched)
            connection.execute("BEGIN")
            done = warehouse.apply(connection, scope, found)
            connection.execute("COMMIT")
            new = [self._month(connection, scope, month) for month in months]
            history = f"{scope.table}_history"
            new.append(self._write(connection, f"SELECT * FROM {quoted(history)}", history))
            kept = [entry for entry in known.files if not touched(entry) and entry.table not in _STATE]
            self._replace([*kept, *(entry for entry in new if entry.rows), *self._state(connection)])
            return done

    def note(self, table: str, until: Mapping[str, datetime.datetime]) -> None:
        """See `warehouse.note_accounts`."""
        with self._lock, self._connection() as connection:
            known = self.manifest()
            self._load(connection, known, table, lambda _: False)
            warehouse.note_accounts(connection, table, until)
            self._replace([*(entry for entry in known.files if entry.table not in _STATE), *self._state(connection)])

    @contextlib.contextmanager
    def _connection(self) -> Generator[duckdb.DuckDBPyConnection]:
        duck = tables.need("duckdb", "duckdb")
        tables.need("pyarrow", "duckdb")
        connection = duck.connect()
        try:
            yield connection
        except files.disk_failures() as error:
            raise files.unusable(self.path, error) from error
        finally:
            connection.close()

    def _rows_of(self, entries: Sequence[Entry]) -> str:
        listed = ", ".join(literal(str(self.path / entry.name)) for entry in entries)
        return f"read_parquet([{listed}], union_by_name = true)"

    def _load(
        self, connection: duckdb.DuckDBPyConnection, known: Manifest, table: str, wanted: Callable[[Entry], bool]
    ) -> None:
        """The state, and of the table those rows that are wanted; of its history only the columns."""
        for name in _STATE:
            if entries := known.of(name):
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {self._rows_of(entries)}")
        for name in (table, f"{table}_history"):
            if entries := [entry for entry in known.of(name) if not entry.rows or wanted(entry)]:
                connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM {self._rows_of(entries)}")

    def _month(self, connection: duckdb.DuckDBPyConnection, scope: Scope, month: str) -> Entry:
        rows = (
            f"SELECT * FROM {quoted(scope.table)} WHERE AD_ACCOUNT_ID = {literal(scope.ad_account_id)} "
            f"AND strftime(DATE, '%Y-%m') = {literal(month)} ORDER BY PRODUCT_GROUP_ID, DATE"
        )
        return self._write(connection, rows, scope.table, scope.ad_account_id, month)

    def _state(self, connection: duckdb.DuckDBPyConnection) -> list[Entry]:
        return [self._write(connection, f"SELECT * FROM {name} ORDER BY ALL", name) for name in _STATE]

    def _write(self, connection: duckdb.DuckDBPyConnection, rows: str, table: str, account: str = "", month: str = "") -> Entry:
        """Write a file that is named for its content."""
        self.path.mkdir(parents=True, exist_ok=True)
        beside = self.path / f".{table}.new"
        try:
            ((count,),) = connection.execute(
                f"COPY ({rows}) TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)"
            ).fetchall()
            atomic.sync_file(beside)
            checksum = hashlib.sha256(beside.read_bytes()).hexdigest()
            name = "-".join(filter(None, (table, account, month, checksum[:16]))) + ".parquet"
            beside.replace(self.path / name)
        finally:
            beside.unlink(missing_ok=True)
        return Entry(name, table, checksum, int(count), account, month)

    def _replace(self, entries: Sequence[Entry]) -> None:
        """The one moment at which everything changes: a new manifest."""
        unique = list({entry.name: entry for entry in entries}.values())
        atomic.sync_folder(self.path)
        with atomic.replacing(self.path / _MANIFEST) as path:
            path.write_bytes(msgspec.json.format(msgspec.json.encode(Manifest(unique))))

    def _clear(self, known: Manifest) -> None:
        """Remove what no manifest names any more."""
        needed = {entry.name for entry in known.files}
        for path in self.path.glob("*.parquet"):
            if path.name not in needed:
                path.unlink(missing_ok=True)


def _months(first: datetime.date, last: datetime.date) -> list[str]:
    days = range((last - first).days + 1)
    return list(dict.fromkeys((first + datetime.timedelta(n)).isoformat()[:7] for n in days))


def parquet_files(path: Path, table: str) -> list[Path]:
    """See `pinshop.analytics.sync.parquet_files`."""
    return [path / entry.name for entry in FolderStore(path).manifest().of(table)]
