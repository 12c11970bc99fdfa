"""Ad groups. Source: ``AdGroupResponse`` of Pinterest's descriptions 5.6.0 to 5.23.0, ``AdGroup`` 5.28.0."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import (
    BidStrategyType,
    BillableEvent,
    BudgetType,
    EntityStatus,
    PacingDeliveryType,
    PlacementGroup,
    PromotionApplicationLevel,
    SummaryStatus,
)
from pinshop.api.models.shapes import Writable

if TYPE_CHECKING:
    from pinshop.api.params.ad_groups import AdGroupChanges, AdGroupUpdate


class AdGroup(Writable):
    """An ad group: budget, bid, schedule and targeting for what is promoted in it.

    Money is in micro-currency of the ad account (1,000,000 = one unit), times are Unix seconds.
    """

    entity_type: ClassVar[str] = "ad_group"

    id: str = ""
    ad_account_id: str = ""
    campaign_id: str = ""
    name: str | None | UnsetType = UNSET
    status: EntityStatus | str | None | UnsetType = UNSET
    summary_status: SummaryStatus | str | None | UnsetType = UNSET
    budget_in_micro_currency: int | None | UnsetType = UNSET
    budget_type: BudgetType | str | None | UnsetType = UNSET
    bid_in_micro_currency: int | None | UnsetType = UNSET
    bid_strategy_type: BidStrategyType | str | None | UnsetType = UNSET
    #: 0 to 10, exact. Since 5.23.
    bid_multiplier: Decimal | None | UnsetType = UNSET
    billable_event: BillableEvent | str | None | UnsetType = UNSET
    pacing_delivery_type: PacingDeliveryType | str | None | UnsetType = UNSET
    placement_group: PlacementGroup | str | None | UnsetType = UNSET
    #: Since 5.28.
    placement_traffic_type: str | None | UnsetType = UNSET
    start_time: int | None | UnsetType = UNSET
    end_time: int | None | UnsetType = UNSET
    lifetime_frequency_cap: int | None | UnsetType = UNSET
    auto_targeting_enabled: bool | None | UnsetType = UNSET
    #: ``{"LOCATION": ["US"], "GENDER": ["female"], …}``
    targeting_spec: dict[str, Any] | None | UnsetType = UNSET
    #: Since 5.14.
    targeting_template_ids: list[str] | None | UnsetType = UNSET
    #: ``{"conversion_tag_v3_goal_metadata": {"conversion_event": "CHECKOUT", …}}``. Since 5.14.
    optimization_goal_metadata: dict[str, Any] | None | UnsetType = UNSET
    tracking_urls: dict[str, Any] | None | UnsetType = UNSET
    #: Since 5.23, as are the next two.
    is_creative_optimization: bool | None | UnsetType = UNSET
    promotion_id: str | None | UnsetType = UNSET
    promotion_application_level: PromotionApplicationLevel | str | None | UnsetType = UNSET
    #: Since 5.28, as are the next five.
    promotion_ids: list[str] | None | UnsetType = UNSET
    customer_segment_id: str | None | UnsetType = UNSET
    is_local_inventory: bool | None | UnsetType = UNSET
    local_inventory_radius_in_miles: Decimal | None | UnsetType = UNSET
    performance_plus_campaign_settings: dict[str, Any] | None | UnsetType = UNSET
    ext_features: dict[str, Any] | None | UnsetType = UNSET
    conversion_learning_mode_type: str | None | UnsetType = UNSET
    feed_profile_id: str | None | UnsetType = UNSET
    dca_assets: Any = UNSET
    #: Always "adgroup".
    type: str | None | UnsetType = UNSET
    created_time: int | None | UnsetType = UNSET
    updated_time: int | None | UnsetType = UNSET

    def changed(self, **fields: Unpack[AdGroupChanges]) -> AdGroupUpdate:
        """What an update takes to change these fields and no others: ``{"id": …, bid_in_micro_currency: …}``.

        ``client.ad_groups.update(…, [one.changed(bid_in_micro_currency=500_000) for one in client.ad_groups.list(…)])``

        Raises:
            InvalidInput: a field that is unknown, or that Pinterest sets.
        """
        changes: AdGroupUpdate = self._changes(fields)
        return changes
