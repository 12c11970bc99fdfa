"""Asks that are answered by a report: ordered, waited for, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pinshop.analytics import planning
from pinshop.analytics.plain_rows import Block, split
from pinshop.analytics.planning import Ask, Query
from pinshop.api import endpoints, models
from pinshop.errors import BadReply, ReportUnavailable
from pinshop.flow import events, reports
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

#: How long a report may take.
REPORT_SECONDS = 1800.0


def order_report(session: Session, question: Query, ask: Ask) -> Flow[str]:
    """Order it; its token."""
    order = yield from reports.order(session, ask.ad_account_id, planning.report_fields(question, ask))
    if not order.token:
        raise BadReply("the order of a report was answered without a token", operation=endpoints.REPORTS_CREATE.id)
    return order.token


def of_report(
    session: Session, question: Query, ask: Ask, constants: Mapping[str, str], token: str | None = None
) -> Flow[Block]:
    """Order (unless there is a token), wait, download. A report that expires while it is read is ordered once more."""
    ordered = 0
    while True:
        ordered += 1
        if token is None:
            token = yield from order_report(session, question, ask)
        try:
            yield from reports.wait(session, ask.ad_account_id, token, REPORT_SECONDS)
            body = yield from reports.download(session, ask.ad_account_id, token)
        except ReportUnavailable as error:
            if ordered > 1 or error.state.report_status not in ("EXPIRED", "DOES_NOT_EXIST"):
                raise
            session.emit(events.Noticed(endpoints.REPORTS_GET.id, "the report expired before it was read: ordering it again"))
            token = None
        else:
            return report_block(body, constants)


def report_block(body: bytes, constants: Mapping[str, str]) -> Block:
    """The rows of a report's file, JSON or CSV, as those of an answer; numbers of CSV are numbers."""
    from pinshop.analytics.values import as_sent

    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        groups = _groups(text)
        return Block([raw for raws in groups for raw in raws], constants)
    data = models.decode_report(body)
    found = [{name: as_sent(name, value) for name, value in row.items()} for row in data.rows]
    return Block([msgspec.Raw(models.encode(row)) for row in found], constants)


_split_groups = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _groups(text: bytes) -> list[Sequence[msgspec.Raw]]:
    if text.startswith(b"["):
        return [split(text).raws]
    try:
        groups = _split_groups.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the report is not JSON ({error})", body=text) from error
    return [split(bytes(raws)).raws for raws in groups.values()]
