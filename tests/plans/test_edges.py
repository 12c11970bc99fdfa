"""The edge cases of plans, each by name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pinshop import AsyncClient, Client, plans
from pinshop.emulator import Emulator
from pinshop.errors import ConfigurationError, GuardRefused, InvalidInput, ManifestError, PlanRefused, StalePlan, Unauthorized
from plans.conftest import World, client_of  # type: ignore[import-not-found]


def kinds(plan: plans.Plan) -> list[str]:
    return [note.kind for note in plan.notes]


# ---------------------------------------------------------------------------------------- what is there


def test_an_empty_ad_group_is_read_and_imported(world):
    assert world.plan(world.promoted("[]")).is_empty
    text = plans.import_manifest(world.client, world.account)
    assert "promotions:" not in text
    assert world.plan(plans.parse_manifest(text)).is_empty


def test_two_live_promotions_of_one_key_are_ambiguous_and_neither_is_changed(world):
    ids = world.create(*({"catalog_product_group_id": world.groups[0], "tracking_url": f"https://a/{n}"} for n in range(2)))
    manifest = world.promoted('- {catalog_product_group_id: $0, status: ACTIVE, tracking_url: "https://b/"}')
    plan = world.plan(manifest)
    assert plan.is_empty
    assert kinds(plan) == ["ambiguous"]
    assert sorted(plan.conflicts[0].ids) == sorted(ids)
    text = plans.import_manifest(world.client, world.account)
    assert all(f'id: "{one}"' in text for one in ids)
    assert world.plan(plans.parse_manifest(text)).is_empty
    pinned = world.plan(world.promoted(f'- {{id: "{ids[1]}", tracking_url: "https://b/"}}\n- {{catalog_product_group_id: $0}}'))
    assert [change.id for change in pinned.changes] == [ids[1]]  # and the other one is what has the key now
    assert kinds(pinned) == []


def test_an_archived_twin_is_history(world):
    (old,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    world.client.promotions.update(world.account, world.ad_group, [{"id": old, "status": "ARCHIVED"}])
    plan = world.plan(world.promoted("- catalog_product_group_id: $0"))
    assert [change.action for change in plan.changes] == ["create"]
    assert (kinds(plan), plan.notes[0].ids) == (["archived_twin"], [old])
    world.apply(plan)
    assert {row.id: row.status for row in world.live()}[old] == "ARCHIVED"
    with pytest.raises(ManifestError, match="not archived, which is final"):
        world.plan(world.promoted(f'- {{id: "{old}", status: PAUSED}}'))
    assert world.plan(world.promoted(f'- {{id: "{old}", status: ARCHIVED}}')).is_empty


def test_archiving_is_done_once_and_then_there_is_nothing_to_archive(world):
    world.create({"catalog_product_group_id": world.groups[0]})
    manifest = world.promoted("- {catalog_product_group_id: $0, status: ARCHIVED}")
    assert world.apply(world.plan(manifest)).ok
    plan = world.plan(manifest)
    assert plan.is_empty
    assert kinds(plan) == ["absent"]


def test_an_archived_ad_group_takes_no_promotions(world):
    world.client.ad_groups.update(world.account, [{"id": world.ad_group, "status": "ARCHIVED"}])
    with pytest.raises(ManifestError, match=r"manifest.yaml:3:5: ad_groups\[0\].id.*ARCHIVED: nothing can be changed in it"):
        world.plan(world.promoted("- catalog_product_group_id: $0"))


@pytest.mark.parametrize(("status", "where"), [("PAUSED", "campaigns"), ("PAUSED", "ad_groups")])
def test_the_plan_says_what_will_not_deliver(world, status, where):
    target = {"campaigns": world.emulator.campaign_id, "ad_groups": world.ad_group}[where]
    getattr(world.client, where).update(world.account, [{"id": target, "status": status}])
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    assert kinds(plan) == ["will_not_deliver"]
    assert "will not deliver" in plan.to_text()
    assert "will not deliver" in plan.to_markdown()
    assert plan.spend == []  # nothing can be spent, so nothing needs to be allowed
    assert plans.apply(world.client, plan, journal=world.journal).ok


def test_resuming_a_paused_campaign_counts_what_its_other_ad_groups_spend(world):
    world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    world.client.campaigns.update(world.account, [{"id": world.emulator.campaign_id, "status": "PAUSED"}])
    manifest = world.manifest(f"""
        account: $account
        campaigns: [{{id: "{world.emulator.campaign_id}", status: ACTIVE}}]
    """)
    plan = world.plan(manifest)
    assert [spend.micro_a_day for spend in plan.spend] == [500_000_000]
    with pytest.raises(GuardRefused):
        plans.apply(world.client, plan, journal=world.journal)


def test_a_second_ad_group_of_a_campaign_with_its_own_budget_raises_nothing(world):
    other = world.client.ad_groups.create(
        world.account,
        [{"name": "Other", "campaign_id": world.emulator.campaign_id, "billable_event": "IMPRESSION", "status": "ACTIVE"}],
    )[0].id
    world.client.promotions.create(world.account, other, [{"catalog_product_group_id": world.groups[1], "status": "ACTIVE"}])
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    assert plan.spend == []
    world.client.ad_groups.update(world.account, [{"id": other, "status": "PAUSED"}])
    with pytest.raises(StalePlan, match="'ACTIVE', is 'PAUSED'"):  # the guard had counted on it
        world.apply(plan)
    assert world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}")).spend[0].micro_a_day == 500_000_000


def test_a_raised_budget_is_spend_and_comes_last(world):
    world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    manifest = world.manifest(f"""
        account: $account
        campaigns: [{{id: "{world.emulator.campaign_id}", daily_spend_cap: 620.50 USD}}]
    """)
    plan = world.plan(manifest)
    assert plan.spend[0].micro_a_day == 120_500_000
    assert list(plan.changes[0].writes()) == ["activate"]
    with pytest.raises(GuardRefused, match=r"120\.50 USD a day more"):
        plans.apply(world.client, plan, journal=world.journal)
    assert "daily_spend_cap: 500.00 USD -> 620.50 USD" in plan.to_text()
    world.client.ad_groups.update(world.account, [{"id": world.ad_group, "status": "PAUSED"}])
    with pytest.raises(StalePlan, match="status was 'ACTIVE', is 'PAUSED'"):  # what it would spend is no longer true
        world.apply(plan)
    world.client.ad_groups.update(world.account, [{"id": world.ad_group, "status": "ACTIVE"}])
    declared = world.manifest(f"""
        account: $account
        campaigns: [{{id: "{world.emulator.campaign_id}", daily_spend_cap: 620.50 USD}}]
        ad_groups: [{{id: $group}}]
    """)
    also = world.plan(declared)
    assert also.spend == plan.spend
    world.create({"catalog_product_group_id": world.groups[1]})
    assert plans.what_moved(world.client, also) == []  # a new neighbour does not matter where no promotion is touched
    lower = world.plan(
        world.manifest(f'account: $account\ncampaigns: [{{id: "{world.emulator.campaign_id}", daily_spend_cap: 20 USD}}]')
    )
    assert lower.spend == []
    assert list(lower.changes[0].writes()) == ["update"]
    no_limit = world.plan(
        world.manifest(f'account: $account\ncampaigns: [{{id: "{world.emulator.campaign_id}", daily_spend_cap: null}}]')
    )
    with pytest.raises(GuardRefused, match="without limit"):
        plans.apply(world.client, no_limit, journal=world.journal, max_spend="100000")


# ------------------------------------------------------------------------- between plan and apply


def test_a_promotion_that_somebody_moved_makes_the_plan_stale(world):
    (one,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    plan = world.plan(world.promoted('- {catalog_product_group_id: $0, tracking_url: "https://a/"}'))
    world.client.promotions.update(world.account, world.ad_group, [{"id": one, "tracking_url": "https://somebody/"}])
    sent = len(world.writes())
    with pytest.raises(StalePlan, match="tracking_url was None, is 'https://somebody/'"):
        world.apply(plan)
    assert len(world.writes()) == sent


def test_a_field_that_was_compared_and_stays_makes_the_plan_stale_too(world):
    (one,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE", "tracking_url": "https://a/"})
    plan = world.plan(world.promoted('- {catalog_product_group_id: $0, status: PAUSED, tracking_url: "https://a/"}'))
    world.client.promotions.update(world.account, world.ad_group, [{"id": one, "slideshow_collections_title": "Not named"}])
    assert plans.what_moved(world.client, plan) == []
    world.client.promotions.update(world.account, world.ad_group, [{"id": one, "tracking_url": "https://somebody/"}])
    with pytest.raises(StalePlan, match="tracking_url was 'https://a/', is 'https://somebody/'"):
        world.apply(plan)


def test_an_amount_in_another_currency_than_the_account_has_is_refused(world):
    manifest = world.manifest(
        f'account: $account\ncampaigns: [{{id: "{world.emulator.campaign_id}", daily_spend_cap: 50 EUR}}]'
    )
    with pytest.raises(ManifestError, match=r"manifest.yaml:2:.*daily_spend_cap: got 'EUR', allowed: USD, the currency of"):
        world.plan(manifest)


def test_a_new_neighbour_makes_the_plan_stale_and_changes_elsewhere_do_not(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    other = world.client.ad_groups.create(
        world.account, [{"name": "Other", "campaign_id": world.emulator.campaign_id, "billable_event": "IMPRESSION"}]
    )[0].id
    world.client.promotions.create(world.account, other, [{"catalog_product_group_id": world.groups[0]}])
    (new,) = world.create({"catalog_product_group_id": world.groups[1]})
    with pytest.raises(StalePlan, match=f"promotions {new} are new"):
        world.apply(plan)
    world.client.promotions.update(world.account, world.ad_group, [{"id": new, "status": "ARCHIVED"}])
    assert world.apply(plan).ok  # it fits again


def test_a_catalog_product_group_that_was_deleted_meanwhile_makes_the_plan_stale(world):
    group = world.client.catalog_product_groups.create(
        name="Soon gone", feed_id=world.emulator.feed_id, filters={"any_of": [{"BRAND": {"values": ["X"]}}]}
    )
    plan = world.plan(world.promoted("- {catalog_product_group_name: Soon gone, status: ACTIVE}"))
    world.client.catalog_product_groups.delete(group.id)
    with pytest.raises(StalePlan, match=f"catalog product group {group.id} is gone"):
        world.apply(plan)
    assert world.live() == []
    with pytest.raises(ManifestError, match="allowed: the id of a catalog product group"):
        world.plan(world.promoted(f'- catalog_product_group_id: "{group.id}"'))


def test_an_executed_plan_is_executed_no_more_even_without_its_journal(world, tmp_path):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    assert world.apply(plan).ok
    sent = len(world.writes())
    assert plans.apply(world.client, plan, journal=tmp_path / "another", max_spend="1000").already
    assert len(world.writes()) == sent
    world.client.promotions.update(world.account, world.ad_group, [{"id": world.live()[0].id, "status": "PAUSED"}])
    assert world.apply(plan).already  # it was executed, once
    with pytest.raises(StalePlan, match="it exists"):
        plans.apply(world.client, plan, journal=tmp_path / "another", max_spend="1000")
    assert len(world.live()) == 1


def test_another_user_another_server_and_pinterest_itself_are_refused(world):
    plan = world.plan(world.promoted("- catalog_product_group_id: $0"))
    user = world.emulator.add_user("colleague", "ADMIN")
    colleague = client_of(world.emulator, token=world.emulator.token(user_id=user))
    with pytest.raises(PlanRefused, match=r"was made as emulated_shop_1 .* and this token is of colleague"):
        plans.apply(colleague, plan, journal=world.journal)
    assert plans.apply(colleague, plan, journal=world.journal, allow_other_user=True).ok


class Disguised:
    """The emulator as it would look if it were Pinterest."""

    def __init__(self, emulator: Emulator) -> None:
        self._inner = emulator.transport()

    def send(self, request: Any, /) -> Any:
        reply = self._inner.send(request)
        headers = {name: value for name, value in dict(reply.headers).items() if name.lower() != "x-emulated"}
        return type(reply)(reply.status, headers, reply.body)

    def close(self) -> None:
        pass


def pinterest(emulator: Emulator, base_url: str = "https://api.pinterest.com/v5") -> Client:
    return Client(emulator.access_token, base_url=base_url, transport=Disguised(emulator), clock=emulator.clock.seconds)


def test_a_plan_of_an_emulator_never_runs_on_pinterest_and_the_other_way_round(world):
    manifest = world.promoted("- catalog_product_group_id: $0")
    real = pinterest(world.emulator)
    with pytest.raises(PlanRefused, match=r"was made on an emulator .* and this is Pinterest"):
        plans.apply(real, world.plan(manifest), journal=world.journal)
    with pytest.raises(PlanRefused, match=r"was made on Pinterest .* and this is an emulator"):
        world.apply(plans.make_plan(real, manifest))
    elsewhere = pinterest(world.emulator, "https://proxy.example/v5")
    with pytest.raises(
        PlanRefused, match=r"was made for https://api\.pinterest\.com/v5, and this is https://proxy\.example/v5"
    ):
        plans.apply(elsewhere, plans.make_plan(real, manifest), journal=world.journal)
    assert world.writes() == []


def test_a_plan_expires_and_clocks_may_differ_by_some_minutes(world):
    plan = world.plan(world.promoted("- catalog_product_group_id: $0"), valid_seconds=3600)
    world.emulator.clock.advance(seconds=3600 + 299)
    assert plans.what_moved(world.client, plan) == []
    world.emulator.clock.advance(seconds=2)
    with pytest.raises(PlanRefused, match="was valid until 2026-03-01 13:00 UTC"):
        world.apply(plan)
    ahead = client_of(world.emulator)
    ahead._session.clock = lambda: world.emulator.clock.seconds() + 250  # a machine whose clock is fast
    assert world.apply(plans.make_plan(ahead, world.promoted("- catalog_product_group_id: $0"))).ok


def test_what_was_begun_is_finished_however_late(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"), valid_seconds=60)
    world.emulator.fail("product_group_promotions/update", status=403, code=29, times=None)
    assert not world.apply(plan).ok
    world.emulator.stop_failing()
    world.emulator.clock.advance(seconds=86_400)
    assert world.apply(plan).ok


# ----------------------------------------------------------------------------------------- accounts, names


def test_a_manifest_for_an_account_that_the_token_does_not_reach(world):
    stranger = world.emulator.add_user("stranger")
    client = client_of(world.emulator, token=world.emulator.token(user_id=stranger))
    with pytest.raises(ManifestError, match="an ad account that this token reaches"):
        plans.make_plan(client, world.promoted("- catalog_product_group_id: $0"))
    with pytest.raises(Unauthorized):
        plans.make_plan(client_of(world.emulator, token="wrong"), world.promoted("- catalog_product_group_id: $0"))


def test_the_account_may_be_named_or_given_by_the_caller(world):
    named = world.manifest("account: Emulated Shop\nad_groups: [{id: $group, promotions: [{catalog_product_group_id: $0}]}]")
    given = world.manifest("ad_groups: [{id: $group, promotions: [{catalog_product_group_id: $0}]}]")
    assert [account.id for account in world.plan(named).accounts] == [world.account]
    assert [change.ref for change in world.plan(given, account=world.account).changes] == [
        change.ref for change in world.plan(named).changes
    ]
    with pytest.raises(ManifestError, match="account: got None"):
        world.plan(given)
    with pytest.raises(ManifestError, match="account: got 'Nobody'"):
        world.plan(world.manifest("account: Nobody\nad_groups: [{id: $group}]"))


def test_one_manifest_for_several_accounts(world):
    others = world.emulator.scale(2, 3)
    sections = "".join(
        f'  - id: "{one}"\n    ad_groups: [{{name: Shopping, promotion_defaults: {{status: PAUSED}}, promotions: '
        '[{catalog_product_group_pattern: "*"}]}]\n'
        for one in others
    )
    plan = world.plan(world.manifest(f"accounts:\n{sections}"))
    assert [account.name for account in plan.accounts] == ["Client 00001", "Client 00002"]
    assert plan.counts() == {"create": 4, "pause": 6}
    assert world.apply(plan).ok
    assert world.plan(world.manifest(f"accounts:\n{sections}")).is_empty


def test_the_same_ad_group_in_two_manifests_is_refused_with_both_places(world, tmp_path):
    for name, group in (("a.yaml", f'id: "{world.ad_group}"'), ("b.yaml", 'name: "Shopping, everyone"')):
        (tmp_path / name).write_text(f'account: "{world.account}"\nad_groups:\n  - {group}\n')
    manifest = plans.load_manifest([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    with pytest.raises(ManifestError, match=r"b\.yaml:3:5: .*each once; .*a\.yaml:3 is ad group") as caught:
        world.plan(manifest)
    assert len(caught.value.problems) == 1
    (tmp_path / "c.yaml").write_text((tmp_path / "a.yaml").read_text())
    with pytest.raises(ManifestError, match=r"c\.yaml:3:5: .*each ad group once; .*a\.yaml:3 has it too"):
        plans.load_manifest([tmp_path / "a.yaml", tmp_path / "c.yaml"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("- catalog_product_group_name: Nothing", "the name of a catalog product group"),
        ('- catalog_product_group_pattern: "Nothing*"', "a pattern .* that the name of a catalog product group has"),
        ('- catalog_product_group_id: "1"', "the id of a catalog product group of the owner"),
        ('- {id: "1", status: PAUSED}', "the id of a promotion in this ad group"),
        ("- catalog_product_group_id: $0\n- catalog_product_group_name: All products", "each once; manifest.yaml:5 is"),
        ('- catalog_product_group_pattern: "K*"\n- catalog_product_group_pattern: "*n"', "each once; manifest.yaml:5 is"),
    ],
)
def test_what_leads_nowhere_or_to_one_thing_twice_is_refused_before_anything_is_sent(world, body, said):
    with pytest.raises(ManifestError, match=said):
        world.plan(world.promoted(body))
    assert world.writes() == []


def test_two_groups_of_one_name_are_refused_with_both_ids(world):
    twin = {"name": "Twin", "campaign_id": world.emulator.campaign_id, "billable_event": "IMPRESSION"}
    made = world.client.ad_groups.create(world.account, [twin, twin])
    with pytest.raises(ManifestError) as caught:
        world.plan(world.manifest("account: $account\nad_groups: [{name: Twin}]"))
    assert all(str(one.id) in str(caught.value) for one in made)


def test_a_pattern_that_matches_thousands(world):
    for n in range(60):
        world.client.catalog_product_groups.create(
            name=f"Spring {n:03d}", feed_id=world.emulator.feed_id, filters={"any_of": [{"BRAND": {"values": [f"B{n}"]}}]}
        )
    plan = world.plan(world.promoted('- {catalog_product_group_pattern: "Spring *"}'))
    assert plan.counts() == {"create": 60}
    with pytest.raises(GuardRefused, match="60 changes"):
        plans.apply(world.client, plan, journal=world.journal)
    assert world.apply(plan).ok
    world.client.catalog_product_groups.create(
        name="Spring new", feed_id=world.emulator.feed_id, filters={"any_of": [{"BRAND": {"values": ["new"]}}]}
    )
    assert world.apply(plan).already  # what matches now is a new plan
    assert world.plan(world.promoted('- {catalog_product_group_pattern: "Spring *"}')).counts() == {"create": 1}


def test_an_entry_of_its_own_is_not_what_the_pattern_says(world):
    manifest = world.promoted('- {catalog_product_group_pattern: "*"}\n- {catalog_product_group_name: Kitchen, status: ACTIVE}')
    plan = world.plan(manifest)
    assert {change.label: change.after["status"] for change in plan.changes}["Kitchen"] == "ACTIVE"
    assert len(plan.changes) == 5


# -------------------------------------------------------------------------------------- missing, protected


def test_what_is_missing_from_an_exclusive_ad_group_is_reported_and_paused_only_when_told(world):
    ids = world.create(
        {"catalog_product_group_id": world.groups[0], "status": "ACTIVE"},
        {"catalog_product_group_id": world.groups[1], "status": "PAUSED"},
    )
    manifest = world.promoted("[]", "exclusive: true")
    plan = world.plan(manifest)
    assert (plan.is_empty, kinds(plan), plan.notes[0].ids) == (True, ["missing"], sorted(ids))
    assert [change.verb for change in world.plan(manifest, pause_missing=True).changes] == ["pause"]
    assert [change.verb for change in world.plan(manifest, archive_missing=True).changes] == ["archive"] * 2
    protected = world.plan(world.promoted("[]", "exclusive: true\nprotect: true"), archive_missing=True)
    assert (protected.is_empty, kinds(protected)) == (True, ["protected"])
    whole = world.manifest("account: $account\nprotect: true\nad_groups: [{id: $group, exclusive: true}]")
    assert world.plan(whole, pause_missing=True).is_empty
    with pytest.raises(ManifestError, match="not ARCHIVED, as protect is set"):
        world.plan(world.promoted("- {catalog_product_group_id: $0, status: ARCHIVED}", "protect: true"))


def test_what_a_plan_created_and_nobody_declares_any_more_is_missing(world):
    (theirs,) = world.create({"catalog_product_group_id": world.groups[4]})
    assert world.apply(world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))).ok
    mine = next(row.id for row in world.live() if row.id != theirs)
    plan = world.plan(world.promoted("[]"))
    assert {note.kind: note.ids for note in plan.notes} == {"not_ours": [theirs], "missing": [mine]}
    assert [change.id for change in world.plan(world.promoted("[]"), pause_missing=True).changes] == [mine]


# ---------------------------------------------------------------------------------------------- three ways


def test_three_ways(world):
    def manifest(url: str) -> plans.Manifest:
        return world.promoted(f'- {{catalog_product_group_id: $0, tracking_url: "{url}"}}')

    def somebody(url: str) -> None:
        world.client.promotions.update(world.account, world.ad_group, [{"id": world.live()[0].id, "tracking_url": url}])

    assert world.apply(world.plan(manifest("https://one/"))).ok
    (change,) = world.plan(manifest("https://two/")).changes
    assert change.why == {}  # only the manifest changed
    somebody("https://theirs/")
    (change,) = world.plan(manifest("https://one/")).changes
    assert "changed at Pinterest since plan" in change.why["tracking_url"]
    both = world.plan(manifest("https://two/"))
    assert (both.is_empty, kinds(both)) == (True, ["conflict"])
    assert "'https://theirs/'" in both.conflicts[0].text
    assert kinds(world.plan(manifest("https://two/"), take="live")) == ["kept_live"]
    plan = world.plan(manifest("https://two/"), take="manifest")
    assert plan.changes[0].after == {"tracking_url": "https://two/"}
    assert world.apply(plan).ok
    assert world.plan(manifest("https://two/")).is_empty


# --------------------------------------------------------------------------------------------- only, except


def test_only_and_except(world):
    manifest = world.manifest("""
        account: $account
        campaigns:
          - {name: New, objective_type: CATALOG_SALES, is_campaign_budget_optimization: true, daily_spend_cap: 50 USD}
        ad_groups:
          - {id: $group, promotions: [{catalog_product_group_name: Kitchen}, {catalog_product_group_name: Lighting}]}
          - name: New group
            campaign: New
            billable_event: IMPRESSION
            promotions: [{catalog_product_group_name: Kitchen}]
    """)

    def labels(**options: Any) -> list[str]:
        return [change.label for change in world.plan(manifest, **options).changes]

    assert labels() == ["New", "New group", "Kitchen", "Lighting", "Kitchen"]
    assert labels(only=["product_group:Light*"]) == ["Lighting"]
    assert labels(only=[f"ad_group:{world.ad_group}"]) == ["Kitchen", "Lighting"]
    assert labels(exclude=["campaign:New"]) == ["Kitchen", "Lighting"]
    assert labels(exclude=["ad_group:New*"]) == ["New", "Kitchen", "Lighting"]
    assert labels(only=["account:Emulated*"], exclude=["product_group:Kitchen"]) == ["New", "New group", "Lighting"]
    assert "only product_group:Light*" in world.plan(manifest, only=["product_group:Light*"]).to_text()
    with pytest.raises(InvalidInput, match="except"):
        labels(exclude=["Kitchen"])
    with pytest.raises(InvalidInput, match=r"only: got 'ad_group:Sprnig', allowed: what is declared: .*New group"):
        labels(only=["ad_group:Sprnig"])


# ------------------------------------------------------------------------------------------------- rollback


def test_rollback_is_a_plan_like_any_other(world):
    (kept,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE", "tracking_url": "https://old/"})
    before = {row.id: (row.status, row.tracking_url) for row in world.live()}
    manifest = world.promoted("""
        - {catalog_product_group_id: $0, status: PAUSED, tracking_url: "https://new/"}
        - {catalog_product_group_id: $1, status: ACTIVE}
    """)
    plan = world.plan(manifest)
    assert world.apply(plan).ok
    back = plans.rollback(world.client, world.journal, plan.short_id)
    assert sorted(change.verb for change in back.changes) == ["activate", "pause"]
    assert back.source == f"rollback of {plan.short_id}"
    assert world.apply(back).ok
    now = {row.id: (row.status, row.tracking_url) for row in world.live()}
    assert now.pop(next(one for one in now if one != kept)) == ("PAUSED", None)  # it cannot be deleted
    assert now == before
    archived = plans.rollback(world.client, world.journal, plan.short_id, archive_created=True, take="manifest")
    assert "archive" in [change.verb for change in archived.changes]


def test_rollback_asks_the_guard_and_respects_what_others_did_since(world):
    (one,) = world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE"})
    assert world.apply(
        world.plan(world.promoted('- {catalog_product_group_id: $0, status: PAUSED, tracking_url: "https://a/"}'))
    ).ok
    back = plans.rollback(world.client, world.journal)
    with pytest.raises(GuardRefused, match=r"500\.00 USD"):
        plans.apply(world.client, back, journal=world.journal)
    world.client.promotions.update(world.account, world.ad_group, [{"id": one, "tracking_url": "https://theirs/"}])
    careful = plans.rollback(world.client, world.journal)
    assert (careful.changes[0].after, kinds(careful)) == ({"status": "ACTIVE"}, ["conflict"])
    forced = plans.rollback(world.client, world.journal, take="manifest")
    assert forced.changes[0].after == {"status": "ACTIVE", "tracking_url": None}


def test_rollback_of_what_was_killed_goes_by_what_is_there(world):
    from plans.test_interruptions import Killed, Troubled  # type: ignore[import-not-found]

    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    reads = 8
    for at in range(reads, 14):
        fresh = world.emulator.fork()
        deadly = client_of(fresh, Troubled(fresh, {at: "killed after"}))
        journal = world.journal / str(at)
        try:
            plans.apply(deadly, plan, journal=journal, max_spend="1000")
        except Killed:
            pass
        else:
            break
        client = client_of(fresh)
        rows = list(client.promotions.list(world.account, ad_group_id=world.ad_group))
        if any(row.status == "ACTIVE" for row in rows):
            back = plans.rollback(client, journal, plan.id)
            assert [change.verb for change in back.changes] == ["pause"]
        fresh.close()


def test_rollback_of_nothing_is_refused(world):
    with pytest.raises(InvalidInput, match="the id of a plan in the journal"):
        plans.rollback(world.client, world.journal)
    plan = world.plan(world.promoted("- catalog_product_group_id: $0"))
    world.emulator.fail("product_group_promotions/create", status=403, code=29, times=None)
    assert not world.apply(plan).ok
    world.emulator.stop_failing()
    with pytest.raises(PlanRefused, match="nothing of it was executed"):
        plans.rollback(world.client, world.journal, plan.short_id)


# ------------------------------------------------------------------------------------------------------ drift


def test_drift_says_what_differs_and_ignores_what_it_is_told(world):
    (one,) = world.create({"catalog_product_group_id": world.groups[0], "tracking_url": "https://theirs/", "status": "ACTIVE"})
    manifest = world.promoted(
        '- {catalog_product_group_id: $0, status: PAUSED, tracking_url: "https://ours/"}\n- catalog_product_group_id: $1'
    )
    found = plans.drift(world.client, manifest)
    assert [(change.id, sorted(change.after)) for change in found.changes] == [
        (one, ["status", "tracking_url"]),
        (None, ["status"]),
    ]
    assert 'Pinterest has "https://theirs/", the manifest says "https://ours/"' in found.to_text()
    ignoring = plans.drift(world.client, manifest, ignore=["tracking_url"])
    assert [sorted(change.after) for change in ignoring.changes] == [["status"], ["status"]]
    assert plans.drift(world.client, world.promoted("- catalog_product_group_id: $0")).is_empty
    assert b'"changes"' in found.to_json()


def test_drift_cannot_write(world):
    from pinshop.errors import PinshopError
    from pinshop.plans.drift import only_reads
    from pinshop.plans.live import flow_of

    flow = flow_of(world.client.promotions.create)(
        world.account, world.ad_group, [{"catalog_product_group_id": world.groups[0]}]
    )
    with pytest.raises(PinshopError, match="drift only reads, and this would have sent POST"):
        world.client._run(only_reads(flow))
    assert world.writes() == []


# ---------------------------------------------------------------------------------------------- both clients


def test_the_asynchronous_client_does_the_same(world):
    manifest = world.promoted('- {catalog_product_group_pattern: "*", status: ACTIVE}')
    twin = world.emulator.fork()

    async def run() -> tuple[plans.Plan, plans.Applied, plans.Plan, str]:
        async def sleep(seconds: float) -> None:
            twin.clock.advance(seconds=seconds)

        async with AsyncClient(
            twin.access_token,
            base_url=twin.base_url,
            transport=twin.async_transport(sleep),
            clock=twin.clock.seconds,
            sleep=sleep,
        ) as client:
            plan = await plans.make_plan(client, manifest)
            applied = await plans.apply(client, plan, journal=world.journal / "async", max_spend="1000")
            return plan, applied, await plans.make_plan(client, manifest), await plans.import_manifest(client, world.account)

    plan, applied, after, text = asyncio.run(run())
    assert plan == world.plan(manifest)
    assert applied.ok
    assert after.is_empty
    world.apply(plan)
    assert text == plans.import_manifest(world.client, world.account)
    twin.close()


@pytest.mark.parametrize("api_version", ["5.14", "5.23", "5.28"])
def test_every_api_version(api_version, tmp_path):
    emulator = Emulator(api_version, now="2026-03-01T12:00:00Z")
    world = World(emulator, client_of(emulator), tmp_path / "journal")
    manifest = world.promoted(
        '- {catalog_product_group_name: Kitchen, status: ACTIVE}\n- {catalog_product_group_id: $0, tracking_url: "https://a/"}'
    )
    assert world.apply(world.plan(manifest)).ok
    assert world.plan(manifest).is_empty
    assert world.plan(plans.parse_manifest(plans.import_manifest(world.client, world.account))).is_empty
    if api_version != "5.28":
        with pytest.raises(ManifestError, match=f"since 5.28, and this client sends {api_version}"):
            world.plan(world.promoted("- {catalog_product_group_id: $0, is_image_auto_resizing: true}"))
        with pytest.raises(
            ManifestError, match=f"creative_type: got 'APP', allowed: one of .*, as this client sends {api_version}"
        ):
            world.plan(world.promoted("- {catalog_product_group_id: $0, creative_type: APP}"))
        with pytest.raises(ManifestError, match=r"objective_type: got 'SALES', allowed: one of .*CATALOG_SALES"):
            world.plan(world.manifest("account: $account\ncampaigns: [{name: New, objective_type: SALES}]"))
    emulator.close()


def test_plans_need_an_api_version_that_lists_promotions(world):
    old = Client(
        world.emulator.access_token, base_url=world.emulator.base_url, api_version="5.6", transport=world.emulator.transport()
    )
    with pytest.raises(ConfigurationError, match=r"API 5\.6 cannot list promotions"):
        plans.make_plan(old, world.promoted("[]"))
