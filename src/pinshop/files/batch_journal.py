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
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pinshop.api import models
from pinshop.errors import InvalidInput
from pinshop.files.locks import lock_file


class Header(Struct, frozen=True):
    """The first line: all that is to be written."""

    pinshop: Literal[1]
    operation: str
    ad_account_id: str
    groups: list[str]
    items: list[dict[str, Any]]


class _Known(Struct):
    index: int
    state: Literal["created", "updated", "failed", "unknown"]
    entity: dict[str, Any] | None = None
    code: int | None = None
    message: str | None = None
    advice: str | None = None


class _Line(Struct, omit_defaults=True):
    """Any other line."""

    sending: list[int] = []
    group: str = ""
    watermark: str | None = None
    outcomes: list[_Known] = []


class JournalFile:
    """An open journal. One process at a time holds it."""

    def __init__(self, path: Path, descriptor: int, unlock: Callable[[], None]) -> None:
        self.path = path
        self._descriptor = descriptor
        self._unlock = unlock
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: str | os.PathLike[str], header: Header) -> JournalFile:
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
        journal.write(msgspec.structs.asdict(header))
        if os.name == "posix":  # the name of the file too must survive a power cut
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        return journal

    @classmethod
    def reopen(cls, path: str | os.PathLike[str]) -> tuple[JournalFile, Header, list[dict[str, Any]]]:
        """Go on with a journal: the file, its header, and the records after it."""
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise InvalidInput("journal", str(path), f"a journal that can be read and written ({error.strerror})") from None
        journal = cls(path, descriptor, _locked(path, descriptor))
        try:
            whole, _, torn = path.read_bytes().rpartition(b"\n")
            header, records = _read(whole.split(b"\n"))
            if torn:  # killed while writing: what the half line would have said was not acted upon
                os.ftruncate(descriptor, len(whole) + 1)
        except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
            journal.close()
            raise InvalidInput("journal", str(path), f"a journal that pinshop wrote ({error})") from None
        return journal, header, records

    def write(self, record: Mapping[str, Any], /) -> None:
        """Append a record, and return when it is on disk."""
        line = models.encode(record) + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)

    def close(self) -> None:
        self._unlock()
        os.close(self._descriptor)


def _read(lines: list[bytes]) -> tuple[Header, list[dict[str, Any]]]:
    header = msgspec.json.decode(lines[0], type=Header)
    records = [msgspec.json.decode(line, type=_Line) for line in lines[1:]]
    named = [n for record in records for n in (*record.sending, *(known.index for known in record.outcomes))]
    if len(header.groups) != len(header.items) or not all(0 <= n < len(header.items) for n in named):
        raise IndexError("it speaks of items that it does not hold")
    return header, msgspec.to_builtins(records)


def _locked(path: Path, descriptor: int) -> Callable[[], None]:
    unlock = lock_file(path)
    if unlock is None:
        os.close(descriptor)
        raise InvalidInput("journal", str(path), "a journal that no other process is working on")
    return unlock
