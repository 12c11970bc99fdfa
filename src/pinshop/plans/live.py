"""What Pinterest has now: the calls that a plan reads with, as flows for both clients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from pinshop.api import endpoints, operations
from pinshop.api.models import AdAccount, AdGroup, Campaign, CatalogProductGroup, ProductGroupPromotion, UserAccount, decoders
from pinshop.errors import ConfigurationError, Forbidden, Unauthorized
from pinshop.flow.exchange import exchange
from pinshop.flow.paging import Cursor, every
from pinshop.flow.session import Response, Session
from pinshop.flow.steps import Flow, Together
from pinshop.plans.changes import Account, Server, User

T = TypeVar("T")


def flow_of(method: Callable[..., Any]) -> Callable[..., Any]:
    """The flow, or the list specification, that a public method of a client runs."""
    return cast("Callable[..., Any]", method.__wrapped__)  # type: ignore[attr-defined] # set by `pinshop.resources.binding`


def together(session: Session, flows: Sequence[Flow[Any]]) -> Flow[list[Any]]:
    """The results of flows that run side by side."""
    if len(flows) == 1:
        return [(yield from flows[0])]
    if not flows:
        return []
    results: list[Any] = yield Together(flows, session.options.concurrency)
    return results


class Live:
    """The reads of one client."""

    def __init__(self, client: Any) -> None:
        self.session: Session = client._session  # noqa: SLF001 - plans are written once for both clients, as resources are
        self._client = client
        version, listed = self.session.api_version, endpoints.PROMOTIONS_LIST
        if operations.version(version) < operations.version(listed.since):
            words = f"API {version} cannot list promotions (that came with {listed.since}), so a plan cannot know what is there"
            newest = operations.API_VERSIONS[-1]
            advice = f'use api_version="{newest}" (--api-version {newest}): the ad account is the same under every version'
            raise ConfigurationError(words, advice=advice)

    # ------------------------------------------------------------------------------------------ who, where

    def user(self) -> Flow[tuple[User, Server]]:
        """Whose token this is, and whether an emulator answers."""
        session = self.session
        server = Server(f"{session.origin}{session.prefix}", emulated=False, api_version=session.api_version)
        call = operations.build(endpoints.USER_ACCOUNT_GET)
        try:
            response: Response[UserAccount] = yield from exchange(session, call, decoders.as_entity(UserAccount))
        except (Unauthorized, Forbidden) as error:
            if isinstance(error, Unauthorized) and error.code != 3:
                raise
            # The scope user_accounts:read is missing; nothing here depends on it but the words.
            return User(), _emulated(server, error.headers)
        user = response.value
        return User(user.id or None, user.username or None), _emulated(server, response.headers)

    def account(self, account_id: str) -> Flow[Account]:
        """One ad account by id."""
        found: AdAccount = yield from flow_of(self._client.ad_accounts.get)(account_id)
        return account_of(found)

    def accounts(self) -> Flow[list[Account]]:
        """Every ad account the token reaches."""
        spec = flow_of(self._client.ad_accounts.list)(page_size=250)
        return [account_of(found) for found in (yield from every(self.session, spec))]

    # ------------------------------------------------------------------------------------------- entities

    def campaigns(self, account: str, ids: Iterable[str] | None = None) -> Flow[list[Campaign]]:
        """All campaigns of an account, or those of these ids, whatever their status."""
        statuses = self._statuses(endpoints.CAMPAIGNS_LIST)
        spec = flow_of(self._client.campaigns.list)(account, campaign_ids=ids, entity_statuses=statuses, page_size=250)
        return cast("list[Campaign]", (yield from every(self.session, spec)))

    def ad_groups(
        self, account: str, *, ids: Iterable[str] | None = None, campaign_ids: Iterable[str] | None = None
    ) -> Flow[list[AdGroup]]:
        """All ad groups of an account, or those of these ids or campaigns, whatever their status."""
        statuses = self._statuses(endpoints.AD_GROUPS_LIST)
        spec = flow_of(self._client.ad_groups.list)(
            account, ad_group_ids=ids, campaign_ids=campaign_ids, entity_statuses=statuses, page_size=250
        )
        return cast("list[AdGroup]", (yield from every(self.session, spec)))

    def promotions(self, account: str, ad_group_id: str) -> Flow[list[ProductGroupPromotion]]:
        """All promotions of an ad group, the archived ones too: the default would hide them, and drafts."""
        statuses = self._statuses(endpoints.PROMOTIONS_LIST)
        spec = flow_of(self._client.promotions.list)(
            account, ad_group_id=ad_group_id, entity_statuses=statuses, order="ASCENDING", page_size=250
        )
        return cast("list[ProductGroupPromotion]", (yield from every(self.session, spec)))

    def delivers(self, account: str, ad_group_id: str) -> Flow[bool]:
        """Whether an ad group has an ACTIVE promotion."""
        spec = flow_of(self._client.promotions.list)(account, ad_group_id=ad_group_id, entity_statuses=["ACTIVE"], page_size=1)
        step = Cursor(spec, self.session.emit).flow(self.session)
        return bool(step is not None and (yield from step).value.items)

    def product_groups(self, account: str, ids: Iterable[str] | None = None) -> Flow[list[CatalogProductGroup]]:
        """All catalog product groups of an account's owner, or those of these ids."""
        spec = flow_of(self._client.catalog_product_groups.list)(id=ids, ad_account_id=account, page_size=250)
        return cast("list[CatalogProductGroup]", (yield from every(self.session, spec)))

    def _statuses(self, row: operations.Operation) -> tuple[str, ...]:
        param = row.params["entity_statuses"]
        return tuple(str(choice) for choice in (param.at(self.session.api_version) or param).choices)


def account_of(found: AdAccount) -> Account:
    """An ad account as plans keep it."""
    owner = found.owner.username if found.owner else None
    roles = sorted(str(role) for role in found.permissions or () if role)
    return Account(
        id=found.id or "",
        name=found.name or None,
        owner=owner or None,
        country=found.country or None,
        currency=str(found.currency) if found.currency else None,
        roles=roles,
    )


def _emulated(server: Server, headers: Any) -> Server:
    told = {str(name).lower(): value for name, value in dict(headers or {}).items()}
    return Server(server.base_url, told.get("x-emulated") == "true", server.api_version)
