"""One row per endpoint, and the values that cross the seams: `Call`, `Request`, `Reply`.

The rows drive the client (validation, encoding, retry), the emulator (routing, scopes, quotas, limits), the façade and
the drift test that compares them with Pinterest's descriptions. Nothing here does I/O.

Source of every row: ``paths`` of Pinterest's description (pinterest/api-description, v5/openapi.json) at the version named
in ``since``; limits that changed carry their history in `Param.earlier`.
"""

from __future__ import annotations

from pinshop.api import models
from pinshop.api.operations import Operation, Param

_BOOKMARK = Param(name="bookmark", kind="text")

_PAGE_SIZE = Param(name="page_size", kind="integer", minimum=1, maximum=250, default=25)

_ORDER = Param(name="order", kind="enum", choices=models.choices(models.Order))

_STATUSES = Param(
    name="entity_statuses", kind="enums", choices=models.choices(models.EntityStatus), default=("ACTIVE", "PAUSED"),
    earlier=(("5.8", {"choices": ("ACTIVE", "PAUSED", "ARCHIVED"), "default": None}),
             ("5.12", {"choices": ("ACTIVE", "PAUSED", "ARCHIVED")})),
)  # fmt: skip

_AS_AD_ACCOUNT = Param(name="ad_account_id", kind="id")

_UP_TO_100 = (("5.20", {"maximum": 100}),)

_WINDOWS = (0, 1, 7, 14, 30, 60)

_EARLIER_WINDOWS = (("5.10", {"choices": (1, 7, 30, 60)}),)


def _ids(name: str, *, required: bool = False) -> Param:
    return Param(name=name, kind="ids", required=required, minimum=1, maximum=250, earlier=_UP_TO_100)


def _window(name: str, default: int) -> Param:
    return Param(name=name, kind="integer", choices=_WINDOWS, default=default, earlier=_EARLIER_WINDOWS)


_PROMOTIONS = "/ad_accounts/{ad_account_id}/product_group_promotions"

PROMOTIONS_CREATE = Operation(
    id="product_group_promotions/create", verb="POST", path=_PROMOTIONS,
    summary="Promote catalog product groups in an ad group",
    category="ads_write", scopes=("ads:write",), body="object", envelope="product_group_promotion", max_items=30,
    success=(200, 201), idempotent=False, since="5.4",
)  # fmt: skip

PROMOTIONS_UPDATE = Operation(
    id="product_group_promotions/update", verb="PATCH", path=_PROMOTIONS,
    summary="Change product group promotions of one ad group",
    category="ads_write", scopes=("ads:write",), body="object", envelope="product_group_promotion", max_items=30,
    since="5.4",
)  # fmt: skip

PROMOTIONS_LIST = Operation(
    id="product_group_promotions/list", verb="GET", path=_PROMOTIONS,
    summary="List product group promotions of an ad group, or by id",
    category="ads_read", scopes=("ads:read",), since="5.8",
    query=(
        _ids("product_group_promotion_ids"), _STATUSES, Param(name="ad_group_id", kind="id"), _PAGE_SIZE, _ORDER, _BOOKMARK,
    ),
)  # fmt: skip

PROMOTIONS_GET = Operation(
    id="product_group_promotions/get", verb="GET", path=_PROMOTIONS + "/{product_group_promotion_id}",
    summary="Get one product group promotion",
    category="ads_read", scopes=("ads:read",), since="5.4",
)  # fmt: skip

PROMOTIONS_ANALYTICS = Operation(
    id="product_groups/analytics", verb="GET", path="/ad_accounts/{ad_account_id}/product_groups/analytics",
    summary="What product group promotions earned",
    category="ads_analytics", scopes=("ads:read",), since="5.0.2", client_credentials_since="5.15",
    query=(
        Param(name="start_date", kind="date", required=True),
        Param(name="end_date", kind="date", required=True),
        _ids("product_group_ids", required=True),
        Param(name="columns", kind="enums", required=True, minimum=1, repeat=False),
        Param(name="granularity", kind="enum", required=True, choices=models.choices(models.Granularity)),
        _window("click_window_days", 30),
        _window("engagement_window_days", 30),
        _window("view_window_days", 1),
        Param(name="conversion_report_time", kind="enum", choices=models.choices(models.ConversionReportTime),
              default="TIME_OF_AD_ACTION"),
        Param(name="reporting_timezone", kind="enum", choices=models.choices(models.ReportingTimezone), since="5.16"),
    ),
)  # fmt: skip

_AD_ACCOUNT = "/ad_accounts/{ad_account_id}"

_PAGED = (_PAGE_SIZE, _BOOKMARK)

_CATALOG_QUERY = (_AS_AD_ACCOUNT,)

USER_ACCOUNT_GET = Operation(
    id="user_account/get", verb="GET", path="/user_account", summary="Who the token belongs to",
    category="org_read", scopes=("user_accounts:read",), query=_CATALOG_QUERY, sandbox=True, client_credentials_since="5.14",
)  # fmt: skip

AD_ACCOUNTS_LIST = Operation(
    id="ad_accounts/list", verb="GET", path="/ad_accounts", summary="List ad accounts the token may use",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
    query=(Param(name="include_shared_accounts", kind="boolean", default=True), *_PAGED),
)  # fmt: skip

AD_ACCOUNTS_GET = Operation(
    id="ad_accounts/get", verb="GET", path=_AD_ACCOUNT, summary="Get one ad account",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip

AD_ACCOUNTS_CREATE = Operation(
    id="ad_accounts/create", verb="POST", path="/ad_accounts", summary="Create an ad account (up to 50 per user)",
    category="ads_write", scopes=("ads:write",), body="object", success=(200, 201), idempotent=False, sandbox=True,
)  # fmt: skip

CAMPAIGNS_LIST = Operation(
    id="campaigns/list", verb="GET", path=_AD_ACCOUNT + "/campaigns", summary="List campaigns",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
    query=(_ids("campaign_ids"), _STATUSES, _PAGE_SIZE, _ORDER, _BOOKMARK),
)  # fmt: skip

CAMPAIGNS_GET = Operation(
    id="campaigns/get", verb="GET", path=_AD_ACCOUNT + "/campaigns/{campaign_id}", summary="Get one campaign",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip

CAMPAIGNS_CREATE = Operation(
    id="campaigns/create", verb="POST", path=_AD_ACCOUNT + "/campaigns", summary="Create campaigns",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, idempotent=False, sandbox=True,
)  # fmt: skip

CAMPAIGNS_UPDATE = Operation(
    id="campaigns/update", verb="PATCH", path=_AD_ACCOUNT + "/campaigns", summary="Change campaigns",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, sandbox=True,
)  # fmt: skip

AD_GROUPS_LIST = Operation(
    id="ad_groups/list", verb="GET", path=_AD_ACCOUNT + "/ad_groups", summary="List ad groups",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
    query=(_ids("campaign_ids"), _ids("ad_group_ids"), _STATUSES, _PAGE_SIZE, _ORDER, _BOOKMARK,
           Param(name="translate_interests_to_names", kind="boolean", default=False)),
)  # fmt: skip

AD_GROUPS_GET = Operation(
    id="ad_groups/get", verb="GET", path=_AD_ACCOUNT + "/ad_groups/{ad_group_id}", summary="Get one ad group",
    category="ads_read", scopes=("ads:read",), sandbox=True, client_credentials_since="5.15",
)  # fmt: skip

AD_GROUPS_CREATE = Operation(
    id="ad_groups/create", verb="POST", path=_AD_ACCOUNT + "/ad_groups", summary="Create ad groups",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, idempotent=False, sandbox=True,
)  # fmt: skip

AD_GROUPS_UPDATE = Operation(
    id="ad_groups/update", verb="PATCH", path=_AD_ACCOUNT + "/ad_groups", summary="Change ad groups",
    category="ads_write", scopes=("ads:write",), body="array", max_items=30, sandbox=True,
)  # fmt: skip

CATALOGS_LIST = Operation(
    id="catalogs/list", verb="GET", path="/catalogs", summary="List catalogs",
    category="catalogs_read", scopes=("catalogs:read",), since="5.11", sandbox=True,
    query=(*_PAGED, _AS_AD_ACCOUNT),
)  # fmt: skip

FEEDS_LIST = Operation(
    id="feeds/list", verb="GET", path="/catalogs/feeds", summary="List feeds of a catalog",
    category="catalogs_read", scopes=("catalogs:read",), sandbox=True, client_credentials_since="5.14",
    query=(*_PAGED, Param(name="catalog_id", kind="id", since="5.11"), _AS_AD_ACCOUNT),
)  # fmt: skip

FEEDS_GET = Operation(
    id="feeds/get", verb="GET", path="/catalogs/feeds/{feed_id}", summary="Get one feed",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
    client_credentials_since="5.14",
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_LIST = Operation(
    id="catalogs_product_groups/list", verb="GET", path="/catalogs/product_groups", summary="List catalog product groups",
    category="catalogs_read", scopes=("catalogs:read",), sandbox=True,
    query=(
        Param(name="id", kind="ids", minimum=1, maximum=1000, repeat=False, since="5.11"),
        Param(name="feed_id", kind="id", earlier=(("5.11", {"required": True}),)),
        Param(name="catalog_id", kind="id", since="5.11"),
        *_PAGED, _AS_AD_ACCOUNT,
    ),
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_GET = Operation(
    id="catalogs_product_groups/get", verb="GET", path="/catalogs/product_groups/{product_group_id}",
    summary="Get one catalog product group",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_CREATE = Operation(
    id="catalogs_product_groups/create", verb="POST", path="/catalogs/product_groups",
    summary="Create a catalog product group", category="catalogs_write", scopes=("catalogs:write",),
    query=_CATALOG_QUERY, body="object", success=(201, 200), idempotent=False, sandbox=True,
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_UPDATE = Operation(
    id="catalogs_product_groups/update", verb="PATCH", path="/catalogs/product_groups/{product_group_id}",
    summary="Change a catalog product group", category="catalogs_write", scopes=("catalogs:write",),
    query=_CATALOG_QUERY, body="object", sandbox=True,
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_DELETE = Operation(
    id="catalogs_product_groups/delete", verb="DELETE", path="/catalogs/product_groups/{product_group_id}",
    summary="Delete a catalog product group without active promotions",
    category="catalogs_write", scopes=("catalogs:write",), query=_CATALOG_QUERY, success=(204, 200),
    sandbox=True,
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_COUNTS = Operation(
    id="catalogs_product_groups/product_counts_get", verb="GET",
    path="/catalogs/product_groups/{product_group_id}/product_counts", summary="Count the products of a group",
    category="catalogs_read", scopes=("catalogs:read",), query=_CATALOG_QUERY, sandbox=True,
)  # fmt: skip

CATALOG_PRODUCT_GROUPS_PRODUCTS = Operation(
    id="catalogs_product_group_pins/list", verb="GET", path="/catalogs/product_groups/{product_group_id}/products",
    summary="List the product Pins of a group", category="catalogs_read",
    scopes=("boards:read", "catalogs:read", "pins:read"), sandbox=True,
    query=(*_PAGED, _AS_AD_ACCOUNT, Param(name="pin_metrics", kind="boolean", default=False, since="5.11")),
)  # fmt: skip

# A report that is asked for twice is made twice and costs nothing more, so repeating is safe.
REPORTS_CREATE = Operation(
    id="analytics/create_report", verb="POST", path=_AD_ACCOUNT + "/reports", summary="Order an asynchronous report",
    category="ads_analytics", scopes=("ads:read",), body="object",
)  # fmt: skip

REPORTS_GET = Operation(
    id="analytics/get_report", verb="GET", path=_AD_ACCOUNT + "/reports", summary="Ask whether a report is ready",
    category="ads_analytics", scopes=("ads:read",), query=(Param(name="token", kind="text", required=True),),
)  # fmt: skip

# A file of what there is, made anew each time: repeating is safe.
BULK_DOWNLOAD_CREATE = Operation(
    id="bulk_download/create", verb="POST", path=_AD_ACCOUNT + "/bulk/download",
    summary="Order a file of campaigns, ad groups and promotions",
    category="ads_read", scopes=("ads:read",), body="object",
)  # fmt: skip

BULK_REQUEST_GET = Operation(
    id="bulk_request/get", verb="GET", path=_AD_ACCOUNT + "/bulk/{bulk_request_id}",
    summary="Ask whether a bulk request is done",
    category="ads_read", scopes=("ads:read",), client_credentials_since="5.15",
    query=(Param(name="include_details", kind="boolean", default=False, since="5.14"),),
)  # fmt: skip

DELIVERY_METRICS_GET = Operation(
    id="delivery_metrics/get", verb="GET", path="/resources/delivery_metrics", summary="Definitions of the metrics",
    category="ads_read", scopes=("ads:read", "pins:read", "user_accounts:read"), sandbox=True,
    query=(Param(name="report_type", kind="enum", choices=("SYNC", "ASYNC")),), client_credentials_since="5.15",
)  # fmt: skip

METRICS_READY_STATE_GET = Operation(
    id="metrics_ready_state/get", verb="GET", path="/resources/metrics_ready_state",
    summary="Whether the metrics of a day are final", category="ads_analytics", scopes=("ads:read",), sandbox=True,
    query=(Param(name="date", kind="date", required=True),), since="5.6",
)  # fmt: skip

# A refresh token may rotate on use, so a token request is repeated only if it certainly was not executed.
OAUTH_TOKEN = Operation(
    id="oauth/token", verb="POST", path="/oauth/token", summary="Get or refresh an access token",
    category="org_read", scopes=(), body="form", idempotent=False, sandbox=True,
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = tuple(
    value for name, value in sorted(globals().items()) if isinstance(value, Operation) and not name.startswith("_")
)

BY_ID: dict[str, Operation] = {operation.id: operation for operation in OPERATIONS}
