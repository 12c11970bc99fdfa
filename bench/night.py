"""A night at an agency's size, on an emulated clock: ``python bench/night.py`` writes docs/night.svg and prints the table.

The flows of ``client.analytics.sync`` are run as they are; instead of sockets and threads there is a list of what happens when.
The server keeps Pinterest's standard quotas (the emulator's own), and answers what it is asked. A night is the second one: the
table knows every promotion. What is not simulated is the time that this machine takes: it is measured, with a real client whose
threads write every row into a table that holds all rows of 30 days.
"""

from __future__ import annotations

import datetime
import heapq
import itertools
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from msgspec import Struct

from pinshop import Client
from pinshop.analytics import planning, sync, warehouse
from pinshop.api.http import Pause, Reply, Request
from pinshop.emulator.limits import Limits
from pinshop.emulator.refusals import Refusal
from pinshop.flow.steps import Blocking, Flow, Together

#: Seconds that a request is under way, and that a file takes to be made.
CALL_SECONDS, JOB_SECONDS = 0.3, 10.0

#: So many ad accounts' rows are written to measure it: 6 million kept rows, a sixth of which are replaced.
WRITTEN = 1000

COLUMNS = ("IMPRESSION_1", "CLICKTHROUGH_1", "SPEND_IN_MICRO_DOLLAR")
TODAY = datetime.datetime(2026, 11, 26, 3, tzinfo=datetime.UTC)


class Night(Struct, frozen=True):
    """What a night came to, for one user. ``busy_seconds`` are this machine's, for decoding and for the table."""

    accounts: int
    calls: dict[str, int]
    refused: int
    minutes: float
    rows: int
    busy_seconds: float
    memory_mb: float


class Server:
    """Pinterest as far as a night meets it; ``now`` is set by whoever runs the flows. Or ``at_once``: no quotas, no waiting."""

    def __init__(self, promotions: int, *, at_once: bool = False) -> None:
        self.now = TODAY.timestamp()
        self._at_once = at_once
        self.calls: Counter[str] = Counter()
        self.refused = 0
        self._limits = Limits("standard")
        self._ids = [str(1000 + n) for n in range(promotions)]
        self._done: dict[str, float] = {}
        self._orders: dict[str, str] = {}
        self._rows: dict[str, bytes] = {}

    def send(self, request: Request) -> Reply:
        path, _, query = request.target.partition("?")
        headers = {"content-type": "application/json", "date": formatdate(self.now, usegmt=True)}
        if path.startswith("/report/"):  # another host
            return Reply(200, headers, json.dumps({self._ids[0]: json.loads(self._made(query))}).encode())
        if path.startswith("/file/"):
            return Reply(200, headers, json.dumps({"product_groups": [{"id": self._ids[0], "status": "ACTIVE"}]}).encode())
        category = "ads_analytics" if path.endswith(("/analytics", "/metrics_ready_state", "/reports")) else "ads_read"
        try:
            if not self._at_once:
                self._limits.spend(category, "user", "app", self.now, headers)
        except Refusal as refusal:
            self.refused += 1
            return Reply(refusal.status, {**headers, **refusal.headers}, b'{"code": 8, "message": "rate limit"}')
        self.calls[category] += 1
        return Reply(200, headers, self._body(request, path, query))

    def _body(self, request: Request, path: str, query: str) -> bytes:
        if path.endswith("/metrics_ready_state"):
            return b'{"conversion_metrics_ready": true, "non_conversion_metrics_ready": true}'
        if path.endswith("/bulk/download"):
            number = str(len(self._done) + 1)
            self._done[number] = self.now + JOB_SECONDS
            return json.dumps({"request_id": number}).encode()
        if "/bulk/" in path:
            number = path.rpartition("/")[2]
            if self.now < self._done[number] and not self._at_once:
                return b'{"status": "RUNNING"}'
            return json.dumps({"status": "SUCCEEDED", "result_url": f"https://files.invalid/file/{number}"}).encode()
        if path.endswith("/reports") and request.method == "POST":
            number = str(len(self._done) + 1)
            order = json.loads(request.body or b"")
            asked = urlencode(
                {"start_date": order["start_date"], "end_date": order["end_date"], "product_group_ids": self._ids[0]}
            )
            self._done[number], self._orders[number] = self.now + JOB_SECONDS, asked
            return json.dumps({"report_status": "IN_PROGRESS", "token": number}).encode()
        if path.endswith("/reports"):
            number = parse_qs(query)["token"][0]
            if self.now < self._done[number]:
                return b'{"report_status": "IN_PROGRESS"}'
            link = f"https://files.invalid/report/{number}?{self._orders[number]}"
            return json.dumps({"report_status": "FINISHED", "url": link}).encode()
        if path.endswith("/analytics"):
            if query not in self._rows:
                self._rows = {query: self._made(query)}  # all accounts of a night are asked the same
            return self._rows[query]
        return b'{"currency": "EUR"}'

    def _made(self, query: str) -> bytes:
        asked = parse_qs(query)
        first, last = (datetime.date.fromisoformat(asked[name][0]) for name in ("start_date", "end_date"))
        days = [str(first + datetime.timedelta(n)) for n in range((last - first).days + 1)]
        values = {name: len(name) * 1009 for name in COLUMNS}
        rows = [{"PRODUCT_GROUP_ID": one, "DATE": day, **values} for one in asked["product_group_ids"] for day in days]
        return json.dumps(rows).encode()

    def close(self) -> None: ...


class Simulated(Client):
    """A client whose requests and waits take emulated time, several flows side by side as the real one runs them."""

    server: Server

    def _run(self, flow: Flow[Any], _stop: Any = None) -> Any:
        self._waiting: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._numbers = itertools.count()
        result: list[Any] = []
        self._drive_on(flow, result.append, None)
        while self._waiting:
            moment, _, resume, value = heapq.heappop(self._waiting)
            self.server.now = max(self.server.now, moment)
            resume(value)
        return result[0]

    def _at(self, moment: float, resume: Callable[[Any], None], value: Any = None) -> None:
        heapq.heappush(self._waiting, (moment, next(self._numbers), resume, value))

    def _drive_on(self, flow: Flow[Any], ended: Callable[[Any], None], value: Any) -> None:
        """Go on with a flow until it waits."""

        def on(value: Any) -> None:
            self._drive_on(flow, ended, value)

        while True:
            try:
                step = flow.send(value)
            except StopIteration as end:
                ended(end.value)
                return
            if isinstance(step, Blocking):
                value = step.call()
            elif isinstance(step, Request):
                self._at(self.server.now + CALL_SECONDS, on, self.server.send(step))
                return
            elif isinstance(step, Pause):
                self._at(self.server.now + step.seconds, on)
                return
            elif step.flows:
                self._side_by_side(step, on)
                return
            else:
                value = []

    def _side_by_side(self, step: Together, ended: Callable[[Any], None]) -> None:
        values: list[Any] = [None] * len(step.flows)
        left, flows = [len(step.flows)], iter(enumerate(step.flows))

        def begin(_: Any) -> None:
            for index, one in itertools.islice(flows, 1):
                self._drive_on(one, partial(finish, index), None)

        def finish(index: int, value: Any) -> None:
            values[index] = value
            left[0] -= 1
            if not left[0]:
                ended(values)
            else:  # not at once: thousands of flows that end in one moment would be as deep a stack
                self._at(self.server.now, begin)

        for _ in range(min(step.at_most, len(step.flows))):
            self._at(self.server.now, begin)


def client_of(server: Server, **options: Any) -> Simulated:
    """A client of this server, on its clock."""
    client = Simulated(
        "emulated_night",
        base_url="https://api.invalid/v5",
        transport=server,
        clock=lambda: server.now,
        monotonic=lambda: server.now,
        random=lambda: 0.5,
        **options,
    )
    client.server = server
    return client


def night(accounts: int, promotions: int, folder: Path, *, concurrency: int = 8, kept: bool = True) -> Night:
    """One user's night of so many ad accounts. ``kept=False``: rows are made, and not written: see `written`."""
    path, server = folder / f"ads-{accounts}.duckdb", Server(promotions)
    known = _seed(path, accounts, promotions, rows="DATE '2026-11-01' AS DATE, '1000' AS PRODUCT_GROUP_ID")
    client = client_of(server, concurrency=concurrency)
    real = warehouse.DuckStore.replace

    def count(_: Any, __: Any, found: Any) -> warehouse.Applied:
        return warehouse.Applied(found.num_rows, 0)

    began, first = time.process_time(), server.now
    if not kept:
        warehouse.DuckStore.replace = count  # type: ignore[method-assign]
    try:
        done = client.analytics.sync(path, known, columns=COLUMNS, start_date=(TODAY - datetime.timedelta(30)).date())
    finally:
        warehouse.DuckStore.replace = real  # type: ignore[method-assign]
    if done.failed:
        raise next(iter(done.failed.values()))
    return Night(
        accounts=accounts,
        calls=dict(server.calls),
        refused=server.refused,
        minutes=(server.now - first) / 60,
        rows=done.rows,
        busy_seconds=time.process_time() - began,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


class Work(Struct, frozen=True):
    """What a night takes of this machine: seconds of its processor, and of the clock."""

    rows: int
    cpu_seconds: float
    seconds: float
    memory_mb: float
    file_mb: float


def written(accounts: int, promotions: int, folder: Path, *, concurrency: int = 8) -> Work:
    """A night with a real client and its threads: everything but the waiting, and every row is written."""
    path, server = folder / "ads.duckdb", Server(promotions, at_once=True)
    days = "DATE '2026-10-27' + d.n::INTEGER AS DATE, (1000 + p.n)::VARCHAR AS PRODUCT_GROUP_ID"
    values = ", ".join(f"{len(name) * 1009 - 1} AS {name}" for name in COLUMNS)
    tables = f"range({promotions}) p(n), range(30) d(n)"
    known = _seed(path, accounts, promotions, rows=f"{days}, {values}", of=tables)
    client = Client(
        "emulated_night",
        base_url="https://api.invalid/v5",
        transport=server,
        pacing=False,
        concurrency=concurrency,
        clock=lambda: server.now,
        monotonic=lambda: server.now,
        random=lambda: 0.5,
        sleep=lambda _: None,
    )
    cpu, began = time.process_time(), time.perf_counter()
    done = client.analytics.sync(path, known, columns=COLUMNS, start_date=(TODAY - datetime.timedelta(30)).date())
    assert not done.failed
    assert done.changed * 5 == done.rows * 4  # what was kept was other; today is new
    return Work(
        rows=done.rows,
        cpu_seconds=time.process_time() - cpu,
        seconds=time.perf_counter() - began,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        file_mb=path.stat().st_size / 1024**2,
    )


def _seed(path: Path, number: int, promotions: int, *, rows: str, of: str = "range(1)") -> list[str]:
    """The table as the nights before left it: every promotion known, all days settled but the last five. The ad accounts."""
    accounts = [str(549_700_000_000 + n) for n in range(number)]
    question = planning.check(
        accounts, columns=list(COLUMNS), start_date="2026-10-27", end_date="2026-11-25", api_version="5.28"
    )
    store = warehouse.DuckStore(path)
    store.prepare("analytics", COLUMNS, sync.setting_text(question), question.schema())
    yesterday = (TODAY - datetime.timedelta(1)).replace(tzinfo=None)
    store.note("analytics", dict.fromkeys(accounts, yesterday))
    values = {"accounts": accounts, "columns": warehouse.columns_text(COLUMNS), "read_at": yesterday}
    store.read(
        lambda connection: connection.execute(
            "INSERT INTO sync_ids SELECT 'analytics', a.one, (1000 + p.n)::VARCHAR, DATE '2026-10-27', DATE '2026-11-25', "
            "DATE '2026-11-21', $columns, $read_at "
            f"FROM (SELECT unnest($accounts::VARCHAR[]) AS one) a, range({promotions}) p(n)",
            values,
        ).fetchall()
    )
    store.read(
        lambda connection: connection.execute(
            f"INSERT INTO analytics BY NAME SELECT a.one AS AD_ACCOUNT_ID, 'EUR' AS CURRENCY, {rows} "
            f"FROM (SELECT unnest($accounts::VARCHAR[]) AS one) a, {of}",
            {"accounts": accounts},
        ).fetchall()
    )
    return accounts


def drawn(nights: list[Night]) -> str:
    """The growth of a night's minutes and memory with the ad accounts of one user."""
    width, height, left, top = 720, 200, 60, 30
    most = max(one.accounts for one in nights)
    parts = []
    for panel, (title, unit, values) in enumerate(
        (
            ("Minutes of a night, one user", "min", [one.minutes for one in nights]),
            ("Most memory in use", "MB", [one.memory_mb for one in nights]),
        )
    ):
        base, scale = (panel + 1) * height - 40, (height - 80) / (max(values) * 1.1)
        points = [
            (left + one.accounts / most * (width - left - 90), base - y * scale) for one, y in zip(nights, values, strict=True)
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<text x="{left}" y="{panel * height + top - 8}" class="t">{title}</text>')
        parts.append(f'<path d="M{left} {base}H{width - 60}" class="a"/><polyline points="{line}" class="l"/>')
        for one, value, (x, y) in zip(nights, values, points, strict=True):
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/><text x="{x + 6:.1f}" y="{y - 6:.1f}">{value:,.0f} {unit}</text>'
            )
            parts.append(f'<text x="{x:.1f}" y="{base + 16}" class="m">{one.accounts:,}</text>')
    style = (
        "text{font:12px system-ui,sans-serif;fill:#555}.t{font-weight:600}.m{text-anchor:middle}.a{stroke:#999;fill:none}"
        ".l{stroke:#bd081c;fill:none;stroke-width:2}circle{fill:#bd081c}@media(prefers-color-scheme:dark){text{fill:#bbb}}"
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {2 * height}" role="img"'
    return f'{head} aria-label="Minutes and memory by ad accounts of one user"><style>{style}</style>{"".join(parts)}</svg>\n'


def main(sizes: list[int]) -> None:
    nights = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            nights.append(one := night(size, 200, Path(folder), kept=False))
        calls = " ".join(f"{count:,} {name}" for name, count in sorted(one.calls.items()))
        print(f"{size:5,} accounts: {calls}; {one.refused} × 429; {one.minutes:.1f} min; {one.rows:,} rows;", end=" ")
        print(f"{one.busy_seconds:.0f} s of this machine; {one.memory_mb:.0f} MB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = written(WRITTEN, 200, Path(folder))
    print(f"{WRITTEN:,} accounts written: {work.rows:,} rows; {work.cpu_seconds:.0f} s of this machine's processor,", end=" ")
    print(f"{work.seconds:.0f} s; {work.memory_mb:.0f} MB; a file of {work.file_mb:.0f} MB")
    (Path(__file__).parents[1] / "docs" / "night.svg").write_text(drawn(nights), "utf-8")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [250, 1250, 2500, 5000])
