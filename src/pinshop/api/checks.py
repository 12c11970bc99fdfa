"""One check per kind of argument: id, date, choice. Each raises `InvalidInput` before anything is sent."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import TypeAlias

from pinshop.errors import InvalidInput

#: An id as users have it at hand; it is sent as text.
Id: TypeAlias = str | int

# Python's \d accepts other scripts' digits and $ accepts a final newline; Pinterest's ids are ASCII.
_ID = re.compile(r"[0-9]{1,18}")

_AD_GROUP_ID = re.compile(r"(?:AG)?[0-9]{1,18}")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# A list of names may be written as A,B: a name with a comma in it would be two.
NAME = re.compile(r"[A-Za-z0-9_]+")


def check_id(field: str, value: object, operation: str | None = None) -> str:
    """An id as Pinterest writes it. Takes `str` or `int`; 1 to 18 ASCII digits."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise InvalidInput(field, value, "1 to 18 digits", operation=operation)
    return text


def check_ad_group_id(field: str, value: object, operation: str | None = None) -> str:
    """An ad group id in a body: digits, with or without Pinterest's prefix AG."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _AD_GROUP_ID.fullmatch(text):
        raise InvalidInput(field, value, "1 to 18 digits, with or without the prefix AG", operation=operation)
    return text


def check_date(field: str, value: object, operation: str | None = None) -> str:
    """A day as ``YYYY-MM-DD``. Takes `datetime.date` or such a string; a `datetime` is refused, its zone being unclear."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise InvalidInput(field, value, "a datetime.date or a string YYYY-MM-DD", operation=operation)


def check_choice(field: str, value: object, allowed: Iterable[str | int], operation: str | None = None) -> str | int:
    """One of ``allowed``. An `enum.Enum` member stands for its value."""
    value = getattr(value, "value", value)
    known = tuple(allowed)
    if isinstance(value, str | int) and not isinstance(value, bool) and value in known:
        return value
    raise InvalidInput(field, value, f"one of {', '.join(map(str, known))}", operation=operation)
