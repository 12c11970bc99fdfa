"""A server of rows that a test writes: ``earned[account][(id, day)] = {"IMPRESSION_1": 5}``. Synchronous analytics and reports.

It answers exactly what it is asked for, leaves out what is not there, and counts who was asked for what.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter, defaultdict
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pinshop import Client
from pinshop.api.http import Reply, Request

DAY = datetime.timedelta(1)


class Earned:
    """A transport over rows; ``today`` is the server's day. ``refuse(request)`` may answer instead, or raise."""

    def __init__(self, today: str = "2026-03-31") -> None:
        self.today = datetime.date.fromisoformat(today)
        self.rows: dict[str, dict[tuple[str, datetime.date], dict[str, Any]]] = defaultdict(dict)
        self.currencies: dict[str, str] = {}
        self.asked: Counter[tuple[str, str, datetime.date]] = Counter()
        self.calls: Counter[str] = Counter()
        self.targets: list[str] = []
        self.ready = True
        #: What a file of a bulk download holds: None (there are no files), "active", "not archived" or "all" promotions.
        self.files: str | None = None
        #: Account -> promotion -> (status, when it was changed last). Those that only have rows are ACTIVE, since ever.
        self.promotions: dict[str, dict[str, tuple[str, datetime.datetime]]] = defaultdict(dict)
        self.refuse: Any = lambda _: None
        self._orders: list[tuple[str, dict[str, Any]]] = []

    def client(self, **options: Any) -> Client:
        moment = datetime.datetime.combine(self.today, datetime.time(12), datetime.UTC).timestamp()
        clock = {"clock": lambda: moment, "monotonic": lambda: 0.0, "sleep": lambda _: None, "random": lambda: 0.5}
        settings = {"base_url": "https://rows.invalid/v5", "pacing": False, **clock, **options}
        return Client("emulated_rows", transport=self, **settings)

    def close(self) -> None: ...

    def send(self, request: Request) -> Reply:
        self.targets.append(request.target)
        if (refused := self.refuse(request)) is not None:
            return refused  # type: ignore[no-any-return]
        parts = urlsplit(request.target)
        query = parse_qs(parts.query)
        steps = parts.path.split("/")[2:]
        if steps[0] == "file":
            return self._reply(self._file(*self._orders[int(steps[1])]))
        if steps[2:3] == ["bulk"]:
            return self._bulk(request, steps)
        if steps[0] == "report":
            return self._reply(self._content(*self._orders[int(steps[1])]))
        if steps[:2] == ["resources", "metrics_ready_state"]:
            self.calls["ready"] += 1
            return self._reply({"conversion_metrics_ready": self.ready, "non_conversion_metrics_ready": self.ready})
        account = steps[1]
        if steps[2:] == []:
            self.calls["account"] += 1
            return self._reply({"id": account, "currency": self.currencies.get(account, "EUR")})
        if steps[2:] == ["product_groups", "analytics"]:
            self.calls["analytics"] += 1
            first, last = (datetime.date.fromisoformat(query[name][0]) for name in ("start_date", "end_date"))
            columns = query["columns"][0].split(",")
            return self._reply(self._rows(account, query["product_group_ids"], first, last, columns, query["granularity"][0]))
        if steps[2:] == ["reports"] and request.method == "POST":
            self.calls["order"] += 1
            self._orders.append((account, json.loads(request.body or b"")))
            return self._reply({"report_status": "IN_PROGRESS", "token": str(len(self._orders) - 1)})
        if steps[2:] == ["reports"]:
            self.calls["poll"] += 1
            return self._reply({"report_status": "FINISHED", "url": f"https://rows.invalid/v5/report/{query['token'][0]}"})
        raise AssertionError(request.target)

    def _bulk(self, request: Request, steps: list[str]) -> Reply:
        if self.files is None:
            return self._reply({"code": 404, "message": "Not here."}, 404)
        if request.method == "POST":
            self.calls["file"] += 1
            self._orders.append((steps[1], json.loads(request.body or b"")))
            return self._reply({"request_id": str(len(self._orders) - 1)})
        self.calls["file poll"] += 1
        return self._reply({"status": "SUCCEEDED", "result_url": f"https://rows.invalid/v5/file/{steps[3]}"})

    def _file(self, account: str, order: dict[str, Any]) -> dict[str, Any]:
        ever = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        known = {one: ("ACTIVE", ever) for one, _ in self.rows[account]} | self.promotions[account]
        since = datetime.datetime.fromtimestamp(int(order.get("updated_since", 0)), datetime.UTC)
        held = [
            {"id": one, "status": status}
            for one, (status, changed) in known.items()
            if changed >= since
            and (self.files == "all" or status == "ACTIVE" or (self.files == "not archived" and status != "ARCHIVED"))
        ]
        return {"product_groups": held}

    def _rows(
        self, account: str, ids: Any, first: datetime.date, last: datetime.date, columns: list[str], granularity: str
    ) -> list[dict[str, Any]]:
        earned = self.rows[account]
        if ids is None:
            ids = sorted({one for one, _ in earned})
        found = []
        for one in ids:
            days = [first + n * DAY for n in range((last - first).days + 1)]
            self.asked.update((account, one, day) for day in days)
            there = [
                (day, {c: earned[one, day][c] for c in columns if c in earned[one, day]})
                for day in days
                if (one, day) in earned
            ]
            if granularity == "TOTAL":
                if there:
                    found.append({"PRODUCT_GROUP_ID": one})
                continue
            found += [{"DATE": str(day), "PRODUCT_GROUP_ID": one, **values} for day, values in there if values]
        return found

    def _content(self, account: str, order: dict[str, Any]) -> dict[str, Any]:
        first, last = (datetime.date.fromisoformat(order[name]) for name in ("start_date", "end_date"))
        rows = self._rows(account, order.get("product_group_ids"), first, last, order["columns"], order["granularity"])
        grouped: dict[str, Any] = {}
        for row in rows:
            grouped.setdefault(row["PRODUCT_GROUP_ID"], []).append(row)
        return grouped

    def _reply(self, value: Any, status: int = 200) -> Reply:
        moment = datetime.datetime.combine(self.today, datetime.time(12), datetime.UTC)
        headers = {"content-type": "application/json", "date": format_datetime(moment, usegmt=True)}
        return Reply(status, headers, json.dumps(value).encode())
