"""The synchronous socket: HTTP/1.1 over urllib3, with its failures told apart by whether the request had left."""

from __future__ import annotations

import http.client
import io
import os
import ssl
import time
from collections.abc import Mapping
from typing import Any

import urllib3
import urllib3.util
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pinshop.errors import BadReply, ConfigurationError, ConnectError, Disconnected, TimedOut, TLSError
from pinshop.flow import gunzip
from pinshop.operations import Reply, Request

TLS_ADVICE = "check the certificates that are trusted, and the clock of this machine"

# ------------------------------------------------------------------------------------ the deadline


class _Deadline(io.RawIOBase):
    """The socket's bytes until a moment. A plain socket timeout starts anew with every byte that drips in."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._limit: float | None = sock.gettimeout()
        self._until = time.monotonic() + (self._limit or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._limit is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer was not complete in time")
            if left < self._limit * 0.98:  # each setting is a system call; most answers come at once
                self._limit = left
                self._sock.settimeout(left)
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """Remembers whether the last line was a whole one."""

    whole = True

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.whole = line.endswith(b"\n")
        return line


class _SocketWithDeadline:
    """All that `http.client.HTTPResponse` wants of a socket."""

    __slots__ = ("lines",)

    def __init__(self, sock: Any) -> None:
        self.lines = _Lines(_Deadline(sock))

    def makefile(self, mode: str) -> io.BufferedReader:
        return self.lines


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        wrapped = _SocketWithDeadline(sock)
        self._lines = wrapped.lines
        super().__init__(wrapped, *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        # http.client takes the end of the connection for the end of the headers, and an answer without a body for whole.
        if not self._lines.whole:
            raise http.client.IncompleteRead(b"")


class _Phases:
    """A connection that says truthfully whether a failure came before the request left or after.

    urllib3 reports a handshake that took too long as a read timeout, and a TLS alert after the request as a TLS failure.
    """

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except ssl.SSLError:
            raise
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, f"TLS handshake: {error}") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{error}") from error  # type: ignore[arg-type]

    def request(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        except ssl.SSLError as error:
            raise urllib3.exceptions.ProtocolError("Connection aborted.", error) from error

    def getresponse(self) -> Any:
        try:
            return super().getresponse()  # type: ignore[misc]
        except ssl.SSLError as error:
            raise urllib3.exceptions.ProtocolError("Connection aborted.", error) from error


class _HTTPConnection(_Phases, HTTPConnection):
    response_class = _Response


class _HTTPSConnection(_Phases, HTTPSConnection):
    response_class = _Response


# urllib3's own connections do not fit its protocols for pyright either.
class _HTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _HTTPSConnection


# ------------------------------------------------------------------------------------- the transport


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
        classes: Any = {"http": _HTTPPool, "https": _HTTPSPool}
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


def ssl_context(
    given: ssl.SSLContext | None, ca_file: str | os.PathLike[str] | None, client_certificate: str | tuple[str, str] | None
) -> ssl.SSLContext:
    """The context of a transport; the default trusts what the operating system trusts."""
    if given is not None and (ca_file or client_certificate):
        raise ConfigurationError("ssl_context: give either a context or files, not both")
    if given is not None:
        return given
    try:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(ca_file)
        if client_certificate:
            pair = (client_certificate,) if isinstance(client_certificate, str) else client_certificate
            context.load_cert_chain(*pair)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"certificates: {error}") from error
    return context


def without_frames(error: BaseException) -> BaseException:
    """The error without its traceback, and without those of its causes.

    The frames of HTTP libraries hold the headers as they are sent, and crash reporters show local variables.
    """
    one: BaseException | None = error
    for _ in range(20):
        if one is None:
            break
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error


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
