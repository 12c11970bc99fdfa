"""Which fields, values and shapes each API version (5.6, 5.14, 5.23, 5.28) has.

Handlers return plain results (an entity, a `Page`, a `Batch`, rows); `render` lays them out as the chosen generation of the
API did. Source: Pinterest's descriptions 5.6.0, 5.14.0 and 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from pinshop.api.fields import FIELDS
from pinshop.api.operations import ApiVersion, Operation, at_least


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


@lru_cache(maxsize=512)
def layout(name: str, api_version: ApiVersion) -> tuple[tuple[str, str, bool, bool], ...]:
    """(wire name, name in the store, is an id, null allowed) of each field the API version has."""
    return tuple(
        (f.name, f.source or f.name, f.kind in ("id", "ad_group_ref", "campaign_ref"), f.null_at(api_version))
        for f in FIELDS[name]
        if f.answered and f.at(api_version)
    )


def entity(name: str, stored: Mapping[str, Any], api_version: ApiVersion) -> dict[str, Any]:
    """An entity as the API version answers it: ids as strings; no value is null where null is allowed, else left out."""
    answer: dict[str, Any] = {}
    for wire_name, source, is_id, nullable in layout(name, api_version):
        value = stored.get(source)
        if value is None:
            if nullable:
                answer[wire_name] = None
        else:
            answer[wire_name] = str(value) if is_id else value
    return answer


def _batch(api_version: ApiVersion, name: str, items: Sequence[Item], failed_data: str) -> Any:
    bare = not at_least(api_version, "5.8") and name == "promotion"
    entries = []
    for item in items:
        entry: dict[str, Any] = {}
        if not item.exceptions or failed_data == "echo":
            entry["data"] = entity(name, item.data or {}, api_version)
        elif failed_data == "null":
            entry["data"] = None
        raised = [{"code": code, "message": message} for code, message in item.exceptions]
        if not bare:
            entry["exceptions"] = raised or (None if name == "promotion" else [])  # null is allowed for promotions only
        elif raised:  # one object in 5.6, a list later
            entry["exceptions"] = raised[0]
        entries.append(entry)
    return entries if bare else {"items": entries}


def _is_wrapped(api_version: ApiVersion, name: str) -> bool:
    """5.8 to 5.14 wrapped the promotions of get and list as {data, exceptions}."""
    return name == "promotion" and at_least(api_version, "5.8") and not at_least(api_version, "5.15")


def _wrapped(api_version: ApiVersion, name: str, entities: Sequence[Mapping[str, Any]]) -> list[Any]:
    if _is_wrapped(api_version, name):
        return [{"data": entity(name, one, api_version), "exceptions": None} for one in entities]
    return [entity(name, one, api_version) for one in entities]


#: Which entity an operation answers.
ENTITY_OF: dict[str, str] = {
    "product_group_promotions": "promotion", "ad_accounts": "ad_account", "campaigns": "campaign", "ad_groups": "ad_group",
    "catalogs": "catalog", "feeds": "feed", "catalogs_product_groups": "product_group", "user_account": "user",
    "catalogs_product_group_pins": "pin",
}  # fmt: skip


def render(operation: Operation, api_version: ApiVersion, result: Any, failed_data: str = "null") -> Any:
    """The JSON value that ``operation`` answers with, in the shape of ``api_version``."""
    if isinstance(result, Raw):
        return result.value
    name = ENTITY_OF[operation.id.split("/")[0]]
    if isinstance(result, Batch):
        return _batch(api_version, name, result.items, failed_data)
    if isinstance(result, Page):
        return {"items": _wrapped(api_version, name, result.items), "bookmark": result.bookmark}
    if _is_wrapped(api_version, name):
        return {"items": _wrapped(api_version, name, [result])}
    return entity(name, result, api_version)


def success(operation: Operation, api_version: ApiVersion, create_answers: int) -> int:
    """The HTTP status of a success; a rule where 5.28 declares two for promotions."""
    if at_least(api_version, "5.28") and operation.id == "product_group_promotions/create":
        return create_answers
    return operation.success[0]
