"""What differs from the manifest, by means that cannot change anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from pinshop.api.http import Request
from pinshop.errors import PinshopError
from pinshop.flow.steps import Flow, T, Together
from pinshop.plans.changes import Change, Note
from pinshop.plans.plan import Plan
from pinshop.plans.text import harmless, names_of, note_words, place_words, value_words
from pinshop.plans.values import when


class Drift(Struct, frozen=True, kw_only=True):
    """What Pinterest has otherwise than the manifest says. ``changes`` read from the manifest (after) to Pinterest (before)."""

    plan: Plan
    changes: list[Change]
    notes: list[Note]
    ignored: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing drifted."""
        return not self.changes and not self.notes

    def to_json(self) -> bytes:
        """As versioned JSON."""
        value = {
            "version": 1,
            "source": self.plan.source,
            "at": self.plan.made_at,
            "server": self.plan.server,
            "accounts": self.plan.accounts,
            "changes": self.changes,
            "notes": self.notes,
            "ignored": self.ignored,
        }
        return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"

    def to_text(self) -> str:
        """For a terminal."""
        return drift_text(self)


def only_reads(flow: Flow[T]) -> Flow[T]:
    """The same flow, which ends with an error before it sends anything but a GET, or the refresh of a token."""
    answer: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = flow.send(answer) if error is None else flow.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        answer = error = None
        if isinstance(step, Request) and step.method != "GET" and not step.target.partition("?")[0].endswith("/oauth/token"):
            raise PinshopError(f"drift only reads, and this would have sent {step.method} {step.target.partition('?')[0]}")
        if isinstance(step, Together):
            step = Together([only_reads(one) for one in step.flows], step.at_most)
        try:
            answer = yield step
        except BaseException as caught:  # noqa: BLE001 - the flow inside decides
            error = caught


def drift_of(plan: Plan, ignore: Iterable[str]) -> Drift:
    """The differences of a plan, without the fields to ignore, and without what is no drift: undeclared promotions."""
    ignored = frozenset(ignore)
    changes = []
    for change in plan.changes:
        if change.action == "create":
            changes.append(change)
            continue
        after = {name: value for name, value in change.after.items() if name not in ignored}
        if after:
            before = {name: value for name, value in change.before.items() if name in after}
            changes.append(msgspec.structs.replace(change, after=after, before=before))
    notes = [note for note in plan.notes if note.kind in ("missing", "ambiguous", "conflict")]
    return Drift(plan=plan, changes=changes, notes=notes, ignored=sorted(ignored))


def drift_text(drift: Drift) -> str:
    """Drift on a terminal: what Pinterest has, against what the manifest says."""
    plan, names = drift.plan, names_of(drift.plan)
    if drift.is_empty:
        return harmless(f"No drift: Pinterest has what {plan.source} says ({plan.unchanged:,} objects looked at)") + "\n"
    lines = [f"Drift from {plan.source} at {when(plan.made_at)}: {len(drift.changes) + len(drift.notes):,} differences"]
    for change in drift.changes:
        account = plan.account(change.account)
        if change.action == "create":
            lines.append(f"  not there: {place_words(change, names)}  [{change.place}]")
            continue
        what = f"promotion {change.id} " if change.entity_type == "promotion" else ""
        lines.append(f"  differs: {what}{place_words(change, names)}  [{change.place}]")
        for name, value in change.after.items():
            live = value_words(name, change.before[name], account) if name in change.before else "not shown"
            lines.append(f"    {name}: Pinterest has {live}, the manifest says {value_words(name, value, account)}")
    lines += [f"  {note.kind.replace('_', ' ')}: {note_words(note)}" for note in drift.notes]
    return "\n".join(harmless(line) for line in lines) + "\n"
