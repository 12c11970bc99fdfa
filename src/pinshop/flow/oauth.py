"""The token endpoint and the consent page: requests, answers, refusals."""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Struct

from pinshop.api import models
from pinshop.api.endpoints import OAUTH_TOKEN
from pinshop.api.http import BaseUrl, Reply, Request
from pinshop.errors import (
    APIError,
    BadReply,
    ConfigurationError,
    RateLimited,
    ServerError,
    Unauthorized,
)
from pinshop.flow.refusals import explain
from pinshop.flow.secrets import Secret, SecretBytes, SecretText, SignedHeaders, check_secret, conceal
from pinshop.flow.tokens import App, Token

#: Where a user consents. Source: securitySchemes.pinterest_oauth2 of Pinterest's descriptions.
AUTHORIZE_URL = "https://www.pinterest.com/oauth/"


def token_request(base_url: str, app: App, form: Mapping[str, str | Secret]) -> Request:
    """``POST {base}/oauth/token`` with a form, signed by the app."""
    base = BaseUrl.parse(base_url)
    plain = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    return Request(
        method="POST",
        origin=base.origin,
        target=base.prefix + OAUTH_TOKEN.path,
        headers=SignedHeaders(plain, _basic(app)),
        body=_encoded(form),
        read_seconds=30.0,
        uninterrupted=True,
    )


def _basic(app: App) -> SecretText:
    return SecretText("Basic " + base64.b64encode(f"{app.id}:{app.secret.reveal()}".encode()).decode("ascii"))


def _encoded(form: Mapping[str, str | Secret]) -> SecretBytes:
    return SecretBytes(
        urlencode({name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()}).encode()
    )


#: What RFC 6749 5.2 says of a request that will never be granted as it is.
_FINAL_ERRORS = frozenset(
    ("invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type")
)


def read_token(reply: Reply, *, now: float, previous: Token | None = None, sent: Iterable[Secret] = ()) -> Token:
    """The token in an answer of the token endpoint. ``previous`` keeps what the answer does not say.

    Args:
        reply: the answer.
        now: seconds since 1970.
        previous: the token that is replaced.
        sent: what the request held; a server that repeats it in an error does not get it into ours.

    Raises:
        Unauthorized: Pinterest refused the code, the refresh token or the app, in its own form, for good.
        RateLimited, ServerError, APIError: it could not answer, or something in between answered: worth another try later.
        BadReply: a success without an access token that can be sent. No error holds the answer's body: it may hold tokens.
    """
    if not 200 <= reply.status < 300:  # a proxy may make 203 of 200
        raise _refusal(reply, now, sent)
    answer = _fields(reply.body)
    refresh, scope = answer.get("refresh_token"), answer.get("scope")
    token = Token(
        access_token=_access_token(reply, answer.get("access_token")),
        expires_at=_end(now, answer.get("expires_in")),
        scopes=_scopes(scope) or (previous.scopes if previous else ()),
        obtained_at=now,
    )
    if isinstance(refresh, Secret) and refresh.reveal().strip():
        return msgspec.structs.replace(
            token,
            refresh_token=refresh,  # whatever is in it: it travels in a form, not in a header
            refresh_expires_at=_end(now, answer.get("refresh_token_expires_in")),
        )
    if previous is None:
        return token
    # Up to 5.15 a plain refresh answers without a refresh token: the old one stays good.
    return msgspec.structs.replace(token, refresh_token=previous.refresh_token, refresh_expires_at=previous.refresh_expires_at)


def _access_token(reply: Reply, given: object) -> Secret:
    with contextlib.suppress(ConfigurationError):
        return check_secret("access_token", given)
    raise BadReply(
        f"the token endpoint answered {reply.status} without an access token",
        status=reply.status,
        operation=OAUTH_TOKEN.id,
        request_id=reply.headers.get("x-pinterest-rid"),
    )


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of an answer; texts do not show where a debugger or a crash reporter shows local variables."""
    value: Any = None
    with contextlib.suppress(BadReply):
        value = models.parse(body)
    return {name: Secret(text) if isinstance(text, str) else text for name, text in _object(value)}


def _object(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _scopes(scope: object) -> tuple[str, ...]:
    return split_scopes(scope.reveal()) if isinstance(scope, Secret) else ()


def _refusal(reply: Reply, now: float, sent: Iterable[Secret]) -> APIError | BadReply:
    """The refusal in Pinterest's words, or in those of RFC 6749 5.2 (``error``, ``error_description``)."""
    body = reply.body
    for secret in sent:
        body = secret.pieces_struck_from(body)
    reply = msgspec.structs.replace(reply, body=body)
    error = explain(OAUTH_TOKEN, reply, now, advice="try again later", keep_body=False)
    error.operation = OAUTH_TOKEN.id
    if _is_final(reply, error):
        final = Unauthorized(
            error.message,
            status=reply.status,
            code=getattr(error, "code", None),
            server_message=getattr(error, "server_message", ""),
            headers=error.headers,
            operation=OAUTH_TOKEN.id,
            request_id=error.request_id,
            advice="the code, the refresh token, or the app's id and secret are not valid (any more): run pinshop login",
        )
        final.foreign = False
        return final
    if isinstance(error, Unauthorized):
        error.foreign = True  # whoever said that: not Pinterest in its own form
    return error


def _is_final(reply: Reply, error: APIError | BadReply) -> bool:
    """Whether Pinterest itself refused the token or the app. A firewall's page, or a failure of its own, is not that."""
    if reply.status not in (400, 401) or isinstance(error, RateLimited | ServerError | BadReply):
        return False
    name = _fields(reply.body).get("error")
    return not error.foreign or (isinstance(name, Secret) and name.reveal() in _FINAL_ERRORS)


def _end(now: float, seconds: object) -> float | None:
    """When a token ends that lives so long; None where that is not said. 0 is how some say that it does not end."""
    text = seconds.reveal() if isinstance(seconds, Secret) else str(seconds)
    try:
        length = float(text) if not isinstance(seconds, bool) else -1.0
    except ValueError:
        return None
    return now + length if 0 < length < 10**10 else None


class Consent(Struct, frozen=True):
    """One question to a user: the page to open, and what its answer is checked with."""

    url: str
    redirect_uri: str
    state: Secret


def ask_consent(
    app_id: str,
    redirect_uri: str,
    scopes: tuple[str, ...],
    random_text: Callable[[], str],
    *,
    authorize_url: str = AUTHORIZE_URL,
) -> Consent:
    """The page on which a user lets an app act for them."""
    state = random_text()
    query = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    url = f"{authorize_url}?{urlencode(query, safe=':,')}"
    return Consent(url, redirect_uri, Secret(state))


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
            f"the login was not granted: {conceal(words[:200])}",
            status=401,
            operation="oauth",
            advice="run pinshop login again and allow it",
        )
    return Secret(query["code"])


def code_form(consent: Consent, code: Secret) -> dict[str, str | Secret]:
    """The form that exchanges a code for tokens."""
    return {
        "grant_type": "authorization_code",
        "code": SecretText(code.reveal()),
        "redirect_uri": consent.redirect_uri,
        # Apps made before 2025-09-25 would get a legacy refresh token that expires for good after 365 days; later apps
        # ignore it. Source: text of oauth/token in 5.23.0.
        "continuous_refresh": "true",
    }


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes as Pinterest writes them: between commas in a question, between spaces in an answer."""
    return tuple(text.replace(",", " ").split())
