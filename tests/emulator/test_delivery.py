"""What promotions earn: whatever is asked, the numbers agree with each other, with the budget and with the state."""

import datetime
import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinshop.api.columns import COLUMNS
from pinshop.emulator.delivery import counts as counts_module
from pinshop.emulator.delivery import rows as rows_module
from pinshop.emulator.delivery.budgets import Budget, Limit, Member, Pool
from pinshop.emulator.delivery.items import ItemSet
from pinshop.emulator.delivery.model import DAY, FOREVER, Query, Reporting
from pinshop.emulator.delivery.model import Subject as Promotion
from pinshop.emulator.delivery.rows import Reporter, ready
from pinshop.emulator.delivery.terms import Terms

TODAY = datetime.date(2026, 6, 30)
MIDNIGHT = (TODAY - datetime.date(1970, 1, 1)).days * DAY
NOW = MIDNIGHT + 12 * 3600 + 1234
EVERYTHING = tuple(COLUMNS)
ADDITIVE = tuple(name for name, column in COLUMNS.items() if column.additive and column.unit != "currency")
COUNTS = tuple(name for name in ADDITIVE if not COLUMNS[name].conversion)
AT_ONCE = Reporting(delivery_lag_hours=0, conversion_delay=False)


class Subject(msgspec.Struct, frozen=True):
    """A promotion whose terms never change, with budgets of its own."""

    id: str
    spans: tuple[tuple[int, int], ...]
    product_count: int
    average_price_micro: int
    currency: str = "USD"
    bid_micro: int | None = None
    billable_event: str = "CLICKTHROUGH"
    budgets: tuple[Limit, ...] = ()
    creative_type: str = "REGULAR"
    attributes: dict[str, Any] = {}


def member(subject: Subject) -> Member:
    terms = Terms(
        product_count=subject.product_count,
        average_price_micro=subject.average_price_micro,
        bid_micro=subject.bid_micro,
        billable_event=subject.billable_event,
        creative_type=subject.creative_type,
    )
    return Member(subject.id, tuple((start, end, terms, FOREVER) for start, end in subject.spans), subject.currency)


def promotion(subject: Subject, pool: Pool, place: int) -> Promotion:
    one = pool.members[place]
    return Promotion(
        id=one.id,
        pieces=one.pieces,
        plan=functools.partial(pool.plan, place),
        currency=one.currency,
        attributes=subject.attributes,
    )


def alone(subject: Subject, seed: int = 7) -> Promotion:
    budgets = [Budget(f"budget {number}", ((0, limit),), frozenset({0})) for number, limit in enumerate(subject.budgets)]
    return promotion(subject, Pool([member(subject)], budgets, seed), 0)


def together(who: list[Subject], limits: Iterable[tuple[int, Limit]]) -> list[Promotion]:
    """Promotions under one budget."""
    pool = Pool([member(one) for one in who], [Budget("budget", tuple(limits), frozenset(range(len(who))))], 7)
    return [promotion(one, pool, place) for place, one in enumerate(who)]


def rows(
    who: Iterable[Any], query: Query, *, seed: int, now: int, reporting: Reporting = rows_module.AS_DESCRIBED
) -> list[Any]:
    those = [alone(one, seed) if isinstance(one, Subject) else one for one in who]
    return list(Reporter(seed).rows(those, query, now=now, reporting=reporting))


seconds = st.integers(NOW - 40 * DAY, NOW + 2 * DAY)
spans = st.lists(seconds, min_size=2, max_size=8, unique=True).map(
    lambda times: tuple(zip(sorted(times)[::2], sorted(times)[1::2], strict=False))
)
subjects = st.builds(
    Subject,
    id=st.integers(10**12, 10**13).map(str),
    spans=spans,
    product_count=st.integers(1, 3000),
    average_price_micro=st.integers(0, 2_000_000_000),
    currency=st.sampled_from(["USD", "EUR", "JPY"]),
    bid_micro=st.none() | st.integers(0, 5_000_000),
    billable_event=st.sampled_from(["CLICKTHROUGH", "IMPRESSION"]),
    budgets=st.just(()) | st.integers(0, 60_000_000).map(lambda micro: (Limit(daily=micro),)),
    creative_type=st.sampled_from(["REGULAR", "VIDEO", "COLLECTION"]),
)
reportings = st.builds(
    Reporting,
    delivery_lag_hours=st.sampled_from([0, 3]),
    conversion_delay=st.booleans(),
    zero_metrics=st.sampled_from(["absent", "zero"]),
    engagement_attribution=st.booleans(),
)
windows = st.sampled_from([0, 1, 7, 14, 30, 60])


@st.composite
def queries(draw: Any, granularity: str = "DAY", days: int = 35) -> Query:
    end = TODAY - datetime.timedelta(days=draw(st.integers(-1, 3)))
    return Query(
        start_date=end - datetime.timedelta(days=draw(st.integers(0, days))),
        end_date=end,
        granularity=granularity,  # type: ignore[arg-type]
        columns=EVERYTHING,
        click_window_days=draw(windows),
        engagement_window_days=draw(windows),
        view_window_days=draw(windows),
        conversion_report_time=draw(st.sampled_from(["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"])),
        utc_offset_seconds=draw(st.sampled_from([0, 0, -7 * 3600, 19_800])),
    )


def as_dicts(made: Iterable[Any]) -> list[dict[str, Any]]:
    return json.loads(msgspec.json.encode(list(made)))


def earned(who: Iterable[Any], query: Query, reporting: Reporting = AT_ONCE, **changes: Any) -> list[dict[str, Any]]:
    changed = msgspec.structs.replace(query, **changes) if changes else query
    return as_dicts(rows(who, changed, seed=7, now=NOW, reporting=reporting))


def add_up(made: list[dict[str, Any]], *by: str, names: tuple[str, ...] = ADDITIVE) -> dict[tuple[str, ...], dict[str, int]]:
    sums: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for row in made:
        group = sums[tuple(row[key] for key in by)]
        for name in names:
            if row.get(name):
                group[name] = group.get(name, 0) + row[name]
    return {key: group for key, group in sums.items() if group}


ID, DATE = "PRODUCT_GROUP_ID", "DATE"
a_few = st.lists(subjects, min_size=1, max_size=3, unique_by=lambda subject: subject.id)


# ----------------------------------------------------------------------------------------------- adding up


@settings(max_examples=60, deadline=None)
@given(a_few, queries(), reportings)
def test_days_add_up_to_the_total(who: list[Subject], query: Query, reporting: Reporting) -> None:
    days = earned(who, query, reporting)
    total = earned(who, query, reporting, granularity="TOTAL")
    assert add_up(days, ID) == add_up(total, ID)
    assert all(DATE not in row for row in total)
    assert len(total) == len({row[ID] for row in total})


@settings(max_examples=60, deadline=None)
@given(a_few, queries(), reportings)
def test_days_add_up_to_weeks_and_months(who: list[Subject], query: Query, reporting: Reporting) -> None:
    days = earned(who, query, reporting)

    def start_of(granularity: str, text: str) -> str:
        date = datetime.date.fromisoformat(text)
        first = date - datetime.timedelta(days=date.weekday()) if granularity == "WEEK" else date.replace(day=1)
        return first.isoformat()

    for granularity in ("WEEK", "MONTH"):
        regrouped = [{**row, DATE: start_of(granularity, row[DATE])} for row in days]
        assert add_up(earned(who, query, reporting, granularity=granularity), ID, DATE) == add_up(regrouped, ID, DATE)


@settings(max_examples=40, deadline=None)
@given(a_few, queries(days=5), reportings)
def test_hours_add_up_to_days(who: list[Subject], query: Query, reporting: Reporting) -> None:
    hours = earned(who, query, reporting, granularity="HOUR")
    assert add_up(hours, ID, DATE, names=COUNTS) == add_up(earned(who, query, reporting), ID, DATE, names=COUNTS)
    for row in hours:
        assert not [name for name in row if name in COLUMNS and COLUMNS[name].conversion]


@settings(max_examples=40, deadline=None)
@given(a_few, queries(), reportings)
def test_an_id_earns_the_same_alone_and_in_company(who: list[Subject], query: Query, reporting: Reporting) -> None:
    together = earned(who, query, reporting)
    assert together == [row for subject in who for row in earned([subject], query, reporting)]


@settings(max_examples=40, deadline=None)
@given(subjects, queries(), reportings, st.integers(1, 30))
def test_a_range_is_the_sum_of_its_halves(subject: Subject, query: Query, reporting: Reporting, cut: int) -> None:
    middle = min(query.start_date + datetime.timedelta(days=cut), query.end_date)
    whole = earned([subject], query, reporting)
    head = earned([subject], query, reporting, end_date=middle)
    tail = (
        earned([subject], query, reporting, start_date=middle + datetime.timedelta(days=1)) if middle < query.end_date else []
    )
    assert head + tail == whole


@settings(max_examples=40, deadline=None)
@given(subjects, queries(), st.integers(NOW - 40 * DAY, NOW), st.integers(1, 3 * DAY))
def test_pausing_takes_away_what_the_pause_would_have_earned(subject: Subject, query: Query, pause: int, length: int) -> None:
    def with_spans(*some: tuple[int, int]) -> dict[tuple[str, ...], dict[str, int]]:
        free = msgspec.structs.replace(subject, spans=some, budgets=())  # a budget spends later what a pause leaves over
        return add_up(earned([free], query, granularity="TOTAL"), ID, names=COUNTS)

    start, end = NOW - 41 * DAY, NOW
    resume = min(pause + length, end)
    parts: dict[str, int] = {}
    for span in ((start, pause), (pause, resume), (resume, end)):
        if span[0] < span[1]:
            for name, value in with_spans(span).get((subject.id,), {}).items():
                parts[name] = parts.get(name, 0) + value
    assert with_spans((start, end)).get((subject.id,), {}) == parts


@st.composite
def crowds(draw: Any) -> list[Subject]:
    """Promotions of which many were live on the same days."""
    days = draw(st.lists(spans, min_size=1, max_size=2))
    who = draw(st.lists(st.tuples(subjects, st.sampled_from(days)), min_size=2, max_size=9, unique_by=lambda one: one[0].id))
    return [msgspec.structs.replace(subject, spans=same) for subject, same in who]


@settings(max_examples=80, deadline=None)
@given(crowds(), queries(), reportings, st.sampled_from(["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]), st.integers(1, 200))
def test_promotions_asked_together_earn_what_each_earns(
    who: list[Subject], query: Query, reporting: Reporting, granularity: str, size: int
) -> None:
    """Those of one form are computed together, up to so many."""
    if granularity == "HOUR":
        query = msgspec.structs.replace(query, start_date=max(query.start_date, query.end_date - datetime.timedelta(days=3)))
    query = msgspec.structs.replace(query, granularity=granularity)
    apart = [earned([one], query, reporting) for one in who]
    assert earned(who, query, reporting) == [row for rows in apart for row in rows]
    group = [("1", {}, [alone(one) for one in who])]

    def added_up() -> list[Any]:
        return as_dicts(Reporter(7).sum_rows(group, "AD_GROUP_ID", query, now=NOW, reporting=reporting))

    whole = added_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts_module, "_TOGETHER", size)
        patch.setattr(counts_module, "_WAITING", size)
        assert earned(who, query, reporting) == [row for rows in apart for row in rows]
        assert added_up() == whole


# ------------------------------------------------------------------------------------------ relations


@settings(max_examples=60, deadline=None)
@given(a_few, queries(), reportings, st.sampled_from(["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]))
def test_parts_make_totals_and_ratios(who: list[Subject], query: Query, reporting: Reporting, granularity: str) -> None:
    if granularity == "HOUR":
        query = msgspec.structs.replace(query, start_date=max(query.start_date, query.end_date - datetime.timedelta(days=3)))
    query = msgspec.structs.replace(query, granularity=granularity)
    together = [("1", {}, [alone(one) for one in who])]
    of_all = Reporter(7).sum_rows(together, "AD_GROUP_ID", query, now=NOW, reporting=reporting)
    for row in earned(who, query, reporting) + msgspec.to_builtins(of_all):
        for name, column in COLUMNS.items():
            if column.sum_of:
                assert row.get(name, 0) == sum(row.get(part, 0) for part in column.sum_of), name
            if column.ratio and column.ratio.under and name in row:
                over = sum(row.get(part, 0) for part in column.ratio.over)
                under = sum(row.get(part, 0) for part in column.ratio.under)
                assert under, f"{name} = {row[name]} without {column.ratio.under}"
                assert row[name] == over * column.ratio.times / (under * column.ratio.by), name
        for name in EVERYTHING:
            if name.startswith("TOTAL_") and f"{name[6:]}_2" in row and f"{name[6:]}_1" in row:
                assert row[name] == row[f"{name[6:]}_1"] + row[f"{name[6:]}_2"]
        if "SPEND_IN_MICRO_DOLLAR" in row:
            assert round(row["SPEND_IN_DOLLAR"] * 10**6) == row["SPEND_IN_MICRO_DOLLAR"]
            assert row["SPEND_IN_DOLLAR"] == row["SPEND_IN_MICRO_DOLLAR"] / 10**6
        for smaller, larger in (
            ("CLICKTHROUGH_1", "IMPRESSION_1"),
            ("CLICKTHROUGH_2", "IMPRESSION_2"),
            ("OUTBOUND_CLICK_1", "CLICKTHROUGH_1"),
            ("CLICKTHROUGH_1", "ENGAGEMENT_1"),
            ("IMPRESSION_1", "IMPRESSION_1_GROSS"),
            ("WEB_SESSIONS_1", "OUTBOUND_CLICK_1"),
            ("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION"),
            ("TOTAL_VIDEO_P25_COMBINED", "TOTAL_VIDEO_P0_COMBINED"),
            ("TOTAL_VIDEO_P100_COMPLETE", "TOTAL_VIDEO_P95_COMBINED"),
            ("VIDEO_MRC_VIEWS_1", "IMPRESSION_1"),
        ):
            assert row.get(smaller, 0) <= row.get(larger, 0), f"{smaller} > {larger}"
        watched = {f"TOTAL_VIDEO_{part}": 15 / 4 for part in ("P25_COMBINED", "P50_COMBINED", "P75_COMBINED", "P100_COMPLETE")}
        seconds, begun = sum(row.get(part, 0) * each for part, each in watched.items()), row.get("TOTAL_VIDEO_P0_COMBINED", 0)
        if begun and (seconds or reporting.zero_metrics == "zero"):
            assert row["TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND"] == pytest.approx(seconds / begun)
        else:
            assert "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND" not in row


@settings(max_examples=60, deadline=None)
@given(subjects, queries(), reportings, windows, windows, windows)
def test_narrower_windows_never_exceed_wider_ones(
    subject: Subject, query: Query, reporting: Reporting, click: int, engagement: int, view: int
) -> None:
    narrow = earned(
        [subject],
        query,
        reporting,
        click_window_days=min(click, query.click_window_days),
        engagement_window_days=min(engagement, query.engagement_window_days),
        view_window_days=min(view, query.view_window_days),
    )
    wide = {row[DATE]: row for row in earned([subject], query, reporting)}
    for row in narrow:
        for name in ADDITIVE:
            if COLUMNS[name].conversion:
                assert row.get(name, 0) <= wide[row[DATE]].get(name, 0), name
            else:
                assert row.get(name, 0) == wide[row[DATE]].get(name, 0), name


@settings(max_examples=40, deadline=None)
@given(subjects, queries(), st.integers(1, 40 * DAY))
def test_later_only_adds(subject: Subject, query: Query, wait: int) -> None:
    before = as_dicts(rows([subject], query, seed=7, now=NOW, reporting=Reporting()))
    after = {row[DATE]: row for row in as_dicts(rows([subject], query, seed=7, now=NOW + wait, reporting=Reporting()))}
    for row in before:
        for name in ADDITIVE:
            assert row.get(name, 0) <= after[row[DATE]].get(name, 0), name


# --------------------------------------------------------------------------------------------- budgets


@settings(max_examples=60, deadline=None)
@given(
    st.lists(subjects, min_size=1, max_size=5, unique_by=lambda subject: subject.id),
    st.lists(
        st.tuples(st.integers(-45, 3), st.integers(0, 200_000_000)), min_size=1, max_size=4, unique_by=lambda step: step[0]
    ),
)
def test_spend_never_exceeds_the_daily_budget(who: list[Subject], history: list[tuple[int, int]]) -> None:
    daily = sorted((MIDNIGHT // DAY + day, micro) for day, micro in history)
    bound = together(who, [(0, Limit(daily=0)), *((day * DAY, Limit(daily=micro)) for day, micro in daily)])
    query = Query(TODAY - datetime.timedelta(days=45), TODAY, "DAY", ("SPEND_IN_MICRO_DOLLAR",))
    for (date,), sums in add_up(earned(bound, query), DATE).items():
        day = (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days
        in_force = [micro for first, micro in daily if first <= day]
        assert sums["SPEND_IN_MICRO_DOLLAR"] <= (in_force[-1] if in_force else 0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(subjects, min_size=1, max_size=4, unique_by=lambda subject: subject.id),
    st.integers(0, 500_000_000),
    st.integers(-40, -2),
    st.integers(3600, 50 * DAY),
)
def test_spend_never_exceeds_a_lifetime_budget(who: list[Subject], total: int, start_day: int, length: int) -> None:
    start = NOW + start_day * DAY
    limit = Limit(lifetime=total, last_day=(start + length - 1) // DAY)
    bound = together(who, [(0, Limit(daily=0)), (start, limit)])
    query = Query(TODAY - datetime.timedelta(days=45), TODAY, "TOTAL", ("SPEND_IN_MICRO_DOLLAR",))
    assert sum(row["SPEND_IN_MICRO_DOLLAR"] for row in earned(bound, query)) <= total


def test_two_budgets_bind_by_the_smaller() -> None:
    subject = steady(budgets=(Limit(daily=50_000_000), Limit(daily=3_000_000)))
    query = msgspec.structs.replace(YEAR_DAYS, columns=("SPEND_IN_MICRO_DOLLAR",))
    spends = [row["SPEND_IN_MICRO_DOLLAR"] for row in earned([subject], query)]
    assert max(spends) <= 3_000_000
    assert min(spends) > 2_000_000  # and it is used, not shunned


def test_without_budget_nothing_is_shown() -> None:
    for bid in (None, 2_000):  # the low bid wins a few impressions and no click, so it would cost nothing to go on
        assert earned([steady(product_count=1, bid_micro=bid)], YEAR_DAYS) != []
        assert earned([steady(product_count=1, bid_micro=bid, budgets=(Limit(daily=0),))], YEAR_DAYS) == []


# ----------------------------------------------------------------------------------------------- items


def item_rows(subject: Subject, items: list[tuple[str, bool]], query: Query, reporting: Reporting) -> list[Any]:
    names = {item_id: {"PRODUCT_ITEM_NAME": item_id} for item_id, _ in items}
    sets = [ItemSet(0, tuple(items))]
    return list(Reporter(7).item_rows(alone(subject), sets, names, query, now=NOW, reporting=reporting))


@settings(max_examples=40, deadline=None)
@given(subjects, queries(days=20), reportings, st.lists(st.booleans(), min_size=1, max_size=6), st.booleans())
def test_items_add_up_to_their_promotion(
    subject: Subject, query: Query, reporting: Reporting, live: list[bool], by_day: bool
) -> None:
    query = msgspec.structs.replace(query, granularity="DAY" if by_day else "TOTAL")
    items = [(f"SKU-{number}", one) for number, one in enumerate(live)]
    made = as_dicts(item_rows(subject, items, query, reporting))
    keys = (ID, DATE) if by_day else (ID,)
    assert add_up(made, *keys) == add_up(earned([subject], query, reporting), *keys)
    if any(live):
        assert {row["PRODUCT_ITEM_ID"] for row in made} <= {item_id for item_id, one in items if one}
    for row in made:
        assert row.get("CLICKTHROUGH_1", 0) <= row.get("IMPRESSION_1", 0)
        if "CTR" in row:
            assert row["CTR"] == row["CLICKTHROUGH_1"] / row["IMPRESSION_1"]


@pytest.mark.parametrize("report_time", ["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"])
def test_narrower_windows_never_exceed_wider_ones_for_items_either(report_time: Any) -> None:
    items = [(f"SKU-{number}", True) for number in range(7)]
    query = msgspec.structs.replace(YEAR_DAYS, conversion_report_time=report_time)
    before: dict[tuple[str, str], dict[str, Any]] = {}
    for days in (0, 1, 7, 30, 60):
        query = msgspec.structs.replace(query, click_window_days=days, engagement_window_days=days, view_window_days=days)
        made = as_dicts(item_rows(steady(product_count=900), items, query, Reporting()))
        now = {(row["PRODUCT_ITEM_ID"], row[DATE]): row for row in made}
        for key, row in before.items():
            assert all(row.get(name, 0) <= now[key].get(name, 0) for name in ADDITIVE), key
        before = now


# ------------------------------------------------------------------------------------- the story it tells


def steady(**changes: Any) -> Subject:
    return msgspec.structs.replace(Subject("2680074608081", ((NOW - 400 * DAY, NOW + DAY),), 40, 45_000_000), **changes)


YEAR_DAYS = Query(TODAY - datetime.timedelta(days=89), TODAY - datetime.timedelta(days=1), "DAY", EVERYTHING)
MEAN = msgspec.structs.replace(YEAR_DAYS, granularity="TOTAL")


def total(subject: Subject, name: str, query: Query = MEAN) -> Any:
    return earned([subject], query)[0].get(name, 0)


def test_only_what_is_live_earns() -> None:
    assert earned([steady(spans=())], YEAR_DAYS) == []
    assert earned([steady(spans=((NOW + 3600, NOW + 7200),))], msgspec.structs.replace(YEAR_DAYS, end_date=TODAY)) == []
    assert earned([steady(product_count=0)], YEAR_DAYS) == []


def test_pausing_stops_it_at_that_hour() -> None:
    subject = steady(spans=((NOW - 9 * DAY, MIDNIGHT + 9 * 3600 + 1800),))
    query = Query(TODAY, TODAY, "HOUR", ("IMPRESSION_1",))
    made = earned([subject], query, Reporting(delivery_lag_hours=0, hour_date_format="datetime"))
    assert [row[DATE] for row in made] == [f"2026-06-30T{hour:02}:00:00" for hour in range(10)]
    whole = earned([steady()], query, Reporting(delivery_lag_hours=0, hour_date_format="datetime"))
    assert made[8] == whole[8]
    assert made[9]["IMPRESSION_1"] < whole[9]["IMPRESSION_1"]


def test_a_pause_within_a_day_leaves_one_row_for_the_day() -> None:
    day = MIDNIGHT - 5 * DAY
    subject = steady(spans=((day, day + 3600), (day + 7200, day + 9000), (day + 20_000, day + DAY)))
    query = msgspec.structs.replace(YEAR_DAYS, columns=("IMPRESSION_1", "TOTAL_PAGE_VISIT"))
    assert [row[DATE] for row in earned([subject], query)] == ["2026-06-25"]


def test_what_was_asked_is_not_computed_again_while_the_hour_lasts() -> None:
    query, reporter = msgspec.structs.replace(YEAR_DAYS, end_date=TODAY), Reporter(7)
    subject = alone(steady())
    first = reporter.rows([subject], query, now=NOW)
    for second in range(3):
        again = reporter.rows([subject], query, now=NOW + second)
        assert all(one is other for one, other in zip(again, first, strict=True))


def test_more_products_and_higher_bids_win_more() -> None:
    assert total(steady(product_count=400), "IMPRESSION_1") > 2 * total(steady(product_count=40), "IMPRESSION_1")
    low, high = steady(bid_micro=100_000), steady(bid_micro=900_000)
    assert total(low, "IMPRESSION_1") < total(high, "IMPRESSION_1")
    assert total(low, "CPC_IN_MICRO_DOLLAR") <= 100_000
    assert earned([steady(bid_micro=0)], MEAN) == []


def test_dear_products_are_clicked_and_bought_less_but_bring_more() -> None:
    cheap, dear = steady(average_price_micro=10_000_000), steady(average_price_micro=400_000_000)
    assert total(cheap, "CTR") > total(dear, "CTR")
    assert total(cheap, "TOTAL_CHECKOUT_CONVERSION_RATE") > total(dear, "TOTAL_CHECKOUT_CONVERSION_RATE")
    assert total(cheap, "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR") < total(dear, "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR")


def test_weekends_are_stronger() -> None:
    made = earned([steady()], YEAR_DAYS)
    by_day = defaultdict(list)
    for row in made:
        by_day[datetime.date.fromisoformat(row[DATE]).weekday()].append(row["IMPRESSION_1"])
    mean = {day: sum(some) / len(some) for day, some in by_day.items()}
    assert min(mean[5], mean[6]) > max(mean[0], mean[1])


def test_the_figures_are_believable() -> None:
    row = earned([steady()], MEAN)[0]
    assert 0.004 < row["CTR"] < 0.02
    assert 0.2 < row["ECPC_IN_DOLLAR"] < 1.0
    assert 0.5 < row["CHECKOUT_ROAS"] < 8
    assert 1 <= row["TOTAL_IMPRESSION_FREQUENCY"] < 6
    assert 0.5 < row["OUTBOUND_CLICK_1"] / row["CLICKTHROUGH_1"] < 0.9


def test_days_waver() -> None:
    made = earned([steady()], YEAR_DAYS)
    for name in ("IMPRESSION_1", "CTR", "CPC_IN_MICRO_DOLLAR"):
        assert len({row[name] for row in made}) > 25, name


def test_money_is_in_the_currency_of_the_account() -> None:
    yen = steady(currency="JPY", average_price_micro=45_000_000 * 150)
    assert total(yen, "CPC_IN_MICRO_DOLLAR") > 100 * total(steady(), "CPC_IN_MICRO_DOLLAR")
    assert 0.9 < total(yen, "CHECKOUT_ROAS") / total(steady(), "CHECKOUT_ROAS") < 1.1


def test_conversions_arrive_late_and_restate_past_days() -> None:
    query = msgspec.structs.replace(YEAR_DAYS, end_date=TODAY)
    now = {row[DATE]: row for row in as_dicts(rows([steady()], query, seed=7, now=NOW))}
    later = {row[DATE]: row for row in as_dicts(rows([steady()], query, seed=7, now=NOW + 35 * DAY))}
    for days_ago, grows in ((2, True), (5, True), (60, False)):
        date = (TODAY - datetime.timedelta(days=days_ago)).isoformat()
        assert (later[date]["TOTAL_PAGE_VISIT"] > now[date]["TOTAL_PAGE_VISIT"]) is grows, days_ago
        assert later[date]["IMPRESSION_1"] == now[date]["IMPRESSION_1"]


def test_a_retired_engagement_window_attributes_nothing() -> None:
    for retired in (False, True):
        row = earned([steady()], MEAN, Reporting(engagement_attribution=not retired))[0]
        assert ("TOTAL_ENGAGEMENT_CHECKOUT" in row) is not retired
        assert "TOTAL_CLICK_CHECKOUT" in row
        assert "ENGAGEMENT_1" in row


def test_by_day_of_conversion_people_buy_after_the_pause() -> None:
    subject = steady(spans=((NOW - 40 * DAY, NOW - 20 * DAY),))
    query = msgspec.structs.replace(YEAR_DAYS, conversion_report_time="TIME_OF_CONVERSION")
    last_action = (TODAY - datetime.timedelta(days=20)).isoformat()
    after = [row for row in earned([subject], query) if row[DATE] > last_action]
    assert sum(row.get("TOTAL_PAGE_VISIT", 0) for row in after) > 10
    assert not any("IMPRESSION_1" in row or "SPEND_IN_MICRO_DOLLAR" in row for row in after)


def test_both_ways_of_dating_a_conversion_count_the_same_conversions() -> None:
    subject = steady(spans=((NOW - 80 * DAY, NOW - 70 * DAY),))
    by_action = total(subject, "TOTAL_CONVERSIONS")
    by_conversion = total(
        subject, "TOTAL_CONVERSIONS", msgspec.structs.replace(MEAN, conversion_report_time="TIME_OF_CONVERSION")
    )
    assert by_action == by_conversion > 0


def test_video_metrics_are_for_video_only() -> None:
    video = {name for name in EVERYTHING if "VIDEO" in name} - {
        "PRODUCT_GROUP_AD_VIDEO_TAG",
        "TOTAL_WATCH_VIDEO_CONVERSION_RATE",
    }
    assert not video & set(earned([steady()], MEAN)[0])
    assert earned([steady(creative_type="VIDEO")], MEAN)[0].keys() >= video


def test_local_days_are_cut_at_local_midnight() -> None:
    east = msgspec.structs.replace(YEAR_DAYS, utc_offset_seconds=8 * 3600, columns=("IMPRESSION_1",))
    hour = Query(TODAY - datetime.timedelta(days=3), TODAY - datetime.timedelta(days=1), "HOUR", ("IMPRESSION_1",))
    in_utc = {
        row[DATE]: row["IMPRESSION_1"] for row in earned([steady()], hour, Reporting(0, False, hour_date_format="datetime"))
    }
    local = {row[DATE]: row["IMPRESSION_1"] for row in earned([steady()], east)}
    day = TODAY - datetime.timedelta(days=1)
    expected = sum(in_utc[f"{day - datetime.timedelta(days=1)}T{h:02}:00:00"] for h in range(16, 24))
    expected += sum(in_utc[f"{day}T{h:02}:00:00"] for h in range(16))
    assert local[day.isoformat()] == expected


# -------------------------------------------------------------------------------------------- the rows


def test_rows_have_the_columns_in_the_order_asked_and_the_id_always() -> None:
    asked = ("CTR", "SPEND_IN_DOLLAR", "CAMPAIGN_ID", "CTR", "IMPRESSION_1")
    subject = steady(attributes={"CAMPAIGN_ID": "626736533506", "AD_GROUP_ID": "1"})
    row = earned([subject], msgspec.structs.replace(YEAR_DAYS, columns=asked))[0]
    assert list(row) == ["DATE", "PRODUCT_GROUP_ID", "CTR", "SPEND_IN_DOLLAR", "CAMPAIGN_ID", "IMPRESSION_1"]
    assert row["CAMPAIGN_ID"] == "626736533506"


def test_attributes_that_nobody_gave_are_absent_and_change_at_once() -> None:
    query = msgspec.structs.replace(MEAN, columns=("CAMPAIGN_NAME",))
    assert earned([steady()], query) == [{"PRODUCT_GROUP_ID": "2680074608081"}]
    for name in ("before", "after"):
        assert earned([steady(attributes={"CAMPAIGN_NAME": name})], query)[0]["CAMPAIGN_NAME"] == name


def test_zeros_are_absent_or_sent_as_the_rule_says() -> None:
    small = steady(product_count=1, average_price_micro=900_000_000)
    query = msgspec.structs.replace(YEAR_DAYS, columns=("IMPRESSION_1", "TOTAL_CHECKOUT", "CHECKOUT_ROAS", "TOTAL_LEAD"))
    absent, zero = (earned([small], query, Reporting(zero_metrics=rule)) for rule in ("absent", "zero"))
    assert all(row.get("TOTAL_CHECKOUT", 1) for row in absent)
    assert [row.get("TOTAL_CHECKOUT", 0) for row in absent] == [row["TOTAL_CHECKOUT"] for row in zero]
    assert {0} < {row["TOTAL_CHECKOUT"] for row in zero}
    assert not any("TOTAL_LEAD" in row for row in (*absent, *zero))  # no value at all, ever


def test_empty_rows_are_left_out_or_sent_as_the_rule_says() -> None:
    subject = steady(spans=((NOW - 5 * DAY, NOW - 2 * DAY),))
    query = msgspec.structs.replace(YEAR_DAYS, start_date=TODAY - datetime.timedelta(days=9), columns=("IMPRESSION_1",))
    assert len(earned([subject], query)) == 4
    sent = earned([subject], query, Reporting(zero_metrics="zero", empty_rows="zero"))
    assert len(sent) == 9
    assert sent[0] == {"DATE": "2026-06-21", "PRODUCT_GROUP_ID": "2680074608081", "IMPRESSION_1": 0}


def test_buckets_are_named_as_the_rule_says() -> None:
    query = Query(datetime.date(2026, 6, 3), datetime.date(2026, 6, 20), "WEEK", ("IMPRESSION_1",))
    dates = lambda **rule: [row[DATE] for row in earned([steady()], query, Reporting(**rule))]  # noqa: E731
    assert dates() == ["2026-06-01", "2026-06-08", "2026-06-15"]
    assert dates(week_starts=6) == ["2026-05-31", "2026-06-07", "2026-06-14"]
    assert dates(bucket_date="first_day_in_range") == ["2026-06-03", "2026-06-08", "2026-06-15"]


def test_ratios_are_fractions_or_percent_as_the_rule_says() -> None:
    fraction, percent = (earned([steady()], MEAN, Reporting(ratio_unit=unit))[0] for unit in ("fraction", "percent"))
    assert percent["CTR"] == pytest.approx(100 * fraction["CTR"])
    assert percent["CHECKOUT_ROAS"] == fraction["CHECKOUT_ROAS"]
    assert percent["CPM_IN_DOLLAR"] == fraction["CPM_IN_DOLLAR"]


def test_data_are_ready_when_nothing_changes_any_more() -> None:
    yesterday = TODAY - datetime.timedelta(days=1)
    assert ready(TODAY, now=NOW) == (False, False)
    assert ready(yesterday, now=NOW) == (False, True)
    assert ready(yesterday, now=MIDNIGHT + 3600) == (False, False)
    assert ready(yesterday, now=MIDNIGHT + 3 * 3600) == (False, True)
    assert ready(TODAY - datetime.timedelta(days=2), now=NOW) == (True, True)
    assert ready(yesterday, now=NOW, reporting=AT_ONCE) == (True, True)


def test_same_state_and_seed_same_bytes_on_every_machine() -> None:
    who = [steady(), steady(id="2680074608082", creative_type="VIDEO", bid_micro=400_000, budgets=(Limit(daily=9_000_000),))]
    made = b"".join(
        msgspec.json.encode(rows(who, msgspec.structs.replace(YEAR_DAYS, granularity=granularity), seed=7, now=NOW))
        for granularity in ("TOTAL", "DAY", "WEEK", "MONTH")
    )
    # Changes only with the model: then say so in the changelog, since users' expectations change with it.
    assert hashlib.sha256(made).hexdigest() == "13e9f3abe09ff0cfa98c2364311a3ceae57196c517f12d767ab95afa395b7697"
    other = msgspec.json.encode(rows(who, YEAR_DAYS, seed=8, now=NOW))
    assert other != msgspec.json.encode(rows(who, YEAR_DAYS, seed=7, now=NOW))


def test_the_cache_stays_small_and_changes_nothing() -> None:
    crowd = [alone(steady(id=str(10**12 + number))) for number in range(rows_module._CACHED + 50)]
    query = msgspec.structs.replace(MEAN, start_date=TODAY - datetime.timedelta(days=2))
    reporter = Reporter(7)
    first = reporter.rows(crowd, query, now=NOW)
    assert reporter.rows(crowd, query, now=NOW) == first
    for days in range(5):
        reporter.rows(crowd[:100], msgspec.structs.replace(query, end_date=TODAY - datetime.timedelta(days=days)), now=NOW)
        assert sum(map(len, reporter._made.values())) <= rows_module._CACHED
    reporter.clear(7)
    assert reporter.rows(crowd, query, now=NOW) == first
