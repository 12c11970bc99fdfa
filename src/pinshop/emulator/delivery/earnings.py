"""From state to analytics: which promotion was live when, handed to `model`, which knows what it earned."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api import columns
from pinshop.api.operations import ApiVersion, version
from pinshop.emulator.delivery import model
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.rules import Rules
from pinshop.emulator.storage.store import Entity, Store


@lru_cache(maxsize=8)
def _available(api_version: str) -> frozenset[str]:
    return frozenset(columns.available(api_version))


def check_columns(given: Sequence[str], api_version: str) -> list[str]:
    """The columns in the order asked, each once; 400/1 for one the API version does not know."""
    for name in given:
        if name not in _available(api_version):
            raise bad(f"Invalid request: 'columns' ({shown(name)} is not one of the columns of this endpoint)")
    return list(dict.fromkeys(given))


def check_dates(start: str, end: str, granularity: str, now: int, days_back: int) -> tuple[datetime.date, datetime.date]:
    """The date rules of 5.9.0 and later: 90 days back and 90 days long; HOUR 8 days back and 3 days long."""
    first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if last < first:
        raise bad("'start_date' must not be after 'end_date'.")
    back, longest = (8, 3) if granularity == "HOUR" else (days_back, 90)
    if (today - first).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (last - first).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")
    return first, last


FOREVER = 2**40

Spans = tuple[tuple[int, int], ...]


def _active(changes: Sequence[tuple[int, str]]) -> Spans:
    """The spans in which a status history says ACTIVE; the last one is open, so it ends in the far future."""
    spans: list[tuple[int, int]] = []
    for n, (since, status) in enumerate(changes):
        until = changes[n + 1][0] if n + 1 < len(changes) else FOREVER
        if status == "ACTIVE" and since < until:
            if spans and spans[-1][1] == since:
                since = spans.pop()[0]  # noqa: PLW2901  two entries of ACTIVE in a row are one span
            spans.append((since, until))
    return tuple(spans)


def _clipped(spans: Spans, start: int, end: int) -> Spans:
    return tuple((max(a, start), min(b, end)) for a, b in spans if max(a, start) < min(b, end))


def _both(one: Spans, other: Spans) -> Spans:
    """The intersection of two sorted lists of half-open spans."""
    common: list[tuple[int, int]] = []
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            common.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


class _Parents(Struct):
    """Ad groups and campaigns of some promotions, and when both were live."""

    ad_groups: dict[int, Entity]
    campaigns: dict[int, Entity]
    live: dict[int, Spans]


def _parents(store: Store, ad_group_ids: Sequence[int]) -> _Parents:
    ad_groups = store.get_many("ad_groups", ad_group_ids)
    campaigns = store.get_many("campaigns", sorted({group["campaign_id"] for group in ad_groups.values()}))

    def scheduled(kind: str, entities: Mapping[int, Entity]) -> dict[int, Spans]:
        return {
            i: _clipped(_active(changes), entities[i].get("start_time") or 0, entities[i].get("end_time") or FOREVER)
            for i, changes in store.statuses(kind, list(entities)).items()
        }

    of_campaign, of_ad_group = scheduled("campaigns", campaigns), scheduled("ad_groups", ad_groups)
    live = {i: _both(of_ad_group.get(i, ()), of_campaign.get(g["campaign_id"], ())) for i, g in ad_groups.items()}
    return _Parents(ad_groups, campaigns, live)


class Earnings:
    """Turns promotions into `delivery.Subject`s. Keeps how budgets are divided until the state changes."""

    def __init__(self, store: Store, rules: Rules, api_version: ApiVersion) -> None:
        self._store = store
        self._rules = rules
        self._api_version = api_version
        self._version = -1
        self._steps: dict[tuple[str, int], tuple[model.BudgetStep, ...]] = {}

    def _budget(self, kind: str, entity_id: int) -> tuple[model.BudgetStep, ...]:
        """How the budget of an ad group or a campaign is divided among all promotions under it; () if it has none."""
        key = (kind, entity_id)
        if key not in self._steps:
            daily = self._store.budgets(kind, entity_id)
            steps: tuple[model.BudgetStep, ...] = ()
            if daily:
                under = self._store.promotions_under(kind, entity_id)
                parents = _parents(self._store, sorted({ad_group for _, ad_group, _ in under}))
                sizes = self._store.product_counts({group for _, _, group in under})
                own = self._store.statuses_under(kind, entity_id)
                members = [
                    (model.appetite(sizes.get(group, 0)), _both(_active(own.get(i, ())), parents.live[ad_group]))
                    for i, ad_group, group in under
                ]
                steps = model.budget_steps(daily, members)
            self._steps[key] = steps
        return self._steps[key]

    def subjects(self, promotions: Sequence[Entity], account: Entity, now: int) -> list[model.Subject]:
        """What delivery needs to know of each promotion, in the order given."""
        if not promotions:
            return []
        if self._version != self._store.version:
            self._steps.clear()
            self._version = self._store.version
        parents = _parents(self._store, sorted({p["ad_group_id"] for p in promotions}))
        groups = self._store.get_many("product_groups", sorted({p["catalog_product_group_id"] for p in promotions}))
        own = self._store.statuses("promotions", [p["id"] for p in promotions])
        found = []
        for promotion in promotions:
            ad_group = parents.ad_groups[promotion["ad_group_id"]]
            campaign = parents.campaigns[ad_group["campaign_id"]]
            group = groups.get(promotion["catalog_product_group_id"])
            spans = _both(_active(own.get(promotion["id"], ())), parents.live[ad_group["id"]])
            budgets = [self._budget("ad_groups", ad_group["id"]), self._budget("campaigns", campaign["id"])]
            automatic = ad_group.get("bid_strategy_type", "AUTOMATIC_BID") == "AUTOMATIC_BID"
            found.append(
                model.Subject(
                    id=str(promotion["id"]),
                    spans=_clipped(spans, 0, now),
                    product_count=group["product_count"] if group else 0,
                    average_price_micro=group["average_price_micro"] if group else 0,
                    currency=account["currency"],
                    bid_micro=None if automatic else ad_group.get("bid_in_micro_currency"),
                    billable_event=ad_group["billable_event"],
                    budgets=tuple(steps for steps in budgets if steps),
                    creative_type=promotion.get("creative_type", "REGULAR"),
                    attributes=_attributes(account, campaign, ad_group, promotion),
                )
            )
        return found

    def rows(
        self,
        account: Entity,
        promotions: Sequence[Entity],
        columns: Sequence[str],
        start: datetime.date,
        end: datetime.date,
        asked: Mapping[str, Any],
        now: int,
    ) -> list[Struct]:
        """Analytics rows of these promotions. ``asked`` holds the other parameters of the request, checked before."""
        query, subjects = _query(account, columns, start, end, asked), self.subjects(promotions, account, now)
        return model.rows(subjects, query, seed=self._store.seed, now=now, reporting=self.reporting())

    def item_rows(
        self,
        account: Entity,
        promotions: Sequence[Entity],
        items: Mapping[int, Sequence[tuple[str, bool, Mapping[str, Any]]]],
        columns: Sequence[str],
        start: datetime.date,
        end: datetime.date,
        asked: Mapping[str, Any],
        now: int,
    ) -> list[Struct]:
        """The same, divided among the items of each promotion (by its id)."""
        query, settings = _query(account, columns, start, end, asked), self.reporting()
        found: list[Struct] = []
        for promotion, subject in zip(promotions, self.subjects(promotions, account, now), strict=True):
            found += model.item_rows(subject, items[promotion["id"]], query, seed=self._store.seed, now=now, reporting=settings)
        return found

    def reporting(self) -> model.Reporting:
        """The rules that touch rows, as delivery takes them."""
        rules = self._rules
        engagement = rules.engagement_attribution
        facts = {
            "delivery_lag_hours": rules.delivery_lag_hours,
            "conversion_delay": rules.conversion_delay,
            "zero_metrics": rules.zero_metrics,
            "empty_rows": rules.empty_rows,
            "ratio_unit": rules.ratio_unit,
            "hour_date_format": rules.hour_date_format,
            "week_starts": rules.week_starts,
            "bucket_date": rules.bucket_date,
            "engagement_attribution": version(self._api_version) < version("5.17")
            if engagement == "by_api_version"
            else engagement == "on",
        }
        return msgspec.convert(facts, model.Reporting)


def _query(
    account: Entity, columns: Sequence[str], start: datetime.date, end: datetime.date, asked: Mapping[str, Any]
) -> model.Query:
    return model.Query(
        start_date=start,
        end_date=end,
        granularity=asked["granularity"],
        columns=tuple(columns),
        click_window_days=asked["click_window_days"],
        engagement_window_days=asked["engagement_window_days"],
        view_window_days=asked["view_window_days"],
        conversion_report_time=asked["conversion_report_time"],
        utc_offset_seconds=utc_offset(account, asked.get("reporting_timezone")),
    )


def _attributes(account: Entity, campaign: Entity, ad_group: Entity, promotion: Entity) -> dict[str, Any]:
    """Columns that tell what an entity is; those without a value are left out."""
    budget = ad_group.get("budget_in_micro_currency")
    values = {
        "AD_ACCOUNT_ID": str(account["id"]),
        "ADVERTISER_ID": str(account["id"]),
        "CAMPAIGN_ID": str(campaign["id"]),
        "CAMPAIGN_NAME": campaign["name"],
        "CAMPAIGN_ENTITY_STATUS": campaign["status"],
        "CAMPAIGN_OBJECTIVE_TYPE": campaign["objective_type"],
        "CAMPAIGN_DAILY_SPEND_CAP": campaign.get("daily_spend_cap"),
        "CAMPAIGN_LIFETIME_SPEND_CAP": campaign.get("lifetime_spend_cap"),
        "CAMPAIGN_BUDGET_OPTIMIZATION": campaign.get("is_campaign_budget_optimization"),
        "AD_GROUP_ID": str(ad_group["id"]),
        "AD_GROUP_NAME": ad_group["name"],
        "AD_GROUP_ENTITY_STATUS": ad_group["status"],
        "AD_GROUP_BUDGET_TYPE": ad_group.get("budget_type"),
        "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY": None if budget is None else budget / 1_000_000,
        "ORDER_LINE_ID": campaign.get("order_line_id"),
        "PRODUCT_GROUP_AD_IMAGE_TAG": promotion.get("selected_image_tag"),
        "PRODUCT_GROUP_AD_VIDEO_TAG": promotion.get("selected_video_tag"),
    }
    return {name: value for name, value in values.items() if value is not None}


def utc_offset(account: Entity, timezone: str | None) -> int:
    """Seconds east of UTC of the reporting days; the account's standard time, since a query has one offset."""
    if timezone != "AD_ACCOUNT_TIME_ZONE":
        return 0
    import zoneinfo

    try:
        zone = zoneinfo.ZoneInfo(account.get("time_zone") or "UTC")
    except zoneinfo.ZoneInfoNotFoundError:  # a machine without the time zone database
        return 0
    offset = zone.utcoffset(datetime.datetime(2026, 1, 15))  # noqa: DTZ001  the zone is asked about a local time
    return int(offset.total_seconds()) if offset else 0
