"""Fields of reports: what is ordered, and what is said of it. How far a report reaches: `pinshop.api.reaches`.

Source: ``AdsAnalyticsCreateAsyncRequest``, ``AdsAnalyticsCreateAsyncResponse`` and ``AdsAnalyticsGetAsyncResponse`` of
Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

from typing import Any

from pinshop.api.fields.campaigns import OBJECTIVES
from pinshop.api.fields.table import SUMMARY_VALUES, Field, FieldKind, since
from pinshop.api.models import enums


def _asked(name: str, kind: FieldKind, **facts: Any) -> Field:
    return Field(name=name, kind=kind, nullable=False, write="c", **facts)


def _any_of(alias: Any, first: str = "5.0") -> dict[str, str | tuple[str, str]]:
    return since(first, *map(str, enums.choices(alias)))


def _ids(name: str) -> Field:
    return _asked(name, "array", minimum=1, maximum=500, each=Field(name=name, kind="id", nullable=False))


def _words(name: str, most: int, values: dict[str, str | tuple[str, str]]) -> Field:
    """A list of words; ``values`` of an array are those of its items."""
    return _asked(name, "array", minimum=1, maximum=most, values=values)


_WINDOW = since("5.0", "1", "7", "30", "60") | since("5.10", "0", "14")

_GROUP_STATUSES = _any_of(enums.ProductGroupSummaryStatus)

_LEVELS = _any_of(enums.ReportLevel) | since("5.14", "PRODUCT_ITEM_TARGETING")

_AD_STATUSES = since("5.0", "APPROVED", "PAUSED", "PENDING", "REJECTED", "ADVERTISER_DISABLED", "ARCHIVED") | since(
    "5.12", "DRAFT", "DELETED_DRAFT"
)

_TARGETING_TYPES = (
    since(
        "5.0",
        "KEYWORD",
        "APPTYPE",
        "GENDER",
        "LOCATION",
        "PLACEMENT",
        "COUNTRY",
        "TARGETED_INTEREST",
        "PINNER_INTEREST",
        "AUDIENCE_INCLUDE",
        "GEO",
        "AGE_BUCKET",
        "REGION",
    )
    | {"AUDIENCE_EXCLUDE": ("5.0", "5.14")}
    | since("5.14", "AGE_BUCKET_AND_GENDER")
    | since("5.23", "MEDIA_TYPE", "AUDIENCE_MULTIPLIER", "CREATIVE_ENHANCEMENTS", "LOCAL_ADS_STORE_CODE")
)

METRICS_FILTER: tuple[Field, ...] = (
    _asked("field", "enum", required="c", values=since("5.0", "SPEND_IN_DOLLAR", "TOTAL_IMPRESSION")),
    _asked("operator", "enum", required="c", values=since("5.0", "LESS_THAN", "GREATER_THAN")),
    _asked("values", "array", required="c", minimum=1, each=Field(name="value", kind="number", nullable=False)),
)

# Where no description between 5.6 and 5.14, or 5.14 and 5.23, is at hand, the later one stands as the first version.
REPORT_REQUEST: tuple[Field, ...] = (
    _asked("start_date", "date", required="c"),
    _asked("end_date", "date", required="c"),
    _asked("granularity", "enum", required="c", values=_any_of(enums.Granularity)),
    _asked("columns", "array", required="c", minimum=1, each=Field(name="column", kind="text", nullable=False)),
    _asked("level", "enum", required="c", values=_LEVELS),
    _asked("report_format", "enum", values=_any_of(enums.ReportFormat)),
    _asked("primary_sort", "enum", since="5.14", values=since("5.14", "BY_ID", "BY_DATE")),
    _asked("reporting_timezone", "enum", since="5.16", values=_any_of(enums.ReportingTimezone)),
    _asked("conversion_report_time", "enum", values=_any_of(enums.ConversionReportTime)),
    _asked("click_window_days", "integer", values=_WINDOW),
    _asked("engagement_window_days", "integer", values=_WINDOW),
    _asked("view_window_days", "integer", values=_WINDOW),
    _asked("attribution_types", "array", values=since("5.0", "INDIVIDUAL", "HOUSEHOLD")),
    _asked("start_hour", "integer", since="5.14", minimum=0, maximum=23),
    _asked("end_hour", "integer", since="5.14", minimum=0, maximum=23),
    _ids("campaign_ids"),
    _words("campaign_statuses", 6, SUMMARY_VALUES),
    _words("campaign_objective_types", 7, OBJECTIVES),
    _ids("ad_group_ids"),
    _words("ad_group_statuses", 6, SUMMARY_VALUES),
    _ids("ad_ids"),
    _words("ad_statuses", 6, _AD_STATUSES),
    _ids("product_group_ids"),
    _words("product_group_statuses", 6, _GROUP_STATUSES),
    _ids("product_item_ids"),
    _words("targeting_types", 5, _TARGETING_TYPES),
    _asked("metrics_filters", "array", minimum=1, each=Field(name="one", kind="object", nullable=False, fields=METRICS_FILTER)),
    _asked("combine_targeting_types", "boolean", since="5.23"),
    _asked("custom_conversion_event_metrics", "array", since="5.23"),
    _asked("campaign_brand_label", "text", since="5.23"),
    _asked("campaign_custom_label", "text", since="5.28"),
)

REPORT_ORDER: tuple[Field, ...] = (
    Field(name="report_status", kind="enum", nullable=False, write="", values=_any_of(enums.ReportStatus)),
    Field(name="token", kind="text", nullable=False, write=""),
    Field(name="message", kind="text", write=""),
)

REPORT_STATE: tuple[Field, ...] = (
    Field(name="report_status", kind="enum", nullable=False, write="", values=_any_of(enums.ReportStatus)),
    Field(name="url", kind="text", write=""),
    Field(name="size", kind="integer", write=""),
)
