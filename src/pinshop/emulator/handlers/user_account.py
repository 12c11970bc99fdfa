"""The user account."""

from __future__ import annotations

from pinshop.emulator.handlers.context import (
    Context,
)
from pinshop.emulator.storage.store import Entity


def user_account_get(ctx: Context) -> Entity:
    return ctx.store.must("users", ctx.owner_id)
