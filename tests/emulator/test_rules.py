"""Each rule changes what is answered: a session of many calls answers otherwise when one rule is set to something else."""

from __future__ import annotations

import base64
import contextlib
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator, rules
from pinshop.emulator.oauth import APP_ID, APP_SECRET
from pinshop.errors import ConfigurationError

KEY = "catalog_product_group_id"
NOW = "2026-03-02T12:00:00Z"
RULES = rules.describe()

#: A value that is not the default, of rules that take any number or text.
OTHER = {
    "update_items_maximum": 1,
    "code_not_found": 77,
    "code_item_refused": 77,
    "code_missing_budget": 77,
    "body_too_large_status": 400,
    "analytics_days_back": 10,
    "delivery_lag_hours": 0,
    "lifetime_cap_days": 3,
    "ad_accounts_per_user": 1,
    "longest_name": 3,
    "access_token_seconds": 60,
    "refresh_token_seconds": 60,
    "refresh_grace_seconds": 3600,
    "code_bad_grant": 77,
    "report_seconds": 500,
    "report_polls": 3,
    "report_link_seconds": 1,
    "report_life_seconds": 1,
}


class Session:
    """Calls of one emulator; ``answers`` is all that was answered."""

    def __init__(self, api_version: str, settings: dict[str, Any]) -> None:
        self.emulator = Emulator(api_version, now=NOW, rules=settings)
        self.token = self.emulator.access_token
        self.account = f"/v5/ad_accounts/{self.emulator.ad_account_id}"
        self.answers: list[tuple[str, int, bytes]] = []

    def send(self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        reply = self.emulator.handle(Request(method, "http://127.0.0.1", target, headers, body))
        self.answers.append((f"{method} {target}", reply.status, reply.body))
        return reply

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        path = path if path.startswith("/v5/") else f"{self.account}/{path}"
        target = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        reply = self.send(method, target, None if body is None else json.dumps(body).encode())
        with contextlib.suppress(ValueError):
            return json.loads(reply.body)

    def create(self, items: list[Any], ad_group_id: str | None = None) -> list[str | None]:
        envelope = {"ad_group_id": ad_group_id or self.emulator.ad_group_id, "product_group_promotion": items}
        answer = self("POST", "product_group_promotions", envelope)
        entries = answer.get("items", []) if isinstance(answer, dict) else answer
        return [(entry.get("data") or {}).get("id") for entry in entries]

    def update(self, *items: Any) -> None:
        self("PATCH", "product_group_promotions", {"ad_group_id": self.emulator.ad_group_id, "product_group_promotion": items})

    def oauth(self, **form: str) -> Any:
        secret = base64.b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        return json.loads(self.send("POST", "/v5/oauth/token", urlencode(form).encode(), headers).body)


def _promotions(call: Session) -> list[str]:
    groups = call.emulator.catalog_product_group_ids
    ids = [made for made in call.create([{KEY: group} for group in groups]) if made]
    call.create([{KEY: groups[0]}, {KEY: "999"}])  # once more, and one that is not there
    call.create([{"catalogs_product_group_id": groups[1]}])
    call.create([{KEY: groups[1], "no_such_field": 1}])
    call.create([{KEY: groups[1], "creative_type": "COLLECTION"}])
    call.update({"id": ids[0], KEY: groups[1]})
    call.update({"id": ids[0], "status": "PAUSED"}, {"id": ids[1], "status": "PAUSED"})
    call.update({"id": ids[1], "status": "ARCHIVED"})
    call("GET", f"product_group_promotions/{ids[0]}")
    call("GET", "product_group_promotions", ad_group_id=call.emulator.ad_group_id)
    call("GET", "product_group_promotions", product_group_promotion_ids=ids)
    call("GET", "product_group_promotions", ad_group_id=call.emulator.ad_group_id, no_such_parameter="1")
    call.update({"id": ids[1], "status": "ACTIVE"})
    call.update({"id": ids[0], "status": "ACTIVE"})
    return ids


def _accounts(call: Session) -> None:
    call("GET", "/v5/ad_accounts/123/campaigns")
    call("GET", "campaigns/123")
    stranger = call.emulator.token(user_id=call.emulator.add_user("stranger"))
    own, call.token = call.token, stranger
    call("GET", "campaigns")
    call.token = own
    call.send("POST", f"{call.account}/product_group_promotions", b" " * (5 * 2**20 + 1))
    call("POST", "/v5/ad_accounts", {"name": "Second", "country": "US", "owner_user_id": call.emulator.user_id})


def _campaigns(call: Session) -> None:
    def entity(kind: str, **fields: Any) -> str | None:
        answer = call("POST", kind, [{"ad_account_id": call.emulator.ad_account_id, "status": "ACTIVE", **fields}])
        entry = answer["items"][0] if "items" in answer else {}
        return (entry.get("data") or {}).get("id")

    shopping = {"name": "Shopping", "objective_type": "CATALOG_SALES"}
    cap = {"daily_spend_cap": 5_000_000}
    entity("campaigns", **shopping)
    options = {"app_type_multipliers": {"web": 2}, "update_mask": ["APP_TYPE"]}
    for asked in (options, {"update_mask": ["APP_TYPE"]}):
        its = {"id": call.emulator.campaign_id, "ad_account_id": call.emulator.ad_account_id}
        call("PATCH", "campaigns", [{**its, "bid_options": asked}])
    entity("campaigns", **shopping, **cap)
    entity("campaigns", **shopping, **cap, is_flexible_daily_budgets=False, is_campaign_budget_optimization=False)
    entity("campaigns", **shopping, **cap, is_campaign_budget_optimization=True)
    # 5.28 wants an end beside a lifetime cap, and budgets a campaign unless told otherwise.
    end = {"end_time": int(call.emulator.clock.seconds()) + 20 * 86_400} if call.emulator.api_version == "5.28" else {}
    lifetime = entity("campaigns", **shopping, lifetime_spend_cap=90_000_000, is_campaign_budget_optimization=True, **end)
    group = {"name": "Group", "billable_event": "CLICKTHROUGH", "bid_strategy_type": "AUTOMATIC_BID"}
    in_lifetime = entity("ad_groups", **group, campaign_id=lifetime)
    awareness = entity("campaigns", name="Awareness", objective_type="AWARENESS", is_campaign_budget_optimization=False)
    entity("ad_groups", **group, campaign_id=awareness)
    budget = {"budget_in_micro_currency": 5_000_000, "budget_type": "DAILY"}
    of_awareness = entity("ad_groups", **(group | {"billable_event": "IMPRESSION"}), **budget, campaign_id=awareness)
    entity(
        "campaigns",
        **{**shopping, "objective_type": "SALES"},
        **cap,
        is_campaign_budget_optimization=True,
        intended_promotion_type="CATALOG",
    )
    start = int(call.emulator.clock.seconds()) + 86_400
    later = entity("campaigns", **shopping, **cap, is_campaign_budget_optimization=True, start_time=start)
    entity("ad_groups", **group, campaign_id=later, start_time=start - 3600)
    entity("ad_groups", **(group | {"bid_strategy_type": "MAX_BID"}), campaign_id=later)
    entity("ad_groups", **group, campaign_id=later, targeting_template_ids=["1"], placement_group="SEARCH")
    for ad_group in (of_awareness, in_lifetime):
        if ad_group:
            call.create([{KEY: call.emulator.catalog_product_group_ids[2]}], ad_group)


def _catalog(call: Session) -> None:
    group = call.emulator.catalog_product_group_ids[-1]
    call("GET", f"/v5/catalogs/product_groups/{group}")
    call("GET", f"/v5/catalogs/product_groups/{group}/products", page_size=1, pin_metrics="true")
    call.update(*({"id": made, "status": "PAUSED"} for made in call.create([{KEY: group}]) if made))
    listed = call("GET", "product_group_promotions", ad_group_id=call.emulator.ad_group_id)["items"]
    mine = [row.get("data", row) for row in listed]
    call.update(*({"id": row["id"], "status": "PAUSED"} for row in mine if row.get(KEY) == group))
    call("DELETE", f"/v5/catalogs/product_groups/{group}")


def _analytics(call: Session, ids: list[str]) -> None:
    call.emulator.clock.advance(days=20)

    def ask(wanted: list[str], start: str, end: str, granularity: str, **more: Any) -> None:
        columns = "SPEND_IN_MICRO_DOLLAR,CLICKTHROUGH_1,CTR,TOTAL_CHECKOUT,TOTAL_ENGAGEMENT_CHECKOUT,ENGAGEMENT_2"
        call(
            "GET",
            "product_groups/analytics",
            start_date=start,
            end_date=end,
            granularity=granularity,
            columns=columns,
            product_group_ids=",".join(wanted),
            **more,
        )

    every = call("GET", "product_group_promotions", ad_group_id=call.emulator.ad_group_id, page_size=100)["items"]
    found = [row.get("data", row)["id"] for row in every]
    ask(found, "2026-03-01", "2026-03-22", "DAY")
    ask(found, "2026-03-04", "2026-03-22", "WEEK")
    ask(ids, "2026-03-20", "2026-03-22", "HOUR")
    ask([*ids, "5"], "2026-03-04", "2026-03-22", "TOTAL")
    ask(ids, "2026-03-04", "2026-03-22", "TOTAL", click_window_days=7, engagement_window_days=30, view_window_days=1)
    rows = [{"PRODUCT_GROUP_ID": one, "IMPRESSION_1": 1000, "CLICKTHROUGH_1": 500} for one in found]
    recorded = {"granularity": "TOTAL", "columns": ["IMPRESSION_1", "CLICKTHROUGH_1"], "rows": rows}
    call.emulator.import_answers([("product_groups/analytics", recorded)])
    call.emulator.clock.advance(days=2)
    ask(found, "2026-03-22", "2026-03-24", "DAY")
    ask(ids, "2026-03-01", "2026-03-05", "TOTAL")
    lists = call("GET", "ad_groups")["items"]
    for row in lists:
        there = call("GET", "product_group_promotions", ad_group_id=row.get("data", row)["id"])["items"]
        if there:
            ask([one.get("data", one)["id"] for one in there], "2026-03-02", "2026-03-22", "DAY")


def _reports(call: Session) -> None:
    order = {"start_date": "2026-03-03", "end_date": "2026-03-10", "granularity": "TOTAL", "level": "PRODUCT_GROUP"}
    call("POST", "reports", {**order, "columns": ["CTR", "NO_SUCH_COLUMN"]})
    later = call("POST", "reports", {**order, "columns": ["CTR"]})["token"]
    call.emulator.clock.advance(seconds=10)
    call("GET", "reports", token=later)
    token = call("POST", "reports", {**order, "columns": ["CTR", "SPEND_IN_DOLLAR"]})["token"]
    url = ""
    for _ in range(3):
        url = call("GET", "reports", token=token).get("url") or url
    call.emulator.clock.advance(seconds=10)
    url = call("GET", "reports", token=token).get("url") or url
    call.emulator.clock.advance(seconds=20)
    if url:
        call.send("GET", urlsplit(url).path + "?" + urlsplit(url).query)
    call("GET", "reports", token=token)


def _levels(call: Session) -> None:
    order = {"start_date": "2026-03-03", "end_date": "2026-03-10", "granularity": "TOTAL", "level": "CAMPAIGN"}
    listed = call("GET", "product_group_promotions", ad_group_id=call.emulator.ad_group_id)["items"]
    ids = [row.get("data", row)["id"] for row in listed]
    columns = ["IMPRESSION_1", "TOTAL_IMPRESSION_USER"]
    for more in ({}, {"product_group_ids": ids[:1]}):
        token = call("POST", "reports", {**order, **more, "columns": columns}).get("token")
        if token:
            _fetched(call, lambda token=token: call("GET", "reports", token=token).get("url"))


def _bulk(call: Session) -> None:
    start = int(call.emulator.clock.seconds())
    entity = {"ad_account_id": call.emulator.ad_account_id, "status": "ACTIVE", "objective_type": "CONSIDERATION"}
    call("POST", "campaigns", [{**entity, "name": "Bulk sale", "start_time": start, "end_time": start + 9 * 86_400}])
    within = {"start_time": str(start + 86_400), "end_time": str(start + 86_401)}
    for campaigns in ({"name": "Bulk"}, {"name": "Bulk sale"}, within, {}):
        body = {"campaign_filter": {**campaigns, "campaign_status": ["PAUSED", "RUNNING", "NOT_STARTED"]}}
        made = call("POST", "bulk/download", body)["request_id"]
        _fetched(call, lambda made=made: call("GET", f"bulk/{made}").get("result_url"))
    call("GET", f"bulk/{made}", include_details="true")


def _bids(call: Session) -> None:
    """An ad group that bids itself, in a campaign that changes its bids."""
    (promotion_id,) = call.create([{KEY: call.emulator.catalog_product_group_ids[0], "status": "ACTIVE"}])
    call("PATCH", "ad_groups", [{"id": call.emulator.ad_group_id, "bid_strategy_type": "MAX_BID", "status": "ACTIVE"}])
    options = {"placement_multipliers": {"search": 0}, "update_mask": ["PLACEMENT"]}
    own = {"id": call.emulator.campaign_id, "ad_account_id": call.emulator.ad_account_id, "status": "ACTIVE"}
    call("PATCH", "campaigns", [{**own, "bid_options": options}])
    day = call.emulator.clock.advance(days=2).date().isoformat()
    asked = {"start_date": day, "end_date": day, "granularity": "TOTAL", "columns": "IMPRESSION_1"}
    call("GET", "product_groups/analytics", **asked, product_group_ids=promotion_id or "1")


def _fetched(call: Session, ask: Any) -> None:
    """Ask until there is a link, and follow it."""
    call.emulator.clock.advance(seconds=10)
    for _ in range(2):
        if url := ask():
            call.send("GET", urlsplit(url).path + "?" + urlsplit(url).query)
            return


def _oauth(call: Session) -> None:
    back = "http://localhost:8085/"
    asked = {"client_id": APP_ID, "redirect_uri": back, "response_type": "code", "scope": "ads:read", "auto": "allow"}
    reply = call.emulator.handle(Request("GET", "http://127.0.0.1", f"/oauth/?{urlencode(asked)}", {}, None))
    (code,) = parse_qs(urlsplit(reply.headers["location"]).query)["code"]
    first = call.oauth(grant_type="authorization_code", code=code, redirect_uri=back)
    call.oauth(grant_type="refresh_token", refresh_token=first["refresh_token"])
    call.oauth(grant_type="refresh_token", refresh_token=first["refresh_token"])
    call.oauth(grant_type="authorization_code", code=code, redirect_uri=back)


@cache
def _answers(api_version: str, name: str = "", value: Any = None) -> list[tuple[str, int, bytes]]:
    call = Session(api_version, {name: value} if name else {})
    with contextlib.closing(call.emulator):
        ids = _promotions(call)
        _accounts(call)
        _campaigns(call)
        _analytics(call, ids)
        _catalog(call)
        _reports(call)
        _levels(call)
        _bulk(call)
        _bids(call)
        _oauth(call)
    return call.answers


def _others(rule: dict[str, Any]) -> list[Any]:
    if rule["name"] in OTHER:
        return [OTHER[rule["name"]]]
    if rule["choices"] == ["bool"]:
        return [not rule["default"]]
    return [choice for choice in rule["choices"] if choice != rule["default"]]


def test_the_session_says_the_same_again():
    _answers.cache_clear()
    first = _answers("5.28")
    _answers.cache_clear()
    assert _answers("5.28") == first


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param(rule["name"], other, id=f"{rule['name']}={other}") for rule in RULES for other in _others(rule)],
)
def test_every_rule_changes_what_is_answered(name, value):
    assert any(_answers(version, name, value) != _answers(version) for version in ("5.28", "5.14"))


def test_a_value_that_is_not_allowed_is_refused():
    for rule in RULES:
        with pytest.raises(ConfigurationError, match=rule["name"]):
            Emulator(rules={rule["name"]: object()})
