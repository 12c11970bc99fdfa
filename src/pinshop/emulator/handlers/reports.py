"""Asynchronous reports and the metrics resources. Source: ``/ad_accounts/{id}/reports`` and ``/resources`` at 5.23.0.

A report's content is made once, when it is first seen to be finished, from the state and the clock of that moment.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from pinshop.api.columns import COLUMNS
from pinshop.emulator.bodies import is_id
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
        ctx.store.save_report(token, ctx.account_id, ctx.now, "IN_PROGRESS", {**request, "polls": 0})
    return Raw({"report_status": "IN_PROGRESS", "token": token, "message": None})


def reports_get(ctx: Context) -> Raw:
    report = ctx.store.report(ctx.query["token"])
    if report is None or report["ad_account_id"] != ctx.account_id:
        return Raw({"report_status": "DOES_NOT_EXIST", "url": None, "size": None})
    if ctx.now >= report["created"] + ctx.rules.report_life_seconds:
        return Raw({"report_status": "EXPIRED", "url": None, "size": None})
    polls = report["request"]["polls"] + 1
    # Either time passes, or the clock is frozen and the caller asks again.
    done = ctx.now >= report["created"] + ctx.rules.report_seconds or polls > ctx.rules.report_polls
    if not done:
        with ctx.store.transaction():
            ctx.store.save_report(
                report["token"], ctx.account_id, report["created"], report["status"], {**report["request"], "polls": polls}
            )
        return Raw({"report_status": "IN_PROGRESS", "url": None, "size": None})
    if ctx.rules.report_outcome != "FINISHED":
        return Raw({"report_status": ctx.rules.report_outcome, "url": None, "size": None})
    expires = ctx.now + ctx.rules.report_link_seconds
    with ctx.store.transaction():
        body, _ = _finished(ctx.world, report, ctx.now)
    size = len(body)
    url = (
        f"{ctx.origin}/_emulator/reports/{report['token']}?expires={expires}&sign={_sign(ctx.store, report['token'], expires)}"
    )
    return Raw({"report_status": "FINISHED", "url": url, "size": size})


def _sign(store: Store, token: str, expires: int) -> str:
    return secret(store.seed, "link", token, expires)[9:25]


def fetch(world: World, token: str, query: str) -> tuple[int, str, bytes]:
    """The link of a finished report: status, content type, body. An expired or forged link is a 403, as at a file store."""
    asked = parse_qs(query)
    expires, sign = asked.get("expires", ["0"])[0], asked.get("sign", [""])[0]
    now = world.now()
    report = world.store.report(token)
    if report is None or not is_id(expires, 18) or sign != _sign(world.store, token, int(expires)):
        return 403, "application/xml", b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    if now >= int(expires):
        return 403, "application/xml", b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    with world.change():
        body, kind = _finished(world, report, now)
    return 200, kind, body


def _finished(world: World, report: Mapping[str, Any], now: int) -> tuple[bytes, str]:
    """The bytes of a finished report and their type: made once, of the state when it was first seen to be finished."""
    kept = world.store.report_file(report["token"])
    if kept is None:
        kept = content(world, report, now)
        world.store.keep_report_file(report["token"], *kept)
    return kept


def content(world: World, report: Mapping[str, Any], now: int) -> tuple[bytes, str]:
    """The bytes of a report, and their type."""
    asked, store = report["request"], world.store
    account = store.must("ad_accounts", report["ad_account_id"])
    promotions = _chosen(store, account["id"], asked, now)
    columns: list[str] = asked["columns"]
    measured = [*columns, *(one["field"] for one in asked["metrics_filters"] or ())]
    start, end = datetime.date.fromisoformat(asked["start_date"]), datetime.date.fromisoformat(asked["end_date"])

    if asked["level"] == "PRODUCT_GROUP":
        found = world.earnings.rows(account, promotions, measured, start, end, asked, now)
        rows, key = msgspec.to_builtins(found), "PRODUCT_GROUP_ID"
    else:

        def facts(item: Mapping[str, Any]) -> dict[str, Any]:
            return _item_facts(item, columns)

        found = world.earnings.item_rows(account, promotions, facts, measured, start, end, asked, now)
        rows, key = msgspec.to_builtins(found), "PRODUCT_ITEM_ID"
    if asked["product_item_ids"] is not None:
        wanted = set(map(str, asked["product_item_ids"]))
        rows = [row for row in rows if row["PRODUCT_ITEM_ID"] in wanted]
    rows = _passing(rows, asked["metrics_filters"] or (), asked["columns"])
    if "PRODUCT_GROUP_STATUS" in columns:
        status = {str(p["id"]): _report_status(p) for p in promotions}
        rows = [{**row, "PRODUCT_GROUP_STATUS": status[row["PRODUCT_GROUP_ID"]]} for row in rows]
    if asked["report_format"] == "CSV":
        fixed = ["DATE"] if asked["granularity"] != "TOTAL" else []
        fixed += dict.fromkeys(("PRODUCT_GROUP_ID", key))
        return _csv(rows, list(dict.fromkeys([*fixed, *columns]))), "text/csv"
    first = "DATE" if asked["primary_sort"] == "BY_DATE" and asked["granularity"] != "TOTAL" else key
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[first], []).append(row)
    if first == "DATE":
        grouped = dict(sorted(grouped.items()))
    return msgspec.json.encode(grouped), "application/json"


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
