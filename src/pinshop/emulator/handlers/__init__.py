"""The table of handlers: how Pinterest behaves at each endpoint, one file per kind of entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pinshop.api import endpoints
from pinshop.emulator.handlers import (
    ad_accounts,
    ad_groups,
    bulk,
    campaigns,
    catalog_product_groups,
    catalogs,
    feeds,
    metrics,
    promotions,
    reports,
    user_account,
)
from pinshop.emulator.handlers.context import Context

Handler: TypeAlias = Callable[[Context], Any]

HANDLERS: dict[str, Handler] = {
    endpoints.AD_ACCOUNTS_CREATE.id: ad_accounts.ad_accounts_create,
    endpoints.AD_ACCOUNTS_GET.id: ad_accounts.ad_accounts_get,
    endpoints.AD_ACCOUNTS_LIST.id: ad_accounts.ad_accounts_list,
    endpoints.AD_GROUPS_CREATE.id: ad_groups.ad_groups_create,
    endpoints.AD_GROUPS_GET.id: ad_groups.ad_groups_get,
    endpoints.AD_GROUPS_LIST.id: ad_groups.ad_groups_list,
    endpoints.AD_GROUPS_UPDATE.id: ad_groups.ad_groups_update,
    endpoints.BULK_DOWNLOAD_CREATE.id: bulk.bulk_download_create,
    endpoints.BULK_REQUEST_GET.id: bulk.bulk_request_get,
    endpoints.CAMPAIGNS_CREATE.id: campaigns.campaigns_create,
    endpoints.CAMPAIGNS_GET.id: campaigns.campaigns_get,
    endpoints.CAMPAIGNS_LIST.id: campaigns.campaigns_list,
    endpoints.CAMPAIGNS_UPDATE.id: campaigns.campaigns_update,
    endpoints.CATALOG_PRODUCT_GROUPS_COUNTS.id: catalog_product_groups.product_groups_counts,
    endpoints.CATALOG_PRODUCT_GROUPS_CREATE.id: catalog_product_groups.product_groups_create,
    endpoints.CATALOG_PRODUCT_GROUPS_DELETE.id: catalog_product_groups.product_groups_delete,
    endpoints.CATALOG_PRODUCT_GROUPS_GET.id: catalog_product_groups.product_groups_get,
    endpoints.CATALOG_PRODUCT_GROUPS_LIST.id: catalog_product_groups.product_groups_list,
    endpoints.CATALOG_PRODUCT_GROUPS_PRODUCTS.id: catalog_product_groups.product_groups_products,
    endpoints.CATALOG_PRODUCT_GROUPS_UPDATE.id: catalog_product_groups.product_groups_update,
    endpoints.CATALOGS_LIST.id: catalogs.catalogs_list,
    endpoints.FEEDS_GET.id: feeds.feeds_get,
    endpoints.FEEDS_LIST.id: feeds.feeds_list,
    endpoints.DELIVERY_METRICS_GET.id: metrics.delivery_metrics_get,
    endpoints.METRICS_READY_STATE_GET.id: metrics.metrics_ready_state_get,
    endpoints.PROMOTIONS_ANALYTICS.id: promotions.promotions_analytics,
    endpoints.PROMOTIONS_CREATE.id: promotions.promotions_create,
    endpoints.PROMOTIONS_GET.id: promotions.promotions_get,
    endpoints.PROMOTIONS_LIST.id: promotions.promotions_list,
    endpoints.PROMOTIONS_UPDATE.id: promotions.promotions_update,
    endpoints.REPORTS_CREATE.id: reports.reports_create,
    endpoints.REPORTS_GET.id: reports.reports_get,
    endpoints.USER_ACCOUNT_GET.id: user_account.user_account_get,
}
