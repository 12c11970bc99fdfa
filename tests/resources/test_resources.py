"""Every public method of both clients: what it sends fits Pinterest's description, and all that allows as an answer is read.

What is particular to one kind of entity stands in the file of that kind.
"""

from __future__ import annotations

import decimal
import inspect
import json
import random
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from mock_transport import Script, answer, both
from openapi import Described
from pinshop.api import models, operations
from pinshop.api.endpoints import BY_ID
from pinshop.api.http import Reply, Request
from pinshop.api.models import decoders
from pinshop.errors import InvalidInput
from pinshop.flow.exchange import exchange
from pinshop.flow.steps import Flow
from pinshop.resources import (
    ad_accounts,
    ad_groups,
    campaigns,
    catalog_product_groups,
    catalogs,
    feeds,
    metrics,
    promotions,
    reports,
    user_account,
)
from pinshop.resources.binding import Resource, operation
from pinshop.resources.listing import paginated

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
    ("user_account/get", lambda c: c.user_account.get(ad_account_id=A), models.UserAccount),
    ("ad_accounts/list", lambda c: c.ad_accounts.list(include_shared_accounts=False, page_size=250), [models.AdAccount]),
    ("ad_accounts/get", lambda c: c.ad_accounts.get(int(A)), models.AdAccount),
    ("ad_accounts/create", lambda c: c.ad_accounts.create(name="ACME", country="US", owner_user_id=7), models.AdAccount),
    ("campaigns/list", lambda c: c.campaigns.list(A, campaign_ids=[B], entity_statuses=["ARCHIVED"]), [models.Campaign]),
    ("campaigns/get", lambda c: c.campaigns.get(A, B), models.Campaign),
    ("ad_groups/list", lambda c: c.ad_groups.list(A, campaign_ids=[B], order="DESCENDING"), [models.AdGroup]),
    ("ad_groups/get", lambda c: c.ad_groups.get(A, B), models.AdGroup),
    ("catalogs/list", lambda c: c.catalogs.list(ad_account_id=A), [models.Catalog]),
    ("feeds/list", lambda c: c.feeds.list(page_size=1), [models.Feed]),
    ("feeds/get", lambda c: c.feeds.get(B, ad_account_id=A), models.Feed),
    ("catalogs_product_groups/list", lambda c: c.catalog_product_groups.list(feed_id=B), [models.CatalogProductGroup]),
    ("catalogs_product_groups/get", lambda c: c.catalog_product_groups.get(B), models.CatalogProductGroup),
    (
        "catalogs_product_groups/create",
        lambda c: c.catalog_product_groups.create(name="ACME", feed_id=B, filters=BRAND),
        models.CatalogProductGroup,
    ),
    (
        "catalogs_product_groups/update",
        lambda c: c.catalog_product_groups.update(B, name="ACME, all", description=None),
        models.CatalogProductGroup,
    ),
    ("catalogs_product_groups/delete", lambda c: c.catalog_product_groups.delete(B), None),
    ("catalogs_product_groups/product_counts_get", lambda c: c.catalog_product_groups.product_counts(B), models.ProductCounts),
    ("catalogs_product_group_pins/list", lambda c: c.catalog_product_groups.products(B), [models.Product]),
    ("analytics/create_report", lambda c: c.reports.create(A, **REPORT), models.ReportOrder),
    ("analytics/get_report", lambda c: c.reports.get(A, "a token/+"), models.ReportState),
    ("delivery_metrics/get", lambda c: c.metrics.delivery_metrics(report_type="SYNC"), [models.DeliveryMetric]),
    ("metrics_ready_state/get", lambda c: c.metrics.metrics_ready_state("2026-08-31"), models.MetricsReadyState),
]
ABSENT = {("5.6", "catalogs/list")}
CASES = [
    pytest.param(api_version, operation, act, kind, id=f"{operation}-{api_version}")
    for api_version in operations.API_VERSIONS
    for operation, act, kind in CALLS
    if (api_version, operation) not in ABSENT
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


def invented(api_version: str, judge: Described, seed: int) -> Script:
    return Script(Judge(judge, seed), api_version=api_version)


@pytest.mark.parametrize(("api_version", "operation", "act", "kind"), CASES)
def test_it_speaks_as_pinterest_describes(
    api_version: str, operation: str, act: Act, kind: Any, described: Callable[[str], Described]
) -> None:
    for seed in range(5):
        judge = Judge(described(api_version), seed)
        value, script = both(partial(invented, api_version, described(api_version), seed), act)
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
                assert getattr(entity, name) in (models.UNSET, "")
    else:
        assert json.loads(models.encode(entity)) == said


# ------------------------------------------------------------------------------- the methods


ENTITY_TYPES = {
    "promotions": promotions.Promotions,
    "ad_accounts": ad_accounts.AdAccounts,
    "user_account": user_account.UserAccounts,
    "campaigns": campaigns.Campaigns,
    "ad_groups": ad_groups.AdGroups,
    "catalogs": catalogs.Catalogs,
    "feeds": feeds.Feeds,
    "catalog_product_groups": catalog_product_groups.CatalogProductGroups,
    "reports": reports.Reports,
    "metrics": metrics.Metrics,
}
METHODS = [
    pytest.param(member, id=f"{entity_type}.{name}")
    for entity_type, kind in ENTITY_TYPES.items()
    for name, member in vars(kind).items()
    if isinstance(member, operation | paginated)
]


def test_every_noun_is_on_the_client() -> None:
    from pinshop.base_client import BaseClient

    for entity_type, kind in ENTITY_TYPES.items():
        assert kind.__name__ in str(vars(BaseClient)[entity_type].func.__annotations__["return"])
        assert issubclass(kind, Resource)


@pytest.mark.parametrize("member", METHODS)
def test_every_argument_is_explained(member: Any) -> None:
    parameters = [p for p in inspect.signature(member._function).parameters if p != "self"]
    if len(parameters) > 2:  # one or two ids say it themselves
        explained = (member.__doc__ or "").partition("Args:")[2]
        assert [p for p in parameters if f"{p}:" not in explained] == []


# --------------------------------------------------------------------------------- how little an endpoint takes


class Board(models.Entity):
    """A board."""

    id: str | None | models.UnsetType = models.UNSET
    name: str | None | models.UnsetType = models.UNSET


BOARDS_GET = operations.Operation(
    id="boards/get",
    verb="GET",
    path="/boards/{board_id}",
    summary="Get one board",
    category="org_read",
    scopes=("boards:read",),
    sandbox=True,
)


class Boards(Resource[Any]):
    """``client.boards``, if it existed."""

    @operation
    def get(self, board_id: str | int) -> Flow[Board]:
        """Get one board: ``GET /boards/{board_id}``."""
        call = operations.build(BOARDS_GET, {"board_id": board_id})
        return (yield from exchange(self._session, call, decoders.as_entity(Board))).value


def test_an_endpoint_takes_fewer_than_thirty_lines() -> None:
    board, script = both(lambda: Script(answer({"id": "7", "name": "é", "pins": []})), lambda c: Boards(c, c._session).get(7))
    assert board == Board(id="7", name="é")
    assert script.requests[0].target == "/v5/boards/7"
    lines = inspect.getsource(Board) + inspect.getsource(Boards) + "\n" * 4  # and the row
    assert lines.count("\n") < 30


# ------------------------------------------------------------------------ arguments that are no fields

ITEM = [{"catalog_product_group_id": "3"}]
ORDER = {
    "start_date": "2026-02-01",
    "end_date": "2026-02-02",
    "columns": ["CTR"],
    "granularity": "DAY",
    "level": "PIN_PROMOTION",
}
#: Every method that takes them, with arguments that are right.
BEHAVING = {
    "promotions.create": lambda c, **odd: c.promotions.create("1", "2", ITEM, **odd),
    "promotions.update": lambda c, **odd: c.promotions.update("1", "2", [{"id": "1", "status": "PAUSED"}], **odd),
    "campaigns.create": lambda c, **odd: c.campaigns.create("1", [{"name": "x", "objective_type": "CATALOG_SALES"}], **odd),
    "campaigns.update": lambda c, **odd: c.campaigns.update("1", [{"id": "1", "name": "x"}], **odd),
    "ad_groups.update": lambda c, **odd: c.ad_groups.update("1", [{"id": "1", "name": "x"}], **odd),
    "reports.run": lambda c, **odd: c.reports.run("1", **ORDER, **odd),
    "bulk.run": lambda c, **odd: c.bulk.run("1", entity_types=["CAMPAIGN"], **odd),
}
ODD = {
    "progress": [[], "print", 7, {}],
    "read_back": ["yes", 1, None, []],
    "settle_seconds": ["2", None, -1, 3601, float("nan"), True, decimal.Decimal(2), [2]],
    "journal": ["a\0b", "\ud800", "no/such/folder/j"],
    "at_most_seconds": ["2", None, -1, 86401, float("nan"), True, decimal.Decimal("sNaN"), [2]],
}
JOBS = ("progress", "at_most_seconds")
WRITES = ("progress", "read_back", "settle_seconds", "journal")
ODD_CALLS = [
    (method, name, odd) for method in BEHAVING for name in (JOBS if method.endswith("run") else WRITES) for odd in ODD[name]
]


@pytest.mark.parametrize(("method", "argument", "odd"), ODD_CALLS)
def test_what_would_end_a_call_in_its_middle_is_refused_before_anything_is_sent(method, argument, odd, tmp_path):
    journal = {} if method.endswith("run") else {"journal": tmp_path / "journal"}
    with pytest.raises(InvalidInput, match=argument):
        both(Script, lambda client: BEHAVING[method](client, **{**journal, argument: odd}))
    assert list(tmp_path.iterdir()) == []
