"""Entities on the command line by id or by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.near import did_you_mean
from pinshop.cli.connection import Connection
from pinshop.errors import InvalidInput

_Listing = Callable[[], Iterable[Any]]


def ad_groups(here: Connection, values: Iterable[str]) -> list[str]:
    """The ids of ad groups, of what ``--ad-group`` was given."""
    return _ids(
        "--ad-group", values, "an ad group of the ad account", lambda: here.client.ad_groups.list(here.account, page_size=250)
    )


def campaigns(here: Connection, values: Iterable[str]) -> list[str]:
    """The ids of campaigns, of what ``--campaign`` was given."""
    return _ids(
        "--campaign", values, "a campaign of the ad account", lambda: here.client.campaigns.list(here.account, page_size=250)
    )


def feed(here: Connection, value: str | None) -> str | None:
    """The id of a feed, of what ``--feed`` was given."""
    return _one("--feed", value, "a feed", lambda: here.client.feeds.list(ad_account_id=here.named_account, page_size=250))


def catalog(here: Connection, value: str | None) -> str | None:
    """The id of a catalog, of what ``--catalog`` was given."""
    return _one(
        "--catalog", value, "a catalog", lambda: here.client.catalogs.list(ad_account_id=here.named_account, page_size=250)
    )


def _one(option: str, value: str | None, what: str, listing: _Listing) -> str | None:
    return None if value is None else _ids(option, [value], what, listing)[0]


def _ids(option: str, values: Iterable[str], what: str, listing: _Listing) -> list[str]:
    """Digits are an id, and cost no call; anything else is a name, which must be that of exactly one.

    Raises:
        InvalidInput: there is none of this name, or there are several.
    """
    known: list[tuple[str, str]] | None = None
    found = []
    for value in values:
        if is_digits(value):
            found.append(value)
            continue
        if known is None:
            known = [(str(one.id), str(one.name or "")) for one in listing()]
        same = [one for one in known if one[1] == value] or [one for one in known if one[1].casefold() == value.casefold()]
        if len(same) != 1:
            several = ", ".join(f"{id_} ({name})" for id_, name in same[:5]) + (" and more" if len(same) > 5 else "")
            near = did_you_mean(value, [name for _, name in known])
            raise InvalidInput(
                option,
                value,
                f"one id: {len(same)} have this name: {several}" if same else f"the id or the name of {what}.{near}",
            )
        found.append(same[0][0])
    return found
