"""Catalogs, feeds, catalog product groups and products.

Source: ``Catalog``, ``CatalogsFeed``, ``CatalogsRetailProductGroup``, ``CatalogsRetailProductGroupProductCounts`` and
``CatalogsRetailProduct`` of Pinterest's descriptions 5.6.0 to 5.28.0. Catalogs of other types (HOTEL,
CREATIVE_ASSETS) decode to the same models, without what only they have.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import Availability, CatalogProductGroupType, CatalogStatus, CatalogType
from pinshop.api.models.shapes import Entity


class CatalogProductGroup(Entity):
    """A part of a catalog, cut out by filters: what a promotion promotes.

    ``created_at`` and ``updated_at`` are integers as sent. The description says Unix seconds, its examples are milliseconds
    (1621350033000), so pinshop does not convert them.
    """

    id: str = ""
    name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    #: ``{"any_of": [{"BRAND": {"values": ["ACME"], "negated": false}}, …]}`` or ``all_of``; empty for some automatic groups.
    filters: dict[str, Any] | None | UnsetType = UNSET
    type: CatalogProductGroupType | str | None | UnsetType = UNSET
    status: CatalogStatus | str | None | UnsetType = UNSET
    #: Null in a group of a whole catalog.
    feed_id: str | None | UnsetType = UNSET
    #: Since 5.11, as are the next three.
    catalog_id: str = ""
    catalog_type: CatalogType | str | None | UnsetType = UNSET
    country: str | None | UnsetType = UNSET
    locale: str | None | UnsetType = UNSET
    #: Deprecated by Pinterest.
    is_featured: bool | None | UnsetType = UNSET
    created_at: int | None | UnsetType = UNSET
    updated_at: int | None | UnsetType = UNSET


class ProductCounts(Entity):
    """How many products a catalog product group selects. ``videos`` since 5.14."""

    total: int | None | UnsetType = UNSET
    in_stock: int | None | UnsetType = UNSET
    out_of_stock: int | None | UnsetType = UNSET
    preorder: int | None | UnsetType = UNSET
    videos: int | None | UnsetType = UNSET
    catalog_type: CatalogType | str | None | UnsetType = UNSET


class ProductMetadata(Entity):
    """What the catalog says about a product. Prices are exact, in ``currency``'s unit (not micro-currency)."""

    item_id: str | None | UnsetType = UNSET
    item_group_id: str | None | UnsetType = UNSET
    availability: Availability | str | None | UnsetType = UNSET
    price: Decimal | None | UnsetType = UNSET
    sale_price: Decimal | None | UnsetType = UNSET
    currency: str | None | UnsetType = UNSET


class Product(Entity):
    """A product of a group and the Pin that shows it (as sent: ``id``, ``link``, ``title``, ``description``, ``media``, …)."""

    metadata: ProductMetadata | None | UnsetType = UNSET
    pin: dict[str, Any] | None | UnsetType = UNSET
    catalog_type: CatalogType | str | None | UnsetType = UNSET
