"""One deadline for a whole answer, below urllib3: subclasses of its connections."""

from __future__ import annotations

import http.client
import io
import ssl
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Deadline(io.RawIOBase):
    """The socket's bytes until a moment. A plain socket timeout starts anew with every byte that drips in."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._limit: float | None = sock.gettimeout()
        self._until = time.monotonic() + (self._limit or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._limit is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer was not complete in time")
            if left < self._limit * 0.98:  # each setting is a system call; most answers come at once
                self._limit = left
                self._sock.settimeout(left)
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """Remembers whether the last line was a whole one."""

    whole = True

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.whole = line.endswith(b"\n")
        return line


class _SocketWithDeadline:
    """All that `http.client.HTTPResponse` wants of a socket."""

    __slots__ = ("lines",)

    def __init__(self, sock: Any) -> None:
        self.lines = _Lines(_Deadline(sock))

    def makefile(self, mode: str) -> io.BufferedReader:
        return self.lines


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        wrapped = _SocketWithDeadline(sock)
        self._lines = wrapped.lines
        super().__init__(wrapped, *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        # http.client takes the end of the connection for the end of the headers, and an answer without a body for whole.
        if not self._lines.whole:
            raise http.client.IncompleteRead(b"")


class _Phases:
    """A connection that says truthfully whether a failure came before the request left or after.

    urllib3 reports a handshake that took too long as a read timeout, and a TLS alert after the request as a TLS failure.
    """

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except ssl.SSLError:
            raise
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, f"TLS handshake: {error}") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{error}") from error  # type: ignore[arg-type]

    def request(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        except ssl.SSLError as error:
            raise urllib3.exceptions.ProtocolError("Connection aborted.", error) from error

    def getresponse(self) -> Any:
        try:
            return super().getresponse()  # type: ignore[misc]
        except ssl.SSLError as error:
            raise urllib3.exceptions.ProtocolError("Connection aborted.", error) from error


class _HTTPConnection(_Phases, HTTPConnection):
    response_class = _Response


class _HTTPSConnection(_Phases, HTTPSConnection):
    response_class = _Response


# urllib3's own connections do not fit its protocols for pyright either.
class HTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _HTTPConnection


class HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _HTTPSConnection
