"""The numbers of the model stay what they are, bit for bit: hashes of whole answers about random histories.

After a change of the model that is meant to change numbers, ``python tests/emulator/delivery/test_numbers.py`` prints the
new ones.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import random
from typing import Any

import msgspec
import pytest

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery.budgets import Budget, Limit, Member, Pool
from pinshop.emulator.delivery.items import ItemSet
from pinshop.emulator.delivery.model import DAY, EPOCH, FOREVER, Piece, Query, Reporting, Stated, Subject
from pinshop.emulator.delivery.rows import Reporter
from pinshop.emulator.delivery.terms import Terms

TODAY = datetime.date(2026, 6, 30)
DAY_NUMBER = TODAY.toordinal() - EPOCH
FIRST = DAY_NUMBER - 45
EVERYTHING = tuple(COLUMNS)
TOGETHER = 4

HASHES = (
    "266b0bdcfb319e56",
    "66b4e6822306e845",
    "3b12066119c4566a",
    "4da44047ed7e6d9e",
    "2bb5332ca7f46f3e",
    "f5c35a00ae558fe1",
    "333e8dab385257c5",
    "7b0d1abc3db82c80",
    "d4ed1478e41a8e0f",
    "3d816d21774e3559",
    "beedfefb2d27e08d",
    "3ac794d013097ba9",
    "86301cb8d38dfe05",
    "159b345cfa4f90aa",
    "6e53c1fac582e2da",
    "29de9f1b080ddf89",
)


def terms_of(chance: random.Random) -> Terms:
    return Terms(
        product_count=chance.choice([0, 1, 7, 40, 400, 20_000]),
        average_price_micro=chance.choice([0, 9_990_000, 45_000_000, 2_000_000_000]),
        bid_micro=chance.choice([None, None, 0, 900, 1_500, 30_000, 400_000, 5_000_000]),
        billable_event=chance.choice(["CLICKTHROUGH", "CLICKTHROUGH", "IMPRESSION"]),
        creative_type=chance.choice(["REGULAR", "REGULAR", "VIDEO", "COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION"]),
        product_set=chance.choice(["", "a"]),
    )


def moment_of(chance: random.Random) -> int:
    """Often midnight, now and then the same second for many."""
    day = FIRST + chance.randrange(50)
    return day * DAY + chance.choice([0, 0, 0, 15 * 3600, chance.randrange(DAY)])


def pieces_of(chance: random.Random, always: Terms) -> tuple[Piece, ...]:
    if chance.random() < 0.4:
        return ((0, FOREVER, always, FOREVER),)
    found: list[Piece] = []
    moments = sorted({moment_of(chance) for _ in range(chance.choice([1, 2, 4, 9]) * 2)})
    for start, end in zip(moments, [*moments[1:], FOREVER], strict=True):
        if chance.random() < 0.75:
            until = FOREVER if chance.random() < 0.7 else end + chance.randrange(3 * DAY)
            found.append((start, end, always if chance.random() < 0.5 else terms_of(chance), until))
    return tuple(found)


def limits_of(chance: random.Random) -> tuple[tuple[int, Limit], ...]:
    found = []
    for since in sorted({0} | {moment_of(chance) for _ in range(chance.choice([0, 0, 1, 5]))}):
        micro = chance.choice([0, 1_000, 300_000, 2_000_000, 20_000_000, 300_000_000])
        lifetime = Limit(lifetime=micro * 20, last_day=FIRST + chance.randrange(60))
        found.append((since, chance.choice([Limit(), Limit(daily=micro), Limit(daily=micro), lifetime])))
    return tuple(found)


def stated_of(chance: random.Random) -> dict[int, Stated]:
    found = {}
    for _ in range(chance.choice([0, 0, 0, 3])):
        clicks = chance.randrange(2_000)
        checkouts = chance.choice([None, 0, 4])
        value = 160_000_000 if checkouts else 0
        found[FIRST + chance.randrange(48)] = Stated(
            clicks * chance.randrange(1, 50), clicks, clicks * 410_000, checkouts, value
        )
    return found


def subjects_of(chance: random.Random, seed: int) -> list[Subject]:
    count = chance.choice([1, 2, 5, 25])
    always = terms_of(chance)
    currency = chance.choice(["USD", "USD", "JPY", "EUR"])
    members = [
        Member(str(4_260_000_000_000 + chance.randrange(10**9)), pieces_of(chance, always), currency, stated_of(chance))
        for _ in range(count)
    ]
    budgets = []
    if count > 2 and chance.random() < 0.6:
        budgets = [
            Budget(f"ad_groups {n}", limits_of(chance), frozenset(range(n, count, 2)))
            for n in range(2)
            if chance.random() < 0.8
        ]
    if chance.random() < 0.7:
        budgets.append(Budget("campaigns 1", limits_of(chance), frozenset(range(count))))
    pool = Pool(members, budgets, seed)
    return [
        Subject(one.id, one.pieces, functools.partial(pool.plan, place), one.currency, one.stated, {"CAMPAIGN_ID": "62"})
        for place, one in enumerate(members)
    ]


def question_of(chance: random.Random) -> tuple[Query, Reporting, int]:
    end = TODAY - datetime.timedelta(days=chance.randrange(-2, 6))
    granularity: Any = chance.choice(["DAY", "DAY", "DAY", "WEEK", "MONTH", "TOTAL", "HOUR"])
    days = 2 if granularity == "HOUR" else chance.choice([0, 6, 30, 40])
    query = Query(
        start_date=end - datetime.timedelta(days=days),
        end_date=end,
        granularity=granularity,
        columns=EVERYTHING if chance.random() < 0.7 else tuple(chance.sample(EVERYTHING, 5)),
        click_window_days=chance.choice([0, 1, 7, 30, 60]),
        engagement_window_days=chance.choice([0, 1, 7, 30, 60]),
        view_window_days=chance.choice([0, 1, 7]),
        conversion_report_time=chance.choice(["TIME_OF_AD_ACTION", "TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]),
        utc_offset_seconds=chance.choice([0, 0, 0, -5 * 3600, 9 * 3600, 5 * 3600 + 1800]),
        start_hour=chance.choice([0, 0, 7]),
        end_hour=chance.choice([24, 24, 19]),
    )
    if granularity != "HOUR":
        query = msgspec.structs.replace(query, start_hour=0, end_hour=24)
    reporting = Reporting(
        delivery_lag_hours=chance.choice([0, 3, 3]),
        conversion_delay=chance.random() < 0.7,
        zero_metrics=chance.choice(["absent", "absent", "zero"]),
        empty_rows=chance.choice(["omit", "omit", "zero"]),
        ratio_unit=chance.choice(["fraction", "percent"]),
        hour_date_format=chance.choice(["date", "datetime"]),
        week_starts=chance.choice([0, 6]),
        bucket_date=chance.choice(["first_day", "first_day_in_range"]),
        engagement_attribution=chance.random() < 0.5,
    )
    return query, reporting, DAY_NUMBER * DAY + chance.choice([0, 45_234, 80_000])


def answers_to(number: int) -> bytes:
    """Everything that is told of one random history."""
    chance = random.Random(number)
    seed = chance.randrange(100)
    subjects = subjects_of(chance, seed)
    reporter = Reporter(seed)
    told: list[Any] = []
    for question in range(4):
        query, reporting, now = question_of(chance)
        told.append(reporter.rows(subjects, query, now=now, reporting=reporting))
        users: Any = chance.choice(["deduplicated", "sum", "absent"])
        groups = [("1", {}, subjects[::2]), ("2", {}, subjects[1::2])]
        told.append(reporter.sum_rows(groups, "AD_GROUP_ID", query, now=now, reporting=reporting, users=users))
        if question:
            continue
        sets = [ItemSet(0, (("a", True), ("b", False))), ItemSet(moment_of(chance), (("a", True), ("c", True), ("d", True)))]
        few = msgspec.structs.replace(query, columns=query.columns[:40])
        told.append(reporter.item_rows(subjects[0], sets, {}, few, now=now, reporting=reporting))
    return msgspec.json.encode(told)


def hash_of(number: int) -> str:
    digest = hashlib.sha256()
    for one in range(number * TOGETHER, (number + 1) * TOGETHER):
        digest.update(answers_to(one))
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("number", range(len(HASHES)))
def test_the_numbers_are_what_they_were(number: int) -> None:
    assert hash_of(number) == HASHES[number]


def test_the_histories_hold_what_they_are_to_show() -> None:
    sizes = [len(answers_to(one)) for one in range(10)]
    assert min(sizes) > 10
    assert sum(sizes) > 500_000


if __name__ == "__main__":
    print("\n".join(f'    "{hash_of(number)}",' for number in range(len(HASHES) or 16)))
