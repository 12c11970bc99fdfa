"""Spark: what promotions earned as a data source, read with several users' tokens side by side.

    rows = (
        spark.read.format("pinterest_product_group_analytics")
        .option("access_tokens", json.dumps({"north": dbutils.secrets.get("ads", "north")}))
        .option("accounts", json.dumps({"north": ["549755885175"]}))
        .option("columns", "spend,checkout").option("start_date", "2026-01-01").option("end_date", "2026-01-31")
        .load()
    )

It is registered without set-up: Spark finds `pyspark_pinshop`. Pinterest's quota belongs to a token, so a token is what is
scarce, not a core: each token is one partition (a *lane*) that works through its ad accounts, and no token is ever used by two
processes. With one token one machine is enough: use ``client.analytics.stream`` there.

Options (text; names in any case):
    columns: names or families with commas between them, or "all". The default is spend.
    start_date, end_date: days, both included. Required. Filters on DATE narrow them.
    granularity: DAY (the default), HOUR, WEEK, MONTH or TOTAL.
    access_tokens: JSON, lane -> token. Or access_token: one token. Or profiles: names with commas between them, each a lane;
        the profiles must be on the workers. Without any of them the environment of the workers.
    accounts: JSON, lane -> list of ids of ad accounts; for one lane also ids with commas between them. One lane may be without
        any: it asks Pinterest for all that its token reaches, and reads those that no other lane has. Filters on
        AD_ACCOUNT_ID narrow them.
    base_url, api_version, click_window_days, engagement_window_days, view_window_days,
        conversion_report_time, reporting_timezone: as the client's.
    concurrency: how many calls of a lane are under way at once; 4.
    daily_quota: analytics calls a day of the app (1000 for a trial app). A job that needs more is refused before it begins;
        a lane that asks for its ad accounts is refused before its first analytics call.

Needs ``pip install 'pinshop[spark]'`` on the driver and on every worker; PySpark 4.0 or newer.
"""

# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUntypedFunctionDecorator=false
from __future__ import annotations

import datetime
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from msgspec import Struct, structs

from pinshop.api import checks
from pinshop.api.checks import is_digits
from pinshop.client import Client
from pinshop.errors import ConfigurationError, InvalidInput
from pinshop.extras import missing

try:
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
except ImportError:
    raise missing("pyspark", "spark", "the Spark data source") from None

NAME = "pinterest_product_group_analytics"
_EPOCH = datetime.date(1970, 1, 1)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?")
_NUMBERS = ("click_window_days", "engagement_window_days", "view_window_days")
_TEXTS = ("granularity", "conversion_report_time", "reporting_timezone")
_OTHERS = (
    "columns", "start_date", "end_date", "access_tokens", "access_token", "profiles", "accounts", "base_url", "api_version",
    "concurrency", "daily_quota",
)  # fmt: skip
_OPTIONS = frozenset((*_NUMBERS, *_TEXTS, *_OTHERS))


class Lane(Struct, frozen=True):
    """One token and its ad accounts.

    ``accounts`` None: all that the token reaches, but those that other lanes have (``but``); ``only`` narrows them.
    """

    name: str
    token: str | None
    profile: str | None
    accounts: tuple[str, ...] | None
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def __repr__(self) -> str:  # tasks and plans are printed
        return f"Lane({self.name!r}, {'all' if self.accounts is None else len(self.accounts)} ad accounts)"

    def client(self, settings: Settings) -> Client:
        """A client with the lane's token."""
        if self.token is None:
            return Client.from_env(profile=self.profile, base_url=settings.base_url, **settings.client)
        return Client(self.token, base_url=settings.base_url, **settings.client)

    def narrowed(self, ids: frozenset[str]) -> Lane:
        """Only these ad accounts of it."""
        if self.accounts is None:
            return structs.replace(self, only=ids if self.only is None else self.only & ids)
        return structs.replace(self, accounts=tuple(one for one in self.accounts if one in ids))

    def reads(self, ad_account_id: str) -> bool:
        """Whether an ad account that the token reaches is for this lane."""
        return ad_account_id not in self.but and (self.only is None or ad_account_id in self.only)


class Settings(Struct):
    """The options, read and checked."""

    question: dict[str, Any]
    lanes: list[Lane]
    base_url: str | None
    client: dict[str, Any]
    concurrency: int
    daily_quota: int | None

    @classmethod
    def read(cls, options: Mapping[str, str]) -> Settings:
        """Options as Spark has them: text, names in any case.

        Raises:
            InvalidInput: an option that is unknown, missing or malformed.
        """
        given = {name.lower(): value for name, value in options.items()}
        for name, value in given.items():
            if name not in _OPTIONS and name != "path":
                raise InvalidInput(name, value, f"the options {', '.join(sorted(_OPTIONS))}")
        question: dict[str, Any] = {
            "columns": "all" if given.get("columns") == "all" else _names(given.get("columns", "spend"))
        }
        for name in ("start_date", "end_date"):
            if name not in given:
                raise InvalidInput(name, None, "a day, YYYY-MM-DD")
            question[name] = given[name]
        question |= {name: given[name] for name in _TEXTS if name in given}
        question |= {name: _number(name, given[name]) for name in _NUMBERS if name in given}
        more = {"api_version": given["api_version"]} if "api_version" in given else {}
        quota = _number("daily_quota", given["daily_quota"]) if "daily_quota" in given else None
        return cls(
            question,
            _lanes(given),
            given.get("base_url"),
            more,
            _number("concurrency", given.get("concurrency", "4"), 1),
            quota,
        )

    def check_cost(self, lanes: Iterable[Lane], others: int = 0) -> int:
        """How many analytics calls these lanes need, as far as their ad accounts are known, beside those of ``others``.

        Raises:
            ConfigurationError: more than the app has a day.
        """
        if self.daily_quota is None:
            return 0
        calls: int = sum(self.plan(lane.accounts).cost().calls.get("ads_analytics", 0) for lane in lanes if lane.accounts)
        if calls + others > self.daily_quota:
            raise ConfigurationError(
                f"this would take {calls + others:,} analytics calls, and the app has {self.daily_quota:,} a day",
                advice="ask for fewer ad accounts, or over several days",
            )
        return calls

    def plan(self, accounts: Iterable[str]) -> Any:
        """The plan of these ad accounts; made without sending anything."""
        with Client("planning-only", base_url=self.base_url, **self.client) as client:
            return client.analytics.plan(tuple(accounts), None, **self.question)


def _lanes(given: Mapping[str, str]) -> list[Lane]:
    ways = [name for name in ("access_tokens", "access_token", "profiles") if name in given]
    if len(ways) > 1:
        raise InvalidInput(
            ways[1], "an option", f"one of access_tokens, access_token and profiles ({ways[0]} is there already)"
        )
    tokens: dict[str, tuple[str | None, str | None]] = {"environment": (None, None)}
    if "access_tokens" in given:
        tokens = {name: (token, None) for name, token in _tokens(given["access_tokens"]).items()}
    elif "access_token" in given:
        tokens = {"token": (given["access_token"], None)}
    elif "profiles" in given:
        tokens = {name: (None, name) for name in _names(given["profiles"])}
    accounts = _accounts(given.get("accounts"), list(tokens))
    without = [name for name in tokens if name not in accounts]
    if len(without) > 1:  # what two tokens reach would be read twice, and counted twice
        raise InvalidInput(
            "accounts", given.get("accounts"), f"ad accounts of each lane but one ({', '.join(without)} have none)"
        )
    every = frozenset(one for ids in accounts.values() for one in ids)
    return [
        Lane(name, token, profile, accounts.get(name), but=frozenset() if name in accounts else every)
        for name, (token, profile) in tokens.items()
    ]


def _tokens(text: str) -> dict[str, str]:
    found = _object("access_tokens", text, shown=False)
    lanes: dict[str, str] = {}
    for name, token in found.items():
        if not isinstance(token, str) or not token:
            raise InvalidInput(f"access_tokens[{name}]", f"a value of type {type(token).__name__}", "a token, as text")
        if token in lanes:  # two processes would share its quota
            raise InvalidInput(f"access_tokens[{name}]", f"the token of {lanes[token]}", "a token of its own for each lane")
        lanes[token] = name
    return found


def _accounts(text: str | None, lanes: list[str]) -> dict[str, tuple[str, ...]]:
    """Which lane reads which ad accounts: each in one lane."""
    if text is None:
        return {}
    if text.lstrip().startswith("{"):
        found = _object("accounts", text)
    elif len(lanes) == 1:
        found = dict.fromkeys(lanes, _names(text))
    else:
        raise InvalidInput("accounts", text, "JSON that says which lane reads which ad accounts")
    if unknown := sorted(set(found) - set(lanes)):
        raise InvalidInput("accounts", unknown[0], f"the lanes {', '.join(lanes)}")
    accounts: dict[str, tuple[str, ...]] = {}
    seen: dict[str, str] = {}
    for name, ids in found.items():
        if not isinstance(ids, list):
            raise InvalidInput(f"accounts[{name}]", ids, "a list of ids")
        accounts[name] = tuple(checks.check_id(f"accounts[{name}][{index}]", one) for index, one in enumerate(ids))
        for one in accounts[name]:
            if one in seen:
                raise InvalidInput("accounts", one, f"each ad account in one lane, once ({seen[one]} has it already)")
            seen[one] = name
    return accounts


def _object(name: str, text: str, *, shown: bool = True) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not value:
        raise InvalidInput(name, text if shown else "text", "a JSON object with a value for each lane")
    return value


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _number(name: str, text: str, least: int = 0) -> int:
    if not is_digits(text, 9) or int(text) < least:
        raise InvalidInput(name, text, f"a whole number, {least} or more")
    return int(text)


class LanePartition(InputPartition):  # type: ignore[misc]
    """A lane, and what it reads. It travels to a worker, and knows no token but its own."""

    def __init__(self, lane: Lane, settings: Settings, calls: int) -> None:
        super().__init__(lane.name)
        self.lane = lane
        self.settings = structs.replace(settings, lanes=[])
        self.calls = calls  # of all lanes, as far as they are known


class PinterestProductGroupAnalytics(DataSource):  # type: ignore[misc]
    """``spark.read.format("pinterest_product_group_analytics")``. See the module for its options."""

    @classmethod
    def name(cls) -> str:
        return NAME

    def schema(self) -> str:
        """The columns with Spark's types, the same whatever the rows."""
        return ", ".join(f"`{name}` {type_}" for name, type_ in _types(self._schema()).items())

    def _schema(self) -> Any:
        settings = Settings.read(self.options)
        return settings.plan(["1"]).query.schema()

    def reader(self, schema: Any) -> LaneReader:
        """The reader. ``schema`` may be the user's: fewer columns, or another order, of the same types.

        Raises:
            InvalidInput: it has a column or a type that the data source has not.
        """
        given = _types(schema)
        ours = _types(self._schema())
        for name, type_ in given.items():
            if name not in ours:
                raise InvalidInput("schema", name, f"the columns {', '.join(ours)}")
            if type_ != ours[name]:
                raise InvalidInput(f"schema[{name}]", type_, ours[name])
        return LaneReader(self.options, list(given or ours))


def _types(schema: Any) -> dict[str, str]:
    """Spark's types by name, of a schema of Spark's or (as Sail gives it) of Arrow's."""
    if hasattr(schema, "fields"):
        return {field.name: field.dataType.simpleString().upper() for field in schema.fields}
    return {field.name: _spark_type(str(field.type)) for field in schema or ()}


def _spark_type(arrow: str) -> str:
    known = {"string": "STRING", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE"}
    if arrow in known:
        return known[arrow]
    if arrow.startswith("decimal128("):
        return f"DECIMAL({arrow[len('decimal128(') : -1]})".replace(" ", "")
    if arrow.startswith("timestamp["):
        return "TIMESTAMP" if "tz=" in arrow else "TIMESTAMP_NTZ"
    return "STRING"


class LaneReader(DataSourceReader):  # type: ignore[misc]
    """Reads lanes. Filters only ever narrow what is asked for; Spark applies them again."""

    def __init__(self, options: Mapping[str, str], names: list[str]) -> None:
        self._settings = Settings.read(options)
        self._lanes = self._settings.lanes
        self._names = names

    @property
    def pushFilters(self) -> _PushFilters:  # noqa: N802 - PySpark's name
        """Takes over what narrows days and ad accounts. All filters are given back, so that Spark checks every row."""
        return _PushFilters(self)

    def narrow(self, filters: Iterable[Any]) -> None:
        """Ask for no more than these filters leave."""
        for one in filters:
            self._narrow(type(one).__name__, tuple(getattr(one, "attribute", ())), one)

    def _narrow(self, kind: str, attribute: tuple[str, ...], one: Any) -> None:
        if attribute == ("AD_ACCOUNT_ID",) and kind in ("EqualTo", "EqualNullSafe", "In"):
            ids = frozenset(map(str, one.value if kind == "In" else [one.value]))
            self._lanes = [lane.narrowed(ids) for lane in self._lanes]
        if attribute == ("DATE",) and self._settings.question.get("granularity", "DAY") == "DAY":
            days = [_day(value) for value in (one.value if kind == "In" else [getattr(one, "value", None)])]
            if not days or None in days:
                return
            first, last = min(filter(None, days)), max(filter(None, days))
            if kind in ("EqualTo", "EqualNullSafe", "In", "GreaterThan", "GreaterThanOrEqual"):
                self._bound("start_date", first, max)
            if kind in ("EqualTo", "EqualNullSafe", "In", "LessThan", "LessThanOrEqual"):
                self._bound("end_date", last, min)

    def _bound(self, name: str, day: datetime.date, choose: Any) -> None:
        question = self._settings.question
        question[name] = choose(datetime.date.fromisoformat(str(question[name])), day)

    def partitions(self) -> list[LanePartition]:
        """One partition for each token that has something to read. Nothing is sent."""
        question = self._settings.question
        empty = str(question["start_date"]) > str(question["end_date"])
        lanes = [lane for lane in self._lanes if lane.accounts != () and lane.only != frozenset() and not empty]
        calls = self._settings.check_cost(lanes)
        return [LanePartition(lane, self._settings, calls) for lane in lanes]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        """The lane's rows as Arrow batches, ad account after ad account."""
        if not isinstance(partition, LanePartition):  # what Spark makes up where there is none
            return
        lane, settings = partition.lane, partition.settings
        with lane.client(settings) as client:
            accounts = lane.accounts
            if accounts is None:
                every = (str(one.id) for one in client.ad_accounts.list(page_size=250))
                accounts = tuple(dict.fromkeys(one for one in every if lane.reads(one)))
                settings.check_cost([structs.replace(lane, accounts=accounts)], partition.calls)
            if not accounts:
                return
            plan = client.analytics.plan(accounts, None, **settings.question)
            waiting: deque[Future[Any]] = deque()
            with ThreadPoolExecutor(settings.concurrency, f"pinshop-{lane.name}") as pool:
                try:
                    for ask in plan.asks:
                        waiting.append(pool.submit(client.analytics.batch, plan, ask))
                        if len(waiting) > settings.concurrency:
                            yield from self._batches(waiting.popleft())
                    while waiting:
                        yield from self._batches(waiting.popleft())
                finally:
                    for future in waiting:
                        future.cancel()

    def _batches(self, future: Future[Any]) -> Any:
        return future.result().select(self._names).to_batches()


class _PushFilters:
    """The method `pushFilters` of a reader, which looks as if it were not written.

    While ``spark.sql.python.filterPushdown.enabled`` is false, which is the default, Spark refuses to read with a reader that
    has one of its own (``DATA_SOURCE_PUSHDOWN_DISABLED``), and it tells by ``__func__``.
    """

    def __init__(self, reader: LaneReader) -> None:
        self.__func__ = getattr(DataSourceReader, "pushFilters", None)
        self._reader = reader

    def __call__(self, filters: list[Any]) -> list[Any]:
        self._reader.narrow(filters)
        return filters


def _day(value: Any) -> datetime.date | None:
    """A day as engines write it in filters: a date, a moment, ISO text, or the number of days since 1970.

    None where it is anything else: then the engine alone filters. So it does for moments with a time zone, whose day depends
    on a setting of the session.
    """
    if isinstance(value, datetime.datetime):
        return value.date() if value.tzinfo is None else None
    if isinstance(value, datetime.date):
        return value
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + datetime.timedelta(value)
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            return datetime.date.fromisoformat(value[:10])
    except (ValueError, OverflowError):
        return None
    return None
