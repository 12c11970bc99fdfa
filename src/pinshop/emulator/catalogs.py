"""Catalog product groups: which items a filter selects, and what that makes of a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pinshop.emulator.contracts import Refusal

_TEXT_KEYS = {
    "BRAND": "brand", "CONDITION": "condition", "ITEM_ID": "item_id", "AVAILABILITY": "availability", "CURRENCY": "currency",
    "ITEM_GROUP_ID": "item_group_id", "GENDER": "gender", "MEDIA_TYPE": "media_type",
    **{f"CUSTOM_LABEL_{n}": f"custom_label_{n}" for n in range(5)},
}  # fmt: skip
_PATH_KEYS = {f"PRODUCT_TYPE_{n}": ("product_type", n) for n in range(5)} | {
    f"GOOGLE_PRODUCT_CATEGORY_{n}": ("google_product_category", n) for n in range(7)
}
_PRICE_KEYS = ("MIN_PRICE", "MAX_PRICE")
_NUMBER_KEYS = {f"CUSTOM_NUMBER_{n}": f"custom_number_{n}" for n in range(5)}
FILTER_KEYS: tuple[str, ...] = (
    *_PRICE_KEYS, *_TEXT_KEYS, *_PATH_KEYS, *_NUMBER_KEYS, "PRODUCT_GROUP", "TITLE_KEYWORDS",
)  # fmt: skip
_INVALID = "Catalog product group filters failed validation, please ensure all filters are set correctly."


def _fold(value: object) -> str:
    # Feeds write "in stock", the API IN_STOCK; Pinterest compares brands and labels without case.
    return str(value).strip().casefold().replace("_", " ")


def check_filters(filters: Any) -> dict[str, Any]:
    """Filters of a request as they are stored, or 409/4183 (Pinterest's answer to filters it cannot use)."""
    if not isinstance(filters, dict) or len(filters) != 1 or next(iter(filters)) not in ("any_of", "all_of"):
        raise Refusal(409, 4183, _INVALID)
    conditions = next(iter(filters.values()))
    if not isinstance(conditions, list) or not conditions:
        raise Refusal(409, 4183, _INVALID)
    for condition in conditions:
        if not isinstance(condition, dict) or len(condition) != 1:
            raise Refusal(409, 4183, _INVALID)
        key, criterion = next(iter(condition.items()))
        if key not in FILTER_KEYS or not isinstance(criterion, dict) or "values" not in criterion:
            raise Refusal(409, 4183, _INVALID)
        values = criterion["values"]
        if not isinstance(criterion.get("negated", False), bool):
            raise Refusal(409, 4183, _INVALID)
        if key in _PRICE_KEYS:
            good = isinstance(values, int | float) and not isinstance(values, bool) and values >= 0
        elif key in _NUMBER_KEYS:
            good = isinstance(values, list | int | float)
        elif key in _PATH_KEYS:
            good = isinstance(values, list) and bool(values) and all(isinstance(v, list | str) for v in values)
        else:
            good = isinstance(values, list | str) and bool(values)
        if not good:
            raise Refusal(409, 4183, _INVALID)
    return filters


def _matches(item: Mapping[str, Any], key: str, criterion: Mapping[str, Any]) -> bool:
    values = criterion["values"]
    hit: bool
    if key in _PRICE_KEYS:
        price, bound = item.get("price_micro", 0), values * 1_000_000
        inclusive = criterion.get("inclusion", True)
        if key == "MIN_PRICE":
            hit = price >= bound if inclusive else price > bound
        else:
            hit = price <= bound if inclusive else price < bound
    elif key in _PATH_KEYS:
        source, depth = _PATH_KEYS[key]
        path = [_fold(part) for part in str(item.get(source, "")).split(">")]
        wanted = [[_fold(part) for part in (v if isinstance(v, list) else [v])] for v in values]
        # A filter names the path from the root down to its level; a single name is compared with that level alone.
        hit = any(
            path[: len(parts)] == parts if len(parts) > 1 else len(path) > depth and path[depth] == parts[0] for parts in wanted
        )
    elif key == "TITLE_KEYWORDS":
        title = _fold(item.get("title", ""))
        hit = any(_fold(v) in title for v in ([values] if isinstance(values, str) else values))
    elif key in _NUMBER_KEYS:
        own = item.get(_NUMBER_KEYS[key])
        hit = own is not None and own in (values if isinstance(values, list) else [values])
    elif key == "PRODUCT_GROUP":
        hit = False  # a reference to another group: resolved by nobody yet, so it selects nothing
    else:
        own_text = _fold(item.get(_TEXT_KEYS[key], ""))
        wanted_texts = [_fold(v) for v in ([values] if isinstance(values, str) else values)]
        if criterion.get("filter_operator_type") == "CONTAINS":
            hit = any(text in own_text for text in wanted_texts)
        else:
            hit = own_text in wanted_texts
    return hit != bool(criterion.get("negated", False))


def select(items: Iterable[Mapping[str, Any]], filters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items that ``filters`` selects; empty filters (auto-generated groups) select all."""
    if not filters:
        return list(items)
    mode, conditions = next(iter(filters.items()))
    combine = any if mode == "any_of" else all
    pairs = [next(iter(condition.items())) for condition in conditions]
    return [item for item in items if combine(_matches(item, key, criterion) for key, criterion in pairs)]


def measure(items: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """How many items, and their average price in micro-currency."""
    return len(items), sum(int(item.get("price_micro", 0)) for item in items) // len(items) if items else 0


def canonical(filters: Mapping[str, Any]) -> str:
    """Filters as text that is equal for equal filters, whatever the order of their keys."""
    return msgspec.json.encode(filters, order="sorted").decode()


def new_group(
    group_id: int, owner_id: int, catalog_id: int, feed_id: int | None, name: str, filters: dict[str, Any],
    items: Iterable[Mapping[str, Any]], created: int, kind: str = "MERCHANT_CREATED", **facts: Any,
) -> dict[str, Any]:  # fmt: skip
    """A catalog product group as the store keeps it, counted."""
    count, average = measure(select(items, filters))
    return {
        "id": group_id, "owner_id": owner_id, "catalog_id": catalog_id, "feed_id": feed_id, "name": name,
        "filters": canonical(filters), "product_count": count, "average_price_micro": average, "type": kind,
        "status": "ACTIVE", "description": None, "is_featured": False, "catalog_type": "RETAIL", "country": "US",
        "locale": "en-US", "created": created, "updated": created, **facts,
    }  # fmt: skip
