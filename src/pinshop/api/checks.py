"""One check per kind of value: id, text, choice, integer, number, boolean, day, moment, list, JSON.

A check takes (field, value, operation) and gives the value as it is sent, or raises `InvalidInput` before anything is sent.
The parameters of operations (`pinshop.api.operations`) and the fields of bodies (`pinshop.api.params`) go through the same
ones.

Values of other libraries are taken where they say exactly one thing: a text of a subclass of `str` (`numpy.str_`), an integer
with ``__index__`` (`numpy.int64`), a float of a subclass, an enum's member for its value, a pandas ``Timestamp`` at midnight
without a zone for its day. They are sent as the plain value; everything else is refused.
"""

from __future__ import annotations

import datetime
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeAlias

from msgspec import Struct, structs

from pinshop.errors import InvalidInput

#: (name of the field, value, operation) -> the value as it is sent.
Check: TypeAlias = Callable[[str, object, "str | None"], Any]

#: An id as users have it at hand; it is sent as text.
Id: TypeAlias = str | int

#: Most digits of an id, by the name of the parameter, where Pinterest states a number. Others are not limited: those of Pins
#: and users have 19 digits and more. Source: ``maxLength`` of Pinterest's descriptions 5.6.0 to 5.23.0.
ID_DIGITS: dict[str, int] = {
    "ad_account_id": 18,
    "ad_group_id": 18,
    "campaign_id": 18,
    "campaign_ids": 18,
    "product_group_promotion_id": 18,
}

#: Parameters of a path that are not digits only. Source: the examples of ``request_id``, with digits, letters and hyphens.
TEXT_IDS: dict[str, re.Pattern[str]] = {"bulk_request_id": re.compile(r"[A-Za-z0-9_.-]{1,200}")}

# $ accepts a final newline.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# A list of names may be written as A,B: a name with a comma in it would be two.
_NAME = re.compile(r"[A-Za-z0-9_]+")

# JSON's readers promise no more.
_LEAST_INTEGER, _GREATEST_INTEGER = -(2**63), 2**63 - 1

# 10**11 seconds is the year 5138: a larger number is a count of milliseconds.
_LAST_SECOND = 10**11


def is_digits(text: str, most: int | None = None) -> bool:
    """Whether a text is ASCII digits, at most so many. `str.isdigit` alone would take other scripts' digits."""
    return text.isascii() and text.isdigit() and (most is None or len(text) <= most)


def plain(value: object) -> object:
    """The plain text or integer that a value stands for; other values as they are."""
    if isinstance(value, Enum):
        value = value.value
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # not str(value), which a subclass may answer as it likes
    if hasattr(kind, "__index__"):
        try:
            return operator.index(value)  # type: ignore[arg-type]
        except TypeError:  # numpy's booleans and arrays
            return value
    return value


def _integer_of(value: object) -> int | None:
    found = plain(value)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def encodable(value: object) -> object:
    """What an encoder makes of a value of a type that it does not know: the plain value it stands for.

    Raises:
        TypeError: it stands for none.
    """
    found = float(value) if isinstance(value, float) else plain(value)
    if found is value or not isinstance(found, str | int | float):
        raise TypeError(f"a value of type {type(value).__name__} is nothing that JSON has")
    return found


def check_finite(field: str, value: object, operation: str | None = None) -> None:
    """Refuse numbers that JSON does not have, wherever they stand: encoders write NaN as null."""
    if (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, Decimal) and not value.is_finite()):
        raise InvalidInput(field, value, "a finite number", operation=operation)
    if isinstance(value, Mapping):
        for name, item in value.items():
            check_finite(f"{field}.{name}", item, operation)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, item in enumerate(value):
            check_finite(f"{field}[{index}]", item, operation)
    elif isinstance(value, Struct):
        check_finite(field, structs.asdict(value), operation)


# ---------------------------------------------------------------------------------------------------- ids


@lru_cache(maxsize=64)
def pattern(form: str, words: str) -> Check:
    """A text of this form; an integer stands for its digits."""
    compiled = re.compile(form)

    def checked(field: str, value: object, operation: str | None = None) -> str:
        found = plain(value)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**100:
            found = str(found)
        if not isinstance(found, str) or not compiled.fullmatch(found):
            raise InvalidInput(field, value, words, operation=operation)
        return found

    return checked


@lru_cache(maxsize=64)
def id_check(prefix: str = "", digits: int | None = None) -> Check:
    """An id: ASCII digits, at most so many, with or without Pinterest's prefix (``AG``, ``C``)."""
    count = f"{{1,{digits}}}" if digits else "+"
    words = (f"1 to {digits} digits" if digits else "digits") + (f", with or without the prefix {prefix}" if prefix else "")
    return pattern(f"(?:{prefix})?[0-9]{count}", words)


def check_id(field: str, value: object, operation: str | None = None) -> str:
    """An id as Pinterest writes it. Takes `str` or `int`; ASCII digits, not more than `ID_DIGITS` has for the field."""
    if (pattern := TEXT_IDS.get(field)) is not None:
        found = plain(value)
        if isinstance(found, str) and pattern.fullmatch(found) and found.strip("."):
            return found
        raise InvalidInput(field, value, "letters, digits, hyphens and _, at most 200", operation=operation)
    digits = ID_DIGITS.get(field.rpartition(" ")[2].partition("[")[0])
    if type(value) is str and is_digits(value, digits):
        return value  # as nearly all come
    text: str = id_check("", digits)(field, value, operation)
    return text


def check_ad_group_id(field: str, value: object, operation: str | None = None) -> str:
    """An ad group id in a body: digits, with or without Pinterest's prefix AG."""
    text: str = id_check("AG")(field, value, operation)
    return text


# --------------------------------------------------------------------------------------------------- text


@lru_cache(maxsize=64)
def text_check(least: float | None = None, most: float | None = None) -> Check:
    """A text of ``least`` to ``most`` characters."""
    low, high = least or 0, most if most is not None else math.inf
    span = f" of {low:.0f} to {high:.0f} characters" if high < math.inf else " that is not empty" if low else ""

    def checked(field: str, value: object, operation: str | None = None) -> str:
        found = plain(value)
        if not isinstance(found, str) or not low <= len(found) <= high:
            raise InvalidInput(field, value, f"a string{span}", operation=operation)
        try:
            found.encode()
        except UnicodeEncodeError:
            raise InvalidInput(field, value, "a string without lone surrogates", operation=operation) from None
        return found

    return checked


check_text = text_check()


def check_name(field: str, value: object, operation: str | None = None) -> str:
    """A value of an open enum: letters, digits and ``_``."""
    found = plain(value)
    if not isinstance(found, str) or not _NAME.fullmatch(found):
        raise InvalidInput(field, value, "a name of letters, digits and _", operation=operation)
    return found


@lru_cache(maxsize=128)
def choice_check(allowed: tuple[str | int, ...]) -> Check:
    """One of these. A near miss is told what is nearest."""
    known = frozenset(allowed)
    words = f"one of {', '.join(map(str, allowed))}"

    def checked(field: str, value: object, operation: str | None = None) -> str | int:
        found = plain(value)
        # bool is an int: True would pass for 1.
        if isinstance(found, str | int) and not isinstance(found, bool) and found in known:
            return found
        import difflib  # a client should start quickly, and mistakes are rare

        near = difflib.get_close_matches(found.upper(), map(str, allowed), n=1) if isinstance(found, str) else None
        raise InvalidInput(field, value, f"{words}; nearest: {near[0]}" if near else words, operation=operation)

    return checked


def check_choice(field: str, value: object, allowed: Iterable[str | int], operation: str | None = None) -> str | int:
    """One of ``allowed``. An `enum.Enum` member stands for its value."""
    chosen: str | int = choice_check(tuple(allowed))(field, value, operation)
    return chosen


# ------------------------------------------------------------------------------------------------- numbers


def _span(least: float | None, most: float | None) -> str:
    if most is not None:
        return f" from {least or 0:g} to {most:g}"
    return "" if least is None else f", {least:g} or more"


@lru_cache(maxsize=64)
def integer_check(least: float | None = None, most: float | None = None, unit: str = "") -> Check:
    """A whole number."""
    low = least if least is not None else _LEAST_INTEGER
    high = most if most is not None else _GREATEST_INTEGER
    words = f"an integer{f' of {unit}' if unit else ''}{_span(least, most)}"

    def checked(field: str, value: object, operation: str | None = None) -> int:
        # Not even 1.0: money that went through a float may have lost its last digits already.
        number = _integer_of(value)
        if number is None or not low <= number <= high:
            raise InvalidInput(field, value, words, operation=operation)
        return number

    return checked


check_integer = integer_check()


@lru_cache(maxsize=64)
def number_check(least: float | None = None, most: float | None = None) -> Check:
    """A number that JSON can hold: an integer of 64 bits, a finite float or `Decimal`."""
    low, high = least if least is not None else -math.inf, most if most is not None else math.inf
    words = f"a number{_span(least, most)}"

    def checked(field: str, value: object, operation: str | None = None) -> float | Decimal:
        number: int | float | Decimal | None = _integer_of(value)
        if number is None and isinstance(value, float) and math.isfinite(value):
            number = float(value)
        # Decimal.is_finite: math.isfinite stumbles over a signalling NaN.
        if number is None and isinstance(value, Decimal) and value.is_finite():
            number = value
        if (
            number is None
            or (isinstance(number, int) and not _LEAST_INTEGER <= number <= _GREATEST_INTEGER)
            or not low <= number <= high
        ):
            raise InvalidInput(field, value, words, operation=operation)
        return number

    return checked


check_number = number_check()


def check_boolean(field: str, value: object, operation: str | None = None) -> bool:
    """True or False, and nothing that only counts as it."""
    if not isinstance(value, bool):
        raise InvalidInput(field, value, "True or False", operation=operation)
    return value


# --------------------------------------------------------------------------------------------------- times


def check_date(field: str, value: object, operation: str | None = None) -> str:
    """A day as ``YYYY-MM-DD``. Takes `datetime.date` or such a string; a `datetime` is refused, its zone being unclear.

    pandas has no type for days: its ``Timestamp`` stands for one at midnight without a zone.
    """
    found = plain(value)
    if isinstance(found, datetime.datetime):
        midnight = (found.hour, found.minute, found.second, found.microsecond) == (0, 0, 0, 0)
        if type(found) is not datetime.datetime and midnight and found.tzinfo is None:
            return datetime.date(found.year, found.month, found.day).isoformat()
    elif isinstance(found, datetime.date):
        return datetime.date(found.year, found.month, found.day).isoformat()
    elif isinstance(found, str) and _DATE.fullmatch(found):
        try:
            return datetime.date.fromisoformat(found).isoformat()
        except ValueError:
            pass
    raise InvalidInput(field, value, "a datetime.date or a string YYYY-MM-DD", operation=operation)


def check_moment(field: str, value: object, operation: str | None = None) -> int:
    """A moment in Unix seconds. Takes a `datetime` with a time zone, or the number; -1 clears some fields."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return math.floor(value.timestamp())
    number = _integer_of(value)
    if number is not None and -1 <= number < _LAST_SECOND:
        return number
    raise InvalidInput(field, value, "Unix seconds, or a datetime with a time zone", operation=operation)


# ---------------------------------------------------------------------------------------------- structures


def check_list(
    field: str, value: object, one: Check, least: float | None = None, most: float | None = None, operation: str | None = None
) -> list[Any]:
    """A list of ``least`` to ``most`` items, each as ``one`` has it; places are named ``field[3]``."""
    low, high = least or 0, most if most is not None else math.inf
    span = f" of {low:.0f} to {high:.0f} items" if high < math.inf else " of at least one item" if low else ""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        single = "; put a single one in brackets" if isinstance(value, str) else ""
        raise InvalidInput(field, value, f"a list{span}{single}", operation=operation)
    items = [one(f"{field}[{index}]", item, operation) for index, item in enumerate(value)]
    if not low <= len(items) <= high:
        raise InvalidInput(field, f"{len(items)} items", f"a list{span}", operation=operation)
    return items


def check_mapping(field: str, value: object, operation: str | None = None) -> dict[str, Any]:
    """An object whose fields Pinterest does not fix."""
    return _json_object(field, value, operation, ())


def _json_object(field: str, value: object, operation: str | None, inside: tuple[int, ...]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(field, value, "an object (a dict with string keys)", operation=operation)
    inside = _deeper(field, value, operation, inside)
    return {
        check_text(f"{field} (key)", key, operation): _json(f"{field}.{key}", item, operation, inside)
        for key, item in value.items()
    }


def _json(field: str, value: object, operation: str | None, inside: tuple[int, ...]) -> Any:
    """Any JSON."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return _json_object(field, value, operation, inside)
    if isinstance(value, list | tuple):
        inside = _deeper(field, value, operation, inside)
        return [_json(f"{field}[{index}]", item, operation, inside) for index, item in enumerate(value)]
    if isinstance(plain(value), str):
        return check_text(field, value, operation)
    if _integer_of(value) is not None:
        return check_integer(field, value, operation)
    if isinstance(value, float | Decimal):
        return check_number(field, value, operation)
    raise InvalidInput(field, value, "a value that JSON has", operation=operation)


def _deeper(
    field: str, value: Mapping[Any, Any] | Sequence[Any], operation: str | None, inside: tuple[int, ...]
) -> tuple[int, ...]:
    if id(value) in inside or len(inside) >= 100:
        raise InvalidInput(field, type(value).__name__, "a value that does not contain itself", operation=operation)
    return (*inside, id(value))
