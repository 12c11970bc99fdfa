"""Fields of product group promotions.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import STATUS_VALUES, Field, since
from pinshop.api.models import enums

_CREATIVE_TYPES = (
    since("5.0", "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "IDEA")
    | since("5.9", "QUIZ")
    | since("5.10", "COLLECTION", "SHOWCASE")
    | since("5.20", "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION")
    | since("5.28", "APP")
)

_CALLS_TO_ACTION = (
    since("5.28", *enums.choices(enums.CallToAction))
    | since("5.15", "SHOP_NOW", "BOOK_NOW", "ON_SALE", "GET_DEAL")
    | since("5.20", "BUY_ONLINE_PICKUP_IN_STORE")
)

_HEADERS = since("5.15", "SHOP_THIS_COLLECTION", "EXPLORE_THIS_COLLECTION", "NO_HEADER", "ON_SALE", "GET_DEAL")

PROMOTION: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write="u", required="u"),
    Field(name="ad_group_id", kind="ad_group_ref", nullable=False, write=""),
    Field(name="catalogs_product_group_id", kind="id", until="5.8", nullable=False, source="catalog_product_group_id"),
    Field(name="catalog_product_group_id", kind="id", since="5.8", null_in_bodies="", required="c"),
    Field(name="catalogs_product_group_name", kind="text", until="5.8", nullable=False, write="",
          source="catalog_product_group_name"),
    Field(name="catalog_product_group_name", kind="text", since="5.8", write=""),
    Field(name="status", kind="enum", nullable=False, values=STATUS_VALUES),
    Field(name="creative_type", kind="enum", nullable=False, values=_CREATIVE_TYPES),
    Field(name="tracking_url", kind="text", maximum=4000),
    Field(name="collections_hero_pin_id", kind="foreign_id"),
    Field(name="collections_hero_destination_url", kind="text"),
    Field(name="collections_header_type", kind="enum", since="5.15", values=_HEADERS),
    Field(name="slideshow_collections_title", kind="text"),
    Field(name="slideshow_collections_description", kind="text"),
    Field(name="is_mdl", kind="boolean", since="5.6"),
    Field(name="bid_in_micro_currency", kind="integer", nullable="5.8", write=""),
    Field(name="included", kind="boolean", write=""),
    Field(name="definition", kind="text", write=""),
    Field(name="relative_definition", kind="text", write=""),
    Field(name="parent_id", kind="id", write=""),
    Field(name="grid_click_type", kind="enum", since="5.12", write="",
          values=since("5.12", "CLOSEUP", "DIRECT_TO_DESTINATION")),
    Field(name="customizable_cta_type", kind="enum", since="5.15", values=_CALLS_TO_ACTION),
    Field(name="is_generate_background", kind="boolean", since="5.15"),
    Field(name="selected_image_tag", kind="text", since="5.15", maximum=511),
    Field(name="preferred_media_type", kind="enum", since="5.16", values=since("5.16", "VIDEO", "IMAGE")),
    Field(name="selected_video_tag", kind="text", since="5.16", maximum=511),
    Field(name="is_image_auto_resizing", kind="boolean", since="5.28", nullable=False, null_in_bodies="cu"),
    Field(name="type", kind="text", until="5.8", write=""),
)  # fmt: skip
