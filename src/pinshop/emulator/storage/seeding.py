"""The account every emulator starts with, and the factory for many. All of it follows from the seed and the clock."""

from __future__ import annotations

from typing import Any

import msgspec

from pinshop.emulator.seeded_numbers import secret
from pinshop.emulator.storage.store import Store

DAY = 86_400

#: The scopes of the seeded token: everything this slice of the API asks for.
ALL_SCOPES = (
    "ads:read",
    "ads:write",
    "boards:read",
    "catalogs:read",
    "catalogs:write",
    "pins:read",
    "user_accounts:read",
)


#: Name, type and filters of the seeded groups; the first is the one Pinterest makes by itself.
_GROUPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("All products", "ALL_PRODUCTS", {}),
    ("Kitchen", "MERCHANT_CREATED", {"any_of": [{"PRODUCT_TYPE_1": {"values": [["Home & Kitchen", "Kitchen"]]}}]}),
    ("Lighting", "MERCHANT_CREATED", {"any_of": [{"PRODUCT_TYPE_1": {"values": [["Home & Kitchen", "Lighting"]]}}]}),
    ("Furniture", "MERCHANT_CREATED", {"any_of": [{"PRODUCT_TYPE_1": {"values": [["Home & Kitchen", "Furniture"]]}}]}),
    ("Under 50", "MERCHANT_CREATED", {"all_of": [{"MAX_PRICE": {"values": 50}}, {"AVAILABILITY": {"values": ["IN_STOCK"]}}]}),
)


def seed_account(store: Store, now: int, *, simplified: bool = False) -> dict[str, Any]:
    """Fill an empty store with one business, and return the ids of what it has.

    The account, its catalog, an ACTIVE campaign with campaign budget and an ACTIVE ad group exist since 30 days before ``now``.
    """
    from pinshop.emulator.catalog import feed_files, groups
    from pinshop.emulator.handlers import catalog_product_groups, feeds

    seed = store.seed
    created = now - 30 * DAY
    with store.transaction():
        user_id = store.next_id("users")
        store.insert(
            "users",
            {
                "id": user_id,
                "username": f"emulated_shop_{seed}",
                "account_type": "BUSINESS",
                "business_name": "Emulated Shop",
                "about": "Not a real business: this is the pinshop emulator.",
                "profile_image": "https://i.pinimg.com/emulated.jpg",
                "website_url": "https://shop.example",
                "board_count": 3,
                "pin_count": 60,
                "follower_count": 1200,
                "following_count": 12,
                "monthly_views": 34000,
            },
        )
        ad_account_id = store.next_id("ad_accounts")
        store.insert("ad_accounts", ad_account(ad_account_id, user_id, "Emulated Shop", created))
        catalog_id = store.next_id("catalogs")
        store.insert(
            "catalogs",
            {
                "id": catalog_id,
                "owner_id": user_id,
                "name": "Emulated Shop catalog",
                "catalog_type": "RETAIL",
                "created": created,
                "updated": created,
            },
        )
        feed_id = store.next_id("feeds")
        store.insert("feeds", feed(feed_id, user_id, catalog_id, "Emulated Shop feed", created))
        feeds.load_feed(store, feed_id, feed_files.seed_items(), created)
        group_ids = []
        for name, kind, filters in _GROUPS:
            group = catalog_product_groups.new_group(user_id, catalog_id, feed_id, name, filters, created, type=kind)
            group["id"] = store.next_id("product_groups")
            store.insert("product_groups", groups.measured(store, group))
            store.history.note("product_groups", group, 0)
            group_ids.append(group["id"])
        campaign_id = store.next_id("campaigns")
        parent = campaign(campaign_id, ad_account_id, "Shopping", created, daily_spend_cap=500_000_000)
        if simplified:  # as objective simplification has it
            parent |= {"objective_type": "SALES", "intended_promotion_type": "CATALOG"}
        ad_group_id = store.next_id("ad_groups")
        child = ad_group(ad_group_id, ad_account_id, campaign_id, "Shopping, everyone", created)
        for kind, entity in (("campaigns", parent), ("ad_groups", child)):
            store.insert(kind, entity)
            store.history.note(kind, entity, created)
        token = secret(seed, "access")
        store.add_token(token, "access", user_id, ALL_SCOPES, None, app=str(1_400_000 + seed), family="seed")
        facts = {
            "access_token": token,
            "user_id": user_id,
            "ad_account_id": ad_account_id,
            "campaign_id": campaign_id,
            "ad_group_id": ad_group_id,
            "catalog_id": catalog_id,
            "feed_id": feed_id,
            "catalog_product_group_ids": group_ids,
        }
        store.set_meta("seeded", facts)
        store.set_meta("seed", seed)
    return facts


def ad_account(ad_account_id: int, owner_id: int, name: str, created: int) -> dict[str, Any]:
    return {
        "id": ad_account_id,
        "owner_id": owner_id,
        "name": name,
        "country": "US",
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "created_time": created,
        "updated_time": created,
    }


def feed(feed_id: int, owner_id: int, catalog_id: int, name: str, created: int) -> dict[str, Any]:
    return {
        "id": feed_id,
        "owner_id": owner_id,
        "catalog_id": catalog_id,
        "name": name,
        "format": "TSV",
        "catalog_type": "RETAIL",
        "location": "https://shop.example/feed.tsv",
        "credentials": None,
        "preferred_processing_schedule": None,
        "status": "ACTIVE",
        "default_currency": "USD",
        "default_locale": "en-US",
        "default_country": "US",
        "default_availability": None,
        "created": created,
        "updated": created,
    }


def campaign(campaign_id: int, ad_account_id: int, name: str, created: int, **facts: Any) -> dict[str, Any]:
    return {
        "id": campaign_id,
        "ad_account_id": ad_account_id,
        "status": "ACTIVE",
        "name": name,
        "objective_type": "CATALOG_SALES",
        "is_campaign_budget_optimization": True,
        "is_flexible_daily_budgets": False,
        "is_automated_campaign": False,
        "start_time": created,
        "end_time": None,
        "created_time": created,
        "updated_time": created,
        **facts,
    }


def ad_group(ad_group_id: int, ad_account_id: int, campaign_id: int, name: str, created: int, **facts: Any) -> dict[str, Any]:
    return {
        "id": ad_group_id,
        "ad_account_id": ad_account_id,
        "campaign_id": campaign_id,
        "status": "ACTIVE",
        "name": name,
        "budget_type": "CBO_ADGROUP",
        "bid_strategy_type": "AUTOMATIC_BID",
        "bid_in_micro_currency": 800_000,
        "billable_event": "CLICKTHROUGH",
        "pacing_delivery_type": "STANDARD",
        "placement_group": "ALL",
        "auto_targeting_enabled": True,
        "targeting_spec": {},
        "start_time": created,
        "end_time": None,
        "created_time": created,
        "updated_time": created,
        **facts,
    }


def scale(store: Store, now: int, ad_accounts: int, promotions_each: int) -> list[int]:
    """Add ad accounts, each with a campaign, an ad group and ``promotions_each`` ACTIVE promotions; returns the account ids."""
    seeded = store.get_meta("seeded")
    owner_id, group_ids = int(seeded["user_id"]), seeded["catalog_product_group_ids"]
    created = now - 7 * DAY
    made: list[int] = []
    promotion = msgspec.json.encode({"creative_type": "REGULAR", "created": created})
    with store.transaction():
        for n in range(ad_accounts):
            account_id = store.next_id("ad_accounts")
            campaign_id, ad_group_id = store.next_id("campaigns"), store.next_id("ad_groups")
            store.insert("ad_accounts", ad_account(account_id, owner_id, f"Client {n + 1:05d}", created))
            parent = campaign(campaign_id, account_id, "Shopping", created, daily_spend_cap=400_000_000)
            child = ad_group(ad_group_id, account_id, campaign_id, "Shopping", created)
            for kind, entity in (("campaigns", parent), ("ad_groups", child)):
                store.insert(kind, entity)
                store.history.note(kind, entity, created)
            first = store.reserve_ids("promotions", promotions_each)
            store.insert_promotions(
                (first + k, account_id, ad_group_id, group_ids[k % len(group_ids)], "ACTIVE", promotion)
                for k in range(promotions_each)
            )
            for number, group_id in enumerate(group_ids):
                alike = {"status": "ACTIVE", "creative_type": "REGULAR", "catalog_product_group_id": group_id}
                mine = range(first + number, first + promotions_each, len(group_ids))
                store.history.note_alike("promotions", mine, alike, created)
            made.append(account_id)
    return made
