"""Locks and files: what a fork, a crash and other users cannot take from us."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path
from typing import Self

import pytest

from pinshop import Client, SharedPacer
from pinshop.errors import ConfigurationError
from pinshop.files import atomic, batch_journal, locks, shared_pacer
from pinshop.files.atomic import replace_file
from pinshop.files.batch_journal import Header, JournalFile
from pinshop.files.locks import FileLock, ThreadLock, lock_file
from pinshop.flow.pacing import Pacer

HEADER = Header(base_url="http://127.0.0.1:9/v5", operation="x", ad_account_id="1", groups=["2"], items=[{}])

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


class Child:
    """A forked child that lives until it is told to go, and holds whatever was open when it was forked."""

    def __enter__(self) -> Self:
        self.pid = os.fork()
        if not self.pid:
            signal.pause()
            os._exit(0)
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def in_a_child(work) -> int:
    """Run this in a forked child; its exit code."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            code = int(work() or 0)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --------------------------------------------------------------------------------------------- locks


def test_a_lock_excludes_and_is_given_back(tmp_path):
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.acquire()
    assert not other.acquire()
    one.release()
    one.release()
    assert other.acquire()
    other.release()
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_a_wait_for_a_lock_ends(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(locks.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(locks.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    held = lock_file(tmp_path / "lock")
    assert not FileLock(tmp_path / "lock").acquire(2.0)
    assert 2.0 <= now[0] < 2.1
    held()


@needs_fork
def test_a_child_that_was_forked_while_a_lock_was_held_does_not_keep_it(tmp_path):
    held = lock_file(tmp_path / "lock")
    with Child():
        held()
        again = lock_file(tmp_path / "lock")
        assert again is not None
        again()


@needs_fork
def test_a_child_does_not_release_what_its_parent_holds(tmp_path):
    """The copy of a lock object in a child is dropped there, by a finally or the garbage collector."""
    held = lock_file(tmp_path / "lock")
    assert in_a_child(held) == 0
    assert lock_file(tmp_path / "lock") is None
    held()


@needs_fork
@pytest.mark.soak
def test_forks_in_the_middle_of_everything_block_nobody(tmp_path, rounds):
    """Threads pace, lock and write while children are forked and live on; all go on."""
    pacer = SharedPacer(tmp_path / "budget", {"ads_read": (100_000, 60)})
    stop, turns = threading.Event(), [0]

    def work() -> None:
        while not stop.is_set():
            pacer.reserve("ads_read", 0.0)
            turns[0] += 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(rounds(3, 20)):
            with Child():
                before = turns[0]
                for _ in range(20):
                    pacer.reserve("ads_read", 0.0)
                while turns[0] < before + 5:
                    pass
                assert in_a_child(lambda: pacer.reserve("ads_read", 0.0) * 0) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert pacer.trouble is None


@needs_fork
def test_a_pacer_works_in_a_child_forked_while_another_thread_held_its_lock():
    lock = ThreadLock()
    pacer = Pacer(lock=lock)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(30)
    try:
        assert in_a_child(lambda: pacer.reserve("ads_read", 0.0) * 0) == 0
    finally:
        leave.set()
        thread.join()


def test_a_client_guards_the_pacer_it_is_given_once():
    pacer = Pacer()
    Client("emulated_x", pacing=pacer)
    first = pacer._lock
    Client("emulated_y", pacing=pacer)
    assert isinstance(first, ThreadLock)
    assert pacer._lock is first


# --------------------------------------------------------------------------------------------- files


@pytest.fixture
def synced(monkeypatch) -> list[str]:
    """What was forced to disk, by name, in order, with what was replaced between."""
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched(handle: int) -> None:
        seen.append("directory" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(Path, "replace", lambda self, target: (seen.append("replace"), replace(self, target))[1])
    return seen


def test_a_file_is_replaced_whole_and_survives_a_power_cut(tmp_path, synced):
    replace_file(tmp_path / "new" / "file", b"one")
    assert synced == ["file", "replace", "directory"]
    assert stat.S_IMODE((tmp_path / "new" / "file").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    replace_file(tmp_path / "file", b"one")
    monkeypatch.setattr(atomic.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        replace_file(tmp_path / "file", b"two")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"one")]


def test_every_record_of_a_journal_is_on_disk_when_write_returns(tmp_path, synced):
    journal = JournalFile.create(tmp_path / "journal", HEADER)
    assert synced == ["file", "directory"]
    journal.write({"sending": [0], "group": "2"})
    journal.write({"unsent": [0]})
    assert synced == ["file", "directory", "file", "file"]
    journal.close()
    journal.close()
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


@pytest.mark.parametrize("after", range(0, 130, 9))
def test_a_disk_that_is_full_in_the_middle_of_a_record_leaves_the_rest_readable(tmp_path, monkeypatch, after):
    """Some bytes get through, cutting back fails too; later there is room again, and other records follow."""
    journal = JournalFile.create(tmp_path / "journal", HEADER)
    journal.write({"sending": [0], "group": "2", "watermark": "5"})
    write, room = os.write, [after]

    def full(handle: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        part = data[: room[0]]
        room[0] -= len(part)
        return write(handle, part)

    with monkeypatch.context() as patch:
        patch.setattr(batch_journal.os, "write", full)
        patch.setattr(batch_journal.os, "ftruncate", full)
        with pytest.raises(ConfigurationError, match="No space left"):
            journal.write({"outcomes": [{"index": 0, "state": "failed", "message": "m" * 40}]})
    journal.write({"unsent": [0]})
    journal.close()
    for _ in range(2):  # and a second time
        file, said = JournalFile.reopen(tmp_path / "journal")
        assert {"sending", "unsent"} <= {key for record in said.records for key in record}
        assert said.damaged  # a record was begun, and is not there
        file.write({"unsent": [0]})
        file.close()


@needs_fork
def test_a_child_does_not_write_into_its_parents_journal(tmp_path):
    journal = JournalFile.create(tmp_path / "journal", HEADER)
    before = (tmp_path / "journal").read_bytes()

    def write() -> int:
        try:
            journal.write({"unsent": [0]})
        except ConfigurationError:
            return 7
        return 0

    assert in_a_child(write) == 7
    assert (tmp_path / "journal").read_bytes() == before
    journal.close()


# ----------------------------------------------------------------------------------- the shared budget


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_file_of_somebody_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "budget"
    path.write_bytes(b"my thesis")
    with pytest.raises(ConfigurationError, match="no budget that pinshop wrote"):
        SharedPacer(path)
    assert path.read_bytes() == b"my thesis"


def test_a_file_that_becomes_somebody_elses_is_left_alone_and_told(tmp_path):
    path, clock = tmp_path / "budget", Clock()
    pacer = SharedPacer(path, {"ads_read": (1, 60)}, clock=clock)
    pacer.reserve("ads_read", 0.0)
    path.write_bytes(b"my thesis")
    assert pacer.reserve("ads_read", 0.0) > 60  # it knows by itself what it sent
    assert "no budget that pinshop wrote" in pacer.trouble
    assert path.read_bytes() == b"my thesis"


@pytest.mark.parametrize("seconds", [2, 600, 86400])
def test_a_clock_that_is_put_back_makes_nobody_wait_for_it(tmp_path, seconds):
    path, clock = tmp_path / "budget", Clock()
    pacer = SharedPacer(path, {"ads_read": (2, 60)}, clock=clock)
    assert [pacer.reserve("ads_read", 0.0) for _ in range(2)] == [0.0, 0.0]
    clock.now -= seconds
    other = SharedPacer(path, {"ads_read": (2, 60)}, clock=clock)
    assert other.reserve("ads_read", 0.0) < 61
    assert [quota.limit for quota in other.budget(0.0) if quota.category == "ads_read"] == [2]


def test_a_clock_that_is_corrected_by_a_little_forgets_nothing(tmp_path):
    path, clock = tmp_path / "budget", Clock()
    pacer = SharedPacer(path, {"ads_read": (1, 60)}, clock=clock)
    pacer.reserve("ads_read", 0.0)
    clock.now -= 0.2
    assert pacer.reserve("ads_read", 0.0) > 60


@pytest.mark.parametrize("where", ["open", "read", "write", "lock"])
def test_an_answer_is_not_lost_over_a_budget_that_cannot_be_used(tmp_path, monkeypatch, where):
    from mock_transport import Script, answer

    def fails(*_: object, **__: object) -> object:
        raise OSError(13, "Permission denied")

    pacer = SharedPacer(tmp_path / "budget")
    home = {"open": (os, "open"), "read": (Path, "read_bytes"), "write": (shared_pacer, "_write"), "lock": (locks, "_lock")}[
        where
    ]
    monkeypatch.setattr(*home, fails)
    if where == "lock":
        monkeypatch.setattr(locks.time, "sleep", lambda _: None)
        monkeypatch.setattr(shared_pacer, "_LOCK_WAIT_SECONDS", 0.01)
    events: list[object] = []
    script = Script(answer({"id": "2"}), answer({"id": "2"}), pacing=pacer, on_event=events.append)
    assert script.sync(lambda client: (client.campaigns.get("1", "2"), client.campaigns.get("1", "2"))[1].id) == "2"
    told = [str(event) for event in events if "pacing:" in str(event)]
    assert len(told) == 1  # once, and then the file is left alone for a while
    assert "paces itself alone" in told[0]
