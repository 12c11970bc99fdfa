"""The ASGI application and the server: lifespan, root_path, heads that are too large or too slow, bodies that are not whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from pinshop import Client
from pinshop.emulator import Emulator
from pinshop.emulator.oauth import APP_ID
from pinshop.emulator.server.protocol import BoundedProtocol
from pinshop.errors import Disconnected
from servers import place, talk


@pytest.fixture
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


async def run(app, scope, *received):
    messages, sent = iter(received), []

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent


def http(method, path, headers=(), **more):
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": list(headers), **more}


def bearer(emulator):
    return (b"authorization", f"Bearer {emulator.access_token}".encode())


WHOLE = {"type": "http.request", "body": b"", "more_body": False}


def test_it_answers_lifespan(emulator):
    sent = asyncio.run(run(emulator.app, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("root", ["", "/mocks/pinterest"])
def test_it_works_below_any_path_and_without_raw_path(emulator, root, raw):
    def scope(path):
        more = {"raw_path": (root + path).encode()} if raw else {}
        return http("GET", root + path, [bearer(emulator), (b"host", b"localhost:8000")], root_path=root, **more)

    start, body = asyncio.run(run(emulator.app, scope("/v5/user_account"), WHOLE))
    assert (start["status"], json.loads(body["body"])["account_type"]) == (200, "BUSINESS")
    start, body = asyncio.run(run(emulator.app, scope("/_emulator/console/rules"), WHOLE))[:2]
    assert start["status"] == 200
    assert f'href="{root}/_emulator/console/faults"'.encode() in body["body"]
    start = asyncio.run(run(emulator.app, scope("/"), WHOLE))[0]
    assert (start["status"], dict(start["headers"])[b"location"]) == (307, f"{root}/_emulator/".encode())
    assert json.loads(asyncio.run(run(emulator.app, scope("/_emulator/state"), WHOLE))[1]["body"])["base_url"] == (
        f"http://localhost:8000{root}/v5"
    )


@pytest.mark.parametrize("path", ["", "/forks/tenant"])
def test_it_knows_below_what_it_is_mounted(emulator, path):
    emulator.world.fork_as("tenant")
    outer = Starlette(routes=[Mount("/mocks/pinterest", app=emulator.app)])
    scope = http("GET", f"/mocks/pinterest{path}/_emulator/state", [(b"host", b"localhost:8000")], root_path="")
    state = json.loads(asyncio.run(run(outer, scope, WHOLE))[1]["body"])
    assert state["base_url"] == f"http://localhost:8000/mocks/pinterest{path}/v5"
    scope = http("GET", f"/mocks/pinterest{path}/v5/user_account", [bearer(emulator)], root_path="")
    assert asyncio.run(run(outer, scope, WHOLE))[0]["status"] == 200


def test_a_connection_that_cannot_be_closed_gets_no_whole_answer(emulator):
    """Behind other servers, and behind other people's middleware, there is no way to the socket."""
    emulator.fail(drop=True)
    start, body = asyncio.run(run(emulator.app, http("GET", "/v5/user_account", [bearer(emulator)]), WHOLE))
    assert (dict(start["headers"])[b"content-length"], body["body"], body["more_body"]) == (b"1000", b"", True)
    assert emulator.calls[-1].status == 0


CONSENT = f"client_id={APP_ID}&redirect_uri=http://localhost/&response_type=code&scope=ads:read".encode()


@pytest.mark.parametrize(
    "path", ["/v5/ad_accounts", "/_emulator/users", "/_emulator/reset", "/_emulator/console/state", "/oauth/"]
)
def test_a_body_that_is_not_whole_is_not_executed(emulator, path, caplog):
    before = emulator.export()
    body = b"do=reset&decision=allow" if path in ("/oauth/", "/_emulator/console/state") else b'{"username": "ann"}'
    headers = [bearer(emulator), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {**http("POST", path, headers), "query_string": CONSENT}
    emulator.snapshot()
    asyncio.run(run(emulator.app, scope, {"type": "http.request", "body": body, "more_body": True}))
    assert (emulator.export(), emulator.calls.count(), caplog.records) == (before, 0, [])


def test_a_consent_that_is_too_large_is_not_read(emulator):
    scope = {**http("POST", "/oauth/"), "query_string": CONSENT}
    start = asyncio.run(run(emulator.app, scope, {"type": "http.request", "body": b"x" * 70_000, "more_body": True}))[0]
    assert start["status"] == 413


def test_a_head_that_is_too_large_is_refused_and_not_executed(emulator, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "HEAD_BYTES", 4_000)
    emulator.start()
    start = b"POST /_emulator/reset HTTP/1.1\r\nhost: localhost\r\nx: "
    emulator.clock.advance(days=1)
    for size in (5_000, 300_000):
        try:
            answer = talk(emulator.base_url, start + b"x" * size + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        except (ConnectionResetError, BrokenPipeError):
            answer = b"431"
        assert b"431" in answer
    assert emulator.clock.now().day == 3
    body = b'{"username": "%s"}' % (b"x" * 90)
    head = b"POST /_emulator/users HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert b"201" in talk(emulator.base_url, head, body)


def test_a_head_that_does_not_come_ends_the_connection(emulator, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "HEAD_SECONDS", 0.05)
    emulator.start()
    assert b"408" in talk(emulator.base_url, b"GET /v5/user_account HTT")
    assert b"408" in talk(emulator.base_url)


def users(emulator):
    return emulator.export().count("username: ")


@pytest.mark.parametrize("cut", [None, 40, -5])
@pytest.mark.parametrize("wish", [b"h2c", b"websocket", b"TLS/1.0, h2c"])
def test_a_wish_for_another_protocol_costs_no_body(emulator, wish, cut, caplog):
    """Java's client wishes for HTTP/2 in the first request of a connection, with or without a body."""
    emulator.start()
    more = b"connection: Upgrade, HTTP2-Settings\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\nupgrade: " + wish + b"\r\n"
    before, sent = users(emulator), b""
    for name, form in ((b"ann", b"%d"), (b"bob", b"chunked")):
        body = b'{"username": "%b"}' % name
        framed, length = body, b"content-length: %d" % len(body)
        if form == b"chunked":
            framed, length = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), b"transfer-encoding: chunked"
        sent += b"POST /_emulator/users HTTP/1.1\r\nhost: localhost\r\n" + more + length + b"\r\n\r\n" + framed
    last = b"GET /_emulator/clock HTTP/1.1\r\nhost: localhost\r\n" + more.replace(b"Upgrade", b"Upgrade, close") + b"\r\n"
    answer = talk(emulator.base_url, *([sent + last] if cut is None else [sent[:cut], sent[cut:] + last]))
    assert (answer.count(b"HTTP/1.1 201"), answer.count(b"HTTP/1.1 200"), users(emulator)) == (2, 1, before + 2)
    assert caplog.records == []


def test_what_stands_behind_a_body_is_bounded_and_not_read(emulator, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "HEAD_BYTES", 4_000)
    emulator.start()
    chunked = b"POST /_emulator/users HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    body = b'{"username": "ann"}'
    chunk = b"%x\r\n%b\r\n" % (len(body), body)
    assert b"201" in talk(emulator.base_url, chunked + chunk + b"0\r\nhost: evil.example\r\nauthorization: Bearer x\r\n\r\n")
    before = users(emulator)
    for flood in (chunk + b"0\r\n" + b"a: b\r\n" * 99_000, chunk + b"0\r\na: " + b"x" * 600_000, b"13;" + b"x" * 9_000):
        try:
            answer = talk(emulator.base_url, chunked, flood)
        except (ConnectionResetError, BrokenPipeError):
            answer = b"431"
        assert b"431" in answer
    assert users(emulator) == before


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://evil.example/_emulator/state", b"localhost", b"403"),
        (b"http://evil.example?/_emulator/state", b"localhost", b"400"),
        (b"http://localhost:80/_emulator/state", b"evil.example", b"200"),
        (b"/_emulator/state?http://evil.example/", b"localhost", b"200"),
        (b"/_emulator/state", b"evil.example", b"403"),
    ],
)
def test_an_address_that_is_given_whole_says_whom_it_is_for(emulator, target, host, status):
    emulator.start()
    assert talk(emulator.base_url, b"GET %b HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n" % (target, host))[9:12] == status


def test_it_is_no_proxy(emulator):
    emulator.start()
    assert b"405" in talk(emulator.base_url, b"CONNECT api.pinterest.com:443 HTTP/1.1\r\nhost: api.pinterest.com:443\r\n\r\n")


@pytest.mark.parametrize("fault", [{"drop": True}, {"drop": True, "after_commit": True}, {"truncate": 3}], ids=str)
def test_an_answer_that_is_cut_on_purpose_is_no_error_of_the_server(fault, caplog):
    """uvicorn would log it, and print it where no logging is configured."""
    caplog.set_level(logging.DEBUG, "uvicorn")
    with Emulator() as emulator, Client(emulator.access_token, base_url=emulator.base_url, max_attempts=1) as client:
        emulator.fail("ad_accounts/list", **fault)
        with pytest.raises(Disconnected):
            client.ad_accounts.list().all()
        assert client.ad_accounts.list().first() is not None
    assert [
        record for record in caplog.records if record.levelno >= logging.WARNING and record.name.startswith("uvicorn")
    ] == []


def test_a_caller_that_never_reads_is_cut_off_when_the_server_stops() -> None:
    with Emulator() as emulator:
        listing = f"/v5/ad_accounts/{emulator.ad_account_id}/campaigns"
        head = f"GET {listing} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {emulator.access_token}\r\n\r\n".encode()
        emulator.start()
        caller = socket.create_connection(place(emulator.base_url))
        caller.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:  # until its answers fill every buffer
                caller.send(head * 100)
    caller.settimeout(5)
    with caller, contextlib.suppress(ConnectionResetError):
        while caller.recv(1 << 20):
            pass
