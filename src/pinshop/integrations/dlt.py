"""dlt: ad accounts, campaigns, ad groups, catalog product groups, promotions with their history, and what they earned.

    import dlt
    from pinshop import Client
    from pinshop.integrations.dlt import pinterest_shopping_ads

    pipeline = dlt.pipeline("ads", destination="duckdb", dataset_name="pinterest")
    if pipeline.has_pending_data:  # the last load was interrupted: docs/engines.md
        pipeline = pipeline.drop()
    with Client.from_env() as client:
        pipeline.run(pinterest_shopping_ads(client, ["549755885175"], columns="spend,checkout", start_date="2026-01-01"))

Everything is yielded as Arrow, with types that never change. `product_group_analytics` re-reads exactly the days that may
still change (`pinshop.analytics.stale_days.lag_days`, and what Pinterest says of its metrics), for each ad account its own;
how far each is settled is kept in the pipeline's state, which the destination stores. What was asked for and is not answered
any more is deleted: a load carries a tombstone (``gone``) for every promotion and day without a row, because neither a merge
key nor an upsert can tell a row that vanished from one that was not asked for. So after any number of loads the table equals
a fresh full load, of the earliest ``start_date`` and all columns that were ever given, with the windows and time zone given
last.

A destination that deletes nothing (a folder of files) cannot hold such tables: ``full_refresh=True`` replaces them whole.

Needs ``pip install 'pinshop[dlt]'``.
"""

from __future__ import annotations

import datetime
import hashlib
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import UNSET, Struct

from pinshop.analytics import planning
from pinshop.analytics.stale_days import MOST_READY_DAYS, is_late, is_ready, lag_days, setting_text
from pinshop.api import models
from pinshop.client import Client
from pinshop.errors import APIError, ConfigurationError, InvalidInput
from pinshop.extras import missing, required

try:
    import dlt  # pyright: ignore[reportMissingImports] - it lives in environments of its own
except ImportError:
    raise missing("dlt", "dlt", "the dlt source") from None

_STATUSES: Any = ["ACTIVE", "PAUSED", "ARCHIVED"]
#: The hash of a row, by which dlt tells whether a promotion changed: for Arrow it makes none itself.
_VERSION = "row_version"
_KEY = ("ad_account_id", "product_group_id", "date")


@dlt.source(name="pinterest_shopping_ads", max_table_nesting=0)  # type: ignore[untyped-decorator]
def pinterest_shopping_ads(
    client: Client,
    ad_account_ids: Sequence[str] | None = None,
    *,
    columns: Sequence[str] | str = "spend",
    start_date: str | datetime.date,
    end_date: str | datetime.date | None = None,
    full_refresh: bool = False,
    **question: Any,
) -> Any:
    """The source.

    Args:
        client: a synchronous client; it stays open.
        ad_account_ids: the default is every ad account that the token reaches.
        columns: of analytics: names or families, as a list or with commas between them; or "all".
        start_date: the first day of analytics; a later load goes on from where days were settled.
        end_date: the last day; the default is yesterday by the server's clock.
        full_refresh: read every day from ``start_date`` on, and replace all tables. The history is left out: it cannot be
            read again.
        **question: windows, report time and time zone, as ``client.analytics.get`` takes them.

    Returns:
        The resources ad_accounts, campaigns, ad_groups, catalog_product_groups, promotions, promotions_history and
        product_group_analytics.

    Raises:
        InvalidInput: a column or day that cannot be asked for.
        ConfigurationError: the destination cannot delete single rows, and ``full_refresh`` is off.
    """
    wanted = [name.strip() for name in columns.split(",")] if isinstance(columns, str) and columns != "all" else columns
    accounts = _Accounts(client, ad_account_ids)

    def listed(name: str, kind: type[Struct], entries: typing.Callable[[], Iterable[Any]]) -> Any:
        if full_refresh:
            return _entities(name, kind, entries, write_disposition="replace")
        return _entities(name, kind, entries)

    def campaigns() -> Iterator[Any]:
        return _each(accounts, lambda account: client.campaigns.list(account, entity_statuses=_STATUSES))

    def ad_groups() -> Iterator[Any]:
        return _each(accounts, lambda account: client.ad_groups.list(account, entity_statuses=_STATUSES))

    def product_groups() -> Iterator[Any]:
        return _each(accounts, lambda account: client.catalog_product_groups.list(ad_account_id=account))

    def promotions() -> Iterator[Any]:
        return _promotions(client, accounts)

    history = _entities(
        "promotions_history",
        models.ProductGroupPromotion,
        promotions,
        write_disposition={"disposition": "merge", "strategy": "scd2", "row_version_column_name": _VERSION},
        primary_key=None,
    )
    return (
        listed("ad_accounts", models.AdAccount, accounts.entities),
        listed("campaigns", models.Campaign, campaigns),
        listed("ad_groups", models.AdGroup, ad_groups),
        listed("catalog_product_groups", models.CatalogProductGroup, product_groups),
        listed("promotions", models.ProductGroupPromotion, promotions),
        *(() if full_refresh else (history,)),
        _analytics(client, accounts, wanted, start_date, end_date, full_refresh, question),
    )


class _Accounts:
    """The ad accounts of a load, asked for once."""

    def __init__(self, client: Client, ids: Sequence[str] | None) -> None:
        self._client = client
        self._ids = None if ids is None else [str(one) for one in ids]
        self._found: list[Any] | None = None

    def entities(self) -> list[Any]:
        if self._found is None:
            listed = self._client.ad_accounts
            every = listed.list(page_size=250) if self._ids is None else [listed.get(one) for one in self._ids]
            self._found = list(every)
        return self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids if self._ids is not None else [str(one.id) for one in self.entities()])


def _each(accounts: _Accounts, entries: typing.Callable[[str], Iterable[Any]]) -> Iterator[Any]:
    """The entries of every ad account; the same one, reached through two, comes once."""
    seen: set[str] = set()
    for account in accounts:
        for one in entries(account):
            if str(one.id) not in seen:
                seen.add(str(one.id))
                yield one


def _promotions(client: Client, accounts: _Accounts) -> Iterator[Any]:
    for account in accounts:
        for group in client.ad_groups.list(account, entity_statuses=_STATUSES, page_size=250):
            yield from client.promotions.list(account, ad_group_id=str(group.id), entity_statuses=_STATUSES, page_size=250)


def _entities(name: str, kind: type[Struct], entries: typing.Callable[[], Iterable[Any]], **how: Any) -> Any:
    """A resource of entities, as one Arrow table of fixed types."""
    options = {"write_disposition": "merge", "primary_key": "id", **how}
    versioned = options["primary_key"] is None

    def rows() -> Iterator[Any]:
        if options["write_disposition"] != "replace":
            _check_destination("scd2" if versioned else "delete-insert")
        yield entity_table(entries(), kind, versioned=versioned)

    return dlt.resource(rows, name=name, **{key: value for key, value in options.items() if value is not None})


def entity_table(entities: Iterable[Any], kind: type[Struct], *, versioned: bool = False) -> Any:
    """Entities as an Arrow table: text, int64 and booleans as such, everything else as the text of its JSON.

    ``versioned`` adds a hash of each row.
    """
    pa = required("pyarrow", "dlt", "the dlt source")
    types = {
        name: _arrow_type(pa, hint) for name, hint in typing.get_type_hints(kind).items() if name in kind.__struct_fields__
    }
    cells: dict[str, list[Any]] = {name: [] for name in types}
    for entity in entities:
        for name, type_ in types.items():
            value = getattr(entity, name)
            if value is UNSET or value is None:
                value = None
            elif type_ == pa.string() and not isinstance(value, str):
                value = models.encode(value).decode()
            cells[name].append(value)
    fields = [pa.field(name, type_, nullable=name != "id") for name, type_ in types.items()]
    if versioned:
        lines = zip(*cells.values(), strict=True)
        cells[_VERSION] = [hashlib.sha256(models.encode(line)).hexdigest() for line in lines]
        fields.append(pa.field(_VERSION, pa.string(), nullable=False))
    arrays = [pa.array(cells[field.name], field.type, from_pandas=False) for field in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _arrow_type(pa: Any, hint: Any) -> Any:
    kinds = {
        one
        for one in (typing.get_args(hint) or (hint,))
        if one is not type(None) and getattr(one, "__name__", "") != "UnsetType"
    }
    if kinds == {int}:
        return pa.int64()
    if kinds == {bool}:
        return pa.bool_()
    return pa.string()


def _analytics(
    client: Client,
    accounts: _Accounts,
    columns: Sequence[str] | str,
    start_date: str | datetime.date,
    end_date: str | datetime.date | None,
    full_refresh: bool,
    question: dict[str, Any],
) -> Any:
    def rows() -> Iterator[Any]:
        if not full_refresh:
            _check_destination("delete-insert")
        state = dlt.current.resource_state().setdefault("accounts", {})
        last = _last_day(client, end_date)
        ready: dict[int, datetime.date | None] = {}
        for account in accounts:
            known = {} if full_refresh else state.get(account, {})
            asked: dict[str, Any] = {"columns": columns, "end_date": last, **question}
            checked = planning.check(account, None, api_version=_api_version(client), start_date=start_date, **asked)
            if before := [name for name in known.get("columns", ()) if name not in checked.columns]:
                # Rows are replaced whole: what an earlier load asked for would be lost on these days.
                asked["columns"] = [*checked.columns, *before]
                checked = planning.check(account, None, api_version=_api_version(client), start_date=start_date, **asked)
            first = first_day(known, checked)
            since = min(first, checked.start_date, *(_days(known, "since")))
            if first > last:
                continue
            found = client.analytics.get(account, None, start_date=first, **asked)
            found.raise_if_failed()
            table = found.to_arrow()
            ids = sorted({*known.get("ids", ()), *table.column("PRODUCT_GROUP_ID").unique().to_pylist()})
            yield with_tombstones(table, account, ids, first, last)
            lag = lag_days(checked)
            if lag not in ready:
                ready[lag] = _ready_until(client, last - datetime.timedelta(lag), late=is_late(checked))
            # What was settled before is still so only where it was not read anew.
            settled = [day for day in _days(known, "settled_until") if day < first]
            settled += [day for day in (ready[lag],) if day is not None and day >= first]
            state[account] = {
                "since": since.isoformat(),
                "settled_until": max(settled).isoformat() if settled else None,
                "ids": ids,
                "columns": list(checked.columns),
                "setting": setting_text(checked),
            }

    disposition: Any = "replace" if full_refresh else {"disposition": "merge", "strategy": "delete-insert"}
    return dlt.resource(
        rows,
        name="product_group_analytics",
        write_disposition=disposition,
        primary_key=_KEY,
        columns={"gone": {"hard_delete": True, "data_type": "bool"}},
    )


def first_day(known: dict[str, Any], asked: planning.Query) -> datetime.date:
    """The first day that must be read, so that all that is kept of an ad account is right.

    ``known`` is what earlier loads wrote of it: since which day rows are kept, until which they are settled, with which columns
    and setting. A column that is new is missing on every day, rows of another setting are other numbers, and what lies before
    the first day was never read.
    """
    since = next(iter(_days(known, "since")), asked.start_date)
    if set(asked.columns) - set(known.get("columns", ())) or known.get("setting") != setting_text(asked):
        return min(since, asked.start_date)
    if asked.start_date < since:
        return asked.start_date
    settled = next(iter(_days(known, "settled_until")), None)
    return since if settled is None else max(since, settled + datetime.timedelta(1))


def _days(known: dict[str, Any], name: str) -> list[datetime.date]:
    return [datetime.date.fromisoformat(known[name])] if known.get(name) else []


def _check_destination(strategy: str) -> None:
    """Refuse where dlt would add rows in place of merging them: they would be doubled, and tombstones kept as rows."""
    destination = dlt.current.pipeline().destination
    if destination is not None and strategy not in (destination.capabilities().supported_merge_strategies or ()):
        raise ConfigurationError(
            f"the destination {destination.destination_name} cannot replace single rows: it has no {strategy}",
            advice="pass full_refresh=True, which replaces whole tables, or load into a database",
        )


def _ready_until(client: Client, newest: datetime.date, *, late: bool) -> datetime.date | None:
    """The newest of these days whose metrics Pinterest says are final."""
    for back in range(MOST_READY_DAYS):
        day = newest - datetime.timedelta(back)
        try:
            state = client.metrics.metrics_ready_state(day)
        except APIError:
            return None  # not settled: read again next time
        if is_ready(state, late=late):
            return day
    return None


def _api_version(client: Client) -> Any:
    return client._session.api_version  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - what a check of columns needs


def _last_day(client: Client, end_date: str | datetime.date | None) -> datetime.date:
    if isinstance(end_date, datetime.date):
        return end_date
    if end_date is not None:
        try:
            return datetime.date.fromisoformat(end_date)
        except ValueError:
            raise InvalidInput("end_date", end_date, "a day, YYYY-MM-DD") from None
    session = client._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the server's clock, which answers tell
    if session.today() is None:
        client.user_account.get()
    today = session.today() or datetime.datetime.now(datetime.UTC).date()
    return today - datetime.timedelta(1)


def with_tombstones(table: Any, account: str, ids: Iterable[str], first: datetime.date, last: datetime.date) -> Any:
    """The rows with ``gone`` false, and for every id and day without a row one with ``gone`` true and nothing else."""
    pa = required("pyarrow", "dlt", "the dlt source")
    pc = required("pyarrow.compute", "dlt", "the dlt source")
    days = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
    every = list(ids)
    # A number for each id and day: as pairs of text and date they would take longer than everything else here.
    of_id = pc.index_in(table.column("PRODUCT_GROUP_ID"), value_set=pa.array(every, pa.string()))
    of_day = pc.index_in(table.column("DATE"), value_set=pa.array(days, pa.date32()))
    seen = set(pc.add(pc.multiply(of_id, len(days)), of_day).to_pylist())
    absent = [(one, day) for m, one in enumerate(every) for n, day in enumerate(days) if m * len(days) + n not in seen]
    fields = [pa.field(field.name.lower(), field.type, nullable=field.name.lower() not in _KEY) for field in table.schema]
    schema = pa.schema([*fields, pa.field("gone", pa.bool_(), nullable=False)])
    held = pa.Table.from_arrays([*table.columns, pa.array([False] * table.num_rows, pa.bool_())], schema=schema)
    keys = {
        "ad_account_id": [account] * len(absent),
        "product_group_id": [one for one, _ in absent],
        "date": [day for _, day in absent],
        "gone": [True] * len(absent),
    }
    if not absent:
        return held
    stones = pa.Table.from_arrays(
        [
            pa.array(keys[f.name], f.type, from_pandas=False) if f.name in keys else pa.nulls(len(absent), f.type)
            for f in schema
        ],
        schema=schema,
    )
    return pa.concat_tables([held, stones])
