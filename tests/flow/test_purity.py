"""flow/ decides and does nothing else: no module of it can reach a file, a socket, a lock, a clock or a thread."""

from __future__ import annotations

import ast
import asyncio
import fcntl
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import pinshop.flow
from pinshop import AsyncClient, SharedPacer
from pinshop.credentials.vaults import FileVault, KeptToken
from pinshop.emulator import Emulator
from pinshop.flow.refreshing import RefreshingToken
from pinshop.flow.secrets import Secret
from pinshop.flow.tokens import App, Token

MODULES = sorted(Path(pinshop.flow.__path__[0]).glob("*.py"))

#: What reaches outside the process, waits, or tells the time.
OUTSIDE = {
    "asyncio", "concurrent", "fcntl", "http", "io", "multiprocessing", "msvcrt", "os", "pathlib", "queue", "random", "secrets",
    "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib3", "aiohttp", "weakref",
}  # fmt: skip


def imported(source: str) -> set[str]:
    """The top-level names of every module that is imported, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.partition(".")[0] if not name.startswith("urllib.") else name for name in found}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_of_flow_imports_nothing_that_reaches_outside(module):
    names = imported(module.read_text("utf-8"))
    assert not names & OUTSIDE
    assert not {"open", "input", "print"} & {
        node.func.id
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "datetime.now" not in module.read_text("utf-8")


def test_the_test_above_can_fail():
    assert imported("import os.path\ndef f():\n    from time import sleep") & OUTSIDE == {"os", "time"}
    assert len(MODULES) > 10


#: What must not be called on the thread of an event loop.
BLOCKING = [
    (os, "fsync"), (os, "open"), (os, "ftruncate"), (fcntl, "flock"), (time, "sleep"), (Path, "open"), (Path, "read_bytes"),
    (Path, "replace"), (Path, "mkdir"),
]  # fmt: skip


@pytest.fixture
def touched(monkeypatch) -> list[tuple[str, int]]:
    """(what, thread) of every call of the above."""
    calls: list[tuple[str, int]] = []

    def watch(home: Any, name: str) -> None:
        real = getattr(home, name)

        def watched(*args: Any, **options: Any) -> Any:
            calls.append((f"{getattr(home, '__name__', home)}.{name}", threading.get_ident()))
            return real(*args, **options)

        monkeypatch.setattr(home, name, watched)

    for home, name in BLOCKING:
        watch(home, name)
    return calls


@pytest.fixture
def emulator():
    with Emulator(now="2026-03-01T12:00:00Z") as emulator:
        yield emulator


async def _no_sleep(_: float) -> None: ...


def _items(emulator: Emulator, size: int) -> list[Any]:
    group = emulator.catalog_product_group_ids[0]
    return [{"catalog_product_group_id": group, "tracking_url": f"https://shop.example/{n}"} for n in range(size)]


def check(touched: list[tuple[str, int]], *expected: str) -> None:
    here = threading.get_ident()
    assert set(expected) <= {what for what, _ in touched}, "the test does not reach what it is about"
    assert [what for what, thread in touched if thread == here] == []


def test_a_journaled_create_touches_no_file_on_the_event_loop(emulator, touched, tmp_path):
    async def main() -> None:
        async with AsyncClient(
            emulator.access_token, transport=emulator.async_transport(), base_url=emulator.base_url, sleep=_no_sleep
        ) as client:
            call = (emulator.ad_account_id, emulator.ad_group_id, _items(emulator, 70))
            journal = tmp_path / "journal"
            create, resume = client.promotions.create, client.promotions.resume  # imported now
            touched.clear()
            assert (await create(*call, journal=journal)).summary() == "70 created"
            assert (await resume(journal)).summary() == "70 created"

    asyncio.run(main())
    check(touched, "posix.fsync" if "posix.fsync" in dict(touched) else "os.fsync", "fcntl.flock")


def test_a_refresh_touches_no_file_on_the_event_loop(emulator, touched, tmp_path):
    store = KeptToken(FileVault(tmp_path), "shop")
    store.save(Token(access_token=Secret("emulated_old"), refresh_token=Secret("emulated_refresh"), expires_at=1.0))
    source = RefreshingToken(App("1", Secret("emulated_app_secret")), store, base_url="http://127.0.0.1:9/v5")

    class Endpoint:
        async def send(self, request: Any) -> Any:
            from pinshop.api.http import Reply

            if request.target.endswith("/oauth/token"):
                body = b'{"access_token": "emulated_new", "refresh_token": "emulated_next", "expires_in": 2592000}'
                return Reply(200, {}, body)
            assert request.headers["Authorization"] == "Bearer emulated_new"
            return Reply(200, {}, b'{"username": "shop"}')

        async def close(self) -> None: ...

    async def main() -> None:
        client = AsyncClient(source, transport=Endpoint(), base_url="http://127.0.0.1:9/v5", sleep=_no_sleep)
        get = client.user_account.get  # imported now
        touched.clear()
        await get()

    asyncio.run(main())
    check(touched, "fcntl.flock", "Path.replace")
    assert store.load().refresh_token == Secret("emulated_next")


def test_shared_pacing_touches_no_file_on_the_event_loop(emulator, touched, tmp_path):
    async def main() -> None:
        pacer = SharedPacer(tmp_path / "budget")
        async with AsyncClient(
            emulator.access_token,
            transport=emulator.async_transport(),
            base_url=emulator.base_url,
            sleep=_no_sleep,
            pacing=pacer,
        ) as client:
            get = client.user_account.get  # imported now
            touched.clear()
            await asyncio.gather(*(get() for _ in range(5)))

    asyncio.run(main())
    check(touched, "fcntl.flock")
