"""The sockets of both clients: what is sent, what is raised when something breaks, and whether it may have been executed."""

from __future__ import annotations

import asyncio
import gzip
import http.client as http_client
import io
import re
import socket
import threading
from typing import Any

import pytest

from pinshop.api.http import Reply, Request
from pinshop.errors import (
    BadReply,
    ConfigurationError,
    ConnectError,
    Disconnected,
    PinshopError,
    TimedOut,
    TLSError,
    TransportError,
)
from pinshop.transports import framing
from pinshop.transports.aiohttp import AiohttpTransport
from pinshop.transports.urllib3 import Urllib3Transport
from servers import Authority, Peer, http, reset

MODES = pytest.mark.parametrize("mode", ["sync", "async"])


def request(
    origin: str, target: str = "/v5/x", *, method: str = "GET", body: bytes | None = None, seconds: float = 5.0
) -> Request:
    headers = {"Authorization": "Bearer emulated_x", "Accept-Encoding": "gzip", "User-Agent": "pinshop-test"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return Request(method, origin, target, headers, body, connect_seconds=2.0, read_seconds=seconds)


def send(mode: str, *requests: Request, **options: Any) -> list[Reply]:
    """Send on one transport, one after the other."""
    if mode == "sync":
        transport = Urllib3Transport(**options)
        try:
            return [transport.send(one) for one in requests]
        finally:
            transport.close()

    async def run() -> list[Reply]:
        transport = AiohttpTransport(**options)
        try:
            return [await transport.send(one) for one in requests]
        finally:
            await transport.close()

    return asyncio.run(run())


def failure(mode: str, one: Request, **options: Any) -> Any:
    with pytest.raises(PinshopError) as caught:
        send(mode, one, **options)
    return caught.value


# ---------------------------------------------------------------------------------------- what works


@MODES
def test_a_request_arrives_as_it_was_made(mode):
    with Peer(http(b'{"a": 1}', "200 OK", "X-Pinterest-RID: 42")) as peer:
        target = "/v5/x?columns=A%2CB&ids=1&ids=2&q=%E2%82%AC%20+"
        [reply] = send(mode, request(peer.origin, target, method="PATCH", body=b'{"b": 2}'))
    assert (reply.status, reply.reason, reply.body) == (200, "OK", b'{"a": 1}')
    assert reply.headers.get("x-pinterest-rid") == "42"
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"PATCH {target} HTTP/1.1"
    assert body == b'{"b": 2}'
    assert {line.split(":")[0].lower() for line in lines[1:]} <= {
        "host",
        "authorization",
        "accept",
        "accept-encoding",
        "user-agent",
        "content-type",
        "content-length",
        "connection",
    }
    assert "Authorization: Bearer emulated_x" in lines


@MODES
def test_connections_are_kept(mode):
    with Peer(http()) as peer:
        send(mode, *[request(peer.origin)] * 5)
        assert (peer.connections, len(peer.requests)) == (1, 5)


@MODES
def test_every_status_is_an_answer(mode):
    with Peer(http(b"no", "503 Sorry")) as peer:
        [reply] = send(mode, request(peer.origin))
    assert (reply.status, reply.reason, reply.body) == (503, "Sorry", b"no")


@MODES
def test_a_body_may_come_in_chunks_or_packed_or_not_at_all(mode):
    answers = iter(
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            http(gzip.compress(b"packed" * 50_000), "200 OK", "Content-Encoding: gzip"),
            b"HTTP/1.1 204 No Content\r\n\r\n",
        ]
    )
    with Peer(lambda connection, _: connection.sendall(next(answers))) as peer:
        replies = send(mode, *[request(peer.origin)] * 3)
    assert [reply.body for reply in replies] == [b"abcde", b"packed" * 50_000, b""]


@MODES
def test_redirects_are_not_followed(mode):
    with Peer(http(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/steal")) as peer:
        [reply] = send(mode, request(peer.origin, method="POST", body=b"{}"))
        assert reply.status == 307
        assert len(peer.requests) == 1


@MODES
def test_cookies_are_not_kept(mode):
    with Peer(http(b"{}", "200 OK", "Set-Cookie: _ir=0; Path=/")) as peer:
        send(mode, *[request(peer.origin)] * 2)
    assert b"cookie" not in peer.requests[1].lower()


# ------------------------------------------------------------------------------- before it is sent


@MODES
def test_a_refused_connection_was_not_sent(mode):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(mode, request(f"http://127.0.0.1:{port}"))
    assert type(error) is ConnectError
    assert not error.sent
    assert "0x" not in str(error)


@MODES
def test_an_unknown_host_was_not_sent(mode, monkeypatch):
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(mode, request("http://api.pinterest.invalid"))
    assert type(error) is ConnectError
    assert not error.sent
    assert "Name or service not known" in str(error)


@MODES
def test_a_certificate_nobody_signed_is_refused(mode, tmp_path):
    with Peer(http(), Authority(tmp_path).server()) as peer:
        error = failure(mode, request(peer.origin, method="POST", body=b"{}"))
        assert type(error) is TLSError
        assert not error.sent
        assert peer.requests == []


@MODES
def test_a_certificate_for_another_host_is_refused(mode, tmp_path):
    authority = Authority(tmp_path)
    with Peer(http(), authority.server("10.9.8.7")) as peer:
        assert type(failure(mode, request(peer.origin), ca_file=authority.file)) is TLSError


@MODES
def test_a_ca_file_is_trusted_beside_the_system(mode, tmp_path):
    authority = Authority(tmp_path)
    with Peer(http(b"hello"), authority.server()) as peer:
        assert send(mode, request(peer.origin), ca_file=authority.file)[0].body == b"hello"


@MODES
def test_a_client_certificate_is_shown(mode, tmp_path):
    authority = Authority(tmp_path)
    with Peer(http(b"hello"), authority.server(wants_client=True)) as peer:
        shown = send(mode, request(peer.origin), ca_file=authority.file, client_certificate=str(authority.issue()))
        assert shown[0].body == b"hello"
        error = failure(mode, request(peer.origin), ca_file=authority.file)
        assert isinstance(error, TransportError)


@MODES
def test_a_tls_handshake_that_never_ends_was_not_sent(mode):
    with Peer(http()) as peer:  # speaks no TLS and waits for more
        one = request(peer.origin.replace("http:", "https:"))
        error = failure(mode, Request(one.method, one.origin, one.target, one.headers, None, 0.3, 5.0))
    assert not error.sent
    assert isinstance(error, ConnectError | TLSError)
    assert re.search("timed out|timeout", str(error))  # who waits longer sees the connection closed


@pytest.mark.parametrize("options", [{"ca_file": "missing.pem"}, {"client_certificate": "missing.pem"}])
@MODES
def test_certificates_that_cannot_be_read_are_told(mode, options):
    assert type(failure(mode, request("https://127.0.0.1:1"), **options)) is ConfigurationError


# -------------------------------------------------------------------------------- after it was sent


@MODES
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
def test_a_reset_instead_of_an_answer_may_have_been_executed(mode, method):
    with Peer(lambda connection, _: reset(connection)) as peer:
        error = failure(mode, request(peer.origin, method=method, body=None if method == "GET" else b"{}"))
        assert type(error) is Disconnected
        assert error.sent
        if method != "GET":
            assert len(peer.requests) == 1, "a write must not be repeated by the library below"


@MODES
def test_an_orderly_end_without_an_answer_is_no_answer(mode):
    with Peer(lambda *_: False) as peer:
        error = failure(mode, request(peer.origin, method="POST", body=b"{}"))
    assert type(error) is Disconnected
    assert error.sent


@MODES
def test_a_kept_connection_that_dies_may_have_been_executed(mode):
    """The server closes between two requests: whether it read the second one, nobody can tell."""
    answered = threading.Event()

    def once(connection: socket.socket, _: bytes) -> Any:
        if answered.is_set():
            return reset(connection)
        answered.set()
        return connection.sendall(http())

    with Peer(once) as peer, pytest.raises(Disconnected) as caught:
        send(mode, request(peer.origin), request(peer.origin, method="POST", body=b"{}"))
    assert caught.value.sent
    assert len(peer.requests) == 2


@MODES
@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        http(gzip.compress(b"packed" * 999)[:-9], "200 OK", "Content-Encoding: gzip"),
    ],
    ids=["length", "no body", "in a chunk", "between chunks", "in the headers", "gzip"],
)
def test_an_answer_that_is_cut_short_is_never_taken_for_whole(mode, sent):
    def cut(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(sent)
        return False

    with Peer(cut) as peer:
        error = failure(mode, request(peer.origin, method="POST", body=b"{}"))
    assert type(error) is Disconnected
    assert error.sent


@MODES
@pytest.mark.parametrize("sent", [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\0\1\2\3" * 20 + b"\r\n\r\n", b"HTTP/9.9 abc\r\n\r\n"])
def test_what_is_not_http_is_no_answer(mode, sent):
    def speak(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(sent)
        return False

    with Peer(speak) as peer:
        error = failure(mode, request(peer.origin, method="POST", body=b"{}"))
    assert type(error) is Disconnected
    assert error.sent


@MODES
def test_a_server_that_never_answers_is_not_waited_for(mode):
    with Peer(lambda *_: peer.over.wait(10)) as peer:
        # Who waits past the deadline sees the connection closed: Disconnected.
        error = failure(mode, request(peer.origin, method="POST", body=b"{}", seconds=0.3))
    assert type(error) is TimedOut
    assert error.sent


def _drip(peer: Peer, connection: socket.socket, parts: list[bytes]) -> bool:
    try:
        for part in parts:
            connection.sendall(part)
            peer.over.wait(0.1)
    except OSError:
        pass
    return False


@MODES
@pytest.mark.parametrize("where", ["body", "headers"])
def test_a_server_that_drips_is_not_waited_for(mode, where):
    """Every byte comes in time, the whole does not: one deadline holds for the whole."""
    start = b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 999\r\n\r\n" if where == "body" else b"X-A: ")
    with Peer(lambda connection, _: _drip(peer, connection, [start, *[b"x"] * 60])) as peer:
        one = request(peer.origin, seconds=0.5)
        # Who waits for all 60 bytes sees the connection closed before the answer is whole: Disconnected.
        error = failure(mode, Request(one.method, one.origin, one.target, one.headers, None, 0.5, 0.5))
    assert type(error) is TimedOut


@MODES
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_is_stopped(mode, packed):
    body = gzip.compress(b"0" * 5_000_000) if packed else b"0" * 200_001
    headers = ["Content-Encoding: gzip"] if packed else []
    with Peer(http(body, "200 OK", *headers)) as peer:
        error = failure(mode, request(peer.origin), max_reply_bytes=200_000)
    assert type(error) is BadReply
    assert "larger than 200,000 bytes" in str(error)


@MODES
def test_an_endless_answer_is_stopped(mode):
    def endless(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                connection.sendall(b"10000\r\n" + b"0" * 65536 + b"\r\n")
        except OSError:
            return False

    with Peer(endless) as peer:
        assert type(failure(mode, request(peer.origin), max_reply_bytes=1_000_000)) is BadReply


# ------------------------------------------------------------------------------------------- proxies


@MODES
def test_a_proxy_gets_the_whole_url_and_its_own_credentials(mode):
    with Peer(http(b"by proxy")) as peer:
        proxy = peer.origin.replace("://", "://user:secret@")
        [reply] = send(mode, request("http://api.pinterest.invalid", "/v5/x?a=%2C"), proxy=proxy)
    assert reply.body == b"by proxy"
    assert peer.requests[0].startswith(b"GET http://api.pinterest.invalid/v5/x?a=%2C HTTP/1.1")
    assert b"proxy-authorization: basic dxnlcjpzzwnyzxq=" in peer.requests[0].lower()


@MODES
def test_a_proxy_that_is_not_there_means_not_sent(mode):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(mode, request("https://api.pinterest.invalid"), proxy=f"http://127.0.0.1:{port}")
    assert type(error) is ConnectError
    assert not error.sent


@MODES
def test_a_proxy_that_refuses_means_not_sent(mode):
    with Peer(http(b"", "407 Proxy Authentication Required")) as peer:
        error = failure(mode, request("https://api.pinterest.invalid", method="POST", body=b"{}"), proxy=peer.origin)
        assert peer.requests[0].startswith(b"CONNECT api.pinterest.invalid:443")
    assert type(error) is ConnectError
    assert not error.sent


@MODES
def test_no_secret_of_the_proxy_is_in_an_error(mode):
    with Peer(lambda *_: False) as peer:
        proxy = peer.origin.replace("://", "://user:hunter2@")
        error = failure(mode, request("https://api.pinterest.invalid"), proxy=proxy)
    assert "hunter2" not in f"{error!r} {error}"


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"a\r\n", b"a"),
        (b"a\n", b"a"),
        (b"\r\n", b""),
        (b"", http_client.IncompleteRead),
        (b"a", http_client.IncompleteRead),
        (b"a\r", http_client.IncompleteRead),
        (b"a" * framing.MAX_LINE_BYTES, http_client.IncompleteRead),
        (b"a" * framing.MAX_LINE_BYTES + b"\r\n", b"a" * framing.MAX_LINE_BYTES),
        (b"a" * (framing.MAX_LINE_BYTES + 1), framing.Malformed),
        (b"a" * (framing.MAX_LINE_BYTES + 9) + b"\r\n", framing.Malformed),
    ],
)
def test_a_line_is_whole_or_cut_or_too_long(data, result):
    """Cut is what a later attempt may mend, and too long is not."""
    if isinstance(result, bytes):
        assert framing.read_line(io.BytesIO(data)) == result
    else:
        with pytest.raises(result) as caught:
            framing.read_line(io.BytesIO(data))
        assert type(caught.value) is result
