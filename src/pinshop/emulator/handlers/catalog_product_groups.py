"""Catalog product groups: list, get, create, update, delete, counts, products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from pinshop.api.operations import at_least
from pinshop.emulator.catalog import groups
from pinshop.emulator.catalog.filters import counts as count_items
from pinshop.emulator.catalog.filters import validate_filters
from pinshop.emulator.handlers.catalogs import date_time, has_catalog, money_text
from pinshop.emulator.handlers.context import (
    Context,
    check_codes,
    checked_body,
    decode_bookmark,
    encode_bookmark,
    page_of,
    save,
)
from pinshop.emulator.handlers.feeds import own_feed
from pinshop.emulator.refusals import Refusal, bad
from pinshop.emulator.shapes import Page, Raw
from pinshop.emulator.storage.store import Entity


def _complete_group(ctx: Context, group: Entity) -> Entity:
    unit = 1000 if ctx.rules.created_at_unit == "milliseconds" else 1
    group["created_at"], group["updated_at"] = group["created"] * unit, group["updated"] * unit
    group["filters"] = groups.group_filters(group) or {
        "any_of": []
    }  # the groups Pinterest makes; every schema wants one of the keys
    return group


def _own_group(ctx: Context) -> Entity:
    has_catalog(ctx)
    group = ctx.store.get("product_groups", ctx.path["product_group_id"])
    if group is None or group["owner_id"] != ctx.owner_id:
        raise Refusal(404, 4180, "Sorry! We could not find your catalogs product group.")
    return group


def new_group(
    owner_id: int, catalog_id: int, feed_id: int | None, name: str, filters: Mapping[str, Any], created: int, **facts: Any
) -> Entity:
    """A catalog product group as the store keeps it, without id and not measured."""
    return {
        "owner_id": owner_id,
        "catalog_id": catalog_id,
        "feed_id": feed_id,
        "name": name,
        "filters": _canonical(filters),
        "product_count": 0,
        "average_price_micro": 0,
        "type": "MERCHANT_CREATED",
        "status": "ACTIVE",
        "description": None,
        "is_featured": False,
        "catalog_type": "RETAIL",
        "country": "US",
        "locale": "en-US",
        "created": created,
        "updated": created,
        **facts,
    }


def _canonical(filters: Mapping[str, Any]) -> str:
    """Filters as text that is equal for equal filters, whatever the order of their keys."""
    return msgspec.json.encode(filters, order="sorted").decode()


def _checked_filters(ctx: Context, given: Any) -> Mapping[str, Any]:
    if problem := validate_filters(given, ctx.api_version):
        words = "Catalog product group filters failed validation, please ensure all filters are set correctly."
        raise Refusal(409, 4183, f"{words} ({problem})")
    return cast("Mapping[str, Any]", given)


def product_groups_list(ctx: Context) -> Page:
    has_catalog(ctx)
    where: dict[str, int | None] = {"owner_id": ctx.owner_id}
    if feed_id := ctx.query.get("feed_id"):
        where["feed_id"] = own_feed(ctx, feed_id)["id"]
    if catalog_id := ctx.query.get("catalog_id"):
        where["catalog_id"] = catalog_id
    ids = ctx.query.get("id")
    page = page_of(ctx, "product_groups", where=where, ids={"id": ids} if ids else None)
    for group in page.items:
        _complete_group(ctx, group)
    return page


def product_groups_get(ctx: Context) -> Entity:
    return _complete_group(ctx, _own_group(ctx))


def _check_twins(ctx: Context, group: Mapping[str, Any]) -> None:
    """409 for a name or filters that another group of the same feed (or catalog) has."""
    same = {"feed_id": group["feed_id"]} if group["feed_id"] else {"catalog_id": group["catalog_id"]}
    for other in ctx.store.find("product_groups", **same):
        if other["id"] == group.get("id") or bool(other["feed_id"]) != bool(group["feed_id"]):
            continue
        if other["name"] == group["name"]:
            raise Refusal(409, 4179, "A catalogs product group with this name already exists for this feed.")
        if other["filters"] == group["filters"]:
            raise Refusal(409, 4178, "A catalogs product group with these filters already exists for this feed.")


def product_groups_create(ctx: Context) -> Entity:
    has_catalog(ctx)
    body = checked_body(ctx, "product_group", ctx.body, "c", "body")
    for name in ("name", "filters"):
        if not body.get(name):
            raise bad(f"Invalid request: 'body' ('{name}' is a required property)")
    if (feed_id := body.get("feed_id")) is not None:
        catalog_id = own_feed(ctx, feed_id)["catalog_id"]
    elif (catalog_id := body.get("catalog_id")) is not None:
        own = ctx.store.get("catalogs", catalog_id)
        if own is None or own["owner_id"] != ctx.owner_id:
            raise Refusal(
                404, 678, "Sorry! We couldn't find that catalog. Please ensure you have access to a valid catalog id."
            )
        if not body.get("catalog_type"):
            raise bad("Invalid request: 'body' ('catalog_type' is a required property)")
    else:
        raise bad("Invalid request: 'body' ('feed_id' is a required property)")
    check_codes(ctx, body, "body", "country", "locale")
    _check_catalog_type(body, (ctx.store.get("catalogs", catalog_id) or {}).get("catalog_type", "RETAIL"))
    wanted = _checked_filters(ctx, body["filters"])
    facts = {
        name: body[name]
        for name in ("description", "is_featured", "country", "locale", "catalog_type")
        if body.get(name) is not None
    }
    group = groups.measured(ctx.store, new_group(ctx.owner_id, catalog_id, feed_id, body["name"], wanted, ctx.now, **facts))
    _check_twins(ctx, group)
    with ctx.store.transaction():
        group["id"] = ctx.store.next_id("product_groups")
        save(ctx, "product_groups", group, new=True)
    return _complete_group(ctx, group)


def _check_catalog_type(body: Mapping[str, Any], catalog_type: str) -> None:
    """``catalog_type`` says which kind of group a body speaks of; it cannot make a group another kind than its catalog."""
    if (given := body.get("catalog_type", catalog_type)) != catalog_type:
        raise bad(f"Invalid request: 'catalog_type' ('{given}' is not the type of this catalog, {catalog_type})")


def _check_alterable(group: Mapping[str, Any]) -> None:
    if group["type"] != "MERCHANT_CREATED":
        raise Refusal(409, 4177, "You cannot alter an auto generated catalogs product group.")


def product_groups_update(ctx: Context) -> Entity:
    group = _own_group(ctx)
    body = checked_body(ctx, "product_group", ctx.body, "u", "body")
    _check_alterable(group)
    check_codes(ctx, body, "body", "country", "locale")
    _check_catalog_type(body, group["catalog_type"])
    if "filters" in body:
        body["filters"] = _canonical(_checked_filters(ctx, body["filters"]))
    group.update(body)
    group["updated"] = ctx.now
    _check_twins(ctx, group)
    with ctx.store.transaction():
        ctx.store.update("product_groups", group)  # before it is measured: its filters may name the group itself
        save(ctx, "product_groups", groups.measured(ctx.store, group))
        groups.measure_referring(ctx.store, group, ctx.now)
    return _complete_group(ctx, group)


def product_groups_delete(ctx: Context) -> None:
    group = _own_group(ctx)
    _check_alterable(group)
    if ctx.store.count_promotions_of(group["id"], ctx.rules.promotions_that_block_delete.split(",")):
        raise Refusal(409, 4176, "We can't delete a Catalogs Product Group with active promotions.")
    with ctx.store.transaction():
        ctx.store.delete("product_groups", group["id"])
        ctx.store.history.gone("product_groups", group["id"], ctx.now)
        groups.measure_referring(ctx.store, group, ctx.now)


def product_groups_counts(ctx: Context) -> Raw:
    counts: dict[str, Any] = count_items(groups.items_of(ctx.store, _own_group(ctx)))
    if not at_least(ctx.api_version, "5.14"):
        del counts["videos"]
    else:
        counts["catalog_type"] = "RETAIL"
    return Raw(counts)


def product_groups_products(ctx: Context) -> Raw:
    group = _own_group(ctx)
    if (with_metrics := bool(ctx.query.get("pin_metrics"))) and ctx.rules.pin_metrics == "refuse":
        raise bad("'pin_metrics' is not emulated: the pinshop emulator has no metrics of Pins.")
    size: int = ctx.query["page_size"]
    after = decode_bookmark(ctx, "products", descending=False) or 0
    found = [item for item in groups.items_of(ctx.store, group) if item["id"] > after]
    products = []
    for item in found[:size]:
        metadata = {
            "item_id": item["item_id"],
            "item_group_id": item.get("item_group_id"),
            "availability": item["availability"],
            "price": money_text(item["price_micro"]),
            "sale_price": money_text(item["sale_price_micro"]) if item.get("sale_price_micro") else None,
            "currency": item["currency"],
        }
        pin = {
            "id": str(item["id"]),
            "created_at": date_time(group["created"]),
            "link": item.get("link"),
            "title": str(item.get("title", ""))[:100],
            "description": str(item.get("description", ""))[:500],
            "alt_text": None,
            "board_section_id": None,
            "parent_pin_id": None,
            "media": {"media_type": "image", "images": {}},
        }
        if with_metrics:
            pin["pin_metrics"] = None
        product: dict[str, Any] = {"metadata": metadata, "pin": pin}
        if at_least(ctx.api_version, "5.14"):
            product["catalog_type"] = "RETAIL"
        products.append(product)
    bookmark = encode_bookmark("products", found[size - 1]["id"], descending=False) if len(found) > size else None
    return Raw({"items": products, "bookmark": bookmark})
