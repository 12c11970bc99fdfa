"""The codes are those that Pinterest's descriptions declare."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pinshop.api import codes

DESCRIPTIONS = Path(os.environ.get("PINSHOP_SHARED", "../shared")) / "pinterest-api" / "openapi"


@pytest.mark.parametrize("api_version", ["5.6", "5.14", "5.23"])
def test_codes_are_those_of_the_descriptions(api_version: str) -> None:
    path = DESCRIPTIONS / f"{api_version}.0.json"
    if not path.exists():
        pytest.skip("Pinterest's descriptions are not here: set PINSHOP_SHARED")
    schemas = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    for kind, name in (("country", "Country"), ("currency", "Currency"), ("locale", "CatalogsLocale")):
        if name in schemas:
            assert codes.known(kind, api_version) == set(schemas[name]["enum"]), kind


def test_codes_that_came_later_are_unknown_before() -> None:
    assert "INR" in codes.known("currency", "5.28") - codes.known("currency", "5.6")
    assert "CN" in codes.known("country", "5.28") - codes.known("country", "5.6")
