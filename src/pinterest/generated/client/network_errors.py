"""Failures of the network: an `ApiException` of status 0, and still the error of urllib3 that 0.1.2 let pass."""

from __future__ import annotations

from typing import Any

from urllib3 import exceptions as urllib3_errors

from pinshop.errors import ConnectError, PinshopError, TimedOut, TLSError
from pinterest.generated.client.exceptions import ApiException


class NetworkError(ApiException, urllib3_errors.HTTPError):
    """There was no answer. ``except ApiException`` and ``except urllib3.exceptions.HTTPError`` both catch it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.reason)


class RetriesSpent(NetworkError, urllib3_errors.MaxRetryError):  # type: ignore[misc]  # its reason is text here
    """No connection could be made, or a request that may be repeated failed each time."""


class ReadTimedOut(NetworkError, urllib3_errors.ReadTimeoutError):
    """A write had no answer in time. Pinterest may have executed it."""


class ConnectionBroken(NetworkError, urllib3_errors.ProtocolError):
    """The connection broke under a write. Pinterest may have executed it."""


_REPEATED = frozenset({"GET", "HEAD", "OPTIONS"})


def network_error(error: PinshopError, verb: str) -> NetworkError:
    """The exception of a failure, of the class of urllib3's that 0.1.2 raised for it."""
    kind: type[NetworkError]
    if verb in _REPEATED or isinstance(error, ConnectError | TLSError):
        kind = RetriesSpent
    elif isinstance(error, TimedOut):
        kind = ReadTimedOut
    else:
        kind = ConnectionBroken
    return kind(0, f"{type(error).__name__}: {error}")
