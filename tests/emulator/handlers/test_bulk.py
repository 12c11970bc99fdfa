"""A bulk download holds what was asked for, in the layout of the rule; what cannot be done is refused with a reason."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from pinshop.api import models
from pinshop.api.http import Request

ALL = {"campaigns", "ad_groups", "product_groups"}


@pytest.fixture
def shop(talk_at: Callable[..., Any]) -> Any:
    """A second campaign with an ad group and two promotions, made a day after the first."""
    talk = talk_at(rules={"catalog_sales_needs_cbo": False, "report_polls": 0, "report_seconds": 0, "bulk_statuses": "all"})
    talk.ids = talk.some(3)
    talk.emulator.clock.advance(days=1)
    talk.later = talk.emulator.clock.seconds()
    account = talk.emulator.ad_account_id
    body = {"ad_account_id": account, "name": "Other", "objective_type": "CONSIDERATION", "intended_promotion_type": "CATALOG"}
    body["is_campaign_budget_optimization"] = False
    talk.other_campaign = talk("POST", f"{talk.account}/campaigns", [body])["items"][0]["data"]["id"]
    group = {"name": "Other", "campaign_id": talk.other_campaign, "billable_event": "CLICKTHROUGH"}
    group |= {"budget_in_micro_currency": 30_000_000, "bid_in_micro_currency": 500_000}
    talk.other_ad_group = talk("POST", f"{talk.account}/ad_groups", [group])["items"][0]["data"]["id"]
    groups = talk.emulator.catalog_product_group_ids[:2]
    talk.others = [one["data"]["id"] for one in talk.create(*groups, ad_group_id=talk.other_ad_group)]
    return talk


def file_of(talk: Any, **body: Any) -> bytes:
    order = talk("POST", f"{talk.account}/bulk/download", body)
    state = talk("GET", f"{talk.account}/bulk/{order['request_id']}")
    assert state["status"] == "SUCCEEDED"
    url = state["result_url"].removeprefix("http://127.0.0.1")
    reply = talk.emulator.handle(Request("GET", "http://127.0.0.1", url, {}, None))
    assert reply.status == 200
    return bytes(reply.body)


def ids_of(talk: Any, **body: Any) -> dict[str, set[str]]:
    return {name: {one["id"] for one in entities} for name, entities in json.loads(file_of(talk, **body)).items()}


def test_everything_of_the_types_asked_for(shop: Any) -> None:
    everything = ids_of(shop)
    assert everything.keys() == ALL
    assert everything["product_groups"] == {*shop.ids, *shop.others}
    assert everything["campaigns"] >= {shop.emulator.campaign_id, shop.other_campaign}
    assert ids_of(shop, entity_types=["PRODUCT_GROUP"]) == {"product_groups": everything["product_groups"]}


def test_entities_are_as_the_lists_answer_them(shop: Any) -> None:
    found = json.loads(file_of(shop))
    for kind, path in (("campaigns", "campaigns"), ("ad_groups", "ad_groups")):
        listed = shop("GET", f"{shop.account}/{path}", page_size=250)["items"]
        assert sorted(found[kind], key=lambda one: one["id"]) == sorted(listed, key=lambda one: one["id"])
    listed = shop("GET", f"{shop.account}/product_group_promotions", product_group_promotion_ids=shop.ids)["items"]
    assert [one for one in found["product_groups"] if one["id"] in shop.ids] == sorted(listed, key=lambda one: one["id"])


def test_ids_bring_their_children_and_grandchildren(shop: Any) -> None:
    own = {"campaigns": {shop.other_campaign}, "ad_groups": {shop.other_ad_group}, "product_groups": set(shop.others)}
    assert ids_of(shop, entity_ids=[shop.other_campaign]) == own
    assert ids_of(shop, entity_ids=[shop.other_ad_group]) == own | {"campaigns": set()}
    assert ids_of(shop, entity_ids=[shop.ids[0], "5"])["product_groups"] == {shop.ids[0]}
    assert ids_of(shop, entity_ids=[shop.other_campaign], entity_types=["PRODUCT_GROUP"]) == {
        "product_groups": set(shop.others)
    }


def test_updated_since_leaves_what_was_written_since(shop: Any) -> None:
    later = str(int(shop.later))
    assert ids_of(shop, updated_since=later)["product_groups"] == set(shop.others)
    shop.emulator.clock.advance(hours=1)
    now = str(int(shop.emulator.clock.seconds()))
    assert ids_of(shop, updated_since=now)["product_groups"] == set()
    # also a change that delivery does not depend on
    body = {
        "ad_group_id": shop.emulator.ad_group_id,
        "product_group_promotion": [{"id": shop.ids[1], "tracking_url": "https://a.example"}],
    }
    shop("PATCH", f"{shop.account}/product_group_promotions", body)
    assert ids_of(shop, updated_since=now) == {"campaigns": set(), "ad_groups": set(), "product_groups": {shop.ids[1]}}


def test_only_active_entities_unless_the_rule_says_otherwise(shop: Any) -> None:
    body = {"ad_group_id": shop.emulator.ad_group_id, "product_group_promotion": [{"id": shop.ids[0], "status": "PAUSED"}]}
    shop("PATCH", f"{shop.account}/product_group_promotions", body)
    assert shop.ids[0] in ids_of(shop)["product_groups"]
    shop.emulator.rules.set("bulk_statuses", "active")
    assert ids_of(shop)["product_groups"] == {*shop.ids[1:], *shop.others}


def test_campaigns_may_be_filtered(shop: Any) -> None:
    def left(**wanted: Any) -> set[str]:
        return ids_of(shop, campaign_filter=wanted)["product_groups"]

    assert left(name="Other") == set(shop.others)
    assert left(objective_type=["CATALOG_SALES"]) == set(shop.ids)
    assert left(campaign_status=["RUNNING"]) == {*shop.ids, *shop.others}
    assert left(campaign_status=["ARCHIVED"]) == set()
    assert left(end_time=str(int(shop.later) - 1)) == set(shop.ids)
    assert left() == {*shop.ids, *shop.others}


@pytest.mark.parametrize("layout", ["by_key", "by_entity_type", "list", "lines"])
def test_the_client_reads_every_layout(shop: Any, layout: str) -> None:
    shop.emulator.rules.set("bulk_layout", layout)
    found = models.decode_bulk(file_of(shop), 10**6)
    assert {one.id for one in found.promotions} == {*shop.ids, *shop.others}
    assert {one.id for one in found.ad_groups} == {shop.emulator.ad_group_id, shop.other_ad_group}
    assert shop.other_campaign in {one.id for one in found.campaigns}
    assert found.others == {}


def test_a_csv_says_the_same_as_json(shop: Any) -> None:
    text = file_of(shop, output_format="CSV")
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [row["entity_type"] for row in rows] == sorted(
        (row["entity_type"] for row in rows), key=["CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP"].index
    )
    from_csv, from_json = models.decode_bulk(text, 10**6), models.decode_bulk(file_of(shop), 10**6)
    for one, other in zip(from_csv.campaigns + from_csv.ad_groups, from_json.campaigns + from_json.ad_groups, strict=True):
        for name in ("id", "status", "created_time", "daily_spend_cap", "bid_in_micro_currency", "targeting_spec"):
            mine, theirs = getattr(one, name, None), getattr(other, name, None)
            assert mine == theirs or (mine is models.UNSET and theirs is None), name
    assert [one.id for one in from_csv.promotions] == [one.id for one in from_json.promotions]


def test_it_runs_first_and_its_link_expires(talk_at: Callable[..., Any]) -> None:
    talk = talk_at()
    order = talk("POST", f"{talk.account}/bulk/download", {})["request_id"]
    assert talk("GET", f"{talk.account}/bulk/{order}") == {"status": "RUNNING"}
    url = talk("GET", f"{talk.account}/bulk/{order}")["result_url"].removeprefix("http://127.0.0.1")
    ask = Request("GET", "http://127.0.0.1", url, {}, None)
    assert talk.emulator.handle(ask).status == 200
    assert talk.emulator.handle(Request("GET", "http://127.0.0.1", url.replace("sign=", "sign=0"), {}, None)).status == 403
    talk.emulator.clock.advance(seconds=301)
    assert talk.emulator.handle(ask).status == 403
    talk.emulator.rules.set("report_outcome", "FAILED")
    assert talk("GET", f"{talk.account}/bulk/{order}") == {"status": "FAILED"}


def test_the_two_kinds_of_orders_are_not_mixed_up(shop: Any) -> None:
    bulk = shop("POST", f"{shop.account}/bulk/download", {})["request_id"]
    assert shop("GET", f"{shop.account}/reports", token=bulk)["report_status"] == "DOES_NOT_EXIST"
    order = {
        "start_date": "2026-03-03",
        "end_date": "2026-03-03",
        "granularity": "DAY",
        "level": "CAMPAIGN",
        "columns": ["CTR"],
    }
    report = shop("POST", f"{shop.account}/reports", order)["token"]
    assert shop("GET", f"{shop.account}/bulk/{report}", status=404)["code"] == 2
    assert shop("GET", f"{shop.account}/bulk/nothing", status=404)["code"] == 2
    assert shop("GET", f"{shop.account}/bulk/a%20b", status=400)["code"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "body"),
        ({"entity_types": []}, "entity_types"),
        ({"entity_types": ["SHOE"]}, "SHOE"),
        ({"entity_types": ["AD"]}, "not emulated"),
        ({"entity_types": ["KEYWORD", "CAMPAIGN"]}, "not emulated"),
        ({"entity_types": [["CAMPAIGN"]]}, "entity_types"),
        ({"entity_types": "CAMPAIGN"}, "entity_types"),
        ({"entity_ids": ["x"]}, "entity_ids"),
        ({"entity_ids": [1]}, "entity_ids"),
        ({"updated_since": 1_622_848_072}, "updated_since"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"output_format": "XML"}, "output_format"),
        ({"campaign_filter": []}, "campaign_filter"),
        ({"campaign_filter": {"colour": "red"}}, "colour"),
        ({"campaign_filter": {"start_time": 5}}, "start_time"),
        ({"campaign_filter": {"name": 5}}, "name"),
        ({"campaign_filter": {"campaign_status": ["ACTIVE"]}}, "campaign_status"),
        ({"campaign_filter": {"objective_type": "SALES"}}, "objective_type"),
    ],
)
def test_what_cannot_be_done_is_refused(shop: Any, body: Any, words: str) -> None:
    answer = shop("POST", f"{shop.account}/bulk/download", body, status=400)
    assert answer["code"] == 1
    assert words in answer["message"]
