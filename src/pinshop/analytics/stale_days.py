"""Which days of which promotions a sync reads, and in which transactions.

Which days may change (facts of Pinterest's, with a margin): a day of columns that count conversions by the time of the ad
action changes for the longest attribution window plus `MARGIN_DAYS`; every other day for `MARGIN_DAYS`. A day is settled
when it was read after that, and Pinterest says that its metrics are ready. Days that are settled are not read again, except
with ``verify``, which reads 90 days.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from msgspec import Struct

from pinshop.analytics import planning, query, warehouse
from pinshop.analytics.planning import Ask, Query
from pinshop.analytics.warehouse import Known
from pinshop.api import operations
from pinshop.api.columns import COLUMNS
from pinshop.api.models import MetricsReadyState
from pinshop.api.reaches import Way, reach

MARGIN_DAYS = 3

#: How many days are asked for, from the newest that may be settled back, whether their metrics are ready.
MOST_READY_DAYS = 7

VERIFIED_DAYS = 90

_DEFAULT_WINDOWS = {"click_window_days": 30, "engagement_window_days": 30, "view_window_days": 1}


class Unit(Struct, frozen=True):
    """What one transaction will replace, and the calls that answer it."""

    ad_account_id: str
    ids: tuple[str, ...]
    first: datetime.date
    last: datetime.date
    compared: tuple[str, ...]
    asks: tuple[Ask, ...]


def is_late(question: Query) -> bool:
    """Whether a column counts conversions, which come late."""
    return any(name not in COLUMNS or COLUMNS[name].conversion for name in question.columns)


def is_ready(state: MetricsReadyState, *, late: bool) -> bool:
    """Whether Pinterest says that a day's metrics are final; ``late``: those of conversions, too."""
    return state.non_conversion_metrics_ready is True and (state.conversion_metrics_ready is True or not late)


def lag_days(question: Query) -> int:
    """For how many days after it a day may still change, with these columns and windows."""
    extra = 1 if question.reporting_timezone == "AD_ACCOUNT_TIME_ZONE" else 0
    if not is_late(question) or question.conversion_report_time == "TIME_OF_CONVERSION":
        return MARGIN_DAYS + extra
    windows = (getattr(question, name) for name in _DEFAULT_WINDOWS)
    return max(
        _DEFAULT_WINDOWS[name] if given is None else given for name, given in zip(_DEFAULT_WINDOWS, windows, strict=True)
    ) + (MARGIN_DAYS + extra)


def setting_text(question: Query) -> str:
    """What rows of a table have in common, in words."""
    given = {name: getattr(question, name) for name in _DEFAULT_WINDOWS}
    windows = "/".join(str(default if given[name] is None else given[name]) for name, default in _DEFAULT_WINDOWS.items())
    report_time = question.conversion_report_time or "TIME_OF_AD_ACTION"
    return f"windows {windows}, {report_time}, {question.reporting_timezone or 'PINTEREST_TIME_ZONE'}"


def first_unread(known: Known | None, start: datetime.date, columns: str) -> datetime.date:
    """The first day that must be read for a promotion, so that all from ``start`` on are right."""
    if known is None:
        return start
    if known.columns != columns:  # a column is new: it is missing on every day
        return min(start, known.first_day)
    if start < known.first_day:
        return start
    if known.settled_until is None:
        return known.first_day
    # Before the first day nothing was kept, even where the days that still change reach farther back.
    return max(known.first_day, known.settled_until + datetime.timedelta(1))


def units_of(
    question: Query,
    account: str,
    ids: Sequence[str],
    known: Mapping[str, Known],
    today: datetime.date,
    api_version: operations.ApiVersion,
    *,
    verify: bool,
) -> list[Unit]:
    """What is read of an account: calls of as many ids as one takes, however many days each needs."""
    text = warehouse.columns_text(question.columns)
    earliest = today - datetime.timedelta(reach("report", "DAY").days_back)
    verified = today - datetime.timedelta(VERIFIED_DAYS - 1)
    wanted: list[tuple[datetime.date, str]] = []
    for one in ids:
        first = max(earliest, first_unread(known.get(one), question.start_date, text))
        if verify:
            mine = known[one].first_day if one in known else question.start_date
            first = min(first, max(verified, min(mine, question.start_date)))
        # After a clock was put back far, reading on would leave a gap before the days that are known.
        apart = one in known and question.end_date < known[one].first_day - datetime.timedelta(1)
        if first <= question.end_date and not apart:
            wanted.append((first, one))
    wanted.sort(key=lambda pair: pair[0])  # promotions that need old days share their calls
    units = []
    position = 0
    while position < len(wanted):
        first = wanted[position][0]
        old = (today - first).days > reach("sync", "DAY").days_back
        size = planning.REPORT_IDS if old else planning.most_ids(api_version)
        part = tuple(one for _, one in wanted[position : position + size])
        position += size
        way: Way = "report" if old else "sync"
        spans = query.cut(first, question.end_date, reach(way, "DAY").days)
        before = [set(known[one].columns.split(",")) for one in part if one in known]
        compared = tuple(name for name in question.columns if all(name in names for names in before))
        units.append(
            Unit(account, part, first, question.end_date, compared, tuple(Ask(account, way, part, *span) for span in spans))
        )
    return units
