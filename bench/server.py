"""Constant answers as fast as Python can give them: uvicorn on httptools, bytes made once. Prints its port, then serves.

GET …/product_group_promotions/{id} is one promotion, POST a batch of 30, …/analytics 9,000 rows of 22 fields, all in the shapes
of 5.6, which both the old client and pinshop understand. Below /slow/ every answer takes 20 ms.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from typing import Any

PROMOTION = {
    "id": "2680059592705", "ad_group_id": "2680059592706", "catalogs_product_group_id": "1231235",
    "catalogs_product_group_name": "Shoes", "status": "ACTIVE", "creative_type": "REGULAR",
    "tracking_url": "https://www.pinterest.com", "is_mdl": True, "bid_in_micro_currency": 14000000, "included": True,
    "definition": "*/product_type_0='shoes'", "relative_definition": "product_type_0='shoes'", "parent_id": "1231234",
    "slideshow_collections_title": "Title", "slideshow_collections_description": "Description",
    "collections_hero_pin_id": "123123", "collections_hero_destination_url": "http://www.pinterest.com",
}  # fmt: skip
COUNTS = [
    "CAMPAIGN_DAILY_SPEND_CAP", "CAMPAIGN_LIFETIME_SPEND_CAP", "CLICKTHROUGH_1", "CLICKTHROUGH_2", "IMPRESSION_1",
    "IMPRESSION_2", "REPIN_1", "REPIN_2", "TOTAL_CLICKTHROUGH", "OUTBOUND_CLICK_1", "TOTAL_CHECKOUT", "TOTAL_ENGAGEMENT",
    "SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
]  # fmt: skip
RATIOS = ["CTR", "ECTR", "CPC_IN_MICRO_DOLLAR", "ECPC_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "EENGAGEMENT_RATE"]
COLUMNS = COUNTS + RATIOS


def analytics_rows() -> list[dict[str, Any]]:
    """100 promotions on 90 days."""
    chance = random.Random(1)
    return [
        {"PRODUCT_GROUP_ID": str(2680059590000 + promotion), "DATE": f"2026-{1 + day // 30:02}-{1 + day % 28:02}"}
        | {name: chance.randrange(10**7) for name in COUNTS}
        | {name: round(chance.random() * 100, 6) for name in RATIOS}
        for promotion in range(100)
        for day in range(90)
    ]


ONE = json.dumps(PROMOTION).encode()
BATCH = json.dumps([{"data": PROMOTION, "exceptions": {}}] * 30).encode()
ROWS = json.dumps(analytics_rows()).encode()


def ready(status: int, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}, {"type": "http.response.body", "body": body}


ANSWERS = {"POST": ready(200, BATCH), "analytics": ready(200, ROWS), "GET": ready(200, ONE)}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    path = scope["path"]
    if path.startswith("/slow/"):
        await asyncio.sleep(0.02)
    start, body = ANSWERS["analytics" if path.endswith("/analytics") else scope["method"]]
    await send(start)
    await send(body)


def main() -> None:
    import uvicorn  # here, because the old client's environment imports this module for its constants

    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    # Named as TCP, because asyncio switches Nagle's delay off only where the socket says so.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_level="critical", access_log=False)
    asyncio.run(uvicorn.Server(config).serve([sock]))


if __name__ == "__main__":
    main()
