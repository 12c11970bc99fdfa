"""Files of reports that are no reports, or not whole; states that nobody documented."""

from __future__ import annotations

import gzip
import itertools

import pytest

from mock_transport import TOKEN
from pinshop import Client
from pinshop.errors import BadReply, ReportUnavailable
from pinshop.flow import events
from pinshop.transports.mock import MockTransport, reply

ACCOUNT = "549755885175"
LINK = "https://files.example/report?signature=x"
CSV = b"DATE,SPEND_IN_MICRO_DOLLAR\n2026-01-01,9876543\n"
JSON = b'{"2680059592705": [{"DATE": "2026-01-01", "SPEND_IN_MICRO_DOLLAR": 9876543}]}'


def finished(size):
    return {"report_status": "FINISHED", "url": LINK, "size": size}


def client(handler, seen=None, **options):
    transport = MockTransport(handler)
    time = itertools.count(1_790_000_000)
    made = Client(
        TOKEN,
        base_url="http://127.0.0.1:9/v5",
        transport=transport,
        sleep=lambda _: None,
        clock=lambda: float(next(time)),
        on_event=(seen if seen is not None else []).append,
        **options,
    )
    return made, transport


def download(body, size, **headers):
    made, transport = client(
        lambda request: reply(body, 200, headers) if request.origin == "https://files.example" else finished(size),
        max_attempts=2,
    )
    return made.reports.download(ACCOUNT, "t"), transport


@pytest.mark.parametrize("body", [CSV, JSON])
@pytest.mark.parametrize("size", ["right", None, 0])
def test_a_whole_file_is_taken(body, size):
    data, _ = download(body, len(body) if size == "right" else size)
    assert [str(row["SPEND_IN_MICRO_DOLLAR"]) for row in data.rows] == ["9876543"]


@pytest.mark.parametrize("at", range(1, len(CSV)))
def test_a_file_that_is_cut_anywhere_is_no_report(at):
    with pytest.raises(BadReply, match=rf"has {at} bytes, and should have {len(CSV)}"):
        download(CSV[:at], len(CSV))


def test_a_file_that_is_longer_than_announced_is_no_report():
    with pytest.raises(BadReply, match="bytes, and should have"):
        download(CSV + b"2026-01-02,1\n", len(CSV))


def test_a_cut_file_is_fetched_again_by_a_new_link():
    bodies = iter([CSV[:-5], CSV])
    made, transport = client(
        lambda request: reply(next(bodies)) if request.origin == "https://files.example" else finished(len(CSV))
    )
    assert len(made.reports.download(ACCOUNT, "t").rows) == 1
    assert len(transport.requests) == 4


@pytest.mark.parametrize("packed_size", [True, False])
def test_either_length_of_a_packed_file_is_right(packed_size):
    """The transport has unpacked it already; the header stays."""
    long = CSV + b"".join(b"2026-01-01,%d\n" % n for n in range(1000))
    data, _ = download(long, len(gzip.compress(long)) if packed_size else len(long), **{"Content-Encoding": "gzip"})
    assert len(data.rows) == 1001
    with pytest.raises(BadReply, match="bytes, and should have"):
        download(long[:-4], len(long), **{"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><body>Please log in</body></html>",
        b"<html>\n<body>\n</body>\n</html>\n",
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
        b"null",
        b"true",
        b"987",
        b'"text"',
        b"Internal error, please try again later",
        b"Something went wrong\non our end\n",
        b'{"code": 12, "message": "no"}',
        b'{"1": null}',
        b'{"1": [{"SPEND_IN_MICRO_DOLLAR": 987',
        b'[{"A": 1}, 2]',
        b"\x1f\x8b\x08\0\0\0",
        b"a,b\n1,2\n",
        b"\0\0\0\0",
        b"{",
        b"[",
        b"DATE,SPEND_IN_MICRO_DOLLAR\n2026-01-01\n",
        b'DATE\n"2026',
    ],
)
@pytest.mark.parametrize("size", [None, "right"])
def test_what_is_no_report_is_never_rows(body, size):
    with pytest.raises(BadReply):
        download(body, len(body) if size else None)


@pytest.mark.parametrize("body", [b"", b"DATE,SPEND_IN_MICRO_DOLLAR\n", b"{}", b'{"1": []}', b"\xef\xbb\xbfSPEND_IN_DOLLAR\n"])
def test_a_report_without_rows_is_one(body):
    assert download(body, None)[0].rows == []


@pytest.mark.parametrize("header", ["Date,Spend in account currency", "ad account id,x", "PIN_PROMOTION_ID,NEW_METRIC_9"])
def test_columns_are_known_however_they_are_spelled(header):
    data, _ = download(f"{header}\n1,2\n".encode(), None)
    assert len(data.rows) == 1


@pytest.mark.parametrize("state", [None, "QUEUED", "in_progress", "finished", "Failed", "", "PROCESSING"])
def test_a_state_that_is_not_documented_is_waited_for(state):
    seen = []
    answers = [{"report_status": state}] * 3 + [finished(3)]
    made, transport = client(answers, seen)
    assert made.reports.wait(ACCOUNT, "t").report_status == "FINISHED"
    assert len(transport.requests) == 4
    noticed = [event.what for event in seen if isinstance(event, events.Noticed)]
    assert noticed == [f"the report's state is {state!r}, which Pinterest does not document"]


def test_a_missing_state_is_waited_for_and_given_up_in_time():
    made, _ = client(lambda _: {"url": None})
    with pytest.raises(ReportUnavailable, match="not finished after 30 s"):
        made.reports.wait(ACCOUNT, "t", at_most_seconds=30)


@pytest.mark.parametrize("state", ["FAILED", "EXPIRED", "CANCELLED", "DOES_NOT_EXIST"])
def test_the_documented_final_states_end_the_wait_at_once(state):
    made, transport = client([{"report_status": state, "url": None}])
    with pytest.raises(ReportUnavailable, match=state):
        made.reports.wait(ACCOUNT, "t")
    assert len(transport.requests) == 1


def test_finished_without_a_link_says_so():
    made, _ = client(lambda _: {"report_status": "FINISHED", "url": None})
    with pytest.raises(BadReply, match="without a link"):
        made.reports.download(ACCOUNT, "t")
