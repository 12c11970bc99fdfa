"""A promotion's life under the old interface, errors included. Runs with 0.1.2 and with the façade; no pytest, no pinshop."""

import datetime
import json
import sys

from old_client_calls import describe, names


def attempt(call, *args, **kwargs):
    try:
        return describe(call(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  (what is raised is the result)
        told = describe(error)
        told.pop("headers", None)  # the request id and the date differ from run to run
        return told | {"message": type(error).__name__}


def write(t, api, given):
    account, group = given["ad_account_id"], given["ad_group_id"]

    def create(items, account=account):
        return attempt(
            api.product_group_promotions_create,
            account,
            t.ProductGroupPromotionCreateRequest(ad_group_id=group, product_group_promotion=items),
        )

    items = [
        t.ProductGroupPromotionCommon(
            status=t.EntityStatus("ACTIVE"),
            creative_type=t.CreativeType("REGULAR"),
            catalogs_product_group_id=one,
            tracking_url=None if number else "https://shop.example/?q=zwölf",
        )
        for number, one in enumerate(given["catalog_product_group_ids"])
    ]
    created = create(items)
    (response,) = created.values()
    ids = [element["ProductGroupPromotionArrayElement"].get("data", {}).get("id") for element in response]
    one = next(filter(None, ids))

    def update(*items):
        request = t.ProductGroupPromotionUpdateRequest(group, list(items))
        return attempt(api.product_group_promotions_update, account, request)

    item = t.ProductGroupPromotionUpdateItem
    return {
        "created": created,
        "too many": create(items[:1] * 31),
        "none": create([]),
        "elsewhere": create(items[:1], account="1"),
        "paused": update(item(id=one, status="PAUSED")),
        "mixed": update(item(id=one, status="ACTIVE"), item(id="999999", status="PAUSED")),
        "not a status": update(item(id=one, status="NOPE")),
        "nothing": update(),
        "got": attempt(api.product_group_promotion_get, account, one),
        "unknown": attempt(api.product_group_promotion_get, account, "999999"),
        "one": one,
    }


def read(t, api, given):
    start, end = (datetime.date.fromisoformat(given[name]) for name in ("start_date", "end_date"))

    def analytics(columns, granularity, ids=(given["one"],), start=start, **options):
        return attempt(
            api.product_groups_analytics, given["ad_account_id"], start, end, list(ids), columns, granularity, **options
        )

    return {
        "days": analytics(["SPEND_IN_DOLLAR", "CTR"], t.Granularity("DAY"), click_window_days=1),
        "unchecked": analytics(["SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH"], "TOTAL", _check_return_type=False),
        "reversed": analytics(["CTR"], "DAY", start=end + datetime.timedelta(days=1)),
        "another's": analytics(["CTR"], "DAY", ids=["999999"]),
    }


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    t = names()
    configuration = t.Configuration(host=given["base_url"], access_token=given["access_token"])
    with t.ApiClient(configuration) as client:
        stage = {"write": write, "read": read}[given["stage"]]
        result = stage(t, t.ProductGroupPromotionsApi(client), given)
        configuration.access_token = "emulated_wrong"
        result["wrong token"] = attempt(
            t.ProductGroupPromotionsApi(client).product_group_promotion_get, given["ad_account_id"], "1"
        )
    print(json.dumps(result))
