"""What a bulk download takes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, TypeAlias, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Id, Limits, Pattern

#: Seconds as text, which is what Pinterest's description wants here; integers stand for their digits.
_SecondsText: TypeAlias = Annotated[str, Pattern(r"[0-9]{1,11}", "Unix seconds")]


class BulkCampaignFilter(TypedDict, total=False):
    """Campaigns by their schedule, name, status and objective."""

    start_time: _SecondsText
    end_time: _SecondsText
    name: str
    campaign_status: Sequence[enums.SummaryStatus | Enum]
    objective_type: Sequence[enums.ObjectiveType | Enum]


class BulkDownloadRequest(TypedDict, total=False):
    """A file of entities to order. ``entity_ids`` bring their children and grandchildren, of the types asked for."""

    entity_types: Annotated[Sequence[enums.BulkEntityType | Enum], Limits(1, 6)]
    entity_ids: Sequence[Id]
    updated_since: _SecondsText
    campaign_filter: BulkCampaignFilter
    output_format: enums.ReportFormat | Enum
