"""Rules that bind several fields of one body, where Pinterest states them. Each function says what is wrong, or None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from pinshop.api import models
from pinshop.api.params.ad_accounts import AdAccountCreate
from pinshop.api.params.ad_groups import AdGroupCreate, AdGroupUpdate, TargetingSpec
from pinshop.api.params.campaigns import CampaignCreate, CampaignUpdate
from pinshop.api.params.catalog_product_groups import CatalogProductGroupCreate, CatalogProductGroupUpdate, Filter, Filters
from pinshop.api.params.promotions import ProductGroupPromotionCreate, ProductGroupPromotionUpdate
from pinshop.api.params.reports import ReportRequest

#: (field, given, allowed), or None where the rule holds.
Verdict: TypeAlias = tuple[str, object, str] | None


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
    # Source: 5.23.0 "To use targeting templates, do not set any other targeting fields".
    if item.get("targeting_template_ids"):
        for name in ("targeting_spec", "tracking_urls", "auto_targeting_enabled", "placement_group"):
            if item.get(name) is not None:
                return name, item[name], f"no {name} beside targeting_template_ids"
    return None


def _ends_after_start(item: Mapping[str, Any]) -> Verdict:
    start, end = item.get("start_time"), item.get("end_time")
    if start is not None and end is not None and end != -1 and end <= start:
        return "end_time", end, f"a time after start_time ({start})"
    return None


def _exactly_one(*names: str) -> Callable[[Mapping[str, Any]], Verdict]:
    def rule(item: Mapping[str, Any]) -> Verdict:
        given = [name for name in names if name in item]
        if len(given) == 1:
            return None
        wanted = f"exactly one of {', '.join(names)}" if len(names) < 4 else "exactly one key"
        return "", " and ".join(given) or "none of them", wanted

    return rule


def _typed_catalog(item: Mapping[str, Any]) -> Verdict:
    if "catalog_id" in item and "catalog_type" not in item:
        return "catalog_type", None, "RETAIL, as catalog_id is given"
    return None


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


RULES: dict[type, tuple[Callable[[Mapping[str, Any]], Verdict], ...]] = {
    CampaignCreate: (_one_cap, _budgeted, _lifetime_cap_ends, _flexible_is_daily, _legacy_objective, _ends_after_start),
    CampaignUpdate: (_one_cap, _flexible_is_daily, _legacy_objective, _ends_after_start),
    AdGroupCreate: (_lifetime_ends, _ad_group_budgeted, _cbo_pacing, _template_alone, _ends_after_start),
    AdGroupUpdate: (_cbo_pacing, _template_alone, _ends_after_start),
    TargetingSpec: (_one_age,),
    Filter: (_exactly_one(*Filter.__annotations__),),
    Filters: (_exactly_one("any_of", "all_of"),),
    CatalogProductGroupCreate: (_exactly_one("feed_id", "catalog_id"), _typed_catalog),
    ReportRequest: (_days_in_order, _hours, _product_items, _targeted),
}

#: How an object looks that is often written otherwise; ends what is said of a mistake in it.
EXAMPLES: dict[type, str] = {Filters: '{"any_of": [{"BRAND": {"values": ["X"]}}]}'}

# Fields an answer has and a request should not: sending them changes nothing, which looks like success.
READ_ONLY: dict[type, type[Struct]] = {
    ProductGroupPromotionCreate: models.ProductGroupPromotion,
    ProductGroupPromotionUpdate: models.ProductGroupPromotion,
    CampaignCreate: models.Campaign,
    CampaignUpdate: models.Campaign,
    AdGroupCreate: models.AdGroup,
    AdGroupUpdate: models.AdGroup,
    AdAccountCreate: models.AdAccount,
    CatalogProductGroupCreate: models.CatalogProductGroup,
    CatalogProductGroupUpdate: models.CatalogProductGroup,
}
