"""The terms on which a promotion is delivered, and the unit of shares."""

from __future__ import annotations

from msgspec import Struct

ONE = 65_536  # shares are written in 1/65536


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
