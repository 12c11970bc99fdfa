"""The settings of `Configuration` that concern TLS."""

from __future__ import annotations

import pytest
import urllib3

import pinterest.generated.client as old
from pinterest.generated.client.api.product_group_promotions_api import ProductGroupPromotionsApi
from servers import Authority

from .conftest import BadDay


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def get(server, **settings):
    configuration = old.Configuration(host=server.base_url, access_token="emulated_x")
    for name, value in settings.items():
        setattr(configuration, name, value)
    with old.ApiClient(configuration) as client:
        return ProductGroupPromotionsApi(client).product_group_promotion_get("4", "5").id


def test_a_certificate_of_nobody_known_is_an_api_exception(authority):
    with BadDay(authority.server()) as server:
        with pytest.raises(old.ApiException, match="TLSError") as caught:
            get(server)
        assert caught.value.status == 0
        assert server.connections == 1  # nothing changes by trying again


def test_ssl_ca_cert_names_whom_to_trust(authority):
    with BadDay(authority.server()) as server:
        assert get(server, ssl_ca_cert=str(authority.file)) == "4"


def test_the_host_must_be_the_certificate_s(authority):
    with BadDay(authority.server("10.9.8.7")) as server:
        with pytest.raises(old.ApiException, match="TLSError"):
            get(server, ssl_ca_cert=str(authority.file))
        assert get(server, ssl_ca_cert=str(authority.file), assert_hostname=False) == "4"
        assert get(server, ssl_ca_cert=str(authority.file), assert_hostname="10.9.8.7") == "4"


def test_verify_ssl_false_verifies_nothing_and_urllib3_warns(authority):
    with BadDay(authority.server("10.9.8.7")) as server, pytest.warns(urllib3.exceptions.InsecureRequestWarning):
        assert get(server, verify_ssl=False) == "4"


def test_cert_file_is_shown_to_a_server_that_asks(authority):
    with BadDay(authority.server(wants_client=True)) as server:
        pem = str(authority.issue())
        assert get(server, ssl_ca_cert=str(authority.file), cert_file=pem) == "4"
        assert get(server, ssl_ca_cert=str(authority.file), cert_file=pem, key_file=pem) == "4"
        with pytest.raises(old.ApiException):
            get(server, ssl_ca_cert=str(authority.file), retries=0)
