"""The figures of a report: of a day, of a promotion, of all."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pinshop.api.models import ProductGroupPromotion

#: Days without a click after which a promotion that spent is said to earn nothing lately.
_QUIET_DAYS = 14


class Figures(Struct, frozen=True):
    """What was spent and earned: money in micro-currency, counts. They add up."""

    spend: int = 0
    impressions: int = 0
    clicks: int = 0
    orders: int = 0
    revenue: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.spend + other.spend,
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.orders + other.orders,
            self.revenue + other.revenue,
        )

    @property
    def roas(self) -> Decimal | None:
        """Revenue for each unit spent; None where nothing was spent."""
        return Decimal(self.revenue) / Decimal(self.spend) if self.spend else None


def summed(several: Iterable[Figures | None]) -> Figures:
    """All of them together."""
    return reduce(Figures.__add__, (one for one in several if one is not None), Figures())


class Day(Struct, frozen=True):
    """A day of a report; ``figures`` is None where no row was reported."""

    day: datetime.date
    figures: Figures | None

    def of(self, name: str) -> Any:
        """One figure, None where there is none."""
        return None if self.figures is None else getattr(self.figures, name)


class Promotion(Struct, frozen=True):
    """A promotion of a report."""

    id: str
    name: str
    status: str
    by_day: Mapping[datetime.date, Figures]
    total: Figures

    @classmethod
    def made(cls, id: str, by_day: Mapping[datetime.date, Figures], known: ProductGroupPromotion | None) -> Promotion:  # noqa: A002
        """From its rows, and what is known of it."""
        name = getattr(known, "catalog_product_group_name", None)
        status = getattr(known, "status", None)
        return cls(
            id,
            name if isinstance(name, str) and name else "unnamed",
            status if isinstance(status, str) else "",
            by_day,
            summed(by_day.values()),
        )

    def between(self, after: datetime.date, until: datetime.date) -> Figures:
        """What it earned after one day, until another."""
        return summed(figures for day, figures in self.by_day.items() if after < day <= until)

    def why_nothing(self, money: Callable[[Any], str]) -> str | None:
        """Why it earned nothing, as far as its rows tell; None if it earned something."""
        total = self.total
        if total.revenue or total.orders:
            return None
        if self.status and self.status != "ACTIVE":
            return f"it is {self.status}"
        if not total.impressions:
            return "nothing was reported: it was not shown: look at its budget, bid, schedule and products"
        if not total.clicks:
            return f"shown {total.impressions:,} times and never clicked"
        last = max(day for day, figures in self.by_day.items() if figures.clicks)
        newest = max(self.by_day)
        if (newest - last).days > _QUIET_DAYS:
            return f"{total.clicks:,} clicks, the last on {last}, and no order"
        return f"{total.clicks:,} clicks for {money(total.spend)} and no order"
