"""`pinshop analytics`: what promotions earned."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import PROMOTIONS_ANALYTICS
from pinshop.cli import charts, periods
from pinshop.cli import names as by_name
from pinshop.cli.choices import Choice, complete_columns
from pinshop.cli.connection import Connection, connected
from pinshop.cli.output import say
from pinshop.errors import InvalidInput

if TYPE_CHECKING:
    from pinshop.analytics.rows import Rows

#: What is asked for where no columns are named.
DEFAULT_COLUMNS = (
    "SPEND_IN_DOLLAR",
    "TOTAL_IMPRESSION",
    "TOTAL_CLICKTHROUGH",
    "TOTAL_CHECKOUT",
    "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
)
_GRANULARITIES = tuple(map(str, PROMOTIONS_ANALYTICS.params["granularity"].choices))


@click.command()
@click.argument("promotions", nargs=-1, metavar="[PROMOTION_ID]...")
@click.option("--ad-group", "ad_groups", multiple=True, metavar="ID|NAME", help="All promotions of these ad groups.")
@click.option("--campaign", "campaigns", multiple=True, metavar="ID|NAME", help="All promotions of these campaigns.")
@click.option("--all-accounts", is_flag=True, help="All ad accounts that the token reaches, side by side.")
@click.option(
    "--columns",
    default=",".join(DEFAULT_COLUMNS),
    help="Names or families (spend,checkout), or all.",
    shell_complete=complete_columns,
)
@periods.period_options
@click.option("--granularity", type=Choice(_GRANULARITIES), default="DAY", show_default=True)
@click.option(
    "--by",
    metavar="COLUMNS",
    help="Total by these, such as DATE or PRODUCT_GROUP_ID; what cannot be added is refused.",
)
@click.option("--total", is_flag=True, help="One row for all.")
@click.option("--densify", is_flag=True, help="A row for every promotion and day, also where nothing was reported.")
@click.option("--names", is_flag=True, help="Join status, ad group and catalog product group.")
@click.option("--chart", metavar="COLUMN", help="Draw this column by day.", shell_complete=complete_columns)
@click.option("--way", type=Choice(["sync", "report"]), help="How it is fetched. Default: by the documented rules.")
@click.option("--cost", is_flag=True, help="Say what it would take, and fetch nothing.")
@connected()
def analytics(
    here: Connection,
    promotions: tuple[str, ...],
    ad_groups: tuple[str, ...],
    campaigns: tuple[str, ...],
    all_accounts: bool,
    columns: str,
    start_date: str | None,
    end_date: str | None,
    days: int,
    granularity: Any,
    by: str | None,
    total: bool,
    densify: bool,
    names: bool,
    chart: str | None,
    way: Any,
    cost: bool,
) -> None:
    """Read what promotions earned: those named, those of ad groups or campaigns, else all that were live.

    \b
    Examples:
      pinshop analytics --days 7 --by DATE
      pinshop analytics --columns spend,checkout --start 2026-02-01 --end 2026-02-28 --total
      pinshop analytics --days 7 --cost
    """
    accounts = [str(one.id) for one in here.client.ad_accounts.list(page_size=250)] if all_accounts else [here.account]
    first, last = periods.chosen(here, start_date, end_date, days)
    question: dict[str, Any] = {
        "columns": [name.strip() for name in columns.split(",") if name.strip()] if columns != "all" else "all",
        "start_date": first,
        "end_date": last,
        "granularity": granularity,
    }
    if all_accounts and (named := [one for one in (*ad_groups, *campaigns) if not is_digits(one)]):
        raise InvalidInput("--all-accounts", named[0], "ids beside it: a name may be that of something in each ad account")
    groups, chosen = by_name.ad_groups(here, ad_groups), by_name.campaigns(here, campaigns)
    more = {"ad_group_ids": groups, "campaign_ids": chosen, "way": way}
    question |= {name: value for name, value in more.items() if value}
    if cost:
        click.echo(str(here.client.analytics.plan(accounts, promotions or None, **question)))
        return
    rows = here.client.analytics.get(accounts, promotions or None, progress=_progress(), names=names, **question)
    for account, error in rows.failed.items():
        say(f"ad account {account}: {error}")
    if rows.missing_ids:
        say(f"no row for {len(rows.missing_ids)} promotions: {', '.join(rows.missing_ids[:5])}")
    if densify:
        rows = rows.densify()
    if total or by:
        rows = _total(rows, [name.strip() for name in by.split(",")] if by else [])
    if chart:
        click.echo(charts.by_day(rows, chart), err=here.out.form != "table")
    if here.out.form == "parquet" and here.out.path is not None:
        rows.to_parquet(here.out.path)
    else:
        here.out.rows(rows, rows.names(), rows.names())


def _total(rows: Rows, by: list[str]) -> Rows:
    """Totals of what can be totalled. The rest is named: reach and frequency cannot be added, a ratio needs its parts."""
    fine, left = [], []
    for name in rows.columns:
        try:
            rows.total(by=by, columns=[name])
        except InvalidInput as error:
            if error.field == "by":
                raise
            left.append(name)
        else:
            fine.append(name)
    if left:
        say(f"left out, for they cannot be added: {', '.join(left)}")
    return rows.total(by=by, columns=fine)


def _progress() -> Any:
    if not sys.stderr.isatty():
        return None

    def tell(progress: Any) -> None:
        sys.stderr.write(f"\r{progress} ")
        sys.stderr.flush()

    return tell
