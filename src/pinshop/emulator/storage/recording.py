"""Record what the real API answers, redacted, and replay it as the state of an emulator.

    from pinshop import Client
    from pinshop.emulator import Emulator
    from pinshop.emulator.storage.recording import Recorder, replay
    from pinshop.transports.urllib3 import Urllib3Transport

    with Client(token, transport=Recorder(Urllib3Transport(), "account.jsonl")) as client:
        list(client.campaigns.list("549755885175"))            # reads as always, and notes the answers

    emulator = Emulator()
    replay(emulator, "account.jsonl")                           # the same campaigns, to break at will

Only answers to GETs of ad accounts, campaigns, ad groups, catalogs, feeds, catalog product groups and promotions are kept.
A line holds the operation, the path and the body. No header is kept, hence no token. Of the body, ids, enums, numbers, dates
and truth values stay, because code refers to them; every other text (names, addresses, URLs, filters' values) becomes a
placeholder, the same one for the same text. What is not known to be harmless is replaced, not the other way round.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from pinshop.api.endpoints import OPERATIONS
from pinshop.api.fields import FIELDS
from pinshop.api.http import AsyncTransport, Reply, Request, Transport
from pinshop.api.operations import Operation
from pinshop.errors import ConfigurationError

#: Parents before children, as they must be put into a state.
_ORDER = ("ad_accounts", "campaigns", "ad_groups", "catalogs", "feeds", "catalogs_product_groups", "product_group_promotions")

_RECORDED: tuple[tuple[re.Pattern[str], Operation], ...] = tuple(
    (re.compile(r"(?:/v5)?" + "[^/]+".join(map(re.escape, operation.path_parts))), operation)
    for operation in OPERATIONS
    if operation.id in {f"{kind}/{verb}" for kind in _ORDER for verb in ("list", "get")}
)

#: Fields whose text says nothing about anybody.
_HARMLESS = frozenset(
    field.name
    for fields in FIELDS.values()
    for field in fields
    if field.kind in ("id", "foreign_id", "ad_group_ref", "campaign_ref", "enum", "integer", "number", "boolean")
) | {
    "country",
    "currency",
    "time_zone",
    "locale",
    "status",
    "type",
    "created_at",
    "updated_at",
    "definition",
    "default_availability",
    "default_country",
    "default_currency",
    "default_locale",
}

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
        self._kept = _HARMLESS | frozenset(keep)
        self._known: dict[str, str] = {}

    def redacted(self, value: Any, field: str = "") -> Any:
        """``value`` with placeholders; ``field`` is the name under which it stood."""
        if isinstance(value, dict):
            return {name: None if name in _SECRET else self.redacted(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.redacted(inner, field) for inner in value]
        if isinstance(value, str) and (field not in self._kept or _TOKEN.search(value)):
            return self._known.setdefault(value, self._placeholder(value, field))
        return value

    def _placeholder(self, text: str, field: str) -> str:
        number = len(self._known) + 1
        if "://" in text:
            return f"https://redacted.example/{number}"
        if "@" in text:
            return f"person{number}@redacted.example"
        return f"{field or 'text'} {number}"


class Recording:
    """A file of recorded answers, one JSON object a line, readable by its owner only. It is added to, never overwritten."""

    def __init__(self, path: str | Path, keep: Iterable[str] = ()) -> None:
        self._redaction = Redaction(keep)
        self._lock = threading.Lock()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ConfigurationError(f"recording: {error}") from error
        self._file = os.fdopen(descriptor, "ab", buffering=0)

    def note(self, request: Request, reply: Reply) -> None:
        """Keep the answer if it is one of those that can be replayed."""
        path = request.target.partition("?")[0]
        operation = next((known for pattern, known in _RECORDED if pattern.fullmatch(path)), None)
        if operation is None or request.method != "GET" or reply.status != 200:
            return
        try:
            body = msgspec.json.decode(reply.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):  # the caller will be told; there is nothing to keep
            return
        with self._lock:
            line = Recorded(operation.id, path, self._redaction.redacted(body))
            self._file.write(msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        self._file.close()


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
            recorded = msgspec.json.decode(line, type=Recorded)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"recording: line {number} of {path}: {error}") from error
        if _kind(recorded) not in _ORDER:
            raise ConfigurationError(
                f"recording: line {number} of {path}: operation: got {recorded.operation!r}, "
                f"allowed: list or get of {', '.join(_ORDER)}"
            )
        found.append(recorded)
    return sorted(found, key=lambda recorded: _ORDER.index(_kind(recorded)))


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
