"""OAuth: codes, access tokens and refresh tokens, by the emulated clock.

Source: ``POST /oauth/token`` and the OAuth texts of Pinterest's descriptions 5.6.0 to 5.23.0. Codes, tokens and their order
follow from the seed, so a run repeats.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from pinshop.api.operations import at_least
from pinshop.emulator.refusals import Refusal, bad, shown
from pinshop.emulator.storage.seeding import ALL_SCOPES
from pinshop.emulator.storage.store import Store
from pinshop.emulator.world import World

#: The app that may ask for tokens. Its secret guards nothing: the emulator is on loopback.
APP_ID = "1400001"

APP_SECRET = "emulated_app_secret"  # noqa: S105

_CODE_SECONDS = 300

SCOPES = frozenset((*ALL_SCOPES, "boards:write", "pins:write", "biz_access:read", "biz_access:write", "billing:read"))


class Endpoint(Struct):
    """Asked at one second of the emulated time."""

    world: World
    now: int

    @property
    def store(self) -> Store:
        return self.world.store

    def answer(self, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any] | Refusal:
        """`token`, with a refusal as a value: it, too, may have changed the state."""
        try:
            return self.token(form, headers)
        except Refusal as refusal:
            return refusal

    def token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
        """``POST /oauth/token``."""
        app = self._app(headers)
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._code(form, app)
        if grant == "refresh_token":
            return self._refresh(form, app)
        for_clients = at_least(self.world.api_version, "5.14")
        if grant == "client_credentials" and for_clients:
            return self._client(form, app)
        allowed = "authorization_code, refresh_token" + (", client_credentials" if for_clients else "")
        raise bad(f"Invalid request: 'grant_type' ({shown(grant)} is not one of {allowed})")

    def _app(self, headers: Mapping[str, str]) -> str:
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            plain = base64.b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            plain = ""
        if plain != f"{APP_ID}:{APP_SECRET}":
            raise Refusal(401, 2, "Authentication failed.")
        return APP_ID

    def _bad_grant(self, message: str) -> Refusal:
        return Refusal(400, self.world.rules.code_bad_grant, message)

    def _code(self, form: Mapping[str, str], app: str) -> dict[str, Any]:
        code, redirect = form.get("code", ""), form.get("redirect_uri", "")
        known = self.store.token(code) if code else None
        if known is None or known["kind"] != "code" or known["app"] != f"{app} {redirect}":
            raise self._bad_grant("Authorization code is invalid or was issued for another redirect_uri.")
        if known["revoked"] is not None:
            self.store.revoke(self.now, family=known["family"])  # used twice: somebody copied it, so all it gave is void
            raise self._bad_grant("Authorization code was used before.")
        if self.now >= known["expires"]:
            raise self._bad_grant("Authorization code has expired.")
        self.store.revoke(self.now, token=code)
        scopes = known["scopes"].split()
        answer = self._access("authorization_code", known["user_id"], scopes, app, known["family"])
        return answer | self._new_refresh(known["user_id"], scopes, app, known["family"], with_instant=True)

    def _refresh(self, form: Mapping[str, str], app: str) -> dict[str, Any]:
        given = form.get("refresh_token", "")
        known = self.store.token(given) if given else None
        if known is None or known["kind"] != "refresh" or known["app"] != app:
            raise self._bad_grant("Refresh token is invalid.")
        if self.now >= known["expires"]:
            raise self._bad_grant("Refresh token has expired.")
        if known["revoked"] is not None and self.now >= known["revoked"] + self.world.rules.refresh_grace_seconds:
            raise self._bad_grant("Refresh token was replaced or revoked.")
        granted = known["scopes"].split()
        scopes = _scopes(form.get("scope"), granted)
        answer = self._access("refresh_token", known["user_id"], scopes, app, known["family"])
        if not at_least(self.world.api_version, "5.16"):  # no new refresh token in the plain answer up to 5.15
            return answer
        if not self.world.rules.refresh_rotates:
            left = known["expires"] - self.now
            return answer | {
                "refresh_token": given,
                "refresh_token_expires_in": left,
                "refresh_token_expires_at": known["expires"],
            }
        self.store.revoke(self.now, token=given)
        return answer | self._new_refresh(known["user_id"], granted, app, known["family"], with_instant=True)

    def _client(self, form: Mapping[str, str], app: str) -> dict[str, Any]:
        if not form.get("scope"):
            raise bad("Parameter 'scope' is required.")
        scopes = _scopes(form["scope"], sorted(SCOPES))
        seeded = self.store.get_meta("seeded")
        return self._access("client_credentials", int(seeded["user_id"]), scopes, app, f"client {app}", kind="client")

    def _access(
        self, response_type: str, user_id: int, scopes: list[str], app: str, family: str, kind: str = "access"
    ) -> dict[str, Any]:
        life = self.world.rules.access_token_seconds
        token = self.store.new_token("issued")
        self.store.add_token(token, kind, user_id, scopes, self.now + life, app, family)
        return {
            "response_type": response_type,
            "access_token": token,
            "token_type": "bearer",
            "expires_in": life,
            "scope": " ".join(scopes),
        }

    def _new_refresh(self, user_id: int, scopes: list[str], app: str, family: str, *, with_instant: bool) -> dict[str, Any]:
        life = self.world.rules.refresh_token_seconds
        token = self.store.new_token("refresh")
        self.store.add_token(token, "refresh", user_id, scopes, self.now + life, app, family)
        answer: dict[str, Any] = {"refresh_token": token, "refresh_token_expires_in": life}
        if with_instant and at_least(self.world.api_version, "5.16"):
            answer["refresh_token_expires_at"] = self.now + life
        return answer

    def code(self, redirect_uri: str, scopes: list[str], user_id: int) -> str:
        """A code as the consent page gives it: good for five minutes, once, for this redirect_uri."""
        code = self.store.new_token("code")
        self.store.add_token(
            code, "code", user_id, scopes, self.now + _CODE_SECONDS, f"{APP_ID} {redirect_uri}", f"consent {code}"
        )
        return code


def redirect_problem(redirect_uri: str) -> str | None:
    """What is wrong with an address to go back to. RFC 6749, 3.1.2: absolute, without a fragment."""
    try:
        place = urlsplit(redirect_uri)
        right = place.scheme in ("http", "https") and place.hostname and redirect_uri.isascii() and redirect_uri.isprintable()
    except ValueError:
        right = False
    if not right or " " in redirect_uri:
        return "redirect_uri must be an http or https address"
    return "redirect_uri must not have a fragment" if "#" in redirect_uri else None


def _scopes(asked: str | None, granted: list[str]) -> list[str]:
    if not asked:
        return granted
    wanted = [scope for scope in asked.replace(",", " ").split() if scope]
    if strange := [scope for scope in wanted if scope not in granted]:
        raise bad(f"Invalid request: 'scope' ({shown(strange[0])} was not granted)")
    return wanted
