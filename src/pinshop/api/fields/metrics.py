"""Fields of what Pinterest says about metrics.

Source: ``DeliveryMetricsResponse`` and ``BookClosedResponse`` of Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

from pinshop.api.fields.table import Field, since

DELIVERY_METRIC: tuple[Field, ...] = (
    Field(name="name", kind="text", nullable=False, write=""),
    Field(name="category", kind="enum", nullable=False, write="", values=since("5.0", "ADS", "ORGANIC")),
    Field(name="definition", kind="text", nullable=False, write=""),
    Field(name="display_name", kind="text", write=""),
)

METRICS_READY_STATE: tuple[Field, ...] = (
    Field(name="conversion_metrics_ready", kind="boolean", nullable=False, write=""),
    Field(name="non_conversion_metrics_ready", kind="boolean", nullable=False, write=""),
)
