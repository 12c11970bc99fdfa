"""Which items a catalog product group holds, and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pinshop.emulator.catalog import filters
from pinshop.emulator.storage.store import Entity, Store


def group_filters(group: Mapping[str, Any]) -> dict[str, Any]:
    return msgspec.json.decode(group["filters"], type=dict[str, Any])


def items_of(store: Store, group: Mapping[str, Any]) -> list[Entity]:
    """The items a group selects: of its feed, or of all feeds of its catalog; in order of their ids."""
    feeds = [group["feed_id"]] if group["feed_id"] else [f["id"] for f in store.find("feeds", catalog_id=group["catalog_id"])]
    others = {}
    if '"PRODUCT_GROUP"' in group["filters"]:  # filters that refer to other groups
        others = {str(g["id"]): group_filters(g) for g in store.find("product_groups", owner_id=group["owner_id"])}
    chosen = filters.selector(group_filters(group), others)
    return [item for feed_id in feeds for item in store.find("items", feed_id=feed_id) if chosen(item)]


def measured(store: Store, group: Entity) -> Entity:
    """The group, with what drives its delivery: how many items can be shown, and their average price."""
    group["product_count"], group["average_price_micro"] = filters.measure(items_of(store, group))
    return group
