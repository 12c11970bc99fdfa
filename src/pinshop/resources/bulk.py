"""Bulk downloads: ``/ad_accounts/{ad_account_id}/bulk``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack

from pinshop.api import params
from pinshop.api.models import BulkData, BulkOrder, BulkState
from pinshop.api.params import Id
from pinshop.flow import bulk
from pinshop.flow.jobs import check_at_most
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation

C = TypeVar("C")


class Bulk(Resource[C]):
    """``client.bulk``: files of an ad account's campaigns, ad groups and promotions. Order, wait, download."""

    @operation
    def create(self, ad_account_id: Id, **fields: Unpack[params.BulkDownloadRequest]) -> Flow[BulkOrder]:
        """Order a file: ``POST /ad_accounts/{ad_account_id}/bulk/download``.

        Sends ``{"entity_types": ["CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP"], "updated_since": "1622848072"}`` and receives
        ``{"request_id": "2680059592705"}``. PRODUCT_GROUP are product group promotions. Pinterest writes that "only active
        entities will return data", though others may be meant.

        Args:
            ad_account_id: 1 to 18 digits.
            fields: what `BulkDownloadRequest` describes; moments are Unix seconds as text, or a `datetime` with a time zone.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.

        Source: bulk_download/create in Pinterest's description 5.23.0.
        """
        return bulk.order(self._session, ad_account_id, fields)

    @operation
    def get(self, ad_account_id: Id, request_id: str) -> Flow[BulkState]:
        """Ask how far a request is: ``GET /ad_accounts/{ad_account_id}/bulk/{bulk_request_id}``.

        Receives ``{"status": "SUCCEEDED", "result_url": "https://…"}``; other statuses: RUNNING, FAILED.

        Args:
            ad_account_id: 1 to 18 digits.
            request_id: the ``request_id`` of `BulkOrder`.

        Source: bulk_request/get in Pinterest's description 5.23.0.
        """
        return bulk.state_of(self._session, ad_account_id, request_id)

    @operation
    def wait(self, ad_account_id: Id, request_id: str, *, at_most_seconds: float = 1800.0) -> Flow[BulkState]:
        """Ask again and again, ever less often (after 1, 2, 4, … 30 seconds), until a file is ready.

        Args:
            ad_account_id: 1 to 18 digits.
            request_id: the ``request_id`` of `BulkOrder`.
            at_most_seconds: when to give up.

        Raises:
            ReportUnavailable: it failed, or is not ready in time. A state that is not documented is waited for, with an event.

        Source: bulk_request/get in Pinterest's description 5.23.0.
        """
        return bulk.wait(self._session, ad_account_id, request_id, at_most_seconds)

    @operation
    def download(self, ad_account_id: Id, request_id: str) -> Flow[BulkData]:
        """Get what a file holds: `get` for a fresh link, then a GET of that link.

        The link leads to another host: no access token is sent there, and no redirect followed. JSON, JSON lines and CSV are
        read, packed with gzip or not; how the file is laid out is not documented, so every plausible layout is taken.

        Returns:
            Campaigns, ad groups and promotions as the lists give them; entities of other types as they were written.

        Raises:
            ReportUnavailable: the file is not ready, or failed.
            BadReply: the file is too large, cut short, or neither JSON nor CSV.

        Source: bulk_request/get in Pinterest's description 5.23.0.
        """
        return bulk.download(self._session, ad_account_id, request_id)

    @operation
    def run(
        self,
        ad_account_id: Id,
        *,
        at_most_seconds: float = 1800.0,
        progress: Callable[[BulkState], object] | None = None,
        **fields: Unpack[params.BulkDownloadRequest],
    ) -> Flow[BulkData]:
        """Order a file, wait for it, and get what it holds: `create`, `wait` and `download` in one.

        Args:
            ad_account_id: 1 to 18 digits.
            at_most_seconds: how long to wait.
            progress: called with the `BulkState` after every question whether it is ready.
            fields: as for `create`.

        Raises:
            InvalidInput: a field was refused here; nothing was sent.
            ReportUnavailable: it failed, or is not ready in time.

        Source: bulk_download/create and bulk_request/get in Pinterest's description 5.23.0.
        """
        check_at_most(at_most_seconds, "bulk_request/get")
        ordered = yield from bulk.order(self._session, ad_account_id, fields)
        state = yield from bulk.wait(self._session, ad_account_id, ordered.request_id, at_most_seconds, progress)
        return (yield from bulk.download(self._session, ad_account_id, ordered.request_id, state))
