"""Aimed faults and stubs, and the arguments of `Emulator` and its methods."""

from __future__ import annotations

import json

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.faults import Fault, Target
from pinshop.emulator.limits import Profile
from pinshop.errors import ConfigurationError

CREATE = "product_group_promotions/create"


@pytest.fixture(scope="module")
def shared():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


@pytest.fixture
def emulator(shared):
    shared.reset()
    return shared


def call(emulator, method, path, body=None, token=None):
    headers = {"authorization": f"Bearer {token or emulator.access_token}"}
    reply = emulator.handle(Request(method, "http://x", f"/v5{path}", headers, body and json.dumps(body).encode()))
    return reply.status, json.loads(reply.body)


def create(emulator, *groups):
    body = {"ad_group_id": emulator.ad_group_id, "product_group_promotion": [{"catalog_product_group_id": g} for g in groups]}
    return call(emulator, "POST", f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions", body)


def test_a_fault_is_aimed_at_a_token(emulator):
    other = emulator.token()
    emulator.fail(token=other, status=503, times=None)
    assert call(emulator, "GET", "/user_account")[0] == 200
    assert call(emulator, "GET", "/user_account", token=other)[0] == 503


def test_a_fault_is_aimed_at_an_ad_account(emulator):
    (other,) = emulator.scale(1, 0)
    emulator.fail("campaigns/list", ad_account_id=other, status=503, times=None)
    assert call(emulator, "GET", f"/ad_accounts/{emulator.ad_account_id}/campaigns")[0] == 200
    assert call(emulator, "GET", f"/ad_accounts/{other}/campaigns")[0] == 503


def test_a_fault_is_aimed_at_items(emulator):
    one, two, three = emulator.catalog_product_group_ids[:3]
    emulator.fail(CREATE, item_like={"catalog_product_group_id": two}, code=7, message="No.", times=None)
    assert not [item for item in create(emulator, one, three)[1]["items"] if item.get("exceptions")]
    items = create(emulator, one, two, three, two)[1]["items"]
    assert [bool(item.get("exceptions")) for item in items] == [False, True, False, True]
    assert items[1]["exceptions"] == [{"code": 7, "message": "No."}]


@pytest.mark.parametrize(
    ("like", "hit"),
    [
        ({"product_group_promotion": [{"catalog_product_group_id": "%s"}]}, True),
        ({"product_group_promotion": [{"catalog_product_group_id": "5"}]}, False),
        ({"product_group_promotion": []}, True),
        ({"product_group_promotion": {}}, False),
        ({"nothing": None}, False),
        ({}, True),
        ([], False),
        (None, False),
    ],
)
def test_a_fault_is_aimed_at_bodies(emulator, like, hit):
    group = emulator.catalog_product_group_ids[0]
    like = json.loads(json.dumps(like).replace("%s", group))
    emulator.fail(body_like=like, status=503)
    assert (create(emulator, group)[0] == 503) == hit


def test_a_fault_is_aimed_at_an_ad_account_in_the_query(emulator):
    emulator.fail("catalogs/list", ad_account_id=emulator.ad_account_id, status=503, times=None)
    assert call(emulator, "GET", "/catalogs")[0] == 200
    assert call(emulator, "GET", "/catalogs?ad_account_id=5")[0] != 503
    assert call(emulator, "GET", f"/catalogs?ad_account_id={emulator.ad_account_id}")[0] == 503
    assert [entry.status for entry in emulator.calls.of(ad_account_id=emulator.ad_account_id)] == [503]


def test_a_fault_is_aimed_at_a_form(emulator):
    emulator.fail("oauth/token", body_like={"grant_type": "refresh_token"}, status=503, times=None)
    answered = {}
    for grant in ("refresh_token", "client_credentials"):
        form = f"grant_type={grant}&scope=ads%3Aread".encode()
        answered[grant] = emulator.handle(Request("POST", "http://x", "/v5/oauth/token", {}, form)).status
    assert answered == {"refresh_token": 503, "client_credentials": 401}


@pytest.mark.parametrize(
    ("like", "sent", "hit"),
    [
        (60, 60.0, True),
        (60.0, 60, True),
        (1, True, False),
        (True, 1, False),
        (0, False, False),
        ("1", 1, False),
        (None, 0, False),
    ],
)
def test_one_number_is_one_number(like, sent, hit):
    assert Fault(status=500, body_like={"x": like}).fits("*", Target(body=json.dumps({"x": sent}).encode())) == hit


def test_what_fits_first_is_used_and_only_that(emulator):
    emulator.fail(CREATE, body_like={"x": 1}, status=500)
    emulator.fail(CREATE, status=502)
    emulator.stub(CREATE, {"items": "mine"}, times=1, status=201)
    answers = [create(emulator, emulator.catalog_product_group_ids[0]) for _ in range(3)]
    assert [answers[0][0], answers[1], answers[2][0]] == [502, (201, {"items": "mine"}), 200]
    assert (len(emulator.faults), emulator.stubs) == (1, [])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"stats": 500}, "no field stats; known: operation, token, ad_account_id"),
        ({"self": 1}, "no field self"),
        ({}, "say what shall happen"),
        ({"status": 500, "body": "x", "json": 1}, "body or json"),
        ({"status": "500"}, "status"),
        ({"code": 10**30, "status": 500}, "code"),
        ({"latency_seconds": float("nan")}, "latency_seconds"),
        ({"status": 500, "headers": {"a\r\nb": "c"}}, "headers"),
        ({"status": 500, "headers": {"a": "c\r\nd: e"}}, "headers"),
        ({"json": {1, object()}}, "fault"),
        ({"items": [-1]}, "items"),
    ],
)
def test_a_fault_that_cannot_be_says_why(emulator, fault, words):
    with pytest.raises(ConfigurationError, match=words):
        emulator.fail(CREATE, **fault)
    assert emulator.faults == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 1.5}, "seed: got 1.5"),
        ({"seed": True}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 10**5000}, "seed: got a very large int"),
        ({"api_version": 5.28}, "api_version: got 5.28, allowed: 5.6"),
        ({"data": ""}, "data"),
        ({"now": "soon"}, "now"),
        ({"now": object()}, "now"),
        ({"now": 10**400}, "instant|years"),
        ({"rules": {"gravity": 1}}, "gravity"),
        ({"rate_limit": 5}, "rate limit: got 5"),
        ({"rate_limit": Profile(universal=(0, 1))}, "at least 1"),
    ],
)
def test_an_emulator_that_cannot_be_says_why(given, words):
    with pytest.raises(ConfigurationError, match=words):
        Emulator(**given)


@pytest.mark.parametrize(
    ("method", "given", "words"),
    [
        ("token", {"expires_in": 1e30}, "expires_in: got 1e"),
        ("token", {"expires_in": -1}, "expires_in"),
        ("token", {"scopes": "ads:read"}, "scopes: got 'ads:read', allowed: a list"),
        ("token", {"scopes": ["ads:fly"]}, "ads:fly"),
        ("token", {"user_id": "5"}, "user_id: got '5'"),
        ("token", {"user_id": "ann"}, "user_id: got 'ann'"),
        ("authorize", {"redirect_uri": "nowhere"}, "redirect_uri"),
        ("authorize", {"redirect_uri": "http://x/#y"}, "fragment"),
        ("add_user", {"username": ""}, "username"),
        ("add_user", {"username": "ann", "role": "KING"}, "allowed: OWNER"),
        ("add_user", {"username": "ann", "role": "ANALYST", "ad_account_id": "7"}, "ad_account_id"),
        ("scale", {"ad_accounts": 1.5}, "ad_accounts"),
        ("scale", {"ad_accounts": 10, "promotions_each": -1}, "promotions_each"),
        ("snapshot", {"name": ""}, "name"),
        ("restore", {"name": "nope"}, "no snapshot 'nope'"),
        ("load", {"text": 5}, "state: got 5"),
    ],
)
def test_a_method_that_is_called_wrongly_says_why(emulator, method, given, words):
    before = emulator.export()
    with pytest.raises(ConfigurationError, match=words):
        getattr(emulator, method)(**given)
    assert emulator.export() == before
