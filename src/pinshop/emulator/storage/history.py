"""What was in force when: the settings of entities that delivery depends on, since when; past items; what is stated.

Nothing that is written changes the time before it was written: delivery reads settings from here, as of each moment. A
setting that is written at a moment takes the place of all later ones, so that after the clock was set back the last word
counts.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

#: What delivery depends on, by kind of entity.
SETTINGS: dict[str, tuple[str, ...]] = {
    "campaigns": ("status", "start_time", "end_time", "created_time", "daily_spend_cap", "lifetime_spend_cap",
                  "bid_options"),
    "ad_groups": (
        "status", "start_time", "end_time", "created_time", "bid_strategy_type", "bid_in_micro_currency", "billable_event",
        "bid_multiplier", "budget_type", "budget_in_micro_currency",
    ),
    "promotions": ("status", "creative_type", "catalog_product_group_id", "measured"),
    "product_groups": (
        "product_count", "average_price_micro", "filters", "product_set", "feed_id", "catalog_id", "owner_id",
    ),
}  # fmt: skip

SCHEMA = """
create table if not exists history (
    kind text not null, id integer not null, since integer not null, settings blob not null,
    primary key (kind, id, since)) strict, without rowid;
create table if not exists past_items (
    feed_id integer not null, id integer not null, until integer not null, body blob,
    primary key (feed_id, until, id)) strict, without rowid;
create table if not exists stated (
    promotion_id integer not null, day integer not null, body blob not null,
    primary key (promotion_id, day)) strict, without rowid;
"""

TABLES = ("history", "past_items", "stated")

Settings = Mapping[str, Any]

#: (since second, settings), in order of time.
Changes = list[tuple[int, Settings]]

_encode = msgspec.json.Encoder(order="sorted").encode


@lru_cache(maxsize=4096)
def _decode(body: bytes) -> Settings:
    """Settings are shared by thousands of promotions, and nobody changes them."""
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def among(column: str, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    """The condition that a column is one of many ids, and its arguments; SQLite takes only so many variables."""
    if len(ids) <= 500:
        return f"{column} in ({', '.join('?' * len(ids))})", tuple(ids)
    return f"{column} in (select value from json_each(?))", (msgspec.json.encode(ids).decode(),)


class History:
    """The history tables. They share the connection and the lock of the store."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db, self._lock = db, lock
        #: Grows whenever something here may have changed: what was derived from it is good while it stays.
        self.version = 0

    # ---- settings

    def note(self, kind: str, entity: Mapping[str, Any], since: int) -> None:
        """From this second on, these settings of the entity are in force; whatever was to come later is not."""
        self.note_all(kind, [entity], since)

    def note_all(self, kind: str, entities: Iterable[Mapping[str, Any]], since: int) -> None:
        """`note` for several entities."""
        with self._lock:
            self.version += 1
            for entity in entities:
                settings = _encode({name: entity[name] for name in SETTINGS[kind] if entity.get(name) is not None})
                key = kind, entity["id"]
                self._db.execute("delete from history where kind = ? and id = ? and since >= ?", (*key, since))
                sql = "select settings from history where kind = ? and id = ? order by since desc limit 1"
                last = self._db.execute(sql, key).fetchone()
                if last is None or last[0] != settings:
                    self._db.execute("insert into history values (?, ?, ?, ?)", (*key, since, settings))

    def note_alike(self, kind: str, ids: Iterable[int], entity: Mapping[str, Any], since: int) -> None:
        """`note` for many new entities whose settings are the same."""
        settings = _encode({name: entity[name] for name in SETTINGS[kind] if entity.get(name) is not None})
        with self._lock:
            self.version += 1
            self._db.executemany("insert into history values (?, ?, ?, ?)", ((kind, i, since, settings) for i in ids))

    def gone(self, kind: str, entity_id: int, since: int) -> None:
        """Remember that from this second on the entity is no more."""
        self.note(kind, {"id": entity_id}, since)

    def forget(self, kind: str, entity_id: int) -> None:
        """Know nothing of an entity any more."""
        with self._lock:
            self.version += 1
            self._db.execute("delete from history where kind = ? and id = ?", (kind, entity_id))

    def of(self, kind: str, ids: Sequence[int]) -> dict[int, Changes]:
        """The settings of some entities, each in order of time."""
        condition, arguments = among("id", ids)
        return self._changes(
            f"select id, since, settings from history where kind = ? and {condition} order by id, since", (kind, *arguments)
        )

    def every(self, kind: str) -> dict[int, Changes]:
        """The same of all entities of a kind, also of those that are no more."""
        return self._changes("select id, since, settings from history where kind = ? order by id, since", (kind,))

    def statuses(self, kind: str, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
        """(since second, status) of each entity, in order of time."""
        found: dict[int, list[tuple[int, str]]] = {}
        for entity_id, changes in self.of(kind, ids).items():
            kept = found.setdefault(entity_id, [])
            for since, settings in changes:
                if not kept or kept[-1][1] != settings.get("status"):
                    kept.append((since, settings.get("status", "")))
        return found

    def _changes(self, sql: str, arguments: Sequence[Any]) -> dict[int, Changes]:
        found: dict[int, Changes] = {}
        with self._lock:
            for entity_id, since, settings in self._db.execute(sql, arguments):
                found.setdefault(entity_id, []).append((since, _decode(settings)))
        return found

    def rewind(self, to: int) -> None:
        """After the clock was set back: what is in force now, by the state, is in force from this second on."""
        with self._lock:
            self.version += 1
            self._db.execute(
                "insert or replace into history select kind, id, ?, settings from history h where since > ? and since = "
                "(select max(since) from history l where l.kind = h.kind and l.id = h.id)",
                (to, to),
            )
            self._db.execute("delete from history where since > ?", (to,))
            self._db.execute(  # what an item was at that second, it was until then
                "insert or ignore into past_items select feed_id, id, ?, body from past_items p where until > ? and until = "
                "(select min(until) from past_items l where l.feed_id = p.feed_id and l.id = p.id and l.until > ?)",
                (to, to, to),
            )
            self._db.execute("delete from past_items where until > ?", (to,))

    # ---- items

    def replace_items(self, feed_id: int, before: Mapping[int, Any], after: Mapping[int, Any], now: int) -> None:
        """Remember what the items of a feed were until now: ``(id -> item)`` before and after."""
        past = [(i, before.get(i)) for i in {**before, **after} if before.get(i) != after.get(i)]
        with self._lock:
            self.version += 1
            self._db.execute("delete from past_items where feed_id = ? and until > ?", (feed_id, now))
            rows = ((feed_id, i, now, None if item is None else _encode(item)) for i, item in past)
            self._db.executemany("insert or ignore into past_items values (?, ?, ?, ?)", rows)

    def past_items(self, feed_id: int, moment: int) -> dict[int, dict[str, Any] | None]:
        """The items of a feed that were other than now at a moment; None: not there then."""
        found: dict[int, dict[str, Any] | None] = {}
        sql = "select id, body from past_items where feed_id = ? and until > ? order by until desc"
        with self._lock:
            for item_id, body in self._db.execute(sql, (feed_id, moment)):
                found[item_id] = None if body is None else msgspec.json.decode(body)
        return found

    # ---- what is stated

    def state(self, promotion_id: int, day: int, stated: Mapping[str, Any] | None) -> None:
        """Remember what a promotion is said to have earned on a UTC day; None: what the model says."""
        with self._lock:
            self.version += 1
            if stated is None:
                self._db.execute("delete from stated where promotion_id = ? and day = ?", (promotion_id, day))
            else:
                self._db.execute("insert or replace into stated values (?, ?, ?)", (promotion_id, day, _encode(stated)))

    def stated(self, ids: Sequence[int]) -> dict[int, dict[int, Settings]]:
        """What is stated of promotions, by id and day."""
        found: dict[int, dict[int, Settings]] = {}
        with self._lock:
            if self._db.execute("select 1 from stated limit 1").fetchone() is None:
                return found
            condition, arguments = among("promotion_id", ids)
            for promotion_id, day, body in self._db.execute(f"select * from stated where {condition}", arguments):
                found.setdefault(promotion_id, {})[day] = _decode(body)
        return found

    # ---- out and in

    def export(self) -> dict[str, list[list[Any]]]:
        """All tables as rows of plain values."""
        with self._lock:
            return {
                table: [
                    [*row[:-1], None if row[-1] is None else msgspec.json.decode(row[-1])]
                    for row in self._db.execute(f"select * from {table} order by 1, 2, 3")
                ]
                for table in TABLES
            }

    def put(self, table: str, row: Sequence[Any]) -> None:
        """Put back a row of `export`."""
        body = None if row[-1] is None else _encode(row[-1])
        with self._lock:
            self.version += 1
            marks = ", ".join("?" * len(row))
            self._db.execute(f"insert or replace into {table} values ({marks})", (*row[:-1], body))
