"""Catalog product groups: the parts of catalogs that can be promoted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from pinshop.api import endpoints, operations, params
from pinshop.api.models import CatalogProductGroup, Product, ProductCounts, decoders
from pinshop.api.params import Id
from pinshop.errors import NotFound
from pinshop.flow.exchange import exchange
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation
from pinshop.resources.catalogs import C
from pinshop.resources.listing import paginated


class CatalogProductGroups(Resource[C]):
    """``client.catalog_product_groups``: the parts of a catalog that can be promoted."""

    @paginated
    def list(
        self,
        *,
        feed_id: Id | None = None,
        catalog_id: Id | None = None,
        id: Iterable[Id] | None = None,  # noqa: A002 - Pinterest's name
        ad_account_id: Id | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[CatalogProductGroup]:
        """List catalog product groups: ``GET /catalogs/product_groups``.

        A lazy iterator over all pages of ``{"items": [{"id": "…", "name": "…", "filters": {…}}], "bookmark": "…"}``.

        Args:
            feed_id: only those of this feed (required by 5.6).
            catalog_id: only those of this catalog (since 5.11).
            id: exactly these; any number, asked for 1,000 at a time (since 5.11).
            ad_account_id: as the owner of this ad account.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Raises:
            Conflict: code 4182, this user has no catalog yet.

        Source: catalogs_product_groups/list in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_LIST
        query = {
            "feed_id": feed_id,
            "catalog_id": catalog_id,
            "ad_account_id": ad_account_id,
            "page_size": page_size,
            "bookmark": bookmark,
        }
        parts = [None] if id is None else operations.chunk_ids(row, "id", id, self._session.api_version)
        return ListSpec(
            [operations.build(row, None, {**query, "id": part}) for part in parts], decoders.as_page(CatalogProductGroup)
        )

    @operation
    def get(self, product_group_id: Id, *, ad_account_id: Id | None = None) -> Flow[CatalogProductGroup]:
        """Get one catalog product group: ``GET /catalogs/product_groups/{product_group_id}``.

        Receives ``{"id": "…", "name": "…", "filters": {"any_of": […]}, "feed_id": "…", "type": "MERCHANT_CREATED", …}``.

        Raises:
            NotFound: code 4180, there is no such group.

        Source: catalogs_product_groups/get in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_GET
        call = operations.build(row, {"product_group_id": product_group_id}, {"ad_account_id": ad_account_id})
        return (yield from exchange(self._session, call, decoders.as_entity(CatalogProductGroup))).value

    @operation
    def create(
        self, *, ad_account_id: Id | None = None, **fields: Unpack[params.CatalogProductGroupCreate]
    ) -> Flow[CatalogProductGroup]:
        """Create a catalog product group: ``POST /catalogs/product_groups``.

        Sends ``{"name": "…", "feed_id": "…", "filters": {"any_of": [{"BRAND": {"values": ["ACME"]}}]}}`` and receives the
        group. It is sent again only if it certainly was not executed; after an error with ``sent`` a second attempt that
        finds the group already there is refused with `Conflict`, so trying again is safe.

        Args:
            ad_account_id: as the owner of this ad account.
            fields: ``name`` and ``filters`` (`inputs.Filters`), and either ``feed_id`` or ``catalog_id`` with
                ``catalog_type``; besides ``description``, ``country``, ``locale``.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.
            Conflict: code 4178 or 4179, a group with these filters or this name exists; 4183, the filters are not valid.
            BadRequest: code 6136 or 6137, country and locale are needed, or not allowed.

        Source: catalogs_product_groups/create in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_CREATE
        body = params.check(params.CatalogProductGroupCreate, fields, "product_group", row.id)
        call = operations.build(row, None, {"ad_account_id": ad_account_id}, body)
        return (yield from exchange(self._session, call, decoders.as_entity(CatalogProductGroup))).value

    @operation
    def update(
        self,
        product_group_id: Id,
        *,
        ad_account_id: Id | None = None,
        **fields: Unpack[params.CatalogProductGroupUpdate],
    ) -> Flow[CatalogProductGroup]:
        """Change a catalog product group: ``PATCH /catalogs/product_groups/{product_group_id}``.

        Sends exactly the fields given and receives the group. Sending an update again changes nothing more, so it is retried
        after any failure.

        Args:
            product_group_id: 1 to 18 digits.
            ad_account_id: as the owner of this ad account.
            fields: ``name``, ``filters`` (replaced as a whole), ``description``, ``country``, ``locale``.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.
            NotFound: code 4180, there is no such group.
            Conflict: code 4177, Pinterest made this group; 4178 or 4179, another one has these filters or this name.

        Source: catalogs_product_groups/update in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_UPDATE
        body = params.check(params.CatalogProductGroupUpdate, fields, "product_group", row.id)
        call = operations.build(row, {"product_group_id": product_group_id}, {"ad_account_id": ad_account_id}, body)
        return (yield from exchange(self._session, call, decoders.as_entity(CatalogProductGroup))).value

    @operation
    def delete(self, product_group_id: Id, *, ad_account_id: Id | None = None) -> Flow[None]:
        """Delete a catalog product group: ``DELETE /catalogs/product_groups/{product_group_id}``.

        Receives nothing (204). Archive its promotions first.

        Raises:
            NotFound: code 4180, there is no such group.
            Conflict: code 4176, it has active promotions; 4177, Pinterest made this group.

        Source: catalogs_product_groups/delete in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_DELETE
        call = operations.build(row, {"product_group_id": product_group_id}, {"ad_account_id": ad_account_id})
        try:
            yield from exchange(self._session, call, decoders.as_json)
        except NotFound as error:
            # Not at the first attempt: an earlier one, whose answer was lost, has deleted it.
            if error.attempts < 2:
                raise

    @operation
    def product_counts(self, product_group_id: Id, *, ad_account_id: Id | None = None) -> Flow[ProductCounts]:
        """Count the products a group selects: ``GET /catalogs/product_groups/{product_group_id}/product_counts``.

        Receives ``{"total": 12, "in_stock": 10, "out_of_stock": 2, "preorder": 0, "videos": 0}``.

        Raises:
            NotFound: code 4180, there is no such group.

        Source: catalogs_product_groups/product_counts_get in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_COUNTS
        call = operations.build(row, {"product_group_id": product_group_id}, {"ad_account_id": ad_account_id})
        return (yield from exchange(self._session, call, decoders.as_entity(ProductCounts))).value

    @paginated
    def products(
        self,
        product_group_id: Id,
        *,
        ad_account_id: Id | None = None,
        pin_metrics: bool | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[Product]:
        """List the products a group selects: ``GET /catalogs/product_groups/{product_group_id}/products``.

        A lazy iterator over all pages of ``{"items": [{"metadata": {"item_id": "…", "price": 24.99, …}, "pin": {…}}], …}``.
        Prices are exact, in units of their currency. The token also needs the scopes boards:read and pins:read.

        Args:
            product_group_id: 1 to 18 digits.
            ad_account_id: as the owner of this ad account.
            pin_metrics: True adds metrics to the Pins (since 5.11).
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Source: catalogs_product_group_pins/list in Pinterest's description 5.28.0.
        """
        row = endpoints.CATALOG_PRODUCT_GROUPS_PRODUCTS
        query = {"ad_account_id": ad_account_id, "pin_metrics": pin_metrics, "page_size": page_size, "bookmark": bookmark}
        return ListSpec([operations.build(row, {"product_group_id": product_group_id}, query)], decoders.as_page(Product))
