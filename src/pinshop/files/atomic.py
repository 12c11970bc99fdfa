"""Replace a file whole, or not at all.

What a link leads to is replaced, and the link stays. A device, a pipe or a socket (``/dev/stdout``, ``>(gzip)``) is written to:
to replace ``/dev/null`` by a file, which root can, would break the machine.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 so that a crash at any moment leaves the old content or the new, whole.

    Raises:
        OSError: it cannot be written; names ``path``.
    """
    if _is_written_to(path):
        with path.open("wb") as file:
            file.write(data)
        return
    target = Path(os.path.realpath(path))
    name = ""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp: mode 0600 from the first byte
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = os.fspath(path), None  # not the name beside it, which nobody gave
        raise
    sync_folder(target.parent)  # the new name too must survive a power cut


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path]:
    """A new file beside ``path`` that takes its place at the end; after an error (a full disk) the old one is untouched.

    A device or a pipe is given itself.

    Raises:
        OSError: it cannot be written; names ``path``.
    """
    if _is_written_to(Path(path)):
        yield Path(path)
        return
    target = Path(os.path.realpath(path))
    beside = beside_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        sync_file(beside)
        beside.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if error.filename in (None, str(beside)):  # a write that fails does not know of which file
            error.filename = os.fspath(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def beside_of(path: Path) -> Path:
    """A name beside a file, of this thread alone."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    _sync(path, os.O_RDWR)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that."""
    if os.name == "posix":
        _sync(path, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_written_to(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
