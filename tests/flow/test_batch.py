"""Batches: order, truth and what is kept when something interrupts. The fault matrix is in test_faults.py."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop import AsyncClient, Client
from pinshop.api import endpoints, models, operations
from pinshop.api.http import Reply, Request
from pinshop.api.models import ProductGroupPromotion
from pinshop.emulator import Emulator
from pinshop.errors import Disconnected, Forbidden, InvalidInput, PartialFailure, TimedOut, Unauthorized
from pinshop.flow.batch import ROUNDS
from pinshop.flow.matching import BatchTarget, Job, alike, match
from pinshop.flow.outcomes import BatchResult, Outcome

ACCOUNT, AD_GROUP = "1", "2"


class Server:
    """A Pinterest of one list: creates, updates and lists promotions; ``spoil`` may change any answer."""

    def __init__(self, **options: Any) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        self.events: list[Any] = []
        self.spoil: Any = None
        self.next_id = 5000
        self.client = Client(
            "emulated_x",
            transport=self,
            base_url="http://127.0.0.1:9/v5",
            sleep=self.pauses.append,
            random=lambda: 0.5,
            clock=lambda: 1_790_000_000.0,
            pacing=False,
            on_event=self.events.append,
            **options,
        )

    def add(self, ad_group_id: str, item: dict[str, Any]) -> dict[str, Any]:
        self.next_id += 1
        row = {"status": "ACTIVE", **item, "id": str(self.next_id), "ad_group_id": ad_group_id}
        self.rows[row["id"]] = row
        return row

    def answer(self, request: Request) -> Reply:
        if request.method == "GET":
            wanted = [
                v.partition("=")[2]
                for v in request.target.split("?")[1].split("&")
                if v.startswith("product_group_promotion_ids=")
            ]
            size = int(request.target.split("page_size=")[1].split("&")[0])
            rows = [r for r in reversed(self.rows.values()) if not wanted or r["id"] in wanted][:size]
            return self.reply({"items": rows, "bookmark": None})
        body = json.loads(request.body or b"")
        entries = []
        for item in body["product_group_promotion"]:
            if item.get("catalog_product_group_id") == "404":
                entries.append({"data": None, "exceptions": [{"code": 2, "message": "Product group not found."}]})
            elif request.method == "POST":
                entries.append({"data": self.add(body["ad_group_id"], item), "exceptions": None})
            else:
                self.rows[item["id"]].update(item)
                entries.append({"data": self.rows[item["id"]], "exceptions": []})
        return self.reply({"items": entries})

    @staticmethod
    def reply(value: Any, status: int = 200) -> Reply:
        return Reply(status, {}, json.dumps(value).encode())

    def send(self, request: Request, /) -> Reply:
        self.requests.append(request)
        return self.spoil(request, self.answer) if self.spoil else self.answer(request)

    def close(self) -> None: ...

    def create(self, items: Any, **options: Any) -> BatchResult[ProductGroupPromotion]:
        return self.client.promotions.create(ACCOUNT, AD_GROUP, items, **options)

    def verbs(self) -> str:
        return " ".join(request.method for request in self.requests)


def items(size: int) -> list[Any]:
    return [{"catalog_product_group_id": str(n + 1), "tracking_url": f"https://shop.example/{n}"} for n in range(size)]


def states(result: BatchResult[Any]) -> str:
    return "".join(outcome.state[0] for outcome in result)


# ------------------------------------------------------------------------------------------- results


def test_any_number_of_items_in_requests_of_thirty_in_the_order_given():
    server = Server()
    result = server.create(items(100))
    sent = [len(json.loads(r.body)["product_group_promotion"]) for r in server.requests if r.body]
    assert sent == [30, 30, 30, 10]
    assert [o.entity.catalog_product_group_id for o in result] == [str(n + 1) for n in range(100)]
    assert [o.index for o in result] == list(range(100))
    assert len(result.ok) == 100
    assert result.summary() == "100 created"
    result.raise_if_failed()


def test_a_refused_item_is_told_at_its_place():
    server = Server()
    some = items(40)
    some[7]["catalog_product_group_id"] = some[33]["catalog_product_group_id"] = "404"
    result = server.create(some)
    assert [o.index for o in result.failed] == [7, 33]
    assert (result[7].code, result[7].message, result[7].entity) == (2, "Product group not found.", None)
    assert (len(result.ok), result.unknown) == (38, [])
    with pytest.raises(
        PartialFailure, match=r"38 created, 2 failed; items\[7\] failed \(code 2\): Product group not found."
    ) as caught:
        result.raise_if_failed()
    assert caught.value.result is result


def test_a_result_is_a_sequence():
    result = Server().create(items(3))
    assert (len(result), result[-1].index, [o.index for o in result[:2]]) == (3, 2, [0, 1])
    assert repr(result) == "<BatchResult of product_group_promotions/create: 3 created>"
    assert result[0].id == "5001"


@pytest.mark.parametrize("api_version", operations.API_VERSIONS)
def test_every_generation_of_the_api_is_spoken(api_version):
    """Names, shapes and a list that 5.6 does not have."""
    emulator = Emulator(api_version, now="2026-03-01T12:00:00Z")
    emulator.rules.set("field_names", "api_version")
    with Client(
        emulator.access_token, transport=emulator.transport(), base_url=emulator.base_url, api_version=api_version
    ) as client:
        some: list[Any] = [{"catalog_product_group_id": emulator.catalog_product_group_ids[n % 3]} for n in range(31)]
        some[1] = {"catalogs_product_group_id": "1"}
        result = client.promotions.create(emulator.ad_account_id, emulator.ad_group_id, some)
        assert states(result) == "c" + "f" + "c" * 29
        assert result[0].entity.catalog_product_group_id == some[0]["catalog_product_group_id"]
        changed = client.promotions.update(
            emulator.ad_account_id, emulator.ad_group_id, [{"id": o.id, "status": "PAUSED"} for o in result.ok]
        )
        assert states(changed) == "u" * 30
        assert client.promotions.get(emulator.ad_account_id, result[0].id).status == "PAUSED"
    emulator.close()


# ------------------------------------------------------------------------------------- several groups


def test_ad_groups_go_side_by_side_and_each_in_order():
    server = Server(concurrency=4)
    some = [{**item, "ad_group_id": str(n % 3 + 1)} for n, item in enumerate(items(100))]
    result = server.client.promotions.create(ACCOUNT, None, some)
    assert states(result) == "c" * 100
    assert [o.entity.ad_group_id for o in result] == [str(n % 3 + 1) for n in range(100)]
    for group in ("1", "2", "3"):
        urls = [row["tracking_url"] for row in server.rows.values() if row["ad_group_id"] == group]
        assert urls == [item["tracking_url"] for item in some if item["ad_group_id"] == group]


def test_one_ad_group_that_fails_does_not_stop_the_others():
    server = Server(concurrency=1)

    def spoil(request: Request, answer: Any) -> Reply:
        if request.body and json.loads(request.body)["ad_group_id"] == "2":
            return server.reply({"code": 29, "message": "You are not permitted."}, 403)
        return answer(request)

    server.spoil = spoil
    result = server.client.promotions.create(
        ACCOUNT, None, [{**i, "ad_group_id": str(n % 3 + 1)} for n, i in enumerate(items(9))]
    )
    assert states(result) == "cfc" * 3
    assert result[1].code == 29
    assert "not sent" in result[1].message


@pytest.mark.parametrize(
    ("ad_group_id", "given", "field"),
    [
        (None, [{"catalog_product_group_id": "1"}], "items[0].ad_group_id"),
        ("2", [{"catalog_product_group_id": "1", "ad_group_id": "3"}], "items[0].ad_group_id"),
        ("x", [{"catalog_product_group_id": "1"}], "ad_group_id"),
        ("2", {"catalog_product_group_id": "1"}, "items"),
        ("2", "12", "items"),
        ("2", [{}], "items[0].catalog_product_group_id"),
        ("2", [{"catalog_product_group_id": "1"}, {"catalog_product_group_id": "x"}], "items[1].catalog_product_group_id"),
        ("2", [{"catalog_product_group_id": "1", "satus": "PAUSED"}], "items[0].satus"),
        ("2", [{"catalog_product_group_id": "1", "status": "PAUSD"}], "items[0].status"),
        ("2", [{"catalog_product_group_id": "1", "tracking_url": "x" * 4001}], "items[0].tracking_url"),
        ("2", [{"catalog_product_group_id": "1", "catalogs_product_group_id": "2"}], "items[0].catalogs_product_group_id"),
        ("2", [3], "items[0]"),
    ],
)
def test_bad_input_is_refused_with_its_place_before_anything_is_sent(ad_group_id, given, field):
    server = Server()
    with pytest.raises(InvalidInput) as caught:
        server.client.promotions.create(ACCOUNT, ad_group_id, given)
    assert caught.value.field == field
    assert server.requests == []


def test_an_unset_field_is_not_sent_and_none_is_null():
    server = Server()
    given: Any = {"catalog_product_group_id": 7, "tracking_url": None, "status": models.UNSET, "ad_group_id": "AG2"}
    server.create([given])
    assert json.loads(server.requests[-1].body or b"") == {
        "ad_group_id": "2",
        "product_group_promotion": [{"catalog_product_group_id": "7", "tracking_url": None}],
    }


# ----------------------------------------------------------------------- ambiguous failures, read back


def lost(*numbers: int, error: Any = None, before: bool = False) -> Any:
    """The answers to these writes (from 0) are lost, after (or before) they were done."""
    count = iter(range(1000))

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "GET" or next(count) not in numbers:
            return answer(request)
        if not before:
            answer(request)
        raise error or TimedOut("no answer", sent=True)

    return spoil


def test_what_was_done_is_found_and_not_done_again():
    server = Server()
    server.spoil = lost(0)
    result = server.create(items(5))
    assert states(result) == "ccccc"
    assert len(server.rows) == 5
    assert server.verbs() == "GET POST GET"
    assert [o.entity.tracking_url for o in result] == [i["tracking_url"] for i in items(5)]


def test_what_was_not_done_is_sent_again_after_two_equal_reads():
    server = Server()
    server.spoil = lost(0, before=True)
    assert states(server.create(items(5))) == "ccccc"
    assert server.verbs() == "GET POST GET GET POST"
    assert server.pauses == [2.0, 10.0]


def test_identical_items_are_counted():
    server = Server()
    count = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST" and next(count) == 0:
            server.add(AD_GROUP, {"catalog_product_group_id": "7"})
            server.add(AD_GROUP, {"catalog_product_group_id": "7"})
            raise Disconnected("reset", sent=True)
        return answer(request)

    server.spoil = spoil
    result = server.create([{"catalog_product_group_id": "7"}] * 3)
    assert len({o.id for o in result.ok}) == 3
    assert len(server.rows) == 3


def test_what_was_there_before_is_never_taken_for_ours():
    server = Server()
    for _ in range(3):
        server.add(AD_GROUP, items(1)[0])
    server.spoil = lost(0, before=True)
    result = server.create(items(1))
    assert len(server.rows) == 4
    assert result[0].id == "5004"


def test_what_somebody_else_created_leaves_doubt():
    """A new promotion that matches nothing: ours in other words, or a stranger's? Sending again could double it."""
    server = Server()

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST":
            server.add(AD_GROUP, {"catalog_product_group_id": "1", "tracking_url": "https://normalised.example/"})
            raise TimedOut("no answer", sent=True)
        return answer(request)

    server.spoil = spoil
    result = server.create(items(1))
    assert states(result) == "u"
    assert "match none of the items sent" in result[0].message
    assert "look into the ad group" in result[0].advice
    assert server.verbs().count("POST") == 1


def test_a_copy_that_lags_behind_proves_nothing():
    """The list does not show yet what is known to exist: what it lacks may exist as well, so nothing is sent again."""
    server = Server()
    server.add(AD_GROUP, {"catalog_product_group_id": "9"})
    stale = [5]

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST":
            answer(request)
            raise TimedOut("no answer", sent=True)
        if "page_size=250" in request.target and stale[0]:
            stale[0] -= 1
            return server.reply({"items": [], "bookmark": None})
        return answer(request)

    server.spoil = spoil
    stale[0] = 3
    assert states(server.create(items(4))) == "cccc"
    assert len(server.rows) == 5
    stale[0] = 99
    assert states(server.create([{"catalog_product_group_id": "77"}])) == "u"
    assert len(server.rows) == 6


def test_a_copy_that_lags_behind_is_known_by_what_was_created_before():
    """In a group that was empty, the first request's promotions tell an old copy from a new one."""
    server = Server()
    stale = [3]

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST" and len(server.rows) == 30:
            answer(request)
            raise TimedOut("no answer", sent=True)
        if "page_size=250" in request.target and stale[0]:
            stale[0] -= 1
            return server.reply({"items": [], "bookmark": None})
        return answer(request)

    server.spoil = spoil
    assert states(server.create(items(40))) == "c" * 40
    assert len(server.rows) == 40


def test_a_list_that_cannot_be_read_leaves_it_unknown():
    server = Server()

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST":
            answer(request)
            raise TimedOut("no answer", sent=True)
        return answer(request) if "page_size=1&" in request.target + "&" else server.reply({"code": 3}, 401)

    server.spoil = spoil
    result = server.create(items(2))
    assert states(result) == "uu"
    assert "reading back failed too" in result[0].message


def test_without_a_first_look_nothing_can_be_read_back():
    """A token without ads:read can create; what stays open is then unknown."""
    server = Server()

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "GET":
            return server.reply({"code": 3, "message": "scope"}, 401)
        answer(request)
        raise TimedOut("no answer", sent=True)

    server.spoil = spoil
    assert states(server.create(items(2))) == "uu"
    assert server.verbs() == "GET POST"
    assert any("cannot be read" in str(event) for event in server.events)


def test_reading_back_can_be_left_out():
    server = Server()
    server.spoil = lost(0)
    assert states(server.create(items(2), read_back=False)) == "uu"
    assert server.verbs() == "POST"


@pytest.mark.parametrize("change", ["reversed", "one less", "one more", "empty entry", "neither", "both"])
def test_an_answer_that_does_not_fit_is_not_believed(change):
    server = Server()
    count = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        reply = answer(request)
        if request.method == "GET" or next(count):
            return reply
        entries = json.loads(reply.body)["items"]
        if change == "reversed":
            entries.reverse()
        elif change == "one less":
            entries.pop()
        elif change == "one more":
            entries.append(entries[0])
        elif change == "empty entry":
            entries[1] = {}
        elif change == "neither":
            entries[1] = {"data": None, "exceptions": []}
        else:
            entries[1]["exceptions"] = [{"code": 9, "message": "Created, but."}]
        return server.reply({"items": entries})

    server.spoil = spoil
    result = server.create(items(4))
    assert states(result) == "cccc"
    assert len(server.rows) == 4
    assert [o.entity.tracking_url for o in result] == [i["tracking_url"] for i in items(4)]


def test_what_the_server_stores_in_other_words_is_still_created():
    server = Server()

    def spoil(request: Request, answer: Any) -> Reply:
        reply = answer(request)
        if request.method == "GET":
            return reply
        entries = json.loads(reply.body)["items"]
        for entry in entries:
            entry["data"]["tracking_url"] += "?utm=1"
        return server.reply({"items": entries})

    server.spoil = spoil
    assert states(server.create(items(2))) == "cc"
    assert server.verbs() == "GET POST"


# ------------------------------------------------------------------------------------------- updates


def test_an_update_sends_what_was_given_and_nothing_else():
    server = Server()
    row = server.add(AD_GROUP, items(1)[0])
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": int(row["id"]), "tracking_url": None}])
    assert states(result) == "u"
    assert json.loads(server.requests[0].body or b"")["product_group_promotion"] == [{"id": row["id"], "tracking_url": None}]


def test_an_update_without_an_answer_is_repeated_then_compared():
    server = Server()
    row = server.add(AD_GROUP, items(1)[0])
    server.spoil = lost(*range(99))
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": row["id"], "status": "PAUSED"}])
    assert result[0].state == "updated"
    assert server.verbs() == "PATCH PATCH PATCH PATCH GET"


def test_an_update_that_cannot_be_seen_is_unknown():
    server = Server()
    row = server.add(AD_GROUP, items(1)[0])
    server.spoil = lost(*range(99), before=True)
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": row["id"], "status": "PAUSED"}])
    assert result[0].state == "unknown"
    assert result[0].advice == "sending the same update again is safe"


def test_two_changes_of_one_promotion_have_no_order():
    with pytest.raises(InvalidInput, match=r"items\[1\].id: got '5'.*items\[0\] has it too"):
        Server().client.promotions.update(ACCOUNT, AD_GROUP, [{"id": 5, "status": "PAUSED"}, {"id": "5", "status": "ACTIVE"}])


# --------------------------------------------------------------------------- errors and interruptions


def test_a_wrong_token_is_an_error_not_a_result_to_be_overlooked():
    server = Server()
    server.spoil = lambda *_: server.reply({"code": 2, "message": "Authentication failed."}, 401)
    with pytest.raises(Unauthorized) as caught:
        server.create(items(40))
    assert states(caught.value.result) == "f" * 40  # type: ignore[attr-defined]


def test_a_refusal_in_the_middle_keeps_what_was_done():
    server = Server()
    count = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST" and next(count) == 1:
            return server.reply({"code": 29, "message": "No longer permitted."}, 403)
        return answer(request)

    server.spoil = spoil
    result = server.create(items(70))
    assert states(result) == "c" * 30 + "f" * 40
    assert result[69].code == 29
    assert server.verbs() == "GET POST POST"


def test_a_bad_request_fails_its_items_and_the_rest_goes_on():
    """Pinterest moved some validation of items to HTTP 400: that request was not executed, the next one may be."""
    server = Server()
    count = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST" and next(count) == 0:
            return server.reply({"code": 1, "message": "Invalid tracking_url."}, 400)
        return answer(request)

    server.spoil = spoil
    result = server.create(items(40))
    assert states(result) == "f" * 30 + "c" * 10
    assert (result[0].code, result[0].message) == (1, "Invalid tracking_url.")


@pytest.mark.parametrize("position", range(5))
def test_ctrl_c_keeps_every_outcome_that_was_known(position):
    server = Server()
    count = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        reply = answer(request)
        if next(count) == position:
            raise KeyboardInterrupt
        return reply

    server.spoil = spoil
    with pytest.raises(KeyboardInterrupt) as caught:
        server.create(items(100))
    result = caught.value.result  # type: ignore[attr-defined]
    done = max(0, position - 1) * 30
    under_way = min(30, 100 - done) if position else 0
    assert states(result) == "c" * done + "u" * under_way + "f" * (100 - done - under_way)
    assert not position or result[done].message == "interrupted while it was being sent"


def test_ctrl_c_with_several_ad_groups_stops_all_of_them():
    server = Server(concurrency=3)
    gate = threading.Barrier(3, timeout=10)

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST" and json.loads(request.body or b"")["ad_group_id"] == "1":
            gate.wait()
            raise KeyboardInterrupt
        if request.method == "POST" and gate.n_waiting < 3 and not gate.broken and len(server.rows) == 0:
            gate.wait()
        return answer(request)

    server.spoil = spoil
    some = [{**i, "ad_group_id": str(n % 3 + 1)} for n, i in enumerate(items(300))]
    with pytest.raises(KeyboardInterrupt) as caught:
        server.client.promotions.create(ACCOUNT, None, some)
    result = caught.value.result  # type: ignore[attr-defined]
    count = Counter(row["tracking_url"] for row in server.rows.values())
    assert len(server.rows) < 300
    for outcome, item in zip(result, some, strict=True):
        if outcome.state != "unknown":
            assert count[item["tracking_url"]] == (outcome.state == "created")


def test_cancelling_a_task_keeps_every_outcome_that_was_known():
    server = Server()
    stuck = asyncio.Event()

    class Transport:
        async def send(self, request: Request, /) -> Reply:
            if request.method == "POST" and len(server.rows) == 60:
                stuck.set()
                await asyncio.sleep(60)
            return server.answer(request)

        async def close(self) -> None: ...

    async def run() -> BatchResult[Any]:
        client = AsyncClient("emulated_x", transport=Transport(), base_url="http://127.0.0.1:9/v5")
        known: list[BatchResult[Any]] = []

        async def work() -> None:
            try:
                await client.promotions.create(ACCOUNT, AD_GROUP, items(100))
            except asyncio.CancelledError as stop:
                known.append(stop.result)  # type: ignore[attr-defined]
                raise

        task = asyncio.create_task(work())
        await stuck.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return known[0]

    assert states(asyncio.run(run())) == "c" * 60 + "u" * 30 + "f" * 10


def test_progress_is_told_once_for_every_item():
    server = Server()
    seen: list[Outcome[Any]] = []
    result = server.create(items(65), progress=seen.append)
    assert [o.index for o in seen] == list(range(65))
    assert seen == list(result)


def test_an_error_in_a_callback_loses_nothing():
    server = Server()

    def progress(outcome: Outcome[Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        server.create(items(65), progress=progress)
    assert states(caught.value.result)[:30] == "c" * 30  # type: ignore[attr-defined]


def test_nothing_of_a_call_that_nobody_may_make_is_hidden():
    server = Server()
    server.spoil = lambda *_: server.reply({"code": 29, "message": "You are not permitted to access that resource."}, 403)
    with pytest.raises(Forbidden, match=r"product_group_promotions/create: HTTP 403 \(code 29\)"):
        server.create(items(1))


# ------------------------------------------------------------------------------------------ matching


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", None])), max_size=8), st.randoms(use_true_random=False)
)
def test_whatever_was_stored_is_matched_whole(sent, draw):
    """Items may fit several rows: each that was stored is found, whatever order the rows come in."""
    jobs = []
    rows = []
    for n, (group, url) in enumerate(sent):
        item = {"catalog_product_group_id": group} | ({"tracking_url": url} if url else {})
        jobs.append(Job(index=n, group="g", item=item))
        rows.append(ProductGroupPromotion(id=str(n), catalog_product_group_id=group, tracking_url=url or draw.choice("xyz")))
    draw.shuffle(rows)
    entity_type = BatchTarget(
        operation=endpoints.PROMOTIONS_CREATE, done="created", model=ProductGroupPromotion, write=lambda *_: None
    )  # type: ignore[arg-type,return-value]
    found = match(entity_type, jobs, rows)
    assert len(found) == len(jobs)
    assert len({row.id for row in found.values()}) == len(jobs)
    assert all(alike(entity_type, job, found[job.index]) for job in jobs)


def test_the_bounds_are_bounds():
    assert ROUNDS * endpoints.PROMOTIONS_CREATE.max_items < 1000
    server = Server()
    server.spoil = lost(*range(99), before=True)
    result = server.create(items(1))
    assert states(result) == "f"
    assert server.verbs().count("POST") == ROUNDS
    assert "read back: not created" in result[0].message


# ---------------------------------------------------------------------- arguments handed across a seam


@pytest.mark.parametrize("seconds", [0, 0.5, 7])
def test_the_wait_before_reading_back_is_the_one_that_was_asked_for(seconds):
    server = Server()
    server.spoil = lost(0, before=True)
    server.create(items(2), settle_seconds=seconds)
    assert server.pauses == [seconds, 5 * seconds]
    server.pauses.clear()
    server.spoil = lost(*range(99))
    server.client.with_options(max_attempts=1).promotions.update(
        ACCOUNT, AD_GROUP, [{"id": "5001", "status": "PAUSED"}], settle_seconds=seconds
    )
    assert server.pauses == [seconds]


def updated(change: Any) -> Any:
    """The entries of an update's answer, changed."""

    def spoil(request: Request, answer: Any) -> Reply:
        reply = answer(request)
        if request.method != "PATCH":
            return reply
        entries = json.loads(reply.body)["items"]
        change(entries)
        return Server.reply({"items": entries})

    return spoil


def test_an_updates_answer_in_another_order_is_read_by_its_ids():
    server = Server()
    rows = [server.add(AD_GROUP, item) for item in items(30)]
    server.spoil = updated(lambda entries: entries.insert(3, entries.pop(20)))
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": row["id"], "status": "PAUSED"} for row in rows])
    assert states(result) == "u" * 30
    assert [o.id for o in result] == [row["id"] for row in rows]
    assert server.verbs() == "PATCH"


def test_an_updates_answer_about_others_is_compared_with_what_is_stored():
    server = Server()
    rows = [server.add(AD_GROUP, item) for item in items(3)]
    other = server.add(AD_GROUP, {"catalog_product_group_id": "9"})
    server.spoil = updated(lambda entries: entries.__setitem__(1, {"data": other, "exceptions": []}))
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": row["id"], "status": "PAUSED"} for row in rows])
    assert states(result) == "uuu"
    assert [o.id for o in result] == [row["id"] for row in rows]
    assert server.verbs() == "PATCH GET"


def test_an_updates_answer_that_shows_another_status_is_not_believed():
    server = Server()
    row = server.add(AD_GROUP, items(1)[0])

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "PATCH":  # a cache: nothing is changed
            return server.reply({"items": [{"data": row, "exceptions": []}]})
        return answer(request)

    server.spoil = spoil
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, [{"id": row["id"], "status": "PAUSED"}])
    assert result[0].state == "unknown"


@pytest.mark.parametrize("spelling", ["AG2", "2"])
def test_an_ad_group_under_two_names_is_written_in_order(spelling):
    server = Server(concurrency=4)
    some = [{**item, "ad_group_id": "2" if n % 2 else spelling} for n, item in enumerate(items(8))]
    assert states(server.client.promotions.create(ACCOUNT, None, some)) == "c" * 8
    assert server.verbs() == "GET POST"


def test_a_look_up_that_failed_is_made_up_for():
    """The first look-up is answered 500; the second request is lost, and read back all the same."""
    server = Server()
    looks = iter(range(99))

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "GET" and next(looks) < 4:
            return server.reply({"code": 12, "message": "Something went wrong on our end."}, 500)
        if request.method == "POST" and len(server.rows) == 30:
            answer(request)
            raise TimedOut("no answer", sent=True)
        return answer(request)

    server.spoil = spoil
    assert states(server.create(items(40))) == "c" * 40
    assert len(server.rows) == 40


def test_a_list_in_another_order_than_asked_for_is_no_proof():
    server = Server()

    def spoil(request: Request, answer: Any) -> Reply:
        if request.method == "POST":
            answer(request)
            raise TimedOut("no answer", sent=True)
        return server.reply({"items": list(server.rows.values()), "bookmark": None})

    server.add(AD_GROUP, {"catalog_product_group_id": "8"})
    server.spoil = spoil
    assert states(server.create(items(3))) == "uuu"
    assert len(server.rows) == 4
