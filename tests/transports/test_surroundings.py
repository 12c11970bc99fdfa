"""Transports and what surrounds them: stubs, recorders, event loops, forks, full pools, memory, passwords of proxies."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from mock_transport import TOKEN
from pinshop import AsyncClient, Client
from pinshop.api.http import Request
from pinshop.errors import ConnectError, Disconnected, PinshopError, TimedOut
from pinshop.transports.aiohttp import AiohttpTransport
from pinshop.transports.urllib3 import Urllib3Transport
from servers import Peer, http, reset

ACCOUNT = "549755885175"
ANSWER = http(b'{"id": "549755885175", "name": "from the network"}')


def request(origin, target="/v5/x", **more):
    return Request("GET", origin, target, {"Accept-Encoding": "gzip"}, **more)


# ------------------------------------------------------------------------------------------------ stubs and recorders


def test_a_stub_of_the_pool_manager_intercepts():
    stub = urllib3.HTTPResponse(body=b'{"id": "549755885175", "name": "stubbed"}', status=200, headers={"X-Pinterest-RID": "5"})
    with Peer(ANSWER) as peer, Client(TOKEN, base_url=f"{peer.origin}/v5") as client:
        assert client.ad_accounts.get(ACCOUNT).name == "from the network"
        with mock.patch("urllib3.PoolManager.urlopen", return_value=stub) as called:
            response = client.with_response.ad_accounts.get(ACCOUNT)
        assert (response.value.name, response.request_id) == ("stubbed", "5")
        assert called.call_args.args[:2] == ("GET", f"{peer.origin}/v5/ad_accounts/{ACCOUNT}")
        assert client.ad_accounts.get(ACCOUNT).name == "from the network"
        assert len(peer.requests) == 2


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")), Disconnected),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "slow"), TimedOut),  # type: ignore[arg-type]
        (urllib3.exceptions.ProxyError("proxy", ConnectionResetError(104, "reset")), Disconnected),
        (urllib3.exceptions.NewConnectionError(None, "refused"), ConnectError),  # type: ignore[arg-type]
    ],
)
def test_what_a_stub_raises_counts_as_sent_unless_there_was_no_connection(raised, expected):
    transport = Urllib3Transport()
    with mock.patch("urllib3.PoolManager.urlopen", side_effect=raised), pytest.raises(expected) as caught:
        transport.send(request("http://127.0.0.1:9"))
    assert caught.value.sent is (expected is not ConnectError)


def test_connections_that_a_recorder_puts_in_the_place_of_urllib3s_are_used_at_once():
    """As vcrpy does it, with ``record_mode="none"``: nothing reaches the network, kept connections included."""

    class Refusing(HTTPConnection):
        def request(self, *args, **kwargs):
            raise RuntimeError("not in the cassette")

    with Peer(ANSWER) as peer:
        transport = Urllib3Transport()
        assert transport.send(request(peer.origin)).status == 200
        with mock.patch.object(HTTPConnectionPool, "ConnectionCls", Refusing), pytest.raises(RuntimeError, match="cassette"):
            transport.send(request(peer.origin))
        assert transport.send(request(peer.origin)).status == 200
        transport.close()
        assert len(peer.requests) == 2


# ------------------------------------------------------------------------------------------------------- event loops


def test_an_asynchronous_client_works_in_a_second_run():
    with Peer(ANSWER) as peer:
        client = AsyncClient(TOKEN, base_url=f"{peer.origin}/v5")

        async def main():
            return (await client.ad_accounts.get(ACCOUNT)).name

        assert [asyncio.run(main()) for _ in range(3)] == ["from the network"] * 3
        asyncio.run(client.close())
        assert peer.connections == 3
        gc.collect()  # a connection that nobody closed would warn here


def test_an_asynchronous_client_works_in_two_loops_at_once():
    with Peer(ANSWER) as peer:
        client = AsyncClient(TOKEN, base_url=f"{peer.origin}/v5", pacing=False)

        async def main():
            return [(await client.ad_accounts.get(ACCOUNT)).name for _ in range(20)]

        with ThreadPoolExecutor(2) as pool:
            results = [future.result() for future in [pool.submit(asyncio.run, main()) for _ in range(2)]]
        assert results == [["from the network"] * 20] * 2
        asyncio.run(client.close())


def test_waiting_for_a_place_is_not_waiting_for_an_answer():
    """Three hundred calls over ten places, each answered after a while: together far longer than one may take."""
    with Peer(lambda connection, _: (peer.over.wait(0.02), connection.sendall(ANSWER))) as peer:

        async def main():
            transport = AiohttpTransport(pool_size=10)
            one = request(peer.origin, connect_seconds=0.3, read_seconds=0.3)
            replies = await asyncio.gather(*[transport.send(one) for _ in range(300)])
            await transport.close()
            return replies

        assert len(asyncio.run(main())) == 300
        assert peer.connections <= 10


def test_a_cancelled_call_leaves_no_connection_in_the_middle_of_its_answer():
    arrived, slow = threading.Event(), threading.Event()

    def answer(connection, _):
        arrived.set()
        if len(peer.requests) == 1:
            slow.wait(5)
        connection.sendall(http(b'"%d"' % len(peer.requests)))

    with Peer(answer) as peer:

        async def main():
            transport = AiohttpTransport()
            task = asyncio.ensure_future(transport.send(request(peer.origin)))
            await asyncio.to_thread(arrived.wait, 5)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            second = await transport.send(request(peer.origin))
            slow.set()
            await transport.close()
            return second.body

        assert asyncio.run(main()) == b'"2"'


# ------------------------------------------------------------------------------------------------- threads and forks


def test_sixteen_threads_share_a_fresh_client():
    with Peer(ANSWER) as peer, Client(TOKEN, base_url=f"{peer.origin}/v5", pacing=False) as client:
        ready = threading.Barrier(16)

        def work():
            ready.wait(10)
            return [client.ad_accounts.get(ACCOUNT).name for _ in range(10)]

        with ThreadPoolExecutor(16) as pool:
            results = [future.result() for future in [pool.submit(work) for _ in range(16)]]
        assert results == [["from the network"] * 10] * 16
        assert len(peer.requests) == 160


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_opens_connections_of_its_own():
    program = """
import os, sys
from pinshop.api.http import Request
from pinshop.transports.urllib3 import Urllib3Transport
transport = Urllib3Transport()
request = Request("GET", sys.argv[1], "/", {})
transport.send(request)
child = os.fork()
ok = transport.send(request).status == 200
if child == 0:
    os._exit(not ok)
assert ok and os.waitpid(child, 0)[1] == 0
transport.close()
"""
    with Peer(ANSWER) as peer:
        subprocess.run([sys.executable, "-c", program, peer.origin], check=True, timeout=60)
        assert (len(peer.requests), peer.connections) == (3, 2)


STRESS = """
import sys, threading
from pinshop import Client
client = Client("emulated_stress", base_url=sys.argv[1] + "/v5", pacing=False)
ready = threading.Barrier(16)
failures = []
def work(number):
    ready.wait(20)
    try:
        client.ad_groups.list("549755885175").all()
        client.campaigns.list("549755885175").all()
        client.promotions.list("549755885175", ad_group_id="2680059592705").all()
        client.catalogs.list().all()
        client.feeds.list().all()
    except BaseException as error:
        failures.append(error)
threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
[t.start() for t in threads]
[t.join() for t in threads]
client.close()
assert not failures, failures
"""


@pytest.mark.soak
def test_sixteen_threads_on_a_fresh_client_in_fresh_processes(rounds):
    """Each process builds every decoder for the first time, from sixteen threads at once. 200 processes in `make soak`."""
    with Peer(http(b'{"items": [{"id": "1", "name": "x"}], "bookmark": null}')) as peer:
        for _ in range(rounds(2, 200)):
            done = subprocess.run(
                [sys.executable, "-c", STRESS, peer.origin], capture_output=True, text=True, check=False, timeout=120
            )
            assert done.returncode == 0, (done.returncode, done.stderr[-2000:])


# ------------------------------------------------------------------------------------- nothing is imported inside a job

IMPORTS = """
import sys
from pinshop import Client
client = Client("emulated_imports", base_url=sys.argv[1] + "/v5", sleep=lambda _: None, max_attempts=2)
client.promotions
client.ad_accounts
before = set(sys.modules)
for _ in range(3):
    try:
        client.ad_accounts.get("549755885175")
    except Exception:
        pass
new = {name for name in set(sys.modules) - before}
assert not new, sorted(new)
"""


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        http(b"{}", "500 X"),
        http(b"{}", "429 X", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"),
        b"nonsense\r\n\r\n",
        http(gzip.compress(b"{}", mtime=0), "200 OK", "Content-Encoding: gzip"),
        b"",
    ],
)
def test_no_call_imports_anything_for_the_first_time(answer):
    with Peer(
        (lambda connection, _: connection.sendall(answer)) if answer else (lambda connection, _: reset(connection))
    ) as peer:
        done = subprocess.run(
            [sys.executable, "-c", IMPORTS, peer.origin], capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 0, done.stderr[-1500:]


# ------------------------------------------------------------------------------------------------------------- memory

MEMORY = """
import asyncio, resource, sys
from pinshop.api.http import Request
kind, origin = sys.argv[1:]
request = Request("GET", origin, "/", {"Accept-Encoding": "gzip"})
if kind == "sync":
    from pinshop.transports.urllib3 import Urllib3Transport
    transport = Urllib3Transport(max_reply_bytes=1 << 27)
    transport.send(request)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = transport.send(request).body
    transport.close()
else:
    from pinshop.transports.aiohttp import AiohttpTransport
    async def main():
        global before
        transport = AiohttpTransport(max_reply_bytes=1 << 27)
        await transport.send(request)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        body = (await transport.send(request)).body
        await transport.close()
        return body
    body = asyncio.run(main())
print(len(body), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_large_answer_takes_a_small_multiple_of_its_size(kind, packed):
    size = 32 * 1024 * 1024
    body = os.urandom(1 << 20) * (size >> 20)
    large = http(gzip.compress(body, 1, mtime=0), "200 OK", "Content-Encoding: gzip") if packed else http(body)
    with Peer(lambda connection, _: connection.sendall(ANSWER if len(peer.requests) == 1 else large)) as peer:
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, kind, peer.origin], capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr[-1500:]
    length, grown = map(int, done.stdout.split())
    assert length == size
    assert grown < 3.5 * size, f"{grown / size:.1f} times the body"


# ------------------------------------------------------------------------------------------------------------ proxies


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("user:p%40ss", "user:p@ss"),
        ("us%3Aer:x", "us:er:x"),
        ("user:", "user:"),
        ("user", "user:"),
        ("us%C3%A9r:%E2%82%AC", "us\xe9r:€"),
    ],
)
def test_the_password_of_a_proxy_is_decoded(kind, scheme, given, meant):
    with Peer(http(b"by proxy", "200 OK" if scheme == "http" else "407 X")) as peer:
        proxy = peer.origin.replace("://", f"://{given}@")
        one = request(f"{scheme}://api.pinterest.invalid")

        async def main():
            transport = AiohttpTransport(proxy=proxy)
            try:
                await transport.send(one)
            finally:
                await transport.close()

        try:
            asyncio.run(main()) if kind == "async" else Urllib3Transport(proxy=proxy).send(one)
        except PinshopError as error:
            assert scheme == "https", error
            assert "HTTP 407" in str(error)
    wanted = b"Proxy-Authorization: Basic " + base64.b64encode(meant.encode())
    assert wanted.lower() in peer.requests[0].lower()
    assert wanted[-12:] in peer.requests[0]


def test_a_connection_that_is_refused_names_host_and_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(
        ConnectError, match=rf"cannot connect to 127\.0\.0\.1:{port}: Connection refused — check that .* is running"
    ):
        Urllib3Transport().send(request(f"http://127.0.0.1:{port}"))
