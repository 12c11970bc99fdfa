"""Ids of any length: kept exactly, or known to nobody, and never an error of the emulator's own."""

from __future__ import annotations

import pytest

from pinshop import BadRequest, Client, NotFound
from pinshop.api import endpoints, operations
from pinshop.emulator import Emulator


@pytest.fixture
def client():
    with Emulator() as emulator, Client(emulator.access_token, transport=emulator.transport()) as client:
        client.emulator = emulator
        yield client


@pytest.mark.parametrize("pin", ["0012", "9" * 18, "9" * 19, "9" * 25])
def test_the_id_of_a_pin_comes_back_as_it_was_sent(client, pin):
    emulator = client.emulator
    item = {"catalog_product_group_id": emulator.catalog_product_group_ids[0], "collections_hero_pin_id": pin}
    created = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, [item])
    created.raise_if_failed()
    found = client.promotions.get(emulator.ad_account_id, created[0].id)
    assert found.collections_hero_pin_id == pin


@pytest.mark.parametrize("digits", [19, 20, 4500])
def test_an_id_longer_than_any_is_not_found(client, digits):
    with pytest.raises(NotFound):
        client.catalog_product_groups.get("9" * digits)


@pytest.mark.parametrize("digits", [19, 20, 4500])
def test_a_body_may_name_an_id_longer_than_any(client, digits):
    emulator = client.emulator
    items = [{"catalog_product_group_id": "9" * digits}]
    (outcome,) = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
    assert outcome.state == "failed"


def test_an_id_is_limited_where_pinterest_limits_it(client):
    call = operations.raw("GET", "/ad_accounts/" + "9" * 19)
    with pytest.raises(BadRequest, match="must match the pattern"):
        client.send(call)
    body = {"ad_group_id": "9" * 4500, "product_group_promotion": [{"catalog_product_group_id": "1"}]}
    create = operations.build(endpoints.PROMOTIONS_CREATE, {"ad_account_id": client.emulator.ad_account_id}, body=body)
    with pytest.raises(NotFound):
        client.send(create)
