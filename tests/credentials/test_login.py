"""The browser login: a browser of ours, the real loopback address, and a scripted token endpoint."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pinshop.api.http import Reply
from pinshop.credentials.login import browser_login, pasted_login
from pinshop.errors import ConfigurationError, InvalidInput, TimedOut, Unauthorized
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App

APP = App("1234567", Secret("shhh"))
ANY_PORT = "http://localhost:0/"


class Endpoint:
    """A token endpoint that gives tokens for the code ``good``."""

    def __init__(self):
        self.forms = []
        self.closed = False

    def send(self, request, /):
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        self.forms.append(form)
        if form["code"] != "good":
            return Reply(400, {}, b'{"code": 283, "message": "Authorization code is invalid."}')
        answer = {
            "access_token": "pina_1",
            "refresh_token": "pinr_1",
            "expires_in": 2592000,
            "refresh_token_expires_in": 5184000,
            "scope": "ads:read ads:write",
            "token_type": "bearer",
            "response_type": "authorization_code",
        }
        return Reply(200, {}, json.dumps(answer).encode())

    def close(self):
        self.closed = True


class Browser:
    """Visits what a user's browser would visit, in a thread of its own."""

    def __init__(self, *visits):
        self.visits = visits
        self.pages = []
        self.query = {}

    def __call__(self, url):
        self.query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        self.thread = threading.Thread(target=self._go)
        self.thread.start()

    def _go(self):
        for visit in self.visits:
            target = visit(self) if callable(visit) else visit
            try:
                with urllib.request.urlopen(self.query["redirect_uri"].rstrip("/") + target, timeout=20) as page:
                    self.pages.append((page.status, page.read().decode()))
            except urllib.error.HTTPError as error:
                with error:
                    self.pages.append((error.code, error.read().decode()))


def back(**answer):
    return lambda browser: "/?" + urlencode({"state": browser.query["state"], **answer})


@pytest.fixture
def endpoint():
    return Endpoint()


def test_a_login_from_the_question_to_the_token(endpoint):
    browser = Browser(back(code="good"))
    said = []
    token = browser_login(
        APP, redirect_uri=ANY_PORT, open_browser=browser, transport=endpoint, say=said.append, clock=lambda: 1000.0
    )
    browser.thread.join()
    assert (token.access_token, token.refresh_token) == (Secret("pina_1"), Secret("pinr_1"))
    assert (token.expires_at, token.refresh_expires_at) == (2593000.0, 5185000.0)
    assert token.scopes == ("ads:read", "ads:write")
    assert browser.query["scope"] == "ads:read,ads:write,catalogs:read,catalogs:write,user_accounts:read"
    assert endpoint.forms == [
        {
            "grant_type": "authorization_code",
            "code": "good",
            "redirect_uri": browser.query["redirect_uri"],
            "continuous_refresh": "true",
        }
    ]
    [(status, page)] = browser.pages
    assert status == 200
    assert "Signed in" in page
    assert "good" not in page
    assert "https://www.pinterest.com/oauth/?" in said[0]
    assert not endpoint.closed  # who made it closes it


def test_strangers_do_not_end_the_wait(endpoint):
    """A page elsewhere can send a browser to our address; an idle connection can be opened in advance."""

    def idle(browser):
        browser.idle = socket.create_connection(("127.0.0.1", urlsplit(browser.query["redirect_uri"]).port))
        return "/favicon.ico"

    browser = Browser(idle, "/?code=evil&state=guessed", "/?code=evil", "/other?code=evil", back(code="good"))
    browser_login(APP, redirect_uri=ANY_PORT, open_browser=browser, transport=endpoint)
    browser.thread.join()
    browser.idle.close()
    assert [status for status, _ in browser.pages] == [404, 400, 400, 404, 200]
    assert [form["code"] for form in endpoint.forms] == ["good"]


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"error": "access_denied"}, 403, "not granted: access_denied"),
        ({"code": ""}, 403, "no code came back"),
        ({"code": "bad"}, 502, "283"),
        ({"error": "<script>alert(1)</script>"}, 403, "script"),
    ],
)
def test_a_login_that_fails_fails_in_both_places(endpoint, answer, status, words):
    browser = Browser(back(**answer))
    with pytest.raises(Unauthorized, match=words):
        browser_login(APP, redirect_uri=ANY_PORT, open_browser=browser, transport=endpoint)
    browser.thread.join()
    [(shown, page)] = browser.pages
    assert shown == status
    assert "Not signed in" in page
    assert "<script>" not in page


def test_the_wait_is_bounded(endpoint):
    with pytest.raises(TimedOut, match="within 0 s"):
        browser_login(APP, redirect_uri=ANY_PORT, wait_seconds=0.01, open_browser=lambda _: None, transport=endpoint)


def test_the_port_is_free_again_and_one_that_is_taken_is_named(endpoint):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        uri = f"http://127.0.0.1:{port}/cb"
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            browser_login(APP, redirect_uri=uri, open_browser=lambda _: None, transport=endpoint)
    for _ in range(2):
        with pytest.raises(TimedOut):
            browser_login(APP, redirect_uri=uri, wait_seconds=0.01, open_browser=lambda _: None, transport=endpoint)


@pytest.mark.parametrize(
    "uri",
    ["https://localhost:8085/", "http://example.com:80/", "http://0.0.0.0:80/", "http://localhost/", "http://localhost:x/", ""],
)
def test_only_a_loopback_address_can_be_listened_on(endpoint, uri):
    with pytest.raises(InvalidInput, match="redirect_uri"):
        browser_login(APP, redirect_uri=uri, open_browser=lambda _: None, transport=endpoint)


def test_a_login_on_a_machine_without_a_browser(endpoint):
    def ask(url):
        state = parse_qs(urlsplit(url).query)["state"][0]
        return f" http://localhost:8085/?code=good&state={state} \n"

    assert pasted_login(APP, ask=ask, transport=endpoint).access_token == Secret("pina_1")
    with pytest.raises(InvalidInput, match="whole address") as caught:
        pasted_login(APP, ask=lambda _: "http://localhost:8085/?code=secret-code&state=old", transport=endpoint)
    assert "secret-code" not in str(caught.value)
