"""Carries a plan out: many accounts side by side and in turn, and an account that fails takes no other with it."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from pinshop.analytics import discovery, planning, query
from pinshop.analytics.plain_rows import Block, split
from pinshop.analytics.planning import Ask, Plan, Query
from pinshop.analytics.report_asks import Orders, of_report
from pinshop.analytics.rows import Rows
from pinshop.api import endpoints, operations
from pinshop.api.models import AdAccount, decoders
from pinshop.errors import APIError, BadReply, InvalidInput, PinshopError
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow, Together

#: A request that is too long for the server: HTTP 413, 414 and 431.
_TOO_LONG = frozenset({413, 414, 431})


class Progress(Struct, frozen=True):
    """How far a query is: ``done`` of ``total`` calls and reports, and the rows so far. ``ad_account_id``: whose came last."""

    done: int
    total: int
    rows: int
    ad_account_id: str
    error: PinshopError | None = None

    def __str__(self) -> str:
        return f"{self.done} of {self.total}, {self.rows:,} rows"


OnProgress: TypeAlias = Callable[[Progress], object]


class Counter:
    """Counts what is done and tells it, whichever thread did it."""

    def __init__(self, total: int, tell: OnProgress | None) -> None:
        self._lock = threading.Lock()
        self._tell = tell
        self._done = self._rows = 0
        self._total = total

    def add(self, account: str, rows: int, error: PinshopError | None = None) -> None:
        """One more call or report is done."""
        with self._lock:
            self._done += 1
            self._rows += rows
            if self._tell is not None:
                self._tell(Progress(self._done, self._total, self._rows, account, error))


def fetch(
    session: Session, question: Query, ask: Ask, constants: Mapping[str, str], orders: Orders | None = None
) -> Flow[list[Block]]:
    """The rows of one ask, which may have been ordered ahead."""
    if ask.way == "report":
        token = None if orders is None else (yield from orders.token(ask))
        return [(yield from of_report(session, question, ask, constants, token))]
    return (yield from _sync(session, question, ask, ask.ids or (), constants))


def _sync(session: Session, question: Query, ask: Ask, ids: Sequence[str], constants: Mapping[str, str]) -> Flow[list[Block]]:
    call = planning.sync_call(question, ask, ids)
    try:
        return [(yield from exchange(session, call, lambda body: split(body, constants))).value]
    except (APIError, BadReply) as error:
        too_long = error.status in _TOO_LONG or (isinstance(error, BadReply) and "too large" in error.message)
        if not too_long or len(ids) < 2:
            raise
        session.emit(events.Noticed(call.operation.id, f"{len(ids)} ids at once are too many: asking for half of them each"))
    half = len(ids) // 2
    first = yield from _sync(session, question, ask, ids[:half], constants)
    return first + (yield from _sync(session, question, ask, ids[half:], constants))


# ---------------------------------------------------------------------------------------------- accounts


class Account(Struct, frozen=True):
    """What a query knows of an ad account."""

    currency: str | None = None

    def constants(self, ad_account_id: str) -> dict[str, str]:
        """What stands in every row of it."""
        return {"AD_ACCOUNT_ID": ad_account_id, **({"CURRENCY": self.currency} if self.currency else {})}


def account_of(session: Session, ad_account_id: str) -> Flow[Account]:
    """Ask what its currency is; the answer also says what day it is at the server."""
    call = operations.build(endpoints.AD_ACCOUNTS_GET, {"ad_account_id": ad_account_id})
    found = (yield from exchange(session, call, decoders.as_entity(AdAccount))).value
    return Account(str(found.currency) if isinstance(found.currency, str) else None)


def until_today(
    session: Session, ad_account_id: str, first: datetime.date, last: datetime.date, reporting_timezone: str | None
) -> Flow[tuple[datetime.date, str]]:
    """See `query.until_today`; what seems to be in the future is judged after the server was asked what day it is."""
    seems = session.today() or datetime.datetime.fromtimestamp(session.clock(), datetime.UTC).date()
    with contextlib.suppress(InvalidInput):
        if not (seen := query.until_today(first, last, seems, reporting_timezone))[1]:
            return seen
    yield from account_of(session, ad_account_id)
    return query.until_today(first, last, session.today(), reporting_timezone)


def accounts_of(session: Session, ad_account_ids: Sequence[str], known: dict[str, Account]) -> Flow[dict[str, PinshopError]]:
    """Fill in ``known``; returns the accounts that could not be asked, and why."""
    wanted = [one for one in ad_account_ids if one not in known]

    def one(ad_account_id: str) -> Flow[PinshopError | None]:
        try:
            known[ad_account_id] = yield from account_of(session, ad_account_id)
        except PinshopError as error:
            return error
        return None

    errors = yield Together([one(account) for account in wanted], session.options.concurrency)
    return {account: error for account, error in zip(wanted, errors, strict=True) if error is not None}


def explain_no_rows(session: Session, ad_account_id: str, ids: Sequence[str]) -> Flow[None]:
    """Not one of these ids has a row: find out whether they are promotions at all.

    Raises:
        InvalidInput: none of them is a promotion of the ad account; says so if they are catalog product groups.
    """
    row = endpoints.PROMOTIONS_ANALYTICS
    if operations.version(session.api_version) < operations.version(endpoints.PROMOTIONS_LIST.since):
        return  # promotions cannot be read
    try:
        for start in range(0, len(ids), 250):
            if (yield from discovery.promotions_of(session, ad_account_id, ids[start : start + 250])):
                return
    except (PinshopError, ValueError):
        return  # not to be known here: the rows are what they are
    shown = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
    allowed = f"ids of promotions of ad account {ad_account_id}; promotions.list(ad_group_id=…) has them"
    for one in ids[:3]:  # those that are shown
        try:
            call = operations.build(endpoints.CATALOG_PRODUCT_GROUPS_GET, {"product_group_id": one})
            yield from exchange(session, call, decoders.as_json)
        except PinshopError:
            continue
        allowed += f"; {one} is a catalog product group, and analytics are of the promotions of it"
        break
    raise InvalidInput("product_group_ids", shown, allowed, operation=row.id)


# ------------------------------------------------------------------------------------------------- a plan


def prepared(
    session: Session, plan: Plan, known: dict[str, Account]
) -> Flow[tuple[Plan, dict[str, tuple[str, ...]], dict[str, PinshopError]]]:
    """The plan with the ids that had to be asked for, these ids, and the accounts that failed already."""
    if plan.warning:
        session.emit(events.Noticed("analytics", plan.warning, warning=True))
    failed = yield from accounts_of(session, plan.query.ad_account_ids, known)
    wanted = [account for account in plan.to_discover if account not in failed]

    found = yield from discovery.find(session, plan.query, wanted, {})
    ids = {account: tuple(one.ids) for account, one in found.items() if not isinstance(one, PinshopError)}
    failed |= {account: one for account, one in found.items() if isinstance(one, PinshopError)}
    return planning.with_ids(plan, ids, session.api_version) if plan.to_discover else plan, ids, failed


def each(
    session: Session,
    plan: Plan,
    asks: Sequence[Ask],
    known: Mapping[str, Account],
    failed: dict[str, PinshopError],
    take: Callable[[int, list[Block]], Flow[Any]],
    progress: OnProgress | None,
) -> Flow[None]:
    """Fetch the asks, some at once, and hand each its blocks. An account's first failure ends what is left of it."""
    counter = Counter(len(asks), progress)
    orders = Orders(session, plan.query, failed)

    def one(index: int) -> Flow[None]:
        ask = asks[index]
        account = ask.ad_account_id
        if account in failed:
            counter.add(account, 0, failed[account])
            return
        try:
            blocks = yield from fetch(session, plan.query, ask, known[account].constants(account), orders)
        except InvalidInput:
            raise
        except PinshopError as error:
            failed.setdefault(account, error)
            counter.add(account, 0, error)
            return
        yield from take(index, blocks)
        counter.add(account, sum(len(block.raws) for block in blocks))

    yield Together(orders.ahead([[ask] for ask in asks], one), session.options.concurrency)


def run(session: Session, plan: Plan, known: dict[str, Account], progress: OnProgress | None) -> Flow[Rows]:
    """The rows of a plan.

    Raises:
        PinshopError: every account failed; the first one's error.
    """
    plan, ids, failed = yield from prepared(session, plan, known)
    found: dict[int, list[Block]] = {}

    def take(index: int, blocks: list[Block]) -> Flow[None]:
        found[index] = blocks
        return
        yield  # a flow that has no step

    yield from each(session, plan, plan.asks, known, failed, take, progress)
    accounts = plan.query.ad_account_ids
    if failed and all(account in failed for account in accounts):
        raise next(iter(failed.values()))
    for account, error in failed.items():
        session.emit(events.Noticed("analytics", f"ad account {account} is unknown: {error}"))
    blocks = [block for index, ask in enumerate(plan.asks) if ask.ad_account_id not in failed for block in found.get(index, ())]
    currencies = {
        account: known[account].currency or "" for account in accounts if account in known and known[account].currency
    }
    rows = Rows((), plan.query.columns, blocks=blocks, asked=plan.asked(currencies, ids), failed=failed)
    if plan.query.level == "PRODUCT_GROUP" and events.is_heard(session.emit) and (missing := rows.missing_ids):
        session.emit(
            events.Noticed("analytics", f"{len(missing)} id(s) without a row: {', '.join(missing[:5])}; see missing_ids")
        )
    return rows
