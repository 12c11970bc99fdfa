"""Reading a YAML state: plain values only, each checked before anything is stored."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from pinshop.api.fields import FIELDS, Field
from pinshop.emulator.arguments import shown
from pinshop.errors import ConfigurationError
from pinshop.extras import required

_DEEPEST = 40

_LARGEST = 256 * 1024 * 1024

#: Which rows of `FIELDS` describe an entity of the store.
_FIELDS_OF = {
    "ad_accounts": "ad_account", "campaigns": "campaign", "ad_groups": "ad_group", "catalogs": "catalog", "feeds": "feed",
    "product_groups": "product_group", "promotions": "promotion",
}  # fmt: skip

#: Instants that are kept as unix seconds, or as what the API answers.
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,), "enum": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "object": (dict,),
    "array": (list,),
}  # fmt: skip


def read(text: str) -> dict[str, Any]:
    """The sections of a state.

    Raises:
        ConfigurationError: it is no YAML, or it holds what a state has no use for: aliases, names given twice, tags.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"state: got {shown(text)}, allowed: YAML as text")
    if len(text) > _LARGEST:
        raise ConfigurationError(f"state: {len(text)} characters, allowed: {_LARGEST}")
    yaml = required("yaml", "emulator", "a state as YAML")
    try:
        _check_events(yaml, text)
        whole = yaml.load(text, _loader())
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ConfigurationError(f"the state is not YAML: {error}") from error
    if not isinstance(whole, dict):
        raise ConfigurationError("the state must be an object of lists: ad_accounts, campaigns, …")
    _check_plain(whole, "state")
    return whole


def _check_events(yaml: Any, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            # A short text with aliases to aliases stands for gigabytes.
            raise ConfigurationError(
                f"state: line {event.start_mark.line + 1}: an alias (*{event.anchor}), allowed: plain values"
            )
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise ConfigurationError(f"state: line {event.start_mark.line + 1}: more than {_DEEPEST} levels deep")
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1


@cache
def _loader() -> Any:
    yaml = required("yaml", "emulator", "a state as YAML")

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
                line = node.start_mark.line + 1
                raise ConfigurationError(f"state: line {line}: {twice[0]!r} is given twice")
            return super().construct_mapping(node, deep)

    return Loader


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise ConfigurationError(f"{where}: got the name {shown(name)}, allowed: text")
            _check_plain(inner, name if where == "state" else f"{where}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_plain(inner, f"{where}[{index}]")
    elif isinstance(value, bool) or value is None or isinstance(value, str | datetime.date):
        pass
    elif isinstance(value, int):
        if abs(value) >= 2**62:
            raise ConfigurationError(f"{where}: got {shown(value)}, allowed: numbers below 2**62")
    elif not isinstance(value, float) or not math.isfinite(value):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: text, numbers, true, false, null, lists and objects")


def sections(whole: Mapping[str, Any], lists: tuple[str, ...]) -> None:
    """Raises: ConfigurationError: a section that must be a list is none."""
    for name in lists:
        if not isinstance(whole.get(name), list | None):
            raise ConfigurationError(f"{name}: got {shown(whole[name])}, allowed: a list")


@cache
def _known(kind: str) -> dict[str, Field]:
    return {field.source or field.name: field for field in FIELDS[_FIELDS_OF[kind]]} if kind in _FIELDS_OF else {}


def check_entity(kind: str, where: str, given: Mapping[str, Any]) -> None:
    """Raises: ConfigurationError: a field whose value its row does not allow, whatever the API version."""
    for name, value in given.items():
        field = _known(kind).get(name)
        if name in ("created_time", "updated_time", "created", "updated", "start_time", "end_time"):
            _whole_seconds(f"{where}.{name}", value)
        elif field is not None and value is not None:
            _check_field(field, f"{where}.{name}", value)
        elif name == "filters" and not isinstance(value, dict):
            raise ConfigurationError(f"{where}.{name}: got {shown(value)}, allowed: an object")
        elif name in ("name", "username", "item_id", "currency", "country") and not isinstance(value, str | None):
            raise ConfigurationError(f"{where}.{name}: got {shown(value)}, allowed: text")
        elif name == "price_micro" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise ConfigurationError(f"{where}.{name}: got {shown(value)}, allowed: a whole number of millionths")


def _whole_seconds(where: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**33):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: unix seconds")


def _check_field(field: Field, where: str, value: Any) -> None:
    types = _TYPES.get(field.kind)
    if types is not None and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: {' or '.join(t.__name__ for t in types)}")
    if field.kind == "enum" and field.values and value not in field.values:
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: {', '.join(field.values)}")


def check_clock(value: Any) -> None:
    """Raises: ConfigurationError: not a clock as `export` writes it."""
    if not isinstance(value, dict) or set(value) != {"frozen", "offset"}:
        raise ConfigurationError(f"clock: got {shown(value)}, allowed: an instant, or frozen and offset")
    frozen, offset = value["frozen"], value["offset"]
    if frozen is not None and (isinstance(frozen, bool) or not isinstance(frozen, int | float)):
        raise ConfigurationError(f"clock.frozen: got {shown(frozen)}, allowed: unix seconds, or null")
    if frozen is not None and not 946_684_800 <= frozen < 4_102_444_800:
        raise ConfigurationError(f"clock.frozen: got {shown(frozen)}, allowed: the years 2000 to 2099")
    if isinstance(offset, bool) or not isinstance(offset, int | float) or abs(offset) > 4_102_444_800:
        raise ConfigurationError(f"clock.offset: got {shown(offset)}, allowed: seconds")


_ROWS: dict[str, tuple[tuple[str, tuple[type, ...]], ...]] = {
    "roles": (("user_id", (int,)), ("ad_account_id", (int,)), ("role", (str,))),
    "tokens": (("token", (str,)), ("kind", (str,)), ("user_id", (int,)), ("app", (str,)), ("scopes", (str,)),
               ("expires", (int, type(None))), ("revoked", (int, type(None))), ("family", (str,))),
}  # fmt: skip

_TOKEN_KINDS = ("access", "client", "refresh", "code")


def check_row(table: str, index: int, row: Any) -> None:
    """Raises: ConfigurationError: not a row of ``roles`` or ``tokens`` as `export` writes it."""
    columns = _ROWS[table]
    if not isinstance(row, list) or len(row) != len(columns):
        raise ConfigurationError(
            f"{table}[{index}]: got {shown(row)}, allowed: a list of {', '.join(name for name, _ in columns)}"
        )
    for (name, types), value in zip(columns, row, strict=True):
        if isinstance(value, bool) or not isinstance(value, types):
            allowed = " or ".join("null" if t is type(None) else t.__name__ for t in types)
            raise ConfigurationError(f"{table}[{index}].{name}: got {shown(value)}, allowed: {allowed}")
    if table == "tokens" and row[1] not in _TOKEN_KINDS:
        raise ConfigurationError(f"tokens[{index}].kind: got {shown(row[1])}, allowed: {', '.join(_TOKEN_KINDS)}")
