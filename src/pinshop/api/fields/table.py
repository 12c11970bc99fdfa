"""What a row of the table of fields is."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pinshop.api.operations import at_least, version

#: A foreign_id is the id of something that is no row of this table (a Pin, a user, an order line): text of any length.
FieldKind = Literal[
    "id",
    "foreign_id",
    "ad_group_ref",
    "campaign_ref",
    "text",
    "date",
    "integer",
    "number",
    "boolean",
    "enum",
    "object",
    "array",
]

Unit = Literal["", "micro-currency", "seconds"]


class Field(Struct, frozen=True, kw_only=True):
    """One field of an entity or a body. ``source`` is its name in the store where that differs from the wire."""

    name: str
    kind: FieldKind
    since: str = "5.0"
    until: str = ""
    #: True, False, or the first version in which null is allowed.
    nullable: bool | str = True
    #: The bodies that may hold null ("c", "u", "cu" or ""), where that differs from the answer.
    null_in_bodies: str | None = None
    #: "c" in create bodies, "u" in update bodies; "" is read-only.
    write: str = "cu"
    #: The first version whose bodies have it, where that is not the first that has it.
    written_since: str = ""
    #: "c" where a create must have it, "u" where an update must.
    required: str = ""
    source: str = ""
    #: False: only bodies hold it.
    answered: bool = True
    #: value -> first version, or (first, first version without it).
    values: dict[str, str | tuple[str, str]] = {}
    #: Of the value for numbers, of the length for text and arrays.
    minimum: int | None = None
    maximum: int | None = None
    #: A regular expression for the whole text.
    pattern: str = ""
    unit: Unit = ""
    #: Of money: less than this is hardly meant; see `pinshop.api.money`.
    plausible: int = 0
    #: Of an object: the rows of what it holds. None: nothing is known of it.
    fields: tuple[Field, ...] | None = None
    #: Of an object: other names than those are refused even where unknown fields of bodies are ignored.
    closed: bool = False
    #: Of an array: the row of its items; of an object with names that are not Pinterest's: that of its values.
    each: Field | None = None

    def at(self, api_version: str) -> bool:
        """Whether the version has this field."""
        now = version(api_version)
        return version(self.since) <= now and not (self.until and now >= version(self.until))

    def written_at(self, api_version: str, verb: str) -> bool:
        """Whether create ("c") or update ("u") bodies of the version have this field."""
        return verb in self.write and at_least(api_version, self.written_since or "5.0")

    def null_at(self, api_version: str) -> bool:
        """Whether an answer of the version may be null here."""
        return self.nullable if isinstance(self.nullable, bool) else version(api_version) >= version(self.nullable)

    def null_in_body_at(self, api_version: str, verb: str) -> bool:
        """Whether a create ("c") or update ("u") body of the version may be null here."""
        return self.null_at(api_version) if self.null_in_bodies is None else verb in self.null_in_bodies

    def values_at(self, api_version: str) -> tuple[str, ...]:
        """The values of an enum that the version knows."""
        now = version(api_version)
        known = []
        for value, span in self.values.items():
            first, last = span if isinstance(span, tuple) else (span, "")
            if version(first) <= now and not (last and now >= version(last)):
                known.append(value)
        return tuple(known)


def since(first: str, *values: str) -> dict[str, str | tuple[str, str]]:
    """Values of an enum with the version that brought them."""
    return dict.fromkeys(values, first)


STATUS_VALUES = since("5.0", "ACTIVE", "PAUSED", "ARCHIVED") | since("5.12", "DRAFT", "DELETED_DRAFT")

SUMMARY_VALUES = since("5.0", "RUNNING", "PAUSED", "NOT_STARTED", "COMPLETED", "ADVERTISER_DISABLED", "ARCHIVED") | since(
    "5.12", "DRAFT", "DELETED_DRAFT"
)
