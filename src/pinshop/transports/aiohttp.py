"""The asynchronous socket: HTTP/1.1 over aiohttp, with its failures told apart by whether the request had left."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import Any, Unpack

from pinshop.api.http import Reply, Request
from pinshop.errors import ConfigurationError, PinshopError
from pinshop.extras import missing
from pinshop.transports import failures
from pinshop.transports.framing import CONTROL, MAX_HEADERS, MAX_LINE_BYTES
from pinshop.transports.gzip import gunzip
from pinshop.transports.idle import has_arrived
from pinshop.transports.options import DEFAULT_MAX_REPLY_BYTES, NetworkOptions
from pinshop.transports.proxies import Proxy
from pinshop.transports.tls import check_files
from pinshop.transports.tls import ssl_context as make_ssl_context

try:
    import aiohttp
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.http_exceptions import HttpProcessingError
    from yarl import URL
except ImportError:
    raise missing("aiohttp", "async", "AsyncClient") from None

import_module("encodings.idna")  # the first look-up of a host would import it, inside a job

_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)

#: aiohttp warns of larger bytes, which it copies.
_LARGE_BODY_BYTES = 1 << 20


#: What aiohttp raises without having had a connection, which a stub may raise too.
_UNCONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class _SpokeFirst(OSError):
    """The server sent something, or closed, before anything was asked: nothing of this request was sent."""


class _Exchange:
    """One request: its deadline, the connection that carries it, and whether it was sent."""

    __slots__ = ("connect_seconds", "deadline", "observed", "protocol", "read_seconds", "sent", "status", "transport")

    def __init__(self, connect_seconds: float = 0.0, read_seconds: float = 0.0) -> None:
        self.connect_seconds = connect_seconds
        self.read_seconds = read_seconds
        self.deadline: Any = None
        #: False while no connection of ours takes part: aiohttp is stubbed, or failed before it had one.
        self.observed = False
        self.protocol: Any = None
        self.transport: Any = None
        self.sent = False
        self.status = 0

    def end(self) -> None:
        """Close the connection of a request that did not end well, unless another request has taken it over since."""
        if self.transport is not None and self.protocol.pinshop_exchange is self:
            self.transport.abort()


_current: ContextVar[_Exchange | None] = ContextVar("pinshop_exchange", default=None)


class _Handler(ResponseHandler):
    """Notes what comes while nothing is under way: aiohttp's parser may hold half an answer and forget it."""

    pinshop_idle = False
    pinshop_unasked = False

    def data_received(self, data: bytes) -> None:
        if data and self.pinshop_idle:  # aiohttp itself calls it with nothing
            self.pinshop_unasked = True
        super().data_received(data)


class _Connector(aiohttp.TCPConnector):
    """Hands a connection to a request, and notes that from here on it counts as sent: aiohttp writes next, without waiting."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        factory: Any = partial(_Handler, loop=asyncio.get_running_loop())
        self._factory = factory

    def _release(self, key: Any, protocol: Any, **options: Any) -> None:
        protocol.pinshop_idle = True
        super()._release(key, protocol, **options)

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        exchange = _current.get() or _Exchange()
        exchange.observed = True
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol: Any = connection.protocol
            used = hasattr(protocol, "pinshop_exchange")
            # What came unasked may have been read already, or wait at the socket while the loop is busy.
            sound = not protocol.should_close and protocol.is_connected() and not protocol.pinshop_unasked
            if sound and not (used and has_arrived(protocol.transport.get_extra_info("socket").fileno())):
                break
            connection.close()
            if not used:
                raise _SpokeFirst
        protocol.pinshop_idle = False
        exchange.transport = protocol.transport
        protocol.pinshop_exchange = exchange
        exchange.protocol = protocol
        if exchange.deadline is not None:
            exchange.deadline.reschedule(asyncio.get_running_loop().time() + exchange.read_seconds)
        exchange.sent = True
        return connection

    async def _create_connection(self, *args: Any, **kwargs: Any) -> Any:
        exchange = _current.get()
        if exchange is not None and exchange.deadline is not None:  # a kept connection needs no timer for this
            exchange.deadline.reschedule(asyncio.get_running_loop().time() + exchange.connect_seconds)
        return await super()._create_connection(*args, **kwargs)


class _Loop:
    """What belongs to one event loop: connections, and places for requests."""

    __slots__ = ("keeper", "places", "session")

    def __init__(self, places: int) -> None:
        self.session = aiohttp.ClientSession(
            connector=_Connector(limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            skip_auto_headers=("Content-Type", "User-Agent"),
            timeout=_NO_TIMEOUT,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
        )
        # It would send what is idempotent a second time by itself, where a kept connection breaks.
        self.session._retry_connection = False  # pyright: ignore[reportPrivateUsage] # no public way
        # Waiting for a place is not waiting for an answer: aiohttp's own limit would count it as such.
        self.places = asyncio.Semaphore(places)
        self.keeper = self._until_the_loop_ends()

    async def _until_the_loop_ends(self) -> AsyncGenerator[None]:
        """Closes the connections when the loop shuts its generators down, as `asyncio.run` does at its end."""
        try:
            yield
        finally:
            await self.session.close()


class AiohttpTransport:
    """HTTP/1.1 over aiohttp: no redirects, no retries, a bounded answer, one deadline for the whole of it.

    Takes `NetworkOptions`. It may be used in several event loops, one after the other or at once: each
    has connections of its own, which are closed when the loop ends. At most ``pool_size`` requests are under way at once; the
    time that others wait for their turn counts against no limit.
    """

    def __init__(self, *, pool_size: int = 100, **network: Unpack[NetworkOptions]) -> None:
        self._ssl = (network.get("ssl_context"), network.get("ca_file"), network.get("client_certificate"))
        check_files(*self._ssl)
        proxy = network.get("proxy")
        self._proxy = None if proxy is None else Proxy.parse(proxy)
        self._proxy_url = None if self._proxy is None else URL(self._proxy.url)
        given = self._proxy.authorization if self._proxy else None
        self._proxy_headers = {"Proxy-Authorization": given} if given else None
        self._limit = network.get("max_reply_bytes", DEFAULT_MAX_REPLY_BYTES)
        self._pool_size = pool_size
        self._loops: dict[asyncio.AbstractEventLoop, _Loop] = {}
        self._context: Any = None
        self._closed = False
        self._process = os.getpid()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> _Loop:
        if self._closed:
            raise ConfigurationError("the client is closed", advice="make a new one")
        if self._process != os.getpid():  # a forked child must not speak on its parent's connections
            self._process, self._loops = os.getpid(), {}
        for other in [one for one in self._loops if one.is_closed()]:
            del self._loops[other]
        opened = self._loops[loop] = _Loop(self._pool_size)
        await anext(opened.keeper)
        return opened

    async def send(self, request: Request, /) -> Reply:
        outer = sys.exception()
        running = asyncio.get_running_loop()
        here = self._loops.get(running)
        if here is None or self._process != os.getpid():
            here = await self._open(running)
        secured = request.origin.startswith("https:")
        if self._context is None and (secured or (self._proxy is not None and self._proxy.url.startswith("https:"))):
            self._context = make_ssl_context(*self._ssl)
        exchange = _Exchange(request.connect_seconds, request.read_seconds)
        failure: PinshopError
        try:
            async with here.places, asyncio.timeout(None) as exchange.deadline:
                _current.set(exchange)
                async with here.session.request(
                    request.method,
                    # It is encoded already; aiohttp would decode and encode it anew, and not to the same bytes.
                    URL(request.origin + request.target, encoded=True),
                    data=_body(request.body),
                    headers=self._headers(request),
                    allow_redirects=False,
                    proxy=self._proxy_url,
                    proxy_headers=self._proxy_headers if secured else None,
                    ssl=self._context or True,
                ) as response:
                    exchange.status = response.status
                    headers = response.headers
                    _check_framing(response)
                    length = response.content_length
                    if length is not None and length <= 65536 and length <= self._limit:
                        body = await response.read()
                    else:
                        body = await self._read(response, length)
                    reason = response.reason or ""
            if exchange.protocol is not None:
                _check_end(exchange.protocol, exchange)
            if headers.get("content-encoding"):
                encoding = ", ".join(headers.getall("content-encoding"))  # two of them are two layers
                body = gunzip(body, encoding, self._limit, exchange.status)
            return Reply(exchange.status, headers, body, reason)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            failure = self._explain(error, exchange, request)
        except BaseException as error:
            exchange.end()
            failures.forget_locals(error, outer)
            raise
        exchange.end()
        raise failure  # outside: the library's error, and all that hangs on it, must not hang on ours

    async def _read(self, response: aiohttp.ClientResponse, length: int | None) -> bytes:
        if length is not None and length > self._limit:
            raise failures.too_large(self._limit, response.status)
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._limit:
                raise failures.too_large(self._limit, response.status)
            parts.append(part)
        return b"".join(parts)

    def _headers(self, request: Request) -> Mapping[str, str]:
        """As text. A forwarding proxy reads its credentials from the request itself."""
        headers = dict(request.headers.items())
        proxy = self._proxy
        if proxy is not None and proxy.authorization is not None and not request.origin.startswith("https:"):
            headers["Proxy-Authorization"] = proxy.authorization
        return headers

    def _explain(self, error: Exception, exchange: _Exchange, request: Request) -> PinshopError:
        if not exchange.status and isinstance(error, ValueError) and not isinstance(error, OSError | aiohttp.ClientError):
            return ConfigurationError("the request cannot be written: its URL or a header holds what HTTP does not allow")
        if exchange.sent or not (exchange.observed or isinstance(error, _UNCONNECTED)):
            if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
                return failures.malformed("its framing is broken, or it is cut short")
            return failures.was_sent(error)
        return failures.not_sent(error, request.origin, self._proxy.url if self._proxy else None)

    async def close(self) -> None:
        """Close every connection, and refuse what comes after."""
        self._closed = True
        running = asyncio.get_running_loop()
        loops, self._loops = self._loops, {}
        for loop, opened in loops.items():
            if loop is running:
                await opened.keeper.aclose()
            elif not loop.is_closed():
                asyncio.run_coroutine_threadsafe(opened.session.close(), loop)


def _body(body: bytes | None) -> Any:
    """Plain bytes, here where they are written: a form with a token shows nothing to who slices it."""
    if body is None:
        return None
    return io.BytesIO(body) if len(body) > _LARGE_BODY_BYTES else bytes(body)


def _check_framing(response: aiohttp.ClientResponse) -> None:
    """Refuse what `framing` refuses and aiohttp's parser lets pass."""
    if not 200 <= response.status <= 999:
        raise failures.malformed("another protocol, which was not asked for")
    lines = response.raw_headers
    if len(lines) > MAX_HEADERS or CONTROL.search(b"".join([value for _, value in lines])):  # aiohttp 3.12 has no such limits
        raise failures.malformed("headers that leave doubt")
    encoding = response.headers.get("transfer-encoding")
    if encoding is not None:
        version = response.version
        chunked = len(response.headers.getall("transfer-encoding")) == 1 and encoding.strip().lower() == "chunked"
        if not chunked or "content-length" in response.headers or version is None or version < (1, 1):
            raise failures.malformed("a Transfer-Encoding that leaves doubt")


def _check_end(protocol: Any, exchange: _Exchange) -> None:
    """Refuse an answer with something behind it on its connection, unless another request has taken that over since."""
    if protocol.pinshop_exchange is not exchange:
        return
    error = protocol._exception
    if protocol._buffer or protocol._tail or isinstance(error, HttpProcessingError):
        raise failures.malformed("it is followed by what nobody asked for")
    if isinstance(error, OSError) and not isinstance(error, aiohttp.ServerDisconnectedError):
        # A body without a length ends with the connection, but not with its reset, which aiohttp takes for the same.
        raise failures.malformed("the connection was reset")
