"""How much more a plan could make an account spend, and how large a change it is: raised on purpose, or refused.

Promotions share the budget of their ad group, or of its campaign where the budget is there. What a plan could spend a day
more is the sum of the budgets that begin to be spent, and of the raises of those that are spent already. An ad group delivers
while it and its campaign are ACTIVE, have not ended, and hold an ACTIVE promotion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from pinshop.api.money import MICRO
from pinshop.errors import GuardRefused, InvalidInput
from pinshop.plans.changes import SKEW_SECONDS, Spend, SpendPart
from pinshop.plans.plan import Plan
from pinshop.plans.values import amount

DAY = 86_400

#: What a plan may be without being asked about: so many changes, and this share of the live promotions it was made from.
FREE_CHANGES = 50
FREE_SHARE = 0.3
#: Below so many live promotions touched, their share says nothing.
FREE_TOUCHED = 10

PARENT_FACTS: dict[str, tuple[str, ...]] = {
    "campaign": (
        "status", "start_time", "end_time", "daily_spend_cap", "lifetime_spend_cap", "is_campaign_budget_optimization",
    ),
    "ad_group": ("status", "start_time", "end_time", "budget_type", "budget_in_micro_currency"),
}  # fmt: skip


class Limits(Struct, frozen=True, kw_only=True):
    """What somebody allowed on purpose.

    ``max_spend``: units of the account's currency a day more than now, such as Decimal("50"); the accounts of a plan are added
    up by currency, and each sum is held against it. ``allow_unlimited``: budgets that nothing limits may begin to be spent.
    ``max_changes``: so many changes; None: the defaults of the size guard.
    """

    max_spend: Decimal = Decimal(0)
    allow_unlimited: bool = False
    max_changes: int | None = None


def limits_of(max_spend: Decimal | str | int | None, allow_unlimited: bool, max_changes: int | None) -> Limits:
    """Check what a caller allows."""
    given: Any = max_spend
    try:
        allowed = Decimal(max_spend) if max_spend is not None else Decimal(0)
    except (InvalidOperation, TypeError, ValueError):
        raise InvalidInput("max_spend", max_spend, "units of the account's currency, such as 50 or 12.50") from None
    if not allowed.is_finite() or allowed < 0 or isinstance(given, float | bool):
        raise InvalidInput("max_spend", max_spend, "units of the account's currency, such as 50 or 12.50, exact")
    count: Any = max_changes
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
        raise InvalidInput("max_changes", max_changes, "an integer, 0 or more")
    return Limits(max_spend=allowed, allow_unlimited=allow_unlimited, max_changes=max_changes)


class GroupFacts(Struct):
    """One ad group as the guard sees it, before and after."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    delivers_before: bool
    delivers_after: bool
    label: str


class CampaignFacts(Struct):
    """One campaign, with those of its ad groups that matter."""

    account: str
    currency: str | None
    label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    groups: list[GroupFacts]


def spend_of(campaigns: Iterable[CampaignFacts], now: float) -> list[Spend]:
    """What could be spent a day more, by account; accounts where nothing could are left out."""
    found: dict[str, Spend] = {}
    for campaign in campaigns:
        before = _exposure(campaign.before, [(group.before, group.delivers_before) for group in campaign.groups], now)
        after = _exposure(campaign.after, [(group.after, group.delivers_after) for group in campaign.groups], now)
        grows = before is not None and (after is None or after > before)
        if not grows:
            continue
        spend = found.get(campaign.account) or Spend(campaign.account, campaign.currency, 0, [], [])
        parts = [*spend.parts, SpendPart(campaign.label, before, after)]
        if after is None:
            found[campaign.account] = Spend(
                spend.account, spend.currency, spend.micro_a_day, [*spend.unlimited, campaign.label], parts
            )
        else:
            more = spend.micro_a_day + after - (before or 0)
            found[campaign.account] = Spend(spend.account, spend.currency, more, spend.unlimited, parts)
    return [found[account] for account in sorted(found)]


def _exposure(campaign: Mapping[str, Any], groups: Sequence[tuple[Mapping[str, Any], bool]], now: float) -> int | None:
    """What a campaign can spend a day; None: nothing limits it."""
    if not _runs(campaign, now):
        return 0
    running = [group for group, delivers in groups if delivers and _runs(group, now)]
    if not running:
        return 0
    cap = _smaller(campaign.get("daily_spend_cap") or None, _a_day(campaign.get("lifetime_spend_cap"), campaign, now))
    if campaign.get("is_campaign_budget_optimization"):
        return cap
    total: int | None = 0
    for group in running:
        budget = group.get("budget_in_micro_currency") or None
        if group.get("budget_type") == "LIFETIME":
            budget = _a_day(budget, group, now)
        elif group.get("budget_type") == "CBO_ADGROUP":
            budget = None
        total = None if budget is None or total is None else total + budget
    return _smaller(cap, total)


def _runs(entity: Mapping[str, Any], now: float) -> bool:
    """ACTIVE, and not over. What has not begun yet will spend as well, so it counts."""
    end = entity.get("end_time")
    return entity.get("status") == "ACTIVE" and not (end and end > 0 and end + SKEW_SECONDS <= now)


def _a_day(lifetime: int | None, entity: Mapping[str, Any], now: float) -> int | None:
    """A lifetime budget by day: spread over the days that are left, or, without an end, all of it on one."""
    if not lifetime:
        return None
    end = entity.get("end_time")
    if not end or end < 0:
        return lifetime
    days = max(1, int(end - max(now, entity.get("start_time") or 0)) // DAY)
    return -(-lifetime // days)


def _smaller(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def refusals(plan: Plan, limits: Limits) -> list[str]:
    """Why a plan may not be applied within these limits, each in a sentence that says how to allow it; none if it may."""
    found: list[str] = []
    totals: dict[str | None, int] = {}
    for spend in plan.spend:
        totals[spend.currency] = totals.get(spend.currency, 0) + spend.micro_a_day
        if spend.unlimited and not limits.allow_unlimited:
            names = ", ".join(spend.unlimited)
            found.append(
                f"could spend without limit in ad account {plan.account(spend.account)}: no budget found for {names} "
                "(allow_unlimited=True)"
            )
    for currency, micro in totals.items():
        if micro > limits.max_spend * MICRO:
            found.append(
                f"could spend up to {amount(micro, currency)} a day more than now; allowed: "
                f"{amount(int(limits.max_spend * MICRO), currency)} (max_spend={Decimal(micro) / MICRO:f})"
            )
    return found + size_refusals(plan, limits)


def size_refusals(plan: Plan, limits: Limits) -> list[str]:
    """The part of `refusals` that is about how much is changed."""
    count = len(plan.changes)
    if limits.max_changes is not None:
        return [f"{count} changes; allowed: {limits.max_changes} (max_changes={count})"] if count > limits.max_changes else []
    if count > FREE_CHANGES:
        return [f"{count} changes; allowed without saying so: {FREE_CHANGES} (max_changes={count})"]
    touched = sum(change.entity_type == "promotion" and change.action == "update" for change in plan.changes)
    if touched > FREE_TOUCHED and touched > FREE_SHARE * plan.live:
        share = f"{touched} of {plan.live} live promotions would be changed"
        return [f"{share}; allowed without saying so: {FREE_SHARE:.0%} (max_changes={count})"]
    return []


def check(plan: Plan, limits: Limits) -> None:
    """Raise `GuardRefused` where a plan goes beyond the limits."""
    found = refusals(plan, limits)
    if found:
        raise GuardRefused(
            f"plan {plan.short_id} is not applied: {'; '.join(found)}",
            found,
            advice="look at the plan, and allow it on purpose if it is what you want",
        )
