"""How many calls plans make, and how long an apply waits for a quota: by the emulated clock, one call at a time."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from pinshop import plans
from pinshop.emulator.limits import Profile
from pinshop.plans.yaml_text import block
from plans.conftest import World, client_of  # type: ignore[import-not-found]

AD_GROUPS, PROMOTED, BATCH = 6, 35, 30


@pytest.fixture
def filled(world: World) -> World:
    for n in range(PROMOTED - len(world.groups)):
        filters = {"any_of": [{"BRAND": {"values": [f"Brand {n}"]}}]}
        made = world.client.catalog_product_groups.create(name=f"G{n}", feed_id=world.emulator.feed_id, filters=filters)
        world.groups = [*world.groups, made.id]
    settings = {"campaign_id": world.emulator.campaign_id, "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP"}
    world.client.ad_groups.create(world.account, [{**settings, "name": f"A{n}"} for n in range(AD_GROUPS - 1)])
    return world


def manifest(world: World, url: str) -> plans.Manifest:
    promotions = [{"catalog_product_group_id": one, "tracking_url": url} for one in world.groups]
    groups = [{"id": one.id, "promotions": promotions} for one in world.client.ad_groups.list(world.account)]
    return plans.parse_manifest("\n".join(block({"account": world.account, "ad_groups": groups})))


@pytest.mark.parametrize("quota", [1, 5, 12, 400])
def test_a_plan_reads_each_ad_group_once_and_an_apply_waits_as_long_as_the_quota_demands(filled, quota):
    world = filled
    assert world.apply(world.plan(manifest(world, "https://first.example/"))).ok
    wanted = manifest(world, "https://second.example/")
    world.emulator.limits.use(Profile(categories={"ads_write": (quota, 60)}))
    client = client_of(world.emulator, concurrency=1)

    first = world.emulator.calls.count()
    plan = plans.make_plan(client, wanted, journal=world.journal)
    assert len(plan.changes) == AD_GROUPS * PROMOTED
    assert world.emulator.calls.count() - first == AD_GROUPS + 4  # the user, the account, its ad groups, their campaigns

    first, began = world.emulator.calls.count(), world.emulator.clock.seconds()
    assert plans.apply(client, plan, journal=world.journal, max_changes=1000).ok
    calls = list(world.emulator.calls)[first:]
    counts = Counter(call.operation for call in calls)
    writes = AD_GROUPS * math.ceil(PROMOTED / BATCH)
    assert counts == {
        "user_account/get": 1,
        "campaigns/list": 1,
        "ad_groups/list": 1,
        "product_group_promotions/list": AD_GROUPS,
        "product_group_promotions/update": writes,
    }
    assert {call.status for call in calls} == {200}
    least = (math.ceil(writes / quota) - 1) * 60
    assert least <= world.emulator.clock.seconds() - began <= least * 1.05
