"""uvicorn's HTTP protocol, with a limit to the size of a request's head, and to the time it may take to arrive."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn bounds heads with h11 only, and httptools parses several times faster."""

    HEAD_BYTES = 65_536
    HEAD_SECONDS = 30.0

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and self._answered():
            # The next request of a connection that was kept.
            self._head_bytes = 0
            self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)
        if self._timer is None:
            super().data_received(data)
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._awaits_head() and self._head_bytes > self.HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large")

    def _answered(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and bool(cycle.response_complete)

    def _awaits_head(self) -> bool:
        return self._timer is not None

    def on_headers_complete(self) -> None:
        self._cancel_timer()
        # What arrived may hold a part of the body, so only a large arrival is looked at closely.
        if (
            self._head_bytes > self.HEAD_BYTES
            and len(self.url) + sum(len(n) + len(v) for n, v in self.headers) > self.HEAD_BYTES
        ):
            self._refuse("431 Request Header Fields Too Large")
            raise ValueError("the head is too large")  # the parser stops, and nothing is executed
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        self._refuse("408 Request Timeout")

    def _refuse(self, status: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            self.transport.close()
