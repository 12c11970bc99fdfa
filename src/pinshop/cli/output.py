"""How commands print: a table on a terminal, JSON Lines elsewhere, or the format that was asked for.

Ids are text and numbers are exact in every format: nothing passes through a float.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import os
import shutil
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal

import click
from msgspec import UNSET, Struct

from pinshop.api import models
from pinshop.api.checks import is_digits
from pinshop.api.models import Entity
from pinshop.api.near import did_you_mean
from pinshop.cli.exit_codes import without_tokens
from pinshop.errors import ConfigurationError, InvalidInput
from pinshop.files.atomic import replacing

Format = Literal["table", "json", "jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")
#: Rows of a table are laid out together, this many at a time, so that an endless list shows its first rows early.
_TABLE_ROWS = 500
_GOOD, _IDLE, _BAD = "green", "yellow", "red"
_COLORS = {
    **dict.fromkeys(("ACTIVE", "RUNNING", "created", "updated", "ok"), _GOOD),
    **dict.fromkeys(("PAUSED", "DRAFT", "unknown", "note"), _IDLE),
    **dict.fromkeys(("ARCHIVED", "failed", "problem"), _BAD),
}  # fmt: skip


spreadsheet_option = click.option(
    "--spreadsheet",
    type=click.Choice([",", ";"]),
    help="CSV for Excel and its like: ids stay whole, formulas are text; ; where a comma is the decimal sign.",
)


def plain(value: Any) -> Any:
    """A model as dicts and lists, without what the server left out."""
    if isinstance(value, Entity):
        return plain(value.to_dict())
    if isinstance(value, Struct):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return {name: plain(item) for name, item in fields if item is not UNSET}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def as_json(value: Any) -> str:
    """One line of JSON; decimals are written as the exact numbers they are."""
    return models.encode(plain(value)).decode()


def use_color(stream: IO[str]) -> bool:
    """Whether colors are wanted: ``NO_COLOR`` and ``TERM=dumb`` say no, ``FORCE_COLOR`` yes, else a terminal does."""
    environ = os.environ
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or stream.isatty()


class Output:
    """Where the data of a command goes, and in which form."""

    def __init__(self, form: Format | None, fields: str | None, path: Path | None, spreadsheet: str | None = None) -> None:
        if path is not None and not path.name:
            raise InvalidInput("--output", str(path), "the name of a file")
        self.path = path
        if spreadsheet is not None and (form or "csv") != "csv":
            raise InvalidInput("--spreadsheet", spreadsheet, "nothing beside another format than csv")
        self.form: Format = "csv" if spreadsheet is not None else form or _format_of(path)
        self._spreadsheet = spreadsheet
        #: True where JSON was asked for: then nothing but JSON is said.
        self.for_programs = form in ("json", "jsonl")
        self._fields = [name.strip() for name in fields.split(",") if name.strip()] if fields else None
        if fields is not None and not self._fields:
            raise InvalidInput("--fields", fields, "names with commas between them, such as id,status")

    def rows(self, rows: Iterable[Any], columns: Sequence[str], every: Sequence[str] = ()) -> int:
        """Print rows as they come, and return how many there were.

        ``columns`` are what a table shows; ``every`` all that a CSV or Parquet file holds (then the columns of any row).
        """
        values: Iterator[Any] = (plain(row) for row in rows)
        if self._fields is None:
            return self._rows(values, columns, every)
        wanted = _Wanted(self._fields, (*columns, *every))
        count = self._rows(map(wanted.seen_in, values), columns, every)
        wanted.say_what_is_nowhere()
        return count

    def _rows(self, values: Iterator[Any], columns: Sequence[str], every: Sequence[str]) -> int:
        if self.form == "parquet":
            return self._parquet(values, self._fields or list(every) or list(columns))
        shown = self._fields or list(columns)
        with self._opened() as stream:
            if self.form == "table":
                return _print_table(values, shown, stream)
            if self._fields is not None:
                values = ({name: _pick(row, name) for name in shown} for row in values)
            if self.form == "csv":
                return _print_csv(values, self._fields or list(every) or None, stream, self._spreadsheet)
            if self.form == "json":
                return _print_array(values, stream)
            count = 0
            for count, row in enumerate(values, 1):  # noqa: B007 - the last count is the answer
                stream.write(as_json(row) + "\n")
            return count

    def _parquet(self, values: Iterable[Any], columns: Sequence[str]) -> int:
        """Entities as a Parquet file: integers, booleans and text as such, everything else as the text of its JSON."""
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise ConfigurationError("--format parquet needs pyarrow", advice="pip install 'pinshop[arrow]'") from None
        if self.path is None and sys.stdout.isatty():
            raise InvalidInput("--format", "parquet", "with --output FILE, or into a pipe: it is no text")
        held = [{name: _pick(row, name) for name in columns} for row in values]
        fields = [pa.field(name, _arrow_type(pa, [row[name] for row in held])) for name in columns]
        arrays = []
        for field in fields:
            cells = [row[field.name] for row in held]
            if field.type == pa.string():
                cells = [cell if cell is None or isinstance(cell, str) else as_json(cell) for cell in cells]
            arrays.append(pa.array(cells, type=field.type, from_pandas=False))
        table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        if self.path is None:
            whole = io.BytesIO()
            pq.write_table(table, whole)
            sys.stdout.buffer.write(whole.getbuffer())
            sys.stdout.buffer.flush()
            return len(held)
        with _told(self.path), replacing(self.path) as part:
            pq.write_table(table, part)
        return len(held)

    def one(self, value: Any) -> None:
        """Print one entity: a line per field on a terminal, one object elsewhere."""
        row = plain(value)
        if self._fields is not None:
            wanted = _Wanted(self._fields, getattr(value, "__struct_fields__", ()))
            wanted.seen_in(row)
            row = {name: _pick(row, name) for name in self._fields}
            wanted.say_what_is_nowhere()
        if self.form != "table":
            if self.form in ("csv", "parquet"):
                self._rows(iter([row]), list(row), list(row))
            else:
                self._write(as_json(row))
            return
        width = max((len(name) for name in row), default=0)
        self._write("\n".join(f"{name:{width}}  {_cell(item)}" for name, item in row.items()))

    def _write(self, text: str) -> None:
        with self._opened() as stream:
            stream.write(text + "\n")

    @contextmanager
    def _opened(self) -> Generator[IO[str]]:
        """Standard output, or a file that replaces the one named only when it is whole."""
        if self.path is None:
            stream = sys.stdout
            yield stream
            stream.flush()
            return
        with _told(self.path), replacing(self.path) as part, part.open("w", encoding="utf-8", newline="") as stream:
            yield stream


@contextmanager
def _told(path: Path) -> Generator[None]:
    try:
        yield
    except BrokenPipeError:  # of a pipe that was named: whoever reads it has enough
        raise
    except OSError as error:
        raise ConfigurationError(f"--output {path} cannot be written: {error.strerror or error}") from error


class _Wanted:
    """The fields of ``--fields``, and whether there are such: a null for a name that is misspelt looks like an answer."""

    def __init__(self, fields: Sequence[str], known: Iterable[str]) -> None:
        self._known = dict.fromkeys(known)
        self._nowhere = dict.fromkeys(fields)
        self._any = False

    def seen_in(self, row: Any) -> Any:
        """Look into a row, and hand it on."""
        self._any = True
        for name in list(self._nowhere):
            if _has(row, name):
                del self._nowhere[name]
        if self._nowhere and isinstance(row, Mapping):
            self._known.update(dict.fromkeys(row))
        return row

    def say_what_is_nowhere(self) -> None:
        """What Pinterest left out this time is a field all the same; what neither a row nor the model has is none."""
        for name in self._nowhere:
            first, dot, _ = name.partition(".")
            if self._any and (dot or first not in self._known):
                meant = "" if dot and first in self._known else did_you_mean(first, self._known)
                say(f"Warning: --fields: no row has {name}.{meant}")


def _has(row: Any, name: str) -> bool:
    for part in name.split("."):
        if not isinstance(row, Mapping) or part not in row:
            return False
        row = row[part]
    return True


def _format_of(path: Path | None) -> Format:
    """By the name of the file; on standard output a table on a terminal, else JSON Lines."""
    if path is None:
        return "table" if sys.stdout.isatty() else "jsonl"
    named = path.suffix.lower().lstrip(".")
    for form in FORMATS:
        if form == named:
            return form
    return "jsonl"


def _pick(row: Any, name: str) -> Any:
    """``a.b`` of a row; null where there is none."""
    for part in name.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def _arrow_type(pa: Any, cells: Sequence[Any]) -> Any:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int} and all(-(2**63) <= cell < 2**63 for cell in cells if cell is not None):
        return pa.int64()
    return pa.string()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, int | Decimal | datetime.date):
        return str(value)
    return as_json(value)


def _print_array(values: Iterable[Any], stream: IO[str]) -> int:
    stream.write("[")
    count = 0
    for count, row in enumerate(values, 1):
        stream.write(("\n" if count == 1 else ",\n") + as_json(row))
    stream.write("]\n" if count == 0 else "\n]\n")
    return count


def _print_csv(values: Iterator[Any], columns: list[str] | None, stream: IO[str], spreadsheet: str | None) -> int:
    if columns is None:
        held = list(values)
        columns = list(dict.fromkeys(name for row in held for name in row))
        values = iter(held)
    if spreadsheet is None:
        writer, shown = csv.writer(stream, lineterminator="\n"), _as_it_is
    else:
        stream.write("\ufeff")  # else Excel takes UTF-8 for the old encoding of the machine
        writer, shown = csv.writer(stream, delimiter=spreadsheet, lineterminator="\r\n"), _as_text
    writer.writerow(columns)
    count = 0
    for count, row in enumerate(values, 1):  # noqa: B007 - the last count is the answer
        cells = (row.get(name) for name in columns)
        writer.writerow("" if cell is None else shown(cell) if isinstance(cell, str) else as_json(cell) for cell in cells)
    return count


def _as_it_is(cell: str) -> str:
    return cell


#: What a spreadsheet takes for a formula and executes (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _as_text(cell: str) -> str:
    """Text that a spreadsheet neither executes nor turns into a number: it keeps 15 digits of one, and ids have 18."""
    if is_digits(cell):
        return f'="{cell}"'
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _print_table(values: Iterator[Any], columns: Sequence[str], stream: IO[str]) -> int:
    colored = use_color(stream)
    wide = shutil.get_terminal_size().columns if stream.isatty() else 0
    count = 0
    for block in _blocks(values, _TABLE_ROWS):
        cells = [[_cell(_pick(row, name)) for name in columns] for row in block]
        widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(columns)]
        right = [all(isinstance(_pick(row, name), int | Decimal | None) for row in block) for name in columns]
        _shrink(widths, wide)
        if count == 0:
            stream.write(_line(columns, widths, right, "bold" if colored else None) + "\n")
        for line in cells:
            stream.write(_line(line, widths, right, "" if colored else None) + "\n")
        count += len(cells)
    if count == 0:
        click.echo("nothing found", err=True)
    return count


def _blocks(values: Iterator[Any], size: int) -> Iterator[tuple[Any, ...]]:
    while block := tuple(itertools.islice(values, size)):
        yield block


def _shrink(widths: list[int], wide: int) -> None:
    """Make the widest columns narrower until the line fits; ids (18 characters) stay whole."""
    if not wide:
        return
    while sum(widths) + 2 * (len(widths) - 1) > wide and max(widths) > 18:
        widths[widths.index(max(widths))] -= 1


def _line(cells: Sequence[str], widths: list[int], right: list[bool], color: str | None) -> str:
    parts = []
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        text = cell if len(cell) <= width else cell[: width - 1] + "…"
        padded = text.rjust(width) if to_right else text.ljust(width)
        if color == "bold":
            padded = click.style(padded, bold=True)
        elif color is not None and cell in _COLORS:
            padded = click.style(padded, fg=_COLORS[cell])
        parts.append(padded)
    return "  ".join(parts).rstrip()


def progress(label: str) -> Any:
    """A callable that counts outcomes on standard error while a terminal watches; elsewhere it is silent."""
    stream = sys.stderr
    if not stream.isatty():
        return None
    counts: dict[str, int] = {}

    def count(outcome: Any) -> None:
        counts[outcome.state] = counts.get(outcome.state, 0) + 1
        stream.write(f"\r{label}: " + ", ".join(f"{n} {state}" for state, n in counts.items()) + " ")
        stream.flush()

    return count


def say(line: str) -> None:
    """A word to a person; never data."""
    click.echo(without_tokens(line), err=True)
