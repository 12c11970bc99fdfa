"""Why a promotion that says ACTIVE earns nothing, as the page of it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pinshop.emulator.control import words
from pinshop.emulator.control.sums import MOST, earnings_of
from pinshop.emulator.delivery.model import DAY
from pinshop.emulator.storage.store import Entity
from pinshop.emulator.world import World

Settings = Mapping[str, Any]


def why_nothing(world: World, account: Entity, promotion: Entity, spend: int) -> list[str]:
    """The reasons, for a promotion that spent ``spend`` on the days that are shown."""
    if promotion["status"] != "ACTIVE":
        return []
    store = world.store
    ad_group = store.get("ad_groups", promotion["ad_group_id"]) or {}
    campaign = store.get("campaigns", ad_group.get("campaign_id", 0)) or {}
    group = store.get("product_groups", promotion["catalog_product_group_id"])
    found = [*_not_live(world, ad_group, campaign), *_no_products(group), *_all_spent(world, account, ad_group, campaign)]
    if found or spend:
        return found
    since, lag = _live_since(world, promotion, ad_group, campaign), world.rules.delivery_lag_hours
    if world.now() - since < (lag + 1) * 3600:
        return [f"It delivers since {words.time_of(since)}, and reports lag {lag} hours behind. Move the clock on."]
    return [_outbid(world, account, ad_group, campaign)]


def _not_live(world: World, ad_group: Settings, campaign: Settings) -> list[str]:
    found, now = [], world.now()
    for name, parent in (("ad group", ad_group), ("campaign", campaign)):
        if parent.get("status") != "ACTIVE":
            found.append(f"Its {name} is {parent.get('status', 'missing')}.")
        if (parent.get("start_time") or 0) > now:
            found.append(f"Its {name} starts at {words.time_of(parent['start_time'])}.")
        if parent.get("end_time") and parent["end_time"] <= now:
            found.append(f"Its {name} ended at {words.time_of(parent['end_time'])}.")
    return found


def _no_products(group: Settings | None) -> list[str]:
    if group is None:
        return ["Its catalog product group was deleted."]
    return [] if group["product_count"] else ["Its catalog product group has no product that is in stock."]


def _lifetime(ad_group: Settings, campaign: Settings) -> list[tuple[str, Settings, int]]:
    """Amounts that are spent once: whose, and how much."""
    found = []
    if cap := campaign.get("lifetime_spend_cap"):
        found.append(("campaign", campaign, cap))
    if ad_group.get("budget_type") == "LIFETIME" and (budget := ad_group.get("budget_in_micro_currency")):
        found.append(("ad group", ad_group, budget))
    return found


def _all_spent(world: World, account: Entity, ad_group: Settings, campaign: Settings) -> list[str]:
    found = []
    for name, parent, amount in _lifetime(ad_group, campaign):
        start, days = parent.get("start_time") or parent.get("created_time") or 0, world.rules.lifetime_cap_days
        if not parent.get("end_time") and world.now() >= (start // DAY + days) * DAY:
            found.append(
                f"Its {name} has a lifetime amount and no end: it was spread over {days} days (the rule lifetime_cap_days), "
                "which are over."
            )
        elif _spent(world, account, campaign if name == "campaign" else ad_group, name) >= amount * 99 // 100:
            found.append(f"Its {name} has spent its lifetime amount.")
    return found


def _spent(world: World, account: Entity, parent: Settings, name: str) -> int:
    """What a campaign or an ad group spent in the last 90 days; 0 if it has too many promotions to add up."""
    store = world.store
    ad_groups = [parent["id"]] if name == "ad group" else store.ids_of("ad_groups", campaign_id=parent["id"])
    every = [one for i in ad_groups for one in store.find("promotions", ad_group_id=i)]
    if not 0 < len(every) <= MOST:
        return 0
    return int(earnings_of(world, account, every, 90)[0]["spend"])


def _live_since(world: World, promotion: Entity, ad_group: Settings, campaign: Settings) -> int:
    """Since which second it could deliver, as far as statuses, schedules and products go."""

    def active(settings: Settings) -> bool:
        return settings.get("status") == "ACTIVE"

    def stocked(settings: Settings) -> bool:
        return bool(settings.get("product_count"))

    found = [parent.get("start_time") or 0 for parent in (ad_group, campaign)]
    kinds: tuple[tuple[str, int, Callable[[Settings], bool]], ...] = (
        ("promotions", promotion["id"], active),
        ("ad_groups", ad_group.get("id", 0), active),
        ("campaigns", campaign.get("id", 0), active),
        ("product_groups", promotion["catalog_product_group_id"], stocked),
    )
    for kind, entity_id, is_good in kinds:
        since = 0
        for second, settings in reversed(world.store.history.of(kind, [entity_id]).get(entity_id, [])):
            if not is_good(settings):
                break
            since = second
        found.append(since)
    return max(found)


def _outbid(world: World, account: Entity, ad_group: Settings, campaign: Settings) -> str:
    """It delivers, and yet: others take what may be spent, or its bid wins nothing."""
    automatic = ad_group.get("bid_strategy_type", "AUTOMATIC_BID") == "AUTOMATIC_BID"
    bid = None if automatic else ad_group.get("bid_in_micro_currency")
    budgets = (campaign.get("daily_spend_cap"), ad_group.get("budget_in_micro_currency"))
    least = min((amount for amount in budgets if amount), default=None)
    if bid and (least is None or least >= bid) and not _spent(world, account, campaign, "campaign"):
        amount = format(Decimal(bid).scaleb(-6).normalize(), "f")
        return f"Its ad group bids {amount} {account.get('currency', 'USD')}, which wins nothing. Raise the bid."
    return "Budgets: what its campaign or ad group may spend goes to the other promotions in it."
