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
    │   └── ServerError                  5xx, or a 4xx that says the fault is Pinterest's
    ├── PartialFailure                   a batch with failed or unknown items, on request
    ├── PlanRefused                      a plan that must not be applied as it is
    │   ├── StalePlan                    what it would change has changed meanwhile
    │   └── GuardRefused                 more money or more changes than was allowed
    └── ReportUnavailable                a report that failed, expired, or is not finished

`BatchResult` is here because errors carry it: ``error.result``.

A message reads: *operation: what happened — what to do (request id)*. The same facts are attributes.
No token, and no header that carries one, ever enters a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from msgspec import UNSET, Struct

T = TypeVar("T")

State: TypeAlias = Literal["created", "updated", "failed", "unknown"]


class Outcome(Struct, Generic[T], frozen=True, kw_only=True):
    """What became of one item.

    ``state`` is created or updated (then ``entity`` is what Pinterest stored), failed (certainly not executed: ``code``,
    ``message`` and ``advice`` say why) or unknown (sent, no answer, reading back could not settle it; ``message`` says why).
    """

    index: int
    given: Mapping[str, Any]
    state: State
    entity: T | None = None
    code: int | None = None
    message: str | None = None
    advice: str | None = None

    @property
    def id(self) -> str:
        """The id of the entity; the empty text where there is none (an item that failed or is unknown)."""
        found = getattr(self.entity, "id", "")
        return found if isinstance(found, str) else ""


class BatchResult(Sequence[Outcome[T]]):
    """One `Outcome` per item, in the order given. ``extra`` lists what a gateway's double execution made beside them."""

    def __init__(self, operation: str, outcomes: Iterable[Outcome[T]], extra: Iterable[T] = ()) -> None:
        self.operation = operation
        self._outcomes = list(outcomes)
        #: What was found beside the outcomes, equal to what was sent, and made by nobody known: something between here and
        #: Pinterest sent a request twice. They are stored, and they spend.
        self.extra: list[T] = list(extra)

    @overload
    def __getitem__(self, index: int) -> Outcome[T]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Outcome[T]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[T] | list[Outcome[T]]:
        return self._outcomes[index]

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome[T]]:
        return iter(self._outcomes)

    def __repr__(self) -> str:
        return f"<BatchResult of {self.operation}: {self.summary()}>"

    def summary(self) -> str:
        """``"98 created, 1 failed, 1 unknown"``."""
        counts: dict[str, int] = {}
        for outcome in self._outcomes:
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
        if self.extra:
            counts["extra (doubled on the way)"] = len(self.extra)
        return ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing"

    @property
    def ok(self) -> list[Outcome[T]]:
        """Those created or updated."""
        return [o for o in self._outcomes if o.state in ("created", "updated")]

    @property
    def failed(self) -> list[Outcome[T]]:
        """Those that certainly were not executed."""
        return [o for o in self._outcomes if o.state == "failed"]

    @property
    def unknown(self) -> list[Outcome[T]]:
        """Those that may have been executed. Look before sending them again."""
        return [o for o in self._outcomes if o.state == "unknown"]

    def raise_if_failed(self) -> None:
        """Raise `PartialFailure`, which carries this result, unless every item is created or updated."""
        bad = self.failed + self.unknown
        if bad:
            first = bad[0]
            code = f" (code {first.code})" if first.code is not None else ""
            raise PartialFailure(
                f"{self.summary()}; items[{first.index}] {first.state}{code}: {first.message}",
                self,
                operation=self.operation,
                advice=first.advice,
            )


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
        #: What became of every item, where the error ended a batch.
        self.result: BatchResult[Any] | None = None
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

    Attributes: ``field`` (a path such as ``items[3].tracking_url``), ``given`` (the value; `pinshop.types.UNSET` where it is
    missing), ``allowed`` (words).
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
        text = f"{field}: missing; {allowed}" if given is UNSET else f"{field}: got {shown}, allowed: {allowed}"
        super().__init__(text, operation=operation)


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
        #: True where the body is not of Pinterest's form: something in between answered.
        self.foreign = False
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
    """5xx; or a 4xx that says that the fault is Pinterest's (code 12 or 2787, "Something went wrong on our end")."""


class PartialFailure(PinshopError):
    """Raised by ``raise_if_failed()`` of a `BatchResult`, or of an applied plan. ``result`` is the whole of it."""

    def __init__(self, message: str, result: Any, **facts: Any) -> None:
        super().__init__(message, sent=True, **facts)
        self.result: Any = result


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
