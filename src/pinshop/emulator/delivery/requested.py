"""What a request asks of delivery, checked as Pinterest does: columns, dates, time zone, and the `Query` of them."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pinshop.api import columns
from pinshop.api.operations import version
from pinshop.api.reaches import reach
from pinshop.emulator.delivery import model
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.storage.store import Entity

#: No dots: names of zones are names of files.
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*")


@lru_cache(maxsize=8)
def _available(api_version: str) -> frozenset[str]:
    return frozenset(columns.available(api_version))


def check_columns(given: Sequence[str], api_version: str) -> list[str]:
    """The columns in the order asked, each once; 400/1 for one the API version does not know."""
    for name in given:
        if name not in _available(api_version):
            raise bad(f"Invalid request: 'columns' ({shown(name)} is not one of the columns of this endpoint)")
    return list(dict.fromkeys(given))


def check_dates(
    start: str, end: str, granularity: str, now: int, days_back: int, api_version: str
) -> tuple[datetime.date, datetime.date]:
    """The date rules of 5.9.0 and later; how far back days (but not hours) reach is a rule. 5.6 has none."""
    first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if last < first:
        raise bad("'start_date' must not be after 'end_date'.")
    if version(api_version) < version("5.8"):
        return first, last
    limits = reach("sync", granularity)
    back, longest = limits.days_back if granularity == "HOUR" else days_back, limits.days
    if (today - first).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (last - first).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")
    return first, last


def query_of(
    account: Entity, columns: Sequence[str], start: datetime.date, end: datetime.date, asked: Mapping[str, Any]
) -> model.Query:
    """The query of a request that was checked; ``asked`` holds its other parameters."""
    return model.Query(
        start_date=start,
        end_date=end,
        granularity=asked["granularity"],
        columns=tuple(columns),
        click_window_days=asked["click_window_days"],
        engagement_window_days=asked["engagement_window_days"],
        view_window_days=asked["view_window_days"],
        conversion_report_time=asked["conversion_report_time"],
        utc_offset_seconds=utc_offset(account, asked.get("reporting_timezone")),
        start_hour=asked.get("start_hour", 0),
        end_hour=asked.get("end_hour", 24),
    )


def zone_of(name: object) -> zoneinfo.ZoneInfo | None:
    """A time zone by its name in the time zone database; None: no such name."""
    if not isinstance(name, str) or not _ZONE.fullmatch(name):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def utc_offset(account: Entity, timezone: str | None) -> int:
    """Seconds east of UTC of the reporting days; the account's standard time, since a query has one offset.

    Summer is in January in the south, so standard time is the lesser of two offsets half a year apart.
    """
    if timezone != "AD_ACCOUNT_TIME_ZONE":
        return 0
    zone = zone_of(account.get("time_zone") or "UTC")
    if zone is None:
        raise bad(f"The time zone of the ad account, {shown(account.get('time_zone'))}, is not a known time zone.")
    seasons = (datetime.datetime(2026, month, 15, tzinfo=zone).utcoffset() for month in (1, 7))
    return min(int(offset.total_seconds()) if offset else 0 for offset in seasons)
