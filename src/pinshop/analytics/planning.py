"""A question about any accounts, promotions, columns and days -> a plan: which calls answer it, and what they cost.

The rules, in this order; ``way=`` overrides them:

1. Product items: a report. Only reports know them.
2. The ids are not known (all that were live): a report, which finds them itself, also those archived since.
3. Days older than the synchronous endpoint reaches (90 days; 8 by the hour), or a TOTAL, WEEK or MONTH longer than its
   range: a report (914 days back, 186 days long).
4. More than `MANY_CALLS` synchronous calls for one account: a report.
5. Everything else: the synchronous endpoint, which answers at once.

Ids are cut first, then days, so that one more day costs nothing until a window is full. Every id is asked for every day
exactly once. Pure: nothing is sent here.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from pinshop.analytics import query, tables
from pinshop.analytics.plain_rows import Asked
from pinshop.api import checks, endpoints, operations
from pinshop.api.operations import ApiVersion, Category
from pinshop.api.reaches import Way, reach
from pinshop.errors import InvalidInput
from pinshop.flow.estimate import Cost, Estimate
from pinshop.flow.pacing import Quota

if TYPE_CHECKING:
    import pyarrow

#: Synchronous calls of one account from which on a report is cheaper: it takes `REPORT_CALLS` and half a minute.
MANY_CALLS = 100

#: One order, and six questions whether it is ready: at once, and after 1, 2, 4, 8 and 16 s more.
REPORT_CALLS = 7
REPORT_SECONDS = 31

#: So many jobs of Pinterest's are ordered before the first of them is asked for: see `pinshop.analytics.report_asks`.
ORDERED_AHEAD = 200

#: Ids that a report may name; source: ``product_group_ids`` of analytics/create_report.
REPORT_IDS = 500

#: How ids are found, where nobody names them; see `pinshop.analytics.discovery`.
Discovery: TypeAlias = Literal["bulk", "report", "listing"]


class Query(Struct, frozen=True, kw_only=True):
    """A checked question. ``promotions`` has ids by ad account; an account that is not in it: all that were live."""

    ad_account_ids: tuple[str, ...]
    columns: tuple[str, ...]
    start_date: datetime.date
    end_date: datetime.date
    granularity: str = "DAY"
    promotions: Mapping[str, tuple[str, ...]] = {}
    ad_group_ids: tuple[str, ...] = ()
    campaign_ids: tuple[str, ...] = ()
    level: Literal["PRODUCT_GROUP", "PRODUCT_ITEM"] = "PRODUCT_GROUP"
    click_window_days: int | None = None
    engagement_window_days: int | None = None
    view_window_days: int | None = None
    conversion_report_time: str | None = None
    reporting_timezone: str | None = None
    way: Way | None = None
    discover: Discovery = "report"

    @property
    def key(self) -> str:
        """The id that rows are of."""
        return "PRODUCT_ITEM_ID" if self.level == "PRODUCT_ITEM" else "PRODUCT_GROUP_ID"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell one row from another, first in tables."""
        item = ("PRODUCT_ITEM_ID",) if self.level == "PRODUCT_ITEM" else ()
        day = () if self.granularity == "TOTAL" else ("DATE",)
        return ("AD_ACCOUNT_ID", "CURRENCY", "PRODUCT_GROUP_ID", *item, *day)

    @property
    def setting(self) -> dict[str, Any]:
        """The optional parameters that are sent, those that were given."""
        names = (
            "click_window_days",
            "engagement_window_days",
            "view_window_days",
            "conversion_report_time",
            "reporting_timezone",
        )
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def schema(self, *, other: bool = True) -> pyarrow.Schema:
        """The Arrow schema of every batch that answers it, also of an account that earned nothing."""
        return tables.schema_of(self.keys, self.columns, granularity=self.granularity, other=other)


class Ask(Struct, frozen=True):
    """One call, or one report: these ids (None: all that were live) on these days, both ends included."""

    ad_account_id: str
    way: Way
    ids: tuple[str, ...] | None
    first: datetime.date
    last: datetime.date


class Plan(Struct, frozen=True, kw_only=True):
    """What will be asked, and why so. A value: print it, keep it, give it to ``client.analytics.run``.

    ``to_discover`` are accounts whose ids are asked for first; their calls come on top of ``asks``.
    """

    query: Query
    asks: tuple[Ask, ...]
    why: Mapping[str, str]
    to_discover: tuple[str, ...] = ()
    estimate: Estimate
    #: What the question asks for and no plan can give; "" if there is nothing of that.
    warning: str = ""

    def cost(self, *, call_seconds: float = 0.3) -> Cost:
        """Calls by quota, polls of reports included, and about how many seconds at the present quota."""
        cost = self.estimate.cost(call_seconds=call_seconds)
        reports = sum(ask.way == "report" for ask in self.asks) + len(self.to_discover)
        waiting = REPORT_SECONDS * -(-reports // ORDERED_AHEAD)
        if waiting <= cost.seconds:
            return cost
        return msgspec.structs.replace(cost, seconds=waiting, bound_by=f"{REPORT_SECONDS} s of waiting for a report")

    def __str__(self) -> str:
        asked = self.query
        count = len(asked.ad_account_ids)
        days = f"{asked.start_date} to {asked.end_date} by {asked.granularity}"
        head = f"{days}, {len(asked.columns)} column(s), {count} ad account(s)"
        lines = [head, *filter(None, [self.warning]), *dict.fromkeys(self.why.values()), str(self.cost())]
        return "\n".join(lines)

    def asked(self, currencies: Mapping[str, str], ids: Mapping[str, tuple[str, ...]] | None = None) -> Asked:
        """What rows of this plan know of it."""
        question = self.query
        known = {**question.promotions, **(ids or {})}
        return Asked(
            granularity=question.granularity,
            first=question.start_date,
            last=question.end_date,
            ids={
                account: known.get(account) if question.level == "PRODUCT_GROUP" else None
                for account in question.ad_account_ids
            },
            currencies=currencies,
            keys=question.keys,
            key=question.key,
        )


def check(
    ad_account_ids: object,
    promotions: object = None,
    *,
    columns: Iterable[str] | str,
    start_date: str | datetime.date,
    end_date: str | datetime.date,
    api_version: ApiVersion,
    granularity: str = "DAY",
    ad_group_ids: Iterable[checks.Id] | None = None,
    campaign_ids: Iterable[checks.Id] | None = None,
    level: str = "PRODUCT_GROUP",
    way: str | None = None,
    discover: str = "report",
    allow_unknown_columns: bool = False,
    **setting: Any,
) -> Query:
    """A question from arguments as users have them.

    Raises:
        InvalidInput: something that no call could answer.
    """
    row = endpoints.PROMOTIONS_ANALYTICS
    accounts = _accounts(ad_account_ids)
    granularity = str(checks.check_choice("granularity", granularity, row.params["granularity"].choices, row.id))
    if isinstance(columns, str):
        columns = [columns]
    first = datetime.date.fromisoformat(checks.check_date("start_date", start_date, row.id))
    last = datetime.date.fromisoformat(checks.check_date("end_date", end_date, row.id))
    if last < first:
        raise InvalidInput("end_date", end_date, f"{first} (start_date) or later", operation=row.id)
    for name, value in setting.items():
        if value is not None and name in row.params:
            setting[name] = checks.check_choice(name, value, row.params[name].choices, row.id)
    filters = {
        name: tuple(query.ids_of(name, given, row.id)) if given is not None else ()
        for name, given in (("ad_group_ids", ad_group_ids), ("campaign_ids", campaign_ids))
    }
    if promotions is not None and any(filters.values()):
        raise InvalidInput("promotions", "ids and ad groups or campaigns", "one of them", operation=row.id)
    for name, ids in filters.items():
        if len(ids) > REPORT_IDS:
            raise InvalidInput(name, f"{len(ids)} ids", f"at most {REPORT_IDS} in one query", operation=row.id)
    return Query(
        ad_account_ids=accounts,
        promotions=_promotions(promotions, accounts, row.id),
        columns=tuple(
            query.check_columns(columns, api_version, row.id, allow_unknown=allow_unknown_columns, granularity=granularity)
        ),
        start_date=first,
        end_date=last,
        granularity=granularity,
        level=str(checks.check_choice("level", level, ("PRODUCT_GROUP", "PRODUCT_ITEM"))),  # type: ignore[arg-type]
        way=None if way is None else str(checks.check_choice("way", way, ("sync", "report"))),  # type: ignore[arg-type]
        discover=str(checks.check_choice("discover", discover, ("bulk", "report", "listing"))),  # type: ignore[arg-type]
        ad_group_ids=filters["ad_group_ids"],
        campaign_ids=filters["campaign_ids"],
        **{name: value for name, value in setting.items() if value is not None},
    )


def _accounts(given: object) -> tuple[str, ...]:
    if isinstance(given, str | int):
        given = [given]
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise InvalidInput("ad_account_ids", given, "an id, or a list of ids")
    values = [getattr(one, "id", one) if not isinstance(one, str | int) else one for one in given]
    return tuple(dict.fromkeys(checks.check_id(f"ad_account_ids[{index}]", one) for index, one in enumerate(values)))


def _promotions(given: object, accounts: Sequence[str], operation: str) -> dict[str, tuple[str, ...]]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        by_account = {
            checks.check_id("promotions", account, operation): tuple(query.ids_of(f"promotions[{account}]", ids, operation))
            for account, ids in given.items()
        }
        if unknown := set(by_account) - set(accounts):
            raise InvalidInput("promotions", min(unknown), "ids by one of ad_account_ids", operation=operation)
        return by_account
    ids = tuple(query.ids_of("promotions", given, operation))
    if len(accounts) > 1:
        raise InvalidInput("promotions", "a list", "a dict of ids by ad account, for several ad accounts", operation=operation)
    return dict.fromkeys(accounts, ids)


def make(
    question: Query,
    today: datetime.date,
    api_version: ApiVersion,
    *,
    latest: datetime.date | None = None,
    quotas: Sequence[Quota] = (),
    side_by_side: int = 4,
) -> Plan:
    """The plan of a question, by the rules above.

    Args:
        question: as `check` made it.
        today: the server's day: how far back Pinterest answers is counted from it.
        api_version: how many ids a call takes depends on it.
        latest: a later day that may be today as well, where ``today`` is from an answer of some time ago.
        quotas: what is left of each; for the cost.
        side_by_side: how many calls are under way at once; for the cost.

    Raises:
        InvalidInput: no call reaches these days; names those that can be asked for.
    """
    last, warning = query.until_today(
        question.start_date, question.end_date, max(today, latest or today), question.reporting_timezone
    )
    question = msgspec.structs.replace(question, end_date=last)
    asks: list[list[Ask]] = []
    why: dict[str, str] = {}
    to_discover = []
    for account in question.ad_account_ids:
        ids = question.promotions.get(account)
        if ids == ():  # an honest empty list: there is nothing to ask
            why[account] = "no promotions were named: nothing is asked"
            continue
        way, why[account] = _way(question, ids, today, api_version)
        _check_reach(question, way, today)
        if way == "sync" and ids is None:
            to_discover.append(account)
            continue
        asks.append(list(_asks(question, account, way, ids, api_version)))
    ordered = tuple(_in_turn(asks))
    return Plan(
        query=question,
        asks=ordered,
        why=why,
        to_discover=tuple(to_discover),
        estimate=_estimate(question, ordered, to_discover, quotas, side_by_side),
        warning=warning,
    )


def _way(question: Query, ids: Sequence[str] | None, today: datetime.date, api_version: ApiVersion) -> tuple[Way, str]:
    if question.way is not None:
        if question.way == "sync" and question.level == "PRODUCT_ITEM":
            raise InvalidInput("way", "sync", "report: only reports know product items")
        return question.way, f"{question.way}: as asked"
    if question.level == "PRODUCT_ITEM":
        return "report", "report: only reports know product items"
    if ids is None:
        return "report", "report: it finds the promotions itself, also those archived since"
    here = reach("sync", question.granularity)
    if (today - question.start_date).days > here.days_back:
        return "report", f"report: the synchronous endpoint goes back {here.days_back} days"
    if question.granularity not in ("DAY", "HOUR") and (question.end_date - question.start_date).days >= here.days:
        return "report", f"report: one call of the synchronous endpoint covers {here.days} days"
    calls = _count_sync(question, len(ids), api_version)
    if calls > MANY_CALLS:
        return "report", f"report: {calls} synchronous calls are more than {MANY_CALLS}"
    return "sync", f"sync: {calls} call(s) answer at once"


def most_ids(api_version: ApiVersion) -> int:
    """How many ids a synchronous call takes."""
    row = endpoints.PROMOTIONS_ANALYTICS
    param = row.params["product_group_ids"].at(api_version) or row.params["product_group_ids"]
    return param.maximum or REPORT_IDS


def _count_sync(question: Query, ids: int, api_version: ApiVersion) -> int:
    days = (question.end_date - question.start_date).days + 1
    return -(-ids // most_ids(api_version)) * -(-days // reach("sync", question.granularity).days)


def _check_reach(question: Query, way: Way, today: datetime.date) -> None:
    here = reach(way, question.granularity, question.level)
    earliest = today - datetime.timedelta(here.days_back)
    if question.start_date < earliest:
        what = "a report" if way == "report" else "the synchronous endpoint"
        allowed = f"{earliest} to {today}: {what} of granularity {question.granularity} goes back {here.days_back} days"
        if question.granularity == "HOUR":
            allowed += "; ask for DAY for older days"
        raise InvalidInput("start_date", str(question.start_date), allowed)
    if question.granularity not in ("DAY", "HOUR") and (question.end_date - question.start_date).days >= here.days:
        allowed = (
            f"at most {here.days} days in all with granularity {question.granularity}; ask for DAY, and add up with total()"
        )
        raise InvalidInput("end_date", str(question.end_date), allowed)


def _asks(question: Query, account: str, way: Way, ids: Sequence[str] | None, api_version: ApiVersion) -> Iterator[Ask]:
    size = most_ids(api_version) if way == "sync" else REPORT_IDS
    parts = [None] if ids is None else [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    spans = query.cut(question.start_date, question.end_date, reach(way, question.granularity, question.level).days)
    for part in parts:
        for first, last in spans:
            yield Ask(account, way, part, first, last)


def _in_turn(lists: Sequence[Sequence[Ask]]) -> Iterator[Ask]:
    """One of each account in turn, so that a large account does not hold up the small ones."""
    longest = max(map(len, lists), default=0)
    for index in range(longest):
        yield from (asks[index] for asks in lists if index < len(asks))


def with_ids(plan: Plan, ids: Mapping[str, Sequence[str]], api_version: ApiVersion) -> Plan:
    """The plan after its accounts `to_discover` were asked for their ids."""
    known = {account: tuple(found) for account, found in ids.items()}
    question = msgspec.structs.replace(
        plan.query, promotions={**plan.query.promotions, **known}, ad_group_ids=(), campaign_ids=()
    )
    more = [list(_asks(question, account, "sync", found, api_version)) for account, found in known.items()]
    return msgspec.structs.replace(plan, asks=(*plan.asks, *_in_turn(more)), to_discover=())


def _estimate(
    question: Query, asks: Sequence[Ask], to_discover: Sequence[str], quotas: Sequence[Quota], side_by_side: int
) -> Estimate:
    calls: dict[Category, int] = {"ads_analytics": sum(1 if ask.way == "sync" else REPORT_CALLS for ask in asks)}
    if to_discover and question.discover != "listing":
        days = (question.end_date - question.start_date).days + 1
        # After a file a report may be needed, too: this is what it costs at most.
        calls["ads_analytics"] += len(to_discover) * -(-days // reach("report", "TOTAL").days) * REPORT_CALLS
    # Each account once: its currency.
    calls["ads_read"] = len(question.ad_account_ids)
    if question.discover == "bulk":
        calls["ads_read"] += len(to_discover) * REPORT_CALLS
    elif question.discover == "listing":  # at least: how many ad groups there are is not known yet
        calls["ads_read"] += len(to_discover) * (len(question.ad_group_ids) or 2)
    lanes = max(1, len(asks) + len(to_discover))
    return Estimate(operation="analytics", calls=calls, side_by_side=min(lanes, side_by_side), quotas=list(quotas))


def sync_call(question: Query, ask: Ask, ids: Sequence[str]) -> operations.Call:
    """The synchronous call of an ask."""
    return operations.build(
        endpoints.PROMOTIONS_ANALYTICS,
        {"ad_account_id": ask.ad_account_id},
        {
            "start_date": ask.first,
            "end_date": ask.last,
            "product_group_ids": list(ids),
            "columns": list(question.columns),
            "granularity": question.granularity,
            **question.setting,
        },
    )


def report_fields(question: Query, ask: Ask) -> dict[str, Any]:
    """The order of an ask that is a report."""
    fields: dict[str, Any] = {
        "start_date": ask.first.isoformat(),
        "end_date": ask.last.isoformat(),
        "granularity": question.granularity,
        "level": question.level,
        "columns": list(question.columns),
        "report_format": "JSON",
        **question.setting,
    }
    for name, ids in (
        ("product_group_ids", ask.ids or ()),
        ("ad_group_ids", question.ad_group_ids),
        ("campaign_ids", question.campaign_ids),
    ):
        if ids:
            fields[name] = list(ids)
    return fields
