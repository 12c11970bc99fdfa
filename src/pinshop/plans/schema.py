"""The JSON schema of a manifest, for editors: made from the same types that the check reads, and used offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from pinshop.api.params.annotations import IdOf, Limits, Moment, Pattern
from pinshop.plans.entries import CLEAR, ENTITY_TYPES, GROUP_REFS, STATUSES, field_names
from pinshop.plans.values import BUDGETS

SCHEMA_FILE = "pinshop.schema.json"

#: The first line of a manifest, by which editors find the schema.
SCHEMA_COMMENT = f"# yaml-language-server: $schema=./{SCHEMA_FILE}"

_ID = {"type": ["string", "integer"], "pattern": "^[0-9]{1,18}$", "minimum": 0}

_AMOUNT = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,6})? ?[A-Z]{3}$"}


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of manifests in YAML and TOML."""
    promotion = {**_fields("promotion"), "id": _ID, GROUP_REFS[0]: _ID, GROUP_REFS[1]: _TEXT, GROUP_REFS[2]: _TEXT}
    defaults = {
        f"{entity_type}_defaults": _object({k: v for k, v in _fields(entity_type).items() if k != "name"})
        for entity_type in ENTITY_TYPES
    }
    ad_group = {
        **_fields("ad_group"),
        "id": _AD_GROUP_ID,
        "campaign": _TEXT,
        "campaign_id": _CAMPAIGN_ID,
        "exclusive": {"type": "boolean", "description": "promotions that are not declared are missing, not somebody else's"},
        "protect": {"type": "boolean", "description": "nothing in it is archived, and what is missing is left alone"},
        "promotion_defaults": defaults["promotion_defaults"],
        "promotions": {"type": ["array", "null"], "items": {"$ref": "#/$defs/promotion"}},
    }
    campaign = {**_fields("campaign"), "id": _ID}
    section = {
        "protect": {"type": "boolean"},
        **defaults,
        "campaigns": {"type": ["array", "null"], "items": {"$ref": "#/$defs/campaign"}},
        "ad_groups": {"type": ["array", "null"], "items": {"$ref": "#/$defs/ad_group"}},
    }
    named = [{"required": ["id"]}, {"required": ["name"]}]
    leads = [{"required": [name]} for name in ("id", *GROUP_REFS)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manifest of pinshop: which promotions a Pinterest ad account shall have",
        **_object(
            {
                "$schema": {"type": "string"},
                "pinshop": {"const": 1, "description": "the version of this format"},
                "account": {"anyOf": [_ID, _TEXT, _object({"id": _ID, "name": _TEXT})], "description": "its id or name"},
                "accounts": {"type": "array", "items": {**_object({"id": _ID, "name": _TEXT, **section}), "anyOf": named}},
                **section,
            }
        ),
        "$defs": {
            "campaign": {**_object(campaign), "anyOf": named},
            "ad_group": {**_object(ad_group), "anyOf": named},
            "promotion": {**_object(promotion), "anyOf": leads},
        },
    }


_TEXT = {"type": "string", "minLength": 1}

_AD_GROUP_ID = {**_ID, "pattern": "^(AG)?[0-9]{1,18}$"}

_CAMPAIGN_ID = {**_ID, "pattern": "^C?[0-9]{1,18}$"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _fields(entity_type: str) -> dict[str, Any]:
    hints = get_type_hints(ENTITY_TYPES[entity_type], include_extras=True)
    names = sorted(field_names(entity_type))
    clear = {
        "type": "array",
        "items": {"enum": [name for name in names if name != "name"]},
        "description": "fields to clear: the same as null, for formats without null",
    }
    return {
        CLEAR: clear,
        **{name: {"enum": list(STATUSES)} if name == "status" else _of(hints[name], name) for name in names},
    }


def _of(hint: Any, name: str = "") -> dict[str, Any]:
    origin = get_origin(hint)
    if origin is Required:
        return _of(get_args(hint)[0], name)
    if origin is Annotated:
        base, limits = get_args(hint)[:2]
        return _limited(base, limits, name)
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin in (Union, UnionType):
        return _union(get_args(hint), name)
    if origin is Sequence:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if origin is Mapping:
        return {"type": "object"}
    if is_typeddict(hint):
        return _object({key: _of(value, key) for key, value in get_type_hints(hint, include_extras=True).items()})
    return {"type": {str: "string", int: "integer", bool: "boolean", float: "number"}[hint]}


def _limited(base: Any, limits: Any, name: str) -> dict[str, Any]:
    if isinstance(limits, Moment):
        return {"type": ["string", "integer"], "description": "a moment with its time zone, or Unix seconds"}
    if isinstance(limits, IdOf):
        return {
            "type": ["string", "integer"],
            "pattern": f"^({limits.prefix})?[0-9]+$" if limits.prefix else "^[0-9]+$",
            "minimum": 0,
        }
    if isinstance(limits, Pattern):
        return {"type": ["string", "integer"], "pattern": f"^{limits.form}$"}
    if isinstance(limits, Limits) and "micro-currency" in limits.unit:
        least = 10_000 if name in BUDGETS else 0
        return {"anyOf": [_AMOUNT, {"type": "integer", "minimum": least}], "description": f"20.00 USD, or {limits.unit}"}
    found = _of(base, name)
    low, high = limits.minimum, limits.maximum
    kind = found.get("type")
    words = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}.get(str(kind), ("minimum", "maximum"))
    if low is not None:
        found[words[0]] = int(low)
    if high is not None:
        found[words[1]] = int(high)
    return found


def _union(members: tuple[Any, ...], name: str) -> dict[str, Any]:
    kinds = [member for member in members if member not in (type(None), Enum, Decimal)]
    found = [_of(kind, name) for kind in kinds]
    if type(None) in members:
        found.append({"type": "null"})
    return found[0] if len(found) == 1 else {"anyOf": found}
