"""Filters of catalog product groups: checked, and applied to items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from pinshop.api.columns import minor
from pinshop.emulator.catalog.feed_files import AVAILABILITY, fold, shown

Filters: TypeAlias = Mapping[str, Any]

Test: TypeAlias = Callable[[Mapping[str, Any]], bool]

_STRINGS, _LABELS, _PATHS, _PRICES, _NUMBERS, _ONE_CURRENCY = "strings", "labels", "paths", "prices", "numbers", "currency"

#: key -> (kind of criterion, the item's attribute, since)
KEYS: dict[str, tuple[str, str, str]] = {
    "MIN_PRICE": (_PRICES, "price_micro", "5.0"),
    "MAX_PRICE": (_PRICES, "price_micro", "5.0"),
    "CURRENCY": (_ONE_CURRENCY, "currency", "5.0"),
    "ITEM_ID": (_STRINGS, "item_id", "5.0"),
    "AVAILABILITY": (_STRINGS, "availability", "5.0"),
    "BRAND": (_STRINGS, "brand", "5.0"),
    "CONDITION": (_STRINGS, "condition", "5.0"),
    **{f"CUSTOM_LABEL_{number}": (_LABELS, f"custom_label_{number}", "5.0") for number in range(5)},
    "ITEM_GROUP_ID": (_STRINGS, "item_group_id", "5.0"),
    "GENDER": (_STRINGS, "gender", "5.0"),
    "MEDIA_TYPE": (_STRINGS, "media_type", "5.14"),
    **{f"PRODUCT_TYPE_{level}": (_PATHS, "product_type", "5.0") for level in range(5)},
    **{f"GOOGLE_PRODUCT_CATEGORY_{level}": (_PATHS, "google_product_category", "5.0") for level in range(7)},
    "PRODUCT_GROUP": (_STRINGS, "", "5.14"),
    **{f"CUSTOM_NUMBER_{number}": (_NUMBERS, f"custom_number_{number}", "5.23") for number in range(5)},
    "TITLE_KEYWORDS": (_STRINGS, "title", "5.23"),
}

_CHOICES = {"GENDER": ("FEMALE", "MALE", "UNISEX"), "MEDIA_TYPE": ("IMAGE", "VIDEO")}

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "GREATER_THAN": lambda own, bound: own > bound,
    "GREATER_THAN_OR_EQUALS": lambda own, bound: own >= bound,
    "LESS_THAN": lambda own, bound: own < bound,
    "LESS_THAN_OR_EQUALS": lambda own, bound: own <= bound,
}

_MAX_CONDITIONS, _MAX_VALUES = 1_000, 10_000


def validate_filters(filters: object, api_version: str = "5.28") -> str | None:
    """What is wrong with the filters of a product group in a request, or None.

    ``{"any_of": [{KEY: {"values": […], "negated": false}}, …]}``, or ``all_of``.
    """
    if not isinstance(filters, dict) or len(filters) != 1 or not {"any_of", "all_of"} & filters.keys():
        return "filters: allowed is an object with one key, any_of or all_of"
    mode, conditions = next(iter(filters.items()))
    if not isinstance(conditions, list) or not 1 <= len(conditions) <= _MAX_CONDITIONS:
        return f"filters.{mode}: allowed is a list of 1 to {_MAX_CONDITIONS} filters"
    for index, condition in enumerate(conditions):
        place = f"filters.{mode}[{index}]"
        if not isinstance(condition, dict) or len(condition) != 1:
            return f"{place}: allowed is an object with one key, such as BRAND"
        key, criterion = next(iter(condition.items()))
        kind, _, since = KEYS.get(key, ("", "", "5.0"))
        if not kind or minor(since) > minor(api_version):
            return (
                f"{place}: got {shown(key)}, allowed: {', '.join(k for k in KEYS if minor(KEYS[k][2]) <= minor(api_version))}"
            )
        if not isinstance(criterion, dict):
            return f"{place}.{key}: allowed is an object with values"
        if wrong := _wrong_criterion(key, kind, criterion):
            return f"{place}.{key}.{wrong}"
    return None


def _wrong_criterion(key: str, kind: str, criterion: Mapping[str, Any]) -> str | None:
    allowed = {
        _PRICES: ("values", "inclusion", "negated"),
        _LABELS: ("values", "filter_operator_type", "negated"),
        _NUMBERS: ("operator", "value", "negated"),
    }.get(kind, ("values", "negated"))
    if unknown := [name for name in criterion if name not in allowed]:
        return f"{unknown[0]}: no such property, allowed: {', '.join(allowed)}"
    for name in ("negated", "inclusion"):
        if not isinstance(criterion.get(name, False), bool):
            return f"{name}: got {shown(criterion[name])}, allowed: true, false"
    if kind == _NUMBERS:
        if criterion.get("operator") not in tuple(_COMPARISONS):  # compared, not hashed: it may be a list
            return f"operator: got {shown(criterion.get('operator'))}, allowed: {', '.join(_COMPARISONS)}"
        value = criterion.get("value")
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32
        return None if good else f"value: got {shown(value)}, allowed: an integer from 0 to 4294967295"
    if "values" not in criterion:
        return "values: is missing"
    values = criterion["values"]
    if kind == _PRICES:
        good = isinstance(values, int | float) and not isinstance(values, bool) and 0 <= values < 1e12
        return None if good else f"values: got {shown(values)}, allowed: a number >= 0"
    if kind == _ONE_CURRENCY:
        if criterion.get("negated"):
            return "negated: a currency cannot be negated"
        good = isinstance(values, str) and re.fullmatch("[A-Z]{3}", values) is not None
        return None if good else f"values: got {shown(values)}, allowed: one currency such as USD"
    if criterion.get("filter_operator_type", "IS") not in ("IS", "CONTAINS"):
        return f"filter_operator_type: got {shown(criterion['filter_operator_type'])}, allowed: IS, CONTAINS"
    what = "lists of text, from the first level down" if kind == _PATHS else "text"
    if not isinstance(values, list) or len(values) > _MAX_VALUES:
        return f"values: got {shown(values)}, allowed: a list of {what}"
    for value in values:
        words = value if kind == _PATHS and isinstance(value, list) else [value]
        if (kind == _PATHS) != isinstance(value, list) or not all(isinstance(word, str) for word in words):
            return f"values: got {shown(value)}, allowed: {what}"
        if key in _CHOICES and value not in _CHOICES[key]:
            return f"values: got {shown(value)}, allowed: {', '.join(_CHOICES[key])}"
    return None


def selector(filters: Filters, groups: Mapping[str, Filters] | None = None) -> Test:
    """The test that says whether an item is in a group. Empty filters (auto-generated groups) select every item.

    ``groups`` are the filters of the groups that PRODUCT_GROUP may refer to, by id; others select nothing.
    """
    return _Selector(groups or {}).selector(filters)


class _Selector:
    """Filters made into functions, once each."""

    def __init__(self, groups: Mapping[str, Filters]) -> None:
        self.groups = groups
        self.known: dict[str, Test] = {}
        self.depth = 0

    def selector(self, filters: Filters) -> Test:
        mode, conditions = next(iter(filters.items()), ("all_of", ()))
        if not conditions:  # no condition is left: nothing is left out
            return lambda _: True
        tests = [self.test(key, criterion) for condition in conditions for key, criterion in condition.items()]
        if mode == "any_of":
            return lambda item: any(test(item) for test in tests)
        return lambda item: all(test(item) for test in tests)

    def group(self, group_id: str) -> Test:
        if group_id not in self.known:
            # A group that refers to itself, or more than 32 groups deep, selects nothing there: nothing settles what it does.
            self.known[group_id] = lambda _: False
            if group_id in self.groups and self.depth < 32:
                self.depth += 1
                self.known[group_id] = self.selector(self.groups[group_id])
                self.depth -= 1
        return self.known[group_id]

    def test(self, key: str, criterion: Mapping[str, Any]) -> Test:
        try:
            test = self.positive(key, criterion)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            # Recorded: a placeholder in the place of a price with cents, or a key that Pinterest added since.
            return lambda _: False
        return (lambda item: not test(item)) if criterion.get("negated") else test

    def positive(self, key: str, criterion: Mapping[str, Any]) -> Test:
        kind, attribute, _ = KEYS[key]
        if kind == _NUMBERS:
            compare, bound = _COMPARISONS[criterion["operator"]], criterion["value"] + 0
            return lambda item: attribute in item and compare(item[attribute], bound)
        values = criterion["values"]
        if kind == _PRICES:
            limit, inclusive = int(Decimal(str(values)) * 1_000_000), criterion.get("inclusion", True)
            compare = _COMPARISONS[
                ("GREATER_THAN" if key == "MIN_PRICE" else "LESS_THAN") + ("_OR_EQUALS" if inclusive else "")
            ]
            return lambda item: attribute in item and compare(item[attribute], limit)
        if kind == _ONE_CURRENCY:
            return lambda item: item.get(attribute) == values
        if kind == _PATHS:
            return _path_test(attribute, int(key.rpartition("_")[2]), values)
        if key == "PRODUCT_GROUP":
            tests = [self.group(value) for value in values]
            return lambda item: any(test(item) for test in tests)
        wanted = {fold(value) for value in values}
        if key == "MEDIA_TYPE":
            return lambda item: ("video" if item.get("video_link") else "image") in wanted
        if key == "TITLE_KEYWORDS" or criterion.get("filter_operator_type") == "CONTAINS":
            return lambda item: any(word in fold(item.get(attribute, "")) for word in wanted)
        return lambda item: attribute in item and fold(item[attribute]) in wanted


def _path_test(attribute: str, level: int, values: Sequence[Sequence[str]]) -> Test:
    # A value names the levels down to this one: all of them, or only the last few.
    wanted = [[fold(word) for word in value] for value in values if value]

    def test(item: Mapping[str, Any]) -> bool:
        path = [fold(word) for word in item[attribute].split(" > ")][: level + 1] if attribute in item else []
        return len(path) == level + 1 and any(path[-len(words) :] == words for words in wanted)

    return test


def matches(filters: Filters, item: Mapping[str, Any], groups: Mapping[str, Filters] | None = None) -> bool:
    """Whether an item is in the group with these filters (they must be valid, see `validate_filters`)."""
    return selector(filters, groups)(item)


def counts(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """``{in_stock, out_of_stock, preorder, total, videos}`` of a group's items."""
    result = {"in_stock": 0, "out_of_stock": 0, "preorder": 0, "total": 0, "videos": 0}
    for item in items:
        result["total"] += 1
        result[AVAILABILITY.get(fold(item["availability"]), "OUT_OF_STOCK").lower()] += 1
        result["videos"] += 1 if item.get("video_link") else 0
    return result


def measure(items: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """What drives delivery: how many items can be shown (all but those out of stock), and their mean price."""
    prices = [
        item.get("sale_price_micro", item["price_micro"]) for item in items if fold(item["availability"]) != "out of stock"
    ]
    return len(prices), sum(prices) // len(prices) if prices else 0
