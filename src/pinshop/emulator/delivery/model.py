"""What the state earns: metrics derived from promotions, budgets, dates and a seed. Pure: no SQL, no HTTP, no clock.

The model (docs/delivery-model.md tells it to users). Everything is an integer until the last division, and every chance
is a bit of SHAKE-128 over (seed, promotion id, day): the same state and seed give the same bytes on every machine.

    day      a UTC day has a number of auctions won (IMPRESSION_1): grows with the root of the group's size, with the
             bid against the market's price, follows the week and wavers by a quarter.
    children every other count is a share of its parent, rounded by chance: clicks of impressions, outbound clicks of
             clicks, earned impressions (_2) of paid ones, and so on: `_CHILDREN`. A child never exceeds its parent.
    money    spend = clicks * the day's price (or impressions * price, if these are billed). A budget that is too small
             takes clicks and impressions away until the day's spend fits: the budget of a day caps, never exceeded.
    cells    a promotion earns only in its spans. A part of a day gets what the day's curve has up to its end minus what
             it has up to its start, children along their parents, so that any cut of a day adds up to the day.
    slots    the reporting day (or hour) is the sum of its cells.
    late     conversions are children of a reporting day's clicks, close-ups and impressions. They happen up to 60 days
             later (`_delays`) and are reported up to 2 days after that (`_PROCESSED`), so past days keep growing.
    rows     sums of slots; ratios last, from the sums, as `pinshop.api.columns` says.

Not modelled, hence absent: in-app and offline conversions, leads, quizzes, Showcase, Idea Pins, promotion labels.
"""

from __future__ import annotations

import datetime
import hashlib
import struct
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import cycle, islice, pairwise, repeat
from math import isqrt
from operator import add, gt, mul
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from pinshop.api.columns import COLUMNS
from pinshop.api.models import ConversionReportTime, Granularity

DAY = 86_400

_EPOCH = datetime.date(1970, 1, 1).toordinal()

_ONE = 65_536  # shares are written in 1/65536

#: (start, end) in UTC seconds, half open.
Span: TypeAlias = tuple[int, int]

#: (first day number, micro-currency per day, weight of all promotions live that day): in force until the next.
BudgetStep: TypeAlias = tuple[int, int, int]


class Subject(Struct, frozen=True):
    """One promotion, as far as delivery depends on it."""

    id: str
    #: When the promotion, its ad group and its campaign were all ACTIVE; sorted, disjoint, UTC seconds, half open.
    spans: tuple[Span, ...]
    product_count: int
    average_price_micro: int
    currency: str = "USD"
    #: None bids automatically. Per click, or per thousand impressions where these are billed.
    bid_micro: int | None = None
    billable_event: str = "CLICKTHROUGH"
    #: The budgets that bind it (ad group, campaign), each as `budget_steps` made it.
    budgets: tuple[tuple[BudgetStep, ...], ...] = ()
    creative_type: str = "REGULAR"
    #: Values of attribute columns by column name, e.g. ``{"CAMPAIGN_ID": "62…"}``; what is missing is absent.
    attributes: Mapping[str, Any] = {}


class Query(Struct, frozen=True):
    """What is asked, already checked."""

    start_date: datetime.date
    end_date: datetime.date
    granularity: Granularity
    columns: tuple[str, ...]
    click_window_days: int = 30
    engagement_window_days: int = 30
    view_window_days: int = 1
    conversion_report_time: ConversionReportTime = "TIME_OF_AD_ACTION"
    #: Seconds east of UTC of the reporting days. One number for the whole query: no daylight saving time.
    utc_offset_seconds: int = 0


class Reporting(Struct, frozen=True):
    """How Pinterest reports where it does not say: the emulator's rules, as far as they touch rows."""

    #: Hours until delivery is reported, in whole hours; 0: to the second.
    delivery_lag_hours: int = 3
    #: True: conversions trickle in and restate past days. False: what an action will lead to is known at once.
    conversion_delay: bool = True
    #: A metric of 0 is left out, or sent as 0.
    zero_metrics: Literal["absent", "zero"] = "absent"
    #: A row in which nothing happened is left out, or sent.
    empty_rows: Literal["omit", "zero"] = "omit"
    ratio_unit: Literal["fraction", "percent"] = "fraction"
    hour_date_format: Literal["date", "datetime"] = "date"
    #: 0 is Monday, as in `datetime.date.weekday`.
    week_starts: int = 0
    #: DATE of a WEEK or MONTH: its first day, or the first of its days that was asked for.
    bucket_date: Literal["first_day", "first_day_in_range"] = "first_day"
    #: False where the engagement window is retired (5.17.0): nothing is attributed to engagements.
    engagement_attribution: bool = True


def appetite(product_count: int) -> int:
    """How much a promotion wants, against others of one budget: the root of its size."""
    return isqrt(16 * product_count) if product_count > 0 else 0


def budget_steps(daily: Sequence[tuple[int, int]], members: Iterable[tuple[int, Sequence[Span]]]) -> tuple[BudgetStep, ...]:
    """Divide one budget among the promotions it binds, so that together they cannot exceed it on any UTC day.

    Each gets, on a day on which it is live at all, ``budget * its weight // weight of all that are live that day``:
    nobody needs to know what the others spent.

    Args:
        daily: ``(first day number, micro-currency per UTC day)``, sorted: the history of the budget.
        members: ``(appetite, spans)`` of every promotion under the budget.
    """
    change: dict[int, int] = {first: 0 for first, _ in daily}
    for weight, spans in members:
        live_until = None  # a promotion paused and resumed on one day counts once on it
        for start, end in spans:
            first, after = start // DAY, (end - 1) // DAY + 1
            if live_until is not None and first < live_until:
                first = live_until
            if first < after:
                change[first] = change.get(first, 0) + weight
                change[after] = change.get(after, 0) - weight
                live_until = after
    steps: list[BudgetStep] = []
    total = position = micro = 0
    for day in sorted(change):
        total += change[day]
        while position < len(daily) and daily[position][0] <= day:
            micro = daily[position][1]
            position += 1
        steps.append((day, micro, total))
    return tuple(steps)


def lifetime_budget(total_micro: int, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """A lifetime budget as a history of daily ones: the same on every UTC day it touches, nothing outside."""
    first, after = start // DAY, (end - 1) // DAY + 1
    return ((first, total_micro // max(1, after - first)), (after, 0))


#: Monday to Sunday, in 1/64 of a mean day: people shop on Pinterest at the weekend.
_WEEK = (61, 60, 61, 62, 63, 70, 71)

#: The hours of a UTC day; the evening in America is the night in UTC.
_HOURS = (58, 62, 63, 58, 48, 36, 26, 20, 17, 16, 17, 20, 26, 32, 37, 41, 44, 46, 47, 48, 49, 50, 52, 55)

_HOURS_BEFORE = tuple(sum(_HOURS[:hour]) for hour in range(25))

_WHOLE_DAY = _HOURS_BEFORE[24] * 3600

#: Units of a currency that buy roughly what a US dollar does; it only sets the price level.
_CURRENCY_UNITS = {
    "JPY": 150, "HUF": 350, "KRW": 1350, "CLP": 900, "COP": 4000, "ARS": 1000, "INR": 83, "CZK": 23, "MXN": 18,
    "SEK": 10, "NOK": 10, "DKK": 7, "ZAR": 18, "BRL": 5, "PLN": 4, "RON": 5, "ILS": 4,
}  # fmt: skip

_VIDEO = frozenset({"VIDEO", "MAX_VIDEO", "MAX_WIDTH_VIDEO_COLLECTION"})

_COLLECTION = frozenset({"COLLECTION", "SHOP_THE_PIN", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION"})

_VIDEO_SECONDS = 15


def _curve(second: int) -> int:
    """How much of a day has passed, in shares of `_WHOLE_DAY`, at a second of it."""
    hour, rest = divmod(second, 3600)
    return _HOURS_BEFORE[hour] * 3600 + (_HOURS[hour] * rest if rest else 0)


class _Market(Struct, frozen=True):
    """What a promotion meets: integers that depend on its products, its bid and its luck."""

    impressions: int  # a mean day
    click_share: int  # of 65536 impressions
    price: int  # micro-currency per click, or per impression where these are billed
    highest_price: int  # the bid
    per_impression: bool
    checkout_share: int  # of 65536 clicks
    order_value: int  # micro-currency
    audience: int  # people who might see it


def _market(subject: Subject, seed: int) -> _Market:
    luck = hashlib.shake_128(f"{seed}|{subject.id}|luck".encode()).digest(3)
    unit = _CURRENCY_UNITS.get(subject.currency, 1)
    price_root = isqrt(max(0, subject.average_price_micro) // unit)  # 6324 for 40 dollars
    click_share = (350 + 2_500_000 // (price_root + 2_000)) * (192 + luck[0] // 2) >> 8  # about 1 % at 40 dollars
    checkout_share = (300 + 12_000_000 // (price_root + 4_000)) * (192 + luck[1] // 2) >> 8  # about 2 %
    price = (120_000 + 44 * price_root) * unit * (192 + luck[2] // 2) >> 8  # about 0.40 per click
    bid, per_impression = subject.bid_micro, subject.billable_event == "IMPRESSION"
    if per_impression:
        price = max(1, price * click_share // _ONE)
        bid = bid // 1000 if bid is not None else None
    won = 1024
    if bid is not None:
        won = min(1536, 2048 * bid // (bid + price)) if bid > 0 else 0
    impressions = 250 * appetite(subject.product_count) * won >> 10
    order_value = max(0, subject.average_price_micro) * 5 // 4
    highest = bid if bid is not None else 1 << 60
    return _Market(
        impressions, click_share, price, highest, per_impression, checkout_share, order_value, 60 * impressions + 1
    )  # fmt: skip


#: count -> (parent, which of a day's random numbers rounds it, its share in 1/65536; 0: the market's click share)
_CHILDREN: dict[str, tuple[str, int, int]] = {
    "CLICKTHROUGH_1": ("IMPRESSION_1", 1, 0),
    "OUTBOUND_CLICK_1": ("CLICKTHROUGH_1", 3, 47_000),
    "REPIN_1": ("IMPRESSION_1", 3, 260),
    "CLOSEUP_1": ("IMPRESSION_1", 4, 700),
    "IMPRESSION_2": ("IMPRESSION_1", 4, 2_600),
    "CLICKTHROUGH_2": ("IMPRESSION_2", 3, 0),
    "OUTBOUND_CLICK_2": ("CLICKTHROUGH_2", 1, 47_000),
    "REPIN_2": ("IMPRESSION_2", 1, 330),
    "CLOSEUP_2": ("IMPRESSION_2", 3, 900),
    "INVALID_IMPRESSION": ("IMPRESSION_1", 3, 640),
    "INVALID_CLICK": ("CLICKTHROUGH_1", 4, 1_300),
    "WEB_SESSIONS_1": ("OUTBOUND_CLICK_1", 4, 58_000),
    "WEB_SESSIONS_2": ("OUTBOUND_CLICK_2", 4, 58_000),
    "COLLECTION_PIN_ITEM_IMPRESSION_1": ("IMPRESSION_1", 1, 30_000),
    "COLLECTION_PIN_ITEM_IMPRESSION_2": ("IMPRESSION_2", 1, 30_000),
    "COLLECTION_PIN_ITEM_CLICKTHROUGH_1": ("COLLECTION_PIN_ITEM_IMPRESSION_1", 3, 0),
    "COLLECTION_PIN_ITEM_CLICKTHROUGH_2": ("COLLECTION_PIN_ITEM_IMPRESSION_2", 3, 0),
}

for _suffix in ("_1", "_2"):
    for _name, _parent, _share in (
        ("VIDEO_P0_COMBINED", "IMPRESSION", 52_000), ("VIDEO_MRC_VIEWS", "VIDEO_P0_COMBINED", 30_000),
        ("VIDEO_3SEC_VIEWS", "VIDEO_P0_COMBINED", 24_000), ("VIDEO_P25_COMBINED", "VIDEO_P0_COMBINED", 22_000),
        ("VIDEO_P50_COMBINED", "VIDEO_P25_COMBINED", 43_000), ("VIDEO_P75_COMBINED", "VIDEO_P50_COMBINED", 47_000),
        ("VIDEO_P95_COMBINED", "VIDEO_P75_COMBINED", 52_000), ("VIDEO_P100_COMPLETE", "VIDEO_P95_COMBINED", 58_000),
    ):  # fmt: skip
        _CHILDREN[_name + _suffix] = (_parent + _suffix, 4, _share)

#: conversion -> shares in 1/65536 of the promotion's checkout share, per click, close-up, and 64 impressions
_CONVERSIONS: dict[str, tuple[int, int, int]] = {
    "PAGE_VISIT": (20 * _ONE, 5 * _ONE, _ONE),
    "ADD_TO_CART": (13 * _ONE // 4, _ONE, _ONE * 5 // 8),
    "CHECKOUT": (_ONE, _ONE // 4, _ONE // 6),
    "ADD_TO_WISHLIST": (_ONE // 3, _ONE // 6, _ONE // 24),
    "SIGNUP": (_ONE // 4, _ONE // 24, _ONE // 32),
}

_ATTRIBUTIONS = ("CLICK", "ENGAGEMENT", "VIEW")

_ATTRIBUTED_TO = ("CLICKTHROUGH_1", "CLOSEUP_1", "IMPRESSION_1")

#: (share of conversions on the day of the action, share of the rest on each following day) in 1/65536
_DELAYS = ((29_000, 4_600), (17_000, 3_900), (36_000, 5_900))

#: What share of a day's conversions is reported on that day, the next, and from the day after on.
_PROCESSED = (39_000, 59_000, _ONE)

_LONGEST_WINDOW = 60


def _by_attribution(stem: str, scope: str = "") -> tuple[str, ...]:
    return tuple(f"TOTAL_{scope}{by}_{stem}" for by in _ATTRIBUTIONS)


#: Sums that `pinshop.api.columns` does not state, because not all of their parts are columns.
_SUMS: dict[str, tuple[str, ...]] = {
    "IMPRESSION_1_GROSS": ("IMPRESSION_1", "INVALID_IMPRESSION"),
    "CLICKTHROUGH_1_GROSS": ("CLICKTHROUGH_1", "INVALID_CLICK"),
    "ENGAGEMENT_1": ("CLICKTHROUGH_1", "REPIN_1", "CLOSEUP_1"),
    "ENGAGEMENT_2": ("CLICKTHROUGH_2", "REPIN_2", "CLOSEUP_2"),
    "TOTAL_PAGE_VISIT": _by_attribution("PAGE_VISIT"),
    "TOTAL_ADD_TO_WISHLIST": _by_attribution("ADD_TO_WISHLIST"),
    "TOTAL_CONVERSIONS": tuple(name for stem in _CONVERSIONS for name in _by_attribution(stem)),
    # The modelled merchant sells on the web only.
    **{web: (web.replace("WEB_", ""),) for web in (
        *_by_attribution("CHECKOUT", "WEB_"), *_by_attribution("CHECKOUT_VALUE_IN_MICRO_DOLLAR", "WEB_"))},
    **{name: (name.removeprefix("TOTAL_") + "_1", name.removeprefix("TOTAL_") + "_2") for name in COLUMNS
       if name.startswith("TOTAL_VIDEO_P") or name == "TOTAL_VIDEO_15SEC_UNIQUE_VIEWS"},
}  # fmt: skip


@lru_cache(maxsize=64)
def _delays(by: int, window: int) -> tuple[int, ...]:
    """Share of an action's conversions that happened after 0, 1, … days, for a window of that many days."""
    first, rate = _DELAYS[by]
    happened = [first]
    for _ in range(window):
        happened.append(happened[-1] + ((_ONE - happened[-1]) * rate >> 16))
    return tuple(happened)


@lru_cache(maxsize=64)
def _reported(by: int, window: int) -> tuple[int, ...]:
    """Share of an action's conversions that is reported when the action is 0, 1, … days old; then the last for ever."""
    happened = _delays(by, window)
    on_day = [happened[0], *(after - before for before, after in pairwise(happened))]
    last = len(_PROCESSED) - 1
    return tuple(
        sum(share * _PROCESSED[min(age - day, last)] >> 16 for day, share in enumerate(on_day[: age + 1]))
        for age in range(window + last + 1)
    )


@lru_cache(maxsize=256)
def _known(by: int, window: int, age: int, days: int) -> tuple[int, ...]:
    """`_reported` for consecutive days, of which the first is ``age`` days old."""
    shares = _reported(by, window)
    last = len(shares) - 1
    return tuple(shares[min(max(age - day, 0), last)] for day in range(days))


_NOISE_DAYS = 64

_CHANNELS = 8

_unpack_noise = struct.Struct(f"<{_NOISE_DAYS}H").unpack_from


def _noise(seed: int, subject_id: str, first: int, count: int) -> list[tuple[int, ...]]:
    """Eight random numbers of 16 bits for each day: one sequence per channel."""
    blocks = range(first // _NOISE_DAYS, (first + count - 1) // _NOISE_DAYS + 1)
    size = 2 * _NOISE_DAYS
    digests = [hashlib.shake_128(f"{seed}|{subject_id}|{block}".encode()).digest(_CHANNELS * size) for block in blocks]
    skip = first - blocks[0] * _NOISE_DAYS
    channels = []
    for channel in range(_CHANNELS):
        numbers: tuple[int, ...] = ()
        for digest in digests:
            numbers += _unpack_noise(digest, channel * size)
        channels.append(numbers[skip : skip + count])
    return channels


def _known_until(reporting: Reporting, now: int) -> int:
    """Up to which second delivery is reported."""
    return (now // 3600 - reporting.delivery_lag_hours) * 3600 if reporting.delivery_lag_hours else now


class _Cells(Struct):
    """The live pieces of the range, in order: which UTC day each belongs to, which slot, and where a day is cut."""

    days: list[int]
    slots: list[int]
    cuts: dict[int, Span]


def _cells(spans: Iterable[Span], start: int, end: int, slot_seconds: int, offset: int) -> _Cells:
    days: list[int] = []
    slots: list[int] = []
    cuts: dict[int, Span] = {}
    whole_days = slot_seconds == DAY and offset == 0
    for span_start, span_end in spans:
        here, stop = max(span_start, start), min(span_end, end)
        if here >= stop:
            continue
        if whole_days:  # cells are days: no need to walk
            first, last = here // DAY, (stop - 1) // DAY
            if here % DAY:
                cuts[len(days)] = (here % DAY, min(DAY, stop - first * DAY))
            days.extend(range(first, last + 1))
            if stop % DAY and not (first == last and here % DAY):
                cuts[len(days) - 1] = (0, stop % DAY)
            continue
        while here < stop:
            day, slot = here // DAY, (here + offset) // slot_seconds
            until = min(stop, (day + 1) * DAY, (slot + 1) * slot_seconds - offset)
            if until - here < DAY:
                cuts[len(days)] = (here - day * DAY, until - day * DAY)
            days.append(day)
            slots.append(slot)
            here = until
    return _Cells(days, days if whole_days else slots, cuts)


def _gather(values: list[int], places: list[int] | None, size: int) -> list[int]:
    """Add values up by place; None: they are in place already."""
    if places is None:
        return values
    sums = [0] * size
    for place, value in zip(places, values, strict=True):
        sums[place] += value
    return sums


class _Series:
    """The metrics of one subject over one range, column by column, each computed when first asked for."""

    def __init__(self, subject: Subject, query: Query, reporting: Reporting, seed: int, now: int) -> None:
        offset = query.utc_offset_seconds
        self.subject, self.query, self.reporting, self.seed, self.now = subject, query, reporting, seed, now
        self.market = _market(subject, seed)
        self.hourly = query.granularity == "HOUR"
        self.today = (now + offset) // DAY
        self.by_conversion_day = query.conversion_report_time == "TIME_OF_CONVERSION" and not self.hourly
        self._columns: dict[str, list[Any] | None] = {}
        self._made: tuple[Any, list[Struct]] | None = None
        self._full: dict[str, list[int]] = {}
        self._cell: dict[str, list[int]] = {}
        self._slot: dict[str, list[int]] = {}
        self._bounds: dict[str, list[Span]] = {}

        first, last = (date.toordinal() - _EPOCH for date in (query.start_date, query.end_date))
        known = _known_until(reporting, now)
        start, end = first * DAY - offset, min((last + 1) * DAY - offset, known)
        self.cells = _cells(subject.spans, start, end, 3600 if self.hourly else DAY, offset)
        days, slots = self.cells.days, self.cells.slots
        if reporting.empty_rows == "zero" or self.by_conversion_day:  # people buy while nothing is live any more
            per_day = 24 if self.hourly else 1
            self.slots = list(range(first * per_day, (min(last, self.today) + 1) * per_day))
        elif slots is days and len(set(days)) == len(days):
            self.slots = slots
        else:
            self.slots = sorted(set(slots))
        place = {slot: index for index, slot in enumerate(self.slots)}
        self._slot_of_cell = None if self.slots is slots else [place[slot] for slot in slots]

        # Full days are computed over a contiguous range of UTC days, then picked.
        self.first_day = min(days[0] if days else first, self.slots[0] if self.slots and not self.hourly else first)
        last_day = max(days[-1] if days else first, self.slots[-1] if self.slots and not self.hourly else first)
        self.day_count = last_day - self.first_day + 1
        self.noise = _noise(seed, subject.id, self.first_day, self.day_count)
        self._contiguous = not self.hourly and len(self.slots) == self.day_count
        live_throughout = days == list(range(self.first_day, last_day + 1))
        self._day_of_cell = None if live_throughout else [day - self.first_day for day in days]

        self._bucket_of_slot, self.dates = self._buckets()

    # ---- buckets

    def _buckets(self) -> tuple[list[int] | None, list[str]]:
        granularity, slots, reporting = self.query.granularity, self.slots, self.reporting
        if granularity == "TOTAL":
            return [0] * len(slots), [""] if slots else []
        if granularity == "DAY":
            return None, [_date(slot) for slot in slots]
        if granularity == "HOUR":
            if reporting.hour_date_format == "date":
                return None, [_date(slot // 24) for slot in slots]
            return None, [f"{_date(slot // 24)}T{slot % 24:02}:00:00" for slot in slots]
        if granularity == "WEEK":
            firsts = [slot - (slot + 3 - reporting.week_starts) % 7 for slot in slots]  # day 0 was a Thursday
        else:
            firsts = [slot - datetime.date.fromordinal(slot + _EPOCH).day + 1 for slot in slots]
        distinct = sorted(set(firsts))
        place = {first: index for index, first in enumerate(distinct)}
        if reporting.bucket_date == "first_day_in_range":
            distinct = [max(first, self.query.start_date.toordinal() - _EPOCH) for first in distinct]
        return [place[first] for first in firsts], [_date(first) for first in distinct]

    # ---- full UTC days

    def full(self, name: str) -> list[int]:
        """A count on every UTC day of the range, as if live all day long."""
        values = self._full.get(name)
        if values is None:
            if name in ("IMPRESSION_1", "CLICKTHROUGH_1", "PRICE"):
                self._auctions()
                return self._full[name]
            parent, channel, share = _CHILDREN[name]
            values = self._full[name] = self._child(self.full(parent), share or self.market.click_share, self.noise[channel])
        return values

    @staticmethod
    def _child(parents: list[int], share: int, noise: Sequence[int]) -> list[int]:
        return [(parent * share + chance) >> 16 for parent, chance in zip(parents, noise, strict=True)]

    def _auctions(self) -> None:
        market, noise = self.market, self.noise
        monday_first = [market.impressions * of_week for of_week in _WEEK]
        turn = (self.first_day + 3) % 7
        week = islice(cycle(monday_first[turn:] + monday_first[:turn]), self.day_count)
        impressions = [(mean * (49_152 + (chance >> 1))) >> 22 for mean, chance in zip(week, noise[0], strict=True)]
        prices = [(market.price * (240 + (chance & 31))) >> 8 for chance in noise[2]]
        if self.subject.bid_micro is not None:
            prices = [min(price, market.highest_price) for price in prices]
        budgets = self._daily_budgets() if self.subject.budgets else None
        if budgets is not None and market.per_impression:
            impressions = [
                min(won, budget // max(1, price)) for won, budget, price in zip(impressions, budgets, prices, strict=True)
            ]
        clicks = [  # the share wavers from day to day as well: by an eighth to both sides
            (won * (market.click_share * (112 + (luck >> 3 & 31)) >> 7) + chance) >> 16
            for won, chance, luck in zip(impressions, noise[1], noise[2], strict=True)
        ]
        # Most days are within their budget, and then there is nothing to do.
        if budgets and not market.per_impression and (0 in budgets or any(map(gt, map(mul, clicks, prices), budgets))):
            for day, (wanted, budget, price) in enumerate(zip(clicks, budgets, prices, strict=True)):
                if wanted * price > budget:
                    clicks[day] = budget // price
                    impressions[day] = impressions[day] * clicks[day] // wanted
                elif budget == 0:
                    impressions[day] = 0
        self._full.update(IMPRESSION_1=impressions, CLICKTHROUGH_1=clicks, PRICE=prices)

    def _daily_budgets(self) -> list[int]:
        weight = appetite(self.subject.product_count)
        least: list[int] | None = None
        for steps in self.subject.budgets:
            daily: list[int] = []
            share = 0
            for (day, micro, total), (following, _, _) in zip(steps, (*steps[1:], (1 << 62, 0, 0)), strict=True):
                share = micro * weight // max(weight, total, 1)
                begin, until = max(day, self.first_day), min(following, self.first_day + self.day_count)
                daily.extend(repeat(0, min(begin, self.first_day + self.day_count) - self.first_day - len(daily)))
                daily.extend(repeat(share, until - begin))
            daily.extend(repeat(0, self.day_count - len(daily)))
            least = daily if least is None else list(map(min, least, daily))
        return least or []

    # ---- cells and slots

    def cell(self, name: str) -> list[int]:
        """A count in every live piece of the range."""
        values = self._cell.get(name)
        if values is None:
            full = self.full(name)
            values = full if self._day_of_cell is None else [full[day] for day in self._day_of_cell]
            if self.cells.cuts:
                values = list(values)
                for index, (before, after) in zip(self.cells.cuts, self._cut(name), strict=True):
                    values[index] = after - before
            self._cell[name] = values
        return values

    def _cut(self, name: str) -> list[Span]:
        """For every piece that is not a whole day: the day's count up to its start, and up to its end."""
        bounds = self._bounds.get(name)
        if bounds is None:
            full, days = self.full(name), [self.cells.days[index] - self.first_day for index in self.cells.cuts]
            if name == "IMPRESSION_1":
                bounds = [
                    (full[day] * _curve(start) // _WHOLE_DAY, full[day] * _curve(end) // _WHOLE_DAY)
                    for day, (start, end) in zip(days, self.cells.cuts.values(), strict=True)
                ]
            else:  # along its parent, so that no piece has more clicks than impressions
                parent = _CHILDREN[name][0]
                of = self.full(parent)
                bounds = [
                    (full[day] * before // of[day], full[day] * after // of[day]) if of[day] else (0, 0)
                    for day, (before, after) in zip(days, self._cut(parent), strict=True)
                ]
            self._bounds[name] = bounds
        return bounds

    def slot(self, name: str) -> list[int]:
        """A count, or the spend, of every reporting day (or hour)."""
        values = self._slot.get(name)
        if values is None:
            if name == "SPEND_IN_MICRO_DOLLAR":
                billed = self.cell("IMPRESSION_1" if self.market.per_impression else "CLICKTHROUGH_1")
                prices = self.full("PRICE")
                if self._day_of_cell is not None:
                    prices = [prices[day] for day in self._day_of_cell]
                cells = list(map(mul, billed, prices))
            else:
                cells = self.cell(name)
            values = self._slot[name] = _gather(cells, self._slot_of_cell, len(self.slots))
        return values

    # ---- conversions, by reporting day

    def converted(self, stem: str, by: int) -> list[int]:
        """Conversions of every reporting day, as known now."""
        key = f"{stem} {by}"
        values = self._slot.get(key)
        if values is None:
            if by == 1 and not self.reporting.engagement_attribution:
                values = [0] * len(self.slots)
            elif self.by_conversion_day:
                values = self._on_day_of_conversion(stem, by)
            else:
                values = self._on_day_of_action(stem, by)
            self._slot[key] = values
        return values

    def _window(self, by: int) -> int:
        query = self.query
        return (query.click_window_days, query.engagement_window_days, query.view_window_days)[by]

    def actions(self, by: int) -> list[int]:
        actions = self.slot(_ATTRIBUTED_TO[by])
        return [action >> 6 for action in actions] if by == 2 else actions

    def slot_noise(self, channel: int) -> Sequence[int]:
        noise = self.noise[channel]
        if self._contiguous:
            return noise
        return [noise[slot - self.first_day] for slot in self.slots]

    def _share(self, stem: str, by: int) -> int:
        return min(_ONE - 1, self.market.checkout_share * _CONVERSIONS[stem][by] >> 16)

    def _on_day_of_action(self, stem: str, by: int) -> list[int]:
        window, share = self._window(by), self._share(stem, by)
        if self.reporting.conversion_delay:
            ages = [self.today - slot for slot in self.slots]
            known = _known(by, window, ages[0], len(ages)) if self._contiguous else [_known(by, window, a, 1)[0] for a in ages]
        else:
            known = (_delays(by, window)[-1],) * len(self.slots)
        # One random number for all windows and ages: wider or later only adds.
        return [
            (actions * (share * part >> 16) + chance) >> 16
            for actions, part, chance in zip(self.actions(by), known, self.slot_noise(5 + by), strict=True)
        ]

    def _on_day_of_conversion(self, stem: str, by: int) -> list[int]:
        window, share = self._window(by), self._share(stem, by)
        happened = _delays(by, window)
        counts = dict.fromkeys(self.slots, 0)
        earlier = msgspec.structs.replace(
            self.query, start_date=self.query.start_date - datetime.timedelta(days=window),
            conversion_report_time="TIME_OF_AD_ACTION", granularity="DAY",
        )  # fmt: skip
        source = _series(self.subject, earlier, self.reporting, self.seed, self.now)
        for day, actions, chance in zip(source.slots, source.actions(by), source.slot_noise(5 + by), strict=True):

            def until(delay: int, actions: int = actions, chance: int = chance) -> int:
                return (actions * (share * happened[delay] >> 16) + chance) >> 16

            for number in range(1, until(window) + 1):
                on = day + bisect_left(range(window), number, key=until)
                if on in counts:
                    counts[on] += 1
        values = [counts[slot] for slot in self.slots]
        if not self.reporting.conversion_delay:
            return values
        last = len(_PROCESSED) - 1
        return [
            (count * _PROCESSED[min(self.today - slot, last)] + chance) >> 16
            for slot, count, chance in zip(self.slots, values, self.slot_noise(4 - by), strict=True)
        ]

    def _order_values(self) -> list[int]:
        return [(self.market.order_value * (192 + (chance >> 9))) >> 8 for chance in self.slot_noise(2)]

    # ---- columns, by bucket

    def column(self, name: str) -> list[Any] | None:
        """The values of a column, one per row; 0 may mean "no value". None: this subject has no such values."""
        if name not in self._columns:
            self._columns[name] = self._make(name)
        return self._columns[name]

    def _make(self, name: str) -> list[Any] | None:
        column = COLUMNS.get(name)
        if "VIDEO" in name and self.subject.creative_type not in _VIDEO:
            return None
        if "COLLECTION" in name and self.subject.creative_type not in _COLLECTION:
            return None
        if name in _CHILDREN or name in ("IMPRESSION_1", "SPEND_IN_MICRO_DOLLAR"):
            return _gather(self.slot(name), self._bucket_of_slot, len(self.dates))
        if name in _SPECIAL:
            return _SPECIAL[name](self)
        parts = _SUMS.get(name) or (column.sum_of if column else ())
        if parts:
            return self.sum(parts)
        if column is not None and column.ratio is not None:
            over = self.sum(column.ratio.over)
            times, by = column.ratio.times, column.ratio.by
            if self.reporting.ratio_unit == "percent" and column.kind == "ratio" and not name.endswith("ROAS"):
                times *= 100
            if not column.ratio.under:
                return None if over is None else [value and value * times / by for value in over]
            under = self.sum(column.ratio.under)
            if over is None or under is None:
                return None
            if self.reporting.zero_metrics == "zero":
                pairs = zip(over, under, strict=True)
                return [value * times / (divisor * by) if divisor else msgspec.UNSET for value, divisor in pairs]
            if times == by == 1:
                return [value and divisor and value / divisor for value, divisor in zip(over, under, strict=True)]
            return [value and divisor and value * times / (divisor * by) for value, divisor in zip(over, under, strict=True)]
        return self._conversions(name)

    def sum(self, names: tuple[str, ...]) -> list[Any] | None:
        total: list[Any] | None = None
        for name in names:
            values = self.column(name)
            if values is not None:
                total = values if total is None else list(map(add, total, values))
        return total

    def _conversions(self, name: str) -> list[int] | None:
        """TOTAL_<attribution>_<conversion> and its value, or None for what is not modelled.

        "The HOUR enum no longer provides data for conversion metrics" (5.17.0).
        """
        money = name.endswith("_VALUE_IN_MICRO_DOLLAR")
        total, _, rest = name.removesuffix("_VALUE_IN_MICRO_DOLLAR").partition("_")
        attribution, _, stem = rest.partition("_")
        if total != "TOTAL" or attribution not in _ATTRIBUTIONS or stem not in _CONVERSIONS or self.hourly:
            return None
        values = self.converted(stem, _ATTRIBUTIONS.index(attribution))
        if money:
            if stem != "CHECKOUT":
                return None
            values = list(map(mul, values, self._order_values()))
        return _gather(values, self._bucket_of_slot, len(self.dates))

    def rows(
        self, kind: type[Struct], names: tuple[str, ...], dated: bool, attributes: Mapping[str, Any], *ids: str
    ) -> list[Struct]:
        """The rows: ``kind`` made of the date (if any), the ids and the columns, without those where nothing happened.

        Asked again for the same, the same rows: they are frozen.
        """
        asked = (kind, ids, attributes)
        if self._made is None or self._made[0] != asked:
            self._made = (asked, self._make_rows(kind, names, dated, attributes, ids))
        return self._made[1]

    def _make_rows(
        self, kind: type[Struct], names: tuple[str, ...], dated: bool, attributes: Mapping[str, Any], ids: tuple[str, ...]
    ) -> list[Struct]:
        count = len(self.dates)
        columns: list[Iterable[Any]] = []
        metrics: list[list[Any]] = []
        for name in names:
            column = COLUMNS.get(name)
            if name in attributes or (column is not None and column.attribute):
                value = attributes.get(name)
                if value is None and name == "VIDEO_LENGTH" and self.subject.creative_type in _VIDEO:
                    value = _VIDEO_SECONDS * 1000
                columns.append(repeat(msgspec.UNSET if value is None else value, count))
            else:
                values = self.column(name)
                if values is None:
                    columns.append(repeat(msgspec.UNSET, count))
                else:
                    columns.append(values)
                    metrics.append(values)
        lead: list[Iterable[Any]] = [self.dates] if dated else []
        made = list(map(kind, *lead, *(repeat(one, count) for one in ids), *columns))
        if self.reporting.empty_rows == "zero":
            return made
        if not metrics:
            metrics = [self.column("IMPRESSION_1") or []]
        if any(map(all, metrics)):
            return made  # one column without any zero: no row is all zero
        return [row for row, some in zip(made, map(any, zip(*metrics, strict=True)), strict=True) if some]


def _users(series: _Series) -> list[int]:
    """People among impressions: each further one is likelier to be somebody again. At least 1, at most all."""
    audience = series.market.audience
    return [-(-seen * audience // (seen + audience)) for seen in series.column("TOTAL_IMPRESSION") or []]


def _unique_views(suffix: str) -> Callable[[_Series], list[Any] | None]:
    return lambda series: [views * 7 // 8 for views in series.column("VIDEO_P95_COMBINED" + suffix) or []]


def _watch_time(series: _Series) -> list[float]:
    quarters = series.sum(tuple(f"TOTAL_VIDEO_{part}" for part in (
        "P25_COMBINED", "P50_COMBINED", "P75_COMBINED", "P100_COMPLETE"))) or []  # fmt: skip
    starts = series.column("TOTAL_VIDEO_P0_COMBINED") or []
    return [_VIDEO_SECONDS * passed / (4 * begun) if begun else 0 for passed, begun in zip(quarters, starts, strict=True)]


_SPECIAL: dict[str, Callable[[_Series], list[Any] | None]] = {
    "TOTAL_IMPRESSION_USER": _users,
    "VIDEO_15SEC_UNIQUE_VIEWS_1": _unique_views("_1"),
    "VIDEO_15SEC_UNIQUE_VIEWS_2": _unique_views("_2"),
    "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": _watch_time,
    "VIDEO_SPEND_IN_DOLLAR": lambda series: series.column("SPEND_IN_DOLLAR"),
    # Their values depend on a merchant's tag that is not modelled: no value, not zero.
    "PAGE_VISIT_ROAS": lambda _: None,
}


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return datetime.date.fromordinal(day + _EPOCH).isoformat()


@lru_cache(maxsize=64)
def _row_type(names: tuple[str, ...], dated: bool, zeros: bool, *ids: str) -> type[Struct]:
    """A row as a Struct, since that is made and encoded faster than a dict; what is 0 (or UNSET) is not encoded."""
    fields: list[Any] = [("DATE", str)] if dated else []
    fields.extend((name, str) for name in ids)
    fields.extend((name, Any, msgspec.UNSET if zeros else 0) for name in names)
    return msgspec.defstruct("Row", fields, omit_defaults=True, gc=False, frozen=True)


_AS_DESCRIBED = Reporting()

# Shared by all emulators of a process, since equal keys have equal values; attributes (names, statuses) are not in it.
_cache: dict[Any, _Series] = {}

_cache_lock = threading.Lock()

_CACHED = 320  # a request has at most 250 ids; 90 days of 30 columns take about 100 kB


def _series(subject: Subject, query: Query, reporting: Reporting, seed: int, now: int) -> _Series:
    """The series of a subject: the same one for every request that can only have the same answer."""
    known = _known_until(reporting, now)
    # What is still live ends at `now`, or never: either way the series ends where data end.
    spans = subject.spans
    if spans and spans[-1][1] > known:
        spans = tuple((start, min(end, known)) for start, end in spans if start < known)
    key = (
        seed, known, (now + query.utc_offset_seconds) // DAY, reporting,
        query.start_date, query.end_date, query.granularity, query.click_window_days, query.engagement_window_days,
        query.view_window_days, query.conversion_report_time, query.utc_offset_seconds,
        subject.id, spans, subject.product_count, subject.average_price_micro, subject.currency,
        subject.bid_micro, subject.billable_event, subject.budgets, subject.creative_type,
    )  # fmt: skip
    with _cache_lock:
        series = _cache.pop(key, None)  # put back as the newest
    if series is None:
        series = _Series(subject, query, reporting, seed, now)
    with _cache_lock:
        while len(_cache) >= _CACHED:
            del _cache[next(iter(_cache))]
        _cache[key] = series
    return series


def _layout(query: Query, reporting: Reporting, *ids: str) -> tuple[tuple[str, ...], bool, type[Struct]]:
    names = tuple(dict.fromkeys(name for name in query.columns if name not in ("DATE", *ids)))
    dated = query.granularity != "TOTAL"
    return names, dated, _row_type(names, dated, reporting.zero_metrics == "zero", *ids)


def rows(
    subjects: Iterable[Subject], query: Query, *, seed: int, now: int, reporting: Reporting = _AS_DESCRIBED
) -> list[Struct]:
    """What the subjects earned, as rows of the analytics answer: ``{DATE, PRODUCT_GROUP_ID, …columns}``.

    Rows come by subject, then by date; columns in the order asked, each once; what has no value is absent. Unknown
    columns are absent too: refusing them is the caller's business. ``msgspec.json.encode`` writes the rows,
    ``msgspec.to_builtins`` makes them dicts.
    """
    names, dated, kind = _layout(query, reporting, "PRODUCT_GROUP_ID")
    result: list[Struct] = []
    for subject in subjects:
        if subject.spans or reporting.empty_rows == "zero":
            result += _series(subject, query, reporting, seed, now).rows(kind, names, dated, subject.attributes, subject.id)
    return result


class _Items:
    """The items of a promotion, and which of its events fall to each."""

    def __init__(self, group: _Series, item_ids: Sequence[str], live: Sequence[bool]) -> None:
        self.group = group
        self.bounds = [0]  # an item's share of 1/65536 … of all, as a piece of one long line
        anything = any(live)
        for item_id, shown in zip(item_ids, live, strict=True):
            draw = hashlib.shake_128(f"{group.seed}|{group.subject.id}|{item_id}".encode()).digest(1)[0]
            self.bounds.append(self.bounds[-1] + (16 + (draw * draw >> 4) if shown or not anything else 0))
        self._converted: dict[str, list[list[int]]] = {}

    def converted(self, stem: str, by: int) -> list[list[int]]:
        """Conversions by item and slot. Event by event, so that a wider window only adds events to each item."""
        key = f"{stem} {by}"
        if key not in self._converted:
            counts = self.group.converted(stem, by)
            of_item = [[0] * len(counts) for _ in self.bounds[1:]]
            for slot, (count, chance) in enumerate(zip(counts, self.group.slot_noise(0), strict=True)):
                for number in range(count):
                    place = (number * 40_503 + chance) % _ONE * self.bounds[-1] >> 16  # evenly along the line
                    of_item[bisect_right(self.bounds, place) - 1][slot] += 1
            self._converted[key] = of_item
        return self._converted[key]


class _ItemSeries(_Series):
    """One item's part of its promotion's series: every count is cut as the impressions are, and the cuts meet."""

    def __init__(self, items: _Items, index: int) -> None:
        self.__dict__.update(items.group.__dict__)
        self.items, self.index = items, index
        self._columns, self._cell, self._slot, self._made = {}, {}, {}, None
        self._pieces: dict[str, list[Span]] = {}

    def cell(self, name: str) -> list[int]:
        if name not in self._cell:
            self._cell[name] = [after - before for before, after in self._piece(name)]
        return self._cell[name]

    def _piece(self, name: str) -> list[Span]:
        if name not in self._pieces:
            counts = self.items.group.cell(name)
            if name == "IMPRESSION_1":
                before, after, whole = self.items.bounds[self.index], self.items.bounds[self.index + 1], self.items.bounds[-1]
                self._pieces[name] = [(count * before // whole, count * after // whole) for count in counts]
            else:
                parent = _CHILDREN[name][0]
                self._pieces[name] = [
                    (count * low // of, count * high // of) if of else (0, 0)
                    for count, of, (low, high) in zip(counts, self.items.group.cell(parent), self._piece(parent), strict=True)
                ]
        return self._pieces[name]

    def converted(self, stem: str, by: int) -> list[int]:
        return self.items.converted(stem, by)[self.index]


def item_rows(
    subject: Subject, items: Sequence[tuple[str, bool, Mapping[str, Any]]], query: Query, *,
    seed: int, now: int, reporting: Reporting = _AS_DESCRIBED,
) -> list[Struct]:  # fmt: skip
    """What each item of a promotion earned: ``{DATE, PRODUCT_GROUP_ID, PRODUCT_ITEM_ID, …columns}``.

    ``items`` are ``(item id, whether it can be shown, values of its attribute columns)``; what is out of stock is not
    shown, unless everything is. The items' counts and money add up to the promotion's row of the same date.
    """
    if not subject.spans or not items:
        return []
    names, dated, kind = _layout(query, reporting, "PRODUCT_GROUP_ID", "PRODUCT_ITEM_ID")
    parts = _Items(_series(subject, query, reporting, seed, now), [one for one, _, _ in items], [live for _, live, _ in items])
    result: list[Struct] = []
    for index, (item_id, _, attributes) in enumerate(items):
        values = {**subject.attributes, **attributes}
        result += _ItemSeries(parts, index).rows(kind, names, dated, values, subject.id, item_id)
    return result


def ready(date: datetime.date, *, now: int, reporting: Reporting = _AS_DESCRIBED) -> tuple[bool, bool]:
    """Whether conversion and other metrics of a UTC day are final (``resources/metrics_ready_state``)."""
    end = (date.toordinal() - _EPOCH + 1) * DAY
    delivered = end <= _known_until(reporting, now)
    processed = now // DAY - (end // DAY - 1) >= len(_PROCESSED) - 1
    return delivered and (processed or not reporting.conversion_delay), delivered
