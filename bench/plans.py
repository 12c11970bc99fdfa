"""Plans at size, on an emulated clock: ``python bench/plans.py`` prints what docs/plans.md states.

10,000 promotions in 50 ad groups: what a plan takes beyond the reads it cannot do without, and how long an apply waits for
quotas beyond what they demand. One call at a time: the waits of several at once would all be added to the one emulated clock.
"""

from __future__ import annotations

import math
import resource
import sys
import tempfile
import time
from collections import Counter

from pinshop import Client, plans
from pinshop.emulator import Emulator
from pinshop.emulator.limits import Profile
from pinshop.plans.yaml_text import block


def client_of(emulator: Emulator) -> Client:
    def sleep(seconds: float) -> None:
        emulator.clock.advance(seconds=seconds)

    return Client(
        emulator.access_token,
        base_url=emulator.base_url,
        transport=emulator.transport(sleep),
        clock=emulator.clock.seconds,
        sleep=sleep,
        concurrency=1,
    )


def filled(emulator: Emulator, groups: int, promoted: int) -> list[str]:
    """So many ad groups; as many catalog product groups as each shall promote."""
    client = client_of(emulator)
    for n in range(promoted):
        filters = {"any_of": [{"BRAND": {"values": [f"brand {n}"]}}]}
        client.catalog_product_groups.create(name=f"Group {n}", feed_id=emulator.feed_id, filters=filters)
    settings = {"campaign_id": emulator.campaign_id, "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP"}
    made = client.ad_groups.create(emulator.ad_account_id, [{**settings, "name": f"Ad group {n}"} for n in range(groups - 1)])
    return [emulator.ad_group_id, *(outcome.id or "" for outcome in made)]


def manifest_of(emulator: Emulator, ad_groups: list[str], promoted: int, url: str) -> plans.Manifest:
    client = client_of(emulator)
    ids = [group.id for group in client.catalog_product_groups.list(page_size=250)][-promoted:]
    entries = [{"catalog_product_group_id": one, "tracking_url": url} for one in ids]
    value = {"account": emulator.ad_account_id, "ad_groups": [{"id": one, "promotions": entries} for one in ad_groups]}
    return plans.parse_manifest("\n".join(block(value)))


def applied(emulator: Emulator, plan: plans.Plan, journal: str) -> tuple[Counter[str], int, float]:
    """The calls of an apply, how many were refused, and the seconds that it waited."""
    first, began = emulator.calls.count(), emulator.clock.seconds()
    done = plans.apply(client_of(emulator), plan, journal=journal, max_changes=1_000_000)
    assert done.ok, done.summary()
    calls = list(emulator.calls)[first:]
    refused = sum(call.status == 429 for call in calls)
    return Counter(call.operation.rpartition("/")[2] for call in calls), refused, emulator.clock.seconds() - began


def main(groups: int = 50, promoted: int = 200) -> None:
    emulator = Emulator(now="2026-03-01T12:00:00Z")
    ad_groups = filled(emulator, groups, promoted)
    with tempfile.TemporaryDirectory() as journal:
        for url in ("https://first.example/", "https://second.example/", "https://third.example/"):
            if url == "https://second.example/":
                emulator.limits.use("standard")
            elif url == "https://third.example/":
                emulator.clock.advance(seconds=600)
                emulator.limits.use(Profile(categories={"ads_write": (40, 60)}))
            manifest = manifest_of(emulator, ad_groups, promoted, url)
            client, began = client_of(emulator), time.process_time()
            read = sum(
                len(list(client.promotions.list(emulator.ad_account_id, ad_group_id=one, page_size=250))) for one in ad_groups
            )
            reads, began, first = time.process_time() - began, time.process_time(), emulator.calls.count()
            plan = plans.make_plan(client_of(emulator), manifest, journal=journal)
            planned = time.process_time() - began
            words = f"{planned:.2f} s of CPU, of which {reads:.2f} s are those of its {read:,} rows"
            print(f"plan of {len(plan.changes):,} changes: {emulator.calls.count() - first} calls, {words}")
            calls, refused, waited = applied(emulator, plan, journal)
            writes = calls["create"] + calls["update"]
            least = (math.ceil(writes / 40) - 1) * 60 if url == "https://third.example/" else 0
            demanded = f", of {least} s that 40 calls a minute demand" if least else ""
            print(f"apply: {writes} writes, {calls['list']} reads, {refused} refused, waited {waited:.1f} s{demanded}")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB, emulator included")
    emulator.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
