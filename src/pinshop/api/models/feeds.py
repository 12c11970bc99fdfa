"""Feeds of catalogs."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import Availability, CatalogStatus, CatalogType, FeedFormat
from pinshop.api.models.shapes import Entity


class FeedCredentials(Entity):
    """User name and password for a feed file. The password is never shown by ``repr``."""

    username: str | None | UnsetType = UNSET
    password: str | None | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"FeedCredentials(username={self.username!r}, password=…)"


class Feed(Entity):
    """A file from which Pinterest reads the items of a catalog. Times are ISO 8601 text, as sent."""

    id: str = ""
    name: str | None | UnsetType = UNSET
    format: FeedFormat | str | None | UnsetType = UNSET
    #: The URL Pinterest downloads the file from.
    location: str | None | UnsetType = UNSET
    status: CatalogStatus | str | None | UnsetType = UNSET
    #: Since 5.11, as is the next.
    catalog_id: str = ""
    catalog_type: CatalogType | str | None | UnsetType = UNSET
    default_country: str | None | UnsetType = UNSET
    default_locale: str | None | UnsetType = UNSET
    default_currency: str | None | UnsetType = UNSET
    default_availability: Availability | str | None | UnsetType = UNSET
    credentials: FeedCredentials | None | UnsetType = UNSET
    #: ``{"time": "03:00", "timezone": "Europe/Paris"}``
    preferred_processing_schedule: dict[str, Any] | None | UnsetType = UNSET
    created_at: str | None | UnsetType = UNSET
    updated_at: str | None | UnsetType = UNSET
