"""Trouble on demand: "the next 2 creates: commit, then drop the connection".

A fault applies to one operation id, or to ``"*"``, for its next ``times`` calls or with a ``probability`` (drawn from the
emulator's seed, so a run repeats). Faults are tried in the order they were added; the first that applies is used.
"""

from __future__ import annotations

import random
import threading
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.endpoints import BY_ID
from pinshop.errors import ConfigurationError


class Fault(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One fault. What it does is the combination of these fields.

    ``status``/``code``/``message``/``body``/``headers``: this answer instead of the real one. ``after_commit``: let the write
    happen first. ``drop``: close the connection without an answer. ``hang``: never answer. ``truncate``: cut the answer's body
    after so many bytes and close. ``latency_seconds``: answer late. ``item``/``items``: these items (from 0) of a batch fail
    with ``code`` and ``message``, the others are done.
    """

    operation: str = "*"
    times: int | None = 1
    probability: float | None = None
    status: int | None = None
    code: int = 12
    message: str = "Something went wrong on our end. Sorry about that."
    body: str | None = None
    headers: dict[str, str] = {}
    after_commit: bool = False
    drop: bool = False
    hang: bool = False
    truncate: int | None = None
    latency_seconds: float = 0.0
    items: list[int] = []
    id: int = 0

    @property
    def replaces_answer(self) -> bool:
        return self.status is not None or self.body is not None or self.drop or self.hang


class Faults:
    """The faults in force, and the draw of those with a probability."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._faults: list[Fault] = []
            self._next_id = 1
            self._random = random.Random(self._seed)  # noqa: S311  chance that repeats, no secret

    def add(self, **facts: Any) -> Fault:
        """Add a fault; arguments are the fields of `Fault`, and ``item=k`` for ``items=[k]``.

        Raises:
            ConfigurationError: an unknown operation or field, or a fault that would do nothing.
        """
        if (item := facts.pop("item", None)) is not None:
            facts["items"] = [item]
        if facts.get("probability") is not None:
            facts.setdefault("times", None)
        try:
            fault = msgspec.convert(facts, Fault)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"fault: {error}") from error
        if fault.operation != "*" and fault.operation not in BY_ID:
            raise ConfigurationError(f"fault: no operation {fault.operation!r}; known: *, {', '.join(sorted(BY_ID))}")
        if not (fault.replaces_answer or fault.truncate is not None or fault.latency_seconds or fault.items):
            words = "status, body, drop, hang, truncate, latency_seconds or items"
            raise ConfigurationError(f"fault: say what shall happen: {words}")
        if fault.probability is not None and not 0 <= fault.probability <= 1:
            raise ConfigurationError(f"fault: probability: got {fault.probability!r}, allowed: 0 to 1")
        if fault.times is not None and fault.times < 1:
            raise ConfigurationError(f"fault: times: got {fault.times!r}, allowed: 1 or more, or null for always")
        if fault.status is not None and not 200 <= fault.status <= 599:
            raise ConfigurationError(f"fault: status: got {fault.status!r}, allowed: 200 to 599")
        if fault.latency_seconds < 0 or (fault.truncate is not None and fault.truncate < 0):
            raise ConfigurationError("fault: latency_seconds and truncate must not be negative")
        with self._lock:
            fault.id = self._next_id
            self._next_id += 1
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int) -> bool:
        """Remove one fault; False if it is not in force (any more)."""
        with self._lock:
            kept = [fault for fault in self._faults if fault.id != fault_id]
            removed = len(kept) < len(self._faults)
            self._faults = kept
        return removed

    def list(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, operation: str) -> Fault | None:
        """The fault that applies to this call, used up by one."""
        if not self._faults:  # the usual case takes no lock
            return None
        with self._lock:
            for fault in self._faults:
                if fault.operation not in ("*", operation):
                    continue
                if fault.probability is not None and self._random.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None
