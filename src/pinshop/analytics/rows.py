"""Rows as Pinterest sent them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, overload

import msgspec
from msgspec import Struct

from pinshop.analytics import values
from pinshop.api import models
from pinshop.errors import BadReply, InvalidInput, PinshopError

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow

    from pinshop.api.models import ProductGroupPromotion

_OBJECT = ord("{")

_split = msgspec.json.Decoder(list[msgspec.Raw])

#: What tells one row from another, in the order of tables.
KEYS = ("AD_ACCOUNT_ID", "PRODUCT_GROUP_ID", "PRODUCT_ITEM_ID", "DATE")


class Block(Struct, frozen=True):
    """The rows of one answer, checked to be JSON objects and not yet decoded. ``constants`` belong to every row."""

    raws: Sequence[msgspec.Raw]
    constants: Mapping[str, str] = {}
    #: The whole answer, where there was one.
    body: bytes = b""
    #: Whether a row may be written over several lines.
    over_lines: bool = True

    def dicts(self) -> list[dict[str, Any]]:
        """The rows, decoded exactly."""
        found = models.decode_rows(self.body or b"[" + b",".join(self.raws) + b"]")
        if self.constants:
            for row in found:
                for name, value in self.constants.items():
                    row.setdefault(name, value)
        return found


def split(body: bytes, constants: Mapping[str, str] | None = None) -> Block:
    """The rows of an answer, cut apart: as cheap as a check that it is whole.

    Raises:
        BadReply: not JSON, or no list of objects.
    """
    try:
        raws = _split.decode(body)
    except msgspec.ValidationError as error:
        raise BadReply(f"expected a list of rows ({error})", body=body) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error
    if not all(memoryview(raw)[0] == _OBJECT for raw in raws):
        raise BadReply("expected a list of rows (one of them is no object)", body=body)
    return Block(raws, constants or {}, body, b"\n" in body)


class _OnlyId(Struct):
    """A row of which nothing but the id is decoded."""

    PRODUCT_GROUP_ID: str | int | None = None


_only_ids = msgspec.json.Decoder(list[_OnlyId])


class Asked(Struct, frozen=True, kw_only=True):
    """What the rows answer. Ids of an account that were not named (all that were live) are None."""

    granularity: str = "DAY"
    first: datetime.date | None = None
    last: datetime.date | None = None
    ids: Mapping[str, tuple[str, ...] | None] = {}
    #: Currency by ad account, where it is known.
    currencies: Mapping[str, str] = {}
    #: The columns that tell rows apart.
    keys: tuple[str, ...] = ()
    key: str = "PRODUCT_GROUP_ID"


class Rows(Sequence[dict[str, Any]]):
    """Rows as Pinterest sent them: exact integers, other numbers as `decimal.Decimal`, unknown columns kept.

    A column without a value is absent from its row. That is not zero: `column` gives None there.
    ``columns`` are those asked for, in that order. Tables (`to_arrow` and the like) have the types of the column catalog,
    and begin with what tells the rows apart (the id, the day).
    """

    def __init__(
        self,
        rows: Iterable[dict[str, Any]] = (),
        columns: Sequence[str] = (),
        *,
        blocks: Sequence[Block] | None = None,
        asked: Asked | None = None,
        failed: Mapping[str, PinshopError] | None = None,
    ) -> None:
        self.blocks = blocks
        self._known: list[dict[str, Any]] | None = list(rows) if blocks is None else None
        self.columns = tuple(columns)
        #: What was asked; it decides about `missing_ids` and `densify`.
        self.asked = asked or Asked()
        #: Ad accounts of which nothing is known, and why. Their rows are not here.
        self.failed: Mapping[str, PinshopError] = failed or {}

    @property
    def _rows(self) -> list[dict[str, Any]]:
        if self._known is None:
            self._known = [row for block in self.blocks or () for row in block.dicts()]
        return self._known

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._rows[index]

    def __len__(self) -> int:
        if self._known is None:
            return sum(len(block.raws) for block in self.blocks or ())
        return len(self._known)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == (other._rows if isinstance(other, Rows) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        asked = self.asked
        text = f"<Rows: {len(self):,} of {', '.join(self.columns[:4])}{', …' if len(self.columns) > 4 else ''}"
        if asked.first is not None:
            text += f"; {asked.first} to {asked.last} by {asked.granularity}"
        if len(asked.ids) > 1:
            text += f"; {len(asked.ids)} ad accounts"
        if missing := len(self.missing_ids):
            text += f"; {missing:,} {'id' if missing == 1 else 'ids'} without a row"
        if self.failed:
            text += f"; unknown: ad account {', '.join(self.failed)}"
        return text + ">"

    def _repr_html_(self) -> str:
        """The first ten rows, for notebooks."""
        from html import escape

        names = self.names()
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        lines = []
        for row in self._rows[:10]:
            cells = ("" if row.get(name) is None else escape(values.text_of(row[name])) for name in names)
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{''.join(lines)}</table>"

    # ------------------------------------------------------------------------------------------ columns

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell rows apart: of the ad account, the id, the day, those that there are."""
        if self.asked.keys:
            return self.asked.keys
        found = {name for row in self._rows[:1] for name in row}
        return tuple(name for name in KEYS if name in found)

    def names(self) -> tuple[str, ...]:
        """The columns of tables: the keys, the columns asked for, then whatever else was sent."""
        return tuple(dict.fromkeys((*self.keys, *self.columns, *(name for row in self._rows for name in row))))

    def column(self, name: str) -> list[Any]:
        """One value per row, as it was sent; None where the row has none."""
        return [row.get(name) for row in self._rows]

    def typed(self, name: str, *, type: values.Type | None = None) -> list[Any]:  # noqa: A002 - as in types=
        """One value per row, of the column's type: `int`, `Decimal`, `float`, `datetime.date`, `str` or `bool`.

        Raises:
            BadReply: a value is not of that type (5.5 in a count).
        """
        kind = type or values.type_of(name, self.asked.granularity)
        return [values.exact(name, kind, row.get(name)) for row in self._rows]

    @property
    def missing_ids(self) -> tuple[str, ...]:
        """Ids that were asked for and have no row: they earned nothing, or are no promotions of the ad account."""
        if not any(self.asked.ids.values()):
            return ()
        seen = self._ids_seen()
        return tuple(
            one for account, ids in self.asked.ids.items() if account not in self.failed for one in ids or () if one not in seen
        )

    def _ids_seen(self) -> set[str]:
        if self._known is not None or self.asked.key != "PRODUCT_GROUP_ID":
            return {str(row.get(self.asked.key)) for row in self._rows}
        bodies = (block.body or b"[" + b",".join(block.raws) + b"]" for block in self.blocks or ())
        return {str(row.PRODUCT_GROUP_ID) for body in bodies for row in _only_ids.decode(body)}

    def raise_if_failed(self) -> None:
        """Raise the error of the first ad account of which nothing is known, if there is one."""
        for error in self.failed.values():
            raise error

    # --------------------------------------------------------------------------------------- other rows

    def like(self, rows: Iterable[dict[str, Any]], columns: Sequence[str] | None = None, **asked: Any) -> Rows:
        """Other rows that answer the same question."""
        return Rows(
            rows,
            self.columns if columns is None else columns,
            asked=msgspec.structs.replace(self.asked, **{"keys": self.keys, **asked}),
            failed=self.failed,
        )

    def densify(self, *, zero: bool = False) -> Rows:
        """The rows, and one for every id and day that was asked for and has none.

        Added rows hold the id and the day only: what is missing is missing. ``zero=True`` fills counts and money with 0,
        in added rows and in others: Pinterest leaves out what is zero, so do that for settled days you trust to be whole.

        Raises:
            InvalidInput: the ids are not known (all that were live), or the granularity is not DAY or TOTAL.
        """
        from pinshop.analytics.totals import densify

        return densify(self, zero=zero)

    def total(self, by: str | Sequence[str] = (), *, columns: Sequence[str] | None = None) -> Rows:
        """Add the rows up: one row per value of ``by``, or one of all.

        Counts and money are added; ratios and costs are made anew from their parts, which must have been asked for. People
        (reach, frequency), averages and durations are refused: ask Pinterest with granularity TOTAL. Money of different
        currencies is never added.

        Args:
            by: names of columns, such as DATE, PRODUCT_GROUP_ID, AD_ACCOUNT_ID or one that was joined; WEEK and MONTH stand
                for the first day of the week (Monday) or month.
            columns: only these; the default is all that were asked for.

        Raises:
            InvalidInput: a column cannot be added up, and what to ask instead.
        """
        from pinshop.analytics.totals import total

        return total(self, by, columns)

    def with_promotions(self, promotions: Iterable[ProductGroupPromotion]) -> Rows:
        """The rows with what the promotions are: ``status``, ``ad_group_id``, ``catalog_product_group_id`` and ``…_name``.

        The names are those of the fields of `ProductGroupPromotion`. An id that is not among ``promotions`` gets none.
        """
        names = ("ad_group_id", "status", "catalog_product_group_id", "catalog_product_group_name")
        known: dict[str, dict[str, Any]] = {}
        for promotion in promotions:
            known[promotion.id] = {name: value for name, value in promotion.to_dict().items() if name in names}
        joined = [{**row, **known.get(str(row.get(self.asked.key)), {})} for row in self._rows]
        return self.like(joined, tuple(dict.fromkeys((*self.columns, *names))))

    # ------------------------------------------------------------------------------------------- tables

    def to_dicts(self) -> list[dict[str, Any]]:
        """Rows that all have all columns, of their types (see `typed`), None where there is no value. Needs no extra."""
        names = self.names()
        typed = [self.typed(name) for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*typed, strict=True)] if names else []

    def to_arrow(self, *, types: Mapping[str, values.Type] | None = None) -> pyarrow.Table:
        """A `pyarrow.Table` whose types are those of the column catalog, also without any row. Needs ``pinshop[arrow]``.

        Counts and micro-money are int64, money in units decimal128(38,18), ratios float64, ids and columns that pinshop does
        not know string, days date32. Missing is null.

        Args:
            types: other types for some columns: int64, decimal, float64, string, date, bool.

        Raises:
            BadReply: a value does not fit its type exactly (5.5 in a count, 2^63).
            ConfigurationError: pyarrow is not installed.
        """
        from pinshop.analytics import tables

        return tables.to_arrow(self, values.check_types(types))

    def to_polars(self, *, types: Mapping[str, values.Type] | None = None) -> polars.DataFrame:
        """As `to_arrow`, as a `polars.DataFrame`. Needs ``pinshop[polars]``."""
        from pinshop.analytics import tables

        tables.need("polars", "polars")  # before anything is made, and before the Arrow it is made of is missed
        return tables.to_polars(self.to_arrow(types=types))

    def to_pandas(self, *, types: Mapping[str, values.Type] | None = None) -> pandas.DataFrame:
        """As `to_arrow`, as a `pandas.DataFrame` of Arrow dtypes: integers stay integers. Needs ``pinshop[pandas]``."""
        from pinshop.analytics import tables

        tables.need("pandas", "pandas")
        return tables.to_pandas(self.to_arrow(types=types))

    def to_csv(self, target: str | os.PathLike[str] | IO[str]) -> None:
        """Write CSV with a line of names: values as they were sent, empty where there is none. Needs no extra.

        A path is written whole or not at all.
        """
        from pinshop.analytics import files

        files.write_csv(self, target)

    def to_parquet(self, path: str | os.PathLike[str], *, types: Mapping[str, values.Type] | None = None) -> None:
        """Write a Parquet file (zstd), whole or not at all, with the types of `to_arrow`. Needs ``pinshop[arrow]``."""
        from pinshop.analytics import files

        files.write_parquet(self.to_arrow(types=types), path)

    def to_duckdb(
        self,
        database: str | os.PathLike[str] | duckdb.DuckDBPyConnection,
        table: str = "analytics",
        *,
        mode: str = "create",
        types: Mapping[str, values.Type] | None = None,
    ) -> None:
        """Write a table of a DuckDB file, or of an open connection. Needs ``pinshop[duckdb]``.

        Args:
            database: a file (made if it is not there, readable by DuckDB 1.5 and later), or a connection.
            table: its name.
            mode: create (the table must not be there), replace, or append. All is written, or nothing.
            types: as for `to_arrow`.

        Raises:
            InvalidInput: the table is there already (create), or has other columns (append).
        """
        from pinshop.analytics import files, tables

        if mode not in ("create", "replace", "append"):
            raise InvalidInput("mode", mode, "create, replace or append")
        tables.need("duckdb", "duckdb")
        files.write_duckdb(self.to_arrow(types=types), database, table, mode)


def merge(answers: Iterable[list[dict[str, Any]] | Block], columns: Sequence[str] = (), *, asked: Asked | None = None) -> Rows:
    """The answers of the calls, in their order, as one table. Windows do not overlap, so there is nothing to add."""
    parts = list(answers)
    blocks = [part for part in parts if isinstance(part, Block)]
    if len(blocks) == len(parts):
        return Rows((), columns, blocks=blocks, asked=asked)
    return Rows((row for part in parts for row in (part.dicts() if isinstance(part, Block) else part)), columns, asked=asked)
