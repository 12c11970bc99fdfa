"""`pinshop feeds`: where the products of a catalog come from."""

from __future__ import annotations

import click

from pinshop.cli import names
from pinshop.cli.connection import Connection, connected
from pinshop.cli.tree import SuggestingGroup


@click.group(cls=SuggestingGroup)
def feeds() -> None:
    """Feeds: where the products of a catalog come from."""


@feeds.command("list")
@click.option("--catalog", metavar="ID|NAME", help="Those of this catalog.")
@connected()
def list_feeds(here: Connection, catalog: str | None) -> None:
    """List feeds.

    \b
    Examples:
      pinshop feeds list --emulator
    """
    from pinshop.api.models import Feed

    found = here.client.feeds.list(catalog_id=names.catalog(here, catalog), ad_account_id=here.named_account, page_size=250)
    here.out.rows(found, ("id", "name", "status", "format", "catalog_type"), Feed.__struct_fields__)


@feeds.command()
@click.argument("feed_id", metavar="ID")
@connected()
def get(here: Connection, feed_id: str) -> None:
    """Show one feed.

    \b
    Examples:
      pinshop feeds get 2680207368802
    """
    here.out.one(here.client.feeds.get(feed_id, ad_account_id=here.named_account))
