"""The emulated clock: real time with an offset, or frozen. It is part of the state, so a data file keeps it."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Generator

from pinshop.emulator.arguments import shown
from pinshop.emulator.storage.store import Store
from pinshop.errors import ConfigurationError

Instant = datetime.datetime | datetime.date | str | int | float


def instant(value: Instant, name: str = "instant") -> float:
    """Seconds since the epoch. Takes a datetime (without a zone: UTC), a date (midnight UTC), ISO text or seconds."""
    if isinstance(value, bool):
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: a datetime, a date, ISO 8601 text or unix seconds")
    if isinstance(value, int | float):
        seconds = float(value) if abs(value) < 10**12 else float("inf")
    else:
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value)
            except ValueError as error:
                raise ConfigurationError(
                    f"{name}: got {shown(value)}, allowed: ISO 8601 such as 2026-03-01T12:00:00Z"
                ) from error
        elif not isinstance(value, datetime.date):
            raise ConfigurationError(f"{name}: got {shown(value)}, allowed: a datetime, a date, ISO 8601 text or unix seconds")
        elif not isinstance(value, datetime.datetime):
            value = datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        try:
            seconds = value.timestamp()
        except (OverflowError, ValueError):
            seconds = float("inf")
    if not 946_684_800 <= seconds < 4_102_444_800:
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: the years 2000 to 2099")
    return seconds


_SECONDS_OF = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_HUNDRED_YEARS = 100 * 366 * 86_400


class Clock:
    """What time it is at the emulated Pinterest."""

    def __init__(self, store: Store, start: Instant | None = None, real: Callable[[], float] = time.time) -> None:
        self._store = store
        self._real = real
        self._lock = store.lock
        self._frozen: float | None = None
        self._offset = 0.0
        if start is not None:
            self._frozen = instant(start)
        else:
            self.load()

    def load(self) -> None:
        """Take the clock over from the state."""
        saved = self._store.get_meta("clock")
        if saved:
            self._frozen, self._offset = saved["frozen"], saved["offset"]

    def _turn(self, frozen: float | None, offset: float) -> None:
        """Show another time, if it can be kept. If it is an earlier one, what the state says is in force from then on."""
        kept, before = (self._frozen, self._offset), self.seconds()
        self._frozen, self._offset = frozen, offset
        try:
            with self._store.transaction():
                self.save()
                if self.seconds() < before:
                    self._store.history.rewind(int(self.seconds()))
        except BaseException:
            self._frozen, self._offset = kept
            raise

    def save(self) -> None:
        self._store.set_meta("clock", {"frozen": self._frozen, "offset": self._offset})

    @contextlib.contextmanager
    def all_or_nothing(self) -> Generator[None]:
        """Several moves, of which none holds if one is refused."""
        with self._lock:
            before = self._frozen, self._offset
            try:
                yield
            except ConfigurationError:
                self._frozen, self._offset = before
                self.save()
                raise

    @property
    def frozen(self) -> bool:
        return self._frozen is not None

    def seconds(self) -> float:
        """Unix seconds."""
        frozen = self._frozen
        return self._real() + self._offset if frozen is None else frozen

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.seconds(), datetime.UTC)

    def freeze(self, at: Instant | None = None) -> datetime.datetime:
        """Stop the clock, now or at an instant. Returns the time it shows."""
        with self._lock:
            self._turn(self.seconds() if at is None else instant(at), self._offset)
        return self.now()

    def run(self) -> datetime.datetime:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen is not None:
                self._turn(None, self._frozen - self._real())
        return self.now()

    def set(self, to: Instant) -> datetime.datetime:
        """Set the clock. It keeps running, or stays frozen, as it was."""
        with self._lock:
            if self._frozen is None:
                self._turn(None, instant(to) - self._real())
            else:
                self._turn(instant(to), self._offset)
        return self.now()

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime.datetime:
        """Move the clock forward (never back). Returns the time it shows."""
        step = 0.0
        given: dict[str, object] = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not -_HUNDRED_YEARS <= value <= _HUNDRED_YEARS:
                raise ConfigurationError(
                    f"advance: {name}: got {shown(value)}, allowed: numbers that lead to the years up to 2099"
                )
            step += value * _SECONDS_OF[name]
        if step < 0:
            raise ConfigurationError(f"advance: got {step:g} seconds, allowed: 0 or more; use set to go back")
        with self._lock:
            return self.set(self.seconds() + step)
