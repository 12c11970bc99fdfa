"""Recording what the API answers, without names or tokens, and replaying it. An emulator stands for the real API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop import AsyncClient, Client, ConfigurationError, NotFound
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage.recording import AsyncRecorder, Recorder, Recording, Redaction, read, replay
from pinshop.transports.mock import MockTransport, reply

SECRETS = ("Emulated Shop", "Shopping", "shop.example", "Kitchen", "Ceramics", "s3cret", "emulated_")


@pytest.fixture
def real():
    """What stands for the real API: an account with promotions, names and addresses that must not get into a file."""
    with contextlib.closing(Emulator(seed=9, now="2026-03-02T12:00:00Z")) as emulator:
        with _client(emulator) as client:
            items = [
                {"catalog_product_group_id": group, "tracking_url": f"https://shop.example/?utm=s3cret{n}"}
                for n, group in enumerate(emulator.catalog_product_group_ids)
            ]
            result = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items)
            client.promotions.update(
                emulator.ad_account_id, emulator.ad_group_id, [{"id": result.ok[0].entity.id, "status": "PAUSED"}]
            )
        yield emulator


def _client(emulator, transport=None):
    return Client(
        emulator.access_token, api_version=emulator.api_version, transport=transport or emulator.transport(), pacing=False
    )


def _read_all(client, real):
    """Everything that a replay needs, in an order in which children come first."""
    account = real.ad_account_id
    promotions = list(client.promotions.list(account, ad_group_id=real.ad_group_id))
    groups = list(client.catalog_product_groups.list(catalog_id=real.catalog_id))
    list(client.feeds.list()), list(client.catalogs.list())
    return (
        promotions,
        groups,
        list(client.ad_groups.list(account)),
        list(client.campaigns.list(account)),
        [client.ad_accounts.get(account)],
    )


def _facts(kinds):
    return [[(one.id, getattr(one, "status", None)) for one in kind] for kind in kinds]


def test_a_replayed_account_has_the_same_ids_and_statuses(real, tmp_path):
    path = tmp_path / "account.jsonl"
    recorder = Recorder(real.transport(), path)
    with _client(real, recorder) as client:
        before = _read_all(client, real)
    recorder.close()
    with contextlib.closing(Emulator(seed=1, now="2026-04-01")) as emulator:
        stored = replay(emulator, path)
        assert stored["promotions"] == 5
        assert stored["campaigns"] == stored["ad_groups"] == stored["ad_accounts"] == 1
        with _client(emulator) as client:
            after = _read_all(client, real)
            assert _facts(after) == _facts(before)
            # It lives on from there.
            added = client.promotions.create(
                real.ad_account_id, real.ad_group_id, [{"catalog_product_group_id": before[1][0].id, "status": "ACTIVE"}]
            )
            assert added.ok


def test_names_addresses_and_tokens_are_not_in_the_file(real, tmp_path):
    path = tmp_path / "account.jsonl"
    recorder = Recorder(real.transport(), path)
    with _client(real, recorder) as client:
        _read_all(client, real)
    recorder.close()
    text = path.read_text()
    assert real.ad_account_id in text
    for secret in SECRETS:
        assert secret.lower() not in text.lower(), secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_chosen_fields_can_be_kept(real, tmp_path):
    recorder = Recorder(real.transport(), tmp_path / "a.jsonl", keep=["name"])
    with _client(real, recorder) as client:
        list(client.campaigns.list(real.ad_account_id))
    recorder.close()
    assert '"name":"Shopping"' in (tmp_path / "a.jsonl").read_text()


def test_asynchronously_the_same_is_recorded(real, tmp_path):
    recorder = Recorder(real.transport(), tmp_path / "sync.jsonl")
    with _client(real, recorder) as client:
        list(client.campaigns.list(real.ad_account_id))
    recorder.close()

    async def record():
        recorder = AsyncRecorder(real.async_transport(), tmp_path / "async.jsonl")
        async with AsyncClient(real.access_token, transport=recorder, pacing=False) as client:
            assert [campaign async for campaign in client.campaigns.list(real.ad_account_id)]
        await recorder.close()

    asyncio.run(record())
    assert (tmp_path / "sync.jsonl").read_bytes() == (tmp_path / "async.jsonl").read_bytes()


def test_writes_errors_and_other_answers_are_not_recorded(real, tmp_path):
    path = tmp_path / "a.jsonl"
    recorder = Recorder(real.transport(), path)
    with _client(real, recorder) as client:
        client.user_account.get()
        client.ad_groups.update(real.ad_account_id, [{"id": real.ad_group_id, "name": "Renamed"}])
        with pytest.raises(NotFound):
            client.campaigns.get(real.ad_account_id, "1")
    for target, status, body in (
        ("/v5/ad_accounts", 200, b"<html>"),
        ("/v5/ad_accounts", 200, b"[]"),
        ("/v5/ad_accounts", 206, b"{}"),
        ("/v5/ad_accounts/1/../2", 200, b"{}"),
        ("/v5/oauth/token", 200, b"{}"),
        ("/v4/ad_accounts", 200, b"{}"),
    ):
        recorder._recording.note(Request("GET", "http://x", target, {}), Reply(status, {}, body))
    recorder.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {line["operation"] for line in lines} <= {"ad_groups/list", "ad_groups/get"}


def test_a_second_recording_is_added(real, tmp_path):
    path = tmp_path / "a.jsonl"
    for read_one in (lambda c: list(c.campaigns.list(real.ad_account_id)), lambda c: c.ad_accounts.get(real.ad_account_id)):
        recorder = Recorder(real.transport(), path)
        with _client(real, recorder) as client:
            read_one(client)
        recorder.close()
    assert [recorded.operation for recorded in read(path)] == ["ad_accounts/get", "campaigns/list"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nonsense\n", "line 1"),
        (b'{"operation": "campaigns/list", "path": "/", "body": {}}\n{"operation": "x"}\n', "line 2"),
        (b'{"operation": "oauth/token", "path": "/", "body": {}}\n', "got 'oauth/token'"),
        (b"\xff\xfe\n", "line 1"),
    ],
)
def test_what_no_recorder_wrote_is_refused(tmp_path, content, words):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        read(path)


def test_a_child_without_its_parent_is_refused_and_changes_nothing(real, tmp_path):
    path = tmp_path / "a.jsonl"
    recorder = Recorder(real.transport(), path)
    with _client(real, recorder) as client:
        list(client.promotions.list(real.ad_account_id, ad_group_id=real.ad_group_id))
    recorder.close()
    with contextlib.closing(Emulator(seed=1)) as emulator:
        before = emulator.export()
        with pytest.raises(ConfigurationError):
            replay(emulator, path)
        assert emulator.export() == before


def test_a_file_that_cannot_be_written_or_read_says_so(tmp_path):
    with pytest.raises(ConfigurationError, match="recording"):
        Recording(tmp_path / "nowhere" / "a.jsonl")
    with pytest.raises(ConfigurationError, match="recording"):
        read(tmp_path / "absent.jsonl")


_TEXT = st.text(st.characters(codec="utf-8", categories=("L",)), min_size=8, max_size=20).map(lambda text: f"§{text}§")
_KEYS = st.sampled_from(
    ["name", "items", "owner", "username", "filters", "values", "email", "title", "anything", "targeting_spec"]
)
_BODIES = st.recursive(
    _TEXT | st.integers(0, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _BODIES, max_size=5))
def test_no_text_of_a_field_that_is_not_known_survives(body):
    redacted = Redaction().redacted(body)
    assert "§" not in msgspec.json.encode(redacted).decode()
    assert _shape(redacted) == _shape(body)


def _shape(value):
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value) if isinstance(value, str) else value


def test_equal_texts_stay_equal_and_secrets_go_whole():
    redaction = Redaction()
    assert redaction.redacted({"name": "A", "username": "A"}) == {"name": "name 1", "username": "name 1"}
    assert redaction.redacted({"email": "a@b.c", "location": "sftp://x/y"}) == {
        "email": "person2@redacted.example",
        "location": "https://redacted.example/3",
    }
    assert redaction.redacted({"credentials": {"password": 1234}, "bookmark": "b"}) == {"credentials": None, "bookmark": None}
    assert "pina_" not in str(redaction.redacted({"status": "pina_" + "x" * 4}))


# ---------------------------------------------------------------------------------------- what must not be in the file


@pytest.mark.parametrize(
    "said",
    [
        {"definition": "Ann's secret plan"},
        {"id": "ann@example.com"},
        {"owner": {"id": "Ann Example"}},
        {"status": "only Ann knows"},
        {"Ann Example": 1},
        {"targeting_spec": {"Ann Example": ["x"]}},
        {"phone": 491701234567},
        {"contact": {"number": 491701234567}},
        {"name": "Ann Example"},
        {"currency": "Ann Example"},
        {"time_zone": "Ann Example lives here"},
        {"filters": {"any_of": [{"BRAND": {"values": ["Ann Example"]}}]}},
        {"name": "pina_ann"},
        {"created_at": "491701234567"},
        {"place": 49.1701234567},
    ],
)
def test_nothing_about_anybody_is_recorded(tmp_path, said):
    path = tmp_path / "a.jsonl"
    recording = Recording(path)
    reply = Reply(200, {}, json.dumps({"items": [said]}).encode())
    recording.note(Request("GET", "https://api", "/v5/ad_accounts/5/campaigns", {}), reply)
    recording.close()
    text = path.read_text()
    assert text
    for word in ("Ann", "ann", "1701234567"):
        assert word not in text


def test_a_path_holds_numbers_only(tmp_path):
    path = tmp_path / "a.jsonl"
    recording = Recording(path)
    recording.note(Request("GET", "https://api", "/v5/ad_accounts/ann@example.com/campaigns", {}), Reply(200, {}, b"{}"))
    recording.close()
    assert "ann" not in path.read_text()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_was_there_becomes_its_owners(tmp_path):
    path = tmp_path / "a.jsonl"
    path.touch(0o644)
    path.chmod(0o644)
    Recording(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices are POSIX")
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "device", "number", "nothing"])
def test_only_a_file_is_recorded_into(tmp_path, kind):
    """The file is made its owner's alone; that must not befall a device, nor what a link of another user names."""
    path, other = tmp_path / "a.jsonl", tmp_path / "other"
    if kind == "link":
        other.touch(0o644)
    if kind in ("link", "dangling link"):
        path.symlink_to(other)
    if kind == "pipe":
        os.mkfifo(path)
    keyboard, screen = os.openpty()
    device = Path(os.ttyname(screen))
    before = device.stat().st_mode
    with pytest.raises(ConfigurationError, match="recording: "):
        Recording({"device": device, "number": 5.5, "nothing": None}.get(kind, path))
    assert device.stat().st_mode == before
    os.close(keyboard), os.close(screen)
    assert other.exists() == (kind == "link")
    assert not other.exists() or other.stat().st_mode & 0o777 == 0o644


def test_a_full_disk_is_said_to_be_one_and_leaves_whole_lines(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    recording = Recording(path)
    request, reply = Request("GET", "https://api", "/v5/ad_accounts", {}), Reply(200, {}, b'{"items": []}')
    recording.note(request, reply)
    whole = path.read_bytes()
    real = recording._file

    class Full:
        def __getattr__(self, name):
            return getattr(real, name)

        def write(self, line):
            return real.write(line[:10])

    recording._file = Full()
    with pytest.raises(ConfigurationError, match="No space left on device"):
        recording.note(request, reply)
    assert path.read_bytes() == whole
    recording._file = real
    recording.note(request, reply)
    recording.close()
    assert path.read_bytes() == 2 * whole


def test_a_replayed_account_earns_without_its_products_and_its_archived_campaign(real, tmp_path):
    groups = [
        {"id": "2680900000001", "name": "x 1", "feed_id": None, "filters": {"any_of": []}},
        {"id": "2680900000002", "name": "x 2", "filters": {"any_of": [{"BRAND": {"values": ["text 1"]}}]}},
    ]
    account = {"id": "549900000001", "name": "x", "currency": "EUR", "country": "DE"}
    ad_groups = [
        {"id": "2689900000001", "ad_account_id": account["id"], "campaign_id": "626900000001", "status": "ACTIVE"},
        {"id": "2689900000002", "ad_account_id": account["id"], "campaign_id": "626900000002", "status": "ACTIVE"},
    ]
    campaign = {
        "id": "626900000002",
        "ad_account_id": account["id"],
        "name": "c",
        "status": "ACTIVE",
        "daily_spend_cap": 90_000_000,
    }
    promoted = ["2680900000001", "2680900000002", "2680900000003"]
    promotions = [
        {"id": f"42699000000{n}", "ad_group_id": ad_groups[1]["id"], "catalog_product_group_id": group, "status": "ACTIVE"}
        for n, group in enumerate(promoted)
    ]
    catalog = {"id": "2680800000001", "name": "cat"}
    answers = [
        ("ad_accounts/get", account),
        ("campaigns/list", {"items": [campaign]}),
        ("ad_groups/list", {"items": ad_groups}),
        ("catalogs/list", {"items": [catalog]}),
        ("catalogs_product_groups/list", {"items": [{**g, "catalog_id": catalog["id"]} for g in groups]}),
        ("product_group_promotions/list", {"items": promotions}),
    ]
    with contextlib.closing(Emulator(seed=1, now="2026-03-02T12:00:00Z")) as emulator:
        stored = emulator.import_answers(answers)
        assert stored["product groups with made-up products"] == 2
        assert emulator.world.store.get("campaigns", 626900000001)["status"] == "ARCHIVED"
        emulator.clock.advance(days=8)
        with _client(emulator) as client:
            rows = client.promotions.analytics(
                account["id"],
                [p["id"] for p in promotions],
                start_date="2026-03-03",
                end_date="2026-03-09",
                granularity="TOTAL",
                columns=["SPEND_IN_MICRO_DOLLAR"],
            )
            assert len([row for row in rows if row["SPEND_IN_MICRO_DOLLAR"] > 0]) == 3
        feed = tmp_path / "feed.csv"
        feed.write_text(
            "id,title,description,link,image_link,price,availability\n1,L,A,https://x/1,https://x/1.jpg,5 USD,in stock\n"
        )
        assert emulator.load_feed(feed) == 1


def _live_account(emulator, cap):
    """An account whose promotions spend, with the daily cap given (None: no cap)."""
    with _client(emulator) as client:
        items = [{"catalog_product_group_id": group} for group in emulator.catalog_product_group_ids]
        assert not client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, items).failed
        caps = {"daily_spend_cap": cap, "lifetime_spend_cap": None}
        client.campaigns.update(emulator.ad_account_id, [{"id": emulator.campaign_id, **caps}])


def _record(emulator, path):
    """What the docs' recipe reads."""
    account = emulator.ad_account_id
    with contextlib.closing(Recorder(emulator.transport(), path)) as recorder, _client(emulator, recorder) as client:
        client.ad_accounts.get(account)
        list(client.campaigns.list(account)), list(client.catalogs.list()), list(client.feeds.list())
        for ad_group in client.ad_groups.list(account):
            list(client.promotions.list(account, ad_group_id=ad_group.id))
        for group in client.catalog_product_groups.list():
            client.catalog_product_groups.product_counts(group.id)
            list(client.catalog_product_groups.products(group.id))


def _spend(emulator, account, ad_group):
    """By promotion, over the four weeks that follow."""
    emulator.clock.advance(days=29)
    with _client(emulator) as client:
        ids = [one.id for one in client.promotions.list(account, ad_group_id=ad_group)]
        rows = client.promotions.analytics(
            account, ids, start_date="2026-03-03", end_date="2026-03-30", granularity="TOTAL", columns=["SPEND_IN_MICRO_DOLLAR"]
        )
        return {row["PRODUCT_GROUP_ID"]: row["SPEND_IN_MICRO_DOLLAR"] for row in rows}


@pytest.mark.parametrize("cap", [None, 50_000_000, 2_000_000, 100_000])
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_copy_spends_what_a_known_source_spends_within_the_stated_band(seed, cap, tmp_path):
    now = "2026-03-02T12:00:00Z"
    with (
        contextlib.closing(Emulator(seed=seed, now=now)) as real,
        contextlib.closing(Emulator(seed=500 + seed, now=now)) as copy,
    ):
        _live_account(real, cap)
        _record(real, tmp_path / "account.jsonl")
        stored = replay(copy, tmp_path / "account.jsonl")
        assert stored["promotions"] == 5
        assert "product groups with made-up products" not in stored
        where = real.ad_account_id, real.ad_group_id
        source, found = _spend(real, *where), _spend(copy, *where)
        ratio = sum(found.values()) / sum(source.values())
        assert 0.5 < ratio < 2 if cap is None else 0.98 < ratio < 1.02
        if cap is None:
            assert source.keys() == found.keys()
            assert all(1 / 3 < found[one] / spent < 3 for one, spent in source.items())


MEASURED = [
    "IMPRESSION_1",
    "CLICKTHROUGH_1",
    "SPEND_IN_MICRO_DOLLAR",
    "TOTAL_CLICK_CHECKOUT",
    "TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
]


def _record_with_analytics(emulator, path):
    """The docs' recipe in full: four weeks of what every promotion earned, too."""
    _record(emulator, path)
    account = emulator.ad_account_id
    with contextlib.closing(Recorder(emulator.transport(), path)) as recorder, _client(emulator, recorder) as client:
        ids = [one.id for one in client.promotions.list(account, ad_group_id=emulator.ad_group_id)]
        days = {"start_date": "2026-03-02", "end_date": "2026-03-30", "granularity": "DAY"}
        list(client.promotions.analytics(account, ids, columns=[*MEASURED, "CAMPAIGN_NAME", "CTR"], **days))


def _earned(emulator, account, ad_group):
    """By promotion, over the four weeks from 2026-03-31."""
    emulator.clock.set("2026-04-28T12:00:00Z")
    with _client(emulator) as client:
        ids = [one.id for one in client.promotions.list(account, ad_group_id=ad_group)]
        days = {"start_date": "2026-03-31", "end_date": "2026-04-27", "granularity": "TOTAL"}
        return {row["PRODUCT_GROUP_ID"]: row for row in client.promotions.analytics(account, ids, columns=MEASURED, **days)}


@pytest.mark.parametrize("billable", ["CLICKTHROUGH", "IMPRESSION"])
@pytest.mark.parametrize("cap", [None, 50_000_000, 100_000])
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_copy_that_knows_what_was_earned_earns_nearly_that(seed, cap, billable, tmp_path):
    with (
        contextlib.closing(Emulator(seed=seed, now="2026-03-02T12:00:00Z")) as real,
        contextlib.closing(Emulator(seed=500 + seed, now="2026-03-30T12:00:00Z")) as copy,
    ):
        if billable == "IMPRESSION":
            real.load(real.export().replace("billable_event: CLICKTHROUGH", "billable_event: IMPRESSION"))
        _live_account(real, cap)
        real.clock.advance(days=28)
        _record_with_analytics(real, tmp_path / "account.jsonl")
        stored = replay(copy, tmp_path / "account.jsonl")
        assert stored["promotions with measured rates"] == 5
        source, found = (_earned(one, real.ad_account_id, real.ad_group_id) for one in (real, copy))
        assert source.keys() == found.keys()
        name = "SPEND_IN_MICRO_DOLLAR"
        ratio = sum(row[name] for row in found.values()) / sum(row[name] for row in source.values())
        if cap is not None:
            assert 0.98 < ratio < 1.02
            return
        assert 0.9 < ratio < 1.1
        for name in MEASURED[:3]:
            assert all(0.8 < found[one][name] / row[name] < 1.25 for one, row in source.items()), name
        twin = Emulator(now="2026-03-30T12:00:00Z")
        twin.load(copy.export())
        assert _earned(twin, real.ad_account_id, real.ad_group_id) == found
        twin.close()


def test_rates_are_those_of_the_model_if_the_rule_says_so_and_change_no_past(real, tmp_path):
    _live_account(real, None)
    real.clock.set("2026-03-30T12:00:00Z")
    _record_with_analytics(real, tmp_path / "account.jsonl")
    with contextlib.closing(Emulator(seed=3, now="2026-03-30T12:00:00Z", rules={"recorded_rates": "model"})) as copy:
        where = real.ad_account_id, real.ad_group_id
        assert "promotions with measured rates" not in replay(copy, tmp_path / "account.jsonl")
        before = _earned(copy, *where)
        copy.rules.set("recorded_rates", "measured")
        assert replay(copy, tmp_path / "account.jsonl")["promotions with measured rates"]
        assert _earned(copy, *where) == before  # it was replayed again afterwards


def test_of_analytics_only_numbers_are_recorded(real, tmp_path):
    path = tmp_path / "account.jsonl"
    _live_account(real, None)
    real.clock.set("2026-03-30T12:00:00Z")
    _record_with_analytics(real, path)
    (line,) = [
        line for text in path.read_text().splitlines() if (line := json.loads(text))["operation"] == "product_groups/analytics"
    ]
    assert set(line["body"]) == {"granularity", "click_window_days", "columns", "rows"}
    assert set(line["body"]["columns"]) == set(MEASURED)
    assert len(line["body"]["rows"]) > 100
    assert all(set(row) <= {"PRODUCT_GROUP_ID", "DATE", *MEASURED} for row in line["body"]["rows"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": [], "columns": None},
        {"rows": [5], "columns": []},
        {"rows": [{"PRODUCT_GROUP_ID": 5}], "columns": []},
        {"rows": [{"PRODUCT_GROUP_ID": "5", "IMPRESSION_1": "many"}], "columns": ["IMPRESSION_1"]},
        {"rows": [{"PRODUCT_GROUP_ID": "5", "IMPRESSION_1": True}], "columns": ["IMPRESSION_1"]},
    ],
)
def test_analytics_that_are_none_are_refused(body):
    with contextlib.closing(Emulator()) as emulator, pytest.raises(ConfigurationError, match="product_groups/analytics"):
        emulator.import_answers([("product_groups/analytics", body)])


def test_of_products_only_numbers_prices_and_stock_are_recorded(real, tmp_path):
    path = tmp_path / "account.jsonl"
    _record(real, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for secret in (*SECRETS, "Bowl", "title", "link", "item_id", "image"):
        assert not any(secret in json.dumps(line) for line in lines if "catalogs_product_group_pins" in line["operation"]), (
            secret
        )
    counts = [line["body"] for line in lines if line["operation"] == "catalogs_product_groups/product_counts_get"]
    assert {"id", "in_stock", "out_of_stock", "preorder", "total"} == set(counts[0])
    products = [line["body"] for line in lines if line["operation"] == "catalogs_product_group_pins/list"]
    assert {"price", "availability"} <= set(products[0]["items"][0]["metadata"]) <= {"price", "sale_price", "availability"}


@pytest.mark.parametrize(
    ("count", "prices", "expected"),
    [
        ({"in_stock": 0, "preorder": 0}, [], (0, None)),
        ({"in_stock": 7, "preorder": 2}, ["12.5", 7.5], (9, 10_000_000)),
        (None, [20], (1, 20_000_000)),
        ({"in_stock": 3}, [], (3, None)),
    ],
)
def test_a_group_holds_what_was_answered(count, prices, expected):
    account = {"id": "549900000001", "name": "x", "currency": "EUR", "country": "DE"}
    group = {"id": "2680900000001", "name": "x 1", "feed_id": None, "catalog_id": "2680800000001", "filters": {"any_of": []}}
    answers = [("ad_accounts/get", account), ("catalogs/list", {"items": [{"id": "2680800000001", "name": "c"}]})]
    answers += [("catalogs_product_groups/list", {"items": [group]})]
    if count is not None:
        answers += [("catalogs_product_groups/product_counts_get", {"id": group["id"], **count})]
    items = [{"metadata": {"price": price, "availability": "in stock"}} for price in prices]
    items += [{"metadata": {"price": 999, "availability": "out of stock"}}, {"metadata": {"price": "much"}}, {}, 5]
    answers += [("catalogs_product_group_pins/list", {"id": group["id"], "items": items})] if prices else []
    with contextlib.closing(Emulator(now="2026-03-02T12:00:00Z")) as emulator:
        stored = emulator.import_answers(answers)
        kept = emulator.world.store.get("product_groups", 2680900000001)
        assert kept["product_count"] == expected[0]
        if expected[1] is not None:
            assert kept["average_price_micro"] == expected[1]
        made_up = expected[0] > 0 and expected[1] is None
        assert ("product groups with made-up products" in stored) == made_up


@pytest.mark.parametrize("body", [{}, {"id": "x", "in_stock": 1}, {"id": 5, "in_stock": -1}, {"id": "5", "in_stock": True}])
def test_counts_that_are_none_are_refused(body):
    with contextlib.closing(Emulator()) as emulator, pytest.raises(ConfigurationError, match="product_counts_get"):
        emulator.import_answers([("catalogs_product_groups/product_counts_get", body)])


def test_what_real_accounts_have_beside_is_replayed(real, tmp_path):
    """A feed profile, prices with cents in filters, and a filter that Pinterest added since."""
    path = tmp_path / "account.jsonl"
    account = real.ad_account_id
    group = real.catalog_product_group_ids[0]
    filters = [{"MAX_PRICE": {"values": 30.5, "negated": False}}, {"ADDED_SINCE": {"values": ["x"]}}]
    replies = {
        f"/v5/ad_accounts/{account}/ad_groups/{real.ad_group_id}": {
            "id": real.ad_group_id,
            "ad_account_id": account,
            "campaign_id": real.campaign_id,
            "name": "A",
            "status": "ACTIVE",
            "billable_event": "CLICKTHROUGH",
            "budget_type": "CBO_ADGROUP",
            "feed_profile_id": "626736533506",
        },
        f"/v5/catalogs/product_groups/{group}": {
            "id": group,
            "catalog_id": real.catalog_id,
            "feed_id": real.feed_id,
            "name": "B",
            "filters": {"any_of": filters},
            "type": "MERCHANT_CREATED",
        },
    }

    def answer(request):
        return reply(replies[request.target]) if request.target in replies else real.transport().send(request)

    with contextlib.closing(Recorder(MockTransport(answer), path)) as recorder, _client(real, recorder) as client:
        client.ad_accounts.get(account)
        client.campaigns.get(account, real.campaign_id)
        list(client.catalogs.list()), list(client.feeds.list())
        client.ad_groups.get(account, real.ad_group_id)
        client.catalog_product_groups.get(group)
        list(client.promotions.list(account, ad_group_id=real.ad_group_id))
    copy = Emulator(now="2026-03-02T12:00:00Z")
    replay(copy, path)
    assert copy.world.store.must("ad_groups", int(real.ad_group_id))["feed_profile_id"] == "626736533506"
    state = copy.export()
    copy.load(state)
    assert copy.export() == state
    assert _spend(copy, account, real.ad_group_id)
