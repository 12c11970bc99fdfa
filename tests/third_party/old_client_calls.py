"""The calls that both clients make: 0.1.2 in an environment of its own, and the façade. No pytest here, no pinshop.

As a script: ``python old_client_calls.py '{"base_url": …}'`` makes every call and prints one JSON object, name -> what came of
it. Each call has a server path of its own, so that the recording server knows what to answer and whose request it saw.
"""

from __future__ import annotations

import json
import sys
import time
from types import SimpleNamespace

PROMOTION = {
    "id": "2680059592705", "ad_group_id": "2680060704746", "bid_in_micro_currency": 14000000, "included": True,
    "definition": "*/shoes", "relative_definition": None, "parent_id": "1231234", "status": "ACTIVE", "is_mdl": None,
    "tracking_url": "https://www.pinterest.com", "catalogs_product_group_id": "1231235",
    "catalogs_product_group_name": "Schuhe für Zwölf", "creative_type": "REGULAR", "collections_hero_pin_id": "123123",
    "collections_hero_destination_url": None, "slideshow_collections_title": "Title", "type": "productgroup",
    "slideshow_collections_description": "Description",
}  # fmt: skip
REFUSED = {"code": 2, "message": "Advertiser not found."}
JSON = {"Content-Type": "application/json", "x-ratelimit-limit": "100, 100;w=1", "x-pinterest-rid": "1234567890"}
ROWS = [
    {"SPEND_IN_DOLLAR": 30.5, "PRODUCT_GROUP_ID": "7462935", "CTR": 0.25},
    {"SPEND_IN_DOLLAR": None, "PRODUCT_GROUP_ID": "7462936", "NAME": "short"},
]
DATED = [{"DATE": "2021-04-01", "PRODUCT_GROUP_ID": "7462935", "SPEND_IN_DOLLAR": 30.5}]
COUNTS = [{"PRODUCT_GROUP_ID": "74629351736530", "TOTAL_CLICKTHROUGH": 216, "AD_ID": "20210401"}]


def reply(body, status=200, headers=None, reason=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"status": status, "reason": reason, "headers": {**JSON, **(headers or {})}, "body": raw}


GET = reply(PROMOTION)
CREATED = reply([{"data": PROMOTION, "exceptions": REFUSED}, {"exceptions": {}}, {"data": {"id": "4"}}])
ANALYTICS = reply(ROWS)
#: Call -> what the server answers, where it is not GET, CREATED or ANALYTICS.
REPLIES = {
    "get_created": reply(PROMOTION, 201),
    "get_error_400": reply({"code": 1, "message": "Invalid request"}, 400),
    "get_error_401": reply({"code": 2, "message": "Authentication failed."}, 401),
    "get_error_403": reply({"code": 29, "message": "You are not permitted"}, 403),
    "get_error_404": reply({"code": 50, "message": "Not found"}, 404, reason="Gone Fishing"),
    "get_error_409": reply({"code": 4176, "message": "conflict"}, 409),
    "get_error_422": reply({"code": 1, "message": "unprocessable"}, 422),
    "get_error_429": reply({"code": 8, "message": "slow down"}, 429),
    "get_error_429_later": reply({"code": 8, "message": "slow down"}, 429, {"Retry-After": "0"}),
    "get_error_500": reply({"code": 12, "message": "Something went wrong"}, 500),
    "get_error_502": reply(b"<html>Bad Gateway</html>", 502, {"Content-Type": "text/html"}),
    "get_error_503_later": reply({"code": 12, "message": "down"}, 503, {"Retry-After": "0"}),
    "get_error_600": reply({}, 600, reason="Strange"),
    "get_error_empty": reply(b"", 404),
    "get_error_not_preloaded": reply({"code": 50, "message": "Not found"}, 404),
    "get_unknown_text_field": reply({**PROMOTION, "colour": "red", "kind": {"a": 1}, "flags": [1, "x"], "none": None}),
    "get_unknown_number": reply({**PROMOTION, "created_time": 1451431341}),
    "get_unknown_enum": reply({**PROMOTION, "status": "DRAFT", "creative_type": "COLLECTION"}),
    "get_null_id": reply({"id": None, "status": None}),
    "get_wrapped": reply({"items": [{"data": PROMOTION, "exceptions": None}]}),
    "get_no_content": reply(b"", 204),
    "get_empty": reply(b""),
    "get_null": reply(None),
    "get_list": reply([]),
    "get_html": reply(b"<html>Sign in</html>", 200, {"Content-Type": "text/html"}),
    "get_cut_json": reply(b'{"id": "4"'),
    "get_bom": reply(b"\xef\xbb\xbf" + json.dumps(PROMOTION).encode()),
    "get_latin1": reply(b'{"id": "4", "tracking_url": "caf\xe9"}'),
    "get_latin1_declared": reply(
        b'{"id": "4", "definition": "caf\xe9"}', 200, {"Content-Type": "application/json; charset=iso-8859-1"}
    ),
    "get_bogus_charset": reply(PROMOTION, 200, {"Content-Type": "application/json; charset=bogus"}),
    "get_502_latin1": reply(b"<html>caf\xe9</html>", 502, {"Content-Type": "text/html"}),
    "get_unset_field": reply({"id": "4"}),
    "get_self_key": reply({"id": "4", "self": "x"}),
    "get_internal_key": reply({"id": "4", "_check_type": False, "_configuration": "x"}),
    "get_huge_number": reply(b'{"id": "4", "bid_in_micro_currency": 123456789012345678901234567890}'),
    "create_items": reply({"items": [{"data": PROMOTION, "exceptions": []}]}),
    "create_exceptions_list": reply([{"data": None, "exceptions": [REFUSED]}]),
    "create_no_content": reply(b"", 204),
    "create_created": reply([{"data": PROMOTION}], 201),
    "create_error_429_later": reply({"code": 8, "message": "slow down"}, 429, {"Retry-After": "0"}),
    "create_error_500": reply({"code": 12, "message": "Something went wrong"}, 500),
    "update_items": reply({"items": [{"data": PROMOTION, "exceptions": None}]}),
    "analytics_dated": reply(DATED),
    "analytics_counts": reply(COUNTS),
    "analytics_unchecked": reply(DATED + COUNTS),
    "analytics_empty": reply([]),
    "analytics_error_400": reply({"code": 400, "message": "Invalid ad account ads analytics parameters."}, 400),
    "raw_typed": reply({"a": [1, "x"]}),
}


def reply_to(call: str):
    """What the recording server answers."""
    kind = call.partition("_")[0]
    return REPLIES.get(call) or {"create": CREATED, "update": CREATED, "analytics": ANALYTICS}.get(kind, GET)


CALLS = {}


def call(text, prefix=""):
    """Every line is a call: a name, a colon, an expression."""
    for line in text.strip().splitlines():
        name, _, expression = line.partition(":")
        assert prefix + name.strip() not in CALLS, name
        CALLS[prefix + name.strip()] = expression.strip()


call(
    r"""
plain: api.product_group_promotion_get("4", "5")
by_name: api.product_group_promotion_get(product_group_promotion_id="5", ad_account_id="4")
with_status: api.product_group_promotion_get("4", "5", _return_http_data_only=False)
with_status_unchecked: api.product_group_promotion_get("4", "5", _check_return_type=False, _return_http_data_only=False)
not_preloaded: api.product_group_promotion_get("4", "5", _preload_content=False)
not_preloaded_with_status: api.product_group_promotion_get("4", "5", _preload_content=False, _return_http_data_only=False)
async: api.product_group_promotion_get("4", "5", async_req=True).get(10)
timeout_number: api.product_group_promotion_get("4", "5", _request_timeout=10)
timeout_float: api.product_group_promotion_get("4", "5", _request_timeout=10.5)
timeout_pair: api.product_group_promotion_get("4", "5", _request_timeout=(3, 10.5))
timeout_none: api.product_group_promotion_get("4", "5", _request_timeout=None)
created: api.product_group_promotion_get("4", "5")
content_type: api.product_group_promotion_get("4", "5", _content_type="text/plain")
host_index_none: api.product_group_promotion_get("4", "5", _host_index=None)
host_index_5: api.product_group_promotion_get("4", "5", _host_index=5)
longest_id: api.product_group_promotion_get("1" * 18, "9" * 18)
last_response: (api.product_group_promotion_get("4", "5"), client.last_response.status, client.last_response.reason, client.last_response.data, client.last_response.getheader("X-Pinterest-RID"), client.last_response.getheader("nope", 3))
last_response_none: client.last_response
no_token: cfg(token=None).product_group_promotion_get("4", "5")
empty_token: cfg(token="").product_group_promotion_get("4", "5")
callable_token: cfg(token=lambda: "x").product_group_promotion_get("4", "5")
new_token: (setattr(conf, "access_token", "another"), api.product_group_promotion_get("4", "5"))
new_host: (setattr(conf, "host", conf.host + "/elsewhere"), api.product_group_promotion_get("4", "5"))
slash_host: (setattr(conf, "host", conf.host + "/"), api.product_group_promotion_get("4", "5"))
no_scheme: (setattr(conf, "host", conf.host.partition("//")[2]), api.product_group_promotion_get("4", "5"))
basic: cfg(username="u", password="p").product_group_promotion_get("4", "5")
default_header: (client.set_default_header("X-Team", "shoes"), api.product_group_promotion_get("4", "5"))
default_header_int: (client.set_default_header("X-Number", 7), api.product_group_promotion_get("4", "5"))
default_authorization: (client.set_default_header("Authorization", "Basic x"), api.product_group_promotion_get("4", "5"))
default_accept: (client.set_default_header("Accept", "text/html"), api.product_group_promotion_get("4", "5"))
constructor_header: mk(header_name="X-One", header_value="1").product_group_promotion_get("4", "5")
cookie: mk(cookie="a=b").product_group_promotion_get("4", "5")
app_type: mk(app_type_detailed="99").product_group_promotion_get("4", "5")
user_agent: (setattr(client, "user_agent", "mine/1"), api.product_group_promotion_get("4", "5"))
bad_header: (client.set_default_header("X-Bad", "a\r\nb"), api.product_group_promotion_get("4", "5"))
after_close: (client.close(), api.product_group_promotion_get("4", "5"))
no_pattern: cfg(disabled_client_side_validations="pattern,maxLength").product_group_promotion_get("a/b c?é%41", "5")
safe_chars: (setattr(conf, "safe_chars_for_path_param", "/"), setattr(conf, "disabled_client_side_validations", "pattern"), api.product_group_promotion_get("a/b", "5"))
error_400: api.product_group_promotion_get("4", "5")
error_401: api.product_group_promotion_get("4", "5")
error_403: api.product_group_promotion_get("4", "5")
error_404: api.product_group_promotion_get("4", "5")
error_409: api.product_group_promotion_get("4", "5")
error_422: api.product_group_promotion_get("4", "5")
error_429: api.product_group_promotion_get("4", "5")
error_429_later: api.product_group_promotion_get("4", "5")
error_500: api.product_group_promotion_get("4", "5")
error_502: api.product_group_promotion_get("4", "5")
error_503_later: api.product_group_promotion_get("4", "5")
error_600: api.product_group_promotion_get("4", "5")
error_empty: api.product_group_promotion_get("4", "5")
error_not_preloaded: api.product_group_promotion_get("4", "5", _preload_content=False)
502_latin1: api.product_group_promotion_get("4", "5")
unknown_text_field: api.product_group_promotion_get("4", "5")
unknown_number: api.product_group_promotion_get("4", "5")
unknown_enum: api.product_group_promotion_get("4", "5")
null_id: api.product_group_promotion_get("4", "5")
wrapped: api.product_group_promotion_get("4", "5")
no_content: api.product_group_promotion_get("4", "5")
empty: api.product_group_promotion_get("4", "5")
null: api.product_group_promotion_get("4", "5")
list: api.product_group_promotion_get("4", "5")
html: api.product_group_promotion_get("4", "5")
cut_json: api.product_group_promotion_get("4", "5")
bom: api.product_group_promotion_get("4", "5")
latin1: api.product_group_promotion_get("4", "5")
latin1_declared: api.product_group_promotion_get("4", "5")
bogus_charset: api.product_group_promotion_get("4", "5")
self_key: api.product_group_promotion_get("4", "5")
internal_key: api.product_group_promotion_get("4", "5")
huge_number: api.product_group_promotion_get("4", "5")
unset_field: api.product_group_promotion_get("4", "5").is_mdl
fields: (lambda p: (p.id, p["status"], p.status.value, p.get("is_mdl", 3), p.get("nope", 3), "id" in p, "nope" in p, p.creative_type == t.CreativeType("REGULAR"), str(p), p.to_str(), repr(p.status)))(api.product_group_promotion_get("4", "5"))
assign: (lambda p: (setattr(p, "status", "PAUSED"), setattr(p, "bid_in_micro_currency", 5), p.__setitem__("new", "x"), p))(api.product_group_promotion_get("4", "5"))
assign_wrong: setattr(api.product_group_promotion_get("4", "5"), "status", "NOPE")
equal: api.product_group_promotion_get("4", "5") == api.product_group_promotion_get("4", "5")
id_too_long: api.product_group_promotion_get("1" * 19, "5")
id_letters: api.product_group_promotion_get("12a", "5")
id_empty: api.product_group_promotion_get("", "5")
id_int: api.product_group_promotion_get(12, "5")
id_bytes: api.product_group_promotion_get(b"12", "5")
id_list: api.product_group_promotion_get(["12"], "5")
id_none: api.product_group_promotion_get(None, "5")
id_newline: api.product_group_promotion_get("4\n", "5")
id_arabic: api.product_group_promotion_get("٣", "5")
id_second: api.product_group_promotion_get("4", "5x")
missing: api.product_group_promotion_get("4")
too_many: api.product_group_promotion_get("4", "5", "6")
unknown_argument: api.product_group_promotion_get("4", "5", foo=1)
async_not_bool: api.product_group_promotion_get("4", "5", async_req=1)
preload_none: api.product_group_promotion_get("4", "5", _preload_content=None)
content_type_int: api.product_group_promotion_get("4", "5", _content_type=5)
no_input_check: api.product_group_promotion_get("4", "5", _check_input_type=False)
timeout_text: api.product_group_promotion_get("4", "5", _request_timeout="5")
""",
    "get_",
)
call(
    r"""
plain: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("2680059592705", [t.ProductGroupPromotionCommon(status=t.EntityStatus("ACTIVE"), tracking_url="https://www.pinterest.com", catalogs_product_group_id="1231235", catalogs_product_group_name="catalogProductGroupName", creative_type=t.CreativeType("REGULAR"), collections_hero_pin_id="123123", collections_hero_destination_url="http://www.pinterest.com", slideshow_collections_title="Title", slideshow_collections_description="Description")]))
by_name: api.product_group_promotions_create(product_group_promotion_create_request=t.ProductGroupPromotionCreateRequest(product_group_promotion=[], ad_group_id="AG1"), ad_account_id="4")
nulls_and_text: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", [t.ProductGroupPromotionCommon(tracking_url=None, is_mdl=False, slideshow_collections_title='Zwölf "Schuhe" €\u2028', catalog_product_group_id="5", extra=[1, 2.5, {"a": None}], day=t.date(2020, 1, 31))]))
dict: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": [{"status": "ACTIVE", "catalogs_product_group_id": "5", "creative_type": "VIDEO"}]})
dict_numbers: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": [{"bid_in_micro_currency": 14000000, "seen": "20210401"}]})
thirty_one: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", [t.ProductGroupPromotionCommon(catalogs_product_group_id="5")] * 31))
with_status: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []), _return_http_data_only=False)
unchecked: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []), _check_return_type=False)
not_preloaded: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []), _preload_content=False)
created: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
fields: (lambda r: (r.value[0].data.id, r["value"][0].exceptions.message, r.get("value")[1].exceptions, "data" in r.value[2], r.value[2].get("exceptions"), str(r)))(api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", [])))
items: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
exceptions_list: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
no_content: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
error_429_later: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
error_500: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []))
body_none: api.product_group_promotions_create("4", None)
body_text: api.product_group_promotions_create("4", "x")
body_int: api.product_group_promotions_create("4", 5)
body_other_model: api.product_group_promotions_create("4", t.ProductGroupPromotionUpdateRequest("1", []))
body_empty: api.product_group_promotions_create("4", {})
body_list: api.product_group_promotions_create("4", [{}])
body_bad_ad_group: api.product_group_promotions_create("4", {"ad_group_id": "x", "product_group_promotion": []})
body_bad_status: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": [{"status": "NOPE"}]})
body_bad_flag: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": [{"is_mdl": "x"}]})
body_bad_items: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": "x"})
body_bad_item: api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": [5]})
content_type: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []), _content_type="text/plain")
content_type_json: api.product_group_promotions_create("4", t.ProductGroupPromotionCreateRequest("1", []), _content_type="application/vnd.api+JSON")
missing: api.product_group_promotions_create("4")
""",
    "create_",
)
call(
    r"""
plain: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest(ad_group_id="2680059592705", product_group_promotion=[t.ProductGroupPromotionUpdateItem(id="4")]))
more: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest("1", [t.ProductGroupPromotionUpdateItem(id="4", status="PAUSED", bid_in_micro_currency=14000000, tracking_url=None, is_mdl=True), t.ProductGroupPromotionUpdateItem(id="5", status=t.EntityStatus("ACTIVE"))]))
dict: api.product_group_promotions_update("4", {"ad_group_id": "1", "product_group_promotion": [{"id": "4", "status": "PAUSED"}]})
with_status: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest("1", []), _return_http_data_only=False)
unchecked: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest("1", []), _check_return_type=False)
async: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest("1", []), async_req=True).get(10)
items: api.product_group_promotions_update("4", t.ProductGroupPromotionUpdateRequest("1", []))
body_none: api.product_group_promotions_update("4", None)
""",
    "update_",
)
_DAYS = 't.date(2023, 1, 2), t.date(2023, 1, 31), ["11", "22"], ["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"]'
call(
    rf"""
plain: api.product_groups_analytics("4", {_DAYS}, t.Granularity("DAY"))
by_name: api.product_groups_analytics(granularity=t.Granularity("TOTAL"), columns=["CTR"], product_group_ids=["1"], end_date=t.date(2023, 1, 2), start_date=t.date(2023, 1, 1), ad_account_id="4")
all: api.product_groups_analytics("4", {_DAYS}, t.Granularity("DAY"), click_window_days=7, engagement_window_days=60, view_window_days=1, conversion_report_time="TIME_OF_CONVERSION")
other_order: api.product_groups_analytics("4", {_DAYS}, t.Granularity("WEEK"), conversion_report_time="TIME_OF_AD_ACTION", _request_timeout=30, view_window_days=60, click_window_days=30)
text_dates: api.product_groups_analytics("4", "2023-01-02", "01/31/2023", ["11"], ["CTR"], "MONTH")
hundred: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), [str(n) for n in range(100)], ["CTR"], "DAY")
no_columns: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], [], "DAY")
odd_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["a b&c=é"], ["CTR"], "DAY")
reversed_dates: api.product_groups_analytics("4", t.date(2023, 1, 31), t.date(2023, 1, 2), ["11"], ["CTR"], "DAY")
with_status: api.product_groups_analytics("4", {_DAYS}, "DAY", _return_http_data_only=False)
dated: api.product_groups_analytics("4", {_DAYS}, "DAY")
counts: api.product_groups_analytics("4", {_DAYS}, "DAY")
unchecked: api.product_groups_analytics("4", {_DAYS}, "DAY", _check_return_type=False)
empty: (lambda r: (r, bool(r), str(r)))(api.product_groups_analytics("4", {_DAYS}, "DAY"))
error_400: api.product_groups_analytics("4", {_DAYS}, "DAY")
weekly: api.product_groups_analytics("4", {_DAYS}, "WEEKLY")
no_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), [], ["CTR"], "DAY")
too_many_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["1"] * 101, ["CTR"], "DAY")
too_many_ids_allowed: cfg(disabled_client_side_validations="maxItems").product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["1"] * 101, ["CTR"], "DAY")
int_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), [1], ["CTR"], "DAY")
text_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), "12", ["CTR"], "DAY")
tuple_ids: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ("12",), ["CTR"], "DAY")
bad_column: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], ["CTR", "NOPE"], "DAY")
text_column: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], "NOPE", "DAY")
none_columns: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], None, "DAY")
tuple_columns: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], ("CTR",), "DAY")
dict_columns: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], {{"NOPE": 1}}, "DAY")
enum_and_dict: api.product_groups_analytics("4", t.date(2023, 1, 2), t.date(2023, 1, 31), ["11"], [t.EntityStatus("ACTIVE"), {{}}], "DAY")
window_2: api.product_groups_analytics("4", {_DAYS}, "DAY", click_window_days=2)
window_14: api.product_groups_analytics("4", {_DAYS}, "DAY", click_window_days=14)
window_text: api.product_groups_analytics("4", {_DAYS}, "DAY", engagement_window_days="1")
window_none: api.product_groups_analytics("4", {_DAYS}, "DAY", view_window_days=None)
window_true: api.product_groups_analytics("4", {_DAYS}, "DAY", view_window_days=True)
window_float: api.product_groups_analytics("4", {_DAYS}, "DAY", view_window_days=1.0)
report_time: api.product_groups_analytics("4", {_DAYS}, "DAY", conversion_report_time="X")
date_word: api.product_groups_analytics("4", "yesterday", "2023-01-31", ["11"], ["CTR"], "DAY")
date_short: api.product_groups_analytics("4", "2023", "2023-01-31", ["11"], ["CTR"], "DAY")
date_none: api.product_groups_analytics("4", None, "2023-01-31", ["11"], ["CTR"], "DAY")
date_datetime: api.product_groups_analytics("4", t.datetime(2023, 1, 2), "2023-01-31", ["11"], ["CTR"], "DAY")
date_int: api.product_groups_analytics("4", 20230102, "2023-01-31", ["11"], ["CTR"], "DAY")
granularity_nope: api.product_groups_analytics("4", {_DAYS}, "NOPE")
granularity_none: api.product_groups_analytics("4", {_DAYS}, None)
granularity_int: api.product_groups_analytics("4", {_DAYS}, 5)
granularity_true: api.product_groups_analytics("4", {_DAYS}, True)
granularity_other: api.product_groups_analytics("4", {_DAYS}, t.EntityStatus("ACTIVE"))
missing: api.product_groups_analytics("4")
ids_first: api.product_groups_analytics("4x", {_DAYS}, "DAY", click_window_days=2)
timezone: api.product_groups_analytics("4", {_DAYS}, "DAY", reporting_timezone="PINTEREST_TIME_ZONE")
""",
    "analytics_",
)
call(
    r"""
untyped: client.call_api("/user_account", "GET")
only_data: client.call_api("/user_account", "GET", _return_http_data_only=True)
signed: client.call_api("/user_account", "GET", auth_settings=["pinterest_oauth2"], header_params={"X-A": 1}, query_params=[("a", [1, 2]), ("b", ["x", "y"]), ("c", "d e")], collection_formats={"a": "multi", "b": "pipes"})
typed: client.call_api("/x/{id}", "GET", path_params={"id": "a/b"}, query_params={"q": t.date(2020, 1, 2)}, response_type=({str: (dict, list, int, str)},), _return_http_data_only=True)
model: client.call_api("/x", "GET", response_type=(t.ProductGroupPromotion,))
post: client.call_api("/x", "POST", body={"a": t.EntityStatus("ACTIVE"), "b": [t.date(2020, 1, 1), (1, 2)], "c": 1.5})
post_empty: client.call_api("/x", "POST", body={})
post_nothing: client.call_api("/x", "POST")
put: client.call_api("/x", "PUT", body=[1])
delete: client.call_api("/x", "DELETE")
delete_body: client.call_api("/x", "DELETE", body={"a": 1})
options: client.call_api("/x", "OPTIONS")
form: client.call_api("/x", "POST", header_params={"Content-Type": "application/x-www-form-urlencoded"}, post_params=[("a", "b c"), ("d", "é")])
text: client.call_api("/x", "POST", header_params={"Content-Type": "text/plain"}, body="plain")
both: client.call_api("/x", "POST", post_params=[("a", "b")], body={"a": 1})
bad_method: client.call_api("/x", "FETCH")
unserializable: client.call_api("/x", "POST", body={"a": {1, 2}})
host: client.call_api("/x", "GET", _host=conf.host + "/other")
async: client.call_api("/x", "GET", async_req=True).get(10)
not_preloaded: client.call_api("/x", "GET", _preload_content=False)
deserialize: client.deserialize(SimpleNamespace(data='{"id": "4", "status": "ACTIVE"}', status=200), (t.ProductGroupPromotion,), True)
deserialize_list: client.deserialize(SimpleNamespace(data='[{"data": {"id": "4"}}]', status=200), ([t.ProductGroupPromotionUpdateResponseItem],), True)
deserialize_text: client.deserialize(SimpleNamespace(data="hello", status=200), (str,), True)
deserialize_wrong: client.deserialize(SimpleNamespace(data="[]", status=200), (t.ProductGroupPromotionUpdateItem,), True)
""",
    "raw_",
)
# Nothing of these reaches the server.
call(
    r"""
status_none_given: t.EntityStatus()
status_none: t.EntityStatus(None)
status_two: t.EntityStatus("A", "B")
status_unknown: t.EntityStatus("NOPE")
status_int: t.EntityStatus(5)
status_named: t.EntityStatus(value="ACTIVE")
status_twice: t.EntityStatus("ACTIVE", value="ACTIVE")
status_extra: t.EntityStatus("ACTIVE", foo=1)
status_attribute: t.EntityStatus("ACTIVE").foo
status_access: (lambda s: (s.value, s["value"], s.get("value"), s.get("x", 3), "value" in s, "x" in s, str(s), f"{s}", s.to_str()))(t.EntityStatus("ACTIVE"))
status_to_dict: t.EntityStatus("ACTIVE").to_dict
status_set: (lambda s: (setattr(s, "value", "PAUSED"), s))(t.EntityStatus("ACTIVE"))
status_set_wrong: setattr(t.EntityStatus("ACTIVE"), "value", "NOPE")
status_set_other: setattr(t.EntityStatus("ACTIVE"), "foo", "x")
status_unchecked: t.EntityStatus("NOPE", _check_type=False)
status_equal: (t.EntityStatus("ACTIVE") == t.EntityStatus("ACTIVE"), t.EntityStatus("ACTIVE") == t.EntityStatus("PAUSED"), t.EntityStatus("ACTIVE") == t.Granularity("DAY"))
status_tables: (t.EntityStatus.allowed_values, t.Granularity.allowed_values, t.CreativeType.allowed_values, t.ConversionReportTimeType.allowed_values)
creative_unknown: t.CreativeType("NOPE")
granularity_unknown: t.Granularity("NOPE")
report_time: t.ConversionReportTimeType("TIME_OF_CONVERSION")
granularity_weekly: t.Granularity("WEEKLY")
common_positional: t.ProductGroupPromotionCommon(1)
common_none: t.ProductGroupPromotionCommon(None)
common_status_text: t.ProductGroupPromotionCommon(status="ACTIVE")
common_status_converted: t.ProductGroupPromotionCommon(status="ACTIVE", _configuration=conf)
common_status_wrong: t.ProductGroupPromotionCommon(status="NOPE", _configuration=conf)
common_set: t.ProductGroupPromotionCommon(foo={1, 2})
common_bytes: t.ProductGroupPromotionCommon(foo=b"x")
common_misspelt: t.ProductGroupPromotionCommon(trackingurl="x", statuss=5)
common_nested: t.ProductGroupPromotionCommon(foo=[t.ProductGroupPromotionCommon(is_mdl=True), t.EntityStatus("ACTIVE")], bar=t.EntityStatus("PAUSED"))
common_nested_dict: t.ProductGroupPromotionCommon(foo={"a": t.EntityStatus("ACTIVE")})
common_pattern: t.ProductGroupPromotionCommon(catalogs_product_group_id="12a")
common_int: t.ProductGroupPromotionCommon(catalogs_product_group_id=12)
common_id_none: t.ProductGroupPromotionCommon(catalogs_product_group_id=None)
common_pin_none: t.ProductGroupPromotionCommon(collections_hero_pin_id=None)
common_flag_text: t.ProductGroupPromotionCommon(is_mdl="x")
common_flag_int: t.ProductGroupPromotionCommon(is_mdl=1)
common_unset: t.ProductGroupPromotionCommon(is_mdl=True).tracking_url
common_unset_item: t.ProductGroupPromotionCommon(is_mdl=True)["tracking_url"]
common_default: (getattr(t.ProductGroupPromotionCommon(), "x", 7), hasattr(t.ProductGroupPromotionCommon(), "x"))
common_number_key: t.ProductGroupPromotionCommon().__setitem__(1, 2)
common_number_item: t.ProductGroupPromotionCommon()[1]
common_equal: (t.ProductGroupPromotionCommon(is_mdl=True) == t.ProductGroupPromotionCommon(is_mdl=True), t.ProductGroupPromotionCommon() == {}, t.ProductGroupPromotionCommon() != t.ProductGroupPromotionCommon(is_mdl=None))
common_order: list(t.ProductGroupPromotionCommon(tracking_url="x", extra=1, is_mdl=None, status=t.EntityStatus("ACTIVE")).to_dict())
common_assign: (lambda p: (setattr(p, "is_mdl", None), setattr(p, "extra", 5), p))(t.ProductGroupPromotionCommon())
common_assign_wrong: setattr(t.ProductGroupPromotionCommon(), "is_mdl", "x")
common_assign_status: setattr(t.ProductGroupPromotionCommon(), "status", "ACTIVE")
common_hash: hash(t.ProductGroupPromotionCommon())
common_self: t.ProductGroupPromotionCommon(**{"self": 1})
common_validations: (t.ProductGroupPromotionCommon.validations, t.ProductGroupPromotion.validations, t.ProductGroupPromotion.attribute_map, t.ProductGroupPromotionCreateRequest.validations)
common_types: (sorted(t.ProductGroupPromotionCommon.openapi_types), [k.__name__ for k in t.ProductGroupPromotionCommon.openapi_types["status"]], sorted(k.__name__ for k in t.ProductGroupPromotionCommon.additional_properties_type))
request_nothing: t.ProductGroupPromotionCreateRequest()
request_one: t.ProductGroupPromotionCreateRequest("1")
request_three: t.ProductGroupPromotionCreateRequest("1", [], 5)
request_bad_id: t.ProductGroupPromotionCreateRequest("x", [])
request_newline_id: t.ProductGroupPromotionCreateRequest("1\n", [])
request_dict_item: t.ProductGroupPromotionCreateRequest("1", [{"status": "ACTIVE"}])
request_tuple: t.ProductGroupPromotionCreateRequest("1", ())
request_none: t.ProductGroupPromotionCreateRequest("1", None)
request_other_item: t.ProductGroupPromotionCreateRequest("1", [t.ProductGroupPromotionUpdateItem()])
request_extra: t.ProductGroupPromotionCreateRequest("1", [t.ProductGroupPromotionCommon()], foo=1)
request_unchecked: t.ProductGroupPromotionCreateRequest("x", [5], _check_type=False)
request_later_item: (lambda items: (t.ProductGroupPromotionUpdateRequest("1", items), items.append(t.ProductGroupPromotionUpdateItem(id="4"))))([])
promotion_types: t.ProductGroupPromotion(bid_in_micro_currency=1.5)
promotion_bool: t.ProductGroupPromotion(bid_in_micro_currency=True)
promotion_none: t.ProductGroupPromotion(id=None)
promotion_parent: t.ProductGroupPromotion(parent_id="")
promotion_from_data: t.ProductGroupPromotion._from_openapi_data(id="1", status="ACTIVE", _spec_property_naming=True, _configuration=conf)
promotion_from_data_strict: t.ProductGroupPromotion._from_openapi_data(id="1", status="ACTIVE")
promotion_from_data_unchecked: t.ProductGroupPromotion._from_openapi_data(id="1", status="ACTIVE", _check_type=False)
promotion_new: t.ProductGroupPromotion._new_from_openapi_data(id="1", status="ACTIVE", _spec_property_naming=True, _configuration=conf)
item_none: t.ProductGroupPromotionUpdateItem(None)
item_positional: t.ProductGroupPromotionUpdateItem("4")
item_dict: t.ProductGroupPromotionUpdateItem({"id": "4"})
item_int: t.ProductGroupPromotionUpdateItem(id=4)
item_extra: t.ProductGroupPromotionUpdateItem(id="x", status="PAUSED", n=1, none=None)
error_nothing: t.Error()
error_fields: t.Error(1, "x")
error_null: t.Error(1, message=None)
error_text_code: t.Error(code="1", message="x")
exception_model: t.Exception(code=1, message="x")
array_empty: t.ProductGroupPromotionArrayResponse([])
array_none: t.ProductGroupPromotionArrayResponse(None)
array_int: t.ProductGroupPromotionArrayResponse([1])
array_dict: t.ProductGroupPromotionArrayResponse([{"data": {}}])
array_converted: t.ProductGroupPromotionArrayResponse([{"data": {"id": "1"}}], _configuration=conf)
array_equal: t.ProductGroupPromotionArrayResponse([]) == t.ProductGroupPromotionArrayResponse([])
analytics_model: t.ProductGroupAnalyticsResponse([{"A": 1}])
sanitize_model: t.ApiClient.sanitize_for_serialization(t.ProductGroupPromotionCreateRequest("1", [t.ProductGroupPromotionCommon(status=t.EntityStatus("PAUSED"))], foo=t.date(2020, 1, 1)))
sanitize_set: t.ApiClient.sanitize_for_serialization({1, 2})
sanitize_bytes: t.ApiClient.sanitize_for_serialization(b"x")
sanitize_object: t.ApiClient.sanitize_for_serialization(SimpleNamespace())
sanitize_mixed: t.ApiClient.sanitize_for_serialization({"a": (1, t.datetime(2020, 1, 2)), "b": [t.EntityStatus("ACTIVE"), None, True, 1.5], 3: t.ProductGroupPromotionArrayResponse([])})
configuration_keyword: t.Configuration(disabled_client_side_validations="foo")
configuration_keyword_none: t.Configuration(disabled_client_side_validations=None)
configuration_keyword_space: t.Configuration(disabled_client_side_validations="pattern, maxLength")
configuration_unknown: t.Configuration(foo=1)
configuration_defaults: (lambda c: (c.host, c.access_token, c.username, c.api_key, c.api_key_prefix, c.discard_unknown_keys, c.verify_ssl, c.ssl_ca_cert, c.cert_file, c.key_file, c.assert_hostname, c.connection_pool_maxsize, c.proxy, c.no_proxy, c.proxy_headers, c.safe_chars_for_path_param, c.retries, c.client_side_validation, c.socket_options, c.debug, c.logger_file, c.logger_format, c.server_index, c.temp_folder_path))(t.Configuration())
configuration_host: (lambda c: (c.host, c.server_index, setattr(c, "host", "http://y"), c.host))(t.Configuration(host="http://x"))
configuration_hosts: (t.Configuration().get_host_settings(), t.Configuration().get_host_from_settings(0), t.Configuration().get_host_from_settings(None))
configuration_host_5: t.Configuration().get_host_from_settings(5)
configuration_server_index: t.Configuration(host="http://x", server_index=0).host
configuration_auth: (t.Configuration(access_token="x").auth_settings(), t.Configuration().auth_settings())
configuration_report: [line.partition(":")[0] for line in t.Configuration().to_debug_report().splitlines() if ": " in line]
configuration_default: (t.Configuration.set_default(t.Configuration(host="http://d", access_token="x")), t.ApiClient().configuration.host, t.Configuration.get_default_copy() is t.Configuration.get_default_copy(), t.Configuration.set_default(None), t.Configuration.get_default_copy().host)
client_defaults: (lambda c: (c.default_headers, c.user_agent, c.cookie, c.app_type_detailed))(t.ApiClient())
exception_plain: t.ApiException(status=0, reason="x")
exception_args: (t.ApiException(404, "x").args, repr(t.NotFoundException(404, "x")), str(t.NotFoundException(404, "x")), t.ApiException().status)
exception_type: t.ApiTypeError("m", path_to_item=["a", 0, "b"], valid_classes=(str,), key_type=True)
exception_tree: [[k.__name__ for k in e.__mro__ if k.__name__ not in ("object", "BaseException")] for e in (t.ApiTypeError, t.ApiValueError, t.ApiAttributeError, t.ApiKeyError, t.NotFoundException, t.UnauthorizedException, t.ForbiddenException, t.ServiceException)]
endpoint_tables: (lambda e: (e.settings["endpoint_path"], e.settings["http_method"], e.settings["operation_id"], e.settings["auth"], sorted(e.allowed_values), list(e.allowed_values[("columns",)]), e.validations, e.attribute_map, e.location_map, e.collection_format_map))(t.ProductGroupPromotionsApi.__dict__.get("product_groups_analytics_endpoint") or t.ProductGroupPromotionsApi(t.ApiClient()).product_groups_analytics_endpoint)
""",
    "offline_",
)


def describe(value):
    """A value as JSON, with its class where that matters."""
    kind = type(value).__name__
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return {kind: repr(value)}
    if isinstance(value, BaseException):
        facts = {
            name: describe(getattr(value, name)) for name in ("status", "reason", "body", "headers") if hasattr(value, name)
        }
        return {"raised": kind, "message": str(value), **facts}
    if hasattr(value, "_data_store"):
        return {kind: describe(value.to_dict() if "to_dict" in dir(type(value)) else value.value)}
    if hasattr(value, "getlist"):  # urllib3's headers
        return {"headers": sorted(value.items())}
    if hasattr(value, "release_conn"):  # urllib3's response, unread
        return {"unread": value.status, "body": value.data.decode(), "header": value.headers.get("X-Pinterest-Rid")}
    if isinstance(value, list):
        return [describe(one) for one in value]
    if isinstance(value, tuple):
        return {"tuple": [describe(one) for one in value]}
    if isinstance(value, dict):
        return {str(name): describe(one) for name, one in value.items()}
    if isinstance(value, type):
        return {"class": value.__name__}
    return {kind: str(value)}


def names():
    """Everything a call may use, under the old paths."""
    import importlib

    root = "pinterest.generated.client"
    model = importlib.import_module(f"{root}.model.exception")
    found = {"Exception": model.Exception}
    for name in ("", ".exceptions", ".apis", ".model_utils"):
        found.update(vars(importlib.import_module(root + name)))
    for snake in (
        "entity_status",
        "creative_type",
        "granularity",
        "conversion_report_time_type",
        "error",
        "product_group_promotion",
        "product_group_promotion_common",
        "product_group_promotion_create_request",
        "product_group_promotion_update_request",
        "product_group_promotion_update_item",
        "product_group_promotion_update_response_item",
        "product_group_promotion_array_response",
        "product_group_promotion_array_element",
        "product_group_analytics_response",
    ):
        name = "".join(part.capitalize() for part in snake.split("_"))
        found[name] = getattr(importlib.import_module(f"{root}.model.{snake}"), name)
    return SimpleNamespace(**{**found, "Exception": model.Exception})


def run(name, expression, base_url, t):
    """Make one call with a configuration, a client and an API of its own."""
    made = []

    def configuration(token="emulated_token", **settings):
        conf = t.Configuration(host=f"{base_url}/{name}/v5", access_token=token, **settings)
        made.append(t.ApiClient(conf))
        return conf

    conf = configuration()
    client = made[0]
    scope = {
        "t": t,
        "conf": conf,
        "client": client,
        "api": t.ProductGroupPromotionsApi(client),
        "mk": lambda **given: made.append(t.ApiClient(conf, **given)) or t.ProductGroupPromotionsApi(made[-1]),
        "cfg": lambda **given: configuration(**given) and t.ProductGroupPromotionsApi(made[-1]),
        "SimpleNamespace": SimpleNamespace,
    }
    try:
        result = describe(eval(expression, scope))
    except Exception as error:  # noqa: BLE001  (what is raised is the result)
        result = describe(error)
    for client in made:
        client.close()
    return result


def main(given):
    time.sleep = lambda _seconds: None  # neither client shall wait between attempts
    t = names()
    only = given.get("only")
    programs = given.get("programs") or CALLS
    return {name: run(name, text, given["base_url"], t) for name, text in programs.items() if not only or name in only}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
