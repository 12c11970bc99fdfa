"""Tables: the same types whatever came, exact values or a refusal, nothing lost, and pandas never woken by accident."""

from __future__ import annotations

import datetime
import io
import subprocess
import sys
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinshop.analytics import tables, values
from pinshop.analytics.plain_rows import Asked, Block, split
from pinshop.analytics.rows import Rows
from pinshop.api.columns import COLUMNS
from pinshop.errors import BadReply, ConfigurationError, InvalidInput
from pinshop.files import atomic

KEYS = ("PRODUCT_GROUP_ID", "DATE")
DAY = datetime.date(2026, 1, 1)
MICRO, UNITS, RATIO, COUNT = "SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "CTR", "IMPRESSION_1"


def received(*bodies: bytes, columns: Any = (MICRO, UNITS, RATIO, COUNT), **asked: Any) -> Rows:
    asked.setdefault("keys", KEYS)
    return Rows((), columns, blocks=[split(body) for body in bodies], asked=Asked(**asked))


def row(text: str) -> bytes:
    return b'[{"PRODUCT_GROUP_ID": "0012", "DATE": "2026-01-01", %s}]' % text.encode()


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        ("9007199254740993", MICRO, 9007199254740993),
        ("9223372036854775807", MICRO, 2**63 - 1),
        ("-1", MICRO, -1),
        ("5.0", COUNT, 5),
        ("1e3", COUNT, 1000),
        ('"5"', MICRO, 5),
        ("null", COUNT, None),
        ("30", UNITS, Decimal(30)),
        ("1e-6", UNITS, Decimal("0.000001")),
        ("0.30000000000000004", UNITS, Decimal("0.30000000000000004")),
        ("12345678901234567890.123456789012345678", UNITS, Decimal("12345678901234567890.123456789012345678")),
        ('"0.10"', UNITS, Decimal("0.1")),
        ("0", UNITS, Decimal(0)),
        ("1e3", UNITS, Decimal(1000)),
        ("1.5E+3", UNITS, Decimal(1500)),
        ("99999999999999999999.9", UNITS, Decimal("99999999999999999999.9")),
        ("0.1", RATIO, 0.1),
        ("3", RATIO, 3.0),
        ('"0.25"', RATIO, 0.25),
        ("12", "NEWER", "12"),
        ("0.10", "NEWER", "0.10"),
        ('"2026-01-01"', "NEWER", "2026-01-01"),
        ("18446744073709551617", "NEWER", "18446744073709551617"),
        ('{"a":[1]}', "NEWER", '{"a":[1]}'),
        ("true", "NEWER", "true"),
        ("7", "AD_GROUP_ID", "7"),
        ("true", "CAMPAIGN_BUDGET_OPTIMIZATION", True),
        ('"false"', "CAMPAIGN_BUDGET_OPTIMIZATION", False),
    ],
)
def test_a_value_arrives_exactly(sent, name, value):
    rows = received(row(f'"{name}": {sent}'), columns=[name])
    (line,) = rows.to_arrow().to_pylist()
    assert line == {"PRODUCT_GROUP_ID": "0012", "DATE": DAY, name: value}
    assert type(line[name]) is type(value)
    assert rows.to_dicts() == [line]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("5.5", COUNT),
        ("9223372036854775808", COUNT),
        ("-9223372036854775809", MICRO),
        ("true", COUNT),
        ("1e400", RATIO),
        ("1e99999", COUNT),
        ("1e-19", UNITS),
        ("1e20", UNITS),
        ("1e25", UNITS),
        ("1E+30", UNITS),
        ("1e300", UNITS),
        ("123456789012345678901", UNITS),
        ('"NaN"', RATIO),
        ('"1_000"', COUNT),
        ('"\N{ARABIC-INDIC DIGIT FIVE}"', RATIO),
        ("[]", MICRO),
        ("5", "CAMPAIGN_BUDGET_OPTIMIZATION"),
    ],
)
def test_what_does_not_fit_is_refused_and_stays_in_the_rows(sent, name):
    rows = received(row(f'"{name}": {sent}'), columns=[name])
    with pytest.raises(BadReply, match=name):
        rows.to_arrow()
    with pytest.raises(BadReply, match=name):
        rows.to_dicts()
    assert name in rows[0]
    assert rows.to_arrow(types={name: "string"}).schema.field(name).type == pa.string()


@pytest.mark.parametrize("sent", ['"2026-13-01"', '"soon"', "20260101", '"2026-01-01T05:00:00"'])
def test_a_day_that_is_none_is_refused(sent):
    with pytest.raises(BadReply, match="DATE"):
        received(b'[{"PRODUCT_GROUP_ID": "1", "DATE": %s}]' % sent.encode()).to_arrow()


@pytest.mark.parametrize("sent", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.000+00:00"])
def test_a_day_may_be_written_as_its_midnight(sent):
    table = received(b'[{"PRODUCT_GROUP_ID": "1", "DATE": "%s"}]' % sent.encode()).to_arrow()
    assert table.column("DATE").to_pylist() == [DAY]


def test_types_are_those_of_the_catalog_also_without_rows():
    every = list(COLUMNS)
    empty = received(columns=every).to_arrow()
    some = received(row(f'"{COUNT}": 1'), b"[]", row('"CTR": 0.5'), columns=every).to_arrow()
    assert empty.schema == some.schema
    assert (empty.num_rows, some.num_rows) == (0, 2)
    kinds = {name: str(empty.schema.field(name).type) for name in (MICRO, UNITS, RATIO, COUNT, "DATE", "PRODUCT_GROUP_ID")}
    assert list(kinds.values()) == ["int64", "decimal128(38, 18)", "double", "int64", "date32[day]", "string"]
    assert Rows([], [MICRO]).to_arrow().schema == pa.schema([(MICRO, pa.int64())])


def test_hours_stay_as_they_were_sent():
    table = received(b'[{"PRODUCT_GROUP_ID": "1", "DATE": "2026-01-01T05:00:00"}]', granularity="HOUR").to_arrow()
    assert table.column("DATE").to_pylist() == ["2026-01-01T05:00:00"]


def test_one_odd_row_changes_no_type():
    plain = received(row(f'"{COUNT}": 1')).to_arrow()
    odd = received(row(f'"{COUNT}": 1'), row(f'"{COUNT}": 2.0, "NEWER": 1')).to_arrow()
    assert odd.schema.names == [*plain.schema.names, "NEWER"]
    assert odd.select(plain.schema.names).schema == plain.schema
    assert odd.column("NEWER").to_pylist() == [None, "1"]


def test_a_fixed_schema_keeps_what_it_has_no_column_for():
    schema = tables.schema_of(KEYS, [COUNT], other=True)
    plain = tables.from_block(split(row(f'"{COUNT}": 1')), schema)
    odd = tables.from_block(split(row(f'"{COUNT}": 1, "NEWER": 0.10')), schema)
    assert plain.schema == odd.schema == schema
    assert plain.column(tables.OTHER).to_pylist() == [None]
    assert odd.column(tables.OTHER).to_pylist() == ['{"NEWER":0.10}']


def test_rows_written_over_lines_and_longer_than_a_block_are_read():
    pretty = b'[\n {"PRODUCT_GROUP_ID":\n "1",\n "DATE": "2026-01-01"\n},\n {"PRODUCT_GROUP_ID": "2", "DATE": "2026-01-01"}\n]'
    assert received(pretty).to_arrow().num_rows == 2
    long = row(f'"AD_GROUP_NAME": "{"x" * 3_000_000}"')
    table = received(row('"CTR": 1'), long, columns=["AD_GROUP_NAME"]).to_arrow()
    assert len(table.column("AD_GROUP_NAME").to_pylist()[1]) == 3_000_000


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                COUNT: st.integers(-(2**63), 2**63 - 1) | st.none(),
                UNITS: st.decimals(-(10**19), 10**19, allow_nan=False, places=18) | st.integers(-(10**19), 10**19),
                RATIO: st.floats(allow_nan=False, allow_infinity=False),
                "AD_GROUP_NAME": TEXTS,
                "NEWER": TEXTS | st.integers() | st.booleans() | st.none(),
            },
        ),
        max_size=8,
    )
)
def test_both_ways_give_the_same_table(lines):
    lines = [{"PRODUCT_GROUP_ID": str(n), "DATE": "2026-01-01", **line} for n, line in enumerate(lines)]
    body = msgspec.json.Encoder(decimal_format="number").encode(lines)
    names = [COUNT, UNITS, RATIO, "AD_GROUP_NAME", "NEWER"]
    table = received(body, columns=names).to_arrow()
    again = tables.from_dicts(lines, table.schema)
    assert table.equals(again)
    for line, found in zip(lines, table.to_pylist(), strict=True):
        for name in names:
            value = line.get(name)
            assert found[name] == (values.text_of(value) if name == "NEWER" and value is not None else value)


def test_constants_of_a_block_are_columns():
    block = split(b'[{"PRODUCT_GROUP_ID": "1"}, {"PRODUCT_GROUP_ID": "2"}]', {"AD_ACCOUNT_ID": "77", "CURRENCY": "é"})
    keys = ("AD_ACCOUNT_ID", "CURRENCY", "PRODUCT_GROUP_ID")
    rows = Rows((), (), blocks=[block, Block([], {"AD_ACCOUNT_ID": "78"})], asked=Asked(keys=keys))
    assert rows.to_arrow().to_pylist() == [
        {"AD_ACCOUNT_ID": "77", "CURRENCY": "é", "PRODUCT_GROUP_ID": one} for one in ("1", "2")
    ]
    assert list(rows) == rows.to_arrow().to_pylist()


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'["x"]', b"[null]", b"[{}", b"", b"<html>", b'[{"a":1}]]'])
def test_what_is_no_list_of_rows_is_refused_at_once(body):
    with pytest.raises(BadReply):
        split(body)


# ---------------------------------------------------------------------------------------------- other forms


ROWS = [
    {"PRODUCT_GROUP_ID": "0012", "DATE": "2026-02-28", MICRO: 2**53 + 1, UNITS: Decimal("1.230")},
    {"PRODUCT_GROUP_ID": "3"},
]


def test_polars_and_pandas_have_the_same_types():
    import pandas as pd

    table = Rows(ROWS, [MICRO, UNITS], asked=Asked(keys=KEYS)).to_arrow()
    rows = Rows(ROWS, [MICRO, UNITS], asked=Asked(keys=KEYS))
    assert rows.to_polars().to_arrow().cast(table.schema).equals(table)
    frame = rows.to_pandas()
    assert [str(kind) for kind in frame.dtypes] == [
        "string[pyarrow]" if str(kind) == "string[pyarrow]" else str(pd.ArrowDtype(table.schema.types[n]))
        for n, kind in enumerate(frame.dtypes)
    ]
    assert frame[MICRO].to_list() == [2**53 + 1, pd.NA]
    assert frame["DATE"].iloc[0] == datetime.date(2026, 2, 28)


def test_csv_is_as_sent():
    written = io.StringIO()
    Rows(ROWS, [MICRO, UNITS], asked=Asked(keys=KEYS)).to_csv(written)
    assert written.getvalue() == (
        "PRODUCT_GROUP_ID,DATE,SPEND_IN_MICRO_DOLLAR,SPEND_IN_DOLLAR\n0012,2026-02-28,9007199254740993,1.230\n3,,,\n"
    )


def test_files_are_whole_or_not_there(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    rows = Rows(ROWS, [MICRO, UNITS], asked=Asked(keys=KEYS))
    rows.to_parquet(tmp_path / "deep" / "rows.parquet")
    assert pq.read_table(tmp_path / "deep" / "rows.parquet").equals(rows.to_arrow())
    rows.to_csv(tmp_path / "rows.csv")
    before = (tmp_path / "rows.csv").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "sync_file", full)
    for write in (lambda: rows.to_csv(tmp_path / "rows.csv"), lambda: rows.to_parquet(tmp_path / "new.parquet")):
        with pytest.raises(OSError, match="No space"):
            write()
    assert (tmp_path / "rows.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "rows.csv"]


def test_duckdb_holds_exactly_the_rows(tmp_path):
    import duckdb

    rows = Rows(ROWS, [MICRO, UNITS], asked=Asked(keys=KEYS))
    path = tmp_path / "ads.duckdb"
    rows.to_duckdb(path)
    rows.to_duckdb(path, mode="append")
    with pytest.raises(InvalidInput, match="not there yet"):
        rows.to_duckdb(path)
    with pytest.raises(InvalidInput, match="the columns"):
        Rows(ROWS, ["CTR"]).to_duckdb(path, mode="append", table="analytics", types={"CTR": "string"})
    with pytest.raises(InvalidInput, match="mode"):
        rows.to_duckdb(path, mode="merge")
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.sql("SELECT * FROM analytics").to_arrow_table().cast(rows.to_arrow().schema).num_rows == 4
        assert connection.execute("SELECT SUM(SPEND_IN_MICRO_DOLLAR), SUM(SPEND_IN_DOLLAR) FROM analytics").fetchall() == [
            (2 * (2**53 + 1), Decimal("2.46"))
        ]
    memory = duckdb.connect()
    rows.to_duckdb(memory, 'odd "name"', mode="replace")
    assert memory.execute('SELECT COUNT(*) FROM "odd ""name"""').fetchall() == [(2,)]
    memory.close()


def test_a_held_duckdb_file_names_its_holder(tmp_path):
    path = tmp_path / "ads.duckdb"
    Rows(ROWS, [MICRO]).to_duckdb(path)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ConfigurationError, match=f"held open by process {holder.pid}"):
            Rows(ROWS, [MICRO]).to_duckdb(path, mode="append")
        holder.communicate(b"")
    (tmp_path / "text.duckdb").write_text("no database, but long enough to be looked at " * 100)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Rows(ROWS, [MICRO]).to_duckdb(tmp_path / "text.duckdb")


PANDAS = """
import sys
from pinshop.analytics.plain_rows import Asked, split
from pinshop.analytics.rows import Rows
block = split(b'[{"PRODUCT_GROUP_ID": "1", "DATE": "2026-01-01", "CTR": 0.5, "IMPRESSION_1": %s}]', {"AD_ACCOUNT_ID": "7"})
keys = ("AD_ACCOUNT_ID", "PRODUCT_GROUP_ID", "DATE")
rows = Rows((), ["CTR", "IMPRESSION_1"], blocks=[block], asked=Asked(keys=keys, ids={"7": ("1", "2")}))
rows.to_arrow(); rows.to_polars(); rows.to_dicts(); rows.missing_ids; rows.total("DATE", columns=["IMPRESSION_1"]).to_arrow()
rows.to_csv("r.csv"); rows.to_parquet("r.parquet"); rows.to_duckdb("r.duckdb")
print(sorted({"pandas", "numpy"} & set(sys.modules) - {"numpy"}))
"""


@pytest.mark.parametrize("value", ["5", "5.0"])
def test_no_way_imports_pandas_by_accident(tmp_path, value):
    alone = [
        sys.executable,
        "-c",
        "import sys, pyarrow; pyarrow.table({'a': pyarrow.array(['5'])}); print('pandas' in sys.modules)",
    ]
    if subprocess.run(alone, capture_output=True, text=True, check=True).stdout == "True\n":
        pytest.skip("this pyarrow imports pandas itself")
    done = subprocess.run([sys.executable, "-c", PANDAS % value], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("missing", "act", "extra"),
    [
        ("pyarrow", Rows.to_arrow, "arrow"),
        ("polars", Rows.to_polars, "polars"),
        ("pandas", Rows.to_pandas, "pandas"),
        ("duckdb", lambda rows: rows.to_duckdb("x.duckdb"), "duckdb"),
        ("pyarrow", lambda rows: rows.to_parquet("x.parquet"), "arrow"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch, missing, act, extra):
    monkeypatch.setitem(sys.modules, missing, None)
    real = tables.import_module

    def without(module: str) -> Any:
        if module.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named '{missing}'", name=missing)
        return real(module)

    monkeypatch.setattr(tables, "import_module", without)
    with pytest.raises(ConfigurationError, match=rf"{missing} is not installed — pip install 'pinshop\[{extra}\]'"):
        act(Rows([], ["CTR"]))


def test_dicts_and_csv_need_no_extra():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('pyarrow', 'duckdb', 'polars', 'pandas')));"
        "from pinshop import Rows; r = Rows([{'CTR': 1}], ['CTR']); r.to_csv(sys.stdout); print(r.to_dicts())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("CTR\n1\n[{'CTR': 1.0}]\n", "")
