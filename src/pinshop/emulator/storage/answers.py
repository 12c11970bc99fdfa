"""Recorded answers of the real API into a store, whatever generation their shapes are of."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from pinshop.api.endpoints import BY_ID
from pinshop.api.fields import FIELDS
from pinshop.emulator import shapes
from pinshop.emulator.catalog import groups
from pinshop.emulator.delivery.earnings import Earnings, ad_group_limit, campaign_limit
from pinshop.emulator.delivery.market import Market, market
from pinshop.emulator.delivery.terms import Measured, Terms
from pinshop.emulator.rules import Rules
from pinshop.emulator.seeded_numbers import digest
from pinshop.emulator.storage import answers_of_analytics
from pinshop.emulator.storage.answers_of_analytics import Measurements
from pinshop.emulator.storage.answers_of_products import OPERATIONS, Products
from pinshop.emulator.storage.entities import check_references, load_kind, measure
from pinshop.emulator.storage.state_text import DERIVED
from pinshop.emulator.storage.store import Entity, Store
from pinshop.errors import ConfigurationError

_KIND_OF = {
    "ad_account": "ad_accounts", "campaign": "campaigns", "ad_group": "ad_groups", "catalog": "catalogs", "feed": "feeds",
    "product_group": "product_groups", "promotion": "promotions",
}  # fmt: skip

_NOT_RECORDED = "not recorded"

#: Marks a product group whose products are not in the recording.
_RECORDED = "recorded"


def import_answers(
    store: Store, answers: Iterable[tuple[str, Mapping[str, Any]]], now: int, rates: str = "measured"
) -> dict[str, int]:
    """Put answers of the real API into the state: ``(operation id, decoded body)`` of lists and gets, parents first.

    All generations of shapes are taken; ids stay as they were, everything belongs to the seeded user.

    Returns: how many entities of each kind were stored.

    Raises:
        ConfigurationError: an operation that answers no entities, or an entity whose parent is not known.
    """
    seeded = store.get_meta("seeded")
    stored: dict[str, int] = {}
    products, measurements = Products(), Measurements()
    #: What was here before: of its past nothing changes.
    known: set[int] = set()
    try:
        with store.transaction():
            for operation_id, body in answers:
                if operation_id in OPERATIONS:
                    products.take(operation_id, body)
                    continue
                if operation_id in answers_of_analytics.OPERATIONS:
                    measurements.take(operation_id, body)
                    continue
                name, kind = _answered(operation_id)
                items = body.get("items", [body])
                entities = [item.get("data", item) if isinstance(item, Mapping) else {} for item in items]
                converted = [_from_wire(name, entity) for entity in entities if entity]
                for entity in converted:
                    if store.get(kind, int(entity["id"])) is not None:
                        store.delete(kind, int(entity["id"]))
                        known.add(int(entity["id"]))
                _stand_in_for_parents(store, kind, converted, seeded, now)
                load_kind(store, kind, converted, seeded, now)
                stored[kind] = stored.get(kind, 0) + len(converted)
            check_references(store)
            measure(store, now)
            made_up = _give_products(store, products, lambda group_id: now if group_id in known else 0)
            measured = _give_rates(store, measurements, known, now) if rates == "measured" else 0
    except ConfigurationError:
        raise
    except (KeyError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, sqlite3.Error) as error:
        raise ConfigurationError(f"the answers cannot be read: {type(error).__name__}: {error}") from error
    counts = {"product groups with made-up products": made_up, "promotions with measured rates": measured}
    return stored | {name: count for name, count in counts.items() if count}


def _answered(operation_id: str) -> tuple[str, str]:
    """What an operation answers: its name in `FIELDS`, and its kind in the store."""
    name = shapes.ENTITY_OF.get(operation_id.split("/", maxsplit=1)[0], "")
    kind = _KIND_OF.get(name)
    if operation_id not in BY_ID or kind is None or not operation_id.endswith(("/list", "/get")):
        raise ConfigurationError(f"{operation_id!r} is not a list or get of: {', '.join(_KIND_OF.values())}")
    return name, kind


def _stand_in_for_parents(store: Store, kind: str, entities: Sequence[Entity], seeded: Mapping[str, Any], now: int) -> None:
    """Parents that were not recorded: archived campaigns and deleted feeds are in no list, groups may be promoted by id."""
    for entity in entities:
        campaign, group = entity.get("campaign_id"), entity.get("catalog_product_group_id")
        if kind == "ad_groups" and campaign and "ad_account_id" in entity and store.get("campaigns", int(campaign)) is None:
            missing = {"id": campaign, "ad_account_id": entity["ad_account_id"], "name": _NOT_RECORDED, "status": "ARCHIVED"}
            load_kind(store, "campaigns", [missing], seeded, now)
        elif kind == "promotions" and group and store.get("product_groups", int(group)) is None:
            missing = {"id": group, "catalog_id": seeded["catalog_id"], "name": _NOT_RECORDED, _RECORDED: True}
            load_kind(store, "product_groups", [missing], seeded, now)
        elif kind == "product_groups" and (feed := entity.get("feed_id")) and store.get("feeds", int(feed)) is None:
            catalog = entity.get("catalog_id") or seeded["catalog_id"]
            load_kind(store, "feeds", [{"id": feed, "catalog_id": catalog, "name": _NOT_RECORDED}], seeded, now)


def _give_products(store: Store, products: Products, since: Callable[[int], int]) -> int:
    """Give recorded groups without products what earning needs of them: how many, and at which price.

    Both as they were answered; what was not is made up, and it is counted for how many groups.
    """
    made = 0
    for group in store.find("product_groups"):
        if group["product_count"] or not group.get(_RECORDED):
            continue
        count, price = products.of(group["id"])
        if count is None or (price is None and count):
            made += 1
        chance = digest(store.seed, "products", group["id"])
        count = 5 + chance % 40 if count is None else count
        price = (10 + chance // 64 % 70) * 1_000_000 if price is None else price
        group["plausible"] = [count, price]
        store.update("product_groups", groups.measured(store, group))
        store.history.note("product_groups", group, since(group["id"]))
    return made


def _give_rates(store: Store, measurements: Measurements, known: AbstractSet[int], now: int) -> int:
    """Let promotions earn at the rates that were answered. Returns how many."""
    given = 0
    earnings = Earnings(store, Rules(), "5.28")
    seen = {one["id"]: found for one in store.find("promotions") if (found := measurements.of(one["id"])) is not None}
    promotions = store.get_many("promotions", sorted(seen))
    ad_groups = store.get_many("ad_groups", sorted({one["ad_group_id"] for one in promotions.values()}))
    campaigns = store.get_many("campaigns", sorted({one["campaign_id"] for one in ad_groups.values()}))
    spent: dict[int, int] = {}  # a day, by ad group and campaign
    for promotion_id, one in seen.items():
        ad_group = ad_groups[promotions[promotion_id]["ad_group_id"]]
        for parent in (ad_group["id"], ad_group["campaign_id"]):
            spent[parent] = spent.get(parent, 0) + one.daily_spend // max(1, one.days)
    for promotion_id, promotion in promotions.items():
        ad_group = ad_groups[promotion["ad_group_id"]]
        campaign = campaigns[ad_group["campaign_id"]]
        currency = store.must("ad_accounts", promotion["ad_account_id"])["currency"]
        terms = msgspec.structs.replace(earnings.present_terms(promotion), measured=None)
        bound = any(
            lifetime is not None or (daily is not None and spent[entity["id"]] * 5 >= daily * 4)
            for entity, (daily, lifetime) in ((ad_group, ad_group_limit(ad_group)), (campaign, campaign_limit(campaign)))
        )

        def expected(
            measured: Measured, promotion_id: int = promotion_id, currency: str = currency, terms: Terms = terms
        ) -> Market:
            with_rates = msgspec.structs.replace(terms, measured=measured)
            return market(str(promotion_id), currency, with_rates, store.seed)

        rates = answers_of_analytics.measured(seen[promotion_id], expected, at_least=bound)
        promotion["measured"] = msgspec.to_builtins(rates)
        store.update("promotions", promotion)
        since = now if promotion_id in known else store.history.of("promotions", [promotion_id])[promotion_id][-1][0]
        store.history.note("promotions", promotion, since)
        given += 1
    return given


def _from_wire(name: str, entity: Mapping[str, Any]) -> Entity:
    """An entity as the API answered it, by the names of the store; what is derived is left out."""
    derived = DERIVED - {"type"} if name == "product_group" else DERIVED
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
