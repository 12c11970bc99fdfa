"""What happened on the way, as values. A hook (``on_event=``) receives them; without one they are logged.

Nothing here carries a token: an event names the operation and the target, never headers or bodies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

logger = logging.getLogger("pinshop")
logger.addHandler(logging.NullHandler())  # silent until the program configures logging


class Sent(Struct, frozen=True):
    """A request is about to leave for ``origin`` (scheme, host, port).

    ``attempt`` counts from 1; a token that was refused and refreshed costs none. ``resends`` counts all that left before for
    this call.
    """

    operation: str
    verb: str
    target: str
    attempt: int
    origin: str = ""
    resends: int = 0

    def __str__(self) -> str:
        return f"{self.operation}: {self.verb} {self.target} (attempt {self.attempt})"


class Replied(Struct, frozen=True):
    """An answer arrived, good or bad."""

    operation: str
    status: int
    attempt: int
    request_id: str | None

    def __str__(self) -> str:
        return f"{self.operation}: HTTP {self.status} (request id {self.request_id})"


class Failed(Struct, frozen=True):
    """No answer came, or none that can be read. Every `Sent` is followed by `Replied` or by this.

    ``kind`` is the name of the exception; one that is no error of pinshop's means that the caller was interrupted.
    ``sent``: Pinterest may have executed it.
    """

    operation: str
    kind: str
    why: str
    attempt: int
    sent: bool

    def __str__(self) -> str:
        return f"{self.operation}: {self.kind}: {self.why} (attempt {self.attempt})"


class Paused(Struct, frozen=True):
    """Nothing is sent for ``seconds``: ``why`` says what is waited for."""

    operation: str
    seconds: float
    why: str

    def __str__(self) -> str:
        return f"{self.operation}: waiting {self.seconds:.2f} s: {self.why}"


class Refreshed(Struct, frozen=True):
    """The access token was replaced by a new one, because of ``why``."""

    why: str

    def __str__(self) -> str:
        return f"access token refreshed: {self.why}"


class GaveUp(Struct, frozen=True):
    """A call failed for good. ``sent``: Pinterest may have executed it."""

    operation: str
    why: str
    attempts: int
    sent: bool

    def __str__(self) -> str:
        return f"{self.operation}: not retrying after {self.attempts} attempt(s): {self.why}"


class Noticed(Struct, frozen=True):
    """Something odd that stops nothing, or a decision after reading back."""

    operation: str
    what: str
    #: Whether it is likely to be a mistake of the caller's; then it is logged as a warning.
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}"


Event: TypeAlias = Sent | Replied | Failed | Paused | Refreshed | GaveUp | Noticed

Hook: TypeAlias = Callable[[Event], object]

_LEVELS: dict[type, int] = {
    Sent: logging.DEBUG,
    Replied: logging.DEBUG,
    Failed: logging.DEBUG,
    Paused: logging.INFO,
    Refreshed: logging.INFO,
    GaveUp: logging.WARNING,
    Noticed: logging.INFO,
}


def log(event: Event) -> None:
    """The default hook: one line per decision on the logger ``pinshop``."""
    level = logging.WARNING if isinstance(event, Noticed) and event.warning else _LEVELS[type(event)]
    if logger.isEnabledFor(level):
        logger.log(level, "%s", event)


def is_heard(hook: Hook) -> bool:
    """Whether anybody would see a `Noticed`: what costs time to find out is looked for only then."""
    return hook is not log or logger.isEnabledFor(_LEVELS[Noticed])
