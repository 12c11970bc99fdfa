"""The rows of a CSV file, kept as the bytes they are: a dict is made when a row is looked at.

Dicts of texts take fifteen times the memory of the file.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

from pinshop.errors import BadReply


class CsvRows(Sequence[dict[str, Any]]):
    """The rows of a CSV file with a line of column names. Values are text as written.

    Raises:
        BadReply: it is no CSV, or its lines differ from its header.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._starts = array("q")
        self.names: list[str] = []
        try:
            self._look()
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadReply(f"the report is neither JSON nor CSV ({error})", body=body) from error

    def _look(self) -> None:
        """Find the header and where each row begins; a row may span lines."""
        at = 3 if self._body.startswith(b"\xef\xbb\xbf") else 0

        def lines() -> Iterator[str]:
            nonlocal at
            for line in io.TextIOWrapper(io.BytesIO(self._body), "utf-8-sig", newline=""):
                at += len(line.encode())
                yield line

        start = at
        for cells in csv.reader(lines(), strict=True):
            if cells and not self.names:
                self.names = cells
            elif cells:
                self._starts.append(start)
            if cells and (len(cells) != len(self.names) or len(set(self.names)) != len(self.names)):
                raise BadReply("the report is neither JSON nor CSV (its lines differ from its header)", body=self._body)
            start = at

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        reader = csv.reader(io.TextIOWrapper(io.BytesIO(self._body), "utf-8-sig", newline=""), strict=True)
        rows = (cells for cells in reader if cells)
        next(rows, None)
        return (dict(zip(self.names, cells, strict=True)) for cells in rows)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        end = self._starts[index + 1] if index + 1 < len(self) else None
        text = self._body[self._starts[index] : end].decode()
        return dict(zip(self.names, next(csv.reader(io.StringIO(text, newline=""), strict=True)), strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} rows of {', '.join(self.names[:4])}{', …' if len(self.names) > 4 else ''}>"
