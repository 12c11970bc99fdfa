"""Which days a command asks for: by the server's clock, because a local Pinterest may live in another year."""

from __future__ import annotations

import datetime
from typing import Any

import click

from pinshop.cli.connection import Connection
from pinshop.errors import InvalidInput


def period_options(command: Any) -> Any:
    """``--start``, ``--end`` and ``--days``."""
    for option in (
        click.option("--days", type=click.IntRange(1, 914), default=30, show_default=True, help="Used without --start."),
        click.option("--end", "end_date", metavar="DAY", help="The last day, included. Default: yesterday."),
        click.option("--start", "start_date", metavar="DAY", help="The first day, YYYY-MM-DD."),
    ):
        command = option(command)
    return command


def chosen(here: Connection, start: str | None, end: str | None, days: int) -> tuple[datetime.date, datetime.date]:
    """The first and the last day, both included."""
    last = _day("--end", end) if end else _today(here) - datetime.timedelta(1)
    return (_day("--start", start) if start else last - datetime.timedelta(days - 1)), last


def _today(here: Connection) -> datetime.date:
    session = here.client._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is shown nowhere else
    if session.today() is None:
        here.client.user_account.get()
    return session.today() or datetime.datetime.now(datetime.UTC).date()


def _day(option: str, text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(option, text, "a day as YYYY-MM-DD") from None
