"""Feeds: list, get, and loading one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pinshop.emulator.catalog.groups import measured
from pinshop.emulator.handlers.catalogs import dated
from pinshop.emulator.handlers.context import Context, page_of
from pinshop.emulator.refusals import Refusal
from pinshop.emulator.shapes import Page
from pinshop.emulator.storage.store import Entity, Store


def feeds_list(ctx: Context) -> Page:
    catalog_id = ctx.query.get("catalog_id")
    where = {"owner_id": ctx.owner_id} | ({"catalog_id": catalog_id} if catalog_id else {})
    page = page_of(ctx, "feeds", where=where)
    for feed in page.items:
        dated(feed)
    return page


def feeds_get(ctx: Context) -> Entity:
    return dated(own_feed(ctx, ctx.path["feed_id"]))


def own_feed(ctx: Context, feed_id: int) -> Entity:
    feed = ctx.store.get("feeds", feed_id)
    if feed is None or feed["owner_id"] != ctx.owner_id:
        raise Refusal(404, 4161, "Sorry! We could not find your catalogs feed.")
    return feed


def load_feed(store: Store, feed_id: int, items: Iterable[Mapping[str, Any]], now: int) -> int:
    """Replace the items of a feed and measure every group they may be in. Returns how many items there are.

    An item keeps its id while its ``item_id`` stays in the feed.
    """
    with store.transaction():
        feed = store.must("feeds", feed_id)
        before = {item["id"]: item for item in store.find("items", feed_id=feed_id)}
        known = {item["item_id"]: item["id"] for item in before.values()}
        for item_id in before:
            store.delete("items", item_id)
        new = [{**item, "feed_id": feed_id, "id": known.get(item["item_id"]) or store.next_id("items")} for item in items]
        store.insert_many("items", new)
        store.history.replace_items(feed_id, before, {item["id"]: item for item in new}, now)
        feed["updated"] = now
        store.update("feeds", feed)
        for group in store.find("product_groups", catalog_id=feed["catalog_id"]):
            if group["feed_id"] in (None, feed_id):
                store.update("product_groups", measured(store, group))
                store.history.note("product_groups", group, now)
    return len(new)
