"""What `Emulator` and its methods are given: a value of another kind is refused in words, and changes nothing."""

from __future__ import annotations

import datetime
import decimal
import math
from pathlib import Path

import pytest

import pinshop
from pinshop.emulator import Emulator
from pinshop.emulator.limits import Profile
from pinshop.errors import ConfigurationError

NUMBERS = [0, -1, 10**30, 10**5000, 1.5, math.nan, math.inf, decimal.Decimal("1.5")]
OTHERS = [
    None, True, b"x", [None], {1: 2}, {"x": 1}, (), object(), object, 1j, range(3), ..., "", "\0", "\ud800", "x" * 10_000,
    datetime.date(2026, 3, 1),
]  # fmt: skip
ANYTHING = [*NUMBERS, *OTHERS]

#: argument -> (how it is given, the word of the message, the values of `ANYTHING` that are right).
MADE = {
    "api_version": (Emulator, "api_version", []),
    "contract": (lambda v: Emulator(contract=v), "api_version", [None]),
    "seed": (lambda v: Emulator(seed=v), "seed", [0]),
    "data": (lambda v: Emulator(data=v), "data", []),
    "now": (lambda v: Emulator(now=v), "now", [None, datetime.date(2026, 3, 1)]),
    "rules": (lambda v: Emulator(rules=v), "rule", [None]),
    "rate_limit": (lambda v: Emulator(rate_limit=v), "rate limit", []),
    "allow_hosts": (lambda v: Emulator(allow_hosts=v), "allow_hosts", [{"x": 1}, (), "x" * 10_000]),
    "cors": (lambda v: Emulator(cors=v), "cors", [()]),
}
GIVEN = {
    "token scopes": (lambda e, v: e.token(v), "scopes", [()]),
    "token user_id": (lambda e, v: e.token(user_id=v), "user_id", [None]),
    "token expires_in": (lambda e, v: e.token(expires_in=v), "expires_in", [None, 0]),
    "token client_credentials": (lambda e, v: e.token(client_credentials=v), "client_credentials", [True]),
    "revoke": (lambda e, v: e.revoke(v), "token", ["", "\0", "\ud800", "x" * 10_000]),
    "authorize redirect_uri": (lambda e, v: e.authorize(v), "redirect_uri", []),
    "authorize scopes": (lambda e, v: e.authorize("http://localhost/", v), "scopes", [()]),
    "add_user username": (lambda e, v: e.add_user(v), "username", []),
    "add_user role": (lambda e, v: e.add_user("a", v), "role", [None]),
    "add_user ad_account_id": (lambda e, v: e.add_user("a", "ADMIN", v), "ad_account_id", [None]),
    "earn promotion_id": (lambda e, v: e.earn(v, "2026-03-01", spend=1), "promotion_id", []),
    "load_feed path": (lambda e, v: e.load_feed(v), "path", []),
    "load_feed feed_id": (lambda e, v: e.load_feed(SEED_CATALOG, v), "feed_id", [None]),
    "load": (lambda e, v: e.load(v), "state", [{"x": 1}]),
    "load_file": (lambda e, v: e.load_file(v), "path", []),
    "scale ad_accounts": (lambda e, v: e.scale(v, 1), "ad_accounts", []),
    "scale promotions_each": (lambda e, v: e.scale(1, v), "promotions_each", [0]),
    "snapshot": (lambda e, v: e.snapshot(v), "name", []),
    "restore": (lambda e, v: e.restore(v), "name", []),
    "drop_snapshot": (lambda e, v: e.drop_snapshot(v), "name", []),
    "fail operation": (lambda e, v: e.fail(v, status=500), "operation", []),
    "fail token": (lambda e, v: e.fail(status=500, token=v), "token", [None, "", "\0", "x" * 10_000]),
    "fail probability": (lambda e, v: e.fail(status=500, probability=v), "probability", [None, 0]),
    "fail status": (lambda e, v: e.fail(status=v, drop=True), "status", [None]),
    "fail headers": (lambda e, v: e.fail(status=500, headers=v), "headers", []),
    "fail item_like": (lambda e, v: e.fail(item_like=v, status=500), "item_like", [None, {"x": 1}, {1: 2}]),
    "stop_failing": (lambda e, v: e.stop_failing(v), "fault", [None]),
    "stop_stubbing": (lambda e, v: e.stop_stubbing(v), "stub", [None]),
    "limits.use": (lambda e, v: e.limits.use(v), "rate limit", []),
    "limits.use headers": (lambda e, v: e.limits.use("standard", headers=v), "headers", [None]),
    "Profile universal": (lambda e, v: e.limits.use(Profile(universal=v)), "universal", [None]),
    "Profile requests": (lambda e, v: e.limits.use(Profile(universal=(v, 1))), "rate limit", []),
    "Profile categories": (lambda e, v: e.limits.use(Profile(categories=v)), "categor", []),
    "Profile per_app": (lambda e, v: e.limits.use(Profile(per_app=v)), "per_app", [True]),
    "Profile headers": (lambda e, v: e.limits.use(Profile(headers=v)), "headers", []),
    "rules.set name": (lambda e, v: e.rules.set(v, 1), "rule", []),
    "rules.set number": (lambda e, v: e.rules.set("report_seconds", v), "report_seconds", [0]),
    "rules.set status": (lambda e, v: e.rules.set("body_too_large_status", v), "body_too_large_status", []),
    "rules.set word": (lambda e, v: e.rules.set("duplicate_promotion", v), "duplicate_promotion", []),
    "rules.update": (lambda e, v: e.rules.update(v), "rule", []),
    "clock.set": (lambda e, v: e.clock.set(v), "instant", [datetime.date(2026, 3, 1)]),
    "clock.freeze": (lambda e, v: e.clock.freeze(v), "instant", [None, datetime.date(2026, 3, 1)]),
    "clock.advance": (lambda e, v: e.clock.advance(hours=v), "advance", [0, 1.5]),
    "calls.count": (lambda e, v: e.calls.count(v), "operation", [None, ""]),
    "calls.count status": (lambda e, v: e.calls.count(status=v), "status", [None, 0]),
    "calls.of": (lambda e, v: e.calls.of(v), "operation", [None, ""]),
    "start host": (lambda e, v: e.start(v), "host", []),
    "start port": (lambda e, v: e.start(port=v), "port", [0]),
    "start beyond_loopback": (lambda e, v: e.start("192.0.2.1", beyond_loopback=v), "beyond_loopback", []),
}  # fmt: skip
SEED_CATALOG = Path(pinshop.__file__).parent / "emulator" / "catalog" / "seed_catalog.tsv"


@pytest.fixture(scope="module")
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


def wrong(right):
    return [
        value for value in ANYTHING if not any(value is good or (type(value) is type(good) and value == good) for good in right)
    ]


def refuse(value, give, word):
    with pytest.raises(ConfigurationError) as refused:
        give(value)
    assert word in str(refused.value)
    assert "x" * 300 not in str(refused.value)


@pytest.mark.parametrize("argument", MADE)
def test_what_an_emulator_is_made_of_is_checked(argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    give, word, right = MADE[argument]
    for value in wrong(right):
        refuse(value, give, word)
    for value in right:
        give(value).close()
    assert list(tmp_path.iterdir()) == []  # data=5 once made a file of the name "5"


@pytest.mark.parametrize("argument", GIVEN)
def test_what_a_method_is_given_is_checked(emulator, argument):
    give, word, right = GIVEN[argument]
    before = emulator.export()
    for value in wrong(right):
        if argument == "start beyond_loopback" and value is True:
            continue  # it may be bound, on a machine of this address
        refuse(value, lambda value: give(emulator, value), word)
    assert emulator.export() == before
    assert (emulator.faults, emulator.stubs, emulator.snapshots, emulator.limits.name) == ([], [], [], "none")


def test_an_operation_that_there_is_not_is_not_counted_as_never_called(emulator):
    with pytest.raises(ConfigurationError, match="did you mean product_group_promotions/create"):
        emulator.calls.count("product_group_promotion/create")
    assert emulator.calls.count("product_group_promotions/create") == 0
    assert emulator.calls.of(ad_account_id=5) == []
