"""The terms on which a promotion is delivered, and the unit of shares."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

ONE = 65_536  # shares are written in 1/65536

LARGEST_FACTOR = 2**40

#: A billion of the currency: what is multiplied further must stay below 2⁶³.
_DEAREST = 10**15

_Factor = Annotated[int, Meta(ge=1, le=LARGEST_FACTOR)]


class Measured(Struct, frozen=True, forbid_unknown_fields=True):
    """By how much the rates of a recorded promotion differ from the model's, in 1/65536."""

    impressions: _Factor = ONE
    clicks: _Factor = ONE
    price: _Factor = ONE
    checkouts: _Factor = ONE
    order_value: _Factor = ONE


class Terms(Struct, frozen=True):
    """What delivery depends on, apart from luck and budgets."""

    product_count: int = 0
    average_price_micro: int = 0
    #: None bids automatically. Per click, or per thousand impressions where these are billed.
    bid_micro: int | None = None
    billable_event: str = "CLICKTHROUGH"
    creative_type: str = "REGULAR"
    #: Tells sets of products apart that are equally many and dear.
    product_set: str = ""
    #: By how much the bid is changed, in 1/65536: multipliers of the campaign and the ad group.
    bid_factor: int = ONE
    #: None: as the model has it.
    measured: Measured | None = None

    @property
    def order_value_micro(self) -> int:
        """What an order brings, on average: one product and a quarter."""
        value = max(0, self.average_price_micro) * 5 // 4
        return min(value if self.measured is None else value * self.measured.order_value >> 16, _DEAREST)
