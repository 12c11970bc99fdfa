"""What is asked: ids, columns and dates checked, and cut into calls within Pinterest's limits.

Nothing is ever added up here: a ratio, a reach or a frequency of two windows cannot be made from the two values.
"""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from pinshop.api import checks, columns, models, operations
from pinshop.api.column_words import family_of
from pinshop.api.models import CatalogProductGroup
from pinshop.api.near import either, near
from pinshop.api.operations import ApiVersion, Call, Operation
from pinshop.api.reaches import reach
from pinshop.errors import InvalidInput

ALL_COLUMNS = "all"


def plan(
    row: Operation,
    ad_account_id: checks.Id,
    ids: Iterable[checks.Id],
    *,
    start_date: str | datetime.date,
    end_date: str | datetime.date,
    columns: Iterable[str],
    granularity: models.Granularity,
    api_version: ApiVersion,
    allow_unknown_columns: bool = False,
    **options: Any,
) -> tuple[list[Call], list[str]]:
    """The calls that fetch it, and the columns as checked. Every id is asked for every day exactly once.

    Raises:
        InvalidInput: unknown columns, reversed dates, or a range that would need adding up over windows.
    """
    asked = check_columns(columns, api_version, row.id, allow_unknown=allow_unknown_columns, granularity=granularity)
    granularity = checks.check_choice("granularity", granularity, row.params["granularity"].choices, row.id)  # type: ignore[assignment]
    spans = windows(start_date, end_date, granularity, row.id)
    calls = [
        operations.build(
            row,
            {"ad_account_id": ad_account_id},
            {
                "start_date": first,
                "end_date": last,
                "product_group_ids": part,
                "columns": asked,
                "granularity": granularity,
                **options,
            },
        )
        for part in operations.chunk_ids(row, "product_group_ids", ids, api_version)
        for first, last in spans
    ]
    return calls, asked


def windows(
    start_date: str | datetime.date, end_date: str | datetime.date, granularity: str, operation: str | None = None
) -> list[tuple[datetime.date, datetime.date]]:
    """The range cut into windows that Pinterest answers, both ends included."""
    first = datetime.date.fromisoformat(checks.check_date("start_date", start_date, operation))
    last = datetime.date.fromisoformat(checks.check_date("end_date", end_date, operation))
    if last < first:
        raise InvalidInput("end_date", end_date, f"{first} (start_date) or later", operation=operation)
    days = reach("sync", granularity).days
    if (last - first).days >= days and granularity not in ("DAY", "HOUR"):
        # Two windows would give two rows for one total, or a week in two halves.
        raise InvalidInput(
            "end_date",
            end_date,
            f"at most {days} days in all with granularity {granularity}; ask for DAY, whose counts and money can be added up",
            operation=operation,
        )
    return cut(first, last, days)


def until_today(
    first: datetime.date, last: datetime.date, today: datetime.date | None, reporting_timezone: str | None
) -> tuple[datetime.date, str]:
    """The last day that has begun, and what to say where a later one was asked for; "" if none was.

    ``today`` is the server's, UTC; None where it is not known yet. In the account's own time zone a day more may have begun.

    Raises:
        InvalidInput: not one of the days has begun.
    """
    if today is None:
        return last, ""
    latest = today + datetime.timedelta(1 if reporting_timezone == "AD_ACCOUNT_TIME_ZONE" else 0)
    if first > latest:
        allowed = f"{latest} or earlier, which is today at the server: nothing has been earned after today"
        raise InvalidInput("start_date", str(first), allowed, operation="product_groups/analytics")
    if last <= latest:
        return last, ""
    return latest, f"end_date {last} is in the future: these are the days to {latest}, which is today at the server"


def cut(first: datetime.date, last: datetime.date, days: int) -> list[tuple[datetime.date, datetime.date]]:
    """A range as windows of so many days at most, both ends included."""
    spans = []
    while first <= last:
        # Not first + days: the last day of the calendar has no day after it.
        until = first + datetime.timedelta(min(days - 1, (last - first).days))
        spans.append((first, until))
        if until == last:
            break
        first = until + datetime.timedelta(1)
    return spans


def ids_of(field: str, given: object, operation: str | None = None) -> list[str]:
    """Ids of promotions, each once: ids as text or numbers, or the promotions themselves.

    Raises:
        InvalidInput: one of them is no id, or a catalog product group.
    """
    if isinstance(given, str | int | Mapping) or not isinstance(given, Iterable):
        wait = "of an AsyncListing give await listing.all()" if isinstance(given, AsyncIterable) else ""
        raise InvalidInput(field, given, f"a list of ids; {wait or 'put a single one in brackets'}", operation=operation)
    found: dict[str, None] = {}
    for index, one in enumerate(given):
        if isinstance(one, CatalogProductGroup):
            allowed = "promotions: analytics are of what promotes it; promotions.list(ad_group_id=…) has their ids"
            raise InvalidInput(f"{field}[{index}]", one, allowed, operation=operation)
        value = getattr(one, "id", one) if not isinstance(one, str | int) else one
        found[checks.check_id(f"{field}[{index}]", value, operation)] = None
    return list(found)


def check_columns(
    names: Iterable[str],
    api_version: ApiVersion,
    operation: str | None = None,
    *,
    allow_unknown: bool = False,
    granularity: str = "DAY",
) -> list[str]:
    """Column names that this generation knows, each once, in the order given.

    A family ("spend", "checkout", in small letters) stands for its columns, "all" for all. By the hour these leave out
    conversions, which Pinterest has by the day only.
    """
    if isinstance(names, str | Mapping) or not isinstance(names, Iterable):
        raise InvalidInput("columns", names, "a list of column names; put a single one in brackets", operation=operation)
    checked = []
    available = set(columns.available(api_version))
    for index, given in enumerate(names):
        name = getattr(given, "value", given)
        if not isinstance(name, str) or not name or "," in name:
            raise InvalidInput(f"columns[{index}]", given, "the name of a column", operation=operation)
        if name in columns.FAMILIES or name == ALL_COLUMNS:
            several = columns.available(api_version, None if name == ALL_COLUMNS else name)
            checked += [one for one in several if granularity != "HOUR" or not columns.COLUMNS[one].conversion]
            continue
        if name not in available and allow_unknown and (other := _same_name(name, checked)):
            raise InvalidInput(
                f"columns[{index}]", name, f"a name unlike {other}: many databases take both for one", operation=operation
            )
        if name not in available and not allow_unknown:
            if family := family_of(name):
                some = sorted(columns.available(api_version, family), key=lambda one: not one.startswith("TOTAL_"))
                allowed = (
                    f'a column, such as {", ".join(some[:3])}; the family "{family}" in small letters stands for all of its'
                )
            elif name in columns.COLUMNS:
                allowed = f"a column of api_version {api_version} ({name} exists since {columns.COLUMNS[name].since})"
            else:
                allowed = f"a column that Pinterest has (pinshop columns lists them{_meant(name, available)}); "
                allowed += "allow_unknown_columns=True sends it all the same"
            raise InvalidInput(f"columns[{index}]", name, allowed, operation=operation)
        checked.append(name)
    if not checked:
        raise InvalidInput("columns", [], "at least one column", operation=operation)
    return list(dict.fromkeys(checked))


#: What tables of pinshop hold beside columns of Pinterest's; many databases do not tell capital letters from small ones.
_OURS = ("OTHER_COLUMNS", "read_at", "settled", "replaced_at", "change")
_TAKEN = {one.lower(): one for one in (*columns.COLUMNS, *columns.KEYS, "AD_ACCOUNT_ID", "CURRENCY", *_OURS)}


def _same_name(name: str, checked: Iterable[str]) -> str | None:
    """A column that a table could not hold beside this one."""
    taken = {**_TAKEN, **{one.lower(): one for one in checked}}.get(name.lower())
    return taken if taken is not None and (taken != name or name in _OURS) else None


def _meant(name: str, available: Iterable[str]) -> str:
    """Columns with a name like this one, else those that hold the word."""
    word = name.upper()
    holding = [one for one in available if word in one.split("_")] if word not in available else []
    found = either(holding[:3]) or near(name, available)
    return f"; did you mean {found}?" if found else ""
