"""One exchange with Pinterest, as a generator: sign, pace, send, retry, decode, explain.

A flow yields what it wants (`Request`, `Pause` or `Together`) and is sent what came of it; a `TransportError` is thrown in.
No clock, no socket, no sleep: the doors (`client`, `aio`) obey, in about 40 lines each; tests use ``next()`` and ``send()``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from pinshop import events, pacing, wire
from pinshop.auth import TokenSource
from pinshop.errors import (
    APIError,
    BadReply,
    ConnectError,
    Disconnected,
    PinshopError,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    advice_for,
    class_for_status,
)
from pinshop.operations import Call, Contract, Operation, Pause, Reply, Request

T = TypeVar("T")


class Together(Struct, frozen=True):
    """Run these flows, at most so many at once; answered by their results, in order. The first error ends all."""

    flows: Sequence[Flow[Any]]
    at_most: int


Step: TypeAlias = "Request | Pause | Together"
Flow: TypeAlias = Generator[Step, Any, T]


class Options(Struct, frozen=True, kw_only=True):
    """What `with_options` changes. Seconds everywhere."""

    connect_seconds: float = 5.0
    #: From the last byte sent to the last byte received: a server that drips does not hold the caller.
    read_seconds: float = 60.0
    max_attempts: int = 4
    #: The longest wait a server may order. Beyond it `RateLimited` is raised at once, and says when to come back.
    max_wait_seconds: float = 60.0
    #: How many requests of one job are under way at once.
    concurrency: int = 4
    headers: dict[str, str] = {}
    #: Judges instead of pinshop what may be sent again (the old interface brings urllib3's ``Retry``).
    retry: Callable[[Operation, Exception], bool] | None = None


class Session(Struct):
    """What a flow needs to know of its client."""

    origin: str
    prefix: str
    token: TokenSource
    pacer: pacing.Pacer | None
    emit: events.Hook
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    random: Callable[[], float]
    contract: Contract
    options: Options
    headers: dict[str, str]


class Response(Struct, Generic[T], frozen=True):
    """A decoded answer with everything around it."""

    value: T
    status: int
    headers: Mapping[str, str]
    attempts: int
    waited_seconds: float

    @property
    def request_id(self) -> str | None:
        """Pinterest's name for this exchange; their support asks for it."""
        return self.headers.get("x-pinterest-rid")

    @property
    def rate_limit(self) -> pacing.RateLimit:
        """What the answer said about quotas."""
        return pacing.read_headers(self.headers)


_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 20.0
_PASSING = frozenset((500, 502, 503, 504))


def exchange(session: Session, call: Call, decode: Callable[[bytes], T]) -> Flow[Response[T]]:
    """Send one call until it is answered or not worth another attempt."""
    operation = call.operation
    options = session.options
    attempts = 0
    waited = 0.0
    refreshed = False
    maybe_executed = False
    may_send_again = options.retry or _may_send_again
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
                again = operation.idempotent and not _is_json(reply.body)
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
        maybe_executed = maybe_executed or _may_have_been_executed(failure)
        failure.maybe_executed = maybe_executed
        if not again or attempts >= options.max_attempts:
            raise _give_up(session, operation, failure, attempts)
        seconds = session.random() * min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** (attempts - 1))
        ordered = failure.retry_after_seconds if isinstance(failure, RateLimited) else _retry_after(failure, session.clock())
        if ordered is not None:
            # A little after the second that was named, and not all waiting clients at once.
            seconds = ordered + min(1.0, seconds)
            if ordered > options.max_wait_seconds:
                raise _give_up(session, operation, failure, attempts)
        why = f"retrying because {_words(failure)}"
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


def _may_send_again(operation: Operation, failure: Exception) -> bool:
    if isinstance(failure, RateLimited | ConnectError):
        return True  # certainly not executed
    if not operation.idempotent:
        return False
    return isinstance(failure, TimedOut | Disconnected) or (isinstance(failure, ServerError) and failure.status in _PASSING)


def _may_have_been_executed(failure: Exception) -> bool:
    if isinstance(failure, TransportError):
        return failure.sent
    # 408 comes from proxies that did not wait for the answer.
    return isinstance(failure, ServerError | BadReply) or (isinstance(failure, APIError) and failure.status == 408)


def _is_json(body: bytes) -> bool:
    try:
        wire.parse(body)
    except BadReply:
        return False
    return True


def _words(failure: APIError | BadReply | TransportError) -> str:
    return failure.message


def _give_up(session: Session, operation: Operation, failure: Any, attempts: int) -> Any:
    failure.operation = operation.id
    failure.attempts = attempts
    session.emit(events.GaveUp(operation.id, _words(failure), attempts, failure.sent))
    return failure


# ------------------------------------------------------------------------------- reading a refusal


def explain(operation: Operation, reply: Reply, now: float) -> APIError | BadReply:
    """The error that a reply other than 2xx stands for."""
    request_id = reply.headers.get("x-pinterest-rid")
    if reply.status < 400:
        return BadReply(
            f"HTTP {reply.status}, a redirect, which is never followed", status=reply.status, body=reply.body,
            headers=reply.headers, request_id=request_id, advice="check base_url",
        )  # fmt: skip
    code: int | None = None
    words = ""
    try:
        value = wire.parse(reply.body)
    except BadReply:
        value = None
    if isinstance(value, dict):
        if isinstance(value.get("code"), int) and not isinstance(value["code"], bool):
            code = value["code"]
        if isinstance(value.get("message"), str):
            words = value["message"]
    kind = class_for_status(reply.status)
    ordered = _ordered_wait(words) if reply.status == 400 else None
    if ordered is not None:
        kind = RateLimited
    text = f"HTTP {reply.status}"
    if code is not None:
        text += f" (code {code})"
    if shown := words or excerpt(reply.body) or reply.reason:
        text += f": {shown}"
    error = kind(
        text, status=reply.status, code=code, server_message=words, body=reply.body, headers=reply.headers,
        request_id=request_id, advice=advice_for(reply.status, code, operation.scopes),
    )  # fmt: skip
    if isinstance(error, RateLimited):
        error.sent = False  # refused at the door: not executed
        wait = _retry_after(error, now)
        if wait is None:
            wait = ordered
        if wait is None:
            wait = pacing.read_headers(reply.headers).reset_seconds
        error.retry_after_seconds = wait
        if wait is not None:
            error.advice = f"works again in {wait:.0f} s, at {_utc(now + wait)}"
    return error


def excerpt(body: bytes) -> str:
    """The beginning of a body that should have been JSON, fit for one line of text."""
    # Whatever the bytes are: Latin-1 pages of proxies are common, and must not hide the status.
    return " ".join(body[:400].decode("utf-8", "replace").split())[:200]


def _ordered_wait(words: str) -> float | None:
    """N of "Retry after N seconds", which analytics answers with status 400.

    Source: airbyte source-pinterest (PR #66211).
    """
    _, found, rest = words.partition("Retry after ")
    if not found:
        return None
    number = rest.split(" ", 1)[0]
    try:
        seconds = float(number)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 10**9 else None


def _retry_after(failure: Any, now: float) -> float | None:
    """``Retry-After`` of an answer, as seconds from now: a number or an HTTP date."""
    headers = getattr(failure, "headers", None)
    text = headers.get("retry-after") if headers else None
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 10 else None
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _utc(seconds: float) -> str:
    import datetime

    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _quota_spent(session: Session, operation: Operation, seconds: float) -> RateLimited:
    error = RateLimited(
        f"the quota of {operation.category} is spent for now; nothing was sent",
        status=429,
        sent=False,
        advice=f"works again in {seconds:.0f} s, at {_utc(session.clock() + seconds)}",
    )
    error.retry_after_seconds = seconds
    return error


# ------------------------------------------------------------------------------------------ bodies


def gunzip(body: bytes, encoding: str, limit: int, status: int) -> bytes:
    """Undo ``Content-Encoding``, and stop a small body that unpacks to a huge one.

    Raises:
        BadReply: too large, or not what the header says.
        Disconnected: cut short.
    """
    if encoding.strip().lower() in ("identity", ""):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise BadReply(f"the answer is encoded as {encoding!r}, which was not asked for", status=status)
    if not body:
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain_body = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadReply(f"the answer is not gzip, as it says ({error})", status=status) from error
    if len(plain_body) > limit:
        raise BadReply(f"the answer is larger than {limit:,} bytes", status=status)
    if not unpacker.eof:
        raise Disconnected("the answer was cut short", sent=True, advice="Pinterest may have executed it")
    return plain_body


# --------------------------------------------------------------------------------------- decoders


def entity(kind: type[T]) -> Callable[[bytes], T]:
    """Decode one entity, of any generation of the API."""
    return lambda body: wire.decode_entity(body, kind)


def page(kind: type[T]) -> Callable[[bytes], wire.Page[T]]:
    """Decode one page of a list."""
    return lambda body: wire.decode_page(body, kind)


def plain(body: bytes) -> Any:
    """Decode to plain Python values; an empty answer (204) is None."""
    return wire.parse(body) if body else None


def options_with(options: Options, changes: Mapping[str, Any]) -> Options:
    """``options`` with some of them replaced; headers are added to those already there."""
    changes = dict(changes)
    if "headers" in changes:
        changes["headers"] = {**options.headers, **changes["headers"]}
    return msgspec.structs.replace(options, **changes)
