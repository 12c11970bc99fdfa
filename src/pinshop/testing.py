"""The pytest plugin: a local Pinterest for every test, in milliseconds. It is active where pinshop is installed.

    def test_promoting(pinterest, pinterest_emulator):
        result = pinterest.promotions.create(
            pinterest_emulator.ad_account_id, pinterest_emulator.ad_group_id,
            [{"catalog_product_group_id": pinterest_emulator.catalog_product_group_ids[0]}],
        )
        assert result.ok

Fixtures: `pinterest_emulator`, `pinterest` (a `Client` on it), `pinterest_async` (an `AsyncClient`), `pinterest_server` (the
same emulator on a socket), and `pinterest_settings` to override. Marker: ``pinterest``. ``-p no:pinshop`` turns all of it off.
The page docs/testing.md tells the rest.

Nothing of pinshop is imported before a fixture asks for it: every pytest run on the machine loads this file.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pinshop.async_client import AsyncClient
    from pinshop.client import Client
    from pinshop.emulator import Emulator

#: The instant at which the emulated clock of a test stands: fixed, so that a test that passes today passes next year.
NOW = "2026-03-02T12:00:00Z"

#: What the marker and `pinterest_settings` take, with the defaults.
DEFAULTS: dict[str, Any] = {
    "seed": 1,
    "api_version": "5.28",
    "now": NOW,
    "state": None,
    "rules": {},
    "rate_limit": "none",
    "faults": (),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "pinterest(seed=1, api_version='5.28', now=..., state='seed.yaml', rules={...}, rate_limit='none', faults=[...]): "
        "how the emulated Pinterest of this test begins",
    )


@pytest.fixture(scope="session")
def pinterest_settings() -> Mapping[str, Any]:
    """How the emulator of every test begins, where its marker does not say. Override it in conftest.py."""
    return {}


def _asked(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of one test: the defaults, then `pinterest_settings`, then its markers from the module to the function."""
    asked = dict(DEFAULTS)
    for given in (settings, *(marker.kwargs for marker in reversed(list(request.node.iter_markers("pinterest"))))):
        asked.update(given)
    if any(marker.args for marker in request.node.iter_markers("pinterest")):
        pytest.fail("marker pinterest: write its arguments with their names", pytrace=False)
    if unknown := sorted(set(asked) - set(DEFAULTS)):
        pytest.fail(f"marker pinterest: got {', '.join(unknown)}, allowed: {', '.join(DEFAULTS)}", pytrace=False)
    return asked


@pytest.fixture(scope="session")
def _pinterest_fork() -> Iterator[Callable[..., Emulator]]:
    """Gives out forks of templates. A template is built once for each start that is asked for; to fork it is cheap."""
    from pinshop.emulator import Emulator

    templates: dict[tuple[Any, ...], Emulator] = {}

    def fork(seed: int, api_version: str, now: Any, state: Path | None) -> Emulator:
        key = (seed, api_version, str(now), state)
        if key not in templates:
            template = Emulator(api_version, seed, now=None if now == "real" else now)
            if state is not None:
                template.load_file(state)
            templates[key] = template
        return templates[key].fork()

    yield fork
    for template in templates.values():
        template.close()


@pytest.fixture
def pinterest_emulator(
    request: pytest.FixtureRequest, pinterest_settings: Mapping[str, Any], _pinterest_fork: Callable[..., Emulator]
) -> Iterator[Emulator]:
    """A local Pinterest that is this test's alone, with one seeded business in which a promotion can be created at once."""
    from pinshop.errors import ConfigurationError

    asked = _asked(request, pinterest_settings)
    # Beside the test, wherever pytest was started.
    state = request.path.parent / asked["state"] if asked["state"] else None
    try:
        emulator = _pinterest_fork(asked["seed"], asked["api_version"], asked["now"], state)
        emulator.rules.update(asked["rules"])
        emulator.limits.use(asked["rate_limit"])
        for fault in asked["faults"]:
            emulator.fail(**fault)
    except ConfigurationError as error:
        pytest.fail(f"marker pinterest: {error}", pytrace=False)
    yield emulator
    emulator.close()


@pytest.fixture
def pinterest_earns(pinterest_emulator: Emulator) -> Callable[..., None]:
    """Say what a promotion earned: ``pinterest_earns(promotion_id, "2026-03-01", spend=60, checkout_value=119)``.

    The arguments are those of `Emulator.earn`.
    """
    return pinterest_emulator.earn


@pytest.fixture
def pinterest(pinterest_emulator: Emulator) -> Client:
    """A `pinshop.Client` on the emulator, without a socket. Where it would wait, the emulated clock moves on instead."""
    from pinshop.client import Client

    clock = pinterest_emulator.clock

    def sleep(seconds: float) -> None:
        clock.advance(seconds=seconds)

    transport = pinterest_emulator.transport(sleep)
    return Client(
        pinterest_emulator.access_token,
        base_url=pinterest_emulator.base_url,
        api_version=pinterest_emulator.api_version,
        transport=transport,
        clock=clock.seconds,
        sleep=sleep,
    )


@pytest.fixture
def pinterest_async(pinterest_emulator: Emulator) -> AsyncClient:
    """The same as a `pinshop.AsyncClient`. It holds no connection, so it works in whatever event loop the test runs."""
    import asyncio

    from pinshop.async_client import AsyncClient

    clock = pinterest_emulator.clock

    async def sleep(seconds: float) -> None:
        clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    transport = pinterest_emulator.async_transport(sleep)
    return AsyncClient(
        pinterest_emulator.access_token,
        base_url=pinterest_emulator.base_url,
        api_version=pinterest_emulator.api_version,
        transport=transport,
        clock=clock.seconds,
        sleep=sleep,
    )


class _Socket:
    """One server for the session, behind which each test puts its own emulator: to start is cheap, to stop is not."""

    def __init__(self) -> None:
        from pinshop.emulator.server.thread import Server

        self.app: Callable[..., Any] | None = None
        self.server = Server(self._serve, "127.0.0.1", 0)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
            return
        words = b"The test that this emulated Pinterest belonged to is over."
        headers = [(b"content-type", b"text/plain"), (b"x-emulated", b"true")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": words})


@pytest.fixture(scope="session")
def _pinterest_socket() -> Iterator[_Socket]:
    socket = _Socket()
    yield socket
    socket.server.stop()


@pytest.fixture
def pinterest_server(pinterest_emulator: Emulator, _pinterest_socket: _Socket) -> Iterator[Emulator]:
    """`pinterest_emulator`, served on a loopback port at ``pinterest_server.base_url``, for clients of any kind."""
    pinterest_emulator.origin = _pinterest_socket.server.origin
    _pinterest_socket.app = pinterest_emulator.app
    yield pinterest_emulator
    _pinterest_socket.app = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows the last calls that its emulator saw."""
    report = yield
    emulator = getattr(item, "funcargs", {}).get("pinterest_emulator")
    if report.failed and report.when == "call" and emulator is not None:
        calls = list(emulator.calls)[-20:]
        lines = [f"{entry.number}. {entry.method} {entry.target} -> {entry.status or 'no answer'}" for entry in calls]
        report.sections.append(("Calls of the emulated Pinterest", "\n".join(lines) or "none"))
    return report
