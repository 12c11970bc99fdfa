"""Requests made up from Pinterest's descriptions, and broken ones: no failures, and only declared answers."""

from __future__ import annotations

import random

import msgspec
import pytest

from openapi import draft
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.http import Request
from pinshop.api.operations import API_VERSIONS, version

STRANGE = [
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "9" * 30,
    "١٢",
    "null",
    "true",
    "[]",
    "a,b",
    "1,2,,3",
    "\x00",
    "é",
    "%",
    "DESCENDING",
    "2026-03-01",
]
VALUES = [None, True, 0, -1, 1.5, 10**30, "", "x", "1", [], {}, [[]], {"a": None}, "9" * 400]


def _ids(emulator):
    return {
        "ad_account_id": emulator.ad_account_id,
        "campaign_id": emulator.campaign_id,
        "ad_group_id": emulator.ad_group_id,
        "feed_id": emulator.feed_id,
        "catalog_id": emulator.catalog_id,
        "product_group_id": emulator.catalog_product_group_ids[1],
    }


def _broken(value, chance):
    """A JSON value with one part replaced by something strange."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        return {**value, key: _broken(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [_broken(item, chance) if n == place else item for n, item in enumerate(value)]
    return chance.choice(VALUES)


def _linked(value, known):
    """The same value with ids that exist, so that more is reached than the first check."""
    if isinstance(value, dict):
        return {key: known.get(key, _linked(item, known)) for key, item in value.items()}
    return [_linked(item, known) for item in value] if isinstance(value, list) else value


@pytest.mark.soak
@pytest.mark.parametrize("api_version", API_VERSIONS)
def test_made_up_requests_get_declared_answers(talk_at, described, rounds, api_version):
    talk, judge = talk_at(api_version), described(api_version)
    emulator, chance = talk.emulator, random.Random(f"{api_version} made up")
    known = _ids(emulator) | {"product_group_promotion_id": talk.some(1)[0]}
    known["bulk_request_id"] = talk("POST", f"{talk.account}/bulk/download", {})["request_id"]
    operations = [o for o in OPERATIONS if version(o.since) <= version(api_version) and o.body != "form"]
    refused = 0
    for _ in range(rounds(400, 3000)):
        operation = chance.choice(operations)
        path = operation.path.format(
            **{name: known[name] if chance.random() < 0.9 else chance.choice(STRANGE[2:6]) for name in operation.path_names}
        )
        query = {}
        for param in operation.query:
            if param.required or chance.random() < 0.4:
                good = known.get(param.name) or (str(chance.choice(param.choices)) if param.choices else "2026-03-01")
                query[param.name] = good if chance.random() < 0.7 else chance.choice(STRANGE)
        body = None
        if operation.body is not None:
            node, _names = judge.operation(Request(operation.verb, "", f"/v5{operation.path}", {}))
            schema = judge.look_up(node["requestBody"])["content"]["application/json"]["schema"]
            value = _linked(judge.invent(draft(schema), chance), known)
            body = msgspec.json.encode(_broken(value, chance) if chance.random() < 0.5 else value)
        reply = talk.send(operation.verb, path, body, **query)
        assert reply.status < 500, (operation.id, query, body, reply.body)
        refused += reply.status >= 400
    assert 0 < refused < rounds(400, 3000)
    print(f"{api_version}: {rounds(400, 3000)} requests, {refused} refused")
