"""Types that the params share: each carries its limits in its annotation."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, TypeAlias, TypedDict

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Limits of a value: of its size for numbers, of its length for text and lists."""

    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""


class Pattern(Struct, frozen=True):
    """A text of this form; an integer stands for its digits. ``words`` describe the form."""

    form: str
    words: str


class Moment(Struct, frozen=True):
    """A moment in Unix seconds; a `datetime` with a time zone stands for them."""


class Day(Struct, frozen=True):
    """A day as YYYY-MM-DD; a `date` stands for it."""


class IdOf(Struct, frozen=True):
    """An id: digits, with or without Pinterest's prefix. No body's id has a stated length."""

    prefix: str = ""


Id: TypeAlias = Annotated[str | int, IdOf()]

CampaignId: TypeAlias = Annotated[str | int, IdOf("C")]

Micro: TypeAlias = Annotated[int, Limits(0, unit="micro-currency (1,000,000 = one unit of the account's currency)")]

Seconds: TypeAlias = Annotated[int | datetime.datetime, Moment()]

Date: TypeAlias = Annotated[str | datetime.date, Day()]

Name: TypeAlias = Annotated[str, Limits(1, None)]

Urls: TypeAlias = Annotated[Sequence[Annotated[str, Limits(1, 2000)]], Limits(0, 3)]


class TrackingUrls(TypedDict, total=False):
    """Up to three URLs of at most 2,000 characters for each event."""

    impression: Urls
    click: Urls
    engagement: Urls
    buyable_button: Urls
    audience_verification: Urls
