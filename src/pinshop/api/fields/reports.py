"""Fields of reports: what is ordered, and what is said of it. How far a report reaches: `pinshop.api.reaches`.

Source: ``AdsAnalyticsCreateAsyncRequest``, ``AdsAnalyticsCreateAsyncResponse`` and ``AdsAnalyticsGetAsyncResponse`` of
Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

from typing import Any

from pinshop.api.fields.table import SUMMARY_VALUES, Field, FieldKind, since
from pinshop.api.models import enums


def _asked(name: str, kind: FieldKind, **facts: Any) -> Field:
    return Field(name=name, kind=kind, nullable=False, write="c", **facts)


def _any_of(alias: Any, first: str = "5.0") -> dict[str, str | tuple[str, str]]:
    return since(first, *map(str, enums.choices(alias)))


_WINDOW = since("5.0", "1", "7", "30", "60") | since("5.10", "0", "14")

_GROUP_STATUSES = _any_of(enums.ProductGroupSummaryStatus)

#: Values of an array are those of its items.
REPORT_REQUEST: tuple[Field, ...] = (
    _asked("start_date", "date", required="c"),
    _asked("end_date", "date", required="c"),
    _asked("granularity", "enum", required="c", values=_any_of(enums.Granularity)),
    _asked("columns", "array", required="c", minimum=1),
    _asked("level", "enum", required="c", values=_any_of(enums.ReportLevel)),
    _asked("report_format", "enum", values=_any_of(enums.ReportFormat)),
    _asked("primary_sort", "enum", values=since("5.0", "BY_ID", "BY_DATE")),
    _asked("reporting_timezone", "enum", since="5.16", values=_any_of(enums.ReportingTimezone)),
    _asked("conversion_report_time", "enum", values=_any_of(enums.ConversionReportTime)),
    _asked("click_window_days", "integer", values=_WINDOW),
    _asked("engagement_window_days", "integer", values=_WINDOW),
    _asked("view_window_days", "integer", values=_WINDOW),
    _asked("attribution_types", "array", values=since("5.0", "INDIVIDUAL", "HOUSEHOLD")),
    _asked("start_hour", "integer", minimum=0, maximum=23),
    _asked("end_hour", "integer", minimum=0, maximum=23),
    _asked("campaign_ids", "array", minimum=1, maximum=500),
    _asked("campaign_statuses", "array", minimum=1, maximum=6, values=SUMMARY_VALUES),
    _asked("campaign_objective_types", "array", minimum=1, maximum=7, values=_any_of(enums.ObjectiveType)),
    _asked("ad_group_ids", "array", minimum=1, maximum=500),
    _asked("ad_group_statuses", "array", minimum=1, maximum=6, values=SUMMARY_VALUES),
    _asked("ad_ids", "array", minimum=1, maximum=500),
    _asked("ad_statuses", "array", minimum=1, maximum=6),
    _asked("product_group_ids", "array", minimum=1, maximum=500),
    _asked("product_group_statuses", "array", minimum=1, maximum=6, values=_GROUP_STATUSES),
    _asked("product_item_ids", "array", minimum=1, maximum=500),
    _asked("targeting_types", "array", minimum=1, maximum=5),
    _asked("metrics_filters", "array", minimum=1),
    _asked("combine_targeting_types", "boolean"),
    _asked("custom_conversion_event_metrics", "array"),
    _asked("campaign_brand_label", "text"),
    _asked("campaign_custom_label", "text"),
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
