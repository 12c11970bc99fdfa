"""Every exception pinshop raises, in one family.

    PinshopError
    ├── InvalidInput (ValueError)        refused here, before anything was sent
    │   ├── InvalidSetting               one of where and how to connect; a ConfigurationError too
    │   └── ManifestError                a manifest of promotions, with file and line
    ├── ConfigurationError               no token, an unreadable profile, a missing extra
    ├── TransportError                   the network, not Pinterest
    │   ├── ConnectError                 never reached the server: nothing was executed
    │   ├── TLSError                     certificate or handshake: nothing was executed
    │   ├── TimedOut (TimeoutError)      no answer in time: see ``sent``
    │   └── Disconnected                 the connection broke: see ``sent``
    ├── BadReply                         an answer that is not what the API promises
    ├── APIError                         Pinterest answered and refused
    │   ├── BadRequest                   400 and other 4xx
    │   ├── Unauthorized                 401: the token
    │   ├── Forbidden                    403: the permission
    │   ├── NotFound                     404
    │   ├── Conflict                     409
    │   ├── RateLimited                  429, or a 400 that orders a wait
    │   └── ServerError                  5xx
    ├── PartialFailure                   a batch with failed or unknown items, on request
    ├── PlanRefused                      a plan that must not be applied as it is
    │   ├── StalePlan                    what it would change has changed meanwhile
    │   └── GuardRefused                 more money or more changes than was allowed
    └── ReportUnavailable                a report that failed, expired, or is not finished

A message reads: *operation: what happened — what to do (request id)*. The same facts are attributes.
No token, and no header that carries one, ever enters a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class PinshopError(Exception):
    """Base of the family. Catch this to catch everything pinshop raises on purpose."""

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        advice: str | None = None,
        sent: bool = False,
        attempts: int = 0,
        request_id: str | None = None,
    ) -> None:
        self.message = message
        self.operation = operation
        self.advice = advice
        #: True when the request, or part of it, may have reached Pinterest.
        self.sent = sent
        #: True when Pinterest may have executed it: it was sent, at least once, and no answer said no.
        self.maybe_executed = False
        self.attempts = attempts
        self.request_id = request_id
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.operation}: {self.message}" if self.operation else self.message
        if self.advice:
            text += f" — {self.advice}"
        if self.request_id:
            text += f" (request id {self.request_id})"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only arguments do not pickle by themselves; multiprocessing needs it.
        state = self.__dict__.copy()
        if "headers" in state:  # those of aiohttp do not pickle
            state["headers"] = {name.lower(): value for name, value in state["headers"].items()}
        return (_restore, (type(self), self.args, state))


def _restore(kind: type[PinshopError], args: tuple[Any, ...], state: dict[str, Any]) -> PinshopError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidInput(PinshopError, ValueError):
    """An argument was refused before anything was sent.

    Attributes: ``field`` (a path such as ``items[3].tracking_url``), ``given`` (the value), ``allowed`` (words).
    """

    def __init__(self, field: str, given: object, allowed: str, *, operation: str | None = None) -> None:
        self.field = field
        self.given = given
        self.allowed = allowed
        try:
            shown = repr(given)
        except Exception:  # noqa: BLE001 - an integer of more digits than Python prints, or whatever a foreign repr raises
            shown = f"a value of type {type(given).__name__}"
        if len(shown) > 120:
            shown = f"{shown[:100]}… ({len(shown)} characters)"
        super().__init__(f"{field}: got {shown}, allowed: {allowed}", operation=operation)


class ManifestError(InvalidInput):
    """A manifest of promotions was refused; nothing was sent. ``problems`` holds all, each with file, line and column."""

    def __init__(self, problems: Iterable[Any]) -> None:
        self.problems = list(problems)
        first = self.problems[0]
        super().__init__(first.field, first.given, first.allowed)
        shown = [str(problem) for problem in self.problems[:20]]
        if len(self.problems) > 20:
            shown.append(f"… and {len(self.problems) - 20} more")
        self.message = "\n".join(shown)
        self.args = (self.message,)


class ConfigurationError(PinshopError):
    """pinshop cannot start with what it was given: no token, a broken profile, an extra that is not installed."""


class InvalidSetting(InvalidInput, ConfigurationError):
    """A setting that cannot work, wherever it was written: argument, environment variable, profile or option."""


class TransportError(PinshopError):
    """The network failed. ``sent`` tells whether Pinterest may have executed the request."""


class ConnectError(TransportError):
    """No connection was made (refused, no route, unknown host, proxy): nothing was executed."""


class TLSError(TransportError):
    """The TLS handshake failed: nothing was executed."""


class TimedOut(TransportError, TimeoutError):
    """No (whole) answer within the time allowed."""


class Disconnected(TransportError):
    """The connection was closed or reset before the answer was complete."""


class BadReply(PinshopError):
    """An answer arrived that the API does not promise: not JSON, cut short, too large, or of the wrong shape.

    Attributes: ``status``, ``body`` (the first 2,000 bytes), ``headers``.
    """

    def __init__(self, message: str, *, status: int = 0, body: bytes = b"", headers: Any = None, **facts: Any) -> None:
        self.status = status
        self.body = body[:2000]
        self.headers = headers or {}
        facts.setdefault("sent", True)
        super().__init__(message, **facts)


class APIError(PinshopError):
    """Pinterest refused the request.

    Attributes: ``status`` (HTTP), ``code`` (Pinterest's number or None), ``server_message`` (its words),
    ``body`` (bytes), ``headers`` (case-insensitive by lower-case keys).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        server_message: str = "",
        body: bytes = b"",
        headers: Any = None,
        **facts: Any,
    ) -> None:
        self.status = status
        self.code = code
        self.server_message = server_message
        self.body = body
        self.headers = headers or {}
        facts.setdefault("sent", True)
        super().__init__(message, **facts)


class BadRequest(APIError):
    """400, or another 4xx without a class of its own."""


class Unauthorized(APIError):
    """401: the token is missing, wrong, expired or lacks a scope."""


class Forbidden(APIError):
    """403: this user may not do that to this ad account."""


class NotFound(APIError):
    """404."""


class Conflict(APIError):
    """409."""


class RateLimited(APIError):
    """429, or a 400 whose message orders a wait. ``retry_after_seconds`` is what the server asked, if it did."""

    retry_after_seconds: float | None = None


class ServerError(APIError):
    """5xx."""


class PartialFailure(PinshopError):
    """Raised by ``BatchResult.raise_if_failed()``. ``result`` is the whole result."""

    def __init__(self, message: str, result: Any, **facts: Any) -> None:
        self.result = result
        super().__init__(message, sent=True, **facts)


class PlanRefused(PinshopError):
    """A plan is not applied: it is for another server, account or user, is out of date, or was changed after it was made."""


class StalePlan(PlanRefused):
    """What a plan would change, or what its guards rest on, has changed since. ``differences`` says each in a line."""

    def __init__(self, message: str, differences: Iterable[str], **facts: Any) -> None:
        self.differences = list(differences)
        super().__init__(message, **facts)


class GuardRefused(PlanRefused):
    """A plan could spend more, or changes more, than was allowed. ``refusals`` says each in a line."""

    def __init__(self, message: str, refusals: Iterable[str], **facts: Any) -> None:
        self.refusals = list(refusals)
        super().__init__(message, **facts)


class ReportUnavailable(PinshopError):
    """A report has no rows to give: it failed, expired, was cancelled, or is not finished.

    Attributes: ``state`` (the last `ReportState`), ``token`` (asks for it again).
    """

    def __init__(self, message: str, *, state: Any, token: str, **facts: Any) -> None:
        self.state = state
        self.token = token
        facts.setdefault("sent", True)
        super().__init__(message, **facts)


_BY_STATUS: dict[int, type[APIError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}


def class_for_status(status: int) -> type[APIError]:
    """The class of an HTTP status that is not 2xx."""
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, BadRequest)


# What to do, by (HTTP status, Pinterest's code); None stands for any code.
# Source: the error examples of Pinterest's descriptions 5.0.1-5.23.0 and bodies seen in public traffic.
ADVICE: dict[tuple[int, int | None], str] = {
    (400, 1): "check the argument named in the message",
    (401, 2): "the access token is wrong, expired or revoked; get a new one",
    (401, 3): "the token lacks a scope, or the app has no access to this API yet",
    (401, 29): "this token's user has no access to that ad account",
    (403, 29): "this token's user needs a role on that ad account (Owner, Admin, Campaign Manager)",
    (403, 2625): "the merchant account is disapproved; see Pinterest's business hub",
    (403, 2626): "the merchant account is under review; see Pinterest's business hub",
    (404, None): "check the id, and that it belongs to this ad account",
    (409, 4176): "archive the promotions of this catalog product group first",
    (409, 4177): "auto-generated catalog product groups cannot be changed or deleted",
    (409, 4178): "a catalog product group with these filters exists already",
    (409, 4179): "a catalog product group with this name exists already",
    (409, 4182): "create a catalog first",
    (429, None): "slow down; pinshop paces by quota when the client is shared",
    (500, 12): "Pinterest's side failed; try again later, and keep the request id for their support",
}


def advice_for(status: int, code: int | None, scopes: Iterable[str] = ()) -> str | None:
    """One sentence on what to do about (status, code)."""
    text = ADVICE.get((status, code)) or ADVICE.get((status, None))
    if status == 401 and code == 3 and scopes:
        return f"the token needs the scope {' and '.join(scopes)}"
    if text is None and status >= 500:
        return "Pinterest's side failed; try again later"
    return text
