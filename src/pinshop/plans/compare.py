"""When two values of a field are the same to Pinterest, how a change is sent, and what it does to delivery."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from pinshop.api.fields.campaigns import BID_OPTIONS, MASKED
from pinshop.api.operations import at_least

#: Statuses that are history: never matched, never revived.
FINAL = frozenset({"ARCHIVED", "DELETED_DRAFT"})

#: Null and 0 both mean "no limit".
_CAPS = frozenset({"daily_spend_cap", "lifetime_spend_cap"})

#: Fields of which more is more money: a larger number, or none at all.
_AMOUNTS = frozenset(
    {
        *_CAPS,
        "budget_in_micro_currency",
        "default_ad_group_budget_in_micro_currency",
        "bid_in_micro_currency",
        "bid_multiplier",
    }
)

#: Fields whose change may let something deliver that did not; they go last, with the activations.
_LATE = frozenset({
    "start_time", "end_time", "budget_type", "is_campaign_budget_optimization", "is_flexible_daily_budgets",
    "bid_strategy_type", "bid_options",
})  # fmt: skip

#: Objects to which the server adds what was not sent: only the keys that were named are compared.
_OPEN_OBJECTS = frozenset({"optimization_goal_metadata", "bid_options"})


def stored(value: Any) -> Any:
    """A value of an answer as a plan keeps it: exact numbers that are no integers as text, absent as None."""
    if value is UNSET:
        return None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stored(item) for item in value]
    return value


def same(field: str, wanted: Any, live: Any) -> bool:
    """Whether ``live`` is what ``wanted`` asks for, after what Pinterest normalises."""
    if wanted == live:
        return True
    one = _plain(field, wanted, open_object=field in _OPEN_OBJECTS, other=live)
    return bool(one == _plain(field, live))


def _plain(field: str, value: Any, *, open_object: bool = False, other: Any = None) -> Any:
    if value is None or value is UNSET or value == "" or value is False:
        return None  # null clears; an empty text, and a switch that is off, are no different
    if isinstance(value, Mapping):
        inner = {key: _plain(key, item) for key, item in value.items()}
        inner = {key: item for key, item in inner.items() if item is not None}
        if open_object and isinstance(other, Mapping):
            # What the server added is taken over, so that only the named keys can differ.
            inner = {**{key: _plain(key, item) for key, item in other.items() if key not in value}, **inner}
            inner = {key: item for key, item in inner.items() if item is not None}
        return inner or None
    if isinstance(value, list):
        items = [_plain(field, item) for item in value]
        # The order of ids, ages and places says nothing.
        return sorted(items, key=repr) or None if all(isinstance(item, str) for item in items) else items or None
    if field in _CAPS and value in (0, "0"):
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(Decimal(value).normalize(), "f")
    if isinstance(value, str) and field == "bid_multiplier":
        return format(Decimal(value).normalize(), "f")
    return value


def as_sent(entity_type: str, field: str, value: Any, api_version: str, *, new: bool = False) -> Any:
    """A value of a plan as the request takes it. ``new``: the request creates the entity."""
    if field == "bid_options" and not new:
        named = (
            MASKED if value is None else {word: names for word, names in MASKED.items() if not value.keys().isdisjoint(names)}
        )
        known = next(row for row in BID_OPTIONS if row.name == "update_mask").values_at(api_version)
        return {**_numbers(value or {}), "update_mask": [word for word in named if word in known]}
    if field == "bid_options" and value is not None:
        return _numbers(value)
    if field == "bid_multiplier" and isinstance(value, str):
        return Decimal(value)
    if value is None and entity_type == "campaign" and at_least(api_version, "5.28"):
        # 5.28.0: "-1 clears the end time", "0 clears the order line".
        return {"end_time": -1, "order_line_id": "0"}.get(field)
    return value


def _numbers(options: Mapping[str, Any]) -> dict[str, Any]:
    """Bid options with numbers again where a plan keeps text."""
    return {
        name: {key: Decimal(one) if isinstance(one, str) else one for key, one in inner.items()}
        if isinstance(inner, Mapping)
        else inner
        for name, inner in options.items()
    }


def is_late(field: str, before: Any, after: Any) -> bool:
    """Whether a change of this field can make more money flow than before, so that it must wait for all others."""
    if field in _LATE:
        return True
    if field not in _AMOUNTS:
        return False
    if after in (None, 0):
        return True  # no limit any more
    return before not in (None, 0) and Decimal(str(after)) > Decimal(str(before))
