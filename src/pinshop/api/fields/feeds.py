"""Fields of feeds.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.catalogs import CATALOG_TYPES
from pinshop.api.fields.table import Field, since

FEED: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False),
    Field(name="catalog_id", kind="id", since="5.11", nullable=False),
    Field(name="catalog_type", kind="enum", since="5.11", nullable=False, values=CATALOG_TYPES),
    Field(name="name", kind="text"),
    Field(name="format", kind="enum", nullable=False, values=since("5.0", "TSV", "CSV", "XML")),
    Field(name="location", kind="text", nullable=False),
    Field(name="credentials", kind="object"),
    Field(name="preferred_processing_schedule", kind="object"),
    Field(name="status", kind="enum", nullable=False, values=since("5.0", "ACTIVE", "INACTIVE")),
    Field(name="default_availability", kind="text"),
    Field(name="default_country", kind="text", nullable=False),
    Field(name="default_currency", kind="text"),
    Field(name="default_locale", kind="text", nullable=False),
    Field(name="created_at", kind="text", nullable=False),
    Field(name="updated_at", kind="text", nullable=False),
)
