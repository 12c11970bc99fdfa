"""What is made of rows: totals, tables, files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from pinshop.analytics import values
from pinshop.analytics.plain_rows import Asked, Block, PlainRows
from pinshop.errors import InvalidInput

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow

    from pinshop.api.models import ProductGroupPromotion


class Rows(PlainRows):
    """Rows as Pinterest sent them: exact integers, other numbers as `decimal.Decimal`, unknown columns kept.

    A column without a value is absent from its row. That is not zero: `column` gives None there.
    ``columns`` are those asked for, in that order. Tables (`to_arrow` and the like) have the types of the column catalog,
    and begin with what tells the rows apart (the id, the day).
    """

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
