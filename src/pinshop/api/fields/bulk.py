"""Fields of bulk downloads: what is ordered, and what is said of it.

Source: ``BulkDownloadRequest``, ``BulkDownloadResponse`` and ``BulkUpsertStatusResponse`` of Pinterest's descriptions 5.6.0 to
5.23.0.
"""

from __future__ import annotations

from pinshop.api.fields.campaigns import OBJECTIVES
from pinshop.api.fields.table import SUMMARY_VALUES, Field, since
from pinshop.api.models import enums

_TYPES = since("5.0", "CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP", "AD", "KEYWORD") | since("5.15", "LABEL", "SCHEDULE")

CAMPAIGN_FILTER: tuple[Field, ...] = (
    Field(name="start_time", kind="text", nullable=False, write="c", pattern=r"[0-9]{1,11}"),
    Field(name="end_time", kind="text", nullable=False, write="c", pattern=r"[0-9]{1,11}"),
    Field(name="name", kind="text", nullable=False, write="c"),
    Field(name="campaign_status", kind="array", nullable=False, write="c", values=SUMMARY_VALUES),
    Field(name="objective_type", kind="array", nullable=False, write="c", values=OBJECTIVES),
)

#: Values of an array are those of its items.
BULK_REQUEST: tuple[Field, ...] = (
    Field(name="entity_types", kind="array", nullable=False, write="c", minimum=1, maximum=6, values=_TYPES),
    Field(name="entity_ids", kind="array", nullable=False, write="c", each=Field(name="entity_id", kind="id", nullable=False)),
    Field(name="updated_since", kind="text", nullable=False, write="c", pattern=r"[0-9]{1,11}"),
    Field(name="campaign_filter", kind="object", nullable=False, write="c", fields=CAMPAIGN_FILTER, closed=True),
    Field(
        name="output_format", kind="enum", nullable=False, write="c", values=since("5.0", *enums.choices(enums.ReportFormat))
    ),
)

BULK_ORDER: tuple[Field, ...] = (Field(name="request_id", kind="text", nullable=False, write=""),)

BULK_STATE: tuple[Field, ...] = (
    Field(name="status", kind="enum", nullable=False, write="", values=since("5.0", *enums.choices(enums.BulkStatus))),
    Field(name="result_url", kind="text", write=""),
)
