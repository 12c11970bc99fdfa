"""Packed lists do what loops over lists would do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pinshop.emulator.delivery import packed

counts = st.lists(st.integers(0, 2**47 - 1), max_size=70)
chance = st.integers(0, 2**16 - 1)
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


@given(st.lists(st.tuples(st.integers(0, 2**47 - 1), share, chance), max_size=70), share)
def test_shares(each: list[tuple[int, int, int]], alike: int) -> None:
    many, chances = packed.pack([one for one, _, _ in each]), packed.pack([drawn for _, _, drawn in each])
    expected = [one * alike + drawn >> 16 for one, _, drawn in each]
    assert packed.unpack(packed.shares(many, alike, chances, len(each)), len(each)) == tuple(expected)
    expected = [one * part + drawn >> 16 for one, part, drawn in each]
    assert packed.shares_of_each(many, [part for _, part, _ in each], chances) == packed.pack(expected)


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), share), max_size=70), st.integers(0, 70))
def test_factors_of_each(each: list[tuple[int, int]], alike: int) -> None:
    """Also where a product is wider than a count, and however many of the factors are the same."""
    factors = sorted((factor for _, factor in each), reverse=True)
    factors[:alike] = factors[:1] * len(factors[:alike])
    values = [one for one, _ in each]
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
        place = places[0] if places else 0
        assert packed.at(all_of, place) == values[place]
        assert packed.put(all_of, place, 5) == packed.pack([*values[:place], 5, *values[place + 1 :]])
        assert packed.first(all_of, place) == packed.pack(values[:place])
