"""Whether a plan still fits what is there, object by object, and what of it is left to do.

Compared are: the fields that would change (with ``before``), the ids of the promotions of every ad group that is touched, and
what the spend guard rests on. Whatever else changed at Pinterest does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, Struct

from pinshop.flow.steps import Flow
from pinshop.plans import compare
from pinshop.plans.changes import Change, ParentState, Stage
from pinshop.plans.diff import creative
from pinshop.plans.live import Live, together
from pinshop.plans.plan import Plan
from pinshop.plans.planning import facts_of


class Now(Struct):
    """What one ad account has now, as far as a plan touches it."""

    campaigns: dict[str, Any]
    ad_groups: dict[str, Any]
    promotions: dict[str, list[Any]]
    delivers: dict[str, bool]
    product_groups: set[str]


class Left(Struct):
    """What is left to do of one change: fields by stage. ``id`` of what was to be created, if it is there."""

    id: str | None
    stages: dict[Stage, dict[str, Any]]


class Verdict(Struct):
    """What came of the comparison. ``moved``: differences that hold whether or not the plan was begun."""

    left: dict[str, Left]
    moved: list[str]
    #: Changes that are done already, wholly or in part, and that this plan had not begun to send.
    ahead: list[str]

    @property
    def done(self) -> bool:
        """Whether everything the plan wants is so."""
        return not self.moved and not any(left.stages for left in self.left.values())


def read_now(live: Live, plan: Plan) -> Flow[dict[str, Now]]:
    """Read what the plan touches, account by account, side by side."""
    ids = [account.id for account in plan.accounts]
    found = yield from together(live.session, [_read_account(live, plan, account_id) for account_id in ids])
    return dict(zip(ids, found, strict=True))


def _read_account(live: Live, plan: Plan, account: str) -> Flow[Now]:
    changes = [change for change in plan.changes if change.account == account]
    parents = [parent for parent in plan.parents if parent.account == account]
    now = Now({}, {}, {}, {}, set())
    new = {entity_type for change in changes if change.action == "create" for entity_type in (change.entity_type,)}
    campaign_ids = {parent.id for parent in parents if parent.entity_type == "campaign"}
    group_ids = {parent.id for parent in parents if parent.entity_type == "ad_group"}
    campaign_ids |= {change.id or "" for change in changes if change.entity_type == "campaign" and change.id}
    group_ids |= {change.id or "" for change in changes if change.entity_type == "ad_group" and change.id}
    needed = {
        change.catalog_product_group_id or ""
        for change in changes
        if change.entity_type == "promotion" and change.action == "create"
    }
    flows: dict[str, Any] = {}
    # By name, where one is to be created: is it there already?
    if "campaign" in new or campaign_ids:
        flows["campaigns"] = live.campaigns(account, None if "campaign" in new else sorted(campaign_ids))
    if "ad_group" in new or group_ids:
        flows["ad_groups"] = live.ad_groups(account, ids=None if "ad_group" in new else sorted(group_ids))
    if needed:
        flows["product_groups"] = live.product_groups(account, sorted(needed))
    answers = dict(zip(flows, (yield from together(live.session, list(flows.values()))), strict=True))
    now.campaigns = {str(one.id): one for one in answers.get("campaigns", ())}
    now.ad_groups = {str(one.id): one for one in answers.get("ad_groups", ())}
    now.product_groups = {str(one.id) for one in answers.get("product_groups", ())}
    full = [parent.id for parent in parents if parent.entity_type == "ad_group" and parent.delivers is None]
    siblings = [parent.id for parent in parents if parent.delivers is not None]
    refs = {change.ref: change for change in changes if change.entity_type == "ad_group" and change.action == "create"}
    full += [str(one.id) for change in refs.values() for one in _named_groups(change, changes, now)]
    full = [group_id for group_id in dict.fromkeys(full) if group_id in now.ad_groups]
    rows = yield from together(live.session, [live.promotions(account, group_id) for group_id in full])
    now.promotions = dict(zip(full, rows, strict=True))
    delivering = yield from together(live.session, [live.delivers(account, group_id) for group_id in siblings])
    now.delivers = dict(zip(siblings, delivering, strict=True))
    return now


def _named_campaigns(change: Change, now: Now) -> list[Any]:
    return [one for one in now.campaigns.values() if one.name == change.after["name"] and one.status not in compare.FINAL]


def _named_groups(change: Change, changes: Iterable[Change], now: Now) -> list[Any]:
    """The ad groups of a new one's name, under the campaign it is to be created in."""
    campaigns = {change.campaign}
    for other in changes:
        if other.entity_type == "campaign" and other.action == "create" and other.ref == change.campaign:
            campaigns = {str(one.id) for one in _named_campaigns(other, now)}
    return [
        one
        for one in now.ad_groups.values()
        if one.name == change.after["name"] and one.status not in compare.FINAL and one.campaign_id in campaigns
    ]


def verify(plan: Plan, state: dict[str, Now], sent: set[str]) -> Verdict:
    """Compare a plan with what is there. ``sent``: refs of changes that an earlier run of it had begun to send."""
    verdict = Verdict({}, [], [])
    for account, now in state.items():
        _Account(plan, account, now, sent, verdict).verify()
    return verdict


class _Account:
    def __init__(self, plan: Plan, account: str, now: Now, sent: set[str], verdict: Verdict) -> None:
        self._changes = [change for change in plan.changes if change.account == account]
        self._parents = [parent for parent in plan.parents if parent.account == account]
        self._now, self._sent, self._verdict = now, sent, verdict
        self._rows: dict[str, Any] = {str(row.id): row for rows in now.promotions.values() for row in rows}
        self._ids: dict[str, str] = {}
        self._by_key: dict[tuple[str, str, str], list[Any]] = {}
        for group_id, rows in now.promotions.items():
            for row in rows:
                if row.status not in compare.FINAL:
                    key = (group_id, str(row.catalog_product_group_id), creative(row.creative_type))
                    self._by_key.setdefault(key, []).append(row)

    def verify(self) -> None:
        for entity_type in ("campaign", "ad_group", "promotion"):  # parents first: their ids are needed
            for change in self._changes:
                if change.entity_type == entity_type:
                    (self._created if change.action == "create" else self._updated)(change)
        for parent in self._parents:
            self._parent(parent)

    def _updated(self, change: Change) -> None:
        where = {"campaign": self._now.campaigns, "ad_group": self._now.ad_groups, "promotion": self._rows}[change.entity_type]
        entity = where.get(change.id or "")
        if entity is None:
            self._verdict.moved.append(f"{describe(change)}: it is gone")
            return
        at_after = self._fields(change, entity)
        left: dict[Stage, dict[str, Any]] = {}
        for stage, fields in change.writes().items():
            some = {name: value for name, value in fields.items() if name not in at_after}
            if some:
                left[stage] = some
        self._verdict.left[change.ref] = Left(change.id, left)
        moved = at_after - {
            name for name in at_after if name in change.before and compare.same(name, change.before[name], change.after[name])
        }
        if moved and change.ref not in self._sent:
            self._verdict.ahead.append(f"{describe(change)}: {', '.join(sorted(moved))} already as planned")

    def _fields(self, change: Change, entity: Any) -> set[str]:
        """The fields that are as planned; those that are neither as planned nor as before are noted."""
        at_after: set[str] = set()
        for name, value in change.after.items():
            current = compare.stored(getattr(entity, name, UNSET))
            if compare.same(name, value, current):
                at_after.add(name)
            elif name not in change.before or not compare.same(name, change.before[name], current):
                if name not in change.before and getattr(entity, name, UNSET) is UNSET:
                    continue  # Pinterest did not show it then, nor does it now
                self._verdict.moved.append(f"{describe(change)}: {name} was {change.before.get(name)!r}, is {current!r}")
        for name, value in change.stays.items():
            current = compare.stored(getattr(entity, name, UNSET))
            if not compare.same(name, value, current):
                self._verdict.moved.append(f"{describe(change)}: {name} was {value!r}, is {current!r}")
        return at_after

    def _created(self, change: Change) -> None:
        if change.entity_type == "campaign":
            found = _named_campaigns(change, self._now)
        elif change.entity_type == "ad_group":
            found = _named_groups(change, self._changes, self._now)
        else:
            group = self._ids.get(change.ad_group or "", change.ad_group or "")
            found = self._by_key.get((group, change.catalog_product_group_id or "", change.creative_type or "REGULAR"), [])
            if not found and change.catalog_product_group_id not in self._now.product_groups:
                words = f"catalog product group {change.catalog_product_group_id} is gone"
                self._verdict.moved.append(f"{describe(change)}: {words}")
        if not found:
            self._verdict.left[change.ref] = Left(None, change.writes())
            return
        ids = ", ".join(str(one.id) for one in found)
        if len(found) > 1:
            self._verdict.moved.append(f"{describe(change)}: there are {len(found)} now: {ids}")
            return
        one = found[0]
        self._ids[change.ref] = str(one.id)
        wrong = [
            name
            for name, value in change.after.items()
            if not compare.same(name, value, compare.stored(getattr(one, name, UNSET)))
        ]
        waiting = change.after.get("status") == "ACTIVE" and one.status == "PAUSED"
        if [name for name in wrong if name != "status" or not waiting]:
            self._verdict.moved.append(f"{describe(change)}: {ids} is there now, with other {', '.join(wrong)}")
            return
        self._verdict.left[change.ref] = Left(str(one.id), {"activate": {"status": "ACTIVE"}} if waiting else {})
        if change.ref not in self._sent:
            self._verdict.ahead.append(f"{describe(change)}: it exists, as {ids}")

    def _parent(self, parent: ParentState) -> None:
        entity = (self._now.campaigns if parent.entity_type == "campaign" else self._now.ad_groups).get(parent.id)
        label = f'{parent.entity_type.replace("_", " ")} "{parent.name}" ({parent.id})'
        if entity is None:
            self._verdict.moved.append(f"{label}: it is gone")
            return
        change = next((one for one in self._changes if one.entity_type == parent.entity_type and one.id == parent.id), None)
        for name, current in facts_of(parent.entity_type, entity).items():
            before = parent.facts.get(name)
            planned = change is not None and name in change.after and compare.same(name, change.after[name], current)
            if not compare.same(name, before, current) and not planned and not (change is not None and name in change.after):
                self._verdict.moved.append(f"{label}: {name} was {before!r}, is {current!r}")
        if parent.delivers is not None:
            delivers = self._now.delivers.get(parent.id)
            if delivers != parent.delivers:
                words = ("had", "has none") if parent.delivers else ("had no", "has an")
                self._verdict.moved.append(f"{label}: it {words[0]} ACTIVE promotion, and {words[1]} now")
            return
        if parent.entity_type == "ad_group":
            self._members(parent, label)

    def _members(self, parent: ParentState, label: str) -> None:
        now = {str(row.id) for row in self._now.promotions.get(parent.id, ()) if row.status not in compare.FINAL}
        archived = {
            change.id
            for change in self._changes
            if change.entity_type == "promotion" and change.after.get("status") in compare.FINAL
        }
        mine = set(self._ids.values())
        gone = [one for one in parent.members if one not in now and one not in archived]
        added = sorted(now - set(parent.members) - mine)
        for words, ids in (("are gone or archived", gone), ("are new", added)):
            if ids:
                shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
                self._verdict.moved.append(f"{label}: promotions {shown} {words}")


def describe(change: Change) -> str:
    """A change in words, for messages."""
    if change.entity_type == "promotion":
        what = f'promotion of "{change.label}"' if change.label else f"promotion of {change.catalog_product_group_id}"
        return f"{what} ({change.id})" if change.id else f"new {what} in ad group {change.ad_group}"
    entity_type = change.entity_type.replace("_", " ")
    return f'{entity_type} "{change.label}" ({change.id})' if change.id else f'new {entity_type} "{change.label}"'
