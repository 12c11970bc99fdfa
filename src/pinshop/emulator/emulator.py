"""The emulator's doors: in-process transports, an ASGI app, a server in a thread, and the `/_emulator/` control routes."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, cast

from pinshop.api.http import Reply, Request
from pinshop.api.operations import API_VERSIONS, ApiVersion
from pinshop.emulator.chain import ROLES, Answer, App
from pinshop.emulator.clock import Clock, Instant
from pinshop.emulator.faults import Fault
from pinshop.emulator.handlers import reports
from pinshop.emulator.journal import Journal
from pinshop.emulator.limits import Limits
from pinshop.emulator.rules import Rules
from pinshop.emulator.server import oauth
from pinshop.emulator.server.app import asgi
from pinshop.emulator.server.in_process import AsyncEmulatorTransport, EmulatorTransport, delivered
from pinshop.emulator.server.thread import Server, is_loopback
from pinshop.emulator.storage import seeding
from pinshop.emulator.storage.seeding import ALL_SCOPES, secret, seed_account
from pinshop.emulator.storage.store import Store
from pinshop.errors import ConfigurationError


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
        contract: str | None = None,  # the former name of api_version
    ) -> None:
        api_version = contract or api_version
        if api_version not in API_VERSIONS:
            raise ConfigurationError(f"api_version: got {api_version!r}, allowed: {', '.join(API_VERSIONS)}")
        settings = Rules()
        settings.update(rules or {})
        store = Store(data, seed)
        if (kept := store.get_meta("seed")) is not None:
            store.seed = kept  # a data file keeps the seed it was made with
        clock = Clock(store, now)
        if store.is_empty():
            seed_account(store, int(clock.seconds()))
        clock.save()
        self._begin(App(store, clock, settings, api_version, rate_limit))

    def _begin(self, engine: App) -> None:
        #: The chain behind every door; `pinshop.emulator.app`.
        self.engine = engine
        #: The emulated clock: now, freeze, run, set, advance.
        self.clock = engine.clock
        self._store = engine.store
        self._initial = self._store.copy()
        self._snapshots: dict[str, Store] = {}
        self._server: Server | None = None
        #: Where `app` is served by a server of your own; only `base_url` depends on it.
        self.origin = "http://emulator.invalid"
        self._load_seeded()

    def _load_seeded(self) -> None:
        seeded = self._store.get_meta("seeded")
        #: What the seeded business consists of; ids are text, as on the wire.
        self.access_token: str = seeded["access_token"]
        self.user_id = str(seeded["user_id"])
        self.ad_account_id = str(seeded["ad_account_id"])
        self.campaign_id = str(seeded["campaign_id"])
        self.ad_group_id = str(seeded["ad_group_id"])
        self.catalog_id = str(seeded["catalog_id"])
        self.feed_id = str(seeded["feed_id"])
        self.catalog_product_group_ids = [str(i) for i in seeded["catalog_product_group_ids"]]

    def __repr__(self) -> str:
        return f"<Emulator api_version={self.api_version} seed={self.seed} {self.base_url}>"

    @property
    def api_version(self) -> ApiVersion:
        return self.engine.api_version

    @property
    def seed(self) -> int:
        return self._store.seed

    # ------------------------------------------------------------------------------------------- in-process

    def handle(self, request: Request) -> Reply:
        """Serve one request without a socket.

        Raises:
            Disconnected, TimedOut: a fault says so; ``sent`` is True.
        """
        return delivered(self.answer(request), request, time.sleep)

    def answer(self, request: Request) -> Answer:
        """Serve one request of any door: the API, the consent page, a report's link, or a control route."""
        target = request.target
        if target.startswith("/v5/"):
            return self.engine.answer(request)
        path, _, query = target.partition("?")
        if path.startswith("/_emulator/reports/"):
            engine, now = self.engine, int(self.clock.seconds())
            token = path.removeprefix("/_emulator/reports/")
            with engine.lock:
                found = reports.fetch(engine.store, engine.rules, engine.api_version, engine.earnings, token, query, now)
            status, kind, body = found
            return Answer(Reply(status, {"content-type": kind, "x-emulated": "true"}, body))
        if path.rstrip("/") == "/oauth":
            with self.engine.lock, self.engine.store.transaction():
                return Answer(oauth.consent(self._endpoint(), request))
        if path == "/_emulator" or path.startswith("/_emulator/"):
            from pinshop.emulator.control import routes

            with self.engine.lock:
                return Answer(routes.handle(self, request))
        return self.engine.answer(request)

    def _endpoint(self) -> oauth.Endpoint:
        return oauth.Endpoint(self._store, self.rules, self.api_version, int(self.clock.seconds()))

    def transport(self, sleep: Callable[[float], object] = time.sleep) -> EmulatorTransport:
        """A transport for `pinshop.Client` that reaches this emulator without a socket. ``sleep`` is how latency passes."""
        return EmulatorTransport(self, sleep)

    def async_transport(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> AsyncEmulatorTransport:
        """The same for `pinshop.AsyncClient`."""
        return AsyncEmulatorTransport(self, sleep)

    # ---------------------------------------------------------------------------------------------- control

    @property
    def calls(self) -> Journal:
        """The journal: iterate it, index it, ``.count("product_group_promotions/create")``, ``.of(operation)``."""
        return self.engine.journal

    @property
    def rules(self) -> Rules:
        return self.engine.rules

    def fail(self, operation: str = "*", **fault: Any) -> Fault:
        """Make trouble for the next calls of an operation (an id such as "product_group_promotions/create", or "*").

        ``fail("product_group_promotions/create", after_commit=True, drop=True)`` commits and closes the connection;
        ``fail(status=503)`` answers 503 before anything is done; ``fail("…/create", item=1, code=2, message="…")`` lets the
        second item fail. ``times=2`` for the next two calls, ``times=None`` always, ``probability=0.1`` by chance.
        All fields: `pinshop.emulator.faults.Fault`. Remove with ``stop_failing``.

        Raises:
            ConfigurationError: an unknown operation or field.
        """
        return self.engine.faults.add(operation=operation, **fault)

    @property
    def faults(self) -> list[Fault]:
        """The faults in force."""
        return self.engine.faults.list()

    def stop_failing(self, fault: Fault | None = None) -> None:
        """Remove one fault, or all."""
        if fault is None:
            self.engine.faults.clear()
        else:
            self.remove_fault(fault.id)

    def remove_fault(self, fault_id: int) -> bool:
        """Remove one fault by its id; False if it is not in force (any more)."""
        return self.engine.faults.remove(fault_id)

    @property
    def limits(self) -> Limits:
        """Rate limits: ``emulator.limits.use("standard")``, ``.use("trial", headers="none")``, ``.use(Profile(…))``."""
        return self.engine.limits

    @property
    def snapshots(self) -> list[str]:
        """The names of the kept snapshots."""
        return list(self._snapshots)

    def reset(self) -> None:
        """Back to the state at the start: entities, clock, journal, faults and request ids (rules and limits stay chosen)."""
        self._restore(self._initial)

    def fork(self) -> Emulator:
        """An emulator of its own that begins in the present state: clock, rules and limits as here, no faults, no calls."""
        twin = object.__new__(type(self))
        with self.engine.lock:
            store = self._store.copy()
            engine = App(store, Clock(store), dataclasses.replace(self.rules), self.api_version)
            engine.limits.name, engine.limits.profile = self.limits.name, self.limits.profile
        twin._begin(engine)
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
        with self.engine.lock, self._store.transaction():
            token = secret(self.seed, "given", self._store.next_id("tokens"))
            expires = None if expires_in is None else int(self.clock.seconds()) + expires_in
            owner = int(self.user_id if user_id is None else user_id)
            kind = "client" if client_credentials else "access"
            self._store.add_token(token, kind, owner, scopes, expires, oauth.APP_ID, f"given {token}")
        return token

    def revoke(self, token: str) -> bool:
        """Revoke a token, access or refresh, as its user could in the settings. False: there is no such token in force."""
        with self.engine.lock, self._store.transaction():
            return self._store.revoke(int(self.clock.seconds()), token=token) > 0

    def authorize(self, redirect_uri: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """An authorization code, as if the seeded user had given consent in the browser."""
        with self.engine.lock, self._store.transaction():
            return self._endpoint().code(redirect_uri, list(scopes), int(self.user_id))

    def add_user(self, username: str, role: str | None = None, ad_account_id: str | int | None = None) -> str:
        """A new user, with a Business Access role on an ad account (the seeded one) if ``role`` is given. Returns its id.

        Roles: OWNER, ADMIN, ANALYST, CAMPAIGN_MANAGER, CATALOGS_MANAGER, AUDIENCE_MANAGER, FINANCE_MANAGER.
        """
        if role is not None and role not in ROLES:
            raise ConfigurationError(f"role: got {role!r}, allowed: {', '.join(ROLES)}")
        with self.engine.lock, self._store.transaction():
            user_id = self._store.next_id("users")
            self._store.insert(
                "users",
                {"id": user_id, "username": username, "account_type": "BUSINESS", "profile_image": "", "website_url": "",
                 "about": ""},
            )  # fmt: skip
            if role is not None:
                self._store.add_role(user_id, int(ad_account_id or self.ad_account_id), role)
        return str(user_id)

    # ----------------------------------------------------------------------------------------------- state

    def load_feed(self, path: str | Path, feed_id: str | int | None = None) -> int:
        """Replace a feed's items by those of a file in Pinterest's format (.csv, .tsv, .xml). Returns how many there are.

        Raises:
            pinshop.emulator.catalog.FeedError: not such a file; says the line.
        """
        from pinshop.emulator.catalog import feed_files
        from pinshop.emulator.handlers import feeds

        suffix = Path(path).suffix.lower().removeprefix(".").upper()
        items = feed_files.parse_feed(Path(path).read_bytes(), cast("feed_files.Format", suffix))
        with self.engine.lock:
            return feeds.load_feed(self._store, int(feed_id or self.feed_id), items, int(self.clock.seconds()))

    def scale(self, ad_accounts: int = 5_000, promotions_each: int = 200) -> list[str]:
        """Add many ad accounts, each with a campaign, an ad group and ACTIVE promotions. Returns the ids of the accounts."""
        with self.engine.lock:
            made = seeding.scale(self._store, int(self.clock.seconds()), ad_accounts, promotions_each)
        return [str(account_id) for account_id in made]

    def export(self) -> str:
        """The whole state as readable YAML."""
        from pinshop.emulator.storage import yaml

        with self.engine.lock:
            return yaml.export(self._store)

    def load(self, text: str) -> None:
        """Replace the state by that of a YAML text, see `pinshop.emulator.storage.yaml`. Journal and faults are forgotten.

        Raises:
            ConfigurationError: it cannot be read; the state stays as it was.
        """
        from pinshop.emulator.storage import yaml

        with self.engine.lock:
            yaml.load(self._store, text, int(self.clock.seconds()))
            self.clock.load()
            self.engine.forget()
            self._load_seeded()

    def load_file(self, path: str | Path) -> None:
        """Take the state from a file: YAML as `load` reads it, or a recording (``.jsonl``) of `storage.recording`.

        Raises:
            ConfigurationError: it cannot be read; the state stays as it was.
        """
        path = Path(path)
        if path.suffix == ".jsonl":
            from pinshop.emulator.storage.recording import replay

            replay(self, path)
            return
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"state: {error}") from error
        self.load(text)

    def import_answers(self, answers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
        """Put recorded answers of the real API into the state: ``[("campaigns/list", {"items": […]}), …]``, parents first.

        Raises:
            ConfigurationError: an operation that answers no entities, or an entity whose parent is missing.
        """
        from pinshop.emulator.storage import yaml

        with self.engine.lock:
            return yaml.import_answers(self._store, answers, int(self.clock.seconds()))

    def snapshot(self, name: str = "default") -> None:
        """Keep the present state under a name."""
        self._snapshots[name] = self._store.copy()

    def restore(self, name: str = "default") -> None:
        """Return to a snapshot."""
        if name not in self._snapshots:
            raise ConfigurationError(f"no snapshot {name!r}; there are: {', '.join(self._snapshots) or 'none'}")
        self._restore(self._snapshots[name])

    def _restore(self, state: Store) -> None:
        with self.engine.lock:
            self._store.restore(state)
            self.clock.load()
            self.engine.forget()
            self._load_seeded()

    def close(self) -> None:
        """Stop the server, if it runs, and close the state."""
        self.stop()
        for store in (self._store, self._initial, *self._snapshots.values()):
            store.close()

    # ---------------------------------------------------------------------------------------------- serving

    @property
    def app(self) -> Callable[..., Any]:
        """The ASGI app, to mount in any ASGI server."""
        return asgi(self)

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>/v5`` while it serves; a name that nothing resolves while it does not."""
        return f"{self._server.origin if self._server else self.origin}/v5"

    def facts(self) -> dict[str, Any]:
        """What a client needs, as the first line of ``pinshop emulator --json`` says it."""
        return {
            "base_url": self.base_url,
            "access_token": self.access_token,
            "ad_account_id": self.ad_account_id,
            "ad_group_id": self.ad_group_id,
            "catalog_product_group_ids": self.catalog_product_group_ids,
            "campaign_id": self.campaign_id,
            "catalog_id": self.catalog_id,
            "feed_id": self.feed_id,
            "api_version": self.api_version,
            "seed": self.seed,
            "emulated": True,
        }

    def start(self, host: str = "127.0.0.1", port: int = 0, *, beyond_loopback: bool = False) -> Emulator:
        """Serve in a thread of its own. Returns when the first call can be answered.

        Raises:
            ConfigurationError: a host beyond loopback without ``beyond_loopback=True``.
            OSError: the port is taken.
        """
        if not is_loopback(host) and not beyond_loopback:
            raise ConfigurationError(f"host: got {host!r}, allowed: a loopback address, or beyond_loopback=True as well")
        if self._server is None:
            self._server = Server(asgi(self), host, port)
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
