"""The text of a manifest as the values a request takes: each field by its own type, none by how it looks."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from msgspec import Struct

from pinshop.api.money import MICRO, decimals, from_micro
from pinshop.api.params.annotations import Limits, Moment
from pinshop.errors import InvalidInput
from pinshop.plans.nodes import Node

#: Fields where 0 means "no limit" to Pinterest, and "spend nothing" to a reader.
BUDGETS = frozenset(
    {
        "daily_spend_cap",
        "lifetime_spend_cap",
        "budget_in_micro_currency",
        "default_ad_group_budget_in_micro_currency",
    }
)

_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]{1,6})?) ?([A-Z]{3})")

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

#: Pinterest's placeholder for a currency it does not know.
_NO_CURRENCY = "UNK"

_MONEY = "an amount with its currency (20.00 USD), or an integer of micro-currency (20000000)"


class Refused(Exception):
    """A value that cannot be read; ``node`` is where it stands."""

    def __init__(self, node: Node, field: str, allowed: str) -> None:
        self.node, self.field, self.allowed = node, field, allowed
        super().__init__(allowed)


class Money(Struct, frozen=True):
    """An amount that named its currency: the account's must be the same."""

    currency: str
    field: str
    line: int
    column: int


#: (node, field, where amounts that name a currency are noted) -> the value
Convert = Callable[[Node, str, list[Money]], Any]


@lru_cache(maxsize=64)
def converters(kind: type) -> dict[str, Convert]:
    """A converter for every field of a `TypedDict` of `pinshop.api.params`."""
    return {name: _converter(hint, name) for name, hint in get_type_hints(kind, include_extras=True).items()}


def _converter(hint: Any, name: str = "") -> Convert:
    origin = get_origin(hint)
    if origin is Required:
        return _converter(get_args(hint)[0], name)
    if origin is Annotated:
        base, limits = get_args(hint)[:2]
        if isinstance(limits, Moment):
            return _moment
        if isinstance(limits, Limits) and "micro-currency" in limits.unit:
            return _budget if name in BUDGETS else _money
        if base is str or str in get_args(base):
            return _text
        return _converter(base, name)
    if origin is Literal:
        return _text
    if origin in (Union, UnionType):
        return _optional(get_args(hint), name)
    if origin is Sequence:
        return _list(_converter(get_args(hint)[0], name))
    if origin is Mapping:
        return _json
    if is_typeddict(hint):
        return _object(hint)
    return {str: _text, int: _integer, bool: _boolean, float: _number}[hint]


def _optional(members: tuple[Any, ...], name: str) -> Convert:
    kinds = [member for member in members if member not in (type(None), Enum, Decimal)]
    one = _text if str in kinds or len(kinds) > 1 else _converter(kinds[0], name)
    if type(None) not in members:
        return one

    def convert(node: Node, field: str, money: list[Money]) -> Any:
        return None if node.value is None else one(node, field, money)

    return convert


def _text(node: Node, field: str, _money: list[Money]) -> str:
    value = node.value
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):  # TOML: an id without quotes
        return str(value)
    raise Refused(node, field, "text")


def _integer(node: Node, field: str, _money: list[Money]) -> int:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and not node.quoted and _INTEGER.fullmatch(value):
        return int(value)
    raise Refused(node, field, "an integer")


def _number(node: Node, field: str, _money: list[Money]) -> Decimal:
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and not node.quoted and _NUMBER.fullmatch(value):
        return Decimal(value)
    raise Refused(node, field, "a number")


def _boolean(node: Node, field: str, _money: list[Money]) -> bool:
    value = node.value
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and not node.quoted and value in ("true", "false"):
        return value == "true"
    raise Refused(node, field, "true or false")


def _moment(node: Node, field: str, _money: list[Money]) -> int:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not node.quoted and _INTEGER.fullmatch(value):
            return int(value)
        with contextlib.suppress(ValueError):
            value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return int(value.timestamp())
    raise Refused(node, field, "a moment with its time zone (2026-03-01T00:00:00+01:00 or …Z), or Unix seconds")


def _money(node: Node, field: str, money: list[Money]) -> int:
    value = node.value
    if isinstance(value, str) and (amount := _AMOUNT.fullmatch(value)):
        number, currency = amount.groups()
        if currency == _NO_CURRENCY:
            raise Refused(node, field, _MONEY)
        if "." in number and decimals(currency) == 0:
            raise Refused(node, field, f"a whole amount, as {currency} has no smaller unit")
        money.append(Money(currency, field, node.line, node.column))
        return int(Decimal(number) * MICRO)
    try:
        micro = _integer(node, field, money)
    except Refused:
        raise Refused(node, field, _MONEY) from None
    if 0 < micro < 10_000:
        raise Refused(node, field, f"{_MONEY}; {micro} micro is less than a hundredth of a unit: is an amount meant?")
    return micro


def _budget(node: Node, field: str, money: list[Money]) -> int:
    micro = _money(node, field, money)
    if micro == 0:
        raise Refused(node, field, "more than 0, which Pinterest takes as no limit; null says no limit, PAUSED spends nothing")
    return micro


def _list(one: Convert) -> Convert:
    def convert(node: Node, field: str, money: list[Money]) -> list[Any]:
        if not isinstance(node.value, list):
            raise Refused(node, field, "a list")
        return [one(item, f"{field}[{index}]", money) for index, item in enumerate(node.value)]

    return convert


def _object(kind: Any) -> Convert:
    def convert(node: Node, field: str, money: list[Money]) -> dict[str, Any]:
        if not isinstance(node.value, dict):
            raise Refused(node, field, "a mapping")
        known = converters(kind)
        # What is not known is left to the check, which says what is near.
        return {name: known.get(name, _json)(item, f"{field}.{name}", money) for name, item in node.value.items()}

    return convert


def _json(node: Node, field: str, money: list[Money]) -> Any:
    """Inside objects whose fields Pinterest leaves open: plain scalars as JSON has them, quoted ones as text."""
    value = node.value
    if isinstance(value, dict):
        return {name: _json(item, f"{field}.{name}", money) for name, item in value.items()}
    if isinstance(value, list):
        return [_json(item, f"{field}[{index}]", money) for index, item in enumerate(value)]
    if isinstance(value, str) and not node.quoted:
        if value in ("true", "false"):
            return value == "true"
        if _INTEGER.fullmatch(value):
            return int(value)
        if _NUMBER.fullmatch(value):
            return Decimal(value)
    return value


def amount(micro: int, currency: str | None) -> str:
    """``12.50 USD``, and ``1250 JPY`` for currencies without a smaller unit."""
    try:
        return f"{from_micro(micro, currency or _NO_CURRENCY)} {currency}"
    except InvalidInput:  # none, or none that is known
        return f"{from_micro(micro, 'USD')} (currency unknown)"


def when(moment: int) -> str:
    """A moment in words: ``2026-03-01 12:00 UTC``."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
