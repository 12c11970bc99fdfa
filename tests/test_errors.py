"""Errors tell what happened and what to do, survive pickling, and never tell a secret."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from pinshop import errors
from pinshop.plans.nodes import Problem


def family() -> list[type[errors.PinshopError]]:
    found, todo = [], [errors.PinshopError]
    while todo:
        found.append(kind := todo.pop())
        todo += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == "pinshop.errors"]


def example(kind: type[errors.PinshopError]) -> errors.PinshopError:
    facts = {"operation": "ad_accounts/get", "advice": "try again", "attempts": 2, "request_id": "42"}
    if issubclass(kind, errors.ManifestError):
        return kind([Problem("spring.yaml", 3, 5, "ad_groups[0].promotions[1].status", "ACTVE", "one of ACTIVE, PAUSED")])
    if issubclass(kind, errors.StalePlan | errors.GuardRefused):
        return kind("plan 0123456789ab is not applied", ["a reason"], **facts)
    if issubclass(kind, errors.InvalidInput):
        return kind("items[3].tracking_url", "x" * 5000, "at most 4,000 characters", operation="ad_accounts/get")
    if issubclass(kind, errors.APIError):
        return kind("no such account", status=404, code=29, server_message="Gone.", body=b"{}", headers={"a": "b"}, **facts)
    if issubclass(kind, errors.BadReply):
        return kind("not JSON", status=502, body=b"<html>", headers={"a": "b"}, **facts)
    if issubclass(kind, errors.PartialFailure):
        return kind("1 of 2 failed", ["a result"], **facts)
    if issubclass(kind, errors.ReportUnavailable):
        return kind("the report is EXPIRED", state="a state", token="t", **facts)
    return kind("it broke", sent=True, **facts)


@pytest.mark.parametrize("kind", family(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "copied", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
)
def test_every_error_survives_copying(kind, copied):
    error = example(kind)
    error.add_note("seen in batch 7")
    twin = copied(error)
    assert type(twin) is kind
    assert str(twin) == str(error)
    assert twin.__dict__ == error.__dict__


def test_the_drawn_tree_is_the_real_one():
    for kind in family():
        assert kind.__name__ in errors.__doc__, f"{kind.__name__} is not in the tree of the module docstring"


def test_the_message_tells_operation_cause_advice_and_request():
    error = errors.NotFound(
        "404, code 50: no such promotion",
        status=404,
        operation="product_group_promotions/get",
        advice="check the id",
        request_id="4053",
    )
    assert str(error) == ("product_group_promotions/get: 404, code 50: no such promotion — check the id (request id 4053)")


def test_a_bare_message_is_a_bare_message():
    assert str(errors.ConfigurationError("no access token")) == "no access token"


def test_a_long_value_is_cut_in_the_message_and_whole_in_the_attribute():
    error = errors.InvalidInput("tracking_url", "x" * 5000, "at most 4,000 characters")
    assert len(str(error)) < 250
    assert "5002 characters" in str(error)
    assert len(error.given) == 5000


def test_python_s_own_families_are_kept():
    assert isinstance(errors.InvalidInput("a", 1, "2"), ValueError)
    assert isinstance(errors.TimedOut("late"), TimeoutError)
    assert not isinstance(errors.Disconnected("gone"), TimeoutError)


def test_sent_tells_whether_pinterest_may_have_executed_it():
    assert errors.ConnectError("refused").sent is False
    assert errors.InvalidInput("a", 1, "2").sent is False
    assert errors.ServerError("500", status=500).sent is True
    assert errors.BadReply("cut short").sent is True
    assert errors.PartialFailure("1 of 2 failed", []).sent is True


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (418, errors.BadRequest),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (502, errors.ServerError),
        (599, errors.ServerError),
        (302, errors.BadRequest),
    ],
)
def test_each_status_has_its_class(status, kind):
    assert errors.class_for_status(status) is kind


def test_advice_is_the_most_specific_there_is():
    assert "archive the promotions" in errors.advice_for(409, 4176)
    assert errors.advice_for(401, 3, ("ads:write",)) == "the token needs the scope ads:write"
    assert "check the id" in errors.advice_for(404, 999)
    assert "try again later" in errors.advice_for(503, None)
    assert errors.advice_for(418, None) is None


def test_a_body_in_an_error_is_bounded():
    assert len(errors.BadReply("too long", body=b"x" * 1_000_000).body) == 2000


SECRET = "emulated_secret_0123456789"


@pytest.mark.parametrize("kind", [k for k in family() if issubclass(k, errors.APIError | errors.BadReply)])
def test_headers_and_bodies_are_attributes_and_never_words(kind):
    # A proxy may echo the request's headers in its answer: what it echoes must not reach a log by way of str or repr.
    error = kind("refused", status=400, body=SECRET.encode(), headers={"echo": f"Bearer {SECRET}"})
    text = str(error) + repr(error) + "".join(traceback.format_exception(error))
    assert SECRET not in text
