"""OAuth: consent, codes, rotation, expiry, revocation, all by the emulated clock."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest

from pinshop.api.http import Request
from pinshop.emulator.oauth import APP_ID, APP_SECRET

BACK = "http://localhost:8085/"


def _token(talk, status=200, app=f"{APP_ID}:{APP_SECRET}", **form):
    headers = {
        "Authorization": "Basic " + base64.b64encode(app.encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    request = Request("POST", "http://h", "/v5/oauth/token", headers, urlencode(form).encode())
    reply = talk.emulator.handle(request)
    assert reply.status == status, reply.body
    if talk.judge:
        talk.objections += talk.judge.objections(request, reply)
    return msgspec.json.decode(reply.body)


def _consent(talk, method="GET", body=None, **query):
    asked = {"client_id": APP_ID, "redirect_uri": BACK, "response_type": "code", "scope": "ads:read,ads:write", "state": "s1"}
    asked |= query
    return talk.emulator.handle(Request(method, "http://h", f"/oauth/?{urlencode(asked)}", {}, body))


def _code(talk, **query):
    reply = _consent(talk, auto="allow", **query)
    assert reply.status == 302
    return parse_qs(urlsplit(reply.headers["location"]).query)


def _works(talk, token):
    talk.token = token
    return talk.send("GET", f"{talk.account}/campaigns").status


def _grant(talk):
    return _token(talk, grant_type="authorization_code", code=_code(talk)["code"][0], redirect_uri=BACK)


def test_the_whole_way(talk):
    page = _consent(talk)
    assert page.status == 200
    assert b"not Pinterest" in page.body
    back = _consent(talk, "POST", b"decision=allow")
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert back.headers["location"].startswith(BACK)
    assert query["state"] == ["s1"]
    got = _token(talk, grant_type="authorization_code", code=query["code"][0], redirect_uri=BACK)
    assert (got["token_type"], got["expires_in"], got["scope"]) == ("bearer", 2_592_000, "ads:read ads:write")
    assert ("refresh_token_expires_at" in got) == (talk.emulator.api_version in ("5.23", "5.28"))
    assert _works(talk, got["access_token"]) == 200
    talk.emulator.clock.advance(days=30)
    assert _works(talk, got["access_token"]) == 401
    renewed = _token(talk, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert _works(talk, renewed["access_token"]) == 200
    assert ("refresh_token" in renewed) == (talk.emulator.api_version in ("5.23", "5.28"))


def test_refusing_goes_back_with_an_error(newest):
    assert _consent(newest, auto="deny").headers["location"] == f"{BACK}?error=access_denied&state=s1"


@pytest.mark.parametrize(
    "query", [{"client_id": "1"}, {"redirect_uri": "javascript:x"}, {"response_type": "token"}, {"scope": ""}, {"scope": "all"}]
)
def test_a_consent_that_cannot_be(newest, query):
    assert _consent(newest, auto="allow", **query).status == 400


def test_what_is_asked_is_shown_harmless(newest):
    page = _consent(newest, redirect_uri="http://localhost/<script>")
    assert b"<script>" not in page.body


def test_rotation_forgets_the_old_refresh_token(newest):
    first = _grant(newest)["refresh_token"]
    second = _token(newest, grant_type="refresh_token", refresh_token=first)["refresh_token"]
    assert first != second
    error = _token(newest, 400, grant_type="refresh_token", refresh_token=first)
    assert error["code"] == 283
    assert _token(newest, grant_type="refresh_token", refresh_token=second)["access_token"]


def test_rotation_follows_its_rules(talk_at):
    kept, grace = talk_at(rules={"refresh_rotates": False}), talk_at(rules={"refresh_grace_seconds": 60})
    token = _grant(kept)["refresh_token"]
    assert _token(kept, grant_type="refresh_token", refresh_token=token)["refresh_token"] == token
    token = _grant(grace)["refresh_token"]
    for _ in range(2):
        _token(grace, grant_type="refresh_token", refresh_token=token)
    grace.emulator.clock.advance(seconds=60)
    _token(grace, 400, grant_type="refresh_token", refresh_token=token)


def test_refresh_tokens_expire_and_can_be_revoked(newest):
    old, revoked = _grant(newest)["refresh_token"], _grant(newest)["refresh_token"]
    newest.emulator.revoke(revoked)
    _token(newest, 400, grant_type="refresh_token", refresh_token=revoked)
    newest.emulator.clock.advance(days=60)
    _token(newest, 400, grant_type="refresh_token", refresh_token=old)


def test_codes_work_once_for_five_minutes_for_their_address(newest):
    code = _code(newest)["code"][0]
    _token(newest, 400, grant_type="authorization_code", code=code, redirect_uri="http://localhost:1/")
    got = _token(newest, grant_type="authorization_code", code=code, redirect_uri=BACK)
    _token(newest, 400, grant_type="authorization_code", code=code, redirect_uri=BACK)
    late = _code(newest)["code"][0]
    newest.emulator.clock.advance(minutes=5)
    _token(newest, 400, grant_type="authorization_code", code=late, redirect_uri=BACK)
    assert got["access_token"]


def test_a_code_used_twice_voids_what_it_gave(newest):
    code = _code(newest)["code"][0]
    got = _token(newest, grant_type="authorization_code", code=code, redirect_uri=BACK)
    _token(newest, 400, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert _works(newest, got["access_token"]) == 401


def test_scopes_can_shrink_but_not_grow(newest):
    token = _grant(newest)["refresh_token"]
    _token(newest, 400, grant_type="refresh_token", refresh_token=token, scope="catalogs:write")
    less = _token(newest, grant_type="refresh_token", refresh_token=token, scope="ads:read")
    assert less["scope"] == "ads:read"


def test_client_credentials_since_5_14(talk):
    status = 400 if talk.emulator.api_version == "5.6" else 200
    got = _token(talk, status, grant_type="client_credentials", scope="ads:read")
    assert "refresh_token" not in got
    if status == 200:
        _token(talk, 400, grant_type="client_credentials")


@pytest.mark.parametrize("app", ["", "x:y", f"{APP_ID}:", f"{APP_ID}:wrong"])
def test_the_app_must_name_itself(newest, app):
    assert _token(newest, 401, app=app, grant_type="refresh_token", refresh_token="x")["code"] == 2


def test_a_wrong_grant_is_named(newest):
    assert "'password'" in _token(newest, 400, grant_type="password")["message"]


def test_no_token_is_in_the_journal(newest):
    got = _grant(newest)
    _token(newest, grant_type="refresh_token", refresh_token=got["refresh_token"])
    everything = repr(list(newest.emulator.calls))
    assert got["access_token"] not in everything
    assert got["refresh_token"] not in everything
