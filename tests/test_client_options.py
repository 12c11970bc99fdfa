"""What clients take and refuse: options, headers, proxies, a closed client; and the `Response` around a value."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from mock_transport import TOKEN
from pinshop import AsyncClient, Client
from pinshop.api.operations import raw
from pinshop.client_options import ClientOptions
from pinshop.errors import ConfigurationError, NotFound, TimedOut
from pinshop.transports.mock import AsyncMockTransport, MockTransport, reply

ACCOUNT = "549755885175"
BASE_URL = "http://127.0.0.1:9/v5"
CLIENTS = pytest.mark.parametrize("client", [Client, AsyncClient])
WHERE = {"base_url": BASE_URL}


@CLIENTS
def test_an_option_that_does_not_exist_is_refused_wherever_it_is_given(client):
    environ = {"PINTEREST_ACCESS_TOKEN": TOKEN}
    for make in (lambda **o: client(TOKEN, **o), lambda **o: client.from_env(environ=environ, **o)):
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'max_atempts'"):
            make(max_atempts=3)


def test_the_options_of_from_env_are_those_of_the_class():
    import inspect

    from pinshop.transports.options import NetworkOptions

    taken = set(inspect.signature(Client.__init__).parameters) - {"self", "access_token", "base_url", "network"}
    assert taken | set(NetworkOptions.__annotations__) == set(ClientOptions.__annotations__)


@CLIENTS
@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://127.0.0.1:1080",
        "127.0.0.1:3128",
        "proxy.example:3128",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://",
        "http://user:hunter2@",
        "http://user:hunter2@127.0.0.1:x",
        "ftp://127.0.0.1",
        "",
        "http://127.0.0.1:3128/path",
        "http://[::1",
        "user:hunter2@127.0.0.1:3128",
        "http://a b:1",
    ],
)
def test_a_proxy_that_cannot_work_is_refused_before_the_first_attempt(client, proxy):
    with pytest.raises(ConfigurationError, match=r"^proxy: ") as caught:
        client(TOKEN, **WHERE, proxy=proxy)
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


@CLIENTS
@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "AUTHORIZATION",
        "Proxy-Authorization",
        "Host",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "content-type",
    ],
)
def test_a_header_that_is_pinshops_own_is_refused(client, name):
    with pytest.raises(ConfigurationError, match=rf"headers: '{name}' is set by pinshop"):
        client(TOKEN, **WHERE, headers={name: "x"})
    with pytest.raises(ConfigurationError, match="is set by pinshop"):
        client(TOKEN, **WHERE).with_options(headers={name: "x"})


@CLIENTS
@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nb"},
        {"X-A": "caf\xe9"},
        {"X A": "1"},
        {"": "1"},
        {"X:A": "1"},
        {"X-A": 1},
        {1: "x"},
        {"X-\n": "1"},
        {"X-A": "\0"},
        {"X-A": b"bytes"},
    ],
)
def test_a_header_that_is_no_line_of_text_is_refused(client, headers):
    with pytest.raises(ConfigurationError, match="no line of ASCII text"):
        client(TOKEN, **WHERE, headers=headers)


def test_a_header_in_other_letters_replaces_pinshops_own():
    transport = MockTransport(lambda _: {})
    Client(TOKEN, **WHERE, transport=transport, headers={"user-agent": "mine", "X-A": "1"}).send(raw("GET", "/x"))
    sent = transport.requests[0].headers
    assert [value for name, value in sent.items() if name.lower() == "user-agent"] == ["mine"]
    assert sent["X-A"] == "1"
    with pytest.raises(ConfigurationError, match="twice"):
        Client(TOKEN, **WHERE, headers={"X-A": "1"}).with_options(headers={"x-a": "2"})


def test_a_closed_client_refuses_and_so_do_its_views():
    transport = MockTransport(lambda _: {"id": ACCOUNT})
    client = Client(TOKEN, **WHERE, transport=transport)
    view = client.with_options(max_attempts=1)
    view.close()  # a view closes nothing
    assert client.ad_accounts.get(ACCOUNT).id == ACCOUNT
    client.close()
    for call in (
        lambda: client.ad_accounts.get(ACCOUNT),
        lambda: view.ad_accounts.get(ACCOUNT),
        lambda: client.campaigns.list(ACCOUNT).all(),
        lambda: client.send(raw("GET", "/x")),
        lambda: client.with_response.ad_accounts.get(ACCOUNT),
    ):
        with pytest.raises(ConfigurationError, match="the client is closed"):
            call()
    assert len(transport.requests) == 1
    assert not transport.closed, "who made a transport closes it"


def test_a_closed_asynchronous_client_refuses():
    async def main():
        async with AsyncClient(TOKEN, **WHERE, transport=AsyncMockTransport(lambda _: {"id": ACCOUNT})) as client:
            assert (await client.ad_accounts.get(ACCOUNT)).id == ACCOUNT
        with pytest.raises(ConfigurationError, match="the client is closed"):
            await client.ad_accounts.get(ACCOUNT)

    asyncio.run(main())


@pytest.mark.parametrize("own", [True, False])
def test_a_closed_client_of_its_own_transport_refuses_too(own):
    client = Client(TOKEN, **WHERE)
    client.close()
    with pytest.raises(ConfigurationError, match="the client is closed"):
        client.ad_accounts.get(ACCOUNT)


def test_a_response_holds_the_value_and_what_came_with_it():
    answers = [TimedOut("slow", sent=True), reply({"id": ACCOUNT, "name": "Boots"}, headers={"X-Pinterest-RID": "77"})]
    client = Client(TOKEN, **WHERE, transport=MockTransport(answers), sleep=lambda _: None)
    response = client.with_response.ad_accounts.get(ACCOUNT)
    assert response.value.name == "Boots"
    assert (response.status, response.request_id, response.attempts) == (200, "77", 2)


def test_the_asynchronous_client_gives_responses_too():
    async def main():
        answers = AsyncMockTransport(
            [reply({"id": ACCOUNT}, headers={"x-pinterest-rid": "78"}), {"items": [], "bookmark": None}]
        )
        async with AsyncClient(TOKEN, **WHERE, transport=answers) as client:
            response = await client.with_response.ad_accounts.get(ACCOUNT)
            assert (response.value.id, response.request_id) == (ACCOUNT, "78")
            assert await client.with_response.campaigns.list(ACCOUNT).all() == []

    asyncio.run(main())


def test_the_methods_of_the_client_itself_are_as_before():
    client = Client(TOKEN, **WHERE, transport=MockTransport(lambda _: {"id": ACCOUNT}))
    assert client.with_response.ad_accounts.get(ACCOUNT).value.id == ACCOUNT
    assert client.ad_accounts.get(ACCOUNT).id == ACCOUNT


def test_nothing_is_printed_unless_logging_is_configured():
    program = """
from pinshop import Client
from pinshop.errors import NotFound
from pinshop.transports.mock import MockTransport, reply
client = Client("test", base_url="http://127.0.0.1:9/v5", transport=MockTransport(lambda _: reply({"code": 50}, 404)))
try:
    client.ad_accounts.get("549755885175")
except NotFound:
    pass
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_is_configured_is_logged(caplog):
    client = Client(TOKEN, **WHERE, transport=MockTransport(lambda _: reply({"code": 50}, 404)))
    with caplog.at_level(logging.DEBUG, "pinshop"), pytest.raises(NotFound):
        client.ad_accounts.get(ACCOUNT)
    assert any("HTTP 404" in record.getMessage() for record in caplog.records)
