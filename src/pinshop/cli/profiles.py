"""`pinshop profiles`: what is kept, and until when."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from pinshop.cli.exit import explained
from pinshop.cli.options import show, with_json
from pinshop.credentials import profiles, vaults
from pinshop.errors import ConfigurationError, PinshopError


@click.command("profiles")
@click.option("--forget", metavar="NAME", help="Delete the secrets of this profile from where they are kept.")
@with_json
@explained
def list_profiles(forget: str | None, as_json: bool) -> None:
    """List the profiles: base URL, ad account, where their secrets are, and until when their tokens work."""
    environ = os.environ
    path = profiles.profiles_path(environ)
    found = profiles.read_profiles(path)
    if forget is not None:
        if forget not in found:
            raise ConfigurationError(f"no profile {forget!r} in {path}")
        store = vaults.kept_token(found[forget], environ)
        store.delete()
        click.echo(f"Deleted {store.where}. Its tokens stay valid at Pinterest until they end.", err=True)
    rows = [describe(profile, environ) for profile in found.values()]
    shown = ("profile", "base_url", "ad_account_id", "secrets", "state")
    lines = ["  ".join(str(row[key] or "no default ad account") for key in shown) for row in rows]
    if not rows:
        click.echo(f"There are no profiles in {path}. pinshop login makes one.", err=True)
    show({"path": str(path), "profiles": rows}, lines, as_json=as_json)


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
        row["problem"] = f"the refresh token ended; run pinshop login --profile {profile.name}"
    elif not refreshes and token.expired(now):
        row["problem"] = f"the token ended; run pinshop login --profile {profile.name}"
    if row["problem"]:
        return {**row, "state": row["problem"]}
    if token.expires_at is None:
        return {**row, "state": "token of unknown life"}
    ends = f"token until {_utc(token.expires_at)}"
    if refreshes:
        ends += ", refreshed by itself" + (f" until {_utc(token.refresh_expires_at)}" if token.refresh_expires_at else "")
    return {**row, "state": ends}


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
