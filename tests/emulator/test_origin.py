"""The check of host and origin in front of the control routes, the console and the consent page: every route, every method."""

from __future__ import annotations

import http.client
import itertools

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.control.routes import TABLE
from pinshop.emulator.oauth import APP_ID
from pinshop.emulator.server.in_process import ask
from pinshop.emulator.server.origin import WebAccess, refusal
from pinshop.errors import ConfigurationError

OAUTH = f"/oauth/?client_id={APP_ID}&redirect_uri=http://localhost:8085/&response_type=code&scope=ads:read"
ROUTES = [
    *((row.method, "/_emulator/" + row.path.replace("{name}", "x")) for row in TABLE),
    ("GET", "/_emulator/"), ("GET", "/_emulator/console/rules"), ("POST", "/_emulator/console/clock"),
    ("GET", "/_emulator/console/static/style.css"), ("GET", "/_emulator/reports/x"), ("GET", "/_emulator/nothing"),
    ("GET", OAUTH), ("POST", OAUTH), ("GET", "/"), ("OPTIONS", "/_emulator/reset"), ("PUT", "/_emulator/reset"),
]  # fmt: skip
#: host, other headers, and whether that may come in.
CALLERS = [
    ("127.0.0.1:8123", {}, True),
    ("127.0.0.1:8123", {"origin": "http://127.0.0.1:8123"}, True),
    ("localhost:8123", {"origin": "http://localhost:8123"}, True),
    ("[::1]:8123", {}, True),
    ("app.localhost", {}, True),
    ("192.168.1.7:8123", {}, True),
    ("evil.example:8123", {"origin": "http://evil.example:8123"}, False),
    ("evil.example:8123", {}, False),
    ("evil.example", {"origin": "http://127.0.0.1:8123"}, False),
    ("127.0.0.1.evil.example:8123", {}, False),
    ("127.0.0.1:8123@evil.example", {}, False),
    ("localhost.evil.example", {}, False),
    ("evillocalhost", {}, False),
    ("2130706433:8123", {}, False),
    ("", {}, False),
    ("127.0.0.1?evil.example", {}, False),
    ("127.0.0.1#evil.example", {}, False),
    ("127.0.0.1:99999", {}, False),
    ("127.0.0.1, evil.example", {}, False),
    ("127.0.0.1:8123", {"origin": "https://127.0.0.1:8123"}, False),
    ("127.0.0.1:8123", {"origin": "chrome-extension://127.0.0.1:8123"}, False),
    ("LocalHost.:8123", {}, True),
    ("[fe80::1%25eth0]:8123", {}, True),
    ("127.0.0.1:8123", {"origin": "http://evil.example"}, False),
    ("127.0.0.1:8123", {"origin": "http://127.0.0.1:9000"}, False),
    ("127.0.0.1:8123", {"origin": "null"}, False),
    ("127.0.0.1:8123", {"origin": ""}, False),
    ("127.0.0.1:8123", {"origin": "http://[::1"}, False),
    ("127.0.0.1:8123", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, False),
    ("127.0.0.1:8123", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, False),
    ("127.0.0.1:8123", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
    ("127.0.0.1:8123", {"sec-fetch-site": "same-origin"}, True),
]


@pytest.fixture(scope="module")
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z", allow_hosts=["Emulator"], cors=["http://localhost:3000"])
    yield emulator
    emulator.close()


def status(emulator, method, path, host, **headers):
    origin = "http://127.0.0.1:8123"
    return ask(emulator.app, Request(method, origin, path, {"host": host, **headers}, b""))


@pytest.mark.parametrize(("host", "headers", "taken"), CALLERS)
def test_only_pages_of_its_own_come_in(emulator, host, headers, taken):
    for method, path in ROUTES:
        before = emulator.world.clock.seconds(), list(emulator.world.forks), emulator.world.journal.count()
        reply = status(emulator, method, path, host, **headers)
        # The report's link answers 403 by itself, as a file store does.
        refused = reply.status == 403 and b"AccessDenied" not in reply.body
        assert refused != taken or (method, path) == ("POST", "/_emulator/console/clock"), (method, path, reply.body[:200])
        if not taken:
            assert b"emulated_" not in reply.body
            assert (emulator.world.clock.seconds(), list(emulator.world.forks), emulator.world.journal.count()) == before
        if "x" in emulator.world.forks:
            emulator.world.drop_fork("x")


def test_a_link_may_be_followed_from_anywhere_and_changes_nothing(emulator):
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    for path in ("/_emulator/", OAUTH + "&auto=allow"):
        assert status(emulator, "GET", path, "127.0.0.1:8123", **followed).status == 200
        assert status(emulator, "POST", path, "127.0.0.1:8123", **followed).status == 403


def test_names_and_pages_of_ones_own_are_allowed_by_options(emulator):
    assert status(emulator, "GET", "/_emulator/state", "emulator:8123").status == 200
    assert status(emulator, "POST", "/_emulator/clock", "emulator", origin="http://evil.example").status == 403
    reply = status(emulator, "GET", "/_emulator/clock", "127.0.0.1:8123", origin="http://localhost:3000")
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "http://localhost:3000")


@pytest.mark.parametrize("name", ["host", "origin", "sec-fetch-site"])
def test_what_decides_cannot_be_said_twice(name):
    said = {"host": "localhost", "origin": "http://localhost", "sec-fetch-site": "same-origin"}
    other = {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert refusal("POST", "http", said.items(), WebAccess()) is None
    for twice in ([*said.items(), (name, other[name])], [(name, other[name]), *said.items()]):
        assert refusal("POST", "http", twice, WebAccess()) is not None


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("http://localhost:3000/", "http://localhost:3000"),
        ("HTTP://App.Example:80", "http://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example:8", "https://xn--bcher-kva.example:8"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_allowed_in_the_form_that_browsers_send(given, sent):
    assert WebAccess.of([], [given]).origins == {sent}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("allow_hosts", "*"),
        ("allow_hosts", "http://x"),
        ("allow_hosts", ""),
        ("allow_hosts", "a b"),
        ("allow_hosts", "x:80"),
        ("allow_hosts", None),
        ("allow_hosts", 5),
        ("cors", "http://a@x"),
        ("cors", "http://x:99999"),
        ("cors", "http://[x"),
        ("cors", b"http://x"),
        ("cors", "*"),
        ("cors", "null"),
        ("cors", "localhost:3000"),
        ("cors", "http://x/y"),
        ("cors", "ftp://x"),
    ],
)
def test_options_that_allow_too_much_or_nothing_are_refused(name, given):
    with pytest.raises(ConfigurationError, match=f"{name}: got"):
        Emulator(**{name: [given]})


def test_scripts_of_an_allowed_page_may_call_the_api(emulator):
    with Emulator(cors=["http://localhost:3000"]) as served:
        connection = http.client.HTTPConnection(served.base_url.split("/")[2])
        for page, allowed in (("http://localhost:3000", "http://localhost:3000"), ("http://evil.example", None)):
            asked = {"Origin": page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
            connection.request("OPTIONS", "/v5/user_account", headers=asked)
            preflight = connection.getresponse()
            preflight.read()
            assert preflight.getheader("access-control-allow-origin") == allowed
            connection.request(
                "GET", "/v5/user_account", headers={"Origin": page, "Authorization": f"Bearer {served.access_token}"}
            )
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, answer.getheader("access-control-allow-origin")) == (200, allowed)
        connection.close()


def test_the_check_stands_in_front_of_forks_and_mounts_too(emulator):
    emulator.world.fork_as("tenant")
    for path, evil in itertools.product(("/forks/tenant/_emulator/state", "/forks/tenant/oauth/"), (True, False)):
        reply = status(emulator, "GET", path, "evil.example" if evil else "127.0.0.1")
        assert (reply.status == 403) == evil
    emulator.world.drop_fork("tenant")
