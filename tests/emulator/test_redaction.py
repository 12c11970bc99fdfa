"""Secrets and places: whatever the secret, and wherever it stands, the journal does not have it."""

from __future__ import annotations

import base64
import gzip
import json
import time
from urllib.parse import quote, urlencode

import pytest

from pinshop import columns
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.fields import FIELDS
from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.oauth import APP_ID, APP_SECRET
from pinshop.emulator.redaction import NO_TEXT, Secrets, is_secret

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


# ------------------------------------------------------------------ a secret without a known form, and how one comes to know it

OPAQUE = "s3cr3t-of~the/loaded+state=="
NAMES = [
    "access_token", "accessToken", "ACCESS-TOKEN", "tokens", "refresh_token_value", "user[token]", "access token", "secret_key",
    "secretAccessKey", "password2", "passwordConfirmation", "pwd", "passphrase", "apiKey", "x-api-key", "private_key", "cookie",
    "session_id", "auth", "authToken", "jwt", "client_assertion", "sig", "X-Amz-Security-Token", "Proxy-Authorization", "otp",
    "id_token_hint", "csrftoken", "authorization_code",
]  # fmt: skip
KINDS = {
    "JSON": lambda n, s: (f"/v5/ad_accounts?x={quote(s)}", json.dumps({"a": {n: s}, "b": s})),
    "a query": lambda n, s: (f"/v5/ad_accounts?{urlencode({n: s})}", s),
    "a form": lambda n, s: ("/v5/ad_accounts", urlencode({"a": s, n: s})),
    "multipart": lambda n, s: (
        "/v5/ad_accounts", f'--B\r\nContent-Disposition: form-data; name="{n}"\r\nX: y\r\n\r\n{s}\r\n--B\r\n\r\n{s}\r\n',
    ),
    "a name and a value": lambda n, s: ("/v5/ad_accounts", json.dumps([{"name": n, "value": s}, {"value": [s], "key": n}])),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_what_stands_under_a_secret_name_is_struck_in_all_of_its_call(emulator, name, kind):
    target, body = KINDS[kind](name, OPAQUE)
    emulator.stub("ad_accounts/create", {"message": f"no: {OPAQUE}"}, times=1)
    emulator.handle(Request("POST", "http://x", target, {}, body.encode()))
    for form in (OPAQUE, quote(OPAQUE), quote(OPAQUE, safe="")):
        assert form not in kept(emulator), kept(emulator)


@pytest.mark.parametrize(
    ("header", "before"),
    [
        ("Authorization", "Bearer "),
        ("AUTHORIZATION", "bearer  "),
        ("authorization", ""),
        ("Proxy-Authorization", "Bearer "),
        ("Cookie", "theme=dark; _sess="),
        ("X-Api-Key", ""),
        ("Pinterest-Access-Token", ""),
    ],
)
def test_what_a_header_holds_is_struck_elsewhere(emulator, header, before):
    for target, body in (
        ("/v5/ad_accounts", json.dumps({"x": OPAQUE})),
        (f"/v5/a/{OPAQUE}", ""),
        ("/v5/b?c=" + quote(OPAQUE), ""),
    ):
        emulator.handle(Request("POST", "http://x", target, {header: before + OPAQUE}, body.encode()))
        assert OPAQUE not in kept(emulator)
        assert quote(OPAQUE) not in kept(emulator)


def percent(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


def in_base32(text):
    return base64.b32encode(text.encode()).decode().rstrip("=")


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


ENCODINGS = {
    "percent": percent, "percent twice": lambda s: quote(percent(s)), "percent three times": lambda s: quote(quote(percent(s))),
    "base64": in_base64, "base64 behind one": lambda s: in_base64("x" + s), "base64 behind two": lambda s: in_base64("xy" + s),
    "base64 of JSON": lambda s: in_base64(json.dumps({"t": s})),
    "base64 of addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "escapes": lambda s: "".join(f"\\u{ord(character):04x}" for character in s),
    "escapes in escapes": lambda s: "".join(f"\\\\u{ord(character):04x}" for character in s),
    "escapes of bytes": lambda s: "".join(f"\\\\x{ord(character):02x}" for character in s),
    "entities": lambda s: "".join(f"&#x{ord(character):x};" for character in s),
    "entities in tens": lambda s: "".join(f"&#{ord(character)};" for character in s),
    "some entities": lambda s: s.replace("a", "&#97;").replace("_", "&lowbar;").replace("/", "&#x2F;"),
    "hexadecimal": lambda s: s.encode().hex(), "upper hexadecimal": lambda s: f"0x{s.encode().hex().upper()}",
    "base32": in_base32, "lower base32": lambda s: in_base32(s).lower(),
    **{f"base32 behind {n}": lambda s, n=n: in_base32("x" * n + s) for n in range(1, 5)},
    "base32 backwards": lambda s: in_base32(s)[::-1], "base64 backwards": lambda s: in_base64(s)[::-1],
    "hexadecimal backwards": lambda s: s.encode().hex()[::-1], "backwards": lambda s: s[::-1],
    "base32 of what is backwards": lambda s: in_base32(s[::-1]),
    "upper case": str.upper, "lower case": str.lower, "other case": str.swapcase,
    "data": lambda s: f"data:text/plain,{quote(s, safe='')}", "data in base64": lambda s: f"data:;base64,{in_base64(s)}",
    "percent of base32": lambda s: percent(in_base32(s)),
}  # fmt: skip
AMONG = {
    "a query": lambda s: (f"/v5/ad_accounts?bookmark={s}", ""),
    "a path": lambda s: (f"/v5/ad_accounts/{s}", ""),
    "JSON": lambda s: ("/v5/ad_accounts", f'{{"{s}": ["{s}"]}}'),
    "a form": lambda s: ("/v5/ad_accounts", f"a=1&b={s}"),
    "text": lambda s: ("/v5/ad_accounts", f"so: ({s}), there"),
    "JSON cut short": lambda s: ("/v5/ad_accounts", f'{{"a": "{s}", "b":'),
}


@pytest.mark.parametrize("among", AMONG)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", [*SECRETS.values(), OPAQUE])
def test_an_encoding_hides_nothing(emulator, secret, encoding, among):
    encoded = ENCODINGS[encoding](secret)
    target, body = AMONG[among](encoded)
    emulator.handle(Request("POST", "http://x", target, {"authorization": f"Bearer {secret}"}, body.encode()))
    assert encoded.rstrip("=") not in kept(emulator), kept(emulator)


@pytest.mark.parametrize(
    "encode", [gzip.compress, *(lambda b, c=c: b.decode().encode(c) for c in ("utf-16", "utf-16-le", "utf-32-be"))]
)
def test_bytes_that_are_no_text_are_not_kept(emulator, encode):
    body = encode(json.dumps({"name": OPAQUE}).encode())
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", {"authorization": f"Bearer {OPAQUE}"}, body))
    assert emulator.calls[-1].body == NO_TEXT


def test_a_body_that_is_cut_within_a_character_is_text(emulator):
    body = b'{"name": "' + "\N{EURO SIGN}".encode() * 30_000
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", {}, body))
    assert emulator.calls[-1].body == body[: emulator.calls.CUT]


def test_no_name_of_the_api_is_a_secret_one_but_those():
    names = {field.name for rows in FIELDS.values() for field in rows} | {column.name for column in columns.COLUMNS.values()}
    names |= {name for operation in OPERATIONS for name in operation.params}
    assert {name for name in names if is_secret(name)} <= {"token", "credentials"}


@pytest.mark.parametrize(
    "piece",
    [
        "&#x70;",
        "a&#",
        "&lt;a",
        "data:,",
        "data:;base64,",
        "\\x70",
        "[[",
        "a.",
        "a%",
        "%25",
        "https://a:",
        "name=\r\n",
        "x=:",
        "token",
        "bearer ",
        "\\u0041",
        "pin",
        "(",
        "-_",
    ],
)
def test_no_text_takes_long(piece):
    text = piece * (65_536 // len(piece))
    began = time.process_time()
    Secrets([OPAQUE]).body(text.encode())
    Secrets([OPAQUE]).target(text)
    assert time.process_time() - began < 2


UNKNOWN = 'hunter2-of/which "nobody" knows'


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"x": json.dumps({"y": json.dumps({"client_secret": UNKNOWN})})}),
        json.dumps([json.dumps([{"name": "password", "value": UNKNOWN}])]),
        json.dumps({"x": json.dumps({"y": json.dumps({"client_secret": UNKNOWN})}).replace("/", "\\/")}),
        json.dumps({"x": "data:application/json;charset=utf-8;base64," + in_base64(json.dumps({"token": UNKNOWN}))}),
        json.dumps({"x": f"data:,client_secret={quote(UNKNOWN)}"}),
        f"see data:;base64,{in_base64('client_secret=hunter2')} there",
    ],
)
def test_a_secret_is_known_by_its_name_within_what_is_encoded(emulator, text):
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", {}, text.encode()))
    for form in (
        "hunter2",
        "nobody",
        in_base64("client_secret=hunter2")[4:-4],
        in_base64(json.dumps({"token": UNKNOWN}))[8:-8],
    ):
        assert form not in kept(emulator), kept(emulator)


@pytest.mark.parametrize(
    "body",
    [
        b'{"x": "data:text/plain;base64,aGVsbG8gd29ybGQ=", "y": "Tom &amp; Jerry &#38; co", "z": "0x656d706c6f79"}',
        b'{"x": "{\\"filters\\": {\\"any_of\\": []}}", "link": "https://shop.example/?a=1&amp;b=2&copy=3"}',
        b"MFRGG43FMNUXGIDPMYQGC3TE and 70696e6b and knip",
    ],
)
def test_encodings_without_a_secret_stay(emulator, body):
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", {"authorization": f"Bearer {OPAQUE}"}, body))
    assert emulator.calls[-1].body == body
