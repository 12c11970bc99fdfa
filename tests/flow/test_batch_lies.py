"""Random lies of a server, against the three batches of creates: nothing is stored twice, and no outcome is untrue."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pinshop import Client
from pinshop.api.http import Reply, Request
from pinshop.errors import ConnectError, Disconnected, PinshopError, TimedOut
from pinshop.flow.outcomes import BatchResult, result_of

KINDS = ("promotions", "campaigns", "ad_groups")
Entries = list[Any]
Row = dict[str, Any]


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def sent_items(request: Request) -> list[Row]:
    body = json.loads(request.body or b"")
    return (
        body if isinstance(body, list) else [{**i, "ad_group_id": body["ad_group_id"]} for i in body["product_group_promotion"]]
    )


def content(item: Any) -> str:
    """What tells items apart here."""
    return f"{item.get('tracking_url')}{item.get('name')}"


class Liar:
    """Stores what it is sent, in virtual time, and lies about it, within what writing-safely.md promises to hold."""

    def __init__(self, rng: random.Random, journal: bool) -> None:
        self.rng = rng
        self.journal = journal
        self.now = 1_790_000_000.0
        self.lag = rng.choice([0, 0, 1, 4, 9.9])
        self.write_lies, self.read_lies = rng.choice([0.1, 0.3, 0.6, 0.9]), rng.choice([0, 0, 0.1, 0.3])
        self.rows: dict[str, tuple[float, Row]] = {}
        self.late: list[tuple[float, Request]] = []
        self.next_id = 5000
        self.before: Any = None
        self.lies: list[str] = []

    def client(self) -> Client:
        return Client(
            "emulated_liar",
            transport=self,
            base_url="http://127.0.0.1:9/v5",
            sleep=self.sleep,
            random=lambda: 0.5,
            pacing=False,
            clock=lambda: self.now,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def close(self) -> None: ...

    def execute(self, request: Request) -> dict[str, Entries]:
        entries: Entries = []
        strict = self.rng.random() < 0.15
        for item in sent_items(request):
            if strict and self.rng.random() < 0.3:
                entries.append({"data": None, "exceptions": [{"code": self.rng.choice([1, 7, 2100]), "message": "No."}]})
                continue
            self.next_id += self.rng.randint(1, 3)
            row = {"status": "ACTIVE", **item, "id": str(self.next_id)}
            self.rows[row["id"]] = (self.now, row)
            entries.append({"data": row, "exceptions": None})
        return {"items": entries}

    def send(self, request: Request, /) -> Reply:
        for at, late in [entry for entry in self.late if entry[0] <= self.now]:
            self.late.remove((at, late))
            self.execute(late)
        if request.method == "GET":
            if self.rng.random() < self.read_lies:
                return self.lie(READ_LIES, request)
            return self.list(request)
        if self.rng.random() < self.write_lies:
            return self.lie(WRITE_LIES, request)
        answer = self.before = self.execute(request)
        return reply(answer)

    def lie(self, lies: dict[str, Callable[[Liar, Request], Any]], request: Request) -> Reply:
        name = self.rng.choice(list(lies))
        self.lies.append(name)
        answer = lies[name](self, request)
        return answer if isinstance(answer, Reply) else reply(answer)

    def list(self, request: Request) -> Reply:
        target = request.target
        wanted = re.findall(r"(?:promotion|campaign|ad_group)_ids=(\d+)", target)
        group = re.search(r"[?&]ad_group_id=(\d+)", target)
        size = int(re.findall(r"page_size=(\d+)", target)[0])
        after = re.search(r"bookmark=(\d+)", target)
        shown = [row for at, row in sorted(self.rows.values(), key=lambda r: -int(r[1]["id"])) if at + self.lag <= self.now]
        if group:
            shown = [row for row in shown if row["ad_group_id"].removeprefix("AG") == group[1]]
        if wanted:
            shown = [row for row in shown if row["id"] in wanted]
        if after:
            shown = [row for row in shown if int(row["id"]) < int(after[1])]
        return reply({"items": shown[:size], "bookmark": shown[size - 1]["id"] if len(shown) > size else None})


def raises(error: BaseException, *, executed: bool = False) -> Callable[[Liar, Request], Any]:
    def lie(server: Liar, request: Request) -> Any:
        if executed:
            server.execute(request)
        raise error.with_traceback(None)

    return lie


def says(*answers: Reply, executed: bool = False) -> Callable[[Liar, Request], Any]:
    def lie(server: Liar, request: Request) -> Reply:
        if executed:
            server.execute(request)
        return server.rng.choice(answers)

    return lie


def changes(change: Callable[[random.Random, Entries], Any]) -> Callable[[Liar, Request], Any]:
    """Execute, and change the entries of the answer: in place, or by what is returned."""

    def lie(server: Liar, request: Request) -> Any:
        entries = json.loads(json.dumps(server.execute(request)["items"]))
        changed = change(server.rng, entries)
        return {"items": entries if changed is None else changed}

    return lie


def some(change: Callable[[random.Random, Any], Any]) -> Callable[[Liar, Request], Any]:
    """Change about half of the entries that have data."""
    return changes(lambda rng, entries: [change(rng, e) for e in entries if e["data"] and rng.random() < 0.5] and None)


def _executed_late(server: Liar, request: Request) -> Any:
    if not server.lag:  # one of both is held, not one after the other
        server.late.append((server.now + server.rng.choice([0.5, 3, 9.9]), request))
    raise Disconnected("reset", sent=True)


def _interrupted(server: Liar, request: Request) -> Any:
    if server.rng.random() < 0.5:
        server.execute(request)
    if server.journal:
        raise KeyboardInterrupt
    raise Disconnected("reset", sent=True)


def _swapped(rng: random.Random, entries: Entries) -> None:
    one, other = rng.randrange(len(entries)), rng.randrange(len(entries))
    entries[one], entries[other] = entries[other], entries[one]


def _one_id_twice(_: random.Random, entries: Entries) -> None:
    if len(entries) > 1 and entries[0]["data"] and entries[1]["data"]:
        entries[1]["data"]["id"] = entries[0]["data"]["id"]


def _id_in_another_form(rng: random.Random, entry: Any) -> None:
    text = entry["data"]["id"]
    entry["data"]["id"] = rng.choice(
        [int(text), f"PGP{text}", None, float(text), {"id": text}, f"0{text}", f" {text}", -int(text), True]
    )


def _cut(server: Liar, request: Request) -> Reply:
    whole = json.dumps(server.execute(request)).encode()
    return reply(whole[: server.rng.randrange(len(whole))])


OWN_FAULTS = [reply({"code": code, "message": "Sorry"}, status) for code in (12, 2787, "12") for status in (400, 404, 500)]
PAGES = [reply(b"<html>", status) for status in (301, 302, 400, 403, 404, 408, 413, 425, 499, 502, 503, 520)]
SLOW = reply({"code": 8, "message": "slow"}, 429, **{"retry-after": "1"})

WRITE_LIES: dict[str, Callable[[Liar, Request], Any]] = {
    "executed, no answer": raises(TimedOut("late", sent=True), executed=True),
    "reset before": raises(Disconnected("reset", sent=True)),
    "refused": raises(ConnectError("refused", sent=False)),
    "executed late": _executed_late,
    "interrupted": _interrupted,
    "executed, a page": says(*PAGES, executed=True),
    "executed, own fault": says(*OWN_FAULTS, executed=True),
    "own fault": says(*OWN_FAULTS),
    "refused, 400": says(reply({"code": 1, "message": "bad"}, 400)),
    "too fast": says(SLOW),
    "401": says(reply({"code": 2, "message": "Authentication failed."}, 401)),
    "executed, an empty answer": says(reply(b"", 204), reply(b""), reply(b"", 202), reply(b"null"), executed=True),
    "the answer before this one": lambda server, request: reply(server.before or server.execute(request)),
    "shuffled": changes(lambda rng, entries: rng.shuffle(entries)),
    "two swapped": changes(_swapped),
    "a warning beside data": some(lambda rng, e: e.update(exceptions=rng.choice([[{"code": 9}], [{"message": {}}], "t"]))),
    "ids in another form": some(_id_in_another_form),
    "entries lost": changes(lambda rng, entries: entries[: rng.randint(0, len(entries))]),
    "an entry twice": changes(lambda _, entries: entries + entries[:1]),
    "one id for two": changes(_one_id_twice),
    "cut": _cut,
    "data lost": some(lambda rng, e: e.update(data=rng.choice([None, {}, {"id": ""}, []]))),
    "own fault in an entry": some(lambda rng, e: e.update(data=None, exceptions=[{"code": rng.choice([12, 2787])}])),
    "bare entities": changes(lambda _, entries: [e["data"] or e for e in entries]),
}  # fmt: skip

READ_LIES: dict[str, Callable[[Liar, Request], Any]] = {
    "no answer": raises(TimedOut("late", sent=True)),
    "refused": raises(ConnectError("refused", sent=False)),
    "a page": says(*PAGES),
    "own fault": says(*OWN_FAULTS),
    "cut": says(reply(b'{"items": ['), reply(b"null"), reply(b"")),
    "too fast": says(SLOW),
}


def make_item(kind: str, rng: random.Random, number: int, own_group: bool) -> Row:
    if kind == "campaigns":
        return {"name": f"c{number}", "objective_type": "CATALOG_SALES", "status": "ACTIVE", "ad_account_id": "1"}
    if kind == "ad_groups":
        return {"name": f"g{number}", "campaign_id": "77", "status": "ACTIVE", "billable_event": "CLICKTHROUGH"}
    item: Row = {"catalog_product_group_id": str(number + 1), "tracking_url": f"https://shop.example/{number}"}
    return {**item, "ad_group_id": rng.choice(["", "AG"]) + str(2 + number % 2)} if own_group else item


def judge(server: Liar, old: set[str], items: list[Row], result: BatchResult[Any] | None) -> None:
    stored = Counter(content(row) for name, (_, row) in server.rows.items() if name not in old)
    coming = Counter(content(item) for _, request in server.late for item in sent_items(request))
    wanted = Counter(map(content, items))
    assert {name: n for name, n in (stored + coming).items() if n > wanted[name]} == {}
    if result is None:
        return
    created = [outcome.id for outcome in result if outcome.state == "created"]
    assert len(created) == len(set(created))
    for outcome in result.ok:
        assert outcome.id not in old
        assert content(server.rows[outcome.id][1]) == content(outcome.given)
    for name, count in Counter(content(outcome.given) for outcome in result.failed).items():
        assert wanted[name] - stored[name] - coming[name] >= count, f"failed, but stored: {name}"
    assert not result.extra


def one_run(kind: str, seed: str, folder: Path) -> Liar:
    rng = random.Random(seed)
    journal = folder / "journal" if rng.random() < 0.5 else None
    server = Liar(rng, journal is not None)
    size = rng.choice([1, 2, 3, 5, 31, 60, 70])
    equal, own_group = rng.random() < 0.3, kind == "promotions" and rng.random() < 0.3
    items = [make_item(kind, rng, number % max(1, size // 2) if equal else number, own_group) for number in range(size)]
    for _ in range(rng.choice([0, 1, 5])):  # last week's
        server.next_id += 1
        server.rows[str(server.next_id)] = (0.0, {"ad_group_id": "2", **items[0], "id": str(server.next_id)})
    old = set(server.rows)
    options: dict[str, Any] = {"journal": journal}
    if rng.random() < 0.2:
        options["read_back"] = False
    client = server.client()

    def settle(call: Callable[[], Any]) -> None:
        try:
            result = call()
        except (PinshopError, KeyboardInterrupt) as error:
            result = result_of(error)
            assert result is not None or isinstance(error, PinshopError)
        judge(server, old, items, result)

    where = ["1"] if kind != "promotions" else ["1", None if own_group else "2"]
    settle(lambda: getattr(client, kind).create(*where, items, **options))
    for _ in range(3 if journal is not None and journal.exists() else 0):
        server.now += rng.choice([15, 100])
        if rng.random() < 0.5:
            server.write_lies = server.read_lies = 0
        if rng.random() < 0.5:
            client = server.client()
        settle(lambda: getattr(client, kind).resume(journal))  # noqa: B023 - called at once
    return server


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_server_lies_nothing_is_stored_twice_and_no_outcome_is_untrue(kind, tmp_path, rounds, capsys):
    told: Counter[str] = Counter()
    number = rounds(60, 3000)
    for seed in range(number):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            told.update(one_run(kind, f"{kind} {seed}", folder).lies)
        except BaseException as error:
            error.add_note(f"{kind}, seed {seed}")
            raise
    with capsys.disabled():
        print(f"\n{kind}: {number} batches, {told.total()} lies of {len(told)} kinds: nothing doubled, nothing untrue")
