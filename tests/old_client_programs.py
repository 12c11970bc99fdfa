"""Random programs for the old interface: calls of the four methods with arguments sane and wild, by a seed."""

from __future__ import annotations

import random

SANE_IDS = ["'4'", "'549755885175'", "'123456789012345678'"]
WILD = [
    "None", "True", "0", "5", "1.5", "''", "'x'", "'1234567890123456789'", "'4 '", "'-4'", "'4.0'", "b'4'", "[]", "['4']", "{}",
    "{'a': 1}", "()", "('4', '5')", "t.EntityStatus('ACTIVE')", "t.Error(code=1, message='x')", "object",
]  # fmt: skip
STATUSES = ["ACTIVE", "PAUSED", "ARCHIVED"]
CREATIVES = ["REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "IDEA"]
TEXTS = ["'https://www.pinterest.com/'", "'a b'", "'Schuhe für Zwölf'", "'x' * 300", "''", "None"]
FIELDS = {
    "status": [f"t.EntityStatus('{name}')" for name in STATUSES],
    "creative_type": [f"t.CreativeType('{name}')" for name in CREATIVES],
    "tracking_url": TEXTS,
    "catalogs_product_group_id": SANE_IDS,
    "catalogs_product_group_name": TEXTS[:4],
    "collections_hero_pin_id": [*SANE_IDS, "None"],
    "collections_hero_destination_url": TEXTS,
    "slideshow_collections_title": TEXTS,
    "slideshow_collections_description": TEXTS,
    "is_mdl": ["True", "False", "None"],
    "unknown_field": ["'x'", "7", "True", "None"],
}
COLUMNS = ["SPEND_IN_DOLLAR", "SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH", "IMPRESSION_1", "CTR", "ECPC_IN_DOLLAR"]
OPTIONS = {
    "_return_http_data_only": ["True", "False"],
    "_check_return_type": ["True", "False"],
    "_request_timeout": ["10", "10.5", "(3, 10)"],
    "_preload_content": ["True"],
    "_spec_property_naming": ["True", "False"],
}
WINDOWS = {
    "click_window_days": ["1", "7", "30", "60", "2", "'7'"],
    "engagement_window_days": ["1", "7", "30", "60", "61"],
    "view_window_days": ["1", "7", "30", "60", "None"],
    "conversion_report_time": ["'TIME_OF_AD_ACTION'", "'TIME_OF_CONVERSION'", "'NOPE'"],
}
DAYS = ["'2023-01-02'", "'2023-01-31'", "t.date(2023, 1, 2)", "'01/31/2023'", "'2023/01/31'"]
GRANULARITIES = [f"t.Granularity('{name}')" for name in ("TOTAL", "DAY", "HOUR", "WEEK", "MONTH")] + ["'DAY'", "'WEEK'"]


class Programs:
    """A source of expressions; the share of wild values is about one argument in twelve."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _one(self, sane: list[str]) -> str:
        return self._random.choice(WILD if self._random.random() < 0.08 else sane)

    def _some(self, choices: dict[str, list[str]], most: int) -> list[str]:
        names = self._random.sample(sorted(choices), self._random.randint(0, min(most, len(choices))))
        return [f"{name}={self._one(choices[name])}" for name in names]

    def _list(self, sane: list[str], most: int) -> str:
        return "[" + ", ".join(self._one(sane) for _ in range(self._random.randint(1, most))) + "]"

    def _item(self, kind: str) -> str:
        fields = self._some(FIELDS, 6)
        if kind == "t.ProductGroupPromotionUpdateItem":
            fields.insert(0, f"id={self._one(SANE_IDS)}")
        return f"{kind}({', '.join(fields)})"

    def _body(self, request: str, kind: str) -> str:
        group = self._one(["'2680059592705'", "'AG2680059592705'"])
        items = "[" + ", ".join(self._item(kind) for _ in range(self._random.randint(0, 3))) + "]"
        return f"{request}({self._random.choice(['', 'ad_group_id='])}{group}, product_group_promotion={items})"

    def __next__(self) -> str:
        options = self._some(OPTIONS, 2)
        match self._random.randrange(4):
            case 0:
                return f"api.product_group_promotion_get({', '.join([self._one(SANE_IDS), self._one(SANE_IDS), *options])})"
            case 1:
                body = self._body("t.ProductGroupPromotionCreateRequest", "t.ProductGroupPromotionCommon")
                return f"api.product_group_promotions_create({', '.join([self._one(SANE_IDS), body, *options])})"
            case 2:
                body = self._body("t.ProductGroupPromotionUpdateRequest", "t.ProductGroupPromotionUpdateItem")
                return f"api.product_group_promotions_update({', '.join([self._one(SANE_IDS), body, *options])})"
            case _:
                columns = self._list([f"'{name}'" for name in COLUMNS], 4)
                given = [
                    self._one(SANE_IDS),
                    self._one(DAYS),
                    self._one(DAYS),
                    self._list(SANE_IDS, 3),
                    columns,
                    self._one(GRANULARITIES),
                    *self._some(WINDOWS, 3),
                    *options,
                ]
                return f"api.product_groups_analytics({', '.join(given)})"

    def take(self, count: int) -> dict[str, str]:
        """``count`` programs by name; the name says which answer the server gives."""
        kinds = {"get": "get", "create": "create", "update": "update", "analytics": "analytics"}
        found = {}
        for number in range(count):
            text = next(self)
            kind = next(one for one in kinds if text.split("(")[0].endswith(one))
            found[f"{kind}_random{number}"] = text
        return found
