"""Amounts to and from Pinterest's micro-currency: ``to_micro("12.50", "USD")``, ``from_micro(12_500_000, "USD")``."""

from __future__ import annotations

from pinshop.api.money import MICRO, decimals, from_micro, to_micro

__all__ = ["MICRO", "decimals", "from_micro", "to_micro"]
