"""Rows of a CSV report: the same as dicts made at once, in a fraction of their memory."""

from __future__ import annotations

import csv
import io
import json
import pickle
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api import models
from pinshop.errors import BadReply


def at_once(body: bytes) -> list[dict[str, str]]:
    lines = [line for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True) if line]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


cells = st.text(st.sampled_from('ab,"\r\n é靴1 '), max_size=6)


@given(
    st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n\r\n"]),
    st.booleans(),
)
def test_rows_are_those_of_the_csv_module(lines, ending, blank, bom):
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(["DATE", "na\nme"])
    for line in lines:
        file.write(blank)
        writer.writerow(line)
    body = (b"\xef\xbb\xbf" if bom else b"") + file.getvalue().encode()
    report = models.decode_report(body)
    expected = at_once(body)
    rows = report.rows
    assert list(rows) == expected
    assert [rows[index] for index in range(len(rows))] == expected
    assert rows == expected
    assert rows[::-1] == expected[::-1]
    assert len(rows) == len(expected)
    assert pickle.loads(pickle.dumps(report)).rows == expected
    if expected:
        assert rows[-1] == expected[-1]
        assert rows != expected[1:]
    with pytest.raises(IndexError):
        rows[len(expected)]


@pytest.mark.parametrize("body", [b"a,b\n1,2,3\n", b"a,b\n1\n", b"a,a\n1,2\n", b'a,b\n"1,2\n', b"a\xff,b\n1,2\n"])
def test_what_is_no_table_is_refused(body):
    with pytest.raises(BadReply, match="neither JSON nor CSV"):
        models.decode_report(body)


ROW = {
    "DATE": "2026-01-01",
    "PRODUCT_GROUP_ID": "2680059592705",
    "SPEND_IN_MICRO_DOLLAR": 123456,
    "CTR": 0.0123,
    "SPEND_IN_DOLLAR": 0.123456,
    "TOTAL_CLICKTHROUGH": 12,
    "IMPRESSION_1": 1000,
    "CHECKOUT_ROAS": 2.5,
}
JSON_BODY = b"[" + b",".join([json.dumps(ROW).encode()] * 5000) + b"]"
CSV_BODY = (",".join(ROW) + "\n" + (",".join(map(str, ROW.values())) + "\n") * 5000).encode()


@pytest.mark.parametrize(
    ("decode", "body"),
    [(models.decode_rows, JSON_BODY), (models.decode_report, b'{"1":' + JSON_BODY + b"}"), (models.decode_report, CSV_BODY)],
    ids=["rows", "JSON report", "CSV report"],
)
def test_big_answers_take_at_most_six_times_their_size(decode, body):
    decode(body[:0] or b"[]")  # what is made once is not counted
    tracemalloc.start()
    try:
        found = decode(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(body), f"{peak / len(body):.1f} times the body"
    assert len(found if isinstance(found, list) else found.rows) == 5000
