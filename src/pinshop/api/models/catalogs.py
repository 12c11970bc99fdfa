"""Catalogs."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import CatalogType
from pinshop.api.models.shapes import Entity


class Catalog(Entity):
    """A merchant's catalog. Since 5.11. Times are ISO 8601 text, as sent."""

    id: str = ""
    name: str | None | UnsetType = UNSET
    catalog_type: CatalogType | str | None | UnsetType = UNSET
    created_at: str | None | UnsetType = UNSET
    updated_at: str | None | UnsetType = UNSET
