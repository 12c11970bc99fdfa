"""uvicorn's HTTP protocol, with limits to the size of a request's head and to its time, and with every body.

A GET of the API that asks for nothing else is answered here, while it is read: a task, its scope and its messages would
cost as much as the answer. Whatever is not that plain goes through ASGI, and so does the same GET under any other server.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

#: With these there is a body to wait for, something to say before the answer, or an origin to find out.
_NOT_PLAIN = frozenset({b"content-length", b"transfer-encoding", b"expect", b"x-forwarded-proto", b"x-forwarded-for"})


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
    _is_plain = False
    #: Of what arrives together, one request is answered at once: other connections get their turn before the next.
    _has_turn = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        self._has_turn = True
        if self._timer is None and self._answered():
            self._unread = 0  # the next request of a connection that was kept
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
        elif self._timer is None and self._answered() and not (self._head_is_complete and self.timeout_keep_alive_task):
            self._timer = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)

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
        return cycle is None or bool(cycle.response_complete)

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
        self._is_plain = self._can_be_answered_at_once()
        if not self._is_plain:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._asks_for_upgrade:
            self._unread = 0
            if self._is_plain:
                self._is_plain = self._has_turn = False
                self._answer_at_once()
            else:
                super().on_message_complete()

    def _can_be_answered_at_once(self) -> bool:
        return (
            self._has_turn
            and self.url.startswith(b"/v5/")
            and self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and _NOT_PLAIN.isdisjoint([name for name, _ in self.headers])
            and self._answered()
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and hasattr(self.config.app, "at_once")
        )

    def _answer_at_once(self) -> None:
        url = httptools.parse_url(self.url)
        target = url.path.decode("ascii") + ("?" + url.query.decode("latin-1") if url.query else "")
        app: Any = self.config.app
        try:
            answered = app.at_once(target, self.headers)
        except Exception:
            self.logger.exception("Exception in ASGI application\n")
            self._refuse("500 Internal Server Error")
            return
        if answered is None:
            super().on_headers_complete()
            super().on_message_complete()
            return
        status, headers, body = answered
        lines = [STATUS_LINE[status], *(b"%b: %b\r\n" % pair for pair in headers), b"\r\n", body]
        self.transport.write(b"".join(lines))
        self.on_response_complete()

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
