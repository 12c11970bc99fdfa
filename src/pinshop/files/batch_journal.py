"""The journal of a batch: a file of JSON lines that says what was about to be sent, before it was, and what came of it.

    {"pinshop":1,"records":"0000000002","sum":"8c7d…","base_url":"https://…","operation":"product_group_promotions/create",
     "ad_account_id":"…","groups":[…],"items":[…]}
    {"sum":"1f0a…","n":1,"sending":[0,1,…],"group":"2680059592705","watermark":"4260608094066"}
    {"sum":"77e2…","n":2,"outcomes":[{"index":0,"state":"created","entity":{…}},…]}

Each line is on disk before the next step is made. ``sum`` is the CRC-32 of what follows it in its line, ``n`` counts the
records, and the first line says how many there are: what was cut off, torn or changed is noticed, and what it said is looked
up at Pinterest. Other records are ``unsent`` (these were certainly not executed).
"""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pinshop.api import models
from pinshop.api.models.decoding import decoder_of
from pinshop.errors import ConfigurationError, InvalidInput
from pinshop.files.locks import lock_file
from pinshop.files.opening import open_file

_BEGIN = b'{"pinshop":1,"records":"'

_DIGITS = 10

_SUM = b'"sum":"'


class Header(Struct, frozen=True, kw_only=True):
    """The first line: all that is to be written, and where."""

    base_url: str
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

    n: int
    sending: list[int] = []
    unsent: list[int] = []
    group: str = ""
    watermark: str | None = None
    #: The watermark was noted when something had been sent to this group before.
    late: bool = False
    outcomes: list[_Known] = []


class Journal(Struct, frozen=True):
    """What a journal says. ``damaged``: it once said more."""

    header: Header
    records: list[dict[str, Any]]
    damaged: bool


class JournalFile:
    """An open journal. One process at a time holds it."""

    def __init__(self, path: Path, descriptor: int, unlock: Callable[[], None]) -> None:
        self.path = path
        self._descriptor: int | None = descriptor
        self._unlock = unlock
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._count = 0
        self._end = 0
        #: The last byte is no end of line: the next record begins with one.
        self._torn = False

    @classmethod
    def create(cls, path: str | os.PathLike[str], header: Header) -> JournalFile:
        """Begin a journal. The file must not exist: the journal of an unfinished batch is worth more than a new one."""
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            allowed = "a file that does not exist yet (resume goes on with one that does)"
            raise InvalidInput("journal", str(path), allowed) from None
        except (OSError, ValueError) as error:  # ValueError: the path holds what no path can
            raise InvalidInput("journal", str(path), f"a file that can be written ({_words(error)})") from None
        try:
            journal = cls(path, descriptor, _locked(path, descriptor))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        try:
            journal._append(_BEGIN + b"0" * _DIGITS + b'",' + _summed(models.encode(header)))
            _sync_directory(path.parent)
        except BaseException as error:
            journal.close()
            path.unlink(missing_ok=True)  # nothing was sent, and an empty journal would be in the way of the next try
            if isinstance(error, OSError):
                raise InvalidInput("journal", str(path), f"a file that can be written ({error.strerror})") from None
            raise
        return journal

    @classmethod
    def reopen(cls, path: str | os.PathLike[str]) -> tuple[JournalFile, Journal]:
        """Go on with a journal: the file, and what it says."""
        path = Path(path)
        try:
            descriptor = open_file(path)
        except (OSError, ValueError) as error:
            raise InvalidInput("journal", str(path), f"a journal that can be read and written ({_words(error)})") from None
        file = cls(path, descriptor, _locked(path, descriptor))
        try:
            data = path.read_bytes()
            journal = _read(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
            file.close()
            raise InvalidInput("journal", str(path), f"a journal that pinshop wrote ({error})") from None
        except BaseException:
            file.close()
            raise
        file._end, file._torn = len(data), not data.endswith(b"\n")
        file._count = max([_count(data), *(record["n"] for record in journal.records)])
        return file, journal

    def write(self, record: Mapping[str, Any], /) -> None:
        """Append a record, and return when it is on disk.

        Raises:
            ConfigurationError: it cannot be written. What is in the file stays readable.
        """
        with self._lock:
            if self._descriptor is None or self._process != os.getpid():
                raise ConfigurationError(f"the journal {self.path} belongs to another process, or is closed")
            number = self._count + 1
            line = b"{" + _summed(b'{"n":%d,' % number + models.encode(record)[1:])
            end, torn = self._end, self._torn
            try:
                # The count first: a record that is counted and not there is looked up; one that is there and not counted
                # would not be missed.
                self._write_at(len(_BEGIN), b"%010d" % number)
                self._append((b"\n" if torn else b"") + line)
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._torn = True
                    os.ftruncate(self._descriptor, end)
                    self._end, self._torn = end, torn
                    self._write_at(len(_BEGIN), b"%010d" % self._count)
                    number = self._count
                self._count = number
                raise ConfigurationError(
                    f"the journal {self.path} cannot be written ({error.strerror})",
                    advice="free some disk space, then resume",
                ) from None
            self._count, self._torn = number, False

    def _append(self, line: bytes) -> None:
        assert self._descriptor is not None  # noqa: S101 -- whoever calls has looked
        data = line + b"\n"
        self._end += self._write_at(self._end, data)
        os.fsync(self._descriptor)

    def _write_at(self, position: int, data: bytes) -> int:
        assert self._descriptor is not None  # noqa: S101 -- as above
        os.lseek(self._descriptor, position, os.SEEK_SET)
        rest = data
        while rest:
            written = os.write(self._descriptor, rest)
            rest = rest[written:]
        return len(data)

    def close(self) -> None:
        """Let go of the file and its lock; nothing if that is done already."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            self._unlock()
            os.close(descriptor)


def _summed(encoded: bytes) -> bytes:
    """An object's JSON without its opening brace, after the checksum of it."""
    rest = encoded[1:]
    return _SUM + b'%08x",' % zlib.crc32(rest) + rest


def _checked(line: bytes, begin: bytes) -> bytes:
    """The JSON that a line holds after its checksum.

    Raises:
        ValueError: it is not what was written.
    """
    start = len(begin) + len(_SUM)
    rest = line[start + 10 :]
    if not line.startswith(begin + _SUM) or line[start : start + 10] != b'%08x",' % zlib.crc32(rest):
        raise ValueError("its checksum is wrong")
    return b"{" + rest


def _count(data: bytes) -> int:
    digits = data[len(_BEGIN) : len(_BEGIN) + _DIGITS]
    if not data.startswith(_BEGIN) or len(digits) != _DIGITS or not digits.isdigit():
        raise ValueError("its first line is none of pinshop's")
    return int(digits)


def _read(data: bytes) -> Journal:
    first, *lines = data.split(b"\n")
    count = _count(data)
    header = decoder_of(Header).decode(_checked(first, first[: len(_BEGIN) + _DIGITS + 2]))
    if not lines:
        raise ValueError("its first line is cut")
    records: dict[int, dict[str, Any]] = {}
    damaged = False
    for line in lines:
        if not line:
            continue
        try:
            record = decoder_of(_Line).decode(_checked(line, b"{"))
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
            damaged = True
            continue
        damaged = damaged or record.n in records
        records[record.n] = msgspec.to_builtins(record)
    named = [
        n
        for record in records.values()
        for n in (*record.get("sending", ()), *record.get("unsent", ()), *(o["index"] for o in record.get("outcomes", ())))
    ]
    if len(header.groups) != len(header.items) or not all(0 <= n < len(header.items) for n in named):
        raise ValueError("it speaks of items that it does not hold")
    whole = max([count, *records]) if records else count
    damaged = damaged or len(records) < whole
    return Journal(header, [records[n] for n in sorted(records)], damaged)


def _words(error: OSError | ValueError) -> str:
    return error.strerror or "" if isinstance(error, OSError) else str(error)


def _locked(path: Path, descriptor: int) -> Callable[[], None]:
    try:
        unlock = lock_file(path)
    except BaseException:
        os.close(descriptor)
        raise
    if unlock is None:
        os.close(descriptor)
        raise InvalidInput("journal", str(path), "a journal that no other process is working on")
    return unlock


def _sync_directory(directory: Path) -> None:
    if os.name == "posix":  # the name of the file too must survive a power cut
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
