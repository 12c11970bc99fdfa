"""Where credentials are read from and kept: the environment, profiles, the keychain, files.

Nothing is
read when it is imported: `find` and what it calls read, when they are called. Order, first hit wins:

    1. an argument: ``access_token``, or a profile by name
    2. the environment: ``PINTEREST_ACCESS_TOKEN``, or ``PINTEREST_REFRESH_ACCESS_TOKEN`` with ``PINTEREST_APP_ID`` and
       ``PINTEREST_APP_SECRET`` (all three), or a profile named by ``PINSHOP_PROFILE``
    3. the profile ``default``

A profile is a table of ``profiles.toml`` in the platform's config directory. Its secrets are in the keychain where `keyring` is
installed and works, else in a file beside it that only its owner can read (``tokens/<profile>.json``, mode 0600).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping

from pinshop.api.checks import check_id
from pinshop.credentials.environment import NAMES, Environment, config_dir, read_base_url, read_secret, read_text
from pinshop.credentials.profiles import DEFAULT_PROFILE, check_profile_name, profiles_path, read_profiles
from pinshop.credentials.vaults import FileVault, KeptToken, MemoryStore, Seeded, kept_token
from pinshop.errors import ConfigurationError
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret, check_secret
from pinshop.flow.tokens import BASE_URL, App, Credentials, StaticToken, Token, TokenSource, TokenStore


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
    environ = Environment(os.environ if environ is None else environ)
    if isinstance(access_token, str):
        access_token = Secret(access_token)  # a traceback may be shown with its local variables
    if access_token is not None and profile is not None:
        raise ConfigurationError("give access_token or profile, not both")
    if access_token is not None:
        return make_credentials(StaticToken(access_token), "argument access_token", *_common(environ, base_url))
    if profile is not None:
        return from_profile(profile, base_url=base_url, environ=environ, clock=clock)
    found = from_environment(environ, base_url=base_url, store=store, clock=clock)
    named = read_text(environ, "profile")
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
    environ = Environment(environ)
    base_url, ad_account_id = _common(environ, base_url)
    access, refresh = read_secret(environ, "access_token"), read_secret(environ, "refresh_token")
    app_id, app_secret = read_text(environ, "app_id"), read_secret(environ, "app_secret")
    if refresh is None:
        if access is None:
            return None
        return make_credentials(
            StaticToken(check_secret(*access)), f"environment variable {access[0]}", base_url, ad_account_id
        )
    if app_id is None or app_secret is None:
        missing = [NAMES[key][0] for key, value in (("app_id", app_id), ("app_secret", app_secret)) if value is None]
        raise ConfigurationError(f"{refresh[0]} is set, but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not")
    source = f"environment variable {refresh[0]}"
    if store is None:
        digest = hashlib.sha256(f"{app_id[1]}\0{refresh[1].reveal()}".encode()).hexdigest()[:16]
        vault = FileVault(config_dir(environ) / "tokens")
        store = KeptToken(vault, f"env-{digest}")
        source += f", continued in {vault.where(f'env-{digest}')}"
    token = store.load()
    if token is None:
        token = first = Token(
            access_token=check_secret(*access) if access else Secret(""),
            refresh_token=check_secret(*refresh),
            expires_at=None if access else 0.0,  # without an access token there is nothing to use before the first refresh
        )
        store = Seeded(store, first)
    app = App(app_id[1], check_secret(*app_secret))
    return make_credentials(
        RefreshingToken(app, store, base_url=base_url, clock=clock, token=token), source, base_url, ad_account_id
    )


def _common(environ: Mapping[str, str], base_url: str | None) -> tuple[str, str | None]:
    base, account = read_base_url(environ, base_url), read_text(environ, "ad_account_id")
    return base[1] if base else BASE_URL, check_id(*account) if account else None


def make_credentials(
    tokens: TokenSource, source: str, base_url: str, ad_account_id: str | None, profile: str | None = None
) -> Credentials:
    return Credentials(tokens=tokens, source=source, base_url=base_url, ad_account_id=ad_account_id, profile=profile)


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
    environ = Environment(os.environ if environ is None else environ)
    path = profiles_path(environ)
    profiles = read_profiles(path)
    profile = profiles.get(check_profile_name(name))
    if profile is None:
        known = f"there are {', '.join(sorted(profiles))}" if profiles else "there are none"
        raise ConfigurationError(f"no profile {name!r} in {path}; {known}", advice=f"run pinshop login --profile {name}")
    base = read_base_url(environ, base_url)
    if base and base[1] != profile.base_url:
        # A real token must not go to an emulator, nor writes meant for an emulator to Pinterest.
        raise ConfigurationError(
            f"profile {name} is for {profile.base_url}, but {base[0]} says {base[1]}",
            advice=f"drop {base[0]}, or use another profile",
        )
    account = read_text(environ, "ad_account_id")
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
        tokens = RefreshingToken(app, store, base_url=profile.base_url, clock=clock, token=token)
    else:
        tokens = StaticToken(token.access_token)
    return make_credentials(tokens, where, profile.base_url, ad_account_id, name)
