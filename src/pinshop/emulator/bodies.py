"""Checking request bodies against the rows of the fields."""

from __future__ import annotations

import contextlib
import datetime
import re
from functools import lru_cache
from typing import Any

from msgspec import Struct, structs

from pinshop.api.checks import is_digits
from pinshop.api.fields import FIELDS, OTHER_FIELDS, Field
from pinshop.api.operations import ApiVersion
from pinshop.emulator.refusals import bad, shown
from pinshop.emulator.rules import Rules

_TYPES: dict[str, Any] = {
    "id": (str,), "foreign_id": (str,), "ad_group_ref": (str,), "campaign_ref": (str,), "text": (str,), "date": (str,),
    "enum": (str,),
    "integer": (int,), "number": (int, float), "boolean": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip

_TYPE_WORDS = {"integer": "integer", "number": "number", "boolean": "boolean", "object": "object", "array": "array"}

_PATTERNS = {
    "id": ("", r"^\d+$"),
    "foreign_id": ("", r"^\d+$"),
    "ad_group_ref": ("AG", r"^(AG)?\d+$"),
    "campaign_ref": ("C", r"^[C]?\d+$"),
}

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def checked_date(name: str, text: object) -> str:
    """A day as YYYY-MM-DD, or 400/1."""
    if isinstance(text, str) and _DATE.fullmatch(text):
        with contextlib.suppress(ValueError):
            datetime.date.fromisoformat(text)
            return text
    raise bad(f"'{name}' value {shown(text)} must match the pattern: ^(\\d{{4}})-(\\d{{2}})-(\\d{{2}})$")


#: The store counts ids in 64 bits: a longer one is of nothing here. This one is given to nothing.
_NOBODY = 2**63 - 1


def id_number(text: str) -> int:
    """An id as the store has it."""
    return int(text) if len(text) < 19 else min(int(text[:4000]), _NOBODY)


class Strangers(Struct, frozen=True):
    """What becomes of fields that a body holds and should not: "ignore" or "refuse". See the rules of these names."""

    unknown: str = "ignore"
    read_only: str = "ignore"


_IGNORED = Strangers()


def check_value(
    field: Field, value: Any, api_version: ApiVersion, where: str, verb: str, strangers: Strangers = _IGNORED
) -> Any:
    """A value of a body, as it is stored. Raises 400/1 that names the field."""
    if value is None:
        if field.null_in_body_at(api_version, verb):
            return None
        raise bad(f"Invalid request: '{where}' (None is not of type {_TYPE_WORDS.get(field.kind, 'string')})")
    given: Any = type(value)
    if not issubclass(given, _TYPES[field.kind]) or (given is bool and field.kind != "boolean"):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not of type {_TYPE_WORDS.get(field.kind, 'string')})")
    if field.kind in _PATTERNS:
        prefix, pattern = _PATTERNS[field.kind]
        digits = value.removeprefix(prefix)
        if not is_digits(digits):
            raise bad(f"'{where}' value {shown(value)} must match the pattern: {pattern}")
        return digits if field.kind == "foreign_id" else id_number(digits)
    if field.kind == "date":
        return checked_date(where, value)
    if field.kind == "integer" and field.values and str(value) not in (allowed := field.values_at(api_version)):
        raise bad(f"Invalid request: '{where}' ({value} is not one of {', '.join(allowed)})")
    if field.kind == "enum" and value not in (allowed := field.values_at(api_version)):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not one of {', '.join(allowed)})")
    if field.kind in ("text", "array") and field.maximum is not None and len(value) > field.maximum:
        raise bad(f"Invalid request: '{where}' (length {len(value)} is above the maximum of {field.maximum})")
    if field.kind in ("text", "array") and field.minimum is not None and len(value) < field.minimum:
        raise bad(f"Invalid request: '{where}' (length {len(value)} is below the minimum of {field.minimum})")
    if field.pattern and not re.fullmatch(field.pattern, value):
        raise bad(f"'{where}' value {shown(value)} must match the pattern: ^{field.pattern}$")
    if field.kind in ("integer", "number"):
        low, high = field.minimum, field.maximum
        if (low is not None and value < low) or value > (high if high is not None else 2**62):
            raise bad(f"Invalid request: '{where}' ({shown(value)} is not in the range {low or 0} to {high or 2**62})")
    if field.kind in ("object", "array"):
        return _check_inside(field, value, api_version, where, verb, strangers)
    return value


def _check_inside(field: Field, value: Any, api_version: ApiVersion, where: str, verb: str, strangers: Strangers) -> Any:
    """An object or array with what its rows say of it; without rows nothing is known, and it is stored as it is."""
    if field.kind == "array":
        one = field.each
        if one is None and field.values:
            one = Field(name=field.name, kind="enum", nullable=False, values=field.values)
        if one is None:
            return value
        return [check_value(one, item, api_version, f"{where}[{index}]", verb, strangers) for index, item in enumerate(value)]
    if field.each is not None:
        return {
            name: check_value(field.each, item, api_version, f"{where}.{name}", verb, strangers) for name, item in value.items()
        }
    if field.fields is None:
        return value
    rows = {row.name: row for row in field.fields if row.at(api_version)}
    for row in rows.values():
        if verb in row.required and row.name not in value:
            raise bad(f"Invalid request: '{where}' ('{row.name}' is a required property)")
    if field.closed:
        strangers = structs.replace(strangers, unknown="refuse")
    return _check_object(rows, value, api_version, where, verb, strangers)


@lru_cache(maxsize=512)
def known_fields(name: str, api_version: ApiVersion, both_names: bool) -> dict[str, Field]:
    """Wire name -> field of what a body may hold, read-only fields included."""
    return {
        field.name: field
        for field in (FIELDS | OTHER_FIELDS)[name]
        if field.at(api_version) or (both_names and field.name in ("catalogs_product_group_id", "catalog_product_group_id"))
    }


def check_body(name: str, value: Any, api_version: ApiVersion, verb: str, where: str, rules: Rules) -> dict[str, Any]:
    """The writable fields of a body object, by their names in the store."""
    if not isinstance(value, dict):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not of type object)")
    strangers = Strangers(rules.unknown_body_fields, rules.read_only_fields)
    known = known_fields(name, api_version, rules.field_names == "both")
    return _check_object(known, value, api_version, where, verb, strangers)


def _check_object(
    known: dict[str, Field], value: dict[str, Any], api_version: ApiVersion, where: str, verb: str, strangers: Strangers
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for key, given in value.items():
        field = known.get(key)
        if field is None:
            if strangers.unknown == "refuse":
                raise bad(f"Invalid request: '{where}.{key}' (additional properties are not allowed)")
            continue
        if field.written_at(api_version, verb):
            checked[field.source or key] = check_value(field, given, api_version, f"{where}.{key}", verb, strangers)
        elif strangers.read_only == "refuse":
            raise bad(f"Invalid request: '{where}.{key}' (it cannot be written here)")
    return checked
