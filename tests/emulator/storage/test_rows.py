"""A row that is remembered is what a read would find now, whatever was written in between, and how."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from pinshop.emulator import Emulator
from pinshop.emulator.storage import rows


@pytest.fixture
def emulator():
    emulator = Emulator(now="2026-03-02T12:00:00Z")
    yield emulator
    emulator.close()


def rename(store, kind, entity_id, name):
    store.update(kind, {**store.get(kind, entity_id), "name": name})


def in_transaction(store, kind, entity_id):
    with store.transaction():
        rename(store, kind, entity_id, "new")
        assert store.get(kind, entity_id)["name"] == "new"


def taken_back(store, kind, entity_id):
    with contextlib.suppress(ZeroDivisionError), store.transaction():
        rename(store, kind, entity_id, "new")
        assert store.get(kind, entity_id)["name"] == "new"
        raise ZeroDivisionError


def deleted_and_made(store, kind, entity_id):
    one = store.get(kind, entity_id)
    store.delete(kind, entity_id)
    assert store.get(kind, entity_id) is None
    store.insert(kind, {**one, "name": "new"})


def replaced(store, kind, entity_id):
    twin = store.copy()
    rename(twin, kind, entity_id, "new")
    store.restore(twin)
    twin.close()


WRITES = {
    "an update": (lambda store, kind, one: rename(store, kind, one, "new"), "new"),
    "a transaction": (in_transaction, "new"),
    "one that is taken back": (taken_back, "old"),
    "a delete and an insert": (deleted_and_made, "new"),
    "another state": (replaced, "new"),
    "a copy that is written": (lambda store, kind, one: rename(store.copy(), kind, one, "new"), "old"),
    "an answer that is changed": (lambda store, kind, one: store.get(kind, one).update(name="new"), "old"),
}


@pytest.mark.parametrize("kind", ["campaigns", "product_groups"])
@pytest.mark.parametrize("write", WRITES)
def test_what_was_written_is_read(emulator, write, kind):
    store = emulator.world.store
    one = int(emulator.campaign_id if kind == "campaigns" else emulator.catalog_product_group_ids[0])
    rename(store, kind, one, "old")
    assert store.get(kind, one)["name"] == "old"
    do, name = WRITES[write]
    for _ in range(2):  # what the first time remembers, too
        do(store, kind, one)
        assert store.get(kind, one)["name"] == name
        assert store.get_many(kind, [one])[one]["name"] == name
        rename(store, kind, one, "old")
        assert store.get(kind, one)["name"] == "old"


def test_tokens_are_read_as_they_are(emulator):
    store, token = emulator.world.store, emulator.token()
    assert store.token("emulated_x") is None
    assert store.token(token)["revoked"] is None
    emulator.revoke(token)
    assert store.token(token)["revoked"] is not None
    emulator.reset()
    assert store.token(token) is None


def test_rows_are_read_once_and_not_remembered_without_end():
    db = sqlite3.connect(":memory:")
    db.executescript("create table t (id integer primary key); insert into t values (1)")
    asked, remembered = [], rows.Rows()
    db.set_trace_callback(asked.append)
    for _ in range(3):
        assert remembered.read(db, 0, "select id from t where id = ?", 1) == (1,)
    assert len(asked) == 1
    for key in range(5000):
        remembered.read(db, 0, "select id from t where id = ?", key)
        assert len(vars(remembered)["_found"]) <= 1000
    db.close()


def test_a_closed_state_is_not_read(emulator):
    store = emulator.world.store
    store.get("campaigns", int(emulator.campaign_id))
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.get("campaigns", int(emulator.campaign_id))
