"""Execute a plan exactly, at most once, in the order that stops money first and lets it flow last.

Before anything is sent, what the plan touches is read again; a plan that does not fit any more is refused. Each step is in the
journal before it is made. After a failure, an interruption or a kill, applying the same plan again reads what is there and does
exactly what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from pinshop.api.http import Pause
from pinshop.errors import PinshopError, PlanRefused, StalePlan
from pinshop.flow.steps import Blocking, Flow
from pinshop.plans import compare, guards
from pinshop.plans.changes import SKEW_SECONDS, STEPS, Change, EntityType, Stage
from pinshop.plans.journal import History, PlanJournal, Recorded
from pinshop.plans.live import Live, flow_of, together
from pinshop.plans.plan import Plan
from pinshop.plans.staleness import Left, describe, read_now, verify
from pinshop.plans.text import harmless
from pinshop.plans.values import when

ChangeState: TypeAlias = Literal["done", "already", "failed", "unknown", "skipped"]


class ChangeOutcome(Struct, frozen=True, kw_only=True):
    """What became of one change in one stage.

    ``done``; ``already`` so when it was looked at; ``failed``, certainly not executed; ``unknown``; ``skipped``, not sent
    because of what went before.
    """

    change: Change
    stage: Stage
    state: ChangeState
    id: str | None = None
    code: int | None = None
    message: str | None = None
    advice: str | None = None

    def __str__(self) -> str:
        words = f": {self.message}" if self.message else ""
        return f"{self.stage} {describe(self.change)}: {self.state}{words}"


class Applied(Struct, frozen=True, kw_only=True):
    """What came of applying a plan. ``executed_at``: when all of it was done, in this run or in an earlier one."""

    plan: Plan
    outcomes: list[ChangeOutcome]
    executed_at: int | None = None
    #: True: an earlier run had done all of it, and nothing was sent.
    already: bool = False
    #: What ended the run early.
    error: PinshopError | None = None

    @property
    def ok(self) -> bool:
        """Whether everything the plan wants is so."""
        return self.error is None and not self.not_done

    @property
    def not_done(self) -> list[ChangeOutcome]:
        """Failed, unknown and skipped ones."""
        return [outcome for outcome in self.outcomes if outcome.state not in ("done", "already")]

    def summary(self) -> str:
        """``plan 0123456789ab: 12 done, 1 failed, 3 skipped``."""
        if self.already:
            at = f" on {when(self.executed_at)}" if self.executed_at else ""
            return f"plan {self.plan.short_id}: already executed{at}"
        counts: dict[str, int] = {}
        for outcome in self.outcomes:
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
        return f"plan {self.plan.short_id}: " + (
            ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing to do"
        )

    def to_json(self) -> bytes:
        """As versioned JSON: what came of every change, in the order in which it was done."""
        value = {
            "version": 1,
            "plan_id": self.plan.id,
            "ok": self.ok,
            "already": self.already,
            "executed_at": self.executed_at,
            "error": None if self.error is None else self.error.message,
            "outcomes": [
                {
                    "ref": outcome.change.ref,
                    "entity_type": outcome.change.entity_type,
                    "action": outcome.change.action,
                    "stage": outcome.stage,
                    "state": outcome.state,
                    "id": outcome.id,
                    "code": outcome.code,
                    "message": outcome.message,
                    "advice": outcome.advice,
                }
                for outcome in self.outcomes
            ],
        }
        return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"

    def raise_if_failed(self) -> None:
        """Raise `PartialFailure`, which carries this result, unless everything the plan wants is so."""
        from pinshop.errors import PartialFailure

        if self.error is not None:
            raise self.error
        if self.not_done:
            first = self.not_done[0]
            raise PartialFailure(
                f"{self.summary()}; {first}", self, advice=first.advice or "apply the same plan again: it does what is left"
            )


class Applying(Struct, frozen=True, kw_only=True):
    """How a plan is applied."""

    limits: guards.Limits = guards.Limits()
    keep_going: bool = False
    #: The beginning of the id somebody approved, 12 characters at least.
    plan_id: str | None = None
    allow_other_user: bool = False
    settle_seconds: float = 2.0
    progress: Callable[[ChangeOutcome], object] | None = None


def apply_flow(client: Any, plan: Plan, journal: PlanJournal, applying: Applying) -> Flow[Applied]:
    """Apply a plan. See `pinshop.plans.apply`."""
    live = Live(client)
    try:
        check_approval(plan, applying.plan_id)  # also of a plan that is done: nobody may think that the other one was
        history: History | None = yield Blocking(journal.open)
        if history is not None and history.finished:
            return Applied(plan=plan, outcomes=[], executed_at=history.finished, already=True)
        return (yield from _Run(client, live, plan, journal, applying, history).run())
    finally:
        journal.close()


def check_approval(plan: Plan, approved: str | None) -> None:
    """Refuse a plan that is not the one with the approved id.

    Raises:
        PlanRefused: another one was approved.
    """
    if approved is not None and (len(approved) < 12 or not plan.id.startswith(approved)):
        raise PlanRefused(
            f"this is plan {plan.short_id}, and plan {approved} was approved", advice="apply the plan that was approved"
        )


def check_server(live: Live, plan: Plan, *, allow_other_user: bool) -> Flow[None]:
    """A plan of an emulator never runs on Pinterest, and the other way round; nor on another server or as another user.

    Raises:
        PlanRefused: that would happen.
    """
    user, server = yield from live.user()
    if server.emulated != plan.server.emulated:
        kinds = {True: "an emulator", False: "Pinterest"}
        raise PlanRefused(
            f"plan {plan.short_id} was made on {kinds[plan.server.emulated]} ({plan.server.base_url}), and this is "
            f"{kinds[server.emulated]} ({server.base_url})",
            advice="make a plan for this server",
        )
    if not server.emulated and server.base_url != plan.server.base_url:
        raise PlanRefused(
            f"plan {plan.short_id} was made for {plan.server.base_url}, and this is {server.base_url}",
            advice="use the profile the plan was made with, or make a new plan",
        )
    if user.id and plan.user.id and user.id != plan.user.id and not allow_other_user:
        raise PlanRefused(
            f"plan {plan.short_id} was made as {plan.user.username} ({plan.user.id}), "
            f"and this token is of {user.username} ({user.id})",
            advice="use the profile the plan was made with, or allow another user on purpose",
        )


class _Run:
    def __init__(
        self, client: Any, live: Live, plan: Plan, journal: PlanJournal, applying: Applying, history: History | None
    ) -> None:
        self._client, self._live, self._plan, self._journal = client, live, plan, journal
        self._applying, self._history = applying, history
        self._outcomes: list[ChangeOutcome] = []
        self._error: PinshopError | None = None
        #: ref of a change -> the id of its object.
        self._ids: dict[str, str] = {}
        self._left: dict[str, Left] = {}

    def run(self) -> Flow[Applied]:
        plan, session = self._plan, self._live.session
        self._check_plan(session.clock())
        yield from check_server(self._live, plan, allow_other_user=self._applying.allow_other_user)
        if plan.is_empty:
            return Applied(plan=plan, outcomes=[], executed_at=int(session.clock()))
        if self._history is not None and self._history.interrupted:
            yield Pause(self._applying.settle_seconds, "for what an earlier run had sent")
        state = yield from read_now(self._live, plan)
        sent = self._history.sent if self._history else set()
        verdict = verify(plan, state, sent)
        begun = self._history is not None and bool(self._history.started)
        if verdict.done and not begun:
            # Whoever did it: everything is as planned, and there is nothing to send.
            return Applied(plan=plan, outcomes=[], already=True)
        differences = verdict.moved + verdict.ahead
        if differences:
            shown = "; ".join(differences[:10]) + (f"; and {len(differences) - 10} more" if len(differences) > 10 else "")
            raise StalePlan(
                f"plan {plan.short_id} does not fit any more: {shown}", differences, advice="make a new plan, and look at it"
            )
        guards.check(plan, self._applying.limits)
        self._left = verdict.left
        for ref, left in verdict.left.items():
            if left.id:
                self._ids[ref] = left.id
        if not begun:
            yield Blocking(lambda: self._journal.write({"started": int(session.clock()), "user": plan.user}))
        yield from self._note_done()
        for stage, entity_type in STEPS:
            yield from self._step(stage, entity_type)
        finished = None
        if self._error is None and all(outcome.state in ("done", "already") for outcome in self._outcomes):
            finished = int(session.clock())
            yield Blocking(lambda: self._journal.write({"finished": finished}))
        return Applied(plan=plan, outcomes=self._outcomes, executed_at=finished, error=self._error)

    def _check_plan(self, now: float) -> None:
        plan = self._plan
        if plan.digest() != plan.id:
            raise PlanRefused("the plan was changed after it was made", advice="make a new plan")
        # What was begun must be finished, however late.
        if self._history is None and now > plan.valid_until + SKEW_SECONDS:
            raise PlanRefused(f"plan {plan.short_id} was valid until {when(plan.valid_until)}", advice="make a new plan")

    def _note_done(self) -> Flow[None]:
        """What an earlier run has done is not sent again. What it did and could not say any more is evidence from now on."""
        known = self._history.done if self._history else {}
        for change in self._plan.changes:
            left = self._left[change.ref]
            for stage in change.writes():
                if stage not in left.stages:
                    entity = change.id or self._ids.get(change.ref)
                    self._outcomes.append(ChangeOutcome(change=change, stage=stage, state="already", id=entity))
        found = [
            Recorded(one.change.ref, one.stage, "done", one.id)
            for one in self._outcomes
            if (one.change.ref, one.stage) not in known
        ]
        if found:
            yield Blocking(lambda: self._journal.write({"outcomes": found}))

    # ------------------------------------------------------------------------------------------- steps

    def _step(self, stage: Stage, entity_type: EntityType) -> Flow[None]:
        chosen = [
            change
            for change in self._plan.changes
            if change.entity_type == entity_type and stage in self._left[change.ref].stages
        ]
        if not chosen:
            return
        reason = self._reason_to_skip(stage)
        if reason is not None:
            self._skip(chosen, stage, reason)
            return
        ready: list[Change] = []
        for change in chosen:
            if stage == "create" and entity_type != "campaign" and self._parent_of(change) is None:
                self._skip([change], stage, "what it belongs to was not created")
            elif stage == "activate" and change.ref not in self._ids and change.id is None:
                self._skip([change], stage, "it was not created")
            else:
                ready.append(change)
        if not ready:
            return
        record = {"sending": f"{stage} {entity_type}", "refs": [change.ref for change in ready]}
        yield Blocking(lambda: self._journal.write(record))
        by_account: dict[str, list[Change]] = {}
        for change in ready:
            by_account.setdefault(change.account, []).append(change)
        before = len(self._outcomes)
        try:
            yield from together(
                self._live.session, [self._write(stage, entity_type, account, some) for account, some in by_account.items()]
            )
        except BaseException:
            # Not as a step, of which there will be none any more: an interruption must not lose what is known.
            self._record(before)
            raise
        yield Blocking(lambda: self._record(before))

    def _record(self, since: int) -> None:
        records = [
            Recorded(one.change.ref, one.stage, one.state, one.id, one.code, one.message)
            for one in self._outcomes[since:]
            if one.state in ("done", "failed", "unknown")
        ]
        if records:
            self._journal.write({"outcomes": records})

    def _reason_to_skip(self, stage: Stage) -> str | None:
        if self._error is not None:
            return f"the run ended before: {self._error.message}"
        if stage == "activate" and not self._applying.keep_going:
            wrong = next((one for one in self._outcomes if one.state not in ("done", "already")), None)
            if wrong is not None:
                return f"activations wait until everything before them has succeeded; not so: {describe(wrong.change)}"
        return None

    def _skip(self, changes: Sequence[Change], stage: Stage, reason: str) -> None:
        for change in changes:
            self._keep(ChangeOutcome(change=change, stage=stage, state="skipped", id=change.id, message=reason))

    def _keep(self, outcome: ChangeOutcome) -> None:
        self._outcomes.append(outcome)
        if outcome.state == "done" and outcome.id:
            self._ids[outcome.change.ref] = outcome.id
        if self._applying.progress is not None:
            self._applying.progress(outcome)

    def _parent_of(self, change: Change) -> str | None:
        """The id of what a new object is put into; None where that was not created."""
        ref = (change.campaign if change.entity_type == "ad_group" else change.ad_group) or ""
        found = self._ids.get(ref)
        if found is None and not any(other.ref == ref for other in self._plan.changes if other.action == "create"):
            return ref
        return found

    def _write(self, stage: Stage, entity_type: EntityType, account: str, changes: list[Change]) -> Flow[None]:
        resource = {
            "campaign": self._client.campaigns,
            "ad_group": self._client.ad_groups,
            "promotion": self._client.promotions,
        }[entity_type]
        method = resource.create if stage == "create" else resource.update
        items = [self._item(stage, change) for change in changes]
        arguments = (account, None, items) if entity_type == "promotion" else (account, items)
        try:
            result = yield from flow_of(method)(*arguments, settle_seconds=self._applying.settle_seconds)
        except PinshopError as error:
            result = getattr(error, "result", None)
            if result is None:
                self._skip(changes, stage, error.message)
            self._error = error
        except BaseException as stop:
            self._take(stage, changes, getattr(stop, "result", None) or ())
            raise
        self._take(stage, changes, result or ())

    def _take(self, stage: Stage, changes: list[Change], result: Any) -> None:
        for outcome in result:
            change = changes[outcome.index]
            state: ChangeState = "done" if outcome.state in ("created", "updated") else outcome.state
            self._keep(
                ChangeOutcome(
                    change=change,
                    stage=stage,
                    state=state,
                    id=outcome.id or change.id or self._ids.get(change.ref),
                    code=outcome.code,
                    message=outcome.message,
                    advice=outcome.advice,
                )
            )

    def _item(self, stage: Stage, change: Change) -> dict[str, Any]:
        version = self._live.session.api_version
        fields = {
            name: compare.as_sent(change.entity_type, name, value, version, new=stage == "create")
            for name, value in self._left[change.ref].stages[stage].items()
        }
        if stage == "create":
            if change.entity_type == "promotion":
                fields["catalog_product_group_id"] = change.catalog_product_group_id
            elif change.entity_type == "ad_group":
                fields["campaign_id"] = self._parent_of(change)
        else:
            fields["id"] = change.id or self._ids[change.ref]
        if change.entity_type == "promotion":
            fields["ad_group_id"] = self._parent_of(change) if change.action == "create" else change.ad_group
        return fields


def applied_text(applied: Applied) -> str:
    """What came of a plan, for a terminal: the summary, then everything that is not done."""
    lines = [applied.summary()] + [f"  {outcome}" for outcome in applied.not_done]
    if applied.not_done or applied.error is not None:
        lines.append("  apply the same plan again: it does what is left")
    return "\n".join(harmless(line) for line in lines) + "\n"
