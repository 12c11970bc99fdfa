"""uvicorn's HTTP protocol, with limits to the size of a request's head and to its time, and with every body."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn bounds heads with h11 only, and httptools parses several times faster."""

    HEAD_BYTES = 65_536
    HEAD_SECONDS = 30.0

    _timer: asyncio.TimerHandle | None = None
    #: Bytes since the last part of a body: the head, and what stands between and behind the chunks of a body.
    _unread = 0
    _head_is_complete = False
    #: The request asks for another protocol, and httptools ends it with its head.
    _asks_for_upgrade = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and self._answered():
            # The next request of a connection that was kept.
            self._unread = 0
            self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)
        self._unread += len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            if not self.transport.is_closing():
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("Invalid HTTP request received.")
        if self._unread > self.HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large")

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # The other protocol is declined by going on with this one (RFC 9110, 7.8). httptools takes no body then, so
                # the request begins once more without the wish. Java's client has it in the first request of a connection.
                self._asks_for_upgrade = False
                line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
                head = b"".join(b"%b: %b\r\n" % (name, value) for name, value in self.headers if name != b"upgrade")
                self.parser = httptools.HttpRequestParser(self)
                data = line + head + b"\r\n" + data[upgrade.args[0] :]
            else:
                return

    def _answered(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and bool(cycle.response_complete)

    def on_message_begin(self) -> None:
        self._head_is_complete = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_is_complete:  # trailers of a body are not read: there may be any number of them
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_is_complete = True
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._refuse("405 Method Not Allowed")
                raise ValueError("this is no proxy")
            self._asks_for_upgrade = True
            return
        self._cancel_timer()
        # What arrived may hold a part of the body, so only a large arrival is looked at closely.
        if self._unread > self.HEAD_BYTES and len(self.url) + sum(len(n) + len(v) for n, v in self.headers) > self.HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large")
            raise ValueError("the head is too large")  # the parser stops, and nothing is executed
        if not self.url.startswith(b"/"):
            self._take_authority()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._asks_for_upgrade:
            self._unread = 0
            super().on_message_complete()

    def _take_authority(self) -> None:
        """Whom an address names that is given whole counts, and ``Host`` does not (RFC 9112, 3.2.2)."""
        _, mark, rest = self.url.partition(b"://")
        if mark:
            others = [(name, value) for name, value in self.headers if name != b"host"]
            self.headers[:] = [*others, (b"host", rest.partition(b"/")[0].partition(b"?")[0])]

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
