"""The manifest of what exists: the same bytes for the same state, and a plan of it changes nothing."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET

from pinshop.api import params
from pinshop.api.macros import unknown_macro
from pinshop.api.models import ProductGroupPromotion
from pinshop.errors import InvalidInput
from pinshop.flow.steps import Flow
from pinshop.plans import compare
from pinshop.plans.changes import Account, EntityType
from pinshop.plans.diff import creative
from pinshop.plans.entries import ENTITY_TYPES, STATUSES
from pinshop.plans.live import Live, together
from pinshop.plans.schema import SCHEMA_COMMENT
from pinshop.plans.text import harmless
from pinshop.plans.values import amount, converters
from pinshop.plans.yaml_text import block, quoted, scalar

_MONEY = frozenset({
    "daily_spend_cap", "lifetime_spend_cap", "budget_in_micro_currency", "default_ad_group_budget_in_micro_currency",
    "bid_in_micro_currency",
})  # fmt: skip

_FIRST = ("name", "status", "creative_type", "objective_type", "intended_promotion_type")

_SKIPPED = frozenset(
    {"id", "ad_account_id", "campaign_id", "catalog_product_group_id", "catalog_product_group_name", "creative_type"}
)


def import_flow(
    client: Any, account_id: str, ad_group_ids: Iterable[str] | None = None, *, promotions_only: bool = False
) -> Flow[str]:
    """The manifest of an ad account, or of some of its ad groups, as YAML."""
    live = Live(client)
    ids = None if ad_group_ids is None else sorted(set(ad_group_ids))
    account, ad_groups = yield from together(live.session, [live.account(account_id), live.ad_groups(account_id, ids=ids)])
    if ids is not None and (missing := set(ids) - {str(one.id) for one in ad_groups}):
        raise InvalidInput("ad_group_ids", min(missing), f"the ids of ad groups of ad account {account}")
    ad_groups = _by_id(one for one in ad_groups if one.status not in compare.FINAL)
    campaign_ids = sorted({str(one.campaign_id) for one in ad_groups}) if ids is not None else None
    campaigns: list[Any] = []
    if not promotions_only and campaign_ids != []:
        found = yield from live.campaigns(account_id, campaign_ids)
        campaigns = _by_id(one for one in found if one.status not in compare.FINAL)
    rows = yield from together(live.session, [live.promotions(account_id, str(one.id)) for one in ad_groups])
    lines = [SCHEMA_COMMENT, f"# {harmless(str(account))}", "pinshop: 1", f"account: {quoted(account_id)}"]
    if campaigns:
        lines += ["", "campaigns:"]
        for one in campaigns:
            lines += _entry(one, "campaign", account, 2, [f"id: {quoted(str(one.id))}"])
    if ad_groups:
        lines += ["", "ad_groups:"]
        for one, some in zip(ad_groups, rows, strict=True):
            first = [f"id: {quoted(str(one.id))}"]
            if promotions_only:
                lines += _item(2, [f"{first[0]}  # {harmless(one.name)}" if one.name else first[0]])
            else:
                lines += _entry(one, "ad_group", account, 2, first)
            lines += _promotions(some, account)
    return "\n".join(lines) + "\n"


def _by_id(entities: Iterable[Any]) -> list[Any]:
    return sorted(entities, key=lambda one: (len(str(one.id)), str(one.id)))


def _promotions(rows: Iterable[ProductGroupPromotion], account: Account) -> list[str]:
    live = [row for row in rows if row.status not in compare.FINAL]
    keys = Counter((row.catalog_product_group_id, creative(row.creative_type)) for row in live)
    lines = ["    promotions:"] if live else []

    def order(row: ProductGroupPromotion) -> tuple[Any, ...]:
        group, own = str(row.catalog_product_group_id or ""), str(row.id)
        return (len(group), group, creative(row.creative_type), len(own), own)

    for row in sorted(live, key=order):
        kind = creative(row.creative_type)
        group = row.catalog_product_group_id
        name = f"  # {harmless(row.catalog_product_group_name)}" if row.catalog_product_group_name else ""
        first: list[str] = []
        if not group or keys[group, kind] > 1:
            first.append(f"id: {quoted(str(row.id))}{name}")
        else:
            first.append(f"catalog_product_group_id: {quoted(str(group))}{name}")
            if kind != "REGULAR":
                first.append(f"creative_type: {scalar(kind)}")
        lines += _entry(row, "promotion", account, 6, first)
    return lines


def _entry(entity: Any, entity_type: EntityType, account: Account, indent: int, first: list[str]) -> list[str]:
    """One list item: what it is, then its fields; those that a manifest cannot set are comments."""
    names = [name for name in converters(ENTITY_TYPES[entity_type]) if name not in _SKIPPED]
    values = {name: compare.stored(getattr(entity, name, UNSET)) for name in names}
    values = {name: value for name, value in values.items() if value not in (None, "", False, {}, [])}
    if entity_type == "campaign":
        values = {name: value for name, value in values.items() if not (name in _MONEY and value == 0)}
    elif values.get("budget_in_micro_currency") == 0:
        del values["budget_in_micro_currency"]
    kept, left_out = _settable(entity_type, values)
    order = [name for name in _FIRST if name in kept] + sorted(name for name in kept if name not in _FIRST)
    lines = list(first)
    for name in order:
        value = _written(name, kept[name], account)
        lines += block({name: value})
    lines += [
        f"# {name}: {harmless(scalar(value) if not isinstance(value, dict | list) else value)} (a manifest cannot set it)"
        for name, value in sorted(left_out.items())
    ]
    return _item(indent, lines)


def _item(indent: int, lines: list[str]) -> list[str]:
    pad = " " * indent
    return [f"{pad}- {lines[0]}", *(f"{pad}  {line}" for line in lines[1:])]


def _settable(entity_type: EntityType, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    kept, left_out = dict(values), {}
    if kept.get("status") not in (None, *STATUSES):
        left_out["status"] = kept.pop("status")
    urls = [kept[name] for name in ("tracking_url", "tracking_urls") if name in kept]
    for url in [one for some in urls for one in _urls(some)]:
        if unknown_macro(url):
            for name in ("tracking_url", "tracking_urls"):
                if name in kept and url in _urls(kept[name]):
                    left_out[name] = kept.pop(name)
    while True:
        try:
            params.check(
                ENTITY_TYPES[entity_type],
                {"id": "1", **{name: compare.as_sent(entity_type, name, value, "") for name, value in kept.items()}},
                "x",
            )
        except InvalidInput as error:
            name = error.field.removeprefix("x.").partition(".")[0].partition("[")[0]
            if name not in kept:
                raise
            left_out[name] = kept.pop(name)
        else:
            return kept, left_out


def _urls(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [url for some in (value or {}).values() for url in some or () if isinstance(url, str)]


def _written(name: str, value: Any, account: Account) -> Any:
    if name in _MONEY and isinstance(value, int) and account.currency:
        return amount(value, account.currency)
    if name in ("start_time", "end_time") and isinstance(value, int) and value > 0:
        return datetime.datetime.fromtimestamp(value, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if name == "bid_multiplier":
        from decimal import Decimal

        return Decimal(value)
    return value
