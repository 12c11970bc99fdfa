"""What a report order asks for is done, or refused with a reason; a finished report is made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pinshop.api.columns import COLUMNS
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
    body["is_campaign_budget_optimization"] = False
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


ADDED = [
    "IMPRESSION_1",
    "TOTAL_CLICKTHROUGH",
    "SPEND_IN_MICRO_DOLLAR",
    "TOTAL_CHECKOUT",
    "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
]


@pytest.mark.parametrize("granularity", ["DAY", "TOTAL", "WEEK", "HOUR"])
@pytest.mark.parametrize("level", ["ADVERTISER", "CAMPAIGN", "AD_GROUP"])
def test_levels_above_promotions_are_their_sums(shop: Any, level: str, granularity: str) -> None:
    key = {"ADVERTISER": "AD_ACCOUNT_ID", "CAMPAIGN": "CAMPAIGN_ID", "AD_GROUP": "AD_GROUP_ID"}[level]
    asked = {"granularity": granularity, "columns": [*ADDED, key]}
    if granularity == "HOUR":
        asked |= {"start_date": "2026-03-04", "end_date": "2026-03-06"}
    sums: dict[tuple[str, str | None], dict[str, int]] = {}
    for rows in download(shop, **asked).values():
        for row in rows:
            into = sums.setdefault((row[key], row.get("DATE")), {})
            for name in ADDED:
                if name in row:
                    into[name] = into.get(name, 0) + row[name]
    found = download(shop, level=level, **asked)
    told: dict[tuple[str, str | None], dict[str, int]] = {}
    for one, rows in found.items():
        for row in rows:
            assert row[key] == one
            into = told.setdefault((one, row.get("DATE")), {})
            for name in ADDED:
                if name in row:
                    into[name] = into.get(name, 0) + row[name]
    assert told == sums
    assert len(found) == (1 if level == "ADVERTISER" else 2)


def test_ratios_of_a_level_are_those_of_its_sums_and_people_count_once(shop: Any) -> None:
    columns = ["IMPRESSION_1", "CLICKTHROUGH_1", "CTR", "SPEND_IN_MICRO_DOLLAR", "CPC_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION_USER"]
    asked = {"granularity": "TOTAL", "columns": columns}
    ((row,),) = download(shop, level="ADVERTISER", **asked).values()
    assert row["CTR"] == row["CLICKTHROUGH_1"] / row["IMPRESSION_1"]
    assert row["CPC_IN_MICRO_DOLLAR"] == row["SPEND_IN_MICRO_DOLLAR"] / row["CLICKTHROUGH_1"]
    users = [one["TOTAL_IMPRESSION_USER"] for (one,) in download(shop, **asked).values()]
    assert max(users) <= row["TOTAL_IMPRESSION_USER"] < sum(users)
    shop.emulator.rules.set("users_above_promotions", "sum")
    ((row,),) = download(shop, level="ADVERTISER", **asked).values()
    assert row["TOTAL_IMPRESSION_USER"] == sum(users)
    shop.emulator.rules.set("users_above_promotions", "absent")
    ((row,),) = download(shop, level="ADVERTISER", **asked).values()
    assert "TOTAL_IMPRESSION_USER" not in row


def test_every_column_has_a_value_at_a_level_where_a_promotion_has_one(shop: Any) -> None:
    columns = [name for name, column in COLUMNS.items() if not column.attribute]
    for zero in ("absent", "zero"):
        shop.emulator.rules.set("zero_metrics", zero)
        below = {name for rows in download(shop, columns=columns).values() for row in rows for name in row}
        above = {name for rows in download(shop, columns=columns, level="CAMPAIGN").values() for row in rows for name in row}
        assert above - {"CAMPAIGN_ID"} == below - {"PRODUCT_GROUP_ID"}


TOLD = (
    "ADVERTISER_ID", "CAMPAIGN_NAME", "CAMPAIGN_STATUS", "AD_GROUP_ID", "AD_GROUP_NAME", "AD_GROUP_STATUS",
    "PRODUCT_GROUP_STATUS",
)  # fmt: skip


def test_a_level_tells_what_its_entities_are_and_nothing_of_those_below(shop: Any) -> None:
    columns = ["IMPRESSION_1", *TOLD]
    told = {
        level: set(next(iter(download(shop, level=level, columns=columns).values()))[0]) - {"DATE", "IMPRESSION_1"}
        for level in ("ADVERTISER", "CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP")
    }
    assert told["ADVERTISER"] == {"AD_ACCOUNT_ID", "ADVERTISER_ID"}
    assert told["CAMPAIGN"] == {"CAMPAIGN_ID", "ADVERTISER_ID", "CAMPAIGN_NAME", "CAMPAIGN_STATUS"}
    assert told["AD_GROUP"] == told["CAMPAIGN"] - {"CAMPAIGN_ID"} | {"AD_GROUP_ID", "AD_GROUP_NAME", "AD_GROUP_STATUS"}
    assert told["PRODUCT_GROUP"] == told["AD_GROUP"] | {"PRODUCT_GROUP_ID", "PRODUCT_GROUP_STATUS"}


def test_filters_act_at_every_level_or_are_refused(shop: Any) -> None:
    one = download(shop, product_group_ids=[shop.ids[0]])[shop.ids[0]]
    asked = {"level": "CAMPAIGN", "product_group_ids": [shop.ids[0]]}
    (rows,) = download(shop, **asked).values()
    assert [row["IMPRESSION_1"] for row in rows] == [row["IMPRESSION_1"] for row in one]
    assert set(download(shop, level="CAMPAIGN", campaign_ids=[shop.other_campaign])) == {shop.other_campaign}
    big = {"field": "TOTAL_IMPRESSION", "operator": "GREATER_THAN", "values": [10**9]}
    assert download(shop, level="ADVERTISER", metrics_filters=[big]) == {}
    shop.emulator.rules.set("report_filters_below_level", "refuse")
    answer = shop("POST", f"{shop.account}/reports", ORDER | asked, status=400)
    assert "product_group_ids" in answer["message"]
    assert set(download(shop, level="CAMPAIGN", campaign_ids=[shop.other_campaign])) == {shop.other_campaign}


def test_a_csv_of_a_level_begins_with_its_id_and_fills_zeros(shop: Any) -> None:
    token = shop("POST", f"{shop.account}/reports", ORDER | {"level": "AD_GROUP", "report_format": "CSV"})["token"]
    url = shop("GET", f"{shop.account}/reports", token=token)["url"]
    reply = shop.emulator.handle(Request("GET", "http://127.0.0.1", url.removeprefix("http://127.0.0.1"), {}, None))
    names = reply.body.decode().splitlines()[0]
    assert names == "DATE,AD_GROUP_ID,IMPRESSION_1,SPEND_IN_DOLLAR,CAMPAIGN_ID"


def test_a_strict_emulator_takes_the_columns_that_only_reports_have(shop: Any) -> None:
    shop.emulator.rules.set("unknown_report_columns", "refuse")
    assert download(shop, columns=["IMPRESSION_1", "CAMPAIGN_STATUS", "PRODUCT_GROUP_STATUS"])
    assert download(shop, level="PRODUCT_ITEM", columns=["IMPRESSION_1", "PRODUCT_ITEM_NAME"])


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
        ({"campaign_custom_label": "Shoes"}, "campaign_custom_label"),
        ({"level": "CAMPAIGN_TARGETING"}, "CAMPAIGN_TARGETING"),
        ({"level": "PIN_PROMOTION"}, "PIN_PROMOTION"),
        ({"level": "CAMPAIGN", "product_item_ids": ["1"]}, "product_item_ids"),
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
