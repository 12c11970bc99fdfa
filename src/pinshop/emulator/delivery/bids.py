"""What an ad group bids: its bid, and by how much its campaign and itself change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinshop.emulator.delivery.terms import LARGEST_FACTOR, ONE

#: What a campaign's multipliers of a kind are of. Source: ``AppTypeMultipliers``, ``PlacementMultipliers`` 5.23.0 (whose
#: example writes in lower case what its enum has in upper case), ``AgeBucketMultipliers``, ``GenderMultipliers`` 5.28.0.
MULTIPLIED: dict[str, tuple[str, ...]] = {
    "placement_multipliers": ("search", "browse", "related_pins"),
    "app_type_multipliers": ("android_mobile", "android_tablet", "ipad", "iphone", "web", "web_mobile"),
    "age_bucket_multipliers": ("18-24", "19+", "20+", "21+", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"),
    "gender_multipliers": ("unknown", "male", "female"),
}


def bidding(ad_group: Mapping[str, Any], campaign: Mapping[str, Any], options: str) -> tuple[int | None, str, int]:
    """What an ad group bids (None: automatically), for what, and by how much that is changed, in 1/65536.

    ``options``: the rule `bid_options`. They adjust a bid price, so an automatic bid has none to adjust; the ad group's
    own multiplier is for automatic bids, too.
    """
    automatic = ad_group.get("bid_strategy_type", "AUTOMATIC_BID") == "AUTOMATIC_BID"
    bid = None if automatic else ad_group.get("bid_in_micro_currency")
    factor = _exactly(ad_group.get("bid_multiplier") or 1)  # 0 removes it
    if bid is not None and options == "even":
        for name, kinds in MULTIPLIED.items():
            factor = factor * _mean((campaign.get("bid_options") or {}).get(name) or {}, kinds) >> 16
    return bid, ad_group.get("billable_event", "CLICKTHROUGH"), min(factor, LARGEST_FACTOR)


def _exactly(multiplier: float) -> int:
    return int(multiplier * ONE)


def _mean(multipliers: Mapping[str, Any], kinds: tuple[str, ...]) -> int:
    """Over all kinds, each as frequent as the next; one without a multiplier has 1."""
    given = {kind.lower(): multiplier for kind, multiplier in multipliers.items()}
    return sum(_exactly(given.get(kind, 1)) for kind in kinds) // len(kinds)
