"""The page's GET example as a script: what one call costs from process start to exit."""

import sys
from pprint import pprint

import pinterest.generated.client
from pinterest.generated.client.api import product_group_promotions_api

configuration = pinterest.generated.client.Configuration(host=sys.argv[1])
configuration.access_token = "emulated_token"
with pinterest.generated.client.ApiClient(configuration) as api_client:
    api_instance = product_group_promotions_api.ProductGroupPromotionsApi(api_client)
    pprint(api_instance.product_group_promotion_get("4", "4"))  # noqa: T203 - as the page does
