"""The models as values: open enums, copies, and the paths under which old code imports them."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import pprint
import sys
from types import SimpleNamespace

import pytest
import urllib3

import pinterest.generated.client as old
from pinterest.generated.client import models
from pinterest.generated.client.exceptions import UnusableAnswer
from pinterest.generated.client.models import (
    CreativeType,
    EntityStatus,
    Error,
    Exceptions,
    Granularity,
    ProductGroupAnalyticsResponse,
    ProductGroupPromotion,
    ProductGroupPromotionArrayElement,
    ProductGroupPromotionArrayResponse,
    ProductGroupPromotionCommon,
    ProductGroupPromotionCreateRequest,
    ProductGroupPromotionUpdateItem,
    dateutil_parser,
)


def received(body: str, kind):
    return old.ApiClient().deserialize(SimpleNamespace(data=body), (kind,))


BATCH = '{"items": [{"data": {"id": "4", "status": "DRAFT"}, "exceptions": [{"code": 2, "message": "no"}]}]}'
VALUES = {
    "enum": EntityStatus("ACTIVE"),
    "built": ProductGroupPromotionCreateRequest("1", [ProductGroupPromotionCommon(status=EntityStatus("PAUSED"), extra=[{}])]),
    "received": received('{"id": "4", "status": "ACTIVE", "creative_type": "REGULAR"}', ProductGroupPromotion),
    "batch": received(BATCH, ProductGroupPromotionArrayResponse),
    "rows": received('[{"DATE": "2021-04-01", "N": 1}]', ProductGroupAnalyticsResponse),
    "page": received('{"items": [{"id": "4"}], "bookmark": null}', models.ProductGroupPromotionListResponse),
    "reasons": Exceptions([models.Exception(code=1, message="x")]),
    "error": Error(1, "x"),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_every_value_can_be_copied_and_pickled(make, value):
    made = make(value)
    assert made == value
    assert type(made) is type(value)
    assert repr(made) == repr(value)


def test_a_copy_is_another():
    value = VALUES["received"]
    for make in (copy.copy, copy.deepcopy):
        made = make(value)
        made.id = "5"
        assert (made.id, value.id) == ("5", "4")
    deep = copy.deepcopy(value)
    deep.status.value = "PAUSED"
    assert value.status == "ACTIVE"
    assert deep.status == "PAUSED"


@pytest.mark.parametrize(
    "error",
    [
        old.ApiException(404, "Gone", None),
        old.NotFoundException(
            http_resp=SimpleNamespace(
                status=404, reason="x", data="b", getheaders=lambda: urllib3.response.HTTPHeaderDict(a="1")
            )
        ),
        UnusableAnswer(200, "empty"),
        old.ApiTypeError("m", ["a", 0], (str,), True),
        old.ApiValueError("m", ["a"]),
        old.ApiAttributeError("m", ["a"]),
        old.ApiKeyError("m", ["a"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_exception_can_be_copied_and_pickled(error):
    for made in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(made) is type(error)
        assert str(made) == str(error)
        assert str(vars(made)) == str(vars(error))


def test_an_enum_is_its_string():
    status = EntityStatus("ACTIVE")
    assert status == "ACTIVE"
    assert "ACTIVE" == status  # noqa: SIM300  (both sides)
    assert status != "PAUSED"
    assert {status: 1}["ACTIVE"] == 1
    assert status in {"ACTIVE", "PAUSED"}
    assert EntityStatus("ACTIVE") != CreativeType("REGULAR")
    assert f"{status} {status!r} {status.to_str()}" == "ACTIVE ACTIVE ACTIVE"
    assert str(EntityStatus._received("NEW")) == "NEW"


def test_an_enum_takes_what_later_versions_have_and_refuses_the_rest():
    assert CreativeType("COLLECTION").value == "COLLECTION"
    assert (Granularity("WEEKLY").value, Granularity("MONTHLY")) == ("WEEK", "MONTH")
    with pytest.raises(old.ApiValueError, match=r"must be one of \['ACTIVE', 'PAUSED', 'ARCHIVED'\]"):
        EntityStatus("active")


def test_a_response_is_a_sequence_and_true():
    response = VALUES["batch"]
    assert len(response) == 1
    assert [element.data.id for element in response] == ["4"]
    assert response[0] is response.value[0] is response["value"][0]
    assert response[-1:] == response.value
    empty = ProductGroupPromotionArrayResponse([])
    assert bool(empty)
    assert len(empty) == 0


def test_what_was_received_converts_on_assignment_and_what_was_built_does_not():
    got = copy.copy(VALUES["received"])
    got.status = "PAUSED"
    assert isinstance(got.status, EntityStatus)
    with pytest.raises(old.ApiValueError):
        got.status = "NOPE"
    with pytest.raises(old.ApiTypeError):
        ProductGroupPromotion().status = "PAUSED"


def test_the_page_s_empty_item_is_empty():
    assert ProductGroupPromotionUpdateItem(None).to_dict() == {}
    with pytest.raises(old.ApiTypeError):
        ProductGroupPromotionUpdateItem(None, None)


def test_pprint_shows_the_fields(capsys):
    pprint.pprint(VALUES["received"])  # noqa: T203  (as the page does)
    assert capsys.readouterr().out == "{'creative_type': 'REGULAR', 'id': '4', 'status': 'ACTIVE'}\n"


def test_models_do_not_hide_python_s_exception():
    scope = {}
    exec("from pinterest.generated.client.models import *\ncaught = Exception", scope)
    assert scope["caught"] is Exception
    assert models.Exception(code=1).code == 1  # by name it is there


def test_every_model_has_its_old_path():
    folder = importlib.import_module("pinterest.generated.client.model")
    found = set()
    for module in pkgutil.iter_modules(folder.__path__):
        name = "".join(part.capitalize() for part in module.name.split("_"))
        found.add(name)
        assert getattr(importlib.import_module(f"{folder.__name__}.{module.name}"), name) is getattr(models, name)
    assert found == set(models.__all__) - {"dateutil_parser", "ProductGroupPromotionListResponse"} | {"Exception"}


def test_an_element_takes_what_is_no_promotion():
    response = received('[5, {"data": "x"}, {"exceptions": "y"}]', ProductGroupPromotionArrayResponse)
    assert response[0] == 5
    assert response[1].data == "x"
    assert response[2].exceptions == "y"
    assert isinstance(response[1], ProductGroupPromotionArrayElement)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1970-01-01", "1970-01-01"),
        ("2023-01-31T05:06:07Z", "2023-01-31"),
        ("01/31/2023", "2023-01-31"),
        ("2023/1/2", "2023-01-02"),
        ("13/01/2023", "2023-01-13"),  # the thirteenth month cannot be: dateutil reads it so too
    ],
)
def test_the_page_s_date_parser_parses_the_page_s_dates(text, day):
    assert dateutil_parser(text).date().isoformat() == day


@pytest.mark.parametrize("text", ["Wednesday", "10.11.12", "13/31/2023", "", "May 2023"])
def test_without_dateutil_it_refuses_what_it_would_have_to_guess(text, monkeypatch):
    monkeypatch.setitem(sys.modules, "dateutil", None)
    monkeypatch.setitem(sys.modules, "dateutil.parser", None)
    with pytest.raises(ValueError, match=r".+"):
        dateutil_parser(text)
