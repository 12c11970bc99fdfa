"""One budget for several processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from pinshop.errors import ConfigurationError
from pinshop.files.shared_pacer import SharedPacer
from pinshop.flow.pacing import read_headers


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def _take(path: str, count: int) -> list[float]:
    pacer = SharedPacer(path, clock=lambda: 1_700_000_000.0)
    return [pacer.reserve("ads_analytics", 0.0) for _ in range(count)]


def test_processes_share_one_quota(tmp_path):
    """300 analytics calls a minute: four processes get 300 slots in the first minute between them, not 1,200."""
    path = str(tmp_path / "budget")
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        waits = sorted(w for part in pool.starmap(_take, [(path, 100)] * 4) for w in part)
    assert sum(1 for w in waits if w < 60) == 300
    assert len(waits) == 400


def test_threads_share_it_too(tmp_path):
    path, clock = tmp_path / "budget", Clock()
    pacer = SharedPacer(path, {"ads_read": (10, 60)}, clock=clock)
    waits: list[float] = []
    threads = [
        threading.Thread(target=lambda: waits.extend([pacer.reserve("ads_read", 0) for _ in range(10)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(w // 60) for w in waits) == [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10


def test_what_one_process_learns_the_others_know(tmp_path):
    path, clock = tmp_path / "budget", Clock()
    told = read_headers({"x-ratelimit-limit": "7, 7;w=60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"})
    SharedPacer(path, clock=clock).learn("ads_read", told, 0.0)
    other = SharedPacer(path, clock=clock)
    assert other.reserve("ads_read", 0.0) == pytest.approx(30)
    assert {q.limit for q in other.budget(0.0) if q.category == "ads_read"} == {7}


def test_a_file_that_is_cut_or_changed_anywhere_is_begun_anew(tmp_path):
    """Believed, a changed number could stop everybody for ever, and what is no number at all end a call that was answered."""
    path, clock = tmp_path / "budget", Clock()
    told = read_headers({"x-ratelimit-limit": "7, 7;w=60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"})
    SharedPacer(path, clock=clock).learn("ads_read", told, 0.0)
    whole = path.read_bytes()
    begin = len(b"pinshop budget ")
    damaged = [whole[:at] for at in range(begin, len(whole))]
    damaged += [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(begin, len(whole))]
    damaged += [b"", whole + b"x", b"pinshop budget 1\n" + whole[begin + 2 :]]
    for data in damaged:
        path.write_bytes(data)
        pacer = SharedPacer(path, {"ads_read": (1, 60)}, clock=clock)
        assert pacer.reserve("ads_read", 0.0) == 0
        assert pacer.reserve("ads_read", 0.0) > 60
        assert pacer.trouble is None
        pacer.learn("ads_read", told, 0.0)
    path.write_bytes(whole)
    assert SharedPacer(path, clock=clock).reserve("ads_read", 0.0) == pytest.approx(30)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device"])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "budget"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path(os.devnull)
    else:
        path.symlink_to(os.devnull)
    with pytest.raises(ConfigurationError, match="it is no file"):
        SharedPacer(path)


def test_a_clock_that_was_put_back_blocks_nobody(tmp_path):
    path, clock = tmp_path / "budget", Clock()
    pacer = SharedPacer(path, {"ads_read": (1, 60)}, clock=clock)
    pacer.reserve("ads_read", 0.0)
    clock.now -= 400 * 86400
    assert pacer.reserve("ads_read", 0.0) == 0


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be written"):
        SharedPacer(tmp_path / "no" / "such" / "folder")
