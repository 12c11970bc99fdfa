"""Charts for terminals and logs: bars of eighth blocks, no dependency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from pinshop.errors import InvalidInput

if TYPE_CHECKING:
    from pinshop.analytics.rows import Rows

_BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDTH = 40


def line(values: Iterable[Decimal | int | None]) -> str:
    """One character per value, by its height; a value that is missing is a dot."""
    held = list(values)
    highest = max((value for value in held if value is not None), default=0)
    if highest <= 0:
        return "".join("·" if value is None else _BLOCKS[0] for value in held)
    return "".join(
        "·" if value is None else _BLOCKS[max(1, int(value * 8 / highest))] if value > 0 else _BLOCKS[0] for value in held
    )


def bar(value: Decimal | int, highest: Decimal | int, width: int = _WIDTH) -> str:
    """A bar of at most ``width`` characters."""
    if value <= 0 or highest <= 0:
        return ""
    eighths = max(1, int(Decimal(value) * width * 8 / Decimal(highest)))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def by_day(rows: Rows, column: str) -> str:
    """A bar per day, with its value, and the scale below.

    Raises:
        InvalidInput: no row has the column as a number, or a date; or the rows of a day cannot be added up.
    """
    if {"DATE", column} <= {*rows.names()} and len(set(rows.column("DATE"))) < len(rows):
        rows = rows.total("DATE", columns=[column])
    days: dict[str, Decimal | int] = {}
    for row in rows:
        day, value = row.get("DATE"), row.get(column)
        if day is not None and isinstance(value, int | Decimal):
            days[str(day)] = value
    if not days:
        raise InvalidInput("--chart", column, "a column that was asked for and whose rows have days (--granularity DAY)")
    highest = max(days.values())
    shown = {day: str(value) for day, value in sorted(days.items())}
    width = max(len(text) for text in shown.values())
    lines = [column, *(f"{day}  {text:>{width}}  {bar(days[day], highest)}" for day, text in shown.items())]
    return "\n".join([*lines, f"{'':{12 + width}}  └{'─' * (_WIDTH - 1)}┘ {highest}"])
