"""Checks of what `Emulator`, its methods and the control routes are given. They raise `ConfigurationError` in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pinshop.errors import ConfigurationError


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
    digits = value if isinstance(value, str) else "" if isinstance(value, bool) or not isinstance(value, int) else str(value)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
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


def shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    try:
        words = repr(value)
    except ValueError:  # an integer with too many digits to print
        words = f"a very large {type(value).__name__}"
    return words if len(words) <= 80 else words[:79] + "…"
