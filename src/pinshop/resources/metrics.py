"""What Pinterest says about metrics: ``/resources``."""

from __future__ import annotations

import datetime
from typing import Literal, TypeVar

from pinshop.api import endpoints, operations
from pinshop.api.models import DeliveryMetric, MetricsReadyState, decoders
from pinshop.flow.exchange import exchange
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation

C = TypeVar("C")


class Metrics(Resource[C]):
    """``client.metrics``."""

    @operation
    def delivery_metrics(self, *, report_type: Literal["SYNC", "ASYNC"] | None = None) -> Flow[list[DeliveryMetric]]:
        """Get the definitions of the metrics: ``GET /resources/delivery_metrics``.

        Receives ``{"items": [{"name": "AD_GROUP_ID", "category": "ADS", "definition": "…", "display_name": "Ad group ID"}]}``;
        ``display_name`` is what Ads Manager calls it, and absent where it has no name for it.

        Args:
            report_type: only the metrics of synchronous analytics, or of asynchronous reports.

        Source: delivery_metrics/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.DELIVERY_METRICS_GET, None, {"report_type": report_type})
        return (yield from exchange(self._session, call, decoders.as_page(DeliveryMetric))).value.items

    @operation
    def metrics_ready_state(self, date: str | datetime.date) -> Flow[MetricsReadyState]:
        """Ask whether the metrics of a day are final: ``GET /resources/metrics_ready_state``.

        Receives ``{"conversion_metrics_ready": false, "non_conversion_metrics_ready": true}``. Until then they may still grow.

        Args:
            date: a `datetime.date`, or YYYY-MM-DD.

        Source: metrics_ready_state/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.METRICS_READY_STATE_GET, None, {"date": date})
        return (yield from exchange(self._session, call, decoders.as_entity(MetricsReadyState))).value
