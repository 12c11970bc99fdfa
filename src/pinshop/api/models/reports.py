"""Asynchronous reports and what is said about metrics.

Source: ``AdsAnalyticsCreateAsyncResponse``, ``AdsAnalyticsGetAsyncResponse``, ``DeliveryMetricsResponse`` and
``BookClosedResponse`` of Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from pinshop.api.models.enums import ReportFormat, ReportStatus
from pinshop.api.models.shapes import Entity


class ReportOrder(Entity):
    """A report that was ordered: keep ``token``, it is how the report is asked for."""

    report_status: ReportStatus | str | None | UnsetType = UNSET
    token: str = ""
    message: str | None | UnsetType = UNSET


class ReportState(Entity):
    """How far a report is. FINISHED has ``url`` (a link valid for five minutes) and ``size`` (bytes)."""

    report_status: ReportStatus | str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    size: int | None | UnsetType = UNSET

    def __repr__(self) -> str:
        # The link's query is a credential: whoever has it has the report.
        url = self.url.partition("?")[0] + "?…" if isinstance(self.url, str) and "?" in self.url else self.url
        return f"ReportState(report_status={self.report_status!r}, url={url!r}, size={self.size!r})"


class ReportData(Struct, frozen=True):
    """The rows of a report. ``groups`` has them by the key of the JSON file: an entity's id, or a date; CSV has one group."""

    report_format: ReportFormat
    groups: dict[str, Sequence[dict[str, Any]]]

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """All rows, in the order of the file. Those of a CSV file are made when they are looked at."""
        if len(self.groups) == 1:
            return next(iter(self.groups.values()))
        return [row for rows in self.groups.values() for row in rows]

    def __repr__(self) -> str:
        return f"<ReportData {self.report_format}: {sum(map(len, self.groups.values()))} rows in {len(self.groups)} group(s)>"
