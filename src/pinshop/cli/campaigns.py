"""`pinshop campaigns`: objective, budget, schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinshop.cli import entities, items, output
from pinshop.cli.connection import Connection, connected
from pinshop.cli.tree import SuggestingGroup

_COLUMNS = ("id", "name", "status", "summary_status", "objective_type", "daily_spend_cap", "lifetime_spend_cap")


@click.group(cls=SuggestingGroup)
def campaigns() -> None:
    """Campaigns: objective, budget, schedule. Money is in micro-currency: 1000000 is 1.00."""


@campaigns.command("list")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Exactly these.")
@entities.status_option
@connected()
def list_campaigns(here: Connection, ids: tuple[str, ...], statuses: tuple[Any, ...]) -> None:
    """List campaigns.

    \b
    Examples:
      pinshop campaigns list --emulator
      pinshop campaigns list --status PAUSED --fields id,name
    """
    from pinshop.api.models import Campaign

    found = here.client.campaigns.list(
        here.account, campaign_ids=ids or None, entity_statuses=list(statuses) or None, page_size=250
    )
    here.out.rows(found, _COLUMNS, Campaign.__struct_fields__)


@campaigns.command()
@click.option("--name", help="Its name.")
@click.option("--objective", help="Such as CATALOG_SALES or SALES.")
@click.option("--daily-spend-cap", type=int, metavar="MICROS", help="At most so much a day: 20000000 is 20.00.")
@entities.first_status_option
@items.set_option
@items.file_option
@connected(writes=True, asks=True)
def create(
    here: Connection,
    name: str | None,
    objective: str | None,
    daily_spend_cap: int | None,
    status: str,
    settings: tuple[str, ...],
    path: Path | None,
) -> None:
    """Create campaigns. They are created PAUSED unless --status or an item says otherwise.

    \b
    Examples:
      pinshop campaigns create --name Spring --objective CATALOG_SALES --daily-spend-cap 20000000 \\
          -s is_campaign_budget_optimization=true
    """
    from pinshop.api import params

    given = {"name": name, "objective_type": objective, "daily_spend_cap": daily_spend_cap}
    first = {key: value for key, value in given.items() if value is not None}
    given_items = items.gather(path, settings, [first] if first else [], params.CampaignCreate)
    wanted: Any = [{"status": status, **item} for item in given_items]
    entities.confirm_active(here, wanted, "campaigns")
    items.show_result(here, here.client.campaigns.create(here.account, wanted, progress=output.progress("campaigns")))


def _update(here: Connection, wanted: Any) -> None:
    entities.confirm_active(here, wanted, "campaigns")
    items.show_result(here, here.client.campaigns.update(here.account, wanted, progress=output.progress("campaigns")))


entities.add_get(campaigns, "campaigns", "campaigns", "626707368860")
entities.add_writes(campaigns, "campaigns", "CampaignUpdate", _update, "626707368860", "daily_spend_cap=30000000")
