"""Asynchronous reports and the metrics resources. Source: ``/ad_accounts/{id}/reports`` and ``/resources`` at 5.23.0.

A report's content is made when its link is fetched, from the state and the clock of that moment.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from pinshop.api import columns as known_columns
from pinshop.api import endpoints, models
from pinshop.api.columns import COLUMNS
from pinshop.api.operations import ApiVersion, Param
from pinshop.emulator.bodies import checked_date, id_number, is_id
from pinshop.emulator.handlers.context import Context, batch_items
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.rules import Rules
from pinshop.emulator.shapes import Raw
from pinshop.emulator.storage.seeding import secret
from pinshop.emulator.storage.store import Entity, Store
from pinshop.emulator.world import World

_LEVELS = ("PRODUCT_GROUP", "PRODUCT_ITEM")

_OTHER_LEVELS = (
    "ADVERTISER", "ADVERTISER_TARGETING", "CAMPAIGN", "CAMPAIGN_TARGETING", "AD_GROUP", "AD_GROUP_TARGETING",
    "PIN_PROMOTION", "PIN_PROMOTION_TARGETING", "KEYWORD", "PRODUCT_GROUP_TARGETING", "PRODUCT_ITEM_TARGETING",
)  # fmt: skip

_GRANULARITIES = models.choices(models.Granularity)

_MOST_IDS = 500

_REQUIRED = ("start_date", "end_date", "granularity", "columns", "level")

_PARAMS: dict[str, Param] = endpoints.PROMOTIONS_ANALYTICS.params


def _choice(name: str, value: object, allowed: Sequence[object]) -> Any:
    if isinstance(value, bool) or value not in allowed:
        raise bad(f"Invalid request: '{name}' ({shown(value)} is not one of {', '.join(map(str, allowed))})")
    return value


def _ids(body: Mapping[str, Any], name: str) -> list[int] | None:
    if body.get(name) is None:
        return None
    for value in batch_items(body[name], name, _MOST_IDS):
        if not isinstance(value, str) or not is_id(value):
            raise bad(f"'{name}' value {shown(value)} must match the pattern: ^\\d+$")
    return [id_number(value) for value in body[name]]


def check_request(body: Any, api_version: ApiVersion, now: int, rules: Rules) -> dict[str, Any]:
    """The body of a report order, checked; what `content` needs to make the report later."""
    if not isinstance(body, dict):
        raise bad(f"Invalid request: the body ({shown(body)} is not of type object)")
    for name in _REQUIRED:
        if body.get(name) is None:
            raise bad(f"Invalid request: 'body' ('{name}' is a required property)")
    level = _choice("level", body["level"], _LEVELS + _OTHER_LEVELS)
    if level not in _LEVELS:
        raise bad(f"'level' {level} is not emulated: the pinshop emulator reports the levels {', '.join(_LEVELS)}.")
    granularity = _choice("granularity", body["granularity"], _GRANULARITIES)
    start, end = (datetime.date.fromisoformat(checked_date(name, body[name])) for name in ("start_date", "end_date"))
    _check_dates(start, end, level, granularity, now)
    columns = batch_items(body["columns"], "columns", 1000)
    known = set(known_columns.available(api_version))
    for column in columns:
        if not isinstance(column, str) or (rules.unknown_report_columns == "refuse" and column not in known):
            raise bad(f"Invalid request: 'columns' ({shown(column)} is not one of the columns of reports)")
    asked: dict[str, Any] = {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "granularity": granularity,
        "level": level,
        "columns": list(dict.fromkeys(columns)),
        "report_format": _choice("report_format", body.get("report_format", "JSON"), ("JSON", "CSV")),
        "primary_sort": _choice("primary_sort", body.get("primary_sort", "BY_ID"), ("BY_ID", "BY_DATE")),
    }
    for name in (
        "click_window_days",
        "engagement_window_days",
        "view_window_days",
        "conversion_report_time",
        "reporting_timezone",
    ):
        param = _PARAMS[name].at(api_version)
        if param is not None:
            value = body.get(name)
            asked[name] = param.default if value is None else _choice(name, value, param.choices)
    for name in ("campaign_ids", "ad_group_ids", "product_group_ids"):
        asked[name] = _ids(body, name)
    statuses = ("RUNNING", "PAUSED", "EXCLUDED", "ARCHIVED")
    given = body.get("product_group_statuses")
    asked["statuses"] = given and [_choice("product_group_statuses", s, statuses) for s in batch_items(given, "statuses", 6)]
    return asked


def _check_dates(start: datetime.date, end: datetime.date, level: str, granularity: str, now: int) -> None:
    """914 days back and 186 long; HOUR 8 and 3; PRODUCT_ITEM 92 and 31."""
    back, longest = (8, 3) if granularity == "HOUR" else (92, 31) if level == "PRODUCT_ITEM" else (914, 186)
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if end < start:
        raise bad("'start_date' must not be after 'end_date'.")
    if (today - start).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (end - start).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")


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
    size = len(content(ctx.world, report, ctx.now)[0])
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
    body, kind = content(world, report, now)
    return 200, kind, body


def content(world: World, report: Mapping[str, Any], now: int) -> tuple[bytes, str]:
    """The bytes of a report, and their type."""
    asked, store = report["request"], world.store
    account = store.must("ad_accounts", report["ad_account_id"])
    promotions = _chosen(store, account["id"], asked)
    columns: list[str] = asked["columns"]
    start, end = datetime.date.fromisoformat(asked["start_date"]), datetime.date.fromisoformat(asked["end_date"])

    if asked["level"] == "PRODUCT_GROUP":
        found = world.earnings.rows(account, promotions, columns, start, end, asked, now)
        rows, key = msgspec.to_builtins(found), "PRODUCT_GROUP_ID"
    else:

        def facts(item: Mapping[str, Any]) -> dict[str, Any]:
            return _item_facts(item, columns)

        found = world.earnings.item_rows(account, promotions, facts, columns, start, end, asked, now)
        rows, key = msgspec.to_builtins(found), "PRODUCT_ITEM_ID"
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


def _chosen(store: Store, account_id: int, asked: Mapping[str, Any]) -> list[Entity]:
    if asked["product_group_ids"] is not None:
        found = store.get_many("promotions", asked["product_group_ids"])
        chosen = [found[i] for i in asked["product_group_ids"] if i in found and found[i]["ad_account_id"] == account_id]
    else:
        chosen = store.find("promotions", ad_account_id=account_id)
    ad_group_ids = asked["ad_group_ids"]
    if asked["campaign_ids"] is not None:
        under = {g["id"] for i in asked["campaign_ids"] for g in store.find("ad_groups", campaign_id=i)}
        ad_group_ids = under if ad_group_ids is None else under.intersection(ad_group_ids)
    if ad_group_ids is not None:
        chosen = [p for p in chosen if p["ad_group_id"] in ad_group_ids]
    if asked["statuses"]:
        chosen = [p for p in chosen if _report_status(p) in asked["statuses"]]
    return chosen


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
