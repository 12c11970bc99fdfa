"""Rows as Pinterest sent them, and what they answer."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, overload

import msgspec
from msgspec import Struct

from pinshop.analytics import values
from pinshop.api import models
from pinshop.errors import BadReply, PinshopError

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
    return Block(checked(raws, body), constants or {}, body, b"\n" in body)


def checked(raws: Sequence[msgspec.Raw], body: bytes) -> Sequence[msgspec.Raw]:
    """The rows.

    Raises:
        BadReply: one of them is no object.
    """
    if not all(memoryview(raw)[0] == _OBJECT for raw in raws):
        raise BadReply("expected a list of rows (one of them is no object)", body=body)
    return raws


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


class PlainRows(Sequence[dict[str, Any]]):
    """What `Rows` are, without what is made of them."""

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
        return self._rows == (other._rows if isinstance(other, PlainRows) else other)

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

    def like(self, rows: Iterable[dict[str, Any]], columns: Sequence[str] | None = None, **asked: Any) -> Self:
        """Other rows that answer the same question."""
        return type(self)(
            rows,
            self.columns if columns is None else columns,
            asked=msgspec.structs.replace(self.asked, **{"keys": self.keys, **asked}),
            failed=self.failed,
        )
