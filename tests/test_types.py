"""Every name a user annotates with stands in `pinshop.types`, loaded when it is used."""

from __future__ import annotations

import subprocess
import sys

import pinshop
from pinshop import types
from pinshop.api import models, params

FUNCTIONS = {
    "batch_item",
    "convert",
    "decode",
    "decode_batch",
    "decode_bulk",
    "decode_entity",
    "decode_page",
    "decode_report",
    "decode_rows",
    "encode",
    "parse",
}


def test_every_name_is_there() -> None:
    for name in types.__all__:
        assert getattr(types, name) is not None, name
    assert set(types.__all__) <= set(dir(types))
    assert not hasattr(types, "Nothing")
    assert pinshop.types is types


def test_no_model_no_input_and_no_result_is_missing() -> None:
    wanted = {*models.__all__, *params.__all__} - FUNCTIONS - {"check", "check_items", "decoder_of"}
    wanted |= {"BatchResult", "Outcome", "Rows", "Response", "Listing", "AsyncListing", "Estimate", "PromotionUpdate", "Column"}
    assert wanted <= set(types.__all__)


def test_a_name_is_the_one_that_stands_elsewhere() -> None:
    from pinshop.api import columns
    from pinshop.flow import outcomes

    assert types.Campaign is models.Campaign
    assert types.CampaignUpdate is params.CampaignUpdate
    assert types.ColumnKind is columns.Kind
    assert types.OutcomeState is outcomes.State
    assert types.Id is params.check_items.__globals__["checks"].Id


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = "import sys, pinshop.types; print([m for m in sys.modules if m.startswith('pinshop.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(eval(done.stdout)) <= {"pinshop.types", "pinshop.version"}
