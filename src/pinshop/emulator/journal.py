"""The calls the emulator has seen, secrets struck out.

To strike takes longer than to serve most calls, and most calls are never looked at. So a call waits as it came, and is
struck when it is first read: what leaves the journal, to whoever reads it or listens, is the struck `JournalEntry`, which
from then on stands in its place. What waits is in no `repr`, and can be neither copied nor pickled. A call that is larger
than what would be kept of it is struck at once.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, overload

import msgspec
from msgspec import Struct

from pinshop.api.checks import is_digits
from pinshop.api.http import Request
from pinshop.emulator import arguments
from pinshop.emulator.redaction import STRUCK, Secrets, decoded, is_secret
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


class _Call:
    """One call: as it came, until it is read; then its entry."""

    __slots__ = ("_came", "_entry", "ad_account_id", "operation", "status")

    def __init__(self, operation: str, status: int, ad_account_id: str | None, came: tuple[Any, ...]) -> None:
        self.operation, self.status, self.ad_account_id = operation, status, ad_account_id
        self._came: tuple[Any, ...] | None = came
        self._entry: JournalEntry

    def entry(self) -> JournalEntry:
        """The call without its secrets."""
        if self._came is not None:
            self._entry = self._struck(*self._came)
            self._came = None
        return self._entry

    def _struck(
        self,
        number: int,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        response: bytes,
        when: float,
        real: float,
    ) -> JournalEntry:
        secrets = Secrets.of(headers)
        if "oauth" in decoded(target.partition("?")[0])[-1].lower():  # of any version, with a slash or without
            body, response = (STRUCK.encode() if part else b"" for part in (body, response))
        known = len(secrets.known)
        struck = secrets.target(target), secrets.body(body), secrets.body(response)
        if len(secrets.known) > known:  # what stood under a name may stand elsewhere without one
            struck = secrets.target(target), secrets.body(body), secrets.body(response)
        return JournalEntry(
            number,
            self.operation,
            method,
            struck[0],
            struck[1][: Journal.CUT],
            self.status,
            struck[2][: Journal.CUT],
            when,
            self.ad_account_id,
            real,
        )

    def __repr__(self) -> str:
        return f"<call of {self.operation or 'no operation'}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a call may hold secrets until it is read")


class Journal:
    """The last calls, in order, and counts of all calls since the last reset. It may be read while calls are served."""

    KEEP = 2000
    CUT = 16_384

    def __init__(self, lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._calls: deque[_Call] = deque(maxlen=self.KEEP)
        self._counts: Counter[tuple[str, int]] = Counter()
        #: Told of each call as it is added: a log, for example.
        self.listener: Callable[[JournalEntry], object] | None = None

    def add(
        self, request: Request, number: int, when: float, operation: str, status: int, response: bytes, account: str | None
    ) -> None:
        """Take a call and what was answered; ``status`` is 0 where no answer was sent."""
        headers = {name: value for name, value in request.headers.items() if is_secret(name)}
        body, response = (request.body or b"")[: 4 * self.CUT], response[: 2 * self.CUT]
        came = (number, request.method, request.target, headers, body, response, when, time.time())
        known = account if account is not None and is_digits(account) else None  # anything else may be a secret
        call = _Call(operation, status, known, came)
        with self._lock:
            if len(body) + len(response) + sum(map(len, headers.values())) > 2 * self.CUT:
                call.entry()
            self._calls.append(call)
            self._counts[operation, status] += 1
        if self.listener is not None:
            self.listener(self._read(call))

    def _read(self, call: _Call) -> JournalEntry:
        with self._lock:
            return call.entry()

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()

    def _kept(self) -> list[_Call]:
        with self._lock:
            return list(self._calls)

    def __iter__(self) -> Iterator[JournalEntry]:
        return map(self._read, self._kept())

    def __len__(self) -> int:
        return len(self._calls)

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[JournalEntry]: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | list[JournalEntry]:
        found = self._kept()[index]
        return [self._read(call) for call in found] if isinstance(found, list) else self._read(found)

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
            self._read(call)
            for call in self._kept()
            if operation in (None, call.operation)
            and status in (None, call.status)
            and (ad_account_id is None or str(ad_account_id) == call.ad_account_id)
        ]


def _check(operation: str | None, status: int | None) -> None:
    """A call that there cannot be would be counted as one that there was not."""
    if operation not in (None, ""):  # a path that is none of the API's has no operation
        arguments.operation("operation", operation)
    if status is not None:
        arguments.whole("status", status, 0, 599)
