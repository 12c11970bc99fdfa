"""What a create or update of an ad group takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Required, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import CampaignId, Id, Limits, Micro, Name, Pattern, Seconds, TrackingUrls
from pinshop.api.params.campaigns import PerformancePlusSettings
from pinshop.api.params.rules import Rules, Verdict, ends_after_start


class AttributionWindows(TypedDict, total=False):
    """Days."""

    click_window_days: int
    engagement_window_days: int
    view_window_days: int


class ConversionGoal(TypedDict, total=False):
    """What an ad group is optimised for. ``cpa_goal_value_in_micro_currency`` is digits, not a number."""

    conversion_event: enums.ConversionEvent | Enum
    conversion_tag_id: Id
    cpa_goal_value_in_micro_currency: Annotated[str | int, Pattern("[0-9]+", "digits")]
    attribution_windows: AttributionWindows
    is_roas_optimized: bool | None
    learning_mode_type: Literal["NOT_ACTIVE", "ACTIVE"] | None
    reporting_event: str


class FrequencyGoal(TypedDict, total=False):
    """How often someone shall see it: ``{"frequency": 5, "timerange": "DAY"}``."""

    frequency: Annotated[int, Limits(2, 20)]
    timerange: Literal["THIRTY_DAY", "DAY", "SEVEN_DAY", "TWENTY_MINUTE", "TEN_MINUTE", "TWENTY_FOUR_HOUR"]


class ScrollupGoal(TypedDict, total=False):
    """What a scroll-up may cost; digits, not a number."""

    scrollup_goal_value_in_micro_currency: Annotated[str | int, Pattern("[0-9]+", "digits")] | None


class OptimizationGoal(TypedDict, total=False):
    """``conversion_tag_v3_goal_metadata`` is required under WEB_CONVERSION. Since 5.14."""

    conversion_tag_v3_goal_metadata: ConversionGoal
    frequency_goal_metadata: FrequencyGoal
    scrollup_goal_metadata: ScrollupGoal


class ShoppingRetargeting(TypedDict, total=False):
    """Days back at which retargeting begins and ends, and the numbers of the events that count."""

    lookback_window: int
    tag_types: Sequence[int]
    exclusion_window: int


class TargetingSpec(TypedDict, total=False):
    """Whom an ad group is shown to. MINIMUM_AGE and MAXIMUM_AGE since 5.23, not together with AGE_BUCKET."""

    AGE_BUCKET: Sequence[Literal["18-24", "19+", "20+", "21+", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"]] | None
    APPTYPE: Sequence[Literal["android_mobile", "android_tablet", "ipad", "iphone", "web", "web_mobile"]] | None
    AUDIENCE_EXCLUDE: Sequence[Id] | None
    AUDIENCE_INCLUDE: Sequence[Id] | None
    GENDER: Sequence[Literal["unknown", "male", "female"]] | None
    GEO: Sequence[str] | None
    GEO_EXCLUDE: Sequence[str]
    INTEREST: Sequence[str]
    LOCALE: Sequence[str] | None
    LOCATION: Sequence[str] | None
    LOCATION_EXCLUDE: Sequence[str]
    MAXIMUM_AGE: Annotated[str | int, Pattern(r"[0-9]+\+?", "digits, with or without a final +")]
    MINIMUM_AGE: Annotated[str | int, Pattern("[0-9]+", "digits")]
    SHOPPING_RETARGETING: Sequence[ShoppingRetargeting] | None
    TARGETING_STRATEGY: Sequence[Literal["CHOOSE_YOUR_OWN", "FIND_NEW_CUSTOMERS", "RECONNECT_WITH_USERS"]] | None


class TrackingFeatures(TypedDict, total=False):
    """Features of tracking (5.28); ``enabled`` null clears them."""

    enabled: Sequence[Literal["TRENDS", "CLONE_META", "BULK_EDITOR", "AD_ROTATION"]] | None


class AdGroupFields(TypedDict, total=False):
    """What a create and an update have in common."""

    status: enums.EntityStatus | Enum
    budget_in_micro_currency: Micro | None
    bid_in_micro_currency: Micro | None
    bid_strategy_type: enums.BidStrategyType | Enum | None
    budget_type: enums.BudgetType | Enum
    start_time: Seconds | None
    end_time: Seconds | None
    targeting_spec: TargetingSpec
    lifetime_frequency_cap: int
    tracking_urls: TrackingUrls | None
    placement_group: enums.PlacementGroup | Enum
    pacing_delivery_type: enums.PacingDeliveryType | Enum
    optimization_goal_metadata: OptimizationGoal | None
    targeting_template_ids: Annotated[Sequence[Id], Limits(0, 1)] | None
    is_creative_optimization: bool | None
    promotion_application_level: enums.PromotionApplicationLevel | Enum | None
    promotion_id: Id | None
    promotion_ids: Sequence[str]
    bid_multiplier: Annotated[float | Decimal, Limits(0, 10)]
    placement_traffic_type: Literal["ALL", "TWO_COLUMN_FEED", "FULLSCREEN_FEED"] | Enum
    customer_segment_id: Id
    is_local_inventory: bool
    local_inventory_radius_in_miles: Annotated[float | Decimal, Limits(0)]
    performance_plus_campaign_settings: PerformancePlusSettings
    ext_features: TrackingFeatures
    feed_profile_id: str


class AdGroupCreate(AdGroupFields, total=False):
    """One ad group to create.

    ``budget_type`` is DAILY if left out; under a CBO campaign only CBO_ADGROUP is allowed, and no ACCELERATED pacing.
    ``bid_in_micro_currency`` is required for CATALOG_SALES with CLICKTHROUGH.
    """

    name: Required[Name]
    campaign_id: Required[CampaignId]
    billable_event: Required[enums.BillableEvent | Enum]
    auto_targeting_enabled: bool


class AdGroupChanges(AdGroupFields, total=False):
    """What an update can change."""

    name: Name
    campaign_id: CampaignId
    billable_event: enums.BillableEvent | Enum
    auto_targeting_enabled: bool | None


class AdGroupUpdate(AdGroupChanges, total=False):
    """The fields of one ad group to change. Only drafts may change billable event and budget type."""

    id: Required[Id]


def _lifetime_ends(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "If LIFETIME, the end_time parameter is REQUIRED".
    if item.get("budget_type") == "LIFETIME" and item.get("end_time") is None:
        return "end_time", None, "a time, as budget_type is LIFETIME"
    return None


def _ad_group_budgeted(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "REQUIRED for non-CBO"; a campaign without CBO has budget type DAILY or LIFETIME.
    if item.get("budget_type") in ("DAILY", "LIFETIME") and not item.get("budget_in_micro_currency"):
        given = item.get("budget_in_micro_currency")
        return "budget_in_micro_currency", given, f"a budget, as budget_type is {item['budget_type']}"
    return None


def _cbo_pacing(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "When using CBO, only the STANDARD pacing delivery type is allowed".
    if item.get("budget_type") == "CBO_ADGROUP" and item.get("pacing_delivery_type") == "ACCELERATED":
        return "pacing_delivery_type", "ACCELERATED", "STANDARD, as budget_type is CBO_ADGROUP"
    return None


def _one_age(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "Cannot be combined with MINIMUM_AGE/MAXIMUM_AGE".
    if item.get("AGE_BUCKET") and ("MINIMUM_AGE" in item or "MAXIMUM_AGE" in item):
        return "AGE_BUCKET", item["AGE_BUCKET"], "no AGE_BUCKET beside MINIMUM_AGE or MAXIMUM_AGE"
    return None


def _template_alone(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "To use targeting templates, do not set any other targeting fields"; ['0'] clears them.
    if item.get("targeting_template_ids") not in (None, [], ["0"]):
        for name in ("targeting_spec", "tracking_urls", "auto_targeting_enabled", "placement_group"):
            if item.get(name) is not None:
                return name, item[name], f"no {name} beside targeting_template_ids"
    return None


RULES: Rules = {
    AdGroupCreate: (_lifetime_ends, _ad_group_budgeted, _cbo_pacing, _template_alone, ends_after_start),
    AdGroupUpdate: (_cbo_pacing, _template_alone, ends_after_start),
    TargetingSpec: (_one_age,),
}
