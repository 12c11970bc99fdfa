"""Batches whose body is a bare array of entities of one ad account: campaigns and ad groups."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from pinshop.api import checks, endpoints, money, operations, params
from pinshop.api.operations import Call, Operation
from pinshop.api.params import Id
from pinshop.errors import InvalidInput
from pinshop.flow import events
from pinshop.flow.matching import BatchTarget
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow
from pinshop.resources.batches import resume_batch, run_batch

# What Pinterest gives back as it was sent: by these an entity is recognised when it must be looked for. What it may normalise
# (URLs, targeting, objectives under the two schemes) is not among them.
_KEPT = frozenset({
    "id", "ad_account_id", "campaign_id", "name", "status", "billable_event", "budget_type", "daily_spend_cap",
    "lifetime_spend_cap", "budget_in_micro_currency", "bid_in_micro_currency", "start_time", "end_time",
})  # fmt: skip


class AccountWrite(Struct, frozen=True, kw_only=True):
    """A write of an ad account's entities, and the list that reads them back."""

    row: Operation
    listed: Operation
    #: What an item is checked against.
    kind: type
    model: type


def write(
    session: Session,
    what: AccountWrite,
    account: Id,
    items: Iterable[Any],
    *,
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
    journal: str | os.PathLike[str] | None,
) -> Flow[BatchResult[Any]]:
    """Check the items, and write them."""
    row = what.row
    account = checks.check_id("ad_account_id", account, row.id)
    checked = params.check_items(what.kind, items, row.id)
    for index, item in enumerate(checked):
        # 5.23.0 requires the account in the body of a campaign, beside the one in the path.
        if what.listed is endpoints.CAMPAIGNS_LIST and item.setdefault("ad_account_id", account) != account:
            allowed = f"{account}, the ad_account_id of the call"
            raise InvalidInput(f"items[{index}].ad_account_id", item["ad_account_id"], allowed, operation=row.id)
    entity_type = "campaign" if what.listed is endpoints.CAMPAIGNS_LIST else "ad_group"
    for words in money.implausible(entity_type, checked):
        session.emit(events.Noticed(row.id, words, warning=True))
    return run_batch(
        session,
        row,
        account,
        [""] * len(checked),
        checked,
        partial(_target, session, what),
        read_back=read_back,
        settle_seconds=settle_seconds,
        progress=progress,
        journal=journal,
    )


def resume(
    session: Session,
    whats: Iterable[AccountWrite],
    journal: str | os.PathLike[str],
    *,
    ad_account_id: Id | None,
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
) -> Flow[BatchResult[Any]]:
    """Finish what a journal began."""
    return resume_batch(
        session,
        journal,
        {what.row.id: partial(_target, session, what) for what in whats},
        ad_account_id=ad_account_id,
        read_back=read_back,
        settle_seconds=settle_seconds,
        progress=progress,
    )


def _target(session: Session, what: AccountWrite, account: str, items: Iterable[Mapping[str, Any]]) -> BatchTarget:
    row, listed = what.row, what.listed
    path = {"ad_account_id": account}
    entity_statuses = listed.params["entity_statuses"].at(session.api_version) or listed.params["entity_statuses"]
    everything = {"entity_statuses": entity_statuses.choices}
    ids = listed.path.rpartition("/")[2].removesuffix("s") + "_ids"

    def newest(_group: str, page_size: int, bookmark: str | None) -> Call:
        query = {**everything, "order": "DESCENDING", "page_size": page_size, "bookmark": bookmark}
        return operations.build(listed, path, query)

    return BatchTarget(
        operation=row,
        done="updated" if row.verb == "PATCH" else "created",
        model=what.model,
        derived=frozenset(name for item in items for name in item) - _KEPT,
        firm=frozenset({"name", "status"} if row.verb == "PATCH" else {"name"}),
        place="ad account",
        write=lambda _group, some: operations.build(row, path, body=some),
        newest=newest,
        by_ids=lambda some: operations.build(listed, path, {**everything, ids: some, "page_size": 250}),
    )
