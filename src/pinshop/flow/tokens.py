"""Who signs the requests: secrets that never show, tokens, when they are stale, and Pinterest's OAuth calls.

Where tokens are read from and kept is `pinshop.credentials`; a `TokenStore` and a clock come in as arguments.

The calls (source: ``oauth/token`` of Pinterest's descriptions 5.6.0 to 5.23.0):

    POST {base}/oauth/token   application/x-www-form-urlencoded, Authorization: Basic base64(app id:app secret)
        grant_type=authorization_code  code, redirect_uri, continuous_refresh
        grant_type=refresh_token       refresh_token, scope
        grant_type=client_credentials  scope
    -> {access_token, token_type, expires_in, scope, refresh_token, refresh_token_expires_in, refresh_token_expires_at}

Since 5.16 every refresh answers with a *new* refresh token, which replaces the old one: whoever drops it is locked out when
the old one expires. So a refresh here is one critical section: lock, read the store again, prove that the store can be written,
send, store, unlock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from pinshop.api.http import BaseUrl
from pinshop.errors import ConfigurationError
from pinshop.flow.secrets import Secret, SecretText, check_secret

logger = logging.getLogger("pinshop")

BASE_URL = "https://api.pinterest.com/v5"

#: A token is replaced this long before its end, or a tenth of its life before it where that is shorter.
MARGIN_SECONDS = 300.0


class App(Struct, frozen=True):
    """An app registered with Pinterest."""

    id: str
    secret: Secret


class Token(Struct, frozen=True, kw_only=True):
    """An access token with what came with it. Times are seconds since 1970; None is not known."""

    access_token: Secret
    refresh_token: Secret | None = None
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    scopes: tuple[str, ...] = ()
    obtained_at: float = 0.0
    #: Set while a refresh is under way. Found set, it means that a refresh was cut off: see `RefreshingToken`.
    refreshing_since: float | None = None

    def expired(self, now: float) -> bool:
        """Whether Pinterest will refuse it."""
        return self.expires_at is not None and now >= self.expires_at

    def stale(self, now: float, margin_seconds: float = MARGIN_SECONDS) -> bool:
        """Whether it is time to replace it: expired, or soon to be."""
        if self.expires_at is None:
            return False
        return now >= self.expires_at - min(margin_seconds, (self.expires_at - self.obtained_at) / 10)


class TokenSource(Protocol):
    """What the flow asks before it signs a request."""

    #: False: a 401 is final, because there is nothing to refresh with.
    can_refresh: bool

    def header(self, now: float, /) -> str | Secret | None:
        """The value of ``Authorization``, or None when it must be refreshed first. ``now`` is seconds since 1970.

        A `SecretText` shows in no traceback; text is turned into one by the flow. It is asked often: nothing here may block.
        """
        ...

    def refresh(self, rejected: Any = None) -> Generator[Any, Any, bool]:
        """Get a new token: yields `Request`, `Pause` and `Blocking`, as every flow; True if there is a new one.

        ``rejected`` is the header that Pinterest answered with 401. Where another thread, task or process has replaced
        it in the meantime, nothing is sent.
        """
        ...


class TokenStore(Protocol):
    """Where a rotating token is kept. `pinshop.credentials` has a file, the keychain and memory."""

    def load(self) -> Token | None:
        """What is stored now, or None."""
        ...

    def save(self, token: Token, /) -> None:
        """Replace what is stored, atomically: a crash leaves the old or the new, never neither."""
        ...

    def try_lock(self) -> Callable[[], None] | None:
        """Take the lock that all users of this store share and return what releases it; None while another holds it."""
        ...


class Credentials(Struct, frozen=True, kw_only=True):
    """What a client signs with, and where that came from. Its ``repr`` can be shown to anybody."""

    tokens: TokenSource
    #: Which source won, in words: ``environment variable PINTEREST_ACCESS_TOKEN``.
    source: str
    base_url: str | None = None
    ad_account_id: str | None = None
    profile: str | None = None


class StaticToken:
    """An access token as given. It cannot be refreshed."""

    can_refresh = False

    def __init__(self, access_token: str | Secret) -> None:
        secret = check_secret("access_token", access_token)
        del access_token  # a traceback may be shown with its local variables
        self._header = bearer(secret)

    def __repr__(self) -> str:
        return "StaticToken(…)"

    def header(self, now: float, /) -> SecretText:
        return self._header

    def refresh(self, rejected: Any = None) -> Generator[Any, Any, bool]:
        raise ConfigurationError("this access token was given without a refresh token")
        yield


def as_credentials(access_token: str | Secret | TokenSource | Credentials, base_url: str | None = None) -> Credentials:
    """What a client was given, as `Credentials` with the base URL they are for.

    Raises:
        ConfigurationError: the credentials are for another base URL, or would travel there unencrypted.
    """
    given = Secret(access_token) if isinstance(access_token, str) else access_token
    del access_token  # a traceback may be shown with its local variables
    if isinstance(given, Credentials):
        credentials = given
    elif isinstance(given, Secret):
        credentials = Credentials(tokens=StaticToken(given), source="argument access_token")
    else:
        credentials = Credentials(tokens=given, source=f"argument access_token ({type(given).__name__})")
    bound: str | None = getattr(credentials.tokens, "base_url", None)
    if bound is not None and base_url is not None and BaseUrl.parse(bound) != BaseUrl.parse(base_url):
        # A refresh would go to one place and the calls to another: a real token to an emulator, or the other way round.
        raise ConfigurationError(f"base_url: got {base_url}, but the token is refreshed at {bound}")
    where = base_url if base_url is not None else credentials.base_url or bound or BASE_URL
    check_destination(where, credentials.tokens)
    return msgspec.structs.replace(credentials, base_url=str(BaseUrl.parse(where)))


def check_destination(base_url: str, tokens: TokenSource) -> None:
    """Refuse to send a real token unencrypted over a network. An emulator's token may travel as it likes.

    Raises:
        ConfigurationError: ``base_url`` is plain http to another machine, and the token is one of Pinterest's.
    """
    if (signature := as_signature(tokens.header(0.0))) is not None:
        check_signature(base_url, signature)


def check_signature(base_url: str, signature: SecretText) -> None:
    """As `check_destination`, for one value of ``Authorization``."""
    # The token first: taking a URL apart for every request costs as much as sending it.
    if signature.reveal().startswith(("Bearer pina_", "Bearer pinr_", "Bearer pinc_")) and unencrypted(base_url):
        raise _unsafe(base_url)


def check_app_destination(base_url: str, app: App, refresh_token: Secret | None) -> None:
    """Refuse to send an app's secret, or a refresh token, unencrypted over a network, unless they are an emulator's."""
    emulated = app.secret.reveal().startswith("emulated_") and (
        refresh_token is None or refresh_token.reveal().startswith("emulated_")
    )
    if unencrypted(base_url) and not emulated:
        raise _unsafe(base_url)


@lru_cache(maxsize=64)
def unencrypted(base_url: str) -> bool:
    """Whether it is plain http to another machine."""
    url = BaseUrl.parse(base_url).url
    return url.scheme == "http" and not url.local


def _unsafe(base_url: str) -> ConfigurationError:
    return ConfigurationError(
        f"base_url: {BaseUrl.parse(base_url).origin} would carry a real token unencrypted over the network",
        advice="use https, or the token of an emulator",
    )


def bearer(access_token: Secret) -> SecretText:
    """The value of ``Authorization`` for a token."""
    return SecretText("Bearer " + access_token.reveal())


def as_signature(header: str | Secret | None) -> SecretText | None:
    """What a `TokenSource` gave, as a secret."""
    if header is None or isinstance(header, SecretText):
        return header
    return SecretText(header.reveal() if isinstance(header, Secret) else header)
