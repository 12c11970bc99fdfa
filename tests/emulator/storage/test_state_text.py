"""YAML states: out and in is the identity, and what is wrong changes nothing and is named."""

from __future__ import annotations

import copy
import json
import os
import random

import pytest
import yaml

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage import state_text
from pinshop.errors import ConfigurationError

NOW = "2026-03-02T12:00:00Z"
BY_HAND = """
clock: 2026-03-01T12:00:00Z
ad_accounts:
- {id: '549700000001', name: Shoes, currency: EUR}
campaigns:
- {id: '626700000001', ad_account_id: '549700000001', name: Spring, daily_spend_cap: 50000000}
ad_groups:
- {id: '2680000000001', ad_account_id: '549700000001', campaign_id: '626700000001', name: Everyone}
"""


@pytest.fixture
def emulator():
    emulator = Emulator(now=NOW)
    yield emulator
    emulator.close()


def call(emulator, method, path, body=None, token=None):
    headers = {"authorization": f"Bearer {token or emulator.access_token}"}
    return emulator.handle(Request(method, "http://x", f"/v5{path}", headers, body and json.dumps(body).encode()))


def promote(emulator):
    items = [{"catalog_product_group_id": group, "status": "ACTIVE"} for group in emulator.catalog_product_group_ids]
    body = {"ad_group_id": emulator.ad_group_id, "product_group_promotion": items}
    reply = call(emulator, "POST", f"/ad_accounts/{emulator.ad_account_id}/product_group_promotions", body)
    return [item["data"]["id"] for item in json.loads(reply.body)["items"]]


def earned(emulator, ids):
    query = "start_date=2026-03-02&end_date=2026-03-20&granularity=DAY&columns=SPEND_IN_MICRO_DOLLAR,TOTAL_CHECKOUT"
    path = f"/ad_accounts/{emulator.ad_account_id}/product_groups/analytics?{query}&product_group_ids={','.join(ids)}"
    return json.loads(call(emulator, "GET", path).body)


def test_load_of_export_is_the_identity(emulator):
    ids = promote(emulator)
    emulator.clock.advance(days=10)
    reader = emulator.token(["ads:read"])
    text = emulator.export()
    other = Emulator(seed=99)
    other.load(text)
    assert other.export() == text
    assert (other.seed, other.access_token, other.clock.now()) == (1, emulator.access_token, emulator.clock.now())
    assert earned(other, ids) == earned(emulator, ids) != []
    assert promote(other) == promote(emulator)
    assert other.token() == emulator.token()
    assert (
        call(other, "GET", "/user_account", token=reader).status == call(emulator, "GET", "/user_account", token=reader).status
    )
    other.close()


def test_nothing_that_was_given_out_is_given_out_again(emulator):
    given = {emulator.token(["ads:read"]) for _ in range(3)} | {emulator.authorize("http://localhost/", ["ads:read"])}
    before = emulator.export()
    ids = set(promote(emulator)) | {emulator.add_user("ann")}
    for text in (before, BY_HAND, before):
        emulator.load(text)
        assert not given & {emulator.token() for _ in range(5)}
        assert not ids & {emulator.add_user("bob")}


def test_after_a_state_by_hand_everything_works(emulator):
    emulator.add_user("eve")
    emulator.load(BY_HAND)
    assert emulator.ad_account_id == "549700000001"
    assert len(promote(emulator)) == len(emulator.catalog_product_group_ids) > 0
    analyst = emulator.token(user_id=emulator.add_user("ann", "ANALYST"))
    assert call(emulator, "GET", f"/ad_accounts/{emulator.ad_account_id}", token=analyst).status == 200
    assert len(emulator.scale(2, 3)) == 2
    emulator.clock.advance(days=3)


CAMPAIGN = "ad_accounts: [{id: '1'}]\ncampaigns: [{id: '2', ad_account_id: '1', %s}]"
TORN = (
    "ad_accounts: [{id: '1'}, {id: '9'}]\ncampaigns: [{id: '2', ad_account_id: '1'}]\n"
    "ad_groups: [{id: '3', campaign_id: '2', ad_account_id: '9'}]"
)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "alias"),
        ("a: &a {b: *a}", "alias"),
        ("x: " + "[" * 2000, "deep|nesting depth"),
        ("x: " + "[" * 100 + "]" * 100, "line 1: more than 40 levels deep"),
        ("seed: 1\n---\nseed: 2", "2 documents, allowed: one"),
        ("seed: 1\n? [a]\n: 1", "line 2: a list or an object as a name"),
        ("clock: {frozen: foo, offset: 0}", "clock.frozen: got 'foo'"),
        ("clock: {frozen: 1.0e+300, offset: 0}", "2000 to 2099"),
        ("clock: {frozen: null, offset: .nan}", "clock.offset"),
        ("clock: {frozen: foo}", "allowed: an instant"),
        ("clock: [1]", "instant"),
        ("campaigns: 5", "campaigns: got 5, allowed: a list"),
        ("campaigns: {}", "campaigns: got {}"),
        ("campaigns: [5]", r"campaigns\[0\]: got 5"),
        ("ad_accounts: [{id: '1', name: 5}]", r"ad_accounts\[0\].name: got 5"),
        ("ad_accounts: [{id: '1'}, {id: '1'}]", r"ad_accounts\[1\].id: got 1, allowed: an id that no other has"),
        (CAMPAIGN % "status: FLYING", "status: got 'FLYING', allowed: ACTIVE"),
        (CAMPAIGN % "daily_spend_cap: much", "daily_spend_cap: got 'much'"),
        (CAMPAIGN % "created_time: x", "created_time: got 'x'"),
        ("ad_accounts: [{id: '1', id: '2'}]", "'id' is given twice"),
        ("ad_accounts: []\nad_accounts: []", "'ad_accounts' is given twice"),
        ("5: []", "the name 5"),
        ("tokens: [5]", r"tokens\[0\]: got 5"),
        ("tokens: [[t, wizard, 1, a, s, null, null, f]]", "kind: got 'wizard', allowed: access"),
        ("roles: [[1, 2]]", r"roles\[0\]"),
        ("seeded: {}", "seeded: got"),
        ("sequences: {users: many}", "sequences.users: got 'many'"),
        ("seed: 1.5", "seed: got 1.5"),
        ("catalogs: [{id: !!binary aGVsbG8=}]", r"line 1, column 17: a tag \(!!binary\), allowed: plain text, numbers"),
        ("seed: 1\ncatalogs: [{id: !!python/object:os.system x}]", r"line 2, column 17: a tag \(!!python/object:os.system\)"),
        ("catalogs: [{name: !!str x}]", r"a tag \(!!str\)"),
        ("seed: ! 12", r"line 1, column 7: a tag \(!\)"),
        ("campaigns: !mine []", r"line 1, column 12: a tag \(!mine\)"),
        ("!!map {seed: 1}", r"line 1, column 1: a tag \(!!map\)"),
        ("!name seed: 1", r"line 1, column 1: a tag \(!name\)"),
        ("history: [5]", r"history\[0\]: got 5, allowed: a list of kind, id, since, settings"),
        ("history: [[campaigns, 1, 5, {stats: ACTIVE}]]", r"history\[0\].settings.stats: allowed: .*Did you mean status\?"),
        ("history: [[campaigns, 1, 5, {status: 7}]]", r"history\[0\].settings.status: got 7"),
        ("history: [[campaign, 1, 5, {}]]", r"history\[0\].kind: got 'campaign'"),
        ("stated: [[1, 5, {impressions: many}]]", r"stated\[0\].numbers"),
        (f"stated: [[1, 5, {{impressions: {2**50}, clicks: 1, spend_micro: 1}}]]", r"stated\[0\].numbers.*impressions"),
        ("past_items: [[1, 5, 6, {item_id: a}]]", r"past_items\[0\].item: feed_id is missing"),
        (CAMPAIGN % "daily_spend_capp: 5", "daily_spend_capp: got 5, allowed: .*Did you mean daily_spend_cap?"),
        (CAMPAIGN % "summary_status: RUNNING", "summary_status: got 'RUNNING', allowed: "),
        ("ad_accounts: [{id: '1', curency: EUR}]", r"ad_accounts\[0\].curency: got 'EUR', .*Did you mean currency\?"),
        ("users: [{id: '1', user_name: x}]", r"users\[0\].user_name: got 'x'.*Did you mean username\?"),
        ("items: [{feed_id: '1', item_id: a, price: 5}]", r"items\[0\].price: got 5.*price_micro"),
        ("items: [{feed_id: '1', item_id: a}]", r"items\[0\]: price_micro is missing"),
        (
            "items: [{feed_id: '1', item_id: a, price_micro: 1, availability: SOLD}]",
            "availability: got 'SOLD', allowed: IN_STOCK",
        ),
        ("sequences: {user: 5}", "sequences.user: .*Did you mean users?"),
        ("product_groups: [{id: '5', catalog_id: '2', filters: {any_of: 5}}]", r"product_groups\[0\].filters.any_of: allowed"),
        ("product_groups: [{id: '5', catalog_id: '2', filters: {any_of: [{BRAN: {values: []}}]}}]", "any_of.0.: got 'BRAN'"),
        ("history: [[promotions, 1, 5, {catalog_product_group_id: {}}]]", "catalog_product_group_id: got {}, allowed: an id"),
        ("history: [[promotions, 1, 5, {catalog_product_group_id: '7'}]]", "catalog_product_group_id: got '7', allowed: an id"),
        (
            "history: [[product_groups, 1, 5, {average_price_micro: null}]]",
            r"history\[0\].settings.average_price_micro: got null",
        ),
        ("history: [[product_groups, 1, 5, {filters: {}}]]", "settings.filters: got {}"),
        (
            "stated: [[1, 5, {impressions: 5, clicks: 6, spend_micro: 0}]]",
            r"stated\[0\].numbers: got 6 clicks.* allowed: .*5 impr",
        ),
        ("stated: [[1, 5, {impressions: 0, clicks: 0, spend_micro: 7}]]", r"stated\[0\].numbers: got 0 clicks and 7 spent"),
        ("items: [{feed_id: '1', item_id: a, price_micro: 1, currency: null}]", r"items\[0\].currency: got null"),
        ("history: [[product_groups, 1, 5, {filters: '{\"any_of\": 5}'}]]", "settings.filters: got"),
        (CAMPAIGN % "status: null", "status: got null"),
        ("users: [{id: '5'}]\ntokens: [[t, access, 6, a, s, null, null, f]]", r"tokens\[0\].user_id: got 6"),
        ("users: [{id: '5'}]\nroles: [[5, 6, ADMIN]]", r"roles\[0\].ad_account_id: got 6"),
        (TORN, "ad_groups 3: ad_account_id: got 9, allowed: 1"),
        ("campaign: []", "the state has campaign; .*Did you mean campaigns?"),
        ("product_groups: [{id: '5', catalog_id: '2', filters: 5}]", "filters: got 5"),
        ("users: [{id: '5'}]\nad_accounts: [{id: '1', owner_id: 99999999999999999999}]", "owner_id: got 99999999999999999999"),
        ("\x00", "YAML"),
        ("- 1", "object of lists"),
        (r'ad_accounts: [{id: "1", name: "\ud83d"}]', r"ad_accounts\[0\].name: .* UTF-8|invalid Unicode character"),
        (r'ad_accounts: [{id: "1", "\udc00": x}]', r"ad_accounts\[0\], the name: .* UTF-8|invalid Unicode character"),
        ("feeds: [{id: '1', catalog_id: '2', name: f, updated: null}]", r"feeds\[0\].updated: got null"),
        ("ad_accounts: [{id: '1', name: a, currency: null}]", r"ad_accounts\[0\].currency: got null"),
    ],
)
def test_a_state_that_is_wrong_changes_nothing_and_is_named(emulator, text, words):
    promote(emulator)
    before = emulator.export()
    with pytest.raises(ConfigurationError, match=words):
        emulator.load(text)
    assert emulator.export() == before
    assert call(emulator, "GET", "/user_account").status == 200


def test_without_libyaml_a_state_is_the_same(emulator, monkeypatch):
    promote(emulator)
    with_it = emulator.export()
    monkeypatch.delattr(yaml, "CSafeDumper")
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert emulator.export() == with_it
    emulator.load(with_it)
    assert emulator.export() == with_it
    with pytest.raises(ConfigurationError, match=r"ad_accounts\[0\].name: .* UTF-8"):  # libyaml refuses it itself
        emulator.load(r'ad_accounts: [{id: "1", name: "\ud83d"}]')


@pytest.mark.parametrize(
    "text", ["", "~", "yes", "0x1F", "0o17", "017", "1_000", "-5", "1e3", "1.5", "1:30", "2026-03-01", "a b", "é😀"]
)
def test_plain_text_means_what_it_means_in_yaml(text):
    state = f"a: {text}\nb: '{text}'\n'{text}': [{text}]"
    assert state_text.read(state) == yaml.safe_load(state)


PLACES = 60 if os.environ.get("PINSHOP_SOAK") else 6
WRONG = (
    None, True, -1, 0, 2**61, 1.5, 1e300, "", "x" * 3000, "\0", "<b>", [], {}, [1], {"a": 1}, [None], {"x": {"y": []}},
    "ACTIVE", "5", "2026-01-01", "../../etc/passwd", "EUR",
)  # fmt: skip


def _places(value, path=()):
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from _places(inner, (*path, name))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_one_thing_made_wrong_is_refused_whole_or_harmless(emulator, seed):
    """A value, a name or an entry of an exported state is changed, left out or doubled."""
    chance = random.Random(seed)
    ids = promote(emulator)
    emulator.clock.advance(days=4)
    emulator.earn(ids[0], "2026-03-03", spend=5, clicks=2)
    text = emulator.export()
    state = yaml.load(text, yaml.CSafeLoader)
    places = {}
    for path in _places(state):
        if path:
            places.setdefault((path[0], path[-1] if isinstance(path[-1], str) else len(path)), []).append(path)
    for kind in chance.sample(sorted(places, key=str), PLACES):
        path = chance.choice(places[kind])
        wrong = copy.deepcopy(state)
        inner = wrong
        for name in path[:-1]:
            inner = inner[name]
        how = chance.random()
        if how < 0.7:
            inner[path[-1]] = chance.choice(WRONG)
        elif how < 0.85 or isinstance(inner, dict):
            inner.pop(path[-1])
        else:
            inner.append(copy.deepcopy(inner[path[-1]]))
        try:
            emulator.load(yaml.dump(wrong, Dumper=yaml.CSafeDumper))
        except ConfigurationError as error:
            assert "cannot be read" not in str(error), (path, error)
            assert emulator.export() == text, path
            continue
        account = emulator.ad_account_id
        for target in ("/user_account", "/ad_accounts", f"/ad_accounts/{account}/campaigns", "/catalogs/product_groups"):
            assert call(emulator, "GET", target).status < 500, (path, target)
        query = "start_date=2026-03-01&end_date=2026-03-06&granularity=DAY&columns=SPEND_IN_MICRO_DOLLAR,TOTAL_CHECKOUT"
        target = f"/ad_accounts/{account}/product_groups/analytics?{query}&product_group_ids={','.join(ids)}"
        assert call(emulator, "GET", target).status < 500, path
        emulator.clock.advance(hours=1)
        emulator.load(text)
