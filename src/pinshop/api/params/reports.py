"""What a report request takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, Required, TypeAlias, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Date, Id, Limits
from pinshop.api.params.rules import Rules, Verdict

_Ids500: TypeAlias = Annotated[Sequence[Id], Limits(1, 500)]


_AdStatus: TypeAlias = Literal[
    "APPROVED", "PAUSED", "PENDING", "REJECTED", "ADVERTISER_DISABLED", "ARCHIVED", "DRAFT", "DELETED_DRAFT"
]  # fmt: skip

_TargetingType: TypeAlias = Literal[
    "KEYWORD", "APPTYPE", "GENDER", "LOCATION", "PLACEMENT", "COUNTRY", "TARGETED_INTEREST", "PINNER_INTEREST",
    "AUDIENCE_INCLUDE", "AUDIENCE_EXCLUDE", "GEO", "AGE_BUCKET", "REGION", "MEDIA_TYPE", "AGE_BUCKET_AND_GENDER",
    "AUDIENCE_MULTIPLIER", "CREATIVE_ENHANCEMENTS", "LOCAL_ADS_STORE_CODE",
]  # fmt: skip


class MetricsFilter(TypedDict):
    """``{"field": "SPEND_IN_DOLLAR", "operator": "GREATER_THAN", "values": [1]}``."""

    field: Required[Literal["SPEND_IN_DOLLAR", "TOTAL_IMPRESSION"]]
    operator: Required[Literal["LESS_THAN", "GREATER_THAN"]]
    values: Required[Annotated[Sequence[float], Limits(1)]]


class ReportRequest(TypedDict, total=False):
    """An asynchronous report to order.

    ``start_hour`` and ``end_hour`` (0 to 23, the end exclusive) only with HOUR; ``targeting_types`` only with a level that ends
    in _TARGETING; ``ad_ids`` and ``ad_statuses`` not with PRODUCT_ITEM.
    """

    start_date: Required[Date]
    end_date: Required[Date]
    granularity: Required[enums.Granularity | Enum]
    columns: Required[Annotated[Sequence[str], Limits(1)]]
    level: Required[enums.ReportLevel | Enum]
    report_format: enums.ReportFormat | Enum
    primary_sort: Literal["BY_ID", "BY_DATE"]
    reporting_timezone: enums.ReportingTimezone | Enum
    conversion_report_time: enums.ConversionReportTime | Enum
    click_window_days: enums.AttributionWindow
    engagement_window_days: enums.AttributionWindow
    view_window_days: enums.AttributionWindow
    attribution_types: Sequence[Literal["INDIVIDUAL", "HOUSEHOLD"]]
    start_hour: Annotated[int, Limits(0, 23)]
    end_hour: Annotated[int, Limits(0, 23)]
    campaign_ids: _Ids500
    campaign_statuses: Annotated[Sequence[enums.SummaryStatus | Enum], Limits(1, 6)]
    campaign_objective_types: Annotated[Sequence[enums.ObjectiveType | Enum], Limits(1, 7)]
    ad_group_ids: _Ids500
    ad_group_statuses: Annotated[Sequence[enums.SummaryStatus | Enum], Limits(1, 6)]
    ad_ids: _Ids500
    ad_statuses: Annotated[Sequence[_AdStatus], Limits(1, 6)]
    product_group_ids: _Ids500
    product_group_statuses: Annotated[Sequence[enums.ProductGroupSummaryStatus | Enum], Limits(1, 6)]
    product_item_ids: _Ids500
    targeting_types: Annotated[Sequence[_TargetingType], Limits(1, 5)]
    metrics_filters: Annotated[Sequence[MetricsFilter], Limits(1)]
    combine_targeting_types: bool
    custom_conversion_event_metrics: Sequence[Mapping[str, Any]]
    campaign_brand_label: str
    campaign_custom_label: str


def _hours(item: Mapping[str, Any]) -> Verdict:
    for name in ("start_hour", "end_hour"):
        if name in item and item["granularity"] != "HOUR":
            return name, item[name], "no hours, as granularity is not HOUR"
    return None


def _product_items(item: Mapping[str, Any]) -> Verdict:
    for name in ("ad_ids", "ad_statuses"):
        if name in item and item["level"].startswith("PRODUCT_ITEM"):
            return name, item[name], f"no {name}, as level is {item['level']}"
    return None


def _targeted(item: Mapping[str, Any]) -> Verdict:
    if "targeting_types" in item and not item["level"].endswith("_TARGETING"):
        return "targeting_types", item["targeting_types"], "no targeting_types, as level does not end in _TARGETING"
    return None


def _days_in_order(item: Mapping[str, Any]) -> Verdict:
    if item["end_date"] < item["start_date"]:
        return "end_date", item["end_date"], f"{item['start_date']} (start_date) or later"
    return None


RULES: Rules = {ReportRequest: (_days_in_order, _hours, _product_items, _targeted)}
