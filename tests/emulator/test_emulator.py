"""The ways in: in-process and over a socket, faults through both, the control routes, what may reach them."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import time
from typing import Any

import msgspec
import pytest

from pinshop.api.http import Request
from pinshop.emulator import Emulator
from pinshop.errors import ConfigurationError, Disconnected, TimedOut

NOW = "2026-03-02T12:00:00Z"
CREATE = "product_group_promotions/create"


@pytest.fixture
def served():
    with Emulator(now=NOW) as emulator:
        yield emulator


def _call(emulator: Emulator, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    host, _, port = emulator.base_url.removeprefix("http://").removesuffix("/v5").rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        connection.request(method, path, content, {"Authorization": f"Bearer {emulator.access_token}", **headers})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def _control(emulator: Emulator, method: str, route: str, body: Any = None, status: int = 200) -> Any:
    got, headers, content = _call(emulator, method, f"/_emulator/{route}", body)
    assert got == status, content
    assert headers["x-emulated"] == "true"
    return json.loads(content)


def _creation(emulator: Emulator, count: int = 1) -> dict[str, Any]:
    item = {"catalog_product_group_id": emulator.catalog_product_group_ids[0]}
    return {"ad_group_id": emulator.ad_group_id, "product_group_promotion": [item] * count}


def _promotions(emulator: Emulator) -> str:
    return f"/v5/ad_accounts/{emulator.ad_account_id}/product_group_promotions"


def _stored(emulator: Emulator) -> int:
    return emulator.world.store.count("promotions")


# ---------------------------------------------------------------------------------------------- the socket


def test_a_server_answers_what_the_transport_answers(served):
    status, headers, body = _call(served, "GET", f"/v5/ad_accounts/{served.ad_account_id}")
    request = Request(
        "GET", "http://x", f"/v5/ad_accounts/{served.ad_account_id}", {"Authorization": f"Bearer {served.access_token}"}
    )
    inside = served.transport().send(request)
    assert (status, body) == (inside.status, inside.body) == (200, asyncio.run(served.async_transport().send(request)).body)
    assert headers["x-emulated"] == inside.headers["x-emulated"] == "true"
    assert headers["pinterest-version"] == "5.28"


def test_long_answers_are_gzipped_where_that_is_accepted(served):
    path = "/v5/resources/delivery_metrics"
    _, plain_headers, plain = _call(served, "GET", path)
    _, headers, packed = _call(served, "GET", path, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain_headers
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2


def test_a_body_of_100_mb_is_read_to_its_end_and_refused(served):
    status, _, body = _call(served, "POST", _promotions(served), b" " * 100_000_000)
    assert (status, json.loads(body)["code"]) == (413, 1)
    assert _call(served, "GET", "/v5/user_account")[0] == 200


def test_half_a_request_hangs_nobody(served):
    host, _, port = served.base_url.removeprefix("http://").removesuffix("/v5").rpartition(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"POST /v5/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        assert _call(served, "GET", "/v5/user_account")[0] == 200
    with socket.create_connection((host, int(port))) as noise:
        noise.sendall(b"\x16\x03\x01\x02\x00garbage\r\n\r\n")
        assert noise.recv(20).startswith(b"HTTP/1.1 400")


def test_a_server_stops_and_leaves_its_port(served):
    host, _, port = served.base_url.removeprefix("http://").removesuffix("/v5").rpartition(":")
    served.stop()
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port))):
        pass
    served.start(port=int(port))
    assert _call(served, "GET", "/v5/user_account")[0] == 200


def test_beyond_loopback_takes_two_words():
    emulator = Emulator(now=NOW)
    for host in ("0.0.0.0", "::", "example.org", "192.168.1.1"):
        with pytest.raises(ConfigurationError, match="beyond_loopback"):
            emulator.start(host)
    emulator.close()


# ----------------------------------------------------------------------------------------------- faults


def _inside(emulator: Emulator, **more: Any) -> Any:
    body = msgspec.json.encode(_creation(emulator, 2))
    headers = {"Authorization": f"Bearer {emulator.access_token}"}
    return emulator.transport().send(Request("POST", "http://x", _promotions(emulator), headers, body, **more))


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        ({"drop": True}, Disconnected, 0),
        ({"drop": True, "after_commit": True}, Disconnected, 2),
        ({"hang": True}, TimedOut, 0),
        ({"hang": True, "after_commit": True}, TimedOut, 2),
        ({"truncate": 20}, Disconnected, 2),
        ({"latency_seconds": 90}, TimedOut, 2),
    ],
)
def test_faults_that_break_the_connection_inside(fault, error, stored):
    emulator = Emulator(now=NOW)
    emulator.fail(CREATE, **fault)
    with pytest.raises(error) as caught:
        _inside(emulator)
    assert caught.value.sent
    assert _stored(emulator) == stored
    assert _inside(emulator).status == 200  # once, and no more
    emulator.close()


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        ({"drop": True}, (http.client.RemoteDisconnected, ConnectionResetError), 0),
        ({"drop": True, "after_commit": True}, (http.client.RemoteDisconnected, ConnectionResetError), 2),
        ({"truncate": 20}, (http.client.IncompleteRead, ConnectionResetError), 2),
    ],
)
def test_faults_that_break_the_connection_on_a_socket(served, fault, error, stored):
    served.fail(CREATE, **fault)
    with pytest.raises(error):
        _call(served, "POST", _promotions(served), _creation(served, 2))
    assert _stored(served) == stored
    assert _call(served, "POST", _promotions(served), _creation(served))[0] == 200


def test_a_server_that_never_answers_holds_nobody_else_up(served):
    served.fail(CREATE, hang=True, after_commit=True)
    host, _, port = served.base_url.removeprefix("http://").removesuffix("/v5").rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=0.2)
    connection.request(
        "POST", _promotions(served), json.dumps(_creation(served)), {"Authorization": f"Bearer {served.access_token}"}
    )
    with pytest.raises(TimeoutError):
        connection.getresponse()
    assert _call(served, "GET", "/v5/user_account")[0] == 200
    connection.close()
    assert _stored(served) == 1


def test_errors_before_and_after_the_write():
    emulator = Emulator(now=NOW)
    emulator.fail(CREATE, status=503)
    emulator.fail(CREATE, status=500, after_commit=True, times=2)
    emulator.fail(CREATE, status=502, body="<html>Bad Gateway</html>", headers={"content-type": "text/html"})
    seen = []
    for _ in range(5):
        reply = _inside(emulator)
        seen.append((reply.status, _stored(emulator)))
    assert seen == [(503, 0), (500, 2), (500, 4), (502, 4), (200, 6)]
    emulator.close()


def test_chosen_items_of_a_batch_fail():
    emulator = Emulator(now=NOW)
    emulator.fail(CREATE, item=1, code=2787, message="Sorry!")
    answer = msgspec.json.decode(_inside(emulator).body)
    assert [bool(entry.get("data")) for entry in answer["items"]] == [True, False]
    assert answer["items"][1]["exceptions"] == [{"code": 2787, "message": "Sorry!"}]
    assert _stored(emulator) == 1
    emulator.close()


def test_latency_passes_by_the_callers_clock():
    emulator, slept = Emulator(now=NOW), []
    emulator.fail(latency_seconds=3)
    headers = {"Authorization": f"Bearer {emulator.access_token}"}
    assert emulator.transport(slept.append).send(Request("GET", "http://x", "/v5/user_account", headers)).status == 200
    assert slept == [3]
    emulator.close()


def test_chance_repeats_with_the_seed():
    def run(seed):
        emulator = Emulator(seed=seed, now=NOW)
        emulator.fail(status=500, probability=0.5)
        statuses = [_inside(emulator).status for _ in range(30)]
        emulator.close()
        return statuses

    assert run(1) == run(1) != run(2)
    assert 5 < run(1).count(500) < 25


def test_faults_are_listed_and_removed():
    emulator = Emulator(now=NOW)
    first, second = emulator.fail(status=500, times=None), emulator.fail(CREATE, drop=True)
    assert [fault.id for fault in emulator.faults] == [first.id, second.id]
    emulator.stop_failing(first)
    assert emulator.faults == [second]
    emulator.stop_failing()
    assert _inside(emulator).status == 200
    emulator.close()


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"operation": "nope", "drop": True},
        {"dropp": True},
        {"status": 99},
        {"status": "x"},
        {"times": 0, "drop": True},
        {"probability": 2, "drop": True},
        {"latency_seconds": -1},
        {"code": 3},
    ],
)
def test_a_fault_that_cannot_be(fault):
    emulator = Emulator(now=NOW)
    with pytest.raises(ConfigurationError, match="fault"):
        emulator.fail(**fault)
    emulator.close()


# ------------------------------------------------------------------------------------------------ control


def test_the_clock_by_route(served):
    assert _control(served, "GET", "clock") == {"now": "2026-03-02T12:00:00+00:00", "frozen": True}
    moved = _control(served, "POST", "clock", {"advance": {"days": 1, "hours": 2}})
    assert moved["now"] == "2026-03-03T14:00:00+00:00"
    assert _control(served, "POST", "clock", {"set": "2026-01-01"})["now"] == "2026-01-01T00:00:00+00:00"
    assert _control(served, "POST", "clock", {"freeze": "2026-01-02T00:00:00Z", "run": True})["frozen"] is False
    for wrong in ({}, {"jump": 1}, {"advance": {"years": 1}}, {"advance": {"days": -1}}, {"set": "soon"}, {"set": 5}):
        assert "error" in _control(served, "POST", "clock", wrong, status=400)


def test_snapshots_and_reset_by_route(served):
    _call(served, "POST", _promotions(served), _creation(served, 3))
    assert _control(served, "POST", "snapshots/three") == {"snapshots": ["three"]}
    _call(served, "POST", _promotions(served), _creation(served, 2))
    _control(served, "POST", "restore/three")
    assert _stored(served) == 3
    assert _control(served, "POST", "reset")["ad_account_id"] == served.ad_account_id
    assert _stored(served) == 0
    assert "no snapshot" in _control(served, "POST", "restore/nope", status=400)["error"]


def test_faults_limits_and_rules_by_route(served):
    made = _control(served, "POST", "faults", {"operation": CREATE, "status": 503, "times": None}, status=201)
    assert _call(served, "POST", _promotions(served), _creation(served))[0] == 503
    assert [fault["id"] for fault in _control(served, "GET", "faults")["faults"]] == [made["id"]]
    assert _control(served, "DELETE", f"faults/{made['id']}") == {"faults": []}
    _control(served, "DELETE", f"faults/{made['id']}", status=404)
    _control(served, "POST", "faults", {"operation": "nope"}, status=400)
    _control(served, "POST", "rate-limits", {"custom": {"categories": {"org_read": [1, 60]}}})
    assert [_call(served, "GET", "/v5/user_account")[0] for _ in range(2)] == [200, 429]
    assert _control(served, "POST", "rate-limits", {"profile": "none"})["profile"] == "none"
    _control(served, "PATCH", "rules", {"default_promotion_status": "PAUSED"})
    created = json.loads(_call(served, "POST", _promotions(served), _creation(served))[2])
    assert created["items"][0]["data"]["status"] == "PAUSED"
    rules = {rule["name"]: rule["value"] for rule in _control(served, "GET", "rules")["rules"]}
    assert rules["default_promotion_status"] == "PAUSED"
    _control(served, "PATCH", "rules", {"nope": 1}, status=400)


def test_the_journal_by_route(served):
    _call(served, "POST", _promotions(served), _creation(served))
    _call(served, "GET", "/v5/user_account")
    journal = _control(served, "GET", f"journal?operation={CREATE}")
    assert (journal["count"], journal["calls"][0]["status"]) == (1, 200)
    assert len(_control(served, "GET", "journal?last=1")["calls"]) == 1
    assert served.access_token not in json.dumps(_control(served, "GET", "journal"))
    assert _control(served, "DELETE", "journal") == {"count": 0, "calls": []}


def test_tokens_users_and_state_by_route(served):
    token = _control(served, "POST", "tokens", {"scopes": ["ads:read"]}, status=201)["access_token"]
    assert _call(served, "GET", "/v5/user_account", Authorization=f"Bearer {token}")[0] == 401
    assert _control(served, "POST", "revoke", {"token": token}) == {"revoked": True}
    assert _control(served, "POST", "users", {"username": "ann", "role": "ANALYST"}, status=201)["user_id"]
    _control(served, "POST", "users", {"username": "bob", "role": "KING"}, status=400)
    exported = _call(served, "GET", "/_emulator/export")[2].decode()
    _call(served, "POST", _promotions(served), _creation(served))
    _control(served, "POST", "import", {"yaml": exported})
    assert _stored(served) == 0
    assert _call(served, "GET", "/_emulator/export")[2].decode() == exported
    assert len(_control(served, "POST", "scale", {"ad_accounts": 2, "promotions_each": 3}, status=201)["ad_account_ids"]) == 2


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_control_routes_take_json_objects(served, body):
    assert _call(served, "POST", "/_emulator/clock", body)[0] == 400
    assert _call(served, "GET", "/_emulator/nope")[0] == 404


def test_other_web_pages_reach_no_lever(served):
    _call(served, "POST", _promotions(served), _creation(served))
    assert _call(served, "POST", "/_emulator/reset", Origin="https://evil.example")[0] == 403
    assert _stored(served) == 1


def test_a_fork_goes_its_own_way():
    emulator = Emulator(now=NOW)
    _inside(emulator)
    twin = emulator.fork()
    assert _stored(twin) == 2
    _inside(twin)
    assert (_stored(emulator), _stored(twin)) == (2, 4)
    emulator.close()
    twin.close()


def test_a_start_and_a_reset_are_quick():
    begin = time.process_time()
    emulator = Emulator(now=NOW)
    _inside(emulator)
    assert time.process_time() - begin < 0.5
    best = 1.0
    for _ in range(5):
        begin = time.process_time()
        emulator.reset()
        best = min(best, time.process_time() - begin)
    assert best < 0.005
    emulator.close()
