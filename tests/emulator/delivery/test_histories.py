"""Random histories with writes between: the past stays, budgets bind, restatement only grows."""

from __future__ import annotations

import datetime
import json
import random
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from pinshop.api.columns import COLUMNS
from pinshop.api.http import Request
from pinshop.emulator import Emulator

DAY = 86_400
METRICS = tuple(name for name, column in COLUMNS.items() if not column.attribute)
COUNTS = tuple(name for name, column in COLUMNS.items() if column.additive and not column.conversion)
FEW = ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR")
RULES = {
    "catalog_sales_needs_cbo": False,
    "update_catalog_product_group_id": "apply",
    "delivery_lag_hours": 0,
    "promotions_that_block_delete": "ACTIVE",
}


class Life:
    """An account that somebody keeps changing."""

    def __init__(self, seed: int, **rules: Any) -> None:
        self.random = random.Random(seed)
        self.emulator = Emulator("5.28", seed=seed % 7 + 1, now="2026-03-02T07:31:00Z", rules=RULES | rules)
        self.account = f"/ad_accounts/{self.emulator.ad_account_id}"
        self.campaigns = [self.emulator.campaign_id]
        self.ad_groups = [self.emulator.ad_group_id]
        self.promotions: dict[str, str] = {}
        self.groups = list(self.emulator.catalog_product_group_ids)[:4]
        self.write(
            "campaigns",
            [
                {
                    "name": "Own budgets",
                    "objective_type": "CATALOG_SALES",
                    "is_campaign_budget_optimization": False,
                }
            ],
            self.campaigns,
        )
        for budget, status in ((12_000_000, "ACTIVE"), (3_000_000, "ACTIVE"), (20_000_000, "DRAFT")):
            self.write(
                "ad_groups",
                [
                    {
                        "name": f"Budget {budget}",
                        "campaign_id": self.campaigns[1],
                        "billable_event": "CLICKTHROUGH",
                        "bid_in_micro_currency": 700_000,
                        "budget_in_micro_currency": budget,
                        "status": status,
                    }
                ],
                self.ad_groups,
            )
        for ad_group_id in self.ad_groups:
            self.promote(ad_group_id, self.groups)

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        target = f"/v5{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        headers = {"Authorization": f"Bearer {self.emulator.access_token}", "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        reply = self.emulator.handle(Request(method, "http://127.0.0.1", target, headers, content))
        assert reply.status < 500, reply.body
        return reply.status, json.loads(reply.body) if reply.body else None

    def write(self, kind: str, items: list[dict[str, Any]], into: list[str] | None = None) -> Any:
        verb = "POST" if into is not None else "PATCH"
        named = [{"ad_account_id": self.emulator.ad_account_id, **item} for item in items] if kind == "campaigns" else items
        status, answer = self(verb, f"{self.account}/{kind}", named)
        assert status == 200, answer
        if into is not None:
            assert not answer["items"][0].get("exceptions"), answer
            into.append(answer["items"][0]["data"]["id"])
        return answer["items"][0]

    def promote(self, ad_group_id: str, groups: list[str], **fields: Any) -> list[str]:
        made = []
        for start in range(0, len(groups), 30):
            items = [{"catalog_product_group_id": group, **fields} for group in groups[start : start + 30]]
            body = {"ad_group_id": ad_group_id, "product_group_promotion": items}
            status, answer = self("POST", f"{self.account}/product_group_promotions", body)
            assert status == 200, answer
            made += [item["data"]["id"] for item in answer["items"] if not item.get("exceptions")]
        self.promotions.update(dict.fromkeys(made, ad_group_id))
        return made

    def change(self, promotion_id: str, **fields: Any) -> None:
        body = {"ad_group_id": self.promotions[promotion_id], "product_group_promotion": [{"id": promotion_id, **fields}]}
        assert self("PATCH", f"{self.account}/product_group_promotions", body)[0] == 200

    def now(self) -> int:
        return int(self.emulator.clock.seconds())

    def today(self) -> datetime.date:
        return self.emulator.clock.now().date()

    def rows(
        self, granularity: str, start: datetime.date, end: datetime.date, columns: tuple[str, ...] = METRICS, **more: Any
    ) -> dict[tuple[str, ...], dict[str, Any]]:
        status, rows = self(
            "GET",
            f"{self.account}/product_groups/analytics",
            start_date=start,
            end_date=end,
            granularity=granularity,
            product_group_ids=",".join(self.promotions),
            columns=",".join(columns),
            **more,
        )
        assert status == 200, rows
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for row in rows:
            found[row["PRODUCT_GROUP_ID"], row.get("DATE", "")] = row
        return found

    def everything(self) -> dict[str, Any]:
        """All that is reported now, and does not say what an entity is."""
        today = self.today()
        week = today - datetime.timedelta(days=7)
        month = today - datetime.timedelta(days=40)
        return {
            "day": self.rows("DAY", month, today),
            "conversion day": self.rows("DAY", week, today, conversion_report_time="TIME_OF_CONVERSION"),
            "local": self.rows("DAY", week, today, FEW, reporting_timezone="AD_ACCOUNT_TIME_ZONE"),
            "total": self.rows("TOTAL", month, today, FEW),
            "hour": self.hours(),
            "items": self.items(week, today),
        }

    def afresh(self) -> dict[str, Any]:
        """The same, by an emulator that keeps nothing of what was asked before."""
        own, self.emulator = self.emulator, self.emulator.fork()
        try:
            return self.everything()
        finally:
            self.emulator.close()
            self.emulator = own

    def hours(self) -> dict[tuple[str, ...], dict[str, Any]]:
        self.emulator.rules.set("hour_date_format", "datetime")
        return self.rows("HOUR", self.today() - datetime.timedelta(days=2), self.today(), COUNTS)

    def items(self, start: datetime.date, end: datetime.date) -> Any:
        body = {
            "start_date": str(start),
            "end_date": str(end),
            "granularity": "DAY",
            "level": "PRODUCT_ITEM",
            "columns": ["IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT"],
        }
        _, order = self("POST", f"{self.account}/reports", body)
        for _ in range(3):
            _, answer = self("GET", f"{self.account}/reports", token=order["token"])
        reply = self.emulator.handle(
            Request("GET", "http://127.0.0.1", answer["url"].removeprefix("http://127.0.0.1"), {}, None)
        )
        return json.loads(reply.body)

    # ---- what somebody may do

    def feed(self, keep: float, factor: float) -> None:
        store = self.emulator.world.store
        found = store.find("items", feed_id=int(self.emulator.feed_id))
        left = [item for item in found if self.random.random() < keep] or found[:1]
        text = "id\ttitle\tdescription\tlink\timage_link\tprice\tavailability\tgoogle_product_category\tproduct_type\n"
        for item in left:
            price = item["price_micro"] * factor / 1_000_000
            text += f"{item['item_id']}\tA\tB\thttps://s.example/1\thttps://s.example/1.jpg\t{price:.2f} USD\tin stock\t\t\n"
        self.emulator.world.lock.acquire()
        try:
            from pinshop.emulator.storage import states

            states.load_feed(self.emulator.world, text.encode(), "TSV")
        finally:
            self.emulator.world.lock.release()

    def act(self, but: tuple[str, ...] = ()) -> str:
        chance, now = self.random, self.now()
        ad_group_id, campaign_id = chance.choice(self.ad_groups), chance.choice(self.campaigns)
        promotion_id, group_id = chance.choice(list(self.promotions)), chance.choice(self.groups)
        late = chance.choice([None, now - 3 * DAY, now + 3600, now + 2 * DAY, now + 9 * DAY])
        money = chance.choice([1_000_000, 5_000_000, 9_000_000, 40_000_000, 300_000_000])
        patch = lambda kind, **fields: self.write(kind, [fields])  # noqa: E731
        own = {"name": "Empty at first", "campaign_id": self.campaigns[1], "billable_event": "CLICKTHROUGH"}
        acts = {
            "bid": lambda: patch("ad_groups", id=ad_group_id, bid_in_micro_currency=chance.choice([1, 100_000, 5_000_000])),
            "strategy": lambda: patch(
                "ad_groups", id=ad_group_id, bid_strategy_type=chance.choice(["MAX_BID", "AUTOMATIC_BID"])
            ),
            "group start": lambda: patch("ad_groups", id=ad_group_id, start_time=late or now),
            "group end": lambda: patch("ad_groups", id=ad_group_id, end_time=late),
            "group status": lambda: patch("ad_groups", id=ad_group_id, status=chance.choice(["ACTIVE", "PAUSED"])),
            "budget": lambda: patch("ad_groups", id=ad_group_id, budget_in_micro_currency=money),
            "billable": lambda: patch("ad_groups", id=self.ad_groups[3], billable_event="IMPRESSION", status="ACTIVE"),
            "campaign start": lambda: patch("campaigns", id=campaign_id, start_time=late or now),
            "campaign end": lambda: patch("campaigns", id=campaign_id, end_time=late),
            "campaign status": lambda: patch("campaigns", id=campaign_id, status=chance.choice(["ACTIVE", "PAUSED"])),
            "daily": lambda: patch("campaigns", id=campaign_id, daily_spend_cap=money, lifetime_spend_cap=None),
            "lifetime": lambda: patch("campaigns", id=campaign_id, lifetime_spend_cap=money, daily_spend_cap=None),
            "cbo": lambda: patch(
                "campaigns",
                id=campaign_id,
                is_campaign_budget_optimization=chance.random() < 0.5,
                default_ad_group_budget_in_micro_currency=money,
            ),
            "pause": lambda: self.change(promotion_id, status=chance.choice(["ACTIVE", "PAUSED"])),
            "archive": lambda: self.change(promotion_id, status="ARCHIVED"),
            "type": lambda: self.change(promotion_id, creative_type=chance.choice(["VIDEO", "REGULAR", "COLLECTION"])),
            "move": lambda: self.change(promotion_id, catalog_product_group_id=group_id),
            "promote": lambda: self.promote(ad_group_id, chance.sample(self.groups, 3)) if len(self.promotions) < 30 else None,
            "ad group": lambda: (
                self.write("ad_groups", [own | {"budget_in_micro_currency": money}], self.ad_groups)
                if len(self.ad_groups) < 9
                else None
            ),
            "filters": lambda: self(
                "PATCH",
                f"/catalogs/product_groups/{group_id}",
                {"filters": {"any_of": [{"MAX_PRICE": {"values": chance.choice([20, 60, 300]), "negated": False}}]}},
            ),
            "filters of groups": lambda: self(
                "PATCH",
                f"/catalogs/product_groups/{group_id}",
                {"filters": {"any_of": [{"PRODUCT_GROUP": {"values": chance.sample(self.groups, 2)}}]}},
            ),
            "delete": lambda: self("DELETE", f"/catalogs/product_groups/{group_id}"),
            "feed": lambda: self.feed(chance.choice([0.2, 0.8, 1.0]), chance.choice([0.5, 1, 1, 3])),
        }
        name = chance.choice([name for name in acts if name not in but])
        acts[name]()
        return name


@pytest.mark.parametrize("seed", range(6))
def test_what_is_written_now_changes_nothing_that_is_reported_now(seed: int) -> None:
    life = Life(seed)
    for _ in range(9):
        life.emulator.clock.advance(seconds=life.random.choice([0, 1, 7, 3600, 20_000, DAY, 2 * DAY]))
        asked = set(life.promotions)
        before = life.everything()
        done = [life.act() for _ in range(life.random.choice([1, 1, 2, 4]))]
        after = life.everything()
        assert after == life.afresh()
        for question, rows in before.items():
            now = after[question]
            if question != "items":
                now = {key: row for key, row in now.items() if key[0] in asked}
            assert now == rows, (question, done)
    life.emulator.close()


@pytest.mark.parametrize("seed", range(6))
def test_days_that_are_over_stay_and_conversions_only_grow(seed: int) -> None:
    life = Life(seed + 100)
    kept: dict[tuple[str, ...], dict[str, Any]] = {}
    hours: dict[tuple[str, ...], dict[str, Any]] = {}
    for _ in range(12):
        for _ in range(life.random.choice([1, 2, 5])):
            life.act()
            life.emulator.clock.advance(seconds=life.random.choice([0, 1, 100, 5000]))
        life.emulator.clock.advance(seconds=life.random.choice([3600, 20_000, DAY, 3 * DAY]))
        today = life.today()
        rows = life.rows("DAY", datetime.date(2026, 3, 2), today)
        for key, row in kept.items():
            for name in METRICS:
                if COLUMNS[name].additive:
                    old, new = row.get(name, 0), rows[key].get(name, 0)
                    assert new >= old if COLUMNS[name].conversion else new == old, (key, name)
        kept = {key: row for key, row in rows.items() if key[1] < str(today)}
        past = life.hours()
        for key, row in hours.items():
            if key[1][:10] >= str(today - datetime.timedelta(days=2)):
                assert {name: past[key].get(name) for name in COUNTS} == {name: row.get(name) for name in COUNTS}, key
        hours = {key: row for key, row in past.items() if key[1] < life.emulator.clock.now().strftime("%Y-%m-%dT%H")}
        for row in rows.values():
            assert row.get("ENGAGEMENT_1", 0) <= row.get("IMPRESSION_1", 0)
            assert row.get("ENGAGEMENT_2", 0) <= row.get("IMPRESSION_2", 0)
    life.emulator.close()


@pytest.mark.parametrize("seed", range(4))
def test_no_budget_is_ever_exceeded(seed: int) -> None:
    """Daily budgets bind every day, by the highest of the day; the last lifetime cap binds what is spent from then on."""
    life = Life(seed + 200)
    highest: dict[tuple[str, str], int] = {}

    def look() -> None:
        for campaign_id in life.campaigns:
            _, campaign = life("GET", f"{life.account}/campaigns/{campaign_id}")
            key = campaign_id, str(life.today())
            highest[key] = max(highest.get(key, 0), campaign.get("daily_spend_cap") or 10**18)

    for _ in range(40):
        look()
        life.act()
        look()
        life.emulator.clock.advance(seconds=life.random.choice([1, 3600, 20_000, 40_000]))
        look()
    spent: dict[tuple[str, str], int] = {}
    _, groups = life("GET", f"{life.account}/ad_groups", entity_statuses="ACTIVE,PAUSED,ARCHIVED,DRAFT")
    campaign_of = {group["id"]: group["campaign_id"] for group in groups["items"]}
    for (promotion_id, date), row in life.rows("DAY", datetime.date(2026, 3, 2), life.today()).items():
        key = campaign_of[life.promotions[promotion_id]], date
        spent[key] = spent.get(key, 0) + row.get("SPEND_IN_MICRO_DOLLAR", 0)
    assert spent
    for key, money in spent.items():
        assert money <= highest.get(key, 10**18), key
    life.emulator.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_lifetime_cap_binds_whatever_is_changed(seed: int) -> None:
    """The cap stays; its end, the bids, statuses, products and the rest change."""
    life, cap = Life(seed + 400), 60_000_000
    start = life.now()
    life.write(
        "campaigns",
        [{"id": life.campaigns[0], "lifetime_spend_cap": cap, "daily_spend_cap": None, "end_time": start + 12 * DAY}],
    )
    mine = {promotion_id for promotion_id, group in life.promotions.items() if group == life.ad_groups[0]}
    for _ in range(25):
        life.act(("daily", "lifetime", "cbo", "campaign status", "campaign start", "archive"))
        if life.random.random() < 0.2:
            life.write("campaigns", [{"id": life.campaigns[0], "end_time": life.now() + life.random.randint(1, 20) * DAY}])
        life.emulator.clock.advance(seconds=life.random.choice([3600, 40_000, DAY, 2 * DAY]))
    mine |= {promotion_id for promotion_id, group in life.promotions.items() if group == life.ad_groups[0]}
    rows = life.rows("TOTAL", datetime.date(2026, 3, 2), life.today(), ("SPEND_IN_MICRO_DOLLAR",))
    spent = sum(row["SPEND_IN_MICRO_DOLLAR"] for (promotion_id, _), row in rows.items() if promotion_id in mine)
    assert cap / 3 < spent <= cap
    life.emulator.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_clock_set_back_keeps_the_days_before_and_lets_the_last_word_count(seed: int) -> None:
    life = Life(seed + 300)
    for _ in range(15):
        life.act()
        life.emulator.clock.advance(seconds=life.random.choice([1, 5000, DAY]))
    back = life.emulator.clock.now() - datetime.timedelta(days=3)
    until = back.date() - datetime.timedelta(days=1)
    first = datetime.date(2026, 3, 2)
    life.feed(0.5, 2)

    def told() -> Any:
        """But conversions, which were not all known then."""
        items = life.items(first, until)
        counts = [{**row, "TOTAL_CHECKOUT": 0} for rows in items.values() for row in rows if row.get("IMPRESSION_1")]
        return life.rows("DAY", first, until, COUNTS), counts

    before = told() if until >= first else None
    life.emulator.clock.set(back)
    if until >= first:
        assert told() == before
    ad_group_id = life.emulator.ad_group_id
    live = {"status": "ACTIVE", "start_time": 1_770_000_000, "end_time": None}
    cap = {"daily_spend_cap": 50_000_000, "lifetime_spend_cap": None, "is_campaign_budget_optimization": True}
    life.write("campaigns", [{"id": life.emulator.campaign_id, **live, **cap}])
    life.write("ad_groups", [{"id": ad_group_id, **live, "bid_strategy_type": "AUTOMATIC_BID"}])
    promotion_id = life.promote(ad_group_id, life.groups[:1])[0]
    life.emulator.clock.advance(days=2)
    date = str(life.today() - datetime.timedelta(days=1))
    rows = life.rows("DAY", life.today() - datetime.timedelta(days=5), life.today(), ("SPEND_IN_MICRO_DOLLAR",))
    _, group = life("GET", f"/catalogs/product_groups/{life.groups[0]}")
    if "id" in group and life("GET", f"/catalogs/product_groups/{life.groups[0]}/product_counts")[1]["in_stock"]:
        assert rows[promotion_id, date]["SPEND_IN_MICRO_DOLLAR"] > 0
    life.emulator.close()


def test_a_group_that_names_others_follows_them_from_now_on() -> None:
    life = Life(1)
    groups = []
    for name, filters in (("Cheap", {"MAX_PRICE": {"values": 30}}), ("As cheap", {})):
        wanted = filters or {"PRODUCT_GROUP": {"values": groups}}
        body = {"feed_id": life.emulator.feed_id, "name": name, "filters": {"any_of": [wanted]}}
        groups.append(life("POST", "/catalogs/product_groups", body)[1]["id"])
    life.promote(life.ad_groups[0], groups[1:])
    life.emulator.clock.advance(days=2)

    def told() -> Any:
        return life.rows("DAY", datetime.date(2026, 3, 2), datetime.date(2026, 3, 3), FEW), life.items(
            datetime.date(2026, 3, 2), datetime.date(2026, 3, 3)
        )

    before, count = told(), life.emulator.world.store.must("product_groups", int(groups[1]))["product_count"]
    life("PATCH", f"/catalogs/product_groups/{groups[0]}", {"filters": {"any_of": [{"MAX_PRICE": {"values": 22}}]}})
    assert told() == before
    assert 0 < life.emulator.world.store.must("product_groups", int(groups[1]))["product_count"] < count
    assert life("DELETE", f"/catalogs/product_groups/{groups[0]}")[0] == 204
    assert told() == before
    assert life.emulator.world.store.must("product_groups", int(groups[1]))["product_count"] == 0
