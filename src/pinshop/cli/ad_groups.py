"""`pinshop ad-groups`: bids, schedule, targeting; what promotions are created in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinshop.cli import entities, items, names, output
from pinshop.cli.connection import Connection, connected
from pinshop.cli.tree import SuggestingGroup

_COLUMNS = ("id", "name", "status", "summary_status", "campaign_id", "bid_in_micro_currency", "budget_in_micro_currency")


@click.group("ad-groups", cls=SuggestingGroup)
def ad_groups() -> None:
    """Ad groups: bids, schedule, targeting. Money is in micro-currency: 1000000 is 1.00."""


@ad_groups.command("list")
@click.option("--campaign", "campaigns", multiple=True, metavar="ID|NAME", help="Those of these campaigns.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Exactly these.")
@entities.status_option
@connected()
def list_ad_groups(here: Connection, campaigns: tuple[str, ...], ids: tuple[str, ...], statuses: tuple[Any, ...]) -> None:
    """List ad groups.

    \b
    Examples:
      pinshop ad-groups list --emulator
      pinshop ad-groups list --campaign 626707368860 --fields id,name,status
    """
    from pinshop.api.models import AdGroup

    found = here.client.ad_groups.list(
        here.account,
        campaign_ids=names.campaigns(here, campaigns) or None,
        ad_group_ids=ids or None,
        entity_statuses=list(statuses) or None,
        page_size=250,
    )
    here.out.rows(found, _COLUMNS, AdGroup.__struct_fields__)


@ad_groups.command()
@click.option("--campaign", metavar="ID|NAME", help="The campaign it belongs to.")
@click.option("--name", help="Its name.")
@click.option("--billable-event", help="Such as CLICKTHROUGH or IMPRESSION.")
@click.option("--bid", type=int, metavar="MICROS", help="The bid in micro-currency: 800000 is 0.80.")
@entities.first_status_option
@items.set_option
@items.file_option
@connected(writes=True, asks=True)
def create(
    here: Connection,
    campaign: str | None,
    name: str | None,
    billable_event: str | None,
    bid: int | None,
    status: str,
    settings: tuple[str, ...],
    path: Path | None,
) -> None:
    """Create ad groups. They are created PAUSED unless --status or an item says otherwise.

    \b
    Examples:
      pinshop ad-groups create --campaign 626707368860 --name Everyone --billable-event CLICKTHROUGH --bid 800000 \\
          -s budget_type=CBO_ADGROUP
    """
    from pinshop.api import params

    given = {
        "campaign_id": names.campaigns(here, [campaign])[0] if campaign else None,
        "name": name,
        "billable_event": billable_event,
        "bid_in_micro_currency": bid,
    }
    first = {key: value for key, value in given.items() if value is not None}
    given_items = items.gather(path, settings, [first] if first else [], params.AdGroupCreate)
    wanted: Any = [{"status": status, **item} for item in given_items]
    entities.confirm_active(here, wanted, "ad groups")
    items.show_result(here, here.client.ad_groups.create(here.account, wanted, progress=output.progress("ad groups")))


def _update(here: Connection, wanted: Any) -> None:
    entities.confirm_active(here, wanted, "ad groups")
    items.show_result(here, here.client.ad_groups.update(here.account, wanted, progress=output.progress("ad groups")))


entities.add_get(ad_groups, "ad groups", "ad_groups", "2680007368798")
entities.add_writes(ad_groups, "ad groups", "AdGroupUpdate", _update, "2680007368798", "bid_in_micro_currency=900000")
