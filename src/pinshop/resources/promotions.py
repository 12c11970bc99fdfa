"""Product group promotions: ``/ad_accounts/{ad_account_id}/product_group_promotions`` and their analytics."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from pinshop.analytics import query
from pinshop.analytics.plain_rows import Asked, split
from pinshop.analytics.rows import Rows, merge
from pinshop.api import checks, endpoints, models, operations
from pinshop.api.checks import Id
from pinshop.api.models import ProductGroupPromotion, decoders
from pinshop.api.params.promotions import PromotionCreate, PromotionUpdate
from pinshop.errors import InvalidInput
from pinshop.flow import events
from pinshop.flow.estimate import Estimate
from pinshop.flow.exchange import exchange
from pinshop.flow.matching import BatchTarget
from pinshop.flow.outcomes import BatchResult, Progress
from pinshop.flow.paging import ListSpec
from pinshop.flow.steps import Flow, Together
from pinshop.resources.batches import resume_batch, run_batch
from pinshop.resources.binding import Resource, operation
from pinshop.resources.listing import paginated
from pinshop.resources.promotion_writes import bare_ad_group_id, batch_target, check_promotions

C = TypeVar("C")


class Promotions(Resource[C]):
    """``client.promotions``."""

    @operation
    def create(
        self,
        ad_account_id: Id,
        ad_group_id: Id | None,
        items: Sequence[PromotionCreate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Promote catalog product groups: ``POST /ad_accounts/{ad_account_id}/product_group_promotions``.

        Sends ``{"ad_group_id": "…", "product_group_promotion": [{"catalog_product_group_id": "…", "status": "PAUSED"}]}``
        and receives ``{"items": [{"data": {…}, "exceptions": null}]}``. Any number of items: they are cut into requests of
        30, which go one after the other. Before the first one the newest promotion of the ad group is looked up; after a
        failure that leaves open what happened, the ad group is read back, so that nothing is created twice.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: where they are promoted. None: every item carries its own ``ad_group_id``; the ad groups are then
                written side by side.
            items: what `PromotionCreate` describes; ``tracking_url`` has up to 4,000 characters.
            read_back: False saves the look-up; an ambiguous failure then ends as unknown.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: a file to create; every step is on disk before it is made, and `resume` finishes what a crash left.

        Returns:
            One `Outcome` per item, in the order given: created, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed (token, permission, network). Its ``result`` holds the outcomes.

        Source: product_group_promotions/create in Pinterest's description 5.28.0.
        """
        checked, groups = check_promotions(endpoints.PROMOTIONS_CREATE, ad_group_id, items)
        return self._write(
            endpoints.PROMOTIONS_CREATE,
            ad_account_id,
            groups,
            checked,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=journal,
        )

    @operation
    def update(
        self,
        ad_account_id: Id,
        ad_group_id: Id | None,
        items: Sequence[PromotionUpdate],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Change promotions: ``PATCH /ad_accounts/{ad_account_id}/product_group_promotions``.

        Sends ``{"ad_group_id": "…", "product_group_promotion": [{"id": "…", "status": "PAUSED"}]}``: of each item exactly the
        fields given. A field that is absent keeps its value; None is sent as null. Sending an update again changes nothing
        more, so it is retried after any failure.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: the ad group of all of them. None: every item carries its own.
            items: dicts with ``id`` and what changes; each id once.
            read_back: after a failure without an answer, compare what is stored with what was sent.
            settle_seconds: how long to wait before reading back.
            progress: called with every `Outcome` as soon as it is known.
            journal: as for `create`.

        Returns:
            One `Outcome` per item, in the order given: updated, failed or unknown.

        Raises:
            InvalidInput: an item was refused here; nothing was sent.
            PinshopError: nothing at all was executed. Its ``result`` holds the outcomes.

        Source: product_group_promotions/update in Pinterest's description 5.28.0.
        """
        checked, groups = check_promotions(endpoints.PROMOTIONS_UPDATE, ad_group_id, items)
        return self._write(
            endpoints.PROMOTIONS_UPDATE,
            ad_account_id,
            groups,
            checked,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=journal,
        )

    @paginated
    def list(
        self,
        ad_account_id: Id,
        *,
        ad_group_id: Id | None = None,
        product_group_promotion_ids: Iterable[Id] | None = None,
        entity_statuses: Sequence[models.EntityStatus | Enum] | None = None,
        order: models.Order | Enum | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> ListSpec[ProductGroupPromotion]:
        """List promotions: ``GET /ad_accounts/{ad_account_id}/product_group_promotions``.

        A lazy iterator over all pages of ``{"items": [{…}], "bookmark": "…"}``; ``.pages()`` gives the pages themselves.

        Args:
            ad_account_id: 1 to 18 digits.
            ad_group_id: all promotions of this ad group. Give this or the ids.
            product_group_promotion_ids: exactly these; any number, asked for 250 at a time.
            entity_statuses: the default is ACTIVE and PAUSED: archived ones and drafts are hidden.
            order: by id; higher ids are newer. Without it Pinterest promises no order.
            page_size: 1 to 250; the default is 25.
            bookmark: where to go on.

        Raises:
            InvalidInput: neither ad group nor ids, or both.

        Source: product_group_promotions/list in Pinterest's description 5.28.0 (since 5.8.0).
        """
        row = endpoints.PROMOTIONS_LIST
        if (ad_group_id is None) == (product_group_promotion_ids is None):
            raise InvalidInput(
                "ad_group_id, product_group_promotion_ids",
                "neither" if ad_group_id is None else "both",
                "one of the two",
                operation=row.id,
            )
        query: dict[str, Any] = {
            "ad_group_id": bare_ad_group_id(ad_group_id),
            "entity_statuses": entity_statuses,
            "order": order,
            "page_size": page_size,
            "bookmark": bookmark,
        }
        path = {"ad_account_id": ad_account_id}
        if product_group_promotion_ids is None:
            return ListSpec([operations.build(row, path, query)], decoders.as_page(ProductGroupPromotion))
        calls = [
            operations.build(row, path, {**query, "product_group_promotion_ids": part})
            for part in operations.chunk_ids(
                row, "product_group_promotion_ids", product_group_promotion_ids, self._session.api_version
            )
        ]
        return ListSpec(calls, decoders.as_page(ProductGroupPromotion))

    @operation
    def get(self, ad_account_id: Id, product_group_promotion_id: Id) -> Flow[ProductGroupPromotion]:
        """Get one promotion: ``GET /ad_accounts/{ad_account_id}/product_group_promotions/{product_group_promotion_id}``.

        Receives ``{"id": "…", "ad_group_id": "…", "status": "ACTIVE", …}``. A field the server did not send is `UNSET`.

        Raises:
            NotFound: there is no such promotion in this ad account.

        Source: product_group_promotions/get in Pinterest's description 5.28.0.
        """
        call = operations.build(
            endpoints.PROMOTIONS_GET,
            {"ad_account_id": ad_account_id, "product_group_promotion_id": product_group_promotion_id},
        )
        return (yield from exchange(self._session, call, _ENTITY)).value

    @operation
    def analytics(
        self,
        ad_account_id: Id,
        product_group_ids: Iterable[Id | ProductGroupPromotion],
        *,
        start_date: str | datetime.date,
        end_date: str | datetime.date,
        columns: Iterable[str],
        granularity: models.Granularity,
        click_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        engagement_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        view_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        conversion_report_time: models.ConversionReportTime | None = None,
        reporting_timezone: models.ReportingTimezone | None = None,
        allow_unknown_columns: bool = False,
    ) -> Flow[Rows]:
        """What promotions earned: ``GET /ad_accounts/{ad_account_id}/product_groups/analytics``.

        Receives ``[{"DATE": "2026-11-01", "PRODUCT_GROUP_ID": "…", "SPEND_IN_MICRO_DOLLAR": 1230000}, …]``. Any number of ids
        and days: they are asked for in calls of 250 ids and 90 days (3 days by the hour), some of them at once. Values are
        exact. A column without a value is absent from its row, which is not zero; so is a row without any.

        Args:
            ad_account_id: 1 to 18 digits.
            product_group_ids: ids of *promotions* (Pinterest's older word for them is product group), or the promotions.
            start_date: first day, UTC. Pinterest goes back 90 days, by the hour 8 days.
            end_date: last day, included.
            columns: names as in `pinshop.columns`, its families ("spend") or "all". Money named MICRO_DOLLAR is in millionths
                of the account's currency.
            granularity: TOTAL, DAY, HOUR, WEEK or MONTH. All but DAY and HOUR take 90 days at most: their rows of two
                windows could not be put together.
            click_window_days: how long after a click a conversion counts; Pinterest's default is 30.
            engagement_window_days: likewise after an engagement; 30.
            view_window_days: likewise after a view; 1.
            conversion_report_time: counts conversions on the day of the ad action (default) or of the conversion.
            reporting_timezone: days of Pinterest's or of the account's time zone (since 5.16).
            allow_unknown_columns: send column names that pinshop does not know.

        Returns:
            The rows. ``missing_ids`` are ids that got none. Without ids there is nothing to ask, and there are no rows.

        Raises:
            InvalidInput: unknown columns, reversed dates, a range that would need adding up or has not begun; or there are no
                rows because none of the ids is a promotion of this ad account.

        Source: product_groups/analytics in Pinterest's description 5.28.0.
        """
        row, session = endpoints.PROMOTIONS_ANALYTICS, self._session
        first, last = (
            datetime.date.fromisoformat(checks.check_date(name, day, row.id))
            for name, day in (("start_date", start_date), ("end_date", end_date))
        )
        account = checks.check_id("ad_account_id", ad_account_id, row.id)
        reach, warning = last, ""
        if first <= last and last > (session.today() or datetime.datetime.fromtimestamp(session.clock(), datetime.UTC).date()):
            from pinshop.analytics import fetching

            reach, warning = yield from fetching.until_today(session, account, first, last, reporting_timezone)
        ids = query.ids_of("product_group_ids", product_group_ids, row.id)
        calls, asked = query.plan(
            row,
            ad_account_id,
            ids or ["0"],
            start_date=start_date,
            end_date=reach,
            columns=columns,
            granularity=granularity,
            api_version=session.api_version,
            allow_unknown_columns=allow_unknown_columns,
            click_window_days=click_window_days,
            engagement_window_days=engagement_window_days,
            view_window_days=view_window_days,
            conversion_report_time=conversion_report_time,
            reporting_timezone=reporting_timezone,
        )
        about = Asked(
            granularity=str(getattr(granularity, "value", granularity)),
            first=first,
            last=reach,
            ids={str(ad_account_id): tuple(ids)},
            keys=("PRODUCT_GROUP_ID",) if granularity == "TOTAL" else ("PRODUCT_GROUP_ID", "DATE"),
        )
        if not ids:
            return Rows((), asked, blocks=[], asked=about)
        if len(calls) == 1:
            answers = [(yield from exchange(session, calls[0], split))]
        else:
            flows = [exchange(session, call, split) for call in calls]
            answers = yield Together(flows, session.options.concurrency)
        if not warning:
            reach, warning = query.until_today(first, last, session.today(), reporting_timezone)
            about = msgspec.structs.replace(about, last=reach)
        rows = merge((answer.value for answer in answers), asked, asked=about)
        if warning:
            session.emit(events.Noticed(row.id, warning, warning=True))
        if not len(rows):
            from pinshop.analytics import fetching

            yield from fetching.explain_no_rows(session, str(ad_account_id), ids)
        if events.is_heard(session.emit) and (missing := rows.missing_ids):
            words = f"{len(missing)} id(s) without a row: {', '.join(missing[:5])}; see missing_ids"
            session.emit(events.Noticed(row.id, words, warning=True))
        return rows

    @operation
    def resume(
        self,
        journal: str | os.PathLike[str],
        *,
        ad_account_id: Id | None = None,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Finish a `create` or `update` that was interrupted, from its journal: exactly what is still missing.

        What was being sent when it was interrupted is read back first. The journal goes on in the same file; resuming a
        finished one sends nothing and returns its result. What is missing in a journal that was cut or changed on disk is
        looked up at Pinterest; one whose first line is damaged is refused.

        Args:
            journal: the file that was given then. It is for one base URL and one ad account.
            ad_account_id: refuse a journal for another ad account.
            read_back: as for `create`.
            settle_seconds: as for `create`.
            progress: called with every `Outcome` that becomes known now.

        Raises:
            InvalidInput: not a journal of promotions, one for another base URL, or another process is working on it.
            PinshopError: as for `create`.
        """
        return resume_batch(
            self._session,
            journal,
            {row.id: partial(self._target, row) for row in (endpoints.PROMOTIONS_CREATE, endpoints.PROMOTIONS_UPDATE)},
            ad_account_id=ad_account_id,
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
        )

    def _target(self, row: operations.Operation, ad_account_id: str, _items: Sequence[Any]) -> BatchTarget:
        return batch_target(ad_account_id, row, self._session.api_version)

    def _write(
        self,
        row: operations.Operation,
        ad_account_id: Id,
        groups: Any,
        items: Any,
        *,
        read_back: bool,
        settle_seconds: float,
        progress: Progress | None,
        journal: str | os.PathLike[str] | None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        return run_batch(
            self._session,
            row,
            checks.check_id("ad_account_id", ad_account_id, row.id),
            groups,
            items,
            partial(self._target, row),
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=journal,
        )

    # ------------------------------------------------------------------------------- before a large job

    def estimate_create(
        self, ad_account_id: Id, ad_group_id: Id | None, items: Sequence[PromotionCreate], *, read_back: bool = True
    ) -> Estimate:
        """Check the arguments of `create` and count its calls, without sending any. ``.cost()`` says how long it will take.

        Raises:
            InvalidInput: as `create` would.
        """
        row = endpoints.PROMOTIONS_CREATE
        checks.check_id("ad_account_id", ad_account_id, row.id)
        _, groups = check_promotions(row, ad_group_id, items)
        return self._plan(row, groups, look_ups=len(set(groups)) if read_back else 0)

    def estimate_update(self, ad_account_id: Id, ad_group_id: Id | None, items: Sequence[PromotionUpdate]) -> Estimate:
        """As `estimate_create`, for `update`."""
        row = endpoints.PROMOTIONS_UPDATE
        checks.check_id("ad_account_id", ad_account_id, row.id)
        _, groups = check_promotions(row, ad_group_id, items)
        return self._plan(row, groups, look_ups=0)

    def estimate_analytics(
        self,
        ad_account_id: Id,
        product_group_ids: Iterable[Id],
        *,
        start_date: str | datetime.date,
        end_date: str | datetime.date,
        columns: Iterable[str],
        granularity: models.Granularity,
    ) -> Estimate:
        """As `estimate_create`, for `analytics`."""
        row = endpoints.PROMOTIONS_ANALYTICS
        calls, _ = query.plan(
            row,
            ad_account_id,
            product_group_ids,
            start_date=start_date,
            end_date=end_date,
            columns=columns,
            granularity=granularity,
            api_version=self._session.api_version,
        )
        return self._counted(row, {row.category: len(calls)}, len(calls))

    def _plan(self, row: operations.Operation, groups: Sequence[str], *, look_ups: int) -> Estimate:
        writes = sum(-(-count // row.max_items) for count in Counter(groups).values())
        calls: dict[operations.Category, int] = {endpoints.PROMOTIONS_LIST.category: look_ups} if look_ups else {}
        return self._counted(row, {**calls, row.category: writes}, len(set(groups)))

    def _counted(self, row: operations.Operation, calls: dict[operations.Category, int], lanes: int) -> Estimate:
        session = self._session
        quotas = session.pacer.budget(session.monotonic()) if session.pacer else []
        return Estimate(operation=row.id, calls=calls, side_by_side=min(lanes, session.options.concurrency), quotas=quotas)


_ENTITY = decoders.as_entity(ProductGroupPromotion)
