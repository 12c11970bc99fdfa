"""Ask for anything that was earned: any accounts, promotions, columns and days."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, TypeVar, Unpack

from pinshop.analytics import discovery, fetching, planning
from pinshop.analytics.fetching import Account, OnProgress
from pinshop.analytics.planning import Plan
from pinshop.analytics.rows import Rows
from pinshop.api import models
from pinshop.api.checks import Id
from pinshop.errors import InvalidInput
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow
from pinshop.resources.binding import Resource, operation

if TYPE_CHECKING:
    from pinshop.analytics.streaming import Streamed
    from pinshop.analytics.sync import Synced

C = TypeVar("C")

_WindowDays = Literal[0, 1, 7, 14, 30, 60]


class Question(TypedDict, total=False):
    """What `Analytics.plan` and `Analytics.get` take beside accounts and promotions.

    columns: names, families ("spend", "checkout", "video") or "all".
    start_date, end_date: days, both included. Reports go back 914 days, by the hour 8, product items 92.
    granularity: DAY (the default), TOTAL, HOUR, WEEK or MONTH.
    ad_group_ids, campaign_ids: all promotions of these, at most 500.
    level: PRODUCT_GROUP (the default) or PRODUCT_ITEM.
    way: "sync" or "report" overrides the rules of `pinshop.analytics.planning`.
    discover: how ids are found for the synchronous endpoint: by a "bulk" file, a "report" (the default) or by "listing" ad
    groups; see `pinshop.analytics.discovery`. A sync begins with a "bulk" file.
    """

    columns: Required[Iterable[str] | str]
    start_date: Required[str | datetime.date]
    end_date: Required[str | datetime.date]
    granularity: models.Granularity
    ad_group_ids: Iterable[Id]
    campaign_ids: Iterable[Id]
    level: Literal["PRODUCT_GROUP", "PRODUCT_ITEM"]
    click_window_days: _WindowDays
    engagement_window_days: _WindowDays
    view_window_days: _WindowDays
    conversion_report_time: models.ConversionReportTime
    reporting_timezone: models.ReportingTimezone
    way: Literal["sync", "report"]
    discover: planning.Discovery
    allow_unknown_columns: bool


class Setting(TypedDict, total=False):
    """What rows of one table have in common, and how ids are found."""

    click_window_days: _WindowDays
    engagement_window_days: _WindowDays
    view_window_days: _WindowDays
    conversion_report_time: models.ConversionReportTime
    reporting_timezone: models.ReportingTimezone
    discover: planning.Discovery
    allow_unknown_columns: bool


class Analytics(Resource[C]):
    """``client.analytics``: what promotions earned, whatever the size of the question."""

    def __init__(self, client: Any, session: Session) -> None:
        super().__init__(client, session)
        self._accounts: dict[str, Account] = {}

    def plan(
        self,
        ad_account_ids: Id | Iterable[Id],
        promotions: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
        **question: Unpack[Question],
    ) -> Plan:
        """Plan a query without sending anything. ``print`` it: which way it goes and why, its calls and seconds.

        How far back days lie is counted from the server's day as its latest answer told it; before the first answer, from the
        machine's clock.

        Args:
            ad_account_ids: one or several.
            promotions: ids or promotions; for several ad accounts a dict of these by ad account. None: all that were live.
            **question: see `Question`.

        Raises:
            InvalidInput: no call could answer; says which days or columns can be asked for.
        """
        session = self._session
        checked = planning.check(ad_account_ids, promotions, api_version=session.api_version, **question)
        return self._plan(checked)

    def _plan(self, question: planning.Query, *, certain: bool = False) -> Plan:
        session = self._session
        ours = datetime.datetime.fromtimestamp(session.clock(), datetime.UTC).date()
        return planning.make(
            question,
            session.today() or ours,
            session.api_version,
            latest=None if certain else ours,
            quotas=session.pacer.budget(session.monotonic()) if session.pacer else [],
            side_by_side=session.options.concurrency,
        )

    def _plan_by_the_servers_day(self, question: planning.Query) -> Flow[Plan]:
        """The plan; what seems out of reach or in the future is judged only after the server was asked what day it is."""
        session, accounts = self._session, question.ad_account_ids
        failed = yield from fetching.accounts_of(session, accounts, self._accounts)
        if failed and len(failed) == len(accounts):
            raise next(iter(failed.values()))
        try:
            plan = self._plan(question, certain=True)
        except InvalidInput:
            plan = None
        if plan is None or plan.warning:
            # The day that is known may be that of an answer of some time ago.
            yield from fetching.account_of(session, next(account for account in accounts if account not in failed))
            return self._plan(question, certain=True)
        return plan

    @operation
    def get(
        self,
        ad_account_ids: Id | Iterable[Id],
        promotions: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
        *,
        progress: OnProgress | None = None,
        names: bool = False,
        **question: Unpack[Question],
    ) -> Flow[Rows]:
        """Get what promotions earned, as one table of rows: `plan` and `run` in one.

        Sends ``GET /ad_accounts/{ad_account_id}/product_groups/analytics`` or orders reports, as the plan says; several ad
        accounts are asked side by side, in turn. Tables begin with AD_ACCOUNT_ID, CURRENCY, PRODUCT_GROUP_ID and DATE.

        Args:
            ad_account_ids: one or several.
            promotions: ids or promotions; for several ad accounts a dict of these by ad account. None: all that were live.
            progress: called with a `Progress` after every call and report.
            names: join status, ad group and catalog product group of the promotions (one call per 250).
            **question: see `Question`.

        Returns:
            The rows. ``rows.failed`` names ad accounts of which nothing is known, ``rows.missing_ids`` ids without a row.

        Raises:
            InvalidInput: no call could answer; says which days or columns can be asked for.
            PinshopError: nothing at all could be fetched.

        Source: product_groups/analytics and analytics/create_report in Pinterest's description 5.28.0.
        """
        session = self._session
        checked = planning.check(ad_account_ids, promotions, api_version=session.api_version, **question)
        plan = yield from self._plan_by_the_servers_day(checked)
        rows = yield from fetching.run(session, plan, self._accounts, progress)
        return (yield from self._named(rows)) if names else rows

    @operation
    def run(self, plan: Plan, *, progress: OnProgress | None = None, names: bool = False) -> Flow[Rows]:
        """Carry out a plan: as `get`, which sends ``GET /ad_accounts/{ad_account_id}/product_groups/analytics`` or reports.

        Raises:
            PinshopError: nothing at all could be fetched.

        Source: product_groups/analytics and analytics/create_report in Pinterest's description 5.28.0.
        """
        rows = yield from fetching.run(self._session, plan, self._accounts, progress)
        return (yield from self._named(rows)) if names else rows

    @operation
    def batch(self, plan: Plan, ask: planning.Ask) -> Flow[Any]:
        """Get the rows of one ask of a plan, for engines with workers of their own, as a `pyarrow.Table`.

        Its schema is ``plan.query.schema()``, whatever came. Sends
        ``GET /ad_accounts/{ad_account_id}/product_groups/analytics`` or orders a report.

        Raises:
            PinshopError: it failed; asking again is safe.

        Source: product_groups/analytics and analytics/create_report in Pinterest's description 5.28.0.
        """
        from pinshop.analytics import tables

        pa = tables.need("pyarrow", "arrow")
        session = self._session
        failed = yield from fetching.accounts_of(session, [ask.ad_account_id], self._accounts)
        for error in failed.values():
            raise error
        constants = self._accounts[ask.ad_account_id].constants(ask.ad_account_id)
        blocks = yield from fetching.fetch(session, plan.query, ask, constants)
        schema = plan.query.schema()

        def made() -> Any:
            return pa.concat_tables([schema.empty_table(), *(tables.from_block(block, schema) for block in blocks)])

        return (yield Blocking(made))  # a tenth of a second for a large answer, in which others may arrive

    @operation
    def stream(
        self,
        ad_account_ids: Id | Iterable[Id],
        promotions: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
        *,
        to: str | os.PathLike[str],
        table: str = "analytics",
        mode: Literal["create", "replace", "append"] = "create",
        partial: bool = False,
        progress: OnProgress | None = None,
        **question: Unpack[Question],
    ) -> Flow[Streamed]:
        """Write what promotions earned to a file, however much it is: as `get`, with flat memory.

        Sends ``GET /ad_accounts/{ad_account_id}/product_groups/analytics`` or orders reports. Answers go to a folder beside the
        file as they come; after an interruption (also ``kill -9``) the same call goes on where it stopped. The file is
        replaced at the end.

        Args:
            ad_account_ids: as for `get`.
            promotions: as for `get`.
            to: a path that ends in .parquet, .csv, .duckdb or .db.
            table: of a DuckDB file.
            mode: of a DuckDB file: create (the table must not be there), replace, or append.
            partial: write the file although some ad accounts failed; the answer names them.
            progress: as for `get`.
            **question: see `Question`.

        Raises:
            InvalidInput: no call could answer, or the name does not say what to write.
            PinshopError: an ad account failed; what was fetched is kept for the next attempt.

        Source: product_groups/analytics and analytics/create_report in Pinterest's description 5.28.0.
        """
        from pinshop.analytics import streaming

        target = streaming.check_target(to)
        if mode not in ("create", "replace", "append"):
            raise InvalidInput("mode", mode, "create, replace or append")
        session = self._session
        checked = planning.check(ad_account_ids, promotions, api_version=session.api_version, **question)
        plan = yield from self._plan_by_the_servers_day(checked)
        return (
            yield from streaming.stream(
                session, plan, self._accounts, target, table=table, mode=mode, partial=partial, progress=progress
            )
        )

    @operation
    def sync(
        self,
        path: str | os.PathLike[str],
        ad_account_ids: Id | Iterable[Id],
        promotions: Iterable[Any] | Mapping[str, Iterable[Any]] | None = None,
        *,
        columns: Iterable[str] | str,
        days: int | None = None,
        start_date: str | datetime.date | None = None,
        table: str = "analytics",
        verify: bool = False,
        wait_seconds: float = 30.0,
        progress: OnProgress | None = None,
        **setting: Unpack[Setting],
    ) -> Flow[Synced]:
        """Keep a table of what promotions earned by day up to date: a DuckDB file, or a folder of Parquet files.

        Both are written by DuckDB: ``pip install 'pinshop[duckdb]'``. Parquet files can be read by anything.

        Sends ``GET /ad_accounts/{ad_account_id}/product_groups/analytics`` for the days that may still change (the longest
        attribution window and three days, for columns of conversions; three days for others), for new promotions and new
        columns, and orders reports for days older than 90. Each call's answer replaces exactly what was asked, promotions x
        days, in one transaction: after a ``kill -9`` at any moment the next sync makes it right.

        Tables: ``analytics`` (its rows with ``read_at`` and ``settled``), ``analytics_history`` (rows as they were before they
        changed), ``sync_days`` (when each day was read, and whether it is settled).

        Args:
            path: a file that ends in .duckdb or .db; any other name is a folder of Parquet files.
            ad_account_ids: one or several.
            promotions: ids or promotions; for several ad accounts a dict of these by ad account. None: those in the table, and
                all others, which a file per ad account names (of what changed since the last sync) or else a report.
            columns: names, families or "all". Columns that the table has already are kept up to date as well.
            days: how many days to keep up to date, today included; 90 without ``start_date``.
            start_date: instead of ``days``: the first day to keep, at most 914 days ago.
            table: its name. Rows of other windows, report time or time zone need another table.
            verify: read 90 days again, settled or not.
            wait_seconds: how long to wait while another process holds the file open.
            progress: called with a `Progress` after every transaction.
            **setting: see `Setting`.

        Returns:
            Calls, rows and changes. ``changed_since("yesterday")`` says what changed, ``failed`` which accounts stayed
            as they were.

        Raises:
            ConfigurationError: the file is held by another process (which is named), or the table is of another setting.
            PinshopError: no account could be read.

        Source: product_groups/analytics in Pinterest's description 5.28.0.
        """
        from pinshop.analytics import sync

        if days is not None and start_date is not None:
            raise InvalidInput("days, start_date", "both", "one of the two")
        if days is not None and (type(days) is not int or not 1 <= days <= 915):
            raise InvalidInput("days", days, "1 to 915")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", table) or table.startswith("sync_"):
            raise InvalidInput("table", table, "a name of letters, digits and _ that does not begin with sync_")
        first = "2000-01-01" if start_date is None else start_date
        setting.setdefault("discover", "bulk")
        question = planning.check(
            ad_account_ids,
            promotions,
            columns=columns,
            start_date=first,
            end_date=max(str(first), "9999-12-31"),
            api_version=self._session.api_version,
            **setting,
        )
        return (
            yield from sync.sync(
                self._session,
                question,
                self._accounts,
                Path(path),
                table=table,
                days=90 if days is None and start_date is None else days,
                verify=verify,
                wait_seconds=wait_seconds,
                progress=progress,
            )
        )

    def _named(self, rows: Rows) -> Flow[Rows]:
        found: list[models.ProductGroupPromotion] = []
        for account in rows.asked.ids:
            if account in rows.failed:
                continue
            ids = dict.fromkeys(str(row["PRODUCT_GROUP_ID"]) for row in rows if row.get("AD_ACCOUNT_ID") == account)
            found += yield from discovery.promotions_of(self._session, account, list(ids))
        return rows.with_promotions(found)
