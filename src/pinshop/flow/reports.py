"""Reports as flows: order, ask how far, wait, download. `pinshop.resources.reports` and queries are made of these."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from pinshop.api import endpoints, operations, params
from pinshop.api.http import Pause, Reply, Request, Url
from pinshop.api.models import ReportOrder, ReportState, decoders
from pinshop.api.params import Id
from pinshop.api.reaches import reach
from pinshop.errors import APIError, BadReply, InvalidInput, ReportUnavailable, TransportError
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.refusals import backoff, explain, is_repeatable, ordered_wait
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

#: How a host says that a link has expired.
_EXPIRED = frozenset((401, 403, 404, 410))

_LINK_ADVICE = "links are valid for five minutes, reports for an hour: download again, or order it again"

#: The documented states that no longer change and give no rows.
_FINAL = frozenset({"FAILED", "EXPIRED", "CANCELLED", "DOES_NOT_EXIST"})

_MOST_PACKING_ADDS = 256

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


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
    if isinstance(at_most_seconds, bool) or not 0 <= at_most_seconds <= 86400:
        raise InvalidInput("at_most_seconds", at_most_seconds, "0 to 86400", operation=endpoints.REPORTS_GET.id)
    until = session.monotonic() + at_most_seconds
    pause = _FIRST_PAUSE_SECONDS
    strange: set[str] = set()
    while True:
        state = yield from state_of(session, ad_account_id, token)
        if progress is not None:
            progress(state)
        if state.report_status == "FINISHED":
            return state
        if state.report_status in _FINAL:
            raise unavailable(state, token)
        if state.report_status != "IN_PROGRESS" and (name := repr(state.report_status)) not in strange:
            # Nothing says that it is over: what is not documented is waited for.
            strange.add(name)
            what = f"the report's state is {name}, which Pinterest does not document"
            session.emit(events.Noticed(endpoints.REPORTS_GET.id, what))
        left = until - session.monotonic()
        if left <= 0:
            raise unavailable(state, token, f"not finished after {at_most_seconds:.0f} s")
        why = "the report is in progress"
        session.emit(events.Paused(endpoints.REPORTS_GET.id, min(pause, left), why))
        yield Pause(min(pause, left), why)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def download(session: Session, ad_account_id: Id, token: str) -> Flow[bytes]:
    """The file of a finished report, by a fresh link."""
    attempts = 0
    while True:
        state = yield from state_of(session, ad_account_id, token)
        if state.report_status != "FINISHED":
            raise unavailable(state, token)
        if not isinstance(state.url, str):
            raise BadReply("the report is FINISHED, but comes without a link", operation=endpoints.REPORTS_GET.id)
        attempts += 1
        failure: TransportError | APIError | BadReply
        try:
            reply: Reply = yield _link(session, state.url)
        except (TransportError, BadReply) as error:
            failure, again = error, is_repeatable(endpoints.REPORTS_GET, error)
        else:
            if reply.status == 200 and not _is_cut(reply, state.size):
                return reply.body
            if reply.status == 200:
                failure, again = _cut(reply, state.size), True
            else:
                failure = explain(
                    endpoints.REPORTS_GET, reply, session.clock(), who="the report's host answered ", advice=_LINK_ADVICE
                )
                # A link that has just expired is refused, in one of several ways; the next attempt asks for a new one.
                again = reply.status in _EXPIRED or is_repeatable(endpoints.REPORTS_GET, failure)
            failure.operation = endpoints.REPORTS_GET.id
        ordered = ordered_wait(failure, session.clock())
        if not again or attempts >= session.options.max_attempts or (ordered or 0.0) > session.options.max_wait_seconds:
            raise failure
        pause = ordered if ordered is not None else backoff(attempts, 1.0)
        why = f"retrying because {failure}"
        session.emit(events.Paused(endpoints.REPORTS_GET.id, pause, why))
        yield Pause(pause, why)


def _is_cut(reply: Reply, size: object) -> bool:
    """Whether the file is not as long as the report's state said.

    Source: ``size`` of ``AdsAnalyticsGetAsyncResponse``, the bytes of the file. Where the host packs it for the way, it is not
    said which of both lengths is meant; a packed file that is cut is found by its checksum.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        return False
    if reply.headers.get("content-encoding"):
        return len(reply.body) < size and size > _MOST_PACKING_ADDS
    return len(reply.body) != size


def _cut(reply: Reply, size: object) -> BadReply:
    text = f"the file of the report has {len(reply.body):,} bytes, and should have {size:,}"
    return BadReply(text, status=reply.status, headers=reply.headers, advice="download again")


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


def unavailable(state: ReportState, token: str, words: str | None = None) -> ReportUnavailable:
    """The error of a report that has no rows to give."""
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
