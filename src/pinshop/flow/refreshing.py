"""A token that is replaced before it expires, once for all who share it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator
from typing import Any, Literal

import msgspec

from pinshop.api.endpoints import OAUTH_TOKEN
from pinshop.api.http import Pause, Reply
from pinshop.errors import (
    ConfigurationError,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
)
from pinshop.flow.oauth import pause_seconds, read_token, token_request
from pinshop.flow.secrets import HiddenText
from pinshop.flow.tokens import MARGIN_SECONDS, App, Token, TokenStore, bearer, logger, utc_text

_LOCK_POLL_SECONDS = 0.05

_LOCK_WAIT_SECONDS = 90.0

_ATTEMPTS = 4

#: After a refresh that failed for a passing reason, a token that still works is used for so long before the next try.
_RESPITE_SECONDS = 30.0


class RefreshingToken:
    """A token that replaces itself: before it ends, and once when Pinterest refuses it.

    Safe for threads, tasks and processes that share ``store``: one of them refreshes, the others wait and read what it
    stored. What is promised when a refresh is cut off (kill -9, power):

    * before the request left: nothing happened; the stored refresh token is good.
    * after the answer was stored: the new one is stored, whole.
    * in between: Pinterest may have rotated, and nobody knows the new token. The store says so (``refreshing_since``).
      The next refresh tries the old refresh token once more; if Pinterest refuses it, the error tells what happened and
      that somebody has to log in again. No client can do better: the API has no idempotency key for it.

    The store is written once *before* the request: a store that cannot be written stops the refresh while the old token is
    still good, not after it was spent.
    """

    can_refresh = True

    def __init__(
        self,
        app: App,
        store: TokenStore,
        *,
        base_url: str,
        grant: Literal["refresh_token", "client_credentials"] = "refresh_token",
        scopes: tuple[str, ...] = (),
        margin_seconds: float = MARGIN_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._store = store
        self.base_url = base_url
        self._grant: Literal["refresh_token", "client_credentials"] = grant
        self._scopes = scopes
        self._margin_seconds = margin_seconds
        self._clock = clock
        self._respite_until = 0.0
        self._unsaved = False
        self._refusal: tuple[dict[str, str], Unauthorized] | None = None
        self._token = store.load()

    def __repr__(self) -> str:
        return f"RefreshingToken(app {self._app.id}, {self._grant}, {self._store!r})"

    @property
    def token(self) -> Token | None:
        """The token in use."""
        return self._token

    def header(self, now: float, /) -> str | None:
        token = self._token
        if self._unsaved:
            self._keep(token)
        if token is None or (token.stale(now, self._margin_seconds) and (token.expired(now) or now >= self._respite_until)):
            return None
        return bearer(token)

    def refresh(self, rejected: str | None = None) -> Generator[Any, Any, bool]:
        before = self._token
        try:
            release = yield from self._lock(rejected)
            if release is None:
                return False
            try:
                self._adopt(self._store.load())
                if self._needs_renewal(rejected):
                    yield from self._renew(rejected)
            finally:
                release()
        except (ConfigurationError, TransportError, RateLimited, ServerError) as error:
            if not self._still_works(rejected):
                raise
            logger.warning("oauth/token: could not refresh (%s); the present token still works and is used", error)
        now = self._token
        return now is not None and (before is None or now.access_token != before.access_token)

    # ------------------------------------------------------------------------------- inside the lock

    def _needs_renewal(self, rejected: str | None) -> bool:
        token = self._token
        if token is None or token.stale(self._clock(), self._margin_seconds):
            return True
        return rejected is not None and bearer(token) == rejected

    def _still_works(self, rejected: str | None) -> bool:
        """Whether requests can go on with the present token; if so, they do for a while."""
        token, now = self._token, self._clock()
        if token is None or token.expired(now) or bearer(token) == rejected:
            return False
        self._respite_until = now + _RESPITE_SECONDS
        return True

    def _lock(self, rejected: str | None) -> Generator[Any, Any, Callable[[], None] | None]:
        """Take the store's lock; None when there is no need to wait for it."""
        waited = 0.0
        while (release := self._store.try_lock()) is None:
            self._adopt(self._store.load())
            if self._still_works(rejected):
                return None  # its holder is at it; there is no need to wait
            if waited >= _LOCK_WAIT_SECONDS:
                raise TimedOut(
                    f"another process has been refreshing this token for {_LOCK_WAIT_SECONDS:.0f} s",
                    operation=OAUTH_TOKEN.id,
                    advice="find the process that hangs; ending it frees the lock",
                )
            yield Pause(_LOCK_POLL_SECONDS, "another thread, task or process is refreshing the token")
            waited += _LOCK_POLL_SECONDS
        return release

    def _adopt(self, stored: Token | None) -> None:
        """Take over what is stored: it is the truth, unless ours could not be written to it."""
        if stored is not None and not self._unsaved:
            self._token = stored

    def _renew(self, rejected: str | None) -> Generator[Any, Any, None]:
        old = self._token
        form = self._form(old)
        if self._refusal is not None and self._refusal[0] == form:
            raise copy.copy(self._refusal[1])  # asking again would get the same answer, for every call of a nightly job
        lost_at = old.refreshing_since if old else None
        self._mark(old, self._clock())
        failure: Exception | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                yield Pause(pause_seconds(failure, attempt), f"retrying the token endpoint: {failure}")
            try:
                reply: Reply = yield token_request(self.base_url, self._app, form)
                new = read_token(reply, now=self._clock(), previous=old)
            except TransportError as error:
                # Sent again even where the answer was lost. If Pinterest rotated, the new token is lost whatever we do, and
                # if it did not, the old one works: trying costs nothing.
                failure = error
                if error.sent:
                    lost_at = lost_at or self._clock()
            except Unauthorized as error:
                if lost_at is not None:
                    error.advice = (
                        f"the answer to a refresh at {utc_text(lost_at)} was lost, and Pinterest had probably replaced the "
                        f"refresh token by then: log in again with pinshop login"
                    )
                self._refusal = (form, error)
                raise
            except (RateLimited, ServerError) as error:
                failure = error
            else:
                self._keep(new)
                self._token = new
                return
        self._mark(old, lost_at)
        raise failure or AssertionError  # every round that does not return has set it

    def _mark(self, old: Token | None, since: float | None) -> None:
        """Write down that a refresh is under way, or that it ended without loss.

        It proves that the store can be written while the old token is still good, and tells who comes after a crash.
        """
        if old is not None and self._grant == "refresh_token":
            self._store.save(msgspec.structs.replace(old, refreshing_since=since))

    def _form(self, old: Token | None) -> dict[str, str]:
        if self._grant == "client_credentials":
            return {"grant_type": "client_credentials", "scope": ",".join(self._scopes)}
        if old is None or old.refresh_token is None:
            raise ConfigurationError(
                "there is no refresh token to get a new access token with", advice="log in again: pinshop login"
            )
        return {"grant_type": "refresh_token", "refresh_token": HiddenText(old.refresh_token.reveal())}

    def _keep(self, token: Token | None) -> None:
        """Store the token; where that fails it lives on in this process, loudly, and is stored at the next chance."""
        try:
            if token is not None:
                self._store.save(token)
        except Exception as error:  # noqa: BLE001 -- whatever a store raises, the only valid token must not be dropped here
            if not self._unsaved:
                logger.error(
                    "oauth/token: the new refresh token could NOT be stored (%s): it lives in this process only, "
                    "until storing it succeeds",
                    type(error).__name__,
                )
            self._unsaved = True
        else:
            self._unsaved = False
