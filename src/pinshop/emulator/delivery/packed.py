"""Lists of counts as one integer each: one operation of an integer does what a loop would do count by count.

A *packed* list has 64 bits for each count, the first count in the lowest. The sum of two packed lists is the packed list of
the sums, and a multiple of one that of the multiples; so a year of a count costs little more than a day of it, and nothing is
rounded. That holds while no count is negative or reaches 2⁶³: what is multiplied by a share must stay below 2⁴⁷.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

#: A packed list; how many counts it has, whoever uses it knows.
Packed: TypeAlias = int

_BITS = 64

_ONE = (1 << _BITS) - 1


@lru_cache(maxsize=1024)
def _form(size: int) -> struct.Struct:
    return struct.Struct(f"<{size}Q")


def pack(counts: Sequence[int]) -> Packed:
    """A list, packed."""
    return int.from_bytes(_form(len(counts)).pack(*counts), "little")


def unpack(counts: Packed, size: int) -> tuple[int, ...]:
    """The counts of a packed list."""
    return _form(size).unpack(counts.to_bytes(size * 8, "little"))


def pick(counts: Packed, size: int, places: Iterable[int]) -> Packed:
    """The counts at some places, in that order, a place as often as it is named."""
    values = unpack(counts, size)
    return pack([values[place] for place in places])


def at(counts: Packed, place: int) -> int:
    """One count."""
    return counts >> place * _BITS & _ONE


def put(counts: Packed, place: int, count: int) -> Packed:
    """The list with another count in a place."""
    return counts + ((count - at(counts, place)) << place * _BITS)


def first(counts: Packed, size: int) -> Packed:
    """The first so many counts."""
    return counts & ((1 << size * _BITS) - 1)


@lru_cache(maxsize=1024)
def repeated(count: int, size: int) -> Packed:
    """A list of one count, again and again."""
    return int.from_bytes(count.to_bytes(8, "little") * size, "little")


def everywhere(size: int) -> Packed:
    """All bits of every count: what is left of it by ``&`` are the counts themselves."""
    return (1 << size * _BITS) - 1


def halved(counts: Packed, times: int, size: int) -> Packed:
    """Every count divided by two so many times, rounded down."""
    return counts >> times & repeated(_ONE >> times, size)


def shares(counts: Packed, share: int, chances: Packed, size: int) -> Packed:
    """A share of every count, in 1/65536, rounded by chance: up where a number of 16 bits reaches what is missing."""
    return counts * share + chances >> 16 & repeated(_ONE >> 16, size)


def shares_of_each(counts: Packed, each: Sequence[int], chances: Packed) -> Packed:
    """`shares` where every count has a share of its own."""
    size = len(each)
    lists = zip(unpack(counts, size), each, unpack(chances, size), strict=True)
    return pack([many * share + chance >> 16 for many, share, chance in lists])


def scaled(counts: Packed, factors: Sequence[int]) -> Packed:
    """Every count times a factor of its own, in 1/65536, rounded down. No factor may exceed those before it.

    Quick for the factors that equal the first: of a range of days, mostly all but the latest.
    """
    if not factors:
        return 0
    alike, factor = factors.count(factors[0]), factors[0]
    settled = first(counts, alike)
    # In two halves, for a product may be wider than a count.
    low = settled & repeated(_ONE >> 48, alike)
    settled = halved(settled, 16, alike) * factor + halved(low * factor, 16, alike)
    rest = zip(unpack(counts >> alike * _BITS, len(factors) - alike), factors[alike:], strict=True)
    return settled | pack([many * each >> 16 for many, each in rest]) << alike * _BITS


def where(counts: Packed, kept: Sequence[bool]) -> Packed:
    """The counts that are to be kept, and 0 in place of the others."""
    return counts & pack([_ONE if keep else 0 for keep in kept])
