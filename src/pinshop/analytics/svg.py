"""Charts of a report as SVG, made of numbers and dates only; and numbers as text."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Any, TypeAlias

from pinshop.api.money import shown_decimals

#: How a value is written.
Shown: TypeAlias = Callable[[Any], str]

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 900, 190, 74, 8, 24
#: How wide a digit is at most.
_LETTER = 7
_STEPS = tuple(Decimal(step) for step in ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10"))


def money(currency: str) -> Shown:
    """How micro-currency is written: in units, rounded half up to the currency's decimals."""
    step = Decimal(1).scaleb(-shown_decimals(currency))

    def shown(micro: Any) -> str:
        return f"{(Decimal(micro) / 1_000_000).quantize(step, ROUND_HALF_UP):,}"

    return shown


def ratio(value: Any) -> str:
    """Two decimals, or a dash."""
    return "\N{EN DASH}" if value is None else f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def count(value: Any) -> str:
    """A whole number."""
    return f"{int(value):,}"


def signed(value: Any, shown: Shown) -> str:
    """With its sign."""
    return ("+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "") + shown(abs(value))


def bars(days: Sequence[datetime.date], values: Sequence[Any], settled: datetime.date, shown: Shown, label: str) -> str:
    """A bar per day over an axis of its own. Days after ``settled`` are hatched; days without a value have a dot."""
    numbers = [None if value is None else Decimal(value) for value in values]
    held = [number for number in numbers if number is not None]
    top, bottom = _round_up(max(held, default=Decimal(0))), Decimal(0)
    if any(number < 0 for number in held):  # a correction
        bottom = -_round_up(-min(held))
        top = top if max(held) > 0 else Decimal(0)
    marks = (bottom, Decimal(0), top) if bottom else (Decimal(0), top / 2, top) if any(held) else (Decimal(0),)
    left = max(_LEFT, 12 + _LETTER * max(len(shown(mark)) for mark in marks))
    hatch = "hatch-" + "".join(c for c in label.lower() if c.isalnum())
    plot, wide = _HEIGHT - _TOP - _BOTTOM, _WIDTH - left
    step = Decimal(wide) / max(1, len(days))

    def y_of(value: Decimal) -> Decimal:
        return _TOP + plot * (top - value) / (top - bottom)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)} by day">',
        _HATCH.format(name=hatch),
    ]
    for mark in dict.fromkeys(marks):
        y = y_of(mark)
        parts.append(f'<line class="grid" x1="{left}" x2="{_WIDTH}" y1="{_number(y)}" y2="{_number(y)}"/>')
        parts.append(f'<text class="end" x="{left - 6}" y="{_number(y + 4)}">{escape(shown(mark))}</text>')
    for index, (day, number) in enumerate(zip(days, numbers, strict=True)):
        x = left + step * index
        if number is None:
            middle = x + step / 2
            parts.append(
                f'<circle class="none" cx="{_number(middle)}" cy="{_number(y_of(Decimal(0)) - 3)}" r="1.5">'
                f"<title>{day}: nothing reported</title></circle>"
            )
            continue
        y, zero = y_of(max(number, Decimal(0))), y_of(min(number, Decimal(0)))
        kind, fill, more = ("open", f' fill="url(#{hatch})"', " (may still change)") if day > settled else ("bar", "", "")
        parts.append(
            f'<rect class="{kind}"{fill} x="{_number(x + step / 10)}" y="{_number(y)}" '
            f'width="{_number(step * 4 / 5)}" height="{_number(zero - y)}">'
            f"<title>{day}: {escape(shown(number))}{more}</title></rect>"
        )
    parts += [
        f'<text x="{_number(left + step * index)}" y="{_HEIGHT - 6}">{days[index]}</text>' for index in _marked(len(days))
    ]
    return "".join(parts) + "</svg>"


_HATCH = (
    '<defs><pattern id="{name}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch" width="2" height="4"/></pattern></defs>'
)


def _marked(number: int) -> list[int]:
    """Which days are named below the axis: the first, and every so many that they do not touch."""
    if not number:
        return []
    apart = max(1, -(-number // 8))
    return [index for index in range(0, number, apart) if index == 0 or index + apart // 2 < number]


def _round_up(highest: Decimal) -> Decimal:
    """The next round number, where an axis ends well."""
    if highest <= 0:
        return Decimal(1)
    power = Decimal(10) ** highest.adjusted()
    return next(step * power for step in _STEPS if step * power >= highest)


def _number(value: Decimal | int) -> str:
    return f"{Decimal(value).quantize(Decimal('0.01')):f}"
