"""Decoding: every generation of answers, and no answer lost."""

from __future__ import annotations

import ast
import contextlib
import copy
import json
import pickle
import string
import threading
import typing
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pinshop
from pinshop.api import models, params
from pinshop.api.models import UNSET, ProductGroupPromotion, ServerException, decoding
from pinshop.errors import BadReply, InvalidInput

PROMOTION = {"id": "2680059592705", "ad_group_id": "2680059592706", "status": "ACTIVE"}
REFUSED = {"code": 2, "message": "Advertiser not found."}


def body(value) -> bytes:
    return json.dumps(value).encode()


# ------------------------------------------------------------------------------- generations of answers


@pytest.mark.parametrize(
    ("answer", "exceptions"),
    [
        pytest.param([{"data": PROMOTION, "exceptions": {}}], [], id="5.4 bare array, empty object"),
        pytest.param([{"data": PROMOTION}], [], id="5.4 bare array, absent"),
        pytest.param({"items": [{"data": PROMOTION, "exceptions": None}]}, [], id="5.8 items, null"),
        pytest.param({"items": [{"data": PROMOTION, "exceptions": []}]}, [], id="5.8 items, empty list"),
        pytest.param([{"data": PROMOTION, "exceptions": REFUSED}], [2], id="5.4 one object"),
        pytest.param({"items": [{"data": PROMOTION, "exceptions": [REFUSED]}]}, [2], id="5.8 a list"),
        pytest.param({"items": [PROMOTION]}, [], id="items of bare entities"),
        pytest.param({"data": PROMOTION}, [], id="a single entry"),
    ],
)
def test_a_batch_answer_of_every_generation(answer, exceptions):
    (item,) = models.decode_batch(body(answer), ProductGroupPromotion)
    assert item.data.id == PROMOTION["id"]
    assert [e.code for e in item.exceptions] == exceptions


@pytest.mark.parametrize("data", [None, {}, "absent"])
def test_a_refused_item_has_no_data_and_keeps_its_place(data):
    refused = {"exceptions": [REFUSED]} if data == "absent" else {"data": data, "exceptions": [REFUSED]}
    answer = {"items": [{"data": PROMOTION, "exceptions": None}, refused, {"data": PROMOTION}]}
    items = models.decode_batch(body(answer), ProductGroupPromotion)
    assert [item.data is None for item in items] == [False, True, False]
    assert items[1].exceptions == (ServerException(2, "Advertiser not found."),)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(PROMOTION, id="bare: 5.4-5.7, 5.15 and later"),
        pytest.param({"items": [{"data": PROMOTION, "exceptions": None}]}, id="wrapped: 5.8-5.14"),
        pytest.param({"items": [{"data": PROMOTION}]}, id="wrapped without exceptions"),
    ],
)
def test_an_entity_of_every_generation(answer):
    assert models.decode_entity(body(answer), ProductGroupPromotion).status == "ACTIVE"


def test_an_entity_that_says_items_in_its_text_is_still_an_entity():
    answer = PROMOTION | {"slideshow_collections_title": '"items"'}
    assert models.decode_entity(body(answer), ProductGroupPromotion).slideshow_collections_title == '"items"'


def test_a_wrapped_refusal_is_not_an_entity():
    with pytest.raises(BadReply, match="Advertiser not found"):
        models.decode_entity(body({"items": [{"data": None, "exceptions": [REFUSED]}]}), ProductGroupPromotion)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"items": [PROMOTION], "bookmark": "b1"}, id="plain: 5.15 and later"),
        pytest.param({"items": [{"data": PROMOTION, "exceptions": None}], "bookmark": "b1"}, id="wrapped: 5.8-5.14"),
        pytest.param({"bookmark": "b1", "items": [PROMOTION]}, id="the other way round: 5.28"),
    ],
)
def test_a_page_of_every_generation(answer):
    page = models.decode_page(body(answer), ProductGroupPromotion)
    assert [p.id for p in page.items] == [PROMOTION["id"]]
    assert page.bookmark == "b1"


@pytest.mark.parametrize("tail", [{}, {"bookmark": None}])
def test_the_last_page_has_no_bookmark(tail):
    assert models.decode_page(body({"items": []} | tail), ProductGroupPromotion).bookmark is None


# ----------------------------------------------------------------------------------------- exact values


HARD = [
    "9007199254740993", "9007199254740993.0", "0.30000000000000000000000001", "1e3", "-0.0", "1E-30",
    "123456789012345678901234567890", "1.50", "1e400",
]  # fmt: skip


@pytest.mark.parametrize("text", HARD)
def test_every_number_is_exact_wherever_it_stands(text):
    sent = Decimal(text)
    assert models.parse(f'{{"a": [{text}]}}'.encode())["a"] == [sent]
    assert models.decode_rows(f'[{{"a": {text}}}]'.encode())[0]["a"] == sent
    group = models.decode(f'{{"targeting_spec": {{"X": {text}}}, "bid_multiplier": {text}}}'.encode(), models.AdGroup)
    assert (group.targeting_spec, group.bid_multiplier) == ({"X": sent}, sent)
    for field in ("budget_in_micro_currency", "lifetime_frequency_cap"):
        assert getattr(models.decode(f'{{"{field}": {text}}}'.encode(), models.AdGroup), field) == sent
    back = models.encode(models.parse(text.encode()))
    assert Decimal(back.decode()) == sent


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("549755885175", "549755885175"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740993.0", "9007199254740993"),
        ("5.49755885175e11", "549755885175"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("-5", "-5"),
        ("1.5", "1.5"),
        ('"0012"', "0012"),
        ('"AG7"', "AG7"),
    ],
)
def test_an_id_that_is_a_number_is_read_digit_by_digit(sent, text):
    fields = f'"id": {sent}, "ad_group_id": {sent}, "parent_id": {sent}, "collections_hero_pin_id": {sent}'
    promotion = models.decode(f"{{{fields}}}".encode(), ProductGroupPromotion)
    (listed,) = models.decode_page(f'{{"items": [{{{fields}}}]}}'.encode(), ProductGroupPromotion).items
    (batched,) = models.decode_batch(f'{{"items": [{{"data": {{{fields}}}}}]}}'.encode(), ProductGroupPromotion)
    assert promotion == listed == batched.data
    assert {promotion.id, promotion.ad_group_id, promotion.parent_id, promotion.collections_hero_pin_id} == {text}


@pytest.mark.parametrize("junk", [None, True, [], {}, ["7"], {"value": "7"}], ids=repr)
def test_an_id_that_is_neither_text_nor_number_stays_visible(junk):
    (entry,) = models.decode_page(body({"items": [{"id": junk}]}), ProductGroupPromotion).items
    assert entry.id == junk
    assert models.decode_page(body({"items": [junk]}), ProductGroupPromotion).items == [ProductGroupPromotion()]


@pytest.mark.parametrize(
    ("sent", "bookmark"),
    [("7", "7"), ("1.0", "1"), ("12345678901234567890123", "12345678901234567890123"), ('""', ""), ("null", None)],
)
def test_a_bookmark_that_is_a_number_is_text(sent, bookmark):
    assert models.decode_page(f'{{"items": [], "bookmark": {sent}}}'.encode(), ProductGroupPromotion).bookmark == bookmark


@pytest.mark.parametrize("sent", ["true", "[]", "{}"])
def test_a_bookmark_that_leads_nowhere_is_not_the_end_of_the_list(sent):
    with pytest.raises(BadReply, match="bookmark"):
        models.decode_page(f'{{"items": [], "bookmark": {sent}}}'.encode(), ProductGroupPromotion)


@pytest.mark.parametrize(
    ("raised", "exceptions"),
    [
        ([{"code": 2, "message": {"en": "no"}}], [(2, '{"en":"no"}')]),
        ([{"code": [2], "message": "no"}], [("[2]", "no")]),
        ([{"code": "2", "message": None}], [(2, None)]),
        ([{"code": 2.0, "message": 5}], [(2, "5")]),
        ([{"code": True, "message": ["a", "b"]}], [("true", '["a","b"]')]),
        (["Busy.", {"code": 1, "message": "x"}], [(None, "Busy."), (1, "x")]),
        ("Busy.", [(None, "Busy.")]),
        ([{"error": "Busy."}], [(None, '{"error":"Busy."}')]),
        (7, [(None, "7")]),
        ([None, {}, ""], []),
        ([[]], []),
    ],
)
def test_a_reason_is_read_whatever_its_form(raised, exceptions):
    (item,) = models.decode_batch(body({"items": [{"data": PROMOTION, "exceptions": raised}]}), ProductGroupPromotion)
    assert item.data.id == PROMOTION["id"]
    assert [(e.code, e.message) for e in item.exceptions] == exceptions
    hash(item.exceptions)


def test_an_entity_gives_the_fields_that_came_and_no_others():
    product = models.decode(
        b'{"metadata": {"item_id": "a", "price": 24.990, "sale_price": null}, "pin": {"id": "5", "x": [1, 2.50]}}',
        models.Product,
    )
    assert product.to_dict() == {
        "metadata": {"item_id": "a", "price": Decimal("24.990"), "sale_price": None},
        "pin": {"id": "5", "x": [1, Decimal("2.50")]},
    }
    assert str(product.to_dict()["metadata"]["price"]) == "24.990"
    assert models.decode(body(PROMOTION), ProductGroupPromotion).to_dict() == PROMOTION
    assert ProductGroupPromotion().to_dict() == {}


def test_decoders_are_built_once_by_many_threads(monkeypatch):
    built = []
    real = msgspec.json.Decoder
    monkeypatch.setattr(decoding, "_decoders", {})
    monkeypatch.setattr(msgspec.json, "Decoder", lambda *a, **k: built.append(threading.current_thread()) or real(*a, **k))
    ready = threading.Barrier(16)

    def build():
        ready.wait()
        models.decode(body(PROMOTION), ProductGroupPromotion)

    threads = [threading.Thread(target=build) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


PLAIN = {"dict", "list", "tuple", "bytes", "str", "int", "float", "bool", "Any", "msgspec.Raw"}


def made_without_the_lock(source: str) -> list[str]:
    """Calls in functions that build msgspec's tables of what may be a Struct, where no `decoder_of` of it goes before."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        locked = {ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func) == "decoder_of"}
        for call in calls:
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            match ast.unparse(call.func).split("."):
                case ["msgspec", "convert"]:
                    kind = named.get("type") or call.args[1]
                case ["msgspec", "json" | "msgpack" | "yaml" | "toml", "decode"]:
                    kind = named.get("type")
                case ["msgspec", "json" | "msgpack", "Decoder"]:
                    kind = named.get("type") or next(iter(call.args), None)
                case _:
                    continue
            if kind is not None and ast.unparse(kind).partition("[")[0] not in PLAIN and ast.unparse(kind) not in locked:
                found.append(ast.unparse(call))
    return found


def test_no_function_builds_a_decoder_of_a_struct_without_the_lock():
    """Two threads that build the tables of one Struct for the first time crash the interpreter."""
    assert made_without_the_lock("def f(x): return msgspec.json.decode(x, type=Plan)")
    assert made_without_the_lock("def f(x): return msgspec.convert(x, Plan)")
    assert made_without_the_lock("class A:\n async def f(x): return msgspec.json.Decoder(x.body)")
    assert not made_without_the_lock("def f(x):\n decoder_of(Plan)\n return msgspec.convert(x, Plan)")
    sources = Path(pinshop.__file__).parent
    found = {
        str(path.relative_to(sources)): calls
        for path in sorted(sources.rglob("*.py"))
        if (calls := made_without_the_lock(path.read_text("utf-8"))) and path.name != "decoding.py"
    }
    assert found == {}


def test_both_names_of_the_catalog_product_group_read_the_same():
    old = models.decode(body({"catalogs_product_group_id": "9", "catalogs_product_group_name": "Shoes"}), ProductGroupPromotion)
    new = models.decode(body({"catalog_product_group_id": "9", "catalog_product_group_name": "Shoes"}), ProductGroupPromotion)
    assert (old.catalog_product_group_id, old.catalog_product_group_name) == ("9", "Shoes")
    assert (new.catalog_product_group_id, new.catalog_product_group_name) == ("9", "Shoes")


def test_absent_is_not_null():
    promotion = models.decode(b'{"tracking_url": null}', ProductGroupPromotion)
    assert promotion.tracking_url is None
    assert promotion.status is UNSET
    assert json.loads(models.encode(promotion)) == {"tracking_url": None}


def test_an_unknown_enum_value_survives_and_round_trips():
    promotion = models.decode(b'{"status":"HIBERNATING","creative_type":"HOLOGRAM"}', ProductGroupPromotion)
    assert promotion.status == "HIBERNATING"
    assert models.encode(promotion) == b'{"status":"HIBERNATING","creative_type":"HOLOGRAM"}'


def test_integers_beyond_64_bits_are_kept():
    row = models.decode_rows(b'[{"SPEND_IN_MICRO_DOLLAR": 9007199254740993, "X": 123456789012345678901234567890}]')[0]
    assert row == {"SPEND_IN_MICRO_DOLLAR": 2**53 + 1, "X": 123456789012345678901234567890}


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e-99999999999999999999", "0e1000000000000000000", "9" * 5000])
def test_a_number_that_python_cannot_hold_is_a_bad_reply_and_no_error_of_the_library(number):
    answer = f'{{"id": {number}}}'.encode()
    for decode in (
        models.parse,
        lambda text: models.decode_entity(text, ProductGroupPromotion),
        lambda text: models.decode_page(b'{"items": [' + text + b"]}", ProductGroupPromotion),
        lambda text: models.decode_batch(b'[{"data": ' + text + b"}]", ProductGroupPromotion),
        lambda text: models.decode_rows(b"[" + text + b"]"),
        lambda text: models.decode_report(b'{"1": [' + text + b"]}"),
    ):
        with pytest.raises(BadReply, match=r"not JSON|list of rows"):
            decode(answer)


def test_fractions_in_rows_are_exact_decimals():
    row = models.decode_rows(b'[{"SPEND_IN_DOLLAR": 0.1, "CTR": 0.123456789012345678901, "ECPM": 1.50, "N": 1e3}]')[0]
    assert row["SPEND_IN_DOLLAR"] == Decimal("0.1")
    assert row["CTR"] == Decimal("0.123456789012345678901")
    assert str(row["ECPM"]) == "1.50"
    assert row["N"] == 1000


@pytest.mark.parametrize("text", [b"30", b"0", b"-1"])
def test_an_integer_in_a_row_stays_an_integer(text):
    value = models.decode_rows(b'[{"SPEND_IN_DOLLAR": ' + text + b"}]")[0]["SPEND_IN_DOLLAR"]
    assert (type(value), value) == (int, int(text))


def test_rows_keep_unknown_columns_nulls_and_gaps():
    assert models.decode_rows(b'[{"NEW_COLUMN": "x"}, {"OLD": null}, {}]') == [{"NEW_COLUMN": "x"}, {"OLD": None}, {}]


@pytest.mark.parametrize("version", ["5.6.0", "5.14.0", "5.23.0"])
def test_the_model_knows_every_field_pinterest_declares(description, version):
    schemas = description(version)["components"]["schemas"]
    declared = set()
    for name, schema in schemas.items():
        if name.startswith("ProductGroupPromotion"):
            for part in (schema, *schema.get("allOf", ())):
                declared |= part.get("properties", {}).keys()
    ours = {field.encode_name for field in msgspec.structs.fields(ProductGroupPromotion)}
    assert declared - ours - {"items", "data", "exceptions", "bookmark", "product_group_promotion"} == set()


# ---------------------------------------------------------------------------------- no answer is lost


def test_a_field_of_another_type_keeps_what_the_server_sent():
    promotion = models.decode(b'{"id": 17, "bid_in_micro_currency": "2.5", "is_mdl": "yes"}', ProductGroupPromotion)
    assert (promotion.id, promotion.bid_in_micro_currency, promotion.is_mdl) == ("17", "2.5", "yes")


def test_one_odd_item_does_not_spoil_its_page():
    page = models.decode_page(body({"items": [PROMOTION, PROMOTION | {"id": 5}], "bookmark": "b"}), ProductGroupPromotion)
    assert ([p.id for p in page.items], page.bookmark) == ([PROMOTION["id"], "5"], "b")


def test_one_odd_item_does_not_spoil_its_batch():
    answer = {"items": [{"data": {"id": 5}, "exceptions": "Busy."}, None, {"data": [1], "exceptions": [{"code": "two"}]}]}
    items = models.decode_batch(body(answer), ProductGroupPromotion)
    assert items[0].data.id == "5"
    assert items[0].exceptions == (ServerException(None, "Busy."),)
    assert (items[1].data, items[1].exceptions) == (None, ())
    assert (items[2].data, items[2].exceptions[0].code) == (None, "two")


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>502</html>", b'{"items": [', b"\xff\xfe", b'{"id": NaN}', pytest.param(b"[" * 100_000, id="deep")],
)
@pytest.mark.parametrize(
    "decode",
    [models.decode, models.decode_entity, models.decode_page, models.decode_batch, lambda text, _: models.decode_rows(text)],
    ids=["decode", "entity", "page", "batch", "rows"],
)
def test_what_is_not_json_is_a_bad_reply(decode, text):
    with pytest.raises(BadReply):
        decode(text, ProductGroupPromotion)


@pytest.mark.parametrize(
    ("decode", "text"),
    [
        (models.decode, b"[]"),
        (models.decode_entity, b'"a string"'),
        (models.decode_entity, b'{"items": []}'),
        (models.decode_page, b'{"bookmark": "b"}'),
        (models.decode_page, b'{"items": {}}'),
        (models.decode_page, b"3"),
        (models.decode_batch, b'{"code": 1}'),
        (models.decode_batch, b"null"),
        (lambda text, _: models.decode_rows(text), b'{"code": 1}'),
        (lambda text, _: models.decode_rows(text), b"[1]"),
    ],
)
def test_json_of_another_outer_shape_is_a_bad_reply(decode, text):
    with pytest.raises(BadReply):
        decode(text, ProductGroupPromotion)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
FIELDS = [field.encode_name for field in msgspec.structs.fields(ProductGroupPromotion)]
answers = (
    json_values
    | st.dictionaries(st.sampled_from(FIELDS), json_values)
    | st.lists(st.fixed_dictionaries({}, optional={"data": json_values, "exceptions": json_values}))
    | st.fixed_dictionaries({"items": st.lists(json_values | st.dictionaries(st.sampled_from(FIELDS), json_values))})
)


@given(answers)
def test_any_json_decodes_or_is_a_bad_reply(value):
    text = body(value)
    for decode in (models.decode, models.decode_entity, models.decode_page, models.decode_batch):
        with contextlib.suppress(BadReply):
            decode(text, ProductGroupPromotion)


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_no_declared_field_is_lost_whatever_its_value(value):
    # Reading the modern name finds the old one's value, so leave the old names out of what must come back unchanged.
    value = {k: v for k, v in value.items() if not k.startswith("catalogs_")}
    found = json.loads(models.encode(models.decode(body(value), ProductGroupPromotion)), parse_float=Decimal)
    sent = json.loads(body(value), parse_float=Decimal)
    # An id is the text of its digits, whatever it came as; an id that is the empty text is none.
    ids = {name for name in sent if name == "id" or name.endswith("_id")}
    assert {name: found.get(name, "") for name in ids} == {name: as_id(sent[name]) for name in ids}
    assert {k: v for k, v in found.items() if k not in ids} == {k: v for k, v in sent.items() if k not in ids}


def as_id(value):
    if isinstance(value, Decimal) and value == value.to_integral_value() and value.adjusted() < 300:
        value = int(value)
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


ids = st.text(string.digits, min_size=1, max_size=18)
promotions = st.builds(
    ProductGroupPromotion,
    id=ids,
    ad_group_id=ids,
    catalog_product_group_id=ids | st.none(),
    status=st.sampled_from(models.choices(models.EntityStatus)) | st.text(max_size=9),
    tracking_url=st.text() | st.none() | st.just(UNSET),
    bid_in_micro_currency=st.integers(-(2**63), 2**63 - 1) | st.just(UNSET),
    is_mdl=st.booleans() | st.none() | st.just(UNSET),
)


@given(promotions)
def test_a_promotion_round_trips(promotion):
    assert models.decode(models.encode(promotion), ProductGroupPromotion) == promotion
    assert pickle.loads(pickle.dumps(promotion)) == promotion
    assert copy.deepcopy(promotion) == promotion


@given(st.lists(promotions, max_size=5), st.none() | st.text(min_size=1))
def test_a_page_means_the_same_in_both_generations(items, bookmark):
    plain = msgspec.to_builtins({"items": items, "bookmark": bookmark})
    wrapped = {"items": [{"data": item, "exceptions": None} for item in plain["items"]], "bookmark": bookmark}
    # A wrapped entry without a single field is nothing, a plain one an entity without fields; ids make them something.
    assert models.decode_page(body(plain), ProductGroupPromotion) == models.decode_page(body(wrapped), ProductGroupPromotion)


@given(st.lists(st.dictionaries(st.text(max_size=20), st.integers() | st.none() | st.text(), max_size=8), max_size=5))
def test_rows_of_integers_and_text_come_back_as_they_were(rows):
    assert models.decode_rows(body(rows)) == rows


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_any_fraction_keeps_every_digit(number):
    value = models.decode_rows(f'[{{"X": {number:f}}}]'.encode())[0]["X"]
    assert value == number
    assert str(value) == f"{number:f}"


# ------------------------------------------------------------------------- from an answer back into a call


def test_changed_yields_the_id_and_what_changes():
    promotion = models.decode(
        body(PROMOTION | {"tracking_url": "https://a.b", "bid_in_micro_currency": 5}), ProductGroupPromotion
    )
    assert promotion.changed(status="PAUSED") == {"id": PROMOTION["id"], "status": "PAUSED"}
    assert promotion.changed(tracking_url=None) == {"id": PROMOTION["id"], "tracking_url": None}
    assert models.Campaign(id="7").changed(daily_spend_cap=25_000_000) == {"id": "7", "daily_spend_cap": 25_000_000}
    assert models.AdGroup(id="7").changed(name="x") == {"id": "7", "name": "x"}


@pytest.mark.parametrize(
    ("entity", "fields", "words"),
    [
        (ProductGroupPromotion(id="7"), {}, "at least one field"),
        (ProductGroupPromotion(), {"status": "PAUSED"}, "with its id"),
        (ProductGroupPromotion(id="7"), {"bid_in_micro_currency": 5}, "Pinterest sets it"),
        (ProductGroupPromotion(id="7"), {"id": "8"}, "Pinterest sets it"),
        (models.Campaign(id="7"), {"summary_status": "RUNNING"}, "Pinterest sets it"),
        (models.AdGroup(id="7"), {"bid": 5}, "the fields"),
    ],
    ids=repr,
)
def test_changed_refuses_what_no_update_takes(entity, fields, words):
    with pytest.raises(InvalidInput, match=words):
        entity.changed(**fields)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        (params.ProductGroupPromotionUpdate, ProductGroupPromotion),
        (params.CampaignUpdate, models.Campaign),
        (params.AdGroupUpdate, models.AdGroup),
    ],
)
def test_an_entity_is_written_with_the_fields_that_a_request_may_hold(kind, model):
    sent = {"id": "7", "status": "PAUSED", "type": "x", "created_time": 5, "bid_in_micro_currency": 500_000, "start_time": None}
    (checked,) = params.check_items(kind, [models.decode(body(sent), model)])
    allowed = set(typing.get_type_hints(kind)) & set(model.__struct_fields__)
    assert checked == {name: value for name, value in sent.items() if name in allowed}
    assert {"id", "status"} <= set(checked) < set(sent)
