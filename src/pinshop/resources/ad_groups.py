"""Ad groups: ``/ad_accounts/{ad_account_id}/ad_groups``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TypeVar

from pinshop.api import endpoints, models, operations, params
from pinshop.api.models import AdGroup, decoders
from pinshop.api.params import Id
from pinshop.errors import InvalidInput
from pinshop.flow.exchange import exchange
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow
from pinshop.resources import account_writes
from pinshop.resources.binding import Resource, operation
from pinshop.resources.listing import paginated

C = TypeVar("C")

_CREATE = account_writes.AccountWrite(
    row=endpoints.AD_GROUPS_CREATE, listed=endpoints.AD_GROUPS_LIST, kind=params.AdGroupCreate, model=AdGroup
)

_UPDATE = account_writes.AccountWrite(
    row=endpoints.AD_GROUPS_UPDATE, listed=endpoints.AD_GROUPS_LIST, kind=params.AdGroupUpdate, model=AdGroup
)


class AdGroups(Resource[C]):
    """``client.ad_groups``."""

    @operation
    def create(
        self,
        ad_account_id: Id,
        items: Sequence[params.AdGroupCreate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[AdGroup]]:
        """Create ad groups: ``POST /ad_accounts/{ad_account_id}/ad_groups``.

        Sends ``[{"campaign_id": "…", "name": "…", "billable_event": "CLICKTHROUGH", "budget_type": "CBO_ADGROUP",
        "bid_in_micro_currency": 500000, "status": "PAUSED"}]`` and receives ``{"items": [{"data": {…}, "exceptions": []}]}``.
        Any number of items: they are cut into requests of 30. After a failure that leaves open what happened, the ad account
        is read back, so that nothing is created twice.

        Args:
            ad_account_id: 1 to 18 digits.
            items: what `inputs.AdGroupCreate` describes. Money is in micro-currency (1,000,000 = one unit). ``budget_type``
                DAILY (the default) and LIFETIME need a budget, LIFETIME also ``end_time``; a CBO campaign takes CBO_ADGROUP
                only, 70 ad groups at most, and STANDARD pacing.
            read_back: False saves the look-up before the first request; an ambiguous failure then ends as unknown.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: created, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed (token, permission, network). Its ``result`` holds the outcomes.

        Source: ad_groups/create in Pinterest's description 5.28.0.
        """
        return account_writes.write(
            self._session,
            _CREATE,
            ad_account_id,
            items,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=journal,
        )

    @operation
    def update(
        self,
        ad_account_id: Id,
        items: Sequence[params.AdGroupUpdate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[AdGroup]]:
        """Change ad groups: ``PATCH /ad_accounts/{ad_account_id}/ad_groups``.

        Sends ``[{"id": "…", "status": "PAUSED"}]``: of each item exactly the fields given. A field that is absent keeps its
        value; None is sent as null. Sending an update again changes nothing more, so it is retried after any failure.

        Args:
            ad_account_id: 1 to 18 digits.
            items: what `inputs.AdGroupUpdate` describes; each id once. Billable event and budget type change in drafts only.
            read_back: after a failure without an answer, compare what is stored with what was sent.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: updated, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed. Its ``result`` holds the outcomes.

        Source: ad_groups/update in Pinterest's description 5.28.0.
        """
        return account_writes.write(
            self._session,
            _UPDATE,
            ad_account_id,
            items,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=journal,
        )

    @operation
    def resume(
        self,
        journal: str | os.PathLike[str],
        *,
        ad_account_id: Id | None = None,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
    ) -> Flow[BatchResult[AdGroup]]:
        """Finish a `create` or `update` that was interrupted, from its journal. See `Promotions.resume`.

        Args:
            journal: the file that was given then. It is for one base URL and one ad account.
            ad_account_id: refuse a journal for another ad account.
            read_back: as for `create`.
            settle_seconds: as for `create`.
            progress: called with every `Outcome` that becomes known now.

        Raises:
            InvalidInput: not a journal of ad groups, one for another base URL, or another process is working on it.
            PinshopError: as for `create`.
        """
        return account_writes.resume(
            self._session,
            (_CREATE, _UPDATE),
            journal,
            ad_account_id=ad_account_id,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
        )

    @operation
    def get(self, ad_account_id: Id, ad_group_id: Id) -> Flow[AdGroup]:
        """Get one ad group: ``GET /ad_accounts/{ad_account_id}/ad_groups/{ad_group_id}``.

        Receives ``{"id": "…", "campaign_id": "…", "name": "…", "budget_in_micro_currency": 5000000, …}``; times are
        Unix seconds.

        Raises:
            NotFound: there is no such ad group in this ad account.

        Source: ad_groups/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.AD_GROUPS_GET, {"ad_account_id": ad_account_id, "ad_group_id": ad_group_id})
        return (yield from exchange(self._session, call, decoders.as_entity(AdGroup))).value

    @paginated
    def list(
        self,
        ad_account_id: Id,
        *,
        campaign_ids: Iterable[Id] | None = None,
        ad_group_ids: Iterable[Id] | None = None,
        entity_statuses: Sequence[models.EntityStatus | Enum] | None = None,
        translate_interests_to_names: bool | None = None,
        order: models.Order | Enum | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[AdGroup]:
        """List ad groups: ``GET /ad_accounts/{ad_account_id}/ad_groups``.

        A lazy iterator over all pages of ``{"items": [{…}], "bookmark": "…"}``; ``.pages()`` gives the pages themselves.

        Args:
            ad_account_id: 1 to 18 digits.
            campaign_ids: those of these campaigns; any number, asked for 250 at a time. Give this or ``ad_group_ids``.
            ad_group_ids: exactly these; any number, asked for 250 at a time.
            entity_statuses: the default is ACTIVE and PAUSED: archived ones and drafts are hidden.
            translate_interests_to_names: True gives interests in ``targeting_spec`` by name instead of id.
            order: by id; higher ids are newer. Without it Pinterest promises no order.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Raises:
            InvalidInput: both campaigns and ad groups were given.

        Source: ad_groups/list in Pinterest's description 5.28.0.
        """
        row = endpoints.AD_GROUPS_LIST
        if campaign_ids is not None and ad_group_ids is not None:
            raise InvalidInput("campaign_ids, ad_group_ids", "both", "one of the two, or neither", operation=row.id)
        query = {
            "entity_statuses": entity_statuses,
            "translate_interests_to_names": translate_interests_to_names,
            "order": order,
            "page_size": page_size,
            "bookmark": bookmark,
        }
        name, ids = ("campaign_ids", campaign_ids) if ad_group_ids is None else ("ad_group_ids", ad_group_ids)
        parts = [None] if ids is None else operations.chunk_ids(row, name, ids, self._session.api_version)
        path = {"ad_account_id": ad_account_id}
        return ListSpec([operations.build(row, path, {**query, name: part}) for part in parts], decoders.as_page(AdGroup))
