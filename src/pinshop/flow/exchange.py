"""One exchange with Pinterest, as a generator: sign, pace, send, retry, decode, explain.

A flow yields what it wants (`Request`, `Pause` or `Together`) and is sent what came of it; a `TransportError` is thrown in.
No clock, no socket, no sleep: the doors (`client`, `aio`) obey, in about 40 lines each; tests use ``next()`` and ``send()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pinshop.api.http import Pause, Reply, Request
from pinshop.api.operations import Call, Operation
from pinshop.errors import (
    APIError,
    BadReply,
    PinshopError,
    RateLimited,
    TransportError,
    Unauthorized,
)
from pinshop.flow import events, pacing
from pinshop.flow.refusals import explain, is_json, is_repeatable, may_have_been_executed, retry_after, utc_text, words_of
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Flow, T

_FIRST_BACKOFF_SECONDS = 0.5

_LONGEST_BACKOFF_SECONDS = 20.0


def exchange(session: Session, call: Call, decode: Callable[[bytes], T]) -> Flow[Response[T]]:
    """Send one call until it is answered or not worth another attempt."""
    operation = call.operation
    options = session.options
    attempts = 0
    waited = 0.0
    refreshed = False
    maybe_executed = False
    may_send_again = options.retry or is_repeatable
    while True:
        try:
            signature = yield from _signature(session)
            waited += yield from _slot(session, operation, attempts)
        except PinshopError as error:
            error.maybe_executed = maybe_executed  # by an attempt before this one
            raise
        headers = {**session.headers, **options.headers}
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        if signature is not None:
            headers["Authorization"] = signature
        attempts += 1
        failure: APIError | BadReply | TransportError
        try:
            reply = yield from _attempt(session, call, headers, attempts, attempts - 1 + refreshed)
        except (TransportError, BadReply) as error:
            failure = error
            again = may_send_again(operation, failure)
        else:
            session.server.learn(reply.headers.get("date"), session.clock())
            if session.pacer is not None:
                limit = pacing.read_headers(reply.headers)
                session.pacer.learn(operation.category, limit, session.monotonic(), refused=reply.status == 429)
            if 200 <= reply.status < 300:
                try:
                    return Response(decode(reply.body), reply.status, reply.headers, attempts, waited)
                except BadReply as error:
                    failure = error
                    failure.status, failure.headers = reply.status, reply.headers
                    failure.request_id = reply.headers.get("x-pinterest-rid")
                # A cut answer may be whole the next time; one of another shape will not.
                again = operation.idempotent and not is_json(reply.body)
            else:
                failure = explain(operation, reply, session.clock())
                again = may_send_again(operation, failure)
                if isinstance(failure, Unauthorized) and failure.code == 2 and session.token.can_refresh and not refreshed:
                    refreshed = True
                    try:
                        yield from _refresh(session, "Pinterest refused it", signature)
                    except PinshopError as error:
                        error.maybe_executed = maybe_executed
                        raise
                    attempts -= 1  # the refusal was about the token, not about this call
                    continue
        maybe_executed = maybe_executed or may_have_been_executed(failure)
        failure.maybe_executed = maybe_executed
        if not again or attempts >= options.max_attempts:
            raise _give_up(session, operation, failure, attempts)
        seconds = session.random() * min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** (attempts - 1))
        ordered = failure.retry_after_seconds if isinstance(failure, RateLimited) else retry_after(failure, session.clock())
        if ordered is not None:
            # A little after the second that was named, and not all waiting clients at once.
            seconds = ordered + min(1.0, seconds)
            if ordered > options.max_wait_seconds:
                raise _give_up(session, operation, failure, attempts)
        why = f"retrying because {words_of(failure)}"
        session.emit(events.Paused(operation.id, seconds, why))
        yield Pause(seconds, why)
        waited += seconds


def _signature(session: Session) -> Flow[str | None]:
    """What signs the request; a token that is about to end is replaced first."""
    signature = session.token.header(session.clock())
    if signature is None and session.token.can_refresh:
        yield from _refresh(session, "it was about to expire")
        signature = session.token.header(session.clock())
    return signature


def _slot(session: Session, operation: Operation, attempts: int) -> Flow[float]:
    """Wait for the quota; returns for how long."""
    if session.pacer is None:
        return 0.0
    seconds = session.pacer.reserve(operation.category, session.monotonic())
    if seconds > pacing.LONGEST_WAIT_SECONDS:
        raise _give_up(session, operation, _quota_spent(session, operation, seconds), attempts)
    if seconds > 0:
        why = f"the quota of {operation.category}"
        session.emit(events.Paused(operation.id, seconds, why))
        yield Pause(seconds, why)
    return seconds


def _refresh(session: Session, why: str, rejected: str | None = None) -> Flow[None]:
    if (yield from session.token.refresh(rejected)):
        session.emit(events.Refreshed(why))


def _attempt(session: Session, call: Call, headers: dict[str, str], attempt: int, resends: int) -> Flow[Reply]:
    """Send once. Every `Sent` is followed by `Replied` or by `Failed`."""
    operation, options = call.operation, session.options
    target = session.prefix + call.target
    session.emit(events.Sent(operation.id, operation.verb, target, attempt, session.origin, resends))
    try:
        reply: Reply = yield Request(
            operation.verb, session.origin, target, headers, call.body, options.connect_seconds, options.read_seconds
        )
    except (TransportError, BadReply) as error:
        session.emit(events.Failed(operation.id, type(error).__name__, error.message, attempt, error.sent))
        raise
    except BaseException as error:  # Ctrl-C, a cancelled task, a flow that is dropped
        session.emit(events.Failed(operation.id, type(error).__name__, "interrupted", attempt, sent=True))
        raise
    session.emit(events.Replied(operation.id, reply.status, attempt, reply.headers.get("x-pinterest-rid")))
    return reply


def _give_up(session: Session, operation: Operation, failure: Any, attempts: int) -> Any:
    failure.operation = operation.id
    failure.attempts = attempts
    session.emit(events.GaveUp(operation.id, words_of(failure), attempts, failure.sent))
    return failure


def _quota_spent(session: Session, operation: Operation, seconds: float) -> RateLimited:
    error = RateLimited(
        f"the quota of {operation.category} is spent for now; nothing was sent",
        status=429,
        sent=False,
        advice=f"works again in {seconds:.0f} s, at {utc_text(session.clock() + seconds)}",
    )
    error.retry_after_seconds = seconds
    return error
