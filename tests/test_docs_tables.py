"""Tables of the docs say all that the code knows: errors, environment variables, events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from pinshop import errors
from pinshop.credentials import environment
from pinshop.flow import events

DOCS = Path(__file__).resolve().parent.parent / "docs"


def first_cells(page: str) -> list[list[str]]:
    """The code words in the first two cells of every row of a page's tables."""
    rows = re.findall(r"^\|([^|\n]*)\|([^|\n]*)\|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    return [re.findall(r"`([^`]+)`", first + second) for first, second in rows]


def test_every_error_is_explained_once():
    kinds = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.PinshopError)]
    told = [words[0] for words in first_cells("errors.md") if words]
    assert sorted(told) == sorted(kinds)


def test_every_environment_variable_is_listed_with_its_aliases():
    told = [tuple(words) for words in first_cells("authentication.md") if words and words[0].startswith("PIN")]
    assert sorted(told) == sorted(environment.NAMES.values())


@pytest.mark.parametrize("kind", get_args(events.Event), ids=lambda kind: kind.__name__)
def test_every_event_is_listed_with_its_fields(kind):
    [row] = re.findall(rf"^\| `{kind.__name__}` \|[^|]*\|(.*)\|$", (DOCS / "observability.md").read_text("utf-8"), re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", row)) == kind.__struct_fields__
