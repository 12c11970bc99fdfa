"""The calls the emulator has seen, secrets struck out."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.emulator.requests import decode

# What a real token, or one in a body or an address, looks like: never stored, shown or logged.
_REAL_TOKEN = re.compile(r"pin[a-z]_[\w.~+/=-]+|(?<=token=)[^&\s\"]+|(?<=code=)[^&\s\"]+")

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

    def json(self) -> Any:
        """The request body as a value; None if there was none or it is no JSON."""
        try:
            return decode(self.body) if self.body else None
        except msgspec.DecodeError:
            return None


class Journal:
    """The last calls, in order, and counts of all calls since the last reset."""

    KEEP = 2000
    CUT = 16_384

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=self.KEEP)
        self._counts: Counter[tuple[str, int]] = Counter()

    def add(self, entry: JournalEntry) -> None:
        self._entries.append(entry)
        self._counts[entry.operation, entry.status] += 1

    def clear(self) -> None:
        self._entries.clear()
        self._counts.clear()

    def __iter__(self) -> Any:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> JournalEntry:
        return list(self._entries)[index]

    def count(self, operation: str | None = None, status: int | None = None) -> int:
        """How many calls there were, of one operation or with one status. Counts all, not only those still kept."""
        return sum(n for (o, s), n in self._counts.items() if operation in (None, o) and status in (None, s))

    def of(self, operation: str) -> list[JournalEntry]:
        """The kept calls of one operation."""
        return [entry for entry in self._entries if entry.operation == operation]


def struck(text: str) -> str:
    return _REAL_TOKEN.sub("(struck out)", text) if "pin" in text or "token=" in text or "code=" in text else text
