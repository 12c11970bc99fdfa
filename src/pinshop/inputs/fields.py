"""The fields of every create and update, with their types, choices and limits: a `TypedDict` for each body.

An `Enum` member stands for its value wherever there are choices.

Source: request bodies of Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Required, TypeAlias, TypedDict

from msgspec import Struct

from pinshop import wire


class Limits(Struct, frozen=True):
    """Limits of a value: of its size for numbers, of its length for text and lists."""

    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""


class Pattern(Struct, frozen=True):
    """A text of this form; an integer stands for its digits. ``words`` describe the form."""

    form: str
    words: str


class Moment(Struct, frozen=True):
    """A moment in Unix seconds; a `datetime` with a time zone stands for them."""


class Day(Struct, frozen=True):
    """A day as YYYY-MM-DD; a `date` stands for it."""


# [0-9], not \d: Python's \d takes the digits of every script, Pinterest's ids are ASCII.
Id: TypeAlias = Annotated[str | int, Pattern("[0-9]{1,18}", "1 to 18 digits")]
CampaignId: TypeAlias = Annotated[str | int, Pattern("C?[0-9]{1,18}", "1 to 18 digits, with or without the prefix C")]
Micro: TypeAlias = Annotated[int, Limits(0, unit="micro-currency (1,000,000 = one unit of the account's currency)")]
Seconds: TypeAlias = Annotated[int | datetime.datetime, Moment()]
Date: TypeAlias = Annotated[str | datetime.date, Day()]
Text255: TypeAlias = Annotated[str, Limits(1, 255)]
Urls: TypeAlias = Annotated[Sequence[Annotated[str, Limits(1, 2000)]], Limits(0, 3)]

# ---------------------------------------------------------------------------------- promotions, written


class _Promotion(TypedDict, total=False):
    catalog_product_group_name: str | None
    status: wire.EntityStatus | Enum
    creative_type: wire.CreativeType | Enum
    tracking_url: Annotated[str, Limits(0, 4000)] | None
    collections_hero_pin_id: Id | None
    collections_hero_destination_url: str | None
    collections_header_type: wire.CollectionsHeaderType | Enum | None
    slideshow_collections_title: str | None
    slideshow_collections_description: str | None
    is_mdl: bool | None
    customizable_cta_type: wire.CallToAction | Enum | None
    is_generate_background: bool | None
    is_image_auto_resizing: bool | None
    selected_image_tag: Annotated[str, Limits(0, 511)] | None
    selected_video_tag: Annotated[str, Limits(0, 511)] | None
    preferred_media_type: wire.PreferredMediaType | Enum | None


class ProductGroupPromotionCreate(_Promotion, total=False):
    """One promotion to create: a catalog product group, and how it is shown. The ad group is an argument of the call.

    ``collections_header_type``, ``customizable_cta_type``, ``is_generate_background`` and ``selected_image_tag`` since 5.15,
    ``preferred_media_type`` and ``selected_video_tag`` since 5.16, ``is_image_auto_resizing`` since 5.28.
    """

    catalog_product_group_id: Required[Id]


class ProductGroupPromotionUpdate(_Promotion, total=False):
    """The fields of one promotion to change. What is left out stays; None is sent as null."""

    id: Required[Id]
    catalog_product_group_id: Id


# ------------------------------------------------------------------------------------------- campaigns


class TrackingUrls(TypedDict, total=False):
    """Up to three URLs of at most 2,000 characters for each event."""

    impression: Urls
    click: Urls
    engagement: Urls
    buyable_button: Urls
    audience_verification: Urls


class _Campaign(TypedDict, total=False):
    # Required in the body beside the path; the call puts it in.
    ad_account_id: Id
    status: wire.EntityStatus | Enum
    intended_promotion_type: wire.IntendedPromotionType | Enum
    daily_spend_cap: Micro | None
    lifetime_spend_cap: Micro | None
    is_campaign_budget_optimization: bool | None
    is_flexible_daily_budgets: bool | None
    default_ad_group_budget_in_micro_currency: Micro | None
    start_time: Seconds | None
    end_time: Seconds | None
    order_line_id: Id | None
    tracking_urls: TrackingUrls | None
    is_automated_campaign: bool | None
    is_performance_plus: bool
    is_top_of_search: bool
    is_ltv_optimized: bool
    bid_options: Mapping[str, Any] | None


class CampaignCreate(_Campaign, total=False):
    """One campaign to create.

    A campaign that promotes catalog product groups has ``objective_type`` CATALOG_SALES or, from 5.28 on, SALES with
    ``intended_promotion_type`` CATALOG; in practice it needs ``is_campaign_budget_optimization`` with one spend cap.
    """

    name: Required[Text255]
    objective_type: Required[wire.ObjectiveType | Enum]


class CampaignUpdate(_Campaign, total=False):
    """The fields of one campaign to change. The objective of a campaign that is no draft cannot change.

    ``end_time`` -1 and ``order_line_id`` "0" clear these fields (5.28).
    """

    id: Required[Id]
    name: Text255
    objective_type: wire.ObjectiveType | Enum | None


# ------------------------------------------------------------------------------------------- ad groups


class AttributionWindows(TypedDict, total=False):
    """Days."""

    click_window_days: int
    engagement_window_days: int
    view_window_days: int


class ConversionGoal(TypedDict, total=False):
    """What an ad group is optimised for. ``cpa_goal_value_in_micro_currency`` is digits, not a number."""

    conversion_event: wire.ConversionEvent | Enum
    conversion_tag_id: Id
    cpa_goal_value_in_micro_currency: Annotated[str | int, Pattern("[0-9]+", "digits")]
    attribution_windows: AttributionWindows
    is_roas_optimized: bool | None
    learning_mode_type: Literal["NOT_ACTIVE", "ACTIVE"] | None
    reporting_event: str


class OptimizationGoal(TypedDict, total=False):
    """``conversion_tag_v3_goal_metadata`` is required under WEB_CONVERSION. Since 5.14."""

    conversion_tag_v3_goal_metadata: ConversionGoal
    frequency_goal_metadata: Mapping[str, Any]
    scrollup_goal_metadata: Mapping[str, Any]


class TargetingSpec(TypedDict, total=False):
    """Whom an ad group is shown to. MINIMUM_AGE and MAXIMUM_AGE since 5.23, not together with AGE_BUCKET."""

    AGE_BUCKET: Sequence[Literal["18-24", "19+", "20+", "21+", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"]] | None
    APPTYPE: Sequence[Literal["android_mobile", "android_tablet", "ipad", "iphone", "web", "web_mobile"]] | None
    AUDIENCE_EXCLUDE: Sequence[Id] | None
    AUDIENCE_INCLUDE: Sequence[Id] | None
    GENDER: Sequence[Literal["unknown", "male", "female"]] | None
    GEO: Sequence[str] | None
    INTEREST: Sequence[str]
    LOCALE: Sequence[str] | None
    LOCATION: Sequence[str] | None
    MAXIMUM_AGE: Annotated[str | int, Pattern(r"[0-9]+\+?", "digits, with or without a final +")]
    MINIMUM_AGE: Annotated[str | int, Pattern("[0-9]+", "digits")]
    SHOPPING_RETARGETING: Sequence[Mapping[str, Any]] | None
    TARGETING_STRATEGY: Sequence[Literal["CHOOSE_YOUR_OWN", "FIND_NEW_CUSTOMERS", "RECONNECT_WITH_USERS"]] | None


class _AdGroup(TypedDict, total=False):
    status: wire.EntityStatus | Enum
    budget_in_micro_currency: Micro | None
    bid_in_micro_currency: Micro | None
    bid_strategy_type: wire.BidStrategyType | Enum | None
    budget_type: wire.BudgetType | Enum
    start_time: Seconds | None
    end_time: Seconds | None
    targeting_spec: TargetingSpec
    lifetime_frequency_cap: int
    tracking_urls: TrackingUrls | None
    auto_targeting_enabled: bool | None
    placement_group: wire.PlacementGroup | Enum
    pacing_delivery_type: wire.PacingDeliveryType | Enum
    optimization_goal_metadata: OptimizationGoal | None
    targeting_template_ids: Annotated[Sequence[Id], Limits(0, 1)] | None
    is_creative_optimization: bool | None
    promotion_application_level: wire.PromotionApplicationLevel | Enum | None
    promotion_id: Id | None
    promotion_ids: Sequence[str]
    bid_multiplier: Annotated[float | Decimal, Limits(0, 10)]


class AdGroupCreate(_AdGroup, total=False):
    """One ad group to create.

    ``budget_type`` is DAILY if left out; under a CBO campaign only CBO_ADGROUP is allowed, and no ACCELERATED pacing.
    ``bid_in_micro_currency`` is required for CATALOG_SALES with CLICKTHROUGH.
    """

    name: Required[Text255]
    campaign_id: Required[CampaignId]
    billable_event: Required[wire.BillableEvent | Enum]


class AdGroupUpdate(_AdGroup, total=False):
    """The fields of one ad group to change. Only drafts may change billable event and budget type."""

    id: Required[Id]
    name: Text255
    campaign_id: CampaignId
    billable_event: wire.BillableEvent | Enum


# ----------------------------------------------------------------------------------------- ad accounts


class AdAccountCreate(TypedDict, total=False):
    """An ad account to create. Pinterest's description requires nothing; up to 50 accounts per user."""

    name: Annotated[str, Limits(1, 256)]
    country: Annotated[str, Pattern("[A-Z]{2}", "a country of ISO 3166-1 alpha-2, such as US")]
    currency: wire.Currency | Enum
    owner_user_id: Id
    time_zone: str


# -------------------------------------------------------------------------------- catalog product groups


class _Negatable(TypedDict, total=False):
    negated: bool


class Strings(_Negatable, total=False):
    """``{"values": ["ACME", …], "negated": false}``."""

    values: Required[Sequence[str]]


class Labels(Strings, total=False):
    """The same, compared by IS (default) or CONTAINS."""

    filter_operator_type: Literal["IS", "CONTAINS"]


class Paths(_Negatable, total=False):
    """``{"values": [["Home", "Kitchen"], …]}``: each value a path from the root."""

    values: Required[Sequence[Sequence[str]]]


class Price(_Negatable, total=False):
    """``{"values": 19.99, "inclusion": true}``: in units of currency, not micro-currency."""

    values: Required[Annotated[float | Decimal, Limits(0)]]
    inclusion: bool


class OneString(_Negatable, total=False):
    """``{"values": "USD"}``."""

    values: Required[str]


class Genders(_Negatable, total=False):
    """``{"values": ["FEMALE"]}``."""

    values: Required[Sequence[Literal["FEMALE", "MALE", "UNISEX"]]]


class MediaTypes(_Negatable, total=False):
    """``{"values": ["VIDEO"]}``."""

    values: Required[Sequence[Literal["IMAGE", "VIDEO"]]]


class Number(_Negatable, total=False):
    """``{"operator": "GREATER_THAN", "value": 5}``."""

    operator: Required[Literal["GREATER_THAN", "GREATER_THAN_OR_EQUALS", "LESS_THAN", "LESS_THAN_OR_EQUALS"]]
    value: Required[Annotated[int, Limits(0, 4294967295)]]


class Filter(TypedDict, total=False):
    """One criterion: exactly one of these keys. CUSTOM_NUMBER_* and TITLE_KEYWORDS are not in 5.14."""

    MIN_PRICE: Price
    MAX_PRICE: Price
    CURRENCY: OneString
    ITEM_ID: Strings
    AVAILABILITY: Strings
    BRAND: Strings
    CONDITION: Strings
    CUSTOM_LABEL_0: Labels
    CUSTOM_LABEL_1: Labels
    CUSTOM_LABEL_2: Labels
    CUSTOM_LABEL_3: Labels
    CUSTOM_LABEL_4: Labels
    ITEM_GROUP_ID: Strings
    GENDER: Genders
    MEDIA_TYPE: MediaTypes
    PRODUCT_TYPE_0: Paths
    PRODUCT_TYPE_1: Paths
    PRODUCT_TYPE_2: Paths
    PRODUCT_TYPE_3: Paths
    PRODUCT_TYPE_4: Paths
    GOOGLE_PRODUCT_CATEGORY_0: Paths
    GOOGLE_PRODUCT_CATEGORY_1: Paths
    GOOGLE_PRODUCT_CATEGORY_2: Paths
    GOOGLE_PRODUCT_CATEGORY_3: Paths
    GOOGLE_PRODUCT_CATEGORY_4: Paths
    GOOGLE_PRODUCT_CATEGORY_5: Paths
    GOOGLE_PRODUCT_CATEGORY_6: Paths
    PRODUCT_GROUP: Strings
    CUSTOM_NUMBER_0: Number
    CUSTOM_NUMBER_1: Number
    CUSTOM_NUMBER_2: Number
    CUSTOM_NUMBER_3: Number
    CUSTOM_NUMBER_4: Number
    TITLE_KEYWORDS: Strings


class Filters(TypedDict, total=False):
    """Which products a group selects: exactly one of ``any_of`` (one criterion is enough) and ``all_of``; never empty."""

    any_of: Annotated[Sequence[Filter], Limits(1)]
    all_of: Annotated[Sequence[Filter], Limits(1)]


class CatalogProductGroupCreate(TypedDict, total=False):
    """A catalog product group to create: of a feed (``feed_id``), or of a whole catalog (``catalog_id`` and ``catalog_type``).

    Pinterest offers groups of a whole retail catalog to selected partners only. Catalogs of other types have other filters and
    are out of this client's slice.
    """

    name: Required[str]
    filters: Required[Filters]
    feed_id: Id
    catalog_id: Id
    catalog_type: Literal["RETAIL"]
    description: str | None
    is_featured: bool
    country: str
    locale: str


class CatalogProductGroupUpdate(TypedDict, total=False):
    """The fields of a catalog product group to change."""

    name: str
    filters: Filters
    catalog_type: Literal["RETAIL"]
    description: str | None
    is_featured: bool
    country: str
    locale: str


# --------------------------------------------------------------------------------------------- reports

_Ids500: TypeAlias = Annotated[Sequence[Id], Limits(1, 500)]


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
    granularity: Required[wire.Granularity | Enum]
    columns: Required[Annotated[Sequence[str], Limits(1)]]
    level: Required[wire.ReportLevel | Enum]
    report_format: wire.ReportFormat | Enum
    primary_sort: Literal["BY_ID", "BY_DATE"]
    reporting_timezone: wire.ReportingTimezone | Enum
    conversion_report_time: wire.ConversionReportTime | Enum
    click_window_days: wire.AttributionWindow
    engagement_window_days: wire.AttributionWindow
    view_window_days: wire.AttributionWindow
    attribution_types: Sequence[Literal["INDIVIDUAL", "HOUSEHOLD"]]
    start_hour: Annotated[int, Limits(0, 23)]
    end_hour: Annotated[int, Limits(0, 23)]
    campaign_ids: _Ids500
    campaign_statuses: Annotated[Sequence[wire.SummaryStatus | Enum], Limits(1, 6)]
    campaign_objective_types: Annotated[Sequence[wire.ObjectiveType | Enum], Limits(1, 7)]
    ad_group_ids: _Ids500
    ad_group_statuses: Annotated[Sequence[wire.SummaryStatus | Enum], Limits(1, 6)]
    ad_ids: _Ids500
    ad_statuses: Annotated[Sequence[str], Limits(1, 6)]
    product_group_ids: _Ids500
    product_group_statuses: Annotated[Sequence[wire.ProductGroupSummaryStatus | Enum], Limits(1, 6)]
    product_item_ids: _Ids500
    targeting_types: Annotated[Sequence[str], Limits(1, 5)]
    metrics_filters: Annotated[Sequence[MetricsFilter], Limits(1)]
    combine_targeting_types: bool
    custom_conversion_event_metrics: Sequence[Mapping[str, Any]]
    campaign_brand_label: str
    campaign_custom_label: str
