"""Replace a file whole, or not at all.

What a link leads to is replaced, and the link stays. A device, a pipe or a socket (``/dev/stdout``, ``>(gzip)``) is written to:
to replace ``/dev/null`` by a file, which root can, would break the machine.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 so that a crash at any moment leaves the old content or the new, whole."""
    if _is_written_to(path):
        with path.open("wb") as file:
            file.write(data)
        return
    path = Path(os.path.realpath(path))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp: mode 0600 from the first byte
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the new name too must survive a power cut
        finally:
            os.close(directory)


@contextlib.contextmanager
def replacement(path: Path) -> Generator[Path]:
    """Where to write what shall replace a file when the block ends without an error: a name beside it."""
    if _is_written_to(path):
        yield path
        return
    path = Path(os.path.realpath(path))
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):  # also where its name is one that cannot be
            part.unlink(missing_ok=True)


def _is_written_to(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
