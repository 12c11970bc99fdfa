"""What users write: the fields of every create and update, and the one check they go through before anything is sent.

Each `TypedDict` of `pinshop.inputs.fields` is both what type checkers see and the table the check reads: a field's annotation
carries its type, its choices and its limits. The check names the place (``items[3].tracking_url``), what was given and what
is allowed.

Fields, limits and rules: request bodies of Pinterest's descriptions 5.6.0 to 5.28.0. Only what they state is enforced; what
only the server can know (does the campaign exist, is it a CBO campaign) is left to the server.
A field missing here can still be sent: ``client.send(operations.build(...))`` takes any body.
"""

from pinshop.inputs.check import check, check_items
from pinshop.inputs.fields import (
    AdAccountCreate,
    AdGroupCreate,
    AdGroupUpdate,
    AttributionWindows,
    CampaignCreate,
    CampaignUpdate,
    CatalogProductGroupCreate,
    CatalogProductGroupUpdate,
    ConversionGoal,
    Filter,
    Filters,
    Genders,
    Id,
    Labels,
    MediaTypes,
    MetricsFilter,
    Number,
    OneString,
    OptimizationGoal,
    Paths,
    Price,
    ProductGroupPromotionCreate,
    ProductGroupPromotionUpdate,
    ReportRequest,
    Strings,
    TargetingSpec,
    TrackingUrls,
)

__all__ = [
    "AdAccountCreate",
    "AdGroupCreate",
    "AdGroupUpdate",
    "AttributionWindows",
    "CampaignCreate",
    "CampaignUpdate",
    "CatalogProductGroupCreate",
    "CatalogProductGroupUpdate",
    "ConversionGoal",
    "Filter",
    "Filters",
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
    "ProductGroupPromotionCreate",
    "ProductGroupPromotionUpdate",
    "ReportRequest",
    "Strings",
    "TargetingSpec",
    "TrackingUrls",
    "check",
    "check_items",
]
