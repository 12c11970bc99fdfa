"""Product group promotions: ``/ad_accounts/{ad_account_id}/product_group_promotions`` and their analytics."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias, TypedDict, TypeVar

from msgspec import UNSET, Struct, UnsetType

from pinshop import batch, flow, operations, wire
from pinshop.batch import Batch, BatchResult, Field, Job, Noun, Progress
from pinshop.errors import InvalidInput
from pinshop.flow import Flow
from pinshop.operations import Call
from pinshop.resources.colour import Paging, Resource, listing, method
from pinshop.wire import ProductGroupPromotion

C = TypeVar("C")

Id: TypeAlias = str | int

# Source: the schemas of the create and update requests 5.6.0-5.28.0. tracking_url: "4000 limit". grid_click_type is
# absent on purpose: "grid_click_type values provided will be ignored".
_TEXT = Field(kind="text", nullable=True)
_SWITCH = Field(kind="boolean", nullable=True)
# The server derives these, or does not say what it makes of them.
_DERIVED = Field(kind="text", nullable=True, matched=False)
FIELDS: dict[str, Field] = {
    "catalog_product_group_id": Field(kind="id", former="catalogs_product_group_id"),
    "catalog_product_group_name": Field(kind="text", nullable=True, former="catalogs_product_group_name", matched=False),
    "status": Field(kind="choice", choices=wire.choices(wire.EntityStatus)),
    "creative_type": Field(kind="choice", choices=wire.choices(wire.CreativeType)),
    "tracking_url": Field(kind="text", nullable=True, maximum=4000),
    "collections_hero_pin_id": Field(kind="id", nullable=True),
    "collections_hero_destination_url": _TEXT,
    "collections_header_type": Field(kind="choice", nullable=True, choices=wire.choices(wire.CollectionsHeaderType)),
    "slideshow_collections_title": _TEXT,
    "slideshow_collections_description": _TEXT,
    "is_mdl": _SWITCH,
    "customizable_cta_type": Field(kind="choice", nullable=True, choices=wire.choices(wire.CallToAction)),
    "is_generate_background": _SWITCH,
    "is_image_auto_resizing": _SWITCH,
    "selected_image_tag": _TEXT,
    "selected_video_tag": _TEXT,
    "preferred_media_type": Field(kind="choice", nullable=True, choices=wire.choices(wire.PreferredMediaType)),
    "bid_in_micro_currency": Field(kind="integer", nullable=True, matched=False),
    "included": Field(kind="boolean", nullable=True, matched=False),
    "definition": _DERIVED,
    "relative_definition": _DERIVED,
    "parent_id": Field(kind="id", nullable=True, matched=False),
}
UPDATE_FIELDS: dict[str, Field] = {"id": Field(kind="id"), **FIELDS}


class PromotionFields(TypedDict, total=False):
    """What can be written. An absent field is not sent; None is sent as null, where null is allowed."""

    catalog_product_group_id: Id
    catalog_product_group_name: str | None
    status: wire.EntityStatus | Enum
    creative_type: wire.CreativeType | Enum
    tracking_url: str | None
    collections_hero_pin_id: Id | None
    collections_hero_destination_url: str | None
    collections_header_type: wire.CollectionsHeaderType | Enum | None
    slideshow_collections_title: str | None
    slideshow_collections_description: str | None
    is_mdl: bool | None
    customizable_cta_type: wire.CallToAction | Enum | None
    is_generate_background: bool | None
    is_image_auto_resizing: bool | None
    selected_image_tag: str | None
    selected_video_tag: str | None
    preferred_media_type: wire.PreferredMediaType | Enum | None
    bid_in_micro_currency: int | None
    included: bool | None
    definition: str | None
    relative_definition: str | None
    parent_id: Id | None
    # Until 5.7 Pinterest wrote these two with an s; both are understood, and sent as the client's contract has them.
    catalogs_product_group_id: Id
    catalogs_product_group_name: str | None


class _AdGroup(TypedDict, total=False):
    ad_group_id: Id


class PromotionCreateFields(PromotionFields, _AdGroup, total=False):
    """One promotion to create, as a dict."""


class _Key(TypedDict):
    id: Id


class PromotionUpdateFields(PromotionFields, _AdGroup, _Key, total=False):
    """One promotion to change, as a dict. ``id`` says which."""


class PromotionCreate(Struct, kw_only=True):
    """One promotion to create. The same fields as the dict."""

    catalog_product_group_id: Id
    ad_group_id: Id | UnsetType = UNSET
    status: wire.EntityStatus | Enum | UnsetType = UNSET
    creative_type: wire.CreativeType | Enum | UnsetType = UNSET
    tracking_url: str | None | UnsetType = UNSET
    collections_hero_pin_id: Id | None | UnsetType = UNSET
    collections_hero_destination_url: str | None | UnsetType = UNSET
    collections_header_type: wire.CollectionsHeaderType | Enum | None | UnsetType = UNSET
    slideshow_collections_title: str | None | UnsetType = UNSET
    slideshow_collections_description: str | None | UnsetType = UNSET
    is_mdl: bool | None | UnsetType = UNSET
    customizable_cta_type: wire.CallToAction | Enum | None | UnsetType = UNSET
    is_generate_background: bool | None | UnsetType = UNSET
    is_image_auto_resizing: bool | None | UnsetType = UNSET
    selected_image_tag: str | None | UnsetType = UNSET
    selected_video_tag: str | None | UnsetType = UNSET
    preferred_media_type: wire.PreferredMediaType | Enum | None | UnsetType = UNSET


class Promotions(Resource[C]):
    """``client.promotions``."""

    @method
    def create(
        self,
        ad_account_id: Id,
        ad_group_id: Id | None,
        items: Sequence[PromotionCreate | PromotionCreateFields],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Promote catalog product groups: ``POST /ad_accounts/{ad_account_id}/product_group_promotions``.

        Sends ``{"ad_group_id": "…", "product_group_promotion": [{"catalog_product_group_id": "…", "status": "PAUSED"}]}``
        and receives ``{"items": [{"data": {…}, "exceptions": null}]}``. Any number of items: they are cut into requests of
        30, which go one after the other. Before the first one the newest promotion of the ad group is looked up; after a
        failure that leaves open what happened, the ad group is read back, so that nothing is created twice.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: where they are promoted. None: every item carries its own ``ad_group_id``; the ad groups are then
                written side by side.
            items: dicts (`PromotionCreateFields`) or `PromotionCreate`; ``tracking_url`` up to 4,000 characters.
            read_back: False saves the look-up; an ambiguous failure then ends as unknown.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: created, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed (token, permission, network). Its ``result`` holds the outcomes.

        Source: product_group_promotions/create in Pinterest's description 5.28.0.
        """
        items, groups = _split_groups(operations.PROMOTIONS_CREATE, ad_group_id, items)
        checked = batch.check_items(operations.PROMOTIONS_CREATE, FIELDS, items, required=("catalog_product_group_id",))
        return self._write(
            ad_account_id, operations.PROMOTIONS_CREATE, groups, checked, read_back, settle_seconds, progress, journal
        )

    @method
    def update(
        self,
        ad_account_id: Id,
        ad_group_id: Id | None,
        items: Sequence[PromotionUpdateFields],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Change promotions: ``PATCH /ad_accounts/{ad_account_id}/product_group_promotions``.

        Sends ``{"ad_group_id": "…", "product_group_promotion": [{"id": "…", "status": "PAUSED"}]}``: of each item exactly the
        fields given. A field that is absent keeps its value; None is sent as null. Sending an update again changes nothing
        more, so it is retried after any failure.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: the ad group of all of them. None: every item carries its own.
            items: dicts with ``id`` and what changes; each id once.
            read_back: after a failure without an answer, compare what is stored with what was sent.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: as for `create`.

        Returns:
            One `Outcome` per item, in the order given: updated, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed. Its ``result`` holds the outcomes.

        Source: product_group_promotions/update in Pinterest's description 5.28.0.
        """
        items, groups = _split_groups(operations.PROMOTIONS_UPDATE, ad_group_id, items)
        checked = batch.check_items(operations.PROMOTIONS_UPDATE, UPDATE_FIELDS, items, required=("id",), unique="id")
        return self._write(
            ad_account_id, operations.PROMOTIONS_UPDATE, groups, checked, read_back, settle_seconds, progress, journal
        )

    @listing
    def list(
        self,
        ad_account_id: Id,
        *,
        ad_group_id: Id | None = None,
        product_group_promotion_ids: Iterable[Id] | None = None,
        entity_statuses: Sequence[wire.EntityStatus] | None = None,
        order: wire.Order | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> Paging[ProductGroupPromotion]:
        """List promotions: ``GET /ad_accounts/{ad_account_id}/product_group_promotions``.

        A lazy iterator over all pages of ``{"items": [{…}], "bookmark": "…"}``; ``.pages()`` gives the pages themselves.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: all promotions of this ad group. Give this or the ids.
            product_group_promotion_ids: exactly these; any number, asked for 250 at a time.
            entity_statuses: the default is ACTIVE and PAUSED: archived ones and drafts are hidden.
            order: by id; higher ids are newer. Without it Pinterest promises no order.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Raises:
            InvalidInput: neither ad group nor ids, or both.

        Source: product_group_promotions/list in Pinterest's description 5.28.0 (since 5.8.0).
        """
        row = operations.PROMOTIONS_LIST
        if (ad_group_id is None) == (product_group_promotion_ids is None):
            raise InvalidInput(
                "ad_group_id, product_group_promotion_ids",
                "neither" if ad_group_id is None else "both",
                "one of the two",
                operation=row.id,
            )
        query: dict[str, Any] = {
            "ad_group_id": _bare(ad_group_id),
            "entity_statuses": entity_statuses,
            "order": order,
            "page_size": page_size,
            "bookmark": bookmark,
        }
        path = {"ad_account_id": ad_account_id}
        if product_group_promotion_ids is None:
            return Paging([operations.build(row, path, query)], flow.page(ProductGroupPromotion))
        calls = [
            operations.build(row, path, {**query, "product_group_promotion_ids": part})
            for part in _parts(row, "product_group_promotion_ids", product_group_promotion_ids, self._session.contract)
        ]
        return Paging(calls, flow.page(ProductGroupPromotion))

    @method
    def get(self, ad_account_id: Id, product_group_promotion_id: Id) -> Flow[ProductGroupPromotion]:
        """Get one promotion: ``GET /ad_accounts/{ad_account_id}/product_group_promotions/{product_group_promotion_id}``.

        Receives ``{"id": "…", "ad_group_id": "…", "status": "ACTIVE", …}``. A field the server did not send is `UNSET`.

        Raises:
            NotFound: there is no such promotion in this ad account.

        Source: product_group_promotions/get in Pinterest's description 5.28.0.
        """
        call = operations.build(
            operations.PROMOTIONS_GET,
            {"ad_account_id": ad_account_id, "product_group_promotion_id": product_group_promotion_id},
        )
        return (yield from flow.exchange(self._session, call, _ENTITY)).value

    # ----------------------------------------------------------------------------------------- inner

    def _write(
        self,
        ad_account_id: Id,
        row: operations.Operation,
        groups: list[str],
        items: list[dict[str, Any]],
        read_back: bool,
        settle_seconds: float,
        progress: Progress | None,
        journal: Any,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        jobs = [Job(index=n, group=group, item=item) for n, (group, item) in enumerate(zip(groups, items, strict=True))]
        noun = _noun(operations.check_id("ad_account_id", ad_account_id, row.id), row, self._session.contract)
        work: Batch[ProductGroupPromotion] = Batch(
            self._session, noun, jobs, read_back=read_back, settle_seconds=settle_seconds, progress=progress
        )
        return work.run()


_ENTITY = flow.entity(ProductGroupPromotion)


def _bare(ad_group_id: Id | None) -> Id | None:
    """Queries take the ad group id without the prefix AG that bodies may have."""
    return ad_group_id[2:] if isinstance(ad_group_id, str) and ad_group_id.startswith("AG") else ad_group_id


def _parts(row: operations.Operation, name: str, ids: Iterable[Id], contract: str) -> list[list[Id]]:
    """Cut any number of ids at the limit of the row."""
    if isinstance(ids, str | int) or not isinstance(ids, Iterable):
        raise InvalidInput(name, ids, "a list of ids", operation=row.id)
    every = list(dict.fromkeys(ids))
    if not every:
        raise InvalidInput(name, [], "at least one id", operation=row.id)
    param = row.params[name].at(contract) or row.params[name]
    size = param.maximum or len(every)
    return [every[n : n + size] for n in range(0, len(every), size)]


def _split_groups(row: operations.Operation, ad_group_id: Id | None, items: Any) -> tuple[Any, list[str]]:
    """Take ``ad_group_id`` out of the items: it belongs around them."""
    if isinstance(items, Mapping | str | bytes | Struct) or not isinstance(items, Iterable):
        raise InvalidInput("items", items, "a list of items", operation=row.id)
    common = None if ad_group_id is None else operations.check_ad_group_id("ad_group_id", ad_group_id, row.id)
    rest: list[Any] = []
    groups: list[str] = []
    for index, item in enumerate(items):
        if isinstance(item, Struct):
            item = {name: getattr(item, name) for name in item.__struct_fields__}
        own = item.get("ad_group_id", UNSET) if isinstance(item, Mapping) else UNSET
        where = f"items[{index}].ad_group_id"
        if own is UNSET and common is None and isinstance(item, Mapping):
            raise InvalidInput(where, None, "a value (or give ad_group_id for all)", operation=row.id)
        group = common if own is UNSET else operations.check_ad_group_id(where, own, row.id)
        if common is not None and group is not None and _bare(group) != _bare(common):
            raise InvalidInput(where, own, f"{common}, as given for all, or None for all", operation=row.id)
        groups.append(common or group or "")
        rest.append({k: v for k, v in item.items() if k != "ad_group_id"} if isinstance(item, Mapping) else item)
    return rest, groups


def _noun(ad_account_id: str, row: operations.Operation, contract: operations.Contract) -> Noun:
    path = {"ad_account_id": ad_account_id}
    listed = operations.PROMOTIONS_LIST
    statuses = (listed.params["entity_statuses"].at(contract) or listed.params["entity_statuses"]).choices

    def write(group: str, items: list[Mapping[str, Any]]) -> Call:
        named = [batch.for_contract(UPDATE_FIELDS, item, contract) for item in items]
        return operations.build(row, path, body={"ad_group_id": group, "product_group_promotion": named})

    def newest(group: str, page_size: int, bookmark: str | None) -> Call:
        query = {
            "ad_group_id": _bare(group), "entity_statuses": statuses, "order": "DESCENDING", "page_size": page_size,
            "bookmark": bookmark,
        }  # fmt: skip
        return operations.build(listed, path, query)

    def by_ids(ids: list[str]) -> Call:
        query = {"product_group_promotion_ids": ids, "entity_statuses": statuses, "page_size": 250}
        return operations.build(listed, path, query)

    return Noun(
        operation=row,
        done="created" if row is operations.PROMOTIONS_CREATE else "updated",
        model=ProductGroupPromotion,
        fields=UPDATE_FIELDS,
        write=write,
        newest=newest,
        by_ids=by_ids,
    )
