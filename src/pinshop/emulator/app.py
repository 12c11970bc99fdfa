"""The emulated Pinterest as one function: `App.answer(Request) -> Answer`, without a socket.

The chain, top to bottom, is `App.answer` and `App._serve`: journal, faults, route, authenticate, rate limit, check, handle,
render. It shares with the client only the ground floor (the Operation rows), and no code of the client.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct

from pinshop.emulator import ads, contracts, handlers, oauth, reports, shop
from pinshop.emulator.clock import Clock
from pinshop.emulator.contracts import Refusal, bad, is_id, shown
from pinshop.emulator.earnings import Earnings
from pinshop.emulator.faults import Fault, Faults
from pinshop.emulator.limits import Limits
from pinshop.emulator.rules import Rules
from pinshop.emulator.seeding import digest
from pinshop.emulator.store import Entity, Store
from pinshop.operations import OAUTH_TOKEN, OPERATIONS, Contract, Operation, Param, Reply, Request, version

MAX_BODY = 5 * 1024 * 1024
_LOG = logging.getLogger("pinshop.emulator")
# What a real token, or one in a body or an address, looks like: never stored, shown or logged.
_REAL_TOKEN = re.compile(r"pin[a-z]_[\w.~+/=-]+|(?<=token=)[^&\s\"]+|(?<=code=)[^&\s\"]+")
_REAL_PREFIXES = ("pina_", "pinr_", "pinc_")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Answer(Struct):
    """A reply, and what a fault does to it on its way."""

    reply: Reply
    operation: str = ""
    delay_seconds: float = 0.0
    #: "drop": close without an answer. "hang": never answer. "truncate": the body is cut short, then close.
    cut: Literal["", "drop", "hang", "truncate"] = ""


class JournalEntry(Struct):
    """One call as the emulator saw it. Bodies are cut after 16 KiB; secrets are struck out."""

    number: int
    operation: str
    method: str
    target: str
    body: bytes
    status: int
    response: bytes
    when: float
    ad_account_id: str | None = None

    def json(self) -> Any:
        """The request body as a value; None if there was none or it is no JSON."""
        try:
            return _decode(self.body) if self.body else None
        except msgspec.DecodeError:
            return None


class Journal:
    """The last calls, in order, and counts of all calls since the last reset."""

    KEEP = 2000
    CUT = 16_384

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=self.KEEP)
        self._counts: Counter[tuple[str, int]] = Counter()

    def add(self, entry: JournalEntry) -> None:
        self._entries.append(entry)
        self._counts[entry.operation, entry.status] += 1

    def clear(self) -> None:
        self._entries.clear()
        self._counts.clear()

    def __iter__(self) -> Any:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> JournalEntry:
        return list(self._entries)[index]

    def count(self, operation: str | None = None, status: int | None = None) -> int:
        """How many calls there were, of one operation or with one status. Counts all, not only those still kept."""
        return sum(n for (o, s), n in self._counts.items() if operation in (None, o) and status in (None, s))

    def of(self, operation: str) -> list[JournalEntry]:
        """The kept calls of one operation."""
        return [entry for entry in self._entries if entry.operation == operation]


class _Route(Struct):
    operation: Operation
    segments: tuple[str | None, ...]
    names: tuple[str, ...]


def _routes() -> dict[int, list[_Route]]:
    """Routes by number of segments; static segments go before placeholders."""
    found: dict[int, list[_Route]] = {}
    for operation in OPERATIONS:
        parts = operation.path.strip("/").split("/")
        segments = tuple(None if part.startswith("{") else part for part in parts)
        found.setdefault(len(parts), []).append(_Route(operation, segments, operation.path_names))
    for routes in found.values():
        routes.sort(key=lambda route: sum(segment is None for segment in route.segments))
    return found


_ROUTES = _routes()
#: The rooms whose import fills `handlers.HANDLERS`.
HANDLER_ROOMS = (handlers, ads, shop, reports)

#: Roles that may use a category of operations on an ad account that is not their own. Source: Pinterest's help on
#: Business Access; OWNER and ADMIN may do everything.
_ROLES_FOR: dict[str, frozenset[str]] = {
    "ads_read": frozenset({"ANALYST", "CAMPAIGN_MANAGER", "AUDIENCE_MANAGER", "FINANCE_MANAGER", "CATALOGS_MANAGER"}),
    "ads_analytics": frozenset({"ANALYST", "CAMPAIGN_MANAGER"}),
    "ads_write": frozenset({"CAMPAIGN_MANAGER"}),
    "catalogs_read": frozenset({"CATALOGS_MANAGER"}),
    "catalogs_write": frozenset({"CATALOGS_MANAGER"}),
    "org_read": frozenset({"ANALYST", "CAMPAIGN_MANAGER", "CATALOGS_MANAGER", "AUDIENCE_MANAGER", "FINANCE_MANAGER"}),
    "org_write": frozenset(),
}
ROLES: tuple[str, ...] = ("OWNER", "ADMIN", *sorted(frozenset().union(*_ROLES_FOR.values())))


class App:
    """One emulated Pinterest: its state, and the chain that every call runs through."""

    def __init__(self, store: Store, clock: Clock, rules: Rules, contract: Contract, rate_limit: str = "none") -> None:
        self.store = store
        self.clock = clock
        self.rules = rules
        self.contract: Contract = contract
        self.faults = Faults(store.seed)
        self.limits = Limits(rate_limit)
        self.journal = Journal()
        self.lock = threading.RLock()
        self.earnings = Earnings(store)
        self._number = 0

    def forget(self) -> None:
        """Start over with journal, faults, limits and request ids (the state is the store's matter)."""
        with self.lock:
            self.journal.clear()
            self.faults.clear()
            self.limits.clear()
            self._number = 0

    # -------------------------------------------------------------------------------------------- the chain

    def answer(self, request: Request) -> Answer:
        """Serve one call: the reply, and what a fault does to it."""
        # One call at a time: the order of calls is the order of ids, request ids and the journal, so a run repeats.
        with self.lock:
            self._number += 1
            number, now = self._number, self.clock.seconds()
            answer, account = self._with_faults(request, number, now)
            self.journal.add(self._entry(request, answer, number, now, account))
            return answer

    def _with_faults(self, request: Request, number: int, now: float) -> tuple[Answer, str | None]:
        path, _, query = request.target.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            operation, arguments = self._route(request.method, path)
        except Refusal as refusal:
            return Answer(self._refused(refusal, number)), None
        account = arguments.get("ad_account_id")
        fault = self.faults.take(operation.id)
        if fault is not None and fault.replaces_answer and not fault.after_commit:
            return self._broken(fault, operation, None, number), account
        extra: dict[str, str] = {}
        try:
            status, value = self._serve(operation, arguments, query, headers, request, fault, extra, int(now), now)
            reply = self._reply(status, value, number, extra)
        except Refusal as refusal:
            reply = self._refused(refusal, number, extra)
        except Exception:  # noqa: BLE001
            # A defect of the emulator. It must not pass for a rule of Pinterest's, so it is loud in the log.
            _LOG.exception("the emulator failed on %s", operation.id)
            reply = self._refused(Refusal(500, 12, "Something went wrong on our end. Sorry about that."), number, extra)
        if fault is not None:
            return self._broken(fault, operation, reply, number), account
        return Answer(reply, operation.id), account

    def _serve(
        self,
        operation: Operation,
        arguments: dict[str, str],
        query: str,
        headers: Mapping[str, str],
        request: Request,
        fault: Fault | None,
        extra: dict[str, str],
        now: int,
        exact_now: float,
    ) -> tuple[int, Any]:
        if operation is OAUTH_TOKEN:
            form = _body(operation, request, self.rules.body_too_large_status)
            with self.store.transaction():
                answered = oauth.Endpoint(self.store, self.rules, self.contract, now).answer(form, headers)
            if isinstance(answered, Refusal):  # raised outside: what a misused code revoked stays revoked
                raise answered
            return 200, answered
        user_id, app = self._authenticate(operation, headers, now)
        self.limits.spend(operation.category, f"{app}/{user_id}", app, exact_now, extra)
        path = {name: _path_id(name, value) for name, value in arguments.items()}
        asked, given = _query(operation, query, self.contract, self.rules.unknown_query_parameters)
        account = self._account(operation, path.get("ad_account_id", asked.get("ad_account_id")), user_id)
        ctx = handlers.Context(
            operation=operation,
            contract=self.contract,
            store=self.store,
            rules=self.rules,
            now=now,
            origin=request.origin,
            path=path,
            query=asked,
            given=given,
            body=_body(operation, request, self.rules.body_too_large_status),
            user_id=user_id,
            account=account,
            owner_id=account["owner_id"] if account else user_id,
            earnings=self.earnings,
            failing=dict.fromkeys(fault.items, (fault.code, fault.message)) if fault else {},
        )
        result = handlers.HANDLERS[operation.id](ctx)
        if result is None:
            return 204, None
        status = contracts.success(operation, self.contract, self.rules.create_answers)
        return status, contracts.render(operation, self.contract, result, self.rules.failed_item_data)

    # ---------------------------------------------------------------------------------------------- the steps

    def _route(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        if not path.startswith("/v5/"):
            raise Refusal(404, 404, f"{shown(path)} is not a path of this API; all begin with /v5/.")
        segments = path[4:].split("/")
        seen = False
        for route in _ROUTES.get(len(segments), ()):
            if all(want is None or want == got for want, got in zip(route.segments, segments, strict=True)):
                if route.operation.verb == method and version(route.operation.since) <= version(self.contract):
                    values = [unquote(got) for want, got in zip(route.segments, segments, strict=True) if want is None]
                    return route.operation, dict(zip(route.names, values, strict=True))
                seen = seen or version(route.operation.since) <= version(self.contract)
        if seen:
            raise Refusal(405, 5, "Method not allowed")
        raise Refusal(404, 404, f"{shown(path)} is not part of the emulated slice of the API at {self.contract}.")

    def _authenticate(self, operation: Operation, headers: Mapping[str, str], now: int) -> tuple[int, str]:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if token.startswith(_REAL_PREFIXES):
            raise Refusal(
                401, 2, "Authentication failed. This is the pinshop emulator, not Pinterest, and that looks like a real "
                "token: never send one here. Use the access_token the emulator printed.",
            )  # fmt: skip
        known = self.store.token(token) if scheme.lower() == "bearer" and token else None
        if known is None or known["kind"] not in ("access", "client") or known["revoked"] is not None:
            raise Refusal(401, 2, "Authentication failed.")
        if known["expires"] is not None and now >= known["expires"]:
            raise Refusal(401, 2, "Authentication failed.")
        scopes = known["scopes"].split()
        client_since = operation.client_credentials_since
        if known["kind"] == "client" and (client_since is None or version(self.contract) < version(client_since)):
            raise Refusal(401, 3, "This operation does not take a client_credentials token.")
        if not all(scope in scopes for scope in operation.scopes):
            raise Refusal(
                401, 3, "Your token does not have sufficient permissions to perform this operation. "
                "Please ensure your token is authorized with the correct set of scopes.",
            )  # fmt: skip
        return known["user_id"], known["app"]

    def _account(self, operation: Operation, ad_account_id: int | None, user_id: int) -> Entity | None:
        """The ad account that is meant, if the user may use it."""
        if ad_account_id is None:
            return None
        account = self.store.get("ad_accounts", ad_account_id)
        if account is None and self.rules.unknown_ad_account == "not_found":
            raise Refusal(404, self.rules.code_not_found, "AdAccount not found.")
        if account is not None and account["owner_id"] == user_id:
            return account
        roles = set(self.store.roles(user_id, ad_account_id)) if account else set()
        if not roles & (_ROLES_FOR[operation.category] | {"OWNER", "ADMIN"}):
            raise Refusal(self.rules.forbidden_status, 29, "You are not permitted to access that resource.")
        return account

    # --------------------------------------------------------------------------------------------- the replies

    def _reply(self, status: int, value: Any, number: int, extra: Mapping[str, str] | None = None) -> Reply:
        headers = {
            "content-type": "application/json",
            "x-pinterest-rid": str(digest(self.store.seed, "rid", number) % 10**16).zfill(16),
            "pinterest-version": self.contract,
            "x-emulated": "true",
            "cache-control": "no-store",
            **(extra or {}),
        }
        if status == 204:
            del headers["content-type"]
            return Reply(status, headers, b"")
        return Reply(status, headers, _encode(value))

    def _refused(self, refusal: Refusal, number: int, extra: Mapping[str, str] | None = None) -> Reply:
        return self._reply(refusal.status, contracts.error_body(refusal), number, {**(extra or {}), **refusal.headers})

    def _broken(self, fault: Fault, operation: Operation, real: Reply | None, number: int) -> Answer:
        """The answer as the fault leaves it. ``real`` is there if the call was executed."""
        reply = real
        if fault.body is not None:
            base = self._reply(fault.status or 200, None, number)
            reply = Reply(base.status, {**base.headers, **fault.headers}, fault.body.encode())
        elif fault.status is not None:
            reply = self._refused(Refusal(fault.status, fault.code, fault.message, fault.headers), number)
        elif reply is None:  # dropped or hanging before anything was done
            reply = Reply(0, {}, b"")
        answer = Answer(reply, operation.id, fault.latency_seconds)
        if fault.hang:
            answer.cut = "hang"
        elif fault.drop:
            answer.cut = "drop"
        elif fault.truncate is not None:
            answer.cut, answer.reply = "truncate", Reply(reply.status, reply.headers, reply.body[: fault.truncate])
        return answer

    def _entry(self, request: Request, answer: Answer, number: int, now: float, account: str | None) -> JournalEntry:
        secret = answer.operation == "oauth/token"
        body, response = request.body or b"", answer.reply.body
        return JournalEntry(
            number,
            answer.operation,
            request.method,
            _struck(request.target),
            b"(struck out)" if secret else _struck(body[: Journal.CUT].decode("utf-8", "replace")).encode(),
            0 if answer.cut in ("drop", "hang") else answer.reply.status,
            b"(struck out)" if secret else response[: Journal.CUT],
            now,
            account,
        )


def _struck(text: str) -> str:
    return _REAL_TOKEN.sub("(struck out)", text) if "pin" in text or "token=" in text or "code=" in text else text


# ---------------------------------------------------------------------------------------------- reading requests


def _path_id(name: str, value: str) -> int:
    if not is_id(value):
        raise bad(f"'{name}' value {shown(value)} must match the pattern: ^\\d+$")
    return int(value)


def _query(operation: Operation, query: str, contract: str, unknown: str) -> tuple[dict[str, Any], frozenset[str]]:
    """The query parameters by name, checked by the row's limits at the contract, defaults filled in; and which were given."""
    given: dict[str, list[str]] = {}
    try:
        for name, text in parse_qsl(query, keep_blank_values=True, max_num_fields=5000) if query else ():
            given.setdefault(name, []).append(text)
    except ValueError as error:
        raise bad("Invalid request: the query has too many parameters.") from error
    if unknown == "refuse" and (strange := [name for name in given if name not in operation.params]):
        raise bad(f"Parameter '{strange[0]}' is not a parameter of this endpoint.")
    checked: dict[str, Any] = {}
    for row in operation.query:
        param = row.at(contract)
        if param is None:
            continue
        values = given.get(param.name)
        if values is None:
            if param.required:
                raise bad(f"Parameter '{param.name}' is required.")
            checked[param.name] = param.default
        elif param.kind in ("ids", "enums", "integers"):  # ids=1&ids=2 and ids=1,2: the real server takes both
            items = [part.strip() for value in values for part in value.split(",") if part.strip()]
            low, high = param.minimum or 1, param.maximum
            if len(items) < low or (high is not None and len(items) > high):
                words = f"{len(items)} items, the size limit is [{low}, {high or 'none'}]"
                raise bad(f"Invalid request: '{param.name}' has {words}")
            checked[param.name] = [_one(param, param.kind[:-1], item) for item in items]
        else:
            checked[param.name] = _one(param, param.kind, values[-1])
    return checked, frozenset(given)


def _one(param: Param, kind: str, text: str) -> Any:
    name = param.name
    if kind == "id":
        if not is_id(text):
            raise bad(f"'{name}' value {shown(text)} must match the pattern: ^\\d+$")
        return int(text)
    if kind == "integer":
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise bad(f"Parameter '{name}' was not numeric (was {shown(text)})")
        number = int(text)
        if param.choices and number not in param.choices:
            raise bad(f"Invalid request: '{name}' ({number} is not one of {', '.join(map(str, param.choices))})")
        low, high = param.minimum, param.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise bad(f"Invalid request: '{name}' ({number} is not in the range {low} to {high})")
        return number
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise bad(f"Invalid request: '{name}' ({shown(text)} is not of type boolean)")
        return text.lower() == "true"
    if kind == "date":
        return contracts.checked_date(name, text)
    if param.choices and text not in param.choices:
        raise bad(f"Invalid request: '{name}' ({shown(text)} is not one of {', '.join(map(str, param.choices))})")
    return text


def _body(operation: Operation, request: Request, too_large_status: int) -> Any:
    if operation.body is None:
        return None
    body = request.body or b""
    if len(body) > MAX_BODY:
        raise Refusal(too_large_status, 1, f"Invalid request: the body has more than {MAX_BODY} bytes.")
    if operation.body == "form":
        try:
            return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50))
        except ValueError as error:
            raise bad("Invalid request: the body is not a form.") from error
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad(f"Invalid request: the body is not JSON ({error})") from error
