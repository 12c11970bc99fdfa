"""A GET of the API over a socket is answered with the same bytes at once and through ASGI, and what is not plain goes there."""

from __future__ import annotations

import json
import logging
import socket

import pytest

from pinshop.emulator import Emulator, chain
from pinshop.emulator.server.app import App
from pinshop.emulator.server.protocol import BoundedProtocol
from servers import place, talk


@pytest.fixture
def emulator():
    with Emulator(now="2026-03-02T12:00:00Z", rate_limit="standard") as emulator:
        emulator.scale(1, 60)
        yield emulator


@pytest.fixture
def direct(monkeypatch):
    """The targets that were answered at once; clear ``allowed`` to have none answered so."""
    found, at_once = [], App.at_once

    def watched(app, target, pairs):
        answered = at_once(app, target, pairs) if watched.allowed else None
        found.extend([target] if answered else [])
        return answered

    watched.allowed, watched.found = True, found
    monkeypatch.setattr(App, "at_once", watched)
    return watched


def get(target, *headers, verb="GET", version="1.1"):
    return "\r\n".join([f"{verb} {target} HTTP/{version}", "Host: localhost:1", *headers, "", ""]).encode()


LIST = "/v5/ad_accounts/ACCOUNT/product_group_promotions?ad_group_id=GROUP&page_size=50"
TOKEN = "Authorization: Bearer TOKEN"
#: Requests, and how many of them are answered at once.
PLAIN = {
    "an account": ([get("/v5/user_account", TOKEN)], 1),
    "no token": ([get("/v5/user_account")], 1),
    "a real token": ([get("/v5/user_account", "Authorization: Bearer pin" + "a_x")], 1),
    "a list": ([get(LIST, TOKEN)], 1),
    "a list in gzip": ([get(LIST, TOKEN, "Accept-Encoding: gzip, deflate")], 1),
    "a bad query": ([get("/v5/ad_accounts?page_size=x", TOKEN)], 1),
    "an empty query": ([get("/v5/user_account?", TOKEN)], 1),
    "a fragment": ([get("/v5/user_account?a=b#c", TOKEN)], 1),
    "encoded": ([get("/v5/ad_accounts/%31%2F2?x=%C3%A9", TOKEN)], 1),
    "nothing there": ([get("/v5/nope", TOKEN)], 1),
    "another verb's": ([get("/v5/oauth/token", TOKEN)], 1),
    "two hosts": ([get("/v5/user_account", TOKEN, "Host: other")], 1),
    "a wish for HTTP/2": ([get("/v5/user_account", TOKEN, "Connection: Upgrade", "Upgrade: h2c")], 1),
    "a head in two parts": ([get("/v5/user_account", TOKEN)[:30], get("/v5/user_account", TOKEN)[30:]], 1),
}  # fmt: skip
NOT_PLAIN = {
    "HEAD": [get("/v5/user_account", TOKEN, verb="HEAD")],
    "DELETE": [get("/v5/user_account", TOKEN, verb="DELETE")],
    "HTTP/1.0": [get("/v5/user_account", TOKEN, version="1.0")],
    "HTTP/1.0, kept": [get("/v5/user_account", TOKEN, "Connection: keep-alive", version="1.0")],
    "a connection that ends": [get("/v5/user_account", TOKEN, "Connection: close")],
    "an address given whole": [get("http://h.example/v5/user_account", TOKEN)],
    "bytes in a query": [get("/v5/ad_accounts?x=é", TOKEN)],
    "a GET with a body": [get("/v5/user_account", TOKEN, "Content-Length: 4") + b"body"],
    "a GET with chunks": [get("/v5/user_account", TOKEN, "Transfer-Encoding: chunked") + b"4\r\nbody\r\n0\r\n\r\n"],
    "100-continue": [get("/v5/user_account", TOKEN, "Expect: 100-continue", "Content-Length: 2"), b"{}"],
    "a proxy": [get("/v5/user_account", TOKEN, "X-Forwarded-Proto: https")],
    "another path": [get("/_emulator/clock")],
    "encoded otherwise": [get("/%76%35/user_account", TOKEN)],
    "no HTTP": [b"GET /v5/user_account FTP/9\r\n\r\n"],
    "bytes in a path": [get("/v5/é", TOKEN)],
}  # fmt: skip
#: After these the server closes the connection.
ENDING = {"a connection that ends", "HTTP/1.0", "HTTP/1.0, kept", "no HTTP", "bytes in a path", "bytes in a query"}
LAST = get("/v5/user_account", TOKEN, "Connection: close")


def both(emulator, direct, parts, fault=None):
    """What a socket gives, and the journal, at once where that can be, and without."""
    facts = {"ACCOUNT": emulator.ad_account_id, "GROUP": emulator.ad_group_id, "TOKEN": emulator.access_token}
    for name, value in facts.items():
        parts = [part.replace(name.encode(), value.encode()) for part in parts]
    answers = []
    for direct.allowed in (True, False):
        emulator.reset()
        if fault is not None:
            emulator.fail(**fault)
        answers.append((talk(emulator.base_url, *parts), [entry.as_dict() for entry in emulator.calls]))
    return answers


@pytest.mark.parametrize("case", PLAIN)
def test_a_plain_get_is_answered_at_once_with_the_bytes_of_the_other_way(emulator, direct, case):
    parts, count = PLAIN[case]
    at_once, ordinary = both(emulator, direct, [*parts, LAST])
    assert at_once == ordinary
    assert at_once[0].count(b"HTTP/1.1 ") == len(at_once[1]) == 2
    assert len(direct.found) == count


@pytest.mark.parametrize("case", NOT_PLAIN)
def test_what_is_not_plain_goes_through_asgi(emulator, direct, case):
    at_once, ordinary = both(emulator, direct, NOT_PLAIN[case] if case in ENDING else [*NOT_PLAIN[case], LAST])
    assert at_once == ordinary
    assert direct.found == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"drop": True}, {"truncate": 3}, {"latency_seconds": 0.001}, {"after_commit": True, "drop": True}],
    ids=str,
)
def test_while_a_fault_is_active_every_call_goes_through_asgi(emulator, direct, fault):
    requests = get("/v5/user_account", TOKEN) + LAST
    at_once, ordinary = both(emulator, direct, [requests], fault)
    assert at_once == ordinary
    assert len(direct.found) == 0


BODY = json.dumps({"name": "A", "country": "US", "owner_user_id": "1"}).encode()
WRITE = get("/v5/ad_accounts", TOKEN, f"Content-Length: {len(BODY)}", verb="POST") + BODY


@pytest.mark.parametrize(
    ("together", "count"),
    [([get(LIST, TOKEN)] * 40, 1), ([WRITE, get("/v5/nope", TOKEN)], 0), ([get("/v5/nope"), WRITE] * 9, 1)],
)
def test_of_what_arrives_together_the_first_is_answered_at_once_and_the_order_stays(emulator, direct, together, count):
    at_once, ordinary = both(emulator, direct, [b"".join([*together, LAST])])
    assert at_once == ordinary
    assert at_once[0].count(b"HTTP/1.1 ") == len(together) + 1
    assert len(direct.found) == count


def test_an_allowed_page_gets_the_headers_of_cors(direct):
    with Emulator(cors=["http://shop.example"]) as emulator:
        answer = talk(emulator.base_url, get("/v5/user_account", "Origin: http://shop.example"), LAST)
    assert b"access-control-allow-origin: http://shop.example\r\n" in answer
    assert direct.found == []


def test_a_defect_is_answered_and_loud(emulator, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(chain, "answer", broken)
    caplog.set_level(logging.ERROR, "uvicorn.error")
    assert talk(emulator.base_url, get("/v5/user_account")).startswith(b"HTTP/1.1 500 ")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("rest", [b"GET /v5/user", b"\r\n"])
@pytest.mark.parametrize("together", [True, False])
def test_the_next_head_of_a_kept_connection_has_to_come_in_time(emulator, direct, monkeypatch, rest, together):
    def answer_and_hurry(*call):
        monkeypatch.setattr(BoundedProtocol, "HEAD_SECONDS", 0.05)  # the first head has all its time
        return direct(*call)

    monkeypatch.setattr(App, "at_once", answer_and_hurry)
    monkeypatch.setattr(BoundedProtocol, "timeout_keep_alive", property(lambda _: 60, lambda *_: None), raising=False)
    with socket.create_connection(place(emulator.base_url), 10) as connection:
        connection.sendall(get("/v5/user_account") + (rest if together else b""))
        answer = connection.recv(65_536)
        if rest == b"\r\n" and together:  # it ends nothing and begins nothing
            connection.shutdown(socket.SHUT_WR)
        elif not together:
            connection.sendall(rest)
        while chunk := connection.recv(65_536):
            answer += chunk
    assert (b"HTTP/1.1 408 " in answer) == (not (together and rest == b"\r\n"))
    assert len(direct.found) == 1


def test_a_connection_on_which_nothing_comes_is_closed(emulator, direct, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "timeout_keep_alive", property(lambda _: 0.01, lambda *_: None), raising=False)
    assert talk(emulator.base_url, get("/v5/user_account")).startswith(b"HTTP/1.1 401 ")
    assert len(direct.found) == 1
