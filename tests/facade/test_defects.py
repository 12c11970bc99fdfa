"""What 0.1.2 did wrong, and what happens now. Each test names the defect."""

from __future__ import annotations

import datetime
import json
import logging
import socket
import threading
import warnings
from datetime import date

import pytest
import urllib3

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi
from pinterest.generated.client.exceptions import UnusableAnswer
from pinterest.generated.client.models import (
    EntityStatus,
    ProductGroupPromotionCommon,
    ProductGroupPromotionCreateRequest,
    ProductGroupPromotionUpdateItem,
    ProductGroupPromotionUpdateRequest,
)

from .conftest import RESET, SILENCE, TOKEN, http

PROMOTION = {"id": "4", "status": "ACTIVE", "creative_type": "REGULAR"}
REQUEST = ProductGroupPromotionCreateRequest("1", [ProductGroupPromotionCommon(catalogs_product_group_id="5")])
CHANGE = ProductGroupPromotionUpdateRequest("1", [ProductGroupPromotionUpdateItem(id="4", status="PAUSED")])


def get(api, **options):
    return api.product_group_promotion_get("4", "5", **options)


def create(api, **options):
    return api.product_group_promotions_create("4", REQUEST, **options)


def update(api, **options):
    return api.product_group_promotions_update("4", CHANGE, **options)


def analytics(api, **options):
    days = date(2023, 1, 1), date(2023, 1, 31)
    return api.product_groups_analytics("4", *days, ["5"], ["SPEND_IN_DOLLAR"], "DAY", **options)


# ------------------------------------------------------------------------------ values that were changed


def test_analytics_values_arrive_as_they_were_sent(server, api):
    row = {
        "DATE": "2021-04-01",
        "PRODUCT_GROUP_ID": "687195134316123457",
        "TOTAL_CLICKTHROUGH": 216,
        "BIG": 9007199254740993,
        "AD_ID": "20210401",
        "CAMPAIGN_ID": "202104011230",
        "CAMPAIGN_NAME": "May 2023",
        "AD_NAME": "Wednesday",
        "RATIO": 0.25,
        "NOTHING": None,
        "WHEN": "2021-04-01T00:00:00Z",
        "FLAG": True,
    }
    server.will(http(200, [row]))
    (got,) = analytics(api).value
    assert got == row | {"DATE": date(2021, 4, 1)}
    assert [type(value) for value in got.values()] == [
        date,
        str,
        int,
        int,
        str,
        str,
        str,
        str,
        float,
        type(None),
        str,
        bool,
    ]


def test_a_date_with_a_time_is_a_datetime_and_what_is_no_date_stays_text(server, api):
    server.will(http(200, [{"DATE": "2021-04-01T05:00"}, {"DATE": "2021-13-01"}, {"DATE": None}, {"DATE": 5}, {}]))
    found = [row.get("DATE") for row in analytics(api)]
    assert found == [datetime.datetime(2021, 4, 1, 5), "2021-13-01", None, 5, None]


def test_unknown_fields_keep_their_numbers_and_text(server, api):
    server.will(http(200, PROMOTION | {"created_time": 1451431341, "batch": "20210401"}))
    got = get(api)
    assert (got.created_time, type(got.created_time), got.batch) == (1451431341, int, "20210401")


def test_a_plain_dict_as_body_is_sent_as_it_is_and_stays_the_caller_s(server, api):
    server.will(http(200, []))
    body = {"ad_group_id": "1", "product_group_promotion": [{"status": "ACTIVE", "n": 14000000, "day": "20210401"}]}
    before = json.dumps(body)
    api.product_group_promotions_create("4", body)
    assert server.requests[0].endswith(before.encode())
    assert json.dumps(body) == before


# ------------------------------------------------------------------------------ today's answers

SHAPES = {
    "bare": [{"data": PROMOTION, "exceptions": {}}],
    "items": {"items": [{"data": PROMOTION, "exceptions": []}]},
    "items, null": {"items": [{"data": PROMOTION, "exceptions": None}]},
    "one": {"data": PROMOTION},
    "entities": {"items": [PROMOTION]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_create_and_update_take_the_shapes_of_all_generations(shape, server, api):
    server.will(http(200, SHAPES[shape]))
    (created,) = create(api)
    (updated,) = update(api)
    for element in (created, updated):
        assert (element.data.id, element.data.status.value) == ("4", "ACTIVE")
        assert not element.get("exceptions") or not element.exceptions.to_dict()


def test_get_takes_the_shape_of_5_8_to_5_14(server, api):
    server.will(http(200, {"items": [{"data": PROMOTION, "exceptions": None}]}))
    assert get(api).id == "4"


def test_get_says_why_a_wrapped_answer_holds_no_promotion(server, api):
    server.will(http(200, {"items": [{"data": None, "exceptions": [{"code": 2, "message": "Not yours."}]}]}))
    with pytest.raises(old.ApiException, match=r"Not yours\.") as caught:
        get(api)
    assert caught.value.status == 200


def test_the_reasons_of_an_item_come_as_one_or_as_a_list(server, api):
    server.will(http(200, [{"data": None, "exceptions": [{"code": 2, "message": "one"}, {"code": 3, "message": "two"}]}]))
    (element,) = create(api)
    assert element.data is None
    # as code against 0.1.2 reads it, and as code against 0.1.12 reads it
    assert (element.exceptions.code, element.exceptions["message"]) == (2, "one")
    assert [reason.message for reason in element.exceptions] == ["one", "two"]
    assert ("code" in element.exceptions, "nope" in element.exceptions, element.exceptions.get("nope", 7)) == (True, False, 7)
    assert element.to_dict()["exceptions"] == [{"code": 2, "message": "one"}, {"code": 3, "message": "two"}]
    with pytest.raises(old.ApiAttributeError):
        _ = element.exceptions.nope


def test_no_reasons_are_no_error_to_ask_for(server, api):
    server.will(http(200, [{"data": PROMOTION, "exceptions": []}]))
    (element,) = create(api)
    assert not element.exceptions
    assert element.exceptions.get("code") is None


def test_unknown_enum_values_survive(server, api):
    server.will(http(200, PROMOTION | {"status": "FROZEN", "creative_type": "HOLOGRAM"}))
    got = get(api)
    assert (got.status.value, got.creative_type.value) == ("FROZEN", "HOLOGRAM")
    assert got.to_dict()["status"] == "FROZEN"


def test_nulls_and_wrong_types_lose_nothing_else(server, api):
    server.will(http(200, PROMOTION | {"status": None, "id": 4, "ad_group_id": None, "bid_in_micro_currency": 1.5}))
    got = get(api)
    assert (got.status, got.id, got.ad_group_id, got.bid_in_micro_currency) == (None, 4, None, 1.5)
    assert got.creative_type == "REGULAR"


def test_either_name_of_a_renamed_field_finds_the_value(server, api):
    server.will(http(200, PROMOTION | {"catalog_product_group_id": "77"}))
    got = get(api)
    assert (got.catalogs_product_group_id, got.catalog_product_group_id, got["catalogs_product_group_id"]) == ("77",) * 3
    assert "catalogs_product_group_id" in got
    assert "catalogs_product_group_id" not in got.to_dict()
    assert "catalogs_product_group_name" not in got


def test_201_and_204_are_successes(server, api):
    server.will(http(201, [{"data": PROMOTION}]))
    assert len(create(api)) == 1
    server.will(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert get(api) is None
    assert create(api).value == []
    assert update(api) == []
    assert analytics(api).value == []
    assert get(api, _return_http_data_only=False)[:2] == (None, 204)


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf" + json.dumps(PROMOTION).encode(), b'{"id": "4", "x": NaN}'])
def test_json_that_python_takes_is_taken(body, server, api):
    server.will(http(200, body))
    assert get(api).id == "4"


def test_one_byte_that_is_no_utf_8_loses_one_character(server, api):
    server.will(http(200, b'[{"data": {"id": "4", "tracking_url": "caf\xe9"}}]'))
    assert create(api)[0].data.tracking_url == "caf\ufffd"


def test_a_charset_that_nobody_knows_is_no_error(server, api):
    server.will(http(200, PROMOTION, Content_Type="application/json; charset=bogus"))
    assert get(api).id == "4"


def test_list_gives_the_same_elements_for_every_generation(server, api):
    for items in ([{"data": PROMOTION, "exceptions": None}], [PROMOTION]):
        server.will(http(200, {"items": items, "bookmark": "next"}))
        page = api.product_group_promotions_list("4", ad_group_id="1", page_size=2)
        assert [element.data.id for element in page.items] == ["4"]
        assert page["items"][0]["data"]["status"] == "ACTIVE"
        assert (page.bookmark, page.get("bookmark")) == ("next", "next")
    assert server.requests[0].startswith(b"GET /v5/ad_accounts/4/product_group_promotions?ad_group_id=1&page_size=2 HTTP")


# ------------------------------------------------------------------------------ one family of exceptions

UNREADABLE = {
    "html": b"<html>Sign in</html>", "cut": b'{"id": "4"', "empty": b"", "null": b"null", "number": b"5", "text": b'"x"',
    "deep": b"[" * 100_000, "endless number": b'{"id": ' + b"9" * 5000 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("call", [get, create, update, analytics])
def test_a_success_that_cannot_be_read_is_an_api_exception(call, body, server, api):
    server.will(http(200, UNREADABLE[body], x_pinterest_rid="77"))
    with pytest.raises(old.ApiException) as caught:
        call(api)
    error = caught.value
    assert isinstance(error, UnusableAnswer)
    assert isinstance(error, old.ApiTypeError)  # what 0.1.2 raised
    assert (error.status, error.headers["X-Pinterest-RID"]) == (200, "77")
    assert error.body == UNREADABLE[body].decode()
    assert len(error.reason) < 700
    assert len(server.requests) == 1  # a write may have been executed


def test_an_error_page_in_latin_1_keeps_its_status(server, api):
    server.will(http(502, b"<html>caf\xe9</html>"))
    with pytest.raises(old.ServiceException) as caught:
        get(api)
    assert (caught.value.status, caught.value.body) == (502, "<html>caf\ufffd</html>")


def test_the_four_subclasses_are_in_the_root(server, api):
    for status, kind in ((401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (500, "Service"), (599, "Service")):
        server.will(http(status, {"code": 1, "message": "no"}))
        with pytest.raises(getattr(old, f"{kind}Exception")):
            create(api)


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


NETWORK = {
    "refused": lambda configuration: setattr(configuration, "host", f"http://127.0.0.1:{refused_port()}"),
    "scheme": lambda configuration: setattr(configuration, "host", "ftp://127.0.0.1"),
    "proxy refused": lambda configuration: setattr(configuration, "proxy", f"http://127.0.0.1:{refused_port()}"),
    "proxy nonsense": lambda configuration: setattr(configuration, "proxy", "nonsense://"),
    "certificate missing": lambda configuration: (
        setattr(configuration, "host", "https://127.0.0.1"),
        setattr(configuration, "ssl_ca_cert", "/nowhere.pem"),
    ),
}
ANSWERS = {
    "reset": RESET,
    "closed": b"Connection: close",
    "garbage": b"garbage\r\n\r\nConnection: close",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{",
    "cut chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n50\r\n{",
}


@pytest.mark.parametrize("failure", NETWORK)
@pytest.mark.parametrize("call", [get, create])
def test_a_request_that_never_left_is_an_api_exception(call, failure, configuration, pauses):
    NETWORK[failure](configuration)
    with old.ApiClient(configuration) as client, pytest.raises(old.ApiException) as caught:
        call(ProductGroupPromotionsApi(client))
    assert caught.value.status == 0
    assert caught.value.reason
    assert (caught.value.body, caught.value.headers) == (None, None)


@pytest.mark.parametrize("failure", ANSWERS)
@pytest.mark.parametrize(("call", "attempts"), [(get, 4), (create, 1), (update, 1)])
def test_a_broken_connection_is_an_api_exception_and_only_get_tries_again(call, attempts, failure, server, api, pauses):
    server.will(ANSWERS[failure])
    with pytest.raises(old.ApiException) as caught:
        call(api)
    assert caught.value.status == 0
    assert len(server.requests) == attempts


@pytest.mark.parametrize("call", [get, create])
def test_a_timeout_is_an_api_exception(call, server, api):
    server.will(SILENCE)
    api.api_client.configuration.retries = 0
    with old.ApiClient(api.api_client.configuration) as client, pytest.raises(old.ApiException, match="TimedOut") as caught:
        call(ProductGroupPromotionsApi(client), _request_timeout=(5, 0.05))
    assert caught.value.status == 0
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert len(server.requests) == 1


# ------------------------------------------------------------------------------ waiting and repeating


def test_there_is_a_timeout_by_default(api, monkeypatch):
    asked = []

    def send(transport, request):
        asked.append((request.connect_seconds, request.read_seconds))
        raise KeyboardInterrupt

    monkeypatch.setattr("pinshop.transports.urllib3.Urllib3Transport.send", send)
    for options in (
        {},
        {"_request_timeout": None},
        {"_request_timeout": 0},
        {"_request_timeout": 3},
        {"_request_timeout": (1, 2)},
    ):
        with pytest.raises(KeyboardInterrupt):
            get(api, **options)
    assert asked == [(5, 60), (5, 60), (5, 60), (3, 3), (1, 2)]


@pytest.mark.parametrize("wrong", ["5", (1, 2, 3), (1, "2"), {1, 2}, -1, (1, -2), float("nan")])
def test_a_timeout_that_is_none_is_refused(wrong, server, api):
    with pytest.raises(old.ApiValueError, match="_request_timeout"):
        get(api, _request_timeout=wrong)
    with pytest.raises(old.ApiValueError, match="_request_timeout"):
        get(api, _request_timeout=wrong, async_req=True)
    assert not server.requests


def test_retry_after_is_obeyed_up_to_a_minute(server, api, pauses):
    server.will(http(429, {}, Retry_After="7"), http(503, {}, Retry_After="2"), http(200, PROMOTION))
    assert get(api).id == "4"
    assert [int(seconds) for seconds in pauses] == [7, 2]


def test_retry_after_an_hour_is_raised_at_once(server, api, pauses):
    server.will(http(429, {}, Retry_After="3600"))
    with pytest.raises(old.ApiException) as caught:
        get(api)
    assert (caught.value.status, caught.value.headers["retry-after"], pauses, len(server.requests)) == (429, "3600", [], 1)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_write_that_was_refused_is_sent_once(status, server, api, pauses):
    server.will(http(status, {}, Retry_After="1"))
    for call in (create, update):
        server.requests.clear()
        with pytest.raises(old.ApiException):
            call(api)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [
        (None, 4),
        (0, 1),
        (False, 1),
        (1, 2),
        (5, 6),
        (urllib3.Retry(2), 3),
        (urllib3.Retry(5, read=1), 2),
        (urllib3.Retry(total=None, read=2), 3),
    ],
)
def test_retries_says_how_often_get_tries_again(retries, attempts, server, configuration, pauses):
    server.will(RESET)
    configuration.retries = retries
    with old.ApiClient(configuration) as client, pytest.raises(old.ApiException):
        get(ProductGroupPromotionsApi(client))
    assert len(server.requests) == attempts


def test_retries_may_name_statuses(server, configuration, pauses):
    server.will(http(502), http(502), http(200, PROMOTION))
    configuration.retries = urllib3.Retry(3, status_forcelist=[502])
    with old.ApiClient(configuration) as client:
        assert get(ProductGroupPromotionsApi(client)).id == "4"


@pytest.mark.parametrize("answer", [RESET, http(500)])
def test_no_retries_make_a_write_repeat_that_may_have_been_executed(answer, server, configuration, pauses):
    server.will(answer)
    configuration.retries = urllib3.Retry(5, status_forcelist=[500], allowed_methods=None)
    with old.ApiClient(configuration) as client:
        for call in (create, update):
            server.requests.clear()
            with pytest.raises(old.ApiException):
                call(ProductGroupPromotionsApi(client))
            assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [get, create])
def test_redirects_are_not_followed(call, status, server, configuration):
    server.will(http(status, b"", Location=f"http://localhost:{server.port}/elsewhere"))
    with old.ApiClient(configuration, cookie="secret=1") as client, pytest.raises(old.ApiException) as caught:
        call(ProductGroupPromotionsApi(client))
    assert (caught.value.status, len(server.requests)) == (status, 1)


# ------------------------------------------------------------------------------ closing, threads


def test_close_closes_the_connections(server, configuration):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with old.ApiClient(configuration) as client:
            get(ProductGroupPromotionsApi(client))
        assert server.closed.acquire(timeout=10)
        get(ProductGroupPromotionsApi(client))  # and it still works
        client.close()
    assert server.closed.acquire(timeout=10)


def test_async_req_is_concurrent_by_default(server, api):
    server.gate = threading.Barrier(16)  # no answer before 16 requests are there
    results = [get(api, async_req=True) for _ in range(16)]
    assert [result.get(20).id for result in results] == ["4"] * 16
    assert all(result.ready() and result.successful() for result in results)


def test_async_req_raises_for_arguments_at_once_and_for_answers_later(server, api):
    server.will(http(404))
    with pytest.raises(old.ApiValueError):
        api.product_group_promotion_get("x", "5", async_req=True)
    result = get(api, async_req=True)
    result.wait(10)
    assert not result.successful()
    with pytest.raises(old.NotFoundException):
        result.get()


def test_leaving_the_block_waits_for_calls_under_way(server, configuration):
    with old.ApiClient(configuration, pool_threads=2) as client:
        results = [get(ProductGroupPromotionsApi(client), async_req=True) for _ in range(8)]
    assert all(result.ready() for result in results)


# ------------------------------------------------------------------------------ the token


def test_the_token_is_nowhere_but_in_the_request(server, configuration, caplog, capfd):
    configuration.debug = True
    server.will(http(200, PROMOTION), http(401, {"code": 2, "message": "Authentication failed."}))
    try:
        with caplog.at_level(logging.DEBUG), old.ApiClient(configuration) as client:
            api = ProductGroupPromotionsApi(client)
            told = [repr(client), repr(configuration), repr(get(api)), configuration.to_debug_report()]
            with pytest.raises(old.UnauthorizedException) as caught:
                get(api)
            error = caught.value
            told += [str(error), repr(error), str(error.__dict__), str(error.__cause__), repr(client.last_response)]
    finally:
        configuration.debug = False
    assert TOKEN.encode() in server.requests[0]
    assert "response body" in caplog.text
    shown = "".join(told) + caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in shown


def test_a_token_with_a_line_end_is_refused_without_showing_it(server, configuration):
    configuration.access_token = TOKEN + "\n"
    with old.ApiClient(configuration) as client, pytest.raises(ValueError, match="Authorization") as caught:
        get(ProductGroupPromotionsApi(client))
    assert TOKEN not in str(caught.value)
    assert not server.requests


def test_no_answer_reaches_into_the_client(server, api):
    server.will(http(200, {"id": "4", "self": 1, "_check_type": False, "get": "x", "to_dict": "y", "_data_store": "z"}))
    got = get(api)
    assert got["self"] == 1
    assert got.get("id") == "4"
    assert got.to_dict()["_data_store"] == "z"


def test_no_index_leads_to_another_host_than_the_configured_one(server, api):
    assert get(api, _host_index=0).id == "4"
    with pytest.raises(ValueError, match="Invalid index 5"):
        get(api, _host_index=5)
    assert len(server.requests) == 1


def test_an_id_cannot_climb_out_of_the_path(server, api):
    api.api_client.configuration.disabled_client_side_validations = "pattern"
    get_anything = api.product_group_promotion_get("..", ".")
    assert get_anything.id == "4"
    assert server.requests[0].startswith(b"GET /v5/ad_accounts/%2E%2E/product_group_promotions/%2E HTTP/1.1\r\n")


@pytest.mark.parametrize("wrong", ["4\n", "٣", " 4", "4 "])
def test_an_id_is_ascii_digits_and_nothing_else(wrong, server, api):
    with pytest.raises(old.ApiValueError, match="must match regular expression"):
        api.product_group_promotion_get(wrong, "5")
    assert not server.requests


def test_later_values_of_the_api_are_taken(server, api):
    server.will(http(200, []))
    api.product_groups_analytics("4", "2023-01-01", "2023-01-02", ["5"], ["TOTAL_CLICKTHROUGH"], "WEEKLY", view_window_days=0)
    assert b"?view_window_days=0&" in server.requests[0]
    assert b"&granularity=WEEK " in server.requests[0]
    assert EntityStatus("DRAFT").value == "DRAFT"
