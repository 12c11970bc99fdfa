"""Promote a small shop's catalog in a local Pinterest, let a month pass, and look at what it earned.

    make demo          or          python examples/demo.py

No account, no money, no network: everything happens on this machine, against pinshop's emulator.
"""

from __future__ import annotations

import csv
import datetime
from collections import defaultdict
from pathlib import Path

import old_interface
from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from pinshop import Client
from pinshop.emulator import Emulator

HERE = Path(__file__).parent
MICRO = 1_000_000  # money is in millionths of the account's currency
DAYS = 30
COLUMNS = [
    "TOTAL_IMPRESSION",
    "TOTAL_CLICKTHROUGH",
    "SPEND_IN_MICRO_DOLLAR",
    "TOTAL_CHECKOUT",
    "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
]


def main(console: Console) -> None:
    # A fixed seed and a fixed day make this run the same on every machine. Without them the clock is today's.
    with Emulator(seed=1, now="2026-03-01T08:00:00Z") as pinterest:
        console.print(Rule("1  A Pinterest of your own"))
        console.print(f"Serving at {pinterest.base_url}, with one ad account ({pinterest.ad_account_id}) and its catalog.\n")

        with Client(pinterest.access_token, base_url=pinterest.base_url) as client:
            groups = cut_catalog(console, client, pinterest)
            names = promote(console, client, pinterest, groups)
            pause(console, client, pinterest, names)

            console.print(Rule(f"5  {DAYS} days later"))
            first_day = pinterest.clock.now().date()
            pinterest.clock.advance(days=DAYS)
            report(console, client, pinterest, names, first_day)

        console.print(Rule("6  The old interface, over the same Pinterest"))
        old_interface.run(console.print, pinterest, next(iter(names)), str(first_day), str(pinterest.clock.now().date()))


def cut_catalog(console: Console, client: Client, pinterest: Emulator) -> dict[str, str]:
    """One catalog product group for each department in the catalog file: {its id: its name}."""
    departments: dict[tuple[str, ...], list[float]] = defaultdict(list)
    with (HERE / "catalog.tsv").open(encoding="utf-8") as file:
        for item in csv.DictReader(file, delimiter="\t"):
            departments[tuple(item["product_type"].split(" > ")[:2])].append(float(item["price"].split()[0]))

    console.print(Rule("2  Cut the catalog into product groups"))
    table = Table("product group", "filter", "items", "prices", "", box=None, header_style="bold")
    table.columns[2].justify = table.columns[3].justify = "right"
    account = pinterest.ad_account_id
    there = {group.name: str(group.id) for group in client.catalog_product_groups.list(catalog_id=pinterest.catalog_id)}
    groups: dict[str, str] = {}
    for path, prices in departments.items():
        if not (group_id := there.get(path[-1])):
            filters = {"any_of": [{f"PRODUCT_TYPE_{len(path) - 1}": {"values": [list(path)]}}]}
            made = client.catalog_product_groups.create(
                ad_account_id=account, feed_id=pinterest.feed_id, name=path[-1], filters=filters
            )
            group_id = str(made.id)
        groups[group_id] = path[-1]
        counts = client.catalog_product_groups.product_counts(group_id, ad_account_id=account)
        table.add_row(
            path[-1],
            " > ".join(path),
            str(counts.total),
            f"{min(prices):,.0f} - {max(prices):,.0f} USD",
            "was there" if path[-1] in there else "created",
        )
    console.print(table, "")
    return groups


def promote(console: Console, client: Client, pinterest: Emulator, groups: dict[str, str]) -> dict[str, str]:
    """Promote every group, and one that does not exist: {promotion id: name}."""
    console.print(Rule("3  Promote them"))
    wanted = groups | {"999999999999": "(someone else's)"}
    result = client.promotions.create(
        pinterest.ad_account_id,
        pinterest.ad_group_id,
        [
            {
                "catalog_product_group_id": group_id,
                "creative_type": "SHOPPING",
                "status": "ACTIVE",
                "tracking_url": f"https://shop.example/?utm_source=pinterest&group={group_id}",
            }
            for group_id in wanted
        ],
    )
    # One outcome per item, in the order given: created, failed or unknown. Nothing is raised unless you ask for it.
    for name, outcome in zip(wanted.values(), result, strict=True):
        if outcome.state == "created":
            console.print(f"  [green]✔[/] {name:<18} created as {outcome.id}")
        else:
            console.print(f"  [red]✘[/] {name:<18} {outcome.state}: {outcome.message} (code {outcome.code})")
    console.print(f"  {result.summary()}. The last is no product group of this business: Pinterest")
    console.print("  answers 200 and refuses that item alone, and its outcome says so.\n")
    return {outcome.id: name for name, outcome in zip(wanted.values(), result, strict=True) if outcome.id}


def pause(console: Console, client: Client, pinterest: Emulator, names: dict[str, str]) -> None:
    """Pause the last one."""
    console.print(Rule("4  Pause one"))
    promotion_id, name = list(names.items())[-1]
    result = client.promotions.update(
        pinterest.ad_account_id, pinterest.ad_group_id, [{"id": promotion_id, "status": "PAUSED"}]
    )
    result.raise_if_failed()
    promotion = client.promotions.get(pinterest.ad_account_id, promotion_id)
    console.print(f"  {name} ({promotion_id}) is now {promotion.status}: it will earn nothing.\n")


def report(console: Console, client: Client, pinterest: Emulator, names: dict[str, str], first_day: datetime.date) -> None:
    """What each promotion earned in all, and day by day."""
    asked = {"start_date": first_day, "end_date": pinterest.clock.now().date(), "columns": COLUMNS}
    totals = client.promotions.analytics(pinterest.ad_account_id, list(names), granularity="TOTAL", **asked)
    table = Table("product group", "impressions", "clicks", "spend", "orders", "revenue", "ROAS", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    earned = {row["PRODUCT_GROUP_ID"]: row for row in totals}
    for promotion_id, name in sorted(names.items(), key=lambda kv: -earned.get(kv[0], {}).get("SPEND_IN_MICRO_DOLLAR", 0)):
        impressions, clicks, spend, orders, revenue = (earned.get(promotion_id, {}).get(column) for column in COLUMNS)
        if not spend:  # a column without a value is absent: that is "nothing known", not zero
            table.add_row(name, *["-"] * 6, style="dim")
            continue
        roas = f"{(revenue or 0) / spend:.1f}"
        table.add_row(name, f"{impressions:,}", f"{clicks:,}", dollars(spend), f"{orders or 0:,}", dollars(revenue or 0), roas)
    console.print(table, "")

    revenue_of: dict[str, int] = defaultdict(int)
    for row in client.promotions.analytics(pinterest.ad_account_id, list(names), granularity="DAY", **asked):
        revenue_of[row["DATE"]] += row.get("TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR", 0)
    days = sorted(revenue_of)
    console.print("  [bold]revenue by day of the click, in dollars[/]; the latest days still grow")
    for line in bars([revenue_of[day] / MICRO for day in days], height=6):
        console.print(line, style="red", highlight=False)
    for line in axis(days):
        console.print(line, highlight=False)
    console.print()


def bars(values: list[float], height: int) -> list[str]:
    """A column chart in text, one column a value."""
    top = max(values)
    eighths = [round(value / top * height * 8) for value in values]
    blocks = " ▁▂▃▄▅▆▇█"
    return [
        f"  {top * (row + 1) / height:>6,.0f} │ " + "".join(blocks[min(max(e - row * 8, 0), 8)] + " " for e in eighths)
        for row in reversed(range(height))
    ]


def axis(days: list[str]) -> list[str]:
    """The axis below `bars`: a mark under the first day and every tenth after it, with the day."""
    marks = range(0, len(days), 10)
    line = "".join("┴─" if index in marks else "──" for index in range(len(days)))
    return [f"  {0:>6} └─{line}", " " * 11 + "".join(f"{days[index][5 * (index > 0) :]:<20}" for index in marks).rstrip()]


def dollars(micro: int) -> str:
    return f"{micro / MICRO:,.2f}"


if __name__ == "__main__":
    main(Console(width=80))
