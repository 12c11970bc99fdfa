"""Reading a YAML state: plain values only, each checked before anything is stored."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import msgspec

from pinshop.api.checks import is_digits
from pinshop.api.fields import FIELDS, Field
from pinshop.api.fields.table import FieldKind
from pinshop.api.models.decoding import decoder_of
from pinshop.api.near import did_you_mean
from pinshop.emulator.arguments import shown
from pinshop.emulator.catalog.feed_files import AVAILABILITY, CUSTOM_NUMBERS, TEXTS
from pinshop.emulator.catalog.filters import validate_filters
from pinshop.emulator.delivery.model import Stated
from pinshop.emulator.delivery.terms import Measured
from pinshop.emulator.storage.history import SETTINGS
from pinshop.emulator.storage.schema import COLUMNS
from pinshop.errors import ConfigurationError
from pinshop.extras import required

_DEEPEST = 40

_LARGEST = 256 * 1024 * 1024

_NO_NAME = object()

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
        whole = _Builder(yaml).built(text)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ConfigurationError(f"the state is not YAML: {error}") from error
    if not isinstance(whole, dict):
        raise ConfigurationError("the state must be an object of lists: ad_accounts, campaigns, …")
    _check_plain(whole, "state")
    return whole


def write(whole: Mapping[str, Any]) -> str:
    """The sections of a state as YAML, one entity per line."""
    yaml = required("yaml", "emulator", "a state as YAML")
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml is in every wheel, and ten times as fast
    text = yaml.dump(whole, Dumper=dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None)
    return str(text)


class _Builder:
    """Plain values from YAML in one pass: what a state has no use for is refused before it is built."""

    def __init__(self, yaml: Any) -> None:
        self._yaml = yaml
        self._resolver = yaml.SafeLoader("")
        #: The lists and objects that are open, each with the line that it begins in.
        self._open: list[tuple[list[Any] | dict[Any, Any], int]] = []
        #: Of each of them: the name whose value comes next.
        self._names: list[Any] = []
        self._roots: list[Any] = []
        self._known: dict[str, Any] = {}

    def built(self, text: str) -> Any:
        """The value of the only document; None: there is none."""
        yaml = self._yaml
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent):
                self._refuse_tag(event)
                self._add(self._plain(event.value) if event.implicit[0] else event.value, event)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._refuse_tag(event)
                if len(self._open) >= _DEEPEST:
                    raise ConfigurationError(f"state: line {event.start_mark.line + 1}: more than {_DEEPEST} levels deep")
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._add(value, event)
                self._open.append((value, event.start_mark.line + 1))
                self._names.append(_NO_NAME)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._open.pop()
                self._names.pop()
            elif isinstance(event, yaml.AliasEvent):
                # A short text with aliases to aliases stands for gigabytes.
                raise ConfigurationError(
                    f"state: line {event.start_mark.line + 1}: an alias (*{event.anchor}), allowed: plain values"
                )
        if len(self._roots) > 1:
            raise ConfigurationError(f"state: {len(self._roots)} documents, allowed: one")
        return self._roots[0] if self._roots else None

    def _add(self, value: Any, event: Any) -> None:
        """Put a value where it belongs."""
        if not self._open:
            self._roots.append(value)
            return
        container, line = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif self._names[-1] is not _NO_NAME:
            container[self._names[-1]] = value
            self._names[-1] = _NO_NAME
        elif isinstance(value, list | dict):
            raise ConfigurationError(f"state: line {event.start_mark.line + 1}: a list or an object as a name, allowed: text")
        elif value in container:
            raise ConfigurationError(f"state: line {line}: {value!r} is given twice")
        else:
            self._names[-1] = value

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            short = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
            raise ConfigurationError(
                f"state: line {line}, column {column}: a tag ({short}), allowed: plain text, numbers, true, false, null, "
                "objects and lists"
            )

    def _plain(self, text: str) -> Any:
        """What a scalar without quotes stands for."""
        if text not in self._known:
            tag = self._resolver.resolve(self._yaml.ScalarNode, text, (True, False))
            merge = tag == "tag:yaml.org,2002:merge"  # of aliases, which are refused
            self._known[text] = text if merge else self._resolver.construct_object(self._yaml.ScalarNode(tag, text))
        return self._known[text]


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise ConfigurationError(f"{where}: got the name {shown(name)}, allowed: text")
            _check_plain(name, f"{where}, the name")
            _check_plain(inner, name if where == "state" else f"{where}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_plain(inner, f"{where}[{index}]")
    elif isinstance(value, str):
        if not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
            raise ConfigurationError(f"{where}: got {shown(value)}, allowed: text that can be written as UTF-8")
    elif isinstance(value, bool) or value is None or isinstance(value, datetime.date):
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


_INSTANTS = frozenset({"created_time", "updated_time", "created", "updated", "start_time", "end_time"})

#: Derived from others whenever an entity is answered, hence never stored.
DERIVED = frozenset({
    "owner", "permissions", "summary_status", "type", "catalog_product_group_name", "definition", "included",
    "relative_definition", "parent_id", "grid_click_type", "created_at", "updated_at",
})  # fmt: skip

_OF_FEEDS: dict[str, FieldKind] = {
    **dict.fromkeys(("title", "description", "link", "image_link", "currency", *TEXTS), "text"), "availability": "text",
    "price_micro": "integer", "sale_price_micro": "integer", "adult": "boolean", "additional_image_link": "array",
    **dict.fromkeys(CUSTOM_NUMBERS, "number"),
}  # fmt: skip

#: What an entity of the store has beside the fields of its row: name -> kind, as in `FIELDS`.
_BESIDE: dict[str, dict[str, FieldKind]] = {
    "users": {
        **dict.fromkeys(("account_type", "business_name", "about", "profile_image", "website_url"), "text"),
        **dict.fromkeys(("board_count", "pin_count", "follower_count", "following_count", "monthly_views"), "integer"),
    },
    "items": _OF_FEEDS,
    "promotions": {"created": "integer", "updated": "integer", "measured": "object"},
    "catalogs": {"created": "integer", "updated": "integer"},
    "feeds": {"created": "integer", "updated": "integer"},
    "product_groups": {
        "created": "integer", "updated": "integer", "type": "text", "filters": "object", "product_set": "text",
        "plausible": "array", "recorded": "boolean", "catalog_type": "enum",
    },
}  # fmt: skip

_OF_COLUMNS: dict[str, FieldKind] = {
    "username": "text",
    "item_id": "text",
    "name": "text",
    "product_count": "integer",
    "average_price_micro": "integer",
}


@cache
def _known(kind: str) -> dict[str, Field]:
    """What is known of the fields of an entity, by the names of the store."""
    beside = {name: Field(name=name, kind=of) for name, of in _BESIDE.get(kind, {}).items()}
    columns = {name: Field(name=name, kind=_OF_COLUMNS.get(name, "id")) for name in COLUMNS[kind]}
    rows = FIELDS[_FIELDS_OF[kind]] if kind in _FIELDS_OF else ()
    by_row = {field.source or field.name: field for field in rows}
    found = {**columns, **beside, **{name: field for name, field in by_row.items() if name not in DERIVED}}
    return found | ({"history": Field(name="history", kind="array")} if "status" in found else {})


#: What every entity has.
_ALWAYS = frozenset({"name", "created_time", "updated_time", "created", "updated"})


def _is_never_null(field: Field) -> bool:
    return field.nullable is False and field.null_in_bodies is None


def check_entity(kind: str, where: str, given: Mapping[str, Any]) -> None:
    """Raises: ConfigurationError: an unknown field, or a value that its row does not allow, whatever the API version."""
    known = _known(kind)
    for name, value in given.items():
        if name not in known:
            meant = did_you_mean(name, known)
            raise ConfigurationError(f"{where}.{name}: got {shown(value)}, allowed: {', '.join(sorted(known))}.{meant}")
        if name in _INSTANTS and isinstance(value, bool | int | float | str | datetime.date):
            _whole_seconds(f"{where}.{name}", value)
        elif value is not None:
            _check_field(known[name], f"{where}.{name}", value)
        elif name in _ALWAYS or _is_never_null(known[name]) or (name in COLUMNS[kind] and name not in ("id", "feed_id")):
            raise ConfigurationError(f"{where}.{name}: got null, allowed: {known[name].kind}")
    if kind == "items":
        _check_item(where, given)
    _check_measured(where, given)
    filters = given.get("filters")
    # In a recording the values of filters are placeholders.
    if filters and any(filters.values()) and not given.get("recorded") and (problem := validate_filters(filters)):
        raise ConfigurationError(f"{where}.{problem}")


def _check_measured(where: str, given: Mapping[str, Any]) -> None:
    if given.get("measured") is not None:
        try:
            decoder_of(Measured)
            msgspec.convert(given["measured"], Measured)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"{where}.measured: {error}") from None


def _check_item(where: str, given: Mapping[str, Any]) -> None:
    for name in ("feed_id", "item_id", "price_micro"):
        if given.get(name) is None:
            raise ConfigurationError(f"{where}: {name} is missing")
    if given.get("currency", "") is None:
        raise ConfigurationError(f"{where}.currency: got null, allowed: a currency, or no currency")
    for name in ("price_micro", "sale_price_micro"):
        if not 0 <= (given.get(name) or 0) < 10**18:
            raise ConfigurationError(f"{where}.{name}: got {shown(given[name])}, allowed: 0 to 10**18 millionths")
    stock = given.get("availability", "IN_STOCK")
    if stock not in AVAILABILITY.values():
        raise ConfigurationError(f"{where}.availability: got {shown(stock)}, allowed: {', '.join(AVAILABILITY.values())}")


def _whole_seconds(where: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**33):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: unix seconds")


def _check_field(field: Field, where: str, value: Any) -> None:
    types = _TYPES.get(field.kind)
    if types is not None and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: {' or '.join(t.__name__ for t in types)}")
    if field.kind == "id" and not is_digits(str(value), 18):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: 1 to 18 digits")
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
    "history": (("kind", (str,)), ("id", (int,)), ("since", (int,)), ("settings", (dict,))),
    "past_items": (("feed_id", (int,)), ("id", (int,)), ("until", (int,)), ("item", (dict, type(None)))),
    "stated": (("promotion_id", (int,)), ("day", (int,)), ("numbers", (dict,))),
    "roles": (("user_id", (int,)), ("ad_account_id", (int,)), ("role", (str,))),
    "tokens": (("token", (str,)), ("kind", (str,)), ("user_id", (int,)), ("app", (str,)), ("scopes", (str,)),
               ("expires", (int, type(None))), ("revoked", (int, type(None))), ("family", (str,))),
}  # fmt: skip

_TOKEN_KINDS = ("access", "client", "refresh", "code")


def check_row(table: str, index: int, row: Any) -> None:
    """Raises: ConfigurationError: not a row of a table as `export` writes it."""
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
    if table == "history":
        _check_settings(f"history[{index}]", row)
    elif table == "past_items" and row[3] is not None:
        check_entity("items", f"past_items[{index}].item", row[3])
    elif table == "stated":
        _check_stated(f"stated[{index}].numbers", row[2])


def _check_settings(where: str, row: list[Any]) -> None:
    kind, _, since, settings = row
    if kind not in SETTINGS:
        raise ConfigurationError(f"{where}.kind: got {shown(kind)}, allowed: {', '.join(SETTINGS)}")
    if not 0 <= since < 2**33:
        raise ConfigurationError(f"{where}.since: got {since}, allowed: unix seconds")
    _check_measured(f"{where}.settings", settings)
    for name, value in settings.items():
        if name not in SETTINGS[kind]:
            meant = did_you_mean(name, SETTINGS[kind])
            raise ConfigurationError(f"{where}.settings.{name}: allowed: {', '.join(SETTINGS[kind])}.{meant}")
        if value is None:
            raise ConfigurationError(f"{where}.settings.{name}: got null, allowed: a value, or no {name}")
        if name == "filters":  # as the store keeps them
            _check_filters_as_text(f"{where}.settings.filters", value)
        elif name in _INSTANTS:
            _whole_seconds(f"{where}.settings.{name}", value)
        elif name.endswith("_id") and (isinstance(value, bool) or not isinstance(value, int)):
            raise ConfigurationError(f"{where}.settings.{name}: got {shown(value)}, allowed: an id as a number")
        else:
            _check_field(_known(kind)[name], f"{where}.settings.{name}", value)


def _check_filters_as_text(where: str, value: object) -> None:
    try:
        text = value if isinstance(value, str) else ""
        msgspec.json.decode(text, type=dict[Literal["any_of", "all_of"], list[dict[str, dict[str, Any]]]])
    except (msgspec.MsgspecError, UnicodeError):
        raise ConfigurationError(f"{where}: got {shown(value)}, allowed: filters as JSON") from None


def _check_stated(where: str, given: Any) -> None:
    try:
        decoder_of(Stated)
        stated = msgspec.convert(given, Stated)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    if stated.clicks > stated.impressions or (stated.spend_micro and not stated.impressions):
        what = f"{stated.clicks} clicks and {stated.spend_micro} spent"
        raise ConfigurationError(f"{where}: got {what}, allowed: as much as {stated.impressions} impressions can bring")
