"""One emulator for a data file, a full disk, and a process that forks while others call."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage import data_file
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


def other_name(path, kind):
    """The same file under another name."""
    other = path.parent / "elsewhere" / "other.db"
    other.parent.mkdir()
    match kind:
        case "hard link":
            os.link(path, other)
        case "symbolic link":
            other.symlink_to(path)
        case "link to its folder":
            other.parent.rmdir()
            other.parent.symlink_to(path.parent)
            return other.parent / path.name
        case "dots":
            return path.parent / "elsewhere" / ".." / path.name
        case "relative":
            return os.path.relpath(path)
    return other


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
@pytest.mark.parametrize("kind", ["hard link", "symbolic link", "link to its folder", "dots", "relative"])
@pytest.mark.parametrize("who", ["itself", "another process"])
def test_a_data_file_is_one_under_all_of_its_names(tmp_path, kind, who):
    path = tmp_path / "state.db"
    if kind == "hard link" and sys.platform != "linux":
        pytest.skip("elsewhere a file with several names is refused")
    if who == "itself":
        first, owner = Emulator(data=path, now=NOW), os.getpid()
    else:
        code = "import sys; from pinshop.emulator import Emulator; e = Emulator(data=sys.argv[1]); print(flush=True); input()"
        first = subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        first.stdout.readline()
        owner = first.pid
    other = other_name(path, kind)
    for name in (other, path):
        with pytest.raises(ConfigurationError, match=f"process {owner} uses it"):
            Emulator(data=name)
    if who == "itself":
        first.close()
    else:  # a claim is not left behind, whatever ends the process
        first.kill()
        first.communicate()
    Emulator(data=other).close()
    Emulator(data=path).close()


def test_a_file_system_without_locks_is_said_to_have_none(tmp_path, monkeypatch):
    def none(_descriptor):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(data_file, "_lock", none)
    with pytest.raises(ConfigurationError, match=r"has no locks .*keep it on a disk of this machine"):
        Emulator(data=tmp_path / "state.db")


@pytest.mark.skipif(sys.platform == "linux", reason="Linux locks the file whatever its name")
def test_a_file_of_several_names_is_refused_where_names_are_locked(tmp_path):
    path = tmp_path / "state.db"
    Emulator(data=path).close()
    os.link(path, tmp_path / "other.db")
    with pytest.raises(ConfigurationError, match="several names"):
        Emulator(data=path)


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


#: In a process of its own, since the limit cannot be undone by everybody: every way to change a state, on a disk that is full.
ON_A_FULL_DISK = """
import resource, signal, sys
from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.emulator.storage.data_file import DataFileFailed

emulator = Emulator(data=sys.argv[1], now="2026-03-02T12:00:00Z")
emulator.snapshot()
state = emulator.export()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for change in (
    lambda: emulator.reset(), lambda: emulator.restore(), lambda: emulator.load(state), lambda: emulator.token(),
    lambda: emulator.add_user("ann"), lambda: emulator.scale(2, 2), lambda: emulator.clock.advance(days=1),
):
    try:
        change()
    except DataFileFailed as failed:
        print("in words:", failed)
form = {"host": "localhost", "content-type": "application/x-www-form-urlencoded"}
query = "client_id=1400001&redirect_uri=http://localhost/&response_type=code&scope=ads:read"
for path, body in (
    ("/_emulator/reset", b""), ("/_emulator/restore", b""), ("/_emulator/tokens", b""), ("/_emulator/clock", b'{"run": true}'),
    ("/_emulator/console/state", b"do=reset"), ("/_emulator/console/clock", b"do=day"), ("/oauth/?" + query, b"decision=allow"),
):
    reply = emulator.handle(Request("POST", "http://localhost", path, form, body))
    print("by route:", reply.status, path)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")
def test_whatever_changes_the_state_says_that_the_disk_is_full(tmp_path):
    code = [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "state.db")]
    ran = subprocess.run(code, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert len([line for line in lines if line.startswith("in words: data file")]) == 7
    assert [line.split()[2] for line in lines if line.startswith("by route")] == ["507"] * 7


def test_a_snapshot_is_dropped_while_others_return_to_it():
    emulator = Emulator(now=NOW)
    failed = []

    def work(change):
        for _ in range(100):
            try:
                change()
            except ConfigurationError:
                pass  # there is none just now
            except Exception as error:  # noqa: BLE001
                failed.append(error)

    changes = [emulator.snapshot, emulator.restore, emulator.drop_snapshot, emulator.restore]
    threads = [threading.Thread(target=work, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    emulator.close()
    assert failed == []


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


def _as_a_fork(emulator, path, parent, token):
    """What a child is told at each use of an emulator of its parent."""
    said = []
    for use in (
        lambda: emulator.add_user("child"),
        lambda: emulator.clock.advance(days=1),
        lambda: emulator.clock.freeze("2026-04-01T00:00:00Z"),
        emulator.reset,
        emulator.fork,
        emulator.export,
        lambda: emulator.load("campaigns: []"),
        lambda: Emulator(data=path),
    ):
        try:
            use()
        except ConfigurationError as error:
            said.append("refused" if f"process {parent} uses it" in str(error) else str(error))
        else:
            said.append("done")
    said.append(emulator.clock.now().isoformat())
    reply = emulator.handle(Request("GET", "http://x", "/v5/user_account", {"authorization": f"Bearer {token}"}, None))
    said.append("refused" if reply.status == 500 and b"forked" in reply.body else str(reply))
    emulator.close()
    own = Emulator(data=path.with_name("own.db"), now=NOW)
    said.append(str(call(own).status))
    own.close()
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_does_not_share_the_data_file(tmp_path):
    """The child is told; the parent's state, its lock and its clock are its own, and end with it."""
    path = tmp_path / "state.db"
    emulator = Emulator(data=path, now=NOW)
    read_end, write_end = os.pipe()
    here, token = os.getpid(), emulator.access_token
    child = os.fork()
    if child == 0:
        try:
            os.write(write_end, ",".join(_as_a_fork(emulator, path, here, token)).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    said = os.read(read_end, 100_000).decode()
    os.close(read_end)
    assert said == ",".join(["refused"] * 8 + ["2026-03-02T12:00:00+00:00", "refused", "200"])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert call(emulator).status == 200
    assert emulator.clock.now().isoformat() == "2026-03-02T12:00:00+00:00"
    with pytest.raises(ConfigurationError, match="uses it"):
        Emulator(data=path)
    emulator.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_lives_longer_does_not_keep_the_data_file(tmp_path):
    path = tmp_path / "state.db"
    emulator = Emulator(data=path, now=NOW)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write_end)
        os.read(read_end, 1)
        os._exit(0)
    emulator.close()
    again = Emulator(data=path)
    assert call(again).status == 200
    os.close(write_end)
    os.waitpid(child, 0)
    os.close(read_end)
    again.close()


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


def test_what_was_written_last_counts_when_a_file_is_opened_with_an_earlier_clock(tmp_path, talk_at):
    """Three runs on a file: the second a week later, the third begins before it."""
    path = tmp_path / "state.db"

    def run(now):
        return talk_at("5.28", data=path, now=now)

    def won(talk, promotion_id, first, last):
        rows = talk.analytics([promotion_id], first, last, "IMPRESSION_1", "DAY")
        return {row["DATE"]: row["IMPRESSION_1"] for row in rows}

    talk = run(NOW)
    one, two, three = talk.some(3)
    talk.emulator.close()
    talk = run("2026-03-10T12:00:00Z")
    past = won(talk, one, "2026-03-03", "2026-03-04"), won(talk, two, "2026-03-03", "2026-03-04")
    talk.update({"id": one, "status": "PAUSED"}, {"id": three, "status": "PAUSED"})
    talk.emulator.clock.advance(days=3)
    assert max(won(talk, one, "2026-03-03", "2026-03-12")) == "2026-03-10"
    talk.emulator.close()
    talk = run("2026-03-05T12:00:00Z")
    assert talk("GET", f"{talk.promotions}/{one}")["status"] == "PAUSED"
    talk.update({"id": one, "status": "ACTIVE"}, {"id": two, "status": "PAUSED"})
    talk.emulator.clock.advance(days=8)
    assert max(won(talk, one, "2026-03-03", "2026-03-12")) == "2026-03-12"
    for paused in (two, three):  # three since the second run, which from then on is before this one
        assert max(won(talk, paused, "2026-03-03", "2026-03-12")) == "2026-03-05"
    assert (won(talk, one, "2026-03-03", "2026-03-04"), won(talk, two, "2026-03-03", "2026-03-04")) == past
    talk.emulator.close()
    talk = run(None)  # the clock goes on
    assert talk.emulator.clock.now().isoformat() == "2026-03-13T12:00:00+00:00"
    assert won(talk, one, "2026-03-12", "2026-03-12")
