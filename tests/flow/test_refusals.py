"""What a refusal says: whether it was executed, whether to send again, and how long to wait."""

from __future__ import annotations

import calendar
import datetime
import json
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api import endpoints
from pinshop.api.http import Reply
from pinshop.errors import APIError, BadReply, BadRequest, Conflict, RateLimited, ServerError
from pinshop.flow.refusals import explain, is_repeatable, may_have_been_executed, ordered_wait, read_retry_after, utc_text

NOW = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
GET, CREATE = endpoints.PROMOTIONS_GET, endpoints.PROMOTIONS_CREATE


def refusal(status: int, body: Any = b"", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return explain(CREATE, Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, data), NOW)


# ------------------------------------------------------------------------------------------- waiting

THEN = datetime.datetime.fromtimestamp(NOW + 90, datetime.UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("0", 0),
        ("90.5", 90.5),
        ("0.25", 0.25),
        ("86400", 86400),
        (formatdate(NOW + 90, usegmt=True), 90),
        (THEN.strftime("%a, %d %b %Y %H:%M:%S -0000"), 90),
        (THEN.strftime("%a, %d %b %Y %H:%M:%S +0000"), 90),
        (THEN.strftime("%a, %d %b %Y %H:%M:%S"), 90),
        ((THEN + datetime.timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S +0200"), 90),
        ((THEN - datetime.timedelta(hours=5, minutes=30)).strftime("%a, %d %b %Y %H:%M:%S -0530"), 90),
        (THEN.strftime("%A, %d-%b-%y %H:%M:%S GMT"), 90),
        (THEN.strftime("%a %b %e %H:%M:%S %Y"), 90),
        (THEN.strftime("%d %b %Y %H:%M:%S GMT"), 90),
        (formatdate(NOW + 90, usegmt=True).upper(), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        # A moment, or garbage, where a number of seconds belongs.
        (str(int(NOW + 90)), None),
        (str(int(NOW + 90) * 1000), None),
        ("9" * 30, None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
        ("١٢", None),
        ("90,5", None),
        ("Mon, 99 Foo 2026 10:00:00 GMT", None),
        ("Mon, 31 Feb 2026 10:00:00 GMT", None),
        ("Mon, 21 Sep 2026 25:00:00 GMT", None),
        ("90 seconds", None),
        (formatdate(NOW + 40 * 86400, usegmt=True), None),
    ],
)
def test_retry_after_in_every_form_that_http_has(text, seconds):
    assert read_retry_after(text, NOW) == seconds


@given(st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2069, 12, 31)))
def test_every_moment_is_read_alike_in_all_three_forms(moment):
    at = calendar.timegm(moment.timetuple())
    now = at - 60.0
    for form in ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"):
        assert read_retry_after(moment.strftime(form), now) == 60.0


@given(st.text(max_size=60))
def test_no_text_escapes(text):
    wait = read_retry_after(text, NOW)
    assert wait is None or 0 <= wait <= 31 * 86400


@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Too many. Retry after 5 seconds, please", 5),
        ("RETRY AFTER 5 SECONDS", 5),
        ("retry after 2.5 seconds.", 2.5),
        ("Please retry after 1 second", 1),
        ("Retry after: 7s", 7),
        ("retry  after 30", 30),
        ("Retry after 12 sec", 12),
    ],
)
def test_a_wait_in_words_is_read_in_a_400_and_in_a_429(status, words, seconds):
    error = refusal(status, {"code": 8, "message": words})
    assert type(error) is RateLimited
    assert error.retry_after_seconds == seconds
    assert (error.sent, may_have_been_executed(error)) == (False, False)


@pytest.mark.parametrize(
    "words", ["Retry after a while", "retry after 1790000090 seconds", "Do not retry", "retry after -3 seconds"]
)
def test_words_without_a_wait_order_none(words):
    assert type(refusal(400, {"code": 1, "message": words})) is BadRequest
    assert refusal(429, {"code": 8, "message": words}).retry_after_seconds is None


@pytest.mark.parametrize("reset", [str(int(NOW + 30)), str(int(NOW + 30) * 1000), "1e9", "-1", "nan", "9" * 40, "90000"])
def test_a_reset_that_is_no_wait_is_ignored(reset):
    error = refusal(429, {"code": 8, "message": "slow"}, x_ratelimit_reset=reset)
    assert error.retry_after_seconds is None
    assert str(error)


def test_a_reset_that_its_windows_cannot_have_is_ignored():
    told = {"x_ratelimit_limit": "100, 100;w=1, 1000;w=60"}
    assert refusal(429, {"code": 8}, x_ratelimit_reset="42000", **told).retry_after_seconds is None  # milliseconds
    assert refusal(429, {"code": 8}, x_ratelimit_reset="42", **told).retry_after_seconds == 42
    assert refusal(429, {"code": 8}, x_ratelimit_reset="67150").retry_after_seconds == 67150  # a day's quota, of trial access


def test_a_header_comes_before_words_and_words_before_the_reset():
    body = {"code": 8, "message": "Retry after 5 seconds"}
    assert refusal(429, body, retry_after="3", x_ratelimit_reset="9").retry_after_seconds == 3
    assert refusal(429, body, x_ratelimit_reset="9").retry_after_seconds == 5
    assert refusal(429, b"", x_ratelimit_reset="9").retry_after_seconds == 9
    assert ordered_wait(refusal(503, b"", retry_after="3"), NOW) == 3
    assert ordered_wait(refusal(503, b"", x_ratelimit_reset="9"), NOW) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_moment_can_be_said(seconds):
    assert utc_text(seconds)


# ----------------------------------------------------------------------------------- was it executed?

SAID = {"code": 1, "message": "Invalid."}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 425, 429, 451, 499])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"no", b"[]", b'"x"', b"null", b"{}", b'{"message": "Forbidden"}', b'{"code": null}']
)
def test_a_refusal_that_is_not_of_pinterests_form_leaves_it_open_unless_its_status_settles_it(status, body):
    error = refusal(status, body)
    assert error.foreign
    assert may_have_been_executed(error) == (status not in (401, 429))
    assert not (is_repeatable(CREATE, error) and may_have_been_executed(error))
    assert is_repeatable(GET, error) == (status in (408, 425, 429, 499) or (bool(body) and status != 401))


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_ad_account_is_answered_with_the_way_to_see_the_right_ones(status):
    for code in (2, 28, 29, 30):
        assert ("pinshop whoami" in str(refusal(status, {"code": code, "message": "No."}).advice)) is (code == 29)


@pytest.mark.parametrize("status", [402, 408, 418, 421, 423, 424, 425, 426, 428, 440, 444, 449, 460, 494, 499])
def test_a_status_that_pinterest_does_not_use_leaves_it_open_in_whatever_form(status):
    for body in (SAID, {"code": status, "message": "gave up"}, {}):
        error = refusal(status, body)
        assert may_have_been_executed(error)
        assert is_repeatable(GET, error)
        assert not is_repeatable(CREATE, error)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 1, "message": None, "error": {"message": "Something went wrong on our end."}},
        {"code": 1, "message": "x", "detail": ["Sorry! something  went  wrong on our end"]},
        {"code": 12, "message": "Something went wrong on our end. Retry after 5 seconds."},
        {"code": 2787, "message": "retry after 5 seconds"},
    ],
)
def test_words_that_blame_pinterest_count_wherever_they_stand_and_before_an_order_to_wait(body):
    error = refusal(400, body)
    assert type(error) is ServerError
    assert may_have_been_executed(error)
    assert is_repeatable(GET, error)
    assert ordered_wait(error, 0.0) == (5.0 if "etry after" in str(body) else None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 451])
def test_a_refusal_of_pinterests_form_was_not_executed(status):
    for body in (SAID, {"code": 1}, {"code": "29", "message": "x"}, {**SAID, "status": "failure"}):
        error = refusal(status, body)
        assert not may_have_been_executed(error)
        assert not is_repeatable(GET, error)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 499])
@pytest.mark.parametrize(
    "body", [{"code": 12, "message": "x"}, {"code": 2787, "message": ""}, {"message": "Something Went Wrong On Our End!"}]
)
def test_a_refusal_that_blames_pinterest_leaves_it_open(status, body):
    error = refusal(status, body)
    assert type(error) is ServerError
    assert may_have_been_executed(error)
    assert is_repeatable(GET, error)
    assert not is_repeatable(CREATE, error)


def test_a_408_of_pinterests_form_leaves_it_open_too():
    assert may_have_been_executed(refusal(408, SAID))


def test_other_statuses():
    assert type(refusal(409, SAID)) is Conflict
    assert type(refusal(302)) is BadReply
    assert may_have_been_executed(refusal(500, SAID))
    assert not is_repeatable(GET, refusal(501, SAID))


@given(
    st.integers(300, 999),
    st.binary(max_size=100),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-limit"]), st.text(max_size=30)),
)
def test_nothing_whatever_escapes_the_family(status, body, headers):
    error = explain(CREATE, Reply(status, headers, body), NOW)
    assert isinstance(error, APIError | BadReply)
    assert str(error)
