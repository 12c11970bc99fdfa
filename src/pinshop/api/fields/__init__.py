"""Every field of every entity: its kind, since which version, whether it may be null, whether a body may write it.

Source: the schemas of Pinterest's descriptions 5.6.0, 5.14.0 and 5.23.0; for 5.28 the models of clients generated from it.
A field not listed here is neither taken nor answered.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pinshop.api import models
from pinshop.api.operations import version

#: A foreign_id is the id of something that is no row of this table (a Pin, a user, an order line): text of any length.
FieldKind = Literal[
    "id", "foreign_id", "ad_group_ref", "campaign_ref", "text", "integer", "number", "boolean", "enum", "object", "array"
]


class Field(Struct, frozen=True, kw_only=True):
    """One field of an entity. ``source`` is its name in the store where that differs from the wire."""

    name: str
    kind: FieldKind
    since: str = "5.0"
    until: str = ""
    #: True, False, or the first version in which null is allowed.
    nullable: bool | str = True
    #: "c" in create bodies, "u" in update bodies; "" is read-only (accepted and ignored).
    write: str = "cu"
    source: str = ""
    #: value -> first version, or (first, first version without it).
    values: dict[str, str | tuple[str, str]] = {}
    minimum: int | None = None
    maximum: int | None = None

    def at(self, api_version: str) -> bool:
        now = version(api_version)
        return version(self.since) <= now and not (self.until and now >= version(self.until))

    def null_at(self, api_version: str) -> bool:
        return self.nullable if isinstance(self.nullable, bool) else version(api_version) >= version(self.nullable)

    def values_at(self, api_version: str) -> tuple[str, ...]:
        now = version(api_version)
        known = []
        for value, span in self.values.items():
            first, last = span if isinstance(span, tuple) else (span, "")
            if version(first) <= now and not (last and now >= version(last)):
                known.append(value)
        return tuple(known)


def _since(first: str, *values: str) -> dict[str, str | tuple[str, str]]:
    return dict.fromkeys(values, first)


STATUS_VALUES = _since("5.0", "ACTIVE", "PAUSED", "ARCHIVED") | _since("5.12", "DRAFT", "DELETED_DRAFT")

SUMMARY_VALUES = _since("5.0", "RUNNING", "PAUSED", "NOT_STARTED", "COMPLETED", "ADVERTISER_DISABLED", "ARCHIVED") | _since(
    "5.12", "DRAFT", "DELETED_DRAFT"
)

_CREATIVE_TYPES = (
    _since("5.0", "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "IDEA")
    | _since("5.9", "QUIZ")
    | _since("5.10", "COLLECTION", "SHOWCASE")
    | _since("5.20", "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION")
    | _since("5.28", "APP")
)

_CALLS_TO_ACTION = (
    _since("5.28", *models.choices(models.CallToAction))
    | _since("5.15", "SHOP_NOW", "BOOK_NOW", "ON_SALE", "GET_DEAL")
    | _since("5.20", "BUY_ONLINE_PICKUP_IN_STORE")
)

_HEADERS = _since("5.15", "SHOP_THIS_COLLECTION", "EXPLORE_THIS_COLLECTION", "NO_HEADER", "ON_SALE", "GET_DEAL")

PROMOTION: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u"),
    Field(name="ad_group_id", kind="ad_group_ref", nullable=False, write=""),
    Field(name="catalogs_product_group_id", kind="id", until="5.8", nullable=False, source="catalog_product_group_id"),
    Field(name="catalog_product_group_id", kind="id", since="5.8"),
    Field(name="catalogs_product_group_name", kind="text", until="5.8", nullable=False, write="",
          source="catalog_product_group_name"),
    Field(name="catalog_product_group_name", kind="text", since="5.8", write=""),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="creative_type", kind="enum", nullable=False, values=_CREATIVE_TYPES),
    Field(name="tracking_url", kind="text", maximum=4000),
    Field(name="collections_hero_pin_id", kind="foreign_id"),
    Field(name="collections_hero_destination_url", kind="text"),
    Field(name="collections_header_type", kind="enum", since="5.15", values=_HEADERS),
    Field(name="slideshow_collections_title", kind="text"),
    Field(name="slideshow_collections_description", kind="text"),
    Field(name="is_mdl", kind="boolean", since="5.6"),
    Field(name="bid_in_micro_currency", kind="integer", nullable="5.8", write=""),
    Field(name="included", kind="boolean", write=""),
    Field(name="definition", kind="text", write=""),
    Field(name="relative_definition", kind="text", write=""),
    Field(name="parent_id", kind="id", write=""),
    Field(name="grid_click_type", kind="enum", since="5.12", write="",
          values=_since("5.12", "CLOSEUP", "DIRECT_TO_DESTINATION")),
    Field(name="customizable_cta_type", kind="enum", since="5.15", values=_CALLS_TO_ACTION),
    Field(name="is_generate_background", kind="boolean", since="5.15"),
    Field(name="selected_image_tag", kind="text", since="5.15", maximum=511),
    Field(name="preferred_media_type", kind="enum", since="5.16", values=_since("5.16", "VIDEO", "IMAGE")),
    Field(name="selected_video_tag", kind="text", since="5.16", maximum=511),
    Field(name="is_image_auto_resizing", kind="boolean", since="5.28", nullable=False),
    Field(name="type", kind="text", until="5.8", write=""),
)  # fmt: skip

_MICRO = 2**53

_OBJECTIVES: dict[str, str | tuple[str, str]] = {
    "AWARENESS": "5.0", "CONSIDERATION": "5.0", "VIDEO_VIEW": ("5.0", "5.15"), "WEB_CONVERSION": "5.0", "CATALOG_SALES": "5.0",
    "WEB_SESSIONS": ("5.0", "5.15"), "VIDEO_COMPLETION": "5.14", "SALES": "5.28", "LEADS": "5.28", "APP_INSTALL": "5.28",
    "CTV_CONSIDERATION": "5.28",
}  # fmt: skip

CAMPAIGN: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u"),
    Field(name="ad_account_id", kind="id", nullable=False),
    Field(name="name", kind="text", nullable=False, maximum=255),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="lifetime_spend_cap", kind="integer", minimum=0, maximum=_MICRO),
    Field(name="daily_spend_cap", kind="integer", minimum=0, maximum=_MICRO),
    Field(name="order_line_id", kind="foreign_id"),
    Field(name="tracking_urls", kind="object"),
    Field(name="start_time", kind="integer"),
    Field(name="end_time", kind="integer", minimum=-1),
    Field(name="objective_type", kind="enum", nullable=False, values=_OBJECTIVES),
    Field(name="intended_promotion_type", kind="enum", since="5.28", values=_since("5.28", "LEGACY", "STANDARD_AD", "CATALOG")),
    Field(name="is_campaign_budget_optimization", kind="boolean"),
    Field(name="is_flexible_daily_budgets", kind="boolean"),
    Field(name="is_automated_campaign", kind="boolean", nullable="5.15"),
    Field(name="default_ad_group_budget_in_micro_currency", kind="integer", minimum=0, maximum=_MICRO),
    Field(name="bid_options", kind="object", since="5.23"),
    Field(name="is_performance_plus", kind="boolean", since="5.23", nullable=False),
    Field(name="summary_status", kind="enum", since="5.12", write="", values=SUMMARY_VALUES),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="created_time", kind="integer", nullable=False, write=""),
    Field(name="updated_time", kind="integer", nullable=False, write=""),
)

AD_GROUP: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u"),
    Field(name="ad_account_id", kind="id", nullable=False, write=""),
    Field(name="campaign_id", kind="campaign_ref", nullable=False),
    Field(name="name", kind="text", nullable=False, maximum=255),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="budget_in_micro_currency", kind="integer", minimum=0, maximum=_MICRO),
    Field(name="bid_in_micro_currency", kind="integer", minimum=0, maximum=_MICRO),
    Field(
        name="bid_strategy_type", kind="enum", nullable="5.14", values=_since("5.0", "AUTOMATIC_BID", "MAX_BID", "TARGET_AVG")
    ),
    Field(name="budget_type", kind="enum", nullable=False, values=_since("5.0", "DAILY", "LIFETIME", "CBO_ADGROUP")),
    Field(
        name="billable_event",
        kind="enum",
        nullable=False,
        values={**_since("5.0", "CLICKTHROUGH", "IMPRESSION", "VIDEO_V_50_MRC"), "BILLABLE_ENGAGEMENT": ("5.0", "5.14")},
    ),
    Field(name="start_time", kind="integer"),
    Field(name="end_time", kind="integer"),
    Field(name="targeting_spec", kind="object", nullable=False),
    Field(name="lifetime_frequency_cap", kind="integer", nullable=False),
    Field(name="tracking_urls", kind="object"),
    Field(name="auto_targeting_enabled", kind="boolean"),
    Field(name="placement_group", kind="enum", nullable=False, values=_since("5.0", "ALL", "SEARCH", "BROWSE", "OTHER")),
    Field(name="pacing_delivery_type", kind="enum", nullable=False, values=_since("5.0", "STANDARD", "ACCELERATED")),
    Field(name="optimization_goal_metadata", kind="object", since="5.14", nullable=False),
    Field(name="targeting_template_ids", kind="array", since="5.14"),
    Field(name="is_creative_optimization", kind="boolean", since="5.23"),
    Field(name="promotion_application_level", kind="enum", since="5.23", values=_since("5.23", "NONE", "ITEM", "AD_GROUP")),
    Field(name="promotion_id", kind="foreign_id", since="5.23"),
    Field(name="bid_multiplier", kind="number", since="5.23", minimum=0, maximum=10),
    Field(name="conversion_learning_mode_type", kind="enum", write="", values=_since("5.0", "NOT_ACTIVE", "ACTIVE")),
    Field(name="summary_status", kind="enum", nullable=False, write="", values=SUMMARY_VALUES),
    Field(name="feed_profile_id", kind="text", nullable=False, write=""),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="created_time", kind="integer", nullable=False, write=""),
    Field(name="updated_time", kind="integer", nullable=False, write=""),
)

AD_ACCOUNT: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write=""),
    Field(name="name", kind="text", nullable=False, maximum=256),
    Field(name="owner", kind="object", nullable=False, write=""),
    Field(name="country", kind="text", nullable=False, maximum=2),
    Field(name="currency", kind="text", nullable=False, maximum=3),
    Field(name="time_zone", kind="text", since="5.28", nullable=False, maximum=64),
    Field(name="permissions", kind="array", nullable=False, write=""),
    Field(name="created_time", kind="integer", since="5.8", write=""),
    Field(name="updated_time", kind="integer", since="5.8", write=""),
)

USER: tuple[Field, ...] = (
    Field(name="account_type", kind="enum", nullable=False, values=_since("5.0", "PINNER", "BUSINESS")),
    Field(name="id", kind="id", since="5.8", nullable=False),
    Field(name="username", kind="text", nullable=False),
    Field(name="profile_image", kind="text", nullable=False),
    Field(name="website_url", kind="text", nullable=False),
    Field(name="about", kind="text", since="5.14", nullable=False),
    Field(name="business_name", kind="text", since="5.8"),
    Field(name="board_count", kind="integer", since="5.8"),
    Field(name="pin_count", kind="integer", since="5.8"),
    Field(name="follower_count", kind="integer", since="5.8"),
    Field(name="following_count", kind="integer", since="5.8"),
    Field(name="monthly_views", kind="integer", since="5.8"),
)

_CATALOG_TYPES = _since("5.0", "RETAIL", "HOTEL", "CREATIVE_ASSETS")

CATALOG: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False),
    Field(name="name", kind="text"),
    Field(name="catalog_type", kind="enum", nullable=False, values=_CATALOG_TYPES),
    Field(name="created_at", kind="text", nullable=False),
    Field(name="updated_at", kind="text", nullable=False),
)

FEED: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False),
    Field(name="catalog_id", kind="id", since="5.11", nullable=False),
    Field(name="catalog_type", kind="enum", since="5.11", nullable=False, values=_CATALOG_TYPES),
    Field(name="name", kind="text"),
    Field(name="format", kind="enum", nullable=False, values=_since("5.0", "TSV", "CSV", "XML")),
    Field(name="location", kind="text", nullable=False),
    Field(name="credentials", kind="object"),
    Field(name="preferred_processing_schedule", kind="object"),
    Field(name="status", kind="enum", nullable=False, values=_since("5.0", "ACTIVE", "INACTIVE")),
    Field(name="default_availability", kind="text"),
    Field(name="default_country", kind="text", nullable=False),
    Field(name="default_currency", kind="text"),
    Field(name="default_locale", kind="text", nullable=False),
    Field(name="created_at", kind="text", nullable=False),
    Field(name="updated_at", kind="text", nullable=False),
)

PRODUCT_GROUP: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write=""),
    Field(name="catalog_id", kind="id", since="5.11", nullable=False, write="c"),
    Field(name="catalog_type", kind="enum", since="5.11", nullable=False, values=_CATALOG_TYPES),
    Field(name="feed_id", kind="id", write="c"),
    Field(name="name", kind="text", nullable=False, maximum=500),
    Field(name="description", kind="text", maximum=10_000),
    Field(name="filters", kind="object", nullable=False),
    Field(name="is_featured", kind="boolean", nullable=False),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="status", kind="text", nullable=False, write=""),
    Field(name="country", kind="text", since="5.14", maximum=2),
    Field(name="locale", kind="text", since="5.14", maximum=10),
    Field(name="created_at", kind="integer", nullable=False, write=""),
    Field(name="updated_at", kind="integer", nullable=False, write=""),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "promotion": PROMOTION, "campaign": CAMPAIGN, "ad_group": AD_GROUP, "ad_account": AD_ACCOUNT, "user": USER,
    "catalog": CATALOG, "feed": FEED, "product_group": PRODUCT_GROUP,
}  # fmt: skip
