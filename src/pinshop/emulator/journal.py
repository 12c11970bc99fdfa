"""The calls the emulator has seen, secrets struck out."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.emulator import arguments
from pinshop.emulator.requests import decode

REAL_PREFIXES = ("pina_", "pinr_", "pinc_")


class JournalEntry(Struct):
    """One call as the emulator saw it. Bodies are cut after 16 KiB; secrets are struck out."""

    number: int
    operation: str
    method: str
    target: str
    body: bytes
    status: int
    response: bytes
    when: float
    ad_account_id: str | None = None
    #: The real time at which it was answered; ``when`` is the emulated one.
    real: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The entry as the control routes answer it."""
        return {
            "number": self.number,
            "operation": self.operation,
            "method": self.method,
            "target": self.target,
            "status": self.status,
            "when": self.when,
            "ad_account_id": self.ad_account_id,
            "request": self.body.decode("utf-8", "replace"),
            "response": self.response.decode("utf-8", "replace"),
        }

    def json(self) -> Any:
        """The request body as a value; None if there was none or it is no JSON."""
        try:
            return decode(self.body) if self.body else None
        except msgspec.DecodeError:
            return None


class Journal:
    """The last calls, in order, and counts of all calls since the last reset. It may be read while calls are served."""

    KEEP = 2000
    CUT = 16_384

    def __init__(self, lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._entries: deque[JournalEntry] = deque(maxlen=self.KEEP)
        self._counts: Counter[tuple[str, int]] = Counter()
        #: Told of each call as it is added: a log, for example.
        self.listener: Callable[[JournalEntry], object] | None = None

    def add(self, entry: JournalEntry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.operation, entry.status] += 1
        if self.listener is not None:
            self.listener(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._counts.clear()

    def _kept(self) -> list[JournalEntry]:
        with self._lock:
            return list(self._entries)

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(self._kept())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> JournalEntry:
        return self._kept()[index]

    def count(self, operation: str | None = None, status: int | None = None) -> int:
        """How many calls there were, of one operation or with one status. Counts all, not only those still kept.

        Raises:
            ConfigurationError: no operation, or no status.
        """
        _check(operation, status)
        with self._lock:
            counts = list(self._counts.items())
        return sum(n for (o, s), n in counts if operation in (None, o) and status in (None, s))

    def of(
        self, operation: str | None = None, *, status: int | None = None, ad_account_id: str | int | None = None
    ) -> list[JournalEntry]:
        """The kept calls of one operation, with one status (0: no answer), of one ad account.

        Raises:
            ConfigurationError: no operation, or no status.
        """
        _check(operation, status)
        return [
            entry
            for entry in self._kept()
            if operation in (None, entry.operation)
            and status in (None, entry.status)
            and (ad_account_id is None or str(ad_account_id) == entry.ad_account_id)
        ]


def _check(operation: str | None, status: int | None) -> None:
    """A call that there cannot be would be counted as one that there was not."""
    if operation not in (None, ""):  # a path that is none of the API's has no operation
        arguments.operation("operation", operation)
    if status is not None:
        arguments.whole("status", status, 0, 599)
