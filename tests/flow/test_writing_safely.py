"""The sentences of docs/writing-safely.md: each is a test of this name, against a server as bad as the sentence says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pinshop import Client
from pinshop.api.http import Reply, Request
from pinshop.errors import (
    BadReply,
    ConfigurationError,
    ConnectError,
    Disconnected,
    Forbidden,
    InvalidInput,
    TimedOut,
    Unauthorized,
)
from pinshop.files.batch_journal import JournalFile

ACCOUNT, AD_GROUP = "1", "2"
PAGE = Path(__file__).parents[2] / "docs" / "writing-safely.md"
TOKEN = "pina_" + "AbC123" * 20  # 125 characters, as Pinterest's have

Spoil = Callable[["Server", Request, int], "Reply | None"]


class Server:
    """One ad group, in virtual time: what is created shows in the list ``lag`` seconds later.

    ``spoil(server, request, number of the POST)`` may answer instead; ``execute`` is what it does.
    """

    def __init__(self, spoil: Spoil = lambda *_: None, **options: Any) -> None:
        self.now = 1_790_000_000.0
        self.lag = 0.0
        self.rows: dict[str, tuple[float, dict[str, Any]]] = {}
        self.later: list[tuple[float, Request]] = []
        self.requests: list[Request] = []
        self.events: list[Any] = []
        self.next_id = 5000
        self.posts = 0
        self.spoil = spoil
        self.client = self.new_client(**options)

    def new_client(self, **options: Any) -> Client:
        return Client(
            TOKEN,
            transport=self,
            base_url="http://127.0.0.1:9/v5",
            sleep=self.sleep,
            random=lambda: 0.5,
            pacing=False,
            clock=lambda: self.now,
            on_event=self.events.append,
            **options,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def close(self) -> None: ...

    def send(self, request: Request, /) -> Reply:
        self.requests.append(request)
        for at, late in [entry for entry in self.later if entry[0] <= self.now]:
            self.later.remove((at, late))
            self.execute(late)
        if request.method == "GET":
            return self.spoil(self, request, -1) or self.list(request)
        self.posts += request.method == "POST"
        return self.spoil(self, request, self.posts - 1) or self.execute(request)

    def add(self, item: dict[str, Any], ad_group_id: str = AD_GROUP) -> dict[str, Any]:
        self.next_id += 1
        row = {"status": "ACTIVE", **item, "id": str(self.next_id), "ad_group_id": ad_group_id}
        self.rows[row["id"]] = (self.now, row)
        return row

    def execute(self, request: Request) -> Reply:
        body = json.loads(request.body or b"")
        if request.method == "PATCH":
            for item in body["product_group_promotion"]:
                self.rows[item["id"]][1].update(item)
            entries = [{"data": self.rows[i["id"]][1], "exceptions": []} for i in body["product_group_promotion"]]
        else:
            entries = [{"data": self.add(i, body["ad_group_id"]), "exceptions": None} for i in body["product_group_promotion"]]
        return reply({"items": entries})

    def list(self, request: Request) -> Reply:
        wanted = re.findall(r"product_group_promotion_ids=(\w+)", request.target)
        size = int(re.findall(r"page_size=(\d+)", request.target)[0])
        shown = [row for at, row in reversed(self.rows.values()) if at + self.lag <= self.now]
        return reply({"items": [row for row in shown if not wanted or row["id"] in wanted][:size], "bookmark": None})

    def create(self, size: int = 3, **options: Any) -> Any:
        return self.client.promotions.create(ACCOUNT, AD_GROUP, items(size), **options)

    def stored(self) -> Counter[str]:
        return Counter(row.get("tracking_url") for _, row in self.rows.values())

    def check(self, result: Any, size: int = 3, summary: str | None = None) -> None:
        """Every item is stored once, and reported as what it is."""
        assert result.summary() == (summary or f"{size} created")
        assert self.stored() == Counter(item["tracking_url"] for item in items(size))
        for outcome in result.ok:
            assert self.rows[outcome.id][1]["tracking_url"] == outcome.given["tracking_url"]
            assert outcome.entity.catalog_product_group_id == outcome.given["catalog_product_group_id"]


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def items(size: int) -> list[Any]:
    return [{"catalog_product_group_id": str(n + 1), "tracking_url": f"https://shop.example/{n}"} for n in range(size)]


def sentences() -> list[str]:
    text = PAGE.read_text("utf-8")
    held = text[text.index("## What is held") : text.index("## When you interrupt it")]
    return re.findall(r"^- (.*?)\.$", held, re.MULTILINE)


def test_every_sentence_has_its_test():
    names = ["test_" + re.sub(r"[^a-z0-9]+", "_", sentence.lower()) for sentence in sentences()]
    assert len(names) > 20
    assert [name for name in names if name not in globals()] == []


def lost_after_execution(server: Server, request: Request, number: int) -> Reply | None:
    if number == 0:
        server.execute(request)
        raise TimedOut("no answer", sent=True)
    return None


def answered(change: Callable[[list[Any]], Any]) -> Spoil:
    """The first create is executed; its answer's entries are changed."""

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number != 0:
            return None
        entries = json.loads(server.execute(request).body)["items"]
        return reply({"items": change(entries) or entries})

    return spoil


# --------------------------------------------------------------------------------------------- held


@pytest.mark.parametrize("lag", [0, 1, 2, 5, 9.9, 10])
def test_a_list_that_lags_up_to_10_s_is_waited_for(lag):
    server = Server(lost_after_execution)
    server.lag = lag
    server.check(server.create())


@pytest.mark.parametrize("late", [0.5, 2, 5, 9.9, 10])
def test_a_server_that_executes_up_to_10_s_late_is_waited_for(late):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            server.later.append((server.now + late, request))
            raise Disconnected("reset", sent=True)
        return None

    server = Server(spoil)
    server.check(server.create())


PAGES = [
    b"<html><h1>Gateway</h1></html>",
    b"",
    b"Request Timeout",
    b'{"message": "Forbidden"}',
    b'{"code": "x"}',
    b"[]",
    b"null",
]


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425, 451, 499])
def test_a_gateway_page_with_any_4xx_status_is_read_back(status, page, executed):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number != 0:
            return None
        if executed:
            server.execute(request)
        return reply(page, status)

    server = Server(spoil)
    server.check(server.create())
    assert server.posts == (1 if executed else 2)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, 12, "Something went wrong on our end. Sorry about that."),
        (400, 2787, "Sorry! Something went wrong on our end."),
        (400, 1, "SOMETHING WENT WRONG ON OUR END"),
        (403, 12, ""),
        (404, 2787, ""),
        (409, 12, ""),
        (422, 2787, "no"),
        (429, 12, "Something went wrong on our end."),
        (500, 12, "Sorry"),
        (503, 4197, "ramped down"),
    ],
)
def test_a_refusal_that_says_the_fault_is_pinterest_s_own_is_read_back(status, code, words, executed):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number != 0:
            return None
        if executed:
            server.execute(request)
        return reply({"code": code, "message": words}, status)

    server = Server(spoil)
    server.check(server.create())
    assert server.posts == (1 if executed else 2)


@pytest.mark.parametrize(
    "warning", [{"code": 9, "message": "Created, but."}, {"message": {"text": "x"}}, {"code": [1]}, "text"]
)
def test_a_create_whose_answer_names_a_new_id_beside_a_warning_is_created(warning):
    def warned(entries: list[Any]) -> None:
        for entry in entries:
            entry["exceptions"] = [warning]

    server = Server(answered(warned))
    server.check(server.create())
    assert server.posts == 1


@pytest.mark.parametrize("swap", [(0, 1), (3, 17), (28, 29)])
def test_an_answer_in_another_order_is_put_in_order_by_its_content(swap):
    def swapped(entries: list[Any]) -> None:
        one, other = swap
        entries[one], entries[other] = entries[other], entries[one]

    server = Server(answered(swapped))
    server.check(server.create(30), 30)
    assert server.posts == 1


def test_an_answer_that_belongs_to_another_request_is_not_believed():
    first: list[Reply] = []

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            first.append(server.execute(request))
        return first[0] if number in (0, 1) else None  # a cache: chunk 2 gets the answer of chunk 1

    server = Server(spoil)
    server.check(server.create(60), 60)


def test_an_answer_with_one_id_for_two_items_is_not_believed():
    def doubled(entries: list[Any]) -> None:
        entries[1]["data"] = {**entries[1]["data"], "id": entries[0]["data"]["id"]}

    server = Server(answered(doubled))
    server.check(server.create())


def test_an_answer_with_ids_that_are_not_new_is_not_believed():
    """Last week's answer, from a proxy: those promotions exist, and are not ours."""

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        return reply({"items": [{"data": row, "exceptions": None} for row in old]}) if number == 0 else None

    server = Server(spoil)
    old = [server.add({**item, "tracking_url": f"https://old.example/{n}"}) for n, item in enumerate(items(3))]
    result = server.create()
    assert not result.ok or {o.id for o in result.ok}.isdisjoint(row["id"] for row in old)
    assert max(server.stored().values()) == 1


def test_an_answer_about_another_product_group_is_not_believed():
    def other(entries: list[Any]) -> None:
        entries[0]["data"] = {**entries[0]["data"], "catalog_product_group_id": "99"}

    server = Server(answered(other))
    server.check(server.create())


@pytest.mark.parametrize("executed", [True, False])
def test_an_update_that_is_answered_with_data_and_an_exception_is_compared_with_what_is_stored(executed):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if request.method != "PATCH":
            return None
        if executed:
            server.execute(request)
        data = [{**server.rows[i["id"]][1], **i} for i in json.loads(request.body or b"")["product_group_promotion"]]
        return reply({"items": [{"data": row, "exceptions": [{"code": 7, "message": "Odd."}]} for row in data]})

    server = Server(spoil)
    made = [server.add(item) for item in items(2)]
    changes: Any = [{"id": row["id"], "status": "PAUSED"} for row in made]
    result = server.client.promotions.update(ACCOUNT, AD_GROUP, changes)
    assert [o.state for o in result] == ["updated" if executed else "failed"] * 2
    assert executed or (result[0].code, result[0].message) == (7, "Odd.")


FORMS: list[Callable[[Any], Any]] = [
    int, lambda one: f"PGP{one}", lambda _: None, lambda _: "", lambda one: [one], float, lambda one: f"0{one}",
    lambda one: {"id": one}, lambda one: f" {one}", lambda one: -int(one), lambda _: True, lambda one: f"{one}.0",
]  # fmt: skip


@pytest.mark.parametrize("where", ["answer", "list", "both"])
@pytest.mark.parametrize(
    "form",
    FORMS,
    ids=[
        "number",
        "prefix",
        "null",
        "empty",
        "list",
        "float",
        "zero in front",
        "nested",
        "space",
        "negative",
        "true",
        "fraction",
    ],
)
def test_an_id_that_is_no_number_ends_as_unknown_and_is_never_sent_again(form, where):
    def formed(answer: Reply) -> Reply:
        value = json.loads(answer.body)
        for entry in value["items"]:
            row = entry.get("data", entry)
            row["id"] = form(row["id"])
        return reply(value)

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if request.method == "GET":
            return formed(server.list(request)) if where != "answer" else None
        return formed(server.execute(request)) if where != "list" else None

    server = Server(spoil)
    server.add({"catalog_product_group_id": "77"})
    result = server.create()
    assert server.posts == 1
    assert not result.failed
    assert max(server.stored().values()) == 1
    assert not result.extra
    if form is int:
        assert result.summary() == "3 created"


def test_a_first_page_that_is_empty_but_has_a_bookmark_is_followed():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if request.method == "GET" and "bookmark=" not in request.target:
            return reply({"items": [], "bookmark": "next"})
        if number == 0:
            raise TimedOut("no answer", sent=True)
        return None

    server = Server(spoil)
    old = [server.add(item) for item in items(3)]  # last week's, of the same content
    result = server.create()
    assert result.summary() == "3 created"
    assert {o.id for o in result}.isdisjoint(row["id"] for row in old)


def test_what_this_client_created_is_known_to_exist_even_where_the_list_does_not_show_it_yet():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 1:
            raise TimedOut("no answer", sent=True)  # not executed
        return None

    server = Server(spoil)
    server.lag = 6
    first = server.create(1)
    second = server.create(1)
    assert [first.summary(), second.summary()] == ["1 created", "1 created"]
    assert first[0].id != second[0].id
    assert len(server.rows) == 2


def test_what_a_gateway_executed_twice_is_listed_in_extra():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            server.execute(request)
            server.execute(request)
            raise TimedOut("no answer", sent=True)
        return None

    server = Server(spoil)
    result = server.create()
    assert result.summary() == "3 created, 3 extra (doubled on the way)"
    assert {row.id for row in result.extra} | {o.id for o in result} == set(server.rows)
    assert any("executed a request twice" in str(event) for event in server.events)


@pytest.mark.parametrize("spelling", [AD_GROUP, "AG" + AD_GROUP])
@pytest.mark.parametrize("blind", ["read_back=False", "the look fails"])
def test_what_was_sent_before_the_newest_id_was_known_is_not_judged_by_one_that_is_noted_later(tmp_path, blind, spelling):
    """Resumed twice: the first time something else is sent, and the newest id is noted for that."""

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if request.method == "GET":
            return reply(b"<html>", 403) if blind == "the look fails" else None
        if number == 0:
            server.execute(request)
            return reply(b"[")
        raise KeyboardInterrupt

    server = Server(spoil)
    wanted = items(40)
    wanted[35]["catalog_product_group_id"] = wanted[5]["catalog_product_group_id"]
    for number, item in enumerate(wanted):
        item["ad_group_id"] = spelling if number % 2 else AD_GROUP
    options: Any = {"read_back": False} if blind == "read_back=False" else {}
    with pytest.raises(KeyboardInterrupt):
        server.client.promotions.create(ACCOUNT, None, wanted, journal=tmp_path / "journal", **options)
    server.spoil = lambda *_: None
    for _ in range(3):
        server.now += 60
        result = server.client.promotions.resume(tmp_path / "journal")
        assert max(server.stored().values()) == 1
        assert not result.failed
        assert len(result.ok) >= 9  # those of which there is nothing at all were sent


def test_a_request_that_was_refused_with_401_is_sent_when_the_batch_is_resumed(tmp_path):
    refused = {"on": True}

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if refused["on"] and request.method == "POST":
            return reply({"code": 2, "message": "Authentication failed."}, 401)
        return None

    server = Server(spoil)
    with pytest.raises(Unauthorized):
        server.create(70, journal=tmp_path / "journal")
    refused["on"] = False
    server.check(server.client.promotions.resume(tmp_path / "journal"), 70)


def interrupted(tmp_path: Path, at: int = 2) -> tuple[Server, Path]:
    """A create of 70 whose second request was executed when the process died."""

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == at - 1 and request.method == "POST":
            server.execute(request)
            raise KeyboardInterrupt
        return None

    server = Server(spoil)
    with pytest.raises(KeyboardInterrupt):
        server.create(70, journal=tmp_path / "journal")
    server.spoil = lambda *_: None
    return server, tmp_path / "journal"


def resumed(server: Server, journal: Path, data: bytes) -> None:
    """Resume what is left of a journal on a copy of the server: nothing is doubled, and nothing untrue is said."""
    copy = Server()
    copy.rows, copy.next_id = dict(server.rows), server.next_id
    journal.write_bytes(data)
    try:
        result = copy.client.promotions.resume(journal)
    except InvalidInput:
        assert copy.posts == 0
        return
    assert max(copy.stored().values()) == 1
    for outcome in result:
        count = copy.stored()[outcome.given["tracking_url"]]
        assert {"created": count == 1, "failed": count == 0, "unknown": True}[outcome.state], outcome


@pytest.mark.soak
def test_a_journal_that_was_cut_anywhere_never_doubles(tmp_path, rounds):
    server, journal = interrupted(tmp_path)
    data = journal.read_bytes()
    edges = {n + d for n in range(len(data)) if data[n : n + 1] == b"\n" for d in (0, 1, 2)}
    for cut in sorted(edges | set(range(0, len(data), max(1, len(data) // rounds(60, 2000))))):
        resumed(server, journal, data[:cut])


@pytest.mark.soak
def test_a_journal_with_a_changed_byte_never_doubles(tmp_path, rounds):
    server, journal = interrupted(tmp_path)
    data = journal.read_bytes()
    for place in range(0, len(data), max(1, len(data) // rounds(60, 2000))):
        resumed(server, journal, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


def test_a_journal_for_another_base_url_is_refused(tmp_path):
    _, journal = interrupted(tmp_path)
    other = Client(TOKEN, base_url="http://127.0.0.1:8/v5", transport=Server())
    with pytest.raises(InvalidInput, match=re.escape("http://127.0.0.1:8/v5; this is one for http://127.0.0.1:9/v5")):
        other.promotions.resume(journal)
    with pytest.raises(InvalidInput, match="ad account 5; this is one for 1"):
        Server().client.promotions.resume(journal, ad_account_id="5")


def test_a_create_that_could_not_begin_leaves_no_journal_behind(tmp_path, monkeypatch):
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    server = Server()
    with monkeypatch.context() as patch:
        patch.setattr("pinshop.files.batch_journal.os.write", full)
        with pytest.raises(InvalidInput, match="No space left"):
            server.create(journal=tmp_path / "journal")
    assert (list(tmp_path.iterdir()), server.requests) == ([], [])
    server.check(server.create(journal=tmp_path / "journal"))


def test_outcomes_are_known_before_the_journal_is_written(tmp_path, monkeypatch):
    """An answer that has come is never thrown away because of bookkeeping."""
    written = JournalFile.write

    def full(self: JournalFile, record: Any) -> None:
        if "outcomes" in record:
            raise ConfigurationError("the journal cannot be written (No space left on device)")
        written(self, record)

    server = Server()
    monkeypatch.setattr(JournalFile, "write", full)
    result = server.create(40, journal=tmp_path / "journal")
    assert result.summary() == "30 created, 10 failed"
    assert "No space left" in result[35].message
    monkeypatch.undo()
    server.check(server.client.promotions.resume(tmp_path / "journal"), 40)


def test_no_token_that_a_server_repeats_reaches_an_outcome_or_a_journal(tmp_path):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            value = json.loads(server.execute(request).body)
            value["items"][0]["data"]["tracking_url"] = request.headers["Authorization"]
            value["items"][1] = {"data": None, "exceptions": [{"code": 3, "message": f"bad token {TOKEN}"}]}
            return reply(value)
        return None

    server = Server(spoil)
    result = server.create(journal=tmp_path / "journal")
    assert TOKEN not in repr(list(result)) + repr(server.events) + (tmp_path / "journal").read_text("utf-8")
    assert TOKEN[:40] not in repr(list(result))


# ----------------------------------------------------------------------------------------- not held


def test_a_server_that_executes_more_than_12_s_late_can_be_sent_the_same_item_twice():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            server.later.append((server.now + 12.5, request))
            raise Disconnected("reset", sent=True)
        return None

    server = Server(spoil)
    server.create()
    server.now += 60
    list(server.client.promotions.list(ACCOUNT, ad_group_id=AD_GROUP, page_size=250))  # any call makes the late one happen
    assert set(server.stored().values()) == {2}
    patient = Server(spoil)
    patient.check(patient.create(settle_seconds=10))


def test_another_program_that_creates_the_same_promotions_at_the_same_moment_is_taken_for_this_one():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            for item in items(3):
                server.add(item)
            raise Disconnected("reset", sent=True)
        return None

    server = Server(spoil)
    server.check(server.create())
    assert server.posts == 1


def test_without_reading_back_an_ambiguous_failure_ends_as_unknown():
    server = Server(lost_after_execution)
    server.check(server.create(read_back=False), summary="3 unknown")
    assert [r.method for r in server.requests] == ["POST"]


def test_a_server_that_lies_in_its_lists_is_believed():
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        return (
            reply({"items": [], "bookmark": None}) if request.method == "GET" else lost_after_execution(server, request, number)
        )

    server = Server(spoil)
    server.create()
    assert set(server.stored().values()) == {2}


# ---------------------------------------------------------------------------------- the other sentences


def nothing_arrives(server: Server, request: Request, number: int) -> Reply | None:
    if number >= 0:
        raise TimedOut("no answer", sent=True)
    return None


@pytest.mark.parametrize("settle_seconds", [0, 0.5, 2, 10])
def test_the_waits_before_reading_back_are_those_of_the_page(settle_seconds, monkeypatch):
    times: list[tuple[str, float]] = []
    server = Server(nothing_arrives)
    began, send = server.now, server.send
    monkeypatch.setattr(server, "send", lambda request: (times.append((request.method, server.now - began)), send(request))[1])
    options = {} if settle_seconds == 2 else {"settle_seconds": settle_seconds}  # 2 is the default
    assert server.create(**options).summary() == "3 failed"
    first, equal = settle_seconds, 6 * settle_seconds
    assert times[:5] == [("GET", 0), ("POST", 0), ("GET", first), ("GET", equal), ("POST", equal)]
    assert server.posts == 3
    assert server.stored() == Counter()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seconds", [59, 60])
def test_settle_seconds_of_10_hold_60_s(late, seconds):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number == 0:
            if not late:
                server.lag = seconds
                server.execute(request)
            else:
                server.later.append((server.now + seconds, request))
            raise Disconnected("reset", sent=True)
        return None

    server = Server(spoil)
    server.check(server.create(settle_seconds=10))


@pytest.mark.parametrize("read_back", [True, False])
def test_one_get_comes_before_the_first_create_and_none_without_reading_back(read_back):
    server = Server()
    server.check(server.create(70, read_back=read_back), 70)
    assert [request.method for request in server.requests] == ["GET"] * read_back + ["POST"] * 3


@pytest.mark.parametrize("read_back", [True, False])
@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(
    "refusal",
    [
        reply({"code": 2, "message": "Authentication failed."}, 401),
        reply({"code": 29, "message": "You are not permitted."}, 403),
        ConnectError("refused"),
    ],
    ids=["a wrong token", "no permission", "no network"],
)
def test_a_call_that_is_refused_as_a_whole_raises(refusal, at, read_back):
    """Refused in its middle, it is a result: some of it was done."""

    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number < at:
            return None
        if isinstance(refusal, Exception):
            raise refusal
        return refusal

    server = Server(spoil)
    if at:
        assert server.create(70, read_back=read_back).summary() == "30 created, 40 failed"
        return
    with pytest.raises((Unauthorized, Forbidden, ConnectError)) as caught:
        server.create(70, read_back=read_back)
    assert caught.value.result.summary() == "70 failed"


AMBIGUOUS: dict[str, Any] = {
    **{str(status): reply(b"<html>", status) for status in (302, 307, 500, 501, 502, 503, 504, 505, 520, 524, 599, 600, 799)},
    "Pinterest's 503": reply({"code": 12, "message": "Something went wrong on our end."}, 503),
    **{
        f"200 with {body[:30]!r}": reply(body)
        for body in (
            b"", b"<html>", b'{"items": [{"da', b"null", b"[]", b"{}", b'"ok"', b"7", b"\xff\xfe", b"[" * 9999,
            b'{"items": []}', b'{"items": null}', b'{"items": {}}', b'{"items": [null, null, null]}',
            b'{"items": [{}, {}, {}]}', b'{"code": 1, "message": "bad"}',
        )
    },
    **{f"{status} without a body": reply(b"", status) for status in (201, 202, 203, 204, 205, 206)},
    "a timeout": TimedOut("no answer", sent=True),
    "a reset": Disconnected("reset", sent=True),
    "cut short": BadReply("not whole", sent=True),
}  # fmt: skip


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_leaves_open_whether_it_was_executed_is_read_back(name, executed, at):
    def spoil(server: Server, request: Request, number: int) -> Reply | None:
        if number != at:
            return None
        if executed:
            server.execute(request)
        said = AMBIGUOUS[name]
        if isinstance(said, Exception):
            raise said
        return said  # type: ignore[no-any-return]

    server = Server(spoil)
    server.check(server.create(40), 40)
