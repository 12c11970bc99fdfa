"""`pinshop promotions`: product group promotions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pinshop.cli import entities, items, names, output
from pinshop.cli.connection import Connection, connected
from pinshop.cli.tree import SuggestingGroup
from pinshop.errors import InvalidInput

_COLUMNS = ("id", "status", "ad_group_id", "catalog_product_group_id", "catalog_product_group_name", "creative_type")


@click.group(cls=SuggestingGroup)
def promotions() -> None:
    """Product group promotions: what of the catalog is promoted in an ad group."""


@promotions.command("list")
@click.option("--ad-group", metavar="ID|NAME", help="Those of this ad group. Default: of every ad group.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Exactly these.")
@entities.status_option
@connected()
def list_promotions(here: Connection, ad_group: str | None, ids: tuple[str, ...], statuses: tuple[Any, ...]) -> None:
    """List promotions.

    \b
    Examples:
      pinshop promotions list --emulator
      pinshop promotions list --ad-group 2680007368798 --status ACTIVE --format csv
    """
    client, account = here.client, here.account
    more: dict[str, Any] = {"entity_statuses": list(statuses) or None, "page_size": 250}

    def found() -> Any:
        if ids:
            yield from client.promotions.list(account, product_group_promotion_ids=ids, **more)
            return
        groups = (
            names.ad_groups(here, [ad_group])
            if ad_group
            else (str(group.id) for group in client.ad_groups.list(account, page_size=250))
        )
        for group in groups:
            yield from client.promotions.list(account, ad_group_id=group, **more)

    from pinshop.api.models import ProductGroupPromotion

    here.out.rows(found(), _COLUMNS, ProductGroupPromotion.__struct_fields__)


@promotions.command()
@click.option("--ad-group", metavar="ID|NAME", required=True, help="Where they are created.")
@entities.first_status_option
@items.set_option
@items.file_option
@click.option(
    "--journal", type=click.Path(dir_okay=False, path_type=Path), help="pinshop resume FILE then finishes a broken run."
)
@click.argument("product_groups", nargs=-1, metavar="[CATALOG_PRODUCT_GROUP_ID]...")
@connected(writes=True, asks=True)
def create(
    here: Connection,
    ad_group: str,
    status: str,
    settings: tuple[str, ...],
    path: Path | None,
    journal: Path | None,
    product_groups: tuple[str, ...],
) -> None:
    """Promote catalog product groups. They are created PAUSED unless --status or an item says otherwise.

    \b
    Examples:
      pinshop promotions create --ad-group 2680007368798 2680307368804 2680307368831
      pinshop promotions create --ad-group 2680007368798 2680307368891 --status ACTIVE --yes
      pinshop promotions create --ad-group 2680007368798 2680307368895 -s tracking_url=https://shop.example/ --dry-run
    """
    from pinshop.api import params

    given_items = items.gather(
        path, settings, [{"catalog_product_group_id": one} for one in product_groups], params.ProductGroupPromotionCreate
    )
    wanted: Any = [{"status": status, **item} for item in given_items]
    entities.confirm_active(here, wanted, "promotions")
    result = here.client.promotions.create(
        here.account,
        names.ad_groups(here, [ad_group])[0],
        wanted,
        journal=journal,
        progress=output.progress("promotions"),
    )
    items.show_result(here, result)


def _update(here: Connection, wanted: list[dict[str, Any]]) -> None:
    """Write changes to their ad groups, which the update needs and Pinterest knows."""
    entities.confirm_active(here, wanted, "promotions")
    ids = [str(item.get("id", "")) for item in wanted if "ad_group_id" not in item]
    statuses: Any = list(entities.STATUSES)
    groups: dict[str, str] = {}
    for start in range(0, len(ids), 100):
        part = ids[start : start + 100]
        found = here.client.promotions.list(
            here.account, product_group_promotion_ids=part, entity_statuses=statuses, page_size=250
        )
        groups |= {str(one.id): str(one.ad_group_id) for one in found}
    if missing := [one for one in ids if one not in groups]:
        raise InvalidInput("id", ", ".join(missing[:5]), f"ids of promotions of ad account {here.account}")
    sent: Any = [item if "ad_group_id" in item else {**item, "ad_group_id": groups[str(item["id"])]} for item in wanted]
    result = here.client.promotions.update(here.account, None, sent, progress=output.progress("promotions"))
    items.show_result(here, result)


entities.add_get(promotions, "promotions", "promotions", "4260007368873")
entities.add_writes(
    promotions,
    "promotions",
    "ProductGroupPromotionUpdate",
    _update,
    "4260007368873",
    "tracking_url=https://shop.example/spring",
)
