"""Batches whose body is a bare array of entities of one ad account: campaigns and ad groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pinshop.api import checks, endpoints, operations, params
from pinshop.api.operations import Call, Operation
from pinshop.api.params import Id
from pinshop.errors import InvalidInput
from pinshop.flow.batch import Batch, BatchTarget, Job, check_settle_seconds
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.session import Session
from pinshop.flow.steps import Flow

T = TypeVar("T")

# What Pinterest gives back as it was sent: by these an entity is recognised when it must be looked for. What it may normalise
# (URLs, targeting, objectives under the two schemes) is not among them.
_KEPT = frozenset({
    "id", "ad_account_id", "campaign_id", "name", "status", "billable_event", "budget_type", "daily_spend_cap",
    "lifetime_spend_cap", "budget_in_micro_currency", "bid_in_micro_currency", "start_time", "end_time",
})  # fmt: skip


def write(
    session: Session,
    row: Operation,
    listed: Operation,
    account: Id,
    kind: type,
    items: Iterable[Any],
    model: type[T],
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
) -> Flow[BatchResult[T]]:
    """Check the items, as ``kind`` has them, and write them; ``listed`` is the operation that reads them back."""
    account = checks.check_id("ad_account_id", account, row.id)
    settle_seconds = check_settle_seconds(settle_seconds, row.id)
    path = {"ad_account_id": account}
    checked = params.check_items(kind, items, row.id)
    for index, item in enumerate(checked):
        # 5.23.0 requires the account in the body of a campaign, beside the one in the path.
        if listed is endpoints.CAMPAIGNS_LIST and item.setdefault("ad_account_id", account) != account:
            allowed = f"{account}, the ad_account_id of the call"
            raise InvalidInput(f"items[{index}].ad_account_id", item["ad_account_id"], allowed, operation=row.id)
    entity_statuses = listed.params["entity_statuses"].at(session.api_version) or listed.params["entity_statuses"]
    everything = {"entity_statuses": entity_statuses.choices}
    ids = listed.path.rpartition("/")[2].removesuffix("s") + "_ids"

    def newest(_group: str, page_size: int, bookmark: str | None) -> Call:
        query = {**everything, "order": "DESCENDING", "page_size": page_size, "bookmark": bookmark}
        return operations.build(listed, path, query)

    noun = BatchTarget(
        operation=row,
        done="updated" if row.verb == "PATCH" else "created",
        model=model,
        derived=frozenset(name for item in checked for name in item) - _KEPT,
        place="ad account",
        write=lambda _group, some: operations.build(row, path, body=some),
        newest=newest,
        by_ids=lambda some: operations.build(listed, path, {**everything, ids: some, "page_size": 250}),
    )
    jobs = [Job(index=index, group="", item=item) for index, item in enumerate(checked)]
    batch: Batch[T] = Batch(session, noun, jobs, read_back=read_back, settle_seconds=settle_seconds, progress=progress)
    return batch.run()
