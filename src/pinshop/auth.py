"""Who signs the requests: secrets that never show, tokens, when they are stale, and Pinterest's OAuth calls.

Pure: nothing here reads the environment, a file or a clock. Where tokens are read from and kept is `pinshop.credentials`;
a `TokenStore` and a clock come in as arguments.

The calls (source: ``oauth/token`` of Pinterest's descriptions 5.6.0 to 5.23.0):

    POST {base}/oauth/token   application/x-www-form-urlencoded, Authorization: Basic base64(app id:app secret)
        grant_type=authorization_code  code, redirect_uri, continuous_refresh
        grant_type=refresh_token       refresh_token, scope
        grant_type=client_credentials  scope
    -> {access_token, token_type, expires_in, scope, refresh_token, refresh_token_expires_in, refresh_token_expires_at}

Since 5.16 every refresh answers with a *new* refresh token, which replaces the old one: whoever drops it is locked out when
the old one ends. So a refresh here is one critical section: lock, read the store again, prove that the store can be written,
send, store, unlock.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import hmac
import ipaddress
import logging
import re
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Literal, NoReturn, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Struct

from pinshop import wire
from pinshop.errors import (
    APIError,
    BadReply,
    ConfigurationError,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    class_for_status,
)
from pinshop.operations import OAUTH_TOKEN, Pause, Reply, Request

logger = logging.getLogger("pinshop")

BASE_URL = "https://api.pinterest.com/v5"
#: Where a user consents. Source: securitySchemes.pinterest_oauth2 of Pinterest's descriptions.
AUTHORIZE_URL = "https://www.pinterest.com/oauth/"
#: A token is replaced this long before its end, or a tenth of its life before it where that is shorter.
MARGIN_SECONDS = 300.0

# --------------------------------------------------------------------------------------------- secrets


class Secret:
    """Text that does not show: not in ``repr``, ``str``, formatting, JSON, pickles or an error's message.

    `reveal` is the only way to the text. Copies are the same object; pickling is refused, because a pickle is a file.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str, /) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; let each process read its credentials")


class _HiddenText(str):
    """A header's value: whole on the wire, hidden where a debugger or a crash reporter shows local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class _HiddenBytes(bytes):
    """A form's bytes, likewise."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'…'"


_LOOKS_LIKE_A_TOKEN = re.compile(r"\b(?:pin[a-z]|emulated)_[A-Za-z0-9_.~+/=-]+")


def conceal(text: str) -> str:
    """A text without what looks like a token, for words that others wrote."""
    return _LOOKS_LIKE_A_TOKEN.sub("…", text)


def check_secret(field: str, text: object) -> Secret:
    """A token or an app's secret as a `Secret`.

    Raises:
        ConfigurationError: it is empty or holds what no token holds; the message does not show it.
    """
    if isinstance(text, Secret):
        text = text.reveal()
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"{field}: expected a non-empty string")
    if text.lower().startswith("bearer "):
        raise ConfigurationError(f'{field}: give the token alone, without the word "Bearer"')
    if not text.isascii() or not text.isprintable() or " " in text:
        # A newline or a space in a header would end in a puzzling refusal, or in a second header.
        raise ConfigurationError(f"{field}: it holds characters that no token has (was a newline pasted with it?)")
    return Secret(text)


# ---------------------------------------------------------------------------------------------- tokens


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

    def header(self, now: float, /) -> str | None:
        """The value of ``Authorization``, or None when it must be refreshed first. ``now`` is seconds since 1970."""
        ...

    def refresh(self, rejected: str | None = None) -> Generator[Any, Any, bool]:
        """Get a new token: yields `Request` and `Pause`, is sent `Reply`, as every flow; True if there is a new one.

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
        self._header = _HiddenText("Bearer " + check_secret("access_token", access_token).reveal())

    def __repr__(self) -> str:
        return "StaticToken(…)"

    def header(self, now: float, /) -> str | None:
        return self._header

    def refresh(self, rejected: str | None = None) -> Generator[Any, Any, bool]:
        raise ConfigurationError("this access token was given without a refresh token")
        yield


def given(access_token: str | Secret | TokenSource | Credentials, base_url: str | None = None) -> Credentials:
    """What a client was given, as `Credentials` with the base URL they are for.

    Raises:
        ConfigurationError: the credentials are for another base URL, or would travel there unencrypted.
    """
    if isinstance(access_token, Credentials):
        credentials = access_token
    elif isinstance(access_token, str | Secret):
        credentials = Credentials(tokens=StaticToken(access_token), source="argument access_token")
    else:
        credentials = Credentials(tokens=access_token, source=f"argument access_token ({type(access_token).__name__})")
    bound: str | None = getattr(credentials.tokens, "base_url", None)
    if bound is not None and base_url is not None and bound.rstrip("/") != base_url.rstrip("/"):
        # A refresh would go to one place and the calls to another: a real token to an emulator, or the other way round.
        raise ConfigurationError(f"base_url: got {base_url}, but the token is refreshed at {bound}")
    credentials = msgspec.structs.replace(credentials, base_url=base_url or credentials.base_url or bound or BASE_URL)
    check_destination(credentials.base_url or BASE_URL, credentials.tokens)
    return credentials


def check_destination(base_url: str, tokens: TokenSource) -> None:
    """Refuse to send a real token unencrypted over a network. An emulator's token may travel as it likes.

    Raises:
        ConfigurationError: ``base_url`` is plain http to another machine, and the token is one of Pinterest's.
    """
    url = urlsplit(base_url)
    real = (tokens.header(0.0) or "").startswith(("Bearer pina_", "Bearer pinr_", "Bearer pinc_"))
    if url.scheme == "http" and real and not _is_this_machine(url.hostname or ""):
        raise ConfigurationError(
            f"base_url: {url.scheme}://{url.netloc} would carry a real token unencrypted over the network",
            advice="use https, or the token of an emulator",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


_LOCK_POLL_SECONDS = 0.05
_LOCK_WAIT_SECONDS = 90.0
_ATTEMPTS = 4
_LONGEST_PAUSE_SECONDS = 30.0
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
        return _bearer(token)

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
        return rejected is not None and _bearer(token) == rejected

    def _still_works(self, rejected: str | None) -> bool:
        """Whether requests can go on with the present token; if so, they do for a while."""
        token, now = self._token, self._clock()
        if token is None or token.expired(now) or _bearer(token) == rejected:
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
                yield Pause(_pause_seconds(failure, attempt), f"retrying the token endpoint: {failure}")
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
                        f"the answer to a refresh at {_utc(lost_at)} was lost, and Pinterest had probably replaced the refresh "
                        f"token by then: log in again with pinshop login"
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
        return {"grant_type": "refresh_token", "refresh_token": _HiddenText(old.refresh_token.reveal())}

    def _keep(self, token: Token | None) -> None:
        """Store the token; where that fails it lives on in this process, loudly, and is stored at the next chance."""
        try:
            if token is not None:
                self._store.save(token)
        except Exception as error:  # noqa: BLE001 -- whatever a store raises, the only valid token must not be dropped here
            if not self._unsaved:
                logger.error(  # noqa: TRY400 -- a traceback would hold the token's form
                    "oauth/token: the new refresh token could NOT be stored (%s): it lives in this process only, "
                    "until storing it succeeds",
                    type(error).__name__,
                )
            self._unsaved = True
        else:
            self._unsaved = False


def _bearer(token: Token) -> str:
    return _HiddenText("Bearer " + token.access_token.reveal())


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


# ----------------------------------------------------------------------------------------- the token endpoint


def token_request(base_url: str, app: App, form: Mapping[str, str]) -> Request:
    """``POST {base}/oauth/token`` with a form, signed by the app."""
    url = urlsplit(base_url)
    basic = base64.b64encode(f"{app.id}:{app.secret.reveal()}".encode()).decode("ascii")
    return Request(
        method="POST",
        origin=f"{url.scheme}://{url.netloc}",
        target=url.path.rstrip("/") + OAUTH_TOKEN.path,
        headers={
            "Accept": "application/json",
            "Authorization": _HiddenText("Basic " + basic),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=_HiddenBytes(urlencode(form).encode()),
        read_seconds=30.0,
        uninterrupted=True,
    )


def read_token(reply: Reply, *, now: float, previous: Token | None = None) -> Token:
    """The token in an answer of the token endpoint. ``previous`` keeps what the answer does not say.

    Raises:
        Unauthorized: Pinterest refused the code, the refresh token or the app.
        RateLimited, ServerError, APIError: it could not answer, or not this.
        BadReply: a 200 without an access token. No error holds the answer's body: it may hold tokens.
    """
    request_id = reply.headers.get("x-pinterest-rid")
    answer = _fields(reply.body)
    if reply.status != 200:
        raise _refusal(reply, answer, request_id)
    access, refresh, scope = answer.get("access_token"), answer.get("refresh_token"), answer.get("scope")
    if not isinstance(access, str) or not access:
        raise BadReply(
            "the token endpoint answered 200 without an access token",
            status=200,
            operation=OAUTH_TOKEN.id,
            request_id=request_id,
        )
    token = Token(
        access_token=check_secret("access_token", access),
        expires_at=_end(now, answer.get("expires_in")),
        scopes=split_scopes(scope) if isinstance(scope, str) and scope else previous.scopes if previous else (),
        obtained_at=now,
    )
    if isinstance(refresh, str) and refresh:
        return msgspec.structs.replace(
            token,
            refresh_token=check_secret("refresh_token", refresh),
            refresh_expires_at=_end(now, answer.get("refresh_token_expires_in")),
        )
    if previous is None:
        return token
    # Up to 5.15 a plain refresh answers without a refresh token: the old one stays good.
    return msgspec.structs.replace(token, refresh_token=previous.refresh_token, refresh_expires_at=previous.refresh_expires_at)


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of an answer; texts do not show where a debugger or a crash reporter shows local variables."""
    value: Any = None
    with contextlib.suppress(BadReply):
        value = wire.parse(body)
    fields = value if isinstance(value, dict) else {}
    return {name: _HiddenText(text) if isinstance(text, str) else text for name, text in fields.items()}


def _refusal(reply: Reply, answer: dict[str, Any], request_id: str | None) -> APIError:
    """The refusal in Pinterest's words, or in those of RFC 6749 5.2 (``error``, ``error_description``)."""
    code = answer.get("code")
    words = answer.get("message") or answer.get("error_description") or answer.get("error")
    code = code if isinstance(code, int) else None
    words = conceal(str(words)) if isinstance(words, str) else reply.reason
    kind = Unauthorized if reply.status in {400, 401, 403} else class_for_status(reply.status)
    return kind(
        f"HTTP {reply.status}" + (f" (code {code})" if code is not None else "") + (f": {words}" if words else ""),
        status=reply.status,
        code=code,
        server_message=words,
        headers=reply.headers,
        operation=OAUTH_TOKEN.id,
        request_id=request_id,
        advice="the code, the refresh token, or the app's id and secret are not valid (any more): run pinshop login"
        if kind is Unauthorized
        else "try again later",
    )


def _end(now: float, seconds: object) -> float | None:
    return now + seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


# ----------------------------------------------------------------------------------------- the browser login


class Consent(Struct, frozen=True):
    """One question to a user: the page to open, and what its answer is checked with."""

    url: str
    redirect_uri: str
    state: Secret
    verifier: Secret | None = None


def ask_consent(
    app_id: str,
    redirect_uri: str,
    scopes: tuple[str, ...],
    random_text: Callable[[], str],
    *,
    pkce: bool = False,
    authorize_url: str = AUTHORIZE_URL,
) -> Consent:
    """The page on which a user lets an app act for them.

    ``pkce`` adds RFC 7636's challenge. Pinterest documents none (no description from 5.0 to 5.23 names it) and knows the app
    by its secret instead, so it is off unless asked for.
    """
    state = random_text()
    query = {
        "client_id": app_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": ",".join(scopes), "state": state,
    }  # fmt: skip
    verifier = random_text() if pkce else None
    if verifier is not None:
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        query["code_challenge_method"] = "S256"
    url = f"{authorize_url}?{urlencode(query, safe=':,')}"
    return Consent(url, redirect_uri, Secret(state), Secret(verifier) if verifier is not None else None)


def read_redirect(consent: Consent, target: str) -> Secret | None:
    """The code in the address that the browser was sent back to; None if that visit is not the answer to ``consent``.

    Raises:
        Unauthorized: the user said no, or Pinterest did.
    """
    query = dict(parse_qsl(urlsplit(target).query))
    if not hmac.compare_digest(query.get("state", "").encode(), consent.state.reveal().encode()):
        return None  # any page can send a browser here; only the answer to our question carries our state
    if "error" in query or not query.get("code"):
        words = query.get("error_description") or query.get("error") or "no code came back"
        raise Unauthorized(
            f"the login was not granted: {words[:200]}",
            status=401,
            operation="oauth",
            advice="run pinshop login again and allow it",
        )
    return Secret(query["code"])


def code_form(consent: Consent, code: Secret) -> dict[str, str]:
    """The form that exchanges a code for tokens."""
    form = {"grant_type": "authorization_code", "code": _HiddenText(code.reveal()), "redirect_uri": consent.redirect_uri}
    # Apps made before 2025-09-25 would get a legacy refresh token that ends for good after 365 days; later apps ignore it.
    # Source: text of oauth/token in 5.23.0.
    form["continuous_refresh"] = "true"
    if consent.verifier is not None:
        form["code_verifier"] = _HiddenText(consent.verifier.reveal())
    return form


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes as Pinterest writes them: between commas in a question, between spaces in an answer."""
    return tuple(text.replace(",", " ").split())


def _pause_seconds(failure: Exception | None, attempt: int) -> float:
    headers: Mapping[str, str] = getattr(failure, "headers", None) or {}
    for name in ("retry-after", "x-ratelimit-reset"):
        text = str(headers.get(name) or "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return min(float(text), _LONGEST_PAUSE_SECONDS)
    return 0.5 * 2.0 ** (attempt - 1)
