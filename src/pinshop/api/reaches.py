"""How far back and how long analytics reach.

Source: the texts of ``product_groups/analytics`` and ``analytics/create_report`` in Pinterest's descriptions 5.17.0 to 5.28.0.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Way: TypeAlias = Literal["sync", "report"]


class Reach(Struct, frozen=True):
    """``days_back`` of start_date, counted from today; ``days`` of one call, both ends included."""

    days_back: int
    days: int


_SYNC, _SYNC_HOUR = Reach(90, 90), Reach(8, 3)

# A report may end 186 days after its start (31, 3): a day fewer is asked for, should the text mean days in all.
_REPORT, _REPORT_HOUR, _REPORT_ITEM = Reach(914, 186), Reach(8, 3), Reach(92, 31)


def reach(way: Way, granularity: str, level: str = "PRODUCT_GROUP") -> Reach:
    """What one call of an endpoint may ask for."""
    if way == "sync":
        return _SYNC_HOUR if granularity == "HOUR" else _SYNC
    if granularity == "HOUR":
        return _REPORT_HOUR
    return _REPORT_ITEM if level == "PRODUCT_ITEM" else _REPORT
