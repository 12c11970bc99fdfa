"""Asynchronous reports: ``/ad_accounts/{ad_account_id}/reports``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TypeVar, Unpack

from pinshop.analytics.plain_rows import Asked
from pinshop.analytics.rows import Rows
from pinshop.api import models, params
from pinshop.api.models import ReportData, ReportOrder, ReportState
from pinshop.api.params import Id
from pinshop.errors import BadReply
from pinshop.flow import reports
from pinshop.flow.jobs import check_at_most
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation

C = TypeVar("C")


class Reports(Resource[C]):
    """``client.reports``: metrics in bulk, also by product item. Order, wait, download."""

    @operation
    def create(self, ad_account_id: Id, **fields: Unpack[params.ReportRequest]) -> Flow[ReportOrder]:
        """Order a report: ``POST /ad_accounts/{ad_account_id}/reports``.

        Sends ``{"start_date": "2026-01-01", "end_date": "2026-01-31", "granularity": "DAY", "level": "PRODUCT_GROUP",
        "columns": ["SPEND_IN_MICRO_DOLLAR", …]}`` and receives ``{"report_status": "IN_PROGRESS", "token": "…"}``.

        Reaches 914 days back, 186 days at once; with HOUR 8 and 3; of level PRODUCT_ITEM 92 and 31. Days are UTC unless
        ``reporting_timezone`` says otherwise. A JSON report leaves out metrics that are zero, a CSV report writes 0; both leave
        out rows where everything is zero.

        Args:
            ad_account_id: 1 to 18 digits.
            fields: what `inputs.ReportRequest` describes; up to 500 ``product_group_ids``.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.

        Source: analytics/create_report in Pinterest's description 5.28.0.
        """
        return reports.order(self._session, ad_account_id, fields)

    @operation
    def get(self, ad_account_id: Id, token: str) -> Flow[ReportState]:
        """Ask how far a report is: ``GET /ad_accounts/{ad_account_id}/reports?token=…``.

        Receives ``{"report_status": "FINISHED", "url": "https://…", "size": 1234}``; the link is valid for five minutes, the
        report for an hour. Other statuses: IN_PROGRESS, FAILED, EXPIRED, CANCELLED, DOES_NOT_EXIST.

        Args:
            ad_account_id: 1 to 18 digits.
            token: the ``token`` of `ReportOrder`.

        Source: analytics/get_report in Pinterest's description 5.28.0.
        """
        return reports.state_of(self._session, ad_account_id, token)

    @operation
    def wait(self, ad_account_id: Id, token: str, *, at_most_seconds: float = 1800.0) -> Flow[ReportState]:
        """Ask again and again, ever less often (after 1, 2, 4, … 30 seconds), until a report is finished.

        Args:
            ad_account_id: 1 to 18 digits.
            token: the ``token`` of `ReportOrder`.
            at_most_seconds: when to give up; the token stays good for an hour.

        Returns:
            The finished report's state.

        Raises:
            ReportUnavailable: it failed, expired, was cancelled or does not exist, or is not finished in time. A state that is
                not documented is waited for, with an event.

        Source: analytics/get_report in Pinterest's description 5.28.0.
        """
        return reports.wait(self._session, ad_account_id, token, at_most_seconds)

    @operation
    def download(self, ad_account_id: Id, token: str) -> Flow[ReportData]:
        """Get the rows of a finished report: `get` for a fresh link, then a GET of that link.

        The link leads to another host: no access token is sent there, and no redirect followed. The file is limited by
        the client's ``max_reply_bytes``. JSON and CSV are told apart by their content.

        Returns:
            The rows, in the order of the file, whose length is compared with the ``size`` that the state said: numbers of a
            JSON report are exact (`int` or `decimal.Decimal`), values of a CSV report are text as written. What is missing is
            missing.

        Raises:
            ReportUnavailable: the report is not finished, failed or expired.
            BadReply: the file is too large, cut short, or neither JSON nor CSV.

        Source: analytics/get_report in Pinterest's description 5.28.0.
        """
        return models.decode_report((yield from reports.download(self._session, ad_account_id, token)))

    @operation
    def run(
        self,
        ad_account_id: Id,
        *,
        at_most_seconds: float = 1800.0,
        progress: Callable[[ReportState], object] | None = None,
        **fields: Unpack[params.ReportRequest],
    ) -> Flow[Rows]:
        """Order a report, wait for it, and get its rows: `create`, `wait` and `download` in one.

        Args:
            ad_account_id: 1 to 18 digits.
            at_most_seconds: how long to wait.
            progress: called with the `ReportState` after every question whether it is ready.
            fields: what `ReportRequest` describes.

        Returns:
            Rows as those of `Promotions.analytics`: numbers are numbers, also from CSV, and ``to_arrow`` has fixed types.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.
            ReportUnavailable: it failed, was cancelled, or is not finished in time.

        Source: analytics/create_report and analytics/get_report in Pinterest's description 5.28.0.
        """
        from pinshop.analytics import report_asks

        session = self._session
        check_at_most(at_most_seconds, "analytics/get_report")
        order = yield from reports.order(session, ad_account_id, fields)
        if not isinstance(order.token, str):
            raise BadReply("the order of a report was answered without a token", operation="analytics/create_report")
        state = yield from reports.wait(session, ad_account_id, order.token, at_most_seconds, progress)
        block = report_asks.report_block((yield from reports.download(session, ad_account_id, order.token, state)), {})
        ids = fields.get("product_group_ids")
        item = str(fields["level"]) == "PRODUCT_ITEM"
        total = str(fields["granularity"]) == "TOTAL"
        keys = ("PRODUCT_GROUP_ID", *(("PRODUCT_ITEM_ID",) if item else ()), *(() if total else ("DATE",)))
        if str(fields["level"]) not in ("PRODUCT_GROUP", "PRODUCT_ITEM"):
            keys = ()  # the rows themselves tell what they are of
        first, last = (datetime.date.fromisoformat(str(fields[name])) for name in ("start_date", "end_date"))
        asked = Asked(
            granularity=str(fields["granularity"]),
            first=first,
            last=last,
            ids={str(ad_account_id): None if ids is None or item else tuple(map(str, ids))},
            keys=keys,
        )
        return Rows((), list(map(str, fields["columns"])), blocks=[block], asked=asked)
