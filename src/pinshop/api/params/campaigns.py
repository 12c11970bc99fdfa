"""What a create or update of a campaign takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Required, TypeAlias, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Id, Limits, Micro, Name, Seconds, TrackingUrls
from pinshop.api.params.rules import Rules, Verdict, ends_after_start

Multipliers: TypeAlias = Mapping[str, Annotated[float | Decimal, Limits(0, 10)]]


class BidOptions(TypedDict, total=False):
    """Factors from 0 to 10 on the bids of a campaign, by app type, audience and so on. 1 changes nothing, 0 stops delivery."""

    app_type_multipliers: Multipliers | None
    audience_multipliers: Multipliers
    placement_multipliers: Multipliers | None
    age_bucket_multipliers: Multipliers
    gender_multipliers: Multipliers
    frequency_multipliers: Multipliers
    freq_bid_multiplier_time_window: Literal["WEEK", "MONTH"]


class BidOptionsUpdate(BidOptions, total=False):
    """Factors to change: only what ``update_mask`` names is written."""

    update_mask: Required[Sequence[Literal["AUDIENCE", "APP_TYPE", "PLACEMENT", "GENDER", "AGE_BUCKET", "FREQUENCY"]]]


class PerformancePlusSettings(TypedDict, total=False):
    """Settings of Performance+ campaigns (5.28)."""

    boost_prospecting_ad_group_bid: bool
    pinner_list_exclusions: Sequence[str]


class CampaignFields(TypedDict, total=False):
    """What a create and an update have in common."""

    # Required in the body beside the path; the call puts it in.
    ad_account_id: Id
    status: enums.EntityStatus | Enum
    intended_promotion_type: enums.IntendedPromotionType | Enum
    daily_spend_cap: Micro | None
    lifetime_spend_cap: Micro | None
    is_campaign_budget_optimization: bool | None
    default_ad_group_budget_in_micro_currency: Micro | None
    start_time: Seconds | None
    end_time: Seconds | None
    order_line_id: Id | None
    tracking_urls: TrackingUrls | None
    is_performance_plus: bool
    is_top_of_search: bool
    is_ltv_optimized: bool


class CampaignCreate(CampaignFields, total=False):
    """One campaign to create.

    A campaign that promotes catalog product groups has ``objective_type`` CATALOG_SALES or, from 5.28 on, SALES with
    ``intended_promotion_type`` CATALOG; in practice it needs ``is_campaign_budget_optimization`` with one spend cap.
    """

    name: Required[Name]
    objective_type: Required[enums.ObjectiveType | Enum]
    is_flexible_daily_budgets: bool
    is_automated_campaign: bool
    bid_options: BidOptions


class CampaignChanges(CampaignFields, total=False):
    """What an update can change."""

    name: Name
    objective_type: enums.ObjectiveType | Enum | None
    is_flexible_daily_budgets: bool | None
    is_automated_campaign: bool | None
    bid_options: BidOptionsUpdate
    performance_plus_campaign_settings: PerformancePlusSettings


class CampaignUpdate(CampaignChanges, total=False):
    """The fields of one campaign to change. The objective of a campaign that is no draft cannot change.

    ``end_time`` -1 and ``order_line_id`` "0" clear these fields (5.28).
    """

    id: Required[Id]


class CampaignDeclared(CampaignFields, total=False):
    """A campaign as a manifest declares it: which of its bid options an update writes is the plan's to say."""

    id: Required[Id]
    name: Name
    objective_type: enums.ObjectiveType | Enum | None
    is_flexible_daily_budgets: bool | None
    is_automated_campaign: bool | None
    bid_options: BidOptions | None
    performance_plus_campaign_settings: PerformancePlusSettings


def _one_cap(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "cannot be set at the same time"; 5.28.0: null "is treated the same as 0", no cap.
    if item.get("daily_spend_cap") and item.get("lifetime_spend_cap"):
        return "lifetime_spend_cap", item["lifetime_spend_cap"], "no lifetime_spend_cap beside a daily_spend_cap"
    return None


def _budgeted(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.23.0 "Required for Campaign Budget Optimization (CBO) campaigns".
    if item.get("is_campaign_budget_optimization") and not (item.get("daily_spend_cap") or item.get("lifetime_spend_cap")):
        return (
            "daily_spend_cap",
            item.get("daily_spend_cap"),
            "daily_spend_cap or lifetime_spend_cap, as is_campaign_budget_optimization is set",
        )
    return None


def _lifetime_cap_ends(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.28.0 "When using campaign budgets with a lifetime spend cap, the end time must be provided".
    if item.get("is_campaign_budget_optimization") and item.get("lifetime_spend_cap") and item.get("end_time") is None:
        return "end_time", None, "a time, as a CBO campaign has a lifetime_spend_cap"
    return None


def _flexible_is_daily(item: Mapping[str, Any]) -> Verdict:
    # Source: 5.28.0 "only supported for campaign budget optimization with a daily spend cap, and not a lifetime spend cap".
    if item.get("is_flexible_daily_budgets") and item.get("lifetime_spend_cap"):
        return "is_flexible_daily_budgets", True, "False, as there is a lifetime_spend_cap"
    return None


def _legacy_objective(item: Mapping[str, Any]) -> Verdict:
    # Source: Pinterest's page "try out campaign objective type simplification": CATALOG_SALES maps to LEGACY only.
    kind = item.get("intended_promotion_type", "LEGACY")
    if item.get("objective_type") == "CATALOG_SALES" and kind != "LEGACY":
        return "intended_promotion_type", kind, "LEGACY, as objective_type is CATALOG_SALES (SALES takes CATALOG)"
    return None


RULES: Rules = {
    CampaignCreate: (_one_cap, _budgeted, _lifetime_cap_ends, _flexible_is_daily, _legacy_objective, ends_after_start),
    CampaignUpdate: (_one_cap, _flexible_is_daily, _legacy_objective, ends_after_start),
    CampaignDeclared: (_one_cap, _flexible_is_daily, _legacy_objective, ends_after_start),
}
