"""The body of a report order, checked. What it asks for is done, or refused with a reason: nothing is ignored.

Source: ``AdsAnalyticsCreateAsyncRequest`` in Pinterest's descriptions 5.6.0 to 5.23.0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from pinshop.api import columns as known_columns
from pinshop.api import endpoints, models
from pinshop.api.operations import ApiVersion, Param, version
from pinshop.api.reaches import reach
from pinshop.emulator.bodies import checked_date, id_number, is_id
from pinshop.emulator.handlers.context import batch_items
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.rules import Rules

#: From the top downwards.
_LEVELS = ("ADVERTISER", "CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP", "PRODUCT_ITEM")

_OTHER_LEVELS = (
    "ADVERTISER_TARGETING", "CAMPAIGN_TARGETING", "AD_GROUP_TARGETING", "PIN_PROMOTION", "PIN_PROMOTION_TARGETING", "KEYWORD",
    "PRODUCT_GROUP_TARGETING", "PRODUCT_ITEM_TARGETING",
)  # fmt: skip

_GRANULARITIES = models.choices(models.Granularity)

_MOST_IDS = 500

#: Columns that only reports have, those of them that have values here.
REPORT_COLUMNS = (
    "CAMPAIGN_STATUS", "AD_GROUP_STATUS", "PRODUCT_GROUP_ID", "PRODUCT_GROUP_STATUS", "PRODUCT_ITEM_NAME", "PRODUCT_ITEM_BRAND",
    "PRODUCT_ITEM_PRICE", "PRODUCT_ITEM_CURRENCY", "PRODUCT_ITEM_PRODUCT_URL", "PRODUCT_ITEM_IMAGE_URL",
    "PRODUCT_ITEM_PRODUCT_TYPE",
)  # fmt: skip

#: Filters by the level of what they choose among.
_FILTERS_OF = {
    "CAMPAIGN": ("campaign_ids", "campaign_statuses", "campaign_objective_types"),
    "AD_GROUP": ("ad_group_ids", "ad_group_statuses"),
    "PRODUCT_GROUP": ("product_group_ids", "product_group_statuses"),
}

_REQUIRED = ("start_date", "end_date", "granularity", "columns", "level")

_PARAMS: dict[str, Param] = endpoints.PROMOTIONS_ANALYTICS.params


def _choice(name: str, value: object, allowed: Sequence[object]) -> Any:
    if isinstance(value, bool) or value not in allowed:
        raise bad(f"Invalid request: '{name}' ({shown(value)} is not one of {', '.join(map(str, allowed))})")
    return value


def _ids(body: Mapping[str, Any], name: str) -> list[int] | None:
    if body.get(name) is None:
        return None
    for value in batch_items(body[name], name, _MOST_IDS):
        if not isinstance(value, str) or not is_id(value):
            raise bad(f"'{name}' value {shown(value)} must match the pattern: ^\\d+$")
    return [id_number(value) for value in body[name]]


def check_request(body: Any, api_version: ApiVersion, now: int, rules: Rules) -> dict[str, Any]:
    """The body of a report order, checked; what `content` needs to make the report later."""
    if not isinstance(body, dict):
        raise bad(f"Invalid request: the body ({shown(body)} is not of type object)")
    for name in _REQUIRED:
        if body.get(name) is None:
            raise bad(f"Invalid request: 'body' ('{name}' is a required property)")
    level = _choice("level", body["level"], _LEVELS + _OTHER_LEVELS)
    if level not in _LEVELS:
        raise bad(f"'level' {level} is not emulated: the pinshop emulator reports the levels {', '.join(_LEVELS)}.")
    granularity = _choice("granularity", body["granularity"], _GRANULARITIES)
    start, end = (datetime.date.fromisoformat(checked_date(name, body[name])) for name in ("start_date", "end_date"))
    _check_dates(start, end, level, granularity, now, api_version)
    columns = batch_items(body["columns"], "columns", 1000)
    known = {*known_columns.available(api_version), *REPORT_COLUMNS}
    for column in columns:
        if not isinstance(column, str) or (rules.unknown_report_columns == "refuse" and column not in known):
            raise bad(f"Invalid request: 'columns' ({shown(column)} is not one of the columns of reports)")
    asked: dict[str, Any] = {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "granularity": granularity,
        "level": level,
        "columns": list(dict.fromkeys(columns)),
        "report_format": _choice("report_format", body.get("report_format", "JSON"), ("JSON", "CSV")),
        "primary_sort": _choice("primary_sort", body.get("primary_sort", "BY_ID"), ("BY_ID", "BY_DATE")),
    }
    for name in (
        "click_window_days",
        "engagement_window_days",
        "view_window_days",
        "conversion_report_time",
        "reporting_timezone",
    ):
        param = _PARAMS[name].at(api_version)
        if param is not None:
            value = body.get(name)
            asked[name] = param.default if value is None else _choice(name, value, param.choices)
    for name in ("campaign_ids", "ad_group_ids", "product_group_ids", "product_item_ids"):
        asked[name] = _ids(body, name)
    for name, (allowed, most) in _LISTS.items():
        given = body.get(name)
        asked[name] = None if given is None else [_choice(name, one, allowed) for one in batch_items(given, name, most)]
    if asked["product_item_ids"] is not None and level != "PRODUCT_ITEM":
        raise bad(f"'product_item_ids' is for reports of level PRODUCT_ITEM, not {level}.")
    if rules.report_filters_below_level == "refuse":
        for below in _LEVELS[_LEVELS.index(level) + 1 :]:
            for name in _FILTERS_OF.get(below, ()):
                if asked[name] is not None:
                    raise bad(f"'{name}' is not supported for reports of level {level}.")
    asked |= _hours(body, granularity)
    asked["metrics_filters"] = _metrics_filters(body.get("metrics_filters"))
    _check_others(body, level, asked)
    return asked


_SUMMARY_STATUSES = (
    "RUNNING",
    "PAUSED",
    "NOT_STARTED",
    "COMPLETED",
    "ADVERTISER_DISABLED",
    "ARCHIVED",
    "DRAFT",
    "DELETED_DRAFT",
)

#: Filters that are lists of words: the words, and how many there may be.
_LISTS: dict[str, tuple[Sequence[str], int]] = {
    "campaign_statuses": (_SUMMARY_STATUSES, 6),
    "ad_group_statuses": (_SUMMARY_STATUSES, 6),
    "product_group_statuses": (("RUNNING", "PAUSED", "EXCLUDED", "ARCHIVED"), 6),
    "campaign_objective_types": (models.choices(models.ObjectiveType), 7),
    "ad_statuses": (
        ("APPROVED", "PAUSED", "PENDING", "REJECTED", "ADVERTISER_DISABLED", "ARCHIVED", "DRAFT", "DELETED_DRAFT"), 6,
    ),
    "attribution_types": (("INDIVIDUAL", "HOUSEHOLD"), 2),
    "targeting_types": (
        (
            "KEYWORD", "APPTYPE", "GENDER", "LOCATION", "PLACEMENT", "COUNTRY", "TARGETED_INTEREST", "PINNER_INTEREST",
            "AUDIENCE_INCLUDE", "GEO", "AGE_BUCKET", "REGION", "MEDIA_TYPE", "AGE_BUCKET_AND_GENDER", "AUDIENCE_MULTIPLIER",
            "CREATIVE_ENHANCEMENTS", "LOCAL_ADS_STORE_CODE",
        ),
        5,
    ),
}  # fmt: skip


def _hours(body: Mapping[str, Any], granularity: str) -> dict[str, int]:
    """The hours of the first and the last day, end exclusive: "with an end_hour of '15' … metrics up to '14:59:59'"."""
    found = {"start_hour": 0, "end_hour": 24}
    for name in found:
        value = body.get(name)
        if value is None:
            continue
        if granularity != "HOUR":
            raise bad(f"'{name}' is only allowed for hourly reports, not for {granularity}.")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 23:
            raise bad(f"Invalid request: '{name}' ({shown(value)} is not a whole number from 0 to 23)")
        found[name] = value
    return found


def _metrics_filters(given: object) -> list[dict[str, Any]] | None:
    if given is None:
        return None
    found = []
    for index, one in enumerate(batch_items(given, "metrics_filters", 100)):
        where = f"metrics_filters[{index}]"
        if not isinstance(one, dict) or not {"field", "operator", "values"} <= one.keys():
            raise bad(f"Invalid request: '{where}' must be an object with field, operator and values")
        values = batch_items(one["values"], f"{where}.values", 100)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise bad(f"Invalid request: '{where}.values' ({shown(value)} is not of type number)")
        found.append(
            {
                "field": _choice(f"{where}.field", one["field"], ("SPEND_IN_DOLLAR", "TOTAL_IMPRESSION")),
                "operator": _choice(f"{where}.operator", one["operator"], ("LESS_THAN", "GREATER_THAN")),
                "values": values,
            }
        )
    return found


def _check_others(body: Mapping[str, Any], level: str, asked: Mapping[str, Any]) -> None:
    """What is declared and not emulated is refused, and so is what does not go with the level."""
    for name in ("ad_ids", "ad_statuses"):
        if body.get(name) is None:
            continue
        _ids(body, "ad_ids")
        if level == "PRODUCT_ITEM":
            raise bad(f"'{name}' is not supported for Product Item Level Reports.")
        raise bad(f"'{name}' is not emulated: the pinshop emulator has product group promotions only, no ads.")
    if asked["targeting_types"] is not None:
        raise bad(f"'targeting_types' requires a level that ends in _TARGETING, not {level}.")
    if asked["attribution_types"] and "HOUSEHOLD" in asked["attribution_types"]:
        raise bad("'attribution_types' HOUSEHOLD is not emulated: the pinshop emulator attributes to individuals.")
    combine = body.get("combine_targeting_types")
    if combine is not None and not isinstance(combine, bool):
        raise bad(f"Invalid request: 'combine_targeting_types' ({shown(combine)} is not of type boolean)")
    if combine:
        raise bad(f"'combine_targeting_types' requires a level that ends in _TARGETING, not {level}.")
    for name in ("custom_conversion_event_metrics", "campaign_brand_label", "campaign_custom_label"):
        if body.get(name) not in (None, []):
            raise bad(f"'{name}' is not emulated: the pinshop emulator has no values to tell apart.")


def _check_dates(start: datetime.date, end: datetime.date, level: str, granularity: str, now: int, api_version: str) -> None:
    """5.6 declares no limits."""
    limits = reach("report", granularity, level)
    back, longest = limits.days_back, limits.days
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if end < start:
        raise bad("'start_date' must not be after 'end_date'.")
    if version(api_version) < version("5.8"):
        return
    if (today - start).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (end - start).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")
