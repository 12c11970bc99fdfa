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


class Claim:
    """What keeps others from a data file: `close`, or the end of the process in whatever way, gives it free."""

    def __init__(self, *files: IO[Any]) -> None:
        self._files = files

    def close(self) -> None:
        for file in self._files:
            file.close()


def claimed(path: str) -> Claim:
    """Claim a data file: it itself, by device and inode, whatever its name (Linux), and its name.

    The file beside the data file holds the number of the process, and is what is locked where the data file cannot be:
    elsewhere than on Linux such a lock and those of SQLite are one kind.

    Raises:
        ConfigurationError: another emulator has it, and which process that is; or nobody can know.
    """
    name = f"{Path(path).resolve()}.lock"
    with contextlib.ExitStack() as opened:
        try:
            lock = opened.enter_context(Path(name).open("a+", encoding="ascii"))
            files: list[IO[Any]] = [lock]
            if sys.platform == "linux":
                files.append(opened.enter_context(open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "rb+", buffering=0)))  # noqa: PTH123
            elif os.path.exists(path) and os.stat(path).st_nlink > 1:  # noqa: PTH110, PTH116
                raise ConfigurationError(f"data file {path}: it has several names (hard links); make a copy of its own")
        except OSError as error:
            raise ConfigurationError(f"data file {path}: {error}") from error
        for file in files:
            try:
                _lock(file.fileno())
            except (BlockingIOError, PermissionError):
                raise ConfigurationError(
                    f"data file {path}: process {_owner(lock, file)} uses it; a state belongs to one emulator"
                ) from None
            except OSError as error:
                raise ConfigurationError(
                    f"data file {path}: its file system has no locks ({error}), so that two emulators could use it and destroy "
                    "it; keep it on a disk of this machine"
                ) from error
        with contextlib.suppress(OSError):  # a full disk: then another emulator does not learn the number
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
        opened.pop_all()
    return Claim(*files)


def _owner(lock: IO[str], taken: IO[Any]) -> str:
    """The process that has one of the two: as it wrote beside the data file, or where it did so elsewhere, as Linux says."""
    if taken is lock:
        lock.seek(0)
        return lock.read(20).strip() or "unknown"
    known = os.fstat(taken.fileno())
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()  # 1: FLOCK ADVISORY WRITE 4711 08:01:131090 0 EOF
            place = words[5].split(":")
            if words[1] == "FLOCK" and int(place[2]) == known.st_ino and _device(known.st_dev) in (None, tuple(place[:2])):
                return words[4]
    return "unknown"


def _device(number: int) -> tuple[str, str] | None:
    """As /proc/locks writes a device; None: one of no disk, which file systems of several layers call otherwise there."""
    return (f"{os.major(number):02x}", f"{os.minor(number):02x}") if os.major(number) else None


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
