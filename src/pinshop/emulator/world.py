"""One emulated Pinterest: its state, and what belongs to it."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Generator

import msgspec
from msgspec import Struct

from pinshop.api.models.decoding import decoder_of
from pinshop.api.operations import ApiVersion
from pinshop.emulator.arguments import shown, text
from pinshop.emulator.clock import Clock
from pinshop.emulator.delivery.earnings import Earnings
from pinshop.emulator.faults import Faults
from pinshop.emulator.journal import Journal
from pinshop.emulator.limits import Limits
from pinshop.emulator.rules import Rules
from pinshop.emulator.storage.store import Store
from pinshop.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,39}")


class Seeded(Struct, frozen=True):
    """The business an emulator starts with: its token and its ids, as text, as on the wire."""

    access_token: str
    user_id: str
    ad_account_id: str
    campaign_id: str
    ad_group_id: str
    catalog_id: str
    feed_id: str
    catalog_product_group_ids: tuple[str, ...]


class World:
    """What handlers, OAuth, the control routes, the console and recordings are given.

    One call at a time: `lock` is held while a call is served, so that ids, request ids and the journal follow the order of
    the calls, and a run repeats. It is the lock of the store as well.
    """

    def __init__(self, store: Store, clock: Clock, rules: Rules, api_version: ApiVersion, limits: Limits) -> None:
        self.store = store
        self.clock = clock
        self.rules = rules
        self.api_version: ApiVersion = api_version
        self.limits = limits
        self.faults = Faults(store.seed, store.lock)
        self.journal = Journal(store.lock)
        self.earnings = Earnings(store, rules, api_version)
        self.lock = store.lock
        #: States kept by name.
        self.snapshots: dict[str, Store] = {}
        #: Worlds that are served below this one, by name; each began as this one stood.
        self.forks: dict[str, World] = {}
        self._initial = store.copy()
        self._calls = 0
        self._seeded: Seeded | None = None

    @property
    def seed(self) -> int:
        return self.store.seed

    @property
    def seeded(self) -> Seeded:
        """The business of this state."""
        if self._seeded is None:
            kept = self.store.get_meta("seeded")
            texts = {name: list(map(str, value)) if isinstance(value, list) else str(value) for name, value in kept.items()}
            decoder_of(Seeded)
            self._seeded = msgspec.convert(texts, Seeded)
        return self._seeded

    def now(self) -> int:
        """The emulated time in whole unix seconds."""
        return int(self.clock.seconds())

    def next_call(self) -> int:
        """The number of the next call, from 1; request ids follow from it."""
        self._calls += 1
        return self._calls

    @contextlib.contextmanager
    def change(self) -> Generator[Store]:
        """The store, locked, in a transaction."""
        with self.lock, self.store.transaction():
            yield self.store

    # ---------------------------------------------------------------------------------------- whole states

    def begin_anew(self) -> None:
        """After the state was replaced: take the clock and the business from it, and forget calls, faults and spent quotas."""
        with self.lock:
            self.clock.load()
            self.journal.clear()
            self.faults.clear(stubs=True)
            self.limits.clear()
            self._calls = 0
            self._seeded = None

    def reset(self) -> None:
        """Back to the state at the start; rules and limits stay as chosen."""
        self._replace(self._initial)

    def given_out(self) -> dict[str, int]:
        """The last id of each kind of which one was given out since the start."""
        began, floor = self._initial.sequences(), self.store.floor
        moved = {kind: last for kind, last in self.store.sequences().items() if last != began.get(kind)}
        return {kind: max(moved.get(kind, 0), floor.get(kind, 0)) for kind in {*moved, *floor}}

    def snapshot(self, name: str) -> None:
        """Keep the present state under a name."""
        text("name", name, 60)
        with self.lock:
            before, self.snapshots[name] = self.snapshots.get(name), self.store.copy()
            if before is not None:
                before.close()

    def drop_snapshot(self, name: str) -> bool:
        """Forget a kept state; False if there is none of this name."""
        text("name", name, 60)
        with self.lock:
            kept = self.snapshots.pop(name, None)
            if kept is not None:
                kept.close()
        return kept is not None

    def restore(self, name: str) -> None:
        """Return to a snapshot.

        Raises:
            ConfigurationError: there is none of this name.
        """
        text("name", name, 60)
        with self.lock:
            if name not in self.snapshots:
                raise ConfigurationError(f"no snapshot {shown(name)}; there are: {', '.join(self.snapshots) or 'none'}")
            self._replace(self.snapshots[name])

    def _replace(self, state: Store) -> None:
        with self.lock:
            self.store.restore(state)
            self.store.floor = {}
            self.begin_anew()

    def fork(self) -> World:
        """A world of its own that begins in the present state: clock, rules and limits as here, no faults, no calls."""
        with self.lock:
            store = self.store.copy()
            limits = Limits()
            limits.name, limits.profile = self.limits.name, self.limits.profile
            return World(store, Clock(store), dataclasses.replace(self.rules), self.api_version, limits)

    def fork_as(self, name: str) -> World:
        """A fork that is served below this world, under a name.

        Raises:
            ConfigurationError: the name is taken, or is none that can stand in an address.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"fork: got {name!r}, allowed: 1 to 40 letters, digits, dots, dashes and underscores")
        with self.lock:
            if name in self.forks:
                raise ConfigurationError(f"fork: there is one of the name {name!r} already")
            self.forks[name] = made = self.fork()
            if (told := self.journal.listener) is not None:
                below = f"/forks/{name}"
                made.journal.listener = lambda entry: told(msgspec.structs.replace(entry, target=below + entry.target))
        return made

    def drop_fork(self, name: str) -> bool:
        """Close a fork; False if there is none of this name."""
        with self.lock:
            fork = self.forks.pop(name, None)
        if fork is not None:
            fork.close()
        return fork is not None

    def close(self) -> None:
        """Close the state, the states kept beside it, and the forks."""
        for fork in self.forks.values():
            fork.close()
        for store in (self.store, self._initial, *self.snapshots.values()):
            store.close()
