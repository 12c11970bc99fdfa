"""The state on disk, as YAML, and from answers of the real API."""

from __future__ import annotations

import contextlib
import copy
import sqlite3

import msgspec
import pytest
import yaml

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage.schema import COLUMNS
from pinshop.errors import ConfigurationError

NOW = "2026-03-02T12:00:00Z"


def _get(emulator, path):
    headers = {"Authorization": f"Bearer {emulator.access_token}"}
    reply = emulator.handle(Request("GET", "http://h", f"/v5{path}", headers))
    assert reply.status == 200, reply.body
    return msgspec.json.decode(reply.body)


def test_a_data_file_outlives_its_emulator(talk_at, tmp_path):
    path = tmp_path / "state.db"
    first = talk_at(data=path, seed=5)
    ids = first.some(3)
    first.update({"id": ids[0], "status": "PAUSED"})
    first.emulator.clock.advance(days=4)
    earned = first.analytics(ids, "2026-03-02", "2026-03-05", "SPEND_IN_MICRO_DOLLAR", "DAY")
    token = first.emulator.token(expires_in=600)
    first.emulator.close()
    second = talk_at(data=path, now=None)  # its own seed and clock are in the file
    assert second.emulator.seed == 5
    assert second.emulator.clock.now().isoformat() == "2026-03-06T12:00:00+00:00"
    listed = second("GET", second.promotions, ad_group_id=second.emulator.ad_group_id, order="ASCENDING")["items"]
    assert [(item["id"], item["status"]) for item in listed] == list(zip(ids, ["PAUSED", "ACTIVE", "ACTIVE"], strict=True))
    assert second.analytics(ids, "2026-03-02", "2026-03-05", "SPEND_IN_MICRO_DOLLAR", "DAY") == earned
    second.token = token
    assert second("GET", "/user_account")
    assert int(second.some(1)[0]) > int(ids[-1])


def test_one_file_can_be_served_at_any_api_version(talk_at, tmp_path):
    first = talk_at(data=tmp_path / "state.db")
    promotion_id = first.some(1)[0]
    first.emulator.close()
    old = talk_at("5.6", data=tmp_path / "state.db", now=None)
    assert old("GET", f"{old.promotions}/{promotion_id}")["catalogs_product_group_name"] == "All products"


def test_a_file_that_is_no_state_is_refused_and_left_alone(tmp_path):
    text, other = tmp_path / "x.db", tmp_path / "other.db"
    text.write_text("this is not a database, and long enough to be looked at")
    with contextlib.closing(sqlite3.connect(other)) as database:
        database.execute("create table users (name text)")
    for path in (text, other, tmp_path / "no" / "such" / "folder.db"):
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(ConfigurationError, match=path.name):
            Emulator(data=path)
        assert (path.read_bytes() if path.exists() else None) == before


def test_out_and_in_again_is_the_same(talk_at):
    talk = talk_at()
    ids = talk.some(5)
    talk.update({"id": ids[1], "status": "ARCHIVED"})
    talk.emulator.clock.advance(days=3)
    written = talk.emulator.export()
    rows = talk.analytics(ids, "2026-03-02", "2026-03-05", "SPEND_IN_MICRO_DOLLAR,TOTAL_CHECKOUT", "DAY")
    twin = talk_at(seed=1, now="2025-01-01")
    twin.emulator.load(written)
    assert twin.emulator.export() == written
    assert twin.emulator.clock.now() == talk.emulator.clock.now()
    assert twin.analytics(ids, "2026-03-02", "2026-03-05", "SPEND_IN_MICRO_DOLLAR,TOTAL_CHECKOUT", "DAY") == rows


BY_HAND = """
clock: 2026-04-01T00:00:00Z
ad_accounts:
- {id: '549700000001', name: Schuhe, currency: EUR, country: DE}
campaigns:
- {id: '626700000001', ad_account_id: '549700000001', name: Frühling, daily_spend_cap: 50000000, created_time: 1772323200}
ad_groups:
- {id: '2680000000001', ad_account_id: '549700000001', campaign_id: '626700000001', name: Alle, created_time: 1772323200}
catalogs:
- {id: '111', name: Katalog}
feeds:
- {id: '222', catalog_id: '111', name: Feed}
items:
- {feed_id: '222', item_id: A1, title: Boot, price_micro: 90000000, currency: EUR, availability: IN_STOCK}
product_groups:
- {id: '333', catalog_id: '111', feed_id: '222', name: Boots}
promotions:
- {id: '4260000000001', ad_group_id: '2680000000001', catalog_product_group_id: '333', created: 1772323200}
"""


def test_what_entities_of_the_api_leave_out_they_leave_out_again(talk_at):
    talk = talk_at()
    emulator = talk.emulator
    cbo = {"is_campaign_budget_optimization": True, "daily_spend_cap": 9_000_000}
    campaign = {"ad_account_id": emulator.ad_account_id, "name": "New", "objective_type": "CATALOG_SALES", **cbo}
    made = talk("POST", f"{talk.account}/campaigns", [campaign])["items"][0]["data"]["id"]
    group = {"name": "No bid", "campaign_id": made, "billable_event": "CLICKTHROUGH"}
    talk("POST", f"{talk.account}/ad_groups", [group])
    twin = talk_at()
    twin.emulator.load(emulator.export())
    assert twin.emulator.export() == emulator.export()
    for kind in ("campaigns", "ad_groups"):
        assert twin("GET", f"{talk.account}/{kind}") == talk("GET", f"{talk.account}/{kind}")
    talk.emulator.load(
        "catalogs:\n- {id: '3', name: c}\n"
        "feeds:\n- {id: '1', name: f, catalog_id: '3'}\n"
        "items:\n- {feed_id: '1', item_id: a, price_micro: 5, description: null}\n"
    )
    assert "description" not in emulator.world.store.find("items")[0]


def test_a_state_by_hand_needs_only_what_has_no_default(talk_at):
    emulator = talk_at().emulator
    emulator.load(BY_HAND)
    assert (emulator.ad_account_id, emulator.catalog_product_group_ids) == ("549700000001", ["333"])
    account = f"/ad_accounts/{emulator.ad_account_id}"
    assert _get(emulator, account)["currency"] == "EUR"
    assert _get(emulator, f"{account}/campaigns")["items"][0]["name"] == "Frühling"
    assert _get(emulator, f"{account}/product_group_promotions/4260000000001")["status"] == "ACTIVE"
    rows = _get(
        emulator,
        f"{account}/product_groups/analytics?start_date=2026-03-02&end_date=2026-03-20&granularity=TOTAL"
        "&columns=IMPRESSION_1&product_group_ids=4260000000001",
    )
    assert rows[0]["IMPRESSION_1"] > 0
    assert _get(emulator, "/catalogs/product_groups/333/product_counts")["total"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not YAML"),
        ("- 1", "object"),
        ("pins: []", "pins"),
        ("campaigns: [1]", r"campaigns\[0\]"),
        ("campaigns: [{name: x}]", "ad_account_id"),
        ("campaigns: [{id: x}]", "digits"),
        ("campaigns: [{ad_account_id: '5', name: x}]", "is not in ad_accounts"),
        ("clock: soon", "soon"),
    ],
)
def test_a_state_that_cannot_be_read_changes_nothing(talk_at, text, words):
    emulator = talk_at().emulator
    before = emulator.export()
    with pytest.raises(ConfigurationError, match=words):
        emulator.load(text)
    assert emulator.export() == before


@pytest.mark.parametrize("api_version", ["5.6", "5.14", "5.23", "5.28"])
def test_answers_of_any_generation_become_state(talk_at, api_version):
    real = talk_at(api_version, seed=9)
    real.some(3)
    if api_version == "5.6":  # no list in 5.6
        promotions = [("product_group_promotions/get", real("GET", f"{real.promotions}/{i}")) for i in real.some(1)]
    else:
        promotions = [("product_group_promotions/list", real("GET", real.promotions, ad_group_id=real.emulator.ad_group_id))]
    answers = [
        ("ad_accounts/list", real("GET", "/ad_accounts")),
        ("campaigns/list", real("GET", f"{real.account}/campaigns")),
        ("ad_groups/get", real("GET", f"{real.account}/ad_groups/{real.emulator.ad_group_id}")),
        *promotions,
    ]
    here = talk_at(seed=1)
    stored = here.emulator.import_answers(answers)
    assert stored["promotions"] == (1 if api_version == "5.6" else 3)
    found = here("GET", f"{real.promotions}?ad_group_id={real.emulator.ad_group_id}")["items"]
    assert len(found) == stored["promotions"]
    assert {item["ad_group_id"] for item in found} == {real.emulator.ad_group_id}


def _references(exported: dict) -> list[tuple[str, str]]:
    """(kind, field) of all that names another entity of a state."""
    return [
        (kind, name)
        for kind, entities in exported.items()
        if kind in COLUMNS and entities
        for name in COLUMNS[kind]
        if name.endswith("_id") and name != "item_id"
    ]


def test_every_reference_of_a_state_names_something_that_is_there(talk_at):
    talk = talk_at()
    talk.some(1)
    exported = yaml.safe_load(talk.emulator.export())
    found = _references(exported)
    assert {name for _, name in found} >= {"ad_account_id", "campaign_id", "ad_group_id", "catalog_product_group_id", "feed_id"}
    for kind, name in found:
        wrong = copy.deepcopy(exported)
        wrong[kind][0][name] = "777"
        with pytest.raises(ConfigurationError, match=rf"{kind} \d+: {name}.* 777"):
            talk.emulator.load(yaml.safe_dump(wrong))


def test_a_child_is_of_the_owner_and_the_catalog_of_its_parents(talk_at):
    two = """
users: [{id: '11'}, {id: '12'}]
catalogs: [{id: '1', owner_id: '11'}, {id: '2', owner_id: '12'}]
feeds: [{id: '3', catalog_id: '2'}]
"""
    talk = talk_at()
    for line, words in (
        ("product_groups: [{id: '4', name: x, catalog_id: '1', feed_id: '3'}]", "catalog_id: got 1, allowed: 2"),
        ("product_groups: [{id: '4', name: x, catalog_id: '1', owner_id: '12'}]", "owner_id: got 12, allowed: 11"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            talk.emulator.load(two + line)
    talk.emulator.load(two + "product_groups: [{id: '4', name: x, feed_id: '3'}]")
    assert talk.emulator.world.store.must("product_groups", 4)["owner_id"] == 12
