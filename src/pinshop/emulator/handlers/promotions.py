"""Product group promotions: create, update, list, get, analytics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.operations import at_least
from pinshop.emulator.bodies import id_number
from pinshop.emulator.delivery import requested
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
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.shapes import Batch, Page, Raw
from pinshop.emulator.storage.store import Entity


def complete_promotions(ctx: Reading, promotions: Iterable[Entity]) -> list[Entity]:
    """Add what is derived: the group's name, the ad group's bid, the remnants of the partition tree."""
    known, store, rules = list(promotions), ctx.store, ctx.rules
    groups = store.get_many("product_groups", sorted({p["catalog_product_group_id"] for p in known})) if known else {}
    ad_groups = store.get_many("ad_groups", sorted({p["ad_group_id"] for p in known})) if known else {}
    with_bid, prefix = rules.bid_in_micro_currency == "ad_group", rules.ad_group_id_prefix
    definition = None if rules.definition == "null" else rules.definition
    for promotion in known:
        group = groups.get(promotion["catalog_product_group_id"])
        ad_group = ad_groups.get(promotion["ad_group_id"])
        promotion["catalog_product_group_name"] = group["name"] if group else None
        if ad_group and with_bid:
            promotion["bid_in_micro_currency"] = ad_group.get("bid_in_micro_currency")
        promotion["included"] = True
        promotion["definition"] = definition
        promotion["grid_click_type"] = "DIRECT_TO_DESTINATION"
        promotion["type"] = "productgroup"
        promotion.setdefault("is_generate_background", False)
        promotion.setdefault("is_image_auto_resizing", False)
        if prefix:
            promotion["ad_group_id"] = f"AG{promotion['ad_group_id']}"
    return known


def _promotions_envelope(ctx: Context, maximum: int) -> tuple[Entity, list[Any]]:
    """The ad group and the items of a create or update body."""
    body = ctx.body
    if not isinstance(body, dict):
        raise bad(f"Invalid request: the body ({shown(body)} is not of type object)")
    envelope = str(ctx.operation.envelope)
    for name in ("ad_group_id", envelope):
        if name not in body:
            raise bad(f"Invalid request: '{name}' is a required property")
    given = body["ad_group_id"]
    if not isinstance(given, str):
        raise bad(f"Invalid request: 'ad_group_id' ({shown(given)} is not of type string)")
    if not is_digits(given.removeprefix("AG")):
        raise bad(f"'ad_group_id' value {shown(given)} must match the pattern: ^(AG)?\\d+$")
    items = batch_items(body[envelope], envelope, maximum)
    ad_group = ctx.store.get("ad_groups", id_number(given.removeprefix("AG")))
    if ad_group is None or ad_group["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "AdGroup")
    return ad_group, items


def carries_shopping(campaign: Mapping[str, Any]) -> bool:
    """Whether promotions may live under this campaign: CATALOG_SALES, or the new scheme's promotion type CATALOG."""
    if campaign.get("intended_promotion_type") == "CATALOG":
        return str(campaign["objective_type"]) in ("SALES", "CONSIDERATION", "LEADS")
    return str(campaign["objective_type"]) == "CATALOG_SALES"


def promotions_create(ctx: Context) -> Batch:
    ad_group, items = _promotions_envelope(ctx, ctx.operation.max_items)
    bodies = [checked_body(ctx, "promotion", item, "c", f"product_group_promotion[{n}]") for n, item in enumerate(items)]
    campaign = ctx.store.must("campaigns", ad_group["campaign_id"])
    if ctx.rules.write_wrong_objective == "refuse" and not carries_shopping(campaign):
        raise bad(f"Ad group {ad_group['id']} is not of a catalog sales campaign ({campaign['objective_type']}).")
    if ad_group["status"] in ("ARCHIVED", "DELETED_DRAFT"):
        raise bad(f"Ad group {ad_group['id']} is {ad_group['status']}.")
    present: set[int] | None = None
    if ctx.rules.duplicate_promotion == "refuse":
        live = (p for p in ctx.store.find("promotions", ad_group_id=ad_group["id"]) if p["status"] != "ARCHIVED")
        present = {p["catalog_product_group_id"] for p in live}

    def create(body: Mapping[str, Any]) -> Entity:
        group_id = body.get("catalog_product_group_id")
        if group_id is None:
            raise refuse_item(ctx, "catalog_product_group_id is required.")
        group = ctx.store.get("product_groups", group_id)
        if group is None or group["owner_id"] != ctx.ad_account["owner_id"]:
            raise item_not_found(ctx, "Catalog product group")
        if present is not None:
            if group_id in present:
                raise refuse_item(ctx, f"Catalog product group {group_id} is promoted in this ad group already.")
            present.add(group_id)
        hero = body.get("collections_hero_pin_id")
        if body.get("creative_type") == "COLLECTION" and ctx.rules.hero_pin_required and not hero:
            raise refuse_item(ctx, "collections_hero_pin_id is required for creative_type COLLECTION.")
        status = body.get("status") or ctx.rules.default_promotion_status
        if status == "DELETED_DRAFT":
            raise refuse_item(ctx, "A product group promotion cannot be created as DELETED_DRAFT.")
        promotion: Entity = {
            "creative_type": "REGULAR",
            **{name: value for name, value in body.items() if value is not None},
            "id": ctx.store.next_id("promotions"),
            "ad_account_id": ctx.account_id,
            "ad_group_id": ad_group["id"],
            "status": status,
            "created": ctx.now,
        }
        save(ctx, "promotions", promotion, new=True)
        return promotion

    batch = each_item(ctx, bodies, create)
    complete_promotions(ctx, [item.data for item in batch.items if not item.exceptions and item.data is not None])
    return batch


def promotions_update(ctx: Context) -> Batch:
    ad_group, items = _promotions_envelope(ctx, ctx.rules.update_items_maximum)
    bodies = [checked_body(ctx, "promotion", item, "u", f"product_group_promotion[{n}]") for n, item in enumerate(items)]

    def update(body: Mapping[str, Any]) -> Entity:
        if body.get("id") is None:
            raise refuse_item(ctx, "id is required.")
        promotion = ctx.store.get("promotions", body["id"])
        if promotion is None or promotion["ad_group_id"] != ad_group["id"]:
            raise item_not_found(ctx, "Product group promotion")
        changes = {name: value for name, value in body.items() if name not in ("id", "status")}
        if at_least(ctx.api_version, "5.13") and not at_least(ctx.api_version, "5.15"):  # not in these update schemas
            changes.pop("creative_type", None)
        moved = changes.pop("catalog_product_group_id", None)
        if moved is not None and moved != promotion["catalog_product_group_id"]:
            if ctx.rules.update_catalog_product_group_id == "refuse":
                raise refuse_item(ctx, "catalog_product_group_id cannot be changed.")
            if ctx.rules.update_catalog_product_group_id == "apply":
                group = ctx.store.get("product_groups", moved)
                if group is None or group["owner_id"] != ctx.ad_account["owner_id"]:
                    raise item_not_found(ctx, "Catalog product group")
                promotion["catalog_product_group_id"] = moved
        change_status(ctx, promotion, body.get("status"))
        promotion.update(changes)
        promotion["updated"] = ctx.now
        save(ctx, "promotions", promotion)
        return promotion

    batch = each_item(ctx, bodies, update)
    complete_promotions(ctx, [item.data for item in batch.items if not item.exceptions and item.data is not None])
    return batch


def promotions_list(ctx: Context) -> Page:
    ids, ad_group_id = ctx.query.get("product_group_promotion_ids"), ctx.query.get("ad_group_id")
    descending = is_descending(ctx)
    if ids:  # "product_group_promotion_ids takes precedence over ad_group_ids"
        page = page_of(
            ctx,
            "promotions",
            where={"ad_account_id": ctx.account_id},
            ids={"id": ids},
            statuses=listed_statuses(ctx, True),
            descending=descending,
        )
    elif ad_group_id is not None:
        ad_group = ctx.store.get("ad_groups", ad_group_id)
        if ad_group is None or ad_group["ad_account_id"] != ctx.account_id:
            raise not_found(ctx, "AdGroup")
        page = page_of(
            ctx, "promotions", where={"ad_group_id": ad_group_id}, statuses=listed_statuses(ctx, False), descending=descending
        )
    else:
        raise bad("Include either ad_group_id or product_group_promotion_ids in your request.")
    complete_promotions(ctx, page.items)
    return page


def promotions_get(ctx: Context) -> Entity:
    promotion = ctx.store.get("promotions", ctx.path["product_group_promotion_id"])
    if promotion is None or promotion["ad_account_id"] != ctx.account_id:
        raise not_found(ctx, "Product group promotion")
    return complete_promotions(ctx, [promotion])[0]


def promotions_analytics(ctx: Context) -> Raw:
    columns = requested.check_columns(ctx.query["columns"], ctx.api_version)
    start, end = requested.check_dates(
        ctx.query["start_date"],
        ctx.query["end_date"],
        ctx.query["granularity"],
        ctx.now,
        ctx.rules.analytics_days_back,
        ctx.api_version,
    )
    windows = [ctx.query[f"{kind}_window_days"] for kind in ("click", "engagement", "view")]
    if ctx.rules.window_combinations == "descending" and windows != sorted(windows, reverse=True):
        raise bad(f"The attribution windows {'/'.join(map(str, windows))} cannot be combined.")
    ids: list[int] = list(dict.fromkeys(ctx.query["product_group_ids"]))
    found = ctx.store.get_many("promotions", ids)
    known = [found[i] for i in ids if i in found and found[i]["ad_account_id"] == ctx.account_id]
    if len(known) < len(ids) and ctx.rules.unknown_promotion_ids == "refuse":
        raise not_found(ctx, "Product group promotion")
    query = requested.query_of(ctx.ad_account, columns, start, end, ctx.query)
    return Raw(ctx.world.earnings.rows(ctx.ad_account, known, query, ctx.now))
