"""The emulator's state in SQLite: every statement but those of the history (`history`), in one class, as one lock guards them.

The tables and the statements of entities are in `schema`, what is remembered of single rows in `rows`.

One connection and one lock: SQLite answers in microseconds, so a second connection would buy only trouble. A data file
uses WAL with ``synchronous=NORMAL``: a killed process loses no acknowledged write (the operating system holds it), only a
power cut may.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
import weakref
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from pinshop.emulator.seeded_numbers import secret
from pinshop.emulator.storage.data_file import Claim, OfParent, claimed, failures_in_words
from pinshop.emulator.storage.history import History, among
from pinshop.emulator.storage.rows import Rows, read
from pinshop.emulator.storage.schema import COLUMNS, FIRST_ID, GET, INSERT, SELECT, UPDATE, connect

Kind = Literal["users", "ad_accounts", "campaigns", "ad_groups", "promotions", "catalogs", "feeds", "product_groups"]

Entity = dict[str, Any]

_encode = msgspec.json.Encoder().encode

_decode = msgspec.json.Decoder().decode


#: The stores of this process, in the order in which they were made, for `_before_fork`.
_ALIVE: weakref.WeakValueDictionary[int, Store] = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()


def _before_fork() -> None:
    # A child has one thread: a lock that another one held at that moment would never be given free in it. So none is held.
    for _, store in sorted(_ALIVE.items()):
        store.lock.acquire()


def _after_fork() -> None:
    for _, store in sorted(_ALIVE.items()):
        with contextlib.suppress(RuntimeError):  # one that was made meanwhile
            store.lock.release()


def _after_fork_in_child() -> None:
    for _, store in sorted(_ALIVE.items()):
        store.leave_to_parent()
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


def _close(db: sqlite3.Connection, claim: Claim | None) -> None:
    db.close()
    if claim is not None:
        claim.close()


class Store:
    """SQLite behind one lock. ``path`` is a file, or ``":memory:"``."""

    def __init__(self, path: str | Path = ":memory:", seed: int = 1, *, schema: bool = True) -> None:
        self.path = str(path)
        self.seed = seed
        self.lock = threading.RLock()
        #: Grows with every committed change: what was derived from the state is good while it stays.
        self.version = 0
        #: New ids are higher than these: ids that callers have seen and that a loaded state does not know of.
        self.floor: dict[str, int] = {}
        self._depth = 0
        self._rows = Rows()
        claim = None if self.path == ":memory:" else claimed(self.path)
        try:
            self._db = connect(self.path, schema=schema)
        except BaseException:
            if claim is not None:
                claim.close()
            raise
        self.history = History(self._db, self.lock)
        # An emulator is often dropped without `close`; Python 3.13 warns of every connection that ends like that.
        self._close = weakref.finalize(self, _close, self._db, claim)
        _ALIVE[next(_NUMBERS)] = self

    def close(self) -> None:
        with self.lock:
            self._close()

    def leave_to_parent(self) -> None:
        """In a process that was forked: refuse every use of the data file. States in memory are copies, hence safe."""
        if self.path == ":memory:" or (left := self._close.detach()) is None:
            return
        _, _, (database, claim), _ = left
        self._db = cast("sqlite3.Connection", OfParent(self.path, database))
        self.history = History(self._db, self.lock)
        claim.close()  # the parent keeps the lock, and gives it free when it closes its own

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Everything inside happens, or nothing does. Nested uses join the outer one."""
        with self.lock:
            if self._depth:
                yield
                return
            with failures_in_words(self.path):
                self._db.execute("begin immediate")
            self._depth = 1
            try:
                with failures_in_words(self.path):
                    yield
                    self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself where the disk is full
                    self._db.execute("rollback")
                raise
            else:
                self.version += 1
            finally:
                self._depth = 0

    # ---------------------------------------------------------------------------------------- whole states

    def copy(self) -> Store:
        """The present state as a store of its own, in memory: a snapshot or a fork."""
        twin = Store(seed=self.seed, schema=False)  # the copy brings it along; to make it would take most of the time
        twin.floor = dict(self.floor)
        with self.lock:
            self._db.backup(twin._db)
        return twin

    def restore(self, snapshot: Store) -> None:
        """Replace the whole state by that of ``snapshot``."""
        with self.lock, snapshot.lock:
            self._db.execute("select 1")  # refused in a process that was forked
            with failures_in_words(self.path):
                snapshot._db.backup(self._db)
            self.version += 1
            self.history.version += 1

    def is_empty(self) -> bool:
        with self.lock:
            return self._db.execute("select 1 from users").fetchone() is None

    def rows(self, table: Literal["roles", "tokens"]) -> list[list[Any]]:
        """A table without bodies, as it is."""
        with self.lock:
            return [list(row) for row in self._db.execute(f"select * from {table} order by 1, 2, 3")]

    def put_row(self, table: Literal["roles", "tokens"], row: Sequence[Any]) -> None:
        with self.lock:
            self._db.execute(f"insert or replace into {table} values ({', '.join('?' * len(row))})", tuple(row))

    def dangling(self, kind: str, column: str, target: str, *, or_gone: bool = False) -> tuple[int, int] | None:
        """An entity whose ``column`` names no entity of ``target``: its id, and the id it names.

        ``or_gone``: one that was there once, and was deleted, is fine too.
        """
        gone = f" and {column} not in (select id from history where kind = '{target}')" if or_gone else ""
        sql = (
            f"select id, {column} from {kind} where {column} is not null and {column} not in (select id from {target}){gone} "
            "limit 1"
        )
        with self.lock:
            found: tuple[int, int] | None = self._db.execute(sql).fetchone()
        return found

    def torn(self, kind: str, column: str, parent: str, shared: str) -> tuple[int, int, int] | None:
        """An entity that differs from its parent in what both ``shared``: its id, its own, and the parent's."""
        sql = (
            f"select child.id, child.{shared}, parent.{shared} from {kind} child join {parent} parent "
            f"on parent.id = child.{column} where parent.{shared} <> child.{shared} limit 1"
        )
        with self.lock:
            found: tuple[int, int, int] | None = self._db.execute(sql).fetchone()
        return found

    def raise_sequence(self, kind: str, to: int) -> None:
        """See that new ids of this kind are higher than ``to``."""
        with self.lock:
            self._db.execute(
                "insert into sequences values (?, ?) on conflict (kind) do update set last = max(last, excluded.last)",
                (kind, to),
            )

    def sequences(self) -> dict[str, int]:
        """The last id of each kind."""
        with self.lock:
            return dict(self._db.execute("select kind, last from sequences order by kind").fetchall())

    def get_meta(self, name: str) -> Any:
        with self.lock:
            row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return None if row is None else _decode(row[0])

    def set_meta(self, name: str, value: object) -> None:
        with self.lock, failures_in_words(self.path):
            self._db.execute("insert or replace into meta values (?, ?)", (name, _encode(value)))

    # -------------------------------------------------------------------------------------------- entities

    def new_token(self, purpose: str) -> str:
        """A token that was never given out: not in this state, and not in one that was loaded into it."""
        while True:
            made = secret(self.seed, purpose, self.next_id("tokens"))
            with self.lock:
                if self._db.execute("select 1 from tokens where token = ?", (made,)).fetchone() is None:
                    return made

    def next_id(self, kind: str) -> int:
        """A new id, higher than all before it. The steps vary by seed so that nobody counts on them."""
        with self.lock:
            row = self._db.execute("select last from sequences where kind = ?", (kind,)).fetchone()
            last = row[0] if row else FIRST_ID[kind] + (self.seed * 7_368_787) % 90_000_000
            last = max(last, self.floor.get(kind, 0))
            new = int(last) + 1 + (last * 2_654_435_761 + self.seed) % 97
            self._db.execute("insert or replace into sequences values (?, ?)", (kind, new))
        return new

    def reserve_ids(self, kind: str, count: int) -> int:
        """The first of ``count`` consecutive new ids."""
        first = self.next_id(kind)
        with self.lock:
            self._db.execute("update sequences set last = ? where kind = ?", (first + count - 1, kind))
        return first

    def insert_promotions(self, rows: Iterable[tuple[int, int, int, int, str, bytes]]) -> None:
        """Promotions by the hundred thousand: columns in order, bodies already encoded."""
        with self.lock:
            self._db.executemany(INSERT["promotions"], rows)

    def insert(self, kind: str, entity: Mapping[str, Any]) -> None:
        columns = COLUMNS[kind]
        body = _encode({name: value for name, value in entity.items() if name not in columns})
        with self.lock:
            self._db.execute(INSERT[kind], (*(entity[name] for name in columns), body))

    def insert_many(self, kind: str, entities: Iterable[Mapping[str, Any]]) -> None:
        columns = COLUMNS[kind]
        rows = (
            (*(e[name] for name in columns), _encode({name: value for name, value in e.items() if name not in columns}))
            for e in entities
        )
        with self.lock:
            self._db.executemany(INSERT[kind], rows)

    def update(self, kind: str, entity: Mapping[str, Any]) -> None:
        columns = COLUMNS[kind]
        body = _encode({name: value for name, value in entity.items() if name not in columns})
        with self.lock:
            self._db.execute(UPDATE[kind], (*(entity[name] for name in columns[1:]), body, entity["id"]))

    def delete(self, kind: str, entity_id: int) -> None:
        with self.lock:
            self._db.execute(f"delete from {kind} where id = ?", (entity_id,))

    def _row(self, statement: str, key: int | str, *, named: bool = False) -> Any:
        with self.lock:
            if self._depth:  # what a transaction writes may be taken back
                return read(self._db, statement, key, named=named)
            return self._rows.read(self._db, self.version, statement, key, named=named)

    def get(self, kind: str, entity_id: int) -> Entity | None:
        row = self._row(GET[kind], entity_id)
        return None if row is None else _entity(kind, row)

    def must(self, kind: str, entity_id: int) -> Entity:
        """An entity that another one refers to, so it is there."""
        if (entity := self.get(kind, entity_id)) is None:
            raise LookupError(f"{kind} {entity_id} is referred to but missing")
        return entity

    def get_many(self, kind: str, ids: Sequence[int]) -> dict[int, Entity]:
        """Those of ``ids`` that exist, by id."""
        if len(ids) == 1:
            return {} if (entity := self.get(kind, ids[0])) is None else {ids[0]: entity}
        condition, arguments = among("id", ids)
        with self.lock:
            rows = self._db.execute(f"{SELECT[kind]} where {condition}", arguments).fetchall()
        return {row[0]: _entity(kind, row) for row in rows}

    def find(self, kind: str, **equal: Any) -> list[Entity]:
        """All entities whose columns equal these, by ascending id."""
        where = " and ".join(f"{column} = ?" for column in equal) or "true"
        with self.lock:
            rows = self._db.execute(f"{SELECT[kind]} where {where} order by id", tuple(equal.values())).fetchall()
        return [_entity(kind, row) for row in rows]

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, int | None],
        ids: Mapping[str, Sequence[int]] | None = None,
        statuses: Sequence[str] | None = None,
        after: int | None = None,
        descending: bool = False,
        limit: int,
    ) -> list[Entity]:
        """Up to ``limit`` entities behind the id ``after``, by id.

        One index range per status, merged: the cost does not grow with what the filter hides.
        """
        conditions = [f"{column} = ?" for column in where]
        arguments: list[Any] = list(where.values())
        for column, allowed in (ids or {}).items():
            condition, values = among(column, allowed)
            conditions.append(condition)
            arguments.extend(values)
        if after is not None:
            conditions.append("id < ?" if descending else "id > ?")
            arguments.append(after)
        order = f"order by id {'desc' if descending else 'asc'} limit {int(limit)}"
        one = f"{SELECT[kind]} where {' and '.join(conditions) or 'true'}"
        if statuses is None or (ids and "id" in ids):
            if statuses is not None:
                one += f" and status in ({', '.join('?' * len(statuses))})"
                arguments.extend(statuses)
            sql = f"{one} {order}"
        else:
            parts = []
            merged: list[Any] = []
            for status in dict.fromkeys(statuses):
                parts.append(f"select * from ({one} and status = ? {order})")
                merged.extend([*arguments, status])
            sql, arguments = f"select * from ({' union all '.join(parts)}) {order}", merged
        with self.lock:
            rows = self._db.execute(sql, arguments).fetchall()
        return [_entity(kind, row) for row in rows]

    def count(self, kind: str, **equal: Any) -> int:
        where = " and ".join(f"{column} = ?" for column in equal) or "true"
        with self.lock:
            return int(self._db.execute(f"select count(*) from {kind} where {where}", tuple(equal.values())).fetchone()[0])

    def count_promotions_of(self, product_group_id: int, statuses: Sequence[str]) -> int:
        marks = ", ".join("?" * len(statuses))
        sql = f"select count(*) from promotions where catalog_product_group_id = ? and status in ({marks})"
        with self.lock:
            return int(self._db.execute(sql, (product_group_id, *statuses)).fetchone()[0])

    def ids_of(self, kind: str, **equal: int) -> list[int]:
        """The ids of all entities whose columns equal these, ascending."""
        where = " and ".join(f"{column} = ?" for column in equal) or "true"
        with self.lock:
            return [
                row[0] for row in self._db.execute(f"select id from {kind} where {where} order by id", tuple(equal.values()))
            ]

    def promotions_under(self, kind: str, entity_id: int) -> list[tuple[int, int, int]]:
        """``(id, ad group id, catalog product group id)`` of all promotions under an ad group or a campaign."""
        sql = "select id, ad_group_id, catalog_product_group_id from promotions where ad_group_id "
        sql += "= ?" if kind == "ad_groups" else "in (select id from ad_groups where campaign_id = ?)"
        with self.lock:
            return self._db.execute(sql, (entity_id,)).fetchall()

    # -------------------------------------------------------------------------------- tokens, roles, reports

    def add_token(
        self, token: str, kind: str, user_id: int, scopes: Iterable[str], expires: int | None, app: str = "", family: str = ""
    ) -> None:
        with self.lock:
            self._db.execute(
                "insert or replace into tokens values (?, ?, ?, ?, ?, ?, null, ?)",
                (token, kind, user_id, app, " ".join(scopes), expires, family),
            )

    def token(self, token: str) -> sqlite3.Row | None:
        return self._row("select * from tokens where token = ?", token, named=True)  # type: ignore[no-any-return]

    def revoke(self, since: int, *, token: str = "", family: str = "") -> int:
        """Revoke one token, or all that came from one consent. Returns how many it hit."""
        column, value = ("token", token) if token else ("family", family)
        with self.lock:
            sql = f"update tokens set revoked = ? where {column} = ? and revoked is null"
            return self._db.execute(sql, (since, value)).rowcount

    def add_role(self, user_id: int, ad_account_id: int, role: str) -> None:
        with self.lock:
            self._db.execute("insert or ignore into roles values (?, ?, ?)", (user_id, ad_account_id, role))

    def roles(self, user_id: int, ad_account_id: int) -> list[str]:
        sql = "select role from roles where user_id = ? and ad_account_id = ? order by role"
        with self.lock:
            return [row[0] for row in self._db.execute(sql, (user_id, ad_account_id))]

    def ad_accounts_of(self, user_id: int, *, shared: bool, after: int | None, limit: int) -> list[Entity]:
        """Ad accounts the user owns, and with ``shared`` those on which the user has a role."""
        sql = SELECT["ad_accounts"] + " where id > ? and (owner_id = ?"
        arguments: list[Any] = [after or 0, user_id]
        if shared:
            sql += " or id in (select ad_account_id from roles where user_id = ?)"
            arguments.append(user_id)
        with self.lock:
            rows = self._db.execute(f"{sql}) order by id limit {int(limit)}", arguments).fetchall()
        return [_entity("ad_accounts", row) for row in rows]

    def save_report(self, token: str, ad_account_id: int, created: int, status: str, request: object) -> None:
        with self.lock:
            row = (token, ad_account_id, created, status, _encode(request))
            self._db.execute("insert or replace into reports values (?, ?, ?, ?, ?)", row)

    def keep_report_file(self, token: str, body: bytes, type_: str) -> None:
        """Keep the bytes of a finished report, and their content type."""
        with self.lock:
            self._db.execute("insert or replace into report_files values (?, ?, ?)", (token, type_, body))

    def report_file(self, token: str) -> tuple[bytes, str] | None:
        """What `keep_report_file` kept."""
        with self.lock:
            row = self._db.execute("select body, type from report_files where token = ?", (token,)).fetchone()
        return None if row is None else (row[0], row[1])

    def report(self, token: str) -> dict[str, Any] | None:
        with self.lock:
            row = self._db.execute("select * from reports where token = ?", (token,)).fetchone()
        if row is None:
            return None
        return {"token": row[0], "ad_account_id": row[1], "created": row[2], "status": row[3], "request": _decode(row[4])}


def _entity(kind: str, row: tuple[Any, ...]) -> Entity:
    entity: Entity = _decode(row[-1])
    entity.update(zip(COLUMNS[kind], row, strict=False))
    return entity
