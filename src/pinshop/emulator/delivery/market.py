"""The market a promotion meets: its tables, its chance, and what it would earn on a day if no budget bound it."""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterable
from functools import lru_cache
from itertools import cycle, islice, pairwise
from math import isqrt

from msgspec import Struct

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.packed import Packed, array_of, everywhere, halved, repeated, to_array, unpack, where, widened
from pinshop.emulator.delivery.terms import ONE, Terms

#: Monday to Sunday, in 1/64 of a mean day: people shop on Pinterest at the weekend.
_WEEK = (61, 60, 61, 62, 63, 70, 71)

#: The hours of a UTC day; the evening in America is the night in UTC.
_HOURS = (58, 62, 63, 58, 48, 36, 26, 20, 17, 16, 17, 20, 26, 32, 37, 41, 44, 46, 47, 48, 49, 50, 52, 55)

_HOURS_BEFORE = tuple(sum(_HOURS[:hour]) for hour in range(25))

WHOLE_DAY = _HOURS_BEFORE[24] * 3600

#: Units of a currency that buy roughly what a US dollar does; it only sets the price level.
_CURRENCY_UNITS = {
    "JPY": 150, "HUF": 350, "KRW": 1350, "CLP": 900, "COP": 4000, "ARS": 1000, "INR": 83, "CZK": 23, "MXN": 18,
    "SEK": 10, "NOK": 10, "DKK": 7, "ZAR": 18, "BRL": 5, "PLN": 4, "RON": 5, "ILS": 4,
}  # fmt: skip

VIDEO = frozenset({"VIDEO", "MAX_VIDEO", "MAX_WIDTH_VIDEO_COLLECTION"})

COLLECTION = frozenset({"COLLECTION", "SHOP_THE_PIN", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION"})

VIDEO_SECONDS = 15


def curve(second: int) -> int:
    """How much of a day has passed, in shares of `WHOLE_DAY`, at a second of it."""
    hour, rest = divmod(second, 3600)
    return _HOURS_BEFORE[hour] * 3600 + (_HOURS[hour] * rest if rest else 0)


def appetite(product_count: int) -> int:
    """How many auctions a promotion is in: the root of its size."""
    return isqrt(16 * product_count) if product_count > 0 else 0


class Market(Struct, frozen=True):
    """What a promotion meets: integers that depend on its terms and its luck."""

    impressions: int  # a mean day
    click_share: int  # of 65536 impressions
    price: int  # micro-currency per click, or per impression where these are billed
    highest_price: int  # the bid
    per_impression: bool
    checkout_share: int  # of 65536 clicks
    order_value: int  # micro-currency
    audience: int  # people who might see it
    video: bool
    collection: bool


#: Of a mean day. What is made of them must stay below 2⁶³, however dear products are and whatever was measured.
_MOST_IMPRESSIONS, _MOST_SPENT = 10**9, 10**16

#: A click share that wavers by an eighth stays below 1.
_MOST_CLICKS = 58_000


def market(promotion_id: str, currency: str, terms: Terms, seed: int) -> Market:
    """The market of a promotion while its terms are these."""
    luck = hashlib.shake_128(f"{seed}|{promotion_id}|luck".encode()).digest(3)
    unit = _CURRENCY_UNITS.get(currency, 1)
    price_root = isqrt(max(0, terms.average_price_micro) // unit)  # 6324 for 40 dollars
    click_share = (350 + 2_500_000 // (price_root + 2_000)) * (192 + luck[0] // 2) >> 8  # about 1 % at 40 dollars
    checkout_share = (300 + 12_000_000 // (price_root + 4_000)) * (192 + luck[1] // 2) >> 8  # about 2 %
    price = (120_000 + 44 * price_root) * unit * (192 + luck[2] // 2) >> 8  # about 0.40 per click
    if measured := terms.measured:
        click_share = min(max(1, click_share * measured.clicks >> 16), _MOST_CLICKS)
        checkout_share = checkout_share * measured.checkouts >> 16
    bid, per_impression = terms.bid_micro, terms.billable_event == "IMPRESSION"
    if per_impression:
        price = max(1, price * click_share // ONE)
        bid = bid // 1000 if bid is not None else None
    if measured:
        price = max(1, price * measured.price >> 16)
    won = min(1536, 2048 * terms.bid_factor // (ONE + terms.bid_factor))  # an automatic bid is the price
    if bid is not None:
        bid = bid * terms.bid_factor >> 16
        won = min(1536, 2048 * bid // (bid + price)) if bid > 0 else 0
    impressions = 250 * appetite(terms.product_count) * won >> 10
    if measured:
        impressions = impressions * measured.impressions >> 16
    impressions = min(impressions, _MOST_IMPRESSIONS, _MOST_SPENT // price)
    return Market(
        impressions=impressions,
        click_share=click_share,
        price=price,
        highest_price=bid if bid is not None else 1 << 60,
        per_impression=per_impression,
        checkout_share=checkout_share,
        order_value=terms.order_value_micro,
        audience=60 * impressions + 1,
        video=terms.creative_type in VIDEO,
        collection=terms.creative_type in COLLECTION,
    )


_NOISE_DAYS = 64

_CHANNELS = 8


class Noise:
    """Chance by day: eight random numbers of 16 bits for each, one sequence per channel."""

    def __init__(self, seed: int, owner: str) -> None:
        self._owner = f"{seed}|{owner}|"
        self._blocks: dict[int, bytes] = {}

    def packed(self, channel: int, first: int, count: int) -> Packed:
        """The numbers of a channel for so many days."""
        return chances_of((self,), channel, first, count)

    def days(self, channel: int, first: int, count: int) -> tuple[int, ...]:
        """The numbers of a channel for so many days, one by one."""
        return struct.unpack(f"<{count}H", _numbers((self,), channel, first, count))

    def block(self, number: int) -> bytes:
        """The numbers of all channels for 64 days, channel by channel."""
        found = self._blocks.get(number)
        if found is None:
            drawn = hashlib.shake_128(f"{self._owner}{number}".encode())
            found = self._blocks[number] = drawn.digest(_CHANNELS * 2 * _NOISE_DAYS)
        return found


def chances_of(noises: Iterable[Noise], channel: int, first: int, count: int) -> Packed:
    """The numbers of a channel for so many days, one of these after the other."""
    return widened(_numbers(noises, channel, first, count))


def _numbers(noises: Iterable[Noise], channel: int, first: int, count: int) -> bytes:
    parts = _parts(channel, first, count)
    return b"".join([noise.block(number)[part] for noise in noises for number, part in parts])


@lru_cache(maxsize=64)
def _parts(channel: int, first: int, count: int) -> tuple[tuple[int, slice], ...]:
    """Where the numbers of these days are: the blocks, and from where to where in each."""
    begin, size = channel * _NOISE_DAYS * 2, _NOISE_DAYS * 2
    found = []
    for number in range(first // _NOISE_DAYS, (first + count - 1) // _NOISE_DAYS + 1):
        skip, stop = max(0, (first - number * _NOISE_DAYS) * 2), min(size, (first + count - number * _NOISE_DAYS) * 2)
        found.append((number, slice(begin + skip, begin + stop)))
    return tuple(found)


#: No weekday weighs less.
_LEAST_WEIGHT = min(_WEEK)


@lru_cache(maxsize=64)
def _weekdays(turn: int, count: int) -> tuple[tuple[int, Packed], ...]:
    """By what power of two a weekday's weight is above the least, and the days that have it. Day 0 is so far in the week."""
    above = [weight - _LEAST_WEIGHT for weight in islice(cycle(_WEEK[turn:] + _WEEK[:turn]), count)]
    bits = range(max(_WEEK).bit_length())
    found = ((bit, where(everywhere(count), [bool(one >> bit & 1) for one in above])) for bit in bits)
    return tuple((bit, days) for bit, days in found if days)


class Wish(Struct):
    """What a promotion wants on consecutive UTC days, if it is live all day long and no budget bound it."""

    met: Market
    first: int  # day number
    impressions: array[int]
    clicks: array[int]
    prices: array[int]


def demand(met: Market, noise: Noise, first: int, count: int) -> Wish:
    """What a promotion wants on each of these UTC days."""
    luck = noise.packed(2, first, count)
    swing = repeated(49_152, count) + (noise.packed(0, first, count) >> 1 & repeated(0x7FFF, count))
    weekly = swing * _LEAST_WEIGHT
    for bit, days in _weekdays((first + 3) % 7, count):  # day 0 was a Thursday
        weekly += (swing & days) << bit
    impressions = to_array(halved(weekly * met.impressions, 22, count), count)
    low = repeated(31, count)
    prices = to_array(halved((repeated(240, count) + (luck & low)) * met.price, 8, count), count)
    if met.highest_price <= met.price * 271 >> 8:
        prices = array_of([min(price, met.highest_price) for price in prices])
    # The share wavers from day to day as well: by an eighth to both sides.
    shares = unpack(halved((repeated(112, count) + (luck >> 3 & low)) * met.click_share, 7, count), count)
    each = zip(impressions, shares, noise.days(1, first, count), strict=True)
    return Wish(met, first, impressions, array_of([won * share + chance >> 16 for won, share, chance in each]), prices)


#: what is left of a count when another one is taken out of it: name -> (whole, part)
REMAINDERS: dict[str, tuple[str, str]] = {
    "UNCLICKED_1": ("IMPRESSION_1", "CLICKTHROUGH_1"),
    "UNCLICKED_2": ("IMPRESSION_2", "CLICKTHROUGH_2"),
    "UNOPENED_1": ("UNCLICKED_1", "CLOSEUP_1"),
    "UNOPENED_2": ("UNCLICKED_2", "CLOSEUP_2"),
}

_VIDEO_COUNTS = (
    ("VIDEO_P0_COMBINED", "IMPRESSION", 52_000), ("VIDEO_MRC_VIEWS", "VIDEO_P0_COMBINED", 30_000),
    ("VIDEO_3SEC_VIEWS", "VIDEO_P0_COMBINED", 24_000), ("VIDEO_P25_COMBINED", "VIDEO_P0_COMBINED", 22_000),
    ("VIDEO_P50_COMBINED", "VIDEO_P25_COMBINED", 43_000), ("VIDEO_P75_COMBINED", "VIDEO_P50_COMBINED", 47_000),
    ("VIDEO_P95_COMBINED", "VIDEO_P75_COMBINED", 52_000), ("VIDEO_P100_COMPLETE", "VIDEO_P95_COMBINED", 58_000),
)  # fmt: skip

#: count -> (parent, which of a day's random numbers rounds it, its share in 1/65536; 0: the market's click share).
#: An impression is clicked, looked at closely or saved, so that engagements never exceed impressions.
CHILDREN: dict[str, tuple[str, int, int]] = {
    "CLICKTHROUGH_1": ("IMPRESSION_1", 1, 0),
    "OUTBOUND_CLICK_1": ("CLICKTHROUGH_1", 3, 47_000),
    "CLOSEUP_1": ("UNCLICKED_1", 4, 700),
    "REPIN_1": ("UNOPENED_1", 3, 260),
    "IMPRESSION_2": ("IMPRESSION_1", 4, 2_600),
    "CLICKTHROUGH_2": ("IMPRESSION_2", 3, 0),
    "OUTBOUND_CLICK_2": ("CLICKTHROUGH_2", 1, 47_000),
    "CLOSEUP_2": ("UNCLICKED_2", 3, 900),
    "REPIN_2": ("UNOPENED_2", 1, 330),
    "INVALID_IMPRESSION": ("IMPRESSION_1", 3, 640),
    "INVALID_CLICK": ("CLICKTHROUGH_1", 4, 1_300),
    "WEB_SESSIONS_1": ("OUTBOUND_CLICK_1", 4, 58_000),
    "WEB_SESSIONS_2": ("OUTBOUND_CLICK_2", 4, 58_000),
    "COLLECTION_PIN_ITEM_IMPRESSION_1": ("IMPRESSION_1", 1, 30_000),
    "COLLECTION_PIN_ITEM_IMPRESSION_2": ("IMPRESSION_2", 1, 30_000),
    "COLLECTION_PIN_ITEM_CLICKTHROUGH_1": ("COLLECTION_PIN_ITEM_IMPRESSION_1", 3, 0),
    "COLLECTION_PIN_ITEM_CLICKTHROUGH_2": ("COLLECTION_PIN_ITEM_IMPRESSION_2", 3, 0),
    **{name + suffix: (parent + suffix, 4, share) for suffix in ("_1", "_2") for name, parent, share in _VIDEO_COUNTS},
}

#: conversion -> shares in 1/65536 of the promotion's checkout share, per click, close-up, and 64 impressions
CONVERSIONS: dict[str, tuple[int, int, int]] = {
    "PAGE_VISIT": (20 * ONE, 5 * ONE, ONE),
    "ADD_TO_CART": (13 * ONE // 4, ONE, ONE * 5 // 8),
    "CHECKOUT": (ONE, ONE // 4, ONE // 6),
    "ADD_TO_WISHLIST": (ONE // 3, ONE // 6, ONE // 24),
    "SIGNUP": (ONE // 4, ONE // 24, ONE // 32),
}

ATTRIBUTIONS = ("CLICK", "ENGAGEMENT", "VIEW")

ATTRIBUTED_TO = ("CLICKTHROUGH_1", "CLOSEUP_1", "IMPRESSION_1")

#: (share of conversions on the day of the action, share of the rest on each following day) in 1/65536
_DELAYS = ((29_000, 4_600), (17_000, 3_900), (36_000, 5_900))

#: What share of a day's conversions is reported on that day, the next, and from the day after on.
PROCESSED = (39_000, 59_000, ONE)


def _by_attribution(stem: str, scope: str = "") -> tuple[str, ...]:
    return tuple(f"TOTAL_{scope}{by}_{stem}" for by in ATTRIBUTIONS)


#: Sums that `pinshop.api.columns` does not state, because not all of their parts are columns.
SUMS: dict[str, tuple[str, ...]] = {
    "IMPRESSION_1_GROSS": ("IMPRESSION_1", "INVALID_IMPRESSION"),
    "CLICKTHROUGH_1_GROSS": ("CLICKTHROUGH_1", "INVALID_CLICK"),
    "ENGAGEMENT_1": ("CLICKTHROUGH_1", "REPIN_1", "CLOSEUP_1"),
    "ENGAGEMENT_2": ("CLICKTHROUGH_2", "REPIN_2", "CLOSEUP_2"),
    "TOTAL_PAGE_VISIT": _by_attribution("PAGE_VISIT"),
    "TOTAL_ADD_TO_WISHLIST": _by_attribution("ADD_TO_WISHLIST"),
    "TOTAL_CONVERSIONS": tuple(name for stem in CONVERSIONS for name in _by_attribution(stem)),
    # The modelled merchant sells on the web only.
    **{web: (web.replace("WEB_", ""),) for web in (
        *_by_attribution("CHECKOUT", "WEB_"), *_by_attribution("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "WEB_"))},
    **{name: (name.removeprefix("TOTAL_") + "_1", name.removeprefix("TOTAL_") + "_2") for name in COLUMNS
       if name.startswith("TOTAL_VIDEO_P") or name == "TOTAL_VIDEO_15SEC_UNIQUE_VIEWS"},
}  # fmt: skip


@lru_cache(maxsize=64)
def delays(by: int, window: int) -> tuple[int, ...]:
    """Share of an action's conversions that happened after 0, 1, … days, for a window of that many days."""
    first, rate = _DELAYS[by]
    happened = [first]
    for _ in range(window):
        happened.append(happened[-1] + ((ONE - happened[-1]) * rate >> 16))
    return tuple(happened)


@lru_cache(maxsize=64)
def _reported(by: int, window: int) -> tuple[int, ...]:
    """Share of an action's conversions that is reported when the action is 0, 1, … days old; then the last for ever."""
    happened = delays(by, window)
    on_day = [happened[0], *(after - before for before, after in pairwise(happened))]
    last = len(PROCESSED) - 1
    return tuple(
        sum(share * PROCESSED[min(age - day, last)] >> 16 for day, share in enumerate(on_day[: age + 1]))
        for age in range(window + last + 1)
    )


def known(by: int, window: int, age: int) -> int:
    """What share of an action's conversions is reported when it is so many days old."""
    shares = _reported(by, window)
    return shares[min(max(age, 0), len(shares) - 1)]
