"""What a large job will take, before its first call: how many calls of each quota, and about how long.

Pure arithmetic over the quotas that are known; nothing is sent. The answer is a lower bound: failures that are sent again,
and others who spend from the same quota, come on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from pinshop.api.operations import Category
from pinshop.flow.pacing import ALL, Quota

#: What one exchange takes, where the caller does not know better. Not a promise of Pinterest's.
CALL_SECONDS = 0.3


class Cost(Struct, frozen=True, kw_only=True):
    """How many calls of each category, and about how many seconds. ``bound_by``: what takes the time."""

    calls: Mapping[Category, int]
    seconds: float
    bound_by: str

    @property
    def total_calls(self) -> int:
        """All calls together."""
        return sum(self.calls.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{count:,} {category}" for category, count in self.calls.items() if count) or "no calls"
        return f"{parts}; about {_duration(self.seconds)}, bound by {self.bound_by}"


class Estimate(Struct, frozen=True, kw_only=True):
    """A job that was checked and counted, and not begun."""

    operation: str
    calls: Mapping[Category, int]
    #: How many of its calls can be under way at once.
    side_by_side: int
    quotas: Sequence[Quota]

    def cost(self, *, call_seconds: float = CALL_SECONDS) -> Cost:
        """How many calls, and about how long, with ``call_seconds`` for one exchange."""
        total = sum(self.calls.values())
        longest = (total * call_seconds / max(1, self.side_by_side), f"{call_seconds:g} s a call")
        for quota in self.quotas:
            count = total if quota.category == ALL else self.calls.get(quota.category, 0)  # type: ignore[call-overload]
            if count > 0:
                name = "the quota of all calls" if quota.category == ALL else f"the quota of {quota.category}"
                longest = max(longest, (_wait(count, quota), name))
        return Cost(calls=dict(self.calls), seconds=longest[0], bound_by=longest[1])


def _wait(count: int, quota: Quota) -> float:
    """When the last of so many calls may go: at once while some are left, then window by window."""
    beyond = count - max(0, quota.remaining)
    windows = -(-beyond // quota.limit) if beyond > 0 else 0
    return quota.blocked_seconds + windows * quota.window_seconds


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
