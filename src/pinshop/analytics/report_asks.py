"""Asks that are answered by a report: ordered ahead, waited for, read.

A report takes Pinterest half a minute or more, whoever waits for it. So `planning.ORDERED_AHEAD` are ordered before the first
of them is asked for: most are made by then, and the wait for one is the wait for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from pinshop.analytics import planning
from pinshop.analytics.plain_rows import Block, checked, split
from pinshop.analytics.planning import Ask, Query
from pinshop.api import endpoints, models
from pinshop.api.http import Pause
from pinshop.errors import BadReply, PinshopError, ReportUnavailable
from pinshop.flow import events, reports
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

#: How long a report may take.
REPORT_SECONDS = 1800.0

#: How long to wait before looking again whether an order is through that is under way.
_LOOK_SECONDS = 0.1


class Orders:
    """The reports of a query, ordered ahead of whoever reads them."""

    def __init__(self, session: Session, question: Query, failed: Mapping[str, object]) -> None:
        self._session, self._question, self._failed = session, question, failed
        self._awaited: set[Ask] = set()
        self._tokens: dict[Ask, str | PinshopError] = {}

    def ahead(self, jobs: Sequence[Sequence[Ask]], read: Callable[[int], Flow[None]]) -> list[Flow[None]]:
        """Flows to be run in this order, some at once: ``read`` of each job, and before it the orders of its reports."""
        reports = [(index, ask) for index, asks in enumerate(jobs) for ask in asks if ask.way == "report"]
        self._awaited.update(ask for _, ask in reports)
        flows: list[Flow[None]] = []
        ordered = done = 0
        for index, asks in enumerate(jobs):
            while ordered < len(reports) and (ordered < done + planning.ORDERED_AHEAD or reports[ordered][0] <= index):
                flows.append(self._order(reports[ordered][1]))
                ordered += 1
            flows.append(read(index))
            done += sum(ask.way == "report" for ask in asks)
        return flows

    def _order(self, ask: Ask) -> Flow[None]:
        if ask.ad_account_id in self._failed:
            self._awaited.discard(ask)
            return
        try:
            self._tokens[ask] = yield from order_report(self._session, self._question, ask)
        except PinshopError as error:
            self._tokens[ask] = error  # told to whoever reads it

    def token(self, ask: Ask) -> Flow[str | None]:
        """The token of what was ordered ahead; None if it was not."""
        while ask in self._awaited and ask not in self._tokens:
            yield Pause(_LOOK_SECONDS, "the report is being ordered")
        found = self._tokens.pop(ask, None)
        self._awaited.discard(ask)
        if isinstance(found, PinshopError):
            raise found
        return found


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
            state = yield from reports.wait(session, ask.ad_account_id, token, REPORT_SECONDS)
            body = yield from reports.download(session, ask.ad_account_id, token, state)
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
        return Block(_rows_of(text), constants, over_lines=b"\n" in text)
    data = models.decode_report(body)
    found = [{name: as_sent(name, value) for name, value in row.items()} for row in data.rows]
    return Block([msgspec.Raw(models.encode(row)) for row in found], constants)


_split_groups = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])


def _rows_of(text: bytes) -> Sequence[msgspec.Raw]:
    if text.startswith(b"["):
        return split(text).raws
    try:
        groups = _split_groups.decode(text)
    except msgspec.ValidationError as error:
        raise BadReply(f"expected a list of rows for each key of the report ({error})", body=text) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the report is not JSON ({error})", body=text) from error
    return checked([raw for raws in groups.values() for raw in raws], text)
