"""`pinshop demo data`: an agency's month in a local Pinterest: first sync, thirty nights, what changed, a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from pinshop.cli import charts

_COLUMNS = ("spend", "TOTAL_IMPRESSION", "TOTAL_CLICKTHROUGH", "TOTAL_CHECKOUT", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR")
_FIRST = "2026-01-05"
_NIGHTS, _ACCOUNTS, _PROMOTIONS = 30, 6, 4


def run(say: Callable[[str], object], folder: Path | None = None) -> None:
    """Play the month, and leave the table and the report in a folder."""
    from pinshop.analytics import report
    from pinshop.client import Client
    from pinshop.emulator import Emulator

    place = folder or Path(tempfile.mkdtemp(prefix="pinshop-demo-"))
    warehouse, fresh = place / "ads.duckdb", place / "fresh.duckdb"
    with Emulator(now="2026-01-05T06:00:00Z") as emulator:
        client = Client(
            emulator.access_token,
            base_url="http://emulator.local/v5",
            transport=emulator.transport(),
            sleep=lambda seconds: emulator.clock.advance(seconds=seconds),
        )
        accounts = emulator.scale(_ACCOUNTS, _PROMOTIONS)
        emulator.clock.advance(days=14)
        say(f"{_ACCOUNTS} ad accounts with {_PROMOTIONS} promotions each, live for two weeks.\n")
        done = client.analytics.sync(warehouse, accounts, columns=_COLUMNS, start_date=_FIRST)
        say(f"First sync: {done.calls} calls, {done.rows} rows.\n")
        say(f"{_NIGHTS} nights (a call answers 250 promotions, whatever the days):")
        changed = []
        for night in range(1, _NIGHTS + 1):
            emulator.clock.advance(days=1)
            done = client.analytics.sync(warehouse, accounts, columns=_COLUMNS, start_date=_FIRST)
            changed.append(done.changed)
            if night % 10 == 0:
                say(f"  night {night:2}: {done.calls} calls, {done.rows:4} rows read, {done.changed:3} changed")
        say(f"  rows that changed, night by night: {charts.line(changed)}")
        say("\nWhat the last night changed (late conversions):")
        late = [one for one in done.changed_since("yesterday") if one.before is not None]
        for one in late[:3]:
            say(f"  {one.date}  {one.product_group_id}  {one.column}: {one.before} -> {one.after}")
        client.analytics.sync(fresh, accounts, columns=_COLUMNS, start_date=_FIRST)
        say(f"\nA fresh full load holds the same rows: {_rows(warehouse) == _rows(fresh)} ({len(_rows(fresh))} rows).")
        today = emulator.clock.now().date()
        rows = client.analytics.get(accounts, None, columns=report.COLUMNS, start_date=_FIRST, end_date=today)
        path = place / "report.html"
        report.report(rows, path, title="An agency's month")
        client.close()
    say(f"The report, for a browser without a network: {path}\nThe table: {warehouse}\n")
    say("A night of 5,000 ad accounts with up to 250 promotions each, at 300 analytics calls a minute for each user")
    say("(these calls alone; what the whole night takes stands in docs/agency.md):")
    for users in (1, 4, 20):
        took = minutes(5_000 // users)
        words = f"{took:4.1f} minutes" if took >= 1 else "under a minute"
        say(f"  {users:2} user{'s' if users > 1 else ' '}: 5,000 calls, {words}")


def minutes(calls: int) -> float:
    """How long one user's pacer takes for so many analytics calls, on a clock of its own that only waiting moves."""
    from pinshop.flow.pacing import Pacer

    pacer, now = Pacer(), 0.0
    for _ in range(calls):
        now += pacer.reserve("ads_analytics", now)
    return now / 60


def _rows(path: Path) -> list[tuple[object, ...]]:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        names = [row[0] for row in connection.execute("describe analytics").fetchall()]
        kept = ", ".join(f'"{name}"' for name in names if name not in ("read_at", "settled"))
        return connection.execute(f"select {kept} from analytics order by all").fetchall()  # noqa: S608 - columns of our own table
