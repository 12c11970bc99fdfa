"""Fields of ad groups.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import STATUS_VALUES, SUMMARY_VALUES, Field, since

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
    Field(name="targeting_spec", kind="object", nullable=False),
    Field(name="lifetime_frequency_cap", kind="integer", nullable=False),
    Field(name="tracking_urls", kind="object"),
    Field(name="auto_targeting_enabled", kind="boolean"),
    Field(name="placement_group", kind="enum", nullable=False, values=since("5.0", "ALL", "SEARCH", "BROWSE", "OTHER")),
    Field(name="pacing_delivery_type", kind="enum", nullable=False, values=since("5.0", "STANDARD", "ACCELERATED")),
    Field(name="optimization_goal_metadata", kind="object", since="5.14", nullable=False, null_in_bodies="cu"),
    Field(name="targeting_template_ids", kind="array", since="5.14", maximum=1),
    Field(name="is_creative_optimization", kind="boolean", since="5.23"),
    Field(name="promotion_application_level", kind="enum", since="5.23", values=since("5.23", "NONE", "ITEM", "AD_GROUP")),
    Field(name="promotion_id", kind="foreign_id", since="5.23"),
    Field(name="bid_multiplier", kind="number", since="5.23", null_in_bodies="", minimum=0, maximum=10),
    Field(name="promotion_ids", kind="array", since="5.28", null_in_bodies=""),
    Field(name="placement_traffic_type", kind="text", since="5.28", write=""),
    Field(name="customer_segment_id", kind="foreign_id", since="5.28", write=""),
    Field(name="is_local_inventory", kind="boolean", since="5.28", write=""),
    Field(name="local_inventory_radius_in_miles", kind="number", since="5.28", write=""),
    Field(name="performance_plus_campaign_settings", kind="object", since="5.28", write=""),
    Field(name="ext_features", kind="object", since="5.28", write=""),
    Field(name="dca_assets", kind="object", nullable=False, write=""),
    Field(name="conversion_learning_mode_type", kind="enum", write="", values=since("5.0", "NOT_ACTIVE", "ACTIVE")),
    Field(name="summary_status", kind="enum", nullable=False, write="", values=SUMMARY_VALUES),
    Field(name="feed_profile_id", kind="text", nullable=False, write=""),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="created_time", kind="integer", nullable=False, write=""),
    Field(name="updated_time", kind="integer", nullable=False, write=""),
)
