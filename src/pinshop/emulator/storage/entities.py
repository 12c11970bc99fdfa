"""Entities of one kind into a store, with defaults for what is left out; used for YAML files and for recorded answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pinshop.api.checks import is_digits
from pinshop.api.fields import FIELDS
from pinshop.emulator.catalog import groups
from pinshop.emulator.handlers import catalog_product_groups
from pinshop.emulator.storage import seeding, state_text
from pinshop.emulator.storage.schema import COLUMNS
from pinshop.emulator.storage.store import Entity, Store
from pinshop.errors import ConfigurationError

_WITH_STATUS = ("campaigns", "ad_groups", "promotions")


def is_id_name(name: str) -> bool:
    """Whether a field holds an id of Pinterest's; ids of items are the merchant's, that of a feed profile is any text."""
    return name == "id" or (name.endswith("_id") and name not in ("item_id", "item_group_id", "feed_profile_id"))


def load_kind(store: Store, kind: str, entities: Iterable[Any], seeded: Mapping[str, Any], now: int) -> None:
    """Put entities of one kind into the store, with their history; `ConfigurationError` names the one that cannot be."""
    for index, given in enumerate(entities):
        where = f"{kind}[{index}]"
        if not isinstance(given, Mapping):
            raise ConfigurationError(f"{where}: got {given!r}, allowed: an object")
        state_text.check_entity(kind, where, given)
        facts: Entity = {name: _number(where, name, value) if is_id_name(name) else value for name, value in given.items()}
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
    if kind in ("feeds", "product_groups") and (catalog := store.get("catalogs", facts.get("catalog_id") or 0)):
        facts.setdefault("owner_id", catalog["owner_id"])


_FOREIGN = frozenset(field.name for fields in FIELDS.values() for field in fields if field.kind == "foreign_id")


def _number(where: str, name: str, value: object) -> int | str | None:
    if value is None:
        return None
    text, digits = str(value), None if name in _FOREIGN else 18
    if not is_digits(text, digits):
        raise ConfigurationError(f"{where}.{name}: got {value!r}, allowed: {'1 to 18 ' if digits else ''}digits")
    return text if name in _FOREIGN else int(text)


def left_out(kind: str, entity: Entity, seeded: Mapping[str, Any]) -> set[str]:
    """The fields that an entity does not have, and would have by default."""
    return _filled(kind, dict(entity), seeded, 0).keys() - entity.keys()


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
    elif kind == "items":
        item = str(facts["item_id"])
        texts = {
            "title": item,
            "description": item,
            "link": f"https://shop.example/{item}",
            "image_link": f"https://shop.example/{item}.jpg",
        }
        defaults = {**texts, "availability": "IN_STOCK", "currency": "USD"}
        return {name: value for name, value in {**defaults, **facts}.items() if value is not None}
    elif kind == "promotions":
        defaults = {"status": "ACTIVE", "creative_type": "REGULAR", "created": created}
    elif kind == "catalogs":
        defaults = {"owner_id": owner, "catalog_type": "RETAIL", "created": created, "updated": created}
    elif kind == "feeds" and "catalog_id" in facts:
        defaults = seeding.feed(facts["id"], owner, facts["catalog_id"], name, created)
    elif kind == "product_groups" and "catalog_id" in facts:
        filters = facts.pop("filters", {})
        defaults = catalog_product_groups.new_group(owner, facts["catalog_id"], facts.get("feed_id"), name, filters, created)
    return {**defaults, **facts}


_REFERENCES = {
    "campaigns": {"ad_account_id": "ad_accounts"},
    "ad_groups": {"ad_account_id": "ad_accounts", "campaign_id": "campaigns"},
    "promotions": {"ad_account_id": "ad_accounts", "ad_group_id": "ad_groups"},
    "catalogs": {"owner_id": "users"},
    "feeds": {"owner_id": "users", "catalog_id": "catalogs"},
    "items": {"feed_id": "feeds"},
    "product_groups": {"owner_id": "users", "catalog_id": "catalogs", "feed_id": "feeds"},
    "ad_accounts": {"owner_id": "users"},
}

#: What a child has in common with its parent: kind, the parent's id, the parent, what both have.
_IN_COMMON = (
    ("ad_groups", "campaign_id", "campaigns", "ad_account_id"),
    ("promotions", "ad_group_id", "ad_groups", "ad_account_id"),
    ("feeds", "catalog_id", "catalogs", "owner_id"),
    ("product_groups", "catalog_id", "catalogs", "owner_id"),
    ("product_groups", "feed_id", "feeds", "catalog_id"),
)


def check_references(store: Store) -> None:
    """Raise `ConfigurationError` for an entity that refers to one that is not there."""
    for kind, references in _REFERENCES.items():
        for name, target in references.items():
            if lost := store.dangling(kind, name, target):
                raise ConfigurationError(f"{kind} {lost[0]}: {name} {lost[1]} is not in {target}")
    for kind, name, parent, shared in _IN_COMMON:
        if torn := store.torn(kind, name, parent, shared):
            child, mine, other = torn
            raise ConfigurationError(f"{kind} {child}: {shared}: got {mine}, allowed: {other}, that of its {name}")


def check_promoted(store: Store) -> None:
    """Raise `ConfigurationError` for a promotion of a product group that neither is there nor was before it was deleted."""
    if lost := store.dangling("promotions", "catalog_product_group_id", "product_groups", or_gone=True):
        raise ConfigurationError(f"promotions {lost[0]}: catalog_product_group_id {lost[1]} is not in product_groups")


def measure(store: Store, now: int) -> None:
    """Measure all groups. What a group that is new here held before, nobody knows: the same."""
    every = store.find("product_groups")
    known = store.history.of("product_groups", [group["id"] for group in every])
    for group in every:
        store.update("product_groups", groups.measured(store, group))
        store.history.note("product_groups", group, now if group["id"] in known else 0)
