"""Profiles: named settings in a file that people may edit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pinshop.api.checks import check_id
from pinshop.api.http import BaseUrl
from pinshop.api.models.decoding import decoder_of
from pinshop.credentials.environment import config_dir
from pinshop.errors import ConfigurationError, InvalidInput
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

_KEYS = tuple(name for name in Profile.__struct_fields__ if name != "name")


def profiles_path(environ: Mapping[str, str]) -> Path:
    """The file of profiles."""
    return config_dir(environ) / "profiles.toml"


def read_profiles(path: Path) -> dict[str, Profile]:
    """All profiles of a file; none if there is no file.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type, or a secret where none belongs.
    """
    try:
        text = path.read_text("utf-8-sig")  # Windows' editors put a mark in front
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
    return {name: _profile(name, table, where) for name, table in tables.items()}


def _profile(name: str, table: Any, where: str) -> Profile:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{where}: {name} stands outside of a profile", advice="begin with a line [default]")
    check_profile_name(name)
    for key in table:
        if key in {"access_token", "refresh_token", "app_secret"}:
            raise ConfigurationError(
                f"{where}: [{name}] holds {key}; secrets do not belong in this file",
                advice=f"delete the line, treat the secret as known to others, and run pinshop login --profile {name}",
            )
        if key not in _KEYS:
            raise ConfigurationError(f"{where}: [{name}] {key} is unknown; known are {', '.join(_KEYS)}")
    field = f"{where}: [{name}]"
    decoder_of(Profile)
    try:
        profile = msgspec.convert({**table, "name": name}, Profile)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{field} {_words(error, table)}") from None
    if profile.ad_account_id is not None:
        check_id(f"{field} ad_account_id", profile.ad_account_id)
    return msgspec.structs.replace(profile, base_url=str(BaseUrl.parse(profile.base_url, f"{field} base_url")))


def _words(error: msgspec.ValidationError, table: dict[str, Any]) -> str:
    """The words of msgspec with the key in front: ``Expected `str`, got `int` - at `$.app_id` ``."""
    words, _, place = str(error).partition(" - at `$.")
    key = place.rstrip("`").partition("[")[0]
    choices = {"grant": "refresh_token or client_credentials", "secrets": "keyring or file"}
    if key in choices and isinstance(table.get(key), str):
        return f"{key}: got {table[key]!r}, allowed: {choices[key]}"
    return f"{key} must be {'a list of texts' if key == 'scopes' else 'text in quotes'} ({words})"


def check_profile_name(name: str) -> str:
    """A profile's name becomes a file's name: letters, digits, ``_`` and ``-``."""
    if not _PROFILE_NAME.fullmatch(name):
        raise InvalidInput("profile", name, "1 to 64 letters, digits, _ or -")
    return name


def write_profile(path: Path, profile: Profile) -> None:
    """Add a profile to the file, or replace its values; comments, order and other profiles stay as they are.

    Raises:
        ConfigurationError: the file is not one of profiles, or tomlkit is not installed.
    """
    check_profile_name(profile.name)
    before = read_profiles(path)
    document = _document(path)
    if profile.name not in document:
        document[profile.name] = _tomlkit().table()
    table: Any = document[profile.name]
    values = {key: value for key in _KEYS if (value := getattr(profile, key)) not in (None, ())}
    for key in _KEYS:
        if key in values:
            table[key] = list(values[key]) if isinstance(values[key], tuple) else values[key]
        else:
            table.pop(key, None)
    text = _tomlkit().dumps(document)
    if _parse(text, str(path)) != {**before, profile.name: profile}:
        raise ConfigurationError(
            f"{path}: [{profile.name}] is laid out in a way that cannot be changed safely; edit it by hand"
        )
    replace_file(path, text.encode("utf-8"))


def remove_profile(path: Path, name: str) -> None:
    """Take a profile out of the file; comments and other profiles stay as they are."""
    document = _document(path)
    document.pop(name, None)
    replace_file(path, _tomlkit().dumps(document).encode("utf-8"))


def _document(path: Path) -> Any:
    return _tomlkit().parse(path.read_text("utf-8-sig") if path.exists() else "")


def _tomlkit() -> Any:
    try:
        import tomlkit
    except ImportError:
        raise ConfigurationError("writing profiles needs tomlkit", advice="pip install 'pinshop[cli]'") from None
    return tomlkit
