"""Every public method, in both colours: what it sends fits Pinterest's description, and all that allows as an answer is read.

What is particular to one noun stands in the file of that noun.
"""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from described import Described
from pinshop import flow, operations, wire
from pinshop.operations import BY_ID, Reply, Request
from pinshop.resources import Resource, accounts, ad_groups, campaigns, catalogs, listing, method, metrics, promotions, reports
from scripted import Script, answer, both

A, B = "549755885175", "2680059592705"
BRAND = {"any_of": [{"BRAND": {"values": ["ACME"]}}]}
REPORT = {
    "start_date": "2026-08-01",
    "end_date": "2026-08-31",
    "granularity": "DAY",
    "columns": ["SPEND_IN_MICRO_DOLLAR"],
    "level": "PRODUCT_GROUP",
    "product_group_ids": [B],
}
CAMPAIGN = {"name": "Spring", "objective_type": "CATALOG_SALES", "daily_spend_cap": 5_000_000, "status": "PAUSED"}
AD_GROUP = {"name": "Shoes", "campaign_id": B, "billable_event": "CLICKTHROUGH", "bid_in_micro_currency": 500_000}

Act = Callable[[Any], Any]

#: (operation, how it is called, what it gives). Writes of batches have their own tests: their answers must fit their items.
CALLS: list[tuple[str, Act, Any]] = [
    ("user_account/get", lambda c: c.user_account.get(ad_account_id=A), wire.UserAccount),
    ("ad_accounts/list", lambda c: c.ad_accounts.list(include_shared_accounts=False, page_size=250), [wire.AdAccount]),
    ("ad_accounts/get", lambda c: c.ad_accounts.get(int(A)), wire.AdAccount),
    ("ad_accounts/create", lambda c: c.ad_accounts.create(name="ACME", country="US", owner_user_id=7), wire.AdAccount),
    ("campaigns/list", lambda c: c.campaigns.list(A, campaign_ids=[B], entity_statuses=["ARCHIVED"]), [wire.Campaign]),
    ("campaigns/get", lambda c: c.campaigns.get(A, B), wire.Campaign),
    ("ad_groups/list", lambda c: c.ad_groups.list(A, campaign_ids=[B], order="DESCENDING"), [wire.AdGroup]),
    ("ad_groups/get", lambda c: c.ad_groups.get(A, B), wire.AdGroup),
    ("catalogs/list", lambda c: c.catalogs.list(ad_account_id=A), [wire.Catalog]),
    ("feeds/list", lambda c: c.feeds.list(page_size=1), [wire.Feed]),
    ("feeds/get", lambda c: c.feeds.get(B, ad_account_id=A), wire.Feed),
    ("catalogs_product_groups/list", lambda c: c.catalog_product_groups.list(feed_id=B), [wire.CatalogProductGroup]),
    ("catalogs_product_groups/get", lambda c: c.catalog_product_groups.get(B), wire.CatalogProductGroup),
    (
        "catalogs_product_groups/create",
        lambda c: c.catalog_product_groups.create(name="ACME", feed_id=B, filters=BRAND),
        wire.CatalogProductGroup,
    ),
    (
        "catalogs_product_groups/update",
        lambda c: c.catalog_product_groups.update(B, name="ACME, all", description=None),
        wire.CatalogProductGroup,
    ),
    ("catalogs_product_groups/delete", lambda c: c.catalog_product_groups.delete(B), None),
    ("catalogs_product_groups/product_counts_get", lambda c: c.catalog_product_groups.product_counts(B), wire.ProductCounts),
    ("catalogs_product_group_pins/list", lambda c: c.catalog_product_groups.products(B), [wire.Product]),
    ("analytics/create_report", lambda c: c.reports.create(A, **REPORT), wire.ReportOrder),
    ("analytics/get_report", lambda c: c.reports.get(A, "a token/+"), wire.ReportState),
    ("delivery_metrics/get", lambda c: c.resources.delivery_metrics(report_type="SYNC"), [wire.DeliveryMetric]),
    ("metrics_ready_state/get", lambda c: c.resources.metrics_ready_state("2026-08-31"), wire.MetricsReadyState),
]
ABSENT = {("5.6", "catalogs/list")}
CASES = [
    pytest.param(contract, operation, act, kind, id=f"{operation}-{contract}")
    for contract in operations.CONTRACTS
    for operation, act, kind in CALLS
    if (contract, operation) not in ABSENT
]


class Judge:
    """Answers as the description allows, made up at random; the last page of a list, so that it ends."""

    def __init__(self, described: Described, seed: int) -> None:
        self.described = described
        self.random = random.Random(seed)
        self.objections: list[str] = []
        self.said: Any = None

    def __call__(self, request: Request) -> Reply:
        # The schemas of one oneOf overlap: name and description fit groups of every kind of catalog.
        self.objections += [o for o in self.described.refusals(request) if "is valid under each of" not in o]
        status, value = self.described.answer(request, self.random)
        if isinstance(value, dict) and "bookmark" in value:
            value["bookmark"] = None
        if request.target.startswith("/v5/resources/delivery_metrics"):
            value.setdefault("items", [])  # not required there, but without it the answer says nothing
        self.said = value
        return answer(value, status)


def invented(contract: str, judge: Described, seed: int) -> Script:
    return Script(Judge(judge, seed), contract=contract)


@pytest.mark.parametrize(("contract", "operation", "act", "kind"), CASES)
def test_it_speaks_as_pinterest_describes(
    contract: str, operation: str, act: Act, kind: Any, described: Callable[[str], Described]
) -> None:
    for seed in range(5):
        judge = Judge(described(contract), seed)
        value, script = both(partial(invented, contract, described(contract), seed), act)
        judge(script.requests[0])
        assert not judge.objections
        [request] = script.requests
        row = BY_ID[operation]
        assert request.method == row.verb
        assert re.fullmatch("/v5" + re.sub(r"{\w+}", "[0-9]+", row.path), request.target.partition("?")[0])
        assert request.headers["Authorization"] == "Bearer emulated_scripted"
        if kind is None:
            assert value is None
        elif isinstance(kind, list):
            assert [type(entry) for entry in value] == kind * len(judge.said["items"])
            for entry, said in zip(value, judge.said["items"], strict=True):
                assert_nothing_lost(entry, said)
        else:
            assert type(value) is kind
            assert_nothing_lost(value, judge.said)


def assert_nothing_lost(entity: Any, said: Any) -> None:
    """Every field the answer has and the model knows is there, with the value that was sent."""
    if isinstance(entity, msgspec.Struct):
        for name in entity.__struct_fields__:
            if name in said:
                assert_nothing_lost(getattr(entity, name), said[name])
            else:
                assert getattr(entity, name) is wire.UNSET
    else:
        assert json.loads(wire.encode(entity)) == said


# ------------------------------------------------------------------------------- the methods


NOUNS = {
    "promotions": promotions.Promotions,
    "ad_accounts": accounts.AdAccounts,
    "user_account": accounts.UserAccounts,
    "campaigns": campaigns.Campaigns,
    "ad_groups": ad_groups.AdGroups,
    "catalogs": catalogs.Catalogs,
    "feeds": catalogs.Feeds,
    "catalog_product_groups": catalogs.CatalogProductGroups,
    "reports": reports.Reports,
    "resources": metrics.Metrics,
}
METHODS = [
    pytest.param(member, id=f"{noun}.{name}")
    for noun, kind in NOUNS.items()
    for name, member in vars(kind).items()
    if isinstance(member, method | listing)
]


def test_every_noun_is_on_the_client() -> None:
    from pinshop.resources import Door

    for noun, kind in NOUNS.items():
        assert kind.__name__ in str(vars(Door)[noun].func.__annotations__["return"])
        assert issubclass(kind, Resource)


@pytest.mark.parametrize("member", METHODS)
def test_every_argument_is_explained(member: Any) -> None:
    parameters = [p for p in inspect.signature(member._function).parameters if p != "self"]
    if len(parameters) > 2:  # one or two ids say it themselves
        explained = (member.__doc__ or "").partition("Args:")[2]
        assert [p for p in parameters if f"{p}:" not in explained] == []


# --------------------------------------------------------------------------------- how little an endpoint takes


class Board(wire.Entity):
    """A board."""

    id: str | None | wire.UnsetType = wire.UNSET
    name: str | None | wire.UnsetType = wire.UNSET


BOARDS_GET = operations.Operation(
    id="boards/get", verb="GET", path="/boards/{board_id}", summary="Get one board", category="org_read",
    scopes=("boards:read",), sandbox=True,
)  # fmt: skip


class Boards(Resource[Any]):
    """``client.boards``, if it existed."""

    @method
    def get(self, board_id: str | int) -> flow.Flow[Board]:
        """Get one board: ``GET /boards/{board_id}``."""
        call = operations.build(BOARDS_GET, {"board_id": board_id})
        return (yield from flow.exchange(self._session, call, flow.entity(Board))).value


def test_an_endpoint_takes_fewer_than_thirty_lines() -> None:
    board, script = both(lambda: Script(answer({"id": "7", "name": "é", "pins": []})), lambda c: Boards(c, c._session).get(7))
    assert board == Board(id="7", name="é")
    assert script.requests[0].target == "/v5/boards/7"
    lines = inspect.getsource(Board) + inspect.getsource(Boards) + "\n" * 4  # and the row
    assert lines.count("\n") < 30
