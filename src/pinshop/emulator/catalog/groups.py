"""Which items a catalog product group holds, and what is measured of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from pinshop.emulator.catalog import filters
from pinshop.emulator.storage.store import Entity, Store


def group_filters(group: Mapping[str, Any]) -> dict[str, Any]:
    return msgspec.json.decode(group["filters"], type=dict[str, Any])


def _feeds(store: Store, group: Mapping[str, Any]) -> list[int]:
    if group.get("feed_id"):
        return [group["feed_id"]]
    return [feed["id"] for feed in store.find("feeds", catalog_id=group["catalog_id"])]


def _refers(group: Mapping[str, Any]) -> bool:
    """Whether its filters may name other groups."""
    return '"PRODUCT_GROUP"' in group["filters"]


def items_of(store: Store, group: Mapping[str, Any]) -> list[Entity]:
    """The items a group selects: of its feed, or of all feeds of its catalog; in order of their ids."""
    feeds = _feeds(store, group)
    others = {}
    if _refers(group):
        others = {str(g["id"]): group_filters(g) for g in store.find("product_groups", owner_id=group["owner_id"])}
    chosen = filters.selector(group_filters(group), others)
    return [item for feed_id in feeds for item in store.find("items", feed_id=feed_id) if chosen(item)]


def items_then(store: Store, group: Mapping[str, Any], moment: int) -> list[Entity]:
    """The items a group selected at a moment, in order of their ids; ``group`` is its settings then."""
    feeds = _feeds(store, group)
    others = {}
    if _refers(group):
        for group_id, changes in store.history.every("product_groups").items():  # also of groups that are no more
            then = [settings for since, settings in changes if since <= moment]
            if then and then[-1].get("owner_id") == group["owner_id"]:
                others[str(group_id)] = group_filters(then[-1])
    chosen = filters.selector(group_filters(group), others)
    found: list[Entity] = []
    for feed_id in feeds:
        present: dict[int, Entity | None] = {item["id"]: item for item in store.find("items", feed_id=feed_id)}
        items = present | store.history.past_items(feed_id, moment)
        found += [item for _, item in sorted(items.items()) if item is not None and chosen(item)]
    return found


def measured(store: Store, group: Entity) -> Entity:
    """The group, with what drives its delivery: how many items can be shown, their average price, and which they are."""
    items = items_of(store, group)
    group["product_count"], group["average_price_micro"] = filters.measure(items)
    if not group["product_count"] and (plausible := group.get("plausible")):  # recorded without its products
        group["product_count"], group["average_price_micro"] = plausible
    which = msgspec.json.encode([(item["id"], item["availability"]) for item in items])
    group["product_set"] = hashlib.sha256(which).hexdigest()[:16]
    return group


def measure_referring(store: Store, changed: Mapping[str, Any], now: int) -> None:
    """Measure the groups whose filters may name a group that was changed or deleted."""
    for group in store.find("product_groups", owner_id=changed["owner_id"]):
        if group["id"] != changed["id"] and _refers(group):
            store.update("product_groups", measured(store, group))
            store.history.note("product_groups", group, now)
