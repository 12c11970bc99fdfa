"""A lock that processes share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pinshop.errors import ConfigurationError


def lock_file(path: Path) -> Callable[[], None] | None:
    """Lock a file without waiting; returns what unlocks it, None while anybody (this process included) holds it.

    The system frees the lock when its holder dies, so there is no stale lock to clean up. The file itself stays: whoever
    deletes a lock file lets two in.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error}", advice="set PINSHOP_CONFIG_DIR to a writable directory"
        ) from None
    try:
        _lock(handle)
    except OSError:
        os.close(handle)
        return None
    return lambda: os.close(handle)


if os.name == "nt":  # pragma: no cover

    def _lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:

    def _lock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
