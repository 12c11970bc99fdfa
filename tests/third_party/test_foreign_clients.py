"""Clients that others wrote live a promotion's whole life against the emulator of their api_version."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from pinshop.emulator import Emulator

HERE = Path(__file__).parent
COLUMNS = ["SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH", "TOTAL_IMPRESSION"]
WITNESSES = {
    "generated client 0.1.12 on 5.14": ("5.14", "pinterest-generated-client==0.1.12", "life_generated_client.py"),
    "pinterestsdk 2 on 5.23": ("5.23", "pinterestsdk>=2,<3", "life_pinterestsdk.py"),
    "pinterestsdk 2 on 5.28": ("5.28", "pinterestsdk>=2,<3", "life_pinterestsdk.py"),
}


@pytest.mark.parametrize("witness", WITNESSES)
def test_a_foreign_client_lives_a_promotion_s_life(witness, foreign_venv, run_foreign):
    api_version, requirement, script = WITNESSES[witness]
    python = foreign_venv(requirement)
    with Emulator(api_version=api_version) as emulator:
        groups = list(emulator.catalog_product_group_ids[:2])
        given = {
            "base_url": emulator.base_url,
            "access_token": emulator.access_token,
            "ad_account_id": emulator.ad_account_id,
            "ad_group_id": emulator.ad_group_id,
            # The last one does not exist: it must fail alone.
            "catalog_product_group_ids": [*groups, "999999999999"],
            "columns": COLUMNS,
        }
        before = {row["id"] for row in stored(emulator)}
        written = run_foreign(python, HERE / script, given | {"stage": "write"})

        *created, refused = written["created"]
        assert refused.get("data") is None
        assert refused["exceptions"][0]["code"] is not None
        assert refused["exceptions"][0]["message"]
        ids = [item["data"]["id"] for item in created]
        assert [item["data"]["catalog_product_group_id"] for item in created] == groups
        assert [item["data"]["status"] for item in created] == ["ACTIVE", "ACTIVE"]
        assert [item["data"]["tracking_url"] for item in created] == [f"https://shop.example/?n={n}" for n in range(2)]
        assert [(item["data"]["id"], item["data"]["tracking_url"]) for item in written["updated"]] == [
            (ids[0], "https://shop.example/new")
        ]
        assert {row["id"] for row in stored(emulator)} - before == set(ids)

        start = emulator.clock.now().date()
        emulator.clock.advance(days=10)
        end = start + datetime.timedelta(days=8)
        given |= {"stage": "read", "promotion_ids": ids, "start_date": str(start), "end_date": str(end)}
        read = run_foreign(python, HERE / script, given)

        listed = [entry.get("data", entry) for page in read["pages"] for entry in page]
        assert all(len(page) <= 1 for page in read["pages"])
        assert {row["id"]: row["tracking_url"] for row in listed if row["id"] in ids} == {
            ids[0]: "https://shop.example/new",
            ids[1]: "https://shop.example/?n=1",
        }
        assert (read["got"]["id"], read["got"]["tracking_url"]) == (ids[0], "https://shop.example/new")
        assert {row["PRODUCT_GROUP_ID"] for row in read["rows"]} == set(ids)
        assert {row["DATE"] for row in read["rows"]} <= {str(start + datetime.timedelta(days=n)) for n in range(9)}
        assert sum(row.get("TOTAL_IMPRESSION", 0) for row in read["rows"]) > 0
        assert read["missing"]["status"] == 404
        assert read["missing"]["emulated"] == "true"
        assert {"code", "message"} <= read["missing"]["body"].keys()


def stored(emulator) -> list[dict]:
    """What the emulator holds, asked for without the help of any client."""
    from pinshop.api import models
    from pinshop.api.endpoints import PROMOTIONS_LIST
    from pinshop.api.http import Request
    from pinshop.api.operations import build

    call = build(
        PROMOTIONS_LIST, {"ad_account_id": emulator.ad_account_id}, {"ad_group_id": emulator.ad_group_id, "page_size": 250}
    )
    reply = emulator.handle(
        Request("GET", "http://emulator", "/v5" + call.target, {"authorization": f"Bearer {emulator.access_token}"})
    )
    assert reply.status == 200, reply.body
    return [{"id": promotion.id} for promotion in models.decode_page(reply.body, models.ProductGroupPromotion).items]
