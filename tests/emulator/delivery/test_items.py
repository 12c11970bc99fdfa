"""What a promotion's items are told to have earned: it adds up whichever way it is cut, and what was told stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

COLUMNS = ["IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION", "TOTAL_ENGAGEMENT"]


def by_item(rows: list[dict[str, Any]], columns: list[str] = COLUMNS) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found.update({(row.get("PRODUCT_ITEM_ID", ""), name): row.get(name, 0) for name in columns})
    return +found


@pytest.fixture
def shop(talk_at: Callable[..., Any]) -> Any:
    return talk_at(rules={"report_polls": 0, "report_seconds": 0, "delivery_lag_hours": 0})


def test_hours_of_an_item_add_up_to_its_day_and_items_to_their_promotion(shop: Any) -> None:
    shop.some(1)
    shop.emulator.clock.advance(days=2)
    day = "2026-03-03"
    days = shop.report("PRODUCT_ITEM", day, day, COLUMNS)
    assert len(days) > 10
    assert by_item(shop.report("PRODUCT_ITEM", day, day, COLUMNS, "HOUR")) == by_item(days)
    whole = by_item(shop.report("PRODUCT_GROUP", day, day, COLUMNS))
    assert {name: sum(row.get(name, 0) for row in days) for name in COLUMNS} == {name: whole["", name] for name in COLUMNS}
    for row in days:
        assert row.get("TOTAL_ENGAGEMENT", 0) <= row["TOTAL_IMPRESSION"]
        assert row.get("CLICKTHROUGH_1", 0) <= row["IMPRESSION_1"]


def test_what_is_told_of_an_item_today_only_grows(shop: Any) -> None:
    shop.some(1)
    shop.emulator.clock.set("2026-03-03T00:10:00Z")
    before: Counter[tuple[str, str]] = Counter()
    for _ in range(23):
        shop.emulator.clock.advance(hours=1)
        now = by_item(shop.report("PRODUCT_ITEM", "2026-03-03", "2026-03-03", COLUMNS))
        assert not before - now
        before = now
    assert before


def test_what_people_buy_on_the_first_day_of_an_empty_group_is_the_items_that_came_that_day(shop: Any, tmp_path: Any) -> None:
    feed = tmp_path / "feed.csv"
    head, link = "id,title,description,link,image_link,price,availability", "https://s.example/1"
    gone, there = (f"{one},A,B,{link},{link}.jpg,9.00 USD,{stock}" for one, stock in (("A", "out of stock"), ("B", "in stock")))
    feed.write_text(f"{head}\n{gone}\n")
    shop.emulator.load_feed(feed)
    filters = {"all_of": [{"AVAILABILITY": {"values": ["IN_STOCK"]}}]}
    body = {"feed_id": shop.emulator.feed_id, "name": "In stock", "filters": filters}
    shop.create(shop("POST", "/catalogs/product_groups", body)["id"])
    shop.emulator.clock.advance(hours=1)
    feed.write_text(f"{head}\n{there}\n")
    shop.emulator.load_feed(feed)
    shop.emulator.clock.advance(days=9)
    columns, day = ["TOTAL_PAGE_VISIT", "TOTAL_CONVERSIONS"], "2026-03-02"
    whole = by_item(shop.report("PRODUCT_GROUP", day, day, columns), columns)
    items = shop.report("PRODUCT_ITEM", day, day, columns)
    assert whole["", "TOTAL_CONVERSIONS"] > 0
    assert {name: sum(row.get(name, 0) for row in items) for name in columns} == {name: whole["", name] for name in columns}
