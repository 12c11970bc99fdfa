"""Every situation of `cases.py`, for the synchronous transport, the asynchronous one and the old interface."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Any

import pytest
from cases import BODY, CASES, LIMIT, SECRET, Case, ok, raw

import pinterest.generated.client as old
from pinshop.api.http import Request
from pinshop.errors import PinshopError, TransportError
from pinshop.transports.aiohttp import AiohttpTransport
from pinshop.transports.urllib3 import Urllib3Transport
from pinterest.generated.client import rest
from pinterest.generated.client.exceptions import ApiException, UnusableAnswer
from servers import Authority, Scripted, Wire

KINDS = ("sync", "async", "facade")
TOKEN = "emulated_x" * 12


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def _request(case: Case, origin: str, *, second: bool = False) -> Request:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip", "User-Agent": "pinshop-test"}
    body = None if second or case.method in ("GET", "DELETE") else b"0" * case.size
    if body is not None:
        headers["Content-Type"] = "application/json"
    connect = 0.5 if "hang" in case.name or "silent instead" in case.name or "drips its" in case.name else 5.0
    method, seconds = ("GET", 5.0) if second else (case.method, case.read_seconds)
    return Request(method, origin, "/v5/x?a=%2C", headers, body, connect_seconds=connect, read_seconds=seconds)


def _said(error: BaseException) -> str:
    """Everything of an error that a log or a crash report could show."""
    shown, seen = "", error
    for _ in range(9):
        if seen is None:
            break
        shown += f"{seen!r} {seen} {vars(seen)} {seen.args}"
        seen = seen.__cause__ or seen.__context__
    return shown


class _Sync:
    def __init__(self, **options: Any) -> None:
        self._transport = Urllib3Transport(max_reply_bytes=LIMIT, **options)

    def __call__(self, request: Request) -> tuple[int, bytes]:
        reply = self._transport.send(request)
        return reply.status, reply.body

    def wait(self, event: threading.Event) -> bool:
        return event.wait(5)

    def close(self) -> None:
        self._transport.close()


class _Async:
    def __init__(self, **options: Any) -> None:
        self._transport = AiohttpTransport(max_reply_bytes=LIMIT, **options)
        self._runner = asyncio.Runner()

    def __call__(self, request: Request) -> tuple[int, bytes]:
        reply = self._runner.run(self._transport.send(request))
        return reply.status, reply.body

    def wait(self, event: threading.Event) -> bool:
        """The loop runs on meanwhile: what is left of a body is sent, and connections are closed, in its own time."""
        return self._runner.run(asyncio.to_thread(event.wait, 5))

    def close(self) -> None:
        self._runner.run(self._transport.close())
        self._runner.close()


class _Facade:
    """The old interface says 0 and a text for what the network did; the text begins with the error's class."""

    def __init__(self, proxy: str | None = None, ca_file: Any = None) -> None:
        configuration = old.Configuration(host="http://127.0.0.1", access_token=TOKEN)
        configuration.retries, configuration.proxy, configuration.ssl_ca_cert = False, proxy, ca_file and str(ca_file)
        self._client = rest.RESTClientObject(configuration)

    def __call__(self, request: Request) -> tuple[int, bytes]:
        timeouts = (request.connect_seconds, request.read_seconds)
        try:
            body = request.body and request.body.decode()
            url = request.origin + request.target
            answer = self._client.request(request.method, url, None, request.headers, body, _request_timeout=timeouts)
        except UnusableAnswer as error:
            if error.status in (302, 307):
                return error.status, b""
            raise
        except ApiException as error:
            if error.status:
                return error.status, error.body if isinstance(error.body, bytes) else (error.body or "").encode()
            raise
        return answer.status, answer.body

    def wait(self, event: threading.Event) -> bool:
        return event.wait(5)

    def close(self) -> None:
        self._client.close()


def _result(send: Any, request: Request) -> tuple[Any, BaseException | None]:
    try:
        return send(request), None
    except PinshopError as error:
        assert not isinstance(error, TransportError) or error.sent is (type(error).__name__ in ("Disconnected", "TimedOut"))
        return type(error).__name__, error
    except UnusableAnswer as error:
        return "BadReply", error
    except ApiException as error:
        return (error.reason or "").partition(":")[0], error


def _tunnelled(end: str, context: ssl.SSLContext) -> Any:
    """The proxy and the server behind it in one: what comes through the tunnel is answered as ``end`` says."""

    def serve(wire: Wire) -> None:
        wire.head()
        wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        wire.tls(context)
        wire.request()
        if end == "cut":
            wire.send(raw("Content-Length: 8", body=BODY))
            wire.close()
        elif end:
            getattr(wire, end)()
        wire.send(ok())

    return serve


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_situation_has_one_right_result(case, kind, authority, monkeypatch):
    if kind == "facade":
        monkeypatch.setattr(rest, "MAX_ANSWER_BYTES", LIMIT)
    act: Any = case.act
    if isinstance(act, str):
        act = _tunnelled(act.partition(" ")[2], authority.server())
    with Scripted(act, authority.server() if case.way == "tls" else None) as server:
        options: dict[str, Any] = {}
        origin = server.origin
        if case.way in ("http", "https"):
            options["proxy"] = server.origin
            origin = "http://api.pinterest.invalid" if case.way == "http" else "https://127.0.0.1:4"
        elif case.way == "handshake":
            origin = server.origin.replace("http:", "https:")
        if origin.startswith("https:"):
            options["ca_file"] = authority.file
        send = {"sync": _Sync, "async": _Async, "facade": _Facade}[kind](**options)
        try:
            result, error = _result(send, _request(case, origin))
            assert result == (case.result if isinstance(case.result, str) else (case.status, case.result)), error
            assert len(server.requests) == case.executed
            if error is not None:
                said = _said(error)
                assert SECRET not in said
                assert TOKEN not in said
            server.answered.set()
            if case.way in ("", "http", "tls"):
                assert send.wait(server.settled)  # or the second request races with the end that the first one was told of
                assert _result(send, _request(case, origin, second=True))[0] == (200, b'"proper"')
                if case.reused is not None:
                    assert (server.connections == 1) is case.reused
        finally:
            send.close()


def test_the_table_is_printed_as_a_count(capsys):
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) >= 80
    with capsys.disabled():
        print(f"\ntransport cases: {len(names)} situations x {len(KINDS)} = {len(names) * len(KINDS)}")
