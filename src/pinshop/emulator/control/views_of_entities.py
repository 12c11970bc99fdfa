"""The pages of what is promoted: ad accounts, campaigns, ad groups, promotions, catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinshop.emulator.catalog import groups
from pinshop.emulator.control import charts, words
from pinshop.emulator.control.reasons import why_nothing
from pinshop.emulator.control.sums import (
    METRICS,
    MOST,
    PAGE,
    RANGES,
    SORTS,
    earnings_of,
    entity,
    no_days,
    nothing,
    range_of,
    rows_of,
    some,
    sum_of,
)
from pinshop.emulator.storage.store import Entity
from pinshop.emulator.world import World

Query = Mapping[str, str]

View = tuple[str, dict[str, Any]]

#: How many ad groups of a campaign, and promotions of an ad group, the pages above them show.
FEW = 10

#: Among so many catalog product groups one is chosen by its name; beyond, its id is written.
OFFERED = 200


def _above(account: Entity, campaign: Entity | None = None) -> list[tuple[str, str]]:
    above = [("Ad accounts", "/_emulator/")]
    for kind, found in (("ad_accounts", account), ("campaigns", campaign)):
        if found:
            above.append((found.get("name", "?"), f"/_emulator/console/{kind}/{found.get('id')}"))
    return above


def account_page(world: World, argument: str, query: Query) -> View | None:
    account = entity(world, "ad_accounts", argument)
    if account is None:
        return None
    total, days, earned, more = _sums(world, account, query, ad_account_id=account["id"])
    campaigns, following = some("campaigns", world, {"ad_account_id": account["id"]}, query)
    for campaign in campaigns:
        where = {"campaign_id": campaign["id"]}
        campaign["count"] = world.store.count("ad_groups", **where)
        found = world.store.page("ad_groups", where=where, limit=FEW)
        campaign["ad_groups"] = [_with_promotions(world, group, earned, more) for group in found]
    return "account.html", {
        "title": account["name"],
        "crumbs": [("Ad accounts", "/_emulator/"), (account["name"], "")],
        "account": account,
        "total": total,
        "days": days,
        "campaigns": campaigns,
        "next": following,
        **more,
    }


def campaign_page(world: World, argument: str, query: Query) -> View | None:
    campaign = entity(world, "campaigns", argument)
    if campaign is None:
        return None
    account = world.store.get("ad_accounts", campaign["ad_account_id"]) or {}
    total, days, earned, more = _sums(world, account, query, campaign_id=campaign["id"])
    found, following = some("ad_groups", world, {"campaign_id": campaign["id"]}, query)
    campaign["count"] = world.store.count("ad_groups", campaign_id=campaign["id"])
    return "campaign.html", {
        "title": campaign["name"],
        "crumbs": [*_above(account), (campaign["name"], "")],
        "account": account,
        "campaign": campaign,
        "ad_groups_shown": [_with_promotions(world, group, earned, more) for group in found],
        "total": total,
        "days": days,
        "next": following,
        **more,
    }


def _sums(
    world: World, account: Entity, query: Query, **under: int
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """What the promotions under an ad account, a campaign or an ad group earned, unless there are too many to add up."""
    shown, store = _asked(query), world.store
    if "campaign_id" in under:
        number = len(store.promotions_under("campaigns", under["campaign_id"]))
    else:
        number = store.count("promotions", **under)
    more = {**shown, "too_many": number > MOST, "count_of_promotions": number, "most": MOST}
    if number > MOST:
        return nothing(), no_days(world, shown["range"]), {}, more
    if "campaign_id" in under:
        ad_groups = store.ids_of("ad_groups", campaign_id=under["campaign_id"])
        every = [one for i in ad_groups for one in store.find("promotions", ad_group_id=i)]
    else:
        every = store.find("promotions", **under)
    total, days, earned = earnings_of(world, account, every, shown["range"])
    return total, days, earned, more


def _with_promotions(world: World, group: Entity, earned: Mapping[str, Any], more: Mapping[str, Any]) -> Entity:
    """An ad group with its number of promotions and, where they are added up, those that come first."""
    group["count"], group["promotions"] = world.store.count("promotions", ad_group_id=group["id"]), []
    if not more["too_many"]:
        members = world.store.find("promotions", ad_group_id=group["id"])
        group["total"] = sum_of(earned.get(str(p["id"]), {}).get("total", nothing()) for p in members)
        group["promotions"] = rows_of(world, members, earned, more["sort"])[:FEW]
    return group


def ad_group_page(world: World, argument: str, query: Query) -> View | None:
    group = entity(world, "ad_groups", argument)
    if group is None:
        return None
    store = world.store
    account = store.get("ad_accounts", group["ad_account_id"]) or {}
    total, days, earned, more = _sums(world, account, query, ad_group_id=group["id"])
    group["count"] = more["count_of_promotions"]
    if more["too_many"]:
        more["sort"] = "id"
        promotions, following = some("promotions", world, {"ad_group_id": group["id"]}, query)
        total, days, earned = earnings_of(world, account, promotions, more["range"])
        rows = rows_of(world, promotions, earned)
    else:
        rows = rows_of(world, store.find("promotions", ad_group_id=group["id"]), earned, more["sort"])
        before = next((n for n, row in enumerate(rows, 1) if str(row["id"]) == query.get("after")), 0)
        rows = rows[before : before + PAGE + 1]
        rows, following = rows[:PAGE], rows[PAGE - 1]["id"] if len(rows) > PAGE else None
    campaign = store.get("campaigns", group["campaign_id"]) or {}
    return "ad_group.html", {
        "title": group["name"],
        "crumbs": [*_above(account, campaign), (group["name"], "")],
        "group": group,
        "rows": rows,
        "total": total,
        "days": days,
        "next": following,
        "currency": account.get("currency", "USD"),
        **more,
        "groups": [(g["id"], g["name"]) for g in _groups_to_promote(world, account)],
        "offered": OFFERED,
    }


def _groups_to_promote(world: World, account: Entity) -> list[Entity]:
    return world.store.page("product_groups", where={"owner_id": account.get("owner_id", 0)}, limit=OFFERED + 1)


def promotion_page(world: World, argument: str, query: Query) -> View | None:
    promotion = entity(world, "promotions", argument)
    if promotion is None:
        return None
    store = world.store
    account = store.get("ad_accounts", promotion["ad_account_id"]) or {}
    group = store.get("ad_groups", promotion["ad_group_id"]) or {}
    shown = _asked(query)
    total, days, earned = earnings_of(world, account, [promotion], shown["range"])
    row = rows_of(world, [promotion], earned)[0]
    known = store.history.statuses("promotions", [promotion["id"]]).get(promotion["id"], [])
    campaign = store.get("campaigns", group.get("campaign_id", 0))
    above = [*_above(account, campaign), (group.get("name", "?"), f"/_emulator/console/ad_groups/{promotion['ad_group_id']}")]
    return "promotion.html", {
        "title": row["name"],
        "crumbs": [*above, (row["name"], "")],
        "promotion": row,
        "total": total,
        "days": days,
        "currency": account.get("currency", "USD"),
        **shown,
        "today": world.clock.now().date().isoformat(),
        "why_nothing": why_nothing(world, account, promotion, total["spend"]),
        "facts": [(name, value if isinstance(value, str | int) else words.as_json(value)) for name, value in promotion.items()],
        "history": [(words.time_of(since), status) for since, status in reversed(known)],
    }


def _asked(query: Query) -> dict[str, Any]:
    """The range, metric and order that a page is asked for."""
    metric, sort = query.get("metric", ""), query.get("sort", "")
    return {
        "range": range_of(query),
        "metric": metric if metric in METRICS else "value",
        "sort": sort if sort in SORTS else "id",
        "ranges": RANGES,
        "metrics": charts.METRICS,
    }


def catalogs_page(world: World, argument: str, query: Query) -> View | None:
    store = world.store
    if argument:
        group = entity(world, "product_groups", argument)
        if group is None:
            return None
        items = groups.items_of(store, group)
        promoted, following = some("promotions", world, {"catalog_product_group_id": group["id"]}, query)
        ad_groups = store.get_many("ad_groups", sorted({promotion["ad_group_id"] for promotion in promoted}))
        accounts = store.get_many("ad_accounts", sorted({promotion["ad_account_id"] for promotion in promoted}))
        return "product_group.html", {
            "title": group["name"],
            "section": "Catalog",
            "group": group,
            "items": items[:200],
            "count": len(items),
            "crumbs": [("Catalog", "/_emulator/console/catalogs"), (group["name"], "")],
            "filters": words.as_json(groups.group_filters(group)),
            "promoted": [(p, ad_groups.get(p["ad_group_id"], {}), accounts.get(p["ad_account_id"], {})) for p in promoted],
            "promotions": store.count("promotions", catalog_product_group_id=group["id"]),
            "next": following,
        }
    found, following = some("product_groups", world, {}, query)
    currencies = {feed["catalog_id"]: feed.get("default_currency") for feed in store.find("feeds")}
    for group in found:
        group["currency"] = currencies.get(group["catalog_id"]) or ""
        group["promotions"] = store.count_promotions_of(group["id"], ("ACTIVE",))
    feeds = store.find("feeds")[:PAGE]
    for feed in feeds:
        feed["items"] = store.count("items", feed_id=feed["id"])
    return "catalogs.html", {
        "title": "Catalog",
        "section": "Catalog",
        "groups": found,
        "next": following,
        "feeds": feeds,
        "catalogs": store.find("catalogs")[:PAGE],
    }
