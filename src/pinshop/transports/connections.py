"""urllib3's connections and pools, with what they do not tell: whether a request was sent, and whether its answer is whole.

`Exchange` is one request of one thread. A connection notes there that the first byte of the request goes to the socket; that
fact, and no class of an exception, says later whether it may have been executed. The pools make these connections unless
somebody has replaced urllib3's own (`HTTPConnectionPool.ConnectionCls`), as vcrpy does to record and replay.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pinshop.transports import framing
from pinshop.transports.deadline import SocketWithDeadline
from pinshop.transports.framing import Malformed
from pinshop.transports.idle import has_arrived


class SpokeFirst(OSError):
    """The server sent something, or closed, before anything was asked: nothing of this request was sent."""


class TooLarge(Exception):
    """The answer is longer than it may be."""


class Exchange:
    """One request: which of our connections carried it, whether it was sent, and its answer."""

    __slots__ = ("connection", "observed", "read_seconds", "response", "sent")

    def __init__(self, read_seconds: float | None = None) -> None:
        self.read_seconds = read_seconds
        #: False while no connection of ours takes part: urllib3 is stubbed or replaced, or failed before it had one.
        self.observed = False
        self.connection: Any = None
        self.response: Any = None
        self.sent = False


class _Current(threading.local):
    exchange = Exchange()


#: urllib3 offers no way to hand something of one's own down to the connection; a request is sent in one thread.
current = _Current()


class _Response(http.client.HTTPResponse):
    """http.client's answer, read strictly and within one deadline."""

    _method: str
    _check_close: Any
    _close_conn: Any

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        self._wrapped = SocketWithDeadline(sock)
        super().__init__(self._wrapped, *args, **kwargs)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:  # http.client asks here for the proxy's answer to CONNECT too
        version, status, reason = framing.read_status(self.fp)
        return f"HTTP/1.{version - 10}", status, reason

    def begin(self) -> None:
        if self.headers is not None:
            return
        while True:  # skips interim answers; the deadline ends them
            version, status, reason = framing.read_status(self.fp)
            headers = framing.read_headers(self.fp)
            if status == 101:
                raise Malformed("another protocol, which was not asked for")
            if status >= 200:
                break
        self.version, self.code, self.status, self.reason = version, status, status, reason
        self.headers = self.msg = headers
        length = framing.body_length(headers, version)
        if status in (204, 304) or self._method == "HEAD":
            length = 0
        self.chunked = length == -1
        self.chunk_left = None
        self.length = None if length == -1 else length
        self.will_close = self._check_close() or length is None
        current.exchange.response = self

    def _read_next_chunk_size(self) -> int:
        return framing.read_chunk_size(self.fp)

    def _read_and_discard_trailer(self) -> None:
        framing.read_headers(self.fp)

    def read_whole(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            TooLarge: it is longer than ``limit``.
            http.client.IncompleteRead: it ends too early.
            Malformed: what comes is not framed as HTTP has it, or the answer is followed by something.
        """
        if self.fp is None:
            return b""
        if self.chunked:
            body = self._read_chunks(limit)
        elif self.length is not None:
            if self.length > limit:
                raise TooLarge
            body = self.fp.read(self.length)
            if len(body) < self.length:
                raise http.client.IncompleteRead(b"", self.length - len(body))
            self.length = 0
        else:
            body = self.fp.read(limit + 1)
            if len(body) > limit:
                raise TooLarge
        rest = self._wrapped.left_over()
        if rest:
            self.will_close = True
            if rest.strip(b"\r\n"):
                raise Malformed("it is followed by what nobody asked for")
        self._close_conn()
        return body

    def _read_chunks(self, limit: int) -> bytes:
        parts: list[bytes] = []
        left = limit
        while size := framing.read_chunk_size(self.fp):
            left -= size
            if left < 0:
                raise TooLarge
            part = self.fp.read(size)
            if len(part) < size:
                raise http.client.IncompleteRead(b"", size - len(part))
            parts.append(part)
            framing.read_chunk_end(self.fp)
        framing.read_headers(self.fp)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _Observed:
    """A connection that notes when a request begins to be sent, and does not send to a server that spoke first."""

    response_class: Any = _Response
    sock: Any

    def putrequest(self, *args: Any, **kwargs: Any) -> Any:
        # Here and not in send(), which carries CONNECT too. From here to the first byte nothing can fail but a header that
        # cannot be encoded, which is told apart (ValueError).
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        if unasked(self.sock):
            self.close()  # type: ignore[attr-defined]
            raise SpokeFirst
        exchange = current.exchange
        self.sock.settimeout(exchange.read_seconds)  # pyright: ignore[reportOptionalMemberAccess]
        exchange.connection = self
        exchange.sent = True
        return super().putrequest(*args, **kwargs)  # type: ignore[misc]


def unasked(sock: Any) -> bool:
    """Whether bytes, or the end, have come on a connection where nothing is under way."""
    if isinstance(sock, socket.socket) and not isinstance(sock, ssl.SSLSocket):
        return has_arrived(sock.fileno())
    pending = getattr(sock, "pending", None)  # what lies below TLS may be a session ticket
    return pending is not None and pending() > 0


class _HTTPConnection(_Observed, HTTPConnection):
    pass


class _HTTPSConnection(_Observed, HTTPSConnection):
    pass


class _Watched:
    """A pool whose connections are ours, or those that somebody put in the place of urllib3's."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        kind = self.ConnectionCls  # type: ignore[attr-defined]
        if type(connection) is not kind:  # made before a recorder came, or left by one that went
            connection.close()
            connection = self._new_conn()  # type: ignore[attr-defined]
        current.exchange.observed = issubclass(kind, _Observed)
        return connection


class HTTPPool(_Watched, HTTPConnectionPool):
    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override] # noqa: N802 - urllib3's name
        replaced = HTTPConnectionPool.ConnectionCls
        return _HTTPConnection if replaced is HTTPConnection else replaced


class HTTPSPool(_Watched, HTTPSConnectionPool):
    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override] # noqa: N802 - urllib3's name
        replaced = HTTPSConnectionPool.ConnectionCls
        return _HTTPSConnection if replaced is HTTPSConnection else replaced
