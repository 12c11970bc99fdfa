"""A promotion's life as code against pinterestsdk 2 lives it. Runs in that client's own environment.

Takes one JSON object as its argument and prints one: the test beside this file says what must be in it.
"""

import datetime
import json
import sys

import pinterestsdk


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def write(api, given):
    items = [
        pinterestsdk.ProductGroupPromotion(
            catalog_product_group_id=group,
            status="ACTIVE",
            creative_type="SHOPPING",
            tracking_url=f"https://shop.example/?n={number}",
        )
        for number, group in enumerate(given["catalog_product_group_ids"])
    ]
    created = api.product_group_promotions_create(
        given["ad_account_id"],
        pinterestsdk.ProductGroupPromotionsCreate(ad_group_id=given["ad_group_id"], product_group_promotion=items),
    )
    first = created.items[0].data.id
    updated = api.product_group_promotions_update(
        given["ad_account_id"],
        pinterestsdk.ProductGroupPromotionsUpdateWithRequiredBody(
            ad_group_id=given["ad_group_id"],
            product_group_promotion=[pinterestsdk.ProductGroupPromotion(id=first, tracking_url="https://shop.example/new")],
        ),
    )
    return {"created": [plain(item) for item in created.items], "updated": [plain(item) for item in updated.items]}


def read(api, given):
    account = given["ad_account_id"]
    pages, bookmark = [], None
    while True:
        page = api.product_group_promotions_list(account, ad_group_id=given["ad_group_id"], page_size=1, bookmark=bookmark)
        pages.append([plain(item) for item in page.items])
        bookmark = page.bookmark
        if not bookmark:
            break
    got = plain(api.product_group_promotions_get(account, given["promotion_ids"][0]))
    # Its typed rows know only DATE and PRODUCT_GROUP_ID and drop every metric; the raw answer beside them has it all.
    rows = api.product_groups_analytics_with_http_info(
        datetime.date.fromisoformat(given["start_date"]),
        datetime.date.fromisoformat(given["end_date"]),
        given["promotion_ids"],
        given["columns"],
        "DAY",
        account,
    )
    try:
        api.product_group_promotions_get(account, "999999999999")
    except pinterestsdk.ApiException as error:
        missing = {"status": error.status, "body": json.loads(error.body), "emulated": error.headers.get("x-emulated")}
    assert len(rows.data) == len(json.loads(rows.raw_data))
    return {"pages": pages, "got": got, "rows": json.loads(rows.raw_data), "missing": missing}


given = json.loads(sys.argv[1])
configuration = pinterestsdk.Configuration(host=given["base_url"], access_token=given["access_token"])
with pinterestsdk.ApiClient(configuration) as client:
    result = {"write": write, "read": read}[given["stage"]](pinterestsdk.ProductGroupPromotionsApi(client), given)
print(json.dumps(result, default=str))
