"""`pinshop analytics`: against an emulator in which promotions have earned."""

from __future__ import annotations

import json
import shlex
from decimal import Decimal

import pytest
from click.testing import CliRunner

from pinshop import Client
from pinshop.analytics.rows import Rows
from pinshop.cli import charts
from pinshop.cli.tree import main
from pinshop.emulator import Emulator
from pinshop.errors import InvalidInput


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A file of an emulator whose promotions have been live for forty days."""
    path = tmp_path_factory.mktemp("emulator") / "shop.db"
    with Emulator(data=path, now="2026-01-20T12:00:00Z") as emulator:
        client = Client(emulator.access_token, base_url="http://emulator.local/v5", transport=emulator.transport())
        items = [{"catalog_product_group_id": one} for one in emulator.catalog_product_group_ids[:3]]
        client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items).raise_if_failed()
        emulator.clock.advance(days=40)
        client.close()
    return path


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    monkeypatch.setenv("PINSHOP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def run(line: str, *, code: int = 0):
        result = CliRunner().invoke(main, [*shlex.split(line), f"--emulator={database}"], prog_name="pinshop")
        assert result.exit_code == code, (line, result.stdout, result.stderr, result.exception)
        return result

    return run


def rows(result) -> list[dict]:
    return [json.loads(line, parse_float=Decimal) for line in result.stdout.splitlines()]


def test_the_days_before_today_are_the_default(run):
    found = rows(run("analytics --days 7"))
    assert len({row["DATE"] for row in found}) == 7
    assert max(row["DATE"] for row in found) == "2026-02-28"
    assert all(isinstance(row["SPEND_IN_DOLLAR"], Decimal) for row in found)


@pytest.mark.parametrize("name", ["Spring", "٢٦٨٠"])  # digits, which are no id
@pytest.mark.parametrize("option", ["--ad-group", "--campaign"])
def test_a_name_beside_all_accounts_is_refused(run, option, name):
    result = run(f"analytics --all-accounts {option} {name}", code=2)
    assert "ids beside it" in result.stderr
    assert name in result.stderr


def test_totals_are_sums(run):
    days = rows(run("analytics --days 7 --columns SPEND_IN_MICRO_DOLLAR --by DATE"))
    [total] = rows(run("analytics --days 7 --columns SPEND_IN_MICRO_DOLLAR --total"))
    assert sum(row["SPEND_IN_MICRO_DOLLAR"] for row in days) == total["SPEND_IN_MICRO_DOLLAR"] > 0
    assert len(days) == 7


def test_ids_of_one_promotion(run):
    one = rows(run("promotions list"))[0]["id"]
    assert {row["PRODUCT_GROUP_ID"] for row in rows(run(f"analytics {one} --days 3"))} == {one}


def test_what_it_would_take_is_said(run):
    shown = run("analytics --days 7 --cost").stdout
    assert "ads_analytics" in shown
    assert "2026-02-22 to 2026-02-28" in shown


def test_a_chart_in_a_terminal_or_a_log(run):
    shown = run("analytics --days 7 --columns SPEND_IN_DOLLAR --chart SPEND_IN_DOLLAR --format table").stdout
    assert shown.startswith("SPEND_IN_DOLLAR\n2026-02-22")
    assert "█" in shown
    assert "--chart" in run("analytics --days 7 --chart NOPE", code=2).stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("analytics --columns NOPE", "NOPE"),
        ("analytics --start 2026-13-01", "YYYY-MM-DD"),
        ("analytics --start 2026-02-20 --end 2026-02-10", "2026-02-20"),
        ("analytics --start 2020-01-01 --end 2020-02-10", "2020-01-01"),
    ],
)
def test_wrong_questions(run, line, words):
    assert words in run(line, code=2).stderr


def test_a_line_shows_heights_and_gaps():
    assert charts.line([0, 1, 4, 8, None]) == " ▁▄█·"
    assert charts.line([]) == ""
    assert charts.line([0, None]) == " ·"


def test_a_bar_is_never_nothing_where_there_is_something():
    assert charts.bar(Decimal("0.0001"), Decimal(100)) == "▏"
    assert charts.bar(100, 100, width=3) == "███"
    assert charts.bar(0, 100) == ""


def test_a_chart_needs_days():
    with pytest.raises(InvalidInput, match="rows have days"):
        charts.by_day(Rows([{"SPEND_IN_DOLLAR": Decimal(1)}], ["SPEND_IN_DOLLAR"]), "SPEND_IN_DOLLAR")


@pytest.mark.parametrize(
    ("columns", "column", "words"),
    [
        ("CTR", "CTR", "ask for CLICKTHROUGH_1, IMPRESSION_1 as well"),
        ("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_USER", "people are counted once"),
    ],
)
def test_a_chart_adds_up_only_what_can_be_added(run, columns, column, words):
    assert words in run(f"analytics --days 3 --columns {columns} --chart {column}", code=2).stderr


def test_a_chart_of_a_ratio_is_the_ratio_of_each_day(run):
    [one] = rows(run("analytics --days 1 --columns CTR,CLICKTHROUGH_1,IMPRESSION_1 --by DATE"))
    chart = run("analytics --days 1 --columns CTR,CLICKTHROUGH_1,IMPRESSION_1 --chart CTR --format table").stdout
    assert Decimal(chart.splitlines()[1].split()[1]) == one["CTR"] < 1


def test_a_chart_adds_no_currencies():
    days = [{"CURRENCY": code, "DATE": "2026-02-01", "SPEND_IN_DOLLAR": 1} for code in ("EUR", "JPY")]
    with pytest.raises(InvalidInput, match="EUR, JPY"):
        charts.by_day(Rows(days, ["SPEND_IN_DOLLAR"]), "SPEND_IN_DOLLAR")


def test_a_file_that_cannot_be_written_is_an_error_in_a_sentence(run, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for line in ("report -o file/report.html", "sync file/ads.duckdb --columns spend", "sync file/ads --columns spend"):
        result = run(line, code=2 if line.startswith("sync") else 1)
        assert result.stderr.startswith("Error: ")
        assert "file" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_report_can_be_read_by_whoever_may_read_its_folder(run, tmp_path):
    run("report --days 2 -o new/report.html")
    (tmp_path / "beside.txt").touch()
    assert (tmp_path / "new" / "report.html").stat().st_mode == (tmp_path / "beside.txt").stat().st_mode
