"""The JSON of Pinterest's API as values: models, open enums, and decoding that never loses an answer.

Absent is not null: a field the server did not send is `UNSET`, a field it sent as null is `None`.
Enums are open: an unknown value stays the string it was. Numbers are exact: an integer stays an `int`,
any other number is a `decimal.Decimal` in analytics rows. Ids are strings.

All generations of response shapes are accepted everywhere (source: Pinterest's descriptions 5.6.0 to 5.28.0):

    create, update   [{data, exceptions}]            5.4-5.7 (exceptions is one object)
                     {items: [{data, exceptions}]}   5.8 and later (exceptions is a list or null)
    get              {…promotion}                    5.4-5.7 and 5.15 and later
                     {items: [{data, exceptions}]}   5.8-5.14
    list             {items: [{data, exceptions}], bookmark}   5.8-5.14
                     {items: [promotion], bookmark}            5.15 and later
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from pinshop.errors import BadReply

T = TypeVar("T")

__all__ = ["UNSET", "UnsetType"]  # the rest is public by name; these two are re-exported on purpose

# ---------------------------------------------------------------------------------------------- enums

#: Source: EntityStatus; DRAFT and DELETED_DRAFT since 5.12.0. There is no delete: ARCHIVED is the end.
EntityStatus: TypeAlias = Literal["ACTIVE", "PAUSED", "ARCHIVED", "DRAFT", "DELETED_DRAFT"]
#: Source: CreativeType 5.28.0. SHOP_THE_PIN is the deprecated name of COLLECTION (5.10.0).
CreativeType: TypeAlias = Literal[
    "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA", "SHOWCASE",
    "QUIZ", "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION", "APP",
]  # fmt: skip
Granularity: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]
Order: TypeAlias = Literal["ASCENDING", "DESCENDING"]
ConversionReportTime: TypeAlias = Literal["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]
ReportingTimezone: TypeAlias = Literal["PINTEREST_TIME_ZONE", "AD_ACCOUNT_TIME_ZONE"]
GridClickType: TypeAlias = Literal["CLOSEUP", "DIRECT_TO_DESTINATION"]
CollectionsHeaderType: TypeAlias = Literal[
    "SHOP_THIS_COLLECTION", "EXPLORE_THIS_COLLECTION", "NO_HEADER", "ON_SALE", "GET_DEAL"
]
PreferredMediaType: TypeAlias = Literal["VIDEO", "IMAGE"]


def choices(alias: Any) -> tuple[str, ...]:
    """The values of one of the Literal aliases above."""
    return get_args(alias)


# --------------------------------------------------------------------------------------------- models


class ServerException(Struct, frozen=True):
    """Pinterest's ``Exception``: why one item of a batch was refused. ``{"code": 2, "message": "…"}``."""

    code: int | None = None
    message: str | None = None


class ProductGroupPromotion(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """A catalog product group promoted in an ad group.

    Money is in micro-currency of the ad account (1,000,000 = one unit). Fields by version: see
    ``ProductGroupPromotion`` in Pinterest's description. Nothing is required, so anything may be `UNSET`.
    """

    id: str | None | UnsetType = UNSET
    ad_group_id: str | None | UnsetType = UNSET
    catalog_product_group_id: str | None | UnsetType = UNSET
    catalog_product_group_name: str | None | UnsetType = UNSET
    status: EntityStatus | str | None | UnsetType = UNSET
    creative_type: CreativeType | str | None | UnsetType = UNSET
    tracking_url: str | None | UnsetType = UNSET
    collections_hero_pin_id: str | None | UnsetType = UNSET
    collections_hero_destination_url: str | None | UnsetType = UNSET
    collections_header_type: CollectionsHeaderType | str | None | UnsetType = UNSET
    slideshow_collections_title: str | None | UnsetType = UNSET
    slideshow_collections_description: str | None | UnsetType = UNSET
    is_mdl: bool | None | UnsetType = UNSET
    bid_in_micro_currency: int | None | UnsetType = UNSET
    included: bool | None | UnsetType = UNSET
    definition: str | None | UnsetType = UNSET
    relative_definition: str | None | UnsetType = UNSET
    parent_id: str | None | UnsetType = UNSET
    grid_click_type: GridClickType | str | None | UnsetType = UNSET
    customizable_cta_type: str | None | UnsetType = UNSET
    is_generate_background: bool | None | UnsetType = UNSET
    is_image_auto_resizing: bool | None | UnsetType = UNSET
    selected_image_tag: str | None | UnsetType = UNSET
    selected_video_tag: str | None | UnsetType = UNSET
    preferred_media_type: PreferredMediaType | str | None | UnsetType = UNSET
    type: str | None | UnsetType = UNSET
    # 5.4-5.7 wrote these two with an s; whoever reads the modern name finds the value there as well.
    catalogs_product_group_id: str | None | UnsetType = UNSET
    catalogs_product_group_name: str | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.catalog_product_group_id is UNSET:
            self.catalog_product_group_id = self.catalogs_product_group_id
        if self.catalog_product_group_name is UNSET:
            self.catalog_product_group_name = self.catalogs_product_group_name


class BatchItem(Struct):
    """One entry of a batch answer, whatever its generation: ``{data, exceptions}``."""

    data: Any = None
    exceptions: tuple[ServerException, ...] = ()


class Page(Struct, Generic[T]):
    """One page of a list: ``{items: […], bookmark: "…" | null}``."""

    items: list[T]
    bookmark: str | None = None


# ------------------------------------------------------------------------------------------- decoding


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


_untyped = msgspec.json.Decoder()
_exact = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal)


def decode(body: bytes, kind: type[T]) -> T:
    """Decode one JSON value to ``kind``.

    A value of an unexpected type never loses the rest: the field keeps what the server sent.

    Raises:
        BadReply: the body is not JSON, or not even of the outer shape (an object for a model).
    """
    try:
        return _decoder(kind).decode(body)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        return lenient(parse(body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def parse(body: bytes) -> Any:
    """Decode JSON to plain Python values."""
    try:
        return _untyped.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def lenient(value: Any, kind: type[T]) -> T:
    """Build a model from plain values, keeping as they are those of another type than expected."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    if not isinstance(value, dict) or not (isinstance(kind, type) and issubclass(kind, Struct)):
        raise BadReply(f"expected {getattr(kind, '__name__', kind)}, got {type(value).__name__}")
    by_wire_name = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    known: dict[str, Any] = {}
    for name, item in value.items():
        if field := by_wire_name.get(name):
            try:
                known[field.name] = msgspec.convert(item, field.type)
            except msgspec.ValidationError:
                known[field.name] = item
    try:
        return kind(**known)
    except TypeError as error:
        raise BadReply(f"{kind.__name__}: {error}") from error


def decode_entity(body: bytes, kind: type[T]) -> T:
    """Decode a get-by-id answer of any generation: bare, or wrapped as ``{items: [{data, exceptions}]}``."""
    if b'"items"' not in body:  # the common case pays for one search, not for a second decode
        return decode(body, kind)
    value = parse(body)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = [batch_item(item, kind) for item in value["items"]]
        if len(items) == 1 and items[0].data is not None:
            return items[0].data  # type: ignore[no-any-return]
        words = "; ".join(e.message or str(e.code) for item in items for e in item.exceptions)
        raise BadReply(f"expected one entity, got {len(items)} items{': ' + words if words else ''}", body=body)
    return lenient(value, kind)


def decode_page(body: bytes, kind: type[T]) -> Page[T]:
    """Decode a list answer of any generation. Entries that hold only exceptions are left out of ``items``."""
    if b'"data"' not in body:  # a wrapped entry would decode to a model with nothing set
        try:
            return _decoder(Page[kind]).decode(body)  # type: ignore[no-any-return,valid-type]
        except msgspec.ValidationError:
            pass
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadReply(f"the answer is not JSON ({error})", body=body) from error
    value = parse(body)
    if isinstance(value, list):
        value = {"items": value}
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise BadReply("expected a page {items, bookmark}", body=body)
    entries = (batch_item(item, kind).data for item in value["items"])
    bookmark = value.get("bookmark")
    return Page([e for e in entries if e is not None], bookmark if isinstance(bookmark, str) else None)


def decode_batch(body: bytes, kind: type[Any]) -> list[BatchItem]:
    """Decode a create or update answer of any generation, in the order the server sent."""
    value = parse(body)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    elif isinstance(value, dict) and "data" in value:
        value = [value]
    if not isinstance(value, list):
        raise BadReply("expected a list of {data, exceptions}", body=body)
    return [batch_item(item, kind) for item in value]


def batch_item(value: Any, kind: type[Any]) -> BatchItem:
    """One entry: ``{data, exceptions}`` with exceptions absent, null, one object or a list; or a bare entity."""
    if not isinstance(value, dict):
        return BatchItem(None, ())
    if "data" not in value and "exceptions" not in value:
        return BatchItem(lenient(value, kind), ())
    data = value.get("data")
    raised = value.get("exceptions")
    if isinstance(raised, dict):
        raised = [raised] if raised else []
    if not isinstance(raised, list):
        raised = [{"message": raised}] if isinstance(raised, str) and raised else []
    exceptions = tuple(lenient(e, ServerException) for e in raised if isinstance(e, dict))
    return BatchItem(lenient(data, kind) if isinstance(data, dict) and data else None, exceptions)


def decode_rows(body: bytes) -> list[dict[str, Any]]:
    """Decode analytics rows: integers stay `int`, other numbers become exact `Decimal`, nothing is dropped."""
    try:
        return _exact.decode(body)
    except msgspec.ValidationError as error:
        raise BadReply(f"expected a list of rows ({error})", body=body) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
