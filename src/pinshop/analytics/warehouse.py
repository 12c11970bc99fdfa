"""The tables that a sync keeps, in SQL: replace exactly the scope that was asked, remember what it was before.

    analytics           the rows: AD_ACCOUNT_ID, CURRENCY, PRODUCT_GROUP_ID, DATE, the columns, OTHER_COLUMNS, read_at, settled
    analytics_history   rows as they were before a re-read changed them: the same columns, replaced_at, change
    sync_days           when each day of an ad account was read, whether it is settled, ids and rows
    sync_ids            per promotion: the days that were read, until when they are settled, and with which columns
    sync_accounts       per ad account: up to which moment every promotion of it is known
    sync_tables         per table: the attribution windows, report time and time zone of its rows

No table has a key: delete and insert of a scope in one transaction is twice as fast without, and is what keeps rows unique.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from pinshop.analytics import files, tables
from pinshop.analytics.files import quoted, registered
from pinshop.errors import BadReply, ConfigurationError, InvalidInput

if TYPE_CHECKING:
    import duckdb
    import pyarrow

T = TypeVar("T")

KEYS = ("AD_ACCOUNT_ID", "CURRENCY", "PRODUCT_GROUP_ID", "DATE")

_OURS = ("read_at", "settled")

_SYNC_TABLES = """
CREATE TABLE IF NOT EXISTS sync_tables (table_name VARCHAR, setting VARCHAR);
CREATE TABLE IF NOT EXISTS sync_ids (table_name VARCHAR, ad_account_id VARCHAR, product_group_id VARCHAR, first_day DATE,
    last_day DATE, settled_until DATE, columns VARCHAR, read_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS sync_days (table_name VARCHAR, ad_account_id VARCHAR, day DATE, read_at TIMESTAMP,
    settled BOOLEAN, ids BIGINT, rows BIGINT);
CREATE TABLE IF NOT EXISTS sync_accounts (table_name VARCHAR, ad_account_id VARCHAR, every_until TIMESTAMP);
"""


class Known(Struct, frozen=True, gc=False):
    """What is known of one promotion: its days from ``first_day`` to ``last_day`` were read, with these columns."""

    product_group_id: str
    first_day: datetime.date
    last_day: datetime.date
    settled_until: datetime.date | None
    columns: str
    read_at: datetime.datetime


class Scope(Struct, frozen=True, kw_only=True):
    """What one transaction replaces: these ids on these days. ``settled_until``: the newest day that changes no more."""

    table: str
    ad_account_id: str
    ids: tuple[str, ...]
    first: datetime.date
    last: datetime.date
    settled_until: datetime.date | None
    columns: tuple[str, ...]
    #: Columns that were read before for these ids: only in these a difference is a change.
    compared: tuple[str, ...]
    read_at: datetime.datetime


class Applied(Struct, frozen=True):
    """What a transaction did."""

    rows: int
    changed: int


def prepare(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], setting: str, schema: pyarrow.Schema
) -> list[str]:
    """Make the tables, or widen them by new columns; returns all columns of the table.

    DDL is committed and checkpointed apart from data: WAL files that hold both are what DuckDB has failed to replay.

    Raises:
        ConfigurationError: the table holds rows of other windows, report time or time zone.
    """
    connection.execute(_SYNC_TABLES)
    known = connection.execute("SELECT setting FROM sync_tables WHERE table_name = ?", [table]).fetchall()
    if known and known[0][0] != setting:
        raise ConfigurationError(
            f"the table {table} holds rows of {known[0][0]}; these would be of {setting}",
            advice="pass table= another name: rows of different settings must not stand side by side",
        )
    there = columns_of(connection, table)
    history = f"{table}_history"
    with registered(connection, schema.empty_table()) as given:
        if there is None:
            ours = "NULL::TIMESTAMP AS read_at, NULL::BOOLEAN AS settled"
            connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT *, {ours} FROM {given}")
        if columns_of(connection, history) is None:
            ours = "NULL::TIMESTAMP AS replaced_at, NULL::VARCHAR AS change"
            connection.execute(f"CREATE TABLE {quoted(history)} AS SELECT *, {ours} FROM {given}")
        kinds = {name: str(kind) for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {given}").fetchall()}
    for one in (table, history):
        have = columns_of(connection, one) or []
        spelt = {name.lower(): name for name in have}
        for name in columns:
            if spelt.get(name.lower(), name) != name:
                raise InvalidInput("columns", name, f"the name as the table {table} has it: {spelt[name.lower()]}")
        for name in (name for name in columns if name not in have):
            connection.execute(f"ALTER TABLE {quoted(one)} ADD COLUMN {quoted(name)} {kinds[name]}")
    if not known:
        connection.execute("INSERT INTO sync_tables VALUES (?, ?)", [table, setting])
    connection.execute("CHECKPOINT")
    return [name for name in columns_of(connection, table) or () if name not in (*KEYS, *_OURS, tables.OTHER)]


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str] | None:
    """The columns of a table in its order; None if there is no such table."""
    found = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ? "
        "ORDER BY column_index",
        [table],
    ).fetchall()
    return [name for (name,) in found] or None


def known_ids(connection: duckdb.DuckDBPyConnection, table: str, ad_account_ids: Sequence[str]) -> dict[str, dict[str, Known]]:
    """What is known of the promotions of ad accounts, by account and promotion."""
    cursor = connection.execute(
        "SELECT ad_account_id, product_group_id, first_day, last_day, settled_until, columns, read_at FROM sync_ids "
        "WHERE table_name = $table AND ad_account_id IN (SELECT unnest($accounts::VARCHAR[]))",
        {"table": table, "accounts": list(ad_account_ids)},
    )
    found: dict[str, dict[str, Known]] = {account: {} for account in ad_account_ids}
    # A million promotions have few days, settings and moments between them.
    same: dict[Any, Any] = {}
    while rows := cursor.fetchmany(10_000):
        for account, one, *facts in rows:
            found[account][one] = Known(one, *(same.setdefault(fact, fact) for fact in facts))
    return found


def latest(connection: duckdb.DuckDBPyConnection) -> datetime.datetime | None:
    """When the newest rows were read."""
    return connection.execute("SELECT MAX(read_at) FROM sync_ids").fetchall()[0][0]  # type: ignore[no-any-return]


def known_until(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, datetime.datetime]:
    """Up to when every promotion of each ad account is known."""
    query = "SELECT ad_account_id, every_until FROM sync_accounts WHERE table_name = ?"
    return dict(connection.execute(query, [table]).fetchall())


def note_accounts(connection: duckdb.DuckDBPyConnection, table: str, until: Mapping[str, datetime.datetime]) -> None:
    """Keep that, in the transaction that the caller holds open."""
    values = {"table": table, "accounts": list(until), "moments": list(until.values())}
    mine = "table_name = $table AND ad_account_id IN (SELECT unnest($accounts::VARCHAR[]))"
    connection.execute(f"DELETE FROM sync_accounts WHERE {mine}", {"table": table, "accounts": list(until)}).fetchall()
    connection.execute(
        "INSERT INTO sync_accounts SELECT $table, unnest($accounts::VARCHAR[]), unnest($moments::TIMESTAMP[])", values
    ).fetchall()


def currencies(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The currency of each ad account that has rows."""
    query = f"SELECT AD_ACCOUNT_ID, ANY_VALUE(CURRENCY) FROM {quoted(table)} WHERE CURRENCY IS NOT NULL GROUP BY 1"
    return dict(connection.execute(query).fetchall())


def apply(connection: duckdb.DuckDBPyConnection, scope: Scope, found: pyarrow.Table) -> Applied:
    """Replace the rows of a scope by what was found, in the transaction that the caller holds open."""
    table, history = quoted(scope.table), quoted(f"{scope.table}_history")
    within = (
        "AD_ACCOUNT_ID = $account AND DATE BETWEEN $first AND $last AND PRODUCT_GROUP_ID IN (SELECT unnest($ids::VARCHAR[]))"
    )
    values: dict[str, Any] = {
        "account": scope.ad_account_id,
        "first": scope.first,
        "last": scope.last,
        "ids": list(scope.ids),
    }
    names = [*KEYS, *scope.columns, tables.OTHER]
    listed = ", ".join(map(quoted, names))

    def run(sql: str, **more: Any) -> list[Any]:
        used = {name: value for name, value in {**values, **more}.items() if f"${name}" in sql}
        return connection.execute(sql, used).fetchall()

    with registered(connection, found.select(names)) as given:
        ((nameless, rows, unique),) = run(
            f"SELECT COUNT(*) FILTER (DATE IS NULL OR PRODUCT_GROUP_ID IS NULL), COUNT(*) FILTER ({within}), "
            f"COUNT(DISTINCT (PRODUCT_GROUP_ID, DATE)) FILTER ({within}) FROM {given}"
        )
        if nameless:  # whose rows these are is not known: nothing is replaced
            raise BadReply(f"ad account {scope.ad_account_id}: {nameless} row(s) came without PRODUCT_GROUP_ID or DATE")
        if found.num_rows and not rows:
            words = f"not one of {found.num_rows} row(s) is of an id and a day that was asked for"
            raise BadReply(f"ad account {scope.ad_account_id}: {words}")
        if rows != unique:
            raise BadReply(f"ad account {scope.ad_account_id}: {rows - unique} row(s) came twice for the same id and day")
        new = f"(SELECT * FROM {given} WHERE {within})"
        was = [f"COALESCE(o.{name}, n.{name})" if name in KEYS else f"o.{quoted(name)}" for name in names]
        differs = " OR ".join(f"o.{quoted(n)} IS DISTINCT FROM n.{quoted(n)}" for n in (*scope.compared, tables.OTHER))
        ((changed,),) = run(
            # A row that was not there before is a change only on a day that was read before.
            f"INSERT INTO {history} ({listed}, replaced_at, change) SELECT {', '.join(was)}, $now, "
            "CASE WHEN n.DATE IS NULL THEN 'gone' WHEN o.DATE IS NULL THEN 'appeared' ELSE 'changed' END "
            f"FROM (SELECT * FROM {table} WHERE {within}) o FULL JOIN {new} n "
            "ON o.PRODUCT_GROUP_ID = n.PRODUCT_GROUP_ID AND o.DATE = n.DATE "
            "LEFT JOIN (SELECT * FROM sync_ids WHERE table_name = $table AND ad_account_id = $account) s "
            "ON s.product_group_id = n.PRODUCT_GROUP_ID AND n.DATE BETWEEN s.first_day AND s.last_day "
            "WHERE n.DATE IS NULL OR CASE WHEN o.DATE IS NULL THEN s.table_name IS NOT NULL "
            f"ELSE {differs} END",
            now=scope.read_at,
            table=scope.table,
        )
        run(f"DELETE FROM {table} WHERE {within}")
        _remember(run, scope)
        run(
            f"INSERT INTO {table} ({listed}, read_at, settled) "
            f"SELECT {', '.join(f'n.{quoted(name)}' for name in names)}, $now, COALESCE(n.DATE <= i.settled_until, FALSE) "
            f"FROM {new} n JOIN pinshop_ids i ON i.id = n.PRODUCT_GROUP_ID",
            now=scope.read_at,
        )
        _remember_days(run, scope)
    return Applied(int(rows), int(changed))


def _remember(run: Callable[..., list[Any]], scope: Scope) -> None:
    """Keep which days of which promotions are known now."""
    facts = {"table": scope.table, "now": scope.read_at, "settled": scope.settled_until}
    facts |= {"columns": columns_text(scope.columns)}
    mine = "table_name = $table AND ad_account_id = $account"
    run(
        "CREATE OR REPLACE TEMP TABLE pinshop_ids AS SELECT $table AS table_name, $account AS ad_account_id, i.id, "
        "CASE WHEN s.last_day < $first::DATE - 1 THEN $first "
        "ELSE LEAST(COALESCE(s.first_day, $first), $first) END AS first_day, "
        "GREATEST(COALESCE(s.last_day, $last), $last) AS last_day, "
        "CASE WHEN s.columns = $columns "
        "THEN GREATEST(COALESCE(s.settled_until, $settled), COALESCE($settled, s.settled_until)) "
        "ELSE $settled END::DATE AS settled_until, $columns AS columns, $now AS read_at "
        "FROM (SELECT unnest($ids::VARCHAR[]) AS id) i "
        f"LEFT JOIN (SELECT * FROM sync_ids WHERE {mine}) s ON s.product_group_id = i.id",
        **facts,
    )
    run(f"DELETE FROM sync_ids WHERE {mine} AND product_group_id IN (SELECT unnest($ids::VARCHAR[]))", **facts)
    run("INSERT INTO sync_ids SELECT * FROM pinshop_ids", **facts)


def _remember_days(run: Callable[..., list[Any]], scope: Scope) -> None:
    mine, facts = "table_name = $table AND ad_account_id = $account", {"table": scope.table}
    run(f"DELETE FROM sync_days WHERE {mine} AND day BETWEEN $first AND $last", **facts)
    run(
        "INSERT INTO sync_days SELECT $table, $account, d.day, MAX(s.read_at), "
        "BOOL_AND(COALESCE(s.settled_until >= d.day, FALSE)), COUNT(*), ANY_VALUE(COALESCE(r.rows, 0)) "
        "FROM (SELECT unnest(generate_series($first::DATE, $last::DATE, INTERVAL 1 DAY))::DATE AS day) d "
        f"JOIN (SELECT * FROM sync_ids WHERE {mine}) s ON d.day BETWEEN s.first_day AND s.last_day "
        f"LEFT JOIN (SELECT DATE, COUNT(*) AS rows FROM {quoted(scope.table)} WHERE AD_ACCOUNT_ID = $account "
        "AND DATE BETWEEN $first AND $last GROUP BY DATE) r ON r.DATE = d.day GROUP BY d.day",
        **facts,
    )


def columns_text(columns: Iterable[str]) -> str:
    """The columns of a read, to be compared with those of another."""
    return ",".join(sorted(columns))


#: For how long a file stays open at most while one transaction waits for another.
_OPEN_SECONDS = 2.0


class DuckStore:
    """A DuckDB file: opened for a transaction, and closed again, so that others can read in between.

    To open and close it takes longer than most transactions: closing is a checkpoint. So those that wait for each other
    share a connection, for `_OPEN_SECONDS` at most. Each is on the disk when it is done.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._waiting = Waiting()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opened = 0.0

    def lock_path(self) -> Path:
        """What a sync holds while it works."""
        return self.path.with_name(f".{self.path.name}.lock")

    def prepare(self, table: str, columns: Sequence[str], setting: str, schema: pyarrow.Schema) -> list[str]:
        """See `prepare`."""
        return self._open(lambda connection: prepare(connection, table, columns, setting, schema))

    def read(self, ask: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Ask something of the tables."""
        return self._open(ask)

    def replace(self, scope: Scope, found: pyarrow.Table) -> Applied:
        """Replace a scope: all of it, or nothing."""

        def work(connection: duckdb.DuckDBPyConnection) -> Applied:
            connection.execute("BEGIN")
            done = apply(connection, scope, found)
            connection.execute("COMMIT")
            return done

        return self._open(work)

    def note(self, table: str, until: Mapping[str, datetime.datetime]) -> None:
        """See `note_accounts`."""

        def work(connection: duckdb.DuckDBPyConnection) -> None:
            connection.execute("BEGIN")
            note_accounts(connection, table, until)
            connection.execute("COMMIT")

        self._open(work)

    def _open(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        with self._waiting.turn(self._lock):
            if self._connection is None:
                self._connection, self._opened = files.open_duckdb(self.path), time.monotonic()
            shared = False
            try:
                done = work(self._connection)
                shared = self._waiting.number > 0 and time.monotonic() < self._opened + _OPEN_SECONDS
            except files.disk_failures() as error:
                raise files.unusable(self.path, error) from error
            finally:
                if not shared:
                    connection, self._connection = self._connection, None
                    connection.close()
            return done


class Waiting:
    """How many wait for a lock."""

    def __init__(self) -> None:
        self.number = 0
        self._count = threading.Lock()

    @contextlib.contextmanager
    def turn(self, lock: threading.Lock) -> Generator[None]:
        """Hold the lock; whoever waits for it is counted."""
        self._add(1)
        try:
            lock.acquire()
        finally:
            self._add(-1)
        try:
            yield
        finally:
            lock.release()

    def _add(self, number: int) -> None:
        with self._count:
            self.number += number


class Change(Struct, frozen=True):
    """One value that is not what it was: None for a row that was not there, or is not there any more."""

    ad_account_id: str
    product_group_id: str
    date: datetime.date
    column: str
    before: Any
    after: Any


def changes(connection: duckdb.DuckDBPyConnection, table: str, since: datetime.datetime) -> list[Change]:
    """What differs between the table as it was then and as it is now, value by value."""
    there = columns_of(connection, table)
    if there is None:
        return []
    names = [name for name in there if name not in (*KEYS, *_OURS)]
    both = ", ".join(f"b.{quoted(name)}, a.{quoted(name)}" for name in names)
    found = connection.execute(
        f"SELECT b.AD_ACCOUNT_ID, b.PRODUCT_GROUP_ID, b.DATE, {both} FROM ("
        f"SELECT * FROM {quoted(table + '_history')} WHERE replaced_at > ? QUALIFY ROW_NUMBER() OVER ("
        "PARTITION BY AD_ACCOUNT_ID, PRODUCT_GROUP_ID, DATE ORDER BY replaced_at) = 1) b "
        f"LEFT JOIN {quoted(table)} a USING (AD_ACCOUNT_ID, PRODUCT_GROUP_ID, DATE) ORDER BY ALL",
        [since],
    ).fetchall()
    return [
        Change(account, one, day, name, values[2 * n], values[2 * n + 1])
        for account, one, day, *values in found
        for n, name in enumerate(names)
        if values[2 * n] != values[2 * n + 1]
    ]
