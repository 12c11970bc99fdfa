"""Which promotions there are to ask for, where nobody names them.

The ways, cheapest first; each falls back to the next one where Pinterest has it not (its sandbox has no files and no reports):

1. ``bulk``: a file of the account's promotions, one order of ads_read and its polls, or since the last time only of those that
   changed. Pinterest writes that "only active entities will return data", and what was paused or archived since has earned,
   too. So a file is trusted only once some file of the same run held an ARCHIVED promotion, which shows that files hold
   all; else a report is asked as well, and so it is where the file failed.
2. ``report``: a TOTAL report over the range, one order of ads_analytics and its polls. It names what had anything to tell.
3. ``listing``: every ad group's promotions, one call of ads_read each.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pinshop.analytics import query
from pinshop.analytics.plain_rows import Block
from pinshop.analytics.planning import ORDERED_AHEAD, Ask, Query
from pinshop.analytics.report_asks import REPORT_SECONDS, of_report, order_report
from pinshop.api import endpoints, models, operations
from pinshop.api.models import AdGroup, ProductGroupPromotion, decoders
from pinshop.api.reaches import reach
from pinshop.errors import BadReply, Forbidden, NotFound, PinshopError
from pinshop.flow import bulk, events
from pinshop.flow.paging import ListSpec, every
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow, Together

T = TypeVar("T")

Ordered = TypeVar("Ordered")

_EVERY_STATUS = models.choices(models.EntityStatus)

_AD_GROUPS, _PROMOTIONS = decoders.as_page(AdGroup), decoders.as_page(ProductGroupPromotion)

#: Promotions that were never live.
_DRAFTS = frozenset({"DRAFT", "DELETED_DRAFT"})

#: What only files of all promotions hold. Not PAUSED: "active" may mean "not archived". Nor a status that is not known here.
_SHOWS_ALL = "ARCHIVED"

#: So many files without an archived promotion are a sign that there are none in files: no more are asked for.
_MOST_UNPROVEN = 20

#: Asked for again, should the server's clocks differ, or a change be told late.
MARGIN = datetime.timedelta(days=1)


class Found(Struct, frozen=True, kw_only=True):
    """Ids of promotions. ``every_until``: every promotion that was there at that moment is among them, or was known before."""

    ids: list[str]
    every_until: datetime.datetime | None = None


def find(
    session: Session, question: Query, ad_account_ids: Sequence[str], since: Mapping[str, datetime.datetime]
) -> Flow[dict[str, Found | PinshopError]]:
    """The same for many ad accounts. ``since``: up to then every promotion of an account is known (UTC without a zone).

    Jobs of many accounts are ordered first and asked for then, so that the wait for one is the wait for all.
    """
    found: dict[str, Found | PinshopError] = {}
    complete, unproven, position = False, 0, 0
    while position < len(ad_account_ids):
        known = ad_account_ids[position] in since
        part = ad_account_ids[position : position + (ORDERED_AHEAD if complete or position or known else _MOST_UNPROVEN)]
        position += len(part)
        held: dict[str, list[str]] = {}
        if question.discover == "bulk":
            by_file = part if complete or unproven < _MOST_UNPROVEN else [account for account in part if account in since]
            now = session.now()
            moment = None if now is None else datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)
            files = yield from _jobs(
                session,
                {account: _order_file(session, question, account, since.get(account)) for account in by_file},
                lambda account, request_id: _read_file(session, account, request_id),
            )
            for account, file in files.items():
                if isinstance(file, list):
                    complete = complete or any(one.status == _SHOWS_ALL for one in file)
                    held[account] = list(dict.fromkeys(one.id for one in file if one.status not in _DRAFTS))
                else:
                    what = f"no file of promotions ({file.message}): asking for a report"
                    session.emit(events.Noticed(endpoints.BULK_DOWNLOAD_CREATE.id, what))
            for account, ids in held.items():
                # Files held all when ``since`` was kept, or it would not have been.
                if complete or account in since:
                    found[account] = Found(ids=ids, every_until=moment)
            unproven += sum(account not in since for account in by_file)
        left = [account for account in part if account not in found]
        reports: dict[str, list[str] | PinshopError] = {}
        if question.discover != "listing" and left:
            reports = yield from _by_reports(session, question, left)
        for account in left:
            one = reports.get(account)
            if isinstance(one, list):
                found[account] = Found(ids=list(dict.fromkeys([*held.get(account, ()), *one])))
            elif one is not None and not isinstance(one, Forbidden | NotFound):
                found[account] = one
            elif one is not None:
                session.emit(events.Noticed(endpoints.REPORTS_CREATE.id, f"no reports here ({one.message}): listing ad groups"))
        for account in (account for account in left if account not in found):
            listed = yield from _attempt(_by_listing(session, question, account))
            found[account] = listed if isinstance(listed, PinshopError) else Found(ids=listed)
    return found


def _attempt(flow: Flow[T]) -> Flow[T | PinshopError]:
    try:
        return (yield from flow)
    except PinshopError as error:
        return error


def _jobs(
    session: Session, orders: Mapping[str, Flow[Ordered]], read: Callable[[str, Ordered], Flow[T]]
) -> Flow[dict[str, T | PinshopError]]:
    """Order all, then read all; an account that fails takes no other with it."""
    at_most = session.options.concurrency
    ordered = yield Together([_attempt(flow) for flow in orders.values()], at_most)
    answers: dict[str, Any] = dict(zip(orders, ordered, strict=True))
    good = {account: one for account, one in answers.items() if not isinstance(one, PinshopError)}
    answers |= zip(good, (yield Together([_attempt(read(*pair)) for pair in good.items()], at_most)), strict=True)
    return answers


def _order_file(session: Session, question: Query, ad_account_id: str, since: datetime.datetime | None) -> Flow[str]:
    fields: dict[str, Any] = {"entity_types": ["PRODUCT_GROUP"]}
    if question.ad_group_ids or question.campaign_ids:  # "as well as their children and grandchildren"
        fields["entity_ids"] = [one.removeprefix("AG") for one in (*question.ad_group_ids, *question.campaign_ids)]
    if since is not None:
        now, moment = session.now(), since.replace(tzinfo=datetime.UTC).timestamp()
        # A clock that was put back has changes before the moment that is known.
        first = (moment if now is None else min(moment, now)) - MARGIN.total_seconds()
        fields["updated_since"] = str(max(0, int(first)))
    return (yield from bulk.order(session, ad_account_id, fields)).request_id


def _read_file(session: Session, ad_account_id: str, request_id: str) -> Flow[list[ProductGroupPromotion]]:
    state = yield from bulk.wait(session, ad_account_id, request_id, REPORT_SECONDS)
    held = (yield from bulk.download(session, ad_account_id, request_id, state)).promotions
    if any(not one.id for one in held):
        raise BadReply("a file of promotions holds one without an id", operation=endpoints.BULK_REQUEST_GET.id)
    return held


def _by_reports(session: Session, question: Query, ad_account_ids: Sequence[str]) -> Flow[dict[str, list[str] | PinshopError]]:
    """Rows of a TOTAL report are those of promotions that had anything at all to tell in these days."""
    total = msgspec.structs.replace(question, granularity="TOTAL", level="PRODUCT_GROUP")
    spans = query.cut(question.start_date, question.end_date, reach("report", "TOTAL").days)
    found: dict[str, list[str] | PinshopError] = {account: [] for account in ad_account_ids}
    for first, last in spans:
        asks = {one: Ask(one, "report", None, first, last) for one, ids in found.items() if isinstance(ids, list)}

        def read(account: str, token: str, asks: Mapping[str, Ask] = asks) -> Flow[Block]:
            return of_report(session, total, asks[account], {}, token)

        blocks = yield from _jobs(session, {one: order_report(session, total, ask) for one, ask in asks.items()}, read)
        for account, block in blocks.items():
            ids = found[account]
            if isinstance(block, PinshopError):
                found[account] = block
            elif isinstance(ids, list):
                found[account] = list(dict.fromkeys([*ids, *(str(row["PRODUCT_GROUP_ID"]) for row in block.dicts())]))
    return found


def _by_listing(session: Session, question: Query, ad_account_id: str) -> Flow[list[str]]:
    path = {"ad_account_id": ad_account_id}
    ad_groups: list[str] = list(question.ad_group_ids)
    if not ad_groups:
        filters = {"campaign_ids": list(question.campaign_ids) or None, "entity_statuses": _EVERY_STATUS, "page_size": 250}
        listed = yield from every(session, ListSpec([operations.build(endpoints.AD_GROUPS_LIST, path, filters)], _AD_GROUPS))
        ad_groups = [str(group.id) for group in listed]
    filters = {"entity_statuses": _EVERY_STATUS, "page_size": 250}
    calls = [
        operations.build(endpoints.PROMOTIONS_LIST, path, {"ad_group_id": group.removeprefix("AG"), **filters})
        for group in ad_groups
    ]
    return list(dict.fromkeys(str(promotion.id) for promotion in (yield from _promotions(session, calls))))


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
    return (yield from _promotions(session, calls))


def _promotions(session: Session, calls: Sequence[operations.Call]) -> Flow[list[ProductGroupPromotion]]:
    """The entries of several lists, read side by side."""
    found = yield Together([every(session, ListSpec([call], _PROMOTIONS)) for call in calls], session.options.concurrency)
    return [promotion for promotions in found for promotion in promotions]
