"""What keeps other web pages out: one check of host and origin, in front of everything but the API itself.

A page elsewhere can make a browser send a request here, and by pointing its own name at this machine (DNS rebinding) even
read the answer. It cannot choose what the browser says of it: a name in ``Host``, another ``Origin``, ``Sec-Fetch-Site``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from pinshop.emulator.arguments import shown, texts
from pinshop.errors import ConfigurationError


class WebAccess(Struct, frozen=True):
    """``hosts``: names under which it is reached. ``origins``: web pages whose scripts may call it (CORS)."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], origins: Iterable[str]) -> WebAccess:
        """Raises: ConfigurationError: a host that is no name, an origin that is none."""
        return cls(_checked_hosts(hosts), _checked_origins(origins))


def refusal(method: str, scheme: str, headers: Iterable[tuple[str, str]], access: WebAccess) -> str | None:
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
    if origin is not None and (host is None or origin.lower() != f"{scheme}://{host}".lower()):
        return f"That came from another web page ({origin!r}). Allow it with --cors, if it is yours."
    if not set(named.get("sec-fetch-site", ())) <= {"same-origin", "none"}:
        # Following a link is harmless: nothing is changed by reading, and the other page does not see the answer.
        followed = method in ("GET", "HEAD") and named.get("sec-fetch-mode") == ["navigate"]
        if not (followed and named.get("sec-fetch-dest") == ["document"]):
            return "That came from another web page."
    return None


#: A name, an address, an address of IPv6 in brackets; and a port. Other forms are none that a browser sends.
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)(?:%25[\w.~-]+)?\]|(?P<name>[\w.-]+))(?::(?P<port>[0-9]{0,5}))?", re.ASCII)


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    parts = _HOST.fullmatch(host)
    if parts is None or int(parts["port"] or 0) > 65_535:
        return False
    name = (parts["six"] or parts["name"]).lower().removesuffix(".")
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
    for host in texts("allow_hosts", hosts):
        name = _in_ascii(host.strip().lower().removesuffix("."))
        if not all(part and part.replace("-", "").replace("_", "").isalnum() for part in name.split(".")):
            raise ConfigurationError(f"allow_hosts: got {shown(host)}, allowed: host names without scheme and port")
        found.append(name)
    return frozenset(found)


def _checked_origins(origins: Iterable[str]) -> frozenset[str]:
    """Origins as an option gives them, in the form in which browsers send them: no port that goes without saying.

    Raises:
        ConfigurationError: one that is no origin, such as ``*`` or an address with a path.
    """
    found = []
    for origin in texts("cors", origins):
        try:
            place = urlsplit(origin.strip().rstrip("/").lower())
            name, port = _in_ascii(place.hostname or ""), place.port
        except ValueError:
            place, name, port = urlsplit(""), "", None
        beside = place.username, place.path, place.query, place.fragment
        if place.scheme not in ("http", "https") or not name or any(beside):
            raise ConfigurationError(f"cors: got {shown(origin)}, allowed: origins such as http://localhost:3000")
        name = f"[{name}]" if ":" in name else name
        found.append(f"{place.scheme}://{name}" + (f":{port}" if port not in (None, _PORTS[place.scheme]) else ""))
    return frozenset(found)


_PORTS = {"http": 80, "https": 443}


def _in_ascii(name: str) -> str:
    """A host name as it stands in addresses: other scripts' letters are encoded there. Empty: it cannot be."""
    try:
        return name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        return ""
