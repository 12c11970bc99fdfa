"""A reply that refuses, or a failure: what it says, whether it was executed, whether to send again, and how long to wait.

The one place for these four questions: the exchange, the token endpoint and the download of reports all ask here.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from pinshop.api import models
from pinshop.api.checks import is_digits
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
from pinshop.flow.secrets import conceal

# 520 and more are those of gateways.
_PASSING = frozenset((500, 502, 503, 504, *range(520, 531)))

# Answered before a request is passed on, whoever answers: nothing was executed.
_NEVER_EXECUTED = frozenset((401, 407, 411, 414, 417, 429, 431))

# What refuses a request for what it is. Another 4xx (408, 425, 499, …) is the word of something in between that gave up, in
# whatever form.
_REFUSALS = frozenset((400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 451)) | _NEVER_EXECUTED

# Pinterest's own failures under a status that blames the request. Source: facts of 400/2787 and 500/12 in public issues.
_OWN_FAULTS = frozenset((12, 2787))

_OWN_FAULT_WORDS = "went wrong on our end"

_FIRST_BACKOFF_SECONDS = 0.5

_LONGEST_BACKOFF_SECONDS = 20.0

# Compiled when a refusal is first read: most programs never see one.
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"

_WORDS = r"(?i)retry\s+after:?\s+([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?:s|sec|secs|second|seconds)?\b(?!\.?[0-9])"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# RFC 9110 5.6.7: the present form, that of RFC 850, and that of C's asctime. All three are in UTC.
_DATES = (
    r"(?:[a-z]{3}, *)?(?P<d>\d{1,2}) (?P<m>[a-z]{3}) (?P<y>\d{4}) (?P<t>\d{2}:\d{2}:\d{2})(?: (?P<z>gmt|utc|[+-]\d{4}))?",
    r"[a-z]{6,9}, *(?P<d>\d{1,2})-(?P<m>[a-z]{3})-(?P<y>\d{2}|\d{4}) (?P<t>\d{2}:\d{2}:\d{2})(?: (?P<z>gmt|utc))?",
    r"[a-z]{3} (?P<m>[a-z]{3}) +(?P<d>\d{1,2}) (?P<t>\d{2}:\d{2}:\d{2}) (?P<y>\d{4})(?P<z>)",
)


# ------------------------------------------------------------------------------------- was it executed?


def may_have_been_executed(failure: Exception) -> bool:
    """Whether the request that ended so may have been executed. Only what certainly was not counts as not."""
    if isinstance(failure, TransportError):
        return failure.sent
    if isinstance(failure, ServerError | BadReply):
        return True
    if isinstance(failure, APIError) and failure.status not in _NEVER_EXECUTED:
        return failure.foreign or failure.status not in _REFUSALS
    return False


def is_repeatable(operation: Operation, failure: Exception) -> bool:
    """Whether the same request may be sent again, and might then succeed."""
    if isinstance(failure, RateLimited | ConnectError):
        return True  # certainly not executed
    if not operation.idempotent:
        return False
    if isinstance(failure, ServerError):
        return failure.status in _PASSING or failure.status < 500
    if isinstance(failure, APIError):
        if failure.status not in _REFUSALS:
            return True
        return failure.foreign and bool(failure.body) and failure.status not in _NEVER_EXECUTED
    return isinstance(failure, TimedOut | Disconnected)


def is_own_fault(code: int | None, words: str) -> bool:
    """Whether a refusal says that the fault is Pinterest's: then nobody knows how far the request came."""
    return code in _OWN_FAULTS or _OWN_FAULT_WORDS in " ".join(words.lower().split())


# ---------------------------------------------------------------------------------------- what it says


def explain(
    operation: Operation,
    reply: Reply,
    now: float,
    *,
    who: str = "",
    advice: str | None = None,
    keep_body: bool = True,
) -> APIError | BadReply:
    """The error that a reply other than 2xx stands for.

    Args:
        operation: what was called.
        reply: the reply.
        now: seconds since 1970, to turn dates into waits.
        who: put in front of the status, where it was not Pinterest's API that answered.
        advice: replaces the usual one.
        keep_body: False where the body may hold what must not be shown.
    """
    request_id = reply.headers.get("x-pinterest-rid")
    facts: dict[str, Any] = {"status": reply.status, "headers": reply.headers, "request_id": request_id}
    if keep_body:
        facts["body"] = reply.body
    if reply.status < 400 and not who:
        return BadReply(f"HTTP {reply.status}, a redirect, which is never followed", advice=advice or "check base_url", **facts)
    code, words, known = _read(reply.body)
    kind = class_for_status(reply.status)
    if reply.status < 500 and is_own_fault(code, reply.body[:10_000].decode("utf-8", "replace")):
        kind = ServerError
    elif reply.status in (400, 429) and _wait_in_words(words) is not None:
        kind = RateLimited
    text = f"{who}HTTP {reply.status}"
    if code is not None:
        text += f" (code {code})"
    if shown := words or (first_line(reply.body) if keep_body else "") or reply.reason:
        text += f": {conceal(shown)}"
    error = kind(
        text,
        code=code,
        server_message=conceal(words),
        advice=advice or _advice(operation, 500 if kind is ServerError else reply.status, code, words),
        **facts,
    )
    error.foreign = not known
    if isinstance(error, RateLimited):
        error.sent = False  # refused before anything was done
        wait = ordered_wait(error, now)
        error.retry_after_seconds = wait
        if wait is not None:
            error.advice = f"works again in {wait:.0f} s, at {utc_text(now + wait)}"
    elif error.foreign and reply.status < 500 and advice is None and reply.status != 401:
        error.advice = "this is no answer of Pinterest's API: a proxy, a firewall or a gateway gave it"
    return error


def _read(body: bytes) -> tuple[int | None, str, bool]:
    """Pinterest's code and words, and whether the body is of its form: an object with a number as ``code``.

    The words may also be those of RFC 6749 5.2, which token endpoints use.
    """
    try:
        value = models.parse(body)
    except BadReply:
        return None, "", False
    if not isinstance(value, dict):
        return None, "", False
    code = value.get("code")
    if isinstance(code, str) and is_digits(code, 9):
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int):
        code = None
    words = next((w for name in ("message", "error_description", "error") if isinstance(w := value.get(name), str) and w), "")
    return code, words, code is not None


def is_json(body: bytes) -> bool:
    try:
        models.parse(body)
    except BadReply:
        return False
    return True


def first_line(body: bytes) -> str:
    """The beginning of a body that should have been JSON, fit for one line of text."""
    # Whatever the bytes are: Latin-1 pages of proxies are common, and must not hide the status.
    return " ".join(body[:400].decode("utf-8", "replace").split())[:200]


# ------------------------------------------------------------------------------------- how long to wait


def backoff(attempts: int, random: float) -> float:
    """Seconds to wait after so many attempts, where the server orders nothing. ``random`` is in [0, 1)."""
    return random * min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2.0 ** (attempts - 1))


def ordered_wait(failure: Any, now: float) -> float | None:
    """The wait that a failure orders: ``Retry-After``, "retry after N seconds" in its words, or the reset of its quota.

    Only the last of a refusal for being too fast: others carry a reset, too, and mean nothing by it.
    """
    headers = getattr(failure, "headers", None) or {}
    wait = read_retry_after(headers.get("retry-after"), now)
    if wait is None and isinstance(failure, APIError) and (failure.status < 500 or isinstance(failure, RateLimited)):
        wait = _wait_in_words(failure.server_message)
    if wait is None and isinstance(failure, RateLimited):
        wait = pacing.read_headers(headers).reset_seconds
    return wait


def read_retry_after(text: str | None, now: float) -> float | None:
    """``Retry-After`` as seconds from now: a number of seconds, or a date in any of HTTP's three forms.

    What cannot be meant is None: a moment since 1970 where seconds belong, or more than a month.
    """
    text = " ".join((text or "").split()).lower()
    if re.fullmatch(_NUMBER, text):
        seconds = float(text)
    else:
        moment = _read_date(text)
        if moment is None:
            return None
        seconds = max(0.0, moment - now)
    return seconds if seconds <= pacing.LONGEST_PLAUSIBLE_SECONDS else None


def _read_date(text: str) -> float | None:
    for form in _DATES:
        if found := re.fullmatch(form, text, re.ASCII):
            break
    else:
        return None
    if found["m"] not in _MONTHS:
        return None
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 2000 if year < 70 else 1900
    zone = found["z"] or ""
    offset = 0
    if zone[:1] in ("+", "-"):
        offset = (int(zone[1:3]) * 3600 + int(zone[3:5]) * 60) * (1 if zone[0] == "+" else -1)
    hours, minutes, seconds = map(int, found["t"].split(":"))
    try:
        day = datetime.datetime(year, _MONTHS.index(found["m"]) + 1, int(found["d"]), tzinfo=datetime.UTC)
    except ValueError:
        return None
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return day.timestamp() + hours * 3600 + minutes * 60 + seconds - offset


def _wait_in_words(words: str) -> float | None:
    """N of "Retry after N seconds", which analytics answers with status 400. Source: airbyte source-pinterest (PR #66211)."""
    found = re.search(_WORDS, words)
    if found is None:
        return None
    seconds = float(found[1])
    return seconds if seconds <= pacing.LONGEST_PLAUSIBLE_SECONDS else None


def utc_text(seconds: float) -> str:
    """A moment in words; a moment that no calendar has, as its number."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s after 1970"


def _advice(operation: Operation, status: int, code: int | None, words: str) -> str | None:
    text = advice_for(status, code, operation.scopes)
    of_account = "{ad_account_id}" in operation.path and "account" in words.lower()
    if text and ((of_account and status == 404) or (status, code) in ((401, 29), (403, 29))):
        text = f"{text}; client.ad_accounts.list() and pinshop whoami show the ad accounts this token has"
    if status == 405 and text is None:
        text = f"{operation.verb} {operation.path} exists since API {operation.since}: what answered may be an older one"
    return text
