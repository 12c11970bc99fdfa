"""What Pinterest's texts say, API version by API version: enforced, or decided by a named rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator

DAY = 86_400


def test_creative_type_is_ignored_in_updates_of_5_14(talk_at: Callable[..., Any]) -> None:
    for api_version, kept in (("5.14", "REGULAR"), ("5.23", "VIDEO")):
        talk = talk_at(api_version)
        promotion_id = talk.some(1)[0]
        talk.update({"id": promotion_id, "creative_type": "VIDEO"})
        answer = talk("GET", f"{talk.promotions}/{promotion_id}")
        entity = answer["items"][0]["data"] if "items" in answer else answer
        assert entity["creative_type"] == kept


def test_5_6_has_no_limits_of_days_and_no_default_statuses(talk_at: Callable[..., Any]) -> None:
    old, new = talk_at("5.6"), talk_at("5.14")
    for talk in (old, new):
        talk.ids = talk.some(1)
        talk("PATCH", f"{talk.account}/ad_groups", [{"id": talk.emulator.ad_group_id, "status": "ARCHIVED"}])
    assert [group["id"] for group in old("GET", f"{old.account}/ad_groups")["items"]] == [old.emulator.ad_group_id]
    assert new("GET", f"{new.account}/ad_groups")["items"] == []
    assert old("GET", f"{old.account}/ad_groups", entity_statuses="ACTIVE")["items"] == []
    asked = ("2025-01-01", "2026-03-01", "SPEND_IN_MICRO_DOLLAR")
    old.analytics(old.ids, *asked)
    new.analytics(new.ids, *asked, status=400)
    order = {
        "start_date": "2020-01-01",
        "end_date": "2026-03-01",
        "granularity": "TOTAL",
        "level": "PRODUCT_GROUP",
        "columns": ["SPEND_IN_DOLLAR"],
    }
    old("POST", f"{old.account}/reports", order)
    new("POST", f"{new.account}/reports", order, status=400)


@pytest.mark.parametrize(
    ("field", "good", "wrong"),
    [
        ("country", ["DE", "US"], ["de", "XX", "UK", "D", "Germany"]),
        ("currency", ["EUR", "TRY"], ["eur", "XXQ", "Euro", "BTC"]),
        (
            "time_zone",
            ["Europe/Berlin", "UTC"],
            ["Mars/Base", "../../etc/passwd", "/etc/passwd", "Europe", "", "Europe/../UTC"],
        ),
    ],
)
def test_codes_of_an_ad_account_are_known_ones(newest: Any, field: str, good: list[str], wrong: list[str]) -> None:
    for value in good:
        made = newest("POST", "/ad_accounts", {"name": "New", field: value})
        if field != "time_zone":
            assert made[field] == value
        asked = {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE", "start_date": "2026-03-01", "end_date": "2026-03-01"}
        path = f"/ad_accounts/{made['id']}/product_groups/analytics"
        assert newest("GET", path, **asked, granularity="DAY", columns="CTR", product_group_ids="1") == []
    for value in wrong:
        answer = newest("POST", "/ad_accounts", {"name": "New", field: value}, status=400)
        assert field in answer["message"]


def test_codes_of_a_product_group_are_known_ones(newest: Any) -> None:
    body = {"name": "Mine", "feed_id": newest.emulator.feed_id, "filters": {"any_of": [{"BRAND": {"values": ["X"]}}]}}
    for wrong in ({"country": "XX"}, {"locale": "en_US"}, {"locale": "xx"}):
        assert newest("POST", "/catalogs/product_groups", body | wrong, status=400)["code"] == 1
    newest("POST", "/catalogs/product_groups", body | {"country": "US", "locale": "en-US"}, status=201)


def test_a_time_zone_that_is_not_known_is_refused_and_not_taken_for_utc(newest: Any) -> None:
    store = newest.emulator.world.store
    account = store.find("ad_accounts")[0]
    for zone in ("../../etc/passwd", "Nowhere/Town", 3):
        store.update("ad_accounts", account | {"time_zone": zone})
        promotion_id = newest.some(1)[0]
        newest.analytics(
            [promotion_id], "2026-03-01", "2026-03-01", "CTR", reporting_timezone="AD_ACCOUNT_TIME_ZONE", status=400
        )


def group_of(talk: Any, **fields: Any) -> Any:
    body = {"name": "G", "campaign_id": talk.emulator.campaign_id, "billable_event": "CLICKTHROUGH"}
    body |= {"bid_in_micro_currency": 500_000} | fields
    return talk("POST", f"{talk.account}/ad_groups", [body])["items"][0]


def test_an_ad_group_stays_within_its_campaigns_schedule(talk_at: Callable[..., Any]) -> None:
    for rule in ("refuse", "allow"):
        talk = talk_at(rules={"nested_schedules": rule})
        now = int(talk.emulator.clock.seconds())
        own = {"id": talk.emulator.campaign_id, "ad_account_id": talk.emulator.ad_account_id}
        schedule = {"start_time": now + DAY, "end_time": now + 9 * DAY}
        assert not talk("PATCH", f"{talk.account}/campaigns", [own | schedule])["items"][0].get("exceptions")
        for fields in ({"start_time": now + 60}, {"end_time": now + 10 * DAY}):
            assert bool(group_of(talk, **fields).get("exceptions")) is (rule == "refuse")
        made = group_of(talk, start_time=now + 2 * DAY, end_time=now + 3 * DAY)
        assert not made.get("exceptions")
        for fields in ({"end_time": now + 10 * DAY}, {"start_time": now + 60}):
            answer = talk("PATCH", f"{talk.account}/ad_groups", [{"id": made["data"]["id"], **fields}])["items"][0]
            assert bool(answer.get("exceptions")) is (rule == "refuse")


def test_a_campaigns_schedule_supersedes_those_of_its_ad_groups(newest: Any) -> None:
    now, promotion_id = int(newest.emulator.clock.seconds()), newest.some(1)[0]
    group, own = newest.emulator.ad_group_id, {"id": newest.emulator.campaign_id}
    newest("PATCH", f"{newest.account}/ad_groups", [{"id": group, "end_time": now + 20 * DAY}])
    answer = newest("PATCH", f"{newest.account}/campaigns", [own | {"end_time": now + 3 * DAY}])["items"][0]
    assert not answer.get("exceptions")
    newest.emulator.clock.advance(days=10)
    seen = newest("GET", f"{newest.account}/ad_groups/{group}")
    assert (seen["end_time"], seen["summary_status"]) == (now + 20 * DAY, "COMPLETED")
    rows = newest.analytics([promotion_id], "2026-03-02", "2026-03-12", "IMPRESSION_1", "DAY")
    assert 0 < len(rows) <= 4
    assert max(row["DATE"] for row in rows) <= "2026-03-05"


@pytest.mark.parametrize(
    "fields",
    [
        {"targeting_template_ids": ["1"], "placement_group": "SEARCH"},
        {"targeting_template_ids": ["1"], "targeting_spec": {"GENDER": ["male"]}},
        {"lifetime_frequency_cap": 3},
        {"lifetime_frequency_cap": 3, "billable_event": "IMPRESSION"},
        {"bid_multiplier": 0.05},
    ],
)
def test_what_does_not_go_together_is_refused(newest: Any, fields: dict[str, Any]) -> None:
    assert group_of(newest, **fields)["exceptions"]
    made = group_of(newest)["data"]["id"]
    answer = newest("PATCH", f"{newest.account}/ad_groups", [{"id": made, **fields}])["items"][0]
    assert answer["exceptions"]


@pytest.mark.parametrize(
    "fields",
    [
        {"targeting_template_ids": ["1", "2"]},
        {"targeting_template_ids": ["x"]},
        {"tracking_urls": {"click": ["https://shop.example/" + "a" * 2000]}},
        {"tracking_urls": {"click": ["a", "b", "c", "d"]}},
        {"tracking_urls": {"glance": ["a"]}},
        {"tracking_urls": {"click": [1]}},
        {"tracking_urls": {"click": None}},
        {"targeting_spec": {"GENDER": ["woman"]}},
        {"targeting_spec": {"GENDER": "female"}},
        {"targeting_spec": {"AUDIENCE_INCLUDE": ["a"]}},
        {"targeting_spec": {"LOCATION": [1]}},
        {"targeting_spec": {"MINIMUM_AGE": "young"}},
        {"optimization_goal_metadata": {"conversion_tag_v3_goal_metadata": {"conversion_event": "BUY"}}},
        {"optimization_goal_metadata": {"conversion_tag_v3_goal_metadata": {"cpa_goal_value_in_micro_currency": 5}}},
        {
            "optimization_goal_metadata": {
                "conversion_tag_v3_goal_metadata": {"attribution_windows": {"click_window_days": "7"}}
            }
        },
        {"optimization_goal_metadata": {"frequency_goal_metadata": {"frequency": 21}}},
        {"targeting_spec": {"SHOPPING_RETARGETING": [{"lookback_window": "7"}]}},
        {"optimization_goal_metadata": {"frequency_goal_metadata": []}},
    ],
)
def test_what_cannot_be_is_a_bad_request(newest: Any, fields: dict[str, Any]) -> None:
    body = {"name": "G", "campaign_id": newest.emulator.campaign_id, "billable_event": "CLICKTHROUGH", **fields}
    assert newest("POST", f"{newest.account}/ad_groups", [body], status=400)["code"] == 1


def test_nested_objects_are_kept_as_they_were_sent(newest: Any) -> None:
    fields = {
        "tracking_urls": {"click": ["https://shop.example/"]},
        "targeting_spec": {"GENDER": ["female"], "AUDIENCE_INCLUDE": ["12"], "MAXIMUM_AGE": "65+"},
        "optimization_goal_metadata": {
            "conversion_tag_v3_goal_metadata": {"conversion_event": "CHECKOUT", "attribution_windows": {"view_window_days": 1}},
            "frequency_goal_metadata": {"frequency": 2, "timerange": "DAY"},
        },
    }
    made = group_of(newest, **fields)["data"]
    assert {name: made[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ({}, True),
        (None, False),
        ({"app_type_multipliers": {"ipad": 1.2, "web": 0}}, True),
        ({"app_type_multipliers": None, "placement_multipliers": None}, True),
        ({"audience_multipliers": {"123": 10}}, True),
        ({"audience_multipliers": None}, False),
        ({"app_type_multipliers": "x"}, False),
        ({"placement_multipliers": ""}, False),
        ({"placement_multipliers": [1]}, False),
        ({"audience_multipliers": {"123": 10.1}}, False),
        ({"app_type_multipliers": {"web": -0.1}}, False),
        ({"app_type_multipliers": {"web": True}}, False),
        ({"app_type_multipliers": {"web": "1"}}, False),
        ("x", False),
    ],
)
def test_bid_options_are_objects_of_multipliers(newest: Any, options: Any, good: bool) -> None:
    body = {"ad_account_id": newest.emulator.ad_account_id, "name": "C", "objective_type": "CATALOG_SALES"}
    newest("POST", f"{newest.account}/campaigns", [{**body, "bid_options": options}], status=200 if good else 400)


@pytest.mark.parametrize("rule", ["clear", "keep"])
def test_an_update_of_bid_options_writes_what_its_mask_names(talk_at: Callable[..., Any], rule: str) -> None:
    talk = talk_at("5.23", rules={"masked_without_value": rule})

    def update(options: Any, status: int = 200) -> Any:
        body = [{"id": talk.emulator.campaign_id, "ad_account_id": talk.emulator.ad_account_id, "bid_options": options}]
        answer = talk("PATCH", f"{talk.account}/campaigns", body, status=status)
        return answer["items"][0]["data"]["bid_options"] if status == 200 else answer["message"]

    apps, audiences = {"app_type_multipliers": {"ipad": 1.5}}, {"audience_multipliers": {"123": 2}}
    assert update({**apps, **audiences, "update_mask": ["APP_TYPE", "AUDIENCE"]}) == {**apps, **audiences}
    assert update({"app_type_multipliers": {"web": 0}, "update_mask": ["AUDIENCE"]}) == (
        apps if rule == "clear" else {**apps, **audiences}
    )
    assert update({"update_mask": []})["app_type_multipliers"] == {"ipad": 1.5}
    for wrong in (apps, {}, None, {"update_mask": ["FREQUENCY"]}, {"update_mask": "AUDIENCE"}, {"update_mask": None}):
        assert "bid_options" in update(wrong, 400)
    body = {"ad_account_id": talk.emulator.ad_account_id, "name": "C", "objective_type": "AWARENESS"}
    made = talk("POST", f"{talk.account}/campaigns", [{**body, "bid_options": {**apps, "update_mask": ["AUDIENCE"]}}])
    assert made["items"][0]["data"]["bid_options"] == apps


def test_targeting_templates_are_cleared_by_0(newest: Any) -> None:
    made = group_of(newest, targeting_template_ids=["1"])["data"]
    assert made["targeting_template_ids"] == ["1"]
    cleared = {"id": made["id"], "targeting_template_ids": ["0"], "placement_group": "SEARCH"}
    answer = newest("PATCH", f"{newest.account}/ad_groups", [cleared])["items"][0]
    assert not answer.get("exceptions")
    assert not answer["data"]["targeting_template_ids"]


@pytest.mark.parametrize(
    ("api_version", "bidding", "plus", "refused"),
    [
        ("5.23", "AUTOMATIC_BID", False, False),
        ("5.23", "MAX_BID", False, True),
        ("5.28", "MAX_BID", False, False),
        ("5.23", "AUTOMATIC_BID", True, True),
        ("5.28", "AUTOMATIC_BID", True, True),
    ],
)
def test_bid_multipliers_go_with_automatic_bids_and_not_with_performance_plus(
    talk_at: Callable[..., Any], api_version: str, bidding: str, plus: bool, refused: bool
) -> None:
    talk = talk_at(api_version)
    cap = {"daily_spend_cap": 9_000_000, "is_campaign_budget_optimization": True}
    campaign = {"ad_account_id": talk.emulator.ad_account_id, "name": "C", "objective_type": "CATALOG_SALES", **cap}
    made = talk("POST", f"{talk.account}/campaigns", [{**campaign, "is_performance_plus": plus}])["items"][0]["data"]
    answer = group_of(talk, campaign_id=made["id"], bid_strategy_type=bidding, bid_multiplier=2)
    assert bool(answer.get("exceptions")) is refused


def test_required_bids_and_long_names_are_rules(talk_at: Callable[..., Any]) -> None:
    for rule, refused in (("unless_automatic", False), ("always", True), ("never", False)):
        talk = talk_at(rules={"bid_required": rule, "longest_name": 300})
        answer = group_of(talk, bid_in_micro_currency=None, bid_strategy_type="AUTOMATIC_BID", name="n" * 300)
        assert bool(answer.get("exceptions")) is refused
        body = {"name": "n" * 301, "campaign_id": talk.emulator.campaign_id, "billable_event": "CLICKTHROUGH"}
        assert "name" in talk("POST", f"{talk.account}/ad_groups", [body], status=400)["message"]


def test_lists_as_axios_writes_them(newest: Any) -> None:
    ids = newest.some(3)
    query = "&".join(f"product_group_promotion_ids[]={i}" for i in ids)
    headers = {"Authorization": f"Bearer {newest.token}"}
    for text in (query, query.replace("[]", "%5B%5D")):
        reply = newest.emulator.handle(Request("GET", "http://127.0.0.1", f"/v5{newest.promotions}?{text}", headers, None))
        assert reply.status == 200
        assert all(i.encode() in reply.body for i in ids)


def test_both_generations_of_objectives_can_be_tested(talk_at: Callable[..., Any]) -> None:
    def made(talk: Any, **fields: Any) -> bool:
        body = {
            "ad_account_id": talk.emulator.ad_account_id,
            "name": "C",
            "is_campaign_budget_optimization": True,
            "daily_spend_cap": 10_000_000,
            **fields,
        }
        return not talk("POST", f"{talk.account}/campaigns", [body])["items"][0].get("exceptions")

    new = {"objective_type": "SALES", "intended_promotion_type": "CATALOG"}
    for rule, legacy, simplified in (("both", True, True), ("legacy", True, False), ("simplified", False, True)):
        talk = talk_at(rules={"objective_generation": rule})
        assert made(talk, objective_type="CATALOG_SALES") is legacy
        assert made(talk, **new) is simplified
        campaign = talk("GET", f"{talk.account}/campaigns/{talk.emulator.campaign_id}")
        assert campaign["objective_type"] == ("SALES" if rule == "simplified" else "CATALOG_SALES")
        assert talk.some(2)
        talk.emulator.clock.advance(days=2)
    assert Emulator("5.23", rules={"objective_generation": "simplified"}).world.store.find("campaigns")[0][
        "objective_type"
    ] == ("CATALOG_SALES")


def test_leaving_and_entering_budget_optimisation_takes_the_ad_groups_along(talk_at: Callable[..., Any]) -> None:
    talk = talk_at("5.23", rules={"catalog_sales_needs_cbo": False})
    own = {"id": talk.emulator.campaign_id, "ad_account_id": talk.emulator.ad_account_id}

    def move(**fields: Any) -> dict[str, Any]:
        answer = talk("PATCH", f"{talk.account}/campaigns", [own | fields])["items"][0]
        assert not answer.get("exceptions"), answer
        group = talk("GET", f"{talk.account}/ad_groups/{talk.emulator.ad_group_id}")
        rename = talk("PATCH", f"{talk.account}/ad_groups", [{"id": group["id"], "name": "Renamed"}])["items"][0]
        assert not rename.get("exceptions"), rename
        found: dict[str, Any] = group
        return found

    left = move(is_campaign_budget_optimization=False, default_ad_group_budget_in_micro_currency=7_000_000)
    assert (left["budget_type"], left["budget_in_micro_currency"]) == ("DAILY", 7_000_000)
    back = move(is_campaign_budget_optimization=True, daily_spend_cap=20_000_000)
    assert (back["budget_type"], back["budget_in_micro_currency"]) == ("CBO_ADGROUP", None)
    bare = move(is_campaign_budget_optimization=False)
    assert (bare["budget_type"], bare["budget_in_micro_currency"]) == ("DAILY", None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_automated_campaign": True, "daily_spend_cap": 0, "lifetime_spend_cap": 9_000_000}, "daily_spend_cap must be set"),
        ({"is_automated_campaign": True, "is_performance_plus": True}, "is_automated_campaign cannot be used"),
        ({"is_automated_campaign": True, "objective_type": "AWARENESS"}, "is_automated_campaign is only supported"),
        ({"is_top_of_search": True, "is_performance_plus": True}, "is_top_of_search cannot be used"),
        ({"is_top_of_search": True, "objective_type": "APP_INSTALL"}, "is_top_of_search is only supported"),
        ({"is_performance_plus": True, "objective_type": "VIDEO_COMPLETION"}, "is_performance_plus is only supported"),
        ({"is_performance_plus": True, "objective_type": "APP_INSTALL"}, ""),
        ({"is_automated_campaign": True}, ""),
        ({"is_top_of_search": True, "is_automated_campaign": True}, ""),
    ],
)
def test_what_features_of_campaigns_exclude_since_5_28(talk_at: Callable[..., Any], fields: dict[str, Any], words: str) -> None:
    now = 1_772_452_800
    for api_version in ("5.23", "5.28"):
        talk = talk_at(api_version)
        body = {"ad_account_id": talk.emulator.ad_account_id, "name": "C", "objective_type": "CATALOG_SALES"}
        body |= {"is_campaign_budget_optimization": True, "daily_spend_cap": 5_000_000, "end_time": now + 30 * DAY} | fields
        if api_version == "5.28":
            entry = talk("POST", f"{talk.account}/campaigns", [body])["items"][0]
            assert words in (entry["exceptions"][0]["message"] if words else str(entry))
            plain = {name: False if value is True else body[name] for name, value in fields.items()} | {"status": "DRAFT"}
            drafted = talk("POST", f"{talk.account}/campaigns", [body | plain])["items"][0]["data"]["id"]
            changed = talk("PATCH", f"{talk.account}/campaigns", [{"id": drafted, **fields}])["items"][0]
            assert bool(changed.get("exceptions")) is bool(words)
        elif fields.get("objective_type") != "APP_INSTALL":  # which 5.23 does not know
            assert not talk("POST", f"{talk.account}/campaigns", [body])["items"][0].get("exceptions")


def test_order_lines_and_customer_segments_are_cleared_by_0_since_5_28(talk_at: Callable[..., Any]) -> None:
    for api_version in ("5.23", "5.28"):
        talk = talk_at(api_version)
        own = {"id": talk.emulator.campaign_id, "ad_account_id": talk.emulator.ad_account_id}
        talk("PATCH", f"{talk.account}/campaigns", [own | {"order_line_id": "12"}])
        answer = talk("PATCH", f"{talk.account}/campaigns", [own | {"order_line_id": "0"}])
        assert answer["items"][0]["data"]["order_line_id"] == (None if api_version == "5.28" else "0")
    made = group_of(talk, customer_segment_id="12")["data"]
    assert made["customer_segment_id"] == "12"
    for other in ({"targeting_spec": {"AUDIENCE_INCLUDE": ["1"]}}, {"targeting_template_ids": ["1"]}):
        answer = talk("PATCH", f"{talk.account}/ad_groups", [{"id": made["id"], **other}])["items"][0]
        assert "customer_segment_id" in answer["exceptions"][0]["message"]
    answer = talk("PATCH", f"{talk.account}/ad_groups", [{"id": made["id"], "customer_segment_id": "0"}])["items"][0]
    assert answer["data"]["customer_segment_id"] is None


def test_interests_are_told_by_name_when_asked(newest: Any) -> None:
    made = group_of(newest, targeting_spec={"INTEREST": ["935249274030", "12", "945391946569"]})["data"]["id"]

    def interests(**query: Any) -> Any:
        return newest("GET", f"{newest.account}/ad_groups", ad_group_ids=made, **query)["items"][0]["targeting_spec"][
            "INTEREST"
        ]

    assert interests() == ["935249274030", "12", "945391946569"]
    assert interests(translate_interests_to_names="true") == ["Home decor", "12", "Dress"]


def test_metrics_are_defined_for_analytics_and_for_reports(newest: Any) -> None:
    def names(**query: Any) -> set[str]:
        return {one["name"] for one in newest("GET", "/resources/delivery_metrics", **query)["items"]}

    assert names() == names(report_type="ASYNC") > names(report_type="SYNC")
    assert "PRODUCT_ITEM_NAME" in names() - names(report_type="SYNC")
