"""The emulated Pinterest as one function: `App.answer(Request) -> Answer`, without a socket.

The chain, top to bottom, is `App.answer` and `App._serve`: journal, faults, route, authenticate, rate limit, check, handle,
render. It shares with the client only the ground floor (the Operation rows), and no code of the client.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from pinshop.api.endpoints import OAUTH_TOKEN
from pinshop.api.http import Reply, Request
from pinshop.api.operations import ApiVersion, Operation, version
from pinshop.emulator import shapes
from pinshop.emulator.clock import Clock
from pinshop.emulator.delivery.earnings import Earnings
from pinshop.emulator.faults import Fault, Faults
from pinshop.emulator.handlers import HANDLERS, context
from pinshop.emulator.journal import REAL_PREFIXES, Journal, JournalEntry, struck
from pinshop.emulator.limits import Limits
from pinshop.emulator.refusals import Refusal, error_body, shown
from pinshop.emulator.requests import ROUTES, path_id, read_body, read_query
from pinshop.emulator.rules import Rules
from pinshop.emulator.server import oauth
from pinshop.emulator.storage.seeding import digest
from pinshop.emulator.storage.store import Entity, Store

_LOG = logging.getLogger("pinshop.emulator")

_encode = msgspec.json.Encoder().encode


class Answer(Struct):
    """A reply, and what a fault does to it on its way."""

    reply: Reply
    operation: str = ""
    delay_seconds: float = 0.0
    #: "drop": close without an answer. "hang": never answer. "truncate": the body is cut short, then close.
    cut: Literal["", "drop", "hang", "truncate"] = ""


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

    def __init__(self, store: Store, clock: Clock, rules: Rules, api_version: ApiVersion, rate_limit: str = "none") -> None:
        self.store = store
        self.clock = clock
        self.rules = rules
        self.api_version: ApiVersion = api_version
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
            form = read_body(operation, request, self.rules.body_too_large_status)
            with self.store.transaction():
                answered = oauth.Endpoint(self.store, self.rules, self.api_version, now).answer(form, headers)
            if isinstance(answered, Refusal):  # raised outside: what a misused code revoked stays revoked
                raise answered
            return 200, answered
        user_id, app = self._authenticate(operation, headers, now)
        self.limits.spend(operation.category, f"{app}/{user_id}", app, exact_now, extra)
        path = {name: path_id(name, value) for name, value in arguments.items()}
        asked, given = read_query(operation, query, self.api_version, self.rules.unknown_query_parameters)
        account = self._account(operation, path.get("ad_account_id", asked.get("ad_account_id")), user_id)
        ctx = context.Context(
            operation=operation,
            api_version=self.api_version,
            store=self.store,
            rules=self.rules,
            now=now,
            origin=request.origin,
            path=path,
            query=asked,
            given=given,
            body=read_body(operation, request, self.rules.body_too_large_status),
            user_id=user_id,
            account=account,
            owner_id=account["owner_id"] if account else user_id,
            earnings=self.earnings,
            failing=dict.fromkeys(fault.items, (fault.code, fault.message)) if fault else {},
        )
        result = HANDLERS[operation.id](ctx)
        if result is None:
            return 204, None
        status = shapes.success(operation, self.api_version, self.rules.create_answers)
        return status, shapes.render(operation, self.api_version, result, self.rules.failed_item_data)

    # ---------------------------------------------------------------------------------------------- the steps

    def _route(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        if not path.startswith("/v5/"):
            raise Refusal(404, 404, f"{shown(path)} is not a path of this API; all begin with /v5/.")
        segments = path[4:].split("/")
        seen = False
        for route in ROUTES.get(len(segments), ()):
            if all(want is None or want == got for want, got in zip(route.segments, segments, strict=True)):
                if route.operation.verb == method and version(route.operation.since) <= version(self.api_version):
                    values = [unquote(got) for want, got in zip(route.segments, segments, strict=True) if want is None]
                    return route.operation, dict(zip(route.names, values, strict=True))
                seen = seen or version(route.operation.since) <= version(self.api_version)
        if seen:
            raise Refusal(405, 5, "Method not allowed")
        raise Refusal(404, 404, f"{shown(path)} is not part of the emulated slice of the API at {self.api_version}.")

    def _authenticate(self, operation: Operation, headers: Mapping[str, str], now: int) -> tuple[int, str]:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if token.startswith(REAL_PREFIXES):
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
        if known["kind"] == "client" and (client_since is None or version(self.api_version) < version(client_since)):
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
            "pinterest-version": self.api_version,
            "x-emulated": "true",
            "cache-control": "no-store",
            **(extra or {}),
        }
        if status == 204:
            del headers["content-type"]
            return Reply(status, headers, b"")
        return Reply(status, headers, _encode(value))

    def _refused(self, refusal: Refusal, number: int, extra: Mapping[str, str] | None = None) -> Reply:
        return self._reply(refusal.status, error_body(refusal), number, {**(extra or {}), **refusal.headers})

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
            struck(request.target),
            b"(struck out)" if secret else struck(body[: Journal.CUT].decode("utf-8", "replace")).encode(),
            0 if answer.cut in ("drop", "hang") else answer.reply.status,
            b"(struck out)" if secret else response[: Journal.CUT],
            now,
            account,
        )
