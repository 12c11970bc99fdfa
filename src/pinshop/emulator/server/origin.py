"""What keeps other web pages out: one check of host and origin, in front of everything but the API itself.

A page elsewhere can make a browser send a request here, and by pointing its own name at this machine (DNS rebinding) even
read the answer. It cannot choose what the browser says of it: a name in ``Host``, another ``Origin``, ``Sec-Fetch-Site``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from pinshop.errors import ConfigurationError


class WebAccess(Struct, frozen=True):
    """``hosts``: names under which it is reached. ``origins``: web pages whose scripts may call it (CORS)."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], origins: Iterable[str]) -> WebAccess:
        """Raises: ConfigurationError: a host that is no name, an origin that is none."""
        return cls(_checked_hosts(hosts), _checked_origins(origins))


def refusal(method: str, headers: Iterable[tuple[str, str]], access: WebAccess) -> str | None:
    """Why a request is not taken, or None. ``headers``: all of them, with lower-case names."""
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name, []).append(value)
    if any(len(named.get(name, ())) > 1 for name in ("host", "origin")):
        return "Host and Origin may be given once."
    host = named["host"][0].strip() if "host" in named else None  # without one it is no browser
    if host is not None and not _is_ours(host, access.hosts):
        return (
            f"The emulator is reached at localhost or at an address in numbers, not at {host!r}: a name could be another "
            "site's, made to point at this machine. If the name is yours, allow it with --allow-host."
        )
    origin = named["origin"][0] if "origin" in named else None
    if origin is not None and origin in access.origins:
        return None
    if origin is not None and (host is None or origin.partition("://")[2].lower() != host.lower()):
        return f"That came from another web page ({origin!r}). Allow it with --cors, if it is yours."
    if named.get("sec-fetch-site", ["none"])[0] not in ("same-origin", "none"):
        # Following a link is harmless: nothing is changed by reading, and the other page does not see the answer.
        followed = method in ("GET", "HEAD") and named.get("sec-fetch-mode") == ["navigate"]
        if not (followed and named.get("sec-fetch-dest") == ["document"]):
            return "That came from another web page."
    return None


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    if "@" in host or "/" in host or "\\" in host:
        return False
    try:
        place = urlsplit("//" + host)
        name, _port = (place.hostname or "").rstrip("."), place.port
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost") or name in hosts:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _checked_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """Host names as an option gives them.

    Raises:
        ConfigurationError: one that is no name, such as ``*`` or a URL.
    """
    found = []
    for host in [hosts] if isinstance(hosts, str) else hosts:
        name = str(host).strip().lower().rstrip(".")
        if not name or not all(part and part.replace("-", "").replace("_", "").isalnum() for part in name.split(".")):
            raise ConfigurationError(f"allow_hosts: got {host!r}, allowed: host names without scheme and port")
        found.append(name)
    return frozenset(found)


def _checked_origins(origins: Iterable[str]) -> frozenset[str]:
    """Origins as an option gives them.

    Raises:
        ConfigurationError: one that is no origin, such as ``*`` or an address with a path.
    """
    found = []
    for origin in [origins] if isinstance(origins, str) else origins:
        place = urlsplit(str(origin).strip().rstrip("/"))
        if place.scheme not in ("http", "https") or not place.hostname or place.path or place.query or place.fragment:
            raise ConfigurationError(f"cors: got {origin!r}, allowed: origins such as http://localhost:3000")
        found.append(f"{place.scheme}://{place.netloc}".lower())
    return frozenset(found)
