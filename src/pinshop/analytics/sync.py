"""Keeps a table of what was earned up to date: re-reads exactly the days that may still change.

Which days those are: `pinshop.analytics.stale_days`.

Each transaction replaces exactly what was asked: ids x days. So a row that Pinterest no longer sends goes, and rows of ids
that were not asked for stay. The server's clock decides what day it is, not the machine's.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pinshop.analytics import discovery, fetching, folder, tables, warehouse
from pinshop.analytics.fetching import Account, OnProgress
from pinshop.analytics.folder import FolderStore
from pinshop.analytics.plain_rows import Block
from pinshop.analytics.planning import Query
from pinshop.analytics.report_asks import Orders
from pinshop.analytics.stale_days import MOST_READY_DAYS, is_late, is_ready, lag_days, setting_text, units_of
from pinshop.analytics.warehouse import Change, DuckStore, Known, Scope
from pinshop.api import endpoints, operations
from pinshop.api.http import Pause
from pinshop.api.models import MetricsReadyState, decoders
from pinshop.api.reaches import reach
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError
from pinshop.extras import required
from pinshop.files.locks import lock_file
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow, Together

T = TypeVar("T")


class Synced(Struct, frozen=True, kw_only=True):
    """What a sync did. ``changed`` rows are not what they were; ``failed`` ad accounts are as they were before."""

    path: Path
    table: str
    calls: int
    rows: int
    changed: int
    read_at: datetime.datetime
    failed: Mapping[str, PinshopError] = {}

    def changed_since(self, when: str | datetime.date | datetime.datetime = "yesterday") -> list[Change]:
        """See `changed_since`."""
        return changed_since(self.path, when, table=self.table)


def sync(
    session: Session,
    question: Query,
    known_accounts: dict[str, Account],
    path: Path,
    *,
    table: str,
    days: int | None,
    verify: bool,
    wait_seconds: float,
    progress: OnProgress | None,
) -> Flow[Synced]:
    """Bring a table up to date; see ``client.analytics.sync``."""
    store = store_of(path)
    release = yield Blocking(lambda: _only_one(store.lock_path(), path))
    try:
        return (
            yield from _sync(
                session,
                question,
                known_accounts,
                store,
                table=table,
                days=days,
                verify=verify,
                wait_seconds=wait_seconds,
                progress=progress,
            )
        )
    finally:
        release()


def _sync(
    session: Session,
    question: Query,
    known_accounts: dict[str, Account],
    store: DuckStore | FolderStore,
    *,
    table: str,
    days: int | None,
    verify: bool,
    wait_seconds: float,
    progress: OnProgress | None,
) -> Flow[Synced]:
    schema = question.schema()
    columns = yield from _patiently(
        session, wait_seconds, lambda: store.prepare(table, question.columns, setting_text(question), schema)
    )
    # All columns of the table are asked for, or those that were left out would be lost where rows are replaced.
    question = msgspec.structs.replace(question, columns=tuple(columns))
    schema = question.schema()
    currencies = yield from _patiently(session, wait_seconds, lambda: store.read(lambda c: warehouse.currencies(c, table)))
    for account, currency in currencies.items():
        known_accounts.setdefault(account, Account(currency))
    failed = yield from fetching.accounts_of(session, question.ad_account_ids, known_accounts)
    lag = lag_days(question)
    ready = yield from _settled_until(session, question, lag)
    today, now = _today(session), _now(session)
    last_read = yield from _patiently(session, wait_seconds, lambda: store.read(warehouse.latest))
    # Always later than before, also within one second of the server's: what was replaced first stands first in the history.
    read_at = max(now, last_read + datetime.timedelta(microseconds=1)) if last_read is not None else now
    question = _range(question, today, days)
    accounts = question.ad_account_ids
    states: dict[str, dict[str, Known]] = yield from _patiently(
        session, wait_seconds, lambda: store.read(lambda connection: warehouse.known_ids(connection, table, accounts))
    )
    until = yield from _patiently(session, wait_seconds, lambda: store.read(lambda c: warehouse.known_until(c, table)))
    ids, every = yield from _ids(session, question, states, {} if verify else until, failed)
    units = [
        units_of(question, account, ids[account], states[account], today, session.api_version, verify=verify)
        for account in question.ad_account_ids
        if account not in failed
    ]
    ordered = [unit for turn in range(max(map(len, units), default=0)) for mine in units for unit in mine[turn : turn + 1]]
    counter = fetching.Counter(len(ordered), progress)
    done: list[warehouse.Applied] = []

    orders = Orders(session, question, failed)

    def one(index: int) -> Flow[None]:
        unit = ordered[index]
        account = unit.ad_account_id
        if account in failed:
            counter.add(account, 0, failed[account])
            return
        try:
            blocks: list[Block] = []
            for ask in unit.asks:
                blocks += yield from fetching.fetch(session, question, ask, known_accounts[account].constants(account), orders)
            scope = Scope(
                table=table,
                ad_account_id=account,
                ids=unit.ids,
                first=unit.first,
                last=unit.last,
                settled_until=ready,
                columns=question.columns,
                compared=unit.compared,
                read_at=read_at,
            )
            new = yield Blocking(lambda: _table(blocks, schema))
            applied = yield from _patiently(session, wait_seconds, lambda: store.replace(scope, new))
        except (ConfigurationError, InvalidInput):
            raise  # of the table, not of the account
        except PinshopError as error:
            failed.setdefault(account, error)
            counter.add(account, 0, error)
            return
        done.append(applied)
        counter.add(account, applied.rows)

    yield Together(orders.ahead([unit.asks for unit in ordered], one), session.options.concurrency)
    # Only now: what was found is in the table.
    if whole := {account: moment for account, moment in every.items() if account not in failed}:
        yield from _patiently(session, wait_seconds, lambda: store.note(table, whole))
    for account, error in failed.items():
        session.emit(events.Noticed("analytics", f"ad account {account} was not brought up to date: {error}"))
    if failed and len(failed) == len(question.ad_account_ids):
        raise next(iter(failed.values()))
    return Synced(
        path=store.path,
        table=table,
        calls=sum(len(unit.asks) for unit in ordered),
        rows=sum(one.rows for one in done),
        changed=sum(one.changed for one in done),
        read_at=read_at,
        failed=failed,
    )


def _table(blocks: Sequence[Block], schema: Any) -> Any:
    pa = tables.need("pyarrow", "arrow")
    return pa.concat_tables([schema.empty_table(), *(tables.from_block(block, schema) for block in blocks)])


def _today(session: Session) -> datetime.date:
    return session.today() or datetime.datetime.fromtimestamp(session.clock(), datetime.UTC).date()


def _now(session: Session) -> datetime.datetime:
    """UTC without a zone, as DuckDB's TIMESTAMP is."""
    seconds = session.now()
    moment = datetime.datetime.fromtimestamp(session.clock() if seconds is None else seconds, datetime.UTC)
    return moment.replace(tzinfo=None)


def _range(question: Query, today: datetime.date, days: int | None) -> Query:
    """The days to keep: the last ``days``, or from the question's first day on; today is the last, half over as it is."""
    start = question.start_date if days is None else today - datetime.timedelta(days - 1)
    earliest = today - datetime.timedelta(reach("report", "DAY").days_back)
    if start < earliest:
        raise InvalidInput(
            "start_date", str(start), f"{earliest} or later: reports go back {reach('report', 'DAY').days_back} days"
        )
    if start > today:
        raise InvalidInput("start_date", str(start), f"{today} or earlier, which is today at the server")
    return msgspec.structs.replace(question, start_date=start, end_date=today)


def _settled_until(session: Session, question: Query, lag: int) -> Flow[datetime.date | None]:
    """The newest day that will not change any more: old enough, and ready by Pinterest's own word."""
    late = is_late(question)
    for back in range(lag + 1, lag + 1 + MOST_READY_DAYS):
        # The server's day may only be known once it has answered.
        day = _today(session) - datetime.timedelta(back)
        call = operations.build(endpoints.METRICS_READY_STATE_GET, None, {"date": day})
        try:
            state = (yield from exchange(session, call, decoders.as_entity(MetricsReadyState))).value
        except PinshopError as error:
            session.emit(events.Noticed(call.operation.id, f"taken as not ready: {error}"))
            return None
        day = min(day, _today(session) - datetime.timedelta(back))
        if is_ready(state, late=late):
            return day
    return None


def _ids(
    session: Session,
    question: Query,
    states: Mapping[str, Mapping[str, Known]],
    until: Mapping[str, datetime.datetime],
    failed: dict[str, PinshopError],
) -> Flow[tuple[dict[str, list[str]], dict[str, datetime.datetime]]]:
    """The promotions to read: those named, or those that are known and those that were found; and when every one was found."""
    named = question.promotions
    wanted = [account for account in question.ad_account_ids if account not in named and account not in failed]
    ids = {account: list(named[account]) for account in named}
    every: dict[str, datetime.datetime] = {}
    for account, live in (yield from discovery.find(session, question, wanted, until)).items():
        if isinstance(live, PinshopError):
            failed[account] = live
            continue
        ids[account] = list(dict.fromkeys([*states[account], *live.ids]))
        if live.every_until is not None:
            every[account] = live.every_until
    return ids, every


def _patiently(session: Session, wait_seconds: float, call: Callable[[], T]) -> Flow[T]:
    """Do it; while another process holds the file, try again until ``wait_seconds`` are over."""
    until = session.monotonic() + wait_seconds
    pause = 0.1
    while True:
        try:
            return (yield Blocking(call))  # type: ignore[no-any-return]
        except ConfigurationError as error:
            if "held open" not in error.message or session.monotonic() + pause > until:
                raise
            session.emit(events.Paused("analytics", pause, error.message))
        yield Pause(pause, "another process holds the file")
        pause = min(2 * pause, 2.0)


def _only_one(lock: Path, path: Path) -> Callable[[], None]:
    """One sync of a file at a time: two that read at different moments could put older rows over newer ones."""
    release = lock_file(lock)
    if release is None:
        holder = ""
        with contextlib.suppress(OSError):
            holder = lock.read_text().strip()
        raise ConfigurationError(
            f"another sync of {path} is under way" + (f" (process {holder})" if holder else ""),
            advice="wait until it has ended",
        )
    with contextlib.suppress(OSError):
        lock.write_text(str(os.getpid()))
    return release


def store_of(path: Path) -> DuckStore | FolderStore:
    """What keeps the tables: a DuckDB file, or a folder of Parquet files."""
    in_a_file = path.suffix.lower() in (".duckdb", ".db")
    # Scopes are replaced in SQL, whatever keeps the rows: pyarrow alone reads and writes the files, and does not compare.
    required("duckdb", "duckdb", "a sync" if in_a_file else "a sync, also one to a folder of Parquet files,")
    return DuckStore(path) if in_a_file else FolderStore(path)


def parquet_files(path: str | os.PathLike[str], table: str = "analytics") -> list[Path]:
    """The files of a table of a folder that ``client.analytics.sync`` keeps, as they count at this moment.

    Read these, not all that match a pattern: a sync may be writing others. The columns are those of all files together
    (``union_by_name`` of DuckDB, ``diagonal_relaxed`` of Polars): files from before a new column do not have it.
    """
    return folder.parquet_files(Path(path), table)


def changed_since(
    path: str | os.PathLike[str], when: str | datetime.date | datetime.datetime = "yesterday", *, table: str = "analytics"
) -> list[Change]:
    """What a table holds now and did not hold then, value by value.

    Args:
        path: what was given to ``client.analytics.sync``.
        when: a moment (UTC), or a day: compared with what the table held when that day ended. "yesterday" is the day before
            the newest sync.
        table: its name.
    """
    store = store_of(Path(path))
    if isinstance(when, str) and when != "yesterday":
        try:
            when = datetime.datetime.fromisoformat(when) if len(when) > 10 else datetime.date.fromisoformat(when)
        except ValueError:
            raise InvalidInput("when", when, '"yesterday", a day or a moment YYYY-MM-DDTHH:MM:SS') from None
    moment = when

    def ask(connection: Any) -> list[Change]:
        newest = warehouse.latest(connection)
        if newest is None:
            return []
        if moment == "yesterday":
            since = datetime.datetime.combine(newest.date(), datetime.time())
        elif isinstance(moment, datetime.datetime):
            since = moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
        elif isinstance(moment, datetime.date):
            since = datetime.datetime.combine(moment + datetime.timedelta(1), datetime.time())
        else:
            raise InvalidInput("when", moment, '"yesterday", a day or a moment')
        # What happened in the very moment that was given is part of it.
        return warehouse.changes(connection, table, since - datetime.timedelta(microseconds=1))

    return store.read(ask)
