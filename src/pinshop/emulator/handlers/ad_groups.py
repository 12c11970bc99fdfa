"""Ad groups: list, get, create, update."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.codes import INTERESTS
from pinshop.api.operations import at_least
from pinshop.emulator.handlers.campaigns import (
    check_nesting,
    check_schedule,
    list_body,
    required,
    summary_status,
)
from pinshop.emulator.handlers.context import (
    Context,
    Reading,
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
from pinshop.emulator.refusals import ItemRefusal, bad, shown
from pinshop.emulator.shapes import Batch, Page
from pinshop.emulator.storage.store import Entity


def complete_ad_groups(ctx: Reading, ad_groups: list[Entity]) -> list[Entity]:
    campaigns = ctx.store.get_many("campaigns", sorted({g["campaign_id"] for g in ad_groups})) if ad_groups else {}
    for group in ad_groups:
        group["type"] = "adgroup"
        group["targeting_spec"] = _answered_targeting(ctx, group.get("targeting_spec") or {})
        group["summary_status"] = summary_status(group, ctx.now, campaigns[group["campaign_id"]])
    return ad_groups


def _answered_targeting(ctx: Reading, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Null clears a key in a request, so no answer has it; 5.6 declares lists of text in answers, and nothing else."""
    return {
        name: value
        for name, value in spec.items()
        if value is not None and (at_least(ctx.api_version, "5.14") or all(isinstance(one, str) for one in value))
    }


def ad_groups_list(ctx: Context) -> Page:
    campaign_ids, ids = ctx.query.get("campaign_ids"), ctx.query.get("ad_group_ids")
    if campaign_ids and ids:
        raise bad("Provide only campaign_ids or ad_group_ids. Do not provide both.")
    chosen = {"id": ids} if ids else {"campaign_id": campaign_ids} if campaign_ids else None
    page = page_of(
        ctx,
        "ad_groups",
        where={"ad_account_id": ctx.account_id},
        ids=chosen,
        statuses=listed_statuses(ctx, by_ids=bool(ids)),
        descending=is_descending(ctx),
    )
    complete_ad_groups(ctx, page.items)
    if ctx.query["translate_interests_to_names"]:
        for group in page.items:
            if interests := group["targeting_spec"].get("INTEREST"):
                group["targeting_spec"]["INTEREST"] = [INTERESTS.get(one, one) for one in interests]
    return page


def ad_groups_get(ctx: Context) -> Entity:
    group = ctx.store.get("ad_groups", ctx.path["ad_group_id"])
    if group is None or group["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "AdGroup")
    return complete_ad_groups(ctx, [group])[0]


#: "bid_in_micro_currency is REQUIRED for …"
_BID_REQUIRED = {("AWARENESS", "IMPRESSION"), ("CONSIDERATION", "CLICKTHROUGH"), ("CATALOG_SALES", "CLICKTHROUGH"),
                 ("VIDEO_VIEW", "VIDEO_V_50_MRC")}  # fmt: skip

_MOST_IN_CBO = 70


_TARGETING = frozenset({"targeting_spec", "tracking_urls", "auto_targeting_enabled", "placement_group"})

_BUDGET = frozenset({"budget_in_micro_currency", "budget_type"})


def _check_ad_group(ctx: Context, group: Mapping[str, Any], campaign: Mapping[str, Any], given: AbstractSet[str]) -> None:
    """What goes with what. ``given``: the fields that are written; a budget that a campaign took away is not missed before."""
    cbo = bool(campaign.get("is_campaign_budget_optimization"))
    if cbo:
        if group["budget_type"] != "CBO_ADGROUP":
            raise refuse_item(ctx, "For CBO campaigns, only CBO_ADGROUP is allowed as budget_type.")
        if group["pacing_delivery_type"] != "STANDARD":
            raise refuse_item(ctx, "When using CBO, only the STANDARD pacing delivery type is allowed.")
    else:
        if group["budget_type"] == "CBO_ADGROUP":
            raise refuse_item(ctx, "budget_type CBO_ADGROUP is for CBO campaigns.")
        if not group.get("budget_in_micro_currency") and _BUDGET & given:
            raise ItemRefusal(ctx.rules.code_missing_budget, "budget_in_micro_currency is required for non-CBO campaigns.")
        if group["budget_type"] == "LIFETIME" and not group.get("end_time"):
            raise refuse_item(ctx, "end_time is required for budget_type LIFETIME.")
    rule = ctx.rules.bid_required
    bids = rule == "always" or (rule == "unless_automatic" and group.get("bid_strategy_type") != "AUTOMATIC_BID")
    pair = (campaign["objective_type"], group["billable_event"])
    if bids and pair in _BID_REQUIRED and not group.get("bid_in_micro_currency"):
        raise refuse_item(ctx, f"bid_in_micro_currency is required for {'/'.join(pair)}.")
    if campaign["objective_type"] == "WEB_CONVERSION" and not group.get("optimization_goal_metadata"):
        raise refuse_item(ctx, "optimization_goal_metadata is required for WEB_CONVERSION.")
    if campaign["objective_type"] == "VIDEO_COMPLETION" and group.get("bid_strategy_type") != "AUTOMATIC_BID":
        raise refuse_item(ctx, "For VIDEO_COMPLETION, only AUTOMATIC_BID is allowed as bid_strategy_type.")
    if group.get("lifetime_frequency_cap") and group["billable_event"] != "IMPRESSION":
        raise refuse_item(ctx, "lifetime_frequency_cap is only available for billable_event IMPRESSION.")
    if group.get("lifetime_frequency_cap") and not group.get("end_time"):
        raise refuse_item(ctx, "lifetime_frequency_cap requires end_time.")
    _check_multiplier(ctx, group, campaign)
    if group.get("customer_segment_id"):  # 5.28: "do not set the targeting_template_ids field as well as …"
        audience = (group.get("targeting_spec") or {}).get("AUDIENCE_INCLUDE")
        if group.get("targeting_template_ids") or audience:
            raise refuse_item(ctx, "customer_segment_id goes neither with targeting_template_ids nor with AUDIENCE_INCLUDE.")
    if group.get("targeting_template_ids") and ctx.rules.targeting_template_alone and (others := sorted(_TARGETING & given)):
        raise refuse_item(ctx, f"targeting_template_ids do not go with {', '.join(others)}.")
    check_schedule(ctx, group)
    if given & {"start_time", "end_time"}:
        check_nesting(ctx, campaign, group)


def _check_multiplier(ctx: Context, group: Mapping[str, Any], campaign: Mapping[str, Any]) -> None:
    """5.23: "Make sure the bid_strategy type … is set to AUTOMATIC_BID", which 5.28 no longer says."""
    multiplier = group.get("bid_multiplier")
    if not multiplier:
        return
    if multiplier < 0.1:
        raise refuse_item(ctx, "bid_multiplier is between 0.1 and 10.0, or 0 to remove it.")
    if campaign.get("is_performance_plus"):
        raise refuse_item(ctx, "bid_multiplier is not supported for Performance+ campaigns.")
    if not at_least(ctx.api_version, "5.28") and group.get("bid_strategy_type") != "AUTOMATIC_BID":
        raise refuse_item(ctx, "bid_multiplier goes with bid_strategy_type AUTOMATIC_BID.")


def _check_cleared(body: dict[str, Any], where: str) -> None:
    """5.23: "We currently only support 1 targeting template per ad group". Some ids are cleared by a 0."""
    if body.get("customer_segment_id") == "0":
        body["customer_segment_id"] = None
    given = body.get("targeting_template_ids") or []
    if len(given) > 1 or not all(isinstance(one, str) and is_digits(one) for one in given):
        raise bad(f"Invalid request: '{where}.targeting_template_ids' ({shown(given)} is not a list of up to 1 id)")
    if given == ["0"]:  # "To clear all targeting template IDs, set this field to ['0']"
        body["targeting_template_ids"] = None


def ad_groups_create(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(list_body(ctx)):
        required(item, f"body[{index}]", "billable_event", "campaign_id", "name")
        bodies.append(checked_body(ctx, "ad_group", item, "c", f"body[{index}]"))
        _check_cleared(bodies[-1], f"body[{index}]")

    def create(body: Mapping[str, Any]) -> Entity:
        campaign = ctx.store.get("campaigns", body["campaign_id"])
        if campaign is None or campaign["ad_account_id"] != ctx.account_id:
            raise item_not_found(ctx, "Campaign")
        if campaign["status"] in ("ARCHIVED", "DELETED_DRAFT"):
            raise refuse_item(ctx, f"Campaign {campaign['id']} is {campaign['status']}.")
        cbo = bool(campaign.get("is_campaign_budget_optimization"))
        if cbo and ctx.store.count("ad_groups", campaign_id=campaign["id"]) >= _MOST_IN_CBO:
            raise refuse_item(ctx, f"A CBO campaign is limited to {_MOST_IN_CBO} or less ad groups.")
        group: Entity = {
            "status": "ACTIVE",
            "budget_type": "CBO_ADGROUP" if cbo else "DAILY",
            "pacing_delivery_type": "STANDARD",
            "placement_group": "ALL",
            "targeting_spec": {},
            "auto_targeting_enabled": True,
            "start_time": max(ctx.now, campaign.get("start_time") or 0),
            "bid_strategy_type": "MAX_BID" if body.get("bid_in_micro_currency") else "AUTOMATIC_BID",
            **{name: value for name, value in body.items() if value is not None},
            "ad_account_id": ctx.account_id,
            "created_time": ctx.now,
            "updated_time": ctx.now,
        }
        _check_ad_group(ctx, group, campaign, _BUDGET | body.keys())
        group["id"] = ctx.store.next_id("ad_groups")
        save(ctx, "ad_groups", group, new=True)
        return complete_ad_groups(ctx, [group])[0]

    return each_item(ctx, bodies, create)


def ad_groups_update(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(list_body(ctx)):
        required(item, f"body[{index}]", "id")
        bodies.append(checked_body(ctx, "ad_group", item, "u", f"body[{index}]"))
        _check_cleared(bodies[-1], f"body[{index}]")

    def update(body: Mapping[str, Any]) -> Entity:
        group = ctx.store.get("ad_groups", body["id"])
        if group is None or group["ad_account_id"] != ctx.account_id:
            raise item_not_found(ctx, "AdGroup")
        campaign = ctx.store.must("campaigns", group["campaign_id"])
        for name in ("billable_event", "budget_type"):
            if group["status"] != "DRAFT" and body.get(name) not in (None, group[name]):
                raise refuse_item(ctx, f"For update, only draft ad groups may update {name}.")
        if body.get("campaign_id") not in (None, group["campaign_id"]):
            raise refuse_item(ctx, "campaign_id of an ad group cannot be changed.")
        changed = {**group, **{name: value for name, value in body.items() if name not in ("id", "status", "campaign_id")}}
        _check_ad_group(ctx, changed, campaign, body.keys())
        change_status(ctx, changed, body.get("status"))
        changed["updated_time"] = ctx.now
        save(ctx, "ad_groups", changed)
        return complete_ad_groups(ctx, [changed])[0]

    return each_item(ctx, bodies, update)
