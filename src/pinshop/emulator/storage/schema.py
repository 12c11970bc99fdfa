"""The tables of the emulator's state, and the database that holds them."""

from __future__ import annotations

import contextlib
import sqlite3

from pinshop.emulator.storage import history
from pinshop.errors import ConfigurationError

_SCHEMA = """
create table if not exists meta (name text primary key, value blob not null) strict, without rowid;
create table if not exists sequences (kind text primary key, last integer not null) strict, without rowid;
create table if not exists users (id integer primary key, username text not null, body blob not null) strict;
create table if not exists roles (
    user_id integer not null, ad_account_id integer not null, role text not null,
    primary key (user_id, ad_account_id, role)) strict, without rowid;
create table if not exists tokens (
    token text primary key, kind text not null, user_id integer not null, app text not null, scopes text not null,
    expires integer, revoked integer, family text not null) strict, without rowid;
create table if not exists ad_accounts (id integer primary key, owner_id integer not null, body blob not null) strict;
create index if not exists ad_accounts_by_owner on ad_accounts (owner_id, id);
create table if not exists campaigns (
    id integer primary key, ad_account_id integer not null, status text not null, body blob not null) strict;
create index if not exists campaigns_by_account on campaigns (ad_account_id, status, id);
create table if not exists ad_groups (
    id integer primary key, ad_account_id integer not null, campaign_id integer not null, status text not null,
    body blob not null) strict;
create index if not exists ad_groups_by_account on ad_groups (ad_account_id, status, id);
create index if not exists ad_groups_by_campaign on ad_groups (campaign_id, status, id);
create table if not exists promotions (
    id integer primary key, ad_account_id integer not null, ad_group_id integer not null,
    catalog_product_group_id integer not null, status text not null, body blob not null) strict;
create index if not exists promotions_by_ad_group on promotions (ad_group_id, status, id);
create index if not exists promotions_by_product_group on promotions (catalog_product_group_id, status);
create index if not exists promotions_by_account on promotions (ad_account_id, status, id);
create table if not exists catalogs (id integer primary key, owner_id integer not null, body blob not null) strict;
create table if not exists feeds (
    id integer primary key, owner_id integer not null, catalog_id integer not null, body blob not null) strict;
create table if not exists items (
    id integer primary key, feed_id integer not null, item_id text not null, body blob not null,
    unique (feed_id, item_id)) strict;
create table if not exists product_groups (
    id integer primary key, owner_id integer not null, catalog_id integer not null, feed_id integer, name text not null,
    filters text not null, product_count integer not null, average_price_micro integer not null, body blob not null) strict;
create index if not exists product_groups_by_owner on product_groups (owner_id, id);
create index if not exists product_groups_by_feed on product_groups (feed_id, id);
create table if not exists reports (
    token text primary key, ad_account_id integer not null, created integer not null, status text not null,
    request blob not null) strict, without rowid;
create table if not exists report_files (token text primary key, type text not null, body blob not null) strict;
"""

#: Columns of each table beside ``body``; what is not a column goes into the body as JSON.
COLUMNS: dict[str, tuple[str, ...]] = {
    "users": ("id", "username"),
    "ad_accounts": ("id", "owner_id"),
    "campaigns": ("id", "ad_account_id", "status"),
    "ad_groups": ("id", "ad_account_id", "campaign_id", "status"),
    "promotions": ("id", "ad_account_id", "ad_group_id", "catalog_product_group_id", "status"),
    "catalogs": ("id", "owner_id"),
    "feeds": ("id", "owner_id", "catalog_id"),
    "product_groups": ("id", "owner_id", "catalog_id", "feed_id", "name", "filters", "product_count", "average_price_micro"),
    "items": ("id", "feed_id", "item_id"),
}

SELECT = {kind: f"select {', '.join(columns)}, body from {kind}" for kind, columns in COLUMNS.items()}

#: Whole: a text that is put together anew is hashed anew, to find it among the statements that are prepared.
GET = {kind: f"{select} where id = ?" for kind, select in SELECT.items()}

INSERT = {
    kind: f"insert into {kind} ({', '.join(columns)}, body) values ({', '.join('?' * (len(columns) + 1))})"
    for kind, columns in COLUMNS.items()
}

UPDATE = {
    kind: f"update {kind} set {', '.join(f'{c} = ?' for c in columns[1:])}, body = ? where id = ?"
    for kind, columns in COLUMNS.items()
}

#: Where ids begin, after ids seen in real traffic: ad accounts have 12 digits and begin with 549, promotions 13 and 426.
FIRST_ID: dict[str, int] = {
    "users": 666_744_057_000_000_000, "ad_accounts": 549_700_000_000, "campaigns": 626_700_000_000,
    "ad_groups": 2_680_000_000_000, "promotions": 4_260_000_000_000, "catalogs": 2_680_100_000_000,
    "feeds": 2_680_200_000_000, "product_groups": 2_680_300_000_000, "items": 1_000_000_000_000,
    "tokens": 0,
}  # fmt: skip


#: Written into the header of data files: "this is pinshop's", and the version of the schema.
_APPLICATION_ID, _FORMAT = 0x70_69_6E_73, 2


def connect(path: str, *, schema: bool = True) -> sqlite3.Connection:
    """Open a data file or a database in memory. ``schema=False`` leaves it empty, for a copy to be put into."""
    with contextlib.ExitStack() as unless_done:
        try:
            # check_same_thread: the lock does that job, and the server's thread is not the one that opened the store.
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0, cached_statements=256)
            unless_done.callback(db.close)
            if path != ":memory:":
                _check_file(db, path)
                db.execute("pragma journal_mode = wal")
                db.execute("pragma synchronous = normal")
            if schema:
                db.executescript(_SCHEMA + history.SCHEMA)
                db.execute(f"pragma application_id = {_APPLICATION_ID}")
                db.execute(f"pragma user_version = {_FORMAT}")
        except sqlite3.Error as error:
            raise ConfigurationError(f"data file {path}: {error}") from error
        unless_done.pop_all()
    return db


def _check_file(db: sqlite3.Connection, path: str) -> None:
    """Leave other programs' databases, and those of a later pinshop, as they are."""
    if db.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
        return
    application, found = (db.execute(f"pragma {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if application != _APPLICATION_ID or found != _FORMAT:
        whose = f"of another version of pinshop (format {found})" if application == _APPLICATION_ID else "of another program"
        raise ConfigurationError(f"data file {path}: a database {whose}")
