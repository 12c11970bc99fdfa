"""Quotas: how long to wait before sending, so that no 429 comes back.

One `Pacer` belongs to one token. It keeps, for each quota, when its last N calls were scheduled: call N+1 may go one window
after call 1. That bound holds for fixed and for sliding windows alike, whatever their alignment. Slots are given out in the
order they are asked for, so waiting threads and tasks are served first come, first served.

Sources: the table of Pinterest's rate-limit page and headers seen in real traffic,
``x-ratelimit-limit: 100, 100;w=1, 1000;w=60`` · ``x-ratelimit-remaining: 99`` · ``x-ratelimit-reset: 1`` (seconds to wait):
100 per second over everything, and so many per minute in the category of the call.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

#: Category -> (calls, seconds) at Standard access. Pinterest documents the first two; the others come from headers
#: seen in real traffic; ads_write has no public figure, so nothing is assumed until a reply tells it.
DOCUMENTED: dict[str, tuple[int, int]] = {
    "ads_read": (1000, 60),
    "ads_analytics": (300, 60),
    "catalogs_read": (100, 60),
    "catalogs_write": (100, 60),
}
#: Calls per second over all categories.
UNIVERSAL = (100, 1)
#: A window longer than this is not waited for: the call fails at once and says when it works again.
LONGEST_WAITED_WINDOW_SECONDS = 3600


class RateLimit(Struct, frozen=True):
    """What a reply said about quotas: ``windows`` as (calls, seconds); ``reset_seconds`` is a wait, not a time."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    windows: tuple[tuple[int, int], ...] = ()


def read_headers(headers: Mapping[str, str]) -> RateLimit:
    """Read the ``x-ratelimit-*`` headers; what cannot be read is None."""
    limit: int | None = None
    windows: list[tuple[int, int]] = []
    for part in (headers.get("x-ratelimit-limit") or "").split(","):
        quota, *attributes = part.strip().split(";")
        if not (quota.isascii() and quota.isdigit()):
            continue
        window = next((a.strip()[2:] for a in attributes if a.strip().startswith("w=")), None)
        if window is None:
            limit = int(quota)
        elif window.isascii() and window.isdigit() and int(window) > 0 and int(quota) > 0:
            windows.append((int(quota), int(window)))
    return RateLimit(
        limit,
        _number(headers.get("x-ratelimit-remaining"), int),
        _number(headers.get("x-ratelimit-reset"), float),
        tuple(windows),
    )


def _number(text: str | None, kind: Any) -> Any:
    try:
        value = kind(text) if text is not None else None
    except ValueError:
        return None
    # "nan" and "inf" are floats too, and no wait.
    return value if value is not None and 0 <= value < 10**9 else None


class Bucket:
    """One quota: at most ``quota`` calls in any ``window`` seconds."""

    __slots__ = ("blocked_until", "calls", "documented", "quota", "window")

    def __init__(self, quota: int, window: int, documented: bool) -> None:
        self.quota = quota
        self.window = window
        self.documented = documented
        self.blocked_until = 0.0
        self.calls: deque[float] = deque(maxlen=quota)

    def free_at(self, now: float) -> float:
        """When the next call may go."""
        at = max(now, self.blocked_until)
        if len(self.calls) == self.quota:
            # 1 % longer than the window: calls do not all travel equally fast, and the server counts arrivals.
            at = max(at, self.calls[0] + self.window * 1.01)
        return at

    def resize(self, quota: int) -> None:
        if quota != self.quota:
            self.quota = quota
            self.calls = deque(self.calls, maxlen=quota)

    def used(self, now: float) -> int:
        floor = now - self.window
        return sum(1 for at in self.calls if at > floor)


class Quota(Struct, frozen=True):
    """One line of ``client.budget()``: how many of ``limit`` calls per ``window_seconds`` are left."""

    category: str
    limit: int
    window_seconds: int
    remaining: int
    documented: bool
    blocked_seconds: float = 0.0


class Pacer:
    """Quota buckets of one token, shared by threads and tasks."""

    def __init__(self, documented: Mapping[str, tuple[int, int]] = DOCUMENTED, universal: tuple[int, int] = UNIVERSAL) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, dict[int, Bucket]] = {
            category: {window: Bucket(quota, window, True)} for category, (quota, window) in documented.items()
        }
        self._universal = {universal[1]: Bucket(*universal, True)}
        self._told = False

    def after_fork(self) -> None:
        """Forget a lock that another thread may have held when the process was copied."""
        self._lock = threading.Lock()

    def reserve(self, category: str, now: float) -> float:
        """Take the next slot of a category. Returns the seconds to wait before sending."""
        with self._lock:
            buckets = [*self._universal.values(), *self._buckets.get(category, _NONE).values()]
            at = now
            for bucket in buckets:
                at = max(at, bucket.free_at(now))
            if at - now > LONGEST_WAITED_WINDOW_SECONDS:
                return at - now  # nothing is taken: the caller gives up
            for bucket in buckets:
                bucket.calls.append(at)
            return at - now

    def learn(self, category: str, limit: RateLimit | None, now: float, *, refused: bool = False) -> None:
        """Take over what a reply said. ``refused``: it was a 429."""
        with self._lock:
            if limit is None or not limit.windows:
                if not refused and not self._told:
                    # A server that answers without these headers does not count; documented figures would only slow it down.
                    self._universal.clear()
                    self._buckets.clear()
                if limit is None:
                    return
            self._told = self._told or bool(limit.windows)
            own = self._buckets.setdefault(category, {})
            for quota, window in limit.windows:
                home = self._universal if window == 1 else own
                if (bucket := home.get(window)) is None:
                    home[window] = bucket = Bucket(quota, window, False)
                bucket.resize(quota)
                bucket.documented = False
            if limit.remaining is None or limit.reset_seconds is None:
                return
            bucket = self._tightest(own, limit)
            if bucket is None:
                return
            if limit.remaining == 0 or refused:
                bucket.blocked_until = max(bucket.blocked_until, now + limit.reset_seconds)
                return
            # Someone else spends from the same quota: count what is missing as spent now.
            for _ in range(bucket.quota - bucket.used(now) - limit.remaining):
                bucket.calls.append(now)

    def _tightest(self, own: dict[int, Bucket], limit: RateLimit) -> Bucket | None:
        """The bucket that ``remaining`` and ``reset`` speak of: its quota is the first number, its window the next above reset."""
        reset = limit.reset_seconds or 0.0
        fitting = sorted(w for q, w in limit.windows if (limit.limit is None or q == limit.limit) and w >= reset)
        if not fitting:
            return next(iter(own.values()), None)
        return self._universal.get(1) if fitting[0] == 1 else own.get(fitting[0])

    def budget(self, now: float) -> list[Quota]:
        """Every quota known, and what is left of it."""
        with self._lock:
            homes = [("all", self._universal), *sorted(self._buckets.items())]
            return [
                Quota(category, b.quota, b.window, b.quota - b.used(now), b.documented, max(0.0, b.blocked_until - now))
                for category, home in homes
                for b in home.values()
            ]


_NONE: dict[int, Bucket] = {}
