"""From the history of a state to what its promotions earned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_first_promotion_of_an_ad_group_changes_no_day_of_its_sisters(talk_at: Callable[..., Any]) -> None:
    """The ad group had a budget all the time, so days were planned anew when it got it."""
    shop = talk_at(rules={"catalog_sales_needs_cbo": False, "delivery_lag_hours": 0})
    campaign = {"ad_account_id": shop.emulator.ad_account_id, "name": "A", "objective_type": "CATALOG_SALES"}
    body = [{**campaign, "is_campaign_budget_optimization": False}]
    campaign_id = shop("POST", f"{shop.account}/campaigns", body)["items"][0]["data"]["id"]

    def ad_group(name: str) -> str:
        group = {"name": name, "campaign_id": campaign_id, "billable_event": "CLICKTHROUGH"}
        made = shop("POST", f"{shop.account}/ad_groups", [{**group, "budget_in_micro_currency": 5_000_000}])
        return str(made["items"][0]["data"]["id"])

    groups = shop.emulator.catalog_product_group_ids
    ids = [made["data"]["id"] for made in shop.create(*groups[:5], ad_group_id=ad_group("Old"))]
    for hour in range(13, 20):
        shop.emulator.clock.set(f"2026-03-04T{hour}:31:07Z")
        new = ad_group(f"New at {hour}")
    shop.emulator.clock.set("2026-03-06T00:00:00Z")
    question = ids, "2026-03-03", "2026-03-05", "IMPRESSION_1,CLICKTHROUGH_1,SPEND_IN_MICRO_DOLLAR", "DAY"
    before = shop.analytics(*question)
    assert len(before) > 10
    shop.create(groups[0], ad_group_id=new)
    assert shop.analytics(*question) == before
