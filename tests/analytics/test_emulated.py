"""Analytics against the emulator: what users do wrong is said, and all ways of asking give the same rows."""

from __future__ import annotations

import datetime
import pickle
from typing import Any

import pytest

from earned import DAY, Earned
from pinshop import Client
from pinshop.api.http import Reply
from pinshop.emulator import Emulator
from pinshop.errors import InvalidInput, RateLimited
from pinshop.flow import events

COLUMNS = ["SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "CTR", "TOTAL_CHECKOUT", "TOTAL_IMPRESSION_USER"]


class Shop:
    """An emulator with promotions and forty days of delivery, and a client whose waits move its clock."""

    def __init__(self) -> None:
        self.emulator = Emulator(now="2026-01-01T00:00:00Z")
        self.heard: list[Any] = []
        self.client = Client(
            self.emulator.access_token,
            base_url=self.emulator.base_url,
            transport=self.emulator.transport(),
            sleep=lambda seconds: self.emulator.clock.advance(seconds=seconds),
            on_event=self.heard.append,
            pacing=False,
        )
        self.account = self.emulator.ad_account_id
        items: Any = [{"catalog_product_group_id": group} for group in self.emulator.catalog_product_group_ids]
        made = self.client.promotions.create(self.account, self.emulator.ad_group_id, items)
        self.ids = [str(outcome.id) for outcome in made]
        self.emulator.clock.advance(days=40)

    def noticed(self) -> str:
        return "; ".join(event.what for event in self.heard if isinstance(event, events.Noticed))


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


ASKED: dict[str, Any] = {"start_date": "2026-01-05", "end_date": "2026-02-09", "columns": COLUMNS}
DAILY: dict[str, Any] = {**ASKED, "granularity": "DAY"}


def key(row: dict[str, Any]) -> tuple[str, str]:
    return row["PRODUCT_GROUP_ID"], row["DATE"]


def plain(rows: Any) -> list[dict[str, Any]]:
    """Without what only queries add."""
    return sorted(({n: v for n, v in row.items() if n not in ("AD_ACCOUNT_ID", "CURRENCY")} for row in rows), key=key)


def test_every_way_gives_the_same_rows(shop):
    rows = shop.client.promotions.analytics(shop.account, shop.ids, **DAILY)
    assert len(rows) > 100
    ask = shop.client.analytics.get
    assert plain(ask(shop.account, shop.ids, **ASKED)) == plain(rows)
    assert plain(ask(shop.account, shop.ids, way="report", **ASKED)) == plain(rows)
    assert plain(ask(shop.account, **ASKED)) == plain(rows)
    assert plain(ask(shop.account, way="sync", **ASKED)) == plain(rows)
    assert plain(ask(shop.account, way="sync", discover="listing", **ASKED)) == plain(rows)
    assert plain(ask(shop.account, ad_group_ids=[shop.emulator.ad_group_id], **ASKED)) == plain(rows)
    assert plain(ask(shop.account, campaign_ids=[shop.emulator.campaign_id], way="sync", discover="listing", **ASKED)) == plain(
        rows
    )
    reported = shop.client.reports.run(shop.account, level="PRODUCT_GROUP", **DAILY)
    assert plain(reported) == plain(rows)


def test_a_csv_report_has_numbers(shop):
    states: list[Any] = []
    rows, csv = (
        shop.client.reports.run(shop.account, level="PRODUCT_GROUP", report_format=form, progress=states.append, **DAILY)
        for form in ("JSON", "CSV")
    )
    assert states[-1].report_status == "FINISHED"
    assert csv.to_arrow().schema == rows.to_arrow().schema
    assert [row["SPEND_IN_MICRO_DOLLAR"] for row in csv] == [row["SPEND_IN_MICRO_DOLLAR"] for row in rows]
    assert {type(row["SPEND_IN_MICRO_DOLLAR"]) for row in csv} == {int}


def test_names_and_statuses_are_joined_on_request(shop):
    rows = shop.client.analytics.get(shop.account, names=True, **ASKED)
    assert {row["status"] for row in rows} == {"ACTIVE"}
    assert all(row["catalog_product_group_name"] and row["ad_group_id"] == shop.emulator.ad_group_id for row in rows)


def test_promotions_from_a_list_are_ids(shop):
    listed = shop.client.promotions.list(shop.account, ad_group_id=shop.emulator.ad_group_id)
    rows = shop.client.promotions.analytics(shop.account, listed, **DAILY)
    assert plain(rows) == plain(shop.client.promotions.analytics(shop.account, shop.ids, **DAILY))


def test_catalog_product_groups_are_told_apart(shop):
    groups = shop.emulator.catalog_product_group_ids
    with pytest.raises(InvalidInput, match=f"{groups[0]} is a catalog product group"):
        shop.client.promotions.analytics(shop.account, groups, **DAILY)
    with pytest.raises(InvalidInput, match=f"{groups[0]} is a catalog product group"):
        shop.client.promotions.analytics(shop.account, ["12345", groups[0]], **DAILY)
    with pytest.raises(InvalidInput, match="promotions: analytics are of what promotes it"):
        shop.client.promotions.analytics(shop.account, [shop.client.catalog_product_groups.get(groups[0])], **DAILY)


def test_ids_that_are_no_promotions_are_refused_and_some_of_them_are_noticed(shop):
    with pytest.raises(InvalidInput, match="ids of promotions of ad account"):
        shop.client.promotions.analytics(shop.account, ["12345"], **DAILY)
    shop.heard.clear()
    rows = shop.client.promotions.analytics(shop.account, [*shop.ids, "12345"], **DAILY)
    assert rows.missing_ids == ("12345",)
    assert "1 id(s) without a row: 12345" in shop.noticed()


def test_days_in_the_future_are_refused(shop):
    late = {**DAILY, "start_date": "2026-06-01", "end_date": "2026-06-02"}
    with pytest.raises(InvalidInput, match="today at the server"):
        shop.client.promotions.analytics(shop.account, shop.ids, **late)
    with pytest.raises(InvalidInput, match="nothing has been earned after today"):
        shop.client.analytics.get(shop.account, shop.ids, **{**ASKED, **late})


def test_days_that_have_not_begun_are_left_out_and_said(shop):
    today = shop.emulator.clock.now().date()
    for ask, asked in ((shop.client.promotions.analytics, DAILY), (shop.client.analytics.get, ASKED)):
        usual = ask(shop.account, shop.ids, **{**asked, "end_date": today})
        for later in (today + datetime.timedelta(1), datetime.date(2099, 1, 1)):
            shop.heard.clear()
            shop.emulator.calls.clear()
            rows = ask(shop.account, shop.ids, **{**asked, "end_date": later})
            assert list(rows) == list(usual)
            assert rows.asked.last == today
            assert f"end_date {later} is in the future" in shop.noticed()
            assert shop.emulator.calls.count("product_groups/analytics") == 1
    plan = shop.client.analytics.plan(shop.account, shop.ids, **{**ASKED, "end_date": "2099-01-01"})
    assert "is in the future" in str(plan)


def test_the_first_answer_says_what_day_it_is(shop):
    fresh = Client(shop.emulator.access_token, transport=shop.emulator.transport(), on_event=shop.heard.append)
    today = shop.emulator.clock.now().date()
    rows = fresh.promotions.analytics(shop.account, shop.ids, **{**DAILY, "end_date": today + datetime.timedelta(2)})
    assert rows.asked.last == today
    assert "is in the future" in shop.noticed()


def test_product_items_come_by_report(shop):
    rows = shop.client.analytics.get(
        shop.account, level="PRODUCT_ITEM", columns=["SPEND_IN_MICRO_DOLLAR"], start_date="2026-01-20", end_date="2026-02-09"
    )
    assert len(rows) > 100
    assert rows.to_arrow().schema.names[:4] == ["AD_ACCOUNT_ID", "CURRENCY", "PRODUCT_GROUP_ID", "PRODUCT_ITEM_ID"]


def test_a_plan_is_a_value(shop):
    plan = shop.client.analytics.plan(shop.account, shop.ids, **ASKED)
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan
    assert plain(shop.client.analytics.run(again)) == plain(shop.client.promotions.analytics(shop.account, shop.ids, **DAILY))


def test_sync_equals_what_pinterest_says(shop, tmp_path):
    import duckdb

    path = tmp_path / "ads.duckdb"
    for _ in range(3):
        shop.client.analytics.sync(path, shop.account, columns=COLUMNS)
        shop.emulator.clock.advance(days=2)
    shop.client.analytics.sync(path, shop.account, columns=COLUMNS)
    today = shop.emulator.clock.now().date()
    fresh = shop.client.analytics.get(shop.account, shop.ids, columns=COLUMNS, start_date=today - 89 * DAY, end_date=today)
    with duckdb.connect(path, read_only=True) as connection:
        names = ", ".join(fresh.to_arrow().schema.names)
        kept = connection.sql(f"SELECT {names} FROM analytics ORDER BY PRODUCT_GROUP_ID, DATE").to_arrow_table().to_pylist()
    assert kept == sorted(fresh.to_arrow().to_pylist(), key=lambda row: (row["PRODUCT_GROUP_ID"], row["DATE"]))


# ------------------------------------------------------------------------------------------------- faults


def test_ten_thousand_ids():
    made = Earned()
    for one in range(10_000):
        made.rows["7"][str(one + 1), made.today - DAY] = {"IMPRESSION_1": one}
    rows = made.client().analytics.get(
        "7", range(1, 10_001), columns=["IMPRESSION_1"], start_date=made.today - DAY, end_date=made.today
    )
    assert len(rows) == 10_000
    assert made.calls["analytics"] == 40
    assert rows.missing_ids == ()
    assert sum(rows.typed("IMPRESSION_1")) == sum(range(10_000))


def test_a_storm_of_429_loses_nothing_and_asks_nothing_twice():
    made = Earned()
    made.rows["7"] = {(str(one), made.today): {"IMPRESSION_1": one} for one in range(1000, 1600)}
    turn = iter(range(10**6))

    def refuse(request: Any) -> Any:
        if next(turn) % 3 and "product_groups" in request.target:
            return Reply(429, {"x-ratelimit-reset": "1"}, b'{"code": 8, "message": "slow down"}')
        return None

    made.refuse = refuse
    asked = {"columns": ["IMPRESSION_1"], "start_date": made.today, "end_date": made.today}
    rows = made.client(max_attempts=5, concurrency=1).analytics.get("7", range(1000, 1600), **asked)
    assert len(rows) == 600
    assert set(made.asked.values()) == {1}
    made.refuse = lambda request: Reply(429, {}, b'{"code": 8}') if "product_groups" in request.target else None
    with pytest.raises(RateLimited):
        made.client().analytics.get("7", range(1000, 1600), **asked)
