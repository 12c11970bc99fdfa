"""Fields of campaigns.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import STATUS_VALUES, SUMMARY_VALUES, Field, since
from pinshop.api.fields.tracking_urls import TRACKING_URLS

OBJECTIVES: dict[str, str | tuple[str, str]] = {
    "AWARENESS": "5.0", "CONSIDERATION": "5.0", "VIDEO_VIEW": ("5.0", "5.15"), "WEB_CONVERSION": "5.0", "CATALOG_SALES": "5.0",
    "WEB_SESSIONS": ("5.0", "5.15"), "VIDEO_COMPLETION": "5.14", "SALES": "5.28", "LEADS": "5.28", "APP_INSTALL": "5.28",
    "CTV_CONSIDERATION": "5.28",
}  # fmt: skip

_MULTIPLIER = Field(name="multiplier", kind="number", nullable=False, minimum=0, maximum=10)

#: 5.23: each kind of multipliers is an object of numbers; null only of app types and placements. An update says in its mask
#: which of them it writes.
BID_OPTIONS: tuple[Field, ...] = (
    Field(name="app_type_multipliers", kind="object", since="5.23", each=_MULTIPLIER),
    Field(name="audience_multipliers", kind="object", since="5.23", nullable=False, each=_MULTIPLIER),
    Field(name="placement_multipliers", kind="object", since="5.23", each=_MULTIPLIER),
    Field(name="age_bucket_multipliers", kind="object", since="5.28", nullable=False, each=_MULTIPLIER),
    Field(name="gender_multipliers", kind="object", since="5.28", nullable=False, each=_MULTIPLIER),
    Field(name="frequency_multipliers", kind="object", since="5.28", nullable=False, each=_MULTIPLIER),
    Field(
        name="freq_bid_multiplier_time_window", kind="enum", since="5.28", nullable=False,
        values=since("5.28", "WEEK", "MONTH"),
    ),
    Field(
        name="update_mask", kind="array", since="5.23", nullable=False, answered=False, write="u", required="u",
        values=since("5.23", "AUDIENCE", "APP_TYPE", "PLACEMENT", "GENDER", "AGE_BUCKET") | since("5.28", "FREQUENCY"),
    ),
)  # fmt: skip

#: What each word of the mask stands for. 5.23 has the words GENDER and AGE_BUCKET, and nothing that they stand for.
MASKED: dict[str, tuple[str, ...]] = {
    "AUDIENCE": ("audience_multipliers",), "APP_TYPE": ("app_type_multipliers",), "PLACEMENT": ("placement_multipliers",),
    "GENDER": ("gender_multipliers",), "AGE_BUCKET": ("age_bucket_multipliers",),
    "FREQUENCY": ("frequency_multipliers", "freq_bid_multiplier_time_window"),
}  # fmt: skip

#: Source: ``PerformancePlusCampaignSettings`` 5.28.0.
PERFORMANCE_PLUS: tuple[Field, ...] = (
    Field(name="boost_prospecting_ad_group_bid", kind="boolean", since="5.28", nullable=False),
    Field(
        name="pinner_list_exclusions", kind="array", since="5.28", nullable=False,
        each=Field(name="pinner_list", kind="text", nullable=False),
    ),
)  # fmt: skip

CAMPAIGN: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u", required="u"),
    Field(name="ad_account_id", kind="id", nullable=False),
    Field(name="name", kind="text", nullable=False, required="c", minimum=1),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="lifetime_spend_cap", kind="integer", minimum=0, unit="micro-currency", plausible=1_000_000),
    Field(name="daily_spend_cap", kind="integer", minimum=0, unit="micro-currency", plausible=1_000_000),
    Field(name="order_line_id", kind="foreign_id"),
    Field(name="tracking_urls", kind="object", fields=TRACKING_URLS, closed=True),
    Field(name="start_time", kind="integer", unit="seconds"),
    Field(name="end_time", kind="integer", unit="seconds"),
    Field(name="objective_type", kind="enum", nullable=False, null_in_bodies="u", required="c", values=OBJECTIVES),
    Field(
        name="intended_promotion_type",
        kind="enum",
        since="5.28",
        null_in_bodies="",
        values=since("5.28", "LEGACY", "STANDARD_AD", "CATALOG"),
    ),
    Field(name="is_campaign_budget_optimization", kind="boolean"),
    Field(name="is_flexible_daily_budgets", kind="boolean", null_in_bodies="u"),
    Field(name="is_automated_campaign", kind="boolean", nullable="5.15", null_in_bodies="u"),
    Field(
        name="default_ad_group_budget_in_micro_currency", kind="integer", minimum=0, unit="micro-currency", plausible=1_000_000
    ),
    Field(name="bid_options", kind="object", since="5.23", null_in_bodies="", fields=BID_OPTIONS),
    Field(name="is_performance_plus", kind="boolean", since="5.23", nullable=False),
    Field(name="is_top_of_search", kind="boolean", since="5.28", null_in_bodies=""),
    Field(name="is_ltv_optimized", kind="boolean", since="5.28", null_in_bodies=""),
    Field(name="is_carting", kind="boolean", since="5.28", write=""),
    Field(
        name="performance_plus_campaign_settings",
        kind="object",
        since="5.28",
        null_in_bodies="",
        write="u",
        fields=PERFORMANCE_PLUS,
    ),
    Field(name="summary_status", kind="enum", since="5.12", write="", values=SUMMARY_VALUES),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="created_time", kind="integer", nullable=False, write=""),
    Field(name="updated_time", kind="integer", nullable=False, write=""),
)
