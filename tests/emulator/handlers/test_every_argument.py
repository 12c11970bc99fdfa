"""Every parameter and every field of every body, at every API version: it acts, is kept and answered, is refused, or is what
a named rule says. Nothing is taken and then ignored in silence.

What stands in none of the tables of this file fails, so a new row of the API asks for its word here. Fields of entities need
none: unless a table says otherwise they are written, read back and compared.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest

from emulator.conftest import Talk  # type: ignore[import-not-found]
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.fields import FIELDS, OTHER_FIELDS, Field
from pinshop.api.http import Reply, Request
from pinshop.api.operations import API_VERSIONS, Operation, Param, at_least
from pinshop.emulator import Emulator
from pinshop.emulator.handlers.context import NOT_EMULATED
from pinshop.emulator.oauth import APP_ID, APP_SECRET

#: Those that an emulator can be of, and one between them.
VERSIONS = ("5.6", "5.14", "5.17", "5.23", "5.28")
DAY = 86_400
NOW = "2026-03-02T12:00:00Z"
NOON = 1_772_452_800


@pytest.fixture(autouse=True)
def _one_more_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinshop.emulator.emulator.API_VERSIONS", tuple(dict.fromkeys((*API_VERSIONS, *VERSIONS))))


def talk_of(api_version: str, **rules: Any) -> Talk:
    rules = {"catalog_sales_needs_cbo": False, "report_polls": 0, "report_seconds": 0, "bulk_statuses": "all"} | rules
    return Talk(Emulator(api_version, now=NOW, rules=rules), None, Counter())


def data(reply: Reply) -> Any:
    return json.loads(reply.body) if reply.body else None


def first(answer: Any) -> Any:
    """The entity of an answer about one, in whatever shape the version has it."""
    entry = answer["items"][0] if isinstance(answer, dict) and "items" in answer else answer
    entry = entry[0] if isinstance(entry, list) else entry
    assert not entry.get("exceptions"), entry
    return entry.get("data", entry)


# ------------------------------------------------------------------------------------------------ parameters of queries


@dataclass
class Shop:
    """Two campaigns with an ad group each, promotions in both, an archived one, and 45 days."""

    talk: Talk

    def __post_init__(self) -> None:
        talk = self.talk
        self.version = talk.emulator.api_version
        self.campaign, self.group = talk.emulator.campaign_id, talk.emulator.ad_group_id
        self.feed, self.catalog_group = talk.emulator.feed_id, talk.emulator.catalog_product_group_ids[0]
        body = {"ad_account_id": talk.emulator.ad_account_id, "name": "Other", "objective_type": "CATALOG_SALES"}
        body |= {"is_campaign_budget_optimization": False, "start_time": NOON + DAY, "end_time": NOON + 100 * DAY}
        self.other_campaign = first(talk("POST", f"{talk.account}/campaigns", [body]))["id"]
        group = {"name": "Other", "campaign_id": self.other_campaign, "billable_event": "CLICKTHROUGH"}
        group |= {"budget_in_micro_currency": 30_000_000, "bid_in_micro_currency": 500_000}
        group |= {"targeting_spec": {"INTEREST": ["935249274030", "1"]}, "start_time": NOON + DAY}
        self.other_group = first(talk("POST", f"{talk.account}/ad_groups", [group]))["id"]
        self.ids = talk.some(3)
        self.others = [
            first([one])["id"]
            for one in talk.create(*talk.emulator.catalog_product_group_ids[:2], ad_group_id=self.other_group)
        ]
        talk.update({"id": self.ids[2], "status": "PAUSED"})
        for path, entity in (("campaigns", {"status": "PAUSED"}), ("ad_groups", {"status": "PAUSED"})):
            more = {"ad_account_id": talk.emulator.ad_account_id} if path == "campaigns" else {}
            made = body | {"name": "P"} if path == "campaigns" else group | {"name": "P"}
            talk("POST", f"{talk.account}/{path}", [made | more | entity])
        talk.emulator.clock.advance(days=45)

    @property
    def analytics(self) -> dict[str, Any]:
        return {
            "start_date": "2026-03-03",
            "end_date": "2026-04-12",
            "granularity": "DAY",
            "columns": "IMPRESSION_1,TOTAL_CHECKOUT,TOTAL_CLICK_CHECKOUT,TOTAL_ENGAGEMENT_CHECKOUT,TOTAL_VIEW_CHECKOUT",
            "product_group_ids": ",".join(self.ids),
        }

    def report(self, **changes: Any) -> Any:
        """What a report holds, or the words with which it was refused."""
        order = {"start_date": "2026-03-03", "end_date": "2026-04-12", "granularity": "DAY", "level": "PRODUCT_GROUP"}
        order |= {
            "columns": [
                "IMPRESSION_1",
                "SPEND_IN_DOLLAR",
                "TOTAL_CHECKOUT",
                "TOTAL_CLICK_CHECKOUT",
                "TOTAL_ENGAGEMENT_CHECKOUT",
                "TOTAL_VIEW_CHECKOUT",
            ]
        }
        reply = self.talk.send("POST", f"{self.talk.account}/reports", order | changes)
        if reply.status != 200:
            return data(reply)["message"]
        return self._file(self.talk("GET", f"{self.talk.account}/reports", token=data(reply)["token"])["url"])

    def bulk(self, **order: Any) -> Any:
        """What a bulk download holds, or the words with which it was refused."""
        reply = self.talk.send("POST", f"{self.talk.account}/bulk/download", order)
        if reply.status != 200:
            return data(reply)["message"]
        return self._file(self.talk("GET", f"{self.talk.account}/bulk/{data(reply)['request_id']}")["result_url"])

    def _file(self, url: str) -> str:
        target = url.removeprefix("http://127.0.0.1")
        return self.talk.emulator.handle(Request("GET", "http://127.0.0.1", target, {}, None)).body.decode()

    def ask(self, method: str, path: str, **query: Any) -> tuple[int, Any]:
        reply = self.talk.send(method, path, **query)
        return reply.status, data(reply)


Ask = Callable[[Shop], Any]


@dataclass
class Acts:
    """Two ways of asking that differ in the argument alone are answered differently, if the rules are these."""

    without: Ask
    with_it: Ask
    rules: dict[str, Any] = field(default_factory=dict)


@dataclass
class ByRule:
    """What it does is the word of a rule: with this value it acts, or is refused."""

    rule: str
    value: Any
    ask: Ask


@dataclass
class Refused:
    """It is refused, by its name."""

    ask: Ask


def get(path: str, **query: Any) -> Ask:
    """Ask for a path of the ad account (begins with .) or of the API."""
    return lambda shop: shop.ask(
        "GET",
        path.replace("./", f"{shop.talk.account}/", 1) % vars(shop),
        **{name: value(shop) if callable(value) else value for name, value in query.items()},
    )


def listed(path: str, **either: Any) -> dict[str, Acts]:
    """A list with the pages of all lists."""
    return {
        "page_size": Acts(get(path, **either), lambda shop: _short_page(shop, path, either)),
        "bookmark": Acts(get(path, **either, page_size=1), lambda shop: _next_page(shop, path, either)),
    }


def _short_page(shop: Shop, path: str, either: Mapping[str, Any]) -> Any:
    answer = get(path, **either, page_size=1)(shop)
    return answer if answer[1]["bookmark"] else get(path, **either, page_size=0)(shop)


def _next_page(shop: Shop, path: str, either: Mapping[str, Any]) -> Any:
    bookmark = get(path, **either, page_size=1)(shop)[1]["bookmark"]
    return get(path, **either, page_size=1, bookmark=bookmark or "none of this list")(shop)


def of_analytics(name: str, value: Any, without: Any = None, **along: Any) -> Acts:
    def ask(shop: Shop, changes: Mapping[str, Any]) -> Any:
        query = shop.analytics | along | changes
        path = f"{shop.talk.account}/product_groups/analytics"
        return shop.ask("GET", path, **{n: v(shop) if callable(v) else v for n, v in query.items()})

    return Acts(lambda shop: ask(shop, {} if without is None else {name: without}), lambda shop: ask(shop, {name: value}))


def as_account(path: str, **either: Any) -> Acts:
    """``?ad_account_id=``: as its owner; one that is not there is none of the user's."""
    return Acts(get(path, **either), get(path, **either, ad_account_id="1"))


_OF_FEED = {"feed_id": lambda shop: shop.feed}
_ORDERS = {"order": Acts(get("./campaigns", order="ASCENDING"), get("./campaigns", order="DESCENDING"))}
_IN_GROUP = {"ad_group_id": lambda shop: shop.group}
_PRODUCTS = "/catalogs/product_groups/%(catalog_group)s"

QUERIES: dict[str, dict[str, Any]] = {
    "product_group_promotions/list": {
        "product_group_promotion_ids": Acts(get("./product_group_promotions", **_IN_GROUP),
                                            get("./product_group_promotions", product_group_promotion_ids=lambda s: s.ids[0])),
        "entity_statuses": Acts(get("./product_group_promotions", **_IN_GROUP),
                                get("./product_group_promotions", entity_statuses="PAUSED", **_IN_GROUP)),
        "ad_group_id": Acts(get("./product_group_promotions", **_IN_GROUP),
                            get("./product_group_promotions", ad_group_id=lambda s: s.other_group)),
        "order": Acts(get("./product_group_promotions", **_IN_GROUP, order="ASCENDING"),
                      get("./product_group_promotions", **_IN_GROUP, order="DESCENDING")),
        **listed("./product_group_promotions", **_IN_GROUP),
    },
    "product_groups/analytics": {
        "start_date": of_analytics("start_date", "2026-03-04"),
        "end_date": of_analytics("end_date", "2026-03-04"),
        "product_group_ids": of_analytics("product_group_ids", lambda shop: shop.ids[0]),
        "columns": of_analytics("columns", "IMPRESSION_1"),
        "granularity": of_analytics("granularity", "TOTAL"),
        "click_window_days": of_analytics("click_window_days", 1),
        "engagement_window_days": Acts(
            of_analytics("engagement_window_days", 30).with_it, of_analytics("engagement_window_days", 1).with_it,
            rules={"engagement_attribution": "on"},
        ),
        "view_window_days": of_analytics("view_window_days", 60),
        "conversion_report_time": of_analytics("conversion_report_time", "TIME_OF_CONVERSION"),
        "reporting_timezone": of_analytics("reporting_timezone", "AD_ACCOUNT_TIME_ZONE"),
    },
    "user_account/get": {"ad_account_id": as_account("/user_account")},
    "ad_accounts/list": {
        "include_shared_accounts": Acts(get("/ad_accounts"), get("/ad_accounts", include_shared_accounts="false")),
        **listed("/ad_accounts"),
    },
    "campaigns/list": {
        "campaign_ids": Acts(get("./campaigns"), get("./campaigns", campaign_ids=lambda shop: shop.campaign)),
        "entity_statuses": Acts(get("./campaigns"), get("./campaigns", entity_statuses="PAUSED")),
        **_ORDERS, **listed("./campaigns"),
    },
    "ad_groups/list": {
        "campaign_ids": Acts(get("./ad_groups"), get("./ad_groups", campaign_ids=lambda shop: shop.campaign)),
        "ad_group_ids": Acts(get("./ad_groups"), get("./ad_groups", ad_group_ids=lambda shop: shop.group)),
        "entity_statuses": Acts(get("./ad_groups"), get("./ad_groups", entity_statuses="PAUSED")),
        "order": Acts(get("./ad_groups", order="ASCENDING"), get("./ad_groups", order="DESCENDING")),
        "translate_interests_to_names": Acts(get("./ad_groups"), get("./ad_groups", translate_interests_to_names="true")),
        **listed("./ad_groups"),
    },
    "catalogs/list": {"ad_account_id": as_account("/catalogs"), **listed("/catalogs")},
    "feeds/list": {
        "catalog_id": Acts(get("/catalogs/feeds"), get("/catalogs/feeds", catalog_id="1")),
        "ad_account_id": as_account("/catalogs/feeds"), **listed("/catalogs/feeds"),
    },
    "feeds/get": {"ad_account_id": as_account("/catalogs/feeds/%(feed)s")},
    "catalogs_product_groups/list": {
        "id": Acts(get("/catalogs/product_groups"), get("/catalogs/product_groups", id=lambda shop: shop.catalog_group)),
        "feed_id": Acts(get("/catalogs/product_groups", **_OF_FEED), get("/catalogs/product_groups", feed_id="1")),
        "catalog_id": Acts(get("/catalogs/product_groups"), get("/catalogs/product_groups", catalog_id="1")),
        "ad_account_id": as_account("/catalogs/product_groups", **_OF_FEED),
        **listed("/catalogs/product_groups", **_OF_FEED),
    },
    "catalogs_product_groups/get": {"ad_account_id": as_account(_PRODUCTS)},
    "catalogs_product_groups/create": {"ad_account_id": Acts(
        lambda shop: shop.ask("POST", "/catalogs/product_groups"),
        lambda shop: shop.ask("POST", "/catalogs/product_groups", ad_account_id="1"),
    )},
    "catalogs_product_groups/update": {"ad_account_id": Acts(
        lambda shop: shop.ask("PATCH", f"/catalogs/product_groups/{shop.catalog_group}"),
        lambda shop: shop.ask("PATCH", f"/catalogs/product_groups/{shop.catalog_group}", ad_account_id="1"),
    )},
    "catalogs_product_groups/delete": {"ad_account_id": Acts(
        lambda shop: shop.ask("DELETE", f"/catalogs/product_groups/{shop.catalog_group}"),
        lambda shop: shop.ask("DELETE", f"/catalogs/product_groups/{shop.catalog_group}", ad_account_id="1"),
    )},
    "catalogs_product_groups/product_counts_get": {"ad_account_id": as_account(f"{_PRODUCTS}/product_counts")},
    "catalogs_product_group_pins/list": {
        "ad_account_id": as_account(f"{_PRODUCTS}/products"),
        "pin_metrics": ByRule("pin_metrics", "refuse", get(f"{_PRODUCTS}/products", pin_metrics="true")),
        **listed(f"{_PRODUCTS}/products"),
    },
    "analytics/get_report": {"token": Acts(get("./reports", token="x"), lambda shop: shop.report())},
    "bulk_request/get": {
        "include_details": ByRule("bulk_details", "refuse", lambda shop: shop.ask(
            "GET", f"{shop.talk.account}/bulk/{shop.talk('POST', f'{shop.talk.account}/bulk/download', {})['request_id']}",
            include_details="true",
        )),
    },
    "delivery_metrics/get": {
        "report_type": Acts(get("/resources/delivery_metrics", report_type="ASYNC"),
                            get("/resources/delivery_metrics", report_type="SYNC")),
    },
    "metrics_ready_state/get": {
        "date": Acts(get("/resources/metrics_ready_state", date="2026-04-16"),
                     get("/resources/metrics_ready_state", date="2026-01-01")),
    },
}  # fmt: skip


def shop_of(api_version: str, **rules: Any) -> Shop:
    """A shop, and beside it somebody else's ad account on which its user has a role."""
    shop = Shop(talk_of(api_version, **rules))
    store, user = shop.talk.emulator.world.store, shop.talk.emulator.world.store.find("users")[0]["id"]
    shared = store.find("ad_accounts")[0] | {"id": store.next_id("ad_accounts"), "name": "Shared"}
    store.insert("ad_accounts", shared | {"owner_id": int(shop.talk.emulator.add_user("somebody"))})
    store.add_role(user, shared["id"], "ADMIN")
    return shop


@pytest.mark.parametrize("api_version", VERSIONS)
def test_every_parameter_has_its_word(api_version: str) -> None:
    """As the rows are at the version: a new one is in none of the tables."""
    rows = {
        (one.id, param.name)
        for one in OPERATIONS
        if at_least(api_version, one.since)
        for param in one.query
        if param.at(api_version)
    }
    assert rows <= {(operation, name) for operation, words in QUERIES.items() for name in words}


_EVERY = [(one, param) for one in OPERATIONS for param in one.query]


@pytest.mark.parametrize("api_version", VERSIONS)
@pytest.mark.parametrize(("operation", "param"), _EVERY, ids=[f"{one.id} {param.name}" for one, param in _EVERY])
def test_a_parameter_is_never_ignored(api_version: str, operation: Operation, param: Param) -> None:
    if not at_least(api_version, operation.since) or param.at(api_version) is None:
        return
    word = QUERIES[operation.id][param.name]
    if isinstance(word, ByRule):
        default, ruled = (word.ask(shop_of(api_version, **rules)) for rules in ({}, {word.rule: word.value}))
        assert (default[0], ruled[0]) == (200, 400)
        assert param.name in ruled[1]["message"]
    else:
        shop = shop_of(api_version, **word.rules)
        without = word.without(shop)
        assert operation.verb != "GET" or without[0] == 200, without
        assert word.with_it(shop) != without


# ------------------------------------------------------------------------------------------------- fields of entities


@dataclass
class Sample:
    """A value that can be written, what is sent along, and what the entity is before an update. None: leave that out."""

    value: Any
    along: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)


LATER = NOON + 60 * DAY
_DRAFT = {"status": "DRAFT"}
_PLAIN = {"objective_type": "AWARENESS", "is_campaign_budget_optimization": False, "daily_spend_cap": None}
_OF_CATALOG = {"feed_id": None, "catalog_type": "RETAIL", "catalog_id": lambda talk: talk.emulator.world.seeded.catalog_id}
_MULTIPLIERS = {
    "app_type_multipliers": {"ipad": 1.5}, "audience_multipliers": {"12": 2}, "placement_multipliers": {"SEARCH": 0.5},
    "age_bucket_multipliers": {"65+": 2}, "gender_multipliers": {"female": 2}, "frequency_multipliers": {"3": 2},
    "freq_bid_multiplier_time_window": "WEEK",
}  # fmt: skip

#: Where not every value goes, or not alone.
SAMPLES: dict[tuple[str, str], Sample] = {
    ("campaign", "status"): Sample("PAUSED"),
    ("campaign", "objective_type"): Sample("CONSIDERATION"),
    ("campaign", "intended_promotion_type"): Sample("CATALOG", {"objective_type": "SALES"}, {"objective_type": "SALES"}),
    ("campaign", "lifetime_spend_cap"): Sample(40_000_000, {"daily_spend_cap": 0, "end_time": LATER}),
    ("campaign", "daily_spend_cap"): Sample(30_000_000),
    ("campaign", "is_campaign_budget_optimization"): Sample(True, {"daily_spend_cap": 9_000_000}, _PLAIN | _DRAFT),
    ("campaign", "is_automated_campaign"): Sample(True, before=_DRAFT),
    ("campaign", "is_performance_plus"): Sample(True, before=_DRAFT),
    ("campaign", "is_top_of_search"): Sample(True, before=_DRAFT),
    ("ad_group", "status"): Sample("PAUSED"),
    ("ad_group", "campaign_id"): Sample(lambda talk: talk.emulator.campaign_id, {"budget_in_micro_currency": None}),
    ("ad_group", "billable_event"): Sample("IMPRESSION"),
    ("ad_group", "budget_type"): Sample("LIFETIME", {"end_time": LATER}),
    ("ad_group", "start_time"): Sample(NOON + DAY),
    ("ad_group", "end_time"): Sample(NOON + 10 * DAY),
    ("ad_group", "bid_strategy_type"): Sample("TARGET_AVG"),
    ("ad_group", "lifetime_frequency_cap"): Sample(3, before={"billable_event": "IMPRESSION", "end_time": LATER},
                                                   along={"end_time": LATER}),
    ("ad_group", "bid_multiplier"): Sample(1.5, {"bid_strategy_type": "AUTOMATIC_BID"}),
    ("ad_group", "targeting_template_ids"): Sample(["12"]),
    ("ad_group", "pacing_delivery_type"): Sample("ACCELERATED"),
    ("ad_group", "targeting_spec"): Sample({"INTEREST": ["1"], "GENDER": ["male"], "LOCALE": ["de"]}),
    ("ad_group", "tracking_urls"): Sample({"click": ["https://shop.example/"]}),
    ("campaign", "tracking_urls"): Sample({"click": ["https://shop.example/"]}),
    ("ad_group", "optimization_goal_metadata"): Sample({
        "conversion_tag_v3_goal_metadata": {"conversion_event": "CHECKOUT", "learning_mode_type": "ACTIVE"},
        "frequency_goal_metadata": {"frequency": 2, "timerange": "DAY"},
        "scrollup_goal_metadata": {"scrollup_goal_value_in_micro_currency": "5"},
    }),
    ("promotion", "status"): Sample("PAUSED"),
    ("product_group", "name"): Sample(lambda talk: f"O{talk.emulator.calls.count()}"),
    ("product_group", "filters"): Sample(lambda talk: {"any_of": [{"BRAND": {"values": [f"O{talk.emulator.calls.count()}"]}}]}),
    ("product_group", "country"): Sample("DE"),
    ("product_group", "locale"): Sample("de"),
    ("product_group", "feed_id"): Sample(lambda talk: talk.emulator.feed_id),
    ("product_group", "catalog_id"): Sample(_OF_CATALOG["catalog_id"], _OF_CATALOG),
    ("product_group", "catalog_type"): Sample("RETAIL", _OF_CATALOG),
    ("ad_account", "country"): Sample("DE"),
    ("ad_account", "currency"): Sample("EUR"),
    ("ad_account", "time_zone"): Sample("Europe/Berlin"),
}  # fmt: skip


@dataclass
class Kind:
    """A kind of entity: how one is made, changed and read."""

    path: Callable[[Talk], str]
    base: Callable[[Talk], dict[str, Any]]

    def create(self, talk: Talk, body: Mapping[str, Any]) -> Reply:
        return talk.send("POST", self.path(talk), [body])

    def update(self, talk: Talk, entity_id: str, body: Mapping[str, Any]) -> Reply:
        return talk.send("PATCH", self.path(talk), [{"id": entity_id, **body}])

    def read(self, talk: Talk, entity_id: str) -> Any:
        return first(talk("GET", f"{self.path(talk)}/{entity_id}"))


class Promotions(Kind):
    def create(self, talk: Talk, body: Mapping[str, Any]) -> Reply:
        envelope = {"ad_group_id": talk.emulator.ad_group_id, "product_group_promotion": [body]}
        return talk.send("POST", self.path(talk), envelope)

    def update(self, talk: Talk, entity_id: str, body: Mapping[str, Any]) -> Reply:
        items = [{"id": entity_id, **body}]
        return talk.send("PATCH", self.path(talk), {"ad_group_id": talk.emulator.ad_group_id, "product_group_promotion": items})


class Single(Kind):
    def create(self, talk: Talk, body: Mapping[str, Any]) -> Reply:
        return talk.send("POST", self.path(talk), body)

    def update(self, talk: Talk, entity_id: str, body: Mapping[str, Any]) -> Reply:
        return talk.send("PATCH", f"{self.path(talk)}/{entity_id}", body)


def _group_name(talk: Talk) -> str:
    return "catalog_product_group_id" if at_least(talk.emulator.api_version, "5.8") else "catalogs_product_group_id"


KINDS: dict[str, Kind] = {
    "campaign": Kind(
        lambda talk: f"{talk.account}/campaigns",
        lambda talk: {
            "ad_account_id": talk.emulator.ad_account_id, "name": "C", "objective_type": "CATALOG_SALES",
            "is_campaign_budget_optimization": True, "daily_spend_cap": 20_000_000,
        },
    ),
    "ad_group": Kind(
        lambda talk: f"{talk.account}/ad_groups",
        lambda talk: {
            "campaign_id": talk.plain_campaign, "name": "G", "billable_event": "CLICKTHROUGH",
            "budget_in_micro_currency": 5_000_000, "bid_in_micro_currency": 400_000,
        },
    ),
    "promotion": Promotions(
        lambda talk: talk.promotions, lambda talk: {_group_name(talk): talk.emulator.catalog_product_group_ids[0]},
    ),
    "product_group": Single(
        lambda _: "/catalogs/product_groups",
        lambda talk: {"name": f"N{talk.emulator.calls.count()}", "feed_id": talk.emulator.feed_id,
                      "filters": {"any_of": [{"BRAND": {"values": [f"B{talk.emulator.calls.count()}"]}}]}},
    ),
    "ad_account": Single(lambda _: "/ad_accounts", lambda _: {"name": "A"}),
}  # fmt: skip


#: What an update of 5.23 on needs beside the fields: the account, before 5.28.
def _needed(kind: str, talk: Talk) -> dict[str, Any]:
    return {"ad_account_id": talk.emulator.ad_account_id} if kind == "campaign" else {}


def talk_with(api_version: str, **rules: Any) -> Talk:
    talk = talk_of(api_version, **rules)
    body = KINDS["campaign"].base(talk) | _PLAIN
    talk.plain_campaign = first(talk("POST", f"{talk.account}/campaigns", [_whole(talk, body)]))["id"]
    return talk


def _whole(talk: Talk, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body without what is left out, and without drafts where there are none."""
    if body.get("status") == "DRAFT" and not at_least(talk.emulator.api_version, "5.12"):
        body = {name: value for name, value in body.items() if name != "status"}
    values = {name: value(talk) if callable(value) else value for name, value in body.items()}
    return {name: value for name, value in values.items() if value is not None}


def value_of(row: Field, api_version: str, present: Any) -> Any:
    """A value of a row that is another than the present one."""
    if row.kind == "boolean":
        return not present
    if row.kind == "enum":
        return next(value for value in row.values_at(api_version) if value != present)
    if row.kind == "object" and row.fields is not None:
        return {one.name: value_of(one, api_version, None) for one in row.fields if one.at(api_version)}
    if row.kind == "array":
        return list(row.values_at(api_version)[:1]) or [value_of(row.each, api_version, None) if row.each else "12"]
    if row.kind in ("integer", "number"):
        return LATER if row.unit == "seconds" else 7_000_000 if row.unit else 3
    return {"foreign_id": "12", "text": "words"}[row.kind]


def declared(api_version: str) -> Iterator[tuple[str, str, Field]]:
    for kind in KINDS:
        rows = [row for row in FIELDS[kind] if row.at(api_version)]
        for verb in "cu" if kind != "ad_account" else "c":
            yield from ((kind, verb, row) for row in rows if (kind, verb, row.name) not in WORDS)


def write(kind: str, verb: str, talk: Talk, sample: Sample, name: str) -> tuple[Reply, Any]:
    """The answer to writing a field, and the entity as it was before or would have been without."""
    one, value = KINDS[kind], sample.value
    if verb == "u":
        made = first(data(one.create(talk, _whole(talk, one.base(talk) | sample.before))))
        return one.update(talk, made["id"], _needed(kind, talk) | _whole(talk, sample.along) | {name: value}), made
    without = data(one.create(talk, _whole(talk, one.base(talk))))
    return one.create(talk, _whole(talk, one.base(talk) | sample.before | sample.along) | {name: value}), first(without)


@pytest.mark.parametrize("api_version", VERSIONS)
def test_every_field_of_an_entity_that_is_written_is_kept(api_version: str) -> None:
    talk, wrong = talk_with(api_version), []
    for kind, verb, row in declared(api_version):
        if not row.written_at(api_version, verb):
            continue
        sample = SAMPLES.get((kind, row.name))
        if sample is None:
            plain = first(data(KINDS[kind].create(talk, _whole(talk, KINDS[kind].base(talk)))))
            sample = Sample(value_of(row, api_version, plain.get(row.name)))
        value = sample.value(talk) if callable(sample.value) else sample.value
        reply, _ = write(kind, verb, talk, replace(sample, value=value), row.name)
        try:
            answered = first(data(reply))
            kept = KINDS[kind].read(talk, answered["id"])
        except (AssertionError, KeyError):
            wrong.append(f"{kind} {verb} {row.name} {value!r}: {data(reply)}")
            continue
        if not row.answered or kept.get(row.name) != value or answered.get(row.name) != value:
            wrong.append(f"{kind} {verb} {row.name}: wrote {value!r}, answered {kept.get(row.name)!r}")
    assert wrong == []


@pytest.mark.parametrize("api_version", VERSIONS)
def test_a_field_that_is_not_for_a_body_is_what_the_rule_says(api_version: str) -> None:
    """`read_only_fields`: ignored, or refused."""
    lenient, strict, wrong = talk_with(api_version), talk_with(api_version, read_only_fields="refuse"), []
    for kind, verb, row in declared(api_version):
        if row.written_at(api_version, verb) or (verb == "u" and row.name == "id"):
            continue
        sample = Sample("987")
        ignored, _ = write(kind, verb, lenient, sample, row.name)
        refused, _ = write(kind, verb, strict, sample, row.name)
        if refused.status != 400 or row.name not in data(refused)["message"]:
            wrong.append(f"{kind} {verb} {row.name}: {refused.status}")
        entity = first(data(ignored))
        if str(entity.get(row.name)) == "987":
            wrong.append(f"{kind} {verb} {row.name}: written")
    assert wrong == []


# ------------------------------------------------------------------------------------- fields that do more than stay


def _is_refused(kind: str, verb: str, name: str, value: Any) -> Callable[[str], None]:
    def check(api_version: str) -> None:
        talk = talk_with(api_version)
        reply, _ = write(kind, verb, talk, Sample(value), name)
        answer = data(reply)
        entry = answer["items"][0] if "items" in answer else answer
        words = entry["exceptions"][0]["message"] if "exceptions" in entry else answer["message"]
        assert name in words or reply.status == 403, words

    return check


def _moved(api_version: str) -> None:
    """The rule says what becomes of the catalog product group in an update."""
    name = "catalog_product_group_id" if at_least(api_version, "5.8") else "catalogs_product_group_id"
    ends = {}
    for rule in ("ignore", "apply", "refuse"):
        talk = talk_with(api_version, update_catalog_product_group_id=rule)
        promotion_id = talk.some(1)[0]
        reply = KINDS["promotion"].update(talk, promotion_id, {name: talk.emulator.catalog_product_group_ids[1]})
        ends[rule] = (
            "exceptions" in reply.body.decode() and "cannot be changed" in reply.body.decode(),
            (KINDS["promotion"].read(talk, promotion_id)[name] == talk.emulator.catalog_product_group_ids[1]),
        )
    assert ends == {"ignore": (False, False), "apply": (False, True), "refuse": (True, False)}


def _group_of_create(api_version: str) -> None:
    talk = talk_with(api_version)
    name, wanted = _group_name(talk), talk.emulator.catalog_product_group_ids[1]
    assert first(data(KINDS["promotion"].create(talk, {name: wanted})))[name] == wanted


def _default_budget(api_version: str) -> None:
    """Out of budget optimisation, it becomes the budget of each ad group; 5.28: "Setting this field does nothing."."""
    talk = talk_with(api_version)
    drafted = _DRAFT if at_least(api_version, "5.12") else {}
    body = KINDS["campaign"].base(talk) | {"objective_type": "AWARENESS"} | drafted
    made = first(data(KINDS["campaign"].create(talk, body)))["id"]
    group = {"campaign_id": made, "name": "G", "billable_event": "IMPRESSION"}
    group_id = first(data(KINDS["ad_group"].create(talk, group)))["id"]
    changes = {"is_campaign_budget_optimization": False, "daily_spend_cap": 0}
    changes["default_ad_group_budget_in_micro_currency"] = 8_000_000
    reply = KINDS["campaign"].update(talk, made, _needed("campaign", talk) | changes)
    assert first(data(reply))["id"] == made
    budget = KINDS["ad_group"].read(talk, group_id)["budget_in_micro_currency"]
    assert budget == (None if at_least(api_version, "5.28") else 8_000_000)


def _bid_options(verb: str) -> Callable[[str], None]:
    def check(api_version: str) -> None:
        talk = talk_with(api_version)
        known = {
            one.name
            for row in FIELDS["campaign"]
            if row.name == "bid_options"
            for one in row.fields or ()
            if one.at(api_version) and one.answered
        }
        options = {name: value for name, value in _MULTIPLIERS.items() if name in known}
        mask = ["AUDIENCE", "APP_TYPE", "PLACEMENT"] + (["GENDER", "AGE_BUCKET", "FREQUENCY"] if len(known) > 3 else [])
        value = options | ({"update_mask": mask} if verb == "u" else {})
        reply, _ = write("campaign", verb, talk, Sample(value), "bid_options")
        assert first(data(reply))["bid_options"] == options
        assert known == options.keys()

    return check


def _account(api_version: str) -> None:
    talk = talk_with(api_version)
    for verb in "cu":
        reply, _ = write("campaign", verb, talk, Sample("12"), "ad_account_id")
        if at_least(api_version, "5.28"):
            assert first(data(reply))["ad_account_id"] == talk.emulator.ad_account_id
        else:
            assert "ad_account_id" in data(reply)["items"][0]["exceptions"][0]["message"]


def _of_drafts(kind: str, name: str, value: Any, along: Mapping[str, Any]) -> Callable[[str], None]:
    """ "Only drafts may update"; 5.6 has none."""

    def check(api_version: str) -> None:
        talk = talk_with(api_version)
        for before in (_DRAFT, {}) if at_least(api_version, "5.12") else ({},):
            entry = data(write(kind, "u", talk, Sample(value, dict(along), dict(before)), name)[0])["items"][0]
            if before:
                assert entry["data"][name] == value
            else:
                assert name in entry["exceptions"][0]["message"]

    return check


def _creative_type(api_version: str) -> None:
    """Not in the schemas of updates from 5.13 to 5.14."""
    answered = first(data(write("promotion", "u", talk_with(api_version), Sample("VIDEO"), "creative_type")[0]))
    taken = at_least(api_version, "5.15") or not at_least(api_version, "5.13")
    assert answered["creative_type"] == ("VIDEO" if taken else "REGULAR")


#: (kind, "c" or "u", field) -> what is asked of the versions that have it.
WORDS: dict[tuple[str, str, str], Callable[[str], None]] = {
    ("campaign", "u", "id"): lambda _: None,  # which one is meant
    ("ad_group", "u", "id"): lambda _: None,
    ("promotion", "u", "id"): lambda _: None,
    ("campaign", "c", "ad_account_id"): _account,
    ("campaign", "u", "ad_account_id"): _account,
    ("campaign", "u", "default_ad_group_budget_in_micro_currency"): _default_budget,
    ("campaign", "c", "default_ad_group_budget_in_micro_currency"): _default_budget,
    ("campaign", "c", "bid_options"): _bid_options("c"),
    ("campaign", "u", "bid_options"): _bid_options("u"),
    ("ad_group", "u", "campaign_id"): _is_refused("ad_group", "u", "campaign_id", "12"),
    ("campaign", "u", "objective_type"): _of_drafts("campaign", "objective_type", "CONSIDERATION", {}),
    ("ad_group", "u", "billable_event"): _of_drafts("ad_group", "billable_event", "IMPRESSION", {}),
    ("ad_group", "u", "budget_type"): _of_drafts("ad_group", "budget_type", "LIFETIME", {"end_time": LATER}),
    ("promotion", "u", "creative_type"): _creative_type,
    ("promotion", "c", "catalog_product_group_id"): _group_of_create,
    ("promotion", "c", "catalogs_product_group_id"): _group_of_create,
    ("promotion", "u", "catalog_product_group_id"): _moved,
    ("promotion", "u", "catalogs_product_group_id"): _moved,
    ("ad_account", "c", "owner_user_id"): _is_refused("ad_account", "c", "owner_user_id", "12"),
}


@pytest.mark.parametrize("api_version", VERSIONS)
@pytest.mark.parametrize("word", WORDS, ids=" ".join)
def test_a_field_that_does_more_than_stay_does_it(api_version: str, word: tuple[str, str, str]) -> None:
    kind, _, name = word
    if any(row.name == name and row.at(api_version) for row in FIELDS[kind]):
        WORDS[word](api_version)


@pytest.mark.parametrize("api_version", VERSIONS)
def test_what_is_not_emulated_of_a_body_is_refused_with_the_reason(api_version: str) -> None:
    talk = talk_with(api_version)
    for kind, names in NOT_EMULATED.items():
        for name, (since, why) in names.items():
            for verb in "cu":
                reply, _ = write(kind, verb, talk, Sample(["x"]), name)
                assert (reply.status == 400 and why in data(reply)["message"]) == at_least(api_version, since)


# ------------------------------------------------------------------------------------------------ fields of orders


def reports(name: str, value: Any, without: Any = None, **along: Any) -> Acts:
    """Two reports that differ in a field."""

    def ask(shop: Shop, changes: Mapping[str, Any]) -> Any:
        order = along | changes
        return shop.report(**{n: v(shop) if callable(v) else v for n, v in order.items()})

    return Acts(lambda shop: ask(shop, {} if without is None else {name: without}), lambda shop: ask(shop, {name: value}))


def bulks(name: str, value: Any, **along: Any) -> Acts:
    def ask(shop: Shop, changes: Mapping[str, Any]) -> Any:
        order = along | changes
        return shop.bulk(**{n: v(shop) if callable(v) else v for n, v in order.items()})

    return Acts(lambda shop: ask(shop, {}), lambda shop: ask(shop, {name: value}))


_SHORT = {"end_date": "2026-03-06"}
_HOURLY = {"granularity": "HOUR", "start_date": "2026-04-12", "end_date": "2026-04-13"}
_ITEMS = {"level": "PRODUCT_ITEM", "start_date": "2026-04-10", "columns": ["IMPRESSION_1"]}


def _filter(**changes: Any) -> list[dict[str, Any]]:
    return [{"field": "SPEND_IN_DOLLAR", "operator": "LESS_THAN", "values": [10]} | changes]


def _an_item(shop: Shop) -> list[str]:
    return [json.loads(shop.report(**_ITEMS)).popitem()[0]]


def refused(**field: Any) -> Refused:
    return Refused(lambda shop: shop.report(**field))


REPORT: dict[str, Any] = {
    "start_date": reports("start_date", "2026-03-20"), "end_date": reports("end_date", "2026-03-20"),
    "granularity": reports("granularity", "TOTAL"), "columns": reports("columns", ["IMPRESSION_1"]),
    "level": reports("level", "AD_GROUP"), "report_format": reports("report_format", "CSV"),
    "primary_sort": reports("primary_sort", "BY_DATE"),
    "reporting_timezone": reports("reporting_timezone", "AD_ACCOUNT_TIME_ZONE"),
    "conversion_report_time": reports("conversion_report_time", "TIME_OF_CONVERSION"),
    "click_window_days": reports("click_window_days", 1), "view_window_days": reports("view_window_days", 60),
    "engagement_window_days": Acts(
        reports("engagement_window_days", 30).with_it, reports("engagement_window_days", 1).with_it,
        rules={"engagement_attribution": "on"},
    ),
    "attribution_types": refused(attribution_types=["HOUSEHOLD"]),
    "start_hour": reports("start_hour", 9, **_HOURLY), "end_hour": reports("end_hour", 9, **_HOURLY),
    "campaign_ids": reports("campaign_ids", lambda shop: [shop.campaign]),
    "campaign_statuses": reports("campaign_statuses", ["PAUSED"]),
    "campaign_objective_types": reports("campaign_objective_types", ["AWARENESS"]),
    "ad_group_ids": reports("ad_group_ids", lambda shop: [shop.group]),
    "ad_group_statuses": reports("ad_group_statuses", ["PAUSED"]),
    "ad_ids": refused(ad_ids=["1"]), "ad_statuses": refused(ad_statuses=["PAUSED"]),
    "product_group_ids": reports("product_group_ids", lambda shop: shop.ids[:1]),
    "product_group_statuses": reports("product_group_statuses", ["ARCHIVED"]),
    "product_item_ids": reports("product_item_ids", _an_item, **_ITEMS),
    "targeting_types": refused(targeting_types=["GENDER"]),
    "metrics_filters": reports("metrics_filters", [{"field": "SPEND_IN_DOLLAR", "operator": "LESS_THAN", "values": [1]}]),
    "one.field": reports("metrics_filters", _filter(field="TOTAL_IMPRESSION"), _filter()),
    "one.operator": reports("metrics_filters", _filter(operator="GREATER_THAN"), _filter()),
    "one.values": reports("metrics_filters", _filter(values=[10**9]), _filter()),
    "combine_targeting_types": refused(combine_targeting_types=True),
    "custom_conversion_event_metrics": refused(custom_conversion_event_metrics=[{}]),
    "campaign_brand_label": refused(campaign_brand_label="x"), "campaign_custom_label": refused(campaign_custom_label="x"),
}  # fmt: skip

BULK: dict[str, Any] = {
    "entity_types": bulks("entity_types", ["CAMPAIGN"]), "entity_ids": bulks("entity_ids", lambda shop: [shop.ids[0]]),
    "updated_since": bulks("updated_since", str(NOON + DAY)), "output_format": bulks("output_format", "CSV"),
    "campaign_filter": bulks("campaign_filter", {"name": "Other"}),
    "campaign_filter.start_time": bulks("campaign_filter", {"start_time": "99999999999"}),
    "campaign_filter.end_time": bulks("campaign_filter", {"end_time": str(NOON)}),
    "campaign_filter.name": bulks("campaign_filter", {"name": "Other"}),
    "campaign_filter.campaign_status": bulks("campaign_filter", {"campaign_status": ["PAUSED"]}),
    "campaign_filter.objective_type": bulks("campaign_filter", {"objective_type": ["AWARENESS"]}),
}  # fmt: skip

_ORDERS_OF = {"report_request": REPORT, "bulk_request": BULK}


def _names_of(rows: tuple[Field, ...], api_version: str, above: str = "") -> Iterator[str]:
    for row in rows:
        if row.at(api_version):
            yield above + row.name
            yield from _names_of(row.fields or (), api_version, f"{row.name}.")
            if row.each is not None:
                yield from _names_of(row.each.fields or (), api_version, f"{row.each.name}.")


@pytest.mark.parametrize("api_version", VERSIONS)
@pytest.mark.parametrize("kind", _ORDERS_OF)
def test_every_field_of_an_order_acts_or_is_refused(api_version: str, kind: str) -> None:
    shops: dict[str, Shop] = {}
    names, wrong = list(_names_of(OTHER_FIELDS[kind], api_version)), []
    assert set(names) <= set(_ORDERS_OF[kind])
    for name in names:
        word = _ORDERS_OF[kind][name]
        if isinstance(word, Refused):
            shop = shops.setdefault("", shop_of(api_version))
            if name not in word.ask(shop):
                wrong.append(f"{name}: {word.ask(shop)[:200]}")
            continue
        shop = shops.setdefault(str(word.rules), shop_of(api_version, **word.rules))
        without, with_it = word.without(shop), word.with_it(shop)
        if without == with_it or not without or without.startswith(("Invalid", "'")) or with_it.startswith(("Invalid", "'")):
            wrong.append(f"{name}: {without[:200]} / {with_it[:200]}")
    assert wrong == []


#: Fields of the form of /oauth/token: of which grant, what is changed of a good one, and whether that is refused.
_FORM = {
    "grant_type": ("code", "nothing", True), "code": ("code", "another", True),
    "redirect_uri": ("code", "https://another.example/", True), "continuous_refresh": ("code", "true", False),
    "refresh_token": ("refresh", "another", True), "scope": ("refresh", "boards:read", True),
    "refresh_on": ("refresh", "true", False),
}  # fmt: skip


@pytest.mark.parametrize("api_version", VERSIONS)
@pytest.mark.parametrize("name", _FORM)
def test_a_form_is_read_by_its_grant_type(api_version: str, name: str) -> None:
    """Continuous refresh is the app's, on the page of what is true."""
    talk = talk_of(api_version)
    grant, value, is_refused = _FORM[name]
    basic = base64.b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()

    def ask(form: Mapping[str, str]) -> Reply:
        headers = {"authorization": f"Basic {basic}"}
        request = Request("POST", "http://127.0.0.1", "/v5/oauth/token", headers, urlencode(form).encode())
        return talk.emulator.handle(request)

    uri = "https://app.example/"
    form = {"grant_type": "authorization_code", "code": talk.emulator.authorize(uri, ["ads:read"]), "redirect_uri": uri}
    if grant == "refresh":
        form = {"grant_type": "refresh_token", "refresh_token": data(ask(form))["refresh_token"]}
    assert (ask(form | {name: value}).status == 400) is is_refused
