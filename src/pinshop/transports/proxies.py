"""The ``proxy`` argument, taken apart once for both transports."""

from __future__ import annotations

import base64
from typing import Self
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from pinshop.errors import ConfigurationError

_ALLOWED = "http://user:password@host:port or https://…; characters such as @ in the password as %40"


class Proxy(Struct, frozen=True):
    """A forwarding (http targets) or tunnelling (https targets) proxy."""

    #: scheme://host:port, without user and password.
    url: str
    #: ``Basic …``, or None.
    authorization: str | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.url})"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take ``http://user:password@host:port`` apart.

        Raises:
            ConfigurationError: it is no such URL. The message holds neither user nor password.
        """
        if "://" not in text:
            raise ConfigurationError(f"proxy: a URL without a scheme; allowed: {_ALLOWED}")
        scheme = text.partition("://")[0].lower()
        if scheme not in ("http", "https"):
            shown = scheme if scheme.isalnum() else "?"
            raise ConfigurationError(f"proxy: got a {shown}:// proxy, allowed: {_ALLOWED}")
        fault = None
        try:
            parts = urlsplit(text.strip())
            host, port, user, password = parts.hostname, parts.port, parts.username, parts.password
        except ValueError as error:
            fault = "a port that is none" if "ort" in str(error) else "a host that is none"
            parts, host, port, user, password = urlsplit(""), None, None, None, None
        if fault is None and (not host or any(c.isspace() for c in host) or not host.isascii()):
            fault = "no host"
        if fault is None and port == 0:
            fault = "port 0"
        if fault is None and (parts.path.strip("/") or parts.query or parts.fragment):
            fault = "something behind the port"
        if fault is not None or host is None:
            raise ConfigurationError(f"proxy: a URL with {fault}; allowed: {_ALLOWED}")
        shown = f"[{host}]" if ":" in host else host
        url = f"{scheme}://{shown}:{port or (443 if scheme == 'https' else 80)}"
        authorization = None
        if user is not None or password is not None:
            pair = f"{unquote(user or '')}:{unquote(password or '')}".encode()
            authorization = "Basic " + base64.b64encode(pair).decode("ascii")
        return cls(url, authorization)
