"""What multipliers of bids do: they change what is won, of what comes after they were written, and what the rule says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pinshop.emulator.delivery.bids import MULTIPLIED, bidding
from pinshop.emulator.delivery.terms import ONE

MAX_BID = {"bid_strategy_type": "MAX_BID", "bid_in_micro_currency": 400_000, "billable_event": "CLICKTHROUGH"}
AUTOMATIC = {"bid_strategy_type": "AUTOMATIC_BID", "bid_in_micro_currency": 400_000}
NOWHERE = {"placement_multipliers": {"SEARCH": 0, "browse": 0, "RELATED_PINS": 0}}


@pytest.mark.parametrize(
    ("ad_group", "options", "rule", "factor"),
    [
        (MAX_BID, {}, "even", ONE),
        (MAX_BID, {"placement_multipliers": None}, "even", ONE),
        (MAX_BID, {"placement_multipliers": {"SEARCH": 4}}, "even", 2 * ONE),
        (MAX_BID, {"placement_multipliers": {"search": 4}, "app_type_multipliers": {"ipad": 4}}, "even", 3 * ONE),
        (MAX_BID, {"gender_multipliers": {"female": 0}}, "even", ONE * 2 // 3),
        (MAX_BID, NOWHERE, "even", 0),
        (MAX_BID, NOWHERE, "none", ONE),
        (MAX_BID, {"audience_multipliers": {"12": 9}, "frequency_multipliers": {"1": 9}}, "even", ONE),
        (MAX_BID | {"bid_multiplier": 1.5}, {"placement_multipliers": {"SEARCH": 4}}, "even", 3 * ONE),
        (MAX_BID | {"bid_multiplier": 0}, {}, "even", ONE),
        (AUTOMATIC, NOWHERE, "even", ONE),
        (AUTOMATIC | {"bid_multiplier": 0.5}, NOWHERE, "even", ONE // 2),
    ],
)
def test_the_factor_of_a_bid(ad_group: dict[str, Any], options: dict[str, Any], rule: str, factor: int) -> None:
    bid, _, found = bidding(ad_group, {"bid_options": options}, rule)
    assert bid == (400_000 if ad_group["bid_strategy_type"] == "MAX_BID" else None)
    assert found == factor


@pytest.mark.parametrize("strategy", ["MAX_BID", "AUTOMATIC_BID"])
def test_a_multiplier_changes_what_is_won_from_then_on(talk_at: Callable[..., Any], strategy: str) -> None:
    talk = talk_at("5.28")
    ids, group = talk.some(3), {"id": talk.emulator.ad_group_id}
    talk("PATCH", f"{talk.account}/ad_groups", [group | {"bid_strategy_type": strategy}])

    def won(start: str, end: str) -> int:
        return sum(row.get("IMPRESSION_1", 0) for row in talk.analytics(ids, start, end, "IMPRESSION_1"))

    talk.emulator.clock.advance(days=8)
    before = won("2026-03-03", "2026-03-09")
    for multiplier, week in ((0.2, ("2026-03-17", "2026-03-23")), (5, ("2026-03-31", "2026-04-06"))):
        talk("PATCH", f"{talk.account}/ad_groups", [group | {"bid_multiplier": multiplier}])
        talk.emulator.clock.advance(days=14)
        assert (won(*week) < before * 0.8) is (multiplier < 1)
        assert (won(*week) > before * 1.1) is (multiplier > 1)
    assert won("2026-03-03", "2026-03-09") == before


def test_a_campaigns_multipliers_of_0_stop_bids_and_the_rule_may_say_otherwise(talk_at: Callable[..., Any]) -> None:
    talk = talk_at("5.28")
    ids = talk.some(3)
    talk("PATCH", f"{talk.account}/ad_groups", [{"id": talk.emulator.ad_group_id, "bid_strategy_type": "MAX_BID"}])
    options = NOWHERE | {"update_mask": ["PLACEMENT"]}
    talk("PATCH", f"{talk.account}/campaigns", [{"id": talk.emulator.campaign_id, "bid_options": options}])
    talk.emulator.clock.advance(days=5)
    asked = (ids, "2026-03-03", "2026-03-06", "IMPRESSION_1,SPEND_IN_DOLLAR")
    assert talk.analytics(*asked) == []
    talk.emulator.rules.set("bid_options", "none")
    assert len(talk.analytics(*asked)) == 3


@pytest.mark.parametrize("name", MULTIPLIED)
def test_a_multiplier_of_what_there_is_not_is_refused(talk_at: Callable[..., Any], name: str) -> None:
    talk = talk_at("5.28")
    body = {"name": "C", "objective_type": "AWARENESS", "daily_spend_cap": 5_000_000}
    for kind, status in ((MULTIPLIED[name][0], 200), ("elsewhere", 400)):
        answer = talk("POST", f"{talk.account}/campaigns", [body | {"bid_options": {name: {kind: 2}}}], status=status)
        assert ("elsewhere" in str(answer)) is (status == 400)
