"""`Emulator`: what users hold. Long for the docstrings of its methods, each of which is a call into the module that does it."""

from __future__ import annotations

import asyncio
import datetime
import functools
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Self

from pinshop.api.http import Reply, Request
from pinshop.api.operations import API_VERSIONS, ApiVersion, at_least
from pinshop.emulator import access, chain
from pinshop.emulator.arguments import file_path, one_of, shown, text, truth, whole
from pinshop.emulator.chain import Answer
from pinshop.emulator.clock import Clock, Instant, instant
from pinshop.emulator.facts import facts
from pinshop.emulator.faults import Fault
from pinshop.emulator.handlers import reports
from pinshop.emulator.journal import Journal
from pinshop.emulator.limits import Limits
from pinshop.emulator.rules import Rules
from pinshop.emulator.server.app import App
from pinshop.emulator.server.in_process import AsyncEmulatorTransport, EmulatorTransport, ask, delivered
from pinshop.emulator.server.origin import WebAccess
from pinshop.emulator.server.thread import Server, is_loopback
from pinshop.emulator.storage.seeding import ALL_SCOPES, seed_account
from pinshop.emulator.storage.store import Store
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError


def _is_path(text: object) -> bool:
    """Whether a path was given where the text of a state belongs; every state has a line that ends in a colon, or braces."""
    if isinstance(text, os.PathLike):
        return True
    if not isinstance(text, str) or "\n" in text or "{" in text or ": " in text or text.startswith("- ") or text.endswith(":"):
        return False
    return "/" in text or "\\" in text or bool(PurePath(text).suffix)


def _active(name: str, given: object) -> int:
    """The number of a fault or a stub."""
    if not isinstance(given, Fault):
        raise ConfigurationError(f"{name}: got {shown(given)}, allowed: what adding it returned")
    return given.id


class Emulator:
    """A local Pinterest for the shopping-ads slice, with one seeded business in which a promotion can be created at once.

    Use it in-process (``emulator.transport()``, ``emulator.async_transport()``: no socket) or as a server on a free loopback
    port (``with Emulator() as emulator: emulator.base_url``). Both serve the same state.

    Args:
        api_version: the generation whose fields and shapes are answered: "5.6", "5.14", "5.23" or "5.28".
        seed: fixes ids, tokens and what promotions earn. Same seed, same clock, same calls: same bytes.
        data: a file that keeps the state, or ":memory:".
        now: freezes the clock at this instant (a datetime, a date, ISO text or unix seconds). None: real time.
        rules: settings for what Pinterest does not document, see `pinshop.emulator.rules`.
        rate_limit: "none", "trial" or "standard".
        allow_hosts: names, beside localhost, under which the served emulator may be reached.
        cors: origins of web pages whose scripts may call it, such as "http://localhost:3000".

    Raises:
        ConfigurationError: an argument that is none of these.
    """

    def __init__(
        self,
        api_version: str = "5.28",
        seed: int = 1,
        data: str | Path = ":memory:",
        *,
        now: Instant | None = None,
        rules: Mapping[str, object] | None = None,
        rate_limit: str = "none",
        allow_hosts: Iterable[str] = (),
        cors: Iterable[str] = (),
        contract: str | None = None,  # the former name of api_version
    ) -> None:
        api_version = one_of("api_version", api_version if contract is None else contract, API_VERSIONS)
        file_path("data", data)
        whole("seed", seed, 0, 2**53)
        settings = Rules()
        settings.update({} if rules is None else rules)
        limits, web_access = Limits(rate_limit), WebAccess.of(allow_hosts, cors)
        start = None if now is None else instant(now, "now")
        store = Store(data, seed)
        if (kept := store.get_meta("seed")) is not None:
            store.seed = kept  # a data file keeps the seed it was made with
        clock = Clock(store, start)
        if store.is_empty():
            simplified = at_least(api_version, "5.28") and settings.objective_generation == "simplified"
            seed_account(store, int(clock.seconds()), simplified=simplified)
        else:
            store.history.rewind(int(clock.seconds()))  # the file may be of a later time
        clock.save()
        self._begin(World(store, clock, settings, api_version, limits), web_access)

    def _begin(self, world: World, web_access: WebAccess) -> None:
        self._access = web_access
        #: The state and what belongs to it; `pinshop.emulator.world`.
        self.world = world
        #: The emulated clock: now, freeze, run, set, advance.
        self.clock = world.clock
        self._server: Server | None = None
        #: Where `app` is served by a server of your own; only `base_url` depends on it.
        self.origin = "http://emulator.invalid"

    def __repr__(self) -> str:
        return f"<Emulator api_version={self.api_version} seed={self.seed} {self.base_url}>"

    @property
    def api_version(self) -> ApiVersion:
        return self.world.api_version

    @property
    def seed(self) -> int:
        return self.world.seed

    # ------------------------------------------------- what the seeded business consists of; ids are text, as on the wire

    @property
    def access_token(self) -> str:
        """A token of the seeded user with all scopes."""
        return self.world.seeded.access_token

    @property
    def user_id(self) -> str:
        return self.world.seeded.user_id

    @property
    def ad_account_id(self) -> str:
        return self.world.seeded.ad_account_id

    @property
    def campaign_id(self) -> str:
        return self.world.seeded.campaign_id

    @property
    def ad_group_id(self) -> str:
        return self.world.seeded.ad_group_id

    @property
    def catalog_id(self) -> str:
        return self.world.seeded.catalog_id

    @property
    def feed_id(self) -> str:
        return self.world.seeded.feed_id

    @property
    def catalog_product_group_ids(self) -> list[str]:
        return list(self.world.seeded.catalog_product_group_ids)

    # ------------------------------------------------------------------------------------------- in-process

    def handle(self, request: Request) -> Reply:
        """Serve one request without a socket.

        Raises:
            Disconnected, TimedOut: a fault says so; ``sent`` is True.
        """
        return delivered(self.answer(request), request, time.sleep)

    def answer(self, request: Request) -> Answer:
        """Serve one request: of the API, the consent page, a report's link, or a control route."""
        target = request.target
        if target.startswith("/v5/"):
            return chain.answer(self.world, request)
        if target.startswith("/_emulator/reports/"):  # reports are part of the API, and need no extra
            path, _, query = target.partition("?")
            with self.world.lock:
                status, kind, body = reports.fetch(self.world, path.removeprefix("/_emulator/reports/"), query)
            return Answer(Reply(status, {"content-type": kind, "x-emulated": "true"}, body))
        if target.startswith(("/_emulator", "/oauth", "/forks/")) or target == "/":
            return Answer(ask(self.app, request))
        return chain.answer(self.world, request)

    def transport(self, sleep: Callable[[float], object] = time.sleep) -> EmulatorTransport:
        """A transport for `pinshop.Client` that reaches this emulator without a socket. ``sleep`` is how latency passes."""
        return EmulatorTransport(self.answer, sleep)

    def async_transport(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> AsyncEmulatorTransport:
        """The same for `pinshop.AsyncClient`."""
        return AsyncEmulatorTransport(self.answer, sleep)

    # ---------------------------------------------------------------------------------------------- control

    @property
    def calls(self) -> Journal:
        """The journal: iterate it, index it, ``.count("product_group_promotions/create")``, ``.of(operation)``."""
        return self.world.journal

    @property
    def rules(self) -> Rules:
        return self.world.rules

    def fail(self, /, operation: str = "*", **fault: Any) -> Fault:
        """Make the next calls of an operation fail (an id such as "product_group_promotions/create", or "*").

        ``fail("product_group_promotions/create", after_commit=True, drop=True)`` commits and closes the connection;
        ``fail(status=503)`` answers 503 before anything is done; ``fail("…/create", item=1, code=2, message="…")`` lets the
        second item fail, ``item_like={"catalog_product_group_id": "…"}`` those of one group. ``times=2`` for the next two
        calls, ``times=None`` always, ``probability=0.1`` by chance; ``token``, ``ad_account_id`` and ``body_like`` aim it.
        All fields: `pinshop.emulator.faults.Fault`. Remove with ``stop_failing``.

        Raises:
            ConfigurationError: an unknown operation or field.
        """
        return self.world.faults.add(operation=operation, **fault)

    def stub(self, /, operation: str, json: Any, *, status: int = 200, times: int | None = None, **aim: Any) -> Fault:
        """Answer calls of an operation with a value of your own, until `stop_stubbing`, or ``times`` times.

        Args:
            operation: an id such as "campaigns/list".
            json: what is answered; any JSON value.
            status: the HTTP status of it.
            times: for so many calls. None: always.
            aim: ``token``, ``ad_account_id``, ``body_like``, ``item_like``, ``headers``, as in `fail`.

        Raises:
            ConfigurationError: an unknown operation or field, or a value that is no JSON.
        """
        return self.world.faults.add(operation=operation, json=json, status=status, times=times, stub=True, **aim)

    @property
    def faults(self) -> list[Fault]:
        """The active faults."""
        return self.world.faults.list()

    @property
    def stubs(self) -> list[Fault]:
        """The active stubs."""
        return self.world.faults.list(stubs=True)

    def stop_failing(self, fault: Fault | None = None) -> None:
        """Remove one fault, or all."""
        if fault is None:
            self.world.faults.clear()
        else:
            self.world.faults.remove(_active("fault", fault))

    def stop_stubbing(self, stub: Fault | None = None) -> None:
        """Remove one stub, or all."""
        for one in self.stubs if stub is None else [stub]:
            self.world.faults.remove(_active("stub", one))

    @property
    def limits(self) -> Limits:
        """Rate limits: ``emulator.limits.use("standard")``, ``.use("trial", headers="none")``, ``.use(Profile(…))``."""
        return self.world.limits

    @property
    def snapshots(self) -> list[str]:
        """The names of the kept snapshots."""
        return list(self.world.snapshots)

    def reset(self) -> None:
        """Back to the state at the start: entities, clock, journal, faults and request ids (rules and limits stay chosen)."""
        self.world.reset()

    def fork(self) -> Emulator:
        """An emulator of its own that begins in the present state: clock, rules and limits as here, no faults, no calls."""
        twin = object.__new__(type(self))
        twin._begin(self.world.fork(), self._access)
        return twin

    # ------------------------------------------------------------------------------------ who may do what

    def token(
        self,
        scopes: Iterable[str] = ALL_SCOPES,
        *,
        user_id: str | int | None = None,
        expires_in: int | None = None,
        client_credentials: bool = False,
    ) -> str:
        """A new access token: with these scopes, for the seeded user or another (`add_user`), for ever or for some seconds."""
        return access.token(self.world, scopes, user_id=user_id, expires_in=expires_in, client_credentials=client_credentials)

    def revoke(self, token: str) -> bool:
        """Revoke a token, access or refresh, as its user could in the settings. False: there is no such valid token."""
        return access.revoke(self.world, token)

    def authorize(self, redirect_uri: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """An authorization code, as if the seeded user had given consent in the browser."""
        return access.authorize(self.world, redirect_uri, scopes)

    def add_user(self, username: str, role: str | None = None, ad_account_id: str | int | None = None) -> str:
        """A new user, with a Business Access role on an ad account (the seeded one) if ``role`` is given. Returns its id.

        Roles: OWNER, ADMIN, ANALYST, CAMPAIGN_MANAGER, CATALOGS_MANAGER, AUDIENCE_MANAGER, FINANCE_MANAGER.
        """
        return access.add_user(self.world, username, role, ad_account_id)

    # ----------------------------------------------------------------------------------------------- state

    def earn(self, promotion_id: str | int, day: datetime.date | str, **numbers: float | None) -> None:
        """Say what a promotion earned on a day, instead of what the model would say: so a test can rely on it.

            emulator.earn(promotion_id, "2026-03-01", spend=60, checkout_value=119)

        Args:
            promotion_id: an existing promotion, live or not.
            day: a UTC day, today or earlier.
            numbers: ``spend`` and ``checkout_value`` in units of the ad account's currency, ``clicks``, ``impressions``,
                ``checkouts`` as whole numbers. What is left out follows from the others; all other columns follow from these.
                Checkouts are attributed to clicks and happened on that day. Without ``checkouts`` and ``checkout_value``
                conversions follow from the clicks and impressions, as in the model.

        The numbers are reported at once. Budgets do not know them, so other promotions keep what they had.

        Raises:
            ConfigurationError: no such promotion, a day in the future, or numbers that cannot be.
        """
        with self.world.change():
            self.world.earnings.state(promotion_id, day, self.world.now(), numbers)

    def load_feed(self, path: str | Path, feed_id: str | int | None = None) -> int:
        """Replace a feed's items by those of a file in Pinterest's format (.csv, .tsv, .xml). Returns how many there are.

        Raises:
            pinshop.emulator.catalog.FeedError: not such a file; says the line.
            ConfigurationError: no file, or no such feed.
        """
        from pinshop.emulator.storage import states

        file = file_path("path", path)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"path: {error}") from error
        return states.load_feed(self.world, content, file.suffix.lower().removeprefix(".").upper(), feed_id)

    def scale(self, ad_accounts: int = 5_000, promotions_each: int = 200) -> list[str]:
        """Add many ad accounts, each with a campaign, an ad group and ACTIVE promotions. Returns the ids of the accounts."""
        from pinshop.emulator.storage import states

        return states.scale(self.world, ad_accounts, promotions_each)

    def export(self) -> str:
        """The whole state as readable YAML."""
        from pinshop.emulator.storage import states

        return states.export(self.world)

    def load(self, text: str) -> None:
        """Replace the state by that of a YAML text, see `pinshop.emulator.storage.yaml`. Journal and faults are forgotten.

        Raises:
            ConfigurationError: it cannot be read; the state stays as it was.
        """
        from pinshop.emulator.storage import states

        if _is_path(text):
            raise ConfigurationError(
                f"state: got {text!r}, allowed: YAML as text, not a path", advice=f"load_file({str(text)!r})"
            )
        states.load(self.world, text)

    def load_file(self, path: str | Path) -> None:
        """Take the state from a file: YAML as `load` reads it, or a recording (``.jsonl``) of `storage.recording`.

        Raises:
            ConfigurationError: it cannot be read; the state stays as it was.
        """
        from pinshop.emulator.storage import states

        states.load_file(self.world, path)

    def import_answers(self, answers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
        """Put recorded answers of the real API into the state: ``[("campaigns/list", {"items": […]}), …]``, parents first.

        Answers of ``catalogs_product_groups/product_counts_get`` and ``catalogs_product_group_pins/list`` say what groups
        hold, as far as earning needs it; the ``id`` of the group must be added to them.

        Raises:
            ConfigurationError: an operation that answers no entities, or an entity whose parent is missing.
        """
        from pinshop.emulator.storage import states

        return states.import_answers(self.world, answers)

    def drop_snapshot(self, name: str = "default") -> bool:
        """Forget a snapshot; False if there is none of this name."""
        return self.world.drop_snapshot(name)

    def snapshot(self, name: str = "default") -> None:
        """Keep the present state under a name."""
        self.world.snapshot(name)

    def restore(self, name: str = "default") -> None:
        """Return to a snapshot."""
        self.world.restore(name)

    def close(self) -> None:
        """Stop the server, if it runs, and close the state."""
        self.stop()
        self.world.close()

    # ---------------------------------------------------------------------------------------------- serving

    @functools.cached_property
    def app(self) -> App:
        """The ASGI app, to mount in any ASGI server, below any path."""
        return App(self.world, self._access)

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>/v5`` while it serves; a name that nothing resolves while it does not."""
        return f"{self._server.origin if self._server else self.origin}/v5"

    def facts(self) -> dict[str, Any]:
        """What a client needs, as the first line of ``pinshop emulator --json`` says it."""
        return facts(self.world, self.base_url)

    def start(self, host: str = "127.0.0.1", port: int = 0, *, beyond_loopback: bool = False) -> Emulator:
        """Serve in a thread of its own. Returns when the first call can be answered.

        Raises:
            ConfigurationError: a host beyond loopback without ``beyond_loopback=True``.
            OSError: the port is taken.
        """
        whole("port", port, 0, 65_535)
        text("host", host, 255)
        if not truth("beyond_loopback", beyond_loopback) and not is_loopback(host):
            raise ConfigurationError(f"host: got {host!r}, allowed: a loopback address, or beyond_loopback=True as well")
        if self._server is None:
            self._server = Server(self.app, host, port)
        return self

    def stop(self) -> None:
        """Stop serving; the state stays."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
