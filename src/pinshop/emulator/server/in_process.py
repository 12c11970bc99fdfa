"""Transports that call the emulator directly, without a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from pinshop.api.http import Reply, Request
from pinshop.emulator.chain import Answer
from pinshop.errors import Disconnected, TimedOut


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
