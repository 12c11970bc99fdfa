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


@given(
    st.lists(st.integers(0, 2**40), min_size=1, max_size=70),
    st.sampled_from([0, 4, 12, 36]),
    st.integers(1, 2**72).flatmap(lambda of: st.tuples(st.integers(0, of - 1), st.just(of), st.integers(0, of - 1))),
    st.integers(1, 3),
)
def test_a_proportion_of_counts(values: list[int], smaller: int, ratio: tuple[int, int, int], above: int) -> None:
    """However large the numbers are, so that products take one place of a list, two or more."""
    values = [value >> smaller for value in values]
    share, of, plus = ratio
    expected = [(value * share + plus) // of for value in values]
    found = packed.proportional(packed.pack(values), len(values), share, of, plus, most=above * max(values))
    assert packed.unpack(found, len(values)) == tuple(expected)


@given(st.lists(st.integers(1, 2**20), min_size=1, max_size=70), st.integers(1, 2**40))
def test_a_proportion_that_is_a_whole_number_is_not_rounded_down(values: list[int], unit: int) -> None:
    total = sum(values)
    found = packed.proportional(
        packed.pack([total * value for value in values]), len(values), unit, total * unit, most=total * total
    )
    assert packed.unpack(found, len(values)) == tuple(values)


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=70), st.booleans())
def test_whether_counts_reach_others(pairs: list[tuple[int, int]], equal: bool) -> None:
    some, others = [one for one, _ in pairs], [one if equal else other for one, other in pairs]
    reached = all(one >= other for one, other in zip(some, others, strict=True))
    assert packed.reaches(packed.pack(some), packed.pack(others), len(pairs)) == reached


@given(st.lists(st.integers(0, 2**64 - 1), max_size=70))
def test_arrays(values: list[int]) -> None:
    size = len(values)
    assert list(packed.array_of(values)) == list(packed.to_array(packed.pack(values), size)) == values
    assert packed.joined([packed.array_of(values[:3]), packed.array_of(values[3:])]) == packed.pack(values)
    short = [value >> 48 for value in values]
    assert packed.widened(b"".join(value.to_bytes(2, "little") for value in short)) == packed.pack(short)
