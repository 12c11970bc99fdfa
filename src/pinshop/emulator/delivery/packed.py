"""Lists of counts as one integer each: one operation of an integer does what a loop would do count by count.

A *packed* list has 64 bits for each count, the first count in the lowest. The sum of two packed lists is the packed list of
the sums, and a multiple of one that of the multiples; so a year of a count costs little more than a day of it, and nothing is
rounded. That holds while no count is negative or reaches 2⁶³: what is multiplied by a share must stay below 2⁴⁷.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mul
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


def widened(numbers: bytes) -> Packed:
    """Numbers of 16 bits, packed."""
    wide = bytearray(len(numbers) * 4)
    wide[0::8], wide[1::8] = numbers[0::2], numbers[1::2]
    return int.from_bytes(wide, "little")


def pick(counts: Packed, size: int, places: Iterable[int]) -> Packed:
    """The counts at some places, in that order, a place as often as it is named."""
    values = unpack(counts, size)
    return pack([values[place] for place in places])


def at(counts: Packed, size: int, places: Iterable[int]) -> list[int]:
    """The counts at some places, one by one: for few of many."""
    whole = counts.to_bytes(size * 8, "little")
    return [int.from_bytes(whole[place * 8 : place * 8 + 8], "little") for place in places]


def put(counts: Packed, size: int, places: Iterable[int], others: Iterable[int]) -> Packed:
    """The list with other counts in some places: for few of many."""
    whole = bytearray(counts.to_bytes(size * 8, "little"))
    for place, count in zip(places, others, strict=True):
        whole[place * 8 : place * 8 + 8] = count.to_bytes(8, "little")
    return int.from_bytes(whole, "little")


@lru_cache(maxsize=128)
def repeated(count: int, size: int) -> Packed:
    """A list of one count, again and again."""
    return int.from_bytes(count.to_bytes(8, "little") * size, "little")


def everywhere(size: int) -> Packed:
    """All bits of every count: what is left of it by ``&`` are the counts themselves."""
    return (1 << size * _BITS) - 1


def halved(counts: Packed, times: int, size: int) -> Packed:
    """Every count divided by two so many times, rounded down."""
    return counts >> times & repeated(_ONE >> times, size)


def times(counts: Packed, factors: Sequence[int], size: int) -> Packed:
    """Counts times factors, one for each so many of them."""
    if len(factors) == 1:
        return counts * factors[0]
    whole, step = counts.to_bytes(len(factors) * size * 8, "little"), size * 8
    each = [int.from_bytes(whole[n * step : n * step + step], "little") * factor for n, factor in enumerate(factors)]
    return int.from_bytes(b"".join([one.to_bytes(step, "little") for one in each]), "little")


def times_each(counts: Packed, factors: Sequence[int]) -> Packed:
    """Every count times a factor of its own."""
    return pack(list(map(mul, unpack(counts, len(factors)), factors)))


def scaled(counts: Packed, factors: Sequence[int]) -> Packed:
    """Every count times a factor of its own of at most 65536, in 1/65536, rounded down."""
    size = len(factors)
    values = unpack(counts, size)
    if counts & repeated(_ONE ^ (1 << 47) - 1, size):  # a product may be wider than a count
        return pack([many * each >> 16 for many, each in zip(values, factors, strict=True)])
    return halved(pack(list(map(mul, values, factors))), 16, size)


def where(counts: Packed, kept: Sequence[bool]) -> Packed:
    """The counts that are to be kept, and 0 in place of the others."""
    return counts & pack([_ONE if keep else 0 for keep in kept])


def proportional(counts: Packed, size: int, share: int, of: int, plus: int = 0, *, most: int) -> Packed:
    """``(count * share + plus) // of`` of every count. No count is above ``most``; share and plus are below ``of``."""
    # A division by a power of two is a shift. It is so large that what is rounded up here moves no quotient by one.
    shift = (of * (most + 1)).bit_length()
    factor, addend = -(-(share << shift) // of), -(-(plus << shift) // of)
    # Products may be wider than a count: then they are made of every second count, or third, with all the bits between them.
    step = -(-(most * factor + addend).bit_length() // _BITS) or 1
    kept = _ONE >> max(0, shift - (step - 1) * _BITS)  # what lies above it is of the next product
    if step == 1:
        return counts * factor + repeated(1, size) * addend >> shift & repeated(kept, size)
    found = 0
    for start in range(min(step, size)):
        ones = _sparse(-(-(size - start) // step), step)
        some = counts >> start * _BITS & ones * _ONE
        found |= (some * factor + ones * addend >> shift & ones * kept) << start * _BITS
    return found


@lru_cache(maxsize=128)
def _sparse(size: int, step: int) -> Packed:
    """A list of so many ones, each so many places from the next."""
    return int.from_bytes((1).to_bytes(8 * step, "little") * size, "little")


def reaches(counts: Packed, others: Packed, size: int) -> bool:
    """Whether no count is below the other one in its place."""
    carries = repeated(1 << _BITS - 1, size)
    return ((counts | carries) - others) & carries == carries


# ---- arrays: a list that is to be cut into pieces, or kept, as its bytes are


@lru_cache(maxsize=1024)
def _native(size: int) -> struct.Struct:
    return struct.Struct(f"={size}Q")


def array_of(counts: Sequence[int]) -> array[int]:
    """A list, as an array."""
    return array("Q", _native(len(counts)).pack(*counts))


def to_array(counts: Packed, size: int) -> array[int]:
    """A packed list, as an array."""
    found = array("Q", counts.to_bytes(size * 8, "little"))
    if sys.byteorder != "little":
        found.byteswap()
    return found


def joined(arrays: Iterable[array[int]]) -> Packed:
    """Arrays, one behind the other, packed."""
    whole = array("Q", b"".join(arrays))
    if sys.byteorder != "little":
        whole.byteswap()
    return int.from_bytes(whole, "little")
