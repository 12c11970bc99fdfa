"""The browser login: open Pinterest's consent page, wait on a loopback address for the answer, exchange the code.

    consent page  ->  http://localhost:8085/?code=…&state=…  ->  POST {base}/oauth/token

The questions and the checks of the answers are those of `pinshop.flow.oauth`.
"""

from __future__ import annotations

import contextlib
import html
import ipaddress
import queue
import secrets
import threading
import time
import webbrowser
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pinshop.api.http import Reply, Transport
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError, TimedOut
from pinshop.flow import oauth
from pinshop.flow.oauth import Consent
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import BASE_URL, App, Token, check_app_destination

#: Pinterest's own quickstart registers this address; an app must list the one it uses.
REDIRECT_URI = "http://localhost:8085/"

#: What the operations of this library need.
SCOPES = ("ads:read", "ads:write", "catalogs:read", "catalogs:write", "user_accounts:read")

_PAGE_WAITS_SECONDS = 60.0


def browser_login(
    app: App,
    *,
    scopes: tuple[str, ...] = SCOPES,
    redirect_uri: str = REDIRECT_URI,
    base_url: str = BASE_URL,
    authorize_url: str = oauth.AUTHORIZE_URL,
    wait_seconds: float = 300.0,
    open_browser: Callable[[str], object] = webbrowser.open,
    say: Callable[[str], object] = lambda _: None,
    transport: Transport | None = None,
    clock: Callable[[], float] = time.time,
) -> Token:
    """Ask a user for access in their browser: authorization code with ``state``, then ``POST /oauth/token``.

    The page that the browser ends on tells whether it worked, after the exchange, not before.

    Args:
        app: the app's id and secret, as Pinterest's developer site shows them.
        scopes: what to ask for.
        redirect_uri: a loopback address that the app lists; ``localhost:0`` takes any free port, for servers that allow it.
        base_url: where the code is exchanged.
        authorize_url: the consent page.
        wait_seconds: how long to wait for the user.
        open_browser: called with the address of the consent page.
        say: called with a line for the user.
        transport: carries the exchange; the default is a connection of its own.
        clock: seconds since 1970.

    Raises:
        Unauthorized: the user refused, or Pinterest refused the code or the app.
        TimedOut: nobody answered in ``wait_seconds``.
        InvalidInput: ``redirect_uri`` is no loopback address.
        ConfigurationError: its port is taken.
    """
    with _listening(redirect_uri) as inbox:
        consent = oauth.ask_consent(
            app.id, inbox.redirect_uri, scopes, lambda: secrets.token_urlsafe(32), authorize_url=authorize_url
        )
        inbox.consent = consent
        say(f"Open this page to give access, if no browser opens by itself:\n{consent.url}")
        open_browser(consent.url)
        visit = inbox.wait(wait_seconds)
        try:
            token = exchange(app, consent, visit.code(), base_url=base_url, transport=transport, clock=clock)
        except PinshopError:
            visit.tell(worked=False)
            raise
        visit.tell(worked=True)
        return token


def pasted_login(
    app: App,
    *,
    ask: Callable[[str], str],
    scopes: tuple[str, ...] = SCOPES,
    redirect_uri: str = REDIRECT_URI,
    base_url: str = BASE_URL,
    authorize_url: str = oauth.AUTHORIZE_URL,
    transport: Transport | None = None,
    clock: Callable[[], float] = time.time,
) -> Token:
    """The same on a machine without a browser: ``ask`` shows the page's address and returns the address it ended on."""
    consent = oauth.ask_consent(app.id, redirect_uri, scopes, lambda: secrets.token_urlsafe(32), authorize_url=authorize_url)
    code = oauth.read_redirect(consent, ask(consent.url).strip())
    if code is None:
        raise InvalidInput(
            "address", Secret(""), f"the whole address that the browser ended on, as in {redirect_uri}?code=…&state=…"
        )
    return exchange(app, consent, code, base_url=base_url, transport=transport, clock=clock)


def exchange(
    app: App, consent: Consent, code: Secret, *, base_url: str, transport: Transport | None, clock: Callable[[], float]
) -> Token:
    """``POST /oauth/token`` with a code. It is sent once: a code works once."""
    check_app_destination(base_url, app, None)
    own = transport is None
    if transport is None:
        from pinshop.transports.urllib3 import Urllib3Transport

        transport = Urllib3Transport()
    try:
        reply: Reply = transport.send(oauth.token_request(base_url, app, oauth.code_form(consent, code)))
        return oauth.read_token(reply, now=clock(), sent=(app.secret, code))
    finally:
        if own:
            transport.close()


class _Visit:
    """The browser's visit with the answer; its page waits until we know how it ended."""

    def __init__(self, target: str, consent: Consent) -> None:
        self._target = target
        self._consent = consent
        self._ended = threading.Event()
        self.worked = False

    def code(self) -> Secret:
        code = oauth.read_redirect(self._consent, self._target)
        assert code is not None  # noqa: S101 -- only visits with our state are put into the inbox
        return code

    def tell(self, *, worked: bool) -> None:
        self.worked = worked
        self._ended.set()

    def wait(self) -> None:
        self._ended.wait(_PAGE_WAITS_SECONDS)


class _Inbox(ThreadingHTTPServer):
    """Threads, because browsers open connections in advance and send nothing on them."""

    daemon_threads = True
    block_on_close = False
    redirect_uri = ""
    consent: Consent | None = None

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.visits: queue.Queue[_Visit] = queue.Queue()
        self.answering: list[threading.Thread] = []

    def wait(self, seconds: float) -> _Visit:
        try:
            return self.visits.get(timeout=seconds)
        except queue.Empty:
            raise TimedOut(
                f"nobody answered the consent page within {seconds:.0f} s", operation="oauth", advice="run pinshop login again"
            ) from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no event, and standard error is the user's."""


class _Handler(BaseHTTPRequestHandler):
    server: _Inbox  # pyright: ignore[reportIncompatibleVariableOverride] - nobody else makes one
    timeout = 10  # of a connection that sends nothing

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name
        """The address holds the code: it is not logged."""

    def do_GET(self) -> None:
        consent = self.server.consent
        wanted = urlsplit(self.server.redirect_uri).path or "/"
        if consent is None or urlsplit(self.path).path != wanted:
            return self._page(404, "Not found", "This address only receives the answer to pinshop login.")
        try:
            code = oauth.read_redirect(consent, self.path)
        except PinshopError as error:
            self.server.answering.append(threading.current_thread())
            self.server.visits.put(_Visit(self.path, consent))
            return self._page(403, "Not signed in", str(error))
        if code is None:
            return self._page(400, "Not the answer", "This is not the login pinshop is waiting for. Close this tab.")
        visit = _Visit(self.path, consent)
        self.server.answering.append(threading.current_thread())
        self.server.visits.put(visit)
        visit.wait()
        if visit.worked:
            return self._page(200, "Signed in", "pinshop has its token. You can close this page.")
        return self._page(502, "Not signed in", "Pinterest did not exchange the code. The terminal says why.")

    def _page(self, status: int, title: str, text: str) -> None:
        body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")  # the address holds the code
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title} - pinshop</title>
<style>:root{{color-scheme:light dark}}
body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}}
</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""


@contextlib.contextmanager
def _listening(redirect_uri: str) -> Generator[_Inbox]:
    url = urlsplit(redirect_uri)
    host = url.hostname or ""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback and ipaddress.ip_address(address).version == 4
        port = url.port
    except ValueError:
        loopback, port = False, None
    if url.scheme != "http" or not loopback or port is None or url.query or url.fragment:
        raise InvalidInput(
            "redirect_uri", redirect_uri, "http://localhost:PORT/ or http://127.0.0.1:PORT/, as the app lists it"
        )
    try:
        inbox = _Inbox((address, port))
    except OSError as error:
        raise ConfigurationError(
            f"redirect_uri: cannot listen on {host}:{port} ({error.strerror})",
            advice="end what uses that port, or register and use another redirect URI",
        ) from None
    inbox.redirect_uri = urlunsplit((url.scheme, f"{host}:{inbox.server_address[1]}", url.path or "/", "", ""))
    thread = threading.Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        for answering in inbox.answering:
            answering.join(5)  # the page is written before the process may end
        inbox.shutdown()
        inbox.server_close()
        thread.join()
