"""Ad accounts and the user account: ``/ad_accounts``, ``/user_account``."""

from __future__ import annotations

from typing import TypeVar, Unpack

from pinshop.api import endpoints, operations, params
from pinshop.api.models import AdAccount, decoders
from pinshop.api.params import Id
from pinshop.flow.exchange import exchange
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow
from pinshop.resources.binding import Resource, operation
from pinshop.resources.listing import paginated

C = TypeVar("C")


class AdAccounts(Resource[C]):
    """``client.ad_accounts``."""

    @paginated
    def list(
        self, *, include_shared_accounts: bool | None = None, page_size: int | None = None, bookmark: str | None = None
    ) -> ListSpec[AdAccount]:
        """List ad accounts the token may use: ``GET /ad_accounts``.

        A lazy iterator over all pages of ``{"items": [{"id": "…", "name": "…", "currency": "USD", …}], "bookmark": "…"}``;
        ``.pages()`` gives the pages themselves.

        Args:
            include_shared_accounts: False leaves out accounts others share with this user; Pinterest's default is True.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Source: ad_accounts/list in Pinterest's description 5.28.0.
        """
        query = {"include_shared_accounts": include_shared_accounts, "page_size": page_size, "bookmark": bookmark}
        return ListSpec([operations.build(endpoints.AD_ACCOUNTS_LIST, None, query)], decoders.as_page(AdAccount))

    @operation
    def get(self, ad_account_id: Id) -> Flow[AdAccount]:
        """Get one ad account: ``GET /ad_accounts/{ad_account_id}``.

        Receives ``{"id": "…", "name": "…", "owner": {"id": "…", "username": "…"}, "country": "US", "currency": "USD",
        "permissions": ["OWNER"], "created_time": 1603772920, "updated_time": 1623173784}``; times are Unix seconds.

        Raises:
            NotFound: there is no such ad account.
            Unauthorized, Forbidden: code 29, this token's user has no role on it.

        Source: ad_accounts/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.AD_ACCOUNTS_GET, {"ad_account_id": ad_account_id})
        return (yield from exchange(self._session, call, decoders.as_entity(AdAccount))).value

    @operation
    def create(self, **fields: Unpack[params.AdAccountCreate]) -> Flow[AdAccount]:
        """Create an ad account: ``POST /ad_accounts``.

        Sends ``{"name": "…", "country": "US", "currency": "USD", "owner_user_id": "…"}`` and receives the account. A user has
        50 ad accounts at most. It is sent again only if it certainly was not executed: after an error with ``sent`` look
        at `list` before trying again, for an ad account cannot be deleted here.

        Args:
            fields: ``name`` (up to 256 characters), ``country`` (ISO 3166-1 alpha-2), ``currency`` (ISO 4217, since 5.23),
                ``owner_user_id``, ``time_zone`` (IANA, since 5.28).

        Raises:
            InvalidInput: a field was refused here; nothing was sent.

        Source: ad_accounts/create in Pinterest's description 5.28.0.
        """
        row = endpoints.AD_ACCOUNTS_CREATE
        call = operations.build(row, body=params.check(params.AdAccountCreate, fields, "ad_account", row.id))
        return (yield from exchange(self._session, call, decoders.as_entity(AdAccount))).value
