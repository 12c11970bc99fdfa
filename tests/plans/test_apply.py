"""From a manifest to what Pinterest has: plan, apply, and the laws that hold between them."""

from __future__ import annotations

import contextlib
import datetime
from decimal import Decimal

import msgspec
import pytest

from pinshop import plans
from pinshop.emulator import Emulator
from pinshop.errors import GuardRefused, InvalidInput, ManifestError, PartialFailure, PlanRefused, StalePlan
from pinshop.plans import compare
from pinshop.plans.journal import find_history, histories
from plans.conftest import MOMENT, World, client_of  # type: ignore[import-not-found]

SPRING = """
    account: $account
    campaigns:
      - name: Spring
        objective_type: SALES
        intended_promotion_type: CATALOG
        is_campaign_budget_optimization: true
        daily_spend_cap: 50 USD
        status: ACTIVE
    ad_groups:
      - id: $group
        promotions:
          - {catalog_product_group_name: Kitchen, status: ACTIVE}
          - {catalog_product_group_pattern: "*", tracking_url: "https://shop.example/?c={campaignid}"}
      - name: Spring, everyone
        campaign: Spring
        billable_event: CLICKTHROUGH
        status: ACTIVE
        promotions:
          - {catalog_product_group_id: $2, status: ACTIVE}
"""


def test_from_nothing_to_a_running_promotion_and_a_second_apply_does_nothing(world):
    manifest = world.manifest(SPRING)
    plan = world.plan(manifest)
    assert plan.counts() == {"create": 8}
    applied = world.apply(plan)
    assert applied.ok
    assert world.plan(manifest).is_empty
    campaign = next(one for one in world.client.campaigns.list(world.account) if one.name == "Spring")
    group = next(one for one in world.client.ad_groups.list(world.account) if one.name == "Spring, everyone")
    assert (campaign.status, group.status, group.campaign_id) == ("ACTIVE", "ACTIVE", campaign.id)
    assert [row.status for row in world.live(group.id)] == ["ACTIVE"]
    sent = len(world.writes())
    again = world.apply(plan)
    assert again.already
    assert again.ok
    assert "already executed on 2026-03-01 12:00 UTC" in again.summary()
    assert len(world.writes()) == sent


def test_the_last_plan_counts_whatever_the_clock_said_when_it_was_applied(world):
    ids = []
    for number, back in enumerate([0] * 8 + [3600] * 4):  # within a second, then with a clock that is set back
        world.emulator.clock.advance(seconds=back)
        world.emulator.clock.freeze(world.emulator.clock.now() - datetime.timedelta(seconds=2 * back))
        manifest = world.manifest(
            f"account: $account\ncampaigns:\n  - {{id: '{world.emulator.campaign_id}', daily_spend_cap: {10 + number} USD}}\n"
        )
        plan = world.plan(manifest)
        assert (plan.conflicts, plan.counts()) == ([], {"update": 1})
        assert world.apply(plan).ok
        assert find_history(world.journal).plan.id == plan.id
        ids.append(plan.id)
    assert [history.plan.id for history in histories(world.journal)] == ids
    assert [history.number for history in histories(world.journal)] == list(range(1, 13))


def test_bid_options_are_written_with_a_mask_of_what_is_declared(world):
    declared = """
        account: $account
        campaigns:
          - {{id: "{id}", {what}}}
    """

    def applied(what):
        manifest = world.manifest(declared.format(id=world.emulator.campaign_id, what=what))
        assert world.apply(world.plan(manifest)).ok
        assert world.plan(manifest).is_empty
        return world.client.campaigns.get(world.account, world.emulator.campaign_id).bid_options

    both = "bid_options: {app_type_multipliers: {web: 1.25}, audience_multipliers: {'123': 2}}"
    assert applied(both) == {"app_type_multipliers": {"web": Decimal("1.25")}, "audience_multipliers": {"123": 2}}
    assert applied("bid_options: {app_type_multipliers: {web: 0.5}}") == {
        "app_type_multipliers": {"web": Decimal("0.5")},
        "audience_multipliers": {"123": 2},
    }
    assert not applied("bid_options: null")


def test_what_a_manifest_clears_is_left_out_of_what_is_created(world):
    manifest = world.manifest("""
        account: $account
        campaigns:
          - name: New
            objective_type: CATALOG_SALES
            is_campaign_budget_optimization: true
            daily_spend_cap: 5 USD
            clear: [bid_options, is_flexible_daily_budgets]
        ad_groups:
          - name: In it
            campaign: New
            billable_event: CLICKTHROUGH
            bid_in_micro_currency: 1 USD
            auto_targeting_enabled: null
    """)
    assert world.apply(world.plan(manifest)).ok


@pytest.mark.parametrize("scheme", ["objective_type: SALES, intended_promotion_type: CATALOG", "objective_type: CATALOG_SALES"])
def test_both_generations_of_objectives_carry_promotions(world, scheme):
    manifest = world.manifest(f"""
        account: $account
        campaigns:
          - {{name: New, {scheme}, is_campaign_budget_optimization: true, daily_spend_cap: 50 USD}}
        ad_groups:
          - name: Group
            campaign: New
            billable_event: IMPRESSION
            promotions: [{{catalog_product_group_id: $1}}]
    """)
    plan = world.plan(manifest)
    assert world.apply(plan).ok
    assert world.plan(manifest).is_empty
    assert [change.verb for change in plan.changes] == ["create"] * 3
    assert all(row.status == "PAUSED" for row in world.client.campaigns.list(world.account) if row.name == "New")


@pytest.mark.parametrize(
    ("api_version", "generation", "legacy", "simplified"),
    [
        ("5.14", "both", "", "got 'SALES', allowed: one of"),
        ("5.23", "simplified", "", "got 'SALES', allowed: one of"),
        ("5.28", "legacy", "", "use CATALOG_SALES"),
        ("5.28", "simplified", "can no longer be created; use SALES", ""),
        ("5.28", "both", "", ""),
    ],
)
def test_a_generation_that_is_not_available_is_said(tmp_path, api_version, generation, legacy, simplified):
    with contextlib.closing(Emulator(api_version, now=MOMENT, rules={"objective_generation": generation})) as emulator:
        world = World(emulator, client_of(emulator), tmp_path)
        for scheme, refused in (
            ("objective_type: CATALOG_SALES", legacy),
            ("objective_type: SALES, intended_promotion_type: CATALOG", simplified),
        ):
            entry = f"{{name: N, {scheme}, is_campaign_budget_optimization: true, daily_spend_cap: 5 USD}}"
            manifest = world.manifest(f"account: $account\ncampaigns:\n  - {entry}\n")
            if "allowed" in refused:
                with pytest.raises(ManifestError, match=refused):
                    world.plan(manifest)
                continue
            applied = world.apply(world.plan(manifest))
            assert applied.ok is not bool(refused)
            assert not refused or refused in applied.not_done[0].message
            assert world.plan(manifest).is_empty is not bool(refused)
            if not refused:
                clear = "account: $account\ncampaigns:\n  - {name: N, status: ARCHIVED}\n"
                assert world.apply(world.plan(world.manifest(clear))).ok


def test_what_is_new_is_paused_unless_the_manifest_says_active_in_so_many_words(world):
    world.emulator.rules.set("default_promotion_status", "ACTIVE")
    assert world.apply(world.plan(world.promoted("- catalog_product_group_id: $1"))).ok
    assert [row.status for row in world.live()] == ["PAUSED"]
    assert all(b"ACTIVE" not in entry.body for entry in world.writes())


def test_the_order_stops_money_first_and_lets_it_flow_last(world):
    first, second = world.create(
        {"catalog_product_group_id": world.groups[0], "status": "ACTIVE"},
        {"catalog_product_group_id": world.groups[1], "status": "PAUSED", "tracking_url": "https://old.example/"},
    )
    manifest = world.promoted("""
        - {catalog_product_group_id: $0, status: PAUSED}
        - {catalog_product_group_id: $1, status: ACTIVE, tracking_url: "https://new.example/"}
        - {catalog_product_group_id: $2, status: ACTIVE}
    """)
    assert world.apply(world.plan(manifest)).ok
    bodies = [entry.json()["product_group_promotion"] for entry in world.writes()[1:]]
    new = next(row.id for row in world.live() if row.catalog_product_group_id == world.groups[2])
    assert bodies == [
        [{"status": "PAUSED", "id": first}],
        [{"tracking_url": "https://new.example/", "id": second}],
        [{"status": "PAUSED", "catalog_product_group_id": world.groups[2]}],
        [{"status": "ACTIVE", "id": second}, {"status": "ACTIVE", "id": new}],
    ]


def test_activations_wait_until_everything_before_them_has_succeeded(world):
    manifest = world.promoted("""
        - {catalog_product_group_id: $0, status: ACTIVE}
        - {catalog_product_group_id: $1}
    """)
    plan = world.plan(manifest)
    world.emulator.fail("product_group_promotions/create", items=[1], code=1, message="No.")
    applied = world.apply(plan)
    assert [(one.stage, one.state) for one in applied.outcomes] == [
        ("create", "done"),
        ("create", "failed"),
        ("activate", "skipped"),
    ]
    assert not applied.ok
    assert "activations wait" in str(applied.not_done[-1])
    assert [row.status for row in world.live()] == ["PAUSED"]
    with pytest.raises(PartialFailure, match="1 done, 1 failed, 1 skipped"):
        applied.raise_if_failed()
    assert world.apply(plan).ok  # the same command does what is left
    assert world.plan(manifest).is_empty


def test_keep_going_activates_in_spite_of_a_failure(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}\n- catalog_product_group_id: $1"))
    world.emulator.fail("product_group_promotions/create", items=[1], code=1, message="No.")
    applied = world.apply(plan, keep_going=True)
    assert [one.state for one in applied.outcomes] == ["done", "failed", "done"]


def test_what_belongs_to_something_that_was_not_created_is_skipped(world):
    plan = world.plan(world.manifest(SPRING))
    world.emulator.fail("campaigns/create", items=[0], code=1, message="No.")
    applied = world.apply(plan)
    skipped = {one.change.label for one in applied.outcomes if one.state == "skipped" and one.stage == "create"}
    assert skipped == {"Spring, everyone", "Lighting"}
    assert not [one for one in world.client.ad_groups.list(world.account) if one.name != "Shopping, everyone"]
    assert world.apply(plan).ok
    assert world.plan(world.manifest(SPRING)).is_empty


def test_the_saved_plan_says_what_pinterest_then_answers(world, tmp_path):
    plan = world.plan(world.manifest(SPRING))
    plan.save(tmp_path / "plan.json")
    plan = plans.load_plan(tmp_path / "plan.json")
    applied = world.apply(plan)
    ids = {outcome.change.ref: outcome.id for outcome in applied.outcomes}
    everything = {
        "campaign": {one.id: one for one in world.client.campaigns.list(world.account)},
        "ad_group": {one.id: one for one in world.client.ad_groups.list(world.account)},
    }
    everything["promotion"] = {row.id: row for group in everything["ad_group"] for row in world.live(group)}
    for change in plan.changes:
        entity = everything[change.entity_type][change.id or ids[change.ref]]
        for name, value in change.after.items():
            assert compare.same(name, value, compare.stored(getattr(entity, name))), (change.ref, name)


def test_only_what_the_manifest_names_is_compared_and_null_clears(world):
    (promotion,) = world.create(
        {
            "catalog_product_group_id": world.groups[0],
            "tracking_url": "https://a.example/",
            "slideshow_collections_title": "Title",
        }
    )
    assert world.plan(world.promoted("- catalog_product_group_id: $0")).is_empty
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, tracking_url: null}"))
    assert [(change.before, change.after) for change in plan.changes] == [
        ({"tracking_url": "https://a.example/"}, {"tracking_url": None})
    ]
    assert world.apply(plan).ok
    (row,) = world.live()
    assert (row.id, row.tracking_url, row.slideshow_collections_title) == (promotion, None, "Title")


def test_a_plan_is_refused_where_it_would_spend_more_than_was_allowed(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    with pytest.raises(GuardRefused, match=r"could spend up to 500.00 USD a day more than now; allowed: 0.00 USD"):
        plans.apply(world.client, plan, journal=world.journal)
    with pytest.raises(GuardRefused, match=r"allowed: 499\.99"):
        plans.apply(world.client, plan, journal=world.journal, max_spend="499.99")
    assert world.writes() == []
    assert plans.apply(world.client, plan, journal=world.journal, max_spend="500").ok
    second = world.plan(world.promoted("- {catalog_product_group_id: $0}\n- {catalog_product_group_id: $1, status: ACTIVE}"))
    assert second.spend == []  # they share the budget
    assert plans.apply(world.client, second, journal=world.journal).ok


@pytest.mark.parametrize("given", [0.5, "much", "-1", "NaN", True])
def test_max_spend_is_an_exact_amount(world, given):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    with pytest.raises(InvalidInput, match="max_spend"):
        plans.apply(world.client, plan, journal=world.journal, max_spend=given)


def test_a_large_change_is_refused_unless_it_is_meant(world):
    ids = world.create(
        *({"catalog_product_group_id": world.groups[n % 5], "tracking_url": f"https://a/{n}"} for n in range(60))
    )
    entries = "\n".join(f'- {{id: "{one}", status: PAUSED}}' for one in ids)
    plan = world.plan(world.promoted(entries))
    with pytest.raises(GuardRefused, match="60 changes; allowed without saying so: 50"):
        plans.apply(world.client, plan, journal=world.journal)
    with pytest.raises(GuardRefused, match="60 changes; allowed: 59"):
        plans.apply(world.client, plan, journal=world.journal, max_changes=59)
    some = world.plan(world.promoted("\n".join(entries.splitlines()[:20])))
    with pytest.raises(GuardRefused, match="20 of 60 live promotions would be changed; allowed without saying so: 30%"):
        plans.apply(world.client, some, journal=world.journal)
    assert plans.apply(world.client, plan, journal=world.journal, max_changes=60).ok


def test_a_plan_that_was_changed_by_hand_is_refused(world, tmp_path):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    (tmp_path / "plan.json").write_bytes(plan.to_json().replace(b'"ACTIVE"', b'"PAUSED"'))
    with pytest.raises(PlanRefused, match="changed after the plan was made"):
        plans.load_plan(tmp_path / "plan.json")
    with pytest.raises(PlanRefused, match="changed after it was made"):
        world.apply(msgspec.structs.replace(plan, valid_until=plan.valid_until + 1))


def test_the_approved_plan_is_the_one_that_is_applied(world):
    plan = world.plan(world.promoted("- catalog_product_group_id: $0"))
    with pytest.raises(PlanRefused, match="was approved"):
        world.apply(plan, plan_id="0123456789ab")
    with pytest.raises(PlanRefused, match="was approved"):
        world.apply(plan, plan_id=plan.id[:11])
    assert world.apply(plan, plan_id=plan.short_id).ok
    with pytest.raises(PlanRefused, match="was approved"):  # also when there is nothing left to do
        world.apply(plan, plan_id="0123456789ab")
    assert world.apply(plan, plan_id=plan.short_id).already


def test_what_a_plan_does_not_name_is_never_touched(world):
    (other,) = world.create(
        {"catalog_product_group_id": world.groups[4], "status": "ACTIVE", "tracking_url": "https://b.example/"}
    )
    before = next(row for row in world.live() if row.id == other)
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    assert [note.kind for note in plan.notes] == ["not_ours"]
    assert plan.notes[0].ids == [other]
    world.apply(plan)
    assert next(row for row in world.live() if row.id == other) == before
    assert all(other.encode() not in entry.body for entry in world.writes()[1:])


def test_the_journal_tells_what_was_done(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    applied = world.apply(plan)
    history = find_history(world.journal, plan.short_id)
    assert history.plan == plan
    assert history.finished == applied.executed_at
    (ref,) = {outcome.change.ref for outcome in applied.outcomes}
    assert history.done == {(ref, "create"): world.live()[0].id, (ref, "activate"): world.live()[0].id}
    assert (world.journal / f"{plan.short_id}.jsonl").stat().st_mode & 0o077 == 0
    assert world.emulator.access_token not in (world.journal / f"{plan.short_id}.jsonl").read_text()


def test_an_empty_plan_is_applied_without_a_trace(world):
    plan = world.plan(world.promoted("[]"))
    assert plan.is_empty
    assert world.apply(plan).summary().endswith("nothing to do")
    assert world.writes() == []
    assert not list(world.journal.glob("*.jsonl"))


def test_a_stale_plan_says_what_moved_and_can_still_be_shown(world, tmp_path):
    (promotion,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: PAUSED}"))
    plan.save(tmp_path / "plan.json")
    world.client.promotions.update(world.account, world.ad_group, [{"id": promotion, "status": "ARCHIVED"}])
    with pytest.raises(StalePlan, match="status was 'ACTIVE', is 'ARCHIVED'") as caught:
        world.apply(plan)
    assert len(caught.value.differences) == 2  # the status, and that it left the ad group's promotions
    assert plans.what_moved(world.client, plan) == caught.value.differences
    assert "to pause" in plans.load_plan(tmp_path / "plan.json").to_text()
