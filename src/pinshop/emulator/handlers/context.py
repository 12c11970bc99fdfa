"""What a handler knows of one call, and the steps that handlers share."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from pinshop.api import codes
from pinshop.api.checks import is_digits
from pinshop.api.operations import ApiVersion, Operation, at_least
from pinshop.emulator.bodies import check_body
from pinshop.emulator.delivery.requested import zone_of
from pinshop.emulator.refusals import ItemRefusal, Refusal, bad, shown
from pinshop.emulator.rules import Rules
from pinshop.emulator.shapes import Batch, Item, Page
from pinshop.emulator.storage.store import Entity, Store
from pinshop.emulator.world import World


class Reading(Protocol):
    """What is needed to complete an entity for an answer: a call, or what a call left to do in the background."""

    @property
    def store(self) -> Store: ...
    @property
    def rules(self) -> Rules: ...
    @property
    def api_version(self) -> ApiVersion: ...
    @property
    def now(self) -> int: ...


class _InWorld:
    """What a world holds, at hand."""

    __slots__ = ()
    world: World

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def rules(self) -> Rules:
        return self.world.rules

    @property
    def api_version(self) -> ApiVersion:
        return self.world.api_version


class Background(Struct, _InWorld, frozen=True):
    """What is done after the call that asked for it."""

    world: World
    now: int


class Context(Struct, _InWorld):
    """What a handler knows of one call."""

    world: World
    operation: Operation
    #: The second of the call; the clock may run on while it is served.
    now: int
    origin: str
    path: dict[str, Any]
    query: dict[str, Any]
    #: The names in ``query`` that the caller gave; the others hold their defaults.
    given: frozenset[str]
    body: Any
    user_id: int
    #: The ad account of the path, or of ``?ad_account_id=``.
    account: Entity | None
    #: Whose catalogs are meant: the token's user, or the owner of ``?ad_account_id=``.
    owner_id: int
    #: Items of the batch that a fault makes fail: index -> (code, message).
    failing: Mapping[int, tuple[int, str]] = {}

    @property
    def ad_account(self) -> Entity:
        """The ad account, where the path names one."""
        if self.account is None:
            raise bad("Parameter 'ad_account_id' is required.")
        return self.account

    @property
    def account_id(self) -> int:
        return int(self.ad_account["id"])


def not_found(ctx: Context, what: str) -> Refusal:
    return Refusal(404, ctx.rules.code_not_found, f"{what} not found.")


def item_not_found(ctx: Context, what: str) -> ItemRefusal:
    return ItemRefusal(ctx.rules.code_not_found, f"{what} not found.")


def refuse_item(ctx: Context, message: str) -> ItemRefusal:
    return ItemRefusal(ctx.rules.code_item_refused, message)


_NAMED = frozenset({"campaign", "ad_group", "product_group"})

#: Fields that Pinterest's bodies have, since which version, and what the emulator lacks for them: refused, never ignored.
NOT_EMULATED: dict[str, dict[str, tuple[str, str]]] = {
    "campaign": {
        "app_id": ("5.28", "the emulator promotes products only, no apps"),
        "app_platform": ("5.28", "the emulator promotes products only, no apps"),
    },
    "ad_group": {"targeting_spec_operations": ("5.28", "write targeting_spec as a whole")},
}


def checked_body(ctx: Context, name: str, value: Any, verb: str, where: str) -> dict[str, Any]:
    checked = check_body(name, value, ctx.api_version, verb, where, ctx.rules)
    for field, (first, why) in NOT_EMULATED.get(name, {}).items():
        if value.get(field) is not None and at_least(ctx.api_version, first):
            raise bad(f"'{where}.{field}' is not emulated: {why}.")
    label = checked.get("name")
    if name in _NAMED and label is not None and len(label) > ctx.rules.longest_name:
        raise bad(f"Invalid request: '{where}.name' (length {len(label)} is above the maximum of {ctx.rules.longest_name})")
    return checked


def check_codes(ctx: Context, body: Mapping[str, Any], where: str, *names: str) -> None:
    """Countries, currencies, locales and time zones must be known ones."""
    for name in names:
        value = body.get(name)
        if value is None:
            continue
        good = zone_of(value) is not None if name == "time_zone" else value in codes.known(name, ctx.api_version)
        if not good:
            raise bad(f"Invalid request: '{where}.{name}' ({shown(value)} is not a known {name.replace('_', ' ')})")


def batch_items(value: Any, where: str, maximum: int) -> list[Any]:
    """A list of 1 to ``maximum`` items, or 400/1."""
    if not isinstance(value, list):
        raise bad(f"Invalid request: '{where}' ({shown(value)} is not of type array)")
    if not 1 <= len(value) <= maximum:
        raise bad(f"Invalid request: '{where}' has {len(value)} items, the size limit is [1, {maximum}]")
    return value


def each_item(ctx: Context, bodies: Sequence[Mapping[str, Any]], do: Callable[[Mapping[str, Any]], Entity]) -> Batch:
    """One entry per input, in the order of the request; a refused item does not stop the others."""
    done: list[Item] = []
    with ctx.store.transaction():
        for index, body in enumerate(bodies):
            if fault := ctx.failing.get(index):
                done.append(Item(dict(body), (fault,)))
                continue
            try:
                done.append(Item(do(body)))
            except ItemRefusal as refusal:
                done.append(Item(dict(body), ((refusal.code, refusal.message),)))
    return Batch(done)


def change_status(ctx: Context, entity: Entity, new: str | None) -> None:
    """Give the entity a status, if the rules allow it."""
    old = entity["status"]
    if new is None or new == old:
        return
    if ctx.rules.archived_is_final and old in ("ARCHIVED", "DELETED_DRAFT"):
        raise refuse_item(ctx, f"{old} is final: the status cannot become {new}.")
    if new in ("DRAFT", "DELETED_DRAFT") and old != "DRAFT":
        raise refuse_item(ctx, f"The status cannot change from {old} to {new}.")
    entity["status"] = new


def save(ctx: Context, kind: str, entity: Entity, *, new: bool = False) -> None:
    """Store an entity, and remember since when its settings are these."""
    if new:
        ctx.store.insert(kind, entity)
    else:
        ctx.store.update(kind, entity)
    ctx.store.history.note(kind, entity, ctx.now)


def encode_bookmark(kind: str, last: int, descending: bool) -> str:
    return base64.urlsafe_b64encode(f"??{kind}|{last}|{'D' if descending else 'A'}".encode()).decode()


def decode_bookmark(ctx: Context, kind: str, descending: bool) -> int | None:
    text = ctx.query.get("bookmark")
    if not text:
        return None
    try:
        plain = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii")
        made_for, last, order = plain.removeprefix("??").split("|")
    except (binascii.Error, ValueError, UnicodeError) as error:
        raise bad(f"'bookmark' value {shown(text)} is not a bookmark of this list") from error
    if made_for != kind or not is_digits(last, 18) or order != ("D" if descending else "A"):
        raise bad(f"'bookmark' value {shown(text)} is not a bookmark of this list")
    return int(last)


def is_descending(ctx: Context) -> bool:
    return (ctx.query.get("order") or ctx.rules.default_order) == "DESCENDING"


def page_of(
    ctx: Context,
    kind: str,
    *,
    where: Mapping[str, int | None],
    ids: Mapping[str, Sequence[int]] | None = None,
    statuses: Sequence[str] | None = None,
    descending: bool = False,
) -> Page:
    """One page of a list; one entity more is read to know whether another page follows."""
    size: int = ctx.query["page_size"]
    found = ctx.store.page(
        kind,
        where=where,
        ids=ids,
        statuses=statuses,
        after=decode_bookmark(ctx, kind, descending),
        descending=descending,
        limit=size + 1,
    )
    bookmark = encode_bookmark(kind, found[size - 1]["id"], descending) if len(found) > size else None
    return Page(found[:size], bookmark)


def listed_statuses(ctx: Context, by_ids: bool) -> Sequence[str] | None:
    """The statuses to show: as asked, else the declared default, except where a rule says that ids need none."""
    if "entity_statuses" not in ctx.given and by_ids and ctx.rules.statuses_with_ids == "all":
        return None
    statuses: Sequence[str] = ctx.query["entity_statuses"]
    return statuses
