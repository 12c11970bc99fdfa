"""Fields of ad groups.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.campaigns import PERFORMANCE_PLUS
from pinshop.api.fields.table import STATUS_VALUES, SUMMARY_VALUES, Field, since
from pinshop.api.fields.tracking_urls import TRACKING_URLS
from pinshop.api.models import enums

_TEXT = Field(name="text", kind="text", nullable=False)

_AUDIENCE = Field(name="audience", kind="foreign_id", nullable=False)

_AGES = since("5.0", "18-24", "21+", "25-34", "35-44", "45-49", "50-54", "55-64", "65+") | since("5.23", "19+", "20+")

_APP_TYPES = since("5.0", "android_mobile", "android_tablet", "ipad", "iphone", "web", "web_mobile")

_STRATEGIES = since("5.0", "CHOOSE_YOUR_OWN", "FIND_NEW_CUSTOMERS", "RECONNECT_WITH_USERS")

_NUMBER = Field(name="number", kind="integer", nullable=False)

SHOPPING_RETARGETING: tuple[Field, ...] = (
    Field(name="lookback_window", kind="integer", nullable=False),
    Field(name="tag_types", kind="array", nullable=False, each=_NUMBER),
    Field(name="exclusion_window", kind="integer", nullable=False),
)

_RETARGETING = Field(name="retargeting", kind="object", nullable=False, fields=SHOPPING_RETARGETING)

#: Source: ``TargetingSpec``. Values of an array are those of its items.
TARGETING_SPEC: tuple[Field, ...] = (
    Field(name="AGE_BUCKET", kind="array", values=_AGES),
    Field(name="APPTYPE", kind="array", values=_APP_TYPES),
    Field(name="AUDIENCE_EXCLUDE", kind="array", each=_AUDIENCE),
    Field(name="AUDIENCE_INCLUDE", kind="array", each=_AUDIENCE),
    Field(name="GENDER", kind="array", values=since("5.0", "unknown", "male", "female")),
    Field(name="GEO", kind="array", each=_TEXT),
    Field(name="GEO_EXCLUDE", kind="array", since="5.28", nullable=False, each=_TEXT),
    Field(name="INTEREST", kind="array", nullable=False, each=_TEXT),
    Field(name="LOCALE", kind="array", each=_TEXT),
    Field(name="LOCATION", kind="array", each=_TEXT),
    Field(name="LOCATION_EXCLUDE", kind="array", since="5.28", nullable=False, each=_TEXT),
    Field(name="MAXIMUM_AGE", kind="text", since="5.23", nullable=False, pattern=r"[0-9]+\+?"),
    Field(name="MINIMUM_AGE", kind="text", since="5.23", nullable=False, pattern="[0-9]+"),
    Field(name="SHOPPING_RETARGETING", kind="array", each=_RETARGETING),
    Field(name="TARGETING_STRATEGY", kind="array", values=_STRATEGIES),
)

ATTRIBUTION_WINDOWS: tuple[Field, ...] = (
    Field(name="click_window_days", kind="integer", nullable=False),
    Field(name="engagement_window_days", kind="integer", nullable=False),
    Field(name="view_window_days", kind="integer", nullable=False),
)

CONVERSION_GOAL: tuple[Field, ...] = (
    Field(name="conversion_event", kind="enum", nullable=False, values=since("5.14", *enums.choices(enums.ConversionEvent))),
    Field(name="conversion_tag_id", kind="foreign_id", nullable=False),
    Field(name="cpa_goal_value_in_micro_currency", kind="text", nullable=False, pattern="[0-9]+"),
    Field(name="attribution_windows", kind="object", nullable=False, fields=ATTRIBUTION_WINDOWS),
    Field(name="is_roas_optimized", kind="boolean"),
    Field(name="learning_mode_type", kind="enum", values=since("5.14", "NOT_ACTIVE", "ACTIVE")),
    Field(name="reporting_event", kind="text", since="5.23", nullable=False),
)

_TIME_RANGES = since("5.14", "THIRTY_DAY", "DAY", "SEVEN_DAY", "TWENTY_MINUTE", "TEN_MINUTE", "TWENTY_FOUR_HOUR")

FREQUENCY_GOAL: tuple[Field, ...] = (
    Field(name="frequency", kind="integer", nullable=False, minimum=2, maximum=20),
    Field(name="timerange", kind="enum", nullable=False, values=_TIME_RANGES),
)

SCROLLUP_GOAL: tuple[Field, ...] = (Field(name="scrollup_goal_value_in_micro_currency", kind="text", pattern="[0-9]+"),)

#: Source: ``OptimizationGoalMetadata`` 5.14.0 and 5.23.0.
OPTIMIZATION_GOAL: tuple[Field, ...] = (
    Field(name="conversion_tag_v3_goal_metadata", kind="object", since="5.14", nullable=False, fields=CONVERSION_GOAL),
    Field(name="frequency_goal_metadata", kind="object", since="5.14", nullable=False, fields=FREQUENCY_GOAL),
    Field(name="scrollup_goal_metadata", kind="object", since="5.14", nullable=False, fields=SCROLLUP_GOAL),
)

_FEATURES = since("5.28", "TRENDS", "CLONE_META", "BULK_EDITOR", "AD_ROTATION")

#: Source: ``AdgroupTrackingFeatures`` 5.28.0: "To clear this field, set to null."
TRACKING_FEATURES: tuple[Field, ...] = (Field(name="enabled", kind="array", since="5.28", values=_FEATURES),)

AD_GROUP: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u", required="u"),
    Field(name="ad_account_id", kind="id", nullable=False, write=""),
    Field(name="campaign_id", kind="campaign_ref", nullable=False, required="c"),
    Field(name="name", kind="text", nullable=False, required="c", minimum=1),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="budget_in_micro_currency", kind="integer", minimum=0, unit="micro-currency", plausible=1_000_000),
    Field(name="bid_in_micro_currency", kind="integer", minimum=0, unit="micro-currency", plausible=10_000),
    Field(
        name="bid_strategy_type", kind="enum", nullable="5.14", values=since("5.0", "AUTOMATIC_BID", "MAX_BID", "TARGET_AVG")
    ),
    Field(name="budget_type", kind="enum", nullable=False, values=since("5.0", "DAILY", "LIFETIME", "CBO_ADGROUP")),
    Field(
        name="billable_event",
        kind="enum",
        nullable=False,
        required="c",
        values={**since("5.0", "CLICKTHROUGH", "IMPRESSION", "VIDEO_V_50_MRC"), "BILLABLE_ENGAGEMENT": ("5.0", "5.14")},
    ),
    Field(name="start_time", kind="integer", unit="seconds"),
    Field(name="end_time", kind="integer", unit="seconds"),
    Field(name="targeting_spec", kind="object", nullable=False, fields=TARGETING_SPEC),
    Field(name="lifetime_frequency_cap", kind="integer", nullable=False),
    Field(name="tracking_urls", kind="object", fields=TRACKING_URLS, closed=True),
    Field(name="auto_targeting_enabled", kind="boolean", null_in_bodies="u"),
    Field(name="placement_group", kind="enum", nullable=False, values=since("5.0", "ALL", "SEARCH", "BROWSE", "OTHER")),
    Field(name="pacing_delivery_type", kind="enum", nullable=False, values=since("5.0", "STANDARD", "ACCELERATED")),
    Field(
        name="optimization_goal_metadata",
        kind="object",
        since="5.14",
        nullable=False,
        null_in_bodies="cu",
        fields=OPTIMIZATION_GOAL,
    ),
    Field(name="targeting_template_ids", kind="array", since="5.14", maximum=1),
    Field(name="is_creative_optimization", kind="boolean", since="5.23"),
    Field(name="promotion_application_level", kind="enum", since="5.23", values=since("5.23", "NONE", "ITEM", "AD_GROUP")),
    Field(name="promotion_id", kind="foreign_id", since="5.23"),
    Field(name="bid_multiplier", kind="number", since="5.23", null_in_bodies="", minimum=0, maximum=10),
    Field(name="promotion_ids", kind="array", since="5.28", null_in_bodies=""),
    Field(
        name="placement_traffic_type",
        kind="enum",
        since="5.28",
        null_in_bodies="",
        values=since("5.28", "ALL", "TWO_COLUMN_FEED", "FULLSCREEN_FEED"),
    ),
    Field(name="customer_segment_id", kind="foreign_id", since="5.28", null_in_bodies=""),
    Field(name="is_local_inventory", kind="boolean", since="5.28", null_in_bodies=""),
    Field(name="local_inventory_radius_in_miles", kind="number", since="5.28", null_in_bodies="", minimum=0),
    Field(name="performance_plus_campaign_settings", kind="object", since="5.28", null_in_bodies="", fields=PERFORMANCE_PLUS),
    Field(name="ext_features", kind="object", since="5.28", null_in_bodies="", fields=TRACKING_FEATURES),
    Field(name="dca_assets", kind="object", nullable=False, write=""),
    Field(name="conversion_learning_mode_type", kind="enum", write="", values=since("5.0", "NOT_ACTIVE", "ACTIVE")),
    Field(name="summary_status", kind="enum", nullable=False, write="", values=SUMMARY_VALUES),
    Field(name="feed_profile_id", kind="text", nullable=False, written_since="5.28"),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="created_time", kind="integer", nullable=False, write=""),
    Field(name="updated_time", kind="integer", nullable=False, write=""),
)
