"""Rows as Pinterest sent them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, overload


class Rows(Sequence[dict[str, Any]]):
    """Rows as Pinterest sent them: exact integers, other numbers as `decimal.Decimal`, unknown columns kept.

    A column without a value is absent from its row. That is not zero: `column` gives None there.
    ``columns`` are those asked for, in that order.
    """

    def __init__(self, rows: Iterable[dict[str, Any]], columns: Sequence[str] = ()) -> None:
        self._rows = list(rows)
        self.columns = tuple(columns)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == (other._rows if isinstance(other, Rows) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Rows: {len(self._rows)} of {', '.join(self.columns[:4])}{', …' if len(self.columns) > 4 else ''}>"

    def column(self, name: str) -> list[Any]:
        """One value per row, None where the row has none."""
        return [row.get(name) for row in self._rows]


def merge(answers: Iterable[list[dict[str, Any]]], columns: Sequence[str] = ()) -> Rows:
    """The answers of the calls, in their order, as one table. Windows do not overlap, so there is nothing to add."""
    return Rows(chain.from_iterable(answers), columns)
