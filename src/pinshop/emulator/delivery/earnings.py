"""From state to analytics: which promotion was live when, handed to `model`, which knows what it earned."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.models.decoding import decoder_of
from pinshop.api.operations import ApiVersion, version
from pinshop.emulator.arguments import identifier
from pinshop.emulator.catalog import groups
from pinshop.emulator.delivery import model, stated
from pinshop.emulator.delivery.bids import bidding
from pinshop.emulator.delivery.budgets import Budget, Limit, Member, Pool
from pinshop.emulator.delivery.items import ItemSet
from pinshop.emulator.delivery.market import market
from pinshop.emulator.delivery.model import FOREVER
from pinshop.emulator.delivery.rows import Reporter
from pinshop.emulator.delivery.sums import LEVELS, is_told
from pinshop.emulator.delivery.terms import Measured, Terms
from pinshop.emulator.rules import Rules
from pinshop.emulator.storage.history import Changes, Settings
from pinshop.emulator.storage.store import Entity, Store
from pinshop.errors import ConfigurationError

#: (start, end, value): in force from start to end, UTC seconds, half open; sorted and disjoint.
Steps = list[tuple[int, int, Any]]


def _steps(changes: Changes) -> Steps:
    """A history as steps; what was in force before its first entry is unknown, so nothing was."""
    ends = [*(since for since, _ in changes), FOREVER][1:]
    return [(since, end, settings) for (since, settings), end in zip(changes, ends, strict=True) if since < end]


def _overlaps(one: Steps, other: Steps) -> Iterator[tuple[int, int, Any, Any]]:
    """The moments in which both have a value."""
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            yield low, high, one[i][2], other[j][2]
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1


class _Live(Struct, frozen=True):
    """What an ad group and its campaign say while both are live."""

    bid_micro: int | None
    billable_event: str
    bid_factor: int
    #: When the schedule then in force ends.
    until: int


def _scheduled(start: int, end: int, settings: Settings) -> tuple[int, int]:
    return max(start, settings.get("start_time") or 0), min(end, settings.get("end_time") or FOREVER)


def _terms(bids: tuple[int | None, str, int], own: Settings, group: Settings) -> Terms:
    """What is in force for a promotion with these settings, and for its product group."""
    bid_micro, billable_event, bid_factor = bids
    return Terms(
        product_count=group.get("product_count", 0),
        average_price_micro=group.get("average_price_micro", 0),
        bid_micro=bid_micro,
        billable_event=billable_event,
        bid_factor=bid_factor,
        creative_type=own.get("creative_type", "REGULAR"),
        product_set=group.get("product_set", ""),
        measured=_measured(own["measured"]) if own.get("measured") else None,
    )


def _measured(factors: Settings) -> Measured:
    decoder_of(Measured)
    return msgspec.convert(dict(factors), Measured)


def _live(ad_group: Changes, campaign: Changes, bid_options: str) -> Steps:
    """When an ad group and its campaign were live, and how it bid."""
    found: Steps = []
    for low, high, group, parent in _overlaps(_steps(ad_group), _steps(campaign)):
        start, end = _scheduled(*_scheduled(low, high, group), parent)
        if start < end and group.get("status") == parent.get("status") == "ACTIVE":
            until = min(group.get("end_time") or FOREVER, parent.get("end_time") or FOREVER)
            live = _Live(*bidding(group, parent, bid_options), until)
            if found and found[-1][1] == start and found[-1][2] == live:
                start = found.pop()[0]
            found.append((start, end, live))
    return found


class Earnings:
    """Turns the history of a state into what its promotions earned. Keeps what it derived until the history changes."""

    def __init__(self, store: Store, rules: Rules, api_version: ApiVersion) -> None:
        self._store = store
        self._rules = rules
        self._api_version = api_version
        self._version: object = None
        self._reporter = Reporter(store.seed)
        self._pools: dict[tuple[str, int], tuple[Pool, dict[int, int]]] = {}
        self._live: dict[int, Steps] = {}
        self._ad_groups: dict[int, list[int]] = {}
        self._limits: dict[tuple[str, int], tuple[tuple[int, Limit], ...]] = {}
        self._products: dict[int, Steps] = {}

    def _refresh(self) -> None:
        rules = self._rules
        version = self._store.history.version, self._store.seed, rules.lifetime_cap_days, rules.bid_options
        if self._version != version:
            self._version = version
            self._reporter.clear(self._store.seed)
            for known in (self._pools, self._live, self._ad_groups, self._limits, self._products):
                known.clear()

    # ---- pieces

    def _learn(self, ad_groups: Mapping[int, int], changes: Iterable[Changes]) -> None:
        """Read the history of ad groups (with their campaigns), and of the product groups that promotions had."""
        history = self._store.history
        new = [i for i in ad_groups if i not in self._live]
        if new:
            of_ad_group = history.of("ad_groups", new)
            campaign_ids = sorted({ad_groups[i] for i in new})
            of_campaign = history.of("campaigns", campaign_ids)
            for i in new:
                self._live[i] = _live(of_ad_group.get(i, []), of_campaign.get(ad_groups[i], []), self._rules.bid_options)
                self._limits["ad_groups", i] = self._limits_of(of_ad_group.get(i, []), ad_group_limit)
            for i in campaign_ids:
                self._limits["campaigns", i] = self._limits_of(of_campaign.get(i, []), campaign_limit)
        wanted = {settings.get("catalog_product_group_id") for one in changes for _, settings in one}
        group_ids = sorted(i for i in wanted if i is not None and i not in self._products)
        if group_ids:
            of_group = history.of("product_groups", group_ids)
            self._products.update((i, _steps(of_group.get(i, []))) for i in group_ids)

    def _limits_of(
        self, changes: Changes, read: Callable[[Settings], tuple[int | None, int | None]]
    ) -> tuple[tuple[int, Limit], ...]:
        found: list[tuple[int, Limit]] = []
        for since, settings in changes:
            daily, lifetime = read(settings)
            start = settings.get("start_time") or settings.get("created_time") or since
            end = settings.get("end_time")
            last = (end - 1) // model.DAY if end else start // model.DAY + self._rules.lifetime_cap_days - 1
            limit = Limit(daily, lifetime, last if lifetime is not None else 0)
            if (found[-1][1] if found else Limit()) != limit:
                found.append((since, limit))
        return tuple(found)

    def _pieces(self, ad_group_id: int, changes: Changes) -> tuple[model.Piece, ...]:
        """When a promotion was live, and under which terms."""
        found: list[model.Piece] = []
        for low, high, live, own in _overlaps(self._live[ad_group_id], _steps(changes)):
            if own.get("status") != "ACTIVE":
                continue
            products = self._products.get(own["catalog_product_group_id"], [])
            for start, end, group, _ in _overlaps(products, [(low, high, None)]):
                terms = _terms((live.bid_micro, live.billable_event, live.bid_factor), own, group)
                if found and found[-1][1:] == (start, terms, live.until):
                    found[-1] = (found[-1][0], end, terms, live.until)
                else:
                    found.append((start, end, terms, live.until))
        return tuple(found)

    # ---- pools

    def _pool(self, promotion: Entity, ad_group: Entity, currency: str) -> tuple[Pool, int]:
        """The pool of those that share budgets with a promotion, and its place in it.

        A pool is a whole campaign: a day is planned anew for all of it, whichever of its budgets there are.
        """
        promotion_id, ad_group_id, campaign_id = promotion["id"], ad_group["id"], int(ad_group["campaign_id"])
        if campaign_id not in self._ad_groups:
            self._ad_groups[campaign_id] = self._store.ids_of("ad_groups", campaign_id=campaign_id)
            self._learn(dict.fromkeys(self._ad_groups[campaign_id], campaign_id), ())
        bound = self._limits["campaigns", campaign_id] or any(
            self._limits["ad_groups", i] for i in self._ad_groups[campaign_id]
        )
        key = ("campaigns", campaign_id) if bound else ("promotions", promotion_id)
        if key not in self._pools:
            under = {promotion_id: ad_group_id}
            if bound:
                under = {i: group_id for i, group_id, _ in self._store.promotions_under(*key)}
            self._pools[key] = self._gather(campaign_id, under, currency)
        pool, places = self._pools[key]
        return pool, places[promotion_id]

    def _gather(self, campaign_id: int, under: Mapping[int, int], currency: str) -> tuple[Pool, dict[int, int]]:
        """A pool of promotions of a campaign (id -> ad group id), and their places."""
        order = sorted(under)
        changes = self._store.history.of("promotions", order)
        self._learn({}, changes.values())
        told = {i: _stated(days) for i, days in self._store.history.stated(order).items()}
        members = [Member(str(i), self._pieces(under[i], changes.get(i, [])), currency, told.get(i, {})) for i in order]
        budgets = []
        for group_id in self._ad_groups[campaign_id]:  # those without promotions too: days are planned anew at their changes
            if limits := self._limits["ad_groups", group_id]:
                mine = frozenset(place for place, i in enumerate(order) if under[i] == group_id)
                budgets.append(Budget(f"ad_groups {group_id}", limits, mine))
        if limits := self._limits["campaigns", campaign_id]:
            budgets.append(Budget(f"campaigns {campaign_id}", limits, frozenset(range(len(order)))))
        return Pool(members, budgets, self._store.seed), {i: place for place, i in enumerate(order)}

    def subjects(self, promotions: Sequence[Entity], account: Entity) -> list[model.Subject]:
        """What delivery needs to know of each promotion, in the order given."""
        self._refresh()
        if not promotions:
            return []
        ad_groups = self._store.get_many("ad_groups", sorted({p["ad_group_id"] for p in promotions}))
        campaigns = self._store.get_many("campaigns", sorted({group["campaign_id"] for group in ad_groups.values()}))
        self._learn({i: group["campaign_id"] for i, group in ad_groups.items()}, ())
        found = []
        for promotion in promotions:
            ad_group = ad_groups[promotion["ad_group_id"]]
            pool, place = self._pool(promotion, ad_group, account["currency"])
            member = pool.members[place]
            found.append(
                model.Subject(
                    id=member.id,
                    pieces=member.pieces,
                    plan=partial(pool.plan, place),
                    currency=member.currency,
                    stated=member.stated,
                    attributes=_attributes(account, campaigns[ad_group["campaign_id"]], ad_group, promotion),
                )
            )
        return found

    def rows(
        self,
        account: Entity,
        promotions: Sequence[Entity],
        query: model.Query,
        now: int,
    ) -> list[Struct]:
        """Analytics rows of these promotions."""
        return self._reporter.rows(self.subjects(promotions, account), query, now=now, reporting=self.reporting())

    def item_rows(
        self,
        account: Entity,
        promotions: Sequence[Entity],
        facts: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        query: model.Query,
        now: int,
    ) -> list[Struct]:
        """The same, divided among the items of each promotion. ``facts`` gives the attribute columns of an item."""
        reporting = self.reporting()
        found: list[Struct] = []
        for promotion, subject in zip(promotions, self.subjects(promotions, account), strict=True):
            sets, attributes = self._item_sets(promotion["id"], facts)
            found += self._reporter.item_rows(subject, sets, attributes, query, now=now, reporting=reporting)
        return found

    def sum_rows(
        self,
        account: Entity,
        promotions: Sequence[Entity],
        level: str,
        query: model.Query,
        now: int,
    ) -> list[Struct]:
        """The same, added up by ad group, campaign or ad account."""
        key = LEVELS[level]
        groups: dict[str, tuple[dict[str, Any], list[model.Subject]]] = {}
        for subject in self.subjects(promotions, account):
            groups.setdefault(subject.attributes[key], ({}, []))[1].append(subject)
        for attributes, subjects in groups.values():
            told = subjects[0].attributes
            attributes.update((name, value) for name, value in told.items() if is_told(name, level))
        ordered = [(one, *groups[one]) for one in sorted(groups, key=int)]
        users: Any = self._rules.users_above_promotions
        return self._reporter.sum_rows(ordered, key, query, now=now, reporting=self.reporting(), users=users)

    def _item_sets(
        self, promotion_id: int, facts: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> tuple[list[ItemSet], dict[str, Mapping[str, Any]]]:
        """The items of the groups that a promotion promoted, since when; and what each is, as last known."""
        found: list[ItemSet] = []
        known: dict[str, Mapping[str, Any]] = {}
        for since, end, settings in _steps(self._store.history.of("promotions", [promotion_id]).get(promotion_id, [])):
            group_id = settings["catalog_product_group_id"]
            self._learn({}, [[(since, settings)]])
            for start, _, group, _ in _overlaps(self._products[group_id], [(since, end, None)]):
                # A group that is empty at first is kept: what is stated of its days falls to none of the items that come
                # later. One that is emptied later is not: people still buy what they saw.
                items = groups.items_then(self._store, group, start) if "filters" in group else []
                known.update((str(item["id"]), facts(item)) for item in items)
                shown = tuple((str(item["id"]), item["availability"] != "OUT_OF_STOCK") for item in items)
                if shown or not found:
                    found.append(ItemSet(start, shown))
        return found, known

    def state(self, promotion_id: str | int, day: datetime.date | str, now: int, numbers: dict[str, Any]) -> None:
        """Say what a promotion earned on a UTC day; see `Emulator.earn`.

        Raises:
            ConfigurationError: no such promotion, a day that is not over or not begun, or numbers that cannot be.
        """
        known = self._store.get("promotions", identifier("promotion_id", promotion_id))
        if known is None:
            raise ConfigurationError(f"promotion_id: got {promotion_id!r}, allowed: an id; there is no promotion of this one")
        number = stated.day_number(day, now)
        account = self._store.must("ad_accounts", known["ad_account_id"])
        subject = self.subjects([known], account)[0]
        pieces = [(piece[0], piece[2]) for piece in subject.pieces]
        terms = model.terms_at(pieces, number * model.DAY) if pieces else self.present_terms(known)
        terms = msgspec.structs.replace(terms, product_count=max(1, terms.product_count))
        met = market(subject.id, subject.currency, terms, self._store.seed)
        said = stated.completed(met, numbers) | {"terms": msgspec.to_builtins(terms)}
        self._store.history.state(known["id"], number, said)

    def present_terms(self, promotion: Entity) -> Terms:
        """The terms that a promotion would have now, were it live."""
        settings: list[Settings] = []
        for kind, entity_id in (
            ("ad_groups", promotion["ad_group_id"]),
            ("product_groups", promotion["catalog_product_group_id"]),
        ):
            changes = self._store.history.of(kind, [entity_id]).get(entity_id, [(0, {})])
            settings.append(changes[-1][1])
        ad_group, group = settings
        campaign = self._store.must("campaigns", self._store.must("ad_groups", promotion["ad_group_id"])["campaign_id"])
        return _terms(bidding(ad_group, campaign, self._rules.bid_options), promotion, group)

    def reporting(self) -> model.Reporting:
        """The rules that touch rows, as delivery takes them."""
        rules = self._rules
        engagement = rules.engagement_attribution
        facts = {
            "delivery_lag_hours": rules.delivery_lag_hours,
            "conversion_delay": rules.conversion_delay,
            "zero_metrics": rules.zero_metrics,
            "empty_rows": rules.empty_rows,
            "ratio_unit": rules.ratio_unit,
            "hour_date_format": rules.hour_date_format,
            "week_starts": rules.week_starts,
            "bucket_date": rules.bucket_date,
            "engagement_attribution": version(self._api_version) < version("5.17")
            if engagement == "by_api_version"
            else engagement == "on",
        }
        decoder_of(model.Reporting)
        return msgspec.convert(facts, model.Reporting)


def campaign_limit(settings: Settings) -> tuple[int | None, int | None]:
    """Its daily and its lifetime cap; a cap of 0 is none."""
    return settings.get("daily_spend_cap") or None, settings.get("lifetime_spend_cap") or None


def ad_group_limit(settings: Settings) -> tuple[int | None, int | None]:
    """Its daily and its lifetime budget."""
    budget, kind = settings.get("budget_in_micro_currency") or None, settings.get("budget_type")
    if kind == "CBO_ADGROUP" or budget is None:
        return None, None
    return (None, budget) if kind == "LIFETIME" else (budget, None)


def _stated(days: Mapping[int, Settings]) -> dict[int, model.Stated]:
    decoder_of(model.Stated)
    return {day: msgspec.convert(dict(one), model.Stated) for day, one in days.items()}


def _attributes(account: Entity, campaign: Entity, ad_group: Entity, promotion: Entity) -> dict[str, Any]:
    """Columns that tell what an entity is; those without a value are left out."""
    budget = ad_group.get("budget_in_micro_currency")
    values = {
        "AD_ACCOUNT_ID": str(account["id"]),
        "ADVERTISER_ID": str(account["id"]),
        "CAMPAIGN_ID": str(campaign["id"]),
        "CAMPAIGN_NAME": campaign["name"],
        "CAMPAIGN_ENTITY_STATUS": campaign["status"],
        "CAMPAIGN_OBJECTIVE_TYPE": campaign["objective_type"],
        "CAMPAIGN_DAILY_SPEND_CAP": campaign.get("daily_spend_cap"),
        "CAMPAIGN_LIFETIME_SPEND_CAP": campaign.get("lifetime_spend_cap"),
        "CAMPAIGN_BUDGET_OPTIMIZATION": campaign.get("is_campaign_budget_optimization"),
        "AD_GROUP_ID": str(ad_group["id"]),
        "AD_GROUP_NAME": ad_group["name"],
        "AD_GROUP_ENTITY_STATUS": ad_group["status"],
        "AD_GROUP_BUDGET_TYPE": ad_group.get("budget_type"),
        "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY": None if budget is None else budget / 1_000_000,
        "ORDER_LINE_ID": campaign.get("order_line_id"),
        "PRODUCT_GROUP_AD_IMAGE_TAG": promotion.get("selected_image_tag"),
        "PRODUCT_GROUP_AD_VIDEO_TAG": promotion.get("selected_video_tag"),
    }
    return {name: value for name, value in values.items() if value is not None}
