"""What a create or update of a campaign takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Required, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Id, Micro, Name, Seconds, TrackingUrls


class CampaignFields(TypedDict, total=False):
    """What a create and an update have in common."""

    # Required in the body beside the path; the call puts it in.
    ad_account_id: Id
    status: enums.EntityStatus | Enum
    intended_promotion_type: enums.IntendedPromotionType | Enum
    daily_spend_cap: Micro | None
    lifetime_spend_cap: Micro | None
    is_campaign_budget_optimization: bool | None
    is_flexible_daily_budgets: bool | None
    default_ad_group_budget_in_micro_currency: Micro | None
    start_time: Seconds | None
    end_time: Seconds | None
    order_line_id: Id | None
    tracking_urls: TrackingUrls | None
    is_automated_campaign: bool | None
    is_performance_plus: bool
    is_top_of_search: bool
    is_ltv_optimized: bool
    bid_options: Mapping[str, Any] | None


class CampaignCreate(CampaignFields, total=False):
    """One campaign to create.

    A campaign that promotes catalog product groups has ``objective_type`` CATALOG_SALES or, from 5.28 on, SALES with
    ``intended_promotion_type`` CATALOG; in practice it needs ``is_campaign_budget_optimization`` with one spend cap.
    """

    name: Required[Name]
    objective_type: Required[enums.ObjectiveType | Enum]


class CampaignChanges(CampaignFields, total=False):
    """What an update can change."""

    name: Name
    objective_type: enums.ObjectiveType | Enum | None


class CampaignUpdate(CampaignChanges, total=False):
    """The fields of one campaign to change. The objective of a campaign that is no draft cannot change.

    ``end_time`` -1 and ``order_line_id`` "0" clear these fields (5.28).
    """

    id: Required[Id]
