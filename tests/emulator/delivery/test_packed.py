"""Packed lists do what loops over lists would do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pinshop.emulator.delivery import packed

counts = st.lists(st.integers(0, 2**47 - 1), max_size=70)
share = st.integers(0, 2**16 - 1)


@given(counts)
def test_a_list_comes_back(values: list[int]) -> None:
    assert packed.unpack(packed.pack(values), len(values)) == tuple(values)


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=70))
def test_sums_and_differences(pairs: list[tuple[int, int]]) -> None:
    some, more = [one for one, _ in pairs], [other for _, other in pairs]
    both = packed.pack(some) + packed.pack(more)
    assert packed.unpack(both, len(pairs)) == tuple(one + other for one, other in pairs)
    assert both - packed.pack(more) == packed.pack(some)


@given(st.lists(st.lists(st.integers(0, 2**47 - 1), min_size=3, max_size=3), min_size=1, max_size=20), st.data())
def test_factors_by_stretch(lists: list[list[int]], data: st.DataObject) -> None:
    """Three counts have a factor in common, then the next three."""
    factors = data.draw(st.lists(share, min_size=len(lists), max_size=len(lists)))
    expected = [one * factor for each, factor in zip(lists, factors, strict=True) for one in each]
    whole = packed.pack([one for each in lists for one in each])
    assert packed.times(whole, factors, 3) == packed.pack(expected)
    each = [factor for factor in factors for _ in range(3)]
    assert packed.times_each(whole, each) == packed.pack(expected)
    assert packed.halved(packed.times(whole, factors, 3), 16, len(each)) == packed.pack([one >> 16 for one in expected])


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**16)), max_size=70), st.booleans())
def test_shares_of_each(each: list[tuple[int, int]], small: bool) -> None:
    """Also where a product is wider than a count."""
    values = [one >> 16 if small else one for one, _ in each]
    factors = [factor for _, factor in each]
    expected = [one * factor >> 16 for one, factor in zip(values, factors, strict=True)]
    assert packed.scaled(packed.pack(values), factors) == packed.pack(expected)


@given(counts, st.integers(0, 20), st.data())
def test_parts(values: list[int], times: int, data: st.DataObject) -> None:
    size, all_of = len(values), packed.pack(values)
    assert packed.halved(all_of, times, size) == packed.pack([value >> times for value in values])
    kept = [value % 3 == 0 for value in values]
    assert packed.where(all_of, kept) == packed.pack([value if keep else 0 for value, keep in zip(values, kept, strict=True)])
    assert packed.repeated(7, size) == packed.pack([7] * size)
    assert packed.everywhere(size) & all_of == all_of
    if values:
        places = data.draw(st.lists(st.integers(0, size - 1)))
        assert packed.pick(all_of, size, places) == packed.pack([values[place] for place in places])
        assert packed.at(all_of, size, places) == [values[place] for place in places]
        others = dict.fromkeys(places, 5)
        expected = [others.get(place, value) for place, value in enumerate(values)]
        assert packed.put(all_of, size, others, others.values()) == packed.pack(expected)
