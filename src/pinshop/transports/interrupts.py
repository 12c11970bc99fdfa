"""Ctrl-C while a flow runs: it arrives where the flow can be told of it, and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from signal import SIGINT
from types import FrameType
from typing import Any, TypeVar

# The functions of `signal` turn numbers into members of an enum, which takes longer than all the rest of a call. PyPy has both.
signals: Any = import_module("_signal")

T = TypeVar("T")

Handler = Callable[[int, FrameType | None], Any]


class Interrupts:
    """Defers SIGINT from `begin` to `end`, but for what `allow` calls.

    Between two steps of a flow there are lines at which a `KeyboardInterrupt` would reach nobody who knows what was sent. So
    a signal that comes there is delivered by the next `allow`, or after `end`. The third one in a row is delivered at once:
    whoever insists gets out. Does nothing in other threads than the main one, which no signal reaches, and where SIGINT has
    no handler of Python's.
    """

    __slots__ = ("_active", "_allowed", "_before", "_deliver", "pending")

    def __init__(self) -> None:
        self._active = False
        self._allowed = False
        self._before: Any = None
        self._deliver: Handler | None = None
        #: How many signals wait to be delivered.
        self.pending = 0

    def begin(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        before = signals.getsignal(SIGINT)
        if not callable(before):
            return
        outer = getattr(before, "__self__", None)  # a call made from a callback of another call
        self._before = before
        self._deliver = outer._deliver if isinstance(outer, Interrupts) else before  # noqa: SLF001
        try:
            signals.signal(SIGINT, self._arrived)
        except ValueError:  # the main thread of an interpreter that is not the main one
            return
        self._active = True

    def end(self) -> None:
        """Put the handler back. Signals that are still pending are the caller's to `deliver`."""
        if self._active:
            self._active = False
            # Whoever has set another one in the meantime (a callback of the user's) wants that one.
            if signals.getsignal(SIGINT) == self._arrived:
                signals.signal(SIGINT, self._before)

    def deliver(self) -> None:
        """Raise what a pending signal stands for; nothing if there is none."""
        if self.pending and self._deliver is not None:
            self.pending = 0
            self._deliver(SIGINT, None)

    def allow(self, call: Callable[..., T], *args: Any) -> T:
        """Call what may take long, and what a signal may end."""
        if not self._active:
            return call(*args)
        try:
            self._allowed = True
            if self.pending:
                self._allowed = False
                self.deliver()
                self._allowed = True
            return call(*args)
        finally:
            self._allowed = False

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self._deliver is not None and (self._allowed or self.pending >= 2):
            self._allowed = False
            self.pending = 0
            self._deliver(number, frame)
        else:
            self.pending += 1
