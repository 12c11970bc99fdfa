"""What is declared against what is there: changes of one object, and of the promotions of one ad group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import UNSET, Struct

from pinshop.api.models import ProductGroupPromotion
from pinshop.plans import compare
from pinshop.plans.changes import Change, EntityType, Note
from pinshop.plans.entries import Place
from pinshop.plans.nodes import Problem

#: Whose value holds where the manifest and Pinterest both changed a field since the last apply.
Take: TypeAlias = Literal["manifest", "live"]


class Known(Protocol):
    """What a journal knows. Evidence, never truth."""

    def last(self, entity_type: EntityType, id: str, /) -> tuple[Mapping[str, Any], str] | None:  # noqa: A002
        """The values that were last applied to an object, and by which plan, when."""
        ...

    def created(self, id: str, /) -> bool:  # noqa: A002
        """Whether a plan created this promotion."""
        ...


class NothingKnown:
    """No journal."""

    def last(self, entity_type: EntityType, id: str, /) -> None:  # noqa: A002
        return None

    def created(self, id: str, /) -> bool:  # noqa: A002
        return False


class Difference(Struct):
    """The fields of one object that differ. ``conflicts`` are those that both sides changed."""

    before: dict[str, Any]
    after: dict[str, Any]
    stays: dict[str, Any]
    why: dict[str, str]
    conflicts: list[str]
    kept: list[str]


def differ(entity_type: EntityType, wanted: Mapping[str, Any], live: Any, known: Known, take: Take | None) -> Difference | None:
    """What must change so that ``live`` has every value of ``wanted``; None: nothing."""
    differing = []
    for field, value in wanted.items():
        now = getattr(live, field, UNSET)
        if now != value and not compare.same(field, value, compare.stored(now)):
            differing.append(field)
    if not differing:
        return None
    stays = {field: compare.stored(getattr(live, field, UNSET)) for field in wanted if field not in differing}
    found = Difference({}, {}, stays, {}, [], [])
    applied = known.last(entity_type, live.id)
    for field in differing:
        value, now = compare.stored(wanted[field]), compare.stored(getattr(live, field, UNSET))
        if applied is not None and field in applied[0]:
            last, when = applied[0][field], applied[1]
            moved = not compare.same(field, last, now)
            if moved and not compare.same(field, value, last):
                if take is None:
                    found.conflicts.append(f"{field} (the manifest says {value!r}, Pinterest {now!r}, and {when} set {last!r})")
                    continue
                if take == "live":
                    found.kept.append(f"{field} ({now!r})")
                    continue
                found.why[field] = f"both changed it since {when}"
            elif moved:
                found.why[field] = f"changed at Pinterest since {when}"
        if getattr(live, field, UNSET) is not UNSET:
            found.before[field] = now
        found.after[field] = value
    return found


class Wanted(Struct):
    """One promotion as it shall be: an entry with its catalog product group resolved."""

    place: Place
    id: str | None
    group_id: str | None
    name: str | None
    creative_type: str | None
    fields: dict[str, Any]
    existing: bool


class InGroup(Struct):
    """What is known of an ad group when its promotions are compared."""

    account: str
    ref: str
    label: str
    exclusive: bool = False
    protect: bool = False
    pause_missing: bool = False
    archive_missing: bool = False
    take: Take | None = None
    lenient: bool = False


class GroupDiff(Struct):
    """What comes of the promotions of one ad group. The rows it was made from are not kept."""

    members: list[str]
    changes: list[Change]
    notes: list[Note]
    problems: list[Problem]
    unchanged: int
    #: ids of the ACTIVE ones now.
    active_before: set[str]
    #: catalog product group id -> where it is first asked for; only of new promotions.
    needed: dict[str, Place] = {}


def creative(value: Any) -> str:
    """The creative type as part of a key."""
    return str(value) if value else "REGULAR"


def diff_promotions(group: InGroup, wanted: Sequence[Wanted], rows: Iterable[ProductGroupPromotion], known: Known) -> GroupDiff:
    """Compare the promotions of one ad group with its entries."""
    found = GroupDiff([], [], [], [], 0, set(), needed={})
    by_id: dict[str, ProductGroupPromotion] = {}
    by_key: dict[tuple[str, str], list[ProductGroupPromotion]] = {}
    past: dict[tuple[str, str], list[str]] = {}
    past_ids: set[str] = set()
    for row in rows:
        key = (str(row.catalog_product_group_id), creative(row.creative_type))
        if row.status in compare.FINAL:
            past.setdefault(key, []).append(str(row.id))
            past_ids.add(str(row.id))
            continue
        by_id[str(row.id)] = row
        by_key.setdefault(key, []).append(row)
        if row.status == "ACTIVE":
            found.active_before.add(str(row.id))
    found.members = sorted(by_id, key=lambda i: (len(i), i))
    pinned = {entry.id for entry in wanted if entry.id}
    matched: set[str] = set()
    for entry in wanted:
        if entry.id:
            if group.lenient and entry.id not in by_id:
                text = f"promotion {entry.id} in {group.label} is gone or archived: left alone"
                found.notes.append(Note(kind="absent", account=group.account, text=text, ids=[entry.id]))
                continue
            pin = _pinned(entry, by_id, past_ids, found)
            if pin is None:
                continue
            row = pin
        else:
            key = (entry.group_id or "", creative(entry.creative_type))
            rows_of_key = by_key.get(key, [])
            if pinned:
                rows_of_key = [row for row in rows_of_key if row.id not in pinned]
            if len(rows_of_key) > 1:
                matched.update(str(row.id) for row in rows_of_key)
                ids = [str(row.id) for row in rows_of_key]
                what = f"{entry.name or entry.group_id} in {group.label} is promoted {len(ids)} times ({entry.place})"
                text = f"{what}: none is changed; name one by id"
                found.notes.append(Note(kind="ambiguous", account=group.account, text=text, ids=ids))
                continue
            if not rows_of_key:
                if entry.existing or entry.fields.get("status") == "ARCHIVED":
                    words = (
                        "there is none to archive" if entry.fields.get("status") == "ARCHIVED" else "there is none to change"
                    )
                    text = f"{entry.name or entry.group_id} in {group.label}: {words} ({entry.place})"
                    found.notes.append(Note(kind="absent", account=group.account, text=text))
                    continue
                _create(group, entry, past.get(key), found)
                continue
            row = rows_of_key[0]
        matched.add(str(row.id))
        if group.protect and entry.fields.get("status") in compare.FINAL:
            found.problems.append(entry.place.problem("status", entry.fields["status"], "not ARCHIVED, as protect is set"))
            continue
        _update(group, entry.fields, entry.name, str(entry.place), row, known, found)
    _unmatched(group, [row for row_id, row in by_id.items() if row_id not in matched], known, found)
    return found


def _pinned(
    entry: Wanted, by_id: Mapping[str, ProductGroupPromotion], past_ids: set[str], found: GroupDiff
) -> ProductGroupPromotion | None:
    row = by_id.get(entry.id or "")
    if row is None:
        if entry.id in past_ids:
            if entry.fields.get("status") == "ARCHIVED":
                found.unchanged += 1
            else:
                found.problems.append(entry.place.problem("id", entry.id, "a promotion that is not archived, which is final"))
        else:
            found.problems.append(entry.place.problem("id", entry.id, "the id of a promotion in this ad group"))
        return None
    if entry.group_id and entry.group_id != row.catalog_product_group_id:
        allowed = f"{row.catalog_product_group_id}, which promotion {entry.id} promotes: that cannot be changed"
        found.problems.append(entry.place.problem("catalog_product_group_id", entry.group_id, allowed))
        return None
    return row


def _create(group: InGroup, entry: Wanted, twins: list[str] | None, found: GroupDiff) -> None:
    group_id = entry.group_id or ""
    after = {name: compare.stored(value) for name, value in entry.fields.items() if value is not None}
    after.setdefault("status", "PAUSED")
    if entry.creative_type is not None:
        after["creative_type"] = entry.creative_type
    kind = creative(entry.creative_type)
    found.needed.setdefault(group_id, entry.place)
    found.changes.append(
        Change(
            ref=f"promotion {group.ref} {group_id} {kind}",
            entity_type="promotion",
            action="create",
            account=group.account,
            label=entry.name or "",
            ad_group=group.ref,
            catalog_product_group_id=group_id,
            creative_type=kind,
            after=after,
            place=str(entry.place),
        )
    )
    if twins:
        text = (
            f"{entry.name or group_id} in {group.label} was archived before; archived ones stay so, a new promotion is created"
        )
        found.notes.append(Note(kind="archived_twin", account=group.account, text=text, ids=twins))


def _update(
    group: InGroup,
    fields: Mapping[str, Any],
    name: str | None,
    place: str,
    row: ProductGroupPromotion,
    known: Known,
    found: GroupDiff,
) -> None:
    differing = differ("promotion", fields, row, known, group.take)
    if differing is None:
        found.unchanged += 1
        return
    label = name or row.catalog_product_group_name or ""
    for kind, some, words in (
        ("conflict", differing.conflicts, "changed on both sides"),
        ("kept_live", differing.kept, "kept"),
    ):
        if some:
            text = f"promotion {row.id} ({label or row.catalog_product_group_id}) in {group.label}: {words}: {'; '.join(some)}"
            found.notes.append(Note(kind=kind, account=group.account, text=text, ids=[str(row.id)]))  # type: ignore[arg-type]
    if not differing.after:
        return
    found.changes.append(
        Change(
            ref=f"promotion {row.id}",
            entity_type="promotion",
            action="update",
            account=group.account,
            id=str(row.id),
            label=label,
            ad_group=group.ref,
            catalog_product_group_id=str(row.catalog_product_group_id),
            creative_type=creative(row.creative_type),
            before=differing.before,
            after=differing.after,
            stays=differing.stays,
            why=differing.why,
            place=place,
        )
    )


def _unmatched(group: InGroup, rows: list[ProductGroupPromotion], known: Known, found: GroupDiff) -> None:
    """What is there and not declared: not ours, unless the ad group is exclusive or a plan created it."""
    others = [row for row in rows if not group.exclusive and not known.created(str(row.id))]
    if others:
        text = f"{len(others)} promotion(s) in {group.label} are not declared: not ours, left alone"
        found.notes.append(Note(kind="not_ours", account=group.account, text=text, ids=sorted(str(row.id) for row in others)))
    strangers = {row.id for row in others}
    missing = [row for row in rows if row.id not in strangers]
    if not missing:
        return
    status = "ARCHIVED" if group.archive_missing else "PAUSED" if group.pause_missing else None
    text = f"{len(missing)} promotion(s) in {group.label} are missing from the manifest"
    if status is not None and group.protect:
        found.notes.append(
            Note(
                kind="protected",
                account=group.account,
                text=f"{text}: protected, left alone",
                ids=sorted(str(row.id) for row in missing),
            )
        )
        return
    words = {"ARCHIVED": "archived", "PAUSED": "paused"}.get(
        status or "", "left alone (--pause-missing or --archive-missing acts)"
    )
    found.notes.append(
        Note(kind="missing", account=group.account, text=f"{text}: {words}", ids=sorted(str(row.id) for row in missing))
    )
    if status is not None:
        for row in missing:
            _update(group, {"status": status}, None, "missing from the manifest", row, NothingKnown(), found)
