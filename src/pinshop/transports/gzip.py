"""Undo the content encoding of an answer."""

from __future__ import annotations

import zlib

from pinshop.errors import BadReply, Disconnected
from pinshop.transports.failures import MAYBE, too_large

_PIECE = 1 << 18


def gunzip(body: bytes, encoding: str, limit: int, status: int) -> bytes:
    """Undo ``Content-Encoding``, and stop a small body that unpacks to a huge one.

    A gzip body may have several members, one after the other (RFC 1952 2.2); nothing may follow the last.

    Raises:
        BadReply: too large, or not what the header says.
        Disconnected: cut short.
    """
    name = encoding.strip().lower()
    if name in ("identity", "") or not body:
        return body
    if name not in ("gzip", "x-gzip"):
        raise BadReply("the answer has a Content-Encoding that was not asked for", status=status, sent=True)
    parts: list[bytes] = []
    left = limit
    view = memoryview(body)
    unpacker = zlib.decompressobj(wbits=31)
    position = members = 0
    try:
        while position < len(view):
            if unpacker.eof:
                unpacker, members = zlib.decompressobj(wbits=31), members + 1
            piece = view[position : position + _PIECE]  # the rest of a huge body is not copied over and over
            part = unpacker.decompress(piece, left + 1)
            left -= len(part)
            if left < 0:
                raise too_large(limit, status)
            parts.append(part)
            position += len(piece) - len(unpacker.unused_data)
    except zlib.error as error:
        text = "something follows the end of the gzip answer" if members else f"the answer is not gzip, as it says ({error})"
        raise BadReply(text, status=status, sent=True) from None
    if not unpacker.eof:
        raise Disconnected("the answer was cut short", sent=True, advice=MAYBE)
    return parts[0] if len(parts) == 1 else b"".join(parts)
