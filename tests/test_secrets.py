"""No secret shows, whatever goes wrong: logs at DEBUG, messages, attributes, reprs, pickles, tracebacks with local variables.

Real sockets, both clients, a server that misbehaves; whatever a program could show of it is searched for every secret.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import io
import json
import pickle
import socket
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
import rich.console
import rich.traceback
import structlog.tracebacks

import pinshop
import pinterest.generated.client as old
from pinshop import AsyncClient, Client
from pinshop.api.operations import raw
from pinshop.credentials.vaults import MemoryStore
from pinshop.errors import PinshopError
from pinshop.flow import oauth
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App, Credentials, StaticToken, Token


def long(name, length):
    """A token of the length that Pinterest's have: what shows local variables cuts long texts, and shows the rest."""
    return f"{name}_" + "".join(f"hunter2{n:05}" for n in range(99))[: length - len(name) - 1]


ACCESS, NEXT_ACCESS = long("pina", 125), long("pina_n", 305)
REFRESH, NEXT_REFRESH = long("pinr", 305), long("pinr_n", 125)
APP_SECRET = "hunter2app" * 4
BASIC = base64.b64encode(f"123:{APP_SECRET}".encode()).decode()
SECRETS = (ACCESS, NEXT_ACCESS, REFRESH, NEXT_REFRESH, APP_SECRET, BASIC, BASIC[:30], "hunter2")


def reply(status, body, *headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


EXPIRED = reply(401, b'{"code": 2, "message": "Authentication failed."}')
TOKENS = reply(200, f'{{"access_token": "{NEXT_ACCESS}", "refresh_token": "{NEXT_REFRESH}", "expires_in": 60}}'.encode())
HERE = str(Path(pinshop.__file__).parent)
#: What the server does with each connection in turn: bytes are sent, None hangs up at once.
FAULTS = {
    "hang up": [None] * 5,
    "cut short": [reply(200, b'{"username": "shop"}')[:-9]] * 5,
    "no http": [b"SSH-2.0-OpenSSH\r\n\r\n"] * 5,
    "html": [reply(502, b"<html>bad gateway</html>")] * 5,
    "refused": [reply(403, b'{"code": 29, "message": "You are not permitted."}')],
    "redirect": [reply(302, b"", "Location: http://elsewhere.example/")],
    "limited": [reply(429, b'{"code": 8, "message": "slow down"}', "x-ratelimit-reset: 67150")],
    "echoed": [reply(400, f'{{"code": 1, "message": "bad {ACCESS}"}}'.encode(), f"X-Echo: {ACCESS}")],
    "echoed in html": [reply(502, f"<html>Authorization: Bearer {ACCESS}</html>".encode())] * 5,
    "echoed in the reason": [f"HTTP/1.1 404 {ACCESS}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()] * 5,
    "echoed in a redirect": [reply(302, b"", f"Location: http://elsewhere.example/?token={ACCESS}")],
    "echoed request id": [reply(403, b'{"code": 29, "message": "no"}', f"x-pinterest-rid: {ACCESS}")],
    "echoed in a header line": [f"HTTP/1.1 200 OK\r\n{ACCESS}\r\n\r\n".encode()] * 5,
    "refresh: firewall": [EXPIRED, *[reply(403, f"<html>{REFRESH} {APP_SECRET}</html>".encode())] * 5],
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
    yield from (str(error), repr(error), repr(vars(error)), getattr(error, "advice", None) or "")
    if error.__cause__ is None:
        yield str(pickle.dumps(error))
    yield "".join(traceback.format_exception(error))
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    console = rich.console.Console(file=io.StringIO(), width=400)
    console.print(
        rich.traceback.Traceback.from_exception(
            type(error),
            error,
            error.__traceback__,
            show_locals=True,
            locals_max_length=1000,
            locals_max_string=10_000,
            width=400,
        )
    )
    yield console.file.getvalue()
    console = rich.console.Console(file=io.StringIO(), width=400)
    console.print(rich.traceback.Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, width=400))
    yield console.file.getvalue()
    for options in ({}, {"locals_max_string": 10_000}, {"use_rich": False}):
        show = structlog.tracebacks.ExceptionDictTransformer(show_locals=True, **options)
        yield json.dumps(show((type(error), error, error.__traceback__)), default=repr)
    yield from locals_of(error)


def locals_of(error):
    """Every local variable of every frame, in full."""
    for one in (error, error.__cause__, error.__context__):
        for frame, _ in traceback.walk_tb(one and one.__traceback__):
            yield "".join(items_of(value) for value in frame.f_locals.values())


def items_of(value, depth=4):
    """As Sentry writes local variables: the items of what is a mapping or a sequence, and the repr of all else."""
    if depth and isinstance(value, Mapping):
        return "".join(f"{name}: {items_of(item, depth - 1)}" for name, item in value.items())
    if depth and isinstance(value, list | tuple | set):
        return "".join(items_of(item, depth - 1) for item in value)
    return repr(value)


@pytest.mark.parametrize("mode", [sync, asynchronous])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_shows(fault, mode, caplog):
    assert http.client.HTTPConnection.debuglevel == 0
    caplog.set_level(1)
    for name in ("urllib3", "aiohttp", "asyncio", "pinshop"):
        caplog.set_level(1, logger=name)
    with serving(FAULTS[fault]) as base_url:
        source = tokens(base_url)
        with pytest.raises(PinshopError) as caught:
            mode(source)
    assert "Sent" not in caplog.text  # lines, not reprs
    assert "GET /v5/user_account" in caplog.text
    shown = [caplog.text, *(repr(vars(record)) for record in caplog.records), repr(source), *everything_about(caught.value)]
    for text in shown:
        for secret in SECRETS:
            assert secret not in text, f"…{text[max(0, text.index(secret) - 300) : text.index(secret) + 60]}…"


def facade(source):
    configuration = old.Configuration(host=source.base_url, access_token=source.token.access_token.reveal())
    with old.ApiClient(configuration) as client:
        client.call_api("/user_account", "GET", auth_settings=["pinterest_oauth2"])


@pytest.mark.parametrize("raised", [KeyboardInterrupt, asyncio.CancelledError, LookupError])
@pytest.mark.parametrize("where", ["begin", "write", "read"])
@pytest.mark.parametrize(
    ("mode", "call"),
    [
        (sync, "refresh"),
        (asynchronous, "refresh"),
        (sync, "user_account"),
        (asynchronous, "user_account"),
        (facade, "user_account"),
    ],
)
def test_no_secret_shows_where_a_call_is_ended_from_outside(mode, where, raised, call, monkeypatch):
    """Ctrl-C, a cancelled task, a stub that objects: they come through frames of an HTTP library, which hold plain text."""
    places = {
        "begin": ("urllib3.connectionpool.HTTPConnectionPool._make_request", "aiohttp.ClientSession._request"),
        "write": ("http.client.HTTPConnection.send", "aiohttp.http_writer.StreamWriter.write_headers"),
        "read": ("http.client.HTTPConnection.getresponse", "aiohttp.ClientResponse.start"),
    }

    def end(*args, **options):
        try:
            raise OSError("before")  # what it has as its context came through the same frames
        finally:
            raise raised("enough")

    monkeypatch.setattr(places[where][mode is asynchronous], end)
    with serving([reply(200, b"{}")] * 2) as base_url:
        source = tokens(base_url)
        if call == "refresh":
            source._token = msgspec.structs.replace(source._store.load(), expires_at=1.0)
            source._store.save(source._token)
        else:
            source._token = source._store.load()
        with pytest.raises(raised) as caught:
            mode(source)
    error = caught.value
    error.__traceback__ = error.__traceback__.tb_next  # this test holds what the program holds
    for text in (*locals_of(error), *(str(part) for part in traceback.format_exception(error))):
        for secret in SECRETS:
            assert secret not in text, f"…{text[max(0, text.index(secret) - 300) : text.index(secret) + 60]}…"


def interrupt(*_):
    raise KeyboardInterrupt


def test_who_calls_while_an_error_is_handled_keeps_the_frames_of_that_error(monkeypatch):
    def fail():
        kept = "mine"
        raise LookupError(kept)

    def recover(base_url):
        try:
            fail()
        except LookupError:
            sync(tokens(base_url))

    monkeypatch.setattr("http.client.HTTPConnection.send", interrupt)
    with serving([reply(200, b"{}")]) as base_url, pytest.raises(KeyboardInterrupt) as caught:
        recover(base_url)
    *_, (frame, _) = traceback.walk_tb(caught.value.__context__.__traceback__)
    assert frame.f_locals["kept"] == "mine"


# ------------------------------------------------------------------------- before anything is sent


def home(tmp_path, content):
    """A configuration whose file of tokens holds this."""
    folder = tmp_path / "tokens"
    folder.mkdir(mode=0o700)
    (tmp_path / "profiles.toml").write_text('[acme]\napp_id = "123"\n', "utf-8")
    (folder / "acme.json").write_text(content, "utf-8")
    (folder / "acme.json").chmod(0o600)
    return {"PINSHOP_CONFIG_DIR": str(tmp_path)}


def full(*_):
    raise OSError(28, "No space left on device")


def save(tmp_path, monkeypatch):
    environ = home(tmp_path, json.dumps({"access_token": ACCESS, "refresh_token": REFRESH, "app_secret": APP_SECRET}))
    source = Client.from_profile("acme", environ=environ).credentials.tokens
    monkeypatch.setattr("pinshop.files.atomic.os.fsync", full)
    source._store.save(source.token)


FAILURES = {
    "a bad base URL": lambda *_: Client(ACCESS, base_url="ftp://x"),
    "a bad option": lambda *_: Client(ACCESS, max_attempts=0),
    "a pasted newline": lambda *_: Client(ACCESS + "\n"),
    "a token with its word": lambda *_: Client("Bearer " + ACCESS),
    "plain http": lambda *_: Client(ACCESS, base_url="http://shop.example/v5"),
    "half an environment": lambda *_: Client.from_env(environ={"PINTEREST_REFRESH_TOKEN": REFRESH, "PINTEREST_APP_ID": "123"}),
    "two tokens": lambda *_: Client.from_env(
        environ={"PINTEREST_ACCESS_TOKEN": ACCESS, "PINTEREST_ADS_ACCESS_TOKEN": NEXT_ACCESS}
    ),
    "a bad token in the environment": lambda *_: Client.from_env(environ={"PINTEREST_ACCESS_TOKEN": ACCESS + " x"}),
    "a file that is cut": lambda tmp_path, _: Client.from_profile(
        "acme", environ=home(tmp_path, json.dumps({"access_token": ACCESS})[:-5])
    ),
    "a file that is a list": lambda tmp_path, _: Client.from_profile("acme", environ=home(tmp_path, json.dumps([ACCESS]))),
    "a full disk": save,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_secret_shows_of_what_fails_before_anything_is_sent(failure, tmp_path, monkeypatch):
    with pytest.raises(PinshopError) as caught:
        FAILURES[failure](tmp_path, monkeypatch)
    error = caught.value
    while error.__traceback__ is not None and not error.__traceback__.tb_frame.f_code.co_filename.startswith(HERE):
        error.__traceback__ = error.__traceback__.tb_next  # the frames of this test hold the token: they are the user's
    for text in everything_about(error):
        for secret in SECRETS:
            assert secret not in text, f"…{text[max(0, text.index(secret) - 300) : text.index(secret) + 60]}…"


@pytest.mark.parametrize("holder", ["StaticToken", "RefreshingToken", "Credentials", "Token", "App", "Client.credentials"])
def test_what_holds_a_secret_is_not_pickled(holder):
    held = {
        "StaticToken": StaticToken(ACCESS),
        "RefreshingToken": tokens("http://127.0.0.1:9/v5"),
        "Credentials": Credentials(tokens=StaticToken(ACCESS), source="argument"),
        "Token": Token(access_token=Secret(ACCESS)),
        "App": App("1", Secret(APP_SECRET)),
        "Client.credentials": Client(ACCESS).credentials,
    }[holder]
    with pytest.raises((TypeError, AttributeError)):
        pickle.dumps(held)
    assert "hunter2" not in repr(held) + str(held) + f"{held}" + f"{held!s:>5}"


def test_the_request_of_a_refresh_shows_nothing_until_it_is_written():
    request = oauth.token_request("http://127.0.0.1:9/v5", App("123", Secret(APP_SECRET)), {"refresh_token": Secret(REFRESH)})
    shown = [
        repr(request),
        str(request.headers),
        f"{request.headers}",
        repr(request.body),
        str(request.body),
        f"{request.body}",
    ]
    shown += [repr(request.body[:80]), repr(list(request.body)), repr(sorted(vars(type(request)).values(), key=str))]
    for text in shown:
        assert "hunter2" not in text
    assert BASIC[:20] not in "".join(shown)
    for held in (request, request.headers, request.body):
        with pytest.raises(TypeError):
            pickle.dumps(held)
    assert REFRESH.encode() in bytes(request.body)
    assert dict(request.headers)["Authorization"] == f"Basic {BASIC}"


@pytest.mark.parametrize("start", [0, 1, 5, 40, 100])
@pytest.mark.parametrize("length", [16, 17, 25, 85])
@pytest.mark.parametrize("before", [b"", b"x", b"bad token: "])
def test_a_piece_of_a_token_is_struck_out_of_a_refusal(start, length, before):
    piece = ACCESS[start : start + length].encode()
    assert len(piece) >= 16
    struck = Secret(ACCESS).pieces_struck_from(before + piece + b" and " + piece[::-1] + b"; " + piece)
    assert struck == before + "…".encode() + b" and " + piece[::-1] + b"; " + "…".encode()


def test_what_is_no_piece_of_a_token_stays():
    for data in (b"", b"<html>hunter2</html>", ACCESS[:15].encode(), ACCESS[100:115].encode() + b"!" + ACCESS[1:14].encode()):
        assert Secret(ACCESS).pieces_struck_from(data) == data
    assert Secret("short").pieces_struck_from(b"short of words") == b"short of words"


def test_the_end_of_a_token_in_a_refusal_shows_nowhere():
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = reply(400, json.dumps({"code": 1, "message": f"unknown token {ACCESS[9:]}"}).encode(), f"X-Echo: {ACCESS[9:]}")
        thread = threading.Thread(target=lambda: _answer_once(server, answer))
        thread.start()
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        with Client(ACCESS, base_url=f"{origin}/v5") as client, pytest.raises(PinshopError) as caught:
            client.ad_accounts.get("1")
        thread.join()
    assert "hunter2" not in str(caught.value) + repr(vars(caught.value))


def _answer_once(server, answer):
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)
