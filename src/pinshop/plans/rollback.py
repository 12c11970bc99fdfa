"""Back to before a plan: a plan like any other, made from the journal's ``before`` values and what is there now.

A promotion that was created cannot be deleted: it is paused, or archived where that is asked for. Fields that Pinterest did not
show before have no value to go back to, and are said to be so.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pinshop.errors import PlanRefused
from pinshop.flow.steps import Flow
from pinshop.plans import compare
from pinshop.plans.changes import Change, Note
from pinshop.plans.entries import AccountSection, AdGroupEntry, CampaignEntry, Manifest, Place, PromotionEntry
from pinshop.plans.journal import History, JournalKnowledge
from pinshop.plans.plan import Plan
from pinshop.plans.planning import Asked, plan_flow
from pinshop.plans.staleness import describe, read_now, verify


def rollback_flow(client: Any, history: History, asked: Asked, *, archive_created: bool = False) -> Flow[Plan]:
    """The plan that undoes another, as far as it was executed."""
    from pinshop.plans.apply import check_server
    from pinshop.plans.live import Live

    live, plan = Live(client), history.plan
    yield from check_server(live, plan, allow_other_user=True)
    done = dict(history.done)
    if history.interrupted or not history.finished:
        # What was being sent may be done: what is there decides.
        verdict = verify(plan, (yield from read_now(live, plan)), history.sent)
        for change in plan.changes:
            left = verdict.left.get(change.ref)
            if left is not None and change.ref in history.sent:
                for stage in change.writes():
                    if stage not in left.stages:
                        done.setdefault((change.ref, stage), left.id)
    notes: list[Note] = []
    manifest = _back(history, done, archive_created, notes)
    if not any(section.campaigns or section.ad_groups for section in manifest.accounts):
        raise PlanRefused(f"plan {plan.short_id} has nothing to roll back: nothing of it was executed")
    known = JournalKnowledge([history])
    source = f"rollback of {plan.short_id}"
    made = yield from plan_flow(client, manifest, _with_source(asked, source), known)
    if not notes:
        return made
    return _with_notes(made, notes)


def _with_source(asked: Asked, source: str) -> Asked:
    return msgspec.structs.replace(asked, source=source, lenient=True)


def _with_notes(plan: Plan, notes: list[Note]) -> Plan:
    noted = msgspec.structs.replace(plan, notes=[*plan.notes, *notes])
    return msgspec.structs.replace(noted, id=noted.digest())


def _back(history: History, done: dict[tuple[str, str], str | None], archive_created: bool, notes: list[Note]) -> Manifest:
    """A manifest of the values before, every object pinned by its id."""
    place = Place(f"rollback of {history.plan.short_id}", 1, 1, "")
    sections: dict[str, AccountSection] = {}
    groups: dict[tuple[str, str], AdGroupEntry] = {}
    created = {change.ref: done.get((change.ref, "create")) for change in history.plan.changes if change.action == "create"}

    def section(account: str) -> AccountSection:
        return sections.setdefault(account, AccountSection(place, account, None, False, [], [], []))

    def group(account: str, ad_group: str) -> AdGroupEntry:
        key = (account, ad_group)
        if key not in groups:
            groups[key] = AdGroupEntry(place, ad_group, None, None, None, False, False, {}, [])
            section(account).ad_groups.append(groups[key])
        return groups[key]

    for change in history.plan.changes:
        stages = {stage for ref, stage in done if ref == change.ref} & set(change.writes())
        entity = change.id or created.get(change.ref)
        if not stages or not entity:
            continue
        fields = _values(change, stages, archive_created, notes)
        if not fields:
            continue
        if change.entity_type == "campaign":
            section(change.account).campaigns.append(CampaignEntry(place, entity, None, fields))
        elif change.entity_type == "ad_group":
            group(change.account, entity).fields.update(fields)
        else:
            ad_group = created.get(change.ad_group or "") or change.ad_group or ""
            group(change.account, ad_group).promotions.append(
                PromotionEntry(place, entity, None, None, None, None, fields, existing=True)
            )
    return Manifest([f"rollback of {history.plan.short_id}"], history.plan.id, list(sections.values()))


def _values(change: Change, stages: set[Any], archive_created: bool, notes: list[Note]) -> dict[str, Any]:
    if "status" in change.after and change.after["status"] in compare.FINAL:
        text = f"{describe(change)}: archiving is final, there is no way back"
        notes.append(Note(kind="absent", account=change.account, text=text, ids=[change.id] if change.id else []))
        return {}
    if change.action == "create":
        return {"status": "ARCHIVED" if archive_created and change.entity_type == "promotion" else "PAUSED"}
    fields: dict[str, Any] = {}
    unknown: list[str] = []
    for stage in stages:
        for name in change.writes()[stage]:
            if name not in change.before:
                unknown.append(name)
            else:
                fields[name] = change.before[name]
    if unknown:
        text = f"{describe(change)}: no value to go back to: {', '.join(sorted(unknown))}"
        notes.append(Note(kind="absent", account=change.account, text=text, ids=[change.id] if change.id else []))
    return fields
