"""Which type a column has in tables, and the exact value of that type: the same in every chunk, whatever was sent.

Counts and micro-money are int64, money in units decimal128(38,18), ratios float64, ids text, days dates. A column that
`pinshop.api.columns` does not know is text, exactly as sent: its type cannot be told from the rows that happened to come.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from pinshop.api import models
from pinshop.api.columns import COLUMNS
from pinshop.errors import BadReply, InvalidInput

Type: TypeAlias = Literal["int64", "decimal", "float64", "string", "date", "bool"]

TYPES: tuple[Type, ...] = ("int64", "decimal", "float64", "string", "date", "bool")

_OF_KIND: Mapping[str, Type] = {
    "count": "int64", "users": "int64", "money_micro": "int64", "money": "decimal", "ratio": "float64", "cost": "float64",
    "average": "float64", "duration": "float64", "number": "float64", "boolean": "bool",
}  # fmt: skip

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?")

_PLAIN_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?\s*")

_LARGEST = 2**63 - 1


@lru_cache(maxsize=2048)
def type_of(name: str, granularity: str | None = None) -> Type:
    """The type of a column. ``DATE`` is a day, except by the hour: the form it has there is not documented, so it is text."""
    if name == "DATE":
        return "string" if granularity == "HOUR" else "date"
    column = COLUMNS.get(name)
    if column is None:  # also the keys that are ids
        return "string"
    if column.kind == "budget":
        return "int64" if column.unit == "micro-currency" else "decimal"
    return _OF_KIND.get(column.kind, "string")


def check_types(types: Mapping[str, str] | None) -> dict[str, Type]:
    """Types that a caller chose instead of the catalog's."""
    for name, given in (types or {}).items():
        if given not in TYPES:
            raise InvalidInput(f"types[{name!r}]", given, f"one of {', '.join(TYPES)}")
    return dict(types or {})  # type: ignore[arg-type]


def exact(name: str, kind: Type, value: Any) -> Any:
    """The value as `int`, `Decimal`, `float`, `str`, `datetime.date` or `bool`; None stays None.

    Raises:
        BadReply: the value cannot be of that type without losing something (5.5 in a count, 2^63, 19 decimal places).
    """
    if value is None or (value == "" and kind != "string"):
        return None
    if kind == "string":
        return text_of(value)
    if kind == "bool":
        found = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if found is None:
            raise _not_exact(name, value, "true or false")
        return found
    if kind == "date":
        return _day(name, value)
    number = _number(name, value)
    if kind == "float64":
        if abs(number) > Decimal("1.7976931348623157e308"):
            raise _not_exact(name, value, "a number that a double holds")
        return float(number)
    if kind == "int64":
        if number != number.to_integral_value() if number.adjusted() < 40 else True:
            raise _not_exact(name, value, "a whole number")
        if not -_LARGEST - 1 <= number <= _LARGEST:
            raise _not_exact(name, value, "a whole number of 64 bits")
        return int(number)
    sign_digits = number.as_tuple()
    places = -int(sign_digits.exponent)
    if places > 18:
        number = number.normalize() if len(sign_digits.digits) <= 28 else number
        places = -int(number.as_tuple().exponent)
    if places > 18 or number.adjusted() > 19:
        raise _not_exact(name, value, "an amount of at most 20 digits before the point and 18 after it")
    return number


def text_of(value: Any) -> str:
    """A value as text: what is text already stays as it is, the rest as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return models.encode(value).decode()


def as_sent(name: str, text: str) -> Any:
    """A value of a CSV report as a JSON report would have it: a number as `int` or `Decimal`, an empty one as None."""
    kind = type_of(name)
    if text == "":
        return None
    if kind == "bool":
        return exact(name, kind, text)
    if kind in ("string", "date"):
        return text
    number = _number(name, text)
    # Kept as written ("0.10"), and 5 stays an int. A fraction in a count is refused where the table is made.
    return int(number) if re.fullmatch(r"-?[0-9]+", text) else number


def _number(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _not_exact(name, value, "a number")
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value):  # Decimal takes 1_000 and digits of any script
        raise _not_exact(name, value, "a number")
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        raise _not_exact(name, value, "a number") from None
    if not number.is_finite():
        raise _not_exact(name, value, "a number")
    return number


def _day(name: str, value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        return datetime.date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise _not_exact(name, value, "a day YYYY-MM-DD") from None


def _not_exact(name: str, value: Any, allowed: str) -> BadReply:
    shown = text_of(value)
    return BadReply(
        f"{name}: got {shown[:60]}, expected {allowed}",
        advice=f'the rows hold it as sent; types={{"{name}": "string"}} keeps it in a table as text',
    )
