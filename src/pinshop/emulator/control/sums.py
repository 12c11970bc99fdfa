"""What is stored and what it earned, as pages show it. The numbers are those of the API's analytics."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import PROMOTIONS_ANALYTICS
from pinshop.emulator.delivery.requested import query_of
from pinshop.emulator.delivery.rows import ready
from pinshop.emulator.storage.store import Entity
from pinshop.emulator.world import World

DAYS = 30

#: How many days a page may show.
RANGES = (7, 30, 90)

PAGE = 25

#: Earnings of one page are added up over at most so many promotions.
MOST = 500


def some(kind: Any, world: World, where: Mapping[str, int | None], query: Mapping[str, str]) -> tuple[list[Entity], int | None]:
    """One page of entities, and the id after which the next page begins."""
    after = query.get("after", "")
    found = world.store.page(kind, where=where, after=int(after) if is_digits(after, 18) else None, limit=PAGE + 1)
    return found[:PAGE], found[PAGE - 1]["id"] if len(found) > PAGE else None


def entity(world: World, kind: str, argument: str) -> Entity | None:
    return world.store.get(kind, int(argument)) if is_digits(argument, 18) else None


_METRICS = {
    "spend": "SPEND_IN_MICRO_DOLLAR", "impressions": "IMPRESSION_1", "clicks": "CLICKTHROUGH_1",
    "checkouts": "TOTAL_CHECKOUT", "value": "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
}  # fmt: skip

Sums = dict[str, Any]


def nothing() -> Sums:
    return dict.fromkeys(_METRICS, 0)


def sum_of(parts: Any) -> Sums:
    total = nothing()
    for part in parts:
        for name in _METRICS:
            total[name] += part[name]
    return total


METRICS = tuple(_METRICS)

#: What the columns of a table of promotions can be sorted by.
SORTS = ("id", *METRICS)


def range_of(query: Mapping[str, str]) -> int:
    """The days that a page is asked to show."""
    text = query.get("days", "")
    return int(text) if text in map(str, RANGES) else DAYS


def _dates(world: World, count: int) -> list[datetime.date]:
    today = world.clock.now().date()
    return [today - datetime.timedelta(days=back) for back in range(count - 1, -1, -1)]


def no_days(world: World, count: int = DAYS, since: int = 0) -> list[Sums]:
    """Days without earnings. ``reported``: whether all of the day is in the reports; ``before``: nothing was there yet."""
    return [
        {
            "date": date.isoformat(),
            **nothing(),
            "reported": ready(date, now=world.now(), reporting=world.earnings.reporting())[1],
            "before": (date - datetime.date(1970, 1, 1)).days < since // 86_400,
        }
        for date in _dates(world, count)
    ]


def earnings_of(
    world: World, account: Entity, promotions: Sequence[Entity], count: int = DAYS
) -> tuple[Sums, list[Sums], dict[str, Any]]:
    """What these promotions earned in the last days: in all, by day, and each. The same numbers as the API's analytics."""
    dates = _dates(world, count)
    since = min((promotion.get("created", 0) for promotion in promotions), default=world.now())
    asked = {param.name: param.default for param in PROMOTIONS_ANALYTICS.query} | {"granularity": "DAY"}
    query = query_of(account, list(_METRICS.values()), dates[0], dates[-1], asked)
    rows = world.earnings.rows(account, promotions, query, world.now())
    days = {day["date"]: day for day in no_days(world, count, since)}
    each: dict[str, Any] = {str(p["id"]): {"total": nothing(), "days": dict.fromkeys(days, 0)} for p in promotions}
    for row in msgspec.to_builtins(rows):
        own, day = each[row["PRODUCT_GROUP_ID"]], days[row["DATE"]]
        for name, column in _METRICS.items():
            amount = row.get(column, 0)
            own["total"][name] += amount
            day[name] += amount
        own["days"][row["DATE"]] += row.get("SPEND_IN_MICRO_DOLLAR", 0)
    return sum_of(days.values()), list(days.values()), each


def rows_of(world: World, promotions: Sequence[Entity], earned: Mapping[str, Any], sort: str = "id") -> list[dict[str, Any]]:
    """Promotions as tables show them, by id or the highest of a metric first."""
    groups = world.store.get_many("product_groups", sorted({p["catalog_product_group_id"] for p in promotions}))
    rows = []
    for promotion in promotions:
        group = groups.get(promotion["catalog_product_group_id"])
        own = earned.get(str(promotion["id"])) or {"total": nothing(), "days": {}}
        name = group["name"] if group else f"Product group {promotion['catalog_product_group_id']}"
        rows.append(
            {
                "id": promotion["id"],
                "name": name,
                "status": promotion["status"],
                "total": own["total"],
                "days": list(own["days"].values()),
            }
        )
    return rows if sort == "id" else sorted(rows, key=lambda row: -row["total"][sort])
