"""What promotions earned together: people are counted once, and a write changes nothing that was told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

USERS = "TOTAL_IMPRESSION_USER"
WEEK = "2026-03-09", "2026-03-15"


def bid(talk: Any, micro: int) -> None:
    body = [{"id": talk.emulator.ad_group_id, "bid_in_micro_currency": micro, "bid_strategy_type": "MAX_BID"}]
    assert not talk("PATCH", f"{talk.account}/ad_groups", body)["items"][0]["exceptions"]


@pytest.fixture
def shop(talk_at: Callable[..., Any]) -> Any:
    return talk_at(rules={"report_polls": 0, "report_seconds": 0})


@pytest.mark.parametrize("level", ["PRODUCT_GROUP", "AD_GROUP", "ADVERTISER"])
@pytest.mark.parametrize("bids", [(1_000, 900_000), (900_000, 1_000)])
def test_a_week_reaches_no_fewer_people_than_a_day_of_it_and_no_more_than_its_days_together(
    shop: Any, level: str, bids: tuple[int, int]
) -> None:
    """A bid changes how many might see a promotion: it is shown to others then."""
    shop.some(2 if level != "PRODUCT_GROUP" else 1)
    shop.emulator.clock.set("2026-03-09T00:00:00Z")
    bid(shop, bids[0])
    shop.emulator.clock.set("2026-03-12T00:00:00Z")
    bid(shop, bids[1])
    shop.emulator.clock.set("2026-03-20T00:00:00Z")
    days = [row[USERS] for row in shop.report(level, *WEEK, [USERS])]
    (week,) = (row[USERS] for row in shop.report(level, *WEEK, [USERS], "WEEK"))
    assert len(days) == 7
    assert max(days) <= week <= sum(days)


def test_a_campaign_reaches_no_fewer_people_than_one_of_its_promotions(shop: Any) -> None:
    """One of them is shown on other terms every day, and so to others; its sister always to the same."""
    group = {"name": "Steady", "campaign_id": shop.emulator.campaign_id, "billable_event": "CLICKTHROUGH"}
    steady = shop("POST", f"{shop.account}/ad_groups", [group])["items"][0]["data"]["id"]
    (one,) = shop.some(1)
    shop.create(shop.emulator.catalog_product_group_ids[0], ad_group_id=steady)
    for day in range(80):
        bid(shop, 300_000 + 1_000 * day)
        shop.emulator.clock.advance(days=1)
    until = shop.emulator.clock.now().date().isoformat()
    question = "2026-03-02", until, [USERS], "TOTAL"
    each = {row["PRODUCT_GROUP_ID"]: row[USERS] for row in shop.report("PRODUCT_GROUP", *question)}
    (together,) = (row[USERS] for row in shop.report("CAMPAIGN", *question))
    assert len(each) == 2
    assert each[one] <= together <= sum(each.values())


def test_zeros_of_a_creative_type_are_told_since_one_has_it(talk_at: Callable[..., Any]) -> None:
    shop = talk_at(rules={"report_polls": 0, "report_seconds": 0, "delivery_lag_hours": 0, "zero_metrics": "zero"})
    (one,) = shop.some(1)
    shop.emulator.clock.set("2026-03-05T00:00:00Z")
    question = "AD_GROUP", "2026-03-03", "2026-03-04", ["IMPRESSION_1", "VIDEO_SPEND_IN_DOLLAR", "TOTAL_VIDEO_MRC_VIEWS"]
    before = shop.report(*question)
    shop.update({"id": one, "creative_type": "VIDEO"})
    assert shop.report(*question) == before
    shop.emulator.clock.set("2026-03-08T00:00:00Z")
    assert shop.report(*question) == before
    rows = shop.report("AD_GROUP", "2026-03-05", "2026-03-06", ["VIDEO_SPEND_IN_DOLLAR"])
    assert [row["VIDEO_SPEND_IN_DOLLAR"] > 0 for row in rows] == [True, True]
