"""The consent page, as ``https://www.pinterest.com/oauth/`` is."""

from __future__ import annotations

import html
from urllib.parse import parse_qs, urlencode, urlsplit

from pinshop.api.http import Reply, Request
from pinshop.emulator.oauth import APP_ID, SCOPES, Endpoint

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Give access - pinshop emulator</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1rem;margin-right:.5rem}}p.note{{border:2px solid;padding:.5rem 1rem}}</style>
<h1>Give access</h1>
<p class="note">This is the pinshop emulator, not Pinterest. Nothing here is real.</p>
<p>The app <b>{app}</b> asks to act for <b>{user}</b> with these scopes:</p><ul>{scopes}</ul>
<form method="post"><button name="decision" value="allow" autofocus>Give access</button>
<button name="decision" value="deny">Refuse</button></form></html>
"""


def consent(endpoint: Endpoint, request: Request) -> Reply:
    """The consent page, as ``https://www.pinterest.com/oauth/`` is: GET shows it, POST decides and goes back.

    Query: client_id, redirect_uri, response_type=code, scope (comma or space separated), state. ``auto=allow`` or
    ``auto=deny`` decides at once, for tests without a browser.
    """
    asked = {name: values[-1] for name, values in parse_qs(request.target.partition("?")[2], keep_blank_values=True).items()}
    problem = None
    redirect = urlsplit(asked.get("redirect_uri", ""))
    if asked.get("client_id") != APP_ID:
        problem = f"client_id must be {APP_ID}, the emulator's only app"
    elif redirect.scheme not in ("http", "https") or not redirect.netloc:
        problem = "redirect_uri must be an http or https address"
    elif asked.get("response_type") != "code":
        problem = "response_type must be code"
    scopes = asked.get("scope", "").replace(",", " ").split()
    if problem is None and (not scopes or any(scope not in SCOPES for scope in scopes)):
        problem = f"scope must name some of: {', '.join(sorted(SCOPES))}"
    if problem is not None:
        return _html(400, f"<!doctype html><meta charset=utf-8><title>Refused</title><p>{html.escape(problem)}</p>")
    user_id = int(endpoint.world.store.get_meta("seeded")["user_id"])
    decision = asked.get("auto")
    if request.method == "POST":
        decision = parse_qs((request.body or b"").decode("utf-8", "replace")).get("decision", [""])[0]
    if decision not in ("allow", "deny"):
        user = endpoint.world.store.must("users", user_id)["username"]
        listed = "".join(f"<li>{html.escape(scope)}</li>" for scope in scopes)
        return _html(200, _PAGE.format(app=html.escape(APP_ID), user=html.escape(user), scopes=listed))
    back = {"state": asked["state"]} if "state" in asked else {}
    if decision == "allow":
        back = {"code": endpoint.code(asked["redirect_uri"], scopes, user_id), **back}
    else:
        back = {"error": "access_denied", **back}
    joined = "&" if redirect.query else "?"
    return Reply(302, {"location": asked["redirect_uri"] + joined + urlencode(back), "x-emulated": "true"}, b"")


def _html(status: int, text: str) -> Reply:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "x-emulated": "true",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action *",
    }
    return Reply(status, headers, text.encode())
