"""Files that the API makes in the background: made once, and fetched by a link that is signed and expires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from pinshop.api.checks import is_digits
from pinshop.emulator.handlers.context import Context
from pinshop.emulator.seeded_numbers import secret
from pinshop.emulator.storage.store import Store
from pinshop.emulator.world import World

#: Makes the bytes of a file and their type, of the state at a second.
Maker: TypeAlias = Callable[[World, Mapping[str, Any], int], tuple[bytes, str]]


def order(ctx: Context, token: str, request: Mapping[str, Any]) -> None:
    """Remember what was ordered."""
    ctx.store.save_report(token, ctx.account_id, ctx.now, "IN_PROGRESS", {**request, "polls": 0})


def is_done(ctx: Context, report: Mapping[str, Any]) -> bool:
    """Whether it is done. Either time passes, or the clock is frozen and the caller asks again, which is counted here."""
    polls = report["request"]["polls"] + 1
    if ctx.now >= report["created"] + ctx.rules.report_seconds or polls > ctx.rules.report_polls:
        return True
    with ctx.store.transaction():
        changed = {**report["request"], "polls": polls}
        ctx.store.save_report(report["token"], ctx.account_id, report["created"], report["status"], changed)
    return False


def link(ctx: Context, token: str) -> str:
    """A fresh link."""
    expires = ctx.now + ctx.rules.report_link_seconds
    return f"{ctx.origin}/_emulator/reports/{token}?expires={expires}&sign={_sign(ctx.store, token, expires)}"


def _sign(store: Store, token: str, expires: int) -> str:
    return secret(store.seed, "link", token, expires)[9:25]


def fetch(world: World, token: str, query: str, maker: Maker) -> tuple[int, str, bytes]:
    """What a link leads to: status, content type, body. An expired or forged link is a 403, as at a file store."""
    asked = parse_qs(query)
    expires, sign = asked.get("expires", ["0"])[0], asked.get("sign", [""])[0]
    now = world.now()
    report = world.store.report(token)
    if report is None or not is_digits(expires, 18) or sign != _sign(world.store, token, int(expires)):
        return 403, "application/xml", b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    if now >= int(expires):
        return 403, "application/xml", b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    with world.change():
        body, kind = finished(world, report, now, maker)
    return 200, kind, body


def finished(world: World, report: Mapping[str, Any], now: int, maker: Maker) -> tuple[bytes, str]:
    """The bytes of a finished file and their type: made once, of the state when it was first seen to be finished."""
    kept = world.store.report_file(report["token"])
    if kept is None:
        kept = maker(world, report, now)
        world.store.keep_report_file(report["token"], *kept)
    return kept
