"""Columns are found by their names, by what they mean, and by what a shop calls it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api import column_words
from pinshop.api.column_words import family_of, near_words, search
from pinshop.api.columns import COLUMNS, FAMILIES, available
from pinshop.api.operations import API_VERSIONS

NAMES = sorted(COLUMNS)
#: Words of shops: some column must fit each of them.
SHOPS = sorted(column_words._ELSEWHERE)  # every entry of the table is held to be of use


@given(name=st.sampled_from(NAMES), low=st.booleans())
def test_a_column_is_found_by_its_name_and_comes_before_what_only_means_it(name: str, low: bool) -> None:
    found = [column.name for column in search([name.lower() if low else name], API_VERSIONS[-1])]
    assert name in found
    stem = name.removesuffix("S")
    assert all(stem in one for one in found[: sum(stem in one for one in found)])


@given(
    words=st.lists(st.sampled_from([*SHOPS, *FAMILIES, "paid", "per", "video"]), max_size=3), api=st.sampled_from(API_VERSIONS)
)
def test_more_words_never_find_more_and_only_what_the_version_has(words: list[str], api: str) -> None:
    found = {column.name for column in search(words, api)}
    assert found <= set(available(api))
    assert all(found <= {column.name for column in search([word], api)} for word in words)
    assert search(words, api) == search([" ".join(words)], api) == search([",".join(words).upper()], api)


@pytest.mark.parametrize("word", SHOPS)
def test_what_a_shop_calls_it_is_found_in_singular_and_plural(word: str) -> None:
    assert search([word], API_VERSIONS[-1])
    if not word.endswith("s"):
        assert search([word + "s"], API_VERSIONS[-1]) == search([word], API_VERSIONS[-1])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (
            ["revenue", "click"],
            {"TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR", "TOTAL_WEB_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR"},
        ),
        (["roi"], {"CHECKOUT_ROAS", "WEB_CHECKOUT_ROAS", "CUSTOM_ROAS", "PAGE_VISIT_ROAS"}),
        (["cpl"], {"COST_PER_LEAD"}),
    ],
)
def test_these_words_mean_just_these(words: list[str], names: set[str]) -> None:
    assert {column.name for column in search(words, API_VERSIONS[-1])} == names


def test_a_word_that_nothing_fits_is_near_one_that_fits() -> None:
    assert search(["revenu_e"], API_VERSIONS[-1]) == []
    assert near_words("revenu_e") == "revenue"
    assert near_words("qqqq") == ""


def test_a_word_stands_for_a_family() -> None:
    assert [family_of(word) for word in ("Orders", "SPEND", "clicks", "installs", "nothing")] == [
        "checkout",
        "spend",
        "click",
        "app",
        None,
    ]
