"""Products: feeds in Pinterest's formats as items, and the filters of product groups that select among them. Pure.

An item is a plain dict, so that it is stored as it is: the attributes of Pinterest's ``ItemAttributes`` under their own
names, except that ``id`` is ``item_id``, ``price`` and ``sale_price`` are ``price_micro`` and ``sale_price_micro``
(integers) with one ``currency``, and ``availability`` is IN_STOCK, OUT_OF_STOCK or PREORDER as the API writes it.

Sources: ``ItemAttributes``, ``CatalogsItemValidationErrors``, ``CatalogsProductGroupFilterKeys`` of Pinterest's descriptions.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias
from xml.parsers import expat

from msgspec import Struct

from pinshop.columns import minor

Item: TypeAlias = dict[str, Any]
Format: TypeAlias = Literal["CSV", "TSV", "XML"]

MAX_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 200_000

#: The catalog that ships with pinshop: what the emulator is seeded with, and what ``examples/catalog.tsv`` points to.
SEED_CATALOG = Path(__file__).with_name("seed_catalog.tsv")


class Problem(Struct, frozen=True):
    """Why one product of a feed was left out, in Pinterest's terms: ``line 7: PRICE_MISSING: price is empty``."""

    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}: {self.message}"


class FeedError(ValueError):
    """A feed that cannot be read at all, or a product that cannot be used. Says the line."""


# ------------------------------------------------------------------------------------------------- feeds

_REQUIRED = ("id", "title", "description", "link", "image_link", "price", "availability")
_TEXTS = frozenset({
    "item_group_id", "brand", "condition", "gender", "age_group", "color", "size", "size_type", "size_system", "material",
    "pattern", "product_type", "google_product_category", "gtin", "mpn", "mobile_link", "ad_link", "video_link",
    *(f"custom_label_{number}" for number in range(5)),
})  # fmt: skip
_CUSTOM_NUMBERS = frozenset(f"custom_number_{number}" for number in range(5))
_PRICE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Z]{3})?")
_AVAILABILITY = {"in stock": "IN_STOCK", "out of stock": "OUT_OF_STOCK", "preorder": "PREORDER"}
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_GOOGLE = "http://base.google.com/ns/1.0"


def parse_feed(
    data: bytes,
    file_format: Format,
    *,
    default_currency: str = "USD",
    default_availability: str | None = None,
    problems: list[Problem] | None = None,
) -> list[Item]:
    """Read a feed: CSV or TSV with a header line, or XML (RSS 2.0 with Google's ``g:`` names), in UTF-8.

    A product that cannot be used is an error; with ``problems`` it is noted there and left out, as Pinterest does.

    Raises:
        FeedError: not this format, a required column is missing, too large (64 MiB, 200,000 products), or an unusable product.
    """
    if len(data) > MAX_BYTES:
        raise FeedError(f"the feed has {len(data)} bytes, at most {MAX_BYTES} are read")
    if file_format not in ("CSV", "TSV", "XML"):
        raise FeedError(f"format: got {file_format!r}, allowed: CSV, TSV, XML")
    items: list[Item] = []
    seen: set[str] = set()
    for line, values in _read_xml(data) if file_format == "XML" else _read_table(data, "\t" if file_format == "TSV" else ","):
        if len(items) >= MAX_ITEMS:
            raise FeedError(f"line {line}: at most {MAX_ITEMS} products are read")
        found = _item(values, default_currency, default_availability) if isinstance(values, dict) else values
        if isinstance(found, dict) and found["item_id"] in seen:
            found = ("DUPLICATE_PRODUCTS", f"id {_shown(found['item_id'])} was used before")
        if isinstance(found, dict):
            seen.add(found["item_id"])
            items.append(found)
        elif problems is None:
            raise FeedError(str(Problem(line, *found)))
        else:
            problems.append(Problem(line, *found))
    return items


def seed_items() -> list[Item]:
    """The products of `SEED_CATALOG`."""
    return parse_feed(SEED_CATALOG.read_bytes(), "TSV")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[0]


def _item(values: dict[str, str], default_currency: str, default_availability: str | None) -> Item | tuple[str, str]:
    """One product, or why it cannot be used: (code of CatalogsItemValidationErrors, what is wrong)."""
    for name, code, longest in (
        ("id", "ITEMID_MISSING", 127), ("title", "TITLE_MISSING", 500), ("description", "DESCRIPTION_MISSING", 10_000),
        ("link", "PRODUCT_LINK_MISSING", 511), ("image_link", "IMAGE_LINK_MISSING", 2_000), ("price", "PRICE_MISSING", 40),
    ):  # fmt: skip
        value = values.get(name, "")
        if not value:
            return code, f"{name} is empty"
        if len(value) > longest:
            too_long = {"link": "LINK_LENGTH_TOO_LONG", "image_link": "IMAGE_LINK_LENGTH_TOO_LONG"}
            return too_long.get(name, "PARSE_LINE_ERROR"), f"{name} has {len(value)} characters, at most {longest}"
    for name, code in (("link", "LINK_FORMAT_INVALID"), ("image_link", "IMAGE_LINK_INVALID")):
        if not values[name].startswith(("http://", "https://")):
            return code, f"{name} {_shown(values[name])} does not begin with http:// or https://"
    price = _price(values["price"])
    if price is None:
        return "PRODUCT_PRICE_INVALID", f"price {_shown(values['price'])} is not of the form 24.99 USD"
    availability = _AVAILABILITY.get(_fold(values.get("availability", ""))) or default_availability
    if availability is None or (values.get("availability") and _fold(values["availability"]) not in _AVAILABILITY):
        given = _shown(values.get("availability", ""))
        return "AVAILABILITY_INVALID", f"availability {given}, allowed: in stock, out of stock, preorder"
    item: Item = {
        "item_id": values["id"], "title": values["title"], "description": values["description"], "link": values["link"],
        "image_link": values["image_link"], "availability": availability,
        "price_micro": price[0], "currency": price[1] or default_currency,
    }  # fmt: skip
    if sale := values.get("sale_price"):
        reduced = _price(sale)
        if reduced is None or reduced[0] >= price[0] or (reduced[1] or item["currency"]) != item["currency"]:
            return "LIST_PRICE_INVALID", f"sale_price {_shown(sale)} is not a price below {_shown(values['price'])}"
        item["sale_price_micro"] = reduced[0]
    return _with_details(item, values)


def _with_details(item: Item, values: dict[str, str]) -> Item | tuple[str, str]:
    if adult := values.get("adult"):
        if adult.lower() not in _TRUTHS:
            return "ADULT_INVALID", f"adult {_shown(adult)}, allowed: TRUE, FALSE"
        item["adult"] = _TRUTHS[adult.lower()]
    if more := values.get("additional_image_link"):
        item["additional_image_link"] = [link.strip() for link in more.split(",") if link.strip()][:10]
    for name, text in values.items():  # in the order of the feed, so that equal feeds make equal bytes
        if name in _TEXTS and text:
            item[name] = text
        elif name in _CUSTOM_NUMBERS and text:
            if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32):
                return "PARSE_LINE_ERROR", f"{name} {_shown(text)} is not an integer from 0 to 4294967295"
            item[name] = int(text)
    return item


def _price(text: str) -> tuple[int, str | None] | None:
    """``24.99 USD``, ``24.99USD`` or ``24.99`` as exact micro-currency."""
    match = _PRICE.fullmatch(text.strip().upper())
    return (int(Decimal(match[1]) * 1_000_000), match[2]) if match else None


def _read_table(data: bytes, delimiter: str) -> Iterator[tuple[int, dict[str, str] | tuple[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FeedError(f"line {line}: not UTF-8 (byte {error.start})") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            if not any(row):
                continue
            if header is None:
                header = [name.strip().lower().removeprefix("g:").replace(" ", "_") for name in row]
                if missing := [name for name in _REQUIRED if name not in header and name != "availability"]:
                    raise FeedError(f"line {reader.line_num}: the header lacks {', '.join(missing)}")
                if doubled := {name for name in header if name and header.count(name) > 1}:
                    raise FeedError(f"line {reader.line_num}: the header has {', '.join(sorted(doubled))} twice")
            elif len(row) != len(header):
                yield reader.line_num, ("PARSE_LINE_ERROR", f"{len(row)} fields, the header has {len(header)}")
            else:
                yield reader.line_num, dict(zip(header, map(str.strip, row), strict=True))
    except csv.Error as error:
        raise FeedError(f"line {reader.line_num}: {error}") from error
    if header is None:
        raise FeedError("line 1: the feed is empty; a header line with id, title, … is needed")


class _XmlReader:
    """RSS items (or Atom entries) as they end. Refuses any DOCTYPE: with it go entity bombs and external entities."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.found: list[tuple[int, dict[str, str]]] = []
        self.depth = 0
        self.item: dict[str, str] | None = None
        self.item_depth = self.item_line = 0
        self.words: list[str] = []

    def doctype(self, *_: object) -> None:
        raise FeedError(f"line {self.parser.CurrentLineNumber}: a DOCTYPE is not accepted")

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > 32:
            raise FeedError(f"line {self.parser.CurrentLineNumber}: elements are nested more than 32 deep")
        self.words = []
        if self.item is None and name.rpartition(" ")[2] in ("item", "entry"):
            self.item, self.item_depth, self.item_line = {}, self.depth, self.parser.CurrentLineNumber

    def text(self, data: str) -> None:
        if self.item is not None:
            self.words.append(data)

    def end(self, name: str) -> None:
        if self.item is not None and self.depth == self.item_depth:
            self.found.append((self.item_line, self.item))
            self.item = None
        elif self.item is not None and self.depth == self.item_depth + 1:
            namespace, _, local = name.rpartition(" ")
            value = "".join(self.words).strip()
            # <g:title> is for shopping and wins over the channel's <title>; repeated images make a list.
            if local == "additional_image_link" and local in self.item:
                self.item[local] += "," + value
            elif namespace == _GOOGLE or local not in self.item:
                self.item[local] = value
        self.words = []
        self.depth -= 1


def _read_xml(data: bytes) -> Iterator[tuple[int, dict[str, str] | tuple[str, str]]]:
    reader = _XmlReader()
    try:
        for start in range(0, len(data), 65_536):  # in pieces, so that not all products are held twice
            reader.parser.Parse(data[start : start + 65_536], False)
            yield from reader.found
            reader.found.clear()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FeedError(
            f"line {error.lineno}: not well-formed XML ({expat.errors.messages.get(error.code, error.code)})"
        ) from error
    yield from reader.found


# ----------------------------------------------------------------------------------------------- filters

Filters: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Mapping[str, Any]], bool]

_STRINGS, _LABELS, _PATHS, _PRICES, _NUMBERS, _ONE_CURRENCY = "strings", "labels", "paths", "prices", "numbers", "currency"
#: key -> (kind of criterion, the item's attribute, since)
_KEYS: dict[str, tuple[str, str, str]] = {
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
FILTER_KEYS: tuple[str, ...] = tuple(_KEYS)
_CHOICES = {"GENDER": ("FEMALE", "MALE", "UNISEX"), "MEDIA_TYPE": ("IMAGE", "VIDEO")}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "GREATER_THAN": lambda own, bound: own > bound,
    "GREATER_THAN_OR_EQUALS": lambda own, bound: own >= bound,
    "LESS_THAN": lambda own, bound: own < bound,
    "LESS_THAN_OR_EQUALS": lambda own, bound: own <= bound,
}
_MAX_CONDITIONS, _MAX_VALUES = 1_000, 10_000


def validate_filters(filters: object, contract: str = "5.28") -> str | None:
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
        kind, _, since = _KEYS.get(key, ("", "", "5.0"))
        if not kind or minor(since) > minor(contract):
            return (
                f"{place}: got {_shown(key)}, allowed: {', '.join(k for k in _KEYS if minor(_KEYS[k][2]) <= minor(contract))}"
            )
        if not isinstance(criterion, dict):
            return f"{place}.{key}: allowed is an object with values"
        if wrong := _wrong_criterion(key, kind, criterion):
            return f"{place}.{key}.{wrong}"
    return None


def _wrong_criterion(key: str, kind: str, criterion: Mapping[str, Any]) -> str | None:
    allowed = {
        _PRICES: ("values", "inclusion", "negated"), _LABELS: ("values", "filter_operator_type", "negated"),
        _NUMBERS: ("operator", "value", "negated"),
    }.get(kind, ("values", "negated"))  # fmt: skip
    if unknown := [name for name in criterion if name not in allowed]:
        return f"{unknown[0]}: no such property, allowed: {', '.join(allowed)}"
    for name in ("negated", "inclusion"):
        if not isinstance(criterion.get(name, False), bool):
            return f"{name}: got {_shown(criterion[name])}, allowed: true, false"
    if kind == _NUMBERS:
        if criterion.get("operator") not in tuple(_COMPARISONS):  # compared, not hashed: it may be a list
            return f"operator: got {_shown(criterion.get('operator'))}, allowed: {', '.join(_COMPARISONS)}"
        value = criterion.get("value")
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32
        return None if good else f"value: got {_shown(value)}, allowed: an integer from 0 to 4294967295"
    if "values" not in criterion:
        return "values: is missing"
    values = criterion["values"]
    if kind == _PRICES:
        good = isinstance(values, int | float) and not isinstance(values, bool) and 0 <= values < 1e12
        return None if good else f"values: got {_shown(values)}, allowed: a number >= 0"
    if kind == _ONE_CURRENCY:
        if criterion.get("negated"):
            return "negated: a currency cannot be negated"
        good = isinstance(values, str) and re.fullmatch("[A-Z]{3}", values) is not None
        return None if good else f"values: got {_shown(values)}, allowed: one currency such as USD"
    if criterion.get("filter_operator_type", "IS") not in ("IS", "CONTAINS"):
        return f"filter_operator_type: got {_shown(criterion['filter_operator_type'])}, allowed: IS, CONTAINS"
    what = "lists of text, from the first level down" if kind == _PATHS else "text"
    if not isinstance(values, list) or len(values) > _MAX_VALUES:
        return f"values: got {_shown(values)}, allowed: a list of {what}"
    for value in values:
        words = value if kind == _PATHS and isinstance(value, list) else [value]
        if (kind == _PATHS) != isinstance(value, list) or not all(isinstance(word, str) for word in words):
            return f"values: got {_shown(value)}, allowed: {what}"
        if key in _CHOICES and value not in _CHOICES[key]:
            return f"values: got {_shown(value)}, allowed: {', '.join(_CHOICES[key])}"
    return None


def _fold(value: object) -> str:
    # Feeds write "in stock" where the API writes IN_STOCK, and are told that case does not matter.
    return str(value).strip().casefold().replace("_", " ")


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
        if not filters:
            return lambda _: True
        mode, conditions = next(iter(filters.items()))
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
        test = self.positive(key, criterion)
        return (lambda item: not test(item)) if criterion.get("negated") else test

    def positive(self, key: str, criterion: Mapping[str, Any]) -> Test:
        kind, attribute, _ = _KEYS[key]
        if kind == _NUMBERS:
            compare, bound = _COMPARISONS[criterion["operator"]], criterion["value"]
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
        wanted = {_fold(value) for value in values}
        if key == "MEDIA_TYPE":
            return lambda item: ("video" if item.get("video_link") else "image") in wanted
        if key == "TITLE_KEYWORDS" or criterion.get("filter_operator_type") == "CONTAINS":
            return lambda item: any(word in _fold(item.get(attribute, "")) for word in wanted)
        return lambda item: attribute in item and _fold(item[attribute]) in wanted


def _path_test(attribute: str, level: int, values: Sequence[Sequence[str]]) -> Test:
    # A value names the levels down to this one: all of them, or only the last few.
    wanted = [[_fold(word) for word in value] for value in values if value]

    def test(item: Mapping[str, Any]) -> bool:
        path = [_fold(word) for word in item[attribute].split(" > ")][: level + 1] if attribute in item else []
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
        result[_AVAILABILITY.get(_fold(item["availability"]), "OUT_OF_STOCK").lower()] += 1
        result["videos"] += 1 if item.get("video_link") else 0
    return result


def measure(items: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """What drives delivery: how many items can be shown (all but those out of stock), and their mean price."""
    prices = [
        item.get("sale_price_micro", item["price_micro"]) for item in items if _fold(item["availability"]) != "out of stock"
    ]
    return len(prices), sum(prices) // len(prices) if prices else 0
