"""Catalogs, feeds and catalog product groups: Pinterest's rules, no HTTP."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from pinshop import operations
from pinshop.emulator import catalog
from pinshop.emulator.contracts import Page, Raw, Refusal, bad
from pinshop.emulator.handlers import Context, checked_body, decode_bookmark, encode_bookmark, handles, page_of
from pinshop.emulator.store import Entity, Store


def _date_time(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")


def _dated(entity: Entity) -> Entity:
    entity["created_at"], entity["updated_at"] = _date_time(entity["created"]), _date_time(entity["updated"])
    return entity


def _complete_group(ctx: Context, group: Entity) -> Entity:
    unit = 1000 if ctx.rules.created_at_unit == "milliseconds" else 1
    group["created_at"], group["updated_at"] = group["created"] * unit, group["updated"] * unit
    group["filters"] = _filters(group) or {"any_of": []}  # the groups Pinterest makes; every schema wants one of the keys
    return group


def _filters(group: Mapping[str, Any]) -> dict[str, Any]:
    return msgspec.json.decode(group["filters"], type=dict[str, Any])


@handles(operations.CATALOGS_LIST)
def catalogs_list(ctx: Context) -> Page:
    page = page_of(ctx, "catalogs", where={"owner_id": ctx.owner_id})
    for one in page.items:
        _dated(one)
    return page


@handles(operations.FEEDS_LIST)
def feeds_list(ctx: Context) -> Page:
    catalog_id = ctx.query.get("catalog_id")
    where = {"owner_id": ctx.owner_id} | ({"catalog_id": catalog_id} if catalog_id else {})
    page = page_of(ctx, "feeds", where=where)
    for feed in page.items:
        _dated(feed)
    return page


@handles(operations.FEEDS_GET)
def feeds_get(ctx: Context) -> Entity:
    return _dated(_own_feed(ctx, ctx.path["feed_id"]))


def _own_feed(ctx: Context, feed_id: int) -> Entity:
    feed = ctx.store.get("feeds", feed_id)
    if feed is None or feed["owner_id"] != ctx.owner_id:
        raise Refusal(404, 4161, "Sorry! We could not find your catalogs feed.")
    return feed


# --------------------------------------------------------------------------------------- product groups


def _own_group(ctx: Context) -> Entity:
    _has_catalog(ctx)
    group = ctx.store.get("product_groups", ctx.path["product_group_id"])
    if group is None or group["owner_id"] != ctx.owner_id:
        raise Refusal(404, 4180, "Sorry! We could not find your catalogs product group.")
    return group


def _has_catalog(ctx: Context) -> None:
    if not ctx.store.count("catalogs", owner_id=ctx.owner_id):
        raise Refusal(409, 4182, "Can't access this feature without an existing catalog.")


def items_of(store: Store, group: Mapping[str, Any]) -> list[Entity]:
    """The items a group selects: of its feed, or of all feeds of its catalog; in order of their ids."""
    feeds = [group["feed_id"]] if group["feed_id"] else [f["id"] for f in store.find("feeds", catalog_id=group["catalog_id"])]
    others = {}
    if '"PRODUCT_GROUP"' in group["filters"]:  # filters that refer to other groups
        others = {str(g["id"]): _filters(g) for g in store.find("product_groups", owner_id=group["owner_id"])}
    chosen = catalog.selector(_filters(group), others)
    return [item for feed_id in feeds for item in store.find("items", feed_id=feed_id) if chosen(item)]


def measured(store: Store, group: Entity) -> Entity:
    """The group, with what drives its delivery: how many items can be shown, and their average price."""
    group["product_count"], group["average_price_micro"] = catalog.measure(items_of(store, group))
    return group


def load_feed(store: Store, feed_id: int, items: Iterable[Mapping[str, Any]], now: int) -> int:
    """Replace the items of a feed and measure every group they may be in. Returns how many items there are.

    An item keeps its id while its ``item_id`` stays in the feed.
    """
    with store.transaction():
        feed = store.must("feeds", feed_id)
        known = {item["item_id"]: item["id"] for item in store.find("items", feed_id=feed_id)}
        for item_id in known.values():
            store.delete("items", item_id)
        new = [{**item, "feed_id": feed_id, "id": known.get(item["item_id"]) or store.next_id("items")} for item in items]
        store.insert_many("items", new)
        feed["updated"] = now
        store.update("feeds", feed)
        for group in store.find("product_groups", catalog_id=feed["catalog_id"]):
            if group["feed_id"] in (None, feed_id):
                store.update("product_groups", measured(store, group))
    return len(new)


def new_group(
    owner_id: int, catalog_id: int, feed_id: int | None, name: str, filters: Mapping[str, Any], created: int, **facts: Any
) -> Entity:
    """A catalog product group as the store keeps it, without id and not measured."""
    return {
        "owner_id": owner_id, "catalog_id": catalog_id, "feed_id": feed_id, "name": name, "filters": _canonical(filters),
        "product_count": 0, "average_price_micro": 0, "type": "MERCHANT_CREATED", "status": "ACTIVE", "description": None,
        "is_featured": False, "catalog_type": "RETAIL", "country": "US", "locale": "en-US",
        "created": created, "updated": created, **facts,
    }  # fmt: skip


def _canonical(filters: Mapping[str, Any]) -> str:
    """Filters as text that is equal for equal filters, whatever the order of their keys."""
    return msgspec.json.encode(filters, order="sorted").decode()


def _checked_filters(ctx: Context, filters: Any) -> Mapping[str, Any]:
    if problem := catalog.validate_filters(filters, ctx.contract):
        words = "Catalog product group filters failed validation, please ensure all filters are set correctly."
        raise Refusal(409, 4183, f"{words} ({problem})")
    return cast("Mapping[str, Any]", filters)


@handles(operations.CATALOG_PRODUCT_GROUPS_LIST)
def product_groups_list(ctx: Context) -> Page:
    _has_catalog(ctx)
    where: dict[str, int | None] = {"owner_id": ctx.owner_id}
    if feed_id := ctx.query.get("feed_id"):
        where["feed_id"] = _own_feed(ctx, feed_id)["id"]
    if catalog_id := ctx.query.get("catalog_id"):
        where["catalog_id"] = catalog_id
    ids = ctx.query.get("id")
    page = page_of(ctx, "product_groups", where=where, ids={"id": ids} if ids else None)
    for group in page.items:
        _complete_group(ctx, group)
    return page


@handles(operations.CATALOG_PRODUCT_GROUPS_GET)
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


@handles(operations.CATALOG_PRODUCT_GROUPS_CREATE)
def product_groups_create(ctx: Context) -> Entity:
    _has_catalog(ctx)
    body = checked_body(ctx, "product_group", ctx.body, "c", "body")
    for name in ("name", "filters"):
        if not body.get(name):
            raise bad(f"Invalid request: 'body' ('{name}' is a required property)")
    if (feed_id := body.get("feed_id")) is not None:
        catalog_id = _own_feed(ctx, feed_id)["catalog_id"]
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
    _check_catalog_type(body, (ctx.store.get("catalogs", catalog_id) or {}).get("catalog_type", "RETAIL"))
    filters = _checked_filters(ctx, body["filters"])
    facts = {
        name: body[name]
        for name in ("description", "is_featured", "country", "locale", "catalog_type")
        if body.get(name) is not None
    }
    group = measured(ctx.store, new_group(ctx.owner_id, catalog_id, feed_id, body["name"], filters, ctx.now, **facts))
    _check_twins(ctx, group)
    with ctx.store.transaction():
        group["id"] = ctx.store.next_id("product_groups")
        ctx.store.insert("product_groups", group)
    return _complete_group(ctx, group)


def _check_catalog_type(body: Mapping[str, Any], catalog_type: str) -> None:
    """``catalog_type`` says which kind of group a body speaks of; it cannot make a group another kind than its catalog."""
    if (given := body.get("catalog_type", catalog_type)) != catalog_type:
        raise bad(f"Invalid request: 'catalog_type' ('{given}' is not the type of this catalog, {catalog_type})")


def _check_alterable(group: Mapping[str, Any]) -> None:
    if group["type"] != "MERCHANT_CREATED":
        raise Refusal(409, 4177, "You cannot alter an auto generated catalogs product group.")


@handles(operations.CATALOG_PRODUCT_GROUPS_UPDATE)
def product_groups_update(ctx: Context) -> Entity:
    group = _own_group(ctx)
    body = checked_body(ctx, "product_group", ctx.body, "u", "body")
    _check_alterable(group)
    _check_catalog_type(body, group["catalog_type"])
    if "filters" in body:
        body["filters"] = _canonical(_checked_filters(ctx, body["filters"]))
    group.update(body)
    group["updated"] = ctx.now
    measured(ctx.store, group)
    _check_twins(ctx, group)
    with ctx.store.transaction():
        ctx.store.update("product_groups", group)
    return _complete_group(ctx, group)


@handles(operations.CATALOG_PRODUCT_GROUPS_DELETE)
def product_groups_delete(ctx: Context) -> None:
    group = _own_group(ctx)
    _check_alterable(group)
    if ctx.store.count_promotions_of(group["id"], ctx.rules.promotions_that_block_delete.split(",")):
        raise Refusal(409, 4176, "We can't delete a Catalogs Product Group with active promotions.")
    with ctx.store.transaction():
        ctx.store.delete("product_groups", group["id"])


@handles(operations.CATALOG_PRODUCT_GROUPS_COUNTS)
def product_groups_counts(ctx: Context) -> Raw:
    counts: dict[str, Any] = catalog.counts(items_of(ctx.store, _own_group(ctx)))
    if ctx.contract == "5.6":
        del counts["videos"]
    else:
        counts["catalog_type"] = "RETAIL"
    return Raw(counts)


@handles(operations.CATALOG_PRODUCT_GROUPS_PRODUCTS)
def product_groups_products(ctx: Context) -> Raw:
    group = _own_group(ctx)
    size: int = ctx.query["page_size"]
    after = decode_bookmark(ctx, "products", descending=False) or 0
    found = [item for item in items_of(ctx.store, group) if item["id"] > after]
    products = []
    for item in found[:size]:
        metadata = {
            "item_id": item["item_id"],
            "item_group_id": item.get("item_group_id"),
            "availability": item["availability"],
            "price": _money(item["price_micro"]),
            "sale_price": _money(item["sale_price_micro"]) if item.get("sale_price_micro") else None,
            "currency": item["currency"],
        }
        pin = {
            "id": str(item["id"]),
            "created_at": _date_time(group["created"]),
            "link": item.get("link"),
            "title": str(item.get("title", ""))[:100],
            "description": str(item.get("description", ""))[:500],
            "alt_text": None,
            "board_section_id": None,
            "parent_pin_id": None,
            "media": {"media_type": "image", "images": {}},
        }
        product: dict[str, Any] = {"metadata": metadata, "pin": pin}
        if ctx.contract != "5.6":
            product["catalog_type"] = "RETAIL"
        products.append(product)
    bookmark = encode_bookmark("products", found[size - 1]["id"], descending=False) if len(found) > size else None
    return Raw({"items": products, "bookmark": bookmark})


def _money(micro: int) -> int | float:
    return micro // 1_000_000 if micro % 1_000_000 == 0 else micro / 1_000_000
