"""Fields of tracking URLs, which campaigns and ad groups have alike.

Source: ``TrackingUrls`` of Pinterest's description 5.6.0: up to three URLs of at most 2,000 characters for each event.
Null is for the whole ("May be null", in 5.6, 5.14 and 5.23); no description marks an event's array or its URLs nullable.
"""

from __future__ import annotations

from pinshop.api.fields.table import Field

_EVENTS = ("impression", "click", "engagement", "buyable_button", "audience_verification")

_URL = Field(name="url", kind="text", nullable=False, minimum=1, maximum=2000)

TRACKING_URLS: tuple[Field, ...] = tuple(
    Field(name=event, kind="array", nullable=False, null_in_bodies="", maximum=3, each=_URL) for event in _EVENTS
)
