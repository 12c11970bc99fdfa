"""One deadline for a whole answer, below http.client."""

from __future__ import annotations

import io
import time
from typing import Any


class _Deadline(io.RawIOBase):
    """The socket's bytes until a moment. A plain socket timeout starts anew with every byte that drips in."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._limit: float | None = sock.gettimeout()
        self._until = time.monotonic() + (self._limit or 0.0)
        #: Set after the last byte of the answer: what is buffered can be looked at without waiting for more.
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return None  # "nothing yet", as of a socket that does not block
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


class SocketWithDeadline:
    """All that `http.client.HTTPResponse` wants of a socket."""

    __slots__ = ("_raw", "stream")

    def __init__(self, sock: Any) -> None:
        self._raw = _Deadline(sock)
        self.stream: Any = io.BufferedReader(self._raw)

    def makefile(self, mode: str) -> Any:
        return self.stream

    def left_over(self) -> bytes:
        """What was read beyond the end of the answer; never waits. Nothing can be read afterwards."""
        self._raw.ended = True
        return self.stream.peek()  # type: ignore[no-any-return]
