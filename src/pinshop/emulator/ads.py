"""Ad accounts, campaigns and ad groups: Pinterest's rules, no HTTP. Source: the descriptions' texts at 5.23.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinshop import operations
from pinshop.emulator import delivery
from pinshop.emulator.contracts import Batch, ItemRefusal, Page, Refusal, bad, shown
from pinshop.emulator.handlers import (
    Context,
    batch_items,
    carries_shopping,
    change_status,
    checked_body,
    decode_bookmark,
    each_item,
    encode_bookmark,
    handles,
    is_descending,
    item_not_found,
    listed_statuses,
    not_found,
    page_of,
    refuse_item,
)
from pinshop.emulator.store import Entity

DAY = 86_400
_NO_CAP = 2**53

# ----------------------------------------------------------------------------------------- accounts


@handles(operations.USER_ACCOUNT_GET)
def user_account_get(ctx: Context) -> Entity:
    return ctx.store.must("users", ctx.owner_id)


def _complete_account(ctx: Context, account: Entity) -> Entity:
    owner = ctx.store.must("users", account["owner_id"])
    account["owner"] = {"username": owner["username"]}
    if ctx.contract != "5.6":
        account["owner"]["id"] = str(owner["id"])
    roles = ctx.store.roles(ctx.user_id, account["id"])
    account["permissions"] = ["OWNER"] if account["owner_id"] == ctx.user_id else roles
    return account


@handles(operations.AD_ACCOUNTS_LIST)
def ad_accounts_list(ctx: Context) -> Page:
    size: int = ctx.query["page_size"]
    found = ctx.store.ad_accounts_of(
        ctx.user_id,
        shared=ctx.query["include_shared_accounts"],
        after=decode_bookmark(ctx, "ad_accounts", descending=False),
        limit=size + 1,
    )
    bookmark = encode_bookmark("ad_accounts", found[size - 1]["id"], descending=False) if len(found) > size else None
    return Page([_complete_account(ctx, account) for account in found[:size]], bookmark)


@handles(operations.AD_ACCOUNTS_GET)
def ad_accounts_get(ctx: Context) -> Entity:
    return _complete_account(ctx, ctx.ad_account)


@handles(operations.AD_ACCOUNTS_CREATE)
def ad_accounts_create(ctx: Context) -> Entity:
    body = checked_body(ctx, "ad_account", ctx.body, "c", "body")
    owner = ctx.body.get("owner_user_id")
    if owner is not None and owner != str(ctx.user_id):
        raise Refusal(ctx.rules.forbidden_status, 29, "You are not permitted to access that resource.")
    if ctx.store.count("ad_accounts", owner_id=ctx.user_id) >= ctx.rules.ad_accounts_per_user:
        raise bad(f"You can create up to {ctx.rules.ad_accounts_per_user} ad accounts per user.")
    for name, length in (("country", 2), ("currency", 3)):
        value = body.get(name)
        if value is not None and not (len(value) == length and value.isascii() and value.isupper()):
            raise bad(f"Invalid request: 'body.{name}' ({shown(value)} is not a {name} code)")
    account: Entity = {
        "name": "", "country": "US", "currency": "USD", "time_zone": "America/New_York",
        **body,
        "id": ctx.store.next_id("ad_accounts"), "owner_id": ctx.user_id, "created_time": ctx.now, "updated_time": ctx.now,
    }  # fmt: skip
    with ctx.store.transaction():
        ctx.store.insert("ad_accounts", account)
    return _complete_account(ctx, account)


# -------------------------------------------------------------------------------------------- campaigns


def summary_status(entity: Mapping[str, Any], now: int, parent: Mapping[str, Any] | None = None) -> str:
    """What Ads Manager shows: the status, seen with the schedule and the campaign."""
    status = str(entity["status"])
    if status != "ACTIVE":
        return status
    if parent is not None and parent["status"] != "ACTIVE":
        return "PAUSED" if parent["status"] == "PAUSED" else str(parent["status"])
    if (entity.get("start_time") or 0) > now:
        return "NOT_STARTED"
    if entity.get("end_time") and entity["end_time"] <= now:
        return "COMPLETED"
    return "RUNNING"


def _complete_campaign(ctx: Context, campaign: Entity) -> Entity:
    campaign["type"] = "campaign"
    campaign["summary_status"] = summary_status(campaign, ctx.now)
    if campaign.get("intended_promotion_type") is None and ctx.contract == "5.28":
        campaign["intended_promotion_type"] = "LEGACY" if campaign["objective_type"] == "CATALOG_SALES" else "STANDARD_AD"
    return campaign


@handles(operations.CAMPAIGNS_LIST)
def campaigns_list(ctx: Context) -> Page:
    ids = ctx.query.get("campaign_ids")
    page = page_of(
        ctx, "campaigns", where={"ad_account_id": ctx.account_id}, ids={"id": ids} if ids else None,
        statuses=listed_statuses(ctx, by_ids=bool(ids)), descending=is_descending(ctx),
    )  # fmt: skip
    for campaign in page.items:
        _complete_campaign(ctx, campaign)
    return page


@handles(operations.CAMPAIGNS_GET)
def campaigns_get(ctx: Context) -> Entity:
    campaign = ctx.store.get("campaigns", ctx.path["campaign_id"])
    if campaign is None or campaign["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "Campaign")
    return _complete_campaign(ctx, campaign)


def _check_campaign(ctx: Context, campaign: Mapping[str, Any]) -> None:
    daily, lifetime = campaign.get("daily_spend_cap"), campaign.get("lifetime_spend_cap")
    if daily and lifetime:
        raise refuse_item(ctx, "daily_spend_cap and lifetime_spend_cap cannot be set at the same time.")
    cbo = bool(campaign.get("is_campaign_budget_optimization"))
    if carries_shopping(campaign) and ctx.rules.catalog_sales_needs_cbo and not cbo:
        raise ItemRefusal(
            ctx.rules.code_missing_budget, "A campaign that promotes catalog product groups needs a campaign budget "
            "(is_campaign_budget_optimization with daily_spend_cap or lifetime_spend_cap).",
        )  # fmt: skip
    if cbo and not (daily or lifetime):
        raise ItemRefusal(ctx.rules.code_missing_budget, "A CBO campaign needs daily_spend_cap or lifetime_spend_cap.")
    _check_schedule(ctx, campaign)


def _check_schedule(ctx: Context, entity: Mapping[str, Any]) -> None:
    start, end = entity.get("start_time"), entity.get("end_time")
    if start and end and end <= start:
        raise refuse_item(ctx, f"end_time ({end}) must be after start_time ({start}).")


def _note_campaign_budget(ctx: Context, campaign: Mapping[str, Any]) -> None:
    start = campaign.get("start_time") or campaign["created_time"]
    steps = _budget_steps(
        campaign.get("daily_spend_cap"), campaign.get("lifetime_spend_cap"), start, campaign.get("end_time"), ctx.now // DAY,
        ctx.rules.lifetime_cap_days,
    )  # fmt: skip
    ctx.store.note_budget("campaigns", campaign["id"], steps)


def _budget_steps(
    daily: int | None, lifetime: int | None, start: int, end: int | None, today: int, days: int
) -> list[tuple[int, int]]:
    """The budget per day from today on; days that are over keep what they had."""
    if not lifetime:
        return [(today, daily or _NO_CAP)]
    steps = delivery.lifetime_budget(lifetime, start, end or start + days * DAY)
    now_in_force = [micro for first, micro in steps if first <= today][-1:] or [0]
    return [(today, now_in_force[0]), *((first, micro) for first, micro in steps if first > today)]


def _list_body(ctx: Context) -> list[Any]:
    return batch_items(ctx.body, "body", ctx.operation.max_items)


def _required(item: Any, where: str, *names: str) -> None:
    for name in names:
        if isinstance(item, dict) and name not in item:
            raise bad(f"Invalid request: '{where}' ('{name}' is a required property)")


def _check_owner(ctx: Context, body: Mapping[str, Any]) -> None:
    if body["ad_account_id"] != ctx.account_id:
        raise refuse_item(ctx, f"ad_account_id {body['ad_account_id']} is not that of the path.")


def _check_nested(body: Mapping[str, Any], where: str) -> None:
    """Targeting is lists (MINIMUM_AGE and MAXIMUM_AGE are text, 5.23), tracking URLs are up to three per event."""
    for name, value in (body.get("targeting_spec") or {}).items():
        if not (value is None or isinstance(value, str if name in ("MINIMUM_AGE", "MAXIMUM_AGE") else list)):
            raise bad(f"Invalid request: '{where}.targeting_spec.{name}' ({shown(value)} is not of type array)")
    for name, value in (body.get("tracking_urls") or {}).items():
        good = isinstance(value, list) and len(value) <= 3 and all(isinstance(url, str) for url in value)
        if value is not None and not good:
            raise bad(f"Invalid request: '{where}.tracking_urls.{name}' ({shown(value)} is not a list of up to 3 URLs)")


@handles(operations.CAMPAIGNS_CREATE)
def campaigns_create(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(_list_body(ctx)):
        _required(item, f"body[{index}]", "ad_account_id", "name", "objective_type")
        bodies.append(checked_body(ctx, "campaign", item, "c", f"body[{index}]"))
        _check_nested(bodies[-1], f"body[{index}]")

    def create(body: Mapping[str, Any]) -> Entity:
        _check_owner(ctx, body)
        retired = body["objective_type"] == "CATALOG_SALES" and ctx.contract == "5.28"
        if retired and ctx.rules.catalog_sales_creation == "refuse":
            raise refuse_item(ctx, "objective_type CATALOG_SALES can no longer be created; use SALES.")
        kind = body.get("intended_promotion_type")
        if kind == "CATALOG" and body["objective_type"] not in ("SALES", "CONSIDERATION", "LEADS"):
            raise refuse_item(ctx, f"intended_promotion_type CATALOG does not go with {body['objective_type']}.")
        campaign: Entity = {
            "is_campaign_budget_optimization": False, "is_flexible_daily_budgets": False, "is_automated_campaign": False,
            "is_performance_plus": False, "status": "ACTIVE",
            **{name: value for name, value in body.items() if value is not None},
            "ad_account_id": ctx.account_id, "created_time": ctx.now, "updated_time": ctx.now,
        }  # fmt: skip
        _check_campaign(ctx, campaign)
        campaign["id"] = ctx.store.next_id("campaigns")
        ctx.store.insert("campaigns", campaign)
        ctx.store.note_status("campaigns", campaign["id"], campaign["status"], ctx.now)
        _note_campaign_budget(ctx, campaign)
        return _complete_campaign(ctx, campaign)

    return each_item(ctx, bodies, create)


_CAMPAIGN_BUDGET = (
    "daily_spend_cap", "lifetime_spend_cap", "start_time", "end_time", "is_campaign_budget_optimization",
)  # fmt: skip


@handles(operations.CAMPAIGNS_UPDATE)
def campaigns_update(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(_list_body(ctx)):
        _required(item, f"body[{index}]", "id", "ad_account_id")
        bodies.append(checked_body(ctx, "campaign", item, "u", f"body[{index}]"))
        _check_nested(bodies[-1], f"body[{index}]")

    def update(body: Mapping[str, Any]) -> Entity:
        _check_owner(ctx, body)
        campaign = ctx.store.get("campaigns", body["id"])
        if campaign is None or campaign["ad_account_id"] != ctx.account_id:
            raise item_not_found(ctx, "Campaign")
        objective = body.get("objective_type")
        if objective is not None and objective != campaign["objective_type"] and campaign["status"] != "DRAFT":
            raise refuse_item(ctx, "Only draft campaigns may update objective_type.")
        changes = {name: value for name, value in body.items() if name not in ("id", "ad_account_id", "status")}
        if changes.get("end_time") == -1:
            changes["end_time"] = None
        changed = {**campaign, **changes}
        _check_campaign(ctx, changed)
        change_status(ctx, "campaigns", changed, body.get("status"))
        changed["updated_time"] = ctx.now
        ctx.store.update("campaigns", changed)
        if any(changed.get(name) != campaign.get(name) for name in _CAMPAIGN_BUDGET):
            _note_campaign_budget(ctx, changed)
        return _complete_campaign(ctx, changed)

    return each_item(ctx, bodies, update)


# -------------------------------------------------------------------------------------------- ad groups


def _complete_ad_groups(ctx: Context, ad_groups: list[Entity]) -> list[Entity]:
    campaigns = ctx.store.get_many("campaigns", sorted({g["campaign_id"] for g in ad_groups})) if ad_groups else {}
    for group in ad_groups:
        group["type"] = "adgroup"
        group["targeting_spec"] = _answered_targeting(ctx, group.get("targeting_spec") or {})
        group["summary_status"] = summary_status(group, ctx.now, campaigns[group["campaign_id"]])
    return ad_groups


def _answered_targeting(ctx: Context, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Null clears a key in a request, so no answer has it; 5.6 declares lists of text in answers, and nothing else."""
    return {
        name: value
        for name, value in spec.items()
        if value is not None and (ctx.contract != "5.6" or all(isinstance(one, str) for one in value))
    }


@handles(operations.AD_GROUPS_LIST)
def ad_groups_list(ctx: Context) -> Page:
    campaign_ids, ids = ctx.query.get("campaign_ids"), ctx.query.get("ad_group_ids")
    if campaign_ids and ids:
        raise bad("Provide only campaign_ids or ad_group_ids. Do not provide both.")
    chosen = {"id": ids} if ids else {"campaign_id": campaign_ids} if campaign_ids else None
    page = page_of(
        ctx, "ad_groups", where={"ad_account_id": ctx.account_id}, ids=chosen,
        statuses=listed_statuses(ctx, by_ids=bool(ids)), descending=is_descending(ctx),
    )  # fmt: skip
    _complete_ad_groups(ctx, page.items)
    return page


@handles(operations.AD_GROUPS_GET)
def ad_groups_get(ctx: Context) -> Entity:
    group = ctx.store.get("ad_groups", ctx.path["ad_group_id"])
    if group is None or group["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "AdGroup")
    return _complete_ad_groups(ctx, [group])[0]


#: "bid_in_micro_currency is REQUIRED for …"
_BID_REQUIRED = {("AWARENESS", "IMPRESSION"), ("CONSIDERATION", "CLICKTHROUGH"), ("CATALOG_SALES", "CLICKTHROUGH")}
_MOST_IN_CBO = 70


def _check_ad_group(ctx: Context, group: Mapping[str, Any], campaign: Mapping[str, Any]) -> None:
    cbo = bool(campaign.get("is_campaign_budget_optimization"))
    if cbo:
        if group["budget_type"] != "CBO_ADGROUP":
            raise refuse_item(ctx, "For CBO campaigns, only CBO_ADGROUP is allowed as budget_type.")
        if group["pacing_delivery_type"] != "STANDARD":
            raise refuse_item(ctx, "When using CBO, only the STANDARD pacing delivery type is allowed.")
    else:
        if group["budget_type"] == "CBO_ADGROUP":
            raise refuse_item(ctx, "budget_type CBO_ADGROUP is for CBO campaigns.")
        if not group.get("budget_in_micro_currency"):
            raise ItemRefusal(ctx.rules.code_missing_budget, "budget_in_micro_currency is required for non-CBO campaigns.")
        if group["budget_type"] == "LIFETIME" and not group.get("end_time"):
            raise refuse_item(ctx, "end_time is required for budget_type LIFETIME.")
    bids = group.get("bid_strategy_type") != "AUTOMATIC_BID"
    pair = (campaign["objective_type"], group["billable_event"])
    if bids and pair in _BID_REQUIRED and not group.get("bid_in_micro_currency"):
        raise refuse_item(ctx, f"bid_in_micro_currency is required for {'/'.join(pair)}.")
    if campaign["objective_type"] == "WEB_CONVERSION" and not group.get("optimization_goal_metadata"):
        raise refuse_item(ctx, "optimization_goal_metadata is required for WEB_CONVERSION.")
    _check_schedule(ctx, group)


def _note_ad_group_budget(ctx: Context, group: Mapping[str, Any]) -> None:
    budget = group.get("budget_in_micro_currency")
    if group["budget_type"] != "CBO_ADGROUP" and budget:
        lifetime = group["budget_type"] == "LIFETIME"
        start = group.get("start_time") or group["created_time"]
        steps = _budget_steps(
            None if lifetime else budget, budget if lifetime else None, start, group.get("end_time"), ctx.now // DAY,
            ctx.rules.lifetime_cap_days,
        )  # fmt: skip
        ctx.store.note_budget("ad_groups", group["id"], steps)


@handles(operations.AD_GROUPS_CREATE)
def ad_groups_create(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(_list_body(ctx)):
        _required(item, f"body[{index}]", "billable_event", "campaign_id", "name")
        bodies.append(checked_body(ctx, "ad_group", item, "c", f"body[{index}]"))
        _check_nested(bodies[-1], f"body[{index}]")

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
            "status": "ACTIVE", "budget_type": "CBO_ADGROUP" if cbo else "DAILY", "pacing_delivery_type": "STANDARD",
            "placement_group": "ALL", "targeting_spec": {}, "auto_targeting_enabled": True, "start_time": ctx.now,
            "bid_strategy_type": "MAX_BID" if body.get("bid_in_micro_currency") else "AUTOMATIC_BID",
            **{name: value for name, value in body.items() if value is not None},
            "ad_account_id": ctx.account_id, "created_time": ctx.now, "updated_time": ctx.now,
        }  # fmt: skip
        _check_ad_group(ctx, group, campaign)
        group["id"] = ctx.store.next_id("ad_groups")
        ctx.store.insert("ad_groups", group)
        ctx.store.note_status("ad_groups", group["id"], group["status"], ctx.now)
        _note_ad_group_budget(ctx, group)
        return _complete_ad_groups(ctx, [group])[0]

    return each_item(ctx, bodies, create)


_AD_GROUP_BUDGET = ("budget_in_micro_currency", "budget_type", "start_time", "end_time")


@handles(operations.AD_GROUPS_UPDATE)
def ad_groups_update(ctx: Context) -> Batch:
    bodies = []
    for index, item in enumerate(_list_body(ctx)):
        _required(item, f"body[{index}]", "id")
        bodies.append(checked_body(ctx, "ad_group", item, "u", f"body[{index}]"))
        _check_nested(bodies[-1], f"body[{index}]")

    def update(body: Mapping[str, Any]) -> Entity:
        group = ctx.store.get("ad_groups", body["id"])
        if group is None or group["ad_account_id"] != ctx.account_id:
            raise item_not_found(ctx, "AdGroup")
        campaign = ctx.store.must("campaigns", group["campaign_id"])
        for name in ("billable_event", "budget_type", "campaign_id"):
            if group["status"] != "DRAFT" and body.get(name) not in (None, group[name]):
                raise refuse_item(ctx, f"For update, only draft ad groups may update {name}.")
        changed = {**group, **{name: value for name, value in body.items() if name not in ("id", "status", "campaign_id")}}
        _check_ad_group(ctx, changed, campaign)
        change_status(ctx, "ad_groups", changed, body.get("status"))
        changed["updated_time"] = ctx.now
        ctx.store.update("ad_groups", changed)
        if any(changed.get(name) != group.get(name) for name in _AD_GROUP_BUDGET):
            _note_ad_group_budget(ctx, changed)
        return _complete_ad_groups(ctx, [changed])[0]

    return each_item(ctx, bodies, update)
