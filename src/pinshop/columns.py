"""The columns of analytics, for users: ``columns.COLUMNS["SPEND_IN_MICRO_DOLLAR"].meaning``.

`COLUMNS` has every column by its name (`Column`: kind, unit, meaning, since, additive, family), `FAMILIES` the names by family,
`KEYS` what rows hold without being asked for, `available` the names that a version of the API knows, and `search` what words
such as "revenue" mean: ``[column.name for column in columns.search(["revenue"], "5.28")]``.
"""

from __future__ import annotations

from pinshop.api.column_words import search
from pinshop.api.columns import COLUMNS, FAMILIES, KEYS, Column, Family, Kind, Ratio, available

__all__ = ["COLUMNS", "FAMILIES", "KEYS", "Column", "Family", "Kind", "Ratio", "available", "search"]
