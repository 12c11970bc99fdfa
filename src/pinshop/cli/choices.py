"""Options with a few values: one suggests what was meant, one completes the names of columns."""

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


def complete_columns(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The columns, and in small letters the families, that go on with what stands behind the last comma."""
    from pinshop.api.columns import COLUMNS, FAMILIES

    before, comma, last = incomplete.rpartition(",")
    names = [*FAMILIES, "all", *COLUMNS] if not last or last.islower() else list(COLUMNS)
    return [before + comma + name for name in names if name.lower().startswith(last.lower())]
