"""One exchange with Pinterest, as a generator: sign, pace, send, retry, decode, explain.

A flow yields what it wants (`Request`, `Pause`, `Together` or `Blocking`) and is sent what came of it; a `TransportError` is
thrown in. The two clients run it; tests use ``next()`` and ``send()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from pinshop.api.http import Pause, Reply, Request
from pinshop.api.operations import Call, Operation
from pinshop.errors import (
    APIError,
    BadReply,
    ConfigurationError,
    PinshopError,
    RateLimited,
    TimedOut,
    TransportError,
    Unauthorized,
)
from pinshop.flow import events, pacing
from pinshop.flow.refusals import backoff, explain, is_json, is_repeatable, may_have_been_executed, ordered_wait, utc_text
from pinshop.flow.secrets import Secret, SecretText, SignedHeaders, conceal, conceal_bytes
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Blocking, Flow, Stopped, T
from pinshop.flow.tokens import as_signature, check_signature


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
        plain = {**session.headers, **options.headers}
        if call.body is not None:
            plain["Content-Type"] = call.content_type
        headers = plain if signature is None else SignedHeaders(plain, signature)
        attempts += 1
        failure: APIError | BadReply | TransportError
        try:
            reply = yield from _attempt(session, call, headers, signature, attempts, attempts - 1 + refreshed)
        except (TransportError, BadReply) as error:
            failure = error
            again = may_send_again(operation, failure)
        else:
            session.server.learn(reply.headers.get("date"), session.clock())
            yield from _learn(session, operation, reply)
            if 200 <= reply.status < 300:
                try:
                    return _told(session, Response(decode(reply.body), reply.status, reply.headers, attempts, waited))
                except BadReply as error:
                    failure = error
                    failure.status, failure.headers = reply.status, _struck_headers(reply, signature)
                    failure.request_id = reply.headers.get("x-pinterest-rid")
                # A cut answer may be whole the next time; one of another shape will not.
                again = operation.idempotent and not is_json(reply.body)
            else:
                failure = explain(operation, reply, session.clock())
                again = may_send_again(operation, failure)
                if isinstance(failure, Unauthorized) and failure.code == 2 and session.token.can_refresh and not refreshed:
                    refreshed = True
                    try:
                        yield from _refresh(session, "Pinterest refused the one before", signature)
                    except PinshopError as error:
                        error.maybe_executed = maybe_executed
                        raise
                    attempts -= 1  # the refusal was about the token, not about this call
                    continue
        maybe_executed = maybe_executed or may_have_been_executed(failure)
        failure.maybe_executed = maybe_executed
        if not again or attempts >= options.max_attempts:
            raise _give_up(session, operation, failure, attempts)
        ordered = ordered_wait(failure, session.clock())
        seconds = backoff(attempts, session.random())
        if ordered is not None:
            # A little after the second that was named, and not all waiting clients at once.
            seconds = ordered + min(1.0, seconds)
            if ordered > options.max_wait_seconds:
                raise _give_up(session, operation, failure, attempts)
        why = f"retrying because {failure.message}"
        session.emit(events.Paused(operation.id, seconds, why))
        yield Pause(seconds, why)
        waited += seconds


def _told(session: Session, response: Response[T]) -> Response[T]:
    if session.answered is not None:
        session.answered(response)
    return response


def _signature(session: Session) -> Flow[SecretText | None]:
    """What signs the request; a token that is about to expire is replaced first."""
    signature = as_signature(session.token.header(session.clock()))
    if signature is None and session.token.can_refresh:
        yield from _refresh(session, "the one before was about to expire")
        signature = as_signature(session.token.header(session.clock()))
        if signature is None:  # without one Pinterest would only say that there is none
            raise ConfigurationError(
                "no token to sign with: the one that the refresh brought has expired already",
                advice="check the clock of this machine",
            )
    if signature is not None and session.origin.startswith("http:"):
        check_signature(session.origin, signature)  # every time: a refresh may have brought a real token
    return signature


def _slot(session: Session, operation: Operation, attempts: int) -> Flow[float]:
    """Wait for the quota; returns for how long."""
    pacer = session.pacer
    if pacer is None:
        return 0.0
    longest = session.options.max_wait_seconds
    reserve = partial(pacer.reserve, operation.category, session.monotonic(), longest)
    seconds: float = (yield Blocking(reserve)) if pacer.blocking else reserve()
    _tell_trouble(session, operation, pacer)
    if seconds > longest:
        raise _give_up(session, operation, _quota_spent(session, operation, seconds), attempts)
    if seconds > 0:
        why = f"the quota of {operation.category}"
        session.emit(events.Paused(operation.id, seconds, why))
        yield Pause(seconds, why)
    return seconds


def _learn(session: Session, operation: Operation, reply: Reply) -> Flow[None]:
    """Take over what a reply says about quotas. Whatever goes wrong here, the reply has come and counts."""
    pacer = session.pacer
    if pacer is None:
        return
    limit = pacing.read_headers(reply.headers)
    if limit.ignored is not None:
        session.emit(events.Noticed(operation.id, f"x-ratelimit-reset: {conceal(limit.ignored)!r} is no wait; ignored"))
    learn = partial(pacer.learn, operation.category, limit, session.monotonic(), refused=reply.status == 429)
    if pacer.blocking:
        yield Blocking(learn)
    else:
        learn()
    _tell_trouble(session, operation, pacer)


def _tell_trouble(session: Session, operation: Operation, pacer: pacing.Pacer) -> None:
    if pacer.trouble is not None:
        session.emit(events.Noticed(operation.id, f"pacing: {pacer.trouble}"))
        pacer.trouble = None


def _refresh(session: Session, why: str, rejected: SecretText | None = None) -> Flow[None]:
    """Get a new token, within the longest wait of the options: the pauses of a refresh count like all others."""
    flow = _delegate(session.token.refresh(rejected))
    given: Any = None
    error: BaseException | None = None
    left = session.options.max_wait_seconds
    while True:
        try:
            step = flow.send(given) if error is None else flow.throw(error)
        except StopIteration as end:
            if end.value:
                session.emit(events.Refreshed(why))
            return
        given = error = None
        if isinstance(step, Pause):
            left -= step.seconds
            if left < 0:
                error = TimedOut("the token could not be refreshed within max_wait_seconds", operation="oauth/token")
                continue
        try:
            given = yield step
        except GeneratorExit:
            flow.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 -- it is the refresh that has to know
            error = thrown


def _delegate(flow: Any) -> Flow[Any]:
    return (yield from flow)


def _attempt(
    session: Session, call: Call, headers: Any, signature: SecretText | None, attempt: int, resends: int
) -> Flow[Reply]:
    """Send once. Every `Sent` is followed by `Replied` or by `Failed`."""
    operation, options = call.operation, session.options
    target = session.prefix + call.target
    session.emit(events.Sent(operation.id, operation.verb, target, attempt, session.origin, resends))
    try:
        reply: Reply = yield Request(
            operation.verb, session.origin, target, headers, call.body, options.connect_seconds, options.read_seconds
        )
    except (TransportError, BadReply) as error:
        error.message = conceal(error.message)
        session.emit(events.Failed(operation.id, type(error).__name__, error.message, attempt, error.sent))
        raise
    except BaseException as error:  # Ctrl-C, a cancelled task, a flow that is dropped
        sent = not isinstance(error, Stopped)
        session.emit(events.Failed(operation.id, type(error).__name__, "interrupted", attempt, sent=sent))
        raise
    if signature is not None:
        reply = _without_token(reply, signature)
    session.emit(events.Replied(operation.id, reply.status, attempt, reply.headers.get("x-pinterest-rid")))
    return reply


def _without_token(reply: Reply, signature: SecretText) -> Reply:
    """The reply without our token in it: a server, or what is in between, may repeat what it was sent."""
    token = signature.token
    if 200 <= reply.status < 300:
        request_id = reply.headers.get("x-pinterest-rid")
        if not token.stands_in(reply.body) and not (request_id and token.stands_in(request_id.encode("utf-8", "replace"))):
            return reply
        body = token.struck_from(reply.body)
    else:
        body = conceal_bytes(token.pieces_struck_from(reply.body))
    headers = _struck_headers(reply, signature)
    return msgspec.structs.replace(reply, body=body, headers=headers, reason=_struck(reply.reason, token))


def _struck_headers(reply: Reply, signature: SecretText | None) -> Mapping[str, str]:
    if signature is None:
        return reply.headers
    return {name.lower(): _struck(value, signature.token) for name, value in reply.headers.items()}


def _struck(text: str, token: Secret) -> str:
    return conceal(token.pieces_struck_from(text.encode("utf-8", "replace")).decode("utf-8", "replace"))


def _give_up(session: Session, operation: Operation, failure: Any, attempts: int) -> Any:
    failure.operation = operation.id
    failure.attempts = attempts
    session.emit(events.GaveUp(operation.id, failure.message, attempts, failure.sent))
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
