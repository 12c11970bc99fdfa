"""From a manifest to a plan: read what is there, compare, and say what would be changed and what it could cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from pinshop.api.http import Pause
from pinshop.api.models import AdGroup
from pinshop.flow.steps import Flow
from pinshop.plans import compare, guards
from pinshop.plans.changes import Account, Change, EntityType, Note, ParentState
from pinshop.plans.diff import (
    GroupDiff,
    InGroup,
    Known,
    NothingKnown,
    Take,
    Wanted,
    diff_promotions,
    differ,
)
from pinshop.plans.entries import Manifest, Place
from pinshop.plans.live import Live, together
from pinshop.plans.nodes import Problem, raise_if_any
from pinshop.plans.plan import Plan
from pinshop.plans.resolve import Resolved, Target, find_accounts, resolve
from pinshop.plans.selection import Selection
from pinshop.version import __version__

DAY = 86_400


class Asked(Struct, frozen=True, kw_only=True):
    """What a plan is made with, beside the manifest."""

    account: str | None = None
    selection: Selection = Selection()
    take: Take | None = None
    pause_missing: bool = False
    archive_missing: bool = False
    valid_seconds: int = DAY
    source: str = ""
    #: What is gone or archived is noted, and no error: the manifest was not written by hand.
    lenient: bool = False
    #: Waited before reading, where an apply was interrupted while it was sending.
    settle_seconds: float = 0.0


def plan_flow(client: Any, manifest: Manifest, asked: Asked, known: Known | None = None) -> Flow[Plan]:
    """Read, compare, and make the plan.

    Raises:
        ManifestError: a name that is not there or not unique, an id of something else, an archived ad group, …
        PinshopError: as the calls.
    """
    live = Live(client)
    session = live.session
    now = session.clock()
    known = known or NothingKnown()
    if asked.settle_seconds:
        yield Pause(asked.settle_seconds, "for what an interrupted apply had sent")
    (user, server), accounts = yield from together(session, [live.user(), find_accounts(live, manifest, asked.account)])
    parts = yield from together(
        session, [_AccountPlan(live, account, asked, known, now).make(sections) for account, sections in accounts]
    )
    raise_if_any(problem for part in parts for problem in part.problems)
    asked.selection.check([part.known_by for part in parts])
    notes = [note for part in parts for note in part.notes]
    return Plan(
        made_by=f"pinshop {__version__}",
        made_at=int(now),
        valid_until=int(now) + asked.valid_seconds,
        source=asked.source or ", ".join(manifest.files),
        manifest_digest=manifest.digest,
        server=server,
        user=user,
        accounts=[account for account, _ in accounts],
        only=list(asked.selection.only),
        exclude=list(asked.selection.exclude),
        parents=[parent for part in parts for parent in part.parents],
        catalog_product_groups={key: name for part in parts for key, name in sorted(part.group_names.items())},
        changes=[change for part in parts for change in part.changes],
        notes=notes,
        spend=guards.spend_of([facts for part in parts for facts in part.facts], now),
        live=sum(part.live_promotions for part in parts),
        unchanged=sum(part.unchanged for part in parts),
    )


def facts_of(entity_type: EntityType, entity: Any) -> dict[str, Any]:
    """Status, budget and schedule of a campaign or ad group: what the guard rests on."""
    return {name: compare.stored(getattr(entity, name, UNSET)) for name in guards.PARENT_FACTS[entity_type]}


class _AccountPlan:
    """The plan of one ad account."""

    def __init__(self, live: Live, account: Account, asked: Asked, known: Known, now: float) -> None:
        self._live, self._account, self._asked, self._known, self._now = live, account, asked, known, now
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.changes: list[Change] = []
        self.parents: list[ParentState] = []
        self.facts: list[guards.CampaignFacts] = []
        self.group_names: dict[str, str] = {}
        #: What `Selection` may name: kind -> ids and names.
        self.known_by: dict[str, set[str]] = {}
        self.live_promotions = 0
        self.unchanged = 0

    def make(self, sections: Sequence[Any]) -> Flow[_AccountPlan]:
        resolved: Resolved = yield from resolve(self._live, self._account, sections)
        self.problems = resolved.problems
        if self.problems:
            return self
        parents = [self._parent("campaign", target) for target in resolved.campaigns]
        parents += [self._parent("ad_group", target) for target in resolved.ad_groups]
        diffs: list[GroupDiff] = yield from together(
            self._live.session, [self._promotions(target, resolved) for target in resolved.ad_groups]
        )
        for diff in diffs:
            self.problems += diff.problems
            self.notes += diff.notes
            self.unchanged += diff.unchanged
            self.live_promotions += len(diff.members)
        changes = [change for change in parents if change is not None]
        changes += [change for diff in diffs for change in diff.changes]
        self.known_by = _known_by(self._account, resolved, diffs)
        self.changes = self._asked.selection.of(changes, self._labels(resolved))
        yield from self._needed(diffs, resolved)
        yield from self._guard(resolved, diffs)
        self._will_not_deliver(resolved)
        return self

    def _labels(self, resolved: Resolved) -> Callable[[Change], dict[str, set[str]]]:
        """What `Selection` may know a change by."""
        groups = {target.ref: target for target in resolved.ad_groups}
        campaigns = {
            target.ref: target.entry.name or target.live.name
            for target in resolved.campaigns
            if target.entry.name or target.live
        }
        account = {self._account.id, self._account.name or self._account.id}

        def labels(change: Change) -> dict[str, set[str]]:
            group = groups.get(change.ad_group or change.ref if change.entity_type == "promotion" else change.id or change.ref)
            campaign = change.campaign or (group.campaign_ref if group else "") or (change.id or change.ref)
            found = {"account": account, "campaign": {campaign, campaigns.get(campaign) or ""}}
            if group is not None:
                found["ad_group"] = {group.ref, (group.live.name if group.live else group.entry.name) or ""}
                if group.campaign is not None:
                    found["campaign"] |= {str(group.campaign.id), group.campaign.name or ""}
            if change.entity_type == "promotion":
                found["promotion"] = {change.id or change.ref}
                found["product_group"] = {change.catalog_product_group_id or "", change.label}
            return found

        return labels

    # ------------------------------------------------------------------------------ campaigns, ad groups

    def _parent(self, entity_type: EntityType, target: Target) -> Change | None:
        entry = target.entry
        label = (target.live.name if target.live else entry.name) or ""
        campaign = target.campaign_ref or None
        if target.live is None:
            after = {name: compare.stored(value) for name, value in entry.fields.items() if value is not None}
            after.setdefault("status", "PAUSED")
            return Change(
                ref=target.ref,
                entity_type=entity_type,
                action="create",
                account=self._account.id,
                label=label,
                campaign=campaign,
                after={**after, "name": entry.name},
                place=str(entry.place),
            )
        if getattr(entry, "protect", False) and entry.fields.get("status") in compare.FINAL:
            self.problems.append(entry.place.problem("status", entry.fields["status"], "not ARCHIVED, as protect is set"))
        differing = differ(entity_type, entry.fields, target.live, self._known, self._asked.take)
        if differing is None:
            self.unchanged += bool(entry.fields)
            return None
        for kind, some, words in (
            ("conflict", differing.conflicts, "changed on both sides"),
            ("kept_live", differing.kept, "kept"),
        ):
            if some:
                text = f"{target.label}: {words}: {'; '.join(some)}"
                self.notes.append(Note(kind=kind, account=self._account.id, text=text, ids=[str(target.live.id)]))  # type: ignore[arg-type]
        if not differing.after:
            return None
        if target.live.status in compare.FINAL:
            self.problems.append(
                entry.place.problem("", target.ref, f"nothing but status {target.live.status}, which is final")
            )
        return Change(
            ref=f"{entity_type} {target.ref}",
            entity_type=entity_type,
            action="update",
            account=self._account.id,
            id=target.ref,
            label=label,
            campaign=campaign,
            before=differing.before,
            after=differing.after,
            stays=differing.stays,
            why=differing.why,
            place=str(entry.place),
        )

    # -------------------------------------------------------------------------------------- promotions

    def _promotions(self, target: Target, resolved: Resolved) -> Flow[GroupDiff]:
        entry, asked = target.entry, self._asked
        group = InGroup(
            self._account.id,
            target.ref,
            target.label,
            entry.exclusive,
            entry.protect or resolved.protect,
            asked.pause_missing,
            asked.archive_missing,
            asked.take,
            asked.lenient,
        )
        rows = [] if target.live is None else (yield from self._live.promotions(self._account.id, target.ref))
        wanted: list[Wanted] = target.wanted
        return diff_promotions(group, wanted, rows, self._known)

    def _needed(self, diffs: Sequence[GroupDiff], resolved: Resolved) -> Flow[None]:
        """Whether the catalog product groups of new promotions are there; those that were listed by name are."""
        created = {
            change.catalog_product_group_id or ""
            for change in self.changes
            if change.action == "create" and change.entity_type == "promotion"
        }
        places: dict[str, Place] = {}
        for diff in diffs:
            for group_id, place in diff.needed.items():
                if group_id in created:
                    places.setdefault(group_id, place)
        names = dict(resolved.group_names)
        unread = [group_id for group_id in places if group_id not in names]
        if unread:
            found = yield from self._live.product_groups(self._account.id, unread)
            names.update({str(group.id): group.name or "" for group in found})
        for group_id, place in places.items():
            if group_id in names:
                self.group_names[group_id] = names[group_id]
            else:
                words = f"the id of a catalog product group of the owner of ad account {self._account}"
                self.problems.append(place.problem("catalog_product_group_id", group_id, words))
        self.changes = [_labelled(change, names) for change in self.changes]

    # ------------------------------------------------------------------------------------------- money

    def _guard(self, resolved: Resolved, diffs: Sequence[GroupDiff]) -> Flow[None]:
        """The states that the plan rests on, and what the guard makes of them."""
        by_ref: dict[str, Change] = {
            change.id or change.ref: change for change in self.changes if change.entity_type != "promotion"
        }
        status: dict[str, dict[str, str]] = {}
        for change in self.changes:
            if change.entity_type == "promotion" and "status" in change.after:
                status.setdefault(change.ad_group or "", {})[change.id or change.ref] = change.after["status"]
        touched = {change.ad_group for change in self.changes if change.entity_type == "promotion"} | set(by_ref)
        campaigns: dict[str, guards.CampaignFacts] = {}
        declared = {target.ref: target for target in resolved.campaigns}
        for target, diff in zip(resolved.ad_groups, diffs, strict=True):
            campaign_ref = target.campaign_ref
            if target.ref not in touched and campaign_ref not in by_ref:
                continue
            facts = campaigns.get(campaign_ref)
            if facts is None:
                live = target.campaign
                facts = campaigns[campaign_ref] = self._campaign(campaign_ref, live, declared.get(campaign_ref), by_ref)
            before = facts_of("ad_group", target.live) if target.live is not None else {}
            active = set(diff.active_before)
            after_status = status.get(target.ref, {})
            remaining = {one for one in active if after_status.get(one, "ACTIVE") == "ACTIVE"}
            added = {one for one, value in after_status.items() if value == "ACTIVE"}
            facts.groups.append(
                guards.GroupFacts(
                    before, _after(before, by_ref.get(target.ref)), bool(active), bool(remaining | added), target.label
                )
            )
            if target.live is not None:
                mine = target.ref in touched
                self.parents.append(
                    ParentState(
                        "ad_group",
                        self._account.id,
                        target.ref,
                        target.live.name or None,
                        campaign_ref,
                        before,
                        diff.members if mine else [],
                        target.entry.protect or resolved.protect,
                        None if mine else bool(active),
                    )
                )
        for target in resolved.campaigns:
            if target.ref in by_ref and target.ref not in campaigns:
                campaigns[target.ref] = self._campaign(target.ref, target.live, target, by_ref)
        yield from self._siblings(resolved, campaigns, by_ref)
        self.facts = [campaigns[ref] for ref in sorted(campaigns)]

    def _campaign(self, ref: str, live: Any, target: Target | None, by_ref: dict[str, Change]) -> guards.CampaignFacts:
        before = facts_of("campaign", live) if live is not None else {}
        name = live.name if live is not None else target.entry.name if target else ref
        label = f'campaign "{name}" ({ref})' if live is not None else f'campaign "{name}" (new)'
        if live is not None:
            self.parents.append(ParentState("campaign", self._account.id, ref, live.name or None, None, before))
        return guards.CampaignFacts(
            self._account.id, self._account.currency, label, before, _after(before, by_ref.get(ref)), []
        )

    def _siblings(
        self, resolved: Resolved, campaigns: dict[str, guards.CampaignFacts], by_ref: dict[str, Change]
    ) -> Flow[None]:
        """Ad groups that are not declared matter where their campaign changes, or has the budget: do they deliver?"""
        declared = {target.ref for target in resolved.ad_groups if target.ref in by_ref or target.campaign_ref in by_ref}
        declared |= {change.ad_group or "" for change in self.changes if change.entity_type == "promotion"}
        gains = {
            change.ad_group or "" if change.entity_type == "promotion" else change.id or change.ref
            for change in self.changes
            if "activate" in change.writes()
        }
        campaign_of = {target.ref: target.campaign_ref for target in resolved.ad_groups}
        gaining = {campaign_of.get(ref, ref) for ref in gains}
        wanted = [
            ref
            for ref, facts in campaigns.items()
            if ref in gaining and facts.before and (ref in by_ref or facts.before.get("is_campaign_budget_optimization"))
        ]
        if not wanted:
            return
        siblings: list[AdGroup] = yield from self._live.ad_groups(self._account.id, campaign_ids=wanted)
        others = [one for one in siblings if one.status == "ACTIVE" and str(one.id) not in declared]
        delivering = yield from together(
            self._live.session, [self._live.delivers(self._account.id, str(one.id)) for one in others]
        )
        for one, delivers in zip(others, delivering, strict=True):
            facts = facts_of("ad_group", one)
            label = f'ad group "{one.name}" ({one.id})'
            campaigns[str(one.campaign_id)].groups.append(guards.GroupFacts(facts, facts, delivers, delivers, label))
            self.parents.append(
                ParentState(
                    "ad_group", self._account.id, str(one.id), one.name or None, str(one.campaign_id), facts, delivers=delivers
                )
            )

    def _will_not_deliver(self, resolved: Resolved) -> None:
        """Promotions that are made ACTIVE where nothing is delivered."""
        by_group = {target.ref: target for target in resolved.ad_groups}
        by_ref: dict[str, Change] = {
            change.id or change.ref: change for change in self.changes if change.entity_type != "promotion"
        }
        active: dict[str, int] = {}
        for change in self.changes:
            if change.entity_type == "promotion" and change.after.get("status") == "ACTIVE":
                active[change.ad_group or ""] = active.get(change.ad_group or "", 0) + 1
        for ref, count in active.items():
            target = by_group[ref]
            group = _after(facts_of("ad_group", target.live) if target.live else {}, by_ref.get(ref))
            campaign = _after(facts_of("campaign", target.campaign) if target.campaign else {}, by_ref.get(target.campaign_ref))
            for facts, what in ((group, target.label), (campaign, f"campaign {target.campaign_ref}")):
                end = facts.get("end_time")
                over = bool(end and end > 0 and end <= self._now)
                if facts.get("status") != "ACTIVE" or over:
                    why = "is over" if over else f"is {facts.get('status')}"
                    text = f"{count} promotion(s) made ACTIVE in {target.label} will not deliver: {what} {why}"
                    self.notes.append(Note(kind="will_not_deliver", account=self._account.id, text=text, ids=[ref]))
                    break


def _known_by(account: Account, resolved: Resolved, diffs: Sequence[GroupDiff]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {
        "account": {account.id, account.name or ""},
        "campaign": {target.ref for target in resolved.campaigns} | {target.campaign_ref for target in resolved.ad_groups},
        "ad_group": {target.ref for target in resolved.ad_groups},
        "product_group": set(),
        "promotion": {promotion_id for diff in diffs for promotion_id in diff.members},
    }
    for kind, targets in (("campaign", resolved.campaigns), ("ad_group", resolved.ad_groups)):
        found[kind] |= {(target.live.name if target.live else target.entry.name) or "" for target in targets}
    for target in resolved.ad_groups:
        if target.campaign is not None:
            found["campaign"].add(target.campaign.name or "")
        for entry in target.wanted:
            found["product_group"] |= {entry.group_id or "", entry.name or ""}
    for diff in diffs:
        for change in diff.changes:
            found["promotion"].add(change.id or change.ref)
            found["product_group"] |= {change.catalog_product_group_id or "", change.label}
    return found


def _after(before: dict[str, Any], change: Change | None) -> dict[str, Any]:
    if change is None:
        return before
    names = guards.PARENT_FACTS[change.entity_type]
    return {**before, **{name: value for name, value in change.after.items() if name in names}}


def _labelled(change: Change, names: dict[str, str]) -> Change:
    name = names.get(change.catalog_product_group_id or "")
    if change.label or not name:
        return change
    return msgspec.structs.replace(change, label=name)
