"""Mistakes in user code. Each line marked ``# mistake`` must be reported by every type checker, and no other."""

from __future__ import annotations

import datetime

from pinshop import AsyncClient, Client
from pinshop.api import operations

A, G = "549755885175", "2680059592705"
DAY = datetime.date(2026, 1, 1)


def promotions(c: Client) -> None:
    c.promotions.create(A, G, {"catalog_product_group_id": "1"})  # mistake: one dict is no list
    c.promotions.create(A, G, [{"catalog_product_group": "1"}])  # mistake: the field has another name
    c.promotions.create(A, G, [{"status": "PAUSED"}])  # mistake: which catalog product group?
    c.promotions.create(A, G, [{"catalog_product_group_id": "1", "status": "RUNNING"}])  # mistake: no such status
    c.promotions.create(A, G, [{"catalog_product_group_id": "1", "is_mdl": "true"}])  # mistake: text is no boolean
    c.promotions.create(A, [{"catalog_product_group_id": "1"}])  # mistake: the ad group is missing
    c.promotions.update(A, G, [{"status": "PAUSED"}])  # mistake: which promotion?
    c.promotions.update(A, G, [{"id": "1", "bid_in_micro_currency": 5}])  # mistake: a bid belongs to the ad group
    c.promotions.list(A, ad_group_id=G, entity_statuses=["RUNNING"])  # mistake: no such status
    c.promotions.list(A, ad_group_id=G, order="DESC")  # mistake: it is DESCENDING
    c.promotions.get(G)  # mistake: the ad account is missing
    c.promotions.delete(A, G)  # mistake: there is no delete, only ARCHIVED


def results(c: Client) -> None:
    result = c.promotions.create(A, G, [{"catalog_product_group_id": "1"}])
    result[0].entity.id  # mistake: a failed item has no entity
    c.promotions.update(A, G, [c.promotions.get(A, G)])  # mistake: it is promotion.changed(…)
    c.promotions.get(A, G).changed(bid_in_micro_currency=5)  # mistake: Pinterest sets it
    c.campaigns.get(A, G).changed(daily_spend_cap="5")  # mistake: micro-currency is a number
    c.promotions.get(A, c.promotions.get(A, G).status)  # mistake: a status is no id
    c.ad_groups.get(A, G).changed(id="7")  # mistake: the id stays
    result.errors  # mistake: they are called failed
    for promotion in c.promotions.list(A, ad_group_id=G):
        promotion.catalogs_product_group  # mistake: no such field
    group = c.ad_groups.get(A, G)
    group.budget_in_micro_currency / 1_000_000  # mistake: it may be absent or null
    len(c.promotions.list(A, ad_group_id=G))  # mistake: a lazy list has no length yet


def options() -> None:
    Client.from_env(max_atempts=3)  # mistake: max_attempts
    Client.from_profile("x", read_seconds="60")  # mistake: text is no number
    Client("token", max_reply_byte=1)  # mistake: max_reply_bytes
    AsyncClient.from_env(proxy=3128)  # mistake: a URL


def neighbours(c: Client) -> None:
    c.campaigns.create(A, [{"name": "x", "objective_type": "CATALOG"}])  # mistake: no such objective
    c.campaigns.update(A, [{"id": "1", "daily_spend_cap": 4.99}])  # mistake: micro-currency is whole
    c.ad_groups.create(A, [{"name": "x", "campaign_id": G}])  # mistake: what is paid for?
    c.ad_groups.update(A, [{"id": G, "targeting_spec": {"GENDER": ["women"]}}])  # mistake: it is female
    c.catalog_product_groups.create(name="x", feed_id=G)  # mistake: which products?
    c.catalog_product_groups.update(G, titel="x")  # mistake: no such field
    c.reports.create(A, start_date=DAY, end_date=DAY, granularity="DAILY", level="KEYWORD", columns=[])  # mistake: it is DAY
    c.reports.create(A, start_date=DAY, granularity="DAY", level="KEYWORD", columns=[])  # mistake: until when?
    c.metrics.metrics_ready_state(20260101)  # mistake: a number is no day
    c.ad_accounts.list(page_size="100")  # mistake: text is no number


async def of_the_async_client(c: AsyncClient) -> None:
    for _ in c.campaigns.list(A):  # mistake: async for
        pass
    campaign = c.campaigns.get(A, G)
    campaign.name  # mistake: it was not awaited
    operations.raw("PUT", "/boards")  # mistake: the API has no PUT
