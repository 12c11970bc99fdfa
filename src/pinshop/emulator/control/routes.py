"""The control routes under ``/_emulator/``: the same powers as the Python object, as JSON over HTTP.

They take no token: the emulator is on loopback, and holds nothing that is secret.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from pinshop.api.http import Reply, Request
from pinshop.emulator import rules as known_rules
from pinshop.emulator.limits import PROFILES, Profile
from pinshop.errors import ConfigurationError

if TYPE_CHECKING:
    from pinshop.emulator.emulator import Emulator


def handle(emulator: Emulator, request: Request) -> Reply:
    """Answer one control request."""
    path, _, query = request.target.partition("?")
    name, _, argument = path.removeprefix("/_emulator").strip("/").partition("/")
    if name in ("", "console"):
        from pinshop.emulator.control import console

        return console.answer(emulator, request)
    headers = {key.lower(): value for key, value in request.headers.items()}
    origin = headers.get("origin")
    if request.method != "GET" and origin is not None and urlsplit(origin).netloc != headers.get("host"):
        # Browsers name the page a request comes from: some page on the web shall not move a developer's clock.
        return _json(403, {"error": f"control routes take nothing from other web pages ({origin})"})
    step = _STEPS.get((request.method, name))
    if step is None:
        known = ", ".join(f"{method} /_emulator/{step}" for method, step in _STEPS)
        return _json(404, {"error": f"no control route {request.method} {path}", "routes": known})
    try:
        body = msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
        return step(emulator, argument, body, parse_qs(query))
    except ConfigurationError as error:
        return _json(400, {"error": str(error)})
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        return _json(400, {"error": f"the body is not understood: {error}"})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, {"content-type": "application/json", "x-emulated": "true"}, msgspec.json.encode(value))


def _state(emulator: Emulator, *_: Any) -> Reply:
    return _json(200, emulator.facts())


def _clock(emulator: Emulator, *_: Any) -> Reply:
    return _json(200, {"now": emulator.clock.now().isoformat(), "frozen": emulator.clock.frozen})


def _set_clock(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"freeze": true | instant, "set": instant, "advance": {"days": 1, …}, "run": true}``: those given, in this order."""
    unknown = set(body) - {"freeze", "set", "advance", "run"}
    if unknown or not body:
        raise ConfigurationError(f"clock: got {sorted(unknown)}, allowed: freeze, set, advance, run")
    if freeze := body.get("freeze"):
        emulator.clock.freeze(None if freeze is True else freeze)
    if "set" in body:
        emulator.clock.set(body["set"])
    if advance := body.get("advance"):
        emulator.clock.advance(**advance)
    if body.get("run"):
        emulator.clock.run()
    return _clock(emulator)


def _reset(emulator: Emulator, *_: Any) -> Reply:
    emulator.reset()
    return _state(emulator)


def _snapshots(emulator: Emulator, *_: Any) -> Reply:
    return _json(200, {"snapshots": emulator.snapshots})


def _snapshot(emulator: Emulator, name: str, *_: Any) -> Reply:
    emulator.snapshot(name or "default")
    return _snapshots(emulator)


def _restore(emulator: Emulator, name: str, *_: Any) -> Reply:
    emulator.restore(name or "default")
    return _state(emulator)


def _faults(emulator: Emulator, *_: Any) -> Reply:
    return _json(200, {"faults": emulator.faults})


def _add_fault(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    return _json(201, emulator.fail(**body))


def _drop_faults(emulator: Emulator, fault_id: str, *_: Any) -> Reply:
    if not fault_id:
        emulator.stop_failing()
    elif not fault_id.isdigit() or not emulator.remove_fault(int(fault_id)):
        return _json(404, {"error": f"no fault {fault_id!r} is in force"})
    return _faults(emulator)


def _limits(emulator: Emulator, *_: Any) -> Reply:
    limits = emulator.limits
    return _json(200, {"profile": limits.name, "settings": limits.profile, "profiles": [*PROFILES, "custom"]})


def _set_limits(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"profile": "trial" | "standard" | "none", "headers": …}``, or ``{"custom": {universal, categories, …}}``."""
    if "custom" in body:
        emulator.limits.use(msgspec.convert(body["custom"], Profile))
    else:
        emulator.limits.use(body.get("profile", emulator.limits.name), headers=body.get("headers"))
    return _limits(emulator)


def _rules(emulator: Emulator, *_: Any) -> Reply:
    now = emulator.rules.as_dict()
    return _json(200, {"rules": [{**rule, "value": now[rule["name"]]} for rule in known_rules.describe()]})


def _set_rules(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    emulator.rules.update(body)
    return _rules(emulator)


def _journal(emulator: Emulator, _: str, __: Any, query: dict[str, list[str]]) -> Reply:
    """The calls; ``?operation=…`` picks one operation, ``?last=20`` the newest."""
    wanted = query.get("operation", [None])[0]
    calls = [
        {
            "number": call.number,
            "operation": call.operation,
            "method": call.method,
            "target": call.target,
            "status": call.status,
            "when": call.when,
            "request": call.body.decode("utf-8", "replace"),
            "response": call.response.decode("utf-8", "replace"),
        }
        for call in emulator.calls
        if wanted in (None, call.operation)
    ]
    last = query.get("last", ["0"])[0]
    if last.isdigit() and int(last):
        calls = calls[-int(last) :]
    return _json(200, {"count": emulator.calls.count(wanted), "calls": calls})


def _clear_journal(emulator: Emulator, *_: Any) -> Reply:
    emulator.calls.clear()
    return _journal(emulator, "", {}, {})


def _add_token(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"scopes": […], "user_id": …, "expires_in": seconds, "client_credentials": false}``, all optional."""
    return _json(201, {"access_token": emulator.token(**body)})


def _revoke(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    return _json(200, {"revoked": emulator.revoke(str(body.get("token", "")))})


def _add_user(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"username": …, "role": "ANALYST", "ad_account_id": …}``; role and account are optional."""
    return _json(201, {"user_id": emulator.add_user(**body)})


def _export(emulator: Emulator, *_: Any) -> Reply:
    headers = {"content-type": "application/yaml; charset=utf-8", "x-emulated": "true"}
    return Reply(200, headers, emulator.export().encode())


def _import(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"yaml": "…"}`` replaces the state; ``{"answers": [["campaigns/list", {…}], …]}`` adds recorded ones."""
    if "yaml" in body:
        emulator.load(str(body["yaml"]))
    for operation, answer in body.get("answers", []):
        emulator.import_answers([(operation, answer)])
    return _state(emulator)


def _scale(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"ad_accounts": 5000, "promotions_each": 200}``, which are the defaults."""
    return _json(201, {"ad_account_ids": emulator.scale(**body)})


def _earn(emulator: Emulator, _: str, body: dict[str, Any], __: Any) -> Reply:
    """``{"promotion_id": …, "day": "2026-03-01", "spend": 60, "clicks": …, "checkout_value": 119}``; see `Emulator.earn`."""
    emulator.earn(body.pop("promotion_id", ""), body.pop("day", ""), **body)
    return _json(200, {})


_STEPS: dict[tuple[str, str], Callable[..., Reply]] = {
    ("GET", "state"): _state,
    ("GET", "clock"): _clock,
    ("POST", "earn"): _earn,
    ("POST", "clock"): _set_clock,
    ("POST", "reset"): _reset,
    ("GET", "snapshots"): _snapshots,
    ("POST", "snapshots"): _snapshot,
    ("POST", "restore"): _restore,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _drop_faults,
    ("GET", "rate-limits"): _limits,
    ("POST", "rate-limits"): _set_limits,
    ("GET", "rules"): _rules,
    ("PATCH", "rules"): _set_rules,
    ("GET", "journal"): _journal,
    ("DELETE", "journal"): _clear_journal,
    ("POST", "tokens"): _add_token,
    ("POST", "revoke"): _revoke,
    ("POST", "users"): _add_user,
    ("GET", "export"): _export,
    ("POST", "import"): _import,
    ("POST", "scale"): _scale,
}
