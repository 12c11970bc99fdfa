"""What a manifest declares, read and checked: accounts, campaigns, ad groups, promotions, and where each stands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from msgspec import Struct

from pinshop.api import params
from pinshop.api.params.campaigns import CampaignDeclared
from pinshop.plans.nodes import Problem
from pinshop.plans.values import Money, converters

#: What a manifest may set a status to. The rest is Pinterest's to set.
STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT")

ENTITY_TYPES: dict[str, type] = {
    "campaign": CampaignDeclared,
    "ad_group": params.AdGroupUpdate,
    "promotion": params.ProductGroupPromotionUpdate,
}

#: Fields of a request that are no fields of an entry: they are its key, or the place it stands at.
_NO_FIELDS: dict[str, frozenset[str]] = {
    "campaign": frozenset({"id", "ad_account_id"}),
    "ad_group": frozenset({"id", "campaign_id"}),
    "promotion": frozenset({"id", "catalog_product_group_id", "catalog_product_group_name"}),
}

#: The key of a list of fields to clear, for formats without null.
CLEAR = "clear"

GROUP_REFS = ("catalog_product_group_id", "catalog_product_group_name", "catalog_product_group_pattern")


class Place(Struct, frozen=True):
    """Where something stands, and what it is called in messages."""

    file: str
    line: int
    column: int
    path: str

    def problem(self, field: str, given: Any, allowed: str) -> Problem:
        name = f"{self.path}.{field}" if field and self.path else field or self.path
        return Problem(self.file, self.line, self.column, name, given, allowed)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class PromotionEntry(Struct):
    """One entry: exactly one of id, catalog product group id, name or pattern leads to its promotions."""

    place: Place
    id: str | None
    group_id: str | None
    group_name: str | None
    pattern: str | None
    #: None: not named, which is REGULAR unless ``id`` is given.
    creative_type: str | None
    #: Of the request, ``status`` among them. Only what the entry or its defaults name.
    fields: dict[str, Any]
    #: It changes a promotion, and never creates one.
    existing: bool = False


class AdGroupEntry(Struct):
    """An ad group: by ``id`` (then ``name`` is a field), or by name."""

    place: Place
    id: str | None
    name: str | None
    campaign_id: str | None
    campaign: str | None
    exclusive: bool
    protect: bool
    fields: dict[str, Any]
    promotions: list[PromotionEntry]


class CampaignEntry(Struct):
    """A campaign: by ``id`` (then ``name`` is a field), or by name."""

    place: Place
    id: str | None
    name: str | None
    fields: dict[str, Any]


class AccountSection(Struct):
    """What is declared for one ad account. Neither id nor name: the account is given when the plan is made."""

    place: Place
    id: str | None
    name: str | None
    protect: bool
    campaigns: list[CampaignEntry]
    ad_groups: list[AdGroupEntry]
    #: Amounts that named their currency.
    money: list[tuple[Place, Money]]


class Manifest(Struct):
    """One or more manifest files, read and checked."""

    files: list[str]
    #: SHA-256 of what they hold.
    digest: str
    accounts: list[AccountSection]

    def __len__(self) -> int:
        """How many promotions are declared; one pattern counts as one."""
        return sum(len(group.promotions) for section in self.accounts for group in section.ad_groups)


@lru_cache(maxsize=8)
def field_names(entity_type: str) -> frozenset[str]:
    """The fields that entries of an entity type may name."""
    return frozenset(converters(ENTITY_TYPES[entity_type])) - _NO_FIELDS[entity_type]
