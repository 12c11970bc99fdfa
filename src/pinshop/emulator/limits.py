"""Rate limits by category, counted by the emulated clock, and their headers in Envoy's form.

Source of the numbers: Pinterest's page on rate limits, and headers seen in real traffic
(``x-ratelimit-limit: 100, 100;w=1, 1000;w=60``, ``x-ratelimit-remaining: 99``, ``x-ratelimit-reset: 1``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from msgspec import Struct

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


#: Real seconds between two calls that are a wait, and not the time it takes to ask again.
_A_WAIT = 0.5


class _Caller(Struct):
    """Whose quotas these are. Each waits for its own: what others call meanwhile does not end the wait."""

    last_call: float
    waited: float = 0.0
    used_up: bool = False


class Limits:
    """Counts calls in windows aligned to the emulated clock."""

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
            name, chosen = "custom", profile
        else:
            raise ConfigurationError(f"rate limit: got {profile!r}, allowed: {', '.join(PROFILES)} or a `Profile`")
        if headers is not None:
            if headers not in get_args(Headers):
                raise ConfigurationError(f"rate limit: headers: got {headers!r}, allowed: {', '.join(get_args(Headers))}")
            if chosen is not None:
                chosen = Profile(chosen.universal, chosen.categories, chosen.per_app, headers)
        if chosen is not None:
            for category in chosen.categories:
                if category not in _CATEGORIES:
                    raise ConfigurationError(f"rate limit: category {category!r}, allowed: {', '.join(_CATEGORIES)}")
            windows = [*chosen.categories.values(), *([chosen.universal] if chosen.universal else [])]
            if any(not (1 <= quota <= 10**9 and 1 <= seconds <= 10**9) for quota, seconds in windows):
                raise ConfigurationError("rate limit: requests and seconds must be at least 1, and at most a billion")
        self.name, self.profile = name, chosen
        self.clear()

    def clear(self) -> None:
        """Forget what was spent."""
        self._callers: dict[str, _Caller] = {}
        self._spent: dict[tuple[Any, ...], tuple[int, int]] = {}

    def spent(self, now: float) -> list[tuple[str, str, int, int, int]]:
        """(category, who, calls in the present window, quota, seconds of the window) of every quota in use."""
        found = []
        for key, (window, spent) in list(self._spent.items()):
            limit = self.profile and (self.profile.universal if len(key) == 1 else self.profile.categories.get(key[1]))
            waited = self._callers[key[0]].waited if key[0] in self._callers else 0.0
            if limit and window == int((now + waited) // limit[1]):
                found.append(("every call" if len(key) == 1 else key[1], str(key[0]), spent, *limit))
        return found

    def _caller(self, who: str, frozen: bool) -> _Caller:
        """Who calls, and how long they waited for real, since a quota of theirs was used up, while the clock stood still."""
        real = self._real()
        caller = self._callers.get(who)
        if caller is None:
            caller = self._callers[who] = _Caller(real)
        if frozen and caller.used_up and real - caller.last_call >= _A_WAIT:
            caller.waited += real - caller.last_call
        caller.last_call = real
        return caller

    def spend(self, category: str, user: str, app: str, now: float, headers: dict[str, str], *, frozen: bool = False) -> None:
        """Count one call and write its headers; raise 429/8 (or the variant's answer) if a quota is used up.

        Where the emulated clock is frozen, what a caller waits for real after its quota was used up passes for the quota.
        """
        profile = self.profile
        if profile is None:
            return
        who = app if profile.per_app else user
        caller = self._caller(who, frozen)
        now += caller.waited
        windows: list[tuple[tuple[str, ...], int, int]] = []
        if profile.universal:
            windows.append(((who,), *profile.universal))
        if limit := profile.categories.get(category):
            windows.append(((who, category), *limit))
        tightest: tuple[int, int, int] | None = None
        refused = False
        for key, quota, seconds in windows:
            start = int(now // seconds)
            window, spent = self._spent.get(key, (start, 0))
            spent = spent if window == start else 0
            if spent >= quota:
                refused = True
            left, reset = quota - spent - 1, max(1, int((start + 1) * seconds - now + 0.999))
            # The window with the least left is the one reported; of two alike, the one that lasts longer.
            if tightest is None or (max(left, -1), -reset) < (tightest[0], -tightest[1]):
                tightest = (max(left, -1), reset, quota)
        if tightest is None:
            return
        if not refused:  # a refused call spends nothing
            for key, _, seconds in windows:
                start = int(now // seconds)
                window, spent = self._spent.get(key, (start, 0))
                self._spent[key] = (start, spent + 1 if window == start else 1)
        left, reset, quota = tightest
        caller.used_up = caller.used_up or left <= 0
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
