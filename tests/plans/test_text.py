"""Plans for people: what is said, in which order, and that no name can do harm."""

from __future__ import annotations

import re

import msgspec
import pytest

from pinshop import plans
from pinshop.errors import InvalidInput
from pinshop.plans.changes import Change
from pinshop.plans.plan import Plan
from pinshop.plans.text import code, harmless


def large(plan: Plan, count: int) -> Plan:
    before = {"tracking_url": "https://a/" + "x" * 100}
    after = {"tracking_url": "https://b/" + "x" * 100, "status": "PAUSED"}
    changes = [
        Change(
            ref=f"promotion {n}",
            entity_type="promotion",
            action="update",
            account=plan.accounts[0].id,
            id=str(n),
            label=f"Group {n}" * 5,
            ad_group="2680",
            catalog_product_group_id=str(n),
            creative_type="REGULAR",
            before=before,
            after=after,
        )
        for n in range(count)
    ]
    return msgspec.structs.replace(plan, changes=changes, id="")


def test_counts_come_first_then_a_line_for_each_change_then_the_fields(world):
    world.create({"catalog_product_group_id": world.groups[0], "status": "ACTIVE", "tracking_url": "https://old.example/"})
    plan = world.plan(
        world.promoted("""
        - {catalog_product_group_id: $0, status: PAUSED, tracking_url: "https://new.example/"}
        - {catalog_product_group_name: Kitchen, status: ACTIVE}
    """)
    )
    lines = plan.to_text().splitlines()
    assert lines[0] == f"Plan {plan.short_id}: 1 to create, 1 to pause (0 as they shall be)"
    account = f"Emulated Shop ({world.account}, owned by emulated_shop_1, USD, role OWNER)"
    assert lines[2] == f"  {account}: could spend nothing more than now"
    text = plan.to_text()
    assert (
        text.index("Changes")
        < text.index("= pause")
        < text.index("Fields")
        < text.index('"https://old.example/" -> "https://new.example/"')
    )
    assert re.search(r'\+ create   promotion "Kitchen" \(\d+\) in ad group "Shopping, everyone" \(\d+\) as ACTIVE', text)
    assert world.account in plan.to_markdown()
    assert plan.to_markdown().startswith(f"### Plan `{plan.short_id}`: 1 to create, 1 to pause")


def test_money_and_accounts_are_named_in_full(world):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    assert "could spend up to 500.00 USD a day more than now" in plan.to_text()
    assert f'campaign "Shopping" ({world.emulator.campaign_id}): 0.00 USD -> 500.00 USD a day' in plan.to_text()
    yen = msgspec.structs.replace(
        plan,
        id="",
        accounts=[msgspec.structs.replace(plan.accounts[0], currency="JPY")],
        spend=[msgspec.structs.replace(plan.spend[0], currency="JPY")],
    )
    assert "could spend up to 500 JPY a day more than now" in yen.to_text()


@pytest.mark.parametrize("limit", [65_536, 10_000, 2_000])
@pytest.mark.parametrize("count", [0, 1, 40, 10_000])
def test_markdown_fits_a_comment_and_says_what_it_leaves_out(world, limit, count):
    plan = large(world.plan(world.promoted("[]")), count)
    text = plan.to_markdown(limit)
    assert len(text) <= limit
    assert text.count("<details") == text.count("</details>")
    assert f"{count:,} changes" in text
    if count == 10_000:
        assert "left out for length; the whole plan is in its JSON" in text
        assert len(text) > limit * 0.8


def test_no_name_can_move_the_cursor_or_leave_its_code_span(world):
    nasty = "a\x1b[2J`</details>`` @everyone\n# head\u202e"
    world.client.ad_groups.update(world.account, [{"id": world.ad_group, "name": nasty}])
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    for text in (plan.to_text(), plan.to_markdown(), plans.import_manifest(world.client, world.account)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\n# head" not in text
    assert world.plan(plans.parse_manifest(plans.import_manifest(world.client, world.account))).is_empty
    assert harmless("a\x07b") == "a\\x07b"
    assert code("a`b``c") == "```a`b``c```"
    assert code("`a`") == "`` `a` ``"


def test_a_plan_is_json_that_comes_back_as_it_was(world, tmp_path):
    plan = world.plan(world.promoted("- {catalog_product_group_id: $0, status: ACTIVE}"))
    plan.save(tmp_path / "plan.json")
    assert plans.load_plan(tmp_path / "plan.json") == plan
    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0
    facts = msgspec.json.decode(plan.to_json())
    assert facts["version"] == 1
    assert world.emulator.access_token not in plan.to_json().decode()
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InvalidInput, match="a plan that pinshop wrote"):
        plans.load_plan(tmp_path / "other.json")
