"""Reports as flows: order, ask how far, wait, download. `pinshop.resources.reports` and queries are made of these."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from pinshop.api import endpoints, operations, params
from pinshop.api.models import ReportOrder, ReportState, decoders
from pinshop.api.params import Id
from pinshop.api.reaches import reach
from pinshop.errors import InvalidInput, ReportUnavailable
from pinshop.flow import jobs
from pinshop.flow.exchange import exchange
from pinshop.flow.jobs import Job
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow


def order(session: Session, ad_account_id: Id, fields: Mapping[str, Any]) -> Flow[ReportOrder]:
    """Check the fields and order the report."""
    row = endpoints.REPORTS_CREATE
    body = params.check(params.ReportRequest, dict(fields), "report", row.id)
    _check_reach(body, session.today(), row.id)
    call = operations.build(row, {"ad_account_id": ad_account_id}, body=body)
    return (yield from exchange(session, call, decoders.as_entity(ReportOrder))).value


def state_of(session: Session, ad_account_id: Id, token: str) -> Flow[ReportState]:
    """Ask how far it is, once."""
    call = operations.build(endpoints.REPORTS_GET, {"ad_account_id": ad_account_id}, {"token": token})
    return (yield from exchange(session, call, decoders.as_entity(ReportState))).value


def wait(
    session: Session,
    ad_account_id: Id,
    token: str,
    at_most_seconds: float,
    progress: Callable[[ReportState], object] | None = None,
) -> Flow[ReportState]:
    """Ask again and again until it is finished."""
    return jobs.wait(session, _job(token), lambda: state_of(session, ad_account_id, token), at_most_seconds, progress)


def download(session: Session, ad_account_id: Id, token: str, now: ReportState | None = None) -> Flow[bytes]:
    """The file of a finished report, by a fresh link: that of ``now``, the state of this moment, if it is given."""
    return jobs.download(session, _job(token), lambda: state_of(session, ad_account_id, token), now)


def _job(token: str) -> Job[ReportState]:
    def unavailable(state: ReportState, words: str) -> ReportUnavailable:
        advice = "wait longer; the token stays good for an hour" if state.report_status == "IN_PROGRESS" else "order it again"
        return ReportUnavailable(words, state=state, token=token, operation=endpoints.REPORTS_GET.id, advice=advice)

    return Job(
        operation=endpoints.REPORTS_GET,
        noun="report",
        status=lambda state: state.report_status,
        url=lambda state: state.url,
        size=lambda state: state.size,
        running="IN_PROGRESS",
        done="FINISHED",
        final=frozenset({"FAILED", "EXPIRED", "CANCELLED", "DOES_NOT_EXIST"}),
        unavailable=unavailable,
        link_advice="links are valid for five minutes, reports for an hour: download again, or order it again",
    )


def _check_reach(report: Mapping[str, Any], today: datetime.date | None, operation: str) -> None:
    """The limits of the description, with a day of grace: which zone's today counts is not said.

    ``today`` is the server's; where it is not known yet, how far back the days lie is left to the server.
    """
    limits = reach("report", report["granularity"], report["level"])
    days_back, days_at_once = limits.days_back, limits.days
    why = " of level PRODUCT_ITEM" if report["level"] == "PRODUCT_ITEM" else ""
    why = " by HOUR" if report["granularity"] == "HOUR" else why
    start, end = (datetime.date.fromisoformat(report[name]) for name in ("start_date", "end_date"))
    if today is not None and start < today - datetime.timedelta(days=days_back + 1):
        allowed = f"{today - datetime.timedelta(days=days_back)} or later: a report{why} reaches {days_back} days back"
        raise InvalidInput("report.start_date", report["start_date"], allowed, operation=operation)
    if (end - start).days > days_at_once:
        allowed = f"at most {days_at_once} days after start_date, in a report{why}"
        raise InvalidInput("report.end_date", report["end_date"], allowed, operation=operation)
