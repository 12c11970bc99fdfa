"""Whole states of a world: out as YAML, in from a file, from recorded answers, from a feed, and at an agency's size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pinshop.emulator.arguments import file_path, identifier, shown, whole
from pinshop.emulator.catalog import feed_files
from pinshop.emulator.handlers import feeds
from pinshop.emulator.storage import answers as recorded
from pinshop.emulator.storage import recording, seeding, yaml
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError


def export(world: World) -> str:
    """The whole state as readable YAML."""
    with world.lock:
        return yaml.export(world.store)


def load(world: World, text: object) -> None:
    """Replace the state by that of a YAML text; see `Emulator.load`."""
    if not isinstance(text, str):
        raise ConfigurationError(f"state: got {shown(text)}, allowed: YAML as text")
    with world.lock:
        yaml.load(world.store, text, world.now(), world.given_out())
        world.begin_anew()
        world.store.history.rewind(world.now())


def load_file(world: World, path: str | Path) -> None:
    """Take the state from a file: YAML, or a recording (``.jsonl``)."""
    path = file_path("path", path)
    if path.suffix == ".jsonl":
        import_answers(world, recording.answers(path))
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"state: {error}") from error
    load(world, text)


def import_answers(world: World, answers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
    """Put recorded answers of the real API into the state; see `Emulator.import_answers`."""
    with world.lock:
        stored = recorded.import_answers(world.store, answers, world.now(), world.rules.recorded_rates)
        world.store.history.rewind(world.now())
        return stored


def load_feed(world: World, content: bytes, format_: str, feed_id: str | int | None = None) -> int:
    """Replace a feed's items by those of a file in Pinterest's format. Returns how many there are."""
    chosen = str(format_).upper()
    if chosen not in get_args(feed_files.Format):
        raise ConfigurationError(f"format: got {shown(format_)}, allowed: {', '.join(get_args(feed_files.Format))}")
    target = identifier("feed_id", world.seeded.feed_id if feed_id is None else feed_id)
    items = feed_files.parse_feed(content, cast("feed_files.Format", chosen))
    with world.lock:
        if world.store.get("feeds", target) is None:
            raise ConfigurationError(f"feed_id: got {shown(feed_id)}, allowed: the id of a feed")
        return feeds.load_feed(world.store, target, items, world.now())


def scale(world: World, ad_accounts: int, promotions_each: int) -> list[str]:
    """Add many ad accounts; see `Emulator.scale`. Returns their ids."""
    whole("ad_accounts", ad_accounts, 1, 100_000)
    whole("promotions_each", promotions_each, 0, 5_000_000 // ad_accounts)
    with world.lock:
        made = seeding.scale(world.store, world.now(), ad_accounts, promotions_each)
    return [str(account_id) for account_id in made]
