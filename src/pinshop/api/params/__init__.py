"""What users write: the fields of every create and update, and the one check they go through before anything is sent.

Each `TypedDict` of this package is both what type checkers see and the table the check reads: a field's annotation
carries its type, its choices and its limits. The check names the place (``items[3].tracking_url``), what was given and what
is allowed.

Fields, limits and rules: request bodies of Pinterest's descriptions 5.6.0 to 5.28.0. Only what they state is enforced; what
only the server can know (does the campaign exist, is it a CBO campaign) is left to the server.
A field missing here can still be sent: ``client.send(operations.build(...))`` takes any body.
"""

from __future__ import annotations

from pinshop.api.params.ad_accounts import AdAccountCreate
from pinshop.api.params.ad_groups import (
    AdGroupChanges,
    AdGroupCreate,
    AdGroupUpdate,
    AttributionWindows,
    ConversionGoal,
    FrequencyGoal,
    OptimizationGoal,
    ScrollupGoal,
    ShoppingRetargeting,
    TargetingSpec,
)
from pinshop.api.params.annotations import Id, TrackingUrls
from pinshop.api.params.bulk import BulkCampaignFilter, BulkDownloadRequest
from pinshop.api.params.campaigns import (
    BidOptions,
    BidOptionsUpdate,
    CampaignChanges,
    CampaignCreate,
    CampaignUpdate,
)
from pinshop.api.params.catalog_product_groups import (
    CatalogProductGroupCreate,
    CatalogProductGroupUpdate,
    Filter,
    Filters,
    Genders,
    Labels,
    MediaTypes,
    Number,
    OneString,
    Paths,
    Price,
    Strings,
)
from pinshop.api.params.check import check, check_items
from pinshop.api.params.promotions import (
    ProductGroupPromotionChanges,
    ProductGroupPromotionCreate,
    ProductGroupPromotionUpdate,
    PromotionCreate,
    PromotionUpdate,
)
from pinshop.api.params.reports import MetricsFilter, ReportRequest

__all__ = [
    "AdAccountCreate",
    "AdGroupChanges",
    "AdGroupCreate",
    "AdGroupUpdate",
    "AttributionWindows",
    "BidOptions",
    "BidOptionsUpdate",
    "BulkCampaignFilter",
    "BulkDownloadRequest",
    "CampaignChanges",
    "CampaignCreate",
    "CampaignUpdate",
    "CatalogProductGroupCreate",
    "CatalogProductGroupUpdate",
    "ConversionGoal",
    "Filter",
    "Filters",
    "FrequencyGoal",
    "Genders",
    "Id",
    "Labels",
    "MediaTypes",
    "MetricsFilter",
    "Number",
    "OneString",
    "OptimizationGoal",
    "Paths",
    "Price",
    "ProductGroupPromotionChanges",
    "ProductGroupPromotionCreate",
    "ProductGroupPromotionUpdate",
    "PromotionCreate",
    "PromotionUpdate",
    "ReportRequest",
    "ScrollupGoal",
    "ShoppingRetargeting",
    "Strings",
    "TargetingSpec",
    "TrackingUrls",
    "check",
    "check_items",
]
