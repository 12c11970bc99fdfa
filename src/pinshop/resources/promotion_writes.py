"""How creates and updates of promotions become batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET, Struct

from pinshop.api import checks, endpoints, operations, params
from pinshop.api.checks import Id
from pinshop.api.models import Entity, ProductGroupPromotion
from pinshop.api.operations import Call
from pinshop.errors import InvalidInput
from pinshop.flow.matching import BatchTarget

# Until 5.7 Pinterest wrote these two with an s. Both spellings are understood; sent is what the client's api_version has.
_FORMER = {
    "catalogs_product_group_id": "catalog_product_group_id",
    "catalogs_product_group_name": "catalog_product_group_name",
}

_TO_FORMER = {modern: former for former, modern in _FORMER.items()}

# The name follows from the id, whatever is sent.
_DERIVED = frozenset({"catalog_product_group_name"})

# An answer that shows another value than was sent is about something else.
_FIRM = {
    endpoints.PROMOTIONS_CREATE.id: frozenset({"catalog_product_group_id"}),
    endpoints.PROMOTIONS_UPDATE.id: frozenset({"catalog_product_group_id", "status"}),
}


def bare_ad_group_id(ad_group_id: Id | None) -> Id | None:
    """Queries take the ad group id without the prefix AG that bodies may have."""
    return ad_group_id[2:] if isinstance(ad_group_id, str) and ad_group_id.startswith("AG") else ad_group_id


_KINDS = {
    endpoints.PROMOTIONS_CREATE.id: params.ProductGroupPromotionCreate,
    endpoints.PROMOTIONS_UPDATE.id: params.ProductGroupPromotionUpdate,
}


def check_promotions(row: operations.Operation, ad_group_id: Id | None, items: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The items as they will be sent, and the ad group of each."""
    rest, groups = _split_groups(row, ad_group_id, items)
    return params.check_items(_KINDS[row.id], rest, row.id), groups


def _split_groups(row: operations.Operation, ad_group_id: Id | None, items: Any) -> tuple[list[Any], list[str]]:
    """Take ``ad_group_id`` out of the items, for it belongs around them; and bring former names up to date."""
    if isinstance(items, Mapping | str | bytes | Struct) or not isinstance(items, Iterable):
        raise InvalidInput("items", items, "a list of objects; put a single one in brackets", operation=row.id)
    common = None if ad_group_id is None else checks.check_ad_group_id("ad_group_id", ad_group_id, row.id)
    rest: list[Any] = []
    groups: list[str] = []
    for index, given in enumerate(items):
        # A model works like a dict: one that was read can be written again. The check takes the fields that can be written.
        item = {"ad_group_id": getattr(given, "ad_group_id", "") or UNSET} if isinstance(given, Entity) else given
        if not isinstance(item, Mapping):
            rest.append(item)  # the check says what is wrong with it
            continue
        own = item.get("ad_group_id", UNSET)
        where = f"items[{index}].ad_group_id"
        group = common if own is UNSET else checks.check_ad_group_id(where, own, row.id)
        if group is None:
            raise InvalidInput(where, None, "a value (or give ad_group_id for all)", operation=row.id)
        if common is not None and bare_ad_group_id(group) != bare_ad_group_id(common):
            raise InvalidInput(where, own, f"{common}, as given for all; or None for all", operation=row.id)
        groups.append(common or group)
        if isinstance(given, Entity):
            rest.append(given)
            continue
        fresh: dict[str, Any] = {}
        for name, value in item.items():
            modern = _FORMER.get(name, name)
            if modern != name and item.get(modern, UNSET) not in (UNSET, value):
                raise InvalidInput(f"items[{index}].{name}", value, f"the value of {modern}, its newer name", operation=row.id)
            if modern != "ad_group_id" and value is not UNSET:
                fresh[modern] = value
        rest.append(fresh)
    return rest, groups


def batch_target(ad_account_id: str, row: operations.Operation, api_version: operations.ApiVersion) -> BatchTarget:
    path = {"ad_account_id": ad_account_id}
    listed = endpoints.PROMOTIONS_LIST
    statuses = (listed.params["entity_statuses"].at(api_version) or listed.params["entity_statuses"]).choices
    former = operations.version(api_version) < (5, 8)

    def write(group: str, items: list[Mapping[str, Any]]) -> Call:
        named = [{_TO_FORMER.get(name, name): value for name, value in item.items()} for item in items] if former else items
        return operations.build(row, path, body={"ad_group_id": group, str(row.envelope): named})

    def newest(group: str, page_size: int, bookmark: str | None) -> Call:
        query = {
            "ad_group_id": bare_ad_group_id(group),
            "entity_statuses": statuses,
            "order": "DESCENDING",
            "page_size": page_size,
            "bookmark": bookmark,
        }
        return operations.build(listed, path, query)

    def by_ids(ids: list[str]) -> Call:
        query = {"product_group_promotion_ids": ids, "entity_statuses": statuses, "page_size": 250}
        return operations.build(listed, path, query)

    return BatchTarget(
        operation=row,
        done="created" if row is endpoints.PROMOTIONS_CREATE else "updated",
        model=ProductGroupPromotion,
        parent="ad_group_id",
        derived=_DERIVED,
        firm=_FIRM[row.id],
        write=write,
        newest=newest,
        by_ids=by_ids,
    )
