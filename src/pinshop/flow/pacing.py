"""Quotas: how long to wait before sending, so that no 429 comes back.

One `Pacer` belongs to one token. It keeps, for each quota, when its last N calls were scheduled: call N+1 may go one window
after call 1. That bound holds for fixed and for sliding windows alike, whatever their alignment. Slots are given out in the
order they are asked for, so waiting threads and tasks are served first come, first served.

Sources: the table of Pinterest's rate-limit page and headers seen in real traffic,
``x-ratelimit-limit: 100, 100;w=1, 1000;w=60`` · ``x-ratelimit-remaining: 99`` · ``x-ratelimit-reset: 1`` (seconds to wait):
100 per second over everything, and so many per minute in the category of the call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, ClassVar

from msgspec import Struct

from pinshop.api.checks import is_digits

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

#: A longer wait is not meant: a moment since 1970, milliseconds, or garbage.
LONGEST_PLAUSIBLE_SECONDS = 31 * 86400

#: The longest window that is told: the day of trial access.
_LONGEST_WINDOW_SECONDS = 86400

#: A larger figure is no quota that could ever be reached; it is not worth its memory.
LARGEST_QUOTA = 100_000


class RateLimit(Struct, frozen=True):
    """What a reply said about quotas: ``windows`` as (calls, seconds); ``reset_seconds`` is a wait, not a time.

    ``ignored`` is a reset that cannot be meant: a moment since 1970, or milliseconds, where seconds to wait belong.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    windows: tuple[tuple[int, int], ...] = ()
    ignored: str | None = None


def read_headers(headers: Mapping[str, str]) -> RateLimit:
    """Read the ``x-ratelimit-*`` headers; what cannot be read is None."""
    limit, windows = _read_limit(headers.get("x-ratelimit-limit") or "")
    text = headers.get("x-ratelimit-reset")
    reset = _number(text, float)
    # A reset is the rest of a window: of the longest that is told, or of a day. Servers round up.
    plausible = reset is not None and reset <= max((window for _, window in windows), default=_LONGEST_WINDOW_SECONDS) + 1
    ignored = None if plausible or not text else text[:40]
    return RateLimit(limit, _number(headers.get("x-ratelimit-remaining"), int), reset if plausible else None, windows, ignored)


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
        elif calls and seconds and calls <= LARGEST_QUOTA and seconds <= _LONGEST_WINDOW_SECONDS:
            windows.append((calls, seconds))
    return limit, tuple(windows[:8])


def _number(text: str | None, kind: Any) -> Any:
    # "nan" and "inf" are floats too, and no wait.
    if text is None or not is_digits(text.replace(".", "", 1)) or len(text) > 12:
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
        lock: keeps threads apart. A client that is given a pacer without one gives it one.
    """

    #: True: `reserve` and `learn` may block for a moment, and are called where that holds nobody up.
    blocking: ClassVar[bool] = False

    def __init__(
        self,
        documented: Mapping[str, tuple[int, int]] = DOCUMENTED,
        universal: tuple[int, int] = UNIVERSAL,
        *,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._lock: AbstractContextManager[Any] = lock or nullcontext()
        self._guarded = lock is not None
        self._buckets: dict[str, dict[int, Bucket]] = {
            category: {window: Bucket(quota, window, True)} for category, (quota, window) in documented.items()
        }
        self._buckets[ALL] = {universal[1]: Bucket(*universal, True)}
        self._told = False
        #: What went wrong with keeping the quotas; whoever tells it sets it back to None.
        self.trouble: str | None = None

    def guard(self, lock: AbstractContextManager[Any]) -> None:
        """Keep threads apart with this lock, unless there is one already."""
        if not self._guarded:
            self._guarded = True
            self._lock = lock

    def reserve(self, category: str, now: float, at_most_seconds: float = float("inf")) -> float:
        """Take the next slot of a category. Returns the seconds to wait before sending.

        More than ``at_most_seconds``: nothing was taken, because nobody would wait so long.
        """
        with self._lock:
            buckets = (*self._buckets[ALL].values(), *self._buckets.get(category, _NONE).values())
            at = now
            for bucket in buckets:
                at = max(at, bucket.free_at(now))
            if at - now <= at_most_seconds:
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
            own = self._take_over(category, limit.windows)
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

    def _take_over(self, category: str, windows: tuple[tuple[int, int], ...]) -> dict[int, Bucket]:
        """The buckets of a category as a reply tells them: exactly these windows, with the calls that were made."""
        own = self._buckets.setdefault(category, {})
        told = {window for _, window in windows}
        gone = [own.pop(window) for window in list(own) if window not in told]
        for quota, window in windows:
            home = self._buckets[ALL] if window == 1 else own
            bucket = home.get(window)
            if bucket is None:
                home[window] = bucket = Bucket(quota, window, False)
                for was in gone:
                    if not was.documented:
                        bucket.calls = deque(was.calls, maxlen=quota)
                        bucket.blocked_until = max(bucket.blocked_until, was.blocked_until)
            bucket.resize(quota)
            bucket.documented = False
        return own

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
