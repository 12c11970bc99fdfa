"""How a batch is begun, with a journal or without, and how one that was interrupted is finished."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pinshop.api import checks
from pinshop.api.checks import Id
from pinshop.api.operations import Operation
from pinshop.errors import InvalidInput
from pinshop.files.batch_journal import Header, Journal, JournalFile
from pinshop.flow.batch import Batch, check_settle_seconds
from pinshop.flow.matching import BatchTarget, Job
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow

#: (ad account, items) -> what is written there.
MakeTarget = Callable[[str, list[dict[str, Any]]], BatchTarget]


def run_batch(
    session: Session,
    row: Operation,
    ad_account_id: str,
    groups: list[str],
    items: list[dict[str, Any]],
    make_target: MakeTarget,
    *,
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
    journal: str | os.PathLike[str] | None,
) -> Flow[BatchResult[Any]]:
    """Write checked items, each to its group. Without items nothing is sent, and no journal is begun."""
    settle_seconds = check_settle_seconds(settle_seconds, row.id)
    if not items:
        return BatchResult(row.id, ())
    file: JournalFile | None = None
    if journal is not None:
        header = Header(
            base_url=session.origin + session.prefix, operation=row.id, ad_account_id=ad_account_id, groups=groups, items=items
        )
        file = yield Blocking(partial(JournalFile.create, journal, header))
    batch: Batch[Any] = Batch(
        session,
        make_target(ad_account_id, items),
        _jobs(groups, items),
        read_back=read_back,
        settle_seconds=settle_seconds,
        progress=progress,
        journal=file,
    )
    return (yield from batch.run())


def resume_batch(
    session: Session,
    journal: str | os.PathLike[str],
    targets: Mapping[str, MakeTarget],
    *,
    ad_account_id: Id | None,
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
) -> Flow[BatchResult[Any]]:
    """Go on with a journal of one of the operations that ``targets`` names."""
    settle_seconds = check_settle_seconds(settle_seconds, "resume")
    account = None if ad_account_id is None else checks.check_id("ad_account_id", ad_account_id)
    file: JournalFile
    said: Journal
    file, said = yield Blocking(partial(JournalFile.reopen, journal))
    try:
        header = said.header
        _check(journal, header, targets, session.origin + session.prefix, account)
        batch: Batch[Any] = Batch(
            session,
            targets[header.operation](checks.check_id("ad_account_id", header.ad_account_id), header.items),
            _jobs(header.groups, header.items),
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=file,
        )
        batch.remember(said.records, damaged=said.damaged)
    except BaseException:
        yield Blocking(file.close)
        raise
    return (yield from batch.run())


def _check(
    journal: str | os.PathLike[str], header: Header, targets: Mapping[str, MakeTarget], where: str, account: str | None
) -> None:
    allowed = None
    if header.operation not in targets:
        allowed = f"a journal of {' or '.join(targets)}; this is one of {header.operation}"
    elif header.base_url != where:
        allowed = f"a journal for {where}; this is one for {header.base_url}"
    elif account is not None and header.ad_account_id != account:
        allowed = f"a journal for the ad account {account}; this is one for {header.ad_account_id}"
    if allowed is not None:
        raise InvalidInput("journal", str(journal), allowed)


def _jobs(groups: list[str], items: list[dict[str, Any]]) -> list[Job]:
    return [Job(index=n, group=group, item=item) for n, (group, item) in enumerate(zip(groups, items, strict=True))]
