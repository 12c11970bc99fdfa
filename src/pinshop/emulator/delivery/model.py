"""What the delivery model is told, and what it plans. Pure: no SQL, no HTTP, no clock.

The model (docs/delivery-model.md tells it to users). Everything is an integer until the last division, and every chance
is a bit of SHAKE-128 over (seed, id, day): the same history and seed give the same bytes on every machine.

    pieces   a promotion is live in pieces of time; within a piece its terms (products, bid, …) are the same. What is
             written at a moment changes the pieces from that moment on, so what was earned before stays.
    market   the terms, and luck, give the auctions won on a mean day, the click rate and the price.   `market`
    plan     a UTC day is planned when it begins, and planned anew at every change within it: what each promotion would
             get until the day ends, cut down to what is left of the budgets.              `budgets`, `rations`
    cells    the parts of planned days that lie in one reporting day or hour. A part gets what the day's curve has up to
             its end minus what it has up to its start, so that any cut of a day adds up to the day.   `timeline`
    children every other count is a share of its parent, rounded by chance; a child never exceeds its parent. `counts`
    late     conversions are children of a reporting day's clicks, close-ups and impressions. They happen up to 60 days
             later and are reported up to 2 days after that, so past days keep growing.                            `series`
    rows     sums of reporting days; ratios last, from the sums, as `pinshop.api.columns` says.           `rows`

Not modelled, hence absent: in-app and offline conversions, leads, quizzes, Showcase, Idea Pins, promotion labels.
"""

from __future__ import annotations

import datetime
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from pinshop.api.models import ConversionReportTime, Granularity
from pinshop.emulator.delivery.market import Market, Noise
from pinshop.emulator.delivery.terms import Terms

DAY = 86_400

EPOCH = datetime.date(1970, 1, 1).toordinal()

FOREVER = 2**40

#: (start, end) in seconds, half open.
Span: TypeAlias = tuple[int, int]


#: (start, end, terms, when the schedule in force then ends): live from start to end, UTC seconds, half open.
Piece: TypeAlias = tuple[int, int, Terms, int]


#: Of an entry of a plan: planned from, planned to, live from, live to, in seconds of the day.
Part: TypeAlias = tuple[int, int, int, int]

WHOLE: Part = (0, DAY, 0, DAY)

#: The entries that are not a whole day, by their number.
Parts: TypeAlias = Mapping[int, Part]


def begin_of(days: Sequence[int], parts: Parts, entry: int) -> int:
    """When an entry begins to be lived, in UTC seconds."""
    return days[entry] * DAY + parts.get(entry, WHOLE)[2]


class Plan(Struct):
    """What one promotion gets: parallel lists, one entry for each planned day or part of a day, in order of time."""

    noise: Noise
    days: list[int]
    impressions: array[int]
    clicks: array[int]
    spend: array[int]
    markets: list[Market]
    #: Entries that are not a whole day.
    parts: dict[int, Part]


#: Plans the days from the first to the last (day numbers), or more of them.
Planner: TypeAlias = Callable[[int, int], Plan]


#: More than anybody may say, and so little that packed lists hold it.
Counted: TypeAlias = Annotated[int, Meta(ge=0, lt=2**47)]


class Stated(Struct, frozen=True):
    """What somebody says a promotion earned on a UTC day, instead of what the model would say."""

    impressions: Counted
    clicks: Counted
    spend_micro: Annotated[int, Meta(ge=0, lt=2**53)]
    #: None: what follows from the clicks and impressions.
    checkouts: Counted | None = None
    checkout_value_micro: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    #: The terms when it was stated: what follows from the numbers stays, whatever the promotion is changed to. None: of old.
    terms: Terms | None = None


class Subject(Struct, frozen=True):
    """One promotion, as far as delivery depends on it."""

    id: str
    pieces: tuple[Piece, ...]
    plan: Planner
    currency: str = "USD"
    #: By day number.
    stated: Mapping[int, Stated] = {}
    #: Values of attribute columns by column name, e.g. ``{"CAMPAIGN_ID": "62…"}``; what is missing is absent.
    attributes: Mapping[str, Any] = {}

    def terms(self) -> list[tuple[int, Terms]]:
        """(since second, terms), in order of time: those under which it was live, and of days that are stated."""
        pieces = [(piece[0], piece[2]) for piece in self.pieces]
        if self.stated:
            pieces += [(day * DAY, one.terms) for day, one in self.stated.items() if one.terms is not None]
            pieces.sort(key=lambda one: one[0])
        return pieces


def terms_at(known: Sequence[tuple[int, Terms]], moment: int) -> Terms:
    """The terms in force at a moment, or the nearest: the last before it, else the first after it."""
    at = bisect_right(known, moment, key=lambda one: one[0]) - 1
    return known[max(at, 0)][1] if known else Terms(product_count=1)


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
    #: HOUR: the hour of the first day to begin with, and that of the last day to end before.
    start_hour: int = 0
    end_hour: int = 24


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
