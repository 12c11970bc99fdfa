"""The pages: the name of a template, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import BY_ID
from pinshop.emulator import access, rules
from pinshop.emulator.control import views_of_entities, words
from pinshop.emulator.control.forms import PRESETS, VARIANTS
from pinshop.emulator.control.sums import MOST, PAGE, earnings_of, entity, some
from pinshop.emulator.control.views_of_entities import Query, View
from pinshop.emulator.journal import JournalEntry
from pinshop.emulator.limits import PROFILES
from pinshop.emulator.oauth import APP_ID, APP_SECRET
from pinshop.emulator.storage import seeding
from pinshop.emulator.world import World


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


#: The kinds that have a page of their own: where it is, and what is stored.
_PAGES = {
    "ad_accounts": "ad_accounts",
    "campaigns": "campaigns",
    "ad_groups": "ad_groups",
    "promotions": "promotions",
    "catalogs": "product_groups",
}


def _found(world: World, asked: str) -> list[tuple[str, str, str]]:
    """What has this id: its page, its kind, and how it is called."""
    entities = [(page, kind, entity(world, kind, asked)) for page, kind in _PAGES.items()]
    return [(page, kind.replace("_", " "), found.get("name") or asked) for page, kind, found in entities if found]


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
    asked = query.get("id", "").strip()
    return "overview.html", {
        "id": asked,
        "found": _found(world, asked),
        "title": "Ad accounts",
        "accounts": accounts,
        "next": following,
        "recent": calls_of(world, "", None, 8)[0],
        "seeded": world.seeded,
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "faults": [
            {"text": " ".join([fault.operation, words.aim(fault)]).strip() + f": {words.what(fault)}, {words.often(fault)}"}
            for fault in world.faults.list()
        ],
        "limit_profile": world.limits.name,
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
    rows, following = calls_of(world, operation, int(before) if is_digits(before, 18) else None, 50, status, account)
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
            {
                "id": fault.id,
                "operation": fault.operation,
                "aim": words.aim(fault),
                "what": words.what(fault),
                "often": words.often(fault),
                "stub": fault.stub,
            }
            for fault in [*world.faults.list(), *world.faults.list(stubs=True)]
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
        "forks": list(world.forks),
        "roles": access.ROLES,
        "scopes": seeding.ALL_SCOPES,
        "feed_id": world.seeded.feed_id,
        "users": [(u["id"], u["username"]) for u in store.find("users")[:PAGE]],
        "counts": [(kind.replace("_", " ").capitalize(), world.store.count(kind)) for kind in kinds],
    }


VIEWS: dict[str, Callable[[World, str, Query], View | None]] = {
    "": _overview,
    "ad_accounts": views_of_entities.account_page,
    "campaigns": views_of_entities.campaign_page,
    "ad_groups": views_of_entities.ad_group_page,
    "promotions": views_of_entities.promotion_page,
    "catalogs": views_of_entities.catalogs_page,
    "calls": _journal,
    "faults": _faults,
    "limits": _limits,
    "rules": _rules,
    "state": _state,
}
