"""`pinshop demo data` says what it shows, and it is true."""

from __future__ import annotations

import sys

import pytest

from pinshop.cli import demo_data


def test_the_month_ends_equal_to_a_full_load(tmp_path, monkeypatch):
    pytest.importorskip("duckdb")
    for module in ("dlt", "pyspark"):  # tests/third_party/test_demo_data.py has them
        monkeypatch.setitem(sys.modules, module, None)
    said: list[str] = []
    demo_data.run(said.append, tmp_path)
    text = "\n".join(said)
    assert "A fresh full load holds the same rows: True" in text
    assert "The same through dlt: not shown, for dlt is not installed: pip install 'pinshop[dlt]'" in said
    assert "The same through Spark: not shown, for pyspark is not installed: pip install 'pinshop[spark]'" in said
    assert "->" in text, "something changed in the last night"
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert all(len(line) <= 120 for line in text.splitlines() if str(tmp_path) not in line)


def test_one_user_s_quota_is_what_takes_the_time():
    assert demo_data.minutes(300) < 0.1
    assert 15 < demo_data.minutes(5_000) < 18


def test_spark_without_java_is_said_to_lack_it(monkeypatch):
    monkeypatch.setattr(demo_data.importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(demo_data.shutil, "which", lambda _: None)
    assert "Java" in str(demo_data._lacking("Spark"))
    assert demo_data._lacking("dlt") is None
