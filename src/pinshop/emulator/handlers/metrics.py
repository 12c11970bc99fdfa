"""What Pinterest says about its metrics."""

from __future__ import annotations

import datetime

from pinshop.api import columns
from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery import rows
from pinshop.emulator.handlers.context import Context
from pinshop.emulator.handlers.report_orders import REPORT_COLUMNS
from pinshop.emulator.shapes import Raw


def delivery_metrics_get(ctx: Context) -> Raw:
    """Those of analytics, of reports, or of both; reports have every column of analytics and more."""
    asked = ctx.query["report_type"]
    defined = {name: COLUMNS[name].meaning for name in columns.available(ctx.api_version)}
    if asked != "SYNC":
        defined |= REPORT_COLUMNS
    items = [{"name": name, "category": "ADS", "definition": words} for name, words in defined.items()]
    return Raw({"items": items})


def metrics_ready_state_get(ctx: Context) -> Raw:
    date = datetime.date.fromisoformat(ctx.query["date"])
    conversion, other = rows.ready(date, now=ctx.now, reporting=ctx.world.earnings.reporting())
    return Raw({"conversion_metrics_ready": conversion, "non_conversion_metrics_ready": other})
