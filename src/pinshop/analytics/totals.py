"""Adding up what may be added up, and filling in what was asked for and not answered."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Any, TypeVar

from pinshop.analytics import values
from pinshop.analytics.plain_rows import PlainRows
from pinshop.api.columns import COLUMNS, Column
from pinshop.api.money import known_currency
from pinshop.errors import InvalidInput

R = TypeVar("R", bound=PlainRows)

#: Quotients have this many digits, whatever the caller's decimal context is; sums are exact.
_QUOTIENTS = Context(prec=34)
_SUMS = Context(prec=200)

_MONEY_UNITS = frozenset({"micro-currency", "currency"})


def total(rows: R, by: str | Sequence[str], columns: Sequence[str] | None) -> R:
    """See `Rows.total`."""
    names = (by,) if isinstance(by, str) else tuple(by)
    wanted = [name for name in (rows.columns if columns is None else columns) if name not in names]
    there = set(rows.names())
    for name in names:
        if name not in there and not (name in ("WEEK", "MONTH") and "DATE" in there):
            raise InvalidInput("by", name, f"columns of the rows: {', '.join(rows.names()) or 'there are none'}")
    if columns is None:  # what an entity is cannot be added; it may be among what was asked for
        wanted = [name for name in wanted if not _attribute(name)]
    parts = _parts(rows, wanted)
    numbers = {name: _numbers(rows, name) for name in parts}
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, key in enumerate(_group_keys(rows, names)):
        groups.setdefault(key, []).append(index)
    if not names and not groups:
        groups[()] = []
    _check_currencies(rows, wanted, groups)
    found = []
    for key, members in groups.items():
        row: dict[str, Any] = {
            name: value.isoformat() if isinstance(value, datetime.date) else value
            for name, value in zip(names, key, strict=True)
            if value is not None
        }
        sums = {name: _sum(numbers[name], members) for name in parts}
        for name in wanted:
            value = sums[name] if COLUMNS[name].additive else _quotient(COLUMNS[name], sums)
            if value is not None:
                row[name] = value
        found.append(row)
    granularity = "TOTAL" if "DATE" not in names else rows.asked.granularity
    return rows.like(found, wanted, keys=names, granularity=granularity, ids={})


def _attribute(name: str) -> bool:
    column = COLUMNS.get(name)
    return column is None or column.attribute


def _parts(rows: PlainRows, wanted: Iterable[str]) -> list[str]:
    """The columns to add: those wanted, and the parts of the ratios among them."""
    parts: dict[str, None] = {}
    there = {*rows.columns, *rows.names()}
    for name in wanted:
        column = COLUMNS.get(name)
        if column is None or column.attribute:
            raise InvalidInput("columns", name, "counts, money and ratios that pinshop.columns knows")
        if column.additive:
            parts[name] = None
            continue
        if column.ratio is None or any(not COLUMNS[part].additive for part in (*column.ratio.over, *column.ratio.under)):
            why = "people are counted once in each row" if _counts_people(column) else "its parts are no columns of Pinterest's"
            allowed = f"columns that can be added up ({why}); ask Pinterest with granularity TOTAL, or name the others"
            raise InvalidInput("columns", name, allowed)
        needed = (*column.ratio.over, *column.ratio.under)
        if lacking := [part for part in needed if part not in there]:
            raise InvalidInput("columns", name, f"a ratio whose parts were asked for too; ask for {', '.join(lacking)} as well")
        parts.update(dict.fromkeys(needed))
    return list(parts)


def _counts_people(column: Column) -> bool:
    parts = column.ratio.over + column.ratio.under if column.ratio else ()
    return column.kind == "users" or any(COLUMNS[part].kind == "users" for part in parts)


def _numbers(rows: PlainRows, name: str) -> list[Any]:
    return rows.typed(name)


def _sum(numbers: list[Any], members: list[int]) -> int | Decimal | None:
    """The sum of what is there; None where nothing is, which is not zero."""
    return _add(numbers[index] for index in members)


def _add(numbers: Iterable[Any]) -> int | Decimal | None:
    result: int | Decimal | None = None
    for number in numbers:
        if result is None or number is None:
            result = number if result is None else result
        elif isinstance(result, int) and isinstance(number, int):
            result += number
        else:
            result = _SUMS.add(Decimal(result), Decimal(number))
    return result


def _quotient(column: Column, sums: dict[str, Any]) -> Decimal | None:
    ratio = column.ratio
    if ratio is None:
        return None
    over, under = _add(sums[name] for name in ratio.over), _add(sums[name] for name in ratio.under)
    if over is None or not under:
        return None
    return _QUOTIENTS.divide(_SUMS.multiply(Decimal(over), ratio.times), _SUMS.multiply(Decimal(under), ratio.by))


def _group_keys(rows: PlainRows, names: tuple[str, ...]) -> Iterable[tuple[Any, ...]]:
    columns: list[list[Any]] = []
    for name in names:
        if name in ("WEEK", "MONTH"):
            days = rows.typed("DATE", type="date")
            columns.append([day and _first_day(day, name) for day in days])
        elif name == "DATE":
            columns.append(rows.typed(name))
        else:
            columns.append([None if value is None else values.text_of(value) for value in rows.column(name)])
    return zip(*columns, strict=True) if columns else (() for _ in range(len(rows)))


def _first_day(day: datetime.date, period: str) -> datetime.date:
    return day.replace(day=1) if period == "MONTH" else day - datetime.timedelta(day.weekday())


def _check_currencies(rows: PlainRows, wanted: Sequence[str], groups: dict[tuple[Any, ...], list[int]]) -> None:
    money = [
        name
        for name in wanted
        if COLUMNS[name].unit in _MONEY_UNITS or any(COLUMNS[part].unit in _MONEY_UNITS for part in _ratio_parts(name))
    ]
    if not money:
        return
    currencies = rows.asked.currencies
    kinds = [
        (currency, None)
        if (currency := known_currency(row.get("CURRENCY")) or known_currency(currencies.get(str(row.get("AD_ACCOUNT_ID")))))
        else (None, row.get("AD_ACCOUNT_ID"))
        for row in rows
    ]
    for members in groups.values():
        mixed = {kinds[index] for index in members}
        if len(mixed) > 1:
            shown = sorted(currency or f"an unknown one (ad account {account})" for currency, account in mixed)
            apart = "CURRENCY" if all(currency for currency, _ in mixed) else "AD_ACCOUNT_ID"
            raise InvalidInput(
                "by", money[0], f'money of one currency: there are {", ".join(shown[:4])}; add up by "{apart}" as well'
            )


def _ratio_parts(name: str) -> tuple[str, ...]:
    ratio = COLUMNS[name].ratio
    return ratio.over + ratio.under if ratio else ()


def densify(rows: R, *, zero: bool) -> R:
    """See `Rows.densify`."""
    asked = rows.asked
    if asked.granularity not in ("DAY", "TOTAL"):
        raise InvalidInput(
            "densify", asked.granularity, "rows of granularity DAY or TOTAL: of others the moments are not known"
        )
    if not asked.ids or any(ids is None for account, ids in asked.ids.items() if account not in rows.failed):
        raise InvalidInput("densify", "ids that are not known", "rows that were asked for by id")
    if asked.granularity == "DAY" and (asked.first is None or asked.last is None):
        raise InvalidInput("densify", "days that are not known", "rows of a query")
    days: list[str | None] = [None]
    if asked.granularity == "DAY" and asked.first is not None and asked.last is not None:
        days = [(asked.first + datetime.timedelta(n)).isoformat() for n in range((asked.last - asked.first).days + 1)]
    several = "AD_ACCOUNT_ID" in rows.keys
    only = next(iter(asked.ids))
    there: dict[tuple[str, str, str | None], list[dict[str, Any]]] = {}
    for row in rows:
        found_day = None if days[0] is None else values.exact("DATE", "date", row.get("DATE"))
        day = None if found_day is None else found_day.isoformat()
        account = str(row.get("AD_ACCOUNT_ID")) if several else only
        there.setdefault((account, str(row.get(asked.key)), day), []).append(row)
    zeros = {name: 0 for name in rows.columns if zero and name in COLUMNS and COLUMNS[name].additive}
    found: list[dict[str, Any]] = []
    for account, ids in asked.ids.items():
        if account in rows.failed:
            continue
        facts = {"AD_ACCOUNT_ID": account} if several else {}
        if several and account in asked.currencies and "CURRENCY" in rows.names():
            facts["CURRENCY"] = asked.currencies[account]
        for one in ids or ():
            for day in days:
                known = there.pop((account, one, day), None)
                if known is not None:
                    found += [{**zeros, **row} for row in known] if zero else known
                else:
                    found.append({**facts, asked.key: one, **({} if day is None else {"DATE": day}), **zeros})
    found += [row for left in there.values() for row in left]  # rows nobody asked for are not lost
    return rows.like(found)
