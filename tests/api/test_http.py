"""One meaning of a base URL, wherever it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop import Client
from pinshop.api.http import BaseUrl, Url
from pinshop.credentials import find
from pinshop.credentials.profiles import profiles_path, read_profiles
from pinshop.errors import ConfigurationError, InvalidInput
from pinshop.flow.oauth import token_request
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App

MEANINGS = [
    ("https://api.pinterest.com", "https://api.pinterest.com", "/v5"),
    ("https://api.pinterest.com/", "https://api.pinterest.com", "/v5"),
    ("https://api.pinterest.com/v5", "https://api.pinterest.com", "/v5"),
    ("https://api.pinterest.com/v5/", "https://api.pinterest.com", "/v5"),
    ("HTTPS://API.Pinterest.com:443/v5", "https://api.pinterest.com", "/v5"),
    ("http://127.0.0.1:4010", "http://127.0.0.1:4010", "/v5"),
    ("http://127.0.0.1:80/v5", "http://127.0.0.1", "/v5"),
    ("http://[::1]:4010", "http://[::1]:4010", "/v5"),
    ("http://[::1]", "http://[::1]", "/v5"),
    ("http://emulator_1:1/", "http://emulator_1:1", "/v5"),
    ("https://gateway.example/pinterest/v5/", "https://gateway.example", "/pinterest/v5"),
    ("https://gateway.example/pinterest", "https://gateway.example", "/pinterest"),
    ("https://gateway.example/a%20b", "https://gateway.example", "/a%20b"),
    ("https://host.example.:8443/v5", "https://host.example.:8443", "/v5"),
]

_WORDS = """
https:// https: api.pinterest.com api.pinterest.com/v5 //api.pinterest.com/v5 /v5
ftp://api.pinterest.com file:///v5 https:/api.pinterest.com https:///v5 https://:4010/v5
https://user:pw@api.pinterest.com/v5 https://user@api.pinterest.com https://:pw@host https://@host https://:@host
https://host/@v5? https://host? https://host/v5?x=1 https://host/v5? https://host# https://host/v5#part
https://h\u00f4st/v5 https://host/v\u00e9 https://ho\u3002st https://host/v\u0665
https://host:0 https://host: https://host:65536 https://host:99999/v5 https://host:abc https://host:-1 https://host:80:80
https://host:8_0 https://host:+80 https://[::1 https://::1/v5 https://[::g] https://[::1]x:80 https://[host]/v5 https://[::1]:
https://a..b https://.host https://-host https://host-/v5 https://ho%73t https://ho<st> https://host\\v5
https://host//v5 https://host/../v5 https://host/./v5 https://host/v5// https://host/%zz https://host/<v5> https://host/"v5"
"""

_WITH_SPACES = [
    "", "https://host/v 5", " https://host", "https://host ", "https://host/v5\r\nX: y", "https://ho\tst", "https://ho st",
    "https://host/\x7f", "https://host\x00",
]  # fmt: skip

REFUSED = _WORDS.split() + _WITH_SPACES


def everywhere(text: str, folder: Path) -> set[tuple[str, str]]:
    """What each place that takes a base URL makes of it."""
    found = set()
    with Client("emulated_x", base_url=text) as client:
        found.add((client._session.origin, client._session.prefix))
    environ = {"PINTEREST_ACCESS_TOKEN": "emulated_x"}
    for client in (
        Client.from_env(environ=environ, base_url=text),
        Client.from_env(environ={**environ, "PINTEREST_API_URI": text}),
        Client.from_env(environ={**environ, "PINTEREST_BASE_URL": text}),
    ):
        with client:
            found.add((client._session.origin, client._session.prefix))
            assert client.credentials.base_url == client._session.origin + client._session.prefix
    request = token_request(text, App("1", Secret("s")), {})
    found.add((request.origin, request.target.removesuffix("/oauth/token")))
    path = profiles_path({"PINSHOP_CONFIG_DIR": str(folder)})
    path.write_text(f'[acme]\nbase_url = "{text}"\n')
    base = BaseUrl.parse(read_profiles(path)["acme"].base_url)
    found.add((base.origin, base.prefix))
    found.add((find.from_environment({**environ, "PINTEREST_API_URI": text}).base_url or "", ""))
    return found


@pytest.mark.parametrize(("text", "origin", "prefix"), MEANINGS)
def test_a_base_url_means_the_same_wherever_it_is_written(text, origin, prefix, tmp_path):
    assert everywhere(text, tmp_path) == {(origin, prefix), (origin + prefix, "")}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_base_url_is_refused_wherever_it_is_written(text):
    environ = {"PINTEREST_ACCESS_TOKEN": "emulated_x"}
    places = [
        lambda: BaseUrl.parse(text, "base_url"),
        lambda: Client("emulated_x", base_url=text),
        lambda: Client.from_env(environ=environ, base_url=text),
        lambda: token_request(text, App("1", Secret("s")), {}),
    ]
    if text.strip():  # an empty variable counts as not set, and what surrounds one is dropped
        places.append(lambda: Client.from_env(environ={**environ, "PINTEREST_API_URI": text}))
    if text != text.strip():
        places.pop()
    for place in places:
        with pytest.raises(InvalidInput, match=r"(base_url|PINTEREST_API_URI): got .*http\(s\)://host") as caught:
            place()
        assert isinstance(caught.value, ConfigurationError)


@pytest.mark.parametrize(
    "text", ["https://:hunter2@host", "https://user:hunter2@host/v5", "https://host/v5?t=hunter2", "https://host#hunter2"]
)
def test_a_secret_in_a_base_url_is_not_shown(text):
    with pytest.raises(InvalidInput) as caught:
        BaseUrl.parse(text)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__dict__)


@given(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.sampled_from(["", "http://", "https://", "https://host", "https://h/"]),
)
def test_a_base_url_is_read_to_a_fixed_point_or_refused(text, before):
    try:
        base = BaseUrl.parse(before + text)
    except InvalidInput:
        return
    assert BaseUrl.parse(str(base)) == base
    assert re.fullmatch(r"https?://[a-z0-9._:\[\]-]+", base.origin)
    assert re.fullmatch(r"(/[!-.0-~]+)+", base.prefix)
    assert not set("@?#\\") & set(base.origin)


def test_a_url_knows_its_target_and_whether_it_is_local():
    url = Url.parse("https://Host.example:8443/a/b?c=d&e")
    assert (url.origin, url.target, url.host, url.port) == ("https://host.example:8443", "/a/b?c=d&e", "host.example", 8443)
    assert [Url.parse(f"http://{host}").local for host in ("localhost", "x.localhost", "127.9.9.9", "[::1]")] == [True] * 4
    assert [Url.parse(f"http://{host}").local for host in ("127.0.0.1.example", "10.0.0.1", "localhost.example")] == [False] * 3
