"""Profiles: named settings in a file that people may edit."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from pinshop.api.checks import check_id
from pinshop.api.http import BaseUrl
from pinshop.credentials.environment import config_dir
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError
from pinshop.files.atomic import replace_file
from pinshop.flow.tokens import BASE_URL

DEFAULT_PROFILE = "default"


class Profile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table of ``profiles.toml``. It holds no secret."""

    name: str
    base_url: str = BASE_URL
    ad_account_id: str | None = None
    app_id: str | None = None
    scopes: tuple[str, ...] = ()
    #: How a new access token is got, where there is no refresh token: by the app's own id and secret.
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    secrets: Literal["keyring", "file"] = "file"


_PROFILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

_KEYS: dict[str, type] = {
    "base_url": str,
    "ad_account_id": str,
    "app_id": str,
    "scopes": list,
    "grant": str,
    "secrets": str,
}


def profiles_path(environ: Mapping[str, str]) -> Path:
    """The file of profiles."""
    return config_dir(environ) / "profiles.toml"


def read_profiles(path: Path) -> dict[str, Profile]:
    """All profiles of a file; none if there is no file.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type, or a secret where none belongs.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    return _parse(text, str(path))


def _parse(text: str, where: str) -> dict[str, Profile]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where} is not TOML: {error}") from None
    profiles: dict[str, Profile] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(f"{where}: {name} stands outside of a profile", advice="begin with a line [default]")
        check_profile_name(name)
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in {"access_token", "refresh_token", "app_secret"}:
                raise ConfigurationError(
                    f"{where}: [{name}] holds {key}; secrets do not belong in this file",
                    advice=f"delete the line, treat the secret as known to others, and run pinshop login --profile {name}",
                )
            if key not in _KEYS:
                raise ConfigurationError(f"{where}: [{name}] {key} is unknown; known are {', '.join(_KEYS)}")
            if not isinstance(value, _KEYS[key]):
                raise ConfigurationError(f"{where}: [{name}] {key} must be {'a list' if key == 'scopes' else 'text in quotes'}")
            values[key] = value
        profiles[name] = _checked(name, values, where)
    return profiles


def _checked(name: str, values: dict[str, Any], where: str) -> Profile:
    field = f"{where}: [{name}]"
    if "base_url" in values:
        values["base_url"] = str(BaseUrl.parse(values["base_url"], f"{field} base_url"))
    if "ad_account_id" in values:
        check_id(f"{field} ad_account_id", values["ad_account_id"])
    for key, allowed in (("grant", ("refresh_token", "client_credentials")), ("secrets", ("keyring", "file"))):
        if key in values and values[key] not in allowed:
            raise InvalidInput(f"{field} {key}", values[key], " or ".join(allowed))
    scopes = values.get("scopes", [])
    if not all(isinstance(scope, str) for scope in scopes):
        raise InvalidInput(f"{field} scopes", scopes, "a list of texts")
    values["scopes"] = tuple(scopes)
    return Profile(name=name, **values)


def check_profile_name(name: str) -> str:
    """A profile's name becomes a file's name: letters, digits, ``_`` and ``-``."""
    if not _PROFILE_NAME.fullmatch(name):
        raise InvalidInput("profile", name, "1 to 64 letters, digits, _ or -")
    return name


def write_profile(path: Path, profile: Profile) -> None:
    """Add a profile to the file, or replace its values; comments and other profiles stay as they are."""
    check_profile_name(profile.name)
    before = read_profiles(path)
    text = path.read_text("utf-8") if path.exists() else ""
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key in _KEYS
        if (value := getattr(profile, key)) not in (None, ())
    }
    # A TOML basic string is a JSON string, but for the delete character, which no value here holds.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    head = f"[{profile.name}]"
    section = re.compile(rf"^\[{re.escape(profile.name)}\][^\n]*\n(?:(?!\[).*(?:\n|\Z))*", re.MULTILINE)
    if found := section.search(text):
        kept = [line for line in found[0].splitlines()[1:] if not re.match(rf"\s*(?:{'|'.join(_KEYS)})\s*=", line)]
        body = "\n".join([head, *lines, *kept]) + "\n"
        text = text[: found.start()] + body + text[found.end() :]
    else:
        text = text + ("\n" if text and not text.endswith("\n\n") else "") + "\n".join([head, *lines]) + "\n"
    try:
        safe = _parse(text, str(path)) == {**before, profile.name: profile}
    except PinshopError:
        safe = False
    if not safe:
        raise ConfigurationError(
            f"{path}: [{profile.name}] is laid out in a way that cannot be changed safely; edit it by hand"
        )
    replace_file(path, text.encode("utf-8"))


def remove_profile(path: Path, name: str) -> None:
    """Take a profile out of the file; comments and other profiles stay as they are."""
    import tomlkit

    document = tomlkit.parse(path.read_text("utf-8-sig"))
    document.pop(name, None)
    replace_file(path, tomlkit.dumps(document).encode())
