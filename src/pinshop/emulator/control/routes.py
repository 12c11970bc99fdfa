"""The control routes under ``/_emulator/``: the same powers as the Python object, as JSON over HTTP.

They take no token: the emulator is on loopback, and holds nothing that is secret. `TABLE` lists them.
A step and its body stand together, a few lines for each route, and the table that names them all below.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pinshop.api.checks import is_digits
from pinshop.api.models.decoding import decoder_of
from pinshop.emulator import access
from pinshop.emulator import rules as known_rules
from pinshop.emulator.control.bodies import MAX_BODY, Unreadable, origin_of, read_whole
from pinshop.emulator.facts import facts
from pinshop.emulator.limits import PROFILES, Headers, Profile
from pinshop.emulator.storage import states
from pinshop.emulator.storage.data_file import DataFileFailed
from pinshop.emulator.storage.seeding import ALL_SCOPES
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError


class Asked(Struct):
    """One request to a control route."""

    world: World
    body: Any
    #: What the path names: a snapshot, a fault, a fork, a feed.
    name: str
    query: dict[str, str]
    #: Where this world is reached, without ``/v5``.
    origin: str


class Given(Struct, forbid_unknown_fields=True):
    """A body without fields; those of the other routes follow."""


class Row(Struct, frozen=True):
    """One control route."""

    method: str
    path: str
    step: Callable[[Asked], Any]
    #: The type of its JSON body, or ``bytes`` for a file.
    body: type = Given
    status: int = 200


class Failed(Exception):
    """Why a route cannot do what was asked, with the status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


# ------------------------------------------------------------------------------------------------ reading and moving


def _state(asked: Asked) -> Any:
    return facts(asked.world, f"{asked.origin}/v5")


def _clock(asked: Asked) -> Any:
    clock = asked.world.clock
    return {"now": clock.now().isoformat(), "frozen": clock.frozen}


class Advance(Struct, forbid_unknown_fields=True):
    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0


Instant = str | int | float


class ClockBody(Struct, forbid_unknown_fields=True):
    """Those given, in this order."""

    freeze: bool | Instant = False
    set: Instant | None = None
    advance: Advance | None = None
    run: bool = False


def _set_clock(asked: Asked) -> Any:
    body: ClockBody = asked.body
    if body == ClockBody():
        raise ConfigurationError("clock: nothing was given, allowed: freeze, set, advance, run")
    clock, world = asked.world.clock, asked.world
    with world.lock, clock.all_or_nothing():
        if body.freeze is not False:
            clock.freeze(None if body.freeze is True else body.freeze)
        if body.set is not None:
            clock.set(body.set)
        if body.advance is not None:
            clock.advance(**msgspec.structs.asdict(body.advance))
        if body.run:
            clock.run()
    return _clock(asked)


def _reset(asked: Asked) -> Any:
    asked.world.reset()
    return _state(asked)


def _snapshots(asked: Asked) -> Any:
    return {"snapshots": list(asked.world.snapshots)}


def _snapshot(asked: Asked) -> Any:
    asked.world.snapshot(asked.name or "default")
    return _snapshots(asked)


def _drop_snapshot(asked: Asked) -> Any:
    if not asked.world.drop_snapshot(asked.name):
        raise Failed(404, f"no snapshot {asked.name!r}; there are: {', '.join(asked.world.snapshots) or 'none'}")
    return _snapshots(asked)


def _restore(asked: Asked) -> Any:
    asked.world.restore(asked.name or "default")
    return _state(asked)


def _forks(asked: Asked) -> Any:
    return {
        "forks": [
            {"name": name, **facts(world, f"{asked.origin}/forks/{name}/v5")} for name, world in asked.world.forks.items()
        ]
    }


def _fork(asked: Asked) -> Any:
    fork = asked.world.fork_as(asked.name)
    return {"name": asked.name, **facts(fork, f"{asked.origin}/forks/{asked.name}/v5")}


def _drop_fork(asked: Asked) -> Any:
    if not asked.world.drop_fork(asked.name):
        raise Failed(404, f"no fork {asked.name!r}; there are: {', '.join(asked.world.forks) or 'none'}")
    return _forks(asked)


# -------------------------------------------------------------------------------------- faults, limits, rules, journal


def _faults(asked: Asked) -> Any:
    return {"faults": asked.world.faults.list()}


def _add_fault(asked: Asked) -> Any:
    return asked.world.faults.add(**_named(asked.body))


def _add_stub(asked: Asked) -> Any:
    return asked.world.faults.add(**{"times": None, "status": 200, **_named(asked.body), "stub": True})


def _named(body: dict[str, Any]) -> dict[str, Any]:
    if "stub" in body or "id" in body:
        raise ConfigurationError("fault: no field stub, id")
    return body


def _stubs(asked: Asked) -> Any:
    return {"stubs": asked.world.faults.list(stubs=True)}


def _drop_stubs(asked: Asked) -> Any:
    for stub in asked.world.faults.list(stubs=True):
        if asked.name in ("", str(stub.id)):
            asked.world.faults.remove(stub.id)
    return _stubs(asked)


def _drop_faults(asked: Asked) -> Any:
    if not asked.name:
        asked.world.faults.clear()
    elif not is_digits(asked.name, 18) or not asked.world.faults.remove(int(asked.name)):
        raise Failed(404, f"no fault {asked.name!r} is active")
    return _faults(asked)


def _limits(asked: Asked) -> Any:
    limits = asked.world.limits
    spent = limits.spent(asked.world.clock.seconds())
    return {
        "profile": limits.name,
        "settings": limits.profile,
        "profiles": [*PROFILES, "custom"],
        "spent": [dict(zip(("category", "who", "calls", "quota", "seconds"), row, strict=True)) for row in spent],
    }


def _clear_limits(asked: Asked) -> Any:
    with asked.world.lock:
        asked.world.limits.clear()
    return _limits(asked)


class LimitsBody(Struct, forbid_unknown_fields=True):
    """A named profile, with a variant of headers if wished, or one of your own."""

    profile: str | None = None
    headers: Headers | None = None
    custom: Profile | None = None


def _set_limits(asked: Asked) -> Any:
    body: LimitsBody = asked.body
    limits = asked.world.limits
    with asked.world.lock:
        limits.use(body.custom if body.custom is not None else body.profile or limits.name, headers=body.headers)
    return _limits(asked)


def _rules(asked: Asked) -> Any:
    now = asked.world.rules.as_dict()
    return {"rules": [{**rule, "value": now[rule["name"]]} for rule in known_rules.describe()]}


def _set_rules(asked: Asked) -> Any:
    with asked.world.lock:
        asked.world.rules.update(asked.body)
    return _rules(asked)


def _journal(asked: Asked) -> Any:
    """The calls; ``?operation=``, ``status=``, ``ad_account_id=`` choose, ``?last=20`` takes the newest."""
    journal, query = asked.world.journal, asked.query
    if unknown := sorted(set(query) - {"operation", "status", "ad_account_id", "last"}):
        raise ConfigurationError(f"journal: got {', '.join(unknown)}, allowed: operation, status, ad_account_id, last")
    status, last = (_number(query, name) for name in ("status", "last"))
    operation, account = query.get("operation"), query.get("ad_account_id")
    calls = journal.of(operation, status=status, ad_account_id=account)
    shown = calls[-last:] if last else calls
    count = journal.count(operation, status) if account is None else len(calls)
    return {"count": count, "calls": [call.as_dict() for call in shown]}


def _number(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not is_digits(text, 9):
        raise ConfigurationError(f"{name}: got {text!r}, allowed: a whole number")
    return int(text)


def _clear_journal(asked: Asked) -> Any:
    asked.world.journal.clear()
    return {"count": 0, "calls": []}


# --------------------------------------------------------------------------------------- who may do what; whole states


class TokenBody(Struct, forbid_unknown_fields=True):
    """All optional."""

    scopes: list[str] | None = None
    user_id: str | int | None = None
    expires_in: int | None = None
    client_credentials: bool = False


def _add_token(asked: Asked) -> Any:
    body: TokenBody = asked.body
    made = access.token(
        asked.world,
        ALL_SCOPES if body.scopes is None else body.scopes,
        user_id=body.user_id,
        expires_in=body.expires_in,
        client_credentials=body.client_credentials,
    )
    return {"access_token": made}


class RevokeBody(Struct, forbid_unknown_fields=True):
    token: str


def _revoke(asked: Asked) -> Any:
    return {"revoked": access.revoke(asked.world, asked.body.token)}


class AuthorizeBody(Struct, forbid_unknown_fields=True):
    redirect_uri: str
    scopes: list[str] | None = None


def _authorize(asked: Asked) -> Any:
    body: AuthorizeBody = asked.body
    return {"code": access.authorize(asked.world, body.redirect_uri, ALL_SCOPES if body.scopes is None else body.scopes)}


class UserBody(Struct, forbid_unknown_fields=True):
    username: str
    role: str | None = None
    ad_account_id: str | int | None = None


def _add_user(asked: Asked) -> Any:
    body: UserBody = asked.body
    return {"user_id": access.add_user(asked.world, body.username, body.role, body.ad_account_id)}


def _export(asked: Asked) -> Any:
    return Response(states.export(asked.world), media_type="application/yaml; charset=utf-8")


class ImportBody(Struct, forbid_unknown_fields=True):
    """``yaml`` replaces the state; ``answers`` are added to it."""

    yaml: str | UnsetType = UNSET
    answers: list[tuple[str, dict[str, Any]]] = []


def _import(asked: Asked) -> Any:
    body: ImportBody = asked.body
    if body == ImportBody():
        raise ConfigurationError("import: nothing was given, allowed: yaml, answers")
    with asked.world.lock:
        if body.yaml is not UNSET:
            states.load(asked.world, body.yaml)
        if body.answers:
            states.import_answers(asked.world, body.answers)
    return _state(asked)


def _load_feed(asked: Asked) -> Any:
    """The file itself is the body; ``?format=csv``, ``tsv`` or ``xml``."""
    return {"items": states.load_feed(asked.world, asked.body, asked.query.get("format", ""), asked.name or None)}


class EarnBody(Struct, forbid_unknown_fields=True):
    """See `Emulator.earn`."""

    promotion_id: str | int
    day: str
    spend: float | None = None
    checkout_value: float | None = None
    clicks: int | None = None
    impressions: int | None = None
    checkouts: int | None = None


def _earn(asked: Asked) -> Any:
    numbers = msgspec.structs.asdict(asked.body)
    promotion_id, day = numbers.pop("promotion_id"), numbers.pop("day")
    with asked.world.change():
        asked.world.earnings.state(promotion_id, day, asked.world.now(), numbers)
    return {}


class ScaleBody(Struct, forbid_unknown_fields=True):
    ad_accounts: int = 5_000
    promotions_each: int = 200


def _scale(asked: Asked) -> Any:
    body: ScaleBody = asked.body
    return {"ad_account_ids": states.scale(asked.world, body.ad_accounts, body.promotions_each)}


TABLE: tuple[Row, ...] = (
    Row("GET", "state", _state),
    Row("GET", "clock", _clock),
    Row("POST", "clock", _set_clock, ClockBody),
    Row("POST", "reset", _reset),
    Row("GET", "snapshots", _snapshots),
    Row("POST", "snapshots", _snapshot),
    Row("POST", "snapshots/{name}", _snapshot),
    Row("DELETE", "snapshots/{name}", _drop_snapshot),
    Row("POST", "restore", _restore),
    Row("POST", "restore/{name}", _restore),
    Row("GET", "forks", _forks),
    Row("POST", "forks/{name}", _fork, status=201),
    Row("DELETE", "forks/{name}", _drop_fork),
    Row("GET", "faults", _faults),
    Row("POST", "faults", _add_fault, dict, 201),
    Row("DELETE", "faults", _drop_faults),
    Row("DELETE", "faults/{name}", _drop_faults),
    Row("GET", "stubs", _stubs),
    Row("POST", "stubs", _add_stub, dict, 201),
    Row("DELETE", "stubs", _drop_stubs),
    Row("DELETE", "stubs/{name}", _drop_stubs),
    Row("GET", "rate-limits", _limits),
    Row("POST", "rate-limits", _set_limits, LimitsBody),
    Row("DELETE", "rate-limits", _clear_limits),
    Row("GET", "rules", _rules),
    Row("PATCH", "rules", _set_rules, dict),
    Row("GET", "journal", _journal),
    Row("DELETE", "journal", _clear_journal),
    Row("POST", "tokens", _add_token, TokenBody, 201),
    Row("POST", "revoke", _revoke, RevokeBody),
    Row("POST", "authorize", _authorize, AuthorizeBody, 201),
    Row("POST", "users", _add_user, UserBody, 201),
    Row("GET", "export", _export),
    Row("POST", "import", _import, ImportBody),
    Row("PUT", "feeds", _load_feed, bytes),
    Row("PUT", "feeds/{name}", _load_feed, bytes),
    Row("POST", "earn", _earn, EarnBody),
    Row("POST", "scale", _scale, ScaleBody, 201),
)


# ------------------------------------------------------------------------------------------------------- over HTTP

Bind = Callable[[Callable[[World, Request], Awaitable[Response]]], Callable[[Request], Awaitable[Response]]]


def routes(bound: Bind) -> list[Route]:
    """`TABLE` as Starlette's routes; ``bound`` gives an endpoint its world."""
    return [Route(f"/_emulator/{row.path}", bound(_endpoint(row)), methods=[row.method]) for row in TABLE]


def _endpoint(row: Row) -> Callable[[World, Request], Awaitable[Response]]:
    decode: Callable[[bytes], Any] = bytes if row.body is bytes else decoder_of(row.body).decode

    async def endpoint(world: World, request: Request) -> Response:
        try:
            content = await read_whole(request, MAX_BODY)
            given: Any = b"" if row.body is bytes else b"{}"
            asked = Asked(
                world,
                decode(content or given),
                request.path_params.get("name", ""),
                dict(request.query_params),
                origin_of(request),
            )
            done = row.step(asked)
        except (Failed, Unreadable) as error:
            return json_response({"error": str(error)}, error.status)
        except DataFileFailed:
            raise
        except ConfigurationError as error:
            return json_response({"error": str(error)}, 400)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return json_response({"error": f"the body is not understood: {error}"}, 400)
        return done if isinstance(done, Response) else json_response(done, row.status)

    return endpoint


def json_response(value: Any, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def refused(request: Request, status: int) -> Response:
    """What is said of a path or method that is none."""
    known: Sequence[str] = [f"{row.method} /_emulator/{row.path}" for row in TABLE]
    words = f"no control route {request.method} {request.url.path}"
    return json_response({"error": words, "routes": ", ".join(known)}, 404 if status == 405 else status)
