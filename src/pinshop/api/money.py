"""Money: amounts in units of a currency, and Pinterest's micro-currency, their millionths.

Every amount that Pinterest takes or gives as ``…_in_micro_currency``, ``…_spend_cap`` or ``…_IN_MICRO_DOLLAR`` counts
millionths of one unit of the ad account's currency, whatever its own decimals are: 1,000,000 is one dollar, and one yen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pinshop.api.checks import plain
from pinshop.errors import InvalidInput

#: Micro-currency in one unit.
MICRO = 1_000_000

# ISO 4217: currencies that have no two decimals. UNK is Pinterest's placeholder, and none.
_WHOLE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF")

_DECIMALS = {
    **dict.fromkeys(_WHOLE, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

_CURRENCY = re.compile("[A-Z]{3}")

_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]+)?")


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have: 2 for USD, 0 for JPY.

    Raises:
        InvalidInput: it is no code of ISO 4217.
    """
    code = plain(currency)
    if not isinstance(code, str) or not _CURRENCY.fullmatch(code) or code == "UNK":
        raise InvalidInput("currency", currency, "a code of ISO 4217 such as USD, as the ad account's currency has it")
    return _DECIMALS.get(code, 2)


def known_currency(code: object) -> str | None:
    """A currency's code, None where it is not known: Pinterest's UNK may be another one in each ad account."""
    return code if isinstance(code, str) and code not in ("", "UNK") else None


def shown_decimals(currency: str) -> int:
    """How many decimals are shown: those of the currency, two where it is not known."""
    try:
        return decimals(currency)
    except InvalidInput:
        return 2


def to_micro(amount: str | int | Decimal, currency: str) -> int:
    """An amount in units as micro-currency: ``to_micro("12.50", "USD")`` is 12,500,000.

    Args:
        amount: text such as ``"12.50"``, an `int` or a `Decimal`; a float may have lost its last digits already.
        currency: the ad account's, such as ``"USD"``.

    Raises:
        InvalidInput: no such amount, or more decimals than the currency has.
    """
    places = decimals(currency)
    value = plain(amount)
    if (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) >= 10**18:
        raise InvalidInput("amount", amount, 'an amount such as "12.50", as text, int or Decimal')
    # Not with Decimal's own arithmetic, which rounds to 28 digits.
    exponent = value.as_tuple().exponent
    exact = Fraction(value) if isinstance(exponent, int) and exponent > -100 else Fraction(1, 10**100)
    if (exact * 10**places).denominator != 1:
        raise InvalidInput("amount", amount, f"an amount with at most {places} decimals, as {currency} has")
    return int(exact * MICRO)


def from_micro(micro: int, currency: str) -> Decimal:
    """Micro-currency as an amount in units: ``from_micro(12_500_000, "USD")`` is ``Decimal("12.50")``.

    It is exact: what is less than the currency's last decimal is kept (``from_micro(1, "USD")`` is ``Decimal("0.000001")``).

    Raises:
        InvalidInput: no whole number, or no currency.
    """
    places = decimals(currency)
    value = plain(micro)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput("micro", micro, "a whole number of micro-currency (1,000,000 = one unit)")
    whole, rest = divmod(abs(value), MICRO)
    fraction = f"{rest:06d}".rstrip("0").ljust(places, "0")
    text = f"{whole}.{fraction}" if fraction else str(whole)
    return Decimal(f"-{text}" if value < 0 else text)


def implausible(entity_type: str, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """What to say of amounts that are so small that units were probably meant; ``entity_type`` is a key of `fields.FIELDS`."""
    from pinshop.api.fields import FIELDS

    least = {field.name: field.plausible for field in FIELDS[entity_type] if field.plausible}
    return [
        f"items[{index}].{name} is {value} micro-currency, {_units(value)} of the account's currency; "
        f"if {value} units are meant, write {value * MICRO} (pinshop.money.to_micro)"
        for index, item in enumerate(items)
        for name, smallest in least.items()
        if isinstance(value := item.get(name), int) and 0 < value < smallest
    ]


def _units(micro: int) -> str:
    return f"{Decimal(micro).scaleb(-6).normalize():f}"
