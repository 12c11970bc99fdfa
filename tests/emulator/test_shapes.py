"""Every operation at every api_version, judged by Pinterest's description of it: shapes, fields, statuses."""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec
import pytest

from emulator.conftest import Talk
from pinshop.api import endpoints
from pinshop.api.operations import API_VERSIONS, version
from pinshop.emulator import Emulator

TODAY = "2026-03-02"


def _back(days: int) -> str:
    return (datetime.date.fromisoformat(TODAY) - datetime.timedelta(days)).isoformat()


def test_the_whole_life_of_a_promotion(talk):
    api_version = talk.emulator.api_version
    good, bad, also_good = talk.create(
        talk.emulator.catalog_product_group_ids[0], "123", talk.emulator.catalog_product_group_ids[1]
    )
    assert good["data"]["status"] == "ACTIVE"
    assert "data" not in bad
    exception = bad["exceptions"] if api_version == "5.6" else bad["exceptions"][0]
    assert (exception["code"], exception["message"]) == (2, "Catalog product group not found.")
    promotion_id = good["data"]["id"]
    paused = talk.update({"id": promotion_id, "status": "PAUSED"}, {"id": "1", "status": "PAUSED"})
    assert paused[0]["data"]["status"] == "PAUSED"
    assert "data" not in paused[1]
    got = talk("GET", f"{talk.promotions}/{promotion_id}")
    if api_version == "5.14":
        got = got["items"][0]["data"]
    assert (got["id"], got["status"]) == (promotion_id, "PAUSED")
    if api_version != "5.6":
        listed = talk("GET", talk.promotions, ad_group_id=talk.emulator.ad_group_id)
        entries = [item.get("data", item)["id"] for item in listed["items"]]
        assert entries == [also_good["data"]["id"], promotion_id]
    talk.emulator.clock.advance(days=3)
    for granularity in ("TOTAL", "DAY", "WEEK", "MONTH", "HOUR"):
        rows = talk.analytics([also_good["data"]["id"]], TODAY, TODAY, "SPEND_IN_DOLLAR,IMPRESSION_1,CTR", granularity)
        assert rows
        assert ("DATE" in rows[0]) == (granularity != "TOTAL")


@pytest.mark.parametrize(
    ("api_version", "present", "absent"),
    [
        ("5.6", {"catalogs_product_group_id", "type"}, {"catalog_product_group_id", "grid_click_type", "selected_image_tag"}),
        ("5.14", {"catalog_product_group_id", "grid_click_type"}, {"catalogs_product_group_id", "type", "selected_image_tag"}),
        ("5.23", {"selected_image_tag", "preferred_media_type"}, {"is_image_auto_resizing", "type"}),
        ("5.28", {"is_image_auto_resizing", "selected_video_tag"}, {"catalogs_product_group_id"}),
    ],
)
def test_a_contract_answers_its_fields_and_no_others(talk_at, api_version, present, absent):
    data = talk_at(api_version).create(talk_at(api_version).emulator.catalog_product_group_ids[0])[0]["data"]
    assert present <= set(data)
    assert not absent & set(data)


def test_lists_appear_where_pinterest_had_them(talk):
    old = talk.emulator.api_version == "5.6"
    assert talk.send("GET", talk.promotions, ad_group_id=talk.emulator.ad_group_id).status == (405 if old else 200)
    assert talk.send("GET", "/catalogs").status == (404 if old else 200)


def test_accounts_campaigns_and_ad_groups(talk):
    emulator = talk.emulator
    assert talk("GET", "/user_account")["username"]
    assert [a["id"] for a in talk("GET", "/ad_accounts")["items"]] == [emulator.ad_account_id]
    assert talk("GET", talk.account)["permissions"] == ["OWNER"]
    made = talk("POST", "/ad_accounts", {"name": "Second", "country": "DE"})
    assert int(made["id"]) > int(emulator.ad_account_id)
    campaigns = talk(
        "POST",
        f"{talk.account}/campaigns",
        [
            {
                "ad_account_id": emulator.ad_account_id,
                "name": "Spring",
                "objective_type": "CATALOG_SALES",
                "is_campaign_budget_optimization": True,
                "daily_spend_cap": 10_000_000,
            },
            {"ad_account_id": emulator.ad_account_id, "name": "No budget", "objective_type": "CATALOG_SALES"},
        ],
    )["items"]
    assert campaigns[1]["exceptions"][0]["code"] == 2384
    campaign_id = campaigns[0]["data"]["id"]
    assert talk("GET", f"{talk.account}/campaigns/{campaign_id}")["name"] == "Spring"
    changed = talk(
        "PATCH",
        f"{talk.account}/campaigns",
        [{"id": campaign_id, "ad_account_id": emulator.ad_account_id, "daily_spend_cap": 20_000_000, "status": "PAUSED"}],
    )["items"]
    assert (changed[0]["data"]["daily_spend_cap"], changed[0]["data"]["status"]) == (20_000_000, "PAUSED")
    assert len(talk("GET", f"{talk.account}/campaigns")["items"]) == 2
    groups = talk(
        "POST",
        f"{talk.account}/ad_groups",
        [
            {"name": "All", "campaign_id": campaign_id, "billable_event": "CLICKTHROUGH", "bid_in_micro_currency": 500_000},
            {"name": "Lost", "campaign_id": "1", "billable_event": "CLICKTHROUGH"},
        ],
    )["items"]
    assert groups[1]["exceptions"][0]["message"] == "Campaign not found."
    group_id = groups[0]["data"]["id"]
    assert groups[0]["data"]["summary_status"] == "PAUSED"
    assert talk("GET", f"{talk.account}/ad_groups/{group_id}")["budget_type"] == "CBO_ADGROUP"
    talk("PATCH", f"{talk.account}/ad_groups", [{"id": group_id, "bid_in_micro_currency": 700_000}])
    assert [g["id"] for g in talk("GET", f"{talk.account}/ad_groups", campaign_ids=campaign_id)["items"]] == [group_id]


def test_catalogs(talk):
    emulator = talk.emulator
    feeds = talk("GET", "/catalogs/feeds")["items"]
    assert [feed["id"] for feed in feeds] == [emulator.feed_id]
    assert talk("GET", f"/catalogs/feeds/{emulator.feed_id}")["format"] == "TSV"
    if emulator.api_version != "5.6":
        assert talk("GET", "/catalogs")["items"][0]["catalog_type"] == "RETAIL"
    groups = talk("GET", "/catalogs/product_groups", feed_id=emulator.feed_id)["items"]
    assert {group["id"] for group in groups} == set(emulator.catalog_product_group_ids)
    made = talk(
        "POST",
        "/catalogs/product_groups",
        {"name": "Alderly", "feed_id": emulator.feed_id, "filters": {"any_of": [{"BRAND": {"values": ["alderly"]}}]}},
        status=201,
    )
    path = f"/catalogs/product_groups/{made['id']}"
    counts = talk("GET", f"{path}/product_counts")
    assert counts["total"] == 14
    assert counts["in_stock"] + counts["out_of_stock"] + counts["preorder"] == 14
    first = talk("GET", f"{path}/products", page_size=10)
    rest = talk("GET", f"{path}/products", page_size=10, bookmark=first["bookmark"])
    assert (len(first["items"]), len(rest["items"]), rest["bookmark"]) == (10, 4, None)
    assert talk("PATCH", path, {"name": "Alderly only"})["name"] == "Alderly only"
    assert talk("GET", path)["filters"] == {"any_of": [{"BRAND": {"values": ["alderly"]}}]}
    assert talk("DELETE", path, status=204) is None
    assert talk("GET", path, status=404)["code"] == 4180


def test_reports_and_resources(talk):
    promotion_id = talk.some(1)[0]
    talk.emulator.clock.advance(days=2)
    order = {
        "start_date": TODAY,
        "end_date": TODAY,
        "granularity": "DAY",
        "level": "PRODUCT_GROUP",
        "columns": ["SPEND_IN_DOLLAR", "IMPRESSION_1"],
        "product_group_ids": [promotion_id],
    }
    token = talk("POST", f"{talk.account}/reports", order)["token"]
    assert talk("GET", f"{talk.account}/reports", token=token)["report_status"] == "IN_PROGRESS"
    done = talk("GET", f"{talk.account}/reports", token=token)
    assert done["report_status"] == "FINISHED"
    assert done["size"] > 50
    assert talk("GET", f"{talk.account}/reports", token="nope")["report_status"] == "DOES_NOT_EXIST"
    assert talk("GET", "/resources/delivery_metrics")["items"]
    assert talk("GET", "/resources/metrics_ready_state", date=_back(10)) == {
        "conversion_metrics_ready": True,
        "non_conversion_metrics_ready": True,
    }


def test_each_operation_has_a_handler(talk):
    """Where Pinterest had it, no operation answers that it does not exist; where it did not, it does not answer at all."""
    ids = {
        "ad_account_id": talk.emulator.ad_account_id,
        "campaign_id": talk.emulator.campaign_id,
        "ad_group_id": talk.emulator.ad_group_id,
        "feed_id": talk.emulator.feed_id,
        "bulk_request_id": "1",
        "product_group_id": talk.emulator.catalog_product_group_ids[1],
        "product_group_promotion_id": talk.some(1)[0],
    }
    for operation in endpoints.OPERATIONS:
        path = operation.path.format(**{name: ids[name] for name in operation.path_names})
        body = None if operation.body is None else b"[]" if operation.body == "array" else b"{}"
        reply = talk.send(operation.verb, path, body)
        if version(operation.since) > version(talk.emulator.api_version):
            assert reply.status in (404, 405), operation.id
        else:
            assert reply.status < 500, operation.id
            assert not (reply.status == 404 and b"not part of" in reply.body), operation.id


def test_a_version_between_and_after_those_that_are_known_is_what_came_before_it(talk_at, monkeypatch):
    versions = ("5.8", "5.12", "5.15", "5.17", "5.29", "6.0")
    monkeypatch.setattr("pinshop.emulator.emulator.API_VERSIONS", (*API_VERSIONS, *versions))

    def told(api_version):
        with Emulator(api_version, now=f"{TODAY}T12:00:00Z", rules={"create_answers": 201}) as emulator:
            talk = Talk(emulator, None, Counter())
            name = "catalogs_product_group_id" if version(api_version) < (5, 8) else "catalog_product_group_id"
            items = [{name: emulator.catalog_product_group_ids[0]}, {name: "1"}]
            envelope = {"ad_group_id": emulator.ad_group_id, "product_group_promotion": items}
            created = talk.send("POST", talk.promotions, envelope)
            promotion_id = talk.some(1)[0]
            talk.update({"id": promotion_id, "creative_type": "VIDEO"})
            promotion = talk("GET", f"{talk.promotions}/{promotion_id}")
            campaign = {"name": "C", "objective_type": "CATALOG_SALES", "daily_spend_cap": 10_000_000}
            owned = campaign | {"ad_account_id": emulator.ad_account_id, "is_campaign_budget_optimization": True}
            bare = talk.send("POST", f"{talk.account}/campaigns", [campaign])
            made = talk("POST", f"{talk.account}/campaigns", [owned])["items"][0]["data"]
            group = f"/catalogs/product_groups/{emulator.catalog_product_group_ids[0]}"
            return {
                "created": (created.status, isinstance(msgspec.json.decode(created.body), dict)),
                "wrapped": "items" in promotion,
                "creative_type": (promotion["items"][0]["data"] if "items" in promotion else promotion)["creative_type"],
                "campaign": (bare.status, made.get("intended_promotion_type")),
                "owner": sorted(talk("GET", talk.account)["owner"]),
                "counts": sorted(talk("GET", f"{group}/product_counts")),
                "product": sorted(talk("GET", f"{group}/products")["items"][0]),
            }

    assert told("5.29") == told("6.0") == told("5.28")
    assert told("5.17") == told("5.15") == told("5.23")
    assert told("5.8")["wrapped"]
    assert told("5.8")["creative_type"] == "VIDEO"
    assert told("5.8")["created"] == told("5.14")["created"]
    assert told("5.12") == told("5.8")
