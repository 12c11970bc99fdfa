"""Prism stands between client and emulator and checks both sides against Pinterest's description."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from pathlib import Path

import pytest

from pinshop import Client, NotFound
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.http import API_PREFIX, BaseUrl
from pinshop.api.operations import API_VERSIONS
from pinshop.emulator import Emulator


@pytest.fixture
def prism(foreign_npm) -> Path:
    return foreign_npm("@stoplight/prism-cli@5", "prism")


@contextlib.contextmanager
def proxy(prism: Path, description: Path, upstream: str):
    """Prism on a free port; a violation by either side becomes an error it answers itself (422 or 500)."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(prism), "proxy", str(description), upstream, "--errors", "--port", str(port), "--host", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout:
            if "listening" in line.lower():
                break
        else:
            pytest.fail("Prism did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(10)


def only_ours(description: dict) -> dict:
    """Prism reads the whole file before it listens; the operations we know are a tenth of it.

    It serves paths without the prefix that the description gives to its server, so they are written out.
    """
    paths = {operation.path for operation in OPERATIONS}
    return description | {"paths": {API_PREFIX + path: item for path, item in description["paths"].items() if path in paths}}


@pytest.mark.parametrize("api_version", API_VERSIONS)
def test_a_promotion_s_life_breaks_no_rule_of_the_description(api_version, described, prism, tmp_path):
    file = tmp_path / "description.json"
    file.write_text(json.dumps(only_ours(described(api_version).source)))
    with (
        Emulator(api_version=api_version) as emulator,
        proxy(prism, file, BaseUrl.parse(emulator.base_url).origin) as url,
        Client(emulator.access_token, base_url=url, api_version=api_version) as client,
    ):
        account = emulator.ad_account_id
        groups = emulator.catalog_product_group_ids[:3]
        created = client.promotions.create(
            account,
            emulator.ad_group_id,
            [{"catalog_product_group_id": group, "status": "ACTIVE", "creative_type": "SHOPPING"} for group in groups],
        )
        created.raise_if_failed()
        ids = [outcome.id for outcome in created]
        updated = client.promotions.update(account, emulator.ad_group_id, [{"id": ids[0], "status": "PAUSED"}])
        updated.raise_if_failed()
        if api_version != "5.6":  # there is no list in 5.6
            listed = client.promotions.list(account, ad_group_id=emulator.ad_group_id, page_size=1)
            assert {promotion.id: promotion.status for promotion in listed} == dict(
                zip(ids, ["PAUSED", "ACTIVE", "ACTIVE"], strict=True)
            )
        assert client.promotions.get(account, ids[0]).status == "PAUSED"
        start = emulator.clock.now().date()
        emulator.clock.advance(days=7)
        columns = ["SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH"]
        end = emulator.clock.now().date()
        rows = client.promotions.analytics(account, ids, start_date=start, end_date=end, columns=columns, granularity="DAY")
        assert {row["PRODUCT_GROUP_ID"] for row in rows} >= set(ids[1:])
        with pytest.raises(NotFound):
            client.promotions.get(account, "999999999999")
        assert emulator.calls.count() >= 5
