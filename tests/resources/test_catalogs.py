"""Catalogs, feeds and catalog product groups."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from mock_transport import Script, answer, both
from pinshop import Conflict, Disconnected, InvalidInput, NotFound, TimedOut
from pinshop.errors import PinshopError

A, G, F = "549755885175", "443727193917", "2680059592705"
BRAND: dict[str, Any] = {"any_of": [{"BRAND": {"values": ["ACME"]}}]}
GONE = answer({"code": 4180, "message": "Sorry! We could not find your catalogs product group."}, 404)


def test_a_group_is_created_as_its_filters_say() -> None:
    filters = {"all_of": [{"MIN_PRICE": {"values": Decimal("9.90"), "inclusion": True}}, {"CURRENCY": {"values": "USD"}}]}
    stored = {"id": G, "name": "Dear", "feed_id": F, "filters": {"all_of": []}, "type": "MERCHANT_CREATED"}
    group, script = both(
        lambda: Script(answer(stored, 201)),
        lambda c: c.catalog_product_groups.create(name="Dear", feed_id=int(F), filters=filters, ad_account_id=A),
    )
    assert group.id == G
    [request] = script.requests
    assert request.target == f"/v5/catalogs/product_groups?ad_account_id={A}"
    assert b'"values":9.90' in (request.body or b"")
    assert json.loads(request.body or b"")["feed_id"] == F


def test_a_create_that_may_have_happened_is_not_sent_again() -> None:
    script = Script(TimedOut("no complete answer in time", sent=True))
    with pytest.raises(TimedOut) as caught:
        script.sync(lambda c: c.catalog_product_groups.create(name="x", feed_id=F, filters=BRAND))
    assert len(script.requests) == 1
    assert caught.value.sent


def test_a_delete_says_nothing() -> None:
    value, script = both(lambda: Script(answer(None, 204)), lambda c: c.catalog_product_groups.delete(G))
    assert value is None
    assert (script.requests[0].method, script.requests[0].body) == ("DELETE", None)


def test_a_delete_whose_answer_was_lost_is_done_when_the_group_is_gone() -> None:
    _, script = both(
        lambda: Script(Disconnected("the connection broke", sent=True), GONE), lambda c: c.catalog_product_groups.delete(G)
    )
    assert len(script.requests) == 2


def test_a_delete_of_what_is_not_there_is_an_error() -> None:
    with pytest.raises(NotFound) as caught:
        both(lambda: Script(GONE), lambda c: c.catalog_product_groups.delete(G))
    assert caught.value.code == 4180


@pytest.mark.parametrize(
    ("code", "words"), [(4176, "archive the promotions"), (4177, "auto-generated"), (4179, "name exists already")]
)
def test_a_conflict_says_what_to_do(code: int, words: str) -> None:
    with pytest.raises(Conflict, match=words) as caught:
        both(lambda: Script(answer({"code": code, "message": "…"}, 409)), lambda c: c.catalog_product_groups.delete(G))
    assert caught.value.code == code


def test_a_thousand_and_one_groups_are_two_requests() -> None:
    page = answer({"items": [], "bookmark": None})
    _, script = both(lambda: Script(page, page), lambda c: c.catalog_product_groups.list(id=range(1, 1002)))
    assert [r.target.count("%2C") + 1 for r in script.requests] == [1000, 1]


def test_prices_of_products_are_exact() -> None:
    body = b'{"items":[{"metadata":{"item_id":"a","price":0.1000000000000000055,"currency":"USD"},"pin":{"id":"1"}}]}'
    [product], _ = both(lambda: Script(answer(body)), lambda c: c.catalog_product_groups.products(G, pin_metrics=True))
    assert product.metadata.price == Decimal("0.1000000000000000055")


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda c: c.catalog_product_groups.create(name="x", filters=BRAND), "product_group"),
        (
            lambda c: c.catalog_product_groups.create(name="x", feed_id=1, filters={"any_of": []}),
            "product_group.filters.any_of",
        ),
        (
            lambda c: c.catalog_product_groups.create(name="x", feed_id=1, filters={"any_of": [{"BRANDS": {"values": ["a"]}}]}),
            "product_group.filters.any_of[0].BRANDS",
        ),
        (lambda c: c.catalog_product_groups.update(G, titel="x"), "product_group.titel"),
        (lambda c: c.catalog_product_groups.get("G1"), "product_group_id"),
        (lambda c: c.feeds.get(-1), "feed_id"),
        (lambda c: c.catalog_product_groups.list(id=[]), "id"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(act: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        both(Script, act)
    assert caught.value.field == field


def test_a_catalog_that_does_not_exist_yet_is_one_of_the_family() -> None:
    refused = answer({"code": 4182, "message": "Can't access this feature without an existing catalog."}, 409)
    with pytest.raises(PinshopError, match="create a catalog first"):
        both(lambda: Script(refused), lambda c: c.catalog_product_groups.list())
