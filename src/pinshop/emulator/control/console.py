"""The console under ``/_emulator/``: what is promoted and what it earns, the journal, and the levers, as web pages.

Rendered here, complete without JavaScript, with nothing from another host. Forms are taken from the console's own pages
only: another web page in the same browser must not move the clock (see `_refusal_of_origin`). Every value is escaped: names
may hold HTML. Markup that is not a template's comes from `charts`, which writes numbers and dates.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec

from pinshop.api.endpoints import BY_ID, PROMOTIONS_ANALYTICS
from pinshop.api.http import Reply, Request
from pinshop.emulator import rules
from pinshop.emulator.control import charts
from pinshop.emulator.journal import Journal, JournalEntry
from pinshop.emulator.limits import PROFILES
from pinshop.errors import ConfigurationError
from pinshop.extras import required

if TYPE_CHECKING:
    import jinja2

    from pinshop.emulator.emulator import Emulator
    from pinshop.emulator.faults import Fault
    from pinshop.emulator.storage.store import Entity

Form = Mapping[str, str]

#: What a page shows: the name of its template, and what the template is given.
View = tuple[str, dict[str, Any]]

DAYS = 30

PAGE = 25

#: Earnings of one page are added up over at most so many promotions.
MOST = 500

_MAX_FORM = 65_536

_HERE = re.compile(r"/_emulator/[A-Za-z0-9_/]*")

_NAME = re.compile(r"[A-Za-z0-9._ -]{1,60}")

_HEADERS = {
    "x-emulated": "true",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}

_SAID = {
    "clock": "The clock was moved.",
    "fault": "The fault is in force.",
    "removed": "Removed.",
    "limits": "The rate limit was changed.",
    "rule": "The rule was changed.",
    "snapshot": "The state was kept.",
    "restore": "The state is the snapshot's again.",
    "reset": "Everything is as it was at the start.",
}


def answer(emulator: Emulator, request: Request) -> Reply:
    """Answer one request of a browser."""
    path, _, query = request.target.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if (static := _STATIC.get(path)) is not None:
        name, kind = static
        return Reply(200, {**_HEADERS, "content-type": kind, "cache-control": "no-cache"}, _file(name))
    if request.method in ("GET", "HEAD"):
        return _page(emulator, path, dict(parse_qsl(query)))
    step = _STEPS.get(path)
    if request.method != "POST" or step is None:
        return _refused(emulator, 405 if request.method != "POST" else 404, "There is nothing to do here.")
    if why := _refusal_of_origin(headers):
        return _refused(emulator, 403, why)
    if len(request.body or b"") > _MAX_FORM:
        return _refused(emulator, 413, "That form is too large.")
    form = {name: values[-1] for name, values in parse_qs((request.body or b"").decode("utf-8", "replace")).items()}
    back = form.get("back", "")
    if not _HERE.fullmatch(back):
        back = path if path in _PAGES_WITH_FORMS else "/_emulator/"
    try:
        said = step(emulator, form)
    except ConfigurationError as error:
        return _page(emulator, back, {}, status=400, said=str(error), bad=True)
    return Reply(303, {**_HEADERS, "location": f"{back}?{urlencode({'said': said})}"}, b"")


def _refusal_of_origin(headers: Mapping[str, str]) -> str | None:
    """Why this form is not taken, or None. A page elsewhere can send a form here, but cannot say that it came from here."""
    host = urlsplit("//" + headers.get("host", "")).hostname or ""
    if host != "localhost" and not host.endswith(".localhost"):
        try:  # a name could be another site's, made to point at this machine; a number cannot
            ipaddress.ip_address(host)
        except ValueError:
            return f"Forms are taken at localhost or at an address in numbers, not at {host!r}."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return "That form came from another web page."
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "That form came from another web page."
    if headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return "A form is sent as application/x-www-form-urlencoded."
    return None


def _page(
    emulator: Emulator, path: str, query: Mapping[str, str], *, status: int = 200, said: str = "", bad: bool = False
) -> Reply:
    name, _, argument = path.removeprefix("/_emulator").removeprefix("/console").strip("/").partition("/")
    view = _VIEWS.get(name)
    found = view(emulator, argument, query) if view is not None else None
    if found is None:
        return _refused(emulator, 404, "There is no such page, or what it showed is gone.")
    template, context = found
    context["here"] = path
    return _rendered(emulator, template, context, status=status, said=said or _SAID.get(query.get("said", ""), ""), bad=bad)


def _refused(emulator: Emulator, status: int, why: str) -> Reply:
    return _rendered(emulator, "refused.html", {"title": "Not here" if status == 404 else "Refused", "why": why}, status=status)


def _rendered(
    emulator: Emulator, template: str, context: Mapping[str, Any], *, status: int = 200, said: str = "", bad: bool = False
) -> Reply:
    now = emulator.clock.now()
    whole = {
        "section": "Accounts", "crumbs": [], "here": "/_emulator/", "said": said, "said_bad": bad,
        "clock": {"iso": now.isoformat(timespec="seconds"), "text": now.strftime("%a %d %b %Y, %H:%M:%S UTC"),
                  "frozen": emulator.clock.frozen},
        "api_version": emulator.api_version, "seed": emulator.seed,
        "data": "state in memory" if emulator.world.store.path == ":memory:" else f"state in {emulator.world.store.path}",
        **context,
    }  # fmt: skip
    text = _templates().get_template(template).render(whole)
    return Reply(status, {**_HEADERS, "content-type": "text/html; charset=utf-8"}, text.encode())


def _overview(emulator: Emulator, _: str, query: Mapping[str, str]) -> View:
    store = emulator.world.store
    accounts, following = _some("ad_accounts", emulator, {}, query)
    left = MOST
    for account in accounts:
        account["promotions"] = number = store.count("promotions", ad_account_id=account["id"])
        account["total"] = None
        if number <= left:
            left -= number
            account["total"], days, _each = _earned(emulator, account, store.find("promotions", ad_account_id=account["id"]))
            account["days"] = [day["spend"] for day in days]
    return "overview.html", {
        "title": "Ad accounts", "accounts": accounts, "next": following, "recent": _calls(emulator, "", None, 8)[0],
        "base_url": emulator.base_url, "access_token": emulator.access_token, "seeded": emulator,
        "faults": [{"text": f"{fault.operation}: {_what(fault)}, {_often(fault)}"} for fault in emulator.faults],
        "limit_profile": emulator.limits.name,
    }  # fmt: skip


def _account(emulator: Emulator, argument: str, query: Mapping[str, str]) -> View | None:
    store = emulator.world.store
    account = _entity(emulator, "ad_accounts", argument)
    if account is None:
        return None
    number = store.count("promotions", ad_account_id=account["id"])
    total, days = _nothing(), _no_days(emulator)
    earned: dict[str, Any] = {}
    if number <= MOST:
        every = store.find("promotions", ad_account_id=account["id"])
        total, days, earned = _earned(emulator, account, every)
    campaigns, following = _some("campaigns", emulator, {"ad_account_id": account["id"]}, query)
    for campaign in campaigns:
        campaign["ad_groups"] = groups = store.find("ad_groups", campaign_id=campaign["id"])[:PAGE]
        for group in groups:
            group["count"] = store.count("promotions", ad_group_id=group["id"])
            few = store.page("promotions", where={"ad_group_id": group["id"]}, limit=10)
            if number <= MOST:
                members = few if group["count"] <= len(few) else store.find("promotions", ad_group_id=group["id"])
                group["total"] = _sum_of(earned.get(str(p["id"]), {}).get("total", _nothing()) for p in members)
                group["promotions"] = _rows(emulator, few, earned)
            else:
                group["promotions"] = []
    return "account.html", {
        "title": account["name"], "crumbs": [("Ad accounts", "/_emulator/"), (account["name"], "")], "account": account,
        "total": total, "days": days, "campaigns": campaigns, "next": following, "too_many": number > MOST,
        "count_of_promotions": number, "most": MOST,
    }  # fmt: skip


def _ad_group(emulator: Emulator, argument: str, query: Mapping[str, str]) -> View | None:
    group = _entity(emulator, "ad_groups", argument)
    if group is None:
        return None
    account = emulator.world.store.get("ad_accounts", group["ad_account_id"]) or {}
    group["count"] = emulator.world.store.count("promotions", ad_group_id=group["id"])
    promotions, following = _some("promotions", emulator, {"ad_group_id": group["id"]}, query)
    total, days, earned = _earned(emulator, account, promotions)
    return "ad_group.html", {
        "title": group["name"], "crumbs": [*_above(account), (group["name"], "")], "group": group,
        "rows": _rows(emulator, promotions, earned), "total": total, "days": days, "next": following,
        "currency": account.get("currency", "USD"),
    }  # fmt: skip


def _promotion(emulator: Emulator, argument: str, _: Mapping[str, str]) -> View | None:
    promotion = _entity(emulator, "promotions", argument)
    if promotion is None:
        return None
    store = emulator.world.store
    account = store.get("ad_accounts", promotion["ad_account_id"]) or {}
    group = store.get("ad_groups", promotion["ad_group_id"]) or {}
    total, days, earned = _earned(emulator, account, [promotion])
    row = _rows(emulator, [promotion], earned)[0]
    known = store.history.statuses("promotions", [promotion["id"]]).get(promotion["id"], [])
    above = [*_above(account), (group.get("name", "?"), f"/_emulator/console/ad_groups/{promotion['ad_group_id']}")]
    return "promotion.html", {
        "title": row["name"], "crumbs": [*above, (row["name"], "")], "promotion": row, "total": total, "days": days,
        "currency": account.get("currency", "USD"),
        "facts": [(name, value if isinstance(value, str | int) else _json(value)) for name, value in promotion.items()],
        "history": [(_time(since), status) for since, status in reversed(known)],
    }  # fmt: skip


def _journal(emulator: Emulator, argument: str, query: Mapping[str, str]) -> View | None:
    if argument:
        entry = next((call for call in emulator.calls if str(call.number) == argument), None)
        if entry is None:
            return None
        call: dict[str, Any] = {**_call(entry), "body": _pretty(entry.body), "response": _pretty(entry.response)}
        call["query"] = parse_qsl(entry.target.partition("?")[2], keep_blank_values=True)
        crumbs = [("Journal", "/_emulator/console/calls"), (f"Call {entry.number}", "")]
        return "call.html", {"title": f"Call {entry.number}", "section": "Journal", "crumbs": crumbs, "call": call}
    operation, before = query.get("operation", ""), query.get("before", "")
    rows, following = _calls(emulator, operation, int(before) if _is_number(before) else None, 50)
    return "calls.html", {
        "title": "Journal", "section": "Journal", "rows": rows, "next": following, "operation": operation,
        "operations": sorted({call.operation for call in emulator.calls if call.operation}),
    }  # fmt: skip


def _faults(emulator: Emulator, _: str, __: Mapping[str, str]) -> View:
    return "faults.html", {
        "title": "Faults", "section": "Faults", "operations": sorted(BY_ID),
        "faults": [
            {"id": fault.id, "operation": fault.operation, "what": _what(fault), "often": _often(fault)}
            for fault in emulator.faults
        ],
        "presets": [(key, text, more) for key, (text, more, _) in _PRESETS.items()],
    }  # fmt: skip


def _limits(emulator: Emulator, _: str, __: Mapping[str, str]) -> View:
    profile = emulator.limits.profile
    quotas = [
        {"category": category, "who": who, "spent": spent, "quota": quota,
         "window": "day" if seconds == 86_400 else "minute" if seconds == 60 else f"{seconds} s"}
        for category, who, spent, quota, seconds in emulator.limits.spent(emulator.clock.seconds())
    ]  # fmt: skip
    return "limits.html", {
        "title": "Rate limits", "section": "Limits", "profiles": [*PROFILES], "limit_profile": emulator.limits.name,
        "variants": list(_VARIANTS.items()), "variant": profile.headers if profile else "envoy", "quotas": quotas,
    }  # fmt: skip


def _rules(emulator: Emulator, _: str, __: Mapping[str, str]) -> View:
    now = emulator.rules.as_dict()
    described = [{**rule, "value": now[rule["name"]]} for rule in rules.describe()]
    for rule in described:
        # Choices stand as their texts; of a rule without choices only the type is known.
        rule["choices"] = ["True", "False"] if isinstance(rule["default"], bool) else [
            str(choice) for choice in rule["choices"] if choice not in ("str", "int")
        ]  # fmt: skip
    return "rules.html", {"title": "Rules", "section": "Rules", "rules": described}


def _state(emulator: Emulator, _: str, __: Mapping[str, str]) -> View:
    kinds = ("ad_accounts", "campaigns", "ad_groups", "promotions", "catalogs", "feeds", "items", "product_groups")
    return "state.html", {
        "title": "State", "section": "State", "snapshots": emulator.snapshots,
        "counts": [(kind.replace("_", " ").capitalize(), emulator.world.store.count(kind)) for kind in kinds],
    }  # fmt: skip


_VIEWS: dict[str, Callable[[Emulator, str, Mapping[str, str]], View | None]] = {
    "": _overview, "ad_accounts": _account, "ad_groups": _ad_group, "promotions": _promotion, "calls": _journal,
    "faults": _faults, "limits": _limits, "rules": _rules, "state": _state,
}  # fmt: skip


def _move_clock(emulator: Emulator, form: Form) -> str:
    clock, do = emulator.clock, form.get("do")
    if do in _STEPS_OF_TIME:
        clock.advance(**_STEPS_OF_TIME[do])
    elif do == "freeze":
        clock.freeze()
    elif do == "run":
        clock.run()
    elif do == "set":
        clock.set(form.get("to", ""))
    else:
        raise ConfigurationError(f"clock: got {do!r}, allowed: {', '.join(_STEPS_OF_TIME)}, freeze, run, set")
    return "clock"


_STEPS_OF_TIME: dict[str, dict[str, float]] = {"hour": {"hours": 1}, "day": {"days": 1}, "month": {"days": 30}}

_CREATE = "product_group_promotions/create"

#: One-click faults: key -> (what it does, more words, the fault).
_PRESETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create_500": ("Fail the next create", "500, code 12, nothing is stored", {"operation": _CREATE, "status": 500}),
    "create_lost": (
        "Lose the next create's answer", "the promotions are stored, then the connection drops",
        {"operation": _CREATE, "after_commit": True, "drop": True},
    ),
    "create_item": (
        "Refuse the second item of the next create", "the others are created: a partial failure",
        {"operation": _CREATE, "items": [1], "code": 1, "message": "This item was refused on request."},
    ),
    "analytics_slow": (
        "Answer the next analytics late", "after 20 seconds", {"operation": PROMOTIONS_ANALYTICS.id, "latency_seconds": 20.0},
    ),
    "next_429": (
        "429 for the next call", "whatever it is, with Retry-After: 2",
        {"status": 429, "code": 8, "message": "This request exceeded a rate limit.", "headers": {"retry-after": "2"}},
    ),
    "next_500": ("500 for the next call", "code 12: something went wrong on our end", {"status": 500}),
    "next_html": (
        "A web page for the next call", "502 from a proxy on the way",
        {"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>", "headers": {"content-type": "text/html"}},
    ),
    "next_cut": ("Cut the next answer short", "20 bytes, then the connection closes", {"truncate": 20}),
    "flaky": ("One call in ten fails", "503, until it is removed", {"status": 503, "probability": 0.1}),
}  # fmt: skip


def _change_faults(emulator: Emulator, form: Form) -> str:
    if remove := form.get("remove"):
        if remove == "all":
            emulator.stop_failing()
        elif not _is_number(remove) or not emulator.remove_fault(int(remove)):
            raise ConfigurationError("That fault is not in force any more.")
        return "removed"
    if preset := form.get("preset"):
        if preset not in _PRESETS:
            raise ConfigurationError(f"fault: got {preset!r}, allowed: {', '.join(_PRESETS)}")
        emulator.fail(**_PRESETS[preset][2])
        return "fault"
    what, amount = form.get("what", "status"), _number(form, "amount", 0)
    fault: dict[str, Any] = {
        "operation": form.get("operation", "*"),
        "times": _number(form, "times", 1) if form.get("times") else None,
        "after_commit": form.get("after_commit") == "yes",
    }
    if what in ("status", "item"):
        fault |= {"code": _number(form, "code", 12), "message": form.get("message", "")}
    if what == "status":
        fault["status"] = _number(form, "status", 500)
    elif what == "item":
        fault["items"] = [_number(form, "item", 0)]
    elif what == "latency":
        fault["latency_seconds"] = float(amount)
    elif what == "truncate":
        fault["truncate"] = amount
    elif what in ("drop", "hang"):
        fault[what] = True
    else:
        raise ConfigurationError(f"fault: got {what!r}, allowed: status, item, latency, truncate, drop, hang")
    emulator.fail(**fault)
    return "fault"


_VARIANTS = {
    "envoy": "all headers", "none": "nothing but 429", "retry_after": "only Retry-After", "text": "400 with a text",
}  # fmt: skip


def _change_limits(emulator: Emulator, form: Form) -> str:
    variant: Any = form.get("headers", "envoy")
    if variant not in _VARIANTS:
        raise ConfigurationError(f"headers: got {variant!r}, allowed: {', '.join(_VARIANTS)}")
    emulator.limits.use(form.get("profile", ""), headers=variant)
    return "limits"


def _change_rule(emulator: Emulator, form: Form) -> str:
    emulator.rules.set(form.get("name", ""), form.get("value", ""))
    return "rule"


def _change_state(emulator: Emulator, form: Form) -> str:
    do, name = form.get("do", ""), form.get("name", "")
    if do == "reset":
        emulator.reset()
    elif do == "restore":
        emulator.restore(name)
    elif do == "snapshot":
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"name: got {name!r}, allowed: letters, digits, spaces, dots, dashes; up to 60")
        emulator.snapshot(name)
    else:
        raise ConfigurationError(f"state: got {do!r}, allowed: snapshot, restore, reset")
    return do


_STEPS: dict[str, Callable[[Emulator, Form], str]] = {
    "/_emulator/console/clock": _move_clock,
    "/_emulator/console/faults": _change_faults,
    "/_emulator/console/limits": _change_limits,
    "/_emulator/console/rules": _change_rule,
    "/_emulator/console/state": _change_state,
}

_PAGES_WITH_FORMS = set(_STEPS) - {"/_emulator/console/clock"}


def _some(
    kind: Any, emulator: Emulator, where: Mapping[str, int | None], query: Mapping[str, str]
) -> tuple[list[Entity], int | None]:
    """One page of entities, and the id after which the next page begins."""
    after = query.get("after", "")
    found = emulator.world.store.page(kind, where=where, after=int(after) if _is_number(after) else None, limit=PAGE + 1)
    return found[:PAGE], found[PAGE - 1]["id"] if len(found) > PAGE else None


def _entity(emulator: Emulator, kind: str, argument: str) -> Entity | None:
    return emulator.world.store.get(kind, int(argument)) if _is_number(argument) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _number(form: Form, name: str, default: int) -> int:
    text = form.get(name, str(default))
    if not _is_number(text):
        raise ConfigurationError(f"{name}: got {text!r}, allowed: a whole number")
    return int(text)


def _above(account: Entity) -> list[tuple[str, str]]:
    return [("Ad accounts", "/_emulator/"), (account.get("name", "?"), f"/_emulator/console/ad_accounts/{account.get('id')}")]


_METRICS = {
    "spend": "SPEND_IN_MICRO_DOLLAR", "impressions": "IMPRESSION_1", "clicks": "CLICKTHROUGH_1",
    "checkouts": "TOTAL_CHECKOUT", "value": "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
}  # fmt: skip

Sums = dict[str, Any]


def _nothing() -> Sums:
    return dict.fromkeys(_METRICS, 0)


def _sum_of(parts: Any) -> Sums:
    total = _nothing()
    for part in parts:
        for name in _METRICS:
            total[name] += part[name]
    return total


def _dates(emulator: Emulator) -> list[datetime.date]:
    today = emulator.clock.now().date()
    return [today - datetime.timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _no_days(emulator: Emulator) -> list[Sums]:
    return [{"date": date.isoformat(), **_nothing()} for date in _dates(emulator)]


def _earned(emulator: Emulator, account: Entity, promotions: Sequence[Entity]) -> tuple[Sums, list[Sums], dict[str, Any]]:
    """What these promotions earned in the last days: in all, by day, and each. The same numbers as the API's analytics."""
    dates = _dates(emulator)
    query = {param.name: param.default for param in PROMOTIONS_ANALYTICS.query} | {"granularity": "DAY"}
    rows = emulator.world.earnings.rows(
        account, promotions, list(_METRICS.values()), dates[0], dates[-1], query,
        emulator.world.now(),
    )  # fmt: skip
    days = {day["date"]: day for day in _no_days(emulator)}
    each: dict[str, Any] = {str(p["id"]): {"total": _nothing(), "days": dict.fromkeys(days, 0)} for p in promotions}
    for row in msgspec.to_builtins(rows):
        own, day = each[row["PRODUCT_GROUP_ID"]], days[row["DATE"]]
        for name, column in _METRICS.items():
            amount = row.get(column, 0)
            own["total"][name] += amount
            day[name] += amount
        own["days"][row["DATE"]] += row.get("SPEND_IN_MICRO_DOLLAR", 0)
    return _sum_of(days.values()), list(days.values()), each


def _rows(emulator: Emulator, promotions: Sequence[Entity], earned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Promotions as tables show them."""
    groups = emulator.world.store.get_many("product_groups", sorted({p["catalog_product_group_id"] for p in promotions}))
    rows = []
    for promotion in promotions:
        group = groups.get(promotion["catalog_product_group_id"])
        own = earned.get(str(promotion["id"])) or {"total": _nothing(), "days": {}}
        name = group["name"] if group else f"Product group {promotion['catalog_product_group_id']}"
        rows.append({"id": promotion["id"], "name": name, "status": promotion["status"], "total": own["total"],
                     "days": list(own["days"].values())})  # fmt: skip
    return rows


def _calls(emulator: Emulator, operation: str, before: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """The newest calls, and the number before which the next page begins."""
    found: list[dict[str, Any]] = []
    for entry in reversed(list(emulator.calls)):
        if (before is not None and entry.number >= before) or operation not in ("", entry.operation):
            continue
        if len(found) == limit:
            return found, found[-1]["number"]
        found.append(_call(entry))
    return found, None


def _call(entry: JournalEntry) -> dict[str, Any]:
    return {
        "number": entry.number, "method": entry.method, "path": entry.target.partition("?")[0], "status": entry.status,
        "operation": entry.operation, "at": _time(entry.when),
    }  # fmt: skip


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _pretty(body: bytes) -> str:
    try:
        return msgspec.json.format(body, indent=2).decode() if body else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace")
        return text + (f"\n… (cut after {Journal.CUT:,} bytes)" if len(body) >= Journal.CUT else "")


def _what(fault: Fault) -> str:
    """A fault in words."""
    words = []
    if fault.latency_seconds:
        words.append(f"answers {fault.latency_seconds:g} s late")
    if fault.items:
        words.append(f"item {', '.join(map(str, fault.items))} fails with code {fault.code}")
    if fault.drop:
        words.append("drops the connection")
    elif fault.hang:
        words.append("never answers")
    elif fault.status is not None or fault.body is not None:
        words.append(
            f"answers {fault.status or 200}{', code ' + str(fault.code) if fault.body is None else ' with its own body'}"
        )
    if fault.truncate is not None:
        words.append(f"cuts the answer after {fault.truncate} bytes")
    if fault.replaces_answer:
        words.append("after the write was done" if fault.after_commit else "before anything is done")
    return ", ".join(words)


def _often(fault: Fault) -> str:
    if fault.times is None:
        often = "always"
    else:
        often = "the next call" if fault.times == 1 else f"the next {fault.times} calls"
    return often if fault.probability is None else f"{often}, with probability {fault.probability:g}"


@cache
def _templates() -> jinja2.Environment:
    jinja2 = required("jinja2", "emulator", "the console")
    environment: Any = jinja2.Environment(
        loader=jinja2.PackageLoader("pinshop.emulator.control", "pages"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(count=charts.count, money=charts.money, ratio=charts.ratio)
    environment.globals.update(chart=charts.chart, sparkline=charts.sparkline)
    return environment  # type: ignore[no-any-return]


@cache
def _file(name: str) -> bytes:
    return resources.files("pinshop.emulator.control").joinpath("pages", name).read_bytes()


_STATIC = {
    "/_emulator/console/style.css": ("style.css", "text/css; charset=utf-8"),
    "/_emulator/console/live.js": ("live.js", "text/javascript; charset=utf-8"),
}
