"""A failure of an HTTP library as one of ours. Whether the request was sent is the transports' own knowledge, passed in.

What the library says of it stays behind: its words may quote headers of the answer, its objects hold those of the request. Of
the whole chain only the operating system's or OpenSSL's own error is kept.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from pinshop.api.checks import is_digits
from pinshop.errors import BadReply, ConnectError, Disconnected, TimedOut, TLSError, TransportError
from pinshop.transports.tls import TLS_ADVICE

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

MAYBE = "Pinterest may have executed it"


def not_sent(error: BaseException, origin: str, proxy: str | None) -> TransportError:
    """The failure of a request of which no byte was handed to a socket."""
    cause = _system_error(error)
    reached = _place(proxy or origin)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | TimeoutError):
        return _with(TLSError(_words(cause), advice=TLS_ADVICE), cause)
    for one in chain(error):
        if type(one).__name__ == "CertificateError":  # urllib3 1.26 compares names itself
            return TLSError(str(one), advice=TLS_ADVICE)
    through = f" to {_place(origin)} through the proxy" if proxy else " to"
    advice = f"check that {reached} is running and can be reached from here"
    if proxy is None and isinstance(cause, ConnectionRefusedError):
        parts = urlsplit(origin)
        if parts.hostname in _LOOPBACK:
            advice += f"; pinshop emulator --port {parts.port or 80} starts a local Pinterest there"
    if isinstance(cause, TimeoutError) or _is_timeout(error):
        return _with(ConnectError(f"the connection{through} {reached} timed out", advice=advice), cause)
    if (status := _proxy_status(error)) is not None:
        text = f"the proxy {reached} did not connect to {_place(origin)}: it answered HTTP {status}"
        return ConnectError(text, advice="check the user and the password in proxy" if status == 407 else "check the proxy")
    words = _words(cause) if cause is not None else "the server closed the connection, or spoke before it was asked"
    return _with(ConnectError(f"cannot connect{through} {reached}: {words}", advice=advice), cause)


def was_sent(error: BaseException) -> TransportError:
    """The failure of a request that was sent, wholly or in part."""
    cause = _system_error(error)
    if isinstance(cause, TimeoutError) or _is_timeout(error):
        return _with(TimedOut("no complete answer in time", sent=True, advice=MAYBE), cause)
    words = f" ({_words(cause)})" if cause is not None else ""
    return _with(Disconnected(f"the connection broke{words}", sent=True, advice=MAYBE), cause)


def malformed(words: str) -> Disconnected:
    """An answer whose framing leaves doubt about where it begins or ends."""
    return Disconnected(f"the answer is not HTTP: {words}", sent=True, advice=MAYBE)


def too_large(limit: int, status: int) -> BadReply:
    return BadReply(
        f"the answer is larger than {limit:,} bytes", status=status, sent=True, advice="raise max_reply_bytes, or ask for less"
    )


def _place(url: str) -> str:
    """``host:port`` of a URL, without user and password."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it holds: urllib3 puts causes into arguments, aiohttp into attributes."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting and len(seen) < 50:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [getattr(one, name, None) for name in ("original_error", "reason", "os_error", "certificate_error")]
        waiting += [*one.args, one.__cause__, one.__context__]


def forget_locals(error: BaseException, outer: BaseException | None) -> None:
    """Empty the frames that somebody else's error came through: those of an HTTP library hold headers and forms as plain text.

    ``outer`` is what was being handled before (`sys.exception`): its frames are the caller's.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one is outer or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        step = one.__traceback__
        while step is not None:
            with contextlib.suppress(RuntimeError):  # it still runs: one of ours
                step.tb_frame.clear()
            step = step.tb_next


def _system_error(error: BaseException) -> OSError | None:
    """The first error of the operating system, the resolver or OpenSSL in the chain, freed of what hangs on it."""
    for one in chain(error):
        if isinstance(one, OSError) and type(one).__module__ in ("builtins", "ssl", "socket", "_socket") and one.args:
            one.__traceback__ = one.__cause__ = one.__context__ = None
            return one if not isinstance(one.args[0], BaseException) and not isinstance(one.args[0], str) else _plain(one)
    return None


def _plain(error: OSError) -> OSError | None:
    """Errors with a text of the library instead of a number: only timeouts are of use, and only as such."""
    return TimeoutError() if isinstance(error, TimeoutError) else None


def _is_timeout(error: BaseException) -> bool:
    return any("timeout" in type(one).__name__.lower() for one in chain(error))


def _proxy_status(error: BaseException) -> int | None:
    """The status with which a proxy refused CONNECT: aiohttp has an attribute, http.client a text."""
    for one in chain(error):
        status = getattr(one, "status", None)
        if isinstance(status, int):
            return status
        _, found, rest = str(one.args[0] if one.args else "").partition("Tunnel connection failed: ")
        if found and is_digits(rest[:3]):
            return int(rest[:3])
    return None


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error)
    if isinstance(error, socket.gaierror):
        return str(error.strerror or error)
    return os.strerror(error.errno) if isinstance(error.errno, int) else type(error).__name__


def _with(failure: TransportError, cause: BaseException | None) -> TransportError:
    failure.__cause__ = cause
    return failure
