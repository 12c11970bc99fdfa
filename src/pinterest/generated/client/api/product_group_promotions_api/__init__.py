"""Promotions of catalog product groups, and what they earned."""

from __future__ import annotations

from datetime import date
from typing import Any, TypedDict, Unpack, overload

from pinterest.generated.client.not_shipped import check_that_all_is_ours

check_that_all_is_ours()

from pinshop.api import endpoints
from pinterest.generated.client.api_client import ApiClient
from pinterest.generated.client.endpoint import Endpoint
from pinterest.generated.client.models import (
    Error,
    Granularity,
    ProductGroupAnalyticsResponse,
    ProductGroupPromotion,
    ProductGroupPromotionArrayResponse,
    ProductGroupPromotionCreateRequest,
    ProductGroupPromotionListResponse,
    ProductGroupPromotionUpdateRequest,
    ProductGroupPromotionUpdateResponseItem,
)

__all__ = ["Error", "ProductGroupPromotionsApi"]


class CallOptions(TypedDict, total=False):
    """Options that leave the result what it is."""

    _request_timeout: float | tuple[float, float] | None
    _check_input_type: bool
    _check_return_type: bool
    _spec_property_naming: bool
    _content_type: str | None
    _host_index: int | None


class AllOptions(CallOptions, total=False):
    """Options that also change what is returned."""

    async_req: bool
    _return_http_data_only: bool
    _preload_content: bool


class Windows(TypedDict, total=False):
    """What analytics may be asked besides; sent in the order given."""

    click_window_days: int
    engagement_window_days: int
    view_window_days: int
    conversion_report_time: str


class AnalyticsOptions(Windows, CallOptions, total=False):
    """Windows, and options that leave the result what it is."""


class AllAnalyticsOptions(Windows, AllOptions, total=False):
    """Windows and all options."""


class Filters(TypedDict, total=False):
    """Which promotions to list; sent in the order given."""

    product_group_promotion_ids: list[str]
    entity_statuses: list[str]
    ad_group_id: str
    page_size: int
    order: str
    bookmark: str


class ListOptions(Filters, CallOptions, total=False):
    """Filters, and options that leave the result what it is."""


class AllListOptions(Filters, AllOptions, total=False):
    """Filters and all options."""


class ProductGroupPromotionsApi:
    """The endpoints of product group promotions.

    Every method takes these keywords. ``_request_timeout`` (seconds, or a pair: to connect, to answer; 5 and 60 if not
    given), ``_return_http_data_only=False`` (return (data, status, headers)), ``_preload_content=False`` (return urllib3's
    response unread), ``_check_return_type=False`` (convert nothing below the answer itself), ``async_req=True`` (return at
    once; ``.get()`` of the result waits for the answer).

    Every method raises `ApiTypeError`, `ApiValueError` or `ValueError` for its arguments, before anything is sent, and
    `ApiException` for what the server or the network did.
    """

    def __init__(self, api_client: ApiClient | None = None) -> None:
        self.api_client = ApiClient() if api_client is None else api_client

    product_group_promotion_get_endpoint = Endpoint(
        "product_group_promotion_get", endpoints.PROMOTIONS_GET, (ProductGroupPromotion,)
    )
    product_group_promotions_create_endpoint = Endpoint(
        "product_group_promotions_create",
        endpoints.PROMOTIONS_CREATE,
        (ProductGroupPromotionArrayResponse,),
        body=("product_group_promotion_create_request", ProductGroupPromotionCreateRequest),
    )
    product_group_promotions_update_endpoint = Endpoint(
        "product_group_promotions_update",
        endpoints.PROMOTIONS_UPDATE,
        ([ProductGroupPromotionUpdateResponseItem],),
        body=("product_group_promotion_update_request", ProductGroupPromotionUpdateRequest),
    )
    product_groups_analytics_endpoint = Endpoint(
        "product_groups_analytics",
        endpoints.PROMOTIONS_ANALYTICS,
        (ProductGroupAnalyticsResponse,),
        enums={"granularity": Granularity},
    )
    product_group_promotions_list_endpoint = Endpoint(
        "product_group_promotions_list", endpoints.PROMOTIONS_LIST, (ProductGroupPromotionListResponse,)
    )

    @overload
    def product_group_promotion_get(
        self, ad_account_id: str, product_group_promotion_id: str, **kwargs: Unpack[CallOptions]
    ) -> ProductGroupPromotion: ...
    @overload
    def product_group_promotion_get(
        self, ad_account_id: str, product_group_promotion_id: str, **kwargs: Unpack[AllOptions]
    ) -> Any: ...
    def product_group_promotion_get(self, ad_account_id: str, product_group_promotion_id: str, **kwargs: Any) -> Any:
        """Get one promotion. ``GET /ad_accounts/{ad_account_id}/product_group_promotions/{product_group_promotion_id}``.

        Both ids are 1 to 18 digits. Answers of 5.8 to 5.14, ``{"items": [{"data": …}]}``, are taken as well.
        """
        arguments = {
            **kwargs,
            "ad_account_id": ad_account_id,
            "product_group_promotion_id": product_group_promotion_id,
        }
        return self.product_group_promotion_get_endpoint.call(self.api_client, arguments)

    #: The name since 0.1.6.
    product_group_promotions_get = product_group_promotion_get

    @overload
    def product_group_promotions_create(
        self,
        ad_account_id: str,
        product_group_promotion_create_request: ProductGroupPromotionCreateRequest | dict[str, Any],
        **kwargs: Unpack[CallOptions],
    ) -> ProductGroupPromotionArrayResponse: ...
    @overload
    def product_group_promotions_create(
        self,
        ad_account_id: str,
        product_group_promotion_create_request: ProductGroupPromotionCreateRequest | dict[str, Any],
        **kwargs: Unpack[AllOptions],
    ) -> Any: ...
    def product_group_promotions_create(
        self, ad_account_id: str, product_group_promotion_create_request: Any, **kwargs: Any
    ) -> Any:
        """Promote up to 30 catalog product groups. ``POST /ad_accounts/{ad_account_id}/product_group_promotions``.

        The body is a `ProductGroupPromotionCreateRequest` or the same as a dict. Each item of the answer has ``data`` and
        ``exceptions``: a call that succeeds may hold items that failed. Sent once; repeated only where it certainly was
        not executed.
        """
        arguments = {
            **kwargs,
            "ad_account_id": ad_account_id,
            "product_group_promotion_create_request": product_group_promotion_create_request,
        }
        return self.product_group_promotions_create_endpoint.call(self.api_client, arguments)

    @overload
    def product_group_promotions_update(
        self,
        ad_account_id: str,
        product_group_promotion_update_request: ProductGroupPromotionUpdateRequest | dict[str, Any],
        **kwargs: Unpack[CallOptions],
    ) -> list[ProductGroupPromotionUpdateResponseItem]: ...
    @overload
    def product_group_promotions_update(
        self,
        ad_account_id: str,
        product_group_promotion_update_request: ProductGroupPromotionUpdateRequest | dict[str, Any],
        **kwargs: Unpack[AllOptions],
    ) -> Any: ...
    def product_group_promotions_update(
        self, ad_account_id: str, product_group_promotion_update_request: Any, **kwargs: Any
    ) -> Any:
        """Change promotions of an ad group. ``PATCH /ad_accounts/{ad_account_id}/product_group_promotions``.

        The body is a `ProductGroupPromotionUpdateRequest` or the same as a dict. Returns a list, in the order sent; each
        item has ``data`` and ``exceptions``. Sent once; repeated only where it certainly was not executed.
        """
        arguments = {
            **kwargs,
            "ad_account_id": ad_account_id,
            "product_group_promotion_update_request": product_group_promotion_update_request,
        }
        return self.product_group_promotions_update_endpoint.call(self.api_client, arguments)

    @overload
    def product_groups_analytics(
        self,
        ad_account_id: str,
        start_date: date | str,
        end_date: date | str,
        product_group_ids: list[str],
        columns: list[str],
        granularity: Granularity | str,
        **kwargs: Unpack[AnalyticsOptions],
    ) -> ProductGroupAnalyticsResponse: ...
    @overload
    def product_groups_analytics(
        self,
        ad_account_id: str,
        start_date: date | str,
        end_date: date | str,
        product_group_ids: list[str],
        columns: list[str],
        granularity: Granularity | str,
        **kwargs: Unpack[AllAnalyticsOptions],
    ) -> Any: ...
    def product_groups_analytics(
        self,
        ad_account_id: str,
        start_date: Any,
        end_date: Any,
        product_group_ids: Any,
        columns: Any,
        granularity: Any,
        **kwargs: Any,
    ) -> Any:
        """What 1 to 100 promotions earned. ``GET /ad_accounts/{ad_account_id}/product_groups/analytics``.

        Returns one row per id and period (per id for TOTAL): a dict with ``PRODUCT_GROUP_ID``, ``DATE`` (a `datetime.date`)
        and the columns that have a value. Columns named MICRO_DOLLAR are in micro-currency of the ad account, the windows in
        days.
        """
        arguments = {
            **kwargs,
            "ad_account_id": ad_account_id,
            "start_date": start_date,
            "end_date": end_date,
            "product_group_ids": product_group_ids,
            "columns": columns,
            "granularity": granularity,
        }
        return self.product_groups_analytics_endpoint.call(self.api_client, arguments)

    @overload
    def product_group_promotions_list(
        self, ad_account_id: str, **kwargs: Unpack[ListOptions]
    ) -> ProductGroupPromotionListResponse: ...
    @overload
    def product_group_promotions_list(self, ad_account_id: str, **kwargs: Unpack[AllListOptions]) -> Any: ...
    def product_group_promotions_list(self, ad_account_id: str, **kwargs: Any) -> Any:
        """One page of promotions. ``GET /ad_accounts/{ad_account_id}/product_group_promotions``; since 0.1.4.

        Give ``ad_group_id`` or ``product_group_promotion_ids`` (1 to 100). ``page_size`` is 1 to 250. The answer has ``items``,
        each with ``data`` whichever generation of the API answered, and the ``bookmark`` of the next page, or None.
        """
        return self.product_group_promotions_list_endpoint.call(self.api_client, {**kwargs, "ad_account_id": ad_account_id})
