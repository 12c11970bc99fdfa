"""The table of fields is the one truth: models, params, the emulator's answers and the façade's models say what it says."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, is_typeddict

import msgspec
import pytest
from msgspec import UnsetType

from pinshop.api import models, params
from pinshop.api.fields import FIELDS, OTHER_FIELDS, Field
from pinshop.api.operations import API_VERSIONS
from pinshop.api.params.annotations import Day, IdOf, Limits, Moment, Pattern

NEWEST = "5.28"
ROWS = FIELDS | OTHER_FIELDS
MODELS: dict[str, Any] = {
    "promotion": models.ProductGroupPromotion, "campaign": models.Campaign, "ad_group": models.AdGroup,
    "ad_account": models.AdAccount, "user": models.UserAccount, "catalog": models.Catalog, "feed": models.Feed,
    "product_group": models.CatalogProductGroup, "report_order": models.ReportOrder, "report_state": models.ReportState,
    "bulk_order": models.BulkOrder,
    "bulk_state": models.BulkState, "delivery_metric": models.DeliveryMetric, "metrics_ready_state": models.MetricsReadyState,
}  # fmt: skip
BODIES: dict[tuple[str, str], Any] = {
    ("promotion", "c"): params.ProductGroupPromotionCreate, ("promotion", "u"): params.ProductGroupPromotionUpdate,
    ("campaign", "c"): params.CampaignCreate, ("campaign", "u"): params.CampaignUpdate,
    ("ad_group", "c"): params.AdGroupCreate, ("ad_group", "u"): params.AdGroupUpdate,
    ("ad_account", "c"): params.AdAccountCreate, ("report_request", "c"): params.ReportRequest,
    ("bulk_request", "c"): params.BulkDownloadRequest,
    ("product_group", "c"): params.CatalogProductGroupCreate, ("product_group", "u"): params.CatalogProductGroupUpdate,
}  # fmt: skip

#: Names in bodies that differ from the table on purpose.
NAMES: dict[tuple[str, str], str] = {
    ("promotion", "catalog_product_group_name"): "it follows from the id: taken, and ignored by the server",
    ("promotion", "catalogs_product_group_id"): "the former name; users write the modern one",
}
#: Values that differ on purpose.
VALUES: dict[tuple[str, str], str] = {
    ("product_group", "catalog_type"): "only retail catalogs are in the slice; answers of others are read all the same",
    ("feed", "status"): "DELETED appears only in answers about a feed that was deleted, which the emulator does not make",
    ("feed", "default_availability"): "the emulator answers what it was given",
    ("product_group", "type"): "automatic groups are named by Pinterest; the emulator makes merchants' ones",
    ("product_group", "status"): "as above",
}

IDS = ("id", "foreign_id", "ad_group_ref", "campaign_ref")
TYPES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(IDS, (str,)), "text": (str,), "date": (str,), "enum": (str,), "integer": (int,), "number": (Decimal,),
    "boolean": (bool,), "object": (dict, Any),
}  # fmt: skip


def bare(hint: Any) -> tuple[list[Any], bool]:
    """The members of a union without None, UNSET and Enum; and whether None is one."""
    members = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    return [m for m in members if m not in (NoneType, UnsetType, Enum)], NoneType in members


def choices(hints: Sequence[Any]) -> set[str]:
    """The values of the Literals among them, those of items of lists included."""
    found: set[str] = set()
    for hint in hints:
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if get_origin(inner) is Literal:
            found |= {str(value) for value in get_args(inner)}
        elif get_origin(inner) in (list, Sequence):
            found |= choices(bare(get_args(inner)[0])[0])
    return found


@pytest.mark.parametrize("entity_type", MODELS)
def test_a_model_has_the_fields_of_the_table(entity_type: str) -> None:
    model, rows = MODELS[entity_type], {field.name: field for field in ROWS[entity_type] if field.answered}
    hints = typing.get_type_hints(model)
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    assert set(fields) == set(rows)
    for name, row in rows.items():
        members, null = bare(hints[fields[name].name])
        plain = hints[fields[name].name] is str
        assert null or plain or Any in members, f"{entity_type}.{name}: an answer may always be null"
        if plain:
            assert fields[name].default == "", f"{entity_type}.{name}"
            assert not row.nullable or name == "catalog_product_group_id", f"{entity_type}.{name}"
        kinds = {get_origin(m) or m for m in members} - {Literal}
        if row.kind == "array":
            assert list in kinds, f"{entity_type}.{name}"
        elif not (row.kind == "object" and any(isinstance(k, type) and issubclass(k, msgspec.Struct) for k in kinds)):
            assert kinds & set(TYPES[row.kind]), f"{entity_type}.{name}: {row.kind} is {kinds}"
        if row.kind == "enum" and (entity_type, name) not in VALUES:
            assert choices(members) == set(row.values) or not choices(members), f"{entity_type}.{name}"
        if choices(members) and row.kind != "array" and (entity_type, name) not in VALUES:
            assert choices(members) == set(row.values), f"{entity_type}.{name}: {choices(members) ^ set(row.values)}"


@pytest.mark.parametrize("entity_type", FIELDS)
def test_an_id_that_always_comes_is_plain_text(entity_type: str) -> None:
    hints = typing.get_type_hints(MODELS[entity_type])
    parents = {"id", "ad_account_id", "campaign_id", "ad_group_id", "catalog_id", "catalog_product_group_id"}
    plain = {name for name, hint in hints.items() if hint is str}
    assert plain == parents & {field.name for field in FIELDS[entity_type]}


@pytest.mark.parametrize(("entity_type", "verb"), BODIES)
def test_a_body_takes_what_the_table_says(entity_type: str, verb: str) -> None:
    rows = {field.name: field for field in ROWS[entity_type]}
    hints = typing.get_type_hints(BODIES[entity_type, verb], include_extras=True)
    writable = {name for name, field in rows.items() if verb in field.write}
    assert {name for name in set(hints) ^ writable if (entity_type, name) not in NAMES} == set()
    for name in set(hints) & writable:
        check_input(f"{entity_type}.{name}", rows[name], hints[name], verb, values=(entity_type, name) not in VALUES)


def check_input(place: str, row: Field, hint: Any, verb: str, *, values: bool) -> None:
    required = get_origin(hint) is Required
    hint = get_args(hint)[0] if required else hint
    assert required == (verb in row.required), f"{place}: required"
    hint, null = optional(hint)
    assert null == row.null_in_body_at(NEWEST, verb), f"{place}: null"
    limits: Any = None
    if get_origin(hint) is Annotated:
        hint, limits = get_args(hint)[0], get_args(hint)[1]
    members, _ = bare(hint)
    if values and (row.values or choices(members)):
        assert choices(members) == set(row.values), f"{place}: {choices(members) ^ set(row.values)}"
    if row.kind in IDS:
        assert limits == IdOf({"ad_group_ref": "AG", "campaign_ref": "C"}.get(row.kind, "")), place
    elif row.pattern:
        assert isinstance(limits, Pattern), place
        assert limits.form == row.pattern, place
    elif row.unit == "seconds":
        assert isinstance(limits, Moment), place
    elif row.kind == "date":
        assert isinstance(limits, Day), place
    else:
        assert limits is None or isinstance(limits, Limits), place
        low, high = (limits.minimum, limits.maximum) if limits else (None, None)
        assert (low or 0, high) == (row.minimum or 0, row.maximum), f"{place}: limits"
        assert (limits is not None and "micro-currency" in limits.unit) == (row.unit == "micro-currency"), f"{place}: unit"
    if row.kind == "object":
        assert is_typeddict(hint) or get_origin(hint) is Mapping, place
        assert row.fields is None or is_typeddict(hint), place
        if row.fields is not None and is_typeddict(hint):
            inner = typing.get_type_hints(hint, include_extras=True)
            written = [one for one in row.fields if verb in one.write]
            assert set(inner) == {one.name for one in written}, place
            for one in written:
                check_input(f"{place}.{one.name}", one, inner[one.name], verb, values=True)
    if row.kind == "array":
        assert get_origin(hint) is Sequence, place
        if row.each is not None:
            check_input(f"{place}[]", row.each, get_args(hint)[0], verb, values=True)
    if row.kind == "boolean":
        assert hint is bool, place


def optional(hint: Any) -> tuple[Any, bool]:
    """The annotation without None and Enum, and whether None was in it."""
    members, null = bare(hint)
    return (members[0] if len(members) == 1 else Union[tuple(members)]), null  # noqa: UP007


@pytest.mark.parametrize("entity_type", ROWS)
def test_rows_are_well_formed(entity_type: str) -> None:
    names = [field.name for field in ROWS[entity_type]]
    assert len(names) == len(set(names))
    for field in ROWS[entity_type]:
        assert set(field.write) <= set("cu")
        assert set(field.required) <= set(field.write), field.name
        assert bool(field.values) <= (field.kind in ("enum", "array", "integer")), field.name
        assert (field.kind == "enum") <= bool(field.values), field.name
        assert (field.unit == "micro-currency") <= ("micro_currency" in field.name or "spend_cap" in field.name), field.name
        assert not field.plausible or field.unit == "micro-currency"
        assert all(set(field.values_at(version)) <= set(field.values) for version in API_VERSIONS)


# ----------------------------------------------------------------------------------------- the façade's models

#: The façade's page is of this version.
FACADE_VERSION = "5.6"
#: The façade's models of entities, each with its rows. It ships promotions only: no model of any other noun.
FACADE_ENTITIES = {"ProductGroupPromotion": ("promotion", ""), "ProductGroupPromotionCommon": ("promotion", "c")}
FACADE_ENUMS = {
    "EntityStatus": ("promotion", "status"), "CreativeType": ("promotion", "creative_type"),
    "Granularity": ("report_request", "granularity"),
    "ConversionReportTimeType": ("report_request", "conversion_report_time"),
}  # fmt: skip
#: What carries entities, or is free in its fields; the table has no rows of these.
FACADE_ENVELOPES = {
    "Error", "Exception", "Exceptions", "ProductGroupAnalyticsResponse", "ProductGroupPromotionArrayElement",
    "ProductGroupPromotionArrayResponse", "ProductGroupPromotionCreateRequest", "ProductGroupPromotionListResponse",
    "ProductGroupPromotionUpdateItem", "ProductGroupPromotionUpdateRequest", "ProductGroupPromotionUpdateResponseItem",
}  # fmt: skip


def test_the_facade_has_no_other_model() -> None:
    from pinterest.generated.client import models as old

    of_its_own = {name for name, one in vars(old).items() if isinstance(one, type) and one.__module__ == old.__name__}
    public = {name for name in of_its_own if not name.startswith("_")}
    assert public == set(FACADE_ENTITIES) | set(FACADE_ENUMS) | FACADE_ENVELOPES


@pytest.mark.parametrize("model", FACADE_ENTITIES)
def test_a_model_of_the_facade_has_the_fields_of_the_table(model: str) -> None:
    from pinterest.generated.client import models as old

    entity_type, verb = FACADE_ENTITIES[model]
    rows = {field.name: field for field in FIELDS[entity_type] if field.at(FACADE_VERSION)}
    kind = getattr(old, model)
    # The name of the product group follows from its id: taken, and ignored by the server.
    written = {name for name, row in rows.items() if verb in row.write} | {"catalogs_product_group_name"}
    assert set(kind.openapi_types) == (written if verb else set(rows))
    kinds = {"text": str, "boolean": bool, "integer": int, **dict.fromkeys(IDS, str)}
    for name, types in kind.openapi_types.items():
        row = rows[name]
        null = row.null_in_body_at(FACADE_VERSION, verb) if verb else row.null_at(FACADE_VERSION)
        assert (NoneType in types) == null, f"{name}: null"
        plain = [one for one in types if one is not NoneType]
        if row.kind == "enum":
            assert [FACADE_ENUMS[one.__name__] for one in plain] == [(entity_type, name)]
        else:
            assert plain == [kinds[row.kind]], name
    ids = {(name,) for name in kind.openapi_types if rows[name].kind in IDS}
    assert set(kind.validations) == ids


@pytest.mark.parametrize("enum", FACADE_ENUMS)
def test_an_enum_of_the_facade_has_the_values_of_the_table(enum: str) -> None:
    from pinterest.generated.client import models as old

    entity_type, name = FACADE_ENUMS[enum]
    (row,) = (field for field in ROWS[entity_type] if field.name == name)
    kind = getattr(old, enum)
    (allowed,) = kind.allowed_values.values()
    assert set(allowed.values()) == set(row.values_at(FACADE_VERSION))
    assert set(allowed.values()) | kind.later_values == set(row.values)
