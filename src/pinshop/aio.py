"""The asynchronous door: `AsyncClient` obeys the flows, `AiohttpTransport` is its socket."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Self, TypeVar

try:
    import aiohttp
    from yarl import URL
except ImportError as error:  # pragma: no cover - shown by the test of the wheel without extras
    raise ImportError("AsyncClient needs aiohttp: pip install 'pinshop[async]'") from error

from pinshop.errors import BadReply, ConnectError, Disconnected, TimedOut, TLSError
from pinshop.flow import Flow, Together, gunzip
from pinshop.operations import AsyncTransport, Reply, Request
from pinshop.resources import Async, Door, Network
from pinshop.transport import ssl_context as make_ssl_context
from pinshop.transport import without_frames

T = TypeVar("T")


class AsyncClient(Door[Async]):
    """Pinterest, asynchronously: the same methods with the same arguments as `Client`, each awaited.

        async with AsyncClient(access_token="…") as client:
            async for promotion in client.promotions.list("549755885175", ad_group_id="2680059592705"):
                print(promotion.id, promotion.status)

    See `Door` for the arguments.
    """

    _transport: AsyncTransport

    def _new_transport(self, network: Network) -> AsyncTransport:
        return AiohttpTransport(
            ssl_context=network.ssl_context,
            ca_file=network.ca_file,
            client_certificate=network.client_certificate,
            proxy=network.proxy,
            max_reply_bytes=network.max_reply_bytes,
        )

    def _default_sleep(self) -> Callable[[float], Any]:
        return asyncio.sleep

    async def _run(self, flow: Flow[T]) -> T:
        """Obey a flow to its end."""
        transport, sleep = self._transport, self._sleep
        answer: Any = None
        error: BaseException | None = None
        kept: BaseException | None = None
        try:
            while True:
                step = flow.send(answer) if error is None else flow.throw(error)
                answer = error = None
                if kept is not None:
                    error, kept = kept, None
                    continue
                try:
                    if type(step) is Request:
                        if step.uninterrupted:
                            answer, kept = await self._to_the_end(step)
                        else:
                            answer = await transport.send(step)
                    elif type(step) is Together:
                        answer = await self._run_together(step)
                    else:
                        await sleep(step.seconds)  # type: ignore[union-attr]
                except BaseException as caught:  # noqa: BLE001 -- cancellation too: the flow must keep what it knows
                    error = caught
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def _to_the_end(self, request: Request) -> tuple[Reply, asyncio.CancelledError | None]:
        """Send, and hand a cancellation over with the answer."""
        kept: asyncio.CancelledError | None = None
        task = asyncio.ensure_future(self._transport.send(request))
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as caught:
                kept = caught
        if kept is not None and task.exception() is not None:
            raise kept
        return task.result(), kept

    async def _run_together(self, step: Together) -> list[Any]:
        gate = asyncio.Semaphore(step.at_most)

        async def one(flow: Flow[Any]) -> Any:
            async with gate:
                return await self._run(flow)

        tasks = [asyncio.ensure_future(one(flow)) for flow in step.flows]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def close(self) -> None:
        """Close every connection. A transport that was passed in is left open: who made it closes it."""
        if self._owns_transport:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AiohttpTransport:
    """HTTP/1.1 over aiohttp: no redirects, no retries of writes, a bounded answer, one deadline for the whole of it.

    The arguments are those of `Urllib3Transport`. It belongs to one event loop.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_certificate: str | tuple[str, str] | None = None,
        proxy: str | None = None,
        max_reply_bytes: int = 64 * 1024 * 1024,
        pool_size: int = 100,
    ) -> None:
        self._ssl = (ssl_context, ca_file, client_certificate)
        self._proxy = proxy
        self._limit = max_reply_bytes
        self._pool_size = pool_size
        self._session: aiohttp.ClientSession | None = None
        self._context: Any = None

    def _open(self, origin: str) -> aiohttp.ClientSession:
        if self._context is None and (origin.startswith("https:") or (self._proxy or "").startswith("https:")):
            self._context = make_ssl_context(*self._ssl)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool_size),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                skip_auto_headers=("Content-Type", "User-Agent"),
            )
        return self._session

    async def send(self, request: Request, /) -> Reply:
        session = self._session or self._open(request.origin)
        if self._context is None and request.origin.startswith("https:"):
            self._open(request.origin)
        answering = False
        try:
            async with session.request(
                request.method,
                # It is encoded already; aiohttp would decode and encode it anew, and not to the same bytes.
                URL(request.origin + request.target, encoded=True),
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
                proxy=self._proxy,
                ssl=self._context or True,
                timeout=_timeout(request.connect_seconds, request.read_seconds),
            ) as response:
                answering = True
                headers = response.headers
                status = response.status
                length = response.content_length
                if length is not None and length <= 65536:
                    body = await response.read()
                else:
                    parts: list[bytes] = []
                    size = 0
                    async for part in response.content.iter_any():
                        size += len(part)
                        if size > self._limit:
                            response.close()
                            raise BadReply(f"the answer is larger than {self._limit:,} bytes", status=status)
                        parts.append(part)
                    body = b"".join(parts)
                reason = response.reason or ""
        except (aiohttp.ClientError, OSError) as error:  # asyncio.TimeoutError is an OSError since 3.11
            raise _classify(error, answering) from without_frames(error)
        if encoding := headers.get("content-encoding"):
            body = gunzip(body, encoding, self._limit, status)
        return Reply(status, headers, body, reason)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


@lru_cache(maxsize=64)
def _timeout(connect_seconds: float, read_seconds: float) -> aiohttp.ClientTimeout:
    """One deadline for the whole: a timer for every read would cost more than it tells."""
    return aiohttp.ClientTimeout(total=connect_seconds + read_seconds, sock_connect=connect_seconds)


def _classify(error: Exception, answering: bool) -> ConnectError | TLSError | TimedOut | Disconnected:
    """Aiohttp's failure as one of ours. Whatever is not surely before sending counts as sent."""
    if not answering:
        if isinstance(error, aiohttp.ClientSSLError):
            return TLSError(
                str(error.os_error), advice="check the certificates that are trusted, and the clock of this machine"
            )
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
            return ConnectError(f"cannot connect ({getattr(error, 'os_error', None) or error})")
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return ConnectError(f"the proxy did not connect ({error.status})", advice="check the proxy")
    if isinstance(error, TimeoutError):
        return TimedOut("no complete answer in time", sent=True, advice="Pinterest may have executed it")
    return Disconnected(
        f"the connection broke ({str(error) or type(error).__name__})", sent=True, advice="Pinterest may have executed it"
    )
