"""A report as one HTML file: what promotions spent and earned, for whoever opens a file in a browser.

Everything is in the file: no host is asked, and its Content-Security-Policy allows nothing else. Charts are SVG made of the
rows; under each stands its table. Money of different currencies is never added: each currency has its own part.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pinshop.analytics import svg
from pinshop.analytics.figures import Day, Figures, Promotion, summed
from pinshop.api.money import known_currency
from pinshop.errors import InvalidInput
from pinshop.files import atomic

if TYPE_CHECKING:
    from pinshop.analytics.rows import Rows
    from pinshop.api.models import ProductGroupPromotion

#: What a report asks for.
COLUMNS = (
    "SPEND_IN_MICRO_DOLLAR",
    "TOTAL_IMPRESSION",
    "TOTAL_CLICKTHROUGH",
    "TOTAL_CHECKOUT",
    "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
)
#: Conversions of a click may be reported for 30 days, and figures are corrected for three more.
UNSETTLED_DAYS = 33
#: What was shown, clicked and spent is corrected for so many days.
_CORRECTED_DAYS = 3
_RANKED, _LISTED, _RECENT_DAYS = 200, 20, 7
_PAGES = Path(__file__).with_name("pages")


class _Settled(Struct, frozen=True):
    """The last days that change no more: of what was shown and spent, and of what came of it."""

    spend: datetime.date
    revenue: datetime.date


class _Part(Struct):
    """What is shown of one currency."""

    currency: str
    days: list[Day]
    promotions: list[Promotion]


def report(
    rows: Rows,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "Product group promotions",
    promotions: Iterable[ProductGroupPromotion] = (),
    previous: Rows | None = None,
    unsettled_days: int = UNSETTLED_DAYS,
    today: datetime.date | None = None,
) -> str:
    """Make the report, and write it to ``path`` if one is given.

    Args:
        rows: by DAY, with the columns of `COLUMNS`; from ``client.analytics.get(…, columns=report.COLUMNS)``.
        path: a file that is replaced whole or not at all.
        title: text.
        promotions: what they are: names, status; from ``client.promotions.list``.
        previous: rows of an earlier report; movers are found against them. Without, against the week before the last.
        unsettled_days: in how many of the last days conversions may still grow; spend and clicks are settled after three. Such
            days are drawn hatched.
        today: the day after the last whole one; the default is the day after the last row.

    Returns:
        HTML.

    Raises:
        InvalidInput: a column is missing, or the rows are not by day.
    """
    _check(rows)
    known = {str(one.id): one for one in promotions}
    parts = _parts(rows, known)
    last = max((day.day for part in parts for day in part.days), default=None)
    until = _before(today, 1) if today is not None else last or datetime.date.min
    settled = _Settled(_before(until, min(_CORRECTED_DAYS, unsettled_days)), _before(until, unsettled_days))
    before = None if previous is None else {part.currency: part for part in _parts(previous, known)}
    body = [_head(rows, title, parts, settled)]
    body += [
        _section(part, settled, None if before is None else before.get(part.currency), before is not None) for part in parts
    ]
    if not parts:
        body.append("<p>No row was reported for what was asked.</p>")
    html = _page(title, "\n".join(body))
    if path is not None:
        with atomic.replacing(path) as beside:
            beside.write_bytes(html.encode())
    return html


def _before(day: datetime.date, days: int) -> datetime.date:
    return day - datetime.timedelta(days) if day.toordinal() > days else datetime.date.min


def _check(rows: Rows) -> None:
    lacking = [name for name in COLUMNS if name not in rows.columns]
    if lacking:
        raise InvalidInput("rows", f"columns {', '.join(rows.columns) or 'none'}", f"also {', '.join(lacking)}")
    if rows.asked.granularity not in (None, "", "DAY"):
        raise InvalidInput("rows", f"granularity {rows.asked.granularity}", "rows by DAY")


def _parts(rows: Rows, known: Mapping[str, ProductGroupPromotion]) -> list[_Part]:
    """The rows by currency, day and promotion. Days without a row in between are there, without figures."""
    days: dict[str, dict[datetime.date, Figures]] = {}
    ids: dict[str, dict[str, dict[datetime.date, Figures]]] = {}
    owned = rows.typed("DATE", type="date")
    spend, impressions, clicks, orders, revenue = (rows.typed(name) for name in COLUMNS)
    for index, row in enumerate(rows):
        figures = Figures(
            spend[index] or 0, impressions[index] or 0, clicks[index] or 0, orders[index] or 0, revenue[index] or 0
        )
        account, day = row.get("AD_ACCOUNT_ID"), owned[index]
        currency = known_currency(row.get("CURRENCY")) or (f"unknown currency of ad account {account}" if account else "")
        if day is None:
            raise InvalidInput("rows", "a row without DATE", "rows by DAY")
        for place in (
            days.setdefault(currency, {}),
            ids.setdefault(currency, {}).setdefault(str(row.get("PRODUCT_GROUP_ID")), {}),
        ):
            place[day] = place[day] + figures if day in place else figures
    return [
        _Part(
            currency,
            _filled(found, rows),
            [
                *(Promotion.made(one, by_day, known.get(one)) for one, by_day in ids[currency].items()),
                # Where there is one currency, what has no row belongs to it.
                *(Promotion.made(one, {}, known[one]) for one in known if len(ids) == 1 and one not in ids[currency]),
            ],
        )
        for currency, found in sorted(days.items())
    ]


def _filled(found: Mapping[datetime.date, Figures], rows: Rows) -> list[Day]:
    asked = [day for day in (rows.asked.first, rows.asked.last) if day is not None]
    first, last = min([*found, *asked]), max([*found, *asked])
    span = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
    return [Day(day, found.get(day)) for day in span]


# ------------------------------------------------------------------------------------------------ parts of the page


def _head(rows: Rows, title: str, parts: Sequence[_Part], settled: _Settled) -> str:
    first = min((part.days[0].day for part in parts), default=rows.asked.first)
    last = max((part.days[-1].day for part in parts), default=rows.asked.last)
    accounts = ", ".join(rows.asked.ids) or "all that the rows hold"
    unknown = f" Nothing is known of ad account {escape(', '.join(rows.failed))}." if rows.failed else ""
    hatched = (
        f" Days that may still change are hatched: revenue after {settled.revenue}, spend and clicks after {settled.spend}."
    )
    said = f"{first} to {last} &middot; ad account {escape(accounts)}.{hatched if parts else ''}{unknown}"
    return f"<header><h1>{escape(title)}</h1><p>{said}</p></header>"


def _section(part: _Part, settled: _Settled, before: _Part | None, compared: bool) -> str:
    total = summed(day.figures for day in part.days)
    money = svg.money(part.currency)
    tiles = [
        ("Spend", money(total.spend)),
        ("Revenue", money(total.revenue)),
        ("ROAS", svg.ratio(total.roas)),
        ("Clicks", f"{total.clicks:,}"),
        ("Orders", f"{total.orders:,}"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
    charts = [
        ("Spend", [day.of("spend") for day in part.days], money, settled.spend),
        ("Revenue", [day.of("revenue") for day in part.days], money, settled.revenue),
        ("ROAS (revenue for each unit spent)", [day.of("roas") for day in part.days], svg.ratio, settled.revenue),
        ("Clicks", [day.of("clicks") for day in part.days], svg.count, settled.spend),
    ]
    unit = f", {escape(part.currency)}" if part.currency else ""
    drawn = [
        f"<figure><figcaption>{escape(name)}{unit if shown is money else ''}</figcaption>"
        f"{svg.bars([day.day for day in part.days], held, until, shown, name)}</figure>"
        for name, held, shown, until in charts
    ]
    return "\n".join(
        [
            f"<section><h2>{escape(part.currency or 'Figures')}</h2><dl>{cells}</dl>",
            *drawn,
            _details("The days as a table", _day_table(part, money)),
            "<h3>Promotions by spend</h3>",
            _ranked(part, money),
            "<h3>Movers</h3>",
            _movers(part, before, compared, money),
            "<h3>What earns nothing</h3>",
            _idle(part, money),
            "</section>",
        ]
    )


def _day_table(part: _Part, money: svg.Shown) -> str:
    lines = []
    for day in part.days:
        if day.figures is None:
            lines.append([str(day.day), *["&ndash;"] * 6])
            continue
        f = day.figures
        lines.append(
            [
                str(day.day),
                money(f.spend),
                money(f.revenue),
                svg.ratio(f.roas),
                f"{f.impressions:,}",
                f"{f.clicks:,}",
                f"{f.orders:,}",
            ]
        )
    return _table(["Day", "Spend", "Revenue", "ROAS", "Impressions", "Clicks", "Orders"], lines, words={0: "w"})


def _ranked(part: _Part, money: svg.Shown) -> str:
    ranked = sorted(part.promotions, key=lambda one: (-one.total.spend, one.id))
    lines = [
        [
            escape(one.name),
            one.id,
            escape(one.status),
            money(one.total.spend),
            money(one.total.revenue),
            svg.ratio(one.total.roas),
            f"{one.total.clicks:,}",
            f"{one.total.orders:,}",
        ]
        for one in ranked[:_RANKED]
    ]
    rest = f"<p>and {len(ranked) - _RANKED:,} more.</p>" if len(ranked) > _RANKED else ""
    return (
        _table(
            ["Product group", "Promotion", "Status", "Spend", "Revenue", "ROAS", "Clicks", "Orders"],
            lines,
            words={0: "t", 1: "w", 2: "w"},
        )
        + rest
    )


def _movers(part: _Part, before: _Part | None, compared: bool, money: svg.Shown) -> str:
    last = part.days[-1].day
    if compared:
        then = {one.id: one.total for one in (before.promotions if before else ())}
        words = "against the rows of the earlier report"
        pairs = [(one, then.get(one.id, Figures()), one.total) for one in part.promotions]
    else:
        week, words = datetime.timedelta(_RECENT_DAYS), f"the last {_RECENT_DAYS} days against the {_RECENT_DAYS} before"
        pairs = [(one, one.between(last - 2 * week, last - week), one.between(last - week, last)) for one in part.promotions]
    moved = [(one, a, b) for one, a, b in pairs if a.revenue != b.revenue]
    moved.sort(key=lambda pair: (-abs(pair[2].revenue - pair[1].revenue), pair[0].id))
    if not moved:
        return f"<p>Nothing moved: {words}.</p>"
    lines = [
        [escape(one.name), one.id, money(a.revenue), money(b.revenue), svg.signed(b.revenue - a.revenue, money), money(b.spend)]
        for one, a, b in moved[:_LISTED]
    ]
    head = ["Product group", "Promotion", "Revenue before", "Revenue now", "Change", "Spend now"]
    return f"<p>By revenue: {words}.</p>" + _table(head, lines, words={0: "t", 1: "w"})


def _idle(part: _Part, money: svg.Shown) -> str:
    idle = [(one, why) for one in part.promotions if (why := one.why_nothing(money)) is not None]
    idle.sort(key=lambda pair: (-pair[0].total.spend, pair[0].id))
    if not idle:
        return "<p>Every promotion with a row earned something.</p>"
    lines = [[escape(one.name), one.id, money(one.total.spend), escape(why)] for one, why in idle[:_RANKED]]
    return _table(["Product group", "Promotion", "Spend", "Why"], lines, words={0: "t", 1: "w", 3: "t"})


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]], *, words: Mapping[int, str]) -> str:
    """A table; a click on a head sorts by it. Cells are HTML already.

    ``words`` are the columns that are no numbers: "t", text that may be long, and "w", a word.
    """
    heads = "".join(f'<th scope="col" class={words.get(n, "n")}>{escape(name)}</th>' for n, name in enumerate(head))
    rows = "".join(
        "<tr>" + "".join(f"<td class={words.get(n, 'n')}>{cell}</td>" for n, cell in enumerate(line)) + "</tr>"
        for line in lines
    )
    return f"<div class=wide><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _page(title: str, body: str) -> str:
    style = (_PAGES / "report.css").read_text("utf-8")
    script = (_PAGES / "report.js").read_text("utf-8")
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>\n{body}\n<script>{script}</script></body></html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
