"""Transports for tests: a function instead of a network, for either client.

    def answer(request: Request) -> object:
        assert request.target == "/v5/ad_accounts/549755885175"
        return {"id": "549755885175", "name": "Boots"}

    transport = MockTransport(answer)
    client = Client(access_token="test", transport=transport)
    client.ad_accounts.get("549755885175").name  # 'Boots'
    transport.requests[0].method  # 'GET'

Where state matters (what was created is listed later), `pinshop.emulator.Emulator` is the better double.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from pinshop.api.http import Reply, Request


def reply(value: object = None, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """An answer of Pinterest's: ``value`` as JSON, or bytes as they are; None is an empty body."""
    body = b"" if value is None else value if isinstance(value, bytes) else msgspec.json.encode(value)
    lowered = {name.lower(): text for name, text in (headers or {}).items()}
    return Reply(status, {"content-type": "application/json", **lowered}, body)


class _Scripted:
    def __init__(self, handler: Callable[[Request], Any] | list[Any]) -> None:
        self._handler = handler
        #: Every request that was sent, in order.
        self.requests: list[Request] = []
        self.closed = False

    def _answer(self, request: Request) -> Any:
        self.requests.append(request)
        if callable(self._handler):
            return self._handler(request)
        at = len(self.requests) - 1
        if at >= len(self._handler):
            raise AssertionError(f"request {at + 1} ({request.method} {request.target}); the list holds {at} answers")
        return self._handler[at]


def _finish(answer: Any) -> Reply:
    if isinstance(answer, BaseException):
        raise answer
    return answer if isinstance(answer, Reply) else reply(answer)


class MockTransport(_Scripted):
    """For ``Client(transport=…)``.

    Args:
        handler: is given each `pinshop.api.http.Request` and gives its answer, or a list of answers in order. An answer is a
            `pinshop.api.http.Reply` (see `reply`), a value to send as JSON with status 200, or an exception to raise, such as
            ``TimedOut("…", sent=True)``.
    """

    def send(self, request: Request, /) -> Reply:
        return _finish(self._answer(request))

    def close(self) -> None:
        self.closed = True


class AsyncMockTransport(_Scripted):
    """For ``AsyncClient(transport=…)``: as `MockTransport`; the handler may be a coroutine function."""

    async def send(self, request: Request, /) -> Reply:
        answer: Any = self._answer(request)
        if inspect.isawaitable(answer):
            waiting: Awaitable[Any] = answer
            answer = await waiting
        return _finish(answer)

    async def close(self) -> None:
        self.closed = True
