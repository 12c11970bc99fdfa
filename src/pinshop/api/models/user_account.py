"""Who a token belongs to."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import AccountType
from pinshop.api.models.shapes import Entity


class UserAccount(Entity):
    """Who a token belongs to. Up to 5.6 only account_type, profile_image, website_url and username."""

    id: str = ""
    username: str | None | UnsetType = UNSET
    account_type: AccountType | str | None | UnsetType = UNSET
    business_name: str | None | UnsetType = UNSET
    about: str | None | UnsetType = UNSET
    profile_image: str | None | UnsetType = UNSET
    website_url: str | None | UnsetType = UNSET
    board_count: int | None | UnsetType = UNSET
    pin_count: int | None | UnsetType = UNSET
    follower_count: int | None | UnsetType = UNSET
    following_count: int | None | UnsetType = UNSET
    monthly_views: int | None | UnsetType = UNSET
