"""The four calls of `pinterest.generated.client`, as code that was written for it makes them.

Nothing of that code changes: pinshop ships the interface. Run by demo.py against the emulator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pinterest.generated.client
from pinterest.generated.client.api import product_group_promotions_api
from pinterest.generated.client.model.creative_type import CreativeType
from pinterest.generated.client.model.entity_status import EntityStatus
from pinterest.generated.client.model.granularity import Granularity
from pinterest.generated.client.model.product_group_promotion_common import ProductGroupPromotionCommon
from pinterest.generated.client.model.product_group_promotion_create_request import ProductGroupPromotionCreateRequest
from pinterest.generated.client.model.product_group_promotion_update_item import ProductGroupPromotionUpdateItem
from pinterest.generated.client.model.product_group_promotion_update_request import ProductGroupPromotionUpdateRequest


def run(show: Callable[[str], Any], emulator: Any, promotion_id: str, first_day: str, last_day: str) -> None:
    """Get, create, update, analytics."""
    configuration = pinterest.generated.client.Configuration(host=emulator.base_url)
    configuration.access_token = emulator.access_token
    account, ad_group = emulator.ad_account_id, emulator.ad_group_id

    with pinterest.generated.client.ApiClient(configuration) as api_client:
        api = product_group_promotions_api.ProductGroupPromotionsApi(api_client)

        promotion = api.product_group_promotion_get(account, promotion_id)
        show(f"  product_group_promotion_get      {promotion.id} is {promotion.status}")

        created = api.product_group_promotions_create(
            account,
            ProductGroupPromotionCreateRequest(
                ad_group_id=ad_group,
                product_group_promotion=[
                    ProductGroupPromotionCommon(
                        status=EntityStatus("ACTIVE"),
                        catalogs_product_group_id=emulator.catalog_product_group_ids[0],
                        creative_type=CreativeType("SHOPPING"),
                    ),
                ],
            ),
        )
        new = created.value[0].data
        show(f"  product_group_promotions_create  {new.id} is {new.status}")

        updated = api.product_group_promotions_update(
            account,
            ProductGroupPromotionUpdateRequest(
                ad_group_id=ad_group,
                product_group_promotion=[ProductGroupPromotionUpdateItem(id=new.id, status="PAUSED")],
            ),
        )
        show(f"  product_group_promotions_update  {updated[0].data.id} is {updated[0].data.status}")

        analytics = api.product_groups_analytics(
            account, first_day, last_day, [promotion_id], ["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"], Granularity("TOTAL")
        )
        row = analytics.value[0]
        show(f"  product_groups_analytics         {row['TOTAL_CLICKTHROUGH']} clicks for {row['SPEND_IN_DOLLAR']} dollars")

        try:
            api.product_group_promotion_get(account, "999999999999")
        except pinterest.generated.client.ApiException as error:
            show(f"  and an ApiException where one belongs: {error.status} {error.reason}")
