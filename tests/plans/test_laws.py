"""Laws that hold for any manifest and any state it meets."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinshop import plans
from pinshop.plans import compare
from pinshop.plans.yaml_text import block
from plans.conftest import World, client_of  # type: ignore[import-not-found]

STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED")
URLS = (None, "https://a.example/", "https://b.example/?c={campaignid}", "https://c.example/ü?q=1&r=#x")
TITLES = (None, "A title", "Zwölf: # 'quotes' \"and\" \\ more")

#: Promotions that somebody made: group, creative type, status, URL, title.
LIVE = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(("REGULAR", "COLLECTION")),
        st.sampled_from(STATUSES),
        st.sampled_from(URLS),
        st.sampled_from(TITLES),
    ),
    max_size=6,
)

FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES),
        "tracking_url": st.sampled_from(URLS),
        "slideshow_collections_title": st.sampled_from(TITLES),
        "is_mdl": st.booleans(),
    },
)

DECLARED = st.dictionaries(st.tuples(st.integers(0, 4), st.sampled_from(("REGULAR", "COLLECTION"))), FIELDS, max_size=6)

CAMPAIGN = st.fixed_dictionaries(
    {}, optional={"status": st.sampled_from(("ACTIVE", "PAUSED")), "daily_spend_cap": st.integers(1, 900).map("{} USD".format)}
)


def live_world(template: Any, directory: Any, live: list[Any]) -> World:
    emulator = template.fork()
    world = World(emulator, client_of(emulator), directory)
    items = [
        {
            "catalog_product_group_id": world.groups[n],
            "creative_type": kind,
            "status": "PAUSED" if status == "ARCHIVED" else status,
            "tracking_url": url,
            "slideshow_collections_title": title,
        }
        for n, kind, status, url, title in live
    ]
    if items:
        ids = world.create(*({k: v for k, v in item.items() if v is not None} for item in items))
        gone = [
            {"id": one, "status": "ARCHIVED"}
            for one, (_, _, status, _, _) in zip(ids, live, strict=True)
            if status == "ARCHIVED"
        ]
        if gone:
            world.client.promotions.update(world.account, world.ad_group, gone).raise_if_failed()
    return world


def text_of(world: World, declared: dict[Any, Any], campaign: dict[str, Any]) -> str:
    promotions = [
        {"catalog_product_group_id": world.groups[n], **({"creative_type": kind} if kind != "REGULAR" else {}), **fields}
        for (n, kind), fields in declared.items()
    ]
    value = {
        "account": world.account,
        "ad_groups": [{"id": world.ad_group, **({"promotions": promotions} if promotions else {})}],
        **({"campaigns": [{"id": world.emulator.campaign_id, **campaign}]} if campaign else {}),
    }
    return "\n".join(block(value)) + "\n"


@given(live=LIVE, declared=DECLARED, campaign=CAMPAIGN)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_plan_after_apply_is_empty_and_nothing_else_was_touched(template, tmp_path_factory, live, declared, campaign):
    world = live_world(template, tmp_path_factory.mktemp("laws") / "journal", live)
    manifest = plans.parse_manifest(text_of(world, declared, campaign))
    before = {row.id: row for row in world.live()}
    plan = world.plan(manifest)
    named = {change.id for change in plan.changes}
    applied = world.apply(plan)
    assert applied.ok, applied.summary()
    after = {row.id: row for row in world.live()}

    assert world.plan(manifest).is_empty
    assert world.plan(plans.parse_manifest(plans.format_manifest(text_of(world, declared, campaign)))).is_empty

    for one, row in before.items():  # never what the plan does not name, and of what it names only its fields
        if one not in named:
            assert after[one] == row
    made = {outcome.change.ref: outcome.id for outcome in applied.outcomes}
    for change in plan.changes:
        if change.entity_type == "promotion":
            row = after[change.id or made[change.ref]]
            assert all(compare.same(name, value, compare.stored(getattr(row, name))) for name, value in change.after.items())
    assert len(after) - len(before) == sum(change.action == "create" for change in plan.changes)

    sent = len(world.writes())
    assert world.apply(plan).ok  # twice is once
    assert len(world.writes()) == sent

    text = plans.import_manifest(world.client, world.account)
    assert text == plans.import_manifest(world.client, world.account)
    assert world.plan(plans.parse_manifest(text)).is_empty
    assert plans.format_manifest(text) == text
    world.emulator.close()


@given(live=LIVE, declared=DECLARED, campaign=CAMPAIGN)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_becomes_active_without_the_consent_of_the_guard_and_rollback_leads_back(
    template, tmp_path_factory, live, declared, campaign
):
    world = live_world(template, tmp_path_factory.mktemp("laws") / "journal", live)
    plan = world.plan(plans.parse_manifest(text_of(world, declared, campaign)))
    sent = len(world.writes())
    before = {row.id: row for row in world.live()}
    if plan.spend:
        try:
            plans.apply(world.client, plan, journal=world.journal, max_changes=1000)
        except plans.GuardRefused:
            assert len(world.writes()) == sent
        else:
            raise AssertionError(plan.to_text())
    if not plan.is_empty:
        assert world.apply(plan).ok
        finals = {change.id for change in plan.changes if change.after.get("status") == "ARCHIVED"}
        try:
            back = plans.rollback(world.client, world.journal, plan.short_id)
        except plans.PlanRefused:
            back = None
        if back is not None and not finals:
            assert world.apply(back).ok
            now = {row.id: row for row in world.live()}
            assert {one: now[one] for one in before} == before
            assert all(now[one].status == "PAUSED" for one in now.keys() - before.keys())
    world.emulator.close()
