"""The journal of a batch: a file of JSON lines that says what was about to be sent, before it was, and what came of it.

    {"pinshop": 1, "operation": "product_group_promotions/create", "ad_account_id": "…", "groups": […], "items": […]}
    {"sending": [0, 1, …], "group": "2680059592705", "watermark": "4260608094066"}
    {"outcomes": [{"index": 0, "state": "created", "entity": {…}}, …]}

Each line is on disk before the next step is made. A process that is killed leaves at most half a line at the end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pinshop import wire
from pinshop.credentials import lock_file
from pinshop.errors import BadReply, InvalidInput


class JournalFile:
    """An open journal. One process at a time holds it."""

    def __init__(self, path: Path, descriptor: int, unlock: Callable[[], None]) -> None:
        self.path = path
        self._descriptor = descriptor
        self._unlock = unlock
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: str | os.PathLike[str], header: Mapping[str, Any]) -> JournalFile:
        """Begin a journal. The file must not exist: the journal of an unfinished batch is worth more than a new one."""
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            allowed = "a file that does not exist yet (promotions.resume goes on with one that does)"
            raise InvalidInput("journal", str(path), allowed) from None
        except OSError as error:
            raise InvalidInput("journal", str(path), f"a file that can be written ({error.strerror})") from None
        journal = cls(path, descriptor, _locked(path, descriptor))
        journal.write({"pinshop": 1, **header})
        if os.name == "posix":  # the name of the file too must survive a power cut
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        return journal

    @classmethod
    def reopen(cls, path: str | os.PathLike[str]) -> tuple[JournalFile, dict[str, Any], list[dict[str, Any]]]:
        """Go on with a journal: the file, its header, and the records after it."""
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise InvalidInput("journal", str(path), f"a journal that can be read and written ({error.strerror})") from None
        unlock = _locked(path, descriptor)
        try:
            whole, _, torn = path.read_bytes().rpartition(b"\n")
            records = [wire.parse(line) for line in whole.split(b"\n")] if whole else []
            if not records or not all(isinstance(record, dict) for record in records) or records[0].get("pinshop") != 1:
                raise InvalidInput("journal", str(path), "a journal that pinshop wrote")
            if torn:  # killed while writing: what the half line would have said was not acted upon
                os.ftruncate(descriptor, len(whole) + 1)
        except BadReply as error:
            unlock()
            os.close(descriptor)
            raise InvalidInput("journal", str(path), f"a journal that pinshop wrote ({error.message})") from None
        except BaseException:
            unlock()
            os.close(descriptor)
            raise
        return cls(path, descriptor, unlock), records[0], records[1:]

    def write(self, record: Mapping[str, Any], /) -> None:
        """Append a record, and return when it is on disk."""
        line = wire.encode(record) + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)

    def close(self) -> None:
        self._unlock()
        os.close(self._descriptor)


def _locked(path: Path, descriptor: int) -> Callable[[], None]:
    unlock = lock_file(path)
    if unlock is None:
        os.close(descriptor)
        raise InvalidInput("journal", str(path), "a journal that no other process is working on")
    return unlock
