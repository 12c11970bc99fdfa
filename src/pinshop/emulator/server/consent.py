"""The consent page, as ``https://www.pinterest.com/oauth/`` is: GET shows it, POST from it decides and goes back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pinshop.emulator.control import console
from pinshop.emulator.control.bodies import Unreadable, read_whole
from pinshop.emulator.oauth import APP_ID, SCOPES, Endpoint, redirect_problem
from pinshop.emulator.world import World

#: The form's answer leads to the app's address, and browsers apply form-action to where a redirect leads.
_MAX_FORM = 65_536

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' http: https:; base-uri 'none'; "
    "frame-ancestors 'none'"
)


async def answer(world: World, request: Request) -> Response:
    """Query: client_id, redirect_uri, response_type=code, scope (comma or space separated), state.

    ``auto=allow`` or ``auto=deny`` decides at once, for tests without a browser: only in-process, where no Host is named. Over
    HTTP a GET never decides, since any page can make a browser send one; use ``POST /_emulator/authorize``.
    """
    asked = dict(request.query_params)
    scopes = asked.get("scope", "").replace(",", " ").split()
    if (problem := _problem(asked, scopes)) is not None:
        return console.page(world, request, "consent_refused.html", {"title": "Refused", "why": problem}, 400)
    decision = asked.get("auto") if "host" not in request.headers else None
    if request.method == "POST":
        try:
            body = await read_whole(request, _MAX_FORM)
        except Unreadable as error:
            return console.page(world, request, "consent_refused.html", {"title": "Refused", "why": str(error)}, error.status)
        decision = parse_qs(body.decode("utf-8", "replace")).get("decision", [""])[0]
    if decision not in ("allow", "deny"):
        with world.lock:
            user = world.store.must("users", int(world.seeded.user_id))["username"]
        shown = {"title": "Give access", "app": APP_ID, "user": user, "scopes": scopes, "redirect_uri": asked["redirect_uri"]}
        page = console.page(world, request, "consent.html", shown, 200)
        page.headers["content-security-policy"] = _POLICY
        return page
    back = {"state": asked["state"]} if "state" in asked else {}
    if decision == "allow":
        with world.change():
            code = Endpoint(world, world.now()).code(asked["redirect_uri"], scopes, int(world.seeded.user_id))
        back = {"code": code, **back}
    else:
        back = {"error": "access_denied", **back}
    joined = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return RedirectResponse(asked["redirect_uri"] + joined + urlencode(back), 302)


def _problem(asked: Mapping[str, str], scopes: list[str]) -> str | None:
    if asked.get("client_id") != APP_ID:
        return f"client_id must be {APP_ID}, the emulator's only app"
    if (problem := redirect_problem(asked.get("redirect_uri", ""))) is not None:
        return problem
    if asked.get("response_type") != "code":
        return "response_type must be code"
    if not scopes or any(scope not in SCOPES for scope in scopes):
        return f"scope must name some of: {', '.join(sorted(SCOPES))}"
    return None
