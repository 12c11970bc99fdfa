"""`pinshop catalogs`."""

from __future__ import annotations

import click

from pinshop.cli.connection import Connection, connected
from pinshop.cli.tree import SuggestingGroup


@click.group(cls=SuggestingGroup)
def catalogs() -> None:
    """Catalogs: the products of a merchant."""


@catalogs.command("list")
@connected()
def list_catalogs(here: Connection) -> None:
    """List the catalogs of the token's user; with --account those of the owner of that ad account.

    \b
    Examples:
      pinshop catalogs list --emulator
    """
    from pinshop.api.models import Catalog

    found = here.client.catalogs.list(ad_account_id=here.named_account, page_size=250)
    here.out.rows(found, ("id", "name", "catalog_type", "status"), Catalog.__struct_fields__)
