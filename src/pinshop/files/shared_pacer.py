"""A budget for all processes of one machine: the quota of a token, counted in a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pinshop.errors import ConfigurationError
from pinshop.flow.pacing import DOCUMENTED, UNIVERSAL, Bucket, Pacer, Quota, RateLimit


class SharedPacer(Pacer):
    """A `Pacer` whose state is in a file: ``Client(token, pacing=SharedPacer("pinterest.budget"))`` in every process.

    One file belongs to one token (quotas are per user and app). The file is locked for some microseconds per call; it may be
    deleted at any time, and a damaged one is begun anew.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        documented: Mapping[str, tuple[int, int]] = DOCUMENTED,
        universal: tuple[int, int] = UNIVERSAL,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(documented, universal)
        self._path = Path(path)
        # The wall clock, for it is the one that processes have in common.
        self._clock = clock
        try:
            self._path.touch(mode=0o600)
        except OSError as error:
            raise ConfigurationError(f"pacing: {self._path} cannot be written ({error.strerror})") from None

    def reserve(self, category: str, now: float) -> float:
        with self._shared():
            return super().reserve(category, self._clock())

    def learn(self, category: str, limit: RateLimit, now: float, *, refused: bool = False) -> None:
        with self._shared():
            super().learn(category, limit, self._clock(), refused=refused)

    def budget(self, now: float) -> list[Quota]:
        with self._shared():
            return super().budget(self._clock())

    @contextmanager
    def _shared(self) -> Generator[None, None, None]:
        """The file, locked, taken over, and written back."""
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            _lock(file.fileno())  # also keeps the threads of this process apart; closing unlocks
            self._load(file.read())
            yield
            data = self._dump()
            file.seek(0)
            file.write(data)
            file.truncate(len(data))

    def _load(self, data: bytes) -> None:
        try:
            told, homes = msgspec.msgpack.decode(data, type=tuple[bool, dict[str, list[_Kept]]])
        except msgspec.MsgspecError:
            return
        # Times that lie far ahead are from before the clock was put back; they would block everybody.
        horizon = self._clock() + 86400
        self._told = told
        self._buckets = {
            category: {
                window: Bucket(quota, window, documented, min(blocked, horizon), [at for at in calls if at < horizon])
                for quota, window, documented, blocked, calls in home
            }
            for category, home in homes.items()
        }

    def _dump(self) -> bytes:
        homes = {
            category: [(b.quota, b.window, b.documented, b.blocked_until, list(b.calls)) for b in home.values()]
            for category, home in self._buckets.items()
        }
        return msgspec.msgpack.encode((self._told, homes))


_Kept = tuple[int, int, bool, float, list[float]]

if os.name == "nt":  # pragma: no cover

    def _lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]

else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
