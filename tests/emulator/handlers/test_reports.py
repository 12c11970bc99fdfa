"""What a report order asks for is done, or refused with a reason; a finished report is made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pinshop.api.http import Request

ORDER = {
    "start_date": "2026-03-03", "end_date": "2026-03-06", "granularity": "DAY", "level": "PRODUCT_GROUP",
    "columns": ["IMPRESSION_1", "SPEND_IN_DOLLAR", "CAMPAIGN_ID", "AD_GROUP_ID"],
}  # fmt: skip


@pytest.fixture
def shop(talk_at: Callable[..., Any]) -> Any:
    """Two campaigns, two ad groups, six promotions, five days."""
    talk = talk_at(rules={"catalog_sales_needs_cbo": False, "report_polls": 0, "report_seconds": 0})
    account = talk.emulator.ad_account_id
    body = {"ad_account_id": account, "name": "Other", "objective_type": "CONSIDERATION", "intended_promotion_type": "CATALOG"}
    campaign = talk("POST", f"{talk.account}/campaigns", [body])["items"][0]["data"]["id"]
    group = {
        "name": "Other",
        "campaign_id": campaign,
        "billable_event": "CLICKTHROUGH",
        "budget_in_micro_currency": 30_000_000,
        "bid_in_micro_currency": 500_000,
    }
    talk.other_ad_group = talk("POST", f"{talk.account}/ad_groups", [group])["items"][0]["data"]["id"]
    talk.other_campaign = campaign
    talk.ids = talk.some(3)
    groups = talk.emulator.catalog_product_group_ids[:3]
    talk.others = [one["data"]["id"] for one in talk.create(*groups, ad_group_id=talk.other_ad_group)]
    talk.emulator.clock.advance(days=5)
    return talk


def download(talk: Any, **changes: Any) -> dict[str, list[dict[str, Any]]]:
    token = talk("POST", f"{talk.account}/reports", ORDER | changes)["token"]
    return content(talk, talk("GET", f"{talk.account}/reports", token=token)["url"])


def content(talk: Any, url: str) -> Any:
    reply = talk.emulator.handle(Request("GET", "http://127.0.0.1", url.removeprefix("http://127.0.0.1"), {}, None))
    assert reply.status == 200
    return json.loads(reply.body)


def test_every_filter_acts(shop: Any) -> None:
    ours, others = set(shop.ids), set(shop.others)
    everything = ours | others
    assert set(download(shop)) == everything
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"campaign_ids": [shop.other_campaign]}, others),
        ({"ad_group_ids": [shop.emulator.ad_group_id]}, ours),
        ({"product_group_ids": [shop.ids[0], shop.others[0]]}, {shop.ids[0], shop.others[0]}),
        ({"campaign_objective_types": ["CONSIDERATION"]}, others),
        ({"campaign_objective_types": ["CATALOG_SALES", "CONSIDERATION"]}, everything),
        ({"campaign_objective_types": ["AWARENESS"]}, set()),
        ({"campaign_statuses": ["RUNNING"]}, everything),
        ({"campaign_statuses": ["COMPLETED", "ARCHIVED"]}, set()),
        ({"ad_group_statuses": ["RUNNING"], "campaign_ids": [shop.other_campaign]}, others),
        ({"ad_group_statuses": ["PAUSED"]}, set()),
        ({"product_group_statuses": ["RUNNING"]}, everything),
        ({"product_group_statuses": ["ARCHIVED"]}, set()),
        ({"attribution_types": ["INDIVIDUAL"]}, everything),
        ({"metrics_filters": [{"field": "TOTAL_IMPRESSION", "operator": "GREATER_THAN", "values": [10**9]}]}, set()),
        ({"metrics_filters": [{"field": "TOTAL_IMPRESSION", "operator": "LESS_THAN", "values": [10**9]}]}, everything),
    ]
    for changes, expected in cases:
        assert set(download(shop, **changes)) == expected, changes
    shop("PATCH", f"{shop.account}/ad_groups", [{"id": shop.other_ad_group, "status": "PAUSED"}])
    assert set(download(shop, ad_group_statuses=["PAUSED"])) == others
    assert set(download(shop, campaign_statuses=["RUNNING"], ad_group_statuses=["RUNNING"])) == ours


def test_metrics_filters_choose_rows_and_tell_only_what_was_asked(shop: Any) -> None:
    spends = sorted(row["SPEND_IN_DOLLAR"] for rows in download(shop).values() for row in rows)
    middle = spends[len(spends) // 2]
    one = {"field": "SPEND_IN_DOLLAR", "operator": "GREATER_THAN", "values": [middle]}
    rows = [row for rows in download(shop, columns=["IMPRESSION_1"], metrics_filters=[one]).values() for row in rows]
    assert len(rows) == sum(1 for spend in spends if spend > middle)
    assert set(rows[0]) == {"DATE", "PRODUCT_GROUP_ID", "IMPRESSION_1"}


def test_items_may_be_chosen(shop: Any) -> None:
    every = download(shop, level="PRODUCT_ITEM")
    some = list(every)[:2]
    assert download(shop, level="PRODUCT_ITEM", product_item_ids=some) == {item: every[item] for item in some}


def test_hours_cut_the_first_and_the_last_day(shop: Any) -> None:
    shop.emulator.rules.set("hour_date_format", "datetime")
    asked = {"granularity": "HOUR", "start_date": "2026-03-04", "end_date": "2026-03-05", "product_group_ids": shop.ids[:1]}
    whole = download(shop, **asked)[shop.ids[0]]
    part = download(shop, **asked, start_hour=20, end_hour=2)[shop.ids[0]]
    assert part == [row for row in whole if "2026-03-04T20" <= row["DATE"] < "2026-03-05T02"]
    assert len(part) == 6
    assert download(shop, **{**asked, "end_date": "2026-03-04"}, start_hour=20, end_hour=2) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"campaign_statuses": ["ACTIVE"]}, "campaign_statuses"),
        ({"ad_group_statuses": []}, "ad_group_statuses"),
        ({"campaign_objective_types": ["SHOES"]}, "campaign_objective_types"),
        ({"product_group_statuses": "RUNNING"}, "product_group_statuses"),
        ({"product_item_ids": ["1"]}, "PRODUCT_ITEM"),
        ({"level": "PRODUCT_ITEM", "ad_ids": ["1"]}, "ad_ids"),
        ({"level": "PRODUCT_ITEM", "ad_statuses": ["PAUSED"]}, "ad_statuses"),
        ({"ad_ids": ["x"]}, "ad_ids"),
        ({"ad_ids": ["1"]}, "not emulated"),
        ({"targeting_types": ["AGE_BUCKET"]}, "_TARGETING"),
        ({"targeting_types": ["SIZE"]}, "targeting_types"),
        ({"attribution_types": ["HOUSEHOLD"]}, "HOUSEHOLD"),
        ({"attribution_types": ["NOBODY"]}, "attribution_types"),
        ({"start_hour": 3}, "hourly"),
        ({"granularity": "HOUR", "start_date": "2026-03-05", "end_hour": 24}, "end_hour"),
        ({"granularity": "HOUR", "start_date": "2026-03-05", "end_hour": "3"}, "end_hour"),
        ({"metrics_filters": [{"field": "CTR", "operator": "LESS_THAN", "values": [1]}]}, "field"),
        ({"metrics_filters": [{"field": "SPEND_IN_DOLLAR", "operator": "IS", "values": [1]}]}, "operator"),
        ({"metrics_filters": [{"field": "SPEND_IN_DOLLAR", "operator": "LESS_THAN", "values": []}]}, "values"),
        ({"metrics_filters": [{"field": "SPEND_IN_DOLLAR", "operator": "LESS_THAN", "values": ["1"]}]}, "values"),
        ({"metrics_filters": [3]}, "metrics_filters"),
        ({"combine_targeting_types": 1}, "combine_targeting_types"),
        ({"combine_targeting_types": True}, "_TARGETING"),
        ({"custom_conversion_event_metrics": [{}]}, "custom_conversion_event_metrics"),
        ({"campaign_brand_label": "Shoes"}, "campaign_brand_label"),
    ],
)
def test_what_cannot_be_done_is_refused(shop: Any, changes: dict[str, Any], words: str) -> None:
    answer = shop("POST", f"{shop.account}/reports", ORDER | changes, status=400)
    assert answer["code"] == 1
    assert words in answer["message"]


def test_a_finished_report_is_made_once(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    earnings = shop.emulator.world.earnings
    real = earnings.rows
    monkeypatch.setattr(earnings, "rows", lambda *args: made.append(args) or real(*args))
    token = shop("POST", f"{shop.account}/reports", ORDER)["token"]
    answers = [shop("GET", f"{shop.account}/reports", token=token) for _ in range(5)]
    before = content(shop, answers[0]["url"])
    shop.emulator.clock.advance(seconds=60)
    shop.change = shop.update({"id": shop.ids[0], "status": "ARCHIVED"})
    assert content(shop, shop("GET", f"{shop.account}/reports", token=token)["url"]) == before
    assert len({answer["size"] for answer in answers}) == 1
    assert len(made) == 1


def test_a_report_of_more_promotions_than_sqlite_has_variables(talk_at: Callable[..., Any]) -> None:
    talk = talk_at(rules={"report_polls": 0, "report_seconds": 0})
    talk.emulator.scale(1, 40_000)
    account = talk.emulator.world.store.find("ad_accounts")[-1]["id"]
    talk.account = f"/ad_accounts/{account}"
    talk.emulator.clock.advance(days=1)
    order = {"start_date": "2026-03-02", "end_date": "2026-03-02", "granularity": "TOTAL", "columns": ["SPEND_IN_DOLLAR"]}
    assert len(download(talk, **order)) > 100
