"""The asynchronous transport: HTTP/1.1 over aiohttp."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import Any

from pinshop.api.http import Reply, Request
from pinshop.errors import BadReply, ConnectError, Disconnected, TimedOut, TLSError
from pinshop.extras import missing
from pinshop.transports.failures import without_frames
from pinshop.transports.gzip import gunzip
from pinshop.transports.tls import ssl_context as make_ssl_context

try:
    import aiohttp
    from yarl import URL
except ImportError:
    raise missing("aiohttp", "async", "AsyncClient") from None


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
