"""The framing of an HTTP/1.1 answer, read strictly: where there is doubt, there is no answer.

http.client guesses: it ends the headers at a line it cannot read, takes ``Content-Length: +5``, and believes a chunk of size
``0x_5``. A wrong guess hands the rest of one answer to the next request. The limits are those given to aiohttp.
"""

from __future__ import annotations

import http.client
import re
from typing import Any

MAX_LINE_BYTES = 64 * 1024
MAX_HEADERS = 128

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: ([^\r\n]*))?")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
CONTROL = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\0\r\n]*)?")


class Malformed(http.client.HTTPException):
    """The bytes are not an answer. Its text never holds what the server sent."""


def read_line(stream: Any) -> bytes:
    """One line without its end; CRLF, or LF alone as aiohttp takes it."""
    line: bytes = stream.readline(MAX_LINE_BYTES + 2)
    if line.endswith(b"\r\n"):
        return line[:-2]
    if line.endswith(b"\n"):
        return line[:-1]
    if len(line) > MAX_LINE_BYTES:
        raise Malformed(f"a line longer than {MAX_LINE_BYTES:,} bytes")
    raise http.client.IncompleteRead(b"")


def read_status(stream: Any) -> tuple[int, int, str]:
    """``HTTP/1.1 200 OK`` as (11, 200, "OK")."""
    line: bytes = stream.readline(MAX_LINE_BYTES + 2)
    if not line:
        raise http.client.RemoteDisconnected("closed without an answer")
    if not line.endswith(b"\n"):
        raise Malformed("its first line is too long") if len(line) > MAX_LINE_BYTES else http.client.IncompleteRead(b"")
    if (match := _STATUS.fullmatch(line.rstrip(b"\r\n"))) is None:
        raise Malformed("it does not begin as HTTP/1.1 does")
    return 10 + int(match[1]), int(match[2]), (match[3] or b"").decode("latin-1").strip()


def read_headers(stream: Any) -> http.client.HTTPMessage:
    """The lines up to the empty one."""
    pairs: list[tuple[str, str]] = []
    while line := read_line(stream):
        if line[0] in b" \t":  # folded: RFC 9112 5.2 has a client replace it by a space
            if not pairs:
                raise Malformed("a header line that begins with a space")
            name, value = pairs.pop()
            pairs.append((name, f"{value} {line.decode('latin-1').strip()}".strip()))
            continue
        raw, colon, rest = line.partition(b":")
        if not colon or _NAME.fullmatch(raw) is None or CONTROL.search(rest) is not None:
            raise Malformed("a header line that is none")
        pairs.append((raw.decode("ascii"), rest.decode("latin-1").strip(" \t")))
        if len(pairs) > MAX_HEADERS:
            raise Malformed(f"more than {MAX_HEADERS} headers")
    message = http.client.HTTPMessage()
    message._headers = pairs  # type: ignore[attr-defined] # add_header would fold and encode
    message.set_payload("")
    return message


def body_length(headers: Any, version: int) -> int | None:
    """Bytes of the body, -1 if it comes in chunks, or None if it ends with the connection."""
    lengths = headers.get_all("content-length", ())
    encodings = headers.get_all("transfer-encoding", ())
    if encodings:
        if lengths or version != 11 or len(encodings) != 1 or encodings[0].strip().lower() != "chunked":
            raise Malformed("a Transfer-Encoding that leaves doubt")
        return -1
    if not lengths:
        return None
    if len(lengths) != 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise Malformed("a Content-Length that leaves doubt")
    return int(lengths[0])


def read_chunk_size(stream: Any) -> int:
    if (match := _CHUNK.fullmatch(read_line(stream))) is None:
        raise Malformed("a chunk without a size")
    return int(match[1], 16)


def read_chunk_end(stream: Any) -> None:
    if read_line(stream):
        raise Malformed("a chunk longer than its size")
