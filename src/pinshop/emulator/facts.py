"""What a client needs to know of a world, to print and to answer."""

from __future__ import annotations

from typing import Any

from pinshop.emulator.oauth import APP_ID, APP_SECRET
from pinshop.emulator.world import World


def facts(world: World, base_url: str) -> dict[str, Any]:
    """As the first line of ``pinshop emulator --json`` says it. ``base_url`` ends in ``/v5``."""
    seeded = world.seeded
    return {
        "base_url": base_url,
        "access_token": seeded.access_token,
        "ad_account_id": seeded.ad_account_id,
        "ad_group_id": seeded.ad_group_id,
        "catalog_product_group_ids": list(seeded.catalog_product_group_ids),
        "campaign_id": seeded.campaign_id,
        "catalog_id": seeded.catalog_id,
        "feed_id": seeded.feed_id,
        "api_version": world.api_version,
        "seed": world.seed,
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "emulated": True,
    }
