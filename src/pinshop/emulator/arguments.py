"""Checks of what `Emulator`, its methods and the control routes are given. They raise `ConfigurationError` in words."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import BY_ID
from pinshop.api.models.decoding import decoder_of
from pinshop.api.near import or_rather
from pinshop.errors import ConfigurationError

_Word = TypeVar("_Word", bound=str)
_Kind = TypeVar("_Kind")


def whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: a whole number from {low} to {high}")
    return value


def text(name: str, value: object, longest: int) -> str:
    """Text of 1 to ``longest`` characters that can be seen."""
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable() or not value.strip():
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: text of 1 to {longest} characters")
    return value


def truth(name: str, value: object) -> bool:
    """True or False: another value may be meant otherwise than Python takes it."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: True or False")
    return value


def one_of(name: str, value: object, allowed: Collection[_Word]) -> _Word:
    """One of these words."""
    for word in allowed:
        if value == word:
            return word
    raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {', '.join(allowed)}")


def file_path(name: str, value: object) -> Path:
    """A path, as text or as one of `pathlib`."""
    if isinstance(value, str | Path):
        with contextlib.suppress(UnicodeEncodeError):
            encoded = os.fsencode(value)
            if 1 <= len(encoded) <= 4096 and b"\0" not in encoded:
                return Path(value)
    raise ConfigurationError(f"{name}: got {shown(value)}, allowed: a path of 1 to 4096 bytes")


def operation(name: str, value: object) -> str:
    """The id of an operation."""
    if not isinstance(value, str) or value not in BY_ID:
        meant = or_rather(value, BY_ID) if isinstance(value, str) else ""
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {', '.join(sorted(BY_ID))}{meant}")
    return value


def texts(name: str, values: object) -> list[str]:
    """A list of texts; one text stands for a list of one."""
    given: Iterable[object] = [values] if isinstance(values, str) or not isinstance(values, Iterable) else values
    found = []
    for value in given:
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{name}: got {shown(value)}, allowed: texts")
        found.append(value)
    return found


def identifier(name: str, value: object) -> int:
    """An id, as digits or as a number."""
    digits = value if isinstance(value, str) else ""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        digits = str(value)
    if not is_digits(digits, 18):
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: an id of 1 to 18 digits")
    return int(digits)


def some_of(name: str, values: object, allowed: Collection[str]) -> list[str]:
    """A list of some of these words."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name}: got {shown(values)}, allowed: a list of {', '.join(sorted(allowed))}")
    found = list(values)
    for value in found:
        if value not in allowed:
            raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {', '.join(sorted(allowed))}")
    return found


def of_fields(what: str, given: Mapping[str, object], kind: type[_Kind]) -> _Kind:
    """An object of these fields, each of its type."""
    decoder_of(kind)
    for name, value in given.items():
        try:
            msgspec.json.encode(msgspec.convert({name: value}, kind))
        except (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError, AttributeError) as error:
            raise ConfigurationError(f"{what}: {name}: got {shown(value)}: {str(error)[:200]}") from error
    return msgspec.convert(given, kind)


def shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    try:
        words = repr(value)
    except ValueError:  # an integer with too many digits to print
        words = f"a very large {type(value).__name__}"
    return words if len(words) <= 80 else words[:79] + "…"
