"""Rate limits by category, counted by the emulated clock, and their headers in Envoy's form.

Source of the numbers: Pinterest's page on rate limits, and headers seen in real traffic
(``x-ratelimit-limit: 100, 100;w=1, 1000;w=60``, ``x-ratelimit-remaining: 99``, ``x-ratelimit-reset: 1``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from pinshop.emulator.arguments import of_fields, one_of, shown
from pinshop.emulator.refusals import Refusal
from pinshop.errors import ConfigurationError

Headers = Literal["envoy", "none", "retry_after", "text"]
_DAY = 86_400
_CATEGORIES = ("ads_read", "ads_write", "ads_analytics", "catalogs_read", "catalogs_write", "org_read", "org_write")

#: Requests per minute, per user and app. ads_write and org are not published: an old note says 400, a real header 1000.
_STANDARD = {
    "ads_analytics": 300, "ads_read": 1000, "ads_write": 400, "catalogs_read": 100, "catalogs_write": 100,
    "org_read": 1000, "org_write": 1000,
}  # fmt: skip
_WORDS = (
    "This request exceeded a rate limit. This can happen if the client exceeds one of the published rate limits within a "
    "short time window."
)


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """``universal`` and ``categories`` hold (requests, seconds). ``per_app`` counts all users of an app together (trial).

    ``headers``: "envoy" (as seen), "none" (a bare 429), "retry_after" (a 429 with only that), "text" (a 400 whose message
    says "Retry after N seconds", as connectors have seen on analytics).
    """

    universal: tuple[int, int] | None = None
    categories: Mapping[str, tuple[int, int]] = {}
    per_app: bool = False
    headers: Headers = "envoy"


PROFILES: dict[str, Profile | None] = {
    "none": None,
    "trial": Profile(universal=(1000, _DAY), per_app=True),
    "standard": Profile(universal=(100, 1), categories={name: (n, 60) for name, n in _STANDARD.items()}),
}


#: Seconds since 1970 with a fraction are exact to a quarter of a microsecond.
_ROUNDING = 1e-6


class _Window(Struct):
    """What was spent of one quota in its present window."""

    index: int = 0
    spent: int = 0
    #: By the real clock, when its first call was counted, and its last.
    began: float = 0.0
    last: float = 0.0
    #: Seconds that passed for this quota while the emulated clock stood still.
    waited: float = 0.0


class Limits:
    """Counts calls in windows aligned to the emulated clock.

    Where that clock is frozen, real time passes for a quota once it is used up. The next call is answered when the wait that
    was told has passed since the last one, or when the calls of this window took as long as a window: then the client keeps
    the quota, and one with several calls under way could not know that it was used up.
    """

    name: str
    profile: Profile | None

    def __init__(self, profile: str = "none", real: Callable[[], float] = time.monotonic) -> None:
        self._real = real
        self.use(profile)

    def use(self, profile: str | Profile, *, headers: Headers | None = None) -> None:
        """Choose "none", "trial", "standard", or a `Profile` of your own.

        Raises:
            ConfigurationError: an unknown profile or category, or a window without length.
        """
        if isinstance(profile, str) and profile in PROFILES:
            name, chosen = profile, PROFILES[profile]
        elif isinstance(profile, Profile):
            name, chosen = "custom", of_fields("rate limit", msgspec.structs.asdict(profile), Profile)
        else:
            raise ConfigurationError(f"rate limit: got {shown(profile)}, allowed: {', '.join(PROFILES)} or a `Profile`")
        if headers is not None:
            one_of("rate limit: headers", headers, get_args(Headers))
            if chosen is not None:
                chosen = Profile(chosen.universal, chosen.categories, chosen.per_app, headers)
        if chosen is not None:
            for category in chosen.categories:
                if category not in _CATEGORIES:
                    raise ConfigurationError(f"rate limit: category {shown(category)}, allowed: {', '.join(_CATEGORIES)}")
            windows = [*chosen.categories.values(), *([chosen.universal] if chosen.universal else [])]
            if any(not (1 <= quota <= 10**9 and 1 <= seconds <= 10**9) for quota, seconds in windows):
                raise ConfigurationError("rate limit: requests and seconds must be at least 1, and at most a billion")
        self.name, self.profile = name, chosen
        self.clear()

    def clear(self) -> None:
        """Forget what was spent."""
        self._windows: dict[tuple[str, ...], _Window] = {}

    def spent(self, now: float) -> list[tuple[str, str, int, int, int]]:
        """(category, who, calls in the present window, quota, seconds of the window) of every quota in use."""
        found = []
        for key, window in list(self._windows.items()):
            limit = self.profile and (self.profile.universal if len(key) == 1 else self.profile.categories.get(key[1]))
            if limit and window.index == int((now + window.waited) // limit[1]):
                found.append(("every call" if len(key) == 1 else key[1], key[0], window.spent, *limit))
        return found

    def _window(self, key: tuple[str, ...], quota: int, seconds: int, now: float, *, frozen: bool) -> _Window:
        """The quota's present window."""
        window = self._windows.setdefault(key, _Window())
        index = int((now + window.waited) // seconds)
        if frozen and index == window.index and window.spent >= quota:
            real, left = self._real(), (index + 1) * seconds - now - window.waited
            if real - window.last >= left - _ROUNDING or real - window.began >= seconds - _ROUNDING:
                window.waited += left + _ROUNDING
                index += 1
        if index != window.index:
            window.index, window.spent = index, 0
        return window

    def spend(self, category: str, user: str, app: str, now: float, headers: dict[str, str], *, frozen: bool = False) -> None:
        """Count one call and write its headers; raise 429/8 (or the variant's answer) if a quota is used up."""
        profile = self.profile
        if profile is None:
            return
        who = app if profile.per_app else user
        windows: list[tuple[_Window, int, int]] = []
        if profile.universal:
            windows.append((self._window((who,), *profile.universal, now, frozen=frozen), *profile.universal))
        if limit := profile.categories.get(category):
            windows.append((self._window((who, category), *limit, now, frozen=frozen), *limit))
        tightest: tuple[int, int, int] | None = None
        for window, quota, seconds in windows:
            left = max(quota - window.spent - 1, -1)
            reset = max(1, math.ceil((window.index + 1) * seconds - now - window.waited - _ROUNDING))
            # The window with the least left is the one reported; of two alike, the one that lasts longer.
            if tightest is None or (left, -reset) < (tightest[0], -tightest[1]):
                tightest = (left, reset, quota)
        if tightest is None:
            return
        left, reset, quota = tightest
        refused = left < 0
        if not refused:  # a refused call spends nothing
            real = self._real()
            for window, _, _ in windows:
                window.began = window.began if window.spent else real
                window.spent, window.last = window.spent + 1, real
        if profile.headers == "envoy":
            described = ", ".join(f"{quota};w={seconds}" for _, quota, seconds in windows)
            headers["x-ratelimit-limit"] = f"{quota}, {described}"
            headers["x-ratelimit-remaining"] = str(max(left, 0))
            headers["x-ratelimit-reset"] = str(reset)
        if refused:
            if profile.headers == "text":
                raise Refusal(400, 1, f"You have exceeded your rate limit. Retry after {reset} seconds")
            extra = {"retry-after": str(reset)} if profile.headers == "retry_after" else {}
            if profile.headers == "envoy":
                extra["x-envoy-ratelimited"] = "true"
            raise Refusal(429, 8, _WORDS, extra)
