"""Undo the content encoding of an answer."""

from __future__ import annotations

import zlib

from pinshop.errors import (
    BadReply,
    Disconnected,
)


def gunzip(body: bytes, encoding: str, limit: int, status: int) -> bytes:
    """Undo ``Content-Encoding``, and stop a small body that unpacks to a huge one.

    Raises:
        BadReply: too large, or not what the header says.
        Disconnected: cut short.
    """
    if encoding.strip().lower() in ("identity", ""):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise BadReply(f"the answer is encoded as {encoding!r}, which was not asked for", status=status)
    if not body:
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain_body = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadReply(f"the answer is not gzip, as it says ({error})", status=status) from error
    if len(plain_body) > limit:
        raise BadReply(f"the answer is larger than {limit:,} bytes", status=status)
    if not unpacker.eof:
        raise Disconnected("the answer was cut short", sent=True, advice="Pinterest may have executed it")
    return plain_body
