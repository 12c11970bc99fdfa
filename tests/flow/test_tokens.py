"""Tokens: what is decided, without a socket or a clock. See test_credentials.py for files, processes and servers."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from mock_transport import Script
from pinshop.api.http import Pause, Reply, Request
from pinshop.credentials.vaults import MemoryStore
from pinshop.errors import BadReply, ConfigurationError, ConnectError, NotFound, PinshopError, TimedOut, Unauthorized
from pinshop.flow import oauth
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.steps import Blocking
from pinshop.flow.tokens import App, StaticToken, Token

APP = App("1234567", Secret("app-secret-shhh"))
BASE = "https://api.pinterest.com/v5"


def answer(status: int = 200, **value: object) -> Reply:
    return Reply(status, {"x-pinterest-rid": "rid-1"}, json.dumps(value).encode())


def tokens(number: int, **more: object) -> Reply:
    return answer(
        access_token=f"pina_{number}",
        refresh_token=f"pinr_{number}",
        token_type="bearer",
        expires_in=2592000,
        refresh_token_expires_in=5184000,
        scope="ads:read ads:write",
        response_type="refresh_token",
        **more,
    )


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers a flow from a script: replies are sent, exceptions are thrown in."""

    def __init__(self, *script: Reply | Exception) -> None:
        self.script: Iterator[Reply | Exception] = iter(script)
        self.requests: list[Request] = []
        self.pauses: list[Pause] = []

    def run(self, flow, *, on_pause=lambda: None):
        given: object = None
        try:
            while True:
                step = flow.throw(given) if isinstance(given, BaseException) else flow.send(given)
                given = None
                if isinstance(step, Blocking):
                    try:
                        given = step.call()
                    except Exception as error:  # noqa: BLE001 - as a driver does
                        given = error
                elif isinstance(step, Pause):
                    self.pauses.append(step)
                    on_pause()
                else:
                    self.requests.append(step)
                    given = next(self.script)
        except StopIteration as end:
            self.renewed = end.value
            return self

    @property
    def forms(self) -> list[dict[str, str]]:
        return [{key: values[0] for key, values in parse_qs(r.body.decode()).items()} for r in self.requests]


def first_request(flow) -> Request:
    """Run a flow until it wants to send something."""
    step = next(flow)
    while isinstance(step, Blocking):
        step = flow.send(step.call())
    return step


def throw(flow, error) -> None:
    """Throw an error in where an answer belongs, and run the flow to its end."""
    step = flow.throw(error)
    while True:
        step = flow.send(step.call())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return MemoryStore(
        Token(
            access_token=Secret("pina_0"),
            refresh_token=Secret("pinr_0"),
            expires_at=clock.now + 2592000,
            obtained_at=clock.now,
            scopes=("ads:read",),
        )
    )


@pytest.fixture
def source(store, clock):
    return RefreshingToken(APP, store, base_url=BASE, clock=clock, token=store.load())


# ------------------------------------------------------------------------------------------ secrets


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r}".format,
        "{:>40}".format,
        lambda s: f"{s}",
        lambda s: repr([s]),
        lambda s: repr(Token(access_token=s)),
        lambda s: repr(App("1", s)),
        lambda s: str({"token": s}),
        ascii,
        lambda s: repr(ValueError(s)),
        lambda s: str(ValueError(s)),
        lambda s: repr(copy.deepcopy([s])),
        lambda s: repr(getattr(s, "__dict__", None)),
    ],
)
def test_a_secret_does_not_show(show):
    assert "hunter2" not in show(Secret("hunter2"))


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode])
def test_a_secret_is_not_written_by_accident(write):
    with pytest.raises(TypeError) as caught:
        write(Secret("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_secret_compares_copies_and_reveals():
    assert Secret("a") == copy.copy(Secret("a")) == copy.deepcopy(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"): 1}[Secret("a")] == 1
    assert Secret("a").reveal() == "a"


@pytest.mark.parametrize(
    "text", ["", "  ", "pina_x\n", "pina x", "pina_\u00e9", "Bearer pina_x", "pina_x\r\nX-Evil: 1", None, 7]
)
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(text):
    with pytest.raises(ConfigurationError) as caught:
        StaticToken(text)
    assert "pina" not in str(caught.value)


def test_headers_and_forms_do_not_show_where_local_variables_are_shown():
    header = StaticToken("pina_x").header(0.0)
    assert header == "Bearer pina_x"
    request = oauth.token_request(BASE, APP, {"refresh_token": "pinr_x"})
    shown = repr((header, request, {"Authorization": header}, tokens(1)))
    for secret in ("pina_x", "pinr_x", "shhh", "YXBw", "pinr_1"):
        assert secret not in shown


# --------------------------------------------------------------------------------------- the request


def test_a_refresh_is_sent_as_pinterest_describes_it(source, description):
    server = Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    request = server.requests[0]
    assert (request.method, request.origin, request.target) == ("POST", "https://api.pinterest.com", "/v5/oauth/token")
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"1234567:app-secret-shhh"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert server.forms == [{"grant_type": "refresh_token", "refresh_token": "pinr_0"}]
    operation = description("5.23.0")["paths"]["/oauth/token"]["post"]
    assert operation["security"] == [{"basic": []}]
    assert list(operation["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]
    schemas = description("5.23.0")["components"]["schemas"]
    assert schemas["OauthAccessTokenRequestRefresh"]["allOf"][0]["required"] == ["refresh_token"]
    assert set(schemas["OauthAccessTokenResponseRefresh"]["allOf"][1]["required"]) >= {"refresh_token"}


def test_client_credentials_ask_with_scopes_and_keep_no_refresh_token(clock):
    store = MemoryStore()
    source = RefreshingToken(
        APP, store, base_url=BASE, grant="client_credentials", scopes=("ads:read", "catalogs:read"), clock=clock
    )
    assert source.header(clock.now) is None
    reply = answer(access_token="pina_c", token_type="bearer", expires_in=600, scope="ads:read catalogs:read")
    server = Server(reply).run(source.refresh())
    assert server.forms == [{"grant_type": "client_credentials", "scope": "ads:read,catalogs:read"}]
    assert source.header(clock.now) == "Bearer pina_c"
    clock.now += 541  # a tenth of its life before the end
    assert source.header(clock.now) is None
    Server(answer(access_token="pina_d", expires_in=600)).run(source.refresh())
    assert source.header(clock.now) == "Bearer pina_d"


# ------------------------------------------------------------------------------------- when and how often


def test_it_is_replaced_before_it_ends(source, store, clock):
    assert source.header(clock.now) == "Bearer pina_0"
    clock.now += 2592000 - 301
    assert source.header(clock.now) == "Bearer pina_0"
    clock.now += 2
    assert source.header(clock.now) is None
    assert Server(tokens(1)).run(source.refresh()).renewed is True
    assert source.header(clock.now) == "Bearer pina_1"
    kept = store.load()
    assert kept == Token(
        access_token=Secret("pina_1"),
        refresh_token=Secret("pinr_1"),
        expires_at=clock.now + 2592000,
        refresh_expires_at=clock.now + 5184000,
        scopes=("ads:read", "ads:write"),
        obtained_at=clock.now,
    )


def test_a_refusal_that_came_late_does_not_refresh_again(source):
    Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    server = Server().run(source.refresh("Bearer pina_0"))
    assert (server.requests, server.renewed) == ([], False)


def test_what_another_process_stored_is_taken_over(source, store, clock):
    store.save(Token(access_token=Secret("pina_9"), refresh_token=Secret("pinr_9"), expires_at=clock.now + 99999))
    assert Server().run(source.refresh("Bearer pina_0")).requests == []
    assert source.header(clock.now) == "Bearer pina_9"


def test_the_new_token_is_stored_before_the_old_one_is_forgotten(clock, store):
    seen = []

    class Watched(MemoryStore):
        def save(self, token, /):
            seen.append((token.refresh_token.reveal(), token.refreshing_since, source.token.refresh_token.reveal()))
            super().save(token)

    source = RefreshingToken(APP, Watched(store.load()), base_url=BASE, clock=clock, token=store.load())
    Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    assert seen == [("pinr_0", clock.now, "pinr_0"), ("pinr_1", None, "pinr_0")]


def test_an_old_answer_without_a_refresh_token_keeps_the_one_there_is(source, store, clock):
    Server(answer(access_token="pina_1", token_type="bearer", expires_in=60, scope="")).run(source.refresh("Bearer pina_0"))
    assert store.load().refresh_token == Secret("pinr_0")
    assert store.load().scopes == ("ads:read",)


def test_while_another_refreshes_the_others_wait_and_send_nothing(source, store, clock):
    release = store.try_lock()

    def finish():
        store.save(Token(access_token=Secret("pina_1"), refresh_token=Secret("pinr_1"), expires_at=clock.now + 9999))
        release()

    server = Server().run(source.refresh("Bearer pina_0"), on_pause=finish)
    assert len(server.pauses) == 1
    assert server.requests == []
    assert source.header(clock.now) == "Bearer pina_1"


def test_nobody_waits_for_a_lock_while_the_token_works(source, store, clock):
    clock.now += 2592000 - 100  # stale, not expired
    release = store.try_lock()
    server = Server().run(source.refresh())
    assert (server.pauses, server.requests) == ([], [])
    assert source.header(clock.now) == "Bearer pina_0"
    clock.now += 31
    assert source.header(clock.now) is None
    release()


def test_a_stale_token_is_replaced_at_once_also_where_time_begins_at_zero(clock):
    """An emulated clock may: nothing has failed yet, so there is nothing to wait for before the next try."""
    clock.now = 0.9
    kept = Token(access_token=Secret("pina_0"), refresh_token=Secret("pinr_0"), expires_at=0.95, obtained_at=0.0)
    assert RefreshingToken(APP, MemoryStore(kept), base_url=BASE, clock=clock, token=kept).header(clock.now) is None


def test_the_wait_for_a_lock_ends(source, store):
    store.try_lock()
    server = Server()
    with pytest.raises(TimedOut, match="another process") as caught:
        server.run(source.refresh("Bearer pina_0"))
    assert not caught.value.sent
    assert 80 < sum(pause.seconds for pause in server.pauses) < 100


def test_the_lock_is_free_again_after_every_end(source, store, clock):
    for end in (NotFound("no", status=404), KeyboardInterrupt(), GeneratorExit()):
        flow = source.refresh("Bearer pina_0")
        first_request(flow)
        with pytest.raises(type(end)):
            throw(flow, end)
        release = store.try_lock()
        assert release is not None
        release()
    flow = source.refresh("Bearer pina_0")
    first_request(flow)
    flow.close()  # what becomes of a task that is dropped
    assert store.try_lock() is not None


# ------------------------------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    "failure",
    [
        ConnectError("refused"),
        TimedOut("no answer", sent=True),
        answer(503),
        answer(429, code=8),
        Reply(502, {}, b"<html>"),
    ],
)
def test_a_passing_failure_is_tried_again(source, clock, failure):
    server = Server(failure, failure, tokens(1)).run(source.refresh("Bearer pina_0"))
    assert len(server.requests) == 3
    assert [form["refresh_token"] for form in server.forms] == ["pinr_0"] * 3
    assert [pause.seconds for pause in server.pauses] == [0.5, 1.0]
    assert source.header(clock.now) == "Bearer pina_1"


def test_a_wait_that_the_server_orders_is_obeyed_up_to_a_cap(source):
    slow, slower = Reply(429, {"retry-after": "7"}, b"{}"), Reply(429, {"x-ratelimit-reset": "67150"}, b"{}")
    server = Server(slow, slower, tokens(1)).run(source.refresh("Bearer pina_0"))
    assert [pause.seconds for pause in server.pauses] == [7.0, 30.0]


def test_attempts_are_bounded(source):
    server = Server(*[ConnectError("refused")] * 9)
    with pytest.raises(ConnectError):
        server.run(source.refresh("Bearer pina_0"))
    assert len(server.requests) == 4


def test_a_token_that_still_works_is_used_when_the_refresh_fails(source, store, clock, caplog):
    clock.now += 2592000 - 100
    server = Server(*[ConnectError("refused")] * 4).run(source.refresh())
    assert (len(server.requests), server.renewed) == (4, False)
    assert source.header(clock.now) == "Bearer pina_0"
    assert "still works" in caplog.text
    clock.now += 100
    assert source.header(clock.now) is None
    with pytest.raises(ConnectError):
        Server(*[ConnectError("refused")] * 4).run(source.refresh())


def test_a_refused_refresh_token_says_what_to_do_and_is_not_sent_for_every_call(source, clock):
    refusal = answer(401, code=283, message="Invalid grant for pinr_0secret")
    server = Server(refusal)
    with pytest.raises(Unauthorized) as caught:
        server.run(source.refresh("Bearer pina_0"))
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (401, 283, "rid-1")
    assert "pinshop login" in str(caught.value)
    assert "0secret" not in str(caught.value) + repr(caught.value.__dict__)
    with pytest.raises(Unauthorized, match="283"):
        server.run(source.refresh("Bearer pina_0"))
    assert len(server.requests) == 1


def test_a_login_elsewhere_ends_a_refusal(source, store, clock):
    with pytest.raises(Unauthorized):
        Server(answer(400, error="invalid_grant")).run(source.refresh("Bearer pina_0"))
    store.save(Token(access_token=Secret("pina_5"), refresh_token=Secret("pinr_5"), expires_at=clock.now + 9999))
    Server().run(source.refresh("Bearer pina_0"))
    assert source.header(clock.now) == "Bearer pina_5"


def test_another_refusal_is_told_as_it_is(source):
    with pytest.raises(NotFound, match="oauth/token"):
        Server(answer(404, code=404, message="no such thing")).run(source.refresh("Bearer pina_0"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"<html>Sign in to the network</html>",
        b'{"data": {"access_token": "pina_z"}}',
        b'{"refresh_token": "pinr_z"}',
        *[
            b'{"access_token": %s}' % text
            for text in (b"7", b"null", b"[]", b'""', b'" "', b'"pina\\n_z"', b'"pina z"', b'"p\xc3\xafna"')
        ],
    ],
)
@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_without_a_token_is_an_error_that_holds_no_body(source, store, status, body):
    with pytest.raises(BadReply, match=f"answered {status} without an access token") as caught:
        Server(Reply(status, {}, body)).run(source.refresh("Bearer pina_0"))
    assert caught.value.body == b""
    assert store.load().refresh_token == Secret("pinr_0")


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206])
def test_every_success_brings_the_new_token(source, store, status):
    """A proxy that changes an answer says 203; the refresh token in it has replaced the old one already."""
    Server(msgspec.structs.replace(tokens(1), status=status)).run(source.refresh("Bearer pina_0"))
    assert source.header(0.0) == "Bearer pina_1"
    assert store.load().refresh_token == Secret("pinr_1")


@pytest.mark.parametrize("refresh_token", ["pinr 1", "pinr_é", "pinr_1\n"])
def test_a_refresh_token_is_kept_as_it_came(source, store, refresh_token):
    reply = answer(access_token="pina_1", refresh_token=refresh_token, expires_in=99999)
    server = Server(reply, tokens(2)).run(source.refresh("Bearer pina_0"))
    server.run(source.refresh("Bearer pina_1"))
    assert server.forms[1]["refresh_token"] == refresh_token


@pytest.mark.parametrize("field", ["expires_in", "refresh_token_expires_in"])
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (3600.5, 3600.5),
        (1, 1),
        *[(odd, None) for odd in (0, "0", 0.0, -1, "-1", None, True, [], {}, "soon", "nan", "inf", "1,000", 10**30, "PT1H")],
    ],
)
def test_an_end_that_cannot_be_meant_is_not_known(clock, field, given, seconds):
    token = oauth.read_token(answer(access_token="pina_1", refresh_token="pinr_1", **{field: given}), now=clock.now)
    end = token.expires_at if field == "expires_in" else token.refresh_expires_at
    assert end == (None if seconds is None else clock.now + seconds)


def test_no_request_is_sent_unsigned_where_a_new_token_has_ended_already():
    kept = MemoryStore(Token(access_token=Secret("pina_0"), refresh_token=Secret("pinr_0"), expires_at=1.0))
    times = iter([2.0, 2.0, 2.0, 2.0])  # a clock that jumps while the answer comes
    source = RefreshingToken(APP, kept, base_url="http://127.0.0.1:9/v5", clock=lambda: next(times, 9e9))
    script = Script(tokens(1), answer(username="shop"), access_token=source, clock=lambda: next(times, 9e9))
    with pytest.raises(ConfigurationError, match="clock"):
        script.sync(lambda client: client.user_account.get())
    assert [request.target for request in script.requests] == ["/v5/oauth/token"]


def test_a_lost_answer_is_remembered_and_explained(source, store, clock):
    """Cut off between sending and storing: the mark stays, and whoever comes next can tell what happened."""
    flow = source.refresh("Bearer pina_0")
    first_request(flow)
    with pytest.raises(KeyboardInterrupt):
        throw(flow, KeyboardInterrupt())
    assert store.load().refreshing_since == clock.now
    clock.now += 60
    successor = RefreshingToken(APP, store, base_url=BASE, clock=clock)
    with pytest.raises(Unauthorized, match=r"1970-01-12 13:46:40 UTC was lost.*pinshop login"):
        Server(answer(401, code=283, message="used")).run(successor.refresh("Bearer pina_0"))


def test_a_lost_answer_is_no_loss_where_pinterest_did_not_rotate(source, store, clock):
    server = Server(TimedOut("no answer", sent=True), tokens(1)).run(source.refresh("Bearer pina_0"))
    assert len(server.requests) == 2
    assert store.load().refreshing_since is None


def test_a_failure_before_sending_leaves_no_mark(source, store):
    with pytest.raises(ConnectError):
        Server(*[ConnectError("refused")] * 4).run(source.refresh("Bearer pina_0"))
    assert store.load().refreshing_since is None


class Full(MemoryStore):
    """A disk that is full from a moment on."""

    def __init__(self, token, writes):
        super().__init__(token)
        self.writes = writes

    def save(self, token, /):
        if self.writes <= 0:
            raise ConfigurationError("no space left on device")
        self.writes -= 1
        super().save(token)


def test_a_store_that_cannot_be_written_stops_the_refresh_before_the_token_is_spent(store, clock):
    source = RefreshingToken(APP, Full(store.load(), 0), base_url=BASE, clock=clock)
    server = Server()
    with pytest.raises(ConfigurationError, match="no space"):
        server.run(source.refresh("Bearer pina_0"))
    assert server.requests == []


def test_a_new_token_that_cannot_be_stored_lives_on_loudly_and_is_stored_later(store, clock, caplog):
    full = Full(store.load(), 1)
    source = RefreshingToken(APP, full, base_url=BASE, clock=clock)
    Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    assert source.header(clock.now) == "Bearer pina_1"
    assert "could NOT be stored" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    full.writes = 9
    clock.now += 1
    assert source.header(clock.now) is None  # worth another try
    assert Server().run(source.refresh()).requests == []
    assert source.header(clock.now) == "Bearer pina_1"
    assert full.load().refresh_token == Secret("pinr_1")


def test_an_unstored_token_is_not_replaced_by_the_dead_one_in_the_store(store, clock):
    full = Full(store.load(), 1)
    source = RefreshingToken(APP, full, base_url=BASE, clock=clock)
    Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    full.writes = 1  # enough to begin
    server = Server(tokens(2))
    server.run(source.refresh("Bearer pina_1"))
    assert server.forms[0]["refresh_token"] == "pinr_1"


def test_without_a_refresh_token_it_says_so(clock):
    source = RefreshingToken(APP, MemoryStore(Token(access_token=Secret("pina_0"))), base_url=BASE, clock=clock)
    with pytest.raises(ConfigurationError, match="no refresh token"):
        Server().run(source.refresh("Bearer pina_0"))
    with pytest.raises(ConfigurationError, match="without a refresh token"):
        Server().run(StaticToken("pina_0").refresh())


# ------------------------------------------------------------------------------------- the browser login


def consent():
    return oauth.ask_consent("1234567", "http://localhost:8085/", ("ads:read", "ads:write"), lambda: "state-1")


def test_the_question_to_the_user():
    asked = consent()
    url = urlsplit(asked.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://www.pinterest.com/oauth/"
    assert parse_qs(url.query) == {
        "client_id": ["1234567"],
        "redirect_uri": ["http://localhost:8085/"],
        "response_type": ["code"],
        "scope": ["ads:read,ads:write"],
        "state": ["state-1"],
    }


def test_the_code_is_exchanged_with_the_same_redirect_for_a_continuous_refresh_token():
    code = oauth.read_redirect(consent(), "/?code=abc%2Fd&state=state-1")
    assert oauth.code_form(consent(), code) == {
        "grant_type": "authorization_code",
        "code": "abc/d",
        "redirect_uri": "http://localhost:8085/",
        "continuous_refresh": "true",
    }


@pytest.mark.parametrize(
    "target", ["/", "/?code=abc", "/?code=abc&state=other", "/favicon.ico", "/?error=access_denied", "/?state="]
)
def test_a_visit_without_our_state_is_not_the_answer(target):
    assert oauth.read_redirect(consent(), target) is None


@pytest.mark.parametrize("target", ["/?error=access_denied&state=state-1", "/?state=state-1", "/?state=state-1&code="])
def test_a_refused_login_is_an_error(target):
    with pytest.raises(Unauthorized, match="not granted"):
        oauth.read_redirect(consent(), target)


def test_a_source_shows_no_secret(source):
    assert repr(source) == "RefreshingToken(app 1234567, refresh_token, MemoryStore())"
    assert "pina" not in repr(source.token)
    assert repr(StaticToken("pina_x")) == "StaticToken(…)"


# ----------------------------------------------------------------------- what is final, and what is not

PASSING = {
    "a firewall's page": Reply(403, {}, b"<html>Access denied</html>"),
    "a firewall's page with 401": Reply(401, {}, b"<html>Who are you?</html>"),
    "a gateway's JSON": Reply(400, {}, b'{"message": "Bad Request"}'),
    "an empty 400": Reply(400, {}, b""),
    "code 12": answer(400, code=12, message="Something went wrong on our end. Sorry about that."),
    "code 2787": answer(400, code=2787, message="Sorry! Something went wrong on our end."),
    "code 12 with 401": answer(401, code=12, message="Something went wrong on our end."),
    "not permitted": answer(403, code=29, message="You are not permitted to access that resource."),
    "not found": answer(404, code=404, message="no such thing"),
    "too fast": answer(429, code=8, message="slow"),
    "too fast, as a 400": answer(400, code=1, message="Retry after 3 seconds"),
    "broken": answer(500, code=12, message="Sorry"),
    "not implemented": answer(501, code=4181, message="no"),
    "no token": answer(200),
    "a redirect": Reply(302, {"location": "https://portal.example/"}, b""),
}
FINAL = {
    "refused": answer(401, code=283, message="Invalid grant"),
    "refused with 400": answer(400, code=283, message="Invalid grant"),
    "the app is unknown": answer(401, code=2, message="Authentication failed."),
    **{
        error: answer(400, error=error, error_description="no")
        for error in ("invalid_grant", "invalid_client", "invalid_scope")
    },
}


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING)
def test_what_is_not_pinterests_refusal_is_tried_again_later(source, clock, reply):
    clock.now += 2592000 - 100  # to be replaced, and still valid
    Server(*[reply] * 4).run(source.refresh())
    assert source.header(clock.now) == "Bearer pina_0"  # it still works, and is used
    clock.now += 31
    assert source.header(clock.now) is None
    Server(tokens(1)).run(source.refresh())
    assert source.header(clock.now) == "Bearer pina_1"


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING)
def test_what_is_not_pinterests_refusal_is_an_error_where_nothing_works_any_more(source, clock, reply):
    clock.now += 2592000 + 1
    for _ in range(2):  # asked again by every call
        server = Server(*[reply] * 4)
        with pytest.raises(PinshopError) as caught:
            server.run(source.refresh())
        assert server.requests
        assert not isinstance(caught.value, Unauthorized) or caught.value.foreign
    Server(tokens(1)).run(source.refresh())
    assert source.header(clock.now) == "Bearer pina_1"


@pytest.mark.parametrize("reply", FINAL.values(), ids=FINAL)
def test_a_refusal_of_pinterests_is_final_and_told_as_what_it_is(source, store, clock, reply):
    clock.now += 2592000 + 1
    server = Server(reply)
    for _ in range(3):
        with pytest.raises(Unauthorized, match="pinshop login") as caught:
            server.run(source.refresh())
    assert len(server.requests) == 1
    assert "lost" not in str(caught.value)
    assert store.load().refreshing_since is None  # nothing is under way
    successor = RefreshingToken(APP, store, base_url=BASE, clock=clock)
    with pytest.raises(Unauthorized) as caught:
        Server(reply).run(successor.refresh())
    assert "lost" not in str(caught.value)


def test_a_token_that_still_works_is_used_although_its_refresh_was_refused(source, clock):
    clock.now += 2592000 - 100
    server = Server(answer(401, code=283, message="Invalid grant"))
    for _ in range(3):
        server.run(source.refresh())
        assert source.header(clock.now) == "Bearer pina_0"
        clock.now += 31
    assert len(server.requests) == 1


def test_what_was_lost_before_stays_lost_when_it_is_refused(source, store, clock):
    with pytest.raises(TimedOut):
        Server(*[TimedOut("no answer", sent=True)] * 4).run(source.refresh("Bearer pina_0"))
    assert store.load().refreshing_since == clock.now
    with pytest.raises(Unauthorized, match="was lost"):
        Server(answer(401, code=283, message="used")).run(source.refresh("Bearer pina_0"))
    assert store.load().refreshing_since == clock.now


def test_a_login_elsewhere_is_not_overwritten_by_a_token_that_could_not_be_stored(store, clock):
    """What a failed save leaves in this process must not replace what somebody stored after it."""
    full = Full(store.load(), 1)
    source = RefreshingToken(APP, full, base_url=BASE, clock=clock, token=full.load())
    Server(tokens(1)).run(source.refresh("Bearer pina_0"))
    full.writes = 9
    full.save(Token(access_token=Secret("pina_9"), refresh_token=Secret("pinr_9"), expires_at=clock.now + 99999))
    clock.now += 2
    Server().run(source.refresh())
    assert source.header(clock.now) == "Bearer pina_9"
    assert full.load().refresh_token == Secret("pinr_9")
    full.save(Token(access_token=Secret("pina_8"), refresh_token=Secret("pinr_8"), expires_at=clock.now + 99999))
    Server().run(source.refresh("Bearer pina_9"))
    assert source.header(clock.now) == "Bearer pina_8"


@pytest.mark.parametrize("base_url", ["http://api.pinterest.com/v5", "http://shop.example/v5", "http://10.0.0.1:8080/v5"])
@pytest.mark.parametrize("grant", ["refresh_token", "client_credentials"])
def test_neither_refresh_token_nor_app_secret_goes_unencrypted_over_a_network(store, clock, base_url, grant):
    source = RefreshingToken(APP, store, base_url=base_url, grant=grant, clock=clock)
    server = Server()
    with pytest.raises(ConfigurationError, match="unencrypted"):
        server.run(source.refresh("Bearer pina_0"))
    assert server.requests == []


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8080/v5", "http://localhost/v5", "http://emulator:8080/v5"])
def test_what_is_an_emulators_may_travel_as_it_likes(clock, base_url):
    kept = MemoryStore(Token(access_token=Secret("emulated_a"), refresh_token=Secret("emulated_r")))
    source = RefreshingToken(App("1", Secret("emulated_app_secret")), kept, base_url=base_url, clock=clock)
    assert len(Server(tokens(1)).run(source.refresh("Bearer emulated_a")).requests) == 1


def test_a_real_token_that_a_refresh_brings_does_not_travel_unencrypted():
    kept = MemoryStore(Token(access_token=Secret("emulated_a"), refresh_token=Secret("emulated_r"), expires_at=1.0))
    source = RefreshingToken(App("1", Secret("emulated_app_secret")), kept, base_url="http://emulator:8080/v5")
    script = Script(tokens(1), access_token=source, base_url="http://emulator:8080/v5")
    with pytest.raises(ConfigurationError, match="unencrypted"):
        script.sync(lambda client: client.campaigns.get("1", "2"))
    assert [request.target for request in script.requests] == ["/v5/oauth/token"]


def test_the_pauses_of_a_refresh_count_against_the_longest_wait(store):
    kept = MemoryStore(Token(access_token=Secret("pina_0"), refresh_token=Secret("pinr_0"), expires_at=1.0))
    release = kept.try_lock()  # somebody else is at it, for ever
    source = RefreshingToken(APP, kept, base_url="http://127.0.0.1:9/v5")
    script = Script(access_token=source, max_wait_seconds=5.0)
    with pytest.raises(TimedOut, match="max_wait_seconds"):
        script.sync(lambda client: client.campaigns.get("1", "2"))
    assert sum(script.pauses) <= 5.0
    assert script.requests == []
    release()
