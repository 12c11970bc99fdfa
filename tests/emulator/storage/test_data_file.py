"""One emulator for a data file, a full disk, and a process that forks while others call."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage.data_file import DataFileFailed
from pinshop.errors import ConfigurationError

NOW = "2026-03-02T12:00:00Z"


def call(emulator, path="/v5/user_account", method="GET", body=None):
    headers = {"authorization": f"Bearer {emulator.access_token}"}
    return emulator.handle(Request(method, "http://x", path, headers, body))


def test_a_second_emulator_on_a_data_file_is_refused(tmp_path):
    path = tmp_path / "state.db"
    first = Emulator(data=path, now=NOW)
    with pytest.raises(ConfigurationError, match=f"process {os.getpid()} uses it"):
        Emulator(data=path)
    code = f"from pinshop.emulator import Emulator; Emulator(data={str(path)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"process {os.getpid()} uses it" in other.stderr
    token = first.access_token
    first.close()
    again = Emulator(data=path)
    assert again.access_token == token
    again.close()


def test_a_file_of_another_program_is_left_and_not_claimed(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello" * 1000)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="data file"):
            Emulator(data=path)
    assert path.read_text() == "hello" * 1000


def test_a_full_disk_is_said_to_be_one(tmp_path):
    emulator = Emulator(data=tmp_path / "state.db", now=NOW)
    database = emulator.world.store._db
    (pages,) = database.execute("pragma page_count").fetchone()
    database.execute(f"pragma max_page_count = {pages}")
    name = "x" * 20_000
    reply = call(emulator, "/v5/ad_accounts", "POST", b'{"country": "US", "name": "%s"}' % name[:200].encode())
    with pytest.raises(DataFileFailed, match="full"):
        [emulator.add_user(name[:100]) for _ in range(2000)]
    reply = call(emulator, "/v5/ad_accounts", "POST", b'{"country": "US", "name": "%s"}' % name[:200].encode())
    assert reply.status in (200, 500)
    assert reply.status == 200 or b"full" in reply.body
    assert call(emulator).status == 200
    emulator.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_others_call_hangs_nobody():
    emulator = Emulator(now=NOW)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            call(emulator)
            emulator.calls.of("user_account/get")
            emulator.clock.advance(seconds=1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                ok = call(emulator).status == 200 and emulator.calls.count() > 0 and emulator.fork() is not None
                os._exit(0 if ok else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        emulator.close()


def test_the_clock_loses_no_second():
    emulator = Emulator(now=NOW)
    before = emulator.clock.seconds()
    threads = [threading.Thread(target=lambda: [emulator.clock.advance(seconds=1) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emulator.clock.seconds() - before == 4000
    emulator.close()
