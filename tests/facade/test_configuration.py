"""Configuration: copies, the default, logging that leaves others' alone, and the settings of connections."""

from __future__ import annotations

import copy
import http.client
import logging
import pickle

import pytest

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi
from pinterest.generated.client.rest import should_bypass_proxies

from .conftest import http as answer

LOGGERS = ("pinterest.generated.client", "urllib3")


@pytest.fixture(autouse=True)
def levels():
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    yield before
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_making_one_leaves_the_user_s_logging_alone():
    logging.getLogger("urllib3").setLevel(logging.INFO)
    old.Configuration()
    copy.deepcopy(old.Configuration())
    assert logging.getLogger("urllib3").level == logging.INFO


def test_debug_raises_two_levels_and_puts_them_back(levels):
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    configuration = old.Configuration()
    configuration.debug = True
    assert [logging.getLogger(name).level for name in LOGGERS] == [logging.DEBUG] * 2
    assert http.client.HTTPConnection.debuglevel == 0  # it would print every request, the token too
    configuration.debug = False
    assert logging.getLogger("urllib3").level == logging.ERROR


def test_a_log_file_is_written_once_and_can_be_ended(tmp_path):
    path = tmp_path / "log"
    configuration = old.Configuration()
    configuration.logger_file = str(path)
    copied = copy.deepcopy(configuration)
    assert copied.logger_file == str(path)
    logging.getLogger("pinterest.generated.client").error("once")
    configuration.logger_file = None
    logging.getLogger("pinterest.generated.client").error("never")
    assert path.read_text().count("once") == 1
    assert "never" not in path.read_text()


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_keep_the_settings(make):
    configuration = old.Configuration(host="http://x", access_token="emulated_x", disabled_client_side_validations="pattern")
    configuration.retries = 3
    made = make(configuration)
    assert (made.host, made.access_token, made.retries) == ("http://x", "emulated_x", 3)
    made.host = "http://y"
    assert configuration.host == "http://x"


def test_no_text_of_it_shows_the_token():
    configuration = old.Configuration(access_token="emulated_secret")
    assert "secret" not in repr(configuration) + str(configuration) + configuration.to_debug_report()


def test_the_default_is_a_copy():
    configuration = old.Configuration(host="http://x")
    old.Configuration.set_default(configuration)
    try:
        configuration.host = "http://y"
        assert ProductGroupPromotionsApi().api_client.configuration.host == "http://x"
    finally:
        old.Configuration.set_default(None)
    assert old.ApiClient().configuration.host == "https://api.pinterest.com/v5"


def test_nothing_is_read_from_the_environment(server, configuration, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", "emulated_other")
    with old.ApiClient(configuration) as client:
        assert ProductGroupPromotionsApi(client).product_group_promotion_get("4", "5").id == "4"


def test_a_proxy_gets_the_whole_address_and_its_own_headers(server):
    configuration = old.Configuration(host="http://api.example/v5", access_token="emulated_x")
    configuration.proxy = server.base_url.removesuffix("/v5")
    configuration.proxy_headers = {"X-Proxy": "1"}
    with old.ApiClient(configuration) as client:
        ProductGroupPromotionsApi(client).product_group_promotion_get("4", "5")
    assert server.requests[0].startswith(b"GET http://api.example/v5/ad_accounts/4/product_group_promotions/5 HTTP/1.1\r\n")
    assert b"X-Proxy: 1\r\n" in server.requests[0]


def test_no_proxy_exempts_a_host(server, configuration):
    configuration.proxy = "http://127.0.0.1:1"
    configuration.no_proxy = "127.0.0.0/8"
    with old.ApiClient(configuration) as client:
        assert ProductGroupPromotionsApi(client).product_group_promotion_get("4", "5").id == "4"


@pytest.mark.parametrize(
    ("url", "no_proxy", "bypassed"),
    [
        ("http://10.1.2.3/x", "10.0.0.0/8", True),
        ("http://11.1.2.3/x", "10.0.0.0/8", False),
        ("http://a.example", "*", True),
        ("http://a.example", "example", True),
        ("http://a.example", "b.example, .c.example", False),
        ("http://x", None, False),
        ("http://x", "", False),
        ("nonsense", "x", True),
        ("http://10.1.2.3", "10.1.2.3", True),
    ],
)
def test_no_proxy_takes_names_domains_networks_and_a_star(url, no_proxy, bypassed):
    assert should_bypass_proxies(url, no_proxy) is bypassed


def test_connections_are_kept_for_as_many_threads_as_there_are(server, configuration, caplog):
    server.will(answer(200, {"id": "4"}))
    with old.ApiClient(configuration) as client:
        api = ProductGroupPromotionsApi(client)
        for result in [api.product_group_promotion_get("4", "5", async_req=True) for _ in range(64)]:
            result.get(20)
    assert "pool is full" not in caplog.text


def test_socket_options_reach_the_socket(server, configuration, monkeypatch):
    import socket

    configuration.socket_options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    seen = []
    monkeypatch.setattr("urllib3.util.connection._set_socket_options", lambda _, options: seen.append(options))
    with old.ApiClient(configuration) as client:
        ProductGroupPromotionsApi(client).product_group_promotion_get("4", "5")
    assert seen == [configuration.socket_options]
