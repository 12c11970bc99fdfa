"""Bulk downloads: ordered, waited for, fetched without the token, and read whatever their layout."""

from __future__ import annotations

import datetime
import gzip
import json
from typing import Any

import pytest

from mock_transport import TOKEN, Script, answer, both
from pinshop import BadReply, Client, InvalidInput, ReportUnavailable
from pinshop.api import models
from pinshop.emulator import Emulator

A = "549755885175"
URL = "https://bulk.example.com/bulk_framework/result.txt?X-Amz-Signature=s3cret"
RUNNING = answer({"status": "RUNNING"})
DONE = answer({"status": "SUCCEEDED", "result_url": URL})
CAMPAIGN = {"id": "1", "name": "A", "objective_type": "SALES", "daily_spend_cap": 9007199254740993}
AD_GROUP = {"id": "2", "campaign_id": "1", "name": "B"}
PROMOTION = {"id": "3", "ad_group_id": "2", "catalog_product_group_id": "9", "status": "ACTIVE"}


@pytest.mark.parametrize("output", ["JSON", "CSV"])
@pytest.mark.parametrize("api_version", ["5.6", "5.14", "5.28"])
def test_from_the_order_to_the_entities(output: Any, api_version: Any) -> None:
    emulator = Emulator(api_version, now="2026-09-21T12:00:00Z")
    client = Client(emulator.access_token, transport=emulator.transport(), sleep=lambda s: emulator.clock.advance(seconds=s))
    account = emulator.ad_account_id
    items = [{"catalog_product_group_id": group} for group in emulator.catalog_product_group_ids[:3]]
    made = client.promotions.create(account, emulator.ad_group_id, items)
    states: list[str] = []
    found = client.bulk.run(account, output_format=output, progress=lambda state: states.append(str(state.status)))
    assert [one.id for one in found.promotions] == [outcome.id for outcome in made]
    assert [one.id for one in found.ad_groups] == [emulator.ad_group_id]
    assert isinstance(found.campaigns[0].daily_spend_cap, int)
    assert states == ["RUNNING", "SUCCEEDED"]
    assert "3 promotion(s)" in repr(found)


def test_an_order_is_sent_as_given_and_checked_before() -> None:
    noon = datetime.datetime(2026, 9, 21, 12, tzinfo=datetime.UTC)
    order, script = both(
        lambda: Script(answer({"request_id": "2680059592705"})),
        lambda c: c.bulk.create(
            A,
            entity_types=["PRODUCT_GROUP"],
            entity_ids=[5],
            updated_since=noon,
            campaign_filter={"start_time": noon, "name": "x"},
        ),
    )
    assert order.request_id == "2680059592705"
    assert json.loads(script.requests[0].body or b"") == {
        "entity_types": ["PRODUCT_GROUP"],
        "entity_ids": ["5"],
        "updated_since": "1789992000",
        "campaign_filter": {"start_time": "1789992000", "name": "x"},
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"entity_types": ["SHOE"]}, "bulk.entity_types"),
        ({"entity_types": []}, "bulk.entity_types"),
        ({"entity_types": "CAMPAIGN"}, "bulk.entity_types"),
        ({"entity_ids": ["x"]}, "bulk.entity_ids"),
        ({"updated_since": "yesterday"}, "bulk.updated_since"),
        ({"updated_since": datetime.datetime(2026, 1, 1)}, "updated_since"),
        ({"output_format": "XML"}, "bulk.output_format"),
        ({"campaign_filter": {"colour": "red"}}, "bulk.campaign_filter.colour"),
        ({"updated": 5}, "bulk.updated"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_sent(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        both(Script, lambda c: c.bulk.create(A, **fields))
    assert caught.value.field.startswith(field)


@pytest.mark.parametrize("request_id", ["549763856477-1660864560-1407e16a-c586-4add-94df-d0b160bec0ff", "2680059592705"])
def test_ids_of_requests_are_texts(request_id: str) -> None:
    state, script = both(lambda: Script(RUNNING), lambda c: c.bulk.get(A, request_id))
    assert state.status == "RUNNING"
    assert script.requests[0].target == f"/v5/ad_accounts/{A}/bulk/{request_id}"


@pytest.mark.parametrize("request_id", ["", "..", "a/b", "a?b", "a b", 5, None, "x" * 201])
def test_what_is_no_id_of_a_request_is_refused(request_id: Any) -> None:
    with pytest.raises(InvalidInput):
        both(Script, lambda c: c.bulk.get(A, request_id))


def test_the_link_gets_no_token_and_is_not_shown() -> None:
    body = json.dumps({"product_groups": [PROMOTION]}).encode()
    found, script = both(lambda: Script(DONE, answer(body)), lambda c: c.bulk.download(A, "7"))
    assert [one.id for one in found.promotions] == ["3"]
    assert TOKEN not in json.dumps(dict(script.requests[1].headers))
    state, _ = both(lambda: Script(DONE), lambda c: c.bulk.get(A, "7"))
    assert "s3cret" not in repr(state)


def test_states_that_are_not_documented_are_waited_for_and_failures_are_not() -> None:
    odd = answer({"status": "QUEUED"})
    state, script = both(lambda: Script(odd, answer({}), RUNNING, DONE), lambda c: c.bulk.wait(A, "7"))
    assert state.status == "SUCCEEDED"
    assert script.pauses == [1, 2, 4]
    with pytest.raises(ReportUnavailable, match="the file is FAILED"):
        both(lambda: Script(RUNNING, answer({"status": "FAILED"})), lambda c: c.bulk.wait(A, "7"))


def test_an_expired_link_is_asked_for_anew() -> None:
    body = json.dumps([]).encode()
    found, _ = both(lambda: Script(DONE, answer(b"<Error/>", 403), DONE, answer(body)), lambda c: c.bulk.download(A, "7"))
    assert found.promotions == []


LAYOUTS = {
    "by key": {"campaigns": [CAMPAIGN], "ad_groups": [AD_GROUP], "product_groups": [PROMOTION], "ads": [{"id": "8"}]},
    "by type": {"CAMPAIGN": [CAMPAIGN], "AD_GROUP": [AD_GROUP], "PRODUCT_GROUP": [PROMOTION], "AD": [{"id": "8"}]},
    "wrapped": {
        "campaigns": [{"data": CAMPAIGN, "exceptions": []}],
        "ad_groups": [{"data": AD_GROUP}],
        "product_groups": {"items": [PROMOTION]},
    },
    "by id": {"campaigns": {"1": CAMPAIGN}, "ad_groups": {"2": AD_GROUP}, "product_groups": {"3": PROMOTION}},
    "list": [{"entity_type": "CAMPAIGN", **CAMPAIGN}, {"type": "adgroup", **AD_GROUP}, {"type": "productgroup", **PROMOTION}],
    "untyped": [PROMOTION, CAMPAIGN, AD_GROUP],
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("layout", [*LAYOUTS, "lines", "csv"])
def test_every_layout_is_read_exactly(layout: str, packed: bool) -> None:
    if layout == "lines":
        body = b"\n".join(json.dumps(one).encode() for one in LAYOUTS["list"])
    elif layout == "csv":
        names = "Entity Type,Id,Name,Objective Type,Daily Spend Cap,Campaign Id,Ad Group Id,Catalog Product Group Id,Status"
        cells = "CAMPAIGN,1,A,SALES,9007199254740993,,,,\nAD_GROUP,2,B,,,1,,,\nPRODUCT_GROUP,3,,,,,2,9,ACTIVE\n"
        body = f"\ufeff{names}\n{cells}".encode()
    else:
        body = json.dumps(LAYOUTS[layout]).encode()
    if packed:
        body = gzip.compress(body[: len(body) // 2], mtime=0) + gzip.compress(body[len(body) // 2 :])
    found = models.decode_bulk(body, 10**6)
    assert [(one.id, one.daily_spend_cap) for one in found.campaigns] == [("1", 9007199254740993)]
    assert [(one.id, one.campaign_id) for one in found.ad_groups] == [("2", "1")]
    assert [(one.id, one.ad_group_id, one.catalog_product_group_id) for one in found.promotions] == [("3", "2", "9")]
    assert sum(map(len, found.others.values())) == (layout.startswith("by ") and layout != "by id")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b"\n", b'{"campaigns": []}', b'{"campaigns": null}', b"entity_type,id\n"])
def test_a_file_may_hold_nothing(body: bytes) -> None:
    assert models.decode_bulk(body, 10**6) == models.BulkData(campaigns=[], ad_groups=[], promotions=[])


NO_FILES = {
    "html": b"<html>", "cut": b'{"campaigns": [', "number": b"[1]", "text": b'["a"]', "no id": b"a,b\n1,2\n",
    "gzip cut": gzip.compress(b"[]" * 50, mtime=0)[:-9], "no gzip": b"\x1f\x8bnothing",
    "too large": gzip.compress(b" " * 2_000_000, mtime=0), "cells": b"id,name\n1\n",
}  # fmt: skip


@pytest.mark.parametrize("body", NO_FILES)
def test_what_is_no_such_file_is_said_to_be_none(body: str) -> None:
    with pytest.raises(BadReply):
        models.decode_bulk(NO_FILES[body], 10**6)
