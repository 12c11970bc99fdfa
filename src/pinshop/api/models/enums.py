"""Pinterest's enums, as `Literal` aliases.

They are open: a model field is ``EntityStatus | str``, so a value that Pinterest adds
tomorrow survives and compares.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

#: Source: EntityStatus; DRAFT and DELETED_DRAFT since 5.12.0. There is no delete: ARCHIVED is the end.
EntityStatus: TypeAlias = Literal["ACTIVE", "PAUSED", "ARCHIVED", "DRAFT", "DELETED_DRAFT"]

#: What Pinterest makes of the statuses above and the schedule. Source: CampaignSummaryStatus, AdGroupSummaryStatus.
SummaryStatus: TypeAlias = Literal[
    "RUNNING", "PAUSED", "NOT_STARTED", "COMPLETED", "ADVERTISER_DISABLED", "ARCHIVED", "DRAFT", "DELETED_DRAFT"
]

#: EXCLUDED goes with ``included: false``. Source: ProductGroupSummaryStatus.
ProductGroupSummaryStatus: TypeAlias = Literal["RUNNING", "PAUSED", "EXCLUDED", "ARCHIVED"]

#: Source: CreativeType 5.28.0. SHOP_THE_PIN is the deprecated name of COLLECTION (5.10.0).
CreativeType: TypeAlias = Literal[
    "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA", "SHOWCASE",
    "QUIZ", "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION", "APP",
]  # fmt: skip

GridClickType: TypeAlias = Literal["CLOSEUP", "DIRECT_TO_DESTINATION"]

CollectionsHeaderType: TypeAlias = Literal[
    "SHOP_THIS_COLLECTION", "EXPLORE_THIS_COLLECTION", "NO_HEADER", "ON_SALE", "GET_DEAL"
]

PreferredMediaType: TypeAlias = Literal["VIDEO", "IMAGE"]

#: Source: 5.15.0 (SHOP_NOW, BOOK_NOW, ON_SALE, GET_DEAL), 5.20.0 (BUY_ONLINE_PICKUP_IN_STORE), the rest 5.28.0.
CallToAction: TypeAlias = Literal[
    "SHOP_NOW", "BOOK_NOW", "ON_SALE", "GET_DEAL", "BUY_ONLINE_PICKUP_IN_STORE", "APPLY_NOW", "BUY_NOW", "BUY_TICKETS",
    "CONTACT_US", "DONATE_NOW", "DOWNLOAD", "EXPLORE_MORE", "FIND_A_DEALER", "FIND_A_LOCATION", "GET_IT_NOW", "GET_OFFER",
    "GET_QUOTE", "GET_RECIPE", "GET_SHOWTIMES", "LEARN_MORE", "ORDER_NOW", "PLAY_GAME", "READ_MORE", "REGISTER_NOW",
    "SHOP_ON_ADVERTISER", "SHOP_THE_COLLECTION", "SIGN_UP", "SUBSCRIBE", "TAKE_A_CLOSER_LOOK", "TAKE_A_PEEK", "TRY_IT",
    "VISIT_SITE", "WATCH_NOW",
]  # fmt: skip

#: Source: CampaignObjectiveType 5.28.0. WEB_SESSIONS and VIDEO_VIEW are deprecated; CATALOG_SALES and WEB_CONVERSION are
#: being retired in favour of SALES and LEADS (see `pinshop.api.models.campaigns`).
ObjectiveType: TypeAlias = Literal[
    "AWARENESS", "CONSIDERATION", "VIDEO_VIEW", "WEB_CONVERSION", "CATALOG_SALES", "WEB_SESSIONS", "VIDEO_COMPLETION",
    "APP_INSTALL", "SALES", "LEADS", "CTV_CONSIDERATION",
]  # fmt: skip

#: Source: 5.28.0.
IntendedPromotionType: TypeAlias = Literal["LEGACY", "STANDARD_AD", "CATALOG"]

#: BILLABLE_ENGAGEMENT only up to 5.6.
BillableEvent: TypeAlias = Literal["CLICKTHROUGH", "IMPRESSION", "VIDEO_V_50_MRC", "BILLABLE_ENGAGEMENT"]

BudgetType: TypeAlias = Literal["DAILY", "LIFETIME", "CBO_ADGROUP"]

BidStrategyType: TypeAlias = Literal["AUTOMATIC_BID", "MAX_BID", "TARGET_AVG"]

PacingDeliveryType: TypeAlias = Literal["STANDARD", "ACCELERATED"]

PlacementGroup: TypeAlias = Literal["ALL", "SEARCH", "BROWSE", "OTHER"]

PromotionApplicationLevel: TypeAlias = Literal["NONE", "ITEM", "AD_GROUP"]

ConversionEvent: TypeAlias = Literal[
    "PAGE_VISIT", "SIGNUP", "CHECKOUT", "CUSTOM", "VIEW_CATEGORY", "SEARCH", "ADD_TO_CART", "WATCH_VIDEO", "LEAD", "APP_INSTALL"
]

#: Source: Currency 5.23.0. UNK is Pinterest's own placeholder.
Currency: TypeAlias = Literal[
    "UNK", "USD", "GBP", "CAD", "EUR", "AUD", "NZD", "SEK", "ILS", "CHF", "HKD", "JPY", "SGD", "KRW", "NOK", "DKK", "PLN",
    "RON", "HUF", "CZK", "BRL", "MXN", "ARS", "CLP", "COP", "INR", "TRY",
]  # fmt: skip

AccountType: TypeAlias = Literal["PINNER", "BUSINESS"]

#: Source: BusinessAccessRole 5.23.0.
BusinessAccessRole: TypeAlias = Literal[
    "OWNER", "ADMIN", "ANALYST", "SOS_READER", "FINANCE_MANAGER", "FINANCE_VIEW", "FINANCE_EDIT", "AUDIENCE_MANAGER",
    "CAMPAIGN_MANAGER", "CATALOGS_MANAGER", "RESTRICTED_OWNER", "PROFILE_MANAGER", "PROFILE_PUBLISHER",
    "RESOURCE_PINNER_LIST_OWNER", "RESOURCE_PINNER_LIST_READER", "BIZ_PINNER_LIST_SHARER", "RESOURCE_CONVERSION_TAGS_READER",
]  # fmt: skip

CatalogType: TypeAlias = Literal["RETAIL", "HOTEL", "CREATIVE_ASSETS"]

FeedFormat: TypeAlias = Literal["TSV", "CSV", "XML"]

#: DELETED appears only in answers about a feed that was deleted.
CatalogStatus: TypeAlias = Literal["ACTIVE", "INACTIVE", "DELETED"]

Availability: TypeAlias = Literal["IN_STOCK", "OUT_OF_STOCK", "PREORDER"]

#: MERCHANT_CREATED ones are yours; Pinterest makes and keeps the others. Source: 5.23.0; CATALOG_EXPANSION 5.28.0.
CatalogProductGroupType: TypeAlias = Literal[
    "MERCHANT_CREATED", "ALL_PRODUCTS", "BEST_DEALS", "PINNER_FAVORITES", "TOP_SELLERS", "BACK_IN_STOCK", "NEW_ARRIVALS",
    "SHOPIFY_COLLECTIONS", "I2PC", "CATALOG_EXPANSION",
]  # fmt: skip

Granularity: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]

Order: TypeAlias = Literal["ASCENDING", "DESCENDING"]

ConversionReportTime: TypeAlias = Literal["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]

ReportingTimezone: TypeAlias = Literal["PINTEREST_TIME_ZONE", "AD_ACCOUNT_TIME_ZONE"]

#: Days after the ad action within which a conversion counts. 0 and 14 since 5.10.
AttributionWindow: TypeAlias = Literal[0, 1, 7, 14, 30, 60]

ReportLevel: TypeAlias = Literal[
    "ADVERTISER", "ADVERTISER_TARGETING", "CAMPAIGN", "CAMPAIGN_TARGETING", "AD_GROUP", "AD_GROUP_TARGETING",
    "PIN_PROMOTION", "PIN_PROMOTION_TARGETING", "KEYWORD", "PRODUCT_GROUP", "PRODUCT_GROUP_TARGETING", "PRODUCT_ITEM",
    "PRODUCT_ITEM_TARGETING",
]  # fmt: skip

ReportFormat: TypeAlias = Literal["JSON", "CSV"]

#: An untyped string up to 5.6.
ReportStatus: TypeAlias = Literal["DOES_NOT_EXIST", "FINISHED", "IN_PROGRESS", "EXPIRED", "FAILED", "CANCELLED"]

#: LABEL and SCHEDULE came after 5.14; SCHEDULE is "only applicable to beta users".
BulkEntityType: TypeAlias = Literal["CAMPAIGN", "AD_GROUP", "PRODUCT_GROUP", "AD", "KEYWORD", "LABEL", "SCHEDULE"]

BulkStatus: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED"]

MetricCategory: TypeAlias = Literal["ADS", "ORGANIC"]


def choices(alias: Any) -> tuple[Any, ...]:
    """The values of one of the aliases above."""
    return get_args(alias)
