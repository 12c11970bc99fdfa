"""An option with a few values, which suggests the one that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pinshop.api.near import did_you_mean

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice


class Choice(_Choice):
    """`click.Choice`, with a suggestion behind the list."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return super().get_invalid_choice_message(value, ctx) + did_you_mean(value, self.choices)
