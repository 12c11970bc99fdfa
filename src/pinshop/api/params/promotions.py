"""What a create or update of a product group promotion takes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Required, TypedDict

from pinshop.api.models import enums
from pinshop.api.params.annotations import Id, Limits


class ProductGroupPromotionFields(TypedDict, total=False):
    """What a create and an update have in common."""

    catalog_product_group_name: str | None
    status: enums.EntityStatus | Enum
    creative_type: enums.CreativeType | Enum
    tracking_url: Annotated[str, Limits(0, 4000)] | None
    collections_hero_pin_id: Id | None
    collections_hero_destination_url: str | None
    collections_header_type: enums.CollectionsHeaderType | Enum | None
    slideshow_collections_title: str | None
    slideshow_collections_description: str | None
    is_mdl: bool | None
    customizable_cta_type: enums.CallToAction | Enum | None
    is_generate_background: bool | None
    is_image_auto_resizing: bool | None
    selected_image_tag: Annotated[str, Limits(0, 511)] | None
    selected_video_tag: Annotated[str, Limits(0, 511)] | None
    preferred_media_type: enums.PreferredMediaType | Enum | None


class ProductGroupPromotionCreate(ProductGroupPromotionFields, total=False):
    """One promotion to create: a catalog product group, and how it is shown. The ad group is an argument of the call.

    ``collections_header_type``, ``customizable_cta_type``, ``is_generate_background`` and ``selected_image_tag`` since 5.15,
    ``preferred_media_type`` and ``selected_video_tag`` since 5.16, ``is_image_auto_resizing`` since 5.28.
    """

    catalog_product_group_id: Required[Id]


class ProductGroupPromotionChanges(ProductGroupPromotionFields, total=False):
    """What an update can change."""

    catalog_product_group_id: Id


class ProductGroupPromotionUpdate(ProductGroupPromotionChanges, total=False):
    """The fields of one promotion to change. What is left out stays; None is sent as null."""

    id: Required[Id]


class PromotionCreate(ProductGroupPromotionCreate, total=False):
    """One promotion to create, as a dict. ``ad_group_id`` only where the ad groups differ."""

    ad_group_id: Id


class PromotionUpdate(ProductGroupPromotionUpdate, total=False):
    """One promotion to change, as a dict: its ``id``, and what changes. ``ad_group_id`` only where the ad groups differ."""

    ad_group_id: Id
