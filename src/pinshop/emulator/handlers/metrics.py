"""What Pinterest says about its metrics."""

from __future__ import annotations

import datetime

from pinshop.api import columns
from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery import rows
from pinshop.emulator.handlers.context import Context
from pinshop.emulator.shapes import Raw


def delivery_metrics_get(ctx: Context) -> Raw:
    return Raw(
        {
            "items": [
                {"name": name, "category": "ADS", "definition": COLUMNS[name].meaning}
                for name in columns.available(ctx.api_version)
            ]
        }
    )


def metrics_ready_state_get(ctx: Context) -> Raw:
    date = datetime.date.fromisoformat(ctx.query["date"])
    conversion, other = rows.ready(date, now=ctx.now, reporting=ctx.world.earnings.reporting())
    return Raw({"conversion_metrics_ready": conversion, "non_conversion_metrics_ready": other})
