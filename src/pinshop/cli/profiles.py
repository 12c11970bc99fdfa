"""`pinshop profiles`: the profiles, and when their tokens expire."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import click

from pinshop.cli.exit_codes import explained
from pinshop.cli.options import show, with_json
from pinshop.credentials import profiles, vaults
from pinshop.errors import ConfigurationError, PinshopError


@click.command("profiles")
@click.option("--forget", metavar="NAME", help="Delete this profile and its tokens from this machine.")
@with_json
@explained
def list_profiles(forget: str | None, as_json: bool) -> None:
    """List profiles: base URL, ad account, where their secrets are, and when their tokens expire.

    \b
    Examples:
      pinshop profiles
    """
    environ = os.environ
    path = profiles.profiles_path(environ)
    if forget is not None:
        where = _delete_tokens(forget, environ)
        profiles.remove_profile(path, forget)
        click.echo(f"Deleted {where} and profile {forget}. At Pinterest its tokens stay valid until they expire.", err=True)
    rows = [describe(profile, environ) for profile in profiles.read_profiles(path).values()]
    shown = ("profile", "base_url", "ad_account_id", "secrets", "state")
    lines = ["  ".join(str(row[key] or "no default ad account") for key in shown) for row in rows]
    if not rows:
        click.echo(f"There are no profiles in {path}. pinshop login makes one.", err=True)
    show({"path": str(path), "profiles": rows}, lines, as_json=as_json)


@click.command()
@click.option("--profile", "name", default=profiles.DEFAULT_PROFILE, show_default=True, help="Whose tokens.")
@with_json
@explained
def logout(name: str, as_json: bool) -> None:
    """Delete the tokens of a profile from this machine; its settings stay. At Pinterest they stay valid until they expire.

    \b
    Examples:
      pinshop logout --profile shop
    """
    where = _delete_tokens(name, os.environ)
    show({"profile": name, "deleted": where}, [f"Deleted {where}."], as_json=as_json)


def _delete_tokens(name: str, environ: Mapping[str, str]) -> str:
    """Delete what is kept of a profile, and say where it was."""
    path = profiles.profiles_path(environ)
    found = profiles.read_profiles(path)
    if name not in found:
        known = f"there are {', '.join(found)}" if found else "there are none"
        raise ConfigurationError(f"no profile {name!r} in {path}; {known}")
    store = vaults.kept_token(found[name], environ)
    store.delete()
    return store.where


def describe(profile: profiles.Profile, environ: Any, now: float | None = None) -> dict[str, Any]:
    """One profile as it can be shown: no secret, and ``state`` in words."""
    now = time.time() if now is None else now
    row: dict[str, Any] = {
        "profile": profile.name,
        "base_url": profile.base_url,
        "ad_account_id": profile.ad_account_id,
        "app_id": profile.app_id,
        "grant": profile.grant,
        "secrets": profile.secrets,
        "expires_at": None,
        "refresh_expires_at": None,
        "scopes": list(profile.scopes),
        "problem": None,
    }
    try:
        store = vaults.kept_token(profile, environ)
        row["secrets"] = store.where
        token = store.load()
        app_secret = store.app_secret()
    except PinshopError as error:
        return {**row, "state": str(error), "problem": str(error)}
    if token is None:
        if profile.grant == "client_credentials" and profile.app_id and app_secret:
            return {**row, "state": "the app's own token is fetched when it is needed"}
        return {**row, "state": "no token", "problem": f"no token; run pinshop login --profile {profile.name}"}
    row.update(expires_at=token.expires_at, refresh_expires_at=token.refresh_expires_at, scopes=list(token.scopes))
    refreshes = token.refresh_token is not None and profile.app_id is not None and app_secret is not None
    if token.refreshing_since is not None and now - token.refreshing_since > 120:
        row["problem"] = (
            f"a refresh at {_utc(token.refreshing_since)} did not end; if the next one is refused, run pinshop login "
            f"--profile {profile.name}"
        )
    elif refreshes and token.refresh_expires_at is not None and now >= token.refresh_expires_at:
        row["problem"] = f"the refresh token has expired; run pinshop login --profile {profile.name}"
    elif not refreshes and token.expired(now):
        row["problem"] = f"the token has expired; run pinshop login --profile {profile.name}"
    if row["problem"]:
        return {**row, "state": row["problem"]}
    if token.expires_at is None:
        return {**row, "state": "token without a known expiry"}
    ends = f"token until {_utc(token.expires_at)}"
    if refreshes:
        ends += ", refreshed by itself" + (f" until {_utc(token.refresh_expires_at)}" if token.refresh_expires_at else "")
    return {**row, "state": ends}


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
