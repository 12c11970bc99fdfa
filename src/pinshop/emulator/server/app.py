"""The emulator as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pinshop.api.http import Request
from pinshop.emulator.chain import Answer
from pinshop.emulator.requests import MAX_BODY


def asgi(answer_of: Callable[[Request], Answer]) -> Callable[..., Any]:
    """A raw ASGI application over one emulator."""

    async def application(scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        target = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        request = Request(scope["method"], f"http://{headers.get('host', 'localhost')}", target, headers, body)
        answer = answer_of(request)
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        if answer.cut == "hang":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if answer.cut == "drop":
            _close_connection(send)
            return
        reply = answer.reply
        whole = reply.body
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
        if answer.cut == "truncate":
            # Promise more than will come, so that the other side can tell that it was cut.
            pairs.append((b"content-length", str(len(whole) + 1000).encode()))
        elif len(whole) > 1400 and "gzip" in headers.get("accept-encoding", ""):
            import zlib

            packer = zlib.compressobj(1, wbits=31)  # gzip without a time stamp: same bytes every time
            whole = packer.compress(whole) + packer.flush()
            pairs += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
        if answer.cut != "truncate" and reply.status != 204:
            pairs.append((b"content-length", str(len(whole)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        await send({"type": "http.response.body", "body": whole, "more_body": answer.cut == "truncate"})
        if answer.cut == "truncate":
            _close_connection(send)

    return application


async def _read(receive: Callable[[], Any]) -> bytes:
    """The whole body; of one that is too large only so much that the app can see it is."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunk = message.get("body", b"")
        if size <= MAX_BODY:
            chunks.append(chunk)
            size += len(chunk)
        if not message.get("more_body"):
            break
    return b"".join(chunks)


def _close_connection(send: Any) -> None:
    # uvicorn's ``send`` is a bound method of its request cycle, which holds the socket's transport; ASGI has no such word.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
