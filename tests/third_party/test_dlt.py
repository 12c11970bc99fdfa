"""dlt itself, in an environment of its own: after any restatements the destination equals a fresh full load."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from pinshop import Client
from pinshop.emulator import Emulator

JOB = Path(__file__).with_name("dlt_job.py")
SRC = Path(__file__).resolve().parents[2] / "src"
COLUMNS = "SPEND_IN_DOLLAR,TOTAL_CLICKTHROUGH,TOTAL_CHECKOUT,TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"


@pytest.fixture(scope="module")
def python(foreign_venv):
    if not os.environ.get("PINSHOP_ENGINES"):
        pytest.skip("dlt takes minutes to install; make engines runs this")
    return foreign_venv("dlt[duckdb]>=1.20,<2", "pyarrow>=18", "msgspec>=0.20", "urllib3>=2")


@pytest.fixture
def shop():
    with Emulator(now="2026-01-10T12:00:00Z", rules={"report_polls": 0, "report_seconds": 0}) as emulator:
        client = Client(emulator.access_token, base_url=emulator.base_url)
        items = [{"catalog_product_group_id": one, "status": "ACTIVE"} for one in emulator.catalog_product_group_ids[:3]]
        made = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
        emulator.ids = [outcome.id for outcome in made]
        emulator.client = client
        emulator.clock.advance(days=20)
        yield emulator
        client.close()


@pytest.fixture
def load(python, shop, tmp_path):
    def load(name: str, **more):
        end = (shop.clock.now().date()).isoformat()
        given = {
            "name": name,
            "database": str(tmp_path / f"{name}.duckdb"),
            "data": str(tmp_path / f"{name}.dlt"),
            "base_url": shop.base_url,
            "access_token": shop.access_token,
            "accounts": [shop.ad_account_id],
            "columns": COLUMNS,
            "start_date": "2026-01-10",
            "end_date": end,
            **more,
        }
        environ = {**os.environ, "PYTHONPATH": str(SRC), "HOME": str(tmp_path)}
        done = subprocess.run(
            [str(python), str(JOB), json.dumps(given)], capture_output=True, text=True, env=environ, check=False, timeout=300
        )
        if "kill_at" in more:
            assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
            return {}
        assert done.returncode == 0, done.stderr[-3000:]
        said, _, result = done.stdout.partition("RESULT ")
        load.moments = int(said.rpartition("MOMENTS ")[2])
        return json.loads(result)

    return load


def test_after_restatements_the_table_equals_a_fresh_full_load(shop, load):
    nightly = [load("nightly")]
    for night in range(3):
        shop.clock.advance(days=1 + 9 * night)  # conversions arrive late, days settle
        if night == 1:  # a promotion goes, and with it its rows of days that are not over
            shop.client.promotions.update(
                shop.ad_account_id, shop.ad_group_id, [{"id": shop.ids[0], "status": "ARCHIVED"}]
            ).raise_if_failed()
        nightly.append(load("nightly"))
    fresh = load("fresh")
    for table in ("product_group_analytics", "promotions", "campaigns", "ad_groups", "catalog_product_groups", "ad_accounts"):
        assert nightly[-1][table] == fresh[table], table
    assert len(fresh["product_group_analytics"]["rows"]) > 60
    assert fresh["product_group_analytics"]["types"]["spend_in_dollar"] == "DECIMAL(38,18)"
    assert nightly[0]["product_group_analytics"]["types"] == fresh["product_group_analytics"]["types"]
    history = nightly[-1]["promotions_history"]["rows"]
    assert len(history) == 4  # three promotions, one of them before and after it was archived


def test_rows_that_vanish_are_deleted_and_others_stay(shop, load):
    first = load("vanish")["product_group_analytics"]
    shop.world.earnings.state(shop.ids[1], "2026-01-29", shop.world.now(), {"spend": 0, "clicks": 0, "impressions": 0})
    second, fresh = load("vanish")["product_group_analytics"], load("vanish_fresh")["product_group_analytics"]
    assert second == fresh
    assert len(second["rows"]) <= len(first["rows"])


def test_an_earlier_start_is_read_and_a_later_one_leaves_no_gap(shop, load):
    columns = "SPEND_IN_DOLLAR,TOTAL_CLICKTHROUGH"  # settled after days, not after weeks
    load("moved", columns=columns, start_date="2026-01-20")
    shop.clock.advance(days=5)
    later = load(
        "moved", columns=columns, start_date="2026-02-03"
    )  # the days before are not settled, and are read all the same
    fresh = load("moved_fresh", columns=columns, start_date="2026-01-20")
    assert later["product_group_analytics"] == fresh["product_group_analytics"]
    shop.clock.advance(days=1)
    earlier = load("moved", columns=columns, start_date="2026-01-12")
    fresh = load("moved_fresh_again", columns=columns, start_date="2026-01-12")
    assert earlier["product_group_analytics"] == fresh["product_group_analytics"]


def test_other_windows_and_fewer_columns_mix_nothing(shop, load):
    shop.clock.advance(days=60)  # the first days are settled
    load("windows")
    found = load("windows", more={"click_window_days": 1}, columns="SPEND_IN_DOLLAR")["product_group_analytics"]
    fresh = load("windows_fresh", more={"click_window_days": 1})["product_group_analytics"]
    assert found == fresh


def test_a_folder_of_files_is_replaced_whole_or_refused(shop, load, tmp_path):
    given = {"destination": "filesystem", "database": str(tmp_path / "lake")}
    with pytest.raises(AssertionError, match="cannot replace single rows"):
        load("files", **given)
    first = load("files", more={"full_refresh": True}, **given)
    assert load("files", more={"full_refresh": True}, **given) == first
    fresh = load("fresh")
    for table, found in first.items():
        assert found["rows"] == fresh[table]["rows"], table


@pytest.mark.parametrize("destination", ["duckdb", "filesystem"])
def test_after_a_kill_at_any_moment_the_next_load_equals_a_fresh_one(shop, load, tmp_path, destination):
    given, places = {}, [tmp_path / "killed.duckdb", tmp_path / "killed.dlt"]
    if destination == "filesystem":
        places[0] = tmp_path / "lake"
        given = {"destination": destination, "database": str(places[0]), "more": {"full_refresh": True}}
    load("killed", **given)
    shop.clock.advance(days=2)  # late conversions, new days, and a promotion that is gone
    shop.client.promotions.update(
        shop.ad_account_id, shop.ad_group_id, [{"id": shop.ids[0], "status": "ARCHIVED"}]
    ).raise_if_failed()
    copy(places, tmp_path / "kept")
    expected = load("killed", **given)
    last = load.moments
    fresh = load("fresh")
    for table in {*expected} - {"promotions_history"}:  # that cannot be read again
        assert expected[table]["rows"] == fresh[table]["rows"], table
    for share in range(1, 14, 2):
        copy([tmp_path / "kept" / place.name for place in places], tmp_path)
        at = last * share // 14
        load("killed", kill_at=at, **given)
        assert load("killed", **given) == expected, f"killed at moment {at} of {last}"


def copy(places, to):
    to.mkdir(exist_ok=True)
    for place in places:
        if place.is_dir():
            shutil.rmtree(to / place.name, ignore_errors=True)
            shutil.copytree(place, to / place.name)
        else:
            shutil.copy(place, to / place.name)
