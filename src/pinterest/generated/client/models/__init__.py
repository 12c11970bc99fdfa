"""The models of the seed page. ``pinterest.generated.client.model.x`` gives each of them under its old path.

``from pinterest.generated.client.models import *`` completes the page's examples: it brings all models but the one named
Exception, which would hide Python's own (import that by name), and `dateutil_parser`, which the page takes for granted.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from pinterest.generated.client.exceptions import ApiAttributeError, ApiValueError
from pinterest.generated.client.model_utils import (
    _MISSING,
    Enum,
    ListResponse,
    ModelComposed,
    ModelNormal,
    _too_many,
    batch_items,
    none_type,
)
from pinterest.generated.client.model_utils import parse as dateutil_parser

__all__ = [
    "ConversionReportTimeType",
    "CreativeType",
    "EntityStatus",
    "Error",
    "Granularity",
    "ProductGroupAnalyticsResponse",
    "ProductGroupPromotion",
    "ProductGroupPromotionArrayElement",
    "ProductGroupPromotionArrayResponse",
    "ProductGroupPromotionCommon",
    "ProductGroupPromotionCreateRequest",
    "ProductGroupPromotionListResponse",
    "ProductGroupPromotionUpdateItem",
    "ProductGroupPromotionUpdateRequest",
    "ProductGroupPromotionUpdateResponseItem",
    "dateutil_parser",
]

_TEXT = (str, none_type)
_FLAG = (bool, none_type)
_ID = {"regex": {"pattern": r"^\d+$"}}
_AD_GROUP_ID = {"regex": {"pattern": r"^(AG)?\d+$"}}


def _values(*names: str) -> dict[tuple[str, ...], dict[str, Any]]:
    return {("value",): {name: name for name in names}}


# -------------------------------------------------------------------------------------------------- enums


class EntityStatus(Enum):
    """ACTIVE, PAUSED or ARCHIVED; since 5.12.0 also DRAFT and DELETED_DRAFT."""

    __slots__ = ()
    allowed_values = _values("ACTIVE", "PAUSED", "ARCHIVED")
    later_values = frozenset({"DRAFT", "DELETED_DRAFT"})


class CreativeType(Enum):
    """How a promotion looks. SHOP_THE_PIN is the old name of COLLECTION."""

    __slots__ = ()
    allowed_values = _values("REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "IDEA")
    later_values = frozenset(
        {
            "COLLECTION",
            "SHOWCASE",
            "QUIZ",
            "COLLAGE",
            "MAX_WIDTH_REGULAR_COLLECTION",
            "MAX_WIDTH_VIDEO_COLLECTION",
            "APP",
        }
    )


class Granularity(Enum):
    """TOTAL, DAY, HOUR, WEEK or MONTH. WEEKLY and MONTHLY, which the page's text has, are taken for WEEK and MONTH."""

    __slots__ = ()
    allowed_values = _values("TOTAL", "DAY", "HOUR", "WEEK", "MONTH")
    _spellings: ClassVar[dict[str, str]] = {"WEEKLY": "WEEK", "MONTHLY": "MONTH"}

    def _check_allowed(self, name: str, value: Any) -> Any:
        return super()._check_allowed(name, self._spellings.get(value, value) if isinstance(value, str) else value)


class ConversionReportTimeType(Enum):
    """TIME_OF_AD_ACTION or TIME_OF_CONVERSION."""

    __slots__ = ()
    allowed_values = {("value",): {"AD_ACTION": "TIME_OF_AD_ACTION", "CONVERSION": "TIME_OF_CONVERSION"}}


# ------------------------------------------------------------------------------------------------- entities

# 5.8.0 renamed two fields. Each name finds the other's value where only that one is set, so that code of either time can
# read either answer; `to_dict` shows what is really there, and what is sent is what was set.
_RENAMED = {
    "catalogs_product_group_id": "catalog_product_group_id",
    "catalogs_product_group_name": "catalog_product_group_name",
}
_RENAMED |= {new: old for old, new in _RENAMED.items()}


class _Promotion(ModelNormal):
    __slots__ = ()

    status: EntityStatus
    tracking_url: str | None
    catalogs_product_group_id: str
    catalogs_product_group_name: str
    creative_type: CreativeType
    collections_hero_pin_id: str | None
    collections_hero_destination_url: str | None
    slideshow_collections_title: str | None
    slideshow_collections_description: str | None
    is_mdl: bool | None

    def _lookup(self, name: Any) -> Any:
        value = self._data_store.get(name, _MISSING)
        if value is _MISSING and name in _RENAMED:
            return self._data_store.get(_RENAMED[name], _MISSING)
        return value


class ProductGroupPromotionCommon(_Promotion):
    """One promotion to create."""

    __slots__ = ()
    openapi_types = {
        "status": (EntityStatus,),
        "tracking_url": _TEXT,
        "catalogs_product_group_id": (str,),
        "catalogs_product_group_name": (str,),
        "creative_type": (CreativeType,),
        "collections_hero_pin_id": _TEXT,
        "collections_hero_destination_url": _TEXT,
        "slideshow_collections_title": _TEXT,
        "slideshow_collections_description": _TEXT,
        "is_mdl": _FLAG,
    }
    attribute_map = {name: name for name in openapi_types}
    validations = {("catalogs_product_group_id",): _ID, ("collections_hero_pin_id",): _ID}


class ProductGroupPromotion(ModelComposed, _Promotion):
    """A promotion as the server has it. Money is in micro-currency of the ad account."""

    __slots__ = ()
    openapi_types = {
        "id": (str,),
        "ad_group_id": (str,),
        "type": _TEXT,
        "bid_in_micro_currency": (int,),
        "included": _FLAG,
        "definition": _TEXT,
        "relative_definition": _TEXT,
        "parent_id": _TEXT,
        "slideshow_collections_title": _TEXT,
        "slideshow_collections_description": _TEXT,
        "status": (EntityStatus,),
        "tracking_url": _TEXT,
        "catalogs_product_group_id": (str,),
        "catalogs_product_group_name": (str,),
        "creative_type": (CreativeType,),
        "collections_hero_pin_id": _TEXT,
        "collections_hero_destination_url": _TEXT,
        "is_mdl": _FLAG,
    }
    attribute_map = {name: name for name in openapi_types}
    validations = {
        ("id",): _ID,
        ("ad_group_id",): _AD_GROUP_ID,
        ("parent_id",): _ID,
        ("catalogs_product_group_id",): _ID,
        ("collections_hero_pin_id",): _ID,
    }

    id: str
    ad_group_id: str
    type: str | None
    bid_in_micro_currency: int
    included: bool | None
    definition: str | None
    relative_definition: str | None
    parent_id: str | None

    @classmethod
    def _received(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "status" in value:
            value["status"] = EntityStatus._received(value["status"])
        if "creative_type" in value:
            value["creative_type"] = CreativeType._received(value["creative_type"])
        return cls._wrap(value)

    @classmethod
    def _answer(cls, value: Any, *, check: bool) -> Any:
        if isinstance(value, dict) and isinstance(value.get("items"), list):  # 5.8 to 5.14
            items = value["items"]
            if len(items) != 1 or not isinstance(items[0], dict) or not isinstance(items[0].get("data"), dict):
                raise ApiValueError(f"the answer holds no promotion: {str(items)[:500]}")
            value = items[0]["data"]
        return super()._answer(value, check=check)


class Error(ModelNormal):
    """Why the server refused a request: ``{"code": 2, "message": "…"}``."""

    __slots__ = ()
    openapi_types = {"code": (int,), "message": (str,)}
    attribute_map = {name: name for name in openapi_types}

    code: int
    message: str

    def __init__(self, code: int, message: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"code": code, "message": message, **kwargs})

    @classmethod
    def _from_openapi_data(cls, code: int, message: str, *args: Any, **kwargs: Any) -> Any:
        return cls(code, message, *args, **kwargs)


class Exception(ModelNormal):
    """Why the server refused one item: ``{"code": 2, "message": "…"}``. It cannot be raised."""

    __slots__ = ()
    openapi_types = {"code": (int,), "message": (str,)}
    attribute_map = {name: name for name in openapi_types}

    code: int
    message: str


class Exceptions(list[Exception]):
    """The reasons of one item, as 5.8.0 and later send them: a list.

    It speaks for its first entry too (``.code``, ``.message``, ``["code"]``, ``.get``), since up to 5.7.0 there was one.
    """

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            return super().__getitem__(name)
        value = self.get(name, _MISSING)
        if value is _MISSING:
            raise ApiAttributeError(f"Exception has no attribute '{name}'", [name])
        return value

    def __contains__(self, item: Any) -> bool:
        return self.get(item, _MISSING) is not _MISSING if isinstance(item, str) else super().__contains__(item)

    def get(self, name: str, default: Any = None) -> Any:
        """A field of the first entry."""
        return super().__getitem__(0).get(name, default) if self else default

    def to_dict(self) -> list[dict[str, Any]]:
        """The entries as plain values."""
        return [item.to_dict() for item in self]


def _exceptions(value: Any) -> Any:
    if isinstance(value, dict):
        return Exception._received(value)
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return Exceptions(map(Exception._received, value))
    return value


class _Element(ModelNormal):
    __slots__ = ()
    openapi_types = {"data": (ProductGroupPromotion,), "exceptions": (Exception,)}
    attribute_map = {name: name for name in openapi_types}

    data: ProductGroupPromotion
    exceptions: Exception

    @classmethod
    def _received(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "data" not in value and "exceptions" not in value:  # an entity without its wrapper
            value = {"data": value}
        if "data" in value:
            value["data"] = ProductGroupPromotion._received(value["data"])
        if "exceptions" in value:
            value["exceptions"] = _exceptions(value["exceptions"])
        return cls._wrap(value)


class ProductGroupPromotionArrayElement(_Element):
    """What became of one item of a create: ``data`` and ``exceptions``."""

    __slots__ = ()


class ProductGroupPromotionUpdateResponseItem(_Element):
    """What became of one item of an update: ``data`` and ``exceptions``."""

    __slots__ = ()


# ------------------------------------------------------------------------------------------------- requests


class ProductGroupPromotionUpdateItem(ModelNormal):
    """One promotion to change: its ``id`` and whatever is to change, each with its name."""

    __slots__ = ()
    openapi_types = {"id": (str,)}
    attribute_map = {name: name for name in openapi_types}

    id: str

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        if args and args != (None,):  # (None) is what the page prints; it makes an empty item
            raise _too_many(type(self), args, kwargs.get("_path_to_item", ()))
        self._fill(kwargs)


class ProductGroupPromotionCreateRequest(ModelNormal):
    """The body of a create: promotions for one ad group, 1 to 30."""

    __slots__ = ()
    openapi_types = {"ad_group_id": (str,), "product_group_promotion": ([ProductGroupPromotionCommon],)}
    attribute_map = {name: name for name in openapi_types}
    validations = {("ad_group_id",): _AD_GROUP_ID}

    ad_group_id: str
    product_group_promotion: list[ProductGroupPromotionCommon]

    def __init__(
        self, ad_group_id: str, product_group_promotion: list[ProductGroupPromotionCommon], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, ad_group_id=ad_group_id, product_group_promotion=product_group_promotion, **kwargs)

    @classmethod
    def _from_openapi_data(cls, ad_group_id: Any, product_group_promotion: Any, *args: Any, **kwargs: Any) -> Any:
        return cls(ad_group_id, product_group_promotion, *args, **kwargs)


class ProductGroupPromotionUpdateRequest(ModelNormal):
    """The body of an update: changes to promotions of one ad group."""

    __slots__ = ()
    openapi_types = {"ad_group_id": (str,), "product_group_promotion": ([ProductGroupPromotionUpdateItem],)}
    attribute_map = {name: name for name in openapi_types}
    validations = {("ad_group_id",): _AD_GROUP_ID}

    ad_group_id: str
    product_group_promotion: list[ProductGroupPromotionUpdateItem]

    def __init__(
        self, ad_group_id: str, product_group_promotion: list[ProductGroupPromotionUpdateItem], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, ad_group_id=ad_group_id, product_group_promotion=product_group_promotion, **kwargs)

    @classmethod
    def _from_openapi_data(cls, ad_group_id: Any, product_group_promotion: Any, *args: Any, **kwargs: Any) -> Any:
        return cls(ad_group_id, product_group_promotion, *args, **kwargs)


# ------------------------------------------------------------------------------------------------- responses


class ProductGroupPromotionArrayResponse(ListResponse):
    """What a create answers; ``value`` is a list of `ProductGroupPromotionArrayElement`, in the order sent."""

    __slots__ = ()
    openapi_types = {"value": ([ProductGroupPromotionArrayElement],)}

    value: list[ProductGroupPromotionArrayElement]

    @classmethod
    def _answer(cls, value: Any, *, check: bool) -> Any:
        return super()._answer(batch_items(value), check=check)

    @classmethod
    def _items(cls, items: list[Any]) -> list[Any]:
        return [ProductGroupPromotionArrayElement._received(item) for item in items]


class ProductGroupAnalyticsResponse(ListResponse):
    """What product groups earned; ``value`` is a list of dicts, one per id and period.

    Values are exactly what was sent, but for ``DATE``, which is a `datetime.date`, by the hour a `datetime.datetime`.
    """

    __slots__ = ()
    openapi_types = {"value": ([{str: (bool, str, int, float, list, dict, none_type)}],)}

    value: list[dict[str, Any]]

    @classmethod
    def _items(cls, items: list[Any]) -> list[Any]:
        days: dict[str, Any] = {}
        for row in items:
            if isinstance(row, dict) and isinstance(text := row.get("DATE"), str):
                day = days.get(text)
                if day is None:
                    day = days[text] = _day(text)
                row["DATE"] = day
        return items


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text


class ProductGroupPromotionListResponse(ModelNormal):
    """One page of a list: ``items`` (each a `ProductGroupPromotionArrayElement`) and ``bookmark``, None at the end."""

    __slots__ = ()
    openapi_types = {"items": ([ProductGroupPromotionArrayElement],), "bookmark": _TEXT}
    attribute_map = {name: name for name in openapi_types}

    items: list[ProductGroupPromotionArrayElement]
    bookmark: str | None

    @classmethod
    def _received(cls, value: Any) -> Any:
        if isinstance(value.get("items"), list):
            value["items"] = [ProductGroupPromotionArrayElement._received(item) for item in value["items"]]
        return cls._wrap(value)


def __getattr__(name: str) -> Any:
    from pinterest.generated.client.not_shipped import missing_attribute

    return missing_attribute(__name__, name)
