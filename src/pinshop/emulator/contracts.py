"""Which fields, values and shapes each contract (5.6, 5.14, 5.23, 5.28) has.

Handlers return plain results (an entity, a `Page`, a `Batch`, rows); `render` lays them out as the chosen generation of the
API did. Source: Pinterest's descriptions 5.6.0, 5.14.0 and 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from pinshop.emulator.fields import FIELDS, Field
from pinshop.operations import Contract, Operation


class Refusal(Exception):
    """An HTTP error in Pinterest's form: ``{"code": …, "message": "…"}``."""

    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


class ItemRefusal(Exception):
    """Why one item of a batch fails; the others go on."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Page(Struct, frozen=True):
    items: list[dict[str, Any]]
    bookmark: str | None = None


class Item(Struct, frozen=True):
    """One entry of a batch answer: what was stored, or what was sent and why it was refused."""

    data: dict[str, Any] | None
    exceptions: tuple[tuple[int, str], ...] = ()


class Batch(Struct, frozen=True):
    items: list[Item]


class Raw(Struct, frozen=True):
    """A body that is answered as it is."""

    value: Any


# ---------------------------------------------------------------------------------------------- entities out


@lru_cache(maxsize=512)
def layout(name: str, contract: Contract) -> tuple[tuple[str, str, bool, bool], ...]:
    """(wire name, name in the store, is an id, null allowed) of each field the contract has."""
    return tuple(
        (f.name, f.source or f.name, f.kind in ("id", "ad_group_ref", "campaign_ref"), f.null_at(contract))
        for f in FIELDS[name]
        if f.at(contract)
    )


def entity(name: str, stored: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """An entity as the contract answers it: ids as strings; no value is null where null is allowed, else left out."""
    answer: dict[str, Any] = {}
    for wire_name, source, is_id, nullable in layout(name, contract):
        value = stored.get(source)
        if value is None:
            if nullable:
                answer[wire_name] = None
        else:
            answer[wire_name] = str(value) if is_id else value
    return answer


# ----------------------------------------------------------------------------------- checking bodies


def bad(message: str) -> Refusal:
    """400/1, Pinterest's answer to a bad parameter."""
    return Refusal(400, 1, message)


def shown(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


_TYPES: dict[str, Any] = {
    "id": (str,), "ad_group_ref": (str,), "campaign_ref": (str,), "text": (str,), "enum": (str,), "integer": (int,),
    "number": (int, float), "boolean": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip
_TYPE_WORDS = {"integer": "integer", "number": "number", "boolean": "boolean", "object": "object", "array": "array"}
_PATTERNS = {"id": ("", r"^\d+$"), "ad_group_ref": ("AG", r"^(AG)?\d+$"), "campaign_ref": ("C", r"^[C]?\d+$")}


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def checked_date(name: str, text: object) -> str:
    """A day as YYYY-MM-DD, or 400/1."""
    if isinstance(text, str) and _DATE.fullmatch(text):
        with contextlib.suppress(ValueError):
            datetime.date.fromisoformat(text)
            return text
    raise bad(f"'{name}' value {shown(text)} must match the pattern: ^(\\d{{4}})-(\\d{{2}})-(\\d{{2}})$")


def is_id(text: str) -> bool:
    """1 to 18 ASCII digits; str.isdigit alone would take other scripts' digits."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def check_value(field: Field, value: Any, contract: Contract, where: str) -> Any:
    """A value of a body, as it is stored. Raises 400/1 that names the field."""
    if value is None:
        if field.null_at(contract):
            return None
        raise bad(f"Invalid request: '{where}' (None is not of type {_TYPE_WORDS.get(field.kind, 'string')})")
    given: Any = type(value)
    if not issubclass(given, _TYPES[field.kind]) or (given is bool and field.kind != "boolean"):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not of type {_TYPE_WORDS.get(field.kind, 'string')})")
    if field.kind in _PATTERNS:
        prefix, pattern = _PATTERNS[field.kind]
        digits = value.removeprefix(prefix)
        if not is_id(digits):
            raise bad(f"'{where}' value {shown(value)} must match the pattern: {pattern}")
        return int(digits)
    if field.kind == "enum" and value not in (allowed := field.values_at(contract)):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not one of {', '.join(allowed)})")
    if field.kind == "text" and field.maximum is not None and len(value) > field.maximum:
        raise bad(f"Invalid request: '{where}' (length {len(value)} is above the maximum of {field.maximum})")
    if field.kind in ("integer", "number"):
        low, high = field.minimum, field.maximum
        if (low is not None and value < low) or value > (high if high is not None else 2**62):
            raise bad(f"Invalid request: '{where}' ({shown(value)} is not in the range {low or 0} to {high or 2**62})")
    return value


@lru_cache(maxsize=512)
def known_fields(name: str, contract: Contract, both_names: bool) -> dict[str, Field]:
    """Wire name -> field of what a body may hold, read-only fields included."""
    return {
        field.name: field
        for field in FIELDS[name]
        if field.at(contract) or (both_names and field.name in ("catalogs_product_group_id", "catalog_product_group_id"))
    }


def check_body(
    name: str, value: Any, contract: Contract, verb: str, where: str, *, both_names: bool = True, unknown: str = "ignore"
) -> dict[str, Any]:
    """The writable fields of a body object, by their names in the store."""
    if not isinstance(value, dict):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not of type object)")
    known = known_fields(name, contract, both_names)
    checked: dict[str, Any] = {}
    for key, given in value.items():
        field = known.get(key)
        if field is None:
            if unknown == "refuse":
                raise bad(f"Invalid request: '{where}.{key}' (additional properties are not allowed)")
            continue
        if verb in field.write:
            checked[field.source or key] = check_value(field, given, contract, f"{where}.{key}")
    return checked


# ------------------------------------------------------------------------------------------------ the shapes


def _batch(contract: Contract, name: str, items: Sequence[Item], failed_data: str) -> Any:
    bare = contract == "5.6" and name == "promotion"
    entries = []
    for item in items:
        entry: dict[str, Any] = {}
        if not item.exceptions or failed_data == "echo":
            entry["data"] = entity(name, item.data or {}, contract)
        elif failed_data == "null":
            entry["data"] = None
        raised = [{"code": code, "message": message} for code, message in item.exceptions]
        if not bare:
            entry["exceptions"] = raised or (None if name == "promotion" else [])  # null is allowed for promotions only
        elif raised:  # one object in 5.6, a list later
            entry["exceptions"] = raised[0]
        entries.append(entry)
    return entries if bare else {"items": entries}


def _wrapped(contract: Contract, name: str, entities: Sequence[Mapping[str, Any]]) -> list[Any]:
    """5.8 to 5.14 wrapped the promotions of get and list as {data, exceptions}."""
    if contract == "5.14" and name == "promotion":
        return [{"data": entity(name, one, contract), "exceptions": None} for one in entities]
    return [entity(name, one, contract) for one in entities]


#: Which entity an operation answers.
ENTITY_OF: dict[str, str] = {
    "product_group_promotions": "promotion", "ad_accounts": "ad_account", "campaigns": "campaign", "ad_groups": "ad_group",
    "catalogs": "catalog", "feeds": "feed", "catalogs_product_groups": "product_group", "user_account": "user",
    "catalogs_product_group_pins": "pin",
}  # fmt: skip


def render(operation: Operation, contract: Contract, result: Any, failed_data: str = "null") -> Any:
    """The JSON value that ``operation`` answers with, in the shape of ``contract``."""
    if isinstance(result, Raw):
        return result.value
    name = ENTITY_OF[operation.id.split("/")[0]]
    if isinstance(result, Batch):
        return _batch(contract, name, result.items, failed_data)
    if isinstance(result, Page):
        return {"items": _wrapped(contract, name, result.items), "bookmark": result.bookmark}
    if contract == "5.14" and name == "promotion":
        return {"items": _wrapped(contract, name, [result])}
    return entity(name, result, contract)


def success(operation: Operation, contract: Contract, create_answers: int) -> int:
    """The HTTP status of a success: 201 for a new catalog product group; a rule where 5.28 declares both."""
    if operation.id == "catalogs_product_groups/create":
        return 201
    return create_answers if contract == "5.28" and operation.id == "product_group_promotions/create" else 200


def error_body(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "message": refusal.message}
