"""What type checkers see of every public result, of both clients. Only checked, never run (see test_typing.py)."""

from __future__ import annotations

import datetime
import enum
from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

from pinshop import AsyncClient, BatchResult, Client, Outcome, PromotionUpdate, columns, types
from pinshop.api import models, operations, params
from pinshop.flow.session import Response
from pinshop.resources.listing import AsyncListing, Listing

A = "549755885175"
CALL = operations.raw("GET", "/boards")
BRAND: params.Filters = {"any_of": [{"BRAND": {"values": ["ACME"]}}]}


def round_trips(c: Client) -> None:
    """What an answer holds goes into the next call without a cast."""
    promotions = list(c.promotions.list(A, ad_group_id="7"))
    promotion = promotions[0]
    assert_type(promotion.id, str)
    assert_type(promotion.ad_group_id, str)
    assert_type(promotion.catalog_product_group_id, str)
    assert_type(c.promotions.get(A, promotion.id).to_dict(), dict[str, Any])
    names: dict[str, str] = {one.id: one.catalog_product_group_id for one in promotions}
    c.promotions.update(A, promotion.ad_group_id, [{"id": one, "status": "PAUSED"} for one in names])
    c.promotions.update(A, "7", [one.changed(status="PAUSED", tracking_url=None) for one in promotions])
    assert_type(promotion.changed(status="PAUSED"), PromotionUpdate)
    groups = c.catalog_product_groups.list(feed_id=7)
    wanted: list[types.PromotionCreate] = [{"catalog_product_group_id": group.id} for group in groups]
    created = c.promotions.create(A, "7", wanted)
    assert_type(created[0].id, str)
    assert_type([one.id for one in created.ok], list[str])
    c.promotions.list(A, product_group_promotion_ids=[one.id for one in created])
    campaign = c.campaigns.get(A, c.campaigns.create(A, [{"name": "x", "objective_type": "SALES"}])[0].id)
    c.campaigns.update(A, [campaign.changed(daily_spend_cap=25_000_000)])
    new: list[types.AdGroupCreate] = [{"name": "x", "campaign_id": campaign.id, "billable_event": "CLICKTHROUGH"}]
    ad_groups = c.ad_groups.create(A, new)
    c.ad_groups.update(A, [group.changed(bid_in_micro_currency=500_000) for group in c.ad_groups.list(A)])
    assert_type([outcome.id for outcome in ad_groups], list[str])
    for account in c.ad_accounts.list():
        assert_type(account.id, str)
        c.campaigns.list(account.id, campaign_ids=[one.id for one in c.campaigns.list(account.id)])
    order = c.reports.create(
        A, start_date="2026-01-01", end_date="2026-01-02", granularity="DAY", level="CAMPAIGN", columns=["SPEND_IN_DOLLAR"]
    )
    assert_type(order.token, str)
    c.reports.get(A, order.token)
    feed = c.feeds.get(7)
    c.catalog_product_groups.list(catalog_id=feed.catalog_id)
    assert_type(columns.COLUMNS["CTR"].family, types.Family)
    assert_type(columns.available("5.28", "spend"), tuple[str, ...])


class Status(enum.Enum):
    PAUSED = "PAUSED"


def synchronous(c: Client) -> None:
    with c as same:
        assert_type(same, Client)
    assert_type(c.with_options(read_seconds=5), Client)

    created = c.promotions.create(A, 7, [{"catalog_product_group_id": 7, "status": "PAUSED"}])
    assert_type(created, BatchResult[models.ProductGroupPromotion])
    assert_type(created[0], Outcome[models.ProductGroupPromotion])
    assert_type(created[0].entity, models.ProductGroupPromotion | None)
    assert_type(created.failed, list[Outcome[models.ProductGroupPromotion]])
    assert_type(c.promotions.update(A, "7", [{"id": "7", "tracking_url": None}]), BatchResult[models.ProductGroupPromotion])
    promotions = c.promotions.list(A, ad_group_id="7", order="ASCENDING")
    assert_type(promotions, Listing[models.ProductGroupPromotion])
    assert_type(promotions.first(), models.ProductGroupPromotion | None)
    assert_type(promotions.all(), list[models.ProductGroupPromotion])
    assert_type(c.with_response.promotions.get(A, "7"), Response[models.ProductGroupPromotion])
    assert_type(promotions.pages(), Iterator[models.Page[models.ProductGroupPromotion]])
    assert_type(c.promotions.get(A, "7"), models.ProductGroupPromotion)

    assert_type(c.user_account.get(), models.UserAccount)
    assert_type(c.ad_accounts.list(), Listing[models.AdAccount])
    assert_type(c.ad_accounts.get(7), models.AdAccount)
    assert_type(c.ad_accounts.create(name="ACME", currency="USD"), models.AdAccount)

    assert_type(
        c.campaigns.create(A, [{"name": "x", "objective_type": "SALES", "intended_promotion_type": "CATALOG"}]),
        BatchResult[models.Campaign],
    )
    assert_type(c.campaigns.update(A, [{"id": 7, "status": Status.PAUSED}]), BatchResult[models.Campaign])
    assert_type(c.campaigns.list(A, campaign_ids=[7, "8"]), Listing[models.Campaign])
    assert_type(c.campaigns.get(A, 7), models.Campaign)

    now = datetime.datetime.now(datetime.UTC)
    assert_type(
        c.ad_groups.create(A, [{"name": "x", "campaign_id": 7, "billable_event": "CLICKTHROUGH", "start_time": now}]),
        BatchResult[models.AdGroup],
    )
    assert_type(c.ad_groups.update(A, [{"id": 7, "bid_in_micro_currency": 500_000}]), BatchResult[models.AdGroup])
    assert_type(c.ad_groups.list(A), Listing[models.AdGroup])
    assert_type(c.ad_groups.get(A, 7), models.AdGroup)

    assert_type(c.catalogs.list(), Listing[models.Catalog])
    assert_type(c.feeds.list(catalog_id=7), Listing[models.Feed])
    assert_type(c.feeds.get(7), models.Feed)
    groups = c.catalog_product_groups
    assert_type(groups.list(feed_id=7), Listing[models.CatalogProductGroup])
    assert_type(groups.get(7), models.CatalogProductGroup)
    assert_type(groups.create(name="x", feed_id=7, filters=BRAND), models.CatalogProductGroup)
    assert_type(groups.update(7, name="y", description=None), models.CatalogProductGroup)
    assert_type(groups.product_counts(7), models.ProductCounts)
    assert_type(groups.products(7), Listing[models.Product])
    groups.delete(7)

    order = c.reports.create(
        A,
        start_date=datetime.date(2026, 1, 1),
        end_date="2026-01-31",
        granularity="DAY",
        level="PRODUCT_ITEM",
        columns=["SPEND_IN_MICRO_DOLLAR"],
    )
    assert_type(order, models.ReportOrder)
    assert_type(c.reports.get(A, "t"), models.ReportState)
    assert_type(c.reports.wait(A, "t"), models.ReportState)
    assert_type(c.reports.download(A, "t"), models.ReportData)
    assert_type(c.metrics.delivery_metrics(), list[models.DeliveryMetric])
    assert_type(c.metrics.metrics_ready_state(datetime.date(2026, 1, 1)), models.MetricsReadyState)

    assert_type(c.send(CALL), Any)
    assert_type(c.respond(CALL), Response[Any])


async def asynchronous(c: AsyncClient) -> None:
    async with c as same:
        assert_type(same, AsyncClient)
    assert_type(c.with_options(read_seconds=5), AsyncClient)

    created = await c.promotions.create(A, 7, [{"catalog_product_group_id": 7, "status": "PAUSED"}])
    assert_type(created, BatchResult[models.ProductGroupPromotion])
    assert_type(
        await c.promotions.update(A, "7", [{"id": "7", "tracking_url": None}]), BatchResult[models.ProductGroupPromotion]
    )
    promotions = c.promotions.list(A, ad_group_id="7", order="ASCENDING")
    assert_type(promotions, AsyncListing[models.ProductGroupPromotion])
    async for promotion in promotions:
        assert_type(promotion, models.ProductGroupPromotion)
    assert_type(promotions.pages(), AsyncIterator[models.Page[models.ProductGroupPromotion]])
    assert_type(await promotions.all(), list[models.ProductGroupPromotion])
    assert_type(await c.with_response.promotions.get(A, "7"), Response[models.ProductGroupPromotion])
    assert_type(await c.promotions.get(A, "7"), models.ProductGroupPromotion)

    assert_type(await c.user_account.get(), models.UserAccount)
    assert_type(c.ad_accounts.list(), AsyncListing[models.AdAccount])
    assert_type(await c.ad_accounts.get(7), models.AdAccount)
    assert_type(await c.ad_accounts.create(name="ACME", currency="USD"), models.AdAccount)

    assert_type(await c.campaigns.create(A, [{"name": "x", "objective_type": "CATALOG_SALES"}]), BatchResult[models.Campaign])
    assert_type(await c.campaigns.update(A, [{"id": 7, "status": Status.PAUSED}]), BatchResult[models.Campaign])
    assert_type(c.campaigns.list(A, campaign_ids=[7, "8"]), AsyncListing[models.Campaign])
    assert_type(await c.campaigns.get(A, 7), models.Campaign)

    assert_type(
        await c.ad_groups.create(A, [{"name": "x", "campaign_id": 7, "billable_event": "CLICKTHROUGH"}]),
        BatchResult[models.AdGroup],
    )
    assert_type(await c.ad_groups.update(A, [{"id": 7, "bid_in_micro_currency": 500_000}]), BatchResult[models.AdGroup])
    assert_type(c.ad_groups.list(A), AsyncListing[models.AdGroup])
    assert_type(await c.ad_groups.get(A, 7), models.AdGroup)

    assert_type(c.catalogs.list(), AsyncListing[models.Catalog])
    assert_type(c.feeds.list(catalog_id=7), AsyncListing[models.Feed])
    assert_type(await c.feeds.get(7), models.Feed)
    groups = c.catalog_product_groups
    assert_type(groups.list(feed_id=7), AsyncListing[models.CatalogProductGroup])
    assert_type(await groups.get(7), models.CatalogProductGroup)
    assert_type(await groups.create(name="x", feed_id=7, filters=BRAND), models.CatalogProductGroup)
    assert_type(await groups.update(7, name="y", description=None), models.CatalogProductGroup)
    assert_type(await groups.product_counts(7), models.ProductCounts)
    assert_type(groups.products(7), AsyncListing[models.Product])
    await groups.delete(7)

    order = await c.reports.create(
        A,
        start_date=datetime.date(2026, 1, 1),
        end_date="2026-01-31",
        granularity="DAY",
        level="PRODUCT_ITEM",
        columns=["SPEND_IN_MICRO_DOLLAR"],
    )
    assert_type(order, models.ReportOrder)
    assert_type(await c.reports.get(A, "t"), models.ReportState)
    assert_type(await c.reports.wait(A, "t"), models.ReportState)
    assert_type(await c.reports.download(A, "t"), models.ReportData)
    assert_type(await c.metrics.delivery_metrics(), list[models.DeliveryMetric])
    assert_type(await c.metrics.metrics_ready_state("2026-01-31"), models.MetricsReadyState)

    assert_type(await c.send(CALL), Any)
    assert_type(await c.respond(CALL), Response[Any])
