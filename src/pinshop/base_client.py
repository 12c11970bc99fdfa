"""What `Client` and `AsyncClient` share: their arguments, options, resources and the raw call."""

from __future__ import annotations

import platform
import random as random_module
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, Unpack

import msgspec

from pinshop.api import operations
from pinshop.api.http import BaseUrl
from pinshop.api.models import decoders
from pinshop.api.operations import ApiVersion, Call
from pinshop.client_options import ClientOptions, OptionChanges, changed, check, environment_proxy, named, refuse_unknown
from pinshop.errors import ConfigurationError
from pinshop.files.locks import ThreadLock
from pinshop.flow import events
from pinshop.flow.exchange import exchange
from pinshop.flow.pacing import Pacer, Quota
from pinshop.flow.secrets import Secret
from pinshop.flow.session import Options, Response, Session
from pinshop.flow.steps import Flow
from pinshop.flow.tokens import BASE_URL, Credentials, TokenSource, as_credentials
from pinshop.resources.binding import Resource, operation
from pinshop.transports.options import NetworkOptions
from pinshop.version import __version__

if TYPE_CHECKING:
    from pinshop.resources.ad_accounts import AdAccounts
    from pinshop.resources.ad_groups import AdGroups
    from pinshop.resources.analytics import Analytics
    from pinshop.resources.bulk import Bulk
    from pinshop.resources.campaigns import Campaigns
    from pinshop.resources.catalog_product_groups import CatalogProductGroups
    from pinshop.resources.catalogs import Catalogs
    from pinshop.resources.feeds import Feeds
    from pinshop.resources.metrics import Metrics
    from pinshop.resources.promotions import Promotions
    from pinshop.resources.reports import Reports
    from pinshop.resources.user_account import UserAccounts

C = TypeVar("C")

_AGENT = f"pinshop/{__version__} (python {platform.python_version()})"


class _Lifetime:
    """Common to a client and its views: a closed client refuses, whichever of them is asked."""

    closed = False


class BaseClient(Resource[C]):
    """Arguments of both clients.

    Args:
        access_token: a token as Pinterest gave it, or a token source (`pinshop.flow.tokens`) that refreshes it, or what
            `pinshop.credentials.find.find` found (`from_env` and `from_profile` do that).
        base_url: where the API is; nothing is ever sent elsewhere. Without a path ``/v5`` is meant. The default is that of
            the credentials, or https://api.pinterest.com/v5.
        api_version: which generation of field names and limits is sent. Answers of all generations are understood.
        connect_seconds: longest wait for a connection.
        read_seconds: longest wait from the last byte sent to the last byte of the answer.
        max_attempts: how often one call may be sent. A create is sent again only if it certainly was not executed.
        max_wait_seconds: longest wait before a request: for a quota, because a server orders it, or for a token that is being
            refreshed. Beyond it `RateLimited` is raised at once, and says when to come back.
        concurrency: how many requests of one job are under way at once.
        headers: sent with every request.
        pacing: True paces by Pinterest's quotas before sending; False does not; a `Pacer` is shared with other clients.
        on_event: called with every event of `pinshop.flow.events`; the default logs them under ``pinshop``.
        transport: replaces the network: an emulator, a recorder.
        ssl_context: replaces the default, which trusts what the operating system trusts.
        ca_file: PEM file of certificates to trust beside the operating system's.
        client_certificate: PEM file with certificate and key, or a pair of files.
        proxy: ``http://user:password@host:port``. The class does not read the environment; `from_env` does.
        max_reply_bytes: longest answer accepted, after decompression.
        clock: seconds since 1970.
        monotonic: seconds that never go back; paces. The default is ``clock`` where that is given.
        sleep: how to wait (awaited by the asynchronous client).
        random: a number in [0, 1); spreads retries.

    Raises:
        ConfigurationError: an argument that cannot work.
    """

    #: Whether what a method returns has to be awaited; the two clients say.
    asynchronous: ClassVar[bool] = False
    #: Whether methods give a `Response`; `with_response` does.
    responses = False

    def __init__(
        self,
        access_token: str | Secret | TokenSource | Credentials | None = None,
        *,
        base_url: str | None = None,
        api_version: ApiVersion = "5.28",
        connect_seconds: float = 5.0,
        read_seconds: float = 60.0,
        max_attempts: int = 4,
        max_wait_seconds: float = 120.0,
        concurrency: int = 4,
        headers: Mapping[str, str] | None = None,
        pacing: bool | Pacer = True,
        on_event: events.Hook = events.log,
        transport: Any = None,
        clock: Callable[[], float] | None = None,
        monotonic: Callable[[], float] | None = None,
        sleep: Callable[[float], Any] | None = None,
        random: Callable[[], float] = random_module.random,
        **network: Unpack[NetworkOptions],
    ) -> None:
        refuse_unknown(f"{type(self).__name__}()", network, NetworkOptions.__annotations__)
        if access_token is None:
            raise ConfigurationError("no access token", advice="pass access_token=, or use from_env()")
        if isinstance(access_token, str):
            access_token = Secret(access_token)  # a traceback may be shown with its local variables
        #: What signs the requests and where it came from; no secret shows in it.
        self.credentials = as_credentials(access_token, base_url)
        where = BaseUrl.parse(self.credentials.base_url or BASE_URL)
        if api_version not in operations.API_VERSIONS:
            raise ConfigurationError(f"api_version: got {api_version!r}, allowed: {', '.join(operations.API_VERSIONS)}")
        options = Options(
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            max_attempts=max_attempts,
            max_wait_seconds=max_wait_seconds,
            concurrency=concurrency,
            headers=named(headers or {}),
        )
        check(options)
        pacer = pacing if isinstance(pacing, Pacer) else Pacer() if pacing else None
        if pacer is not None:
            pacer.guard(ThreadLock())
        session = Session(
            origin=where.origin,
            prefix=where.prefix,
            token=self.credentials.tokens,
            pacer=pacer,
            emit=on_event,
            clock=clock or time.time,
            clock_given=clock is not None,
            monotonic=monotonic or clock or time.monotonic,
            random=random,
            api_version=api_version,
            options=options,
            headers={"User-Agent": _AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"},
        )
        super().__init__(self, session)
        self._sleep = sleep or self._default_sleep()
        self._owns_transport = transport is None
        self._life, self._is_view = _Lifetime(), False
        self._transport = transport if transport is not None else self._new_transport(network)

    @classmethod
    def from_env(
        cls,
        *,
        profile: str | None = None,
        base_url: str | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client with the credentials that `pinshop.credentials.find.find` finds.

        That is a profile named here, else the environment, else the profile ``default``; ``client.credentials.source`` says
        which it was.

        Args:
            profile: the name of a profile.
            base_url: beats that of the environment; a profile belongs to one base URL and refuses another.
            environ: read instead of the process's environment.
            **options: the arguments of the class. Without ``proxy`` the environment's ``HTTPS_PROXY`` and ``NO_PROXY`` are
                used.

        Raises:
            ConfigurationError: none found, or what was found contradicts itself.
        """
        from pinshop.credentials import environment, find

        refuse_unknown(f"{cls.__name__}.from_env()", options, ClientOptions.__annotations__)
        if environ is not None:
            environ = environment.Environment(environ)  # a traceback may be shown with its local variables

        clock = options.get("clock") or time.time
        found = find.find(profile=profile, base_url=base_url, environ=environ, clock=clock)
        if "proxy" not in options and "transport" not in options:
            options["proxy"] = environment_proxy(found.base_url or base_url or BASE_URL)
        arguments: Any = options
        return cls(found, **arguments)

    @classmethod
    def from_profile(cls, name: str, **options: Unpack[ClientOptions]) -> Self:
        """A client with the credentials of one profile, whatever the environment holds. See `from_env`."""
        return cls.from_env(profile=name, **options)

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # there is none while an argument is refused
        return f"{type(self).__name__}({session.origin}{session.prefix})" if session else f"{type(self).__name__}(…)"

    def _new_transport(self, network: NetworkOptions) -> Any:
        raise NotImplementedError

    def _default_sleep(self) -> Callable[[float], Any]:
        raise NotImplementedError

    def _run(self, flow: Flow[Any]) -> Any:
        raise NotImplementedError

    # -------------------------------------------------------------------------------- resources
    # Each is loaded when it is first used: a first client starts without them.

    @cached_property
    def promotions(self) -> Promotions[C]:
        """Product group promotions: create, update, list, get, analytics."""
        from pinshop.resources.promotions import Promotions

        return Promotions(self, self._session)

    @cached_property
    def analytics(self) -> Analytics[C]:
        """What promotions earned, any size: plan, get, run, batch."""
        from pinshop.resources.analytics import Analytics

        return Analytics(self, self._session)

    @cached_property
    def ad_accounts(self) -> AdAccounts[C]:
        """Ad accounts: list, get, create."""
        from pinshop.resources.ad_accounts import AdAccounts

        return AdAccounts(self, self._session)

    @cached_property
    def user_account(self) -> UserAccounts[C]:
        """Who the token belongs to: get."""
        from pinshop.resources.user_account import UserAccounts

        return UserAccounts(self, self._session)

    @cached_property
    def campaigns(self) -> Campaigns[C]:
        """Campaigns: create, update, list, get."""
        from pinshop.resources.campaigns import Campaigns

        return Campaigns(self, self._session)

    @cached_property
    def ad_groups(self) -> AdGroups[C]:
        """Ad groups: create, update, list, get."""
        from pinshop.resources.ad_groups import AdGroups

        return AdGroups(self, self._session)

    @cached_property
    def catalogs(self) -> Catalogs[C]:
        """Catalogs: list."""
        from pinshop.resources.catalogs import Catalogs

        return Catalogs(self, self._session)

    @cached_property
    def feeds(self) -> Feeds[C]:
        """Feeds of catalogs: list, get."""
        from pinshop.resources.feeds import Feeds

        return Feeds(self, self._session)

    @cached_property
    def catalog_product_groups(self) -> CatalogProductGroups[C]:
        """Parts of catalogs that can be promoted: create, update, delete, list, get, product_counts, products."""
        from pinshop.resources.catalog_product_groups import CatalogProductGroups

        return CatalogProductGroups(self, self._session)

    @cached_property
    def bulk(self) -> Bulk[C]:
        """Files of campaigns, ad groups and promotions: create, get, wait, download, run."""
        from pinshop.resources.bulk import Bulk

        return Bulk(self, self._session)

    @cached_property
    def reports(self) -> Reports[C]:
        """Asynchronous reports: create, get, wait, download."""
        from pinshop.resources.reports import Reports

        return Reports(self, self._session)

    @cached_property
    def metrics(self) -> Metrics[C]:
        """What Pinterest says about metrics: delivery_metrics, metrics_ready_state."""
        from pinshop.resources.metrics import Metrics

        return Metrics(self, self._session)

    # ---------------------------------------------------------------------------------- the rest

    def with_options(self, **changes: Unpack[OptionChanges]) -> Self:
        """The same client with other options: connections, quotas and the token stay common.

        Takes ``connect_seconds``, ``read_seconds``, ``max_attempts``, ``max_wait_seconds``, ``concurrency`` and ``headers``
        (added to those already set).
        """
        options = changed(self._session.options, changes)
        return self._view(msgspec.structs.replace(self._session, options=options))

    def _view(self, session: Session) -> Self:
        view = type(self).__new__(type(self))
        Resource.__init__(view, view, session)
        view.credentials, view._sleep, view._life = self.credentials, self._sleep, self._life
        view._transport, view._owns_transport, view._is_view = self._transport, False, True
        return view

    def _view_with_response(self) -> Any:
        view = self._view(self._session)
        view.responses = True
        return view

    def _refuse_if_closed(self, flow: Flow[Any]) -> None:
        if self._life.closed:
            flow.close()
            raise ConfigurationError("the client is closed", advice="make a new one")

    @operation
    def send(self, call: Call) -> Flow[Any]:
        """Send any call (see `pinshop.api.operations.build` and `raw`) and give its JSON as plain Python values.

        It is signed, paced and retried like every other. An empty answer (204) is None.
        """
        return (yield from exchange(self._session, call, decoders.as_json)).value

    @operation
    def respond(self, call: Call) -> Flow[Response[Any]]:
        """As `send`, with status, headers, request id, rate limit, attempts and the time waited around the value."""
        return (yield from exchange(self._session, call, decoders.as_json))

    def budget(self) -> list[Quota]:
        """What is left of every quota known: documented figures until a reply has told the real ones."""
        session = self._session
        return session.pacer.budget(session.monotonic()) if session.pacer else []
