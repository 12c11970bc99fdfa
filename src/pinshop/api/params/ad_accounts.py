"""What the create of an ad account takes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Id, Limits, Pattern


class AdAccountCreate(TypedDict, total=False):
    """An ad account to create. Pinterest's description requires nothing; up to 50 accounts per user."""

    name: Annotated[str, Limits(1, 256)]
    country: Annotated[str, Pattern("[A-Z]{2}", "a country of ISO 3166-1 alpha-2, such as US")]
    currency: enums.Currency | Enum
    owner_user_id: Id
    time_zone: str
