"""The fields of every create and update, with their types, choices and limits: a `TypedDict` for each body.

An `Enum` member stands for its value wherever there are choices.

Source: request bodies of Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Required, TypedDict

from pinshop.api.params.annotations import Id, Limits
from pinshop.api.params.rules import Examples, Rule, Rules, Verdict


class _Negatable(TypedDict, total=False):
    negated: bool


class Strings(_Negatable, total=False):
    """``{"values": ["ACME", …], "negated": false}``."""

    values: Required[Sequence[str]]


class Labels(Strings, total=False):
    """The same, compared by IS (default) or CONTAINS."""

    filter_operator_type: Literal["IS", "CONTAINS"]


class Paths(_Negatable, total=False):
    """``{"values": [["Home", "Kitchen"], …]}``: each value a path from the root."""

    values: Required[Sequence[Sequence[str]]]


class Price(_Negatable, total=False):
    """``{"values": 19.99, "inclusion": true}``: in units of currency, not micro-currency."""

    values: Required[Annotated[float | Decimal, Limits(0)]]
    inclusion: bool


class OneString(_Negatable, total=False):
    """``{"values": "USD"}``."""

    values: Required[str]


class Genders(_Negatable, total=False):
    """``{"values": ["FEMALE"]}``."""

    values: Required[Sequence[Literal["FEMALE", "MALE", "UNISEX"]]]


class MediaTypes(_Negatable, total=False):
    """``{"values": ["VIDEO"]}``."""

    values: Required[Sequence[Literal["IMAGE", "VIDEO"]]]


class Number(_Negatable, total=False):
    """``{"operator": "GREATER_THAN", "value": 5}``."""

    operator: Required[Literal["GREATER_THAN", "GREATER_THAN_OR_EQUALS", "LESS_THAN", "LESS_THAN_OR_EQUALS"]]
    value: Required[Annotated[int, Limits(0, 4294967295)]]


class Filter(TypedDict, total=False):
    """One criterion: exactly one of these keys. CUSTOM_NUMBER_* and TITLE_KEYWORDS are not in 5.14."""

    MIN_PRICE: Price
    MAX_PRICE: Price
    CURRENCY: OneString
    ITEM_ID: Strings
    AVAILABILITY: Strings
    BRAND: Strings
    CONDITION: Strings
    CUSTOM_LABEL_0: Labels
    CUSTOM_LABEL_1: Labels
    CUSTOM_LABEL_2: Labels
    CUSTOM_LABEL_3: Labels
    CUSTOM_LABEL_4: Labels
    ITEM_GROUP_ID: Strings
    GENDER: Genders
    MEDIA_TYPE: MediaTypes
    PRODUCT_TYPE_0: Paths
    PRODUCT_TYPE_1: Paths
    PRODUCT_TYPE_2: Paths
    PRODUCT_TYPE_3: Paths
    PRODUCT_TYPE_4: Paths
    GOOGLE_PRODUCT_CATEGORY_0: Paths
    GOOGLE_PRODUCT_CATEGORY_1: Paths
    GOOGLE_PRODUCT_CATEGORY_2: Paths
    GOOGLE_PRODUCT_CATEGORY_3: Paths
    GOOGLE_PRODUCT_CATEGORY_4: Paths
    GOOGLE_PRODUCT_CATEGORY_5: Paths
    GOOGLE_PRODUCT_CATEGORY_6: Paths
    PRODUCT_GROUP: Strings
    CUSTOM_NUMBER_0: Number
    CUSTOM_NUMBER_1: Number
    CUSTOM_NUMBER_2: Number
    CUSTOM_NUMBER_3: Number
    CUSTOM_NUMBER_4: Number
    TITLE_KEYWORDS: Strings


class Filters(TypedDict, total=False):
    """Which products a group selects: exactly one of ``any_of`` (one criterion is enough) and ``all_of``; never empty."""

    any_of: Annotated[Sequence[Filter], Limits(1)]
    all_of: Annotated[Sequence[Filter], Limits(1)]


class CatalogProductGroupCreate(TypedDict, total=False):
    """A catalog product group to create: of a feed (``feed_id``), or of a whole catalog (``catalog_id`` and ``catalog_type``).

    Pinterest offers groups of a whole retail catalog to selected partners only. Catalogs of other types have other filters and
    are out of this client's slice.
    """

    name: Required[str]
    filters: Required[Filters]
    feed_id: Id
    catalog_id: Id
    catalog_type: Literal["RETAIL"]
    description: str | None
    is_featured: bool
    country: str
    locale: str


class CatalogProductGroupUpdate(TypedDict, total=False):
    """The fields of a catalog product group to change."""

    name: str
    filters: Filters
    catalog_type: Literal["RETAIL"]
    description: str | None
    is_featured: bool
    country: str
    locale: str


def _exactly_one(*names: str) -> Rule:
    def rule(item: Mapping[str, Any]) -> Verdict:
        given = [name for name in names if name in item]
        if len(given) == 1:
            return None
        wanted = f"exactly one of {', '.join(names)}" if len(names) < 4 else "exactly one key"
        return "", " and ".join(given) or "none of them", wanted

    return rule


def _typed_catalog(item: Mapping[str, Any]) -> Verdict:
    if "catalog_id" in item and "catalog_type" not in item:
        return "catalog_type", None, "RETAIL, as catalog_id is given"
    return None


RULES: Rules = {
    Filter: (_exactly_one(*Filter.__annotations__),),
    Filters: (_exactly_one("any_of", "all_of"),),
    CatalogProductGroupCreate: (_exactly_one("feed_id", "catalog_id"), _typed_catalog),
}

EXAMPLES: Examples = {Filters: '{"any_of": [{"BRAND": {"values": ["X"]}}]}'}
