"""Output goes into files of any encoding."""

from __future__ import annotations

import io
import json
import sys

import pytest

from pinshop.cli import write_what_cannot_be_encoded

TEXT = "Łódź – Café 😀"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "utf-8"])
def test_what_an_encoding_lacks_is_written_as_in_json(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    write_what_cannot_be_encoded()
    print(json.dumps({"name": TEXT}, ensure_ascii=False))
    sys.stdout.flush()
    assert json.loads(raw.getvalue().decode(encoding)) == {"name": TEXT}
