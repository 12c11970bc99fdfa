"""Our client against a Pinterest made of nothing but Pinterest's description: it refuses what the description does not
allow, and answers whatever the description does allow."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pinshop import AsyncClient, Client, InvalidInput
from pinshop.api.http import Reply, Request
from pinshop.api.operations import API_VERSIONS

ACCOUNT, GROUP, CAMPAIGN = "549755885175", "2680059592705", "626735565838"


class Mock:
    """A transport that is a strict server."""

    def __init__(self, described, seed: int) -> None:
        self.described = described
        self.random = random.Random(seed)
        self.sent: list[Request] = []

    def send(self, request: Request) -> Reply:
        refusals = self.described.refusals(request)
        assert not refusals, f"{request.method} {request.target} {request.body!r}: {refusals}"
        self.sent.append(request)
        status, value = self.described.answer(request, self.random)
        body = b"" if value is None else msgspec.json.encode(self._one_entry_per_item(request, value))
        reply = Reply(status, {"content-type": "application/json", "x-pinterest-rid": "1"}, body)
        assert not self.described.objections(request, reply)
        return reply

    def _one_entry_per_item(self, request: Request, value: Any) -> Any:
        """A description cannot say that there is one entry for each thing asked; the invented answer is made so."""
        asked = json.loads(request.body) if request.body and request.body[:1] in b"[{" else None
        items = asked.get("product_group_promotion") if isinstance(asked, dict) else asked
        if re.search(r"/product_group_promotions/[0-9]+$", request.target) and "items" in value:
            items = [{}]  # 5.8 to 5.14 wrapped even a single one
        if not isinstance(items, list):
            return value
        bare = isinstance(value, list)
        entries = [{"data": {"id": str(number)} | item} for number, item in enumerate(items, 1)]
        if not bare:
            for entry in entries:
                # Null is declared for promotions only.
                entry["exceptions"] = self.random.choice([None, []]) if isinstance(asked, dict) else []
        return entries if bare else {"items": entries}

    def close(self) -> None:
        pass


class AsyncMock(Mock):
    async def send(self, request: Request) -> Reply:
        return super().send(request)

    async def close(self) -> None:
        pass


PROMOTIONS = [{"catalog_product_group_id": str(n), "status": "ACTIVE", "creative_type": "SHOPPING"} for n in range(1, 32)]
CALLS: dict[str, Callable[[Any], Any]] = {
    "create": lambda c: c.promotions.create(ACCOUNT, GROUP, PROMOTIONS, read_back=False),
    "update": lambda c: c.promotions.update(ACCOUNT, GROUP, [{"id": "4", "tracking_url": None}], read_back=False),
    "list": lambda c: c.promotions.list(ACCOUNT, ad_group_id=GROUP, entity_statuses=["ACTIVE", "ARCHIVED"], page_size=250),
    "list by id": lambda c: c.promotions.list(ACCOUNT, product_group_promotion_ids=["1", 2], order="DESCENDING"),
    "get": lambda c: c.promotions.get(ACCOUNT, "4"),
    "analytics": lambda c: c.promotions.analytics(
        ACCOUNT, ["4", "5"], start_date="2026-01-01", end_date="2026-01-31", granularity="DAY", click_window_days=7,
        columns=["SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH"],
    ),
    "ad accounts": lambda c: c.ad_accounts.list(include_shared_accounts=False, page_size=1),
    "ad account": lambda c: c.ad_accounts.get(ACCOUNT),
    "create ad account": lambda c: c.ad_accounts.create(country="US", name="A shop", owner_user_id="383791336903426391"),
    "user account": lambda c: c.user_account.get(ad_account_id=ACCOUNT),
    "campaigns": lambda c: c.campaigns.list(ACCOUNT, campaign_ids=[CAMPAIGN], order="ASCENDING"),
    "campaign": lambda c: c.campaigns.get(ACCOUNT, CAMPAIGN),
    "create campaign": lambda c: c.campaigns.create(
        ACCOUNT, [{"name": "Spring", "objective_type": "CATALOG_SALES", "ad_account_id": ACCOUNT}], read_back=False
    ),
    "update campaign": lambda c: c.campaigns.update(
        ACCOUNT, [{"id": CAMPAIGN, "ad_account_id": ACCOUNT, "status": "ARCHIVED"}], read_back=False
    ),
    "ad groups": lambda c: c.ad_groups.list(ACCOUNT, campaign_ids=[CAMPAIGN], translate_interests_to_names=True),
    "ad group": lambda c: c.ad_groups.get(ACCOUNT, GROUP),
    "create ad group": lambda c: c.ad_groups.create(
        ACCOUNT,
        [{"name": "Shoes", "campaign_id": CAMPAIGN, "billable_event": "CLICKTHROUGH", "budget_in_micro_currency": 5_000_000}],
        read_back=False,
    ),
    "update ad group": lambda c: c.ad_groups.update(ACCOUNT, [{"id": GROUP, "status": "PAUSED"}], read_back=False),
    "catalogs": lambda c: c.catalogs.list(ad_account_id=ACCOUNT),
    "feeds": lambda c: c.feeds.list(ad_account_id=ACCOUNT),
    "feed": lambda c: c.feeds.get("5", ad_account_id=ACCOUNT),
    "product groups": lambda c: c.catalog_product_groups.list(feed_id="5"),
    "product group": lambda c: c.catalog_product_groups.get("6", ad_account_id=ACCOUNT),
    "create product group": lambda c: c.catalog_product_groups.create(
        name="Boots", filters={"any_of": [{"PRODUCT_TYPE_0": {"values": [["shoes"]]}}]}, feed_id="5"
    ),
    "update product group": lambda c: c.catalog_product_groups.update("6", name="High boots"),
    "delete product group": lambda c: c.catalog_product_groups.delete("6"),
    "product counts": lambda c: c.catalog_product_groups.product_counts("6"),
    "products": lambda c: c.catalog_product_groups.products("6", page_size=2),
    "order a report": lambda c: c.reports.create(
        ACCOUNT, start_date="2026-01-01", end_date="2026-01-31", granularity="DAY", columns=["SPEND_IN_MICRO_DOLLAR"],
        level="PRODUCT_GROUP",
    ),
    "ask for a report": lambda c: c.reports.get(ACCOUNT, "a token"),
    "metrics": lambda c: c.metrics.delivery_metrics(report_type="SYNC"),
    "metrics ready": lambda c: c.metrics.metrics_ready_state(date="2026-01-31"),
}  # fmt: skip
ABSENT = {"5.6": {"list", "list by id", "catalogs"}}


@pytest.mark.parametrize("api_version", API_VERSIONS)
@pytest.mark.parametrize("name", CALLS)
def test_the_client_keeps_to_the_description_and_understands_what_it_allows(name, api_version, described):
    if name in ABSENT.get(api_version, ()):
        pytest.skip(f"there is no {name} in {api_version}")
    for seed in range(3):
        mock, twin = Mock(described(api_version), seed), AsyncMock(described(api_version), seed)
        options = {"base_url": "https://api.example/v5", "api_version": api_version, "sleep": no_sleep}
        try:
            answer = plain(first_page(CALLS[name](Client("emulated_x", transport=mock, **options))))
        except InvalidInput as error:
            # The rows and the promotions are invented independently: it may look as if there were no such promotions.
            assert name == "analytics"
            assert "ids of promotions of ad account" in str(error)
            answer = str(error)
        try:
            other = plain(asyncio.run(in_async(CALLS[name], AsyncClient("emulated_x", transport=twin, **options))))
        except InvalidInput as error:
            other = str(error)
        assert answer == other, "the two clients differ"
        assert [(r.method, r.target, r.body) for r in mock.sent] == [(r.method, r.target, r.body) for r in twin.sent]
        if name in {"create", "update", "create campaign", "update campaign", "create ad group", "update ad group"}:
            # What is invented repeats itself: an entity that came in the batch before is not believed to be a new one.
            told = [outcome for outcome in answer if outcome["message"] != "the answer names what was created before"]
            assert {outcome["state"] for outcome in told} <= {"created", "updated"}
            assert len(told) >= min(30, len(answer)) - 1


def no_sleep(seconds: float):
    raise AssertionError(f"the client wants to wait {seconds} s, but nothing failed")


def first_page(value: Any) -> Any:
    """An invented bookmark leads to another invented page, without end."""
    return next(value.pages()).items if hasattr(value, "pages") else value


async def in_async(call: Callable[[Any], Any], client: AsyncClient) -> Any:
    async with client:
        value = call(client)
        if hasattr(value, "pages"):
            async for page in value.pages():
                return page.items
        return await value if inspect.isawaitable(value) else value


def plain(value: Any) -> Any:
    return msgspec.to_builtins(list(value) if hasattr(value, "raise_if_failed") else value, enc_hook=str)
