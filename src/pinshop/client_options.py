"""The options of a client: what each is called elsewhere, and which values can work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from pinshop.api.http import BaseUrl
from pinshop.api.near import did_you_mean
from pinshop.api.operations import ApiVersion
from pinshop.errors import ConfigurationError
from pinshop.flow import events
from pinshop.flow.pacing import Pacer
from pinshop.flow.session import Options, options_with
from pinshop.transports.options import NetworkOptions

#: What other clients call these options.
OTHER_NAMES = {
    "timeout": "read_seconds= (and connect_seconds=)",
    "read_timeout": "read_seconds",
    "request_timeout": "read_seconds",
    "connect_timeout": "connect_seconds",
    "retries": "max_attempts",
    "retry": "max_attempts",
    "max_retry": "max_attempts",
    "max_retries": "max_attempts",
    "token": "access_token",
    "api_key": "access_token",
    "host": "base_url",
    "url": "base_url",
    "version": "api_version",
    "proxies": "proxy",
    "verify": "ca_file= (or ssl_context=)",
    "ssl_ca_cert": "ca_file",
    "cert": "client_certificate",
    "max_connections": "concurrency",
}

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch

_VALUE = re.compile(r"[\t\x20-\x7e]*").fullmatch

#: A second one of these would contradict the first, or the framing of the request.
_OWN_HEADERS = {
    "authorization": "pass the token as access_token=, or a token source",
    "proxy-authorization": "put user and password into proxy=",
    "content-length": "leave it out",
    "content-type": "leave it out",
    "transfer-encoding": "leave it out",
    "connection": "leave it out",
    "host": "it follows from base_url",
    "accept-encoding": "leave it out: gzip is asked for and undone",
}


class OptionChanges(TypedDict, total=False):
    """What `BaseClient.with_options` takes."""

    connect_seconds: float
    read_seconds: float
    max_attempts: int
    max_wait_seconds: float
    concurrency: int
    headers: Mapping[str, str]


class ClientOptions(OptionChanges, NetworkOptions, total=False):
    """What `BaseClient.from_env` and `from_profile` hand on: every argument of a client but its credentials."""

    api_version: ApiVersion
    pacing: bool | Pacer
    on_event: events.Hook
    transport: Any
    clock: Callable[[], float] | None
    monotonic: Callable[[], float] | None
    sleep: Callable[[float], Any] | None
    random: Callable[[], float]


def environment_proxy(base_url: str) -> str | None:
    """The proxy that the environment (or the system's settings) names for this URL, ``NO_PROXY`` considered."""
    from urllib.request import getproxies, proxy_bypass

    url = BaseUrl.parse(base_url).url
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, with the names that a client sends by itself in its own spelling, so that they are replaced."""
    own = {"user-agent": "User-Agent", "accept": "Accept"}
    return {own.get(str(name).lower(), name): value for name, value in headers.items()}


def refuse_unknown(what: str, given: Mapping[str, object], taken: Mapping[str, object]) -> None:
    """Python's own words where it finds an argument unknown, and what may have been meant."""
    for name in given:
        if name not in taken:
            known = ["access_token", "base_url", *ClientOptions.__annotations__]
            words = did_you_mean(name, known, OTHER_NAMES) or f" There are {', '.join(known)}"
            raise TypeError(f"{what} got an unexpected keyword argument {name!r}.{words}")


def changed(options: Options, changes: OptionChanges) -> Options:
    """The options with these changes; headers are added to those already set.

    Raises:
        ConfigurationError: an unknown option, or a value that cannot work.
    """
    known = Options.__struct_fields__
    if unknown := sorted(set(changes) - set(known)):
        words = did_you_mean(unknown[0], known, {name: m for name, m in OTHER_NAMES.items() if m.split("=")[0] in known})
        raise ConfigurationError(f"unknown option {unknown[0]}.{words} There are {', '.join(known)}")
    if "headers" in changes:
        changes["headers"] = named(changes["headers"])
    found = options_with(options, changes)
    check(found)
    return found


def check(options: Options) -> None:
    """Refuse options that cannot work, before they end in a puzzling failure."""
    for name in ("connect_seconds", "read_seconds", "max_wait_seconds"):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86400 * 31:
            raise ConfigurationError(f"{name}: got {value!r}, allowed: a number of seconds above 0")
    for name in ("max_attempts", "concurrency"):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
            raise ConfigurationError(f"{name}: got {value!r}, allowed: 1 to 1000")
    headers: Mapping[Any, Any] = options.headers
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str) or not _NAME(name) or not _VALUE(value):
            shown = name if isinstance(name, str) and name.isprintable() else type(name).__name__
            raise ConfigurationError(f"headers: {shown!r} has a name or a value that is no line of ASCII text")
        if name.lower() in _OWN_HEADERS:
            raise ConfigurationError(f"headers: {name!r} is set by pinshop", advice=_OWN_HEADERS[name.lower()])
    if len({name.lower() for name in headers}) < len(headers):
        raise ConfigurationError("headers: a name is given twice, in other letters")
