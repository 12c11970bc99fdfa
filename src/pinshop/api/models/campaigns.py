"""Campaigns. Source: ``CampaignResponse`` of Pinterest's descriptions 5.6.0 to 5.23.0, ``Campaign`` 5.28.0.

Two schemes of objectives exist side by side. Up to 5.23 catalog product groups are promoted under ``CATALOG_SALES``. 5.28 adds
``SALES`` (and ``LEADS``) with ``intended_promotion_type``: ``CATALOG`` for catalog product groups, ``STANDARD_AD`` for Pins;
a ``CATALOG_SALES`` campaign then reads ``LEGACY``. Pinterest announced that creating the old objectives ends (its page "try out
campaign objective type simplification" has been seen with two dates, 2026-09-01 and 2027-02-01), so pinshop takes both schemes
and leaves the decision to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import EntityStatus, IntendedPromotionType, ObjectiveType, SummaryStatus
from pinshop.api.models.shapes import Writable

if TYPE_CHECKING:
    from pinshop.api.params.campaigns import CampaignChanges, CampaignUpdate


class Campaign(Writable):
    """A campaign: objective, schedule and spend caps over its ad groups.

    Caps are in micro-currency of the ad account (1,000,000 = one unit); null and 0 both mean no cap. Times are Unix seconds.
    """

    entity_type: ClassVar[str] = "campaign"

    id: str = ""
    ad_account_id: str = ""
    name: str | None | UnsetType = UNSET
    status: EntityStatus | str | None | UnsetType = UNSET
    #: Since 5.12.
    summary_status: SummaryStatus | str | None | UnsetType = UNSET
    objective_type: ObjectiveType | str | None | UnsetType = UNSET
    #: Since 5.28: see the module's text.
    intended_promotion_type: IntendedPromotionType | str | None | UnsetType = UNSET
    daily_spend_cap: int | None | UnsetType = UNSET
    lifetime_spend_cap: int | None | UnsetType = UNSET
    #: Campaign budget optimisation (CBO): the campaign, not its ad groups, has the budget.
    is_campaign_budget_optimization: bool | None | UnsetType = UNSET
    is_flexible_daily_budgets: bool | None | UnsetType = UNSET
    default_ad_group_budget_in_micro_currency: int | None | UnsetType = UNSET
    start_time: int | None | UnsetType = UNSET
    end_time: int | None | UnsetType = UNSET
    order_line_id: str | None | UnsetType = UNSET
    #: ``{"impression": ["https://…"], "click": […], …}``, up to three per event.
    tracking_urls: dict[str, Any] | None | UnsetType = UNSET
    is_automated_campaign: bool | None | UnsetType = UNSET
    #: Since 5.23.
    is_performance_plus: bool | None | UnsetType = UNSET
    bid_options: dict[str, Any] | None | UnsetType = UNSET
    #: Since 5.28, as are the next three.
    is_top_of_search: bool | None | UnsetType = UNSET
    is_ltv_optimized: bool | None | UnsetType = UNSET
    is_carting: bool | None | UnsetType = UNSET
    performance_plus_campaign_settings: dict[str, Any] | None | UnsetType = UNSET
    #: Always "campaign".
    type: str | None | UnsetType = UNSET
    created_time: int | None | UnsetType = UNSET
    updated_time: int | None | UnsetType = UNSET

    def changed(self, **fields: Unpack[CampaignChanges]) -> CampaignUpdate:
        """What an update takes to change these fields and no others: ``{"id": …, daily_spend_cap: …}``.

        ``client.campaigns.update(…, [one.changed(daily_spend_cap=25_000_000) for one in client.campaigns.list(…)])``

        Raises:
            InvalidInput: a field that is unknown, or that Pinterest sets.
        """
        changes: CampaignUpdate = self._changes(fields)
        return changes
