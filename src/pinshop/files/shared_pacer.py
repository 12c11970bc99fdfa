"""A budget for all processes of one machine: the quota of a token, counted in a file."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from pinshop.errors import ConfigurationError
from pinshop.files.locks import FileLock, ThreadLock
from pinshop.files.opening import open_file
from pinshop.flow.pacing import DOCUMENTED, UNIVERSAL, Bucket, Pacer, Quota, RateLimit

T = TypeVar("T")

#: What a file of ours begins with; then comes its version.
_OURS = b"pinshop budget "

_MARK = _OURS + b"2\n"

#: Digits of the checksum behind it. What fails it was cut or changed, and is begun anew: believed, it could stop everybody.
_SUM_DIGITS = 8

#: The file is locked for some microseconds per call. Who holds it for so long is stuck, and nobody waits for them.
_LOCK_WAIT_SECONDS = 2.0

#: After trouble with the file every process paces itself for so long before it tries again.
_RESPITE_SECONDS = 30.0

#: Clocks are corrected by milliseconds all the time; this is more.
_CLOCK_SLACK_SECONDS = 1.0

_Kept = tuple[int, int, bool, float, list[float]]


class SharedPacer(Pacer):
    """A `Pacer` whose state is in a file: ``Client(token, pacing=SharedPacer("pinterest.budget"))`` in every process.

    One file belongs to one token (quotas are per user and app). It is locked for some microseconds per call, and may be
    deleted at any time. Where it cannot be locked, read or written, each process paces itself by what it knows, and an event
    says so: a call that was answered is never lost over its bookkeeping.

    Raises:
        ConfigurationError: the file cannot be written, or is no budget of pinshop's.
    """

    blocking: ClassVar[bool] = True

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
        self._threads = ThreadLock()
        self._alone_until = 0.0
        try:
            handle = open_file(self._path, create=True)
            try:
                begins = os.read(handle, len(_MARK))
            finally:
                os.close(handle)
        except OSError as error:
            raise ConfigurationError(f"pacing: {self._path} cannot be written ({error.strerror})") from None
        if begins and not begins.startswith(_OURS):
            raise ConfigurationError(f"pacing: {self._path} exists, and is no budget that pinshop wrote")

    def reserve(self, category: str, now: float, at_most_seconds: float = float("inf")) -> float:
        return self._shared(lambda: super(SharedPacer, self).reserve(category, self._clock(), at_most_seconds))

    def learn(self, category: str, limit: RateLimit, now: float, *, refused: bool = False) -> None:
        self._shared(lambda: super(SharedPacer, self).learn(category, limit, self._clock(), refused=refused))

    def budget(self, now: float) -> list[Quota]:
        return self._shared(lambda: super(SharedPacer, self).budget(self._clock()))

    def _shared(self, act: Callable[[], T]) -> T:
        """Act on the state of the file, locked, taken over, and written back; or on our own where that fails."""
        with self._threads:
            done: list[T] = []
            if self._clock() >= self._alone_until or self._alone_until > self._clock() + _RESPITE_SECONDS:
                try:
                    self._in_the_file(lambda: done.append(act()))
                    self._alone_until = 0.0
                except (OSError, ConfigurationError) as error:
                    self._alone_until = self._clock() + _RESPITE_SECONDS
                    self.trouble = f"{self._path} cannot be used ({error}); this process paces itself alone meanwhile"
            return done[0] if done else act()

    def _in_the_file(self, act: Callable[[], object]) -> None:
        lock = FileLock(self._path)
        if not lock.acquire(_LOCK_WAIT_SECONDS):
            raise ConfigurationError(f"it has been locked for {_LOCK_WAIT_SECONDS:.0f} s")
        try:
            data = self._path.read_bytes()
            if data and not data.startswith(_OURS):
                raise ConfigurationError("it is no budget that pinshop wrote")
            self._load(data)
            act()
            kept = self._dump()
            _write(self._path, _MARK + _sum(kept) + kept)
        finally:
            lock.release()

    def _load(self, data: bytes) -> None:
        begin = len(_MARK) + _SUM_DIGITS
        kept = data[begin:]
        if data[:begin] != _MARK + _sum(kept):
            return  # empty, damaged, cut while it was written, or of another version
        written, told, homes = msgspec.msgpack.decode(kept, type=tuple[float, bool, dict[str, list[_Kept]]])
        # After the clock was put back nobody knows how long ago the calls were; held against the new time, they would block
        # everybody for as long as it was put back. A refusal in exchange costs less.
        put_back = self._clock() < written - _CLOCK_SLACK_SECONDS
        self._told = told
        self._buckets = {
            category: {
                window: Bucket(quota, window, documented, 0.0 if put_back else blocked, () if put_back else calls)
                for quota, window, documented, blocked, calls in home
            }
            for category, home in homes.items()
        }

    def _dump(self) -> bytes:
        homes = {
            category: [(b.quota, b.window, b.documented, b.blocked_until, list(b.calls)) for b in home.values()]
            for category, home in self._buckets.items()
        }
        return msgspec.msgpack.encode((self._clock(), self._told, homes))


def _sum(data: bytes) -> bytes:
    return b"%0*x" % (_SUM_DIGITS, zlib.crc32(data))


def _write(path: Path, data: bytes) -> None:
    """In place, for the lock is on this very file. A write that is cut leaves what is begun anew."""
    with path.open("r+b", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) or 0 :]
        file.truncate(len(data))
