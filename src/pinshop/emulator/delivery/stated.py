"""What a promotion is said to have earned on a day, made whole: what is not said follows from what is."""

from __future__ import annotations

import datetime
from typing import Any

from pinshop.emulator.arguments import shown
from pinshop.emulator.delivery import model
from pinshop.emulator.delivery.market import Market
from pinshop.emulator.delivery.terms import ONE
from pinshop.errors import ConfigurationError

#: The numbers that may be stated: name -> whether it is money.
NUMBERS = {"spend": True, "clicks": False, "impressions": False, "checkouts": False, "checkout_value": True}

_MOST = 10**9

#: What follows from that is bounded as well: shares of it must fit into `packed` lists.
_MOST_IMPRESSIONS = 100 * _MOST


def day_number(day: datetime.date | str, now: int) -> int:
    """The UTC day that is meant; it must not be later than today.

    Raises:
        ConfigurationError: not a date, or one in the future.
    """
    if isinstance(day, datetime.datetime):
        day = (day if day.tzinfo is None else day.astimezone(datetime.UTC)).date()
    if isinstance(day, str):
        try:
            day = datetime.date.fromisoformat(day)
        except ValueError:
            raise ConfigurationError(f"day: got {shown(day)}, allowed: a date such as 2026-03-01") from None
    if not isinstance(day, datetime.date):
        raise ConfigurationError(f"day: got {shown(day)}, allowed: a date such as 2026-03-01")
    number = day.toordinal() - model.EPOCH
    if number > now // model.DAY:
        today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
        raise ConfigurationError(f"day: got {day}, allowed: days up to today, {today}")
    return number


def completed(met: Market, given: dict[str, Any]) -> dict[str, Any]:
    """A `model.Stated` as a dictionary: what is not given follows from what is, at the prices and rates of the market.

    Without checkouts or their value, conversions are those that the model sees in the clicks and impressions.

    Raises:
        ConfigurationError: an unknown name, nothing given, a number that is none, or clicks that exceed impressions.
    """
    if unknown := sorted(set(given) - set(NUMBERS)):
        raise ConfigurationError(f"earn: got {', '.join(unknown)}, allowed: {', '.join(NUMBERS)}")
    said = {name: _number(name, value) for name, value in given.items() if value is not None}
    if not said:
        raise ConfigurationError(f"earn: got nothing, allowed: {', '.join(NUMBERS)}")
    orders, value = said.get("checkouts"), said.get("checkout_value")
    if orders is None and value is not None:
        orders = (min(max(1, value // met.order_value), _MOST) if met.order_value else 1) if value else 0
    elif value is None and orders is not None:
        value = min(orders * met.order_value, _MOST * 1_000_000)
    clicks, spend, impressions = said.get("clicks"), said.get("spend"), said.get("impressions")
    if value and not orders:
        raise ConfigurationError(f"earn: got {given['checkout_value']} as checkout_value of 0 checkouts, allowed: 1 or more")
    share = max(1, met.click_share)
    price = max(1, met.price * ONE // share if met.per_impression else met.price)
    bought = min(max(spend // price, 1), _MOST) if spend else 0
    if clicks is None:
        clicks = impressions * share // ONE if spend is None and impressions is not None else bought
        clicks = max(clicks, min(orders or 0, _MOST))
        clicks = clicks if impressions is None else min(clicks, impressions)
    if impressions is None:
        impressions = min((clicks or bought) * ONE // share, _MOST_IMPRESSIONS)
    if clicks > impressions:
        raise ConfigurationError(f"earn: got {clicks} clicks of {impressions} impressions, allowed: at most as many")
    if spend and not impressions:
        raise ConfigurationError(f"earn: got a spend of {given['spend']} for 0 impressions, allowed: for 1 or more")
    if spend is None:
        spend = min(clicks * price, _MOST * 1_000_000)
    return {
        "impressions": impressions,
        "clicks": clicks,
        "spend_micro": spend,
        "checkouts": orders,
        "checkout_value_micro": value or 0,
    }


def _number(name: str, value: object) -> int:
    """A count, or money in micro-currency."""
    money = NUMBERS[name]
    allowed = f"an amount from 0 to {_MOST}" if money else f"a whole number from 0 to {_MOST}"
    if isinstance(value, bool) or not isinstance(value, int | float if money else int):
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {allowed}")
    if not 0 <= value <= _MOST:  # which "not a number" is not
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {allowed}")
    return round(value * 1_000_000) if money else int(value)
