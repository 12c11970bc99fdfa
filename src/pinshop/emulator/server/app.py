"""The emulator as an ASGI application: the API by a direct path, everything else by Starlette."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote

from pinshop.api.http import Request
from pinshop.emulator import chain
from pinshop.emulator.chain import Answer
from pinshop.emulator.requests import MAX_BODY
from pinshop.emulator.server.origin import WebAccess
from pinshop.emulator.world import World
from pinshop.extras import required

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Pairs: TypeAlias = list[tuple[bytes, bytes]]


class App:
    """One world over ASGI. Calls of the API touch nothing of Starlette: they are most of what comes.

    Its forks are served below it, at ``/forks/NAME``, each as a Pinterest of its own.
    """

    def __init__(self, world: World, access: WebAccess) -> None:
        self._world, self._access = world, access
        self._forks: dict[str, App] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._access.origins and scope["type"] == "http" and "pinshop.send" not in scope:
            scope["pinshop.send"] = send  # the middleware wraps it, and a fault must reach the connection
            await self._with_cors(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._web(scope, receive, send)
            return
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        if path.startswith("/v5/"):
            await self._api(scope, receive, send, root)
        elif path.startswith("/forks/") and (below := self._fork(path.split("/", 3)[2])) is not None:
            name = path.split("/", 3)[2]
            await below({**scope, "root_path": f"{root}/forks/{name}"}, receive, send)
        else:
            await self._web(scope, receive, send)

    @functools.cached_property
    def _web(self) -> Any:
        for module in ("starlette.applications", "jinja2", "python_multipart"):
            required(module, "emulator", "what the emulator serves beside the API")
        from pinshop.emulator.server import web

        return web.application(self._world, self._access)

    @functools.cached_property
    def _with_cors(self) -> Any:
        from starlette.middleware.cors import CORSMiddleware

        return CORSMiddleware(
            self, allow_origins=sorted(self._access.origins), allow_methods=["*"], allow_headers=["*"], expose_headers=["*"]
        )

    def _fork(self, name: str) -> App | None:
        world = self._world.forks.get(name)
        if world is None:
            return None
        below = self._forks.get(name)
        if below is None or not below.serves(world):
            below = self._forks[name] = App(world, self._access)
        return below

    def serves(self, world: World) -> bool:
        return self._world is world

    async def _api(self, scope: Scope, receive: Receive, send: Send, root: str) -> None:
        body = await read_body(receive)
        if body is None:  # the caller left before the body was whole: nobody knows what it would have said
            return
        raw = scope.get("raw_path")
        target = quote(scope["path"], safe="/:@!$&'()*+,;=~-._") if raw is None else raw.decode("latin-1")
        if root:
            target = target.removeprefix(quote(root))
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        asked, answer = self._answer(scope["method"], scope.get("scheme", "http"), root, target, scope["headers"], body)
        await _send(answer, asked, receive, send, scope.get("pinshop.send", send))

    def _answer(
        self, method: str, scheme: str, root: str, target: str, pairs: Pairs, body: bytes
    ) -> tuple[dict[str, str], Answer]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
        origin = f"{scheme}://{headers.get('host', 'localhost')}{root}"
        return headers, chain.answer(self._world, Request(method, origin, target, headers, body))

    def at_once(self, target: str, pairs: Pairs) -> tuple[int, Pairs, bytes] | None:
        """Status, headers and body for a GET of the API. None: a fault or CORS takes more, so it has to go through ASGI."""
        with self._world.lock:
            if self._access.origins or self._world.faults:
                return None
            asked, answer = self._answer("GET", "http", "", target, pairs, b"")
        return answer.reply.status, *_encoded(answer, asked)


def _encoded(answer: Answer, asked: Mapping[str, str]) -> tuple[Pairs, bytes]:
    """The headers and the body as they are sent."""
    reply = answer.reply
    whole = reply.body
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if answer.cut == "truncate":
        # Promise more than will come, so that the other side can tell that it was cut.
        pairs.append((b"content-length", str(len(whole) + 1000).encode()))
        return pairs, whole
    if len(whole) > 1400 and "gzip" in asked.get("accept-encoding", ""):
        import zlib

        packer = zlib.compressobj(1, wbits=31)  # gzip without a time stamp: same bytes every time
        whole = packer.compress(whole) + packer.flush()
        pairs += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    if reply.status != 204:
        pairs.append((b"content-length", str(len(whole)).encode()))
    return pairs, whole


async def _send(answer: Answer, asked: dict[str, str], receive: Receive, send: Send, raw_send: Send) -> None:
    if answer.delay_seconds:
        await asyncio.sleep(answer.delay_seconds)
    if answer.cut == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    if answer.cut == "drop":
        if not await _close_connection(raw_send, receive):
            # Another server would answer 500, which is an answer. It closes what it was told to be longer.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        return
    pairs, whole = _encoded(answer, asked)
    await send({"type": "http.response.start", "status": answer.reply.status, "headers": pairs})
    await send({"type": "http.response.body", "body": whole, "more_body": answer.cut == "truncate"})
    if answer.cut == "truncate":
        await _close_connection(raw_send, receive)


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None if the caller left before it was whole; of one that is too large only the beginning."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= MAX_BODY:  # only so much that the chain can see it is too large
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)


async def _close_connection(send: Send, receive: Receive) -> bool:
    # uvicorn's ``send`` is a bound method of its request cycle, which holds the socket's transport; ASGI has no such word.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        return False
    transport.abort()
    while (await receive())["type"] != "http.disconnect":  # else uvicorn prints that the answer is not whole
        pass
    return True
