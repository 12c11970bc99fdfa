"""The pages: the name of a template, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from pinshop.api.endpoints import BY_ID
from pinshop.emulator import access, rules
from pinshop.emulator.catalog import groups
from pinshop.emulator.control import charts, words
from pinshop.emulator.control.forms import PRESETS, VARIANTS
from pinshop.emulator.control.reasons import why_nothing
from pinshop.emulator.control.sums import (
    METRICS,
    MOST,
    PAGE,
    RANGES,
    SORTS,
    earnings_of,
    entity,
    is_number,
    no_days,
    nothing,
    range_of,
    rows_of,
    some,
    sum_of,
)
from pinshop.emulator.journal import JournalEntry
from pinshop.emulator.limits import PROFILES
from pinshop.emulator.storage import seeding
from pinshop.emulator.storage.store import Entity
from pinshop.emulator.world import World

Query = Mapping[str, str]

View = tuple[str, dict[str, Any]]


def _above(account: Entity) -> list[tuple[str, str]]:
    return [("Ad accounts", "/_emulator/"), (account.get("name", "?"), f"/_emulator/console/ad_accounts/{account.get('id')}")]


def calls_of(
    world: World, operation: str, before: int | None, limit: int, status: str = "", account: str = ""
) -> tuple[list[dict[str, Any]], int | None]:
    """The newest calls, and the number before which the next page begins."""
    found: list[dict[str, Any]] = []
    for entry in reversed(list(world.journal)):
        if (before is not None and entry.number >= before) or operation not in ("", entry.operation):
            continue
        if status and str(entry.status)[:1] != status:
            continue
        if account and entry.ad_account_id != account:
            continue
        if len(found) == limit:
            return found, found[-1]["number"]
        found.append(call_facts(entry))
    return found, None


def call_facts(entry: JournalEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "method": entry.method,
        "path": entry.target.partition("?")[0],
        "status": entry.status,
        "operation": entry.operation,
        "at": words.time_of(entry.when),
        "real": words.time_of(entry.real),
        "query": parse_qsl(entry.target.partition("?")[2], keep_blank_values=True),
        "account": entry.ad_account_id,
    }


def _overview(world: World, _: str, query: Query) -> View:
    store = world.store
    accounts, following = some("ad_accounts", world, {}, query)
    left = MOST
    for account in accounts:
        account["promotions"] = number = store.count("promotions", ad_account_id=account["id"])
        account["total"] = None
        if number <= left:
            left -= number
            account["total"], days, _each = earnings_of(world, account, store.find("promotions", ad_account_id=account["id"]))
            account["days"] = [day["spend"] for day in days]
    return "overview.html", {
        "title": "Ad accounts",
        "accounts": accounts,
        "next": following,
        "recent": calls_of(world, "", None, 8)[0],
        "seeded": world.seeded,
        "faults": [{"text": f"{fault.operation}: {words.what(fault)}, {words.often(fault)}"} for fault in world.faults.list()],
        "limit_profile": world.limits.name,
    }


def _account(world: World, argument: str, query: Query) -> View | None:
    store = world.store
    account = entity(world, "ad_accounts", argument)
    if account is None:
        return None
    number = store.count("promotions", ad_account_id=account["id"])
    shown = _asked(query)
    total, days = nothing(), no_days(world, shown["range"])
    earned: dict[str, Any] = {}
    if number <= MOST:
        every = store.find("promotions", ad_account_id=account["id"])
        total, days, earned = earnings_of(world, account, every, shown["range"])
    campaigns, following = some("campaigns", world, {"ad_account_id": account["id"]}, query)
    for campaign in campaigns:
        campaign["ad_groups"] = ad_groups = store.find("ad_groups", campaign_id=campaign["id"])[:PAGE]
        for group in ad_groups:
            group["count"] = store.count("promotions", ad_group_id=group["id"])
            few = store.page("promotions", where={"ad_group_id": group["id"]}, limit=10)
            if number <= MOST:
                members = few if group["count"] <= len(few) else store.find("promotions", ad_group_id=group["id"])
                group["total"] = sum_of(earned.get(str(p["id"]), {}).get("total", nothing()) for p in members)
                group["promotions"] = rows_of(world, few, earned, shown["sort"])
            else:
                group["promotions"] = []
    return "account.html", {
        "title": account["name"],
        "crumbs": [("Ad accounts", "/_emulator/"), (account["name"], "")],
        "account": account,
        "total": total,
        "days": days,
        "campaigns": campaigns,
        "next": following,
        "too_many": number > MOST,
        "count_of_promotions": number,
        "most": MOST,
        **shown,
    }


def _ad_group(world: World, argument: str, query: Query) -> View | None:
    group = entity(world, "ad_groups", argument)
    if group is None:
        return None
    account = world.store.get("ad_accounts", group["ad_account_id"]) or {}
    group["count"] = world.store.count("promotions", ad_group_id=group["id"])
    promotions, following = some("promotions", world, {"ad_group_id": group["id"]}, query)
    shown = _asked(query)
    total, days, earned = earnings_of(world, account, promotions, shown["range"])
    return "ad_group.html", {
        "title": group["name"],
        "crumbs": [*_above(account), (group["name"], "")],
        "group": group,
        "rows": rows_of(world, promotions, earned, shown["sort"]),
        "total": total,
        "days": days,
        "next": following,
        "currency": account.get("currency", "USD"),
        "after": query.get("after", ""),
        **shown,
        "groups": [(g["id"], g["name"]) for g in world.store.find("product_groups", owner_id=account.get("owner_id"))][:200],
    }


def _promotion(world: World, argument: str, query: Query) -> View | None:
    promotion = entity(world, "promotions", argument)
    if promotion is None:
        return None
    store = world.store
    account = store.get("ad_accounts", promotion["ad_account_id"]) or {}
    group = store.get("ad_groups", promotion["ad_group_id"]) or {}
    shown = _asked(query)
    total, days, earned = earnings_of(world, account, [promotion], shown["range"])
    row = rows_of(world, [promotion], earned)[0]
    known = store.history.statuses("promotions", [promotion["id"]]).get(promotion["id"], [])
    above = [*_above(account), (group.get("name", "?"), f"/_emulator/console/ad_groups/{promotion['ad_group_id']}")]
    return "promotion.html", {
        "title": row["name"],
        "crumbs": [*above, (row["name"], "")],
        "promotion": row,
        "total": total,
        "days": days,
        "currency": account.get("currency", "USD"),
        **shown,
        "why_nothing": why_nothing(world, account, promotion, total["spend"]),
        "facts": [(name, value if isinstance(value, str | int) else words.as_json(value)) for name, value in promotion.items()],
        "history": [(words.time_of(since), status) for since, status in reversed(known)],
    }


def _asked(query: Query) -> dict[str, Any]:
    """The range, metric and order that a page is asked for."""
    metric, sort = query.get("metric", ""), query.get("sort", "")
    return {
        "range": range_of(query),
        "metric": metric if metric in METRICS else "value",
        "sort": sort if sort in SORTS else "id",
        "ranges": RANGES,
        "metrics": charts.METRICS,
    }


def _catalogs(world: World, argument: str, query: Query) -> View | None:
    store = world.store
    if argument:
        group = entity(world, "product_groups", argument)
        if group is None:
            return None
        items = groups.items_of(store, group)
        promoted = store.find("promotions", catalog_product_group_id=group["id"])[:PAGE]
        return "product_group.html", {
            "title": group["name"],
            "section": "Catalog",
            "group": group,
            "items": items[:200],
            "count": len(items),
            "crumbs": [("Catalog", "/_emulator/console/catalogs"), (group["name"], "")],
            "filters": words.as_json(groups.group_filters(group)),
            "promoted": rows_of(world, promoted, {}),
        }
    found, following = some("product_groups", world, {}, query)
    currencies = {feed["catalog_id"]: feed.get("default_currency") for feed in store.find("feeds")}
    for group in found:
        group["currency"] = currencies.get(group["catalog_id"]) or ""
        group["promotions"] = store.count_promotions_of(group["id"], ("ACTIVE",))
    feeds = store.find("feeds")[:PAGE]
    for feed in feeds:
        feed["items"] = store.count("items", feed_id=feed["id"])
    return "catalogs.html", {
        "title": "Catalog",
        "section": "Catalog",
        "groups": found,
        "next": following,
        "feeds": feeds,
        "catalogs": store.find("catalogs")[:PAGE],
    }


def _journal(world: World, argument: str, query: Query) -> View | None:
    if argument:
        entry = next((call for call in world.journal if str(call.number) == argument), None)
        if entry is None:
            return None
        call: dict[str, Any] = {**call_facts(entry), "body": words.pretty(entry.body), "response": words.pretty(entry.response)}
        call["entry"] = entry
        crumbs = [("Journal", "/_emulator/console/calls"), (f"Call {entry.number}", "")]
        return "call.html", {"title": f"Call {entry.number}", "section": "Journal", "crumbs": crumbs, "call": call}
    operation, before = query.get("operation", ""), query.get("before", "")
    status, account = query.get("status", ""), query.get("ad_account_id", "")
    rows, following = calls_of(world, operation, int(before) if is_number(before) else None, 50, status, account)
    return "calls.html", {
        "title": "Journal",
        "section": "Journal",
        "rows": rows,
        "next": following,
        "operation": operation,
        "status": status,
        "account": account,
        "accounts": sorted({call.ad_account_id for call in world.journal if call.ad_account_id}),
        "statuses": [("2", "succeeded"), ("4", "refused (4xx)"), ("5", "failed (5xx)"), ("0", "no answer")],
        "operations": sorted({call.operation for call in world.journal if call.operation}),
    }


def _faults(world: World, _: str, __: Query) -> View:
    return "faults.html", {
        "title": "Faults",
        "section": "Faults",
        "operations": sorted(BY_ID),
        "faults": [
            {"id": fault.id, "operation": fault.operation, "what": words.what(fault), "often": words.often(fault)}
            for fault in world.faults.list()
        ],
        "presets": [(key, text, more) for key, (text, more, _) in PRESETS.items()],
    }


def _limits(world: World, _: str, __: Query) -> View:
    profile = world.limits.profile
    quotas = [
        {
            "category": category,
            "who": who,
            "spent": spent,
            "quota": quota,
            "window": "day" if seconds == 86_400 else "minute" if seconds == 60 else f"{seconds} s",
        }
        for category, who, spent, quota, seconds in world.limits.spent(world.clock.seconds())
    ]
    return "limits.html", {
        "title": "Rate limits",
        "section": "Limits",
        "profiles": [*PROFILES],
        "limit_profile": world.limits.name,
        "variants": list(VARIANTS.items()),
        "variant": profile.headers if profile else "envoy",
        "quotas": quotas,
    }


def _rules(world: World, _: str, query: Query) -> View:
    now = world.rules.as_dict()
    described = [{**rule, "value": now[rule["name"]]} for rule in rules.describe()]
    asked, changed = query.get("q", ""), query.get("changed") == "yes"
    described = [
        rule
        for rule in described
        if all(word in f"{rule['name']} {rule['meaning']} {rule['evidence']}".lower() for word in asked.lower().split())
        and (not changed or rule["value"] != rule["default"])
    ]
    for rule in described:
        # Choices stand as their texts; of a rule without choices only the type is known.
        rule["choices"] = (
            ["True", "False"]
            if isinstance(rule["default"], bool)
            else [str(choice) for choice in rule["choices"] if choice not in ("str", "int")]
        )
    return "rules.html", {"title": "Rules", "section": "Rules", "rules": described, "asked": asked, "changed": changed}


def _state(world: World, argument: str, __: Query) -> View | None:
    if argument == "reset":
        return "reset.html", {"title": "Reset everything?", "section": "State"}
    if argument:
        return None
    store = world.store
    kinds = ("ad_accounts", "campaigns", "ad_groups", "promotions", "catalogs", "feeds", "items", "product_groups")
    return "state.html", {
        "title": "State",
        "section": "State",
        "snapshots": list(world.snapshots),
        "roles": access.ROLES,
        "scopes": seeding.ALL_SCOPES,
        "feed_id": world.seeded.feed_id,
        "users": [(u["id"], u["username"]) for u in store.find("users")[:PAGE]],
        "counts": [(kind.replace("_", " ").capitalize(), world.store.count(kind)) for kind in kinds],
    }


VIEWS: dict[str, Callable[[World, str, Query], View | None]] = {
    "": _overview, "ad_accounts": _account, "ad_groups": _ad_group, "promotions": _promotion, "catalogs": _catalogs,
    "calls": _journal,
    "faults": _faults, "limits": _limits, "rules": _rules, "state": _state,
}  # fmt: skip
