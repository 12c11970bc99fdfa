"""Every method against the emulator: over a real socket and in-process, with both clients, in every api_version."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pinshop import AsyncClient, Client, Conflict, NotFound, ReportUnavailable
from pinshop.api import models
from pinshop.api.operations import API_VERSIONS
from pinshop.emulator import Emulator
from pinshop.resources.listing import AsyncListing, Listing

NOON = datetime.datetime(2026, 9, 21, 12, tzinfo=datetime.UTC)


class Driver:
    """A client of either kind that is used in the same way."""

    def __init__(self, emulator: Emulator, mode: str, way: str, **options: Any) -> None:
        self.emulator = emulator
        clock = emulator.clock
        options |= {"clock": lambda: clock.now().timestamp(), "pacing": False, "api_version": emulator.api_version}
        sync = mode == "sync"
        if way == "in-process":
            options |= {
                "transport": emulator.transport() if sync else emulator.async_transport(),
                "base_url": "http://emulated/v5",
            }
        else:
            options |= {"base_url": emulator.base_url}

        async def nap(seconds: float) -> None:
            clock.advance(seconds=seconds)

        self._runner = None if sync else asyncio.Runner()
        if self._runner is None:
            self.client: Any = Client(emulator.access_token, sleep=lambda s: clock.advance(seconds=s), **options)
        else:
            self.client = AsyncClient(emulator.access_token, sleep=nap, **options)

    def __call__(self, act: Callable[[Any], Any]) -> Any:
        if self._runner is None:
            value = act(self.client)
            return list(value) if isinstance(value, Listing) else value

        async def run() -> Any:
            value = act(self.client)
            return [entry async for entry in value] if isinstance(value, AsyncListing) else await value

        return self._runner.run(run())

    def close(self) -> None:
        if self._runner is None:
            self.client.close()
        else:
            self._runner.run(self.client.close())
            self._runner.close()


WAYS = [
    *(pytest.param(mode, "socket", "5.28", id=f"{mode}-socket") for mode in ("sync", "async")),
    *(
        pytest.param(mode, "in-process", api_version, id=f"{mode}-in-process-{api_version}")
        for mode in ("sync", "async")
        for api_version in API_VERSIONS
    ),
]


@pytest.fixture
def do(request: pytest.FixtureRequest) -> Iterator[Driver]:
    mode, way, api_version = request.param
    emulator = Emulator(api_version, now=NOON)
    if way == "socket":
        emulator.__enter__()
    driver = Driver(emulator, mode, way)
    yield driver
    driver.close()
    if way == "socket":
        emulator.__exit__(None, None, None)


in_every_way = pytest.mark.parametrize("do", [pytest.param(p.values, id=p.id) for p in WAYS], indirect=True)


@in_every_way
def test_accounts(do: Driver) -> None:
    em = do.emulator
    user = do(lambda c: c.user_account.get())
    assert user.account_type == "BUSINESS"
    assert user.id == ("" if em.api_version == "5.6" else em.user_id)
    [account] = do(lambda c: c.ad_accounts.list())
    assert account.id == em.ad_account_id
    assert do(lambda c: c.ad_accounts.get(em.ad_account_id)) == account
    assert account.permissions == ["OWNER"]
    created = do(lambda c: c.ad_accounts.create(name="A second one", country="FR"))
    assert created.name == "A second one"
    assert {a.id for a in do(lambda c: c.ad_accounts.list(page_size=1))} == {em.ad_account_id, created.id}


@in_every_way
def test_campaigns_and_ad_groups(do: Driver) -> None:
    account = do.emulator.ad_account_id
    new = {"objective_type": "CATALOG_SALES", "is_campaign_budget_optimization": True, "daily_spend_cap": 5_000_000}
    result = do(lambda c: c.campaigns.create(account, [{**new, "name": f"Spring {n}", "status": "PAUSED"} for n in range(32)]))
    assert result.summary() == "32 created"
    campaign = result[31].entity
    assert isinstance(campaign, models.Campaign)
    assert (campaign.name, campaign.status, campaign.daily_spend_cap) == ("Spring 31", "PAUSED", 5_000_000)
    assert do(lambda c: c.campaigns.get(account, campaign.id)).id == campaign.id
    changed = do(lambda c: c.campaigns.update(account, [{"id": campaign.id, "status": "ACTIVE"}, {"id": "7", "name": "None"}]))
    assert [o.state for o in changed] == ["updated", "failed"]
    assert changed[0].entity.status == "ACTIVE"
    assert changed[1].message
    listed = do(lambda c: c.campaigns.list(account, page_size=10, order="ASCENDING"))
    assert len(listed) == len({row.id for row in listed}) == 33

    group = {"campaign_id": campaign.id, "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP"}
    result = do(
        lambda c: c.ad_groups.create(account, [{**group, "name": "Shoes"}, {**group, "name": "Hats", "campaign_id": "7"}])
    )
    assert [o.state for o in result] == ["created", "failed"]
    shoes = result[0].entity
    assert isinstance(shoes, models.AdGroup)
    assert do(lambda c: c.ad_groups.get(account, shoes.id)).name == "Shoes"
    assert do(lambda c: c.ad_groups.update(account, [{"id": shoes.id, "name": "All shoes"}]))[0].entity.name == "All shoes"
    assert [g.id for g in do(lambda c: c.ad_groups.list(account, campaign_ids=[campaign.id]))] == [shoes.id]
    with pytest.raises(NotFound):
        do(lambda c: c.campaigns.get(account, 7))


@in_every_way
def test_catalogs_and_groups(do: Driver) -> None:
    em = do.emulator
    if em.api_version == "5.6":  # GET /catalogs came with 5.11
        with pytest.raises(NotFound):
            do(lambda c: c.catalogs.list())
    else:
        assert [c.id for c in do(lambda c: c.catalogs.list())] == [em.catalog_id]
    [feed] = do(lambda c: c.feeds.list())
    assert feed.id == em.feed_id
    assert do(lambda c: c.feeds.get(feed.id)).location == feed.location
    groups = do(lambda c: c.catalog_product_groups.list(feed_id=feed.id, page_size=2))
    assert set(em.catalog_product_group_ids) <= {g.id for g in groups}

    everything = next(g for g in groups if g.type == "ALL_PRODUCTS")
    products = do(lambda c: c.catalog_product_groups.products(everything.id, page_size=25))
    counts = do(lambda c: c.catalog_product_groups.product_counts(everything.id))
    assert counts.total == len(products) == len({p.metadata.item_id for p in products}) > 25
    assert counts.total == counts.in_stock + counts.out_of_stock + counts.preorder

    some = products[0].metadata.item_id
    filters = {"any_of": [{"ITEM_ID": {"values": [some]}}]}
    mine = do(lambda c: c.catalog_product_groups.create(name="Just one", feed_id=feed.id, filters=filters))
    assert (mine.type, mine.feed_id) == ("MERCHANT_CREATED", feed.id)
    assert do(lambda c: c.catalog_product_groups.product_counts(mine.id)).total == 1
    with pytest.raises(Conflict) as caught:
        do(lambda c: c.catalog_product_groups.create(name="Just one", feed_id=feed.id, filters=filters))
    assert caught.value.code in (4178, 4179)
    assert do(lambda c: c.catalog_product_groups.update(mine.id, name="Only one")).name == "Only one"
    assert do(lambda c: c.catalog_product_groups.get(mine.id)).name == "Only one"

    made = do(lambda c: c.promotions.create(em.ad_account_id, em.ad_group_id, [{"catalog_product_group_id": mine.id}]))
    with pytest.raises(Conflict, match="archive the promotions") as caught:
        do(lambda c: c.catalog_product_groups.delete(mine.id))
    assert caught.value.code == 4176
    do(lambda c: c.promotions.update(em.ad_account_id, em.ad_group_id, [{"id": made[0].id, "status": "ARCHIVED"}]))
    assert do(lambda c: c.catalog_product_groups.delete(mine.id)) is None
    with pytest.raises(NotFound):
        do(lambda c: c.catalog_product_groups.get(mine.id))
    with pytest.raises(Conflict) as caught:
        do(lambda c: c.catalog_product_groups.delete(everything.id))
    assert caught.value.code == 4177


@in_every_way
@pytest.mark.parametrize("level", ["PRODUCT_GROUP", "PRODUCT_ITEM"])
@pytest.mark.parametrize("report_format", ["JSON", "CSV"])
def test_reports(do: Driver, level: str, report_format: str) -> None:
    em = do.emulator
    items = [{"catalog_product_group_id": group, "status": "ACTIVE"} for group in em.catalog_product_group_ids[:2]]
    made = do(lambda c: c.promotions.create(em.ad_account_id, em.ad_group_id, items))
    made.raise_if_failed()
    em.clock.advance(days=12)
    today = em.clock.now().date()
    order = do(
        lambda c: c.reports.create(
            em.ad_account_id,
            start_date=today - datetime.timedelta(days=10),
            end_date=today - datetime.timedelta(days=3),
            granularity="DAY",
            level=level,
            columns=["SPEND_IN_MICRO_DOLLAR", "PAID_IMPRESSION"],
            report_format=report_format,
        )
    )
    state = do(lambda c: c.reports.wait(em.ad_account_id, order.token))
    assert state.report_status == "FINISHED"
    data = do(lambda c: c.reports.download(em.ad_account_id, order.token))
    assert data.report_format == report_format
    assert data.rows
    spent = [row["SPEND_IN_MICRO_DOLLAR"] for row in data.rows if "SPEND_IN_MICRO_DOLLAR" in row]
    assert sum(map(int, spent)) > 0
    assert all(isinstance(value, int if report_format == "JSON" else str) for value in spent)
    em.clock.advance(hours=2)
    with pytest.raises(ReportUnavailable):
        do(lambda c: c.reports.download(em.ad_account_id, order.token))


@in_every_way
def test_metrics(do: Driver) -> None:
    sync = do(lambda c: c.metrics.delivery_metrics(report_type="SYNC"))
    assert {"SPEND_IN_MICRO_DOLLAR", "CTR"} <= {metric.name for metric in sync}
    today = do.emulator.clock.now().date()
    assert do(lambda c: c.metrics.metrics_ready_state(today)).conversion_metrics_ready is False
    old = do(lambda c: c.metrics.metrics_ready_state(today - datetime.timedelta(days=60)))
    assert (old.conversion_metrics_ready, old.non_conversion_metrics_ready) == (True, True)


@in_every_way
def test_a_campaign_whose_answer_was_lost_exists_once(do: Driver) -> None:
    em = do.emulator
    new = {
        "name": "Once",
        "objective_type": "CATALOG_SALES",
        "is_campaign_budget_optimization": True,
        "lifetime_spend_cap": 9_000_000,
    }
    end = em.clock.now() + datetime.timedelta(days=30)
    em.fail("campaigns/create", after_commit=True, drop=True)
    result = do(lambda c: c.campaigns.create(em.ad_account_id, [{**new, "end_time": end}]))
    assert [o.state for o in result] == ["created"]
    em.fail("ad_groups/create", drop=True)
    group = {"name": "Once", "campaign_id": result[0].id, "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP"}
    groups = do(lambda c: c.ad_groups.create(em.ad_account_id, [group]))
    assert [o.state for o in groups] == ["created"]
    assert [c.name for c in do(lambda c: c.campaigns.list(em.ad_account_id))].count("Once") == 1
    assert [g.id for g in do(lambda c: c.ad_groups.list(em.ad_account_id, campaign_ids=[result[0].id]))] == [groups[0].id]


@in_every_way
def test_what_was_listed_goes_back_into_an_update(do: Driver) -> None:
    em = do.emulator
    if em.api_version == "5.6":  # it has no list of promotions
        return
    items = [{"catalog_product_group_id": group} for group in em.catalog_product_group_ids[:2]]
    do(lambda c: c.promotions.create(em.ad_account_id, em.ad_group_id, items))
    found = do(lambda c: c.promotions.list(em.ad_account_id, ad_group_id=em.ad_group_id))
    changes = [one.changed(status="PAUSED") for one in found]
    do(lambda c: c.promotions.update(em.ad_account_id, em.ad_group_id, changes)).raise_if_failed()
    paused = do(lambda c: c.promotions.list(em.ad_account_id, ad_group_id=em.ad_group_id))
    assert {one.status for one in paused} == {"PAUSED"}
    # As they are, entities are written with their writable fields: nothing changes.
    do(lambda c: c.promotions.update(em.ad_account_id, None, paused)).raise_if_failed()
    assert do(lambda c: c.promotions.list(em.ad_account_id, ad_group_id=em.ad_group_id)) == paused
