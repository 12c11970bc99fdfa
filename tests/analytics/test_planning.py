"""Queries: every id-day is asked for exactly once, by the way the rules say; what no call answers is refused with its dates."""

from __future__ import annotations

import asyncio
import datetime
import json
import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earned import DAY, Earned
from pinshop import AsyncClient
from pinshop.analytics import planning, tables
from pinshop.api import columns, operations
from pinshop.api.http import Reply
from pinshop.api.models import CatalogProductGroup, ProductGroupPromotion
from pinshop.errors import Forbidden, InvalidInput, ReportUnavailable
from pinshop.flow import events

TODAY = datetime.date(2026, 3, 31)
COUNT = "IMPRESSION_1"


def question(
    accounts: Any = "7", promotions: Any = ("1",), start: Any = "2026-03-01", end: Any = "2026-03-30", **more: Any
) -> Any:
    more = {"columns": [COUNT], "api_version": "5.28"} | more
    return planning.check(accounts, promotions, start_date=start, end_date=end, **more)


def planned(*args: Any, today: datetime.date = TODAY, **more: Any) -> planning.Plan:
    asked = question(*args, **more)
    return planning.make(asked, today, more.get("api_version", "5.28"))


@given(
    st.dictionaries(st.integers(1, 99), st.lists(st.integers(1, 10**18 - 1), max_size=700), min_size=1, max_size=4),
    st.integers(0, 914),
    st.integers(0, 400),
    st.sampled_from(["DAY", "HOUR"]),
    st.sampled_from([None, "sync", "report"]),
    st.sampled_from(operations.API_VERSIONS),
)
def test_every_id_day_is_asked_for_exactly_once(promotions, back, length, granularity, way, api_version):
    start = TODAY - back * DAY
    end = min(TODAY, start + length * DAY)
    try:
        plan = planned(list(promotions), promotions, start, end, granularity=granularity, way=way, api_version=api_version)
    except InvalidInput as error:
        assert error.field == "start_date"
        assert start < TODAY - (8 if granularity == "HOUR" else 90 if way == "sync" else 914) * DAY
        return
    seen: Counter[Any] = Counter()
    for ask in plan.asks:
        most_ids = 500 if ask.way == "report" else 100 if api_version in ("5.6", "5.14") else 250
        most_days = 3 if granularity == "HOUR" else 186 if ask.way == "report" else 90
        assert ask.ids is not None
        assert len(ask.ids) <= most_ids
        assert 0 <= (ask.last - ask.first).days < most_days
        assert way is None or ask.way == way
        seen.update(
            (ask.ad_account_id, one, ask.first + n * DAY) for one in ask.ids for n in range((ask.last - ask.first).days + 1)
        )
    days = [start + n * DAY for n in range((end - start).days + 1)]
    assert seen == Counter({(str(a), str(one), day): 1 for a, ids in promotions.items() for one in set(ids) for day in days})
    assert plan.cost().calls["ads_analytics"] == sum(1 if ask.way == "sync" else planning.REPORT_CALLS for ask in plan.asks)


@pytest.mark.parametrize(
    ("change", "way", "words"),
    [
        ({}, "sync", "1 call"),
        ({"promotions": None}, "report", "finds the promotions itself"),
        ({"level": "PRODUCT_ITEM"}, "report", "only reports know product items"),
        ({"start": TODAY - 90 * DAY}, "sync", "1 call"),
        ({"start": TODAY - 91 * DAY}, "report", "goes back 90 days"),
        ({"granularity": "HOUR", "start": TODAY - 8 * DAY}, "sync", "3 call"),
        ({"granularity": "TOTAL", "start": TODAY - 90 * DAY, "end": TODAY}, "report", "covers 90 days"),
        ({"promotions": range(1, 25_002)}, "report", "more than 100"),
        ({"promotions": range(1, 25_001)}, "sync", "100 call"),
        ({"way": "report"}, "report", "as asked"),
        ({"promotions": None, "campaign_ids": ["5"]}, "report", "finds the promotions itself"),
    ],
)
def test_the_rules_choose_the_way(change, way, words):
    plan = planned(**({"accounts": "7", "promotions": ["1"]} | change))
    assert {ask.way for ask in plan.asks} == {way}
    assert words in plan.why["7"]
    assert words in str(plan)
    assert "ads_analytics" in str(plan)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"start": TODAY - 915 * DAY}, "start_date", "2023-09-29 to 2026-03-31"),
        ({"start": TODAY - 91 * DAY, "way": "sync"}, "start_date", "2025-12-31 to 2026-03-31"),
        ({"granularity": "HOUR", "start": TODAY - 9 * DAY}, "start_date", "2026-03-23 to 2026-03-31.*ask for DAY"),
        ({"level": "PRODUCT_ITEM", "start": TODAY - 93 * DAY}, "start_date", "2025-12-29 to"),
        ({"start": TODAY + DAY, "end": TODAY + DAY}, "start_date", "2026-03-31 or earlier"),
        ({"end": "2026-02-01"}, "end_date", "2026-03-01"),
        ({"granularity": "TOTAL", "start": TODAY - 186 * DAY, "end": TODAY}, "end_date", "ask for DAY"),
        ({"level": "PRODUCT_ITEM", "way": "sync"}, "way", "only reports"),
        ({"accounts": ["7", "8"]}, "promotions", "dict of ids by ad account"),
        ({"promotions": {"9": ["1"]}}, "promotions", "ad_account_ids"),
        ({"promotions": "12"}, "promotions", "a list of ids"),
        ({"promotions": ["1"], "ad_group_ids": ["2"]}, "promotions", "one of them"),
        ({"promotions": None, "ad_group_ids": range(1, 502)}, "ad_group_ids", "at most 500"),
        ({"promotions": [CatalogProductGroup(id="3")]}, r"promotions\[0\]", "promotions.list"),
        ({"columns": ["SPEND"]}, r"columns\[0\]", "family"),
        ({"columns": "nothing"}, r"columns\[0\]", "a column"),
        ({"view_window_days": 2}, "view_window_days", "30"),
        ({"accounts": {}}, "ad_account_ids", "a list"),
    ],
)
def test_what_cannot_be_answered_is_refused(change, field, words):
    with pytest.raises(InvalidInput, match=rf"{field}: .*{words}"):
        planned(**({"accounts": "7", "promotions": ["1"]} | change))


def test_columns_are_names_families_or_all():
    assert question(columns="spend").columns == columns.FAMILIES["spend"]
    assert question(columns=["CTR", "video", "CTR"]).columns == ("CTR", *columns.available("5.28", "video"))
    assert question(columns="all", api_version="5.6").columns == columns.available("5.6")
    hourly = question(columns="all", granularity="HOUR").columns
    assert hourly
    assert not any(columns.COLUMNS[name].conversion for name in hourly)


def test_promotions_themselves_are_ids():
    assert question(promotions=[ProductGroupPromotion(id="12"), "13", 12]).promotions == {"7": ("12", "13")}


def test_accounts_take_turns():
    plan = planned(["1", "2"], {"1": range(1, 1001), "2": ["5"]})
    assert [ask.ad_account_id for ask in plan.asks] == ["1", "2", "1", "1", "1"]


# ---------------------------------------------------------------------------------------------- carried out


def earned(accounts: int = 1, ids: int = 3, today: str = "2026-03-31") -> Earned:
    server = Earned(today)
    for account in range(accounts):
        for one in range(ids):
            for n in range(120):
                day = server.today - n * DAY
                server.rows[str(account + 7)][str(account * 100 + one), day] = {COUNT: one * 1000 + n}
    return server


def key(row: dict[str, Any]) -> Any:
    return row["AD_ACCOUNT_ID"], row["PRODUCT_GROUP_ID"], row["DATE"]


ASKED = {"columns": [COUNT], "start_date": "2026-03-02", "end_date": "2026-03-30"}


def test_every_way_gives_the_same_rows():
    server = earned()
    client = server.client()
    first = client.analytics.get("7", ["0", "1", "2"], **ASKED)
    assert set(server.asked.values()) == {1}
    assert len(first) == 3 * 29
    assert first[0]["CURRENCY"] == "EUR"
    for other in ({"way": "report"}, {"promotions": None}, {"promotions": None, "way": "sync"}):
        rows = client.analytics.get("7", **({"promotions": ["0", "1", "2"]} | other), **ASKED)
        assert sorted(rows, key=key) == sorted(first, key=key)
        assert rows.to_arrow().schema == first.to_arrow().schema
    assert server.calls["account"] == 1


def test_old_days_come_by_report():
    server = earned()
    rows = server.client().analytics.get("7", ["0"], columns=[COUNT], start_date="2025-12-20", end_date="2026-03-30")
    assert (server.calls["order"], server.calls["analytics"]) == (1, 0)
    assert len(rows) == 101


def test_a_failing_account_takes_no_other_with_it():
    server = earned(accounts=3)

    def refuse(request: Any) -> Any:
        if "/ad_accounts/8/product_groups" in request.target:
            return Reply(403, {}, b'{"code": 29, "message": "no role"}')
        return None

    server.refuse = refuse
    told: list[Any] = []
    seen: list[Any] = []
    client = server.client(on_event=seen.append)
    promotions = {"7": ["0"], "8": ["100"], "9": ["200", "299"]}
    rows = client.analytics.get(list(promotions), promotions, progress=told.append, **ASKED)
    assert {row["AD_ACCOUNT_ID"] for row in rows} == {"7", "9"}
    assert list(rows.failed) == ["8"]
    assert isinstance(rows.failed["8"], Forbidden)
    assert rows.missing_ids == ("299",)
    assert "unknown: ad account 8" in repr(rows)
    with pytest.raises(Forbidden):
        rows.raise_if_failed()
    assert [(one.done, one.total) for one in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1].rows == len(rows)
    assert any("ad account 8 is unknown" in str(event) for event in seen if isinstance(event, events.Noticed))
    server.refuse = lambda _: Reply(403, {}, b'{"code": 29}')
    with pytest.raises(Forbidden):
        server.client().analytics.get(["7", "8"], {"7": ["0"], "8": ["1"]}, **ASKED)


def test_a_role_lost_in_the_middle_leaves_no_half_account():
    server = earned(ids=1)
    for n in range(300):
        server.rows["7"][str(5000 + n), TODAY - DAY] = {COUNT: 1}
    count = iter(range(10))

    def refuse(request: Any) -> Any:
        if "product_groups/analytics" in request.target and next(count) == 1:
            return Reply(403, {}, b'{"code": 29, "message": "no role"}')
        return None

    server.refuse = refuse
    with pytest.raises(Forbidden):
        server.client(concurrency=1).analytics.get("7", range(5000, 5300), **ASKED)


def test_a_request_that_is_too_long_is_cut_in_halves():
    server = earned(ids=10)
    server.refuse = lambda request: Reply(414, {}, b"") if request.target.count("product_group_ids=") > 3 else None
    rows = server.client().analytics.get("7", range(10), **ASKED)
    assert len(rows) == 290
    assert set(server.asked.values()) == {1}


@pytest.mark.parametrize("before", ["FINISHED", "IN_PROGRESS"])  # when its file is fetched, or while it is waited for
def test_a_report_that_expires_while_it_is_read_is_ordered_again(before):
    server = earned()
    states = iter([before, "EXPIRED"])

    def refuse(request: Any) -> Any:
        if request.target.endswith("/report/0"):
            return Reply(403, {}, b"expired")
        if "token=0" in request.target:
            state = next(states, "EXPIRED")
            return Reply(200, {}, json.dumps({"report_status": state, "url": "https://rows.invalid/v5/report/0"}).encode())
        return None

    server.refuse = refuse
    assert len(server.client().analytics.get("7", **ASKED)) == 87
    assert server.calls["order"] == 2
    server = earned()
    server.refuse = lambda request: Reply(200, {}, b'{"report_status": "EXPIRED"}') if "token=" in request.target else None
    with pytest.raises(ReportUnavailable, match="EXPIRED"):
        server.client().analytics.get("7", **ASKED)
    assert server.calls["order"] == 2


def test_without_reports_the_ad_groups_are_listed():
    server = earned()

    def refuse(request: Any) -> Any:
        if "/reports" in request.target:
            return Reply(403, {}, b'{"code": 29, "message": "not in the sandbox"}')
        if "/ad_groups?" in request.target:
            return Reply(200, {}, b'{"items": [{"id": "AG5"}, {"id": "6"}], "bookmark": null}')
        if "product_group_promotions?" in request.target:
            ids = ["0", "1"] if "ad_group_id=5" in request.target else ["2"]
            return Reply(200, {}, json.dumps({"items": [{"id": one} for one in ids]}).encode())
        return None

    server.refuse = refuse
    rows = server.client().analytics.get("7", way="sync", **ASKED)
    assert len(rows) == 87
    assert set(server.asked.values()) == {1}


def test_nothing_asked_is_no_rows():
    server = earned()
    client = server.client()
    for rows in (client.analytics.get("7", [], **ASKED), client.analytics.get([], **ASKED)):
        assert len(rows) == 0
        assert not rows
        assert rows.missing_ids == ()
        assert [str(kind) for kind in rows.to_arrow().schema.types][-2:] == ["date32[day]", "int64"]
    assert server.calls["analytics"] == 0
    rows = client.promotions.analytics("7", [], granularity="DAY", **ASKED)
    assert (len(rows), server.calls["analytics"]) == (0, 0)


def test_the_servers_day_counts_not_the_machines():
    server = earned(today="2030-01-01")
    client = server.client(clock=None)
    client.analytics.get("7", ["0"], columns=[COUNT], start_date="2029-12-01", end_date="2030-01-01")
    server.today += 30 * DAY
    rows = client.analytics.get("7", ["0"], columns=[COUNT], start_date="2029-12-01", end_date="2030-01-20")
    assert rows.asked.last == datetime.date(2030, 1, 20)
    with pytest.raises(InvalidInput, match="2030-01-31 or earlier"):
        client.analytics.get("7", ["0"], columns=[COUNT], start_date="2030-02-01", end_date="2030-03-01")
    rows = client.analytics.get("7", ["0"], columns=[COUNT], start_date="2030-01-20", end_date="2030-03-01")
    assert rows.asked.last == datetime.date(2030, 1, 31)


def test_a_batch_is_a_table_of_the_schema_of_the_plan():
    server = earned(ids=2)
    client = server.client()
    plan = client.analytics.plan("7", ["0", "1"], **ASKED)
    (ask,) = plan.asks
    table = client.analytics.batch(plan, ask)
    assert table.schema == plan.query.schema()
    assert table.num_rows == 58
    server.refuse = lambda request: Reply(200, {}, b"[]") if "product_groups" in request.target else None
    assert client.analytics.batch(plan, ask).schema == plan.query.schema()


def test_asynchronously_the_same():
    server = earned(accounts=2)

    class Transport:
        async def send(self, request: Any) -> Any:
            return server.send(request)

        async def close(self) -> None: ...

    async def run() -> Any:
        client = AsyncClient("emulated_rows", base_url="https://rows.invalid/v5", transport=Transport(), pacing=False)
        return await client.analytics.get(["7", "8"], {"7": ["0"], "8": ["100"]}, **ASKED)

    rows = asyncio.run(run())
    assert sorted(rows, key=key) == sorted(
        server.client().analytics.get(["7", "8"], {"7": ["0"], "8": ["100"]}, **ASKED), key=key
    )


def test_a_table_is_made_beside_the_event_loop(monkeypatch):
    """A large answer takes a tenth of a second to become a table: in it, others arrive."""
    server = earned()
    threads = []
    real = tables.from_block
    monkeypatch.setattr(tables, "from_block", lambda *given: threads.append(threading.get_ident()) or real(*given))

    class Transport:
        async def send(self, request: Any) -> Any:
            return server.send(request)

        async def close(self) -> None: ...

    async def run() -> Any:
        client = AsyncClient("emulated_rows", base_url="https://rows.invalid/v5", transport=Transport(), pacing=False)
        plan = client.analytics.plan("7", ["0"], **ASKED)
        return await client.analytics.batch(plan, plan.asks[0])

    assert asyncio.run(run()).num_rows == 29
    assert threading.get_ident() not in threads


def test_a_served_emulator_says_its_own_day():
    """A frozen emulator is not judged by the machine's calendar, whoever serves it."""
    from pinshop import Client
    from pinshop.emulator import Emulator

    with Emulator(now="2031-01-01T00:00:00Z") as emulator, Client(emulator.access_token, base_url=emulator.base_url) as client:
        client.ad_accounts.get(emulator.ad_account_id)
        assert (
            client.analytics.plan(
                emulator.ad_account_id, ["1"], columns=[COUNT], start_date="2030-09-01", end_date="2030-09-02"
            )
            .asks[0]
            .way
            == "report"
        )
        emulator.clock.advance(days=30)
        plan = client.analytics.plan(
            emulator.ad_account_id, ["1"], columns=[COUNT], start_date="2031-01-01", end_date="2031-01-01"
        )
        assert plan.asks[0].way == "sync"
        rows = client.analytics.get(
            emulator.ad_account_id, ["1"], columns=[COUNT], start_date="2031-01-20", end_date="2031-01-31"
        )
        assert rows.missing_ids == ("1",)
