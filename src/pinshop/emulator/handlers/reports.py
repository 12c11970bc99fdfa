"""Asynchronous reports and the metrics resources. Source: ``/ad_accounts/{id}/reports`` and ``/resources`` at 5.23.0.

A report's content is made once, when it is first seen to be finished, from the state and the clock of that moment.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.requested import query_of
from pinshop.emulator.delivery.sums import LEVELS
from pinshop.emulator.handlers import bulk, report_files
from pinshop.emulator.handlers.campaigns import summary_status
from pinshop.emulator.handlers.context import Context
from pinshop.emulator.handlers.report_orders import check_request
from pinshop.emulator.seeded_numbers import secret
from pinshop.emulator.shapes import Raw
from pinshop.emulator.storage.store import Entity, Store
from pinshop.emulator.world import World


def reports_create(ctx: Context) -> Raw:
    request = check_request(ctx.body, ctx.api_version, ctx.now, ctx.rules)
    with ctx.store.transaction():
        token = secret(ctx.store.seed, "report", ctx.store.next_id("tokens"))
        report_files.order(ctx, token, request)
    return Raw({"report_status": "IN_PROGRESS", "token": token, "message": None})


def reports_get(ctx: Context) -> Raw:
    report = ctx.store.report(ctx.query["token"])
    if report is None or report["ad_account_id"] != ctx.account_id or "entity_types" in report["request"]:
        return Raw({"report_status": "DOES_NOT_EXIST", "url": None, "size": None})
    if ctx.now >= report["created"] + ctx.rules.report_life_seconds:
        return Raw({"report_status": "EXPIRED", "url": None, "size": None})
    if not report_files.is_done(ctx, report):
        return Raw({"report_status": "IN_PROGRESS", "url": None, "size": None})
    if ctx.rules.report_outcome != "FINISHED":
        return Raw({"report_status": ctx.rules.report_outcome, "url": None, "size": None})
    with ctx.store.transaction():
        body, _ = report_files.finished(ctx.world, report, ctx.now, content)
    return Raw({"report_status": "FINISHED", "url": report_files.link(ctx, report["token"]), "size": len(body)})


def fetch(world: World, token: str, query: str) -> tuple[int, str, bytes]:
    """The link of a finished report or bulk download: status, content type, body."""

    def made(world: World, ordered: Mapping[str, Any], now: int) -> tuple[bytes, str]:
        return (bulk.content if "entity_types" in ordered["request"] else content)(world, ordered, now)

    return report_files.fetch(world, token, query, made)


def content(world: World, report: Mapping[str, Any], now: int) -> tuple[bytes, str]:
    """The bytes of a report, and their type."""
    asked, store = report["request"], world.store
    account = store.must("ad_accounts", report["ad_account_id"])
    promotions = _chosen(store, account["id"], asked, now)
    columns: list[str] = asked["columns"]
    measured = [*columns, *(one["field"] for one in asked["metrics_filters"] or ())]
    start, end = datetime.date.fromisoformat(asked["start_date"]), datetime.date.fromisoformat(asked["end_date"])
    query = query_of(account, measured, start, end, asked)

    level = asked["level"]
    if level in LEVELS:
        found = world.earnings.sum_rows(account, promotions, level, query, now)
        key = LEVELS[level]
    elif level == "PRODUCT_GROUP":
        found = world.earnings.rows(account, promotions, query, now)
        key = "PRODUCT_GROUP_ID"
    else:

        def facts(item: Mapping[str, Any]) -> dict[str, Any]:
            return _item_facts(item, columns)

        found = world.earnings.item_rows(account, promotions, facts, query, now)
        key = "PRODUCT_ITEM_ID"
    rows = msgspec.to_builtins(found)
    if asked["product_item_ids"] is not None:
        wanted = set(map(str, asked["product_item_ids"]))
        rows = [row for row in rows if row["PRODUCT_ITEM_ID"] in wanted]
    rows = _passing(rows, asked["metrics_filters"] or (), asked["columns"])
    rows = _with_statuses(store, rows, key, promotions, columns, now)
    if asked["report_format"] == "CSV":
        fixed = ["DATE"] if asked["granularity"] != "TOTAL" else []
        fixed += [key] if level in LEVELS else dict.fromkeys(("PRODUCT_GROUP_ID", key))
        return _csv(rows, list(dict.fromkeys([*fixed, *columns]))), "text/csv"
    first = "DATE" if asked["primary_sort"] == "BY_DATE" and asked["granularity"] != "TOTAL" else key
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[first], []).append(row)
    if first == "DATE":
        grouped = dict(sorted(grouped.items()))
    return msgspec.json.encode(grouped), "application/json"


def _with_statuses(
    store: Store,
    rows: Sequence[dict[str, Any]],
    key: str,
    promotions: Sequence[Entity],
    columns: Sequence[str],
    now: int,
) -> list[dict[str, Any]]:
    """The rows with the statuses that only reports tell: of the row's entity and of what it belongs to."""
    wanted = [name for name in _STATUSES if name in columns]
    if not wanted or key == "AD_ACCOUNT_ID":
        return list(rows)
    groups = store.get_many("ad_groups", sorted({one["ad_group_id"] for one in promotions}))
    campaigns = store.get_many("campaigns", sorted({one["campaign_id"] for one in groups.values()}))
    told: dict[str, dict[str, str]] = {}
    for promotion in promotions:
        group = groups[promotion["ad_group_id"]]
        campaign = campaigns[group["campaign_id"]]
        values = {"CAMPAIGN_STATUS": summary_status(campaign, now)}
        if key != "CAMPAIGN_ID":
            values["AD_GROUP_STATUS"] = summary_status(group, now, campaign)
        if key in ("PRODUCT_GROUP_ID", "PRODUCT_ITEM_ID"):
            values["PRODUCT_GROUP_STATUS"] = _report_status(promotion)
        one = {"CAMPAIGN_ID": campaign["id"], "AD_GROUP_ID": group["id"]}.get(key, promotion["id"])
        told[str(one)] = {name: values[name] for name in wanted if name in values}
    of = "PRODUCT_GROUP_ID" if key == "PRODUCT_ITEM_ID" else key
    return [{**row, **told[row[of]]} for row in rows]


_STATUSES = ("CAMPAIGN_STATUS", "AD_GROUP_STATUS", "PRODUCT_GROUP_STATUS")


def _report_status(promotion: Mapping[str, Any]) -> str:
    return "RUNNING" if promotion["status"] == "ACTIVE" else str(promotion["status"])


def _passing(
    rows: Sequence[dict[str, Any]], filters: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """The rows that pass the filters of metrics; a metric that only a filter asks for is not told."""
    found = list(rows)
    for one in filters:
        name, bounds = one["field"], one["values"]
        if one["operator"] == "LESS_THAN":
            found = [row for row in found if row.get(name, 0) < min(bounds)]
        else:
            found = [row for row in found if row.get(name, 0) > max(bounds)]
    untold = {one["field"] for one in filters} - set(columns)
    return [{name: value for name, value in row.items() if name not in untold} for row in found] if untold else found


def _chosen(store: Store, account_id: int, asked: Mapping[str, Any], now: int) -> list[Entity]:
    """The promotions that a report is about."""
    if asked["product_group_ids"] is not None:
        found = store.get_many("promotions", asked["product_group_ids"])
        chosen = [found[i] for i in asked["product_group_ids"] if i in found and found[i]["ad_account_id"] == account_id]
    else:
        chosen = store.find("promotions", ad_account_id=account_id)
    parents = ("campaign_ids", "ad_group_ids", "campaign_statuses", "ad_group_statuses", "campaign_objective_types")
    if any(asked[name] is not None for name in parents):
        campaigns = {campaign["id"]: campaign for campaign in store.find("campaigns", ad_account_id=account_id)}
        ad_groups = store.find("ad_groups", ad_account_id=account_id)
        under = {group["id"] for group in ad_groups if _wanted(group, campaigns[group["campaign_id"]], asked, now)}
        chosen = [promotion for promotion in chosen if promotion["ad_group_id"] in under]
    if asked["product_group_statuses"] is not None:
        chosen = [promotion for promotion in chosen if _report_status(promotion) in asked["product_group_statuses"]]
    return chosen


def _wanted(group: Entity, campaign: Entity, asked: Mapping[str, Any], now: int) -> bool:
    """Whether a report is about the promotions of an ad group."""
    told = {
        "campaign_ids": campaign["id"],
        "ad_group_ids": group["id"],
        "campaign_objective_types": campaign["objective_type"],
        "campaign_statuses": summary_status(campaign, now),
        "ad_group_statuses": summary_status(group, now, campaign),
    }
    return all(asked[name] is None or value in asked[name] for name, value in told.items())


def _csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    """CSV zero-fills: "Reports in JSON will not zero-fill metrics, whereas reports in CSV will"."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name, "" if name not in COLUMNS or COLUMNS[name].attribute else 0) for name in names])
    return text.getvalue().encode()


def _item_facts(item: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    known = {
        "PRODUCT_ITEM_NAME": item.get("title"),
        "PRODUCT_ITEM_BRAND": item.get("brand"),
        "PRODUCT_ITEM_PRICE": item["price_micro"] / 1_000_000,
        "PRODUCT_ITEM_CURRENCY": item["currency"],
        "PRODUCT_ITEM_PRODUCT_URL": item.get("link"),
        "PRODUCT_ITEM_IMAGE_URL": item.get("image_link"),
        "PRODUCT_ITEM_PRODUCT_TYPE": item.get("product_type"),
    }
    return {name: known[name] for name in columns if known.get(name) is not None}
