"""What a name that does not exist may have meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.api.near import did_you_mean, either, near, or_rather

NAMES = ("read_seconds", "connect_seconds", "max_attempts", "SPEND_IN_DOLLAR", "SPEND_IN_MICRO_DOLLAR")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("read_second", "read_seconds"),
        ("READ_SECONDS", "read_seconds"),
        ("max_attempt", "max_attempts"),
        ("spend_in_dollar", "SPEND_IN_DOLLAR"),
        ("timeout", "read_seconds="),
        ("zzz", ""),
        ("", ""),
        (7, ""),
    ],
)
def test_what_is_near(asked, found):
    assert near(asked, NAMES, {"timeout": "read_seconds="}) == found
    assert did_you_mean(asked, NAMES, {"timeout": "read_seconds="}) == (f" Did you mean {found}?" if found else "")


def test_names_that_are_as_near_as_each_other_are_all_told():
    assert near("spent_on_b", ["spent_on_a", "spent_on_c"]) == "spent_on_c or spent_on_a"
    assert or_rather("spent_on_b", ["spent_on_a", "spent_on_c"]) == "; did you mean spent_on_c or spent_on_a?"


@pytest.mark.parametrize(("words", "said"), [([], ""), (["A"], "A"), (["A", "B"], "A or B"), (["A", "B", "C"], "A, B or C")])
def test_words_are_joined(words, said):
    assert either(words) == said


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=9, unique_by=str.lower), st.data())
def test_a_name_that_exists_is_near_itself(names, data):
    name = data.draw(st.sampled_from(names))
    assert name in near(name, names)
