"""The levers: what each form of the console does. A form that cannot be done raises `ConfigurationError` in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import PROMOTIONS_ANALYTICS
from pinshop.api.http import Request
from pinshop.api.operations import at_least
from pinshop.emulator import access, chain
from pinshop.emulator.storage import states
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError

Form = Mapping[str, str]

_NAME = re.compile(r"[A-Za-z0-9._ -]{1,60}")


def _move_clock(world: World, form: Form) -> str:
    clock, do = world.clock, form.get("do")
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
PRESETS: dict[str, tuple[str, str, dict[str, Any]]] = {
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


def _change_faults(world: World, form: Form) -> str:
    if remove := form.get("remove"):
        if remove == "all":
            world.faults.clear(stubs=True)
        elif not is_digits(remove, 18) or not world.faults.remove(int(remove)):
            raise ConfigurationError("That fault is no longer active.")
        return "removed"
    if preset := form.get("preset"):
        if preset not in PRESETS:
            raise ConfigurationError(f"fault: got {preset!r}, allowed: {', '.join(PRESETS)}")
        world.faults.add(**PRESETS[preset][2])
        return "fault"
    what, amount = form.get("what", "status"), _number(form, "amount", 0)
    fault: dict[str, Any] = {
        "operation": form.get("operation", "*"),
        "times": _number(form, "times", 1) if form.get("times") else None,
        "after_commit": form.get("after_commit") == "yes",
        "probability": _amount(form, "probability"),
        "token": form.get("token") or None,
        "ad_account_id": form.get("ad_account_id") or None,
        **{name: _json(form, name) for name in ("body_like", "item_like") if form.get(name)},
    }
    if what in ("status", "item"):
        fault |= {"code": _number(form, "code", 12), "message": form.get("message", "")}
    if what == "status":
        fault["status"] = _number(form, "status", 500)
    elif what == "item":
        fault["items"] = [] if "item_like" in fault else [_number(form, "item", 0)]
    elif what == "stub":
        fault |= {"stub": True, "status": 200, "json": _json(form, "json")}
    elif what == "latency":
        fault["latency_seconds"] = float(amount)
    elif what == "truncate":
        fault["truncate"] = amount
    elif what in ("drop", "hang"):
        fault[what] = True
    else:
        raise ConfigurationError(f"fault: got {what!r}, allowed: status, item, latency, truncate, drop, hang, stub")
    world.faults.add(**fault)
    return "fault"


VARIANTS = {
    "envoy": "all headers",
    "none": "nothing but 429",
    "retry_after": "only Retry-After",
    "text": "400 with a text",
}


def _change_limits(world: World, form: Form) -> str:
    if form.get("do") == "clear":
        world.limits.clear()
        return "cleared"
    variant: Any = form.get("headers", "envoy")
    if variant not in VARIANTS:
        raise ConfigurationError(f"headers: got {variant!r}, allowed: {', '.join(VARIANTS)}")
    world.limits.use(form.get("profile", ""), headers=variant)
    return "limits"


def _change_rule(world: World, form: Form) -> str:
    world.rules.set(form.get("name", ""), form.get("value", ""))
    return "rule"


def _change_state(world: World, form: Form) -> str:
    do, name = form.get("do", ""), form.get("name", "")
    if do == "reset":
        world.reset()
    elif do == "restore":
        world.restore(name)
    elif do == "snapshot":
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"name: got {name!r}, allowed: letters, digits, spaces, dots, dashes; up to 60")
        world.snapshot(name)
    elif do == "forget":
        if not world.drop_snapshot(name):
            raise ConfigurationError(f"There is no snapshot {name!r} any more.")
    elif do == "fork":
        world.fork_as(name)
    elif do == "close":
        if not world.drop_fork(name):
            raise ConfigurationError(f"There is no fork {name!r} any more.")
    else:
        raise ConfigurationError(f"state: got {do!r}, allowed: snapshot, restore, forget, fork, close, reset")
    return do


def _change_promotions(world: World, form: Form) -> str:
    """Pause, activate, archive or promote, as a client would: by a call, which the journal shows."""
    do = form.get("do", "")
    if do == "promote":
        ad_group = world.store.get("ad_groups", _number(form, "ad_group_id", 0))
        item = {"catalog_product_group_id": form.get("catalog_product_group_id", ""), "status": "ACTIVE"}
        verb = "POST"
    elif do in ("ACTIVE", "PAUSED", "ARCHIVED"):
        promotion = world.store.get("promotions", _number(form, "id", 0))
        ad_group = world.store.get("ad_groups", promotion["ad_group_id"]) if promotion else None
        item, verb = {"id": form.get("id", ""), "status": do}, "PATCH"
    else:
        raise ConfigurationError(f"promotions: got {do!r}, allowed: promote, ACTIVE, PAUSED, ARCHIVED")
    if ad_group is None:
        raise ConfigurationError("There is no such ad group or promotion any more.")
    if not at_least(world.api_version, "5.8") and "catalog_product_group_id" in item:
        item["catalogs_product_group_id"] = item.pop("catalog_product_group_id")
    body = msgspec.json.encode({"ad_group_id": str(ad_group["id"]), "product_group_promotion": [item]})
    target = f"/v5/ad_accounts/{ad_group['ad_account_id']}/product_group_promotions"
    headers = {"authorization": f"Bearer {world.seeded.access_token}"}
    answer = chain.answer(world, Request(verb, "http://emulator.invalid", target, headers, body)).reply
    told = msgspec.json.decode(answer.body) if answer.body else None
    if answer.status >= 300:
        raise ConfigurationError(f"The API answers {answer.status}: {told['message'] if isinstance(told, dict) else told}")
    entries = told["items"] if isinstance(told, dict) else told or []
    for entry in entries:
        if problem := entry.get("exceptions"):
            raise ConfigurationError(f"Refused: {(problem[0] if isinstance(problem, list) else problem)['message']}")
    return "promote" if do == "promote" else "status"


def _say_earned(world: World, form: Form) -> str:
    numbers = {name: _number(form, name, 0) for name in ("clicks", "impressions", "checkouts") if form.get(name)}
    money = {name: _amount(form, name) for name in ("spend", "checkout_value") if form.get(name)}
    with world.change():
        world.earnings.state(form.get("id", ""), form.get("day", ""), world.now(), {**numbers, **money})
    return "earned"


def _change_calls(world: World, form: Form) -> str:
    if form.get("do") != "clear":
        raise ConfigurationError(f"calls: got {form.get('do')!r}, allowed: clear")
    world.journal.clear()
    return "cleared"


def _change_access(world: World, form: Form) -> str:
    do = form.get("do", "")
    if do == "token":
        expires = _number(form, "expires_in", 0) if form.get("expires_in") else None
        scopes = form.get("scopes", "").split()
        return f"=The new token: {access.token(world, scopes, user_id=form.get('user_id', ''), expires_in=expires)}"
    if do == "user":
        return f"=The new user: {access.add_user(world, form.get('username', ''), form.get('role') or None)}"
    if do == "authorize":
        return (
            f"=The authorization code: {access.authorize(world, form.get('redirect_uri', ''), form.get('scopes', '').split())}"
        )
    if do == "revoke":
        if not access.revoke(world, form.get("token", "")):
            raise ConfigurationError("There is no such token that works.")
        return "revoke"
    raise ConfigurationError(f"access: got {do!r}, allowed: token, user, authorize, revoke")


def _load_files(world: World, form: Form) -> str:
    do = form.get("do", "")
    if do == "yaml":
        states.load(world, form.get("yaml", ""))
    elif do == "feed":
        kind = form.get("feed name", "").rpartition(".")[2]
        states.load_feed(world, form.get("feed", "").encode(), kind, form.get("feed_id") or None)
    elif do == "scale":
        states.scale(world, _number(form, "ad_accounts", 100), _number(form, "promotions_each", 20))
    else:
        raise ConfigurationError(f"files: got {do!r}, allowed: yaml, feed, scale")
    return do


FORMS: dict[str, Callable[[World, Form], str]] = {
    "clock": _move_clock,
    "faults": _change_faults,
    "limits": _change_limits,
    "rules": _change_rule,
    "state": _change_state,
    "promotions": _change_promotions,
    "access": _change_access,
    "files": _load_files,
    "earn": _say_earned,
    "calls": _change_calls,
}


def _number(form: Form, name: str, default: int) -> int:
    text = form.get(name, str(default))
    if not is_digits(text, 18):
        raise ConfigurationError(f"{name}: got {text!r}, allowed: a whole number")
    return int(text)


def _amount(form: Form, name: str) -> float | None:
    text = form.get(name, "")
    try:
        return float(text) if text else None
    except ValueError:
        raise ConfigurationError(f"{name}: got {text!r}, allowed: a number") from None


def _json(form: Form, name: str) -> Any:
    try:
        return msgspec.json.decode(form.get(name, ""))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigurationError(f"{name}: {error}") from error
