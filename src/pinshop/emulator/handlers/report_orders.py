"""The body of a report order, checked. What it asks for is done, or refused with a reason: nothing is ignored.

Source: ``AdsAnalyticsCreateAsyncRequest`` in Pinterest's descriptions 5.6.0 to 5.23.0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from pinshop.api import columns as known_columns
from pinshop.api import endpoints
from pinshop.api.operations import ApiVersion, Param, at_least
from pinshop.api.reaches import reach
from pinshop.emulator.bodies import check_body
from pinshop.emulator.handlers.context import batch_items
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.rules import Rules

#: From the top downwards.
_LEVELS = ("ADVERTISER", "CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP", "PRODUCT_ITEM")

#: Columns that only reports have, those of them that have values here, and what they are.
REPORT_COLUMNS = {
    "CAMPAIGN_STATUS": "summary status of the campaign", "AD_GROUP_STATUS": "summary status of the ad group",
    "PRODUCT_GROUP_ID": "product group promotion", "PRODUCT_GROUP_STATUS": "summary status of the product group promotion",
    "PRODUCT_ITEM_NAME": "title of the item", "PRODUCT_ITEM_BRAND": "brand of the item",
    "PRODUCT_ITEM_PRICE": "price of the item", "PRODUCT_ITEM_CURRENCY": "currency of that price",
    "PRODUCT_ITEM_PRODUCT_URL": "link of the item", "PRODUCT_ITEM_IMAGE_URL": "image of the item",
    "PRODUCT_ITEM_PRODUCT_TYPE": "product type of the item",
}  # fmt: skip

#: Filters by the level of what they choose among.
_FILTERS_OF = {
    "CAMPAIGN": ("campaign_ids", "campaign_statuses", "campaign_objective_types"),
    "AD_GROUP": ("ad_group_ids", "ad_group_statuses"),
    "PRODUCT_GROUP": ("product_group_ids", "product_group_statuses"),
}

_REQUIRED = ("start_date", "end_date", "granularity", "columns", "level")

_PARAMS: dict[str, Param] = endpoints.PROMOTIONS_ANALYTICS.params


def check_request(body: Any, api_version: ApiVersion, now: int, rules: Rules) -> dict[str, Any]:
    """The body of a report order, checked; what `content` needs to make the report later."""
    if isinstance(body, dict):
        for name in _REQUIRED:
            if name not in body:
                raise bad(f"Invalid request: 'body' ('{name}' is a required property)")
    given = check_body("report_request", body, api_version, "c", "body", rules)
    level, granularity = given["level"], given["granularity"]
    if level not in _LEVELS:
        raise bad(f"'level' {level} is not emulated: the pinshop emulator reports the levels {', '.join(_LEVELS)}.")
    start, end = (datetime.date.fromisoformat(given[name]) for name in ("start_date", "end_date"))
    _check_dates(start, end, level, granularity, now, api_version)
    known = {*known_columns.available(api_version), *REPORT_COLUMNS}
    for column in given["columns"]:
        if rules.unknown_report_columns == "refuse" and column not in known:
            raise bad(f"Invalid request: 'columns' ({shown(column)} is not one of the columns of reports)")
    if not at_least(api_version, "5.14"):
        batch_items(given.get("campaign_objective_types", [""]), "campaign_objective_types", 6)
    _check_together(given, level, granularity, rules)
    asked: dict[str, Any] = {name: given.get(name) for name in _KEPT}
    asked |= {
        "columns": list(dict.fromkeys(given["columns"])),
        "report_format": given.get("report_format", "JSON"),
        "primary_sort": given.get("primary_sort", "BY_ID"),
        "start_hour": given.get("start_hour", 0),
        "end_hour": given.get("end_hour", 24),
    }
    for name in _AS_IN_ANALYTICS:
        param = _PARAMS[name].at(api_version)
        if param is not None:
            asked[name] = given.get(name, param.default)
    return asked


#: What is kept as it was given.
_KEPT = (
    "start_date", "end_date", "granularity", "level", "campaign_ids", "campaign_statuses", "campaign_objective_types",
    "ad_group_ids", "ad_group_statuses", "product_group_ids", "product_group_statuses", "product_item_ids", "metrics_filters",
)  # fmt: skip

#: What has the default of the analytics.
_AS_IN_ANALYTICS = (
    "click_window_days", "engagement_window_days", "view_window_days", "conversion_report_time", "reporting_timezone",
)  # fmt: skip


def _check_together(given: Mapping[str, Any], level: str, granularity: str, rules: Rules) -> None:
    """What does not go with the level or the granularity is refused, and so is what is declared and not emulated."""
    for name in ("ad_ids", "ad_statuses"):
        if name in given and level == "PRODUCT_ITEM":
            raise bad(f"'{name}' is not supported for Product Item Level Reports.")
        if name in given:
            raise bad(f"'{name}' is not emulated: the pinshop emulator has product group promotions only, no ads.")
    if "product_item_ids" in given and level != "PRODUCT_ITEM":
        raise bad(f"'product_item_ids' is for reports of level PRODUCT_ITEM, not {level}.")
    if rules.report_filters_below_level == "refuse":
        for below in _LEVELS[_LEVELS.index(level) + 1 :]:
            for name in _FILTERS_OF.get(below, ()):
                if name in given:
                    raise bad(f"'{name}' is not supported for reports of level {level}.")
    for name in ("start_hour", "end_hour"):
        if name in given and granularity != "HOUR":
            raise bad(f"'{name}' is only allowed for hourly reports, not for {granularity}.")
    if "targeting_types" in given or given.get("combine_targeting_types"):
        name = "targeting_types" if "targeting_types" in given else "combine_targeting_types"
        raise bad(f"'{name}' requires a level that ends in _TARGETING, not {level}.")
    if "HOUSEHOLD" in given.get("attribution_types", ()):
        raise bad("'attribution_types' HOUSEHOLD is not emulated: the pinshop emulator attributes to individuals.")
    for name in ("custom_conversion_event_metrics", "campaign_brand_label", "campaign_custom_label"):
        if given.get(name):
            raise bad(f"'{name}' is not emulated: the pinshop emulator has no values to tell apart.")


def _check_dates(start: datetime.date, end: datetime.date, level: str, granularity: str, now: int, api_version: str) -> None:
    """5.6 declares no limits."""
    limits = reach("report", granularity, level)
    back, longest = limits.days_back, limits.days
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if end < start:
        raise bad("'start_date' must not be after 'end_date'.")
    if not at_least(api_version, "5.8"):
        return
    if (today - start).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (end - start).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")
