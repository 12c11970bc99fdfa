"""Every class of endpoints in one place."""

from typing import Any

from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi

__all__ = ["ProductGroupPromotionsApi"]


def __getattr__(name: str) -> Any:
    from pinterest.generated.client.not_shipped import missing_attribute

    return missing_attribute(__name__, name)
