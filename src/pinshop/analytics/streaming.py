"""Results larger than memory: each answer goes to disk as it comes, and at the end the parts become one file.

Beside ``rows.parquet`` a folder ``.rows.parquet.parts`` holds the plan and one Arrow file per call. Whatever ends the work
(Ctrl-C, ``kill -9``, a full disk, a failing account), the same query goes on with the parts that are missing. The target is
replaced when all are there, and the folder is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from pinshop.analytics import fetching, files, tables
from pinshop.analytics.fetching import Account, OnProgress
from pinshop.analytics.plain_rows import Block
from pinshop.analytics.planning import Ask, Plan
from pinshop.api.models.decoding import decoder_of
from pinshop.errors import ConfigurationError, InvalidInput, PinshopError
from pinshop.files import atomic
from pinshop.files.locks import lock_file
from pinshop.flow.session import Session
from pinshop.flow.steps import Blocking, Flow

if TYPE_CHECKING:
    import pyarrow

KINDS = {".parquet": "Parquet", ".csv": "CSV", ".duckdb": "DuckDB", ".db": "DuckDB"}


class Streamed(Struct, frozen=True):
    """What `client.analytics.stream` wrote. ``failed``: ad accounts that are not in it, and why."""

    path: Path
    rows: int
    failed: Mapping[str, PinshopError] = {}


class _Kept(Struct):
    """What the folder says: for which plan its parts are."""

    question: str
    asks: list[Ask]


class Parts:
    """The folder of a stream that is not finished."""

    def __init__(self, target: Path, plan: Plan) -> None:
        self.folder = target.with_name(f".{target.name}.parts")
        self._question = hashlib.sha256(msgspec.json.encode([plan.query, plan.asks])).hexdigest()
        self._plan_file = self.folder / "plan.json"
        release = lock_file(self.folder / "lock")
        if release is None:
            raise ConfigurationError(f"another process is writing {target}", advice="wait until it has ended")
        self.release: Callable[[], None] = release

    def kept(self) -> list[Ask] | None:
        """The asks whose parts are here; None, and an empty folder, if they are of another query."""
        with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            found = decoder_of(_Kept).decode(self._plan_file.read_bytes())
            if found.question == self._question:
                return found.asks
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()
        return None

    def begin(self, asks: Sequence[Ask]) -> None:
        """Keep which ask each part will be of."""
        with atomic.replacing(self._plan_file) as path:
            path.write_bytes(msgspec.json.encode(_Kept(self._question, list(asks))))

    def path(self, index: int) -> Path:
        return self.folder / f"{index:06}.arrow"

    def write(self, index: int, table: pyarrow.Table) -> None:
        """Write a part, whole or not at all."""
        ipc, pa = tables.need("pyarrow.ipc", "arrow"), tables.need("pyarrow", "arrow")
        codec = "lz4" if pa.Codec.is_available("lz4") else None
        with (
            atomic.replacing(self.path(index)) as path,
            ipc.new_file(str(path), table.schema, options=ipc.IpcWriteOptions(compression=codec)) as writer,
        ):
            writer.write_table(table)

    def read(self, indexes: Sequence[int]) -> Iterator[pyarrow.Table]:
        """The parts, one after the other."""
        ipc, pa = tables.need("pyarrow.ipc", "arrow"), tables.need("pyarrow", "arrow")
        for index in indexes:
            with pa.OSFile(str(self.path(index))) as source:
                yield ipc.open_file(source).read_all()

    def remove(self) -> None:
        """The work is done."""
        self.release()
        shutil.rmtree(self.folder)


def check_target(target: str | os.PathLike[str]) -> Path:
    """A path whose name says what is to be written."""
    path = Path(target)
    if path.suffix.lower() not in KINDS:
        raise InvalidInput("to", str(target), "a name that ends in .parquet, .csv, .duckdb or .db")
    tables.need("pyarrow", "arrow")
    if KINDS[path.suffix.lower()] == "DuckDB":
        tables.need("duckdb", "duckdb")
    return path


def stream(
    session: Session,
    plan: Plan,
    known: dict[str, Account],
    target: Path,
    *,
    table: str,
    mode: str,
    partial: bool,
    progress: OnProgress | None,
) -> Flow[Streamed]:
    """Carry out a plan into a file.

    Raises:
        PinshopError: an account failed. What was fetched is kept beside the target, and the same query goes on from there.
    """
    parts: Parts = yield Blocking(lambda: Parts(target, plan))
    try:
        kept: list[Ask] | None = yield Blocking(parts.kept)
        failed: dict[str, PinshopError] = {}
        if kept is None:
            plan, _, failed = yield from fetching.prepared(session, plan, known)
            kept = list(plan.asks)
            if not failed:  # else the next attempt asks again for what this one could not
                asks = kept
                yield Blocking(lambda: parts.begin(asks))
        else:
            failed = yield from fetching.accounts_of(session, plan.query.ad_account_ids, known)
        schema = plan.query.schema()
        wanted = [index for index in range(len(kept)) if not parts.path(index).exists()]

        def take(place: int, blocks: list[Block]) -> Flow[None]:
            index = wanted[place]
            yield Blocking(lambda: parts.write(index, _one(blocks, schema)))

        yield from fetching.each(session, plan, [kept[index] for index in wanted], known, failed, take, progress)
        _check(failed, plan, partial=partial)
        asks = kept
        whole = [index for index, ask in enumerate(asks) if ask.ad_account_id not in failed]
        rows: int = yield Blocking(lambda: _finish(parts, whole, schema, target, table, mode))
        yield Blocking(parts.remove)
        return Streamed(target, rows, failed)
    except BaseException:
        parts.release()
        raise


def _check(failed: Mapping[str, PinshopError], plan: Plan, *, partial: bool) -> None:
    if failed and (not partial or len(failed) == len(plan.query.ad_account_ids)):
        raise next(iter(failed.values()))


def _one(blocks: Sequence[Block], schema: pyarrow.Schema) -> pyarrow.Table:
    pa = tables.need("pyarrow", "arrow")
    return pa.concat_tables([schema.empty_table(), *(tables.from_block(block, schema) for block in blocks)])


def _finish(parts: Parts, indexes: Sequence[int], schema: pyarrow.Schema, target: Path, name: str, mode: str) -> int:
    """Make one file of the parts. What nothing was sent for has no column `tables.OTHER`."""
    has_other = any(part.num_rows > part.column(tables.OTHER).null_count for part in parts.read(indexes))
    names = [field for field in schema.names if has_other or field != tables.OTHER]
    schema = plain_schema(schema, names)
    found = (part.select(names) for part in parts.read(indexes))
    kind = KINDS[target.suffix.lower()]
    if kind == "DuckDB":
        return _to_duckdb(found, schema, target, name, mode)
    with atomic.replacing(target) as path:
        return _to_parquet(found, schema, path) if kind == "Parquet" else _to_csv(found, schema, path)


def plain_schema(schema: pyarrow.Schema, names: Sequence[str]) -> pyarrow.Schema:
    """The schema of some of the columns."""
    pa = tables.need("pyarrow", "arrow")
    return pa.schema([schema.field(name) for name in names])


def _to_parquet(found: Iterator[pyarrow.Table], schema: pyarrow.Schema, path: Path) -> int:
    pa, pq = tables.need("pyarrow", "arrow"), tables.need("pyarrow.parquet", "arrow")
    rows, waiting, count = 0, [schema.empty_table()], 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in found:
            waiting.append(part)
            count += part.num_rows
            if count >= files.ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting), row_group_size=files.ROW_GROUP)
                rows, waiting, count = rows + count, [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=files.ROW_GROUP)
    return rows + count


def _to_csv(found: Iterator[pyarrow.Table], schema: pyarrow.Schema, path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        files.csv_lines(file, schema.names, ())
        for part in found:
            lines = ({name: _shortest(value) for name, value in row.items()} for row in part.to_pylist())
            files.csv_lines(file, schema.names, lines, header=False)
            rows += part.num_rows
    return rows


def _shortest(value: Any) -> Any:
    """An amount without the zeros that its type adds."""
    if not isinstance(value, Decimal):
        return value
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _to_duckdb(found: Iterator[pyarrow.Table], schema: pyarrow.Schema, path: Path, name: str, mode: str) -> int:
    duck = tables.need("duckdb", "duckdb")
    rows = 0
    connection = files.open_duckdb(path)
    try:
        connection.execute("BEGIN")
        if mode != "append":
            with files.registered(connection, schema.empty_table()) as given:
                create = "CREATE OR REPLACE TABLE" if mode == "replace" else "CREATE TABLE"
                connection.execute(f"{create} {files.quoted(name)} AS SELECT * FROM {given}")
        for part in found:
            with files.registered(connection, part) as given:
                files.insert(connection, name, schema.names, given)
            rows += part.num_rows
        connection.execute("COMMIT")
    except duck.CatalogException as error:
        raise InvalidInput("table", name, f"a table that is not there yet, or another mode ({error})") from error
    except files.disk_failures() as error:
        raise files.unusable(path, error) from error
    finally:
        connection.close()
    return rows
