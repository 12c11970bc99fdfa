"""Journals: a crash at any moment of a batch, resumed, ends with every promotion exactly once."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinshop import Client
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator
from pinshop.errors import ConnectError, InvalidInput, TimedOut
from pinshop.files.batch_journal import JournalFile

SIZE = 70


class Crash(BaseException):
    """The process is gone: nothing after this runs."""


class Crashing:
    """A transport on which the process dies at the n-th request, before or after Pinterest has executed it."""

    def __init__(self, emulator: Emulator, at: int | None = None, *, after: bool = False) -> None:
        self._inner = emulator.transport()
        self._at, self._after = at, after
        self.requests: list[Request] = []

    def send(self, request: Request, /) -> Reply:
        self.requests.append(request)
        if len(self.requests) - 1 != self._at:
            return self._inner.send(request)
        if self._after:
            self._inner.send(request)
        raise Crash

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    emulator = Emulator(now="2026-03-01T12:00:00Z")
    yield emulator
    emulator.close()


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


def client(emulator: Emulator, transport: Any = None) -> Client:
    return Client(
        emulator.access_token,
        transport=transport or Crashing(emulator),
        base_url=emulator.base_url,
        sleep=lambda _: None,
        pacing=False,
        on_event=lambda _: None,
        concurrency=1,
    )


def new(emulator: Emulator, size: int = SIZE) -> list[Any]:
    group = emulator.catalog_product_group_ids[0]
    return [{"catalog_product_group_id": group, "tracking_url": f"https://shop.example/{n}"} for n in range(size)]


def create(emulator: Emulator, transport: Any, journal: Path, size: int = SIZE, **options: Any) -> Any:
    return client(emulator, transport).promotions.create(
        emulator.ad_account_id, emulator.ad_group_id, new(emulator, size), journal=journal, **options
    )


def stored(emulator: Emulator) -> Counter[str]:
    rows = client(emulator).promotions.list(emulator.ad_account_id, ad_group_id=emulator.ad_group_id, page_size=250)
    return Counter(row.tracking_url for row in rows)


def once(emulator: Emulator, size: int = SIZE) -> bool:
    return stored(emulator) == Counter(f"https://shop.example/{n}" for n in range(size))


def test_a_finished_journal_gives_its_result_and_sends_nothing(emulator, tmp_path):
    journal = tmp_path / "journal"
    result = create(emulator, None, journal)
    transport = Crashing(emulator)
    again = client(emulator, transport).promotions.resume(journal)
    assert transport.requests == []
    assert [(o.state, o.id, o.given) for o in again] == [(o.state, o.id, o.given) for o in result]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(4))
def test_a_crash_at_any_request_is_resumed_exactly(emulator, tmp_path, at, after):
    journal = tmp_path / "journal"
    with pytest.raises(Crash):
        create(emulator, Crashing(emulator, at, after=after), journal)
    result = client(emulator).promotions.resume(journal)
    assert result.summary() == f"{SIZE} created"
    assert once(emulator)
    assert len({o.id for o in result}) == SIZE


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_while_resuming_is_resumed(emulator, tmp_path, after):
    journal = tmp_path / "journal"
    with pytest.raises(Crash):
        create(emulator, Crashing(emulator, 1, after=after), journal)
    crashes = 0
    for at in range(12):
        try:
            result = client(emulator, Crashing(emulator, at, after=after)).promotions.resume(journal)
        except Crash:
            crashes += 1
        else:
            break
    assert crashes > 1
    assert result.summary() == f"{SIZE} created"
    assert once(emulator)


def _dies_at(number: int, share: float) -> Any:
    """`JournalFile.write` for a process that dies in its n-th record, after so much of it."""
    written, count = JournalFile.write, iter(range(99))

    def write(self: JournalFile, record: Any) -> None:
        if next(count) != number:
            written(self, record)
            return
        line = json.dumps(record).encode()
        with self.path.open("ab") as file:
            file.write(line[: int(len(line) * share)])
        raise Crash

    return write


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("number", range(6))
def test_a_crash_at_any_record_of_the_journal_is_resumed_exactly(emulator, tmp_path, monkeypatch, number, share):
    """The n-th record is not written, or only half of it, or all but its end."""
    journal = tmp_path / "journal"
    with monkeypatch.context() as patch:
        patch.setattr(JournalFile, "write", _dies_at(number, share))
        with pytest.raises(Crash):
            create(emulator, None, journal)
    assert client(emulator).promotions.resume(journal).summary() == f"{SIZE} created"
    assert once(emulator)


def test_several_ad_groups_are_resumed_each_from_where_it_was(emulator, tmp_path):
    """Only the two chunks that were under way are read back."""
    journal = tmp_path / "journal"
    with client(emulator) as maker:
        other = maker.ad_groups.create(emulator.ad_account_id, [{**_ad_group(emulator), "name": "second"}])[0].id
    groups = [emulator.ad_group_id, other]
    some = [{**item, "ad_group_id": groups[n % 2]} for n, item in enumerate(new(emulator, 100))]
    with pytest.raises(Crash):
        client(emulator, Crashing(emulator, 4, after=True)).promotions.create(
            emulator.ad_account_id, None, some, journal=journal
        )
    result = client(emulator).promotions.resume(journal)
    assert result.summary() == "100 created"
    assert [o.entity.ad_group_id for o in result] == [item["ad_group_id"] for item in some]


def _ad_group(emulator: Emulator) -> Any:
    with client(emulator) as reader:
        first = reader.ad_groups.get(emulator.ad_account_id, emulator.ad_group_id)
    return {
        "campaign_id": first.campaign_id,
        "billable_event": first.billable_event,
        "status": "ACTIVE",
        "budget_in_micro_currency": first.budget_in_micro_currency,
        "budget_type": first.budget_type,
        "auto_targeting_enabled": True,
    }


def test_what_was_unknown_is_settled_when_resuming(emulator, tmp_path):
    journal = tmp_path / "journal"

    class Lost(Crashing):
        def send(self, request: Request, /) -> Reply:
            reply = super().send(request)
            if request.method == "POST" or len(self.requests) > 2:
                raise TimedOut("no answer", sent=True)
            return reply

    assert create(emulator, Lost(emulator), journal, 5).summary() == "5 unknown"
    assert client(emulator).promotions.resume(journal).summary() == "5 created"
    assert once(emulator, 5)


def test_what_was_refused_is_not_sent_again_but_what_was_never_sent_is(emulator, tmp_path):
    journal = tmp_path / "journal"

    class Dead(Crashing):
        def send(self, request: Request, /) -> Reply:
            if len(self.requests) >= 2:
                raise ConnectError("refused")
            return super().send(request)

    some = new(emulator)
    some[3]["catalog_product_group_id"] = "1"
    first = client(emulator, Dead(emulator)).promotions.create(
        emulator.ad_account_id, emulator.ad_group_id, some, journal=journal
    )
    assert first.summary() == "29 created, 41 failed"
    assert client(emulator).promotions.resume(journal).summary() == "69 created, 1 failed"


def test_an_update_is_resumed_by_sending_it_again(emulator, tmp_path):
    made = create(emulator, None, tmp_path / "made")
    journal = tmp_path / "journal"
    changes = [{"id": o.id, "status": "PAUSED"} for o in made]
    with pytest.raises(Crash):
        client(emulator, Crashing(emulator, 1, after=True)).promotions.update(
            emulator.ad_account_id, emulator.ad_group_id, changes, journal=journal
        )
    assert client(emulator).promotions.resume(journal).summary() == f"{SIZE} updated"


# --------------------------------------------------------------------------------------- the file


def test_a_journal_is_never_overwritten(emulator, tmp_path):
    journal = tmp_path / "journal"
    create(emulator, None, journal, 1)
    with pytest.raises(InvalidInput, match="resume"):
        create(emulator, None, journal, 1)
    assert once(emulator, 1)


def test_two_processes_cannot_work_on_one_journal(emulator, tmp_path):
    journal = tmp_path / "journal"
    create(emulator, None, journal, 1)
    held, _ = JournalFile.reopen(journal)
    with pytest.raises(InvalidInput, match="no other process"):
        client(emulator).promotions.resume(journal)
    held.close()
    assert client(emulator).promotions.resume(journal).summary() == "1 created"


def _journal(line: str = "", **changes: Any) -> bytes:
    facts = {"pinshop": 1, "operation": "product_group_promotions/create", "ad_account_id": "1", "groups": ["1"], "items": [{}]}
    return json.dumps(facts | changes).encode() + b"\n" + line.encode()


NO_JOURNALS = [
    b"", b"\n", b"{", b"[]\n", b"null\n", b"\xff\xfe\n", b'{"pinshop": 1}\n', _journal(pinshop=2), _journal(groups=[]),
    _journal(operation="campaigns/create"), _journal(operation=None), _journal("[3]\n"), _journal("{\n"),
    _journal('{"outcomes": [{"index": 9, "state": "created"}]}\n'), _journal('{"sending": [-1], "group": "1"}\n'),
]  # fmt: skip


@pytest.mark.parametrize("content", NO_JOURNALS)
def test_what_is_no_journal_is_refused_and_left_as_it_is(emulator, tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="journal"):
        client(emulator).promotions.resume(path)
    assert path.read_bytes() == content
    with pytest.raises(InvalidInput):  # and it is not left locked
        client(emulator).promotions.resume(path)


@pytest.mark.parametrize("path", ["no/such/folder/journal", "."])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_sent(emulator, tmp_path, path):
    transport = Crashing(emulator)
    with pytest.raises(InvalidInput):
        create(emulator, transport, tmp_path / path)
    with pytest.raises(InvalidInput):
        client(emulator, transport).promotions.resume(tmp_path / path)
    assert transport.requests == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file_is_refused_at_once(emulator, tmp_path):
    """Reading a pipe would wait for ever, some devices never end."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/full", os.devnull):
        with pytest.raises(InvalidInput, match="journal"):
            client(emulator).promotions.resume(path)


def test_no_token_is_in_a_journal(emulator, tmp_path):
    create(emulator, None, tmp_path / "journal", 3)
    assert emulator.access_token.encode() not in (tmp_path / "journal").read_bytes()


# ------------------------------------------------------------------------- campaigns and ad groups, too


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(3))
def test_campaigns_are_resumed_exactly(emulator, tmp_path, at, after):
    journal = tmp_path / "journal"
    some: list[Any] = [
        {"name": f"c{n}", "objective_type": "WEB_CONVERSION", "status": "PAUSED", "daily_spend_cap": 5_000_000}
        for n in range(40)
    ]
    with pytest.raises(Crash):
        client(emulator, Crashing(emulator, at, after=after)).campaigns.create(emulator.ad_account_id, some, journal=journal)
    again = client(emulator)
    with pytest.raises(InvalidInput, match="a journal of product_group_promotions/create"):
        again.promotions.resume(journal)
    assert again.campaigns.resume(journal).summary() == "40 created"
    names = Counter(c.name for c in again.campaigns.list(emulator.ad_account_id, page_size=250))
    assert {names[f"c{n}"] for n in range(40)} == {1}


def test_ad_groups_are_resumed_exactly(emulator, tmp_path):
    journal = tmp_path / "journal"
    some = [{**_ad_group(emulator), "name": f"g{n}"} for n in range(5)]
    with pytest.raises(Crash):
        client(emulator, Crashing(emulator, 1, after=True)).ad_groups.create(emulator.ad_account_id, some, journal=journal)
    result = client(emulator).ad_groups.resume(journal)
    assert result.summary() == "5 created"
    changes: list[Any] = [{"id": o.id, "status": "PAUSED"} for o in result]
    with pytest.raises(Crash):
        client(emulator, Crashing(emulator, 0, after=True)).ad_groups.update(
            emulator.ad_account_id, changes, journal=tmp_path / "second"
        )
    assert client(emulator).ad_groups.resume(tmp_path / "second").summary() == "5 updated"


def test_resuming_twice_after_a_record_was_torn(emulator, tmp_path):
    """The torn record stays in the middle: what follows it is readable, and the second time nothing is sent."""
    journal = tmp_path / "journal"
    with pytest.raises(Crash):
        create(emulator, Crashing(emulator, 2, after=True), journal)
    journal.write_bytes(journal.read_bytes()[:-20])
    assert client(emulator).promotions.resume(journal).summary() == f"{SIZE} created"
    transport = Crashing(emulator)
    assert client(emulator, transport).promotions.resume(journal).summary() == f"{SIZE} created"
    assert [request.method for request in transport.requests if request.method != "GET"] == []
    assert once(emulator)


def test_what_stayed_unknown_is_in_the_journal_and_not_created_again(emulator, tmp_path):
    journal = tmp_path / "journal"

    class Lost(Crashing):
        def send(self, request: Request, /) -> Reply:
            reply = super().send(request)
            if len(self.requests) > 1:
                raise TimedOut("no answer", sent=True)
            return reply

    assert create(emulator, Lost(emulator), journal, 5).summary() == "5 unknown"
    assert journal.read_text("utf-8").count('"unknown"') == 5
    transport = Crashing(emulator)
    assert client(emulator, transport).promotions.resume(journal).summary() == "5 created"
    assert "POST" not in {request.method for request in transport.requests}
