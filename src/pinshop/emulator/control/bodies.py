"""Reading the body of a control request: whole, within a limit, or not at all."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect, Request

#: A state or a feed is a file; larger ones are loaded from Python.
MAX_BODY = 64 * 1024 * 1024


class Unreadable(Exception):
    """Why a body is not read, with the status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_whole(request: Request, limit: int) -> bytes:
    """The body. Raises `Unreadable`: it is larger than ``limit``, or the caller left before it was whole."""
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise Unreadable(413, f"the body has more than {limit} bytes")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise Unreadable(400, "the body was not whole") from error
    return b"".join(chunks)


def origin_of(request: Request) -> str:
    """Where this world is reached, without ``/v5``; `Request.base_url` does not know below what it was mounted."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['pinshop.root']}"


def replayed(request: Request, content: bytes) -> Request:
    """The same request, with its body to be read once more."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(request.scope, receive)
