"""`pinshop report`: what promotions earned as one HTML file."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from pinshop.cli import names, periods
from pinshop.cli.connection import Connection, connected
from pinshop.cli.output import say


@click.command()
@click.option("--ad-group", "ad_groups", multiple=True, metavar="ID|NAME", help="Only these ad groups. Default: all.")
@click.option("--title", help="Default: the name of the ad account.")
@click.option(
    "--output", "-o", "path", type=click.Path(dir_okay=False, path_type=Path), default=Path("report.html"), show_default=True
)
@periods.period_options
@connected(prints=False)
def report(
    here: Connection,
    ad_groups: tuple[str, ...],
    title: str | None,
    path: Path,
    start_date: str | None,
    end_date: str | None,
    days: int,
) -> None:
    """Write a report that a browser opens without a network: spend, revenue, ROAS, promotions ranked, movers.

    \b
    Examples:
      pinshop report --days 60 --output spring.html
    """
    from pinshop.analytics.report import COLUMNS
    from pinshop.analytics.report import report as make

    client, account = here.client, here.account
    first, last = periods.chosen(here, start_date, end_date, days)
    groups = names.ad_groups(here, ad_groups) or [str(group.id) for group in client.ad_groups.list(account, page_size=250)]
    promotions = [one for group in groups for one in client.promotions.list(account, ad_group_id=group, page_size=250)]
    rows = client.analytics.get(
        account, [one.id for one in promotions], columns=COLUMNS, start_date=first, end_date=last, granularity="DAY"
    )
    name = title or str(client.ad_accounts.get(account).name or account)
    make(rows, path, title=name, promotions=promotions, today=last + datetime.timedelta(1))
    say(f"Wrote {path}: {len(rows):,} rows of {len(promotions):,} promotions, {first} to {last}.")
