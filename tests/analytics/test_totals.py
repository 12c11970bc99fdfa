"""Adding up: counts and money are added, ratios made anew, people and mixed currencies refused; gaps are filled on request."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.analytics.plain_rows import Asked
from pinshop.analytics.rows import Rows
from pinshop.api.columns import COLUMNS
from pinshop.api.models import ProductGroupPromotion
from pinshop.errors import InvalidInput

MICRO, COUNT, CLICKS, CTR = "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "CLICKTHROUGH_1", "CTR"


def line(one: str, day: str, **values: Any) -> dict[str, Any]:
    return {"PRODUCT_GROUP_ID": one, "DATE": day, **values}


def of(*lines: dict[str, Any], columns: Any = (MICRO, COUNT, CLICKS, CTR), **asked: Any) -> Rows:
    return Rows(lines, columns, asked=Asked(**asked))


ROWS = of(
    line("1", "2026-01-30", **{MICRO: 10, COUNT: 100, CLICKS: 10, CTR: Decimal("0.1")}),
    line("1", "2026-02-01", **{MICRO: 20, COUNT: 900, CLICKS: 10, CTR: Decimal("0.0111")}),
    line("2", "2026-02-01", **{COUNT: 100}),
)


def test_a_ratio_is_made_from_the_sums_of_its_parts():
    (whole,) = ROWS.total()
    assert whole == {MICRO: 30, COUNT: 1100, CLICKS: 20, CTR: Decimal(20) / Decimal(1100)} | {CTR: whole[CTR]}
    assert abs(whole[CTR] - Decimal(20) / Decimal(1100)) < Decimal("1e-27")
    assert whole[CTR] != sum(row.get(CTR, 0) for row in ROWS)


def test_totals_are_grouped():
    by_day = ROWS.total("DATE")
    assert [(row["DATE"], row[COUNT]) for row in by_day] == [("2026-01-30", 100), ("2026-02-01", 1000)]
    by_month = ROWS.total(["MONTH"], columns=[COUNT])
    assert list(by_month) == [{"MONTH": "2026-01-01", COUNT: 100}, {"MONTH": "2026-02-01", COUNT: 1000}]
    by_week = ROWS.total("WEEK", columns=[COUNT])
    assert list(by_week) == [{"WEEK": "2026-01-26", COUNT: 1100}]
    assert [row["PRODUCT_GROUP_ID"] for row in ROWS.total("PRODUCT_GROUP_ID")] == ["1", "2"]


def test_what_nobody_has_stays_missing():
    two = ROWS.total("PRODUCT_GROUP_ID")[1]
    assert two == {"PRODUCT_GROUP_ID": "2", COUNT: 100}
    assert list(of().total()) == [{}]
    assert list(of(line("1", "2026-01-01", **{CLICKS: 0, COUNT: 0})).total(columns=[CTR])) == [{}]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("TOTAL_IMPRESSION_USER", "people are counted once"),
        ("TOTAL_IMPRESSION_FREQUENCY", "people are counted once"),
        ("TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND", "no columns"),
        ("PAGE_VISIT_ROAS", "no columns"),
        ("CPC_IN_MICRO_DOLLAR", "ask for SPEND_IN_MICRO_DOLLAR"),
        ("CAMPAIGN_NAME", "counts, money and ratios"),
        ("NEWER", "counts, money and ratios"),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_way_out(column, words):
    rows = of(line("1", "2026-01-01", **{CLICKS: 1}), columns=[CLICKS])
    with pytest.raises(InvalidInput, match=words):
        rows.total(columns=[column])
    if COLUMNS.get(column) and not COLUMNS[column].attribute:
        with pytest.raises(InvalidInput, match=words):
            of(line("1", "2026-01-01", **{CLICKS: 1, column: 1}), columns=[CLICKS, column]).total()


def test_every_column_is_added_made_anew_or_refused():
    """No column slips through unjudged."""
    parts = {part for column in COLUMNS.values() if column.ratio for part in column.ratio.over + column.ratio.under}
    for column in COLUMNS.values():
        rows = of(
            line("1", "2026-01-01", **dict.fromkeys(sorted(parts | {column.name}), 2)), columns=sorted(parts | {column.name})
        )
        try:
            (whole,) = rows.total(columns=[column.name])
        except InvalidInput:
            assert not column.additive
        else:
            assert column.additive or column.ratio
            assert column.name in whole


def test_money_of_different_currencies_is_never_added():
    lines = [line("1", "2026-01-01", AD_ACCOUNT_ID=one, **{MICRO: 1, COUNT: 1}) for one in ("7", "8", "9")]
    rows = of(
        *lines, columns=[MICRO, COUNT], ids={"7": None, "8": None, "9": None}, currencies={"7": "EUR", "8": "JPY", "9": "EUR"}
    )
    with pytest.raises(InvalidInput, match="EUR, JPY"):
        rows.total()
    assert rows.total(columns=[COUNT])[0] == {COUNT: 3}
    with pytest.raises(InvalidInput, match="EUR, JPY"):
        rows.total("AD_ACCOUNT_ID").total()
    assert [row[MICRO] for row in rows.total("AD_ACCOUNT_ID")] == [1, 1, 1]
    unknown = of(*lines, columns=[MICRO], ids={"7": None, "8": None, "9": None}, currencies={"7": "EUR"})
    with pytest.raises(InvalidInput, match="unknown"):
        unknown.total()
    named = of(*(one | {"CURRENCY": "EUR"} for one in lines), columns=[MICRO])
    assert named.total("CURRENCY")[0] == {"CURRENCY": "EUR", MICRO: 3}


@pytest.mark.parametrize("code", [None, "", "UNK"])
@pytest.mark.parametrize("by", [(), "CURRENCY", "DATE"])
def test_currencies_that_are_not_known_may_be_different_ones(code, by):
    lines = [line("1", "2026-01-01", AD_ACCOUNT_ID=one, CURRENCY=code, **{MICRO: 1}) for one in ("7", "8")]
    rows = of(*lines, columns=[MICRO])
    with pytest.raises(InvalidInput, match='"AD_ACCOUNT_ID" as well'):
        rows.total(by)
    assert [row[MICRO] for row in rows.total("AD_ACCOUNT_ID")] == [1, 1]


def test_an_unknown_group_is_refused():
    with pytest.raises(InvalidInput, match="by: got 'CAMPAIGN'"):
        ROWS.total("CAMPAIGN")


@given(
    st.lists(st.tuples(st.sampled_from("123"), st.integers(0, 20), st.integers(0, 2**62), st.integers(0, 2**40)), max_size=30)
)
def test_sums_of_groups_are_the_whole(entries):
    lines = [
        line(
            one,
            str(datetime.date(2024, 2, 20) + datetime.timedelta(day)),
            **{MICRO: spend, "SPEND_IN_DOLLAR": Decimal(cents) / 100},
        )
        for one, day, spend, cents in entries
    ]
    rows = of(*lines, columns=[MICRO, "SPEND_IN_DOLLAR"])
    for by in ("DATE", "PRODUCT_GROUP_ID", "WEEK", "MONTH", ("MONTH", "PRODUCT_GROUP_ID")):
        if not entries:
            continue
        parts = rows.total(by)
        assert sum(row[MICRO] for row in parts) == sum(spend for _, _, spend, _ in entries)
        assert sum(row["SPEND_IN_DOLLAR"] for row in parts) == Decimal(sum(cents for *_, cents in entries)) / 100


# ------------------------------------------------------------------------------------------------ densify


def asked(**more: Any) -> dict[str, Any]:
    return {"first": datetime.date(2024, 2, 28), "last": datetime.date(2024, 3, 1), "ids": {"7": ("1", "2")}} | more


def test_gaps_are_filled_without_values():
    rows = of(line("2", "2024-02-29", **{COUNT: 5}), columns=[COUNT, CTR], **asked())
    dense = rows.densify()
    assert len(rows) == 1
    assert len(dense) == 6
    assert rows.missing_ids == ("1",)
    assert dense[4] == line("2", "2024-02-29", **{COUNT: 5})
    assert all(COUNT not in row for n, row in enumerate(dense) if n != 4)
    zeros = rows.densify(zero=True)
    assert [row[COUNT] for row in zeros] == [0, 0, 0, 0, 5, 0]
    assert all(CTR not in row for row in zeros)
    assert list(dense.densify()) == list(dense)


@pytest.mark.parametrize("day", [{}, {"DATE": None}, {"DATE": ""}])
def test_rows_without_a_day_are_kept_behind_the_others(day):
    rows = of({"PRODUCT_GROUP_ID": "1", COUNT: 1, **day}, columns=[COUNT], **asked())
    dense = rows.densify()
    assert len(dense) == 7
    assert dense[6] == {"PRODUCT_GROUP_ID": "1", COUNT: 1, **day}


def test_totals_and_several_accounts_are_densified():
    rows = of({"PRODUCT_GROUP_ID": "1", COUNT: 1}, columns=[COUNT], **asked(granularity="TOTAL"))
    assert list(rows.densify()) == [{"PRODUCT_GROUP_ID": "1", COUNT: 1}, {"PRODUCT_GROUP_ID": "2"}]
    keys = ("AD_ACCOUNT_ID", "PRODUCT_GROUP_ID", "DATE")
    two = of(columns=[COUNT], **asked(ids={"7": ("1",), "8": ("2",)}, keys=keys))
    assert {(row["AD_ACCOUNT_ID"], row["PRODUCT_GROUP_ID"]) for row in two.densify()} == {("7", "1"), ("8", "2")}
    assert len(two.densify()) == 6


@pytest.mark.parametrize("change", [{"granularity": "WEEK"}, {"ids": {"7": None}}, {"ids": {}}, {"first": None}])
def test_what_is_not_known_is_not_filled_in(change):
    with pytest.raises(InvalidInput, match="densify"):
        of(columns=[COUNT], **asked(**change)).densify()


def test_promotions_are_joined():
    promotion = ProductGroupPromotion(id="1", status="PAUSED", ad_group_id="5", catalog_product_group_name="Mugs")
    joined = ROWS.with_promotions([promotion])
    assert joined[0]["status"] == "PAUSED"
    assert joined[0]["catalog_product_group_name"] == "Mugs"
    assert "catalog_product_group_id" not in joined[0]
    assert "status" not in joined[2]
    assert [row.get("status") for row in joined.total("status")] == ["PAUSED", None]
    assert "status" not in ROWS[0]


def test_rows_say_what_they_are():
    rows = of(line("2", "2024-02-29"), columns=[COUNT], **asked())
    assert repr(rows) == "<Rows: 1 of IMPRESSION_1; 2024-02-28 to 2024-03-01 by DAY; 1 id without a row>"
    assert "<td>2024-02-29</td>" in rows._repr_html_()
    assert "&lt;b&gt;" in Rows([{"AD_GROUP_NAME": "<b>"}])._repr_html_()
