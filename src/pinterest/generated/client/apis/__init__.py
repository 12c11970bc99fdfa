"""Every class of endpoints in one place."""

from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi

__all__ = ["ProductGroupPromotionsApi"]
