"""What Pinterest says about its metrics."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import MetricCategory
from pinshop.api.models.shapes import Entity


class DeliveryMetric(Entity):
    """The definition of one metric. ``display_name`` is absent where Ads Manager has no name for it."""

    name: str | None | UnsetType = UNSET
    category: MetricCategory | str | None | UnsetType = UNSET
    definition: str | None | UnsetType = UNSET
    display_name: str | None | UnsetType = UNSET


class MetricsReadyState(Entity):
    """Whether the metrics of one day are final."""

    conversion_metrics_ready: bool | None | UnsetType = UNSET
    non_conversion_metrics_ready: bool | None | UnsetType = UNSET
