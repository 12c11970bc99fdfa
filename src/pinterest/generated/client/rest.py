"""From the old interface to the wire and back: pinshop's flow, with the old client's settings and its retries."""

from __future__ import annotations

import codecs
import logging
import random
import ssl
import time
from collections.abc import Callable, Generator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

import urllib3
from urllib3.util import Retry

from pinshop.api.http import Reply, Request
from pinshop.api.operations import Call, Operation
from pinshop.errors import APIError, BadReply, ConnectError, PinshopError, RateLimited, TLSError, TransportError
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Options, Session
from pinshop.transports import failures
from pinshop.transports.urllib3 import Urllib3Transport
from pinterest.generated.client.bodies import encode_body, header_lines
from pinterest.generated.client.configuration import Configuration
from pinterest.generated.client.exceptions import ApiException, ApiValueError, UnusableAnswer, exception_for
from pinterest.generated.client.network_errors import network_error

logger = logging.getLogger(__name__)

#: How long a silent server is waited for when no ``_request_timeout`` says otherwise. 0.1.2 waited for ever.
CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
#: The longest wait a server may order with Retry-After. Beyond it the refusal is raised at once.
MAX_WAIT_SECONDS = 60.0
MAX_ANSWER_BYTES = 256 * 1024 * 1024
# urllib3's Retry decides how often; this ends what it would do without end.
_MOST_ATTEMPTS = 100


def _row(verb: Any) -> Operation:
    repeatable = verb in {"GET", "HEAD", "OPTIONS"}
    return Operation(id=verb, verb=verb, path="", summary="", category="ads_read", scopes=(), idempotent=repeatable)


#: The methods of HTTP as rows: the flow asks one for its name, and whether it may be repeated.
OPERATIONS = {verb: _row(verb) for verb in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")}


class RESTResponse:
    """An answer that was read: ``status``, ``reason``, ``data`` and headers."""

    def __init__(self, reply: Reply) -> None:
        self.status = reply.status
        self.reason = reply.reason
        self.headers: Any = reply.headers
        self.body = reply.body
        #: Set once the body has been decoded; until then `data` is bytes.
        self.charset: str | None = None

    @property
    def data(self) -> Any:
        """The body: text after the answer was decoded, bytes before."""
        return self.body if self.charset is None else self.body.decode(self.charset, "replace")

    def getheaders(self) -> Any:
        """All headers; names in any case."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header."""
        value: str | None = self.headers.get(name, default)
        return value


class _Unsigned:
    """The flow's token: requests come signed, or are not to be."""

    can_refresh = False

    def header(self, now: float, /) -> str | None:
        return None

    def refresh(self, rejected: str | None = None) -> Generator[Any, Any, bool]:
        raise NotImplementedError
        yield


class _Retries:
    """May this be sent again? What `Configuration.retries` says, as far as it is safe."""

    def __init__(self, configured: Retry | bool | int | None) -> None:
        self._left = Retry.from_int(configured)

    def __call__(self, operation: Operation, failure: Exception) -> bool:
        if isinstance(failure, TLSError) or not (operation.idempotent or isinstance(failure, ConnectError | RateLimited)):
            return False
        error: Exception | None = None
        answer: Any = None
        if isinstance(failure, APIError):
            if not self._left.is_retry(operation.verb, failure.status, "retry-after" in failure.headers):
                return False
            answer = urllib3.HTTPResponse(status=failure.status)
        elif isinstance(failure, ConnectError):
            error = urllib3.exceptions.ConnectTimeoutError(failure.message)
        elif isinstance(failure, TransportError):
            error = urllib3.exceptions.ProtocolError(failure.message)
        else:
            return False
        try:
            self._left = self._left.increment(operation.verb, "", answer, error)
        except urllib3.exceptions.HTTPError:
            return False
        return True


class _Raw:
    """Sends, and keeps urllib3's response unread; what is no success is read all the same."""

    def __init__(self, transport: Urllib3Transport) -> None:
        self._transport = transport
        self.response: Any = None

    def __call__(self, request: Request) -> Reply:
        self.response = response = self._transport.open(request)
        try:
            body = b"" if 200 <= response.status < 300 else response.data
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = failures.was_sent(error)
        else:
            return Reply(response.status, response.headers, body, response.reason or "")
        raise failure


def _obey(flow: Any, send: Callable[[Request], Reply], verb: str) -> Reply:
    """Drive a flow to its end, and return the last reply.

    Raises:
        ApiException: the flow's own error, as the old interface says it.
    """
    answer: Any = None
    error: PinshopError | None = None
    try:
        while True:
            step = flow.send(answer) if error is None else flow.throw(error)
            error = None
            if type(step) is Request:
                try:
                    answer = send(step)
                except (TransportError, BadReply) as caught:
                    answer, error = None, caught
            else:
                time.sleep(step.seconds)
    except StopIteration:
        return cast("Reply", answer)  # the last one: a flow ends with an answer or an error
    except PinshopError as refusal:
        raise _as_api_exception(refusal, answer, verb) from refusal


def _as_api_exception(error: PinshopError, reply: Reply | None, verb: str) -> ApiException:
    if reply is not None:  # refused, or a redirect
        logger.debug("response body: %s", reply.body)
        answer = RESTResponse(reply)
        answer.charset = charset(reply.headers)
        return exception_for(reply.status)(http_resp=answer)
    if isinstance(error, BadReply):
        unusable = UnusableAnswer(error.status, str(error))
        unusable.headers = error.headers or {}
        unusable.body = bytes(error.body or b"").decode("utf-8", "replace")
        return unusable
    return network_error(error, verb)


class RESTClientObject:
    """The connections of one `ApiClient`."""

    def __init__(self, configuration: Configuration, pools_size: int = 4, maxsize: int | None = None) -> None:
        self._options: dict[str, Any] = {
            "num_pools": pools_size,
            "maxsize": maxsize or configuration.connection_pool_maxsize or 4,
        }
        if configuration.assert_hostname is not None:
            self._options["assert_hostname"] = configuration.assert_hostname
        if configuration.socket_options is not None:
            self._options["socket_options"] = configuration.socket_options
        self._proxy = configuration.proxy
        if self._proxy and should_bypass_proxies(configuration.host, configuration.no_proxy):
            self._proxy = None
        self._proxy_headers = configuration.proxy_headers
        self._files = (configuration.verify_ssl, configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
        self._retries = configuration.retries
        self._transport: Urllib3Transport | None = None

    def transport(self, origin: str) -> Urllib3Transport:
        """The transport, made for the first request: who talks http reads no certificates."""
        if self._transport is None:
            options = self._options
            if origin.startswith("https:") or (self._proxy or "").startswith("https:"):
                options = {**options, "ssl_context": _tls(*self._files)}
            try:
                self._transport = Urllib3Transport(
                    proxy=self._proxy,
                    proxy_headers=self._proxy_headers,
                    pool_options=options,
                    max_reply_bytes=MAX_ANSWER_BYTES,
                )
            except PinshopError as refusal:
                raise ApiException(0, f"{type(refusal).__name__}: {refusal}") from refusal
        return self._transport

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        post_params: Any = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
    ) -> Any:
        """Send, and return a success: a `RESTResponse`, or urllib3's own response if it is not to be read.

        Raises:
            ApiException: everything else that the server or the network did.
        """
        method = method.upper()
        sent = header_lines(headers or {})
        payload = None if method in {"GET", "HEAD"} else encode_body(method, sent, body, post_params)
        origin, target = _split(url)
        if query_params:
            target += "?" + urlencode(query_params)
        connect_seconds, read_seconds = timeouts(_request_timeout)
        options = Options(
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            max_attempts=_MOST_ATTEMPTS,
            max_wait_seconds=MAX_WAIT_SECONDS,
            retry=_Retries(self._retries),
        )
        session = Session(
            origin, "", _Unsigned(), None, _no_hook, time.time, time.monotonic, random.random, "5.28", options, sent
        )
        call = Call(OPERATIONS[method], target, "", payload, sent.get("Content-Type", ""))
        transport = self.transport(origin)
        if not _preload_content:
            raw = _Raw(transport)
            _obey(exchange(session, call, bytes), raw, method)
            return raw.response
        answer = _obey(exchange(session, call, bytes), transport.send, method)
        logger.debug("response body: %s", answer.body)
        return RESTResponse(answer)

    def GET(self, url: str, **options: Any) -> Any:
        return self.request("GET", url, **options)

    def HEAD(self, url: str, **options: Any) -> Any:
        return self.request("HEAD", url, **options)

    def OPTIONS(self, url: str, **options: Any) -> Any:
        return self.request("OPTIONS", url, **options)

    def DELETE(self, url: str, **options: Any) -> Any:
        return self.request("DELETE", url, **options)

    def POST(self, url: str, **options: Any) -> Any:
        return self.request("POST", url, **options)

    def PUT(self, url: str, **options: Any) -> Any:
        return self.request("PUT", url, **options)

    def PATCH(self, url: str, **options: Any) -> Any:
        return self.request("PATCH", url, **options)

    def close(self) -> None:
        """Close every connection. The next request opens a new one."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def _no_hook(event: Any) -> None:
    pass


@lru_cache(maxsize=64)
def _split(host: str) -> tuple[str, str]:
    """A configured host as origin and the path before every path. Without a scheme it is http, as it was."""
    scheme, found, rest = host.partition("://")
    if not found:
        scheme, rest = "http", host
    if scheme.lower() not in {"http", "https"}:
        raise ApiException(0, f"the host must begin with https:// or http://, not {scheme}://")
    authority, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{authority}", slash + path


def timeouts(given: Any) -> tuple[float, float]:
    """``_request_timeout`` as seconds to connect and to answer: one number for both, or a pair."""
    if given is None or (type(given) in (int, float) and not given):
        return CONNECT_SECONDS, READ_SECONDS
    pair = given if isinstance(given, tuple | list) else (given, given)
    if len(pair) != 2 or not all(one is None or (type(one) in (int, float) and 0 <= one < 1e9) for one in pair):
        raise ApiValueError(f"Invalid value for `_request_timeout` ({given}), must be seconds or a pair (connect, read)")
    return pair[0] or CONNECT_SECONDS, pair[1] or READ_SECONDS


def charset(headers: Mapping[str, str]) -> str:
    """The charset that an answer declares, if Python knows it; else UTF-8."""
    _, found, rest = (headers.get("content-type") or "").partition("charset=")
    name = rest.partition(";")[0].strip().strip('"')
    if found and name.lower() not in {"utf-8", "utf8"}:
        try:
            return name if codecs.lookup(name)._is_text_encoding else "utf-8"
        except (LookupError, ValueError):
            return "utf-8"
    return "utf-8"


def _tls(verify: bool, ca_cert: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_cert)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert_file:
            context.load_cert_chain(cert_file, key_file)
    except OSError as error:  # ssl.SSLError is one
        raise ApiException(0, f"certificates: {error}") from error
    return context


def should_bypass_proxies(url: str, no_proxy: str | None = None) -> bool:
    """Whether ``no_proxy`` (``*``, names, domains, IPv4 networks) exempts the host of a URL."""
    # Only a proxy needs these.
    import urllib.request
    from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
    from urllib.parse import urlsplit

    def matches(name: str) -> bool:
        return bool(urllib.request.proxy_bypass_environment(name, {"no": no_proxy}))  # type: ignore[attr-defined]

    name = urlsplit(url).hostname
    if not name:
        return True
    if not no_proxy:
        return False
    if no_proxy == "*":
        return True
    no_proxy = no_proxy.lower().replace(" ", "")
    try:
        address = IPv4Address(name)
    except AddressValueError:
        return matches(name)
    for entry in no_proxy.split(","):
        try:
            if address in IPv4Network(entry):
                return True
        except (AddressValueError, NetmaskValueError):
            continue
    return matches(name)
