"""``client.send`` reaches what has no method: signed, paced and retried like everything else."""

from __future__ import annotations

import json

import pytest

from mock_transport import TOKEN, Script, answer, both
from pinshop import Disconnected, InvalidInput, NotFound
from pinshop.api import endpoints, operations
from pinshop.api.operations import raw

LIMITED = answer({"code": 8, "message": "This request exceeded a rate limit."}, 429, x_ratelimit_reset="3")
LOST = Disconnected("the connection broke", sent=True)


def test_it_is_signed_and_gives_plain_values() -> None:
    value, script = both(
        lambda: Script(answer({"items": [1], "bookmark": None})),
        lambda c: c.send(raw("GET", "/boards", query={"page_size": "1", "ad_account_id": "5"})),
    )
    assert value == {"items": [1], "bookmark": None}
    [request] = script.requests
    assert request.target == "/v5/boards?page_size=1&ad_account_id=5"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_body_is_sent_as_json() -> None:
    _, script = both(lambda: Script(answer({"id": "1"}, 201)), lambda c: c.send(raw("POST", "/boards", body={"name": "é"})))
    assert json.loads(script.requests[0].body or b"") == {"name": "é"}
    assert script.requests[0].headers["Content-Type"] == "application/json"


def test_it_waits_when_it_is_told_to() -> None:
    _, script = both(lambda: Script(LIMITED, answer({})), lambda c: c.send(raw("POST", "/boards", body={})))
    assert len(script.requests) == 2
    assert 3 <= sum(script.pauses) < 5


def test_it_is_paced_by_its_category() -> None:
    limit = {"x_ratelimit_limit": "2, 2;w=60", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "60"}
    script = Script(answer({}, **limit), answer({}))

    def twice(client):
        client.send(raw("GET", "/boards", category="catalogs_read"))
        return client.send(raw("GET", "/boards", category="catalogs_read"))

    script.sync(twice)
    assert sum(script.pauses) >= 59


def test_only_a_get_is_repeated_after_an_ambiguous_failure() -> None:
    _, script = both(lambda: Script(LOST, answer({})), lambda c: c.send(raw("GET", "/boards")))
    assert len(script.requests) == 2
    with pytest.raises(Disconnected) as caught:
        both(lambda: Script(LOST), lambda c: c.send(raw("PATCH", "/boards/1", body={})))
    assert caught.value.operation == "PATCH /boards/1"
    both(lambda: Script(LOST, answer({})), lambda c: c.send(raw("PATCH", "/boards/1", body={}, idempotent=True)))


def test_respond_tells_all_about_the_exchange() -> None:
    script = Script(LIMITED, answer(None, 204))
    response = script.sync(lambda c: c.respond(raw("DELETE", "/boards/1")))
    assert (response.value, response.status, response.attempts, response.request_id) == (None, 204, 2, "77")
    assert response.waited_seconds == pytest.approx(sum(script.pauses))


def test_an_error_carries_the_path() -> None:
    with pytest.raises(NotFound, match="GET /boards/1: HTTP 404"):
        both(
            lambda: Script(answer({"code": 40, "message": "Board not found."}, 404)), lambda c: c.send(raw("GET", "/boards/1"))
        )


@pytest.mark.parametrize(
    "path", ["boards", "https://elsewhere.example/", "/a b", "/a?b=c", "/a#b", "/../oauth", "/é", "/a\r\nb", "/a\\b"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        raw("GET", path)


def test_a_row_that_exists_takes_fields_that_pinshop_does_not_know() -> None:
    call = operations.build(endpoints.CATALOG_PRODUCT_GROUPS_UPDATE, {"product_group_id": 1}, body={"something_new": True})
    _, script = both(lambda: Script(answer({"id": "1"})), lambda c: c.send(call))
    assert json.loads(script.requests[0].body or b"") == {"something_new": True}
