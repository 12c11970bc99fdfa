"""Units and micro-currency, exactly; and amounts that were hardly meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pinshop
from pinshop import Client, InvalidInput, money
from pinshop.api.money import implausible
from pinshop.emulator import Emulator


@pytest.mark.parametrize(
    ("amount", "currency", "micro"),
    [
        ("12.50", "USD", 12_500_000),
        ("12.5", "EUR", 12_500_000),
        (20, "USD", 20_000_000),
        (Decimal("0.01"), "GBP", 10_000),
        ("100", "JPY", 100_000_000),
        (100, "KRW", 100_000_000),
        ("1.234", "KWD", 1_234_000),
        ("0", "USD", 0),
        ("-3.10", "USD", -3_100_000),
        ("999999999999999.99", "USD", 999_999_999_999_999_990_000),
    ],
)
def test_units_become_micro_currency(amount: object, currency: str, micro: int) -> None:
    assert money.to_micro(amount, currency) == micro


@pytest.mark.parametrize(
    ("micro", "currency", "amount"),
    [
        (12_500_000, "USD", "12.50"),
        (1, "USD", "0.000001"),
        (12_345_600, "EUR", "12.3456"),
        (100_000_000, "JPY", "100"),
        (1_500_000, "JPY", "1.5"),
        (1_230_000, "KWD", "1.230"),
        (0, "USD", "0.00"),
        (-10_000, "USD", "-0.01"),
        (Decimal(5), "USD", "0.000005"),
    ],
)
def test_micro_currency_becomes_units(micro: int, currency: str, amount: str) -> None:
    assert str(money.from_micro(micro, currency)) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("12.505", "USD", "at most 2 decimals"),
        ("1.5", "JPY", "at most 0 decimals"),
        (12.5, "USD", "text, int or Decimal"),
        ("1,000", "USD", "such as"),
        ("1e3", "USD", "such as"),
        ("", "USD", "such as"),
        ("\u0661", "USD", "such as"),
        (True, "USD", "such as"),
        ("0." + "1" * 60, "USD", "at most 2"),
        (Decimal("1e-999999"), "USD", "at most 2"),
        (Decimal("NaN"), "USD", "such as"),
        (None, "USD", "such as"),
        ("1", "usd", "ISO 4217"),
        ("1", "UNK", "ISO 4217"),
        ("1", None, "ISO 4217"),
        ("1", "DOLLAR", "ISO 4217"),
    ],
)
def test_what_is_no_amount_is_refused(amount: object, currency: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        money.to_micro(amount, currency)


@pytest.mark.parametrize("micro", [1.5, "5", True, None, Decimal("0.5")])
def test_what_is_no_micro_currency_is_refused(micro: object) -> None:
    with pytest.raises(InvalidInput, match="whole number"):
        money.from_micro(micro, "USD")


@given(st.integers(-(10**14), 10**14), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_there_and_back(units: int, currency: str) -> None:
    smallest = money.MICRO // 10 ** money.decimals(currency)
    micro = units * smallest // 10**6 * 10**6 + (units % 100) * smallest
    assert money.to_micro(money.from_micro(micro, currency), currency) == micro
    assert money.from_micro(units, currency) * money.MICRO == units


def test_a_cap_of_twenty_says_what_it_means(caplog: pytest.LogCaptureFixture) -> None:
    events: list[object] = []
    with (
        Emulator() as emulator,
        Client(emulator.access_token, transport=emulator.transport(), on_event=events.append) as client,
    ):
        new = {"name": "x", "objective_type": "CATALOG_SALES", "is_campaign_budget_optimization": True, "status": "PAUSED"}
        client.campaigns.create(emulator.ad_account_id, [{**new, "daily_spend_cap": 20}])
        said = [str(event) for event in events if "0.00002 of the account's currency" in str(event)]
        assert len(said) == 1
        assert "items[0].daily_spend_cap" in said[0]
        assert "write 20000000" in said[0]
        events.clear()
        client.campaigns.create(emulator.ad_account_id, [{**new, "daily_spend_cap": 20_000_000}])
        assert not [event for event in events if "account's currency" in str(event)]


def test_only_small_amounts_are_pointed_out() -> None:
    items = [{"budget_in_micro_currency": 999_999}, {"bid_in_micro_currency": 10_000}, {"bid_in_micro_currency": 0}, {}]
    (said,) = implausible("ad_group", items)
    assert said.startswith("items[0].budget_in_micro_currency is 999999 micro-currency, 0.999999 of the account's currency")
    assert pinshop.money is money
