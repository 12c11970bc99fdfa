"""The plan: a value that says what would be changed, from which state, on which server, and what it could cost.

Its JSON is versioned, sorted and without secrets. ``id`` is the digest of all the rest, so an accident is noticed; whoever may
apply a plan may also make one, so it is no signature.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from pinshop.api.models.decoding import decoder_of
from pinshop.errors import InvalidInput, PlanRefused
from pinshop.files.atomic import replace_file
from pinshop.plans.changes import PlanContents
from pinshop.plans.text import plan_markdown, plan_text


class Plan(PlanContents, frozen=True, kw_only=True):
    """Everything that would be changed, and what it rests on."""

    def __post_init__(self) -> None:
        if not self.id:
            msgspec.structs.force_setattr(self, "id", self.digest())

    def digest(self) -> str:
        """SHA-256 over everything but ``id``."""
        facts = {name: getattr(self, name) for name in self.__struct_fields__ if name != "id"}
        return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()

    def to_json(self) -> bytes:
        """The plan as versioned JSON, sorted, without secrets."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=2) + b"\n"

    def to_text(self) -> str:
        """For a terminal: counts, one line per change, then the fields."""
        return plan_text(self)

    def to_markdown(self, limit: int = 65_536) -> str:
        """For a comment of a pull request: at most ``limit`` characters; what does not fit is counted."""
        return plan_markdown(self, limit)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON to a file of mode 0600, whole or not at all."""
        replace_file(Path(path), self.to_json())


def load_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan that was saved, whatever became of it since.

    Raises:
        InvalidInput: no plan.
        PlanRefused: it was changed after it was made.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput("plan", os.fspath(path), f"a file that can be read ({error.strerror})") from None
    return decode_plan(data, os.fspath(path))


def decode_plan(data: bytes, name: str = "plan") -> Plan:
    """As `load_plan`, from memory."""
    try:
        plan = decoder_of(Plan).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput("plan", name, f"a plan that pinshop wrote ({error})") from None
    if plan.digest() != plan.id:
        raise PlanRefused(f"{name} was changed after the plan was made", advice="make a new plan")
    return plan
