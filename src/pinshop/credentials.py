"""Where credentials are read from and kept: the environment, profiles, the keychain, files.

A room of its own, because `pinshop.auth` decides and does no I/O; this one reads the environment and writes files. Nothing is
read when it is imported: `find` and what it calls read, when they are called. Order, first hit wins:

    1. an argument: ``access_token``, or a profile by name
    2. the environment: ``PINTEREST_ACCESS_TOKEN``, or ``PINTEREST_REFRESH_ACCESS_TOKEN`` with ``PINTEREST_APP_ID`` and
       ``PINTEREST_APP_SECRET`` (all three), or a profile named by ``PINSHOP_PROFILE``
    3. the profile ``default``

A profile is a table of ``profiles.toml`` in the platform's config directory. Its secrets are in the keychain where `keyring` is
installed and works, else in a file beside it that only its owner can read (``tokens/<profile>.json``, mode 0600).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast
from urllib.parse import urlsplit

from msgspec import Struct

from pinshop.auth import (
    BASE_URL,
    App,
    Credentials,
    RefreshingToken,
    Secret,
    StaticToken,
    Token,
    TokenSource,
    TokenStore,
    check_secret,
)
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError
from pinshop.operations import check_id

DEFAULT_PROFILE = "default"

#: Meaning -> names in the environment, the canonical one first. Source of the aliases: the official SDK and quickstart, and
#: the tools in use beside them.
NAMES: dict[str, tuple[str, ...]] = {
    "access_token": ("PINTEREST_ACCESS_TOKEN", "PINTEREST_ADS_ACCESS_TOKEN"),
    "refresh_token": ("PINTEREST_REFRESH_ACCESS_TOKEN", "PINTEREST_REFRESH_TOKEN", "PINTEREST_ADS_REFRESH_TOKEN"),
    "app_id": ("PINTEREST_APP_ID", "PINTEREST_CLIENT_ID"),
    "app_secret": ("PINTEREST_APP_SECRET", "PINTEREST_CLIENT_SECRET"),
    "base_url": ("PINTEREST_API_URI", "PINTEREST_BASE_URL"),
    "ad_account_id": ("PINTEREST_AD_ACCOUNT_ID",),
    "profile": ("PINSHOP_PROFILE",),
    "config_dir": ("PINSHOP_CONFIG_DIR",),
}


def find(
    *,
    access_token: str | Secret | None = None,
    profile: str | None = None,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
    store: TokenStore | None = None,
    clock: Callable[[], float] = time.time,
) -> Credentials:
    """The credentials to use, and which source they came from.

    Args:
        access_token: decides at once.
        profile: the name of a profile; decides at once. Give one of the two at most.
        base_url: beats that of the environment; a profile belongs to one base URL and refuses another.
        environ: read instead of the process's environment.
        store: keeps the rotated token of a refresh token from the environment, instead of a file in the config directory.
            `MemoryStore` accepts that a rotation is lost when the process ends.
        clock: seconds since 1970.

    Raises:
        ConfigurationError: nothing found, or what was found contradicts itself. Values of secrets are never shown.
    """
    environ = os.environ if environ is None else environ
    if access_token is not None and profile is not None:
        raise ConfigurationError("give access_token or profile, not both")
    if access_token is not None:
        return _made(StaticToken(access_token), "argument access_token", *_common(environ, base_url))
    if profile is not None:
        return from_profile(profile, base_url=base_url, environ=environ, clock=clock)
    found = from_environment(environ, base_url=base_url, store=store, clock=clock)
    named = _read(environ, "profile")
    if found is not None and named is not None:
        raise ConfigurationError(
            f"both {found.source} and PINSHOP_PROFILE={named[1]} are set, and they may be different accounts",
            advice="unset one of them, or name the profile in an argument",
        )
    if found is not None:
        return found
    if named is not None:
        return from_profile(named[1], base_url=base_url, environ=environ, clock=clock)
    if DEFAULT_PROFILE in read_profiles(profiles_path(environ)):
        return from_profile(DEFAULT_PROFILE, base_url=base_url, environ=environ, clock=clock)
    raise ConfigurationError(
        f"no credentials: none in an argument, PINTEREST_ACCESS_TOKEN is not set, and there is no profile "
        f"{DEFAULT_PROFILE!r} in {profiles_path(environ)}",
        advice="run pinshop login, or set PINTEREST_ACCESS_TOKEN",
    )


# ------------------------------------------------------------------------------------- the environment


def from_environment(
    environ: Mapping[str, str],
    *,
    base_url: str | None = None,
    store: TokenStore | None = None,
    clock: Callable[[], float] = time.time,
) -> Credentials | None:
    """The credentials that the environment holds, or None.

    A refresh token in the environment is where a token begins. Pinterest replaces it at every refresh, and the environment
    cannot be written, so what follows it is kept in a file named after its digest, and read from there the next time.

    Raises:
        ConfigurationError: two names of one thing with different values, or a refresh token without the app's id and secret.
    """
    base_url, ad_account_id = _common(environ, base_url)
    access, refresh = _read(environ, "access_token"), _read(environ, "refresh_token")
    app_id, app_secret = _read(environ, "app_id"), _read(environ, "app_secret")
    if refresh is None:
        if access is None:
            return None
        return _made(StaticToken(check_secret(*access)), f"environment variable {access[0]}", base_url, ad_account_id)
    if app_id is None or app_secret is None:
        missing = [NAMES[key][0] for key, value in (("app_id", app_id), ("app_secret", app_secret)) if value is None]
        raise ConfigurationError(f"{refresh[0]} is set, but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not")
    source = f"environment variable {refresh[0]}"
    if store is None:
        digest = hashlib.sha256(f"{app_id[1]}\0{refresh[1]}".encode()).hexdigest()[:16]
        vault = FileVault(config_dir(environ) / "tokens")
        store = KeptToken(vault, f"env-{digest}")
        source += f", continued in {vault.where(f'env-{digest}')}"
    if store.load() is None:
        first = Token(
            access_token=check_secret(*access) if access else Secret(""),
            refresh_token=check_secret(*refresh),
            expires_at=None if access else 0.0,  # without an access token there is nothing to use before the first refresh
        )
        store = _Seeded(store, first)
    app = App(app_id[1], check_secret(*app_secret))
    return _made(RefreshingToken(app, store, base_url=base_url, clock=clock), source, base_url, ad_account_id)


def _read(environ: Mapping[str, str], meaning: str) -> tuple[str, str] | None:
    """The name that is set and its value. Names that say the same thing differently are refused, not ranked."""
    found = [(name, value) for name in NAMES[meaning] if (value := environ.get(name, "").strip())]
    if len({value for _, value in found}) > 1:
        raise ConfigurationError(f"{' and '.join(name for name, _ in found)} are both set, to different values")
    return found[0] if found else None


def value_of(environ: Mapping[str, str], meaning: str) -> str | None:
    """One value of the environment by its meaning (a key of `NAMES`)."""
    found = _read(environ, meaning)
    return found[1] if found else None


def base_url_of(environ: Mapping[str, str], argument: str | None) -> str | None:
    """The base URL that an argument names, or else the environment."""
    found = _base_url(environ, argument)
    return found[1] if found else None


def _base_url(environ: Mapping[str, str], argument: str | None) -> tuple[str, str] | None:
    """Who names a base URL, and which."""
    found = ("base_url", argument) if argument is not None else _read(environ, "base_url")
    return (found[0], check_base_url(found[1], found[0])) if found else None


def _common(environ: Mapping[str, str], base_url: str | None) -> tuple[str, str | None]:
    base, account = _base_url(environ, base_url), _read(environ, "ad_account_id")
    return base[1] if base else BASE_URL, check_id(*account) if account else None


def check_base_url(text: str, field: str = "base_url") -> str:
    """A base URL in one form: ``https://host/v5``. Without a path, ``/v5`` is meant; a final slash is dropped.

    Raises:
        InvalidInput: it is no http(s) URL, or holds a user, a query or a fragment.
    """
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        shown = text if "@" not in text else "a URL with a user in it"
        raise InvalidInput(field, shown, "http(s)://host[:port][/path], as in https://api.pinterest.com/v5")
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/') or '/v5'}"


def _made(
    tokens: TokenSource, source: str, base_url: str, ad_account_id: str | None, profile: str | None = None
) -> Credentials:
    return Credentials(tokens=tokens, source=source, base_url=base_url, ad_account_id=ad_account_id, profile=profile)


# -------------------------------------------------------------------------------------------- profiles


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
    "base_url": str, "ad_account_id": str, "app_id": str, "scopes": list, "grant": str, "secrets": str,
}  # fmt: skip


def config_dir(environ: Mapping[str, str]) -> Path:
    """``PINSHOP_CONFIG_DIR``, else the platform's place (Linux: ``$XDG_CONFIG_HOME/pinshop`` or ``~/.config/pinshop``)."""
    if given := _read(environ, "config_dir"):
        return Path(given[1])
    try:
        import platformdirs
    except ImportError:
        raise ConfigurationError(
            "profiles need platformdirs", advice="pip install 'pinshop[cli]', or set PINSHOP_CONFIG_DIR"
        ) from None
    return platformdirs.user_config_path("pinshop", appauthor=False)


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
        values["base_url"] = check_base_url(values["base_url"], f"{field} base_url")
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
    }  # fmt: skip
    # A TOML basic string is a JSON string, but for the delete character, which no value here holds.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    head = f"[{profile.name}]"
    section = re.compile(rf"^\[{re.escape(profile.name)}\][^\n]*\n(?:(?!\[).*(?:\n|\Z))*", re.MULTILINE)
    if found := section.search(text):
        kept = [
            line for line in found[0].splitlines()[1:]
            if not re.match(rf"\s*(?:{'|'.join(_KEYS)})\s*=", line)
        ]  # fmt: skip
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


def from_profile(
    name: str,
    *,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.time,
) -> Credentials:
    """The credentials of a profile.

    Raises:
        ConfigurationError: no such profile, no token for it, or the environment names another base URL than the profile.
    """
    environ = os.environ if environ is None else environ
    path = profiles_path(environ)
    profiles = read_profiles(path)
    profile = profiles.get(check_profile_name(name))
    if profile is None:
        known = f"there are {', '.join(sorted(profiles))}" if profiles else "there are none"
        raise ConfigurationError(f"no profile {name!r} in {path}; {known}", advice=f"run pinshop login --profile {name}")
    base = _base_url(environ, base_url)
    if base and base[1] != profile.base_url:
        # A real token must not go to an emulator, nor writes meant for an emulator to Pinterest.
        raise ConfigurationError(
            f"profile {name} is for {profile.base_url}, but {base[0]} says {base[1]}",
            advice=f"drop {base[0]}, or use another profile",
        )
    account = _read(environ, "ad_account_id")
    ad_account_id = check_id(*account) if account else profile.ad_account_id
    store = kept_token(profile, environ)
    token = store.load()
    secret = store.app_secret()
    where = f"profile {name} ({path}), secrets in {store.where}"
    app = App(profile.app_id, secret) if profile.app_id and secret else None
    tokens: TokenSource
    if app is not None and profile.grant == "client_credentials":
        tokens = RefreshingToken(
            app, MemoryStore(), base_url=profile.base_url, grant=profile.grant, scopes=profile.scopes, clock=clock
        )
    elif token is None:
        raise ConfigurationError(f"profile {name} has no token in {store.where}", advice=f"run pinshop login --profile {name}")
    elif app is not None and token.refresh_token is not None:
        tokens = RefreshingToken(app, store, base_url=profile.base_url, clock=clock)
    else:
        tokens = StaticToken(token.access_token)
    return _made(tokens, where, profile.base_url, ad_account_id, name)


def keep(profile: Profile, token: Token | None, app_secret: Secret | None, environ: Mapping[str, str]) -> None:
    """Keep a profile with what a login gave: the secrets first, under their lock, then the table that points to them.

    Raises:
        ConfigurationError: it cannot be written, or the profile's token is being refreshed all the while.
    """
    store = kept_token(profile, environ)
    before = read_profiles(profiles_path(environ)).get(profile.name)
    deadline = time.monotonic() + 30.0
    while (release := store.try_lock()) is None:
        if time.monotonic() > deadline:
            raise ConfigurationError(f"another process holds the lock of {store.where}", advice="end it, and try again")
        time.sleep(0.05)
    try:
        if token is not None:
            store.save(token, app_secret=app_secret)
        elif app_secret is not None:
            store.save_app_secret(app_secret)
        write_profile(profiles_path(environ), profile)
        if before is not None and before.secrets != profile.secrets:
            with contextlib.suppress(PinshopError):  # the keychain it was in may be gone
                kept_token(before, environ).delete()
    finally:
        release()


# -------------------------------------------------------------------------------- where secrets are kept


class Vault(Protocol):
    """A place for a few secret texts, each under a name."""

    def get(self, name: str, /) -> str | None: ...
    def put(self, name: str, text: str, /) -> None: ...
    def delete(self, name: str, /) -> None: ...
    def where(self, name: str, /) -> str: ...
    def lock_path(self, name: str, /) -> Path: ...


class FileVault:
    """Files that only their owner can read (mode 0600, in a directory of mode 0700), replaced atomically.

    On Windows the mode means nothing; there the config directory belongs to the user.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def where(self, name: str, /) -> str:
        return str(self._path(name))

    def lock_path(self, name: str, /) -> Path:
        return self._directory / f"{name}.lock"

    def get(self, name: str, /) -> str | None:
        path = self._path(name)
        try:
            with path.open(encoding="utf-8") as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise ConfigurationError(
                        f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})",
                        advice=f"chmod 600 {path}, and consider its tokens known to others",
                    )
                return file.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from None

    def put(self, name: str, text: str, /) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._path(name), text.encode("utf-8"))

    def delete(self, name: str, /) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path(name).unlink()


class KeyringVault:
    """The operating system's keychain, through `keyring`. The lock is a file: keychains have none."""

    SERVICE = "pinshop"

    def __init__(self, lock_directory: Path, backend: Any) -> None:
        self._lock_directory = lock_directory
        self._backend = backend

    def where(self, name: str, /) -> str:
        return f"the keychain ({self.SERVICE}/{name})"

    def lock_path(self, name: str, /) -> Path:
        return self._lock_directory / f"{name}.lock"

    def get(self, name: str, /) -> str | None:
        with _keychain_errors():
            return cast("str | None", self._backend.get_password(self.SERVICE, name))

    def put(self, name: str, text: str, /) -> None:
        with _keychain_errors():
            self._backend.set_password(self.SERVICE, name, text)

    def delete(self, name: str, /) -> None:
        with _keychain_errors():
            if self._backend.get_password(self.SERVICE, name) is not None:
                self._backend.delete_password(self.SERVICE, name)


@contextlib.contextmanager
def _keychain_errors() -> Generator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- keychains raise what they like
        # Its words are not ours to vouch for, so only its kind is shown.
        raise ConfigurationError(
            f"the keychain did not work ({type(error).__name__})", advice="unlock it, or log in again with --secrets file"
        ) from None


def keychain() -> Any | None:
    """The keychain's backend, or None: `keyring` is not installed, or finds no keychain that works here."""
    try:
        import keyring
    except ImportError:
        return None
    backend = keyring.get_keyring()
    # A backend says by its priority whether it suits this machine; "null" and "fail" do not keep anything.
    usable = getattr(backend, "priority", 0) > 0 and type(backend).__module__ not in {
        "keyring.backends.null",
        "keyring.backends.fail",
    }
    return backend if usable else None


def kept_token(profile: Profile, environ: Mapping[str, str]) -> KeptToken:
    """Where a profile's secrets are kept."""
    directory = config_dir(environ) / "tokens"
    if profile.secrets == "file":
        return KeptToken(FileVault(directory), profile.name)
    backend = keychain()
    if backend is None:
        raise ConfigurationError(
            f"profile {profile.name} keeps its secrets in the keychain, and there is none that works here",
            advice=f"pip install 'pinshop[keyring]', or run pinshop login --profile {profile.name} --secrets file",
        )
    return KeptToken(KeyringVault(directory, backend), profile.name)


_TIMES = ("expires_at", "refresh_expires_at", "obtained_at", "refreshing_since")


class KeptToken:
    """One name of a `Vault` as a `TokenStore`: the token, and the app's secret beside it."""

    def __init__(self, vault: Vault, name: str) -> None:
        self._vault = vault
        self._name = name

    def __repr__(self) -> str:
        return f"KeptToken({self.where})"

    @property
    def where(self) -> str:
        """The place in words."""
        return self._vault.where(self._name)

    def _record(self) -> dict[str, Any]:
        text = self._vault.get(self._name)
        if text is None:
            return {}
        try:
            record = json.loads(text)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise ConfigurationError(f"{self.where} does not hold a token", advice="delete it and log in again")
        return record

    def load(self) -> Token | None:
        record = self._record()
        access = record.get("access_token")
        if not isinstance(access, str):
            return None
        refresh = record.get("refresh_token")
        times = {key: value for key in _TIMES if isinstance(value := record.get(key), int | float)}
        return Token(
            access_token=Secret(access),
            refresh_token=Secret(refresh) if isinstance(refresh, str) else None,
            scopes=tuple(str(scope) for scope in record.get("scopes") or ()),
            **times,
        )

    def app_secret(self) -> Secret | None:
        """The secret of the app that the token was made for."""
        secret = self._record().get("app_secret")
        return Secret(secret) if isinstance(secret, str) else None

    def save(self, token: Token, /, app_secret: Secret | None = None) -> None:
        record: dict[str, Any] = {"access_token": token.access_token.reveal(), "scopes": list(token.scopes)}
        record.update({key: value for key in _TIMES if (value := getattr(token, key)) is not None})
        if token.refresh_token is not None:
            record["refresh_token"] = token.refresh_token.reveal()
        if secret := app_secret or self.app_secret():
            record["app_secret"] = secret.reveal()
        self._put(record)

    def save_app_secret(self, app_secret: Secret) -> None:
        """Keep an app's secret without a token (client credentials)."""
        self._put({"app_secret": app_secret.reveal()})

    def _put(self, record: dict[str, Any]) -> None:
        try:
            self._vault.put(self._name, json.dumps(record))
        except OSError as error:
            raise ConfigurationError(
                f"{self.where} cannot be written: {error}",
                advice="a rotated refresh token has to be stored: make it writable, or set PINSHOP_CONFIG_DIR",
            ) from None

    def delete(self) -> None:
        """Forget the token and the app's secret."""
        self._vault.delete(self._name)

    def try_lock(self) -> Callable[[], None] | None:
        return lock_file(self._vault.lock_path(self._name))


class MemoryStore:
    """A `TokenStore` in this process only. A rotated token is lost when the process ends."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "MemoryStore()"

    def load(self) -> Token | None:
        return self._token

    def save(self, token: Token, /) -> None:
        self._token = token

    def try_lock(self) -> Callable[[], None] | None:
        return self._lock.release if self._lock.acquire(blocking=False) else None


class _Seeded:
    """A store that begins with a given token until something is stored."""

    def __init__(self, store: TokenStore, first: Token) -> None:
        self._store = store
        self._first = first

    def __repr__(self) -> str:
        return repr(self._store)

    def load(self) -> Token | None:
        return self._store.load() or self._first

    def save(self, token: Token, /) -> None:
        self._store.save(token)

    def try_lock(self) -> Callable[[], None] | None:
        return self._store.try_lock()


# ----------------------------------------------------------------------------------------------- files


def replace_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 so that a crash at any moment leaves the old content or the new, whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp: mode 0600 from the first byte
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the new name too must survive a power cut
        finally:
            os.close(directory)


def lock_file(path: Path) -> Callable[[], None] | None:
    """Lock a file without waiting; returns what unlocks it, None while anybody (this process included) holds it.

    The system frees the lock when its holder dies, so there is no stale lock to clean up. The file itself stays: whoever
    deletes a lock file lets two in.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error}", advice="set PINSHOP_CONFIG_DIR to a writable directory"
        ) from None
    try:
        _lock(handle)
    except OSError:
        os.close(handle)
        return None
    return lambda: os.close(handle)


if os.name == "nt":  # pragma: no cover

    def _lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
