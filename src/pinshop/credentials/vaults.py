"""Where tokens are kept between runs: a file, a keychain, or memory."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from pinshop.credentials.environment import config_dir
from pinshop.credentials.profiles import Profile, profiles_path, read_profiles, write_profile
from pinshop.errors import ConfigurationError, PinshopError
from pinshop.files.atomic import replace_file
from pinshop.files.locks import lock_file
from pinshop.flow.secrets import Secret, SecretBytes
from pinshop.flow.tokens import Token, TokenStore


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


class Vault(Protocol):
    """A place for a few secret texts, each under a name."""

    def get(self, name: str, /) -> str | None: ...
    def put(self, name: str, text: Secret, /) -> None: ...
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
                _check_owner(path, os.fstat(file.fileno()), stat.S_IRWXG | stat.S_IRWXO, "chmod 600")
                self._check_directory()
                return file.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from None

    def put(self, name: str, text: Secret, /) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_directory()
        replace_file(self._path(name), SecretBytes(text.reveal().encode("utf-8")))

    def _check_directory(self) -> None:
        """Who can write the directory can put another file in the place of ours: its tokens would then be theirs, or known."""
        for directory in (self._directory, self._directory.parent):
            _check_owner(directory, directory.stat(), stat.S_IWGRP | stat.S_IWOTH, "chmod go-w")

    def delete(self, name: str, /) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path(name).unlink()


def _check_owner(path: Path, found: os.stat_result, forbidden: int, remedy: str) -> None:
    """Refuse what others can read or write, or what belongs to somebody else.

    Raises:
        ConfigurationError: says which, and what to do.
    """
    if os.name != "posix":
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(
            f"{path} belongs to another user (uid {found.st_uid})",
            advice="use a directory of your own: set PINSHOP_CONFIG_DIR, and log in again",
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & forbidden and not (stat.S_ISDIR(found.st_mode) and mode & stat.S_ISVTX):
        what = "written" if mode & (stat.S_IWGRP | stat.S_IWOTH) else "read"
        raise ConfigurationError(
            f"{path} can be {what} by others (mode {mode:04o})",
            advice=f"{remedy} {path}, and consider its tokens known to others",
        )


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

    def put(self, name: str, text: Secret, /) -> None:
        with _keychain_errors():
            self._backend.set_password(self.SERVICE, name, text.reveal())

    def delete(self, name: str, /) -> None:
        with _keychain_errors():
            if self._backend.get_password(self.SERVICE, name) is not None:
                self._backend.delete_password(self.SERVICE, name)


@contextlib.contextmanager
def _keychain_errors() -> Generator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- keychains raise what they like
        # The backend's message may hold a secret; show its type only.
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
        record = _parsed(self._vault.get(self._name))
        if record is None:
            raise ConfigurationError(f"{self.where} does not hold a token", advice="delete it and log in again")
        return record

    def load(self) -> Token | None:
        record = self._record()
        access = record.get("access_token")
        if not isinstance(access, Secret):
            return None
        refresh = record.get("refresh_token")
        times = {key: value for key in _TIMES if isinstance(value := record.get(key), int | float)}
        return Token(
            access_token=access,
            refresh_token=refresh if isinstance(refresh, Secret) else None,
            scopes=tuple(str(scope) for scope in record.get("scopes") or ()),
            **times,
        )

    def app_secret(self) -> Secret | None:
        """The secret of the app that the token was made for."""
        secret = self._record().get("app_secret")
        return secret if isinstance(secret, Secret) else None

    def save(self, token: Token, /, app_secret: Secret | None = None) -> None:
        record: dict[str, Any] = {"access_token": token.access_token, "scopes": list(token.scopes)}
        record.update({key: value for key in _TIMES if (value := getattr(token, key)) is not None})
        if token.refresh_token is not None:
            record["refresh_token"] = token.refresh_token
        if secret := app_secret or self.app_secret():
            record["app_secret"] = secret
        self._put(record)

    def save_app_secret(self, app_secret: Secret) -> None:
        """Keep an app's secret without a token (client credentials)."""
        self._put({"app_secret": app_secret})

    def _put(self, record: dict[str, Any]) -> None:
        try:
            self._vault.put(self._name, Secret(json.dumps(record, default=Secret.reveal)))
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


def _parsed(text: str | None) -> dict[str, Any] | None:
    """What a vault holds, its secrets as such; None if it is not that. Nothing is raised where the text could be seen."""
    try:
        record = json.loads(text) if text is not None else {}
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    return {
        name: Secret(value) if name in ("access_token", "refresh_token", "app_secret") and isinstance(value, str) else value
        for name, value in record.items()
    }


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


class Seeded:
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
