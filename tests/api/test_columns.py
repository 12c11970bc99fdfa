"""The table of analytics columns: complete for every version, and true to itself."""

import json
import os
from pathlib import Path
from typing import get_args

import pytest

from pinshop.api import columns
from pinshop.api.columns import ADDITIVE_KINDS, COLUMNS, FAMILIES, KEYS, Ratio, available

SHARED = Path(os.environ.get("PINSHOP_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.mark.parametrize("version", ["5.6.0", "5.14.0", "5.23.0"])
def test_every_version_has_exactly_the_columns_of_its_description(version: str) -> None:
    file = SHARED / "pinterest-api" / "openapi" / f"{version}.json"
    if not file.exists():
        pytest.skip(f"Pinterest's description {version} is not beside the repository (set PINSHOP_SHARED)")
    described = json.loads(file.read_bytes())["components"]["parameters"]["query_columns"]["schema"]["items"]["enum"]
    ours = available(version)
    assert set(ours) == set(described)
    assert len(ours) == len(described)


@pytest.mark.parametrize(
    ("api_version", "count"),
    [
        ("5.0", 101),
        ("5.3", 104),
        ("5.4", 107),
        ("5.5", 112),
        ("5.6", 112),
        ("5.9", 131),
        ("5.10", 147),
        ("5.12", 149),
        ("5.14", 151),
        ("5.15", 162),
        ("5.16", 167),
        ("5.20", 173),
        ("5.22", 175),
        ("5.23", 175),
        ("5.28", 185),
    ],
)
def test_the_number_of_columns_per_version(api_version: str, count: int) -> None:
    assert len(available(api_version)) == count


def test_no_column_is_declared_twice() -> None:
    declared = [column.name for _, groups in columns._TABLE for group in groups for column in group]
    assert len(declared) == len(set(declared)) == len(COLUMNS) == 185


def test_every_column_has_a_meaning_a_unit_and_one_family() -> None:
    assert set(FAMILIES) == set(get_args(columns.Family))
    assert sorted(name for names in FAMILIES.values() for name in names) == sorted(COLUMNS)
    for column in COLUMNS.values():
        assert column.meaning.strip(), column.name
        assert column.attribute == (column.family == "entity") == (column.kind in columns.ATTRIBUTE_KINDS), column.name
        assert column.unit or column.attribute, column.name
        assert column.kind in get_args(columns.Kind)
        # A meaning is for people: it names no column.
        assert not set(column.meaning.split()) & set(COLUMNS), column.name


@pytest.mark.parametrize(
    ("family", "some"),
    [
        ("spend", {"SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "CPC_IN_MICRO_DOLLAR", "CPM_IN_DOLLAR"}),
        ("checkout", {"TOTAL_CHECKOUT", "TOTAL_WEB_CHECKOUT_VALUE_IN_MICRO_DOLLAR", "CHECKOUT_ROAS"}),
        ("video", {"VIDEO_MRC_VIEWS_1", "TOTAL_VIDEO_P100_COMPLETE", "ECPV_IN_DOLLAR", "VIDEO_SPEND_IN_DOLLAR"}),
        ("engagement", {"REPIN_1", "TOTAL_ENGAGEMENT", "ENGAGEMENT_RATE"}),
        ("entity", {"CAMPAIGN_ID", "AD_GROUP_NAME"}),
    ],
)
def test_a_family_can_be_asked_for(family: columns.Family, some: set[str]) -> None:
    assert some <= set(FAMILIES[family])
    assert available("5.28", family) == FAMILIES[family]
    assert set(available("5.6", family)) == set(FAMILIES[family]) & set(available("5.6"))


def test_the_keys_of_rows_are_no_columns_to_ask_for() -> None:
    assert not set(KEYS) & set(COLUMNS)
    assert all(key.attribute and key.meaning for key in KEYS.values())


def test_the_public_module_shows_nothing_but_what_it_declares() -> None:
    import pinshop
    from pinshop import columns as public

    assert pinshop.columns is public
    shown = {name for name in vars(public) if name[0].isalpha()} - {"annotations"}
    assert shown == set(public.__all__)
    assert {name for name in vars(columns) if name.islower() and name[0].isalpha()} == {
        "annotations",
        "available",
        "get_args",
        "lru_cache",
        "minor",
        "structs",
    }


def test_parts_are_columns_that_add_up() -> None:
    for column in COLUMNS.values():
        parts = (*column.sum_of, *(column.ratio.over + column.ratio.under if column.ratio else ()))
        for part in parts:
            assert part in COLUMNS, f"{column.name} names {part}"
            assert COLUMNS[part].additive or part == "TOTAL_IMPRESSION_USER", f"{column.name} divides {part}"


def test_only_counts_and_money_add_up() -> None:
    assert COLUMNS["SPEND_IN_MICRO_DOLLAR"].additive
    assert COLUMNS["SPEND_IN_DOLLAR"].additive
    for name in (
        "CTR",
        "CHECKOUT_ROAS",
        "CPC_IN_MICRO_DOLLAR",
        "TOTAL_IMPRESSION_USER",
        "TOTAL_IMPRESSION_FREQUENCY",
        "CAMPAIGN_DAILY_SPEND_CAP",
        "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND",
    ):
        assert not COLUMNS[name].additive, name
    assert frozenset({"count", "money_micro", "money"}) == ADDITIVE_KINDS


def test_paid_and_earned_make_the_total() -> None:
    assert COLUMNS["TOTAL_CLICKTHROUGH"].sum_of == ("CLICKTHROUGH_1", "CLICKTHROUGH_2")
    assert COLUMNS["TOTAL_CHECKOUT"].sum_of == (
        "TOTAL_CLICK_CHECKOUT",
        "TOTAL_ENGAGEMENT_CHECKOUT",
        "TOTAL_VIEW_CHECKOUT",
    )


def test_money_says_its_unit_in_its_name() -> None:
    for column in COLUMNS.values():
        if "MICRO_DOLLAR" in column.name:
            assert column.unit == "micro-currency", column.name
        elif "IN_DOLLAR" in column.name:
            assert column.unit == "currency", column.name
    assert COLUMNS["CPM_IN_DOLLAR"].ratio == Ratio(("SPEND_IN_MICRO_DOLLAR",), ("IMPRESSION_1",), 1, 1000)
