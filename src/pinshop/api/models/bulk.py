"""Bulk downloads: files of an ad account's campaigns, ad groups and promotions.

Source: ``BulkDownloadResponse`` and ``BulkUpsertStatusResponse`` of Pinterest's descriptions 5.6.0 to 5.23.0.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from pinshop.api.models.ad_groups import AdGroup
from pinshop.api.models.campaigns import Campaign
from pinshop.api.models.enums import BulkStatus
from pinshop.api.models.promotions import ProductGroupPromotion
from pinshop.api.models.shapes import Entity


class BulkOrder(Entity):
    """A file that was ordered: keep ``request_id``, it is how the file is asked for."""

    request_id: str = ""


class BulkState(Entity):
    """How far a file is. SUCCEEDED has ``result_url``."""

    status: BulkStatus | str | None | UnsetType = UNSET
    result_url: str | None | UnsetType = UNSET

    def __repr__(self) -> str:
        # The link's query is a credential: whoever has it has the file.
        url = self.result_url
        url = url.partition("?")[0] + "?…" if isinstance(url, str) and "?" in url else url
        return f"BulkState(status={self.status!r}, result_url={url!r})"


class BulkData(Struct, frozen=True, kw_only=True):
    """What a file holds. ``others`` are entities of other types, as they were written, by the name of their type."""

    campaigns: list[Campaign]
    ad_groups: list[AdGroup]
    promotions: list[ProductGroupPromotion]
    others: dict[str, list[dict[str, Any]]] = {}

    def __repr__(self) -> str:
        counts = f"{len(self.campaigns)} campaign(s), {len(self.ad_groups)} ad group(s), {len(self.promotions)} promotion(s)"
        more = "".join(f", {len(found)} of {name}" for name, found in self.others.items())
        return f"<BulkData: {counts}{more}>"
