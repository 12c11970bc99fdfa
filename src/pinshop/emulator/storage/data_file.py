"""A data file belongs to one emulator at a time, and a disk that is full is said to be one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

from pinshop.errors import ConfigurationError


class DataFileFailed(ConfigurationError):
    """The data file cannot be used: the disk is full, the file is gone or read-only, or it is the parent process's."""


class OfParent:
    """Stands for the database in a process that was forked: every use is refused.

    The parent goes on with the file, and SQLite's connections must not be carried across a fork.
    """

    def __init__(self, path: str, database: sqlite3.Connection) -> None:
        self._why = (
            f"data file {path}: process {os.getppid()} uses it, and this process was forked from it; "
            "make an emulator with a data file of its own after the fork, or one without a data file before it"
        )
        self._kept = database  # neither used nor closed here: closing could remove files that the parent uses

    def __getattr__(self, name: str) -> Any:
        raise DataFileFailed(self._why)


@contextlib.contextmanager
def failures_in_words(path: str) -> Generator[None]:
    """SQLite's failures to write, as `DataFileFailed`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DataFileFailed(f"data file {path}: cannot be written: {error}") from error


def claimed(path: str) -> IO[str]:
    """An open lock file beside the data file; closing it, or the end of the process, gives the data file free.

    A file of its own: to close the data file itself would drop the locks that SQLite holds on it.

    Raises:
        ConfigurationError: another emulator has it; names its process.
    """
    name = f"{Path(path).resolve()}.lock"
    try:
        lock = Path(name).open("a+", encoding="ascii")  # noqa: SIM115  it stays open as long as the store
    except OSError as error:
        raise ConfigurationError(f"data file {path}: {error}") from error
    try:
        _lock(lock.fileno())
    except OSError:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
        lock.close()
        raise ConfigurationError(f"data file {path}: process {owner} uses it; a state belongs to one emulator") from None
    with contextlib.suppress(OSError):  # a full disk: then another emulator does not learn the number
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
    return lock


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # Beyond what is written: a locked range cannot be read by others, and they shall read the number.
        os.lseek(descriptor, 1024, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
