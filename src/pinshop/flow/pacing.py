"""Quotas: how long to wait before sending, so that no 429 comes back.

One `Pacer` belongs to one token. It keeps, for each quota, when its last N calls were scheduled: call N+1 may go one window
after call 1. That bound holds for fixed and for sliding windows alike, whatever their alignment. Slots are given out in the
order they are asked for, so waiting threads and tasks are served first come, first served.

Sources: the table of Pinterest's rate-limit page and headers seen in real traffic,
``x-ratelimit-limit: 100, 100;w=1, 1000;w=60`` · ``x-ratelimit-remaining: 99`` · ``x-ratelimit-reset: 1`` (seconds to wait):
100 per second over everything, and so many per minute in the category of the call.
"""

from __future__ import annotations

import os
import threading
import weakref
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from functools import lru_cache
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

#: The category of what counts for all of them.
ALL = "all"

#: Who would have to wait longer fails at once, and is told when it works again: a daily quota of trial access, mostly.
LONGEST_WAIT_SECONDS = 900

#: A larger figure is no quota that could ever be reached; it is not worth its memory.
LARGEST_QUOTA = 100_000


class RateLimit(Struct, frozen=True):
    """What a reply said about quotas: ``windows`` as (calls, seconds); ``reset_seconds`` is a wait, not a time."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    windows: tuple[tuple[int, int], ...] = ()


def read_headers(headers: Mapping[str, str]) -> RateLimit:
    """Read the ``x-ratelimit-*`` headers; what cannot be read is None."""
    limit, windows = _read_limit(headers.get("x-ratelimit-limit") or "")
    return RateLimit(
        limit,
        _number(headers.get("x-ratelimit-remaining"), int),
        _number(headers.get("x-ratelimit-reset"), float),
        windows,
    )


@lru_cache(maxsize=64)
def _read_limit(text: str) -> tuple[int | None, tuple[tuple[int, int], ...]]:
    """``"100, 100;w=1, 1000;w=60"`` -> 100 and ((100, 1), (1000, 60))."""
    limit: int | None = None
    windows: list[tuple[int, int]] = []
    for part in text.split(","):
        quota, *attributes = part.strip().split(";")
        window = next((a.strip()[2:] for a in attributes if a.strip().startswith("w=")), None)
        calls = _number(quota, int)
        seconds = _number(window, int)
        if calls is not None and window is None:
            limit = calls
        elif calls and seconds and calls <= LARGEST_QUOTA:
            windows.append((calls, seconds))
    return limit, tuple(windows[:8])


def _number(text: str | None, kind: Any) -> Any:
    # "nan" and "inf" are floats too, and no wait.
    if text is None or not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 12:
        return None
    try:
        return kind(text)
    except ValueError:
        return None


class Bucket:
    """One quota: at most ``quota`` calls in any ``window`` seconds."""

    __slots__ = ("blocked_until", "calls", "documented", "quota", "span", "window")

    def __init__(
        self, quota: int, window: int, documented: bool, blocked_until: float = 0.0, calls: Iterable[float] = ()
    ) -> None:
        self.quota = quota
        self.window = window
        # The server counts arrivals, and calls do not all travel equally fast; the first ones have to connect, besides.
        self.span = window + max(0.25, window * 0.01)
        self.documented = documented
        self.blocked_until = blocked_until
        #: When the last calls were scheduled, never decreasing.
        self.calls: deque[float] = deque(calls, maxlen=quota)

    def free_at(self, now: float) -> float:
        """When the next call may go."""
        at = max(now, self.blocked_until)
        if len(self.calls) == self.quota:
            at = max(at, self.calls[0] + self.span)
        return at

    def take(self, at: float) -> None:
        calls = self.calls
        calls.append(at if not calls or at >= calls[-1] else calls[-1])

    def resize(self, quota: int) -> None:
        if quota != self.quota:
            self.quota = quota
            self.calls = deque(self.calls, maxlen=quota)

    def holds(self, count: int, now: float) -> bool:
        """Whether at least so many calls are in the window: `used` for one look instead of a search."""
        return count <= len(self.calls) and self.calls[-count] > now - self.window

    def used(self, now: float) -> int:
        return len(self.calls) - bisect_right(self.calls, now - self.window)


class Quota(Struct, frozen=True):
    """One line of ``client.budget()``: how many of ``limit`` calls per ``window_seconds`` are left."""

    category: str
    limit: int
    window_seconds: int
    remaining: int
    documented: bool
    blocked_seconds: float = 0.0


class Pacer:
    """Quota buckets of one token, shared by threads and tasks.

    Args:
        documented: category -> (calls, seconds), held until a reply tells the real figures.
        universal: the same for all categories together.
    """

    def __init__(self, documented: Mapping[str, tuple[int, int]] = DOCUMENTED, universal: tuple[int, int] = UNIVERSAL) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, dict[int, Bucket]] = {
            category: {window: Bucket(quota, window, True)} for category, (quota, window) in documented.items()
        }
        self._buckets[ALL] = {universal[1]: Bucket(*universal, True)}
        self._told = False
        _alive.add(self)

    def renew_lock(self) -> None:
        """In a forked child: another thread of the parent may have held the lock, and nobody would ever release it."""
        self._lock = threading.Lock()

    def reserve(self, category: str, now: float) -> float:
        """Take the next slot of a category. Returns the seconds to wait before sending.

        More than `LONGEST_WAIT_SECONDS`: nothing was taken, and waiting would make no sense.
        """
        with self._lock:
            buckets = (*self._buckets[ALL].values(), *self._buckets.get(category, _NONE).values())
            at = now
            for bucket in buckets:
                at = max(at, bucket.free_at(now))
            if at - now <= LONGEST_WAIT_SECONDS:
                for bucket in buckets:
                    bucket.take(at)
            return at - now

    def learn(self, category: str, limit: RateLimit, now: float, *, refused: bool = False) -> None:
        """Take over what a reply said. ``refused``: it was a 429."""
        with self._lock:
            if not limit.windows:
                if not refused and not self._told:
                    # A server that answers without these headers does not count; assumed figures would only slow it down.
                    self._buckets = {ALL: {}}
                return
            self._told = True
            own = self._buckets.setdefault(category, {})
            for window, bucket in list(own.items()):
                if bucket.documented and all(window != seconds for _, seconds in limit.windows):
                    del own[window]
            for quota, window in limit.windows:
                home = self._buckets[ALL] if window == 1 else own
                told = home.get(window)
                if told is None:
                    home[window] = told = Bucket(quota, window, False)
                told.resize(quota)
                told.documented = False
            if limit.remaining is None or limit.reset_seconds is None:
                return
            tight = self._tightest(own, limit)
            if refused or limit.remaining == 0:
                tight.blocked_until = max(tight.blocked_until, now + limit.reset_seconds)
                return
            spent = tight.quota - limit.remaining
            if spent > 0 and not tight.holds(spent, now):
                # Someone else spends from the same quota: count what is missing as spent now.
                for _ in range(spent - tight.used(now)):
                    tight.take(now)

    def _tightest(self, own: dict[int, Bucket], limit: RateLimit) -> Bucket:
        """The bucket that ``remaining`` and ``reset`` speak of: the shortest that fits the first number and the reset."""
        reset = limit.reset_seconds or 0.0
        fitting = [w for q, w in limit.windows if w >= reset and limit.limit in (None, q)]
        window = min(fitting or [w for _, w in limit.windows if w >= reset] or [max(w for _, w in limit.windows)])
        return self._buckets[ALL][1] if window == 1 else own[window]

    def budget(self, now: float) -> list[Quota]:
        """Every quota known, and what is left of it."""
        with self._lock:
            return [
                Quota(category, b.quota, b.window, b.quota - b.used(now), b.documented, max(0.0, b.blocked_until - now))
                for category, home in sorted(self._buckets.items())
                for b in home.values()
            ]


_NONE: dict[int, Bucket] = {}

_alive: weakref.WeakSet[Pacer] = weakref.WeakSet()


def _after_fork() -> None:
    for pacer in list(_alive):
        pacer.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
