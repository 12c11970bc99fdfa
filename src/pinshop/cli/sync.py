"""`pinshop sync`: a table of what was earned that is kept up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pinshop.cli.choices import complete_columns
from pinshop.cli.connection import Connection, connected
from pinshop.cli.exit_codes import PARTIAL
from pinshop.cli.output import say


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE.duckdb|FOLDER")
@click.option(
    "--columns",
    default="spend",
    show_default=True,
    help="Names or families with commas between them, or all.",
    shell_complete=complete_columns,
)
@click.option("--days", type=click.IntRange(1, 914), help="How many days are kept up to date. Default: 90.")
@click.option("--all-accounts", is_flag=True, help="All ad accounts that the token reaches, side by side.")
@click.option("--table", default="analytics", show_default=True, help="Its name.")
@click.option("--verify", is_flag=True, help="Read 90 days again, settled or not.")
@click.option("--changes", is_flag=True, help="List what changed since yesterday.")
@connected()
def sync(
    here: Connection, path: Path, columns: str, days: int | None, all_accounts: bool, table: str, verify: bool, changes: bool
) -> None:
    r"""Keep a DuckDB file, or a folder of Parquet files, up to date: only days that may still change are read again.

    After a kill at any moment the next sync makes it right. Exit code 6 if an ad account could not be read.

    \b
    Examples:
      pinshop sync ads.duckdb --columns spend,checkout --days 30
      pinshop sync ads.duckdb --columns spend,checkout --days 30 --changes
    """
    accounts = [str(one.id) for one in here.client.ad_accounts.list(page_size=250)] if all_accounts else [here.account]
    names: Any = "all" if columns == "all" else [name.strip() for name in columns.split(",") if name.strip()]
    done = here.client.analytics.sync(
        path, accounts, columns=names, days=days, table=table, verify=verify, progress=_progress()
    )
    if changes:
        here.out.rows(
            done.changed_since("yesterday"), ("ad_account_id", "product_group_id", "date", "column", "before", "after")
        )
    say(f"{path}: {done.calls:,} calls, {done.rows:,} rows read, {done.changed:,} changed.")
    for account, error in done.failed.items():
        say(f"ad account {account}: {error}")
    if done.failed:
        raise SystemExit(PARTIAL)


def _progress() -> Any:
    if not sys.stderr.isatty():
        return None

    def tell(progress: Any) -> None:
        sys.stderr.write(f"\r{progress} ")
        sys.stderr.flush()

    return tell
