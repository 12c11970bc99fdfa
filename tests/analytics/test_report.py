"""The HTML report: right figures, no host, no script but its own, whatever names and rows hold."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from decimal import Decimal
from html.parser import HTMLParser

import msgspec
import pytest

from pinshop.analytics import report, svg
from pinshop.analytics.rows import Rows
from pinshop.api.models import ProductGroupPromotion
from pinshop.errors import InvalidInput

FIRST = datetime.date(2026, 1, 1)


def row(day: int, one: str = "1", *, currency: str = "USD", spend: int = 0, clicks: int = 0, orders: int = 0, value: int = 0):
    given = {
        "SPEND_IN_MICRO_DOLLAR": spend,
        "TOTAL_IMPRESSION": clicks * 10,
        "TOTAL_CLICKTHROUGH": clicks,
        "TOTAL_CHECKOUT": orders,
        "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR": value,
    }
    key = {"PRODUCT_GROUP_ID": one, "DATE": str(FIRST + datetime.timedelta(day)), "CURRENCY": currency}
    return key | {name: amount for name, amount in given.items() if amount}


def rows(*given: dict) -> Rows:
    return Rows(given, report.COLUMNS)


def known(one: str, name: str = "Lamps", status: str = "ACTIVE") -> ProductGroupPromotion:
    return msgspec.convert({"id": one, "catalog_product_group_name": name, "status": status}, ProductGroupPromotion)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)).split())


class Balanced(HTMLParser):
    """Fails where a tag is closed that is not open."""

    VOID = frozenset({"meta", "rect", "line", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_totals_are_exact_sums():
    html = report.report(
        rows(row(0, spend=1_234_567, clicks=3, orders=1, value=10_000_000), row(1, "2", spend=765_433, clicks=4))
    )
    assert "Spend 2.00 Revenue 10.00 ROAS 5.00 Clicks 7 Orders 1" in text(html)


def test_money_is_rounded_half_up_and_by_its_currency():
    assert svg.money("USD")(5_000) == "0.01"
    assert svg.money("USD")(4_999) == "0.00"
    assert svg.money("JPY")(1_500_000) == "2"
    assert svg.money("HUF")(1_500_000) == "1.50"
    assert svg.money("KWD")(1_234_500) == "1.235"
    assert svg.money("UNK")(1_500_000) == svg.money("")(1_500_000) == "1.50"
    assert svg.money("EUR")(1_234_567_890_000) == "1,234,567.89"


def test_currencies_are_never_added():
    shown = text(report.report(rows(row(0, spend=1_000_000), row(0, "2", currency="JPY", spend=700_000_000))))
    assert "Spend 1.00 " in shown
    assert "Spend 700 " in shown


@pytest.mark.parametrize("code", [None, "", "UNK"])
def test_unknown_currencies_may_be_different_ones(code):
    given = rows(*({**row(0, one, spend=700_000_000), "CURRENCY": code, "AD_ACCOUNT_ID": one} for one in ("1", "2")))
    shown = text(report.report(given))
    assert shown.count("Spend 700.00 ") == 2
    assert "1,400" not in shown
    assert "unknown currency of ad account 2" in shown


def test_days_without_a_row_are_no_zeros_and_days_that_may_change_are_hatched():
    html = report.report(rows(row(0, spend=1), row(40, spend=1)), unsettled_days=10)
    assert html.count("nothing reported") == 4 * 39
    spend, revenue = (html.partition(f"<figcaption>{name}, USD")[2].partition("</figure>")[0] for name in ("Spend", "Revenue"))
    assert spend.count("may still change") == revenue.count("may still change") == 1  # the last day, in both


def test_what_earns_nothing_says_why():
    held = rows(
        row(0, "1", spend=5_000_000, clicks=9),
        row(0, "2", spend=1, clicks=1, orders=1, value=1),
        row(0, "3"),
        row(0, "4", spend=3_000_000, clicks=2),
    )
    shown = text(report.report(held, promotions=[known("4", "Chairs", "PAUSED"), known("5", "Rugs")]))
    below = shown.partition("What earns nothing")[2]
    for words in ("9 clicks for 5.00 and no order", "it is PAUSED", "nothing was reported: it was not shown", "Rugs 5"):
        assert words in below
    assert " 2 0.00" not in below


def test_movers_against_the_week_before_and_against_an_earlier_report():
    held = rows(*(row(day, value=1_000_000 if day < 7 else 3_000_000) for day in range(14)))
    assert "7.00 21.00 +14.00" in text(report.report(held))
    earlier = rows(row(0, value=50_000_000))
    assert "50.00 28.00 \N{MINUS SIGN}22.00" in text(report.report(held, previous=earlier))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"'>&", "a\x00b", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_names_are_text(name):
    html = report.report(rows(row(0, spend=1)), title=name, promotions=[known("1", name)])
    assert "<script>alert" not in html
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []


def test_it_asks_no_host_and_runs_no_script_but_its_own(tmp_path):
    path = tmp_path / "report.html"
    html = report.report(rows(row(0, spend=1, value=3)), path)
    assert path.read_text("utf-8") == html
    assert not re.search(r"(?:src|href)=|https?://|@import|url\((?!#)", html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        assert base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() in policy
    assert " style=" not in html
    assert " onclick" not in html


def test_no_row_at_all_is_a_page_that_says_so():
    shown = report.report(rows())
    assert "No row was reported" in shown
    assert "hatched" not in text(shown)


def test_what_is_missing_is_named():
    with pytest.raises(InvalidInput, match="also TOTAL_IMPRESSION"):
        report.report(Rows([], ("SPEND_IN_MICRO_DOLLAR",)))
    with pytest.raises(InvalidInput, match="DATE"):
        report.report(rows({"PRODUCT_GROUP_ID": "1", "SPEND_IN_MICRO_DOLLAR": 1}))


def test_axes_end_at_round_numbers():
    drawn = svg.bars([FIRST], [Decimal("0.0003")], FIRST, str, "tiny")
    assert "0.0003" in drawn
    assert svg.bars([], [], FIRST, str, "none").startswith("<svg")


#: Rectangles of a chart: position and size; texts that end at a position.
_RECT = re.compile(r'<rect class="(?:bar|open)"[^>]* x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"')
_LABEL = re.compile(r'<text class="end" x="([^"]+)" y="([^"]+)">([^<]+)</text>')


@pytest.mark.parametrize("amounts", [(5, -3, 0), (-3, -7), (0, 0), (10**18, 1), (1, None, -(10**15))])
def test_every_bar_and_label_is_within_its_chart(amounts):
    """Spend that is taken back is below the line; no label is cut off, however large its number."""
    days = [FIRST + datetime.timedelta(n) for n in range(len(amounts))]
    micro = [None if amount is None else amount * 10**6 for amount in amounts]
    drawn = svg.bars(days, micro, FIRST, svg.money("KRW"), "Spend")
    there = [amount for amount in amounts if amount is not None]
    for amount, found in zip(there, _RECT.findall(drawn), strict=True):
        x, y, width, height = map(Decimal, found)
        assert 0 <= x < x + width <= 900
        assert 0 <= y <= y + height <= 190
        assert (height > Decimal("0.1")) == (abs(amount) * 1000 > max(map(abs, there)))
    labels = _LABEL.findall(drawn)
    assert len(labels) == len({label for *_, label in labels})
    assert all(Decimal(x) - svg._LETTER * len(label) >= 0 for x, _, label in labels)
    assert "0" in {label for *_, label in labels}


def test_names_may_wrap_and_numbers_not():
    html = report.report(rows(row(0, spend=10**6)), promotions=[known("1", "long " * 100), known("2", "x", "PAUSED")])
    assert html.count("<td class=t>long long") == 2  # by spend, and what earns nothing
    assert "<td class=n>1.00</td>" in html
    assert "<td class=t>it is PAUSED</td>" in html
