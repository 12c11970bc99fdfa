"""The chain itself: routes, tokens, roles, limits, bad input, the journal, and that a run repeats."""

from __future__ import annotations

import logging

import msgspec
import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.handlers import HANDLERS
from pinshop.emulator.limits import Profile
from pinshop.errors import ConfigurationError

NOW = "2026-03-02T12:00:00Z"


def _send(emulator, target, method="GET", body=None, headers=None):
    given = {"Authorization": f"Bearer {emulator.access_token}"} if headers is None else headers
    return emulator.handle(Request(method, "http://h", target, given, body))


# ------------------------------------------------------------------------------------------------ routes


@pytest.mark.parametrize("path", ["/v5", "/v5/", "/v5/nope", "/v4/user_account", "/v5//user_account", "/v5/user_account/"])
def test_paths_outside_the_slice_are_404(newest, path):
    reply = _send(newest.emulator, path)
    assert reply.status == 404
    assert msgspec.json.decode(reply.body)["code"] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "BREW"])
def test_other_methods_are_405(newest, method):
    reply = _send(newest.emulator, "/v5/user_account", method)
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (405, 5)


@pytest.mark.parametrize("account", ["1%0A", "%31%32", "١٢٣", "1" * 19, "abc", "", "..", "%2e%2e", "%00", "1%2F2"])
def test_ids_in_paths_are_ascii_digits(newest, account):
    status = _send(newest.emulator, f"/v5/ad_accounts/{account}/campaigns").status
    assert status == (404 if account == "%31%32" else 400)


# -------------------------------------------------------------------------------------- tokens and roles


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer nope"}, {"authorization": "Basic eA=="}],
)
def test_without_a_token_nothing_is_shown(newest, headers):
    reply = _send(newest.emulator, "/v5/user_account", headers=headers)
    assert (reply.status, msgspec.json.decode(reply.body)) == (401, {"code": 2, "message": "Authentication failed."})


@pytest.mark.parametrize("token", [f"pina_{'A' * 20}", f"pinr_{'S' * 12}"])
def test_a_real_looking_token_is_refused_and_kept_nowhere(newest, token, caplog):
    caplog.set_level(logging.DEBUG)
    emulator = newest.emulator
    reply = _send(emulator, f"/v5/user_account?x={token}", headers={"authorization": f"Bearer {token}"})
    assert reply.status == 401
    assert b"never send one here" in reply.body
    form = f"grant_type=refresh_token&refresh_token={token}".encode()
    _send(emulator, "/v5/oauth/token", "POST", form)
    _send(emulator, f"{newest.promotions.replace('/ad', '/v5/ad', 1)}", "POST", msgspec.json.encode({"a": token}))
    everywhere = repr(list(emulator.calls)) + emulator.export() + caplog.text + repr(emulator)
    assert "SECRET" not in everywhere


def test_scopes_are_needed(newest):
    newest.token = newest.emulator.token(["ads:read"])
    assert newest("GET", f"{newest.account}/campaigns")["items"]
    assert newest("PATCH", newest.promotions, {}, status=401)["code"] == 3
    assert newest("GET", "/catalogs/feeds", status=401)["code"] == 3


def test_tokens_expire_by_the_emulated_clock_and_can_be_revoked(newest):
    emulator = newest.emulator
    short, other = emulator.token(expires_in=60), emulator.token()
    newest.token = short
    emulator.clock.advance(seconds=59)
    newest("GET", "/user_account")
    emulator.clock.advance(seconds=1)
    assert newest("GET", "/user_account", status=401)["code"] == 2
    newest.token = other
    newest("GET", "/user_account")
    assert emulator.revoke(other)
    assert not emulator.revoke(other)
    newest("GET", "/user_account", status=401)


def test_client_credentials_reach_only_what_the_contract_allows(talk_at):
    for api_version, allowed in (("5.14", False), ("5.23", True)):
        talk = talk_at(api_version)
        talk.token = talk.emulator.token(client_credentials=True)
        reply = talk.send("GET", f"{talk.account}/campaigns")
        assert reply.status == (200 if allowed else 401)
        talk("GET", f"{talk.promotions}/1", status=401)


@pytest.mark.parametrize(
    ("role", "reads", "writes", "catalogs"),
    [
        ("OWNER", 200, 404, 200),
        ("ADMIN", 200, 404, 200),
        ("ANALYST", 200, 403, 403),
        ("CAMPAIGN_MANAGER", 200, 404, 403),
        ("CATALOGS_MANAGER", 200, 403, 200),
        (None, 403, 403, 403),
    ],
)
def test_business_access_roles(newest, role, reads, writes, catalogs):
    user = newest.emulator.add_user("colleague", role)
    newest.token = newest.emulator.token(user_id=user)
    assert newest.send("GET", f"{newest.account}/campaigns").status == reads
    body = {"ad_group_id": "1", "product_group_promotion": [{}]}
    assert newest.send("POST", newest.promotions, body).status == writes
    assert newest.send("GET", "/catalogs/feeds", ad_account_id=newest.emulator.ad_account_id).status == catalogs
    shared = newest("GET", "/ad_accounts")["items"]
    assert [account["permissions"] for account in shared] == ([[role]] if role else [])
    assert newest("GET", "/ad_accounts", include_shared_accounts="false")["items"] == []


def test_an_unknown_ad_account_follows_the_rule(talk_at):
    assert talk_at()("GET", "/ad_accounts/123/campaigns", status=404) == {"code": 2, "message": "AdAccount not found."}
    talk = talk_at(rules={"unknown_ad_account": "forbidden", "forbidden_status": 401})
    assert talk("GET", "/ad_accounts/123/campaigns", status=401)["code"] == 29


# ---------------------------------------------------------------------------------------------- limits


def test_the_standard_limit_of_a_category_and_its_headers(newest):
    emulator = newest.emulator
    emulator.limits.use("standard")
    for n in range(100):
        reply = newest.send("GET", "/catalogs/feeds")
        assert reply.headers["x-ratelimit-remaining"] == str(99 - n)
    assert reply.headers["x-ratelimit-limit"] == "100, 100;w=1, 100;w=60"
    reply = newest.send("GET", "/catalogs/feeds")
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (429, 8)
    assert (reply.headers["x-ratelimit-remaining"], reply.headers["x-ratelimit-reset"]) == ("0", "60")
    emulator.clock.advance(seconds=1)
    assert newest.send("GET", "/user_account").headers["x-ratelimit-limit"] == "100, 100;w=1, 1000;w=60"
    assert newest.send("GET", "/catalogs/feeds").status == 429
    emulator.clock.advance(seconds=59)
    assert newest.send("GET", "/catalogs/feeds").status == 200


def test_the_trial_limit_counts_all_of_a_day(newest):
    newest.emulator.limits.use(Profile(universal=(3, 86_400), per_app=True))
    statuses = [newest.send("GET", path).status for path in ("/user_account", "/ad_accounts", "/catalogs", "/catalogs/feeds")]
    assert statuses == [200, 200, 200, 429]
    assert newest.send("GET", "/user_account").headers["x-ratelimit-reset"] == str(12 * 3600)
    newest.emulator.clock.advance(hours=12)
    assert newest.send("GET", "/user_account").status == 200


@pytest.mark.parametrize(
    ("variant", "status", "present", "absent"),
    [
        ("none", 429, set(), {"x-ratelimit-limit", "retry-after"}),
        ("retry_after", 429, {"retry-after"}, {"x-ratelimit-limit"}),
        ("text", 400, set(), {"x-ratelimit-limit", "retry-after"}),
        ("envoy", 429, {"x-ratelimit-limit", "x-ratelimit-reset", "x-envoy-ratelimited"}, {"retry-after"}),
    ],
)
def test_variants_of_a_limit(newest, variant, status, present, absent):
    newest.emulator.limits.use(Profile(categories={"org_read": (1, 60)}, headers=variant))
    newest("GET", "/user_account")
    reply = newest.send("GET", "/user_account")
    assert reply.status == status
    assert present <= set(reply.headers)
    assert not absent & set(reply.headers)
    assert variant != "text" or b"Retry after 60 seconds" in reply.body


def test_no_limit_means_no_headers(newest):
    assert "x-ratelimit-limit" not in newest.send("GET", "/user_account").headers


@pytest.mark.parametrize("profile", ["fast", Profile(categories={"pins": (1, 1)}), Profile(universal=(0, 1))])
def test_a_profile_that_cannot_be(newest, profile):
    with pytest.raises(ConfigurationError):
        newest.emulator.limits.use(profile)


# ------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nul", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'"\\ud800"', b"1e999", b"{}" * 2]
)
def test_a_body_that_is_no_json_is_a_400(newest, body):
    assert newest("POST", newest.promotions, body, status=400)["code"] == 1


def test_a_body_of_100_mb_is_refused(newest):
    assert newest("POST", newest.promotions, b"[" + b" " * 100_000_000 + b"]", status=413)["code"] == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("page_size=3e", "Parameter 'page_size' was not numeric (was '3e')"),
        ("page_size=0", "page_size"),
        ("page_size=251", "page_size"),
        ("page_size=²", "page_size"),
        ("page_size=" + "9" * 5000, "page_size"),
        ("order=UP", "'order' ('UP' is not one of ASCENDING, DESCENDING)"),
        ("entity_statuses=ACTIVE,NOPE", "'NOPE'"),
        ("ad_group_id=1%0A", "must match the pattern"),
        ("product_group_promotion_ids=", "0 items"),
        ("product_group_promotion_ids=" + ",".join("1" * 251), "251 items"),
        ("&".join(f"a{n}=1" for n in range(6000)), "too many"),
    ],
)
def test_query_parameters_are_checked_and_named(newest, query, words):
    reply = _send(newest.emulator, f"/v5{newest.promotions}?{query}")
    assert reply.status == 400
    assert words in msgspec.json.decode(reply.body)["message"]


def test_strange_queries_break_nothing(newest):
    for query in ("%", "%zz=%", "a=%ff%fe", "=", "&&&", "ad_group_id", "\x00=1"):
        assert _send(newest.emulator, f"/v5{newest.promotions}?{query}").status == 400


def test_unknown_parameters_follow_the_rule(newest):
    newest("GET", "/user_account", nope=1)
    newest.emulator.rules.set("unknown_query_parameters", "refuse")
    newest("GET", "/user_account", nope=1, status=400)


def test_a_defect_of_the_emulator_is_loud(newest, monkeypatch, caplog):

    monkeypatch.setitem(HANDLERS, "user_account/get", lambda _: 1 / 0)
    assert newest("GET", "/user_account", status=500)["code"] == 12
    assert "ZeroDivisionError" in caplog.text


# ------------------------------------------------------------------------------------------ the journal


def test_the_journal_counts_and_shows_calls(newest):
    emulator = newest.emulator
    newest.create(emulator.catalog_product_group_ids[0], "1")
    newest("GET", newest.promotions, status=400)
    created, listed = emulator.calls
    assert (created.operation, created.method, created.status) == ("product_group_promotions/create", "POST", 200)
    assert created.json()["ad_group_id"] == emulator.ad_group_id
    assert (listed.status, listed.ad_account_id) == (400, emulator.ad_account_id)
    assert emulator.calls.count("product_group_promotions/create") == 1
    assert emulator.calls.count(status=400) == emulator.calls.count("product_group_promotions/list", 400) == 1
    assert not any(b"ACTIVE" in call.body for call in emulator.calls.of("product_group_promotions/create"))


def test_the_journal_is_bounded_but_counts_on(newest, monkeypatch):
    journal = newest.emulator.calls
    for _ in range(journal.KEEP + 10):
        _send(newest.emulator, "/v5/nope")
    assert len(journal) == journal.KEEP
    assert journal.count(status=404) == journal.KEEP + 10


# ------------------------------------------------------------------------------------------ determinism


@pytest.mark.parametrize("api_version", ["5.6", "5.28"])
def test_same_seed_same_calls_same_bytes(talk_at, api_version):
    def run(seed):
        talk = talk_at(api_version, seed=seed)
        ids = talk.some(40)
        talk.update({"id": ids[0], "status": "PAUSED"}, {"id": "1"})
        talk.emulator.clock.advance(days=9)
        talk.analytics(ids, "2026-03-02", "2026-03-10", "SPEND_IN_DOLLAR,IMPRESSION_1,TOTAL_CHECKOUT", "DAY")
        talk.emulator.token()
        return talk.emulator.export(), [(call.status, call.target, call.response) for call in talk.emulator.calls]

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_two_seeds_share_no_token():
    one, two = Emulator(seed=1), Emulator(seed=2)
    assert one.access_token != two.access_token
    assert one.ad_account_id != two.ad_account_id
    one.close()
    two.close()


def test_reset_leads_back_to_the_same_bytes(newest):
    first = newest.create(newest.emulator.catalog_product_group_ids[0])
    newest.emulator.clock.advance(days=3)
    newest.emulator.reset()
    assert newest.emulator.clock.now().isoformat() == "2026-03-02T12:00:00+00:00"
    assert len(newest.emulator.calls) == 0
    assert newest.create(newest.emulator.catalog_product_group_ids[0]) == first


@pytest.mark.parametrize("settings", [{"api_version": "5.7"}, {"now": "soon"}, {"rules": {"nope": 1}}, {"rate_limit": "x"}])
def test_an_emulator_that_cannot_be(settings):
    with pytest.raises(ConfigurationError):
        Emulator(**settings)


@pytest.mark.parametrize("value", ["maybe", 3, None])
def test_a_rule_takes_its_alternatives_only(newest, value):
    with pytest.raises(ConfigurationError, match="duplicate_promotion"):
        newest.emulator.rules.set("duplicate_promotion", value)


def test_rules_are_set_together_or_not_at_all(newest):
    with pytest.raises(ConfigurationError):
        newest.emulator.rules.update({"definition": "null", "nope": 1})
    assert newest.emulator.rules.definition == "*"
    newest.emulator.rules.update({"archived_is_final": "no", "report_seconds": "9"})
    assert (newest.emulator.rules.archived_is_final, newest.emulator.rules.report_seconds) == (False, 9)
