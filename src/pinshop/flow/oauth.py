"""The token endpoint and the consent page: requests, answers, refusals."""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Callable, Mapping
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
    Unauthorized,
    class_for_status,
)
from pinshop.flow.secrets import HiddenBytes, HiddenText, Secret, check_secret, conceal
from pinshop.flow.tokens import App, Token

#: Where a user consents. Source: securitySchemes.pinterest_oauth2 of Pinterest's descriptions.
AUTHORIZE_URL = "https://www.pinterest.com/oauth/"

_LONGEST_PAUSE_SECONDS = 30.0


def token_request(base_url: str, app: App, form: Mapping[str, str]) -> Request:
    """``POST {base}/oauth/token`` with a form, signed by the app."""
    base = BaseUrl.parse(base_url)
    basic = base64.b64encode(f"{app.id}:{app.secret.reveal()}".encode()).decode("ascii")
    return Request(
        method="POST",
        origin=base.origin,
        target=base.prefix + OAUTH_TOKEN.path,
        headers={
            "Accept": "application/json",
            "Authorization": HiddenText("Basic " + basic),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=HiddenBytes(urlencode(form).encode()),
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
        value = models.parse(body)
    fields = value if isinstance(value, dict) else {}
    return {name: HiddenText(text) if isinstance(text, str) else text for name, text in fields.items()}


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
            f"the login was not granted: {words[:200]}",
            status=401,
            operation="oauth",
            advice="run pinshop login again and allow it",
        )
    return Secret(query["code"])


def code_form(consent: Consent, code: Secret) -> dict[str, str]:
    """The form that exchanges a code for tokens."""
    form = {"grant_type": "authorization_code", "code": HiddenText(code.reveal()), "redirect_uri": consent.redirect_uri}
    # Apps made before 2025-09-25 would get a legacy refresh token that ends for good after 365 days; later apps ignore it.
    # Source: text of oauth/token in 5.23.0.
    form["continuous_refresh"] = "true"
    return form


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes as Pinterest writes them: between commas in a question, between spaces in an answer."""
    return tuple(text.replace(",", " ").split())


def pause_seconds(failure: Exception | None, attempt: int) -> float:
    headers: Mapping[str, str] = getattr(failure, "headers", None) or {}
    for name in ("retry-after", "x-ratelimit-reset"):
        text = str(headers.get(name) or "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return min(float(text), _LONGEST_PAUSE_SECONDS)
    return 0.5 * 2.0 ** (attempt - 1)
