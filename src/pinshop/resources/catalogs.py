"""Catalogs, feeds and catalog product groups: ``/catalogs``.

Every call takes ``ad_account_id``: it is then made as the owner of that ad account, for which the token's user needs the role
Owner, Admin or Catalogs Manager there. Without it the token's own catalogs are meant.
"""

from __future__ import annotations

from typing import TypeVar

from pinshop.api import endpoints, operations
from pinshop.api.models import Catalog, decoders
from pinshop.api.params import Id
from pinshop.flow.paging import ListSpec
from pinshop.resources.binding import Resource
from pinshop.resources.listing import paginated

C = TypeVar("C")


class Catalogs(Resource[C]):
    """``client.catalogs``."""

    @paginated
    def list(
        self, *, ad_account_id: Id | None = None, page_size: int | None = None, bookmark: str | None = None
    ) -> ListSpec[Catalog]:
        """List catalogs: ``GET /catalogs``.

        A lazy iterator over all pages of ``{"items": [{"id": "…", "name": "…", "catalog_type": "RETAIL"}], "bookmark": "…"}``.

        Args:
            ad_account_id: as the owner of this ad account.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Source: catalogs/list in Pinterest's description 5.28.0 (since 5.11.0).
        """
        query = {"ad_account_id": ad_account_id, "page_size": page_size, "bookmark": bookmark}
        return ListSpec([operations.build(endpoints.CATALOGS_LIST, None, query)], decoders.as_page(Catalog))
