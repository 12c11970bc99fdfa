"""Product group promotions: ``/ad_accounts/{ad_account_id}/product_group_promotions`` and their analytics."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, TypeVar

from msgspec import UNSET, Struct

from pinshop import analytics, flow, inputs, operations, wire
from pinshop.analytics import Rows
from pinshop.batch import Batch, BatchResult, Job, Noun, Progress, check_settle_seconds
from pinshop.errors import InvalidInput
from pinshop.flow import Flow, Together
from pinshop.operations import Call, Id
from pinshop.plan import Plan
from pinshop.resources.colour import Paging, Resource, listing, method
from pinshop.resources.journal import Header, JournalFile
from pinshop.wire import ProductGroupPromotion

C = TypeVar("C")

# Until 5.7 Pinterest wrote these two with an s. Both spellings are understood; sent is what the client's contract has.
_FORMER = {
    "catalogs_product_group_id": "catalog_product_group_id",
    "catalogs_product_group_name": "catalog_product_group_name",
}
_TO_FORMER = {modern: former for former, modern in _FORMER.items()}
# The name follows from the id, whatever is sent.
_DERIVED = frozenset({"catalog_product_group_name"})


class PromotionCreate(inputs.ProductGroupPromotionCreate, total=False):
    """One promotion to create, as a dict. ``ad_group_id`` only where the ad groups differ."""

    ad_group_id: Id


class PromotionUpdate(inputs.ProductGroupPromotionUpdate, total=False):
    """One promotion to change, as a dict: its ``id``, and what changes. ``ad_group_id`` only where the ad groups differ."""

    ad_group_id: Id


class Promotions(Resource[C]):
    """``client.promotions``."""

    @method
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
        checked, groups = _checked(operations.PROMOTIONS_CREATE, ad_group_id, items)
        return _write(
            self._session,
            ad_account_id,
            operations.PROMOTIONS_CREATE,
            groups,
            checked,
            read_back,
            settle_seconds,
            progress,
            journal,
        )

    @method
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
        checked, groups = _checked(operations.PROMOTIONS_UPDATE, ad_group_id, items)
        return _write(
            self._session,
            ad_account_id,
            operations.PROMOTIONS_UPDATE,
            groups,
            checked,
            read_back,
            settle_seconds,
            progress,
            journal,
        )

    @listing
    def list(
        self,
        ad_account_id: Id,
        *,
        ad_group_id: Id | None = None,
        product_group_promotion_ids: Iterable[Id] | None = None,
        entity_statuses: Sequence[wire.EntityStatus | Enum] | None = None,
        order: wire.Order | Enum | None = None,
        page_size: int | None = None,
        bookmark: str | None = None,
    ) -> Paging[ProductGroupPromotion]:
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
        row = operations.PROMOTIONS_LIST
        if (ad_group_id is None) == (product_group_promotion_ids is None):
            raise InvalidInput(
                "ad_group_id, product_group_promotion_ids",
                "neither" if ad_group_id is None else "both",
                "one of the two",
                operation=row.id,
            )
        query: dict[str, Any] = {
            "ad_group_id": _bare(ad_group_id),
            "entity_statuses": entity_statuses,
            "order": order,
            "page_size": page_size,
            "bookmark": bookmark,
        }
        path = {"ad_account_id": ad_account_id}
        if product_group_promotion_ids is None:
            return Paging([operations.build(row, path, query)], flow.page(ProductGroupPromotion))
        calls = [
            operations.build(row, path, {**query, "product_group_promotion_ids": part})
            for part in operations.parts(
                row, "product_group_promotion_ids", product_group_promotion_ids, self._session.contract
            )
        ]
        return Paging(calls, flow.page(ProductGroupPromotion))

    @method
    def get(self, ad_account_id: Id, product_group_promotion_id: Id) -> Flow[ProductGroupPromotion]:
        """Get one promotion: ``GET /ad_accounts/{ad_account_id}/product_group_promotions/{product_group_promotion_id}``.

        Receives ``{"id": "…", "ad_group_id": "…", "status": "ACTIVE", …}``. A field the server did not send is `UNSET`.

        Raises:
            NotFound: there is no such promotion in this ad account.

        Source: product_group_promotions/get in Pinterest's description 5.28.0.
        """
        call = operations.build(
            operations.PROMOTIONS_GET,
            {"ad_account_id": ad_account_id, "product_group_promotion_id": product_group_promotion_id},
        )
        return (yield from flow.exchange(self._session, call, _ENTITY)).value

    @method
    def analytics(
        self,
        ad_account_id: Id,
        product_group_ids: Iterable[Id],
        *,
        start_date: str | datetime.date,
        end_date: str | datetime.date,
        columns: Iterable[str],
        granularity: wire.Granularity,
        click_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        engagement_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        view_window_days: Literal[0, 1, 7, 14, 30, 60] | None = None,
        conversion_report_time: wire.ConversionReportTime | None = None,
        reporting_timezone: wire.ReportingTimezone | None = None,
        allow_unknown_columns: bool = False,
    ) -> Flow[Rows]:
        """What promotions earned: ``GET /ad_accounts/{ad_account_id}/product_groups/analytics``.

        Receives ``[{"DATE": "2026-11-01", "PRODUCT_GROUP_ID": "…", "SPEND_IN_MICRO_DOLLAR": 1230000}, …]``. Any number of ids
        and days: they are asked for in calls of 250 ids and 90 days (3 days by the hour), some of them at once. Values are
        exact. A column without a value is absent from its row, which is not zero; so is a row without any.

        Args:
            ad_account_id: 1 to 18 digits.
            product_group_ids: ids of *promotions* (Pinterest's older word for them is product group).
            start_date: first day, UTC. Pinterest goes back 90 days, by the hour 8 days.
            end_date: last day, included.
            columns: names as in `pinshop.columns`. Money named MICRO_DOLLAR is in millionths of the account's currency.
            granularity: TOTAL, DAY, HOUR, WEEK or MONTH. All but DAY and HOUR take 90 days at most: their rows of two
                windows could not be put together.
            click_window_days: how long after a click a conversion counts; Pinterest's default is 30.
            engagement_window_days: likewise after an engagement; 30.
            view_window_days: likewise after a view; 1.
            conversion_report_time: counts conversions on the day of the ad action (default) or of the conversion.
            reporting_timezone: days of Pinterest's or of the account's time zone (since 5.16).
            allow_unknown_columns: send column names that pinshop does not know.

        Raises:
            InvalidInput: unknown columns, reversed dates, or a range that would need adding up.

        Source: product_groups/analytics in Pinterest's description 5.28.0.
        """
        calls, asked = analytics.plan(
            operations.PROMOTIONS_ANALYTICS,
            ad_account_id,
            product_group_ids,
            start_date=start_date,
            end_date=end_date,
            columns=columns,
            granularity=granularity,
            contract=self._session.contract,
            allow_unknown_columns=allow_unknown_columns,
            click_window_days=click_window_days,
            engagement_window_days=engagement_window_days,
            view_window_days=view_window_days,
            conversion_report_time=conversion_report_time,
            reporting_timezone=reporting_timezone,
        )
        if len(calls) == 1:
            answers = [(yield from flow.exchange(self._session, calls[0], wire.decode_rows))]
        else:
            flows = [flow.exchange(self._session, call, wire.decode_rows) for call in calls]
            answers = yield Together(flows, self._session.options.concurrency)
        return analytics.merge((answer.value for answer in answers), asked)

    @method
    def resume(
        self,
        journal: str | os.PathLike[str],
        *,
        read_back: bool = True,
        settle_seconds: float = 2.0,
        progress: Progress | None = None,
    ) -> Flow[BatchResult[ProductGroupPromotion]]:
        """Finish a `create` or `update` that was interrupted, from its journal: exactly what is still missing.

        What was being sent when it was interrupted is read back first. The journal goes on in the same file; resuming a
        finished one sends nothing and returns its result.

        Args:
            journal: the file that was given then.
            read_back: as for `create`.
            settle_seconds: as for `create`.
            progress: called with every `Outcome` that becomes known now.

        Raises:
            InvalidInput: not a journal of promotions, or another process is working on it.
            PinshopError: as for `create`.
        """
        file, header, records = JournalFile.reopen(journal)
        try:
            row = operations.BY_ID.get(header.operation)
            if row not in (operations.PROMOTIONS_CREATE, operations.PROMOTIONS_UPDATE):
                raise InvalidInput("journal", str(journal), "a journal of promotions.create or promotions.update")
            jobs = _jobs(header.groups, header.items)
            noun = _noun(operations.check_id("ad_account_id", header.ad_account_id), row, self._session.contract)
            work: Batch[ProductGroupPromotion] = Batch(
                self._session,
                noun,
                jobs,
                read_back=read_back,
                settle_seconds=check_settle_seconds(settle_seconds, row.id),
                progress=progress,
                journal=file,
            )
            work.remember(records)
            return (yield from work.run())
        finally:
            file.close()

    # ------------------------------------------------------------------------------- before a large job

    def plan_create(
        self, ad_account_id: Id, ad_group_id: Id | None, items: Sequence[PromotionCreate], *, read_back: bool = True
    ) -> Plan:
        """Check the arguments of `create` and count its calls, without sending any. ``.cost()`` says how long it will take.

        Raises:
            InvalidInput: as `create` would.
        """
        row = operations.PROMOTIONS_CREATE
        operations.check_id("ad_account_id", ad_account_id, row.id)
        _, groups = _checked(row, ad_group_id, items)
        return self._plan(row, groups, look_ups=len(set(groups)) if read_back else 0)

    def plan_update(self, ad_account_id: Id, ad_group_id: Id | None, items: Sequence[PromotionUpdate]) -> Plan:
        """As `plan_create`, for `update`."""
        row = operations.PROMOTIONS_UPDATE
        operations.check_id("ad_account_id", ad_account_id, row.id)
        _, groups = _checked(row, ad_group_id, items)
        return self._plan(row, groups, look_ups=0)

    def plan_analytics(
        self,
        ad_account_id: Id,
        product_group_ids: Iterable[Id],
        *,
        start_date: str | datetime.date,
        end_date: str | datetime.date,
        columns: Iterable[str],
        granularity: wire.Granularity,
    ) -> Plan:
        """As `plan_create`, for `analytics`."""
        row = operations.PROMOTIONS_ANALYTICS
        calls, _ = analytics.plan(
            row,
            ad_account_id,
            product_group_ids,
            start_date=start_date,
            end_date=end_date,
            columns=columns,
            granularity=granularity,
            contract=self._session.contract,
        )
        return self._counted(row, {row.category: len(calls)}, len(calls))

    def _plan(self, row: operations.Operation, groups: Sequence[str], *, look_ups: int) -> Plan:
        writes = sum(-(-count // row.max_items) for count in Counter(groups).values())
        calls: dict[operations.Category, int] = {operations.PROMOTIONS_LIST.category: look_ups} if look_ups else {}
        return self._counted(row, {**calls, row.category: writes}, len(set(groups)))

    def _counted(self, row: operations.Operation, calls: dict[operations.Category, int], lanes: int) -> Plan:
        session = self._session
        quotas = session.pacer.budget(session.monotonic()) if session.pacer else []
        return Plan(operation=row.id, calls=calls, side_by_side=min(lanes, session.options.concurrency), quotas=quotas)


_ENTITY = flow.entity(ProductGroupPromotion)


def _bare(ad_group_id: Id | None) -> Id | None:
    """Queries take the ad group id without the prefix AG that bodies may have."""
    return ad_group_id[2:] if isinstance(ad_group_id, str) and ad_group_id.startswith("AG") else ad_group_id


def _write(
    session: flow.Session,
    ad_account_id: Id,
    row: operations.Operation,
    groups: list[str],
    items: list[dict[str, Any]],
    read_back: bool,
    settle_seconds: float,
    progress: Progress | None,
    journal: str | os.PathLike[str] | None,
) -> Flow[BatchResult[ProductGroupPromotion]]:
    ad_account_id = operations.check_id("ad_account_id", ad_account_id, row.id)
    settle_seconds = check_settle_seconds(settle_seconds, row.id)
    header = Header(1, row.id, ad_account_id, groups, items)
    file = None if journal is None else JournalFile.create(journal, header)
    try:
        work: Batch[ProductGroupPromotion] = Batch(
            session,
            _noun(ad_account_id, row, session.contract),
            _jobs(groups, items),
            read_back=read_back,
            settle_seconds=settle_seconds,
            progress=progress,
            journal=file,
        )
        return (yield from work.run())
    finally:
        if file is not None:
            file.close()


def _jobs(groups: list[str], items: list[dict[str, Any]]) -> list[Job]:
    return [Job(index=n, group=group, item=item) for n, (group, item) in enumerate(zip(groups, items, strict=True))]


_KINDS = {
    operations.PROMOTIONS_CREATE.id: inputs.ProductGroupPromotionCreate,
    operations.PROMOTIONS_UPDATE.id: inputs.ProductGroupPromotionUpdate,
}


def _checked(row: operations.Operation, ad_group_id: Id | None, items: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The items as they will be sent, and the ad group of each."""
    rest, groups = _split_groups(row, ad_group_id, items)
    return inputs.check_items(_KINDS[row.id], rest, row.id), groups


def _split_groups(row: operations.Operation, ad_group_id: Id | None, items: Any) -> tuple[list[Any], list[str]]:
    """Take ``ad_group_id`` out of the items, for it belongs around them; and bring former names up to date."""
    if isinstance(items, Mapping | str | bytes | Struct) or not isinstance(items, Iterable):
        raise InvalidInput("items", items, "a list of objects; put a single one in brackets", operation=row.id)
    common = None if ad_group_id is None else operations.check_ad_group_id("ad_group_id", ad_group_id, row.id)
    rest: list[Any] = []
    groups: list[str] = []
    for index, given in enumerate(items):
        # A model works like a dict: one that was read can be written again.
        item = {name: getattr(given, name) for name in given.__struct_fields__} if isinstance(given, Struct) else given
        if not isinstance(item, Mapping):
            rest.append(item)  # the check says what is wrong with it
            continue
        own = item.get("ad_group_id", UNSET)
        where = f"items[{index}].ad_group_id"
        group = common if own is UNSET else operations.check_ad_group_id(where, own, row.id)
        if group is None:
            raise InvalidInput(where, None, "a value (or give ad_group_id for all)", operation=row.id)
        if common is not None and _bare(group) != _bare(common):
            raise InvalidInput(where, own, f"{common}, as given for all; or None for all", operation=row.id)
        groups.append(common or group)
        fresh: dict[str, Any] = {}
        for name, value in item.items():
            modern = _FORMER.get(name, name)
            if modern != name and item.get(modern, UNSET) not in (UNSET, value):
                raise InvalidInput(f"items[{index}].{name}", value, f"the value of {modern}, its newer name", operation=row.id)
            if modern != "ad_group_id" and value is not UNSET:
                fresh[modern] = value
        rest.append(fresh)
    return rest, groups


def _noun(ad_account_id: str, row: operations.Operation, contract: operations.Contract) -> Noun:
    path = {"ad_account_id": ad_account_id}
    listed = operations.PROMOTIONS_LIST
    statuses = (listed.params["entity_statuses"].at(contract) or listed.params["entity_statuses"]).choices
    former = operations.version(contract) < (5, 8)

    def write(group: str, items: list[Mapping[str, Any]]) -> Call:
        named = [{_TO_FORMER.get(name, name): value for name, value in item.items()} for item in items] if former else items
        return operations.build(row, path, body={"ad_group_id": group, "product_group_promotion": named})

    def newest(group: str, page_size: int, bookmark: str | None) -> Call:
        query = {
            "ad_group_id": _bare(group),
            "entity_statuses": statuses,
            "order": "DESCENDING",
            "page_size": page_size,
            "bookmark": bookmark,
        }
        return operations.build(listed, path, query)

    def by_ids(ids: list[str]) -> Call:
        query = {"product_group_promotion_ids": ids, "entity_statuses": statuses, "page_size": 250}
        return operations.build(listed, path, query)

    return Noun(
        operation=row,
        done="created" if row is operations.PROMOTIONS_CREATE else "updated",
        model=ProductGroupPromotion,
        derived=_DERIVED,
        write=write,
        newest=newest,
        by_ids=by_ids,
    )
