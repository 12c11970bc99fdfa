"""The models of the neighbours: decoding that keeps what was sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct

from pinshop.api import models


def test_a_real_ad_account_record_decodes_whole() -> None:
    # A record of airbyte's source-pinterest integration tests.
    record = (
        b'{"id":"549761668032","name":"Airbyte","owner":{"username":"integrationtest0375","id":"666744057242074926"},'
        b'"country":"US","currency":"USD","permissions":["OWNER"],"created_time":1603772920,"updated_time":1623173784}'
    )
    account = models.decode(record, models.AdAccount)
    assert account.owner == models.AdAccountOwner(id="666744057242074926", username="integrationtest0375")
    assert json.loads(models.encode(account)) == json.loads(record)


def test_absent_null_and_unknown_values_stay_apart() -> None:
    campaign = models.decode(b'{"id":"1","daily_spend_cap":null,"objective_type":"SOMETHING_NEW"}', models.Campaign)
    assert campaign.daily_spend_cap is None
    assert campaign.lifetime_spend_cap is models.UNSET
    assert campaign.objective_type == "SOMETHING_NEW"


def test_prices_are_exact_decimals() -> None:
    body = b'{"items":[{"metadata":{"item_id":"a","price":24.990000000000000001,"sale_price":null},"pin":null}]}'
    [product] = models.decode_page(body, models.Product).items
    assert isinstance(product.metadata, models.ProductMetadata)
    assert product.metadata.price == Decimal("24.990000000000000001")
    assert product.metadata.sale_price is None


def test_a_wrong_value_inside_a_nested_model_loses_nothing_else() -> None:
    body = b'{"metadata":{"item_id":7,"price":24.99,"availability":"IN_STOCK"},"pin":{"id":"5"}}'
    product = models.decode(body, models.Product)
    assert isinstance(product.metadata, models.ProductMetadata)
    assert product.metadata.item_id == 7  # as sent, although a string was promised
    assert product.metadata.price == Decimal("24.99")
    assert product.metadata.availability == "IN_STOCK"


@pytest.mark.parametrize("text", ["3", "3.0"])
def test_counts_promised_as_number_are_integers(text: str) -> None:
    counts = models.decode(b'{"total":%s,"in_stock":0}' % text.encode(), models.ProductCounts)
    assert (counts.total, counts.in_stock, counts.videos) == (3, 0, models.UNSET)


def test_secrets_are_not_shown() -> None:
    feed = models.decode(b'{"id":"1","credentials":{"username":"u","password":"hunter2"}}', models.Feed)
    assert "hunter2" not in repr(feed)
    state = models.ReportState(report_status="FINISHED", url="https://reports.example/a.csv?X-Amz-Signature=hunter2")
    assert "hunter2" not in repr(state)
    assert "reports.example/a.csv" in repr(state)


#: Fields of answers that exist in Pinterest's descriptions for other catalog types than the retail one.
MODELS = [
    (models.ProductGroupPromotion, ["ProductGroupPromotion"]),
    (models.Campaign, ["CampaignResponse"]),
    (models.AdGroup, ["AdGroupResponse"]),
    (models.AdAccount, ["AdAccount"]),
    (models.UserAccount, ["Account"]),
    (models.Catalog, ["Catalog"]),
    (models.Feed, ["CatalogsRetailFeed", "CatalogsFeed"]),
    (models.CatalogProductGroup, ["CatalogsRetailProductGroup", "CatalogsProductGroup"]),
    (models.ProductCounts, ["CatalogsRetailProductGroupProductCounts", "CatalogsProductGroupProductCounts"]),
    (models.Product, ["CatalogsRetailProduct", "CatalogsProduct"]),
    (models.ProductMetadata, ["CatalogsRetailProductMetadata", "CatalogsProductMetadata"]),
    (models.ReportOrder, ["AdsAnalyticsCreateAsyncResponse"]),
    (models.ReportState, ["AdsAnalyticsGetAsyncResponse"]),
    (models.MetricsReadyState, ["BookClosedResponse"]),
]


def properties(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = description
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    merged = dict(node.get("properties", {}))
    for part in (*node.get("allOf", ()), *node.get("oneOf", ())):
        merged |= properties(description, part)
    return merged


@pytest.mark.parametrize("version", ["5.6.0", "5.14.0", "5.23.0"])
@pytest.mark.parametrize(("model", "names"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_declared_field_is_lost(model: type[Struct], names: list[str], version: str, description: Any) -> None:
    schemas = description(version)["components"]["schemas"]
    name = next((name for name in names if name in schemas), None)
    if name is None:
        assert (model, version) == (models.Catalog, "5.6.0")  # catalogs came with 5.11
        return
    assert set(properties(description(version), schemas[name])) <= set(model.__struct_fields__)
