"""The control routes: what each does, and what it makes of bodies that are none of its."""

from __future__ import annotations

import json
import random

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.control.routes import TABLE
from pinshop.emulator.faults import Fault

CREATE = "product_group_promotions/create"


@pytest.fixture
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


def ask(emulator, method, path, body=None, status=200):
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    reply = emulator.handle(Request(method, "http://127.0.0.1:8123", f"/_emulator/{path}", {"host": "127.0.0.1:8123"}, content))
    assert reply.status == status, reply.body
    return json.loads(reply.body)


def works(emulator):
    headers = {"authorization": f"Bearer {emulator.access_token}"}
    return emulator.handle(Request("GET", "http://x", "/v5/user_account", headers)).status == 200


# ------------------------------------------------------------------------------------------- bodies that are none

VALUES = [
    None, True, False, 0, -1, 5, 10**18, 10**30, 1.5, -0.0, 1e308, "", "x", "5", "null", "\u0000", "\ud800", "A" * 5000, [],
    [1, 2], {}, {"x": {}}, {"days": "x"}, "2026-13-45", "1999-01-01", "0001-01-01T00:00:00Z", ["a", "b", "c"], [{"a": [1]}],
    "<script>alert(1)</script>", "../../etc/passwd", [["campaigns/list", 5]], [["nope/list", {}]],
    [["campaigns/list", {"items": 5}]], [["campaigns/list", {"items": [{"id": "x"}]}]], {"universal": [0, 0]},
    {"universal": [10**30, 1]}, {"categories": {"x": [1, 1]}},
    "- 1", "clock: {frozen: foo}", "campaigns: [{id: []}]",
]  # fmt: skip
RAW = [
    b"[",
    b"5",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b"{",
    b'{"a":}',
    b"[" * 100_000,
    b'{"a":' * 5000,
    b"NaN",
    b'{"days": NaN}',
    b"{}x",
]
FIELDS = {
    "clock": ["freeze", "set", "advance", "run"], "rate-limits": ["profile", "headers", "custom"],
    "tokens": ["scopes", "user_id", "expires_in", "client_credentials"], "revoke": ["token"],
    "authorize": ["redirect_uri", "scopes"], "users": ["username", "role", "ad_account_id"], "import": ["yaml", "answers"],
    "scale": ["ad_accounts", "promotions_each"],
    "faults": [*Fault.__struct_fields__, "item"],
    "rules": ["duplicate_promotion", "update_items_maximum", "archived_is_final", "report_seconds"],
}  # fmt: skip
FIELDS["stubs"] = FIELDS["faults"]


def bodies(row, count=100):
    """A hundred malformed bodies for one route."""
    chance = random.Random(row.method + row.path)
    names = [*FIELDS.get(row.path.partition("/")[0], []), "nothing", "self", "world", ""]
    made = [*RAW]
    while len(made) < count:
        chosen = chance.sample(names, chance.randint(1, min(3, len(names))))
        body = {name: chance.choice(VALUES) for name in chosen}
        if row.path == "scale":  # a right one would take its time
            body["ad_accounts"] = chance.choice([None, True, -1, 0, 10**18, 1e308, "x", [], {}])
        made.append(json.dumps(body).encode())
    return made


@pytest.mark.parametrize("row", [row for row in TABLE if row.method != "GET"], ids=lambda row: f"{row.method} {row.path}")
def test_a_hundred_malformed_bodies_poison_nothing(emulator, row):
    for content in bodies(row):
        path = "/_emulator/" + row.path.replace("{name}", "x")
        reply = emulator.handle(Request(row.method, "http://127.0.0.1", path, {"host": "127.0.0.1"}, content))
        assert reply.status < 500, (content[:200], reply.body)
        if reply.status >= 400:
            assert json.loads(reply.body)["error"]
        emulator.rules.update({"report_seconds": 30})
    emulator.stop_failing(), emulator.stop_stubbing(), emulator.limits.use("none")
    assert works(emulator), row
    for get in [row for row in TABLE if row.method == "GET"]:
        assert emulator.handle(Request("GET", "http://x", f"/_emulator/{get.path}", {})).status == 200
    emulator.reset()
    assert works(emulator)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("clock", {}, "allowed: freeze, set, advance, run"),
        ("clock", {"jump": 1}, "jump"),
        ("clock", {"advance": {"days": "x"}}, "advance.days"),
        ("clock", {"advance": {"days": 1e300}}, "advance"),
        ("clock", {"advance": {"days": -1}}, "use set to go back"),
        ("rate-limits", {"profile": 5}, "profile"),
        ("rate-limits", {"profile": "fast"}, "allowed: none, trial, standard"),
        ("rate-limits", {"custom": {"categories": {"org_read": [0, 60]}}}, "at least 1"),
        ("tokens", {"scopes": "ads:read"}, "scopes"),
        ("tokens", {"scopes": ["ads:fly"]}, "ads:fly"),
        ("tokens", {"expires_in": 10**30}, "expires_in"),
        ("tokens", {"user_id": "7"}, "user_id"),
        ("users", {"username": ""}, "username"),
        ("users", {"username": "ann", "role": "KING"}, "allowed: OWNER"),
        ("users", {"username": "ann", "role": "ANALYST", "ad_account_id": "5"}, "ad_account_id"),
        ("authorize", {"redirect_uri": "http://x/#y"}, "fragment"),
        ("scale", {"ad_accounts": -1}, "ad_accounts"),
        ("scale", {"ad_accounts": 10**9}, "ad_accounts"),
        ("faults", {"status": 503, "nope": 1}, "known: operation, token"),
        ("import", {}, "allowed: yaml, answers"),
        ("snapshots/" + "x" * 100, {}, "name"),
        ("forks/a%20b", {}, "allowed: 1 to 40"),
    ],
)
def test_a_body_that_is_not_understood_is_a_400_with_words(emulator, path, body, words):
    before = emulator.export()
    assert words in ask(emulator, "POST", path, body, 400)["error"]
    assert emulator.export() == before


def test_several_moves_of_the_clock_are_one(emulator):
    ask(emulator, "POST", "clock", {"set": "2026-05-01", "advance": {"days": -1}}, 400)
    assert emulator.clock.now().isoformat() == "2026-03-02T12:00:00+00:00"


# ------------------------------------------------------------------------------------------- what the routes can do


def test_a_fork_is_a_pinterest_of_its_own(emulator):
    told = []
    emulator.calls.listener = lambda entry: told.append(entry.target)
    made = ask(emulator, "POST", "forks/tenant", status=201)
    assert made["base_url"] == "http://127.0.0.1:8123/forks/tenant/v5"
    assert "one of the name" in ask(emulator, "POST", "forks/tenant", status=400)["error"]
    headers = {"authorization": f"Bearer {made['access_token']}", "host": "127.0.0.1:8123"}
    moved = Request("POST", "http://127.0.0.1:8123", "/forks/tenant/_emulator/clock", headers, b'{"advance": {"days": 3}}')
    assert json.loads(emulator.handle(moved).body)["now"].startswith("2026-03-05")
    assert emulator.clock.now().day == 2
    called = Request("GET", "http://127.0.0.1:8123", "/forks/tenant/v5/user_account", headers)
    assert json.loads(emulator.handle(called).body)["account_type"] == "BUSINESS"
    assert told == ["/forks/tenant/v5/user_account"]
    assert (emulator.calls.count(), emulator.world.forks["tenant"].journal.count()) == (0, 1)
    page = emulator.handle(Request("GET", "http://127.0.0.1:8123", "/forks/tenant/_emulator/", headers))
    assert b'href="/forks/tenant/_emulator/console/rules"' in page.body
    assert [fork["name"] for fork in ask(emulator, "GET", "forks")["forks"]] == ["tenant"]
    assert ask(emulator, "DELETE", "forks/tenant") == {"forks": []}
    assert emulator.handle(called).status == 404


def test_a_feed_is_loaded_from_the_body(emulator):
    head = b"id\ttitle\tdescription\tlink\timage_link\tprice\tavailability\n"
    feed = head + b"1\tLamp\tA lamp\thttps://x/1\thttps://x/1.jpg\t5 USD\tin stock\n"
    assert ask(emulator, "PUT", f"feeds/{emulator.feed_id}?format=tsv", feed) == {"items": 1}
    assert ask(emulator, "PUT", "feeds?format=TSV", feed) == {"items": 1}
    for path, words in (
        ("feeds?format=doc", "allowed: CSV, TSV, XML"),
        ("feeds/7?format=tsv", "feed"),
        ("feeds?format=xml", "XML"),
    ):
        assert words in ask(emulator, "PUT", path, feed, 400)["error"]


def test_a_code_is_given_without_a_browser(emulator):
    assert ask(emulator, "POST", "authorize", {"redirect_uri": "http://localhost:8085/"}, 201)["code"].startswith("emulated_")


def test_snapshots_are_deleted(emulator):
    ask(emulator, "POST", "snapshots/three")
    assert ask(emulator, "DELETE", "snapshots/three") == {"snapshots": []}
    ask(emulator, "DELETE", "snapshots/three", status=404)


def test_the_journal_is_asked_by_status_and_account(emulator):
    for token, path in (
        ("x", f"/ad_accounts/{emulator.ad_account_id}"),
        (emulator.access_token, "/ad_accounts/1"),
        (emulator.access_token, f"/ad_accounts/{emulator.ad_account_id}"),
    ):
        emulator.handle(Request("GET", "http://x", f"/v5{path}", {"authorization": f"Bearer {token}"}))
    numbers = lambda query: [call["number"] for call in ask(emulator, "GET", f"journal?{query}")["calls"]]  # noqa: E731
    assert numbers("status=401") == [1]
    assert numbers(f"ad_account_id={emulator.ad_account_id}") == [1, 3]
    assert numbers(f"ad_account_id={emulator.ad_account_id}&status=200&last=5") == [3]
    for wrong in ("status=x", "last=-1", "nope=1"):
        ask(emulator, "GET", f"journal?{wrong}", status=400)


def test_what_is_spent_of_a_quota_is_told_and_forgotten(emulator):
    ask(emulator, "POST", "rate-limits", {"profile": "trial"})
    works(emulator)
    (spent,) = ask(emulator, "GET", "rate-limits")["spent"]
    assert (spent["category"], spent["calls"], spent["quota"], spent["seconds"]) == ("every call", 1, 1000, 86_400)
    assert ask(emulator, "DELETE", "rate-limits")["spent"] == []


def test_a_stub_answers_until_it_is_removed(emulator):
    stub = ask(emulator, "POST", "stubs", {"operation": "user_account/get", "json": {"username": "ann"}}, 201)
    headers = {"authorization": f"Bearer {emulator.access_token}"}
    called = Request("GET", "http://x", "/v5/user_account", headers)
    assert [json.loads(emulator.handle(called).body) for _ in range(2)] == [{"username": "ann"}] * 2
    assert (ask(emulator, "GET", "faults"), emulator.faults) == ({"faults": []}, [])
    assert ask(emulator, "DELETE", f"stubs/{stub['id']}") == {"stubs": []}
    assert works(emulator)
