"""Talking to an emulator in-process, with Pinterest's description as the judge of every reply where it is at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from openapi import Described
from pinshop.api.http import Reply, Request
from pinshop.emulator import Emulator

UNJUDGED = "Pinterest's descriptions are not here: set PINSHOP_SHARED"
NOW = "2026-03-02T12:00:00Z"


class Talk:
    """A caller of one emulator. ``objections`` collects what Pinterest's description says against replies."""

    def __init__(self, emulator: Emulator, judge: Described | None, verdicts: Counter[str]) -> None:
        self.emulator, self.judge, self.verdicts = emulator, judge, verdicts
        self.token = emulator.access_token
        self.objections: list[str] = []
        self.account = f"/ad_accounts/{emulator.ad_account_id}"
        self.promotions = f"{self.account}/product_group_promotions"

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        target = f"/v5{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        content = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(method, "http://127.0.0.1", target, headers, content)
        reply = self.emulator.handle(request)
        assert reply.headers["x-emulated"] == "true"
        assert reply.headers["x-pinterest-rid"]
        if self.judge is None:
            self.verdicts[UNJUDGED] += 1
        else:
            found = self.judge.objections(request, reply)
            self.objections += [f"{method} {target}: {problem}" for problem in found]
            self.verdicts["judged" if self.judge.operation(request) else "the description has no such operation"] += 1
        return reply

    def __call__(self, method: str, path: str, body: Any = None, *, status: int | None = None, **query: Any) -> Any:
        """Send, expect this status (a success if none is given), and return the JSON value."""
        reply = self.send(method, path, body, **query)
        assert reply.status == status if status else reply.status < 300, reply.body
        return msgspec.json.decode(reply.body) if reply.body else None

    def create(self, *items: Any, ad_group_id: str | None = None, **expect: Any) -> Any:
        """Create promotions; entries are bodies, or ids of catalog product groups."""
        name = "catalogs_product_group_id" if self.emulator.api_version == "5.6" else "catalog_product_group_id"
        bodies = [item if isinstance(item, dict) else {name: item} for item in items]
        envelope = {"ad_group_id": ad_group_id or self.emulator.ad_group_id, "product_group_promotion": bodies}
        answer = self("POST", self.promotions, envelope, **expect)
        return answer["items"] if isinstance(answer, dict) and "items" in answer else answer

    def update(self, *items: Any, ad_group_id: str | None = None, **expect: Any) -> Any:
        envelope = {"ad_group_id": ad_group_id or self.emulator.ad_group_id, "product_group_promotion": list(items)}
        answer = self("PATCH", self.promotions, envelope, **expect)
        return answer["items"] if isinstance(answer, dict) and "items" in answer else answer

    def some(self, count: int = 1, **fields: Any) -> list[str]:
        """Create promotions and return their ids."""
        groups = self.emulator.catalog_product_group_ids
        name = "catalogs_product_group_id" if self.emulator.api_version == "5.6" else "catalog_product_group_id"
        made: list[str] = []
        while len(made) < count:
            part = range(len(made), min(count, len(made) + 30))
            answer = self.create(*({name: groups[n % len(groups)], **fields} for n in part))
            made += [entry["data"]["id"] for entry in answer]
        return made

    def analytics(self, ids: list[str], start: str, end: str, columns: str, granularity: str = "TOTAL", **more: Any) -> Any:
        return self(
            "GET",
            f"{self.account}/product_groups/analytics",
            start_date=start,
            end_date=end,
            product_group_ids=",".join(ids),
            columns=columns,
            granularity=granularity,
            **more,
        )

    def report(self, level: str, start: str, end: str, columns: list[str], granularity: str = "DAY", **more: Any) -> Any:
        """The rows of an asynchronous report, which the emulator must make at once: rules report_polls and report_seconds."""
        body = {"start_date": start, "end_date": end, "granularity": granularity, "level": level, "columns": columns, **more}
        token = self("POST", f"{self.account}/reports", body)["token"]
        url = self("GET", f"{self.account}/reports", token=token)["url"].removeprefix("http://127.0.0.1")
        reply = self.emulator.handle(Request("GET", "http://127.0.0.1", url, {}, None))
        return [row for rows in msgspec.json.decode(reply.body).values() for row in rows]


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[str], Described | None]:
    """Pinterest's description of an API version; None where they are not at hand, which the last lines of the run say."""

    def find(api_version: str) -> Described | None:
        try:
            described: Callable[[str], Described] = request.getfixturevalue("described")
        except pytest.skip.Exception:
            return None
        return described(api_version)

    return find


@pytest.fixture
def talk_at(judge: Callable[[str], Described | None], verdicts: Counter[str]) -> Iterator[Callable[..., Talk]]:
    """``talk_at("5.14", rules={…})``: a fresh emulator at that api_version. At the end no reply may have been objected to."""
    made: list[Talk] = []

    def make(api_version: str = "5.28", **settings: Any) -> Talk:
        settings.setdefault("now", NOW)
        made.append(Talk(Emulator(api_version, **settings), judge(api_version), verdicts))
        return made[-1]

    yield make
    for talk in made:
        talk.emulator.close()
    assert [problem for talk in made for problem in talk.objections] == []


@pytest.fixture(params=["5.6", "5.14", "5.23", "5.28"])
def talk(request: pytest.FixtureRequest, talk_at: Callable[..., Talk]) -> Talk:
    """An emulator at each api_version."""
    return talk_at(request.param)


@pytest.fixture
def newest(talk_at: Callable[..., Talk]) -> Talk:
    return talk_at()
