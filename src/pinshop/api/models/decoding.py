"""Decoding that accepts every generation of response shapes and never loses an answer.

    create, update   [{data, exceptions}]            5.4-5.7 (exceptions is one object)
                     {items: [{data, exceptions}]}   5.8 and later (exceptions is a list or null)
    get              {…promotion}                    5.4-5.7 and 5.15 and later
                     {items: [{data, exceptions}]}   5.8-5.14
    list             {items: [{data, exceptions}], bookmark}   5.8-5.14
                     {items: [promotion], bookmark}            5.15 and later

Source: Pinterest's descriptions 5.6.0 to 5.28.0.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar, cast, get_args

import msgspec
from msgspec import Struct

from pinshop.api.checks import is_digits
from pinshop.api.models.csv_rows import CsvRows
from pinshop.api.models.reports import ReportData
from pinshop.api.models.shapes import BatchItem, Page, ServerException
from pinshop.errors import BadReply

T = TypeVar("T")


#: What decoding raises. ArithmeticError: a number whose exponent has twenty digits, which is more than a `Decimal` holds.
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

# By process: a child that was forked while another thread held the lock must not wait for it.
_locks: dict[int, threading.Lock] = {}


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a type, made once. Numbers that are no integers become exact `Decimal`, also where anything may stand.

    Under a lock, because two threads that build the first decoder of one Struct at the same time crash the interpreter
    (SIGSEGV in msgspec 0.20 to 0.22, one fresh process in twenty with 16 threads; to be reported upstream). `msgspec.convert`
    builds the same tables: whoever calls it with a Struct calls this before.
    """
    found = _decoders.get(kind)
    if found is None:
        with _locks.setdefault(os.getpid(), threading.Lock()):
            found = _decoders.get(kind)
            if found is None:
                found = _decoders[kind] = msgspec.json.Decoder(kind, float_hook=Decimal)
    return found


_exact_value = msgspec.json.Decoder(float_hook=Decimal)

_exact_rows = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal)


def decode(body: bytes, kind: type[T]) -> T:
    """Decode one JSON value to ``kind``.

    A value of an unexpected type never loses the rest: the field keeps what the server sent. A number in the place of an id
    is the id's text, a whole number written with a fraction (``3.0``) an integer.

    Raises:
        BadReply: the body is not JSON, or not even of the outer shape (an object for a model).
    """
    try:
        return decoder_of(kind).decode(body)
    except msgspec.ValidationError:
        return convert(parse(body), kind)
    except _NOT_JSON as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def parse(body: bytes) -> Any:
    """Decode JSON to plain Python values: integers as `int`, other numbers as exact `Decimal`."""
    try:
        return _exact_value.decode(body)
    except _NOT_JSON as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def convert(value: Any, kind: type[T]) -> T:
    """Build a model from plain values, keeping as they are those of another type than expected."""
    model: Any = kind
    is_model = isinstance(model, type) and issubclass(model, Struct)
    if is_model:
        decoder_of(model)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    if not isinstance(value, dict) or not is_model:
        raise BadReply(f"expected {getattr(model, '__name__', model)}, got {type(value).__name__}")
    by_wire_name = {field.encode_name: field for field in msgspec.structs.fields(model)}
    known: dict[str, Any] = {}
    for name, item in value.items():
        if field := by_wire_name.get(name):
            known[field.name] = _lenient_field(name, item, field.type)
    try:
        return model(**known)  # type: ignore[no-any-return]
    except TypeError as error:
        raise BadReply(f"{model.__name__}: {error}") from error


# Names that end like ids but are the merchant's own.
_MERCHANTS = frozenset({"item_id", "item_group_id"})


def _lenient_field(name: str, value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    kinds = get_args(kind) or (kind,)
    if name not in _MERCHANTS and (kind is str or (name.endswith("_id") and str in kinds)):
        return _id_text(value)
    if name.endswith("_ids") and isinstance(value, list):
        return [_id_text(item) for item in value]
    if int in kinds and isinstance(value, Decimal):
        return _whole(value)
    # One wrong value inside a nested model must not turn that model into a dict.
    models = [m for m in kinds if isinstance(m, type) and issubclass(m, Struct)]
    return convert(value, models[0]) if models and isinstance(value, dict) else value


def _whole(value: Decimal) -> Any:
    """``3.0`` is the integer 3; a fraction, and what has thousands of digits, stays what it is."""
    return int(value) if value.adjusted() < 300 and value == value.to_integral_value() else value


def _id_text(value: Any) -> Any:
    """An id that came as a number, digit by digit; what is no number stays as it came."""
    if isinstance(value, Decimal):
        value = _whole(value)
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def decode_entity(body: bytes, kind: type[T]) -> T:
    """Decode a get-by-id answer of any generation: bare, or wrapped as ``{items: [{data, exceptions}]}``."""
    if b'"items"' not in body:  # the common case pays for one search, not for a second decode
        return decode(body, kind)
    value = parse(body)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = [batch_item(item, kind) for item in value["items"]]
        if len(items) == 1 and items[0].data is not None:
            return items[0].data  # type: ignore[no-any-return]
        words = "; ".join(e.message or str(e.code) for item in items for e in item.exceptions)
        raise BadReply(f"expected one entity, got {len(items)} items{': ' + words if words else ''}", body=body)
    return convert(value, kind)


def decode_page(body: bytes, kind: type[T]) -> Page[T]:
    """Decode a list answer of any generation. Entries that hold only exceptions are left out of ``items``."""
    if b'"data"' not in body:  # a wrapped entry would decode to a model with nothing set
        try:
            return decoder_of(Page[kind]).decode(body)  # type: ignore[valid-type]
        except msgspec.ValidationError:
            pass
        except _NOT_JSON as error:
            raise BadReply(f"the answer is not JSON ({error})", body=body) from error
    value = parse(body)
    if isinstance(value, list):
        value = {"items": value}
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise BadReply("expected a page {items, bookmark}", body=body)
    # An entry that is no object stays visible, as an entity of which nothing is known.
    entries = (batch_item(item, kind).data if isinstance(item, dict) else convert({}, kind) for item in value["items"])
    bookmark = _id_text(value.get("bookmark"))
    if bookmark is not None and not isinstance(bookmark, str):
        raise BadReply(f"expected a bookmark that is text or null, got {type(bookmark).__name__}", body=body)
    return Page([e for e in entries if e is not None], bookmark)


def decode_batch(body: bytes, kind: type[Any]) -> list[BatchItem]:
    """Decode a create or update answer of any generation, in the order the server sent."""
    value = parse(body)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    elif isinstance(value, dict) and "data" in value:
        value = [value]
    if not isinstance(value, list):
        raise BadReply("expected a list of {data, exceptions}", body=body)
    return [batch_item(item, kind) for item in value]


def batch_item(value: Any, kind: type[Any]) -> BatchItem:
    """One entry: ``{data, exceptions}`` with exceptions absent, null, one object or a list; or a bare entity."""
    if not isinstance(value, dict):
        return BatchItem(None, ())
    if "data" not in value and "exceptions" not in value:
        return BatchItem(convert(value, kind), ())
    data = value.get("data")
    raised = value.get("exceptions")
    entries = raised if isinstance(raised, list) else [raised]
    exceptions = tuple(_server_exception(entry) for entry in entries if entry)
    return BatchItem(convert(data, kind) if isinstance(data, dict) and data else None, exceptions)


def _server_exception(value: Any) -> ServerException:
    """A reason in whatever form it came; what is neither number nor text is shown as JSON."""
    if not isinstance(value, dict):
        return ServerException(None, _text(value))
    code: Any = value.get("code")
    if isinstance(code, Decimal):
        code = _whole(code)
    if isinstance(code, str) and is_digits(code, 18):
        code = int(code)
    if code is not None and (isinstance(code, bool) or not isinstance(code, int | Decimal)):
        code = _text(code)
    message = value.get("message")
    if message is None and code is None:
        message = value  # other names than Pinterest's: better shown than lost
    return ServerException(cast(Any, code), None if message is None else _text(message))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else encode(value).decode()


def decode_rows(body: bytes) -> list[dict[str, Any]]:
    """Decode analytics rows: integers stay `int`, other numbers become exact `Decimal`, nothing is dropped."""
    try:
        return _exact_rows.decode(body)
    except msgspec.ValidationError as error:
        raise BadReply(f"expected a list of rows ({error})", body=body) from error
    except _NOT_JSON as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def decode_report(body: bytes) -> ReportData:
    """Decode the file of a report, JSON or CSV.

    JSON is keyed by the id of the level's entity, or by date: ``{"549755885175": [{…}, …], …}``. Numbers are exact, as in
    `decode_rows`. CSV has a line of column names; its values stay text, for it does not say which are numbers.
    """
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text.startswith((b"{", b"[")):
        return _decode_csv(body)
    try:
        value = _exact_value.decode(text)
    except _NOT_JSON as error:
        raise BadReply(f"the report is not JSON ({error})", body=body) from error
    groups = value if isinstance(value, dict) else {"": value}
    for key, rows in groups.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadReply(f"expected a list of rows for each key of the report, not so for {key!r}", body=body)
    return ReportData("JSON", groups)


def _is_report_column(name: str) -> bool:
    """Whether it is a column that is known, or of the kind that identifies a row, however it is spelled."""
    from pinshop.api.columns import COLUMNS, KEYS  # a large table, which most programs never need

    plain = "_".join(name.strip().upper().split())
    return plain in COLUMNS or plain in KEYS or plain == "DATE" or (plain.endswith("_ID") and plain.isidentifier())


def _decode_csv(body: bytes) -> ReportData:
    rows = CsvRows(body)
    if not rows.names:
        return ReportData("CSV", {})
    if not any(map(_is_report_column, rows.names)):  # a page, a sentence, null: anything is one column of CSV
        raise BadReply("the report is neither JSON nor CSV (its first line names no column of a report)", body=body)
    return ReportData("CSV", {"": rows})


# A Decimal goes out as the number it is, digit by digit.
encode: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="number").encode
