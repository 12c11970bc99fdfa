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
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias
from xml.parsers import expat

from msgspec import Struct

from pinshop.api.checks import is_digits
from pinshop.errors import ConfigurationError

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


class FeedError(ConfigurationError, ValueError):
    """A feed that cannot be read at all, or a product that cannot be used. Says the line."""


_REQUIRED = ("id", "title", "description", "link", "image_link", "price", "availability")

TEXTS = frozenset({
    "item_group_id", "brand", "condition", "gender", "age_group", "color", "size", "size_type", "size_system", "material",
    "pattern", "product_type", "google_product_category", "gtin", "mpn", "mobile_link", "ad_link", "video_link",
    *(f"custom_label_{number}" for number in range(5)),
})  # fmt: skip

CUSTOM_NUMBERS = frozenset(f"custom_number_{number}" for number in range(5))

_PRICE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Z]{3})?")

AVAILABILITY = {"in stock": "IN_STOCK", "out of stock": "OUT_OF_STOCK", "preorder": "PREORDER"}

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
            found = ("DUPLICATE_PRODUCTS", f"id {shown(found['item_id'])} was used before")
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


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[0]


def _item(values: dict[str, str], default_currency: str, default_availability: str | None) -> Item | tuple[str, str]:
    """One product, or why it cannot be used: (code of CatalogsItemValidationErrors, what is wrong)."""
    for name, code, longest in (
        ("id", "ITEMID_MISSING", 127),
        ("title", "TITLE_MISSING", 500),
        ("description", "DESCRIPTION_MISSING", 10_000),
        ("link", "PRODUCT_LINK_MISSING", 511),
        ("image_link", "IMAGE_LINK_MISSING", 2_000),
        ("price", "PRICE_MISSING", 40),
    ):
        value = values.get(name, "")
        if not value:
            return code, f"{name} is empty"
        if len(value) > longest:
            too_long = {"link": "LINK_LENGTH_TOO_LONG", "image_link": "IMAGE_LINK_LENGTH_TOO_LONG"}
            return too_long.get(name, "PARSE_LINE_ERROR"), f"{name} has {len(value)} characters, at most {longest}"
    for name, code in (("link", "LINK_FORMAT_INVALID"), ("image_link", "IMAGE_LINK_INVALID")):
        if not values[name].startswith(("http://", "https://")):
            return code, f"{name} {shown(values[name])} does not begin with http:// or https://"
    price = _price(values["price"])
    if price is None:
        return "PRODUCT_PRICE_INVALID", f"price {shown(values['price'])} is not of the form 24.99 USD"
    availability = AVAILABILITY.get(fold(values.get("availability", ""))) or default_availability
    if availability is None or (values.get("availability") and fold(values["availability"]) not in AVAILABILITY):
        given = shown(values.get("availability", ""))
        return "AVAILABILITY_INVALID", f"availability {given}, allowed: in stock, out of stock, preorder"
    item: Item = {
        "item_id": values["id"],
        "title": values["title"],
        "description": values["description"],
        "link": values["link"],
        "image_link": values["image_link"],
        "availability": availability,
        "price_micro": price[0],
        "currency": price[1] or default_currency,
    }
    if sale := values.get("sale_price"):
        reduced = _price(sale)
        if reduced is None or reduced[0] >= price[0] or (reduced[1] or item["currency"]) != item["currency"]:
            return "LIST_PRICE_INVALID", f"sale_price {shown(sale)} is not a price below {shown(values['price'])}"
        item["sale_price_micro"] = reduced[0]
    return _with_details(item, values)


def _with_details(item: Item, values: dict[str, str]) -> Item | tuple[str, str]:
    if adult := values.get("adult"):
        if adult.lower() not in _TRUTHS:
            return "ADULT_INVALID", f"adult {shown(adult)}, allowed: TRUE, FALSE"
        item["adult"] = _TRUTHS[adult.lower()]
    if more := values.get("additional_image_link"):
        item["additional_image_link"] = [link.strip() for link in more.split(",") if link.strip()][:10]
    for name, text in values.items():  # in the order of the feed, so that equal feeds make equal bytes
        if name in TEXTS and text:
            item[name] = text
        elif name in CUSTOM_NUMBERS and text:
            if not is_digits(text, 10) or int(text) >= 2**32:
                return "PARSE_LINE_ERROR", f"{name} {shown(text)} is not an integer from 0 to 4294967295"
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


def fold(value: object) -> str:
    # Feeds write "in stock" where the API writes IN_STOCK, and are told that case does not matter.
    return str(value).strip().casefold().replace("_", " ")
