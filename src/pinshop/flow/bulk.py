"""Bulk downloads as flows: order, ask how far, wait, download. `pinshop.resources.bulk` and discovery are made of these."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from pinshop.api import endpoints, models, operations, params
from pinshop.api.models import BulkData, BulkOrder, BulkState, decoders
from pinshop.api.params import Id
from pinshop.errors import BadReply, InvalidInput, ReportUnavailable
from pinshop.flow import jobs
from pinshop.flow.exchange import exchange
from pinshop.flow.jobs import Job
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

#: The longest file that is unpacked, and how much longer than its packing a file may be.
MOST_BYTES = 1024 * 1024 * 1024
MOST_TIMES = 1000


def order(session: Session, ad_account_id: Id, fields: Mapping[str, Any]) -> Flow[BulkOrder]:
    """Check the fields and order the file."""
    row = endpoints.BULK_DOWNLOAD_CREATE
    given = dict(fields)
    if "updated_since" in given:
        given["updated_since"] = _seconds("updated_since", given["updated_since"], row.id)
    wanted = given.get("campaign_filter")
    if isinstance(wanted, Mapping):
        dates = {name: _seconds(name, wanted[name], row.id) for name in ("start_time", "end_time") if name in wanted}
        given["campaign_filter"] = {**wanted, **dates}
    body = params.check(params.BulkDownloadRequest, given, "bulk", row.id)
    call = operations.build(row, {"ad_account_id": ad_account_id}, body=body)
    ordered = (yield from exchange(session, call, decoders.as_entity(BulkOrder))).value
    if not ordered.request_id:
        raise BadReply("the order of a file was answered without a request_id", operation=row.id)
    return ordered


def _seconds(name: str, value: object, operation: str) -> object:
    """Unix seconds as Pinterest wants them here, of a moment with a time zone."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise InvalidInput(name, value, "a datetime with a time zone, or Unix seconds", operation=operation)
        return str(int(value.timestamp()))
    return value


def state_of(session: Session, ad_account_id: Id, request_id: str) -> Flow[BulkState]:
    """Ask how far it is, once."""
    call = operations.build(endpoints.BULK_REQUEST_GET, {"ad_account_id": ad_account_id, "bulk_request_id": request_id})
    return (yield from exchange(session, call, decoders.as_entity(BulkState))).value


def wait(
    session: Session,
    ad_account_id: Id,
    request_id: str,
    at_most_seconds: float,
    progress: Callable[[BulkState], object] | None = None,
) -> Flow[BulkState]:
    """Ask again and again until it is done."""
    return jobs.wait(session, _job(request_id), lambda: state_of(session, ad_account_id, request_id), at_most_seconds, progress)


def download(session: Session, ad_account_id: Id, request_id: str, now: BulkState | None = None) -> Flow[BulkData]:
    """What the file of a request holds, by a fresh link: that of ``now``, the state of this moment, if it is given."""
    body = yield from jobs.download(session, _job(request_id), lambda: state_of(session, ad_account_id, request_id), now)
    try:
        return models.decode_bulk(body, min(MOST_BYTES, MOST_TIMES * len(body)))
    except BadReply as error:
        error.operation = endpoints.BULK_REQUEST_GET.id
        raise


def _job(request_id: str) -> Job[BulkState]:
    def unavailable(state: BulkState, words: str) -> ReportUnavailable:
        advice = "wait longer" if state.status == "RUNNING" else "order it again"
        return ReportUnavailable(words, state=state, token=request_id, operation=endpoints.BULK_REQUEST_GET.id, advice=advice)

    return Job(
        operation=endpoints.BULK_REQUEST_GET,
        noun="file",
        status=lambda state: state.status,
        url=lambda state: state.result_url,
        size=lambda _: None,
        running="RUNNING",
        done="SUCCEEDED",
        final=frozenset({"FAILED"}),
        unavailable=unavailable,
        link_advice="links expire: download again, or order it again",
    )
