"""Transports that call the emulator directly, without a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from pinshop.api.http import Reply, Request
from pinshop.emulator.chain import Answer
from pinshop.errors import Disconnected, TimedOut

ASGIApp: TypeAlias = Callable[..., Awaitable[None]]

#: What stands in a target as it is: everything that is ASCII and can be seen.
_SAFE = "".join(map(chr, range(0x21, 0x7F)))


def delivered(answer: Answer, request: Request, sleep: Callable[[float], object]) -> Reply:
    """The reply as it arrives in-process, where a fault's drop is an exception and waiting in vain takes no time."""
    if answer.cut == "hang" or answer.delay_seconds > request.read_seconds:
        raise TimedOut(f"no answer within {request.read_seconds:g} s", sent=True)
    if answer.delay_seconds:
        sleep(answer.delay_seconds)
    if answer.cut == "drop":
        raise Disconnected("the connection was closed before an answer came", sent=True)
    if answer.cut == "truncate":
        raise Disconnected("the connection was closed in the middle of the answer", sent=True)
    return answer.reply


def ask(app: ASGIApp, request: Request) -> Reply:
    """One request to an ASGI application, without a socket."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_ask(app, request))
    with ThreadPoolExecutor(1) as thread:  # the loop that runs here cannot run another one inside itself
        return thread.submit(asyncio.run, _ask(app, request)).result()


async def _ask(app: ASGIApp, request: Request) -> Reply:
    path, _, query = request.target.partition("?")
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
    place = urlsplit(request.origin)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": place.scheme or "http",
        "path": unquote(path),
        "raw_path": quote(path, safe=_SAFE).encode("ascii"),
        "root_path": "",
        "query_string": quote(query, safe=_SAFE).encode("ascii"),
        "headers": headers,
        "client": None,
        "server": (place.hostname or "emulator.invalid", place.port or 80),
    }
    sent: list[MutableMapping[str, Any]] = []
    received = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal received
        if received:
            return {"type": "http.disconnect"}
        received = True
        return {"type": "http.request", "body": request.body or b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answered = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:]))


class EmulatorTransport:
    """`pinshop.api.http.Transport` straight into an emulator."""

    def __init__(self, answer: Callable[[Request], Answer], sleep: Callable[[float], object]) -> None:
        self._answer, self._sleep = answer, sleep

    def send(self, request: Request, /) -> Reply:
        return delivered(self._answer(request), request, self._sleep)

    def close(self) -> None:
        """Nothing to close: the emulator is its owner's."""


class AsyncEmulatorTransport:
    """`pinshop.api.http.AsyncTransport` straight into an emulator."""

    def __init__(self, answer: Callable[[Request], Answer], sleep: Callable[[float], Awaitable[object]]) -> None:
        self._answer, self._sleep = answer, sleep

    async def send(self, request: Request, /) -> Reply:
        await asyncio.sleep(0)  # a real transport lets others run, too
        answer = self._answer(request)
        if answer.delay_seconds and answer.delay_seconds <= request.read_seconds:
            await self._sleep(answer.delay_seconds)
            answer.delay_seconds = 0.0
        return delivered(answer, request, time.sleep)

    async def close(self) -> None:
        """Nothing to close: the emulator is its owner's."""
