"""Faults and stubs: calls that are answered otherwise than Pinterest would.

Each is aimed at calls: at one operation or ``"*"``, and further by token, ad account, body and item. It acts on the next
``times`` of them, or with a ``probability`` drawn from the emulator's seed, so that a run repeats. They are tried in the order
they were added; the first that fits is used. A stub is an answer of your own; nobody need call it a fault.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Struct

from pinshop.api.endpoints import BY_ID
from pinshop.api.models.decoding import decoder_of
from pinshop.api.near import or_rather
from pinshop.emulator.arguments import of_fields, shown
from pinshop.emulator.requests import decode
from pinshop.errors import ConfigurationError

_ABOVE_ALL = 10**9


class Fault(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One fault or stub. What it does is the combination of these fields.

    ``status``/``code``/``message``, ``body`` or ``json``, ``headers``: this answer instead of the real one. ``after_commit``:
    let the write happen first. ``drop``: close the connection without an answer. ``hang``: never answer. ``truncate``: cut the
    answer's body after so many bytes and close. ``latency_seconds``: answer late. ``item``/``items``: these items (from 0) of a
    batch fail with ``code`` and ``message``, the others are done.

    Aim: ``token`` and ``ad_account_id``: calls with these, in the path or the query. ``body_like``: calls whose body, JSON or a
    form, has at least this: each key with such a value, each entry somewhere in the list. ``item_like``: batches with such an
    item, and if nothing replaces the answer, those items fail.
    """

    operation: str = "*"
    token: str | None = None
    ad_account_id: str | None = None
    body_like: Any = UNSET
    item_like: dict[str, Any] | None = None
    times: int | None = 1
    probability: float | None = None
    status: int | None = None
    code: int = 12
    message: str = "Something went wrong on our end. Sorry about that."
    body: str | None = None
    json: Any = UNSET
    headers: dict[str, str] = {}
    after_commit: bool = False
    drop: bool = False
    hang: bool = False
    truncate: int | None = None
    latency_seconds: float = 0.0
    items: list[int] = []
    stub: bool = False
    id: int = 0

    @property
    def replaces_answer(self) -> bool:
        return self.status is not None or self.body is not None or self.json is not UNSET or self.drop or self.hang

    def failing(self, target: Target) -> dict[int, tuple[int, str]]:
        """The items of a call that fail: index -> code and message."""
        indexes = set(self.items)
        if self.item_like is not None and not self.replaces_answer:
            indexes |= {index for index, item in enumerate(target.items()) if _has(item, self.item_like)}
        return dict.fromkeys(sorted(indexes), (self.code, self.message))

    def fits(self, operation: str, target: Target) -> bool:
        """Whether it is aimed at this call."""
        return (
            self.operation in ("*", operation)
            and self.token in (None, target.token)
            and self.ad_account_id in (None, target.ad_account_id)
            and (self.body_like is UNSET or _has(target.json(), self.body_like))
            and (self.item_like is None or any(_has(item, self.item_like) for item in target.items()))
        )


class Target(Struct):
    """What of a call a fault can be aimed at."""

    token: str = ""
    ad_account_id: str | None = None
    body: bytes | None = None

    def json(self) -> Any:
        """The body as a value, of a form its fields; None if it is neither."""
        try:
            return decode(self.body) if self.body else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._form()

    def _form(self) -> dict[str, str] | None:
        try:
            return dict(parse_qsl((self.body or b"").decode("ascii"), strict_parsing=True, max_num_fields=50))
        except ValueError:
            return None

    def items(self) -> Sequence[Any]:
        """The items of a batch: the body, or the list in it."""
        body = self.json()
        if isinstance(body, dict):
            body = next((value for value in body.values() if isinstance(value, list)), None)
        return body if isinstance(body, list) else ()


def _has(value: Any, like: Any) -> bool:
    if isinstance(like, Mapping):
        return isinstance(value, dict) and all(name in value and _has(value[name], inner) for name, inner in like.items())
    if isinstance(like, list | tuple):
        return isinstance(value, list) and all(any(_has(entry, inner) for entry in value) for inner in like)
    # 60 and 60.0 are one number in JSON; true is none.
    return bool(value == like) and isinstance(value, bool) == isinstance(like, bool)


class Faults:
    """The active faults and stubs, and the draw of those with a probability."""

    def __init__(self, seed: int, lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._seed = seed
        self._faults: list[Fault] = []
        self.clear(stubs=True)

    def clear(self, *, stubs: bool = False) -> None:
        """Remove all faults; with ``stubs`` begin anew: stubs are removed as well, numbers and chance start over."""
        with self._lock:
            self._faults = [] if stubs else [fault for fault in self._faults if fault.stub]
            if stubs:
                self._next_id = 1
            if not self._faults:
                self._random = random.Random(self._seed)  # noqa: S311  chance that repeats, no secret

    def add(self, /, **given: Any) -> Fault:
        """Add a fault; arguments are the fields of `Fault`, and ``item=k`` for ``items=[k]``.

        Raises:
            ConfigurationError: an unknown operation or field, or a fault that would do nothing.
        """
        fault = _checked(given)
        with self._lock:
            fault.id = self._next_id
            self._next_id += 1
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int) -> bool:
        """Remove one fault or stub; False if it is not active (any more)."""
        with self._lock:
            kept = [fault for fault in self._faults if fault.id != fault_id]
            removed = len(kept) < len(self._faults)
            self._faults = kept
        return removed

    def list(self, *, stubs: bool = False) -> list[Fault]:
        """The active faults, or the stubs."""
        with self._lock:
            return [fault for fault in self._faults if fault.stub == stubs]

    def __bool__(self) -> bool:
        return bool(self._faults)

    def take(self, operation: str, target: Target) -> Fault | None:
        """The fault or stub that acts on this call, used up by one."""
        with self._lock:
            for fault in self._faults:
                if not fault.fits(operation, target):
                    continue
                if fault.probability is not None and self._random.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None


_KNOWN = [*(name for name in Fault.__struct_fields__ if name not in ("id", "stub")), "item"]


def _checked(given: dict[str, Any]) -> Fault:
    if unknown := sorted(set(given) - {*_KNOWN, "stub"}):
        raise ConfigurationError(
            f"fault: no field {', '.join(unknown)}; known: {', '.join(_KNOWN)}{or_rather(unknown[0], _KNOWN)}"
        )
    facts = dict(given)
    if (item := facts.pop("item", None)) is not None:
        facts["items"] = [item]
    if facts.get("probability") is not None:
        facts.setdefault("times", None)
    decoder_of(Fault)
    fault = of_fields("fault", facts, Fault)
    if fault.operation != "*" and fault.operation not in BY_ID:
        meant = or_rather(fault.operation, BY_ID)
        raise ConfigurationError(f"fault: no operation {shown(fault.operation)}; known: *, {', '.join(sorted(BY_ID))}{meant}")
    does = fault.replaces_answer or fault.truncate is not None or fault.latency_seconds or fault.items
    if not (does or fault.item_like is not None):
        words = "status, body, json, drop, hang, truncate, latency_seconds, items or item_like"
        raise ConfigurationError(f"fault: say what shall happen: {words}")
    if fault.json is not UNSET and fault.body is not None:
        raise ConfigurationError("fault: give body or json, not both")
    for name, value, low, high in (
        ("probability", fault.probability, 0, 1),
        ("times", fault.times, 1, _ABOVE_ALL),
        ("status", fault.status, 200, 599),
        ("code", fault.code, -_ABOVE_ALL, _ABOVE_ALL),
        ("latency_seconds", fault.latency_seconds, 0, 86_400),
        ("truncate", fault.truncate, 0, _ABOVE_ALL),
        *(("items", item, 0, _ABOVE_ALL) for item in fault.items),
    ):
        if value is not None and not low <= value <= high:
            allowed = f"{low} to {high}" + (", or null for always" if name == "times" else "")
            raise ConfigurationError(f"fault: {name}: got {value!r}, allowed: {allowed}")
    for name, text in fault.headers.items():
        if not (name and name.isascii() and name.replace("-", "").replace("_", "").isalnum()) or not _is_header_value(text):
            raise ConfigurationError(f"fault: headers: got {name!r}: {text!r}, allowed: names and values as HTTP has them")
    fault.headers = {name.lower(): text for name, text in fault.headers.items()}
    return fault


def _is_header_value(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)
