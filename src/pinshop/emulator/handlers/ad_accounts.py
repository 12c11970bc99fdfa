"""Ad accounts: list, get, create."""

from __future__ import annotations

from pinshop.api.operations import at_least
from pinshop.emulator.handlers.context import (
    Context,
    check_codes,
    checked_body,
    decode_bookmark,
    encode_bookmark,
)
from pinshop.emulator.refusals import Refusal, bad
from pinshop.emulator.shapes import Page
from pinshop.emulator.storage.store import Entity


def _complete_account(ctx: Context, account: Entity) -> Entity:
    owner = ctx.store.must("users", account["owner_id"])
    account["owner"] = {"username": owner["username"]}
    if at_least(ctx.api_version, "5.14"):
        account["owner"]["id"] = str(owner["id"])
    roles = ctx.store.roles(ctx.user_id, account["id"])
    account["permissions"] = ["OWNER"] if account["owner_id"] == ctx.user_id else roles
    return account


def ad_accounts_list(ctx: Context) -> Page:
    size: int = ctx.query["page_size"]
    found = ctx.store.ad_accounts_of(
        ctx.user_id,
        shared=ctx.query["include_shared_accounts"],
        after=decode_bookmark(ctx, "ad_accounts", descending=False),
        limit=size + 1,
    )
    bookmark = encode_bookmark("ad_accounts", found[size - 1]["id"], descending=False) if len(found) > size else None
    return Page([_complete_account(ctx, account) for account in found[:size]], bookmark)


def ad_accounts_get(ctx: Context) -> Entity:
    return _complete_account(ctx, ctx.ad_account)


def ad_accounts_create(ctx: Context) -> Entity:
    body = checked_body(ctx, "ad_account", ctx.body, "c", "body")
    owner = body.pop("owner_user_id", None)
    if owner is not None and owner != str(ctx.user_id):
        raise Refusal(ctx.rules.forbidden_status, 29, "You are not permitted to access that resource.")
    if ctx.store.count("ad_accounts", owner_id=ctx.user_id) >= ctx.rules.ad_accounts_per_user:
        raise bad(f"You can create up to {ctx.rules.ad_accounts_per_user} ad accounts per user.")
    check_codes(ctx, body, "body", "country", "currency", "time_zone")
    account: Entity = {
        "name": "",
        "country": "US",
        "currency": "USD",
        "time_zone": "America/New_York",
        **body,
        "id": ctx.store.next_id("ad_accounts"),
        "owner_id": ctx.user_id,
        "created_time": ctx.now,
        "updated_time": ctx.now,
    }
    with ctx.store.transaction():
        ctx.store.insert("ad_accounts", account)
    return _complete_account(ctx, account)
