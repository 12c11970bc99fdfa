"""Asynchronous reports: ``/ad_accounts/{ad_account_id}/reports``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, Unpack

from pinshop.api import endpoints, models, operations, params
from pinshop.api.http import Pause, Reply, Request, Url
from pinshop.api.models import ReportData, ReportOrder, ReportState, decoders
from pinshop.api.params import Id
from pinshop.errors import BadReply, InvalidInput, ReportUnavailable, TransportError, class_for_status
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.refusals import first_line
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation

C = TypeVar("C")

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


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
        row = endpoints.REPORTS_CREATE
        body = params.check(params.ReportRequest, fields, "report", row.id)
        _check_reach(body, self._session.today(), row.id)
        call = operations.build(row, {"ad_account_id": ad_account_id}, body=body)
        return (yield from exchange(self._session, call, decoders.as_entity(ReportOrder))).value

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
        return _state(self._session, ad_account_id, token)

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
            ReportUnavailable: it failed, expired or was cancelled, or is not finished in time.

        Source: analytics/get_report in Pinterest's description 5.28.0.
        """
        session = self._session
        if isinstance(at_most_seconds, bool) or not 0 <= at_most_seconds <= 86400:
            raise InvalidInput("at_most_seconds", at_most_seconds, "0 to 86400", operation=endpoints.REPORTS_GET.id)
        until = session.monotonic() + at_most_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            state = yield from _state(session, ad_account_id, token)
            if state.report_status == "FINISHED":
                return state
            if state.report_status != "IN_PROGRESS":
                raise _unavailable(state, token)
            left = until - session.monotonic()
            if left <= 0:
                raise _unavailable(state, token, f"not finished after {at_most_seconds:.0f} s")
            why = "the report is in progress"
            session.emit(events.Paused(endpoints.REPORTS_GET.id, min(pause, left), why))
            yield Pause(min(pause, left), why)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    @operation
    def download(self, ad_account_id: Id, token: str) -> Flow[ReportData]:
        """Get the rows of a finished report: `get` for a fresh link, then a GET of that link.

        The link leads to another host: no access token is sent there, and no redirect followed. The file is limited by
        the client's ``max_reply_bytes``. JSON and CSV are told apart by their content.

        Returns:
            The rows, in the order of the file: numbers of a JSON report are exact (`int` or `decimal.Decimal`), values of a
            CSV report are text as written. What is missing is missing.

        Raises:
            ReportUnavailable: the report is not finished, failed or expired.
            BadReply: the file is too large, cut short, or neither JSON nor CSV.

        Source: analytics/get_report in Pinterest's description 5.28.0.
        """
        session = self._session
        attempts = 0
        while True:
            state = yield from _state(session, ad_account_id, token)
            if state.report_status != "FINISHED" or not isinstance(state.url, str):
                raise _unavailable(state, token)
            attempts += 1
            failure: Exception
            try:
                reply: Reply = yield _link(session, state.url)
            except TransportError as error:
                failure, again = error, True
            else:
                if reply.status == 200:
                    return models.decode_report(reply.body)
                # A link that has just expired is refused, in one of several ways; the next attempt asks for a new one.
                failure, again = _refused(reply), reply.status >= 500 or reply.status in (401, 403, 404, 410, 429)
            if not again or attempts >= session.options.max_attempts:
                raise failure
            pause, why = _FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), f"retrying because {failure}"
            session.emit(events.Paused(endpoints.REPORTS_GET.id, pause, why))
            yield Pause(pause, why)


def _state(session: Session, ad_account_id: Id, token: str) -> Flow[ReportState]:
    call = operations.build(endpoints.REPORTS_GET, {"ad_account_id": ad_account_id}, {"token": token})
    return (yield from exchange(session, call, decoders.as_entity(ReportState))).value


def _link(session: Session, url: str) -> Request:
    """The download, without the access token: whoever made the link has signed it, and this is not Pinterest's API."""
    try:
        link = Url.parse(url)
    except ValueError as error:
        raise BadReply(f"the link of the report is not an https URL: {error}", operation=endpoints.REPORTS_GET.id) from None
    # Plain HTTP only where the API itself is reached so: an emulator.
    if link.scheme not in ("https", Url.parse(session.origin).scheme):
        raise BadReply("the link of the report is not an https URL", operation=endpoints.REPORTS_GET.id)
    headers = {name: value for name, value in session.headers.items() if name in ("User-Agent", "Accept-Encoding")}
    options = session.options
    return Request("GET", link.origin, link.target, headers, None, options.connect_seconds, options.read_seconds)


def _refused(reply: Reply) -> Exception:
    words = first_line(reply.body) or reply.reason
    return class_for_status(reply.status)(
        f"the report's host answered HTTP {reply.status}" + (f": {words}" if words else ""),
        status=reply.status,
        body=reply.body,
        headers=reply.headers,
        operation=endpoints.REPORTS_GET.id,
        advice="links are valid for five minutes, reports for an hour: download again, or order it again",
    )


def _unavailable(state: ReportState, token: str, words: str | None = None) -> ReportUnavailable:
    status = str(state.report_status)
    return ReportUnavailable(
        words or f"the report is {status}",
        state=state,
        token=token,
        operation=endpoints.REPORTS_GET.id,
        advice="wait longer; the token stays good for an hour" if status == "IN_PROGRESS" else "order it again",
    )


def _check_reach(report: Mapping[str, Any], today: datetime.date | None, operation: str) -> None:
    """The limits of the description, with a day of grace: which zone's today counts is not said.

    ``today`` is the server's; where it is not known yet, how far back the days lie is left to the server.
    """
    days_back, days_at_once, why = 914, 186, ""
    if report["level"] == "PRODUCT_ITEM":
        days_back, days_at_once, why = 92, 31, " of level PRODUCT_ITEM"
    if report["granularity"] == "HOUR":
        days_back, days_at_once, why = 8, 3, " by HOUR"
    start, end = (datetime.date.fromisoformat(report[name]) for name in ("start_date", "end_date"))
    if today is not None and start < today - datetime.timedelta(days=days_back + 1):
        allowed = f"{today - datetime.timedelta(days=days_back)} or later: a report{why} reaches {days_back} days back"
        raise InvalidInput("report.start_date", report["start_date"], allowed, operation=operation)
    if (end - start).days > days_at_once:
        allowed = f"at most {days_at_once} days after start_date, in a report{why}"
        raise InvalidInput("report.end_date", report["end_date"], allowed, operation=operation)
