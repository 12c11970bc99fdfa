"""Record what the real API answers, redacted, and replay it as the state of an emulator.

    from pinshop import Client
    from pinshop.emulator import Emulator
    from pinshop.emulator.storage.recording import Recorder, replay
    from pinshop.transports.urllib3 import Urllib3Transport

    with Client(token, transport=Recorder(Urllib3Transport(), "account.jsonl")) as client:
        list(client.campaigns.list("549755885175"))            # reads as always, and notes the answers

    emulator = Emulator()
    replay(emulator, "account.jsonl")                           # the same campaigns, to break at will

Only answers to GETs of ad accounts, campaigns, ad groups, catalogs, feeds, catalog product groups and promotions are kept,
of a group's products how many there are, their prices and whether they are in stock, and of the analytics of promotions the
impressions, clicks, spend and checkouts. A line holds the operation, the
path and the body. No header is kept, hence no token. Of the body, ids, enums, numbers, dates and truth values stay, because
code refers to them; every other text (names, addresses, URLs, filters' values) becomes a placeholder, the same one for the
same text. What is not known to be harmless is replaced, not the other way round.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from pinshop.api.checks import is_digits
from pinshop.api.endpoints import OPERATIONS
from pinshop.api.fields import FIELDS
from pinshop.api.http import AsyncTransport, Reply, Request, Transport
from pinshop.api.models.decoding import decoder_of
from pinshop.api.operations import Operation
from pinshop.emulator.storage import answers_of_analytics, answers_of_products
from pinshop.errors import ConfigurationError

#: Parents before children, as they must be put into a state.
_ORDER = ("ad_accounts", "campaigns", "ad_groups", "catalogs", "feeds", "catalogs_product_groups", "product_group_promotions")

#: What is recorded beside the lists and gets of these: what is known to be harmless of it.
_OTHERS = answers_of_products.OPERATIONS | answers_of_analytics.OPERATIONS

_RECORDED: tuple[tuple[re.Pattern[str], Operation], ...] = tuple(
    (re.compile(r"(?:/v5)?" + "[^/]+".join(map(re.escape, operation.path_parts))), operation)
    for operation in OPERATIONS
    if operation.id in {f"{kind}/{verb}" for kind in _ORDER for verb in ("list", "get")} | _OTHERS
)

#: Fields by what their values look like when they say nothing about anybody; anything else under their names is replaced, too.
_ROWS = {field.name: field.kind for fields in FIELDS.values() for field in fields}

_FORMS: dict[str, re.Pattern[str]] = {
    "id": re.compile(r"[0-9]{1,40}"),
    "foreign_id": re.compile(r"[0-9]{1,40}"),
    "ad_group_ref": re.compile(r"(AG)?[0-9]{1,18}"),
    "campaign_ref": re.compile(r"C?[0-9]{1,18}"),
    "enum": re.compile(r"[A-Z][A-Z0-9_]{0,60}"),
}

_CODES: dict[str, re.Pattern[str]] = {
    "country": re.compile(r"[A-Z]{2}"),
    "currency": re.compile(r"[A-Z]{3}"),
    "time_zone": re.compile(r"[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]+){0,2}"),
    "locale": re.compile(r"[a-z]{2}([-_][A-Z]{2})?"),
    "default_country": re.compile(r"[A-Z]{2}"),
    "default_currency": re.compile(r"[A-Z]{3}"),
    "default_locale": re.compile(r"[a-z]{2}([-_][A-Z]{2})?"),
    "default_availability": _FORMS["enum"],
    "feed_profile_id": _FORMS["id"],
    "status": _FORMS["enum"],
    "type": re.compile(r"[A-Z][A-Z0-9_]{0,60}|[a-z_]{1,30}"),
    "created_at": (_INSTANT := re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+Z-]{2,30})?")),
    "updated_at": _INSTANT,
}

_NUMBERS = frozenset(name for name, kind in _ROWS.items() if kind in ("integer", "number"))

#: Names as APIs write them. What a person or a shop is called is not written like that, nor is an address or a number.
_WRITTEN = re.compile(r"(?!pin[a-z]_)[a-z]+(_[a-z]+)*_?[0-9]{0,2}|[A-Z]+(_[A-Z]+)*_?[0-9]{0,2}")

#: Fields that are left out whole: numbers in them may be secret, too.
_SECRET = frozenset({"credentials", "bookmark", "password", "token", "access_token", "refresh_token"})

_TOKEN = re.compile(r"pin[a-z]_")


class Recorded(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a recording."""

    operation: str
    path: str
    body: dict[str, Any]


class Redaction:
    """Replaces text by placeholders: ``name 1``, ``person2@redacted.example``, ``https://redacted.example/3``.

    Args:
        keep: names of fields to keep as they are, such as "name".
    """

    def __init__(self, keep: Iterable[str] = ()) -> None:
        self._kept = frozenset(keep)
        self._known: dict[str, str] = {}

    def redacted(self, value: Any, field: str = "") -> Any:
        """``value`` with placeholders; ``field`` is the name under which it stood."""
        if isinstance(value, dict):
            return {self._name(name): None if name in _SECRET else self.redacted(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.redacted(inner, field) for inner in value]
        if isinstance(value, str):
            return value if self._is_harmless(value, field) else self._placeholder(value, field)
        if isinstance(value, bool) or value is None:
            return value
        # A long number under a name that nobody knows may be a telephone's, and one with a fraction a place on a map.
        is_small = isinstance(value, int) and abs(value) < 1_000_000
        return value if field in _NUMBERS or field in self._kept or is_small else None

    def path(self, path: str) -> str:
        """A path whose every changing part is a number or a placeholder."""
        known = {part for operation in OPERATIONS for part in operation.path.split("/")} | {"v5"}
        parts = path.split("/")
        return "/".join(part if part in known or is_digits(part) else self._placeholder(part, "id") for part in parts)

    def _name(self, name: str) -> str:
        if name in _ROWS or name in self._kept or _WRITTEN.fullmatch(name):
            return name
        return self._placeholder(name, "name")

    def _is_harmless(self, text: str, field: str) -> bool:
        if _TOKEN.search(text):
            return False
        if field in self._kept:
            return True
        form = _CODES.get(field) or _FORMS.get(_ROWS.get(field, ""))
        return form is not None and form.fullmatch(text) is not None

    def _placeholder(self, text: str, field: str) -> str:
        if text in self._known:
            return self._known[text]
        number = len(self._known) + 1
        if "://" in text:
            made = f"https://redacted.example/{number}"
        elif "@" in text:
            made = f"person{number}@redacted.example"
        else:
            made = f"{field if field in _ROWS else 'text'} {number}"
        self._known[text] = made
        return made


class Recording:
    """A file of recorded answers, one JSON object a line, readable by its owner only. It is added to, never overwritten."""

    def __init__(self, path: str | Path, keep: Iterable[str] = ()) -> None:
        self._redaction = Redaction(keep)
        self._lock = threading.Lock()
        self._path = path
        self._file = _opened(path)

    def note(self, request: Request, reply: Reply) -> None:
        """Keep the answer if it is one of those that can be replayed."""
        path = request.target.partition("?")[0]
        operation = next((known for pattern, known in _RECORDED if pattern.fullmatch(path)), None)
        if operation is None or request.method != "GET" or reply.status != 200:
            return
        of_analytics = operation.id in answers_of_analytics.OPERATIONS
        try:
            rows = msgspec.json.decode(reply.body, type=list[Any]) if of_analytics else []
            body = {} if of_analytics else msgspec.json.decode(reply.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):  # the caller will be told; there is nothing to keep
            return
        with self._lock:
            if of_analytics:
                kept = answers_of_analytics.harmless(request.target, rows)
            elif operation.id in answers_of_products.OPERATIONS:
                kept = answers_of_products.harmless(operation.id, path, body)
            else:
                kept = self._redaction.redacted(body)
            line = Recorded(operation.id, self._redaction.path(path), kept)
            self._append(msgspec.json.encode(line) + b"\n")

    def _append(self, line: bytes) -> None:
        size = os.fstat(self._file.fileno()).st_size
        try:
            written, why = self._file.write(line), os.strerror(errno.ENOSPC)
        except OSError as error:
            written, why = 0, str(error)
        if written != len(line):
            with contextlib.suppress(OSError):
                self._file.truncate(size)  # half a line would spoil the next one
            raise ConfigurationError(f"recording: {self._path}: {why}")

    def close(self) -> None:
        self._file.close()


def _opened(path: str | Path) -> FileIO:
    """The file to add to. It is made its owner's alone, so it must be a file, and this one: no device, pipe or link."""
    try:
        # Not following links, and not waiting for who reads a pipe, are things of POSIX.
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | flags, 0o600)
    except (OSError, TypeError, ValueError) as error:
        raise ConfigurationError(f"recording: {path!r}: {error}") from error
    file = FileIO(descriptor, "ab")
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if is_file and os.name == "posix":  # also of a file that was there
            os.fchmod(descriptor, 0o600)
    except OSError as error:
        file.close()
        raise ConfigurationError(f"recording: {path!r}: {error}") from error
    if not is_file:
        file.close()
        raise ConfigurationError(f"recording: {path!r}: this is no file")
    return file


class Recorder:
    """A transport that records what passes through it. Closing it closes the transport within."""

    def __init__(self, transport: Transport, path: str | Path, *, keep: Iterable[str] = ()) -> None:
        self._transport, self._recording = transport, Recording(path, keep)

    def send(self, request: Request, /) -> Reply:
        reply = self._transport.send(request)
        self._recording.note(request, reply)
        return reply

    def close(self) -> None:
        self._transport.close()
        self._recording.close()


class AsyncRecorder:
    """The same for an asynchronous transport."""

    def __init__(self, transport: AsyncTransport, path: str | Path, *, keep: Iterable[str] = ()) -> None:
        self._transport, self._recording = transport, Recording(path, keep)

    async def send(self, request: Request, /) -> Reply:
        reply = await self._transport.send(request)
        self._recording.note(request, reply)
        return reply

    async def close(self) -> None:
        await self._transport.close()
        self._recording.close()


def read(path: str | Path) -> list[Recorded]:
    """The recorded answers of a file, parents before children, otherwise in the order of recording.

    Raises:
        ConfigurationError: no such file, or a line that no recorder wrote.
    """
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise ConfigurationError(f"recording: {error}") from error
    found: list[Recorded] = []
    for number, line in enumerate(lines, 1):
        try:
            recorded = decoder_of(Recorded).decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"recording: line {number} of {path}: {error}") from error
        if _kind(recorded) not in _ORDER and recorded.operation not in _OTHERS:
            raise ConfigurationError(
                f"recording: line {number} of {path}: operation: got {recorded.operation!r}, "
                f"allowed: list or get of {', '.join(_ORDER)}; {', '.join(sorted(_OTHERS))}"
            )
        found.append(recorded)
    places = {kind: place for place, kind in enumerate(_ORDER)}
    return sorted(found, key=lambda recorded: places.get(_kind(recorded), len(places)))


def _kind(recorded: Recorded) -> str:
    return recorded.operation.partition("/")[0]


def answers(path: str | Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The recorded answers as `Emulator.import_answers` takes them."""
    return ((recorded.operation, recorded.body) for recorded in read(path))


class _TakesAnswers(Protocol):
    def import_answers(self, answers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]: ...


def replay(emulator: _TakesAnswers, path: str | Path) -> dict[str, int]:
    """Put a recording into an emulator. What has the same id is replaced; all of it belongs to the seeded user.

    Returns: how many entities of each kind were stored.

    Raises:
        ConfigurationError: not a recording, or an entity whose parent was not recorded.
    """
    return emulator.import_answers(answers(path))
