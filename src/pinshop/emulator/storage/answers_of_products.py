"""What answers tell of the products of catalog product groups, as far as earning needs it: how many, and at which price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import CATALOG_PRODUCT_GROUPS_COUNTS, CATALOG_PRODUCT_GROUPS_PRODUCTS
from pinshop.emulator.catalog.feed_files import fold
from pinshop.emulator.catalog.filters import measure
from pinshop.errors import ConfigurationError

#: The operations whose answers are understood here.
OPERATIONS = frozenset({CATALOG_PRODUCT_GROUPS_COUNTS.id, CATALOG_PRODUCT_GROUPS_PRODUCTS.id})

_COUNTS = ("in_stock", "out_of_stock", "preorder", "total")

_AVAILABILITIES = ("in stock", "out of stock", "preorder")

_LARGEST = 10**12


def harmless(operation_id: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an answer that says nothing about anybody, with the id of the group, which only the path says."""
    group_id = path.split("/")[-2]
    kept: dict[str, Any] = {"id": group_id if is_digits(group_id) else ""}
    if operation_id == CATALOG_PRODUCT_GROUPS_COUNTS.id:
        return kept | {name: body[name] for name in _COUNTS if _is_count(body.get(name))}
    found = []
    for item in _items(body):
        metadata = item.get("metadata")
        if not isinstance(metadata, Mapping):
            continue
        prices = {name: metadata[name] for name in ("price", "sale_price") if _micro(metadata.get(name)) is not None}
        stock = fold(metadata.get("availability") or "")
        found.append({"metadata": prices | ({"availability": stock} if stock in _AVAILABILITIES else {})})
    return kept | {"items": found}


class Products:
    """What was answered of the products of groups."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._items: dict[int, list[dict[str, Any]]] = {}

    def take(self, operation_id: str, body: Mapping[str, Any]) -> None:
        """Note an answer; ``id`` is that of its group.

        Raises:
            ConfigurationError: it does not say of which group it is, or its numbers are none.
        """
        group_id = str(body.get("id", ""))
        if not is_digits(group_id, 18):
            raise ConfigurationError(f"{operation_id}: id: got {body.get('id')!r}, allowed: the id of the product group, added")
        if operation_id == CATALOG_PRODUCT_GROUPS_COUNTS.id:
            counts = [body.get(name, 0) for name in ("in_stock", "preorder")]
            if not all(map(_is_count, counts)):
                raise ConfigurationError(f"{operation_id}: in_stock, preorder: got {counts!r}, allowed: whole numbers")
            self._counts[int(group_id)] = sum(counts)
            return
        mine = self._items.setdefault(int(group_id), [])
        for item in _items(body):
            metadata = item.get("metadata") or {}
            price, sale = (_micro(metadata.get(name)) for name in ("price", "sale_price"))
            if price is None:
                price = sale
            if price is not None:
                stock = metadata.get("availability") or "in stock"
                mine.append({"price_micro": price, "availability": str(stock)} | ({"sale_price_micro": sale} if sale else {}))

    def of(self, group_id: int) -> tuple[int | None, int | None]:
        """How many products of a group can be shown, and their mean price in micro-currency; None: not answered."""
        listed, price = measure(self._items.get(group_id, []))
        count = self._counts.get(group_id, listed if group_id in self._items else None)
        return count, price if listed else None


def _items(body: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    items = body.get("items")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _micro(value: object) -> int | None:
    """A price in units of its currency, in micro-currency."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 20:
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return int(price * 1_000_000) if price.is_finite() and 0 <= price < _LARGEST else None
