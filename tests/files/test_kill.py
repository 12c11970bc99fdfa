"""kill -9 in the middle of a create of 1,000 promotions with a journal: resumed, there are 1,000, and none twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter

import pytest

from pinshop import Client
from pinshop.emulator import Emulator
from pinshop.emulator.server.thread import Server

SIZE = 1000
CALLS = 1 + 34  # the look-up, and writes of 30
WORK = """
import sys
from pinshop import Client
base_url, token, account, ad_group, group, size, journal = sys.argv[1:]
items = [{"catalog_product_group_id": group, "tracking_url": f"https://shop.example/{n}"} for n in range(int(size))]
sys.stdin.readline()
with Client(token, base_url=base_url, pacing=False) as client:
    client.promotions.create(account, ad_group, items, journal=journal, settle_seconds=0.01)
"""


class Killer:
    """The emulator's app; kills the process at one call: before it is handled, before it is answered, or after."""

    def __init__(self, app) -> None:
        self.app = app
        self.process: subprocess.Popen[bytes] | None = None
        self.calls = self.at = 0
        self.moment = ""

    def kill_if(self, moment: str) -> None:
        if self.process is not None and self.calls == self.at and moment == self.moment:
            self.process.kill()

    async def __call__(self, scope, receive, send) -> None:
        async def answer(message) -> None:
            if message["type"] == "http.response.start":
                self.kill_if("handled")
            await send(message)

        self.calls += 1
        self.kill_if("arrived")
        await self.app(scope, receive, answer)
        self.kill_if("answered")


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_create_is_resumed_exactly(tmp_path, rounds, capsys):
    killed = finished = 0
    emulator = Emulator()
    killer = Killer(emulator.app)
    server = Server(killer, "127.0.0.1", 0)
    emulator.origin = server.origin
    try:
        for number in range(rounds(4, 50)):
            emulator.reset()
            journal = tmp_path / f"journal-{number}"
            arguments = [
                emulator.base_url,
                emulator.access_token,
                emulator.ad_account_id,
                emulator.ad_group_id,
                emulator.catalog_product_group_ids[0],
                str(SIZE),
                str(journal),
            ]
            dice = random.Random(number)
            killer.calls = 0
            killer.at = CALLS + 1 if number == 0 else dice.randint(1, CALLS)
            killer.moment = dice.choice(["arrived", "handled", "answered"])
            command = [sys.executable, "-c", WORK, *arguments]
            with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
                killer.process = process
                process.communicate(b"begin\n")
            killer.process = None
            killed += process.returncode == -signal.SIGKILL
            finished += process.returncode == 0
            assert process.returncode in (0, -signal.SIGKILL)
            with Client(emulator.access_token, base_url=emulator.base_url, pacing=False) as client:
                if not journal.exists() or not journal.read_bytes().count(b"\n"):
                    continue  # killed before anything was begun
                result = client.promotions.resume(journal, settle_seconds=0.01)
                assert result.summary() == f"{SIZE} created"
                rows = client.promotions.list(emulator.ad_account_id, ad_group_id=emulator.ad_group_id, page_size=250)
                count = Counter(row.tracking_url for row in rows)
            assert count == Counter(f"https://shop.example/{n}" for n in range(SIZE))
    finally:
        server.stop()
        emulator.close()
    with capsys.disabled():
        print(f"\nkill -9: {killed} killed, {finished} had finished; {SIZE} promotions each time, none twice")
    assert killed
