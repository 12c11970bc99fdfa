"""Clients synchronous and asynchronous over a script of answers instead of a network.

    script = Script(answer({"id": "1"}), Disconnected("…", sent=True))
    value = script.sync(lambda client: client.campaigns.get("1", "2"))
    script.requests[0].target

``both(script, act)`` does the same either way and insists that value, error and requests are equal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from pinshop import AsyncClient, Client
from pinshop.api.http import Reply, Request
from pinshop.resources.listing import AsyncListing, Listing

TOKEN = "emulated_scripted"


def answer(value: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; bytes are sent as they are, None is an empty body."""
    body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
    return Reply(status, {"x-pinterest-rid": "77", **{k.replace("_", "-"): v for k, v in headers.items()}}, body)


class Script:
    """A transport that gives these answers in turn, raises those that are errors, and keeps the requests.

    An answer may be a function of the request. The clock moves only by the pauses the client makes.
    """

    def __init__(self, *answers: Any, **options: Any) -> None:
        self.answers = answers
        self.options = options
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        self.now = 1_790_000_000.0  # 2026-09-21

    def send(self, request: Request) -> Reply:
        given = self.answers[len(self.requests)]
        self.requests.append(request)
        given = given(request) if callable(given) else given
        if isinstance(given, BaseException):
            raise given
        return given  # type: ignore[no-any-return]

    def close(self) -> None: ...

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def _arguments(self) -> dict[str, Any]:
        clock = {"clock": lambda: self.now, "monotonic": lambda: self.now, "random": lambda: 0.5}
        return {"access_token": TOKEN, "base_url": "http://127.0.0.1:9/v5", **clock, **self.options}

    def sync(self, act: Callable[[Any], Any]) -> Any:
        value = act(Client(**self._arguments(), transport=self, sleep=self.sleep))
        return list(value) if isinstance(value, Listing) else value

    def asynchronous(self, act: Callable[[Any], Any]) -> Any:
        script = self

        class Transport:
            async def send(self, request: Request) -> Reply:
                return script.send(request)

            async def close(self) -> None: ...

        async def sleep(seconds: float) -> None:
            script.sleep(seconds)

        async def run() -> Any:
            value = act(AsyncClient(**self._arguments(), transport=Transport(), sleep=sleep))
            return [entry async for entry in value] if isinstance(value, AsyncListing) else await value

        return asyncio.run(run())


def both(make: Callable[[], Script], act: Callable[[Any], Any]) -> tuple[Any, Script]:
    """Act with both clients, each with a new script; give the value and the first script, once they agree."""
    results = []
    for mode in ("sync", "asynchronous"):
        script = make()
        try:
            value, error = getattr(script, mode)(act), None
        except Exception as caught:  # noqa: BLE001 - whatever it is, both must do the same
            value, error = None, caught
        results.append((value, error, script))
    (value, error, script), (other_value, other_error, other) = results
    assert script.requests == other.requests
    assert script.pauses == other.pauses
    assert (type(error), str(error)) == (type(other_error), str(other_error))
    if error is not None:
        raise error
    assert _comparable(value) == _comparable(other_value)
    return value, script


def _comparable(value: Any) -> Any:
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, str | bytes | dict) else value
