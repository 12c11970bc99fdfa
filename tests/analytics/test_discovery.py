"""Which promotions there are: none is missed, whatever files leave out, and whenever a sync is killed."""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earned import DAY, Earned
from pinshop.analytics import planning
from pinshop.analytics.folder import FolderStore
from pinshop.analytics.warehouse import DuckStore
from pinshop.errors import BadReply
from synced import COUNT, KINDS, Killed, rows_of, truth

SOAK = bool(os.environ.get("PINSHOP_SOAK"))


def at(made: Earned, hour: int = 6) -> datetime.datetime:
    return datetime.datetime.combine(made.today, datetime.time(hour), datetime.UTC)


def begin(made: Earned, one: str, status: str = "ACTIVE", account: str = "7", days: int = 3) -> None:
    """A promotion that earned for some days, and has a status now."""
    for back in range(days):
        made.rows[account][one, made.today - back * DAY] = {COUNT: int(one) + back}
    made.promotions[account][one] = (status, at(made))


@pytest.fixture
def made() -> Earned:
    made = Earned()
    begin(made, "1", "ARCHIVED", days=40)
    begin(made, "2", days=40)
    return made


def sync(made: Earned, path: Any, **more: Any) -> Any:
    return made.client().analytics.sync(path, more.pop("accounts", "7"), columns=[COUNT], **more)


def test_files_that_hold_all_replace_reports(made, tmp_path):
    made.files = "all"
    sync(made, tmp_path / "ads.duckdb")
    assert (made.calls["file"], made.calls["order"]) == (1, 0)
    for status in ("ACTIVE", "PAUSED", "ARCHIVED"):
        made.today += DAY
        begin(made, str(len(made.promotions["7"]) + 1), status)
        sync(made, tmp_path / "ads.duckdb")
    assert rows_of(tmp_path / "ads.duckdb") == truth(made, first=made.today - 100 * DAY)
    assert (made.calls["file"], made.calls["order"]) == (4, 0)


def test_later_files_hold_what_changed_since(made, tmp_path):
    made.files = "all"
    made.today += 3 * DAY
    sync(made, tmp_path / "ads.duckdb")
    made.today += 5 * DAY
    held: list[Any] = []
    real = made._file
    made._file = lambda account, order: held.append((order, real(account, order))) or held[-1][1]  # type: ignore[method-assign]
    begin(made, "3")
    sync(made, tmp_path / "ads.duckdb")
    order, found = held[0]
    assert int(order["updated_since"]) == int((at(made, 12) - 6 * DAY).timestamp())
    assert [one["id"] for one in found["product_groups"]] == ["3"]
    assert rows_of(tmp_path / "ads.duckdb") == truth(made, first=made.today - 100 * DAY)


@pytest.mark.parametrize("held", ["active", "not archived"])
def test_files_of_some_promotions_are_not_trusted(made, tmp_path, held):
    made.files = held
    for _ in range(3):
        sync(made, tmp_path / "ads.duckdb")
        assert rows_of(tmp_path / "ads.duckdb") == truth(made, first=made.today - 100 * DAY)
        made.today += DAY
        begin(made, str(len(made.promotions["7"]) + 1), "ARCHIVED" if held == "not archived" else "PAUSED")
    assert made.calls["order"] == 3
    # A word that is not known says nothing, either.
    made.promotions["7"]["1"] = ("RUNNING", at(made))
    made.files = "all"
    del made.promotions["7"]["3"], made.promotions["7"]["4"], made.promotions["7"]["5"]
    sync(made, tmp_path / "ads.duckdb")
    assert made.calls["order"] == 4


def test_one_file_shows_for_all_accounts_of_a_run_and_twenty_that_do_not_are_enough(tmp_path):
    made = Earned()
    accounts = [str(n) for n in range(1, 61)]
    for account in accounts:
        begin(made, account + "00", account=account)
    made.files = "all"
    begin(made, "999", "ARCHIVED", account="1")
    client = made.client(concurrency=1)
    client.analytics.sync(tmp_path / "all.duckdb", accounts, columns=[COUNT])
    assert (made.calls["file"], made.calls["order"]) == (60, 0)
    made.files = "active"
    made.calls.clear()
    client.analytics.sync(tmp_path / "active.duckdb", accounts, columns=[COUNT])
    assert (made.calls["file"], made.calls["order"]) == (20, 60)
    assert rows_of(tmp_path / "active.duckdb") == rows_of(tmp_path / "all.duckdb")


@pytest.mark.parametrize(
    ("discover", "verify", "files", "reports"), [("report", False, 0, 1), ("bulk", False, 1, 0), ("bulk", True, 1, 0)]
)
def test_the_way_can_be_chosen(made, tmp_path, discover, verify, files, reports):
    made.files = "all"
    sync(made, tmp_path / "ads.duckdb", discover=discover, verify=verify)
    assert (made.calls["file"], made.calls["order"]) == (files, reports)


def test_a_sandbox_has_neither_files_nor_reports(made, tmp_path):
    made.refuse = lambda request: made._reply({"code": 29, "message": "No."}, 403) if "/reports" in request.target else None
    made_up = {
        "/v5/ad_accounts/7/ad_groups": [{"id": "5"}],
        "/v5/ad_accounts/7/product_group_promotions": [{"id": "1"}, {"id": "2"}],
    }
    real = made.send

    def send(request: Any) -> Any:
        path = request.target.partition("?")[0]
        return made._reply({"items": made_up[path]}) if path in made_up else real(request)

    made.send = send  # type: ignore[method-assign]
    sync(made, tmp_path / "ads.duckdb")
    assert rows_of(tmp_path / "ads.duckdb") == truth(made, first=made.today - 100 * DAY)


@pytest.mark.parametrize("listed", ["ad_groups", "product_group_promotions"])
def test_a_list_without_an_end_is_not_followed_for_ever(made, tmp_path, listed):
    numbers = itertools.count(1)
    real = made.send

    def send(request: Any) -> Any:
        noun = request.target.partition("?")[0].rpartition("/")[2]
        if noun == listed:
            number = next(numbers)
            assert number < 500
            return made._reply({"items": [], "bookmark": f"b{number}"})
        return made._reply({"items": [{"id": "5"}]}) if noun == "ad_groups" else real(request)

    made.send = send  # type: ignore[method-assign]
    with pytest.raises(BadReply, match="does not end"):
        sync(made, tmp_path / "ads.duckdb", discover="listing")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_where_files_fail_a_report_names_them(made, tmp_path, status):
    made.files = "all"
    made.refuse = lambda request: made._reply({"code": 1, "message": "No."}, status) if "/bulk/" in request.target else None
    sync(made, tmp_path / "ads.duckdb")
    assert rows_of(tmp_path / "ads.duckdb") == truth(made, first=made.today - 100 * DAY)
    assert made.calls["order"] == 1


def test_drafts_were_never_live_and_a_filter_names_what_belongs_to_it(made, tmp_path):
    made.files = "all"
    made.promotions["7"] |= {"8": ("DRAFT", at(made)), "9": ("DELETED_DRAFT", at(made))}
    found = made.client().analytics.get(
        "7", columns=[COUNT], start_date=made.today, end_date=made.today, way="sync", discover="bulk", campaign_ids=["77"]
    )
    assert {row["PRODUCT_GROUP_ID"] for row in found} == {"1", "2"}
    assert not {"8", "9"} & {one for _, one, _ in made.asked}
    assert made._orders[0][1]["entity_ids"] == ["77"]


@pytest.mark.parametrize(
    ("discover", "reads", "analytics"), [("bulk", 2 + 2 * 7, 2 * 7), ("report", 2, 2 * 7), ("listing", 2 + 2 * 2, 0)]
)
def test_the_cost_of_finding_them_is_said(discover, reads, analytics):
    plan = (
        Earned()
        .client()
        .analytics.plan(
            ["7", "8"], columns=[COUNT], start_date="2026-03-01", end_date="2026-03-31", way="sync", discover=discover
        )
    )
    calls = plan.cost().calls
    assert (calls["ads_read"], calls["ads_analytics"]) == (reads, analytics)
    assert planning.REPORT_CALLS == 7


# ------------------------------------------------------------------------------------------- the law

NIGHTS = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.integers(0, 4),
            "changes": st.lists(
                st.tuples(st.integers(1, 6), st.sampled_from(["ACTIVE", "PAUSED", "ARCHIVED"]), st.integers(1, 5)), max_size=4
            ),
            "verify": st.booleans(),
            "days_kept": st.none() | st.integers(1, 20),
            "killed_at": st.none() | st.integers(0, 60),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=200 if SOAK else 5)
@given(NIGHTS, st.sampled_from([None, "active", "not archived", "all"]))
def test_no_promotion_is_missed_whatever_files_hold_and_whenever_it_is_killed(tmp_path_factory, kind, nights, files):
    path = tmp_path_factory.mktemp("law") / kind
    made = Earned()
    made.files = files
    begin(made, "1", "ARCHIVED", days=30)
    seams = _Seams()
    with pytest.MonkeyPatch.context() as patch:
        for store in (DuckStore, FolderStore):
            for name in ("prepare", "read", "replace", "note"):
                patch.setattr(store, name, seams.around(getattr(store, name)))
        for name in ("_write", "_replace", "_clear"):  # within a transaction of a folder
            patch.setattr(FolderStore, name, seams.around(getattr(FolderStore, name)))
        made.refuse = lambda _: seams.strike()
        for night in nights:
            made.today += night["days"] * DAY
            for one, status, days in night["changes"]:
                begin(made, str(one), status, days=days)
            seams.left = night["killed_at"]
            try:
                client = made.client(concurrency=1)
                client.analytics.sync(path, "7", columns=[COUNT], verify=night["verify"], days=night["days_kept"])
            except Killed:
                pass
        seams.left = None
        made.client().analytics.sync(path, "7", columns=[COUNT])
    first = made.today - 89 * DAY
    assert rows_of(path) == truth(made, first=first)


class _Seams:
    """Kills at the so-manyth place where something was, or will be, done."""

    def __init__(self) -> None:
        self.left: int | None = None

    def strike(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def one(*args: Any) -> Any:
            self.strike()
            done = call(*args)
            self.strike()
            return done

        return one
