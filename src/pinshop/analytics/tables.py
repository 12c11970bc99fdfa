"""Arrow tables of rows: types fixed by the column catalog, exact values, and no pandas.

`pyarrow.array`, `pyarrow.scalar` and `Table.from_pylist` import pandas wherever it is installed, which takes a second. So
tables are made by ``pyarrow.json`` alone: from the bytes as they arrived where these are of the expected types (fast), else
from the values checked and written anew (slow).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from pinshop.analytics.plain_rows import Block, PlainRows
from pinshop.analytics.values import TYPES, Type, exact, text_of, type_of
from pinshop.api import models
from pinshop.errors import BadReply, ConfigurationError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

#: In tables whose columns are fixed beforehand, what was sent beyond them: JSON text, null where nothing was.
OTHER = "OTHER_COLUMNS"

_PLAIN_BLOCK_BYTES = 1 << 20


def need(module: str, extra: str) -> Any:
    """Import what an extra brings.

    Raises:
        ConfigurationError: it is not installed; names the line that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.partition(".")[0] != error.name.partition(".")[0]:
            raise
        raise ConfigurationError(f"{error.name} is not installed", advice=f"pip install 'pinshop[{extra}]'") from None


def arrow_type(kind: Type) -> pyarrow.DataType:
    """The Arrow type of a `Type`."""
    pa = need("pyarrow", "arrow")
    if kind == "decimal":
        return pa.decimal128(38, 18)
    return getattr(pa, {"int64": "int64", "float64": "float64", "string": "string", "date": "date32", "bool": "bool_"}[kind])()


def schema_of(
    keys: Sequence[str],
    columns: Iterable[str],
    *,
    granularity: str | None = None,
    types: Mapping[str, Type] | None = None,
    other: bool = False,
) -> pyarrow.Schema:
    """The schema of tables with these keys and columns, whatever rows come. ``other`` adds `OTHER`."""
    pa = need("pyarrow", "arrow")
    names = dict.fromkeys((*keys, *columns))
    chosen = types or {}
    fields = [pa.field(name, arrow_type(chosen.get(name) or type_of(name, granularity))) for name in names]
    return pa.schema([*fields, pa.field(OTHER, pa.string())] if other else fields)


def to_arrow(rows: PlainRows, types: Mapping[str, Type] | None = None) -> pyarrow.Table:
    """See `Rows.to_arrow`."""
    pa = need("pyarrow", "arrow")
    granularity = rows.asked.granularity
    blocks = rows.blocks
    if rows.asked.keys and blocks is not None:
        schema = schema_of(rows.asked.keys, rows.columns, granularity=granularity, types=types)
        try:
            return _join([_fast(block, schema) for block in blocks], schema)
        except pa.ArrowInvalid:
            pass  # a column nobody expected, a value of another type: the slow way keeps or refuses each
    schema = schema_of((), rows.names(), granularity=granularity, types=types)
    return from_dicts(rows, schema)


def from_block(block: Block, schema: pyarrow.Schema) -> pyarrow.Table:
    """The rows of one answer as a table of exactly this schema, which may have `OTHER`; nothing is lost.

    Raises:
        BadReply: a value does not fit its type exactly.
    """
    pa = need("pyarrow", "arrow")
    try:
        return _fast(block, schema)
    except pa.ArrowInvalid:
        return from_dicts(block.dicts(), schema)


def from_dicts(rows: Iterable[Mapping[str, Any]], schema: pyarrow.Schema) -> pyarrow.Table:
    """Rows as a table of this schema. What it has no column for goes to `OTHER`, if it has that.

    Raises:
        BadReply: a value does not fit its type exactly.
    """
    pa = need("pyarrow", "arrow")
    kinds: dict[str, Type] = {field.name: _kind_of(field.type) for field in schema if field.name != OTHER}
    keeps_other = OTHER in schema.names
    lines = []
    for row in rows:
        line: dict[str, Any] = {}
        other: dict[str, Any] = {}
        for name, value in row.items():
            if kind := kinds.get(name):
                found = exact(name, kind, value)
                if found is not None:
                    line[name] = found
            elif name == OTHER:
                line[name] = value
            else:
                other[name] = value
        if other and keeps_other:
            line[OTHER] = text_of(other)
        lines.append(msgspec.Raw(models.encode(line)))
    try:
        return _fast(Block(lines, over_lines=False), schema)
    except pa.ArrowInvalid as error:
        raise BadReply(f"the rows cannot be made a table: {error}") from error


def _kind_of(arrow: Any) -> Type:
    for kind in TYPES:
        if arrow == arrow_type(kind):
            return kind
    raise TypeError(f"no column has the type {arrow}")


def _fast(block: Block, schema: pyarrow.Schema) -> pyarrow.Table:
    """The rows as a table, or `pyarrow.ArrowInvalid` for anything that is not plainly of the schema."""
    raws, constants = block.raws, block.constants
    if not raws:
        return schema.empty_table()
    pa, pajson = need("pyarrow", "arrow"), need("pyarrow.json", "arrow")
    data = b"\n".join(raws)
    fixed = {name: value for name, value in constants.items() if name in schema.names}
    wanted = [field for field in schema if field.name not in fixed]
    # As decimal128, 1e25 would be read as another number, without a word; the cast refuses what is too large.
    wide = pa.decimal256(76, 18)
    read_as = {
        field.name: pa.string() if field.type == pa.date32() else wide if pa.types.is_decimal(field.type) else field.type
        for field in wanted
    }
    table = pajson.read_json(
        pa.BufferReader(data),
        read_options=pajson.ReadOptions(block_size=_block_bytes(data, raws)),
        parse_options=pajson.ParseOptions(
            explicit_schema=pa.schema(list(read_as.items())),
            newlines_in_values=block.over_lines,
            unexpected_field_behavior="error",
        ),
    )
    columns = [
        _constant(fixed[field.name], len(raws))
        if field.name in fixed
        else table.column(field.name).cast(field.type)
        if read_as[field.name] != field.type
        else table.column(field.name)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _block_bytes(data: bytes, raws: Sequence[msgspec.Raw]) -> int:
    """A block holds the longest row; few large blocks for many rows."""
    if len(data) <= _PLAIN_BLOCK_BYTES:
        return max(len(data) + 1, 1024)
    return max(_PLAIN_BLOCK_BYTES, 2 * max(memoryview(raw).nbytes for raw in raws) + 2)


def _constant(value: str, count: int) -> pyarrow.Array:
    """One text, ``count`` times. `pyarrow.repeat` would import pandas."""
    pa = need("pyarrow", "arrow")
    from array import array

    text = value.encode()
    offsets = array("i", range(0, len(text) * (count + 1), len(text)) if text else [0] * (count + 1))
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text * count))


def _join(tables: Sequence[pyarrow.Table], schema: pyarrow.Schema) -> pyarrow.Table:
    pa = need("pyarrow", "arrow")
    return pa.concat_tables(tables) if tables else schema.empty_table()


def to_polars(table: pyarrow.Table) -> polars.DataFrame:
    """An Arrow table as Polars has it."""
    frame: polars.DataFrame = need("polars", "polars").from_arrow(table)
    return frame


def to_pandas(table: pyarrow.Table) -> pandas.DataFrame:
    """An Arrow table as pandas has it, with Arrow's types: an integer with a null stays an integer."""
    frame: pandas.DataFrame = table.to_pandas(types_mapper=need("pandas", "pandas").ArrowDtype)
    return frame
