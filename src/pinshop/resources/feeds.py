"""Feeds of catalogs."""

from __future__ import annotations

from pinshop.api import endpoints, operations
from pinshop.api.models import Feed, decoders
from pinshop.api.params import Id
from pinshop.flow.exchange import exchange
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation
from pinshop.resources.catalogs import C
from pinshop.resources.listing import paginated


class Feeds(Resource[C]):
    """``client.feeds``."""

    @paginated
    def list(
        self,
        *,
        catalog_id: Id | None = None,
        ad_account_id: Id | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[Feed]:
        """List feeds: ``GET /catalogs/feeds``.

        A lazy iterator over all pages of ``{"items": [{"id": "…", "format": "TSV", "location": "…"}], "bookmark": "…"}``.

        Args:
            catalog_id: only those of this catalog (since 5.11).
            ad_account_id: as the owner of this ad account.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Source: feeds/list in Pinterest's description 5.28.0.
        """
        query = {"catalog_id": catalog_id, "ad_account_id": ad_account_id, "page_size": page_size, "bookmark": bookmark}
        return ListSpec([operations.build(endpoints.FEEDS_LIST, None, query)], decoders.as_page(Feed))

    @operation
    def get(self, feed_id: Id, *, ad_account_id: Id | None = None) -> Flow[Feed]:
        """Get one feed: ``GET /catalogs/feeds/{feed_id}``.

        Raises:
            NotFound: code 4161, there is no such feed.

        Source: feeds/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.FEEDS_GET, {"feed_id": feed_id}, {"ad_account_id": ad_account_id})
        return (yield from exchange(self._session, call, decoders.as_entity(Feed))).value
