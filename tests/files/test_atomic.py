"""Files are replaced whole or not at all; links stay, and what is no file is written to."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pinshop.files.atomic import replace_file, replacing


def write(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(data)


@pytest.mark.parametrize("act", [replace_file, write])
def test_a_link_stays_and_what_it_leads_to_is_replaced(act, tmp_path):
    real, link = tmp_path / "real", tmp_path / "folder" / "link"
    real.write_bytes(b"old")
    link.parent.mkdir()
    link.symlink_to("../real")
    act(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "real"]
    assert [one.name for one in link.parent.iterdir()] == ["link"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
@pytest.mark.parametrize("act", [replace_file, write])
def test_a_pipe_is_written_to_and_stays_a_pipe(act, tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    act(pipe, b"new")
    reader.join(10)
    assert read == [b"new"]
    assert pipe.is_fifo()
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_what_ends_with_an_error_replaces_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fails(where: Path) -> None:
        with replacing(where) as part:
            part.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails(path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    with pytest.raises(OSError, match="name too long"):
        fails(tmp_path / ("x" * 300))


@pytest.mark.parametrize("act", [replace_file, write])
def test_an_error_names_what_was_given_and_no_name_beside_it(act, tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    (tmp_path / "file").write_bytes(b"")
    for where in (path, tmp_path / "file" / "below"):
        with pytest.raises(OSError, match=r"\w") as failed:
            act(where, b"new")
        assert failed.value.filename in (str(where), str(where.parent))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]
