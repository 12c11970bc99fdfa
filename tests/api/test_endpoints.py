"""Every Operation row against Pinterest's own descriptions, oldest, middle and newest: one drift table.

A line in the table is a mistake of ours, unless it stands in ``KNOWN`` with the reason why Pinterest's text is not
followed. Run this file with ``-s`` to see what was compared.
"""

from __future__ import annotations

from typing import Any

import pytest

from pinshop.api.checks import ID_DIGITS
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.operations import Operation, Param, version

VERSIONS = ("5.6.0", "5.14.0", "5.23.0")
NEWEST = VERSIONS[-1]

#: (version or "*", operation id, fact) -> why the row differs from the description. Read on 2026-11-24.
KNOWN: dict[tuple[str, str, str], str] = {
    ("*", "product_group_promotions/create", "max_items"): "in words only: 'List of Product Group Promotions to create, size"
    " limit [1, 30]'",
    ("*", "product_group_promotions/update", "max_items"): "not stated; create's limit, which every other batch of this API"
    " shares between create and update",
    ("5.6.0", "campaigns/create", "max_items"): "not stated before; 5.14.0 states 30",
    ("5.6.0", "campaigns/update", "max_items"): "not stated before; 5.14.0 states 30",
    ("5.6.0", "product_group_promotions/get", "operationId"): "singular there, plural since 5.8.0: the same endpoint",
    ("*", "product_groups/analytics", "columns.minimum"): "an empty list cannot be written as a=b,c, and asks for nothing",
    ("*", "catalogs_product_groups/list", "id.kind"): "integers there, ids here: the same digits, and ids outgrow other"
    " languages' integers",
}


def resolve(description: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = description
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    if len(parts := value.get("allOf", ())) == 1:
        value = {**resolve(description, parts[0]), **{k: v for k, v in value.items() if k != "allOf"}}
    return value


def kind_of(schema: dict[str, Any], items: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return kind_of(items, {}) + "s"
    if schema.get("format") == "date" or schema.get("pattern") == r"^(\d{4})-(\d{2})-(\d{2})$":
        return "date"
    if schema.get("type") in {"integer", "boolean"}:
        return str(schema["type"])
    if "enum" in schema:
        return "enum"
    return "id" if schema.get("pattern") == r"^\d+$" else "text"


def declared_param(description: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    schema = resolve(description, raw["schema"])
    items = resolve(description, schema.get("items", {}))
    is_list = schema.get("type") == "array"
    kind = kind_of(schema, items)
    # An id's length stands in checks.ID_DIGITS, by the parameter's name; a bookmark has none.
    low = schema.get("minItems") if is_list else schema.get("minimum")
    high = schema.get("maxItems") if is_list else schema.get("maximum")
    return {
        "kind": kind,
        "required": bool(raw.get("required")),
        "choices": frozenset((items if is_list else schema).get("enum", ())),
        "minimum": low,
        "maximum": high,
        "default": tuple(d) if isinstance(d := schema.get("default"), list) else d,
        "repeat": raw.get("explode", True) if is_list else True,
    }


def promised_param(param: Param) -> dict[str, Any]:
    return {
        "kind": param.kind,
        "required": param.required,
        "choices": frozenset(param.choices),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "default": param.default,
        "repeat": param.repeat,
    }


def body_of(description: dict[str, Any], node: dict[str, Any]) -> tuple[str | None, str | None, int]:
    """(how the body is laid out, the key of its list, items per request) as declared."""
    content = resolve(description, node.get("requestBody", {})).get("content", {})
    if not content:
        return None, None, 0
    if "application/json" not in content:
        return "form", None, 0
    schema = resolve(description, content["application/json"]["schema"])
    if schema.get("type") == "array":
        return "array", None, schema.get("maxItems", 0)
    lists = [
        (name, found)
        for name, value in schema.get("properties", {}).items()
        if (found := resolve(description, value)).get("type") == "array" and name in schema.get("required", ())
    ]
    if len(lists) == 1:
        return "object", lists[0][0], lists[0][1].get("maxItems", 0)
    return "object", None, 0


def declared(description: dict[str, Any], operation: Operation) -> dict[str, Any] | None:
    node = description["paths"].get(operation.path, {}).get(operation.verb.lower())
    if node is None:
        return None
    security = {name: tuple(sorted(scopes)) for entry in node.get("security", ()) for name, scopes in entry.items()}
    path_level = description["paths"][operation.path].get("parameters", ())
    params = [resolve(description, p) for p in (*path_level, *node.get("parameters", ()))]
    layout, envelope, most = body_of(description, node)
    return {
        "operationId": node["operationId"],
        "category": node.get("x-ratelimit-category"),
        "scopes": security.get("pinterest_oauth2", ()),
        "client_credentials": "client_credentials" in security,
        "sandbox": node.get("x-sandbox"),
        "success": frozenset(int(code) for code in node["responses"] if code.isdigit() and int(code) < 300),
        "path": tuple(p["name"] for p in params if p["in"] == "path"),
        "body": layout,
        "envelope": envelope,
        "max_items": most,
        "query": {p["name"]: declared_param(description, p) for p in params if p["in"] == "query"},
    }


def drift(description: dict[str, Any], operation: Operation, api_version: str) -> dict[str, str]:
    """Fact -> "description says … / row says …", for all facts that differ."""
    found: dict[str, str] = {}

    def compare(fact: str, theirs: Any, ours: Any) -> None:
        if theirs != ours:
            found[fact] = f"description {theirs!r}, row {ours!r}"

    there = declared(description, operation)
    compare("exists", there is not None, version(api_version) >= version(operation.since))
    if there is None:
        return found
    since = operation.client_credentials_since
    compare("operationId", there["operationId"], operation.id)
    compare("category", there["category"], operation.category)
    compare("scopes", there["scopes"], tuple(sorted(operation.scopes)))
    compare("client_credentials", there["client_credentials"], since is not None and version(api_version) >= version(since))
    if api_version == NEWEST:  # what the sandbox offers now is what counts
        compare("sandbox", there["sandbox"], "enabled" if operation.sandbox else "disabled")
    if not there["success"] <= set(operation.success):
        compare("success", sorted(there["success"]), operation.success)
    compare("path", sorted(there["path"]), sorted(operation.path_names))
    compare("body", there["body"], operation.body)
    compare("envelope", there["envelope"], operation.envelope)
    compare("max_items", there["max_items"], operation.max_items)
    ours = {p.name: promised_param(at) for p in operation.query if (at := p.at(api_version))}
    compare("query", sorted(there["query"]), sorted(ours))
    for name in sorted(ours.keys() & there["query"].keys()):
        for fact, theirs in there["query"][name].items():
            if fact == "choices" and name == "columns":
                continue  # 100 names and more: columns.py has its own test
            compare(f"{name}.{fact}", theirs, ours[name][fact])
    return found


@pytest.mark.parametrize("api_version", VERSIONS)
def test_rows_say_what_pinterest_says(api_version, description):
    spec = description(api_version)
    lines, excused = [], 0
    for operation in OPERATIONS:
        for fact, words in drift(spec, operation, api_version).items():
            if (api_version, operation.id, fact) in KNOWN or ("*", operation.id, fact) in KNOWN:
                excused += 1
            else:
                lines.append(f"{api_version}  {operation.id:42} {fact:34} {words}")
    print(f"\n{api_version}: {len(OPERATIONS)} rows compared, {len(lines)} differ, {excused} differ for a known reason")
    assert not lines, "\n" + "\n".join(lines)


def test_no_excuse_is_left_over(description):
    real = {
        key
        for api_version in VERSIONS
        for operation in OPERATIONS
        for fact in drift(description(api_version), operation, api_version)
        for key in ((api_version, operation.id, fact), ("*", operation.id, fact))
    }
    assert sorted(KNOWN.keys() - real) == []


@pytest.mark.parametrize("api_version", VERSIONS)
def test_ids_are_as_long_as_pinterest_states_and_no_shorter(api_version, description):
    spec = description(api_version)
    stated: dict[str, set[int | None]] = {}
    for operation in OPERATIONS:
        item = spec["paths"].get(operation.path, {})
        for raw in (*item.get("parameters", ()), *item.get(operation.verb.lower(), {}).get("parameters", ())):
            parameter = resolve(spec, raw)
            schema = resolve(spec, parameter["schema"])
            schema = resolve(spec, schema["items"]) if "items" in schema else schema
            if kind_of(schema, {}) == "id":
                stated.setdefault(parameter["name"], set()).add(schema.get("maxLength"))
    assert stated
    assert {name: {ID_DIGITS.get(name)} for name in stated} == stated
