"""No secret shows, whatever goes wrong: logs at DEBUG, messages, attributes, reprs, pickles, tracebacks with local variables.

Real sockets, both colours, a server that misbehaves; whatever a program could show of it is searched for every secret.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import logging
import pickle
import socket
import threading
import traceback

import pytest

from pinshop import AsyncClient, Client
from pinshop.api.operations import raw
from pinshop.credentials.vaults import MemoryStore
from pinshop.errors import PinshopError
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App, Token

ACCESS, NEXT_ACCESS = "emulated_hunter2access", "emulated_hunter2next"
REFRESH, NEXT_REFRESH = "emulated_hunter2refresh", "emulated_hunter2rotated"
APP_SECRET = "hunter2app"
BASIC = base64.b64encode(f"123:{APP_SECRET}".encode()).decode()
SECRETS = (ACCESS, NEXT_ACCESS, REFRESH, NEXT_REFRESH, APP_SECRET, BASIC, "hunter2")


def reply(status, body, *headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


EXPIRED = reply(401, b'{"code": 2, "message": "Authentication failed."}')
TOKENS = reply(200, f'{{"access_token": "{NEXT_ACCESS}", "refresh_token": "{NEXT_REFRESH}", "expires_in": 60}}'.encode())
#: What the server does with each connection in turn: bytes are sent, None hangs up at once.
FAULTS = {
    "hang up": [None] * 5,
    "cut short": [reply(200, b'{"username": "shop"}')[:-9]] * 5,
    "no http": [b"SSH-2.0-OpenSSH\r\n\r\n"] * 5,
    "html": [reply(502, b"<html>bad gateway</html>")] * 5,
    "refused": [reply(403, b'{"code": 29, "message": "You are not permitted."}')],
    "redirect": [reply(302, b"", "Location: http://elsewhere.example/")],
    "limited": [reply(429, b'{"code": 8, "message": "slow down"}', "x-ratelimit-reset: 67150")],
    "refresh: hang up": [EXPIRED, *[None] * 5],
    "refresh: cut short": [EXPIRED, *[TOKENS[:-9]] * 5],
    "refresh: refused": [EXPIRED, reply(401, f'{{"code": 283, "message": "{REFRESH} is no good"}}'.encode())],
    "refresh: no token": [EXPIRED, reply(200, f'{{"refresh_token": "{NEXT_REFRESH}"}}'.encode())],
    "refresh: broken": [EXPIRED, reply(200, TOKENS.partition(b"\r\n\r\n")[2][:-1])],
    "refresh: then html": [EXPIRED, TOKENS, *[reply(500, b"<html>")] * 5],
    "refresh: then hang up": [EXPIRED, TOKENS, *[None] * 5],
}


@contextlib.contextmanager
def serving(script):
    """A server that does with its connections what the script says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            for answer in script:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if answer is not None:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v5"
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def tokens(base_url):
    store = MemoryStore(Token(access_token=Secret(ACCESS), refresh_token=Secret(REFRESH)))
    return RefreshingToken(App("123", Secret(APP_SECRET)), store, base_url=base_url)


def sync(source):
    with Client(source, sleep=lambda _: None, max_attempts=2, pacing=False) as client:
        client.send(raw("GET", "/user_account"))


def asynchronous(source):
    async def instantly(_):
        pass

    async def main():
        async with AsyncClient(source, sleep=instantly, max_attempts=2, pacing=False) as client:
            await client.send(raw("GET", "/user_account"))

    asyncio.run(main())


def everything_about(error):
    """What a program, a crash reporter or a curious user could show of an exception."""
    yield from (str(error), repr(error), repr(vars(error)), error.advice or "")
    if error.__cause__ is None:
        yield str(pickle.dumps(error))
    yield "".join(traceback.format_exception(error))
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("colour", [sync, asynchronous])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_shows(fault, colour, caplog):
    assert http.client.HTTPConnection.debuglevel == 0
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    with serving(FAULTS[fault]) as base_url:
        source = tokens(base_url)
        with pytest.raises(PinshopError) as caught:
            colour(source)
    assert "Sent" not in caplog.text  # lines, not reprs
    assert "GET /v5/user_account" in caplog.text
    shown = [caplog.text, *(repr(vars(record)) for record in caplog.records), repr(source), *everything_about(caught.value)]
    for text in shown:
        for secret in SECRETS:
            assert secret not in text, f"…{text[max(0, text.index(secret) - 300) : text.index(secret) + 60]}…"
