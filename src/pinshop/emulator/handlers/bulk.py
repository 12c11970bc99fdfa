"""Bulk downloads: files of an ad account's campaigns, ad groups and promotions.

Source: ``BulkDownloadRequest`` and the texts of ``bulk_download/create`` in Pinterest's descriptions 5.6.0 to 5.23.0. How the
files are laid out is not documented: a rule.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pinshop.api.operations import version
from pinshop.emulator import shapes
from pinshop.emulator.bodies import check_body
from pinshop.emulator.handlers import report_files
from pinshop.emulator.handlers.ad_groups import complete_ad_groups
from pinshop.emulator.handlers.campaigns import complete_campaign, summary_status
from pinshop.emulator.handlers.context import Background, Context, batch_items, not_found
from pinshop.emulator.handlers.promotions import complete_promotions
from pinshop.emulator.refusals import bad
from pinshop.emulator.shapes import Raw
from pinshop.emulator.storage.store import Entity, Store
from pinshop.emulator.world import World

#: What is emulated of the entity types: the kind in the store, its fields, its key in bulk upserts.
_TYPES = {
    "CAMPAIGN": ("campaigns", "campaign", "campaigns"),
    "AD_GROUP": ("ad_groups", "ad_group", "ad_groups"),
    "PRODUCT_GROUP": ("promotions", "promotion", "product_groups"),
}


def bulk_download_create(ctx: Context) -> Raw:
    request = _checked(ctx)
    with ctx.store.transaction():
        number = ctx.store.next_id("tokens")
        token = str(2_680_000_000_000 + ctx.store.seed % 10_000 * 10_000_000 + number)
        report_files.order(ctx, token, request)
    return Raw({"request_id": token})


def bulk_request_get(ctx: Context) -> Raw:
    if ctx.query.get("include_details") and ctx.rules.bulk_details == "refuse":
        raise bad("'include_details' is about the requests of a bulk upsert; a bulk download has none.")
    token = ctx.path["bulk_request_id"]
    report = ctx.store.report(str(token))
    if report is None or report["ad_account_id"] != ctx.account_id or "entity_types" not in report["request"]:
        raise not_found(ctx, "Bulk request")
    if not report_files.is_done(ctx, report):
        return Raw({"status": "RUNNING"})
    if ctx.rules.report_outcome != "FINISHED":
        return Raw({"status": "FAILED"})
    with ctx.store.transaction():
        report_files.finished(ctx.world, report, ctx.now, content)
    return Raw({"status": "SUCCEEDED", "result_url": report_files.link(ctx, report["token"])})


def _checked(ctx: Context) -> dict[str, Any]:
    """The body of an order, checked: what it asks for is done, or refused with a reason."""
    given = check_body("bulk_request", ctx.body, ctx.api_version, "c", "body", ctx.rules)
    types = given.get("entity_types", list(_TYPES))
    batch_items(types, "entity_types", 5 if version(ctx.api_version) < version("5.15") else 6)
    for one in types:
        if one not in _TYPES:
            raise bad(f"'entity_types' {one} is not emulated: the pinshop emulator has {', '.join(_TYPES)}.")
    chosen = given.get("campaign_filter")
    return {
        "entity_types": list(dict.fromkeys(types)),
        "entity_ids": given.get("entity_ids"),
        "updated_since": _seconds(given, "updated_since"),
        "campaign_filter": chosen and {**chosen, **{name: _seconds(chosen, name) for name in ("start_time", "end_time")}},
        "output_format": given.get("output_format", "JSON"),
    }


def _seconds(given: Mapping[str, Any], name: str) -> int | None:
    return int(given[name]) if name in given else None


# -------------------------------------------------------------------------------------------------- files


def content(world: World, ordered: Mapping[str, Any], now: int) -> tuple[bytes, str]:
    """The bytes of a file, and their type."""
    asked, store, rules = ordered["request"], world.store, world.rules
    found = _chosen(world, ordered["ad_account_id"], asked, now)
    shaped: dict[str, list[dict[str, Any]]] = {}
    for one in asked["entity_types"]:
        kind, name, _ = _TYPES[one]
        entities = [entity for entity in found[kind] if _is_wanted(store, kind, entity, asked, rules.bulk_statuses)]
        _complete(Background(world, now), kind, entities)
        shaped[one] = [shapes.entity(name, entity, world.api_version) for entity in entities]
    if asked["output_format"] == "CSV":
        return _csv(shaped), "text/csv"
    if rules.bulk_layout in ("by_key", "by_entity_type"):
        keys = {one: _TYPES[one][2] if rules.bulk_layout == "by_key" else one for one in shaped}
        return msgspec.json.encode({keys[one]: entities for one, entities in shaped.items()}), "application/json"
    typed = [{"entity_type": one, **entity} for one, entities in shaped.items() for entity in entities]
    if rules.bulk_layout == "list":
        return msgspec.json.encode(typed), "application/json"
    return b"".join(msgspec.json.encode(entity) + b"\n" for entity in typed), "application/x-ndjson"


def _complete(ctx: Background, kind: str, entities: list[Entity]) -> None:
    if kind == "promotions":
        complete_promotions(ctx, entities)
    elif kind == "ad_groups":
        complete_ad_groups(ctx, entities)
    else:
        for campaign in entities:
            complete_campaign(ctx, campaign)


def _chosen(world: World, account_id: int, asked: Mapping[str, Any], now: int) -> dict[str, list[Entity]]:
    """The entities of an account that the filters leave, whatever their type and status."""
    store = world.store
    found = {kind: store.find(kind, ad_account_id=account_id) for kind, _, _ in _TYPES.values()}
    if (wanted := asked["campaign_filter"]) is not None:
        left = {one["id"] for one in found["campaigns"] if _passes(world, one, wanted, now)}
        found["campaigns"] = [one for one in found["campaigns"] if one["id"] in left]
        found["ad_groups"] = [one for one in found["ad_groups"] if one["campaign_id"] in left]
        groups = {one["id"] for one in found["ad_groups"]}
        found["promotions"] = [one for one in found["promotions"] if one["ad_group_id"] in groups]
    if asked["entity_ids"] is not None:  # "as well as their children and grandchildren"
        ids = set(asked["entity_ids"])
        campaigns = {one["id"] for one in found["campaigns"]} & ids
        groups = {one["id"] for one in found["ad_groups"] if one["id"] in ids or one["campaign_id"] in campaigns}
        found["campaigns"] = [one for one in found["campaigns"] if one["id"] in campaigns]
        found["ad_groups"] = [one for one in found["ad_groups"] if one["id"] in groups]
        found["promotions"] = [one for one in found["promotions"] if one["id"] in ids or one["ad_group_id"] in groups]
    return found


def _passes(world: World, campaign: Entity, wanted: Mapping[str, Any], now: int) -> bool:
    rules = world.rules
    first, last = wanted.get("start_time"), wanted.get("end_time")
    start, end = campaign.get("start_time") or campaign.get("created_time") or 0, campaign.get("end_time")
    if rules.bulk_campaign_times == "within":
        timely = (first is None or start >= first) and (last is None or (end is not None and end <= last))
    else:
        timely = (first is None or end is None or end >= first) and (last is None or start <= last)
    name, label = wanted.get("name"), str(campaign.get("name") or "")
    named = name is None or (name in label if rules.bulk_campaign_name == "contains" else name == label)
    statuses, objectives = wanted.get("campaign_status"), wanted.get("objective_type")
    return (
        timely
        and named
        and (statuses is None or summary_status(campaign, now) in statuses)
        and (objectives is None or campaign["objective_type"] in objectives)
    )


def _is_wanted(store: Store, kind: str, entity: Entity, asked: Mapping[str, Any], statuses: str) -> bool:
    if (statuses == "active" and entity["status"] != "ACTIVE") or (
        statuses == "not_archived" and entity["status"] == "ARCHIVED"
    ):
        return False
    return asked["updated_since"] is None or _updated(store, kind, entity) >= asked["updated_since"]


def _updated(store: Store, kind: str, entity: Entity) -> int:
    """When something of it was written last."""
    stamps = [entity.get(name) or 0 for name in ("updated_time", "updated", "created_time", "created")]
    changes = store.history.of(kind, [entity["id"]]).get(entity["id"], [])
    return max(*stamps, changes[-1][0] if changes else 0)


def _csv(shaped: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    names = list(dict.fromkeys(name for entities in shaped.values() for entity in entities for name in entity))
    names = ["entity_type", "id", *(name for name in names if name != "id")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for one, entities in shaped.items():
        writer.writerows(_cells(names, {"entity_type": one, **entity}) for entity in entities)
    return text.getvalue().encode()


def _cells(names: Iterable[str], entity: Mapping[str, Any]) -> list[Any]:
    cells = []
    for name in names:
        value = entity.get(name)
        if isinstance(value, bool | list | dict):
            value = msgspec.json.encode(value).decode()
        cells.append("" if value is None else value)
    return cells
