"""The values that cross the seam to a transport: URLs, requests, replies, pauses, and the protocols of both transports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from msgspec import Struct, structs

from pinshop.errors import InvalidSetting

#: The path of the API below its host. Source: ``servers`` of Pinterest's descriptions.
API_PREFIX = "/v5"

# Compiled when they are first used: the old interface and the usual path do without.
_HOST = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?"

_PATH = r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*/?"

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Url(Struct, frozen=True):
    """An absolute http(s) URL in its parts. ``host`` is in lower case, an IPv6 address without its brackets."""

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart.

        Raises:
            ValueError: it is no http(s) URL, or holds a user, a fragment, a space or a character that is not ASCII. The
                message says which, without a word of the URL itself: it may hold a secret.
        """
        if not text.isascii():
            raise ValueError("it is not ASCII (write an international host name as xn--…)")
        # urlsplit drops tabs, line breaks and what surrounds a URL, silently.
        if any(character <= " " or character == "\x7f" for character in text):
            raise ValueError("it has a space or a control character")
        if "\\" in text or "#" in text:
            raise ValueError("it has a fragment or a backslash")
        parts = urlsplit(text)
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError("it does not begin with http:// or https://")
        if "@" in parts.netloc:
            raise ValueError("it has a user or a password in it")
        if parts.netloc.endswith(":") or parts.port == 0:
            raise ValueError("its port is not 1 to 65535")
        host = parts.hostname or ""
        if ":" in host:
            import ipaddress  # rare, and a client should start quickly

            ipaddress.IPv6Address(host)
            if not re.fullmatch(r"\[[^\[\]]+\](:[0-9]+)?", parts.netloc):
                raise ValueError("its host is not a name or an address")
        elif not re.fullmatch(_HOST, host) or "[" in parts.netloc:
            raise ValueError("its host is not a name or an address")
        return cls(parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme], parts.path, parts.query)

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``, without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")

    @property
    def target(self) -> str:
        """What a request line holds: ``/path?query``."""
        return (self.path or "/") + (f"?{self.query}" if self.query else "")

    @property
    def local(self) -> bool:
        """Whether the host is this machine by its name or address, so that nothing crosses a network."""
        import ipaddress

        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


class BaseUrl(Struct, frozen=True):
    """Where the API is: ``origin`` (scheme, host, port) and ``prefix`` (``/v5``), the path before every path.

    A URL without a path means ``/v5``: ``https://api.pinterest.com`` and ``https://api.pinterest.com/v5`` are one base
    URL, wherever it is written. Any other path is taken as it is (a gateway's); a final slash is dropped.
    """

    url: Url

    @classmethod
    def parse(cls, text: str, field: str = "base_url") -> Self:
        """Read a base URL; ``field`` is what an error calls it.

        Raises:
            InvalidSetting: it is no http(s) URL, or holds a user, a query, a fragment, a space or a bad port.
        """
        allowed = "http(s)://host[:port][/path], as in https://api.pinterest.com/v5"
        if not isinstance(text, str):
            raise InvalidSetting(field, text, allowed)
        try:
            return cls(_url_of_a_base(text))
        except ValueError as error:
            # A user's password stands before the @, a token perhaps in the query: neither may be shown.
            shown = re.sub(r"(?s)[?#].*", "?…", text) if "@" not in text else "a URL with @ in it"
            why = str(error) if str(error).startswith("it") else "its host or port is malformed"
            raise InvalidSetting(field, shown, f"{allowed}; {why}") from None

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``."""
        return self.url.origin

    @property
    def prefix(self) -> str:
        """``/v5``."""
        return self.url.path

    def __str__(self) -> str:
        return self.origin + self.prefix


def _url_of_a_base(text: str) -> Url:
    url = Url.parse(text)
    if "?" in text:
        raise ValueError("it has a query")
    if url.path == API_PREFIX:
        return url
    if not re.fullmatch(_PATH, url.path) or {".", ".."} & set(url.path.split("/")):
        raise ValueError("its path is not one of plain segments")
    return structs.replace(url, path=url.path.rstrip("/") or API_PREFIX)


class Request(Struct, frozen=True):
    """What goes to a transport: bytes, no meaning. ``origin`` is scheme://host[:port], ``target`` path?query."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    #: True: Ctrl-C and cancellation wait for the answer. It holds a token that would be lost with it.
    uninterrupted: bool = False


class Reply(Struct, frozen=True):
    """What a transport gives back. Header names are lower-case; the body is decompressed and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str = ""

    def __repr__(self) -> str:  # the body of a token request holds tokens, and debuggers show local variables
        return f"Reply(status={self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # msgspec's shows every field
        return [("status", self.status), ("bytes", len(self.body))]


class Pause(Struct, frozen=True):
    """What a flow yields beside a `Request`: do nothing for so long."""

    seconds: float
    why: str


class Transport(Protocol):
    """The only seam to the network. Raises `TransportError` (with ``sent``) or `BadReply` (too large, cut short)."""

    def send(self, request: Request, /) -> Reply: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same seam for the asynchronous client."""

    async def send(self, request: Request, /) -> Reply: ...
    async def close(self) -> None: ...
