"""What somebody says a promotion earned is what is reported, in every form in which it is asked."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from pinshop.api.columns import COLUMNS
from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.handlers.report_orders import check_request
from pinshop.emulator.handlers.reports import content
from pinshop.errors import ConfigurationError

DAY = "2026-03-01"
COLUMN_NAMES = "SPEND_IN_DOLLAR,CLICKTHROUGH_1,IMPRESSION_1,TOTAL_CHECKOUT,TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR,CHECKOUT_ROAS"
EVERYTHING = ",".join(COLUMNS)
METRICS = ",".join(name for name, column in COLUMNS.items() if not column.attribute)


def row_of(newest: Any, promotion_id: str, columns: str = COLUMN_NAMES, **more: Any) -> dict[str, Any]:
    rows = newest.analytics([promotion_id], DAY, DAY, columns, "DAY", **more)
    assert len(rows) == 1
    found: dict[str, Any] = rows[0]
    return found


def test_spent_60_earned_119_is_one_line(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    newest.emulator.earn(promotion_id, DAY, spend=60, checkout_value=119)
    row = row_of(newest, promotion_id)
    assert row["SPEND_IN_DOLLAR"] == 60
    assert row["TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"] == 119_000_000
    assert row["CHECKOUT_ROAS"] == 119 / 60
    assert row["IMPRESSION_1"] > row["CLICKTHROUGH_1"] > row["TOTAL_CHECKOUT"] >= 1


@pytest.mark.parametrize(
    "said",
    [
        {"spend": 60, "checkout_value": 119},
        {"spend": 12.5, "clicks": 30, "impressions": 4_000},
        {"clicks": 7},
        {"checkouts": 3},
        {"impressions": 500},
        {"spend": 0, "clicks": 0, "impressions": 0, "checkouts": 0, "checkout_value": 0},
        {"spend": 1, "clicks": 5, "impressions": 5, "checkouts": 9, "checkout_value": 1},
        {"spend": 10**9},
        {"spend": 10**9, "clicks": 10**9, "impressions": 10**9, "checkouts": 10**9, "checkout_value": 10**9},
        {"checkouts": 10**9},
    ],
)
def test_everything_agrees_with_what_is_said(newest: Any, said: dict[str, Any]) -> None:
    newest.emulator.rules.set("zero_metrics", "zero")
    newest.emulator.rules.set("empty_rows", "zero")
    promotion_id, sibling = newest.some(2)
    before = row_of(newest, sibling, EVERYTHING)
    newest.emulator.earn(promotion_id, DAY, **said)
    assert row_of(newest, sibling, EVERYTHING) == before
    row = row_of(newest, promotion_id, EVERYTHING)
    reported = {
        "spend": row["SPEND_IN_DOLLAR"],
        "clicks": row["CLICKTHROUGH_1"],
        "impressions": row["IMPRESSION_1"],
        "checkouts": row["TOTAL_CHECKOUT"],
        "checkout_value": row["TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"] / 1_000_000,
    }
    assert {name: reported[name] for name in said} == said
    for name, column in COLUMNS.items():
        if column.sum_of and name in row:
            assert row[name] == sum(row.get(part, 0) for part in column.sum_of), name
    assert row["ENGAGEMENT_1"] <= row["IMPRESSION_1"]
    total = newest.analytics([promotion_id], DAY, "2026-03-02", EVERYTHING, "TOTAL")[0]
    days = newest.analytics([promotion_id], DAY, "2026-03-02", EVERYTHING, "DAY")
    for name, column in COLUMNS.items():
        if column.additive and column.unit != "currency" and name in total:
            assert total[name] == sum(day.get(name, 0) for day in days), name
    hours = newest.analytics([promotion_id], DAY, DAY, "SPEND_IN_MICRO_DOLLAR,CLICKTHROUGH_1,IMPRESSION_1", "HOUR")
    assert sum(hour.get("SPEND_IN_MICRO_DOLLAR", 0) for hour in hours) == row["SPEND_IN_MICRO_DOLLAR"]
    by_conversion = row_of(newest, promotion_id, conversion_report_time="TIME_OF_CONVERSION")
    if "checkouts" in said or "checkout_value" in said:
        assert by_conversion["TOTAL_CHECKOUT"] == row["TOTAL_CHECKOUT"]


def test_today_is_reported_at_once_and_a_pause_does_not_matter(newest: Any) -> None:
    promotion_id = newest.some(1, status="PAUSED")[0]
    newest.emulator.earn(promotion_id, "2026-03-02", spend=60, clicks=90)
    rows = newest.analytics([promotion_id], "2026-03-02", "2026-03-02", "SPEND_IN_DOLLAR,CLICKTHROUGH_1", "DAY")
    assert [(row["SPEND_IN_DOLLAR"], row["CLICKTHROUGH_1"]) for row in rows] == [(60, 90)]


def test_what_is_said_last_counts_and_other_days_stay(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    newest.emulator.clock.advance(days=5)
    before = newest.analytics([promotion_id], "2026-03-03", "2026-03-06", EVERYTHING, "DAY")
    newest.emulator.earn(promotion_id, "2026-03-04", spend=1)
    assert newest.analytics([promotion_id], "2026-03-03", "2026-03-06", EVERYTHING, "DAY") != before  # kept from then
    newest.emulator.earn(promotion_id, "2026-03-04", spend=2)
    after = newest.analytics([promotion_id], "2026-03-03", "2026-03-06", EVERYTHING, "DAY")
    assert [row["SPEND_IN_DOLLAR"] for row in after if row["DATE"] == "2026-03-04"] == [2]
    assert [row for row in after if row["DATE"] != "2026-03-04"] == [row for row in before if row["DATE"] != "2026-03-04"]


@pytest.mark.parametrize(
    ("day", "said", "words"),
    [
        ("2026-03-03", {"spend": 1}, "2026-03-02"),
        ("soon", {"spend": 1}, "a date such as"),
        (DAY, {}, "spend, clicks"),
        (DAY, {"spent": 1}, "spent"),
        (DAY, {"spend": -1}, "from 0"),
        (DAY, {"spend": float("nan")}, "from 0"),
        (DAY, {"clicks": 1.5}, "a whole number"),
        (DAY, {"clicks": True}, "a whole number"),
        (DAY, {"clicks": 9, "impressions": 3}, "9 clicks"),
        (DAY, {"checkouts": 0, "checkout_value": 5}, "of 0 checkouts"),
        (DAY, {"spend": 5, "impressions": 0}, "for 0 impressions"),
    ],
)
def test_what_cannot_be_is_refused(newest: Any, day: str, said: dict[str, Any], words: str) -> None:
    promotion_id = newest.some(1)[0]
    with pytest.raises(ConfigurationError, match=words):
        newest.emulator.earn(promotion_id, day, **said)
    assert newest.analytics([promotion_id], DAY, DAY, COLUMN_NAMES) == []
    with pytest.raises(ConfigurationError, match="there is no promotion"):
        newest.emulator.earn("1", DAY, spend=1)


def test_over_http_and_in_yaml(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    body = {"promotion_id": promotion_id, "day": DAY, "spend": 60, "checkout_value": 119}
    headers = {"content-type": "application/json"}
    request = Request("POST", "http://127.0.0.1", "/_emulator/earn", headers, msgspec.json.encode(body))
    assert newest.emulator.handle(request).status == 200
    row = row_of(newest, promotion_id)
    assert (row["SPEND_IN_DOLLAR"], row["TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"]) == (60, 119_000_000)
    twin = Emulator("5.28", now="2026-03-02T12:00:00Z")
    twin.load(newest.emulator.export())
    assert twin.export() == newest.emulator.export()
    twin.load(f"earned:\n- {{promotion_id: '{promotion_id}', day: 2026-03-01, spend: 7}}\n" + newest.emulator.export())
    account = twin.world.store.must("ad_accounts", int(twin.ad_account_id))
    subject = twin.world.earnings.subjects(twin.world.store.find("promotions"), account)[0]
    assert [one.spend_micro for one in subject.stated.values()] == [7_000_000]
    twin.close()


def test_impressions_bring_clicks_and_an_order_is_worth_what_products_cost(newest: Any) -> None:
    live, never = *newest.some(1), *newest.some(1, status="PAUSED")
    for promotion_id in (live, never):
        newest.emulator.earn(promotion_id, DAY, impressions=100_000)
        assert 300 < row_of(newest, promotion_id)["CLICKTHROUGH_1"] < 3_000
        newest.emulator.earn(promotion_id, DAY, spend=60, checkout_value=119)
        assert row_of(newest, promotion_id)["TOTAL_CHECKOUT"] <= 20
        newest.emulator.earn(promotion_id, DAY, spend=60, clicks=0)
        row = row_of(newest, promotion_id)
        assert (row["SPEND_IN_DOLLAR"], row["IMPRESSION_1"] > 1_000, "CLICKTHROUGH_1" in row) == (60, True, False)


def test_a_time_of_another_zone_is_its_utc_day(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    east = datetime.timezone(datetime.timedelta(hours=9))
    newest.emulator.earn(promotion_id, datetime.datetime(2026, 3, 2, 8, tzinfo=east), spend=60)
    assert row_of(newest, promotion_id)["SPEND_IN_DOLLAR"] == 60


@pytest.mark.parametrize("status", ["PAUSED", "ACTIVE"])
def test_what_was_said_stays_whatever_becomes_of_the_promotion(newest: Any, status: str) -> None:
    emulator = newest.emulator
    for rule in ("zero_metrics", "empty_rows"):
        emulator.rules.set(rule, "zero")
    emulator.rules.set("delivery_lag_hours", 0)
    promotion_id = newest.some(1, status=status, creative_type="VIDEO")[0]
    emulator.earn(promotion_id, DAY, spend=60, checkout_value=119)
    emulator.earn(promotion_id, "2026-02-20", clicks=2_000, impressions=90_000)

    def told() -> Any:
        questions = ({}, {"conversion_report_time": "TIME_OF_CONVERSION"}, {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE"})
        return [newest.analytics([promotion_id], "2026-02-15", DAY, METRICS, "DAY", **one) for one in questions]

    before = told()
    assert any(row.get("TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR") for row in before[1] if row["DATE"] not in (DAY, "2026-02-20"))
    newest.update({"id": promotion_id, "status": "ACTIVE"})
    assert told() == before
    newest.update({"id": promotion_id, "creative_type": "REGULAR"})
    assert told() == before
    newest(
        "PATCH",
        f"{newest.account}/ad_groups",
        [{"id": emulator.ad_group_id, "bid_in_micro_currency": 50_000, "bid_strategy_type": "MAX_BID"}],
    )
    assert told() == before


def test_a_day_that_is_to_come_again_is_not_reported(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    newest.emulator.clock.advance(days=2)
    newest.emulator.earn(promotion_id, "2026-03-04", spend=60, checkout_value=119)
    newest.emulator.clock.set("2026-03-03T23:00:00Z")
    for asked in ({}, {"conversion_report_time": "TIME_OF_CONVERSION"}, {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE"}):
        rows = newest.analytics([promotion_id], "2026-03-01", "2026-03-05", EVERYTHING, "DAY", **asked)
        assert [row["DATE"] for row in rows if row["DATE"] > "2026-03-03"] == []
    newest.emulator.clock.advance(hours=2)
    assert newest.analytics([promotion_id], "2026-03-04", "2026-03-04", COLUMN_NAMES, "DAY")[0]["SPEND_IN_DOLLAR"] == 60


def test_items_add_up_to_whatever_is_said(newest: Any) -> None:
    promotion_id = newest.some(1)[0]
    emulator = newest.emulator
    columns = ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT", "TOTAL_ADD_TO_CART")
    asked = {"start_date": DAY, "end_date": DAY, "granularity": "DAY", "columns": list(columns)}
    account = emulator.world.store.must("ad_accounts", int(emulator.ad_account_id))
    for said in ({"checkouts": 10**9}, {"clicks": 10**9, "impressions": 10**9}, {"spend": 9, "clicks": 0}):
        emulator.earn(promotion_id, DAY, **said)
        sums: list[dict[str, int]] = []
        for level in ("PRODUCT_GROUP", "PRODUCT_ITEM"):
            order = check_request({**asked, "level": level}, "5.28", emulator.world.now(), emulator.rules)
            body, _ = content(emulator.world, {"request": order, "ad_account_id": account["id"]}, emulator.world.now())
            rows = [row for rows in msgspec.json.decode(body).values() for row in rows]
            sums.append({name: sum(row.get(name, 0) for row in rows) for name in columns})
        assert sums[0] == sums[1]


def test_an_answer_that_was_given_before_a_write_is_not_given_again(newest: Any) -> None:
    """The clock is set back and forth: the question is the same in every respect."""
    (promotion_id,) = newest.some(1)
    newest.emulator.clock.advance(days=5)
    asked = ([promotion_id], "2026-03-03", "2026-03-05", "SPEND_IN_DOLLAR", "TOTAL")
    assert newest.analytics(*asked) == newest.analytics(*asked) != []
    newest.emulator.clock.set("2026-03-02T12:00:00Z")
    newest.update({"id": promotion_id, "status": "PAUSED"})
    newest.emulator.clock.advance(days=5)
    assert newest.analytics(*asked) == []


@pytest.mark.parametrize("report_time", ["TIME_OF_CONVERSION", "TIME_OF_AD_ACTION"])
def test_a_day_that_has_not_begun_everywhere_is_told(newest: Any, report_time: str) -> None:
    """It is 02:00 UTC: where the account is, it is still yesterday."""
    (promotion_id,) = newest.some(1)
    newest.emulator.rules.set("empty_rows", "zero")
    store = newest.emulator.world.store
    store.update(
        "ad_accounts", {**store.must("ad_accounts", int(newest.emulator.ad_account_id)), "time_zone": "America/Denver"}
    )
    newest.emulator.clock.advance(hours=14)
    newest.emulator.earn(promotion_id, "2026-03-03", spend=60)
    more = {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE", "conversion_report_time": report_time}
    rows = newest.analytics([promotion_id], "2026-03-03", "2026-03-03", COLUMN_NAMES, "DAY", **more)
    assert [row["DATE"] for row in rows] == ["2026-03-03"]
    assert 30 < rows[0]["SPEND_IN_DOLLAR"] < 60  # the rest fell to the evening before
