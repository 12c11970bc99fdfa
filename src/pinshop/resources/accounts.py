"""Ad accounts and the user account: ``/ad_accounts``, ``/user_account``."""

from __future__ import annotations

from typing import TypeVar, Unpack

from pinshop import flow, inputs, operations, wire
from pinshop.flow import Flow
from pinshop.inputs import Id
from pinshop.resources.colour import Paging, Resource, listing, method
from pinshop.wire import AdAccount, UserAccount

C = TypeVar("C")


class AdAccounts(Resource[C]):
    """``client.ad_accounts``."""

    @listing
    def list(
        self, *, include_shared_accounts: bool | None = None, page_size: int | None = None, bookmark: str | None = None
    ) -> Paging[AdAccount]:
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
        return Paging([operations.build(operations.AD_ACCOUNTS_LIST, None, query)], flow.page(AdAccount))

    @method
    def get(self, ad_account_id: Id) -> Flow[AdAccount]:
        """Get one ad account: ``GET /ad_accounts/{ad_account_id}``.

        Receives ``{"id": "…", "name": "…", "owner": {"id": "…", "username": "…"}, "country": "US", "currency": "USD",
        "permissions": ["OWNER"], "created_time": 1603772920, "updated_time": 1623173784}``; times are Unix seconds.

        Raises:
            NotFound: there is no such ad account.
            Unauthorized, Forbidden: code 29, this token's user has no role on it.

        Source: ad_accounts/get in Pinterest's description 5.28.0.
        """
        call = operations.build(operations.AD_ACCOUNTS_GET, {"ad_account_id": ad_account_id})
        return (yield from flow.exchange(self._session, call, flow.entity(AdAccount))).value

    @method
    def create(self, **fields: Unpack[inputs.AdAccountCreate]) -> Flow[AdAccount]:
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
        row = operations.AD_ACCOUNTS_CREATE
        call = operations.build(row, body=inputs.check(inputs.AdAccountCreate, fields, "ad_account", row.id))
        return (yield from flow.exchange(self._session, call, flow.entity(AdAccount))).value


class UserAccounts(Resource[C]):
    """``client.user_account``."""

    @method
    def get(self, *, ad_account_id: Id | None = None) -> Flow[UserAccount]:
        """Say who the token belongs to: ``GET /user_account``.

        Receives ``{"id": "…", "username": "…", "account_type": "BUSINESS", "business_name": "…", …}``.

        Args:
            ad_account_id: ask as the owner of this ad account; the token's user needs a role on it.

        Raises:
            Forbidden: code 403, no access to that account.

        Source: user_account/get in Pinterest's description 5.28.0.
        """
        call = operations.build(operations.USER_ACCOUNT_GET, None, {"ad_account_id": ad_account_id})
        return (yield from flow.exchange(self._session, call, flow.entity(wire.UserAccount))).value
