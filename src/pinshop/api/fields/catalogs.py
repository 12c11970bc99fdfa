"""Fields of catalogs.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import Field, since

CATALOG_TYPES = since("5.0", "RETAIL", "HOTEL", "CREATIVE_ASSETS")

CATALOG: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False),
    Field(name="name", kind="text"),
    Field(name="catalog_type", kind="enum", nullable=False, values=CATALOG_TYPES),
    Field(name="created_at", kind="text", nullable=False),
    Field(name="updated_at", kind="text", nullable=False),
)
