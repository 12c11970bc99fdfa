"""The state as readable YAML, out and in.

    clock: 2026-03-01T12:00:00Z
    ad_accounts:
    - {id: '549700000001', owner_id: '666…', name: Shoes, currency: EUR}
    campaigns:
    - {id: '626700000001', ad_account_id: '549700000001', name: Spring, daily_spend_cap: 50000000}

A file written by `export` holds everything; a file written by hand may leave out what has a default: ids, times, statuses
(ACTIVE since its ``created_time``), and every field the emulator can fill in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from pinshop.api.near import did_you_mean
from pinshop.emulator.arguments import shown
from pinshop.emulator.arguments import whole as whole_number
from pinshop.emulator.clock import Clock, instant
from pinshop.emulator.delivery.earnings import Earnings
from pinshop.emulator.rules import Rules
from pinshop.emulator.storage import history, state_text
from pinshop.emulator.storage.entities import check_promoted, check_references, is_id_name, left_out, load_kind, measure
from pinshop.emulator.storage.schema import FIRST_ID
from pinshop.emulator.storage.store import Entity, Store
from pinshop.errors import ConfigurationError

_KINDS = ("users", "ad_accounts", "campaigns", "ad_groups", "catalogs", "feeds", "items", "product_groups", "promotions")

_OTHER = ("clock", "seed", "sequences", "seeded", "roles", "tokens", "earned", *history.TABLES)

#: What a file by hand leaves out altogether is taken from the seeded business, so that products can be promoted at once.
_CATALOG = ("catalogs", "feeds", "items", "product_groups")


def export(store: Store) -> str:
    """The whole state as YAML: ids as text, one entity per line."""
    whole: dict[str, Any] = {name: store.get_meta(name) for name in ("clock", "seed", "seeded")}
    whole["sequences"] = store.sequences()
    for kind in _KINDS:
        found = store.find(kind)
        # What is left out of a file has its default there: null says that it has none.
        whole[kind] = [_readable(kind, entity | dict.fromkeys(left_out(kind, entity, whole["seeded"]))) for entity in found]
    for table in ("roles", "tokens"):
        whole[table] = store.rows(table)
    whole.update(store.history.export())
    return state_text.write(whole)


def _readable(kind: str, entity: Entity) -> dict[str, Any]:
    shown = {name: str(value) if is_id_name(name) and value is not None else value for name, value in entity.items()}
    names = [name for name in ("id", "name", "status") if name in shown]
    shown = {name: shown[name] for name in [*names, *sorted(set(shown) - set(names))]}
    if kind == "product_groups":
        shown["filters"] = msgspec.json.decode(entity["filters"])
        del shown["product_count"], shown["average_price_micro"]  # follow from the items
    return shown


def load(store: Store, text: str, now: int, given_out: Mapping[str, int]) -> None:
    """Replace the state by that of a YAML file.

    Args:
        store: whose state is replaced.
        text: the YAML.
        now: the emulated second, where the file says no time.
        given_out: the last id of each kind that callers have seen: new ones are higher.

    Raises:
        ConfigurationError: not such a file, or an entity that refers to one that is not there; the state stays as it was.
    """
    whole = state_text.read(text)
    if unknown := sorted(set(whole) - {*_KINDS, *_OTHER}):
        known = (*_OTHER, *_KINDS)
        meant = did_you_mean(unknown[0], known)
        raise ConfigurationError(f"the state has {', '.join(unknown)}; allowed: {', '.join(known)}.{meant}")
    state_text.sections(whole, (*_KINDS, "roles", "tokens", "earned", *history.TABLES))
    seeded = store.get_meta("seeded")
    fresh = Store(seed=_seed(whole.get("seed"), store.seed))
    try:
        with fresh.transaction():
            # New ids and tokens are none that were given out before, by this state or by the one that is loaded.
            own = _sequences(whole.get("sequences"))
            for kind, last in (own or store.sequences()).items():
                fresh.raise_sequence(kind, last)
            if not whole.get("users"):  # a file by hand describes one business: the seeded one
                fresh.insert("users", store.must("users", int(seeded["user_id"])))
                for row in store.rows("tokens"):
                    fresh.put_row("tokens", row)
                if not any(kind in whole for kind in _CATALOG):
                    for kind in _CATALOG:
                        fresh.insert_many(kind, store.find(kind))
            for kind in _KINDS:
                load_kind(fresh, kind, whole.get(kind) or [], seeded, now)
            for table in ("roles", "tokens"):
                for index, row in enumerate(whole.get(table) or []):
                    state_text.check_row(table, index, row)
                    fresh.put_row(table, row)
            check_references(fresh)
            _check_owners(fresh, whole)
            measure(fresh, now)
            _load_history(fresh, whole)
            check_promoted(fresh)
            fresh.set_meta("clock", _clock(whole.get("clock"), store.get_meta("clock")))
            fresh.set_meta("seed", fresh.seed)
            fresh.set_meta("seeded", _seeded(fresh, whole.get("seeded"), seeded))
            _load_earned(fresh, whole.get("earned") or [])
        store.restore(fresh)
        store.seed = fresh.seed
        store.floor = dict(given_out)
    except ConfigurationError:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        sqlite3.Error,
    ) as error:
        raise ConfigurationError(f"the state cannot be read: {type(error).__name__}: {error}") from error
    finally:
        fresh.close()


def _seed(given: Any, present: int) -> int:
    return present if given is None else whole_number("seed", given, 0, 2**53)


def _check_owners(store: Store, whole: Mapping[str, Any]) -> None:
    """Roles and tokens are those of users that there are."""
    users, accounts = set(store.ids_of("users")), set(store.ids_of("ad_accounts"))
    for table, place in (("roles", 0), ("tokens", 2)):
        for index, row in enumerate(whole.get(table) or []):
            if row[place] not in users:
                raise ConfigurationError(f"{table}[{index}].user_id: got {row[place]}, allowed: the id of one of users")
            if table == "roles" and row[1] not in accounts:
                raise ConfigurationError(f"roles[{index}].ad_account_id: got {row[1]}, allowed: the id of one of ad_accounts")


def _sequences(given: Any) -> dict[str, int]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ConfigurationError(f"sequences: got {shown(given)}, allowed: an object of the last number of each kind")
    for kind in given:
        if kind not in FIRST_ID:
            raise ConfigurationError(f"sequences.{kind}: allowed: {', '.join(FIRST_ID)}.{did_you_mean(kind, FIRST_ID)}")
    return {kind: whole_number(f"sequences.{kind}", last, 0, 2**60) for kind, last in given.items()}


def _clock(given: Any, present: Any) -> Any:
    if given is None:
        return present
    if isinstance(given, dict):
        state_text.check_clock(given)
        return given
    return {"frozen": instant(given), "offset": 0.0}


def _seeded(store: Store, given: Any, present: Mapping[str, Any]) -> dict[str, Any]:
    """What the business is called by name: as the file says it, or the first of each."""
    if given is None:
        return _first_ids(store, present)
    if not isinstance(given, dict) or set(given) != set(present):
        raise ConfigurationError(f"seeded: got {shown(given)}, allowed: an object of {', '.join(present)}")
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        wrong = not isinstance(value, str) if name == "access_token" else isinstance(value, list) != name.endswith("_ids")
        if wrong or (name != "access_token" and not all(isinstance(one, int) and not isinstance(one, bool) for one in values)):
            raise ConfigurationError(f"seeded.{name}: got {shown(value)}, allowed: as it is exported")
    if store.get("users", given["user_id"]) is None:
        raise ConfigurationError(f"seeded.user_id: got {given['user_id']}, allowed: the id of one of users")
    return dict(given)


def _load_history(store: Store, whole: Mapping[str, Any]) -> None:
    """The tables of a file that was exported; what they tell of takes the place of what is supposed of other files."""
    for table in history.TABLES:
        for index, row in enumerate(whole.get(table) or []):
            state_text.check_row(table, index, row)
    for kind, entity_id, *_ in whole.get("history") or []:
        store.history.forget(kind, entity_id)
    for table in history.TABLES:
        for row in whole.get(table) or []:
            store.history.put(table, row)


def _load_earned(store: Store, earned: Iterable[Any]) -> None:
    """``{promotion_id: …, day: 2026-03-01, spend: 60, checkout_value: 119}``: what promotions are said to have earned."""
    now = int(Clock(store).seconds())
    earnings = Earnings(store, Rules(), "5.28")
    for index, given in enumerate(earned):
        if not isinstance(given, dict):
            raise ConfigurationError(f"earned[{index}]: got {given!r}, allowed: an object")
        numbers = dict(given)
        try:
            earnings.state(numbers.pop("promotion_id", ""), numbers.pop("day", ""), now, numbers)
        except ConfigurationError as error:
            raise ConfigurationError(f"earned[{index}]: {error}") from None


def _first_ids(store: Store, seeded: Mapping[str, Any]) -> dict[str, Any]:
    """What an emulator calls its ad account, ad group and so on: the first of each in the file, if there is one."""
    facts = dict(seeded)
    for kind, name in (
        ("ad_accounts", "ad_account_id"),
        ("campaigns", "campaign_id"),
        ("ad_groups", "ad_group_id"),
        ("catalogs", "catalog_id"),
        ("feeds", "feed_id"),
    ):
        if found := store.page(kind, where={}, limit=1):
            facts[name] = found[0]["id"]
    facts["catalog_product_group_ids"] = [group["id"] for group in store.find("product_groups")]
    return facts
