"""The check itself: an annotation in, a function out that takes one value and returns it as it is sent."""

from __future__ import annotations

import datetime
import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from msgspec import UNSET

from pinshop.api.params.annotations import Day, Limits, Moment, Pattern
from pinshop.api.params.rules import READ_ONLY, RULES
from pinshop.errors import InvalidInput

#: (path of the field, value, operation) -> the value as it is sent.
Check: TypeAlias = Callable[[str, object, str | None], Any]


def check(kind: type, value: object, field: str, operation: str | None = None) -> dict[str, Any]:
    """Check one object against a `TypedDict` of this module and return it as it is sent: ids as text, moments as seconds.

    A field set to `UNSET` counts as left out.

    Raises:
        InvalidInput: the first field that is unknown, missing, of a wrong type or out of limits.
    """
    checked: dict[str, Any] = _check_for(kind)(field, value, operation)
    return checked


def check_items(kind: type, items: Iterable[object], operation: str | None = None) -> list[dict[str, Any]]:
    """Check the items of a batch; places are named ``items[3].tracking_url``. An ``id`` may come only once.

    Raises:
        InvalidInput: not a list, an empty one, or an item that `check` refuses.
    """
    field = "items"
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable):
        raise InvalidInput(field, items, "a list of objects; put a single one in brackets", operation=operation)
    one = _check_for(kind)
    checked = [one(f"{field}[{index}]", item, operation) for index, item in enumerate(items)]
    if not checked:
        raise InvalidInput(field, [], "at least one item", operation=operation)
    seen: dict[str, int] = {}
    for index, item in enumerate(checked):
        # Of two changes to one thing, which comes last would be the server's choice.
        if "id" in item and (before := seen.setdefault(item["id"], index)) != index:
            raise InvalidInput(
                f"{field}[{index}].id", item["id"], f"each id once; items[{before}] has it too", operation=operation
            )
    return checked


def _check_for(kind: Any) -> Check:
    """The check of an annotation."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, *limits = get_args(kind)
        return _limited(base, limits[0])
    if origin is Literal:
        return _choice(get_args(kind))
    if origin in (Union, UnionType):
        return _optional(get_args(kind))
    if origin is Sequence:
        return _list(_check_for(get_args(kind)[0]), Limits())
    if origin is Mapping:
        return _mapping
    if is_typeddict(kind):
        return _object(kind)
    return _PLAIN[kind]


@lru_cache(maxsize=256)
def _object(kind: Any) -> Check:
    fields: dict[str, Check] = {}
    required: list[str] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Required:
            required.append(name)
            fields[name] = _check_for(get_args(hint)[0])
        else:
            fields[name] = _check_for(hint)
    rules = RULES.get(kind, ())
    model = READ_ONLY.get(kind)
    read_only = () if model is None else model.__struct_fields__

    def checked(path: str, value: object, operation: str | None) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InvalidInput(path, value, "an object (a dict of fields)", operation=operation)
        result: dict[str, Any] = {}
        for name, item in value.items():
            if item is UNSET:
                continue
            one = fields.get(name)
            if one is None:
                raise InvalidInput(
                    f"{path}.{name}", item, _no_such_field(str(name), tuple(fields), read_only), operation=operation
                )
            result[name] = one(f"{path}.{name}", item, operation)
        for name in required:
            if name not in result:
                raise InvalidInput(f"{path}.{name}", None, "a value (it is required)", operation=operation)
        for rule in rules:
            if verdict := rule(result):
                name, given, allowed = verdict
                raise InvalidInput(f"{path}.{name}" if name else path, given, allowed, operation=operation)
        return result

    return checked


def _no_such_field(name: str, fields: Sequence[str], read_only: Sequence[str]) -> str:
    if name in read_only:
        return "not this field: Pinterest sets it, a request does not"
    if near := difflib.get_close_matches(name, fields, n=1):
        return f"not this field; did you mean {near[0]}?"
    return f"the fields {', '.join(sorted(fields))}"


def _optional(members: tuple[Any, ...]) -> Check:
    kinds = [member for member in members if member not in (type(None), Enum)]
    one = _check_for(kinds[0] if len(kinds) == 1 else Union[tuple(kinds)])  # noqa: UP007 (a union made at run time)
    if type(None) not in members:
        return one

    def checked(path: str, value: object, operation: str | None) -> Any:
        return None if value is None else one(path, value, operation)

    return checked


def _choice(allowed: tuple[Any, ...]) -> Check:
    known = frozenset(allowed)
    words = f"one of {', '.join(map(str, allowed))}"

    def checked(path: str, value: object, operation: str | None) -> Any:
        value = value.value if isinstance(value, Enum) else value
        # bool is an int: True would pass for 1.
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in known:
            near = difflib.get_close_matches(value.upper(), map(str, allowed), n=1) if isinstance(value, str) else None
            raise InvalidInput(path, value, f"{words}; nearest: {near[0]}" if near else words, operation=operation)
        return value

    return checked


def _limited(base: Any, limits: Limits | Pattern | Moment | Day) -> Check:
    if isinstance(limits, Moment):
        return _moment
    if isinstance(limits, Day):
        return _day
    if isinstance(limits, Pattern):
        return _formed(re.compile(limits.form), limits.words)
    if get_origin(base) is Sequence:
        return _list(_check_for(get_args(base)[0]), limits)
    if base is str:
        return _text(limits)
    return _integer(limits) if base is int else _number(limits)


def _formed(form: re.Pattern[str], words: str) -> Check:
    def checked(path: str, value: object, operation: str | None) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not form.fullmatch(text):
            raise InvalidInput(path, value, words, operation=operation)
        return text

    return checked


def _text(limits: Limits) -> Check:
    low, high = limits.minimum or 0, limits.maximum if limits.maximum is not None else math.inf
    span = f" of {low:.0f} to {high:.0f} characters" if high < math.inf else " that is not empty" if low else ""

    def checked(path: str, value: object, operation: str | None) -> str:
        value = value.value if isinstance(value, Enum) else value
        if not isinstance(value, str) or not low <= len(value) <= high:
            raise InvalidInput(path, value, f"a string{span}", operation=operation)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(path, value, "a string without lone surrogates", operation=operation) from None
        return value

    return checked


def _span(limits: Limits) -> str:
    if limits.maximum is not None:
        return f" from {limits.minimum or 0:g} to {limits.maximum:g}"
    return "" if limits.minimum is None else f", {limits.minimum:g} or more"


def _integer(limits: Limits) -> Check:
    low = limits.minimum if limits.minimum is not None else -(2**63)
    high = limits.maximum if limits.maximum is not None else 2**63 - 1
    words = f"an integer{f' of {limits.unit}' if limits.unit else ''}{_span(limits)}"

    def checked(path: str, value: object, operation: str | None) -> int:
        # Not even 1.0: money that went through a float may have lost its last digits already.
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidInput(path, value, words, operation=operation)
        return value

    return checked


def _number(limits: Limits) -> Check:
    low = limits.minimum if limits.minimum is not None else -math.inf
    high = limits.maximum if limits.maximum is not None else math.inf
    words = f"a number{_span(limits)}"

    def checked(path: str, value: object, operation: str | None) -> float | Decimal:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | Decimal)
            or not _is_finite(value)
            or not low <= value <= high
        ):
            raise InvalidInput(path, value, words, operation=operation)
        return value

    return checked


def _is_finite(value: float | Decimal) -> bool:
    """Whether JSON can hold it, as an integer of 64 bits or as a finite number."""
    if isinstance(value, Decimal):
        return value.is_finite()  # math.isfinite stumbles over a signalling NaN
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return math.isfinite(value)


def _list(one: Check, limits: Limits) -> Check:
    low, high = limits.minimum or 0, limits.maximum if limits.maximum is not None else math.inf
    span = f" of {low:.0f} to {high:.0f} items" if high < math.inf else " of at least one item" if low else ""

    def checked(path: str, value: object, operation: str | None) -> list[Any]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise InvalidInput(path, value, f"a list{span}", operation=operation)
        items = [one(f"{path}[{index}]", item, operation) for index, item in enumerate(value)]
        if not low <= len(items) <= high:
            raise InvalidInput(path, f"{len(items)} items", f"a list{span}", operation=operation)
        return items

    return checked


def _moment(path: str, value: object, operation: str | None) -> int:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return int(value.timestamp())
    if isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 10**11:
        return value
    # 10**11 seconds is the year 5138: a larger number is a count of milliseconds.
    raise InvalidInput(path, value, "Unix seconds, or a datetime with a time zone", operation=operation)


def _day(path: str, value: object, operation: str | None) -> str:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return datetime.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise InvalidInput(path, value, "a datetime.date or a string YYYY-MM-DD", operation=operation)


def _boolean(path: str, value: object, operation: str | None) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(path, value, "True or False", operation=operation)
    return value


def _mapping(path: str, value: object, operation: str | None) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(path, value, "an object (a dict with string keys)", operation=operation)
    return {
        _text_check(f"{path} (key)", key, operation): _json(f"{path}.{key}", item, operation) for key, item in value.items()
    }


def _json(path: str, value: object, operation: str | None) -> Any:
    """Any JSON: inside objects whose fields Pinterest does not fix."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum | str):
        return _text_check(path, value, operation)
    if isinstance(value, int):
        return _integer_check(path, value, operation)
    if isinstance(value, float | Decimal):
        return _number_check(path, value, operation)
    if isinstance(value, Mapping):
        return _mapping(path, value, operation)
    if isinstance(value, list | tuple):
        return [_json(f"{path}[{index}]", item, operation) for index, item in enumerate(value)]
    raise InvalidInput(path, value, "a value that JSON has", operation=operation)


_text_check, _integer_check, _number_check = _text(Limits()), _integer(Limits()), _number(Limits())

_PLAIN: dict[Any, Check] = {
    str: _text_check,
    int: _integer_check,
    float: _number_check,
    bool: _boolean,
}
