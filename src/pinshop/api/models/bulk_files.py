"""The files of bulk downloads. Pinterest documents neither their layout nor their columns, so every plausible one is read.

    {"campaigns": […], "ad_groups": […], "product_groups": […]}   by the keys of bulk upserts, or by the entity types
    [{"entity_type": "CAMPAIGN", …}, …]                            a list, or one object in a line; each says its type,
                                                                   or has fields that only that type has
    entity_type,id,…                                               CSV; an empty cell is a field without a value

An entity may stand in ``{"data": …}``, as in answers of batches; the file may be packed with gzip.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from pinshop.api.models.ad_groups import AdGroup
from pinshop.api.models.bulk import BulkData
from pinshop.api.models.campaigns import Campaign
from pinshop.api.models.csv_rows import CsvRows
from pinshop.api.models.decoding import convert, decoder_of, parse
from pinshop.api.models.promotions import ProductGroupPromotion
from pinshop.errors import BadReply

_CAMPAIGN, _AD_GROUP, _PROMOTION = "CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP"

#: Names of a type, without case, spaces, hyphens, underscores and a final s.
_TYPES = {
    "campaign": _CAMPAIGN, "adgroup": _AD_GROUP, "productgroup": _PROMOTION, "productgrouppromotion": _PROMOTION,
    "promotedproductgroup": _PROMOTION,
}  # fmt: skip

_TYPE_FIELDS = ("entity_type", "entityType", "ENTITY_TYPE", "Entity Type", "type")

_MODELS: dict[str, Any] = {_CAMPAIGN: Campaign, _AD_GROUP: AdGroup, _PROMOTION: ProductGroupPromotion}


def decode_bulk(body: bytes, most_bytes: int) -> BulkData:
    """The entities of a file.

    Raises:
        BadReply: it is neither JSON nor CSV, or unpacked larger than ``most_bytes``.
    """
    text = _unpacked(body, most_bytes)
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    found: dict[str, list[Any]] = {_CAMPAIGN: [], _AD_GROUP: [], _PROMOTION: []}
    others: dict[str, list[dict[str, Any]]] = {}
    entities = _json(text) if text[:1] in (b"{", b"[") else _csv(text)
    for hint, entity in entities:
        kind = _type_of(entity, hint)
        if kind in found:
            found[kind].append(_model(entity, kind))
        else:
            others.setdefault(kind, []).append(entity)
    return BulkData(campaigns=found[_CAMPAIGN], ad_groups=found[_AD_GROUP], promotions=found[_PROMOTION], others=others)


def _unpacked(body: bytes, most_bytes: int) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacked = bytearray()
    try:
        while body:  # a gzip file may have several members
            member = zlib.decompressobj(wbits=31)
            unpacked += member.decompress(body, most_bytes + 1 - len(unpacked))
            if len(unpacked) > most_bytes or member.unconsumed_tail:
                raise BadReply(f"the file is too large: more than {most_bytes:,} bytes unpacked")
            if not member.eof:
                raise BadReply("the file is cut short: its gzip stream does not end")
            body = member.unused_data if member.unused_data.startswith(b"\x1f\x8b") else b""
    except zlib.error as error:
        raise BadReply(f"the file is no gzip file ({error})") from None
    return bytes(unpacked)


def _json(text: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what is said of its type, entity)."""
    try:
        values = [parse(text)]
    except BadReply:
        lines = text.splitlines()
        if len(lines) < 2:
            raise
        values = [parse(line) for line in lines if line.strip()]
    for value in values:
        yield from _entities("", value)


def _entities(hint: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, list):
        for one in value:
            yield from _entities(hint, one)
        return
    if not isinstance(value, dict):
        raise BadReply(f"the file holds {type(value).__name__} where an entity should be")
    if isinstance(value.get("data"), dict):
        yield from _entities(hint, value["data"])
    elif "id" in value or not all(isinstance(inner, list | dict | None) for inner in value.values()):
        yield hint, value
    else:
        for name, inner in value.items():
            if inner is not None:
                yield from _entities(hint if name.lower() in ("items", "entities") else name, inner)


def _csv(text: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    if not text:
        return
    rows = CsvRows(text)
    if not any(_plain(name) == "id" for name in rows.names):
        raise BadReply("the file is neither JSON nor a CSV of entities (no column id)", body=text)
    for row in rows:
        entity = {_field(name): _cell(value) for name, value in row.items() if value != ""}
        yield "", entity


def _field(name: str) -> str:
    return name.strip().replace(" ", "_").lower()


def _cell(value: str) -> Any:
    """Lists and objects are JSON in their cell; everything else stays text until its field says what it is."""
    if value[:1] in ("{", "["):
        try:
            return parse(value.encode())
        except BadReply:
            return value
    return value


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "").removesuffix("s")


def _type_of(entity: Mapping[str, Any], hint: str) -> str:
    names: Iterable[Any] = (hint, *(entity.get(name) for name in _TYPE_FIELDS))
    said = [name for name in names if isinstance(name, str) and name]
    for name in said:
        if (kind := _TYPES.get(_plain(name))) is not None:
            return kind
    if said and _plain(said[0]) in ("ad", "keyword", "label", "schedule", "pinpromotion"):
        return said[0]
    if not entity.keys().isdisjoint(("catalog_product_group_id", "catalogs_product_group_id", "relative_definition")):
        return _PROMOTION
    if "objective_type" in entity:
        return _CAMPAIGN
    if "campaign_id" in entity and "ad_group_id" not in entity:
        return _AD_GROUP
    return said[0] if said else ""


def _model(entity: dict[str, Any], kind: str) -> Any:
    model = _MODELS[kind]
    decoder_of(model)
    try:
        # Of CSV everything is text: numbers and truths are what their fields say.
        return msgspec.convert(entity, model, strict=False)
    except msgspec.ValidationError:
        return convert(entity, model)
