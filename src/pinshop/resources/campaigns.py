"""Campaigns: ``/ad_accounts/{ad_account_id}/campaigns``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TypeVar

from pinshop.api import endpoints, models, operations, params
from pinshop.api.models import Campaign, decoders
from pinshop.api.params import Id
from pinshop.flow.exchange import exchange
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow
from pinshop.resources import account_writes
from pinshop.resources.binding import Resource, operation
from pinshop.resources.listing import paginated

C = TypeVar("C")

_CREATE = account_writes.AccountWrite(
    row=endpoints.CAMPAIGNS_CREATE, listed=endpoints.CAMPAIGNS_LIST, kind=params.CampaignCreate, model=Campaign
)

_UPDATE = account_writes.AccountWrite(
    row=endpoints.CAMPAIGNS_UPDATE, listed=endpoints.CAMPAIGNS_LIST, kind=params.CampaignUpdate, model=Campaign
)


class Campaigns(Resource[C]):
    """``client.campaigns``."""

    @operation
    def create(
        self,
        ad_account_id: Id,
        items: Sequence[params.CampaignCreate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[Campaign]]:
        """Create campaigns: ``POST /ad_accounts/{ad_account_id}/campaigns``.

        Sends ``[{"ad_account_id": "…", "name": "…", "objective_type": "CATALOG_SALES", "daily_spend_cap": 5000000,
        "is_campaign_budget_optimization": true, "status": "PAUSED"}]`` and receives ``{"items": [{"data": {…},
        "exceptions": []}]}``. Any number of items: they are cut into requests of 30. After a failure that leaves open what
        happened, the ad account is read back, so that nothing is created twice.

        Catalog product groups are promoted under CATALOG_SALES or, from 5.28 on, under SALES with ``intended_promotion_type``
        CATALOG; see `pinshop.api.models.campaigns` for the retirement of the former.

        Args:
            ad_account_id: 1 to 18 digits.
            items: what `inputs.CampaignCreate` describes. Caps are in micro-currency (1,000,000 = one unit) and exclude each
                other; a CBO campaign needs one. Times are Unix seconds or a `datetime` with a time zone.
            read_back: False saves the look-up before the first request; an ambiguous failure then ends as unknown.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: created, failed (code 2384: the budget of a CBO campaign is missing)
            or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed (token, permission, network). Its ``result`` holds the outcomes.

        Source: campaigns/create in Pinterest's description 5.28.0.
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
        items: Sequence[params.CampaignUpdate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[Campaign]]:
        """Change campaigns: ``PATCH /ad_accounts/{ad_account_id}/campaigns``.

        Sends ``[{"id": "…", "ad_account_id": "…", "status": "PAUSED"}]``: of each item exactly the fields given. A field that
        is absent keeps its value; None is sent as null. Sending an update again changes nothing more, so it is retried.

        Args:
            ad_account_id: 1 to 18 digits.
            items: what `inputs.CampaignUpdate` describes; each id once. ``status`` ARCHIVED is the end of a campaign.
            read_back: after a failure without an answer, compare what is stored with what was sent.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: updated, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed. Its ``result`` holds the outcomes.

        Source: campaigns/update in Pinterest's description 5.28.0.
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
    ) -> Flow[BatchResult[Campaign]]:
        """Finish a `create` or `update` that was interrupted, from its journal. See `Promotions.resume`.

        Args:
            journal: the file that was given then. It is for one base URL and one ad account.
            ad_account_id: refuse a journal for another ad account.
            read_back: as for `create`.
            settle_seconds: as for `create`.
            progress: called with every `Outcome` that becomes known now.

        Raises:
            InvalidInput: not a journal of campaigns, one for another base URL, or another process is working on it.
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
    def get(self, ad_account_id: Id, campaign_id: Id) -> Flow[Campaign]:
        """Get one campaign: ``GET /ad_accounts/{ad_account_id}/campaigns/{campaign_id}``.

        Receives ``{"id": "…", "name": "…", "objective_type": "CATALOG_SALES", "summary_status": "RUNNING", …}``; caps are in
        micro-currency, times are Unix seconds.

        Raises:
            NotFound: there is no such campaign in this ad account.

        Source: campaigns/get in Pinterest's description 5.28.0.
        """
        call = operations.build(endpoints.CAMPAIGNS_GET, {"ad_account_id": ad_account_id, "campaign_id": campaign_id})
        return (yield from exchange(self._session, call, decoders.as_entity(Campaign))).value

    @paginated
    def list(
        self,
        ad_account_id: Id,
        *,
        campaign_ids: Iterable[Id] | None = None,
        entity_statuses: Sequence[models.EntityStatus | Enum] | None = None,
        order: models.Order | Enum | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[Campaign]:
        """List campaigns: ``GET /ad_accounts/{ad_account_id}/campaigns``.

        A lazy iterator over all pages of ``{"items": [{…}], "bookmark": "…"}``; ``.pages()`` gives the pages themselves.

        Args:
            ad_account_id: 1 to 18 digits.
            campaign_ids: exactly these; any number, asked for 250 at a time.
            entity_statuses: the default is ACTIVE and PAUSED: archived ones and drafts are hidden.
            order: by id; higher ids are newer. Without it Pinterest promises no order.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Source: campaigns/list in Pinterest's description 5.28.0.
        """
        row = endpoints.CAMPAIGNS_LIST
        query = {"entity_statuses": entity_statuses, "order": order, "page_size": page_size, "bookmark": bookmark}
        parts = (
            [None]
            if campaign_ids is None
            else operations.chunk_ids(row, "campaign_ids", campaign_ids, self._session.api_version)
        )
        path = {"ad_account_id": ad_account_id}
        return ListSpec(
            [operations.build(row, path, {**query, "campaign_ids": part}) for part in parts], decoders.as_page(Campaign)
        )
