"""A promotion's life as code against pinterest-generated-client 0.1.12 lives it. Runs in that client's own environment.

Takes one JSON object as its argument and prints one: the test beside this file says what must be in it.
"""

import datetime
import json
import sys

import openapi_generated.pinterest_client as pinterest
from openapi_generated.pinterest_client.api.product_group_promotions_api import ProductGroupPromotionsApi
from openapi_generated.pinterest_client.model.creative_type import CreativeType
from openapi_generated.pinterest_client.model.entity_status import EntityStatus
from openapi_generated.pinterest_client.model.granularity import Granularity
from openapi_generated.pinterest_client.model.product_group_promotion import ProductGroupPromotion
from openapi_generated.pinterest_client.model.product_group_promotion_create_request import (
    ProductGroupPromotionCreateRequest,
)
from openapi_generated.pinterest_client.model.product_group_promotion_create_request_element import (
    ProductGroupPromotionCreateRequestElement,
)
from openapi_generated.pinterest_client.model.product_group_promotion_update_request import (
    ProductGroupPromotionUpdateRequest,
)


def write(api, given):
    items = [
        ProductGroupPromotionCreateRequestElement(
            catalog_product_group_id=group,
            status=EntityStatus("ACTIVE"),
            creative_type=CreativeType("SHOPPING"),
            tracking_url=f"https://shop.example/?n={number}",
        )
        for number, group in enumerate(given["catalog_product_group_ids"])
    ]
    created = api.product_group_promotions_create(
        given["ad_account_id"],
        ProductGroupPromotionCreateRequest(ad_group_id=given["ad_group_id"], product_group_promotion=items),
    ).to_dict()["items"]
    first = created[0]["data"]["id"]
    updated = api.product_group_promotions_update(
        given["ad_account_id"],
        ProductGroupPromotionUpdateRequest(
            ad_group_id=given["ad_group_id"],
            product_group_promotion=[ProductGroupPromotion(id=first, tracking_url="https://shop.example/new")],
        ),
    ).to_dict()["items"]
    return {"created": created, "updated": updated}


def read(api, given):
    account = given["ad_account_id"]
    pages, bookmark = [], {}  # this client types a page as anything, so it comes back as a dict
    while True:
        page = api.product_group_promotions_list(account, ad_group_id=given["ad_group_id"], page_size=1, **bookmark)
        pages.append(page["items"])
        if not page.get("bookmark"):
            break
        bookmark = {"bookmark": page["bookmark"]}
    got = api.product_group_promotions_get(account, given["promotion_ids"][0]).to_dict()
    # With its return types checked this client turns integers to floats and 12-digit ids to dates; that is its own defect.
    rows = api.product_groups_analytics(
        account,
        datetime.date.fromisoformat(given["start_date"]),
        datetime.date.fromisoformat(given["end_date"]),
        given["promotion_ids"],
        given["columns"],
        Granularity("DAY"),
        _check_return_type=False,
    ).value
    try:
        api.product_group_promotions_get(account, "999999999999")
    except pinterest.ApiException as error:
        missing = {"status": error.status, "body": json.loads(error.body), "emulated": error.headers.get("x-emulated")}
    return {"pages": pages, "got": got["items"][0]["data"], "rows": rows, "missing": missing}


given = json.loads(sys.argv[1])
configuration = pinterest.Configuration(host=given["base_url"], access_token=given["access_token"])
with pinterest.ApiClient(configuration) as client:
    result = {"write": write, "read": read}[given["stage"]](ProductGroupPromotionsApi(client), given)
print(json.dumps(result, default=str))
