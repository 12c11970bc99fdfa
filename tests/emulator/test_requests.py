"""What Pinterest's description of an API version forbids in a body, the emulator refuses: property by property."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec import structs

from openapi import Described
from pinshop.api.endpoints import BY_ID, OPERATIONS
from pinshop.api.http import Request
from pinshop.api.operations import API_VERSIONS, ApiVersion, version
from pinshop.emulator import requests
from pinshop.emulator.refusals import Refusal
from pinshop.emulator.requests import route

#: A wrong value of each type.
WRONG: dict[str, tuple[Any, ...]] = {
    "string": (1, True, [], {}), "integer": ("x", "1", True, 1.5, []), "number": ("x", "1", True, []),
    "boolean": ("true", 1, []), "array": ("x", 1, {}), "object": ("x", 1, []),
}  # fmt: skip

#: What is taken although the description forbids it: (operation, property) -> why. "*" is any operation.
TAKEN: dict[tuple[str, str], str] = {
    ("*", "optimization_goal_metadata"): "nullable beside an allOf of what is not: null is meant to be allowed",
    ("campaigns/update", "objective_type"): "the same",
    ("campaigns/update", "is_flexible_daily_budgets"): "the same, at 5.6",
    ("campaigns/update", "is_automated_campaign"): "the same, at 5.6",
    ("*", "targeting_spec"): "5.6 writes AUDIENCE_INCLUDE with a stray quote, and nullable beside additionalProperties",
    ("*", "columns"): "columns that are not known have no value: the rule unknown_report_columns",
    ("*", "campaign_brand_label"): "what is empty asks for nothing",
    **{
        ("product_group_promotions/*", name): "read-only, so it is ignored whatever it is"
        for name in (
            "id", "ad_group_id", "bid_in_micro_currency", "included", "definition", "relative_definition", "parent_id",
            "catalog_product_group_name", "catalogs_product_group_name", "grid_click_type", "creative_type",
        )
    },
    ("campaigns/*", "bid_options"): "a name that stands for names (APP_TYPE) is described as one",
}  # fmt: skip


def bodies(emulator: Any, promotion_id: str, group_id: str) -> dict[str, tuple[str, Callable[[Any], Any], dict[str, Any]]]:
    """Of each operation with a JSON body: path, how an item is wrapped, and an item that is taken."""
    account, groups = f"/ad_accounts/{emulator.ad_account_id}", emulator.catalog_product_group_ids
    key = "catalogs_product_group_id" if emulator.api_version == "5.6" else "catalog_product_group_id"

    def promotion(item: Any) -> Any:
        return {"ad_group_id": emulator.ad_group_id, "product_group_promotion": [item]}

    def one(item: Any) -> Any:
        return [item]

    def bare(item: Any) -> Any:
        return item

    owner = {"ad_account_id": emulator.ad_account_id}
    campaign = {"name": "C", "objective_type": "CATALOG_SALES", "is_campaign_budget_optimization": True}
    ad_group = {"name": "G", "billable_event": "CLICKTHROUGH", "bid_in_micro_currency": 1_000_000}
    report = {"start_date": "2026-03-01", "end_date": "2026-03-01", "granularity": "DAY", "level": "PRODUCT_GROUP"}
    filters = {"any_of": [{"BRAND": {"values": ["zz"]}}]}
    return {
        "product_group_promotions/create": (f"{account}/product_group_promotions", promotion, {key: groups[0]}),
        "product_group_promotions/update": (f"{account}/product_group_promotions", promotion, {"id": promotion_id}),
        "campaigns/create": (f"{account}/campaigns", one, {**owner, **campaign, "daily_spend_cap": 50_000_000}),
        "campaigns/update": (f"{account}/campaigns", one, {**owner, "id": emulator.campaign_id}),
        "ad_groups/create": (f"{account}/ad_groups", one, {**ad_group, "campaign_id": emulator.campaign_id}),
        "ad_groups/update": (f"{account}/ad_groups", one, {"id": emulator.ad_group_id}),
        "ad_accounts/create": ("/ad_accounts", bare, {"name": "A", "country": "US"}),
        "catalogs_product_groups/create": (
            "/catalogs/product_groups",
            bare,
            {"feed_id": emulator.feed_id, "name": "N", "filters": filters},
        ),
        "catalogs_product_groups/update": (f"/catalogs/product_groups/{group_id}", bare, {"name": "M"}),
        "analytics/create_report": (f"{account}/reports", bare, {**report, "columns": ["SPEND_IN_DOLLAR"]}),
        "bulk_download/create": (f"{account}/bulk/download", bare, {"entity_types": ["CAMPAIGN"]}),
    }


def properties(described: Described, schema: Any) -> dict[str, Any]:
    """The properties of an item of a body."""
    schema = described.look_up(schema)
    if schema.get("type") == "array":
        return properties(described, schema["items"])
    if "allOf" in schema:
        schema = described._merged(schema)
    found = {k: v for one in schema.get("anyOf", ()) for k, v in properties(described, one).items()}
    found |= schema.get("properties", {})
    wrapped = found.get("product_group_promotion")
    return found if wrapped is None else properties(described, wrapped)


def suspects(described: Described, schema: Any, depth: int = 0) -> Iterator[Any]:
    """Values of a property that may be forbidden: unknown words, wrong types, beyond the limits, and so on inside."""
    schema = described.look_up(schema)
    if "allOf" in schema:
        schema = described._merged(schema)
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from suspects(described, option, depth)
        return
    kinds = schema.get("type", ())
    kind = next((one for one in ([kinds] if isinstance(kinds, str) else kinds) if one != "null"), "")
    kind = kind or ("object" if "properties" in schema else "array" if "items" in schema else "")
    yield from (None, "NO_SUCH_VALUE", *WRONG.get(kind, ()))
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "maxLength" in schema:
        yield "1" * (schema["maxLength"] + 1)
    if kind == "array":
        yield []
        good = described.invent(schema.get("items", {}), random.Random(3))
        if "maxItems" in schema:
            yield [good] * (schema["maxItems"] + 1)
        yield from ([one] for one in suspects(described, schema.get("items", {}), depth + 1))
    if kind == "object" and depth < 3:
        inner = schema.get("properties", {})
        whole = {name: described.invent(inner[name], random.Random(5)) for name in schema.get("required", ()) if name in inner}
        yield {}
        yield {**whole, "no_such_property": 1}
        for name, one in inner.items():
            yield from ({**whole, name: value} for value in suspects(described, one, depth + 1))


def refused_items(body: bytes) -> bool:
    """Whether the answer to a batch of one says that the item was refused."""
    answer = json.loads(body)
    entries = answer.get("items", ()) if isinstance(answer, dict) else answer
    return any(entry.get("exceptions") for entry in entries)


def is_known(operation: str, name: str) -> bool:
    return bool({("*", name), (operation, name), (operation.split("/", maxsplit=1)[0] + "/*", name)} & TAKEN.keys())


@pytest.mark.parametrize("api_version", ["5.6", "5.14", "5.23", "5.28"])
def test_what_the_description_forbids_is_refused(talk_at: Any, described: Any, api_version: str) -> None:
    talk, judge = talk_at(api_version), described(api_version)
    filters = {"any_of": [{"BRAND": {"values": ["qq"]}}]}
    group = talk("POST", "/catalogs/product_groups", {"feed_id": talk.emulator.feed_id, "name": "Q", "filters": filters})
    taken: set[str] = set()
    asked = 0
    for operation_id, (path, wrap, good) in bodies(talk.emulator, talk.some(1)[0], group["id"]).items():
        operation = BY_ID[operation_id]
        node = judge.paths[operation.path][operation.verb.lower()]
        declared = judge.look_up(node["requestBody"])["content"]["application/json"]["schema"]
        for name, schema in properties(judge, declared).items():
            if is_known(operation_id, name):
                continue
            given = [{**good, name: value} for value in suspects(judge, schema)]
            if name in good:
                given.append({key: value for key, value in good.items() if key != name})
            for item in given:
                body = wrap(item)
                request = Request(
                    operation.verb, "http://h", f"/v5{path}", {"content-type": "application/json"}, json.dumps(body).encode()
                )
                if judge.refusals(request):
                    asked += 1
                    reply = talk.send(operation.verb, path, body)
                    if reply.status < 400 and not refused_items(reply.body):
                        taken.add(f"{operation_id}: {name} {json.dumps(item.get(name, 'missing'))[:80]}")
    assert taken == set()
    assert asked > 300


# ------------------------------------------------------------------------------------------------ routes


def scanned(api_version: ApiVersion, method: str, path: str) -> tuple[str, dict[str, str]] | int:
    """What a path means, row by row: the operation with the fewest placeholders, or the status of the refusal."""
    segments = path.removeprefix("/v5/").split("/")
    fits = []
    for operation in OPERATIONS:
        parts = operation.path.strip("/").split("/")
        known = version(operation.since) <= version(api_version) and len(parts) == len(segments)
        if known and all(part.startswith("{") or part == got for part, got in zip(parts, segments, strict=True)):
            given = {part[1:-1]: unquote(got) for part, got in zip(parts, segments, strict=True) if part.startswith("{")}
            fits.append((operation, given))
    found = [(operation.id, given) for operation, given in fits if operation.verb == method]
    if not found:
        return 405 if fits else 404
    fewest = min(len(given) for _, given in found)
    (best,) = [one for one in found if len(one[1]) == fewest]
    return best


def routed(api_version: ApiVersion, method: str, path: str) -> tuple[str, dict[str, str]] | int:
    try:
        operation, arguments = route(api_version, method, path)
    except Refusal as refusal:
        return refusal.status
    return operation.id, arguments


def test_a_static_segment_goes_before_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    row = BY_ID["ad_accounts/get"]
    mine = structs.replace(row, id="ad_accounts/mine", path="/ad_accounts/mine", since="5.14")
    monkeypatch.setattr(requests, "_shapes", requests._shapes.__wrapped__)
    for rows in ([mine, row], [row, mine]):
        monkeypatch.setattr(requests, "OPERATIONS", rows)
        assert routed("5.14", "GET", "/v5/ad_accounts/mine") == ("ad_accounts/mine", {})
        assert routed("5.6", "GET", "/v5/ad_accounts/mine") == ("ad_accounts/get", {"ad_account_id": "mine"})


@pytest.mark.parametrize("api_version", API_VERSIONS)
def test_a_path_means_what_the_rows_say(api_version: ApiVersion) -> None:
    rows = [operation.path.strip("/").split("/") for operation in OPERATIONS]
    words = sorted({"", "x", "%31%2F2", "..", *(part for row in rows for part in row)})
    paths = {"", "/", "user_account/"}
    for row in rows:
        paths |= {"/".join([*row[:place], word, *row[place + 1 :]]) for place in range(len(row)) for word in words}
    for path in paths:
        for method in ("GET", "POST", "PATCH", "DELETE", "HEAD"):
            assert routed(api_version, method, f"/v5/{path}") == scanned(api_version, method, f"/v5/{path}")
