"""One module per group of endpoints, as old code imports them; this library has one group."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "product_group_promotions_api":  # a submodule, which is imported when this says that it is not there yet
        raise AttributeError(name)
    from pinterest.generated.client.not_shipped import missing_attribute

    return missing_attribute(__name__, name)
