"""The values that cross the seam to a transport: requests, replies, pauses, and the protocols of both transports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Request(Struct, frozen=True):
    """What goes to a transport: bytes, no meaning. ``origin`` is scheme://host[:port], ``target`` path?query."""

    method: str
    origin: str
    target: str
    headers: dict[str, str]
    body: bytes | None = None
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    #: True: Ctrl-C and cancellation wait for the answer. It holds a token that would be lost with it.
    uninterrupted: bool = False


class Reply(Struct, frozen=True):
    """What a transport gives back. Header names are lower-case; the body is decompressed and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str = ""

    def __repr__(self) -> str:  # the body of a token request holds tokens, and debuggers show local variables
        return f"Reply(status={self.status}, {len(self.body)} bytes)"


class Pause(Struct, frozen=True):
    """What a flow yields beside a `Request`: do nothing for so long."""

    seconds: float
    why: str


class Transport(Protocol):
    """The only seam to the network. Raises `TransportError` (with ``sent``) or `BadReply` (too large, cut short)."""

    def send(self, request: Request, /) -> Reply: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same seam in the other colour."""

    async def send(self, request: Request, /) -> Reply: ...
    async def close(self) -> None: ...
