"""From state to analytics: which promotion was live when, handed to `pinshop.emulator.delivery`, which knows what it earned."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pinshop import columns as known_columns
from pinshop.emulator.contracts import bad, shown
from pinshop.emulator.rules import Rules
from pinshop.emulator.store import Entity, Store


@lru_cache(maxsize=8)
def _available(contract: str) -> frozenset[str]:
    return frozenset(known_columns.available(contract))


def check_columns(given: Sequence[str], contract: str) -> list[str]:
    """The columns in the order asked, each once; 400/1 for one the contract does not know."""
    for name in given:
        if name not in _available(contract):
            raise bad(f"Invalid request: 'columns' ({shown(name)} is not one of the columns of this endpoint)")
    return list(dict.fromkeys(given))


def check_dates(start: str, end: str, granularity: str, now: int, days_back: int) -> tuple[datetime.date, datetime.date]:
    """The date rules of 5.9.0 and later: 90 days back and 90 days long; HOUR 8 days back and 3 days long."""
    first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    if last < first:
        raise bad("'start_date' must not be after 'end_date'.")
    back, longest = (8, 3) if granularity == "HOUR" else (days_back, 90)
    if (today - first).days > back:
        raise bad(f"You can only get data from the last {back} days.")
    if (last - first).days > longest:
        raise bad(f"'end_date' cannot be more than {longest} days past 'start_date'.")
    return first, last


def spans_of(store: Store, promotions: Sequence[Entity], now: int) -> dict[int, tuple[tuple[int, int], ...]]:
    """When each promotion was live: it, its ad group and its campaign ACTIVE, within the schedules of both."""
    if not promotions:
        return {}
    ad_groups = store.get_many("ad_groups", sorted({p["ad_group_id"] for p in promotions}))
    campaigns = store.get_many("campaigns", sorted({g["campaign_id"] for g in ad_groups.values()}))
    own = store.statuses("promotions", [p["id"] for p in promotions])
    of_ad_group = {
        i: _scheduled(_active(changes, now), ad_groups[i]) for i, changes in store.statuses("ad_groups", list(ad_groups)).items()
    }
    of_campaign = {
        i: _scheduled(_active(changes, now), campaigns[i]) for i, changes in store.statuses("campaigns", list(campaigns)).items()
    }
    live = {
        i: _both(of_ad_group.get(i, ()), of_campaign.get(group["campaign_id"], ())) for i, group in ad_groups.items()
    }  # fmt: skip
    return {p["id"]: _both(_active(own.get(p["id"], []), now), live[p["ad_group_id"]]) for p in promotions}


def _active(changes: Sequence[tuple[int, str]], now: int) -> tuple[tuple[int, int], ...]:
    spans = []
    for n, (since, status) in enumerate(changes):
        until = min(changes[n + 1][0] if n + 1 < len(changes) else now, now)
        if status == "ACTIVE" and since < until:
            spans.append((since, until))
    return tuple(spans)


def _scheduled(spans: Sequence[tuple[int, int]], entity: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    start, end = entity.get("start_time") or 0, entity.get("end_time") or 2**62
    return tuple((max(a, start), min(b, end)) for a, b in spans if max(a, start) < min(b, end))


def _both(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The intersection of two sorted lists of half-open spans."""
    common, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            common.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def rows(
    store: Store,
    rules: Rules,
    account: Entity,
    promotions: Sequence[Entity],
    columns: Sequence[str],
    start: datetime.date,
    end: datetime.date,
    query: Mapping[str, Any],
    now: int,
) -> list[dict[str, Any]]:
    """Analytics rows of these promotions."""
    return []
