"""The exceptions of the old interface.

    OpenApiException
    ├── ApiTypeError (TypeError)             an argument of the wrong type; nothing was sent
    ├── ApiValueError (ValueError)           an argument of the wrong value; nothing was sent
    ├── ApiAttributeError (AttributeError)   a field that is not set
    ├── ApiKeyError (KeyError)
    └── ApiException                         what the server or the network did; status 0 is the network
        ├── UnauthorizedException   401
        ├── ForbiddenException      403
        ├── NotFoundException       404
        ├── ServiceException        500-599
        └── UnusableAnswer (ApiTypeError)    a success that cannot be read: HTML, cut short, another shape

``except ApiException`` catches everything that happened after a request was sent. 0.1.2 let the network's errors
(urllib3's) and unreadable answers (`ApiTypeError`) pass by; the latter still are an `ApiTypeError` as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "ApiAttributeError",
    "ApiException",
    "ApiKeyError",
    "ApiTypeError",
    "ApiValueError",
    "ForbiddenException",
    "NotFoundException",
    "OpenApiException",
    "ServiceException",
    "UnauthorizedException",
    "UnusableAnswer",
]


class OpenApiException(Exception):
    """The base of the family."""


def render_path(path_to_item: Sequence[Any]) -> str:
    """``["items", 0, "id"]`` -> ``['items'][0]['id']``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in path_to_item)


def _at(message: str, path_to_item: Sequence[Any] | None) -> str:
    return f"{message} at {render_path(path_to_item)}" if path_to_item else message


class ApiTypeError(OpenApiException, TypeError):
    """``path_to_item`` leads to the value, ``valid_classes`` are what would do, ``key_type`` tells a key from a value."""

    def __init__(
        self,
        msg: str,
        path_to_item: Sequence[Any] | None = None,
        valid_classes: tuple[type, ...] | None = None,
        key_type: bool | None = None,
    ) -> None:
        self.path_to_item = path_to_item
        self.valid_classes = valid_classes
        self.key_type = key_type
        super().__init__(_at(msg, path_to_item))


class ApiValueError(OpenApiException, ValueError):
    """``path_to_item`` leads to the value, where it lies inside another."""

    def __init__(self, msg: str, path_to_item: Sequence[Any] | None = None) -> None:
        self.path_to_item = path_to_item
        super().__init__(_at(msg, path_to_item))


class ApiAttributeError(OpenApiException, AttributeError):
    """``path_to_item`` leads to the field."""

    def __init__(self, msg: str, path_to_item: Sequence[Any] | None = None) -> None:
        self.path_to_item = path_to_item
        super().__init__(_at(msg, path_to_item))


class ApiKeyError(OpenApiException, KeyError):
    """Nothing raises it; old code may catch it."""

    def __init__(self, msg: str, path_to_item: Sequence[Any] | None = None) -> None:
        self.path_to_item = path_to_item
        super().__init__(_at(msg, path_to_item))


class ApiException(OpenApiException):
    """What the server or the network did.

    ``status`` is the HTTP status, 0 where there was no answer; ``reason`` says what happened; ``body`` is text;
    ``headers`` are case-insensitive. ``__cause__`` is pinshop's own error, where it knows more.
    """

    # No super().__init__: ``args`` are the arguments, as they were, and UnusableAnswer has a second parent.
    def __init__(self, status: int | None = None, reason: str | None = None, http_resp: Any = None) -> None:
        self.status = status
        self.reason = reason
        self.body: str | None = None
        self.headers: Any = None
        if http_resp is not None:
            self.status = http_resp.status
            self.reason = http_resp.reason
            self.body = http_resp.data
            self.headers = http_resp.getheaders()

    def __str__(self) -> str:
        text = f"({self.status})\nReason: {self.reason}\n"
        if self.headers:
            text += f"HTTP response headers: {self.headers}\n"
        if self.body:
            text += f"HTTP response body: {self.body}\n"
        return text


class NotFoundException(ApiException):
    """404."""


class UnauthorizedException(ApiException):
    """401: the token."""


class ForbiddenException(ApiException):
    """403: the permission."""


class ServiceException(ApiException):
    """500 to 599."""


class UnusableAnswer(ApiException, ApiTypeError):
    """The server reported success, but its answer cannot be read. A write was probably executed.

    It is an `ApiTypeError` too because that is what 0.1.2 raised here.
    """

    def __init__(self, status: int | None = None, reason: str | None = None, http_resp: Any = None) -> None:
        ApiException.__init__(self, status, reason, http_resp)
        if reason is not None:
            self.reason = reason
        self.path_to_item = ["received_data"]
        self.valid_classes = None
        self.key_type = None


def exception_for(status: int) -> type[ApiException]:
    """The class of a status that is not 2xx."""
    if 500 <= status <= 599:
        return ServiceException
    return {401: UnauthorizedException, 403: ForbiddenException, 404: NotFoundException}.get(status, ApiException)
