"""Product group promotions. Source: ``ProductGroupPromotion`` of Pinterest's descriptions 5.6.0 to 5.28.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Unpack

from msgspec import UNSET, UnsetType

from pinshop.api.models.enums import (
    CallToAction,
    CollectionsHeaderType,
    CreativeType,
    EntityStatus,
    GridClickType,
    PreferredMediaType,
)
from pinshop.api.models.shapes import Writable

if TYPE_CHECKING:
    from pinshop.api.params.promotions import ProductGroupPromotionChanges, PromotionUpdate


class ProductGroupPromotion(Writable):
    """A catalog product group promoted in an ad group.

    Money is in micro-currency of the ad account (1,000,000 = one unit). Fields by version: see
    ``ProductGroupPromotion`` in Pinterest's description. Nothing is required, so anything may be `UNSET`.
    """

    entity_type: ClassVar[str] = "promotion"

    id: str = ""
    ad_group_id: str = ""
    catalog_product_group_id: str = ""
    catalog_product_group_name: str | None | UnsetType = UNSET
    status: EntityStatus | str | None | UnsetType = UNSET
    creative_type: CreativeType | str | None | UnsetType = UNSET
    tracking_url: str | None | UnsetType = UNSET
    collections_hero_pin_id: str | None | UnsetType = UNSET
    collections_hero_destination_url: str | None | UnsetType = UNSET
    collections_header_type: CollectionsHeaderType | str | None | UnsetType = UNSET
    slideshow_collections_title: str | None | UnsetType = UNSET
    slideshow_collections_description: str | None | UnsetType = UNSET
    is_mdl: bool | None | UnsetType = UNSET
    bid_in_micro_currency: int | None | UnsetType = UNSET
    included: bool | None | UnsetType = UNSET
    definition: str | None | UnsetType = UNSET
    relative_definition: str | None | UnsetType = UNSET
    parent_id: str | None | UnsetType = UNSET
    grid_click_type: GridClickType | str | None | UnsetType = UNSET
    customizable_cta_type: CallToAction | str | None | UnsetType = UNSET
    is_generate_background: bool | None | UnsetType = UNSET
    is_image_auto_resizing: bool | None | UnsetType = UNSET
    selected_image_tag: str | None | UnsetType = UNSET
    selected_video_tag: str | None | UnsetType = UNSET
    preferred_media_type: PreferredMediaType | str | None | UnsetType = UNSET
    type: str | None | UnsetType = UNSET
    # 5.4-5.7 wrote these two with an s; whoever reads the modern name finds the value there as well.
    catalogs_product_group_id: str | None | UnsetType = UNSET
    catalogs_product_group_name: str | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.catalog_product_group_id and isinstance(self.catalogs_product_group_id, str):
            self.catalog_product_group_id = self.catalogs_product_group_id
        if self.catalog_product_group_name is UNSET:
            self.catalog_product_group_name = self.catalogs_product_group_name

    def changed(self, **fields: Unpack[ProductGroupPromotionChanges]) -> PromotionUpdate:
        """What an update takes to change these fields and no others: ``{"id": …, status: …}``.

        ``client.promotions.update(…, [one.changed(status="PAUSED") for one in client.promotions.list(…)])``

        Raises:
            InvalidInput: a field that is unknown, or that Pinterest sets.
        """
        changes: PromotionUpdate = self._changes(fields)
        return changes
