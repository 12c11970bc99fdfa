"""Sync: after any sequence of restatements and kills the table equals a fresh full load; nothing settled is read again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earned import DAY, Earned
from pinshop.analytics import sync, warehouse
from pinshop.api.http import Reply
from pinshop.errors import BadReply, ConfigurationError, Forbidden, InvalidInput
from synced import COUNT, KINDS, LATE, Killed, held, rows_of, truth

SOAK = bool(os.environ.get("PINSHOP_SOAK"))


def server(ids: Any = range(1000, 1004), days: int = 95, account: str = "7") -> Earned:
    made = Earned()
    for one in ids:
        for n in range(days):
            made.rows[account][str(one), made.today - n * DAY] = {COUNT: one + n, LATE: n, "SPEND_IN_DOLLAR": n / 4}
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_sync_is_a_full_load(tmp_path, kind):
    made = server()
    done = made.client().analytics.sync(tmp_path / kind, "7", columns=[COUNT])
    assert rows_of(tmp_path / kind) == truth(made)
    assert (done.rows, done.changed, done.calls, done.failed) == (4 * 90, 0, 1, {})
    days = held(tmp_path / kind, "sync_days", "ad_account_id, day, settled, ids, rows")
    assert days == [("7", made.today - n * DAY, n > 3, 4, 4) for n in range(89, -1, -1)]
    assert {settled for *_, settled in held(tmp_path / kind, columns="DATE, settled")} == {True, False}


@pytest.mark.parametrize(
    ("columns", "setting", "lag"),
    [
        ([COUNT], {}, 3),
        ([COUNT, LATE], {}, 33),
        ([LATE], {"click_window_days": 7, "engagement_window_days": 1, "view_window_days": 1}, 10),
        ([LATE], {"click_window_days": 60}, 63),
        ([LATE], {"conversion_report_time": "TIME_OF_CONVERSION"}, 3),
        ([COUNT], {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE"}, 4),
        (["BRAND_NEW"], {"allow_unknown_columns": True}, 33),
    ],
)
def test_exactly_the_days_that_may_change_are_read_again(tmp_path, columns, setting, lag):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", range(1000, 1004), columns=columns, **setting)
    for _ in range(3):
        made.today += DAY
        made.asked.clear()
        done = made.client().analytics.sync(path, "7", range(1000, 1004), columns=columns, **setting)
        assert done.calls == 1
        assert set(made.asked.values()) == {1}
        # Last night, days up to today - 1 - (lag + 1) were settled.
        assert {day for *_, day in made.asked} == {made.today - n * DAY for n in range(lag + 2)}


@pytest.mark.parametrize("days_back", [0, 1, 10, 32, 33, 34, 60, 89])
def test_nothing_before_the_first_day_is_ever_read(tmp_path, days_back):
    """Also where the days that may still change reach back before it."""
    made = server()
    start = made.today - days_back * DAY
    for _ in range(3):
        made.asked.clear()
        made.client().analytics.sync(tmp_path / "ads.duckdb", "7", columns=[COUNT, LATE], start_date=start)
        assert min(day for *_, day in made.asked) >= start
        assert rows_of(tmp_path / "ads.duckdb", (COUNT, LATE)) == truth(made, (COUNT, LATE), start)
        made.today += DAY


def test_a_day_that_is_not_ready_is_not_settled(tmp_path):
    made = server()
    made.ready = False
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    assert {settled for *_, settled in held(path, columns="DATE, settled")} == {False}
    made.ready = True
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    made.asked.clear()
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    assert len(made.asked) == 4


def test_calls_are_the_ids_in_batches_of_250(tmp_path):
    made = server(range(1000, 1501), days=40)
    path = tmp_path / "ads.duckdb"
    for _ in range(2):
        made.calls.clear()
        assert made.client().analytics.sync(path, "7", range(1000, 1501), columns=[COUNT]).calls == 3
        assert (made.calls["analytics"], made.calls["ready"]) == (3, 1)
        made.today += DAY
    assert made.calls["account"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_restated_vanished_and_late_rows(tmp_path, kind):
    made = server()
    path = tmp_path / kind
    made.client().analytics.sync(path, "7", columns=[COUNT])
    yesterday = made.today
    made.today += DAY
    rows = made.rows["7"]
    rows["1000", yesterday] = {COUNT: 1}
    del rows["1001", yesterday]
    for one in range(1000, 1004):  # a day that comes back empty
        rows.pop((str(one), yesterday - DAY), None)
    rows["1000", yesterday + DAY] = {COUNT: 9}
    done = made.client().analytics.sync(path, "7", columns=[COUNT])
    assert rows_of(path) == truth(made, first=made.today - 90 * DAY)
    assert done.changed == 6
    changes = {(c.product_group_id, c.date, c.before, c.after) for c in done.changed_since("yesterday")}
    assert ("1000", yesterday, 1000, 1) in changes
    assert ("1001", yesterday, 1001, None) in changes
    assert len(changes) == 6
    assert done.changed_since(made.today) == []
    assert len(sync.changed_since(path, yesterday)) == 6
    assert len(sync.changed_since(path, f"{made.today}T12:00:00")) == 6
    assert sync.changed_since(path, f"{made.today}T12:00:01") == []
    made.rows["7"]["1001", yesterday] = {COUNT: 77}
    again = made.client().analytics.sync(path, "7", columns=[COUNT])
    assert again.changed == 1
    assert ("1001", yesterday, 1001, 77) in {
        (c.product_group_id, c.date, c.before, c.after) for c in again.changed_since("yesterday")
    }
    with pytest.raises(InvalidInput, match="when"):
        again.changed_since("the day before")


def test_a_row_that_appears_late_is_a_change(tmp_path):
    made = server()
    path = tmp_path / "ads.duckdb"
    late = made.rows["7"].pop(("1000", made.today - DAY))
    made.client().analytics.sync(path, "7", columns=[COUNT])
    made.rows["7"]["1000", made.today - DAY] = late
    done = made.client().analytics.sync(path, "7", columns=[COUNT])
    assert [(c.before, c.after) for c in done.changed_since("yesterday")] == [(None, 1001)]


@pytest.mark.parametrize("kind", KINDS)
def test_promotions_appear_and_are_archived(tmp_path, kind):
    made = server([1000])
    path = tmp_path / kind
    made.client().analytics.sync(path, "7", columns=[COUNT])
    made.today += DAY
    for n in range(30):
        made.rows["7"]["2000", made.today - n * DAY] = {COUNT: n}
    made.rows["7"]["1000", made.today - DAY] = {COUNT: 4}
    made.client().analytics.sync(path, "7", columns=[COUNT])
    assert rows_of(path) == truth(made, first=made.today - 90 * DAY)
    # Archived: no longer live in these days, yet what it earned may be restated.
    made.today += 2 * DAY
    made.rows["7"]["1000", made.today - 3 * DAY] = {COUNT: 5}
    made.client().analytics.sync(path, "7", columns=[COUNT], days=2)
    assert rows_of(path) == truth(made, first=made.today - 92 * DAY)


@pytest.mark.parametrize("kind", KINDS)
def test_a_subset_of_promotions_touches_no_other(tmp_path, kind):
    made = server()
    path = tmp_path / kind
    made.client().analytics.sync(path, "7", columns=[COUNT])
    before = rows_of(path)
    for rows in made.rows.values():
        for key in rows:
            rows[key] = {COUNT: 1}
    made.client().analytics.sync(path, "7", ["1002"], columns=[COUNT], verify=True)
    after = rows_of(path)
    assert [row for row in after if row[2] != "1002"] == [row for row in before if row[2] != "1002"]
    assert {row[4] for row in after if row[2] == "1002"} == {1}


def test_verify_reads_ninety_days(tmp_path):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", columns=[COUNT])
    made.rows["7"]["1000", made.today - 80 * DAY] = {COUNT: 1}
    made.client().analytics.sync(path, "7", columns=[COUNT])
    assert rows_of(path) != truth(made)
    assert made.client().analytics.sync(path, "7", columns=[COUNT], verify=True).changed == 1
    assert rows_of(path) == truth(made)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_column_is_filled_in_for_every_day(tmp_path, kind):
    made = server()
    path = tmp_path / kind
    made.client().analytics.sync(path, "7", columns=[COUNT])
    made.today += DAY
    done = made.client().analytics.sync(path, "7", columns=["SPEND_IN_DOLLAR"])
    found = rows_of(path, (COUNT, "SPEND_IN_DOLLAR"))
    assert found == truth(made, (COUNT, "SPEND_IN_DOLLAR"), made.today - 90 * DAY)
    assert done.changed == 0
    made.asked.clear()
    made.client().analytics.sync(path, "7", range(1000, 1004), columns=[COUNT])
    assert len({day for *_, day in made.asked}) == 4
    assert rows_of(path, (COUNT, "SPEND_IN_DOLLAR")) == found


@pytest.mark.parametrize("kind", KINDS)
def test_an_earlier_first_day_is_read_by_report(tmp_path, kind):
    made = server(days=130)
    path = tmp_path / kind
    made.client().analytics.sync(path, "7", range(1000, 1004), columns=[COUNT], days=10)
    assert rows_of(path) == truth(made, first=made.today - 9 * DAY)
    made.client().analytics.sync(path, "7", range(1000, 1004), columns=[COUNT], start_date=made.today - 120 * DAY)
    assert rows_of(path) == truth(made, first=made.today - 120 * DAY)
    assert made.calls["order"] == 1


@pytest.mark.parametrize(
    "other",
    [
        {"click_window_days": 7},
        {"reporting_timezone": "AD_ACCOUNT_TIME_ZONE"},
        {"conversion_report_time": "TIME_OF_CONVERSION"},
    ],
)
def test_another_setting_needs_another_table(tmp_path, other):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", columns=[COUNT])
    with pytest.raises(ConfigurationError, match=r"holds rows of windows 30/30/1.*table="):
        made.client().analytics.sync(path, "7", columns=[COUNT], **other)
    made.client().analytics.sync(path, "7", columns=[COUNT], click_window_days=30)  # as Pinterest's default
    made.client().analytics.sync(path, "7", columns=[COUNT], table="other", **other)
    assert held(path, "other", COUNT) == held(path, "analytics", COUNT)


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_that_fails_stays_as_it_was(tmp_path, kind):
    made = server()
    for n in range(10):
        made.rows["8"]["5000", made.today - n * DAY] = {COUNT: n}
    path = tmp_path / kind
    made.client().analytics.sync(path, ["7", "8"], columns=[COUNT])
    before = [row for row in rows_of(path) if row[0] == "8"]
    made.rows["8"]["5000", made.today] = {COUNT: 99}
    made.rows["7"]["1000", made.today] = {COUNT: 99}
    made.refuse = lambda request: Reply(403, {}, b"{}") if "/ad_accounts/8" in request.target else None
    done = made.client().analytics.sync(path, ["7", "8"], columns=[COUNT])
    assert isinstance(done.failed["8"], Forbidden)
    assert [row for row in rows_of(path) if row[0] == "8"] == before
    assert ("7", "EUR", "1000", made.today, 99) in rows_of(path)
    with pytest.raises(Forbidden):
        made.client().analytics.sync(path, ["8"], columns=[COUNT])
    made.refuse = lambda _: None
    made.client().analytics.sync(path, ["7", "8"], columns=[COUNT])
    assert rows_of(path) == truth(made)


def test_rows_that_nobody_asked_for_do_not_come_in_and_doubles_are_refused(tmp_path):
    made = server([1000])
    path = tmp_path / "ads.duckdb"
    day = str(made.today)
    stray = f'[{{"PRODUCT_GROUP_ID": "1000", "DATE": "{day}", "{COUNT}": 1}}, {{"PRODUCT_GROUP_ID": "9", "DATE": "{day}"}}]'
    made.refuse = lambda request: Reply(200, {}, stray.encode()) if "product_groups" in request.target else None
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    assert rows_of(path) == [("7", "EUR", "1000", made.today, 1)]
    made.refuse = lambda request: (
        Reply(200, {}, stray.replace('"9"', '"1000"').encode()) if "product_groups" in request.target else None
    )
    with pytest.raises(BadReply, match="twice"):
        made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    assert rows_of(path) == [("7", "EUR", "1000", made.today, 1)]
    # An answer of nothing but other ids (written in another form, say) does not mean that there is nothing.
    for other in ('"1000.0"', '"AG1000"', '"9"'):
        foreign = stray.replace('"1000"', other).replace('"9"', other)
        made.refuse = lambda request, foreign=foreign: (
            Reply(200, {}, foreign.encode()) if "product_groups" in request.target else None
        )
        with pytest.raises(BadReply, match="not one of 2"):
            made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
        assert rows_of(path) == [("7", "EUR", "1000", made.today, 1)]


def test_a_new_column_is_spelt_as_the_table_has_it(tmp_path):
    made, path = server([1000]), tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", ["1000"], columns=["NEW_ONE"], allow_unknown_columns=True)
    with pytest.raises(InvalidInput, match="as the table analytics has it: NEW_ONE"):
        made.client().analytics.sync(path, "7", ["1000"], columns=["New_One"], allow_unknown_columns=True)


@pytest.mark.parametrize("row", [{"PRODUCT_GROUP_ID": "1000"}, {"DATE": "2026-03-31"}, {"DATE": None, "PRODUCT_GROUP_ID": "1"}])
def test_rows_that_name_no_promotion_or_day_replace_nothing(tmp_path, row):
    made = server([1000])
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    before = rows_of(path)
    made.refuse = lambda request: made._reply([{COUNT: 1, **row}]) if "product_groups" in request.target else None
    with pytest.raises(BadReply, match="without PRODUCT_GROUP_ID or DATE"):
        made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    assert rows_of(path) == before


def test_a_clock_that_goes_back_unsettles_nothing_and_loses_nothing(tmp_path):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", columns=[COUNT])
    expected = rows_of(path)
    settled = held(path, "sync_ids", "product_group_id, settled_until, last_day")
    today = made.today
    for back in (1, 30, 400):
        made.today = today - back * DAY
        made.client().analytics.sync(path, "7", range(1000, 1004), columns=[COUNT])
        assert set(expected) <= set(rows_of(path))
        assert held(path, "sync_ids", "product_group_id, settled_until, last_day") == settled
    made.today = today
    made.rows["7"]["1000", today] = {COUNT: 5}
    assert made.client().analytics.sync(path, "7", columns=[COUNT]).changed == 1
    assert rows_of(path) == truth(made, first=min(row[3] for row in rows_of(path)))


def test_arguments_are_checked(tmp_path):
    client = server().client()
    for change, field in (
        ({"days": 0}, "days"),
        ({"days": True}, "days"),
        ({"days": 5, "start_date": "2026-03-01"}, "days, start_date"),
        ({"start_date": "2020-01-01"}, "start_date"),
        ({"start_date": "2026-04-02"}, "start_date"),
        ({"table": "a b"}, "table"),
        ({"table": "sync_ids"}, "table"),
        ({"columns": ["NONE"]}, "columns"),
    ):
        with pytest.raises(InvalidInput, match=field):
            client.analytics.sync(tmp_path / "ads.duckdb", "7", **{"columns": [COUNT], **change})


# ------------------------------------------------------------------------------------------- the law


NIGHTS = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.integers(0, 9),
            "restated": st.lists(st.tuples(st.integers(0, 5), st.integers(0, 33), st.none() | st.integers(0, 9)), max_size=8),
            "ids": st.none() | st.sets(st.integers(0, 5), min_size=1),
            "columns": st.sampled_from([[COUNT], [LATE], [COUNT, LATE]]),
            "verify": st.booleans(),
            "killed_at": st.none() | st.tuples(st.sampled_from(["call", "commit"]), st.integers(0, 6)),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300 if SOAK else 4)
@given(NIGHTS)
def test_after_restatements_and_kills_the_table_equals_a_fresh_load(tmp_path_factory, kind, nights):
    path = tmp_path_factory.mktemp("law") / kind
    made = server(range(3), days=40)
    lag = 33
    real = warehouse.apply
    for night in nights:
        made.today += night["days"] * DAY
        for one, back, value in night["restated"]:
            assert back <= lag  # older days do not change
            rows = made.rows["7"]
            if value is None:
                rows.pop((str(one), made.today - back * DAY), None)
            else:
                rows[str(one), made.today - back * DAY] = {COUNT: value, LATE: value + 1}
        left = night["killed_at"] and night["killed_at"][1]

        def strike(where: str, night: Any = night) -> None:
            nonlocal left
            if night["killed_at"] and night["killed_at"][0] == where:
                left -= 1
                if left < 0:
                    raise Killed

        def before_commit(*args: Any, strike: Any = strike) -> Any:
            done = real(*args)
            strike("commit")
            return done

        made.refuse = lambda _, strike=strike: strike("call")
        warehouse.apply = before_commit  # type: ignore[assignment]
        ids = None if night["ids"] is None else sorted(night["ids"])
        try:
            made.client(concurrency=1).analytics.sync(path, "7", ids, columns=night["columns"], verify=night["verify"])
        except Killed:
            pass
        finally:
            warehouse.apply = real
            made.refuse = lambda _: None
    made.client().analytics.sync(path, "7", columns=[COUNT, LATE])
    first = min(day for _, day in made.rows["7"])
    assert rows_of(path, (COUNT, LATE)) == truth(made, (COUNT, LATE), first)
    fresh = path.with_name("fresh.duckdb")
    made.client().analytics.sync(fresh, "7", columns=[COUNT, LATE])
    start = made.today - 89 * DAY
    assert [row for row in rows_of(path, (COUNT, LATE)) if row[3] >= start] == rows_of(fresh, (COUNT, LATE))
    keys = held(path, columns="AD_ACCOUNT_ID, PRODUCT_GROUP_ID, DATE")
    assert len(keys) == len(set(keys))


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[4:]
import test_sync as t
from pinshop.analytics import warehouse
made, where, left = t.server(range(1000, 1300), 20), sys.argv[2], int(sys.argv[3])
for key in made.rows["7"]:
    made.rows["7"][key][t.COUNT] += 5
real = warehouse.apply
def apply(*args):
    global left
    if where == "before": left -= 1
    if left < 0: os.kill(os.getpid(), signal.SIGKILL)
    done = real(*args)
    if where == "after": left -= 1
    if left < 0: os.kill(os.getpid(), signal.SIGKILL)
    return done
warehouse.apply = apply
made.client(concurrency=1).analytics.sync(sys.argv[1], "7", range(1000, 1300), columns=[t.COUNT], verify=True)
"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("where", "left"), [("after", 0), ("before", 1)])
def test_sigkill_leaves_whole_scopes(tmp_path, where, left, kind):
    path = tmp_path / kind
    made = server(range(1000, 1300), 20)
    made.client().analytics.sync(path, "7", range(1000, 1300), columns=[COUNT])
    before = rows_of(path)
    here = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    done = subprocess.run([sys.executable, "-c", KILLED, path, where, str(left), *here], check=False)
    assert done.returncode == -signal.SIGKILL
    if path.suffix:
        with duckdb.connect(path):  # whoever opens it first replays what was committed
            pass
    after = rows_of(path)
    changed = {new[2] for old, new in zip(before, after, strict=True) if old != new}
    assert len(changed) == (0 if where == "after" else 250)
    for rows in made.rows["7"].values():
        rows[COUNT] += 5
    made.client().analytics.sync(path, "7", range(1000, 1300), columns=[COUNT], verify=True)
    assert rows_of(path) == truth(made)


# ------------------------------------------------------------------------------------------ other processes


@pytest.mark.parametrize("kind", KINDS)
def test_without_duckdb_both_forms_say_what_they_need(tmp_path, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    made = server()
    with pytest.raises(ConfigurationError, match=r"a sync.* needs duckdb.*pip install 'pinshop\[duckdb\]'"):
        made.client().analytics.sync(tmp_path / kind, "7", columns=[COUNT])
    assert not made.targets


def test_one_sync_at_a_time(tmp_path):
    made = server()
    path = tmp_path / "ads.duckdb"

    def second(request: Any) -> Any:
        if "product_groups" in request.target:
            with pytest.raises(ConfigurationError, match=rf"another sync of .* is under way \(process {os.getpid()}\)"):
                server().client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
        return None

    made.refuse = second
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])


def test_a_reader_holds_a_sync_up_but_breaks_nothing(tmp_path):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT])
    code = textwrap.dedent(
        """
        import duckdb, sys
        c = duckdb.connect(sys.argv[1], read_only=True); print("held", flush=True); sys.stdin.readline()
        """
    )
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ConfigurationError, match=f"held open by process {holder.pid}"):
            made.client().analytics.sync(path, "7", ["1000"], columns=[COUNT], wait_seconds=0)
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 2:
                holder.communicate(b"\n")

        made.client(sleep=sleep).analytics.sync(path, "7", ["1000"], columns=[COUNT], wait_seconds=60)
    assert len(pauses) >= 2


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    made = server()
    path = tmp_path / "ads.duckdb"
    made.client().analytics.sync(path, "7", columns=[COUNT])
    before = rows_of(path)

    def full(*_: Any) -> Any:
        raise duckdb.IOException("Could not write file: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "_remember_days", full)
        with pytest.raises(ConfigurationError, match="No space left"):
            made.client().analytics.sync(path, "7", columns=[COUNT], verify=True)
    assert rows_of(path) == before


def test_a_folder_is_readable_at_every_moment(tmp_path):
    """Whoever reads the manifest finds its files, also while the next ones are written; what no manifest names is removed."""
    made = server()
    path = tmp_path / "ads"
    made.client().analytics.sync(path, "7", columns=[COUNT])
    for night in range(3):
        made.today += DAY
        made.rows["7"]["1000", made.today - DAY] = {COUNT: night}
        listed = sync.parquet_files(path)
        made.client().analytics.sync(path, "7", range(1000, 1004), columns=[COUNT])
        assert len(listed) >= 3
        assert all(file.exists() for file in listed)
        assert set(listed) != set(sync.parquet_files(path))
    assert len(list(path.glob("*.parquet"))) < 2 * len(sync.FolderStore(path).manifest().files)
    (path / "manifest.json").write_text("[]")
    with pytest.raises(ConfigurationError, match="no manifest"):
        made.client().analytics.sync(path, "7", columns=[COUNT])


def test_older_duckdb_can_read_the_file(tmp_path):
    path = tmp_path / "ads.duckdb"
    server().client().analytics.sync(path, "7", columns=[COUNT])
    with path.open("rb") as file:
        head = file.read(52)
    assert head[8:12] == b"DUCK"
    assert int.from_bytes(head[12:20], "little") <= 68


def test_asynchronously_the_same(tmp_path):
    import asyncio

    from pinshop import AsyncClient

    made = server()

    class Transport:
        async def send(self, request: Any) -> Any:
            return made.send(request)

        async def close(self) -> None: ...

    async def run() -> None:
        client = AsyncClient("emulated_rows", base_url="https://rows.invalid/v5", transport=Transport(), pacing=False)
        await client.analytics.sync(tmp_path / "ads.duckdb", ["7"], columns=[COUNT])

    asyncio.run(run())
    assert rows_of(tmp_path / "ads.duckdb") == truth(made)


FULL = """
import resource, signal, sys
sys.path[:0] = sys.argv[2:]
import test_sync as t
from pathlib import Path
from pinshop.errors import PinshopError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, made = Path(sys.argv[1]), t.server(range(1000, 1040))
made.client().analytics.sync(path, "7", range(1000, 1020), columns=[t.COUNT])
before = t.rows_of(path)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
try:
    made.client().analytics.sync(path, "7", range(1000, 1040), columns=[t.COUNT], verify=True)
except (PinshopError, OSError) as error:
    print(type(error).__name__, "cannot be used" in str(error))
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert t.rows_of(path) == before
made.client().analytics.sync(path, "7", range(1000, 1040), columns=[t.COUNT])
assert t.rows_of(path) == t.truth(made)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are Unix's")
@pytest.mark.parametrize("kind", KINDS)
def test_files_that_cannot_grow_keep_what_they_hold(tmp_path, kind):
    """A limit of file sizes, which the system enforces as it does a full disk: in the middle of a write."""
    here = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / kind, *here], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr[-2000:]) == ("ConfigurationError True\n", "")
