"""Numbers and curves of the console, as text and inline SVG: numbers and dates only. Colors are the style sheet's."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pinshop.api.money import shown_decimals


def count(number: int) -> str:
    return f"{number:,}"


def money(micro: int, currency: str) -> str:
    # Rounded half up, exactly: a float could show a cent that was never spent.
    return f"{(Decimal(micro) / 1_000_000).quantize(Decimal(1).scaleb(-shown_decimals(currency)), ROUND_HALF_UP):,}"


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


#: name -> what it is called.
METRICS = {
    "spend": "Spend",
    "value": "Checkout value",
    "impressions": "Impressions",
    "clicks": "Clicks",
    "checkouts": "Checkouts",
}


def shown(name: str, amount: int, currency: str) -> str:
    """An amount of a metric as text, with its currency if it is money."""
    return f"{money(amount, currency)} {_plain(currency)}" if name in ("spend", "value") else count(amount)


def _plain(currency: str) -> str:
    # The only text that comes into a chart: a currency is three letters, whatever is stored.
    return currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else "?"


def chart(days: Sequence[Mapping[str, Any]], currency: str, name: str = "spend") -> Any:
    """One metric per day as bars on a scale of its own. Days before the creation have no bar, unreported ones are hatched.

    Drawn twice: a drawing for a desk is illegible where it is shrunk to a phone. The style sheet shows one of them.
    """
    return _markup(_drawn("wide", 1000, 180, days, currency, name) + _drawn("narrow", 360, 190, days, currency, name))


def _drawn(kind_of: str, width: int, height: int, days: Sequence[Mapping[str, Any]], currency: str, name: str) -> str:
    left, bottom, dates = 62, 28, 5 if kind_of == "wide" else 3
    unit = 1_000_000 if name in ("spend", "value") else 1
    top = _round_up(max((day[name] for day in days), default=0) / unit)
    decimals = shown_decimals(currency) if unit > 1 and top < 10 else 0
    if not decimals:
        top = 2.0 * math.ceil(top / 2)  # half of it is shown, too, and there is no half click
    plot, step = height - bottom - 8, (width - left) / max(1, len(days))

    def y(amount: float) -> float:
        return 8 + plot * (1 - amount / unit / top)

    label = f"{METRICS[name]} per day: {shown(name, sum(day[name] for day in days), currency)} in all"
    parts = [f'<svg class="{kind_of}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">']
    for share in (0, 0.5, 1):
        at, amount = y(top * share * unit), top * share
        text = f"{amount:,.{decimals}f}"
        parts.append(f'<line class="grid" x1="{left}" x2="{width}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{text}</text>')
    every = max(1, len(days) // dates if len(days) < 30 else 7 * -(-len(days) // (7 * (dates + 1))))
    for n, day in enumerate(days):
        x, at = left + n * step, y(day[name])
        hover = f"{day['date']}: {shown(name, day[name], currency)}"
        kind = "bar" if name == "spend" else "bar value"
        if day.get("before"):
            hover = f"{day['date']}: not there yet"
        elif not day.get("reported", True):
            kind, hover = f"{kind} part", f"{hover} so far; not all of this day is reported yet"
            parts.append(
                f'<rect class="unreported" x="{x:.1f}" y="8" width="{step:.1f}" height="{plot}"><title>{hover}</title></rect>'
            )
        if not day.get("before"):
            parts.append(
                f'<rect class="{kind}" x="{x + step * 0.16:.1f}" y="{at:.1f}" width="{step * 0.68:.1f}" '
                f'height="{height - bottom - at:.1f}" rx="1.5"/>'
            )
        # The whole column answers the pointer, not the bar alone, which may be a pixel high.
        parts.append(f'<rect class="hit" x="{x:.1f}" y="8" width="{step:.1f}" height="{plot}"><title>{hover}</title></rect>')
        if (len(days) - 1 - n) % every == 0:
            date = datetime.date.fromisoformat(day["date"])
            # The last one ends with the drawing where its column is narrow: what stands beyond is cut off on a phone.
            at, anchor = (width, "end") if step < 40 and n == len(days) - 1 else (x + step / 2, "middle")
            parts.append(f'<text x="{at:.1f}" y="{height - 6}" text-anchor="{anchor}">{date:%b} {date.day}</text>')
    return "".join([*parts, "</svg>"])


def sparkline(amounts: Sequence[int], currency: str) -> Any:
    """A small curve; the table beside it has the numbers, so it is hidden from screen readers."""
    highest = max(amounts, default=0)
    if not highest:
        return ""
    width, height = 132, 26
    step = width / max(1, len(amounts) - 1)
    line = " ".join(f"{n * step:.1f},{height - 2 - (height - 4) * amount / highest:.1f}" for n, amount in enumerate(amounts))
    return _markup(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f"<title>at most {shown('spend', highest, currency)} a day</title>"
        f'<polygon class="area" points="0,{height} {line} {width},{height}"/><polyline class="spark" points="{line}"/></svg>'
    )
