"""kill -9 at random moments of a create of 1,000 promotions with a journal: resumed, there are 1,000, and none twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from pinshop import Client
from pinshop.emulator import Emulator

SIZE = 1000
CALLS = 1 + 34  # the look-up, and writes of 30
WORK = """
import sys
from pinshop import Client
base_url, token, account, ad_group, group, size, journal = sys.argv[1:]
items = [{"catalog_product_group_id": group, "tracking_url": f"https://shop.example/{n}"} for n in range(int(size))]
with Client(token, base_url=base_url, pacing=False) as client:
    print("begun", flush=True)
    client.promotions.create(account, ad_group, items, journal=journal, settle_seconds=0.01)
"""


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_create_is_resumed_exactly(tmp_path, rounds, capsys):
    killed = finished = 0
    with Emulator() as emulator:
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
            with subprocess.Popen([sys.executable, "-c", WORK, *arguments], stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                # A moment of the work, not of the clock: after so many of its 35 calls, and a little later.
                dice = random.Random(number)
                calls = CALLS if number == 0 else dice.randrange(CALLS)
                while emulator.calls.count() < calls and process.poll() is None:
                    time.sleep(0.0002)
                time.sleep(dice.uniform(0, 0.004))
                process.kill()
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
    with capsys.disabled():
        print(f"\nkill -9: {killed} killed, {finished} had finished; {SIZE} promotions each time, none twice")
    assert killed
