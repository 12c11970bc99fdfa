"""The JSON of Pinterest's API as values: models, open enums, and decoding that never loses an answer.

One file per kind of entity; everything is reached as ``models.Name``.

Absent is not null: a field the server did not send is `UNSET`, a field it sent as null is `None`.
Enums are open: an unknown value stays the string it was. Numbers are exact: an integer stays an `int`,
any other number is a `decimal.Decimal`. Ids are strings.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pinshop.api.models.ad_accounts import AdAccount, AdAccountOwner
from pinshop.api.models.ad_groups import AdGroup
from pinshop.api.models.bulk import BulkData, BulkOrder, BulkState
from pinshop.api.models.bulk_files import decode_bulk
from pinshop.api.models.campaigns import Campaign
from pinshop.api.models.catalog_product_groups import CatalogProductGroup, Product, ProductCounts, ProductMetadata
from pinshop.api.models.catalogs import Catalog
from pinshop.api.models.decoding import (
    batch_item,
    convert,
    decode,
    decode_batch,
    decode_entity,
    decode_page,
    decode_report,
    decode_rows,
    encode,
    parse,
)
from pinshop.api.models.enums import (
    AccountType,
    AttributionWindow,
    Availability,
    BidStrategyType,
    BillableEvent,
    BudgetType,
    BulkEntityType,
    BulkStatus,
    BusinessAccessRole,
    CallToAction,
    CatalogProductGroupType,
    CatalogStatus,
    CatalogType,
    CollectionsHeaderType,
    ConversionEvent,
    ConversionReportTime,
    CreativeType,
    Currency,
    EntityStatus,
    FeedFormat,
    Granularity,
    GridClickType,
    IntendedPromotionType,
    MetricCategory,
    ObjectiveType,
    Order,
    PacingDeliveryType,
    PlacementGroup,
    PreferredMediaType,
    ProductGroupSummaryStatus,
    PromotionApplicationLevel,
    ReportFormat,
    ReportingTimezone,
    ReportLevel,
    ReportStatus,
    SummaryStatus,
    choices,
)
from pinshop.api.models.feeds import Feed, FeedCredentials
from pinshop.api.models.metrics import DeliveryMetric, MetricsReadyState
from pinshop.api.models.promotions import ProductGroupPromotion
from pinshop.api.models.reports import ReportData, ReportOrder, ReportState
from pinshop.api.models.shapes import BatchItem, Entity, Page, ServerException
from pinshop.api.models.user_account import UserAccount

__all__ = [
    "UNSET",
    "AccountType",
    "AdAccount",
    "AdAccountOwner",
    "AdGroup",
    "AttributionWindow",
    "Availability",
    "BatchItem",
    "BidStrategyType",
    "BillableEvent",
    "BudgetType",
    "BulkData",
    "BulkEntityType",
    "BulkOrder",
    "BulkState",
    "BulkStatus",
    "BusinessAccessRole",
    "CallToAction",
    "Campaign",
    "Catalog",
    "CatalogProductGroup",
    "CatalogProductGroupType",
    "CatalogStatus",
    "CatalogType",
    "CollectionsHeaderType",
    "ConversionEvent",
    "ConversionReportTime",
    "CreativeType",
    "Currency",
    "DeliveryMetric",
    "Entity",
    "EntityStatus",
    "Feed",
    "FeedCredentials",
    "FeedFormat",
    "Granularity",
    "GridClickType",
    "IntendedPromotionType",
    "MetricCategory",
    "MetricsReadyState",
    "ObjectiveType",
    "Order",
    "PacingDeliveryType",
    "Page",
    "PlacementGroup",
    "PreferredMediaType",
    "Product",
    "ProductCounts",
    "ProductGroupPromotion",
    "ProductGroupSummaryStatus",
    "ProductMetadata",
    "PromotionApplicationLevel",
    "ReportData",
    "ReportFormat",
    "ReportLevel",
    "ReportOrder",
    "ReportState",
    "ReportStatus",
    "ReportingTimezone",
    "ServerException",
    "SummaryStatus",
    "UnsetType",
    "UserAccount",
    "batch_item",
    "choices",
    "convert",
    "decode",
    "decode_batch",
    "decode_bulk",
    "decode_entity",
    "decode_page",
    "decode_report",
    "decode_rows",
    "encode",
    "parse",
]
