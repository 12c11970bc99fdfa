"""Asynchronous reports: ordered, waited for politely, fetched without the token, and read exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_transport import TOKEN, Script, answer, both
from pinshop import BadReply, BadRequest, Disconnected, Forbidden, InvalidInput, RateLimited, ReportUnavailable, ServerError
from pinshop.api import models

A = "549755885175"
URL = "https://reports.example.com/async/metrics_report.txt?X-Amz-Signature=s3cret&part=1"
REPORT: dict[str, Any] = {
    "start_date": "2026-08-01", "end_date": "2026-08-31", "granularity": "DAY", "columns": ["SPEND_IN_MICRO_DOLLAR"],
    "level": "PRODUCT_GROUP",
}  # fmt: skip
PROGRESS = answer({"report_status": "IN_PROGRESS", "url": None, "size": None})
FINISHED = answer({"report_status": "FINISHED", "url": URL, "size": None})
ROWS = (
    b'{"268":[{"DATE":"2026-08-01","SPEND_IN_MICRO_DOLLAR":9007199254740993,"CTR":0.10},{"DATE":"2026-08-02"}],"269":[{"X":1}]}'
)


# ------------------------------------------------------------------------------------------------ ordering


@pytest.mark.parametrize("level", ["PRODUCT_GROUP", "PRODUCT_ITEM"])
def test_a_report_is_ordered_as_given(level: str) -> None:
    order, script = both(
        lambda: Script(answer({"report_status": "IN_PROGRESS", "token": "t", "message": None})),
        lambda c: c.reports.create(A, **{**REPORT, "level": level}, product_item_ids=[5], click_window_days=7),
    )
    assert order == models.ReportOrder(report_status="IN_PROGRESS", token="t", message=None)
    sent = json.loads(script.requests[0].body or b"")
    assert sent == {**REPORT, "level": level, "product_item_ids": ["5"], "click_window_days": 7}


# Today is 2026-09-21 in these tests.
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start_date": "2024-03-19", "end_date": "2024-03-20"}, "report.start_date"),
        ({"start_date": "2026-01-01", "end_date": "2026-07-07"}, "report.end_date"),
        ({"granularity": "HOUR", "start_date": "2026-09-11", "end_date": "2026-09-11"}, "report.start_date"),
        ({"granularity": "HOUR", "start_date": "2026-09-15", "end_date": "2026-09-19"}, "report.end_date"),
        ({"level": "PRODUCT_ITEM", "start_date": "2026-06-19", "end_date": "2026-06-20"}, "report.start_date"),
        ({"level": "PRODUCT_ITEM", "end_date": "2026-09-02"}, "report.end_date"),
        ({"end_date": "2026-07-31"}, "report.end_date"),
        ({"level": "PRODUCT_ITEM", "ad_ids": [1]}, "report.ad_ids"),
        ({"columns": []}, "report.columns"),
        ({"level": "PRODUCT"}, "report.level"),
        ({"levle": "PRODUCT_ITEM"}, "report.levle"),
    ],
)
def test_what_pinterest_would_refuse_is_refused_before_it_is_sent(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        both(Script, lambda c: c.reports.create(A, **{**REPORT, **change}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_date": "2024-03-19"}, "2024-03-21 or later: a report reaches 914 days back"),
        ({"granularity": "HOUR", "start_date": "2026-09-11"}, "a report by HOUR reaches 8 days back"),
        ({"level": "PRODUCT_ITEM", "start_date": "2026-06-19"}, "a report of level PRODUCT_ITEM reaches 92 days back"),
        ({"start_date": "2026-01-01", "end_date": "2026-07-07"}, "at most 186 days after start_date, in a report"),
    ],
)
def test_a_refused_day_is_told_with_the_reason_for_its_limit(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        both(Script, lambda c: c.reports.create(A, **{**REPORT, "end_date": change["start_date"], **change}))
    assert words in caught.value.allowed


@pytest.mark.parametrize(
    "change",
    [
        {"start_date": "2024-03-21", "end_date": "2024-09-23"},
        {"granularity": "HOUR", "start_date": "2026-09-13", "end_date": "2026-09-16"},
        # A day of grace: which zone's today counts is not said.
        {"start_date": "2024-03-20", "end_date": "2024-09-22"},
        {"granularity": "HOUR", "start_date": "2026-09-12", "end_date": "2026-09-15"},
        {"level": "PRODUCT_ITEM", "start_date": "2026-06-20", "end_date": "2026-07-21"},
        {"level": "PRODUCT_ITEM", "start_date": "2026-06-21", "end_date": "2026-07-22"},
        {"level": "PRODUCT_ITEM", "granularity": "HOUR", "start_date": "2026-09-20", "end_date": "2026-09-21"},
    ],
)
def test_the_edges_of_the_limits_are_sent(change: dict[str, Any]) -> None:
    _, script = both(lambda: Script(answer({"token": "t"})), lambda c: c.reports.create(A, **{**REPORT, **change}))
    assert len(script.requests) == 1


# ------------------------------------------------------------------------------------------------- waiting


def test_waiting_asks_ever_less_often() -> None:
    state, script = both(lambda: Script(*[PROGRESS] * 8, FINISHED), lambda c: c.reports.wait(A, "t"))
    assert state.url == URL
    assert script.pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_waiting_ends() -> None:
    with pytest.raises(ReportUnavailable, match=r"not finished after 20 s — wait longer") as caught:
        both(lambda: Script(*[PROGRESS] * 9), lambda c: c.reports.wait(A, "t", at_most_seconds=20))
    assert caught.value.token == "t"
    assert caught.value.state.report_status == "IN_PROGRESS"


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "CANCELLED", "DOES_NOT_EXIST"])
@pytest.mark.parametrize("verb", ["wait", "download"])
def test_a_report_that_will_not_come_is_an_error(status: str, verb: str) -> None:
    with pytest.raises(ReportUnavailable, match=f"the report is {status} — order it again"):
        both(lambda: Script(answer({"report_status": status})), lambda c: getattr(c.reports, verb)(A, "t"))


@pytest.mark.parametrize("seconds", [-1, 86401, True, float("nan")])
def test_a_wait_without_end_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidInput, match="at_most_seconds"):
        both(Script, lambda c: c.reports.wait(A, "t", at_most_seconds=seconds))


# --------------------------------------------------------------------------------------------- downloading


def test_the_link_is_fetched_without_the_token() -> None:
    data, script = both(
        lambda: Script(FINISHED, answer(ROWS), headers={"X-Secret": "mine"}), lambda c: c.reports.download(A, "t")
    )
    asked, fetched = script.requests
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert fetched.origin == "https://reports.example.com"
    assert fetched.target == "/async/metrics_report.txt?X-Amz-Signature=s3cret&part=1"
    assert set(fetched.headers) == {"User-Agent", "Accept-Encoding"}
    assert TOKEN not in repr(fetched)
    assert (fetched.method, fetched.body) == ("GET", None)
    assert data.report_format == "JSON"
    assert list(data.groups) == ["268", "269"]
    assert data.rows[0] == {"DATE": "2026-08-01", "SPEND_IN_MICRO_DOLLAR": 9007199254740993, "CTR": Decimal("0.10")}
    assert data.rows[1:] == [{"DATE": "2026-08-02"}, {"X": 1}]


@pytest.mark.parametrize("status", [403, 404, 410, 503, 429])
def test_a_link_that_is_refused_is_asked_for_anew(status: int) -> None:
    data, script = both(
        lambda: Script(FINISHED, answer(b"<Error>expired", status), FINISHED, answer(ROWS)),
        lambda c: c.reports.download(A, "t"),
    )
    assert len(data.rows) == 3
    assert [r.target.startswith("/v5/") for r in script.requests] == [True, False, True, False]


def test_a_broken_download_starts_again() -> None:
    lost = Disconnected("the answer was cut short", sent=True)
    data, script = both(lambda: Script(FINISHED, lost, FINISHED, answer(ROWS)), lambda c: c.reports.download(A, "t"))
    assert (len(data.rows), script.pauses) == (3, [0.5])


@pytest.mark.parametrize(
    ("status", "kind"), [(403, Forbidden), (503, ServerError), (429, RateLimited), (301, BadRequest), (206, BadRequest)]
)
def test_a_download_that_stays_refused_ends(status: int, kind: type[Exception]) -> None:
    refusals = [FINISHED, answer(b"<Error>no", status)] * 3
    with pytest.raises(kind, match=r"the report's host answered HTTP \d+: <Error>no — links are valid for five minutes"):
        both(lambda: Script(*refusals, max_attempts=3), lambda c: c.reports.download(A, "t"))


@pytest.mark.parametrize(
    "url", ["http://reports.example.com/x", "file:///etc/passwd", "https://u:p@a.b/", "ftp://a/b", "", "x"]
)
def test_a_link_that_is_no_https_link_is_not_followed(url: str) -> None:
    script = Script(
        answer({"report_status": "FINISHED", "url": url}), base_url="https://api.pinterest.com/v5", access_token="pina_x"
    )
    with pytest.raises(BadReply, match="not an https URL"):
        script.sync(lambda c: c.reports.download(A, "t"))
    assert len(script.requests) == 1


def test_no_error_shows_the_signature_of_the_link() -> None:
    with pytest.raises(Forbidden) as caught:
        both(lambda: Script(FINISHED, answer(b"no", 403), max_attempts=1), lambda c: c.reports.download(A, "t"))
    assert "s3cret" not in str(caught.value) + repr(caught.value)


# ------------------------------------------------------------------------------------------------- reading


def test_csv_is_text_as_written() -> None:
    body = '\ufeff"Product group ID",Spend,"Name, long"\r\n268,0.10,"a ""b""\nc"\r\n269,,é\r\n'.encode()
    data = models.decode_report(body)
    assert data.report_format == "CSV"
    assert data.rows == [
        {"Product group ID": "268", "Spend": "0.10", "Name, long": 'a "b"\nc'},
        {"Product group ID": "269", "Spend": "", "Name, long": "é"},
    ]


@pytest.mark.parametrize(
    "body",
    [b'{"1":', b'{"1":{}}', b'{"1":[1]}', b"[1]", b"a,b\n1\n", b"a,a\n1,2\n", b'a,"b\n', b"\xff\xfe\n", b'{"1":[{}]} x'],
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(BadReply):
        models.decode_report(body)


def test_an_empty_report_has_no_rows() -> None:
    assert models.decode_report(b"").rows == models.decode_report(b"{}").rows == models.decode_report(b"DATE,b\n").rows == []


@given(st.binary())
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    with suppress(BadReply):
        assert isinstance(models.decode_report(body).rows, Sequence)
