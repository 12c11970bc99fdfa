"""One exchange, driven with send() and throw(): what is sent again, how long is waited, and what is raised."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop import errors
from pinshop.api import endpoints, operations
from pinshop.api.http import Pause, Reply, Request
from pinshop.api.models import decoders
from pinshop.errors import (
    BadReply,
    BadRequest,
    ConnectError,
    Disconnected,
    RateLimited,
    ServerError,
    TimedOut,
    TLSError,
    Unauthorized,
)
from pinshop.flow import events, pacing
from pinshop.flow.exchange import exchange
from pinshop.flow.session import Options, Session
from pinshop.flow.steps import Blocking
from pinshop.flow.tokens import StaticToken
from pinshop.transports.gzip import gunzip

NOW = 1_790_000_000.0
PATH = {"ad_account_id": "1"}
GET = operations.build(endpoints.PROMOTIONS_GET, {**PATH, "product_group_promotion_id": "2"})
CREATE = operations.build(endpoints.PROMOTIONS_CREATE, PATH, body={"ad_group_id": "3", "product_group_promotion": []})
UPDATE = operations.build(endpoints.PROMOTIONS_UPDATE, PATH, body={"ad_group_id": "3", "product_group_promotion": []})
OK = Reply(200, {"x-pinterest-rid": "r1"}, b'{"id": "2"}')


def reply(status: int, body: Any = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {"x-pinterest-rid": "r7", **{k.replace("_", "-"): v for k, v in headers.items()}}, data)


class Run:
    """A flow run with these answers in turn."""

    def __init__(self, call: operations.Call, *answers: Any, decode: Any = decoders.as_json, **options: Any) -> None:
        self.events: list[events.Event] = []
        self.requests: list[Request] = []
        self.pauses: list[Pause] = []
        self.value: Any = None
        self.error: Any = None
        session = Session(
            origin="https://api.pinterest.com",
            prefix="/v5",
            token=options.pop("token", StaticToken("emulated_x")),
            pacer=options.pop("pacer", None),
            emit=self.events.append,
            clock=lambda: NOW,
            monotonic=lambda: 0.0,
            random=options.pop("random", lambda: 0.5),
            api_version="5.28",
            headers={"Accept": "application/json"},
            options=msgspec.structs.replace(Options(), **options),
        )
        self._obey(exchange(session, call, decode), iter(answers))

    def _obey(self, steps: Any, answers: Any) -> None:
        given: Any = None
        try:
            while True:
                step = steps.throw(given) if isinstance(given, BaseException) else steps.send(given)
                if isinstance(step, Blocking):
                    given = step.call()
                elif isinstance(step, Pause):
                    self.pauses.append(step)
                    given = None
                else:
                    self.requests.append(step)
                    given = next(answers)
        except StopIteration as end:
            self.value = end.value
        except errors.PinshopError as error:
            self.error = error


# ------------------------------------------------------------------------------------------- sending


def test_a_request_is_signed_and_says_where_it_goes():
    run = Run(CREATE, reply(200, {}), headers={"X-Team": "ads"}, connect_seconds=2.0, read_seconds=9.0)
    request = run.requests[0]
    assert (request.method, request.origin, request.target) == (
        "POST",
        "https://api.pinterest.com",
        "/v5/ad_accounts/1/product_group_promotions",
    )
    assert request.headers["Authorization"] == "Bearer emulated_x"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Team"] == "ads"
    assert (request.connect_seconds, request.read_seconds) == (2.0, 9.0)
    assert "Content-Type" not in Run(GET, OK).requests[0].headers


def test_a_response_tells_what_it_took():
    run = Run(GET, TimedOut("…", sent=True), reply(200, {"id": "2"}, x_ratelimit_remaining="9"))
    assert run.value.value == {"id": "2"}
    assert (run.value.status, run.value.attempts, run.value.request_id) == (200, 2, "r7")
    assert run.value.waited_seconds == pytest.approx(0.25)
    assert run.value.rate_limit.remaining == 9


def test_an_empty_answer_is_none():
    assert Run(GET, reply(204)).value.value is None


# ------------------------------------------------------------------------------------ sending again

TOO_FAST = reply(400, {"code": 1, "message": "Too fast. Retry after 1 seconds"})
AMBIGUOUS = [
    TimedOut("…", sent=True),
    Disconnected("…", sent=True),
    reply(500),
    reply(502, b"<html>"),
    reply(503),
    reply(504),
]
CERTAIN = [ConnectError("refused"), reply(429, {"code": 8, "message": "slow"}), TOO_FAST]
FINAL = [
    *(reply(status) for status in (403, 404, 409, 422, 501)), reply(400, {"code": 1}), reply(401, {"code": 3}),
    reply(302, location="https://elsewhere.example/"), BadReply("too large"), TLSError("certificate"),
]  # fmt: skip


def _named(values: list[Any]) -> Any:
    return pytest.mark.parametrize("first", values, ids=lambda v: str(getattr(v, "status", type(v).__name__)))


@pytest.mark.parametrize("call", [GET, UPDATE], ids=["GET", "PATCH"])
@_named(AMBIGUOUS + CERTAIN)
def test_what_may_be_repeated_is_sent_again(call, first):
    run = Run(call, first, OK)
    assert run.value.attempts == 2
    assert len(run.pauses) == 1


@_named(CERTAIN)
def test_a_create_is_sent_again_where_it_certainly_was_not_executed(first):
    assert Run(CREATE, first, OK).value.attempts == 2


@_named(AMBIGUOUS)
def test_a_create_is_never_sent_again_where_it_may_have_been_executed(first):
    run = Run(CREATE, first)
    assert len(run.requests) == 1
    assert run.error.maybe_executed


@pytest.mark.parametrize("call", [GET, UPDATE, CREATE], ids=["GET", "PATCH", "POST"])
@_named(FINAL)
def test_what_another_attempt_cannot_mend_is_raised_at_once(call, first):
    run = Run(call, first)
    assert len(run.requests) == 1
    assert run.error is not None
    assert run.error.attempts == 1
    assert not run.pauses


def test_the_spurious_ninety_days_are_not_retried():
    run = Run(GET, reply(400, {"code": 1, "message": "You can only get data from the last 90 days."}))
    assert type(run.error) is BadRequest


def test_attempts_are_bounded():
    run = Run(GET, *[reply(500)] * 9)
    assert (len(run.requests), run.error.attempts) == (4, 4)
    assert len(Run(GET, *[reply(500)] * 9, max_attempts=1).requests) == 1


def test_a_no_does_not_settle_an_earlier_attempt_without_an_answer():
    """A PATCH that timed out may have been executed, though the attempt after it was refused."""
    refusal = reply(403, {"code": 29, "message": "You are not permitted."})
    run = Run(UPDATE, TimedOut("…", sent=True), refusal)
    assert type(run.error) is errors.Forbidden
    assert run.error.maybe_executed
    assert not Run(UPDATE, refusal).error.maybe_executed
    assert not Run(UPDATE, ConnectError("refused"), refusal).error.maybe_executed


@given(
    st.lists(st.sampled_from([*AMBIGUOUS, *CERTAIN, *FINAL, OK]), min_size=4, max_size=4),
    st.sampled_from([GET, UPDATE, CREATE]),
)
def test_no_sequence_of_answers_sends_a_create_twice_after_it_may_have_been_executed(answers, call):
    run = Run(call, *answers)
    sent = answers[: len(run.requests)]
    assert len(sent) <= 4
    if call is CREATE:
        assert not any(answer in AMBIGUOUS for answer in sent[:-1])
    assert (run.error is None) == (sent[-1] is OK)


# ---------------------------------------------------------------------------------------- waiting


def test_backoff_grows_and_is_spread():
    waits = [p.seconds for p in Run(GET, *[reply(500)] * 9, max_attempts=9, random=lambda: 1.0).pauses]
    assert waits == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert {p.seconds for p in Run(GET, *[reply(500)] * 9, random=lambda: 0.0).pauses} == {0.0}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (reply(429, retry_after="7"), 7),
        (reply(503, retry_after="7"), 7),
        (reply(429, retry_after=formatdate(NOW + 30, usegmt=True)), 30),
        (reply(429, retry_after=formatdate(NOW - 30, usegmt=True)), 0),
        (reply(429, x_ratelimit_reset="12"), 12),
        (reply(400, {"code": 1, "message": "Too many. Retry after 5 seconds, please"}), 5),
        (reply(429, retry_after="soon"), None),
        (reply(429, retry_after="9" * 30), None),
        (reply(429, x_ratelimit_reset="nan"), None),
        (reply(400, {"code": 1, "message": "Retry after a while"}), "final"),
    ],
)
def test_a_wait_that_is_ordered_is_obeyed(answer, seconds):
    run = Run(GET, answer, OK)
    if seconds == "final":
        assert type(run.error) is BadRequest
        return
    waited = run.pauses[0].seconds
    # A little later than ordered, and not all clients at once.
    assert waited == pytest.approx(0.25 if seconds is None else seconds + 0.25)


def test_a_wait_beyond_the_cap_is_told_and_not_made():
    run = Run(GET, reply(429, {"code": 8, "message": "slow"}, x_ratelimit_reset="67150"))
    assert not run.pauses
    assert run.error.retry_after_seconds == 67150
    assert "works again in 67150 s, at 2026-09-22 08:52:30 UTC" in str(run.error)
    assert Run(GET, reply(429, x_ratelimit_reset="61"), OK, max_wait_seconds=120.0).value.attempts == 2


def test_pacing_comes_before_sending():
    pacer = pacing.Pacer(documented={"ads_read": (1, 30)})
    pacer.reserve("ads_read", 0.0)
    run = Run(GET, OK, pacer=pacer)
    assert run.pauses[0].seconds > 30
    assert run.value.waited_seconds == run.pauses[0].seconds


@pytest.mark.parametrize(("longest", "waits"), [(5.0, False), (59.0, False), (120.0, True)])
def test_the_longest_wait_bounds_the_quotas_too(longest, waits):
    pacer = pacing.Pacer(documented={"ads_read": (1, 60)})
    pacer.reserve("ads_read", 0.0)
    run = Run(GET, OK, pacer=pacer, max_wait_seconds=longest)
    assert (len(run.pauses), type(run.error) is RateLimited) == ((1, False) if waits else (0, True))


def test_a_daily_quota_that_is_spent_fails_before_sending():
    pacer = pacing.Pacer(documented={"ads_read": (1, 86400)})
    pacer.reserve("ads_read", 0.0)
    run = Run(GET, pacer=pacer)
    assert not run.requests
    assert type(run.error) is RateLimited
    assert not run.error.sent
    assert "nothing was sent" in str(run.error)


# ----------------------------------------------------------------------------------------- the token


class Source:
    can_refresh = True

    def __init__(self, *tokens: str | None) -> None:
        self.tokens = list(tokens)
        self.refreshed: list[str | None] = []

    def header(self, now: float, /) -> str | None:
        return self.tokens[0]

    def refresh(self, rejected: str | None = None) -> Any:
        self.refreshed.append(rejected)
        self.tokens.pop(0)
        yield Request("POST", "https://api.pinterest.com", "/v5/oauth/token", {})


EXPIRED = reply(401, {"code": 2, "message": "Authentication failed."})


def test_a_refused_token_is_refreshed_once():
    source = Source("Bearer emulated_old", "Bearer emulated_new")
    run = Run(CREATE, EXPIRED, reply(200), OK, token=source)
    assert [r.target for r in run.requests][1] == "/v5/oauth/token"
    assert [r.headers.get("Authorization") for r in run.requests] == ["Bearer emulated_old", None, "Bearer emulated_new"]
    assert source.refreshed == ["Bearer emulated_old"]
    assert run.value.attempts == 1


def test_a_second_refusal_is_final():
    run = Run(GET, EXPIRED, reply(200), EXPIRED, token=Source("Bearer a", "Bearer b", "Bearer c"))
    assert type(run.error) is Unauthorized


def test_a_stale_token_is_refreshed_before_sending():
    run = Run(GET, reply(200), OK, token=Source(None, "Bearer b"))
    assert run.requests[0].target == "/v5/oauth/token"
    assert run.requests[1].headers["Authorization"] == "Bearer b"


@pytest.mark.parametrize("answer", [reply(401, {"code": 3}), reply(403, {"code": 29})])
def test_a_missing_permission_is_not_mended_by_a_new_token(answer):
    source = Source("Bearer a", "Bearer b")
    assert Run(GET, answer, token=source).error is not None
    assert source.refreshed == []


# ------------------------------------------------------------------------------------- explaining


def test_an_error_says_what_happened_and_what_to_do():
    run = Run(CREATE, reply(401, {"code": 3, "message": "Your token does not have sufficient permissions."}))
    assert str(run.error) == (
        "product_group_promotions/create: HTTP 401 (code 3): Your token does not have sufficient permissions. "
        "— the token needs the scope ads:write (request id r7)"
    )
    assert (run.error.status, run.error.code, run.error.server_message, run.error.request_id) == (
        401,
        3,
        "Your token does not have sufficient permissions.",
        "r7",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Bad \xe9 Gateway</h1></html>",
        b"\xff\xfe",
        b"[1, 2]",
        b'"text"',
        b"null",
        b'{"code": "x", "message": 3}',
        b"[" * 9999,
    ],
)
def test_a_body_that_is_not_pinterests_hides_nothing(body):
    run = Run(GET, reply(502, body), max_attempts=1)
    assert type(run.error) is ServerError
    assert (run.error.status, run.error.code, run.error.body) == (502, None, body)
    assert len(str(run.error)) < 500


def test_redirects_are_not_followed():
    run = Run(GET, reply(307, location="https://elsewhere.example/"))
    assert type(run.error) is BadReply
    assert "redirect" in str(run.error)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": "2', b"\xff"])
def test_a_cut_answer_is_asked_for_again_only_where_that_is_safe(body):
    decode = decoders.as_entity(dict)
    assert Run(GET, reply(200, body), OK, decode=decode).value.attempts == 2
    run = Run(CREATE, reply(200, body), decode=decode)
    assert type(run.error) is BadReply
    assert (run.error.sent, run.error.maybe_executed, run.error.status, run.error.request_id) == (True, True, 200, "r7")


def test_an_answer_of_another_shape_is_not_asked_for_again():
    run = Run(GET, reply(200, {"not": "a page"}), decode=decoders.as_page(dict))
    assert type(run.error) is BadReply
    assert len(run.requests) == 1


# ------------------------------------------------------------------------------------------ events


def test_every_decision_is_an_event_and_no_token_is_in_any():
    run = Run(GET, TimedOut("no answer", sent=True), reply(500, {"code": 12, "message": "Sorry"}), max_attempts=2)
    kinds = [type(event).__name__ for event in run.events]
    assert kinds == ["Sent", "Failed", "Paused", "Sent", "Replied", "GaveUp"]
    lines = [str(event) for event in run.events]
    assert "retrying because no answer" in lines[2]
    assert "not retrying after 2 attempt(s): HTTP 500 (code 12): Sorry" in lines[-1]
    assert "emulated_x" not in repr(run.events) + "".join(lines) + repr(run.requests)


@given(
    st.binary(max_size=200),
    st.integers(200, 599),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text(max_size=20)),
)
def test_no_answer_whatever_escapes_the_family(body, status, headers):
    run = Run(GET, *[Reply(status, headers, body)] * 4, decode=decoders.as_entity(dict), max_wait_seconds=1.0)
    assert (run.error is None) != (run.value is None)


# ------------------------------------------------------------------------------------------- bodies


def test_gzip_is_undone_within_bounds():
    import gzip

    assert gunzip(gzip.compress(b"abc"), "gzip", 3, 200) == b"abc"
    assert gunzip(b"abc", "identity", 3, 200) == b"abc"
    with pytest.raises(BadReply, match="larger than 2 bytes"):
        gunzip(gzip.compress(b"abc"), "gzip", 2, 200)
    with pytest.raises(BadReply, match="larger"):  # a bomb: a kilobyte that unpacks to a megabyte
        gunzip(gzip.compress(b"\0" * 1_000_000), "GZIP", 1000, 200)
    with pytest.raises(Disconnected, match="cut short"):
        gunzip(gzip.compress(b"abc" * 100)[:-6], "gzip", 1000, 200)
    with pytest.raises(BadReply, match="not gzip"):
        gunzip(b"abc", "gzip", 3, 200)
    with pytest.raises(BadReply, match="Content-Encoding"):
        gunzip(b"abc", "br", 3, 200)
