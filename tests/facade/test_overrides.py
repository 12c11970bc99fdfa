"""What old programs hook into: overridden methods, test doubles, settings; and the exceptions they catch."""

from __future__ import annotations

import datetime
import logging
import pickle
import subprocess
import sys
from unittest import mock

import pytest
import urllib3

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi
from pinterest.generated.client.exceptions import ApiException, ApiTypeError, ApiValueError, UnusableAnswer
from pinterest.generated.client.models import ProductGroupPromotionCommon

from .conftest import RESET, TOKEN, http

PROMOTION = {"id": "4", "status": "ACTIVE"}


class Watching(old.ApiClient):
    """A subclass as programs have it: it looks at every request, and signs in its own way."""

    def __init__(self, *args, **kwargs) -> None:
        self.seen: list[tuple] = []
        super().__init__(*args, **kwargs)

    def update_params_for_auth(self, headers, queries, auth_settings, resource_path, method, body):
        self.seen.append(("auth", auth_settings, resource_path, method, body))
        headers["Authorization"] = "Bearer mine"

    def request(self, method, url, **kwargs):
        self.seen.append(("request", method, url, kwargs["body"]))
        return super().request(method, url + "&x=1" if "?" in url else url, **kwargs)


def test_an_overridden_request_and_signature_are_used(server, configuration):
    server.will(http(200, [{"data": PROMOTION, "exceptions": None}]))
    with Watching(configuration) as client:
        body = {"ad_group_id": "1", "product_group_promotion": [ProductGroupPromotionCommon(is_mdl=True)]}
        client.call_api("/x", "POST", body=body, auth_settings=["pinterest_oauth2"])
    plain = {"ad_group_id": "1", "product_group_promotion": [{"is_mdl": True}]}
    assert client.seen == [
        ("auth", ["pinterest_oauth2"], "/x", "POST", plain),
        ("request", "POST", server.base_url + "/x", plain),
    ]
    assert b"Authorization: Bearer mine\r\n" in server.requests[0]


def test_a_rest_client_of_ones_own_is_used(configuration):
    class Double:
        def GET(self, url, **options):
            self.asked = url, options
            return mock.Mock(status=200, data=b'{"id": "4"}', headers={}, getheaders=dict)

        def close(self):
            pass

    with old.ApiClient(configuration) as client:
        client.rest_client = double = Double()
        assert client.call_api("/x", "GET", query_params=[("a", "b")], response_type=({str: (str,)},))[0] == {"id": "4"}
    assert double.asked[0] == configuration.host + "/x"
    assert double.asked[1]["query_params"] == [("a", "b")]


@pytest.mark.parametrize(
    ("place", "found"),
    [("query", b"GET /v5/x?a=b&key=s3cret HTTP"), ("header", b"key: s3cret\r\n"), ("cookie", b"Cookie: s3cret\r\n")],
)
def test_a_key_goes_where_its_scheme_says(server, place, found):
    class Keys(old.Configuration):
        def auth_settings(self):
            return {"mine": {"type": "api_key", "in": place, "key": "key", "value": "s3cret"}}

    with old.ApiClient(Keys(host=server.base_url)) as client:
        client.call_api("/x", "GET", query_params={"a": "b"}, auth_settings=["mine", "unknown"])
    assert found in server.requests[0]


def test_a_key_that_belongs_nowhere_is_refused(configuration):
    configuration.auth_settings = lambda: {"mine": {"in": "body", "key": "k", "value": "v"}}
    with old.ApiClient(configuration) as client, pytest.raises(ApiValueError, match="must be in `query` or `header`"):
        client.call_api("/x", "GET", auth_settings=["mine"])


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], 1.5, None, object()])
def test_a_header_that_is_no_text_is_refused(server, client, value):
    with pytest.raises(ApiTypeError, match="header `X-A`"):
        client.call_api("/x", "GET", header_params={"X-A": value})
    assert server.requests == []


def test_user_agent_is_an_argument(server, configuration):
    with old.ApiClient(configuration, user_agent="mine/1") as client:
        client.call_api("/x", "GET")
    assert b"User-Agent: mine/1\r\n" in server.requests[0]


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "iso-8859-1", '"UTF-8"'])
def test_an_answer_is_read_in_its_charset(server, api, charset):
    body = '{"id": "4", "definition": "café"}'.encode(charset.strip('"'))
    server.will(http(200, body, Content_Type=f"application/json; charset={charset}"))
    assert api.product_group_promotion_get("4", "4").definition == "café"


@pytest.mark.parametrize("charset", ["rot13", "base64", "bogus", ""])
def test_a_charset_that_is_none_is_utf_8(server, api, charset):
    server.will(http(200, '{"id": "é"}'.encode(), Content_Type=f"application/json; charset={charset}"))
    assert api.product_group_promotion_get("4", "4").id == "é"


def test_refused_bodies_are_logged_too(server, api, configuration, caplog):
    server.will(http(400, {"code": 1, "message": "no such thing"}))
    configuration.debug = True
    try:
        with caplog.at_level(logging.DEBUG), pytest.raises(ApiException):
            api.product_group_promotion_get("4", "4")
    finally:
        configuration.debug = False
    assert "no such thing" in caplog.text
    assert TOKEN not in caplog.text


def test_disabled_validations_are_disabled_inside_bodies_as_well(server, configuration):
    configuration.disabled_client_side_validations = "pattern"
    server.will(http(200, []))
    with old.ApiClient(configuration) as client:
        ProductGroupPromotionsApi(client).product_group_promotions_create(
            "4", {"ad_group_id": "draft-7", "product_group_promotion": [{"catalogs_product_group_id": "x y"}]}
        )
    assert b'"ad_group_id": "draft-7"' in server.requests[0]


def test_and_are_made_otherwise(server, api):
    with pytest.raises(ApiValueError, match="regular expression"):
        api.product_group_promotions_create("4", {"ad_group_id": "draft-7", "product_group_promotion": []})
    assert server.requests == []


@pytest.mark.parametrize(
    ("types", "sent", "expected"),
    [
        ((datetime.date,), '"2023-01-02"', datetime.date(2023, 1, 2)),
        ((datetime.datetime,), '"2023-01-02T03:04:05"', datetime.datetime(2023, 1, 2, 3, 4, 5)),
        (([datetime.date],), '["2023-01-02"]', [datetime.date(2023, 1, 2)]),
        (({str: (datetime.date,)},), '{"a": "2023-01-02"}', {"a": datetime.date(2023, 1, 2)}),
        ((float,), "5", 5.0),
        ((int,), "5", 5),
        ((str,), '"x"', "x"),
    ],
)
def test_call_api_converts_what_it_did(server, client, types, sent, expected):
    server.will(http(200, sent.encode()))
    value, status, headers = client.call_api("/x", "GET", response_type=types)
    assert (value, type(value), status) == (expected, type(expected), 200)
    assert headers["content-length"] == str(len(sent))


def test_call_api_takes_pairs(server, client):
    client.call_api("/x/{id}", "GET", path_params=[("id", "a/b")], query_params=(("q", 1), ("r", "s t")))
    assert server.requests[0].startswith(b"GET /v5/x/a%2Fb?q=1&r=s+t HTTP/1.1\r\n")


# ------------------------------------------------------------------------------------------ exceptions


@pytest.mark.parametrize("catches", [ApiException, urllib3.exceptions.HTTPError, urllib3.exceptions.MaxRetryError])
def test_both_families_catch_a_read_that_the_network_lost(server, api, configuration, catches):
    server.will(RESET)
    configuration.retries = False
    with pytest.raises(catches) as caught:
        ProductGroupPromotionsApi(old.ApiClient(configuration)).product_group_promotion_get("4", "4")
    assert caught.value.status == 0
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize("catches", [ApiException, urllib3.exceptions.HTTPError, urllib3.exceptions.ProtocolError])
def test_both_families_catch_a_write_that_the_network_lost(server, api, catches):
    server.will(RESET)
    with pytest.raises(catches):
        api.product_group_promotions_create("4", {"ad_group_id": "1", "product_group_promotion": []})
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[", b'"text"'])
def test_an_unusable_answer_has_status_headers_and_body(server, api, answer):
    server.will(http(200, answer, X_Mine="1"))
    with pytest.raises(UnusableAnswer) as caught:
        api.product_group_promotion_get("4", "4")
    assert (caught.value.status, caught.value.headers["x-mine"], caught.value.body) == (200, "1", answer.decode())


# ------------------------------------------------------------------------------------------ what is not shipped

OUR_SENTENCE = "holds product group promotions only; use pinshop.Client"


@pytest.mark.parametrize(
    "statement",
    [
        "import pinterest.generated.client.api.ads_api",
        "from pinterest.generated.client.api import ads_api",
        "from pinterest.generated.client.api.campaigns_api import CampaignsApi",
        "from pinterest.generated.client.apis import AdsApi",
        "from pinterest.generated.client.models import AdCommon",
        "from pinterest.generated.client.model.ad_common import AdCommon",
        "from pinterest.generated.client.model_utils import cached_property",
    ],
)
def test_what_is_not_shipped_says_so(statement):
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: pinterest.generated.client.")
    assert OUR_SENTENCE in last


@pytest.mark.parametrize("statement", ["import pinterest.generated.nothing", "import pinterest.ads", "import pinshop.nothing"])
def test_other_names_are_missing_in_the_usual_words(statement):
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=False)
    assert "No module named" in done.stderr
