"""Analytics: every id is asked for every day exactly once, within Pinterest's limits, and nothing is added up or invented."""

from __future__ import annotations

import datetime
import enum
from collections import Counter
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_transport import Script, answer, both
from pinshop.analytics import query
from pinshop.analytics.query import plan
from pinshop.analytics.rows import Rows
from pinshop.api import endpoints, operations
from pinshop.api.columns import COLUMNS
from pinshop.errors import InvalidInput

ROW = endpoints.PROMOTIONS_ANALYTICS
DAY = datetime.timedelta(1)
START = datetime.date(2026, 1, 1)
DAYS = st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1))


def planned(
    ids: Any, start: Any, end: Any, *, granularity: Any = "DAY", columns: Any = ("SPEND_IN_MICRO_DOLLAR",), **more: Any
) -> Any:
    api_version = more.pop("api_version", "5.28")
    return plan(
        ROW, "1", ids, start_date=start, end_date=end, columns=columns, granularity=granularity, api_version=api_version, **more
    )


def asked(call: operations.Call) -> dict[str, list[str]]:
    return parse_qs(call.query, strict_parsing=True)


@given(
    st.lists(st.integers(1, 10**18 - 1), min_size=1, max_size=600),
    DAYS,
    st.integers(0, 400),
    st.sampled_from(["DAY", "HOUR"]),
    st.sampled_from(operations.API_VERSIONS),
)
def test_every_id_is_asked_for_every_day_exactly_once(ids, start, length, granularity, api_version):
    end = start + length * DAY
    calls, _ = planned(ids, start, end, granularity=granularity, api_version=api_version)
    seen: Counter[tuple[str, datetime.date]] = Counter()
    most_ids = 100 if api_version in ("5.6", "5.14") else 250
    most_days = 3 if granularity == "HOUR" else 90
    for call in calls:
        query = asked(call)
        first, last = (datetime.date.fromisoformat(query[name][0]) for name in ("start_date", "end_date"))
        assert len(query["product_group_ids"]) <= most_ids
        assert 0 <= (last - first).days < most_days
        seen.update((one, first + n * DAY) for one in query["product_group_ids"] for n in range((last - first).days + 1))
    assert set(seen.values()) == {1}
    assert seen.keys() == {(str(one), start + n * DAY) for one in ids for n in range(length + 1)}
    cost = -(-len(set(ids)) // most_ids) * -(-(length + 1) // most_days)
    assert len(calls) == cost


@pytest.mark.parametrize("granularity", ["TOTAL", "WEEK", "MONTH"])
def test_what_could_not_be_put_together_is_refused(granularity):
    calls, _ = planned(["1"], START, START + 89 * DAY, granularity=granularity)
    assert len(calls) == 1
    with pytest.raises(InvalidInput, match=r"at most 90 days in all.*ask for DAY"):
        planned(["1"], START, START + 90 * DAY, granularity=granularity)


def test_arguments_are_taken_as_users_have_them():
    class Granularity(enum.Enum):
        DAY = "DAY"

    class Name(enum.Enum):
        CTR = "CTR"

    calls, columns = planned(
        (n for n in ("1", 2, "2")), "2026-01-01", START, granularity=Granularity.DAY, columns=[Name.CTR, "CTR", "ECTR"]
    )
    query = asked(calls[0])
    assert query["product_group_ids"] == ["1", "2"]
    assert (query["columns"], columns) == (["CTR,ECTR"], ["CTR", "ECTR"])
    assert query["granularity"] == ["DAY"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ids": []}, "product_group_ids"),
        ({"ids": "12"}, "product_group_ids"),
        ({"ids": ["1", "x"]}, "product_group_ids[1]"),
        ({"ids": ["1", "٣"]}, "product_group_ids[1]"),
        ({"start": "2026-01-03"}, "end_date"),
        ({"start": "yesterday"}, "start_date"),
        ({"start": "2026-02-30"}, "start_date"),
        ({"end": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)}, "end_date"),
        ({"columns": []}, "columns"),
        ({"columns": "CTR"}, "columns"),
        ({"columns": ["CTR", "SPEND"]}, "columns[1]"),
        ({"columns": ["CTR,ECTR"], "allow_unknown_columns": True}, "columns[0]"),
        ({"granularity": "HOURLY"}, "granularity"),
        ({"click_window_days": 2}, "click_window_days"),
        ({"view_window_days": True}, "view_window_days"),
        ({"conversion_report_time": "NOW"}, "conversion_report_time"),
    ],
)
def test_bad_input_is_refused_with_its_place(change, field):
    given: dict[str, Any] = {"ids": ["1"], "start": "2026-01-01", "end": "2026-01-02"} | change
    with pytest.raises(InvalidInput) as caught:
        planned(given.pop("ids"), given.pop("start"), given.pop("end"), **given)
    assert caught.value.field == field


def test_a_misspelt_column_is_told_its_nearest():
    with pytest.raises(InvalidInput, match="did you mean SPEND_IN_MICRO_DOLLAR"):
        planned(["1"], START, START, columns=["spend_in_micro_dolar"])
    calls, _ = planned(["1"], START, START, columns=["BRAND_NEW"], allow_unknown_columns=True)
    assert asked(calls[0])["columns"] == ["BRAND_NEW"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["ctr"], "unlike CTR"),
        (["NEW_ONE", "New_One"], "unlike NEW_ONE"),
        (["date"], "unlike DATE"),
        (["currency"], "unlike CURRENCY"),
        (["OTHER_COLUMNS"], "unlike OTHER_COLUMNS"),
        (["Read_At"], "unlike read_at"),
        (["settled"], "unlike settled"),
    ],
)
def test_a_name_that_a_table_could_not_hold_beside_another_is_refused(columns, words):
    with pytest.raises(InvalidInput, match=words):
        query.check_columns(columns, "5.28", allow_unknown=True)
    assert query.check_columns(["NEW_ONE", "DATE", "CURRENCY"], "5.28", allow_unknown=True) == ["NEW_ONE", "DATE", "CURRENCY"]


def test_a_column_of_a_later_generation_is_told_as_such():
    assert query.check_columns(["TOTAL_CHECKOUT"], "5.6")
    newer = next(name for name, column in COLUMNS.items() if column.since.startswith("5.28"))
    with pytest.raises(InvalidInput, match=r"exists since 5\.28"):
        query.check_columns([newer], "5.23")


def test_the_last_day_of_the_calendar_has_no_day_after_it():
    last = datetime.date.max
    assert query.windows(last - 90 * DAY, last, "DAY")[-1] == (last, last)


# ---------------------------------------------------------------------------------------------- rows


def test_rows_are_as_they_were_sent():
    body = (
        b'[{"DATE": "2026-01-01", "PRODUCT_GROUP_ID": "7", "SPEND_IN_MICRO_DOLLAR": 9007199254740993,'
        b' "CTR": 0.1234567890123456789},'
        b' {"DATE": "2026-01-02", "PRODUCT_GROUP_ID": "7", "CTR": null, "NEWER": "kept"}]'
    )
    rows, script = both(
        lambda: Script(answer(body)),
        lambda c: c.promotions.analytics(
            "1", ["7"], start_date=START, end_date="2026-01-02", columns=["SPEND_IN_MICRO_DOLLAR", "CTR"], granularity="DAY"
        ),
    )
    assert len(script.requests) == 1
    assert rows[0]["SPEND_IN_MICRO_DOLLAR"] == 9007199254740993
    assert rows[0]["CTR"] == Decimal("0.1234567890123456789")
    assert rows.column("SPEND_IN_MICRO_DOLLAR") == [9007199254740993, None]
    assert "SPEND_IN_MICRO_DOLLAR" not in rows[1]
    assert rows[1]["CTR"] is None
    assert rows.column("NEWER") == [None, "kept"]
    assert rows.columns == ("SPEND_IN_MICRO_DOLLAR", "CTR")


def test_parts_come_together_in_the_order_asked_for():
    def reply(request: Any) -> Any:
        query = parse_qs(request.target.partition("?")[2])
        return answer([{"DATE": query["start_date"][0], "PRODUCT_GROUP_ID": one} for one in query["product_group_ids"]])

    rows, script = both(
        lambda: Script(*[reply] * 4, concurrency=1),
        lambda c: c.promotions.analytics(
            1, range(1, 302), start_date=START, end_date=START + 120 * DAY, columns=["CTR"], granularity="DAY"
        ),
    )
    assert len(script.requests) == 4
    dates = [str(START), str(START + 90 * DAY)]
    expected = [(d, str(n)) for part in (range(1, 251), range(251, 302)) for d in dates for n in part]
    assert [(row["DATE"], row["PRODUCT_GROUP_ID"]) for row in rows] == expected


def test_one_failing_part_fails_the_whole():
    """Rows that are silently not there would be numbers that are wrong."""
    with pytest.raises(Exception, match="HTTP 400"):
        both(
            lambda: Script(answer([]), answer({"code": 1, "message": "no"}, 400), concurrency=1),
            lambda c: c.promotions.analytics(
                1, range(1, 302), start_date=START, end_date=START, columns=["CTR"], granularity="TOTAL"
            ),
        )


def test_rows_are_a_sequence():
    rows = Rows([{"A": 1}, {"A": 2}, {}], ["A"])
    assert (len(rows), rows[-1], rows[:2], list(rows)) == (3, {}, [{"A": 1}, {"A": 2}], [{"A": 1}, {"A": 2}, {}])
    assert rows == Rows([{"A": 1}, {"A": 2}, {}]) == [{"A": 1}, {"A": 2}, {}]
    assert rows != [{}]
    assert repr(rows) == "<Rows: 3 of A>"
    assert repr(Rows([], list("ABCDEF"))) == "<Rows: 0 of A, B, C, D, …>"
