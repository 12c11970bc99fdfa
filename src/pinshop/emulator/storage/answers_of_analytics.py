"""What answers tell of the rates at which promotions earn: so many impressions a day, clicks, a price, orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct
from msgspec.structs import replace

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import PROMOTIONS_ANALYTICS
from pinshop.emulator.arguments import shown
from pinshop.emulator.delivery.market import Market, delays
from pinshop.emulator.delivery.terms import LARGEST_FACTOR, ONE, Measured
from pinshop.errors import ConfigurationError

#: The operations whose answers are understood here.
OPERATIONS = frozenset({PROMOTIONS_ANALYTICS.id})

#: The columns that are kept: nothing but counts and money.
_COUNTS = ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "TOTAL_CLICK_CHECKOUT",
           "TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR")  # fmt: skip

_LARGEST = 10**18

#: As if so many clicks (or orders) had been seen that the model expects: a handful seen says little.
_SUPPOSED = 5

#: So many clicks a day tell something under a budget that binds; the last click of a day is had for what is left.
_TELLING = 4


def harmless(target: str, rows: list[Any]) -> dict[str, Any]:
    """The part of an answer that is numbers, with what only the request says."""
    asked = parse_qs(target.partition("?")[2])
    granularity, window = asked.get("granularity", [""])[-1], asked.get("click_window_days", ["30"])[-1]
    columns = {name for text in asked.get("columns", []) for name in text.split(",")}
    found = []
    for row in rows:
        if isinstance(row, Mapping) and _is_id(row.get("PRODUCT_GROUP_ID")):
            date = row.get("DATE")
            numbers = {name: row[name] for name in _COUNTS if _is_number(row.get(name))}
            dated = {"DATE": date} if isinstance(date, str) and len(date) == 10 and is_digits(date.replace("-", "")) else {}
            found.append({"PRODUCT_GROUP_ID": row["PRODUCT_GROUP_ID"], **dated, **numbers})
    return {
        "granularity": granularity if granularity.isalpha() else "",
        "click_window_days": int(window) if is_digits(window, 3) else 30,
        "columns": sorted(columns & set(_COUNTS)),
        "rows": found,
    }


class Seen(Struct):
    """What one promotion earned, added up. None: not asked for."""

    #: Days that were whole, and their sums.
    days: int = 0
    daily_impressions: int = 0
    daily_spend: int = 0
    impressions: int | None = None
    clicks: int | None = None
    spend: int | None = None
    checkouts: int | None = None
    checkout_value: int | None = None
    click_window_days: int = 30


class Measurements:
    """What was answered of what promotions earned."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, dict[str, int]]] = {}
        self._others: dict[int, dict[str, int]] = {}
        self._window = 30

    def take(self, operation_id: str, body: Mapping[str, Any]) -> None:
        """Note an answer as it is recorded: ``{"granularity": "DAY", "columns": […], "rows": […]}``. The last of a day counts.

        Raises:
            ConfigurationError: it is none.
        """
        rows, columns = body.get("rows"), body.get("columns")
        if not isinstance(rows, list) or not isinstance(columns, list):
            raise ConfigurationError(f"{operation_id}: got {shown(body)}, allowed: granularity, columns and rows, as recorded")
        window = body.get("click_window_days", 30)
        if isinstance(window, int) and not isinstance(window, bool) and 0 <= window <= 60:
            self._window = window
        if body.get("granularity") == "HOUR":
            return
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping) or not _is_id(row.get("PRODUCT_GROUP_ID")):
                raise ConfigurationError(f"{operation_id}: rows[{index}]: got {shown(row)}, allowed: a row of a promotion")
            numbers: dict[str, int] = {}
            for name in _COUNTS:
                if name not in columns:
                    continue
                value = row.get(name, 0)  # Pinterest leaves out what is 0
                if not _is_number(value):
                    raise ConfigurationError(f"{operation_id}: rows[{index}].{name}: got {shown(value)}, allowed: a number")
                numbers[name] = round(value * 1_000_000) if name == "SPEND_IN_DOLLAR" else round(value)
            promotion_id, date = int(row["PRODUCT_GROUP_ID"]), row.get("DATE")
            if body.get("granularity") == "DAY" and isinstance(date, str):
                self._days.setdefault(promotion_id, {})[date] = numbers
            elif sum(numbers.values()) >= sum(self._others.get(promotion_id, {}).values()):
                self._others[promotion_id] = numbers

    def of(self, promotion_id: int) -> Seen | None:
        """What was answered of a promotion, days before longer times; None: nothing, or no impression."""
        days = self._days.get(promotion_id)
        entries = list(days.values()) if days else [self._others[promotion_id]] if promotion_id in self._others else []
        seen = Seen(click_window_days=self._window)
        spends = ("SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR")
        for name, columns in (
            ("impressions", ("IMPRESSION_1",)),
            ("clicks", ("CLICKTHROUGH_1",)),
            ("spend", spends),
            ("checkouts", ("TOTAL_CLICK_CHECKOUT",)),
            ("checkout_value", ("TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR",)),
        ):
            values = [next((one[column] for column in columns if column in one), None) for one in entries]
            known = [value for value in values if value is not None]
            setattr(seen, name, sum(known) if known and len(known) == len(values) else None)
        if not seen.impressions:
            return None
        if days:
            # The first and the last were hardly whole: it was started on one, and the other is not over.
            dates = sorted(days)
            whole = dates[1:-1] or dates
            seen.days = len(whole)
            seen.daily_impressions = sum(days[date].get("IMPRESSION_1", 0) for date in whole)
            seen.daily_spend = sum(next((days[date][one] for one in spends if one in days[date]), 0) for date in whole)
        return seen


def measured(seen: Seen, expected: Callable[[Measured], Market], *, at_least: bool) -> Measured:
    """By how much a promotion's rates differ from those the model expects.

    Args:
        seen: what it earned.
        expected: the market that the model gives it, with some rates measured.
        at_least: a budget may have kept its impressions low.
    """
    found, met = Measured(), expected(Measured())
    impressions, clicks = seen.impressions or 0, seen.clicks
    if at_least and (clicks or 0) < _TELLING * seen.days:
        return found
    if clicks is not None:
        factor = _factor(clicks + _SUPPOSED, impressions * met.click_share // ONE + _SUPPOSED)
        found = replace(found, clicks=factor)
    if clicks and seen.checkouts is not None:
        orders = clicks * met.checkout_share * delays(0, seen.click_window_days)[-1] // ONE // ONE
        found = replace(found, checkouts=_factor(seen.checkouts + _SUPPOSED, orders + _SUPPOSED))
        if seen.checkouts and seen.checkout_value and met.order_value:
            found = replace(found, order_value=_factor(seen.checkout_value, seen.checkouts * met.order_value))
    met = expected(found)
    billed = impressions if met.per_impression else clicks
    if seen.spend and billed:
        found = replace(found, price=_factor(seen.spend, billed * met.price))
    met = expected(found)
    if seen.daily_impressions and met.impressions:
        factor = _factor(seen.daily_impressions, seen.days * met.impressions)
        found = replace(found, impressions=max(factor, ONE) if at_least else factor)
    return found


def _factor(seen: int, expected: int) -> int:
    return min(max(1, seen * ONE // max(1, expected)), LARGEST_FACTOR)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_digits(value, 18)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LARGEST
