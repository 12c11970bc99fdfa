"""`pinshop login`: get a token and keep it under a profile."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Mapping

import click

from pinshop.api.http import BaseUrl
from pinshop.cli.exit_codes import explained
from pinshop.cli.options import show, with_json
from pinshop.credentials import environment, profiles, vaults
from pinshop.credentials.login import REDIRECT_URI, SCOPES, browser_login, pasted_login
from pinshop.credentials.profiles import Profile
from pinshop.errors import ConfigurationError, Forbidden, Unauthorized
from pinshop.flow import oauth
from pinshop.flow.secrets import Secret, check_secret
from pinshop.flow.tokens import BASE_URL, App, Token

#: Pinterest's code for a token that is good, but not for this call.
_MISSING_SCOPE = 3


@click.command()
@click.option("--profile", "name", default=profiles.DEFAULT_PROFILE, show_default=True, help="Keep it under this name.")
@click.option("--app-id", help="The app's id. Default: PINTEREST_APP_ID, or what the profile has.")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help=f"Once for each scope. Default: {', '.join(SCOPES)}.")
@click.option("--ad-account-id", help="The ad account that commands use by default with this profile.")
@click.option("--base-url", metavar="URL", help=f"Default: PINTEREST_API_URI, or what the profile has, or {BASE_URL}.")
@click.option("--redirect-uri", default=REDIRECT_URI, show_default=True, help="A loopback address that the app lists.")
@click.option("--authorize-url", metavar="URL", help="The consent page. Default: Pinterest's, or /oauth/ of another base URL.")
@click.option("--wait-seconds", type=click.FloatRange(1, 3600), default=300, show_default=True, help="For the consent.")
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@click.option("--paste", is_flag=True, help="Ask for the address that the browser ended on: for machines without a browser.")
@click.option("--with-token", is_flag=True, help="Read an access token from standard input instead.")
@click.option("--client-credentials", is_flag=True, help="Let the app act for itself: no user, no browser.")
@click.option(
    "--secrets", type=click.Choice(["keyring", "file"]), help="Default: the keychain where one works, else a 0600 file."
)
@with_json
@explained
def login(
    name: str,
    app_id: str | None,
    scopes: tuple[str, ...],
    ad_account_id: str | None,
    base_url: str | None,
    redirect_uri: str,
    authorize_url: str | None,
    wait_seconds: float,
    no_browser: bool,
    paste: bool,
    with_token: bool,
    client_credentials: bool,
    secrets: str | None,
    as_json: bool,
) -> None:
    """Get a token in the browser and keep it under a profile.

    The app's secret is read from PINTEREST_APP_SECRET, or asked for; it is no option, because other users of a machine see
    the command lines that run on it.
    """
    if sum((paste, with_token, client_credentials, no_browser)) > 1:
        raise click.UsageError("--no-browser, --paste, --with-token and --client-credentials exclude one another")
    environ = os.environ
    path = profiles.profiles_path(environ)
    old = profiles.read_profiles(path).get(profiles.check_profile_name(name), Profile(name=name))
    named_base = environment.base_url_of(environ, base_url)
    profile = Profile(
        name=name,
        base_url=named_base or old.base_url,
        ad_account_id=ad_account_id or old.ad_account_id,
        app_id=app_id or environment.value_of(environ, "app_id") or old.app_id,
        scopes=scopes or old.scopes or SCOPES,
        grant="client_credentials" if client_credentials else "refresh_token",
        secrets="keyring" if (secrets or ("keyring" if vaults.keychain() else "file")) == "keyring" else "file",
    )
    store = vaults.kept_token(profile, environ)  # a keychain that does not work is found before the user is bothered
    token: Token | None = None
    app_secret: Secret | None = None
    if with_token:
        token = Token(access_token=check_secret("standard input", _line().strip()), obtained_at=time.time())
    else:
        if profile.app_id is None:
            raise ConfigurationError("the app's id is not known", advice="give --app-id, or set PINTEREST_APP_ID")
        app_secret = _app_secret(environ, old, store)
        app = App(profile.app_id, app_secret)
        where = authorize_url or _authorize_url(profile.base_url)
        if client_credentials:
            token = None
        elif paste:
            token = pasted_login(
                app,
                ask=_ask,
                scopes=profile.scopes,
                redirect_uri=redirect_uri,
                base_url=profile.base_url,
                authorize_url=where,
            )
        else:
            token = browser_login(
                app,
                scopes=profile.scopes,
                redirect_uri=redirect_uri,
                base_url=profile.base_url,
                authorize_url=where,
                wait_seconds=wait_seconds,
                say=_say,
                open_browser=_stay if no_browser else webbrowser.open,
            )
    if with_token and token is not None:
        _verify(token, profile.base_url)
    vaults.keep(profile, token, app_secret, environ)
    value = {
        "profile": name,
        "base_url": profile.base_url,
        "secrets": store.where,
        "scopes": list(token.scopes if token else profile.scopes),
        "expires_at": token.expires_at if token else None,
        "refresh_expires_at": token.refresh_expires_at if token else None,
    }
    lines = [f"Signed in. Profile {name}, secrets in {store.where}"]
    if token and token.scopes and (missing := [scope for scope in profile.scopes if scope not in token.scopes]):
        _say(f"Note: Pinterest did not grant {', '.join(missing)}")
    show(value, lines, as_json=as_json)


def _verify(token: Token, base_url: str) -> None:
    """Ask whose the token is, so that garbage is refused before it is kept.

    Raises:
        Unauthorized: Pinterest does not know it.
    """
    from pinshop.client import Client

    with Client(token.access_token, base_url=base_url) as client:
        try:
            client.user_account.get()
        except Forbidden:  # a token for ads alone is a good token
            return
        except Unauthorized as error:
            if error.code != _MISSING_SCOPE:
                raise


def _app_secret(environ: Mapping[str, str], old: Profile, store: vaults.KeptToken) -> Secret:
    if (given := environment.value_of(environ, "app_secret")) is not None:
        return check_secret("PINTEREST_APP_SECRET", given)
    if old.app_id is not None and (kept := store.app_secret()) is not None:
        return kept
    if not sys.stdin.isatty():
        raise ConfigurationError("the app's secret is not known", advice="set PINTEREST_APP_SECRET")
    return check_secret("app secret", click.prompt("App secret", hide_input=True, err=True))


def _authorize_url(base_url: str) -> str:
    base = BaseUrl.parse(base_url)
    return oauth.AUTHORIZE_URL if str(base) == BASE_URL else f"{base.origin}/oauth/"


def _ask(url: str) -> str:
    _say(f"Open this page in any browser and give access:\n{url}\nThen paste the whole address that the browser ended on:")
    return _line()


def _line() -> str:
    try:
        return sys.stdin.readline()
    except UnicodeDecodeError:
        raise ConfigurationError("standard input: expected a line of text") from None


def _say(line: str) -> None:
    click.echo(line, err=True)


def _stay(_: str) -> None:
    """Open no browser."""
