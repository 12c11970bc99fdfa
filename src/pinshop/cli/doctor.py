"""`pinshop doctor`: look at the set-up without changing or sending anything; with ``--api``, make one harmless call."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct, structs

from pinshop.api import endpoints, operations
from pinshop.api.operations import API_VERSIONS
from pinshop.cli import exit_codes
from pinshop.cli.connection import emulator_option, open_emulated, refuse_beside_emulator
from pinshop.cli.exit_codes import explained
from pinshop.cli.options import open_client, show, with_json, with_profile
from pinshop.cli.profiles import describe
from pinshop.credentials import environment, find, profiles, vaults
from pinshop.errors import PinshopError
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.tokens import BASE_URL, Credentials

if TYPE_CHECKING:
    from pinshop.client import Client

#: Names that other tools read and pinshop does not, and what to use instead.
_NOT_READ = {
    "PINTEREST_JSON_ENV_VARIABLES": "a profile",
    "PINTEREST_ACCESS_TOKEN_JSON_PATH": "a profile",
    "PINTEREST_OAUTH_TOKEN_DIR": "a profile",
    "PINTEREST_OAUTH_URI": "pinshop login --authorize-url",
    "PINTEREST_REDIRECT_URI": "pinshop login --redirect-uri",
}
_EXTRAS = {
    "aiohttp": "AsyncClient: pinshop[async]",
    "uvicorn": "the emulator: pinshop[emulator]",
    "keyring": "secrets in the keychain: pinshop[keyring]",
    "opentelemetry-api": "traces: pinshop[otel]",
}
_FAR_CLOCK_SECONDS = 120


class Finding(Struct, frozen=True):
    """One line of a doctor. ``problem`` is what keeps pinshop from working; ``note`` is worth knowing."""

    check: str
    state: Literal["ok", "note", "problem"]
    text: str


@click.command()
@with_profile
@click.option("--api", is_flag=True, help="Also make one call: GET /user_account.")
@emulator_option
@with_json
@explained
def doctor(profile: str | None, base_url: str | None, api: bool, emulator: str | None, as_json: bool) -> None:
    """Check the set-up: versions, configuration, credentials. It prints no token.

    Ends with 0 if all is well, with 7 if there is a problem; with --api, a call that fails ends with that failure's own code.

    \b
    Examples:
      pinshop doctor
      pinshop doctor --api --emulator
    """
    if emulator is not None:
        refuse_beside_emulator(profile, base_url)
    environ = os.environ
    findings = [*_versions(), *_environment(environ), *_files(environ)]
    with ExitStack() as opened:
        connect: Callable[[], Client] | None = None
        try:
            if emulator is not None:
                client, account = open_emulated(emulator, API_VERSIONS[-1], opened)
                found = structs.replace(client.credentials, ad_account_id=account)
                connect = lambda: client  # noqa: E731
            else:
                found = find.find(profile=profile, base_url=base_url, environ=environ)
                connect = partial(open_client, profile, base_url, max_attempts=1)
        except PinshopError as error:
            findings.append(Finding("credentials", "problem", str(error)))
        else:
            findings.extend(_token(found))
            if emulator is None:
                findings.append(_proxy(found))
        code = exit_codes.FINDINGS if any(finding.state == "problem" for finding in findings) else exit_codes.OK
        if api and connect is not None:
            called, failed = _call(connect)
            findings.extend(called)
            code = failed or code
    value = {"findings": [{"check": f.check, "state": f.state, "text": f.text} for f in findings], "exit_code": code}
    show(value, [f"{f.state:8}{f.check:14}{f.text}" for f in findings], as_json=as_json)
    raise SystemExit(code)


def _versions() -> Iterator[Finding]:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("pinshop", "urllib3", "msgspec")]
    yield Finding("versions", "ok", f"Python {platform.python_version()}, {', '.join(versions)}")
    for name, use in _EXTRAS.items():
        try:
            yield Finding("extras", "ok", f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding("extras", "note", f"{name} is not installed; needed for {use}")


def _environment(environ: Mapping[str, str]) -> Iterator[Finding]:
    names = [name for aliases in environment.NAMES.values() for name in aliases if environ.get(name)]
    yield Finding("environment", "ok", f"set: {', '.join(names)}" if names else "none of pinshop's variables is set")
    for name, instead in _NOT_READ.items():
        if environ.get(name):
            yield Finding("environment", "note", f"{name} is set, and not read here; use {instead}")


def _files(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        directory = environment.config_dir(environ)
        path = profiles.profiles_path(environ)
        found = profiles.read_profiles(path)
    except PinshopError as error:
        yield Finding("profiles", "problem", str(error))
        return
    place = _writable(directory)
    yield Finding("config", "ok" if place is None else "problem", place or f"{directory} can be written")
    if os.name == "posix" and directory.is_dir() and directory.stat().st_mode & stat.S_IWOTH:
        yield Finding("config", "problem", f"{directory} can be written by everybody; chmod 700 {directory}")
    yield Finding("profiles", "ok", f"{path}: {', '.join(found) or 'none'}")
    for profile in found.values():
        row = describe(profile, environ)
        yield Finding(f"[{profile.name}]", "note" if row["problem"] else "ok", row["state"])
    keychain = vaults.keychain()
    name = f"{type(keychain).__module__}.{type(keychain).__name__}" if keychain else ""
    yield Finding("keychain", "ok" if keychain else "note", name or "none works here; secrets go to files of mode 0600")


def _writable(directory: Path) -> str | None:
    """Why a directory cannot be written, or None. It, or the nearest parent there is, is asked; nothing is made."""
    nearest = directory
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return None
    return f"{directory} cannot be written ({nearest}); a rotated refresh token could not be stored. Set PINSHOP_CONFIG_DIR"


def _token(found: Credentials) -> Iterator[Finding]:
    yield Finding("credentials", "ok", found.source)
    yield Finding("base URL", "ok", found.base_url or "")
    account = found.ad_account_id
    yield Finding("ad account", "ok" if account else "note", account or "no default; commands need --ad-account-id")
    if isinstance(found.tokens, RefreshingToken):
        yield Finding("token", "ok", "is refreshed by itself")
    else:
        yield Finding("token", "note", "cannot be refreshed: it works until it expires")


def _proxy(found: Credentials) -> Finding:
    """The proxy that every command takes from the environment, as `BaseClient.from_env` does."""
    from pinshop.client_options import environment_proxy
    from pinshop.transports.proxies import Proxy

    given = environment_proxy(found.base_url or BASE_URL)
    if given is None:
        return Finding("proxy", "ok", "none; HTTPS_PROXY and NO_PROXY are read")
    try:
        return Finding("proxy", "ok", f"{Proxy.parse(given).url}, from the environment")
    except PinshopError as error:
        return Finding("proxy", "problem", f"HTTPS_PROXY: {error}")


def _call(connect: Callable[[], Client]) -> tuple[list[Finding], int]:
    """The findings of one GET /user_account, and the exit code of its failure (0: none); with the client of every command."""
    try:
        client = connect()
    except PinshopError as error:
        return [Finding("api", "problem", str(error))], exit_codes.code_of(error)
    with client:
        began = time.monotonic()
        try:
            answer = client.respond(operations.build(endpoints.USER_ACCOUNT_GET))
        except PinshopError as error:
            return [Finding("api", "problem", str(error))], exit_codes.code_of(error)
        milliseconds = (time.monotonic() - began) * 1000
    user = answer.value if isinstance(answer.value, dict) else {}
    emulated = answer.headers.get("x-emulated") == "true"
    findings = [
        Finding(
            "api",
            "ok",
            f"user {user.get('username')} answered in {milliseconds:.0f} ms (request id {answer.request_id})"
            + (", by an emulator, not Pinterest" if emulated else ""),
        )
    ]
    if (limit := answer.headers.get("x-ratelimit-limit")) is not None:
        findings.append(Finding("quota", "ok", f"{limit}; remaining {answer.headers.get('x-ratelimit-remaining')}"))
    if not emulated and (text := answer.headers.get("date")):
        findings.extend(_clock(text))
    return findings, exit_codes.OK


def _clock(date: str) -> Iterator[Finding]:
    try:
        off = time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return
    near = abs(off) < _FAR_CLOCK_SECONDS
    text = "agrees with Pinterest's" if near else f"is {off:+.0f} s off; tokens would be refreshed at the wrong time"
    yield Finding("clock", "ok" if near else "problem", f"this machine's clock {text}")
