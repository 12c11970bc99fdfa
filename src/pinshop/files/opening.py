"""Open what is a file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: Opening a named pipe would wait for its other end.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)


def open_file(path: Path, *, create: bool = False) -> int:
    """Open a file for reading and writing, its descriptor. Reading a pipe would wait for ever, a device may never end.

    Raises:
        OSError: it cannot be opened, or is no file.
    """
    handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0) | _WITHOUT_WAITING, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file")
    return handle
