"""Campaigns and ad groups are written like promotions: one outcome per item, and nothing twice after an ambiguous failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_transport import Script, answer, both
from openapi import Described
from pinshop import BatchResult, Disconnected, InvalidInput, PartialFailure, Unauthorized
from pinshop.api import models
from pinshop.api.http import Request
from pinshop.api.operations import API_VERSIONS

A, C1, C2 = "549755885175", "626736533506", "626736533507"
NEW = {"name": "Spring", "objective_type": "CATALOG_SALES", "daily_spend_cap": 5_000_000}
GROUP = {"name": "Shoes", "campaign_id": C1, "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP"}
EMPTY = answer({"items": [], "bookmark": None})
LOST = Disconnected("the connection broke", sent=True)


def created(request: Request, first: int = 900) -> Any:
    """Pinterest's answer to a create: every item stored."""
    items = json.loads(request.body or b"[]")
    return answer({"items": [{"data": {"id": str(first + n)} | item, "exceptions": None} for n, item in enumerate(items)]})


def test_a_create_gives_one_outcome_per_item_in_order() -> None:
    def some_fail(request: Request) -> Any:
        items = json.loads(request.body or b"[]")
        return answer(
            {
                "items": [
                    {"data": {"id": "901", **items[0]}, "exceptions": None},
                    {"data": None, "exceptions": [{"code": 2384, "message": "Missing campaign budget."}]},
                    {"data": {"id": "902", **items[2]}, "exceptions": []},
                ]
            }
        )

    result, script = both(
        lambda: Script(EMPTY, some_fail), lambda c: c.campaigns.create(A, [{**NEW, "name": n} for n in ("a", "b", "c")])
    )
    assert isinstance(result, BatchResult)
    assert [o.state for o in result] == ["created", "failed", "created"]
    assert [o.id for o in result] == ["901", "", "902"]
    assert isinstance(result[0].entity, models.Campaign)
    assert (result[1].code, result[1].message) == (2384, "Missing campaign budget.")
    with pytest.raises(PartialFailure, match=r"items\[1\] failed \(code 2384\)"):
        result.raise_if_failed()
    look, write = script.requests
    assert look.target.endswith("&order=DESCENDING&page_size=1")
    # A bare array, and the account in it as well as in the path.
    assert json.loads(write.body or b"") == [{**NEW, "name": n, "ad_account_id": A} for n in ("a", "b", "c")]


def test_many_items_are_cut_at_thirty() -> None:
    items = [{**NEW, "name": str(n)} for n in range(65)]
    result, script = both(
        lambda: Script(EMPTY, created, lambda r: created(r, 930), lambda r: created(r, 960)),
        lambda c: c.campaigns.create(A, items),
    )
    assert [o.id for o in result] == [str(900 + n) for n in range(65)]
    assert [len(json.loads(r.body or b"")) for r in script.requests[1:]] == [30, 30, 5]


def test_a_create_whose_answer_is_lost_is_read_back_not_repeated() -> None:
    stored = {"id": "901", "ad_account_id": A, **NEW, "objective_type": "SALES", "intended_promotion_type": "CATALOG"}
    page = answer({"items": [stored, {"id": "800", **NEW}], "bookmark": None})

    result, script = both(
        lambda: Script(answer({"items": [{"id": "800"}], "bookmark": None}), LOST, page), lambda c: c.campaigns.create(A, [NEW])
    )
    assert [(o.state, o.id) for o in result] == [("created", "901")]
    assert [r.method for r in script.requests] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("api_version", API_VERSIONS)
@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.campaigns.create(A, [{**NEW, "start_time": 1_800_000_000, "tracking_urls": {"click": ["https://a.b"]}}]),
        lambda c: c.campaigns.update(A, [{"id": C1, "status": "PAUSED", "daily_spend_cap": None}]),
        lambda c: c.ad_groups.create(A, [GROUP | {"targeting_spec": {"GENDER": ["female"], "LOCATION": ["US"]}}]),
        lambda c: c.ad_groups.update(A, [{"id": C1, "bid_in_micro_currency": 500_000, "end_time": None}]),
    ],
    ids=["campaigns.create", "campaigns.update", "ad_groups.create", "ad_groups.update"],
)
def test_what_is_written_fits_the_description(act: Any, api_version: str, described: Callable[[str], Described]) -> None:
    def either(request: Request) -> Any:
        return EMPTY if request.method == "GET" else created(request)

    _, script = both(lambda: Script(either, either, api_version=api_version), act)
    assert [problem for request in script.requests for problem in described(api_version).refusals(request)] == []


def test_a_create_that_was_lost_on_the_way_is_sent_again_once_it_is_certainly_missing() -> None:
    result, script = both(lambda: Script(EMPTY, LOST, EMPTY, EMPTY, created), lambda c: c.ad_groups.create(A, [GROUP]))
    assert [(o.state, o.id) for o in result] == [("created", "900")]
    assert [r.method for r in script.requests] == ["GET", "POST", "GET", "GET", "POST"]


def test_a_stranger_in_the_account_makes_a_lost_create_unknown() -> None:
    other = answer({"items": [{"id": "901", "ad_account_id": A, **NEW, "name": "Not mine"}], "bookmark": None})
    result, script = both(lambda: Script(EMPTY, LOST, other, other), lambda c: c.campaigns.create(A, [NEW]))
    assert [o.state for o in result] == ["unknown"]
    assert "ad account" in str(result[0].advice)
    assert [r.method for r in script.requests] == ["GET", "POST", "GET", "GET"]


@pytest.mark.parametrize(
    ("change", "stored", "state"),
    [
        ({"name": "b"}, {"name": "b"}, "updated"),
        ({"name": "b"}, {"name": "a"}, "unknown"),
        # What the list does not show proves nothing.
        ({"targeting_spec": {"GENDER": ["female"]}}, {}, "unknown"),
        ({"targeting_spec": {"GENDER": ["female"]}}, {"targeting_spec": {"GENDER": ["female"]}}, "updated"),
        ({"targeting_spec": {"GENDER": ["female"]}}, {"targeting_spec": {"GENDER": ["male"]}}, "unknown"),
    ],
)
def test_an_update_without_an_answer_is_done_only_if_it_is_stored(
    change: dict[str, Any], stored: dict[str, Any], state: str
) -> None:
    page = answer({"items": [{"id": "5", **stored}], "bookmark": None})
    result, script = both(
        lambda: Script(LOST, LOST, page, max_attempts=2), lambda c: c.ad_groups.update(A, [{"id": 5, **change}])
    )
    assert [o.state for o in result] == [state]
    assert [r.method for r in script.requests] == ["PATCH", "PATCH", "GET"]
    assert "ad_group_ids=5" in script.requests[2].target
    assert "entity_statuses=ARCHIVED" in script.requests[2].target


def test_an_update_sends_exactly_what_is_given() -> None:
    def stored(request: Request) -> Any:
        return answer({"items": [{"data": json.loads(request.body or b"")[0], "exceptions": []}]})

    result, script = both(lambda: Script(stored), lambda c: c.campaigns.update(A, [{"id": int(C1), "daily_spend_cap": None}]))
    assert result[0].state == "updated"
    assert json.loads(script.requests[0].body or b"") == [{"id": C1, "ad_account_id": A, "daily_spend_cap": None}]


def test_a_wrong_token_is_an_error_with_the_outcomes() -> None:
    refused = answer({"code": 2, "message": "Authentication failed."}, 401)
    with pytest.raises(Unauthorized) as caught:
        both(lambda: Script(refused, refused), lambda c: c.campaigns.create(A, [NEW]))
    assert [o.state for o in caught.value.result] == ["failed"]


@pytest.mark.parametrize(
    "act",
    [
        lambda c, **k: c.campaigns.create(A, [], **k),
        lambda c, **k: c.campaigns.update(A, (), **k),
        lambda c, **k: c.ad_groups.create(A, [], **k),
        lambda c, **k: c.ad_groups.update(A, iter([]), **k),
        lambda c, **k: c.promotions.create(A, C1, [], **k),
        lambda c, **k: c.promotions.create(A, None, [], **k),
        lambda c, **k: c.promotions.update(A, C1, [], **k),
    ],
)
def test_nothing_to_write_is_done_without_a_request(act: Any, tmp_path: Path) -> None:
    """A job that runs every night has nights with nothing to do."""
    result, script = both(Script, lambda c: act(c, journal=tmp_path / "a.journal"))
    result.raise_if_failed()
    assert (list(result), result.summary(), script.requests, list(tmp_path.iterdir())) == ([], "nothing", [], [])


def test_an_item_of_another_account_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"items\[1\].ad_account_id: got '7', allowed: 549755885175"):
        both(Script, lambda c: c.campaigns.create(A, [{**NEW, "ad_account_id": int(A)}, {**NEW, "ad_account_id": "7"}]))


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda c: c.campaigns.create("549\n", [NEW]), "ad_account_id"),
        (lambda c: c.campaigns.create(A, [NEW, {**NEW, "objective_type": "CATALOG_SALE"}]), "items[1].objective_type"),
        (lambda c: c.campaigns.create(A, [{**NEW, "lifetime_spend_cap": 1}]), "items[0].lifetime_spend_cap"),
        (lambda c: c.campaigns.update(A, [{"id": C1}, {"id": C1}]), "items[1].id"),
        (lambda c: c.campaigns.update(A, [{"status": "PAUSED"}]), "items[0].id"),
        (lambda c: c.ad_groups.create(A, [{**GROUP, "pacing_delivery_type": "ACCELERATED"}]), "items[0].pacing_delivery_type"),
        (lambda c: c.ad_groups.list(A, campaign_ids=[C1], ad_group_ids=[C2]), "campaign_ids, ad_group_ids"),
        (lambda c: c.campaigns.list(A, campaign_ids="626736533506"), "campaign_ids"),
        (lambda c: c.campaigns.list(A, campaign_ids=[]), "campaign_ids"),
        (lambda c: c.campaigns.list(A, entity_statuses=["LIVE"]), "entity_statuses[0]"),
        (lambda c: c.campaigns.list(A, page_size=251), "page_size"),
        (lambda c: c.campaigns.get(A, "../../oauth"), "campaign_id"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(act: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        both(Script, act)
    assert caught.value.field == field


def test_many_ids_are_asked_for_in_parts() -> None:
    page = answer({"items": [{"id": "1"}], "bookmark": None})
    rows, script = both(lambda: Script(page, page), lambda c: c.campaigns.list(A, campaign_ids=range(1, 301)))
    assert len(rows) == 2
    assert [r.target.count("campaign_ids=") for r in script.requests] == [250, 50]


def test_lists_cross_pages_and_say_what_they_asked() -> None:
    first = answer({"items": [{"id": "1"}], "bookmark": "a+/="})
    last = answer({"items": [{"id": "2"}], "bookmark": None})
    rows, script = both(lambda: Script(first, last), lambda c: c.ad_groups.list(A, campaign_ids=[C1], order="ASCENDING"))
    assert [row.id for row in rows] == ["1", "2"]
    assert script.requests[1].target == script.requests[0].target + "&bookmark=a%2B%2F%3D"


@pytest.mark.parametrize("wait", [-1, 3601, True, "2", float("nan")])
def test_a_wait_that_cannot_be_is_refused_before_anything_is_sent(wait: Any) -> None:
    with pytest.raises(InvalidInput, match="settle_seconds"):
        both(Script, lambda c: c.campaigns.create(A, [NEW], settle_seconds=wait))  # a script without answers: nothing may ask
