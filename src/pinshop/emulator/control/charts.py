"""Numbers and curves of the console, as text and inline SVG: numbers and dates only. Colors are the style sheet's."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

#: Currencies without a smaller unit, among those of Pinterest's ad accounts.
_WHOLE = frozenset({"JPY", "KRW", "CLP", "HUF", "COP"})


def count(number: int) -> str:
    return f"{number:,}"


def money(micro: int, currency: str) -> str:
    # Rounded half up on the integer: a float could show a cent that was never spent.
    if currency in _WHOLE:
        return f"{(micro + 500_000) // 1_000_000:,}"
    cents = (micro + 5_000) // 10_000
    return f"{cents // 100:,}.{cents % 100:02}"


def ratio(over: int, under: int) -> str:
    return f"{over / under:.2f}" if under else "\N{EN DASH}"


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704 - written below from numbers and dates only


def _round_up(highest: float) -> float:
    """The next round number: where an axis ends well, and half of it is round, too."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(highest))) - 1) if highest >= 1 else 0.1
    while True:
        for step in (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0):
            if step * power >= highest:
                return step * power
        power *= 10


def chart(days: Sequence[Mapping[str, Any]], currency: str) -> Any:
    """Spend as bars and checkout value as a line, over one axis: both are the same money."""
    width, height, left, bottom = 1000, 230, 62, 28
    top = _round_up(max((max(day["spend"], day["value"]) for day in days), default=0) / 1_000_000)
    plot, step = height - bottom - 8, (width - left) / max(1, len(days))

    def y(micro: float) -> float:
        return 8 + plot * (1 - micro / 1_000_000 / top)

    spend, value = sum(day["spend"] for day in days), sum(day["value"] for day in days)
    label = f"Per day: spend {money(spend, currency)} and checkout value {money(value, currency)} {currency} in all"
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">']
    for share in (0, 0.5, 1):
        at, amount = y(top * share * 1_000_000), top * share
        shown = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
        parts.append(f'<line class="grid" x1="{left}" x2="{width}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{shown}</text>')
    points = []
    for n, day in enumerate(days):
        x, at = left + n * step, y(day["spend"])
        tall, wide = height - bottom - at, step * 0.68
        hover = f"{day['date']}: spend {money(day['spend'], currency)}, value {money(day['value'], currency)}"
        parts.append(
            f'<rect class="bar" x="{x + step * 0.16:.1f}" y="{at:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="1.5">'
            f"<title>{hover}</title></rect>"
        )
        points.append((x + step / 2, y(day["value"])))
        if (len(days) - 1 - n) % 7 == 0:
            date = datetime.date.fromisoformat(day["date"])
            parts.append(f'<text x="{x + step / 2:.1f}" y="{height - 6}" text-anchor="middle">{date:%b} {date.day}</text>')
    parts.append(f'<polyline class="line" points="{" ".join(f"{x:.1f},{at:.1f}" for x, at in points)}"/>')
    return _markup("".join([*parts, "</svg>"]))


def sparkline(amounts: Sequence[int]) -> Any:
    """A small curve; the table beside it has the numbers, so it is hidden from screen readers."""
    highest = max(amounts, default=0)
    if not highest:
        return ""
    width, height = 132, 26
    step = width / max(1, len(amounts) - 1)
    line = " ".join(f"{n * step:.1f},{height - 2 - (height - 4) * amount / highest:.1f}" for n, amount in enumerate(amounts))
    return _markup(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<polygon class="area" points="0,{height} {line} {width},{height}"/><polyline class="spark" points="{line}"/></svg>'
    )
