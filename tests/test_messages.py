"""Mistakes that were made on purpose, and what their messages have to say: where the way out is."""

from __future__ import annotations

import errno
import inspect
import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pinshop import AsyncClient, Client
from pinshop.client_options import OTHER_NAMES
from pinshop.emulator import Emulator
from pinshop.errors import ConfigurationError, ConnectError, Forbidden, InvalidInput, NotFound, PinshopError, Unauthorized
from pinshop.transports.options import NetworkOptions

DAYS = {"start_date": "2026-02-01", "end_date": "2026-02-02"}


@pytest.fixture(scope="module")
def pinterest():
    with Emulator(now="2026-03-01T12:00:00Z") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(pinterest):
    with Client(pinterest.access_token, transport=pinterest.transport()) as client:
        yield client


def said(mistake, kind=InvalidInput):
    """What the mistake's message says."""
    with pytest.raises(kind) as caught:
        mistake()
    return str(caught.value)


# ---------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_refused_connection_names_host_and_port_and_asks_whether_it_runs(host):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes the port meanwhile
        port = taken.getsockname()[1]
        with Client("x", base_url=f"http://{host}:{port}/v5", max_attempts=1) as one:
            words = said(one.ad_accounts.list().all, ConnectError)
    assert f"{host}:{port}" in words
    assert f"check that {host}:{port} is running and can be reached from here; pinshop emulator --port {port} starts" in words


ACCOUNT_CALLS = {
    "ad_accounts.get": lambda c: c.ad_accounts.get("123"),
    "campaigns.list": lambda c: c.campaigns.list("123").first(),
    "ad_groups.list": lambda c: c.ad_groups.list("123").first(),
    "promotions.list": lambda c: c.promotions.list("123", ad_group_id="1").first(),
    "promotions.create": lambda c: c.promotions.create("123", "1", [{"catalog_product_group_id": "1"}]),
    "campaigns.update": lambda c: c.campaigns.update("123", [{"id": "1", "status": "PAUSED"}]),
    "analytics": lambda c: c.promotions.analytics("123", ["1"], **DAYS, columns=["CTR"], granularity="DAY"),
}


@pytest.mark.parametrize("call", ACCOUNT_CALLS.values(), ids=list(ACCOUNT_CALLS))
@pytest.mark.parametrize("rule", ["404", "403"])
def test_an_unknown_ad_account_points_at_those_there_are(call, rule):
    with Emulator(now="2026-03-01T12:00:00Z") as emulator:
        if rule == "403":
            emulator.fail(status=403, code=29, message="You are not permitted to access that resource.", times=None)
        with Client(emulator.access_token, transport=emulator.transport()) as client:
            words = said(lambda: call(client), (NotFound, Forbidden, Unauthorized))
    assert "client.ad_accounts.list()" in words
    assert "pinshop whoami" in words


# ----------------------------------------------------------------------------------------------- arguments

COLUMNS = {
    "SPEND": ('"spend"', "SPEND_IN_MICRO_DOLLAR"),
    "spends": ('"spend"',),
    "COST": ('"spend"',),
    "CLICKS": ('"click"', "TOTAL_CLICKTHROUGH"),
    "IMPRESSIONS": ('"impression"', "TOTAL_IMPRESSION"),
    "Revenue": ('"checkout"',),
    "ORDERS": ('"checkout"',),
    "CONVERSIONS": ('"conversion"',),
    "CPC": ("did you mean CPC_IN_MICRO_DOLLAR",),
    "ROAS": ("CHECKOUT_ROAS",),
    "spend_in_micro_dollar": ("did you mean SPEND_IN_MICRO_DOLLAR?",),
    "OUTBOUND_CLICKS": ("OUTBOUND_CLICK_1",),
    "NONSENSE": ("pinshop columns lists them",),
}


@pytest.mark.parametrize(("column", "words"), COLUMNS.items(), ids=list(COLUMNS))
def test_a_column_that_does_not_exist_suggests_those_that_do(client, pinterest, column, words):
    shown = said(
        lambda: client.promotions.analytics(pinterest.ad_account_id, ["1"], **DAYS, columns=[column], granularity="DAY")
    )
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize(
    ("granularity", "meant"),
    [("DAILY", "DAY"), ("day", "DAY"), ("Days", "DAY"), ("HOURLY", "HOUR"), ("WEEKLY", "WEEK"), ("MONTHLY", "MONTH")],
)
def test_a_granularity_suggests_the_nearest(client, pinterest, granularity, meant):
    shown = said(
        lambda: client.promotions.analytics(pinterest.ad_account_id, ["1"], **DAYS, columns=["CTR"], granularity=granularity)
    )
    assert shown.endswith(f"nearest: {meant}")


MISSING = {
    "items[0].catalog_product_group_id": lambda c, a: c.promotions.create(a, "1", [{}]),
    "items[1].catalog_product_group_id": lambda c, a: c.promotions.create(
        a, "1", [{"catalog_product_group_id": "1"}, {"status": "PAUSED"}]
    ),
    "items[0].name": lambda c, a: c.campaigns.create(a, [{"objective_type": "CATALOG_SALES"}]),
    "items[0].campaign_id": lambda c, a: c.ad_groups.create(a, [{"name": "x"}]),
    "items[0].id": lambda c, a: c.campaigns.update(a, [{"status": "PAUSED"}]),
    "product_group.filters": lambda c, _: c.catalog_product_groups.create(name="x", feed_id="1"),
    "product_group.name": lambda c, _: c.catalog_product_groups.create(
        feed_id="1", filters={"any_of": [{"BRAND": {"values": ["X"]}}]}
    ),
}  # fmt: skip


@pytest.mark.parametrize(("field", "mistake"), MISSING.items(), ids=list(MISSING))
def test_a_field_that_is_missing_is_called_missing(client, pinterest, field, mistake):
    shown = said(lambda: mistake(client, pinterest.ad_account_id))
    assert f"{field}: missing" in shown
    assert "None" not in shown


SHAPE = '{"any_of": [{"BRAND": {"values": ["X"]}}]}'
FILTERS = [
    {"BRAND": ["X"]}, {"BRAND": "X"}, {"BRAND": {"values": ["X"]}}, {"brand": ["X"]}, {"MIN_PRICE": 10}, [{"BRAND": ["X"]}],
    {"any_of": {"BRAND": ["X"]}}, {"any_of": [{"BRAND": ["X"]}]}, {"all_of": [{"BRAND": "X"}]}, {"anyof": []}, {"any_of": []},
    {}, "BRAND", {"all_of": [{"BRAND": {"value": ["X"]}}]}, {"any_of": [{"brand": {"values": ["X"]}}]}, {"any_of": [{}]},
]  # fmt: skip


@pytest.mark.parametrize("filters", FILTERS, ids=repr)
def test_filters_that_are_written_otherwise_are_shown_how_they_look(client, filters):
    assert SHAPE in said(lambda: client.catalog_product_groups.create(name="x", feed_id="1", filters=filters))


def test_a_value_in_filters_is_told_what_it_may_be_and_nothing_else(client):
    filters = {"all_of": [{"MIN_PRICE": {"values": "much"}}]}
    shown = said(lambda: client.catalog_product_groups.create(name="x", feed_id="1", filters=filters))
    assert SHAPE not in shown


SINGLE = {
    "ids": lambda c, a: c.promotions.analytics(a, "1", **DAYS, columns=["CTR"], granularity="DAY"),
    "columns": lambda c, a: c.promotions.analytics(a, ["1"], **DAYS, columns="CTR", granularity="DAY"),
    "items": lambda c, a: c.promotions.create(a, "1", {"catalog_product_group_id": "1"}),
    "statuses": lambda c, a: c.promotions.list(a, ad_group_id="1", entity_statuses="ACTIVE").all(),
}


@pytest.mark.parametrize("mistake", SINGLE.values(), ids=list(SINGLE))
def test_a_single_one_instead_of_a_list_is_told_to_stand_in_brackets(client, pinterest, mistake):
    assert "put a single one in brackets" in said(lambda: mistake(client, pinterest.ad_account_id))


@pytest.mark.parametrize("entity_type", ["promotions", "campaigns", "ad_groups"])
def test_what_was_read_can_be_written_back_or_the_message_says_what_to_write(client, pinterest, entity_type):
    account, ad_group = pinterest.ad_account_id, pinterest.ad_group_id
    if entity_type == "promotions":
        group = pinterest.catalog_product_group_ids[0]
        client.promotions.create(account, ad_group, [{"catalog_product_group_id": group}]).raise_if_failed()
        read, update = client.promotions.list(account, ad_group_id=ad_group), client.promotions.update
        where = (account, ad_group)
    else:
        read, update, where = getattr(client, entity_type).list(account), getattr(client, entity_type).update, (account,)
    update(*where, read.all()).raise_if_failed()
    changed = [msgspec.structs.replace(one, status="PAUSED") for one in read]
    update(*where, changed).raise_if_failed()
    assert {one.status for one in read} == {"PAUSED"}
    of_later_days = [msgspec.structs.replace(one, status="WHAT_COMES") for one in read]
    assert "entity.changed(field=value)" in said(lambda: update(*where, of_later_days))


def test_a_thing_of_another_kind_is_not_written_with_its_id(client, pinterest):
    account, ad_group = pinterest.ad_account_id, pinterest.ad_group_id
    group, campaign = client.catalog_product_groups.list().first(), client.campaigns.list(account).first()
    for write in (client.promotions.update, client.promotions.create):
        words = said(lambda write=write: write(account, ad_group, [group]))
        assert "of the type ProductGroupPromotion, not CatalogProductGroup" in words
    assert "of the type AdGroup, not Campaign" in said(lambda: client.ad_groups.update(account, [campaign]))


def test_a_cap_of_twenty_millionths_is_warned_of(client, pinterest, caplog):
    caplog.set_level("WARNING", "pinshop")
    client.campaigns.update(pinterest.ad_account_id, [{"id": pinterest.campaign_id, "daily_spend_cap": 20}])
    assert "write 20000000" in caplog.text


def test_a_cap_of_twenty_millionths_is_warned_of_on_the_command_line():
    from click.testing import CliRunner

    from pinshop.cli.tree import main

    found = CliRunner().invoke(
        main, ["campaigns", "update", "--emulator", "626707368860", "--set", "daily_spend_cap=20", "--yes"]
    )
    assert "Warning: campaigns/update: items[0].daily_spend_cap is 20 micro-currency" in found.stderr


# ----------------------------------------------------------------------------------------- options of clients

OPTIONS = {
    "timeout": "read_seconds=",
    "read_timeout": "read_seconds",
    "connect_timeout": "connect_seconds",
    "retries": "max_attempts",
    "max_atempts": "max_attempts",
    "token": "access_token",
    "host": "base_url",
    "baseurl": "base_url",
    "proxies": "proxy",
    "verify": "ca_file=",
    "cafile": "ca_file",
    "something_else": "There are access_token, base_url,",
}


@pytest.mark.parametrize(("option", "meant"), OPTIONS.items(), ids=list(OPTIONS))
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_option_of_another_client_names_ours(kind, option, meant):
    words = said(lambda: kind("x", **{option: 1}), TypeError)
    assert f"{kind.__name__}() got an unexpected keyword argument '{option}'" in words
    assert meant in words
    if option not in ("token", "host", "baseurl"):
        assert meant in said(lambda: kind.from_env(environ={"PINTEREST_ACCESS_TOKEN": "x"}, **{option: 1}), TypeError)


def test_options_that_change_are_suggested_too(client):
    assert "Did you mean read_seconds" in said(lambda: client.with_options(timeout=1), ConfigurationError)
    assert "Did you mean max_attempts?" in said(lambda: client.with_options(max_atempts=1), ConfigurationError)


def test_what_other_clients_call_it_is_answered_with_options_there_are():
    parameters = inspect.signature(Client.__init__).parameters
    for theirs, ours in OTHER_NAMES.items():
        assert theirs not in parameters
        assert ours.partition("=")[0] in {*parameters, *NetworkOptions.__annotations__}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("option", ["ca_file", "client_certificate"])
def test_files_of_certificates_are_refused_when_the_client_is_made(kind, option, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for path in (tmp_path / "nowhere.pem", broken, tmp_path):
        words = said(lambda path=path: kind("x", **{option: str(path)}), ConfigurationError)
        assert f"{option} {path}: " in words


# ---------------------------------------------------------------------------------------------- the emulator


@pytest.mark.parametrize(
    "given", ["state.yaml", "/nowhere/state.yaml", "./x/state", "C:\\x\\state.yml", Path("state.yaml"), "a.jsonl"]
)
def test_a_path_where_the_text_of_a_state_belongs_names_load_file(pinterest, given):
    words = said(lambda: pinterest.load(given), ConfigurationError)
    assert "not a path" in words
    assert f"load_file({str(given)!r})" in words


@pytest.mark.parametrize("text", ["", "hello", "a: b", "a: /x/y.yaml", "{a: /x/y.yaml}", "- x/y.yaml"])
def test_a_text_that_is_no_path_is_not_taken_for_one(text):
    assert "load_file" not in said(lambda: Emulator().load(text), ConfigurationError)


SUGGESTED = {
    "duplicate_promotions": lambda e: e.rules.set("duplicate_promotions", "refuse"),
    "field_name": lambda e: e.rules.update({"field_name": "both"}),
    "report_second": lambda e: Emulator(e.api_version, rules={"report_second": 1}),
    "product_group_promotion/create": lambda e: e.fail("product_group_promotion/create", status=500),
    "staus": lambda e: e.fail("*", staus=500),
}


@pytest.mark.parametrize(("name", "mistake"), SUGGESTED.items(), ids=list(SUGGESTED))
def test_the_emulator_suggests_what_was_meant(pinterest, name, mistake):
    words = said(lambda: mistake(pinterest), PinshopError)
    meant = {
        "duplicate_promotions": "duplicate_promotion",
        "field_name": "field_names",
        "report_second": "report_seconds",
        "product_group_promotion/create": "product_group_promotions/create",
        "staus": "status",
    }[name]
    assert f"; did you mean {meant}" in words


def test_a_port_that_is_taken_suggests_port_0():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)) as caught:
            Emulator().start(port=port)
        assert caught.value.__notes__ == [f"port {port} is in use; port 0 picks a free one"]
        found = run("emulator", "--port", str(port))
    assert f"cannot serve on 127.0.0.1:{port}" in found
    assert "--port 0" in found


def run(*args):
    """What the command says on stderr when it refuses."""
    found = subprocess.run(
        [sys.executable, "-m", "pinshop", *args], capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    assert found.returncode != 0
    return found.stderr


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (["emulatr"], "Did you mean emulator?"),
        (["promotion", "list"], "Did you mean promotions"),
        (["promotions", "lst"], "Did you mean list?"),
        (["emulator", "--rule", "duplicate_promotions=refuse"], "did you mean duplicate_promotion?"),
        (["whoami", "--bse-url", "x"], "--base-url"),
        (["analytics", "--granularity", "DAILY"], "Did you mean DAY?"),
        (["promotions", "list", "--format", "tabel"], "Did you mean table?"),
        (["promotions", "create", "1", "--status", "Pause"], "Did you mean PAUSED?"),
        (["analytics", "--emulator", "--columns", "SPEND", "1"], 'the family "spend"'),
    ],
    ids=" ".join,
)
def test_the_command_line_suggests_what_was_meant(args, meant):
    from click.testing import CliRunner

    from pinshop.cli.tree import main

    found = CliRunner().invoke(main, args)
    assert found.exit_code != 0
    assert meant in found.output
