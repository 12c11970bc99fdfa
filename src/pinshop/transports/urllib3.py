"""The synchronous socket: HTTP/1.1 over urllib3, with its failures told apart by whether the request had left."""

from __future__ import annotations

import http.client
import os
import ssl
import sys
import threading
import weakref
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Unpack

import urllib3
import urllib3.util
import urllib3.util.ssl_

from pinshop.api.http import Reply, Request
from pinshop.errors import ConfigurationError, PinshopError
from pinshop.transports import failures
from pinshop.transports.connections import Exchange, HTTPPool, HTTPSPool, TooLarge, current
from pinshop.transports.framing import Malformed
from pinshop.transports.gzip import gunzip
from pinshop.transports.options import DEFAULT_MAX_REPLY_BYTES, NetworkOptions
from pinshop.transports.proxies import Proxy
from pinshop.transports.tls import check_files, ssl_context

import_module("encodings.idna")  # the first look-up of a host would import it, inside a job

_FAILURES = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError, TooLarge)

#: What urllib3 raises without having had a connection, which a stub may raise too.
_UNCONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.EmptyPoolError,
    urllib3.exceptions.LocationValueError,
    ValueError,
)


_URLLIB3_1 = str(getattr(urllib3, "__version__", "")).startswith("1.")


def _let_urllib3_match_addresses(context: ssl.SSLContext, origin: str) -> None:
    """urllib3 1.26 names no server to OpenSSL where the host is an IP address, and compares the certificate itself instead.

    It does so if the context does not; a context that does would refuse to begin.
    """
    if urllib3.util.ssl_.is_ipaddress(urllib3.util.parse_url(origin).host or ""):
        context.check_hostname = False


class Urllib3Transport:
    """HTTP/1.1 over urllib3: no redirects, no retries, a bounded answer, one deadline for the whole of it.

    Every request goes through `urllib3.PoolManager.urlopen`, so whatever stubs or records urllib3 there, or puts another
    class in the place of its connections, is used.

    Args:
        proxy_headers: sent to the proxy.
        pool_size: idle connections kept per host.
        pool_options: passed to urllib3's `PoolManager` as they are.
        **network: see `NetworkOptions`.

    Raises:
        ConfigurationError: ``proxy`` is no proxy's URL, or a file of certificates cannot be used.
    """

    def __init__(
        self,
        *,
        proxy_headers: Mapping[str, str] | None = None,
        pool_size: int = 32,
        pool_options: Mapping[str, Any] | None = None,
        **network: Unpack[NetworkOptions],
    ) -> None:
        self._ssl = (network.get("ssl_context"), network.get("ca_file"), network.get("client_certificate"))
        check_files(*self._ssl)
        proxy = network.get("proxy")
        self._proxy = None if proxy is None else Proxy.parse(proxy)
        self._proxy_headers = proxy_headers
        self._limit = network.get("max_reply_bytes", DEFAULT_MAX_REPLY_BYTES)
        self._options: dict[str, Any] = {"maxsize": pool_size, **(pool_options or {})}
        self._manager: urllib3.PoolManager | None = None
        self._secured = False
        self._closed = False
        self._lock = threading.Lock()
        self._process = os.getpid()

    def _ready(self, origin: str) -> urllib3.PoolManager:
        """The manager of this process's connections, with certificates as soon as the first https request needs them."""
        secured = origin.startswith("https:")
        if self._manager is not None and self._process == os.getpid() and (self._secured or not secured):
            return self._manager
        if self._process != os.getpid():  # a forked child must not speak on its parent's connections, or wait for its threads
            self._process, self._manager, self._lock = os.getpid(), None, threading.Lock()
        with self._lock:
            if self._closed:
                raise ConfigurationError("the client is closed", advice="make a new one")
            if self._manager is None:
                self._manager = self._new_manager()
                self._secured = "ssl_context" in self._options
            if secured and not self._secured:
                # Made when it is needed: reading the system's certificates takes longer than all the rest.
                self._manager.connection_pool_kw["ssl_context"] = ssl_context(*self._ssl)
                self._secured = True
            if secured and _URLLIB3_1 and self._ssl[0] is None:
                _let_urllib3_match_addresses(self._manager.connection_pool_kw["ssl_context"], origin)
            return self._manager

    def _new_manager(self) -> urllib3.PoolManager:
        options: dict[str, Any] = dict(self._options)
        proxy = self._proxy
        if proxy is None:
            manager = urllib3.PoolManager(**options)
        else:
            headers = dict(self._proxy_headers or {})
            if proxy.authorization is not None:
                headers = {"Proxy-Authorization": proxy.authorization, **headers}
            if proxy.url.startswith("https:"):
                options.setdefault("proxy_ssl_context", options.get("ssl_context") or ssl_context(*self._ssl))
            manager = urllib3.ProxyManager(proxy.url, proxy_headers=headers, **options)
        classes: Any = {"http": HTTPPool, "https": HTTPSPool}
        manager.pool_classes_by_scheme = classes
        # urllib3 2 does that for each pool itself; the sockets of urllib3 1.26 would end open, with a warning.
        weakref.finalize(self, manager.pools.clear)
        return manager

    def send(self, request: Request, /) -> Reply:
        outer = sys.exception()
        current.exchange = exchange = Exchange(request.read_seconds)
        response: Any = None
        failure: PinshopError
        try:
            response = self._ready(request.origin).urlopen(
                request.method,
                request.origin + request.target,
                body=None if request.body is None else bytes(request.body),  # a form with a token shows no slices
                headers=dict(request.headers.items()),
                timeout=urllib3.Timeout(connect=request.connect_seconds, read=request.read_seconds),
                preload_content=False,
                decode_content=False,
                retries=False,
                redirect=False,
            )
            answer = exchange.response
            if answer is None:
                return self._foreign(response)
            body = answer.read_whole(self._limit)
            if answer.will_close:
                exchange.connection.close()
            response.release_conn()
            headers = response.headers
            if encoding := headers.get("content-encoding"):
                body = gunzip(body, encoding, self._limit, response.status)
            return Reply(response.status, headers, body, response.reason or "")
        except _FAILURES as error:
            failure = self._explain(error, exchange, request)
            _end(exchange, response)
        except PinshopError:
            raise
        except BaseException as error:  # Ctrl-C: half an answer must not be left for the next request
            _end(exchange, response)
            failures.forget_locals(error, outer)
            raise
        raise failure  # outside: the library's error, and all that hangs on it, must not hang on ours

    def open(self, request: Request, *, decode_content: bool | None = None) -> Any:
        """Send, and hand out urllib3's response unread. What goes wrong while it is read is urllib3's to raise."""
        outer = sys.exception()
        current.exchange = exchange = Exchange(request.read_seconds)
        try:
            return self._ready(request.origin).urlopen(
                request.method,
                request.origin + request.target,
                body=None if request.body is None else bytes(request.body),  # a form with a token shows no slices
                headers=dict(request.headers.items()),
                timeout=urllib3.Timeout(connect=request.connect_seconds, read=request.read_seconds),
                preload_content=False,
                decode_content=decode_content,
                retries=False,
                redirect=False,
            )
        except _FAILURES as error:
            failure = self._explain(error, exchange, request)
        except BaseException as error:
            failures.forget_locals(error, outer)
            raise
        raise failure

    def _foreign(self, response: Any) -> Reply:
        """The answer of whoever stubbed or replaced urllib3's connections."""
        body = response.data or b""
        if len(body) > self._limit:
            raise TooLarge
        response.release_conn()
        encoding = response.headers.get("content-encoding")
        if encoding and body.startswith(b"\x1f\x8b"):  # stubs give what is decoded already
            body = gunzip(body, encoding, self._limit, response.status)
        return Reply(response.status, response.headers, body, response.reason or "")

    def _explain(self, error: Exception, exchange: Exchange, request: Request) -> PinshopError:
        if isinstance(error, TooLarge):
            return failures.too_large(self._limit, exchange.response.status if exchange.response else 0)
        if isinstance(error, ValueError | http.client.InvalidURL) and exchange.response is None:
            return ConfigurationError("the request cannot be written: its URL or a header holds what HTTP does not allow")
        if exchange.sent or not (exchange.observed or isinstance(error, _UNCONNECTED)):
            malformed = next((one for one in failures.chain(error) if isinstance(one, Malformed)), None)
            return failures.malformed(str(malformed)) if malformed else failures.was_sent(error)
        return failures.not_sent(error, request.origin, self._proxy.url if self._proxy else None)

    def close(self) -> None:
        """Close every connection, and refuse what comes after."""
        self._closed = True
        manager, self._manager = self._manager, None
        if manager is not None:
            for key in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated
                if (pool := manager.pools.get(key)) is not None:
                    pool.close()
            manager.clear()


def _end(exchange: Exchange, response: Any) -> None:
    """Close the connection of a request that did not end well."""
    if exchange.connection is not None:
        exchange.connection.close()
    if response is not None:
        response.close()
