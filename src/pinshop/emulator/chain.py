"""The emulated Pinterest as one function: ``answer(world, request)``, without a socket.

The chain, top to bottom: journal, route, faults, authenticate, rate limit, check, handle, render. With the client it shares
the facts of `pinshop.api`, and no other code.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Struct

from pinshop.api.endpoints import OAUTH_TOKEN
from pinshop.api.http import Reply, Request
from pinshop.api.operations import Operation
from pinshop.emulator import access, oauth, shapes
from pinshop.emulator.faults import Fault, Target
from pinshop.emulator.handlers import HANDLERS, context
from pinshop.emulator.refusals import Refusal, error_body
from pinshop.emulator.requests import path_id, read_body, read_query, route
from pinshop.emulator.seeded_numbers import digest
from pinshop.emulator.storage.data_file import DataFileFailed
from pinshop.emulator.world import World

_LOG = logging.getLogger("pinshop.emulator")

_encode = msgspec.json.Encoder().encode


class Answer(Struct):
    """A reply, and what a fault does to it on its way."""

    reply: Reply
    operation: str = ""
    delay_seconds: float = 0.0
    #: "drop": close without an answer. "hang": never answer. "truncate": the body is cut short, then close.
    cut: Literal["", "drop", "hang", "truncate"] = ""


class Call(Struct):
    """One call on its way through the chain."""

    request: Request
    number: int
    #: The emulated time at which it came.
    seconds: float
    headers: Mapping[str, str]
    operation: Operation
    arguments: Mapping[str, str]
    fault: Fault | None = None
    #: Items of the batch that the fault makes fail: index -> (code, message).
    failing: Mapping[int, tuple[int, str]] = {}
    #: Headers of its answer beside those that every answer has.
    extra: dict[str, str] = {}

    @property
    def now(self) -> int:
        return int(self.seconds)


def answer(world: World, request: Request) -> Answer:
    """Serve one call: the reply, and what a fault does to it."""
    with world.lock:
        number, seconds = world.next_call(), world.clock.seconds()
        answered, account = _with_faults(world, request, number, seconds)
        status = 0 if answered.cut in ("drop", "hang") else answered.reply.status
        world.journal.add(request, number, seconds, answered.operation, status, answered.reply.body, account)
        return answered


def _with_faults(world: World, request: Request, number: int, seconds: float) -> tuple[Answer, str | None]:
    path = request.target.partition("?")[0]
    try:
        operation, arguments = route(world.api_version, request.method, path)
    except Refusal as refusal:
        return Answer(_refused(world, refusal, number)), None
    headers = {name.lower(): value for name, value in request.headers.items()}
    account = arguments.get("ad_account_id") or _account_in_query(request.target)
    call = Call(request, number, seconds, headers, operation, arguments)
    if world.faults:
        target = Target(headers.get("authorization", "").partition(" ")[2].strip(), account, request.body)
        call.fault = world.faults.take(operation.id, target)
        call.failing = call.fault.failing(target) if call.fault is not None else {}
    fault = call.fault
    if fault is not None and fault.replaces_answer and not fault.after_commit:
        return _broken(world, fault, operation, None, number), account
    try:
        status, value = _serve(world, call)
        reply = _reply(world, status, value, number, call.extra)
    except Refusal as refusal:
        reply = _refused(world, refusal, number, call.extra)
    except DataFileFailed as error:
        _LOG.error("%s", error)
        reply = _refused(world, Refusal(500, 12, f"This is the pinshop emulator: {error}"), number, call.extra)
    except Exception:  # noqa: BLE001
        # A defect of the emulator. It must not pass for a rule of Pinterest's, so it is loud in the log.
        _LOG.exception("the emulator failed on %s", operation.id)
        reply = _refused(world, Refusal(500, 12, "Something went wrong on our end. Sorry about that."), number, call.extra)
    if fault is not None:
        return _broken(world, fault, operation, reply, number), account
    return Answer(reply, operation.id), account


def _account_in_query(target: str) -> str | None:
    if "ad_account_id=" not in target:
        return None
    return next((value for name, value in parse_qsl(target.partition("?")[2])[:100] if name == "ad_account_id"), None)


def _serve(world: World, call: Call) -> tuple[int, Any]:
    operation, request, rules = call.operation, call.request, world.rules
    if operation is OAUTH_TOKEN:
        form = read_body(operation, request, rules.body_too_large_status)
        with world.change():
            answered = oauth.Endpoint(world, call.now).answer(form, call.headers)
        if isinstance(answered, Refusal):  # raised outside: what a misused code revoked stays revoked
            raise answered
        return 200, answered
    user_id, app = access.authenticate(world, operation, call.headers, call.now)
    world.limits.spend(operation.category, f"{app}/{user_id}", app, call.seconds, call.extra, frozen=world.clock.frozen)
    path: dict[str, Any] = {name: path_id(name, value) for name, value in call.arguments.items()}
    query = request.target.partition("?")[2]
    asked, given = read_query(operation, query, world.api_version, rules.unknown_query_parameters)
    account = access.ad_account(world, operation, path.get("ad_account_id", asked.get("ad_account_id")), user_id)
    ctx = context.Context(
        world=world,
        operation=operation,
        now=call.now,
        origin=request.origin,
        path=path,
        query=asked,
        given=given,
        body=read_body(operation, request, rules.body_too_large_status),
        user_id=user_id,
        account=account,
        owner_id=account["owner_id"] if account else user_id,
        failing=call.failing,
    )
    result = HANDLERS[operation.id](ctx)
    status = shapes.success(operation, world.api_version, rules.create_answers)
    if operation.success[0] == 204:
        return status, None
    return status, shapes.render(operation, world.api_version, result, rules.failed_item_data)


# --------------------------------------------------------------------------------------------- the replies


@lru_cache
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _reply(world: World, status: int, value: Any, number: int, extra: Mapping[str, str] | None = None) -> Reply:
    headers = {
        "content-type": "application/json",
        "x-pinterest-rid": str(digest(world.store.seed, "rid", number) % 10**16).zfill(16),
        "pinterest-version": world.api_version,
        "x-emulated": "true",
        "cache-control": "no-store",
        "date": _date(int(world.clock.seconds())),
        **(extra or {}),
    }
    if status == 204:
        del headers["content-type"]
        return Reply(status, headers, b"")
    return Reply(status, headers, _encode(value))


def _refused(world: World, refusal: Refusal, number: int, extra: Mapping[str, str] | None = None) -> Reply:
    return _reply(world, refusal.status, error_body(refusal), number, {**(extra or {}), **refusal.headers})


def _broken(world: World, fault: Fault, operation: Operation, real: Reply | None, number: int) -> Answer:
    """The answer as the fault leaves it. ``real`` is there if the call was executed."""
    reply = real
    if fault.body is not None:
        base = _reply(world, fault.status or 200, None, number)
        reply = Reply(base.status, {**base.headers, **fault.headers}, fault.body.encode())
    elif fault.json is not UNSET:
        base = _reply(world, fault.status or 200, fault.json, number)
        reply = Reply(base.status, {**base.headers, **fault.headers}, base.body)
    elif fault.status is not None:
        reply = _refused(world, Refusal(fault.status, fault.code, fault.message, fault.headers), number)
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
