"""A reply that refuses -> an error: what it says, whether it may have been executed, how long to wait."""

from __future__ import annotations

from typing import Any

from pinshop.api import models
from pinshop.api.http import Reply
from pinshop.api.operations import Operation
from pinshop.errors import (
    APIError,
    BadReply,
    ConnectError,
    Disconnected,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    advice_for,
    class_for_status,
)
from pinshop.flow import pacing

_PASSING = frozenset((500, 502, 503, 504))


def is_repeatable(operation: Operation, failure: Exception) -> bool:
    if isinstance(failure, RateLimited | ConnectError):
        return True  # certainly not executed
    if not operation.idempotent:
        return False
    return isinstance(failure, TimedOut | Disconnected) or (isinstance(failure, ServerError) and failure.status in _PASSING)


def may_have_been_executed(failure: Exception) -> bool:
    if isinstance(failure, TransportError):
        return failure.sent
    # 408 comes from proxies that did not wait for the answer.
    return isinstance(failure, ServerError | BadReply) or (isinstance(failure, APIError) and failure.status == 408)


def is_json(body: bytes) -> bool:
    try:
        models.parse(body)
    except BadReply:
        return False
    return True


def words_of(failure: APIError | BadReply | TransportError) -> str:
    return failure.message


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
        value = models.parse(reply.body)
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
    if shown := words or first_line(reply.body) or reply.reason:
        text += f": {shown}"
    error = kind(
        text, status=reply.status, code=code, server_message=words, body=reply.body, headers=reply.headers,
        request_id=request_id, advice=advice_for(reply.status, code, operation.scopes),
    )  # fmt: skip
    if isinstance(error, RateLimited):
        error.sent = False  # refused at the door: not executed
        wait = retry_after(error, now)
        if wait is None:
            wait = ordered
        if wait is None:
            wait = pacing.read_headers(reply.headers).reset_seconds
        error.retry_after_seconds = wait
        if wait is not None:
            error.advice = f"works again in {wait:.0f} s, at {utc_text(now + wait)}"
    return error


def first_line(body: bytes) -> str:
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


def retry_after(failure: Any, now: float) -> float | None:
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


def utc_text(seconds: float) -> str:
    import datetime

    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
