"""The Spark data source without Spark: its options, its lanes, what filters do, and that no token is used twice at once.

What Spark and Sail make of it is in tests/third_party/test_spark.py.
"""

from __future__ import annotations

import datetime
import importlib
import json
import pickle
import sys
import types
from collections import Counter

import pytest

from pinshop import Client
from pinshop.emulator import Emulator
from pinshop.errors import ConfigurationError, InvalidInput

pytest.importorskip("pyarrow")

DAYS = {"start_date": "2026-02-20", "end_date": "2026-02-26", "columns": "SPEND_IN_MICRO_DOLLAR,TOTAL_CLICKTHROUGH"}


class Filter:
    def __init__(self, attribute: str, value: object) -> None:
        self.attribute = (attribute,)
        self.value = value


FILTERS = {
    name: type(name, (Filter,), {})
    for name in ("EqualTo", "In", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual", "StringStartsWith")
}


@pytest.fixture
def spark(monkeypatch):
    """The module, over the three base classes of PySpark that it uses."""
    fake = types.ModuleType("pyspark.sql.datasource")

    class DataSource:
        def __init__(self, options):
            self.options = options

    class InputPartition:
        def __init__(self, value):
            self.value = value

    class DataSourceReader:
        def pushFilters(self, filters):
            raise AssertionError

    fake.DataSource, fake.DataSourceReader, fake.InputPartition = DataSource, DataSourceReader, InputPartition
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "pyspark.sql.datasource", fake)
    for name in ("pinshop.integrations.spark", "pyspark_pinshop"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("pinshop.integrations.spark")
    yield module
    for name in ("pinshop.integrations.spark", "pyspark_pinshop"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def emulator():
    """Eight ad accounts of two users, all of which have earned for a week."""
    with Emulator(now="2026-02-01T12:00:00Z", rules={"report_polls": 0, "report_seconds": 0}) as emulator:
        made = emulator.scale(8, 3)
        users = [emulator.add_user(f"user{n}", "ANALYST", made[n * 4]) for n in range(2)]
        for n, user in enumerate(users):
            for account in made[n * 4 : n * 4 + 4]:
                with emulator.world.change() as store:
                    store.add_role(int(user), int(account), "ANALYST")
        emulator.clock.advance(days=26)
        emulator.tokens = {f"lane{n}": emulator.token(user_id=user) for n, user in enumerate(users)}
        emulator.lanes = {f"lane{n}": made[n * 4 : n * 4 + 4] for n in range(2)}
        yield emulator


def reader(spark, emulator, filters=(), **options):
    given = {
        **DAYS,
        "base_url": emulator.base_url,
        "access_tokens": json.dumps(emulator.tokens),
        "accounts": json.dumps(emulator.lanes),
        **options,
    }
    made = spark.PinterestProductGroupAnalytics(given).reader(None)
    assert list(made.pushFilters(list(filters))) == list(filters), "Spark checks every row again"
    return made


def test_spark_s_default_settings_refuse_no_read(spark, emulator):
    made = reader(spark, emulator)
    # What Spark asks while spark.sql.python.filterPushdown.enabled is false.
    assert getattr(made.pushFilters, "__func__", None) is spark.DataSourceReader.pushFilters
    del spark.DataSourceReader.pushFilters  # PySpark 4.0 knows no filters
    assert reader(spark, emulator).pushFilters([]) == []


def rows(made) -> list[dict]:
    found = []
    for partition in made.partitions():
        again = pickle.loads(pickle.dumps(partition))  # as it travels to a worker
        found += [row for batch in made.read(again) for row in batch.to_pylist()]
    return sorted(found, key=lambda row: (row["AD_ACCOUNT_ID"], row["PRODUCT_GROUP_ID"], row["DATE"]))


@pytest.fixture(scope="module")
def single(emulator):
    """The same, from one machine."""
    client = Client(emulator.access_token, base_url=emulator.base_url)
    accounts = [one for ids in emulator.lanes.values() for one in ids]
    table = client.analytics.get(accounts, **{**DAYS, "columns": DAYS["columns"].split(",")}).to_arrow()
    client.close()
    names = table.column_names
    return sorted(table.to_pylist(), key=lambda row: (row["AD_ACCOUNT_ID"], row["PRODUCT_GROUP_ID"], row["DATE"])), names


def test_lanes_give_what_one_machine_gives_row_by_row(spark, emulator, single):
    expected, names = single
    emulator.calls.clear()
    found = [{name: row[name] for name in names} for row in rows(reader(spark, emulator))]
    assert found == expected
    assert len(found) > 100
    assert emulator.calls.count(status=429) == 0


def test_the_schema_is_that_of_the_batches(spark, emulator):
    source = spark.PinterestProductGroupAnalytics({**DAYS, "columns": "spend"})
    assert source.schema().startswith("`AD_ACCOUNT_ID` STRING, `CURRENCY` STRING, `PRODUCT_GROUP_ID` STRING, `DATE` DATE, ")
    assert "`SPEND_IN_MICRO_DOLLAR` BIGINT" in source.schema()
    assert "`SPEND_IN_DOLLAR` DECIMAL(38,18)" in source.schema()
    made = reader(spark, emulator)
    [batch, *_] = list(made.read(made.partitions()[0]))
    schema = spark.PinterestProductGroupAnalytics(DAYS).schema()
    assert batch.schema.names == [part.partition("`")[0] for part in schema.removeprefix("`").split(", `")]


@pytest.mark.parametrize(
    "days",
    [
        (datetime.date(2026, 2, 22), datetime.date(2026, 2, 23)),
        ("2026-02-22", "2026-02-23"),
        (datetime.datetime(2026, 2, 22, 5), datetime.datetime(2026, 2, 23)),
        (20506, 20507),  # as Sail writes it
        ("2026-02-22 05:00", "2026-02-23T00:00:00"),
    ],
)
def test_filters_on_days_narrow_what_is_asked(spark, emulator, single, days):
    filters = [FILTERS["GreaterThanOrEqual"]("DATE", days[0]), FILTERS["LessThanOrEqual"]("DATE", days[1])]
    found = rows(reader(spark, emulator, filters))
    assert {str(row["DATE"]) for row in found} == {"2026-02-22", "2026-02-23"}
    one = rows(reader(spark, emulator, [FILTERS["EqualTo"]("DATE", days[0])]))
    assert {str(row["DATE"]) for row in one} == {"2026-02-22"}
    several = rows(reader(spark, emulator, [FILTERS["In"]("DATE", days)]))
    assert {str(row["DATE"]) for row in several} == {"2026-02-22", "2026-02-23"}


def test_filters_on_accounts_leave_lanes_out(spark, emulator):
    wanted = emulator.lanes["lane1"][2]
    made = reader(spark, emulator, [FILTERS["In"]("AD_ACCOUNT_ID", (wanted, "1"))])
    assert [partition.lane.accounts for partition in made.partitions()] == [(wanted,)]
    assert {row["AD_ACCOUNT_ID"] for row in rows(made)} == {wanted}
    assert reader(spark, emulator, [FILTERS["EqualTo"]("AD_ACCOUNT_ID", "1")]).partitions() == []


def test_filters_that_mean_something_else_are_left_alone(spark, emulator, single):
    zone = datetime.timezone(datetime.timedelta(hours=9))
    days = [10**12, "2026-2-22", "2026-02-22nd", True, None, datetime.datetime(2026, 2, 22, tzinfo=zone)]
    others = [
        FILTERS["StringStartsWith"]("AD_ACCOUNT_ID", "5"),
        FILTERS["EqualTo"]("CURRENCY", "USD"),
        Filter("DATE", None),
        *(FILTERS["GreaterThan"]("DATE", day) for day in days),
        FILTERS["In"]("DATE", (datetime.date(2026, 2, 22), None)),
    ]
    assert len(rows(reader(spark, emulator, others))) == len(single[0])


def test_a_lane_without_accounts_reads_what_its_token_reaches(spark, emulator):
    found = rows(reader(spark, emulator, accounts=json.dumps({"lane0": emulator.lanes["lane0"]})))
    counts = Counter(row["AD_ACCOUNT_ID"] for row in found)
    assert set(counts) == {*emulator.lanes["lane0"], *emulator.lanes["lane1"]}


def test_a_lane_without_accounts_leaves_those_of_other_lanes_to_them(spark, emulator):
    first, *_ = emulator.lanes["lane0"]
    tokens = {"lane0": emulator.tokens["lane1"], "lane1": emulator.tokens["lane0"]}  # lane1 reaches what lane0 is to read
    made = reader(spark, emulator, accounts=json.dumps({"lane0": [first]}), access_tokens=json.dumps(tokens))
    [named, rest] = made.partitions()
    assert (named.lane.accounts, rest.lane.accounts) == ((first,), None)
    found = {row["AD_ACCOUNT_ID"] for batch in made.read(rest) for row in batch.to_pylist()}
    assert found == set(emulator.lanes["lane0"]) - {first}


def test_a_lane_that_finds_more_than_a_day_s_quota_is_refused_before_it_reads(spark, emulator):
    made = reader(spark, emulator, accounts=json.dumps({"lane0": emulator.lanes["lane0"]}), daily_quota="40")
    lane = made.partitions()[1]
    emulator.calls.clear()
    with pytest.raises(ConfigurationError, match="would take 56"):
        list(made.read(lane))
    assert emulator.calls.count("analytics/create_report") == 0


def test_a_schema_of_the_user_s_chooses_columns_and_no_other_types(spark, emulator):
    def schema(**kinds):
        """As Spark's StructType, as far as it is looked at."""
        one = types.SimpleNamespace
        return one(fields=[one(name=name, dataType=one(simpleString=lambda k=kind: k)) for name, kind in kinds.items()])

    given = {**DAYS, "base_url": emulator.base_url, "access_token": emulator.tokens["lane0"]}
    source = spark.PinterestProductGroupAnalytics({**given, "accounts": ",".join(emulator.lanes["lane0"])})
    made = source.reader(schema(TOTAL_CLICKTHROUGH="bigint", DATE="date"))
    [batch, *_] = list(made.read(made.partitions()[0]))
    assert batch.schema.names == ["TOTAL_CLICKTHROUGH", "DATE"]
    with pytest.raises(InvalidInput, match=r"schema\[DATE\]: got 'STRING', allowed: DATE"):
        source.reader(schema(DATE="string"))
    with pytest.raises(InvalidInput, match="the columns AD_ACCOUNT_ID"):
        source.reader(schema(NOPE="string"))


def test_an_empty_range_reads_nothing(spark, emulator):
    filters = [FILTERS["GreaterThanOrEqual"]("DATE", "2027-01-01")]
    made = reader(spark, emulator, filters)
    assert made.partitions() == []
    assert list(made.read(sys.modules["pyspark.sql.datasource"].InputPartition(None))) == []  # Spark then makes up one


def test_what_a_day_s_quota_cannot_answer_is_refused(spark, emulator):
    with pytest.raises(ConfigurationError, match=r"would take \d+ analytics calls, and the app has 3 a day"):
        reader(spark, emulator, daily_quota="3").partitions()
    assert len(reader(spark, emulator, daily_quota="1000").partitions()) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colums": "spend"}, "the options"),
        ({"start_date": None}, "start_date"),
        ({"accounts": '{"north": ["1"]}'}, "the lanes lane0, lane1"),
        ({"accounts": '{"lane0": ["1"], "lane1": ["1"]}'}, "each ad account in one lane"),
        ({"accounts": "1,2"}, "which lane reads which"),
        ({"access_tokens": "secret"}, "a JSON object"),
        ({"accounts": '{"lane0": "12", "lane1": ["3"]}'}, "a list of ids"),
        ({"accounts": '{"lane0": ["one"], "lane1": ["3"]}'}, r"accounts\[lane0\]\[0\]"),
        ({"accounts": None}, "ad accounts of each lane but one"),
        ({"access_tokens": '{"lane0": "secret", "lane1": "secret"}'}, "a token of its own"),
        ({"access_tokens": '{"lane0": 5, "lane1": "secret"}'}, r"access_tokens\[lane0\]"),
        ({"access_token": "secret"}, "one of access_tokens, access_token and profiles"),
        ({"concurrency": "many"}, "a whole number"),
        ({"concurrency": "0"}, "1 or more"),
        ({"columns": "NOPE"}, "NOPE"),
    ],
)
def test_wrong_options_are_named_and_tokens_are_not(spark, emulator, options, words):
    lanes = {"access_tokens": json.dumps(emulator.tokens), "accounts": json.dumps(emulator.lanes)}
    given = {**DAYS, "base_url": emulator.base_url, **lanes, **options}
    with pytest.raises(InvalidInput, match=words) as caught:
        spark.PinterestProductGroupAnalytics({k: v for k, v in given.items() if v is not None}).schema()
    assert not any(token in str(caught.value) for token in [*emulator.tokens.values(), "secret"])


def test_nothing_printed_holds_a_token(spark, emulator):
    for partition in reader(spark, emulator).partitions():
        for token in emulator.tokens.values():
            assert token not in repr(partition.lane)
            assert (token.encode() in pickle.dumps(partition)) == (token == partition.lane.token)


def test_spark_finds_it_by_itself_and_it_stays_small(spark):
    before = set(sys.modules)
    module = importlib.import_module("pyspark_pinshop")
    assert module.DefaultSource.name() == spark.NAME
    assert {name for name in set(sys.modules) - before if name.startswith("pinshop")} == set()
    assert module.DefaultSource(DAYS).schema() == spark.PinterestProductGroupAnalytics(DAYS).schema()


def test_without_pyspark_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "pinshop.integrations.spark", raising=False)
    with pytest.raises(ConfigurationError, match=r"pinshop\[spark\]"):
        importlib.import_module("pinshop.integrations.spark")
