"""Locks: of files, which processes share, and of threads, which a forked child does not inherit as taken."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pinshop.errors import ConfigurationError

_POLL_SECONDS = 0.002


class FileLock:
    """A lock on a file. It is taken without waiting, or within a bounded wait, and released by unlocking.

    The system frees it when its holder dies. A child that was forked while it was held has a copy of the open file, and
    closing ours alone would leave the lock with that copy: so it is unlocked first, by the process that took it and by no
    other. The file itself stays: whoever deletes a lock file lets two in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._process = 0

    def acquire(self, wait_seconds: float = 0.0) -> bool:
        """Take the lock; False when it is held all the while by somebody else (another lock of this process included)."""
        until = time.monotonic() + wait_seconds
        while True:
            if self._try():
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_SECONDS)

    def _try(self) -> bool:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"{self._path} cannot be written: {error}",
                advice="it needs a directory that can be written; PINSHOP_CONFIG_DIR names that of profiles",
            ) from None
        self._process = os.getpid()
        try:
            _lock(self._handle)
        except OSError:
            handle, self._handle = self._handle, None
            os.close(handle)
            return False
        return True

    def release(self) -> None:
        """Give the lock back; nothing if it is not held."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            if self._process == os.getpid():
                _unlock(handle)
        finally:
            os.close(handle)


def lock_file(path: Path) -> Callable[[], None] | None:
    """Lock a file without waiting; returns what unlocks it, None while anybody holds it."""
    lock = FileLock(path)
    return lock.release if lock.acquire() else None


class ThreadLock:
    """A lock of threads that works in a forked child too, where the thread that held it does not exist."""

    def __init__(self) -> None:
        self._locks: dict[int, threading.Lock] = {}

    def __enter__(self) -> None:
        process = os.getpid()
        lock = self._locks.get(process) or self._locks.setdefault(process, threading.Lock())
        lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._locks[os.getpid()].release()


if os.name == "nt":  # pragma: no cover

    def _lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

    def _unlock(handle: int) -> None:
        import msvcrt

        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_UN)
