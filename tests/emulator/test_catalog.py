"""Feeds become items or say on which line they do not; filters select the items they describe."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinshop.emulator.catalog import feed_files, filters
from pinshop.emulator.catalog.feed_files import FeedError, Problem, parse_feed, seed_items
from pinshop.emulator.catalog.filters import counts, matches, measure, validate_filters

SHARED = Path(os.environ.get("PINSHOP_SHARED", Path(__file__).parents[2].parent / "shared"))
HEADER = "id\ttitle\tdescription\tlink\timage_link\tprice\tavailability"
ROW = {
    "id": "A-1", "title": "Lamp", "description": "A lamp.", "link": "https://shop.example/a", "price": "24.99 USD",
    "image_link": "https://shop.example/a.jpg", "availability": "in stock",
}  # fmt: skip


def table(*rows: dict[str, str], delimiter: str = "\t", columns: tuple[str, ...] = ()) -> bytes:
    names = (*ROW, *columns)
    lines = [delimiter.join(names), *(delimiter.join(row.get(name, "") for name in names) for row in rows)]
    return "\n".join(lines).encode()


def one(**changes: str) -> dict[str, Any]:
    columns = tuple(name for name in changes if name not in ROW)
    return parse_feed(table({**ROW, **changes}, columns=columns), "TSV")[0]


# ------------------------------------------------------------------------------------------------- feeds


def test_tsv_and_csv_give_the_same_items() -> None:
    assert (
        parse_feed(table(ROW), "TSV")
        == parse_feed(table(ROW, delimiter=","), "CSV")
        == [
            {
                "item_id": "A-1",
                "title": "Lamp",
                "description": "A lamp.",
                "link": "https://shop.example/a",
                "image_link": "https://shop.example/a.jpg",
                "availability": "IN_STOCK",
                "price_micro": 24_990_000,
                "currency": "USD",
            },
        ]
    )


def test_xml_gives_the_same_items() -> None:
    xml = b"""<?xml version="1.0"?>
    <rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><link>https://shop.example</link>
      <item>
        <g:id>A-1</g:id><title>Lamp</title><description><![CDATA[A lamp.]]></description>
        <link>https://shop.example/a</link><g:image_link>https://shop.example/a.jpg</g:image_link>
        <g:shipping><g:country>US</g:country><g:price>1 USD</g:price></g:shipping>
        <g:price>24.99 USD</g:price><g:availability>in stock</g:availability>
        <g:additional_image_link>https://shop.example/b.jpg</g:additional_image_link>
        <g:additional_image_link>https://shop.example/c.jpg</g:additional_image_link>
      </item>
    </channel></rss>"""
    more = {"additional_image_link": ["https://shop.example/b.jpg", "https://shop.example/c.jpg"]}
    assert parse_feed(xml, "XML") == [{**parse_feed(table(ROW), "TSV")[0], **more}]


def test_in_xml_the_shopping_name_wins() -> None:
    fields = "".join(f"<g:{name}>{value}</g:{name}>" for name, value in ROW.items())
    for item in (f"<title>For readers</title>{fields}", f"{fields}<title>For readers</title>"):
        xml = f"<rss xmlns:g='http://base.google.com/ns/1.0'><channel><item>{item}</item></channel></rss>"
        assert parse_feed(xml.encode(), "XML") == parse_feed(table(ROW), "TSV")


def test_a_byte_order_mark_quotes_and_line_breaks_are_understood() -> None:
    quoted = {**ROW, "description": '"Two\nlines, and ""quotes""."'}
    items = parse_feed(b"\xef\xbb\xbf" + table(quoted, delimiter=","), "CSV")
    assert items[0]["description"] == 'Two\nlines, and "quotes".'


@pytest.mark.parametrize(
    ("price", "micro", "currency"),
    [
        ("24.99 USD", 24_990_000, "USD"),
        ("24.99USD", 24_990_000, "USD"),
        ("24.99", 24_990_000, "EUR"),
        ("0.1 GBP", 100_000, "GBP"),
        ("2.01 GBP", 2_010_000, "GBP"),
        ("999999999.999999 JPY", 999_999_999_999_999, "JPY"),
    ],
)
def test_prices_are_exact(price: str, micro: int, currency: str) -> None:
    item = parse_feed(table({**ROW, "price": price}), "TSV", default_currency="EUR")[0]
    assert (item["price_micro"], item["currency"]) == (micro, currency)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, "ITEMID_MISSING"),
        ({"title": " "}, "TITLE_MISSING"),
        ({"description": ""}, "DESCRIPTION_MISSING"),
        ({"link": ""}, "PRODUCT_LINK_MISSING"),
        ({"link": "ftp://shop.example"}, "LINK_FORMAT_INVALID"),
        ({"link": "https://shop.example/" + "x" * 500}, "LINK_LENGTH_TOO_LONG"),
        ({"image_link": ""}, "IMAGE_LINK_MISSING"),
        ({"image_link": "a.jpg"}, "IMAGE_LINK_INVALID"),
        ({"price": ""}, "PRICE_MISSING"),
        ({"price": "-1 USD"}, "PRODUCT_PRICE_INVALID"),
        ({"price": "1,299.00 USD"}, "PRODUCT_PRICE_INVALID"),
        ({"price": "NaN"}, "PRODUCT_PRICE_INVALID"),
        ({"price": "٢٤ USD"}, "PRODUCT_PRICE_INVALID"),
        ({"sale_price": "30 USD"}, "LIST_PRICE_INVALID"),
        ({"sale_price": "20 EUR"}, "LIST_PRICE_INVALID"),
        ({"availability": "soon"}, "AVAILABILITY_INVALID"),
        ({"availability": ""}, "AVAILABILITY_INVALID"),
        ({"adult": "maybe"}, "ADULT_INVALID"),
        ({"custom_number_0": "4294967296"}, "PARSE_LINE_ERROR"),
    ],
)
def test_an_unusable_product_says_its_line_and_why(change: dict[str, str], code: str) -> None:
    columns = tuple(name for name in change if name not in ROW)
    data = table({**ROW, "id": "A-0"}, {**ROW, **change}, columns=columns)
    with pytest.raises(FeedError, match=f"^line 3: {code}: "):
        parse_feed(data, "TSV")
    problems: list[Problem] = []
    assert [item["item_id"] for item in parse_feed(data, "TSV", problems=problems)] == ["A-0"]
    assert [(problem.line, problem.code) for problem in problems] == [(3, code)]


def test_a_product_may_come_once() -> None:
    with pytest.raises(FeedError, match="line 3: DUPLICATE_PRODUCTS: id 'A-1' was used before"):
        parse_feed(table(ROW, ROW), "TSV")


def test_a_row_of_another_length_is_one_problem() -> None:
    problems: list[Problem] = []
    assert parse_feed(table(ROW) + b"\nA-2\tshort", "TSV", problems=problems) == parse_feed(table(ROW), "TSV")
    assert str(problems[0]) == "line 3: PARSE_LINE_ERROR: 2 fields, the header has 7"


@pytest.mark.parametrize(
    ("data", "file_format", "words"),
    [
        (b"", "TSV", "line 1: the feed is empty"),
        (b"id\ttitle\nA\tB", "TSV", "line 1: the header lacks description, link, image_link, price"),
        (HEADER.encode() + b"\tid", "TSV", "line 1: the header has id twice"),
        (HEADER.encode() + b"\n\xff", "TSV", "line 2: not UTF-8"),
        (HEADER.replace("\t", ",").encode() + b'\n"a"b', "CSV", "line 2: "),
        (b"<rss><channel>\n<item></rss>", "XML", "line 2: not well-formed XML"),
        (b"<rss>\n", "XML", "not well-formed XML"),
        (b"<a>" * 40, "XML", "nested more than 32 deep"),
        (b"", "JSON", "allowed: CSV, TSV, XML"),
    ],
)
def test_an_unreadable_feed_says_where(data: bytes, file_format: Any, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        parse_feed(data, file_format)


def test_entity_bombs_and_external_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss>&b;</rss>'
    outside = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><title>&x;</title></item></rss>'
    for data in (bomb, outside, b'<!DOCTYPE rss SYSTEM "http://shop.example/x.dtd"><rss/>'):
        with pytest.raises(FeedError, match="a DOCTYPE is not accepted"):
            parse_feed(data, "XML")


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_files, "MAX_ITEMS", 2)
    rows = [{**ROW, "id": f"A-{number}"} for number in range(3)]
    with pytest.raises(FeedError, match="line 4: at most 2 products"):
        parse_feed(table(*rows), "TSV")
    monkeypatch.setattr(feed_files, "MAX_BYTES", 10)
    with pytest.raises(FeedError, match="at most 10 are read"):
        parse_feed(table(ROW), "TSV")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode), st.sampled_from(["CSV", "TSV", "XML"]), st.booleans())
def test_any_bytes_give_items_or_a_feed_error(data: bytes, file_format: Any, with_header: bool) -> None:
    if with_header and file_format != "XML":
        data = (HEADER if file_format == "TSV" else HEADER.replace("\t", ",")).encode() + b"\n" + data
    with contextlib.suppress(FeedError):
        assert isinstance(parse_feed(data, file_format, problems=[]), list)


# ----------------------------------------------------------------------------------------------- filters

LAMP = one(
    brand="Cinderhome",
    condition="new",
    gender="unisex",
    item_group_id="G-1",
    custom_label_0="Best sellers",
    custom_number_0="7",
    google_product_category="Home & Garden > Lighting",
    sale_price="19.99 USD",
    product_type="Home > Lighting > Lamps",
)


def criterion(values: Any, **more: Any) -> dict[str, Any]:
    return {"values": values, **more}


@pytest.mark.parametrize(
    ("key", "yes", "no"),
    [
        ("BRAND", criterion(["Halden", "cinderhome"]), criterion(["Cinder"])),
        ("ITEM_ID", criterion(["A-1"]), criterion(["A-2"])),
        ("ITEM_GROUP_ID", criterion(["G-1"]), criterion(["G"])),
        ("AVAILABILITY", criterion(["IN_STOCK"]), criterion(["OUT_OF_STOCK"])),
        ("AVAILABILITY", criterion(["in stock"]), criterion(["preorder"])),
        ("CONDITION", criterion(["NEW"]), criterion(["USED"])),
        ("GENDER", criterion(["UNISEX"]), criterion(["MALE"])),
        ("MEDIA_TYPE", criterion(["IMAGE"]), criterion(["VIDEO"])),
        ("CURRENCY", criterion("USD"), criterion("EUR")),
        ("CUSTOM_LABEL_0", criterion(["best sellers"]), criterion(["best"])),
        ("CUSTOM_LABEL_0", criterion(["best"], filter_operator_type="CONTAINS"), criterion(["worst"])),
        ("MIN_PRICE", criterion(24.99), criterion(24.99, inclusion=False)),
        ("MAX_PRICE", criterion(24.99), criterion(24.98)),
        ("PRODUCT_TYPE_0", criterion([["Home"]]), criterion([["Lighting"]])),
        ("PRODUCT_TYPE_1", criterion([["Home", "Lighting"]]), criterion([["Garden", "Lighting"]])),
        ("PRODUCT_TYPE_2", criterion([["Home", "Lighting", "lamps"]]), criterion([["Home", "Lighting"]])),
        ("PRODUCT_TYPE_2", criterion([["Lamps"]]), criterion([["Home"]])),
        ("GOOGLE_PRODUCT_CATEGORY_1", criterion([["Home & Garden", "Lighting"]]), criterion([["Lamps"]])),
        ("CUSTOM_NUMBER_0", {"operator": "GREATER_THAN_OR_EQUALS", "value": 7}, {"operator": "GREATER_THAN", "value": 7}),
        ("CUSTOM_NUMBER_0", {"operator": "LESS_THAN_OR_EQUALS", "value": 7}, {"operator": "LESS_THAN", "value": 7}),
        ("TITLE_KEYWORDS", criterion(["lamp", "sofa"]), criterion(["sofa"])),
    ],
)
def test_a_filter_selects_what_it_says(key: str, yes: dict[str, Any], no: dict[str, Any]) -> None:
    for given_, expected in ((yes, True), (no, False)):
        filters = {"any_of": [{key: given_}]}
        assert validate_filters(filters) is None
        assert matches(filters, LAMP) is expected
        if key != "CURRENCY":
            assert matches({"all_of": [{key: {**given_, "negated": True}}]}, LAMP) is not expected


def test_any_of_needs_one_and_all_of_needs_all() -> None:
    brand, other = {"BRAND": criterion(["Cinderhome"])}, {"BRAND": criterion(["Halden"])}
    assert matches({"any_of": [other, brand]}, LAMP)
    assert not matches({"all_of": [other, brand]}, LAMP)
    assert matches({}, LAMP)  # auto-generated groups have none and hold everything


def test_a_product_without_the_attribute_is_in_no_such_group() -> None:
    bare = one()
    for key, given_ in (
        ("BRAND", criterion([""])),
        ("PRODUCT_TYPE_0", criterion([[""]])),
        ("GENDER", criterion(["MALE"])),
        ("CUSTOM_NUMBER_0", {"operator": "LESS_THAN", "value": 5}),
    ):
        assert not matches({"any_of": [{key: given_}]}, bare), key


def test_groups_may_refer_to_groups_but_not_in_circles() -> None:
    lamps = {"any_of": [{"PRODUCT_TYPE_2": criterion([["Lamps"]])}]}
    circle = {"any_of": [{"PRODUCT_GROUP": criterion(["2"] * 50)}, {"PRODUCT_GROUP": criterion(["3"] * 50)}]}
    groups = {"1": lamps, "2": circle, "3": circle}
    assert matches({"all_of": [{"PRODUCT_GROUP": criterion(["1"])}]}, LAMP, groups)
    assert not matches({"all_of": [{"PRODUCT_GROUP": criterion(["9"])}]}, LAMP, groups)
    assert not matches(circle, LAMP, groups)
    chain = {str(number): {"any_of": [{"PRODUCT_GROUP": criterion([str(number + 1)])}]} for number in range(5000)}
    assert not matches(chain["0"], LAMP, chain)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (None, "filters: allowed is an object"),
        ({}, "filters: allowed is an object"),
        ({"any_of": []}, "filters.any_of: allowed is a list of 1"),
        ({"any_of": [], "all_of": []}, "filters: allowed is an object"),
        ({"any_of": [{}]}, "filters.any_of[0]: allowed is an object with one key"),
        ({"any_of": [{"COLOUR": {"values": ["red"]}}]}, "filters.any_of[0]: got 'COLOUR', allowed: MIN_PRICE, MAX_PRICE"),
        ({"any_of": [{"BRAND": {}}]}, "filters.any_of[0].BRAND.values: is missing"),
        ({"any_of": [{"BRAND": {"values": "x"}}]}, "filters.any_of[0].BRAND.values: got 'x', allowed: a list of text"),
        ({"any_of": [{"BRAND": {"values": [1]}}]}, "filters.any_of[0].BRAND.values: got 1, allowed: text"),
        ({"any_of": [{"BRAND": {"values": [], "operator": 1}}]}, "BRAND.operator: no such property"),
        ({"any_of": [{"BRAND": {"values": [], "negated": 1}}]}, "BRAND.negated: got 1"),
        ({"any_of": [{"BRAND": {"values": [], "filter_operator_type": "IS"}}]}, "filter_operator_type: no such property"),
        ({"any_of": [{"CUSTOM_LABEL_0": {"values": [], "filter_operator_type": "NO"}}]}, "got 'NO', allowed: IS, CONTAINS"),
        ({"any_of": [{"PRODUCT_TYPE_0": {"values": ["Home"]}}]}, "PRODUCT_TYPE_0.values: got 'Home', allowed: lists of text"),
        ({"any_of": [{"MIN_PRICE": {"values": -1}}]}, "MIN_PRICE.values: got -1, allowed: a number >= 0"),
        ({"any_of": [{"MIN_PRICE": {"values": True}}]}, "MIN_PRICE.values: got True"),
        ({"any_of": [{"MIN_PRICE": {"values": float("nan")}}]}, "MIN_PRICE.values: got nan"),
        ({"any_of": [{"CURRENCY": {"values": "usd"}}]}, "CURRENCY.values: got 'usd'"),
        ({"any_of": [{"CURRENCY": {"values": "USD", "negated": True}}]}, "cannot be negated"),
        ({"any_of": [{"GENDER": {"values": ["X"]}}]}, "allowed: FEMALE, MALE, UNISEX"),
        ({"any_of": [{"CUSTOM_NUMBER_0": {"values": [1]}}]}, "CUSTOM_NUMBER_0.values: no such property"),
        ({"any_of": [{"CUSTOM_NUMBER_0": {"operator": "IS", "value": 1}}]}, "operator: got 'IS'"),
        ({"any_of": [{"CUSTOM_NUMBER_0": {"operator": "LESS_THAN", "value": -1}}]}, "value: got -1"),
    ],
)
def test_wrong_filters_are_told_what_is_wrong(filters: Any, words: str) -> None:
    assert words in (validate_filters(filters) or "nothing")


def test_keys_appear_with_their_version() -> None:
    keywords = {"any_of": [{"TITLE_KEYWORDS": criterion(["lamp"])}]}
    assert validate_filters(keywords, "5.23") is None
    assert "TITLE_KEYWORDS" in (validate_filters(keywords, "5.6") or "")


@pytest.mark.parametrize(("version", "count"), [("5.6.0", 26), ("5.14.0", 28), ("5.23.0", 34)])
def test_the_keys_are_those_of_the_description(version: str, count: int) -> None:
    file = SHARED / "pinterest-api" / "openapi" / f"{version}.json"
    if not file.exists():
        pytest.skip(f"Pinterest's description {version} is not beside the repository (set PINSHOP_SHARED)")
    schemas = json.loads(file.read_bytes())["components"]["schemas"]
    described = {
        next(iter(schemas[option["$ref"].rpartition("/")[2]]["properties"]))
        for option in schemas["CatalogsProductGroupFilterKeys"]["anyOf"]
    }
    assert len(described) == count
    for key in filters.KEYS:
        refused = validate_filters({"any_of": [{key: {}}]}, version) or ""
        assert (f"got '{key}'" in refused) is (key not in described), key


# ------------------------------------------------------------------------------------------- the catalog


def test_counts_and_measure_tell_what_can_be_shown() -> None:
    items = [
        one(),
        one(availability="out of stock", price="1000"),
        one(availability="preorder", sale_price="19.99 USD"),
        one(video_link="https://shop.example/a.mp4"),
    ]
    assert counts(items) == {"in_stock": 2, "out_of_stock": 1, "preorder": 1, "total": 4, "videos": 1}
    assert measure(items) == (3, (24_990_000 + 19_990_000 + 24_990_000) // 3)
    assert measure([]) == (0, 0)


def test_the_seed_catalog_is_a_shop() -> None:
    items = seed_items()
    assert len(items) == 60
    assert counts(items)["in_stock"] > 40
    assert min(counts(items).values()) >= 3
    assert len({item["brand"] for item in items}) == 5
    assert {item["custom_label_0"] for item in items} == {"bestseller", "regular", "new", "premium"}
    for level in range(3):
        types = [item["product_type"].split(" > ") for item in items]
        assert len({path[level] for path in types if len(path) > level}) > 1


def test_the_example_is_the_seed_catalog() -> None:
    example = Path(__file__).parents[2] / "examples" / "catalog.tsv"
    assert example.read_bytes() == feed_files.SEED_CATALOG.read_bytes()
