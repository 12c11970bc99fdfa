"""Who the token belongs to."""

from __future__ import annotations

from pinshop.api import endpoints, models, operations
from pinshop.api.models import UserAccount, decoders
from pinshop.api.params import Id
from pinshop.flow.exchange import exchange
from pinshop.flow.steps import Flow
from pinshop.resources.ad_accounts import C
from pinshop.resources.binding import Resource, operation


class UserAccounts(Resource[C]):
    """``client.user_account``."""

    @operation
    def get(self, *, ad_account_id: Id | None = None) -> Flow[UserAccount]:
        """Say who the token belongs to: ``GET /user_account``.

        Receives ``{"id": "…", "username": "…", "account_type": "BUSINESS", "business_name": "…", …}``.

        Args:
            ad_account_id: ask as the owner of this ad account; the token's user needs a role on it.

        Raises:
            Forbidden: code 403, no access to that account.

        Source: user_account/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.USER_ACCOUNT_GET, None, {"ad_account_id": ad_account_id})
        return (yield from exchange(self._session, call, decoders.as_entity(models.UserAccount))).value
