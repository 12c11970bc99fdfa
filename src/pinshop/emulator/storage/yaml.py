"""The state as readable YAML, out and in, and recorded answers of the real API as state.

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
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pinshop.api.endpoints import BY_ID
from pinshop.api.fields import FIELDS
from pinshop.emulator import shapes
from pinshop.emulator.arguments import shown
from pinshop.emulator.arguments import whole as whole_number
from pinshop.emulator.bodies import is_id
from pinshop.emulator.catalog import groups
from pinshop.emulator.clock import Clock, instant
from pinshop.emulator.delivery.earnings import Earnings
from pinshop.emulator.handlers import catalog_product_groups
from pinshop.emulator.rules import Rules
from pinshop.emulator.seeded_numbers import digest
from pinshop.emulator.storage import history, seeding, state_text
from pinshop.emulator.storage.store import COLUMNS, Entity, Store
from pinshop.errors import ConfigurationError
from pinshop.extras import required

_KINDS = ("users", "ad_accounts", "campaigns", "ad_groups", "catalogs", "feeds", "items", "product_groups", "promotions")

_WITH_STATUS = ("campaigns", "ad_groups", "promotions")

_OTHER = ("clock", "seed", "sequences", "seeded", "roles", "tokens", "earned", *history.TABLES)

#: What a file by hand leaves out altogether is taken from the seeded business, so that products can be promoted at once.
_CATALOG = ("catalogs", "feeds", "items", "product_groups")

_FILTERS = "filters"


def export(store: Store) -> str:
    """The whole state as YAML: ids as text, one entity per line."""
    yaml = required("yaml", "emulator", "a state as YAML")

    whole: dict[str, Any] = {name: store.get_meta(name) for name in ("clock", "seed", "seeded")}
    whole["sequences"] = store.sequences()
    for kind in _KINDS:
        found = store.find(kind)
        whole[kind] = [_readable(kind, entity) for entity in found]
    for table in ("roles", "tokens"):
        whole[table] = store.rows(table)
    whole.update(store.history.export())
    return str(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None))


def _readable(kind: str, entity: Entity) -> dict[str, Any]:
    shown = {name: str(value) if _is_id(name) and value is not None else value for name, value in entity.items()}
    names = [name for name in ("id", "name", "status") if name in shown]
    shown = {name: shown[name] for name in [*names, *sorted(set(shown) - set(names))]}
    if kind == "product_groups":
        shown[_FILTERS] = msgspec.json.decode(entity[_FILTERS])
        del shown["product_count"], shown["average_price_micro"]  # follow from the items
    return shown


def _is_id(name: str) -> bool:
    return name == "id" or (name.endswith("_id") and name not in ("item_id", "item_group_id"))


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
        raise ConfigurationError(f"the state has {', '.join(unknown)}; allowed: {', '.join((*_OTHER, *_KINDS))}")
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
                _load_kind(fresh, kind, whole.get(kind) or [], seeded, now)
            for table in ("roles", "tokens"):
                for index, row in enumerate(whole.get(table) or []):
                    state_text.check_row(table, index, row)
                    fresh.put_row(table, row)
            _check_references(fresh)
            _measure(fresh, now)
            _load_history(fresh, whole)
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


def _sequences(given: Any) -> dict[str, int]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ConfigurationError(f"sequences: got {shown(given)}, allowed: an object of the last number of each kind")
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
    return dict(given)


def _load_history(store: Store, whole: Mapping[str, Any]) -> None:
    """The tables of a file that was exported; what they tell of takes the place of what is supposed of other files."""
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


def _load_kind(store: Store, kind: str, entities: Iterable[Any], seeded: Mapping[str, Any], now: int) -> None:
    for index, given in enumerate(entities):
        where = f"{kind}[{index}]"
        if not isinstance(given, Mapping):
            raise ConfigurationError(f"{where}: got {given!r}, allowed: an object")
        state_text.check_entity(kind, where, given)
        facts: Entity = {name: _number(where, name, value) if _is_id(name) else value for name, value in given.items()}
        statuses = facts.pop("history", None)
        entity_id = facts.get("id")
        facts["id"] = store.next_id(kind) if entity_id is None else entity_id
        store.raise_sequence(kind, facts["id"])
        _join(store, kind, facts, seeded)
        entity = _filled(kind, facts, seeded, now)
        if missing := [name for name in COLUMNS[kind] if name not in entity]:
            raise ConfigurationError(f"{where}: {', '.join(missing)} is missing")
        if store.get(kind, entity["id"]) is not None:
            raise ConfigurationError(f"{where}.id: got {entity['id']}, allowed: an id that no other has")
        store.insert(kind, entity)
        if kind in _WITH_STATUS:
            since = int(entity.get("created_time") or entity.get("created") or now)
            if store.history.of(kind, [entity["id"]]):  # recorded again
                since = now
            for moment, status in statuses or [(since, entity["status"])]:
                store.history.note(kind, {**entity, "status": status}, int(moment))


def _join(store: Store, kind: str, facts: Entity, seeded: Mapping[str, Any]) -> None:
    """Fill in parents that follow from others: an answer does not say the ad account of a promotion, its ad group does."""
    if kind == "promotions" and "ad_account_id" not in facts and (group := store.get("ad_groups", facts["ad_group_id"])):
        facts["ad_account_id"] = group["ad_account_id"]
    if kind == "product_groups":
        facts.setdefault("feed_id", None)
        if "catalog_id" not in facts and (feed := store.get("feeds", facts["feed_id"] or 0)):
            facts["catalog_id"] = feed["catalog_id"]
    if kind == "feeds":
        facts.setdefault("catalog_id", int(seeded["catalog_id"]))


_FOREIGN = frozenset(field.name for fields in FIELDS.values() for field in fields if field.kind == "foreign_id")


def _number(where: str, name: str, value: object) -> int | str | None:
    if value is None:
        return None
    text, digits = str(value), None if name in _FOREIGN else 18
    if not is_id(text, digits):
        raise ConfigurationError(f"{where}.{name}: got {value!r}, allowed: {'1 to 18 ' if digits else ''}digits")
    return text if name in _FOREIGN else int(text)


def _filled(kind: str, facts: Entity, seeded: Mapping[str, Any], now: int) -> Entity:
    """An entity with defaults for what a file by hand leaves out."""
    created = facts.get("created_time") or facts.get("created") or now
    owner = facts.get("owner_id") or int(seeded["user_id"])
    name = facts.get("name") or kind
    defaults: Entity = {}
    if kind == "users":
        defaults = {"username": f"user_{facts['id']}", "account_type": "BUSINESS"}
    elif kind == "ad_accounts":
        defaults = seeding.ad_account(facts["id"], owner, name, created)
    elif kind == "campaigns" and "ad_account_id" in facts:
        defaults = seeding.campaign(facts["id"], facts["ad_account_id"], name, created)
    elif kind == "ad_groups" and "campaign_id" in facts and "ad_account_id" in facts:
        defaults = seeding.ad_group(facts["id"], facts["ad_account_id"], facts["campaign_id"], name, created)
    elif kind == "promotions":
        defaults = {"status": "ACTIVE", "creative_type": "REGULAR", "created": created}
    elif kind == "catalogs":
        defaults = {"owner_id": owner, "catalog_type": "RETAIL", "created": created, "updated": created}
    elif kind == "feeds" and "catalog_id" in facts:
        defaults = seeding.feed(facts["id"], owner, facts["catalog_id"], name, created)
    elif kind == "product_groups" and "catalog_id" in facts:
        filters = facts.pop(_FILTERS, {})
        defaults = catalog_product_groups.new_group(owner, facts["catalog_id"], facts.get("feed_id"), name, filters, created)
    return {**defaults, **facts}


_REFERENCES = {
    "campaigns": {"ad_account_id": "ad_accounts"},
    "ad_groups": {"ad_account_id": "ad_accounts", "campaign_id": "campaigns"},
    "promotions": {"ad_account_id": "ad_accounts", "ad_group_id": "ad_groups"},
    "feeds": {"catalog_id": "catalogs"},
    "items": {"feed_id": "feeds"},
    "product_groups": {"catalog_id": "catalogs"},
    "ad_accounts": {"owner_id": "users"},
}


def _check_references(store: Store) -> None:
    for kind, references in _REFERENCES.items():
        for name, target in references.items():
            if lost := store.dangling(kind, name, target):
                raise ConfigurationError(f"{kind} {lost[0]}: {name} {lost[1]} is not in {target}")


def _measure(store: Store, now: int) -> None:
    """Measure all groups. What a group that is new here held before, nobody knows: the same."""
    every = store.find("product_groups")
    known = store.history.of("product_groups", [group["id"] for group in every])
    for group in every:
        store.update("product_groups", groups.measured(store, group))
        store.history.note("product_groups", group, now if group["id"] in known else 0)


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


_KIND_OF = {
    "ad_account": "ad_accounts", "campaign": "campaigns", "ad_group": "ad_groups", "catalog": "catalogs", "feed": "feeds",
    "product_group": "product_groups", "promotion": "promotions",
}  # fmt: skip


def import_answers(store: Store, answers: Iterable[tuple[str, Mapping[str, Any]]], now: int) -> dict[str, int]:
    """Put answers of the real API into the state: ``(operation id, decoded body)`` of lists and gets, parents first.

    All generations of shapes are taken; ids stay as they were, everything belongs to the seeded user.

    Returns: how many entities of each kind were stored.

    Raises:
        ConfigurationError: an operation that answers no entities, or an entity whose parent is not known.
    """
    seeded = store.get_meta("seeded")
    stored: dict[str, int] = {}
    try:
        with store.transaction():
            for operation_id, body in answers:
                name, kind = _answered(operation_id)
                items = body.get("items", [body])
                entities = [item.get("data", item) if isinstance(item, Mapping) else {} for item in items]
                converted = [_from_wire(name, entity) for entity in entities if entity]
                for entity in converted:
                    if store.get(kind, int(entity["id"])) is not None:
                        store.delete(kind, int(entity["id"]))
                _stand_in_for_parents(store, kind, converted, seeded, now)
                _load_kind(store, kind, converted, seeded, now)
                stored[kind] = stored.get(kind, 0) + len(converted)
            _check_references(store)
            _measure(store, now)
            made_up = _make_products_up(store)
    except ConfigurationError:
        raise
    except (KeyError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, sqlite3.Error) as error:
        raise ConfigurationError(f"the answers cannot be read: {type(error).__name__}: {error}") from error
    return stored | ({"product groups with made-up products": made_up} if made_up else {})


def _answered(operation_id: str) -> tuple[str, str]:
    """What an operation answers: its name in `FIELDS`, and its kind in the store."""
    name = shapes.ENTITY_OF.get(operation_id.split("/", maxsplit=1)[0], "")
    kind = _KIND_OF.get(name)
    if operation_id not in BY_ID or kind is None or not operation_id.endswith(("/list", "/get")):
        raise ConfigurationError(f"{operation_id!r} is not a list or get of: {', '.join(_KIND_OF.values())}")
    return name, kind


def _stand_in_for_parents(store: Store, kind: str, entities: Sequence[Entity], seeded: Mapping[str, Any], now: int) -> None:
    """Parents that were not recorded: an archived campaign is in no list by default; a group may be promoted by its id only."""
    for entity in entities:
        campaign, group = entity.get("campaign_id"), entity.get("catalog_product_group_id")
        if kind == "ad_groups" and campaign and "ad_account_id" in entity and store.get("campaigns", int(campaign)) is None:
            missing = {"id": campaign, "ad_account_id": entity["ad_account_id"], "name": _NOT_RECORDED, "status": "ARCHIVED"}
            _load_kind(store, "campaigns", [missing], seeded, now)
        elif kind == "promotions" and group and store.get("product_groups", int(group)) is None:
            missing = {"id": group, "catalog_id": seeded["catalog_id"], "name": _NOT_RECORDED, _RECORDED: True}
            _load_kind(store, "product_groups", [missing], seeded, now)


_NOT_RECORDED = "not recorded"

#: Marks a product group whose products are not in the recording.
_RECORDED = "recorded"


def _make_products_up(store: Store) -> int:
    """Give recorded groups without products plausible ones, as far as earning needs them: how many, and at which price."""
    made = 0
    for group in store.find("product_groups"):
        if group["product_count"] or not group.get(_RECORDED):
            continue
        chance = digest(store.seed, "products", group["id"])
        group["plausible"] = [5 + chance % 40, (10 + chance // 64 % 70) * 1_000_000]
        store.update("product_groups", groups.measured(store, group))
        store.history.note("product_groups", group, 0)
        made += 1
    return made


def _from_wire(name: str, entity: Mapping[str, Any]) -> Entity:
    """An entity as the API answered it, by the names of the store; what is derived is left out."""
    derived = {
        "owner",
        "permissions",
        "summary_status",
        "type",
        "catalog_product_group_name",
        "definition",
        "included",
        "relative_definition",
        "parent_id",
        "grid_click_type",
        "created_at",
        "updated_at",
    }
    if name == "product_group":
        derived.discard("type")
    found: Entity = {}
    for field in FIELDS[name]:
        source = field.source or field.name
        value = entity.get(field.name)
        if value is None or source in derived or (name == "promotion" and source == "bid_in_micro_currency"):
            continue
        if field.kind == "ad_group_ref":
            value = str(value).removeprefix("AG")
        elif field.kind == "campaign_ref":
            value = str(value).removeprefix("C")
        found[source] = value
    if name == "product_group":
        found[_RECORDED] = True
    return found
