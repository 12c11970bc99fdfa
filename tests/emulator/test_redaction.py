"""Secrets and places: whatever the secret, and wherever it stands, the journal does not have it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.oauth import APP_ID, APP_SECRET

BASIC = base64.b64encode(f"{APP_ID}:hunter2-hunter2".encode()).decode()
SECRETS = {
    "a token of the emulator": "emulated_0123456789abcdef0123456789abcdef",
    "a real access token": "pin" + "a_AMAZINGLYREALTOKEN0123456789",
    "a real refresh token": "pinr_abc.def~ghi+jkl/mno==",
    "a token of no known form": "s3cr3t-of-the-loaded-state",
}
#: How a secret comes into a call: method, target, headers, body. "%s" is the secret.
PLACES = {
    "a query": lambda s: ("GET", f"/v5/user_account?access_token={s}", {}, b""),
    "a query, encoded": lambda s: ("GET", f"/v5/user_account?access_token={quote(s, safe='')}", {}, b""),
    "a query under a name encoded": lambda s: ("GET", f"/v5/user_account?acc%65ss_token={s}", {}, b""),
    "a bookmark": lambda s: ("GET", f"/v5/ad_accounts?bookmark={s}", {"authorization": f"Bearer {s}"}, b""),
    "a path": lambda s: ("GET", f"/v5/ad_accounts/{quote(s, safe='')}", {"authorization": f"Bearer {s}"}, b""),
    "a path, encoded twice": lambda s: (
        "GET", f"/v5/ad_accounts/{quote(quote(s, safe=''))}", {"authorization": f"Bearer {s}"}, b"",
    ),
    "an authorization header": lambda s: ("GET", "/v5/user_account", {"authorization": f"Bearer {s}"}, b""),
    "a JSON value": lambda s: ("POST", "/v5/ad_accounts", {}, json.dumps({"access_token": s}).encode()),
    "a JSON name": lambda s: ("POST", "/v5/ad_accounts", {"authorization": f"Bearer {s}"}, json.dumps({s: 1}).encode()),
    "JSON in escapes": lambda s: (
        "POST", "/v5/ad_accounts", {}, ('{"refresh_token": "' + "".join(f"\\u{ord(c):04x}" for c in s) + '"}').encode(),
    ),
    "JSON in JSON": lambda s: ("POST", "/v5/ad_accounts", {}, json.dumps({"x": json.dumps({"token": s})}).encode()),
    "a list": lambda s: ("POST", "/v5/ad_accounts", {}, json.dumps({"client_secret": [s, {"x": s}]}).encode()),
    "an address in JSON": lambda s: ("POST", "/v5/ad_accounts", {}, json.dumps({"x": f"https://a:{s}@host/p"}).encode()),
    "an address in a query": lambda s: ("GET", f"/v5/user_account?{urlencode({'x': f'https://a:{s}@host/'})}", {}, b""),
    "a form": lambda s: ("POST", "/v5/oauth/token", {}, urlencode({"refresh_token": s, "client_secret": s}).encode()),
    "the token endpoint with a slash": lambda s: ("POST", "/v5/oauth/token/", {}, urlencode({"x": s}).encode()),
    "the token endpoint of another version": lambda s: ("POST", "/v4/oauth/token", {}, urlencode({"code": s}).encode()),
    "a body that is neither": lambda s: ("POST", "/v5/ad_accounts", {}, f"hello client_secret: {s}, bye".encode()),
    "a header in a body": lambda s: ("POST", "/v5/ad_accounts", {}, f"curl -H 'Authorization: Bearer {s}'".encode()),
    "JSON cut short": lambda s: ("POST", "/v5/ad_accounts", {}, json.dumps({"password": s, "x": [1]}).encode()[:-3]),
}  # fmt: skip


@pytest.fixture(scope="module")
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


def kept(emulator):
    entry = emulator.calls[-1]
    return f"{entry.target}\n{entry.body.decode()}\n{entry.response.decode()}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", SECRETS)
def test_the_journal_keeps_no_secret(emulator, secret, place):
    value = SECRETS[secret]
    method, target, headers, body = PLACES[place](value)
    emulator.handle(Request(method, "http://x", target, headers, body))
    text = kept(emulator)
    for form in (value, quote(value, safe=""), quote(quote(value, safe="")), json.dumps(value)[1:-1]):
        assert form not in text, text


@pytest.mark.parametrize("secret", SECRETS)
def test_an_answer_that_repeats_a_secret_is_struck_too(emulator, secret):
    value = SECRETS[secret]
    for answer in ({"you_sent": value}, {value: 1}, f"no: {value}", {"url": f"https://x/?a={quote(value, safe='')}"}):
        emulator.stub("user_account/get", answer, times=1)
        emulator.handle(Request("GET", "http://x", "/v5/user_account", {"Authorization": f"Bearer {value}"}))
        assert value not in kept(emulator)
        assert quote(value, safe="") not in kept(emulator)


def test_basic_authorization_is_struck(emulator):
    for body in (f"{BASIC}", "hunter2-hunter2", APP_SECRET):
        emulator.handle(Request("POST", "http://x", "/v5/oauth/token", {"authorization": f"Basic {BASIC}"}, body.encode()))
        assert body not in kept(emulator)


def test_what_is_no_secret_stays_as_it_was_sent(emulator):
    headers = {"authorization": f"Bearer {emulator.access_token}"}
    body = b'{"name":"Sign of the design, 100% @home", "country":"US", "code": 2}'
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts?bookmark=Pz8x&x=a%20b", headers, body))
    assert emulator.calls[-1].body == body
    assert emulator.calls[-1].target == "/v5/ad_accounts?bookmark=Pz8x&x=a%20b"
    emulator.handle(Request("GET", "http://x", "/v5/ad_accounts/5", headers))
    assert json.loads(emulator.calls[-1].response) == {"code": 2, "message": "AdAccount not found."}
