"""Ad accounts and the user account. Source: ``AdAccount`` and ``Account`` of Pinterest's descriptions 5.6.0 to 5.28.0."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import BusinessAccessRole, Currency
from pinshop.api.models.shapes import Entity


class AdAccountOwner(Entity):
    """Who owns an ad account. ``id`` since 5.14."""

    id: str = ""
    username: str | None | UnsetType = UNSET


class AdAccount(Entity):
    """An ad account: what campaigns, ad groups and promotions belong to, in one currency.

    Times are Unix seconds, since 5.14.
    """

    id: str = ""
    name: str | None | UnsetType = UNSET
    owner: AdAccountOwner | None | UnsetType = UNSET
    #: ISO 3166-1 alpha-2.
    country: str | None | UnsetType = UNSET
    #: ISO 4217; its millionth is the micro-currency of every amount in this account.
    currency: Currency | str | None | UnsetType = UNSET
    #: What the token's user may do here.
    permissions: list[BusinessAccessRole | str | None] | None | UnsetType = UNSET
    #: IANA name. Since 5.28.
    time_zone: str | None | UnsetType = UNSET
    created_time: int | None | UnsetType = UNSET
    updated_time: int | None | UnsetType = UNSET
