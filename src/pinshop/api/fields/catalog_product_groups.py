"""Fields of catalog product groups and their products.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.catalogs import CATALOG_TYPES
from pinshop.api.fields.table import Field

PRODUCT_GROUP: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write=""),
    Field(name="catalog_id", kind="id", since="5.11", nullable=False, write="c"),
    Field(name="catalog_type", kind="enum", since="5.11", nullable=False, values=CATALOG_TYPES),
    Field(name="feed_id", kind="id", null_in_bodies="", write="c"),
    Field(name="name", kind="text", nullable=False, required="c"),
    Field(name="description", kind="text"),
    Field(name="filters", kind="object", nullable=False, required="c"),
    Field(name="is_featured", kind="boolean", nullable=False),
    Field(name="type", kind="text", nullable=False, write=""),
    Field(name="status", kind="text", nullable=False, write=""),
    Field(name="country", kind="text", since="5.14", null_in_bodies=""),
    Field(name="locale", kind="text", since="5.14", null_in_bodies=""),
    Field(name="created_at", kind="integer", nullable=False, write=""),
    Field(name="updated_at", kind="integer", nullable=False, write=""),
)
