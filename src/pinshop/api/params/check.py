"""The check itself: an annotation in, a function out that takes one value and returns it as it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from msgspec import UNSET, Struct

from pinshop.api import checks, models
from pinshop.api.checks import Check
from pinshop.api.models.shapes import Entity
from pinshop.api.near import near
from pinshop.api.params import ad_accounts, ad_groups, campaigns, catalog_product_groups, promotions, reports
from pinshop.api.params.annotations import Day, IdOf, Limits, Moment, Pattern
from pinshop.api.params.rules import Examples, Rules
from pinshop.errors import InvalidInput

RULES: Rules = ad_groups.RULES | campaigns.RULES | catalog_product_groups.RULES | reports.RULES

EXAMPLES: Examples = catalog_product_groups.EXAMPLES

#: Fields an answer has and a request should not: sending them changes nothing, which looks like success.
#: This pairing stands here since the models know the bodies of their nouns: the bodies cannot know the models.
READ_ONLY: dict[type, type[Struct]] = {
    promotions.ProductGroupPromotionCreate: models.ProductGroupPromotion,
    promotions.ProductGroupPromotionUpdate: models.ProductGroupPromotion,
    campaigns.CampaignCreate: models.Campaign,
    campaigns.CampaignUpdate: models.Campaign,
    ad_groups.AdGroupCreate: models.AdGroup,
    ad_groups.AdGroupUpdate: models.AdGroup,
    ad_accounts.AdAccountCreate: models.AdAccount,
    catalog_product_groups.CatalogProductGroupCreate: models.CatalogProductGroup,
    catalog_product_groups.CatalogProductGroupUpdate: models.CatalogProductGroup,
}


def check(kind: type, value: object, field: str, operation: str | None = None) -> dict[str, Any]:
    """Check one object against a `TypedDict` of this package and return it as it is sent: ids as text, moments as seconds.

    A field set to `UNSET` counts as left out.

    Raises:
        InvalidInput: the first field that is unknown, missing, of a wrong type or out of limits.
    """
    checked: dict[str, Any] = _check_for(kind)(field, value, operation)
    return checked


def check_items(kind: type, items: Iterable[object], operation: str | None = None) -> list[dict[str, Any]]:
    """Check the items of a batch; places are named ``items[3].tracking_url``. An ``id`` may come only once.

    Raises:
        InvalidInput: not a list, or an item that `check` refuses. An empty list is fine: there is nothing to write.
    """
    field = "items"
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable):
        raise InvalidInput(field, items, "a list of objects; put a single one in brackets", operation=operation)
    one = _check_for(kind)
    checked = [one(f"{field}[{index}]", item, operation) for index, item in enumerate(items)]
    seen: dict[str, int] = {}
    for index, item in enumerate(checked):
        # Of two changes to one thing, which comes last would be the server's choice.
        if "id" in item and (before := seen.setdefault(item["id"], index)) != index:
            raise InvalidInput(
                f"{field}[{index}].id", item["id"], f"each id once; items[{before}] has it too", operation=operation
            )
    return checked


def _check_for(kind: Any) -> Check:
    """The check of an annotation."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, *limits = get_args(kind)
        return _limited(base, limits[0])
    if origin is Literal:
        return checks.choice_check(get_args(kind))
    if origin in (Union, UnionType):
        return _optional(get_args(kind))
    if origin is Sequence:
        return _list(_check_for(get_args(kind)[0]), Limits())
    if origin is Mapping:
        return checks.check_mapping if get_args(kind)[1] is Any else _named(_check_for(get_args(kind)[1]))
    if is_typeddict(kind):
        return _object(kind)
    return _PLAIN[kind]


@lru_cache(maxsize=256)
def _object(kind: Any) -> Check:
    fields: dict[str, Check] = {}
    required: list[str] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Required:
            required.append(name)
            fields[name] = _check_for(get_args(hint)[0])
        else:
            fields[name] = _check_for(hint)
    rules = RULES.get(kind, ())
    model = READ_ONLY.get(kind)
    read_only = () if model is None else model.__struct_fields__

    def checked(path: str, value: object, operation: str | None) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InvalidInput(path, value, "an object (a dict of fields)", operation=operation)
        result: dict[str, Any] = {}
        for name, item in value.items():
            if item is UNSET:
                continue
            one = fields.get(name)
            if one is None:
                raise InvalidInput(
                    f"{path}.{name}",
                    item,
                    _no_such_field(str(name), tuple(fields), read_only, [r for r in required if r not in value]),
                    operation=operation,
                )
            result[str(name)] = one(f"{path}.{name}", item, operation)
        for name in required:
            if name not in result:
                raise InvalidInput(f"{path}.{name}", UNSET, "it is required", operation=operation)
        for rule in rules:
            if verdict := rule(result):
                name, given, allowed = verdict
                raise InvalidInput(f"{path}.{name}" if name else path, given, allowed, operation=operation)
        return result

    return _as_written(_as_read(checked, fields, model), EXAMPLES.get(kind))


def _as_read(one: Check, fields: Mapping[str, Check], model: type[Struct] | None) -> Check:
    """Takes what was read as well: of its fields those that a request may hold.

    Answers have null in fields where a request may not; there it says what leaving the field out says.
    """

    def checked(path: str, value: object, operation: str | None) -> Any:
        if not isinstance(value, Entity):
            return one(path, value, operation)
        if model is not None and not isinstance(value, model):  # its id would be taken for that of another thing
            allowed = f"an object (a dict of fields) or of the type {model.__name__}, not {type(value).__name__}"
            raise InvalidInput(path, value, allowed, operation=operation)
        held = {name: item for name, item in value.to_dict().items() if name in fields}
        try:
            sent = {name: item for name, item in held.items() if item is not None or _takes_null(fields[name])}
            return one(path, sent, operation)
        except InvalidInput as error:
            advice = f"{error.allowed}; or write back only what changes: entity.changed(field=value)"
            raise InvalidInput(error.field, error.given, advice, operation=operation) from None

    return checked


def _as_written(one: Check, example: str | None) -> Check:
    """Shows how the whole looks where its structure is mistaken, which the place of the mistake does not tell."""
    if example is None:
        return one

    def checked(path: str, value: object, operation: str | None) -> Any:
        try:
            return one(path, value, operation)
        except InvalidInput as error:
            if not error.allowed.startswith(("the fields", "not this field", "a list", "an object", "exactly one")):
                raise
            raise InvalidInput(error.field, error.given, f"{error.allowed}; such as {example}", operation=operation) from None

    return checked


def _takes_null(one: Check) -> bool:
    try:
        return one("", None, None) is None
    except InvalidInput:
        return False


def _no_such_field(name: str, fields: Sequence[str], read_only: Sequence[str], missing: Sequence[str]) -> str:
    if name in read_only and missing:
        return f"not this field: Pinterest sets it, a request does not; what is required is {' and '.join(missing)}"
    if name in read_only:
        return "not this field: Pinterest sets it, a request does not (of an answer, write back entity.changed(field=value))"
    if meant := near(name, fields):
        return f"not this field; did you mean {meant}?"
    return f"the fields {', '.join(sorted(fields))}"


def _optional(members: tuple[Any, ...]) -> Check:
    kinds = [member for member in members if member not in (type(None), Enum)]
    one = _check_for(kinds[0] if len(kinds) == 1 else Union[tuple(kinds)])  # noqa: UP007 (a union made at run time)
    if type(None) not in members:
        return one

    def checked(path: str, value: object, operation: str | None) -> Any:
        return None if value is None else one(path, value, operation)

    return checked


def _limited(base: Any, limits: Limits | Pattern | IdOf | Moment | Day) -> Check:
    if isinstance(limits, Moment):
        return checks.check_moment
    if isinstance(limits, Day):
        return checks.check_date
    if isinstance(limits, IdOf):
        return checks.id_check(limits.prefix)
    if isinstance(limits, Pattern):
        return checks.pattern(limits.form, limits.words)
    if get_origin(base) is Sequence:
        return _list(_check_for(get_args(base)[0]), limits)
    if base is str:
        return checks.text_check(limits.minimum, limits.maximum)
    if base is int:
        return checks.integer_check(limits.minimum, limits.maximum, limits.unit)
    return checks.number_check(limits.minimum, limits.maximum)


def _named(one: Check) -> Check:
    """An object with names that are not Pinterest's."""

    def checked(path: str, value: object, operation: str | None) -> dict[str, Any]:
        given = checks.check_mapping(path, value, operation)
        return {name: one(f"{path}.{name}", item, operation) for name, item in given.items()}

    return checked


def _list(one: Check, limits: Limits) -> Check:
    def checked(path: str, value: object, operation: str | None) -> list[Any]:
        return checks.check_list(path, value, one, limits.minimum, limits.maximum, operation)

    return checked


_PLAIN: dict[Any, Check] = {
    str: checks.check_text,
    int: checks.check_integer,
    float: checks.check_number,
    bool: checks.check_boolean,
}
