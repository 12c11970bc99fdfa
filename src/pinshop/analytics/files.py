"""Rows and tables as files: each is written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pinshop.analytics.tables import need
from pinshop.analytics.values import text_of
from pinshop.errors import ConfigurationError, InvalidInput
from pinshop.files.atomic import beside_of, replacing, sync_file, sync_folder

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    from pinshop.analytics.plain_rows import PlainRows

#: DuckDB 2.0 files of its own version cannot be opened by 1.5, which many tools still hold.
STORAGE_VERSION = "v1.5.0"

ROW_GROUP = 100_000


def write_csv(rows: PlainRows, target: str | os.PathLike[str] | IO[str]) -> None:
    """See `Rows.to_csv`."""
    if isinstance(target, str | os.PathLike):
        with replacing(target) as path, path.open("w", encoding="utf-8", newline="") as file:
            csv_lines(file, rows.names(), rows)
    else:
        csv_lines(target, rows.names(), rows)


def csv_lines(file: IO[str], names: Sequence[str], rows: Iterable[Mapping[str, Any]], *, header: bool = True) -> None:
    """The rows as lines, values as they are, with a first line of names."""
    writer = csv.writer(file, lineterminator="\n")
    if header:
        writer.writerow(names)
    writer.writerows([None if (value := row.get(name)) is None else text_of(value) for name in names] for row in rows)


def write_parquet(table: pyarrow.Table, path: str | os.PathLike[str]) -> None:
    """See `Rows.to_parquet`."""
    with replacing(path) as beside:
        need("pyarrow.parquet", "arrow").write_table(table, beside, compression="zstd", row_group_size=ROW_GROUP)


# ---------------------------------------------------------------------------------------------- DuckDB


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def open_duckdb(path: str | os.PathLike[str], *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection whose default database is the file; a new file can be read by DuckDB 1.5.

    Raises:
        ConfigurationError: another process holds the file (it is named), or it is no DuckDB file.
    """
    duck = need("duckdb", "duckdb")
    need("pyarrow", "duckdb")
    connection: duckdb.DuckDBPyConnection = duck.connect()
    connection.execute("SET enable_progress_bar = false")  # it would be printed among the data, after two seconds
    try:
        if not read_only and not Path(path).exists():
            _make(connection, Path(path))
        connection.execute(f"ATTACH {literal(str(path))} AS pinshop{' (READ_ONLY)' if read_only else ''}")
        connection.execute("USE pinshop")
    except (duck.Error, OSError) as error:
        connection.close()
        raise unusable(path, error) from error
    return connection


def _make(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A new file, whole or not at all: half of a header, left by a full disk or a kill, would be no database for ever."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = beside_of(path)
    version = f" (STORAGE_VERSION {literal(STORAGE_VERSION)})" if _duckdb_version() >= (1, 5) else ""
    try:
        beside.unlink(missing_ok=True)
        connection.execute(f"ATTACH {literal(str(beside))} AS made{version}")
        connection.execute("DETACH made")
        sync_file(beside)
        try:
            os.link(beside, path)
        except FileExistsError:
            pass  # another process was faster, and may be writing already
        except OSError:  # a file system without links
            beside.replace(path)
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _duckdb_version() -> tuple[int, ...]:
    return tuple(map(int, need("duckdb", "duckdb").__version__.split(".")[:2]))


def disk_failures() -> tuple[type[Exception], ...]:
    """What DuckDB raises where the disk fails it: at a commit, a full disk is an error of the transaction."""
    duck = need("duckdb", "duckdb")
    return (duck.IOException, duck.OutOfMemoryException, duck.TransactionException, duck.FatalException, OSError)


def unusable(path: str | os.PathLike[str], error: Exception) -> ConfigurationError:
    """What keeps a DuckDB file from being used, in a sentence that names the process that holds it."""
    import re

    words = str(error).splitlines()[0]
    if holder := re.search(r"(\S*) ?\(PID ([0-9]+)\)", str(error)):
        program = f" ({Path(holder[1]).name})" if holder[1] else ""
        return ConfigurationError(
            f"{path} is held open by process {holder[2]}{program}",
            advice="end it or close its connection: DuckDB lets one process write, or many only read",
        )
    return ConfigurationError(
        f"{path} cannot be used: {words}", advice="check that the disk is not full, and that this is a DuckDB file"
    )


def write_duckdb(
    table: pyarrow.Table, database: str | os.PathLike[str] | duckdb.DuckDBPyConnection, name: str, mode: str
) -> None:
    """See `Rows.to_duckdb`."""
    if isinstance(database, str | os.PathLike):
        connection = open_duckdb(database)
        try:
            _fill(connection, table, name, mode)
        except disk_failures() as error:
            raise unusable(database, error) from error
        finally:
            connection.close()
    else:
        need("duckdb", "duckdb")
        _fill(database, table, name, mode)


def _fill(connection: duckdb.DuckDBPyConnection, table: pyarrow.Table, name: str, mode: str) -> None:
    with registered(connection, table) as given:
        if mode == "append":
            insert(connection, name, table.schema.names, given)
            return
        create = "CREATE OR REPLACE TABLE" if mode == "replace" else "CREATE TABLE"
        try:
            connection.execute(f"{create} {quoted(name)} AS SELECT * FROM {given}")
        except need("duckdb", "duckdb").CatalogException as error:
            raise InvalidInput("table", name, f"a table that is not there yet, or another mode ({error})") from error


def insert(connection: duckdb.DuckDBPyConnection, name: str, names: Sequence[str], given: str) -> None:
    """Append to a table by the names of columns, in one statement."""
    listed = ", ".join(map(quoted, names))
    duck = need("duckdb", "duckdb")
    try:
        connection.execute(f"INSERT INTO {quoted(name)} ({listed}) SELECT {listed} FROM {given}")
    except (duck.BinderException, duck.CatalogException) as error:
        words = str(error).splitlines()[0]
        raise InvalidInput("table", name, f"a table with the columns {', '.join(names)} ({words})") from error


@contextlib.contextmanager
def registered(connection: duckdb.DuckDBPyConnection, table: Any) -> Generator[str]:
    """An Arrow table, for a moment, as a name in SQL."""
    name = "pinshop_given"
    connection.register(name, table)
    try:
        yield name
    except BaseException:
        with contextlib.suppress(Exception):  # in a transaction that failed, nothing works but its end
            connection.unregister(name)
        raise
    connection.unregister(name)
