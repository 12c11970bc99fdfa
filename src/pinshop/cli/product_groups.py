"""`pinshop product-groups`: catalog product groups, the parts of a catalog that can be promoted."""

from __future__ import annotations

from typing import Any

import click

from pinshop.cli import items, names
from pinshop.cli.connection import Connection, connected
from pinshop.cli.output import say
from pinshop.cli.tree import SuggestingGroup

_COLUMNS = ("id", "name", "type", "status", "feed_id", "catalog_id")


@click.group("product-groups", cls=SuggestingGroup)
def product_groups() -> None:
    """Catalog product groups: the parts of a catalog that can be promoted."""


@product_groups.command("list")
@click.option("--feed", metavar="ID|NAME", help="Those of this feed.")
@click.option("--catalog", metavar="ID|NAME", help="Those of this catalog.")
@connected()
def list_groups(here: Connection, feed: str | None, catalog: str | None) -> None:
    """List catalog product groups.

    \b
    Examples:
      pinshop product-groups list --emulator
      pinshop product-groups list --fields id,name --format csv
    """
    from pinshop.api.models import CatalogProductGroup

    found = here.client.catalog_product_groups.list(
        feed_id=names.feed(here, feed), catalog_id=names.catalog(here, catalog), ad_account_id=here.named_account, page_size=250
    )
    here.out.rows(found, _COLUMNS, CatalogProductGroup.__struct_fields__)


@product_groups.command()
@click.argument("group_id", metavar="ID")
@click.option("--counts", is_flag=True, help="How many products it has, by availability.")
@connected()
def get(here: Connection, group_id: str, counts: bool) -> None:
    """Show one catalog product group.

    \b
    Examples:
      pinshop product-groups get 2680307368804
      pinshop product-groups get 2680307368804 --counts
    """
    groups = here.client.catalog_product_groups
    look: Any = groups.product_counts if counts else groups.get
    here.out.one(look(group_id, ad_account_id=here.named_account))


@product_groups.command()
@click.argument("group_id", metavar="ID")
@connected()
def products(here: Connection, group_id: str) -> None:
    """List the products of a catalog product group.

    \b
    Examples:
      pinshop product-groups products 2680307368804 --fields pin_id,metadata.item_id
    """
    from pinshop.api.models import Product

    found = here.client.catalog_product_groups.products(group_id, ad_account_id=here.named_account, page_size=250)
    here.out.rows(found, ("pin_id", "metadata.item_id", "metadata.price", "metadata.currency"), Product.__struct_fields__)


@product_groups.command()
@click.argument("name")
@click.option("--feed", metavar="ID|NAME", help="The feed whose products it selects from.")
@click.option("--filters", required=True, metavar="JSON", help="""Such as '{"any_of":[{"BRAND":{"values":["alderly"]}}]}'.""")
@items.set_option
@connected(writes=True)
def create(here: Connection, name: str, feed: str | None, filters: str, settings: tuple[str, ...]) -> None:
    """Create a catalog product group.

    \b
    Examples:
      pinshop product-groups create Alderly --feed 2680207368802 --filters '{"any_of":[{"BRAND":{"values":["alderly"]}}]}'
    """
    from pinshop.api import models, params

    fields: dict[str, Any] = {"name": name, "filters": models.parse(filters.encode())}
    if feed is not None:
        fields["feed_id"] = names.feed(here, feed)
    fields |= items.parse_settings(settings, params.CatalogProductGroupCreate)
    here.out.one(here.client.catalog_product_groups.create(ad_account_id=here.named_account, **fields))


@product_groups.command()
@click.argument("group_id", metavar="ID")
@items.set_option
@connected(writes=True)
def update(here: Connection, group_id: str, settings: tuple[str, ...]) -> None:
    """Change a catalog product group.

    \b
    Examples:
      pinshop product-groups update 2680307368831 -s description="For cooks"
    """
    from pinshop.api import params

    fields = items.parse_settings(settings, params.CatalogProductGroupUpdate)
    here.out.one(here.client.catalog_product_groups.update(group_id, ad_account_id=here.named_account, **fields))


@product_groups.command()
@click.argument("group_id", metavar="ID")
@connected(writes=True, asks=True)
def delete(here: Connection, group_id: str) -> None:
    """Delete a catalog product group that nothing promotes.

    \b
    Examples:
      pinshop product-groups delete 2680307368947 --yes
    """
    here.confirm(f"Catalog product group {group_id} will be deleted for good.")
    here.client.catalog_product_groups.delete(group_id, ad_account_id=here.named_account)
    if not here.dry_run:
        say(f"Deleted {group_id}.")
