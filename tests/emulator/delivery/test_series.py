"""Conversions and quotients of one promotion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

COLUMNS = "TOTAL_CONVERSIONS,TOTAL_PAGE_VISIT,TOTAL_CHECKOUT,TOTAL_CLICK_ADD_TO_CART"


def test_conversions_told_by_their_own_day_only_grow(talk_at: Callable[..., Any]) -> None:
    """Also while the actions of yesterday's last hours are not known."""
    shop = talk_at(rules={"delivery_lag_hours": 6})
    ids = shop.some(20)
    before: dict[tuple[str, str], dict[str, int]] = {}
    for day in range(6, 10):
        for hour in range(8):
            shop.emulator.clock.set(f"2026-03-{day:02}T{hour:02}:30:00Z")
            found = shop.analytics(ids, "2026-03-02", "2026-03-10", COLUMNS, "DAY", conversion_report_time="TIME_OF_CONVERSION")
            rows = {(row["PRODUCT_GROUP_ID"], row["DATE"]): row for row in found}
            for key, told in before.items():
                for name in COLUMNS.split(","):
                    assert rows.get(key, {}).get(name, 0) >= told.get(name, 0), (key, name, day, hour)
            before = rows
    assert len(before) > 100


def test_a_quotient_without_divisor_is_told_by_no_rule(talk_at: Callable[..., Any]) -> None:
    shop = talk_at(rules={"zero_metrics": "zero"})
    (one,) = shop.some(1, creative_type="VIDEO")
    shop.emulator.clock.advance(days=5)
    shop.update({"id": one, "status": "PAUSED"})
    shop.emulator.clock.advance(days=5)
    columns = "IMPRESSION_1,PAID_VIDEO_VIEWABLE_RATE,CTR,TOTAL_PAGE_VISIT"
    rows = shop.analytics([one], "2026-03-05", "2026-03-12", columns, "DAY", conversion_report_time="TIME_OF_CONVERSION")
    assert {bool(row["IMPRESSION_1"]) for row in rows} == {True, False}
    for row in rows:
        assert ("PAID_VIDEO_VIEWABLE_RATE" in row) == ("CTR" in row) == bool(row["IMPRESSION_1"])
