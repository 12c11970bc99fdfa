"""What the asynchronous client does beside what both clients do (test_client.py): cancellation, and its one exception."""

from __future__ import annotations

import asyncio

import pytest

from pinshop import AsyncClient
from pinshop.api.http import Reply
from pinshop.api.operations import raw
from pinshop.credentials.vaults import MemoryStore
from pinshop.errors import Disconnected
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App, Token

BASE_URL = "http://127.0.0.1:9/v5"
TOKENS = Reply(200, {}, b'{"access_token": "emulated_1", "refresh_token": "emulated_r1", "expires_in": 60}')


class Gate:
    """A transport that answers when it is told to."""

    def __init__(self, answer):
        self.answer = answer
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.targets = []

    async def send(self, request, /):
        self.targets.append(request.target)
        self.reached.set()
        await self.opened.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self):
        pass


async def cancelled_twice(gate, token):
    """Cancel a call while its first request is under way, twice, and say whether that ended it at once."""
    async with AsyncClient(token, base_url=BASE_URL, transport=gate) as client:
        task = asyncio.create_task(client.send(raw("GET", "/user_account")))
        await gate.reached.wait()
        for _ in range(2):
            task.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
        at_once = task.done()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return at_once


def stale():
    first = Token(access_token=Secret("emulated_0"), refresh_token=Secret("emulated_r0"), expires_at=0.0)
    store = MemoryStore(first)
    return RefreshingToken(App("1", Secret("s")), store, base_url=BASE_URL), store


def test_a_cancelled_call_ends_at_once():
    async def main():
        return await cancelled_twice(Gate(TOKENS), "emulated_x")

    assert asyncio.run(main()) is True


def test_a_cancelled_refresh_first_gets_and_keeps_its_token():
    source, store = stale()

    async def main():
        gate = Gate(TOKENS)
        return await cancelled_twice(gate, source), gate.targets

    assert asyncio.run(main()) == (False, ["/v5/oauth/token"])  # and the call itself is not sent any more
    assert store.load().refresh_token == Secret("emulated_r1")


def test_a_cancelled_refresh_that_fails_ends_and_leaves_its_mark():
    source, store = stale()

    async def main():
        gate = Gate(Disconnected("reset", sent=True))
        return await cancelled_twice(gate, source), gate.targets

    assert asyncio.run(main()) == (False, ["/v5/oauth/token"])
    assert store.load().refresh_token == Secret("emulated_r0")
    assert store.load().refreshing_since is not None
    assert store.try_lock() is not None


def test_a_timeout_around_a_refresh_is_a_timeout():
    source, store = stale()

    async def main():
        gate = Gate(TOKENS)
        async with AsyncClient(source, base_url=BASE_URL, transport=gate) as client:
            asyncio.get_running_loop().call_later(0.05, gate.opened.set)
            async with asyncio.timeout(0.01):
                await client.send(raw("GET", "/user_account"))

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert store.load().refresh_token == Secret("emulated_r1")
