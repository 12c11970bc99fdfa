"""What a flow knows of its client, and the answer it returns."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Generic

import msgspec
from msgspec import Struct

from pinshop.api.operations import ApiVersion, Operation
from pinshop.flow import events, pacing
from pinshop.flow.matching import Known
from pinshop.flow.steps import T
from pinshop.flow.tokens import TokenSource


class Options(Struct, frozen=True, kw_only=True):
    """What `with_options` changes. Seconds everywhere."""

    connect_seconds: float = 5.0
    #: From the last byte sent to the last byte received: a server that drips does not hold the caller.
    read_seconds: float = 60.0
    max_attempts: int = 4
    #: The longest wait before a request, whoever orders it: the server, the quota, or a token that is being refreshed.
    #: Beyond it `RateLimited` is raised at once, and says when to come back.
    max_wait_seconds: float = 120.0
    #: How many requests of one job are under way at once.
    concurrency: int = 4
    headers: dict[str, str] = {}
    #: Judges instead of pinshop what may be sent again (the old interface brings urllib3's ``Retry``).
    retry: Callable[[Operation, Exception], bool] | None = None


class ServerClock(Struct):
    """What the server's clock shows, from the ``Date`` of its latest answer. Pinterest judges dates by it, not by ours."""

    date: str = ""
    received: float = 0.0

    def learn(self, date: str | None, now: float) -> None:
        """Keep it as it is: most clients never ask."""
        if date:
            self.date, self.received = date, now

    def seconds(self, now: float) -> float | None:
        """Seconds since 1970 there; None before the first answer that says."""
        from email.utils import parsedate_to_datetime

        try:
            return parsedate_to_datetime(self.date).timestamp() + now - self.received if self.date else None
        except ValueError:
            return None


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
    api_version: ApiVersion
    options: Options
    headers: dict[str, str]
    #: False: ``clock`` is this machine's, and may be wrong.
    clock_given: bool = True
    #: Place (see `matching.place_of`) -> what this client created there. Shared by all views of one client.
    known: dict[str, Known] = msgspec.field(default_factory=dict)
    server: ServerClock = msgspec.field(default_factory=ServerClock)
    #: Told every answer that was decoded; `BaseClient.with_response` keeps the last.
    answered: Callable[[Any], object] | None = None

    def now(self) -> float | None:
        """The server's time, or that of a clock that was given to the client; None: neither is known yet."""
        ours = self.clock()
        there = self.server.seconds(ours)
        return there if there is not None or not self.clock_given else ours

    def today(self) -> datetime.date | None:
        """The day at the server, UTC; None where no clock is known that dates could be checked against."""
        now = self.now()
        return None if now is None else datetime.datetime.fromtimestamp(now, datetime.UTC).date()


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


def options_with(options: Options, changes: Mapping[str, Any]) -> Options:
    """``options`` with some of them replaced; headers are added to those already there."""
    changes = dict(changes)
    if "headers" in changes:
        changes["headers"] = {**options.headers, **changes["headers"]}
    return msgspec.structs.replace(options, **changes)
