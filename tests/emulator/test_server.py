"""The ASGI application and the server: lifespan, root_path, heads that are too large or too slow, bodies that are not whole."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest

from pinshop import Client
from pinshop.emulator import Emulator
from pinshop.emulator.server.protocol import BoundedProtocol
from pinshop.errors import Disconnected


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


@pytest.mark.parametrize("path", ["/v5/ad_accounts", "/_emulator/users", "/_emulator/reset"])
def test_a_body_that_is_not_whole_is_not_executed(emulator, path):
    before = emulator.export()
    body = b'{"country": "US", "username": "ann"}'
    scope = http("POST", path, [bearer(emulator)])
    asyncio.run(run(emulator.app, scope, {"type": "http.request", "body": body, "more_body": True}))
    assert (emulator.export(), emulator.calls.count()) == (before, 0)


def talk(emulator, *parts):
    host, port = emulator.base_url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        for part in parts:
            connection.sendall(part)
        found = b""
        while chunk := connection.recv(65_536):
            found += chunk
        return found


def test_a_head_that_is_too_large_is_refused_and_not_executed(emulator, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "HEAD_BYTES", 4_000)
    emulator.start()
    start = b"POST /_emulator/reset HTTP/1.1\r\nhost: localhost\r\nx: "
    emulator.clock.advance(days=1)
    for size in (5_000, 300_000):
        try:
            answer = talk(emulator, start + b"x" * size + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        except (ConnectionResetError, BrokenPipeError):
            answer = b"431"
        assert b"431" in answer
    assert emulator.clock.now().day == 3
    body = b'{"username": "%s"}' % (b"x" * 90)
    head = b"POST /_emulator/users HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert b"201" in talk(emulator, head, body)


def test_a_head_that_does_not_come_ends_the_connection(emulator, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "HEAD_SECONDS", 0.05)
    emulator.start()
    assert b"408" in talk(emulator, b"GET /v5/user_account HTT")
    assert b"408" in talk(emulator)


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
