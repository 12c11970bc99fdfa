"""The four examples of the seed page run as printed, with the imports that the page forgets."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path

import pytest

from pinshop.emulator import Emulator

from .conftest import http

SHARED = Path(os.environ.get("PINSHOP_SHARED") or Path(__file__).resolve().parents[3] / "shared")
PAGE = SHARED / "seed" / "ProductGroupPromotionsApi.md"
NAMES = ["get", "create", "update", "analytics"]
PROMOTION = {"id": "4", "status": "ACTIVE"}
ANSWERS = {
    "get": PROMOTION,
    "create": [{"data": PROMOTION, "exceptions": {}}],
    "update": [{"data": PROMOTION, "exceptions": {}}],
    "analytics": [{"DATE": "1970-01-01", "PRODUCT_GROUP_ID": "4", "SPEND_IN_DOLLAR": 30}],
}
QUERY = b"start_date=1970-01-01&end_date=1970-01-01&product_group_ids=4&columns=SPEND_IN_DOLLAR&granularity=DAY"
WINDOWS = b"click_window_days=1&engagement_window_days=30&view_window_days=1&conversion_report_time=TIME_OF_AD_ACTION"
SENT = {
    "get": [b"GET /v5/ad_accounts/4/product_group_promotions/4 "],
    "create": [b"POST /v5/ad_accounts/4/product_group_promotions "],
    "update": [b"PATCH /v5/ad_accounts/4/product_group_promotions "],
    "analytics": [
        b"GET /v5/ad_accounts/4/product_groups/analytics?" + QUERY + b" ",
        b"GET /v5/ad_accounts/4/product_groups/analytics?" + WINDOWS + b"&" + QUERY + b" ",
    ],
}
#: What a reader adds at the top of an example: all that is missing, in one line.
FORGOTTEN = "from pinterest.generated.client.models import *"
#: Or name by name, as the page imports other models.
ONE_BY_ONE = """
from pinterest.generated.client.model.creative_type import CreativeType
from pinterest.generated.client.model.entity_status import EntityStatus
from pinterest.generated.client.model.product_group_promotion_common import ProductGroupPromotionCommon
from pinterest.generated.client.model.product_group_promotion_update_item import ProductGroupPromotionUpdateItem
from pinterest.generated.client.models import dateutil_parser
"""


@pytest.fixture(scope="module")
def examples() -> dict[str, str]:
    if not PAGE.exists():
        pytest.skip(f"the seed page is not at {PAGE}; PINSHOP_SHARED may say where it is")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return dict(zip(NAMES, blocks, strict=True))


@pytest.mark.parametrize("imports", [FORGOTTEN, ONE_BY_ONE], ids=["one line", "one by one"])
@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_as_printed(name, imports, examples, server, capsys):
    server.will(http(200, ANSWERS[name]))
    text = examples[name].replace("https://api.pinterest.com/v5", server.base_url)
    exec(compile(f"{imports}\n{text}", name, "exec"), {"__name__": "__main__"})
    out = capsys.readouterr().out
    assert "Exception when calling" not in out
    assert "'4'" in out
    assert [request.startswith(line) for request, line in zip(server.requests, SENT[name], strict=True)] == [True] * len(
        SENT[name]
    )
    assert all(b"Authorization: Bearer YOUR_ACCESS_TOKEN\r\n" in request for request in server.requests)


def test_without_the_imports_it_is_the_page_that_is_wrong(examples, server):
    exec(compile(examples["get"].replace("https://api.pinterest.com/v5", server.base_url), "get", "exec"), {})
    for name in NAMES[1:]:
        with pytest.raises(NameError):
            exec(compile(examples[name], name, "exec"), {})


def test_the_examples_do_their_work_in_the_emulator(examples, capsys):
    with Emulator(api_version="5.6", now="2026-03-01T12:00:00Z") as emulator:
        here = {
            "https://api.pinterest.com/v5": emulator.base_url,
            "YOUR_ACCESS_TOKEN": emulator.access_token,
            'ad_account_id = "4"': f'ad_account_id = "{emulator.ad_account_id}"',
            "2680059592705": emulator.ad_group_id,
            '"1231235"': f'"{emulator.catalog_product_group_ids[0]}"',
            'collections_hero_pin_id="123123",\n': "collections_hero_pin_id=None,\n",
        }

        def run(name: str, **more: str) -> object:
            text = examples[name]
            for old, new in (here | more).items():
                text = text.replace(old, new)
            scope: dict[str, object] = {}
            exec(compile(f"{FORGOTTEN}\n{text}", name, "exec"), scope)
            assert "Exception when calling" not in capsys.readouterr().out, name
            return scope["api_response"]

        (created,) = run("create")
        promotion = created.data
        assert promotion.catalogs_product_group_id == emulator.catalog_product_group_ids[0]
        here['product_group_promotion_id = "4"'] = f'product_group_promotion_id = "{promotion.id}"'
        here['        "4",\n    ] # [str] | List of Product group Ids'] = f'        "{promotion.id}",\n    ] #'
        here["UpdateItem(None)"] = f'UpdateItem(id="{promotion.id}", slideshow_collections_title="New")'
        (updated,) = run("update")
        assert updated.data.slideshow_collections_title == "New"
        assert run("get").to_dict() == updated.data.to_dict()
        emulator.clock.advance(days=10)
        rows = run("analytics", **{"1970-01-01": "2026-03-05"})
        assert [(row["DATE"], row["PRODUCT_GROUP_ID"]) for row in rows] == [(datetime.date(2026, 3, 5), promotion.id)]
