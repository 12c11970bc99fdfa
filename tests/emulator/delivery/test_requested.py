"""The reporting days of ad accounts."""

from __future__ import annotations

import pytest

from pinshop.emulator.delivery.requested import utc_offset


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("America/New_York", -5), ("Australia/Sydney", 10), ("America/Santiago", -4), ("Europe/Dublin", 0), ("Asia/Kolkata", 5.5)],
)
def test_a_reporting_day_is_one_of_standard_time_in_the_south_too(zone: str, hours: float) -> None:
    assert utc_offset({"time_zone": zone}, "AD_ACCOUNT_TIME_ZONE") == hours * 3600
    assert utc_offset({"time_zone": zone}, None) == 0
