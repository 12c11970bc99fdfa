"""Promotions as code: what an ad account shall have is a file; every change is a plan that is shown before it is made.

    from pinshop import Client, plans

    manifest = plans.load_manifest("promotions.yaml")
    with Client.from_env() as client:
        plan = plans.make_plan(client, manifest, journal=".pinshop")
        print(plan.to_text())
        applied = plans.apply(client, plan, journal=".pinshop", max_spend="50")
        print(applied.summary())

Plans are stateless: what is true is what Pinterest answers now. The journal is a directory that keeps what was done, so that
a plan runs at most once, can be finished after a crash, and can be rolled back. Every function that takes a client takes both:
with an `AsyncClient` it returns something to await.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from pinshop.errors import GuardRefused as GuardRefused
from pinshop.errors import ManifestError as ManifestError
from pinshop.errors import PlanRefused as PlanRefused
from pinshop.errors import StalePlan as StalePlan
from pinshop.plans.apply import Applied as Applied
from pinshop.plans.apply import Applying, ChangeOutcome, apply_flow, check_server
from pinshop.plans.apply import applied_text as applied_text
from pinshop.plans.apply import check_approval as check_approval
from pinshop.plans.changes import Change as Change
from pinshop.plans.diff import Take
from pinshop.plans.drift import Drift as Drift
from pinshop.plans.drift import drift_of, only_reads
from pinshop.plans.entries import Manifest as Manifest
from pinshop.plans.formatting import format_manifest as format_manifest
from pinshop.plans.guards import limits_of, refusals
from pinshop.plans.imports import import_flow
from pinshop.plans.journal import (
    History,
    JournalKnowledge,
    PlanJournal,
    find_history,
    histories,
)
from pinshop.plans.journal import default_directory as default_directory
from pinshop.plans.live import Live
from pinshop.plans.manifest import load_manifest as load_manifest
from pinshop.plans.manifest import parse_manifest as parse_manifest
from pinshop.plans.plan import Plan as Plan
from pinshop.plans.plan import load_plan as load_plan
from pinshop.plans.planning import Asked, plan_flow
from pinshop.plans.rollback import rollback_flow
from pinshop.plans.schema import schema as schema
from pinshop.plans.selection import Selection
from pinshop.plans.staleness import read_now, verify

FilePath = str | os.PathLike[str]


def _run(client: Any, flow: Any) -> Any:
    return client._run(flow)  # noqa: SLF001 - both clients run flows; nothing else of them is used


def make_plan(
    client: Any,
    manifest: Manifest,
    *,
    journal: FilePath | None = None,
    account: str | None = None,
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    take: Take | None = None,
    pause_missing: bool = False,
    archive_missing: bool = False,
    valid_seconds: int = 86_400,
) -> Any:
    """Compare a manifest with what Pinterest has, and say what would be changed. Only reads.

    Args:
        client: a `Client`, or an `AsyncClient` (then await the result).
        manifest: from `load_manifest` or `parse_manifest`.
        journal: the directory of the journal. With it, a field that was changed at Pinterest since the last apply is told from
            one that the manifest changed; both at once is a conflict.
        account: id of the ad account, where the manifest names none.
        only: terms such as ``ad_group:Spring*``; kinds are account, campaign, ad_group, product_group, promotion.
        exclude: likewise, what is left out.
        take: "manifest" or "live": which side holds in a conflict. None: the field stays as it is, and is listed.
        pause_missing: pause promotions that are missing from an exclusive ad group, or that a plan created and nobody declares.
        archive_missing: archive them instead, which is final.
        valid_seconds: how long the plan may be applied.

    Returns:
        A `Plan`.

    Raises:
        ManifestError: a name that is not there or not unique, an archived ad group, and the like, with file and line.
        PinshopError: as the calls.
    """
    every = [] if journal is None else histories(journal)
    asked = Asked(
        settle_seconds=2.0 if any(history.interrupted and not history.finished for history in every[-1:]) else 0.0,
        account=account,
        selection=Selection.checked(only, exclude),
        take=take,
        pause_missing=pause_missing,
        archive_missing=archive_missing,
        valid_seconds=valid_seconds,
    )
    return _run(client, only_reads(plan_flow(client, manifest, asked, JournalKnowledge(every))))


def apply(
    client: Any,
    plan: Plan,
    *,
    journal: FilePath,
    max_spend: Decimal | str | int | None = None,
    allow_unlimited: bool = False,
    max_changes: int | None = None,
    plan_id: str | None = None,
    keep_going: bool = False,
    allow_other_user: bool = False,
    settle_seconds: float = 2.0,
    progress: Callable[[ChangeOutcome], object] | None = None,
) -> Any:
    """Execute a plan exactly, and at most once. Applying it again after any failure does what is left.

    Args:
        client: a `Client`, or an `AsyncClient` (then await the result).
        plan: from `make_plan`, `load_plan` or `rollback`.
        journal: a directory, made if it is not there; see `default_directory`. Each step is in it before it is made.
        max_spend: how much may be spent a day more than now, in units of the account's currency; the default is 0.
        allow_unlimited: let budgets begin to be spent that nothing limits.
        max_changes: how many changes may be made; the default is 50, and 30 % of the live promotions.
        plan_id: what somebody approved; at least 12 characters of the plan's id.
        keep_going: activate even if something before has failed.
        allow_other_user: apply what another user planned.
        settle_seconds: how long to wait before reading back what is uncertain.
        progress: called with every `ChangeOutcome`.

    Returns:
        An `Applied`. ``ok`` says whether everything the plan wants is so.

    Raises:
        StalePlan: an object that would be changed, the promotions of its ad group, or a budget has changed since.
        GuardRefused: it could spend more, or changes more, than was allowed.
        PlanRefused: made for another server or user, expired, changed after it was made, or another process is applying.
        PinshopError: as the calls that read; nothing was sent.
    """
    applying = Applying(
        limits=limits_of(max_spend, allow_unlimited, max_changes),
        keep_going=keep_going,
        plan_id=plan_id,
        allow_other_user=allow_other_user,
        settle_seconds=settle_seconds,
        progress=progress,
    )
    return _run(client, apply_flow(client, plan, PlanJournal(journal, plan), applying))


def why_refused(
    plan: Plan, *, max_spend: Decimal | str | int | None = None, allow_unlimited: bool = False, max_changes: int | None = None
) -> list[str]:
    """Why the guards would refuse a plan within these limits, each in a sentence; none if they would not. Nothing is sent."""
    return refusals(plan, limits_of(max_spend, allow_unlimited, max_changes))


def what_moved(client: Any, plan: Plan) -> Any:
    """What has changed since a plan was made, of what it rests on: a list of sentences, empty while it fits. Only reads."""

    def flow() -> Any:
        live = Live(client)
        yield from check_server(live, plan, allow_other_user=True)
        verdict = verify(plan, (yield from read_now(live, plan)), set())
        return [] if verdict.done else verdict.moved + verdict.ahead

    return _run(client, only_reads(flow()))


def history_of(plan: Plan, journal: FilePath) -> History | None:
    """What the journal tells of a plan; None if it was never begun with this journal."""
    return next((history for history in histories(journal) if history.plan.id == plan.id), None)


def rollback(
    client: Any,
    journal: FilePath,
    plan_id: str | None = None,
    *,
    archive_created: bool = False,
    take: Take | None = None,
    valid_seconds: int = 86_400,
) -> Any:
    """Plan the way back to before a plan that was applied. It is shown, guarded and applied like any other. Only reads.

    Args:
        client: a `Client`, or an `AsyncClient` (then await the result).
        journal: the directory of the journal.
        plan_id: the beginning of its id; the default is the last that was begun.
        archive_created: archive the promotions it created, which is final; they are paused otherwise.
        take: "manifest" goes back even where somebody has changed the field since; "live" leaves it.
        valid_seconds: how long the new plan may be applied.

    Returns:
        A `Plan`.

    Raises:
        InvalidInput: no such plan in the journal.
        PlanRefused: nothing of it was executed, or it was made for another server.
    """
    history = find_history(journal, plan_id)
    asked = Asked(take=take, valid_seconds=valid_seconds)
    return _run(client, only_reads(rollback_flow(client, history, asked, archive_created=archive_created)))


def drift(
    client: Any,
    manifest: Manifest,
    *,
    journal: FilePath | None = None,
    account: str | None = None,
    ignore: Iterable[str] = (),
) -> Any:
    """What Pinterest has otherwise than the manifest says. It cannot change anything: no request but a GET leaves it.

    Args:
        client: a `Client`, or an `AsyncClient` (then await the result).
        manifest: from `load_manifest` or `parse_manifest`.
        journal: as for `make_plan`.
        account: as for `make_plan`.
        ignore: names of fields to leave out.

    Returns:
        A `Drift`.

    Raises:
        ManifestError, PinshopError: as `make_plan`.
    """
    ignored = list(ignore)
    knowledge = None if journal is None else JournalKnowledge(histories(journal))

    def flow() -> Any:
        plan = yield from plan_flow(client, manifest, Asked(account=account, take="manifest"), knowledge)
        return drift_of(plan, ignored)

    return _run(client, only_reads(flow()))


def import_manifest(
    client: Any, ad_account_id: str, ad_group_ids: Iterable[str] | None = None, *, promotions_only: bool = False
) -> Any:
    """The manifest of what an ad account has, as YAML: the same bytes for the same state; its plan is empty. Only reads.

    Args:
        client: a `Client`, or an `AsyncClient` (then await the result).
        ad_account_id: 1 to 18 digits.
        ad_group_ids: only these ad groups, and their campaigns.
        promotions_only: leave campaigns out, and of ad groups everything but their id.

    Returns:
        Text.
    """
    return _run(client, only_reads(import_flow(client, ad_account_id, ad_group_ids, promotions_only=promotions_only)))
