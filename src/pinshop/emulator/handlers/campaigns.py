"""Campaigns: list, get, create, update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinshop.api.fields.campaigns import MASKED
from pinshop.api.operations import at_least
from pinshop.emulator.delivery.bids import MULTIPLIED
from pinshop.emulator.handlers.context import (
    Context,
    Reading,
    batch_items,
    change_status,
    checked_body,
    each_item,
    is_descending,
    item_not_found,
    listed_statuses,
    not_found,
    page_of,
    refuse_item,
    save,
)
from pinshop.emulator.handlers.promotions import carries_shopping
from pinshop.emulator.refusals import ItemRefusal, bad, shown
from pinshop.emulator.shapes import Batch, Page
from pinshop.emulator.storage.store import Entity


def summary_status(entity: Mapping[str, Any], now: int, parent: Mapping[str, Any] | None = None) -> str:
    """What Ads Manager shows: the status, seen with the schedule and the campaign."""
    status = str(entity["status"])
    if status != "ACTIVE":
        return status
    if parent is not None and parent["status"] != "ACTIVE":
        return "PAUSED" if parent["status"] == "PAUSED" else str(parent["status"])
    # The campaign's schedule supersedes the ad group's, which is answered as it was assigned.
    schedules = [entity] if parent is None else [entity, parent]
    if any((one.get("start_time") or 0) > now for one in schedules):
        return "NOT_STARTED"
    if any(one.get("end_time") and one["end_time"] <= now for one in schedules):
        return "COMPLETED"
    return "RUNNING"


def complete_campaign(ctx: Reading, campaign: Entity) -> Entity:
    campaign["type"] = "campaign"
    campaign["summary_status"] = summary_status(campaign, ctx.now)
    if campaign.get("intended_promotion_type") is None and at_least(ctx.api_version, "5.28"):
        campaign["intended_promotion_type"] = "LEGACY" if campaign["objective_type"] == "CATALOG_SALES" else "STANDARD_AD"
    return campaign


def campaigns_list(ctx: Context) -> Page:
    ids = ctx.query.get("campaign_ids")
    page = page_of(
        ctx,
        "campaigns",
        where={"ad_account_id": ctx.account_id},
        ids={"id": ids} if ids else None,
        statuses=listed_statuses(ctx, by_ids=bool(ids)),
        descending=is_descending(ctx),
    )
    for campaign in page.items:
        complete_campaign(ctx, campaign)
    return page


def campaigns_get(ctx: Context) -> Entity:
    campaign = ctx.store.get("campaigns", ctx.path["campaign_id"])
    if campaign is None or campaign["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "Campaign")
    return complete_campaign(ctx, campaign)


def _check_campaign(ctx: Context, campaign: Mapping[str, Any]) -> None:
    daily, lifetime = campaign.get("daily_spend_cap"), campaign.get("lifetime_spend_cap")
    if daily and lifetime:
        raise refuse_item(ctx, "daily_spend_cap and lifetime_spend_cap cannot be set at the same time.")
    cbo = bool(campaign.get("is_campaign_budget_optimization"))
    if carries_shopping(campaign) and ctx.rules.catalog_sales_needs_cbo and not cbo:
        raise ItemRefusal(
            ctx.rules.code_missing_budget,
            "A campaign that promotes catalog product groups needs a campaign budget "
            "(is_campaign_budget_optimization with daily_spend_cap or lifetime_spend_cap).",
        )
    if cbo and not (daily or lifetime):
        raise ItemRefusal(ctx.rules.code_missing_budget, "A CBO campaign needs daily_spend_cap or lifetime_spend_cap.")
    if at_least(ctx.api_version, "5.28"):
        _check_features(ctx, campaign)
        if not cbo and (daily or lifetime):
            raise refuse_item(ctx, "For ad group level budgets, daily_spend_cap and lifetime_spend_cap must be 0 or unset.")
        if cbo and lifetime and not campaign.get("end_time"):
            raise refuse_item(ctx, "When using campaign budgets with a lifetime spend cap, the end time must be provided.")
        if campaign.get("is_flexible_daily_budgets") and not (cbo and daily):
            raise refuse_item(ctx, "Flexible daily budgets are only supported for campaign budgets with a daily spend cap.")
    check_schedule(ctx, campaign)


#: Features and the objectives that they go with: texts of 5.28.0.
_OBJECTIVES_OF = {
    "is_automated_campaign": ("CONSIDERATION", "WEB_CONVERSION", "SALES", "LEADS", "CATALOG_SALES"),
    "is_top_of_search": ("CONSIDERATION", "WEB_CONVERSION", "SALES", "LEADS", "CATALOG_SALES"),
    "is_performance_plus": ("CONSIDERATION", "WEB_CONVERSION", "SALES", "LEADS", "CATALOG_SALES", "APP_INSTALL"),
}


def _check_features(ctx: Context, campaign: Mapping[str, Any]) -> None:
    """5.28: what a campaign's features go with."""
    for name, objectives in _OBJECTIVES_OF.items():
        if campaign.get(name) and campaign["objective_type"] not in objectives:
            raise refuse_item(ctx, f"{name} is only supported for {', '.join(objectives)}.")
    for name in ("is_automated_campaign", "is_top_of_search"):
        if campaign.get(name) and campaign.get("is_performance_plus"):
            raise refuse_item(ctx, f"{name} cannot be used with Pinterest Performance+ (is_performance_plus).")
    if campaign.get("is_automated_campaign") and not campaign.get("daily_spend_cap"):
        raise refuse_item(ctx, "When using Automated Campaigns (is_automated_campaign), a daily_spend_cap must be set.")


def _check_bid_options(body: Mapping[str, Any], where: str) -> None:
    """A multiplier for what there is not would be one that nobody notices."""
    options = body.get("bid_options") or {}
    for name, kinds in MULTIPLIED.items():
        if strange := [kind for kind in options.get(name) or {} if kind.lower() not in kinds]:
            raise bad(f"Invalid request: '{where}.bid_options.{name}' ({shown(strange[0])} is not one of {', '.join(kinds)})")


def check_nesting(ctx: Context, campaign: Mapping[str, Any], group: Mapping[str, Any]) -> None:
    """An ad group starts and ends within its campaign; a start that is the group's creation was not chosen."""
    if ctx.rules.nested_schedules == "allow":
        return
    start, end = group.get("start_time"), group.get("end_time")
    first, last = campaign.get("start_time"), campaign.get("end_time")
    if start and first and start < first and start != group.get("created_time"):
        raise refuse_item(ctx, f"start_time of an ad group ({start}) cannot precede start_time of its campaign ({first}).")
    if end and last and end > last:
        raise refuse_item(ctx, f"end_time of an ad group ({end}) cannot occur after end_time of its campaign ({last}).")


def check_schedule(ctx: Context, entity: Mapping[str, Any]) -> None:
    start, end = entity.get("start_time"), entity.get("end_time")
    if start and end and end <= start:
        raise refuse_item(ctx, f"end_time ({end}) must be after start_time ({start}).")


def list_body(ctx: Context) -> list[Any]:
    return batch_items(ctx.body, "body", ctx.operation.max_items)


def required(item: Any, where: str, *names: str) -> None:
    for name in names:
        if isinstance(item, dict) and name not in item:
            raise bad(f"Invalid request: '{where}' ('{name}' is a required property)")


def _owner(ctx: Context) -> tuple[str, ...]:
    """5.28.0: "Setting this field does nothing. The ad account ID gets set from the path parameter"."""
    return () if at_least(ctx.api_version, "5.28") else ("ad_account_id",)


def _check_owner(ctx: Context, body: Mapping[str, Any]) -> None:
    if _owner(ctx) and body["ad_account_id"] != ctx.account_id:
        raise refuse_item(ctx, f"ad_account_id {body['ad_account_id']} is not that of the path.")


def _check_generation(ctx: Context, body: Mapping[str, Any]) -> None:
    """Whether campaigns of this kind can (still, or already) be created."""
    generation, objective = ctx.rules.objective_generation, body["objective_type"]
    if not at_least(ctx.api_version, "5.28") or generation == "both":
        return
    if generation == "simplified" and objective in ("CATALOG_SALES", "WEB_CONVERSION"):
        raise refuse_item(ctx, f"objective_type {objective} can no longer be created; use SALES.")
    if generation == "legacy" and (objective == "SALES" or body.get("intended_promotion_type") in ("CATALOG", "STANDARD_AD")):
        raise refuse_item(ctx, "Objective simplification is not available to this ad account; use CATALOG_SALES.")


def _checked(ctx: Context, item: Any, verb: str, where: str) -> dict[str, Any]:
    body = checked_body(ctx, "campaign", item, verb, where)
    _check_bid_options(body, where)
    if at_least(ctx.api_version, "5.28"):  # "Setting this field does nothing."
        body.pop("default_ad_group_budget_in_micro_currency", None)
    return body


def campaigns_create(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(list_body(ctx)):
        required(item, f"body[{index}]", *_owner(ctx), "name", "objective_type")
        bodies.append(_checked(ctx, item, "c", f"body[{index}]"))

    def create(body: Mapping[str, Any]) -> Entity:
        _check_owner(ctx, body)
        _check_generation(ctx, body)
        kind = body.get("intended_promotion_type")
        if kind == "CATALOG" and body["objective_type"] not in ("SALES", "CONSIDERATION", "LEADS"):
            raise refuse_item(ctx, f"intended_promotion_type CATALOG does not go with {body['objective_type']}.")
        campaign: Entity = {
            "is_campaign_budget_optimization": at_least(ctx.api_version, "5.28"),
            "is_flexible_daily_budgets": False,
            "is_automated_campaign": False,
            "is_performance_plus": False,
            "status": "ACTIVE",
            **{name: value for name, value in body.items() if value is not None},
            "ad_account_id": ctx.account_id,
            "created_time": ctx.now,
            "updated_time": ctx.now,
        }
        _check_campaign(ctx, campaign)
        campaign["id"] = ctx.store.next_id("campaigns")
        save(ctx, "campaigns", campaign, new=True)
        return complete_campaign(ctx, campaign)

    return each_item(ctx, bodies, create)


def _move_budgets(ctx: Context, campaign: Mapping[str, Any], default: int | None) -> None:
    """Follow a campaign into or out of campaign budget optimisation with its ad groups.

    "When transitioning from non-cbo to cbo, all previous child ad group budget will be cleared"; the other way "the
    default_ad_group_budget_in_micro_currency will propagate to each child ad groups daily budget".
    """
    cbo = bool(campaign.get("is_campaign_budget_optimization"))
    for group in ctx.store.find("ad_groups", campaign_id=campaign["id"]):
        group["budget_in_micro_currency"] = None if cbo else default
        group["budget_type"] = "CBO_ADGROUP" if cbo else "DAILY"
        if cbo:
            group["pacing_delivery_type"] = "STANDARD"
        group["updated_time"] = ctx.now
        save(ctx, "ad_groups", group)


#: What is immutable unless the campaign is a draft, and since which version the texts say so.
_FIXED = {
    "is_performance_plus": "5.23", "is_automated_campaign": "5.28", "is_campaign_budget_optimization": "5.28",
    "is_top_of_search": "5.28",
}  # fmt: skip


def _masked(ctx: Context, before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """5.23: "List of fields to update, only the fields in the list will be updated"."""
    options = dict(before)
    for name in (name for word in given["update_mask"] for name in MASKED[word]):
        if name in given:
            options[name] = given[name]
        elif ctx.rules.masked_without_value == "clear":
            options.pop(name, None)
    return options


def campaigns_update(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(list_body(ctx)):
        required(item, f"body[{index}]", "id", *_owner(ctx))
        bodies.append(_checked(ctx, item, "u", f"body[{index}]"))

    def update(body: Mapping[str, Any]) -> Entity:
        _check_owner(ctx, body)
        campaign = ctx.store.get("campaigns", body["id"])
        if campaign is None or campaign["ad_account_id"] != ctx.account_id:
            raise item_not_found(ctx, "Campaign")
        objective = body.get("objective_type")
        if objective is not None and objective != campaign["objective_type"] and campaign["status"] != "DRAFT":
            raise refuse_item(ctx, "Only draft campaigns may update objective_type.")
        for name in (name for name, first in _FIXED.items() if at_least(ctx.api_version, first)):
            if campaign["status"] != "DRAFT" and name in body and bool(body[name]) != bool(campaign.get(name)):
                raise refuse_item(ctx, f"Only draft campaigns may update {name}.")
        changes = {name: value for name, value in body.items() if name not in ("id", "ad_account_id", "status")}
        for name in ("is_flexible_daily_budgets", "is_automated_campaign"):
            if name in changes and changes[name] is None:  # null is the default; 5.6 has no null in answers
                changes[name] = False
        if changes.get("end_time") == -1:
            changes["end_time"] = None
        if "bid_options" in changes:
            changes["bid_options"] = _masked(ctx, campaign.get("bid_options") or {}, changes["bid_options"])
        default = changes.pop("default_ad_group_budget_in_micro_currency", None)
        if at_least(ctx.api_version, "5.28") and changes.get("order_line_id") == "0":
            changes["order_line_id"] = None
        changed = {**campaign, **changes}
        _check_campaign(ctx, changed)
        change_status(ctx, changed, body.get("status"))
        changed["updated_time"] = ctx.now
        save(ctx, "campaigns", changed)
        cbo = "is_campaign_budget_optimization"
        if bool(changed.get(cbo)) != bool(campaign.get(cbo)):
            _move_budgets(ctx, changed, default)
        return complete_campaign(ctx, changed)

    return each_item(ctx, bodies, update)
