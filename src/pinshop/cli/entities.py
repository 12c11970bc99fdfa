"""The commands that campaigns, ad groups and promotions share: get, update, pause, activate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pinshop.cli import items
from pinshop.cli.choices import Choice
from pinshop.cli.connection import Connection, connected

STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT", "DELETED_DRAFT")
Write = Callable[[Connection, list[dict[str, Any]]], None]


def status_option(command: Any) -> Any:
    """``--status`` of a list."""
    return click.option(
        "--status", "statuses", multiple=True, type=Choice(STATUSES), help="Only these. Default: ACTIVE, PAUSED."
    )(command)


def first_status_option(command: Any) -> Any:
    """``--status`` of a create."""
    return click.option("--status", type=Choice(STATUSES), default="PAUSED", show_default=True, help="ACTIVE can spend money.")(
        command
    )


def confirm_active(here: Connection, wanted: list[dict[str, Any]], entity_type: str) -> None:
    """Ask before anything becomes ACTIVE."""
    if active := sum(item.get("status") == "ACTIVE" for item in wanted):
        here.confirm(
            f"This makes {active} of {len(wanted)} {entity_type} ACTIVE in ad account {here.account}: they can spend money."
        )


def add_get(group: click.Group, entity_type: str, resource: str, example: str) -> None:
    """``get ID``."""

    @connected()
    def get(here: Connection, entity_id: str) -> None:
        here.out.one(getattr(here.client, resource).get(here.account, entity_id))

    get.__doc__ = f"Show one of the {entity_type}.\n\n\b\nExamples:\n  pinshop {group.name} get {example} --fields id,status\n"
    group.command("get")(click.argument("entity_id", metavar="ID")(get))


def add_writes(group: click.Group, entity_type: str, kind: str, write: Write, example: str, setting: str) -> None:
    """``update``, ``pause`` and ``activate``; ``kind`` is the name of the params of an update."""

    @items.set_option
    @items.file_option
    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @connected(writes=True, asks=True)
    def update(here: Connection, settings: tuple[str, ...], path: Path | None, ids: tuple[str, ...]) -> None:
        from pinshop.api import params

        write(here, items.gather(path, settings, [{"id": one} for one in ids], getattr(params, kind)))

    @click.argument("ids", nargs=-1, required=True, metavar="ID...")
    @connected(writes=True)
    def pause(here: Connection, ids: tuple[str, ...]) -> None:
        write(here, [{"id": one, "status": "PAUSED"} for one in ids])

    @click.argument("ids", nargs=-1, required=True, metavar="ID...")
    @connected(writes=True, asks=True)
    def activate(here: Connection, ids: tuple[str, ...]) -> None:
        write(here, [{"id": one, "status": "ACTIVE"} for one in ids])

    command = f"\n\n\b\nExamples:\n  pinshop {group.name}"
    update.__doc__ = f"Change fields of {entity_type}.{command} update {example} -s {setting}\n"
    pause.__doc__ = f"Pause {entity_type}: they spend nothing more.{command} pause {example}\n"
    activate.__doc__ = f"Activate {entity_type}: from now on they can spend money.{command} activate {example} --yes\n"
    for function in (update, pause, activate):
        group.command()(function)
