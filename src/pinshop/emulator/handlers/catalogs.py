"""Catalogs: list."""

from __future__ import annotations

import datetime

from pinshop.emulator.handlers.context import Context, page_of
from pinshop.emulator.refusals import Refusal
from pinshop.emulator.shapes import Page
from pinshop.emulator.storage.store import Entity


def date_time(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")


def dated(entity: Entity) -> Entity:
    entity["created_at"], entity["updated_at"] = date_time(entity["created"]), date_time(entity["updated"])
    return entity


def catalogs_list(ctx: Context) -> Page:
    page = page_of(ctx, "catalogs", where={"owner_id": ctx.owner_id})
    for one in page.items:
        dated(one)
    return page


def has_catalog(ctx: Context) -> None:
    if not ctx.store.count("catalogs", owner_id=ctx.owner_id):
        raise Refusal(409, 4182, "Can't access this feature without an existing catalog.")


def money_text(micro: int) -> int | float:
    return micro // 1_000_000 if micro % 1_000_000 == 0 else micro / 1_000_000
