"""The synchronous socket: HTTP/1.1 over urllib3, with its failures told apart by whether the request had left."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any

import urllib3
import urllib3.util
from urllib3.connectionpool import HTTPConnectionPool

from pinshop.api.http import Reply, Request
from pinshop.errors import BadReply, ConfigurationError, ConnectError, Disconnected, TimedOut, TLSError
from pinshop.transports.deadline import HTTPPool, HTTPSPool
from pinshop.transports.failures import without_frames
from pinshop.transports.gzip import gunzip
from pinshop.transports.tls import TLS_ADVICE, ssl_context


class Urllib3Transport:
    """HTTP/1.1 over urllib3: no redirects, no retries, a bounded answer, one deadline for the whole of it.

    Args:
        ssl_context: replaces the default, which trusts what the operating system trusts.
        ca_file: a PEM file of certificates to trust beside the operating system's.
        client_certificate: a PEM file with certificate and key, or a pair (certificate file, key file).
        proxy: ``http://user:password@host:port``; nothing is read from the environment.
        max_reply_bytes: longest answer after decompression.
        pool_size: idle connections kept per host.
        pool_options: passed to urllib3's `PoolManager` as they are.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_certificate: str | tuple[str, str] | None = None,
        proxy: str | None = None,
        proxy_headers: Mapping[str, str] | None = None,
        max_reply_bytes: int = 64 * 1024 * 1024,
        pool_size: int = 32,
        pool_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._ssl = (ssl_context, ca_file, client_certificate)
        self._proxy = proxy
        self._proxy_headers = proxy_headers
        self._limit = max_reply_bytes
        self._options: dict[str, Any] = {"maxsize": pool_size, **(pool_options or {})}
        self._context: ssl.SSLContext | None = None
        self._manager: urllib3.PoolManager | None = None
        self._pools: dict[str, HTTPConnectionPool] = {}
        self._process = os.getpid()

    def _pool(self, origin: str) -> HTTPConnectionPool:
        if self._process != os.getpid():  # a forked child must not speak on its parent's connections
            self._process = os.getpid()
            self._manager = None
            self._pools = {}
        if (pool := self._pools.get(origin)) is not None:
            return pool
        if self._manager is None:
            self._manager = self._new_manager()
        secured = origin.startswith("https:") and "ssl_context" not in self._options
        pool = self._manager.connection_from_url(origin, {"ssl_context": self._trust()} if secured else None)
        self._pools[origin] = pool
        return pool

    def _trust(self) -> ssl.SSLContext:
        """Made when it is needed: reading the system's certificates takes longer than all the rest."""
        if self._context is None:
            self._context = ssl_context(*self._ssl)
        return self._context

    def _new_manager(self) -> urllib3.PoolManager:
        options: dict[str, Any] = dict(self._options)
        try:
            if self._proxy is None:
                manager = urllib3.PoolManager(**options)
            else:
                url = urllib3.util.parse_url(self._proxy)
                headers = dict(self._proxy_headers or {})
                if url.auth:
                    headers = {**urllib3.util.make_headers(proxy_basic_auth=url.auth), **headers}
                if url.scheme == "https":
                    options.setdefault("proxy_ssl_context", self._trust())
                manager = urllib3.ProxyManager(self._proxy, proxy_headers=headers, **options)
        except urllib3.exceptions.HTTPError as error:
            raise ConfigurationError(f"proxy: {error}") from error
        classes: Any = {"http": HTTPPool, "https": HTTPSPool}
        manager.pool_classes_by_scheme = classes
        return manager

    def open(self, request: Request, *, preload: bool = False, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send, and hand out urllib3's response as it is. Raises urllib3's exceptions."""
        pool = self._pool(request.origin)
        target = request.target
        if self._proxy is not None and request.origin.startswith("http:"):
            target = request.origin + target  # a forwarding proxy wants the whole URL
        return pool.urlopen(
            request.method,
            target,
            body=request.body,
            headers=request.headers,
            timeout=urllib3.Timeout(connect=request.connect_seconds, read=request.read_seconds),
            preload_content=preload,
            assert_same_host=False,  # the pool was chosen for this origin
            **{"retries": False, "redirect": False, **options},
        )

    def send(self, request: Request, /) -> Reply:
        response = None
        try:
            response = self.open(request, decode_content=False)
            body = response.read(self._limit + 1)
            missing = response.length_remaining
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if response is not None:
                response.close()
            raise classify(error, answering=response is not None) from without_frames(error)
        except BaseException:  # Ctrl-C: half an answer must not be left for the next request
            if response is not None:
                response.close()
            raise
        size = len(body)
        if size > self._limit or missing:
            response.close()
            del body  # a part of it could be a token, and crash reporters show local variables
            if missing and size <= self._limit:
                raise Disconnected(f"the answer was cut short ({missing} bytes missing)", sent=True)
            raise BadReply(f"the answer is larger than {self._limit:,} bytes", status=response.status)
        response.release_conn()
        encoding = response.headers.get("content-encoding")
        if encoding:
            body = gunzip(body, encoding, self._limit, response.status)
        return Reply(response.status, response.headers, body, response.reason or "")

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
        self._pools = {}
        if self._manager is not None:
            self._manager.clear()
            self._manager = None


def classify(error: Exception, *, answering: bool) -> ConnectError | TLSError | TimedOut | Disconnected:
    """urllib3's failure as one of ours. Whatever is not surely before sending counts as sent."""
    cause: BaseException | None = error
    if isinstance(error, urllib3.exceptions.ProxyError):
        cause = error.original_error
        if not isinstance(cause, urllib3.exceptions.SSLError):
            return ConnectError(f"the proxy did not connect ({cause})", advice="check the proxy")
    if isinstance(cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return ConnectError(_plain(cause))
    if isinstance(cause, urllib3.exceptions.EmptyPoolError | urllib3.exceptions.LocationValueError):
        return ConnectError(_plain(cause))
    if isinstance(cause, urllib3.exceptions.SSLError) and not answering:
        return TLSError(_plain(cause), advice=TLS_ADVICE)
    if isinstance(cause, urllib3.exceptions.ProtocolError) and len(cause.args) > 1 and isinstance(cause.args[1], Exception):
        cause = cause.args[1]
    if isinstance(cause, urllib3.exceptions.TimeoutError | TimeoutError):
        return TimedOut("no complete answer in time", sent=True, advice="Pinterest may have executed it")
    return Disconnected(f"the connection broke ({_plain(cause)})", sent=True, advice="Pinterest may have executed it")


def _plain(error: BaseException | None) -> str:
    """The words of an exception without the object that urllib3 puts in front (``<… object at 0x…>: ``)."""
    text = str(error) or type(error).__name__
    head, found, tail = text.partition(": ")
    return tail if found and ("object at 0x" in head or "host=" in head) else text
