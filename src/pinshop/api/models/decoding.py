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

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from pinshop.api.models.reports import ReportData
from pinshop.api.models.shapes import BatchItem, Page, ServerException
from pinshop.errors import BadReply

T = TypeVar("T")


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


_exact_value = msgspec.json.Decoder(float_hook=Decimal)

_untyped = msgspec.json.Decoder()

_exact = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal)


def decode(body: bytes, kind: type[T]) -> T:
    """Decode one JSON value to ``kind``.

    A value of an unexpected type never loses the rest: the field keeps what the server sent.

    Raises:
        BadReply: the body is not JSON, or not even of the outer shape (an object for a model).
    """
    try:
        return _decoder(kind).decode(body)  # type: ignore[no-any-return,arg-type]
    except msgspec.ValidationError:
        return convert(parse(body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def parse(body: bytes) -> Any:
    """Decode JSON to plain Python values."""
    try:
        return _untyped.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the answer is not JSON ({error})", body=body) from error


def convert(value: Any, kind: type[T]) -> T:
    """Build a model from plain values, keeping as they are those of another type than expected."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    model: Any = kind
    if not isinstance(value, dict) or not (isinstance(model, type) and issubclass(model, Struct)):
        raise BadReply(f"expected {getattr(model, '__name__', model)}, got {type(value).__name__}")
    by_wire_name = {field.encode_name: field for field in msgspec.structs.fields(model)}
    known: dict[str, Any] = {}
    for name, item in value.items():
        if field := by_wire_name.get(name):
            known[field.name] = _lenient_field(item, field.type)
    try:
        return model(**known)  # type: ignore[return-value]
    except TypeError as error:
        raise BadReply(f"{model.__name__}: {error}") from error


def _lenient_field(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        # One wrong value inside a nested model must not turn that model into a dict.
        models = [m for m in get_args(kind) or (kind,) if isinstance(m, type) and issubclass(m, Struct)]
        return convert(value, models[0]) if models and isinstance(value, dict) else value


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
            return _decoder(Page[kind]).decode(body)  # type: ignore[no-any-return,valid-type]
        except msgspec.ValidationError:
            pass
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadReply(f"the answer is not JSON ({error})", body=body) from error
    value = parse(body)
    if isinstance(value, list):
        value = {"items": value}
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise BadReply("expected a page {items, bookmark}", body=body)
    entries = (batch_item(item, kind).data for item in value["items"])
    bookmark = value.get("bookmark")
    return Page([e for e in entries if e is not None], bookmark if isinstance(bookmark, str) else None)


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
    if isinstance(raised, dict):
        raised = [raised] if raised else []
    if not isinstance(raised, list):
        raised = [{"message": raised}] if isinstance(raised, str) and raised else []
    exceptions = tuple(convert(e, ServerException) for e in raised if isinstance(e, dict))
    return BatchItem(convert(data, kind) if isinstance(data, dict) and data else None, exceptions)


def decode_rows(body: bytes) -> list[dict[str, Any]]:
    """Decode analytics rows: integers stay `int`, other numbers become exact `Decimal`, nothing is dropped."""
    try:
        return _exact.decode(body)
    except msgspec.ValidationError as error:
        raise BadReply(f"expected a list of rows ({error})", body=body) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"the report is not JSON ({error})", body=body) from error
    groups = value if isinstance(value, dict) else {"": value}
    for key, rows in groups.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadReply(f"expected a list of rows for each key of the report, not so for {key!r}", body=body)
    return ReportData("JSON", groups)


def _decode_csv(body: bytes) -> ReportData:
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadReply(f"the report is neither JSON nor CSV ({error})", body=body) from error
    lines = [line for line in lines if line]
    if not lines:
        return ReportData("CSV", {})
    names = lines[0]
    if len(set(names)) != len(names) or any(len(line) != len(names) for line in lines):
        raise BadReply("the report is neither JSON nor CSV (its lines differ from its header)", body=body)
    return ReportData("CSV", {"": [dict(zip(names, line, strict=True)) for line in lines[1:]]})


# A Decimal goes out as the number it is, digit by digit.
encode: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="number").encode
