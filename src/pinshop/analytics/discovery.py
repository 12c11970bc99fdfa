"""Which promotions there are to ask for, where nobody names them.

The ways, cheapest first; each falls back to the next one where Pinterest has it not (its sandbox has no files and no reports):

1. ``bulk``: a file of the account's promotions, one order of ads_read and its polls, or since the last time only of those that
   changed. Pinterest writes that "only active entities will return data", and what was paused or archived since has earned,
   too. So a file is trusted only once some file of the same run held a promotion that is not ACTIVE, which shows that files
   hold all; else a report is asked as well.
2. ``report``: a TOTAL report over the range, one order of ads_analytics and its polls. It names what had anything to tell.
3. ``listing``: every ad group's promotions, one call of ads_read each.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from pinshop.analytics import query
from pinshop.analytics.planning import Ask, Query
from pinshop.analytics.report_asks import REPORT_SECONDS, of_report
from pinshop.api import endpoints, models, operations
from pinshop.api.models import AdGroup, Page, ProductGroupPromotion, decoders
from pinshop.api.reaches import reach
from pinshop.errors import BadReply, Forbidden, NotFound, ReportUnavailable
from pinshop.flow import bulk, events
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow, Together

_EVERY_STATUS = models.choices(models.EntityStatus)

#: Promotions that were never live.
_DRAFTS = frozenset({"DRAFT", "DELETED_DRAFT"})

#: So many files without a promotion that is not ACTIVE are a sign that there are none in files: no more are asked for.
_MOST_UNPROVEN = 20

#: Asked for again, should the server's clocks differ, or a change be told late.
MARGIN = datetime.timedelta(days=1)


class Files(Struct):
    """What the files of one run have shown. ``complete``: they hold promotions of every status."""

    complete: bool = False
    unproven: int = 0


class Found(Struct, frozen=True, kw_only=True):
    """Ids of promotions. ``every_until``: every promotion that was there at that moment is among them, or was known before."""

    ids: list[str]
    every_until: datetime.datetime | None = None


def discover(session: Session, question: Query, ad_account_id: str) -> Flow[list[str]]:
    """Ids of the promotions that were live, and perhaps of others."""
    return (yield from find(session, question, ad_account_id, Files(), None)).ids


def find(session: Session, question: Query, ad_account_id: str, files: Files, since: datetime.datetime | None) -> Flow[Found]:
    """The same. ``since``: up to then every promotion is known (UTC without a zone); only a file makes use of it."""
    found: list[str] = []
    if question.discover == "bulk" and (files.complete or files.unproven < _MOST_UNPROVEN):
        moment = session.now()
        try:
            found = yield from _by_file(session, question, ad_account_id, files, since)
        except (Forbidden, NotFound, ReportUnavailable, BadReply) as error:
            files.unproven += 1
            what = f"no file of promotions ({error.message}): asking for a report"
            session.emit(events.Noticed(endpoints.BULK_DOWNLOAD_CREATE.id, what))
        else:
            # Files held all when this was found out, so they did when ``since`` was kept.
            if files.complete or since is not None:
                until = None if moment is None else datetime.datetime.fromtimestamp(moment, datetime.UTC).replace(tzinfo=None)
                return Found(ids=found, every_until=until)
            files.unproven += 1
    if question.discover != "listing":
        try:
            named = yield from _by_report(session, question, ad_account_id)
            return Found(ids=list(dict.fromkeys([*found, *named])))
        except (Forbidden, NotFound) as error:
            session.emit(events.Noticed(endpoints.REPORTS_CREATE.id, f"no reports here ({error.message}): listing ad groups"))
    return Found(ids=(yield from _by_listing(session, question, ad_account_id)))


def _by_file(
    session: Session, question: Query, ad_account_id: str, files: Files, since: datetime.datetime | None
) -> Flow[list[str]]:
    fields: dict[str, Any] = {"entity_types": ["PRODUCT_GROUP"]}
    if question.ad_group_ids or question.campaign_ids:  # "as well as their children and grandchildren"
        fields["entity_ids"] = [one.removeprefix("AG") for one in (*question.ad_group_ids, *question.campaign_ids)]
    now = session.now()
    if since is not None:
        moment = since.replace(tzinfo=datetime.UTC).timestamp()
        # A clock that was put back has changes before the moment that is known.
        first = (moment if now is None else min(moment, now)) - MARGIN.total_seconds()
        fields["updated_since"] = str(max(0, int(first)))
    ordered = yield from bulk.order(session, ad_account_id, fields)
    yield from bulk.wait(session, ad_account_id, ordered.request_id, REPORT_SECONDS)
    held = (yield from bulk.download(session, ad_account_id, ordered.request_id)).promotions
    if any(one.status not in ("ACTIVE", msgspec.UNSET, None) for one in held):
        files.complete = True
    if any(not one.id for one in held):
        raise BadReply("a file of promotions holds one without an id", operation=endpoints.BULK_REQUEST_GET.id)
    return list(dict.fromkeys(one.id for one in held if one.status not in _DRAFTS))


def _by_report(session: Session, question: Query, ad_account_id: str) -> Flow[list[str]]:
    """Rows of a TOTAL report are those of promotions that had anything at all to tell in these days."""
    total = msgspec.structs.replace(question, granularity="TOTAL", level="PRODUCT_GROUP")
    found: dict[str, None] = {}
    for first, last in query.cut(question.start_date, question.end_date, reach("report", "TOTAL").days):
        ask = Ask(ad_account_id, "report", None, first, last)
        block = yield from of_report(session, total, ask, {})
        found.update(dict.fromkeys(str(row["PRODUCT_GROUP_ID"]) for row in block.dicts()))
    return list(found)


def _by_listing(session: Session, question: Query, ad_account_id: str) -> Flow[list[str]]:
    path = {"ad_account_id": ad_account_id}
    ad_groups: list[str] = list(question.ad_group_ids)
    if not ad_groups:
        filters = {"campaign_ids": list(question.campaign_ids) or None, "entity_statuses": _EVERY_STATUS, "page_size": 250}
        listed = yield from _pages(session, operations.build(endpoints.AD_GROUPS_LIST, path, filters), AdGroup)
        ad_groups = [str(group.id) for group in listed]
    flows = [
        _pages(
            session,
            operations.build(
                endpoints.PROMOTIONS_LIST,
                path,
                {"ad_group_id": group.removeprefix("AG"), "entity_statuses": _EVERY_STATUS, "page_size": 250},
            ),
            ProductGroupPromotion,
        )
        for group in ad_groups
    ]
    found = yield Together(flows, session.options.concurrency)
    return list(dict.fromkeys(str(promotion.id) for promotions in found for promotion in promotions))


def promotions_of(session: Session, ad_account_id: str, ids: Sequence[str]) -> Flow[list[ProductGroupPromotion]]:
    """The promotions with these ids, also archived ones."""
    row = endpoints.PROMOTIONS_LIST
    calls = [
        operations.build(
            row,
            {"ad_account_id": ad_account_id},
            {"product_group_promotion_ids": part, "entity_statuses": _EVERY_STATUS, "page_size": 250},
        )
        for part in (operations.chunk_ids(row, "product_group_promotion_ids", ids, session.api_version) if ids else [])
    ]
    found = yield Together([_pages(session, call, ProductGroupPromotion) for call in calls], session.options.concurrency)
    return [promotion for promotions in found for promotion in promotions]


def _pages(session: Session, call: operations.Call, kind: type[Any]) -> Flow[list[Any]]:
    """All entries of a list."""
    entries: list[Any] = []
    seen: set[str] = set()
    bookmark = ""
    while True:
        step = msgspec.structs.replace(call, query=f"{call.query}&bookmark={quote(bookmark, safe='')}") if bookmark else call
        page: Page[Any] = (yield from exchange(session, step, decoders.as_page(kind))).value
        entries += page.items
        bookmark = page.bookmark or ""
        if not bookmark or bookmark in seen:  # some servers repeat the last one instead of sending null
            return entries
        seen.add(bookmark)
