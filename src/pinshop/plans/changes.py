"""What a plan consists of: the changes, the state they rest on, the server, and what they could cost."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from pinshop.plans import compare

EntityType: TypeAlias = Literal["campaign", "ad_group", "promotion"]

Stage: TypeAlias = Literal["pause", "create", "update", "activate"]

#: Money is stopped first and made to flow last; parents are there before what is put into them, and deliver after it.
STEPS: tuple[tuple[Stage, EntityType], ...] = (
    ("pause", "campaign"), ("pause", "ad_group"), ("pause", "promotion"),
    ("create", "campaign"), ("create", "ad_group"),
    ("update", "campaign"), ("update", "ad_group"), ("update", "promotion"), ("create", "promotion"),
    ("activate", "promotion"), ("activate", "ad_group"), ("activate", "campaign"),
)  # fmt: skip

#: How far two clocks may be apart.
SKEW_SECONDS = 300


class Server(Struct, frozen=True):
    """Where a plan was made, and where alone it runs."""

    base_url: str
    emulated: bool
    api_version: str


class Account(Struct, frozen=True):
    """An ad account, named in full. ``roles``: what the token's user may do there."""

    id: str
    name: str | None = None
    owner: str | None = None
    country: str | None = None
    currency: str | None = None
    roles: list[str] = []

    def __str__(self) -> str:
        roles = f", role {'/'.join(self.roles)}" if self.roles else ""
        owner = f", owned by {self.owner}" if self.owner else ""
        return f"{self.name or 'unnamed'} ({self.id}{owner}, {self.currency or 'currency unknown'}{roles})"


class User(Struct, frozen=True):
    """Whose token made the plan."""

    id: str | None = None
    username: str | None = None


class ParentState(Struct, frozen=True):
    """A campaign or ad group a plan rests on, as it was read. ``facts`` are its status, budget and schedule."""

    entity_type: EntityType
    account: str
    id: str
    name: str | None
    campaign: str | None
    facts: dict[str, Any]
    #: Of an ad group: the ids of its promotions that are not history, sorted.
    members: list[str] = []
    protect: bool = False
    #: Of an ad group that is not declared, and shares its campaign's budget: whether it has an ACTIVE promotion.
    delivers: bool | None = None


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One object to create or to change.

    ``before`` and ``after`` hold the fields that differ; of a new object ``before`` is empty, and ``after`` all it is given.
    """

    #: Names it within its plan: ``promotion 2680… 1234… REGULAR``, ``ad group new "Spring"``.
    ref: str
    entity_type: EntityType
    action: Literal["create", "update"]
    account: str
    id: str | None = None
    label: str = ""
    #: The id of the ad group, or the ref of the change that creates it.
    ad_group: str | None = None
    #: Likewise the campaign of an ad group.
    campaign: str | None = None
    catalog_product_group_id: str | None = None
    creative_type: str | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    #: Fields that were compared and stay; a change of theirs makes the plan stale too.
    stays: dict[str, Any] = {}
    #: What else is known of a field: "changed at Pinterest since …".
    why: dict[str, str] = {}
    place: str = ""

    @property
    def verb(self) -> str:
        """create, pause, activate, archive or update."""
        if self.action == "create":
            return "create"
        return {"PAUSED": "pause", "ACTIVE": "activate", "ARCHIVED": "archive"}.get(self.after.get("status", ""), "update")

    @property
    def key(self) -> tuple[str | None, str | None, str | None]:
        """What makes a promotion one: ad group, catalog product group, creative type."""
        return self.ad_group, self.catalog_product_group_id, self.creative_type

    def writes(self) -> dict[Stage, dict[str, Any]]:
        """Stage -> the fields that are sent in it."""
        after = dict(self.after)
        status = after.pop("status", None)
        if self.action == "create":
            first = {**after, "status": "DRAFT" if status == "DRAFT" else "PAUSED"}
            return {"create": first, **({"activate": {"status": "ACTIVE"}} if status == "ACTIVE" else {})}
        if status in ("PAUSED", "ARCHIVED"):
            return {"pause": dict(self.after)}
        late = {name: value for name, value in after.items() if compare.is_late(name, self.before.get(name), value)}
        early = {name: value for name, value in after.items() if name not in late}
        if status == "ACTIVE":
            late["status"] = status
        elif status is not None:
            early["status"] = status
        found: dict[Stage, dict[str, Any]] = {}
        if early:
            found["update"] = early
        if late:
            found["activate"] = late
        return found


NoteKind: TypeAlias = Literal[
    "not_ours",
    "missing",
    "protected",
    "ambiguous",
    "conflict",
    "kept_live",
    "will_not_deliver",
    "archived_twin",
    "absent",
]


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a plan says and does not do."""

    kind: NoteKind
    account: str
    text: str
    #: The objects it is about.
    ids: list[str] = []


class SpendPart(Struct, frozen=True):
    """A budget that would begin to be spent, or be larger: micro-currency a day, before and after; None: no limit."""

    label: str
    before: int | None
    after: int | None


class Spend(Struct, frozen=True):
    """What a plan could make an account spend a day more than now."""

    account: str
    currency: str | None
    #: Micro-currency a day, of what is limited.
    micro_a_day: int
    #: Campaigns and ad groups that would deliver without any budget that limits them.
    unlimited: list[str]
    parts: list[SpendPart]


class PlanContents(Struct, frozen=True, kw_only=True):
    """Everything that would be changed, and what it rests on."""

    version: Literal[1] = 1
    made_by: str
    made_at: int
    valid_until: int
    #: What it was made from: files, or "rollback of 0123456789ab".
    source: str
    manifest_digest: str
    server: Server
    user: User
    accounts: list[Account]
    only: list[str] = []
    exclude: list[str] = []
    parents: list[ParentState]
    #: Catalog product groups that new promotions need: id -> name.
    catalog_product_groups: dict[str, str] = {}
    changes: list[Change]
    notes: list[Note] = []
    spend: list[Spend] = []
    #: Promotions of the ad groups that were read, history aside.
    live: int = 0
    #: Declared objects that are as they shall be.
    unchanged: int = 0
    id: str = ""

    @property
    def short_id(self) -> str:
        """The first 12 characters of the id: what is shown, and accepted for approval."""
        return self.id[:12]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.changes

    @property
    def conflicts(self) -> list[Note]:
        """Notes that somebody must decide about: ambiguous keys, and fields that both sides changed."""
        return [note for note in self.notes if note.kind in ("ambiguous", "conflict")]

    def counts(self) -> dict[str, int]:
        """Verb -> number of changes."""
        found = Counter(change.verb for change in self.changes)
        return {verb: found[verb] for verb in ("create", "update", "activate", "pause", "archive") if found[verb]}

    def account(self, account_id: str) -> Account:
        """One of its accounts."""
        return next((account for account in self.accounts if account.id == account_id), Account(account_id))
