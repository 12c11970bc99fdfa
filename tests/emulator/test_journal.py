"""Calls wait as they came until they are read: who reads gets them struck, and nothing shows what waits."""

from __future__ import annotations

import copy
import gc
import pickle
import types

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.journal import Journal, JournalEntry

TOKEN = "s3cr3t-of-the-loaded-state"


@pytest.fixture
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


def ask(emulator, body=b'{"note": "s3cr3t-of-the-loaded-state"}', target="/v5/ad_accounts?x=1"):
    emulator.handle(Request("POST", "http://x", target, {"Authorization": f"Bearer {TOKEN}", "User-Agent": "curl"}, body))


def texts(journal):
    """All texts and bytes that a journal holds, wherever in it."""
    found, seen, left = [], set(), [journal]
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            found.append(one if isinstance(one, str) else one.decode())
        left += gc.get_referents(one)
    return found


def has_token(journal):
    return any(TOKEN in text for text in texts(journal))


READ = {
    "an index": lambda journal: journal[0],
    "a slice": lambda journal: journal[:1][0],
    "a loop": lambda journal: next(iter(journal)),
    "of": lambda journal: journal.of("ad_accounts/create", status=401)[0],
    "a list": lambda journal: list(journal)[-1],
}


@pytest.mark.parametrize("way", READ)
def test_whoever_reads_a_call_gets_it_struck_and_it_waits_no_longer(emulator, way):
    ask(emulator)
    assert has_token(emulator.calls)
    entry = READ[way](emulator.calls)
    assert isinstance(entry, JournalEntry)
    assert entry.body == b'{"note":"(struck out)"}'
    assert not has_token(emulator.calls)
    assert all(read(emulator.calls) is entry for read in READ.values())


def test_a_listener_is_told_of_struck_calls(emulator):
    heard = []
    emulator.calls.listener = heard.append
    ask(emulator)
    assert [entry.body for entry in heard] == [b'{"note":"(struck out)"}']
    assert heard[0] is emulator.calls[0]


def test_only_the_calls_that_are_wanted_are_struck(emulator):
    ask(emulator)
    ask(emulator, target="/v5/nope")
    assert emulator.calls.of("", status=405) == []
    assert len(emulator.calls.of("", status=404)) == len(emulator.calls.of("", status=404)) == 1
    assert has_token(emulator.calls)


def test_what_waits_is_not_shown_copied_or_pickled(emulator):
    ask(emulator)
    waiting = next(one for one in gc.get_referents(vars(emulator.calls)["_calls"]) if type(one).__name__ == "_Call")
    assert TOKEN not in repr(vars(emulator.calls))
    assert repr(waiting) == "<call of ad_accounts/create>"
    assert not hasattr(waiting, "__dict__")
    for taken in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="until it is read"):
            taken(waiting)


def test_headers_that_are_changed_afterwards_change_nothing(emulator):
    headers = {"X-Api-Key": TOKEN}
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", headers, b'["' + TOKEN.encode() + b'"]'))
    headers.clear()
    assert emulator.calls[0].body == b'["(struck out)"]'


@pytest.mark.parametrize("where", ["body", "header", "answer"])
def test_a_call_that_is_larger_than_what_is_kept_does_not_wait(emulator, where):
    long = "ab " * Journal.CUT
    if where == "answer":
        emulator.stub("ad_accounts/create", {"x": long, "y": TOKEN})
    headers = {"X-Api-Key": TOKEN, "Cookie": f"a={long if where == 'header' else 'b'}"}
    body = b'{"x": "%b"}' % (long if where == "body" else TOKEN).encode()
    emulator.handle(Request("POST", "http://x", "/v5/ad_accounts", headers, body))
    assert not has_token(emulator.calls)
    assert max(map(len, texts(emulator.calls))) <= Journal.CUT


@pytest.mark.parametrize("target", [f"/v5/ad_accounts/{TOKEN}/campaigns", f"/v5/catalogs?ad_account_id={TOKEN}"])
def test_what_stands_in_the_place_of_an_ad_account_is_kept_only_if_it_can_be_one(emulator, target):
    ask(emulator, target=target)
    ask(emulator, target="/v5/ad_accounts/5/campaigns")
    assert [entry.ad_account_id for entry in emulator.calls] == [None, "5"]
    assert not has_token(emulator.calls)
