"""The journal of plans: a directory with one file for each plan that was begun, and a lock that dies with its holder.

    {"pinshop_plan": 1, "number": 7, "plan": {…}}
    {"started": 1772366400, "user": {"id": "…", "username": "…"}}
    {"sending": "create promotion", "refs": ["promotion 2680… 1234… REGULAR", …]}
    {"outcomes": [{"ref": "…", "stage": "create", "state": "done", "id": "4260608094066"}, …]}
    {"finished": 1772366412}

Plans are in the order in which they were begun with this journal, which the number tells: clocks are set back, and two plans
may begin within a second. Each line is on disk before the next step is made. The journal is evidence (a plan runs at most
once; what a plan last set; what it created; what to roll back to), and never needed to know what is there: that is what
Pinterest answers.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.models.decoding import decoder_of
from pinshop.errors import InvalidInput, PlanRefused
from pinshop.files.locks import lock_file
from pinshop.plans.changes import EntityType
from pinshop.plans.plan import Plan
from pinshop.plans.values import when


class Recorded(Struct, omit_defaults=True):
    """What became of one change in one stage. ``state``: done, failed, unknown."""

    ref: str
    stage: str
    state: str
    id: str | None = None
    code: int | None = None
    message: str | None = None


class _Line(Struct, omit_defaults=True):
    pinshop_plan: int = 0
    number: int = 0
    plan: msgspec.Raw = msgspec.Raw()
    started: int = 0
    user: dict[str, Any] = {}
    sending: str = ""
    refs: list[str] = []
    outcomes: list[Recorded] = []
    finished: int = 0


class History(Struct):
    """What one file of the journal tells."""

    path: Path
    plan: Plan
    #: The how-manieth of its directory it is; 0: begun by a pinshop that did not count.
    number: int = 0
    started: int = 0
    finished: int = 0
    #: Refs of changes that were sent, whatever came of them.
    sent: set[str] = set()
    #: ``(ref, stage)`` of what is known to be done, with the id.
    done: dict[tuple[str, str], str | None] = {}
    #: Whether the last step that was begun has no outcome: it was interrupted.
    interrupted: bool = False


def read_history(path: str | os.PathLike[str]) -> History:
    """Read the journal of one plan. Half a line at the end is that of a process that was killed, and ignored.

    Raises:
        InvalidInput: not such a file.
    """
    path = Path(path)
    try:
        whole = path.read_bytes().rpartition(b"\n")[0]
        lines = [decoder_of(_Line).decode(line) for line in whole.split(b"\n") if line]
        plan = decoder_of(Plan).decode(bytes(lines[0].plan))
    except OSError as error:
        raise InvalidInput("journal", str(path), f"a file that can be read ({error.strerror})") from None
    except (msgspec.MsgspecError, IndexError, UnicodeDecodeError) as error:
        raise InvalidInput("journal", str(path), f"the journal of a plan that pinshop wrote ({error})") from None
    history = History(path, plan, lines[0].number, sent=set(), done={})
    for line in lines[1:]:
        history.started = history.started or line.started
        history.finished = line.finished or history.finished
        if line.sending:
            history.sent.update(line.refs)
            history.interrupted = True
        for outcome in line.outcomes:
            if outcome.state == "done":
                history.done[outcome.ref, outcome.stage] = outcome.id
        if line.outcomes:
            history.interrupted = any(outcome.state == "unknown" for outcome in line.outcomes)
    return history


def histories(directory: str | os.PathLike[str]) -> list[History]:
    """Every plan that was begun, the oldest first. An empty or missing directory has none."""
    found = [read_history(path) for path in Path(directory).glob("*.jsonl")]
    return sorted(found, key=lambda history: (history.number, history.started, history.path.name))


def find_history(directory: str | os.PathLike[str], plan_id: str | None = None) -> History:
    """The history of one plan by the beginning of its id (12 characters at least), or of the last that was begun.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    every = histories(directory)
    if plan_id is None:
        found = every[-1:]
    else:
        found = [history for history in every if len(plan_id) >= 6 and history.plan.id.startswith(plan_id)]
    if len(found) != 1:
        known = ", ".join(history.plan.short_id for history in every) or "none"
        raise InvalidInput("plan_id", plan_id, f"the id of a plan in the journal {os.fspath(directory)}: {known}")
    return found[0]


def _highest_number(directory: Path) -> int:
    """Of the plans that were begun; the caller has the directory for itself."""
    numbers = [0]
    for path in directory.glob("*.jsonl"):
        with path.open("rb") as file, contextlib.suppress(msgspec.MsgspecError):  # one that was just opened is empty
            numbers.append(decoder_of(_Line).decode(file.readline()).number)
    return max(numbers)


def default_directory(manifest: str | os.PathLike[str]) -> Path:
    """Where the journal of a manifest, or of a saved plan, is unless another place is named: ``.pinshop`` beside it."""
    return Path(manifest).resolve().parent / ".pinshop"


class JournalKnowledge:
    """What a journal knows of single objects: `pinshop.plans.diff.Known`."""

    def __init__(self, every: list[History]) -> None:
        self._last: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        self._created: set[str] = set()
        for history in every:
            words = f"plan {history.plan.short_id} of {when(history.started)}"
            for change in history.plan.changes:
                for stage, fields in change.writes().items():
                    if (change.ref, stage) not in history.done:
                        continue
                    entity_id = change.id or history.done[change.ref, stage]
                    if not entity_id:
                        continue
                    before = self._last.get((change.entity_type, entity_id), ({}, ""))[0]
                    self._last[change.entity_type, entity_id] = ({**before, **fields}, words)
                    if change.entity_type == "promotion" and stage == "create":
                        self._created.add(entity_id)

    def last(self, entity_type: EntityType, id: str, /) -> tuple[Mapping[str, Any], str] | None:  # noqa: A002
        return self._last.get((entity_type, id))

    def created(self, id: str, /) -> bool:  # noqa: A002
        return id in self._created


class PlanJournal:
    """The journal of the plan that is being applied. One process at a time has the directory."""

    def __init__(self, directory: str | os.PathLike[str], plan: Plan) -> None:
        self.directory = Path(directory)
        self.path = self.directory / f"{plan.short_id}.jsonl"
        self._plan = plan
        self._descriptor: int | None = None
        self._unlock: Callable[[], None] | None = None

    def open(self) -> History | None:
        """Lock the directory; what is known of this plan, or None where it was never begun.

        Raises:
            PlanRefused: another process is applying a plan with this journal.
        """
        self._unlock = lock_file(self.directory / "lock")
        if self._unlock is None:
            raise PlanRefused(
                f"another process is applying a plan with the journal {self.directory}", advice="wait until it is done"
            )
        if not self.path.exists():
            return None
        if b"\n" not in self.path.read_bytes():  # killed while the first line was written: nothing had begun
            self.path.unlink()
            return None
        history = read_history(self.path)
        if history.plan.id != self._plan.id:
            raise PlanRefused(f"{self.path} is the journal of another plan", advice="use another directory for the journal")
        return history

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record, and return when it is on disk. The first one brings the plan."""
        data = msgspec.json.encode(record) + b"\n"
        if self._descriptor is None:
            data = self._begin() + data
        descriptor = self._descriptor or 0
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)

    def _begin(self) -> bytes:
        new = not self.path.exists()
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if not new:
            whole, _, torn = self.path.read_bytes().rpartition(b"\n")
            if torn:  # killed while writing: what the half line would have said was not acted upon
                os.ftruncate(self._descriptor, len(whole) + 1)
            return b""
        if os.name == "posix":  # the name of the file too must survive a power cut
            directory = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        header = {"pinshop_plan": 1, "number": _highest_number(self.directory) + 1, "plan": self._plan}
        return msgspec.json.encode(header, order="deterministic") + b"\n"

    def close(self) -> None:
        """Close the file and free the directory."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._unlock is not None:
            self._unlock()
            self._unlock = None
