"""A token that is replaced before it expires, once for all who share it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Literal

import msgspec

from pinshop.api.endpoints import OAUTH_TOKEN
from pinshop.api.http import Pause, Reply
from pinshop.errors import APIError, BadReply, ConfigurationError, TimedOut, TransportError, Unauthorized
from pinshop.flow.oauth import read_token, token_request
from pinshop.flow.refusals import backoff, is_repeatable, may_have_been_executed, ordered_wait, utc_text
from pinshop.flow.secrets import Secret, SecretText
from pinshop.flow.steps import Blocking, always
from pinshop.flow.tokens import MARGIN_SECONDS, App, Token, TokenStore, bearer, check_app_destination, logger

# Sent again even where the answer was lost: if Pinterest replaced the refresh token, the new one is lost whatever we do, and
# if it did not, the old one works.
_REFRESH = msgspec.structs.replace(OAUTH_TOKEN, idempotent=True)

_LOCK_POLL_SECONDS = 0.05

_LOCK_WAIT_SECONDS = 90.0

_ATTEMPTS = 4

_LONGEST_PAUSE_SECONDS = 30.0

#: After a refresh that failed for a passing reason, a token that still works is used for so long before the next try.
_RESPITE_SECONDS = 30.0

#: How long after a token could not be stored it is tried again.
_SAVE_AGAIN_SECONDS = 1.0


class RefreshingToken:
    """A token that replaces itself: before it expires, and once when Pinterest refuses it.

    Safe for threads, tasks and processes that share ``store``: one of them refreshes, the others wait and read what it
    stored. What is promised when a refresh is cut off (kill -9, power):

    * before the request left: nothing happened; the stored refresh token is good.
    * after the answer was stored: the new one is stored, whole.
    * in between: Pinterest may have rotated, and nobody knows the new token. The store says so (``refreshing_since``).
      The next refresh tries the old refresh token once more; if Pinterest refuses it, the error tells what happened and
      that somebody has to log in again. No client can do better: the API has no idempotency key for it.

    The store is written once *before* the request: a store that cannot be written stops the refresh while the old token is
    still good, not after it was spent.

    Only a refusal in Pinterest's own form is final. After anything else (a firewall's page, a failure of Pinterest's own, a
    network that is down) the refresh is tried again later, and an access token that has not expired is used meanwhile.

    Args:
        app: signs the refresh.
        store: where the token is kept. It is read when the first request is signed, unless ``token`` is given.
        base_url: where the token endpoint is.
        grant: how a new token is got.
        scopes: asked for with ``client_credentials``.
        margin_seconds: how long before it expires it is replaced.
        clock: seconds since 1970; without one it is what the client tells with every request.
        token: what ``store`` holds, where the caller has read it already.
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
        clock: Callable[[], float] | None = None,
        token: Token | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self.base_url = base_url
        self._grant: Literal["refresh_token", "client_credentials"] = grant
        self._scopes = scopes
        self._margin_seconds = margin_seconds
        self._told = 0.0
        self._clock = clock or (lambda: self._told)
        self._respite_until = 0.0
        #: What the store holds in place of our token, which it would not take.
        self._unsaved: Token | None = None
        self._save_again_at = 0.0
        self._refusal: tuple[dict[str, str | Secret], Unauthorized] | None = None
        self._token = token
        self._signed: tuple[Token, SecretText] | None = None
        self._renewals = 0

    def __repr__(self) -> str:
        return f"RefreshingToken(app {self._app.id}, {self._grant}, {self._store!r})"

    @property
    def token(self) -> Token | None:
        """The token in use."""
        return self._token

    def header(self, now: float, /) -> SecretText | None:
        token, self._told = self._token, now
        if token is None or (self._unsaved is not None and now >= self._save_again_at):
            return None
        if token.stale(now, self._margin_seconds) and (token.expired(now) or now >= self._respite_until):
            return None
        if self._signed is None or self._signed[0] is not token:
            self._signed = (token, bearer(token.access_token))
        return self._signed[1]

    def refresh(self, rejected: Any = None) -> Generator[Any, Any, bool]:
        before, renewals = self._token, self._renewals
        try:
            release = yield from self._lock(rejected)
            if release is None:
                return False
            yield from always(self._locked(rejected), release)
        except (ConfigurationError, TransportError, APIError, BadReply) as error:
            if not self._still_works(rejected):
                raise
            logger.warning("oauth/token: could not refresh (%s); the present token still works and is used", error)
        now = self._token
        return self._renewals > renewals or (now is not None and before is not None and now.access_token != before.access_token)

    # ------------------------------------------------------------------------------- inside the lock

    def _locked(self, rejected: Any) -> Generator[Any, Any, None]:
        stored: Token | None = yield Blocking(self._store.load)
        if self._unsaved is not None and stored is not None and not _same(stored, self._unsaved):
            self._unsaved = None  # somebody has logged in meanwhile: what they stored is newer than ours
        self._adopt(stored)
        if self._unsaved is not None and not self._needs_renewal(rejected):
            yield from self._keep(self._token)
        if self._needs_renewal(rejected):
            yield from self._renew()

    def _needs_renewal(self, rejected: Any) -> bool:
        token = self._token
        if token is None or token.stale(self._clock(), self._margin_seconds):
            return True
        return rejected is not None and bearer(token.access_token) == rejected

    def _still_works(self, rejected: Any) -> bool:
        """Whether requests can go on with the present token; if so, they do for a while."""
        token, now = self._token, self._clock()
        if token is None or token.expired(now) or bearer(token.access_token) == rejected:
            return False
        self._respite_until = now + _RESPITE_SECONDS
        return True

    def _lock(self, rejected: Any) -> Generator[Any, Any, Callable[[], None] | None]:
        """Take the store's lock; None when there is no need to wait for it."""
        waited = 0.0
        while (release := (yield Blocking(self._store.try_lock))) is None:
            self._adopt((yield Blocking(self._store.load)))
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
        return release  # type: ignore[no-any-return]

    def _adopt(self, stored: Token | None) -> None:
        """Take over what is stored: it is the truth, unless ours could not be written to it."""
        if stored is not None and self._unsaved is None:
            self._token = stored

    def _renew(self) -> Generator[Any, Any, None]:
        old = self._token
        form = self._form(old)
        refresh_token = old.refresh_token if old and self._grant == "refresh_token" else None
        check_app_destination(self.base_url, self._app, refresh_token)
        if self._refusal is not None and self._refusal[0] == form:
            raise copy.copy(self._refusal[1])  # asking again would get the same answer, for every call of a nightly job
        lost_at = old.refreshing_since if old else None
        yield from self._mark(old, self._clock())
        failure: TransportError | APIError | BadReply | None = None
        for attempt in range(_ATTEMPTS):
            if failure is not None:
                ordered = ordered_wait(failure, self._clock())
                seconds = backoff(attempt, 1.0) if ordered is None else min(ordered, _LONGEST_PAUSE_SECONDS)
                yield Pause(seconds, f"retrying the token endpoint: {failure}")
            try:
                reply: Reply = yield token_request(self.base_url, self._app, form)
                new = read_token(reply, now=self._clock(), previous=old, sent=self._sent(refresh_token))
            except Unauthorized as error:
                if not error.foreign:
                    self._refusal = (form, self._explained(error, lost_at))
                yield from self._mark(old, lost_at, quietly=True)
                raise
            except (TransportError, APIError, BadReply) as error:
                failure = error
                if may_have_been_executed(error):
                    lost_at = lost_at or self._clock()
                if not is_repeatable(_REFRESH, error):
                    break
            else:
                self._refusal = None
                yield from self._keep(new, instead_of=old)
                self._token = new
                self._renewals += 1
                return
        yield from self._mark(old, lost_at, quietly=True)
        raise failure or AssertionError  # every round that does not return has set it

    def _sent(self, refresh_token: Secret | None) -> list[Secret]:
        return [self._app.secret, *([refresh_token] if refresh_token is not None else [])]

    @staticmethod
    def _explained(error: Unauthorized, lost_at: float | None) -> Unauthorized:
        if lost_at is not None:
            error.advice = (
                f"the answer to a refresh at {utc_text(lost_at)} was lost, and Pinterest had probably replaced the "
                f"refresh token by then: log in again with pinshop login"
            )
        return error

    def _mark(self, old: Token | None, since: float | None, *, quietly: bool = False) -> Generator[Any, Any, None]:
        """Write down that a refresh is under way, or how it ended.

        The first proves that the store can be written while the old token is still good, and tells who comes after a crash.
        The second is told by an error already: a store that fails then must not hide it.
        """
        if old is None or self._grant != "refresh_token" or (quietly and self._unsaved is not None):
            return
        record = msgspec.structs.replace(old, refreshing_since=since)
        try:
            yield Blocking(partial(self._store.save, record))
        except Exception:
            if not quietly:
                raise
        else:
            self._unsaved = None

    def _form(self, old: Token | None) -> dict[str, str | Secret]:
        if self._grant == "client_credentials":
            return {"grant_type": "client_credentials", "scope": ",".join(self._scopes)}
        if old is None or old.refresh_token is None:
            raise ConfigurationError(
                "there is no refresh token to get a new access token with", advice="log in again: pinshop login"
            )
        return {"grant_type": "refresh_token", "refresh_token": old.refresh_token}

    def _keep(self, token: Token | None, instead_of: Token | None = None) -> Generator[Any, Any, None]:
        """Store the token; where that fails it lives on in this process, loudly, and is stored at the next chance."""
        if token is None:
            return
        try:
            yield Blocking(partial(self._store.save, token))
        except Exception as error:  # noqa: BLE001 -- whatever a store raises, the only valid token must not be dropped here
            self._save_again_at = self._clock() + _SAVE_AGAIN_SECONDS
            if self._unsaved is None:
                logger.error(
                    "oauth/token: the new refresh token could NOT be stored (%s): it lives in this process only, "
                    "until storing it succeeds",
                    type(error).__name__,
                )
                self._unsaved = instead_of or token
        else:
            self._unsaved = None


def _same(one: Token, other: Token) -> bool:
    return one.access_token == other.access_token and one.refresh_token == other.refresh_token
